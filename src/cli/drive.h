/*
 * drive.h - carries one run at a time out in this process: prints its story
 * or its records, minds Ctrl-C, and gives the exit status.
 *
 * Ctrl-C once asks the running effects to end and parks the run. A second
 * one within two seconds leaves at once; the journal makes that harmless:
 * either way the run can be resumed.
 *
 * A command that carries a run on calls drive_new or drive_resume. Alone
 * they are headless: the run parks at its first gate. Where a dialogue is
 * the face (cli/plain.h) it takes the run over, by c->host.
 */
#ifndef AGENTOPS_CLI_DRIVE_H
#define AGENTOPS_CLI_DRIVE_H

#include "cli/cli.h"
#include "run/engine.h"

/* Who carries runs on and answers questions instead of a terminal. */
struct cli_host {
	void *ud;
	/* Both give the exit status. */
	int (*new_run)(void *ud, const struct run_request *r);
	int (*resume)(void *ud, const char *run);
	/* A line typed in answer; NULL: nobody answers. Caller frees. */
	char *(*ask)(void *ud, const char *question);
};

/* Makes a run and carries it out. */
int drive_new(struct cli *c, const struct run_request *r);
/* Takes a run over and goes on with it. */
int drive_resume(struct cli *c, const char *run);

/* Asks a person who sits at the terminal, or the host. NULL when nobody can
 * be asked, or with --json. Caller frees. */
char *drive_ask(const struct cli *c, const char *question);

/* --- for a host -------------------------------------------------------- */

struct story;

struct drive {
	struct cli *c;
	struct loop *loop;
	struct redact *redact;
	struct engine *engine;
	struct story *story;    /* of run; NULL before drive_tell */
	char run[ID_RUN_SIZE];
	int exit_status;        /* of run, so far */
	bool dialogue;          /* gates are the host's to tell */
	bool at_prompt;         /* the cursor stands behind a question; what
				   is told begins a new line and clears it */
	bool over;              /* run has ended or is parked */
	bool interrupted;
	int64_t interrupted_us;
	uv_signal_t *signals[3];
};

/* c has its journal open. dialogue: runs stay here at their gates. */
void drive_open(struct drive *d, struct cli *c, bool dialogue);
void drive_close(struct drive *d);
/* From now on events of d->run are told. */
void drive_tell(struct drive *d);

#endif
