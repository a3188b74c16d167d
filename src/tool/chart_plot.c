#include "tool/chart_plot.h"

#include "base/json.h"
#include "tool/chart_axis.h"
#include "tool/chart_font.h"

#include <math.h>
#include <string.h>

/* Mean width of a character as a share of the font size, DejaVu Sans. */
#define CHAR_EM 0.62
#define POINTS_PER_PIXEL 0.75 /* pngcairo draws at 96 dpi */
#define TITLE_SIZE 1.25       /* times the font size */
#define BAR_SHARE 0.8 /* of the distance between bars */

enum { TITLE_CHARS = 200, NAME_CHARS = 32, KEY_ABOVE = 3, MARKS_UP_TO = 60 };

static const char *const palette[] = {
	"#0072B2", "#D55E00", "#009E73", "#CC79A7",
	"#E69F00", "#56B4E9", "#000000", "#777777",
};
static const char *const dark_palette[] = {
	"#0072B2", "#D55E00", "#008060", "#000000",
};
static const char viridis[] =
	"set palette defined (0 '#440154', 1 '#46327e', 2 '#365c8d', "
	"3 '#277f8e', 4 '#1fa187', 5 '#4ac16d', 6 '#a0da39', 7 '#fde725')\n";
/* Its colours over 3 : 1 on white. */
static const char viridis_dark[] =
	"set palette defined (0 '#440154', 1 '#46327e', 2 '#365c8d', "
	"3 '#277f8e', 4 '#1f9a83')\n";

/* What the layout decides before anything is written. */
struct layout {
	const struct chart_spec *s;
	const struct chart_data *d;
	struct chart_axis x, y, scale; /* scale: a heat map's colours */
	double left, right, top, bottom; /* margins, pixels */
	int font, angle, thin;
	bool key_right;
};

static void
layout_release(struct layout *l)
{
	chart_axis_release(&l->x);
	chart_axis_release(&l->y);
	chart_axis_release(&l->scale);
}

/* --- text --------------------------------------------------------------- */

/*
 * gnuplot reads digits after an octal escape as part of it, so a digit there
 * is escaped as well. Emoji and the like (four bytes of UTF-8) become a white
 * square: without a font for them pango draws a box over the whole picture.
 */
static void
quote(struct buf *out, const char *text)
{
	AUTO(buf) drawable = BUF_INIT;
	bool escaped = false;

	chart_font_text(&drawable, text);
	buf_addch(out, '"');
	for (const char *s = buf_str(&drawable); *s; s++) {
		unsigned char c = (unsigned char)*s;
		bool digit = c >= '0' && c <= '9';
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (letter || (digit && !escaped) || strchr(" .,-+()", c)) {
			buf_addch(out, (char)c);
			escaped = false;
			continue;
		}
		if (c >= 0xf0) {
			buf_addstr(out, "\\342\\226\\241");
			while ((s[1] & 0xc0) == 0x80)
				s++;
		} else {
			buf_printf(out, "\\%03o", c);
		}
		escaped = true;
	}
	buf_addch(out, '"');
}

/* As quote, for a place where gnuplot takes % as a number format. */
static void
quote_label(struct buf *out, const char *s)
{
	AUTO(buf) doubled = BUF_INIT;

	for (; *s; s++) {
		if (*s == '%')
			buf_addch(&doubled, '%');
		buf_addch(&doubled, *s);
	}
	quote(out, buf_str(&doubled));
}

/* Line breaks at blanks, so that no line is over width characters. */
static void
wrap(struct buf *text, size_t width)
{
	size_t line = 0, blank = 0;

	for (size_t i = 0; i < text->len; i++) {
		if (text->data[i] == ' ')
			blank = i;
		if ((text->data[i] & 0xc0) != 0x80)
			line++;
		if (line > width && blank) {
			text->data[blank] = '\n';
			line = i - blank;
			blank = 0;
		}
	}
}

