/*
 * Pixels are counted in bins of 5 bits a channel. Invariants:
 *  1. A bin's colour lies in the bin, so it says which bin it came from.
 *  2. After make_palette every bin that has pixels has a register below
 *     pal->count.
 */
#include "media/sixel.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	BINS = 1 << 15,
	EXACT_COLOURS = 48,
	BAND = 6,
	SHORTEST_RUN = 4, /* "!4?" is as long as "???" */
};

/* Pixels that look alike. The candidate is the colour that most of them
 * have, if one does (Boyer and Moore's vote). */
struct bin {
	uint32_t count, sum[3], candidate, votes;
};

struct colour {
	uint8_t rgb[3];
	uint32_t count;
};

struct palette {
	uint8_t rgb[SIXEL_COLOURS][3];
	int count;
	uint8_t *reg_of_bin; /* BINS */
};

/* A range of colours that will share a register. */
struct box {
	struct colour *items;
	size_t count;
	int widest;      /* the channel it spans most of */
	uint64_t weight; /* what is gained by cutting it */
};

static size_t
bin_of(const uint8_t *rgb)
{
	return (size_t)(rgb[0] >> 3) << 10 | (size_t)(rgb[1] >> 3) << 5 |
	       rgb[2] >> 3;
}

static void
count_pixels(struct bin *bins, const struct image *im)
{
	const uint8_t *p = im->rgba;
	const uint8_t *end = p + (size_t)im->width * im->height * 4;

	for (; p < end; p += 4) {
		struct bin *b = &bins[bin_of(p)];
		uint32_t rgb =
			(uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];

		b->count++;
		for (int c = 0; c < 3; c++)
			b->sum[c] += p[c] & 7;
		if (b->votes == 0)
			b->candidate = rgb;
		b->votes += b->candidate == rgb ? 1 : (uint32_t)-1;
	}
}

static struct colour
colour_of(const struct bin *b, size_t index)
{
	struct colour r = { .count = b->count };

	for (int c = 0; c < 3; c++) {
		int high = (int)(index >> (10 - 5 * c) & 31) << 3;

		r.rgb[c] = (uint8_t)(high + (int)(b->sum[c] / b->count));
	}
	if (b->votes > b->count / 4) {
		r.rgb[0] = (uint8_t)(b->candidate >> 16);
		r.rgb[1] = (uint8_t)(b->candidate >> 8);
		r.rgb[2] = (uint8_t)b->candidate;
	}
	return r;
}

static int
by_count(const void *a, const void *b)
{
	const struct colour *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return memcmp(x->rgb, y->rgb, 3);
}

static int
by_channel(const void *a, const void *b, void *ud)
{
	const struct colour *x = a, *y = b;
	int c = *(const int *)ud;

	if (x->rgb[c] != y->rgb[c])
		return x->rgb[c] - y->rgb[c];
	return memcmp(x->rgb, y->rgb, 3);
}

static void
measure(struct box *b)
{
	uint64_t pixels = 0;
	int span = -1;

	for (size_t i = 0; i < b->count; i++)
		pixels += b->items[i].count;
	for (int c = 0; c < 3; c++) {
		int low = 255, high = 0;

		for (size_t i = 0; i < b->count; i++) {
			int v = b->items[i].rgb[c];

			low = v < low ? v : low;
			high = v > high ? v : high;
		}
		if (high - low > span) {
			span = high - low;
			b->widest = c;
		}
	}
	/* Few pixels far apart count as much as many that are near. */
	b->weight = b->count < 2 ?
			    0 :
			    (uint64_t)span * span * span * (1 + pixels / 64);
}

/* Cuts the box where half of its colours are on each side. */
static void
cut(struct box *b, struct box *ret_upper)
{
	size_t half = b->count / 2;

	qsort_r(b->items, b->count, sizeof(*b->items), by_channel, &b->widest);
	*ret_upper = (struct box){ .items = b->items + half,
				   .count = b->count - half };
	b->count = half;
	measure(b);
	measure(ret_upper);
}

static void
add_register(struct palette *pal, const struct box *b)
{
	uint64_t sum[3] = { 0 }, pixels = 0;
	uint8_t *rgb = pal->rgb[pal->count];

	for (size_t i = 0; i < b->count; i++) {
		const struct colour *it = &b->items[i];

		pal->reg_of_bin[bin_of(it->rgb)] = (uint8_t)pal->count;
		pixels += it->count;
		for (int c = 0; c < 3; c++)
			sum[c] += (uint64_t)it->rgb[c] * it->count;
	}
	assert(pixels > 0); /* only bins with pixels became colours */
	for (int c = 0; c < 3; c++)
		rgb[c] = (uint8_t)((sum[c] + pixels / 2) / pixels);
	pal->count++;
}

/* Median cut into at most room registers. */
static void
share_registers(struct palette *pal, struct colour *items, size_t count,
		int room)
{
	struct box boxes[SIXEL_COLOURS] = { { items, count, 0, 0 } };
	int used = 1;

	measure(&boxes[0]);
	while (used < room) {
		struct box *best = &boxes[0];

		for (int i = 1; i < used; i++)
			if (boxes[i].weight > best->weight)
				best = &boxes[i];
		if (best->weight == 0)
			break;
		cut(best, &boxes[used++]);
	}
	for (int i = 0; i < used; i++)
		add_register(pal, &boxes[i]);
}

