/* orchestrate, resume, decide, abort: commands that carry runs on. */
#include "cli/drive.h"

#include "base/json.h"
#include "flow/policy.h"
#include "run/iterate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- orchestrate ------------------------------------------------------- */

/* The words of a risk option; false prints what is wrong. */
static bool
check_risk(const struct cli *c, const char *name, const char *value)
{
	enum risk risk;

	if (!value || strcmp(value, "none") == 0 || risk_parse(value, &risk))
		return true;
	cli_usage(c, "--%s %s: use low, medium, high or critical", name,
		  value);
	return false;
}

static const char *
option_or(const struct cli *c, const char *name, enum setting s)
{
	const char *v = cli_option(c, name);

	return v ? v : config_get(&c->config, s);
}

/* What the person wrote must hold before a run is made. */
static bool
check_orchestrate(const struct cli *c)
{
	const char *jobs = option_or(c, "jobs", SETTING_JOBS);
	const char *provider = option_or(c, "provider", SETTING_PROVIDER);
	const char *failure = option_or(c, "on-failure", SETTING_ON_FAILURE);
	int64_t n;

	if (!check_risk(c, "approve", option_or(c, "approve",
						SETTING_APPROVE)) ||
	    !check_risk(c, "risk", cli_option(c, "risk")))
		return false;
	if (!str_to_i64(jobs, 0, 64, &n)) {
		cli_usage(c, "--jobs %s: use a number from 1 to 64", jobs);
		return false;
	}
	if (strcmp(provider, "offline") != 0) {
		cli_usage(c, "there is no provider \"%s\"; this version has "
			     "offline",
			  provider);
		return false;
	}
	if (strcmp(failure, "ask") != 0 && strcmp(failure, "abort") != 0) {
		cli_usage(c, "--on-failure %s: use ask or abort", failure);
		return false;
	}
	return true;
}

static void
add_option(cJSON *o, const char *key, const char *value)
{
	if (value)
		cJSON_AddStringToObject(o, key, value);
}

static cJSON *
run_options(const struct cli *c, struct err *err)
{
	cJSON *inputs = cli_pairs(c, "input", err), *o;
	const char *pattern = cli_option(c, "pattern");
	int64_t jobs = 0;

	if (!inputs)
		return NULL;
	o = cJSON_CreateObject();
	cJSON_AddItemToObject(o, "inputs", inputs);
	cJSON_AddItemToObject(o, "data", cli_values(c, "data"));
	add_option(o, "pattern",
		   pattern ? pattern : cli_option(c, "pattern-id"));
	add_option(o, "approve", option_or(c, "approve", SETTING_APPROVE));
	add_option(o, "risk", cli_option(c, "risk"));
	add_option(o, "on_failure",
		   option_or(c, "on-failure", SETTING_ON_FAILURE));
	add_option(o, "sandbox", config_get(&c->config, SETTING_SANDBOX));
	str_to_i64(option_or(c, "jobs", SETTING_JOBS), 0, 64, &jobs);
	cJSON_AddNumberToObject(o, "jobs", (double)jobs);
	cJSON_AddBoolToObject(o, "plan_only", cli_flag(c, "plan-only"));
	return o;
}

/* A regular file that can be read: fails with the reason. */
static bool
check_file(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st))
		return err_errno(err, errno, "--data %s", path);
	if (S_ISDIR(st.st_mode))
		return FAIL(err, ERR_USAGE,
			    "--data %s is a folder; name a file in it", path);
	if (!S_ISREG(st.st_mode))
		return FAIL(err, ERR_USAGE,
			    "--data %s is not a regular file; save its "
			    "content in one",
			    path);
	if (access(path, R_OK))
		return err_errno(err, errno, "--data %s", path);
	return true;
}

/* Data files must be there now: a run that starts by missing its file is a
 * waste of a person's time. Makes them absolute. */
static bool
check_data(cJSON *options, struct err *err)
{
	cJSON *list = cJSON_GetObjectItem(options, "data"), *f;

	cJSON_ArrayForEach(f, list) {
		AUTO_FREE char *path = NULL;

		if (!check_file(f->valuestring, err))
			return false;
		path = realpath(f->valuestring, NULL);
		if (!path)
			return err_errno(err, errno, "--data %s",
					 f->valuestring);
		cJSON_SetValuestring(f, path);
	}
	return true;
}