void
chart_measure_name(const struct chart_spec *s, const struct chart_data *d,
		   struct buf *out)
{
	const char *column = s->kind == CHART_HEATMAP ? s->value :
			     s->y.count ? s->y.items[0] : NULL;

	if (s->kind == CHART_HISTOGRAM || d->aggregate == CHART_COUNT ||
	    !column) {
		buf_addstr(out, "count");
		return;
	}
	if (d->aggregate != CHART_NONE)
		buf_printf(out, "%s of ", chart_aggregate_name(d->aggregate));
	if (s->kind != CHART_HEATMAP && s->y.count > 1)
		buf_addstr(out, "value");
	else
		buf_addstr(out, column);
}

static void
title_text(const struct layout *l, struct buf *out)
{
	AUTO(buf) made = BUF_INIT;
	double per_line = (l->s->width - l->left - l->font) /
			  (l->font * TITLE_SIZE * CHAR_EM);
	int most = l->s->title_wrap < per_line ? l->s->title_wrap
					       : (int)per_line;

	if (l->s->title)
		buf_addstr(&made, l->s->title);
	else if (l->s->kind == CHART_HISTOGRAM)
		buf_printf(&made, "Distribution of %s", l->s->x);
	else {
		chart_measure_name(l->s, l->d, &made);
		buf_printf(&made, " by %s", l->s->x);
		if (l->s->kind == CHART_HEATMAP)
			buf_printf(&made, " and %s", l->s->y.items[0]);
	}
	chart_plain_text(out, buf_str(&made), TITLE_CHARS);
	wrap(out, most > 12 ? (size_t)most : 12);
}

static int
title_lines(const struct layout *l)
{
	AUTO(buf) title = BUF_INIT;
	int lines = 1;

	title_text(l, &title);
	for (size_t i = 0; i < title.len; i++)
		lines += title.data[i] == '\n';
	return lines;
}

static void
add_font(struct buf *out, double px)
{
	buf_printf(out, " font \"DejaVu Sans,%.4g\"", px * POINTS_PER_PIXEL);
}

static void
set_text(struct buf *out, const char *what, const char *s, size_t chars,
	 double size)
{
	AUTO(buf) plain = BUF_INIT;

	chart_plain_text(&plain, s, chars);
	buf_printf(out, "set %s ", what);
	quote(out, buf_str(&plain));
	add_font(out, size);
	buf_addstr(out, " noenhanced textcolor rgb '#222222'\n");
}

/* --- layout ------------------------------------------------------------- */

static bool
is_bars(const struct chart_spec *s)
{
	return s->kind == CHART_BAR || s->kind == CHART_HISTOGRAM;
}

static void
range(const struct chart_data *d, bool of_y, double *min, double *max)
{
	*min = INFINITY;
	*max = -INFINITY;
	for (size_t i = 0; i < d->series_count; i++)
		for (size_t k = 0; k < d->series[i].count; k++) {
			const struct chart_point *p = &d->series[i].points[k];
			double v = of_y ? p->y : p->x;

			*min = v < *min ? v : *min;
			*max = v > *max ? v : *max;
		}
	if (!isfinite(*min))
		*min = *max = 0;
}

static void
lay_out_y(struct layout *l)
{
	int labels = (int)((l->s->height - l->top - l->bottom) /
			   (l->font * 3.2));
	double min, max;

	if (l->s->kind == CHART_HEATMAP) {
		int rows = (int)l->d->y_categories.count;
		int room = (int)((l->s->height - l->top - l->bottom) /
				 (l->font * 1.3));

		chart_axis_categories(&l->y, &l->d->y_categories,
				      room > 0 ? (rows + room - 1) / room : 1);
		l->y.min = -0.5;
		l->y.max = rows - 0.5;
		return;
	}
	range(l->d, true, &min, &max);
	if (is_bars(l->s)) {
		min = min > 0 ? 0 : min;
		max = max < 0 ? 0 : max;
	}
	chart_axis_numbers(&l->y, min, max, labels, true);
}

