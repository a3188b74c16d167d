/*
 * Counts of pattern files, made again from the executions.
 *
 * What a file should say at least is what the first recorded execution found
 * (executions that the database never saw) and one more for each execution.
 * The file is written as learn_record writes it: an intent first.
 */
#include "know/learn.h"

#include "base/mem.h"
#include "know/learn_intent.h"
#include "know/library.h"

#include <stdlib.h>
#include <string.h>

struct due {
	char *id;
	struct pattern_counts counts;
	int64_t last_used_us;
};

struct dues {
	struct due *items;
	size_t count, cap;
};

static void
dues_release(struct dues *d)
{
	for (size_t i = 0; i < d->count; i++)
		free(d->items[i].id);
	free(d->items);
}

/* Patterns whose file says less than it should. */
static bool
find_dues(struct db *db, struct dues *ret, struct err *err)
{
	sqlite3_stmt *st = db_stmt(
		db,
		"WITH first AS (SELECT pattern_id AS id, before_executions,"
		"  before_successes, before_avg_minutes,"
		"  min(before_executions) FROM execution GROUP BY 1),"
		" since AS (SELECT pattern_id AS id, count(*) AS n,"
		"  sum(status = 'success') AS good,"
		"  sum(max(duration_ms - human_wait_ms, 0)) / 60000.0"
		"  AS minutes, max(started_us + duration_ms * 1000) AS last"
		"  FROM execution GROUP BY 1)"
		" SELECT id, before_executions + n, before_successes + good,"
		"  before_avg_minutes * before_executions + minutes, last"
		" FROM first JOIN since USING (id) JOIN pattern p USING (id)"
		" WHERE p.active AND p.executions < before_executions + n"
		" ORDER BY id",
		err);
	int rc = -1;

	while (st && (rc = db_step(db, st, err)) == 1) {
		struct pattern_counts c = {
			.executions = sqlite3_column_int64(st, 1),
			.successes = sqlite3_column_int64(st, 2),
		};

		c.failures = c.executions - c.successes;
		c.avg_minutes =
			sqlite3_column_double(st, 3) / (double)c.executions;
		GROW(ret->items, ret->count, ret->cap);
		ret->items[ret->count++] =
			(struct due){ xstrdup(db_text(st, 0)), c,
				      sqlite3_column_int64(st, 4) };
	}
	return rc == 0;
}

/* The file as it should be, as an intent. */
static bool
intend(struct db *db, const struct due *d, struct err *err)
{
	AUTO(learn_intent) intent = { 0 };
	AUTO(library_row) row = { 0 };
	AUTO(pattern) p = { 0 };
	AUTO(buf) text = BUF_INIT;

	if (!library_get(db, d->id, &row, err) ||
	    !path_read(row.path, PATTERN_LIMIT, &text, err) ||
	    !pattern_parse(buf_str(&text), text.len, row.path, &p, err))
		return false;
	p.counts = d->counts;
	p.status = lifecycle_stage(&p.counts, row.status);
	if (p.last_used_us < d->last_used_us)
		p.last_used_us = d->last_used_us;
	intent.id = xstrdup(d->id);
	intent.stage = p.status;
	intent.base_path = xstrdup(row.shipped ? "" : row.path);
	if (!row.shipped)
		sha256_hex(buf_str(&text), text.len, intent.base_sha);
	return pattern_format(&p, &intent.content, err) &&
	       learn_intent_put(db, &intent, err);
}

static bool
mend(struct db *db, const struct paths *paths, const struct due *d,
     struct err *err)
{
	if (!db_begin(db, err))
		return false;
	if (!intend(db, d, err)) {
		db_rollback(db);
		return false;
	}
	return db_commit(db, err) &&
	       learn_intent_apply(db, paths, d->id, NULL, err);
}

bool
learn_mend(struct db *db, const struct paths *paths, int64_t *ret_mended,
	   struct strv *problems, struct err *err)
{
	AUTO(dues) dues = { 0 };
	int64_t mended = 0;

	if (!find_dues(db, &dues, err))
		return false;
	for (size_t i = 0; i < dues.count; i++) {
		struct err why = ERR_INIT;

		if (mend(db, paths, &dues.items[i], &why))
			mended++;
		else
			strv_add(problems, why.msg);
	}
	*ret_mended = mended;
	return true;
}
