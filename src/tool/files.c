/*
 *	start -> work (pool thread) -> finish (loop) -> on_done -> freed
 *
 * cancel only sets a flag that work reads; on_done comes when work ended.
 */
#include "tool/files.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEFAULT_TIMEOUT_MS = 60 * 1000, OUTPUT_LIMIT = 8 << 10 };

static void
work(void *ud)
{
	struct files_call *c = ud;

	c->ok = c->work(c, &c->err);
}

static void
set_status(struct files_call *c)
{
	const char *name = c->base.tool->name;

	if (!c->ok) {
		tool_result_fail(&c->result, "%s: %s", name, c->err.msg);
	} else if (c->stopped && c->cancelled) {
		tool_result_fail(&c->result, "%s: stopped on request", name);
		c->result.status = TOOL_CANCELLED;
	} else if (c->stopped) {
		tool_result_fail(&c->result,
				 "%s: not finished in its time; what was "
				 "found until then is kept; narrow the path "
				 "or raise `timeout`",
				 name);
		c->result.status = TOOL_TIMED_OUT;
	}
}

static void
finish(void *ud)
{
	struct files_call *c = ud;

	set_status(c);
	c->req->on_done(c->req->ud, &c->result);
	tool_result_release(&c->result);
	place_rules_release(&c->rules);
	free(c);
}

struct tool_call *
files_start(const struct tool *tool, const struct tool_request *req,
	    files_work_fn *work_fn)
{
	struct files_call *c = xcalloc(1, sizeof(*c));
	int64_t timeout_ms = req->timeout_ms > 0 ? req->timeout_ms :
						   DEFAULT_TIMEOUT_MS;

	c->base.tool = tool;
	c->req = req;
	c->work = work_fn;
	place_rules_init(&c->rules, req);
	c->deadline_us = clock_mono_us() + timeout_ms * 1000;
	loop_work(tool_session_loop(req->session), work, finish, c);
	return (struct tool_call *)c;
}

void
files_cancel(struct tool_call *call)
{
	((struct files_call *)call)->cancelled = true;
}

bool
files_go_on(struct files_call *c)
{
	if (c->cancelled || clock_mono_us() > c->deadline_us)
		c->stopped = true;
	return !c->stopped;
}

size_t
files_output_limit(const struct tool_request *req)
{
	return req->output_limit ? req->output_limit : OUTPUT_LIMIT;
}

/* --- kinds -------------------------------------------------------------- */

/* Bytes at an offset, and what they mean; the first row that fits counts. */
static const struct {
	size_t at, len;
	const char *bytes;
	struct files_kind kind;
} magics[] = {
	{ 0, 8, "\x89PNG\r\n\x1a\n", { "a PNG image", "image/png" } },
	{ 0, 3, "\xff\xd8\xff", { "a JPEG image", "image/jpeg" } },
	{ 0, 6, "GIF87a", { "a GIF image", "image/gif" } },
	{ 0, 6, "GIF89a", { "a GIF image", "image/gif" } },
	{ 8, 4, "WEBP", { "a WebP image", "image/webp" } },
	{ 0, 5, "%PDF-", { "a PDF document", NULL } },
	{ 0, 4, "PK\x03\x04", { "a ZIP archive (or office file)", NULL } },
	{ 0, 2, "\x1f\x8b", { "gzip-compressed", NULL } },
	{ 0, 4, "\x28\xb5\x2f\xfd", { "zstd-compressed", NULL } },
	{ 0, 6, "\xfd" "7zXZ", { "xz-compressed", NULL } },
	{ 0, 4, "\x7f" "ELF", { "a program or library (ELF)", NULL } },
	{ 0, 16, "SQLite format 3", { "a SQLite database", NULL } },
	{ 0, 4, "PAR1", { "a Parquet file", NULL } },
	{ 0, 2, "\xff\xfe", { "UTF-16 text (iconv makes it UTF-8)", NULL } },
	{ 0, 2, "\xfe\xff", { "UTF-16 text (iconv makes it UTF-8)", NULL } },
};

const struct files_kind *
files_kind(const char *data, size_t len)
{
	static const struct files_kind other = { "binary data", NULL };

	for (size_t i = 0; i < ARRAY_LEN(magics); i++)
		if (len >= magics[i].at + magics[i].len &&
		    !memcmp(data + magics[i].at, magics[i].bytes,
			    magics[i].len))
			return &magics[i].kind;
	return memchr(data, '\0', len) ? &other : NULL;
}

const struct files_kind *
files_kind_of_fd(int fd)
{
	char head[FILES_KIND_BYTES];
	ssize_t n = pread(fd, head, sizeof(head), 0);

	return files_kind(head, n > 0 ? (size_t)n : 0);
}
