/*
 * json_rows.h - one JSON object at a time, from JSON lines or from one array
 * of objects, in bounded memory.
 *
 * JSON lines: a line that is not an object is counted and skipped. An array
 * can't be resumed after a mistake, so one in it is an error.
 */
#ifndef AGENTOPS_TOOL_DATA_JSON_ROWS_H
#define AGENTOPS_TOOL_DATA_JSON_ROWS_H

#include "base/json.h"
#include "tool/data/source.h"

/* Bytes of one object; its tree may take 50 times that for a moment. */
enum { JSON_ROW_LIMIT = 1 << 20 };

struct json_rows {
	struct data_source *source; /* borrowed */
	bool array;
	struct buf row;
	const char *p, *end;    /* the rest of the chunk */
	int64_t line;           /* JSON lines: of the row; else its index */
	int64_t bad_lines, first_bad_line;
	struct err first_bad;   /* why */
	int depth;              /* array: of open braces and brackets */
	bool in_string, escaped, too_long, ended;
};

void json_rows_init(struct json_rows *r, struct data_source *source,
		    bool array);
void json_rows_release(struct json_rows *r);
/* *ret_row is an object (caller deletes) or NULL at the end. */
bool json_rows_next(struct json_rows *r, cJSON **ret_row, struct err *err);

#endif
