/* What an edited journal may hold: nonsense that must change nothing. */
#include "run_core.h"

/* --- nonsense -------------------------------------------------------------- */

static void
test_answers_that_do_not_fit(void **state)
{
	AUTO(core) c;

	(void)state;
	core_begin(&c, "{}", TWO_STEPS, "{}");
	core_answer(&c, 1, "approve", NULL);    /* no such gate */
	core_answer(&c, -1, "approve", NULL);
	core_ok(&c, "a");
	core_ok(&c, "b");
	core_answer(&c, 1, "retry", NULL);      /* not at a review */
	core_answer(&c, 1, "nonsense", NULL);
	assert_int_equal(c.s->gates_open, 1);
	core_answer(&c, 1, "approve", NULL);
	core_answer(&c, 1, "reject", NULL);     /* decided already */
	core_ends(&c, "succeeded", 0);
}

/* As DIAMOND, with items. */
#define LISTED \
	"name: listed\n" \
	"steps:\n" \
	"  - {id: a, uses: data_profile, with: {path: x}}\n" \
	"  - {id: b, uses: data_profile, needs: [a], foreach: [1, 2], " \
	"review: true, with: {path: '{{ item }}'}}\n" \
	"  - {id: c, uses: data_profile, foreach: [3], gate: approve, " \
	"with: {path: x}}\n" \
	"  - {id: d, uses: data_profile, needs: [b, c], with: {path: x}}\n"

static const char other_plan[] =
	"{\"workflow\":\"name: other\\nsteps: [{id: a, uses: "
	"data_profile, with: {path: x}}]\"}";

/* A small generator, the same on every machine (xorshift). */
static uint32_t
any(uint32_t *seed, uint32_t n)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed % n;
}

/* Words that events speak with, known and unknown ones. */
static const char *
any_word(uint32_t *seed)
{
	static const char *const words[] = {
		"a", "b", "c", "d", "zz", "research", "plan", "implement",
		"learn", "approve", "review", "limit", "form", "interrupted",
		"reject", "iterate", "retry", "mark-done", "skip", "abort",
		"ok", "failed", "timeout", "cancelled", "done", "skipped",
		"low", "high", "critical", "patterns", "data", NULL, "",
	};

	return words[any(seed, ARRAY_LEN(words))];
}

static const char *
any_json(uint32_t *seed)
{
	static const char *const values[] = {
		"{}", "[]", "[1,2,3]", "7", "\"x\"", NULL, "{\"n\":\"5\"}",
		"{\"step\":\"b\",\"inputs\":{\"n\":3}}", "[{\"ok\":false}]",
		"{\"approve\":\"critical\"}", "[broken]",
		"{\"step\":\"c\",\"item\":0,\"with\":{\"path\":\"q\"}}",
		"{\"step\":\"b\",\"item\":1,\"with\":{\"path\":null}}",
		"{\"with\":{\"path\":\"q\"}}",
		other_plan,
	};

	return values[any(seed, ARRAY_LEN(values))];
}

static void
any_event(uint32_t *seed, struct event *e)
{
	static const int64_t numbers[] = { -1, -1, 0, 1, 1, 2, 3, 5, 100,
					   INT32_MAX, INT64_MAX, INT64_MIN,
					   4294967296 };
	const struct event_row *row;

	e->type = (enum event_type)any(seed, EVENT_TYPES);
	row = event_row(e->type);
	for (int i = 0; i < row->field_count; i++) {
		void *at = (char *)e + row->fields[i].offset;

		switch (row->fields[i].kind) {
		case FIELD_STR:
			*(const char **)at = any_word(seed);
			break;
		case FIELD_JSON:
			*(const char **)at = any_json(seed);
			break;
		case FIELD_INT:
			*(int64_t *)at = numbers[any(seed,
						     ARRAY_LEN(numbers))];
			break;
		case FIELD_BOOL:
			*(bool *)at = any(seed, 2);
			break;
		}
	}
	if (e->type == EV_plan_proposed && any(seed, 2))
		e->plan_proposed.workflow = any(seed, 2) ? DIAMOND : LISTED;
}

/* Every so often the run goes on as it should, so that the nonsense meets
 * states from the whole of a run's life. */
static void
sense(struct core *c, uint32_t *seed)
{
	struct event e = { .type = EV_step_finished };
	const struct gate_state *g = run_open_gate(c->s);

	if (g && any(seed, 2)) {
		core_answer(c, g->number, any_word(seed), any_json(seed));
	} else if (c->s->plan == PLAN_MAKING) {
		core_plan(c, any(seed, 2) ? DIAMOND : LISTED, "{}");
	} else if (c->s->workflow && c->s->steps) {
		uint32_t i = any(seed, (uint32_t)c->s->workflow->step_count);

		e.step_finished.step = c->s->workflow->steps[i].id;
		const struct step_state *st = &c->s->steps[i];
		uint32_t k = any(seed, (uint32_t)st->item_count + 1);
		bool known = (int)k < st->item_count;

		e.step_finished.item = st->is_list ? (int64_t)k : -1;
		e.step_finished.attempt = known ? st->items[k].attempt : 1;
		e.step_finished.outcome = any(seed, 4) ? "ok" : "failed";
		core_apply(c, &e);
		core_go(c);
	} else {
		core_workers(c);
	}
}

/* An edited journal can hold anything: the fold takes it, and what follows
 * has an end. ASan and UBSan watch. */
