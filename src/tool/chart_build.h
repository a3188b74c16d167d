/*
 * chart_build.h - what the two passes over the file (chart_series.c) hand to
 * the aggregation (chart_finish.c). Not for others.
 */
#ifndef AGENTOPS_TOOL_CHART_BUILD_H
#define AGENTOPS_TOOL_CHART_BUILD_H

#include "tool/chart_intern.h"
#include "tool/chart_series.h"

/* What the first pass learns about a column. */
struct chart_seen {
	int64_t values, numbers, dates; /* not missing; of them readable as */
	double number_min, number_max, date_min, date_max;
	double mean, m2;                /* of the numbers (Welford) */
	struct intern distinct;         /* the first SEEN_DISTINCT + 1 */
	enum chart_scale scale;
};

/* Rows that share series, x and (heat map) y. */
struct chart_cell {
	uint32_t series;
	double x, y;
	int64_t n;
	double sum, min, max;
	double *values; /* only for the median */
	size_t value_count, value_cap;
};

struct chart_build {
	const struct chart_spec *spec;
	struct table *table;
	struct chart_data *data;
	int x, group, value;        /* column index or -1 */
	int y[CHART_Y_LIMIT];
	size_t y_count;
	struct chart_seen x_seen, y_seen;
	double x_bucket;            /* line thinned to intervals this wide */
	double x_bin, y_bin;        /* heat map: numbers in bins, else 0 */
	struct intern x_names, y_names, series, cell_keys;
	struct chart_cell *cells;   /* by number in cell_keys */
	size_t cell_cap, value_total;
	int64_t stride, row;        /* unaggregated: every stride-th row */
	size_t drawn;
};

/* Turns cells into the points of data->series: aggregates, keeps the largest
 * groups and categories, sorts. */
void chart_finish_cells(struct chart_build *b);
/* Adds a value to n, min, max and mean. */
void chart_stat(struct chart_series *s, double v);

#endif
