#include "flow/validate.h"

#include "base/json.h"
#include "base/path.h"
#include "flow/match.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	CHUNK = 64 << 10,      /* read at a time; also the longest line that
				  a regex sees whole */
	ROWS_MAX_BYTES = 1 << 30, /* of a file whose rows are counted */
};

/* Says what was found; the user's words come first when there are any. */
static bool
verdict(const struct validation *v, struct validation_result *r, bool ok,
	const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static bool
verdict(const struct validation *v, struct validation_result *r, bool ok,
	const char *fmt, ...)
{
	AUTO_FREE char *found = NULL;
	va_list ap;

	va_start(ap, fmt);
	found = xvasprintf(fmt, ap);
	va_end(ap);
	r->ok = ok;
	if (v->message && !ok)
		snprintf(r->message, sizeof(r->message), "%s (%s)",
			 v->message, found);
	else
		snprintf(r->message, sizeof(r->message), "%s", found);
	return ok;
}

static void
compared(struct validation_result *r, double value, double threshold)
{
	r->has_value = true;
	r->value = value;
	r->threshold = threshold;
}

static bool
open_file(const struct validation *v, const struct validation_context *ctx,
	  struct validation_result *r, int *ret_fd)
{
	struct err err = ERR_INIT;

	if (path_open_beneath(ctx->dir, v->file, ret_fd, &err))
		return true;
	return verdict(v, r, false, "%s", err.msg);
}

/* ---- exit, file ------------------------------------------------------- */

static void
run_exit(const struct validation *v, const struct validation_context *ctx,
	 struct validation_result *r)
{
	compared(r, ctx->exit_status, v->exit_status);
	if (ctx->exit_status == v->exit_status)
		verdict(v, r, true, "exit status %d", ctx->exit_status);
	else
		verdict(v, r, false, "exit status %d, not %d",
			ctx->exit_status, v->exit_status);
}

static void
run_file(const struct validation *v, const struct validation_context *ctx,
	 struct validation_result *r)
{
	struct stat st;
	AUTO_FD fd = -1;

	if (!open_file(v, ctx, r, &fd))
		return;
	if (fstat(fd, &st)) {
		verdict(v, r, false, "%s: %s", v->file, strerror(errno));
		return;
	}
	if (st.st_size == 0)
		verdict(v, r, false, "%s is empty", v->file);
	else
		verdict(v, r, true, "%s, %lld bytes", v->file,
			(long long)st.st_size);
}

/* ---- bounds ----------------------------------------------------------- */

/* The number that a bound stands for, expressions resolved. */
static bool
bound_value(const struct validation *v, const struct validation_context *ctx,
	    const struct yaml_node *n, struct validation_result *r,
	    double *ret)
{
	AUTO_JSON *value = NULL;
	struct err err = ERR_INIT;

	if (!expr_resolve(ctx->doc, n, ctx->values, &value, &err))
		return verdict(v, r, false, "%s", err.msg);
	if (cJSON_IsNumber(value)) {
		*ret = value->valuedouble;
		return true;
	}
	if (cJSON_IsString(value) && str_to_double(value->valuestring, ret))
		return true;
	return verdict(v, r, false, "the bound %.80s is no number", n->text);
}

/* Compares the number with min and max; what is its name in messages. */
static void
run_bounds(const struct validation *v, const struct validation_context *ctx,
	   struct validation_result *r, const char *what, double number)
{
	double bound = 0;

	if (v->min) {
		if (!bound_value(v, ctx, v->min, r, &bound))
			return;
		compared(r, number, bound);
		if (!(number >= bound)) {
			verdict(v, r, false, "%s is %.15g, less than %.15g",
				what, number, bound);
			return;
		}
	}
	if (v->max) {
		if (!bound_value(v, ctx, v->max, r, &bound))
			return;
		compared(r, number, bound);
		if (!(number <= bound)) {
			verdict(v, r, false, "%s is %.15g, more than %.15g",
				what, number, bound);
			return;
		}
	}
	verdict(v, r, true, "%s is %.15g", what, number);
}

/* ---- json ------------------------------------------------------------- */

static bool
same_json(const cJSON *a, const cJSON *b)
{
	AUTO_FREE char *x = NULL;
	AUTO_FREE char *y = NULL;

	if (cJSON_IsNumber(a) && cJSON_IsNumber(b))
		return a->valuedouble == b->valuedouble;
	x = json_print(a);
	y = json_print(b);
	return strcmp(x, y) == 0;
}

static void
run_equals(const struct validation *v, const struct validation_context *ctx,
	   struct validation_result *r, const char *what, const cJSON *found)
{
	AUTO_JSON *wanted = NULL;
	AUTO_FREE char *x = NULL;
	AUTO_FREE char *y = NULL;
	struct err err = ERR_INIT;

	if (!expr_resolve(ctx->doc, v->equals, ctx->values, &wanted, &err)) {
		verdict(v, r, false, "%s", err.msg);
		return;
	}
	if (cJSON_IsNumber(found) && cJSON_IsNumber(wanted))
		compared(r, found->valuedouble, wanted->valuedouble);
	x = json_print(found);
	if (same_json(found, wanted)) {
		verdict(v, r, true, "%s is %.80s", what, x);
		return;
	}
	y = json_print(wanted);
	verdict(v, r, false, "%s is %.80s, not %.80s", what, x, y);
}

static void
judge_json(const struct validation *v, const struct validation_context *ctx,
	   struct validation_result *r, const cJSON *root)
{
	const cJSON *found = v->path && root ? json_path(root, v->path) :
					       root;
	const char *what = v->path ? v->path : v->file ? v->file : "data";

	if (v->has_exists && !v->exists) {
		verdict(v, r, !found, "%s is %sthere", what,
			found ? "" : "not ");
		return;
	}
	if (!found) {
		verdict(v, r, false, "there is no %s in %s", what,
			v->file ? v->file : "the step's data");
		return;
	}
	if (v->equals) {
		run_equals(v, ctx, r, what, found);
		if (!r->ok)
			return;
	}
	if (!v->min && !v->max) {
		if (!v->equals)
			verdict(v, r, true, "%s is there", what);
	} else if (cJSON_IsNumber(found)) {
		run_bounds(v, ctx, r, what, found->valuedouble);
	} else {
		verdict(v, r, false, "%s is no number", what);
	}
}

static void
run_json(const struct validation *v, const struct validation_context *ctx,
	 struct validation_result *r)
{
	AUTO(buf) text = BUF_INIT;
	AUTO_JSON *root = NULL;
	struct err err = ERR_INIT;
	AUTO_FD fd = -1;

	if (!v->file) {
		judge_json(v, ctx, r, ctx->data);
		return;
	}
	if (!open_file(v, ctx, r, &fd))
		return;
	if (path_read_fd(fd, v->file, VALIDATION_TEXT_MAX, &text, &err))
		root = json_parse(text.data, text.len, v->file, &err);
	if (!root)
		verdict(v, r, false, "%s", err.msg);
	else
		judge_json(v, ctx, r, root);
}

/* ---- regex ------------------------------------------------------------ */

/*
 * Matches line by line: what a pattern costs stays bounded by the line. A
 * line longer than CHUNK is seen in pieces.
 */
static bool
match_lines(const regex_t *re, const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		size_t left = (size_t)(end - text);
		const char *newline = memchr(text, '\n', left);
		size_t line = newline ? (size_t)(newline - text) : left;
		size_t piece = line > CHUNK ? CHUNK : line;
		size_t shown = piece;

		if (shown && text[shown - 1] == '\r' && shown == line)
			shown--;
		if (match_has(re, text, shown))
			return true;
		text += piece + (piece == line && newline ? 1 : 0);
	}
	return false;
}

