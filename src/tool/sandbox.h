/*
 * sandbox.h - what generated and shell-run programs may do, enforced by the
 * kernel.
 *
 * The engine never confines itself: it starts `agentops-sandbox`, which sets
 * up bubblewrap outside and Landlock, seccomp and rlimits inside, and only
 * then runs the command. This module builds that command line, knows what
 * this machine can enforce, and refuses when a profile cannot be held.
 *
 *	profile          file system                        network
 *	read-only        reads all but secrets; writes only  none
 *	                 `writable` and a private /tmp
 *	workspace-write  as read-only, and the workspace,    none
 *	                 but not .git/hooks, .git/config
 *	network          as workspace-write                  `hosts` only, by
 *	                                                     a filtering proxy
 *	full             no sandbox: only by `sandbox: off` in the
 *	                 configuration, shown at every gate
 *
 * Inside, the environment is scrubbed by an allow list (`env` adds to it),
 * TMPDIR is private and empty, files in the host's /tmp, /var/tmp and /run
 * are out of sight unless they are in workspace, cwd, `writable` or
 * `readable`, secrets (sandbox/secrets.c) and the state root are hidden, and
 * everything the command started ends with it, and with the launcher.
 *
 * Where user namespaces are not to be had, read-only and workspace-write
 * stand on Landlock and seccomp alone. Then these do not hold, and the
 * launcher says so on stderr where it matters:
 *	.git/hooks and .git/config of a writable workspace are writable
 *	the private TMPDIR has no size limit, only each file in it
 *	the host's /tmp can be read; chmod, chown and times change nothing
 *
 * Known limits of both: a listening socket file that is made outside /tmp and
 * /run while the command runs can be connected to (bwrap); so can a secret
 * be read that did not exist when it started; a command that may write the
 * workspace can make .git/commondir, by which git takes its configuration
 * from elsewhere.
 *
 * Enforcement that is missing is an error (ERR_SANDBOX) that names what is
 * missing and how to get it; a profile is never weakened silently.
 */
#ifndef AGENTOPS_TOOL_SANDBOX_H
#define AGENTOPS_TOOL_SANDBOX_H

#include "base/err.h"
#include "base/str.h"

/* In the order of what they allow. */
#define SANDBOX_PROFILES(X) \
	X(SANDBOX_READ_ONLY, "read-only") \
	X(SANDBOX_WORKSPACE_WRITE, "workspace-write") \
	X(SANDBOX_NETWORK, "network") \
	X(SANDBOX_FULL, "full")

enum sandbox_profile {
#define X(id, name) id,
	SANDBOX_PROFILES(X)
#undef X
};

const char *sandbox_profile_name(enum sandbox_profile p);
bool sandbox_profile_parse(const char *name, enum sandbox_profile *ret);

/* 0 in a limit means the launcher's default. */
struct sandbox_spec {
	enum sandbox_profile profile;
	const char *workspace;          /* absolute; the command's view of it
					   is by profile */
	const char *cwd;                /* where the command starts */
	const char *const *writable;    /* absolute folders, NULL-terminated;
					   NULL for none */
	const char *const *readable;    /* files and folders that must be
					   seen though they lie in /tmp or in
					   the state root; NULL for none. A
					   `writable` folder of a run shows
					   that run's folder by itself */
	const char *const *hosts;       /* network: allowed host names,
					   NULL-terminated */
	const char *const *env;         /* "NAME=value" added to the scrubbed
					   environment, NULL-terminated */
	const char *const *secrets;     /* stored secrets, absolute paths in
					   <config>/secrets: the command may
					   read these, and no other; NULL for
					   none */
	int memory_mb, processes, file_mb, cpu_s, tmp_mb;
};

/*
 * Appends the launcher's command line for cmd (NULL-terminated argv) to
 * ret_argv. Checks the cached probe first: ERR_SANDBOX when the profile
 * cannot be enforced here. Does not start anything, except that the first
 * call in a boot runs the probe (about 70 ms) and caches its answer under
 * the cache root.
 */
bool sandbox_command(const struct sandbox_spec *spec, char *const *cmd,
		     struct strv *ret_argv, struct err *err);

/* What this machine can enforce; for `agentops doctor` and the gates. */
struct sandbox_report {
	bool bwrap;             /* user namespaces with bubblewrap work */
	char bwrap_why[512];    /* when not: the reason */
	int landlock_abi;       /* 0: none */
	char landlock_why[256]; /* when too old or missing */
	bool seccomp;
	bool cgroup_pids;       /* a pids limit can be set for a tree */
};

/* Blocking (about 70 ms) unless cached; fresh forces a new probe. */
bool sandbox_probe(bool fresh, struct sandbox_report *ret, struct err *err);
/* Whether p can be held; else err says what is missing and the ways out. */
bool sandbox_can(const struct sandbox_report *r, enum sandbox_profile p,
		 struct err *err);

/* The launcher's exit status when it could not set the sandbox up and did
 * not run the command. */
enum { SANDBOX_SETUP_FAILED = 125 };

#endif
