/*
 * From cells to points. Order of work: aggregate every cell, rank and cut the
 * groups, rank and cut the categories, then fill the series in drawing order.
 */
#include "tool/chart_build.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BAR_CATEGORIES = 30, HEAT_CATEGORIES = 40, LINE_CATEGORIES = 200 };

static int
compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(struct chart_cell *c)
{
	size_t mid = c->value_count / 2;

	qsort(c->values, c->value_count, sizeof(*c->values), compare_double);
	if (c->value_count % 2)
		return c->values[mid];
	return (c->values[mid - 1] + c->values[mid]) / 2;
}

static double
cell_value(struct chart_cell *c, enum chart_aggregate a)
{
	switch (a) {
	case CHART_COUNT:
		return (double)c->n;
	case CHART_SUM:
		return c->sum;
	case CHART_MIN:
		return c->min;
	case CHART_MAX:
		return c->max;
	case CHART_MEDIAN:
		return median(c);
	case CHART_AUTO:
	case CHART_NONE:
	case CHART_MEAN:
		break;
	}
	return c->sum / (double)c->n;
}

/* --- ranking: which of many categories or groups stay ------------------- */

struct rank {
	double weight;     /* larger comes first */
	const char *label; /* or this decides, when not NULL */
	size_t index;      /* ties: the order in the file */
};

static int
compare_rank(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;
	int by_label = x->label && y->label ? strcmp(x->label, y->label) : 0;

	if (by_label)
		return by_label;
	if (x->weight != y->weight)
		return x->weight < y->weight ? 1 : -1;
	return (x->index > y->index) - (x->index < y->index);
}

/* new_index[old] for the kept, -1 for the others. Caller frees. */
static int64_t *
positions(const struct rank *ranks, size_t count, size_t keep)
{
	int64_t *p = xmalloc(count * sizeof(*p));

	for (size_t i = 0; i < count; i++)
		p[ranks[i].index] = i < keep ? (int64_t)i : -1;
	return p;
}

/* --- groups ------------------------------------------------------------- */

/* Keeps the CHART_SERIES_LIMIT series with most rows, in the order of the
 * file; returns the new number of each series, -1 for those left out. */
static int64_t *
cut_series(struct chart_build *b, const int64_t *rows)
{
	struct chart_data *d = b->data;
	size_t count = d->series_count, kept = 0;
	AUTO_FREE struct rank *ranks = xcalloc(count, sizeof(*ranks));
	int64_t *at;

	for (size_t i = 0; i < count; i++)
		ranks[i] = (struct rank){ (double)rows[i], NULL, i };
	qsort(ranks, count, sizeof(*ranks), compare_rank);
	at = positions(ranks, count, CHART_SERIES_LIMIT);
	for (size_t i = 0; i < count; i++) {
		if (at[i] < 0) {
			free(d->series[i].name);
			free(d->series[i].points);
			continue;
		}
		at[i] = (int64_t)kept;
		d->series[kept++] = d->series[i];
	}
	if (kept < count)
		strv_addf(&d->notes, "The %zu largest groups of %zu are "
			  "drawn.", kept, count);
	d->series_count = kept;
	return at;
}

static int64_t *
rows_by_series(const struct chart_build *b)
{
	int64_t *rows = xcalloc(b->data->series_count + 1, sizeof(*rows));

	for (size_t i = 0; i < b->data->series_count; i++)
		rows[i] = b->data->series[i].n;
	if (b->spec->kind == CHART_HISTOGRAM)
		return rows;
	for (size_t i = 0; i < b->cell_keys.count; i++)
		rows[b->cells[i].series] += b->cells[i].n;
	return rows;
}

/* --- categories --------------------------------------------------------- */

static size_t
category_limit(const struct chart_spec *s)
{
	static const size_t limits[] = {
		[CHART_LINE] = LINE_CATEGORIES, [CHART_BAR] = BAR_CATEGORIES,
		[CHART_SCATTER] = BAR_CATEGORIES,
		[CHART_HISTOGRAM] = BAR_CATEGORIES,
		[CHART_HEATMAP] = HEAT_CATEGORIES,
	};

	return s->limit > 0 ? (size_t)s->limit : limits[s->kind];
}

