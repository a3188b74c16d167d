/* Pictures in a frame, against a terminal that keeps what it is sent: the
 * four functions of term.h that picture.c calls are here, in place of the
 * real ones. */
#include "base/str.h"
#include "png_write.h"
#include "test.h"
#include "ui/picture.h"

#include <sys/stat.h>

struct term {
	struct buf bytes; /* of pictures, of the update */
	int placed, touched;
	struct rect touched_at;
	int x, y; /* where the last picture was placed */
};

bool
term_begin(struct term *t)
{
	(void)t;
	return true;
}

void
term_end(struct term *t)
{
	(void)t;
}

void
term_picture(struct term *t, int x, int y, const void *bytes, size_t len)
{
	t->x = x;
	t->y = y;
	buf_add(&t->bytes, bytes, len);
}

void
term_touch(struct term *t, struct rect r)
{
	t->touched++;
	t->touched_at = r;
}

struct world {
	struct loop *loop;
	struct term term;
	struct term_caps caps;
	struct pictures *pictures;
	struct frame frame;
	struct picture_slot slot;
	int ready;
};

static void
on_ready(void *ud)
{
	((struct world *)ud)->ready++;
}

static void
write_png(const char *path, int width, int height)
{
	size_t stride = (size_t)width * 3;
	uint8_t *rows = xcalloc((size_t)height, stride);
	AUTO(buf) png = BUF_INIT;
	struct err err = ERR_INIT;

	memset(rows, 0x50, stride * (size_t)height / 2);
	png_write_raw(&png, width, height, 8, PNG_COLOR_TYPE_RGB, 0, rows,
		      stride, NULL, 0);
	assert_ok(path_write_atomic(path, png.data, png.len, 0600, &err), err);
	free(rows);
}

static void
world_open(struct world *w, enum picture_mode mode, const char *dir)
{
	memset(w, 0, sizeof(*w));
	w->loop = loop_new();
	w->caps = (struct term_caps){ .picture = mode,
				      .colours = TERM_DIRECT,
				      .cell_width = 8,
				      .cell_height = 16,
				      .utf8 = true };
	w->pictures = pictures_new(w->loop, &w->caps, on_ready, w);
	frame_resize(&w->frame, 60, 20);
	w->slot = (struct picture_slot){ .rect = { 4, 2, 40, 10 },
					 .width = 160,
					 .height = 80,
					 .zoom = 1,
					 .pan_x = 0.5,
					 .pan_y = 0.5 };
	snprintf(w->slot.path, sizeof(w->slot.path), "%s/a.png", dir);
	snprintf(w->slot.sha256, sizeof(w->slot.sha256), "%064d", 7);
	write_png(w->slot.path, 160, 80);
}

static void
world_close(struct world *w)
{
	pictures_free(w->pictures);
	frame_release(&w->frame);
	buf_release(&w->term.bytes);
	loop_free(w->loop);
}

/* One update of the screen, with a box over it if not empty. */
static void
update(struct world *w, bool picture, struct rect box)
{
	struct style st = { COLOUR_DEFAULT, COLOUR_DEFAULT, 0 };

	frame_clear(&w->frame, st);
	if (picture)
		assert_true(frame_picture(&w->frame, &w->slot));
	if (box.w)
		frame_fill(&w->frame, box, st);
	buf_reset(&w->term.bytes);
	w->term.touched = 0;
	pictures_draw(w->pictures, &w->term, &w->frame);
	pictures_emit(w->pictures, &w->term);
}

/* Updates until what was decoding is there. */
static void
show(struct world *w)
{
	int before = w->ready;

	update(w, true, (struct rect){ 0, 0, 0, 0 });
	while (w->ready == before)
		loop_turn(w->loop, true);
	update(w, true, (struct rect){ 0, 0, 0, 0 });
}

static int
count(const struct world *w, const char *what)
{
	const char *at = buf_str(&w->term.bytes);
	int n = 0;

	for (; (at = strstr(at, what)); at += strlen(what))
		n++;
	return n;
}

static const struct rect nothing = { 0, 0, 0, 0 };
static const struct rect box = { 10, 4, 8, 3 };

