#include "test.h"

#include "base/loop.h"
#include "base/str.h"
#include "media/symbols.h"

static struct image
blank(int width, int height, uint32_t rgb)
{
	struct image im = { width, height,
			    xmalloc((size_t)width * height * 4) };

	for (size_t i = 0; i < (size_t)width * height; i++) {
		im.rgba[i * 4] = (uint8_t)(rgb >> 16);
		im.rgba[i * 4 + 1] = (uint8_t)(rgb >> 8);
		im.rgba[i * 4 + 2] = (uint8_t)rgb;
		im.rgba[i * 4 + 3] = 255;
	}
	return im;
}

static void
fill(struct image *im, int from_x, int from_y, int to_x, int to_y, uint32_t rgb)
{
	for (int y = from_y; y < to_y; y++) {
		for (int x = from_x; x < to_x; x++) {
			uint8_t *p = im->rgba + ((size_t)y * im->width + x) * 4;

			p[0] = (uint8_t)(rgb >> 16);
			p[1] = (uint8_t)(rgb >> 8);
			p[2] = (uint8_t)rgb;
		}
	}
}

static const struct symbols_cell *
cell(const struct symbols *s, int x, int y)
{
	return &s->cells[y * s->columns + x];
}

static bool
same(const struct symbols *a, const struct symbols *b)
{
	if (a->columns != b->columns || a->rows != b->rows)
		return false;
	for (int i = 0; i < a->columns * a->rows; i++)
		if (!str_eq(a->cells[i].text, b->cells[i].text) ||
		    a->cells[i].fg != b->cells[i].fg ||
		    a->cells[i].bg != b->cells[i].bg)
			return false;
	return true;
}

/* Three bars, four columns apart, on white: 20 x 5 cells of 8 x 16. */
static const uint32_t bars[] = { 0xff0000, 0x0000ff, 0x000000 };

static struct image
bar_chart(void)
{
	struct image im = blank(160, 80, 0xffffff);

	for (int i = 0; i < 3; i++)
		fill(&im, 16 + i * 48, 16 + 16 * i, 48 + i * 48, 80, bars[i]);
	return im;
}

static void
render(const struct image *im, const struct symbols_options *o,
       struct symbols *ret)
{
	struct err err = ERR_INIT;

	assert_ok(symbols_render(im, o, ret, &err), err);
}

/* The bar i stands in columns 2+6i .. 5+6i, from row 1+i down. */
static int
bar_at(int x, int y)
{
	for (int i = 0; i < 3; i++)
		if (x >= 2 + 6 * i && x < 6 + 6 * i && y >= 1 + i)
			return i;
	return -1;
}

static void
test_colours_are_exact(void **state)
{
	/* White, then the bars. */
	static const int32_t wanted[][4] = {
		[SYMBOLS_TRUE] = { 0xffffff, 0xff0000, 0x0000ff, 0 },
		[SYMBOLS_256] = { 231, 196, 21, 16 },
		[SYMBOLS_16] = { 15, 9, 12, 0 },
	};
	AUTO(image) im = bar_chart();

	(void)state;
	for (int mode = SYMBOLS_TRUE; mode <= SYMBOLS_16; mode++) {
		struct symbols_options o = {
			.columns = 20,
			.rows = 5,
			.colours = (enum symbols_colours)mode,
		};
		AUTO(symbols) s = { 0 };

		render(&im, &o, &s);
		assert_int_equal(s.columns, 20);
		assert_int_equal(s.rows, 5);
		for (int i = 0; i < 100; i++) {
			int bar = bar_at(i % 20, i / 20);
			const struct symbols_cell *c = &s.cells[i];

			assert_int_equal(c->bg, wanted[mode][bar + 1]);
			/* One colour: a pair that needs no second one. */
			assert_int_equal(c->fg, c->bg);
			assert_string_equal(c->text, " ");
		}
	}
}

