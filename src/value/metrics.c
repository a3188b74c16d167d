#include "value/metrics.h"

#include "base/json.h"
#include "base/mem.h"

#include <inttypes.h>
#include <search.h>
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

static struct metrics
read_row(sqlite3_stmt *st)
{
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
	return m;
}

bool
metrics_get(struct db *db, const char *run,
	    void (*fn)(const struct metrics *m, void *data), void *data,
	    struct err *err)
{
	sqlite3_stmt *st = db_query(db, "SELECT * FROM metrics WHERE run=?",
				    err, "s", run);
	int rc = st ? db_step(db, st, err) : -1;
	struct metrics m;

	if (rc < 0)
		return false;
	if (rc == 0)
		return FAIL(err, ERR_NOTFOUND,
			    "no value metrics of the run %s: they are written "
			    "when a run ends",
			    run);
	m = read_row(st);
	fn(&m, data);
	sqlite3_reset(st);
	return true;
}

bool
metrics_each(struct db *db, const struct metrics_filter *f,
	     void (*fn)(const struct metrics *m, void *data), void *data,
	     struct err *err)
{
	sqlite3_stmt *st = db_query(
		db,
		"SELECT * FROM metrics WHERE (?1 IS NULL OR domain = ?1)"
		" AND started_us >= ?2 AND (?3 = 0 OR started_us < ?3)",
		err, "sii", f->domain, f->since_us, f->until_us);
	int rc = -1;

	while (st && (rc = db_step(db, st, err)) == 1) {
		struct metrics m = read_row(st);

		fn(&m, data);
	}
	return rc == 0;
}

/* --- totals ------------------------------------------------------------- */

void
metrics_add(struct metrics_totals *t, const struct metrics *m)
{
	bool succeeded = strcmp(m->status, "succeeded") == 0;
	double minutes, speedup;

	t->runs++;
	t->succeeded += succeeded;
	t->failed += strcmp(m->status, "failed") == 0;
	t->aborted += strcmp(m->status, "aborted") == 0;
	t->work_ms += metrics_work_ms(m);
	t->lost_ms += succeeded ? 0 : metrics_work_ms(m);
	t->human_wait_ms += m->human_wait_ms;
	for (int i = 0; i < METRICS_PHASES; i++)
		t->phase_ms[i] += m->phase_ms[i];
	t->iterations += m->iterations;
	t->steps += m->steps;
	t->rework += m->rework;
	t->validations += m->validations;
	t->validations_first += m->validations_first;
	if (!metrics_saved(m, &minutes, &speedup))
		return;
	t->with_baseline++;
	t->baseline_minutes += m->baseline_minutes;
	t->saved_minutes += minutes;
}

/* A group begins with its key, so a name is compared as one. */
static int
compare_groups(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
compare_items(const void *a, const void *b)
{
	return compare_groups(*(void *const *)a, *(void *const *)b);
}

struct metrics_group *
metrics_group(struct metrics_groups *g, const char *key)
{
	const char *name = key ? key : "";
	void *const *found = tfind(&name, &g->tree, compare_groups);
	struct metrics_group *fresh;

	if (found)
		return *found;
	fresh = xcalloc(1, sizeof(*fresh));
	fresh->key = xstrdup(name);
	if (!tsearch(fresh, &g->tree, compare_groups))
		abort(); /* as xmalloc */
	GROW(g->items, g->count, g->cap);
	g->items[g->count++] = fresh;
	return fresh;
}

void
metrics_groups_sort(struct metrics_groups *g)
{
	if (g->count)
		qsort(g->items, g->count, sizeof(struct metrics_group *),
		      compare_items);
}

static void
free_group(void *p)
{
	struct metrics_group *g = p;

	free(g->key);
	free(g);
}

void
metrics_groups_release(struct metrics_groups *g)
{
	tdestroy(g->tree, free_group);
	free(g->items);
	*g = (struct metrics_groups){ 0 };
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
