/*
 * list_files and search_files: walks below one folder, bounded in what they
 * return and in memory.
 */
#include "base/json.h"
#include "base/nfa.h"
#include "base/path.h"
#include "base/walk.h"
#include "tool/files.h"
#include "tool/lines.h"
#include "tool/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What both do with the folders they meet. */
struct sweep {
	struct files_call *call;
	const char *path;    /* as asked for: "." or "data" */
	char *real;          /* its absolute path */
	const char *glob;    /* NULL: all */
	bool hidden, more;   /* more: the limit ended it */
	int64_t depth, limit, count;
	struct spool spool;
	cJSON *data, *list;
};

static void
sweep_init(struct sweep *s, struct files_call *c, const char *spool_name)
{
	const cJSON *args = c->req->args;
	const char *path = json_str(args, "path");

	*s = (struct sweep){
		.call = c,
		.path = path ? path : ".",
		.glob = json_str(args, "glob"),
		.hidden = json_bool(args, "hidden", false),
	};
	spool_init(&s->spool, c->req->dir, spool_name,
		   files_output_limit(c->req));
	s->data = cJSON_CreateObject();
	cJSON_AddStringToObject(s->data, "path", s->path);
}

static void
sweep_release(struct sweep *s)
{
	spool_release(&s->spool);
	free(s->real);
	cJSON_Delete(s->data);
}

/* The path that the other file tools take: relative to the workspace, and
 * valid UTF-8. Caller frees. */
static char *
shown_path(const struct sweep *s, const char *below)
{
	AUTO_FREE char *path = str_eq(s->path, ".") ?
				       xstrdup(below) :
				       path_join(s->path, below);
	AUTO(buf) out = BUF_INIT;

	spool_add_text(&out, path, strlen(path));
	return buf_steal(&out);
}

/* .git and keys always, other hidden names unless asked for. */
static bool
left_out(const struct sweep *s, const struct walk_entry *e)
{
	AUTO_FREE char *full = NULL;

	if (str_eq(e->name, ".git") || (*e->name == '.' && !s->hidden))
		return true;
	full = path_join(s->real, e->path);
	return place_is_secret(&s->call->rules, full);
}

