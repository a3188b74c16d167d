/*
 * merge.h - two changes of one text made into one, line by line.
 *
 * base is what both began with. Where only one side changed it, that side
 * counts; where both did and not alike, it is a conflict: settled for one
 * side, or left in the text between marks as git writes them, with what stood
 * in base, so that any editor shows it.
 */
#ifndef AGENTOPS_BASE_MERGE_H
#define AGENTOPS_BASE_MERGE_H

#include "base/buf.h"

enum merge_take { MERGE_MARK, MERGE_MINE, MERGE_THEIRS };

struct merge {
	const struct buf *base, *mine, *theirs;
	const char *base_name, *mine_name, *theirs_name; /* in the marks */
	enum merge_take take; /* where both changed it */
};

/* Appends the text; returns the number of conflicts, settled ones too. */
size_t merge_texts(const struct merge *m, struct buf *out);

#endif
