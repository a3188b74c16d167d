/*
 * Ids, needs and order.
 *
 * 1. slots is an open-addressing hash with at least half of its slots free;
 *    a slot holds index + 1, 0 is free.
 * 2. order holds every index once; all needs of a step stand before it.
 * 3. ancestors[i] holds exactly the steps reachable from i by needs; it is
 *    built in order, so the sets it is the union of are complete.
 *
 * The depth-first walk keeps its own stack: a chain of 5,000 steps must not
 * go down the C stack.
 */
#include "flow/workflow_load.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a */
static size_t
hash(const char *s)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3u;
	return (size_t)(h ^ (h >> 32));
}

/* The slot of the id: its own, or the free one where it would go. */
static int *
slot_of(const struct workflow *wf, const char *id)
{
	size_t mask = wf->slot_count - 1;
	size_t i = hash(id) & mask;

	while (wf->slots[i] &&
	       strcmp(wf->steps[wf->slots[i] - 1].id, id) != 0)
		i = (i + 1) & mask;
	return &wf->slots[i];
}

int
workflow_find(const struct workflow *wf, const char *id)
{
	return *slot_of(wf, id) - 1;
}

bool
loader_check_id(struct loader *l, const struct yaml_node *at,
		const char *what, const char *id)
{
	size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	if (*id >= 'a' && *id <= 'z' && id[n] == '\0' && n <= WORKFLOW_ID_MAX)
		return true;
	return yaml_fail(l->doc, at, l->err, "%s \"%.60s\": use a-z first, "
			 "then a-z, 0-9, _ or -, at most %d characters", what,
			 id, WORKFLOW_ID_MAX);
}

bool
loader_add_id(struct loader *l, struct workflow_step *step)
{
	int *slot = slot_of(l->wf, step->id);

	if (*slot) {
		const struct yaml_node *first = l->wf->steps[*slot - 1].at;

		return yaml_fail(l->doc, yaml_get(step->at, "id"), l->err,
				 "the id \"%s\" is taken by the step at line "
				 "%d", step->id, first->line);
	}
	*slot = step->index + 1;
	return true;
}

bool
workflow_no_step(const struct workflow *wf, const char *id, struct err *err)
{
	AUTO_FREE const char **ids = xcalloc(wf->step_count, sizeof(*ids));
	const char *near;

	for (size_t i = 0; i < wf->step_count; i++)
		ids[i] = wf->steps[i].id;
	near = str_nearest(id, ids, wf->step_count);
	return FAIL(err, ERR_SYNTAX, "there is no step \"%.60s\"%s%s%s", id,
		    near ? " (did you mean \"" : "", near ? near : "",
		    near ? "\"?)" : "");
}

/* ---- needs ------------------------------------------------------------ */

struct needs {
	struct loader *l;
	int *seen;      /* per step: index + 1 of the last that named it */
	size_t edges;
};

static bool
add_need(struct needs *w, struct workflow_step *step, int *list,
	 const struct yaml_node *n)
{
	struct loader *l = w->l;
	struct err why = ERR_INIT;
	int i;

	if (n->kind != YAML_SCALAR)
		return yaml_fail(l->doc, n, l->err, "needs is a list of step "
				 "ids");
	i = workflow_find(l->wf, n->text);
	if (i < 0) {
		workflow_no_step(l->wf, n->text, &why);
		return yaml_fail(l->doc, n, l->err, "needs: %s", why.msg);
	}
	if (w->seen[i] == step->index + 1)
		return true;
	w->seen[i] = step->index + 1;
	if (++w->edges > WORKFLOW_NEEDS_MAX)
		return yaml_fail(l->doc, n, l->err, "more than %d needs in "
				 "one workflow", WORKFLOW_NEEDS_MAX);
	list[step->need_count++] = i;
	return true;
}

static bool
read_needs(struct needs *w, struct workflow_step *step)
{
	const struct yaml_node *n = yaml_get(step->at, "needs");
	struct loader *l = w->l;
	size_t count;
	int *list;

	if (!n)
		return true;
	if (n->kind == YAML_MAP)
		return yaml_fail(l->doc, n, l->err, "needs is a list of step "
				 "ids, not a map");
	count = n->kind == YAML_SCALAR ? 1 : n->count;
	list = arena_alloc(&l->wf->arena, (count + 1) * sizeof(*list));
	step->needs = list;
	if (n->kind == YAML_SCALAR)
		return add_need(w, step, list, n);
	for (size_t i = 0; i < n->count; i++)
		if (!add_need(w, step, list, n->items[i]))
			return false;
	return true;
}

