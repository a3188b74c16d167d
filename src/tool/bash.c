/*
 * The bash tool: one command line, run by /bin/bash in the call's own folder
 * under the granted profile.
 *
 * Invariants
 *  1. Nothing from outside becomes part of the command line: values reach
 *     it as a file (AGENTOPS_VALUES) and as variables (AGENTOPS_INPUT_X).
 *  2. What the command left behind is read only by a pool thread, through
 *     path_open_beneath, under limits.
 *  3. on_done is called once, from finish, after the process is reaped.
 *
 *	start -> running --exit, time limit, cancel--> collecting (pool)
 *	                                                  -> finish -> freed
 */
#include "base/clock.h"
#include "base/json.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/walk.h"
#include "tool/spool.h"
#include "tool/tool.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	DEFAULT_TIMEOUT_MS = 120 * 1000,
	COMMAND_MAX = 100 << 10,  /* one argument has at most 128 KiB */
	INPUT_MAX = 64 << 10,     /* a larger one is only in the file */
	DATA_LIMIT = 4 << 20,
	STDERR_KEPT = 4 << 10,
	IMAGES_MAX = 64,
	IMAGES_DEPTH = 4,
	ENTRIES_MAX = 100000,     /* looked at for images */
};

/* Hidden names, so that they are no outputs of the step. */
#define VALUES_NAME ".agentops-values.json"
#define OUTPUT_NAME ".agentops-output.json"

struct bash_call {
	struct tool_call_base base;
	const struct tool_request *req;
	struct proc *proc;       /* NULL once it ended */
	struct spool spool;
	struct buf stderr_tail;
	struct tool_result result;
	int64_t timeout_ms;
	size_t images, images_left_out, entries;
};

/* --- what the command gets ---------------------------------------------- */

/* "AGENTOPS_INPUT_MAX_ROWS=10" for a scalar; nothing for lists, mappings and
 * what would not fit the environment. */
static void
add_value(struct strv *env, const char *prefix, const cJSON *value)
{
	AUTO_FREE char *name = xstrdup(value->string);
	AUTO_FREE char *text = NULL;

	if (cJSON_IsArray(value) || cJSON_IsObject(value))
		return;
	text = cJSON_IsString(value) ? xstrdup(value->valuestring) :
	       cJSON_IsNull(value)   ? xstrdup("") :
				       json_print(value);
	for (char *c = name; *c; c++)
		*c = isalnum((unsigned char)*c) ?
			     (char)toupper((unsigned char)*c) : '_';
	if (strlen(name) + strlen(text) <= INPUT_MAX)
		strv_addf(env, "AGENTOPS_%s_%s=%s", prefix, name, text);
}

static void
make_env(const struct tool_request *req, struct strv *env)
{
	AUTO_FREE char *values = path_join(req->dir, VALUES_NAME);
	AUTO_FREE char *output = path_join(req->dir, OUTPUT_NAME);
	const cJSON *input;

	strv_addf(env, "AGENTOPS_VALUES=%s", values);
	strv_addf(env, "AGENTOPS_OUTPUT=%s", output);
	strv_addf(env, "AGENTOPS_WORKSPACE=%s",
		  tool_session_workspace(req->session));
	strv_addf(env, "AGENTOPS_ATTEMPT=%" PRId64,
		  json_int(req->values, "attempt", 1));
	cJSON_ArrayForEach(input, json_get(req->values, "inputs"))
		add_value(env, "INPUT", input);
	cJSON_ArrayForEach(input, json_get(req->values, "secret_files"))
		add_value(env, "SECRET", input);
}

static bool
write_values(const struct tool_request *req, struct err *err)
{
	AUTO_FREE char *path = path_join(req->dir, VALUES_NAME);
	AUTO_FREE char *text =
		req->values ? json_print(req->values) : xstrdup("{}");

	return path_write_atomic(path, text, strlen(text), 0600, err);
}

/* --- running ------------------------------------------------------------ */

static void collect(void *ud);
static void finish(void *ud);

static void
keep_stderr(struct bash_call *c, const char *data, size_t len)
{
	struct buf *tail = &c->stderr_tail;

	buf_add(tail, data, len);
	if (tail->len > STDERR_KEPT) {
		memmove(tail->data, tail->data + tail->len - STDERR_KEPT,
			STDERR_KEPT);
		buf_truncate(tail, STDERR_KEPT);
	}
}

static void
on_chunk(void *ud, const char *data, size_t len, bool is_err)
{
	struct bash_call *c = ud;

	spool_add(&c->spool, data, len);
	if (is_err)
		keep_stderr(c, data, len);
}

/* The last line on stderr that is not blank, without secrets; caller frees.
 * NULL when there is none. */
