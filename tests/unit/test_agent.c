/*
 * The decisions about agents: turns, calls, iterations, money, crashes. The
 * test plays model and tools.
 */
#include "run_core.h"

#define AGENT \
	"name: agent\n" \
	"steps: [{id: a, uses: agent, with: {prompt: draw}}]\n"

#define MONEY "{\"approve\":\"critical\",\"budget_microusd\":1000}"

static void
told(struct core *c, const char *step)
{
	struct event e = { .type = EV_agent_told,
			   .agent_told = {
				   .step = step,
				   .item = -1,
				   .message = "{\"role\":\"user\",\"parts\":[{"
					      "\"type\":\"text\",\"text\":"
					      "\"draw\"}]}",
			   } };

	core_apply(c, &e);
	core_go(c);
}

static void
reserved(struct core *c, const char *step, int64_t microusd)
{
	struct event e = { .type = EV_model_reserved,
			   .model_reserved = { .step = step,
					       .item = -1,
					       .reserved_microusd =
						       microusd } };

	core_apply(c, &e);
	core_go(c);
}

/* A turn with calls "c1" to "cN", or an answer. */
static void
turn(struct core *c, const char *step, int calls, int64_t cost)
{
	AUTO(buf) m = BUF_INIT;
	struct event e = { .type = EV_model_turn,
			   .model_turn = { .step = step,
					   .item = -1,
					   .end = calls ? "calls" : "done",
					   .cost_microusd = cost } };

	buf_addstr(&m, "{\"role\":\"assistant\",\"parts\":[{\"type\":"
		       "\"text\",\"text\":\"hm\"}");
	for (int i = 1; i <= calls; i++)
		buf_printf(&m,
			   ",{\"type\":\"call\",\"id\":\"c%d\",\"name\":"
			   "\"chart\",\"text\":\"{}\"}",
			   i);
	buf_addstr(&m, "]}");
	e.model_turn.message = buf_str(&m);
	core_apply(c, &e);
	core_go(c);
}

static void
call_started(struct core *c, const char *id, bool read_only)
{
	struct event e = { .type = EV_call_started,
			   .call_started = { .step = "a",
					     .item = -1,
					     .call = id,
					     .tool = "chart",
					     .read_only = read_only } };

	core_apply(c, &e);
	core_go(c);
}

static void
call_finished(struct core *c, const char *id, const char *says)
{
	AUTO_FREE char *result = xasprintf(
		"{\"role\":\"user\",\"parts\":[{\"type\":\"result\",\"id\":"
		"\"%s\",\"failed\":false,\"parts\":[{\"type\":\"text\","
		"\"text\":\"%s\"}]}]}",
		id, says);
	struct event e = { .type = EV_call_finished,
			   .call_finished = { .step = "a",
					      .item = -1,
					      .call = id,
					      .tool = "chart",
					      .outcome = "ok",
					      .result = result } };

	core_apply(c, &e);
	core_go(c);
}

static void
reached(struct core *c, int64_t needed)
{
	struct event e = { .type = EV_budget_reached,
			   .budget_reached = { .step = "a",
					       .item = -1,
					       .needed_microusd = needed } };

	core_apply(c, &e);
	core_go(c);
}

/* At the first turn of the step's agent. */
static void
begin(struct core *c, const char *options)
{
	core_begin(c, options, AGENT, "{}");
	core_forget(c);
	told(c, "a");
	core_expect(c, "model.asked\n");
}

static void
test_turns_and_calls(void **state)
{
	const struct agent_state *a;
	AUTO(core) c;

	(void)state;
	core_begin(&c, ALL, AGENT, "{}");
	core_expect(&c, "plan.accepted\nphase.finished plan done\n"
			"phase.started implement\niteration.started 1/30 a\n"
			"step.started a agent #1\n");
	/* The iteration of its attempt is that of its first turn. */
	told(&c, "a");
	core_expect(&c, "model.asked\n");
	assert_true(run_busy(c.s));
	turn(&c, "a", 2, 0);
	call_started(&c, "c1", true);
	call_started(&c, "c2", true);
	call_finished(&c, "c2", "two");
	core_expect(&c, "");
	call_finished(&c, "c1", "one");
	core_expect(&c, "iteration.started 2/30 a\nmodel.asked\n");
	a = run_agent(c.s, 0, 0);
	assert_int_equal(a->history.count, 3);
	/* In the order of the calls, not of their ends. */
	assert_string_equal(a->history.items[2].parts[0].id, "c1");
	assert_string_equal(a->history.items[2].parts[1].id, "c2");
	turn(&c, "a", 0, 0);
	assert_int_equal(a->status, AGENT_ANSWERED);
	core_expect(&c, "");
	core_ok(&c, "a");
	core_forget(&c);
	core_ends(&c, "succeeded", 0);
}

