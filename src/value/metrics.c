#include "value/metrics.h"

#include "base/json.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

const char metrics_schema_v1[] =
	"CREATE TABLE metrics("
	" run TEXT PRIMARY KEY,"
	" pattern_id TEXT,"
	" domain TEXT,"
	" status TEXT NOT NULL"
	"  CHECK(status IN ('succeeded', 'failed', 'aborted')),"
	" started_us INTEGER NOT NULL,"
	" finished_us INTEGER NOT NULL,"
	" research_ms INTEGER NOT NULL,"
	" plan_ms INTEGER NOT NULL,"
	" implement_ms INTEGER NOT NULL,"
	" learn_ms INTEGER NOT NULL,"
	" human_wait_ms INTEGER NOT NULL,"
	" iterations INTEGER NOT NULL,"
	" steps INTEGER NOT NULL,"
	" validations INTEGER NOT NULL,"
	" validations_first INTEGER NOT NULL,"
	" rework INTEGER NOT NULL,"
	" baseline_minutes REAL NOT NULL,"
	" baseline_origin TEXT);"
	"CREATE INDEX metrics_by_start ON metrics(started_us);";

static const char *const source_words[] = {
	[METRICS_MEASURED] = "measured",
	[METRICS_ENTERED] = "entered",
	[METRICS_DERIVED] = "derived",
};

const char *
metrics_source_word(enum metrics_source s)
{
	return source_words[s];
}

int64_t
metrics_work_ms(const struct metrics *m)
{
	int64_t ms = (m->finished_us - m->started_us) / 1000 - m->human_wait_ms;

	return ms > 0 ? ms : 0;
}

bool
metrics_saved(const struct metrics *m, double *ret_minutes, double *ret_speedup)
{
	double minutes = (double)metrics_work_ms(m) / 60000;

	if (m->baseline_minutes <= 0 || minutes <= 0 ||
	    strcmp(m->status, "succeeded") != 0)
		return false;
	*ret_minutes = m->baseline_minutes - minutes;
	*ret_speedup = m->baseline_minutes / minutes;
	return true;
}

bool
metrics_insert(struct db *db, const struct metrics *m, struct err *err)
{
	return db_run(
		db,
		"INSERT INTO metrics VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,"
		"?,?) ON CONFLICT(run) DO NOTHING",
		err, "ssssiiiiiiiiiiiids", m->run, m->pattern_id, m->domain,
		m->status, m->started_us, m->finished_us,
		m->phase_ms[METRICS_RESEARCH], m->phase_ms[METRICS_PLAN],
		m->phase_ms[METRICS_IMPLEMENT], m->phase_ms[METRICS_LEARN],
		m->human_wait_ms, m->iterations, m->steps, m->validations,
		m->validations_first, m->rework, m->baseline_minutes,
		m->baseline_origin);
}

static const char *
text_or_null(sqlite3_stmt *st, int column)
{
	return (const char *)sqlite3_column_text(st, column);
}

bool
metrics_get(struct db *db, const char *run,
	    void (*fn)(const struct metrics *m, void *data), void *data,
	    struct err *err)
{
	sqlite3_stmt *st = db_query(db, "SELECT * FROM metrics WHERE run=?",
				    err, "s", run);
	int rc = st ? db_step(db, st, err) : -1;

	if (rc < 0)
		return false;
	if (rc == 0)
		return FAIL(err, ERR_NOTFOUND,
			    "no value metrics of the run %s: they are written "
			    "when a run ends",
			    run);
	struct metrics m = {
		.run = db_text(st, 0),
		.pattern_id = text_or_null(st, 1),
		.domain = text_or_null(st, 2),
		.status = db_text(st, 3),
		.started_us = sqlite3_column_int64(st, 4),
		.finished_us = sqlite3_column_int64(st, 5),
		.human_wait_ms = sqlite3_column_int64(st, 10),
		.iterations = sqlite3_column_int64(st, 11),
		.steps = sqlite3_column_int64(st, 12),
		.validations = sqlite3_column_int64(st, 13),
		.validations_first = sqlite3_column_int64(st, 14),
		.rework = sqlite3_column_int64(st, 15),
		.baseline_minutes = sqlite3_column_double(st, 16),
		.baseline_origin = text_or_null(st, 17),
	};
	for (int i = 0; i < METRICS_PHASES; i++)
		m.phase_ms[i] = sqlite3_column_int64(st, 6 + i);
	fn(&m, data);
	sqlite3_reset(st);
	return true;
}

