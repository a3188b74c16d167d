#include "flow/expr_ast.h"

#include "base/json.h"
#include "base/path.h"
#include "base/str.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * One function per filter, one row in FILTERS. Lists that only choose or
 * reorder refer to the items they were given (cJSON references): nothing
 * big is copied before the end of the evaluation.
 */

static bool
want(struct expr_eval *ev, const char *filter, bool fits, const char *wanted,
     const cJSON *v)
{
	if (fits)
		return true;
	expr_eval_fail(ev, "%s needs %s, not %s", filter, wanted,
		       expr_type(v));
	return false;
}

/* Also counts the list's items as work. */
static bool
want_list(struct expr_eval *ev, const char *filter, const cJSON *v)
{
	return want(ev, filter, cJSON_IsArray(v), "a list", v) &&
	       expr_charge(ev, cJSON_GetArraySize(v), 0);
}

static bool
want_text(struct expr_eval *ev, const char *filter, const cJSON *v)
{
	return want(ev, filter, cJSON_IsString(v), "text", v);
}

static cJSON *
new_list(struct expr_eval *ev)
{
	return expr_keep(ev, cJSON_CreateArray());
}

static void
refer(cJSON *list, const cJSON *item)
{
	cJSON_AddItemReferenceToArray(list, (cJSON *)item);
}

static const cJSON *
keep_text(struct expr_eval *ev, const char *text)
{
	if (!expr_charge(ev, 1, (long)strlen(text)))
		return NULL;
	return expr_keep(ev, cJSON_CreateString(text));
}

static const cJSON *
apply_json(struct expr_eval *ev, const cJSON *v, const cJSON *const *args,
	   int count)
{
	AUTO_FREE char *text = NULL;

	(void)args, (void)count;
	if (!expr_charge_tree(ev, v))
		return NULL;
	text = json_print(v);
	return keep_text(ev, text);
}

static size_t
characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static const cJSON *
apply_length(struct expr_eval *ev, const cJSON *v, const cJSON *const *args,
	     int count)
{
	double n;

	(void)args, (void)count;
	if (cJSON_IsString(v))
		n = (double)characters(v->valuestring);
	else if (cJSON_IsArray(v) || cJSON_IsObject(v))
		n = cJSON_GetArraySize(v);
	else
		return expr_eval_fail(ev, "length needs text, a list or an "
				      "object, not %s", expr_type(v));
	return expr_keep(ev, cJSON_CreateNumber(n));
}

static const cJSON *
apply_join(struct expr_eval *ev, const cJSON *v, const cJSON *const *args,
	   int count)
{
	AUTO(buf) out = BUF_INIT;
	const char *separator = ", ";
	const cJSON *item;

	if (!want_list(ev, "join", v) ||
	    (count && !want_text(ev, "the argument of join", args[0])))
		return NULL;
	if (count)
		separator = args[0]->valuestring;
	cJSON_ArrayForEach(item, v) {
		if (item != v->child)
			buf_addstr(&out, separator);
		if (!expr_charge(ev, 0, (long)strlen(separator)) ||
		    !expr_add_text(ev, item, &out))
			return NULL;
	}
	return expr_keep(ev, cJSON_CreateString(buf_str(&out)));
}

static const cJSON *
apply_first(struct expr_eval *ev, const cJSON *v, const cJSON *const *args,
	    int count)
{
	(void)args, (void)count;
	if (!want_list(ev, "first", v))
		return NULL;
	return v->child ? v->child :
			  expr_eval_missing(ev, "first of an empty list");
}

static const cJSON *
apply_last(struct expr_eval *ev, const cJSON *v, const cJSON *const *args,
	   int count)
{
	const cJSON *item, *last = NULL;

	(void)args, (void)count;
	if (!want_list(ev, "last", v))
		return NULL;
	cJSON_ArrayForEach(item, v)
		last = item;
	return last ? last : expr_eval_missing(ev, "last of an empty list");
}

static const cJSON *
change_case(struct expr_eval *ev, const char *filter, const cJSON *v,
	    int (*change)(int))
{
	const cJSON *out;

	if (!want_text(ev, filter, v))
		return NULL;
	out = keep_text(ev, v->valuestring);
	for (char *s = out ? out->valuestring : NULL; s && *s; s++)
		if ((unsigned char)*s < 0x80)
			*s = (char)change(*s);
	return out;
}

static const cJSON *
apply_lower(struct expr_eval *ev, const cJSON *v, const cJSON *const *args,
	    int count)
{
	(void)args, (void)count;
	return change_case(ev, "lower", v, tolower);
}

