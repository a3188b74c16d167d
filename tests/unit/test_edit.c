#include "test.h"
#include "ui/edit.h"

/*
 * Keys as text: a character is itself, "<Left>" a named key, "<C-a>",
 * "<M-b>", "<C-Left>" with modifiers; "<NL>" a new line as the caller puts it
 * in.
 */
static const struct {
	const char *name;
	uint32_t key;
} names[] = {
	{ "Left", INPUT_LEFT },    { "Right", INPUT_RIGHT },
	{ "Up", INPUT_UP },        { "Down", INPUT_DOWN },
	{ "Home", INPUT_HOME },    { "End", INPUT_END },
	{ "BS", INPUT_BACKSPACE }, { "Del", INPUT_DELETE },
	{ "Space", INPUT_SPACE },
};

static struct input
named(const char *name, size_t len)
{
	struct input in = { .kind = INPUT_KEY };

	for (; len > 2 && name[1] == '-'; name += 2, len -= 2)
		in.mods |= name[0] == 'C' ? INPUT_CTRL : INPUT_ALT;
	in.key = (unsigned char)name[0];
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strlen(names[i].name) == len &&
		    strncmp(names[i].name, name, len) == 0)
			in.key = names[i].key;
	return in;
}

static void
press(struct edit *e, const char *keys)
{
	while (*keys) {
		struct input in = { .kind = INPUT_KEY };
		const char *end = *keys == '<' ? strchr(keys, '>') : NULL;

		if (end && strncmp(keys, "<NL>", 4) == 0) {
			edit_insert(e, "\n", 1);
		} else if (end) {
			in = named(keys + 1, (size_t)(end - keys - 1));
			edit_key(e, &in);
		} else {
			end = keys + utf8_decode(keys, 4, &in.key) - 1;
			assert_true(edit_key(e, &in));
		}
		keys = end + 1;
	}
}

/* The text with "|" where the cursor is. */
static char *
shown(const struct edit *e)
{
	return xasprintf("%.*s|%s", (int)e->at, buf_str(&e->text),
			 buf_str(&e->text) + e->at);
}

