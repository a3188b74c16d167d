/*
 * Every sequence is decoded whole, byte by byte, and at every split in two;
 * the events must be the same each time. Events are compared as text.
 */
#include "test.h"

#include "base/str.h"
#include "ui/input.h"
#include "ui/key.h"

static void
note(void *ud, const struct input *in)
{
	static const char *const mice[] = { "press", "release", "drag",
					    "wheel-up", "wheel-down" };
	struct buf *out = ud;
	char name[KEY_NAME_SIZE];

	if (out->len)
		buf_addch(out, ' ');
	switch (in->kind) {
	case INPUT_KEY:
		key_name(in->key, in->mods, name);
		buf_addstr(out, name);
		break;
	case INPUT_MOUSE:
		buf_printf(out, "%s%d@%d,%d+%u", mice[in->mouse], in->button,
			   in->x, in->y, in->mods);
		break;
	case INPUT_PASTE:
		buf_addstr(out, "paste:");
		str_visible(out, in->text, in->len, false);
		buf_addstr(out, in->cut ? ":cut" : "");
		break;
	case INPUT_REPLY:
		buf_addstr(out, "reply:");
		str_visible(out, in->text, in->len, false);
		break;
	case INPUT_FOCUS_IN:
		buf_addstr(out, "focus-in");
		break;
	case INPUT_FOCUS_OUT:
		buf_addstr(out, "focus-out");
		break;
	}
}

static struct input_decoder *
new_decoder(void)
{
	struct input_decoder *d = input_decoder_new();

	/* What xterm's and an old terminal's terminfo say. */
	input_add_key(d, "\033OA", INPUT_UP, 0);
	input_add_key(d, "\033[19;9~", INPUT_F8, INPUT_SHIFT);
	input_add_key(d, "\001K\r", INPUT_F1, 0);
	input_add_key(d, "x", INPUT_F2, 0); /* refused: printable */
	return d;
}

/* In pieces: `first` bytes, then the rest in pieces of `piece`. */
static char *
decode(const char *s, size_t len, size_t first, size_t piece)
{
	struct input_decoder *d = new_decoder();
	AUTO(buf) out = BUF_INIT;
	int wait_ms;

	input_feed(d, s, first, note, &out);
	for (size_t at = first; at < len; at += piece)
		input_feed(d, s + at, len - at < piece ? len - at : piece, note,
			   &out);
	while (input_pending(d, &wait_ms)) {
		assert_true(wait_ms == INPUT_ESCAPE_MS ||
			    wait_ms == INPUT_REPLY_MS);
		input_flush(d, note, &out);
	}
	input_decoder_free(d);
	return buf_steal(&out);
}

struct row {
	const char *bytes, *events;
};

