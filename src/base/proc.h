/*
 * proc.h - child processes: output collected under a ceiling, a time limit
 * that holds, nothing left behind.
 *
 * A child starts in its own session (so kill reaches its whole group and the
 * terminal's Ctrl-C does not), with stdin from /dev/null unless input is
 * given. Time limit and cancel: SIGTERM to the group, two seconds later
 * SIGKILL. The done callback runs exactly once, after the child was reaped
 * and its pipes are at their end (or, when something the child left behind
 * still holds them, a short while after its exit). When the loop is freed
 * first, the group is killed at once and done never runs.
 */
#ifndef AGENTOPS_BASE_PROC_H
#define AGENTOPS_BASE_PROC_H

#include "base/buf.h"
#include "base/loop.h"

struct proc;

struct proc_result {
	int exit_status;  /* 128 + signal when one ended it */
	bool timed_out, cancelled;
	struct buf out;   /* what came on stdout, cut at out_limit */
	struct buf err;   /* stderr, cut at 64 KiB */
	size_t out_total; /* bytes that came on stdout */
	int64_t wall_us;
};

/* r is the callee's to read; released after the callback. */
typedef void proc_done_fn(void *ud, struct proc_result *r);
/* Each piece of stdout (is_err false) or stderr as it comes; NULL in the
 * spec collects into the result instead. */
typedef void proc_chunk_fn(void *ud, const char *data, size_t len,
			   bool is_err);

struct proc_spec {
	char *const *argv;  /* argv[0]: a path, or a name found on PATH */
	char *const *env;   /* NULL inherits */
	const char *cwd;    /* NULL inherits */
	const char *input;  /* stdin; NULL for /dev/null */
	size_t input_len;
	size_t out_limit;   /* 0: 1 MiB */
	int64_t timeout_ms; /* 0: none */
	proc_chunk_fn *on_chunk;
	proc_done_fn *on_done;
	void *ud;
};

/* Borrows the spec only during the call. NULL with err when the program
 * cannot be started; on_done is not called then. */
struct proc *proc_start(struct loop *l, const struct proc_spec *spec,
			struct err *err);
/* p is dead once on_done has returned. */
void proc_cancel(struct proc *p);
void proc_signal(struct proc *p, int signum); /* to the whole group */
int proc_pid(const struct proc *p);

/* The first program of that name on PATH that may be executed; NULL when
 * there is none. Caller frees. */
char *proc_find(const char *name);

#endif
