/* Commands as files: the program's own say what the table says; one's own get
 * their arguments, and are found by name. */
#include "test.h"

#include "base/path.h"
#include "cli/own_command.h"
#include "know/command_file.h"

#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

static const struct {
	const char *body, *args, *text;
} rows[] = {
	{ "Look at $ARGUMENTS.", "a  \"b c\" $1", "Look at a  \"b c\" $1." },
	{ "$1 then $2", "a \"b c\"", "a then b c" },
	{ "$0 then $1", "a 'b c'", "a then b c" },
	{ "$ARGUMENTS[1] of $0", "a b", "b of a" },
	{ "$1 and $3", "a b", "a and $3" },
	{ "costs \\$1, $1", "a", "costs $1, a" },
	{ "$1\n```\nawk '{print $1}' $ARGUMENTS\n```\n$1", "a",
	  "a\n```\nawk '{print $1}' a\n```\na" },
	{ "$ARGUMENTSX $1x $12", "a b",
	  "$ARGUMENTSX $1x $12\n\n"
	  "ARGUMENTS: a b" },
	{ "No place", "a b", "No place\n\nARGUMENTS: a b" },
	{ "No place", "", "No place" },
	{ "$1", "$ARGUMENTS", "$ARGUMENTS" },
	{ "$month to $day", "June 1 more", "June to 1" },
	{ "$1-$2, x-$ARGUMENTS-y", "a b", "a-b, x-a b-y" },
	{ "$month-$day $day-off $daylight", "June 1 no",
	  "June-1 no $daylight" },
	{ "$ARGUMENTS[99999] $ARGUMENTS[", "a", "a[99999] a[" },
};

static void
test_arguments(void **state)
{
	static const char *const names[] = { "month", "day", "day-off", NULL };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) out = BUF_INIT;

		own_command_text(rows[i].body, names, rows[i].args, &out);
		if (!str_eq(buf_str(&out), rows[i].text))
			fail_msg("%s with %s: %s", rows[i].body, rows[i].args,
				 buf_str(&out));
	}
}

/* description and argument-hint are the table's; each option that the text
 * names is there. */
static void
test_shipped_say_what_is_true(void **state)
{
	static const char *const names[] = {
		"orchestrate",       "browse-patterns", "inspect-pattern",
		"replay-pattern",    "craft-prompt",    "deploy-template",
		"discover-patterns", "value-report",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct cli_command *cmd = cli_find(names[i], false, NULL);
		AUTO_FREE char *dir = path_shipped("commands");
		AUTO_FREE char *path = xasprintf("%s/%s.md", dir, names[i]);
		AUTO_FREE char *says =
			xasprintf("description: %s\n", cmd->summary);
		AUTO(buf) file = BUF_INIT;
		AUTO(buf) told = BUF_INIT;
		struct err err = ERR_INIT;

		assert_true(path_read(path, 1 << 20, &file, &err));
		assert_true(command_told(names[i], &told, &err));
		assert_true(told.len > 200);
		assert_non_null(strstr(buf_str(&file), says));
		assert_int_equal(*cmd->args != '\0',
				 strstr(buf_str(&file), "argument-hint: ") !=
					 NULL);
		for (const char *p = buf_str(&told);
		     (p = strstr(p, "`--")) != NULL; p++) {
			size_t n = strspn(p + 3, "abcdefghijklmnopqrstuvwxyz-");
			bool found = false;

			for (int k = 0; k < cmd->option_count; k++)
				found |= strlen(cmd->options[k].name) == n &&
					 strncmp(cmd->options[k].name, p + 3,
						 n) == 0;
			if (!found && isupper((unsigned char)p[3]))
				continue;
			if (!found)
				fail_msg("%s has no %.*s", names[i], (int)n + 3,
					 p);
		}
	}
	assert_false(
		command_told("none", &(struct buf){ 0 }, &(struct err){ 0 }));
}

static void
put(const char *dir, const char *name, const char *text)
{
	AUTO_FREE char *path = path_join(dir, name);
	AUTO_FREE char *folder = path_dir(path);

	assert_true(path_mkdirs(folder, NULL));
	assert_true(path_write_atomic(path, text, strlen(text), 0644, NULL));
}

static void
parses(const char *line, const char *project, const char *task)
{
	struct slash s;
	struct err err = ERR_INIT;

	if (!own_command_parse(line, project, &s, &err))
		fail_msg("%s: %s", line, err.msg);
	assert_string_equal(s.cli.command->name, "orchestrate");
	assert_int_equal(s.cli.arg_count, 1);
	assert_string_equal(s.cli.args[0], task);
	slash_release(&s);
}

static void
fails(const char *line, const char *project, const char *why)
{
	struct slash s;
	struct err err = ERR_INIT;

	assert_false(own_command_parse(line, project, &s, &err));
	if (!strstr(err.msg, why))
		fail_msg("%s: %s", line, err.msg);
}

static void
test_found_by_name(void **state)
{
	const char *dir = *state;
	AUTO_FREE char *user = path_join(dir, "home/config/commands");
	AUTO_FREE char *home = path_join(dir, "home");
	AUTO_FREE char *project = path_join(dir, "p");
	AUTO_FREE char *theirs = path_join(project, ".agentops/commands");
	AUTO_FREE char *link = path_join(user, "link.md");

	assert_int_equal(setenv("AGENTOPS_HOME", home, 1), 0);
	put(user, "weekly.md",
	    "---\ndescription: The week\narguments: day place\n---\n\n"
	    "Report the week of $day in $place.\n");
	put(user, "broken.md", "---\ndescription: [\n---\nStill a task\n");
	put(user, "plain.md", "/orchestrate \"x\" --approve critical\n");
	put(user, "empty.md", "---\ndescription: x\n---\n \n");
	put(user, "runs.md", "never");
	put(user, "ci/build.md", "Build $1.");
	put(user, "ci/test.md", "Test.");
	put(theirs, "weekly.md", "never");
	put(theirs, "web/test.md", "Test the web.");
	put(theirs, "deep/er/name.md", "Deep.");
	assert_int_equal(symlink("weekly.md", link), 0);

	parses("/weekly 24 \"New Ulm\"", project,
	       "Report the week of 24 in New Ulm.");
	parses("  /weekly", project, "Report the week of $day in $place.");
	parses("/broken", project, "Still a task");
	/* It chooses no option and no command. */
	parses("/plain", project, "/orchestrate \"x\" --approve critical");
	parses("/build it --approve critical", project, "Build it.");
	parses("/ci:test", project, "Test.");
	parses("/deep:er:name", project, "Deep.");
	parses("a task", project, "a task");
	fails("/test", project, "/test may be /ci:test, /web:test");
	fails("/empty", project, "has no text");
	fails("/link", project, "unknown command link");
	fails("/ci:none", project, "unknown command");
	fails("/deep:er:name", NULL, "unknown command");
	fails("/weekli", project, "unknown command weekli");
	assert_false(own_command_may_be("/runs"));
	assert_false(own_command_may_be("/orch x"));
	assert_false(own_command_may_be("a task"));
	assert_true(own_command_may_be("/weekly"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_shipped_say_what_is_true),
		dir_test(test_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
