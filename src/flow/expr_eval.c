#include "flow/expr_ast.h"

#include "base/json.h"
#include "base/str.h"
#include "flow/expr.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
	NODE_BYTES = 32,       /* charged for a value beside its text */
	CANDIDATES_MAX = 200,  /* keys looked at for "did you mean" */
};

void
expr_eval_init(struct expr_eval *ev, const cJSON *values)
{
	*ev = (struct expr_eval){
		.values = values,
		.work_left = EXPR_WORK_MAX,
		.bytes_left = EXPR_RESULT_MAX,
		.err = ERR_INIT,
	};
}

void
expr_eval_release(struct expr_eval *ev)
{
	for (size_t i = 0; i < ev->temp_count; i++)
		cJSON_Delete(ev->temps[i]);
	free(ev->temps);
	ev->temps = NULL;
	ev->temp_count = ev->temp_cap = 0;
}

static const cJSON *
set_err(struct expr_eval *ev, enum err_code code, const char *fmt, va_list ap)
{
	AUTO_FREE char *what = xvasprintf(fmt, ap);

	FAIL(&ev->err, code, "%s", what);
	return NULL;
}

const cJSON *
expr_eval_fail(struct expr_eval *ev, const char *fmt, ...)
{
	va_list ap;

	ev->missing = false;
	va_start(ap, fmt);
	set_err(ev, ERR_DATA, fmt, ap);
	va_end(ap);
	return NULL;
}

const cJSON *
expr_eval_missing(struct expr_eval *ev, const char *fmt, ...)
{
	va_list ap;

	ev->missing = true;
	va_start(ap, fmt);
	set_err(ev, ERR_DATA, fmt, ap);
	va_end(ap);
	return NULL;
}

cJSON *
expr_keep(struct expr_eval *ev, cJSON *v)
{
	GROW(ev->temps, ev->temp_count, ev->temp_cap);
	ev->temps[ev->temp_count++] = v;
	return v;
}

const cJSON *
expr_keep_bool(struct expr_eval *ev, bool b)
{
	return expr_keep(ev, cJSON_CreateBool(b));
}

bool
expr_charge(struct expr_eval *ev, long work, long bytes)
{
	ev->work_left -= work;
	ev->bytes_left -= bytes;
	if (ev->work_left >= 0 && ev->bytes_left >= 0)
		return true;
	ev->missing = false;
	return FAIL(&ev->err, ERR_TOOBIG,
		    "the result is too big (over %d MiB, or more than %d "
		    "values looked at); pass a file instead",
		    EXPR_RESULT_MAX >> 20, EXPR_WORK_MAX);
}

bool
expr_charge_tree(struct expr_eval *ev, const cJSON *v)
{
	long bytes = NODE_BYTES;
	const cJSON *item;

	if (v->valuestring)
		bytes += (long)strlen(v->valuestring);
	if (v->string)
		bytes += (long)strlen(v->string);
	if (!expr_charge(ev, 1, bytes))
		return false;
	cJSON_ArrayForEach(item, v)
		if (!expr_charge_tree(ev, item))
			return false;
	return true;
}

bool
expr_add_text(struct expr_eval *ev, const cJSON *v, struct buf *out)
{
	size_t before = out->len;
	AUTO_FREE char *json = NULL;

	if (cJSON_IsString(v)) {
		if (!expr_charge(ev, 1, (long)strlen(v->valuestring)))
			return false;
		buf_addstr(out, v->valuestring);
		return true;
	}
	if (cJSON_IsNull(v))
		return true;
	if (cJSON_IsNumber(v)) {
		json_add_num(out, v->valuedouble);
		return expr_charge(ev, 1, (long)(out->len - before));
	}
	if (!expr_charge_tree(ev, v))
		return false;
	json = json_print(v);
	buf_addstr(out, json);
	return true;
}

const char *
expr_type(const cJSON *v)
{
	if (cJSON_IsString(v))
		return "text";
	if (cJSON_IsNumber(v))
		return "a number";
	if (cJSON_IsBool(v))
		return "true or false";
	if (cJSON_IsArray(v))
		return "a list";
	return cJSON_IsObject(v) ? "an object" : "null";
}

bool
expr_truth(const cJSON *v)
{
	if (cJSON_IsString(v))
		return *v->valuestring != '\0';
	if (cJSON_IsNumber(v))
		return v->valuedouble != 0;
	if (cJSON_IsArray(v) || cJSON_IsObject(v))
		return v->child != NULL;
	return cJSON_IsTrue(v);
}

/* Lists and objects are equal when their JSON is, members in one order:
 * linear, where cJSON_Compare takes quadratic time. */