static char *
last_words(const struct bash_call *c)
{
	AUTO_FREE char *clean = redact_str(
		tool_session_redact(c->req->session),
		buf_str(&c->stderr_tail));
	AUTO(buf) text = BUF_INIT;
	char *all, *line;

	spool_add_text(&text, clean, strlen(clean));
	if (!text.len)
		return NULL;
	all = str_trim(text.data);
	line = strrchr(all, '\n');
	return *all ? xstrdup(line ? line + 1 : all) : NULL;
}

static void
set_failed(struct bash_call *c, int status)
{
	AUTO_FREE char *words = last_words(c);
	const char *signal_name = status > 128 && status < 128 + NSIG ?
					  strsignal(status - 128) : NULL;

	if (status == SANDBOX_SETUP_FAILED && words &&
	    str_starts(words, "agentops-sandbox"))
		tool_result_fail(&c->result,
				 "bash: the command was not run: %s", words);
	else
		tool_result_fail(&c->result,
				 "bash: the command ended with status %d%s%s%s"
				 ": %s",
				 status, signal_name ? " (" : "",
				 signal_name ? signal_name : "",
				 signal_name ? ")" : "",
				 words ? words :
					 "nothing on stderr, see its output");
}

static void
set_status(struct bash_call *c, const struct proc_result *p)
{
	char limit[CLOCK_DURATION_SIZE];

	c->result.exit_status = p->exit_status;
	if (p->cancelled) {
		tool_result_fail(&c->result, "bash: stopped on request");
		c->result.status = TOOL_CANCELLED;
	} else if (p->timed_out) {
		tool_result_fail(&c->result,
				 "bash: the command did not end within %s and "
				 "was stopped; raise `timeout` or give it "
				 "less to do",
				 clock_duration(c->timeout_ms * 1000, limit));
		c->result.status = TOOL_TIMED_OUT;
	} else if (p->exit_status) {
		set_failed(c, p->exit_status);
	}
}

static void
on_ended(void *ud, struct proc_result *p)
{
	struct bash_call *c = ud;

	c->proc = NULL;
	spool_finish(&c->spool, &c->result);
	set_status(c, p);
	loop_work(tool_session_loop(c->req->session), collect, finish, c);
}

/* --- what the command left (pool thread) -------------------------------- */

/* The object in AGENTOPS_OUTPUT; a command that failed already keeps its own
 * error. */
static bool
read_output(struct bash_call *c, struct err *err)
{
	AUTO(buf) raw = BUF_INIT;
	AUTO(buf) text = BUF_INIT;
	AUTO_FD fd = -1;
	cJSON *data;

	if (!path_open_beneath(c->req->dir, OUTPUT_NAME, &fd, err))
		return err->code == ERR_NOTFOUND;
	if (!path_read_fd(fd, "AGENTOPS_OUTPUT", DATA_LIMIT, &raw, err))
		return false;
	if (!raw.len)
		return true;
	redact_text(tool_session_redact(c->req->session), raw.data, raw.len,
		    &text);
	data = json_parse(text.data, text.len, "AGENTOPS_OUTPUT", err);
	if (!data)
		return false;
	if (cJSON_IsObject(data)) {
		c->result.data = data;
		return true;
	}
	cJSON_Delete(data);
	return FAIL(err, ERR_DATA,
		    "AGENTOPS_OUTPUT: holds JSON, but not an object: write "
		    "{\"name\": value}");
}

static bool
is_png(const char *dir, const char *path)
{
	AUTO_FD fd = -1;
	char magic[8];

	return path_open_beneath(dir, path, &fd, NULL) &&
	       read(fd, magic, sizeof(magic)) == sizeof(magic) &&
	       !memcmp(magic, "\x89PNG\r\n\x1a\n", sizeof(magic));
}

static enum walk_verdict
on_file(void *ud, const struct walk_entry *e)
{
	struct bash_call *c = ud;

	if (++c->entries > ENTRIES_MAX)
		return WALK_STOP;
	if (*e->name == '.' || e->depth > IMAGES_DEPTH)
		return WALK_SKIP;
	if (e->kind != DT_REG || !is_png(c->req->dir, e->path))
		return WALK_ON;
	if (c->images == IMAGES_MAX || !utf8_valid(e->path, strlen(e->path))) {
		c->images_left_out++;
		return WALK_ON;
	}
	tool_result_file(&c->result, TOOL_PART_IMAGE, e->path, "image/png");
	c->images++;
	return WALK_ON;
}