static double
plot_width(const struct layout *l)
{
	return l->s->width - l->left - l->right;
}

/* Rotation and thinning for labels that stand `pitch` pixels apart. */
static void
choose_angle(struct layout *l, double pitch, size_t widest)
{
	double wide = ((double)widest + 1.5) * CHAR_EM * l->font;

	l->angle = l->s->angle;
	if (l->angle == CHART_ANGLE_AUTO)
		l->angle = pitch >= wide ? 0 : pitch >= 1.8 * l->font ? 45 : 90;
	l->angle += l->s->angle_more;
	if (l->angle > 90)
		l->angle = 90;
	l->thin = l->s->thin;
	if (l->s->angle == CHART_ANGLE_AUTO || l->s->thin > 1) {
		double need = l->angle == 0 ? wide :
			      l->angle == 45 ? 1.8 * l->font : 1.3 * l->font;

		while (pitch * l->thin < need && l->thin < 4096)
			l->thin++;
	}
}

static size_t
widest_name(const struct strv *names)
{
	size_t widest = 0;

	for (size_t i = 0; i < names->count; i++) {
		size_t chars = chart_chars(names->items[i]);

		widest = chars > widest ? chars : widest;
	}
	return widest < CHART_LABEL_CHARS ? widest : CHART_LABEL_CHARS;
}

static void
lay_out_categories(struct layout *l)
{
	const struct strv *names = &l->d->x_categories;

	choose_angle(l, plot_width(l) / (double)names->count,
		     widest_name(names));
	chart_axis_categories(&l->x, names, l->thin);
	if (l->s->kind == CHART_HEATMAP) {
		l->x.min = -0.5;
		l->x.max = (double)names->count - 0.5;
	}
}

/* Numbers and times: so many labels as fit, at the angle asked for. */
static void
lay_out_values(struct layout *l)
{
	bool times = l->d->x_scale == CHART_TIME;
	double chars = times ? 13 : 10, min, max, pad;
	int labels;

	l->angle = (l->s->angle > 0 ? l->s->angle : 0) + l->s->angle_more;
	l->angle = l->angle > 90 ? 90 : l->angle;
	l->thin = l->s->thin;
	labels = (int)(plot_width(l) /
		       (l->angle ? l->font * 3 : l->font * CHAR_EM * chars));
	labels = labels / l->thin;
	labels = labels > 14 ? 14 : labels < 2 ? 2 : labels;
	range(l->d, false, &min, &max);
	pad = is_bars(l->s) ? l->d->step * 0.6 : (max - min) * 0.02;
	if (!(pad > 0))
		pad = times ? 86400 : fabs(max) * 0.1 + 0.5;
	if (times)
		chart_axis_times(&l->x, min - pad, max + pad, labels);
	else
		chart_axis_numbers(&l->x, min - pad, max + pad, labels, false);
}

/* Room below the axis for its labels and name. */
static double
label_depth(const struct layout *l)
{
	double wide = (double)l->x.widest * CHAR_EM * l->font;

	if (l->angle == 0)
		return 1.2 * l->font;
	return l->angle == 90 ? wide : (wide + l->font) * 0.71;
}

static size_t
widest_series(const struct chart_data *d)
{
	size_t widest = 0;

	for (size_t i = 0; i < d->series_count; i++) {
		size_t chars = chart_chars(d->series[i].name);

		widest = chars > widest ? chars : widest;
	}
	return widest < NAME_CHARS ? widest : NAME_CHARS;
}

static bool
has_key(const struct layout *l)
{
	return l->d->series_count > 1 && l->s->kind != CHART_HEATMAP;
}

static double
key_width(const struct layout *l)
{
	return ((double)widest_series(l->d) + 5) * CHAR_EM * l->font;
}

static int
font_size(const struct chart_spec *s)
{
	double px = s->font_px ? s->font_px : s->height / 50.0;

	if (!s->font_px)
		px = px < 11 ? 11 : px > 28 ? 28 : px;
	px *= s->font_factor;
	return (int)round(px > 36 ? 36 : px);
}

