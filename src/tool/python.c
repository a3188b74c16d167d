/*
 * The python tool: one cell in the run's kernel (kernel_pool.h), its output
 * made into parts.
 *
 * The call's folder is writable by the code, so it is opened once, before
 * the code runs, and reached only through that descriptor: what the code
 * renames or links in its place is not followed. Files are made anew
 * (O_EXCL), never opened.
 */
#include "base/json.h"
#include "base/lazy.h"
#include "base/path.h"
#include "base/redact.h"
#include "tool/kernel_home.h"
#include "tool/kernel_pool.h"
#include "tool/spool.h"
#include "tool/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	DEFAULT_TIMEOUT_MS = 120000,
	PICTURES_MAX = 64,            /* of one call */
	PICTURE_BYTES_MAX = 64 << 20, /* of one call, together */
	OUTPUT_MAX = 4 << 20,         /* of output()'s JSON */
	NAMES_TRIED = 1000,
};

/* What a cell can display that becomes a file; the first that a bundle has
 * is taken, as the best. */
static const struct show_kind {
	const char *media_type, *suffix;
	bool base64;
	enum tool_part_kind part;
} show_kinds[] = {
	{ "image/png", "png", true, TOOL_PART_IMAGE },
	{ "image/jpeg", "jpg", true, TOOL_PART_IMAGE },
	{ "application/pdf", "pdf", true, TOOL_PART_FILE },
	{ "image/svg+xml", "svg", false, TOOL_PART_FILE },
};

struct picture {
	char *name;
	const struct show_kind *kind;
};

struct python_call {
	struct tool_call_base base;
	const struct tool_request *req;
	struct kernel_ticket *ticket;
	int64_t timeout_ms;
	int dir_fd;
	char *dir; /* "/proc/self/fd/N" of dir_fd */
	struct spool spool;
	struct picture *pictures;
	size_t picture_count, picture_cap, picture_bytes;
	size_t pictures_left_out;
	struct err save_err; /* the first picture that could not be saved */
};

static void
call_free(struct python_call *c)
{
	spool_release(&c->spool);
	for (size_t i = 0; i < c->picture_count; i++)
		free(c->pictures[i].name);
	free(c->pictures);
	free(c->dir);
	path_close(&c->dir_fd);
	free(c);
}

/* ---- files in the call's folder --------------------------------------- */

static bool
write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static bool
write_new(const struct python_call *c, const char *name, const void *data,
	  size_t len)
{
	AUTO_FD fd =
		openat(c->dir_fd, name,
		       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		       0600);

	return fd >= 0 && write_all(fd, data, len);
}

/* "figure-1.png", or the next number that is free. */
static char *
write_picture(const struct python_call *c, const struct show_kind *kind,
	      const void *data, size_t len)
{
	for (size_t i = c->picture_count + 1; i < NAMES_TRIED; i++) {
		AUTO_FREE char *name =
			xasprintf("figure-%zu.%s", i, kind->suffix);
		if (write_new(c, name, data, len))
			return TAKE(name);
		if (errno != EEXIST)
			return NULL;
	}
	errno = EEXIST;
	return NULL;
}

static void
keep_picture(struct python_call *c, const struct show_kind *kind,
	     const void *data, size_t len)
{
	if (c->picture_count == PICTURES_MAX ||
	    c->picture_bytes + len > PICTURE_BYTES_MAX) {
		c->pictures_left_out++;
		return;
	}
	char *name = write_picture(c, kind, data, len);

	if (!name) {
		if (c->save_err.code == ERR_NONE)
			err_errno(&c->save_err, errno,
				  "a picture could not be saved in %s",
				  c->req->dir);
		return;
	}
	GROW(c->pictures, c->picture_count, c->picture_cap);
	c->pictures[c->picture_count++] = (struct picture){ name, kind };
	c->picture_bytes += len;
}

static bool
write_values(const struct python_call *c, struct err *err)
{
	AUTO_FREE char *text =
		c->req->values ? json_print(c->req->values) : xstrdup("{}");

	unlinkat(c->dir_fd, KERNEL_VALUES_FILE, 0);
	unlinkat(c->dir_fd, KERNEL_OUTPUT_FILE, 0);
	return write_new(c, KERNEL_VALUES_FILE, text, strlen(text)) ||
	       err_errno(err, errno, "python: cannot write %s/%s", c->req->dir,
			 KERNEL_VALUES_FILE);
}

/* ---- what the cell gives ---------------------------------------------- */

static void
on_text(void *ud, const char *text, size_t len)
{
	struct python_call *c = ud;

	spool_add(&c->spool, text, len);
}

/* Empty when it is not base64. */
static void
decode_base64(const char *text, struct buf *out)
{
	size_t len = strlen(text);
	const struct lazy_crypto *lib = lazy_crypto();
	EVP_ENCODE_CTX *ctx = lib->encode_new();
	int n = 0, last = 0;
	unsigned char *to = (unsigned char *)buf_reserve(out, len + 4);

	if (!ctx)
		abort();
	lib->decode_init(ctx);
	/* len is under WIRE_MESSAGE_LIMIT, so it fits. */
	if (lib->decode_update(ctx, to, &n, (const unsigned char *)text,
			       (int)len) >= 0 &&
	    lib->decode_final(ctx, to + n, &last) >= 0) {
		out->len += (size_t)(n + last);
		buf_terminate(out);
	}
	lib->encode_free(ctx);
}

