#include "flow/expr.h"

#include "base/json.h"
#include "base/str.h"
#include "flow/expr_ast.h"

#include <stdlib.h>
#include <string.h>

enum { SNIPPET_MAX = 60 };

/* One scalar (or tree of them) being resolved or checked. */
struct scan {
	const struct yaml_doc *doc;
	struct arena arena;         /* trees of its expressions */
	struct expr_eval ev;        /* resolve */
	const struct expr_scope *scope; /* check */
	struct err *err;
};

static void
scan_init(struct scan *s, const struct yaml_doc *d, const cJSON *values,
	  struct err *err)
{
	*s = (struct scan){ .doc = d, .err = err };
	expr_eval_init(&s->ev, values);
}

static void
scan_release(struct scan *s)
{
	expr_eval_release(&s->ev);
	arena_release(&s->arena);
}

/* Puts the place and the expression before why; returns false. */
static bool
fail_at(struct scan *s, const struct yaml_node *n, const char *expr,
	const struct err *why)
{
	const char *end = strstr(expr, "}}");
	size_t len = end ? (size_t)(end + 2 - expr) : strlen(expr);
	AUTO(buf) snippet = BUF_INIT;

	str_visible(&snippet, expr, len > SNIPPET_MAX ? SNIPPET_MAX : len,
		    false);
	if (len > SNIPPET_MAX)
		buf_addstr(&snippet, "...");
	yaml_fail(s->doc, n, s->err, "in %s: %s", buf_str(&snippet),
		  why->msg);
	if (s->err)
		s->err->code = why->code;
	return false;
}

/* ---- parts of a scalar ------------------------------------------------ */

struct part {
	const char *text;        /* up to the expression */
	size_t len;
	const char *expr;        /* the "{{", or NULL: text to the end */
	const struct expr_node *node;
	const char *rest;        /* after the "}}" */
};

/* Parses the expression whose "{{" is at open. */
static bool
read_expr(struct scan *s, const struct yaml_node *n, const char *open,
	  struct part *part)
{
	size_t left = (size_t)(n->text + n->len - open) - 2, used;
	struct err why = ERR_INIT;
	struct expr_node *node;

	if (!expr_parse(&s->arena, open + 2, left, true, &node, &used, &why))
		return fail_at(s, n, open, &why);
	part->expr = open;
	part->node = node;
	part->rest = open + 2 + used + 2;
	return true;
}

/* The next part at p of n's text; false with err for a wrong expression. */
static bool
next_part(struct scan *s, const struct yaml_node *n, const char *p,
	  struct part *ret)
{
	const char *open = strstr(p, "{{");

	*ret = (struct part){ .text = p };
	ret->len = open ? (size_t)(open - p) :
			  (size_t)(n->text + n->len - p);
	return !open || read_expr(s, n, open, ret);
}

/* The part is all of the scalar. */
static bool
part_whole(const struct yaml_node *n, const struct part *part)
{
	return part->expr == n->text && part->rest == n->text + n->len;
}

bool
expr_present(const struct yaml_node *n)
{
	if (!n)
		return false;
	if (n->kind == YAML_SCALAR)
		return strstr(n->text, "{{") != NULL;
	for (size_t i = 0; i < n->count; i++)
		if (expr_present(n->items[i]))
			return true;
	return false;
}

bool
expr_is_whole(const struct yaml_node *n)
{
	struct arena arena = { 0 };
	struct expr_node *node;
	size_t used = 0;
	bool whole;

	if (n->kind != YAML_SCALAR || strncmp(n->text, "{{", 2) != 0)
		return false;
	whole = expr_parse(&arena, n->text + 2, n->len - 2, true, &node,
			   &used, NULL) &&
		used + 4 == n->len;
	arena_release(&arena);
	return whole;
}

/* ---- resolving -------------------------------------------------------- */

static const cJSON *
eval_part(struct scan *s, const struct yaml_node *n, const struct part *part)
{
	const cJSON *v = expr_eval_node(&s->ev, part->node);

	if (!v)
		fail_at(s, n, part->expr, &s->ev.err);
	return v;
}

