#include "flow/render_scan.h"

#include "base/json.h"
#include "base/str.h"
#include "base/yaml.h"

#include <ctype.h>
#include <string.h>

/* ---- where a value may stand ------------------------------------------ */

/* What begins in a language and hides all up to its end. */
struct region {
	unsigned targets; /* 1 << target */
	const char *begin, *end, *what;
	bool after_blank; /* only there, or at the beginning of a line */
};

#define IN(t) (1u << (t))

/* The longer ones first. */
static const struct region regions[] = {
	{ IN(RENDER_HTML), "<!--", "-->", "a comment", false },
	{ IN(RENDER_HTML), "<script", "</script", "a script", false },
	{ IN(RENDER_HTML), "<style", "</style", "a style", false },
	{ IN(RENDER_HTML), "<", ">", "a tag", false },
	{ IN(RENDER_SQL), "--", "\n", "a comment", false },
	{ IN(RENDER_SQL), "/*", "*/", "a comment", false },
	{ IN(RENDER_SQL), "$$", "$$", "dollar quotes", false },
	{ IN(RENDER_SHELL), "((", "))", "an arithmetic expression", false },
	{ IN(RENDER_PYTHON), "#", "\n", "a comment", false },
	{ IN(RENDER_YAML) | IN(RENDER_SHELL), "#", "\n", "a comment", true },
};

static const char *const quotes[RENDER_TARGET_COUNT] = {
	[RENDER_YAML] = "\"'", [RENDER_JSON] = "\"",    [RENDER_SHELL] = "\"'`",
	[RENDER_SQL] = "\"'`", [RENDER_PYTHON] = "\"'",
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\0';
}

static bool
starts(const char *p, const char *end, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(end - p) >= n && strncasecmp(p, word, n) == 0;
}

static const struct region *
region_at(const struct render_scan *s, const char *p, const char *end)
{
	for (size_t i = 0; i < ARRAY_LEN(regions); i++)
		if (regions[i].targets & IN(s->target) &&
		    (!regions[i].after_blank || is_blank(s->last)) &&
		    starts(p, end, regions[i].begin))
			return &regions[i];
	return NULL;
}

/* A backslash takes the next character here. */
static bool
escapes(const struct render_scan *s)
{
	switch (s->target) {
	case RENDER_SHELL:
		return s->quote != '\'' || s->dollar;
	case RENDER_YAML:
		return s->quote == '"';
	case RENDER_JSON:
	case RENDER_PYTHON:
		return s->quote != 0;
	default:
		return false;
	}
}

/* Opens the quote at p; how many bytes it has. */
static size_t
open_quote(struct render_scan *s, const char *p, const char *end)
{
	s->quote = *p;
	s->dollar = s->last == '$';
	s->triple = s->target == RENDER_PYTHON && end - p >= 3 && p[1] == *p &&
		    p[2] == *p;
	return s->triple ? 3 : 1;
}

/* One step inside a quote. */
static size_t
in_quote(struct render_scan *s, const char *p, const char *end)
{
	if (*p == '\\' && escapes(s))
		return end - p > 1 ? 2 : 1;
	if (*p != s->quote)
		return 1;
	if (s->triple && (end - p < 3 || p[1] != *p || p[2] != *p))
		return 1;
	s->quote = 0;
	s->plain = true;
	return s->triple ? 3 : 1;
}

/* YAML: whether a plain scalar is going on, and in which brackets. */
static void
follow_plain(struct render_scan *s, char c)
{
	if (c == '\n' || (is_blank(c) && s->last == ':') ||
	    (s->flow && c == ',')) {
		s->plain = false;
	} else if (is_blank(c)) {
		return;
	} else if (!s->plain && strchr("[{", c)) {
		s->flow++;
	} else if (s->flow && strchr("]}", c)) {
		s->flow--;
		s->plain = true;
	} else if (s->plain || c != '-') {
		s->plain = true;
	}
}

static size_t
in_text(struct render_scan *s, const char *p, const char *end)
{
	const struct region *r = region_at(s, p, end);

	if (r) {
		s->until = r->end;
		s->where = r->what;
		return strlen(r->begin);
	}
	if (*p == '\\' && escapes(s) && end - p > 1)
		return 2;
	if (quotes[s->target] && *p && strchr(quotes[s->target], *p) &&
	    (s->target != RENDER_YAML || !s->plain))
		return open_quote(s, p, end);
	if (s->target == RENDER_SHELL && starts(p, end, "<<")) {
		if (!starts(p, end, "<<<"))
			s->here_document = true;
		return starts(p, end, "<<<") ? 3 : 2;
	}
	follow_plain(s, *p);
	return 1;
}

void
render_scan(struct render_scan *s, const char *text, size_t len)
{
	const char *end = text + len;

	for (const char *p = text; p < end;) {
		size_t n = 1;

		if (s->until && starts(p, end, s->until)) {
			n = strlen(s->until);
			s->until = NULL;
			s->plain &= p[n - 1] != '\n';
		} else if (!s->until) {
			n = s->quote ? in_quote(s, p, end) : in_text(s, p, end);
		}
		p += n;
		s->last = p[-1];
	}
}

const char *
render_scan_unsafe(const struct render_scan *s)
{
	if (s->quote)
		return "quotes (a value brings its own)";
	if (s->until)
		return s->where;
	if (s->here_document)
		return "or below a here-document (set a variable before it)";
	if (s->target == RENDER_YAML &&
	    (s->plain || !(is_blank(s->last) || strchr("[{,", s->last))))
		return "a plain text (a value is one whole scalar)";
	if (quotes[s->target] && s->target != RENDER_SHELL &&
	    (isalnum((unsigned char)s->last) || strchr("_'\"`", s->last)) &&
	    s->last)
		return "a word (a value is one whole token)";
	return NULL;
}

