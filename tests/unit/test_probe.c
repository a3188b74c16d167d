/*
 * What terminals answer, as they were seen to (xterm 379, kitty 0.26, foot,
 * mlterm, tmux 3.3a) or as their documentation says (iTerm2, WezTerm).
 */
#include "test.h"

#include "ui/probe.h"

struct env_row {
	const char *name, *value;
};

struct world {
	const struct env_row *rows;
	size_t count;
};

static const char *
get(void *ud, const char *name)
{
	const struct world *w = ud;

	for (size_t i = 0; i < w->count; i++)
		if (strcmp(w->rows[i].name, name) == 0)
			return w->rows[i].value;
	return NULL;
}

#define CAPS(caps, ...) \
	do { \
		const struct env_row rows_[] = { __VA_ARGS__ }; \
		struct world world_ = { rows_, ARRAY_LEN(rows_) }; \
		probe_environment(get, &world_, caps); \
	} while (0)

/* Answers one after the other; true when DA1 was among them. */
static bool
answer(struct term_caps *caps, const char *const *replies)
{
	bool done, all = false;

	for (; *replies; replies++) {
		probe_reply(caps, *replies, strlen(*replies), &done);
		all |= done;
	}
	return all;
}

#define ANSWER(caps, ...) \
	answer(caps, (const char *const[]){ __VA_ARGS__, NULL })

static void
environment(void **state)
{
	struct term_caps c;

	(void)state;
	CAPS(&c, { "TERM", "xterm-256color" }, { "LANG", "de_DE.UTF-8" });
	assert_int_equal(c.colours, TERM_256);
	assert_int_equal(c.picture, PICTURE_SYMBOLS);
	assert_true(c.utf8);
	assert_false(c.multiplexer || c.sync || c.extended_symbols);
	assert_int_equal(c.cell_width, 8);
	assert_int_equal(c.cell_height, 16);
	assert_int_equal(c.background, COLOUR_DEFAULT);

	CAPS(&c, { "TERM", "xterm-kitty" }, { "COLORTERM", "truecolor" },
	     { "LANG", "C.utf8" });
	assert_int_equal(c.colours, TERM_DIRECT);
	assert_int_equal(c.picture, PICTURE_KITTY);
	assert_true(c.extended_symbols);

	CAPS(&c, { "TERM", "xterm-256color" }, { "TERM_PROGRAM", "iTerm.app" },
	     { "LC_ALL", "en_US.UTF-8" });
	assert_int_equal(c.picture, PICTURE_ITERM);

	/* LC_ALL wins over LANG, an empty one does not. */
	CAPS(&c, { "TERM", "xterm" }, { "LANG", "C.UTF-8" }, { "LC_ALL", "C" });
	assert_false(c.utf8);
	assert_int_equal(c.picture, PICTURE_NONE);
	CAPS(&c, { "TERM", "xterm" }, { "LANG", "C.UTF-8" }, { "LC_ALL", "" });
	assert_true(c.utf8);

	/* Inside tmux it is tmux that counts. */
	CAPS(&c, { "TERM", "xterm-kitty" }, { "TMUX", "/tmp/x,1,0" },
	     { "TERM_PROGRAM", "iTerm.app" }, { "LANG", "C.UTF-8" });
	assert_true(c.multiplexer);
	assert_int_equal(c.picture, PICTURE_SYMBOLS);
	CAPS(&c, { "TERM", "screen-256color" });
	assert_true(c.multiplexer);

	CAPS(&c, { "TERM", "dumb" }, { "LANG", "C.UTF-8" });
	assert_int_equal(c.colours, TERM_MONO);
	assert_int_equal(c.picture, PICTURE_NONE);
	CAPS(&c, { "LANG", "C.UTF-8" });
	assert_int_equal(c.colours, TERM_MONO);
}

