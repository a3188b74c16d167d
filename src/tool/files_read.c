/*
 * read_file and view_image.
 */
#include "base/json.h"
#include "base/path.h"
#include "tool/files.h"
#include "tool/lines.h"
#include "tool/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* --- read_file ---------------------------------------------------------- */

enum { LINES_DEFAULT = 2000, LINE_SHOWN = 2000 };

struct window {
	struct buf text;
	size_t limit;            /* bytes */
	int64_t first, past;     /* lines wanted: [first, past) */
	int64_t last;            /* the last line seen in whole or part */
	int64_t line_bytes;      /* of the line that is being read */
	size_t shown;            /* of those, in text */
	bool more;               /* there are lines after the window */
};

/* As much of data as may be shown, cut between characters. */
static size_t
fitting(const char *data, size_t len, size_t room)
{
	if (len <= room)
		return len;
	while (room && ((unsigned char)data[room] & 0xc0) == 0x80)
		room--;
	return room;
}

/* False when the window is full. */
static bool
window_add(struct window *w, const struct lines_piece *p)
{
	size_t wanted = p->len < LINE_SHOWN ? p->len : LINE_SHOWN, n;

	if (p->line >= w->past ||
	    (p->begins && w->text.len && w->text.len + wanted > w->limit)) {
		w->more = true;
		return false;
	}
	w->last = p->line;
	if (p->line < w->first)
		return true;
	if (p->begins) {
		w->line_bytes = 0;
		w->shown = 0;
	}
	n = fitting(p->data, p->len,
		    w->shown < LINE_SHOWN ? LINE_SHOWN - w->shown : 0);
	spool_add_text(&w->text, p->data, n);
	w->shown += n;
	w->line_bytes += (int64_t)p->len;
	if (!p->ends)
		return true;
	if (w->line_bytes > (int64_t)w->shown)
		buf_printf(&w->text, " [%" PRId64 " more bytes in this line]",
			   w->line_bytes - (int64_t)w->shown);
	buf_addch(&w->text, '\n');
	return true;
}

static void
give_window(struct files_call *c, const char *path, const struct window *w,
	    int64_t size)
{
	AUTO(buf) note = BUF_INIT;
	cJSON *data = cJSON_CreateObject();

	tool_result_text(&c->result, buf_str(&w->text));
	if (w->more)
		buf_printf(&note,
			   "[lines %" PRId64 " to %" PRId64 " of %s, %" PRId64
			   " bytes in all; go on with offset %" PRId64 "]",
			   w->first, w->last, path, size, w->last + 1);
	if (note.len)
		tool_result_text(&c->result, note.data);
	cJSON_AddStringToObject(data, "path", path);
	cJSON_AddNumberToObject(data, "size_bytes", (double)size);
	cJSON_AddNumberToObject(data, "first_line", (double)w->first);
	cJSON_AddNumberToObject(data, "last_line", (double)w->last);
	cJSON_AddBoolToObject(data, "more", w->more);
	c->result.data = data;
}

static bool
read_window(struct files_call *c, int fd, const char *path, struct window *w,
	    struct err *err)
{
	struct lines_piece piece;
	struct lines ls;
	int saved;

	lines_init(&ls, fd, false, tool_session_redact(c->req->session));
	while (files_go_on(c) && lines_next(&ls, &piece) &&
	       window_add(w, &piece))
		;
	saved = ls.read_errno;
	lines_release(&ls);
	if (saved)
		return err_errno(err, saved, "cannot read %.200s", path);
	if (!c->stopped && w->first > 1 && w->last < w->first)
		return FAIL(err, ERR_DATA,
			    "%.200s has only %" PRId64 " lines, so none from "
			    "offset %" PRId64,
			    path, w->last, w->first);
	return true;
}

static bool
read_file(struct files_call *c, struct err *err)
{
	const cJSON *args = c->req->args;
	const char *path = json_str(args, "path");
	struct window w = {
		.limit = files_output_limit(c->req),
		.first = json_int(args, "offset", 1),
	};
	const struct files_kind *kind;
	AUTO_FD fd = -1;
	struct stat st;
	bool ok;

	w.past = w.first + json_int(args, "limit", LINES_DEFAULT);
	if (!place_open_file(&c->rules, path, &fd, &st, err))
		return false;
	kind = files_kind_of_fd(fd);
	if (kind)
		return FAIL(err, ERR_DATA, "%.200s is %s, not text%s", path,
			    kind->name,
			    kind->media_type ? "; view_image shows it" : "");
	ok = read_window(c, fd, path, &w, err);
	if (ok)
		give_window(c, path, &w, st.st_size);
	buf_release(&w.text);
	return ok;
}

