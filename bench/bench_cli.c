/*
 * bench_cli - what a command costs, and what memory a run takes.
 *
 * `agentops version` beside echo, a C program that prints a line; `agentops
 * runs` on 1,000 runs beside sqlite3 doing the same query on the same file.
 * Ours and the peer take turns, and the best time of each counts: what else
 * the machine does only adds. Then the sample run, and
 * the most memory that the engine's own process had, its children apart.
 *
 * Prints lines "name  ours  peer  ratio  limit  ok|MISS" and ends with 1
 * when one is a MISS, with 2 when it could not measure.
 */
#include "home.h"

#include "base/clock.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define AGENTOPS AGENTOPS_BUILDDIR "/agentops"

/* From issue 2, "Speed and size". */
#define VERSION_LIMIT_MS 3.0
#define RUNS_LIMIT 3.0
#define MEMORY_LIMIT_MB 15.0

enum { PAIRS = 31, RUNS = 1000, MB = 1000 * 1000 };

/* Its output goes nowhere. */
static void __attribute__((noreturn)) child(char *const *argv)
{
	int fd = open("/dev/null", O_RDWR);

	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	execv(argv[0], argv);
	_exit(127);
}

static double
time_ms(char *const *argv)
{
	int64_t began = clock_mono_us();
	pid_t pid = fork();
	int status;

	if (pid == 0)
		child(argv);
	if (waitpid(pid, &status, 0) != pid || status)
		home_die(argv[0], NULL);
	return (double)(clock_mono_us() - began) / 1e3;
}

struct best {
	double ours_ms, peer_ms;
};

static struct best
compare_times(char *const *ours, char *const *peer)
{
	struct best b = { time_ms(ours), time_ms(peer) };

	for (int i = 0; i < PAIRS; i++) {
		double ms = time_ms(ours);

		b.ours_ms = ms < b.ours_ms ? ms : b.ours_ms;
		ms = time_ms(peer);
		b.peer_ms = ms < b.peer_ms ? ms : b.peer_ms;
	}
	return b;
}

static void
bench_version(void)
{
	char *ours[] = { (char *)AGENTOPS, (char *)"version", NULL };
	char *peer[] = { (char *)"/bin/echo", (char *)"agentops 0", NULL };
	struct best p = compare_times(ours, peer);

	home_row("version, ms more than echo", p.ours_ms, p.peer_ms,
		 p.ours_ms - p.peer_ms, VERSION_LIMIT_MS, true);
}

/* --- a thousand runs --------------------------------------------------- */

static char *
make_runs(const char *home)
{
	struct paths p = { 0 };
	struct journal *j;
	char *file;

	home_open(home, &p, &j);
	home_add_runs(j, RUNS);
	file = path_join(p.state, "agentops.db");
	home_close(&p, j);
	return file;
}

static void
bench_runs(const char *home)
{
	AUTO_FREE char *file = make_runs(home);
	char *ours[] = { (char *)AGENTOPS, (char *)"runs", (char *)"--limit",
			 (char *)"0", NULL };
	char *peer[] = { (char *)"/usr/bin/sqlite3", (char *)"-readonly", file,
			 (char *)"SELECT id, status, phase, task, workspace, "
				 "pattern, risk, note, iteration, limit_, "
				 "open_gates, created_us, updated_us FROM run "
				 "ORDER BY created_us DESC, id DESC",
			 NULL };
	struct best p = compare_times(ours, peer);

	home_row("runs on 1,000 runs, ms (sqlite3)", p.ours_ms, p.peer_ms,
		 p.ours_ms / p.peer_ms, RUNS_LIMIT, true);
}

/* --- memory ------------------------------------------------------------ */

/* The peak of a process that still has its memory. */
static double
peak_mb(pid_t pid)
{
	AUTO_FREE char *file = xasprintf("/proc/%d/status", (int)pid);
	AUTO(buf) text = BUF_INIT;
	const char *line;

	if (!path_read(file, 1 << 16, &text, NULL) ||
	    !(line = strstr(buf_str(&text), "VmHWM:")))
		home_die("no VmHWM", NULL);
	return (double)strtol(line + strlen("VmHWM:"), NULL, 10) * 1024 / MB;
}

/* wait4 would count children that were waited for; so it is stopped at its
 * end, when it still has its memory. */
static double
run_and_measure(char *const *argv)
{
	double peak = 0;
	int fds[2], status;
	char c;
	pid_t pid;

	if (pipe(fds) || (pid = fork()) < 0)
		home_die("cannot fork", NULL);
	if (pid == 0) {
		close(fds[1]);
		if (read(fds[0], &c, 1) < 0)
			_exit(127);
		close(fds[0]);
		child(argv);
	}
	close(fds[0]);
	if (ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACEEXIT))
		home_die("cannot trace a child", NULL);
	close(fds[1]);
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		int event = status >> 16, signum = WSTOPSIG(status);

		if (event == PTRACE_EVENT_EXIT)
			peak = peak_mb(pid);
		ptrace(PTRACE_CONT, pid, NULL,
		       (void *)(intptr_t)(event ? 0 : signum));
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) || peak <= 0)
		home_die("the sample run failed", NULL);
	return peak;
}

static void
bench_memory(void)
{
	char *argv[] = {
		(char *)AGENTOPS,
		(char *)"orchestrate",
		(char *)"Review the tabular data in seattle-weather.csv",
		(char *)"--data",
		(char *)AGENTOPS_SRCDIR "/examples/seattle-weather.csv",
		(char *)"--approve=low",
		NULL
	};
	double peak = run_and_measure(argv);

	home_row("sample run, MB of the engine", peak, 0, peak, MEMORY_LIMIT_MB,
		 true);
}

int
main(void)
{
	AUTO_FREE char *home = home_make();
	struct err err = ERR_INIT;

	printf("%-38s %10s %10s %8s\n", "", "ours", "peer", "ratio");
	bench_version();
	bench_runs(home);
	bench_memory();
	path_remove_tree(home, &err);
	return home_missed;
}