static const struct row sequences[] = {
	{ "a", "a" },
	{ "A ~", "A Space ~" },
	{ "\303\244\342\202\254\360\237\230\200", "ä € 😀" },
	{ "\r\n\t\177\b", "Enter C-j Tab Backspace C-h" },
	{ "\001\032\034\037", "C-a C-z C-\\ C-_" },
	{ "\033[A\033[B\033[C\033[D", "Up Down Right Left" },
	{ "\033OA\033OB\033OH\033OF", "Up Down Home End" },
	{ "\033[H\033[F\033[1~\033[4~\033[7~\033[8~",
	  "Home End Home End Home End" },
	{ "\033[2~\033[3~\033[5~\033[6~", "Ins Del PgUp PgDn" },
	{ "\033OP\033OQ\033OR\033OS", "F1 F2 F3 F4" },
	{ "\033[11~\033[14~\033[15~\033[17~\033[21~\033[23~\033[24~",
	  "F1 F4 F5 F6 F10 F11 F12" },
	{ "\033[[A\033[[E", "F1 F5" }, /* linux console */
	{ "\033[1;2A\033[1;5C\033[1;3D\033[1;6H",
	  "S-Up C-Right M-Left C-S-Home" },
	{ "\033[3;5~\033[5;2~\033[15;3~", "C-Del S-PgUp M-F5" },
	{ "\033[1;2P\033[1;5S\033O5P", "S-F1 C-F4 C-F1" },
	{ "\033[Z", "S-Tab" },
	{ "\033[a\033[d\033Oa\033Oc", "S-Up S-Left C-Up C-Right" }, /* rxvt */
	{ "\033[3$\033[3^\033[3@", "S-Del C-Del C-S-Del" },
	{ "\033Oj\033Op\033Oy\033OM", "* 0 9 Enter" },
	{ "\033x\033X\033\r\033\177\033 \033\303\244",
	  "M-x M-X M-Enter M-Backspace M-Space M-ä" },
	{ "\033\001", "C-M-a" },
	{ "\033\033[A\033\033OB", "M-Up M-Down" },
	{ "\033\033x", "Esc M-x" },
	{ "\033[97u\033[97;5u\033[97;3u\033[13;2u\033[27u\033[127u\033[9;2u",
	  "a C-a M-a S-Enter Esc Backspace S-Tab" },
	{ "\033[97:65;2u\033[97;2u\033[65;6u", "A A C-a" },
	{ "\033[97;1:3u\033[97;1:2u\033[1;1:3A\033[3;1:3~", "a" },
	{ "\033[57414u\033[57400u\033[57419u\033[57441u", "Enter 1 Up" },
	{ "\033[27;5;13~\033[27;2;9~", "C-Enter S-Tab" },
	{ "\033[<0;1;1M\033[<0;1;1m", "press1@0,0+0 release1@0,0+0" },
	{ "\033[<34;10;20M\033[<32;223;5M", "drag3@9,19+0 drag1@222,4+0" },
	{ "\033[<64;3;4M\033[<65;3;4M\033[<66;3;4M",
	  "wheel-up0@2,3+0 wheel-down0@2,3+0" },
	{ "\033[<28;5;6M", "press1@4,5+7" },
	{ "\033[<35;5;6M\033[<0;0;0M\033[<MM", "M" },
	{ "\033[M !!\033[M#!!\033[M`\"#",
	  "press1@0,0+0 release1@0,0+0 wheel-up0@1,2+0" },
	{ "\033[I\033[O", "focus-in focus-out" },
	{ "\033[200~one\rtwo\r\nthree\033[201~x", "paste:one^Jtwo^Jthree x" },
	{ "\033[200~\033[A\033[20\033\033[201~q", "paste:^[[A^[[20^[ q" },
	{ "\033[200~\033[200~\033[201~", "paste:^[[200~" },
	{ "\033[200~\033[201~", "paste:" },
	{ "\033[200~\377\303\033[201~", "paste:<FF><C3>" },
	/* replies, between keys */
	{ "a\033[?62;4cb", "a reply:^[[?62;4c b" },
	{ "\033[>0;276;0c", "reply:^[[>0;276;0c" },
	{ "\033[?2026;2$y", "reply:^[[?2026;2$y" },
	{ "\033[6;16;8t\033[A", "reply:^[[6;16;8t Up" },
	{ "x\033]11;rgb:0000/1111/ffff\033\\y",
	  "x reply:^[]11;rgb:0000/1111/ffff^[\\ y" },
	{ "x\033]11;rgb:0/1/f\ay", "x reply:^[]11;rgb:0/1/f^G y" },
	{ "\033P>|XTerm(379)\033\\\033P1$r0m\033\\",
	  "reply:^[P>|XTerm(379)^[\\ reply:^[P1$r0m^[\\" },
	{ "\033_Gi=31;OK\033\\q", "reply:^[_Gi=31;OK^[\\ q" },
	{ "\033\033[?62c", "Esc reply:^[[?62c" },
	{ "\033\033[<0;1;1M\033\033[I", "Esc press1@0,0+0 Esc focus-in" },
	/* Alt with what could begin a reply */
	{ "\033]x\033Px\033_x", "M-] x M-P x M-_ x" },
	{ "\033]\033P\033_\033[A", "M-] M-P M-_ Up" },
	{ "\033^\033X", "M-^ M-X" },
	{ "\033OZ", "M-O Z" },
	/* unknown: dropped whole */
	{ "a\033[99~b\033[5;5zc\033[!pd", "a b c d" },
	/* invalid UTF-8: each byte a mark; nothing else is lost */
	{ "\377a\300\200b", "\357\277\275 a \357\277\275 \357\277\275 b" },
	{ "\303(", "\357\277\275 (" },
	{ "\355\240\200", "\357\277\275 \357\277\275 \357\277\275" },
	{ "\302\205", "\357\277\275" },
	{ "\360\237\230", "\357\277\275" },
	/* terminfo's own */
	{ "\001K\r\001Kx\033[19;9~", "F1 C-a K x S-F8" },
	/* at the end */
	{ "\033", "Esc" },
	{ "\033\033", "Esc Esc" },
	{ "\033[", "M-[" },
	{ "\033O", "M-O" },
	{ "\033P", "M-P" },
};

