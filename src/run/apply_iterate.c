/* The fold of "comment and iterate": see fold.h and iterate.h. */
#include "base/json.h"
#include "run/fold.h"
#include "run/iterate.h"

#include <stdlib.h>

/* --- what people changed ------------------------------------------------ */

static cJSON *
find_change(const struct step_state *st, int item)
{
	cJSON *c;

	cJSON_ArrayForEach(c, st->overrides)
		if (json_int(c, "item", -1) == item)
			return c;
	return NULL;
}

static cJSON *
new_change(struct step_state *st, int item)
{
	cJSON *c = cJSON_CreateObject();

	cJSON_AddNumberToObject(c, "item", item);
	if (item >= 0)
		cJSON_AddStringToObject(c, "element",
					st->items[item].value);
	cJSON_AddObjectToObject(c, "with");
	if (!st->overrides)
		st->overrides = cJSON_CreateArray();
	/* What is for all items comes first, so that an item's wins. */
	if (item < 0)
		cJSON_InsertItemInArray(st->overrides, 0, c);
	else
		cJSON_AddItemToArray(st->overrides, c);
	return c;
}

/* null stays: it takes away what the file says. */
static void
set_argument(cJSON *with, const cJSON *v)
{
	cJSON_DeleteItemFromObjectCaseSensitive(with, v->string);
	cJSON_AddItemToObject(with, v->string, cJSON_Duplicate(v, true));
}

static void
change_step(struct step_state *st, int item, const cJSON *with)
{
	cJSON *change = find_change(st, item), *c;
	const cJSON *v;

	/* The element at this place is another one now. */
	if (change && item >= 0 &&
	    !str_eq(json_str(change, "element"), st->items[item].value)) {
		cJSON_Delete(cJSON_DetachItemViaPointer(st->overrides, change));
		change = NULL;
	}
	if (!change)
		change = new_change(st, item);
	cJSON_ArrayForEach(v, with) {
		/* Said of all items, it replaces what was said of one. */
		if (item < 0)
			cJSON_ArrayForEach(c, st->overrides)
				cJSON_DeleteItemFromObjectCaseSensitive(
					cJSON_GetObjectItemCaseSensitive(
						c, "with"),
					v->string);
		set_argument(cJSON_GetObjectItemCaseSensitive(change, "with"),
			     v);
	}
}

/* --- starting again ----------------------------------------------------- */

/* Remembers how the step stood, for what changed since. */
static void
note_past(struct step_state *st)
{
	st->again = true;
	st->past_count = st->item_count;
	st->past = st->item_count ?
			   xcalloc((size_t)st->item_count, sizeof(*st->past)) :
			   NULL;
	for (int i = 0; i < st->item_count; i++) {
		st->past[i].attempt = st->items[i].attempt;
		st->past[i].args = st->items[i].args;
	}
}

static void
forget_past(struct step_state *st)
{
	free(st->past);
	st->past = NULL;
	st->past_count = 0;
	st->again = false;
}

/* Comment and iterate: the step, and all that needs it, starts again with
 * the person's inputs. Attempts count on, so that nothing an earlier one
 * left is taken for a later one's. */
static void
reset_step(struct run_state *s, int step)
{
	struct step_state *st = &s->steps[step];
	struct step_state fresh = {
		.attempts_before = st->attempts_before,
		.validations = st->validations,
		.validations_passed = st->validations_passed,
		.overrides = st->overrides,
		.again = st->again,
		.past = st->past,
		.past_count = st->past_count,
	};

	for (int i = 0; i < st->item_count; i++)
		if (st->items[i].attempt > fresh.attempts_before)
			fresh.attempts_before = st->items[i].attempt;
	fold_release_items(st->items, st->item_count);
	free(st->items);
	cJSON_Delete(st->value);
	*st = fresh;
	s->steps_settled--;
}

