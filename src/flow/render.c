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
#include "flow/render_scan.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* "file:line:column: what" */
static bool fail_at(const struct render *r, const char *at, struct err *err,
		    enum err_code code, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

static bool
fail_at(const struct render *r, const char *at, struct err *err,
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
	fail_at(p->r, s, p->err, why.code, "%s", why.msg);
	return NULL;
}

static bool
check_place(struct parser *p, const char *at)
{
	const char *inside = render_scan_unsafe(&p->scan);

	return !inside || fail_at(p->r, at, p->err, ERR_SYNTAX,
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
		return fail_at(p->r, at, p->err, why.code, "%s", why.msg);
	p->p = s + used + 2;
	return add_value(p, OP_VALUE, at, node);
}

/* The innermost one; NULL with err for a word that belongs in none. */
static struct frame *
innermost(struct parser *p, const char *at, const char *word)
{
	if (p->depth)
		return &p->frames[p->depth - 1];
	fail_at(p->r, at, p->err, ERR_SYNTAX, "{%% %s %%} without {%% if %%}",
		word);
	return NULL;
}

static struct frame *
push(struct parser *p, const char *at, bool loop)
{
	struct frame *f = &p->frames[p->depth];

	if (p->depth == RENDER_DEPTH) {
		fail_at(p->r, at, p->err, ERR_TOOBIG,
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
		return fail_at(p->r, at, p->err, ERR_SYNTAX,
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
		return fail_at(p->r, at, p->err, ERR_SYNTAX,
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
		return fail_at(p->r, at, p->err, ERR_SYNTAX,
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
	return fail_at(p->r, at, p->err, ERR_SYNTAX,
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
	return fail_at(p->r, at, p->err, ERR_SYNTAX,
		       "unknown tag \"%.40s\"%s%s%s", word,
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
		return fail_at(p->r, at, p->err, ERR_SYNTAX,
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
			return fail_at(p->r, at, p->err, ERR_SYNTAX,
				       t->argument ?
					       "{%% %s %%} lacks what comes "
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
	return !p->depth || fail_at(p->r, p->frames[p->depth - 1].at, p->err,
				    ERR_SYNTAX, "this has no {%% end %%}");
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

/* ---- checking --------------------------------------------------------- */

struct check {
	render_known_fn *known;
	void *ud;
	int loops;
};

static bool
check_path(void *ud, const struct expr_node *path, struct err *err)
{
	const struct check *c = ud;
	const char *root = path->names[0];

	if (str_eq(root, "item") || str_eq(root, "index"))
		return c->loops > 0 || FAIL(err, ERR_SYNTAX,
					    "%s exists only inside {%% for "
					    "%%}",
					    root);
	return c->known(c->ud, root,
			path->name_count > 1 ? path->names[1] : NULL, err);
}

bool
render_check(const struct render *r, render_known_fn *known, void *ud,
	     struct err *err)
{
	struct check c = { known, ud, 0 };

	for (size_t i = 0; i < r->count; i++) {
		const struct op *op = &r->ops[i];
		struct err why = ERR_INIT;

		if (op->expr && !expr_each_path(op->expr, check_path, &c, &why))
			return fail_at(r, op->at, err, why.code, "%s", why.msg);
		c.loops += (op->kind == OP_EACH) - (op->kind == OP_NEXT);
	}
	return true;
}

/* ---- running ---------------------------------------------------------- */

struct round {
	const cJSON *item; /* now */
	int index;
	cJSON *outer_item, *outer_index; /* of the loop around, or NULL */
};

struct running {
	const struct render *r;
	cJSON *values; /* ours: with item and index */
	struct expr_eval ev;
	struct round rounds[RENDER_DEPTH];
	int depth;
	int rounds_left;
	bool neutral; /* each text is written as a mere mark */
	int marks;
	struct buf *out;
	struct err *err;
};

static const cJSON *
evaluate(struct running *run, const struct op *op)
{
	const cJSON *v = expr_eval_node(&run->ev, op->expr);

	if (!v)
		fail_at(run->r, op->at, run->err, run->ev.err.code, "%s",
			run->ev.err.msg);
	return v;
}

/* The same value with marks for its texts. */
static cJSON *
neutral(struct running *run, const cJSON *v)
{
	char mark[16];
	cJSON *list;
	const cJSON *item;

	snprintf(mark, sizeof(mark), "x%d", ++run->marks);
	if (cJSON_IsString(v))
		return cJSON_CreateString(mark);
	if (!cJSON_IsArray(v))
		return cJSON_Duplicate(v, false);
	list = cJSON_CreateArray();
	cJSON_ArrayForEach (item, v)
		cJSON_AddItemToArray(list, cJSON_IsString(item) ?
						   cJSON_CreateString(mark) :
						   cJSON_Duplicate(item, true));
	return list;
}

static bool
write_value(struct running *run, const struct op *op)
{
	const cJSON *v = evaluate(run, op);
	AUTO_JSON *mark = NULL;
	const char *why;

	if (!v)
		return false;
	if (run->neutral)
		v = mark = neutral(run, v);
	why = op->kind == OP_NAME ? render_name(run->r->kind, v, run->out) :
				    render_value(run->r->kind, v, run->out);
	return !why || fail_at(run->r, op->at, run->err, ERR_DATA, "%s", why);
}

static void
set_value(struct running *run, const char *name, cJSON *v)
{
	cJSON_DeleteItemFromObjectCaseSensitive(run->values, name);
	cJSON_AddItemToObject(run->values, name, v);
}

static void
show_round(struct running *run)
{
	const struct round *r = &run->rounds[run->depth - 1];

	set_value(run, "item", cJSON_Duplicate(r->item, true));
	set_value(run, "index", cJSON_CreateNumber(r->index));
}

static bool
begin_loop(struct running *run, const struct op *op, size_t *pc)
{
	const cJSON *v = evaluate(run, op);
	struct round *r = &run->rounds[run->depth];

	if (!v)
		return false;
	if (!cJSON_IsArray(v))
		return fail_at(run->r, op->at, run->err, ERR_DATA,
			       "for needs a list, not %s", expr_type(v));
	if (!v->child) {
		*pc = op->target;
		return true;
	}
	/* The evaluation keeps v until the end, but item is replaced. */
	v = expr_keep(&run->ev, cJSON_Duplicate(v, true));
	*r = (struct round){ .item = v->child };
	r->outer_item = cJSON_Duplicate(json_get(run->values, "item"), true);
	r->outer_index = cJSON_Duplicate(json_get(run->values, "index"), true);
	run->depth++;
	show_round(run);
	return true;
}

static void
end_loop(struct running *run)
{
	struct round *r = &run->rounds[--run->depth];

	if (r->outer_item) {
		set_value(run, "item", r->outer_item);
		set_value(run, "index", r->outer_index);
		return;
	}
	cJSON_DeleteItemFromObjectCaseSensitive(run->values, "item");
	cJSON_DeleteItemFromObjectCaseSensitive(run->values, "index");
}

static bool
next_round(struct running *run, const struct op *op, size_t *pc)
{
	struct round *r = &run->rounds[run->depth - 1];

	if (--run->rounds_left < 0)
		return fail_at(run->r, op->at, run->err, ERR_TOOBIG,
			       "more than %d rounds", RENDER_ROUNDS_MAX);
	r->item = r->item->next;
	r->index++;
	if (!r->item) {
		end_loop(run);
		return true;
	}
	show_round(run);
	*pc = op->target;
	return true;
}

static bool
step(struct running *run, const struct op *op, size_t *pc)
{
	const cJSON *v;

	switch (op->kind) {
	case OP_TEXT:
		buf_add(run->out, op->text, op->len);
		return true;
	case OP_VALUE:
	case OP_NAME:
		return write_value(run, op);
	case OP_UNLESS:
		v = evaluate(run, op);
		if (v && !expr_truth(v))
			*pc = op->target;
		return v != NULL;
	case OP_JUMP:
		*pc = op->target;
		return true;
	case OP_EACH:
		return begin_loop(run, op, pc);
	case OP_NEXT:
		return next_round(run, op, pc);
	}
	return false;
}

static bool
run_ops(const struct render *r, const cJSON *values, bool marks,
	struct buf *out, struct err *err)
{
	struct running run = { .r = r,
			       .values = cJSON_Duplicate(values, true),
			       .rounds_left = RENDER_ROUNDS_MAX,
			       .neutral = marks,
			       .out = out,
			       .err = err };
	bool ok = true;

	expr_eval_init(&run.ev, run.values);
	for (size_t pc = 0; ok && pc < r->count;) {
		const struct op *op = &r->ops[pc++];

		ok = step(&run, op, &pc);
		if (ok && out->len > RENDER_OUT_MAX)
			ok = fail_at(r, op->at, err, ERR_TOOBIG,
				     "more than %d bytes come out",
				     RENDER_OUT_MAX);
	}
	while (run.depth)
		end_loop(&run);
	expr_eval_release(&run.ev);
	cJSON_Delete(run.values);
	return ok;
}

/* ---- the structure, with and without the values ------------------------ */

static bool
same_shape(const struct yaml_node *a, const struct yaml_node *b)
{
	if (a->kind != b->kind || a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!same_shape(a->items[i], b->items[i]))
			return false;
	return true;
}

/* Second fence for data files: what came out has the shape that it has with
 * harmless texts in the same places. */
static bool
check_shape(const struct render *r, const cJSON *values, const struct buf *text,
	    struct err *err)
{
	AUTO(buf) plain = BUF_INIT;
	AUTO_PTR(yaml_doc) a = NULL;
	AUTO_PTR(yaml_doc) b = NULL;

	if (r->kind != RENDER_YAML && r->kind != RENDER_JSON)
		return true;
	if (!run_ops(r, values, true, &plain, err))
		return false;
	a = yaml_parse(buf_str(&plain), plain.len, r->name, 1, err);
	if (!a)
		return err_prefix(err, "as rendered");
	b = yaml_parse(buf_str(text), text->len, r->name, 1, err);
	if (!b)
		return err_prefix(err, "as rendered");
	return same_shape(yaml_root(a), yaml_root(b)) ||
	       FAIL(err, ERR_DATA,
		    "%s: a value would change the structure of "
		    "the file",
		    r->name);
}

bool
render_run(const struct render *r, const cJSON *values, struct buf *out,
	   struct err *err)
{
	AUTO(buf) text = BUF_INIT;

	if (!run_ops(r, values, false, &text, err) ||
	    !check_shape(r, values, &text, err))
		return false;
	buf_add(out, buf_str(&text), text.len);
	return true;
}
