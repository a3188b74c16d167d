/*
 * picture_cache.h - pictures made ready for a terminal, on pool threads, and
 * kept: cells of symbols, sixel bytes, or the checked bytes of a PNG.
 *
 * Kept are at most PICTURE_ENTRIES results and PICTURE_BYTES of them, and
 * decoded pixels up to PICTURE_PIXELS (so that zoom and pan do not decode
 * again). The least recently used go first.
 */
#ifndef AGENTOPS_UI_PICTURE_CACHE_H
#define AGENTOPS_UI_PICTURE_CACHE_H

#include "base/loop.h"
#include "media/symbols.h"
#include "ui/frame.h"

enum {
	PICTURE_ENTRIES = 64,
	PICTURE_BYTES = 4 << 20,
	PICTURE_PIXELS = 2 << 20,
};

enum picture_kind { PICTURE_CELLS, PICTURE_SIXELS, PICTURE_FILE };

/* What is wanted of a picture. */
struct picture_want {
	enum picture_kind kind;
	const char *path, *sha256;
	struct scale_rect crop;      /* width 0: all of it */
	int columns, rows;           /* cells to fill */
	int cell_width, cell_height; /* pixels */
	int max_width, max_height;   /* sixels: the terminal's limit */
	enum symbols_colours colours;
	bool extended;
	uint32_t background;         /* 0xRRGGBB */
};

struct picture_entry {
	bool ready, failed;
	struct symbols symbols;
	struct buf bytes;
	struct err err;              /* when it failed */
};

struct picture_cache;

struct picture_cache *picture_cache_new(struct loop *l,
					void (*on_ready)(void *ud), void *ud);
void picture_cache_free(struct picture_cache *c);
/* The result, or one that is not ready while its job runs. Borrowed until
 * the next call. */
const struct picture_entry *picture_cache_get(struct picture_cache *c,
					      const struct picture_want *w);

#endif
