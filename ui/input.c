/*
 * Invariants
 *  1. `held` begins at the first byte of the first sequence that is not
 *     complete; everything before it has been reported. What a sequence
 *     means never depends on how its bytes were split between calls.
 *  2. While `pasting`, held is empty: bytes go to `paste`, whose last bytes
 *     may be the beginning of the end mark.
 *  3. `burst` bytes of held came together with others. Bytes after them came
 *     one character at a time, as a person types: when the sequence turns
 *     out never to end, they are decoded again instead of dropped.
 *
 * Each take_ function looks at the front of a text: 0 says that more bytes
 * are needed, else how many are used up.
 */
#include "ui/input.h"

#include "base/mem.h"
#include "base/str.h"
#include "ui/input_key.h"

#include <stdlib.h>
#include <string.h>

enum {
	ESC = 0x1b,
	DEL = 0x7f,
	REPLY_LIMIT = 64 << 10,
	FEED_SIZE = 4096, /* bounds what drop_front moves */
	PARAMS_MAX = 8,
};

static const char paste_end[] = "\033[201~";

struct added_key {
	char *sequence;
	size_t len;
	uint32_t key;
	unsigned mods;
};

struct input_decoder {
	struct buf held;
	size_t burst;
	size_t scanned;      /* bytes of a string known to hold no end */
	bool pasting, quiet; /* quiet: a paste that stopped without its end */
	bool paste_cut, paste_cr;
	struct buf paste;
	bool alt; /* an ESC came before what is taken now */
	struct added_key *added;
	size_t added_count, added_cap;
	input_fn *fn;
	void *ud;
};

/* A CSI sequence taken apart. */
struct csi {
	char prefix; /* one of <=>? or 0 */
	char final;
	int p[PARAMS_MAX];   /* -1: left out */
	int sub[PARAMS_MAX]; /* first sub-parameter, -1: none */
	int count;
	bool intermediate;
};

struct input_decoder *
input_decoder_new(void)
{
	return xcalloc(1, sizeof(struct input_decoder));
}

void
input_decoder_free(struct input_decoder *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->added_count; i++)
		free(d->added[i].sequence);
	free(d->added);
	buf_release(&d->held);
	buf_release(&d->paste);
	free(d);
}

void
input_add_key(struct input_decoder *d, const char *sequence, enum input_key key,
	      unsigned mods)
{
	/* A printable character never becomes a key. */
	if ((unsigned char)*sequence >= ' ' && *sequence != DEL)
		return;
	if (!*sequence || (sequence[0] == ESC && !sequence[1]))
		return;
	GROW(d->added, d->added_count, d->added_cap);
	d->added[d->added_count++] =
		(struct added_key){ xstrdup(sequence), strlen(sequence), key,
				    mods };
}

static void
emit(struct input_decoder *d, const struct input *in)
{
	d->fn(d->ud, in);
}

static void
emit_key(struct input_decoder *d, uint32_t key, unsigned mods)
{
	struct input in = { .kind = INPUT_KEY, .key = key, .mods = mods };

	if (d->alt)
		in.mods |= INPUT_ALT;
	emit(d, &in);
}

/* What no Alt can belong to: the ESC before it was a key of its own. */
static void
emit_other(struct input_decoder *d, const struct input *in)
{
	if (d->alt) {
		d->alt = false;
		emit_key(d, INPUT_ESCAPE, 0);
	}
	emit(d, in);
}

/* A code point as terminals send it to a key with its name. */
static void
emit_code(struct input_decoder *d, uint32_t cp, unsigned mods)
{
	if (cp == '\r')
		emit_key(d, INPUT_ENTER, mods);
	else if (cp == '\t')
		emit_key(d, INPUT_TAB, mods);
	else if (cp == ESC)
		emit_key(d, INPUT_ESCAPE, mods);
	else if (cp == DEL)
		emit_key(d, INPUT_BACKSPACE, mods);
	else if (cp == ' ')
		emit_key(d, INPUT_SPACE, mods);
	else if (cp == 0)
		emit_key(d, INPUT_SPACE, mods | INPUT_CTRL);
	else if (cp < 0x1b)
		emit_key(d, cp + 'a' - 1, mods | INPUT_CTRL);
	else if (cp < ' ')
		emit_key(d, cp + '@', mods | INPUT_CTRL);
	else if (cp >= 0x80 && cp < 0xa0)
		emit_key(d, 0xfffd, mods);
	else
		emit_key(d, cp, mods);
}