/* Broken ones: what breaks them is a key. In single bytes they would be what
 * somebody typed (see unfinished_reply), so these are split in two only. */
static const struct row broken[] = {
	{ "\033[1\rx", "Enter x" },       { "\033[12\033[A", "Up" },
	{ "\033]11;rgb:\003x", "C-c x" }, { "\033]11;rgb:\033[Ax", "Up x" },
	{ "\033[1\303\244", "ä" },
};

static void
check(const struct row *r, const char *got, const char *how, size_t at)
{
	if (strcmp(got, r->events) == 0)
		return;
	AUTO(buf) shown = BUF_INIT;
	str_visible(&shown, r->bytes, strlen(r->bytes), false);
	fail_msg("\"%s\" %s %zu: \"%s\", not \"%s\"", buf_str(&shown), how, at,
		 got, r->events);
}

static void
split_in_two(const struct row *r)
{
	size_t len = strlen(r->bytes);

	for (size_t first = 0; first <= len; first++) {
		AUTO_FREE char *two = decode(r->bytes, len, first, len);

		check(r, two, "split at", first);
	}
}

static void
every_sequence_at_every_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sequences); i++) {
		const struct row *r = &sequences[i];
		size_t len = strlen(r->bytes);

		split_in_two(r);
		for (size_t piece = 1; piece < 4; piece++) {
			AUTO_FREE char *many = decode(r->bytes, len, 0, piece);

			check(r, many, "in pieces of", piece);
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(broken); i++)
		split_in_two(&broken[i]);
}

/* All of them in one stream, in pieces of every size. */
static void
one_stream(void **state)
{
	AUTO(buf) all = BUF_INIT;
	AUTO(buf) events = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sequences); i++) {
		const char *s = sequences[i].bytes;

		/* Those that wait for more need an end. */
		if (strcmp(s, "\360\237\230") == 0)
			break;
		buf_addstr(&all, s);
		if (events.len)
			buf_addch(&events, ' ');
		buf_addstr(&events, sequences[i].events);
	}
	for (size_t piece = 1; piece < 40; piece++) {
		AUTO_FREE char *got = decode(all.data, all.len, 0, piece);

		assert_string_equal(got, buf_str(&events));
	}
}

static void
feed(struct input_decoder *d, struct buf *out, const char *s)
{
	input_feed(d, s, strlen(s), note, out);
}

/* An answer that never ends, and somebody types on. */
static void
unfinished_reply(void **state)
{
	struct input_decoder *d = input_decoder_new();
	AUTO(buf) out = BUF_INIT;
	int wait_ms;

	(void)state;
	feed(d, &out, "\033]11;rgb:ff");
	assert_true(input_pending(d, &wait_ms));
	assert_int_equal(wait_ms, INPUT_REPLY_MS);
	feed(d, &out, "a");
	feed(d, &out, "b");
	assert_string_equal(buf_str(&out), "");
	input_flush(d, note, &out);
	assert_string_equal(buf_str(&out), "a b");
	assert_false(input_pending(d, &wait_ms));

	/* Enter ends the wait at once. */
	buf_reset(&out);
	feed(d, &out, "\033P1$r");
	feed(d, &out, "\303\244");
	feed(d, &out, "\r");
	assert_string_equal(buf_str(&out), "ä Enter");

	/* One that came in two halves is no typing. */
	buf_reset(&out);
	feed(d, &out, "\033P1$r");
	feed(d, &out, "0;38:");
	feed(d, &out, "x");
	input_flush(d, note, &out);
	assert_string_equal(buf_str(&out), "x");

	/* The next answer is understood again. */
	buf_reset(&out);
	feed(d, &out, "\033_Gi=31;O");
	feed(d, &out, "\033[?62c");
	assert_string_equal(buf_str(&out), "reply:^[[?62c");
	input_decoder_free(d);
}

