/* The fold of what agents do: see agent_state.h and fold.h. */
#include "base/json.h"
#include "flow/researcher.h"
#include "run/fold.h"

#include <stdlib.h>
#include <string.h>

struct agent_state *
run_agent(const struct run_state *s, int step, int item)
{
	for (size_t i = 0; i < s->agent_count; i++)
		if (s->agents[i]->step == step && s->agents[i]->item == item)
			return s->agents[i];
	return NULL;
}

const char *
run_agent_step(const struct run_state *s, const struct agent_state *a)
{
	if (a->step == AGENT_RESEARCHER)
		return researcher_at(a->item)->name;
	return a->step < 0 ? NULL : s->workflow->steps[a->step].id;
}

int64_t
run_agent_item(const struct run_state *s, const struct agent_state *a)
{
	return a->step >= 0 && s->steps[a->step].is_list ? a->item : -1;
}

char *
run_agent_name(const struct run_state *s, const struct agent_state *a)
{
	if (a->step >= 0)
		return run_item_name(s, a->step, (int)run_agent_item(s, a));
	return xstrdup(a->step == AGENT_RESEARCHER ?
			       researcher_at(a->item)->name :
			       "planner");
}

void
fold_release_agents(struct run_state *s)
{
	for (size_t i = 0; i < s->agent_count; i++) {
		messages_release(&s->agents[i]->history);
		strv_release(&s->agents[i]->said);
		free(s->agents[i]->calls);
		free(s->agents[i]);
	}
	free(s->agents);
	s->agents = NULL;
	s->agent_count = s->agent_cap = 0;
}

/* The agent that an event speaks of; NULL when there cannot be one. */
static struct agent_state *
find(struct run_state *s, const char *step, int64_t item, bool make)
{
	struct item_state *it;
	struct agent_state *a;
	int i = AGENT_PLANNER, k = 0;

	if (researcher_find(step) >= 0) {
		if (s->phase != PHASE_RESEARCH)
			return NULL;
		i = AGENT_RESEARCHER;
		k = researcher_find(step);
	} else if (step) {
		it = fold_find_item(s, step, item, &i);
		if (!it)
			return NULL;
		k = (int)(it - s->steps[i].items);
	} else if (s->phase != PHASE_PLAN) {
		return NULL;
	}
	a = run_agent(s, i, k);
	if (a || !make)
		return a;
	a = xcalloc(1, sizeof(*a));
	a->step = i;
	a->item = k;
	/* Its attempt was counted before this. */
	a->counted = true;
	a->attempt = i < 0 ? 0 : s->steps[i].items[k].attempt;
	GROW(s->agents, s->agent_count, s->agent_cap);
	s->agents[s->agent_count++] = a;
	return a;
}

static struct item_state *
item_of(struct run_state *s, const struct agent_state *a)
{
	return a->step < 0 ? NULL : &s->steps[a->step].items[a->item];
}

/* A message of the journal at the end of the history. */
static struct message *
take_message(struct agent_state *a, const char *json)
{
	AUTO_JSON *v =
		json ? json_parse(json, strlen(json), "message", NULL) : NULL;
	AUTO(message) m = { .role = ROLE_USER };

	if (!v || !message_from_json(v, &m, NULL))
		return NULL;
	messages_take(&a->history, &m);
	return &a->history.items[a->history.count - 1];
}

/* What a person said becomes part of the conversation. False: nothing. */
static bool
hear(struct agent_state *a)
{
	AUTO(buf) text = BUF_INIT;

	if (!a->said.count)
		return false;
	buf_addstr(&text, "A person who supervises this says:");
	for (size_t i = 0; i < a->said.count; i++)
		buf_printf(&text, "\n\n%s", a->said.items[i]);
	message_text(messages_add(&a->history, ROLE_USER), buf_str(&text));
	strv_release(&a->said);
	return true;
}

static void
want_turn(struct agent_state *a)
{
	a->status = AGENT_WANTS;
	hear(a);
}