static void
who_is_asked(void **state)
{
	static const char *const not_asked[] = { "dumb", "linux", "vt100", "",
						 "linux-16color" };
	static const char *const asked[] = { "xterm", "screen", "tmux-256color",
					     "foot", "rxvt-unicode" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(not_asked); i++)
		assert_false(probe_allowed(not_asked[i]));
	for (size_t i = 0; i < ARRAY_LEN(asked); i++)
		assert_true(probe_allowed(asked[i]));
	assert_false(probe_allowed(NULL));
	/* tmux would take an APC for a title. */
	assert_non_null(strstr(probe_question, "\033_G"));
	assert_null(strstr(probe_question_multiplexer, "\033_"));
	assert_string_equal(probe_question + strlen(probe_question) - 3,
			    "\033[c");
}

static void
xterm(void **state)
{
	struct term_caps c;

	(void)state;
	CAPS(&c, { "TERM", "xterm-256color" }, { "LANG", "C.UTF-8" });
	assert_true(ANSWER(&c, "\033P>|XTerm(379)\033\\", "\033[?2026;0$y",
			   "\033[4;384;640t", "\033[6;16;8t", "\033[?1;0;256S",
			   "\033[?2;0;1000;1000S",
			   "\033]11;rgb:0000/0000/0000\033\\",
			   "\033P1$r0;38:5:16m\033\\",
			   "\033[?64;1;2;6;9;15;16;17;18;21;22;28c"));
	assert_int_equal(c.picture, PICTURE_SYMBOLS);
	assert_int_equal(c.colours, TERM_256);
	assert_false(c.sync);
	assert_int_equal(c.told_width, 8);
	assert_int_equal(c.told_height, 16);
	assert_int_equal(c.area_width, 640);
	assert_int_equal(c.area_height, 384);
	assert_int_equal(c.sixel_width, 1000);
	assert_int_equal(c.sixel_height, 1000);
	assert_int_equal(c.background, COLOUR_RGB(0));
	assert_string_equal(c.name, "XTerm(379)");

	/* xterm -ti vt340, and with direct colours. */
	assert_true(ANSWER(&c, "\033P1$r0;38:2::1:2:3m\033\\",
			   "\033[?63;1;2;4;6;9;15;22c"));
	assert_int_equal(c.picture, PICTURE_SIXEL);
	assert_int_equal(c.colours, TERM_DIRECT);
	assert_false(c.extended_symbols);
}

static void
kitty(void **state)
{
	struct term_caps c;

	(void)state;
	CAPS(&c, { "TERM", "xterm-256color" }, { "LANG", "C.UTF-8" });
	assert_true(ANSWER(&c, "\033_Gi=31;OK\033\\",
			   "\033P>|kitty(0.26.5)\033\\", "\033[?2026;2$y",
			   "\033[4;720;1280t", "\033[6;18;9t",
			   "\033]11;rgb:1e1e/1e1e/2e2e\033\\",
			   "\033P1$r0;38:2:1:2:3m\033\\", "\033[?62;c"));
	assert_int_equal(c.picture, PICTURE_KITTY);
	assert_int_equal(c.colours, TERM_DIRECT);
	assert_true(c.sync);
	assert_true(c.extended_symbols);
	assert_int_equal(c.background, COLOUR_RGB(0x1e1e2e));
	assert_int_equal(c.told_width, 9);
	assert_int_equal(c.told_height, 18);
}

static void
foot_and_mlterm(void **state)
{
	struct term_caps c;

	(void)state;
	CAPS(&c, { "TERM", "foot" }, { "LANG", "C.UTF-8" });
	assert_true(ANSWER(&c, "\033P>|foot(1.13.1)\033\\", "\033[?2026;2$y",
			   "\033]11;rgb:11/22/33\033\\",
			   "\033P1$r0;38:2::1:2:3m\033\\", "\033[?62;4;22c"));
	assert_int_equal(c.picture, PICTURE_SIXEL);
	assert_true(c.sync && c.extended_symbols);
	assert_int_equal(c.background, COLOUR_RGB(0x112233));

	CAPS(&c, { "TERM", "mlterm" }, { "LANG", "C.UTF-8" });
	assert_true(ANSWER(&c, "\033]11;rgba:ffff/ffff/ffff/ffff\a",
			   "\033[?63;1;2;3;4;7;29c"));
	assert_int_equal(c.picture, PICTURE_SIXEL);
	assert_int_equal(c.background, COLOUR_RGB(0xffffff));
}

