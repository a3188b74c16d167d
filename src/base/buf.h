/*
 * buf.h - a growable string of bytes.
 *
 * Invariants: data is NUL-terminated when not NULL; the NUL is not counted
 * in len; data may hold NUL bytes. buf_str gives "" for an empty buffer, so
 * it can always be printed.
 *
 *	AUTO(buf) b = BUF_INIT;
 *	buf_printf(&b, "%d rows", rows);
 *	return buf_steal(&b);              caller frees
 */
#ifndef AGENTOPS_BASE_BUF_H
#define AGENTOPS_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data;
	size_t len, cap;
};

#define BUF_INIT { NULL, 0, 0 }

void buf_release(struct buf *b);
/* Empties it, keeps the memory. */
void buf_reset(struct buf *b);
/* Cuts it to len bytes; len must not be more than b->len. */
void buf_truncate(struct buf *b, size_t len);
/* Makes room for extra more bytes and gives the place to write them; the
 * writer then adds what it wrote to b->len and calls buf_terminate. */
char *buf_reserve(struct buf *b, size_t extra);
void buf_terminate(struct buf *b);

void buf_add(struct buf *b, const void *data, size_t len);
void buf_addstr(struct buf *b, const char *s);
void buf_addch(struct buf *b, char c);
/* A decimal number; for where printf's cost shows. */
void buf_addint(struct buf *b, long long v);
void buf_printf(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap);

/* Never NULL; valid until the next change. */
const char *buf_str(const struct buf *b);
/* Hands the string over (caller frees, never NULL); b is empty again. */
char *buf_steal(struct buf *b);

#endif
