/*
 * audit.h - proves that the journal is what was written.
 *
 * For each event: its hash is that of its content and of the event before,
 * and seq counts without a gap. For each run: the last event is the head
 * that the run's row names (so a cut-off end shows), the run's and every
 * gate's row agree with the events, and every artifact's file has the content
 * its name says.
 *
 * What it cannot see: someone who rewrites a whole chain, its head
 * included. Keep the head hash that `audit verify` prints elsewhere to rule
 * that out.
 */
#ifndef AGENTOPS_RUN_AUDIT_H
#define AGENTOPS_RUN_AUDIT_H

#include "run/journal.h"

struct audit_problem {
	char run[ID_RUN_SIZE];
	int64_t seq;   /* 0: about the run as a whole */
	const char *what;
};

struct audit_result {
	int64_t runs, events, artifacts, problems;
	char head[SHA256_HEX_SIZE]; /* of the last run checked */
};

typedef void audit_problem_fn(void *ud, const struct audit_problem *p);

/* Of one run, or of all (run NULL). True when everything was looked at, with
 * or without problems; false with err when the database could not be read
 * to its end: where that was is told as a problem, and the other runs are
 * looked at all the same. The first problem of a chain is told, not those
 * that follow from it. */
bool audit_verify(struct journal *j, const char *run, audit_problem_fn *fn,
		  void *ud, struct audit_result *ret, struct err *err);

#endif