static void
on_show(void *ud, const cJSON *bundle)
{
	struct python_call *c = ud;
	const char *text;

	for (size_t i = 0; i < ARRAY_LEN(show_kinds); i++) {
		AUTO(buf) data = BUF_INIT;

		text = json_str(bundle, show_kinds[i].media_type);
		if (!text)
			continue;
		if (show_kinds[i].base64)
			decode_base64(text, &data);
		else
			buf_addstr(&data, text);
		if (data.len) {
			keep_picture(c, &show_kinds[i], data.data, data.len);
			return;
		}
	}
	text = json_str(bundle, "text/plain");
	if (!text)
		return;
	spool_add(&c->spool, text, strlen(text));
	spool_add(&c->spool, "\n", 1);
}

/* ---- the result ------------------------------------------------------- */

static const struct redact *
secrets(const struct python_call *c)
{
	return tool_session_redact(c->req->session);
}

static void
add_notes(struct python_call *c, const struct kernel_report *report,
	  struct tool_result *r)
{
	if (report->restarted)
		tool_result_text(
			r, "[Python was started anew, because its process "
			   "had ended: variables, imports and functions of "
			   "earlier steps are gone]\n");
	if (report->end && report->end->lost_output)
		tool_result_text(
			r, "[an output larger than 16 MiB was lost; write it "
			   "to a file instead]\n");
	if (c->pictures_left_out) {
		AUTO_FREE char *note = xasprintf(
			"[%zu pictures over the limit of %d, or of %d MiB "
			"together, were left out]\n",
			c->pictures_left_out, PICTURES_MAX,
			PICTURE_BYTES_MAX >> 20);
		tool_result_text(r, note);
	}
}

static void
add_parts(struct python_call *c, const struct kernel_report *report,
	  struct tool_result *r)
{
	add_notes(c, report, r);
	if (c->spool.total_bytes)
		spool_finish(&c->spool, r);
	if (report->end && report->end->traceback && *report->end->traceback) {
		AUTO_FREE char *text =
			redact_str(secrets(c), report->end->traceback);
		tool_result_text(r, text);
	}
	for (size_t i = 0; i < c->picture_count; i++)
		tool_result_file(r, c->pictures[i].kind->part,
				 c->pictures[i].name,
				 c->pictures[i].kind->media_type);
}

/* What output() wrote; a missing file is none. */
static bool
read_output(struct python_call *c, cJSON **ret, struct err *err)
{
	AUTO(buf) text = BUF_INIT, clean = BUF_INIT;
	AUTO_FD fd = -1;
	AUTO_FREE char *path = NULL;
	struct err open_err = ERR_INIT;
	cJSON *data;

	if (!path_open_beneath(c->dir, KERNEL_OUTPUT_FILE, &fd, &open_err)) {
		if (open_err.code == ERR_NOTFOUND)
			return true;
		*err = open_err;
		return false;
	}
	path = xasprintf("/proc/self/fd/%d", fd);
	if (!path_read(path, OUTPUT_MAX, &text, err))
		return err_prefix(err, "output");
	redact_text(secrets(c), buf_str(&text), text.len, &clean);
	data = json_parse(buf_str(&clean), clean.len, "output", err);
	if (!data)
		return false;
	if (!cJSON_IsObject(data)) {
		cJSON_Delete(data);
		return FAIL(err, ERR_DATA, "output is not a JSON object");
	}
	*ret = data;
	return true;
}

static const char *
fate_of_variables(const struct kernel_end *end)
{
	return end->gone ? "it did not react to an interrupt, so the process "
			   "was ended and its variables are lost" :
			   "it was interrupted and its variables are kept";
}

static void
set_error(struct python_call *c, const struct kernel_end *end,
	  struct tool_result *r)
{
	AUTO_FREE char *error =
		redact_str(secrets(c), end->error ? end->error : "");

	switch (end->kind) {
	case KERNEL_OK:
		break;
	case KERNEL_RAISED:
		tool_result_fail(r, "python: %s", error);
		r->exit_status = 1;
		break;
	case KERNEL_TIMED_OUT:
		tool_result_fail(r,
				 "python: stopped at its time limit of "
				 "%" PRId64 " ms: %s; raise the step's "
				 "timeout or make the code faster",
				 c->timeout_ms, fate_of_variables(end));
		r->status = TOOL_TIMED_OUT;
		break;
	case KERNEL_CANCELLED:
		tool_result_fail(r, "python: cancelled: %s",
				 fate_of_variables(end));
		r->status = TOOL_CANCELLED;
		break;
	case KERNEL_DIED:
		tool_result_fail(r, "python: %s; its variables are lost",
				 error);
		break;
	}
}

static void
set_outcome(struct python_call *c, const struct kernel_report *report,
	    struct tool_result *r)
{
	struct err err = ERR_INIT;

