/*
 * fork.h - a new run that begins with what another run did.
 *
 * A fork has the events of its origin up to a chosen one, under a new id
 * and in a chain of its own. Its run.created names the origin, RUN@SEQ, and
 * that event's hash. The copied events keep their time, the fork's own first
 * event has the time of the fork. What was finished there is never done
 * again; what was running is cut off, as after a crash; gates that were
 * open are open. The fork ends parked, and engine_resume goes on with it.
 *
 * Nothing of the origin changes. The artifacts are shared as hard links
 * (copied where the file system has none), so each run stands alone. Paths
 * of artifacts inside copied events are those of the fork.
 *
 * What was spent, waited and saved before the fork counts for the origin
 * only: the fork has no row of spending for it, and no baseline.
 *
 * A run can be forked at any event before it began to fail or to learn.
 */
#ifndef AGENTOPS_RUN_FORK_H
#define AGENTOPS_RUN_FORK_H

#include "run/journal.h"

/* A place where a person may want to take another way. */
struct fork_point {
	int64_t seq, ts_us;
	char *what; /* "gate 2 review: Accept the result?" */
};

struct fork_points {
	struct fork_point *items; /* in the order of the run */
	size_t count, cap;
	int64_t last; /* the last event that can be forked at */
};

void fork_points_release(struct fork_points *p);

/* The points of run: where plans, gates and steps were, and its last event
 * that can be forked at. Every other event up to `last` will do, too. */
bool fork_points_read(struct journal *j, const char *run,
		      struct fork_points *ret, struct err *err);
/* Where a fork begins when nobody said: the last gate, else the last
 * event. */
int64_t fork_point_default(const struct fork_points *p);

/* "RUN@SEQ" or "RUN" (any way to name a run: see journal_find_run); the
 * latter gives seq 0. ret_run has ID_RUN_SIZE bytes. */
bool fork_parse(struct journal *j, const char *text, char *ret_run,
		int64_t *ret_seq, struct err *err);

/* Makes the fork; seq 0: at the default point. It is there as a whole or
 * not at all. ret_id has ID_RUN_SIZE bytes. ERR_CONFLICT: run cannot be
 * forked there, with the nearest place where it can. */
bool fork_run(struct journal *j, const char *run, int64_t seq, char *ret_id,
	      struct err *err);

#endif
