/*
 * Invariants
 *  1. Pass 1 (scan) changes only x_seen, y_seen and data->rows; pass 2
 *     (gather) reads the same rows in the same order.
 *  2. Series numbers are dense and given in the order of first sight;
 *     data->series has one element for each.
 */
#include "tool/chart_build.h"

#include "base/path.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	SEEN_DISTINCT = 30,  /* more numbers than this are put into bins */
	HEAT_BINS = 20,
	SERIES_SEEN_LIMIT = 5000,
	BINS_MIN = 5, BINS_MAX = 60,
};

void
chart_data_release(struct chart_data *d)
{
	for (size_t i = 0; i < d->series_count; i++) {
		free(d->series[i].name);
		free(d->series[i].points);
	}
	free(d->series);
	strv_release(&d->x_categories);
	strv_release(&d->y_categories);
	strv_release(&d->notes);
	*d = (struct chart_data){ 0 };
}

static void
chart_build_release(struct chart_build *b)
{
	for (size_t i = 0; b->cells && i < b->cell_keys.count; i++)
		free(b->cells[i].values);
	free(b->cells);
	intern_release(&b->x_seen.distinct);
	intern_release(&b->y_seen.distinct);
	intern_release(&b->x_names);
	intern_release(&b->y_names);
	intern_release(&b->series);
	intern_release(&b->cell_keys);
	table_free(b->table);
}

double
chart_nice(double v)
{
	static const double steps[] = { 1, 2, 2.5, 5, 10 };
	double power;

	if (!(v > 0) || !isfinite(v))
		return 1;
	power = pow(10, floor(log10(v)));
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		if (steps[i] * power >= v * (1 - 1e-9))
			return steps[i] * power;
	return 10 * power;
}

void
chart_stat(struct chart_series *s, double v)
{
	s->n++;
	s->mean += (v - s->mean) / (double)s->n;
	s->min = s->n == 1 || v < s->min ? v : s->min;
	s->max = s->n == 1 || v > s->max ? v : s->max;
}

/* --- pass 1 ------------------------------------------------------------- */

static void
see(struct chart_seen *seen, const char *s, char decimal, const char *format)
{
	double v;

	if (table_is_missing(s))
		return;
	seen->values++;
	if (seen->distinct.count <= SEEN_DISTINCT)
		intern_add(&seen->distinct, s, strlen(s));
	if (table_number(s, decimal, &v)) {
		double delta = v - seen->mean;
		bool first = seen->numbers++ == 0;

		seen->mean += delta / (double)seen->numbers;
		seen->m2 += delta * (v - seen->mean);
		if (first || v < seen->number_min)
			seen->number_min = v;
		if (first || v > seen->number_max)
			seen->number_max = v;
	}
	if (table_date(s, format, &v)) {
		bool first = seen->dates++ == 0;

		if (first || v < seen->date_min)
			seen->date_min = v;
		if (first || v > seen->date_max)
			seen->date_max = v;
	}
}

static enum chart_scale
scale_of(const struct chart_seen *s)
{
	double enough = 0.95 * (double)s->values;

	if (s->values == 0)
		return CHART_CATEGORY;
	if ((double)s->dates >= enough)
		return CHART_TIME;
	return (double)s->numbers >= enough ? CHART_NUMBER : CHART_CATEGORY;
}

static bool
scan(struct chart_build *b, struct err *err)
{
	char decimal = table_decimal(b->table);
	bool heat = b->spec->kind == CHART_HEATMAP;
	int status;

	while ((status = table_next(b->table, err)) == 1) {
		b->data->rows++;
		see(&b->x_seen, table_field(b->table, b->x), decimal,
		    b->spec->date_format);
		if (heat)
			see(&b->y_seen, table_field(b->table, b->y[0]),
			    decimal, NULL);
	}
	if (status < 0)
		return false;
	b->x_seen.scale = scale_of(&b->x_seen);
	b->y_seen.scale = scale_of(&b->y_seen);
	return true;
}

/* --- series ------------------------------------------------------------- */

static struct chart_series *
series_at(struct chart_build *b, size_t index, const char *name)
{
	struct chart_data *d = b->data;

	if (index >= d->series_count) {
		d->series = xreallocarray(d->series, index + 1,
					  sizeof(*d->series));
		d->series[index] = (struct chart_series){ .name =
							xstrdup(name) };
		d->series_count = index + 1;
	}
	return &d->series[index];
}

