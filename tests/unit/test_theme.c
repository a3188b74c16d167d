#include "test.h"

#include "base/str.h"
#include "ui/term_colour.h"
#include "ui/theme.h"

#include <math.h>

static const char *const shipped[] = { "dark", "light", "contrast", "16",
				       "none" };

static const char *const role_names[] = {
#define X(id, name, help) name,
	ROLES(X)
#undef X
};

/* WCAG 2.1, relative luminance and contrast ratio. */
static double
luminance(int32_t rgb)
{
	static const double weights[] = { .2126, .7152, .0722 };
	double sum = 0;

	for (int i = 0; i < 3; i++) {
		double v = (rgb >> (16 - 8 * i) & 255) / 255.;

		sum += weights[i] *
		       (v <= .03928 ? v / 12.92 : pow((v + .055) / 1.055, 2.4));
	}
	return sum;
}

static double
contrast(int32_t a, int32_t b)
{
	double x = luminance(a) + .05, y = luminance(b) + .05;

	return x > y ? x / y : y / x;
}

static int32_t
rgb_of(int32_t colour, int32_t own)
{
	if (colour == COLOUR_DEFAULT)
		return own;
	return colour & COLOUR_RGB_BIT ? colour & 0xffffff : colour_rgb(colour);
}

static struct paths
paths_at(void **state)
{
	return (struct paths){ .config = *state };
}

/* Every role can be read, on the background that the theme is for. */
static void
check_legible(const struct theme *t, const char *name, int32_t text,
	      int32_t paper, double least)
{
	for (int r = 0; r < ROLE_COUNT; r++) {
		struct style s = theme_style(t, (enum role)r);
		double c = contrast(rgb_of(s.fg, text), rgb_of(s.bg, paper));
		/* Frames are no text. */
		double need = r == ROLE_BORDER ? least / 2 : least;

		if (c < need)
			fail_msg("%s: %s: contrast %.1f, less than %.1f", name,
				 role_names[r], c, need);
	}
}

static void
shipped_themes(void **state)
{
	/* WCAG asks for 4.5, and for 7 where it matters most. */
	static const struct {
		int32_t text, paper;
		double least;
	} worlds[] = {
		{ 0xe5e5e5, 0x000000, 4.5 }, { 0x000000, 0xffffff, 4.5 },
		{ 0xffffff, 0x000000, 7 },   { 0xe5e5e5, 0x000000, 3 },
		{ 0xe5e5e5, 0x000000, 4.5 },
	};
	struct paths p = paths_at(state);

	for (size_t i = 0; i < ARRAY_LEN(shipped); i++) {
		struct theme t = { 0 };
		struct err err = ERR_INIT;

		assert_ok(theme_load(&p, shipped[i], &t, &err), err);
		assert_string_equal(t.name, shipped[i]);
		check_legible(&t, shipped[i], worlds[i].text, worlds[i].paper,
			      worlds[i].least);
		for (int r = 0; r < ROLE_COUNT; r++) {
			struct style s = theme_style(&t, (enum role)r);

			if (strcmp(shipped[i], "none") == 0)
				assert_true(s.fg == COLOUR_DEFAULT &&
					    s.bg == COLOUR_DEFAULT);
			if (strcmp(shipped[i], "16") == 0)
				assert_true(s.fg < 16 && s.bg < 16);
		}
		theme_release(&t);
	}
}

/* What must be told apart without colours is. */
static void
plain(void **state)
{
	static const enum role apart[] = { ROLE_SELECTED, ROLE_GATE, ROLE_BAD,
					   ROLE_BAR, ROLE_MATCH };
	struct theme t;

	(void)state;
	theme_init_plain(&t);
	for (size_t i = 0; i < ARRAY_LEN(apart); i++)
		assert_int_not_equal(theme_style(&t, apart[i]).attrs, 0);
	assert_int_equal(theme_style(&t, ROLE_TEXT).attrs, 0);
	for (int r = 0; r < ROLE_COUNT; r++)
		assert_int_equal(theme_style(&t, (enum role)r).fg,
				 COLOUR_DEFAULT);
	theme_release(&t);
}

static void
write_theme(void **state, const char *name, const char *text)
{
	AUTO_FREE char *folder = path_join(*state, "themes");
	AUTO_FREE char *file = xasprintf("%s.yaml", name);
	struct err err = ERR_INIT;

	assert_ok(path_mkdirs(folder, &err), err);
	test_write(folder, file, text, strlen(text));
}

static void
own_theme(void **state)
{
	struct paths p = paths_at(state);
	struct theme t = { 0 };
	struct err err = ERR_INIT;

	write_theme(state, "dark",
		    "name: mine\n"
		    "text: {fg: 7, bg: \"#102030\"}\n"
		    "good: {fg: \"#7fd962\", bold: true, italic: false}\n"
		    "selected: {bg: 24, fg: bright-white}\n"
		    "bad: {fg: default, bg: default, underline: true}\n");
	assert_ok(theme_load(&p, "dark", &t, &err), err);
	assert_int_equal(t.roles[ROLE_GOOD].fg, COLOUR_RGB(0x7fd962));
	assert_int_equal(t.roles[ROLE_GOOD].bg, COLOUR_RGB(0x102030));
	assert_int_equal(t.roles[ROLE_GOOD].attrs, STYLE_BOLD);
	assert_int_equal(t.roles[ROLE_SELECTED].bg, 24);
	assert_int_equal(t.roles[ROLE_SELECTED].fg, 15);
	assert_int_equal(t.roles[ROLE_BAD].fg, COLOUR_DEFAULT);
	assert_int_equal(t.roles[ROLE_BAD].attrs, STYLE_UNDERLINE);
	/* Left out: as text. */
	assert_int_equal(t.roles[ROLE_WARN].fg, 7);
	theme_release(&t);
}