/* WORK as metrics_work_ms, SAVED where metrics_saved holds. */
#define WORK "max((finished_us - started_us) / 1000 - human_wait_ms, 0)"
#define SAVED \
	"FILTER (WHERE status = 'succeeded' AND baseline_minutes > 0" \
	" AND " WORK " > 0)"

/* The columns that read_totals reads, from the one after key. */
#define SUMS(key) \
	"SELECT " key ", count(*)," \
	" count(*) FILTER (WHERE status = 'succeeded')," \
	" count(*) FILTER (WHERE status = 'failed')," \
	" count(*) FILTER (WHERE status = 'aborted')," \
	" sum(" WORK "), sum(human_wait_ms)," \
	" sum(research_ms), sum(plan_ms), sum(implement_ms)," \
	" sum(learn_ms), sum(iterations), sum(steps), sum(rework)," \
	" sum(validations), sum(validations_first)," \
	" count(*) " SAVED ", sum(baseline_minutes) " SAVED "," \
	" sum(baseline_minutes - " WORK " / 60000.0) " SAVED "," \
	" sum(" WORK ") FILTER (WHERE status <> 'succeeded')" \
	" FROM metrics WHERE (?1 IS NULL OR domain = ?1)" \
	" AND started_us >= ?2 AND (?3 = 0 OR started_us < ?3)"
#define GROUPS(key) SUMS(key) " GROUP BY 1 ORDER BY 1"

static struct metrics_totals
read_totals(sqlite3_stmt *st)
{
	struct metrics_totals t = {
		.runs = sqlite3_column_int64(st, 1),
		.succeeded = sqlite3_column_int64(st, 2),
		.failed = sqlite3_column_int64(st, 3),
		.aborted = sqlite3_column_int64(st, 4),
		.work_ms = sqlite3_column_int64(st, 5),
		.human_wait_ms = sqlite3_column_int64(st, 6),
		.iterations = sqlite3_column_int64(st, 11),
		.steps = sqlite3_column_int64(st, 12),
		.rework = sqlite3_column_int64(st, 13),
		.validations = sqlite3_column_int64(st, 14),
		.validations_first = sqlite3_column_int64(st, 15),
		.with_baseline = sqlite3_column_int64(st, 16),
		.baseline_minutes = sqlite3_column_double(st, 17),
		.saved_minutes = sqlite3_column_double(st, 18),
		.lost_ms = sqlite3_column_int64(st, 19),
	};

	for (int i = 0; i < METRICS_PHASES; i++)
		t.phase_ms[i] = sqlite3_column_int64(st, 7 + i);
	return t;
}

bool
metrics_sum(struct db *db, const struct metrics_filter *f,
	    struct metrics_totals *ret, struct err *err)
{
	sqlite3_stmt *st = db_query(db, SUMS("''"), err, "sii", f->domain,
				    f->since_us, f->until_us);

	if (!st || db_step(db, st, err) != 1)
		return false;
	*ret = read_totals(st);
	sqlite3_reset(st);
	return true;
}

static const char *const group_sql[] = {
	[METRICS_BY_DOMAIN] = GROUPS("ifnull(domain, '')"),
	[METRICS_BY_PATTERN] = GROUPS("ifnull(pattern_id, '')"),
	[METRICS_BY_MONTH] = GROUPS("strftime('%Y-%m', started_us / 1000000,"
				    " 'unixepoch')"),
};