static void
test_monochrome(void **state)
{
	struct symbols_options o = { .columns = 20,
				     .rows = 5,
				     .colours = SYMBOLS_MONO };
	AUTO(image) im = bar_chart();
	AUTO(symbols) s = { 0 };

	(void)state;
	fill(&im, 0, 7, 160, 8, 0x808080); /* a thin line in row 0 */
	render(&im, &o, &s);
	for (int i = 0; i < 100; i++) {
		const struct symbols_cell *c = &s.cells[i];

		assert_int_equal(c->fg, SYMBOLS_DEFAULT);
		assert_int_equal(c->bg, SYMBOLS_DEFAULT);
		if (i < 20)
			assert_string_not_equal(c->text, " ");
		else
			assert_string_equal(c->text,
					    bar_at(i % 20, i / 20) < 0 ?
						    " " :
						    "\xe2\x96\x88");
	}
}

/* Half of a cell: the shape and its two colours. */
static void
test_shapes(void **state)
{
	struct symbols_options o = { .columns = 2, .rows = 1 };
	AUTO(image) im = blank(16, 16, 0x112233);
	AUTO(symbols) s = { 0 };

	(void)state;
	fill(&im, 0, 8, 8, 16, 0xffcc00);   /* lower half */
	fill(&im, 12, 0, 16, 16, 0xffcc00); /* right half */
	render(&im, &o, &s);
	for (int x = 0; x < 2; x++) {
		const struct symbols_cell *c = cell(&s, x, 0);
		bool filled = c->fg == 0xffcc00;

		assert_int_equal(filled ? c->bg : c->fg, 0x112233);
		assert_int_equal(filled ? c->fg : c->bg, 0xffcc00);
		if (x == 0)
			assert_string_equal(c->text, filled ? "\xe2\x96\x84" :
							      "\xe2\x96\x80");
		else
			assert_string_equal(c->text, filled ? "\xe2\x96\x90" :
							      "\xe2\x96\x8c");
	}
}

/* Only blocks and spaces by default, sextants and wedges when asked. */
static void
test_symbol_sets(void **state)
{
	struct symbols_options o = { .columns = 60, .rows = 30 };
	AUTO(image) im = blank(480, 480, 0xffffff);
	AUTO(symbols) plain = { 0 };
	AUTO(symbols) more = { 0 };
	int extended = 0;

	(void)state;
	for (int i = 0; i < 480; i++)
		fill(&im, i, i * i / 490, i + 1, i * i / 490 + 3, 0x223344);
	render(&im, &o, &plain);
	o.extended = true;
	render(&im, &o, &more);
	for (int i = 0; i < plain.columns * plain.rows; i++) {
		const char *p = plain.cells[i].text, *m = more.cells[i].text;
		uint32_t cp = 0;

		assert_int_equal(utf8_decode(p, strlen(p), &cp), strlen(p));
		assert_true(cp == ' ' || (cp >= 0x2580 && cp <= 0x259f));
		assert_int_equal(utf8_decode(m, strlen(m), &cp), strlen(m));
		extended += cp >= 0x1fb00 && cp <= 0x1fbff;
	}
	assert_true(extended > 0);
}

static void
test_crop_and_background(void **state)
{
	struct symbols_options o = { .columns = 8,
				     .rows = 4,
				     .crop = { 16, 16, 32, 32 },
				     .background = 0x204060 };
	AUTO(image) im = bar_chart();
	AUTO(symbols) s = { 0 };

	(void)state;
	render(&im, &o, &s);
	assert_int_equal(s.columns, 8);
	assert_int_equal(s.rows, 4);
	for (int i = 0; i < 32; i++)
		assert_int_equal(s.cells[i].bg, 0xff0000);
	symbols_release(&s);
	for (size_t i = 0; i < (size_t)im.width * im.height; i++)
		im.rgba[i * 4 + 3] = 0;
	render(&im, &o, &s);
	for (int i = 0; i < 32; i++)
		assert_int_equal(s.cells[i].bg, 0x204060);
}