/* --- keys by number -------------------------------------------------- */

/* xterm's modifier parameter, 1 + bits; super and the locks are left out. */
static unsigned
mods_of(int parameter)
{
	unsigned bits = parameter > 1 ? (unsigned)parameter - 1 : 0;
	unsigned mods = bits & (INPUT_SHIFT | INPUT_ALT | INPUT_CTRL);

	if (bits & 32) /* Meta */
		mods |= INPUT_ALT;
	return mods;
}

/* A key told by its code point (CSI u, modifyOtherKeys). Shift is part of a
 * character: "S-a" is "A". */
static void
emit_unicode(struct input_decoder *d, int code, int shifted, unsigned mods)
{
	uint32_t key = input_key_kitty(code);

	if (key) {
		emit_key(d, key, mods);
		return;
	}
	if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ||
	    (code >= 57344 && code <= 63743))
		return;
	if (mods & INPUT_SHIFT && code > ' ' && code != DEL) {
		mods &= ~(unsigned)INPUT_SHIFT;
		if (shifted > 0 && shifted <= 0x10ffff)
			code = shifted;
		else if (code >= 'a' && code <= 'z')
			code -= 'a' - 'A';
	}
	if (mods & INPUT_CTRL && code >= 'A' && code <= 'Z')
		code += 'a' - 'A';
	emit_code(d, (uint32_t)code, mods);
}

/* --- CSI ----------------------------------------------------------------- */

static void
emit_mouse(struct input_decoder *d, const struct csi *c)
{
	struct input in = { .kind = INPUT_MOUSE };
	int b = c->p[0];

	if (c->count < 3 || b < 0 || c->p[1] < 1 || c->p[2] < 1)
		return;
	in.x = c->p[1] - 1;
	in.y = c->p[2] - 1;
	in.mods = (b & 4 ? INPUT_SHIFT : 0) | (b & 8 ? INPUT_ALT : 0) |
		  (b & 16 ? INPUT_CTRL : 0);
	if (b & 64) {
		if ((b & 3) > 1 || c->final == 'm')
			return;
		in.mouse = b & 1 ? INPUT_WHEEL_DOWN : INPUT_WHEEL_UP;
	} else {
		if ((b & 3) == 3 || b & 128)
			return;
		in.button = (b & 3) + 1;
		in.mouse = c->final == 'm' ? INPUT_RELEASE :
			   b & 32          ? INPUT_DRAG :
					     INPUT_PRESS;
	}
	emit_other(d, &in);
}

static void
emit_simple(struct input_decoder *d, enum input_kind kind)
{
	struct input in = { .kind = kind };

	emit_other(d, &in);
}

static void
emit_reply(struct input_decoder *d, const char *s, size_t len)
{
	struct input in = { .kind = INPUT_REPLY, .text = s, .len = len };

	emit_other(d, &in);
}

static void
begin_paste(struct input_decoder *d)
{
	if (d->alt) {
		d->alt = false;
		emit_key(d, INPUT_ESCAPE, 0);
	}
	d->pasting = true;
	d->quiet = d->paste_cut = d->paste_cr = false;
	buf_reset(&d->paste);
}

