/*
 * The decisions. run_next looks at the state in a fixed order and returns
 * the first thing to do:
 *
 *	1. answers that --approve gives in advance
 *	2. the end of a run that cannot succeed
 *	3. what the phase asks for
 *
 * Each decision is one event; after it was applied the next call finds the
 * next one. Nothing here does I/O: a decision that starts something outside
 * (worker.started, plan.asked, step.started, learn.asked) is carried out by
 * the engine once it is durable.
 */
#include "run/state.h"

#include "base/json.h"
#include "flow/research.h"
#include "flow/researcher.h"
#include "run/shown.h"

#include <stdlib.h>
#include <string.h>

struct next {
	struct run_state *s;
	int64_t now_us;
	struct arena *scratch;
	struct event *ret;
};

static bool
say(struct next *n, enum event_type type)
{
	n->ret->type = type;
	return true;
}

static bool
start_phase(struct next *n, enum phase p)
{
	n->ret->phase_started.phase = phase_name(p);
	return say(n, EV_phase_started);
}

static bool
finish_phase(struct next *n, const char *outcome)
{
	n->ret->phase_finished.phase = phase_name(n->s->phase);
	n->ret->phase_finished.outcome = outcome;
	return say(n, EV_phase_finished);
}

/* How events name an item: its index, -1 without foreach. */
static int
item_number(const struct run_state *s, int step, int item)
{
	return s->steps[step].is_list ? item : -1;
}

static bool
open_gate(struct next *n, enum gate_kind kind, int step, int item,
	  enum risk risk, const char *title, const char *shown)
{
	struct run_state *s = n->s;
	struct ev_gate_opened *g = &n->ret->gate_opened;

	g->gate = (int64_t)s->gate_count + 1;
	g->kind = gate_kind_name(kind);
	g->step = step >= 0 ? s->workflow->steps[step].id : NULL;
	g->item = step >= 0 ? item_number(s, step, item) : -1;
	g->risk = risk_name(risk);
	g->title = title;
	g->shown = shown;
	return say(n, EV_gate_opened);
}

/* A limit gate about money is none of this kind: see spend_gate. */
static bool
gate_is_open(const struct run_state *s, enum gate_kind kind)
{
	for (size_t i = s->gate_count; s->gates_open && i-- > 0;)
		if (s->gates[i].open && s->gates[i].kind == kind &&
		    !s->gates[i].spend)
			return true;
	return false;
}

/* --approve was given: it answers what it covers, and the journal says so. */
static bool
answer_covered(struct next *n)
{
	const struct run_state *s = n->s;

	for (size_t i = s->gate_count; s->gates_open && i-- > 0;) {
		const struct gate_state *g = &s->gates[i];

		if (!g->open ||
		    !policy_covers(s->options.approve, g->kind, g->risk) ||
		    (g->kind == GATE_PLAN && s->options.plan_only))
			continue;
		n->ret->gate_decided.gate = g->number;
		n->ret->gate_decided.decision = decision_name(DECISION_APPROVE);
		n->ret->gate_decided.by = arena_printf(
			n->scratch, "--approve=%s",
			risk_name((enum risk)s->options.approve));
		return say(n, EV_gate_decided);
	}
	return false;
}

/* --- research ---------------------------------------------------------- */

static enum effect_status
worker_status(const struct run_state *s, const char *name)
{
	for (size_t i = 0; i < s->worker_count; i++)
		if (str_eq(s->workers[i].name, name))
			return s->workers[i].status;
	return EFFECT_NONE;
}

static bool next_agent(struct next *n, bool *ret);

/* Researchers begin with what the workers found. */
static bool
next_researcher(struct next *n)
{
	struct run_state *s = n->s;
	bool files = run_has_files(s), asked = false;
	int open = 0;

	for (int i = 0; i < RESEARCHERS; i++) {
		const struct researcher *r = researcher_at(i);
		enum effect_status is = worker_status(s, r->name);

		if (!researcher_chosen(i, s->options.researchers, files))
			continue;
		if (is == EFFECT_NONE || is == EFFECT_CUT) {
			n->ret->worker_started.worker = r->name;
			n->ret->worker_started.title = r->title;
			return say(n, EV_worker_started);
		}
		open += is != EFFECT_OVER;
	}
	if (next_agent(n, &asked))
		return asked;
	return !open && finish_phase(n, "done");
}