static enum chart_sort
effective_sort(const struct chart_spec *s)
{
	if (s->sort != CHART_SORT_AUTO)
		return s->sort;
	return s->kind == CHART_BAR ? CHART_SORT_VALUE_DESC : CHART_SORT_DATA;
}

/* Orders the kept ones for drawing: ranks[0 .. kept) by weight so far. */
static void
order(struct rank *ranks, size_t kept, const struct intern *names,
      enum chart_sort sort)
{
	for (size_t i = 0; i < kept; i++) {
		if (sort == CHART_SORT_DATA)
			ranks[i].weight = 0;
		else if (sort == CHART_SORT_VALUE)
			ranks[i].weight = -ranks[i].weight;
		else if (sort == CHART_SORT_LABEL)
			ranks[i].label = names->keys[ranks[i].index].bytes;
	}
	qsort(ranks, kept, sizeof(*ranks), compare_rank);
}

/*
 * Cuts and orders the categories of one axis. weights[i]: the sum of the
 * absolute values that category i shows. Returns the new index of each.
 */
static int64_t *
cut_categories(struct chart_build *b, const struct intern *names,
	       const double *weights, struct strv *ret_names)
{
	size_t count = names->count, limit = category_limit(b->spec);
	size_t kept = count < limit ? count : limit;
	AUTO_FREE struct rank *ranks = xcalloc(count + 1, sizeof(*ranks));

	for (size_t i = 0; i < count; i++)
		ranks[i] = (struct rank){ weights[i], NULL, i };
	qsort(ranks, count, sizeof(*ranks), compare_rank);
	order(ranks, kept, names, effective_sort(b->spec));
	for (size_t i = 0; i < kept; i++)
		strv_add(ret_names, names->keys[ranks[i].index].bytes);
	if (kept < count)
		strv_addf(&b->data->notes, "The %zu largest categories of %zu "
			  "are drawn.", kept, count);
	return positions(ranks, count, kept);
}

/* A number or a day as the label of a heat map's column or row. */
static void
name_value(struct buf *out, double v, enum chart_scale scale)
{
	time_t t = (time_t)v;
	char text[32];
	struct tm tm;

	if (scale != CHART_TIME) {
		buf_printf(out, "%.10g", v);
		return;
	}
	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d", &tm);
	buf_addstr(out, text);
}

/*
 * Heat map: numbers and times become categories in their own order. The cells
 * then hold indexes, as for a text column.
 */
static void
index_axis(struct chart_build *b, bool is_y, enum chart_scale scale)
{
	size_t count = b->cell_keys.count, distinct = 0;
	AUTO_FREE double *v = xcalloc(count + 1, sizeof(*v));
	struct intern *names = is_y ? &b->y_names : &b->x_names;

	for (size_t i = 0; i < count; i++)
		v[i] = is_y ? b->cells[i].y : b->cells[i].x;
	qsort(v, count, sizeof(*v), compare_double);
	for (size_t i = 0; i < count; i++)
		if (distinct == 0 || v[i] != v[distinct - 1])
			v[distinct++] = v[i];
	for (size_t i = 0; i < distinct; i++) {
		AUTO(buf) label = BUF_INIT;

		name_value(&label, v[i], scale);
		intern_add(names, buf_str(&label), label.len);
	}
	for (size_t i = 0; i < count; i++) {
		double *at = is_y ? &b->cells[i].y : &b->cells[i].x;
		const double *hit = bsearch(at, v, distinct, sizeof(*v),
					    compare_double);

		*at = (double)(hit - v);
	}
}

