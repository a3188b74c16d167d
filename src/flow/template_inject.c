/*
 * Answers into workflow.yaml: the parsed tree is walked and written anew as
 * block YAML, with the values of `answers` and `deploy` in place of the
 * scalars that name them.
 *
 * 1. A value takes the place of a scalar or of a part of one. It never
 *    becomes a key, a step, a tool's name, code or an expression.
 * 2. Where the run looks for {{ }} later (VALUE, LIST), braces in a value are
 *    written as expressions that give braces.
 * 3. Expressions that name only what a run knows are copied as they stand.
 * 4. What was written is read again and compared with what was meant.
 */
#include "flow/template.h"

#include "base/json.h"
#include "base/str.h"
#include "flow/expr_ast.h"

#include <ctype.h>
#include <string.h>

/* What a scalar is for the run. */
enum place {
	COPY,  /* nothing is put in */
	SHOWN, /* text for people */
	TYPED, /* a value of the workflow itself */
	VALUE, /* looked at for {{ }} */
	TEST,  /* a condition: becomes true or false */
	LIST,  /* must become a list */
};

/* Where we are. */
enum level { ROOT, INPUTS, INPUT, STEPS, STEP, BELOW };

static const struct rule {
	enum level level;
	const char *key; /* NULL: any */
	enum level below;
	enum place place;
} rules[] = {
	{ ROOT, "name", BELOW, SHOWN },
	{ ROOT, "description", BELOW, SHOWN },
	{ ROOT, "baseline", BELOW, TYPED },
	{ ROOT, "inputs", INPUTS, COPY },
	{ ROOT, "steps", STEPS, COPY },
	{ INPUTS, NULL, INPUT, COPY },
	{ INPUT, "default", BELOW, TYPED },
	{ INPUT, "prompt", BELOW, SHOWN },
	{ INPUT, "help", BELOW, SHOWN },
	{ STEP, "title", BELOW, SHOWN },
	{ STEP, "with", BELOW, VALUE },
	{ STEP, "validate", BELOW, VALUE },
	{ STEP, "when", BELOW, TEST },
	{ STEP, "foreach", BELOW, LIST },
	{ STEP, "timeout", BELOW, TYPED },
	{ STEP, "hosts", BELOW, TYPED },
	{ STEP, "fallback", STEP, COPY },
};

struct spot {
	enum level level;
	enum place place;
};

struct inject {
	const struct template *t;
	const struct yaml_doc *doc;
	const cJSON *values; /* NULL: check only */
	struct buf *out;
	bool after_dash;
	struct err *err;
};

static struct spot
spot_of(struct spot in, const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (rules[i].level == in.level &&
		    (!rules[i].key || str_eq(rules[i].key, key)))
			return (struct spot){ rules[i].below, rules[i].place };
	return (struct spot){ BELOW, in.level == BELOW ? in.place : COPY };
}

/* ---- one scalar -------------------------------------------------------- */

struct roots {
	const struct template *t;
	bool ours, theirs;
};

static bool
note_root(void *ud, const struct expr_node *path, struct err *err)
{
	struct roots *r = ud;
	const char *root = path->names[0];

	if (!str_eq(root, "answers") && !str_eq(root, "deploy")) {
		r->theirs = true;
		return true;
	}
	r->ours = true;
	return template_known((void *)r->t, root,
			      path->name_count > 1 ? path->names[1] : NULL,
			      err);
}

/* Appends with braces as expressions: each one, since what comes before or
 * after may be one, too. */
static void
add_literal(struct buf *out, const char *s)
{
	for (; *s; s++)
		if (*s == '{')
			buf_addstr(out, "{{ '{' }}");
		else
			buf_addch(out, *s);
}

/* A copy whose texts the run takes as they are. */
static cJSON *
literal(const cJSON *v)
{
	cJSON *copy = cJSON_Duplicate(v, false);
	const cJSON *item;

	if (cJSON_IsString(v) && strstr(v->valuestring, "{{")) {
		AUTO(buf) text = BUF_INIT;

		add_literal(&text, v->valuestring);
		cJSON_Delete(copy);
		return cJSON_CreateString(buf_str(&text));
	}
	cJSON_ArrayForEach (item, v) {
		if (cJSON_IsObject(v))
			cJSON_AddItemToObject(copy, item->string,
					      literal(item));
		else
			cJSON_AddItemToArray(copy, literal(item));
	}
	return copy;
}

