#include "ui/picture.h"

#include "media/iterm.h"
#include "media/kitty.h"
#include "ui/picture_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A picture's pixels on the screen. */
struct placed {
	bool on;
	char key[160]; /* content and part */
	struct rect rect;
	uint32_t id;      /* kitty */
	struct buf bytes; /* to be written; empty when it is there */
	uint32_t old;     /* kitty: to be deleted after it is shown */
};

struct pictures {
	struct loop *loop;
	const struct term_caps *caps;
	struct picture_cache *cache;
	struct placed placed[FRAME_SLOTS];
};

struct pictures *
pictures_new(struct loop *l, const struct term_caps *caps,
	     void (*on_ready)(void *ud), void *ud)
{
	struct pictures *p = xcalloc(1, sizeof(*p));

	p->loop = l;
	p->caps = caps;
	p->cache = picture_cache_new(l, on_ready, ud);
	return p;
}

void
pictures_free(struct pictures *p)
{
	picture_cache_free(p->cache);
	for (int i = 0; i < FRAME_SLOTS; i++)
		buf_release(&p->placed[i].bytes);
	free(p);
}

/* --- what of a picture shows, and where ---------------------------------- */

struct part {
	struct scale_rect crop;
	struct rect rect; /* cells of the frame */
};

static int
between(double x, int low, int high)
{
	return x < low ? low : x > high ? high : (int)x;
}

/* Zoom 1 shows all of it as large as the slot allows; more shows a part, as
 * much as the slot holds at that size. */
static struct part
part_of(const struct picture_slot *s, const struct term_caps *caps)
{
	double cw = caps->cell_width, ch = caps->cell_height;
	double scale_x = s->rect.w * cw / s->width;
	double scale_y = s->rect.h * ch / s->height;
	double scale = (scale_x < scale_y ? scale_x : scale_y) * s->zoom;
	struct part p;

	p.crop.width = between(s->rect.w * cw / scale + 0.5, 1, s->width);
	p.crop.height = between(s->rect.h * ch / scale + 0.5, 1, s->height);
	p.crop.x = (int)((s->width - p.crop.width) * s->pan_x);
	p.crop.y = (int)((s->height - p.crop.height) * s->pan_y);
	p.rect = s->rect;
	scale_fit(p.crop.width, p.crop.height, cw / ch, &p.rect.w, &p.rect.h);
	p.rect.x += (s->rect.w - p.rect.w) / 2;
	return p;
}

static struct picture_want
want_of(const struct pictures *p, const struct picture_slot *s,
	const struct part *part, enum picture_kind kind)
{
	static const enum symbols_colours colours[] = {
		[TERM_MONO] = SYMBOLS_MONO,   [TERM_8] = SYMBOLS_16,
		[TERM_16] = SYMBOLS_16,       [TERM_256] = SYMBOLS_256,
		[TERM_DIRECT] = SYMBOLS_TRUE,
	};
	struct picture_want w = {
		.kind = kind,
		.path = s->path,
		.sha256 = s->sha256,
		.crop = part->crop,
		.columns = part->rect.w,
		.rows = part->rect.h,
		.cell_width = p->caps->cell_width,
		.cell_height = p->caps->cell_height,
		.max_width = p->caps->sixel_width,
		.max_height = p->caps->sixel_height,
		.colours = p->caps->utf8 ? colours[p->caps->colours] :
					   SYMBOLS_MONO,
		.extended = p->caps->extended_symbols,
		.background = 0xffffff,
	};

	/* The file is the same whatever part of it shows. */
	if (kind == PICTURE_FILE) {
		memset(&w.crop, 0, sizeof(w.crop));
		w.columns = w.rows = 0;
	}
	return w;
}

/* --- symbols ------------------------------------------------------------ */

static int32_t
colour(int32_t c, enum symbols_colours how)
{
	if (c == SYMBOLS_DEFAULT)
		return COLOUR_DEFAULT;
	return how == SYMBOLS_TRUE ? COLOUR_RGB(c) : c;
}

static void
put_symbols(struct frame *f, const struct rect *r, const struct symbols *s,
	    enum symbols_colours how)
{
	int left = r->x + (r->w - s->columns) / 2;

	for (int y = 0; y < s->rows && y < r->h; y++)
		for (int x = 0; x < s->columns; x++) {
			const struct symbols_cell *from =
				&s->cells[y * s->columns + x];
			struct cell *to;

			if (left + x < 0 || left + x >= f->width)
				continue;
			to = frame_cell(f, left + x, r->y + y);
			/* Something was drawn over it. */
			if (!(to->style.attrs & STYLE_PICTURE))
				continue;
			memcpy(to->text, from->text, sizeof(from->text));
			to->style.fg = colour(from->fg, how);
			to->style.bg = colour(from->bg, how);
		}
}

static void
put_words(struct frame *f, struct rect r, const char *words)
{
	struct cell *c = frame_cell(f, r.x, r.y);
	struct style st = c->style;

	if (c->style.attrs & STYLE_PICTURE)
		frame_wrap(f, r, 0, 0, words, st);
}

static void
draw_symbols(struct pictures *p, struct frame *f, const struct picture_slot *s)
{
	struct part part = part_of(s, p->caps);
	struct picture_want w = want_of(p, s, &part, PICTURE_CELLS);
	const struct picture_entry *e;

	if (w.colours != SYMBOLS_MONO) {
		struct err err = ERR_INIT;

		if (!symbols_load(&err)) {
			put_words(f, s->rect, err.msg);
			return;
		}
	}
	e = picture_cache_get(p->cache, &w);
	if (e->failed)
		put_words(f, s->rect, e->err.msg);
	else if (!e->ready)
		put_words(f, s->rect, "...");
	else
		put_symbols(f, &part.rect, &e->symbols, w.colours);
}

