#include "cli/request.h"

#include "agent/models.h"
#include "base/json.h"
#include "cli/hints.h"
#include "flow/policy.h"
#include "flow/researcher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TASK_BYTES = 64 << 10 };

/* --- options ----------------------------------------------------------- */

static const char *
option_or(const struct cli *c, const char *name, enum setting s)
{
	const char *v = cli_option(c, name);

	return v ? v : config_get(&c->config, s);
}

static bool
check_risk(const char *name, const char *value, struct err *err)
{
	enum risk risk;

	if (!value || strcmp(value, "none") == 0 || risk_parse(value, &risk))
		return true;
	return FAIL(err, ERR_USAGE,
		    "--%s %s: use low, medium, high or critical", name, value);
}

static bool
check_options(const struct cli *c, struct err *err)
{
	const char *jobs = option_or(c, "jobs", SETTING_JOBS);
	const char *provider = option_or(c, "provider", SETTING_PROVIDER);
	const char *failure = option_or(c, "on-failure", SETTING_ON_FAILURE);
	const char *manual = cli_option(c, "manual-minutes");
	double minutes;
	int64_t n;

	if (manual && (!str_to_double(manual, &minutes) ||
		       !(minutes > 0 && minutes <= 1e7)))
		return FAIL(err, ERR_USAGE,
			    "--manual-minutes %s: use a number over 0", manual);
	if (!check_risk("approve", option_or(c, "approve", SETTING_APPROVE),
			err) ||
	    !check_risk("risk", cli_option(c, "risk"), err))
		return false;
	if (!str_to_i64(jobs, 0, 64, &n))
		return FAIL(err, ERR_USAGE,
			    "--jobs %s: use a number from 1 to 64", jobs);
	if (strcmp(provider, "offline") != 0 && !provider_find(provider))
		return FAIL(err, ERR_USAGE,
			    "there is no provider \"%s\"; there are offline, "
			    "openai, openai-chat, anthropic, ollama, "
			    "llama.cpp and vllm",
			    provider);
	if (!config_budget(option_or(c, "budget", SETTING_BUDGET), &n))
		return FAIL(err, ERR_USAGE,
			    "--budget %s: use dollars over 0, or none",
			    option_or(c, "budget", SETTING_BUDGET));
	if (cli_flag(c, "explore") && strcmp(provider, "offline") == 0)
		return FAIL(err, ERR_USAGE,
			    "--explore: the offline provider only replays "
			    "patterns; it cannot plan without one");
	if (strcmp(failure, "ask") != 0 && strcmp(failure, "abort") != 0)
		return FAIL(err, ERR_USAGE, "--on-failure %s: use ask or abort",
			    failure);
	return true;
}

/* Who is asked, and how much money for it: nothing for the offline
 * provider. A key that is missing is said before a run is made. */
static bool
add_model(const struct cli *c, cJSON *o, struct err *err)
{
	const char *name = option_or(c, "provider", SETTING_PROVIDER);
	const char *model = option_or(c, "model", SETTING_MODEL);
	AUTO_PTR(models) known = NULL;
	int64_t microusd = 0, researchers = RESEARCHERS_USUAL;

	if (strcmp(name, "offline") == 0)
		return true;
	if (!provider_check(name, config_get(&c->config, SETTING_BASE_URL),
			    err) ||
	    !(known = models_load(&c->paths, err)))
		return false;
	if (!*model && models_first(known, name))
		model = models_first(known, name)->name;
	if (!*model)
		return FAIL(err, ERR_USAGE,
			    "provider %s: say which model with --model; "
			    "agentops doctor lists those of servers that "
			    "answer",
			    name);
	config_budget(option_or(c, "budget", SETTING_BUDGET), &microusd);
	cJSON_AddStringToObject(o, "model", model);
	cJSON_AddNumberToObject(o, "budget_microusd", (double)microusd);
	/* A pattern that is named is replayed as it is. */
	str_to_i64(config_get(&c->config, SETTING_RESEARCHERS), 0, RESEARCHERS,
		   &researchers);
	if (!json_str(o, "pattern"))
		cJSON_AddNumberToObject(o, "researchers", (double)researchers);
	return true;
}

/* "--port 8080" of a command that takes any key. */
static void
add_any_keys(const struct cli *c, cJSON *inputs)
{
	for (int i = 0; i < c->given_count; i++) {
		const struct cli_given *g = &c->given[i];
		AUTO_FREE char *key = xstrndup(g->key, g->key_len);

		if (strcmp(g->option->name, CLI_ANY_KEY) != 0)
			continue;
		cJSON_DeleteItemFromObjectCaseSensitive(inputs, key);
		cJSON_AddStringToObject(inputs, key, g->value);
	}
}

static void
add_option(cJSON *o, const char *key, const char *value)
{
	if (value)
		cJSON_AddStringToObject(o, key, value);
}

