/* The rules of the value report's advice; report.h states them. */
#include "base/mem.h"
#include "value/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DAY_US (86400 * INT64_C(1000000))

static const struct {
	const char *key, *heading, *words;
} rules[] = {
#define X(id, key, heading, words) [id] = { key, heading, words },
	REPORT_RULES(X)
#undef X
};

const char *
report_rule_key(enum report_rule r)
{
	return rules[r].key;
}

const char *
report_rule_heading(enum report_rule r)
{
	return rules[r].heading;
}

const char *
report_rule_words(enum report_rule r)
{
	return rules[r].words;
}

/* Takes words. The numbers are to be added to what it returns, which is NULL
 * when there is advice of this rule enough. */
static struct report_advice *
advise(struct report *r, enum report_rule rule, const char *subject,
       char *words)
{
	struct report_advice *a;
	int same = 0;

	for (size_t i = r->advice_count; i > 0 && r->advice[i - 1].rule == rule;
	     i--)
		same++;
	if (same == REPORT_ADVICE_MAX) {
		r->more[rule]++;
		free(words);
		return NULL;
	}
	GROW(r->advice, r->advice_count, r->advice_cap);
	a = &r->advice[r->advice_count++];
	*a = (struct report_advice){ .rule = rule,
				     .subject = xstrdup(subject),
				     .words = words };
	return a;
}

static void
number(struct report_advice *a, const char *key, double value)
{
	if (a)
		a->numbers[a->number_count++] =
			(struct report_number){ key, value };
}

static const char *
plural(int64_t n)
{
	return n == 1 ? "" : "s";
}

static void
advise_promote(const struct report_facts *f, struct report *r)
{
	for (size_t i = 0; i < f->library_count; i++) {
		const struct report_pattern *p = &f->library[i];
		struct report_advice *a;

		if (!p->next || p->more_runs > REPORT_PROMOTE_RUNS)
			continue;
		a = advise(r, REPORT_PROMOTE, p->id,
			   xasprintf("%d more successful run%s to %s",
				     p->more_runs, plural(p->more_runs),
				     p->next));
		number(a, "executions", (double)p->executions);
		number(a, "successes", (double)p->successes);
		number(a, "more_runs", p->more_runs);
	}
}

static void
advise_retire(const struct report_facts *f, struct report *r)
{
	for (size_t i = 0; i < f->library_count; i++) {
		const struct report_pattern *p = &f->library[i];
		struct report_advice *a;

		if (strcmp(p->stage, "deprecated") != 0)
			continue;
		a = advise(r, REPORT_RETIRE, p->id,
			   xasprintf("%" PRId64 " of %" PRId64
				     " runs succeeded: delete or mend it",
				     p->successes, p->executions));
		number(a, "executions", (double)p->executions);
		number(a, "successes", (double)p->successes);
	}
}

static void
advise_unused(const struct report_facts *f, struct report *r)
{
	for (size_t i = 0; i < f->library_count; i++) {
		const struct report_pattern *p = &f->library[i];
		int64_t days = (f->now_us - p->last_used_us) / DAY_US;
		struct report_advice *a;

		if (p->shipped || p->last_used_us <= 0 ||
		    days <= REPORT_UNUSED_DAYS)
			continue;
		a = advise(r, REPORT_UNUSED, p->id,
			   xasprintf("last used %" PRId64
				     " days ago: review whether it is needed",
				     days));
		number(a, "days", (double)days);
		number(a, "executions", (double)p->executions);
	}
}

/* part / all is below the percentage that the rule names. */
static bool
is_poor(int64_t part, int64_t all)
{
	return all >= REPORT_REVISE_RUNS &&
	       part * 100 < all * REPORT_REVISE_PERCENT;
}

static void
advise_revise(const struct report_facts *f, struct report *r)
{
	for (size_t i = 0; i < f->patterns.count; i++) {
		const struct metrics_group *g = f->patterns.items[i];
		const struct metrics_totals *t = &g->totals;
		struct report_advice *a;

		if (!*g->key ||
		    (!is_poor(t->succeeded, t->runs) &&
		     !is_poor(t->validations_first, t->validations)))
			continue;
		a = advise(r, REPORT_REVISE, g->key,
			   xasprintf("%" PRId64 " of %" PRId64
				     " runs succeeded, %" PRId64 " of %" PRId64
				     " validations passed at once",
				     t->succeeded, t->runs,
				     t->validations_first, t->validations));
		number(a, "runs", (double)t->runs);
		number(a, "succeeded", (double)t->succeeded);
		number(a, "validations", (double)t->validations);
		number(a, "validations_first", (double)t->validations_first);
	}
}

static bool
has_proven(const struct report_facts *f, const char *domain)
{
	for (size_t i = 0; i < f->library_count; i++) {
		const struct report_pattern *p = &f->library[i];

		if (strcmp(p->category, domain) == 0 &&
		    (strcmp(p->stage, "validated") == 0 ||
		     strcmp(p->stage, "learned") == 0))
			return true;
	}
	return false;
}

static void
advise_domain(const struct report_facts *f, struct report *r)
{
	for (size_t i = 0; i < f->domains.count; i++) {
		const struct metrics_group *g = f->domains.items[i];
		struct report_advice *a;

		if (!*g->key || g->totals.runs < REPORT_DOMAIN_RUNS ||
		    has_proven(f, g->key))
			continue;
		a = advise(r, REPORT_DOMAIN, g->key,
			   xasprintf("%" PRId64
				     " runs, no validated or learned pattern",
				     g->totals.runs));
		number(a, "runs", (double)g->totals.runs);
		number(a, "succeeded", (double)g->totals.succeeded);
	}
	for (size_t i = 0; i < f->unplanned.count; i++) {
		const struct report_tally *t = &f->unplanned.items[i];

		if (t->count < REPORT_DOMAIN_RUNS)
			continue;
		number(advise(r, REPORT_UNPLANNED, t->key,
			      xasprintf("no plan was found for %" PRId64
					" tasks: more workflows are needed",
					t->count)),
		       "tasks", (double)t->count);
	}
}

static void
advise_baseline(const struct report_facts *f, struct report *r)
{
	for (size_t i = 0; i < f->patterns.count; i++) {
		const struct metrics_group *g = f->patterns.items[i];
		int64_t n = g->totals.succeeded - g->totals.with_baseline;

		if (!*g->key || n < REPORT_DOMAIN_RUNS)
			continue;
		number(advise(r, REPORT_BASELINE, g->key,
			      xasprintf("%" PRId64 " successful runs make no "
					"claim of time saved",
					n)),
		       "without_baseline", (double)n);
	}
}

void
report_advise(const struct report_facts *f, struct report *r)
{
	advise_promote(f, r);
	advise_retire(f, r);
	advise_unused(f, r);
	advise_revise(f, r);
	advise_domain(f, r);
	advise_baseline(f, r);
}
