/* Lines of the prompt: how they are parsed, and how they are completed. */
#include "cli/slash.h"

#include "base/json.h"
#include "cli/request.h"
#include "cli/slash_words.h"
#include "test.h"

/* "command <arg> <arg> --option=value --flag" */
static char *
parsed(const char *line)
{
	struct slash s;
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;

	if (!slash_parse(line, &s, &err)) {
		buf_printf(&b, "error: %s", err.msg);
		return buf_steal(&b);
	}
	buf_addstr(&b, s.cli.command->name);
	for (int i = 0; i < s.cli.arg_count; i++)
		buf_printf(&b, " <%s>", s.cli.args[i]);
	for (int i = 0; i < s.cli.given_count; i++) {
		const struct cli_given *g = &s.cli.given[i];

		buf_printf(&b, " --%.*s", (int)g->key_len, g->key);
		if (g->value)
			buf_printf(&b, "=%s", g->value);
	}
	slash_release(&s);
	return buf_steal(&b);
}

static const char *const lines[][2] = {
	/* v0.2.0's spellings, section 1.1 of the baseline */
	{ "/orchestrate \"Build an API\"",
	  "orchestrate <Build an API>" },
	{ "/orchestrate --plan-only \"Build an API\"",
	  "orchestrate <Build an API> --plan-only" },
	{ "/orchestrate \"Build an API\" --plan-only",
	  "orchestrate <Build an API> --plan-only" },
	{ "/orchestrate --execute 261122-1052-k3f9x",
	  "orchestrate --execute=261122-1052-k3f9x" },
	{ "/orchestrate --pattern-id rest-v1 \"Build an API\"",
	  "orchestrate <Build an API> --pattern-id=rest-v1" },
	{ "/orchestrate --explore \"Build\"",
	  "orchestrate <Build> --explore" },
	{ "/orchestrate --resume 2611", "orchestrate --resume=2611" },
	{ "/orchestrate \"Build [prefer: a, b] [avoid: x]\"",
	  "orchestrate <Build [prefer: a, b] [avoid: x]>" },
	{ "/orchestrate \"Build\" [max-time: 10min] --plan-only",
	  "orchestrate <Build [max-time: 10min]> --plan-only" },
	{ "/orchestrate \"Build\" [note: it's \"odd\" --json]",
	  "orchestrate <Build [note: it's \"odd\" --json]>" },
	/* without quotes, with other quotes */
	{ "/orchestrate Build  an API",
	  "orchestrate <Build an API>" },
	{ "/orchestrate 'say \"no\"'", "orchestrate <say \"no\">" },
	{ "/orchestrate \"say \\\"no\\\" \\n\"",
	  "orchestrate <say \"no\" \\n>" },
	{ "/orchestrate a\\ b\\\"c", "orchestrate <a b\"c>" },
	{ "/orchestrate -- --plan-only", "orchestrate <--plan-only>" },
	{ "/orchestrate ''", "orchestrate <>" },
	{ "  Build an \"API\" --json ",
	  "orchestrate <Build an \"API\" --json>" },
	{ "two\nlines", "orchestrate <two\nlines>" },
	/* other commands, names and prefixes */
	{ "/runs --status=parked -n 3", "runs --status=parked "
					"--limit=3" },
	{ "/orch x", "orchestrate <x>" },
	{ "/story last", "show <last>" },
	{ "/decide last iterate --set title='A b' -c \"too dark\"",
	  "decide <last> <iterate> --set=title=A b "
	  "--comment=too dark" },
	{ "/help /runs", "help </runs>" },
	{ "/?", "help" },
	/* sections 1.3 to 1.5 */
	{ "/browse-patterns \"api test\" --category web-development "
	  "--min-success 0.8 --status learned --limit 5 --sort recent",
	  "browse-patterns <api test> --category=web-development "
	  "--min-success=0.8 --status=learned --limit=5 --sort=recent" },
	{ "/inspect-pattern rest-v1 --show-history --show-plugins",
	  "inspect-pattern <rest-v1> --show-history --show-plugins" },
	{ "/replay-pattern rest-v1 \"Build an API\" --dry-run --info --force "
	  "--port 8080 --plugin-override \"step2:other-plugin\"",
	  "replay-pattern <rest-v1> <Build an API> --dry-run --info --force "
	  "--port=8080 --plugin-override=step2:other-plugin" },
	{ "/replay-pattern rest-v1", "replay-pattern <rest-v1>" },
	/* errors */
	{ "", "error: type a task, or / and a command" },
	{ "/", "error: type a command after the slash; /help lists "
	       "them" },
	{ "/orchstrate x",
	  "error: unknown command orchstrate; did you mean "
	  "orchestrate?" },
	{ "/xyzzy", "error: unknown command xyzzy" },
	{ "/a", "error: a may be agents, abort, audit: write more of it" },
	{ "/orchestrate \"Build",
	  "error: the quote \" at column 14 is not closed" },
	{ "/orchestrate it's", "error: the quote ' at column 16 is "
			       "not closed" },
	{ "/orchestrate x --plan",
	  "error: unknown option --plan" },
	{ "/orchestrate x --jbs 3",
	  "error: unknown option --jbs; did you mean --jobs?" },
	{ "/orchestrate x --jobs",
	  "error: option --jobs needs a value: N" },
	{ "/orchestrate x --plan-only=1",
	  "error: option --plan-only=1 takes no value" },
};