static bool
fail_in(struct inject *in, const struct yaml_node *n, const struct err *why)
{
	yaml_fail(in->doc, n, in->err, "%s", why->msg);
	if (in->err)
		in->err->code = why->code;
	return false;
}

/* The whole scalar is one expression of ours. */
static bool
put_whole(struct inject *in, const struct yaml_node *n, enum place place,
	  const cJSON *v, cJSON **ret)
{
	AUTO_FREE char *text = NULL;

	if (place == TEST) {
		*ret = cJSON_CreateBool(expr_truth(v));
	} else if (place == LIST && !cJSON_IsArray(v)) {
		return yaml_fail(in->doc, n, in->err,
				 "foreach needs a list, not %s", expr_type(v));
	} else if (place == SHOWN && !cJSON_IsString(v)) {
		text = json_print(v);
		*ret = cJSON_CreateString(text);
	} else {
		*ret = place == VALUE || place == LIST ?
			       literal(v) :
			       cJSON_Duplicate(v, true);
	}
	return true;
}

struct scalar {
	struct arena arena;
	struct expr_eval ev;
	struct buf text; /* of a mixed one */
	bool ours;       /* something was put in */
	cJSON *whole;    /* or it is this */
};

static bool
put_part(struct inject *in, const struct yaml_node *n, enum place place,
	 struct scalar *s, const struct expr_node *node, bool whole)
{
	const cJSON *v;

	s->ours = true;
	if (!in->values)
		return true;
	v = expr_eval_node(&s->ev, node);
	if (!v)
		return fail_in(in, n, &s->ev.err);
	if (whole)
		return put_whole(in, n, place, v, &s->whole);
	if (place == TEST || place == LIST)
		return yaml_fail(in->doc, n, in->err,
				 "an answer stands here "
				 "alone or not at all");
	if (place == VALUE) {
		AUTO(buf) text = BUF_INIT;

		if (!expr_add_text(&s->ev, v, &text))
			return fail_in(in, n, &s->ev.err);
		add_literal(&s->text, buf_str(&text));
		return true;
	}
	return expr_add_text(&s->ev, v, &s->text) || fail_in(in, n, &s->ev.err);
}

/* The expression at open; *p goes behind it. */
static bool
read_part(struct inject *in, const struct yaml_node *n, enum place place,
	  struct scalar *s, const char **p)
{
	const char *open = *p, *end = n->text + n->len;
	struct roots roots = { .t = in->t };
	struct expr_node *node;
	struct err why = ERR_INIT;
	size_t used;

	if (!expr_parse(&s->arena, open + 2, (size_t)(end - open) - 2, true,
			&node, &used, &why) ||
	    !expr_each_path(node, note_root, &roots, &why))
		return fail_in(in, n, &why);
	*p = open + used + 4;
	if (roots.ours && roots.theirs)
		return yaml_fail(in->doc, n, in->err,
				 "one expression can't "
				 "name answers and what only a run knows");
	if (roots.ours)
		return put_part(in, n, place, s, node,
				open == n->text && *p == end);
	buf_add(&s->text, open, (size_t)(*p - open));
	return true;
}

static bool
read_scalar(struct inject *in, const struct yaml_node *n, enum place place,
	    struct scalar *s)
{
	const char *p = n->text;

	expr_eval_init(&s->ev, in->values);
	while (p) {
		const char *open = strstr(p, "{{");

		buf_add(&s->text, p, open ? (size_t)(open - p) : strlen(p));
		p = open;
		if (p && !read_part(in, n, place, s, &p))
			return false;
	}
	return true;
}

static void
scalar_release(struct scalar *s)
{
	expr_eval_release(&s->ev);
	arena_release(&s->arena);
	buf_release(&s->text);
	cJSON_Delete(s->whole);
}

/* ---- writing ----------------------------------------------------------- */

