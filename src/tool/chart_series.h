/*
 * chart_series.h - from rows of a file to the numbers that are drawn.
 *
 * The file is read twice, a row at a time: once to learn what the x column
 * is (number, date or category), how many rows there are and their range,
 * once to gather. Memory depends on what is drawn, not on the file:
 *
 *	groups (series, x) that are aggregated   CHART_CELL_LIMIT
 *	values kept for medians                  CHART_VALUE_LIMIT
 *	points drawn as they are                 CHART_POINT_LIMIT
 *
 * Over the first two it is an error that says what to do. Over the last, and
 * for lines of more than CHART_POINT_LIMIT rows, the drawing is thinned
 * (every 2nd, 4th ... row; or means of CHART_LINE_BUCKETS equal intervals)
 * and a note says so.
 *
 * A row without a usable x or y is left out and counted in `missing`.
 * A column is numbers (dates) when 95 % of its values that are not missing
 * read as such; the others then count as missing.
 */
#ifndef AGENTOPS_TOOL_CHART_SERIES_H
#define AGENTOPS_TOOL_CHART_SERIES_H

#include "tool/chart_spec.h"

enum {
	CHART_CELL_LIMIT = 200000,
	CHART_VALUE_LIMIT = 1000000,
	CHART_POINT_LIMIT = 100000,
	CHART_LINE_BUCKETS = 2000,
	CHART_SERIES_LIMIT = 8, /* of a group column, the largest */
};

/* Bars and heat maps on categories: x is the index of the category. */
struct chart_point {
	double x, y, z; /* z: heat map only */
};

struct chart_series {
	char *name;
	struct chart_point *points; /* in the order they are drawn */
	size_t count, cap;
	/* Of what is drawn: the aggregated values; without an aggregate all
	 * y, also those thinned out; for a histogram all x. */
	int64_t n;
	double min, max, mean;
};

enum chart_scale { CHART_NUMBER, CHART_TIME, CHART_CATEGORY };

struct chart_data {
	struct chart_series *series;
	size_t series_count;
	enum chart_scale x_scale, y_scale;   /* y: a heat map's rows */
	struct strv x_categories, y_categories;
	int64_t rows, missing;
	double step;            /* histogram: width of a bin; bars on numbers
				   or dates: the smallest distance */
	enum chart_aggregate aggregate; /* what was done, never AUTO */
	struct strv notes;
};

/* Blocking; for a pool thread. *ret is released by the caller. */
bool chart_data_build(const struct chart_spec *spec, struct chart_data *ret,
		      struct err *err);
void chart_data_release(struct chart_data *d);

/* A round number near v * (1 .. 2): 1, 2, 2.5 or 5 times a power of ten. */
double chart_nice(double v);

#endif