static bool
next_research(struct next *n)
{
	struct run_state *s = n->s;
	size_t count, over = 0;
	const struct research_worker *workers = research_workers(&count);

	for (size_t i = 0; i < count; i++) {
		enum effect_status is = worker_status(s, workers[i].name);

		if (is == EFFECT_NONE || is == EFFECT_CUT) {
			n->ret->worker_started.worker = workers[i].name;
			n->ret->worker_started.title = workers[i].title;
			return say(n, EV_worker_started);
		}
		over += is == EFFECT_OVER;
	}
	return over == count && next_researcher(n);
}

/* --- plan -------------------------------------------------------------- */

static bool
accept_plan(struct next *n, const cJSON *inputs)
{
	struct run_state *s = n->s;
	struct ev_plan_accepted *p = &n->ret->plan_accepted;
	struct policy_class c = POLICY_CLASS_INIT;
	AUTO_FREE char *json = json_print(inputs);
	AUTO_FREE char *reasons = NULL;

	workflow_class(s->workflow, inputs, &c);
	if (s->options.has_risk)
		policy_raise(&c, s->options.risk, "the person asked for it");
	if (s->phase == PHASE_IMPLEMENT && s->risk > c.risk)
		policy_raise(&c, s->risk, "the run had this class already");
	reasons = shown_list(&c.reasons);
	p->risk = risk_name(c.risk);
	p->limit = policy_limit(c.risk, 0);
	if (s->phase == PHASE_IMPLEMENT) /* extensions stay granted */
		p->limit += s->limit - policy_limit(s->risk, 0);
	p->reasons = arena_strdup(n->scratch, reasons);
	p->inputs = arena_strdup(n->scratch, json);
	policy_class_release(&c);
	return say(n, EV_plan_accepted);
}

/* What was given for the inputs that the edited workflow still has. A value
 * that is only the old one's default makes room for the new default. */
static cJSON *
inputs_for(const struct run_state *s, const struct workflow *edited)
{
	cJSON *inputs = cJSON_CreateObject();
	AUTO_JSON *defaults = NULL;
	AUTO(strv) missing = STRV_INIT;
	const cJSON *v;

	workflow_check_inputs(s->workflow, NULL, &defaults, &missing, NULL);
	cJSON_ArrayForEach(v, s->inputs)
		if (workflow_input(edited, v->string) && !cJSON_IsNull(v) &&
		    !cJSON_Compare(v, json_get(defaults, v->string), true))
			cJSON_AddItemToObject(inputs, v->string,
					      cJSON_Duplicate(v, true));
	return inputs;
}

/* A person's workflow instead of the plan; the fold has checked it. */
static bool
propose_edit(struct next *n)
{
	const struct run_state *s = n->s;
	struct ev_plan_proposed *p = &n->ret->plan_proposed;
	AUTO_PTR(workflow) w =
		workflow_parse(s->plan_edit, strlen(s->plan_edit), "workflow",
			       1, &s->tools, NULL);
	AUTO_JSON *inputs = w ? inputs_for(s, w) : NULL;
	AUTO_FREE char *text = inputs ? json_print(inputs) : NULL;
	const char *by = s->plan_editor ? s->plan_editor : "?";

	p->source = arena_printf(n->scratch, "edited by %s", by);
	p->first_line = 1;
	p->workflow = s->plan_edit;
	p->explanation = arena_printf(
		n->scratch, "edited by %s; before: %s", by,
		s->plan_explanation ? s->plan_explanation : "no explanation");
	p->inputs = arena_strdup(n->scratch, text);
	return say(n, EV_plan_proposed);
}

static bool
check_plan(struct next *n)
{
	struct run_state *s = n->s;
	AUTO(strv) missing = STRV_INIT;
	AUTO_JSON *checked = NULL;
	struct err err = ERR_INIT;
	bool ok;

	if (gate_is_open(s, GATE_FORM))
		return false;
	ok = workflow_check_inputs(s->workflow, s->inputs, &checked, &missing,
				   &err);
	if (ok && !missing.count) {
		workflow_absolute_files(s->workflow, s->workspace, checked);
		return accept_plan(n, checked);
	}
	return open_gate(n, GATE_FORM, -1, -1, s->risk,
			 arena_printf(n->scratch,
				      "\"%s\" needs answers before it can run",
				      s->workflow->name),
			 shown_form(s, &missing, ok ? NULL : err.msg,
				    n->scratch));
}