static int
orchestrate(struct cli *c, struct err *err)
{
	const char *dir = cli_option(c, "workspace");
	AUTO_FREE char *workspace = realpath(dir ? dir : ".", NULL);
	AUTO_JSON *options = run_options(c, err);
	AUTO_FREE char *text = NULL;
	struct run_request r = {
		.task = c->args[0],
		.provider = option_or(c, "provider", SETTING_PROVIDER),
	};

	if (!options || !check_data(options, err))
		return cli_fail(c, err);
	if (!workspace || !path_is_dir(workspace))
		return cli_usage(c, "--workspace %s: there is no such folder",
				 dir ? dir : ".");
	r.workspace = workspace;
	r.options = text = json_print(options);
	return drive_new(c, &r);
}

int
cmd_orchestrate(struct cli *c)
{
	struct err err = ERR_INIT;

	if (c->arg_count != 1 || !*c->args[0])
		return cli_usage(c, "orchestrate takes one task, in quotes");
	if (strlen(c->args[0]) > 64 << 10)
		return cli_usage(c, "the task is longer than 64 KiB; put it "
				    "into a file and name that");
	if (!cli_paths(c, &err))
		return cli_fail(c, &err);
	if (!check_orchestrate(c))
		return 2;
	if (!cli_journal(c, &err))
		return cli_fail(c, &err);
	return orchestrate(c, &err);
}

int
cmd_resume(struct cli *c)
{
	struct err err = ERR_INIT;
	char run[ID_RUN_SIZE];

	if (c->arg_count != 1)
		return cli_usage(c, "resume takes one run");
	if (!cli_journal(c, &err) ||
	    !journal_find_run(c->journal, c->args[0], run, &err))
		return cli_fail(c, &err);
	return drive_resume(c, run);
}

/* --- decide ------------------------------------------------------------ */

enum { PLAN_FILE_LIMIT = 1 << 20 };

/* --with K=V: values as the step's tool wants them. NULL: none. */
static bool
add_with(const struct cli *c, const struct run_state *s,
	 const struct gate_row *g, cJSON *o, struct err *err)
{
	AUTO_JSON *pairs = cli_pairs(c, "with", err);
	const char *step = cli_option(c, "step");
	const cJSON *v;
	cJSON *with;

	if (!pairs)
		return false;
	if (!pairs->child)
		return true;
	with = cJSON_AddObjectToObject(o, "with");
	cJSON_ArrayForEach(v, pairs)
		cJSON_AddItemToObject(
			with, v->string,
			run_iterate_value(s, step ? step : g->step, v->string,
					  v->valuestring));
	return true;
}

static bool
add_workflow(const struct cli *c, const struct run_state *s,
	     const struct gate_row *g, cJSON *o, struct err *err)
{
	const char *file = cli_option(c, "workflow");
	AUTO(buf) text = BUF_INIT;

	if (!file)
		return true;
	if (!path_read(file, PLAN_FILE_LIMIT, &text, err))
		return false;
	if (memchr(buf_str(&text), 0, text.len))
		return FAIL(err, ERR_SYNTAX,
			    "%s: holds a NUL byte; it is not YAML text", file);
	/* Here, so that errors name the file. */
	if (str_eq(g->kind, "plan") &&
	    !run_check_workflow(s, buf_str(&text), file, err))
		return false;
	cJSON_AddStringToObject(o, "workflow", buf_str(&text));
	return true;
}

static bool
add_item(const struct cli *c, cJSON *o, struct err *err)
{
	const char *item = cli_option(c, "item");
	int64_t n = 0;

	if (!item)
		return true;
	if (!str_to_i64(item, 0, INT32_MAX, &n))
		return FAIL(err, ERR_USAGE, "--item %s: use a number from 0",
			    item);
	cJSON_AddNumberToObject(o, "item", (double)n);
	return true;
}

/* What to do anew, checked against the run as it is now. */
static char *
iterate_values(const struct cli *c, const struct gate_row *g, cJSON *inputs,
	       struct err *err)
{
	AUTO_PTR(run_state) s =
		engine_read(c->journal, g->run, &engine_tools, err);
	AUTO_JSON *o = cJSON_CreateObject();
	AUTO_FREE char *text = NULL;

	if (!s)
		return NULL;
	add_option(o, "step", cli_option(c, "step"));
	if (inputs->child)
		cJSON_AddItemToObject(o, "inputs",
				      cJSON_Duplicate(inputs, true));
	if (!add_item(c, o, err) || !add_with(c, s, g, o, err) ||
	    !add_workflow(c, s, g, o, err))
		return NULL;
	text = json_print(o);
	return run_check_iterate(s, g->number, text, err) ? TAKE(text) : NULL;
}

