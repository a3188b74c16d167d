#include "tree.h"

#include "base/mem.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* This process has one thread. */
static char *
children_path(void)
{
	return xasprintf("/proc/self/task/%d/children", (int)getpid());
}

static void
kill_children(void)
{
	AUTO_FREE char *path = children_path();
	FILE *f = fopen(path, "re");
	int pid;

	while (f && fscanf(f, "%d", &pid) == 1)
		kill(pid, SIGKILL);
	if (f)
		fclose(f);
}

/* The list of children is only a snapshot, so waiting for their end must
 * not wait for one that the list lacked. */
static void
wait_a_moment(void)
{
	const struct timespec moment = { .tv_nsec = 2000000 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigtimedwait(&set, NULL, &moment);
}

void
tree_kill(void)
{
	for (;;) {
		pid_t pid;

		kill_children();
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (pid < 0 && errno == ECHILD)
			return;
		wait_a_moment();
	}
}

bool
tree_can_kill(void)
{
	AUTO_FREE char *path = children_path();

	return access(path, R_OK) == 0;
}