/* One item starts again; its step is not over until it is. */
static void
reset_item(struct run_state *s, int step, int item)
{
	struct step_state *st = &s->steps[step];
	struct item_state *it = &st->items[item];

	fold_release_items(it, 1);
	*it = (struct item_state){
		.status = ITEM_READY,
		.attempt = it->attempt,
		.tries_left = (signed char)s->workflow->steps[step].attempts,
		.value = it->value,
	};
	st->longest_us = 0;
	for (int i = 0; i < st->item_count; i++)
		if (st->items[i].wall_us > st->longest_us)
			st->longest_us = st->items[i].wall_us;
	cJSON_Delete(st->value);
	st->value = NULL;
	st->reason = NULL;
	st->outcome = ITEM_WAITING;
	st->items_settled--;
	s->steps_settled--;
	queue_push(&s->ready, step, item);
}

static bool
needs_any(const struct workflow_step *w, const bool *marked)
{
	for (size_t i = 0; i < w->need_count; i++)
		if (marked[w->needs[i]])
			return true;
	return false;
}

static void
look_at_needs(struct run_state *s, int step)
{
	const struct workflow_step *w = &s->workflow->steps[step];
	struct step_state *st = &s->steps[step];

	for (size_t i = 0; i < w->need_count; i++) {
		enum item_status need = s->steps[w->needs[i]].outcome;

		st->needs_open += need == ITEM_WAITING;
		st->need_failed |= need == ITEM_FAILED;
	}
}

/* item -1: all of the step. */
static void
iterate_from(struct run_state *s, int step, int item)
{
	const struct workflow *w = s->workflow;
	AUTO_FREE bool *again = xcalloc(w->step_count, sizeof(*again));

	again[step] = true;
	for (size_t i = 0; i < w->step_count; i++)
		if (needs_any(&w->steps[w->order[i]], again))
			again[w->order[i]] = true;
	s->reviewed = false;
	cJSON_Delete(s->step_values);
	s->step_values = NULL;
	s->fresh.count = s->fresh.head = 0;
	for (size_t i = 0; i < w->step_count; i++) {
		forget_past(&s->steps[i]);
		if (again[i])
			note_past(&s->steps[i]);
		if (again[i] && ((int)i != step || item < 0))
			reset_step(s, (int)i);
		else if (!again[i])
			queue_push(&s->fresh, (int)i, -1);
	}
	if (item >= 0) {
		reset_item(s, step, item);
		again[step] = false;
	}
	for (size_t i = 0; i < w->step_count; i++) {
		if (!again[i])
			continue;
		look_at_needs(s, (int)i);
		fold_make_ready(s, (int)i);
	}
}

static void
iterate_result(struct run_state *s, const struct iterate *it)
{
	int step = it->step >= 0 ? it->step : s->workflow->order[0];

	/* A step that somebody approved is asked about again, as a whole. */
	iterate_from(s, step, s->steps[step].approved ? -1 : it->item);
}

void
fold_iterate(struct run_state *s, const struct gate_state *g)
{
	AUTO_JSON *v = g->values ? cJSON_Parse(g->values) : NULL;
	const cJSON *past_inputs = s->inputs;
	struct iterate it;
	bool holds = run_read_iterate(s, g, v, &it, NULL);
	bool result = g->kind != GATE_PLAN && g->step < 0;

	/* What was changed is checked as the first values were. */
	if (holds || g->kind == GATE_PLAN)
		s->plan = PLAN_PROPOSED;
	if (g->step >= 0)
		fold_let_step_go(s, g->step);
	/* Of two questions about one result the first answer counts. */
	if (!holds ||
	    (result && s->steps_settled != (int)s->workflow->step_count))
		return;
	s->comment = g->comment;
	if (it.inputs) {
		AUTO_FREE char *text = json_print(it.inputs);

		fold_merge_inputs(s, text);
	}
	if (it.with)
		change_step(&s->steps[it.step], it.item, it.with);
	if (run_for_planner(s, g, &it)) {
		s->plan_comment = g->comment;
		s->plan = PLAN_NONE;
		run_agent(s, AGENT_PLANNER, 0)->attempt_turns = 0;
	}
	if (it.workflow && s->phase == PHASE_PLAN) {
		s->plan_edit = fold_keep(s, it.workflow);
		s->plan_editor = g->by;
		s->plan = PLAN_EDITED;
	}
	if (!result)
		return;
	s->past_inputs = past_inputs;
	s->past_iteration = s->iteration;
	iterate_result(s, &it);
}