void
apply_agent_said(struct run_state *s, const struct event *e)
{
	const struct ev_agent_said *p = &e->agent_said;
	struct agent_state *a = find(s, p->step, p->item, false);

	if (!a || str_empty(p->text))
		return;
	strv_add(&a->said, p->text);
	if (a->status == AGENT_WANTS)
		hear(a);
}

void
apply_agent_paused(struct run_state *s, const struct event *e)
{
	const struct ev_agent_paused *p = &e->agent_paused;
	struct agent_state *a = find(s, p->step, p->item, false);

	if (a)
		a->paused = p->paused;
}

void
apply_agent_told(struct run_state *s, const struct event *e)
{
	const struct ev_agent_told *p = &e->agent_told;
	struct agent_state *a = find(s, p->step, p->item, true);

	if (!a || a->status == AGENT_ASKING || a->status == AGENT_CALLING ||
	    !take_message(a, p->message))
		return;
	want_turn(a);
	a->began_us = a->began_us ? a->began_us : e->ts_us;
	a->last_us = e->ts_us;
	if (a->step == AGENT_PLANNER)
		s->plan_comment = NULL;
}

/* The message takes the place of the first ones. */
void
apply_agent_compacted(struct run_state *s, const struct event *e)
{
	const struct ev_agent_compacted *p = &e->agent_compacted;
	struct agent_state *a = find(s, p->step, p->item, false);
	struct messages *h;
	size_t n = (size_t)fold_count(p->messages), last;

	if (!a || a->status != AGENT_ASKING || n < 1 || n >= a->history.count ||
	    a->history.items[n].role != ROLE_ASSISTANT ||
	    !take_message(a, p->message))
		return;
	h = &a->history;
	last = h->count - 1;
	for (size_t i = 0; i < n; i++)
		message_release(&h->items[i]);
	h->items[0] = h->items[last];
	memmove(&h->items[1], &h->items[n], (last - n) * sizeof(*h->items));
	h->count = last - n + 1;
	a->read_tokens = 0;
	a->was_full = a->full;
	a->full = false;
}

void
apply_reference_loaded(struct run_state *s, const struct event *e)
{
	const struct ev_reference_loaded *p = &e->reference_loaded;
	struct agent_state *a = find(s, p->step, p->item, false);

	if (!a)
		return;
	a->references++;
	a->reference_tokens += fold_count(p->tokens);
	if (str_eq(p->reason, REFERENCE_ASKED))
		a->asked_tokens += fold_count(p->tokens);
}

void
apply_model_asked(struct run_state *s, const struct event *e)
{
	const struct ev_model_asked *p = &e->model_asked;
	struct agent_state *a = find(s, p->step, p->item, false);

	if (!a || a->status != AGENT_WANTS)
		return;
	a->status = AGENT_ASKING;
	a->turn = fold_count(p->turn);
	a->attempt_turns++;
	a->counted = false;
}

/* No sum of the journal's numbers overflows. */
static int64_t
money(int64_t microusd)
{
	const int64_t most = INT64_C(1) << 50;

	return microusd < 0 ? 0 : microusd > most ? most : microusd;
}

static void
end_reservation(struct run_state *s, struct agent_state *a)
{
	s->spend.reserved_microusd -= a->reserved_microusd;
	a->reserved_microusd = 0;
}

void
apply_model_reserved(struct run_state *s, const struct event *e)
{
	const struct ev_model_reserved *p = &e->model_reserved;
	struct agent_state *a = find(s, p->step, p->item, false);

	if (!a || a->status != AGENT_ASKING)
		return;
	end_reservation(s, a);
	a->reserved_microusd = money(p->reserved_microusd);
	s->spend.reserved_microusd += a->reserved_microusd;
}

static void
spend(struct run_state *s, int64_t microusd)
{
	s->spend.spent_microusd =
		money(s->spend.spent_microusd + money(microusd));
}

