/*
 * schema.h - the journal's part of the state database.
 *
 * One file holds the journal, the pattern index (src/know/library.h) and the
 * value metrics (src/value/metrics.h), so that one transaction can cover
 * them. Later versions append a migration in journal.c; no migration that
 * was released is edited.
 */
#ifndef AGENTOPS_RUN_SCHEMA_H
#define AGENTOPS_RUN_SCHEMA_H

/* "agOp" */
enum { JOURNAL_APPLICATION_ID = 0x61674f70 };

extern const char journal_schema_v1[];
extern const char journal_schema_v2[];

#endif
