/*
 * metrics.h - what a run was worth, one row per run.
 *
 * Every number says where it comes from: measured (by this program's
 * clocks and counters), entered (by a person or in the pattern), or derived
 * (computed from the two). Nothing is estimated: a run without an entered
 * baseline has no time saved.
 *
 * Shape: phase_ms are working times with the waiting for people already
 * taken out; total_ms is wall time from start to end. As parallel steps and
 * pauses between phases exist, the phases need not add up to the total.
 *
 *	struct metrics m = METRICS_INIT;
 *	m.run = run; m.phase_ms[METRICS_PLAN] = 120; ...
 *	metrics_insert(db, &m, err);
 */
#ifndef AGENTOPS_VALUE_METRICS_H
#define AGENTOPS_VALUE_METRICS_H

#include "base/buf.h"
#include "base/db.h"

#include <stdbool.h>
#include <stdint.h>

/* SQL for one migration (several statements). */
extern const char metrics_schema_v1[];

enum metrics_phase {
	METRICS_RESEARCH,
	METRICS_PLAN,
	METRICS_IMPLEMENT,
	METRICS_LEARN,
	METRICS_PHASES
};

enum metrics_source { METRICS_MEASURED, METRICS_ENTERED, METRICS_DERIVED };

/* "measured", "entered", "derived" */
const char *metrics_source_word(enum metrics_source s);

/* Strings are borrowed. */
struct metrics {
	const char *run;
	const char *pattern_id; /* or NULL */
	const char *domain;     /* category of the pattern, or NULL */
	const char *status;     /* succeeded, failed, aborted */
	int64_t started_us, finished_us;        /* measured, wall time */
	int64_t phase_ms[METRICS_PHASES];       /* measured */
	int64_t human_wait_ms;                  /* measured */
	int64_t iterations;                     /* measured */
	int64_t steps;                          /* measured: that ran */
	int64_t validations, validations_first; /* measured: steps with
				validate gates, those passed at first try */
	int64_t rework; /* measured: attempts after a failed validation or a
			   comment of a person */
	double baseline_minutes;     /* entered; 0 when nobody did */
	const char *baseline_origin; /* "person", "pattern"; "fork": its origin
					claims the work; or NULL */
};

#define METRICS_INIT { .status = "failed" }

/* Derived: finished - started, human waiting taken out; never negative. */
int64_t metrics_work_ms(const struct metrics *m);
/* Derived from an entered baseline: minutes of it that the run did not
 * take, and baseline / work. False when there is no baseline, the run did
 * not succeed, or it took no measurable time. */
bool metrics_saved(const struct metrics *m, double *ret_minutes,
		   double *ret_speedup);

/* Writes the row; a run that has one keeps it (a repeated call changes
 * nothing). Part of the caller's transaction if one is open. */
bool metrics_insert(struct db *db, const struct metrics *m, struct err *err);

/* One row: calls fn with the metrics of the run; strings live for the call.
 * False with ERR_NOTFOUND when there is none. */
bool metrics_get(struct db *db, const char *run,
		 void (*fn)(const struct metrics *m, void *data), void *data,
		 struct err *err);

/* Which rows count; a zeroed one is all. */
struct metrics_filter {
	const char *domain;
	int64_t since_us, until_us; /* of started_us; until 0 = open */
};

/* Sums over the rows. Ratios are left to the reader: their denominators are
 * here. */
struct metrics_totals {
	int64_t runs, succeeded, failed, aborted;
	int64_t work_ms, human_wait_ms, phase_ms[METRICS_PHASES];
	int64_t iterations, steps, rework;
	int64_t validations, validations_first;
	int64_t with_baseline;  /* succeeded runs that have one */
	double baseline_minutes; /* of those */
	double saved_minutes;    /* of those: baseline - work, may be < 0 */
	int64_t lost_ms;         /* work of the runs that did not succeed */
};

void metrics_add(struct metrics_totals *t, const struct metrics *m);

/* Calls fn for every row that counts, in any order; strings live for the
 * call. */
bool metrics_each(struct db *db, const struct metrics_filter *f,
		  void (*fn)(const struct metrics *m, void *data), void *data,
		  struct err *err);

/* Totals by a name: a domain, a pattern, a month. */
struct metrics_group {
	char *key;
	struct metrics_totals totals;
	int64_t cost_microusd; /* of models' turns: the journal knows it */
};

struct metrics_groups {
	struct metrics_group **items;
	size_t count, cap;
	void *tree;
};

/* The group of that name, made when there is none (NULL is ""). */
struct metrics_group *metrics_group(struct metrics_groups *g,
				    const char *key);
/* Brings the items into the order of their names, bytewise. */
void metrics_groups_sort(struct metrics_groups *g);
void metrics_groups_release(struct metrics_groups *g);

/* Appends one JSON object: each number as {"value":n,"source":"measured"}. */
void metrics_json(const struct metrics *m, struct buf *out);

#endif
