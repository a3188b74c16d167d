/*
 * A file becomes a list of operations with jumps, so that running it needs no
 * recursion:
 *
 *	{% if a %} X {% elif b %} Y {% else %} Z {% end %}
 *	  UNLESS a ->1   X  JUMP ->3   1: UNLESS b ->2  Y  JUMP ->3
 *	  2: Z   3:
 *	{% for item in l %} X {% end %}
 *	  EACH l ->2     1: X  NEXT ->1     2:
 *
 * Invariants: every target lies inside the list or at its end; EACH and NEXT
 * come in pairs that nest; the stack of loops is never deeper than
 * RENDER_DEPTH.
 */
#include "flow/render.h"

#include "base/json.h"
#include "base/str.h"
#include "base/yaml.h"
#include "flow/expr_ast.h"
#include "flow/render_ops.h"
#include "flow/render_scan.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- targets ---------------------------------------------------------- */

static const struct {
	const char *word, *endings;
} targets[] = {
#define X(id, word, endings) { word, endings },
	RENDER_TARGETS(X)
#undef X
};

const char *
render_target_word(enum render_target t)
{
	return targets[t].word;
}

bool
render_target_of(const char *name, enum render_target *ret)
{
	const char *base = strrchr(name, '/');
	const char *dot = strrchr(base ? base : name, '.');

	for (int i = 0; dot && i < RENDER_TARGET_COUNT; i++) {
		AUTO_FREE char *all = xasprintf(" %s ", targets[i].endings);
		AUTO_FREE char *one = xasprintf(" %s ", dot);

		if (!strchr(dot, ' ') && strstr(all, one)) {
			*ret = (enum render_target)i;
			return true;
		}
	}
	return false;
}

bool(render_fail)(const struct render *r, const char *at, struct err *err,
		  enum err_code code, const char *fmt, ...)
{
	AUTO_FREE char *what = NULL;
	int line = 1, column = 1;
	va_list ap;

	for (const char *p = r->text; p < at; p++) {
		column = *p == '\n' ? 1 : column + 1;
		line += *p == '\n';
	}
	va_start(ap, fmt);
	what = xvasprintf(fmt, ap);
	va_end(ap);
	return FAIL(err, code, "%s:%d:%d: %s", r->name, line, column, what);
}

/* ---- parsing ---------------------------------------------------------- */

struct frame {
	bool loop;
	bool has_else;
	size_t test;  /* UNLESS without a target yet, or EACH */
	size_t jumps; /* chain of JUMPs to the end, by target; 0: none */
	const char *at;
};

struct parser {
	struct render *r;
	struct render_scan scan;
	struct frame frames[RENDER_DEPTH];
	int depth;
	const char *p;
	struct err *err;
};

static struct op *
add_op(struct render *r, enum op_kind kind, const char *at)
{
	GROW(r->ops, r->count, r->cap);
	r->ops[r->count] = (struct op){ .kind = kind, .at = at };
	return &r->ops[r->count++];
}

static void
add_text(struct parser *p, const char *text, size_t len)
{
	struct op *op;

	if (!len)
		return;
	op = add_op(p->r, OP_TEXT, text);
	op->text = text;
	op->len = len;
	render_scan(&p->scan, text, len);
}

/* The expression between s and end, all of it. */
static const struct expr_node *
parse_expr(struct parser *p, const char *s, const char *end)
{
	struct expr_node *node;
	struct err why = ERR_INIT;
	size_t used;

	if (expr_parse(&p->r->arena, s, (size_t)(end - s), false, &node, &used,
		       &why))
		return node;
	render_fail(p->r, s, p->err, why.code, "%s", why.msg);
	return NULL;
}

static bool
check_place(struct parser *p, const char *at)
{
	const char *inside = render_scan_unsafe(&p->scan);

	return !inside || render_fail(p->r, at, p->err, ERR_SYNTAX,
				      "a value can't stand inside %s", inside);
}

static bool
add_value(struct parser *p, enum op_kind kind, const char *at,
	  const struct expr_node *node)
{
	if (!node || !check_place(p, at))
		return false;
	add_op(p->r, kind, at)->expr = node;
	render_scan_value(&p->scan);
	return true;
}

/* {{ ... }} */
static bool
parse_value(struct parser *p)
{
	const char *at = p->p, *s = at + 2;
	struct expr_node *node;
	struct err why = ERR_INIT;
	size_t used;

	if (!expr_parse(&p->r->arena, s, (size_t)(p->r->end - s), true, &node,
			&used, &why))
		return render_fail(p->r, at, p->err, why.code, "%s", why.msg);
	p->p = s + used + 2;
	return add_value(p, OP_VALUE, at, node);
}