static void
lay_out_scale(struct layout *l)
{
	double min = l->d->series[0].min, max = l->d->series[0].max;

	if (l->d->aggregate == CHART_COUNT)
		min = 0;
	chart_axis_numbers(&l->scale, min, max, 6, false);
}

static void
lay_out(struct layout *l)
{
	double free_x = l->s->margin * l->s->width;
	double free_y = l->s->margin * l->s->height;
	double total;

	l->font = font_size(l->s);
	total = (double)l->d->series_count * key_width(l);
	l->key_right = has_key(l) && (l->d->series_count > KEY_ABOVE ||
				      total > l->s->width * 0.8);
	l->top = free_y + l->font * (1.6 + 1.8 * title_lines(l));
	if (has_key(l) && !l->key_right)
		l->top += l->font * 1.8;
	l->bottom = free_y + l->font * 4.5;
	lay_out_y(l);
	l->left = free_x + l->font * (3.4 + (double)l->y.widest * CHAR_EM);
	l->right = free_x + l->font * 2.5;
	if (l->key_right)
		l->right += key_width(l);
	if (l->s->kind == CHART_HEATMAP) {
		lay_out_scale(l);
		l->right += l->font * (4 + (double)l->scale.widest * CHAR_EM);
	}
	if (l->d->x_scale == CHART_CATEGORY || l->s->kind == CHART_HEATMAP)
		lay_out_categories(l);
	else
		lay_out_values(l);
	l->bottom = free_y + l->font * 3.4 + label_depth(l);
	chart_axis_release(&l->y);
	lay_out_y(l);
	/* A slanted first label reaches left of the axis. */
	if (l->angle == 45 && l->left < free_x + label_depth(l))
		l->left = free_x + label_depth(l);
}

/* --- script ------------------------------------------------------------- */

static void
add_ticks(struct buf *out, const char *axis, const struct chart_axis *a,
	  int angle, int font)
{
	buf_printf(out, "set %stics nomirror out scale 0.5 ", axis);
	if (angle)
		buf_printf(out, "rotate by %d right ", angle);
	add_font(out, font);
	buf_addstr(out, " textcolor rgb '#222222' (");
	for (size_t i = 0; i < a->count; i++) {
		buf_addstr(out, i ? ", " : "");
		quote_label(out, a->ticks[i].label);
		buf_printf(out, " %.17g", a->ticks[i].at);
	}
	buf_addstr(out, ")\n");
	buf_printf(out, "set %srange [%.17g:%.17g]\n", axis, a->min, a->max);
}

static void
add_margins(struct buf *out, const struct layout *l)
{
	double w = l->s->width, h = l->s->height;
	double right = fmin(l->right, w * 0.5), left = fmin(l->left, w * 0.4);
	double bottom = fmin(l->bottom, h * 0.5), top = fmin(l->top, h * 0.4);

	buf_printf(out, "set lmargin at screen %.6f\n", left / w);
	buf_printf(out, "set rmargin at screen %.6f\n", 1 - right / w);
	buf_printf(out, "set bmargin at screen %.6f\n", bottom / h);
	buf_printf(out, "set tmargin at screen %.6f\n", 1 - top / h);
}

static void
add_key(struct buf *out, const struct layout *l)
{
	if (!has_key(l)) {
		buf_addstr(out, "unset key\n");
		return;
	}
	if (l->key_right)
		buf_addstr(out, "set key outside right top vertical ");
	else
		buf_printf(out, "set key at graph 0, screen %.6f left top "
			   "horizontal ",
			   1 - (l->top - l->font * 2.2) / l->s->height);
	buf_addstr(out, "Left reverse noenhanced samplen 1.5 "
		   "textcolor rgb '#222222'");
	add_font(out, l->font);
	buf_addch(out, '\n');
}

