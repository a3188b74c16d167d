/* What the profiles are and need. Apart from sandbox.c because the launcher
 * wants this and nothing else of it. */
#include "tool/sandbox.h"

static const char *const names[] = {
#define X(id, name) [id] = name,
	SANDBOX_PROFILES(X)
#undef X
};

const char *
sandbox_profile_name(enum sandbox_profile p)
{
	return names[p];
}

bool
sandbox_profile_parse(const char *name, enum sandbox_profile *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq(names[i], name)) {
			*ret = (enum sandbox_profile)i;
			return true;
		}
	return false;
}

/* The ways out that a user has, in the order of how much they keep. */
#define WAYS_OUT                                                            \
	"Ways out: install bubblewrap and allow unprivileged user "         \
	"namespaces (in a container: a seccomp profile that allows clone, " \
	"unshare and mount; on Ubuntu: its AppArmor profile for bwrap), or " \
	"run on Linux 6.12 or newer with Landlock, or set `sandbox: off` "  \
	"and let a container or virtual machine be the sandbox"

bool
sandbox_can(const struct sandbox_report *r, enum sandbox_profile p,
	    struct err *err)
{
	bool alone = r->landlock_abi && str_empty(r->landlock_why);

	if (p == SANDBOX_FULL)
		return true;
	if (!r->seccomp)
		return FAIL(err, ERR_SANDBOX,
			    "profile %s cannot be enforced here: the kernel "
			    "has no seccomp filters. " WAYS_OUT,
			    sandbox_profile_name(p));
	if (r->bwrap || (alone && p != SANDBOX_NETWORK))
		return true;
	return FAIL(err, ERR_SANDBOX,
		    "profile %s cannot be enforced here: bubblewrap: %s; "
		    "Landlock: %s. " WAYS_OUT,
		    sandbox_profile_name(p), r->bwrap_why,
		    alone ? "alone cannot filter hosts" : r->landlock_why);
}