static void
emit_tilde(struct input_decoder *d, const struct csi *c)
{
	uint32_t key = input_key_tilde(c->p[0]);
	unsigned mods = c->count > 1 ? mods_of(c->p[1]) : 0;

	if (c->final == '$' || c->final == '@') /* rxvt */
		mods |= INPUT_SHIFT;
	if (c->final == '^' || c->final == '@')
		mods |= INPUT_CTRL;
	if (c->final == '~' && c->p[0] == 200)
		begin_paste(d);
	else if (c->final == '~' && c->p[0] == 27 && c->count > 2)
		emit_unicode(d, c->p[2], 0, mods);
	else if (key && c->sub[1] != 3)
		emit_key(d, key, mods);
}

static void
emit_letter(struct input_decoder *d, const struct csi *c)
{
	unsigned mods = c->count > 1 ? mods_of(c->p[1]) : 0;
	uint32_t key = input_key_letter(c->final);

	if (c->final == 'Z')
		emit_key(d, INPUT_TAB, mods | INPUT_SHIFT);
	else if (key && c->sub[1] != 3)
		emit_key(d, key, mods);
	else if ((key = input_key_rxvt(c->final)))
		emit_key(d, key, INPUT_SHIFT);
}

static void
emit_csi(struct input_decoder *d, const struct csi *c, const char *s,
	 size_t len)
{
	if (c->prefix == '<')
		emit_mouse(d, c);
	else if (c->prefix || c->final == 't')
		emit_reply(d, s, len);
	else if (c->final == 'u' && c->count && c->sub[1] != 3)
		emit_unicode(d, c->p[0], c->sub[0],
			     c->count > 1 ? mods_of(c->p[1]) : 0);
	else if (c->final == 'I' && !c->count)
		emit_simple(d, INPUT_FOCUS_IN);
	else if (c->final == 'O' && !c->count)
		emit_simple(d, INPUT_FOCUS_OUT);
	else if (strchr("~$^@", c->final))
		emit_tilde(d, c);
	else if (!c->intermediate)
		emit_letter(d, c);
}

/* "1;5:2" into p and sub. */
static void
parse_params(struct csi *c, const char *s, size_t len)
{
	int value = -1, colons = 0;

	for (int i = 0; i < PARAMS_MAX; i++)
		c->p[i] = c->sub[i] = -1;
	for (size_t i = 0; i <= len && c->count < PARAMS_MAX; i++) {
		char ch = i < len ? s[i] : ';';

		if (ch >= '0' && ch <= '9') {
			if (value < 100000000)
				value = (value < 0 ? 0 : value) * 10 +
					(ch - '0');
			continue;
		}
		if (colons == 0)
			c->p[c->count] = value;
		else if (colons == 1)
			c->sub[c->count] = value;
		value = -1;
		colons = ch == ':' ? colons + 1 : 0;
		if (ch == ';' && (len || c->count))
			c->count++;
	}
}

/* How much of a sequence without an end is dropped (invariant 3). */
static size_t
dropped(const struct input_decoder *d, size_t len)
{
	size_t n = d->burst < 2 ? 2 : d->burst;

	return n < len ? n : len;
}

/* ESC [ M and three bytes: what a terminal without mode 1006 sends. */
static size_t
take_old_mouse(struct input_decoder *d, const char *s, size_t len)
{
	struct csi c = { .final = 'M', .count = 3 };

	if (len < 6)
		return 0;
	c.p[0] = (unsigned char)s[3] - 32;
	c.p[1] = (unsigned char)s[4] - 32;
	c.p[2] = (unsigned char)s[5] - 32;
	if (c.p[0] >= 0 && (c.p[0] & 67) == 3) { /* any button, released */
		c.p[0] &= ~3;
		c.final = 'm';
	}
	emit_mouse(d, &c);
	return 6;
}

/* The linux console: ESC [ [ A to E are F1 to F5. */
static size_t
take_console_key(struct input_decoder *d, const char *s, size_t len)
{
	if (len < 4)
		return 0;
	if (s[3] < 'A' || s[3] > 'E')
		return 3;
	emit_key(d, INPUT_F1 + (uint32_t)(s[3] - 'A'), 0);
	return 4;
}

