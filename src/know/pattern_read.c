/*
 * Reading a pattern file.
 *
 * A format is a row of `formats`: how to recognise it and how to read it.
 * The front matter format fills struct pattern by the table of fields; keys
 * that are not in the table are left in the source text, where a rewrite
 * keeps them.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/yaml.h"
#include "know/pattern_field.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	LIST_MAX = 1000, /* items of one list */
	COUNT_MAX = 1000000000,
};

struct reader {
	const struct yaml_doc *doc;
	const struct yaml_node *root;
	const char *yaml; /* the front matter's text */
	size_t yaml_len;
	struct pattern *p;
	struct err *err;
};

/* --- the parts of a file ------------------------------------------------ */

/* Bytes of the line end at s, 0 when there is none. */
static size_t
line_end(const char *s, size_t len)
{
	if (len >= 2 && s[0] == '\r' && s[1] == '\n')
		return 2;
	if (len >= 1 && (*s == '\n' || *s == '\r'))
		return 1;
	if (len >= 2 && memcmp(s, "\xc2\x85", 2) == 0)
		return 2;
	if (len >= 3 && (memcmp(s, "\xe2\x80\xa8", 3) == 0 ||
			 memcmp(s, "\xe2\x80\xa9", 3) == 0))
		return 3;
	return 0;
}

size_t *
pattern_lines(const char *text, size_t len, size_t *ret_count)
{
	size_t *lines = NULL, count = 0, cap = 0;

	GROW(lines, count, cap);
	lines[count++] = 0;
	for (size_t i = 0; i < len;) {
		size_t n = line_end(text + i, len - i);

		i += n ? n : 1;
		if (!n || i >= len)
			continue;
		GROW(lines, count, cap);
		lines[count++] = i;
	}
	GROW(lines, count, cap);
	lines[count] = len;
	*ret_count = count;
	return lines;
}

/* Length of the `---` line at s with its end, 0 when it is not one. A line
 * end is needed unless the text stops here. */
static size_t
fence(const char *s, size_t len)
{
	size_t n = 3, end;

	if (len < 3 || memcmp(s, "---", 3) != 0)
		return 0;
	while (n < len && (s[n] == ' ' || s[n] == '\t'))
		n++;
	end = line_end(s + n, len - n);
	return end || n == len ? n + end : 0;
}

