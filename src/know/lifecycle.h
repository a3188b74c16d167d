/*
 * lifecycle.h - how counts grow and which stage they give. Pure.
 *
 *	discovered   1 to 4 executions, and what fits no other row
 *	validated    from 5 executions, 80 % of them successes
 *	learned      from 20 executions, 90 % of them successes
 *
 * The table is that of the plan of 0.3.0; counters and deprecation are as in
 * v0.2.0.
 *
 *	c = lifecycle_count(&c, EXECUTION_FAILED, minutes);
 *	stage = lifecycle_stage(&c, old_stage);
 */
#ifndef AGENTOPS_KNOW_LIFECYCLE_H
#define AGENTOPS_KNOW_LIFECYCLE_H

#include "know/pattern.h"

/* Only success counts as one: a partial execution counts as failed and
 * keeps its own word in the history. */
#define EXECUTION_STATUSES(X) \
	X(EXECUTION_SUCCESS, "success") \
	X(EXECUTION_FAILED, "failed") \
	X(EXECUTION_PARTIAL, "partial")

enum execution_status {
#define X(code, word) code,
	EXECUTION_STATUSES(X)
#undef X
};

const char *execution_status_word(enum execution_status s);
bool execution_status_parse(const char *word, enum execution_status *ret);

/* One more execution that took minutes of working time:
 * avg = (old_avg * (total - 1) + minutes) / total. */
struct pattern_counts lifecycle_count(const struct pattern_counts *old,
				      enum execution_status status,
				      double minutes);

/*
 * The stage that the counts give, whatever the stage was before: promotion
 * and demotion alike, and more than one stage at once. A pattern that has
 * been tried enough (it reached validated or learned, or has 5 executions)
 * and whose rate fell below 60 % is deprecated; one that recovers to 60 %
 * comes back.
 */
enum pattern_status lifecycle_stage(const struct pattern_counts *c,
				    enum pattern_status old);

/* What the next stage takes, for people: "validated after 2 more successful
 * runs (5 executions and 80 %)"; caller frees. */
char *lifecycle_next(const struct pattern_counts *c);

/*
 * The 95 % score interval of a success rate (E. B. Wilson, 1927, with
 * z = 1.96): where the true rate is likely to be, honest for few executions.
 * 0 to 1 when there are none.
 */
void wilson_interval(const struct pattern_counts *c, double *ret_low,
		     double *ret_high);

#endif