static bool
next_plan(struct next *n)
{
	struct run_state *s = n->s;
	/* What a model wrote is shown to a person whatever its class. */
	bool gated = s->options.plan_only || run_agent(s, AGENT_PLANNER, 0) ||
		     policy_of(s->risk)->gates & POLICY_PLAN;
	bool asked = false;

	switch (s->plan) {
	case PLAN_NONE:
	case PLAN_CUT:
		n->ret->plan_asked.provider = s->provider;
		return say(n, EV_plan_asked);
	case PLAN_EDITED:
		return propose_edit(n);
	case PLAN_PROPOSED:
		return check_plan(n);
	case PLAN_ACCEPTED:
		if (!gated)
			return finish_phase(n, "done");
		if (gate_is_open(s, GATE_PLAN))
			return false;
		return open_gate(n, GATE_PLAN, -1, -1, s->risk,
				 arena_printf(n->scratch, "Run \"%s\"?",
					      s->workflow->name),
				 shown_plan(s, n->scratch));
	case PLAN_APPROVED:
		return finish_phase(n, "done");
	case PLAN_MAKING:
		return next_agent(n, &asked) && asked;
	case PLAN_FAILED:
		break;
	}
	return false;
}

/* --- steps ------------------------------------------------------------- */

static bool
settle(struct next *n, int step, int item, enum item_status outcome,
       const char *reason)
{
	struct ev_step_settled *p = &n->ret->step_settled;

	p->step = n->s->workflow->steps[step].id;
	p->item = item_number(n->s, step, item);
	p->outcome = item_status_name(outcome);
	p->reason = arena_strdup(n->scratch, reason);
	return say(n, EV_step_settled);
}

static enum risk
step_risk(const struct run_state *s, int step)
{
	struct policy_class c = POLICY_CLASS_INIT;
	enum risk risk;

	workflow_step_class(s->workflow, &s->workflow->steps[step], s->inputs,
			    &c);
	risk = c.risk;
	policy_class_release(&c);
	return risk;
}

static bool
gate_step(struct next *n, int step, bool *ret)
{
	struct run_state *s = n->s;
	const struct workflow_step *w = &s->workflow->steps[step];
	enum risk risk;

	if (s->steps[step].approved || (!w->gate && s->risk < RISK_HIGH))
		return false;
	risk = step_risk(s, step);
	if (!w->gate && !policy_gate_before_step(s->risk, risk,
						 s->high_started))
		return false;
	*ret = open_gate(n, GATE_APPROVE, step, -1, risk,
			 arena_printf(n->scratch, "Run step %s (%s)?", w->id,
				      w->title),
			 shown_step(s, step, n->scratch));
	return true;
}

static bool
count_iteration(struct next *n, int step, int item)
{
	struct run_state *s = n->s;
	struct ev_iteration_started *p = &n->ret->iteration_started;

	if (s->iteration < s->limit) {
		p->number = s->iteration + 1;
		p->limit = s->limit;
		p->step = s->workflow->steps[step].id;
		p->item = item_number(s, step, item);
		return say(n, EV_iteration_started);
	}
	if (gate_is_open(s, GATE_LIMIT))
		return false;
	if (!s->checkpointed) {
		n->ret->checkpoint_saved.iteration = s->iteration;
		n->ret->checkpoint_saved.diagnostics =
			shown_limit(s, step, n->scratch);
		return say(n, EV_checkpoint_saved);
	}
	return open_gate(n, GATE_LIMIT, -1, -1, s->risk,
			 arena_printf(n->scratch,
				      "%d of %d iterations are used; allow %d "
				      "more?",
				      s->iteration, s->limit,
				      POLICY_EXTENSION),
			 shown_limit(s, step, n->scratch));
}

static bool
spend_gate(struct next *n)
{
	const struct run_state *s = n->s;

	for (size_t i = 0; i < s->gate_count; i++)
		if (s->gates[i].open && s->gates[i].spend)
			return false;
	return open_gate(n, GATE_LIMIT, -1, -1, s->risk,
			 arena_printf(n->scratch,
				      "$%.4f of $%.4f are spent and the next "
				      "request may cost $%.4f; allow $%.4f "
				      "more?",
				      (double)s->spend.spent_microusd / 1e6,
				      (double)s->spend.limit_microusd / 1e6,
				      (double)s->spend.needed_microusd / 1e6,
				      (double)s->spend.grant_microusd / 1e6),
			 shown_spend(s, n->scratch));
}