/* Appends the scalar's text with expressions in their string form. */
static bool
add_mixed(struct scan *s, const struct yaml_node *n, struct buf *out)
{
	const char *p = n->text;

	while (p) {
		struct part part;
		const cJSON *v;

		if (!next_part(s, n, p, &part))
			return false;
		buf_add(out, part.text, part.len);
		if (!part.expr)
			return true;
		v = eval_part(s, n, &part);
		if (!v)
			return false;
		if (!expr_add_text(&s->ev, v, out))
			return fail_at(s, n, part.expr, &s->ev.err);
		p = part.rest;
	}
	return true;
}

static bool
resolve_whole(struct scan *s, const struct yaml_node *n,
	      const struct part *part, cJSON **ret)
{
	const cJSON *v = eval_part(s, n, part);

	if (!v)
		return false;
	if (!expr_charge_tree(&s->ev, v))
		return fail_at(s, n, part->expr, &s->ev.err);
	*ret = cJSON_Duplicate(v, true);
	return true;
}

static bool
resolve_scalar(struct scan *s, const struct yaml_node *n, cJSON **ret)
{
	AUTO(buf) out = BUF_INIT;
	struct part part;

	if (!next_part(s, n, n->text, &part))
		return false;
	if (!part.expr) {
		/* counted, since aliases may repeat a long text */
		if (!expr_charge(&s->ev, 1, (long)n->len))
			return fail_at(s, n, n->text, &s->ev.err);
		*ret = yaml_to_json(n);
		return true;
	}
	if (part_whole(n, &part))
		return resolve_whole(s, n, &part, ret);
	if (!add_mixed(s, n, &out))
		return false;
	*ret = cJSON_CreateString(buf_str(&out));
	return true;
}

static bool
resolve_node(struct scan *s, const struct yaml_node *n, cJSON **ret)
{
	AUTO_JSON *out = NULL;

	if (n->kind == YAML_SCALAR)
		return resolve_scalar(s, n, ret);
	out = n->kind == YAML_MAP ? cJSON_CreateObject() :
				    cJSON_CreateArray();
	for (size_t i = 0; i < n->count; i++) {
		cJSON *v = NULL;

		if (!resolve_node(s, n->items[i], &v))
			return false;
		if (n->kind == YAML_MAP)
			cJSON_AddItemToObject(out, n->keys[i]->text, v);
		else
			cJSON_AddItemToArray(out, v);
	}
	*ret = TAKE(out);
	return true;
}

bool
expr_resolve(const struct yaml_doc *d, const struct yaml_node *n,
	     const cJSON *values, cJSON **ret, struct err *err)
{
	struct scan s;
	bool ok;

	if (!n) {
		*ret = cJSON_CreateObject();
		return true;
	}
	scan_init(&s, d, values, err);
	ok = resolve_node(&s, n, ret);
	scan_release(&s);
	return ok;
}

bool
expr_text(const struct yaml_doc *d, const struct yaml_node *n,
	  const cJSON *values, char **ret, struct err *err)
{
	AUTO(buf) out = BUF_INIT;
	struct scan s;
	bool ok;

	if (n->kind != YAML_SCALAR)
		return yaml_fail(d, n, err, "text is wanted here");
	scan_init(&s, d, values, err);
	ok = add_mixed(&s, n, &out);
	scan_release(&s);
	if (ok)
		*ret = buf_steal(&out);
	return ok;
}

/* ---- conditions ------------------------------------------------------- */

/* A condition without braces is parsed as it stands. */
static bool
parse_test(struct scan *s, const struct yaml_node *n, struct part *ret)
{
	const char *start;
	struct err why = ERR_INIT;
	struct expr_node *node;
	size_t used;

	if (n->kind != YAML_SCALAR)
		return yaml_fail(s->doc, n, s->err,
				 "a condition is one expression");
	start = n->text + strspn(n->text, " \t\r\n");
	if (strncmp(start, "{{", 2) == 0) {
		if (!read_expr(s, n, start, ret))
			return false;
		if (ret->rest[strspn(ret->rest, " \t\r\n")] == '\0')
			return true;
		return yaml_fail(s->doc, n, s->err,
				 "a condition is one expression; there is "
				 "text after its }}");
	}
	if (!expr_parse(&s->arena, n->text, n->len, false, &node, &used,
			&why))
		return fail_at(s, n, n->text, &why);
	*ret = (struct part){ .expr = n->text, .node = node };
	return true;
}