static bool
equal_trees(struct expr_eval *ev, const cJSON *a, const cJSON *b, bool *ret)
{
	AUTO_FREE char *x = NULL;
	AUTO_FREE char *y = NULL;

	if (!expr_charge_tree(ev, a) || !expr_charge_tree(ev, b))
		return false;
	x = json_print(a);
	y = json_print(b);
	*ret = strcmp(x, y) == 0;
	return true;
}

bool
expr_equal(struct expr_eval *ev, const cJSON *a, const cJSON *b, bool *ret)
{
	if (!expr_charge(ev, 1, 0))
		return false;
	if (cJSON_IsArray(a) || cJSON_IsObject(a))
		return equal_trees(ev, a, b, ret);
	if (cJSON_IsString(a) && cJSON_IsString(b))
		*ret = strcmp(a->valuestring, b->valuestring) == 0;
	else if (cJSON_IsNumber(a) && cJSON_IsNumber(b))
		*ret = a->valuedouble == b->valuedouble;
	else
		*ret = (a->type & 0xff) == (b->type & 0xff) &&
		       !cJSON_IsString(a) && !cJSON_IsNumber(a);
	return true;
}

static bool
list_has(struct expr_eval *ev, const cJSON *list, const cJSON *x, bool *ret)
{
	bool equal = false;
	const cJSON *item;

	cJSON_ArrayForEach(item, list) {
		if (!expr_equal(ev, item, x, &equal))
			return false;
		if (equal)
			break;
	}
	*ret = equal;
	return true;
}

bool
expr_contains(struct expr_eval *ev, const cJSON *box, const cJSON *x,
	      bool *ret)
{
	if (cJSON_IsArray(box))
		return list_has(ev, box, x, ret);
	if (cJSON_IsString(box) && cJSON_IsString(x)) {
		*ret = strstr(box->valuestring, x->valuestring) != NULL;
		return expr_charge(ev, 1, 0);
	}
	if (cJSON_IsObject(box) && cJSON_IsString(x)) {
		*ret = json_get(box, x->valuestring) != NULL;
		return expr_charge(ev, cJSON_GetArraySize(box), 0);
	}
	expr_eval_fail(ev, "%s cannot be in %s", expr_type(x),
		       expr_type(box));
	return false;
}

/* ---- paths ------------------------------------------------------------ */

static void
join_names(const struct expr_node *n, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_addch(out, '.');
		buf_addstr(out, n->names[i]);
	}
}

static const cJSON *
fail_member(struct expr_eval *ev, const cJSON *object, const char *where,
	    const char *name)
{
	const char *names[CANDIDATES_MAX] = { NULL }, *near;
	AUTO(buf) known = BUF_INIT;
	size_t count = 0;
	const cJSON *item;

	cJSON_ArrayForEach(item, object) {
		if (count == CANDIDATES_MAX)
			break;
		if (count < 8)
			buf_printf(&known, "%s%s", count ? ", " : "",
				   item->string);
		names[count++] = item->string;
	}
	near = str_nearest(name, names, count);
	if (near)
		return expr_eval_missing(ev, "%s has no \"%s\" (did you mean "
					 "\"%s\"?)", where, name, near);
	return expr_eval_missing(ev, "%s has no \"%s\"; it has %s%s", where,
				 name, count ? buf_str(&known) : "nothing",
				 count > 8 ? ", ..." : "");
}

static const cJSON *
list_item(struct expr_eval *ev, const cJSON *list, const char *where,
	  const char *name)
{
	int64_t i;
	int count = cJSON_GetArraySize(list);

	if (!expr_charge(ev, count, 0))
		return NULL;
	if (!str_to_i64(name, 0, INT32_MAX, &i))
		return expr_eval_missing(ev, "%s is a list; \"%s\" is no "
					 "index (.0 is the first)", where,
					 name);
	if (i >= count)
		return expr_eval_missing(ev, "%s has %d item%s; there is no "
					 ".%s", where, count,
					 count == 1 ? "" : "s", name);
	return cJSON_GetArrayItem(list, (int)i);
}

static const cJSON *
member(struct expr_eval *ev, const cJSON *v, const struct expr_node *n,
       size_t i)
{
	AUTO(buf) where = BUF_INIT;
	const cJSON *found = json_get(v, n->names[i]);

	if (found)
		return found;
	join_names(n, i, &where);
	if (cJSON_IsArray(v))
		return list_item(ev, v, buf_str(&where), n->names[i]);
	if (cJSON_IsObject(v))
		return fail_member(ev, v, buf_str(&where), n->names[i]);
	return expr_eval_missing(ev, "%s is %s and has no \"%s\"",
				 buf_str(&where), expr_type(v), n->names[i]);
}

static const cJSON *
eval_path(struct expr_eval *ev, const struct expr_node *n)
{
	const cJSON *v = json_get(ev->values, n->names[0]);

	if (!v)
		return expr_eval_missing(ev, "there is no %s here",
					 n->names[0]);
	for (size_t i = 1; v && i < n->name_count; i++)
		v = member(ev, v, n, i);
	return v;
}