/* An agent's next turn: money, then an iteration, then the turn. */
static bool
next_agent(struct next *n, bool *ret)
{
	struct run_state *s = n->s;
	const struct agent_state *a = run_agent_waiting(s);
	struct ev_model_asked *p = &n->ret->model_asked;

	if (!a)
		return false;
	*ret = true;
	if (s->spend.blocked) {
		*ret = spend_gate(n);
	} else if (a->step >= 0 && !a->counted) {
		*ret = count_iteration(n, a->step, a->item);
	} else {
		p->step = run_agent_step(s, a);
		p->item = run_agent_item(s, a);
		p->turn = a->turn + 1;
		return say(n, EV_model_asked);
	}
	return *ret;
}

static bool
expand_step(struct next *n, int step)
{
	struct run_state *s = n->s;
	const struct workflow_step *w = &s->workflow->steps[step];
	AUTO_JSON *values = run_item_values(s, step, -1, 1);
	AUTO_JSON *items = NULL;
	AUTO_FREE char *text = NULL;
	struct err err = ERR_INIT;
	bool gated, go = true;

	if (s->steps[step].need_failed)
		return settle(n, step, -1, ITEM_SKIPPED,
			      "a step it needs failed");
	if (w->when && !expr_test(s->workflow->doc, w->when, values, &go,
				  &err))
		return settle(n, step, -1, ITEM_FAILED, err.msg);
	if (!go)
		return settle(n, step, -1, ITEM_SKIPPED,
			      "its condition (when) is false");
	if (gate_step(n, step, &gated))
		return gated;
	if (!w->foreach)
		return count_iteration(n, step, -1);
	if (!workflow_items(s->workflow, w, values, &items, &err))
		return settle(n, step, -1, ITEM_FAILED, err.msg);
	text = json_print(items);
	n->ret->step_expanded.step = w->id;
	n->ret->step_expanded.items = arena_strdup(n->scratch, text);
	return say(n, EV_step_expanded);
}

/* Where nothing holds a program to its profile, only what the tool says of
 * itself counts. */
static bool
is_repeatable(const struct run_state *s, const struct workflow_step *w,
	      const struct workflow_action *a)
{
	unsigned effects = s->options.sandbox_off ?
				   a->effects | a->tool->effects :
				   a->effects;

	return w->idempotent || effects == TOOL_READS;
}

static bool
is_agent(const struct workflow_action *a)
{
	return strcmp(a->tool->name, "agent") == 0;
}

static bool
start_item(struct next *n, int step, int item, int attempt)
{
	struct run_state *s = n->s;
	const struct workflow_step *w = &s->workflow->steps[step];
	const struct item_state *it = &s->steps[step].items[item];
	const struct workflow_action *a = it->fallback && w->fallback ?
						  w->fallback :
						  &w->action;
	AUTO_JSON *values = run_item_values(s, step, item, attempt);
	struct run_start start = { step, item, attempt, NULL, NULL, NULL };
	struct ev_step_started *p = &n->ret->step_started;
	struct err err = ERR_INIT;

	if (!run_item_args(s, step, item, a, values, &start.args, &err))
		return settle(n, step, item, ITEM_FAILED, err.msg);
	start.values = TAKE(values);
	start.text = json_print(start.args);
	p->step = w->id;
	p->item = item_number(s, step, item);
	p->attempt = attempt;
	p->tool = a->tool->name;
	p->profile = sandbox_profile_name(run_profile(s, a));
	/* What an agent finished stands in the journal; a call of its that is
	 * cut off changes this. */
	p->repeatable = is_repeatable(s, w, a) || is_agent(a);
	p->fallback = it->fallback;
	p->args = arena_strdup(n->scratch, start.text);
	run_keep_start(s, &start);
	return say(n, EV_step_started);
}

static bool
begin_item(struct next *n, int step, int item)
{
	const struct step_state *st = &n->s->steps[step];
	const struct item_state *it = &st->items[item];

	if (!it->paid)
		return count_iteration(
			n, step, it->attempt > st->attempts_before ? item : -1);
	return start_item(n, step, item, it->attempt + 1);
}

