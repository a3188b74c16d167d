/*
 * Invariants:
 * 1. text_next gives either printable ASCII (also for marks, tabs) or one
 *    valid cluster without hidden code points; never a control character.
 * 2. Between two ASCII bytes there is always a boundary, so a walk may begin
 *    at any of them.
 */
#include "ui/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { EMOJI_PRESENTATION = 0xfe0f };

static bool
is_printable(unsigned char c)
{
	return c >= 0x20 && c < 0x7f;
}

static bool
is_selector(uint32_t cp)
{
	return cp >= 0xfe00 && cp <= 0xfe0f;
}

struct text_walk
text_walk(const char *s, size_t len)
{
	return (struct text_walk){ .s = s, .len = len };
}

static void
show(struct text_walk *w, const char *text, size_t len, int width)
{
	memcpy(w->text, text, len);
	w->text[len] = '\0';
	w->text_len = len;
	w->width = width;
	w->column += width;
}

static void
show_mark(struct text_walk *w, const char *mark)
{
	size_t n = strlen(mark);

	show(w, mark, n, (int)n);
	w->mark = true;
}

static void
show_tab(struct text_walk *w)
{
	int n = TEXT_TAB - w->column % TEXT_TAB;

	show(w, "        ", (size_t)n, n);
}

static bool
is_assigned(uint32_t cp)
{
	return utf8proc_category((utf8proc_int32_t)cp) != UTF8PROC_CATEGORY_CN;
}

