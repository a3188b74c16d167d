/*
 * chart_table.h - rows of a delimited or JSON-lines file, one at a time.
 *
 * Memory is one row (TABLE_ROW_LIMIT) however large the file is. What is
 * understood: delimiters , ; tab |; fields quoted by " with "" inside
 * (RFC 4180), also over line ends; LF, CRLF; a UTF-8 BOM. Bytes that are not
 * UTF-8 are read as Latin-1. A file whose first byte is { is JSON lines: one
 * object a line, its members are the fields, nested values are their JSON
 * text; the columns are the keys of the first TABLE_JSON_SAMPLE objects.
 *
 *	AUTO_PTR(table) t = table_open(path, &dialect, err);
 *	while (table_next(t, err) == 1)
 *		puts(table_field(t, 0));
 *
 * Numbers: sign, digits, one decimal mark, exponent, a final %; marks of
 * thousands (the other of . and , or a blank, each before exactly three
 * digits) are taken out.
 * Missing: empty, NA, N/A, NaN, null, None, NULL, "-", in any case.
 */
#ifndef AGENTOPS_TOOL_CHART_TABLE_H
#define AGENTOPS_TOOL_CHART_TABLE_H

#include "base/err.h"
#include "base/str.h"

enum {
	TABLE_ROW_LIMIT = 1 << 20,  /* bytes of one row */
	TABLE_COLUMN_LIMIT = 4096,
	TABLE_JSON_SAMPLE = 100,
};

/* 0: found by looking at the first 64 KiB. */
struct table_dialect {
	char delimiter;
	char decimal;   /* '.' or ',' */
	bool no_header; /* columns are then called column1, column2, ... */
};

struct table;

/* NULL with err when the file cannot be read or has no columns. */
struct table *table_open(const char *path, const struct table_dialect *d,
			 struct err *err);
void table_free(struct table *t);
DEFINE_AUTO_PTR(table);

/* The column's names; borrowed. */
const struct strv *table_columns(const struct table *t);
/* Index of the column; -1 with err ("did you mean") when there is none. */
int table_column(const struct table *t, const char *name, struct err *err);
char table_decimal(const struct table *t);

/* 1: a row was read; 0: the end; -1: err is set. Blank lines are skipped. */
int table_next(struct table *t, struct err *err);
/* Trimmed text of a field of the row; "" when the row is too short. Valid
 * until the next call of table_next. */
const char *table_field(const struct table *t, int column);
/* Back to the first row. */
bool table_rewind(struct table *t, struct err *err);

bool table_is_missing(const char *s);
bool table_number(const char *s, char decimal, double *ret);
/*
 * Seconds since 1970 UTC. With format NULL: 2024-03-01, 2024/03/01, 2024-03,
 * each with " 12:30", "T12:30:59", fractions and Z or +01:00 after it;
 * 01.03.2024 (day first); 03/01/2024 (month first, day first when the first
 * is over 12). Else a format of strptime.
 */
bool table_date(const char *s, const char *format, double *ret);

#endif