static void
test_nonsense_never_hurts(void **state)
{
	uint32_t seed = 2463534242u;

	(void)state;
	for (int round = 0; round < 1500; round++) {
		AUTO(core) c;

		if (round % 3)
			core_begin(&c, "{}", DIAMOND, "{}");
		else
			core_new(&c, "{}");
		for (int i = 0; i < 40; i++) {
			struct event e = { 0 };

			c.now_us += 1000000;
			if (any(&seed, 3)) {
				any_event(&seed, &e);
				core_apply(&c, &e);
			} else {
				sense(&c, &seed);
			}
			if (any(&seed, 2))
				core_go(&c);
			run_waits_for_person(c.s);
			run_wake_us(c.s);
		}
	}
}

/* Each event type alone, before and after a run was made. */
static void
test_unknown_subjects_change_nothing(void **state)
{
	static const char *const quiet[] = {
		"step.expanded", "step.started", "artifact.created",
		"visual.checked", "step.validated", "step.finished",
		"step.retrying", "step.settled", "worker.finished",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(quiet); i++) {
		struct event e = { .type = event_type_parse(quiet[i]) };
		AUTO(core) c;

		core_begin(&c, "{}", TWO_STEPS, "{}");
		core_forget(&c);
		for (int k = 0; k < event_row(e.type)->field_count; k++)
			if (event_row(e.type)->fields[k].kind == FIELD_STR)
				*(const char **)((char *)&e +
						 event_row(e.type)
							 ->fields[k]
							 .offset) = "zz";
		core_apply(&c, &e);
		core_go(&c);
		core_expect(&c, "");
		assert_int_equal(c.s->running.count, 1);
		assert_int_equal(c.s->artifact_count, 0);
		core_ok(&c, "a");
		core_ok(&c, "b");
		core_answer(&c, 1, "approve", NULL);
		core_ends(&c, "succeeded", 0);
	}
}

/* What comes again and again is kept once: a program that is the argument
 * of each of many items. */
static void
test_long_run_stays_small(void **state)
{
	enum { ITEMS = 2000, PROGRAM = 4000 };
	struct event expanded = { .type = EV_step_expanded };
	struct event approved = { .type = EV_gate_decided,
				  .gate_decided = { .gate = 1,
						    .decision = "approve" } };
	AUTO(core) c;
	AUTO(buf) args = BUF_INIT;
	AUTO(buf) list = BUF_INIT;
	size_t before;

	(void)state;
	core_begin(&c, "{\"jobs\":1}",
		   "name: long\n"
		   "steps: [{id: p, foreach: [1], gate: approve, code: x}]"
		   "\n",
		   "{}");
	buf_addch(&list, '[');
	for (int i = 0; i < ITEMS; i++)
		buf_printf(&list, "%s%d", i ? "," : "", i);
	buf_addch(&list, ']');
	core_apply(&c, &approved); /* and no decision after it */
	expanded.step_expanded.step = "p";
	expanded.step_expanded.items = buf_str(&list);
	core_apply(&c, &expanded);
	buf_addstr(&args, "{\"code\":\"");
	for (int i = 0; i < PROGRAM; i++)
		buf_addch(&args, 'p');
	buf_addstr(&args, "\"}");
	before = c.s->arena.used_bytes;
	for (int i = 0; i < ITEMS; i++) {
		struct event e = { .type = EV_step_started };

		e.step_started.step = "p";
		e.step_started.item = i;
		e.step_started.attempt = 1;
		e.step_started.args = buf_str(&args);
		core_apply(&c, &e);
	}
	assert_int_equal(c.s->running.count, ITEMS);
	assert_string_equal(c.s->steps[0].items[ITEMS - 1].args,
			    buf_str(&args));
	assert_in_range(c.s->arena.used_bytes - before, PROGRAM,
			2 * PROGRAM);
}

/* Results of attempts that were made again, and what closed gates showed,
 * are the journal's to keep. */
static void
test_what_is_over_goes(void **state)
{
	enum { TIMES = 20, RESULT = 100000 };
	AUTO(core) c;
	AUTO(buf) data = BUF_INIT;
	size_t before;

	(void)state;
	core_begin(&c, "{}", "name: long\nsteps: [{id: a, uses: data_profile, "
			     "with: {path: x}, review: true}]\n", "{}");
	buf_addstr(&data, "{\"text\":\"");
	for (int i = 0; i < RESULT; i++)
		buf_addch(&data, 'r');
	buf_addstr(&data, "\"}");
	before = c.s->arena.used_bytes;
	for (int i = 1; i <= TIMES; i++) {
		struct event e = { .type = EV_step_finished };

		e.step_finished.step = "a";
		e.step_finished.item = -1;
		e.step_finished.attempt = i;
		e.step_finished.outcome = "ok";
		e.step_finished.data = buf_str(&data);
		core_apply(&c, &e);
		core_go(&c);
		assert_string_equal(c.s->steps[0].items[0].data,
				    buf_str(&data));
		assert_non_null(run_open_gate(c.s)->shown);
		if (i < TIMES)
			core_answer(&c, i, "iterate", "{}");
		assert_true(i == TIMES || !c.s->gates[i - 1].shown);
	}
	assert_true(c.s->arena.used_bytes - before < RESULT);
	core_answer(&c, TIMES, "approve", NULL);
	core_ends(&c, "succeeded", 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers_that_do_not_fit),
		cmocka_unit_test(test_nonsense_never_hurts),
		cmocka_unit_test(test_unknown_subjects_change_nothing),
		cmocka_unit_test(test_long_run_stays_small),
		cmocka_unit_test(test_what_is_over_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