static size_t
take_csi(struct input_decoder *d, const char *s, size_t len)
{
	struct csi c = { 0 };
	size_t i = 2, start, end;

	if (i < len && s[i] == '[')
		return take_console_key(d, s, len);
	if (i < len && s[i] == 'M')
		return take_old_mouse(d, s, len);
	if (i < len && s[i] >= '<' && s[i] <= '?')
		c.prefix = s[i++];
	start = i;
	while (i < len && s[i] >= '0' && s[i] <= ';')
		i++;
	end = i;
	/* rxvt's Shift: "$" ends it, where in a reply it is followed. */
	if (i < len && !c.prefix && s[i] == '$' && end > start) {
		c.final = s[i++];
	} else {
		while (i < len && s[i] >= ' ' && s[i] <= '/') {
			c.intermediate = true;
			i++;
		}
		if (i < len && s[i] >= '@' && s[i] <= '~')
			c.final = s[i++];
	}
	if (!c.final)
		return i < len || len > REPLY_LIMIT ? dropped(d, i) : 0;
	parse_params(&c, s + start, end - start);
	emit_csi(d, &c, s, i);
	return i;
}

/* --- SS3, strings, ESC --------------------------------------------------- */

static size_t
take_ss3(struct input_decoder *d, const char *s, size_t len)
{
	static const char keypad[] = "*+,-./0123456789";
	size_t i = 2;
	int mods = 0;
	uint32_t key;

	while (i < len && ((s[i] >= '0' && s[i] <= '9') || s[i] == ';')) {
		mods = s[i] == ';' ? 0 : (mods % 1000) * 10 + (s[i] - '0');
		i++;
	}
	if (i == len)
		return 0;
	if ((key = input_key_letter(s[i])))
		emit_key(d, key, mods_of(mods));
	else if ((key = input_key_rxvt(s[i])))
		emit_key(d, key, INPUT_CTRL);
	else if (s[i] >= 'j' && s[i] <= 'y')
		emit_key(d, (uint32_t)keypad[s[i] - 'j'], mods_of(mods));
	else if (s[i] == 'M')
		emit_key(d, INPUT_ENTER, mods_of(mods));
	else if (s[i] == 'I')
		emit_key(d, INPUT_TAB, mods_of(mods));
	else if (s[i] == 'X')
		emit_key(d, '=', mods_of(mods));
	else { /* no key: it was Alt-O, and something else */
		emit_key(d, 'O', INPUT_ALT);
		return 2;
	}
	return i + 1;
}

/* How the strings begin that a terminal answers with. Anything else after
 * these letters is a key typed with Alt. */
static bool
begins_string(char letter, char next)
{
	switch (letter) {
	case ']':
		return next >= '0' && next <= '9';
	case 'P':
		return next && strchr("0123456789>!$+|=", next);
	default: /* '_' */
		return next == 'G';
	}
}

/* DCS, OSC or APC up to its end: ST, or BEL for OSC. */
static size_t
take_string(struct input_decoder *d, const char *s, size_t len)
{
	size_t i = d->scanned > 2 && s == d->held.data ? d->scanned : 2;

	for (; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '\a' && s[1] == ']') {
			emit_reply(d, s, i + 1);
			return i + 1;
		}
		if (c == ESC && i + 1 == len)
			break;
		if (c == ESC && s[i + 1] == '\\') {
			emit_reply(d, s, i + 2);
			return i + 2;
		}
		/* No answer holds a control character: it is broken, and
		 * this one was typed. */
		if (c < ' ')
			return dropped(d, i);
	}
	if (i > REPLY_LIMIT)
		return dropped(d, i);
	if (s == d->held.data)
		d->scanned = i;
	return 0;
}

static size_t take_char(struct input_decoder *d, const char *s, size_t len);

/* Something after an ESC that was a key of its own, or Alt. */
static size_t
take_after(struct input_decoder *d, const char *s, size_t len,
	   size_t (*take)(struct input_decoder *, const char *, size_t))
{
	size_t n;

	d->alt = true;
	n = take(d, s + 1, len - 1);
	d->alt = false;
	return n ? n + 1 : 0;
}

