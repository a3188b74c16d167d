/*
 * typed.h - lines from a file descriptor (standard input), read through the
 * loop: a terminal, a pipe, a socket or a file. Nothing is read while nobody
 * waits for a line, so that a sender is held back.
 *
 *	struct typed *t = typed_new(loop, STDIN_FILENO);
 *	while (!(line = typed_take(t)) && !typed_ended(t))
 *		loop_turn(loop, true);
 */
#ifndef AGENTOPS_CLI_TYPED_H
#define AGENTOPS_CLI_TYPED_H

#include "base/loop.h"

enum { TYPED_LINE_MAX = 1 << 20 }; /* bytes; the rest of a line is dropped */

struct typed;

struct typed *typed_new(struct loop *loop, int fd);
void typed_free(struct typed *t); /* before the loop */

/* The next line without its end, which has come; NULL when it has not: then
 * it is waited for. The last line needs no newline. Caller frees. */
char *typed_take(struct typed *t);
/* No line will come any more. */
bool typed_ended(const struct typed *t);

#endif
