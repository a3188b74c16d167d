/*
 * render_ops.h - inside of render: a file as operations, see the top of
 * render.c. Parsed in render.c, run in render_run.c.
 */
#ifndef AGENTOPS_FLOW_RENDER_OPS_H
#define AGENTOPS_FLOW_RENDER_OPS_H

#include "flow/expr_ast.h"
#include "flow/render.h"

enum op_kind {
	OP_TEXT,
	OP_VALUE,
	OP_NAME,
	OP_UNLESS,
	OP_JUMP,
	OP_EACH,
	OP_NEXT
};

struct op {
	enum op_kind kind;
	const char *at;   /* in text: where messages point */
	const char *text; /* TEXT */
	size_t len;
	const struct expr_node *expr;
	size_t target;
};

struct render {
	struct arena arena;
	const char *name;
	enum render_target kind;
	const char *text, *end;
	struct op *ops;
	size_t count, cap;
};

/* "file:line:column: what" of the place at in r->text; returns false. */
bool render_fail(const struct render *r, const char *at, struct err *err,
		 enum err_code code, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
#define render_fail(...) err_false(render_fail(__VA_ARGS__))

#endif