void
metrics_groups_release(struct metrics_groups *g)
{
	for (size_t i = 0; i < g->count; i++)
		free(g->items[i].key);
	free(g->items);
	*g = (struct metrics_groups){ 0 };
}

bool
metrics_group(struct db *db, const struct metrics_filter *f, enum metrics_by by,
	      struct metrics_groups *ret, struct err *err)
{
	AUTO(metrics_groups) g = { 0 };
	sqlite3_stmt *st = db_query(db, group_sql[by], err, "sii", f->domain,
				    f->since_us, f->until_us);
	int rc;

	if (!st)
		return false;
	while ((rc = db_step(db, st, err)) == 1) {
		GROW(g.items, g.count, g.cap);
		g.items[g.count++] = (struct metrics_group){
			.key = xstrdup(db_text(st, 0)),
			.totals = read_totals(st),
		};
	}
	if (rc < 0)
		return false;
	*ret = g;
	g = (struct metrics_groups){ 0 };
	return true;
}

static int
compare_key(const void *key, const void *item)
{
	return strcmp(key, ((const struct metrics_group *)item)->key);
}

struct metrics_group *
metrics_find(const struct metrics_groups *g, const char *key)
{
	return g->count ? bsearch(key, g->items, g->count, sizeof(*g->items),
				  compare_key) :
			  NULL;
}

/* --- JSON --------------------------------------------------------------- */

/* One row per measured number of struct metrics. */
static const struct number {
	const char *key;
	size_t offset;
} measured[] = {
	{ "research_ms", offsetof(struct metrics, phase_ms[0]) },
	{ "plan_ms", offsetof(struct metrics, phase_ms[1]) },
	{ "implement_ms", offsetof(struct metrics, phase_ms[2]) },
	{ "learn_ms", offsetof(struct metrics, phase_ms[3]) },
	{ "human_wait_ms", offsetof(struct metrics, human_wait_ms) },
	{ "iterations", offsetof(struct metrics, iterations) },
	{ "steps", offsetof(struct metrics, steps) },
	{ "validations", offsetof(struct metrics, validations) },
	{ "validations_first", offsetof(struct metrics, validations_first) },
	{ "rework", offsetof(struct metrics, rework) },
};

static void
add_number(struct buf *out, const char *key, double value,
	   enum metrics_source source)
{
	json_add_key(out, key);
	buf_addstr(out, "{\"value\":");
	json_add_num(out, value);
	buf_printf(out, ",\"source\":\"%s\"}", metrics_source_word(source));
}

static void
add_string(struct buf *out, const char *key, const char *s)
{
	json_add_key(out, key);
	if (s)
		json_add_str(out, s);
	else
		buf_addstr(out, "null");
}

void
metrics_json(const struct metrics *m, struct buf *out)
{
	double minutes, speedup;

	buf_addch(out, '{');
	add_string(out, "run", m->run);
	add_string(out, "pattern_id", m->pattern_id);
	add_string(out, "domain", m->domain);
	add_string(out, "status", m->status);
	for (size_t i = 0; i < ARRAY_LEN(measured); i++)
		add_number(out, measured[i].key,
			   (double)*(const int64_t *)((const char *)m +
						      measured[i].offset),
			   METRICS_MEASURED);
	add_number(out, "work_ms", (double)metrics_work_ms(m), METRICS_DERIVED);
	if (m->baseline_minutes > 0) {
		add_number(out, "baseline_minutes", m->baseline_minutes,
			   METRICS_ENTERED);
		add_string(out, "baseline_origin", m->baseline_origin);
	}
	if (metrics_saved(m, &minutes, &speedup)) {
		add_number(out, "saved_minutes", minutes, METRICS_DERIVED);
		add_number(out, "speedup", speedup, METRICS_DERIVED);
	}
	buf_addch(out, '}');
}