/* Which categories an axis keeps; NULL when it has none. */
static int64_t *
axis_positions(struct chart_build *b, bool is_y, struct strv *ret_names)
{
	const struct intern *names = is_y ? &b->y_names : &b->x_names;
	AUTO_FREE double *weights = NULL;

	if (names->count == 0)
		return NULL;
	weights = xcalloc(names->count, sizeof(*weights));
	for (size_t i = 0; i < b->cell_keys.count; i++) {
		struct chart_cell *c = &b->cells[i];
		double at = is_y ? c->y : c->x;

		weights[(size_t)at] +=
			fabs(cell_value(c, b->data->aggregate));
	}
	return cut_categories(b, names, weights, ret_names);
}

/* --- points ------------------------------------------------------------- */

static int
compare_point(const void *a, const void *b)
{
	const struct chart_point *p = a, *q = b;

	if (p->x != q->x)
		return p->x < q->x ? -1 : 1;
	return (p->y > q->y) - (p->y < q->y);
}

static void
sort_points(struct chart_data *d)
{
	for (size_t i = 0; i < d->series_count; i++)
		qsort(d->series[i].points, d->series[i].count,
		      sizeof(*d->series[i].points), compare_point);
}

static void
fill(struct chart_build *b, const int64_t *series, const int64_t *x_at,
     const int64_t *y_at)
{
	bool heat = b->spec->kind == CHART_HEATMAP;
	bool histogram = b->spec->kind == CHART_HISTOGRAM;

	for (size_t i = 0; i < b->cell_keys.count; i++) {
		struct chart_cell *c = &b->cells[i];
		double v = cell_value(c, b->data->aggregate);
		double x = x_at ? (double)x_at[(size_t)c->x] : c->x;
		double y = y_at ? (double)y_at[(size_t)c->y] : c->y;
		struct chart_series *s;

		if (series[c->series] < 0 || (x_at && x < 0) ||
		    (y_at && y < 0))
			continue;
		s = &b->data->series[series[c->series]];
		GROW(s->points, s->count, s->cap);
		if (histogram)
			x = (c->x + 0.5) * b->data->step;
		s->points[s->count++] = (struct chart_point){
			x, heat ? y : v, heat ? v : 0 };
		if (!histogram)
			chart_stat(s, v);
	}
}

/* Bars on a number or time axis: the smallest distance between two. */
static void
measure_step(struct chart_build *b)
{
	struct chart_data *d = b->data;
	double step = INFINITY;

	if (b->spec->kind != CHART_BAR)
		return;
	for (size_t i = 0; i < d->series_count; i++) {
		const struct chart_series *s = &d->series[i];

		for (size_t k = 1; k < s->count; k++)
			if (s->points[k].x - s->points[k - 1].x < step)
				step = s->points[k].x - s->points[k - 1].x;
	}
	d->step = isfinite(step) && step > 0 ? step : 1;
	if (!isfinite(step) && d->x_scale == CHART_TIME)
		d->step = 86400;
}

static bool
all_single(const struct chart_build *b)
{
	for (size_t i = 0; i < b->cell_keys.count; i++)
		if (b->cells[i].n != 1)
			return false;
	return true;
}

void
chart_finish_cells(struct chart_build *b)
{
	struct chart_data *d = b->data;
	AUTO_FREE int64_t *rows = rows_by_series(b);
	AUTO_FREE int64_t *series = cut_series(b, rows);
	AUTO_FREE int64_t *x_at = NULL, *y_at = NULL;

	if (b->spec->kind == CHART_HEATMAP) {
		if (d->x_scale != CHART_CATEGORY)
			index_axis(b, false, d->x_scale);
		if (d->y_scale != CHART_CATEGORY)
			index_axis(b, true, d->y_scale);
	}
	if (d->aggregate == CHART_NONE) {
		for (size_t i = 0; i < b->x_names.count; i++)
			strv_add(&d->x_categories, b->x_names.keys[i].bytes);
	} else {
		x_at = axis_positions(b, false, &d->x_categories);
		y_at = axis_positions(b, true, &d->y_categories);
	}
	fill(b, series, x_at, y_at);
	sort_points(d);
	measure_step(b);
	if (d->aggregate == CHART_MEAN && b->x_bucket == 0 && all_single(b))
		d->aggregate = CHART_NONE;
}
