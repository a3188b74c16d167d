/*
 * Reading the value report's facts.
 *
 * 1. A run counts when it has a row in `metrics` that passes the filter; the
 *    other tables are joined to that.
 * 2. Of each table one pass is made, over what an index or a narrow row
 *    holds; what takes the rules of know/ is folded here.
 */
#include "run/worth.h"

#include "base/clock.h"
#include "base/mem.h"
#include "know/learn.h"
#include "know/lifecycle.h"

#include <stdlib.h>
#include <string.h>

/* ?1 domain, ?2 since, ?3 until: as metrics_filter. */
#define CHOSEN \
	"(?1 IS NULL OR m.domain = ?1) AND m.started_us >= ?2" \
	" AND (?3 = 0 OR m.started_us < ?3)"

/* KiB, negative: the joins go through the metrics in the order of other
 * tables, and 100,000 runs have 20 MB of them. */
#define CACHE "-65536"

struct worth {
	struct db *db;
	struct report_facts *f;
	struct err *err;
	char *run; /* of the row of spend before */
};

typedef void row_fn(struct worth *w, sqlite3_stmt *st);

/* Calls fn with each row of a query that has the filter's parameters. */
static bool
each(struct worth *w, const char *sql, row_fn *fn)
{
	const struct metrics_filter *filter = &w->f->filter;
	sqlite3_stmt *st = db_query(w->db, sql, w->err, "sii", filter->domain,
				    filter->since_us, filter->until_us);
	int rc = -1;

	while (st && (rc = db_step(w->db, st, w->err)) == 1)
		fn(w, st);
	return rc == 0;
}

/* --- runs --------------------------------------------------------------- */

/* "2026-11", in UTC. */
static struct metrics_group *
month(struct report_facts *f, int64_t us)
{
	char iso[CLOCK_ISO_SIZE];

	clock_iso(us, iso);
	iso[strlen("2026-11")] = '\0';
	return metrics_group(&f->months, iso);
}

static void
take_run(const struct metrics *m, void *data)
{
	struct report_facts *f = data;

	if (!f->first_us || m->started_us < f->first_us)
		f->first_us = m->started_us;
	metrics_add(&f->total, m);
	metrics_add(&metrics_group(&f->domains, m->domain)->totals, m);
	metrics_add(&metrics_group(&f->patterns, m->pattern_id)->totals, m);
	metrics_add(&month(f, m->started_us)->totals, m);
}

/* Runs without metrics: their pattern says the domain. */
static void
take_open(struct worth *w, sqlite3_stmt *st)
{
	struct report_facts *f = w->f;
	if (sqlite3_column_int(st, 0))
		f->open_runs = sqlite3_column_int64(st, 1);
	else
		f->unmeasured = sqlite3_column_int64(st, 1);
}

static void
take_open_cost(struct worth *w, sqlite3_stmt *st)
{
	struct report_facts *f = w->f;
	f->cost_open_microusd = sqlite3_column_int64(st, 0);
}

/* A run with a plan has a pattern now; one that it replayed was named in the
 * plan. */
static void
take_plan(struct worth *w, sqlite3_stmt *st)
{
	struct report_facts *f = w->f;
	if (sqlite3_column_int(st, 0))
		f->planned++;
	else
		report_tally(&f->unplanned, learn_domain(db_text(st, 2)), 1, 0);
	f->replayed += sqlite3_column_int(st, 0) && sqlite3_column_int(st, 1);
}

#define WITHOUT_METRICS \
	" FROM run r LEFT JOIN pattern p ON p.id = r.pattern AND p.active" \
	" WHERE NOT EXISTS (SELECT 1 FROM metrics m WHERE m.run = r.id)" \
	" AND (?1 IS NULL OR p.category = ?1) AND r.created_us >= ?2" \
	" AND (?3 = 0 OR r.created_us < ?3)"
#define IS_OPEN "r.status IN ('running', 'parked')"

static bool
read_runs(struct worth *w)
{
	if (!metrics_each(w->db, &w->f->filter, take_run, w->f, w->err))
		return false;
	metrics_groups_sort(&w->f->domains);
	metrics_groups_sort(&w->f->patterns);
	metrics_groups_sort(&w->f->months);
	return each(w,
		    "SELECT " IS_OPEN ", count(*)" WITHOUT_METRICS
		    " GROUP BY 1",
		    take_open) &&
	       each(w,
		    "SELECT sum(s.cost_microusd) FROM spend s WHERE s.run IN"
		    " (SELECT r.id" WITHOUT_METRICS " AND " IS_OPEN ")",
		    take_open_cost) &&
	       each(w,
		    "SELECT m.pattern_id IS NOT NULL, r.pattern IS NOT NULL,"
		    " iif(m.pattern_id IS NULL, r.task, NULL)"
		    " FROM metrics m JOIN run r ON r.id = m.run WHERE " CHOSEN,
		    take_plan);
}