static const cJSON *
apply_upper(struct expr_eval *ev, const cJSON *v, const cJSON *const *args,
	    int count)
{
	(void)args, (void)count;
	return change_case(ev, "upper", v, toupper);
}

static const cJSON *
apply_round(struct expr_eval *ev, const cJSON *v, const cJSON *const *args,
	    int count)
{
	double digits = 0, scale;

	if (!want(ev, "round", cJSON_IsNumber(v), "a number", v))
		return NULL;
	if (count) {
		if (!want(ev, "the argument of round",
			  cJSON_IsNumber(args[0]), "a number", args[0]))
			return NULL;
		digits = trunc(args[0]->valuedouble);
	}
	if (!(digits >= -15 && digits <= 15))
		return expr_eval_fail(ev, "round to -15 to 15 digits");
	scale = pow(10, digits);
	return expr_keep(ev, cJSON_CreateNumber(
		round(v->valuedouble * scale) / scale));
}

static const cJSON *
apply_basename(struct expr_eval *ev, const cJSON *v,
	       const cJSON *const *args, int count)
{
	(void)args, (void)count;
	if (!want_text(ev, "basename", v))
		return NULL;
	return keep_text(ev, path_base(v->valuestring));
}

static const cJSON *
apply_map(struct expr_eval *ev, const cJSON *v, const cJSON *const *args,
	  int count)
{
	cJSON *out;
	const cJSON *item;

	(void)count;
	if (!want_list(ev, "map", v) ||
	    !want_text(ev, "the argument of map", args[0]))
		return NULL;
	out = new_list(ev);
	cJSON_ArrayForEach(item, v) {
		const cJSON *found = json_get(item, args[0]->valuestring);

		if (!found)
			return expr_eval_missing(ev, "map: an item has no "
						 "\"%s\"",
						 args[0]->valuestring);
		refer(out, found);
	}
	return out;
}

static const cJSON *
apply_where(struct expr_eval *ev, const cJSON *v, const cJSON *const *args,
	    int count)
{
	cJSON *out;
	const cJSON *item;

	(void)count;
	if (!want_list(ev, "where", v) ||
	    !want_text(ev, "the first argument of where", args[0]))
		return NULL;
	out = new_list(ev);
	cJSON_ArrayForEach(item, v) {
		const cJSON *found = json_get(item, args[0]->valuestring);
		bool equal = false;

		if (found && !expr_equal(ev, found, args[1], &equal))
			return NULL;
		if (equal)
			refer(out, item);
	}
	return out;
}

static const cJSON *
apply_keys(struct expr_eval *ev, const cJSON *v, const cJSON *const *args,
	   int count)
{
	cJSON *out;
	const cJSON *item;

	(void)args, (void)count;
	if (!want(ev, "keys", cJSON_IsObject(v), "an object", v))
		return NULL;
	out = new_list(ev);
	cJSON_ArrayForEach(item, v) {
		if (!expr_charge(ev, 1, (long)strlen(item->string)))
			return NULL;
		cJSON_AddItemToArray(out, cJSON_CreateString(item->string));
	}
	return out;
}

static const cJSON *
apply_values(struct expr_eval *ev, const cJSON *v, const cJSON *const *args,
	     int count)
{
	cJSON *out;
	const cJSON *item;

	(void)args, (void)count;
	if (!want(ev, "values", cJSON_IsObject(v), "an object", v) ||
	    !expr_charge(ev, cJSON_GetArraySize(v), 0))
		return NULL;
	out = new_list(ev);
	cJSON_ArrayForEach(item, v)
		refer(out, item);
	return out;
}

static const cJSON *
apply_limit(struct expr_eval *ev, const cJSON *v, const cJSON *const *args,
	    int count)
{
	double left;
	cJSON *out;
	const cJSON *item;

	(void)count;
	if (!want_list(ev, "limit", v) ||
	    !want(ev, "the argument of limit", cJSON_IsNumber(args[0]),
		  "a number", args[0]))
		return NULL;
	out = new_list(ev);
	left = args[0]->valuedouble;
	cJSON_ArrayForEach(item, v) {
		if (left < 1)
			break;
		left -= 1;
		refer(out, item);
	}
	return out;
}

static const cJSON *
apply_contains(struct expr_eval *ev, const cJSON *v,
	       const cJSON *const *args, int count)
{
	bool found;

	(void)count;
	if (!expr_contains(ev, v, args[0], &found))
		return NULL;
	return expr_keep_bool(ev, found);
}

