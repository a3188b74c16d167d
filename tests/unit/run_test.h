/*
 * run_test.h - a journal in the test's folder, and runs written by hand.
 */
#ifndef AGENTOPS_TESTS_RUN_TEST_H
#define AGENTOPS_TESTS_RUN_TEST_H

#include "test.h"

#include "base/clock.h"
#include "run/journal.h"

#include <sys/wait.h>
#include <unistd.h>

#define RUN_ID "261122-1200-aaaaa"

/* NULL when it cannot be opened; for processes that may not use cmocka. */
static inline struct journal *
run_journal_or_null(struct err *err)
{
	AUTO(paths) paths = { 0 };
	struct journal *j = NULL;

	if (!paths_find(&paths, err) || !journal_open(&paths, &j, err))
		return NULL;
	return j;
}

static inline struct journal *
run_journal(void)
{
	struct err err = ERR_INIT;
	struct journal *j = run_journal_or_null(&err);

	assert_ok(j != NULL, err);
	return j;
}

/* Appends one event to the run in a transaction of its own, with a plain
 * projection of the run. */
static inline bool
run_append(struct journal *j, const char *run, struct event *e,
	   const char *status, struct err *err)
{
	struct journal_head head;
	struct run_summary s = { .id = run, .task = "count to three",
				 .workspace = "/tmp", .provider = "offline",
				 .status = status };
	bool ok;

	if (!journal_begin(j, err))
		return false;
	ok = journal_head(j, run, &head, err) &&
	     journal_append(j, &head, e, NULL, err);
	s.created_us = s.updated_us = e->ts_us;
	if (ok && journal_set_run(j, &s, &head, err))
		return journal_commit(j, err);
	journal_rollback(j);
	return false;
}

static inline void
run_say(struct journal *j, const char *run, struct event e)
{
	struct err err = ERR_INIT;
	const char *status = e.type == EV_run_ended ? "succeeded" : "running";

	assert_ok(run_append(j, run, &e, status, &err), err);
}

static inline void
run_create(struct journal *j, const char *run)
{
	run_say(j, run,
		(struct event){ .type = EV_run_created,
				.run_created = { .task = "count to three",
						 .workspace = "/tmp",
						 .provider = "offline",
						 .version = "1",
						 .options = "{}" } });
}

static inline void
run_open_gate_row(struct journal *j, const char *run, int number)
{
	run_say(j, run,
		(struct event){ .type = EV_gate_opened,
				.gate_opened = { .gate = number,
						 .kind = "plan",
						 .item = -1,
						 .risk = "medium",
						 .title = "Run it?",
						 .shown = "{\"a\":1}" } });
}

/* Runs fn in a child process; its exit status. Journals are not to be
 * carried over a fork, so fn opens its own. */
static inline pid_t
run_fork(int (*fn)(void *), void *ud)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(fn(ud));
	assert_true(pid > 0);
	return pid;
}

static inline int
run_wait(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   128 + WTERMSIG(status);
}

#endif