static void
add_indent(struct buf *out, int indent)
{
	buf_printf(out, "%*s", indent, "");
}

/* A literal block gives exactly this text back. */
static bool
fits_block(const char *s)
{
	size_t len = strlen(s);

	if (!strchr(s, '\n') || *s == ' ' || *s == '\n' || *s == '\t' ||
	    (len > 1 && s[len - 1] == '\n' && s[len - 2] == '\n'))
		return false;
	for (size_t i = 0; i < len;) {
		uint32_t cp = 0;
		size_t n = utf8_decode(s + i, len - i, &cp);

		if (!n || (cp < 0x20 && cp != '\n' && cp != '\t') ||
		    (cp > 0x7e && cp < 0xa0) || cp == 0x2028 || cp == 0x2029 ||
		    cp == 0xfeff || cp == 0xfffe || cp == 0xffff)
			return false;
		i += n;
	}
	return true;
}

static void
add_block(struct buf *out, const char *s, int indent)
{
	buf_addstr(out, str_ends(s, "\n") ? "|\n" : "|-\n");
	while (*s) {
		size_t n = strcspn(s, "\n");

		if (n)
			add_indent(out, indent);
		buf_add(out, s, n);
		buf_addch(out, '\n');
		s += n + (s[n] == '\n');
	}
}

static void
add_string(struct buf *out, const char *s, int indent)
{
	if (fits_block(s)) {
		add_block(out, s, indent);
		return;
	}
	yaml_add_str(out, s, strlen(s));
	buf_addch(out, '\n');
}

static void
add_flow(struct buf *out, const cJSON *v)
{
	const cJSON *item;
	bool object = cJSON_IsObject(v);

	if (cJSON_IsString(v)) {
		yaml_add_str(out, v->valuestring, strlen(v->valuestring));
		return;
	}
	if (!object && !cJSON_IsArray(v)) {
		AUTO_FREE char *text = json_print(v);

		buf_addstr(out, text);
		return;
	}
	buf_addch(out, object ? '{' : '[');
	cJSON_ArrayForEach (item, v) {
		if (item != v->child)
			buf_addstr(out, ", ");
		if (object) {
			yaml_add_str(out, item->string, strlen(item->string));
			buf_addstr(out, ": ");
		}
		add_flow(out, item);
	}
	buf_addch(out, object ? '}' : ']');
}

static void
add_value(struct buf *out, const cJSON *v, int indent)
{
	if (cJSON_IsString(v)) {
		add_string(out, v->valuestring, indent);
		return;
	}
	add_flow(out, v);
	buf_addch(out, '\n');
}

static bool
walk_scalar(struct inject *in, const struct yaml_node *n, enum place place,
	    int indent, cJSON **ret)
{
	struct scalar s = { 0 };
	bool ok = place == COPY || read_scalar(in, n, place, &s);

	if (ok && s.whole)
		*ret = TAKE(s.whole);
	else if (ok && s.ours && in->values)
		*ret = cJSON_CreateString(buf_str(&s.text));
	else if (ok)
		*ret = yaml_to_json(n);
	if (ok && !s.ours && n->plain && n->len)
		buf_printf(in->out, "%s\n", n->text);
	else if (ok)
		add_value(in->out, *ret, indent);
	scalar_release(&s);
	return ok;
}

static bool walk(struct inject *in, const struct yaml_node *n, struct spot spot,
		 int indent, cJSON **ret);

static void
add_key(struct buf *out, const char *key)
{
	size_t n = strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_");

	if (islower((unsigned char)*key) && !key[n])
		buf_addstr(out, key);
	else
		yaml_add_str(out, key, strlen(key));
	buf_addch(out, ':');
}

/* What follows a key or a dash, and its own lines. */
static bool
walk_value(struct inject *in, const struct yaml_node *n, struct spot spot,
	   int indent, cJSON **ret)
{
	if (n->kind == YAML_SCALAR) {
		buf_addch(in->out, ' ');
		return walk_scalar(in, n, spot.place, indent, ret);
	}
	if (!n->count) {
		buf_addstr(in->out, n->kind == YAML_MAP ? " {}\n" : " []\n");
		*ret = yaml_to_json(n);
		return true;
	}
	if (!in->after_dash)
		buf_addch(in->out, '\n');
	return walk(in, n, spot, indent, ret);
}

