/*
 * worth.h - the facts of the value report, read from the state database:
 * the metrics, the journal's projections, executions and the pattern index.
 *
 * No event is folded, so 100,000 runs take less than two seconds
 * (bench/bench_report.c). The index should be up to date (library_sync).
 */
#ifndef AGENTOPS_RUN_WORTH_H
#define AGENTOPS_RUN_WORTH_H

#include "base/db.h"
#include "value/report.h"

/* now_us: of the report, for its date and the age of patterns. ret is what
 * report_facts_release releases, also on failure. */
bool worth_read(struct db *db, const struct metrics_filter *filter,
		int64_t now_us, struct report_facts *ret, struct err *err);

#endif