static void
test_hostile_pictures(void **state)
{
	static const struct {
		int width, height, columns, rows;
	} rows[] = {
		{ 1, 1, 48, 24 },    { 20000, 10, 80, 1 }, { 10, 20000, 1, 24 },
		{ 70000, 3, 80, 1 }, { 3, 70000, 1, 24 },  { 16384, 1, 80, 1 },
		{ 2, 3, 32, 24 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (int mode = SYMBOLS_TRUE; mode <= SYMBOLS_MONO; mode++) {
			struct symbols_options o = {
				.columns = 80,
				.rows = 24,
				.colours = (enum symbols_colours)mode,
			};
			AUTO(image) im =
				blank(rows[i].width, rows[i].height, 0x00ff00);
			AUTO(symbols) s = { 0 };

			render(&im, &o, &s);
			assert_int_equal(s.columns, rows[i].columns);
			assert_int_equal(s.rows, rows[i].rows);
			for (int k = 1; k < s.columns * s.rows; k++)
				assert_int_equal(s.cells[k].bg, s.cells[0].bg);
			if (mode == SYMBOLS_TRUE)
				assert_int_equal(s.cells[0].bg, 0x00ff00);
		}
	}
}

static void
test_refusals(void **state)
{
	struct symbols_options o = { .columns = 0, .rows = 24 };
	AUTO(image) im = blank(4, 4, 0);
	struct image none = IMAGE_INIT;
	struct symbols s = { 0 };
	struct err err = ERR_INIT;

	(void)state;
	assert_fails(symbols_render(&im, &o, &s, &err), err, ERR_DATA,
		     "0 x 24");
	o.columns = 80;
	assert_fails(symbols_render(&none, &o, &s, &err), err, ERR_DATA,
		     "0 x 0");
	o.columns = 1001;
	assert_fails(symbols_render(&im, &o, &s, &err), err, ERR_TOOBIG,
		     "limit");
	assert_null(s.cells);
}

/* --- several at a time on the thread pool ------------------------------ */

struct job {
	const struct image *im;
	struct symbols_options o;
	struct symbols s;
	bool ok;
};

static void
job_work(void *ud)
{
	struct job *j = ud;

	j->ok = symbols_render(j->im, &j->o, &j->s, NULL);
}

static void
job_done(void *ud)
{
	(void)ud;
}

static void
test_threads(void **state)
{
	AUTO(image) im = blank(640, 400, 0xffffff);
	AUTO_PTR(loop) loop = loop_new();
	struct job jobs[16] = { 0 };
	struct symbols alone[4] = { 0 };

	(void)state;
	for (int i = 0; i < 400; i++)
		fill(&im, i, i * i / 410, i + 9, i * i / 410 + 3,
		     0x010305u * (uint32_t)(i / 4));
	for (int i = 0; i < 16; i++) {
		jobs[i].im = &im;
		jobs[i].o = (struct symbols_options){
			.columns = 60,
			.rows = 30,
			.colours = (enum symbols_colours)(i % 4),
		};
		loop_work(loop, job_work, job_done, &jobs[i]);
	}
	loop_run(loop);
	for (int i = 0; i < 4; i++)
		render(&im, &jobs[i].o, &alone[i]);
	for (int i = 0; i < 16; i++) {
		assert_true(jobs[i].ok);
		assert_true(same(&jobs[i].s, &alone[i % 4]));
		symbols_release(&jobs[i].s);
	}
	for (int i = 0; i < 4; i++)
		symbols_release(&alone[i]);
}

static int
load(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	if (symbols_load(&err) && symbols_load(&err))
		return 0;
	fprintf(stderr, "%s\n", err.msg);
	return -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		/* First: what libchafa makes at first use, made by several
		 * threads at once. */
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_colours_are_exact),
		cmocka_unit_test(test_monochrome),
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_symbol_sets),
		cmocka_unit_test(test_crop_and_background),
		cmocka_unit_test(test_hostile_pictures),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, load, NULL);
}
