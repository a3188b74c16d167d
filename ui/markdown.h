/*
 * markdown.h - Markdown (CommonMark, tables, task lists and strikethrough, by
 * md4c) to lines of styled text for a given width.
 *
 * Text from files and models: HTML is shown as it stands, links and pictures
 * show their target and title, nothing is fetched. Front matter ("---" ...
 * "---") at the top is shown as a block of code.
 *
 * Bounds: a text over MARKDOWN_LIMIT is cut, and says so. md4c 0.4.8 takes
 * 0.4 s at worst for 1 MiB (measured over some forty kinds of hostile input),
 * with two exceptions: bare links are not looked for (quadratic), and text
 * that makes more than MARKDOWN_WORK times its size of output (references to
 * one huge target, tables of empty cells) is shown as it stands.
 */
#ifndef AGENTOPS_UI_MARKDOWN_H
#define AGENTOPS_UI_MARKDOWN_H

#include "ui/frame.h"

enum { MARKDOWN_LIMIT = 1 << 20, MARKDOWN_WORK = 32 };

struct markdown_span {
	size_t start, len;   /* bytes in text: whole clusters */
	enum role role;
	uint16_t attrs;      /* added to the role's */
};

struct markdown_line {
	size_t span, span_count; /* spans[span .. span + span_count) */
};

struct markdown {
	struct buf text;
	struct markdown_span *spans;
	size_t span_count, span_cap;
	struct markdown_line *lines;
	size_t line_count, line_cap;
};

void markdown_release(struct markdown *m);
/* ret is empty or released before. Never fails: what is no Markdown is
 * text. columns under 8 count as 8. */
void markdown_render(const char *source, size_t len, int columns, bool ascii,
		     struct markdown *ret);
struct theme;
/* Draws lines from first on. */
void markdown_view(const struct markdown *m, const struct theme *t,
		   struct frame *f, struct rect r, int64_t first);

#endif
