/*
 * The corpus is code: visual_corpus.gp and visual_corpus.py draw charts whose
 * names say what must be found: good-*.png nothing, CHECK-*.png exactly that
 * check.
 */
#include "test.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/loop.h"
#include "base/proc.h"
#include "media/ink.h"
#include "media/png.h"
#include "media/visual.h"

#include <dirent.h>

enum { DRAW_MS = 120000 };

/* --- pictures made by hand ---------------------------------------------- */

static struct image
canvas(int width, int height)
{
	struct image im = { width, height, xmalloc((size_t)width *
						   (size_t)height * 4) };

	memset(im.rgba, 255, (size_t)width * (size_t)height * 4);
	return im;
}

static void
fill(struct image *im, int x0, int y0, int x1, int y1, uint32_t rgb)
{
	for (int y = y0; y < y1; y++)
		for (int x = x0; x < x1; x++) {
			uint8_t *p = im->rgba +
				     ((size_t)y * (size_t)im->width +
				      (size_t)x) * 4;

			p[0] = (uint8_t)(rgb >> 16);
			p[1] = (uint8_t)(rgb >> 8);
			p[2] = (uint8_t)rgb;
		}
}

/* Axes at the left and below, letters under them, and a blue bar. */
static struct image
plain_chart(uint32_t text, uint32_t bar)
{
	struct image im = canvas(400, 300);

	fill(&im, 50, 20, 52, 250, 0x333333);
	fill(&im, 50, 248, 380, 250, 0x333333);
	fill(&im, 100, 100, 140, 248, bar);
	for (int i = 0; i < 20; i++) {
		fill(&im, 60 + i * 15, 260, 62 + i * 15, 270, text);
		fill(&im, 60 + i * 15, 264, 67 + i * 15, 266, text);
		fill(&im, 65 + i * 15, 260, 67 + i * 15, 270, text);
	}
	return im;
}

static const struct visual_finding *
finding(const struct visual_report *r, enum visual_id id)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->findings[i].id == id)
			return &r->findings[i];
	fail_msg("check %d is missing", id);
	return NULL;
}

