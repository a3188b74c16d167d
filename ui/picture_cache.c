/*
 * picture_cache.c
 *
 *  1. Entries and decoded pixels are touched by the loop's thread alone; a
 *     job has its own results and a share (refs) of the pixels it reads.
 *  2. A job outlives the cache: then cache is NULL and its result is freed.
 */
#include "ui/picture_cache.h"

#include "media/png.h"
#include "media/sixel.h"

#include "base/path.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_SIZE = 192 };

struct pixels {
	char sha256[65];
	struct image image;
	int refs;   /* of the cache and of jobs */
	bool owned; /* by the cache */
	uint64_t used;
};

struct entry {
	struct picture_entry e;
	char key[KEY_SIZE];
	uint64_t used;
	struct entry *next;
};

struct job {
	struct picture_cache *cache; /* NULL: it is gone */
	struct job *next;
	char key[KEY_SIZE];
	char *path;
	struct picture_want want;
	struct pixels *pixels; /* decoded by this job, or shared */
	bool decoded;          /* by this job */
	struct picture_entry result;
};

struct picture_cache {
	struct loop *loop;
	void (*on_ready)(void *ud);
	void *ud;
	struct entry *entries;
	struct pixels *pixels[8];
	struct job *jobs;
	uint64_t clock;
};

struct picture_cache *
picture_cache_new(struct loop *l, void (*on_ready)(void *ud), void *ud)
{
	struct picture_cache *c = xcalloc(1, sizeof(*c));

	c->loop = l;
	c->on_ready = on_ready;
	c->ud = ud;
	return c;
}

static void
result_release(struct picture_entry *e)
{
	symbols_release(&e->symbols);
	buf_release(&e->bytes);
}

static void
pixels_unref(struct pixels *p)
{
	if (!p || --p->refs)
		return;
	image_release(&p->image);
	free(p);
}

void
picture_cache_free(struct picture_cache *c)
{
	for (struct entry *e = c->entries, *next; e; e = next) {
		next = e->next;
		result_release(&e->e);
		free(e);
	}
	for (size_t i = 0; i < ARRAY_LEN(c->pixels); i++)
		pixels_unref(c->pixels[i]);
	for (struct job *j = c->jobs; j; j = j->next)
		j->cache = NULL;
	free(c);
}

/* --- what is kept ------------------------------------------------------- */

static size_t
entry_bytes(const struct entry *e)
{
	return e->e.bytes.cap + (size_t)e->e.symbols.columns *
					(size_t)e->e.symbols.rows *
					sizeof(struct symbols_cell);
}

/* Drops the entry used longest ago, but for the newest. */
static bool
drop_oldest(struct picture_cache *c)
{
	struct entry **at = &c->entries, **oldest = NULL, *e;

	for (; *at; at = &(*at)->next)
		if ((*at)->e.ready && (*at)->used != c->clock &&
		    (!oldest || (*at)->used < (*oldest)->used))
			oldest = at;
	if (!oldest)
		return false;
	e = *oldest;
	*oldest = e->next;
	result_release(&e->e);
	free(e);
	return true;
}

static void
trim(struct picture_cache *c)
{
	size_t bytes, count;

	do {
		bytes = count = 0;
		for (struct entry *e = c->entries; e; e = e->next) {
			bytes += entry_bytes(e);
			count++;
		}
	} while ((bytes > PICTURE_BYTES || count > PICTURE_ENTRIES) &&
		 drop_oldest(c));
}

static struct pixels *
find_pixels(struct picture_cache *c, const char *sha256)
{
	for (size_t i = 0; i < ARRAY_LEN(c->pixels); i++)
		if (c->pixels[i] && strcmp(c->pixels[i]->sha256, sha256) == 0) {
			c->pixels[i]->used = ++c->clock;
			return c->pixels[i];
		}
	return NULL;
}

static void
keep_pixels(struct picture_cache *c, struct pixels *p)
{
	int64_t total = 0;
	size_t at = 0;

	if (find_pixels(c, p->sha256))
		return;
	p->used = ++c->clock;
	for (size_t i = 0; i < ARRAY_LEN(c->pixels); i++)
		if (!c->pixels[i] ||
		    (c->pixels[at] && c->pixels[i]->used < c->pixels[at]->used))
			at = i;
	pixels_unref(c->pixels[at]);
	c->pixels[at] = p;
	p->refs++;
	for (;;) {
		size_t oldest = at;

		total = 0;
		for (size_t i = 0; i < ARRAY_LEN(c->pixels); i++) {
			struct pixels *q = c->pixels[i];

			if (!q)
				continue;
			total += (int64_t)q->image.width * q->image.height;
			if (q->used < c->pixels[oldest]->used)
				oldest = i;
		}
		if (total <= PICTURE_PIXELS || oldest == at)
			return;
		pixels_unref(TAKE(c->pixels[oldest]));
	}
}

