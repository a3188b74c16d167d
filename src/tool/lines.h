/*
 * lines.h - the lines of a text file in constant memory, whatever their
 * length.
 *
 * A line comes as one piece or, over LINES_PIECE bytes, as several: `begins`
 * and `ends` tell. Successive pieces of one line share their last and first
 * LINES_OVERLAP bytes when overlap was asked for, so that a search misses
 * nothing shorter than that. The newline is not part of a piece; a carriage
 * return before it is.
 *
 *	struct lines ls;
 *	lines_init(&ls, fd, false, redact);
 *	while (lines_next(&ls, &piece))
 *		...
 *	if (ls.read_errno) ...
 *	lines_release(&ls);
 */
#ifndef AGENTOPS_TOOL_LINES_H
#define AGENTOPS_TOOL_LINES_H

#include "base/buf.h"
#include "base/redact.h"

#include <stdint.h>

enum { LINES_PIECE = 64 << 10, LINES_OVERLAP = 1 << 10 };

struct lines_piece {
	const char *data;   /* valid until the next call */
	size_t len;
	int64_t line;       /* 1-based */
	bool begins, ends;  /* the line does, with this piece */
};

struct lines {
	int fd;             /* borrowed */
	bool overlap, at_end, in_line;
	int read_errno;     /* why reading ended early, else 0 */
	int64_t line;       /* of the next piece */
	struct redact_stream redact;
	struct buf data;    /* read and not yet given, from `from` on */
	size_t from;
};

/* Reads from where fd stands. redact is borrowed and may be NULL. */
void lines_init(struct lines *ls, int fd, bool overlap,
		const struct redact *redact);
/* False at the end or on a read error. */
bool lines_next(struct lines *ls, struct lines_piece *ret);
void lines_release(struct lines *ls);

#endif
