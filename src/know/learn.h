/*
 * learn.h - writes down what a run taught: pattern file and database as one
 * durable operation.
 *
 * learn_record may be killed at any instant and may be called again for the
 * same run: the run counts exactly once, in the file and in the database.
 * How (the proof stands at the top of learn.c): the execution row, keyed by
 * the run, and the whole intended file content go into the database in one
 * transaction; then the file is written (temporary file, fsync, rename) and
 * the intent is deleted. learn_recover, at every start, finishes intents
 * that a crash left.
 *
 * If the file changed by hand in between, the person's text is kept and only
 * the owned keys are set in it.
 *
 * A pattern file that can't be read (broken by hand) is an error that names
 * the place; nothing is recorded. Mend the file and call again: that is why
 * it is idempotent.
 *
 *	struct learn_input in = { .run = run, .task = task, ... };
 *	struct learn_result r = { 0 };
 *	if (!learn_record(db, &paths, &in, &r, err)) ...
 *	learn_result_release(&r);
 */
#ifndef AGENTOPS_KNOW_LEARN_H
#define AGENTOPS_KNOW_LEARN_H

#include "base/db.h"
#include "base/path.h"
#include "know/lifecycle.h"
#include "know/pattern.h"
#include "value/metrics.h"

struct learn_step {
	const char *id, *tool;
	bool ok;
	int64_t duration_ms;
};

/* Everything is borrowed. */
struct learn_input {
	const char *run;  /* the key of the whole operation */
	const char *task; /* in the person's words */
	enum execution_status status;
	int64_t started_us, finished_us; /* wall time */
	int64_t human_wait_ms; /* part of it spent waiting for people */
	int iterations;
	const char *error; /* why it failed: becomes a known issue; or NULL */
	const char *fix;   /* what helps against it, or NULL */
	const struct learn_step *steps; /* that ran, for the tools' rates */
	size_t step_count;
	const struct metrics *metrics; /* recorded with it, or NULL; run,
				pattern_id and domain are filled in, and the
				pattern's baseline if nobody entered one */

	/* The pattern that was run; NULL when the plan came from nowhere,
	 * then the fields below make a new one. */
	const char *pattern_id;

	/* A new pattern. The id is made from the task; when that id is taken
	 * by a pattern with another workflow, the next version (-v2) is used;
	 * by the same workflow, that pattern gets the execution. */
	const char *name;        /* NULL: the task */
	const char *description; /* NULL: the task */
	const char *category;    /* NULL: learn_domain(task) */
	const char *workflow;    /* YAML that stands alone; required */
	const struct strv *step_names; /* workflow_steps; required */
	const struct strv *environment, *tags; /* or NULL */
	const char *body;        /* Markdown, or NULL for a short one */
};

struct learn_result {
	char *id, *path; /* of the pattern and its file now; path is "" when
			    this is a repeated call and the file is gone */
	bool created;    /* the pattern is new */
	bool repeated;   /* this run had been recorded before */
	struct pattern_counts before, after;
	enum pattern_status status_before, status_after;
	char *issue;     /* known issue added or counted up, or NULL */
};

void learn_result_release(struct learn_result *r);

/* ret is untouched on failure. */
bool learn_record(struct db *db, const struct paths *paths,
		  const struct learn_input *in, struct learn_result *ret,
		  struct err *err);

/* Finishes what a crash interrupted. Call before library_sync. Files that
 * can't be written now are told in problems (or NULL) and tried again the
 * next time. */
bool learn_recover(struct db *db, const struct paths *paths,
		   struct strv *problems, struct err *err);

/*
 * Brings files up to the executions that the database has: a file that says
 * fewer (it was restored, or edited) gets the counts and the stage that
 * follow from what its first recorded execution found and all since. One
 * that says more keeps them: it was run elsewhere, too. ret_mended counts
 * files; what cannot be mended is told in problems. Call after
 * learn_recover and library_sync.
 */
bool learn_mend(struct db *db, const struct paths *paths, int64_t *ret_mended,
		struct strv *problems, struct err *err);

/* The baseline's category of a task: the first row of its table whose word
 * is a SUBSTRING of the lower-cased task ("html" is ai-ml), else "general".
 * A constant. */
const char *learn_domain(const char *task);
/* task_keywords: the first 10 words without the stop words. */
void learn_keywords(const char *task, struct strv *ret);

#endif
