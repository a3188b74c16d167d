/*
 * kernel_pool.h - the kernels of one run: one for each sandbox profile with
 * its allowed hosts and the secrets it is given, started on first use, its
 * cells one after another, started anew after it died.
 *
 * The pool lives in the session's slot (tool_session_kernels) and ends with
 * the session. The Python that runs them is looked for once.
 */
#ifndef AGENTOPS_TOOL_KERNEL_POOL_H
#define AGENTOPS_TOOL_KERNEL_POOL_H

#include "tool/kernel.h"
#include "tool/tool.h"

/* Starts the run's kernel for a profile, so that the first cell finds it
 * ready: for the time in which the plan gate is open. Returns at once; a
 * failure is told by the first cell. */
void kernel_warm(struct tool_session *s, enum sandbox_profile profile);

/* Where a cell runs. Copied. */
struct kernel_where {
	enum sandbox_profile profile;
	const char *const *hosts; /* network: NULL-terminated, or NULL */
	const char *const *secrets; /* as hosts: paths, see sandbox.h */
};

/* How a cell went, besides what struct kernel_end says. */
struct kernel_report {
	const struct kernel_end *end; /* NULL: it could not begin, see err */
	const struct err *err;        /* then, ERR_ENV, ERR_SANDBOX, ... */
	/* The process before this one ended: what earlier cells had left in
	 * variables was not there. */
	bool restarted;
};

struct kernel_job {
	struct kernel_where where;
	/* on_done is ignored; the other callbacks are called as in kernel.h
	 * and get their own ud. */
	struct kernel_cell cell;
	/* Once, on the loop, not from inside kernel_submit or
	 * kernel_job_cancel. The job is dead then. */
	void (*on_report)(void *ud, const struct kernel_report *r);
	void *ud;
};

struct kernel_ticket;

/* Copies job. */
struct kernel_ticket *kernel_submit(struct tool_session *s,
				    const struct kernel_job *job);
void kernel_job_cancel(struct kernel_ticket *t);

/* Process id of the profile's kernel, 0 when none lives. */
int kernel_pool_pid(struct tool_session *s, enum sandbox_profile profile);

#endif
