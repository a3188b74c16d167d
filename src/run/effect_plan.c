/* Research workers, the planner, and learn: effects that are one call. */
#include "run/effect_agent.h"

#include "base/clock.h"
#include "base/json.h"
#include "flow/offline.h"
#include "flow/research.h"
#include "flow/researcher.h"
#include "know/learn.h"
#include "value/metrics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- research ---------------------------------------------------------- */

struct worker_effect {
	struct effect f;
	struct research_context ctx;
	struct research_job *job;
	char *name;
	int64_t started_us;
};

static void
post_worker(struct live *l, const char *name, bool ok, const char *summary,
	    const cJSON *report, int64_t wall_us)
{
	AUTO_FREE char *text = report ? json_print(report) : NULL;
	struct event e = { .type = EV_worker_finished,
			   .worker_finished = { .worker = name,
						.ok = ok,
						.summary = summary,
						.report = text,
						.wall_us = wall_us } };

	live_post(l, &e);
}

static void
on_worker_done(void *ud, bool ok, const char *summary, const cJSON *report)
{
	struct worker_effect *w = ud;

	post_worker(w->f.live, w->name, ok, summary, report,
		    clock_mono_us() - w->started_us);
	live_remove_effect(&w->f);
	free(w->name);
	free(w);
}

static void
cancel_worker(struct effect *f)
{
	research_cancel(((struct worker_effect *)f)->job);
}

void
effect_worker(struct live *l, const struct event *e)
{
	struct worker_effect *w;
	int researcher = researcher_find(e->worker_started.worker);
	struct err err = ERR_INIT;

	if (researcher >= 0) {
		researcher_begin(l, researcher);
		return;
	}
	w = xcalloc(1, sizeof(*w));
	w->f.cancel = cancel_worker;
	w->name = xstrdup(e->worker_started.worker);
	w->started_us = clock_mono_us();
	w->ctx = (struct research_context){
		.loop = l->o->loop,
		.session = l->session,
		.tools = l->o->tools,
		.db = journal_db(l->o->journal),
		.paths = l->o->paths,
		.task = l->state->task,
		.workspace = l->state->workspace,
		.options = l->state->options.json,
	};
	live_add_effect(l, &w->f);
	w->job = research_start(&w->ctx, w->name, on_worker_done, w, &err);
	if (!w->job)
		on_worker_done(w, false, err.msg, NULL);
}

/* --- plan -------------------------------------------------------------- */

static cJSON *
collect_reports(const struct run_state *s)
{
	cJSON *all = cJSON_CreateObject();

	for (size_t i = 0; i < s->worker_count; i++) {
		cJSON *r = s->workers[i].report ?
				   cJSON_Parse(s->workers[i].report) :
				   NULL;

		if (r)
			cJSON_AddItemToObject(all, s->workers[i].name, r);
	}
	return all;
}

static void
post_plan(struct live *l, const struct plan *p)
{
	AUTO_FREE char *choice = p->choice ? json_print(p->choice) : NULL;
	AUTO_FREE char *inputs = p->inputs ? json_print(p->inputs) : NULL;
	struct event e = { .type = EV_plan_proposed,
			   .plan_proposed = { .pattern = p->pattern,
					      .source = p->source,
					      .first_line = p->first_line,
					      .workflow = p->workflow,
					      .explanation = p->explanation,
					      .choice = choice,
					      .inputs = inputs } };

	live_post(l, &e);
}

static void
post_no_plan(struct live *l, const char *reason, const cJSON *nearest)
{
	AUTO_FREE char *text = nearest ? json_print(nearest) : NULL;
	struct event e = { .type = EV_plan_failed,
			   .plan_failed = { .reason = reason,
					    .nearest = text } };

	live_post(l, &e);
}

/* A planner that was cut off goes on where it stood. */
static void
plan_by_model(struct live *l)
{
	struct agent_state *a = run_agent(l->state, AGENT_PLANNER, 0);

	if (a && l->state->plan_comment)
		planner_again(l, a);
	else if (a)
		agent_go_on(l, a);
	else
		planner_begin(l);
}