static cJSON *
make_options(const struct cli *c, struct err *err)
{
	cJSON *inputs = cli_pairs(c, "input", err), *o;
	const char *pattern = cli_option(c, "pattern");
	int64_t jobs = 0;
	double minutes;

	if (!inputs)
		return NULL;
	add_any_keys(c, inputs);
	o = cJSON_CreateObject();
	cJSON_AddItemToObject(o, "inputs", inputs);
	cJSON_AddItemToObject(o, "data", cli_values(c, "data"));
	if (cli_flag(c, "skip-optional"))
		cJSON_AddTrueToObject(o, "skip_optional");
	if (cli_option(c, "plugin-override"))
		cJSON_AddItemToObject(o, "overrides",
				      cli_values(c, "plugin-override"));
	add_option(o, "pattern",
		   pattern ? pattern : cli_option(c, "pattern-id"));
	add_option(o, "approve", option_or(c, "approve", SETTING_APPROVE));
	add_option(o, "risk", cli_option(c, "risk"));
	add_option(o, "on_failure",
		   option_or(c, "on-failure", SETTING_ON_FAILURE));
	add_option(o, "sandbox", config_get(&c->config, SETTING_SANDBOX));
	str_to_i64(option_or(c, "jobs", SETTING_JOBS), 0, 64, &jobs);
	cJSON_AddNumberToObject(o, "jobs", (double)jobs);
	if (cli_option(c, "manual-minutes") &&
	    str_to_double(cli_option(c, "manual-minutes"), &minutes))
		cJSON_AddNumberToObject(o, "manual_minutes", minutes);
	cJSON_AddBoolToObject(o, "plan_only", cli_flag(c, "plan-only"));
	cJSON_AddBoolToObject(o, "explore", cli_flag(c, "explore"));
	return o;
}

/* --- files ------------------------------------------------------------- */

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

static bool
find_workspace(const struct cli *c, char **ret, struct err *err)
{
	const char *dir = cli_option(c, "workspace");
	AUTO_FREE char *path = realpath(dir ? dir : ".", NULL);

	if (!path || !path_is_dir(path))
		return FAIL(err, ERR_USAGE,
			    "--workspace %s: there is no such folder",
			    dir ? dir : ".");
	*ret = TAKE(path);
	return true;
}

/* --- the task ---------------------------------------------------------- */

/* Brackets may stand in the task, or follow it as arguments of their own,
 * which a shell splits at blanks. */
static char *
take_task(const struct cli *c, int at, cJSON *hints, struct err *err)
{
	AUTO_FREE char *task = xstrdup(at < c->arg_count ? c->args[at] : "");
	AUTO_FREE char *rest = NULL;
	AUTO(buf) more = BUF_INIT;

	if (strlen(task) > TASK_BYTES) {
		FAIL(err, ERR_USAGE,
		     "the task is longer than 64 KiB; put it "
		     "into a file and name that");
		return NULL;
	}
	for (int i = at + 1; i < c->arg_count; i++)
		buf_printf(&more, "%s ", c->args[i]);
	rest = xstrdup(buf_str(&more));
	if (!hints_take(task, hints, err) || !hints_take(rest, hints, err))
		return NULL;
	if (*str_trim(rest)) {
		FAIL(err, ERR_USAGE, "%s takes one task, in quotes",
		     c->command->name);
		return NULL;
	}
	return TAKE(task);
}

/* A pattern may be named by an option, by a bracket, and by the argument
 * before the task. */
static bool
name_pattern(cJSON *options, const char *id, const char *how, struct err *err)
{
	const char *given = json_str(options, "pattern");

	if (!id || str_eq(id, given))
		return true;
	if (given)
		return FAIL(err, ERR_USAGE,
			    "two patterns are named: %s and %s%s", given, how,
			    id);
	cJSON_AddStringToObject(options, "pattern", id);
	return true;
}

static bool
name_patterns(const struct cli *c, int task_arg, cJSON *options, cJSON *hints,
	      struct err *err)
{
	AUTO_JSON *id =
		cJSON_DetachItemFromObjectCaseSensitive(hints, "pattern");
	const char *first = task_arg > 0 && c->arg_count ? c->args[0] : NULL;

	return name_pattern(options, first, "", err) &&
	       name_pattern(options, cJSON_GetStringValue(id),
			    "pattern: ", err);
}

/* "tabular data review": an id says what is done. */
static void
task_of_pattern(char **task, const cJSON *options)
{
	const char *id = json_str(options, "pattern");

	if (**task || !id)
		return;
	free(*task);
	*task = xstrdup(id);
	for (char *p = *task; *p; p++)
		if (strchr("-_.", *p))
			*p = ' ';
}

void
request_update(struct request *r)
{
	free(r->text);
	r->run.options = r->text = json_print(r->options);
}

void
request_release(struct request *r)
{
	cJSON_Delete(r->options);
	free(r->task);
	free(r->workspace);
	free(r->text);
	memset(r, 0, sizeof(*r));
}

bool
request_make(struct cli *c, int task_arg, struct request *ret, struct err *err)
{
	AUTO_JSON *hints = cJSON_CreateObject();
	AUTO_JSON *options = NULL;
	AUTO_FREE char *task = take_task(c, task_arg, hints, err);
	AUTO_FREE char *workspace = NULL;

	if (!task || !cli_paths(c, err) || !check_options(c, err))
		return false;
	options = make_options(c, err);
	if (!options || !add_model(c, options, err) ||
	    !check_data(options, err) ||
	    !find_workspace(c, &workspace, err) ||
	    !name_patterns(c, task_arg, options, hints, err))
		return false;
	if (task_arg > 0)
		task_of_pattern(&task, options);
	if (!*task)
		return FAIL(err, ERR_USAGE, "%s takes one task, in quotes",
			    c->command->name);
	if (cJSON_GetArraySize(hints))
		cJSON_AddItemToObject(options, "hints", TAKE(hints));
	*ret = (struct request){ .task = TAKE(task),
				 .workspace = TAKE(workspace),
				 .options = TAKE(options) };
	ret->run.task = ret->task;
	ret->run.workspace = ret->workspace;
	ret->run.provider = option_or(c, "provider", SETTING_PROVIDER);
	request_update(ret);
	return true;
}
