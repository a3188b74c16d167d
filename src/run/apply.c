/*
 * The fold. One function per event type, listed in one table at the end.
 * Everything kept is copied into the state's arena. Events that do not fit
 * the state are passed over (see state.h): each function first finds what
 * the event speaks of, and returns when it is not there.
 */
#include "base/json.h"
#include "run/fold.h"

#include <stdlib.h>
#include <string.h>

enum { COUNT_MAX = 1000000000 };

static const char *const phase_names[] = { "", "research", "plan",
					   "implement", "learn" };

const char *
phase_name(enum phase p)
{
	return phase_names[p];
}

enum phase
phase_parse(const char *name)
{
	for (int i = PHASE_COUNT - 1; i > 0; i--)
		if (str_eq(name, phase_names[i]))
			return (enum phase)i;
	return PHASE_NONE;
}

static const char *const item_names[] = {
	[ITEM_WAITING] = "waiting",	    [ITEM_READY] = "ready",
	[ITEM_RUNNING] = "running",	    [ITEM_INTERRUPTED] = "interrupted",
	[ITEM_BROKEN] = "broken",	    [ITEM_BACKOFF] = "backoff",
	[ITEM_ASKED] = "asked",		    [ITEM_DONE] = "done",
	[ITEM_FAILED] = "failed",	    [ITEM_SKIPPED] = "skipped",
	[ITEM_CANCELLED] = "cancelled",
};

const char *
item_status_name(enum item_status s)
{
	return item_names[s];
}

void
queue_push(struct queue *q, int step, int item)
{
	if (q->head && q->head + q->count == q->cap) {
		memmove(q->entries, q->entries + q->head,
			q->count * sizeof(*q->entries));
		q->head = 0;
	}
	GROW(q->entries, q->head + q->count, q->cap);
	q->entries[q->head + q->count].step = step;
	q->entries[q->head + q->count++].item = item;
}

void
queue_push_front(struct queue *q, int step, int item)
{
	if (!q->head) {
		size_t room = q->count + 8;

		if (q->cap < 2 * room) {
			q->cap = 2 * room;
			q->entries = xreallocarray(q->entries, q->cap,
						   sizeof(*q->entries));
		}
		/* Room on both sides, so that neither end moves all often. */
		q->head = (q->cap - q->count) / 2;
		memmove(q->entries + q->head, q->entries,
			q->count * sizeof(*q->entries));
	}
	q->head--;
	q->entries[q->head].step = step;
	q->entries[q->head].item = item;
	q->count++;
}

void
queue_pop(struct queue *q)
{
	q->head++;
	if (--q->count == 0)
		q->head = 0;
}

/* What is taken out stands nearly always at or near the head: the side with
 * fewer entries moves. */
static void
take_out(struct queue *q, size_t i)
{
	size_t before = i - q->head, after = q->count - before - 1;

	if (before > after) {
		memmove(&q->entries[i], &q->entries[i + 1],
			after * sizeof(*q->entries));
		q->count--;
		return;
	}
	memmove(&q->entries[q->head + 1], &q->entries[q->head],
		before * sizeof(*q->entries));
	queue_pop(q);
}

void
queue_drop(struct queue *q, int step, int item)
{
	for (size_t i = q->head; i < q->head + q->count; i++)
		if (q->entries[i].step == step && q->entries[i].item == item) {
			take_out(q, i);
			return;
		}
}

int
fold_count(int64_t v)
{
	return v < 0 ? 0 : v > COUNT_MAX ? COUNT_MAX : (int)v;
}

/* FNV-1a of the length and both ends: what is long differs there, or is the
 * same program again. */
static uint32_t
hash_ends(const char *text, size_t len)
{
	enum { END = 32 };
	uint32_t h = 2166136261u ^ (uint32_t)len;

	for (size_t i = 0; i < len; i++) {
		if (i == END && len > 2 * END)
			i = len - END;
		h = (h ^ (unsigned char)text[i]) * 16777619u;
	}
	return h;
}

