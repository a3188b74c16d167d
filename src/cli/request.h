/*
 * request.h - from a parsed command (orchestrate, replay-pattern), typed in
 * a shell or in a prompt, to the run that it asks for.
 *
 *	struct request r;
 *	if (!request_make(&c, 0, &r, &err))
 *		return cli_fail(&c, &err);
 *	engine_create(engine, &r.run, id, &err);
 *	request_release(&r);
 */
#ifndef AGENTOPS_CLI_REQUEST_H
#define AGENTOPS_CLI_REQUEST_H

#include "cli/cli.h"
#include "run/engine.h"

struct request {
	struct run_request run; /* borrows what follows */
	char *task, *workspace, *text;
	cJSON *options; /* what text says; see struct run_options. hints:
			   see cli/hints.h */
};

/*
 * Checks everything that a person may have got wrong before there is a run:
 * options, brackets, data files, folders. The task is argument number
 * task_arg; further ones must be brackets. When it is not the first, the
 * first names the pattern, and a task that was left out is made of it. Loads
 * the configuration. ret borrows from c, and is to be released after a
 * success only.
 */
bool request_make(struct cli *c, int task_arg, struct request *ret,
		  struct err *err);
void request_release(struct request *r);
/* The same for replay-pattern ID [TASK], with its checks; a success rate
 * below 80 % without --force is an error that says so. cmd_replay.c. */
bool request_replay(struct cli *c, struct request *ret, struct err *err);

/* Writes options into text again, after a change. */
void request_update(struct request *r);

#endif
