/*
 * markdown.h - Markdown (CommonMark and tables, by md4c) to lines of styled
 * text for a given width. Text from files and models: HTML is shown as it
 * stands, links show their target, nothing is fetched. A text over 1 MiB is
 * cut, and says so. Front matter ("---" ... "---") at the top is shown as a
 * block of code.
 */
#ifndef AGENTOPS_UI_MARKDOWN_H
#define AGENTOPS_UI_MARKDOWN_H

#include "ui/frame.h"

struct markdown_span {
	size_t start, len;   /* bytes in text */
	enum role role;
	uint16_t attrs;      /* added to the role's */
};

struct markdown_line {
	size_t span, span_count; /* spans[span .. span + span_count) */
	int indent;
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
 * text. */
void markdown_render(const char *source, size_t len, int columns, bool ascii,
		     struct markdown *ret);
struct theme;
/* Draws lines from first on. */
void markdown_view(const struct markdown *m, const struct theme *t,
		   struct frame *f, struct rect r, int64_t first);

#endif
