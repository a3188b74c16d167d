#include "tool/lines.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { READ_SIZE = 64 << 10 };

void
lines_init(struct lines *ls, int fd, bool overlap,
	   const struct redact *redact)
{
	*ls = (struct lines){ .fd = fd, .overlap = overlap, .line = 1 };
	redact_stream_init(&ls->redact, redact);
}

void
lines_release(struct lines *ls)
{
	buf_release(&ls->data);
	redact_stream_release(&ls->redact);
}

/* Adds what one read gives; what was given already goes first. */
static void
fill(struct lines *ls)
{
	char chunk[READ_SIZE];
	size_t left = ls->data.len - ls->from;
	ssize_t n;

	if (ls->from) {
		memmove(ls->data.data, ls->data.data + ls->from, left);
		buf_truncate(&ls->data, left);
		ls->from = 0;
	}
	do
		n = read(ls->fd, chunk, sizeof(chunk));
	while (n < 0 && errno == EINTR);
	if (n > 0) {
		redact_stream_add(&ls->redact, chunk, (size_t)n, &ls->data);
		return;
	}
	ls->at_end = true;
	ls->read_errno = n < 0 ? errno : 0;
	redact_stream_finish(&ls->redact, &ls->data);
}

static void
give(struct lines *ls, size_t len, bool ends, struct lines_piece *ret)
{
	size_t step = len;

	if (ends)
		step = ls->from + len < ls->data.len ? len + 1 : len;
	else if (ls->overlap)
		step = len - LINES_OVERLAP;
	*ret = (struct lines_piece){
		.data = ls->data.data + ls->from,
		.len = len,
		.line = ls->line,
		.begins = !ls->in_line,
		.ends = ends,
	};
	ls->from += step;
	ls->in_line = !ends;
	ls->line += ends;
}

bool
lines_next(struct lines *ls, struct lines_piece *ret)
{
	size_t seen = 0;

	for (;;) {
		size_t have = ls->data.len - ls->from;
		const char *start = buf_str(&ls->data) + ls->from;
		const char *end = memchr(start + seen, '\n', have - seen);

		if (end && (size_t)(end - start) <= LINES_PIECE) {
			give(ls, (size_t)(end - start), true, ret);
			return true;
		}
		if (have > LINES_PIECE) {
			give(ls, LINES_PIECE, false, ret);
			return true;
		}
		if (ls->at_end && (have || ls->in_line)) {
			give(ls, have, true, ret);
			return true;
		}
		if (ls->at_end)
			return false;
		seen = have;
		fill(ls);
	}
}
