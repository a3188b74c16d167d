/*
 * collect.h - what a step left behind, looked at once: outputs and images
 * are kept as artifacts, images get their visual checks, and the step's
 * validations are evaluated.
 *
 * collect_run blocks on files and decodes pictures, so it runs on a pool
 * thread; between collect_new and its end nobody else touches the struct.
 * All files are opened beneath the step's folder and follow no symlink.
 */
#ifndef AGENTOPS_RUN_COLLECT_H
#define AGENTOPS_RUN_COLLECT_H

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
};

struct collect *collect_new(void);
void collect_free(struct collect *c);
/* name NULL: the file's own name. A file that is on the list already is not
 * added again. */
void collect_add(struct collect *c, const char *name, const char *file);
void collect_run(struct collect *c);

#endif
