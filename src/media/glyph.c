/*
 * Pieces are found in one pass over the rows: runs of ink that touch a run of
 * the row before (also diagonally) are joined in a union-find of pieces.
 *
 * Invariants
 *  1. parent[i] <= i, so the root of a piece is its oldest run's.
 *  2. Only roots have meaning in `items`; others were added to their root.
 */
#include "media/glyph.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum {
	PIECE_LIMIT = 200000, /* while finding, before roots are counted */
	GREY = 40,            /* chroma up to this is text */
	SIDE_MIN = 3,         /* smaller is a dot or dirt */
};

struct run {
	int from, to; /* columns, to is one beyond */
	int piece;
};

struct finder {
	const struct ink *k;
	int faint;
	struct glyph *items;
	int *parent;
	size_t count, cap, parent_cap;
	struct run *above, *here;
	size_t above_count, here_count, above_cap, here_cap;
};

static void
finder_release(struct finder *f)
{
	free(f->items);
	free(f->parent);
	free(f->above);
	free(f->here);
}

void
glyphs_release(struct glyphs *g)
{
	free(g->items);
	*g = (struct glyphs){ 0 };
}

static int
root_of(struct finder *f, int i)
{
	while (f->parent[i] != i) {
		f->parent[i] = f->parent[f->parent[i]];
		i = f->parent[i];
	}
	return i;
}

static int
new_piece(struct finder *f, int x, int y)
{
	GROW(f->items, f->count, f->cap);
	GROW(f->parent, f->count, f->parent_cap);
	f->items[f->count] = (struct glyph){ .box = { x, y, x, y } };
	f->parent[f->count] = (int)f->count;
	return (int)f->count++;
}

static void
merge(struct finder *f, int a, int b)
{
	int to = a < b ? a : b, from = a < b ? b : a;
	struct glyph *t = &f->items[to];
	const struct glyph *s = &f->items[from];

	if (a == b)
		return;
	f->parent[from] = to;
	t->area += s->area;
	t->box.x0 = s->box.x0 < t->box.x0 ? s->box.x0 : t->box.x0;
	t->box.y0 = s->box.y0 < t->box.y0 ? s->box.y0 : t->box.y0;
	t->box.x1 = s->box.x1 > t->box.x1 ? s->box.x1 : t->box.x1;
	t->box.y1 = s->box.y1 > t->box.y1 ? s->box.y1 : t->box.y1;
	if (s->strongest > t->strongest) {
		t->strongest = s->strongest;
		t->chroma = s->chroma;
		t->contrast = s->contrast;
	}
}

/* Adds a run of row y to its piece. contrast holds the pixel's index until
 * the end, when it becomes a ratio. */
static void
add_run(struct finder *f, const struct run *r, int y)
{
	struct glyph *g = &f->items[r->piece];
	size_t row = (size_t)y * (size_t)f->k->width;

	g->area += r->to - r->from;
	g->box.x0 = r->from < g->box.x0 ? r->from : g->box.x0;
	g->box.x1 = r->to > g->box.x1 ? r->to : g->box.x1;
	g->box.y1 = y + 1;
	for (int x = r->from; x < r->to; x++) {
		size_t at = row + (size_t)x;

		if (f->k->diff[at] > g->strongest) {
			g->strongest = f->k->diff[at];
			g->contrast = (double)at;
			g->chroma = ink_chroma(f->k->rgb + at * 3);
		}
	}
}

/* Joins the run to those of the row above that touch it. */
static void
join(struct finder *f, struct run *r, size_t *above, int y)
{
	r->piece = -1;
	while (*above < f->above_count && f->above[*above].to < r->from)
		++*above;
	for (size_t i = *above; i < f->above_count &&
	     f->above[i].from <= r->to; i++) {
		int piece = root_of(f, f->above[i].piece);

		if (r->piece >= 0)
			merge(f, piece, r->piece);
		r->piece = r->piece < 0 || piece < r->piece ? piece
							    : r->piece;
	}
	if (r->piece < 0)
		r->piece = new_piece(f, r->from, y);
	add_run(f, r, y);
}

static bool
is_text_pixel(const struct finder *f, int x, int y)
{
	const struct ink_box *b = &f->k->plot;

	if (y >= b->y0 && y < b->y1 && x >= b->x0 && x < b->x1)
		return false;
	return f->k->diff[(size_t)y * (size_t)f->k->width + (size_t)x] >
	       f->faint;
}