/* What VS16 makes wide: pictographs, and the base of a keycap. */
static bool
takes_emoji(uint32_t cp)
{
	return cp == '#' || cp == '*' || (cp >= '0' && cp <= '9') ||
	       utf8proc_get_property((utf8proc_int32_t)cp)->boundclass ==
		       UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

/* Variation selectors are invisible and could carry data: one is let through
 * only where Unicode defines it, right after its base. */
static bool
takes_selector(uint32_t base, uint32_t selector)
{
	if (selector >= 0xfe0e)
		return takes_emoji(base);
	return selector <= 0xfe02 &&
	       utf8proc_charwidth((utf8proc_int32_t)base) == 2;
}

/* The cluster at the walk's start, whose first code point is shown as it is
 * and n bytes long. False when it has no width. */
static bool
show_cluster(struct text_walk *w, uint32_t base, size_t n)
{
	char mark[STR_MARK_SIZE];
	utf8proc_int32_t state = 0;
	uint32_t last = base, cp;
	size_t kept = n;
	int width = utf8proc_charwidth((utf8proc_int32_t)base);

	for (w->at = w->start + n; w->at < w->len; w->at += n) {
		n = str_mark(w->s + w->at, w->len - w->at, &cp, mark);
		if (mark[0] || utf8proc_grapheme_break_stateful(
				       (utf8proc_int32_t)last,
				       (utf8proc_int32_t)cp, &state))
			break;
		if (is_selector(cp) &&
		    (last != base || !takes_selector(base, cp)))
			break;
		if (w->at + n - w->start <= TEXT_CLUSTER_MAX)
			kept = w->at + n - w->start;
		width += utf8proc_charwidth((utf8proc_int32_t)cp);
		if (cp == EMOJI_PRESENTATION || width > 2)
			width = 2;
		last = cp;
	}
	show(w, w->s + w->start, kept, width);
	return width > 0;
}

bool
text_next(struct text_walk *w)
{
	const unsigned char *p = (const unsigned char *)w->s + w->at;
	char mark[STR_MARK_SIZE];
	uint32_t cp;
	size_t n;

	if (w->at >= w->len)
		return false;
	w->start = w->at;
	w->mark = w->newline = false;
	if (is_printable(p[0]) && (w->at + 1 == w->len || p[1] < 0x80)) {
		w->at++;
		w->text[0] = (char)p[0];
		w->text[1] = '\0';
		w->text_len = 1;
		w->width = 1;
		w->column++;
		return true;
	}
	n = str_mark(w->s + w->at, w->len - w->at, &cp, mark);
	w->at += n;
	if (*p == '\n') {
		w->newline = true;
		w->column = 0;
		show(w, "", 0, 0);
	} else if (*p == '\t') {
		show_tab(w);
	} else if (mark[0]) {
		show_mark(w, mark);
	} else if (!is_assigned(cp) || !show_cluster(w, cp, n)) {
		w->at = w->start + n;
		snprintf(mark, sizeof(mark), "<U+%04X>", cp);
		show_mark(w, mark);
	}
	return true;
}

int
text_width(const char *s)
{
	int width = 0;

	for (struct text_walk w = text_walk(s, strlen(s)); text_next(&w);)
		width += w.width;
	return width;
}

size_t
text_prev(const char *s, size_t len, size_t at)
{
	size_t from = at < len ? at : len;
	struct text_walk w;

	at = from;
	while (from > 0) {
		from--;
		if (from == 0 || ((unsigned char)s[from] < 0x80 &&
				  (unsigned char)s[from - 1] < 0x80))
			break;
	}
	w = text_walk(s, len);
	w.at = from;
	while (text_next(&w) && w.at < at)
		;
	return at == 0 ? 0 : w.start;
}

size_t
text_after(const char *s, size_t len, size_t at)
{
	struct text_walk w = text_walk(s, len);

	w.at = at;
	text_next(&w);
	return w.at < len ? w.at : len;
}

size_t
text_fit(const char *s, size_t len, int columns, int *ret_width)
{
	struct text_walk w = text_walk(s, len);
	size_t fits = 0;
	int width = 0;

	while (text_next(&w) && !w.newline && w.column <= columns) {
		fits = w.at;
		width = w.column;
	}
	if (ret_width)
		*ret_width = width;
	return fits;
}

size_t
text_cut_at(const char *s, size_t len, int columns, bool ascii,
	    const char **ret_ellipsis)
{
	size_t n = text_fit(s, len, columns, NULL);
	int dots = ascii ? 3 : 1;

	*ret_ellipsis = "";
	if (n == len || (n + 1 == len && s[n] == '\n') || columns <= 0)
		return n;
	if (dots > columns)
		dots = columns;
	*ret_ellipsis = ascii ? &"..."[3 - dots] : "…";
	return text_fit(s, len, columns - dots, NULL);
}

void
text_cut(struct buf *out, const char *s, int columns, bool ascii)
{
	const char *ellipsis;
	size_t n = text_cut_at(s, strlen(s), columns, ascii, &ellipsis);

	for (struct text_walk w = text_walk(s, n); text_next(&w);) {
		if (ascii && !text_is_ascii(&w))
			buf_add(out, "??", (size_t)w.width);
		else
			buf_add(out, w.text, w.text_len);
	}
	buf_addstr(out, ellipsis);
}

/* A blank or tab without marks on it. */
static bool
is_blank(const struct text_walk *w)
{
	return w->text[0] == ' ' && text_is_ascii(w);
}

/* A line ends before byte end; the next begins after the blanks (and then
 * the newline) that stand there. */
static void
break_line(const char *s, size_t len, size_t end, size_t *at,
	   struct text_line *ret)
{
	struct text_walk w = text_walk(s, len);

	*ret = (struct text_line){ *at, end - *at };
	*at = w.at = end;
	while (text_next(&w) && is_blank(&w))
		*at = w.at;
	if (*at > end && *at < len && s[*at] == '\n')
		++*at;
}

bool
text_line_next(const char *s, size_t len, int columns, size_t *at,
	       struct text_line *ret)
{
	struct text_walk w = text_walk(s, len);
	size_t blank = *at; /* where the last run of blanks begins */
	bool in_blanks = true;

	if (*at >= len)
		return false;
	w.at = *at;
	while (text_next(&w)) {
		if (w.newline) {
			*ret = (struct text_line){ *at, w.start - *at };
			*at = w.at;
			return true;
		}
		if (is_blank(&w) && !in_blanks)
			blank = w.start;
		in_blanks = is_blank(&w);
		if (w.column <= columns || w.start == *at)
			continue;
		break_line(s, len, blank > *at ? blank : w.start, at, ret);
		return true;
	}
	*ret = (struct text_line){ *at, len - *at };
	*at = len;
	return true;
}

void
text_lines_release(struct text_lines *l)
{
	free(l->items);
	*l = (struct text_lines){ 0 };
}

void
text_wrap(const char *s, size_t len, int columns, struct text_lines *ret)
{
	struct text_line line;

	for (size_t at = 0; text_line_next(s, len, columns, &at, &line);) {
		GROW(ret->items, ret->count, ret->cap);
		ret->items[ret->count++] = line;
	}
}
