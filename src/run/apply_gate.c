/* The fold of gates and of what people decide: see fold.h. */
#include "base/json.h"
#include "run/fold.h"

#include <stdlib.h>
#include <string.h>

/* A step waits at the gate before it. */
static bool
hold_step(struct run_state *s, const struct gate_state *g)
{
	struct step_state *st = &s->steps[g->step];

	if (st->expanded || st->outcome != ITEM_WAITING || st->needs_open ||
	    st->gate_open || st->approved)
		return false;
	st->gate_open = true;
	queue_drop(&s->ready, g->step, -1);
	return true;
}

static bool
ask_item(struct run_state *s, const struct gate_state *g,
	 struct item_state *it)
{
	int k;

	if (!it || (it->status != ITEM_BROKEN &&
		    it->status != ITEM_INTERRUPTED))
		return false;
	k = (int)(it - s->steps[g->step].items);
	queue_drop(&s->broken, g->step, k);
	queue_drop(&s->interrupted, g->step, k);
	it->status = ITEM_ASKED;
	return true;
}

/* Whether the state is one that such a gate can be asked in. */
static bool
gate_fits(struct run_state *s, const struct gate_state *g,
	  struct item_state *it)
{
	switch (g->kind) {
	case GATE_PLAN:
		return s->phase == PHASE_PLAN && s->plan == PLAN_ACCEPTED;
	case GATE_FORM:
		return s->plan == PLAN_PROPOSED;
	case GATE_LIMIT:
		return s->phase == PHASE_IMPLEMENT || g->spend;
	case GATE_INTERRUPTED:
		return g->step >= 0 && ask_item(s, g, it);
	case GATE_APPROVE:
		if (g->step >= 0)
			return hold_step(s, g);
		break;
	case GATE_REVIEW:
		break;
	}
	return s->phase == PHASE_IMPLEMENT &&
	       s->steps_settled == (int)s->workflow->step_count;
}

void
apply_gate_opened(struct run_state *s, const struct event *e)
{
	const struct ev_gate_opened *p = &e->gate_opened;
	struct gate_state g = { .number = (int)s->gate_count + 1,
				.open = true,
				.item = (int)p->item,
				.opened_us = e->ts_us };
	struct item_state *it = fold_find_item(s, p->step, p->item, &g.step);

	g.spend = s->spend.blocked && str_eq(p->kind, "limit");
	if (p->gate != g.number || !p->kind ||
	    !gate_kind_parse(p->kind, &g.kind) ||
	    (p->step && g.step < 0) || !gate_fits(s, &g, it))
		return;
	if (p->risk)
		risk_parse(p->risk, &g.risk);
	g.title = fold_keep(s, p->title);
	g.shown = xstrdup0(p->shown);
	GROW(s->gates, s->gate_count, s->gate_cap);
	s->gates[s->gate_count++] = g;
	s->gates_open++;
}

static void
item_ready_again(struct run_state *s, int step, struct item_state *it)
{
	it->status = ITEM_READY;
	if (it->tries_left < 1)
		it->tries_left = 1;
	queue_push(&s->ready, step, (int)(it - s->steps[step].items));
}

/* What a person said about an item that was interrupted or failed. */
static void
decide_item(struct run_state *s, const struct gate_state *g)
{
	struct item_state *it =
		&s->steps[g->step].items[g->item < 0 ? 0 : g->item];

	switch (g->decision) {
	case DECISION_RETRY:
		item_ready_again(s, g->step, it);
		break;
	case DECISION_MARK_DONE:
		fold_settle_item(s, g->step, it, ITEM_DONE);
		break;
	case DECISION_SKIP:
		fold_settle_item(s, g->step, it, ITEM_SKIPPED);
		break;
	default:
		s->steps[g->step].reason = it->error;
		fold_settle_item(s, g->step, it, ITEM_FAILED);
		fold_doom(s, "failed", "a person ended it after a step's failure",
		     1);
	}
}

void
fold_merge_inputs(struct run_state *s, const char *json)
{
	AUTO_JSON *more = json ? cJSON_Parse(json) : NULL;
	cJSON *all;
	const cJSON *v;

	if (!cJSON_IsObject(more))
		return;
	all = cJSON_IsObject(s->inputs) ? cJSON_Duplicate(s->inputs, true) :
					  cJSON_CreateObject();
	cJSON_ArrayForEach(v, more) {
		cJSON_DeleteItemFromObjectCaseSensitive(all, v->string);
		cJSON_AddItemToObject(all, v->string,
				      cJSON_Duplicate(v, true));
	}
	fold_set_inputs(s, all);
}

void
fold_let_step_go(struct run_state *s, int step)
{
	s->steps[step].gate_open = false;
	queue_push(&s->ready, step, -1);
}

static void
decide(struct run_state *s, struct gate_state *g)
{
	bool yes = g->decision == DECISION_APPROVE;

	switch (g->kind) {
	case GATE_PLAN:
		if (yes)
			s->plan = PLAN_APPROVED;
		break;
	case GATE_FORM:
		if (yes)
			fold_merge_inputs(s, g->values);
		break;
	case GATE_LIMIT:
		if (yes && g->spend)
			fold_allow_spending(s);
		else if (yes)
			s->limit += POLICY_EXTENSION;
		break;
	case GATE_APPROVE:
		if (g->step < 0) {
			s->reviewed = yes;
		} else if (yes) {
			s->steps[g->step].approved = true;
			fold_let_step_go(s, g->step);
		}
		break;
	case GATE_INTERRUPTED:
		decide_item(s, g);
		break;
	case GATE_REVIEW:
		s->reviewed = yes;
		break;
	}
	if (g->decision == DECISION_REJECT) {
		AUTO_FREE char *why = xasprintf(
			"gate %d (%s) was rejected by %s%s%s", g->number,
			gate_kind_name(g->kind), g->by ? g->by : "?",
			str_empty(g->comment) ? "" : ": ",
			str_empty(g->comment) ? "" : g->comment);

		fold_doom(s, "aborted", why, g->kind == GATE_LIMIT ? 5 : 4);
	}
}

void
apply_gate_decided(struct run_state *s, const struct event *e)
{
	const struct ev_gate_decided *p = &e->gate_decided;
	struct gate_state *g;
	enum decision d;

	if (p->gate < 1 || p->gate > (int64_t)s->gate_count || !p->decision ||
	    !decision_parse(p->decision, &d))
		return;
	g = &s->gates[p->gate - 1];
	if (!g->open || !(gate_decisions(g->kind) & d))
		return;
	g->open = false;
	free(TAKE(g->shown));
	g->decision = d;
	g->decided_us = e->ts_us;
	g->by = fold_keep(s, p->by);
	g->comment = fold_keep(s, p->comment);
	g->values = fold_keep(s, p->values);
	s->gates_open--;
	if (d == DECISION_ITERATE)
		fold_iterate(s, g);
	else
		decide(s, g);
}

void
apply_checkpoint_saved(struct run_state *s, const struct event *e)
{
	(void)e;
	s->checkpointed = true;
}