static void
list_calls(struct run_state *s, struct agent_state *a, const struct message *m)
{
	a->call_count = 0;
	for (size_t i = 0; i < m->part_count; i++) {
		const struct message_part *p = &m->parts[i];

		if (p->kind != PART_CALL)
			continue;
		GROW(a->calls, a->call_count, a->call_cap);
		a->calls[a->call_count++] = (struct agent_call){
			.id = fold_keep(s, p->id),
			.tool = fold_keep(s, p->name),
			.args = fold_keep(s, p->text),
		};
	}
}

void
apply_model_turn(struct run_state *s, const struct event *e)
{
	const struct ev_model_turn *p = &e->model_turn;
	struct agent_state *a = find(s, p->step, p->item, false);
	struct message *m;

	if (!a || a->status != AGENT_ASKING)
		return;
	end_reservation(s, a);
	spend(s, p->cost_microusd);
	s->spend.turns++;
	s->spend.input_tokens += fold_count(p->input_tokens);
	s->spend.output_tokens += fold_count(p->output_tokens);
	a->error = fold_keep(s, p->error);
	a->cut = str_eq(p->end, "cut");
	a->cost_microusd = money(a->cost_microusd + money(p->cost_microusd));
	a->last_us = e->ts_us;
	a->status = AGENT_FAILED;
	/* Once more, made short. */
	if (str_eq(p->failure, "context") && !a->full && !a->was_full) {
		a->full = a->counted = true;
		a->attempt_turns--;
		a->status = AGENT_WANTS;
		return;
	}
	if (p->error || !(m = take_message(a, p->message)))
		return;
	a->full = a->was_full = false;
	a->read_tokens = fold_count(p->input_tokens);
	list_calls(s, a, m);
	a->status = a->call_count ? AGENT_CALLING : AGENT_ANSWERED;
	if (str_eq(p->end, "paused") || (!a->call_count && hear(a)))
		a->status = AGENT_WANTS;
}

static struct agent_call *
find_call(struct agent_state *a, const char *id)
{
	for (size_t i = 0; a && a->status == AGENT_CALLING && i < a->call_count;
	     i++)
		if (str_eq(a->calls[i].id, id))
			return &a->calls[i];
	return NULL;
}

void
apply_call_started(struct run_state *s, const struct event *e)
{
	const struct ev_call_started *p = &e->call_started;
	struct agent_state *a = find(s, p->step, p->item, false);
	struct agent_call *c = find_call(a, p->call);

	if (!c || c->status == CALL_OVER || c->status == CALL_RUNNING)
		return;
	c->status = CALL_RUNNING;
	c->posted = false;
	c->read_only = p->read_only;
	/* What may have changed something is not begun again by itself. */
	if (!p->read_only && item_of(s, a))
		item_of(s, a)->repeatable = false;
}

/* The results as one message, in the order of the calls. The result of a
 * call holds its id; two equal turns are told apart by their place. */
static void
answer_calls(struct agent_state *a)
{
	struct message *all = messages_add(&a->history, ROLE_USER);

	for (size_t i = 0; i < a->call_count; i++) {
		const char *json = a->calls[i].result;
		AUTO_JSON *v =
			json ? json_parse(json, strlen(json), "result", NULL) :
			       NULL;
		AUTO(message) one = { .role = ROLE_USER };
		struct message_part *p;

		if (v && message_from_json(v, &one, NULL) &&
		    one.part_count == 1 && one.parts[0].kind == PART_RESULT) {
			message_move_part(all, &one.parts[0]);
			continue;
		}
		p = message_result(all, a->calls[i].id, true);
		message_result_add(p, PART_TEXT,
				   "This call was cut off; it may have "
				   "changed something.",
				   NULL);
	}
}

/* What the model asked for and got in this turn. Paths differ from call to
 * call and ids from turn to turn, so neither counts. */
