/*
 * diff_lines.h - two texts as lines, and what was kept of the one in the
 * other: what diff.c and merge.c are made of. Lines point into the texts.
 */
#ifndef AGENTOPS_BASE_DIFF_LINES_H
#define AGENTOPS_BASE_DIFF_LINES_H

#include "base/buf.h"

#include <stdbool.h>

struct line {
	const char *s;
	size_t len; /* without its newline */
	bool open;  /* it has none */
};

struct lines {
	struct line *items;
	size_t count, cap;
};

/* ' ' kept, '-' of the old text, '+' of the new one. */
struct change {
	char sign;
	const struct line *line;
	size_t old_at, new_at; /* lines before it */
};

struct changes {
	struct change *items;
	size_t count, cap;
};

/* NULL has no lines. The caller frees items of both. */
struct lines diff_split(const struct buf *text);
bool diff_same(const struct line *a, const struct line *b);
/* Appends the changes from a to b, in the order of the lines. */
void diff_compare(const struct lines *a, const struct lines *b,
		  struct changes *c);

#endif
