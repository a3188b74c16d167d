#include "know/library.h"

#include "base/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* --- rows --------------------------------------------------------------- */

#define ROW_COLUMNS \
	"p.id, p.name, p.description, p.category, p.path, p.shipped," \
	" p.status, p.executions, p.successes, p.failures, p.avg_minutes," \
	" p.created_us, p.last_used_us, p.keywords, p.tags, p.tools "

void
library_row_release(struct library_row *r)
{
	free(r->id);
	free(r->name);
	free(r->description);
	free(r->category);
	free(r->path);
	strv_release(&r->keywords);
	strv_release(&r->tags);
	for (size_t i = 0; i < r->tool_count; i++)
		free(r->tools[i].name);
	free(r->tools);
	*r = (struct library_row){ 0 };
}

void
library_rows_release(struct library_rows *r)
{
	for (size_t i = 0; i < r->count; i++)
		library_row_release(&r->items[i]);
	free(r->items);
	*r = (struct library_rows){ 0 };
}

static void
split_lines(const char *text, struct strv *out)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		strv_take(out, xstrndup(text, n));
		text += n;
		text += *text == '\n';
	}
}

static void
split_tools(const char *text, struct library_row *row)
{
	AUTO(strv) list = STRV_INIT;

	split_lines(text, &list);
	for (size_t i = 0; i < list.count; i++) {
		GROW(row->tools, row->tool_count, row->tool_cap);
		row->tools[row->tool_count++] = (struct pattern_tool){
			.name = xstrdup(list.items[i] + 1),
			.required = *list.items[i] == '+',
		};
	}
}

static void
read_row(sqlite3_stmt *st, struct library_row *row)
{
	*row = (struct library_row){
		.id = xstrdup(db_text(st, 0)),
		.name = xstrdup(db_text(st, 1)),
		.description = xstrdup(db_text(st, 2)),
		.category = xstrdup(db_text(st, 3)),
		.path = xstrdup(db_text(st, 4)),
		.shipped = sqlite3_column_int(st, 5),
		.status = (enum pattern_status)sqlite3_column_int(st, 6),
		.counts = { sqlite3_column_int64(st, 7),
			    sqlite3_column_int64(st, 8),
			    sqlite3_column_int64(st, 9),
			    sqlite3_column_double(st, 10) },
		.created_us = sqlite3_column_int64(st, 11),
		.last_used_us = sqlite3_column_int64(st, 12),
	};
	split_lines(db_text(st, 13), &row->keywords);
	split_lines(db_text(st, 14), &row->tags);
	split_tools(db_text(st, 15), row);
}

/* Reads what the bound statement gives; ret is untouched on failure. */
static bool
read_rows(struct db *db, sqlite3_stmt *st, struct library_rows *ret,
	  struct err *err)
{
	AUTO(library_rows) rows = { 0 };
	int rc;

	if (!st)
		return false;
	while ((rc = db_step(db, st, err)) == 1) {
		GROW(rows.items, rows.count, rows.cap);
		read_row(st, &rows.items[rows.count++]);
	}
	if (rc < 0)
		return false;
	*ret = rows;
	rows = (struct library_rows){ 0 };
	return true;
}

/* --- words -------------------------------------------------------------- */

enum {
	WORDS_MAX = 128, /* of one query; more are ignored */
	WORD_BYTES_MAX = 200,
};

static bool
is_word_byte(char c)
{
	return isalnum((unsigned char)c) || (c & 0x80);
}

/*
 * The query for FTS5 as `"word" "word"`: only letters, digits and what is
 * not ASCII get through, so nothing in it is an operator. A word that its
 * tokenizer empties is dropped by FTS5.
 */
static void
fts_query(const char *text, enum library_words words, struct buf *out)
{
	for (int n = 0; *text && n < WORDS_MAX;) {
		size_t len = 0;

		while (is_word_byte(text[len]))
			len++;
		if (len && len <= WORD_BYTES_MAX) {
			if (n++)
				buf_addstr(out, words == LIBRARY_ANY_WORD ?
							" OR " :
							" ");
			buf_addch(out, '"');
			buf_add(out, text, len);
			buf_addch(out, '"');
		}
		text += len ? len : 1;
	}
	if (out->len && words == LIBRARY_ALL_WORDS)
		buf_addch(out, '*');
}

/* --- queries ------------------------------------------------------------ */

bool
library_search(struct db *db, const char *text, enum library_words words,
	       int limit, struct library_rows *ret, struct err *err)
{
	AUTO(buf) query = BUF_INIT;
	struct library_rows none = { 0 };

	fts_query(text, words, &query);
	if (!query.len) {
		*ret = none;
		return true;
	}
	/* The limit stands next to the rank, so that FTS5 keeps only that
	 * many; only then are the rows looked up. */
	return read_rows(db,
			 db_query(db,
				  "SELECT " ROW_COLUMNS
				  "FROM (SELECT rowid AS num, rank AS r"
				  " FROM pattern_fts WHERE pattern_fts MATCH ?"
				  " ORDER BY rank LIMIT ?) f"
				  " CROSS JOIN pattern p ON p.num = f.num"
				  " ORDER BY f.r, p.id",
				  err, "si", buf_str(&query), (int64_t)limit),
			 ret, err);
}

/* ?1 category, ?2 stages, ?3 rate, ?4 executions, ?5 order, ?6 limit */
#define FILTER \
	" (?1 IS NULL OR p.category = ?1)" \
	" AND (?2 = 0 OR ?2 & (1 << p.status))" \
	" AND p.rate >= ?3 AND p.executions >= ?4"
