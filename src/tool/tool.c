/*
 * The registry, results, sessions, and the one check of arguments.
 *
 * A schema is a constant of the program: one that does not parse is a
 * programming error. Arguments come from workflow files and models; every
 * message about them names the place: "step chart: with.kind: ...".
 */
#include "tool/tool.h"

#include "base/json.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- results ------------------------------------------------------------ */

void
tool_result_release(struct tool_result *r)
{
	for (size_t i = 0; i < r->part_count; i++) {
		free(r->parts[i].text);
		free(r->parts[i].name);
		free(r->parts[i].media_type);
	}
	free(r->parts);
	free(r->error);
	cJSON_Delete(r->data);
	*r = (struct tool_result){ 0 };
}

static struct tool_part *
add_part(struct tool_result *r, enum tool_part_kind kind)
{
	GROW(r->parts, r->part_count, r->part_cap);
	r->parts[r->part_count] = (struct tool_part){ .kind = kind };
	return &r->parts[r->part_count++];
}

void
tool_result_text(struct tool_result *r, const char *text)
{
	add_part(r, TOOL_PART_TEXT)->text = xstrdup(text);
}

void
tool_result_file(struct tool_result *r, enum tool_part_kind kind,
		 const char *name, const char *media_type)
{
	struct tool_part *p = add_part(r, kind);

	assert(kind != TOOL_PART_TEXT);
	p->name = xstrdup(name);
	p->media_type = xstrdup(media_type);
}

struct tool_result *
tool_result_fail(struct tool_result *r, const char *fmt, ...)
{
	va_list ap;

	free(r->error);
	va_start(ap, fmt);
	r->error = xvasprintf(fmt, ap);
	va_end(ap);
	r->status = TOOL_FAILED;
	return r;
}

/* --- session ------------------------------------------------------------ */

struct tool_session {
	struct loop *loop;
	char *run_dir, *workspace;
	void *kernels;
	void (*free_kernels)(void *);
	struct strv readable; /* NULL-terminated by strv */
	const struct redact *redact;
};

struct tool_session *
tool_session_new(struct loop *loop, const char *run_dir,
		 const char *workspace)
{
	struct tool_session *s = xcalloc(1, sizeof(*s));

	assert(*run_dir == '/' && *workspace == '/');
	s->loop = loop;
	s->run_dir = xstrdup(run_dir);
	s->workspace = xstrdup(workspace);
	return s;
}

void
tool_session_free(struct tool_session *s)
{
	if (!s)
		return;
	if (s->kernels && s->free_kernels)
		s->free_kernels(s->kernels);
	strv_release(&s->readable);
	free(s->run_dir);
	free(s->workspace);
	free(s);
}

struct loop *
tool_session_loop(const struct tool_session *s)
{
	return s->loop;
}

const char *
tool_session_run_dir(const struct tool_session *s)
{
	return s->run_dir;
}

const char *
tool_session_workspace(const struct tool_session *s)
{
	return s->workspace;
}

void **
tool_session_kernels(struct tool_session *s, void (*free_fn)(void *))
{
	s->free_kernels = free_fn;
	return &s->kernels;
}

void
tool_session_set_readable(struct tool_session *s, const char *const *paths)
{
	strv_release(&s->readable);
	for (; *paths; paths++)
		strv_add(&s->readable, *paths);
}

const char *const *
tool_session_readable(const struct tool_session *s)
{
	return (const char *const *)s->readable.items;
}

void
tool_session_set_redact(struct tool_session *s, const struct redact *redact)
{
	s->redact = redact;
}

const struct redact *
tool_session_redact(const struct tool_session *s)
{
	return s->redact;
}

/* --- registry ----------------------------------------------------------- */

static const struct tool *const all[] = {
#define X(name) &tool_##name,
	TOOLS(X)
#undef X
	NULL,
};

const struct tool *
tool_find(const char *name)
{
	for (const struct tool *const *t = all; *t; t++)
		if (str_eq((*t)->name, name))
			return *t;
	return NULL;
}

const struct tool *const *
tool_all(void)
{
	return all;
}

struct tool_call *
tool_start(const struct tool *t, const struct tool_request *req,
	   struct err *err)
{
	AUTO_FREE char *subject = xasprintf("tool %s", t->name);

	if (!tool_check_args(t, req->args, subject, err))
		return NULL;
	return t->start(req, err);
}

void
tool_cancel(struct tool_call *call)
{
	const struct tool *t = ((struct tool_call_base *)call)->tool;

	if (t->cancel)
		t->cancel(call);
}