/* Folds a list of numbers; each item replaces or adds to the sum so far. */
static const cJSON *
fold(struct expr_eval *ev, const char *filter, const cJSON *v,
     double (*step)(double, double))
{
	const cJSON *item;
	double out = 0;

	if (!want_list(ev, filter, v))
		return NULL;
	cJSON_ArrayForEach(item, v) {
		if (!cJSON_IsNumber(item))
			return expr_eval_fail(ev, "%s needs a list of "
					      "numbers; it holds %s", filter,
					      expr_type(item));
		out = item == v->child ? item->valuedouble :
					 step(out, item->valuedouble);
	}
	return expr_keep(ev, cJSON_CreateNumber(out));
}

static double
plus(double a, double b)
{
	return a + b;
}

static const cJSON *
apply_sum(struct expr_eval *ev, const cJSON *v, const cJSON *const *args,
	  int count)
{
	(void)args, (void)count;
	return fold(ev, "sum", v, plus);
}

static const cJSON *
apply_max(struct expr_eval *ev, const cJSON *v, const cJSON *const *args,
	  int count)
{
	(void)args, (void)count;
	if (cJSON_IsArray(v) && !v->child)
		return expr_eval_missing(ev, "max of an empty list");
	return fold(ev, "max", v, fmax);
}

static const cJSON *
apply_min(struct expr_eval *ev, const cJSON *v, const cJSON *const *args,
	  int count)
{
	(void)args, (void)count;
	if (cJSON_IsArray(v) && !v->child)
		return expr_eval_missing(ev, "min of an empty list");
	return fold(ev, "min", v, fmin);
}

static int
compare_items(const void *a, const void *b)
{
	const cJSON *x = *(const cJSON *const *)a;
	const cJSON *y = *(const cJSON *const *)b;

	if (cJSON_IsString(x))
		return strcmp(x->valuestring, y->valuestring);
	return (x->valuedouble > y->valuedouble) -
	       (x->valuedouble < y->valuedouble);
}

static const cJSON *
apply_sort(struct expr_eval *ev, const cJSON *v, const cJSON *const *args,
	   int count)
{
	AUTO_FREE const cJSON **items = NULL;
	size_t n = 0;
	const cJSON *item;
	cJSON *out;

	(void)args, (void)count;
	if (!want_list(ev, "sort", v))
		return NULL;
	items = xmalloc((size_t)cJSON_GetArraySize(v) * sizeof(*items));
	cJSON_ArrayForEach(item, v) {
		if (!cJSON_IsNumber(item) && !cJSON_IsString(item))
			return expr_eval_fail(ev, "sort needs numbers or "
					      "texts; the list holds %s",
					      expr_type(item));
		if (cJSON_IsString(item) != cJSON_IsString(v->child))
			return expr_eval_fail(ev, "sort needs one kind; the "
					      "list mixes numbers and texts");
		items[n++] = item;
	}
	qsort(items, n, sizeof(*items), compare_items);
	out = new_list(ev);
	for (size_t i = 0; i < n; i++)
		refer(out, items[i]);
	return out;
}

/* clang-format off */
static const struct expr_filter FILTERS[] = {
	{ "basename", 0, 0, apply_basename },
	{ "contains", 1, 1, apply_contains },
	{ "default",  1, 1, NULL },
	{ "first",    0, 0, apply_first },
	{ "join",     0, 1, apply_join },
	{ "json",     0, 0, apply_json },
	{ "keys",     0, 0, apply_keys },
	{ "last",     0, 0, apply_last },
	{ "length",   0, 0, apply_length },
	{ "limit",    1, 1, apply_limit },
	{ "lower",    0, 0, apply_lower },
	{ "map",      1, 1, apply_map },
	{ "max",      0, 0, apply_max },
	{ "min",      0, 0, apply_min },
	{ "round",    0, 1, apply_round },
	{ "sort",     0, 0, apply_sort },
	{ "sum",      0, 0, apply_sum },
	{ "upper",    0, 0, apply_upper },
	{ "values",   0, 0, apply_values },
	{ "where",    2, 2, apply_where },
};
/* clang-format on */

const struct expr_filter *
expr_filter_find(const char *name, struct err *err)
{
	const char *names[ARRAY_LEN(FILTERS)], *near;

	for (size_t i = 0; i < ARRAY_LEN(FILTERS); i++) {
		if (strcmp(FILTERS[i].name, name) == 0)
			return &FILTERS[i];
		names[i] = FILTERS[i].name;
	}
	near = str_nearest(name, names, ARRAY_LEN(names));
	FAIL(err, ERR_SYNTAX, "unknown filter \"%s\"%s%s%s", name,
	     near ? " (did you mean \"" : "; agentops-workflow(5) lists them",
	     near ? near : "", near ? "\"?)" : "");
	return NULL;
}