static void
add_names(struct buf *out, const struct layout *l)
{
	AUTO(buf) title = BUF_INIT;
	AUTO(buf) measure = BUF_INIT;
	const char *y = l->s->kind == CHART_HEATMAP ? l->s->y.items[0] : NULL;

	title_text(l, &title);
	buf_addstr(out, "set label 1 ");
	quote(out, buf_str(&title));
	buf_printf(out, " at screen %.6f, screen %.6f left noenhanced front "
		   "textcolor rgb '#111111'", l->left / l->s->width,
		   1 - (l->s->margin + l->font * 1.5 / l->s->height));
	add_font(out, l->font * TITLE_SIZE);
	buf_addch(out, '\n');
	set_text(out, "xlabel", l->s->x_label ? l->s->x_label : l->s->x, 80,
		 l->font);
	chart_measure_name(l->s, l->d, &measure);
	set_text(out, l->s->kind == CHART_HEATMAP ? "cblabel offset 1,0"
						: "ylabel",
		 l->s->y_label && !y ? l->s->y_label : buf_str(&measure), 60,
		 l->font);
	if (y)
		set_text(out, "ylabel", l->s->y_label ? l->s->y_label : y, 60,
			 l->font);
}

static const char *
colour(const struct chart_spec *s, size_t i)
{
	if (s->dark)
		return dark_palette[i % ARRAY_LEN(dark_palette)];
	return palette[i % ARRAY_LEN(palette)];
}

/* Points get smaller and let through more the more there are. */
static void
add_points_style(struct buf *out, const struct layout *l, size_t i)
{
	size_t n = l->d->series[i].count;
	const char *c = colour(l->s, i) + 1;
	double size = n <= 1 ? 2.2 : n < 300 ? 1.1 : n < 3000 ? 0.7 : 0.45;

	buf_printf(out, "with points pt %d ps %.2f lc rgb '#%s%s'",
		   (int)(i % 2 ? 9 : 7), size,
		   n < 300 || l->s->dark ? "" : n < 3000 ? "60" : "a0", c);
}

static void
add_line_style(struct buf *out, const struct layout *l, size_t i)
{
	size_t n = l->d->series[i].count;
	size_t colours = l->s->dark ? ARRAY_LEN(dark_palette)
				    : ARRAY_LEN(palette);

	if (n <= 1) {
		add_points_style(out, l, i);
		return;
	}
	buf_printf(out, "with %s lw 2.5 dt %zu lc rgb '%s'",
		   n <= MARKS_UP_TO ? "linespoints pt 7 ps 0.8" : "lines",
		   i / colours + 1, colour(l->s, i));
}

static void
add_bar_style(struct buf *out, const struct layout *l, size_t i)
{
	bool histogram = l->s->kind == CHART_HISTOGRAM;
	bool see_through = histogram && l->d->series_count > 1 && !l->s->dark;

	buf_printf(out, "with boxes fs %s border lc rgb '%s' lc rgb '%s'",
		   see_through ? "transparent solid 0.55" : "solid 1.0",
		   histogram && !see_through ? "#ffffff" : colour(l->s, i),
		   colour(l->s, i));
}

static void
add_heat_style(struct buf *out, const struct layout *l, size_t i)
{
	(void)l;
	(void)i;
	buf_addstr(out, "with boxxyerror fs solid 1.0 noborder lc palette");
}

static const struct {
	const char *columns;
	void (*style)(struct buf *out, const struct layout *l, size_t i);
} drawings[] = {
	[CHART_LINE] = { "1:2", add_line_style },
	[CHART_BAR] = { "1:2:3", add_bar_style },
	[CHART_SCATTER] = { "1:2", add_points_style },
	[CHART_HISTOGRAM] = { "1:2:3", add_bar_style },
	[CHART_HEATMAP] = { "1:2:(0.5):(0.5):3", add_heat_style },
};

