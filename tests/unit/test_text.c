#include "test.h"
#include "ui/text.h"

#include <utf8proc.h>

/* Clusters as "[text|width]", newlines as "[/]". */
static void
spell(const char *s, size_t len, struct buf *out)
{
	for (struct text_walk w = text_walk(s, len); text_next(&w);) {
		if (w.newline)
			buf_addstr(out, "[/]");
		else
			buf_printf(out, "[%s|%d%s]", w.text, w.width,
				   w.mark ? "!" : "");
	}
}

static const struct {
	const char *in, *out;
} cluster_rows[] = {
	{ "", "" },
	{ "ab", "[a|1][b|1]" },
	/* combining marks attach, alone they are marked */
	{ "e\u0301x", "[e\u0301|1][x|1]" },
	{ "e\u0301\u0302", "[e\u0301\u0302|1]" },
	{ "\u0301x", "[<U+0301>|8!][x|1]" },
	{ "\n\u0301", "[/][<U+0301>|8!]" },
	{ "\t\u0301", "[        |8][<U+0301>|8!]" },
	/* wide */
	{ "日本", "[日|2][本|2]" },
	{ "ａ", "[ａ|2]" },
	/* Hangul: LV, and L V T as one (UAX #29 GB6 to GB8) */
	{ "한", "[한|2]" },
	{ "\u1112\u1161\u11ab", "[\u1112\u1161\u11ab|2]" },
	{ "각\u11a8", "[각\u11a8|2]" },
	/* regional indicators pair (GB12, GB13) */
	{ "🇩🇪🇫🇷", "[🇩🇪|2][🇫🇷|2]" },
	{ "🇩🇪🇫", "[🇩🇪|2][🇫|1]" },
	{ "a🇩", "[a|1][🇩|1]" },
	/* emoji: modifiers attach; the joiner is marked */
	{ "👍🏽", "[👍🏽|2]" },
	{ "👩\u200d💻", "[👩|2][<U+200D>|8!][💻|2]" },
	{ "❤\ufe0f", "[❤\ufe0f|2]" },
	{ "❤", "[❤|1]" },
	{ "1\ufe0f\u20e3", "[1\ufe0f\u20e3|2]" },
	/* selectors where they mean nothing carry data: shown */
	{ "a\ufe0f", "[a|1][<U+FE0F>|8!]" },
	{ "❤\ufe0f\ufe0e", "[❤\ufe0f|2][<U+FE0E>|8!]" },
	{ "a\ufe01", "[a|1][<U+FE01>|8!]" },
	{ "\U000e0100", "[<U+E0100>|9!]" },
	/* spacing marks, Thai, Arabic */
	{ "नि", "[नि|1]" },
	{ "กำ", "[กำ|2]" },
	{ "مَ", "[مَ|1]" },
	/* what acts or misleads */
	{ "\033[2J", "[^[|2!][[|1][2|1][J|1]" },
	{ "\r\n", "[^M|2!][/]" },
	{ "\x7f", "[^?|2!]" },
	{ "\xc2\x9b"
	  "1m",
	  "[<U+009B>|8!][1|1][m|1]" },
	{ "a\u202eb", "[a|1][<U+202E>|8!][b|1]" },
	{ "a\u200bb", "[a|1][<U+200B>|8!][b|1]" },
	{ "\u2066x\u2069", "[<U+2066>|8!][x|1][<U+2069>|8!]" },
	{ "\ufeff", "[<U+FEFF>|8!]" },
	{ "a\u00adb", "[a|1][<U+00AD>|8!][b|1]" },
	{ "\u3164", "[<U+3164>|8!]" },
	{ "a\u034f", "[a|1][<U+034F>|8!]" },
	{ "\u0378", "[<U+0378>|8!]" },
	/* invalid bytes: lone, overlong, surrogate, cut short */
	{ "a\xff", "[a|1][<FF>|4!]" },
	{ "\xc0\xaf", "[<C0>|4!][<AF>|4!]" },
	{ "\xed\xa0\x80", "[<ED>|4!][<A0>|4!][<80>|4!]" },
	{ "\xe6\x97", "[<E6>|4!][<97>|4!]" },
	/* tabs by column, anew after a newline */
	{ "ab\tc", "[a|1][b|1][      |6][c|1]" },
	{ "ab\n\tc", "[a|1][b|1][/][        |8][c|1]" },
	{ "日\t", "[日|2][      |6]" },
};

static void
walks_clusters(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cluster_rows); i++) {
		AUTO(buf) out = BUF_INIT;

		spell(cluster_rows[i].in, strlen(cluster_rows[i].in), &out);
		assert_string_equal(buf_str(&out), cluster_rows[i].out);
	}
}

static void
nul_is_shown(void **state)
{
	AUTO(buf) out = BUF_INIT;

	(void)state;
	spell("a\0b", 3, &out);
	assert_string_equal(buf_str(&out), "[a|1][^@|2!][b|1]");
}

