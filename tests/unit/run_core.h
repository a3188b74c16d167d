/*
 * run_core.h - the pure core without an engine: events go in, decisions come
 * out as a trace of short lines. The test plays the world: workers, planner,
 * tools, people and the clock (now_us).
 */
#ifndef AGENTOPS_TESTS_RUN_CORE_H
#define AGENTOPS_TESTS_RUN_CORE_H

#include "flow_tools.h"
#include "test.h"

#include "flow/research.h"
#include "run/state.h"

#include <inttypes.h>

/* --- workflows that several files use ------------------------------------ */

#define ALL "{\"approve\":\"critical\"}" /* --approve=critical */

#define TWO_STEPS \
	"name: two\n" \
	"steps:\n" \
	"  - {id: a, uses: data_profile, with: {path: x.csv}}\n" \
	"  - {id: b, uses: data_profile, with: {path: y.csv}, needs: [a]}\n"

#define WRITING \
	"name: writing\n" \
	"steps: [{id: w, uses: write_file, with: {path: out}}]\n"

#define DIAMOND \
	"name: diamond\n" \
	"inputs: {n: {type: number, default: 1, max: 9}}\n" \
	"steps:\n" \
	"  - {id: a, uses: data_profile, with: {path: x}}\n" \
	"  - {id: b, uses: data_profile, needs: [a], " \
	"with: {path: '{{ inputs.n }}'}}\n" \
	"  - {id: c, uses: data_profile, needs: [a], with: {path: x}}\n" \
	"  - {id: d, uses: data_profile, needs: [b, c], " \
	"with: {path: '{{ steps.b.data.n }}/{{ steps.c.status }}'}}\n"

struct core {
	struct run_state *s;
	int64_t now_us;
	struct buf trace;
	struct event last[EVENT_TYPES]; /* last decision of each type */
	int count[EVENT_TYPES];         /* all events, by type */
	struct arena arena;             /* what last points to */
};

/* Applies e as the journal would give it back: through the codec. */
static inline void
core_apply(struct core *c, const struct event *e)
{
	AUTO(buf) data = BUF_INIT;
	struct event back = { .run = "261122-1052-k3f9x",
			      .seq = c->s->seq + 1,
			      .ts_us = c->now_us,
			      .type = e->type };
	struct err err = ERR_INIT;

	event_encode(&data, e);
	assert_ok(event_decode(buf_str(&data), data.len, &c->arena, &back,
			       &err),
		  err);
	c->last[e->type] = back;
	c->count[e->type]++;
	run_apply(c->s, &back);
}

static inline void
core_item(struct buf *b, const char *step, int64_t item)
{
	buf_printf(b, " %s", step ? step : "-");
	if (item >= 0)
		buf_printf(b, "[%" PRId64 "]", item);
}

/* One short line for a decision. */
static inline void
core_trace(struct buf *b, const struct event *e)
{
	buf_addstr(b, event_row(e->type)->name);
	switch (e->type) {
	case EV_phase_started:
		buf_printf(b, " %s", e->phase_started.phase);
		break;
	case EV_phase_finished:
		buf_printf(b, " %s %s", e->phase_finished.phase,
			   e->phase_finished.outcome);
		break;
	case EV_iteration_started:
		buf_printf(b, " %" PRId64 "/%" PRId64,
			   e->iteration_started.number,
			   e->iteration_started.limit);
		core_item(b, e->iteration_started.step,
			  e->iteration_started.item);
		break;
	case EV_step_started:
		core_item(b, e->step_started.step, e->step_started.item);
		buf_printf(b, " %s #%" PRId64 "%s", e->step_started.tool,
			   e->step_started.attempt,
			   e->step_started.fallback ? " fallback" : "");
		break;
	case EV_step_settled:
		core_item(b, e->step_settled.step, e->step_settled.item);
		buf_printf(b, " %s", e->step_settled.outcome);
		break;
	case EV_step_retrying:
		core_item(b, e->step_retrying.step, e->step_retrying.item);
		buf_printf(b, " %" PRId64 " ms%s", e->step_retrying.delay_ms,
			   e->step_retrying.fallback ? " fallback" : "");
		break;
	case EV_gate_opened:
		buf_printf(b, " %s", e->gate_opened.kind);
		core_item(b, e->gate_opened.step, e->gate_opened.item);
		break;
	case EV_gate_decided:
		buf_printf(b, " %s %s", e->gate_decided.decision,
			   e->gate_decided.by);
		break;
	case EV_run_failing:
		buf_printf(b, " %s %" PRId64, e->run_failing.outcome,
			   e->run_failing.exit_status);
		break;
	case EV_run_ended:
		buf_printf(b, " %s %" PRId64, e->run_ended.outcome,
			   e->run_ended.exit_status);
		break;
	default:
		break;
	}
	buf_addch(b, '\n');
}