static const struct {
	const char *keys, *want;
} key_rows[] = {
	{ "", "|" },
	{ "abc", "abc|" },
	{ "abc<Left>x", "abx|c" },
	{ "abc<C-b><C-b>x<C-f>y", "axby|c" },
	{ "abc<Home>x<End>y", "xabcy|" },
	{ "abc<C-a>x<C-e>y", "xabcy|" },
	{ "a<Space>b", "a b|" },
	{ "<Left><Right><BS><Del>a", "a|" },
	{ "abc<BS>", "ab|" },
	{ "abc<C-h><C-h>", "a|" },
	{ "abc<Home><Del><C-d>", "|c" },
	/* by cluster */
	{ "e\u0301x<Left><Left>", "|e\u0301x" },
	{ "e\u0301<BS>", "|" },
	{ "日本<Left><BS>", "|本" },
	{ "🇩🇪🇫🇷<BS>", "🇩🇪|" },
	{ "👍🏽<Left><Del>", "|" },
	/* what is typed joins what stands there */
	{ "e\u0301<Left>o", "o|e\u0301" },
	/* words */
	{ "one two<M-b>x", "one x|two" },
	{ "one two<M-b><M-b>x", "x|one two" },
	{ "one, two<C-Left><C-Left>x", "x|one, two" },
	{ "one two<C-a><M-f>x", "onex| two" },
	{ "one two<C-a><C-Right><C-Right>x", "one twox|" },
	{ "über alles<M-b><M-b>x", "x|über alles" },
	{ "a/b/c d<C-w>", "a/b/c |" },
	{ "a/b/c d<C-w><C-w>", "|" },
	{ "a/b/c<M-BS>", "a/b/|" },
	{ "one two<C-a><M-d>", "| two" },
	/* killing and putting back */
	{ "one two<M-b><C-k>", "one |" },
	{ "one two<M-b><C-u>", "|two" },
	{ "one two<M-b><C-u><C-e><C-y>", "twoone |" },
	{ "one two<C-w><C-y><C-y>", "one twotwo|" },
	{ "abc<BS><C-y>", "ab|" },
	/* swap */
	{ "ab<C-t>", "ba|" },
	{ "abc<Left><C-t>", "acb|" },
	{ "abc<Home><C-t>", "|abc" },
	{ "日本<C-t>", "本日|" },
	{ "a<C-t>", "a|" },
	/* undo: typing is one change, others one each */
	{ "abc<C-_>", "|" },
	{ "abc<C-a><C-k><C-_>", "|abc" },
	{ "one two<C-w><C-w><C-_>", "one |" },
	{ "one two<C-w><C-w><C-_><C-_>", "one two|" },
	{ "one two<C-w><C-w><C-_><C-_><C-_><C-_>", "|" },
	{ "ab<Left>x<C-_>", "a|b" },
	{ "ab<C-t><C-_>", "ab|" },
	{ "ab<C-_>cd", "cd|" },
	/* several lines */
	{ "one<NL>two<Up>x", "onex|\ntwo" },
	{ "one<NL>two<Up><Up>x", "onex|\ntwo" },
	{ "a<NL>three<Up>x", "ax|\nthree" },
	{ "one<NL>two<Up><Left><Down>x", "one\ntwx|o" },
	{ "日本<NL>abc<Left><Up>x", "日x|本\nabc" },
	{ "one<NL>two<C-a>x", "one\nx|two" },
	{ "one<NL>two<C-u>", "one\n|" },
	{ "one<NL>two<Up><C-e><C-k>", "one|two" },
	{ "one<NL>two<Up><C-a><C-k>", "|\ntwo" },
	{ "one<NL>two<C-a><BS>", "one|two" },
	{ "one<NL><C-_>", "one|" },
	/* C-b without Ctrl is b; unknown keys change nothing */
	{ "b<C-z><M-q>", "b|" },
};

static void
keys_edit(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(key_rows); i++) {
		AUTO(edit) e = { 0 };
		AUTO_FREE char *text = NULL;

		press(&e, key_rows[i].keys);
		text = shown(&e);
		if (strcmp(text, key_rows[i].want) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", key_rows[i].keys,
				 text, key_rows[i].want);
	}
}