#define ORDER \
	" CASE WHEN ?5 = 1 THEN -p.rate END," \
	" CASE WHEN ?5 IN (1, 2) THEN -p.executions END," \
	" CASE WHEN ?5 = 3 THEN -p.last_used_us END," \
	" p.name COLLATE NOCASE, p.id LIMIT ?6"

bool
library_list(struct db *db, const struct library_filter *f,
	     struct library_rows *ret, struct err *err)
{
	static const char all[] =
		"SELECT " ROW_COLUMNS "FROM pattern p WHERE p.active AND" FILTER
		" ORDER BY " ORDER;
	static const char with_text[] =
		"SELECT " ROW_COLUMNS
		"FROM pattern_fts f CROSS JOIN pattern p ON p.num = f.rowid"
		" WHERE pattern_fts MATCH ?7 AND" FILTER
		" ORDER BY CASE WHEN ?5 = 4 THEN f.rank END," ORDER;
	AUTO(buf) query = BUF_INIT;
	struct library_rows none = { 0 };
	int64_t limit = f->limit > 0 ? f->limit : -1;

	if (!f->text)
		return read_rows(db,
				 db_query(db, all, err, "sidiii", f->category,
					  (int64_t)f->status_mask, f->min_rate,
					  f->min_executions, (int64_t)f->order,
					  limit),
				 ret, err);
	fts_query(f->text, f->words, &query);
	if (!query.len) {
		*ret = none;
		return true;
	}
	return read_rows(db,
			 db_query(db, with_text, err, "sidiiis", f->category,
				  (int64_t)f->status_mask, f->min_rate,
				  f->min_executions, (int64_t)f->order, limit,
				  buf_str(&query)),
			 ret, err);
}

/* Names ids of patterns that share words with the one asked for. */
static bool
not_found(struct db *db, const char *id, struct err *err)
{
	AUTO(library_rows) near = { 0 };
	AUTO(buf) names = BUF_INIT;

	if (!library_search(db, id, LIBRARY_ANY_WORD, 3, &near, err))
		return false;
	for (size_t i = 0; i < near.count; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", near.items[i].id);
	if (names.len)
		return FAIL(err, ERR_NOTFOUND,
			    "there is no pattern \"%.*s\"; near to it: %s",
			    PATTERN_ID_MAX, id, buf_str(&names));
	return FAIL(err, ERR_NOTFOUND,
		    "there is no pattern \"%.*s\"; `agentops patterns list` "
		    "shows all",
		    PATTERN_ID_MAX, id);
}

bool
library_get(struct db *db, const char *id, struct library_row *ret,
	    struct err *err)
{
	sqlite3_stmt *st = db_query(db,
				    "SELECT " ROW_COLUMNS
				    "FROM pattern p WHERE p.id = ? AND "
				    "p.active",
				    err, "s", id);
	int rc = st ? db_step(db, st, err) : -1;

	if (rc < 0)
		return false;
	if (rc == 0)
		return not_found(db, id, err);
	read_row(st, ret);
	sqlite3_reset(st);
	return true;
}

bool
library_open(struct db *db, const char *id, struct pattern *ret,
	     struct err *err)
{
	AUTO(library_row) row = { 0 };

	if (!library_get(db, id, &row, err) ||
	    !pattern_read(row.path, ret, err))
		return false;
	ret->status = row.status;
	return true;
}

/* --- history ------------------------------------------------------------ */

void
library_executions_release(struct library_executions *e)
{
	for (size_t i = 0; i < e->count; i++) {
		free(e->items[i].run);
		free(e->items[i].pattern_id);
		free(e->items[i].task);
		free(e->items[i].error);
	}
	free(e->items);
	*e = (struct library_executions){ 0 };
}

static void
read_execution(sqlite3_stmt *st, struct library_execution *e)
{
	*e = (struct library_execution){
		.run = xstrdup(db_text(st, 0)),
		.pattern_id = xstrdup(db_text(st, 1)),
		.task = xstrdup(db_text(st, 2)),
		.error = xstrdup(db_text(st, 3)),
		.status = EXECUTION_FAILED,
		.started_us = sqlite3_column_int64(st, 5),
		.duration_ms = sqlite3_column_int64(st, 6),
		.human_wait_ms = sqlite3_column_int64(st, 7),
		.iterations = sqlite3_column_int(st, 8),
	};
	execution_status_parse(db_text(st, 4), &e->status);
}

bool
library_history(struct db *db, const char *id, int limit,
		struct library_executions *ret, struct err *err)
{
	AUTO(library_executions) list = { 0 };
	sqlite3_stmt *st = db_query(
		db,
		"SELECT run, pattern_id, task, error, status, started_us,"
		" duration_ms, human_wait_ms, iterations FROM execution"
		" WHERE pattern_id=? ORDER BY started_us DESC, run DESC"
		" LIMIT ?",
		err, "si", id, (int64_t)limit);
	int rc;

	if (!st)
		return false;
	while ((rc = db_step(db, st, err)) == 1) {
		GROW(list.items, list.count, list.cap);
		read_execution(st, &list.items[list.count++]);
	}
	if (rc < 0)
		return false;
	*ret = list;
	list = (struct library_executions){ 0 };
	return true;
}

bool
library_tool_rate(struct db *db, const char *tool, double *ret_rate,
		  struct err *err)
{
	sqlite3_stmt *st =
		db_query(db,
			 "SELECT uses, successes FROM tool_use WHERE tool=?",
			 err, "s", tool);
	int rc = st ? db_step(db, st, err) : -1;

	if (rc < 0)
		return false;
	*ret_rate = -1;
	if (rc && sqlite3_column_int64(st, 0) > 0)
		*ret_rate = (double)sqlite3_column_int64(st, 1) /
			    (double)sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return true;
}