static void
endless_reply_is_bounded(void **state)
{
	struct input_decoder *d = input_decoder_new();
	AUTO(buf) out = BUF_INIT;
	AUTO(buf) flood = BUF_INIT;
	int wait_ms;

	(void)state;
	buf_addstr(&flood, "\033P1");
	while (flood.len < 3 << 20)
		buf_addstr(&flood, "0123456789abcdef");
	input_feed(d, flood.data, flood.len, note, &out);
	/* What is dropped is the string; then the rest is text. */
	buf_reset(&out);
	input_flush(d, note, &out);
	feed(d, &out, "z");
	assert_true(str_ends(buf_str(&out), "z"));
	assert_false(input_pending(d, &wait_ms));
	input_decoder_free(d);
}

static void
escape_waits_a_moment(void **state)
{
	struct input_decoder *d = input_decoder_new();
	AUTO(buf) out = BUF_INIT;
	int wait_ms;

	(void)state;
	assert_false(input_pending(d, &wait_ms));
	feed(d, &out, "\033");
	assert_true(input_pending(d, &wait_ms));
	assert_int_equal(wait_ms, INPUT_ESCAPE_MS);
	assert_int_equal(out.len, 0);
	feed(d, &out, "[A");
	assert_string_equal(buf_str(&out), "Up");
	assert_false(input_pending(d, &wait_ms));
	input_decoder_free(d);
}

static void
count(void *ud, const struct input *in)
{
	size_t *got = ud;

	if (in->kind == INPUT_PASTE) {
		got[0] = in->len;
		got[1] = in->cut;
	} else {
		got[2]++;
	}
}

static void
paste_has_a_limit(void **state)
{
	struct input_decoder *d = input_decoder_new();
	AUTO(buf) text = BUF_INIT;
	size_t got[3] = { 0 };

	(void)state;
	for (int more = -1; more < 2; more++) {
		buf_reset(&text);
		buf_addstr(&text, "\033[200~");
		for (size_t i = 0; i < INPUT_PASTE_LIMIT + (size_t)more; i++)
			buf_addch(&text, 'p');
		buf_addstr(&text, "\033[201~k");
		got[2] = 0;
		input_feed(d, text.data, text.len, count, got);
		assert_int_equal(got[0], more > 0 ? INPUT_PASTE_LIMIT :
						    INPUT_PASTE_LIMIT + more);
		assert_int_equal(got[1], more > 0);
		assert_int_equal(got[2], 1); /* the key after it */
	}
	input_decoder_free(d);
}

/* A paste whose end is lost: kept, and a lone Esc or C-c gets out of it. */
static void
paste_without_end(void **state)
{
	struct input_decoder *d = input_decoder_new();
	AUTO(buf) out = BUF_INIT;
	int wait_ms;

	(void)state;
	feed(d, &out, "\033[200~rm -r x");
	feed(d, &out, "\003"); /* part of it: it goes on */
	assert_true(input_pending(d, &wait_ms));
	input_flush(d, note, &out);
	assert_false(input_pending(d, &wait_ms)); /* no wake-ups */
	feed(d, &out, "y\r");
	assert_string_equal(buf_str(&out), "");
	input_flush(d, note, &out);
	feed(d, &out, "\003");
	assert_string_equal(buf_str(&out), "paste:rm -r x^Cy^J C-c");
	input_decoder_free(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sequence_at_every_split),
		cmocka_unit_test(one_stream),
		cmocka_unit_test(unfinished_reply),
		cmocka_unit_test(endless_reply_is_bounded),
		cmocka_unit_test(escape_waits_a_moment),
		cmocka_unit_test(paste_has_a_limit),
		cmocka_unit_test(paste_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
