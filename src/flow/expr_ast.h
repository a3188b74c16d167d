/*
 * expr_ast.h - inside of expr: the tree of one expression. Included by the
 * expr_*.c files, and by render*.c and template_inject.c, which find
 * expressions in texts of their own.
 *
 * Parsing and meaning are apart: expr_parse.c knows text, expr.c looks at a
 * tree without values, expr_eval.c and expr_filter.c give it a value. Trees
 * live in an arena and borrow nothing from the text.
 */
#ifndef AGENTOPS_FLOW_EXPR_AST_H
#define AGENTOPS_FLOW_EXPR_AST_H

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

enum expr_kind {
	EXPR_LITERAL, /* literal */
	EXPR_PATH,    /* names, the first is a root */
	EXPR_LIST,    /* items */
	EXPR_NOT,     /* items[0] */
	EXPR_AND,     /* items, two or more */
	EXPR_OR,      /* items, two or more */
	EXPR_COMPARE, /* op, items[0] and items[1] */
	EXPR_FILTER,  /* filter; items[0] is filtered, the rest arguments */
};

enum expr_op {
	EXPR_EQ,
	EXPR_NE,
	EXPR_LE,
	EXPR_GE,
	EXPR_LT,
	EXPR_GT,
	EXPR_IN,
};

struct expr_filter;

struct expr_node {
	enum expr_kind kind;
	enum expr_op op;
	cJSON literal;            /* its text lies in the arena */
	const char **names;       /* path */
	size_t name_count;
	struct expr_node **items;
	size_t item_count;
	const struct expr_filter *filter;
};

/*
 * Parses the expression at s (at most len bytes). With braces it ends
 * before the first "}}" that is not part of it, and *ret_used counts the
 * bytes up to there; without, it must fill s. err has no place yet.
 */
bool expr_parse(struct arena *a, const char *s, size_t len, bool braces,
		struct expr_node **ret, size_t *ret_used, struct err *err);

/* Calls fn for each path in the tree, until one gives false. */
typedef bool expr_path_fn(void *ud, const struct expr_node *path,
			  struct err *err);
bool expr_each_path(const struct expr_node *n, expr_path_fn *fn, void *ud,
		    struct err *err);

/* One evaluation: owns its intermediate values, counts its work. */
struct expr_eval {
	const cJSON *values;
	cJSON **temps;
	size_t temp_count, temp_cap;
	long work_left;  /* values that may still be visited */
	long bytes_left; /* of results that may still be made */
	bool missing;    /* it failed because a path is not there */
	struct err err;  /* why it failed, without a place */
};

void expr_eval_init(struct expr_eval *ev, const cJSON *values);
void expr_eval_release(struct expr_eval *ev);

/* The value, borrowed from ev or its values; NULL with ev->err set. */
const cJSON *expr_eval_node(struct expr_eval *ev, const struct expr_node *n);

/* For filters: set ev->err (and missing) and give NULL. */
const cJSON *expr_eval_fail(struct expr_eval *ev, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
const cJSON *expr_eval_missing(struct expr_eval *ev, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Takes a new value into the evaluation; gives it back. */
cJSON *expr_keep(struct expr_eval *ev, cJSON *v);
const cJSON *expr_keep_bool(struct expr_eval *ev, bool b);
/* Count work and bytes; false with ev->err when there is no more. */
bool expr_charge(struct expr_eval *ev, long work, long bytes);
/* Counts v with all below it. */
bool expr_charge_tree(struct expr_eval *ev, const cJSON *v);
/* Appends v's string form, counted. */
bool expr_add_text(struct expr_eval *ev, const cJSON *v, struct buf *out);

bool expr_truth(const cJSON *v);
bool expr_equal(struct expr_eval *ev, const cJSON *a, const cJSON *b,
		bool *ret);
/* x in box: text in text, value in list, key in object. */
bool expr_contains(struct expr_eval *ev, const cJSON *box, const cJSON *x,
		   bool *ret);
/* "a number", "text", "a list", ... for messages. */
const char *expr_type(const cJSON *v);

struct expr_filter {
	const char *name;
	int min_args, max_args;
	/* NULL only for `default`, which expr_eval.c does itself: it is the
	 * one filter that sees a failure. */
	const cJSON *(*apply)(struct expr_eval *ev, const cJSON *v,
			      const cJSON *const *args, int count);
};

/* NULL with err ("did you mean") when there is none of that name. */
const struct expr_filter *expr_filter_find(const char *name,
					   struct err *err);

#endif
