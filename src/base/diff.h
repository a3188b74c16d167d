/*
 * diff.h - what changes between two texts, line by line, as people read it.
 *
 * The form of `diff -u` with three lines around each change. Exact (Myers'
 * O(ND) algorithm, 1986) up to DIFF_EDITS changes; texts that differ more are
 * shown as removed and added as a whole.
 */
#ifndef AGENTOPS_BASE_DIFF_H
#define AGENTOPS_BASE_DIFF_H

#include "base/buf.h"

enum { DIFF_EDITS = 2000 };

/* Appends nothing when they are equal. old NULL: there was no file, and every
 * line is added. name stands in the head. Neither is escaped for terminals. */
void diff_unified(const struct buf *old, const struct buf *now,
		  const char *name, struct buf *out);

#endif
