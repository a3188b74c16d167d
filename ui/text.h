/*
 * text.h - text as a terminal shows it: grapheme clusters and columns.
 *
 * The unit is the extended grapheme cluster (UAX #29, by utf8proc); its
 * width in columns is 0 never, 1 or 2 (the sum of its code points', at most
 * 2; emoji presentation, U+FE0F, makes 2). What could act on a terminal or
 * mislead a reader never comes out of here: control characters, escape
 * sequences, bidi overrides, zero-width and other format characters (the
 * joiner of emoji as well) and invalid bytes come out as visible marks, by
 * the rules of str_visible (base/str.h): "^[", "<U+202E>", "<FF>". So do
 * code points that have no width and nothing to stand on: a combining mark
 * at the start, one that Unicode has not assigned.
 *
 * A tab is blanks up to the next multiple of eight, counted from where the
 * walk began or the last newline.
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
enum { TEXT_CLUSTER_MAX = 15, TEXT_TAB = 8 };

struct text_walk {
	const char *s;        /* borrows */
	size_t len, at;       /* at: byte where the next cluster begins */
	size_t start;         /* byte where this one began */
	int column;           /* where the next one goes on its line */
	char text[TEXT_CLUSTER_MAX + 1]; /* what to show, NUL-terminated; a
				 mark such as "<U+202E>" and a tab are several
				 columns of ASCII */
	size_t text_len;
	int width;            /* columns of text */
	bool mark;            /* it stands for something that is not shown */
	bool newline;         /* "\n": text is empty, width 0 */
};

struct text_walk text_walk(const char *s, size_t len);
bool text_next(struct text_walk *w);
/* Whether text is ASCII (also marks and tabs): each byte is a column. */
static inline bool
text_is_ascii(const struct text_walk *w)
{
	return w->text_len == (size_t)w->width &&
	       (unsigned char)w->text[0] < 0x80;
}

/* Columns of a text without newlines. */
int text_width(const char *s);
/* Byte offset of the cluster before / after at (for cursors); 0 and len at
 * the ends. */
size_t text_prev(const char *s, size_t len, size_t at);
size_t text_after(const char *s, size_t len, size_t at);
/* Bytes of the longest prefix that fits into columns, up to a newline;
 * ret_width may be NULL. */
size_t text_fit(const char *s, size_t len, int columns, int *ret_width);
/*
 * Where to cut a text to at most columns, its first line only: the bytes to
 * show, and what to show after them: "", "…" ("..." in ASCII, or as much of
 * that as there is room for).
 */
size_t text_cut_at(const char *s, size_t len, int columns, bool ascii,
		   const char **ret_ellipsis);
/* At most columns wide; when cut, ends in "…" ("..." in ASCII, where every
 * column of what is not ASCII is a "?"). Marks are spelt out. Appends. */
void text_cut(struct buf *out, const char *s, int columns, bool ascii);

/*
 * A text broken into lines of at most columns: at newlines, else at blanks,
 * else between clusters; only a mark or tab alone on its line may be wider.
 * Lines are slices of s. "" has no line, and a newline at the end begins
 * none. text_line_next gives one line after the other, without memory:
 *
 *	for (size_t at = 0; text_line_next(s, len, columns, &at, &line);)
 */
struct text_line {
	size_t start, len;  /* bytes; without the newline or blanks broken at */
};
struct text_lines {
	struct text_line *items;
	size_t count, cap;
};
bool text_line_next(const char *s, size_t len, int columns, size_t *at,
		    struct text_line *ret);
void text_lines_release(struct text_lines *l);
/* ret is empty or released before. */
void text_wrap(const char *s, size_t len, int columns,
	       struct text_lines *ret);

#endif