/* --- spend -------------------------------------------------------------- */

static struct report_spend *
spend_of(struct report_facts *f, const char *model, int phase)
{
	struct report_spend *s;

	for (size_t i = 0; i < f->spend_count; i++)
		if (f->spend[i].phase == phase &&
		    strcmp(f->spend[i].model, model) == 0)
			return &f->spend[i];
	GROW(f->spend, f->spend_count, f->spend_cap);
	s = &f->spend[f->spend_count++];
	*s = (struct report_spend){ .model = xstrdup(model),
				    .phase = phase };
	return s;
}

static void
take_spend(struct worth *w, sqlite3_stmt *st)
{
	struct report_facts *f = w->f;
	int64_t cost = sqlite3_column_int64(st, 7);
	bool succeeded = strcmp(db_text(st, 8), "succeeded") == 0;
	struct report_spend *s =
		spend_of(f, db_text(st, 0), sqlite3_column_int(st, 1));

	s->turns += sqlite3_column_int64(st, 2);
	s->failed += sqlite3_column_int64(st, 3);
	s->unpriced += sqlite3_column_int64(st, 4);
	s->input_tokens += sqlite3_column_int64(st, 5);
	s->output_tokens += sqlite3_column_int64(st, 6);
	s->cost_microusd += cost;
	if (!succeeded)
		f->cost_failed_microusd += cost;
	if (!str_eq(w->run, db_text(st, 12))) {
		free(w->run);
		w->run = xstrdup(db_text(st, 12));
		f->model_runs++;
		f->model_succeeded += succeeded;
	}
	metrics_group(&f->domains, db_text(st, 9))->cost_microusd += cost;
	metrics_group(&f->patterns, db_text(st, 10))->cost_microusd += cost;
	month(f, sqlite3_column_int64(st, 11))->cost_microusd += cost;
}

/* Dearest first, then as they are called. */
static int
compare_spend(const void *a, const void *b)
{
	const struct report_spend *x = a, *y = b;

	if (x->cost_microusd != y->cost_microusd)
		return x->cost_microusd < y->cost_microusd ? 1 : -1;
	if (x->phase != y->phase)
		return x->phase > y->phase ? -1 : 1;
	return strcmp(x->model, y->model);
}

static bool
read_spend(struct worth *w)
{
	if (!each(w,
		  "SELECT s.model, s.planner, s.turns, s.failed,"
		  " s.unpriced, s.input_tokens,"
		  " s.output_tokens, s.cost_microusd, m.status,"
		  " m.domain, m.pattern_id, m.started_us, s.run"
		  " FROM spend s CROSS JOIN metrics m ON m.run = s.run"
		  " WHERE " CHOSEN " ORDER BY s.run",
		  take_spend))
		return false;
	if (w->f->spend_count)
		qsort(w->f->spend, w->f->spend_count, sizeof(*w->f->spend),
		      compare_spend);
	return true;
}

/* --- gates -------------------------------------------------------------- */

static void
take_gates(struct worth *w, sqlite3_stmt *st)
{
	struct report_facts *f = w->f;
	report_tally(&f->gates, db_text(st, 0), sqlite3_column_int64(st, 1),
		     sqlite3_column_int64(st, 2));
}

static bool
read_gates(struct worth *w)
{
	return each(w,
		    "SELECT g.kind, count(*), sum(g.decided_us - g.opened_us)"
		    " FROM gate g JOIN metrics m ON m.run = g.run"
		    " AND g.opened_us >= m.started_us" /* else a fork's copy */
		    " WHERE g.decided_us IS NOT NULL AND " CHOSEN
		    " GROUP BY 1 ORDER BY 3 DESC, 1",
		    take_gates);
}

/* --- the library -------------------------------------------------------- */

/* What an execution did to its pattern: lifecycle.h says it from what it
 * found. */
