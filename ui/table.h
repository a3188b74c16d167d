/*
 * table.h - a data file (CSV, TSV, JSON, JSON lines) as a table on screen:
 * the first rows, columns sized to their content, numbers right-aligned.
 * Reads through tool/data (dialect, header, encoding are detected there).
 * table_read is for a pool thread.
 *
 * A row that is short is filled with empty cells; JSON objects and lists in
 * a cell stand as JSON. Lines that are no JSON object are left out.
 */
#ifndef AGENTOPS_UI_TABLE_H
#define AGENTOPS_UI_TABLE_H

#include "base/err.h"
#include "ui/frame.h"

/* What is kept and drawn at most: bytes of a cell (what is cut ends in "…"),
 * columns of the screen, columns of the table. */
enum { TABLE_CELL_BYTES = 200, TABLE_WIDTH = 40, TABLE_COLUMNS = 1000 };

struct table {
	char **cells;        /* rows * columns, row by row; the header first;
				UTF-8 without NUL, else anything */
	int rows, columns;   /* rows: the header too; 0: an empty file */
	int *widths;         /* columns of the screen */
	bool *numeric;       /* of each column: numbers and nothing else */
	bool more;           /* the file has more rows */
	bool more_columns;
};

void table_release(struct table *t);
/* At most max_rows rows below the header. */
bool table_read(const char *path, int max_rows, struct table *ret,
		struct err *err);
struct theme;
/* From row first (0: the one below the header) and column left on; the header
 * stays on top. After the last row a line says when the file has more. */
void table_view(const struct table *t, const struct theme *theme,
		struct frame *f, struct rect r, int64_t first, int left);

#endif