static size_t
bom(const char *text, size_t len)
{
	return len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

bool
pattern_split(const char *text, size_t len, const char *name,
	      struct pattern_parts *ret, struct err *err)
{
	size_t start = bom(text, len), n = fence(text + start, len - start);

	if (!n)
		return FAIL(err, ERR_SYNTAX,
			    "%s:1:1: a pattern starts with front matter: a "
			    "line `---`, YAML, a line `---`",
			    name);
	start += n;
	for (size_t i = start; i < len;) {
		size_t end = fence(text + i, len - i);
		const char *next = memchr(text + i, '\n', len - i);

		if (end) {
			*ret = (struct pattern_parts){ start, i - start,
						       i + end };
			return true;
		}
		i = next ? (size_t)(next - text) + 1 : len;
	}
	return FAIL(err, ERR_SYNTAX,
		    "%s:1:1: the front matter is not closed: add a line `---` "
		    "after the YAML",
		    name);
}

/* --- values by kind ----------------------------------------------------- */

static bool
read_str(struct reader *r, const struct pattern_field *f,
	 const struct yaml_node *n)
{
	char **slot = PATTERN_AT(r->p, f, char *);

	if (n->kind != YAML_SCALAR)
		return yaml_fail(r->doc, n, r->err, "%s must be a text",
				 f->key);
	if (f->alias && **slot)
		return true; /* the key it stands for is there */
	free(*slot);
	*slot = xstrdup(yaml_type(n) == YAML_NULL ? "" : n->text);
	return true;
}

static bool
read_count(struct reader *r, const struct pattern_field *f,
	   const struct yaml_node *n)
{
	int64_t v;

	if (yaml_type(n) != YAML_INT || !str_to_i64(n->text, 0, COUNT_MAX, &v))
		return yaml_fail(r->doc, n, r->err,
				 "%s must be a whole number from 0", f->key);
	*PATTERN_AT(r->p, f, int64_t) = v;
	return true;
}

static bool
get_number(const struct yaml_node *n, double *ret)
{
	enum yaml_type t = yaml_type(n);

	return (t == YAML_INT || t == YAML_FLOAT) &&
	       str_to_double(n->text, ret);
}

static bool
read_minutes(struct reader *r, const struct pattern_field *f,
	     const struct yaml_node *n)
{
	double v;

	if (!get_number(n, &v) || v < 0)
		return yaml_fail(r->doc, n, r->err,
				 "%s must be a number of minutes from 0",
				 f->key);
	*PATTERN_AT(r->p, f, double) = v;
	return true;
}

/* Checked here, used by settle_counts. */
static bool
read_rate(struct reader *r, const struct pattern_field *f,
	  const struct yaml_node *n)
{
	double v;

	if (!get_number(n, &v) || v < 0 || v > 1)
		return yaml_fail(r->doc, n, r->err,
				 "%s must be a number from 0 to 1", f->key);
	return true;
}

static bool
read_time(struct reader *r, const struct pattern_field *f,
	  const struct yaml_node *n)
{
	int64_t *slot = PATTERN_AT(r->p, f, int64_t);

	if (n->kind != YAML_SCALAR)
		return yaml_fail(r->doc, n, r->err, "%s must be a time",
				 f->key);
	if (n->len == 0 || yaml_type(n) == YAML_NULL || (f->alias && *slot))
		return true;
	if (!clock_parse_iso(n->text, slot) && !f->alias)
		return yaml_fail(r->doc, n, r->err,
				 "%s must be a time such as "
				 "2026-11-22T10:52:20Z",
				 f->key);
	return true;
}

static bool
read_status(struct reader *r, const struct pattern_field *f,
	    const struct yaml_node *n)
{
	const char *word = yaml_str(n);

	if (!word || !pattern_status_parse(word, &r->p->status))
		return yaml_fail(r->doc, n, r->err,
				 "%s must be discovered, validated, learned "
				 "or deprecated",
				 f->key);
	return true;
}

static bool
read_list(struct reader *r, const struct pattern_field *f,
	  const struct yaml_node *n)
{
	struct strv *list = PATTERN_AT(r->p, f, struct strv);

	if (yaml_type(n) == YAML_NULL)
		return true;
	if (n->kind != YAML_SEQ)
		return yaml_fail(r->doc, n, r->err, "%s must be a list",
				 f->key);
	if (n->count > LIST_MAX)
		return yaml_fail(r->doc, n, r->err, "%s has more than %d items",
				 f->key, LIST_MAX);
	for (size_t i = 0; i < n->count; i++) {
		if (n->items[i]->kind != YAML_SCALAR)
			return yaml_fail(r->doc, n->items[i], r->err,
					 "an item of %s must be a text",
					 f->key);
		strv_add(list, n->items[i]->text);
	}
	return true;
}

static bool
read_issue(struct reader *r, const struct yaml_node *n)
{
	const struct yaml_node *count = yaml_get(n, "frequency");
	const char *issue = yaml_get_str(n, "issue");
	const char *fix = yaml_get_str(n, "fix");
	struct pattern *p = r->p;
	int64_t frequency = 1;

	if (str_empty(issue))
		return yaml_fail(r->doc, n, r->err,
				 "a known issue needs a text `issue`");
	if (count && (yaml_type(count) != YAML_INT ||
		      !str_to_i64(count->text, 0, COUNT_MAX, &frequency)))
		return yaml_fail(r->doc, count, r->err,
				 "frequency must be a whole number from 0");
	GROW(p->issues, p->issue_count, p->issue_cap);
	p->issues[p->issue_count++] = (struct pattern_issue){
		.issue = xstrdup(issue),
		.fix = xstrdup(fix ? fix : ""),
		.frequency = frequency,
	};
	return true;
}

static bool
read_issues(struct reader *r, const struct pattern_field *f,
	    const struct yaml_node *n)
{
	if (yaml_type(n) == YAML_NULL)
		return true;
	if (n->kind != YAML_SEQ || n->count > LIST_MAX)
		return yaml_fail(r->doc, n, r->err,
				 "%s must be a list of at most %d {issue, "
				 "frequency, fix}",
				 f->key, LIST_MAX);
	for (size_t i = 0; i < n->count; i++)
		if (!read_issue(r, n->items[i]))
			return false;
	return true;
}

/* --- the workflow: raw text, and a look at its tools -------------------- */

static void
note_tool(struct pattern *p, const char *name, bool required)
{
	struct pattern_tool *t;

	for (size_t i = 0; i < p->tool_count; i++) {
		if (strcmp(p->tools[i].name, name) != 0)
			continue;
		p->tools[i].required |= required;
		return;
	}
	GROW(p->tools, p->tool_count, p->tool_cap);
	t = &p->tools[p->tool_count++];
	t->name = xstrdup(name);
	t->required = required;
}

/* What flow/ will make of it; a wrong step is flow's to report. */
static void
note_steps(struct pattern *p, const struct yaml_node *steps)
{
	for (size_t i = 0; steps && i < steps->count; i++) {
		const struct yaml_node *step = steps->items[i];
		const char *tool = yaml_get_str(step, "uses");
		const char *optional = yaml_get_str(step, "optional");

		if (p->tool_count == LIST_MAX)
			return;
		if (tool)
			note_tool(p, tool, !str_eq(optional, "true"));
	}
}

static void
note_baseline(struct pattern *p, const struct yaml_node *workflow)
{
	const struct yaml_node *n =
		yaml_get(yaml_get(workflow, "baseline"), "manual_minutes");
	double v;

	if (n && get_number(n, &v) && v > 0)
		p->baseline_minutes = v;
}

/* From behind the colon of key number i to the line of the next key. */
static bool
keep_workflow_text(struct reader *r, size_t i)
{
	const struct yaml_node *key = r->root->keys[i];
	size_t count, line = (size_t)key->line - 2, last, from, to;
	AUTO_FREE size_t *lines = pattern_lines(r->yaml, r->yaml_len, &count);

	last = i + 1 < r->root->count ? (size_t)r->root->keys[i + 1]->line - 2 :
					count;
	if (line >= last || last > count)
		return yaml_fail(r->doc, key, r->err,
				 "each key must stand on a line of its own");
	from = lines[line] + strlen("workflow");
	to = lines[last];
	if (from >= to || r->yaml[from] != ':')
		return yaml_fail(r->doc, key, r->err,
				 "write `workflow:` without quotes or blanks");
	r->p->workflow = xstrndup(r->yaml + from + 1, to - from - 1);
	r->p->workflow_line = key->line;
	return true;
}

static bool
read_workflow(struct reader *r, const struct pattern_field *f,
	      const struct yaml_node *n)
{
	size_t i = 0;

	while (r->root->items[i] != n)
		i++;
	if (n->kind != YAML_MAP || strcmp(r->root->keys[i]->text, f->key) != 0)
		return yaml_fail(r->doc, n, r->err,
				 "%s must be a mapping with `steps`, and no "
				 "alias of another",
				 f->key);
	note_steps(r->p, yaml_get(n, "steps"));
	note_baseline(r->p, n);
	return keep_workflow_text(r, i);
}

/* --- the front matter --------------------------------------------------- */

static bool (*const readers[])(struct reader *, const struct pattern_field *,
			       const struct yaml_node *) = {
	[FIELD_STR] = read_str,           [FIELD_COUNT] = read_count,
	[FIELD_MINUTES] = read_minutes,   [FIELD_RATE] = read_rate,
	[FIELD_TIME] = read_time,         [FIELD_STATUS] = read_status,
	[FIELD_LIST] = read_list,         [FIELD_ISSUES] = read_issues,
	[FIELD_WORKFLOW] = read_workflow,
};

/* A rewrite works line by line, so every key must start one. */
static bool
check_keys(struct reader *r)
{
	int line = 0;

	if (r->root->kind != YAML_MAP)
		return yaml_fail(r->doc, r->root, r->err,
				 "front matter must be a mapping");
	for (size_t i = 0; i < r->root->count; i++) {
		const struct yaml_node *key = r->root->keys[i];

		if (key->column != 1 || key->line <= line)
			return yaml_fail(r->doc, key, r->err,
					 "each key of the front matter must "
					 "start its line");
		line = key->line;
	}
	return true;
}

static bool
check_id(struct reader *r)
{
	const struct yaml_node *n = yaml_get(r->root, "pattern_id");

	if (!n)
		return yaml_fail(r->doc, r->root, r->err,
				 "pattern_id is missing");
	if (!pattern_id_valid(r->p->id))
		return yaml_fail(r->doc, n, r->err,
				 "pattern_id must be 1 to %d of the characters "
				 "A-Z a-z 0-9 . _ - and start with a letter or "
				 "digit, without \"..\"",
				 PATTERN_ID_MAX);
	return true;
}

/* v0.2.0's Markdown has name and steps in the prose only. */
static bool
fill_from_prose(struct reader *r)
{
	struct pattern *p = r->p;
	AUTO_FREE char *title = NULL;

	if (yaml_get(r->root, "original"))
		p->format = "front matter made of a file of v0.2.0";
	if (*p->name)
		return true;
	title = pattern_heading(p->body);
	if (str_empty(title))
		return yaml_fail(r->doc, r->root, r->err, "name is missing");
	free(p->name);
	p->name = TAKE(title);
	p->format = "Markdown of v0.2.0";
	if (!p->steps.count)
		pattern_prose_steps(p->body, &p->steps);
	return true;
}

/* Makes the counts agree. What the file does not say is derived: successes
 * from the rate or the failures. */
static bool
settle_counts(struct reader *r)
{
	struct pattern_counts *c = &r->p->counts;
	const struct yaml_node *total = yaml_get(r->root, "executions");
	const struct yaml_node *good =
		yaml_get(r->root, "successful_executions");
	const struct yaml_node *bad = yaml_get(r->root, "failed_executions");
	const struct yaml_node *rate = yaml_get(r->root, "success_rate");
	double v;

	if (!total)
		c->executions = c->successes + c->failures;
	if (!good && bad)
		c->successes = c->executions - c->failures;
	else if (!good && rate && get_number(rate, &v))
		c->successes = llround(v * (double)c->executions);
	if (!bad)
		c->failures = c->executions - c->successes;
	if (c->successes < 0 || c->failures < 0 ||
	    c->successes + c->failures != c->executions)
		return yaml_fail(r->doc, total ? total : r->root, r->err,
				 "executions must be successful_executions + "
				 "failed_executions");
	return true;
}

static bool
read_fields(struct reader *r)
{
	for (size_t i = 0; i < pattern_field_count; i++) {
		const struct pattern_field *f = &pattern_fields[i];
		const struct yaml_node *n = yaml_get(r->root, f->key);

		if (n && !readers[f->kind](r, f, n))
			return false;
	}
	return check_id(r) && settle_counts(r);
}

static bool
claims_front_matter(const char *text, size_t len, const char *name)
{
	size_t start = bom(text, len);

	(void)name;
	return fence(text + start, len - start) > 0;
}

static bool
claims_closed_front_matter(const char *text, size_t len, const char *name)
{
	struct pattern_parts parts;

	return pattern_split(text, len, name, &parts, NULL);
}

static bool
read_front_matter(const char *text, size_t len, const char *name,
		  struct pattern *p, struct err *err)
{
	struct pattern_parts parts;
	AUTO_PTR(yaml_doc) doc = NULL;
	struct reader r = { .p = p, .err = err };

	if (!pattern_split(text, len, name, &parts, err))
		return false;
	r.yaml = text + parts.yaml;
	r.yaml_len = parts.yaml_len;
	doc = yaml_parse(r.yaml, r.yaml_len, name, 2, err);
	if (!doc)
		return false;
	r.doc = doc;
	r.root = yaml_root(doc);
	if (!check_keys(&r) || !read_fields(&r))
		return false;
	free(p->body);
	p->body_len = len - parts.body;
	p->body = xmalloc(p->body_len + 1);
	memcpy(p->body, text + parts.body, p->body_len);
	p->body[p->body_len] = '\0';
	return fill_from_prose(&r);
}

/* --- formats ------------------------------------------------------------ */

/* In the order in which they are asked. */
static const struct format {
	bool (*claims)(const char *text, size_t len, const char *name);
	bool (*read)(const char *text, size_t len, const char *name,
		     struct pattern *p, struct err *err);
	bool edited; /* a rewrite changes only what it must */
} formats[] = {
	{ claims_closed_front_matter, read_front_matter, true },
	{ pattern_legacy_claims, pattern_legacy_read, false },
	{ claims_front_matter, read_front_matter, true }, /* says why not */
};

bool
pattern_parse(const char *text, size_t len, const char *name,
	      struct pattern *ret, struct err *err)
{
	struct pattern_parts parts;
	AUTO(pattern) p;

	pattern_init(&p);
	if (len > PATTERN_LIMIT)
		return FAIL(err, ERR_TOOBIG,
			    "%s: a pattern file of more than %d bytes", name,
			    PATTERN_LIMIT);
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		if (!formats[i].claims(text, len, name))
			continue;
		if (!formats[i].read(text, len, name, &p, err))
			return false;
		if (formats[i].edited) {
			p.source = xmalloc(len + 1);
			memcpy(p.source, text, len);
			p.source[len] = '\0';
			p.source_len = len;
		}
		*ret = p;
		p = (struct pattern){ 0 };
		return true;
	}
	/* Says what a pattern file looks like. */
	return pattern_split(text, len, name, &parts, err);
}

bool
pattern_read(const char *path, struct pattern *ret, struct err *err)
{
	AUTO(buf) text = BUF_INIT;

	return path_read(path, PATTERN_LIMIT, &text, err) &&
	       pattern_parse(buf_str(&text), text.len, path, ret, err);
}
