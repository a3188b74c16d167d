#include "flow/expr_ast.h"

#include "base/str.h"
#include "flow/expr.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/*
 * A scannerless recursive descent. It ends because every function consumes
 * text or fails; depth counts brackets and `not`, so the C stack is bounded
 * by EXPR_DEPTH whatever the text. `or`, `and` and lists have any number of
 * items in one node and cost no depth.
 */
struct parser {
	struct arena *arena;
	const char *s;
	size_t pos, len;
	int depth;
	struct err *err;
};

static struct expr_node *parse_or(struct parser *p);

static const char *const ROOTS[] = {
	"inputs", "steps", "item", "index", "attempt", "findings",
	"iterate", "workspace", "run", "answers", "deploy",
};

static void
blanks(struct parser *p)
{
	while (p->pos < p->len && isspace((unsigned char)p->s[p->pos]))
		p->pos++;
}

static int
peek(struct parser *p)
{
	blanks(p);
	return p->pos < p->len ? (unsigned char)p->s[p->pos] : -1;
}

static bool
is_name(int c)
{
	return isalnum(c) || c == '_' || c == '-' || c >= 0x80;
}

static bool
at(const struct parser *p, const char *text)
{
	size_t n = strlen(text);

	return p->len - p->pos >= n && memcmp(p->s + p->pos, text, n) == 0;
}

/* Takes the text when it comes next; a word must not go on. */
static bool
accept(struct parser *p, const char *text)
{
	size_t end;

	blanks(p);
	if (!at(p, text))
		return false;
	end = p->pos + strlen(text);
	if (isalpha((unsigned char)*text) && end < p->len &&
	    is_name((unsigned char)p->s[end]))
		return false;
	p->pos = end;
	return true;
}

static struct expr_node *
fail(struct parser *p, const char *what)
{
	FAIL(p->err, ERR_SYNTAX, "%s at character %zu", what, p->pos + 1);
	return NULL;
}

static struct expr_node *
new_node(struct parser *p, enum expr_kind kind)
{
	struct expr_node *n = arena_alloc(p->arena, sizeof(*n));

	n->kind = kind;
	return n;
}

static bool
enter(struct parser *p)
{
	if (++p->depth <= EXPR_DEPTH)
		return true;
	fail(p, "nested too deeply");
	return false;
}

/* Adds to a list in the arena; lists are short, doubling leaves garbage
 * there of at most their own size. */
static void
add_item(struct parser *p, struct expr_node *to, struct expr_node *item)
{
	size_t n = to->item_count;

	if ((n & (n - 1)) == 0) {
		struct expr_node **grown =
			arena_alloc(p->arena, (n ? 2 * n : 1) * sizeof(*grown));

		if (n)
			memcpy(grown, to->items, n * sizeof(*grown));
		to->items = grown;
	}
	to->items[to->item_count++] = item;
}

static struct expr_node *
literal(struct parser *p, int type)
{
	struct expr_node *n = new_node(p, EXPR_LITERAL);

	n->literal.type = type;
	return n;
}

/* 'text' or "text"; a backslash takes the next character as it is. */
static bool
read_quoted(struct parser *p, const char **ret)
{
	char quote = p->s[p->pos++];
	char *out = arena_alloc(p->arena, p->len - p->pos + 1);
	size_t n = 0;

	while (p->pos < p->len && p->s[p->pos] != quote) {
		if (p->s[p->pos] == '\\' && p->pos + 1 < p->len)
			p->pos++;
		out[n++] = p->s[p->pos++];
	}
	if (p->pos >= p->len) {
		fail(p, "a text without its closing quote");
		return false;
	}
	p->pos++;
	*ret = out;
	return true;
}

static struct expr_node *
parse_text(struct parser *p)
{
	struct expr_node *n = literal(p, cJSON_String);
	const char *text;

	if (!read_quoted(p, &text))
		return NULL;
	n->literal.valuestring = (char *)text;
	return n;
}

static struct expr_node *
parse_number(struct parser *p)
{
	struct expr_node *n = literal(p, cJSON_Number);
	char text[64];
	size_t len = 0;

	while (p->pos < p->len && len < sizeof(text) - 1 &&
	       (isalnum((unsigned char)p->s[p->pos]) ||
		strchr(".+-", p->s[p->pos])))
		text[len++] = p->s[p->pos++];
	text[len] = '\0';
	if (!str_to_double(text, &n->literal.valuedouble))
		return fail(p, "not a number");
	n->literal.valueint = (int)(n->literal.valuedouble > 2e9 ? 2e9 :
				    n->literal.valuedouble < -2e9 ? -2e9 :
				    n->literal.valuedouble);
	return n;
}

