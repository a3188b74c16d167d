/* What each event says, told by itself and at any later time. */
#include "cli/tell.h"
#include "run_core.h"

static const char letters[] = {
	[TELL_PLAIN] = '.', [TELL_HEADING] = '#', [TELL_DETAIL] = '-',
	[TELL_GOOD] = '+',  [TELL_BAD] = '!',     [TELL_GATE] = '?',
};

/* "kind hang text", one line each. */
static char *
told_to(enum tell_face face, const struct run_state *s, const struct event *e)
{
	AUTO(tell_lines) lines = TELL_LINES_INIT;
	struct buf b = BUF_INIT;

	tell_event(s, e, "/run", face, &lines);
	for (size_t i = 0; i < lines.count; i++)
		buf_printf(&b, "%c%d %s\n", letters[lines.items[i].kind],
			   lines.items[i].hang, lines.items[i].text);
	return buf_steal(&b);
}

static char *
told(const struct run_state *s, const struct event *e)
{
	return told_to(TELL_SHELL, s, e);
}

static void
assert_told(const struct run_state *s, const struct event *e,
	    const char *wanted)
{
	AUTO_FREE char *got = told(s, e);

	assert_string_equal(got, wanted);
}

static void
test_an_attempt(void **state)
{
	struct event made = { .type = EV_artifact_created };
	struct event ok = { .type = EV_step_validated };
	struct event bad = { .type = EV_step_validated };
	struct event end = { .type = EV_step_finished };
	AUTO(core) c;

	(void)state;
	core_begin(&c, "{}", TWO_STEPS, "{}");
	made.artifact_created = (struct ev_artifact_created){
		.name = "out\x1b[2J", .file = "o.csv", .sha256 = "ab",
		.size_bytes = 7,
	};
	assert_told(c.s, &made,
		    "-6     artifact out\x1b[2J (7 bytes) "
		    "/run/artifacts/ab.csv\n");
	ok.step_validated.ok = true;
	assert_told(c.s, &ok, "");
	bad.step_validated.validation = "rows";
	bad.step_validated.message = "3, not 4";
	assert_told(c.s, &bad, "!6     INVALID rows: 3, not 4\n");
	end.step_finished = (struct ev_step_finished){
		.step = "a", .item = 2, .outcome = "ok",
		.text = "  well \nmore", .wall_us = 1500000,
	};
	assert_told(c.s, &end, "+39   a[2]             ok           "
			       "1.5 s  well\n");
	end.step_finished.outcome = "failed";
	end.step_finished.error = "broke";
	assert_told(c.s, &end, "!39   a[2]             failed       "
			       "1.5 s  broke\n");
}

/* What the provider does with a hint depends on the hint and on it. */
static void
test_hints(void **state)
{
	struct event e = { .type = EV_run_created, .run = "R" };
	AUTO(core) c;

	(void)state;
	core_new(&c, "{}");
	e.run_created = (struct ev_run_created){
		.task = "Build it\nin two lines", .workspace = "/w",
		.provider = "offline",
		.options = "{\"hints\":{\"domain\":\"web\","
			   "\"prefer\":[\"a\",\"b\"]}}",
	};
	assert_told(c.s, &e,
		    "#0 Run R\n"
		    ".13   task       Build it\n"
		    ".13   workspace  /w\n"
		    ".13   provider   offline\n"
		    ".13   hint       domain: web; only its patterns are "
		    "looked at\n"
		    ".13   hint       prefer: a, b; kept, the offline "
		    "provider cannot follow it\n");
	e.run_created.provider = "other";
	e.run_created.options = "{\"hints\":{\"quality\":\"high\"}}";
	assert_told(c.s, &e,
		    "#0 Run R\n"
		    ".13   task       Build it\n"
		    ".13   workspace  /w\n"
		    ".13   provider   other\n"
		    ".13   hint       quality: high\n");
}

