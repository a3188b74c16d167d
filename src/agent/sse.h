/*
 * sse.h - server-sent events, however the bytes are cut (WHATWG HTML,
 * section 9.2.6 "Interpreting an event stream").
 *
 * Lines end with CR, LF or CRLF, also mixed and cut between the two. A byte
 * order mark at the start is skipped. Lines "data: x" of one event are
 * joined by a newline; "event: x" names it; comments (":") and other fields
 * (id, retry: nothing here reconnects) are dropped. A blank line ends the
 * event; one without data is none. An event that the end of the stream cuts
 * is none, as the standard says.
 *
 * Bytes are passed on as they came: they may be no UTF-8, and hold NUL.
 *
 * Size: the data of one event, and a line, are at most `limit` bytes; a
 * larger one fails, it is not cut.
 */
#ifndef AGENTOPS_AGENT_SSE_H
#define AGENTOPS_AGENT_SSE_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* name is "" for an event without one. data is NUL-terminated after len and
 * may be changed. False stops: sse_add gives up and returns true. */
typedef bool sse_event_fn(void *ud, const char *name, char *data,
			  size_t len);

struct sse {
	size_t limit;
	sse_event_fn *fn;
	void *ud;
	/* private */
	struct buf line; /* the start of a line whose end has not come */
	struct buf name, data;
	bool has_data, after_cr, begun, stopped;
};

/* Zero-initialise, then set limit, fn and ud. */
void sse_release(struct sse *s);
/* False with err (ERR_TOOBIG) over the limit; the parser is then of no more
 * use. */
bool sse_add(struct sse *s, const char *bytes, size_t len, struct err *err);

#endif
