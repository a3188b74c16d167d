#include "landlock.h"

#include "base/path.h"
#include "landlock_abi.h"
#include "options.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	READ = LL_FS_EXECUTE | LL_FS_READ_FILE | LL_FS_READ_DIR,
	/* What a rule for something that is no folder may hold. */
	OF_FILE = LL_FS_EXECUTE | LL_FS_WRITE_FILE | LL_FS_READ_FILE |
		  LL_FS_TRUNCATE | LL_FS_IOCTL_DEV,
	SPLIT_DEPTH = 64,
};

struct ruleset {
	int fd;
	uint64_t handled; /* accesses this kernel knows */
};

static const char *const devices[] = {
	"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
	"/dev/urandom", "/dev/tty", "/dev/ptmx", "/dev/pts",
};

static const char *const private_dirs[] = { "/tmp", "/var/tmp", "/run",
					    "/dev/shm" };

int
landlock_abi(const char **why)
{
	long abi = syscall(LL_SYS_CREATE_RULESET, NULL, 0, LL_CREATE_VERSION);

	if (abi > 0)
		return (int)abi;
	if (errno == ENOSYS)
		*why = "not in this kernel, or hidden by the container's "
		       "seccomp filter";
	else if (errno == EOPNOTSUPP)
		*why = "not switched on at boot (lsm=landlock)";
	else
		*why = strerror(errno);
	return 0;
}

static uint64_t
known_accesses(int abi)
{
	uint64_t known = LL_FS_ABI_1;

	if (abi >= 2)
		known |= LL_FS_REFER;
	if (abi >= 3)
		known |= LL_FS_TRUNCATE;
	if (abi >= 5)
		known |= LL_FS_IOCTL_DEV;
	return known;
}

static bool
ruleset_open(int abi, uint64_t net, struct ruleset *rs, struct err *err)
{
	struct ll_ruleset_attr attr = { .fs = known_accesses(abi) };

	if (abi >= 4)
		attr.net = net;
	if (abi >= 6)
		attr.scoped = LL_SCOPE_ABSTRACT_UNIX | LL_SCOPE_SIGNAL;
	rs->handled = attr.fs;
	rs->fd = (int)syscall(LL_SYS_CREATE_RULESET, &attr, sizeof(attr), 0);
	if (rs->fd < 0)
		return err_errno(err, errno, "landlock_create_ruleset");
	return true;
}

/* A path that is not there is fine: it can be neither read nor written. */
static bool
allow(const struct ruleset *rs, const char *path, uint64_t access,
      struct err *err)
{
	struct ll_path_attr attr = { .access = access & rs->handled };
	AUTO_FD fd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return true;
	if (fstat(fd, &st))
		return err_errno(err, errno, "%s", path);
	if (!S_ISDIR(st.st_mode))
		attr.access &= OF_FILE;
	attr.parent_fd = fd;
	if (attr.access &&
	    syscall(LL_SYS_ADD_RULE, rs->fd, LL_RULE_PATH_BENEATH, &attr, 0))
		return err_errno(err, errno, "landlock rule for %s", path);
	return true;
}

static uint64_t
write_accesses(const struct ruleset *rs)
{
	return rs->handled &
	       ~(uint64_t)(LL_FS_MAKE_CHAR | LL_FS_MAKE_BLOCK |
			   LL_FS_IOCTL_DEV);
}

static bool
allow_devices(const struct ruleset *rs, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(devices); i++)
		if (!allow(rs, devices[i],
			   LL_FS_READ_FILE | LL_FS_WRITE_FILE |
				   LL_FS_READ_DIR | LL_FS_IOCTL_DEV,
			   err))
			return false;
	return true;
}

/* Takes rs->fd. */
static bool
restrict_self(struct ruleset *rs, struct err *err)
{
	AUTO_FD fd = rs->fd;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return err_errno(err, errno, "no_new_privs");
	if (syscall(LL_SYS_RESTRICT_SELF, fd, 0))
		return err_errno(err, errno, "landlock_restrict_self");
	return true;
}

