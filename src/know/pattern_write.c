/*
 * Writing a pattern file.
 *
 * A new one is written field by field. One that came from a file is edited:
 * the values of owned keys that changed are replaced where they stand and
 * every other byte is copied. As YAML can be written in ways that this does
 * not foresee, the result is always parsed again and compared.
 */
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/yaml.h"
#include "know/pattern_field.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- scalars ------------------------------------------------------------ */

/* Words that some YAML reader takes for something else than a text. */
static const char *const not_texts[] = {
	"null", "true", "false", "yes", "no", "on", "off", "y", "n",
};

static bool
plain_safe(const char *s)
{
	size_t n = strlen(s);

	if (!isalpha((unsigned char)*s) || s[n - 1] == ' ' || n > 200)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(not_texts); i++)
		if (strcasecmp(s, not_texts[i]) == 0)
			return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr(" _-./()+", *s))
			return false;
	return true;
}

/* What libyaml accepts unescaped and no reader takes for a line end. */
static bool
printable(uint32_t cp)
{
	return (cp >= 0x20 && cp <= 0x7e && cp != '"' && cp != '\\') ||
	       (cp >= 0xa0 && cp <= 0xd7ff && cp != 0x2028 && cp != 0x2029) ||
	       (cp >= 0xe000 && cp <= 0xfffd && cp != 0xfeff) || cp >= 0x10000;
}

static void
add_quoted(struct buf *out, const char *s)
{
	size_t len = strlen(s);

	buf_addch(out, '"');
	while (len) {
		uint32_t cp = 0xfffd;
		size_t n = utf8_decode(s, len, &cp);

		if (!n) {
			cp = 0xfffd;
			n = 1;
		}
		if (printable(cp))
			utf8_encode(out, cp);
		else if (cp == '"' || cp == '\\')
			buf_printf(out, "\\%c", (char)cp);
		else if (cp == '\n')
			buf_addstr(out, "\\n");
		else
			buf_printf(out, "\\u%04x", cp);
		s += n;
		len -= n;
	}
	buf_addch(out, '"');
}

static void
add_text(struct buf *out, const char *s)
{
	if (plain_safe(s))
		buf_addstr(out, s);
	else
		add_quoted(out, s);
}

static void
add_list(struct buf *out, const struct strv *list)
{
	buf_addch(out, '[');
	for (size_t i = 0; i < list->count; i++) {
		buf_addstr(out, i ? ", " : "");
		add_text(out, list->items[i]);
	}
	buf_addch(out, ']');
}

/* The value as one token; ISSUES and WORKFLOW have none. */
static void
add_token(const struct pattern *p, const struct pattern_field *f,
	  struct buf *out)
{
	char iso[CLOCK_ISO_SIZE];
	int64_t time;

	switch (f->kind) {
	case FIELD_STR:
		add_text(out, *PATTERN_AT_CONST(p, f, char *));
		break;
	case FIELD_COUNT:
		buf_printf(out, "%" PRId64, *PATTERN_AT_CONST(p, f, int64_t));
		break;
	case FIELD_MINUTES:
		json_add_num(out, *PATTERN_AT_CONST(p, f, double));
		break;
	case FIELD_RATE:
		json_add_num(out, pattern_rate(&p->counts));
		break;
	case FIELD_TIME:
		time = *PATTERN_AT_CONST(p, f, int64_t);
		buf_printf(out, "\"%s\"", time > 0 ? clock_iso(time, iso) : "");
		break;
	case FIELD_STATUS:
		buf_addstr(out, pattern_status_word(p->status));
		break;
	case FIELD_LIST:
		add_list(out, PATTERN_AT_CONST(p, f, struct strv));
		break;
	case FIELD_ISSUES:
	case FIELD_WORKFLOW:
		break;
	}
}

static void
add_issues(struct buf *out, const struct pattern *p)
{
	if (!p->issue_count)
		buf_addstr(out, " []");
	buf_addch(out, '\n');
	for (size_t i = 0; i < p->issue_count; i++) {
		buf_addstr(out, "  - issue: ");
		add_quoted(out, p->issues[i].issue);
		buf_printf(out, "\n    frequency: %" PRId64 "\n    fix: ",
			   p->issues[i].frequency);
		add_quoted(out, p->issues[i].fix);
		buf_addch(out, '\n');
	}
}