void
effect_plan(struct live *l, const struct event *e)
{
	AUTO_JSON *reports = collect_reports(l->state);
	AUTO_JSON *nearest = NULL;
	struct plan_request req = {
		.db = journal_db(l->o->journal),
		.tools = l->o->tools,
		.task = l->state->task,
		.workspace = l->state->workspace,
		.options = l->state->options.json,
		.reports = reports,
	};
	struct plan plan = { 0 };
	struct err err = ERR_INIT;

	(void)e;
	/* A pattern that a person names is replayed, whoever plans else. */
	if (strcmp(l->state->provider, "offline") != 0 &&
	    !l->state->options.pattern) {
		plan_by_model(l);
		return;
	}
	if (offline_plan(&req, &plan, &nearest, &err)) {
		post_plan(l, &plan);
		plan_release(&plan);
	} else {
		post_no_plan(l, err.msg, nearest);
	}
}

/* --- learn ------------------------------------------------------------- */

static int64_t
phase_ms(const struct run_state *s, enum phase p)
{
	int64_t from = s->phases[p].started_us, to = s->phases[p].finished_us;

	return from && to > from ? (to - from) / 1000 : 0;
}

static void
fill_metrics(const struct live *l, struct metrics *m)
{
	const struct run_state *s = l->state;
	size_t count = s->workflow && s->steps ? s->workflow->step_count : 0;

	m->run = s->id;
	m->pattern_id = s->pattern;
	m->domain = s->workflow ? s->workflow->domain : NULL;
	m->status = s->failing ? s->outcome : "succeeded";
	m->started_us = s->created_us;
	m->finished_us = s->last_us;
	m->phase_ms[METRICS_RESEARCH] = phase_ms(s, PHASE_RESEARCH);
	m->phase_ms[METRICS_PLAN] = phase_ms(s, PHASE_PLAN);
	m->phase_ms[METRICS_IMPLEMENT] = phase_ms(s, PHASE_IMPLEMENT);
	m->human_wait_ms = s->human_wait_us / 1000;
	m->iterations = s->iteration;
	m->rework = s->rework;
	m->baseline_minutes = json_num(s->options.json, "manual_minutes", 0);
	if (s->forked_from) {
		/* The same work: its origin claims it. */
		m->baseline_minutes = 0;
		m->baseline_origin = "fork";
	} else if (m->baseline_minutes > 0) {
		m->baseline_origin = "person";
	} else if (s->workflow && s->workflow->manual_minutes > 0) {
		m->baseline_minutes = s->workflow->manual_minutes;
		m->baseline_origin = "pattern";
	}
	for (size_t i = 0; i < count; i++) {
		m->steps += s->steps[i].outcome == ITEM_DONE ||
			    s->steps[i].outcome == ITEM_FAILED;
		m->validations += s->steps[i].validations;
		m->validations_first += s->steps[i].validations_passed;
	}
}

/* The steps that ran, for the tools' success rates; caller frees. */
static struct learn_step *
list_steps(const struct run_state *s, size_t *ret_count)
{
	size_t all = s->steps ? s->workflow->step_count : 0, n = 0;
	struct learn_step *steps = xcalloc(all, sizeof(*steps));

	for (size_t i = 0; i < all; i++) {
		const struct step_state *st = &s->steps[i];

		if (st->outcome != ITEM_DONE && st->outcome != ITEM_FAILED)
			continue;
		steps[n].id = s->workflow->steps[i].id;
		steps[n].tool = s->workflow->steps[i].action.tool->name;
		steps[n].ok = st->outcome == ITEM_DONE;
		for (int k = 0; k < st->item_count; k++)
			steps[n].duration_ms += st->items[k].wall_us / 1000;
		n++;
	}
	*ret_count = n;
	return steps;
}

static void
post_learnt(struct live *l, const struct learn_result *r)
{
	char rate[32];
	AUTO_FREE char *next = lifecycle_next(&r->after);
	AUTO_FREE char *message = xasprintf(
		"%s: %" PRId64 " execution%s, %.0f %% succeeded, %s; %s", r->id,
		r->after.executions, r->after.executions == 1 ? "" : "s",
		100 * pattern_rate(&r->after),
		pattern_status_word(r->status_after), next);
	struct event e = { .type = EV_pattern_learned };
	struct ev_pattern_learned *p = &e.pattern_learned;

	snprintf(rate, sizeof(rate), "%.4f", pattern_rate(&r->after));
	p->pattern = r->id;
	p->path = r->path;
	p->stage = pattern_status_word(r->status_after);
	p->stage_before =
		r->created ? NULL : pattern_status_word(r->status_before);
	p->executions = r->after.executions;
	p->success_rate = rate;
	p->message = message;
	live_post(l, &e);
}

