#include "guard.h"

#include "base/path.h"
#include "environ.h"
#include "filter.h"
#include "inner.h"
#include "landlock.h"
#include "limits.h"
#include "tree.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void
run_command(struct options *o, const char *tmp, const sigset_t *mask,
	    int status_fd)
{
	AUTO(views) views = { 0 };
	AUTO(strv) env = STRV_INIT;
	struct err err = ERR_INIT;
	int others = limits_user_threads();

	if (chdir(o->cwd)) {
		err_errno(&err, errno, "working folder %s", o->cwd);
		inner_die(&err);
	}
	if (!limits_drop_capabilities(&err) ||
	    !views_make(o, false, &views, &err) ||
	    !landlock_alone(&views, tmp, &err) || !filter_install(true, &err))
		inner_die(&err);
	/* Only now: the views follow variables that do not stay. */
	environ_scrub(&o->env, tmp, &env);
	environ = env.items;
	inner_exec(o, others, mask, status_fd);
}

/* The next signal, or 0 when the launcher is dead. */
static int
next_signal(int signal_fd, int life_fd)
{
	struct pollfd p[] = { { .fd = signal_fd, .events = POLLIN },
			      { .fd = life_fd, .events = POLLIN } };
	struct signalfd_siginfo info;

	while (poll(p, 2, -1) < 0 && errno == EINTR)
		;
	if (p[1].revents ||
	    read(signal_fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	return (int)info.ssi_signo;
}

static int
mind(pid_t command, const sigset_t *signals, int life_fd)
{
	AUTO_FD fd = signalfd(-1, signals, SFD_CLOEXEC);
	int sig, status;

	while ((sig = next_signal(fd, life_fd))) {
		pid_t pid;

		if (sig != SIGCHLD)
			kill(command, sig);
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			if (pid == command)
				return inner_exit_status(status);
	}
	return 128 + SIGKILL;
}

int
guard_main(struct options *o, int life_fd, int status_fd)
{
	char tmp[] = "/tmp/agentops-XXXXXX";
	struct err err = ERR_INIT;
	sigset_t signals, old;
	pid_t command;
	int status;

	setsid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	inner_block_signals(&signals, &old);
	if (!mkdtemp(tmp)) {
		err_errno(&err, errno, "cannot make a folder in /tmp");
		inner_die(&err);
	}
	command = fork();
	if (command == 0)
		run_command(o, tmp, &old, status_fd);
	close(status_fd);
	status = command > 0 ? mind(command, &signals, life_fd) :
			       SANDBOX_SETUP_FAILED;
	tree_kill();
	path_remove_tree(tmp, NULL);
	return status;
}
