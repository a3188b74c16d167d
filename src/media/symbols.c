#include "media/symbols.h"

#include "base/lazy.h"
#include "base/str.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	CELL_PIXELS = 8, /* libchafa compares cells of 8 x 8 */
	TILE_STRIDE = CELL_PIXELS * 4,
	TILE_BYTES = TILE_STRIDE * CELL_PIXELS,
	TILES_AT_ONCE = 4000, /* 32000 pixels: its scaler counts in 16 bits */
	FULL_BLOCK = 0x2588,
	CLEARLY = 16, /* distance of a channel to the ground, of 255 */
};

static const ChafaCanvasMode modes[] = {
	[SYMBOLS_TRUE] = CHAFA_CANVAS_MODE_TRUECOLOR,
	[SYMBOLS_256] = CHAFA_CANVAS_MODE_INDEXED_240,
	[SYMBOLS_16] = CHAFA_CANVAS_MODE_INDEXED_16,
};

/* Set once by symbols_load, before any other thread reads it. */
static const struct lazy_chafa *chafa;

void
symbols_release(struct symbols *s)
{
	free(s->cells);
	*s = (struct symbols){ 0 };
}

bool
symbols_load(struct err *err)
{
	const struct lazy_chafa *loaded = lazy_chafa(err);

	if (loaded)
		chafa = loaded;
	return loaded != NULL;
}

static ChafaCanvasConfig *
make_config(const struct symbols_options *o, int columns, int rows)
{
	ChafaCanvasConfig *c = chafa->config_new();
	ChafaSymbolMap *map = chafa->symbol_map_new();
	int tags = CHAFA_SYMBOL_TAG_BLOCK | CHAFA_SYMBOL_TAG_SPACE;

	if (o->extended)
		tags |= CHAFA_SYMBOL_TAG_SEXTANT | CHAFA_SYMBOL_TAG_WEDGE;
	chafa->symbol_map_add_by_tags(map, (ChafaSymbolTags)tags);
	chafa->set_geometry(c, columns, rows);
	chafa->set_cell_geometry(c, CELL_PIXELS, 2 * CELL_PIXELS);
	chafa->set_pixel_mode(c, CHAFA_PIXEL_MODE_SYMBOLS);
	chafa->set_canvas_mode(c, modes[o->colours]);
	chafa->set_symbol_map(c, map);
	chafa->set_color_extractor(c, CHAFA_COLOR_EXTRACTOR_AVERAGE);
	chafa->set_dither_mode(c, CHAFA_DITHER_MODE_NONE);
	chafa->set_preprocessing(c, FALSE);
	chafa->set_work_factor(c, 0.8f);
	chafa->set_transparency_threshold(c, 1.0f);
	chafa->set_bg_color(c, 0xffffff);
	chafa->set_fg_color(c, 0x000000);
	chafa->symbol_map_unref(map);
	return c;
}

static void
set_text(struct symbols_cell *cell, uint32_t c, struct buf *scratch)
{
	buf_reset(scratch);
	utf8_encode(scratch, c);
	memcpy(cell->text, scratch->data, scratch->len + 1);
}

static void
read_cell(ChafaCanvas *canvas, const struct symbols_options *o, int row,
	  struct buf *text, struct symbols_cell *cell)
{
	uint32_t c = chafa->get_char_at(canvas, 0, row);
	int fg, bg;

	if (o->colours == SYMBOLS_TRUE)
		chafa->get_colors_at(canvas, 0, row, &fg, &bg);
	else
		chafa->get_raw_colors_at(canvas, 0, row, &fg, &bg);
	/* 0 is the right half of a wide symbol; the sets asked for have
	 * none. */
	c = c ? c : ' ';
	cell->fg = c == ' ' ? bg : fg;
	cell->bg = c == FULL_BLOCK ? fg : bg;
	set_text(cell, c, text);
}

/* --- cells that differ -------------------------------------------------- */

/* The pixels of all cells that are not equal, one above the other. */
struct tiles {
	uint8_t *pixels; /* TILE_BYTES each */
	int count;
	int *of_cell; /* which one a cell is */
};

static void
tiles_release(struct tiles *t)
{
	free(t->pixels);
	free(t->of_cell);
}