const char *
fold_keep(struct run_state *s, const char *text)
{
	size_t len = text ? strlen(text) : 0;
	const char **slot;

	if (!text || !len)
		return text ? "" : NULL;
	slot = &s->kept[hash_ends(text, len) % ARRAY_LEN(s->kept)];
	if (!str_eq(*slot, text))
		*slot = arena_strndup(&s->arena, text, len);
	return *slot;
}

/* --- the run ----------------------------------------------------------- */

static void
read_options(struct run_options *o, cJSON *json)
{
	const char *level = json_str(json, "approve");
	enum risk risk;

	o->json = json;
	o->pattern = json_str(json, "pattern");
	o->approve = level && risk_parse(level, &risk) ? (int)risk :
							 APPROVE_NONE;
	o->has_risk = json_str(json, "risk") &&
		      risk_parse(json_str(json, "risk"), &o->risk);
	o->jobs = (int)json_int(json, "jobs", 0);
	o->plan_only = json_bool(json, "plan_only", false);
	o->sandbox_off = str_eq(json_str(json, "sandbox"), "off");
	o->model = json_str(json, "model");
	o->researchers = (int)json_int(json, "researchers", 0);
	o->abort_on_failure = str_eq(json_str(json, "on_failure"), "abort");
}

void
apply_run_created(struct run_state *s, const struct event *e)
{
	const struct ev_run_created *p = &e->run_created;
	cJSON *options;

	if (s->task)
		return;
	memcpy(s->id, e->run, sizeof(s->id));
	s->created_us = s->last_us = e->ts_us;
	s->task = fold_keep(s, p->task ? p->task : "");
	s->workspace = fold_keep(s, p->workspace ? p->workspace : "/");
	s->provider = fold_keep(s, p->provider ? p->provider : "offline");
	s->forked_from = fold_keep(s, p->forked_from);
	options = p->options ? cJSON_Parse(p->options) : NULL;
	read_options(&s->options, options ? options : cJSON_CreateObject());
	s->risk = s->options.risk;
	s->spend.limit_microusd = s->spend.grant_microusd =
		json_int(s->options.json, "budget_microusd", 0);
}

/* Whatever was outside when the last process ended is cut off. */
void
apply_run_resumed(struct run_state *s, const struct event *e)
{
	(void)e;
	for (size_t i = 0; i < s->worker_count; i++)
		if (s->workers[i].status == EFFECT_RUNNING)
			s->workers[i].status = EFFECT_CUT;
	if (s->plan == PLAN_MAKING)
		s->plan = PLAN_CUT;
	if (s->learning == EFFECT_RUNNING)
		s->learning = EFFECT_CUT;
	fold_cut_agents(s);
	for (; s->running.count; queue_pop(&s->running)) {
		int step = s->running.entries[s->running.head].step;
		int item = s->running.entries[s->running.head].item;

		struct step_state *st = &s->steps[step];

		if (item >= st->item_count ||
		    st->items[item].status != ITEM_RUNNING)
			continue;
		st->items[item].status = ITEM_INTERRUPTED;
		queue_push(&s->interrupted, step, item);
	}
}

void
fold_doom(struct run_state *s, const char *outcome, const char *reason,
	  int exit_status)
{
	if (!s->doom.outcome)
		s->doom = (struct doom){ outcome, fold_keep(s, reason),
					 exit_status };
}

void
apply_run_abort_asked(struct run_state *s, const struct event *e)
{
	const struct ev_run_abort_asked *p = &e->run_abort_asked;
	bool silent = str_empty(p->reason);
	AUTO_FREE char *why = xasprintf("ended by %s%s%s",
					p->by ? p->by : "?",
					silent ? "" : ": ",
					silent ? "" : p->reason);

	fold_doom(s, "aborted", why, 1);
}

/* Never NULL: a run that has an end has an outcome. */
static const char *
keep_outcome(struct run_state *s, const char *outcome)
{
	return fold_keep(s, outcome ? outcome : "failed");
}