static void
test_visual(void **state)
{
	struct event e = { .type = EV_visual_checked };
	AUTO(core) c;

	(void)state;
	core_new(&c, "{}");
	e.visual_checked.artifact = "chart";
	e.visual_checked.findings = "[{\"ok\":true}]";
	assert_told(c.s, &e, "-6     visual checks of chart: 1 of 1 passed\n");
	e.visual_checked.findings =
		"[{\"ok\":true},{\"ok\":false,\"check\":\"blank\","
		"\"value\":0.5,\"threshold\":1,\"message\":\"empty\"}]";
	assert_told(c.s, &e,
		    "!6     visual checks of chart: 1 of 2 passed\n"
		    "!6       blank 0.5 (limit 1): empty\n");
}

/* Whoever reads of a gate that was answered long ago still reads what could
 * be answered. */
static void
test_parked_is_told_later(void **state)
{
	static const char wanted[] =
		"#0 Parked: a person is asked\n"
		"?2   answer with: agentops decide R.1 DECISION\n"
		"?2   DECISION is approve, reject or iterate\n";
	struct event e = { .type = EV_run_parked, .run = "R" };
	AUTO(core) c;

	(void)state;
	e.run_parked.gate = 1;
	e.run_parked.reason = "a person is asked";
	core_begin(&c, "{}", TWO_STEPS, "{}");
	core_ok(&c, "a");
	core_ok(&c, "b");
	assert_told(c.s, &e, wanted);
	core_answer(&c, 1, "approve", NULL);
	core_learn(&c);
	assert_told(c.s, &e, wanted);
	e.run_parked.gate = 0;
	assert_told(c.s, &e,
		    "#0 Parked: a person is asked\n"
		    ".2   go on with: agentops resume R\n");
}

/* The app has keys for what a shell needs a command line for. */
static void
test_no_command_lines_in_the_app(void **state)
{
	struct event parked = { .type = EV_run_parked, .run = "R" };
	struct event form = { .type = EV_gate_opened, .run = "R" };
	AUTO_FREE char *one = NULL;
	AUTO_FREE char *two = NULL;
	AUTO_FREE char *three = NULL;
	AUTO(core) c;

	(void)state;
	core_begin(&c, "{}", TWO_STEPS, "{}");
	core_ok(&c, "a");
	core_ok(&c, "b");
	parked.run_parked.reason = "a person is asked";
	parked.run_parked.gate = 1;
	one = told_to(TELL_APP, c.s, &parked);
	assert_string_equal(one, "#0 Parked: a person is asked\n");
	form.gate_opened = (struct ev_gate_opened){
		.gate = 2, .kind = "form", .risk = "low", .title = "answers",
		.shown = "{\"fields\":[{\"name\":\"n\",\"type\":"
			 "\"text\",\"prompt\":\"A name\"}]}",
	};
	two = told_to(TELL_SHELL, c.s, &form);
	assert_non_null(strstr(two, "--set n="));
	three = told_to(TELL_APP, c.s, &form);
	assert_string_equal(three,
			    "?4   Gate R.2 (form, risk low): answers\n");
}

static void
test_the_end(void **state)
{
	struct event e = { .type = EV_run_ended, .run = "R" };
	AUTO(core) c;

	(void)state;
	core_new(&c, "{}");
	e.ts_us = c.now_us + 2000000;
	e.run_ended.outcome = "succeeded";
	assert_told(c.s, &e, "+2 Run R succeeded after 2.0 s\n");
	e.run_ended.outcome = "failed";
	e.run_ended.reason = "it broke";
	assert_told(c.s, &e, "!2 Run R failed after 2.0 s: it broke\n");
}

/* A journal may have been edited: events without their fields, for a run
 * without a plan and for one with it. */
static void
test_empty_events(void **state)
{
	AUTO(core) plain;
	AUTO(core) planned;

	(void)state;
	core_new(&plain, "{}");
	core_begin(&planned, "{}", TWO_STEPS, "{}");
	for (int i = 0; i < EVENT_TYPES; i++) {
		struct event e = { .type = (enum event_type)i };
		AUTO_FREE char *one = told(plain.s, &e);
		AUTO_FREE char *two = told(planned.s, &e);

		assert_string_equal(one, two);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_attempt),
		cmocka_unit_test(test_hints),
		cmocka_unit_test(test_visual),
		cmocka_unit_test(test_parked_is_told_later),
		cmocka_unit_test(test_no_command_lines_in_the_app),
		cmocka_unit_test(test_the_end),
		cmocka_unit_test(test_empty_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
