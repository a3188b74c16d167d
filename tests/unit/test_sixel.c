/* Sixels decoded again, by the manual and not by the encoder's code, and
 * compared with the picture. */
#include "test.h"

#include "media/sixel.h"

#include <math.h>

enum { UNSET = -1 };

struct decoded {
	int width, height; /* from the raster attributes */
	int *rgb;          /* UNSET where nothing was drawn */
	int palette[SIXEL_COLOURS];
	int registers; /* defined */
};

static void
decoded_release(struct decoded *d)
{
	free(d->rgb);
}

static int
number(const char **at)
{
	int n = 0;

	assert_true(**at >= '0' && **at <= '9');
	while (**at >= '0' && **at <= '9')
		n = n * 10 + *(*at)++ - '0';
	return n;
}

/* "#n" or "#n;2;r;g;b" in hundredths; returns n. */
static int
take_colour(struct decoded *d, const char **at)
{
	int reg = number(at), rgb = 0;

	assert_in_range(reg, 0, SIXEL_COLOURS - 1);
	if (**at != ';')
		return reg;
	assert_memory_equal(*at, ";2", 2);
	*at += 2;
	for (int c = 0; c < 3; c++) {
		int v;

		assert_int_equal(*(*at)++, ';');
		v = number(at);
		assert_in_range(v, 0, 100);
		rgb = rgb << 8 | (v * 255 + 50) / 100;
	}
	d->palette[reg] = rgb;
	d->registers++;
	return reg;
}

static void
draw(struct decoded *d, int x, int y, int bits, int rgb)
{
	for (int k = 0; k < 6; k++) {
		if (!(bits >> k & 1))
			continue;
		/* Nothing beyond the size, nothing drawn twice. */
		assert_in_range(x, 0, d->width - 1);
		assert_in_range(y + k, 0, d->height - 1);
		assert_int_equal(d->rgb[(y + k) * d->width + x], UNSET);
		d->rgb[(y + k) * d->width + x] = rgb;
	}
}

static void
start(struct decoded *d, const char **at)
{
	static const char head[] = "\033P0;1;0q\"1;1;";

	assert_memory_equal(*at, head, strlen(head));
	*at += strlen(head);
	d->width = number(at);
	assert_int_equal(*(*at)++, ';');
	d->height = number(at);
	d->rgb = xcalloc((size_t)d->width * d->height, sizeof(*d->rgb));
	for (int i = 0; i < d->width * d->height; i++)
		d->rgb[i] = UNSET;
}

static void
decode(struct decoded *d, const char *at)
{
	int x = 0, y = 0, reg = 0, run;

	start(d, &at);
	while (*at != '\033') {
		char c = *at++;

		run = 1;
		if (c == '!') {
			run = number(&at);
			c = *at++;
		}
		if (c == '#') {
			reg = take_colour(d, &at);
		} else if (c == '$' || c == '-') {
			x = 0;
			y += c == '-' ? 6 : 0;
		} else {
			assert_in_range(c, '?', '~');
			for (; run > 0; run--)
				draw(d, x++, y, c - '?', d->palette[reg]);
		}
	}
	assert_string_equal(at, "\033\\");
	assert_true(y < d->height); /* no new line after the last band */
	for (int i = 0; i < d->width * d->height; i++)
		assert_int_not_equal(d->rgb[i], UNSET);
}

static struct image
blank(int width, int height, uint8_t value)
{
	struct image im = { width, height,
			    xmalloc((size_t)width * height * 4) };

	memset(im.rgba, value, (size_t)width * height * 4);
	return im;
}

static void
fill(struct image *im, struct scale_rect r, uint32_t rgb)
{
	for (int y = r.y; y < r.y + r.height; y++) {
		for (int x = r.x; x < r.x + r.width; x++) {
			uint8_t *p = im->rgba + ((size_t)y * im->width + x) * 4;

			p[0] = (uint8_t)(rgb >> 16);
			p[1] = (uint8_t)(rgb >> 8);
			p[2] = (uint8_t)rgb;
			p[3] = 255;
		}
	}
}