static void
add_plot(struct buf *out, const struct layout *l)
{
	buf_addstr(out, "plot ");
	for (size_t i = 0; i < l->d->series_count; i++) {
		AUTO(buf) name = BUF_INIT;

		chart_plain_text(&name, l->d->series[i].name, NAME_CHARS);
		buf_printf(out, "%s'chart.dat' index %zu using %s ",
			   i ? ", \\\n\t" : "", i,
			   drawings[l->s->kind].columns);
		drawings[l->s->kind].style(out, l, i);
		buf_addstr(out, " title ");
		quote(out, buf_str(&name));
	}
	buf_addstr(out, "\nset output\n");
}

static void
add_heat_scale(struct buf *out, const struct layout *l)
{
	double w = l->s->width, h = l->s->height;

	buf_addstr(out, l->s->dark ? viridis_dark : viridis);
	buf_printf(out, "set colorbox user origin screen %.6f, screen %.6f "
		   "size screen %.6f, screen %.6f\n",
		   1 - (l->right - l->font) / w, l->bottom / h,
		   l->font * 1.2 / w, 1 - (l->top + l->bottom) / h);
	add_ticks(out, "cb", &l->scale, 0, l->font);
	buf_addstr(out, "set yrange [] reverse\n");
}

void
chart_plot_script(const struct chart_spec *s, const struct chart_data *d,
		  struct buf *out, struct chart_drawn *ret)
{
	AUTO(layout) l = { .s = s, .d = d, .angle = 0, .thin = 1 };

	lay_out(&l);
	buf_addstr(out, "set encoding utf8\nset terminal pngcairo ");
	buf_printf(out, "size %d,%d noenhanced background '#ffffff'",
		   s->width, s->height);
	add_font(out, l.font);
	buf_addstr(out, "\nset output ");
	quote(out, s->output);
	buf_addstr(out, "\nset border 3 lw 1.2 lc rgb '#444444'\n"
		   "set grid back lt 1 lw 0.8 lc rgb '#dddddd'\n");
	if (is_bars(s))
		buf_addstr(out, "unset grid\nset grid ytics back lt 1 lw 0.8 "
			   "lc rgb '#dddddd'\n");
	if (s->kind == CHART_HEATMAP)
		buf_addstr(out, "unset grid\n");
	add_margins(out, &l);
	add_key(out, &l);
	add_names(out, &l);
	add_ticks(out, "x", &l.x, l.angle, l.font);
	add_ticks(out, "y", &l.y, 0, l.font);
	if (s->kind == CHART_HEATMAP)
		add_heat_scale(out, &l);
	add_plot(out, &l);
	*ret = (struct chart_drawn){ l.angle, l.font, l.thin };
}

/* --- data --------------------------------------------------------------- */

/* Where the bar of series i stands and how wide it is. */
static void
place_bar(const struct chart_spec *s, const struct chart_data *d, size_t i,
	  double *offset, double *width)
{
	double step = d->x_scale == CHART_CATEGORY ? 1 : d->step;
	double all = step * BAR_SHARE, n = (double)d->series_count;

	*offset = 0;
	*width = d->step;
	if (s->kind == CHART_HISTOGRAM)
		return;
	*width = all / n;
	*offset = ((double)i - (n - 1) / 2) * *width;
}

void
chart_plot_data(const struct chart_spec *s, const struct chart_data *d,
		struct buf *out)
{
	for (size_t i = 0; i < d->series_count; i++) {
		double offset, width;

		place_bar(s, d, i, &offset, &width);
		for (size_t k = 0; k < d->series[i].count; k++) {
			struct chart_point p = d->series[i].points[k];

			json_add_num(out, is_bars(s) ? p.x + offset : p.x);
			buf_addch(out, ' ');
			json_add_num(out, p.y);
			if (is_bars(s) || s->kind == CHART_HEATMAP) {
				buf_addch(out, ' ');
				json_add_num(out, is_bars(s) ? width : p.z);
			}
			buf_addch(out, '\n');
		}
		buf_addstr(out, "\n\n");
	}
}
