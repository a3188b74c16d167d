/*
 * spool.h - output of unknown size: small stays text, large goes to a file
 * and leaves statistics, head and tail (architecture.md section 5).
 *
 *	struct spool sp;
 *	spool_init(&sp, dir, "stdout.txt", inline_limit);
 *	spool_add(&sp, data, len);          as it comes
 *	spool_finish(&sp, result);          adds the parts
 *	spool_release(&sp);
 *
 * Memory stays under inline_limit + 2 * SPOOL_EDGE; the file under
 * SPOOL_FILE_LIMIT, and what came beyond that is counted and said.
 */
#ifndef AGENTOPS_TOOL_SPOOL_H
#define AGENTOPS_TOOL_SPOOL_H

#include "base/buf.h"
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
};

void spool_init(struct spool *sp, const char *dir, const char *name,
		size_t inline_limit);
void spool_add(struct spool *sp, const char *data, size_t len);
/* One text part: everything, or "N bytes, M lines, saved as NAME", head and
 * tail, and then a file part too. */
void spool_finish(struct spool *sp, struct tool_result *r);
void spool_release(struct spool *sp);

#endif