/* The whole entry: `key: value` with its line end. */
static void
add_entry(const struct pattern *p, const struct pattern_field *f,
	  struct buf *out)
{
	buf_printf(out, "%s:", f->key);
	if (f->kind == FIELD_ISSUES) {
		add_issues(out, p);
	} else if (f->kind == FIELD_WORKFLOW) {
		buf_addstr(out, p->workflow);
	} else {
		buf_addch(out, ' ');
		add_token(p, f, out);
		buf_addch(out, '\n');
	}
}

/* --- comparing ---------------------------------------------------------- */

static bool
same_issues(const struct pattern *a, const struct pattern *b)
{
	if (a->issue_count != b->issue_count)
		return false;
	for (size_t i = 0; i < a->issue_count; i++)
		if (a->issues[i].frequency != b->issues[i].frequency ||
		    !str_eq(a->issues[i].issue, b->issues[i].issue) ||
		    !str_eq(a->issues[i].fix, b->issues[i].fix))
			return false;
	return true;
}

static bool
same_value(const struct pattern *a, const struct pattern *b,
	   const struct pattern_field *f)
{
	AUTO(buf) x = BUF_INIT;
	AUTO(buf) y = BUF_INIT;

	if (f->kind == FIELD_ISSUES)
		return same_issues(a, b);
	if (f->kind == FIELD_WORKFLOW)
		return str_eq(a->workflow, b->workflow);
	add_token(a, f, &x);
	add_token(b, f, &y);
	return strcmp(buf_str(&x), buf_str(&y)) == 0;
}

/* Parses what was written and compares it with what should be there. */
static bool
check(const struct pattern *p, const struct buf *text, struct err *err)
{
	AUTO(pattern) q = { 0 };

	if (!pattern_parse(buf_str(text), text->len, p->id, &q, err))
		return false;
	for (size_t i = 0; i < pattern_field_count; i++)
		if (!same_value(p, &q, &pattern_fields[i]))
			return FAIL(err, ERR_DATA,
				    "%s: its file is written in a way that "
				    "`%s` can't be updated in; write each key "
				    "of the front matter on a line of its own",
				    p->id, pattern_fields[i].key);
	if (p->body_len != q.body_len ||
	    memcmp(p->body, q.body, p->body_len) != 0)
		return FAIL(err, ERR_DATA, "%s: its prose can't be kept",
			    p->id);
	return true;
}

/* --- editing ------------------------------------------------------------ */

struct edit {
	size_t from, to; /* in the YAML text */
	struct buf text;
};

struct editor {
	const struct pattern *p;
	const char *yaml;
	size_t yaml_len;
	const struct yaml_node *root;
	size_t *lines, line_count;
	struct edit edits[32]; /* owned keys are fewer */
	size_t count;
};

static struct buf *
new_edit(struct editor *e, size_t from, size_t to)
{
	struct edit *edit = &e->edits[e->count++];

	edit->from = from;
	edit->to = to;
	edit->text = (struct buf)BUF_INIT;
	return &edit->text;
}

/* Finds the bytes of entry i's value when it is a scalar that stands in one
 * piece behind its key, so that a comment after it stays. */
static bool
find_token(const struct editor *e, size_t i, size_t *from, size_t *to)
{
	const struct yaml_node *n = e->root->items[i];
	size_t start = e->lines[n->line - 2] + (size_t)n->column - 1;
	size_t quote = n->plain ? 0 : 1, end = start + n->len + 2 * quote;
	const char *s = e->yaml + start;

	if (n->kind != YAML_SCALAR || n->line != e->root->keys[i]->line ||
	    !n->len || end > e->yaml_len ||
	    memcmp(s + quote, n->text, n->len) != 0)
		return false;
	if (quote && ((*s != '"' && *s != '\'') || s[1 + n->len] != *s))
		return false;
	*from = start;
	*to = end;
	return true;
}

/* The lines of entry i; blank lines and comments at the start of a line that
 * follow it belong to what comes next. */
static void
find_entry(const struct editor *e, size_t i, size_t *from, size_t *to)
{
	size_t first = (size_t)e->root->keys[i]->line - 2;
	size_t last = i + 1 < e->root->count ?
			      (size_t)e->root->keys[i + 1]->line - 2 :
			      e->line_count;

	while (last > first + 1 && strchr("#\r\n", e->yaml[e->lines[last - 1]]))
		last--;
	*from = e->lines[first];
	*to = e->lines[last];
}

