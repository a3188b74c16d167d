/*
 * pattern -> tree (parse_*) -> program (emit) -> nfa_find
 *
 * Invariants
 *  1. A tree node is used by one parent; emit writes it out as often as its
 *     repetition says, until the program or WORK_MAX is full.
 *  2. In nfa_find a list holds each instruction at most once (`seen`), so a
 *     step costs at most the program's length, whatever loops it has.
 */
#include "base/nfa.h"

#include "base/str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
	FOREVER = -1,
	REPEAT_MAX = 1000,
	WORK_MAX = 16 * NFA_PROGRAM_MAX, /* emits: some add nothing */
	INVALID_BASE = 0x110000, /* of bytes that are no UTF-8 */
};

struct range {
	uint32_t low, high;
};

enum node_kind {
	NODE_EMPTY,
	NODE_SET,    /* one character of a set */
	NODE_ASSERT, /* ^ $ \b \B */
	NODE_CAT,
	NODE_ALT,
	NODE_REPEAT,
};

struct node {
	enum node_kind kind;
	int a, b;          /* CAT, ALT, REPEAT (a): other nodes */
	int min, max;      /* REPEAT; max may be FOREVER */
	int set;           /* SET */
	char assertion;
};

enum op { OP_SET, OP_ASSERT, OP_SPLIT, OP_JUMP, OP_MATCH };

struct inst {
	enum op op;
	int x, y;          /* JUMP, SPLIT: where to; SET: x */
	char assertion;
};

struct set {
	size_t first, count; /* in ranges */
	bool negated;
};

struct thread {
	int pc;
	size_t from;
};

struct list {
	struct thread *items;
	size_t count;
};

struct nfa {
	struct node *nodes;
	size_t node_count, node_cap;
	struct set *sets;
	size_t set_count, set_cap;
	struct range *ranges;
	size_t range_count, range_cap;
	struct inst *program;
	int length, program_cap, work;
	bool ignore_case, full;
	bool first[256];   /* bytes that a match may begin with */
	struct list now, next;
	size_t *seen;      /* per instruction: the step it was added in */
	size_t step;
	int *stack;
};

/* --- sets --------------------------------------------------------------- */

static bool
in_ranges(const struct nfa *n, const struct set *s, uint32_t cp)
{
	for (size_t i = s->first; i < s->first + s->count; i++)
		if (cp >= n->ranges[i].low && cp <= n->ranges[i].high)
			return true;
	return false;
}

static bool
in_set(const struct nfa *n, int set, uint32_t cp)
{
	const struct set *s = &n->sets[set];
	bool in = in_ranges(n, s, cp);

	if (!in && n->ignore_case && cp < 0x80 && isalpha((int)cp))
		in = in_ranges(n, s, cp ^ 0x20);
	return in != s->negated;
}

static int
new_set(struct nfa *n, bool negated)
{
	GROW(n->sets, n->set_count, n->set_cap);
	n->sets[n->set_count] = (struct set){ .first = n->range_count,
					      .negated = negated };
	return (int)n->set_count++;
}

/* Adds to the newest set. */
static void
add_range(struct nfa *n, uint32_t low, uint32_t high)
{
	GROW(n->ranges, n->range_count, n->range_cap);
	n->ranges[n->range_count++] = (struct range){ low, high };
	n->sets[n->set_count - 1].count++;
}

/* Named sets: by the letter of an escape, and by POSIX's word. */
static const struct {
	char letter;
	const char *word;
	struct range ranges[4];
} classes[] = {
	{ 'd', "digit", { { '0', '9' } } },
	{ 'w', "word",
	  { { '0', '9' }, { 'A', 'Z' }, { 'a', 'z' }, { '_', '_' } } },
	{ 's', "space", { { '\t', '\r' }, { ' ', ' ' } } },
	{ 0, "alpha", { { 'A', 'Z' }, { 'a', 'z' } } },
	{ 0, "alnum", { { '0', '9' }, { 'A', 'Z' }, { 'a', 'z' } } },
	{ 0, "upper", { { 'A', 'Z' } } },
	{ 0, "lower", { { 'a', 'z' } } },
	{ 0, "xdigit", { { '0', '9' }, { 'A', 'F' }, { 'a', 'f' } } },
	{ 0, "blank", { { '\t', '\t' }, { ' ', ' ' } } },
	{ 0, "punct",
	  { { '!', '/' }, { ':', '@' }, { '[', '`' }, { '{', '~' } } },
};