bool
landlock_inside(const struct options *o, struct err *err)
{
	const char *why;
	int abi = landlock_abi(&why);
	struct ruleset rs;

	if (!abi)
		return true;
	/* TCP: the network namespace has only the loopback of its own. */
	if (!ruleset_open(abi, 0, &rs, err) || !allow(&rs, "/", READ, err) ||
	    !allow_devices(&rs, err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(private_dirs); i++)
		if (!allow(&rs, private_dirs[i], write_accesses(&rs), err))
			return false;
	for (size_t i = 0; i < o->writable.count; i++)
		if (!allow(&rs, o->writable.items[i], write_accesses(&rs),
			   err))
			return false;
	if (options_workspace_writable(o) &&
	    !allow(&rs, o->workspace, write_accesses(&rs), err))
		return false;
	return restrict_self(&rs, err);
}

/* Whether something hidden lies at path (here) or below it (below). */
static void
find_hidden(const struct views *views, const char *path, bool *here,
	    bool *below)
{
	*here = *below = false;
	for (size_t i = 0; i < views->count; i++) {
		const struct view *v = &views->items[i];

		if (v->kind != VIEW_HIDDEN)
			continue;
		if (str_eq(v->path, path))
			*here = true;
		else if (path_under(v->path, path))
			*below = true;
	}
}

/*
 * Landlock can only allow. "All but the secrets" is therefore every entry
 * beside the way down to each of them. A symbolic link gets no rule: where
 * it leads decides.
 */
static bool
allow_except(const struct ruleset *rs, const struct views *views,
	     const char *dir, int depth, struct err *err)
{
	bool here, below;
	struct dirent *e;
	DIR *d;

	find_hidden(views, dir, &here, &below);
	if (here)
		return true;
	if (!below)
		return allow(rs, dir, READ, err);
	d = depth < SPLIT_DEPTH ? opendir(dir) : NULL;
	while (d && (e = readdir(d))) {
		AUTO_FREE char *path = path_join(dir, e->d_name);

		if (str_eq(e->d_name, ".") || str_eq(e->d_name, "..") ||
		    e->d_type == DT_LNK)
			continue;
		if (!allow_except(rs, views, path, depth + 1, err)) {
			closedir(d);
			return false;
		}
	}
	if (d)
		closedir(d);
	return true;
}

/* A rule for a writable folder holds for all below it, secrets too. */
static bool
check_writable(const struct views *views, const struct view *v,
	       struct err *err)
{
	for (size_t i = 0; i < views->count; i++)
		if (views->items[i].kind == VIEW_HIDDEN &&
		    path_under(views->items[i].path, v->path))
			return FAIL(err, ERR_SANDBOX,
				    "Landlock alone cannot hide %s inside "
				    "the writable folder %s; use another "
				    "folder, or make bubblewrap work",
				    views->items[i].path, v->path);
	return true;
}

static bool
allow_views(const struct ruleset *rs, const struct views *views,
	    struct err *err)
{
	for (size_t i = 0; i < views->count; i++) {
		const struct view *v = &views->items[i];

		if (v->kind == VIEW_READABLE &&
		    !allow_except(rs, views, v->path, 0, err))
			return false;
		if (v->kind == VIEW_WRITABLE &&
		    (!check_writable(views, v, err) ||
		     !allow(rs, v->path, write_accesses(rs), err)))
			return false;
	}
	return true;
}

bool
landlock_alone(const struct views *views, const char *tmp, struct err *err)
{
	const char *why;
	struct ruleset rs;

	if (!ruleset_open(landlock_abi(&why),
			  LL_NET_BIND_TCP | LL_NET_CONNECT_TCP, &rs, err))
		return false;
	return allow_except(&rs, views, "/", 0, err) &&
	       allow_views(&rs, views, err) && allow_devices(&rs, err) &&
	       allow(&rs, tmp, write_accesses(&rs), err) &&
	       restrict_self(&rs, err);
}