#define KITTY_SHOW "a=T"
#define KITTY_DELETE "a=d"

static void
kitty_places_and_deletes_once(void **state)
{
	struct world w;

	world_open(&w, PICTURE_KITTY, *state);
	show(&w);
	assert_int_equal(count(&w, KITTY_SHOW), 1);
	assert_int_equal(count(&w, KITTY_DELETE), 0);
	assert_int_equal(w.term.x, 4);
	assert_int_equal(w.term.y, 2);
	/* The same frame: nothing. */
	update(&w, true, nothing);
	assert_int_equal(w.term.bytes.len, 0);
	/* Under a box: one delete, then nothing; symbols are around it. */
	update(&w, true, box);
	assert_int_equal(count(&w, KITTY_DELETE), 1);
	assert_int_equal(count(&w, KITTY_SHOW), 0);
	update(&w, true, box);
	assert_int_equal(w.term.bytes.len, 0);
	/* The box is gone: it is there again, at once. */
	update(&w, true, nothing);
	assert_int_equal(count(&w, KITTY_SHOW), 1);
	/* Another part of the same picture: some bytes, no second file. */
	w.slot.zoom = 2;
	update(&w, true, nothing);
	assert_int_equal(count(&w, KITTY_SHOW), 0);
	assert_in_range(w.term.bytes.len, 1, 200);
	/* Not in the frame any more. */
	update(&w, false, nothing);
	assert_int_equal(count(&w, KITTY_DELETE), 1);
	update(&w, false, nothing);
	assert_int_equal(w.term.bytes.len, 0);
	world_close(&w);
}

static void
kitty_shows_the_next_before_deleting(void **state)
{
	struct world w;
	const char *shown, *deleted;

	world_open(&w, PICTURE_KITTY, *state);
	show(&w);
	snprintf(w.slot.sha256, sizeof(w.slot.sha256), "1%063d", 8);
	show(&w);
	shown = strstr(buf_str(&w.term.bytes), KITTY_SHOW);
	deleted = strstr(buf_str(&w.term.bytes), KITTY_DELETE);
	assert_non_null(shown);
	assert_non_null(deleted);
	assert_true(shown < deleted);
	assert_int_equal(count(&w, KITTY_DELETE), 1);
	world_close(&w);
}

static void
forget_takes_all_away(void **state)
{
	struct world w;

	world_open(&w, PICTURE_KITTY, *state);
	show(&w);
	buf_reset(&w.term.bytes);
	pictures_forget(w.pictures, &w.term);
	assert_int_equal(count(&w, KITTY_DELETE), 1);
	buf_reset(&w.term.bytes);
	pictures_forget(w.pictures, &w.term);
	assert_int_equal(w.term.bytes.len, 0);
	update(&w, true, nothing);
	assert_int_equal(count(&w, KITTY_SHOW), 1);
	world_close(&w);
}

static void
sixel_is_erased_by_its_cells(void **state)
{
	struct world w;

	world_open(&w, PICTURE_SIXEL, *state);
	show(&w);
	assert_int_equal(count(&w, "\033P"), 1);
	assert_int_equal(w.term.touched, 0);
	update(&w, true, nothing);
	assert_int_equal(w.term.bytes.len, 0);
	update(&w, true, box);
	assert_int_equal(w.term.bytes.len, 0);
	assert_int_equal(w.term.touched, 1);
	assert_int_equal(w.term.touched_at.y, 2);
	assert_int_equal(w.term.touched_at.h, 10);
	update(&w, true, nothing);
	assert_int_equal(count(&w, "\033P"), 1);
	/* Elsewhere: the old cells are sent again, the new ones drawn. */
	w.slot.rect.y = 6;
	update(&w, true, nothing);
	assert_int_equal(count(&w, "\033P"), 1);
	assert_int_equal(w.term.touched, 1);
	assert_int_equal(w.term.touched_at.y, 2);
	assert_int_equal(w.term.y, 6);
	update(&w, false, nothing);
	assert_int_equal(w.term.touched, 1);
	assert_int_equal(w.term.touched_at.y, 6);
	world_close(&w);
}

