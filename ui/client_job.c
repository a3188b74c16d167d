/*
 * client_job.c
 *
 *  1. A job is on c->jobs from its start until its end; client_jobs_free
 *     cuts the tie (client = NULL), and the job frees itself when it ends.
 *  2. Only one editor at a time; while it has the tty the app neither reads
 *     nor paints (client.away), and the loop goes on.
 */
#include "ui/client_job.h"

#include "base/json.h"
#include "base/proc.h"
#include "know/command_file.h"
#include "know/pattern.h"
#include "run/iterate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	OUTPUT_BYTES = 1 << 20,
	FILE_BYTES = 1 << 20,
	TABLE_ROWS = 1000,
	NAMES_MAX = 200,
	HISTORY_LINES = 1000,
	HISTORY_BYTES = 4 << 20,
};

struct job {
	struct client_job base;
	char *path, *run, *before;
	char *shipped; /* path is a copy of this, made to be edited */
	int64_t gate;
	bool is_table;
	struct table table;
	struct buf text;
	struct strv names;
	const struct paths *paths;
	struct fork_points points;
	int64_t seq;
	char forked[ID_RUN_SIZE];
	struct err err;
	uv_process_t process;
};

void
client_job_begin(struct client *c, struct client_job *j, int64_t ticket)
{
	j->client = c;
	j->ticket = ticket;
	j->next = c->jobs;
	j->prev = &c->jobs;
	if (j->next)
		j->next->prev = &j->next;
	c->jobs = j;
}

void
client_job_end(struct client_job *j)
{
	if (!j->client)
		return;
	*j->prev = j->next;
	if (j->next)
		j->next->prev = j->prev;
}

void
client_jobs_free(struct client *c)
{
	for (struct client_job *j = c->jobs; j; j = j->next)
		j->client = NULL;
	c->jobs = NULL;
}

static struct job *
job_new(struct client *c, const struct ask *k)
{
	struct job *j = xcalloc(1, sizeof(*j));

	client_job_begin(c, &j->base, k->ticket);
	j->path = xstrdup0(k->text);
	return j;
}

static void
job_free(struct job *j)
{
	client_job_end(&j->base);
	table_release(&j->table);
	buf_release(&j->text);
	strv_release(&j->names);
	fork_points_release(&j->points);
	free(j->path);
	free(j->run);
	free(j->before);
	free(j->shipped);
	free(j);
}

/* --- files, on pool threads --------------------------------------------- */

static void
read_file(void *ud)
{
	struct job *j = ud;

	if (j->is_table) {
		table_read(j->path, TABLE_ROWS, &j->table, &j->err);
		return;
	}
	path_read(j->path, FILE_BYTES, &j->text, &j->err);
}

static void
on_file(void *ud)
{
	struct job *j = ud;

	if (j->base.client && j->err.code != ERR_NONE)
		client_send(j->base.client, &(struct msg){ .kind = MSG_DOCUMENT,
						      .text = &j->text,
						      .error = true,
						      .ticket = j->base.ticket });
	if (j->base.client && j->err.code != ERR_NONE)
		client_fail(j->base.client, &j->err);
	else if (j->base.client && j->is_table)
		client_send(j->base.client, &(struct msg){ .kind = MSG_TABLE,
						      .table = &j->table,
						      .ticket = j->base.ticket });
	else if (j->base.client)
		client_send(j->base.client, &(struct msg){ .kind = MSG_DOCUMENT,
						      .text = &j->text,
						      .ticket = j->base.ticket });
	job_free(j);
}

