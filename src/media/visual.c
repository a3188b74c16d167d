#include "media/visual.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "media/glyph.h"
#include "media/ink.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	COLOURED = 40,      /* chroma from here on is data, not axes */
	INSET_SHARE = 50,   /* ticks reach 1/50 of a side into the plot */
	INSET_MIN = 12,
	GRID_THICK = 5,     /* pixels, with the blur at both sides */
	COLOUR_SHARE = 50,  /* a data colour has 1/50 of the data's pixels */
};

/* What all checks look at; letters are found once. */
struct scene {
	struct ink ink;
	struct glyphs letters; /* touching ones separated */
	struct glyphs faint;   /* also faint ones */
	double scale;          /* pixels shown per pixel of the original */
};

static void
scene_release(struct scene *s)
{
	ink_release(&s->ink);
	glyphs_release(&s->letters);
	glyphs_release(&s->faint);
}

static const uint8_t *
pixel(const struct ink *k, int x, int y)
{
	return k->rgb + ((size_t)y * (size_t)k->width + (size_t)x) * 3;
}

static bool
is_ink(const struct ink *k, int x, int y)
{
	return k->diff[(size_t)y * (size_t)k->width + (size_t)x] > INK_FAINT;
}

/* --- blank -------------------------------------------------------------- */

/* Grid lines are thin: thicker ones are grey bars and not marked. */
static void
keep_thin(bool *grid, int lines)
{
	int from = 0;

	for (int i = 0; i <= lines; i++) {
		if (i < lines && grid[i])
			continue;
		if (i - from > GRID_THICK)
			memset(grid + from, false, (size_t)(i - from));
		from = i + 1;
	}
}

/*
 * Marks the rows (columns) of the plot that are grid lines or axes, also
 * dotted ones: a fifth of them grey ink and hardly any coloured. Caller
 * frees.
 */
static bool *
grid_lines(const struct ink *k, const struct ink_box *b, bool rows)
{
	int lines = rows ? b->y1 - b->y0 : b->x1 - b->x0;
	int length = rows ? b->x1 - b->x0 : b->y1 - b->y0;
	bool *grid = xcalloc((size_t)lines + 1, sizeof(*grid));

	for (int i = 0; i < lines; i++) {
		int grey = 0, coloured = 0;

		for (int j = 0; j < length; j++) {
			int x = b->x0 + (rows ? j : i);
			int y = b->y0 + (rows ? i : j);

			if (!is_ink(k, x, y))
				continue;
			if (ink_chroma(pixel(k, x, y)) >= COLOURED)
				coloured++;
			else
				grey++;
		}
		grid[i] = grey * 5 > length && coloured * 5 < length;
	}
	keep_thin(grid, lines);
	return grid;
}

/*
 * Calls fn for every pixel of the plot that is data: coloured, or grey off
 * the grid lines and away from the edge, where ticks stand. Returns how many.
 */
static size_t
each_data_pixel(const struct ink *k, void (*fn)(void *ud, const uint8_t *rgb),
		void *ud)
{
	const struct ink_box *b = &k->plot;
	AUTO_FREE bool *rows = grid_lines(k, b, true);
	AUTO_FREE bool *columns = grid_lines(k, b, false);
	int inset_x = (b->x1 - b->x0) / INSET_SHARE;
	int inset_y = (b->y1 - b->y0) / INSET_SHARE;
	size_t n = 0;

	inset_x = inset_x < INSET_MIN ? INSET_MIN : inset_x;
	inset_y = inset_y < INSET_MIN ? INSET_MIN : inset_y;
	for (int y = b->y0; y < b->y1; y++)
		for (int x = b->x0; x < b->x1; x++) {
			bool inside = x >= b->x0 + inset_x &&
				      x < b->x1 - inset_x &&
				      y >= b->y0 + inset_y &&
				      y < b->y1 - inset_y;
			const uint8_t *p = pixel(k, x, y);

			if (!is_ink(k, x, y))
				continue;
			if (ink_chroma(p) < COLOURED &&
			    (!inside || rows[y - b->y0] || columns[x - b->x0]))
				continue;
			n++;
			if (fn)
				fn(ud, p);
		}
	return n;
}