static void
take_execution(struct worth *w, sqlite3_stmt *st)
{
	struct report_facts *f = w->f;
	struct pattern_counts c = { .executions = sqlite3_column_int64(st, 1),
				    .successes = sqlite3_column_int64(st, 2) };
	enum pattern_status old =
		(enum pattern_status)sqlite3_column_int(st, 3);
	enum execution_status status = EXECUTION_FAILED;
	enum pattern_status stage;

	c.failures = c.executions - c.successes;
	execution_status_parse(db_text(st, 4), &status);
	c = lifecycle_count(&c, status, 0);
	stage = lifecycle_stage(&c, old);
	f->captured += sqlite3_column_int(st, 0);
	f->validated += stage == PATTERN_VALIDATED && old != stage;
	f->learned += stage == PATTERN_LEARNED && old != stage;
	f->deprecated += stage == PATTERN_DEPRECATED && old != stage;
}

/* How many more successes lift it to a higher stage; deprecated ones are the
 * matter of another rule. */
static void
find_next(struct report_pattern *p, enum pattern_status stage)
{
	struct pattern_counts c = { .executions = p->executions,
				    .successes = p->successes,
				    .failures = p->executions - p->successes };

	if (stage == PATTERN_LEARNED || stage == PATTERN_DEPRECATED)
		return;
	while (p->more_runs < REPORT_PROMOTE_RUNS) {
		enum pattern_status now;

		c = lifecycle_count(&c, EXECUTION_SUCCESS, 0);
		p->more_runs++;
		now = lifecycle_stage(&c, stage);
		if (now != PATTERN_DEPRECATED && now > stage) {
			p->next = pattern_status_word(now);
			return;
		}
	}
}

static void
take_pattern(struct worth *w, sqlite3_stmt *st)
{
	struct report_facts *f = w->f;
	enum pattern_status stage =
		(enum pattern_status)sqlite3_column_int(st, 2);
	struct report_pattern *p;

	GROW(f->library, f->library_count, f->library_cap);
	p = &f->library[f->library_count++];
	*p = (struct report_pattern){
		.id = xstrdup(db_text(st, 0)),
		.category = xstrdup(db_text(st, 1)),
		.stage = pattern_status_word(stage),
		.executions = sqlite3_column_int64(st, 3),
		.successes = sqlite3_column_int64(st, 4),
		.last_used_us = sqlite3_column_int64(st, 5),
		.shipped = sqlite3_column_int(st, 6),
	};
	find_next(p, stage);
}

static void
take_stage(struct worth *w, sqlite3_stmt *st)
{
	struct report_facts *f = w->f;
	enum pattern_status stage =
		(enum pattern_status)sqlite3_column_int(st, 0);

	report_tally(&f->stages, pattern_status_word(stage),
		     sqlite3_column_int64(st, 1), 0);
}

static bool
read_patterns(struct worth *w)
{
	return each(w,
		    "SELECT e.created, e.before_executions,"
		    " e.before_successes, e.before_status, e.status"
		    " FROM metrics m JOIN execution e ON e.run = m.run"
		    " WHERE " CHOSEN,
		    take_execution) &&
	       each(w,
		    "SELECT id, category, status, executions, successes,"
		    " last_used_us, shipped FROM pattern WHERE active"
		    " AND executions > 0 AND (?1 IS NULL OR category = ?1)"
		    " ORDER BY executions DESC, id",
		    take_pattern) &&
	       each(w,
		    "SELECT status, count(*) FROM pattern WHERE active"
		    " AND (?1 IS NULL OR category = ?1)"
		    " GROUP BY 1 ORDER BY 1",
		    take_stage);
}

/* How many of the patterns of the domain were made before a time. */
static bool
count_before(struct worth *w, int64_t us, int64_t *ret)
{
	sqlite3_stmt *st = db_query(w->db,
				    "SELECT count(*) FROM pattern WHERE active"
				    " AND (?1 IS NULL OR category = ?1)"
				    " AND created_us < ?2",
				    w->err, "si", w->f->filter.domain, us);

	if (!st || db_step(w->db, st, w->err) != 1)
		return false;
	*ret = sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return true;
}

static bool
read_library(struct worth *w)
{
	struct report_facts *f = w->f;
	int64_t from = f->filter.since_us ? f->filter.since_us : f->first_us;
	int64_t to = f->filter.until_us ? f->filter.until_us : f->now_us;

	return read_patterns(w) && count_before(w, from, &f->library_start) &&
	       count_before(w, to, &f->library_end);
}

bool
worth_read(struct db *db, const struct metrics_filter *filter, int64_t now_us,
	   struct report_facts *ret, struct err *err)
{
	struct worth w = { db, ret, err, NULL };
	bool ok;

	*ret = (struct report_facts){ .now_us = now_us, .filter = *filter };
	ok = db_exec(db, "PRAGMA cache_size=" CACHE, err) && read_runs(&w) &&
	     read_spend(&w) && read_gates(&w) && read_library(&w);
	free(w.run);
	return ok;
}
