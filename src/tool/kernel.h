/*
 * kernel.h - one IPython kernel: a sandboxed process, the messages to it,
 * and one cell at a time with its output, time limit and end.
 *
 * A kernel keeps its variables from cell to cell. It ends when it is shut
 * down or freed, when its code ends or kills it, or when a cell does not
 * react to an interrupt; then a new one must be started, which knows
 * nothing (kernel_pool.h does that).
 *
 * Interrupting goes up a ladder, each rung with its time: the protocol's
 * interrupt_request (KERNEL_ASK_MS), SIGINT (KERNEL_SIGINT_MS, for code
 * that holds Python's lock), then SIGTERM and, two seconds later, SIGKILL.
 *
 * The cell's folder holds KERNEL_VALUES_FILE when kernel_execute is called.
 * Code runs there with these variables, from that file: inputs, steps,
 * attempt, findings, item, index, iterate, workspace, run, secret_files
 * (objects are dicts whose keys are attributes, too), and the function
 * output(**values), which writes them, with those of earlier calls in the
 * cell, as a JSON object to KERNEL_OUTPUT_FILE.
 *
 * All that a cell gives is from untrusted code, and bounded: 1 MiB of
 * printed text and WIRE_MESSAGE_LIMIT for one message.
 */
#ifndef AGENTOPS_TOOL_KERNEL_H
#define AGENTOPS_TOOL_KERNEL_H

#include "base/err.h"
#include "base/loop.h"
#include "tool/sandbox.h"

#include <cjson/cJSON.h>
#include <stdint.h>

enum {
	KERNEL_START_MS = 60000, /* process to first answer; seen: 1.4 s,
				      on a busy machine more */
	KERNEL_ASK_MS = 1000,
	KERNEL_SIGINT_MS = 1500,
	KERNEL_SHUTDOWN_MS = 1500,
	KERNEL_TRACEBACK_MAX = 16 << 10,
};

struct kernel;

struct kernel_spec {
	struct loop *loop;
	const char *python;    /* from kernel_find_python */
	const char *run_dir;   /* absolute */
	const char *workspace; /* absolute */
	enum sandbox_profile profile;
	const char *const *hosts; /* network: NULL-terminated, or NULL */
	const char *const *readable; /* see sandbox.h; or NULL */
	const char *const *secrets;  /* the same */
	/* The process ended, after the on_done of the cell it had, if any.
	 * The kernel must not be freed there. May be NULL. */
	void (*on_gone)(void *ud);
	void *ud;
};

enum kernel_end_kind {
	KERNEL_OK,
	KERNEL_RAISED, /* an exception: error and traceback are set */
	KERNEL_TIMED_OUT,
	KERNEL_CANCELLED,
	KERNEL_DIED, /* error says how */
};

/* How a cell ended. Borrowed during the callback. */
struct kernel_end {
	enum kernel_end_kind kind;
	bool began;            /* its code was handed over */
	bool gone;             /* the process ended, and all variables */
	const char *error;     /* RAISED "ValueError: no such column", DIED;
				  else NULL */
	const char *traceback; /* plain text, at most KERNEL_TRACEBACK_MAX;
				  else NULL */
	bool lost_output;      /* an output over WIRE_MESSAGE_LIMIT */
};

/* Callbacks of one cell, on the loop. */
struct kernel_cell {
	const char *code;   /* copied */
	const char *dir;    /* absolute; copied */
	int64_t timeout_ms; /* from when the code begins; 0: none */
	/* What it printed, stdout and stderr in order. */
	void (*on_text)(void *ud, const char *text, size_t len);
	/* What it displayed, or its last value: media type -> content, binary
	 * ones in base64. */
	void (*on_show)(void *ud, const cJSON *bundle);
	/* Once. The kernel takes the next cell from inside it, unless gone;
	 * it must not be freed there. */
	void (*on_done)(void *ud, const struct kernel_end *end);
	void *ud;
};

/* Starts the process; does not wait until it is ready. ERR_SANDBOX,
 * ERR_ENV. Copies what it needs. */
struct kernel *kernel_start(const struct kernel_spec *spec, struct err *err);

/* Runs a cell, as soon as the kernel is ready. Only when kernel_takes_cell
 * says so. on_done is not called from inside. */
void kernel_execute(struct kernel *k, const struct kernel_cell *cell);
bool kernel_takes_cell(const struct kernel *k);
/* The cell ends with KERNEL_CANCELLED, or as it ended just now. */
void kernel_interrupt(struct kernel *k);

/* The process has ended. */
bool kernel_is_gone(const struct kernel *k);
/* The process's id (of the sandbox's launcher). */
int kernel_pid(const struct kernel *k);

/* Asks it to end, without waiting; a cell that runs is cancelled. */
void kernel_shutdown(struct kernel *k);
/* Ends it and waits for that, turning the loop; not from inside a callback
 * of the loop unless it is gone already. */
void kernel_free(struct kernel *k);
DEFINE_AUTO_PTR(kernel);

#endif