static void
copy_tile(const struct image *im, int column, int row, uint8_t *to)
{
	size_t stride = (size_t)im->width * 4;
	const uint8_t *from = im->rgba + (size_t)row * CELL_PIXELS * stride +
			      (size_t)column * TILE_STRIDE;

	for (int y = 0; y < CELL_PIXELS; y++)
		memcpy(to + (size_t)y * TILE_STRIDE, from + y * stride,
		       TILE_STRIDE);
}

static size_t
hash_tile(const uint8_t *tile)
{
	uint64_t hash = 0, word;

	for (size_t i = 0; i < TILE_BYTES; i += sizeof(word)) {
		memcpy(&word, tile + i, sizeof(word));
		hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 32;
	}
	return (size_t)hash;
}

/* slots: what hash_tile leads to, the tile's number + 1; 0: free. */
static void
tiles_collect(struct tiles *t, const struct image *im, int columns, int rows)
{
	size_t cells = (size_t)columns * rows, mask = 1;
	AUTO_FREE int *slots = NULL;

	while (mask < cells * 2)
		mask *= 2;
	slots = xcalloc(mask--, sizeof(*slots));
	t->of_cell = xcalloc(cells, sizeof(*t->of_cell));
	t->pixels = xmalloc(cells * TILE_BYTES);
	for (size_t i = 0; i < cells; i++) {
		uint8_t *tile = t->pixels + (size_t)t->count * TILE_BYTES;
		size_t at;

		copy_tile(im, (int)(i % columns), (int)(i / columns), tile);
		at = hash_tile(tile) & mask;
		while (slots[at] &&
		       memcmp(tile,
			      t->pixels + (size_t)(slots[at] - 1) * TILE_BYTES,
			      TILE_BYTES) != 0)
			at = (at + 1) & mask;
		if (!slots[at])
			slots[at] = ++t->count;
		t->of_cell[i] = slots[at] - 1;
	}
}

/* As a picture one cell wide. */
static void
draw_tiles(const uint8_t *pixels, int count, const struct symbols_options *o,
	   struct symbols_cell *ret)
{
	ChafaCanvasConfig *config = make_config(o, 1, count);
	ChafaCanvas *canvas = chafa->canvas_new(config);
	AUTO(buf) text = BUF_INIT;

	chafa->draw_all_pixels(canvas, CHAFA_PIXEL_RGBA8_UNASSOCIATED, pixels,
			       CELL_PIXELS, count * CELL_PIXELS, TILE_STRIDE);
	for (int i = 0; i < count; i++)
		read_cell(canvas, o, i, &text, &ret[i]);
	chafa->canvas_unref(canvas);
	chafa->config_unref(config);
}

/*
 * libchafa looks at each cell alone (without dithering and preprocessing),
 * and searches long for each. In a chart most cells are equal, so it is given
 * one of each.
 */
static bool
draw_cells(const struct image *im, struct scale_rect crop,
	   const struct symbols_options *o, struct symbols *out,
	   struct err *err)
{
	AUTO_FREE struct symbols_cell *drawn = NULL;
	AUTO(image) small = IMAGE_INIT;
	AUTO(tiles) t = { 0 };

	if (!scale_image(im, crop, out->columns * CELL_PIXELS,
			 out->rows * CELL_PIXELS, o->background, &small, err))
		return false;
	tiles_collect(&t, &small, out->columns, out->rows);
	drawn = xcalloc((size_t)t.count, sizeof(*drawn));
	for (int i = 0; i < t.count; i += TILES_AT_ONCE) {
		int left = t.count - i;

		draw_tiles(t.pixels + (size_t)i * TILE_BYTES,
			   left < TILES_AT_ONCE ? left : TILES_AT_ONCE, o,
			   drawn + i);
	}
	for (int i = 0; i < out->columns * out->rows; i++)
		out->cells[i] = drawn[t.of_cell[i]];
	return true;
}

/* --- without colours ---------------------------------------------------- */

/* The most frequent colour, to 4 bits a channel. */
static void
find_ground(const struct image *im, int ground[3])
{
	uint32_t counts[1 << 12] = { 0 };
	size_t pixels = (size_t)im->width * im->height;
	int best = 0;

	for (size_t i = 0; i < pixels; i++) {
		const uint8_t *p = im->rgba + i * 4;
		int bin = (p[0] >> 4) << 8 | (p[1] >> 4) << 4 | p[2] >> 4;

		counts[bin]++;
		if (counts[bin] > counts[best])
			best = bin;
	}
	for (int c = 0; c < 3; c++)
		ground[c] = (best >> (8 - 4 * c) & 15) * 17;
}