static void
make_palette(struct palette *pal, const struct image *im, int colours)
{
	AUTO_FREE struct bin *bins = xcalloc(BINS, sizeof(*bins));
	AUTO_FREE struct colour *items = xcalloc(BINS, sizeof(*items));
	size_t count = 0, exact;

	count_pixels(bins, im);
	for (size_t i = 0; i < BINS; i++)
		if (bins[i].count > 0)
			items[count++] = colour_of(&bins[i], i);
	qsort(items, count, sizeof(*items), by_count);
	exact = count;
	if (count > (size_t)colours)
		exact = colours / 2 < EXACT_COLOURS ? colours / 2 :
						      EXACT_COLOURS;
	for (size_t i = 0; i < exact; i++)
		add_register(pal, &(struct box){ &items[i], 1, 0, 0 });
	if (count > exact)
		share_registers(pal, items + exact, count - exact,
				colours - (int)exact);
}

/* One band as bit patterns: a row of `width` for each register, and the
 * columns that it has pixels in (first > last: none). */
struct band {
	int width;
	uint8_t *bits; /* SIXEL_COLOURS rows */
	int first[SIXEL_COLOURS], last[SIXEL_COLOURS];
};

static void
fill_band(struct band *band, const struct palette *pal, const uint8_t *px,
	  int height)
{
	for (int r = 0; r < pal->count; r++) {
		band->first[r] = band->width;
		band->last[r] = -1;
	}
	for (int y = 0; y < height; y++) {
		for (int x = 0; x < band->width; x++, px += 4) {
			int r = pal->reg_of_bin[bin_of(px)];
			uint8_t *row = band->bits + (size_t)r * band->width;

			if (band->last[r] < 0)
				memset(row, 0, (size_t)band->width);
			row[x] |= (uint8_t)(1 << y);
			if (x < band->first[r])
				band->first[r] = x;
			if (x > band->last[r])
				band->last[r] = x;
		}
	}
}

static void
add_run(struct buf *out, char c, int run)
{
	if (run >= SHORTEST_RUN) {
		buf_addch(out, '!');
		buf_addint(out, run);
		run = 1;
	}
	while (run-- > 0)
		buf_addch(out, c);
}

static void
add_band(struct buf *out, const struct band *band, int registers)
{
	bool first = true;

	for (int r = 0; r < registers; r++) {
		const uint8_t *row = band->bits + (size_t)r * band->width;
		int x = 0, end;

		if (band->last[r] < 0)
			continue;
		if (!first)
			buf_addch(out, '$');
		first = false;
		buf_addch(out, '#');
		buf_addint(out, r);
		add_run(out, '?', band->first[r]);
		for (x = band->first[r]; x <= band->last[r]; x = end) {
			end = x + 1;
			while (end <= band->last[r] && row[end] == row[x])
				end++;
			add_run(out, (char)('?' + row[x]), end - x);
		}
	}
}

static void
add_picture(struct buf *out, const struct image *im, const struct palette *pal)
{
	struct band band = { .width = im->width };

	band.bits = xmalloc((size_t)SIXEL_COLOURS * im->width);
	/* P2=1: pixels not drawn stay; pixels are square; the size. */
	buf_printf(out, "\033P0;1;0q\"1;1;%d;%d", im->width, im->height);
	for (int i = 0; i < pal->count; i++) {
		const uint8_t *rgb = pal->rgb[i];

		buf_printf(out, "#%d;2;%d;%d;%d", i, (rgb[0] * 100 + 127) / 255,
			   (rgb[1] * 100 + 127) / 255,
			   (rgb[2] * 100 + 127) / 255);
	}
	for (int y = 0; y < im->height; y += BAND) {
		int height = im->height - y < BAND ? im->height - y : BAND;

		if (y > 0)
			buf_addch(out, '-');
		fill_band(&band, pal, im->rgba + (size_t)y * im->width * 4,
			  height);
		add_band(out, &band, pal->count);
	}
	buf_addstr(out, "\033\\");
	free(band.bits);
}

/* Within the terminal's limits, in shape, in whole bands. */
static void
limit_size(const struct sixel_options *o, int *width, int *height)
{
	int max_w = o->max_width > 0 ? o->max_width : SIXEL_SIDE_DEFAULT;
	int max_h = o->max_height > 0 ? o->max_height : SIXEL_SIDE_DEFAULT;

	*width = o->width;
	*height = o->height;
	if (o->width > max_w || o->height > max_h) {
		*width = max_w;
		*height = max_h;
		scale_fit(o->width, o->height, 1, width, height);
	}
	if (*height > BAND)
		*height -= *height % BAND;
}

bool
sixel_show(struct buf *out, const struct image *im,
	   const struct sixel_options *o, int *ret_width, int *ret_height,
	   struct err *err)
{
	AUTO(image) scaled = IMAGE_INIT;
	struct palette pal = { .count = 0 };
	int width = o->width, height = o->height;
	int colours = o->colours > 1 && o->colours < SIXEL_COLOURS ?
			      o->colours :
			      SIXEL_COLOURS;

	if (width > 0 && height > 0)
		limit_size(o, &width, &height);
	if (!scale_image(im, o->crop, width, height, o->background, &scaled,
			 err))
		return false;
	pal.reg_of_bin = xcalloc(BINS, 1);
	make_palette(&pal, &scaled, colours);
	add_picture(out, &scaled, &pal);
	free(pal.reg_of_bin);
	*ret_width = width;
	*ret_height = height;
	return true;
}