/* A name without quotes; NULL when none stands here. */
static const char *
read_name(struct parser *p)
{
	size_t start = p->pos;

	while (p->pos < p->len && is_name((unsigned char)p->s[p->pos]))
		p->pos++;
	return p->pos > start ? arena_strndup(p->arena, p->s + start,
					      p->pos - start) : NULL;
}

/* [0] or ['any key'], after the bracket. */
static const char *
read_index(struct parser *p)
{
	const char *name = NULL;
	int c = peek(p);

	if (c == '\'' || c == '"') {
		if (!read_quoted(p, &name))
			return NULL;
	} else {
		name = isdigit(c) ? read_name(p) : NULL;
		if (!name) {
			fail(p, "a number or 'key' is missing after [");
			return NULL;
		}
	}
	if (!accept(p, "]")) {
		fail(p, "] is missing");
		return NULL;
	}
	return name;
}

static bool
add_name(struct parser *p, struct expr_node *path, const char *name)
{
	if (!name)
		return false;
	if (path->name_count >= EXPR_DEPTH) {
		fail(p, "a path of too many parts");
		return false;
	}
	path->names[path->name_count++] = name;
	return true;
}

static bool
root_known(struct parser *p, const char *name)
{
	const char *near;

	for (size_t i = 0; i < ARRAY_LEN(ROOTS); i++)
		if (strcmp(name, ROOTS[i]) == 0)
			return true;
	near = str_nearest(name, ROOTS, ARRAY_LEN(ROOTS));
	if (near)
		return FAIL(p->err, ERR_SYNTAX,
			    "unknown name \"%s\" (did you mean \"%s\"?)",
			    name, near);
	return FAIL(p->err, ERR_SYNTAX,
		    "unknown name \"%s\"; a path begins with inputs, steps, "
		    "item, index, attempt, findings, iterate, workspace or "
		    "run, and a text stands in quotes", name);
}

static struct expr_node *
parse_path(struct parser *p)
{
	struct expr_node *n = new_node(p, EXPR_PATH);
	const char *root = read_name(p);

	if (!root)
		return fail(p, p->pos < p->len && !at(p, "}}") ?
			       "unexpected character" : "a value is missing");
	if (!root_known(p, root))
		return NULL;
	n->names = arena_alloc(p->arena, EXPR_DEPTH * sizeof(*n->names));
	n->names[n->name_count++] = root;
	while (p->pos < p->len) {
		const char *name;

		if (p->s[p->pos] == '.') {
			p->pos++;
			name = read_name(p);
			if (!name)
				return fail(p, "a name is missing after .");
		} else if (p->s[p->pos] == '[') {
			p->pos++;
			name = read_index(p);
		} else {
			break;
		}
		if (!add_name(p, n, name))
			return NULL;
	}
	return n;
}

/* Items up to the closing bracket, separated by commas, added to n. */
static bool
parse_items(struct parser *p, struct expr_node *n, const char *close)
{
	if (accept(p, close))
		return true;
	do {
		struct expr_node *item = parse_or(p);

		if (!item)
			return false;
		add_item(p, n, item);
	} while (accept(p, ","));
	if (accept(p, close))
		return true;
	fail(p, *close == ']' ? "] is missing" : ") is missing");
	return false;
}

static struct expr_node *
parse_group(struct parser *p)
{
	struct expr_node *n = parse_or(p);

	if (n && !accept(p, ")"))
		return fail(p, ") is missing");
	return n;
}

static struct expr_node *
parse_list(struct parser *p)
{
	struct expr_node *n = new_node(p, EXPR_LIST);

	return parse_items(p, n, "]") ? n : NULL;
}

static struct expr_node *
parse_operand(struct parser *p)
{
	int c = peek(p);

	if (c == '\'' || c == '"')
		return parse_text(p);
	if (isdigit(c) || c == '-')
		return parse_number(p);
	if (accept(p, "true"))
		return literal(p, cJSON_True);
	if (accept(p, "false"))
		return literal(p, cJSON_False);
	if (accept(p, "null"))
		return literal(p, cJSON_NULL);
	if (accept(p, "("))
		return parse_group(p);
	if (accept(p, "["))
		return parse_list(p);
	return parse_path(p);
}

static struct expr_node *
check_args(struct parser *p, struct expr_node *n)
{
	const struct expr_filter *f = n->filter;
	int args = (int)n->item_count - 1;

	if (args >= f->min_args && args <= f->max_args)
		return n;
	if (f->min_args == f->max_args)
		FAIL(p->err, ERR_SYNTAX, "%s takes %d argument%s, not %d",
		     f->name, f->min_args, f->min_args == 1 ? "" : "s", args);
	else
		FAIL(p->err, ERR_SYNTAX, "%s takes %d to %d arguments, not %d",
		     f->name, f->min_args, f->max_args, args);
	return NULL;
}

