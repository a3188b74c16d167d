#include "test.h"

#include "media/scale.h"

/* A picture whose pixel (x, y) is colour_at(x, y), 0xAARRGGBB. */
static struct image
picture(int width, int height, uint32_t (*colour_at)(int x, int y))
{
	struct image im = { width, height,
			    xmalloc((size_t)width * height * 4) };

	for (int y = 0; y < height; y++) {
		for (int x = 0; x < width; x++) {
			uint8_t *p = im.rgba + ((size_t)y * width + x) * 4;
			uint32_t c = colour_at(x, y);

			p[0] = (uint8_t)(c >> 16);
			p[1] = (uint8_t)(c >> 8);
			p[2] = (uint8_t)c;
			p[3] = (uint8_t)(c >> 24);
		}
	}
	return im;
}

static uint32_t
pixel(const struct image *im, int x, int y)
{
	const uint8_t *p = im->rgba + ((size_t)y * im->width + x) * 4;

	return (uint32_t)p[3] << 24 | (uint32_t)p[0] << 16 |
	       (uint32_t)p[1] << 8 | p[2];
}

/* Red is the column, green the row. */
static uint32_t
position(int x, int y)
{
	return 0xff000000 | (uint32_t)(x & 255) << 16 |
	       (uint32_t)(y & 255) << 8;
}

static uint32_t
checkers(int x, int y)
{
	return (x + y) & 1 ? 0xffffffff : 0xff000000;
}

static uint32_t
half_red(int x, int y)
{
	(void)y;
	return x == 0 ? 0x80ff0000 : 0x00123456;
}

static const struct scale_rect whole;

static void
test_same_size_is_the_same(void **state)
{
	AUTO(image) im = picture(7, 5, position);
	AUTO(image) out = IMAGE_INIT;
	struct err err = ERR_INIT;

	(void)state;
	assert_ok(scale_image(&im, whole, 7, 5, 0, &out, &err), err);
	assert_memory_equal(im.rgba, out.rgba, 7 * 5 * 4);
}

static void
test_down_is_the_average(void **state)
{
	AUTO(image) im = picture(6, 6, checkers);
	AUTO(image) out = IMAGE_INIT;
	AUTO(image) ramp = picture(5, 1, position);
	AUTO(image) two = IMAGE_INIT;
	struct err err = ERR_INIT;

	(void)state;
	assert_ok(scale_image(&im, whole, 3, 3, 0, &out, &err), err);
	for (int i = 0; i < 9; i++)
		assert_int_equal(pixel(&out, i % 3, i / 3), 0xff808080);
	/* Columns 0 1 2 3 4 in two: (0 + 1 + 2/2) / 2.5, (2/2 + 3 + 4) / 2.5,
	 * rounded. */
	assert_ok(scale_image(&ramp, whole, 2, 1, 0, &two, &err), err);
	assert_int_equal(pixel(&two, 0, 0), 0xff010000);
	assert_int_equal(pixel(&two, 1, 0), 0xff030000);
}

static void
test_up_is_linear(void **state)
{
	AUTO(image) im = picture(2, 1, checkers);
	AUTO(image) out = IMAGE_INIT;
	struct err err = ERR_INIT;
	int last = -1;

	(void)state;
	assert_ok(scale_image(&im, whole, 8, 4, 0, &out, &err), err);
	for (int x = 0; x < 8; x++) {
		int v = (int)(pixel(&out, x, 3) & 255);

		assert_true(v >= last);
		assert_int_equal(pixel(&out, x, 0), pixel(&out, x, 3));
		last = v;
	}
	assert_int_equal(pixel(&out, 0, 0), 0xff000000);
	assert_int_equal(pixel(&out, 7, 0), 0xffffffff);
}

static void
test_background(void **state)
{
	AUTO(image) im = picture(2, 1, half_red);
	AUTO(image) out = IMAGE_INIT;
	struct err err = ERR_INIT;

	(void)state;
	assert_ok(scale_image(&im, whole, 2, 1, 0x0000ff, &out, &err), err);
	assert_int_equal(pixel(&out, 0, 0), 0xff80007f);
	assert_int_equal(pixel(&out, 1, 0), 0xff0000ff);
}

