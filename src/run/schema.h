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
/* The newest runs without reading and sorting all of them. */
extern const char journal_schema_v2[];
/* What models cost, and gates, for many runs at a time (run/worth.h). */
extern const char journal_schema_v3[];

#endif