/* --- pixels ------------------------------------------------------------- */

static bool
is_whole(struct frame *f, struct rect r)
{
	for (int y = r.y; y < r.y + r.h; y++)
		for (int x = r.x; x < r.x + r.w; x++)
			if (!(frame_cell(f, x, y)->style.attrs & STYLE_PICTURE))
				return false;
	return true;
}

static uint32_t
id_of(const struct picture_slot *s, int slot)
{
	char head[8];

	snprintf(head, sizeof(head), "%.6s", s->sha256);
	return (uint32_t)strtoul(head, NULL, 16) * FRAME_SLOTS +
	       (uint32_t)slot + 1;
}

static bool
same_rect(struct rect a, struct rect b)
{
	return a.x == b.x && a.y == b.y && a.w == b.w && a.h == b.h;
}

/* The bytes that show it; false while they are not ready. */
static bool
make_bytes(struct pictures *p, const struct picture_slot *s,
	   const struct part *part, struct placed *to, const char **ret_problem)
{
	bool is_sixel = p->caps->picture == PICTURE_SIXEL;
	struct picture_want w =
		want_of(p, s, part, is_sixel ? PICTURE_SIXELS : PICTURE_FILE);
	const struct picture_entry *e = picture_cache_get(p->cache, &w);
	struct kitty_place place = { .id = to->id,
				     .columns = part->rect.w,
				     .rows = part->rect.h,
				     .source = part->crop };

	if (e->failed)
		*ret_problem = e->err.msg;
	if (!e->ready || e->failed)
		return false;
	buf_reset(&to->bytes);
	if (is_sixel)
		buf_add(&to->bytes, e->bytes.data, e->bytes.len);
	else if (p->caps->picture == PICTURE_ITERM)
		iterm_show(&to->bytes, e->bytes.data, e->bytes.len,
			   part->rect.w, part->rect.h);
	else if (to->on && to->old == to->id)
		kitty_move(&to->bytes, &place);
	else
		kitty_show(&to->bytes, e->bytes.data, e->bytes.len, &place);
	return true;
}

/* Off the screen: kitty by its id, the others by sending the cells again. */
static void
take_away(struct pictures *p, struct term *t, struct placed *at)
{
	if (!at->on)
		return;
	at->on = false;
	at->key[0] = 0;
	buf_reset(&at->bytes);
	if (p->caps->picture == PICTURE_KITTY)
		kitty_delete(&at->bytes, at->id);
	else
		term_touch(t, at->rect);
}

static void
draw_pixels(struct pictures *p, struct term *t, struct frame *f,
	    const struct picture_slot *s, int slot)
{
	struct part part = part_of(s, p->caps);
	struct placed *at = &p->placed[slot];
	const char *problem = NULL;
	char key[sizeof(at->key)];

	snprintf(key, sizeof(key), "%s %d,%d,%d,%d", s->sha256, part.crop.x,
		 part.crop.y, part.crop.width, part.crop.height);
	if (at->on && strcmp(at->key, key) == 0 &&
	    same_rect(at->rect, part.rect))
		return;
	at->old = at->on ? at->id : 0;
	at->id = id_of(s, slot);
	if (!make_bytes(p, s, &part, at, &problem)) {
		at->id = at->old;
		at->old = 0;
		if (problem)
			put_words(f, s->rect, problem);
		else if (!at->on)
			put_words(f, s->rect, "...");
		return;
	}
	if (p->caps->picture == PICTURE_KITTY) {
		if (at->old && at->old != at->id)
			kitty_delete(&at->bytes, at->old);
	} else if (at->on && !same_rect(at->rect, part.rect)) {
		term_touch(t, at->rect);
	}
	snprintf(at->key, sizeof(at->key), "%s", key);
	at->rect = part.rect;
	at->on = true;
}

void
pictures_draw(struct pictures *p, struct term *t, struct frame *f)
{
	for (int i = 0; i < FRAME_SLOTS; i++) {
		const struct picture_slot *s = &f->slots[i];
		/* iTerm2 knows no part of a picture. */
		bool pixels =
			p->caps->picture > PICTURE_SYMBOLS &&
			(p->caps->picture != PICTURE_ITERM || s->zoom <= 1);

		if (i >= f->slot_count || !pixels || !is_whole(f, s->rect))
			take_away(p, t, &p->placed[i]);
		if (i >= f->slot_count)
			continue;
		if (p->caps->picture == PICTURE_NONE)
			put_words(f, s->rect, s->path);
		else if (pixels && is_whole(f, s->rect))
			draw_pixels(p, t, f, s, i);
		else
			draw_symbols(p, f, s);
	}
}

void
pictures_emit(struct pictures *p, struct term *t)
{
	for (int i = 0; i < FRAME_SLOTS; i++) {
		struct placed *at = &p->placed[i];

		if (at->bytes.len)
			term_picture(t, at->rect.x, at->rect.y, at->bytes.data,
				     at->bytes.len);
		buf_reset(&at->bytes);
	}
}

void
pictures_forget(struct pictures *p, struct term *t)
{
	for (int i = 0; i < FRAME_SLOTS; i++)
		take_away(p, t, &p->placed[i]);
	if (term_begin(t)) {
		pictures_emit(p, t);
		term_end(t);
	}
}
