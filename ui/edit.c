/*
 * Invariants:
 * 1. text is valid UTF-8 without NUL and at most the limit; at is a boundary
 *    of clusters in it. Only replace() changes text.
 * 2. undo[i] turns the text after change i into the one before it, when all
 *    later ones were undone.
 */
#include "ui/edit.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT_BYTES = 1 << 20, UNDO_MAX = 500 };

/* Puts removed back in place of the inserted bytes at `from`. */
struct edit_undo {
	size_t from, inserted;
	size_t cursor; /* before the change */
	char *removed;
	size_t removed_len;
	bool typed; /* one character typed: joins the one before */
};

static const char *
text_of(const struct edit *e)
{
	return buf_str(&e->text);
}

static void
wipe(const struct edit *e, char *s, size_t len)
{
	if (e->masked && s)
		explicit_bzero(s, len);
}

static void
undo_release(const struct edit *e, struct edit_undo *u)
{
	wipe(e, u->removed, u->removed_len);
	free(u->removed);
}

static void
forget_undo(struct edit *e)
{
	for (size_t i = 0; i < e->undo_count; i++)
		undo_release(e, &e->undo[i]);
	e->undo_count = 0;
}

void
edit_release(struct edit *e)
{
	forget_undo(e);
	free(e->undo);
	wipe(e, e->text.data, e->text.cap);
	buf_release(&e->text);
	buf_release(&e->killed);
	*e = (struct edit){ 0 };
}

/* ----- changing the text ---------------------------------------------- */

/* Replaces bytes from..to; no undo. s must not be in the text. */
static void
splice(struct edit *e, size_t from, size_t to, const char *s, size_t len)
{
	AUTO(buf) next = BUF_INIT;
	struct buf old = e->text;

	buf_reserve(&next, old.len - (to - from) + len + 1);
	buf_add(&next, text_of(e), from);
	buf_add(&next, s, len);
	buf_add(&next, text_of(e) + to, old.len - to);
	e->text = next;
	next = old;
	wipe(e, next.data, next.cap);
}

/* Brings the cursor to a boundary: what was put in may have joined with what
 * stands after it. */
static void
settle(struct edit *e)
{
	size_t start;

	if (e->at == 0 || e->at >= e->text.len) {
		e->at = e->at ? e->text.len : 0;
		return;
	}
	start = text_prev(text_of(e), e->text.len, e->at);
	e->at = text_after(text_of(e), e->text.len, start);
}

static void
remember(struct edit *e, size_t from, size_t to, size_t inserted, bool typed)
{
	struct edit_undo *u =
		e->undo_count ? &e->undo[e->undo_count - 1] : NULL;

	if (typed && u && u->typed && from == to &&
	    u->from + u->inserted == from) {
		u->inserted += inserted;
		return;
	}
	if (e->undo_count == UNDO_MAX) {
		undo_release(e, &e->undo[0]);
		memmove(e->undo, e->undo + 1,
			--e->undo_count * sizeof(*e->undo));
	}
	GROW(e->undo, e->undo_count, e->undo_cap);
	e->undo[e->undo_count++] = (struct edit_undo){
		.from = from,
		.inserted = inserted,
		.cursor = e->at,
		.removed = xstrndup(text_of(e) + from, to - from),
		.removed_len = to - from,
		.typed = typed,
	};
}

static void
replace(struct edit *e, size_t from, size_t to, const char *s, size_t len,
	bool typed)
{
	if (from == to && len == 0)
		return;
	remember(e, from, to, len, typed);
	splice(e, from, to, s, len);
	e->at = from + len;
	settle(e);
}

static void
undo(struct edit *e)
{
	struct edit_undo *u;

	if (e->undo_count == 0)
		return;
	u = &e->undo[--e->undo_count];
	splice(e, u->from, u->from + u->inserted, u->removed, u->removed_len);
	e->at = u->cursor;
	undo_release(e, u);
}

/* Appends s as the text may hold it, until there are more than room bytes. */
static void
clean(const struct edit *e, const char *s, size_t len, size_t room,
      struct buf *out)
{
	for (size_t at = 0; at < len && out->len <= room;) {
		uint32_t cp;
		size_t n = utf8_decode(s + at, len - at, &cp);

		if (n == 0 || cp == 0) {
			utf8_encode(out, 0xfffd);
			at += n ? n : 1;
			continue;
		}
		if (cp == '\r' || cp == '\n') {
			buf_addch(out, e->single ? ' ' : '\n');
			n += cp == '\r' && at + 1 < len && s[at + 1] == '\n';
		} else {
			buf_add(out, s + at, n);
		}
		at += n;
	}
}