static void
scan_row(struct finder *f, int y)
{
	struct run *swap = f->above;
	size_t swap_cap = f->above_cap, above = 0;
	int from = -1;

	f->above = f->here;
	f->above_cap = f->here_cap;
	f->above_count = f->here_count;
	f->here = swap;
	f->here_cap = swap_cap;
	f->here_count = 0;
	for (int x = 0; x <= f->k->width; x++) {
		bool ink = x < f->k->width && is_text_pixel(f, x, y);

		if (ink && from < 0)
			from = x;
		if (ink || from < 0)
			continue;
		GROW(f->here, f->here_count, f->here_cap);
		f->here[f->here_count] = (struct run){ from, x, -1 };
		join(f, &f->here[f->here_count++], &above, y);
		from = -1;
	}
}

static int
width(const struct glyph *g)
{
	return g->box.x1 - g->box.x0;
}

static int
height(const struct glyph *g)
{
	return g->box.y1 - g->box.y0;
}

static double
fill_of(const struct glyph *g)
{
	return (double)g->area / ((double)width(g) * height(g));
}

/* Grey, no line, no filled area; long blobs of overlapping labels pass. */
static bool
is_text(const struct glyph *g)
{
	int shorter = width(g) < height(g) ? width(g) : height(g);
	int longer = width(g) < height(g) ? height(g) : width(g);

	if (g->chroma > GREY)
		return false;
	if (shorter > GLYPH_SIDE || (shorter < SIDE_MIN && longer > GLYPH_SIDE))
		return false;
	return shorter <= SIDE_MIN || longer < 2 * shorter ||
	       fill_of(g) < 0.9;
}

void
glyphs_find(struct glyphs *g, const struct ink *k, int faint)
{
	AUTO(finder) f = { .k = k, .faint = faint };

	*g = (struct glyphs){ 0 };
	if (!k->has_plot)
		return;
	for (int y = 0; y < k->height; y++) {
		scan_row(&f, y);
		if (f.count > PIECE_LIMIT)
			return;
	}
	for (size_t i = 0; i < f.count; i++) {
		struct glyph *item = &f.items[i];

		if (f.parent[i] != (int)i || !is_text(item))
			continue;
		item->contrast = ink_contrast(k, k->rgb +
						 (size_t)item->contrast * 3);
		item->tiny = width(item) < SIDE_MIN && height(item) < SIDE_MIN;
		GROW(g->items, g->count, g->cap);
		g->items[g->count++] = *item;
	}
	if (g->count > GLYPH_LIMIT)
		glyphs_release(g);
}

int
glyphs_faint(const struct ink *k)
{
	size_t seen[256] = { 0 }, all = 0, above = 0;
	const struct ink_box *b = &k->plot;

	for (int y = 0; y < k->height; y++)
		for (int x = 0; x < k->width; x++) {
			int d = k->diff[(size_t)y * (size_t)k->width +
					(size_t)x];

			if (d <= INK_FAINT || (y >= b->y0 && y < b->y1 &&
					       x >= b->x0 && x < b->x1))
				continue;
			seen[d]++;
			all++;
		}
	for (int d = 255; d > INK_FAINT; d--) {
		above += seen[d];
		if (above * 50 >= all && above)
			return d * 2 / 5 > INK_FAINT ? d * 2 / 5 : INK_FAINT;
	}
	return INK_FAINT;
}

/* --- measures ----------------------------------------------------------- */

struct weighted {
	double value, weight;
};

static int
compare_weighted(const void *a, const void *b)
{
	const struct weighted *x = a, *y = b;

	return (x->value > y->value) - (x->value < y->value);
}

/* The value below which a share of the weight lies; 0 for none. Sorts v. */
static double
quantile(struct weighted *v, size_t count, double share)
{
	double all = 0, below = 0;

	qsort(v, count, sizeof(*v), compare_weighted);
	for (size_t i = 0; i < count; i++)
		all += v[i].weight;
	for (size_t i = 0; i < count; i++) {
		below += v[i].weight;
		if (below >= share * all)
			return v[i].value;
	}
	return 0;
}

/* A stroke that alone says nothing of the text's height: l, I, a dash. */
static bool
is_stroke(const struct glyph *g)
{
	int w = width(g), h = height(g);

	return (w > 2 * h || h > 2 * w) && fill_of(g) > 0.75;
}

/*
 * How tall the letters of a piece are, whatever way they are turned: the
 * longer side of a single letter, the shorter side of several that touch.
 */
static double
letter_height(const struct glyph *g)
{
	double w = width(g), h = height(g);
	double shorter = w < h ? w : h, longer = w < h ? h : w;

	return longer > 1.8 * shorter ? shorter : longer;
}

