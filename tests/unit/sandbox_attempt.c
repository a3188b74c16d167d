/*
 * sandbox_attempt - tries what a sandboxed command must not be able to do.
 *
 *	sandbox_attempt BASE PORT PID ADDRESS NAME...
 *
 * BASE is the folder that test_sandbox made, PORT the number of its TCP and
 * UDP servers, PID its victim process, and ADDRESS where that keeps a
 * number. Each attempt runs in a child of its own; its line on stdout is
 * "NAME done" when the effect was seen, else "NAME refused: REASON". The
 * exit status is 0 when the last attempt was done.
 *
 * No library and no sanitizer: it runs under memory limits.
 */
#include "sandbox_attempt.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIMIT_S = 10 };

const char *base;
int port;
pid_t victim;
uintptr_t address;

const char *
at(const char *name)
{
	static char paths[4][4096];
	static int next;
	char *p = paths[next++ % 4];

	snprintf(p, sizeof(paths[0]), "%s/%s", base, name);
	return p;
}

/* In a child: the attempt may end its process, or change it for the next. */
static bool
run(const struct attempt *a)
{
	int fds[2], status;
	char reason[128] = "";
	pid_t pid;

	if (pipe(fds))
		exit(2);
	pid = fork();
	if (pid == 0) {
		alarm(LIMIT_S);
		errno = 0;
		if (a->try())
			_exit(0);
		dprintf(fds[1], "%s", strerror(errno));
		_exit(1);
	}
	close(fds[1]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		exit(2);
	if (WIFSIGNALED(status))
		snprintf(reason, sizeof(reason), "signal %d", WTERMSIG(status));
	else if (status && read(fds[0], reason, sizeof(reason) - 1) < 0)
		exit(2);
	close(fds[0]);
	if (status == 0)
		printf("%s done\n", a->name);
	else
		printf("%s refused: %s\n", a->name, reason);
	return status == 0;
}

static const struct attempt *
find(const struct attempt *table, const char *name)
{
	for (; table->name; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

int
main(int argc, char **argv)
{
	bool done = false;

	if (argc < 6)
		return 2;
	base = argv[1];
	port = (int)strtol(argv[2], NULL, 10);
	victim = (pid_t)strtol(argv[3], NULL, 10);
	address = (uintptr_t)strtoull(argv[4], NULL, 16);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 5; i < argc; i++) {
		const struct attempt *a = find(file_attempts, argv[i]);

		if (!a)
			a = find(system_attempts, argv[i]);
		if (!a)
			return 2;
		done = run(a);
	}
	return done ? 0 : 1;
}
