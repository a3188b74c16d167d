#include "ui/open.h"

#include "base/json.h"
#include "cli/own_command.h"
#include "cli/value_filter.h"
#include "ui/main_view.h"

#include <stdlib.h>
#include <string.h>

static bool
one_argument(const struct slash *s, const char *what, struct err *err)
{
	if (s->cli.arg_count == 1)
		return true;
	return FAIL(err, ERR_USAGE, "/%s takes %s", s->cli.command->name, what);
}

/* The rest of the line as a filter. */
static char *
arguments(const struct slash *s)
{
	AUTO(buf) b = BUF_INIT;

	for (int i = 0; i < s->cli.arg_count; i++)
		buf_printf(&b, "%s%s", i ? " " : "", s->cli.args[i]);
	return buf_steal(&b);
}

static bool
run_command(struct app *a, const struct slash *s, const char *line,
	    struct err *err)
{
	const struct cli *c = &s->cli;
	AUTO_JSON *args = cJSON_CreateArray();
	struct ask *k;
	int64_t ticket = app_ticket(a);

	(void)line;
	(void)err;
	cJSON_AddItemToArray(args, cJSON_CreateString(c->command->name));
	for (int i = 0; i < c->given_count; i++) {
		const struct cli_given *g = &c->given[i];
		AUTO_FREE char *option =
			xasprintf("--%.*s%s%s", (int)g->key_len, g->key,
				  g->value ? "=" : "",
				  g->value ? g->value : "");

		cJSON_AddItemToArray(args, cJSON_CreateString(option));
	}
	cJSON_AddItemToArray(args, cJSON_CreateString("--"));
	for (int i = 0; i < c->arg_count; i++)
		cJSON_AddItemToArray(args, cJSON_CreateString(c->args[i]));
	k = app_ask(a, ASK_COMMAND);
	k->values = json_print(args);
	k->ticket = ticket;
	app_push(a, document_new(a, c->command->name, ticket));
	return true;
}

static bool
fork_here(struct app *a, const struct slash *s, const char *line,
	  struct err *err)
{
	const char *run = s->cli.arg_count == 1 ? s->cli.args[0] : NULL;
	const char *at = run ? strchr(run, '@') : NULL;
	int64_t seq = 0;
	struct ask *k;

	if (cli_flag(&s->cli, "points"))
		return run_command(a, s, line, err);
	if (!one_argument(s, "one run, or RUN@SEQ", err))
		return false;
	if (!at) {
		app_push(a, fork_new(a, run));
		return true;
	}
	if (!str_to_i64(at + 1, 1, INT64_MAX, &seq))
		return FAIL(err, ERR_USAGE,
			    "%s: after the @ comes the number of an event",
			    run);
	k = app_ask(a, ASK_FORK);
	k->run = xstrndup(run, (size_t)(at - run));
	k->number = seq;
	return true;
}

static bool
open_named(struct app *a, const char *run)
{
	app_ask(a, ASK_RESUME)->run = xstrdup(run);
	app_open_run(a, run);
	return true;
}

/* A task: who carries asks out reads the line again, with the files that it
 * names. */
static bool
start(struct app *a, const struct slash *s, const char *line, struct err *err)
{
	static const char *const only_told[] = { "show-patterns", "execute",
						 "dry-run", "info" };
	const char *run = cli_option(&s->cli, "resume");

	for (size_t i = 0; i < ARRAY_LEN(only_told); i++)
		if (cli_flag(&s->cli, only_told[i]))
			return run_command(a, s, line, err);
	if (run)
		return open_named(a, run);
	app_ask(a, ASK_START)->text = xstrdup(line);
	return true;
}

static bool
show_runs(struct app *a, const struct slash *s, const char *line,
	  struct err *err)
{
	if (s->cli.given_count)
		return run_command(a, s, line, err);
	app_push(a, runs_new(a));
	return true;
}

static bool
show_gates(struct app *a, const struct slash *s, const char *line,
	   struct err *err)
{
	if (s->cli.given_count)
		return run_command(a, s, line, err);
	app_push(a, inbox_new(a));
	return true;
}

/* Words to filter by; options (--sort, ...) and "show ID" are the
 * command's. */
