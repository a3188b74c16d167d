/*
 * kernel_find.h - the Python that runs kernels: one that has ipykernel.
 *
 * The `python3` of a PATH is often a version manager's without ipykernel,
 * while another on the same machine has it. Candidates, in this order:
 *
 *	configured path, else $AGENTOPS_PYTHON    then nothing else is tried
 *	$VIRTUAL_ENV/bin/python3
 *	python3 in every folder of PATH
 *	/usr/bin/python3, /usr/local/bin/python3
 *	${PYENV_ROOT:-~/.pyenv}/versions/X/bin/python3
 *
 * Each is run once (in "/", so that no file of a workspace is imported) and
 * must import ipykernel within FIND_PROBE_MS.
 */
#ifndef AGENTOPS_TOOL_KERNEL_FIND_H
#define AGENTOPS_TOOL_KERNEL_FIND_H

#include "base/err.h"
#include "base/loop.h"

enum { FIND_PROBE_MS = 20000, FIND_CANDIDATES_MAX = 16 };

/* python is the interpreter's own absolute path (no version manager's
 * shim), or NULL; then err (ERR_ENV) says what was tried and what to
 * install. Both borrowed. */
typedef void kernel_found_fn(void *ud, const char *python,
			     const struct err *err);

struct kernel_find;

/* configured: a path, or NULL. Copied. done is called once, on the loop,
 * not from inside. */
struct kernel_find *kernel_find_python(struct loop *loop,
				       const char *configured,
				       kernel_found_fn *done, void *ud);
/* Hastens the end: done follows soon, with ERR_CANCELLED unless a Python
 * was found just now. Not after done was called. */
void kernel_find_cancel(struct kernel_find *f);

#endif
