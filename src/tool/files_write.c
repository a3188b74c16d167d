/*
 * write_file and edit_file. Both write atomically: the old content or the
 * new one, never half.
 */
#include "base/json.h"
#include "base/path.h"
#include "tool/files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { NEW_FILE_MODE = 0644, EDIT_LIMIT = 8 << 20 };

/* --- write_file --------------------------------------------------------- */

static bool
write_file(struct files_call *c, struct err *err)
{
	const cJSON *args = c->req->args;
	const char *path = json_str(args, "path");
	const char *content = json_str(args, "content");
	bool overwrite = json_bool(args, "overwrite", false), exists;
	struct place at = PLACE_INIT;
	struct stat st;
	bool ok;

	if (!place_to_write(&c->rules, path, true, &at, &st, err))
		return false;
	exists = st.st_nlink > 0;
	ok = path_write_at(at.dir_fd, at.name, path, content, strlen(content),
			   exists ? st.st_mode & 07777 : NEW_FILE_MODE,
			   overwrite, err);
	place_release(&at);
	if (!ok && !overwrite && err->code == ERR_CONFLICT)
		return FAIL(err, ERR_CONFLICT,
			    "%.200s exists already; change it with edit_file, "
			    "or set overwrite to true",
			    path);
	if (!ok)
		return false;
	c->result.data = cJSON_CreateObject();
	cJSON_AddStringToObject(c->result.data, "path", path);
	cJSON_AddNumberToObject(c->result.data, "size_bytes",
				(double)strlen(content));
	cJSON_AddBoolToObject(c->result.data, "created", !exists);
	tool_result_text(&c->result, exists ? "replaced" : "written");
	return true;
}

static struct tool_call *
start_write_file(const struct tool_request *req, struct err *err)
{
	(void)err;
	return files_start(&tool_write_file, req, write_file);
}

const struct tool tool_write_file = {
	.name = "write_file",
	.summary = "Write a text file, with the folders it needs",
	.schema =
		"{\"type\":\"object\",\"additionalProperties\":false,"
		"\"required\":[\"path\",\"content\"],\"properties\":{"
		"\"path\":{\"type\":\"string\",\"description\":"
		"\"File, relative to the workspace\"},"
		"\"content\":{\"type\":\"string\",\"description\":"
		"\"All of its new content\"},"
		"\"overwrite\":{\"type\":\"boolean\",\"default\":false,"
		"\"description\":\"Replace the file if it exists\"}}}",
	.effects = TOOL_WRITES | TOOL_DESTRUCTIVE,
	.profile = SANDBOX_WORKSPACE_WRITE,
	.folder = true,
	.start = start_write_file,
	.cancel = NULL,
};

/* --- edit_file ---------------------------------------------------------- */

static size_t
occurrences(const struct buf *text, const char *old)
{
	size_t n = strlen(old), count = 0;
	const char *p = text->data, *end = p + text->len;

	while ((p = memmem(p, (size_t)(end - p), old, n))) {
		count++;
		p += n;
	}
	return count;
}

/* The line of the first occurrence. */
static int64_t
line_of(const struct buf *text, const char *old)
{
	const char *at = memmem(text->data, text->len, old, strlen(old));
	int64_t line = 1;

	for (const char *p = text->data; p < at; p++)
		line += *p == '\n';
	return line;
}

static void
replace_all(const struct buf *text, const char *old, const char *new,
	    struct buf *out)
{
	size_t n = strlen(old);
	const char *p = text->data, *end = p + text->len, *at;

	while ((at = memmem(p, (size_t)(end - p), old, n))) {
		buf_add(out, p, (size_t)(at - p));
		buf_addstr(out, new);
		p = at + n;
	}
	buf_add(out, p, (size_t)(end - p));
}

/* Whether every line ends with carriage return and newline. */
static bool
has_crlf(const struct buf *text)
{
	const char *p = text->data, *end = p + text->len;
	bool any = false;

	while ((p = memchr(p, '\n', (size_t)(end - p)))) {
		if (p == text->data || p[-1] != '\r')
			return false;
		any = true;
		p++;
	}
	return any;
}

/* Caller frees. */
static char *
with_crlf(const char *s)
{
	AUTO(buf) out = BUF_INIT;

	for (; *s; s++) {
		if (*s == '\n' && (out.len == 0 ||
				   out.data[out.len - 1] != '\r'))
			buf_addch(&out, '\r');
		buf_addch(&out, *s);
	}
	return buf_steal(&out);
}

static bool
check_count(const char *path, size_t count, bool all, struct err *err)
{
	if (count == 0)
		return FAIL(err, ERR_DATA,
			    "%.200s does not hold the old text; it must be "
			    "the same to the last blank: read the file again",
			    path);
	if (count > 1 && !all)
		return FAIL(err, ERR_CONFLICT,
			    "%.200s holds the old text %zu times; give more "
			    "of the lines around it, or set all to true",
			    path, count);
	return true;
}