void
client_read_file(struct client *c, const struct ask *k)
{
	static const char *const tables[] = { ".csv", ".tsv", ".jsonl",
					      ".ndjson" };
	struct job *j = job_new(c, k);

	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		j->is_table |= str_ends(k->text, tables[i]);
	loop_work(c->loop, read_file, on_file, j);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names in a folder that go on what was typed; folders end in a slash. */
static void
list_names(void *ud)
{
	struct job *j = ud;
	const char *base = path_base(j->path);
	AUTO_FREE char *head = xstrndup(j->path, (size_t)(base - j->path));
	DIR *d = opendir(*head ? head : ".");
	struct dirent *e;

	while (d && (e = readdir(d)) && j->names.count < NAMES_MAX) {
		AUTO_FREE char *full = xasprintf("%s%s", head, e->d_name);
		struct stat st;

		if (!str_starts(e->d_name, base) ||
		    (e->d_name[0] == '.' && *base != '.') || stat(full, &st))
			continue;
		strv_addf(&j->names, "%s%s", full,
			  S_ISDIR(st.st_mode) ? "/" : "");
	}
	if (d)
		closedir(d);
	if (j->names.count)
		qsort(j->names.items, j->names.count, sizeof(*j->names.items),
		      compare_names);
}

static void
on_names(void *ud)
{
	struct job *j = ud;

	if (j->base.client)
		client_send(j->base.client, &(struct msg){ .kind = MSG_FILES,
						      .names = &j->names,
						      .ticket = j->base.ticket });
	job_free(j);
}

void
client_list_files(struct client *c, const struct ask *k)
{
	loop_work(c->loop, list_names, on_names, job_new(c, k));
}

static void
list_commands(void *ud)
{
	struct job *j = ud;
	AUTO(command_files) files = { 0 };

	command_files_list(j->paths, ".", &files);
	for (size_t i = 0; i < files.count; i++) {
		AUTO_FREE char *typed = xasprintf("/%s", files.items[i].name);

		if (str_starts(typed, j->path))
			strv_take(&j->names, TAKE(typed));
	}
}

void
client_list_commands(struct client *c, const struct ask *k)
{
	struct job *j = job_new(c, k);

	j->paths = &c->cli->paths;
	loop_work(c->loop, list_commands, on_names, j);
}

/* --- forks, with a journal of their own ---------------------------------- */

/* The run as a person may have shortened it. */
static struct journal *
find_run(struct job *j, char run[ID_RUN_SIZE])
{
	AUTO_PTR(journal) journal = NULL;

	if (!journal_open(j->paths, &journal, &j->err) ||
	    !journal_find_run(journal, j->run, run, &j->err))
		return NULL;
	return TAKE(journal);
}

static void
read_points(void *ud)
{
	struct job *j = ud;
	char run[ID_RUN_SIZE];
	AUTO_PTR(journal) journal = find_run(j, run);

	if (journal)
		fork_points_read(journal, run, &j->points, &j->err);
}

static void
on_points(void *ud)
{
	struct job *j = ud;

	if (j->base.client && j->err.code != ERR_NONE)
		client_fail(j->base.client, &j->err);
	if (j->base.client)
		client_send(j->base.client, &(struct msg){ .kind = MSG_POINTS,
						      .points = &j->points,
						      .ticket = j->base.ticket });
	job_free(j);
}

static void
make_fork(void *ud)
{
	struct job *j = ud;
	char run[ID_RUN_SIZE];
	AUTO_PTR(journal) journal = find_run(j, run);

	if (journal)
		fork_run(journal, run, j->seq, j->forked, &j->err);
}

static void
on_fork(void *ud)
{
	struct job *j = ud;
	struct client *c = j->base.client;

	if (c && j->err.code == ERR_NONE &&
	    client_open_run(c, j->forked, &j->err) &&
	    client_resume(c, j->forked, &j->err))
		client_note(c, false, "%s is a fork of %s", j->forked, j->run);
	if (c && j->err.code != ERR_NONE)
		client_fail(c, &j->err);
	job_free(j);
}

static void
start_fork_job(struct client *c, const struct ask *k, loop_work_fn *work,
	       loop_work_fn *done)
{
	struct job *j = job_new(c, k);

	j->paths = &c->cli->paths;
	j->run = xstrdup(k->run);
	j->seq = k->number;
	loop_work(c->loop, work, done, j);
}

void
client_read_points(struct client *c, const struct ask *k)
{
	start_fork_job(c, k, read_points, on_points);
}

void
client_fork(struct client *c, const struct ask *k)
{
	start_fork_job(c, k, make_fork, on_fork);
}

/* --- programs ----------------------------------------------------------- */

static void
on_output(void *ud, struct proc_result *r)
{
	struct job *j = ud;

	if (j->base.client) {
		buf_add(&r->out, buf_str(&r->err), r->err.len);
		if (!r->out.len)
			buf_printf(&r->out, "(no output, exit status %d)\n",
				   r->exit_status);
		client_send(j->base.client,
			    &(struct msg){ .kind = MSG_DOCUMENT,
					   .text = &r->out,
					   .error = r->exit_status != 0,
					   .ticket = j->base.ticket });
	}
	job_free(j);
}

void
client_command(struct client *c, const struct ask *k)
{
	AUTO_JSON *args = cJSON_Parse(k->values);
	AUTO(strv) argv = STRV_INIT;
	struct proc_spec spec = { .out_limit = OUTPUT_BYTES,
				  .on_done = on_output };
	struct err err = ERR_INIT;
	const cJSON *arg;

	strv_add(&argv, "/proc/self/exe");
	cJSON_ArrayForEach (arg, args)
		strv_add(&argv, arg->valuestring);
	spec.argv = argv.items;
	spec.ud = job_new(c, k);
	if (!proc_start(c->loop, &spec, &err)) {
		job_free(spec.ud);
		client_fail(c, &err);
	}
}

static void
on_external(void *ud, struct proc_result *r)
{
	struct job *j = ud;

	if (j->base.client && r->exit_status)
		client_note(j->base.client, true,
			    "xdg-open could not open %s (exit status %d)",
			    j->path, r->exit_status);
	job_free(j);
}

void
client_external(struct client *c, const struct ask *k)
{
	char *const argv[] = { (char *)"xdg-open", k->text, NULL };
	struct proc_spec spec = { .argv = argv, .on_done = on_external };
	struct err err = ERR_INIT;

	spec.ud = job_new(c, k);
	if (!proc_start(c->loop, &spec, &err)) {
		job_free(spec.ud);
		client_note(c, true,
			    "%s; install it with: apt-get install "
			    "xdg-utils",
			    err.msg);
	}
}

/* --- editors ------------------------------------------------------------ */

/* What the editor left of a plan or of a text that is not in a file of its
 * own yet. */
static void
take_edited(struct client *c, struct job *j)
{
	struct err err = ERR_INIT;
	AUTO(buf) text = BUF_INIT;

	if (!path_read(j->path, FILE_BYTES, &text, &err)) {
		client_fail(c, &err);
		return;
	}
	unlink(j->path);
	if (strcmp(buf_str(&text), j->before) == 0) {
		client_note(c, false, "Nothing was changed");
		return;
	}
	if (c->state && str_eq(j->run, c->run))
		run_check_workflow(c->state, buf_str(&text), "plan", &err);
	client_send(c, &(struct msg){ .kind = MSG_EDITED,
				      .run = j->run,
				      .number = j->gate,
				      .text = &text,
				      .error = err.code != ERR_NONE,
				      .words = err.msg,
				      .ticket = j->base.ticket });
}

static bool
same_text(const char *a, const char *b)
{
	AUTO(buf) x = BUF_INIT;
	AUTO(buf) y = BUF_INIT;

	return path_read(a, FILE_BYTES, &x, NULL) &&
	       path_read(b, FILE_BYTES, &y, NULL) &&
	       strcmp(buf_str(&x), buf_str(&y)) == 0;
}

/* A copy that was not changed would hide the shipped file for nothing. */
static void
drop_same_copy(const struct job *j)
{
	if (j->shipped && same_text(j->path, j->shipped))
		unlink(j->path);
}

/* A file that was edited in place: a pattern. */
static void
tell_edited(struct client *c, const struct job *j)
{
	c->synced = false;
	client_send(c,
		    &(struct msg){ .kind = MSG_EDITED, .ticket = j->base.ticket });
}

static void
on_editor(uv_process_t *p, int64_t status, int signum)
{
	struct job *j = p->data;
	struct client *c = j->base.client;
	struct err err = ERR_INIT;

	(void)signum;
	if (c) {
		c->away = false;
		if (!term_enter(c->term, &err))
			client_leave(c, err.msg);
		client_dirty(c, true);
		if (status)
			client_note(c, true,
				    "The editor ended with status "
				    "%d; nothing was taken over",
				    (int)status);
		else if (j->before)
			take_edited(c, j);
		drop_same_copy(j);
		if (!status && !j->before)
			tell_edited(c, j);
	}
	uv_close((uv_handle_t *)p, client_editor_closed);
}

void
client_editor_closed(uv_handle_t *h)
{
	job_free(h->data);
}

/* The text to edit in a file of its own below the state folder. */
static bool
write_draft(struct client *c, struct job *j, const struct ask *k,
	    struct err *err)
{
	AUTO_FREE char *name = xasprintf("edit-%d.yaml", (int)getpid());

	free(j->path);
	j->path = path_join(c->cli->paths.state, name);
	j->before = xstrdup(k->values);
	j->run = xstrdup0(k->run);
	j->gate = k->number;
	return path_write_atomic(j->path, k->values, strlen(k->values), 0600,
				 err);
}

/* Shipped patterns are never written: a copy in the user's library, which
 * hides the shipped one, is edited instead. One that is there already stays
 * as it is, whatever is wrong with it. */
static bool
copy_shipped(struct client *c, struct job *j, struct err *err)
{
	AUTO_FREE char *shipped = path_shipped("patterns");
	AUTO_FREE char *dir =
		path_join(c->cli->paths.data, "patterns/discovered");
	AUTO_FREE char *copy = path_join(dir, path_base(j->path));
	AUTO(buf) text = BUF_INIT;

	if (!path_under(j->path, shipped))
		return true;
	if (!path_exists(copy)) {
		if (!path_mkdirs(dir, err) ||
		    !path_read(j->path, FILE_BYTES, &text, err) ||
		    !path_write_atomic(copy, text.data, text.len, 0600, err))
			return false;
	}
	j->shipped = TAKE(j->path);
	j->path = TAKE(copy);
	return true;
}

static const char *
editor(void)
{
	const char *e = getenv("VISUAL");

	if (str_empty(e))
		e = getenv("EDITOR");
	return str_empty(e) ? "vi" : e;
}

static bool
start_editor(struct client *c, struct job *j, struct err *err)
{
	/* $EDITOR may hold options and quotes: a shell reads it, as git does;
	 * the path is an argument of its own. */
	AUTO(strv) argv = STRV_INIT;
	uv_stdio_container_t io[3];
	uv_process_options_t o = { .file = "/bin/sh",
				   .exit_cb = on_editor,
				   .stdio = io,
				   .stdio_count = 3 };
	int rc;

	strv_add(&argv, "/bin/sh");
	strv_add(&argv, "-c");
	strv_addf(&argv, "%s \"$1\"", editor());
	strv_add(&argv, "editor");
	strv_add(&argv, j->path);
	o.args = argv.items;
	for (int i = 0; i < 3; i++)
		io[i] = (uv_stdio_container_t){ .flags = UV_INHERIT_FD,
						.data.fd = i };
	j->process.data = j;
	rc = uv_spawn(loop_uv(c->loop), &j->process, &o);
	if (rc)
		return FAIL(err, ERR_ENV, "%s: %s; set EDITOR", editor(),
			    uv_strerror(rc));
	return true;
}

void
client_edit(struct client *c, const struct ask *k)
{
	struct job *j = job_new(c, k);
	struct err err = ERR_INIT;

	if (c->away)
		FAIL(&err, ERR_BUSY, "an editor is open already");
	else if (k->values)
		write_draft(c, j, k, &err);
	else
		copy_shipped(c, j, &err);
	if (err.code != ERR_NONE) {
		job_free(j);
		client_fail(c, &err);
		return;
	}
	pictures_forget(c->pictures, c->term);
	term_leave(c->term);
	c->away = true;
	if (start_editor(c, j, &err))
		return;
	c->away = false;
	term_enter(c->term, NULL);
	client_fail(c, &err);
	uv_close((uv_handle_t *)&j->process, client_editor_closed);
}

/* --- history ------------------------------------------------------------ */

static char *
history_path(const struct client *c)
{
	return path_join(c->cli->paths.state, "history");
}

/* One entry a line; newlines and backslashes of it are escaped. */
static void
unescape(struct buf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\\' && i + 1 < len) {
			i++;
			buf_addch(out, s[i] == 'n' ? '\n' : s[i]);
		} else {
			buf_addch(out, s[i]);
		}
	}
}