/* The number of the row's series for the i-th y column; -1 with err. */
static int
series_of(struct chart_build *b, size_t i, struct err *err)
{
	const char *name;
	size_t index;

	if (b->group >= 0)
		name = table_field(b->table, b->group);
	else if (b->y_count && b->spec->kind != CHART_HISTOGRAM &&
		 b->spec->kind != CHART_HEATMAP)
		name = b->spec->y.items[i];
	else if (b->spec->kind == CHART_HISTOGRAM)
		name = b->spec->x;
	else
		name = b->value >= 0 ? b->spec->value : "count";
	if (!*name)
		name = "(none)";
	index = intern_add(&b->series, name, strlen(name));
	if (index >= SERIES_SEEN_LIMIT) {
		FAIL(err, ERR_TOOBIG, "chart: group: \"%s\" has over %d "
		     "different values; choose a column with fewer",
		     b->spec->group, SERIES_SEEN_LIMIT);
		return -1;
	}
	series_at(b, index, name);
	return (int)index;
}

/* --- pass 2: points as they are ----------------------------------------- */

static void
thin_out(struct chart_build *b)
{
	b->drawn = 0;
	for (size_t i = 0; i < b->data->series_count; i++) {
		struct chart_series *s = &b->data->series[i];
		size_t kept = 0;

		for (size_t k = 0; k < s->count; k += 2)
			s->points[kept++] = s->points[k];
		s->count = kept;
		b->drawn += kept;
	}
	b->stride *= 2;
}

static void
add_point(struct chart_build *b, int series, double x, double y)
{
	struct chart_series *s = &b->data->series[series];

	chart_stat(s, y);
	if (b->row % b->stride != 0)
		return;
	GROW(s->points, s->count, s->cap);
	s->points[s->count++] = (struct chart_point){ x, y, 0 };
	if (++b->drawn >= CHART_POINT_LIMIT)
		thin_out(b);
}

/* --- pass 2: cells ------------------------------------------------------ */

static bool
add_value(struct chart_build *b, struct chart_cell *c, double v,
	  struct err *err)
{
	c->sum += v;
	c->min = c->n == 0 || v < c->min ? v : c->min;
	c->max = c->n == 0 || v > c->max ? v : c->max;
	c->n++;
	if (b->data->aggregate != CHART_MEDIAN)
		return true;
	if (++b->value_total > CHART_VALUE_LIMIT)
		return FAIL(err, ERR_TOOBIG, "chart: aggregate: a median of "
			    "over %d values; use mean, or a smaller file",
			    CHART_VALUE_LIMIT);
	GROW(c->values, c->value_count, c->value_cap);
	c->values[c->value_count++] = v;
	return true;
}

static bool
add_to_cell(struct chart_build *b, int series, double x, double y, double v,
	    struct err *err)
{
	struct { double x, y; uint64_t series; } key = {
		x + 0.0, y + 0.0, (uint64_t)series };
	size_t count = b->cell_keys.count;
	size_t index = intern_add(&b->cell_keys, &key, sizeof(key));

	if (index >= CHART_CELL_LIMIT)
		return FAIL(err, ERR_TOOBIG, "chart: x: over %d different "
			    "points to aggregate; choose a column with fewer "
			    "values, or a histogram", CHART_CELL_LIMIT);
	if (index == count) {
		GROW(b->cells, index, b->cell_cap);
		b->cells[index] = (struct chart_cell){
			.series = (uint32_t)series, .x = x, .y = y };
	}
	return add_value(b, &b->cells[index], v, err);
}

/*
 * The row's place on an axis: the number or second itself, the index of its
 * category, or (heat map) the number of its bin. False when it is missing.
 */
static bool
place(struct chart_build *b, const char *s, const struct chart_seen *seen,
      const char *format, struct intern *names, double bin, double *ret)
{
	double v = 0;

	if (table_is_missing(s))
		return false;
	if (seen->scale == CHART_CATEGORY) {
		*ret = (double)intern_add(names, s, strlen(s));
		return true;
	}
	if (seen->scale == CHART_TIME && !table_date(s, format, &v))
		return false;
	if (seen->scale == CHART_NUMBER &&
	    !table_number(s, table_decimal(b->table), &v))
		return false;
	*ret = bin > 0 ? floor(v / bin) * bin : v;
	return true;
}

