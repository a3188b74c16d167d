/*
 * text.h - text as a terminal shows it: grapheme clusters and columns.
 *
 * The unit is the extended grapheme cluster (UAX #29, by utf8proc); its
 * width in columns is 0 never, 1 or 2. What could act on a terminal or
 * mislead a reader never comes out of here: control characters, escape
 * sequences, bidi overrides, zero-width and other format characters and
 * invalid bytes come out as visible marks, by the rules of str_visible
 * (base/str.h): "^[", "<U+202E>", "<FF>". A tab is a blank up to the next
 * multiple of eight when it is told the column, else one blank. With ascii,
 * what is not ASCII comes out as "?" (drawings of ours have their own
 * ASCII forms, see frame.h).
 *
 *	for (struct text_walk w = text_walk(s, len); text_next(&w);)
 *		put(w.text, w.text_len, w.width);
 */
#ifndef AGENTOPS_UI_TEXT_H
#define AGENTOPS_UI_TEXT_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

/* The longest cluster kept, in bytes: a base character and its marks. What
 * is longer loses its last marks. */
enum { TEXT_CLUSTER_MAX = 15 };

struct text_walk {
	const char *s;        /* borrows */
	size_t len, at;       /* at: byte where the next cluster begins */
	size_t start;         /* byte where this one began */
	char text[40];        /* what to show, NUL-terminated; a mark such as
				 "<U+202E>" may be several columns */
	size_t text_len;
	int width;            /* columns of text */
	bool mark;            /* it stands for something that is not shown */
	bool newline;         /* "\n": text is empty, width 0 */
};

struct text_walk text_walk(const char *s, size_t len);
bool text_next(struct text_walk *w);

/* Columns of a text without newlines. */
int text_width(const char *s);
/* Byte offset of the cluster before / after at (for cursors); 0 and len at
 * the ends. */
size_t text_prev(const char *s, size_t len, size_t at);
size_t text_after(const char *s, size_t len, size_t at);
/* Bytes of the longest prefix that fits into columns; ret_width may be
 * NULL. */
size_t text_fit(const char *s, size_t len, int columns, int *ret_width);
/* At most columns wide; when cut, ends in "…" ("..." in ASCII). Appends. */
void text_cut(struct buf *out, const char *s, int columns, bool ascii);

/* A text broken into lines of at most columns: at newlines, else at blanks,
 * else between clusters. Lines are slices of s. */
struct text_line {
	size_t start, len;  /* bytes; without the newline or blank broken at */
};
struct text_lines {
	struct text_line *items;
	size_t count, cap;
};
void text_lines_release(struct text_lines *l);
void text_wrap(const char *s, size_t len, int columns,
	       struct text_lines *ret);

#endif
