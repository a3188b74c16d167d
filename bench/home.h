/*
 * home.h - what the benches measure on: a state root of their own with many
 * runs in it, and runs of many steps that a tool carries out which does
 * nothing.
 *
 * What cannot be made ends the process with a message and status 2.
 */
#ifndef AGENTOPS_BENCH_HOME_H
#define AGENTOPS_BENCH_HOME_H

#include "base/path.h"
#include "flow/workflow.h"
#include "run/journal.h"

/* A new folder under TMPDIR, or /var/tmp, which is AGENTOPS_HOME from now
 * on; caller removes and frees. */
char *home_make(void);
/* Makes home AGENTOPS_HOME and opens it. */
void home_open(const char *home, struct paths *ret_paths,
	       struct journal **ret);
void home_close(struct paths *p, struct journal *j);

/* So many runs that have succeeded, the newest of this minute. */
void home_add_runs(struct journal *j, int count);

/* `data_profile` and `bash`, which do nothing. */
extern const struct workflow_tools home_tools;
/* A pattern of one step with a foreach over the input `items`. */
void home_add_pattern(const struct paths *p, const char *id, int jobs);
/* Options of a run that replays it with so many; caller frees. */
char *home_options(const char *pattern, int items);

/* Prints a row of a table; remembers that a limit was missed. */
extern bool home_missed;
void home_row(const char *name, double ours, double peer, double measure,
	      double limit, bool at_most);

/* The same for a ratio that is near its limit, and that other processors and
 * disks move: between limit and guard it is told as outside its limit, and only
 * beyond guard it is a MISS. A guard below the limit: it is a least. */
void home_row_near(const char *name, double ours, double peer, double measure,
		   double limit, double guard);

void home_sort(double *v, int n);
void __attribute__((noreturn)) home_die(const char *what,
					const struct err *err);

#endif
