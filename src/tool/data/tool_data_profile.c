/*
 * The tool data_profile: profile.h on a pool thread.
 *
 *	start -> work (pool thread) -> finish (loop) -> on_done -> freed
 *	            ^ cancel, timeout: set `stop`, which work reads
 *
 * Invariants:
 * 1. Between start and finish the pool thread alone touches json, text, ok
 *    and err; the loop touches only stop, timed_out and timer.
 * 2. on_done runs once, in finish.
 */
#include "base/json.h"
#include "base/path.h"
#include "base/redact.h"
#include "tool/data/profile.h"
#include "tool/sandbox/secrets.h"
#include "tool/spool.h"
#include "tool/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TIMEOUT_MS = 10 * 60 * 1000 };

struct tool_call {
	struct tool_call_base base;
	const struct tool_request *req;
	char *path;
	char *run_dir;               /* resolved */
	struct data_profile_options options;
	struct strv columns;
	atomic_bool stop;
	bool timed_out, ok;
	struct loop_timer *timer;
	struct buf json, text;
	struct err err;
};

/* The engine reads this file outside every sandbox, and examples of its
 * values reach models: never one of the user's secrets or of other runs. */
static bool
check_secret(const struct tool_call *c, int fd, struct err *err)
{
	AUTO(strv) secrets = STRV_INIT;
	AUTO_FREE char *state = secrets_state_root();
	char link[64], real[PATH_MAX];
	bool secret;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, real, sizeof(real) - 1);
	if (n <= 0)
		return err_errno(err, errno, "%s", c->path);
	real[n] = '\0';
	secrets_find(&secrets);
	secret = state && path_under(real, state) &&
		 !path_under(real, c->run_dir);
	for (size_t i = 0; i < secrets.count && !secret; i++)
		secret = path_under(real, secrets.items[i]);
	if (secret)
		return FAIL(err, ERR_DENIED,
			    "%s holds secrets or belongs to another run: "
			    "refused; name a data file",
			    c->path);
	return true;
}

static bool
run(struct tool_call *c, struct err *err)
{
	AUTO_FD fd = open(c->path,
			  O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	AUTO(data_profile) p = { 0 };

	if (fd < 0)
		return err_errno(err, errno, "%s", c->path);
	if (!check_secret(c, fd, err) ||
	    !data_profile_fd(fd, c->path, &c->options, &p, err))
		return false;
	data_profile_json(&p, &c->json);
	data_profile_text(&p, &c->text);
	return true;
}

static void
work(void *ud)
{
	struct tool_call *c = ud;

	c->ok = run(c, &c->err);
}

static void
on_timeout(void *ud)
{
	struct tool_call *c = ud;

	c->timer = NULL;
	c->timed_out = true;
	c->stop = true;
}

static void
set_failure(struct tool_call *c, struct tool_result *r)
{
	tool_result_fail(r, "data_profile: %s%s", c->err.msg,
			 c->timed_out ? ": not finished in its time; use "
					"max_rows or raise `timeout`" :
					"");
	if (c->err.code == ERR_CANCELLED)
		r->status = c->timed_out ? TOOL_TIMED_OUT : TOOL_CANCELLED;
}

static void
set_result(struct tool_call *c, struct tool_result *r)
{
	const struct redact *redact = tool_session_redact(c->req->session);
	AUTO(buf) json = BUF_INIT;
	struct spool sp;

	redact_text(redact, buf_str(&c->json), c->json.len, &json);
	r->data = json_parse(buf_str(&json), json.len, "profile", &c->err);
	if (!r->data) {
		set_failure(c, r);
		return;
	}
	spool_init(&sp, c->req->dir, "profile.txt",
		   c->req->output_limit ? c->req->output_limit :
					  SPOOL_INLINE_LIMIT);
	spool_redact(&sp, redact);
	spool_add(&sp, buf_str(&c->text), c->text.len);
	spool_finish(&sp, r);
	spool_release(&sp);
}

static void
finish(void *ud)
{
	struct tool_call *c = ud;
	struct tool_result r = { 0 };

	if (c->timer)
		loop_timer_cancel(c->timer);
	if (c->ok)
		set_result(c, &r);
	else
		set_failure(c, &r);
	c->req->on_done(c->req->ud, &r);
	tool_result_release(&r);
	strv_release(&c->columns);
	buf_release(&c->json);
	buf_release(&c->text);
	free(c->path);
	free(c->run_dir);
	free(c);
}

static char *
resolved(const char *path)
{
	char *real = realpath(path, NULL);

	return real ? real : xstrdup(path);
}

static struct tool_call *
start(const struct tool_request *req, struct err *err)
{
	struct loop *loop = tool_session_loop(req->session);
	struct tool_call *c = xcalloc(1, sizeof(*c));
	const cJSON *name;

	(void)err;
	c->base.tool = &tool_data_profile;
	c->req = req;
	c->path = path_join(tool_session_workspace(req->session),
			    json_str(req->args, "path"));
	c->run_dir = resolved(tool_session_run_dir(req->session));
	cJSON_ArrayForEach(name, json_get(req->args, "columns"))
		strv_add(&c->columns, name->valuestring);
	c->options = (struct data_profile_options){
		.max_rows = json_int(req->args, "max_rows", 0),
		.columns = (const char *const *)c->columns.items,
		.column_count = c->columns.count,
		.cancel = &c->stop,
	};
	c->timer = loop_timer(loop,
			      req->timeout_ms > 0 ? req->timeout_ms :
						    TIMEOUT_MS,
			      on_timeout, c);
	loop_work(loop, work, finish, c);
	return c;
}

static void
cancel(struct tool_call *c)
{
	c->stop = true;
}

const struct tool tool_data_profile = {
	.name = "data_profile",
	.summary = "Shape, column types and statistics of a CSV, TSV or "
		   "JSON lines file of any size",
	.schema =
		"{\"type\":\"object\",\"additionalProperties\":false,"
		"\"required\":[\"path\"],\"properties\":{"
		"\"path\":{\"type\":\"string\",\"description\":"
		"\"data file, absolute or relative to the workspace\"},"
		"\"max_rows\":{\"type\":\"integer\",\"minimum\":1,"
		"\"description\":\"stop after so many rows\"},"
		"\"columns\":{\"type\":\"array\",\"minItems\":1,"
		"\"items\":{\"type\":\"string\"},\"description\":"
		"\"only these columns\"}}}",
	.effects = TOOL_READS,
	.profile = SANDBOX_READ_ONLY,
	.start = start,
	.cancel = cancel,
};