static void
test_contrast_is_that_of_wcag(void **state)
{
	/* Ratios by the reference calculation of WCAG 2.2. */
	static const struct {
		uint8_t rgb[3];
		double ratio;
	} rows[] = {
		{ { 0, 0, 0 }, 21 }, { { 255, 255, 255 }, 1 },
		{ { 0x76, 0x76, 0x76 }, 4.54 }, { { 255, 0, 0 }, 3.998 },
		{ { 0x00, 0x72, 0xb2 }, 5.18 },
	};
	struct ink k = { .back = { { 255, 255, 255 }, { 255, 255, 255 } } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_true(ink_contrast(&k, rows[i].rgb) >
				    rows[i].ratio - 0.02 &&
			    ink_contrast(&k, rows[i].rgb) <
				    rows[i].ratio + 0.02);
}

static void
test_values_are_measured(void **state)
{
	struct visual_report r;
	AUTO(image) im = plain_chart(0x767676, 0x0072b2);
	const struct visual_finding *f;

	(void)state;
	visual_check(&im, NULL, &r);
	assert_true(r.ok);
	assert_int_equal(r.count, VISUAL_COUNT);
	/* 40 x 148 pixels of bar in a plot of 330 x 230. */
	f = finding(&r, VISUAL_BLANK);
	assert_true(f->value > 0.077 && f->value < 0.079);
	assert_true(finding(&r, VISUAL_CLIPPED)->value == 0);
	f = finding(&r, VISUAL_CONTRAST);
	assert_true(f->value > 4.5 && f->value < 4.6);
	assert_true(finding(&r, VISUAL_TEXT_SIZE)->value == 10);
	assert_true(finding(&r, VISUAL_OVERLAP)->value == 0);
}

static void
test_each_message_says_what_to_do(void **state)
{
	struct visual_report r;
	AUTO(image) im = plain_chart(0xdddddd, 0x0072b2);
	AUTO(buf) json = BUF_INIT;
	AUTO_JSON *back = NULL;
	struct err err = ERR_INIT;

	(void)state;
	visual_check(&im, NULL, &r);
	assert_false(r.ok);
	assert_non_null(strstr(finding(&r, VISUAL_CONTRAST)->message,
			       "use darker colours"));
	visual_report_json(&r, &json);
	back = json_parse(json.data, json.len, "report", &err);
	assert_non_null(back);
	assert_false(json_bool(back, "ok", true));
	assert_string_equal(json_str(json_path(back, "checks.2"), "check"),
			    "contrast");
	assert_true(json_num(json_path(back, "checks.2"), "value", 9) < 1.5);
}

static void
test_options(void **state)
{
	struct visual_options o = { .shown_scale = 0.5 };
	struct visual_report r;
	enum visual_id id;
	AUTO(image) im = plain_chart(0x767676, 0x0072b2);

	(void)state;
	o.threshold[VISUAL_CONTRAST] = 7;
	o.skip[VISUAL_CLIPPED] = true;
	visual_check(&im, &o, &r);
	assert_int_equal(r.count, VISUAL_COUNT - 1);
	assert_true(finding(&r, VISUAL_TEXT_SIZE)->value == 5);
	assert_false(finding(&r, VISUAL_TEXT_SIZE)->ok);
	assert_false(finding(&r, VISUAL_CONTRAST)->ok);
	assert_true(visual_find("text_size", &id) && id == VISUAL_TEXT_SIZE);
	assert_false(visual_find("textsize", &id));
}

static void
test_odd_pictures(void **state)
{
	static const int sizes[][2] = { { 1, 1 }, { 1, 5000 }, { 5000, 1 },
					{ 3, 3 }, { 40, 2 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct visual_report r;
		AUTO(image) im = canvas(sizes[i][0], sizes[i][1]);

		visual_check(&im, NULL, &r);
		assert_false(r.ok); /* blank */
		assert_false(r.findings[VISUAL_BLANK].ok);
		im.rgba[0] = 0;
		visual_check(&im, NULL, &r);
	}
}

/* Noise is the worst case for finding pieces; a transparent picture is white
 * paper. */
static void
test_noise_and_transparency(void **state)
{
	struct visual_report r;
	AUTO(image) im = canvas(1500, 1500);
	uint32_t seed = 1;

	(void)state;
	for (size_t i = 0; i < 1500u * 1500 * 4; i++) {
		seed = seed * 1664525 + 1013904223;
		im.rgba[i] = (uint8_t)(seed >> 24);
	}
	visual_check(&im, NULL, &r);
	assert_true(r.findings[VISUAL_BLANK].ok);
	memset(im.rgba, 0, 1500u * 1500 * 4);
	visual_check(&im, NULL, &r);
	assert_false(r.findings[VISUAL_BLANK].ok);
}

/* A 25-megapixel picture is averaged down; sizes stay those of the file. */
static void
test_large_pictures_are_averaged(void **state)
{
	struct visual_report small, large;
	AUTO(image) im = plain_chart(0x333333, 0x0072b2);
	AUTO(image) big = canvas(400 * 16, 300 * 16);

	(void)state;
	for (int y = 0; y < big.height; y++)
		for (int x = 0; x < big.width; x++)
			memcpy(big.rgba + ((size_t)y * 6400 + (size_t)x) * 4,
			       im.rgba + ((size_t)(y / 16) * 400 +
					  (size_t)(x / 16)) * 4, 4);
	visual_check(&im, NULL, &small);
	visual_check(&big, NULL, &large);
	assert_true(large.ok);
	assert_true(large.findings[VISUAL_TEXT_SIZE].value >
			    15 * small.findings[VISUAL_TEXT_SIZE].value &&
		    large.findings[VISUAL_TEXT_SIZE].value <
			    17 * small.findings[VISUAL_TEXT_SIZE].value);
}

/* --- the corpus --------------------------------------------------------- */

struct drawing {
	struct loop *loop;
	int exit_status;
	char said[2000];
};

static void
on_drawn(void *ud, struct proc_result *r)
{
	struct drawing *d = ud;

	d->exit_status = r->timed_out ? -1 : r->exit_status;
	snprintf(d->said, sizeof(d->said), "%s", buf_str(&r->err));
	loop_stop(d->loop);
}

static int
run_in(const char *dir, const char *const *argv, char *said, size_t size)
{
	struct err err = ERR_INIT;
	AUTO_PTR(loop) loop = loop_new();
	struct drawing d = { .loop = loop, .exit_status = -1 };
	struct proc_spec spec = { .argv = (char *const *)argv, .cwd = dir,
				  .timeout_ms = DRAW_MS,
				  .on_done = on_drawn, .ud = &d };

	if (!proc_start(loop, &spec, &err))
		fail_msg("%s", err.msg);
	loop_run(loop);
	snprintf(said, size, "%s", d.said);
	return d.exit_status;
}

/* "good", or the names of the checks that failed with a blank between. */
static void
verdict(const struct visual_report *r, struct buf *out)
{
	for (size_t i = 0; i < r->count; i++)
		if (!r->findings[i].ok)
			buf_printf(out, "%s%s", out->len ? " " : "",
				   r->findings[i].check);
	if (out->len == 0)
		buf_addstr(out, "good");
}

static bool
judge(const char *dir, const char *name, int64_t *us)
{
	AUTO_FREE char *path = path_join(dir, name);
	AUTO_FREE char *want = xstrndup(name, strcspn(name, "-"));
	struct err err = ERR_INIT;
	struct visual_report r;
	AUTO(image) im = IMAGE_INIT;
	AUTO(buf) got = BUF_INIT;
	AUTO(buf) json = BUF_INIT;
	int64_t before;

	assert_ok(png_decode_path(path, NULL, &im, &err), err);
	before = clock_mono_us();
	visual_check(&im, NULL, &r);
	*us += clock_mono_us() - before;
	verdict(&r, &got);
	if (strcmp(buf_str(&got), want) == 0)
		return true;
	visual_report_json(&r, &json);
	print_error("%s: %s\n%s\n", name, buf_str(&got), buf_str(&json));
	return false;
}

/* Judges every picture of the folder; returns how many there were. */
static int
judge_all(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int count = 0, wrong = 0;
	int64_t us = 0;

	assert_non_null(d);
	while ((e = readdir(d))) {
		if (!str_ends(e->d_name, ".png"))
			continue;
		wrong += !judge(dir, e->d_name, &us);
		count++;
	}
	closedir(d);
	print_message("%d pictures, %.1f ms each\n", count,
		      count ? (double)us / 1000 / count : 0);
	assert_int_equal(wrong, 0);
	return count;
}

static void
test_gnuplot_charts(void **state)
{
	AUTO_FREE char *script = path_join(AGENTOPS_SRCDIR,
					   "tests/unit/visual_corpus.gp");
	AUTO_FREE char *gnuplot = proc_find("gnuplot");
	const char *const argv[] = { "gnuplot", script, NULL };
	char said[2000];

	if (!gnuplot)
		skip();
	if (run_in(*state, argv, said, sizeof(said)) != 0)
		fail_msg("gnuplot: %s", said);
	assert_int_equal(judge_all(*state), 102);
}

static void
test_matplotlib_charts(void **state)
{
	AUTO_FREE char *script = path_join(AGENTOPS_SRCDIR,
					   "tests/unit/visual_corpus.py");
	AUTO_FREE char *config = path_join(*state, "mpl");
	const char *const has[] = { "/usr/bin/python3", "-c",
				    "import matplotlib", NULL };
	const char *const argv[] = { "/usr/bin/python3", "-B", script, NULL };
	char said[2000];

	setenv("MPLCONFIGDIR", config, 1);
	if (!path_exists("/usr/bin/python3") ||
	    run_in(*state, has, said, sizeof(said)) != 0)
		skip();
	if (run_in(*state, argv, said, sizeof(said)) != 0)
		fail_msg("matplotlib: %s", said);
	assert_int_equal(judge_all(*state), 57);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contrast_is_that_of_wcag),
		cmocka_unit_test(test_values_are_measured),
		cmocka_unit_test(test_each_message_says_what_to_do),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_odd_pictures),
		cmocka_unit_test(test_noise_and_transparency),
		cmocka_unit_test(test_large_pictures_are_averaged),
		dir_test(test_gnuplot_charts),
		dir_test(test_matplotlib_charts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