static bool
read_to_edit(const struct place *at, const char *path, struct buf *text,
	     struct err *err)
{
	AUTO_FREE char *dir = place_of_fd(at->dir_fd);
	AUTO_FD fd = -1;

	if (!path_open_beneath(dir ? dir : "/", at->name, &fd, err) ||
	    !path_read_fd(fd, path, EDIT_LIMIT, text, err))
		return false;
	if (memchr(buf_str(text), '\0', text->len))
		return FAIL(err, ERR_DATA, "%.200s is binary, not text",
			    path);
	return true;
}

/* Makes the new content of the file in out. */
static bool
edit(struct files_call *c, const struct buf *text, struct buf *out,
     struct err *err)
{
	const cJSON *args = c->req->args;
	const char *path = json_str(args, "path");
	bool crlf = has_crlf(text);
	AUTO_FREE char *old = crlf ? with_crlf(json_str(args, "old")) :
				     xstrdup(json_str(args, "old"));
	AUTO_FREE char *new = crlf ? with_crlf(json_str(args, "new")) :
				     xstrdup(json_str(args, "new"));
	size_t count;

	if (!*old || str_eq(old, new))
		return FAIL(err, ERR_USAGE, "%.200s: %s", path,
			    *old ? "old and new are the same text" :
				   "old is empty; write_file makes new files");
	count = occurrences(text, old);
	if (!check_count(path, count, json_bool(args, "all", false), err))
		return false;
	if (text->len + count * strlen(new) > 2 * (size_t)EDIT_LIMIT)
		return FAIL(err, ERR_TOOBIG,
			    "%.200s would grow over %d bytes", path,
			    2 * EDIT_LIMIT);
	replace_all(text, old, new, out);
	c->result.data = cJSON_CreateObject();
	cJSON_AddStringToObject(c->result.data, "path", path);
	cJSON_AddNumberToObject(c->result.data, "replaced", (double)count);
	cJSON_AddNumberToObject(c->result.data, "line",
				(double)line_of(text, old));
	return true;
}

static bool
edit_at(struct files_call *c, const struct place *at, mode_t mode,
	struct err *err)
{
	const char *path = json_str(c->req->args, "path");
	AUTO(buf) text = BUF_INIT;
	AUTO(buf) out = BUF_INIT;
	AUTO_FREE char *said = NULL;

	if (!read_to_edit(at, path, &text, err))
		return false;
	buf_terminate(&text);
	if (!edit(c, &text, &out, err) ||
	    !path_write_at(at->dir_fd, at->name, path, out.data, out.len,
			   mode, true, err))
		return false;
	said = xasprintf("replaced %" PRId64 " in line %" PRId64 "%s",
			 json_int(c->result.data, "replaced", 0),
			 json_int(c->result.data, "line", 0),
			 json_int(c->result.data, "replaced", 0) > 1 ?
				 " and after" : "");
	tool_result_text(&c->result, said);
	return true;
}

static bool
edit_file(struct files_call *c, struct err *err)
{
	const char *path = json_str(c->req->args, "path");
	struct place at = PLACE_INIT;
	struct stat st;
	bool ok;

	if (!place_to_write(&c->rules, path, false, &at, &st, err))
		return false;
	ok = st.st_nlink > 0 ? edit_at(c, &at, st.st_mode & 07777, err) :
			       err_errno(err, ENOENT, "%.200s", path);
	place_release(&at);
	return ok;
}

static struct tool_call *
start_edit_file(const struct tool_request *req, struct err *err)
{
	(void)err;
	return files_start(&tool_edit_file, req, edit_file);
}

const struct tool tool_edit_file = {
	.name = "edit_file",
	.summary = "Replace an exact text in a file",
	.schema =
		"{\"type\":\"object\",\"additionalProperties\":false,"
		"\"required\":[\"path\",\"old\",\"new\"],\"properties\":{"
		"\"path\":{\"type\":\"string\",\"description\":"
		"\"File, relative to the workspace\"},"
		"\"old\":{\"type\":\"string\",\"description\":"
		"\"Text to replace; must be there exactly once\"},"
		"\"new\":{\"type\":\"string\",\"description\":"
		"\"What to put in its place\"},"
		"\"all\":{\"type\":\"boolean\",\"default\":false,"
		"\"description\":\"Replace it wherever it is\"}}}",
	.effects = TOOL_WRITES | TOOL_DESTRUCTIVE,
	.profile = SANDBOX_WORKSPACE_WRITE,
	.folder = true,
	.start = start_edit_file,
	.cancel = NULL,
};