/* How far a pixel is from the ground. */
static int
distance(const uint8_t *rgb, const int ground[3])
{
	int most = 0;

	for (int c = 0; c < 3; c++) {
		int d = abs(rgb[c] - ground[c]);

		most = d > most ? d : most;
	}
	return most;
}

/* Whole and half cells have characters that are drawn without gaps. */
static uint32_t
dots_char(unsigned dots)
{
	static const struct {
		unsigned dots;
		uint32_t c;
	} blocks[] = {
		{ 0x00, ' ' },    { 0xff, FULL_BLOCK },
		{ 0x1b, 0x2580 }, /* upper half */
		{ 0xe4, 0x2584 }, /* lower */
		{ 0x47, 0x258c }, /* left */
		{ 0xb8, 0x2590 }, /* right */
	};

	for (size_t i = 0; i < ARRAY_LEN(blocks); i++)
		if (blocks[i].dots == dots)
			return blocks[i].c;
	return 0x2800 + dots;
}

/*
 * Without colours libchafa would draw what is darker than the middle, which
 * a thin line, averaged over a cell, is not. So every dot of a cell's 2 x 4
 * is drawn here when it differs clearly from the ground.
 */
static bool
draw_dots(const struct image *im, struct scale_rect crop,
	  const struct symbols_options *o, struct symbols *out, struct err *err)
{
	/* The bit of each dot, rows from the top (Unicode, Braille
	 * Patterns). */
	static const uint8_t bits[4][2] = {
		{ 0x01, 0x08 }, { 0x02, 0x10 }, { 0x04, 0x20 }, { 0x40, 0x80 }
	};
	AUTO(image) small = IMAGE_INIT;
	AUTO(buf) text = BUF_INIT;
	int ground[3];

	if (!scale_image(im, crop, out->columns * 2, out->rows * 4,
			 o->background, &small, err))
		return false;
	find_ground(&small, ground);
	for (int i = 0; i < out->columns * out->rows; i++) {
		int left = i % out->columns * 2, top = i / out->columns * 4;
		unsigned dots = 0;

		for (int d = 0; d < 8; d++) {
			int x = left + d % 2, y = top + d / 2;
			const uint8_t *p =
				small.rgba + ((size_t)y * small.width + x) * 4;

			if (distance(p, ground) >= CLEARLY)
				dots |= bits[d / 2][d % 2];
		}
		out->cells[i].fg = out->cells[i].bg = SYMBOLS_DEFAULT;
		set_text(&out->cells[i], dots_char(dots), &text);
	}
	return true;
}

bool
symbols_render(const struct image *im, const struct symbols_options *o,
	       struct symbols *ret, struct err *err)
{
	AUTO(symbols) out = { .columns = o->columns, .rows = o->rows };
	struct scale_rect crop = scale_clip(im, o->crop);

	assert(chafa || o->colours == SYMBOLS_MONO); /* symbols_load */
	if (o->columns < 1 || o->rows < 1 || im->width < 1 || im->height < 1)
		return FAIL(err, ERR_DATA,
			    "a picture of %d x %d pixels cannot be shown in "
			    "%d x %d cells; make the window larger",
			    im->width, im->height, o->columns, o->rows);
	if (o->columns > SYMBOLS_SIDE_LIMIT || o->rows > SYMBOLS_SIDE_LIMIT)
		return FAIL(err, ERR_TOOBIG,
			    "%d x %d cells is over the limit of %d a side; "
			    "show the picture smaller",
			    o->columns, o->rows, SYMBOLS_SIDE_LIMIT);
	scale_fit(crop.width, crop.height, o->cell_aspect, &out.columns,
		  &out.rows);
	out.cells = xcalloc((size_t)out.columns * out.rows, sizeof(*out.cells));
	if (o->colours == SYMBOLS_MONO ? !draw_dots(im, crop, o, &out, err) :
					 !draw_cells(im, crop, o, &out, err))
		return false;
	*ret = out;
	out.cells = NULL;
	return true;
}