/* What the answer carries along: a form's values, or what to do anew. */
static char *
answer_values(const struct cli *c, const struct gate_row *g, enum decision d,
	      struct err *err)
{
	static const char *const only_iterate[] = { "step", "item", "with",
						    "workflow" };
	AUTO_JSON *pairs = cli_pairs(c, "set", err);

	if (!pairs)
		return NULL;
	/* A gate that is closed says so when it is answered. */
	if (d == DECISION_ITERATE && g->open)
		return iterate_values(c, g, pairs, err);
	for (size_t i = 0; i < ARRAY_LEN(only_iterate) && g->open; i++)
		if (cli_option(c, only_iterate[i])) {
			FAIL(err, ERR_USAGE, "--%s is for the decision iterate",
			     only_iterate[i]);
			return NULL;
		}
	return json_print(pairs);
}

static bool
check_decision(const struct gate_row *g, const char *word,
	       enum decision *ret, struct err *err)
{
	enum gate_kind kind = GATE_APPROVE;
	AUTO_FREE char *allowed = NULL;

	gate_kind_parse(g->kind, &kind);
	if (decision_parse(word, ret) && (gate_decisions(kind) & *ret))
		return true;
	allowed = gate_decisions_text(kind);
	return FAIL(err, ERR_USAGE, "a gate of kind %s takes %s, not \"%s\"",
		    g->kind, allowed, word);
}

static bool
decide(struct cli *c, char *run, struct err *err)
{
	AUTO(arena) arena = { 0 };
	AUTO_FREE char *user = cli_user();
	AUTO_FREE char *values = NULL;
	struct gate_answer a = { .by = user,
				 .comment = cli_option(c, "comment") };
	struct gate_row g;
	enum decision d;
	int64_t number;

	if (!journal_find_gate(c->journal, c->args[0], run, &number, err) ||
	    !journal_get_gate(c->journal, run, number, &arena, &g, err) ||
	    !check_decision(&g, c->args[1], &d, err))
		return false;
	values = answer_values(c, &g, d, err);
	if (!values)
		return false;
	a.decision = decision_name(d);
	a.values = values;
	if (!journal_decide(c->journal, run, number, &a, err))
		return false;
	if (!c->quiet && !c->json)
		printf("Gate %s.%" PRId64 ": %s by %s\n", run, number,
		       a.decision, user);
	return true;
}

int
cmd_decide(struct cli *c)
{
	struct err err = ERR_INIT;
	char run[ID_RUN_SIZE];

	if (c->arg_count != 2)
		return cli_usage(c, "decide takes a gate and a decision");
	if (!cli_journal(c, &err) || !decide(c, run, &err))
		return cli_fail(c, &err);
	/* Whoever owns the run goes on with it; without an owner, we do. */
	if (cli_flag(c, "no-resume") || journal_is_owned(c->journal, run))
		return 0;
	return drive_resume(c, run);
}

/* --- abort ------------------------------------------------------------- */

static bool
is_over(void *ud, const struct event *e, const char *data)
{
	(void)data;
	*(bool *)ud |= e->type == EV_run_ended;
	return true;
}

int
cmd_abort(struct cli *c)
{
	AUTO_FREE char *user = cli_user();
	AUTO(arena) arena = { 0 };
	struct err err = ERR_INIT;
	char run[ID_RUN_SIZE];
	bool over = false;

	if (c->arg_count != 1)
		return cli_usage(c, "abort takes one run");
	if (!cli_journal(c, &err) ||
	    !journal_find_run(c->journal, c->args[0], run, &err) ||
	    !journal_read(c->journal, run, 1, &arena, is_over, &over, &err))
		return cli_fail(c, &err);
	if (over) {
		FAIL(&err, ERR_CONFLICT, "run %s has ended already", run);
		return cli_fail(c, &err);
	}
	if (!journal_ask_abort(c->journal, run, user,
			       cli_option(c, "reason"), &err))
		return cli_fail(c, &err);
	if (journal_is_owned(c->journal, run))
		return 0;
	/* Ending it, with learn, is this process's to do; that the run then
	 * is "aborted" is what was asked for. */
	drive_resume(c, run);
	return 0;
}