static void
compacted(struct core *c, int64_t messages, const char *message)
{
	struct event e = { .type = EV_agent_compacted,
			   .agent_compacted = { .step = "a",
						.item = -1,
						.messages = messages,
						.message = message } };

	core_apply(c, &e);
	core_go(c);
}

static void
too_long(struct core *c)
{
	struct event e = { .type = EV_model_turn,
			   .model_turn = { .step = "a",
					   .item = -1,
					   .end = "none",
					   .failure = "context",
					   .error = "too long" } };

	core_apply(c, &e);
	core_go(c);
}

/* A window that is full: made short once, and then it must fit. */
static void
test_full_window(void **state)
{
	static const char facts[] = "{\"role\":\"user\",\"parts\":[{"
				    "\"type\":\"text\",\"text\":\"facts\"}]}";
	const struct agent_state *a;
	AUTO(core) c;

	(void)state;
	begin(&c, ALL);
	turn(&c, "a", 1, 0);
	call_finished(&c, "c1", "x");
	turn(&c, "a", 1, 0);
	call_finished(&c, "c1", "y");
	a = run_agent(c.s, 0, 0);
	assert_int_equal(a->history.count, 5);
	core_forget(&c);
	too_long(&c);
	/* The same turn once more: no iteration is counted for it. */
	core_expect(&c, "model.asked\n");
	assert_true(a->full);
	/* Senseless ones change nothing. */
	compacted(&c, 0, facts);
	compacted(&c, -1, facts);
	compacted(&c, 2, facts);
	compacted(&c, 5, facts);
	compacted(&c, 3, "[]");
	compacted(&c, 3, NULL);
	assert_int_equal(a->history.count, 5);
	assert_true(a->full);
	compacted(&c, 3, facts);
	assert_int_equal(a->history.count, 3);
	assert_string_equal(a->history.items[0].parts[0].text, "facts");
	assert_int_equal(a->history.items[1].role, ROLE_ASSISTANT);
	assert_false(a->full);
	too_long(&c);
	assert_int_equal(a->status, AGENT_FAILED);
	core_expect(&c, "");
}

/* Each turn counts: at the limit a person is asked, and nothing is busy. */
static void
test_iterations(void **state)
{
	AUTO(core) c;

	(void)state;
	begin(&c, "{}");
	for (int i = 0; i < 29; i++) {
		turn(&c, "a", 1, 0);
		call_started(&c, "c1", true);
		call_finished(&c, "c1", "x");
	}
	assert_int_equal(c.s->iteration, 30);
	core_forget(&c);
	turn(&c, "a", 1, 0);
	call_finished(&c, "c1", "x");
	core_expect(&c, "checkpoint.saved\ngate.opened limit -\n");
	assert_true(run_waits_for_person(c.s));
	core_answer(&c, 1, "approve", NULL);
	core_expect(&c, "iteration.started 31/40 a\nmodel.asked\n");
	assert_true(run_busy(c.s));
}

static void
test_money(void **state)
{
	AUTO(core) c;

	(void)state;
	begin(&c, MONEY);
	reserved(&c, "a", 700);
	assert_int_equal(c.s->spend.reserved_microusd, 700);
	turn(&c, "a", 1, 400);
	assert_int_equal(c.s->spend.reserved_microusd, 0);
	assert_int_equal(c.s->spend.spent_microusd, 400);
	call_finished(&c, "c1", "x");
	core_forget(&c);
	reached(&c, 700);
	core_expect(&c, "gate.opened limit -\n");
	assert_true(run_waits_for_person(c.s));
	/* --approve never answers it. A yes gives as much again, and the turn
	 * that was not made is not counted twice. */
	core_answer(&c, 1, "approve", NULL);
	core_expect(&c, "model.asked\n");
	assert_int_equal(c.s->spend.limit_microusd, 2000);
	assert_int_equal(c.s->limit, 30);
	assert_int_equal(c.s->iteration, 2);
}