static void
tells_what_it_uses(void **state)
{
	static const struct {
		const char *key;
		bool used;
	} rows[] = {
		{ "a", true },      { "Space", true }, { "C-a", true },
		{ "C-d", true },    { "Up", false },   { "Down", false },
		{ "C-z", false },   { "M-x", false },  { "C-r", false },
		{ "C-M-a", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(edit) e = { 0 };
		struct input in = named(rows[i].key, strlen(rows[i].key));

		if (edit_key(&e, &in) != rows[i].used)
			fail_msg("%s", rows[i].key);
	}
	for (uint32_t key = INPUT_ENTER; key <= INPUT_ESCAPE; key++) {
		AUTO(edit) e = { 0 };
		struct input in = { .kind = INPUT_KEY, .key = key };

		assert_false(edit_key(&e, &in));
	}
}

static void
pastes_are_cleaned(void **state)
{
	static const struct {
		const char *in;
		size_t len;
		const char *lines, *single;
	} rows[] = {
		{ "a\nb", 3, "a\nb", "a b" },
		{ "a\r\nb\rc", 6, "a\nb\nc", "a b c" },
		{ "a\xff", 2, "a\ufffd", "a\ufffd" },
		{ "a\0b", 3, "a\ufffdb", "a\ufffdb" },
		{ "\xe6\x97", 2, "\ufffd\ufffd", "\ufffd\ufffd" },
		{ "\033[2J", 4, "\033[2J", "\033[2J" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(edit) lines = { 0 }, single = { .single = true };
		struct input in = { .kind = INPUT_PASTE,
				    .text = rows[i].in,
				    .len = rows[i].len };

		assert_true(edit_key(&lines, &in));
		assert_true(edit_key(&single, &in));
		assert_string_equal(buf_str(&lines.text), rows[i].lines);
		assert_string_equal(buf_str(&single.text), rows[i].single);
	}
}

static void
stops_at_its_limit(void **state)
{
	AUTO(edit) e = { .limit_bytes = 5 }, big = { 0 };
	AUTO_FREE char *text = xcalloc(1, 3 << 20);

	(void)state;
	edit_insert(&e, "日本", 6);
	assert_string_equal(buf_str(&e.text), "日");
	edit_insert(&e, "abc", 3);
	assert_string_equal(buf_str(&e.text), "日ab");
	press(&e, "x");
	assert_string_equal(buf_str(&e.text), "日ab");
	press(&e, "<BS>x");
	assert_string_equal(buf_str(&e.text), "日ax");
	memset(text, 'x', (3 << 20) - 1);
	edit_insert(&big, text, strlen(text));
	assert_int_equal(big.text.len, 1 << 20);
}

static void
set_forgets(void **state)
{
	AUTO(edit) e = { 0 };

	(void)state;
	press(&e, "old");
	edit_set(&e, "new");
	press(&e, "<C-_>");
	assert_string_equal(buf_str(&e.text), "new");
	assert_int_equal(e.at, 3);
	edit_set(&e, "");
	assert_int_equal(e.at, 0);
	assert_string_equal(buf_str(&e.text), "");
}

static void
many_changes_undo(void **state)
{
	AUTO(edit) e = { 0 };

	(void)state;
	for (int i = 0; i < 2000; i++)
		press(&e, "ab<Left>");
	for (int i = 0; i < 5000; i++)
		press(&e, "<C-_>");
	/* The oldest changes are forgotten, the others came back whole. */
	assert_true(e.text.len > 0 && e.text.len < 4000);
	assert_true(e.at <= e.text.len);
}

/* A megabyte without a place to begin a walk at: no key may take time that
 * grows with its square (that would be hours). */
static void
large_texts_are_edited(void **state)
{
	AUTO(edit) e = { 0 };
	AUTO(buf) s = BUF_INIT;

	(void)state;
	while (s.len < 1000000)
		buf_addstr(&s, "日本語");
	edit_set(&e, buf_str(&s));
	press(&e, "<BS><Left>x<M-b><M-f><C-w><C-_><C-t><Home><Del><C-k>");
	assert_string_equal(buf_str(&e.text), "");
	press(&e, "<C-_><C-_>");
	assert_int_equal(e.text.len, s.len - strlen("語") + strlen("x"));
	assert_true(edit_rows(&e, 7) > 100000);
}

/* Any keys: text stays valid, the cursor on a boundary, and undoing all
 * gives the beginning. */
static void
random_keys_hold(void **state)
{
	static const char *const keys[] = {
		"a",     "é",      "日",     "\u0301", "🇩",      "👍",
		"🏽",  " ",      "<NL>",   "/",      "<Left>", "<Right>",
		"<Up>",  "<Down>", "<Home>", "<End>",  "<BS>",   "<Del>",
		"<C-w>", "<M-BS>", "<M-d>",  "<C-u>",  "<C-k>",  "<C-y>",
		"<C-t>", "<M-b>",  "<M-f>",
	};
	uint32_t seed = 1;

	(void)state;
	for (int i = 0; i < 300; i++) {
		AUTO(edit) e = { .masked = i % 4 == 3 };
		struct frame f = { 0 };

		frame_resize(&f, 12, 4);
		for (int n = 0; n < 100; n++) {
			const char *s;

			seed = seed * 1664525u + 1013904223u;
			press(&e, keys[(seed >> 8) % ARRAY_LEN(keys)]);
			s = buf_str(&e.text);
			assert_true(utf8_valid(s, e.text.len));
			assert_true(e.at <= e.text.len);
			if (e.at) {
				size_t prev = text_prev(s, e.text.len, e.at);

				assert_int_equal(
					text_after(s, e.text.len, prev), e.at);
			}
			f.cursor = false;
			edit_view(&e, &f, frame_rect(&f),
				  (struct style){ -1, -1, 0 }, true);
			assert_true(f.cursor);
		}
		while (e.undo_count)
			press(&e, "<C-_>");
		assert_string_equal(buf_str(&e.text), "");
		frame_release(&f);
	}
}

/* ----- drawing -------------------------------------------------------- */

static char *
drawn(const struct edit *e, int w, int h)
{
	struct frame f = { 0 };
	AUTO(buf) out = BUF_INIT;

	frame_resize(&f, w, h);
	edit_view(e, &f, frame_rect(&f), (struct style){ -1, -1, 0 }, true);
	frame_dump(&f, &out);
	if (f.cursor)
		buf_printf(&out, "%d,%d", f.cursor_x, f.cursor_y);
	frame_release(&f);
	return buf_steal(&out);
}

static void
draws(void **state)
{
	static const struct {
		const char *keys;
		bool single, masked;
		int w, h, rows;
		const char *want;
	} rows[] = {
		{ "", false, false, 5, 1, 1, "\n0,0" },
		{ "abc", false, false, 5, 1, 1, "abc\n3,0" },
		{ "abcde", false, false, 5, 2, 2, "abcde\n\n0,1" },
		{ "abcdef", false, false, 5, 2, 2, "abcde\nf\n1,1" },
		{ "abcdef<Home>", false, false, 5, 2, 2, "abcde\nf\n0,0" },
		{ "abcdef<Left>", false, false, 5, 2, 2, "abcde\nf\n0,1" },
		{ "ab<NL>", false, false, 5, 2, 2, "ab\n\n0,1" },
		{ "ab<NL>cd<Up>", false, false, 5, 2, 2, "ab\ncd\n2,0" },
		{ "1<NL>2<NL>3<NL>4", false, false, 5, 2, 4, "3\n4\n1,1" },
		{ "1<NL>2<NL>3<NL>4<Up><Up><Up>", false, false, 5, 2, 4,
		  "1\n2\n1,0" },
		{ "日本語", false, false, 5, 2, 2, "日本\n語\n2,1" },
		{ "abcdefgh", true, false, 6, 1, 1, "defgh\n5,0" },
		{ "abcdefgh<Home>", true, false, 6, 1, 1, "abcdef\n0,0" },
		{ "secret", true, true, 9, 1, 1, "••••••\n6,0" },
		{ "日e\u0301", true, true, 9, 1, 1, "••\n2,0" },
		{ "a\u202eb", false, false, 12, 1, 1, "a<U+202E>b\n10,0" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(edit) e = { .single = rows[i].single,
				 .masked = rows[i].masked };
		AUTO_FREE char *text = NULL;

		press(&e, rows[i].keys);
		text = drawn(&e, rows[i].w, rows[i].h);
		assert_string_equal(text, rows[i].want);
		assert_int_equal(edit_rows(&e, rows[i].w), rows[i].rows);
	}
}

static void
a_secret_stays(void **state)
{
	AUTO(edit) e = { .single = true, .masked = true };

	(void)state;
	press(&e, "two words<C-w>"); /* no words to move by: all of it */
	assert_string_equal(buf_str(&e.text), "");
	press(&e, "<C-y>");
	assert_string_equal(buf_str(&e.text), "");
	assert_int_equal(e.killed.len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_edit),
		cmocka_unit_test(tells_what_it_uses),
		cmocka_unit_test(pastes_are_cleaned),
		cmocka_unit_test(stops_at_its_limit),
		cmocka_unit_test(set_forgets),
		cmocka_unit_test(many_changes_undo),
		cmocka_unit_test(large_texts_are_edited),
		cmocka_unit_test(random_keys_hold),
		cmocka_unit_test(draws),
		cmocka_unit_test(a_secret_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