/* --- arguments ---------------------------------------------------------- */

enum { SHOWN_MAX = 60 }; /* bytes of a foreign value quoted in a message */

struct check {
	const char *subject;
	struct buf path;   /* "with.series[2].column" */
	struct err *err;
};

enum { SCHEMAS_KEPT = 128 };

static bool check_value(struct check *c, const cJSON *schema, const cJSON *v);

static bool bad(struct check *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static bool
bad(struct check *c, const char *fmt, ...)
{
	AUTO_FREE char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	what = xvasprintf(fmt, ap);
	va_end(ap);
	return FAIL(c->err, ERR_USAGE, "%s: %s: %s", c->subject,
		    buf_str(&c->path), what);
}

static bool
is_integer(const cJSON *v)
{
	return cJSON_IsNumber(v) && floor(v->valuedouble) == v->valuedouble;
}

/* JSON Schema's type names, and how to say what a value should be. */
static const struct type {
	const char *name, *article;
} types[] = {
	{ "string", "a string" }, { "integer", "a whole number" },
	{ "number", "a number" }, { "boolean", "true or false" },
	{ "object", "a mapping" }, { "array", "a list" },
	{ "null", "null" },
};

static bool
has_type(const cJSON *v, const char *type)
{
	if (str_eq(type, "integer"))
		return is_integer(v);
	if (cJSON_IsNumber(v))
		return str_eq(type, "number");
	if (cJSON_IsString(v))
		return str_eq(type, "string");
	if (cJSON_IsBool(v))
		return str_eq(type, "boolean");
	if (cJSON_IsObject(v))
		return str_eq(type, "object");
	if (cJSON_IsArray(v))
		return str_eq(type, "array");
	return str_eq(type, "null");
}

static const char *
type_words(const char *type)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (str_eq(types[i].name, type))
			return types[i].article;
	return type;
}

/* What v is, for "must be a number, is a string". */
static const char *
kind_of(const cJSON *v)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (!str_eq(types[i].name, "integer") &&
		    has_type(v, types[i].name))
			return types[i].article;
	return "nothing";
}

/* `type` is one name or a list of them. */
static bool
check_type(struct check *c, const cJSON *type, const cJSON *v)
{
	AUTO(buf) wanted = BUF_INIT;
	const cJSON *one;

	if (!type)
		return true;
	if (cJSON_IsString(type)) {
		if (has_type(v, type->valuestring))
			return true;
		return bad(c, "must be %s, is %s",
			   type_words(type->valuestring), kind_of(v));
	}
	cJSON_ArrayForEach(one, type) {
		if (has_type(v, one->valuestring))
			return true;
		buf_printf(&wanted, "%s%s", wanted.len ? " or " : "",
			   type_words(one->valuestring));
	}
	return bad(c, "must be %s, is %s", buf_str(&wanted), kind_of(v));
}

static void
add_shown(struct buf *out, const cJSON *v)
{
	AUTO_FREE char *text = json_print(v);

	buf_printf(out, "%.*s%s", SHOWN_MAX, text,
		   strlen(text) > SHOWN_MAX ? "..." : "");
}

static void
collect_strings(const cJSON *list, struct strv *out)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, list)
		if (cJSON_IsString(one))
			strv_add(out, one->valuestring);
}

static void
add_guess(struct buf *out, const char *word, const struct strv *known)
{
	const char *near = str_nearest(
		word, (const char *const *)known->items, known->count);

	if (near)
		buf_printf(out, "; did you mean \"%s\"?", near);
}

static bool
check_enum(struct check *c, const cJSON *allowed, const cJSON *v)
{
	AUTO(buf) text = BUF_INIT;
	AUTO(strv) known = STRV_INIT;
	const cJSON *one;

	if (!allowed)
		return true;
	cJSON_ArrayForEach(one, allowed)
		if (cJSON_Compare(one, v, true))
			return true;
	add_shown(&text, v);
	buf_addstr(&text, " is not one of ");
	cJSON_ArrayForEach(one, allowed) {
		add_shown(&text, one);
		buf_addstr(&text, one->next ? ", " : "");
	}
	collect_strings(allowed, &known);
	if (cJSON_IsString(v))
		add_guess(&text, v->valuestring, &known);
	return bad(c, "%s", buf_str(&text));
}