static void
judge_regex(const struct validation *v, struct validation_result *r,
	    const char *text, size_t len)
{
	struct err err = ERR_INIT;
	const char *where = v->file ? v->file : "the step's text";
	regex_t re;
	bool found;

	if (!match_compile(v->match, &re, &err)) {
		verdict(v, r, false, "%s", err.msg);
		return;
	}
	found = match_lines(&re, text, len);
	regfree(&re);
	verdict(v, r, found, "%s line of %s matches \"%.120s\"",
		found ? "a" : "no", where, v->match);
}

static void
run_regex(const struct validation *v, const struct validation_context *ctx,
	  struct validation_result *r)
{
	AUTO(buf) text = BUF_INIT;
	struct err err = ERR_INIT;
	AUTO_FD fd = -1;

	if (!v->file) {
		judge_regex(v, r, ctx->text ? ctx->text : "",
			    ctx->text ? strlen(ctx->text) : 0);
		return;
	}
	if (!open_file(v, ctx, r, &fd))
		return;
	if (path_read_fd(fd, v->file, VALIDATION_TEXT_MAX, &text, &err))
		judge_regex(v, r, buf_str(&text), text.len);
	else
		verdict(v, r, false, "%s", err.msg);
}

/* ---- rows ------------------------------------------------------------- */