static void
turn_key(const struct agent_state *a, const struct message *results, char *ret)
{
	AUTO(buf) all = BUF_INIT;

	for (size_t i = 0; i < a->call_count; i++)
		buf_printf(&all, "%s\n%s\n", a->calls[i].tool,
			   a->calls[i].args);
	for (size_t i = 0; i < results->part_count; i++) {
		const struct message_part *r = &results->parts[i];

		buf_printf(&all, "%d\n", r->failed);
		for (size_t k = 0; k < r->part_count; k++) {
			const struct message_part *p = &r->parts[k];
			const char *what = p->text ? p->text : p->sha256;

			buf_printf(&all, "%s\n", what ? what : "");
		}
	}
	sha256_hex(all.data, all.len, ret);
}

static bool
is_loop(const struct agent_state *a, int period)
{
	if (a->key_count < AGENT_LOOP * period)
		return false;
	for (int i = period; i < AGENT_LOOP * period; i++)
		if (strcmp(a->keys[i], a->keys[i - period]) != 0)
			return false;
	return true;
}

static void
watch_loop(struct agent_state *a)
{
	int most = (int)ARRAY_LEN(a->keys);

	memmove(a->keys[1], a->keys[0], sizeof(a->keys) - sizeof(*a->keys));
	turn_key(a, &a->history.items[a->history.count - 1], a->keys[0]);
	a->key_count += a->key_count < most;
	a->period = 0;
	for (int p = 1; p <= AGENT_PERIOD && !a->period; p++)
		if (is_loop(a, p))
			a->period = p;
}

/* After the last of them the agent wants its next turn. */
static void
end_call(struct run_state *s, struct agent_state *a, struct agent_call *c,
	 bool failed, const char *result)
{
	c->status = CALL_OVER;
	c->posted = false;
	c->failed = failed;
	c->result = fold_keep(s, result);
	for (size_t i = 0; i < a->call_count; i++)
		if (a->calls[i].status != CALL_OVER)
			return;
	answer_calls(a);
	watch_loop(a);
	want_turn(a);
	if (item_of(s, a))
		item_of(s, a)->repeatable = true;
}

void
apply_call_finished(struct run_state *s, const struct event *e)
{
	const struct ev_call_finished *p = &e->call_finished;
	struct agent_state *a = find(s, p->step, p->item, false);
	struct agent_call *c = find_call(a, p->call);

	if (!c || c->status == CALL_OVER || !p->result)
		return;
	a->last_us = e->ts_us;
	end_call(s, a, c, !str_eq(p->outcome, "ok"), p->result);
}

void
apply_call_withdrawn(struct run_state *s, const struct event *e)
{
	const struct ev_call_withdrawn *p = &e->call_withdrawn;
	struct agent_state *a = find(s, p->step, p->item, false);
	struct agent_call *c = find_call(a, p->call);
	AUTO(message) m = { .role = ROLE_USER };
	AUTO_FREE char *words = NULL;
	AUTO(buf) json = BUF_INIT;

	if (!c || c->status != CALL_WAITING)
		return;
	words = xasprintf("A person took this call back before it began%s%s",
			  str_empty(p->reason) ? "." : ": ",
			  p->reason ? p->reason : "");
	message_result_add(message_result(&m, c->id, true), PART_TEXT, words,
			   NULL);
	message_add_json(&json, &m);
	end_call(s, a, c, true, buf_str(&json));
}

void
apply_budget_reached(struct run_state *s, const struct event *e)
{
	const struct ev_budget_reached *p = &e->budget_reached;
	struct agent_state *a = find(s, p->step, p->item, false);

	if (!a || a->status != AGENT_ASKING)
		return;
	end_reservation(s, a);
	a->status = AGENT_WANTS;
	a->counted = true; /* the turn was counted, and not made */
	a->attempt_turns--;
	s->spend.blocked = true;
	s->spend.needed_microusd = money(p->needed_microusd);
}