static void
test_money_refused(void **state)
{
	AUTO(core) c;

	(void)state;
	begin(&c, MONEY);
	reached(&c, 2000);
	core_forget(&c);
	core_answer(&c, 1, "reject", NULL);
	core_expect(&c, "run.failing aborted 5\n"
			"phase.finished implement failed\n"
			"phase.started learn\nlearn.asked\n");
	core_ends(&c, "aborted", 5);
}

/* A turn under way may have been paid for; a call that only reads is made
 * again, and one that does more is asked about. */
static void
test_crashes(void **state)
{
	AUTO(core) c;

	(void)state;
	begin(&c, MONEY);
	reserved(&c, "a", 700);
	core_resume(&c);
	core_expect(&c, "step.started a agent #1\nmodel.asked\n");
	assert_int_equal(c.s->spend.spent_microusd, 700);
	assert_int_equal(c.s->spend.reserved_microusd, 0);
	turn(&c, "a", 2, 100);
	call_started(&c, "c1", true);
	core_resume(&c);
	core_expect(&c, "step.started a agent #1\n");
	assert_int_equal(run_agent(c.s, 0, 0)->calls[0].status, CALL_CUT);
	call_finished(&c, "c1", "x");
	call_started(&c, "c2", false);
	core_resume(&c);
	core_expect(&c, "gate.opened interrupted a\n");
	core_answer(&c, 1, "retry", NULL);
	core_expect(&c, "iteration.started 2/30 a\nstep.started a agent #2\n");
	/* The conversation is whole: the call has an answer. */
	assert_int_equal(run_agent(c.s, 0, 0)->history.count, 3);
	assert_int_equal(run_agent(c.s, 0, 0)->history.items[2].part_count, 2);
	told(&c, "a");
	core_expect(&c, "model.asked\n");
}

static void
test_a_run_that_ends(void **state)
{
	struct event stop = { .type = EV_run_abort_asked,
			      .run_abort_asked = { .by = "ann" } };
	AUTO(core) c;

	(void)state;
	begin(&c, MONEY);
	reached(&c, 2000);
	core_forget(&c);
	core_apply(&c, &stop);
	core_go(&c);
	core_expect(&c, "run.failing aborted 1\n"
			"phase.finished implement failed\n"
			"phase.started learn\nlearn.asked\n");
}

static void
test_planner(void **state)
{
	AUTO(core) c;

	(void)state;
	core_new(&c, "{}");
	core_go(&c);
	core_workers(&c);
	core_forget(&c);
	told(&c, NULL);
	core_expect(&c, "model.asked\n");
	assert_true(run_busy(c.s));
	reserved(&c, NULL, 10);
	turn(&c, NULL, 0, 5);
	core_expect(&c, "");
	told(&c, NULL);
	core_expect(&c, "model.asked\n");
	assert_int_equal(c.s->iteration, 0);
	assert_int_equal(run_agent(c.s, -1, 0)->history.count, 3);
	/* Its plan is shown, low risk or not. */
	turn(&c, NULL, 0, 5);
	core_plan(&c, TWO_STEPS, "{}");
	core_expect(&c, "plan.accepted\ngate.opened plan -\n");
}

/* The same call with the same result is counted; another one starts anew. */
static void
test_loops(void **state)
{
	AUTO(core) c;
	const struct agent_state *a;

	(void)state;
	begin(&c, ALL);
	a = run_agent(c.s, 0, 0);
	for (int i = 1; i <= 3; i++) {
		turn(&c, "a", 1, 0);
		assert_int_equal(a->period, 0);
		call_finished(&c, "c1", "same");
	}
	assert_int_equal(a->period, 1);
	turn(&c, "a", 1, 0);
	call_finished(&c, "c1", "other");
	assert_int_equal(a->period, 0);
}