static bool
ask_about_item(struct next *n, int step, int item, const char *what)
{
	struct run_state *s = n->s;
	AUTO_FREE char *name = run_item_name(s, step, item);

	return open_gate(n, GATE_INTERRUPTED, step, item,
			 step_risk(s, step),
			 arena_printf(n->scratch, "Step %s %s", name, what),
			 shown_item(s, step, item, n->scratch));
}

/* Why an attempt failed, in scratch. The findings of its validations come
 * after those of its pictures, so the last one says most. */
static const char *
why_broken(struct next *n, const struct item_state *it)
{
	AUTO_JSON *all = it->findings ? cJSON_Parse(it->findings) : NULL;
	const cJSON *last =
		cJSON_GetArrayItem(all, cJSON_GetArraySize(all) - 1);
	const char *message = json_str(last, "message");

	if (it->error)
		return arena_strdup(n->scratch, it->error);
	return message ? arena_printf(n->scratch, "a validation failed: %s",
				      message) :
			 "a validation failed";
}

/* An attempt failed: retry, then fallback, then a person (or the end). */
static bool
next_broken(struct next *n, int step, int item)
{
	struct run_state *s = n->s;
	const struct workflow_step *w = &s->workflow->steps[step];
	const struct item_state *it = &s->steps[step].items[item];
	struct ev_step_retrying *p = &n->ret->step_retrying;
	const char *why = why_broken(n, it);
	int done = w->attempts - it->tries_left;

	p->step = w->id;
	p->item = item_number(s, step, item);
	p->reason = why;
	if (it->tries_left > 0 && !it->fallback) {
		p->delay_ms = w->backoff_ms << (done > 1 ? done - 1 : 0);
		return say(n, EV_step_retrying);
	}
	if (w->fallback && !it->fallback) {
		p->fallback = true;
		return say(n, EV_step_retrying);
	}
	if (w->optional || s->options.abort_on_failure)
		return settle(n, step, item, ITEM_FAILED, why);
	return ask_about_item(n, step, item,
			      "failed, and nothing is left to try");
}

static bool
next_interrupted(struct next *n, int step, int item)
{
	const struct item_state *it = &n->s->steps[step].items[item];

	if (it->repeatable)
		return start_item(n, step, item, it->attempt);
	return ask_about_item(n, step, item,
			      "was cut off and may have changed something");
}

static bool
next_due(struct next *n, bool *ret)
{
	const struct queue *q = &n->s->backoff;

	for (size_t i = q->head; i < q->head + q->count; i++) {
		int step = q->entries[i].step, item = q->entries[i].item;

		if (n->s->steps[step].items[item].ready_us > n->now_us)
			continue;
		*ret = begin_item(n, step, item);
		return true;
	}
	return false;
}

static bool
all_settled(struct next *n)
{
	struct run_state *s = n->s;
	unsigned gates = policy_of(s->risk)->gates;
	bool review = gates & POLICY_END_REVIEW;

	for (size_t i = 0; i < s->workflow->step_count && !review; i++)
		review = s->workflow->steps[i].review;
	if (s->reviewed || (!review && !(gates & POLICY_PHASES)))
		return finish_phase(n, "done");
	if (s->gates_open)
		return false;
	return open_gate(n, review ? GATE_REVIEW : GATE_APPROVE, -1, -1,
			 s->risk,
			 arena_printf(n->scratch, "Accept the result of "
						  "\"%s\"?",
				      s->workflow->name),
			 shown_review(s, n->scratch));
}

static bool
next_implement(struct next *n)
{
	struct run_state *s = n->s;
	int jobs = s->options.jobs > 0 ? s->options.jobs : s->workflow->jobs;
	bool decided;

	if (s->plan == PLAN_PROPOSED) /* a person changed its inputs */
		return check_plan(n);
	if (next_agent(n, &decided))
		return true;
#define HEAD(q) s->q.entries[s->q.head].step, s->q.entries[s->q.head].item
	if (s->interrupted.count)
		return next_interrupted(n, HEAD(interrupted));
	if (s->broken.count)
		return next_broken(n, HEAD(broken));
	if (s->running.count >= (size_t)jobs)
		return false;
	/* One that waits for the limit holds up nothing that is counted. */
	if (s->backoff.count && next_due(n, &decided) && decided)
		return true;
	if (s->ready.count && s->ready.entries[s->ready.head].item < 0)
		return expand_step(n, s->ready.entries[s->ready.head].step);
	if (s->ready.count)
		return begin_item(n, HEAD(ready));
#undef HEAD
	if (s->steps_settled == (int)s->workflow->step_count)
		return all_settled(n);
	return false;
}

