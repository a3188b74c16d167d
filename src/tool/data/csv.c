/*
 * Invariants:
 * 1. Between calls the state is FIELD_START and no field is open.
 * 2. fields[count - 1] is the field being read; its kept text is the end of
 *    `text`.
 * 3. text.len <= CSV_RECORD_KEEP.
 *
 *            quote                  quote
 *  FIELD_START ----> QUOTED <---------------> QUOTE_SEEN
 *     ^  | other        ^ any other byte          | other byte
 *     |  v              |                         v
 *     | PLAIN <-----------------------------------+  (stray, kept)
 *     |  | delimiter, line end (also from QUOTE_SEEN)
 *     +--+
 */
#include "tool/data/csv.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { FIELD_START, PLAIN, QUOTED, QUOTE_SEEN };
enum { SPECIAL_DELIMITER = 1, SPECIAL_LF, SPECIAL_CR };

void
csv_init(struct csv_reader *r, struct data_source *source, char delimiter,
	 char quote)
{
	*r = (struct csv_reader){ .source = source, .quote = quote };
	r->special['\n'] = SPECIAL_LF;
	r->special['\r'] = SPECIAL_CR;
	if (delimiter)
		r->special[(unsigned char)delimiter] = SPECIAL_DELIMITER;
}

void
csv_release(struct csv_reader *r)
{
	buf_release(&r->text);
	free(r->fields);
	*r = (struct csv_reader){ 0 };
}

static bool
field_begin(struct csv_reader *r, struct err *err)
{
	if (r->count == CSV_FIELDS_MAX)
		return FAIL(err, ERR_TOOBIG,
			    "%s: row %" PRId64 " has more than %d columns; "
			    "is it really separated this way? Split the file "
			    "or turn columns into rows",
			    r->source->name ? r->source->name : "sample",
			    r->records + 1, CSV_FIELDS_MAX);
	GROW(r->fields, r->count, r->cap);
	r->fields[r->count++] = (struct csv_field){ .at = r->text.len };
	return true;
}

static void
field_add(struct csv_reader *r, const char *s, size_t len)
{
	struct csv_field *f = &r->fields[r->count - 1];
	bool was_cut = f->size > f->len;
	size_t room = CSV_FIELD_KEEP - f->len;

	if (room > CSV_RECORD_KEEP - r->text.len)
		room = CSV_RECORD_KEEP - r->text.len;
	f->size += len;
	if (len > room)
		len = room;
	if (r->text.cap - r->text.len <= len)
		buf_reserve(&r->text, len);
	memcpy(r->text.data + r->text.len, s, len);
	r->text.len += len;
	f->len += len;
	if (f->size > f->len && !was_cut) {
		r->cut_fields++;
		if (!r->cut_record)
			r->cut_record = r->records + 1;
	}
}

/* True when the line was a record, false when it was blank. */
static bool
record_end(struct csv_reader *r)
{
	r->state = FIELD_START;
	if (r->count == 1 && r->fields[0].size == 0 &&
	    !r->fields[0].quoted) {
		r->blank_lines++;
		r->count = 0;
		return false;
	}
	r->records++;
	buf_terminate(&r->text);
	return true;
}

enum outcome { GO_ON, RECORD, FAILED };

/* The special byte at p, outside quotes. */
static enum outcome
take_special(struct csv_reader *r, struct err *err)
{
	uint8_t what = r->special[(unsigned char)*r->p++];

	if (what == SPECIAL_DELIMITER) {
		r->state = FIELD_START;
		return field_begin(r, err) ? GO_ON : FAILED;
	}
	r->after_cr = what == SPECIAL_CR;
	return record_end(r) ? RECORD : GO_ON;
}

static enum outcome
take_plain(struct csv_reader *r, struct err *err)
{
	const char *p = r->p;

	while (p < r->end && !r->special[(unsigned char)*p])
		p++;
	field_add(r, r->p, (size_t)(p - r->p));
	r->p = p;
	return p < r->end ? take_special(r, err) : GO_ON;
}

static enum outcome
take_quoted(struct csv_reader *r)
{
	const char *p = memchr(r->p, r->quote, (size_t)(r->end - r->p));

	field_add(r, r->p, (size_t)((p ? p : r->end) - r->p));
	r->p = p ? p + 1 : r->end;
	if (p)
		r->state = QUOTE_SEEN;
	return GO_ON;
}

/* Takes the longest run that the state allows, at least one byte. */
static enum outcome
take_run(struct csv_reader *r, struct err *err)
{
	switch (r->state) {
	case FIELD_START:
		if (*r->p == r->quote && r->quote) {
			r->fields[r->count - 1].quoted = true;
			r->state = QUOTED;
			r->p++;
			return GO_ON;
		}
		r->state = PLAIN;
		return take_plain(r, err);
	case QUOTED:
		return take_quoted(r);
	case QUOTE_SEEN:
		if (*r->p == r->quote) {
			r->state = QUOTED;
			field_add(r, r->p++, 1);
			return GO_ON;
		}
		if (r->special[(unsigned char)*r->p])
			return take_special(r, err);
		r->stray_quotes++;
		r->state = PLAIN;
		return take_plain(r, err);
	default:
		return take_plain(r, err);
	}
}

/* What is left without a final line end is a record too. */
static bool
file_end(struct csv_reader *r)
{
	if (r->count == 0)
		return false;
	if (r->state == QUOTED)
		r->open_quote = r->records + 1;
	return record_end(r);
}

bool
csv_next(struct csv_reader *r, bool *ret_more, struct err *err)
{
	enum outcome what;
	size_t len;

	r->count = 0;
	buf_reset(&r->text);
	for (;;) {
		if (r->p == r->end) {
			if (!data_source_next(r->source, &r->p, &len, err))
				return false;
			r->end = r->p + len;
			if (len == 0) {
				*ret_more = file_end(r);
				return true;
			}
		}
		if (r->after_cr && *r->p == '\n') {
			r->after_cr = false;
			r->p++;
			continue;
		}
		r->after_cr = false;
		if (r->count == 0 && !field_begin(r, err))
			return false;
		what = take_run(r, err);
		if (what == RECORD)
			*ret_more = true;
		if (what != GO_ON)
			return what == RECORD;
	}
}