/* --- jobs --------------------------------------------------------------- */

static bool
decode(struct job *j)
{
	if (j->pixels->image.rgba)
		return true;
	j->decoded = png_decode_path(j->path, NULL, &j->pixels->image,
				     &j->result.err);
	return j->decoded;
}

static bool
make_cells(struct job *j)
{
	const struct picture_want *w = &j->want;
	struct symbols_options o = {
		.columns = w->columns,
		.rows = w->rows,
		.cell_aspect = (double)w->cell_width / w->cell_height,
		.crop = w->crop,
		.background = w->background,
		.colours = w->colours,
		.extended = w->extended,
	};

	return symbols_render(&j->pixels->image, &o, &j->result.symbols,
			      &j->result.err);
}

static bool
make_sixels(struct job *j)
{
	const struct picture_want *w = &j->want;
	struct sixel_options o = {
		.width = w->columns * w->cell_width,
		.height = w->rows * w->cell_height,
		.max_width = w->max_width,
		.max_height = w->max_height,
		.crop = w->crop,
		.background = w->background,
	};
	int width, height;

	return sixel_show(&j->result.bytes, &j->pixels->image, &o, &width,
			  &height, &j->result.err);
}

static bool
read_bytes(struct job *j)
{
	return path_read(j->path, PNG_FILE_LIMIT, &j->result.bytes,
			 &j->result.err);
}

static void
work(void *ud)
{
	static bool (*const make[])(struct job *) = {
		[PICTURE_CELLS] = make_cells,
		[PICTURE_SIXELS] = make_sixels,
		[PICTURE_FILE] = read_bytes,
	};
	struct job *j = ud;

	j->result.failed = !decode(j) || !make[j->want.kind](j);
}

static struct entry *
find_entry(struct picture_cache *c, const char *key)
{
	struct entry *e = c->entries;

	while (e && strcmp(e->key, key) != 0)
		e = e->next;
	return e;
}

static void
done(void *ud)
{
	struct job *j = ud;
	struct picture_cache *c = j->cache;
	struct entry *e = c ? find_entry(c, j->key) : NULL;

	if (c) {
		struct job **at = &c->jobs;

		while (*at != j)
			at = &(*at)->next;
		*at = j->next;
		if (j->decoded && !j->result.failed)
			keep_pixels(c, j->pixels);
	}
	if (e) {
		e->e = j->result;
		e->e.ready = true;
		trim(c);
		c->on_ready(c->ud);
	} else {
		result_release(&j->result);
	}
	pixels_unref(j->pixels);
	free(j->path);
	free(j);
}

static void
start(struct picture_cache *c, const struct picture_want *w, const char *key)
{
	struct job *j = xcalloc(1, sizeof(*j));

	j->cache = c;
	j->next = c->jobs;
	c->jobs = j;
	snprintf(j->key, sizeof(j->key), "%s", key);
	j->path = xstrdup(w->path);
	j->want = *w;
	j->pixels = find_pixels(c, w->sha256);
	if (!j->pixels) {
		j->pixels = xcalloc(1, sizeof(*j->pixels));
		snprintf(j->pixels->sha256, sizeof(j->pixels->sha256), "%s",
			 w->sha256);
	}
	j->pixels->refs++;
	loop_work(c->loop, work, done, j);
}

const struct picture_entry *
picture_cache_get(struct picture_cache *c, const struct picture_want *w)
{
	char key[KEY_SIZE];
	struct entry *e;

	snprintf(key, sizeof(key), "%.64s %d %d,%d,%d,%d %dx%d %dx%d %d%d %x",
		 w->sha256, w->kind, w->crop.x, w->crop.y, w->crop.width,
		 w->crop.height, w->columns, w->rows, w->cell_width,
		 w->cell_height, w->colours, w->extended, w->background);
	e = find_entry(c, key);
	if (!e) {
		e = xcalloc(1, sizeof(*e));
		snprintf(e->key, sizeof(e->key), "%s", key);
		e->next = c->entries;
		c->entries = e;
		start(c, w, key);
	}
	e->used = ++c->clock;
	return &e->e;
}