/* The innermost one; NULL with err for a word that belongs in none. */
static struct frame *
innermost(struct parser *p, const char *at, const char *word)
{
	if (p->depth)
		return &p->frames[p->depth - 1];
	render_fail(p->r, at, p->err, ERR_SYNTAX,
		    "{%% %s %%} without {%% if %%}", word);
	return NULL;
}

static struct frame *
push(struct parser *p, const char *at, bool loop)
{
	struct frame *f = &p->frames[p->depth];

	if (p->depth == RENDER_DEPTH) {
		render_fail(p->r, at, p->err, ERR_TOOBIG,
			    "more than %d of if and for in one another",
			    RENDER_DEPTH);
		return NULL;
	}
	p->depth++;
	*f = (struct frame){ .loop = loop, .at = at };
	return f;
}

static bool
test_op(struct parser *p, struct frame *f, const char *at, const char *s,
	const char *end)
{
	const struct expr_node *node = parse_expr(p, s, end);

	if (!node)
		return false;
	f->test = p->r->count;
	add_op(p->r, OP_UNLESS, at)->expr = node;
	return true;
}

static bool
parse_if(struct parser *p, const char *at, const char *s, const char *end)
{
	struct frame *f = push(p, at, false);

	return f && test_op(p, f, at, s, end);
}

/* Ends a branch: jumps to the end, and its test comes here when false. */
static bool
end_branch(struct parser *p, struct frame *f, const char *at, const char *word)
{
	if (f->loop || f->has_else)
		return render_fail(p->r, at, p->err, ERR_SYNTAX,
				   "{%% %s %%} does not belong here", word);
	add_op(p->r, OP_JUMP, at)->target = f->jumps;
	f->jumps = p->r->count - 1;
	p->r->ops[f->test].target = p->r->count;
	return true;
}

static bool
parse_elif(struct parser *p, const char *at, const char *s, const char *end)
{
	struct frame *f = innermost(p, at, "elif");

	return f && end_branch(p, f, at, "elif") && test_op(p, f, at, s, end);
}

static bool
parse_else(struct parser *p, const char *at, const char *s, const char *end)
{
	struct frame *f = innermost(p, at, "else");

	(void)s, (void)end;
	if (!f || !end_branch(p, f, at, "else"))
		return false;
	f->has_else = true;
	return true;
}

static bool
parse_for(struct parser *p, const char *at, const char *s, const char *end)
{
	struct frame *f = push(p, at, true);
	const struct expr_node *node;

	if (!f)
		return false;
	if (end - s < 8 || strncmp(s, "item in ", 8) != 0)
		return render_fail(p->r, at, p->err, ERR_SYNTAX,
				   "a loop is {%% for item in LIST %%}; its "
				   "variable is always item");
	node = parse_expr(p, s + 8, end);
	if (!node)
		return false;
	f->test = p->r->count;
	add_op(p->r, OP_EACH, at)->expr = node;
	return true;
}

static bool
parse_end(struct parser *p, const char *at, const char *s, const char *end)
{
	struct frame *f = innermost(p, at, "end");
	struct render *r = p->r;

	(void)s, (void)end;
	if (!f)
		return false;
	if (f->loop)
		add_op(r, OP_NEXT, at)->target = f->test + 1;
	for (size_t j = f->jumps; j;) {
		size_t before = r->ops[j].target;

		r->ops[j].target = r->count;
		j = before;
	}
	if (!f->has_else)
		r->ops[f->test].target = r->count;
	p->depth--;
	return true;
}

static bool
parse_name(struct parser *p, const char *at, const char *s, const char *end)
{
	if (p->r->kind != RENDER_SQL)
		return render_fail(p->r, at, p->err, ERR_SYNTAX,
				   "{%% name %%} is for SQL files");
	return add_value(p, OP_NAME, at, parse_expr(p, s, end));
}

static bool
parse_remark(struct parser *p, const char *at, const char *s, const char *end)
{
	(void)p, (void)at, (void)s, (void)end;
	return true;
}

/* Up to the next {% end %}, as it stands. */
static bool
parse_raw(struct parser *p, const char *at, const char *s, const char *end)
{
	const char *from = p->p, *close;

	(void)s, (void)end;
	for (close = from; (close = strstr(close, "{%")); close += 2) {
		const char *word = close + 2 + strspn(close + 2, " ");

		if (strncmp(word, "end", 3) != 0)
			continue;
		word += 3 + strspn(word + 3, " ");
		if (strncmp(word, "%}", 2) != 0)
			continue;
		add_text(p, from, (size_t)(close - from));
		p->p = word + 2;
		return true;
	}
	return render_fail(p->r, at, p->err, ERR_SYNTAX,
			   "{%% raw %%} without {%% end %%}");
}

static const struct tag {
	const char *word;
	bool argument;
	bool (*parse)(struct parser *p, const char *at, const char *s,
		      const char *end);
} tags[] = {
	{ "if", true, parse_if },      { "elif", true, parse_elif },
	{ "else", false, parse_else }, { "for", true, parse_for },
	{ "end", false, parse_end },   { "name", true, parse_name },
	{ "raw", false, parse_raw },   { "#", true, parse_remark },
};

