/*
 * research.h - the workers of the research phase, offline: each a real,
 * read-only job with its own timing, all at the same time.
 *
 *	patterns   patterns of the library that fit the task, with factors
 *	data       a profile of every file that the task names
 *	tools      programs, interpreters and what the sandbox can enforce
 *	workspace  files and git history of the workspace
 *
 * A worker never changes anything, so an interrupted one is simply started
 * again. Its report is JSON, bounded by RESEARCH_REPORT_MAX, and its
 * summary is one line for people.
 */
#ifndef AGENTOPS_FLOW_RESEARCH_H
#define AGENTOPS_FLOW_RESEARCH_H

#include "base/db.h"
#include "base/path.h"
#include "flow/workflow.h"

enum { RESEARCH_REPORT_MAX = 256 << 10, RESEARCH_FILES_MAX = 16 };

/* Borrowed until every job that was started with it is done. */
struct research_context {
	struct loop *loop;
	struct tool_session *session;
	const struct workflow_tools *tools; /* bash and data_profile of it */
	struct db *db;
	const struct paths *paths;
	const char *task, *workspace;
	const cJSON *options; /* {"data": ["file"...], "inputs": {...},
				 "sandbox": "off"} */
};

struct research_worker {
	const char *name, *title;
};

/* All workers; the plan phase finds their reports under these names. */
const struct research_worker *research_workers(size_t *ret_count);

/* report is the callee's to read during the call; NULL when ok is false. */
typedef void research_done_fn(void *ud, bool ok, const char *summary,
			      const cJSON *report);

/*
 * Starts a worker; done follows exactly once, never from inside this call.
 * NULL with err when there is no such worker.
 */
struct research_job;
struct research_job *research_start(const struct research_context *ctx,
				    const char *worker,
				    research_done_fn *done, void *ud,
				    struct err *err);
/* Hurries it; done still follows. */
void research_cancel(struct research_job *job);

/* Appends the absolute paths of existing regular files that the task names:
 * options.data first, then words of the task that are such files (quotes and
 * trailing punctuation taken off), relative to the workspace. At most
 * RESEARCH_FILES_MAX, each once. */
void research_files(const char *task, const char *workspace,
		    const cJSON *options, struct strv *ret);
/* Appends domain words beside the task's own (know/match.h): what kind of
 * files it names, that the workspace is a repository. */
void research_hints(const char *task, const char *workspace,
		    const cJSON *options, struct strv *ret);

#endif