/* A turn that was under way may have been paid: its reservation is. */
void
fold_cut_agents(struct run_state *s)
{
	for (size_t i = 0; i < s->agent_count; i++) {
		struct agent_state *a = s->agents[i];

		if (a->status == AGENT_ASKING) {
			spend(s, a->reserved_microusd);
			end_reservation(s, a);
			want_turn(a);
			a->counted = true;
		}
		for (size_t k = 0; k < a->call_count; k++)
			if (a->calls[k].status == CALL_RUNNING)
				a->calls[k].status = CALL_CUT;
	}
}

/* A new attempt goes on with the same conversation; what was left open in
 * it is closed, so that it stays one. */
void
fold_agent_attempt(struct run_state *s, int step, int item, int attempt)
{
	struct agent_state *a = run_agent(s, step, item);

	if (!a || a->attempt == attempt)
		return;
	if (a->attempt && a->status == AGENT_CALLING)
		answer_calls(a);
	if (a->attempt)
		a->status = AGENT_IDLE;
	a->why = s->steps[step].items[item].error;
	a->attempt = attempt;
	a->attempt_turns = 0;
	a->counted = true;
	a->key_count = a->period = 0;
}

void
fold_allow_spending(struct run_state *s)
{
	s->spend.limit_microusd =
		money(s->spend.limit_microusd + s->spend.grant_microusd);
	s->spend.blocked = false;
}

/* --- what the decisions ask --------------------------------------------- */

/* An agent that waits for a person, not for the world; or one of a run that
 * cannot succeed any more, which starts nothing. */
static bool
is_held(const struct run_state *s, const struct agent_state *a)
{
	bool between = a->status == AGENT_WANTS || a->status == AGENT_CALLING;

	for (size_t i = 0; i < a->call_count; i++)
		between &= a->status != AGENT_CALLING ||
			   (a->calls[i].status != CALL_RUNNING &&
			    !a->calls[i].posted);
	if (s->doom.outcome || a->paused)
		return between;
	return a->status == AGENT_WANTS &&
	       (s->spend.blocked ||
		(a->step >= 0 && !a->counted && s->iteration >= s->limit));
}

static bool
is_running(const struct run_state *s, const struct agent_state *a)
{
	return a->step >= 0 && s->steps &&
	       a->item < s->steps[a->step].item_count &&
	       s->steps[a->step].items[a->item].status == ITEM_RUNNING;
}

static const struct worker_state *
worker_of(const struct run_state *s, const struct agent_state *a)
{
	for (size_t i = 0; i < s->worker_count; i++)
		if (str_eq(s->workers[i].name, researcher_at(a->item)->name))
			return &s->workers[i];
	return NULL;
}

/* Somebody wants its next turn. */
static bool
is_wanted(const struct run_state *s, const struct agent_state *a)
{
	const struct worker_state *w;

	if (a->step == AGENT_PLANNER)
		return s->plan == PLAN_MAKING;
	if (a->step != AGENT_RESEARCHER)
		return is_running(s, a);
	w = worker_of(s, a);
	return s->phase == PHASE_RESEARCH && w && w->status == EFFECT_RUNNING;
}

struct agent_state *
run_agent_waiting(const struct run_state *s)
{
	struct agent_state *first = NULL;

	for (size_t i = 0; i < s->agent_count; i++) {
		struct agent_state *a = s->agents[i];

		if (a->status != AGENT_WANTS || a->paused)
			continue;
		if (!is_wanted(s, a))
			continue;
		if (a->counted)
			return a;
		first = first ? first : a;
	}
	return first;
}

size_t
run_agents_held(const struct run_state *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->agent_count; i++) {
		const struct agent_state *a = s->agents[i];

		n += is_running(s, a) && is_held(s, a);
	}
	return n;
}

bool
run_planner_held(const struct run_state *s)
{
	const struct agent_state *a = run_agent(s, AGENT_PLANNER, 0);

	return a && is_held(s, a);
}

bool
run_researcher_held(const struct run_state *s, const struct worker_state *w)
{
	int i = researcher_find(w->name);
	const struct agent_state *a =
		i < 0 ? NULL : run_agent(s, AGENT_RESEARCHER, i);

	return a && is_held(s, a);
}