static bool
show_patterns(struct app *a, const struct slash *s, const char *line,
	      struct err *err)
{
	AUTO_FREE char *words = arguments(s);
	bool listed = s->cli.command->run == cmd_patterns && *words;

	if (s->cli.given_count || listed)
		return run_command(a, s, line, err);
	app_push(a, patterns_new(a, words));
	return true;
}

/* With options it is the command: --set, --yes and the like answer what the
 * wizard asks. */
static bool
show_templates(struct app *a, const struct slash *s, const char *line,
	       struct err *err)
{
	if (s->cli.given_count)
		return run_command(a, s, line, err);
	if (s->cli.arg_count > 1)
		return one_argument(s, "one template", err);
	app_push(a, templates_new(a, s->cli.arg_count ? s->cli.args[0] : NULL));
	return true;
}

static bool
show_run(struct app *a, const struct slash *s, const char *line,
	 struct err *err)
{
	if (s->cli.given_count)
		return run_command(a, s, line, err);
	if (!one_argument(s, "one run", err))
		return false;
	app_open_run(a, s->cli.args[0]);
	return true;
}

static bool
resume_run(struct app *a, const struct slash *s, const char *line,
	   struct err *err)
{
	(void)line;
	if (!one_argument(s, "one run", err))
		return false;
	return open_named(a, s->cli.args[0]);
}

static bool
abort_run(struct app *a, const struct slash *s, const char *line,
	  struct err *err)
{
	(void)line;
	if (!one_argument(s, "one run", err))
		return false;
	main_ask_abort(a, s->cli.args[0]);
	return true;
}

static bool
show_help(struct app *a, const struct slash *s, const char *line,
	  struct err *err)
{
	if (s->cli.arg_count)
		return run_command(a, s, line, err);
	app_push(a, help_new(a));
	return true;
}

static bool
compare_here(struct app *a, const struct slash *s, const char *line,
	     struct err *err)
{
	if (s->cli.json)
		return run_command(a, s, line, err);
	if (s->cli.arg_count != 2)
		return FAIL(err, ERR_USAGE, "/compare takes two runs");
	app_push(a, compare_new(a, s->cli.args[0], s->cli.args[1]));
	return true;
}

/* What is written in another form is the command's. */
static bool
show_value(struct app *a, const struct slash *s, const char *line,
	   struct err *err)
{
	struct value_filter f = {
		.domain = cli_option(&s->cli, "domain"),
		.since = cli_option(&s->cli, "since"),
		.until = cli_option(&s->cli, "until"),
		.hourly = cli_option(&s->cli, "hourly-rate"),
	};
	struct metrics_filter filter;
	double hourly;

	if (s->cli.json || s->cli.arg_count || cli_option(&s->cli, "format"))
		return run_command(a, s, line, err);
	if (!value_filter_read(&f, &filter, &hourly, err))
		return false;
	app_push(a, value_new(a, &f));
	return true;
}

/* Commands that are something else than a text here. */
static const struct {
	int (*command)(struct cli *c);
	bool (*open)(struct app *a, const struct slash *s, const char *line,
		     struct err *err);
} opens[] = {
	{ cmd_orchestrate, start },      { cmd_replay_pattern, start },
	{ cmd_runs, show_runs },         { cmd_gates, show_gates },
	{ cmd_patterns, show_patterns }, { cmd_browse_patterns, show_patterns },
	{ cmd_show, show_run },          { cmd_resume, resume_run },
	{ cmd_abort, abort_run },        { cmd_help, show_help },
	{ cmd_fork, fork_here },         { cmd_value_report, show_value },
	{ cmd_compare, compare_here },   { cmd_deploy_template, show_templates },
};

bool
open_command(struct app *a, const char *line, struct err *err)
{
	struct slash s;
	bool ok = false;
	size_t i = 0;

	/* Who carries asks out looks for its file. */
	if (own_command_may_be(line)) {
		app_ask(a, ASK_START)->text = xstrdup(line);
		return true;
	}
	if (!slash_parse(line, &s, err))
		return false;
	while (i < ARRAY_LEN(opens) && opens[i].command != s.cli.command->run)
		i++;
	if (i < ARRAY_LEN(opens))
		ok = opens[i].open(a, &s, line, err);
	else
		ok = run_command(a, &s, line, err);
	slash_release(&s);
	return ok;
}