/* An input whose default holds {{ says that it is meant so. */
static void
mark_literal(struct inject *in, const struct yaml_node *map, int indent,
	     cJSON *object)
{
	const cJSON *v = json_get(object, "default");
	AUTO_FREE char *text = v ? json_print(v) : NULL;

	if (!text || !strstr(text, "{{") || yaml_get(map, "literal"))
		return;
	add_indent(in->out, indent);
	buf_addstr(in->out, "literal: true\n");
	cJSON_AddTrueToObject(object, "literal");
}

static bool
walk_map(struct inject *in, const struct yaml_node *n, struct spot spot,
	 int indent, cJSON *object)
{
	for (size_t i = 0; i < n->count; i++) {
		const char *key = n->keys[i]->text;
		cJSON *v = NULL;

		/* The first key of an item stands behind its dash. */
		add_indent(in->out, i || !in->after_dash ? indent : 1);
		in->after_dash = false;
		add_key(in->out, key);
		if (!walk_value(in, n->items[i], spot_of(spot, key), indent + 2,
				&v))
			return false;
		cJSON_AddItemToObject(object, key, v);
	}
	if (spot.level == INPUT)
		mark_literal(in, n, indent, object);
	return true;
}

static bool
walk_list(struct inject *in, const struct yaml_node *n, struct spot spot,
	  int indent, cJSON *list)
{
	struct spot item = spot;

	if (spot.level == STEPS)
		item.level = STEP;
	for (size_t i = 0; i < n->count; i++) {
		cJSON *v = NULL;

		add_indent(in->out, indent);
		buf_addch(in->out, '-');
		in->after_dash =
			n->items[i]->kind == YAML_MAP && n->items[i]->count;
		if (!walk_value(in, n->items[i], item, indent + 2, &v))
			return false;
		cJSON_AddItemToArray(list, v);
	}
	return true;
}

static bool
walk(struct inject *in, const struct yaml_node *n, struct spot spot, int indent,
     cJSON **ret)
{
	AUTO_JSON *v = n->kind == YAML_MAP ? cJSON_CreateObject() :
					     cJSON_CreateArray();

	if (!(n->kind == YAML_MAP ? walk_map(in, n, spot, indent, v) :
				    walk_list(in, n, spot, indent, v)))
		return false;
	*ret = TAKE(v);
	return true;
}

static bool
run(const struct template *t, const cJSON *values, struct buf *out, cJSON **ret,
    struct err *err)
{
	struct inject in = { .t = t,
			     .doc = t->workflow,
			     .values = values,
			     .out = out,
			     .err = err };
	const struct yaml_node *root = yaml_root(t->workflow);

	if (root->kind != YAML_MAP || !root->count)
		return yaml_fail(t->workflow, root, err,
				 "a workflow is a map "
				 "with name and steps");
	return walk(&in, root, (struct spot){ ROOT, COPY }, 0, ret);
}

bool
template_check_workflow(const struct template *t, struct err *err)
{
	AUTO(buf) out = BUF_INIT;
	AUTO_JSON *tree = NULL;

	return run(t, NULL, &out, &tree, err);
}

bool
template_workflow(const struct template *t, const cJSON *values,
		  struct buf *out, struct err *err)
{
	AUTO(buf) text = BUF_INIT;
	AUTO_JSON *meant = NULL;
	AUTO_JSON *read = NULL;
	AUTO_PTR(yaml_doc) doc = NULL;

	if (!run(t, values, &text, &meant, err))
		return false;
	doc = yaml_parse(buf_str(&text), text.len, "workflow", 1, err);
	if (!doc)
		return err_prefix(err, "%s: as written", t->name);
	read = yaml_to_json(yaml_root(doc));
	if (!cJSON_Compare(meant, read, true))
		return FAIL(err, ERR_DATA,
			    "%s: its workflow does not survive "
			    "being written",
			    t->name);
	buf_add(out, buf_str(&text), text.len);
	return true;
}
