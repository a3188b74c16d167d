/*
 * compact.h - a conversation made short: what an agent was asked stays as it
 * is, the last turns stay as they are, and what lies between becomes a list
 * of facts: what people said, what the model said, each call with the
 * beginning of its result. Pure; the whole stays in the journal.
 *
 * It is done before a request when the last one read more than
 * COMPACT_PERCENT of the model's window (issue 4), or when the server said
 * that the window is full.
 */
#ifndef AGENTOPS_RUN_COMPACT_H
#define AGENTOPS_RUN_COMPACT_H

#include "agent/message.h"

enum {
	COMPACT_PERCENT = 40,
	COMPACT_KEEP = 2,       /* turns that stay as they are */
	COMPACT_KEEP_FULL = 1,  /* when the window is full */
	COMPACT_BYTES = 12288,  /* of the list of facts */
};

/*
 * False: nothing to gain, nothing changed. Else *ret stands for the first
 * *ret_count messages of h: a user's message; the message after them is an
 * assistant's. Caller releases ret.
 */
bool compact_history(const struct messages *h, int keep, struct message *ret,
		     size_t *ret_count);

#endif
