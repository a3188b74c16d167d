/*
 * Invariants
 *  1. While a probe runs, `probe` is set; `next` is the candidate after it.
 *  2. done is called from `step` alone, which only the timer and the end of
 *     a probe call.
 *
 *	begun --timer--> step --> probe of candidate --exit 0--> done(path)
 *	                   ^________________________|else
 *	                   \--no candidate left--> done(NULL, err)
 */
#include "tool/kernel_find.h"

#include "base/path.h"
#include "base/proc.h"
#include "base/str.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Prints the interpreter's own path last: site files may print, too. */
static const char probe_code[] =
	"import ipykernel, sys; print('\\n' + sys.executable)";

struct kernel_find {
	struct loop *loop;
	struct proc *probe;
	struct strv candidates;
	size_t next;
	bool configured;
	bool cancelled;
	struct buf tried; /* "; PATH: reason" for each that failed */
	kernel_found_fn *done;
	void *ud;
};

static void step(void *ud);

static void
find_free(struct kernel_find *f)
{
	strv_release(&f->candidates);
	buf_release(&f->tried);
	free(f);
}

/* ---- candidates ------------------------------------------------------- */

static void
add_candidate(struct kernel_find *f, const char *path)
{
	if (f->candidates.count < FIND_CANDIDATES_MAX && *path == '/' &&
	    access(path, X_OK) == 0 && !path_is_dir(path) &&
	    !strv_has(&f->candidates, path))
		strv_add(&f->candidates, path);
}

static void
add_in_dir(struct kernel_find *f, const char *dir, const char *name)
{
	AUTO_FREE char *path = path_join(dir, name);

	add_candidate(f, path);
}

static void
add_path(struct kernel_find *f)
{
	AUTO_FREE char *copy = xstrdup0(getenv("PATH"));
	char *rest = copy, *dir;

	while (rest && (dir = strsep(&rest, ":")))
		add_in_dir(f, dir, "python3");
}

static void
add_pyenv(struct kernel_find *f)
{
	const char *root = getenv("PYENV_ROOT"), *home = getenv("HOME");
	AUTO_FREE char *pattern = xasprintf("%s%s/versions/*/bin/python3",
					    root ? root :
					    home ? home :
						   "",
					    root ? "" : "/.pyenv");
	glob_t found = { 0 };

	if (glob(pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			add_candidate(f, found.gl_pathv[i]);
	globfree(&found);
}

static void
list_candidates(struct kernel_find *f, const char *configured)
{
	const char *venv = getenv("VIRTUAL_ENV");

	if (str_empty(configured))
		configured = getenv("AGENTOPS_PYTHON");
	f->configured = !str_empty(configured);
	if (f->configured) {
		/* Even when it is not there: the message names it. */
		strv_add(&f->candidates, configured);
		return;
	}
	if (!str_empty(venv))
		add_in_dir(f, venv, "bin/python3");
	add_path(f);
	add_candidate(f, "/usr/bin/python3");
	add_candidate(f, "/usr/local/bin/python3");
	add_pyenv(f);
}

/* ---- probing ---------------------------------------------------------- */

static void
finish(struct kernel_find *f, const char *python)
{
	struct err err = ERR_INIT;
	kernel_found_fn *done = f->done;
	void *ud = f->ud;

	if (f->cancelled)
		FAIL(&err, ERR_CANCELLED, "search for Python: cancelled");
	else if (!python)
		FAIL(&err, ERR_ENV,
		     "no Python with ipykernel; install it with: apt-get "
		     "install python3-ipykernel (or: pip install "
		     "ipykernel)%s%s",
		     f->configured ? ", or configure another Python" :
				     ", or set AGENTOPS_PYTHON to a Python "
				     "that has it",
		     buf_str(&f->tried));
	AUTO_FREE char *path = xstrdup0(python);
	find_free(f);
	done(ud, path, python ? NULL : &err);
}

static void
note_failure(struct kernel_find *f, const char *path, const char *why)
{
	buf_printf(&f->tried, "; %s: %s", path, why);
}

/* The last line that is not empty; trims b's text in place. Borrows. */
static const char *
last_line(struct buf *b)
{
	if (b->len == 0)
		return "";
	char *text = str_trim(b->data);
	char *line = strrchr(text, '\n');

	return line ? line + 1 : text;
}

static void
on_probed(void *ud, struct proc_result *r)
{
	struct kernel_find *f = ud;
	const char *path = f->candidates.items[f->next - 1];

	f->probe = NULL;
	if (r->timed_out) {
		note_failure(f, path, "gave no answer");
	} else if (r->exit_status) {
		const char *why = last_line(&r->err);

		note_failure(f, path, *why ? why : "fails");
	} else {
		const char *own = last_line(&r->out);

		finish(f, *own == '/' ? own : path);
		return;
	}
	step(f);
}

static void
step(void *ud)
{
	struct kernel_find *f = ud;

	while (!f->cancelled && f->next < f->candidates.count) {
		char *path = f->candidates.items[f->next++];
		char *argv[] = { path, (char *)"-c", (char *)probe_code, NULL };
		struct err err = ERR_INIT;
		struct proc_spec spec = {
			.argv = argv,
			.cwd = "/",
			.out_limit = 64 << 10,
			.timeout_ms = FIND_PROBE_MS,
			.on_done = on_probed,
			.ud = f,
		};

		f->probe = proc_start(f->loop, &spec, &err);
		if (f->probe)
			return;
		note_failure(f, path, err.msg);
	}
	finish(f, NULL);
}

struct kernel_find *
kernel_find_python(struct loop *loop, const char *configured,
		   kernel_found_fn *done, void *ud)
{
	struct kernel_find *f = xcalloc(1, sizeof(*f));

	f->loop = loop;
	f->done = done;
	f->ud = ud;
	list_candidates(f, configured);
	loop_timer(loop, 0, step, f);
	return f;
}

void
kernel_find_cancel(struct kernel_find *f)
{
	f->cancelled = true;
	if (f->probe)
		proc_cancel(f->probe);
}
