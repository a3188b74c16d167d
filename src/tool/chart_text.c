/* The picture in words; declared in chart_plot.h. */
#include "tool/chart_axis.h"
#include "tool/chart_plot.h"

#include <time.h>

enum { SERIES_SHOWN = 8 };

static void
add_number(struct buf *out, double v)
{
	chart_number_text(out, v, 0);
}

/* What stands at x: the category, the time, the bin, the number. */
static void
add_x(struct buf *out, const struct chart_spec *s, const struct chart_data *d,
      double x)
{
	time_t t = (time_t)x;
	char text[32];
	struct tm tm;

	if (s->kind == CHART_HISTOGRAM) {
		add_number(out, x - d->step / 2);
		buf_addstr(out, " to ");
		add_number(out, x + d->step / 2);
	} else if (d->x_scale == CHART_CATEGORY) {
		size_t i = (size_t)x;

		chart_plain_text(out, i < d->x_categories.count
					      ? d->x_categories.items[i]
					      : "?", 60);
	} else if (d->x_scale == CHART_TIME && gmtime_r(&t, &tm)) {
		strftime(text, sizeof(text), t % 86400 ? "%Y-%m-%d %H:%M"
						       : "%Y-%m-%d", &tm);
		buf_addstr(out, text);
	} else {
		add_number(out, x);
	}
}

static void
add_extremes(struct buf *out, const struct chart_spec *s,
	     const struct chart_data *d, const struct chart_series *series)
{
	const struct chart_point *low = series->points, *high = low;

	if (series->count < 2 || s->kind == CHART_HEATMAP)
		return;
	for (size_t i = 1; i < series->count; i++) {
		const struct chart_point *p = &series->points[i];

		low = p->y < low->y ? p : low;
		high = p->y > high->y ? p : high;
	}
	buf_addstr(out, "; highest at ");
	add_x(out, s, d, high->x);
	buf_addstr(out, " (");
	add_number(out, high->y);
	buf_addstr(out, ")");
	if (s->kind == CHART_HISTOGRAM)
		return;
	buf_addstr(out, ", lowest at ");
	add_x(out, s, d, low->x);
	buf_addstr(out, " (");
	add_number(out, low->y);
	buf_addstr(out, ")");
}

static void
add_series(struct buf *out, const struct chart_spec *s,
	   const struct chart_data *d, const struct chart_series *series)
{
	buf_addstr(out, "- ");
	chart_plain_text(out, series->name, 60);
	buf_printf(out, ": n %lld, min ", (long long)series->n);
	add_number(out, series->min);
	buf_addstr(out, ", mean ");
	add_number(out, series->mean);
	buf_addstr(out, ", max ");
	add_number(out, series->max);
	add_extremes(out, s, d, series);
	buf_addch(out, '\n');
}

static void
add_notes(struct buf *out, const struct strv *notes)
{
	for (size_t i = 0; i < notes->count; i++)
		buf_printf(out, "%s\n", notes->items[i]);
}

void
chart_describe(const struct chart_spec *s, const struct chart_data *d,
	       struct buf *out)
{
	AUTO(buf) measure = BUF_INIT;

	chart_measure_name(s, d, &measure);
	if (s->title) {
		chart_plain_text(out, s->title, 200);
		buf_addch(out, '\n');
	}
	buf_printf(out, "%s: %s chart of ", s->output,
		   chart_kind_name(s->kind));
	chart_plain_text(out, buf_str(&measure), 80);
	buf_addstr(out, " by ");
	chart_plain_text(out, s->x, 80);
	if (s->kind == CHART_HEATMAP) {
		buf_addstr(out, " and ");
		chart_plain_text(out, s->y.items[0], 80);
	}
	buf_printf(out, ", %lld rows", (long long)d->rows);
	if (d->missing)
		buf_printf(out, " (%lld left out: no usable value)",
			   (long long)d->missing);
	buf_addstr(out, "\n");
	for (size_t i = 0; i < d->series_count && i < SERIES_SHOWN; i++)
		add_series(out, s, d, &d->series[i]);
	add_notes(out, &d->notes);
	add_notes(out, &s->notes);
}
