/*
 * Invariants:
 * 1. Every column was given one value for each row (missing ones too) when a
 *    pass ends.
 * 2. A pass begins with an empty profile: no columns, no rows, no warnings.
 *
 *	open -> sniff -> pass -> (decimal mark was wrong -> pass) -> warnings
 */
#include "tool/data/profile.h"

#include "base/json.h"
#include "base/path.h"
#include "tool/data/csv.h"
#include "tool/data/json_rows.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How deep nested JSON objects become columns "a.b.c". */
enum { NESTING_MAX = 4, CANCEL_ROWS = 1024 };

/* A name's place among the columns; the tree of them finds JSON keys. */
struct place {
	char *name;
	size_t index;
	int64_t row; /* the last one that had a value, from 1 */
};

struct pass {
	const struct data_profile_options *o;
	struct data_profile *p;
	struct data_source source;
	/* CSV: column of each field, SIZE_MAX for those not wanted. */
	size_t *columns;
	size_t width;
	int64_t short_rows, long_rows, first_ragged;
	/* JSON */
	void *places; /* tsearch tree of struct place */
	struct buf key, number;
};

static void
place_free(void *ud)
{
	struct place *place = ud;

	free(place->name);
	free(place);
}

static void
pass_release(struct pass *t)
{
	data_source_release(&t->source);
	free(t->columns);
	tdestroy(t->places, place_free);
	buf_release(&t->key);
	buf_release(&t->number);
}

void
data_profile_release(struct data_profile *p)
{
	for (size_t i = 0; i < p->count; i++)
		data_column_release(&p->columns[i]);
	free(p->columns);
	free(p->path);
	strv_release(&p->warnings);
	*p = (struct data_profile){ 0 };
}