static void
insert(struct edit *e, const char *s, size_t len, bool typed)
{
	AUTO(buf) put = BUF_INIT;
	size_t limit = e->limit_bytes ? e->limit_bytes : LIMIT_BYTES;
	size_t room = limit > e->text.len ? limit - e->text.len : 0;

	clean(e, s, len, room, &put);
	while (put.len > room) {
		size_t cut = put.len - 1;

		while (cut > 0 && ((unsigned char)put.data[cut] & 0xc0) == 0x80)
			cut--;
		buf_truncate(&put, cut);
	}
	replace(e, e->at, e->at, buf_str(&put), put.len, typed);
	wipe(e, put.data, put.cap);
}

void
edit_insert(struct edit *e, const char *text, size_t len)
{
	insert(e, text, len, false);
}

void
edit_set(struct edit *e, const char *text)
{
	splice(e, 0, e->text.len, "", 0);
	e->at = 0;
	insert(e, text, strlen(text), false);
	e->at = e->text.len;
	forget_undo(e);
}

/* ----- places --------------------------------------------------------- */

static size_t
before(const struct edit *e, size_t at)
{
	return text_prev(text_of(e), e->text.len, at);
}

static size_t
after(const struct edit *e, size_t at)
{
	return text_after(text_of(e), e->text.len, at);
}

static size_t
line_start(const struct edit *e, size_t at)
{
	while (at > 0 && text_of(e)[at - 1] != '\n')
		at--;
	return at;
}

static size_t
line_end(const struct edit *e, size_t at)
{
	while (at < e->text.len && text_of(e)[at] != '\n')
		at++;
	return at;
}

typedef bool in_word_fn(unsigned char c);

static bool
is_word(unsigned char c)
{
	return isalnum(c) || c == '_' || c >= 0x80;
}

static bool
is_not_blank(unsigned char c)
{
	return c != ' ' && c != '\t' && c != '\n';
}

/* Where the last word before at begins; forward in one walk, since each step
 * back may have to look at the whole text. */
static size_t
word_start(const struct edit *e, size_t at, in_word_fn *in_word)
{
	struct text_walk w = text_walk(text_of(e), at);
	size_t start = 0;
	bool inside = false;

	while (!e->masked && text_next(&w)) {
		bool now = in_word((unsigned char)w.s[w.start]);

		if (now && !inside)
			start = w.start;
		inside = now;
	}
	return start;
}

static size_t
word_end(const struct edit *e, size_t at)
{
	const unsigned char *s = (const unsigned char *)text_of(e);

	if (e->masked)
		return e->text.len;
	while (at < e->text.len && !is_word(s[at]))
		at = after(e, at);
	while (at < e->text.len && is_word(s[at]))
		at = after(e, at);
	return at;
}

static bool
to_line(struct edit *e, bool up)
{
	size_t start = line_start(e, e->at), end = line_end(e, e->at);
	int column;

	if (up ? start == 0 : end == e->text.len)
		return false;
	text_fit(text_of(e) + start, e->at - start, INT32_MAX, &column);
	start = up ? line_start(e, start - 1) : end + 1;
	end = line_end(e, start);
	e->at = start + text_fit(text_of(e) + start, end - start, column, NULL);
	return true;
}

/* ----- keys ----------------------------------------------------------- */

static void
kill(struct edit *e, size_t from, size_t to)
{
	if (from == to)
		return;
	if (!e->masked) {
		buf_reset(&e->killed);
		buf_add(&e->killed, text_of(e) + from, to - from);
	}
	replace(e, from, to, "", 0, false);
}

static void
kill_to_end(struct edit *e)
{
	size_t end = line_end(e, e->at);

	kill(e, e->at, end > e->at ? end : after(e, end));
}

/* Swaps the clusters on both sides of the cursor; at the end of a line the
 * two before it. */
static void
swap(struct edit *e)
{
	size_t middle = e->at, start = line_start(e, middle), from, to;
	AUTO(buf) swapped = BUF_INIT;

	if (middle == line_end(e, middle) && middle > start)
		middle = before(e, middle);
	if (middle == start)
		return;
	from = before(e, middle);
	to = after(e, middle);
	buf_add(&swapped, text_of(e) + middle, to - middle);
	buf_add(&swapped, text_of(e) + from, middle - from);
	replace(e, from, to, buf_str(&swapped), swapped.len, false);
	wipe(e, swapped.data, swapped.cap);
}

