/*
 * launcher.h - agentops-sandbox: runs one command under a profile that the
 * kernel enforces.
 *
 *	bwrap backend
 *	    launcher --> bwrap --> launcher --inner (pid 1) --> command
 *	    namespaces give the view; Landlock, seccomp and rlimits inside it
 *	landlock backend, where user namespaces are not to be had
 *	    launcher --> guard --> command
 *	    Landlock ABI 6 and seccomp alone; never for `network`
 *
 * Exit status: the command's own, 128 + signal when one ended it, 127 when
 * it is not there, and SANDBOX_SETUP_FAILED (125) with the reason on stderr
 * when the sandbox could not be set up: then the command did not run. That
 * is known by a pipe: the process that is about to become the command writes
 * "R" after the last restriction.
 *
 * The command's whole tree ends with the command, and with the launcher,
 * however that ends.
 *
 * It runs once and exits; only the proxy and the relay have threads.
 */
#ifndef AGENTOPS_SANDBOX_LAUNCHER_H
#define AGENTOPS_SANDBOX_LAUNCHER_H

#include "base/err.h"
#include "base/str.h"
#include "tool/sandbox.h"

#include <sys/types.h>

enum backend { BACKEND_AUTO, BACKEND_BWRAP, BACKEND_LANDLOCK };

struct limits {
	int memory_mb;  /* address space of one process, RAM of all */
	int processes;
	int file_mb;    /* one file */
	int cpu_s;      /* of one process; 0: none */
	int tmp_mb;     /* each private tmpfs */
};

struct options {
	enum sandbox_profile profile;
	enum backend backend;
	char *workspace, *cwd;
	struct strv writable; /* folders */
	struct strv readable; /* shown although a private /tmp or the state
				 root would cover them */
	struct strv hidden;   /* in addition to the known secrets */
	struct strv secrets;  /* stored ones that this command is given */
	struct strv hosts;    /* network: NAME, NAME:PORT or ADDRESS:PORT */
	struct strv env;      /* NAME=value */
	struct limits limits;
	char **cmd;           /* borrows argv */
	bool probe;           /* print what can be enforced, run nothing */
	int parent;           /* process that the sandbox ends with; 0: the
				 one that started it */
	/* Set by the launcher for its own second start, as pid 1: */
	bool inner;
	int status_fd;        /* where "R" goes, else -1 */
	char *proxy_socket;   /* in the sandbox; NULL without a proxy */
};

struct pipe_ends {
	int in, out; /* read end, write end; -1 when closed */
};

/* Where the launcher finds itself, and the proxy, inside the sandbox. */
#define INNER_EXE "/run/agentops-sandbox"
#define INNER_PROXY_DIR "/run/agentops-proxy"
#define INNER_PROXY_SOCKET INNER_PROXY_DIR "/socket"

#endif