static void
warn(struct data_profile *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void
warn(struct data_profile *p, const char *fmt, ...)
{
	va_list ap;

	if (p->warnings.count == DATA_WARNINGS_MAX) {
		p->warnings_left_out++;
		return;
	}
	va_start(ap, fmt);
	strv_take(&p->warnings, xvasprintf(fmt, ap));
	va_end(ap);
}

static bool
is_wanted(const struct data_profile_options *o, const char *name)
{
	for (size_t i = 0; i < o->column_count; i++)
		if (str_eq(o->columns[i], name))
			return true;
	return o->column_count == 0;
}

/* Takes name. */
static size_t
add_column(struct data_profile *p, char *name)
{
	GROW(p->columns, p->count, p->cap);
	data_column_init(&p->columns[p->count], name,
			 data_column_sizes(p->count));
	return p->count++;
}

static bool
check_go_on(const struct pass *t, bool *ret_stop, struct err *err)
{
	struct data_profile *p = t->p;

	*ret_stop = t->o->max_rows > 0 && p->rows >= t->o->max_rows;
	p->truncated |= *ret_stop;
	if (p->rows % CANCEL_ROWS == 0 && t->o->cancel &&
	    atomic_load_explicit(t->o->cancel, memory_order_relaxed))
		return FAIL(err, ERR_CANCELLED, "%s: profile cancelled",
			    p->path);
	return true;
}

/* ----- separated text ------------------------------------------------- */

static char *
field_name(const struct csv_reader *r, size_t i, const struct data_sniff *sn)
{
	AUTO_FREE char *name = NULL;
	AUTO(buf) text = BUF_INIT;
	char *trimmed;

	if (!sn->header)
		return xasprintf("column %zu", i + 1);
	/* Names are needed before the encoding is certain: one that is no
	 * UTF-8 is taken as Windows-1252, of which Latin-1 is a part. */
	data_text_add(&text,
		      utf8_valid(csv_text(r, i), r->fields[i].len) ?
			      DATA_UTF8 :
			      DATA_CP1252,
		      csv_text(r, i), r->fields[i].len);
	if (text.len > DATA_NAME_MAX)
		buf_truncate(&text, DATA_NAME_MAX);
	name = buf_steal(&text);
	trimmed = str_trim(name);
	return *trimmed ? xstrdup(trimmed) : xasprintf("column %zu", i + 1);
}

static int
compare_places(const void *a, const void *b)
{
	return strcmp(((const struct place *)a)->name,
		      ((const struct place *)b)->name);
}

/* Makes the name different from those before it: "x", "x.1", as pandas. */
static char *
unique_name(struct pass *t, char *name)
{
	struct place probe = { .name = name }, *place;
	struct place **hit = tfind(&probe, &t->places, compare_places);
	char *unique = xstrdup(name);

	while (tfind(&(struct place){ .name = unique }, &t->places,
		     compare_places)) {
		free(unique);
		unique = xasprintf("%s.%" PRId64, name, ++(*hit)->row);
	}
	if (hit)
		warn(t->p,
			  "column name \"%s\" occurs again: called \"%s\"",
			  name, unique);
	place = xcalloc(1, sizeof(*place));
	place->name = xstrdup(unique);
	tsearch(place, &t->places, compare_places);
	free(name);
	return unique;
}

/* Every wanted column must be there; names are all of the file's. */
static bool
check_columns(const struct data_profile *p,
	      const struct data_profile_options *o, const struct strv *names,
	      struct err *err)
{
	for (size_t i = 0; i < o->column_count; i++) {
		const char *nearest;

		if (strv_has(names, o->columns[i]))
			continue;
		nearest = str_nearest(o->columns[i],
				      (const char *const *)names->items,
				      names->count);
		return FAIL(err, ERR_DATA,
			    "%s has no column \"%.200s\"%s%.200s%s; profile it "
			    "without \"columns\" to see their names",
			    p->path, o->columns[i],
			    nearest ? "; did you mean \"" : "",
			    nearest ? nearest : "", nearest ? "\"" : "");
	}
	return true;
}

static bool
begin_table(struct pass *t, const struct csv_reader *r, struct err *err)
{
	AUTO(strv) names = STRV_INIT;

	t->width = r->count;
	t->columns = xcalloc(r->count, sizeof(*t->columns));
	for (size_t i = 0; i < r->count; i++) {
		char *name = unique_name(t, field_name(r, i, &t->p->sniff));

		strv_add(&names, name);
		t->columns[i] = SIZE_MAX;
		if (is_wanted(t->o, name))
			t->columns[i] = add_column(t->p, name);
		else
			free(name);
	}
	return check_columns(t->p, t->o, &names, err);
}

static void
count_ragged(struct pass *t, const struct csv_reader *r)
{
	if (r->count == t->width)
		return;
	t->short_rows += r->count < t->width;
	t->long_rows += r->count > t->width;
	if (!t->p->ragged_rows++)
		t->first_ragged = r->records;
}

static void
add_row(struct pass *t, const struct csv_reader *r)
{
	char decimal = t->p->sniff.decimal;

	t->p->rows++;
	count_ragged(t, r);
	for (size_t i = 0; i < t->width; i++) {
		struct data_column *c;

		if (t->columns[i] == SIZE_MAX)
			continue;
		c = &t->p->columns[t->columns[i]];
		if (i < r->count)
			data_column_add(c, csv_text(r, i), r->fields[i].len,
					r->fields[i].size, decimal);
		else
			data_column_add(c, "", 0, 0, decimal);
	}
}

static void
warn_table(struct pass *t, const struct csv_reader *r)
{
	struct data_profile *p = t->p;

	if (t->p->ragged_rows)
		warn(p,
			  "%" PRId64 " rows have fewer and %" PRId64
			  " more than %zu fields (first: record %" PRId64
			  "); missing ones count as missing, others are "
			  "left out",
			  t->short_rows, t->long_rows, t->width,
			  t->first_ragged);
	if (r->open_quote)
		warn(p,
			  "the quote opened in record %" PRId64
			  " is never closed: the rest of the file is one "
			  "field",
			  r->open_quote);
	if (r->stray_quotes)
		warn(p, "%" PRId64 " fields have text after a closing "
			     "quote; it was kept",
			  r->stray_quotes);
	if (r->cut_fields)
		warn(p,
			  "%" PRId64 " fields are very long (first in record "
			  "%" PRId64 "): only their first bytes were "
			  "compared",
			  r->cut_fields, r->cut_record);
	if (r->blank_lines && t->width > 1)
		warn(p, "%" PRId64 " blank lines skipped",
			  r->blank_lines);
	if (t->p->sniff.header_guessed)
		warn(p, "every column is text, so that the first row is "
			    "a header is a guess");
}

static bool
read_table(struct pass *t, struct csv_reader *r, struct err *err)
{
	struct data_sniff *sn = &t->p->sniff;
	bool more, stop;

	if (sn->separator_line && !csv_next(r, &more, err))
		return false;
	if (!csv_next(r, &more, err))
		return false;
	if (!more)
		return true;
	if (!begin_table(t, r, err))
		return false;
	if (!sn->header)
		add_row(t, r);
	for (;;) {
		if (!check_go_on(t, &stop, err))
			return false;
		if (!csv_next(r, &more, err))
			return false;
		if (!more)
			t->p->truncated = false;
		if (!more || stop)
			return true;
		add_row(t, r);
	}
}

static bool
pass_table(struct pass *t, struct err *err)
{
	struct data_sniff *sn = &t->p->sniff;
	struct csv_reader r;
	bool ok;

	csv_init(&r, &t->source, sn->delimiter, sn->quote);
	ok = read_table(t, &r, err);
	if (ok)
		warn_table(t, &r);
	csv_release(&r);
	return ok;
}

/* ----- JSON ----------------------------------------------------------- */

/* The column of a key seen for the first time missed all rows before. */
static bool
new_place(struct pass *t, const char *key, struct place **ret,
	  struct err *err)
{
	struct place *place;

	if (t->p->count == CSV_FIELDS_MAX)
		return FAIL(err, ERR_TOOBIG,
			    "%s: row %" PRId64 " brings the %dth different "
			    "key; name the ones you need with \"columns\"",
			    t->p->path, t->p->rows, CSV_FIELDS_MAX + 1);
	place = xcalloc(1, sizeof(*place));
	place->name = xstrdup(key);
	place->index = add_column(t->p, xstrdup(key));
	t->p->columns[place->index].seen = t->p->rows - 1;
	t->p->columns[place->index].kinds[DATA_MISSING] = t->p->rows - 1;
	tsearch(place, &t->places, compare_places);
	*ret = place;
	return true;
}

static void
add_json_value(struct pass *t, struct data_column *c, const cJSON *v)
{
	const char *s = "";

	buf_reset(&t->number);
	if (cJSON_IsString(v)) {
		s = v->valuestring;
	} else if (cJSON_IsBool(v)) {
		s = cJSON_IsTrue(v) ? "true" : "false";
	} else if (cJSON_IsNumber(v)) {
		json_add_num(&t->number, v->valuedouble);
		s = buf_str(&t->number);
	} else if (!cJSON_IsNull(v)) {
		AUTO_FREE char *text = json_print(v);

		buf_addstr(&t->number, text);
		s = buf_str(&t->number);
	}
	data_column_add(c, s, strlen(s), strlen(s), '.');
}

static bool add_json_members(struct pass *t, const cJSON *object, int depth,
			     struct err *err);

/* t->key names the value. */
static bool
add_json_member(struct pass *t, const cJSON *v, int depth, struct err *err)
{
	struct place probe = { .name = t->key.data }, *place, **hit;

	if (cJSON_IsObject(v) && v->child && depth < NESTING_MAX)
		return add_json_members(t, v, depth + 1, err);
	if (!is_wanted(t->o, buf_str(&t->key)))
		return true;
	hit = tfind(&probe, &t->places, compare_places);
	place = hit ? *hit : NULL;
	if (!place && !new_place(t, buf_str(&t->key), &place, err))
		return false;
	if (place->row == t->p->rows)
		return true;
	place->row = t->p->rows;
	add_json_value(t, &t->p->columns[place->index], v);
	return true;
}

static bool
add_json_members(struct pass *t, const cJSON *object, int depth,
		 struct err *err)
{
	size_t len = t->key.len;
	const cJSON *v;

	cJSON_ArrayForEach(v, object) {
		buf_truncate(&t->key, len);
		if (len)
			buf_addch(&t->key, '.');
		buf_addstr(&t->key, *v->string ? v->string : "\"\"");
		if (t->key.len > DATA_NAME_MAX)
			buf_truncate(&t->key, DATA_NAME_MAX);
		if (!add_json_member(t, v, depth, err))
			return false;
	}
	return true;
}

static void
fill_missing(struct data_profile *p)
{
	for (size_t i = 0; i < p->count; i++) {
		int64_t lacking = p->rows - p->columns[i].seen;

		p->columns[i].seen += lacking;
		p->columns[i].kinds[DATA_MISSING] += lacking;
	}
}

static bool
read_json(struct pass *t, struct json_rows *r, struct err *err)
{
	cJSON *next;
	bool stop, ok;

	for (;;) {
		if (!check_go_on(t, &stop, err))
			return false;
		if (!json_rows_next(r, &next, err))
			return false;
		if (!next)
			t->p->truncated = false;
		if (next && !stop) {
			t->p->rows++;
			buf_reset(&t->key);
			ok = add_json_members(t, next, 0, err);
			cJSON_Delete(next);
			if (!ok)
				return false;
			continue;
		}
		cJSON_Delete(next);
		return true;
	}
}

static bool
check_json(struct pass *t, const struct json_rows *r, struct err *err)
{
	if (r->bad_lines > t->p->rows)
		return FAIL(err, ERR_DATA,
			    "%s: %" PRId64 " of %" PRId64
			    " lines are not JSON objects (line %" PRId64
			    ": %s); JSON lines need one object a line",
			    t->p->path, r->bad_lines,
			    r->bad_lines + t->p->rows, r->first_bad_line,
			    r->first_bad.msg);
	if (r->bad_lines)
		warn(t->p,
			  "%" PRId64 " lines are not JSON objects and were "
			  "skipped (line %" PRId64 ": %s)",
			  r->bad_lines, r->first_bad_line, r->first_bad.msg);
	return true;
}

/* A key may come with any row, so only the end tells that one is missing. */
static bool
check_keys(struct pass *t, struct err *err)
{
	AUTO(strv) names = STRV_INIT;

	for (size_t i = 0; i < t->p->count; i++)
		strv_add(&names, t->p->columns[i].name);
	return check_columns(t->p, t->o, &names, err);
}

static bool
pass_json(struct pass *t, struct err *err)
{
	struct json_rows r;
	bool ok;

	json_rows_init(&r, &t->source, t->p->sniff.format == DATA_JSON);
	ok = read_json(t, &r, err) && check_json(t, &r, err) &&
	     check_keys(t, err);
	json_rows_release(&r);
	fill_missing(t->p);
	return ok;
}

/* ----- the whole file ------------------------------------------------- */

static void
empty_profile(struct data_profile *p)
{
	for (size_t i = 0; i < p->count; i++)
		data_column_release(&p->columns[i]);
	p->count = 0;
	p->rows = p->ragged_rows = 0;
	p->truncated = false;
	p->warnings_left_out = 0;
	strv_release(&p->warnings);
}

static void
warn_text(struct pass *t)
{
	struct data_profile *p = t->p;
	const struct data_text_stats *st = &t->source.stats;

	p->bytes = st->bytes + p->sniff.bom_bytes;
	p->sniff.encoding = data_text_encoding(st, p->sniff.encoding);
	if (p->sniff.empty)
		warn(p, "the file is empty");
	if (st->nul_bytes)
		warn(p, "%" PRId64 " NUL bytes in the text",
			  st->nul_bytes);
	if (st->invalid && p->sniff.encoding != DATA_LATIN1 &&
	    p->sniff.encoding != DATA_CP1252)
		warn(p,
			  "%" PRId64 " places are not valid %s", st->invalid,
			  data_encoding_name(p->sniff.encoding));
}

static bool
run_pass(int fd, const struct data_profile_options *o,
	 struct data_profile *p, struct err *err)
{
	struct pass t = { .o = o, .p = p };
	bool json = p->sniff.format == DATA_JSONL ||
		    p->sniff.format == DATA_JSON;
	bool ok;

	empty_profile(p);
	if (lseek(fd, p->sniff.bom_bytes, SEEK_SET) < 0)
		return err_errno(err, errno, "%s", p->path);
	data_source_open(&t.source, fd, p->path, p->sniff.encoding);
	ok = json ? pass_json(&t, err) : pass_table(&t, err);
	if (ok)
		warn_text(&t);
	pass_release(&t);
	return ok;
}

/* More cells are numbers only with the other decimal mark than only with
 * the one that was taken. */
static bool
is_mark_wrong(const struct data_profile *p)
{
	int64_t sure = 0, other = 0;

	for (size_t i = 0; i < p->count; i++) {
		const int64_t *flags = p->columns[i].flags;

		sure += flags[__builtin_ctz(DATA_DECIMAL_SURE)];
		other += flags[__builtin_ctz(DATA_DECIMAL_OTHER)];
	}
	return other > sure;
}

/* How ambiguous dates are read: as the columns that are not ambiguous; else
 * day first, unless nothing speaks against an American file. */
static bool
is_month_first(const struct data_profile *p)
{
	int order = 0;

	for (size_t i = 0; i < p->count; i++)
		order += data_column_date_order(&p->columns[i]);
	if (order)
		return order > 0;
	return p->sniff.decimal == '.' && p->sniff.delimiter != ';';
}

static void
warn_columns(struct data_profile *p)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct data_column *c = &p->columns[i];
		struct data_verdict v =
			data_column_verdict(c, p->month_first);

		if (v.ambiguous)
			warn(p,
				  "column \"%s\": day and month can't be told "
				  "apart; read as %s first",
				  c->name, v.month_first ? "month" : "day");
		if (v.others && v.type != DATA_TYPE_TEXT)
			warn(p,
				  "column \"%s\": %.1f %% %ss, %" PRId64
				  " values are not",
				  c->name,
				  100 - 100.0 * (double)v.others /
						(double)v.values,
				  data_type_name(v.type), v.others);
	}
}

