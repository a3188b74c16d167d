/*
 * csv.h - one record at a time from separated text, in bounded memory.
 *
 * RFC 4180, and tolerant of what real files have: LF, CRLF and CR line ends,
 * text after a closing quote (kept), quotes inside an unquoted field (kept),
 * NUL bytes (kept), rows of any length. Blank lines are skipped.
 *
 * A field keeps its first CSV_FIELD_KEEP bytes and a record its first
 * CSV_RECORD_KEEP; `size` tells how long the field really was. So a quote
 * that is never closed costs time, not memory.
 *
 *	struct csv_reader r;
 *	csv_init(&r, &source, ';', '"');
 *	while (csv_next(&r, &more, err) && more)
 *		use(csv_text(&r, 0), r.fields[0].len);
 *	csv_release(&r);
 */
#ifndef AGENTOPS_TOOL_DATA_CSV_H
#define AGENTOPS_TOOL_DATA_CSV_H

#include "tool/data/source.h"

enum {
	CSV_FIELD_KEEP = 64 << 10,
	CSV_RECORD_KEEP = 2 << 20,
	CSV_FIELDS_MAX = 10000,
};

struct csv_field {
	size_t at, len; /* what was kept: place in the reader's text */
	uint64_t size;  /* bytes in the file, quotes not counted */
	bool quoted;
};

struct csv_reader {
	struct data_source *source; /* borrowed */
	struct buf text;
	struct csv_field *fields;
	size_t count, cap;

	int64_t records;        /* read so far, this one included */
	int64_t blank_lines;
	int64_t stray_quotes;   /* text after a closing quote */
	int64_t cut_fields;
	int64_t cut_record;     /* the first record with a cut field */
	int64_t open_quote;     /* record whose quote never closed, or 0 */

	char quote;             /* 0: none */
	uint8_t special[256];   /* ends a run inside an unquoted field */
	const char *p, *end;    /* the rest of the chunk */
	int state;
	bool after_cr;
};

/* delimiter 0: one column. */
void csv_init(struct csv_reader *r, struct data_source *source,
	      char delimiter, char quote);
void csv_release(struct csv_reader *r);
/* *ret_more is false at the end of the file. A record of more than
 * CSV_FIELDS_MAX fields is an error. */
bool csv_next(struct csv_reader *r, bool *ret_more, struct err *err);

static inline const char *
csv_text(const struct csv_reader *r, size_t field)
{
	return buf_str(&r->text) + r->fields[field].at;
}

#endif