static size_t
take_escape(struct input_decoder *d, const char *s, size_t len)
{
	if (len < 2)
		return 0;
	switch (s[1]) {
	case '[':
		return take_csi(d, s, len);
	case 'O':
		return take_ss3(d, s, len);
	case ']':
	case 'P':
	case '_':
		if (len < 3)
			return 0;
		if (begins_string(s[1], s[2]))
			return take_string(d, s, len);
		return take_after(d, s, len, take_char);
	case ESC:
		if (len < 3)
			return 0;
		if (s[2] == '[')
			return take_after(d, s, len, take_csi);
		if (s[2] == 'O')
			return take_after(d, s, len, take_ss3);
		emit_key(d, INPUT_ESCAPE, 0);
		return 1;
	default:
		return take_after(d, s, len, take_char);
	}
}

/* Whether these bytes can be the beginning of one valid character. */
static bool
utf8_unfinished(const char *s, size_t len)
{
	static const char tails[][4] = { "\x80",         "\xbf",
					 "\x80\x80",     "\xbf\xbf",
					 "\x80\x80\x80", "\xbf\xbf\xbf" };
	char whole[8];
	uint32_t cp;

	if (len > 3 || (unsigned char)*s < 0xc2 || (unsigned char)*s > 0xf4)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(tails); i++) {
		size_t n = strlen(tails[i]);

		memcpy(whole, s, len);
		memcpy(whole + len, tails[i], n);
		if (utf8_decode(whole, len + n, &cp) == len + n)
			return true;
	}
	return false;
}

static size_t
take_char(struct input_decoder *d, const char *s, size_t len)
{
	uint32_t cp;
	size_t n = utf8_decode(s, len, &cp);

	if (n) {
		emit_code(d, cp, 0);
		return n;
	}
	if (utf8_unfinished(s, len))
		return 0;
	emit_key(d, 0xfffd, 0);
	return 1;
}

/* A key that terminfo told; 0 when none fits, and ret_more when one could. */
static size_t
take_added(struct input_decoder *d, const char *s, size_t len, bool *ret_more)
{
	const struct added_key *best = NULL;

	*ret_more = false;
	for (size_t i = 0; i < d->added_count; i++) {
		const struct added_key *k = &d->added[i];

		if (k->len <= len && memcmp(k->sequence, s, k->len) == 0) {
			if (!best || k->len > best->len)
				best = k;
		} else if (k->len > len && memcmp(k->sequence, s, len) == 0) {
			*ret_more = true;
		}
	}
	if (!best)
		return 0;
	emit_key(d, best->key, best->mods);
	return best->len;
}

static size_t
take(struct input_decoder *d, const char *s, size_t len)
{
	bool more;
	size_t n = take_added(d, s, len, &more);

	if (n)
		return n;
	if (*s == ESC)
		return take_escape(d, s, len);
	return more ? 0 : take_char(d, s, len);
}

/* --- paste --------------------------------------------------------------- */

static void
paste_add(struct input_decoder *d, char c)
{
	if (d->paste_cr && c == '\n') {
		d->paste_cr = false;
		return;
	}
	d->paste_cr = c == '\r';
	if (c == '\r')
		c = '\n';
	if (d->paste.len < INPUT_PASTE_LIMIT + sizeof(paste_end))
		buf_addch(&d->paste, c);
}

static void
end_paste(struct input_decoder *d)
{
	struct input in = { .kind = INPUT_PASTE };

	if (d->paste.len > INPUT_PASTE_LIMIT) {
		buf_truncate(&d->paste, INPUT_PASTE_LIMIT);
		d->paste_cut = true;
	}
	d->pasting = false;
	in.text = buf_str(&d->paste);
	in.len = d->paste.len;
	in.cut = d->paste_cut;
	emit(d, &in);
	buf_release(&d->paste);
}