static struct tool_call *
start_read_file(const struct tool_request *req, struct err *err)
{
	(void)err;
	return files_start(&tool_read_file, req, read_file);
}

const struct tool tool_read_file = {
	.name = "read_file",
	.summary = "Read lines of a text file in the workspace or the run",
	.schema =
		"{\"type\":\"object\",\"additionalProperties\":false,"
		"\"required\":[\"path\"],\"properties\":{"
		"\"path\":{\"type\":\"string\",\"description\":"
		"\"File, relative to the workspace\"},"
		"\"offset\":{\"type\":\"integer\",\"minimum\":1,"
		"\"default\":1,\"description\":\"First line, from 1\"},"
		"\"limit\":{\"type\":\"integer\",\"minimum\":1,"
		"\"maximum\":1000000,\"default\":2000,\"description\":"
		"\"Most lines; the output limit may end it sooner\"}}}",
	.effects = TOOL_READS,
	.profile = SANDBOX_READ_ONLY,
	.start = start_read_file,
	.cancel = files_cancel,
};

/* --- view_image --------------------------------------------------------- */

enum { IMAGE_LIMIT = 32 << 20, NAMES_TRIED = 100 };

/* A new file in dir, named like path; "2-NAME" and so on when that is
 * taken. The caller frees ret_name and closes the fd. */
static bool
new_file(const char *dir, const char *path, int *ret_fd, char **ret_name,
	 struct err *err)
{
	for (int i = 1; i <= NAMES_TRIED; i++) {
		AUTO_FREE char *name =
			i == 1 ? xstrdup(path_base(path)) :
				 xasprintf("%d-%s", i, path_base(path));
		AUTO_FREE char *full = path_join(dir, name);
		int fd = open(full,
			      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
				      O_CLOEXEC,
			      0600);

		if (fd >= 0) {
			*ret_fd = fd;
			*ret_name = TAKE(name);
			return true;
		}
		if (errno != EEXIST)
			break;
	}
	return err_errno(err, errno, "cannot write %.200s into %s",
			 path_base(path), dir);
}

static bool
copy_all(int from, int to, const char *path, struct err *err)
{
	AUTO_FREE char *chunk = xmalloc(64 << 10);
	ssize_t n;

	while ((n = read(from, chunk, 64 << 10)) > 0)
		for (ssize_t done = 0, m; done < n; done += m) {
			m = write(to, chunk + done, (size_t)(n - done));
			if (m < 0)
				return err_errno(err, errno,
						 "cannot copy %.200s", path);
		}
	return n == 0 || err_errno(err, errno, "cannot read %.200s", path);
}

static bool
view_image(struct files_call *c, struct err *err)
{
	const char *path = json_str(c->req->args, "path");
	const struct files_kind *kind;
	AUTO_FREE char *name = NULL;
	AUTO_FD from = -1, to = -1;
	struct stat st;

	if (!place_open_file(&c->rules, path, &from, &st, err))
		return false;
	kind = files_kind_of_fd(from);
	if (!kind || !kind->media_type)
		return FAIL(err, ERR_DATA,
			    "%.200s is %s, not a PNG, JPEG, GIF or WebP image",
			    path, kind ? kind->name : "text");
	if (st.st_size > IMAGE_LIMIT)
		return FAIL(err, ERR_TOOBIG,
			    "%.200s has %" PRId64 " bytes; the most for an "
			    "image is %d",
			    path, (int64_t)st.st_size, IMAGE_LIMIT);
	if (!new_file(c->req->dir, path, &to, &name, err) ||
	    !copy_all(from, to, path, err))
		return false;
	tool_result_file(&c->result, TOOL_PART_IMAGE, name, kind->media_type);
	c->result.data = cJSON_CreateObject();
	cJSON_AddStringToObject(c->result.data, "path", path);
	cJSON_AddStringToObject(c->result.data, "media_type",
				kind->media_type);
	cJSON_AddNumberToObject(c->result.data, "size_bytes",
				(double)st.st_size);
	return true;
}

static struct tool_call *
start_view_image(const struct tool_request *req, struct err *err)
{
	(void)err;
	return files_start(&tool_view_image, req, view_image);
}

const struct tool tool_view_image = {
	.name = "view_image",
	.summary = "Look at a PNG, JPEG, GIF or WebP image",
	.schema =
		"{\"type\":\"object\",\"additionalProperties\":false,"
		"\"required\":[\"path\"],\"properties\":{"
		"\"path\":{\"type\":\"string\",\"description\":"
		"\"Image file, relative to the workspace\"}}}",
	.effects = TOOL_READS,
	.profile = SANDBOX_READ_ONLY,
	.folder = true,
	.start = start_view_image,
	.cancel = files_cancel,
};