void
apply_run_failing(struct run_state *s, const struct event *e)
{
	if (s->failing)
		return;
	s->failing = true;
	s->outcome = keep_outcome(s, e->run_failing.outcome);
	s->outcome_reason = fold_keep(s, e->run_failing.reason);
	s->exit_status = (int)e->run_failing.exit_status;
}

void
apply_run_ended(struct run_state *s, const struct event *e)
{
	s->ended = true;
	s->outcome = keep_outcome(s, e->run_ended.outcome);
	s->outcome_reason = fold_keep(s, e->run_ended.reason);
	s->exit_status = (int)e->run_ended.exit_status;
	for (size_t i = 0; i < s->gate_count; i++) {
		s->gates[i].open = false;
		free(TAKE(s->gates[i].shown));
	}
	s->gates_open = 0;
}

void
apply_phase_started(struct run_state *s, const struct event *e)
{
	enum phase p = phase_parse(e->phase_started.phase);

	if (p <= s->phase || (p == PHASE_IMPLEMENT && !s->steps))
		return;
	s->phase = p;
	s->phase_over = false;
	s->phases[p].started_us = e->ts_us;
}

void
apply_phase_finished(struct run_state *s, const struct event *e)
{
	enum phase p = phase_parse(e->phase_finished.phase);

	if (p == PHASE_NONE || p != s->phase ||
	    (p == PHASE_PLAN && !s->steps && !s->doom.outcome))
		return;
	s->phase_over = true;
	s->phases[p].finished_us = e->ts_us;
}

/* --- research and plan ------------------------------------------------- */

static struct worker_state *
find_worker(struct run_state *s, const char *name)
{
	for (size_t i = 0; i < s->worker_count; i++)
		if (str_eq(s->workers[i].name, name))
			return &s->workers[i];
	return NULL;
}

bool
run_has_files(const struct run_state *s)
{
	const struct worker_state *w =
		find_worker((struct run_state *)s, "data");
	AUTO_JSON *report = w && w->report ? cJSON_Parse(w->report) : NULL;

	return cJSON_GetArraySize(json_get(s->options.json, "data")) > 0 ||
	       cJSON_GetArraySize(json_get(report, "files")) > 0;
}

void
apply_worker_started(struct run_state *s, const struct event *e)
{
	struct worker_state *w = find_worker(s, e->worker_started.worker);

	if (!w) {
		GROW(s->workers, s->worker_count, s->worker_cap);
		w = &s->workers[s->worker_count++];
		*w = (struct worker_state){
			.name = fold_keep(s, e->worker_started.worker),
			.title = fold_keep(s, e->worker_started.title),
		};
	}
	w->status = EFFECT_RUNNING;
	w->started_us = e->ts_us;
}

void
apply_worker_finished(struct run_state *s, const struct event *e)
{
	struct worker_state *w = find_worker(s, e->worker_finished.worker);

	if (!w)
		return;
	w->status = EFFECT_OVER;
	w->ok = e->worker_finished.ok;
	w->summary = fold_keep(s, e->worker_finished.summary);
	w->report = fold_keep(s, e->worker_finished.report);
	w->wall_us = e->worker_finished.wall_us;
}

void
apply_plan_asked(struct run_state *s, const struct event *e)
{
	(void)e;
	if (s->phase == PHASE_PLAN &&
	    (s->plan == PLAN_NONE || s->plan == PLAN_CUT))
		s->plan = PLAN_MAKING;
}

void
apply_plan_failed(struct run_state *s, const struct event *e)
{
	if (s->plan != PLAN_MAKING)
		return;
	s->plan = PLAN_FAILED;
	s->plan_problem = fold_keep(s, e->plan_failed.reason);
	fold_doom(s, "failed", e->plan_failed.reason, 1);
}