/* In pixels of k; 0 with fewer than GLYPH_FEWEST letters. */
static double
typical_height(const struct glyphs *g)
{
	AUTO_FREE struct weighted *v = xcalloc(g->count + 1, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < g->count; i++)
		if (!g->items[i].tiny && !is_stroke(&g->items[i]))
			v[n++] = (struct weighted){
				letter_height(&g->items[i]),
				g->items[i].area };
	return n < GLYPH_FEWEST ? 0 : quantile(v, n, 0.5);
}

double
glyphs_height(const struct glyphs *g, const struct ink *k)
{
	return typical_height(g) * k->factor;
}

double
glyphs_contrast(const struct glyphs *g)
{
	AUTO_FREE struct weighted *v = xcalloc(g->count + 1, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < g->count; i++)
		if (!g->items[i].tiny)
			v[n++] = (struct weighted){ g->items[i].contrast, 1 };
	return quantile(v, n, 1.0 / 6);
}

/* --- text that has run together ----------------------------------------- */

static int
compare_left(const void *a, const void *b)
{
	const struct glyph *x = a, *y = b;

	return (x->box.x0 > y->box.x0) - (x->box.x0 < y->box.x0);
}

/*
 * Rows [*top, *bottom) of the first line of text below the plot: from the
 * first row with letters to the next without. False without any.
 */
static bool
first_line(const struct glyphs *g, const struct ink *k, int *top, int *bottom)
{
	AUTO_FREE bool *used = xcalloc((size_t)k->height + 1, sizeof(*used));
	int y = k->plot.y1;

	for (size_t i = 0; i < g->count; i++)
		if (g->items[i].box.y0 >= y &&
		    height(&g->items[i]) > SIDE_MIN)
			memset(used + g->items[i].box.y0, true,
			       (size_t)height(&g->items[i]));
	while (y < k->height && !used[y])
		y++;
	*top = y;
	while (y < k->height && used[y])
		y++;
	*bottom = y;
	return *bottom > *top;
}

/* The letters of that line, from left to right. Caller frees. */
static struct glyph *
line_letters(const struct glyphs *g, const struct ink *k, int top, int bottom,
	     size_t *ret_count)
{
	struct glyph *line = xcalloc(g->count + 1, sizeof(*line));
	size_t n = 0;

	for (size_t i = 0; i < g->count; i++) {
		const struct ink_box *b = &g->items[i].box;

		if (b->y0 >= top && b->y1 <= bottom && b->x1 > k->plot.x0 / 2)
			line[n++] = g->items[i];
	}
	qsort(line, n, sizeof(*line), compare_left);
	*ret_count = n;
	return line;
}

/* The ink of stretches without a gap. Slanted labels make a tall line: they
 * are left to the pieces. */
static double
stretch_ink(const struct glyphs *g, const struct ink *k, double letter)
{
	int top, bottom, end;
	size_t count, from = 0;
	AUTO_FREE struct glyph *line = NULL;
	double ink = 0, in_stretch = 0, least = GLYPH_STRETCH * letter;

	if (!first_line(g, k, &top, &bottom) || bottom - top > 2.5 * letter)
		return 0;
	if (least < (k->plot.x1 - k->plot.x0) / 4.0)
		least = (k->plot.x1 - k->plot.x0) / 4.0;
	line = line_letters(g, k, top, bottom, &count);
	end = count ? line[0].box.x1 : 0;
	for (size_t i = 0; i <= count; i++) {
		bool gap = i == count || line[i].box.x0 - end > 0.45 * letter;

		if (gap && count && end - line[from].box.x0 > least)
			ink += in_stretch;
		if (i == count)
			break;
		if (gap) {
			from = i;
			in_stretch = 0;
		}
		in_stretch += line[i].area;
		end = gap || line[i].box.x1 > end ? line[i].box.x1 : end;
	}
	return ink;
}

double
glyphs_merged_share(const struct glyphs *g, const struct ink *k)
{
	double letter = typical_height(g), blobs = 0, all = 0, stretches;

	for (size_t i = 0; i < g->count; i++) {
		const struct glyph *p = &g->items[i];
		double box = (double)width(p) * height(p);

		all += p->area;
		if (box > 2.8 * letter * letter && !is_stroke(p))
			blobs += p->area;
	}
	stretches = letter > 0 ? stretch_ink(g, k, letter) : 0;
	blobs = blobs > stretches ? blobs : stretches;
	return all > 0 ? blobs / all : 0;
}
