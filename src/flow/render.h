/*
 * render.h - a template's file with its values put in, each as one token of
 * the file's own language.
 *
 *	{{ EXPRESSION }}                 the value, quoted for the target
 *	{% name EXPRESSION %}            a quoted identifier (sql only)
 *	{% if E %} {% elif E %} {% else %} {% end %}
 *	{% for item in E %} ... {% end %}    sees `item` and `index`
 *	{% raw %} ... {% end %}          as it stands
 *	{% # a remark %}
 *
 * Expressions are those of flow/expr.h. A line that holds nothing but one
 * {% %} leaves no line. There is no macro, include or assignment: rendering
 * ends, and sizes, depth and work are bounded below.
 *
 * A value never leaves its place. It is written as a whole token ("text" with
 * its quotes, a number, a list), so it may only stand where a token may: the
 * file's text is scanned in its own language (flow/render_scan.h), and
 * a tag inside quotes, a comment or a here-document is an error, found when
 * the template is checked and not when somebody's answer holds a quote.
 *
 * Errors are "file:line:column: what". What was written is never half: out
 * grows on success only.
 *
 *	AUTO_PTR(render) r = render_parse(text, len, "load.sql", RENDER_SQL,
 *					  err);
 *	if (!r || !render_run(r, values, &out, err)) ...
 */
#ifndef AGENTOPS_FLOW_RENDER_H
#define AGENTOPS_FLOW_RENDER_H

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	RENDER_FILE_MAX = 1 << 20,  /* bytes of a template's file */
	RENDER_OUT_MAX = 16 << 20,  /* bytes that come out */
	RENDER_DEPTH = 16,          /* of if and for */
	RENDER_ROUNDS_MAX = 100000, /* of all loops together */
};

/*
 * Target, its word in template.yaml, the endings of its files. `line` is
 * text whose values may not break the line (.env and the like); `plain`
 * takes any value as it is, for texts that people read; `verbatim` is
 * copied, tags and all.
 */
#define RENDER_TARGETS(X) \
	X(RENDER_YAML, "yaml", ".yaml .yml") \
	X(RENDER_JSON, "json", ".json") \
	X(RENDER_SHELL, "shell", ".sh .bash") \
	X(RENDER_SQL, "sql", ".sql") \
	X(RENDER_PYTHON, "python", ".py") \
	X(RENDER_HTML, "html", ".html .htm") \
	X(RENDER_LINE, "line", ".env .ini .conf") \
	X(RENDER_PLAIN, "plain", ".md .txt") \
	X(RENDER_VERBATIM, "verbatim", "")

enum render_target {
#define X(id, word, endings) id,
	RENDER_TARGETS(X)
#undef X
	RENDER_TARGET_COUNT
};

const char *render_target_word(enum render_target t);
/* By the file's ending; false when no row has it. */
bool render_target_of(const char *name, enum render_target *ret);

struct render;

/* Copies what it needs. name is used in messages. */
struct render *render_parse(const char *text, size_t len, const char *name,
			    enum render_target target, struct err *err);
void render_free(struct render *r);
DEFINE_AUTO_PTR(render);

/* Whether a path may be named: root ("answers") and the name after it, NULL
 * when there is none. */
typedef bool render_known_fn(void *ud, const char *root, const char *name,
			     struct err *err);
/* Checks the names in every expression. `item` and `index` are the loops'. */
bool render_check(const struct render *r, render_known_fn *known, void *ud,
		  struct err *err);

/* values: an object {answers: {...}, deploy: {...}}. */
bool render_run(const struct render *r, const cJSON *values, struct buf *out,
		struct err *err);

#endif