static void
sweep_print(struct sweep *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void
sweep_print(struct sweep *s, const char *fmt, ...)
{
	AUTO(buf) b = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	spool_add(&s->spool, b.data, b.len);
}

static void
say_left_out(struct sweep *s, const struct walk_left_out *left)
{
	if (s->more)
		sweep_print(s, "[the limit of %" PRId64 " is reached; there "
			       "is more]\n",
			    s->limit);
	if (left->unreadable)
		sweep_print(s, "[%zu folders could not be read]\n",
			    left->unreadable);
	if (left->too_deep || left->too_many)
		sweep_print(s, "[left out: %zu folders too deep, %zu names "
			       "in folders of more than %d]\n",
			    left->too_deep, left->too_many, WALK_NAMES_MAX);
}

static void
sweep_finish(struct sweep *s)
{
	cJSON_AddBoolToObject(s->data, "more", s->more);
	spool_finish(&s->spool, &s->call->result);
	s->call->result.data = TAKE(s->data);
}

/* --- list_files --------------------------------------------------------- */

enum { LIST_DEFAULT = 1000, DEPTH_DEFAULT = 8 };

static void
list_entry(struct sweep *s, const struct walk_entry *e)
{
	AUTO_FREE char *path = shown_path(s, e->path);
	struct stat st;

	s->count++;
	if (e->kind == DT_DIR) {
		sweep_print(s, "%s/\n", path);
	} else if (e->kind != DT_REG) {
		sweep_print(s, "%s\t%s\n", path,
			    e->kind == DT_LNK ? "link" : "special");
	} else if (!fstatat(e->dir_fd, e->name, &st, AT_SYMLINK_NOFOLLOW)) {
		sweep_print(s, "%s\t%" PRId64 "\n", path,
			    (int64_t)st.st_size);
		cJSON_AddItemToArray(s->list, cJSON_CreateString(path));
	}
}

static enum walk_verdict
on_list(void *ud, const struct walk_entry *e)
{
	struct sweep *s = ud;
	bool wanted = !s->glob ||
		      (e->kind == DT_REG && str_glob(s->glob, e->path));

	if (!files_go_on(s->call))
		return WALK_STOP;
	if (left_out(s, e))
		return WALK_SKIP;
	if (wanted && s->count == s->limit) {
		s->more = true;
		return WALK_STOP;
	}
	if (wanted)
		list_entry(s, e);
	return e->depth < s->depth ? WALK_ON : WALK_SKIP;
}

static bool
list_files(struct files_call *c, struct err *err)
{
	const cJSON *args = c->req->args;
	struct walk_left_out left;
	AUTO_FD fd = -1;
	struct sweep s;
	bool ok;

	sweep_init(&s, c, "list.txt");
	s.limit = json_int(args, "limit", LIST_DEFAULT);
	s.depth = json_int(args, "depth", DEPTH_DEFAULT);
	s.list = cJSON_AddArrayToObject(s.data, "files");
	ok = place_open_folder(&c->rules, s.path, &fd, err);
	if (ok) {
		s.real = place_of_fd(fd);
		ok = walk(fd, s.path, on_list, &s, &left, err);
	}
	if (ok) {
		say_left_out(&s, &left);
		cJSON_AddNumberToObject(s.data, "count", (double)s.count);
		sweep_finish(&s);
	}
	sweep_release(&s);
	return ok;
}

static struct tool_call *
start_list_files(const struct tool_request *req, struct err *err)
{
	(void)err;
	return files_start(&tool_list_files, req, list_files);
}

const struct tool tool_list_files = {
	.name = "list_files",
	.summary = "List files and folders below a folder, with sizes",
	.schema =
		"{\"type\":\"object\",\"additionalProperties\":false,"
		"\"properties\":{"
		"\"path\":{\"type\":\"string\",\"default\":\".\","
		"\"description\":\"Folder, relative to the workspace\"},"
		"\"glob\":{\"type\":\"string\",\"description\":"
		"\"Only files like this: *.csv, src/**/*.c\"},"
		"\"depth\":{\"type\":\"integer\",\"minimum\":1,"
		"\"maximum\":64,\"default\":8,\"description\":"
		"\"Levels of folders\"},"
		"\"hidden\":{\"type\":\"boolean\",\"default\":false,"
		"\"description\":\"Names that begin with a dot too\"},"
		"\"limit\":{\"type\":\"integer\",\"minimum\":1,"
		"\"maximum\":10000,\"default\":1000,\"description\":"
		"\"Most entries\"}}}",
	.effects = TOOL_READS,
	.profile = SANDBOX_READ_ONLY,
	.start = start_list_files,
	.cancel = files_cancel,
};

/* --- search_files ------------------------------------------------------- */

enum { MATCHES_DEFAULT = 200, SHOWN_BEFORE = 80, SHOWN_MAX = 240 };

struct hunt {
	struct sweep sweep;
	const char *text;   /* plain text to find, when nfa is NULL */
	struct nfa *nfa;
	int64_t files, binary;
};

/* Plain text as a regular expression; caller frees. */
static char *
quoted(const char *text)
{
	AUTO(buf) b = BUF_INIT;

	for (; *text; text++) {
		if (strchr("\\^$.[]|()*+?{}", *text))
			buf_addch(&b, '\\');
		buf_addch(&b, *text);
	}
	return buf_steal(&b);
}

static bool
hunt_for(struct hunt *h, const cJSON *args, struct err *err)
{
	const char *pattern = json_str(args, "pattern");
	bool ignore_case = json_bool(args, "ignore_case", false);
	AUTO_FREE char *expression = NULL;

	if (!json_bool(args, "regex", false) && !ignore_case) {
		h->text = pattern;
		return *pattern ||
		       FAIL(err, ERR_USAGE, "the pattern is empty");
	}
	expression = json_bool(args, "regex", false) ? xstrdup(pattern) :
						       quoted(pattern);
	h->nfa = nfa_new(expression, ignore_case, err);
	return h->nfa != NULL;
}

static bool
find_in(const struct hunt *h, const struct lines_piece *p, size_t *ret_from)
{
	struct nfa_text t = { .data = p->data, .len = p->len,
			      .begins = p->begins, .ends = p->ends };
	const char *at;
	size_t to;

	if (h->nfa)
		return nfa_find(h->nfa, &t, ret_from, &to);
	at = memmem(p->data, p->len, h->text, strlen(h->text));
	if (at)
		*ret_from = (size_t)(at - p->data);
	return at != NULL;
}

/* The part of the line around the match that is worth showing, cut between
 * characters; caller frees. */
static char *
around(const struct lines_piece *p, size_t match)
{
	size_t from = 0, to = p->len;
	AUTO(buf) out = BUF_INIT;

	if (p->len > SHOWN_MAX && match > SHOWN_BEFORE)
		from = match - SHOWN_BEFORE;
	if (to - from > SHOWN_MAX)
		to = from + SHOWN_MAX;
	while (from < to && ((unsigned char)p->data[from] & 0xc0) == 0x80)
		from++;
	while (to > from && to < p->len &&
	       ((unsigned char)p->data[to] & 0xc0) == 0x80)
		to--;
	if (from || !p->begins)
		buf_addstr(&out, "...");
	spool_add_text(&out, p->data + from, to - from);
	if (to < p->len || !p->ends)
		buf_addstr(&out, "...");
	return buf_steal(&out);
}

static void
add_match(struct hunt *h, const char *path, const struct lines_piece *p,
	  size_t at)
{
	AUTO_FREE char *text = around(p, at);
	cJSON *one = cJSON_CreateObject();

	sweep_print(&h->sweep, "%s:%" PRId64 ": %s\n", path, p->line, text);
	cJSON_AddStringToObject(one, "path", path);
	cJSON_AddNumberToObject(one, "line", (double)p->line);
	cJSON_AddStringToObject(one, "text", text);
	cJSON_AddItemToArray(h->sweep.list, one);
	h->sweep.count++;
}

/* Each line counts once, however often it matches. False when the limit is
 * reached. */
static bool
search_fd(struct hunt *h, int fd, const char *path)
{
	struct sweep *s = &h->sweep;
	struct lines_piece p;
	struct lines ls;
	int64_t found_in = 0;
	size_t from;

	if (files_kind_of_fd(fd)) {
		h->binary++;
		return true;
	}
	h->files++;
	lines_init(&ls, fd, true, tool_session_redact(s->call->req->session));
	while (!s->more && files_go_on(s->call) && lines_next(&ls, &p)) {
		if (p.line == found_in ||
		    !find_in(h, &p, &from))
			continue;
		found_in = p.line;
		if (s->count == s->limit)
			s->more = true;
		else
			add_match(h, path, &p, from);
	}
	lines_release(&ls);
	return !s->more;
}

static enum walk_verdict
on_search(void *ud, const struct walk_entry *e)
{
	struct hunt *h = ud;
	struct sweep *s = &h->sweep;
	AUTO_FREE char *path = NULL;
	AUTO_FD fd = -1;
	struct stat st;

	if (!files_go_on(s->call))
		return WALK_STOP;
	if (left_out(s, e))
		return WALK_SKIP;
	if (e->kind != DT_REG || (s->glob && !str_glob(s->glob, e->path)))
		return WALK_ON;
	fd = openat(e->dir_fd, e->name,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return WALK_ON;
	path = shown_path(s, e->path);
	return search_fd(h, fd, path) ? WALK_ON : WALK_STOP;
}

static bool
search_below(struct hunt *h, struct err *err)
{
	struct sweep *s = &h->sweep;
	struct walk_left_out left = { 0 };
	AUTO_FD fd = -1;
	struct stat st;

	if (!place_open(&s->call->rules, s->path, &fd, &st, err))
		return false;
	s->real = place_of_fd(fd);
	if (S_ISREG(st.st_mode))
		search_fd(h, fd, s->path);
	else if (!walk(fd, s->path, on_search, h, &left, err))
		return false;
	if (s->count == 0 && !s->more)
		sweep_print(s, "[no match in %" PRId64 " text files]\n",
			    h->files);
	say_left_out(s, &left);
	cJSON_AddNumberToObject(s->data, "files", (double)h->files);
	cJSON_AddNumberToObject(s->data, "binary_files", (double)h->binary);
	sweep_finish(s);
	return true;
}

static bool
search_files(struct files_call *c, struct err *err)
{
	const cJSON *args = c->req->args;
	struct hunt h = { 0 };
	bool ok;

	if (!hunt_for(&h, args, err))
		return false;
	sweep_init(&h.sweep, c, "matches.txt");
	h.sweep.limit = json_int(args, "limit", MATCHES_DEFAULT);
	h.sweep.list = cJSON_AddArrayToObject(h.sweep.data, "matches");
	ok = search_below(&h, err);
	sweep_release(&h.sweep);
	nfa_free(h.nfa);
	return ok;
}

static struct tool_call *
start_search_files(const struct tool_request *req, struct err *err)
{
	(void)err;
	return files_start(&tool_search_files, req, search_files);
}

const struct tool tool_search_files = {
	.name = "search_files",
	.summary = "Find a text or regular expression in the text files "
		   "below a folder",
	.schema =
		"{\"type\":\"object\",\"additionalProperties\":false,"
		"\"required\":[\"pattern\"],\"properties\":{"
		"\"pattern\":{\"type\":\"string\",\"description\":"
		"\"Text to find\"},"
		"\"regex\":{\"type\":\"boolean\",\"default\":false,"
		"\"description\":\"The pattern is a regular expression: "
		". [a-z] \\\\d \\\\w \\\\s \\\\b ^ $ | () * + ? {2,5}\"},"
		"\"ignore_case\":{\"type\":\"boolean\",\"default\":false,"
		"\"description\":\"Upper and lower case are the same\"},"
		"\"path\":{\"type\":\"string\",\"default\":\".\","
		"\"description\":\"File or folder, relative to the "
		"workspace\"},"
		"\"glob\":{\"type\":\"string\",\"description\":"
		"\"Only files like this: *.csv, src/**/*.c\"},"
		"\"hidden\":{\"type\":\"boolean\",\"default\":false,"
		"\"description\":\"Names that begin with a dot too\"},"
		"\"limit\":{\"type\":\"integer\",\"minimum\":1,"
		"\"maximum\":2000,\"default\":200,\"description\":"
		"\"Most matching lines\"}}}",
	.effects = TOOL_READS,
	.profile = SANDBOX_READ_ONLY,
	.start = start_search_files,
	.cancel = files_cancel,
};