static void
empty_queues(struct run_state *s)
{
	struct queue *queues[] = { &s->ready,	    &s->running, &s->broken,
				   &s->interrupted, &s->backoff, &s->fresh };

	for (size_t i = 0; i < ARRAY_LEN(queues); i++)
		queues[i]->head = queues[i]->count = 0;
}

static void
release_steps(struct run_state *s)
{
	size_t n = s->steps ? s->workflow->step_count : 0;

	for (size_t i = 0; i < n; i++) {
		fold_release_items(s->steps[i].items, s->steps[i].item_count);
		free(s->steps[i].items);
		cJSON_Delete(s->steps[i].value);
		cJSON_Delete(s->steps[i].overrides);
		free(s->steps[i].past);
	}
	free(s->steps);
	free(s->users);
	free(s->user_at);
	s->steps = NULL;
	s->users = s->user_at = NULL;
	empty_queues(s);
}

static void
release_workflow(struct run_state *s)
{
	release_steps(s);
	if (s->workflow)
		workflow_free(s->workflow);
	s->workflow = NULL;
}

void
fold_make_ready(struct run_state *s, int step)
{
	if (s->steps[step].needs_open == 0)
		queue_push(&s->ready, step, -1);
}

void
fold_set_inputs(struct run_state *s, cJSON *v)
{
	if (!s->old_inputs)
		s->old_inputs = cJSON_CreateArray();
	if (s->inputs)
		cJSON_AddItemToArray(s->old_inputs, s->inputs);
	s->inputs = v;
	s->inputs_text = NULL;
}

static void
set_inputs(struct run_state *s, const char *json)
{
	cJSON *v;

	/* Checking them changes few; lists of inputs can be long. */
	if (!json || str_eq(json, s->inputs_text) || !(v = cJSON_Parse(json)))
		return;
	fold_set_inputs(s, v);
	s->inputs_text = fold_keep(s, json);
}

void
apply_plan_proposed(struct run_state *s, const struct event *e)
{
	const struct ev_plan_proposed *p = &e->plan_proposed;
	struct err err = ERR_INIT;

	if (!p->workflow ||
	    (s->plan != PLAN_MAKING &&
	     !(s->plan == PLAN_EDITED && s->phase == PHASE_PLAN)))
		return;
	release_workflow(s); /* the one that a person edited */
	s->pattern = fold_keep(s, p->pattern);
	s->plan_source = fold_keep(s, p->source);
	s->plan_explanation = fold_keep(s, p->explanation);
	s->plan_choice = fold_keep(s, p->choice);
	s->plan_description = fold_keep(s, p->description);
	s->plan_when = fold_keep(s, p->when_to_use);
	s->workflow_text = fold_keep(s, p->workflow);
	set_inputs(s, p->inputs);
	s->workflow = workflow_parse(s->workflow_text,
				     strlen(s->workflow_text),
				     p->source ? s->plan_source : "plan",
				     p->first_line > 0 ?
					     fold_count(p->first_line) :
					     1,
				     &s->tools, &err);
	s->plan = s->workflow ? PLAN_PROPOSED : PLAN_FAILED;
	if (!s->workflow) {
		s->plan_problem = fold_keep(s, err.msg);
		fold_doom(s, "failed", err.msg, 1);
	}
}

/* Fills users and user_at from the steps' needs, by counting. */
static void
link_users(struct run_state *s)
{
	const struct workflow *w = s->workflow;
	AUTO_FREE int *at = xcalloc(w->step_count + 1, sizeof(*at));
	size_t edges = 0;

	for (size_t i = 0; i < w->step_count; i++)
		for (size_t n = 0; n < w->steps[i].need_count; n++, edges++)
			at[w->steps[i].needs[n] + 1]++;
	for (size_t i = 0; i < w->step_count; i++)
		at[i + 1] += at[i];
	s->user_at = xmemdup(at, (w->step_count + 1) * sizeof(*at));
	s->users = xcalloc(edges + 1, sizeof(*s->users));
	for (size_t i = 0; i < w->step_count; i++)
		for (size_t n = 0; n < w->steps[i].need_count; n++)
			s->users[at[w->steps[i].needs[n]]++] = (int)i;
}