static void
add_class(struct nfa *n, size_t i)
{
	for (size_t r = 0; r < ARRAY_LEN(classes[i].ranges); r++)
		if (classes[i].ranges[r].high)
			add_range(n, classes[i].ranges[r].low,
				  classes[i].ranges[r].high);
}

static bool
add_letter_class(struct nfa *n, char letter)
{
	for (size_t i = 0; i < ARRAY_LEN(classes); i++)
		if (classes[i].letter && classes[i].letter == letter) {
			add_class(n, i);
			return true;
		}
	return false;
}

/* --- parsing ------------------------------------------------------------ */

struct parser {
	struct nfa *n;
	const char *start, *p;
	int depth;
	struct err *err;
	bool failed;
};

static int parse_alternatives(struct parser *ps);

/* Sets the error once and gives a node, so that callers need not check. */
static int
bad(struct parser *ps, const char *what)
{
	if (!ps->failed)
		FAIL(ps->err, ERR_USAGE,
		     "the regular expression \"%.200s\" is not valid at byte "
		     "%zu: %s",
		     ps->start, (size_t)(ps->p - ps->start) + 1, what);
	ps->failed = true;
	return 0;
}

static int
new_node(struct parser *ps, struct node node)
{
	struct nfa *n = ps->n;

	GROW(n->nodes, n->node_count, n->node_cap);
	n->nodes[n->node_count] = node;
	return (int)n->node_count++;
}

static uint32_t
next_char(struct parser *ps)
{
	uint32_t cp;
	size_t len = utf8_decode(ps->p, strlen(ps->p), &cp);

	if (!len) {
		cp = INVALID_BASE + (unsigned char)*ps->p;
		len = 1;
	}
	ps->p += len;
	return cp;
}

/* The character after a backslash, which was passed. */
static uint32_t
escaped_char(struct parser *ps)
{
	static const char from[] = "tnrfv", to[] = "\t\n\r\f\v";
	const char *at = *ps->p ? strchr(from, *ps->p) : NULL;

	if (at) {
		ps->p++;
		return (unsigned char)to[at - from];
	}
	if (!*ps->p || isalnum((unsigned char)*ps->p)) {
		bad(ps, isdigit((unsigned char)*ps->p) ?
				"back-references are not supported" :
				"unknown escape");
		return 0;
	}
	return next_char(ps);
}

static int
set_node(struct parser *ps, int set)
{
	return new_node(ps, (struct node){ .kind = NODE_SET, .set = set });
}

static int
parse_escape(struct parser *ps)
{
	char c = *++ps->p;
	uint32_t cp;
	int set;

	if (c == 'b' || c == 'B') {
		ps->p++;
		return new_node(ps, (struct node){ .kind = NODE_ASSERT,
						   .assertion = c });
	}
	set = new_set(ps->n, c && strchr("DWS", c));
	if (c && strchr("dwsDWS", c)) {
		add_letter_class(ps->n, (char)tolower(c));
		ps->p++;
	} else {
		cp = escaped_char(ps);
		add_range(ps->n, cp, cp);
	}
	return set_node(ps, set);
}

/* "[:alpha:]" inside a set. */
static void
parse_named_class(struct parser *ps)
{
	const char *word = ps->p + 2, *end = strstr(word, ":]");

	for (size_t i = 0; end && i < ARRAY_LEN(classes); i++)
		if (strlen(classes[i].word) == (size_t)(end - word) &&
		    !memcmp(classes[i].word, word, (size_t)(end - word))) {
			add_class(ps->n, i);
			ps->p = end + 2;
			return;
		}
	bad(ps, "unknown class");
}

