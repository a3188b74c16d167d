/*
 * collect.h - what a step left behind, looked at once: outputs and images
 * are kept as artifacts, images get their visual checks, and the step's
 * validations are evaluated.
 *
 *	collect_store  ->  collect_look  ->  collect_validate
 *
 * The first and the last block on files, so they run on a pool thread;
 * meanwhile nobody else touches the struct. collect_look runs on the loop
 * and starts a process for each picture, one after another (media/look.c).
 * All files are opened beneath the step's folder and follow no symlink.
 */
#ifndef AGENTOPS_RUN_COLLECT_H
#define AGENTOPS_RUN_COLLECT_H

#include "base/loop.h"
#include "flow/workflow.h"
#include "run/artifact.h"

struct collect_file {
	char *name;       /* output name, or the file's own */
	char *file;       /* relative to the step's folder */
	bool declared;    /* an output: it must be there */
	bool stored;
	struct artifact artifact; /* when stored */
	char *problem;    /* when not stored */
	bool checked, visual_ok;
	char *findings;   /* JSON array of all checks, when checked */
};

struct collect {
	const char *run_dir, *dir;       /* borrowed, as all up to text */
	const struct workflow *workflow;
	const struct workflow_step *step;
	const char *text;
	cJSON *data, *values; /* owned copies: this is another thread */
	int exit_status;
	bool validate;       /* evaluate the validations, too */
	struct collect_file *files;
	size_t file_count, file_cap;
	struct validation_result *results; /* one per validation; .message is
					      empty for a `command` row */
	/* While collect_look is under way. */
	struct loop *loop;
	size_t looked; /* files that need no look any more */
	loop_work_fn *done;
	void *ud;
};

struct collect *collect_new(void);
void collect_free(struct collect *c);
/* name NULL: the file's own name. A file that is on the list already is not
 * added again. */
void collect_add(struct collect *c, const char *name, const char *file);
void collect_store(struct collect *c);
/* done(ud) is called from a callback of l, or at once when there is no
 * picture; until then c must live. */
void collect_look(struct collect *c, struct loop *l, loop_work_fn *done,
		  void *ud);
/* Also when there is nothing to validate. */
void collect_validate(struct collect *c);

#endif
