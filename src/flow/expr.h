/*
 * expr.h - `{{ path | filter }}` in the scalars of a parsed YAML tree.
 *
 * Substitution is structural: it happens in one scalar at a time after the
 * file was parsed, so a value can never change the structure around it.
 *
 *	with: {path: "{{ inputs.data }}", top: "{{ inputs.n | default(5) }}"}
 *	with: {out: "chart-{{ index }}.png", name: "{{ item.name | upper }}"}
 *
 * A scalar that is exactly one expression becomes the typed JSON value;
 * mixed text joins string forms (a text as it is, a number in its shortest
 * decimal, null as nothing, a list or object as compact JSON). Map keys are
 * never substituted.
 *
 *	operators   or; and; not; == != < <= > >= in   (loosest first)
 *	chain       operand { "|" filter [ "(" arguments ")" ] }
 *	operand     path | number | 'text' | "text" | true | false | null
 *	            | [a, b] | ( expression )
 *	path        root { .name | .0 | ['any key'] | [0] }
 *	roots       inputs steps item index attempt findings iterate
 *	            workspace run; in a template (flow/template.h) also
 *	            answers deploy
 *
 * A path that is not there is an error that says what is; `default(x)`
 * anywhere after it in the same chain takes its place (and that of null).
 * There is no call, loop or assignment: an expression ends. Size of the
 * expression, depth, work done and size of the result are bounded below.
 */
#ifndef AGENTOPS_FLOW_EXPR_H
#define AGENTOPS_FLOW_EXPR_H

#include "base/err.h"
#include "base/yaml.h"

#include <cjson/cJSON.h>

enum {
	EXPR_TEXT_MAX = 4096,     /* bytes of one expression */
	EXPR_DEPTH = 32,          /* of brackets and operators */
	EXPR_RESULT_MAX = 16 << 20, /* bytes of one expr_resolve's result */
	EXPR_WORK_MAX = 4 << 20,  /* values visited by one expr_resolve */
};

/*
 * The tree n as JSON with every expression replaced by its value in values
 * (an object: inputs, steps, item, ...; agentops-workflow(5)). Caller
 * deletes *ret. n NULL gives an empty object. ERR_SYNTAX for a wrong
 * expression, ERR_DATA for a path that is not there or a value of the wrong
 * kind, ERR_TOOBIG; all "file:line:col: in {{ ... }}: what".
 */
bool expr_resolve(const struct yaml_doc *d, const struct yaml_node *n,
		  const cJSON *values, cJSON **ret, struct err *err);

/* As expr_resolve for a scalar, as its string form. Caller frees. */
bool expr_text(const struct yaml_doc *d, const struct yaml_node *n,
	       const cJSON *values, char **ret, struct err *err);

/*
 * A condition (`when:`): the scalar is one expression, with or without the
 * braces. False are: false, null, 0, "", an empty list or object.
 */
bool expr_test(const struct yaml_doc *d, const struct yaml_node *n,
	       const cJSON *values, bool *ret, struct err *err);

/*
 * What may be named where an expression stands. input and step get a name
 * that the expression uses; false with err (message without a place) when
 * it may not. step also gets the part after the step ("outputs", "data",
 * NULL) and the name after that (NULL when there is none).
 */
struct expr_scope {
	void *ud;
	bool (*input)(void *ud, const char *name, struct err *err);
	bool (*step)(void *ud, const char *id, const char *part,
		     const char *name, struct err *err);
	bool has_item; /* `item` and `index` exist (foreach) */
	/* `answers` and `deploy`; NULL: this is no template. */
	bool (*answer)(void *ud, const char *root, const char *name,
		       struct err *err);
};

/* Checks every expression in the tree without values: syntax, roots,
 * filters and their argument counts, and names by the scope. */
bool expr_check(const struct yaml_doc *d, const struct yaml_node *n,
		const struct expr_scope *scope, struct err *err);
/* The same for a condition, where the braces may be missing. */
bool expr_check_test(const struct yaml_doc *d, const struct yaml_node *n,
		     const struct expr_scope *scope, struct err *err);

/* Whether some scalar of the tree holds "{{". */
bool expr_present(const struct yaml_node *n);
/* Whether the scalar is nothing but one expression. */
bool expr_is_whole(const struct yaml_node *n);

#endif