static void
test_crop(void **state)
{
	struct scale_rect part = { 100, 40, 10, 6 };
	AUTO(image) im = picture(200, 100, position);
	AUTO(image) out = IMAGE_INIT;
	struct err err = ERR_INIT;

	(void)state;
	assert_ok(scale_image(&im, part, 10, 6, 0, &out, &err), err);
	assert_int_equal(pixel(&out, 0, 0), position(100, 40));
	assert_int_equal(pixel(&out, 9, 5), position(109, 45));
}

static void
test_clip(void **state)
{
	struct image im = { 200, 100, NULL };
	static const struct {
		struct scale_rect given, wanted;
	} rows[] = {
		{ { 0, 0, 0, 0 }, { 0, 0, 200, 100 } },
		{ { 5, 5, -1, 7 }, { 0, 0, 200, 100 } },
		{ { -50, -1, 20, 10 }, { 0, 0, 20, 10 } },
		{ { 190, 99, 20, 10 }, { 180, 90, 20, 10 } },
		{ { INT32_MAX, INT32_MIN, 1, 1 }, { 199, 0, 1, 1 } },
		{ { 3, 3, INT32_MAX, INT32_MAX }, { 0, 0, 200, 100 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct scale_rect r = scale_clip(&im, rows[i].given);

		assert_memory_equal(&r, &rows[i].wanted, sizeof(r));
	}
}

static void
test_fit(void **state)
{
	static const struct {
		int width, height;
		double aspect;
		int columns, rows, wanted_columns, wanted_rows;
	} rows[] = {
		{ 1280, 800, 0.5, 100, 40, 100, 31 },
		{ 1280, 800, 0, 100, 40, 100, 31 },
		{ 1280, 800, 0.5, 200, 40, 128, 40 },
		{ 800, 1280, 0.5, 100, 40, 50, 40 },
		{ 640, 480, 0.6, 80, 24, 53, 24 },
		{ 20000, 10, 0.5, 80, 24, 80, 1 },
		{ 10, 20000, 0.5, 80, 24, 1, 24 },
		{ 1, 1, 0.5, 80, 24, 48, 24 },
		{ 1280, 800, 0.5, 1, 1, 1, 1 },
		{ INT32_MAX, 1, 0.5, 80, 24, 80, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int c = rows[i].columns, r = rows[i].rows;

		scale_fit(rows[i].width, rows[i].height, rows[i].aspect, &c,
			  &r);
		assert_int_equal(c, rows[i].wanted_columns);
		assert_int_equal(r, rows[i].wanted_rows);
	}
}

static void
test_hostile_sizes(void **state)
{
	static const struct {
		int from_width, from_height, to_width, to_height;
	} rows[] = {
		{ 20000, 10, 800, 1 }, { 10, 20000, 3, 600 },
		{ 1, 1, 1000, 1000 },  { 1, 1, 1, 1 },
		{ 70000, 1, 1, 1 },    { 1, 70000, 7, 3 },
		{ 3, 2, 1999, 1 },     { 257, 129, 256, 128 },
	};
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int w = rows[i].to_width, h = rows[i].to_height;
		AUTO(image) im = picture(rows[i].from_width,
					 rows[i].from_height, position);
		AUTO(image) out = IMAGE_INIT;

		memset(im.rgba, 0xff, (size_t)im.width * im.height * 4);
		assert_ok(scale_image(&im, whole, w, h, 0, &out, &err), err);
		for (int k = 0; k < w * h; k++)
			assert_int_equal(pixel(&out, k % w, k / w), 0xffffffff);
	}
}

static void
test_refusals(void **state)
{
	AUTO(image) im = picture(2, 2, position);
	struct image none = IMAGE_INIT, out = IMAGE_INIT;
	struct err err = ERR_INIT;

	(void)state;
	assert_fails(scale_image(&im, whole, 0, 5, 0, &out, &err), err,
		     ERR_DATA, "0 x 5");
	assert_fails(scale_image(&none, whole, 5, 5, 0, &out, &err), err,
		     ERR_DATA, "0 x 0");
	assert_fails(scale_image(&im, whole, 65536, 65536, 0, &out, &err), err,
		     ERR_TOOBIG, "limit");
	assert_null(out.rgba);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_size_is_the_same),
		cmocka_unit_test(test_down_is_the_average),
		cmocka_unit_test(test_up_is_linear),
		cmocka_unit_test(test_background),
		cmocka_unit_test(test_crop),
		cmocka_unit_test(test_clip),
		cmocka_unit_test(test_fit),
		cmocka_unit_test(test_hostile_sizes),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