static bool
profile(int fd, const struct data_profile_options *o, struct data_profile *p,
	struct err *err)
{
	if (!data_sniff(fd, p->path, &p->sniff, err) ||
	    !run_pass(fd, o, p, err))
		return false;
	if (is_mark_wrong(p)) {
		p->sniff.decimal = p->sniff.decimal == '.' ? ',' : '.';
		if (!run_pass(fd, o, p, err))
			return false;
	}
	p->month_first = is_month_first(p);
	warn_columns(p);
	if (p->warnings_left_out)
		strv_addf(&p->warnings, "and %" PRId64 " more",
			  p->warnings_left_out);
	return true;
}

bool
data_profile_fd(int fd, const char *path,
		const struct data_profile_options *o,
		struct data_profile *ret, struct err *err)
{
	struct data_profile p = { 0 };
	struct stat st;

	if (fstat(fd, &st))
		return err_errno(err, errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return FAIL(err, ERR_DATA,
			    "%s is not a regular file; name a CSV, TSV or "
			    "JSON file",
			    path);
	p.path = xstrdup(path);
	if (!profile(fd, o, &p, err)) {
		data_profile_release(&p);
		return false;
	}
	*ret = p;
	return true;
}

bool
data_profile_file(const char *path, const struct data_profile_options *o,
		  struct data_profile *ret, struct err *err)
{
	/* O_NONBLOCK: a FIFO without a writer must not hang the open. */
	AUTO_FD fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(err, errno, "%s", path);
	return data_profile_fd(fd, path, o, ret, err);
}
