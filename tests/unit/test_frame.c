#include "test.h"
#include "ui/frame.h"

#include <math.h>

static const struct style plain = { COLOUR_DEFAULT, COLOUR_DEFAULT, 0 };
static const struct style bold = { 1, 2, STYLE_BOLD };

static struct frame
frame_of(int w, int h, bool ascii)
{
	struct frame f = { .ascii = ascii };

	frame_resize(&f, w, h);
	return f;
}

/* Takes f. */
static void
assert_shows(struct frame *f, const char *want)
{
	AUTO(buf) out = BUF_INIT;

	frame_dump(f, &out);
	assert_string_equal(buf_str(&out), want);
	frame_release(f);
}

static void
draws_text(void **state)
{
	static const struct {
		const char *s;
		int x, y;
		bool ascii;
		const char *want;
		int end;
	} rows[] = {
		{ "abc", 0, 0, false, "abc\n\n", 3 },
		{ "abc", 2, 1, false, "\n  abc\n", 5 },
		{ "abcdefgh", 0, 0, false, "abcdef\n\n", 6 },
		{ "abc", -1, 0, false, "bc\n\n", 2 },
		{ "abc", 0, 2, false, "\n\n", 3 },
		{ "abc", 0, -1, false, "\n\n", 3 },
		{ "a\nb", 0, 0, false, "a\n\n", 1 },
		{ "日本語", 0, 0, false, "日本語\n\n", 6 },
		{ "日本語", 1, 0, false, " 日本\n\n", 7 },
		{ "日本語", -1, 0, false, " 本語\n\n", 5 },
		{ "\033[m", 0, 0, false, "^[[m\n\n", 4 },
		{ "\u202e", 0, 0, false, "<U+202\n\n", 8 },
		{ "\ta", -4, 0, false, "    a\n\n", 5 },
		{ "é日", 0, 0, true, "???\n\n", 3 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct frame f = frame_of(6, 2, rows[i].ascii);
		int end = frame_text(&f, frame_rect(&f), rows[i].x, rows[i].y,
				     rows[i].s, plain);

		assert_int_equal(end, rows[i].end);
		assert_shows(&f, rows[i].want);
	}
}

static void
chains_and_prints(void **state)
{
	struct frame f = frame_of(20, 1, false);
	int x = frame_printf(&f, frame_rect(&f), 0, 0, plain, "%d/%s ", 3,
			     "30");

	(void)state;
	x = frame_text(&f, frame_rect(&f), x, 0, "steps", bold);
	assert_int_equal(x, 10);
	assert_int_equal(frame_cell(&f, 4, 0)->style.attrs, 0);
	assert_int_equal(frame_cell(&f, 5, 0)->style.attrs, STYLE_BOLD);
	assert_shows(&f, "3/30 steps\n");
}

static void
cuts_and_aligns(void **state)
{
	struct frame f = frame_of(10, 6, false);
	struct rect r = frame_rect(&f);

	(void)state;
	assert_int_equal(frame_cut(&f, r, 0, 0, 5, "abcdef", plain), 5);
	assert_int_equal(frame_cut(&f, r, 0, 1, 99, "abcdefghijk", plain), 10);
	assert_int_equal(frame_right(&f, r, 0, 2, "abc", plain), 7);
	assert_int_equal(frame_right(&f, r, 2, 3, "日本", plain), 4);
	assert_int_equal(frame_right(&f, r, 0, 4, "abcdefghijkl", plain), 0);
	assert_int_equal(frame_cut(&f, r, 8, 5, 99, "abc", plain), 10);
	assert_shows(&f, "abcd…\nabcdefghi…\n       abc\n    日本\n"
			 "abcdefghi…\n        a…\n");
}

static void
wide_halves_become_blanks(void **state)
{
	static const struct {
		int x;
		const char *put, *want;
	} rows[] = {
		{ 0, "x", "x 本\n" }, { 1, "x", " x本\n" },
		{ 1, "xy", " xy\n" }, { 2, "x", "日x\n" },
		{ 1, "語", " 語\n" }, { 0, "語", "語本\n" },
		{ 3, "語", "日\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct frame f = frame_of(4, 1, false);

		frame_text(&f, frame_rect(&f), 0, 0, "日本", plain);
		frame_text(&f, frame_rect(&f), rows[i].x, 0, rows[i].put,
			   plain);
		assert_shows(&f, rows[i].want);
	}
}

static void
wraps(void **state)
{
	struct frame f = frame_of(8, 4, false);
	struct rect r = { 1, 0, 6, 4 };

	(void)state;
	assert_int_equal(frame_wrap(&f, r, 1, 1, "one two three four", plain),
			 4);
	assert_shows(&f, "\n two\n three\n four\n");
}

static void
boxes(void **state)
{
	struct frame f = frame_of(12, 3, false), a = frame_of(12, 3, true);
	struct rect in = frame_box(&f, frame_rect(&f), "Runs", plain, bold);

	(void)state;
	assert_int_equal(in.x, 1);
	assert_int_equal(in.y, 1);
	assert_int_equal(in.w, 10);
	assert_int_equal(in.h, 1);
	assert_int_equal(frame_cell(&f, 2, 0)->style.attrs, STYLE_BOLD);
	frame_box(&a, frame_rect(&a), "A title too long", plain, plain);
	assert_shows(&f, "┌ Runs ────┐\n│          │\n└──────────┘\n");
	assert_shows(&a, "+ A tit... +\n|          |\n+----------+\n");
	f = frame_of(3, 3, false);
	in = frame_box(&f, (struct rect){ 0, 0, 1, 1 }, "x", plain, plain);
	assert_true(in.w >= 0 && in.h >= 0);
	frame_release(&f);
}

static void
scrollbars(void **state)
{
	static const struct {
		int64_t first, page, count;
		const char *want;
	} rows[] = {
		{ 0, 4, 4, "\n\n\n\n" },
		{ 0, 4, 8, " #\n #\n |\n |\n" },
		{ 4, 4, 8, " |\n |\n #\n #\n" },
		{ 2, 4, 8, " |\n #\n #\n |\n" },
		{ 0, 4, 1000000, " #\n |\n |\n |\n" },
		{ 999996, 4, 1000000, " |\n |\n |\n #\n" },
		{ INT64_MAX / 2, 4, INT64_MAX, " |\n |\n #\n |\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct frame f = frame_of(2, 4, true);

		frame_scrollbar(&f, frame_rect(&f), rows[i].first, rows[i].page,
				rows[i].count, plain);
		assert_shows(&f, rows[i].want);
	}
}

static void
restyles(void **state)
{
	struct frame f = frame_of(6, 2, false);

	(void)state;
	frame_text(&f, frame_rect(&f), 0, 0, "abcdef", plain);
	frame_restyle(&f, (struct rect){ 2, 0, 2, 1 }, bold);
	for (int x = 0; x < 6; x++)
		assert_int_equal(frame_cell(&f, x, 0)->style.attrs,
				 x == 2 || x == 3 ? STYLE_BOLD : 0);
	assert_int_equal(frame_cell(&f, 2, 1)->style.attrs, 0);
	assert_shows(&f, "abcdef\n\n");
}

static void
slots(void **state)
{
	struct frame f = frame_of(30, 3, false);
	struct picture_slot p = { .rect = { 2, 1, 26, 9 },
				  .path = "/tmp/x/chart.png" };

	(void)state;
	frame_text(&f, frame_rect(&f), 0, 1, "text below the picture", plain);
	assert_true(frame_picture(&f, &p));
	assert_int_equal(f.slots[0].rect.h, 2);
	for (int i = 1; i < FRAME_SLOTS; i++) {
		p.rect = (struct rect){ 0, 0, 1, 1 };
		assert_true(frame_picture(&f, &p));
	}
	assert_false(frame_picture(&f, &p));
	f.slot_count = 1;
	p.rect = (struct rect){ 30, 0, 5, 5 };
	assert_false(frame_picture(&f, &p));
	assert_shows(&f, "\nte[picture chart.png 26x2]\n\n");
	f = frame_of(30, 2, false);
	p.rect = (struct rect){ 0, 0, 20, 2 };
	frame_picture(&f, &p);
	frame_text(&f, frame_rect(&f), 1, 0, "a dialog over it", plain);
	assert_shows(&f, " a dialog over it\n\n");
	f = frame_of(5, 5, false);
	frame_picture(&f, &p);
	frame_clear(&f, plain);
	assert_int_equal(f.slot_count, 0);
	frame_release(&f);
}

static void
cursor_only_inside(void **state)
{
	struct frame f = frame_of(6, 2, false);
	struct rect r = { 2, 0, 3, 1 };

	(void)state;
	frame_set_cursor(&f, r, 3, 0);
	assert_false(f.cursor);
	frame_set_cursor(&f, r, 0, 1);
	assert_false(f.cursor);
	frame_set_cursor(&f, (struct rect){ 5, 0, 9, 1 }, 3, 0);
	assert_false(f.cursor);
	frame_set_cursor(&f, r, 2, 0);
	assert_true(f.cursor);
	assert_int_equal(f.cursor_x, 4);
	frame_release(&f);
}

static void
glyphs_have_ascii(void **state)
{
	struct frame f = frame_of(1, 1, false), a = frame_of(1, 1, true);

	(void)state;
	for (int g = 0; g < GLYPH_COUNT; g++) {
		const char *ascii = frame_glyph(&a, (enum glyph)g);

		assert_true(text_width(frame_glyph(&f, (enum glyph)g)) > 0);
		assert_true(*ascii);
		for (; *ascii; ascii++)
			assert_true(*ascii > 0x1f && *ascii < 0x7f);
	}
	frame_release(&f);
	frame_release(&a);
}

static void
sparks(void **state)
{
	static const double values[] = { 0, 1, 2, 3, 4, 5, 6, 7, -1, 99, NAN };
	struct frame f = frame_of(1, 1, false), a = frame_of(1, 1, true);
	AUTO(buf) utf8 = BUF_INIT, ascii = BUF_INIT, none = BUF_INIT;

	(void)state;
	frame_spark(&f, &utf8, values, ARRAY_LEN(values), 7);
	assert_string_equal(buf_str(&utf8), "▁▂▃▄▅▆▇█▁█ ");
	frame_spark(&a, &ascii, values, ARRAY_LEN(values), 7);
	assert_string_equal(buf_str(&ascii), "_..--==^_^ ");
	frame_spark(&f, &none, values, 2, 0);
	assert_string_equal(buf_str(&none), "▁▁");
	frame_release(&f);
	frame_release(&a);
}

static void
rects(void **state)
{
	struct rect r = { 1, 2, 10, 5 }, cut = rect_cut_left(&r, 3);

	(void)state;
	assert_true(cut.x == 1 && cut.w == 3 && r.x == 4 && r.w == 7);
	cut = rect_cut_right(&r, 2);
	assert_true(cut.x == 9 && cut.w == 2 && r.x == 4 && r.w == 5);
	cut = rect_cut_top(&r, 1);
	assert_true(cut.y == 2 && cut.h == 1 && r.y == 3 && r.h == 4);
	cut = rect_cut_bottom(&r, 1);
	assert_true(cut.y == 6 && cut.h == 1 && r.y == 3 && r.h == 3);
	cut = rect_cut_top(&r, 99);
	assert_true(cut.h == 3 && r.h == 0);
	cut = rect_cut_left(&r, -5);
	assert_true(cut.w == 0 && r.w == 5);
	assert_true(rect_has(cut, 4, 3) == false);
	cut = rect_inset((struct rect){ 0, 0, 1, 9 }, 1, 1);
	assert_true(cut.w == 1 && cut.h == 7);
}

/* ----- nothing outside the rect ever changes --------------------------- */

static uint32_t seed;

static int
random_in(int low, int high)
{
	seed = seed * 1664525u + 1013904223u;
	return low + (int)((seed >> 8) % (uint32_t)(high - low + 1));
}

static const char *const texts[] = {
	"",
	"plain text that is rather long",
	"日本語のとても長いテキスト",
	"e\u0301\u0302 é",
	"🇩🇪🇫🇷👍🏽",
	"a\tb\tc",
	"two\nlines\nor three",
	"\033[2J\u202e\xff\xc0",
	"x日\u200dy",
	"1\ufe0f\u20e3❤\ufe0f",
};

static void
draw_at_random(struct frame *f, struct rect r)
{
	int x = random_in(-9, 20), y = random_in(-3, 9);
	const char *s = texts[random_in(0, ARRAY_LEN(texts) - 1)];

	switch (random_in(0, 9)) {
	case 0:
		frame_text(f, r, x, y, s, bold);
		break;
	case 1:
		frame_cut(f, r, x, y, random_in(-2, 30), s, bold);
		break;
	case 2:
		frame_right(f, r, x, y, s, bold);
		break;
	case 3:
		frame_wrap(f, r, y, random_in(0, 3), s, bold);
		break;
	case 4:
		frame_box(f, r, s, bold, plain);
		break;
	case 5:
		frame_rule(f, r, y, bold);
		break;
	case 6:
		frame_scrollbar(f, r, random_in(-5, 50), random_in(-5, 50),
				random_in(-5, 50), bold);
		break;
	case 7:
		frame_restyle(f, r, bold);
		break;
	case 8:
		frame_fill(f, r, bold);
		break;
	default:
		frame_printf(f, r, x, y, bold, "%s-%d", s, x);
		break;
	}
}

/* Outside only the other half of a wide cluster on the edge may have become
 * a blank. */
static void
assert_same_outside(const struct frame *f, const struct cell *old,
		    struct rect r)
{
	for (int i = 0; i < f->width * f->height; i++) {
		const struct cell *c = &f->cells[i], *o = &old[i];
		int x = i % f->width, y = i / f->width;

		if (rect_has(r, x, y))
			continue;
		assert_memory_equal(&c->style, &o->style, sizeof(c->style));
		if (o->width == 2 && rect_has(r, x + 1, y) && c->width == 1)
			assert_string_equal(c->text, "");
		else if (o->width == 0 && rect_has(r, x - 1, y) &&
			 c->width == 1)
			assert_string_equal(c->text, "");
		else
			assert_true(c->width == o->width &&
				    strcmp(c->text, o->text) == 0);
	}
}

static void
assert_sound(const struct frame *f)
{
	for (int i = 0; i < f->width * f->height; i++) {
		const struct cell *c = &f->cells[i];
		int x = i % f->width;

		if (c->width == 2)
			assert_true(x + 1 < f->width && c[1].width == 0);
		if (c->width == 0)
			assert_true(x > 0 && c[-1].width == 2 && !c->text[0]);
		if (c->text[0] && c->width)
			assert_int_equal(text_width(c->text), c->width);
		for (const char *s = c->text; *s; s++)
			assert_true((unsigned char)*s >= 0x20 &&
				    (!f->ascii || *s > 0));
	}
}

static void
drawing_stays_inside(void **state)
{
	(void)state;
	for (int i = 0; i < 4000; i++) {
		struct frame f = frame_of(16, 6, i % 5 == 4);

		seed = (uint32_t)i;
		for (int y = 0; y < 6; y++)
			frame_text(&f, frame_rect(&f), y % 2, y,
				   "日本語日本語日本語", plain);
		for (int n = 0; n < 4; n++) {
			struct rect r = { random_in(-5, 18), random_in(-4, 7),
					  random_in(-1, 14), random_in(-1, 7) };
			struct cell *old =
				xmemdup(f.cells, 16 * 6 * sizeof(struct cell));

			draw_at_random(&f, r);
			assert_same_outside(&f, old, r);
			assert_sound(&f);
			free(old);
		}
		frame_release(&f);
	}
}

static void
sizes_may_be_nothing(void **state)
{
	struct frame f = frame_of(0, 0, false);
	AUTO(buf) out = BUF_INIT;

	(void)state;
	seed = 1;
	for (int i = 0; i < 200; i++)
		draw_at_random(&f, (struct rect){ 0, 0, 10, 5 });
	frame_resize(&f, -3, 5);
	frame_dump(&f, &out);
	assert_string_equal(buf_str(&out), "\n\n\n\n\n");
	frame_release(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(draws_text),
		cmocka_unit_test(chains_and_prints),
		cmocka_unit_test(cuts_and_aligns),
		cmocka_unit_test(wide_halves_become_blanks),
		cmocka_unit_test(wraps),
		cmocka_unit_test(boxes),
		cmocka_unit_test(scrollbars),
		cmocka_unit_test(restyles),
		cmocka_unit_test(slots),
		cmocka_unit_test(cursor_only_inside),
		cmocka_unit_test(glyphs_have_ascii),
		cmocka_unit_test(sparks),
		cmocka_unit_test(rects),
		cmocka_unit_test(drawing_stays_inside),
		cmocka_unit_test(sizes_may_be_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
