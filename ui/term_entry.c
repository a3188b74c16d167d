#include "ui/term_entry.h"

#include "base/proc.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Part of the path: a change of the entries makes everybody compile anew. */
#define ENTRY_VERSION "2"

/* One colour of set, 3 or 4: below 256 one of the palette. */
#define SET(digit) \
	"\\E[%?%p1%{256}%<%t" digit "8;5;%p1%d%e" digit \
	"8;2;%p1%{65536}%/%d;%p1%{256}%/%{255}%&%d;%p1%{255}%&%d%;m"

static const char plain_entry[] =
	TERM_ENTRY_PLAIN "|agentops: no scrolling and no relative moves,\n"
			 "\thpa@, vpa@, cuf@, cub@, cuu@, cud@, cuf1@, "
			 "cub1@, cuu1@,\n"
			 "\til@, il1@, dl@, dl1@, ind@, indn@, ri@, rin@, "
			 "csr@,\n\tuse=";
static const char direct_entry[] = TERM_ENTRY_DIRECT
	"|agentops: and direct colour,\n"
	"\tccc@, initc@, oc@, initp@, RGB,\n"
	"\tcolors#0x1000000, pairs#0x10000,\n"
	"\tsetaf=" SET("3") ",\n"
			    "\tsetab=" SET("4") ",\n"
						"\tuse=" TERM_ENTRY_PLAIN ",\n";

static const char *const names[] = { TERM_ENTRY_PLAIN, TERM_ENTRY_DIRECT };

struct term_entry_job {
	struct loop_guard guard;
	struct proc *proc;
	char *dir, *build; /* build: beside dir, renamed when complete */
	void (*done)(void *ud, bool ok);
	void *ud;
};

char *
term_entry_dir(const struct paths *paths, const char *term)
{
	AUTO_FREE char *name = xstrdup(term);

	for (char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-+_", *c))
			*c = '_';
	return xasprintf("%s/terminfo/" ENTRY_VERSION "/%.64s", paths->cache,
			 name);
}

static char *
entry_path(const char *dir, const char *name)
{
	return xasprintf("%s/%c/%s", dir, *name, name);
}

bool
term_entry_exists(const char *dir)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO_FREE char *path = entry_path(dir, names[i]);

		if (access(path, R_OK) != 0)
			return false;
	}
	return true;
}

void
term_entry_forget(const char *dir)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO_FREE char *path = entry_path(dir, names[i]);

		unlink(path);
	}
}

static void
job_free(void *ud)
{
	struct term_entry_job *job = ud;

	path_remove_tree(job->build, NULL);
	free(job->dir);
	free(job->build);
	free(job);
}

/* Moves what was built into its place: each is there at once, or not. */
static bool
put_in_place(const struct term_entry_job *job)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO_FREE char *from = entry_path(job->build, names[i]);
		AUTO_FREE char *to = entry_path(job->dir, names[i]);
		AUTO_FREE char *folder = path_dir(to);

		if (access(from, R_OK) != 0 || !path_mkdirs(folder, NULL) ||
		    rename(from, to) != 0)
			return false;
	}
	return true;
}

static void
on_tic(void *ud, struct proc_result *r)
{
	struct term_entry_job *job = ud;
	bool ok = r->exit_status == 0 && !r->timed_out && put_in_place(job);

	if (job->done)
		job->done(job->ud, ok);
	loop_unguard(&job->guard);
	job_free(job);
}

struct term_entry_job *
term_entry_make(struct loop *l, const char *dir, const char *term,
		void (*done)(void *ud, bool ok), void *ud)
{
	struct term_entry_job *job = xcalloc(1, sizeof(*job));
	AUTO_FREE char *text =
		xasprintf("%s%s,\n%s", plain_entry, term, direct_entry);
	const char *argv[] = { "tic", "-x", "-o", NULL, "-", NULL };
	struct proc_spec spec = { .argv = (char *const *)argv,
				  .input = text,
				  .input_len = strlen(text),
				  .timeout_ms = 5000,
				  .on_done = on_tic,
				  .ud = job };

	job->dir = xstrdup(dir);
	job->build = xasprintf("%s.%d", dir, (int)getpid());
	job->done = done;
	job->ud = ud;
	argv[3] = job->build;
	if (path_mkdirs(job->build, NULL))
		job->proc = proc_start(l, &spec, NULL);
	if (!job->proc) {
		job_free(job);
		return NULL;
	}
	loop_guard(l, &job->guard, job_free, job);
	return job;
}

void
term_entry_cancel(struct term_entry_job *job)
{
	job->done = NULL;
	proc_cancel(job->proc);
}