/* In turn, and several calls in one turn, whichever ends first. */
static void
test_longer_loops(void **state)
{
	static const struct {
		const char *turns; /* what each turn's second call gave */
		int period;
	} rows[] = {
		{ "aaa", 1 },          { "ababab", 2 },      { "cababab", 2 },
		{ "abcabcabc", 3 },    { "xyabcabcabc", 3 }, { "ababa", 0 },
		{ "abcabcab", 0 },     { "aabaab", 0 },      { "abababc", 0 },
		{ "abcdabcdabcd", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(core) c;

		begin(&c, ALL);
		for (const char *t = rows[i].turns; *t; t++) {
			const char says[] = { *t, '\0' };
			bool swap = (t - rows[i].turns) % 2;

			turn(&c, "a", 2, 0);
			call_finished(&c, swap ? "c2" : "c1",
				      swap ? says : "first");
			call_finished(&c, swap ? "c1" : "c2",
				      swap ? "first" : says);
		}
		if (run_agent(c.s, 0, 0)->period != rows[i].period)
			fail_msg("%s: period %d", rows[i].turns,
				 run_agent(c.s, 0, 0)->period);
	}
}

/* Events that speak of nobody, or come at the wrong time, change nothing. */
static void
test_senseless_events(void **state)
{
	AUTO(core) c;
	const struct agent_state *a;

	(void)state;
	begin(&c, ALL);
	a = run_agent(c.s, 0, 0);
	told(&c, "a");
	assert_int_equal(a->history.count, 1);
	turn(&c, "nobody", 1, 7);
	call_started(&c, "c1", true);
	call_finished(&c, "c1", "x");
	reserved(&c, "nobody", 7);
	assert_int_equal(c.s->spend.spent_microusd, 0);
	turn(&c, "a", 1, -50);
	assert_int_equal(c.s->spend.spent_microusd, 0);
	turn(&c, "a", 1, 50);
	assert_int_equal(c.s->spend.spent_microusd, 0);
	call_finished(&c, "c9", "x");
	reached(&c, 1);
	assert_false(c.s->spend.blocked);
	assert_int_equal(a->status, AGENT_CALLING);
}

/* --- what a person tells it ------------------------------------------------ */

static void
said(struct core *c, const char *step, const char *text)
{
	struct event e = { .type = EV_agent_said,
			   .agent_said = { .step = step,
					   .item = -1,
					   .text = text,
					   .by = "ann" } };

	core_apply(c, &e);
	core_go(c);
}

static void
paused(struct core *c, bool yes)
{
	struct event e = { .type = EV_agent_paused,
			   .agent_paused = { .step = "a",
					     .item = -1,
					     .paused = yes,
					     .by = "ann" } };

	core_apply(c, &e);
	core_go(c);
}

static void
withdrawn(struct core *c, const char *id, const char *reason)
{
	struct event e = { .type = EV_call_withdrawn,
			   .call_withdrawn = { .step = "a",
					       .item = -1,
					       .call = id,
					       .reason = reason,
					       .by = "ann" } };

	core_apply(c, &e);
	core_go(c);
}

static const char *
last_text(const struct agent_state *a)
{
	const struct message *m = &a->history.items[a->history.count - 1];

	assert_int_equal(m->role, ROLE_USER);
	return m->parts[0].text;
}

/* Words join the conversation when the next turn is wanted: after the calls,
 * or instead of the end when it had answered. */
static void
test_a_person_speaks(void **state)
{
	const struct agent_state *a;
	AUTO(core) c;

	(void)state;
	begin(&c, ALL);
	a = run_agent(c.s, 0, 0);
	said(&c, "nobody", "x");
	said(&c, "a", "");
	said(&c, "a", NULL);
	said(&c, "a", "one");
	assert_int_equal(a->history.count, 1);
	turn(&c, "a", 1, 0);
	said(&c, "a", "two");
	assert_int_equal(a->history.count, 2);
	core_forget(&c);
	call_finished(&c, "c1", "x");
	core_expect(&c, "iteration.started 2/30 a\nmodel.asked\n");
	assert_int_equal(a->history.count, 4);
	assert_string_equal(last_text(a),
			    "A person who supervises this says:\n\none\n\ntwo");
	/* It answers, and was told something meanwhile: not the end. */
	said(&c, "a", "three");
	turn(&c, "a", 0, 0);
	core_expect(&c, "iteration.started 3/30 a\nmodel.asked\n");
	assert_string_equal(last_text(a),
			    "A person who supervises this says:\n\nthree");
	/* Too late: kept until it is asked again. */
	turn(&c, "a", 0, 0);
	said(&c, "a", "late");
	assert_int_equal(a->status, AGENT_ANSWERED);
	core_expect(&c, "");
	told(&c, "a");
	assert_string_equal(last_text(a),
			    "A person who supervises this says:\n\nlate");
}

/* Nothing new begins, and the run is not busy, until it goes on. */
static void
test_a_person_pauses(void **state)
{
	const struct agent_state *a;
	AUTO(core) c;

	(void)state;
	begin(&c, ALL);
	a = run_agent(c.s, 0, 0);
	paused(&c, true);
	assert_true(run_busy(c.s)); /* its turn is under way */
	turn(&c, "a", 2, 0);
	assert_false(run_busy(c.s));
	assert_false(run_waits_for_person(c.s));
	core_forget(&c);
	call_started(&c, "c1", true);
	assert_true(run_busy(c.s));
	call_finished(&c, "c1", "x");
	assert_false(run_busy(c.s));
	call_finished(&c, "c2", "y");
	assert_int_equal(a->status, AGENT_WANTS);
	core_expect(&c, "");
	/* A crash does not let it go on. */
	core_resume(&c);
	core_expect(&c, "step.started a agent #1\n");
	assert_false(run_busy(c.s));
	paused(&c, false);
	core_expect(&c, "iteration.started 2/30 a\nmodel.asked\n");
	assert_true(run_busy(c.s));
}

/* A call that waits is answered for it; one that runs or is over is not. */
static void
test_a_call_is_taken_back(void **state)
{
	const struct agent_state *a;
	const struct message_part *r;
	AUTO(core) c;

	(void)state;
	begin(&c, ALL);
	a = run_agent(c.s, 0, 0);
	withdrawn(&c, "c1", "no turn yet");
	turn(&c, "a", 3, 0);
	core_forget(&c);
	call_started(&c, "c1", true);
	withdrawn(&c, "c1", "it runs");
	withdrawn(&c, "c9", "no such");
	assert_int_equal(a->calls[0].status, CALL_RUNNING);
	withdrawn(&c, "c2", "not \x1b[31mnow");
	call_started(&c, "c2", true); /* its event was on the way */
	assert_int_equal(a->calls[1].status, CALL_OVER);
	call_finished(&c, "c1", "x");
	withdrawn(&c, "c3", NULL);
	core_expect(&c, "iteration.started 2/30 a\nmodel.asked\n");
	r = a->history.items[2].parts;
	assert_int_equal(a->history.items[2].part_count, 3);
	assert_false(r[0].failed);
	assert_true(r[1].failed && r[2].failed);
	assert_string_equal(r[1].id, "c2");
	assert_string_equal(r[1].parts[0].text,
			    "A person took this call back before it began: "
			    "not \x1b[31mnow");
	assert_string_equal(r[2].parts[0].text,
			    "A person took this call back before it began.");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turns_and_calls),
		cmocka_unit_test(test_iterations),
		cmocka_unit_test(test_money),
		cmocka_unit_test(test_money_refused),
		cmocka_unit_test(test_crashes),
		cmocka_unit_test(test_a_run_that_ends),
		cmocka_unit_test(test_planner),
		cmocka_unit_test(test_loops),
		cmocka_unit_test(test_longer_loops),
		cmocka_unit_test(test_full_window),
		cmocka_unit_test(test_a_person_speaks),
		cmocka_unit_test(test_a_person_pauses),
		cmocka_unit_test(test_a_call_is_taken_back),
		cmocka_unit_test(test_senseless_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