static bool
read_all_needs(struct loader *l)
{
	size_t n = l->wf->step_count;
	AUTO_FREE int *seen = xcalloc(n, sizeof(*seen));
	struct needs w = { .l = l, .seen = seen };

	for (size_t i = 0; i < n; i++)
		if (!read_needs(&w, &l->wf->steps[i]))
			return false;
	return true;
}

/* ---- order ------------------------------------------------------------ */

enum mark { UNSEEN, ON_STACK, DONE };

struct walk {
	struct loader *l;
	enum mark *marks;
	int *stack;      /* steps whose needs are being visited */
	size_t *next;    /* per stack entry: the need to look at next */
	size_t depth, placed;
};

enum { CYCLE_SHOWN = 8 };

/* The part of the stack from step `back` to the top is the cycle. */
static bool
fail_cycle(struct walk *w, int back)
{
	const struct workflow *wf = w->l->wf;
	AUTO(buf) names = BUF_INIT;
	size_t first = w->depth, shown = 0;

	while (first > 0 && w->stack[first - 1] != back)
		first--;
	for (size_t i = first - 1; i < w->depth; i++) {
		if (shown++ == CYCLE_SHOWN) {
			buf_addstr(&names, "... -> ");
			break;
		}
		buf_printf(&names, "%s -> ", wf->steps[w->stack[i]].id);
	}
	return yaml_fail(w->l->doc, yaml_get(wf->steps[back].at, "needs"),
			 w->l->err, "needs go in a circle: %s%s",
			 buf_str(&names), wf->steps[back].id);
}

static void
push(struct walk *w, int step)
{
	w->marks[step] = ON_STACK;
	w->stack[w->depth] = step;
	w->next[w->depth++] = 0;
}

static bool
visit(struct walk *w, int start)
{
	struct workflow *wf = w->l->wf;

	push(w, start);
	while (w->depth) {
		size_t top = w->depth - 1;
		const struct workflow_step *s = &wf->steps[w->stack[top]];

		if (w->next[top] == s->need_count) {
			w->marks[s->index] = DONE;
			wf->order[w->placed++] = s->index;
			w->depth--;
			continue;
		}
		int need = s->needs[w->next[top]++];

		if (w->marks[need] == ON_STACK)
			return fail_cycle(w, need);
		if (w->marks[need] == UNSEEN)
			push(w, need);
	}
	return true;
}

static bool
sort_steps(struct loader *l)
{
	size_t n = l->wf->step_count;
	AUTO_FREE enum mark *marks = xcalloc(n, sizeof(*marks));
	AUTO_FREE int *stack = xcalloc(n, sizeof(*stack));
	AUTO_FREE size_t *next = xcalloc(n, sizeof(*next));
	struct walk w = { .l = l, .marks = marks, .stack = stack,
			  .next = next };

	for (size_t i = 0; i < n; i++)
		if (marks[i] == UNSEEN && !visit(&w, (int)i))
			return false;
	return true;
}

static void
collect_ancestors(struct loader *l)
{
	struct workflow *wf = l->wf;

	l->set_words = (wf->step_count + 63) / 64;
	l->ancestors = xcalloc(wf->step_count * l->set_words,
			       sizeof(*l->ancestors));
	for (size_t i = 0; i < wf->step_count; i++) {
		const struct workflow_step *s = &wf->steps[wf->order[i]];
		uint64_t *set = l->ancestors +
				(size_t)s->index * l->set_words;

		for (size_t k = 0; k < s->need_count; k++) {
			size_t need = (size_t)s->needs[k];
			const uint64_t *other =
				l->ancestors + need * l->set_words;

			for (size_t j = 0; j < l->set_words; j++)
				set[j] |= other[j];
			set[need / 64] |= UINT64_C(1) << (need % 64);
		}
	}
}

bool
loader_before(const struct loader *l, int a, int b)
{
	const uint64_t *set = l->ancestors + (size_t)b * l->set_words;

	return (set[a / 64] >> (a % 64)) & 1;
}

bool
loader_order(struct loader *l)
{
	l->wf->order = arena_alloc(&l->wf->arena, l->wf->step_count *
				   sizeof(*l->wf->order));
	if (!read_all_needs(l) || !sort_steps(l))
		return false;
	collect_ancestors(l);
	return true;
}