static void
test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		AUTO_FREE char *got = parsed(lines[i][0]);

		assert_string_equal(got, lines[i][1]);
	}
}

/* --- the run that is asked for ------------------------------------------- */

/* "task | pattern | hints" */
static char *
requested(const char *line)
{
	struct slash s;
	struct request r;
	struct err err = ERR_INIT;
	char *ret;

	assert_ok(slash_parse(line, &s, &err), err);
	if (request_make(&s.cli, slash_task_arg(&s), &r, &err)) {
		const cJSON *hints = json_get(r.options, "hints");
		const char *pattern = json_str(r.options, "pattern");
		AUTO_FREE char *text = hints ? json_print(hints) : NULL;

		ret = xasprintf("%s | %s | %s", r.task,
				pattern ? pattern : "-", text ? text : "-");
		assert_non_null(strstr(r.run.options, "\"plan_only\""));
		request_release(&r);
	} else {
		ret = xasprintf("error: %s", err.msg);
	}
	slash_release(&s);
	return ret;
}

static void
test_hints(void **state)
{
	static const char *const rows[][2] = {
		{ "Build an API", "Build an API | - | -" },
		{ "Build [prefer: a, b] it [Avoid: x]",
		  "Build it | - | {\"prefer\":[\"a\",\"b\"],"
		  "\"avoid\":[\"x\"]}" },
		{ "/orchestrate \"Build [max-time: 10min]\" [note: one, two]",
		  "Build | - | {\"max-time\":\"10min\","
		  "\"note\":[\"one, two\"]}" },
		{ "/orchestrate \"Build\" [pattern: rest-v1] "
		  "[quality: production-ready] [domain: web-development]",
		  "Build | rest-v1 | {\"quality\":\"production-ready\","
		  "\"domain\":\"web-development\"}" },
		{ "x [prefer: a] [prefer: b,] [note: n] [note: m]",
		  "x | - | {\"prefer\":[\"a\",\"b\"],"
		  "\"note\":[\"n\",\"m\"]}" },
		{ "/orchestrate x --pattern-id p [pattern:p]",
		  "x | p | -" },
		/* other brackets are the task's own */
		{ "sort list[0] by [key: name] ",
		  "sort list[0] by [key: name] | - | -" },
		{ "x [prefer: a", "error: [prefer: a: this bracket has no "
				  "end; close it with ]" },
		{ "x [avoid: ]", "error: [avoid:] says nothing" },
		{ "x [domain: a] [domain: b]",
		  "error: [domain:] is given twice" },
		{ "/orchestrate x -p q [pattern: p]",
		  "error: two patterns are named: q and pattern: p" },
		{ "/replay-pattern rest-v1 [prefer: a]",
		  "rest v1 | rest-v1 | {\"prefer\":[\"a\"]}" },
		{ "/replay rest-v1 Build an API --port 80",
		  "Build an API | rest-v1 | -" },
		{ "/replay-pattern p x [pattern: q]",
		  "error: two patterns are named: p and pattern: q" },
		{ "/orchestrate --explore x",
		  "error: --explore: the offline provider only replays "
		  "patterns; it cannot plan without one" },
		{ "/orchestrate x --risk=no",
		  "error: --risk no: use low, medium, high or critical" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_FREE char *got = requested(rows[i][0]);

		assert_string_equal(got, rows[i][1]);
	}
}

/* A shell splits brackets that stand outside the quotes. */
static void
test_hints_of_a_shell(void **state)
{
	char words[][10] = { "Build", "[prefer:", "a,", "b]" };
	char *argv[] = { words[0], words[1], words[2], words[3], NULL };
	struct cli c = { 0 };
	struct request r;
	struct err err = ERR_INIT;

	(void)state;
	c.command = cli_find("orchestrate", false, &err);
	assert_ok(cli_parse(&c, 4, argv, &err), err);
	assert_ok(request_make(&c, 0, &r, &err), err);
	assert_string_equal(r.task, "Build");
	assert_non_null(strstr(r.text, "\"prefer\":[\"a\",\"b\"]"));
	request_release(&r);
	c.arg_count = 3;
	assert_fails(request_make(&c, 0, &r, &err), err, ERR_USAGE,
		     "this bracket has no end");
	c.args[1] = "x";
	assert_fails(request_make(&c, 0, &r, &err), err, ERR_USAGE,
		     "orchestrate takes one task, in quotes");
	cli_release(&c);
}

/* --- completion ------------------------------------------------------------ */

/* "kind prefix@start: a b c"; | in line is the cursor. */
static char *
completed(const char *line)
{
	static const char *const names[] = { "nothing", "commands", "options",
					     "words",	"run",	    "gate",
					     "pattern", "action", "template", "file",
					     "folder",
					     "input",	"text" };
	AUTO_FREE char *whole = xstrdup(line);
	char *bar = strrchr(whole, '|');
	struct slash_completion c;
	struct buf b = BUF_INIT;
	size_t cursor = (size_t)(bar - whole);

	memmove(bar, bar + 1, strlen(bar));
	slash_complete(whole, cursor, &c);
	assert_int_equal(c.end, cursor);
	buf_printf(&b, "%s %s@%zu", names[c.kind], c.prefix, c.start);
	for (size_t i = 0; i < c.count; i++) {
		assert_non_null(c.items[i].help);
		buf_printf(&b, " %s", c.items[i].text);
	}
	slash_completion_release(&c);
	return buf_steal(&b);
}

static void
test_complete(void **state)
{
	static const char *const rows[][2] = {
		{ "|", "nothing @0" },
		{ "Build an|", "nothing an@6" },
		{ "/or|", "commands /or@0 /orchestrate" },
		{ "  /ru|ns", "commands /ru@2 /runs" },
		{ "/nope |", "nothing @6" },
		{ "/show |", "run @6" },
		{ "/show 2611|", "run 2611@6" },
		{ "/decide |", "gate @8" },
		{ "/decide last r|", "words r@13 reject retry" },
		{ "/decide last iterate --st|",
		  "options --st@21 --step" },
		{ "/help or|", "commands or@6 orchestrate" },
		{ "/orchestrate x --appr|", "options --appr@15 --approve" },
		{ "/orchestrate x --approve |",
		  "words @25 low medium high critical" },
		{ "/orchestrate x --approve=m|", "words m@25 medium" },
		{ "/orchestrate x -a h|", "words h@18 high" },
		{ "/orchestrate x --on-failure |", "words @28 ask abort" },
		{ "/orchestrate x --pattern rest|", "pattern rest@25" },
		{ "/orchestrate --data \"my f|", "file my f@20" },
		{ "/orchestrate --data a.csv b|", "text b@26" },
		{ "/orchestrate -C /tm|", "folder /tm@16" },
		{ "/orchestrate -i |", "input @16" },
		{ "/orchestrate x [max|", "words [max@15 [max-time: " },
		{ "/runs -s |",
		  "words @9 running parked succeeded failed aborted" },
		{ "/patterns |", "words @10 list show similar validate reindex" },
		{ "/patterns show |", "pattern @15" },
		{ "/patterns validate a.md b|", "file b@24" },
		{ "/patterns -s l|", "words l@13 learned" },
		{ "/browse-patterns x --sort |",
		  "words @26 success_rate executions recent" },
		{ "/inspect-pattern tab|", "pattern tab@17" },
		{ "/replay-pattern p --f|", "options --f@18 --force" },
		{ "/orchestrate x -- --j|", "nothing --j@18" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_FREE char *got = completed(rows[i][0]);

		assert_string_equal(got, rows[i][1]);
	}
}

/* Before a text and after the last argument, options are what can follow. */
static void
test_complete_options(void **state)
{
	AUTO_FREE char *before = completed("/orchestrate |");
	AUTO_FREE char *after = completed("/abort last |");

	(void)state;
	assert_non_null(strstr(before, "options @13 --data --input"));
	assert_string_equal(after, "options @12 --reason");
}

/* Every command of the table completes to itself and can be parsed. */
static void
test_all_commands(void **state)
{
	size_t n;
	const struct cli_command *all = cli_commands(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		AUTO_FREE char *line = xasprintf("/%s", all[i].name);
		AUTO_FREE char *bar = xasprintf("/%s|", all[i].name);
		AUTO_FREE char *got = parsed(line);
		AUTO_FREE char *done = completed(bar);

		assert_string_equal(got, all[i].name);
		assert_non_null(strstr(done, line));
	}
}

static void
test_quote(void **state)
{
	static const char *const words[] = { "plain",  "a b", "it's",	"\"",
					     "back\\", "",    "[note: ", "-x",
					     "a\nb",   "é" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		AUTO_FREE char *quoted = slash_quote(words[i]);
		struct slash_words w;

		slash_words_split(quoted, strlen(quoted), &w);
		assert_int_equal(w.count, 1);
		assert_int_equal(w.open, 0);
		assert_string_equal(w.items[0].text, words[i]);
		slash_words_release(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test_setup_teardown(test_hints, test_dir_setup,
						test_dir_teardown),
		cmocka_unit_test_setup_teardown(test_hints_of_a_shell,
						test_dir_setup,
						test_dir_teardown),
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_complete_options),
		cmocka_unit_test(test_all_commands),
		cmocka_unit_test(test_quote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