static struct expr_node *
parse_filter(struct parser *p, struct expr_node *operand)
{
	struct expr_node *n = new_node(p, EXPR_FILTER);
	const char *name;

	blanks(p);
	name = read_name(p);
	if (!name)
		return fail(p, "a filter's name is missing after |");
	n->filter = expr_filter_find(name, p->err);
	if (!n->filter)
		return NULL;
	add_item(p, n, operand);
	if (accept(p, "(") && !parse_items(p, n, ")"))
		return NULL;
	return check_args(p, n);
}

static struct expr_node *
parse_chain(struct parser *p)
{
	struct expr_node *n = parse_operand(p);
	int filters = 0;

	while (n && accept(p, "|")) {
		if (++filters > EXPR_DEPTH)
			return fail(p, "too many filters");
		n = parse_filter(p, n);
	}
	return n;
}

static bool
accept_op(struct parser *p, enum expr_op *ret)
{
	static const struct {
		const char *text;
		enum expr_op op;
	} OPS[] = {
		/* <= before <: the first that matches is taken */
		{ "==", EXPR_EQ }, { "!=", EXPR_NE }, { "<=", EXPR_LE },
		{ ">=", EXPR_GE }, { "<", EXPR_LT },  { ">", EXPR_GT },
		{ "in", EXPR_IN },
	};

	for (size_t i = 0; i < ARRAY_LEN(OPS); i++) {
		if (accept(p, OPS[i].text)) {
			*ret = OPS[i].op;
			return true;
		}
	}
	return false;
}

static struct expr_node *
parse_compare(struct parser *p)
{
	struct expr_node *left = parse_chain(p), *right, *n;
	enum expr_op op;

	if (!left)
		return NULL;
	if (!accept_op(p, &op)) {
		if (peek(p) == '=')
			return fail(p, "write == to compare; unexpected =");
		return left;
	}
	right = parse_chain(p);
	if (!right)
		return NULL;
	n = new_node(p, EXPR_COMPARE);
	n->op = op;
	add_item(p, n, left);
	add_item(p, n, right);
	return n;
}

static struct expr_node *
parse_not(struct parser *p)
{
	struct expr_node *n, *operand;

	if (!accept(p, "not"))
		return parse_compare(p);
	if (!enter(p))
		return NULL;
	operand = parse_not(p);
	p->depth--;
	if (!operand)
		return NULL;
	n = new_node(p, EXPR_NOT);
	add_item(p, n, operand);
	return n;
}

static struct expr_node *
parse_and(struct parser *p)
{
	struct expr_node *n = parse_not(p), *joined;

	if (!n || !accept(p, "and"))
		return n;
	joined = new_node(p, EXPR_AND);
	add_item(p, joined, n);
	do {
		n = parse_not(p);
		if (!n)
			return NULL;
		add_item(p, joined, n);
	} while (accept(p, "and"));
	return joined;
}

static struct expr_node *
parse_or_items(struct parser *p)
{
	struct expr_node *n = parse_and(p), *joined;

	if (!n || !accept(p, "or"))
		return n;
	joined = new_node(p, EXPR_OR);
	add_item(p, joined, n);
	do {
		n = parse_and(p);
		if (!n)
			return NULL;
		add_item(p, joined, n);
	} while (accept(p, "or"));
	return joined;
}

static struct expr_node *
parse_or(struct parser *p)
{
	struct expr_node *n;

	if (!enter(p))
		return NULL;
	n = parse_or_items(p);
	p->depth--;
	return n;
}

bool
expr_parse(struct arena *a, const char *s, size_t len, bool braces,
	   struct expr_node **ret, size_t *ret_used, struct err *err)
{
	struct parser p = { .arena = a, .s = s, .len = len, .err = err };
	struct expr_node *n;

	if (p.len > EXPR_TEXT_MAX) {
		if (!braces)
			return FAIL(err, ERR_TOOBIG,
				    "longer than %d bytes", EXPR_TEXT_MAX);
		p.len = EXPR_TEXT_MAX;
	}
	n = parse_or(&p);
	if (!n)
		return false;
	blanks(&p);
	if (braces && !at(&p, "}}"))
		return FAIL(err, ERR_SYNTAX,
			    "}} or an operator is missing at character %zu",
			    p.pos + 1);
	if (!braces && p.pos < p.len)
		return FAIL(err, ERR_SYNTAX,
			    "unexpected text at character %zu", p.pos + 1);
	*ret = n;
	*ret_used = p.pos;
	return true;
}