/* --- learn, and the end ------------------------------------------------ */

static bool
end_run(struct next *n)
{
	const struct run_state *s = n->s;
	struct ev_run_ended *p = &n->ret->run_ended;

	p->outcome = s->failing ? s->outcome : "succeeded";
	p->reason = s->failing ? s->outcome_reason : NULL;
	p->exit_status = s->failing ? s->exit_status : 0;
	return say(n, EV_run_ended);
}

static bool
next_learn(struct next *n)
{
	const struct run_state *s = n->s;

	if (s->phase_over)
		return end_run(n);
	if (s->learning == EFFECT_NONE || s->learning == EFFECT_CUT) {
		n->ret->learn_asked.outcome = s->failing ? s->outcome :
							   "succeeded";
		return say(n, EV_learn_asked);
	}
	return s->learning == EFFECT_OVER && s->metrics_in &&
	       finish_phase(n, "done");
}

/* Learn always runs, also after a failure, once nothing else runs. */
static bool
next_failing(struct next *n)
{
	struct run_state *s = n->s;

	if (!s->failing) {
		n->ret->run_failing.outcome = s->doom.outcome;
		n->ret->run_failing.reason = s->doom.reason;
		n->ret->run_failing.exit_status = s->doom.exit_status;
		return say(n, EV_run_failing);
	}
	if (run_busy(s))
		return false;
	if (s->phase != PHASE_NONE && !s->phase_over)
		return finish_phase(n, "failed");
	return start_phase(n, PHASE_LEARN);
}

bool
run_next(struct run_state *s, int64_t now_us, struct arena *scratch,
	 struct event *ret)
{
	struct next n = { s, now_us, scratch, ret };

	memset(ret, 0, sizeof(*ret));
	if (s->ended || !s->task)
		return false;
	if (s->phase == PHASE_LEARN)
		return next_learn(&n);
	if (s->doom.outcome)
		return next_failing(&n);
	if (answer_covered(&n))
		return true;
	if (s->phase == PHASE_NONE || s->phase_over)
		return start_phase(&n, s->phase + 1);
	if (s->phase == PHASE_RESEARCH)
		return next_research(&n);
	return s->phase == PHASE_PLAN ? next_plan(&n) : next_implement(&n);
}

/* A back-off whose end starts nothing is waited for by nobody: at the limit
 * an attempt needs a person's yes first. */
int64_t
run_wake_us(const struct run_state *s)
{
	const struct queue *q = &s->backoff;
	bool limited = q->count && gate_is_open(s, GATE_LIMIT);
	int64_t at = 0;

	for (size_t i = q->head; i < q->head + q->count; i++) {
		const struct item_state *it = &s->steps[q->entries[i].step]
						       .items[q->entries[i].item];

		if ((it->paid || !limited) && (!at || it->ready_us < at))
			at = it->ready_us;
	}
	return at;
}

enum sandbox_profile
run_profile(const struct run_state *s, const struct workflow_action *a)
{
	return s->options.sandbox_off ? SANDBOX_FULL : a->profile;
}

bool
run_busy(const struct run_state *s)
{
	for (size_t i = 0; i < s->worker_count; i++)
		if (s->workers[i].status == EFFECT_RUNNING &&
		    !run_researcher_held(s, &s->workers[i]))
			return true;
	return s->running.count > run_agents_held(s) ||
	       (s->plan == PLAN_MAKING && !run_planner_held(s)) ||
	       s->learning == EFFECT_RUNNING;
}

bool
run_waits_for_person(const struct run_state *s)
{
	return !s->ended && s->gates_open && !run_busy(s) && !run_wake_us(s);
}

const struct gate_state *
run_open_gate(const struct run_state *s)
{
	for (size_t i = 0; i < s->gate_count; i++)
		if (s->gates[i].open)
			return &s->gates[i];
	return NULL;
}

char *
run_item_name(const struct run_state *s, int step, int item)
{
	const char *id = s->workflow->steps[step].id;

	return s->steps[step].is_list && item >= 0 ?
		       xasprintf("%s[%d]", id, item) :
		       xstrdup(id);
}