/* Asks for decisions until there is none. */
static inline void
core_go(struct core *c)
{
	AUTO(arena) scratch = { 0 };
	struct event e;

	for (int i = 0; run_next(c->s, c->now_us, &scratch, &e); i++) {
		if (i == 100000)
			fail_msg("the decisions have no end: %s",
				 event_row(e.type)->name);
		core_trace(&c->trace, &e);
		core_apply(c, &e);
	}
}

/* Compares and clears the trace. */
#define core_expect(c, wanted)                                  \
	do {                                                    \
		AUTO_FREE char *got_ = buf_steal(&(c)->trace);  \
		assert_string_equal(got_, wanted);              \
	} while (0)

static inline void
core_forget(struct core *c)
{
	buf_reset(&c->trace);
}

/* A run with these options (JSON) before its first decision. */
static inline void
core_new(struct core *c, const char *options)
{
	struct event e = { .type = EV_run_created,
			   .run_created = { .task = "a task",
					    .workspace = "/w",
					    .provider = "offline",
					    .version = "test",
					    .options = options } };

	memset(c, 0, sizeof(*c));
	c->s = run_state_new(&FLOW_TOOL_TABLE);
	c->now_us = 1000000;
	core_apply(c, &e);
}

static inline void
core_release(struct core *c)
{
	run_state_free(c->s);
	arena_release(&c->arena);
	buf_release(&c->trace);
}

/* --- the world ---------------------------------------------------------- */

static inline void
core_workers(struct core *c)
{
	size_t n;
	const struct research_worker *w = research_workers(&n);

	for (size_t i = 0; i < n; i++) {
		struct event e = { .type = EV_worker_finished,
				   .worker_finished = { .worker = w[i].name,
							.ok = true } };

		core_apply(c, &e);
	}
	core_go(c);
}

static inline void
core_plan(struct core *c, const char *workflow, const char *inputs)
{
	struct event e = { .type = EV_plan_proposed,
			   .plan_proposed = { .source = "test.md",
					      .first_line = 1,
					      .workflow = workflow,
					      .inputs = inputs } };

	core_apply(c, &e);
	core_go(c);
}

/* To the first decisions of the implement phase (or a gate before it). */
static inline void
core_begin(struct core *c, const char *options, const char *workflow,
	   const char *inputs)
{
	core_new(c, options);
	core_go(c);
	core_workers(c);
	core_forget(c);
	core_plan(c, workflow, inputs);
}

static inline void
core_end_item(struct core *c, const char *step, int item,
	      const char *outcome, const char *error)
{
	int i = workflow_find(c->s->workflow, step);
	struct event e = { .type = EV_step_finished };
	struct ev_step_finished *p = &e.step_finished;

	assert_true(i >= 0 &&
		    c->s->steps[i].item_count > (item < 0 ? 0 : item));
	p->step = step;
	p->item = item;
	p->attempt = c->s->steps[i].items[item < 0 ? 0 : item].attempt;
	p->outcome = outcome;
	p->error = error;
	p->data = "{\"n\":1}";
	p->outputs = "{}";
	core_apply(c, &e);
	core_go(c);
}

static inline void
core_ok(struct core *c, const char *step)
{
	core_end_item(c, step, -1, "ok", NULL);
}

static inline void
core_fail(struct core *c, const char *step)
{
	core_end_item(c, step, -1, "failed", "it broke");
}

static inline void
core_answer(struct core *c, int gate, const char *decision,
	    const char *values)
{
	struct event e = { .type = EV_gate_decided,
			   .gate_decided = { .gate = gate,
					     .decision = decision,
					     .by = "ann",
					     .values = values } };

	core_apply(c, &e);
	core_go(c);
}

static inline void
core_learn(struct core *c)
{
	struct event learnt = { .type = EV_pattern_learned };
	struct event metrics = { .type = EV_metrics_recorded };

	core_apply(c, &learnt);
	core_apply(c, &metrics);
	core_go(c);
}

/* Ends with learn, and with this. */
#define core_ends(c, wanted, status)                                     \
	do {                                                             \
		assert_int_equal((c)->s->phase, PHASE_LEARN);            \
		core_learn(c);                                           \
		assert_true((c)->s->ended);                              \
		assert_string_equal((c)->s->outcome, wanted);            \
		assert_int_equal((c)->s->exit_status, status);           \
	} while (0)

static inline void
core_resume(struct core *c)
{
	struct event e = { .type = EV_run_resumed,
			   .run_resumed = { .pid = 1, .host = "h" } };

	core_apply(c, &e);
	core_go(c);
}

static inline enum item_status
core_outcome(const struct core *c, const char *step)
{
	return c->s->steps[workflow_find(c->s->workflow, step)].outcome;
}

#endif