static bool
row_x(struct chart_build *b, double *ret)
{
	double bin = b->spec->kind == CHART_HEATMAP ? b->x_bin : b->x_bucket;

	if (!place(b, table_field(b->table, b->x), &b->x_seen,
		   b->spec->date_format, &b->x_names, bin, ret))
		return false;
	if (b->x_bucket > 0)
		*ret += b->x_bucket / 2;
	return true;
}

static bool
gather_heat(struct chart_build *b, double x, bool *ret_used, struct err *err)
{
	double y, v = 1;
	int series = series_of(b, 0, err);

	if (!place(b, table_field(b->table, b->y[0]), &b->y_seen, NULL,
		   &b->y_names, b->y_bin, &y))
		return true;
	if (b->value >= 0 &&
	    !table_number(table_field(b->table, b->value),
			  table_decimal(b->table), &v))
		return true;
	*ret_used = true;
	return series >= 0 && add_to_cell(b, series, x, y, v, err);
}

static bool
gather_bin(struct chart_build *b, double x, bool *ret_used, struct err *err)
{
	int series = series_of(b, 0, err);

	if (series < 0)
		return false;
	*ret_used = true;
	chart_stat(&b->data->series[series], x);
	return add_to_cell(b, series, floor(x / b->data->step + 1e-9), 0, 1,
			   err);
}

static bool
gather_y(struct chart_build *b, double x, bool *ret_used, struct err *err)
{
	size_t columns = b->y_count ? b->y_count : 1;

	for (size_t i = 0; i < columns; i++) {
		double v = 1;
		int series;

		if (b->y_count &&
		    !table_number(table_field(b->table, b->y[i]),
				  table_decimal(b->table), &v))
			continue;
		series = series_of(b, i, err);
		if (series < 0)
			return false;
		*ret_used = true;
		if (b->data->aggregate == CHART_NONE)
			add_point(b, series, x, v);
		else if (!add_to_cell(b, series, x, 0, v, err))
			return false;
	}
	return true;
}

static bool
gather(struct chart_build *b, struct err *err)
{
	static bool (*const by_kind[])(struct chart_build *, double, bool *,
				       struct err *) = {
		[CHART_LINE] = gather_y, [CHART_BAR] = gather_y,
		[CHART_SCATTER] = gather_y, [CHART_HISTOGRAM] = gather_bin,
		[CHART_HEATMAP] = gather_heat,
	};
	int status;

	while ((status = table_next(b->table, err)) == 1) {
		bool used = false;
		double x;

		if (row_x(b, &x) &&
		    !by_kind[b->spec->kind](b, x, &used, err))
			return false;
		b->data->missing += !used;
		b->row++;
	}
	return status == 0;
}

/* --- between the passes ------------------------------------------------- */

/* Scott, "On optimal and data-based histograms", Biometrika 66 (1979):
 * 3.49 s n^(-1/3); between BINS_MIN and BINS_MAX bins, a round width. */
static double
bin_width(const struct chart_spec *spec, const struct chart_seen *s)
{
	double range = s->number_max - s->number_min, n = (double)s->numbers;
	double width = 3.49 * sqrt(s->m2 / (n > 1 ? n - 1 : 1)) / cbrt(n);

	if (!(range > 0))
		return 1;
	if (spec->bins > 0)
		return range / spec->bins * (1 + 1e-12);
	if (!(width > range / BINS_MAX))
		width = range / BINS_MAX;
	if (width > range / BINS_MIN)
		width = range / BINS_MIN;
	return chart_nice(width);
}

/* Bins for a heat map's axis of many different numbers or times. */
static double
heat_bin(const struct chart_seen *s)
{
	double range = s->scale == CHART_TIME ? s->date_max - s->date_min
					      : s->number_max - s->number_min;

	if (s->scale == CHART_CATEGORY || s->distinct.count <= SEEN_DISTINCT)
		return 0;
	return s->scale == CHART_TIME ? ceil(range / HEAT_BINS / 86400) * 86400
				      : chart_nice(range / HEAT_BINS);
}

static double
line_bucket(const struct chart_build *b)
{
	const struct chart_seen *s = &b->x_seen;
	double range = s->scale == CHART_TIME ? s->date_max - s->date_min
					      : s->number_max - s->number_min;

	if (b->spec->kind != CHART_LINE || s->scale == CHART_CATEGORY ||
	    b->data->aggregate == CHART_NONE || !(range > 0) ||
	    b->data->rows <= CHART_POINT_LIMIT)
		return 0;
	return range / CHART_LINE_BUCKETS;
}