enum command {
	BACK,
	FORWARD,
	START,
	END,
	WORD_BACK,
	WORD_FORWARD,
	RUB,
	DELETE,
	RUB_BLANKS,
	RUB_WORD,
	KILL_WORD,
	KILL_START,
	KILL_END,
	YANK,
	SWAP,
	UNDO,
	LINE_UP,
	LINE_DOWN,
};

/* clang-format off */
static const struct {
	uint32_t key;
	unsigned mods;
	enum command command;
} keys[] = {
	{ INPUT_LEFT, 0, BACK }, { 'b', INPUT_CTRL, BACK },
	{ INPUT_RIGHT, 0, FORWARD }, { 'f', INPUT_CTRL, FORWARD },
	{ INPUT_HOME, 0, START }, { 'a', INPUT_CTRL, START },
	{ INPUT_END, 0, END }, { 'e', INPUT_CTRL, END },
	{ 'b', INPUT_ALT, WORD_BACK }, { INPUT_LEFT, INPUT_CTRL, WORD_BACK },
	{ INPUT_LEFT, INPUT_ALT, WORD_BACK },
	{ 'f', INPUT_ALT, WORD_FORWARD },
	{ INPUT_RIGHT, INPUT_CTRL, WORD_FORWARD },
	{ INPUT_RIGHT, INPUT_ALT, WORD_FORWARD },
	{ INPUT_BACKSPACE, 0, RUB }, { 'h', INPUT_CTRL, RUB },
	{ INPUT_DELETE, 0, DELETE }, { 'd', INPUT_CTRL, DELETE },
	{ 'w', INPUT_CTRL, RUB_BLANKS },
	{ INPUT_BACKSPACE, INPUT_ALT, RUB_WORD },
	{ INPUT_BACKSPACE, INPUT_CTRL, RUB_WORD },
	{ 'd', INPUT_ALT, KILL_WORD },
	{ INPUT_DELETE, INPUT_CTRL, KILL_WORD },
	{ 'u', INPUT_CTRL, KILL_START }, { 'k', INPUT_CTRL, KILL_END },
	{ 'y', INPUT_CTRL, YANK }, { 't', INPUT_CTRL, SWAP },
	{ '_', INPUT_CTRL, UNDO }, { '/', INPUT_CTRL, UNDO },
	{ INPUT_UP, 0, LINE_UP }, { INPUT_DOWN, 0, LINE_DOWN },
};
/* clang-format on */

static void
move(struct edit *e, enum command c)
{
	switch (c) {
	case BACK:
		e->at = before(e, e->at);
		break;
	case FORWARD:
		e->at = after(e, e->at);
		break;
	case START:
		e->at = line_start(e, e->at);
		break;
	case END:
		e->at = line_end(e, e->at);
		break;
	case WORD_BACK:
		e->at = word_start(e, e->at, is_word);
		break;
	default:
		e->at = word_end(e, e->at);
		break;
	}
}

static bool
do_command(struct edit *e, enum command c)
{
	switch (c) {
	case RUB:
		replace(e, before(e, e->at), e->at, "", 0, false);
		break;
	case DELETE:
		replace(e, e->at, after(e, e->at), "", 0, false);
		break;
	case RUB_BLANKS:
		kill(e, word_start(e, e->at, is_not_blank), e->at);
		break;
	case RUB_WORD:
		kill(e, word_start(e, e->at, is_word), e->at);
		break;
	case KILL_WORD:
		kill(e, e->at, word_end(e, e->at));
		break;
	case KILL_START:
		kill(e, line_start(e, e->at), e->at);
		break;
	case KILL_END:
		kill_to_end(e);
		break;
	case YANK:
		insert(e, buf_str(&e->killed), e->killed.len, false);
		break;
	case SWAP:
		swap(e);
		break;
	case UNDO:
		undo(e);
		break;
	case LINE_UP:
	case LINE_DOWN:
		return to_line(e, c == LINE_UP);
	default:
		move(e, c);
	}
	return true;
}

static bool
type(struct edit *e, uint32_t cp)
{
	AUTO(buf) typed = BUF_INIT;

	utf8_encode(&typed, cp);
	insert(e, buf_str(&typed), typed.len, true);
	wipe(e, typed.data, typed.cap);
	return true;
}