/* One member of a set: a class, or a character or range. */
static void
parse_member(struct parser *ps)
{
	uint32_t low, high;

	if (ps->p[0] == '[' && ps->p[1] == ':') {
		parse_named_class(ps);
		return;
	}
	if (ps->p[0] == '\\' && add_letter_class(ps->n, ps->p[1])) {
		ps->p += 2;
		return;
	}
	if (*ps->p == '\\') {
		ps->p++;
		low = escaped_char(ps);
	} else {
		low = next_char(ps);
	}
	high = low;
	if (ps->p[0] == '-' && ps->p[1] && ps->p[1] != ']') {
		ps->p++;
		if (*ps->p == '\\') {
			ps->p++;
			high = escaped_char(ps);
		} else {
			high = next_char(ps);
		}
		if (high < low)
			bad(ps, "the range runs backwards");
	}
	add_range(ps->n, low, high);
}

static int
parse_set(struct parser *ps)
{
	bool negated = *++ps->p == '^', first = true;
	int set = new_set(ps->n, negated);

	ps->p += negated;
	while (!ps->failed && *ps->p && (*ps->p != ']' || first)) {
		parse_member(ps);
		first = false;
	}
	if (*ps->p != ']')
		return bad(ps, "the [ has no ]");
	ps->p++;
	return set_node(ps, set);
}

static int
parse_group(struct parser *ps)
{
	int inside;

	if (++ps->depth > NFA_DEPTH_MAX)
		return bad(ps, "groups are nested too deep");
	ps->p++;
	if (str_starts(ps->p, "?:"))
		ps->p += 2;
	else if (*ps->p == '?')
		return bad(ps, "look-around and flags are not supported");
	inside = parse_alternatives(ps);
	if (*ps->p != ')')
		return bad(ps, "the ( has no )");
	ps->p++;
	ps->depth--;
	return inside;
}

static int
parse_atom(struct parser *ps)
{
	char c = *ps->p;
	uint32_t cp;
	int set;

	if (c == '(')
		return parse_group(ps);
	if (c == '[')
		return parse_set(ps);
	if (c == '\\')
		return parse_escape(ps);
	if (c == '^' || c == '$') {
		ps->p++;
		return new_node(ps, (struct node){ .kind = NODE_ASSERT,
						   .assertion = c });
	}
	if (strchr("*+?", c))
		return bad(ps, "nothing to repeat");
	set = new_set(ps->n, c == '.');
	cp = next_char(ps);
	if (c != '.')
		add_range(ps->n, cp, cp);
	return set_node(ps, set);
}

/* "{2}", "{2,}" or "{2,5}"; false when it is just a brace. */
static bool
parse_counts(struct parser *ps, int *min, int *max)
{
	char *end;
	long low, high;

	if (!isdigit((unsigned char)ps->p[1]))
		return false;
	low = high = strtol(ps->p + 1, &end, 10);
	if (*end == ',') {
		high = FOREVER;
		if (isdigit((unsigned char)*++end))
			high = strtol(end, &end, 10);
	}
	if (*end != '}')
		return false;
	if (low > REPEAT_MAX || high > REPEAT_MAX ||
	    (high != FOREVER && high < low))
		bad(ps, "the counts must be in order and at most 1000");
	*min = (int)low;
	*max = (int)high;
	ps->p = end + 1;
	return true;
}

static bool
parse_repetition(struct parser *ps, int *min, int *max)
{
	char c = *ps->p;

	if (c == '{')
		return parse_counts(ps, min, max);
	if (!c || !strchr("*+?", c))
		return false;
	*min = c == '+';
	*max = c == '?' ? 1 : FOREVER;
	ps->p++;
	return true;
}

static int
parse_sequence(struct parser *ps)
{
	int seq = new_node(ps, (struct node){ .kind = NODE_EMPTY });

	while (!ps->failed && *ps->p && *ps->p != '|' &&
	       (*ps->p != ')' || !ps->depth)) {
		int atom = parse_atom(ps), min, max;

		while (!ps->failed && parse_repetition(ps, &min, &max)) {
			atom = new_node(ps,
					(struct node){ .kind = NODE_REPEAT,
						       .a = atom,
						       .min = min,
						       .max = max });
			ps->p += *ps->p == '?'; /* the short one */
		}
		seq = new_node(ps, (struct node){ .kind = NODE_CAT,
						  .a = seq, .b = atom });
	}
	return seq;
}

/* Recursion is bounded by NFA_DEPTH_MAX. */
static int
parse_alternatives(struct parser *ps)
{
	int left = parse_sequence(ps);

	while (!ps->failed && *ps->p == '|') {
		ps->p++;
		left = new_node(ps, (struct node){ .kind = NODE_ALT,
						   .a = left,
						   .b = parse_sequence(ps) });
	}
	return left;
}