static void
init_steps(struct run_state *s)
{
	const struct workflow *w = s->workflow;

	release_steps(s);
	s->steps = xcalloc(w->step_count, sizeof(*s->steps));
	link_users(s);
	for (size_t i = 0; i < w->step_count; i++) {
		s->steps[i].needs_open = (int)w->steps[i].need_count;
		fold_make_ready(s, (int)i);
	}
}

void
apply_plan_accepted(struct run_state *s, const struct event *e)
{
	const struct ev_plan_accepted *p = &e->plan_accepted;
	enum risk risk;

	if (s->plan != PLAN_PROPOSED || !p->risk ||
	    !risk_parse(p->risk, &risk))
		return;
	/* What a person granted beyond the limit stays granted, unless the new
	 * inputs make the work riskier. */
	if (s->phase == PHASE_PLAN || risk > s->risk)
		s->limit = fold_count(p->limit);
	s->risk = risk;
	s->risk_reasons = fold_keep(s, p->reasons);
	set_inputs(s, p->inputs);
	if (s->phase == PHASE_PLAN) {
		s->plan = PLAN_ACCEPTED;
		init_steps(s);
	} else {
		/* New inputs for steps that run already. */
		s->plan = PLAN_APPROVED;
	}
}

/* --- learn ------------------------------------------------------------- */

void
apply_learn_asked(struct run_state *s, const struct event *e)
{
	(void)e;
	if (s->phase == PHASE_LEARN)
		s->learning = EFFECT_RUNNING;
}

void
apply_pattern_learned(struct run_state *s, const struct event *e)
{
	(void)e;
	if (s->phase == PHASE_LEARN)
		s->learning = EFFECT_OVER;
}

void
apply_metrics_recorded(struct run_state *s, const struct event *e)
{
	(void)e;
	s->metrics_in = s->phase == PHASE_LEARN;
}

/* --- all of it --------------------------------------------------------- */

typedef void apply_fn(struct run_state *s, const struct event *e);

void
apply_run_parked(struct run_state *s, const struct event *e)
{
	(void)s;
	(void)e;
}

static apply_fn *const table[] = {
#define EVENT(id, name, help, fields) [EV_##id] = apply_##id,
#define F(id, kind, name, help)
#include "run/events.def"
#undef EVENT
#undef F
};

void
run_apply(struct run_state *s, const struct event *e)
{
	/* Between the last event and this one nothing ran and a gate was
	 * open: a person was waited for. What a fork copied is older than it
	 * is, and counts for its origin. */
	if (run_waits_for_person(s) && s->last_us >= s->created_us)
		s->human_wait_us += e->ts_us - s->last_us;
	if (s->task || e->type == EV_run_created)
		table[e->type](s, e);
	s->last_us = e->ts_us;
	s->seq = e->seq;
	memcpy(s->hash, e->hash, sizeof(s->hash));
}

struct run_state *
run_state_new(const struct workflow_tools *tools)
{
	struct run_state *s = xcalloc(1, sizeof(*s));

	s->tools = *tools;
	s->options.approve = APPROVE_NONE;
	return s;
}

void
run_state_free(struct run_state *s)
{
	struct queue *queues[] = { &s->ready,       &s->running, &s->broken,
				   &s->interrupted, &s->backoff, &s->fresh };

	run_drop_starts(s);
	cJSON_Delete(s->step_values);
	release_workflow(s);
	for (size_t i = 0; i < ARRAY_LEN(queues); i++)
		free(queues[i]->entries);
	cJSON_Delete(s->inputs);
	cJSON_Delete(s->old_inputs);
	cJSON_Delete(s->options.json);
	fold_release_agents(s);
	free(s->workers);
	free(s->artifacts);
	for (size_t i = 0; i < s->gate_count; i++)
		free(s->gates[i].shown);
	free(s->gates);
	arena_release(&s->arena);
	free(s);
}