static void
collect(void *ud)
{
	struct bash_call *c = ud;
	struct err err = ERR_INIT;
	AUTO_FREE char *note = NULL;
	AUTO_FD fd = open(c->req->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (!read_output(c, &err) && c->result.status == TOOL_OK)
		tool_result_fail(&c->result, "bash: %s", err.msg);
	if (fd < 0 || !walk(fd, c->req->dir, on_file, c, NULL, NULL))
		return;
	if (!c->images_left_out)
		return;
	note = xasprintf("[%zu more images were left out: at most %d are "
			 "taken, and only with names in UTF-8]",
			 c->images_left_out, IMAGES_MAX);
	tool_result_text(&c->result, note);
}

/* --- the call ----------------------------------------------------------- */

static void
release(struct bash_call *c)
{
	spool_release(&c->spool);
	buf_release(&c->stderr_tail);
	tool_result_release(&c->result);
	free(c);
}

static void
finish(void *ud)
{
	struct bash_call *c = ud;

	c->req->on_done(c->req->ud, &c->result);
	release(c);
}

/* The shorter of what the step and the arguments say. */
static int64_t
time_limit(const struct tool_request *req)
{
	int64_t own = (int64_t)(json_num(req->args, "timeout", 0) * 1000);
	int64_t step = req->timeout_ms;

	if (own > 0 && step > 0)
		return own < step ? own : step;
	return own > 0 ? own : step > 0 ? step : DEFAULT_TIMEOUT_MS;
}

/* Without a sandbox the command gets our environment and these on top. */
static void
add_own_env(struct strv *env)
{
	for (char **e = environ; *e; e++)
		if (!str_starts(*e, "AGENTOPS_"))
			strv_add(env, *e);
}

static bool
run(struct bash_call *c, const char *command, struct err *err)
{
	const struct tool_request *req = c->req;
	const char *cmd[] = { "/bin/bash", "-c", command, NULL };
	const char *writable[] = { req->dir, NULL };
	AUTO(strv) env = STRV_INIT;
	AUTO(strv) argv = STRV_INIT;
	struct sandbox_spec sandbox = {
		.profile = req->profile,
		.workspace = tool_session_workspace(req->session),
		.cwd = req->dir,
		.writable = writable,
		.readable = tool_session_readable(req->session),
		.hosts = req->hosts,
		.secrets = req->secrets,
	};
	struct proc_spec spec = {
		.cwd = req->dir,
		.timeout_ms = c->timeout_ms,
		.on_chunk = on_chunk,
		.on_done = on_ended,
		.ud = c,
	};

	make_env(req, &env);
	sandbox.env = (const char *const *)env.items;
	if (!write_values(req, err) ||
	    !sandbox_command(&sandbox, (char *const *)cmd, &argv, err))
		return false;
	if (req->profile == SANDBOX_FULL) {
		add_own_env(&env);
		spec.env = env.items;
	}
	spec.argv = argv.items;
	c->proc = proc_start(tool_session_loop(req->session), &spec, err);
	return c->proc != NULL;
}

static struct tool_call *
bash_start(const struct tool_request *req, struct err *err)
{
	const char *command = json_str(req->args, "command");
	struct bash_call *c;

	if (strlen(command) > COMMAND_MAX) {
		FAIL(err, ERR_TOOBIG,
		     "bash: the command has %zu bytes, the most is %d; put "
		     "the text into a file",
		     strlen(command), COMMAND_MAX);
		return NULL;
	}
	c = xcalloc(1, sizeof(*c));
	c->base.tool = &tool_bash;
	c->req = req;
	c->timeout_ms = time_limit(req);
	spool_init(&c->spool, req->dir, "output.txt", req->output_limit);
	spool_redact(&c->spool, tool_session_redact(req->session));
	if (run(c, command, err))
		return (struct tool_call *)c;
	release(c);
	err_prefix(err, "bash");
	return NULL;
}

static void
bash_cancel(struct tool_call *call)
{
	struct bash_call *c = (struct bash_call *)call;

	if (c->proc)
		proc_cancel(c->proc);
}

const struct tool tool_bash = {
	.name = "bash",
	.summary = "Run a command with bash in a folder of its own",
	.schema =
		"{\"type\":\"object\",\"additionalProperties\":false,"
		"\"required\":[\"command\"],\"properties\":{"
		"\"command\":{\"type\":\"string\",\"description\":"
		"\"Command line for bash. It gets AGENTOPS_INPUT_<NAME> for "
		"each input that is text or a number, AGENTOPS_VALUES (a "
		"JSON file with all values), AGENTOPS_WORKSPACE; a JSON "
		"object written to the file AGENTOPS_OUTPUT becomes data\"},"
		"\"timeout\":{\"type\":\"number\",\"minimum\":0.1,"
		"\"maximum\":86400,\"default\":120,\"description\":"
		"\"Seconds\"}}}",
	.effects = TOOL_WRITES | TOOL_NETWORK | TOOL_DESTRUCTIVE,
	.profile = SANDBOX_READ_ONLY,
	.folder = true,
	.start = bash_start,
	.cancel = bash_cancel,
};