static enum chart_aggregate
choose_aggregate(const struct chart_build *b)
{
	if (b->spec->kind == CHART_HISTOGRAM)
		return CHART_COUNT;
	if (b->spec->kind == CHART_SCATTER)
		return CHART_NONE;
	if (b->spec->kind == CHART_HEATMAP && b->value < 0)
		return CHART_COUNT;
	if (b->spec->kind != CHART_HEATMAP && b->y_count == 0)
		return CHART_COUNT;
	if (b->spec->aggregate == CHART_NONE && b->spec->kind != CHART_LINE)
		return CHART_MEAN;
	return b->spec->aggregate == CHART_AUTO ? CHART_MEAN
						: b->spec->aggregate;
}

static bool
prepare(struct chart_build *b, struct err *err)
{
	const struct chart_spec *spec = b->spec;
	const char *file = path_base(spec->data);

	if (b->x_seen.values == 0)
		return FAIL(err, ERR_DATA, "%s: column \"%s\" has no values in "
			    "%lld rows", file, spec->x,
			    (long long)b->data->rows);
	if ((spec->kind == CHART_SCATTER || spec->kind == CHART_HISTOGRAM) &&
	    b->x_seen.numbers * 2 < b->x_seen.values &&
	    (spec->kind == CHART_HISTOGRAM || b->x_seen.scale != CHART_TIME))
		return FAIL(err, ERR_DATA, "%s: column \"%s\" is not numbers; "
			    "a %s chart needs them, a bar chart does not", file,
			    spec->x, chart_kind_name(spec->kind));
	if (spec->kind == CHART_HISTOGRAM ||
	    (spec->kind == CHART_SCATTER && b->x_seen.scale != CHART_TIME))
		b->x_seen.scale = CHART_NUMBER;
	b->data->x_scale = b->x_seen.scale;
	b->data->y_scale = b->y_seen.scale;
	b->data->aggregate = choose_aggregate(b);
	b->data->step = bin_width(spec, &b->x_seen);
	if (spec->kind == CHART_HEATMAP) {
		b->x_bin = heat_bin(&b->x_seen);
		b->y_bin = heat_bin(&b->y_seen);
	}
	b->x_bucket = line_bucket(b);
	return true;
}

static bool
find_columns(struct chart_build *b, struct err *err)
{
	const struct chart_spec *s = b->spec;

	b->group = b->value = -1;
	b->x = table_column(b->table, s->x, err);
	if (b->x < 0)
		return false;
	if (s->group &&
	    (b->group = table_column(b->table, s->group, err)) < 0)
		return false;
	if (s->value &&
	    (b->value = table_column(b->table, s->value, err)) < 0)
		return false;
	for (size_t i = 0; i < s->y.count; i++) {
		b->y[i] = table_column(b->table, s->y.items[i], err);
		if (b->y[i] < 0)
			return false;
	}
	b->y_count = s->kind == CHART_HISTOGRAM ? 0 : s->y.count;
	return true;
}

static void
note_thinning(struct chart_build *b)
{
	if (b->stride > 1)
		strv_addf(&b->data->notes, "Every %lld. row is drawn; the "
			  "figures are of all rows.", (long long)b->stride);
	if (b->x_bucket > 0)
		strv_addf(&b->data->notes, "Each point summarises one of %d "
			  "equal intervals.", CHART_LINE_BUCKETS);
}

bool
chart_data_build(const struct chart_spec *spec, struct chart_data *ret,
		 struct err *err)
{
	AUTO(chart_data) data = { 0 };
	AUTO(chart_build) b = { .spec = spec, .data = &data, .stride = 1 };

	b.table = table_open(spec->data, &spec->dialect, err);
	if (!b.table || !find_columns(&b, err) || !scan(&b, err) ||
	    !prepare(&b, err) || !table_rewind(b.table, err) ||
	    !gather(&b, err))
		return false;
	if (data.rows == data.missing)
		return FAIL(err, ERR_DATA, "%s: no row has a usable x (\"%s\") "
			    "and y%s%s", path_base(spec->data), spec->x,
			    spec->y.count ? ": " : "",
			    spec->y.count ? spec->y.items[0] : "");
	note_thinning(&b);
	chart_finish_cells(&b);
	*ret = data;
	data = (struct chart_data){ 0 };
	return true;
}