static void
iterm_shows_the_file(void **state)
{
	struct world w;

	world_open(&w, PICTURE_ITERM, *state);
	show(&w);
	assert_int_equal(count(&w, "\033]1337;File="), 1);
	/* It knows no part of a picture: symbols instead. */
	w.slot.zoom = 3;
	update(&w, true, nothing);
	assert_int_equal(w.term.bytes.len, 0);
	assert_int_equal(w.term.touched, 1);
	world_close(&w);
}

static void
symbols_are_cells(void **state)
{
	struct world w;
	struct cell *inside, *under;

	world_open(&w, PICTURE_SYMBOLS, *state);
	show(&w);
	assert_int_equal(w.term.bytes.len, 0);
	inside = frame_cell(&w.frame, 6, 2);
	assert_int_equal(inside->style.bg, COLOUR_RGB(0x505050));
	update(&w, true, box);
	under = frame_cell(&w.frame, 11, 5);
	assert_int_equal(under->style.bg, COLOUR_DEFAULT);
	inside = frame_cell(&w.frame, 6, 2);
	assert_int_equal(inside->style.bg, COLOUR_RGB(0x505050));
	world_close(&w);
}

/* --- files that are no pictures ------------------------------------------ */

static void
make_cut(const char *path)
{
	AUTO(buf) whole = BUF_INIT;
	struct err err = ERR_INIT;

	write_png(path, 160, 80);
	assert_ok(path_read(path, 1 << 20, &whole, &err), err);
	assert_ok(path_write_atomic(path, whole.data, whole.len / 2, 0600,
				    &err),
		  err);
}

/* One row of pixels more than png.h takes. */
static void
make_bomb(const char *path)
{
	AUTO(buf) png = BUF_INIT;
	struct err err = ERR_INIT;

	png_write_head(&png, 16384, 4097);
	png_write_one_chunk(&png, "IDAT", "", 0);
	png_write_one_chunk(&png, "IEND", "", 0);
	assert_ok(path_write_atomic(path, png.data, png.len, 0600, &err), err);
}

static void
make_fifo(const char *path)
{
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
}

static void
make_nothing(const char *path)
{
	assert_int_equal(unlink(path), 0);
}

static void
a_bad_file_shows_words(void **state)
{
	static const struct {
		void (*make)(const char *path);
		const char *says;
	} rows[] = {
		{ make_cut, "readable" },
		{ make_bomb, "limit" },
		{ make_fifo, "regular" },
		{ make_nothing, "such" },
	};
	static const enum picture_mode modes[] = {
		PICTURE_SYMBOLS,
		PICTURE_SIXEL,
		PICTURE_KITTY,
		PICTURE_ITERM,
	};

	for (size_t m = 0; m < ARRAY_LEN(modes); m++)
		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			AUTO(buf) screen = BUF_INIT;
			struct world w;

			world_open(&w, modes[m], *state);
			rows[i].make(w.slot.path);
			show(&w);
			assert_int_equal(w.term.bytes.len, 0);
			frame_dump(&w.frame, &screen);
			if (!strstr(buf_str(&screen), rows[i].says))
				fail_msg("\"%s\" is not in %s", rows[i].says,
					 buf_str(&screen));
			unlink(w.slot.path);
			world_close(&w);
		}
}

static void
a_job_outlives_its_pictures(void **state)
{
	struct world w;

	world_open(&w, PICTURE_KITTY, *state);
	update(&w, true, nothing);
	pictures_free(w.pictures);
	while (loop_turn(w.loop, true))
		;
	assert_int_equal(w.ready, 0);
	frame_release(&w.frame);
	buf_release(&w.term.bytes);
	loop_free(w.loop);
}

int
main(void)
{
#define TEST(f) \
	cmocka_unit_test_setup_teardown(f, test_dir_setup, test_dir_teardown)
	const struct CMUnitTest tests[] = {
		TEST(kitty_places_and_deletes_once),
		TEST(kitty_shows_the_next_before_deleting),
		TEST(forget_takes_all_away),
		TEST(sixel_is_erased_by_its_cells),
		TEST(iterm_shows_the_file),
		TEST(symbols_are_cells),
		TEST(a_bad_file_shows_words),
		TEST(a_job_outlives_its_pictures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