bool
edit_key(struct edit *e, const struct input *in)
{
	unsigned mods = in->mods & (INPUT_CTRL | INPUT_ALT);

	if (in->kind == INPUT_PASTE) {
		insert(e, in->text, in->len, false);
		return true;
	}
	if (in->kind != INPUT_KEY)
		return false;
	if (mods == 0 && in->key == INPUT_SPACE)
		return type(e, ' ');
	if (mods == 0 && in->key >= 0x20 && in->key != 0x7f &&
	    in->key < INPUT_KEY_FIRST)
		return type(e, in->key);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (keys[i].key == in->key && keys[i].mods == mods)
			return do_command(e, keys[i].command);
	return false;
}

/* ----- drawing -------------------------------------------------------- */

/*
 * The row of at most columns that begins at *at, which moves to the next
 * one; false at the end. A row filled to its last column is followed by one
 * for the cursor.
 */
static bool
next_row(const struct edit *e, int columns, size_t *at, bool *done,
	 struct text_line *ret)
{
	struct text_walk w = text_walk(text_of(e), e->text.len);

	if (*done)
		return false;
	w.at = *at;
	*ret = (struct text_line){ *at, 0 };
	while (text_next(&w)) {
		if (w.newline || (w.column > columns && w.start > *at)) {
			ret->len = w.start - *at;
			*at = w.newline ? w.at : w.start;
			return true;
		}
	}
	ret->len = e->text.len - *at;
	*at = e->text.len;
	*done = w.column < columns || ret->len == 0;
	return true;
}

int
edit_rows(const struct edit *e, int columns)
{
	struct text_line row;
	size_t at = 0;
	bool done = false;
	int rows = 0;

	if (e->single)
		return 1;
	while (next_row(e, columns, &at, &done, &row))
		rows++;
	return rows;
}

static int
columns_of(const struct edit *e, size_t len)
{
	int columns = 0;

	if (!e->masked) {
		text_fit(text_of(e), len, INT32_MAX, &columns);
		return columns;
	}
	for (struct text_walk w = text_walk(text_of(e), len); text_next(&w);)
		columns++;
	return columns;
}

/* One line, scrolled by halves of the rect, so that the text stands still
 * while the cursor moves a little. */
static void
view_single(const struct edit *e, struct frame *f, struct rect r,
	    struct style st, bool focused)
{
	const char *dot = frame_glyph(f, GLYPH_BULLET);
	int cursor = columns_of(e, e->at), half = r.w > 1 ? r.w / 2 : 1;
	int shift = 0, count;

	if (cursor >= r.w)
		shift = ((cursor - r.w) / half + 1) * half;
	if (e->masked) {
		count = columns_of(e, e->text.len) - shift;
		for (int x = 0; x < r.w && x < count; x++)
			frame_text(f, r, x, 0, dot, st);
	} else {
		frame_textn(f, r, -shift, 0, text_of(e), e->text.len, st);
	}
	if (focused)
		frame_set_cursor(f, r, cursor - shift, 0);
}

/* The row the cursor is in, and its column there. */
static int
cursor_row(const struct edit *e, int columns, int *ret_column)
{
	struct text_line row;
	size_t at = 0, start = 0;
	bool done = false;
	int count = 0, found = 0;

	while (next_row(e, columns, &at, &done, &row) && row.start <= e->at) {
		found = count++;
		start = row.start;
	}
	text_fit(text_of(e) + start, e->at - start, INT32_MAX, ret_column);
	return found;
}

void
edit_view(const struct edit *e, struct frame *f, struct rect r, struct style st,
	  bool focused)
{
	struct text_line row;
	int column = 0, at_row, first, rows;
	size_t at = 0;
	bool done = false;

	if (r.w <= 0 || r.h <= 0)
		return;
	frame_fill(f, r, st);
	if (e->single || e->masked) {
		view_single(e, f, r, st, focused);
		return;
	}
	at_row = cursor_row(e, r.w, &column);
	rows = edit_rows(e, r.w);
	first = at_row - r.h / 2;
	if (first > rows - r.h)
		first = rows - r.h;
	if (first < 0)
		first = 0;
	for (int y = -first; y < r.h && next_row(e, r.w, &at, &done, &row); y++)
		frame_textn(f, r, 0, y, text_of(e) + row.start, row.len, st);
	if (focused)
		frame_set_cursor(f, r, column < r.w ? column : r.w - 1,
				 at_row - first);
}