/* Black axes and bars on white, and a smooth sky with more colours than
 * there are registers. */
static struct image
chart(int width, int height)
{
	struct image im = blank(width, height, 255);

	for (int y = 0; y < height / 3; y++)
		for (int x = 0; x < width; x++)
			fill(&im, (struct scale_rect){ x, y, 1, 1 },
			     (uint32_t)(x * 255 / width) << 16 |
				     (uint32_t)(y * 3 * 255 / height) << 8 |
				     (uint32_t)(255 - x * 255 / width));
	fill(&im, (struct scale_rect){ 10, height / 3, 1, height / 2 }, 0);
	for (int i = 0; i < 4; i++)
		fill(&im,
		     (struct scale_rect){ 20 + i * 30, height / 2, 20,
					  height / 3 },
		     0x1f77b4 + (uint32_t)i * 0x203010);
	return im;
}

struct difference {
	int largest;
	double rms;
};

static struct difference
compare(const struct decoded *d, const struct image *im, int from_y, int to_y)
{
	struct difference r = { 0 };
	double sum = 0;

	for (int y = from_y; y < to_y; y++) {
		for (int x = 0; x < d->width; x++) {
			const uint8_t *p =
				im->rgba + ((size_t)y * im->width + x) * 4;
			int rgb = d->rgb[y * d->width + x];

			for (int c = 0; c < 3; c++) {
				int e = abs((rgb >> (16 - 8 * c) & 255) - p[c]);

				r.largest = e > r.largest ? e : r.largest;
				sum += (double)e * e;
			}
		}
	}
	r.rms = sqrt(sum / (3.0 * d->width * (to_y - from_y)));
	return r;
}

static void
show(const struct image *im, const struct sixel_options *o, struct decoded *ret)
{
	AUTO(buf) out = BUF_INIT;
	struct err err = ERR_INIT;
	int width = 0, height = 0;

	assert_ok(sixel_show(&out, im, o, &width, &height, &err), err);
	decode(ret, buf_str(&out));
	assert_int_equal(ret->width, width);
	assert_int_equal(ret->height, height);
}

static void
test_chart(void **state)
{
	struct sixel_options o = { .width = 200, .height = 120 };
	AUTO(image) im = chart(200, 120);
	AUTO(decoded) d = { 0 };
	struct difference sky, rest;

	(void)state;
	show(&im, &o, &d);
	assert_int_equal(d.width, 200);
	assert_int_equal(d.height, 120);
	assert_int_equal(d.registers, 256);
	sky = compare(&d, &im, 0, 40);
	rest = compare(&d, &im, 40, 120);
	/* Hundredths of 255. */
	assert_true(rest.largest <= 2);
	assert_true(sky.rms <= 8);
	assert_true(sky.largest <= 40);
}

static void
test_few_registers(void **state)
{
	struct sixel_options o = { .width = 200, .height = 120, .colours = 16 };
	AUTO(image) im = chart(200, 120);
	AUTO(decoded) d = { 0 };

	(void)state;
	show(&im, &o, &d);
	assert_int_equal(d.registers, 16);
	/* White, the axis and the bars are the most frequent. */
	assert_true(compare(&d, &im, 41, 120).largest <= 2);
	assert_true(compare(&d, &im, 0, 40).rms <= 45);
}

static void
test_scaled(void **state)
{
	struct sixel_options o = { .width = 90, .height = 60 };
	AUTO(image) im = chart(180, 120);
	AUTO(image) small = IMAGE_INIT;
	AUTO(decoded) d = { 0 };
	struct err err = ERR_INIT;

	(void)state;
	show(&im, &o, &d);
	assert_ok(scale_image(&im, o.crop, 90, 60, 0, &small, &err), err);
	assert_true(compare(&d, &small, 0, 60).rms <= 8);
}

