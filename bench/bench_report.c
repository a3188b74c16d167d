/*
 * bench_report - `agentops value-report` over 100,000 runs, from exec to
 * exit, beside the sqlite3 program that reads the same rows with one plain
 * sum.
 *
 * Each run has metrics, an execution, a gate with a page of text, and two
 * rows of spend. Ours and the peer take turns, and the best time of each
 * counts: what else the machine does only adds.
 *
 * Prints lines "name  ours  peer  measure  limit  ok|MISS" and ends with 1
 * when one is a MISS, with 2 when it could not measure.
 */
#include "home.h"

#include "base/clock.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define AGENTOPS AGENTOPS_BUILDDIR "/agentops"

/* From issue 5, "Speed". */
#define REPORT_LIMIT_MS 2000

enum { PAIRS = 5 };

static const char rows[] =
	"CREATE TEMP TABLE n AS WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL"
	" SELECT i + 1 FROM c WHERE i < 100000)"
	" SELECT i, printf('261122-%06d', (i * 7919) % 100000) AS run,"
	"  1700000000000000 + i * 800000000 AS us FROM c;"
	"INSERT INTO run SELECT run, 'Review the sales of branch ' || i, '/s',"
	" 'offline', 'pattern-' || (i % 500), 'succeeded', 'learn', 'low',"
	" NULL, 6, 30, 0, us, us, 1, '' FROM n;"
	"INSERT INTO metrics SELECT run, 'pattern-' || (i % 500),"
	" 'domain-' || (i % 20), CASE i % 10 WHEN 0 THEN 'failed'"
	" ELSE 'succeeded' END, us, us + 90000000, 10, 20, 30, 0, 5000, 6, 6,"
	" 4, 3, 1, CASE i % 3 WHEN 0 THEN 0 ELSE 45 END, 'pattern' FROM n;"
	"INSERT INTO execution SELECT run, 'pattern-' || (i % 500),"
	" 'Review the sales', 'success', us, 90000, 5000, 6, '', i <= 500,"
	" i / 500, i / 500, 1.5, min(i / 2500, 2) FROM n;"
	"INSERT INTO gate SELECT run, 1, 'plan', NULL, 'low', 'Plan',"
	" hex(zeroblob(2000)), us, us + 5000000, 'approve', 'ann' FROM n;"
	"INSERT INTO spend SELECT run, p, 'model-' || (i % 3), 4, 0, 0, 9000,"
	" 800, 1200 FROM n, (SELECT 0 AS p UNION SELECT 1)";

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

static char *
make_history(const char *home)
{
	struct paths p = { 0 };
	struct journal *j;
	struct err err = ERR_INIT;
	char *file;

	home_open(home, &p, &j);
	if (!db_begin(journal_db(j), &err) ||
	    !db_exec(journal_db(j), rows, &err) ||
	    !db_commit(journal_db(j), &err))
		home_die("history", &err);
	file = path_join(p.state, "agentops.db");
	home_close(&p, j);
	return file;
}

int
main(void)
{
	AUTO_FREE char *home = home_make();
	AUTO_FREE char *file = make_history(home);
	char *ours[] = { (char *)AGENTOPS, (char *)"value-report", NULL };
	char *peer[] = { (char *)"/usr/bin/sqlite3", (char *)"-readonly", file,
			 (char *)"SELECT sum(finished_us - started_us) "
				 "FROM metrics",
			 NULL };
	double best = time_ms(ours), best_peer = time_ms(peer);

	for (int i = 0; i < PAIRS; i++) {
		double ms = time_ms(ours);

		best = ms < best ? ms : best;
		ms = time_ms(peer);
		best_peer = ms < best_peer ? ms : best_peer;
	}
	home_row("report over 100,000 runs, ms (sqlite3)", best, best_peer,
		 best, REPORT_LIMIT_MS, true);
	path_remove_tree(home, NULL);
	return home_missed;
}