static bool
check_range(struct check *c, const cJSON *schema, const cJSON *v)
{
	double min = json_num(schema, "minimum", -INFINITY);
	double max = json_num(schema, "maximum", INFINITY);

	if (!cJSON_IsNumber(v))
		return true;
	if (v->valuedouble < min)
		return bad(c, "is %g; the least allowed is %g",
			   v->valuedouble, min);
	if (v->valuedouble > max)
		return bad(c, "is %g; the most allowed is %g",
			   v->valuedouble, max);
	return true;
}

static bool
check_items(struct check *c, const cJSON *schema, const cJSON *v)
{
	int count = cJSON_GetArraySize(v), i = 0;
	int64_t min = json_int(schema, "minItems", 0);
	const cJSON *items = json_get(schema, "items"), *one;
	size_t here = c->path.len;

	if (!cJSON_IsArray(v))
		return true;
	if (count < min)
		return bad(c, "has %d entries; at least %d are needed", count,
			   (int)min);
	if (!cJSON_IsObject(items))
		return true;
	cJSON_ArrayForEach(one, v) {
		buf_printf(&c->path, "[%d]", i++);
		if (!check_value(c, items, one))
			return false;
		buf_truncate(&c->path, here);
	}
	return true;
}

static bool
unknown_property(struct check *c, const cJSON *properties, const char *name)
{
	AUTO(buf) text = BUF_INIT;
	AUTO(strv) known = STRV_INIT;
	const cJSON *one;

	cJSON_ArrayForEach(one, properties)
		strv_add(&known, one->string);
	add_guess(&text, name, &known);
	if (text.len == 0) {
		buf_addstr(&text, known.count ? "; known are" : "");
		for (size_t i = 0; i < known.count; i++)
			buf_printf(&text, "%s %s", i ? "," : "",
				   known.items[i]);
	}
	return bad(c, "there is no such argument%s", buf_str(&text));
}

static bool
check_required(struct check *c, const cJSON *required, const cJSON *v)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, required) {
		if (json_get(v, one->valuestring))
			continue;
		buf_printf(&c->path, ".%s", one->valuestring);
		return bad(c, "is missing");
	}
	return true;
}

static bool
check_object(struct check *c, const cJSON *schema, const cJSON *v)
{
	const cJSON *properties = json_get(schema, "properties"), *one;
	const cJSON *more = json_get(schema, "additionalProperties");
	size_t here = c->path.len;

	if (!cJSON_IsObject(v))
		return true;
	cJSON_ArrayForEach(one, v) {
		const cJSON *sub = json_get(properties, one->string);

		buf_printf(&c->path, ".%.*s", SHOWN_MAX, one->string);
		if (!sub && cJSON_IsFalse(more))
			return unknown_property(c, properties, one->string);
		if (sub && !check_value(c, sub, one))
			return false;
		buf_truncate(&c->path, here);
	}
	return check_required(c, json_get(schema, "required"), v);
}

/* Recursion is bounded by the depth of the schema. */
static bool
check_value(struct check *c, const cJSON *schema, const cJSON *v)
{
	return check_type(c, json_get(schema, "type"), v) &&
	       check_enum(c, json_get(schema, "enum"), v) &&
	       check_range(c, schema, v) && check_items(c, schema, v) &&
	       check_object(c, schema, v);
}

/* Parsed once per tool and kept: a workflow of thousands of steps, and every
 * call, ask for it. */
static const cJSON *
schema_of(const struct tool *t)
{
	static struct {
		const struct tool *tool;
		cJSON *schema;
	} known[SCHEMAS_KEPT];
	static size_t count;
	struct err why = ERR_INIT;
	size_t i = 0;

	while (i < count && known[i].tool != t)
		i++;
	if (i < count)
		return known[i].schema;
	assert(count < SCHEMAS_KEPT);
	known[i].tool = t;
	known[i].schema = json_parse(t->schema, strlen(t->schema), t->name,
				     &why);
	assert(known[i].schema);
	count++;
	return known[i].schema;
}

bool
tool_check_args(const struct tool *t, const cJSON *args, const char *subject,
		struct err *err)
{
	return tool_check_schema(schema_of(t), args, subject, err);
}

bool
tool_check_schema(const cJSON *schema, const cJSON *args, const char *subject,
		  struct err *err)
{
	struct check c = { .subject = subject, .err = err };
	bool ok;

	buf_addstr(&c.path, "with");
	if (!args)
		ok = check_required(&c, json_get(schema, "required"), NULL);
	else
		ok = check_value(&c, schema, args);
	buf_release(&c.path);
	return ok;
}