static void
iterm_and_wezterm(void **state)
{
	struct term_caps c;

	(void)state;
	CAPS(&c, { "TERM", "xterm-256color" }, { "LANG", "C.UTF-8" });
	assert_true(ANSWER(&c, "\033P>|iTerm2 3.5.0\033\\",
			   "\033]1337;ReportCellSize=17.0;8.0;2.0\033\\",
			   "\033[?62;22c"));
	assert_int_equal(c.picture, PICTURE_ITERM);
	assert_int_equal(c.told_width, 16);
	assert_int_equal(c.told_height, 34);

	/* What also has sixel is asked for sixel (brief images.md). */
	CAPS(&c, { "TERM", "wezterm" }, { "LANG", "C.UTF-8" },
	     { "TERM_PROGRAM", "WezTerm" });
	assert_true(ANSWER(&c, "\033[6;20;10t",
			   "\033]1337;ReportCellSize=10.0;5.0;2.0\033\\",
			   "\033[?65;4;6;18;22c"));
	assert_int_equal(c.picture, PICTURE_SIXEL);
	assert_int_equal(c.told_width, 10);
}

static void
tmux(void **state)
{
	struct term_caps c;

	(void)state;
	CAPS(&c, { "TERM", "tmux-256color" }, { "TMUX", "/tmp/t,1,0" },
	     { "LANG", "C.UTF-8" });
	assert_true(ANSWER(&c, "\033P>|tmux 3.3a\033\\", "\033P0$r\033\\",
			   "\033[?1;2;4c"));
	assert_int_equal(c.picture, PICTURE_SYMBOLS);
	assert_int_equal(c.colours, TERM_256);
	assert_string_equal(c.name, "tmux 3.3a");
}

static void
garbage(void **state)
{
	static const char *const replies[] = {
		"",
		"\033",
		"\033[",
		"\033[?",
		"\033[t",
		"\033[4;5t",
		"\033[6;0;0t",
		"\033[6;-1;8t",
		"\033[6;99999999999999;8t",
		"\033[?2;3;1000;1000S", /* refused */
		"\033[?2;0;0;0S",
		"\033[?S",
		"\033[?2026$y",
		"\033_Gi=31;ENOTSUPPORTED:x\033\\",
		"\033_Gi=32;OK\033\\",
		"\033_Gi=31;OKAY\033\\",
		"\033P1$r38;2;1;2\033\\",
		"\033P0$r\033\\",
		"\033]11;\033\\",
		"\033]11;rgb:\033\\",
		"\033]11;rgb:1/2\033\\",
		"\033]11;rgb:g/0/0\033\\",
		"\033]11;hsl:1/2/3\033\\",
		"\033]1337;Other=1\033\\",
		"\033]4;1;rgb:1/2/3\033\\",
	};
	struct term_caps before, c;
	bool done;

	(void)state;
	CAPS(&before, { "TERM", "xterm" }, { "LANG", "C.UTF-8" });
	for (size_t i = 0; i < ARRAY_LEN(replies); i++) {
		c = before;
		assert_false(
			probe_reply(&c, replies[i], strlen(replies[i]), &done));
		assert_false(done);
		if (memcmp(&before, &c, sizeof(c)) != 0)
			fail_msg("reply %zu changed something", i);
	}
	/* A name is text from outside. */
	assert_true(ANSWER(&c, "\033P>|a\001b\377c\033\\", "\033[?1c"));
	assert_string_equal(c.name, "abc");
	/* A second time changes nothing. */
	assert_false(probe_reply(&c, "\033P>|abc\033\\", 9, &done));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(environment),
		cmocka_unit_test(who_is_asked),
		cmocka_unit_test(xterm),
		cmocka_unit_test(kitty),
		cmocka_unit_test(foot_and_mlterm),
		cmocka_unit_test(iterm_and_wezterm),
		cmocka_unit_test(tmux),
		cmocka_unit_test(garbage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