static double
ink_share(const struct ink *k)
{
	size_t count = (size_t)k->width * (size_t)k->height, n = 0;

	for (size_t i = 0; i < count; i++)
		n += k->diff[i] > INK_FAINT;
	return (double)n / (double)count;
}

static bool
measure_blank(const struct scene *s, double *ret)
{
	const struct ink *k = &s->ink;
	const struct ink_box *b = &k->plot;

	if (!k->has_plot)
		*ret = ink_share(k);
	else
		*ret = (double)each_data_pixel(k, NULL, NULL) /
		       ((double)(b->x1 - b->x0) * (b->y1 - b->y0));
	return true;
}

/* --- clipped ------------------------------------------------------------ */

/*
 * Ink in one line at the border; a line that is nearly all ink is a frame or
 * a picture without margins, and nothing is cut there.
 */
static int
border_ink(const struct ink *k, int x, int y, int dx, int dy)
{
	int length = dx ? k->width : k->height, n = 0;

	for (int i = 0; i < length; i++)
		n += is_ink(k, x + i * dx, y + i * dy);
	return n * 10 >= length * 9 ? 0 : n;
}

static bool
measure_clipped(const struct scene *s, double *ret)
{
	const struct ink *k = &s->ink;

	*ret = border_ink(k, 0, 0, 1, 0) +
	       border_ink(k, 0, k->height - 1, 1, 0) +
	       border_ink(k, 0, 0, 0, 1) +
	       border_ink(k, k->width - 1, 0, 0, 1);
	return true;
}

/* --- contrast ----------------------------------------------------------- */

struct palette {
	uint32_t count[4096];
	uint32_t sum[4096][3];
};

static void
add_colour(void *ud, const uint8_t *p)
{
	struct palette *t = ud;
	int at = (p[0] >> 4) << 8 | (p[1] >> 4) << 4 | p[2] >> 4;

	t->count[at]++;
	for (int c = 0; c < 3; c++)
		t->sum[at][c] += p[c];
}

/* The strongest of the colours that matter; false when there are none. */
static bool
data_contrast(const struct ink *k, double *ret)
{
	AUTO_FREE struct palette *t = xcalloc(1, sizeof(*t));
	size_t all = each_data_pixel(k, add_colour, t);
	double best = 0;

	for (size_t i = 0; i < ARRAY_LEN(t->count); i++) {
		uint8_t rgb[3];
		double ratio;

		if (t->count[i] == 0 || t->count[i] * COLOUR_SHARE < all)
			continue;
		for (int c = 0; c < 3; c++)
			rgb[c] = (uint8_t)(t->sum[i][c] / t->count[i]);
		ratio = ink_contrast(k, rgb);
		best = ratio > best ? ratio : best;
	}
	*ret = best;
	return best > 0;
}

static bool
measure_contrast(const struct scene *s, double *ret)
{
	double text = glyphs_contrast(&s->faint), data;

	if (!s->ink.has_plot)
		return false;
	if (!data_contrast(&s->ink, &data))
		data = INFINITY;
	if (text <= 0)
		text = INFINITY;
	*ret = text < data ? text : data;
	return isfinite(*ret);
}

/* --- text --------------------------------------------------------------- */

static bool
measure_text_size(const struct scene *s, double *ret)
{
	*ret = glyphs_height(&s->letters, &s->ink) * s->scale;
	return *ret > 0;
}

/* Letters of a few pixels run into each other without overlapping. */
static bool
measure_overlap(const struct scene *s, double *ret)
{
	double letter = glyphs_height(&s->letters, &s->ink) / s->ink.factor;

	*ret = glyphs_merged_share(&s->letters, &s->ink);
	return letter >= 6.5;
}

