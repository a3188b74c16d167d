/*
 * input.h - bytes from a terminal to input events: keys, mouse, pastes,
 * replies to our questions. Pure: bytes in, events out, at any split.
 *
 * Why not ncurses' getch: replies of the terminal to the probe (probe.h) come
 * in the same stream, at any time, also late and between typed keys. Here
 * each is recognised for what it is, and no typed key is ever swallowed.
 *
 * Known: UTF-8 text; C0 controls; the keys of ECMA-48/xterm (CSI and SS3
 * forms, with modifiers), rxvt and the linux console; what the terminal's
 * own terminfo entry says (input_add_key); CSI u (kitty, fixterms); Alt as
 * ESC prefix; SGR mouse (1006); bracketed paste (2004); focus (1004); and as
 * INPUT_REPLY every DCS, APC, OSC and CSI ? / CSI > sequence. A sequence that
 * is not known is dropped whole. A lone ESC is the Escape key once
 * input_flush says that nothing followed (the reader waits 25 ms).
 */
#ifndef AGENTOPS_UI_INPUT_H
#define AGENTOPS_UI_INPUT_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* Keys that are no character; above all code points. id, name in key
 * tables. Enter, Tab, Escape, Backspace and Space are here as well, so that
 * they have names; Ctrl-letters are the letter with INPUT_CTRL. */
#define INPUT_KEYS(X) \
	X(ENTER, "Enter") X(TAB, "Tab") X(ESCAPE, "Esc") \
	X(BACKSPACE, "Backspace") X(SPACE, "Space") X(DELETE, "Del") \
	X(INSERT, "Ins") X(UP, "Up") X(DOWN, "Down") X(LEFT, "Left") \
	X(RIGHT, "Right") X(HOME, "Home") X(END, "End") X(PAGE_UP, "PgUp") \
	X(PAGE_DOWN, "PgDn") X(F1, "F1") X(F2, "F2") X(F3, "F3") \
	X(F4, "F4") X(F5, "F5") X(F6, "F6") X(F7, "F7") X(F8, "F8") \
	X(F9, "F9") X(F10, "F10") X(F11, "F11") X(F12, "F12")

enum input_key {
	INPUT_KEY_FIRST = 0x110000,
#define X(id, name) INPUT_##id,
	INPUT_KEYS(X)
#undef X
	INPUT_KEY_END
};

enum input_mods { INPUT_SHIFT = 1, INPUT_ALT = 2, INPUT_CTRL = 4 };

enum input_kind {
	INPUT_KEY,      /* key, mods */
	INPUT_MOUSE,    /* mouse, x, y, mods */
	INPUT_PASTE,    /* text, len: all of one paste, newlines as "\n" */
	INPUT_REPLY,    /* text, len: the whole sequence */
	INPUT_FOCUS_IN,
	INPUT_FOCUS_OUT,
};

enum input_mouse {
	INPUT_PRESS, INPUT_RELEASE, INPUT_DRAG, INPUT_WHEEL_UP,
	INPUT_WHEEL_DOWN,
};

struct input {
	enum input_kind kind;
	uint32_t key;          /* code point or enum input_key */
	unsigned mods;
	enum input_mouse mouse;
	int button;            /* 1 left, 2 middle, 3 right */
	int x, y;              /* cells, from 0 */
	const char *text;      /* borrows; valid inside the call */
	size_t len;
	bool cut;              /* a paste that was longer than its limit */
};

/* A paste is cut at this many bytes (the rest of it is dropped, and said);
 * a reply at 64 KiB. */
enum { INPUT_PASTE_LIMIT = 4 << 20 };

struct input_decoder;

struct input_decoder *input_decoder_new(void);
void input_decoder_free(struct input_decoder *d);
/* What terminfo says a key sends; copies. */
void input_add_key(struct input_decoder *d, const char *sequence,
		   enum input_key key, unsigned mods);

typedef void input_fn(void *ud, const struct input *in);
/* Decodes len more bytes; calls fn for each event that is complete. */
void input_feed(struct input_decoder *d, const char *bytes, size_t len,
		input_fn *fn, void *ud);
/* Something unfinished is held: call input_flush when no byte followed for
 * INPUT_ESCAPE_MS. Not inside a paste or a reply (these wait on; a reply that
 * does not end within INPUT_REPLY_MS is dropped by the flush after that). */
enum { INPUT_ESCAPE_MS = 25, INPUT_REPLY_MS = 1000 };
bool input_pending(const struct input_decoder *d, int *ret_wait_ms);
void input_flush(struct input_decoder *d, input_fn *fn, void *ud);

#endif