/* The end mark is compared as bytes come: `matched` of it are held back. */
static size_t
feed_paste(struct input_decoder *d, const char *s, size_t len)
{
	size_t i = 0, matched = d->scanned;

	if (d->quiet && len == 1 && (*s == ESC || *s == 3)) {
		end_paste(d);
		d->scanned = 0;
		return 0;
	}
	d->quiet = false;
	while (i < len) {
		char c = s[i++];

		if (c == paste_end[matched]) {
			if (++matched < sizeof(paste_end) - 1)
				continue;
			d->scanned = 0;
			end_paste(d);
			return i;
		}
		for (size_t k = 0; k < matched; k++)
			paste_add(d, paste_end[k]);
		matched = c == ESC;
		if (!matched)
			paste_add(d, c);
	}
	d->scanned = matched;
	return i;
}

/* --- feeding -------------------------------------------------------------- */

static void
drop_front(struct input_decoder *d, size_t n)
{
	memmove(d->held.data, d->held.data + n, d->held.len - n);
	buf_truncate(&d->held, d->held.len - n);
	d->burst = d->burst > n ? d->burst - n : 0;
	d->scanned = 0;
}

/* Takes what is complete from the front of held. */
static void
take_held(struct input_decoder *d)
{
	size_t at = 0, n = 0;

	while (at < d->held.len && !d->pasting) {
		if (at > 0 && d->held.data[at] == ESC) {
			/* Strings count from the front of held. */
			drop_front(d, at);
			at = 0;
		}
		n = take(d, d->held.data + at, d->held.len - at);
		if (!n)
			break;
		at += n;
		d->scanned = 0;
	}
	if (at > 0)
		drop_front(d, at);
}

static bool
one_character(const char *s, size_t len)
{
	uint32_t cp;

	return len == 1 || utf8_decode(s, len, &cp) == len;
}

void
input_feed(struct input_decoder *d, const char *bytes, size_t len, input_fn *fn,
	   void *ud)
{
	size_t n;
	bool burst = !one_character(bytes, len);

	d->fn = fn;
	d->ud = ud;
	while (len) {
		if (d->pasting) {
			n = feed_paste(d, bytes, len);
		} else {
			n = len < FEED_SIZE ? len : FEED_SIZE;
			buf_add(&d->held, bytes, n);
			if (burst)
				d->burst = d->held.len;
			take_held(d);
			if (d->pasting) {
				/* The rest is the paste's. */
				n -= d->held.len;
				buf_reset(&d->held);
				d->burst = 0;
			}
		}
		bytes += n;
		len -= n;
	}
}

bool
input_pending(const struct input_decoder *d, int *ret_wait_ms)
{
	size_t len = d->held.len;

	if (d->pasting) {
		*ret_wait_ms = INPUT_REPLY_MS;
		return !d->quiet;
	}
	*ret_wait_ms = len == 1 || (len == 2 && d->held.data[1] == ESC) ?
			       INPUT_ESCAPE_MS :
			       INPUT_REPLY_MS;
	return len > 0;
}

/* The front of held is all there will be. */
static void
flush_front(struct input_decoder *d)
{
	const char *s = d->held.data;
	size_t len = d->held.len;

	if (*s != ESC && utf8_unfinished(s, len)) {
		emit_key(d, 0xfffd, 0);
		drop_front(d, len);
	} else if (*s != ESC) {
		drop_front(d, take_char(d, s, len));
	} else if (len == 1 || s[1] == ESC) {
		emit_key(d, INPUT_ESCAPE, 0);
		drop_front(d, 1);
	} else if (len == 2 && s[1] >= ' ' && s[1] < DEL) {
		emit_key(d, (uint32_t)s[1], INPUT_ALT);
		drop_front(d, 2);
	} else {
		drop_front(d, dropped(d, len));
	}
}

void
input_flush(struct input_decoder *d, input_fn *fn, void *ud)
{
	d->fn = fn;
	d->ud = ud;
	if (d->pasting) {
		d->quiet = true;
		return;
	}
	while (d->held.len && !d->pasting) {
		flush_front(d);
		take_held(d);
	}
}