bool
expr_test(const struct yaml_doc *d, const struct yaml_node *n,
	  const cJSON *values, bool *ret, struct err *err)
{
	struct scan s;
	struct part part;
	const cJSON *v = NULL;

	scan_init(&s, d, values, err);
	if (parse_test(&s, n, &part))
		v = eval_part(&s, n, &part);
	if (v)
		*ret = expr_truth(v);
	scan_release(&s);
	return v != NULL;
}

/* ---- checking --------------------------------------------------------- */

static bool
check_steps(const struct expr_scope *scope, const struct expr_node *n,
	    struct err *err)
{
	if (n->name_count < 2)
		return FAIL(err, ERR_SYNTAX, "name a step: steps.ID");
	return scope->step(scope->ud, n->names[1],
			   n->name_count > 2 ? n->names[2] : NULL,
			   n->name_count > 3 ? n->names[3] : NULL, err);
}

static bool
check_answer(const struct expr_scope *scope, const struct expr_node *n,
	     struct err *err)
{
	if (scope->answer)
		return scope->answer(scope->ud, n->names[0],
				     n->name_count > 1 ? n->names[1] : NULL,
				     err);
	return FAIL(err, ERR_SYNTAX, "%s exists only in a template, until it "
		    "is deployed", n->names[0]);
}

static bool
check_path(const struct expr_scope *scope, const struct expr_node *n,
	   struct err *err)
{
	const char *root = n->names[0];

	if (scope->answer && strcmp(root, "answers") != 0 &&
	    strcmp(root, "deploy") != 0)
		return FAIL(err, ERR_SYNTAX, "%s exists only in a run; a "
			    "template knows answers and deploy", root);
	if (strcmp(root, "inputs") == 0 && n->name_count > 1)
		return scope->input(scope->ud, n->names[1], err);
	if (strcmp(root, "steps") == 0)
		return check_steps(scope, n, err);
	if (strcmp(root, "answers") == 0 || strcmp(root, "deploy") == 0)
		return check_answer(scope, n, err);
	if (!scope->has_item &&
	    (strcmp(root, "item") == 0 || strcmp(root, "index") == 0))
		return FAIL(err, ERR_SYNTAX, "%s exists only in a step with "
			    "foreach", root);
	return true;
}

static bool
check_path_in(void *ud, const struct expr_node *n, struct err *err)
{
	return check_path(ud, n, err);
}

bool
expr_each_path(const struct expr_node *n, expr_path_fn *fn, void *ud,
	       struct err *err)
{
	if (n->kind == EXPR_PATH)
		return fn(ud, n, err);
	for (size_t i = 0; i < n->item_count; i++)
		if (!expr_each_path(n->items[i], fn, ud, err))
			return false;
	return true;
}

static bool
check_part(struct scan *s, const struct yaml_node *n, const struct part *part)
{
	struct err why = ERR_INIT;

	return expr_each_path(part->node, check_path_in, (void *)s->scope,
			      &why) ||
	       fail_at(s, n, part->expr, &why);
}

static bool
check_scalar(struct scan *s, const struct yaml_node *n)
{
	struct part part = { .rest = n->text };

	do {
		if (!next_part(s, n, part.rest, &part))
			return false;
		if (part.expr && !check_part(s, n, &part))
			return false;
	} while (part.expr);
	return true;
}

static bool
check_tree(struct scan *s, const struct yaml_node *n)
{
	if (n->kind == YAML_SCALAR)
		return check_scalar(s, n);
	for (size_t i = 0; i < n->count; i++)
		if (!check_tree(s, n->items[i]))
			return false;
	return true;
}

bool
expr_check(const struct yaml_doc *d, const struct yaml_node *n,
	   const struct expr_scope *scope, struct err *err)
{
	struct scan s;
	bool ok;

	scan_init(&s, d, NULL, err);
	s.scope = scope;
	ok = check_tree(&s, n);
	scan_release(&s);
	return ok;
}

bool
expr_check_test(const struct yaml_doc *d, const struct yaml_node *n,
		const struct expr_scope *scope, struct err *err)
{
	struct scan s;
	struct part part;
	bool ok;

	scan_init(&s, d, NULL, err);
	s.scope = scope;
	ok = parse_test(&s, n, &part) && check_part(&s, n, &part);
	scan_release(&s);
	return ok;
}
