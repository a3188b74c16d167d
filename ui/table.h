/*
 * table.h - a data file (CSV, TSV, JSON lines) as a table on screen: the
 * first rows, columns sized to their content, numbers right-aligned. Reads
 * through tool/data (dialect, header, encoding are detected there).
 * table_read is for a pool thread.
 */
#ifndef AGENTOPS_UI_TABLE_H
#define AGENTOPS_UI_TABLE_H

#include "base/err.h"
#include "ui/frame.h"

struct table {
	char **cells;        /* rows * columns, row by row; the header first */
	int rows, columns;
	int *widths;         /* columns of the screen, at most 40 each */
	bool *numeric;
	bool more;           /* the file has more rows */
};

void table_release(struct table *t);
/* At most max_rows rows. */
bool table_read(const char *path, int max_rows, struct table *ret,
		struct err *err);
struct theme;
/* From row first and column left on; the header stays on top. */
void table_view(const struct table *t, const struct theme *theme,
		struct frame *f, struct rect r, int64_t first, int left);

#endif