/* --- the program -------------------------------------------------------- */

static int
add_inst(struct nfa *n, enum op op, int x, int y, char assertion)
{
	if (n->length == NFA_PROGRAM_MAX) {
		n->full = true;
		return n->length - 1;
	}
	GROW(n->program, n->length, n->program_cap);
	n->program[n->length] = (struct inst){ op, x, y, assertion };
	return n->length++;
}

static void emit(struct nfa *n, int node);

static void
emit_repeat(struct nfa *n, const struct node *r)
{
	int min = r->min, max = r->max, a = r->a, split, times;

	for (times = 0; times < min && !n->full; times++)
		emit(n, a);
	if (max == FOREVER) {
		split = add_inst(n, OP_SPLIT, n->length + 1, 0, 0);
		emit(n, a);
		add_inst(n, OP_JUMP, split, 0, 0);
		n->program[split].y = n->length;
		return;
	}
	for (; times < max && !n->full; times++) {
		split = add_inst(n, OP_SPLIT, n->length + 1, 0, 0);
		emit(n, a);
		n->program[split].y = n->length;
	}
}

static void
emit_alternatives(struct nfa *n, const struct node *alt)
{
	int a = alt->a, b = alt->b, jump;
	int split = add_inst(n, OP_SPLIT, n->length + 1, 0, 0);

	emit(n, a);
	jump = add_inst(n, OP_JUMP, 0, 0, 0);
	n->program[split].y = n->length;
	emit(n, b);
	n->program[jump].x = n->length;
}

/* Recursion is bounded by the tree: at most twice the pattern's length. */
static void
emit(struct nfa *n, int index)
{
	const struct node *node = &n->nodes[index];

	if (++n->work > WORK_MAX)
		n->full = true;
	if (n->full)
		return;
	switch (node->kind) {
	case NODE_EMPTY:
		break;
	case NODE_SET:
		add_inst(n, OP_SET, node->set, 0, 0);
		break;
	case NODE_ASSERT:
		add_inst(n, OP_ASSERT, 0, 0, node->assertion);
		break;
	case NODE_CAT:
		emit(n, node->a);
		emit(n, node->b);
		break;
	case NODE_ALT:
		emit_alternatives(n, node);
		break;
	case NODE_REPEAT:
		emit_repeat(n, node);
		break;
	}
}

/* Adds pc and what follows from it without a character. holds says whether
 * an assertion does here; NULL takes them all as true. */
typedef bool holds_fn(const void *place, char assertion);

static bool
add_thread(struct nfa *n, struct list *l, int pc, size_t from,
	   holds_fn *holds, const void *place)
{
	int depth = 0;
	bool matched = false;

	n->stack[depth++] = pc;
	while (depth) {
		const struct inst *in;

		pc = n->stack[--depth];
		if (n->seen[pc] == n->step)
			continue;
		n->seen[pc] = n->step;
		in = &n->program[pc];
		if (in->op == OP_JUMP) {
			n->stack[depth++] = in->x;
		} else if (in->op == OP_SPLIT) {
			n->stack[depth++] = in->y;
			n->stack[depth++] = in->x;
		} else if (in->op == OP_MATCH) {
			matched = true;
		} else if (in->op == OP_SET) {
			l->items[l->count++] = (struct thread){ pc, from };
		} else if (!holds || holds(place, in->assertion)) {
			n->stack[depth++] = pc + 1;
		}
	}
	return matched;
}

/* Which bytes a match may begin with: lets nfa_find pass over the rest. */
static void
find_first_bytes(struct nfa *n)
{
	bool all;

	n->step = 1;
	n->now.count = 0;
	all = add_thread(n, &n->now, 0, 0, NULL, NULL);
	for (int c = 0; c < 256; c++)
		n->first[c] = all || c >= 0x80;
	for (size_t i = 0; i < n->now.count; i++)
		for (uint32_t c = 0; c < 0x80; c++)
			n->first[c] |= in_set(
				n, n->program[n->now.items[i].pc].x, c);
}