void
client_load_history(struct client *c)
{
	AUTO_FREE char *path = history_path(c);
	AUTO(buf) text = BUF_INIT;
	size_t skip = 0, lines = 0;
	const char *p;

	if (!path_read(path, HISTORY_BYTES, &text, NULL))
		return;
	for (p = buf_str(&text); (p = strchr(p, '\n')); p++)
		lines++;
	skip = lines > HISTORY_LINES ? lines - HISTORY_LINES : 0;
	for (p = buf_str(&text); *p; p += strcspn(p, "\n") + 1) {
		AUTO(buf) line = BUF_INIT;

		if (!strchr(p, '\n'))
			break;
		if (skip) {
			skip--;
			continue;
		}
		unescape(&line, p, strcspn(p, "\n"));
		strv_add(&c->app->history, buf_str(&line));
	}
}

void
client_keep_history(struct client *c, const char *line)
{
	AUTO_FREE char *path = history_path(c);
	AUTO(buf) b = BUF_INIT;
	AUTO_FD fd =
		open(path,
		     O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		     0600);

	for (; *line; line++) {
		if (*line == '\n')
			buf_addstr(&b, "\\n");
		else if (*line == '\\')
			buf_addstr(&b, "\\\\");
		else
			buf_addch(&b, *line);
	}
	buf_addch(&b, '\n');
	if (fd < 0 || write(fd, b.data, b.len) != (ssize_t)b.len)
		client_note(c, true, "%s: the line cannot be kept: %s", path,
			    strerror(errno));
}