/*
 * Counts CSV records (RFC 4180) in constant memory: a newline ends one
 * unless it stands in quotes; quotes open only at the start of a field, so
 * that 5" in the middle of a text does not; an empty line is no record.
 */
struct rows {
	enum { FIELD_START, IN_FIELD, IN_QUOTES, QUOTE_SEEN } state;
	bool in_record;
	int64_t count;
};

static bool
is_delimiter(char c)
{
	return c == ',' || c == ';' || c == '\t' || c == '|';
}

static void
rows_byte(struct rows *rows, char c)
{
	if (rows->state == IN_QUOTES) {
		if (c == '"')
			rows->state = QUOTE_SEEN;
		return;
	}
	if (c == '\r')
		return;
	if (c == '\n') {
		rows->count += rows->in_record;
		rows->in_record = false;
		rows->state = FIELD_START;
		return;
	}
	rows->in_record = true;
	if (c == '"' && rows->state != IN_FIELD)
		rows->state = IN_QUOTES;
	else
		rows->state = is_delimiter(c) ? FIELD_START : IN_FIELD;
}

static void
rows_add(struct rows *rows, const char *p, size_t len, bool first)
{
	size_t i = first && len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0 ?
		3 : 0;

	for (; i < len; i++)
		rows_byte(rows, p[i]);
}

/* Records of the file, the header among them. */
static bool
count_rows(const struct validation *v, struct validation_result *r, int fd,
	   int64_t *ret)
{
	AUTO_FREE char *chunk = xmalloc(CHUNK);
	struct rows rows = { 0 };
	int64_t total = 0;
	ssize_t n;

	while ((n = read(fd, chunk, CHUNK)) > 0) {
		rows_add(&rows, chunk, (size_t)n, total == 0);
		total += n;
		if (total > ROWS_MAX_BYTES)
			return verdict(v, r, false, "%s is larger than %d "
				       "MiB", v->file, ROWS_MAX_BYTES >> 20);
	}
	if (n < 0)
		return verdict(v, r, false, "cannot read %s: %s", v->file,
			       strerror(errno));
	*ret = rows.count + rows.in_record;
	return true;
}

static void
run_rows(const struct validation *v, const struct validation_context *ctx,
	 struct validation_result *r)
{
	AUTO_FREE char *what = xasprintf("the number of rows in %s", v->file);
	AUTO_FD fd = -1;
	int64_t count = 0;

	if (open_file(v, ctx, r, &fd) && count_rows(v, r, fd, &count))
		run_bounds(v, ctx, r, what, count > 0 ? (double)count - 1 : 0);
}

/* ---- visual, command -------------------------------------------------- */

static void
run_visual(const struct validation *v, const struct validation_context *ctx,
	   struct validation_result *r)
{
	if (ctx->visual)
		ctx->visual(ctx->ud, v, ctx, r);
	else
		verdict(v, r, false, "pictures cannot be checked here");
}

typedef void run_fn(const struct validation *v,
		    const struct validation_context *ctx,
		    struct validation_result *r);

static run_fn *const RUNNERS[] = {
	[VALIDATION_EXIT] = run_exit,
	[VALIDATION_FILE] = run_file,
	[VALIDATION_JSON] = run_json,
	[VALIDATION_REGEX] = run_regex,
	[VALIDATION_ROWS] = run_rows,
	[VALIDATION_VISUAL] = run_visual,
	[VALIDATION_COMMAND] = NULL, /* the engine's */
};

static struct validation_result
new_result(const struct validation *v)
{
	struct validation_result r = { .kind = v->kind };

	snprintf(r.artifact, sizeof(r.artifact), "%s", v->file ? v->file : "");
	return r;
}

bool
validation_run(const struct validation *v,
	       const struct validation_context *ctx,
	       struct validation_result *ret)
{
	if (!RUNNERS[v->kind])
		return false;
	*ret = new_result(v);
	RUNNERS[v->kind](v, ctx, ret);
	return true;
}

void
validation_command(const struct validation *v, int exit_status,
		   const char *why, struct validation_result *ret)
{
	*ret = new_result(v);
	if (exit_status < 0) {
		verdict(v, ret, false, "the command did not run to its end: "
			"%s", why ? why : "unknown reason");
		return;
	}
	compared(ret, exit_status, 0);
	verdict(v, ret, exit_status == 0, "exit status %d of: %.120s",
		exit_status, v->command);
}