	if (!report->end) {
		tool_result_fail(r, "python: %s", report->err->msg);
		if (report->err->code == ERR_CANCELLED)
			r->status = TOOL_CANCELLED;
		return;
	}
	set_error(c, report->end, r);
	if (r->status != TOOL_OK)
		return;
	if (!read_output(c, &r->data, &err))
		tool_result_fail(r, "python: %s", err.msg);
	else if (c->save_err.code != ERR_NONE)
		tool_result_fail(r, "python: %s", c->save_err.msg);
}

static void
on_report(void *ud, const struct kernel_report *report)
{
	struct python_call *c = ud;
	struct tool_result r = { 0 };

	add_parts(c, report, &r);
	set_outcome(c, report, &r);
	c->req->on_done(c->req->ud, &r);
	tool_result_release(&r);
	call_free(c);
}

/* ---- the tool --------------------------------------------------------- */

/* The shortest of the argument's and the request's. */
static bool
choose_timeout(struct python_call *c, struct err *err)
{
	const cJSON *arg = json_get(c->req->args, "timeout");
	int64_t ms = 0;

	if (cJSON_IsNumber(arg))
		ms = (int64_t)(arg->valuedouble * 1000);
	else if (arg && (!str_to_duration_ms(arg->valuestring, &ms) || ms <= 0))
		return FAIL(err, ERR_USAGE,
			    "python: timeout \"%s\" is no duration; write "
			    "\"30s\" or \"5m\"",
			    arg->valuestring);
	c->timeout_ms = c->req->timeout_ms > 0 ? c->req->timeout_ms :
						 DEFAULT_TIMEOUT_MS;
	if (ms > 0 && (ms < c->timeout_ms || c->req->timeout_ms <= 0))
		c->timeout_ms = ms;
	return true;
}

static bool
open_dir(struct python_call *c, struct err *err)
{
	c->dir_fd = open(c->req->dir,
			 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (c->dir_fd < 0)
		return err_errno(err, errno, "python: cannot open %s",
				 c->req->dir);
	c->dir = xasprintf("/proc/self/fd/%d", c->dir_fd);
	return true;
}

static void
submit(struct python_call *c)
{
	struct kernel_job job = {
		.where = { c->req->profile, c->req->hosts, c->req->secrets },
		.cell = {
			.code = json_str(c->req->args, "code"),
			.dir = c->req->dir,
			.timeout_ms = c->timeout_ms,
			.on_text = on_text,
			.on_show = on_show,
			.ud = c,
		},
		.on_report = on_report,
		.ud = c,
	};

	c->ticket = kernel_submit(c->req->session, &job);
}

static struct tool_call *
start(const struct tool_request *req, struct err *err)
{
	struct python_call *c = xcalloc(1, sizeof(*c));

	c->base.tool = &tool_python;
	c->req = req;
	c->dir_fd = c->spool.fd = -1;
	if (!choose_timeout(c, err) || !open_dir(c, err) ||
	    !write_values(c, err)) {
		call_free(c);
		return NULL;
	}
	spool_init(&c->spool, c->dir, "output.txt", req->output_limit);
	spool_redact(&c->spool, secrets(c));
	submit(c);
	return (struct tool_call *)c;
}

static void
cancel(struct tool_call *call)
{
	kernel_job_cancel(((struct python_call *)call)->ticket);
}

cJSON *
tool_named_args(cJSON *values, const char *name, const char *code,
		const cJSON *args)
{
	/* Nothing of the tool is pasted into it. */
	static const char runner[] =
		"exec(compile(named_tool['code'], named_tool['name'], 'exec'), "
		"{'__name__': named_tool['name'], 'args': named_tool['args'], "
		"'inputs': inputs, 'steps': steps, 'workspace': workspace, "
		"'output': output})";
	cJSON *tool = cJSON_AddObjectToObject(values, "named_tool");
	cJSON *ret = cJSON_CreateObject();

	cJSON_AddStringToObject(tool, "name", name);
	cJSON_AddStringToObject(tool, "code", code);
	cJSON_AddItemToObject(tool, "args", cJSON_Duplicate(args, true));
	cJSON_AddStringToObject(ret, "code", runner);
	return ret;
}

const struct tool tool_python = {
	.name = "python",
	.summary = "Run Python in the run's kernel; variables stay from call "
		   "to call, figures come back as pictures",
	.schema =
		"{\"type\": \"object\", \"required\": [\"code\"],"
		" \"additionalProperties\": false, \"properties\": {"
		"\"code\": {\"type\": \"string\", \"description\":"
		" \"Python. Variables: inputs, steps, attempt, findings,"
		" item, index, iterate, workspace. output(name=value) sets the"
		" structured result. Runs in an own folder; files left"
		" there can become outputs.\"},"
		"\"timeout\": {\"type\": [\"string\", \"number\"],"
		" \"minimum\": 0.001, \"maximum\": 86400, \"description\":"
		" \"Time limit: seconds, or 30s, 5m\"}}}",
	.effects = TOOL_WRITES | TOOL_NETWORK,
	.profile = SANDBOX_READ_ONLY,
	.folder = true,
	.start = start,
	.cancel = cancel,
};