/* The table in theme.c says what the file says. */
static void
built_in(void **state)
{
	struct paths p = paths_at(state);
	AUTO_FREE char *folder = path_shipped("themes");
	AUTO_FREE char *file = path_join(folder, "dark.yaml");
	AUTO(buf) text = BUF_INIT;
	struct theme ours = { 0 }, copy = { 0 };
	struct err err = ERR_INIT;

	assert_ok(path_read(file, 1 << 16, &text, &err), err);
	write_theme(state, "copy", buf_str(&text));
	assert_ok(theme_load(&p, "copy", &copy, &err), err);
	assert_ok(theme_load(&p, "dark", &ours, &err), err);
	for (int r = 0; r < ROLE_COUNT; r++) {
		assert_int_equal(ours.roles[r].fg, copy.roles[r].fg);
		assert_int_equal(ours.roles[r].bg, copy.roles[r].bg);
		assert_int_equal(ours.roles[r].attrs, copy.roles[r].attrs);
	}
	theme_release(&ours);
	theme_release(&copy);
}

static void
errors(void **state)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
		{ "god: {fg: red}\n",
		  "x.yaml:1:1: unknown role \"god\"; did you mean \"good\"?" },
		{ "good: {fg: rde}\n",
		  "x.yaml:1:12: \"rde\" is no colour; did you mean \"red\"?" },
		{ "good: {fg: \"#12345\"}\n", "is no colour" },
		{ "good: {fg: \"#12345g\"}\n", "is no colour" },
		{ "good: {fg: 256}\n", "is no colour" },
		{ "good: {fg: -1}\n", "is no colour" },
		{ "good: {fg: [1]}\n", "must be a colour" },
		{ "good: {blod: true}\n",
		  "x.yaml:1:8: unknown key \"blod\"; did you mean \"bold\"?" },
		{ "good: {bold: 1}\n", "x.yaml:1:14: bold must be true" },
		{ "good: red\n", "must be a style" },
		{ "text: {fg: 1}\ngood: {bg: 1}\n",
		  "x.yaml:2:7: fg and bg are the same" },
		{ "- good\n", "must be a map" },
		{ "good: {fg: red\n", "x.yaml:" },
	};
	struct paths p = paths_at(state);
	struct theme t = { 0 };
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		write_theme(state, "x", rows[i].text);
		if (theme_load(&p, "x", &t, &err))
			fail_msg("row %zu was taken", i);
		if (!strstr(err.msg, rows[i].words))
			fail_msg("row %zu: \"%s\"", i, err.msg);
		assert_null(t.name);
	}
	assert_fails(theme_load(&p, "nosuch", &t, &err), err, ERR_CONFIG,
		     "there is none");
	assert_fails(theme_load(&p, "../x", &t, &err), err, ERR_CONFIG,
		     "not a path");
}

static void
downgrading(void **state)
{
	bool bright;

	(void)state;
	assert_int_equal(colour_for(TERM_DIRECT, COLOUR_RGB(0x123456), NULL),
			 0x123456);
	assert_int_equal(colour_for(TERM_DIRECT, COLOUR_RGB(0x000012), NULL),
			 0x000112); /* not colour 18 */
	assert_int_equal(colour_for(TERM_DIRECT, 200, NULL), 200);
	assert_int_equal(colour_for(TERM_256, COLOUR_RGB(0xff0000), NULL), 196);
	assert_int_equal(colour_for(TERM_256, COLOUR_RGB(0x808080), NULL), 244);
	assert_int_equal(colour_for(TERM_256, 3, NULL), 3);
	assert_int_equal(colour_for(TERM_16, COLOUR_RGB(0xff1010), NULL), 9);
	assert_int_equal(colour_for(TERM_16, 196, NULL), 9);
	assert_int_equal(colour_for(TERM_8, 196, &bright), 1);
	assert_true(bright);
	assert_int_equal(colour_for(TERM_8, 4, &bright), 4);
	assert_false(bright);
	for (int have = TERM_MONO; have <= TERM_DIRECT; have++)
		assert_int_equal(colour_for((enum term_colours)have,
					    COLOUR_DEFAULT, NULL),
				 -1);
	assert_int_equal(colour_for(TERM_MONO, COLOUR_RGB(0xff0000), NULL), -1);
	/* The 240 fixed ones are found again. */
	for (int i = 16; i < 256; i++) {
		int got = colour_for(TERM_256, COLOUR_RGB(colour_rgb(i)), NULL);

		assert_int_equal(colour_rgb(got), colour_rgb(i));
	}
}

static void
pairs(void **state)
{
	struct colour_pairs p;
	bool is_new;

	(void)state;
	colour_pairs_init(&p, 1000);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(colour_pairs_get(&p, i * 7, -1, &is_new),
				 i + 1);
		assert_true(is_new);
	}
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(colour_pairs_get(&p, i * 7, -1, &is_new),
				 i + 1);
		assert_false(is_new);
	}
	assert_int_equal(colour_pairs_get(&p, -1, 0, &is_new), 0);
	colour_pairs_clear(&p);
	assert_int_equal(colour_pairs_get(&p, -1, 0, &is_new), 1);
	assert_true(is_new);
	colour_pairs_release(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		dir_test(shipped_themes), dir_test(built_in),
		cmocka_unit_test(plain),  dir_test(own_theme),
		dir_test(errors),         cmocka_unit_test(downgrading),
		cmocka_unit_test(pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