/* --- the table ---------------------------------------------------------- */

struct row {
	bool (*measure)(const struct scene *s, double *ret);
	const char *message; /* what is wrong and what to do */
};

static const struct row rows[] = {
	[VISUAL_BLANK] = { measure_blank,
		"the picture shows no data; check that the columns have values "
		"and that the axis ranges include them" },
	[VISUAL_CLIPPED] = { measure_clipped,
		"something is cut off at the border; enlarge the margins or "
		"the picture, or shorten the title and labels" },
	[VISUAL_CONTRAST] = { measure_contrast,
		"text or data are too faint to see; use darker colours on the "
		"background" },
	[VISUAL_TEXT_SIZE] = { measure_text_size,
		"the text is too small to read; use a larger font, or a "
		"smaller picture" },
	[VISUAL_OVERLAP] = { measure_overlap,
		"labels overlap; rotate the x labels or show fewer" },
};

static const struct {
	const char *name;
	double threshold;
	bool under;
} checks[] = {
#define X(id, name, threshold, under) [id] = { name, threshold, under },
	VISUAL_CHECKS(X)
#undef X
};

static void
judge(enum visual_id id, const struct scene *s,
      const struct visual_options *o, struct visual_finding *f)
{
	*f = (struct visual_finding){ .id = id, .check = checks[id].name };
	f->threshold = o->threshold[id] > 0 ? o->threshold[id]
					    : checks[id].threshold;
	f->measured = rows[id].measure(s, &f->value);
	f->value = f->measured ? f->value : 0;
	f->ok = !f->measured || (checks[id].under ? f->value >= f->threshold
						  : f->value <= f->threshold);
	if (!f->ok)
		snprintf(f->message, sizeof(f->message), "%s (%.3g, %s is "
			 "%.3g)", rows[id].message, f->value,
			 checks[id].under ? "the least" : "the most",
			 f->threshold);
}

void
visual_check(const struct image *im, const struct visual_options *options,
	     struct visual_report *ret)
{
	static const struct visual_options defaults;
	const struct visual_options *o = options ? options : &defaults;
	AUTO(scene) s = { .scale = o->shown_scale > 0 ? o->shown_scale : 1 };

	*ret = (struct visual_report){ .ok = true };
	ink_init(&s.ink, im);
	glyphs_find(&s.letters, &s.ink, glyphs_faint(&s.ink));
	glyphs_find(&s.faint, &s.ink, INK_FAINT);
	for (int id = 0; id < VISUAL_COUNT; id++) {
		struct visual_finding *f = &ret->findings[ret->count];

		if (o->skip[id])
			continue;
		judge((enum visual_id)id, &s, o, f);
		ret->ok &= f->ok;
		ret->count++;
	}
}

bool
visual_find(const char *name, enum visual_id *ret)
{
	for (int id = 0; id < VISUAL_COUNT; id++)
		if (str_eq(name, checks[id].name)) {
			*ret = (enum visual_id)id;
			return true;
		}
	return false;
}

static void
add_finding(const struct visual_finding *f, struct buf *out)
{
	buf_addch(out, '{');
	json_add_key(out, "check");
	json_add_str(out, f->check);
	json_add_key(out, "ok");
	buf_addstr(out, f->ok ? "true" : "false");
	json_add_key(out, "value");
	json_add_num(out, f->measured ? f->value : NAN);
	json_add_key(out, "threshold");
	json_add_num(out, f->threshold);
	json_add_key(out, "message");
	json_add_str(out, f->message);
	buf_addch(out, '}');
}

void
visual_report_json(const struct visual_report *r, struct buf *out)
{
	buf_printf(out, "{\"ok\":%s,\"checks\":[", r->ok ? "true" : "false");
	for (size_t i = 0; i < r->count; i++) {
		if (i)
			buf_addch(out, ',');
		add_finding(&r->findings[i], out);
	}
	buf_addstr(out, "]}");
}