static void
long_clusters_lose_marks(void **state)
{
	AUTO(buf) s = BUF_INIT;
	struct text_walk w;

	(void)state;
	buf_addch(&s, 'e');
	for (int i = 0; i < 1000; i++)
		buf_addstr(&s, "\u0301");
	w = text_walk(buf_str(&s), s.len);
	assert_true(text_next(&w));
	assert_int_equal(w.text_len, TEXT_CLUSTER_MAX);
	assert_true(utf8_valid(w.text, w.text_len));
	assert_int_equal(w.width, 1);
	assert_false(text_next(&w));
}

static void
cuts_with_an_ellipsis(void **state)
{
	static const struct {
		const char *in;
		int columns;
		bool ascii;
		const char *out;
	} rows[] = {
		{ "short", 5, false, "short" },
		{ "longer", 5, false, "long…" },
		{ "longer", 5, true, "lo..." },
		{ "longer", 2, true, ".." },
		{ "longer", 1, false, "…" },
		{ "longer", 0, false, "" },
		{ "longer", -3, false, "" },
		{ "日本語", 6, false, "日本語" },
		{ "日本語", 5, false, "日本…" },
		{ "日本語", 4, false, "日…" },
		{ "日本é", 5, true, "?????" },
		{ "one\ntwo", 9, false, "one…" },
		{ "one\n", 9, false, "one" },
		{ "a\033b", 9, false, "a^[b" },
		{ "ab\u202e", 9, false, "ab…" },
		{ "e\u0301e\u0301e\u0301", 2, false, "e\u0301…" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) out = BUF_INIT;

		text_cut(&out, rows[i].in, rows[i].columns, rows[i].ascii);
		assert_string_equal(buf_str(&out), rows[i].out);
	}
}