static bool
unknown_tag(struct parser *p, const char *at, const char *word)
{
	const char *words[ARRAY_LEN(tags)], *near;

	for (size_t i = 0; i < ARRAY_LEN(tags); i++)
		words[i] = tags[i].word;
	near = str_nearest(word, words, ARRAY_LEN(tags));
	return render_fail(
		p->r, at, p->err, ERR_SYNTAX, "unknown tag \"%.40s\"%s%s%s",
		word,
		near ? " (did you mean \"" :
		       "; there are if, elif, else, for, name, raw, # "
		       "and end",
		near ? near : "", near ? "\"?)" : "");
}

/* A tag alone on its line takes the line with it: cuts the blanks before it
 * from the text, and gives what comes after the line. */
static const char *
alone_on_line(struct parser *p, const char *at, const char *after)
{
	const char *begin = at, *end = after + strspn(after, " \t\r");
	struct render *r = p->r;

	while (begin > r->text && (begin[-1] == ' ' || begin[-1] == '\t'))
		begin--;
	if ((begin > r->text && begin[-1] != '\n') ||
	    (*end != '\n' && end != r->end))
		return NULL;
	if (r->count && begin < at && r->ops[r->count - 1].kind == OP_TEXT &&
	    r->ops[r->count - 1].text + r->ops[r->count - 1].len == at)
		r->ops[r->count - 1].len -= (size_t)(at - begin);
	return end + (*end == '\n');
}

/* {% ... %} */
static bool
parse_tag(struct parser *p)
{
	const char *at = p->p, *s = at + 2 + strspn(at + 2, " ");
	const char *close = strstr(s, "%}"), *end = close, *after = NULL;
	AUTO_FREE char *word = NULL;
	size_t n;

	if (!close)
		return render_fail(p->r, at, p->err, ERR_SYNTAX,
				   "{%% without its %%}");
	while (end > s && isspace((unsigned char)end[-1]))
		end--;
	n = *s == '#' ? 1 : strspn(s, "abcdefghijklmnopqrstuvwxyz");
	word = xstrndup(s, n);
	if (!str_eq(word, "name") && !str_eq(word, "raw"))
		after = alone_on_line(p, at, close + 2);
	p->p = after ? after : close + 2;
	for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
		const struct tag *t = &tags[i];
		const char *arg = s + n;

		if (!str_eq(t->word, word))
			continue;
		while (arg < end && isspace((unsigned char)*arg))
			arg++;
		if (t->argument ? arg == end : arg != end)
			return render_fail(
				p->r, at, p->err, ERR_SYNTAX,
				t->argument ? "{%% %s %%} lacks what comes "
					      "after the word" :
					      "{%% %s %%} takes nothing "
					      "after the word",
				word);
		return t->parse(p, at, arg, end);
	}
	return unknown_tag(p, at, word);
}

static bool
parse_all(struct parser *p)
{
	const char *end = p->r->end;

	while (p->p < end) {
		const char *q = p->p;

		while (q < end && (*q != '{' || (q[1] != '{' && q[1] != '%')))
			q++;
		add_text(p, p->p, (size_t)(q - p->p));
		p->p = q;
		if (q < end && !(q[1] == '{' ? parse_value(p) : parse_tag(p)))
			return false;
	}
	return !p->depth ||
	       render_fail(p->r, p->frames[p->depth - 1].at, p->err, ERR_SYNTAX,
			   "this has no {%% end %%}");
}

struct render *
render_parse(const char *text, size_t len, const char *name,
	     enum render_target target, struct err *err)
{
	AUTO_PTR(render) r = xcalloc(1, sizeof(*r));
	struct parser p = { .r = r, .scan.target = target, .err = err };

	r->kind = target;
	r->name = arena_strdup(&r->arena, name);
	if (len > RENDER_FILE_MAX) {
		FAIL(err, ERR_TOOBIG, "%s: more than %d bytes", name,
		     RENDER_FILE_MAX);
		return NULL;
	}
	r->text = p.p = arena_strndup(&r->arena, text, len);
	r->end = r->text + len;
	if (target == RENDER_VERBATIM) {
		add_text(&p, r->text, len);
		return TAKE(r);
	}
	if (memchr(text, 0, len) || !utf8_valid(text, len)) {
		FAIL(err, ERR_SYNTAX,
		     "%s: it is no UTF-8 text; `as: verbatim` copies it as it "
		     "is",
		     name);
		return NULL;
	}
	return parse_all(&p) ? TAKE(r) : NULL;
}

void
render_free(struct render *r)
{
	if (!r)
		return;
	free(r->ops);
	arena_release(&r->arena);
	free(r);
}