struct nfa *
nfa_new(const char *pattern, bool ignore_case, struct err *err)
{
	AUTO_PTR(nfa) n = xcalloc(1, sizeof(*n));
	struct parser ps = { .n = n, .start = pattern, .p = pattern,
			     .err = err };
	size_t size;
	int root;

	n->ignore_case = ignore_case;
	if (!*pattern || strlen(pattern) > NFA_PATTERN_MAX) {
		FAIL(err, ERR_USAGE,
		     "the pattern has %zu bytes; it needs 1 to %d",
		     strlen(pattern), NFA_PATTERN_MAX);
		return NULL;
	}
	root = parse_alternatives(&ps);
	if (ps.failed)
		return NULL;
	emit(n, root);
	add_inst(n, OP_MATCH, 0, 0, 0);
	if (n->full) {
		FAIL(err, ERR_USAGE,
		     "the regular expression \"%.200s\" is too large: its "
		     "repetitions multiply",
		     pattern);
		return NULL;
	}
	size = (size_t)n->length;
	n->now.items = xcalloc(size, sizeof(struct thread));
	n->next.items = xcalloc(size, sizeof(struct thread));
	n->seen = xcalloc(size, sizeof(*n->seen));
	n->stack = xcalloc(2 * size + 2, sizeof(*n->stack));
	find_first_bytes(n);
	return TAKE(n);
}

void
nfa_free(struct nfa *n)
{
	if (!n)
		return;
	free(n->nodes);
	free(n->sets);
	free(n->ranges);
	free(n->program);
	free(n->now.items);
	free(n->next.items);
	free(n->seen);
	free(n->stack);
	free(n);
}

/* --- running ------------------------------------------------------------ */

struct spot {
	const struct nfa_text *t;
	size_t at;
};

static bool
is_word(const struct nfa_text *t, size_t at)
{
	unsigned char c = at < t->len ? (unsigned char)t->data[at] : 0;

	return isalnum(c) || c == '_' || c >= 0x80;
}

static bool
holds(const void *place, char assertion)
{
	const struct spot *s = place;
	const struct nfa_text *t = s->t;
	size_t left = t->len - s->at;

	if (assertion == '^')
		return t->begins && s->at == 0;
	if (assertion == '$')
		return t->ends && (left == 0 ||
				   (left == 1 && t->data[s->at] == '\r'));
	return ((s->at > 0 && is_word(t, s->at - 1)) != is_word(t, s->at)) ==
	       (assertion == 'b');
}

static uint32_t
char_at(const struct nfa_text *t, size_t at, size_t *ret_len)
{
	uint32_t cp = (unsigned char)t->data[at];
	size_t len = 1;

	if (cp >= 0x80)
		len = utf8_decode(t->data + at, t->len - at, &cp);
	if (!len) {
		cp = INVALID_BASE + (unsigned char)t->data[at];
		len = 1;
	}
	*ret_len = len;
	return cp;
}

/* All threads take the character at s; true with ret_from on a match. */
static bool
take_char(struct nfa *n, const struct spot *after, uint32_t cp,
	  size_t *ret_from)
{
	struct list old = n->now;

	n->step++;
	n->next.count = 0;
	for (size_t i = 0; i < old.count; i++) {
		const struct thread *th = &old.items[i];

		if (!in_set(n, n->program[th->pc].x, cp))
			continue;
		if (add_thread(n, &n->next, th->pc + 1, th->from, holds,
			       after)) {
			*ret_from = th->from;
			return true;
		}
	}
	n->now = n->next;
	n->next = old;
	return false;
}

bool
nfa_find(struct nfa *n, const struct nfa_text *t, size_t *ret_from,
	 size_t *ret_to)
{
	struct spot s = { .t = t };
	size_t len;

	n->now.count = 0;
	n->step++;
	for (;;) {
		uint32_t cp;

		if (!n->now.count) {
			while (s.at < t->len &&
			       !n->first[(unsigned char)t->data[s.at]])
				s.at++;
			n->step++;
		}
		if (add_thread(n, &n->now, 0, s.at, holds, &s)) {
			*ret_from = *ret_to = s.at;
			return true;
		}
		if (s.at >= t->len)
			return false;
		cp = char_at(t, s.at, &len);
		s.at += len;
		if (take_char(n, &s, cp, ret_from)) {
			*ret_to = s.at;
			return true;
		}
	}
}