/* Before the workflow, which is long, or at the end. */
static size_t
place_for_new(const struct editor *e)
{
	for (size_t i = 0; i < e->root->count; i++)
		if (strcmp(e->root->keys[i]->text, "workflow") == 0)
			return e->lines[e->root->keys[i]->line - 2];
	return e->yaml_len;
}

static void
edit_field(struct editor *e, const struct pattern_field *f)
{
	size_t from, to, i = 0;

	while (i < e->root->count &&
	       strcmp(e->root->keys[i]->text, f->key) != 0)
		i++;
	if (i == e->root->count) {
		from = place_for_new(e);
		add_entry(e->p, f, new_edit(e, from, from));
	} else if (f->kind != FIELD_ISSUES && find_token(e, i, &from, &to)) {
		add_token(e->p, f, new_edit(e, from, to));
	} else {
		find_entry(e, i, &from, &to);
		add_entry(e->p, f, new_edit(e, from, to));
	}
}

/* Stable: entries added at one place keep the order of the table. */
static void
sort_edits(struct editor *e)
{
	for (size_t i = 1; i < e->count; i++)
		for (size_t j = i;
		     j > 0 && e->edits[j - 1].from > e->edits[j].from; j--) {
			struct edit t = e->edits[j];

			e->edits[j] = e->edits[j - 1];
			e->edits[j - 1] = t;
		}
}

static void
add_with_line_ends(struct buf *out, const struct buf *text, bool crlf)
{
	for (size_t i = 0; i < text->len; i++) {
		if (crlf && text->data[i] == '\n')
			buf_addch(out, '\r');
		buf_addch(out, text->data[i]);
	}
}

static void
apply_edits(struct editor *e, struct buf *out)
{
	const char *end = memchr(e->yaml, '\n', e->yaml_len);
	bool crlf = end && end > e->yaml && end[-1] == '\r';
	size_t at = 0;

	sort_edits(e);
	for (size_t i = 0; i < e->count; i++) {
		struct edit *edit = &e->edits[i];

		buf_add(out, e->yaml + at, edit->from - at);
		add_with_line_ends(out, &edit->text, crlf);
		at = edit->to;
	}
	buf_add(out, e->yaml + at, e->yaml_len - at);
}

static void
editor_release(struct editor *e)
{
	for (size_t i = 0; i < e->count; i++)
		buf_release(&e->edits[i].text);
	free(e->lines);
}

static bool
format_edited(const struct pattern *p, struct buf *out, struct err *err)
{
	AUTO(editor) e = { .p = p };
	AUTO(pattern) old = { 0 };
	AUTO_PTR(yaml_doc) doc = NULL;
	struct pattern_parts parts;

	if (!pattern_parse(p->source, p->source_len, p->id, &old, err) ||
	    !pattern_split(p->source, p->source_len, p->id, &parts, err))
		return false;
	e.yaml = p->source + parts.yaml;
	e.yaml_len = parts.yaml_len;
	doc = yaml_parse(e.yaml, e.yaml_len, p->id, 2, err);
	if (!doc)
		return false;
	e.root = yaml_root(doc);
	e.lines = pattern_lines(e.yaml, e.yaml_len, &e.line_count);
	for (size_t i = 0; i < pattern_field_count; i++)
		if (pattern_fields[i].owned &&
		    !same_value(p, &old, &pattern_fields[i]))
			edit_field(&e, &pattern_fields[i]);
	buf_add(out, p->source, parts.yaml);
	apply_edits(&e, out);
	buf_add(out, e.yaml + e.yaml_len,
		p->source_len - parts.yaml - parts.yaml_len);
	return true;
}

static void
format_new(const struct pattern *p, struct buf *out)
{
	buf_addstr(out, "---\n");
	for (size_t i = 0; i < pattern_field_count; i++) {
		const struct pattern_field *f = &pattern_fields[i];

		if (f->alias || (f->kind == FIELD_WORKFLOW && !p->workflow))
			continue;
		add_entry(p, f, out);
	}
	if (p->original)
		buf_printf(out, "original:%s", p->original);
	buf_addstr(out, "---\n");
	buf_add(out, p->body, p->body_len);
}

bool
pattern_format(const struct pattern *p, struct buf *out, struct err *err)
{
	AUTO(buf) text = BUF_INIT;

	if (!p->source)
		format_new(p, &text);
	else if (!format_edited(p, &text, err))
		return false;
	if (!check(p, &text, err))
		return false;
	buf_add(out, buf_str(&text), text.len);
	return true;
}
