#include "media/ink.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	COLOUR_BITS = 4, /* per channel, of the histogram of colours */
	COLOURS = 1 << (3 * COLOUR_BITS),
	LINE_SHARE = 4,  /* a line is longer than 1/4 of the side */
	GREY = 40,       /* chroma of a background stays under it */
	EVEN_STEP = 32,  /* difference of neighbours that counts as a change */
	EDGE = 2,        /* a frame this near the border is none */
};

void
ink_release(struct ink *k)
{
	free(k->rgb);
	free(k->diff);
	*k = (struct ink){ 0 };
}

int
ink_chroma(const uint8_t *p)
{
	int min = p[0] < p[1] ? p[0] : p[1], max = p[0] > p[1] ? p[0] : p[1];

	min = p[2] < min ? p[2] : min;
	max = p[2] > max ? p[2] : max;
	return max - min;
}

static double
linear(uint8_t c)
{
	double v = c / 255.0;

	return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

double
ink_luminance(const uint8_t *p)
{
	return 0.2126 * linear(p[0]) + 0.7152 * linear(p[1]) +
	       0.0722 * linear(p[2]);
}

static double
contrast(const uint8_t *a, const uint8_t *b)
{
	double x = ink_luminance(a) + 0.05, y = ink_luminance(b) + 0.05;

	return x > y ? x / y : y / x;
}

double
ink_contrast(const struct ink *k, const uint8_t *rgb)
{
	double a = contrast(rgb, k->back[0]), b = contrast(rgb, k->back[1]);

	return a < b ? a : b;
}

/* --- pixels on white, averaged down ------------------------------------- */

static void
average(const struct image *im, int x0, int y0, int factor, uint8_t *out)
{
	uint32_t sum[3] = { 0, 0, 0 }, n = 0;

	for (int y = y0; y < y0 + factor && y < im->height; y++)
		for (int x = x0; x < x0 + factor && x < im->width; x++) {
			const uint8_t *p = im->rgba +
					   ((size_t)y * im->width + x) * 4;

			for (int c = 0; c < 3; c++)
				sum[c] += (p[c] * p[3] +
					   255u * (255u - p[3])) / 255;
			n++;
		}
	for (int c = 0; c < 3 && n; c++)
		out[c] = (uint8_t)(sum[c] / n);
}

static void
flatten(struct ink *k, const struct image *im)
{
	uint8_t *out = k->rgb;

	for (int y = 0; y < k->height; y++)
		for (int x = 0; x < k->width; x++, out += 3) {
			const uint8_t *p;

			if (k->factor > 1) {
				average(im, x * k->factor, y * k->factor,
					k->factor, out);
				continue;
			}
			p = im->rgba + ((size_t)y * im->width + x) * 4;
			if (p[3] == 255)
				memcpy(out, p, 3);
			else
				average(im, x, y, 1, out);
		}
}

/* --- backgrounds -------------------------------------------------------- */

struct colours {
	uint32_t count[COLOURS];
	uint32_t sum[COLOURS][3];
};

static void
colours_add(struct colours *t, const uint8_t *p)
{
	int shift = 8 - COLOUR_BITS;
	int at = (p[0] >> shift) << (2 * COLOUR_BITS) |
		 (p[1] >> shift) << COLOUR_BITS | p[2] >> shift;

	t->count[at]++;
	for (int c = 0; c < 3; c++)
		t->sum[at][c] += p[c];
}

/* The mean of the most frequent colours; returns how many had it. */
static uint32_t
colours_mode(const struct colours *t, uint8_t *rgb)
{
	int best = 0;

	for (int i = 1; i < COLOURS; i++)
		if (t->count[i] > t->count[best])
			best = i;
	for (int c = 0; c < 3; c++)
		rgb[c] = (uint8_t)(t->sum[best][c] / t->count[best]);
	return t->count[best];
}

static bool
on_border(const struct ink *k, int x, int y)
{
	return x == 0 || y == 0 || x == k->width - 1 || y == k->height - 1;
}

static int
distance(const uint8_t *a, const uint8_t *b)
{
	int most = 0;

	for (int c = 0; c < 3; c++) {
		int d = abs(a[c] - b[c]);

		most = d > most ? d : most;
	}
	return most;
}

/* Large bars are not a background: that is grey, and either near the
 * figure's or more than half of the picture. */
static bool
is_background(const struct ink *k, uint32_t count)
{
	double share = (double)count / ((double)k->width * k->height);

	if (ink_chroma(k->back[1]) >= GREY || share < 0.2 ||
	    distance(k->back[0], k->back[1]) <= INK_FAINT)
		return false;
	return share > 0.5 || contrast(k->back[0], k->back[1]) < 1.6;
}

static void
find_backgrounds(struct ink *k)
{
	AUTO_FREE struct colours *all = xcalloc(1, sizeof(*all));
	AUTO_FREE struct colours *border = xcalloc(1, sizeof(*border));
	const uint8_t *p = k->rgb;
	uint32_t most;

	for (int y = 0; y < k->height; y++)
		for (int x = 0; x < k->width; x++, p += 3) {
			colours_add(all, p);
			if (on_border(k, x, y))
				colours_add(border, p);
		}
	colours_mode(border, k->back[0]);
	most = colours_mode(all, k->back[1]);
	if (!is_background(k, most))
		memcpy(k->back[1], k->back[0], 3);
}

static void
measure_ink(struct ink *k)
{
	size_t count = (size_t)k->width * (size_t)k->height;
	const uint8_t *p = k->rgb;

	for (size_t i = 0; i < count; i++, p += 3) {
		int a = distance(p, k->back[0]), b = distance(p, k->back[1]);

		k->diff[i] = (uint8_t)(a < b ? a : b);
	}
}

/* --- the plot ----------------------------------------------------------- */

/* Box around everything included; empty while x1 is 0. */
static void
include(struct ink_box *b, int x0, int y0, int x1, int y1)
{
	if (b->x1 == 0) {
		*b = (struct ink_box){ x0, y0, x1, y1 };
		return;
	}
	b->x0 = x0 < b->x0 ? x0 : b->x0;
	b->y0 = y0 < b->y0 ? y0 : b->y0;
	b->x1 = x1 > b->x1 ? x1 : b->x1;
	b->y1 = y1 > b->y1 ? y1 : b->y1;
}

/*
 * One run of ink from `from` to `to` in line `at` of `lines` lines, each of
 * `length` pixels. Not a line: too short, or part of a frame at the border.
 */
static bool
is_line(int from, int to, int length, int at, int lines)
{
	if ((to - from) * LINE_SHARE <= length)
		return false;
	return !((at < EDGE || at >= lines - EDGE) && from <= EDGE &&
		 to >= length - EDGE);
}

/*
 * A line or a filled area changes little along its way; letters that touch
 * (overlapping labels make long runs) change all the time.
 */
static bool
is_even(const uint8_t *p, int length, size_t step)
{
	int changes = 0;

	for (int i = 1; i < length; i++)
		changes += abs(p[(size_t)i * step] -
			       p[(size_t)(i - 1) * step]) > EVEN_STEP;
	return changes * 16 < length;
}

static void
find_rows(const struct ink *k, struct ink_box *ret)
{
	for (int y = 0; y < k->height; y++) {
		const uint8_t *p = k->diff + (size_t)y * (size_t)k->width;
		int from = 0;

		for (int x = 0; x <= k->width; x++) {
			if (x < k->width && p[x] > INK_FAINT)
				continue;
			if (is_line(from, x, k->width, y, k->height) &&
			    is_even(p + from, x - from, 1))
				include(ret, from, y, x, y + 1);
			from = x + 1;
		}
	}
}

/* As find_rows for columns, but row by row, as memory lies. */
static void
find_columns(const struct ink *k, struct ink_box *ret)
{
	size_t w = (size_t)k->width;
	AUTO_FREE int *from = xcalloc(w, sizeof(*from));

	for (int y = 0; y <= k->height; y++) {
		const uint8_t *p = k->diff + (size_t)y * (size_t)k->width;

		for (int x = 0; x < k->width; x++) {
			if (y < k->height && p[x] > INK_FAINT)
				continue;
			if (is_line(from[x], y, k->height, x, k->width) &&
			    is_even(k->diff + (size_t)from[x] * w +
				    (size_t)x, y - from[x], w))
				include(ret, x, from[x], x + 1, y);
			from[x] = y + 1;
		}
	}
}

/* The first and the last of the counts that reach a quarter of length. */
static bool
dense_span(const int *counts, int n, int length, int *ret_from, int *ret_to)
{
	int from = -1, to = -1;

	for (int i = 0; i < n; i++) {
		if (counts[i] * LINE_SHARE < length)
			continue;
		from = from < 0 ? i : from;
		to = i + 1;
	}
	*ret_from = from;
	*ret_to = to;
	return from >= 0;
}

/* A plot background of its own is a plot, also without axes. */
static void
find_area(const struct ink *k, struct ink_box *ret)
{
	AUTO_FREE int *rows = xcalloc((size_t)k->height, sizeof(*rows));
	AUTO_FREE int *columns = xcalloc((size_t)k->width, sizeof(*columns));
	const uint8_t *p = k->rgb;
	int x0, y0, x1, y1;

	if (distance(k->back[0], k->back[1]) == 0)
		return;
	for (int y = 0; y < k->height; y++)
		for (int x = 0; x < k->width; x++, p += 3)
			if (distance(p, k->back[1]) <= INK_FAINT / 2) {
				rows[y]++;
				columns[x]++;
			}
	if (dense_span(rows, k->height, k->width, &y0, &y1) &&
	    dense_span(columns, k->width, k->height, &x0, &x1))
		include(ret, x0, y0, x1, y1);
}

/*
 * How far the plot reaches to the sides is told by its horizontal lines, and
 * how far up and down by the vertical ones: a row of overlapping labels can
 * look like a horizontal line, but it does not lie between vertical ones.
 */
static void
find_plot(struct ink *k)
{
	struct ink_box across = { 0 }, down = { 0 };

	find_rows(k, &across);
	find_columns(k, &down);
	if (across.x1 && down.x1)
		k->plot = (struct ink_box){ across.x0, down.y0, across.x1,
					    down.y1 };
	else
		k->plot = across.x1 ? across : down;
	find_area(k, &k->plot);
	k->has_plot = k->plot.x1 > 0;
}

void
ink_init(struct ink *k, const struct image *im)
{
	int64_t pixels = (int64_t)im->width * im->height;
	size_t count;

	*k = (struct ink){ .factor = 1 };
	while (pixels / ((int64_t)k->factor * k->factor) > INK_PIXELS)
		k->factor++;
	k->width = (im->width + k->factor - 1) / k->factor;
	k->height = (im->height + k->factor - 1) / k->factor;
	count = (size_t)k->width * (size_t)k->height;
	k->rgb = xmalloc(count * 3);
	k->diff = xmalloc(count);
	flatten(k, im);
	find_backgrounds(k);
	measure_ink(k);
	find_plot(k);
}