static void
test_crop_and_background(void **state)
{
	struct sixel_options o = { .width = 12,
				   .height = 12,
				   .crop = { 40, 40, 12, 12 },
				   .background = 0x204060 };
	AUTO(image) im = blank(100, 100, 0); /* transparent */
	AUTO(decoded) d = { 0 };

	(void)state;
	fill(&im, (struct scale_rect){ 40, 40, 6, 12 }, 0xff0000);
	show(&im, &o, &d);
	assert_int_equal(d.registers, 2);
	for (int i = 0; i < 144; i++)
		assert_int_equal(d.rgb[i], i % 12 < 6 ? 0xff0000 : 0x214061);
}

static void
test_limits(void **state)
{
	static const struct {
		int width, height, max_width, max_height, to_width, to_height;
	} rows[] = {
		{ 800, 600, 0, 0, 800, 600 },
		{ 2000, 1000, 0, 0, 1000, 498 },
		{ 1600, 1300, 4096, 4096, 1600, 1296 },
		{ 1600, 1200, 800, 300, 400, 300 },
		{ 20000, 10, 0, 0, 1000, 1 },
		{ 10, 20000, 0, 0, 1, 996 },
		{ 20, 5, 0, 0, 20, 5 },
		{ 20, 11, 0, 0, 20, 6 },
	};
	AUTO(image) im = chart(150, 60);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sixel_options o = { .width = rows[i].width,
					   .height = rows[i].height,
					   .max_width = rows[i].max_width,
					   .max_height = rows[i].max_height };
		AUTO(decoded) d = { 0 };

		show(&im, &o, &d);
		assert_int_equal(d.width, rows[i].to_width);
		assert_int_equal(d.height, rows[i].to_height);
	}
}

static void
test_hostile_pictures(void **state)
{
	static const int sizes[][2] = {
		{ 1, 1 }, { 20000, 10 }, { 10, 20000 }, { 7, 3 }
	};
	struct sixel_options o = { .width = 61, .height = 37 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		AUTO(image) im = blank(sizes[i][0], sizes[i][1], 255);
		AUTO(decoded) d = { 0 };

		show(&im, &o, &d);
		assert_int_equal(d.registers, 1);
		for (int k = 0; k < d.width * d.height; k++)
			assert_int_equal(d.rgb[k], 0xffffff);
	}
}

/* Noise: every bin in use, no run worth counting. */
static void
test_noise(void **state)
{
	struct sixel_options o = { .width = 400, .height = 300 };
	AUTO(image) im = blank(400, 300, 255);
	AUTO(decoded) d = { 0 };
	uint32_t seed = 7;

	(void)state;
	for (int i = 0; i < 400 * 300; i++) {
		seed = seed * 1664525 + 1013904223;
		fill(&im, (struct scale_rect){ i % 400, i / 400, 1, 1 },
		     seed >> 8);
	}
	show(&im, &o, &d);
	assert_int_equal(d.registers, 256);
	assert_true(compare(&d, &im, 0, 300).rms <= 30);
}

static void
test_refusals(void **state)
{
	struct sixel_options o = { .width = 0, .height = 10 };
	AUTO(image) im = blank(4, 4, 255);
	struct image none = IMAGE_INIT;
	AUTO(buf) out = BUF_INIT;
	struct err err = ERR_INIT;
	int w = 7, h = 7;

	(void)state;
	assert_fails(sixel_show(&out, &im, &o, &w, &h, &err), err, ERR_DATA,
		     "0 x 10");
	o.width = 10;
	assert_fails(sixel_show(&out, &none, &o, &w, &h, &err), err, ERR_DATA,
		     "0 x 0");
	o = (struct sixel_options){ 20000, 20000, 20000, 20000 };
	assert_fails(sixel_show(&out, &im, &o, &w, &h, &err), err, ERR_TOOBIG,
		     "limit");
	assert_int_equal(out.len, 0);
	assert_int_equal(w, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chart),
		cmocka_unit_test(test_few_registers),
		cmocka_unit_test(test_scaled),
		cmocka_unit_test(test_crop_and_background),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_hostile_pictures),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