/* ---- operators -------------------------------------------------------- */

static const cJSON *
eval_list(struct expr_eval *ev, const struct expr_node *n)
{
	cJSON *list = expr_keep(ev, cJSON_CreateArray());

	for (size_t i = 0; i < n->item_count; i++) {
		const cJSON *v = expr_eval_node(ev, n->items[i]);

		if (!v)
			return NULL;
		cJSON_AddItemReferenceToArray(list, (cJSON *)v);
	}
	return list;
}

/* and stops at the first false, or at the first true. */
static const cJSON *
eval_logic(struct expr_eval *ev, const struct expr_node *n)
{
	bool stop_at = n->kind == EXPR_OR;

	for (size_t i = 0; i < n->item_count; i++) {
		const cJSON *v = expr_eval_node(ev, n->items[i]);

		if (!v)
			return NULL;
		if (expr_truth(v) == stop_at)
			return expr_keep_bool(ev, stop_at);
	}
	return expr_keep_bool(ev, !stop_at);
}

/* -1, 0, 1 for two numbers or two texts. */
static bool
order(struct expr_eval *ev, const cJSON *a, const cJSON *b, int *ret)
{
	if (cJSON_IsNumber(a) && cJSON_IsNumber(b)) {
		*ret = (a->valuedouble > b->valuedouble) -
		       (a->valuedouble < b->valuedouble);
		return true;
	}
	if (cJSON_IsString(a) && cJSON_IsString(b)) {
		*ret = strcmp(a->valuestring, b->valuestring);
		return true;
	}
	expr_eval_fail(ev, "%s and %s have no order", expr_type(a),
		       expr_type(b));
	return false;
}

static const cJSON *
eval_order(struct expr_eval *ev, enum expr_op op, const cJSON *a,
	   const cJSON *b)
{
	int sign;

	if (!order(ev, a, b, &sign))
		return NULL;
	return expr_keep_bool(ev, op == EXPR_LT ? sign < 0 :
				  op == EXPR_LE ? sign <= 0 :
				  op == EXPR_GT ? sign > 0 : sign >= 0);
}

static const cJSON *
eval_compare(struct expr_eval *ev, const struct expr_node *n)
{
	const cJSON *a = expr_eval_node(ev, n->items[0]);
	const cJSON *b = a ? expr_eval_node(ev, n->items[1]) : NULL;
	bool found;

	if (!b)
		return NULL;
	if (n->op == EXPR_IN)
		return expr_contains(ev, b, a, &found) ?
			expr_keep_bool(ev, found) : NULL;
	if (n->op != EXPR_EQ && n->op != EXPR_NE)
		return eval_order(ev, n->op, a, b);
	if (!expr_equal(ev, a, b, &found))
		return NULL;
	return expr_keep_bool(ev, found == (n->op == EXPR_EQ));
}

static const cJSON *
eval_default(struct expr_eval *ev, const struct expr_node *n)
{
	const cJSON *v = expr_eval_node(ev, n->items[0]);

	if (v && !cJSON_IsNull(v))
		return v;
	if (!v && !ev->missing)
		return NULL;
	ev->missing = false;
	return expr_eval_node(ev, n->items[1]);
}

static const cJSON *
eval_filter(struct expr_eval *ev, const struct expr_node *n)
{
	const cJSON *args[3] = { NULL };
	const cJSON *v;

	if (!n->filter->apply)
		return eval_default(ev, n);
	v = expr_eval_node(ev, n->items[0]);
	if (!v)
		return NULL;
	for (size_t i = 1; i < n->item_count; i++) {
		args[i - 1] = expr_eval_node(ev, n->items[i]);
		if (!args[i - 1])
			return NULL;
	}
	return n->filter->apply(ev, v, args, (int)n->item_count - 1);
}

const cJSON *
expr_eval_node(struct expr_eval *ev, const struct expr_node *n)
{
	const cJSON *v;

	if (!expr_charge(ev, 1, 0))
		return NULL;
	switch (n->kind) {
	case EXPR_LITERAL:
		return &n->literal;
	case EXPR_PATH:
		return eval_path(ev, n);
	case EXPR_LIST:
		return eval_list(ev, n);
	case EXPR_NOT:
		v = expr_eval_node(ev, n->items[0]);
		return v ? expr_keep_bool(ev, !expr_truth(v)) : NULL;
	case EXPR_AND:
	case EXPR_OR:
		return eval_logic(ev, n);
	case EXPR_COMPARE:
		return eval_compare(ev, n);
	case EXPR_FILTER:
		return eval_filter(ev, n);
	}
	return NULL;
}
