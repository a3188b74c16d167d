/*
 * Invariants:
 * 1. row holds at most JSON_ROW_LIMIT bytes of the row being read; too_long
 *    says that there was more.
 * 2. array: depth is 0 between rows; strings are tracked only inside a row.
 *
 *	collect_line / collect_object -> parse -> row, or bad line, or error
 */
#include "tool/data/json_rows.h"

#include "base/mem.h"

#include <inttypes.h>
#include <string.h>

void
json_rows_init(struct json_rows *r, struct data_source *source, bool array)
{
	*r = (struct json_rows){ .source = source, .array = array };
}

void
json_rows_release(struct json_rows *r)
{
	buf_release(&r->row);
	*r = (struct json_rows){ 0 };
}

static bool
refill(struct json_rows *r, struct err *err)
{
	size_t len;

	if (!data_source_next(r->source, &r->p, &len, err))
		return false;
	r->end = r->p + len;
	r->ended = len == 0;
	return true;
}

static void
keep(struct json_rows *r, const char *s, size_t len)
{
	if (r->row.len + len > JSON_ROW_LIMIT)
		r->too_long = true;
	else if (!r->too_long)
		buf_add(&r->row, s, len);
}

/* One line into row; false with *ret_any unset at the end of the file. */
static bool
collect_line(struct json_rows *r, bool *ret_any, struct err *err)
{
	const char *nl = NULL;

	*ret_any = false;
	while (!nl) {
		if (r->p == r->end && !refill(r, err))
			return false;
		if (r->ended)
			break;
		*ret_any = true;
		nl = memchr(r->p, '\n', (size_t)(r->end - r->p));
		keep(r, r->p, (size_t)((nl ? nl : r->end) - r->p));
		r->p = nl ? nl + 1 : r->end;
	}
	r->line += *ret_any;
	return true;
}

/* Follows one byte of an object; true when it was its last. */
static bool
follow(struct json_rows *r, char c)
{
	if (r->in_string) {
		r->in_string = r->escaped || c != '"';
		r->escaped = !r->escaped && c == '\\';
	} else if (c == '"') {
		r->in_string = true;
	} else if (c == '{' || c == '[') {
		r->depth++;
	} else if (c == '}' || c == ']') {
		return --r->depth == 0;
	}
	return false;
}

static bool
array_error(struct json_rows *r, const char *what, struct err *err)
{
	return FAIL(err, ERR_DATA,
		    "%s: row %" PRId64 " of the JSON array %s; write one "
		    "object a line (JSON lines) to have such rows skipped",
		    r->source->name, r->line + 1, what);
}

/* Moves to the next object of the array. */
static bool
skip_between(struct json_rows *r, bool *ret_found, struct err *err)
{
	*ret_found = false;
	for (;;) {
		if (r->p == r->end && !refill(r, err))
			return false;
		if (r->ended)
			return array_error(r, "is missing: the file ends "
					      "before the array does",
					   err);
		if (*r->p == '{') {
			*ret_found = true;
			return true;
		}
		if (*r->p == ']')
			return true;
		if (!*r->p || !strchr(" \t\r\n,[", *r->p))
			return array_error(r, "is not an object", err);
		r->p++;
	}
}

static bool
collect_object(struct json_rows *r, bool *ret_any, struct err *err)
{
	const char *start;
	bool closed = false;

	if (!skip_between(r, ret_any, err) || !*ret_any)
		return *ret_any || r->p != r->end;
	while (!closed) {
		if (r->p == r->end && !refill(r, err))
			return false;
		if (r->ended)
			return array_error(r, "does not end", err);
		for (start = r->p; r->p < r->end && !closed; r->p++)
			closed = follow(r, *r->p);
		keep(r, start, (size_t)(r->p - start));
	}
	r->line++;
	return true;
}

static cJSON *
parse(struct json_rows *r, struct err *err)
{
	AUTO_JSON *v = NULL;

	if (r->too_long) {
		FAIL(err, ERR_TOOBIG, "longer than %d bytes", JSON_ROW_LIMIT);
		return NULL;
	}
	v = json_parse(buf_str(&r->row), r->row.len, "line", err);
	if (v && !cJSON_IsObject(v)) {
		FAIL(err, ERR_DATA, "not a JSON object");
		return NULL;
	}
	return TAKE(v);
}

static bool
is_blank(const struct buf *b)
{
	return strspn(buf_str(b), " \t\r") == b->len;
}

bool
json_rows_next(struct json_rows *r, cJSON **ret_row, struct err *err)
{
	struct err why = ERR_INIT;
	bool any;

	*ret_row = NULL;
	for (;;) {
		buf_reset(&r->row);
		r->too_long = false;
		if (r->array ? !collect_object(r, &any, err) :
			       !collect_line(r, &any, err))
			return false;
		if (!any)
			return true;
		if (is_blank(&r->row) && !r->too_long)
			continue;
		*ret_row = parse(r, &why);
		if (*ret_row)
			return true;
		if (r->array)
			return FAIL(err, why.code, "%s: row %" PRId64
						   " of the array: %s",
				    r->source->name, r->line, why.msg);
		if (!r->bad_lines++) {
			r->first_bad_line = r->line;
			r->first_bad = why;
		}
	}
}
