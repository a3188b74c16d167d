/*
 * spool.h - output of unknown size: small stays text, large goes to a file
 * and leaves statistics, head and tail.
 *
 *	struct spool sp;
 *	spool_init(&sp, dir, "stdout.txt", inline_limit);
 *	spool_add(&sp, data, len);          as it comes
 *	spool_finish(&sp, result);          adds the parts
 *	spool_release(&sp);
 *
 * Memory stays under inline_limit + 2 * SPOOL_EDGE; the file under
 * SPOOL_FILE_LIMIT, and what came beyond that is counted and said. So is a
 * file that could not be written to its end (a full disk).
 *
 * The file gets the bytes as they came. The text shown is made valid UTF-8:
 * NUL and invalid bytes become U+FFFD; head and tail are cut between lines,
 * or between characters where a line is too long.
 */
#ifndef AGENTOPS_TOOL_SPOOL_H
#define AGENTOPS_TOOL_SPOOL_H

#include "base/buf.h"
#include "base/redact.h"
#include "tool/tool.h"

#include <stdint.h>

enum {
	SPOOL_INLINE_LIMIT = 8 << 10,
	SPOOL_EDGE = 2 << 10,
	SPOOL_FILE_LIMIT = 64 << 20,
};

struct spool {
	char *dir, *name;
	size_t inline_limit;
	struct buf head;        /* all of it while small, then the head */
	char tail[SPOOL_EDGE];  /* ring of the last bytes once it spilled */
	size_t tail_at;
	int64_t total_bytes, lines;
	int fd;                 /* the file once it spilled, else -1 */
	bool write_failed;
	bool spilled;
	int write_errno;        /* why, when write_failed */
	int64_t file_bytes;     /* of total_bytes, those in the file */
	char last;              /* the last byte that came */
	struct redact_stream redact;
	struct buf clean;       /* scratch of the redacted chunk */
};

void spool_init(struct spool *sp, const char *dir, const char *name,
		size_t inline_limit);
/* From now on secrets are replaced before anything is kept; the sizes said
 * are those after it. r is borrowed and may be NULL. */
void spool_redact(struct spool *sp, const struct redact *r);
void spool_add(struct spool *sp, const char *data, size_t len);
/* One text part: everything, or "N bytes, M lines, saved as NAME", head and
 * tail, and then a file part too. */
void spool_finish(struct spool *sp, struct tool_result *r);
void spool_release(struct spool *sp);

/* Appends data as valid UTF-8 without NUL: what is not becomes U+FFFD. */
void spool_add_text(struct buf *out, const char *data, size_t len);

#endif