void
render_scan_value(struct render_scan *s)
{
	s->last = s->target == RENDER_SHELL ? 'x' : '"';
	s->plain = true;
}

/* ---- how it is written ------------------------------------------------ */

static bool
has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

/* 'text', or $'text' where it has more than one line: then a comment that it
 * stands in by mistake ends no earlier. */
static void
add_shell(struct buf *out, const char *s)
{
	bool lines = has_control(s);

	buf_addstr(out, lines ? "$'" : "'");
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (!lines && c == '\'')
			buf_addstr(out, "'\\''");
		else if (lines && (c == '\'' || c == '\\'))
			buf_printf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			buf_printf(out, "\\x%02x", c);
		else
			buf_addch(out, (char)c);
	}
	buf_addch(out, '\'');
}

static void
add_doubled(struct buf *out, const char *s, char quote)
{
	buf_addch(out, quote);
	for (; *s; s++) {
		if (*s == quote)
			buf_addch(out, quote);
		buf_addch(out, *s);
	}
	buf_addch(out, quote);
}

static void
add_html(struct buf *out, const char *s)
{
	static const struct {
		char c;
		const char *as;
	} entities[] = {
		{ '&', "&amp;" },  { '<', "&lt;" },   { '>', "&gt;" },
		{ '"', "&quot;" }, { '\'', "&#39;" }, { '`', "&#96;" },
	};

	for (; *s; s++) {
		const char *as = NULL;

		for (size_t i = 0; i < ARRAY_LEN(entities); i++)
			if (entities[i].c == *s)
				as = entities[i].as;
		if (as)
			buf_addstr(out, as);
		else
			buf_addch(out, *s);
	}
}

static const char *
add_text(enum render_target target, const char *s, struct buf *out)
{
	switch (target) {
	case RENDER_YAML:
		yaml_add_str(out, s, strlen(s));
		break;
	case RENDER_JSON:
	case RENDER_PYTHON:
		json_add_str(out, s);
		break;
	case RENDER_SHELL:
		add_shell(out, s);
		break;
	case RENDER_SQL:
		add_doubled(out, s, '\'');
		break;
	case RENDER_HTML:
		add_html(out, s);
		break;
	case RENDER_LINE:
		if (has_control(s))
			return "the value has a line break or a control "
			       "character, and this file takes one line";
		buf_addstr(out, s);
		break;
	default:
		buf_addstr(out, s);
		break;
	}
	return NULL;
}

/* null, false, true */
static const char *
word_of(enum render_target target, const cJSON *v)
{
	static const char *const python[] = { "None", "False", "True" };
	static const char *const sql[] = { "NULL", "0", "1" };
	static const char *const other[] = { "", "false", "true" };
	static const char *const json[] = { "null", "false", "true" };
	int i = cJSON_IsNull(v) ? 0 : 1 + cJSON_IsTrue(v);

	switch (target) {
	case RENDER_PYTHON:
		return python[i];
	case RENDER_SQL:
		return sql[i];
	case RENDER_YAML:
	case RENDER_JSON:
		return json[i];
	case RENDER_SHELL:
		return i ? other[i] : "''";
	default:
		return other[i];
	}
}

struct list_style {
	const char *open, *between, *close;
};

static const struct list_style list_styles[RENDER_TARGET_COUNT] = {
	[RENDER_YAML] = { "[", ", ", "]" },
	[RENDER_JSON] = { "[", ", ", "]" },
	[RENDER_PYTHON] = { "[", ", ", "]" },
	[RENDER_SQL] = { "(", ", ", ")" },
	[RENDER_SHELL] = { "", " ", "" },
	[RENDER_HTML] = { "", ", ", "" },
	[RENDER_LINE] = { "", ",", "" },
	[RENDER_PLAIN] = { "", ", ", "" },
};

static const char *
add_scalar(enum render_target target, const cJSON *v, struct buf *out)
{
	if (cJSON_IsString(v))
		return add_text(target, v->valuestring, out);
	if (cJSON_IsNumber(v))
		json_add_num(out, v->valuedouble);
	else if (cJSON_IsBool(v) || cJSON_IsNull(v))
		buf_addstr(out, word_of(target, v));
	else
		return "a list of lists or an object can't be written here";
	return NULL;
}

const char *
render_value(enum render_target target, const cJSON *v, struct buf *out)
{
	const struct list_style *style = &list_styles[target];
	const cJSON *item;
	const char *why = NULL;

	if (!cJSON_IsArray(v))
		return add_scalar(target, v, out);
	buf_addstr(out, style->open);
	cJSON_ArrayForEach (item, v) {
		if (item != v->child)
			buf_addstr(out, style->between);
		why = add_scalar(target, item, out);
		if (why)
			return why;
	}
	buf_addstr(out, style->close);
	return NULL;
}

const char *
render_name(enum render_target target, const cJSON *v, struct buf *out)
{
	if (target != RENDER_SQL)
		return "{% name %} is for SQL files";
	if (!cJSON_IsString(v) || !*v->valuestring)
		return "a name is a text that is not empty";
	if (has_control(v->valuestring))
		return "a name with a line break or a control character";
	add_doubled(out, v->valuestring, '"');
	return NULL;
}