/* Nothing was planned, or the library could not be written: learn is over,
 * and the message says why nothing was learnt. */
static void
post_nothing_learnt(struct live *l, const char *message)
{
	struct event e = { .type = EV_pattern_learned,
			   .pattern_learned = { .message = message } };

	live_post(l, &e);
}

static void
post_metrics(struct live *l, const struct metrics *m)
{
	struct event e = { .type = EV_metrics_recorded };
	struct ev_metrics_recorded *p = &e.metrics_recorded;

	p->run_us = m->finished_us - m->started_us;
	p->human_wait_us = m->human_wait_ms * 1000;
	p->work_us = p->run_us - p->human_wait_us;
	p->iterations = m->iterations;
	p->validations = m->validations;
	p->validations_passed = m->validations_first;
	p->rework = m->rework;
	live_post(l, &e);
}

/* One line, and nothing in it acts. */
static void
add_words(struct buf *out, const char *text)
{
	AUTO_FREE char *line = xstrdup(text);

	for (char *p = line; *p; p++)
		if (*p == '\n' || *p == '\r' || *p == '\t')
			*p = ' ';
	str_visible(out, line, strlen(line), false);
}

/* The prose of a new pattern: the model's on its plan, and what people asked
 * for on the way. NULL when there is neither. Caller frees. */
static char *
pattern_body(const struct run_state *s)
{
	AUTO(buf) b = BUF_INIT;
	bool asked = false;

	buf_addstr(&b, "# ");
	add_words(&b, s->workflow->name);
	if (s->plan_description) {
		buf_addstr(&b, "\n\n");
		add_words(&b, s->plan_description);
	}
	if (s->plan_when) {
		buf_addstr(&b, "\n\n## When to use it\n\n");
		add_words(&b, s->plan_when);
	}
	for (size_t i = 0; i < s->gate_count; i++) {
		const struct gate_state *g = &s->gates[i];

		if (g->decision != DECISION_ITERATE || str_empty(g->comment))
			continue;
		buf_addstr(&b, asked ? "\n- " :
				       "\n\n## What people asked for\n\n- ");
		add_words(&b, g->comment);
		asked = true;
	}
	if (!s->plan_description && !s->plan_when && !asked)
		return NULL;
	buf_printf(&b, "\n\nLearnt from the run %s.\n", s->id);
	return buf_steal(&b);
}

static bool
learn_run(struct live *l, const struct metrics *m, struct err *err)
{
	const struct run_state *s = l->state;
	struct learn_result r = { 0 };
	struct learn_input in = {
		.run = s->id,
		.task = s->task,
		.status = s->failing ? EXECUTION_FAILED : EXECUTION_SUCCESS,
		.started_us = s->created_us,
		.finished_us = s->last_us,
		.human_wait_ms = s->human_wait_us / 1000,
		.iterations = s->iteration,
		.error = s->failing ? s->outcome_reason : NULL,
		.metrics = m,
		.pattern_id = s->pattern,
	};
	AUTO_FREE struct learn_step *steps = list_steps(s, &in.step_count);
	AUTO_FREE char *body = pattern_body(s);
	AUTO(strv) names = STRV_INIT;

	in.steps = steps;
	in.body = body;
	in.description = s->plan_description;
	in.workflow = s->workflow_text;
	for (size_t i = 0; i < s->workflow->step_count; i++)
		strv_add(&names, s->workflow->steps[i].id);
	in.step_names = &names;
	in.name = s->workflow->name;
	in.category = s->workflow->domain;
	if (!learn_record(journal_db(l->o->journal), l->o->paths, &in, &r, err))
		return false;
	post_learnt(l, &r);
	learn_result_release(&r);
	return true;
}

void
effect_learn(struct live *l, const struct event *e)
{
	struct metrics m = METRICS_INIT;
	struct err err = ERR_INIT;

	(void)e;
	fill_metrics(l, &m);
	if (!l->state->workflow) {
		metrics_insert(journal_db(l->o->journal), &m, &err);
		post_nothing_learnt(l, "there was no plan to learn from");
	} else if (!learn_run(l, &m, &err)) {
		metrics_insert(journal_db(l->o->journal), &m, NULL);
		post_nothing_learnt(l, err.msg);
	}
	post_metrics(l, &m);
}
