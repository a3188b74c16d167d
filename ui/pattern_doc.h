/*
 * pattern_doc.h - everything about a pattern as one Markdown text: what it is
 * and how it did, its steps, its own prose, and its workflow.
 */
#ifndef AGENTOPS_UI_PATTERN_DOC_H
#define AGENTOPS_UI_PATTERN_DOC_H

#include "know/library.h"

/* text: the pattern's file, or NULL when it is not read yet; executions
 * newest first. Texts from the file stand there with Markdown's characters
 * escaped, except its prose, which is Markdown. Appends. */
void pattern_doc(const struct library_row *row, const struct buf *text,
		 const struct library_executions *executions, bool ascii,
		 struct buf *out);

/* "86% 60-96": the success rate and its 95 % interval; "-" when it was never
 * run. Caller frees. */
char *pattern_doc_rate(const struct pattern_counts *c);
/* "2026-11-22", "never", "?"; caller frees. */
char *pattern_doc_day(int64_t wall_us);

#endif
