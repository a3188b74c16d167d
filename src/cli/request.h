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

/*
 * What replay-pattern checks before its run: that the pattern is there (else
 * similar ones are named), its workflow and tools, the inputs given, and that
 * at least 80 % of its executions succeeded, unless --force is given.
 */
bool request_check_replay(struct cli *c, const struct request *r,
			  struct err *err);

/* Writes options into text again, after a change. */
void request_update(struct request *r);

#endif
