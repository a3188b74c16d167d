#include "inner.h"

#include "filter.h"
#include "landlock.h"
#include "limits.h"
#include "proxy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static const int forwarded[] = { SIGINT,  SIGTERM, SIGHUP, SIGQUIT,
				 SIGUSR1, SIGUSR2, SIGCONT, SIGWINCH };

void
inner_die(const struct err *err)
{
	dprintf(STDERR_FILENO,
		"agentops-sandbox: %s; the command was not run\n", err->msg);
	_exit(SANDBOX_SETUP_FAILED);
}

void
inner_block_signals(sigset_t *set, sigset_t *old)
{
	sigemptyset(set);
	sigaddset(set, SIGCHLD);
	for (size_t i = 0; i < ARRAY_LEN(forwarded); i++)
		sigaddset(set, forwarded[i]);
	sigprocmask(SIG_BLOCK, set, old);
}

int
inner_exit_status(int wait_status)
{
	return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) :
					128 + WTERMSIG(wait_status);
}

void
inner_exec(const struct options *o, int others, const sigset_t *mask,
	   int status_fd)
{
	struct err err = ERR_INIT;
	struct iovec text[3] = { { .iov_len = 0 } };
	int reason;

	/* Made now: under the limits there may be no memory for it. */
	text[0].iov_base = xasprintf("agentops-sandbox: cannot run %s: ",
				     o->cmd[0]);
	if (!limits_apply(&o->limits, others, &err))
		inner_die(&err);
	sigprocmask(SIG_SETMASK, mask, NULL);
	fcntl(status_fd, F_SETFD, FD_CLOEXEC);
	if (write(status_fd, "R", 1) != 1) {
		err_errno(&err, errno, "the launcher does not listen");
		inner_die(&err);
	}
	execvp(o->cmd[0], o->cmd);
	reason = errno;
	text[1].iov_base = (char *)strerrordesc_np(reason);
	text[2].iov_base = (char *)"\n";
	for (size_t i = 0; i < ARRAY_LEN(text); i++)
		text[i].iov_len = strlen(text[i].iov_base);
	(void)!writev(STDERR_FILENO, text, ARRAY_LEN(text));
	_exit(reason == ENOENT ? 127 : 126);
}

/* Until the command ends. Others that end meanwhile were its orphans. */
static int
mind(pid_t command, const sigset_t *signals)
{
	for (;;) {
		int sig = sigwaitinfo(signals, NULL), status;
		pid_t pid;

		if (sig > 0 && sig != SIGCHLD)
			kill(command, sig);
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			if (pid == command)
				return inner_exit_status(status);
		if (pid < 0 && errno == ECHILD)
			return SANDBOX_SETUP_FAILED;
	}
}

int
inner_main(struct options *o)
{
	struct err err = ERR_INIT;
	sigset_t signals, old;
	pid_t command;

	/* Keeps the command out of the /proc entries of pid 1 and the relay,
	 * which starts before the walls that are the command's. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	inner_block_signals(&signals, &old);
	if (o->proxy_socket && !relay_start(o->proxy_socket, &err))
		inner_die(&err);
	if (!landlock_inside(o, &err) || !filter_install(false, &err))
		inner_die(&err);
	command = fork();
	if (command < 0) {
		err_errno(&err, errno, "cannot fork");
		inner_die(&err);
	}
	if (command == 0)
		inner_exec(o, 0, &old, o->status_fd);
	close(o->status_fd);
	return mind(command, &signals);
}
