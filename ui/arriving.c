#include "ui/arriving.h"

#include "base/mem.h"
#include "base/str.h"
#include "ui/text.h"

#include <stdlib.h>
#include <string.h>

static void
release(struct arriving *x)
{
	free(x->step);
	free(x->text);
}

void
arrivings_release(struct arrivings *l)
{
	for (size_t i = 0; i < l->count; i++)
		release(&l->items[i]);
	free(l->items);
	*l = (struct arrivings){ 0 };
}

static struct arriving *
find(const struct arrivings *l, const char *step, int64_t item)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->items[i].item == item &&
		    (step ? str_eq(l->items[i].step, step) : !l->items[i].step))
			return &l->items[i];
	return NULL;
}

bool
arrivings_know(const struct arrivings *l, const struct engine_text *t)
{
	const struct arriving *x = find(l, t->step, t->item);

	return x && x->turn == t->turn;
}

void
arrivings_take(struct arrivings *l, const struct engine_text *t)
{
	struct arriving *x = find(l, t->step, t->item), moved;
	size_t rest;

	if (!x) {
		GROW(l->items, l->count, l->cap);
		x = &l->items[l->count++];
		*x = (struct arriving){ .step = xstrdup0(t->step),
					.item = t->item };
	}
	free(x->text);
	x->text = xstrdup(t->text);
	x->turn = t->turn;
	moved = *x;
	rest = (size_t)(l->items + l->count - 1 - x);
	memmove(x, x + 1, rest * sizeof(*x));
	x[rest] = moved;
}

const char *
arriving_text(const struct arrivings *l, const struct run_state *s,
	      const struct agent_state *g)
{
	const struct arriving *x;

	if (g->status != AGENT_ASKING)
		return NULL;
	x = find(l, run_agent_step(s, g), run_agent_item(s, g));
	return x && x->turn == g->turn ? x->text : NULL;
}

const struct agent_state *
arriving_newest(const struct arrivings *l, const struct run_state *s)
{
	const struct agent_state *newest = NULL;
	const struct arriving *at = NULL;

	for (size_t i = 0; i < s->agent_count; i++) {
		const struct agent_state *g = s->agents[i];
		const struct arriving *x =
			find(l, run_agent_step(s, g), run_agent_item(s, g));

		if (arriving_text(l, s, g) && (!at || x > at)) {
			at = x;
			newest = g;
		}
	}
	return newest;
}

char *
arriving_line(const char *text, int columns)
{
	size_t len = strlen(text), start, cut;
	struct text_walk w;
	int width = 0;

	while (len && strchr(" \t\r\n", text[len - 1]))
		len--;
	start = len;
	while (start && text[start - 1] != '\n')
		start--;
	w = text_walk(text + start, len - start);
	while (text_next(&w))
		width += w.width;
	cut = start;
	w = text_walk(text + start, len - start);
	while (width > columns && text_next(&w)) {
		width -= w.width;
		cut = start + w.at;
	}
	return xstrndup(text + cut, len - cut);
}