static void
wraps_at_blanks(void **state)
{
	static const struct {
		const char *in;
		int columns;
		const char *out;
	} rows[] = {
		{ "", 5, "" },
		{ "one two three", 7, "one two|three|" },
		{ "one two three", 8, "one two|three|" },
		{ "one two three", 6, "one|two|three|" },
		{ "one  two", 4, "one|two|" },
		{ "one two  ", 7, "one two|" },
		{ "abcdefgh", 3, "abc|def|gh|" },
		{ "ab cdefgh", 4, "ab|cdef|gh|" },
		{ "a\n\nb\n", 5, "a||b|" },
		{ "abc  \nd", 3, "abc|d|" },
		{ "abc\nd", 3, "abc|d|" },
		{ "    indented", 8, "    inde|nted|" },
		{ "日本語", 4, "日本|語|" },
		{ "日本語", 5, "日本|語|" },
		{ "日本語", 1, "日|本|語|" },
		{ "x\u202ey", 3, "x|\u202e|y|" },
		{ "ab", 0, "a|b|" },
		{ "a\tb", 8, "a|b|" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(text_lines) lines = { 0 };
		AUTO(buf) out = BUF_INIT;

		text_wrap(rows[i].in, strlen(rows[i].in), rows[i].columns,
			  &lines);
		for (size_t j = 0; j < lines.count; j++) {
			buf_add(&out, rows[i].in + lines.items[j].start,
				lines.items[j].len);
			buf_addch(&out, '|');
		}
		assert_string_equal(buf_str(&out), rows[i].out);
	}
}

/* ----- properties over random texts ----------------------------------- */

static uint32_t seed;

static uint32_t
random_below(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

/* Pieces that meet in all orders: they join, break, act, are invalid. */
static const char *const pieces[] = {
	"a",          "b",      " ",        " ",      "\t",     "\n",
	"word",       "\u0301", "\u0308",   "é",      "日",     "한",
	"\u1112",     "\u1161", "\u11ab",   "🇩",      "🇪",      "👍",
	"🏽",       "\u200d", "👩",        "❤",      "\ufe0f", "\ufe0e",
	"1",          "\u20e3", "नि",       "\u0600", "\u202e", "\033",
	"\r",         "\xff",   "\xe6\x97", "\xc0",   "\u0e33", "ก",
	"\U000e0041",
};

static void
random_text(struct buf *out)
{
	buf_reset(out);
	for (uint32_t n = random_below(30); n; n--)
		buf_addstr(out, pieces[random_below(ARRAY_LEN(pieces))]);
}

/* Every place between two clusters, from the walk. */
static size_t
boundaries(const char *s, size_t len, bool *is)
{
	size_t count = 0;

	memset(is, 0, len + 1);
	is[0] = is[len] = true;
	for (struct text_walk w = text_walk(s, len); text_next(&w); count++) {
		is[w.start] = true;
		assert_int_equal(w.newline, s[w.start] == '\n');
		assert_true(w.at > w.start);
		assert_true(w.newline || w.width > 0);
		assert_true(w.text_len <= TEXT_CLUSTER_MAX);
		assert_int_equal(strlen(w.text), w.text_len);
		assert_true(utf8_valid(w.text, w.text_len));
	}
	return count;
}

static void
check_steps(const char *s, size_t len, const bool *is)
{
	size_t at = 0;

	for (size_t i = 0; i <= len; i++) {
		size_t want = i;

		while (want > 0 && !is[--want])
			;
		assert_int_equal(text_prev(s, len, i), want);
	}
	while (at < len) {
		size_t next = text_after(s, len, at);

		assert_true(next > at && is[next]);
		for (size_t i = at + 1; i < next; i++)
			assert_false(is[i]);
		at = next;
	}
}

static void
check_fit(const char *s, size_t len, const bool *is)
{
	int columns = (int)random_below(25), width;
	size_t n = text_fit(s, len, columns, &width), next;
	char *head = xstrndup(s, n), *longer;

	assert_true(is[n]);
	assert_true(width <= columns);
	assert_int_equal(text_width(head), width);
	if (n < len && s[n] != '\n') {
		next = text_after(s, len, n);
		longer = xstrndup(s, next);
		assert_true(text_width(longer) > columns);
		free(longer);
	}
	free(head);
}

static void
check_cut(const char *s)
{
	int columns = (int)random_below(25);

	for (int ascii = 0; ascii < 2; ascii++) {
		AUTO(buf) out = BUF_INIT, again = BUF_INIT;

		text_cut(&out, s, columns, ascii);
		assert_true(text_width(buf_str(&out)) <= columns);
		for (size_t i = 0; i < out.len; i++)
			assert_true((unsigned char)out.data[i] >= 0x20 &&
				    (!ascii || out.data[i] > 0));
		text_cut(&again, buf_str(&out), columns, ascii);
		assert_string_equal(buf_str(&again), buf_str(&out));
	}
}

/* Lines are in order, end at boundaries, fit, and lose only blanks and
 * newlines. */
static void
check_wrap(const char *s, size_t len, const bool *is)
{
	int columns = 1 + (int)random_below(12);
	AUTO(text_lines) lines = { 0 };
	size_t at = 0;

	text_wrap(s, len, columns, &lines);
	for (size_t i = 0; i <= lines.count; i++) {
		size_t to = i < lines.count ? lines.items[i].start : len;
		char *line;

		for (; at < to; at++)
			assert_true(strchr(" \t\n", s[at]) != NULL);
		if (i == lines.count)
			break;
		assert_int_equal(at, to);
		at += lines.items[i].len;
		assert_true(is[to] && is[at]);
		line = xstrndup(s + to, lines.items[i].len);
		assert_null(strchr(line, '\n'));
		assert_true(text_width(line) <= columns ||
			    text_after(line, strlen(line), 0) == strlen(line));
		free(line);
	}
}

static void
random_texts_hold(void **state)
{
	AUTO(buf) s = BUF_INIT;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		bool is[512];

		seed = (uint32_t)i;
		random_text(&s);
		boundaries(buf_str(&s), s.len, is);
		check_steps(buf_str(&s), s.len, is);
		check_fit(buf_str(&s), s.len, is);
		check_cut(buf_str(&s));
		check_wrap(buf_str(&s), s.len, is);
	}
}

/* Where nothing is marked, the clusters are utf8proc's own. */
static void
agrees_with_utf8proc(void **state)
{
	static const char *const s =
		"Grüße e\u0301\u0308 한국어 \u1112\u1161\u11ab 日本 नमस्ते "
		"🇩🇪🇫🇷🇩 👍🏽 กำ \u05e9\u05c1 "
		"\u1f00\u0342";
	utf8proc_int32_t cp[256], state_ = 0;
	utf8proc_ssize_t count =
		utf8proc_decompose((const utf8proc_uint8_t *)s, 0, cp, 256,
				   UTF8PROC_NULLTERM | UTF8PROC_STABLE);
	size_t clusters = 1, walked = 0;

	(void)state;
	assert_true(count > 0 && count < 256);
	for (utf8proc_ssize_t i = 1; i < count; i++)
		clusters += utf8proc_grapheme_break_stateful(cp[i - 1], cp[i],
							     &state_);
	for (struct text_walk w = text_walk(s, strlen(s)); text_next(&w);) {
		assert_false(w.mark);
		walked++;
	}
	assert_int_equal(walked, clusters);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walks_clusters),
		cmocka_unit_test(nul_is_shown),
		cmocka_unit_test(long_clusters_lose_marks),
		cmocka_unit_test(cuts_with_an_ellipsis),
		cmocka_unit_test(wraps_at_blanks),
		cmocka_unit_test(random_texts_hold),
		cmocka_unit_test(agrees_with_utf8proc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
