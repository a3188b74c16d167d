#include "run/shown.h"

#include "base/json.h"
#include "run/changed.h"

#include <string.h>

/* What every gate shows, whatever it is about. */
static cJSON *
begin(const struct run_state *s)
{
	cJSON *o = cJSON_CreateObject();

	if (s->options.sandbox_off)
		cJSON_AddStringToObject(o, "sandbox", "off");
	return o;
}

static char *
finish(cJSON *o, struct arena *a)
{
	AUTO_FREE char *text = json_print(o);

	cJSON_Delete(o);
	return arena_strdup(a, text);
}

static void
add_text(cJSON *o, const char *key, const char *text)
{
	if (text)
		cJSON_AddStringToObject(o, key, text);
	else
		cJSON_AddNullToObject(o, key);
}

/* json is a text of ours or NULL. */
static void
add_json(cJSON *o, const char *key, const char *json)
{
	cJSON *v = json ? cJSON_Parse(json) : NULL;

	cJSON_AddItemToObject(o, key, v ? v : cJSON_CreateNull());
}

static cJSON *
strings(const struct strv *v)
{
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < v->count; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(v->items[i]));
	return list;
}

char *
shown_list(const struct strv *v)
{
	AUTO_JSON *list = strings(v);

	return json_print(list);
}

/* What is really given: one input may name the secret of another. */
static void
add_secret(cJSON *list, const char *value)
{
	if (!str_empty(value))
		cJSON_AddItemToArray(list, cJSON_CreateString(value));
}

static void
add_action(cJSON *o, const struct run_state *s,
	   const struct workflow_action *act)
{
	cJSON_AddStringToObject(o, "tool", act->tool->name);
	cJSON_AddStringToObject(o, "profile",
				sandbox_profile_name(run_profile(s, act)));
	add_text(o, "command", act->code);
	if (act->with)
		cJSON_AddItemToObject(o, "with", yaml_to_json(act->with));
	if (act->hosts) {
		cJSON *hosts = cJSON_AddArrayToObject(o, "hosts");

		for (const char *const *h = act->hosts; *h; h++)
			cJSON_AddItemToArray(hosts, cJSON_CreateString(*h));
	}
	if (act->secrets) {
		cJSON *secrets = cJSON_AddArrayToObject(o, "secrets");

		for (const char *const *n = act->secrets; *n; n++)
			add_secret(secrets, json_str(s->inputs, *n));
	}
}

static cJSON *
step_json(const struct run_state *s, int step)
{
	const struct workflow_step *w = &s->workflow->steps[step];
	struct policy_class c = POLICY_CLASS_INIT;
	cJSON *o = cJSON_CreateObject(), *needs;

	workflow_step_class(s->workflow, w, s->inputs, &c);
	cJSON_AddStringToObject(o, "id", w->id);
	cJSON_AddStringToObject(o, "title", w->title);
	cJSON_AddStringToObject(o, "risk", risk_name(c.risk));
	cJSON_AddItemToObject(o, "reasons", strings(&c.reasons));
	policy_class_release(&c);
	add_action(o, s, &w->action);
	if (s->steps && s->steps[step].overrides)
		cJSON_AddItemToObject(
			o, "overrides",
			cJSON_Duplicate(s->steps[step].overrides, true));
	needs = cJSON_AddArrayToObject(o, "needs");
	for (size_t i = 0; i < w->need_count; i++)
		cJSON_AddItemToArray(
			needs, cJSON_CreateString(
				       s->workflow->steps[w->needs[i]].id));
	if (w->fallback)
		add_action(cJSON_AddObjectToObject(o, "fallback"), s,
			   w->fallback);
	return o;
}

char *
shown_plan(const struct run_state *s, struct arena *a)
{
	cJSON *o = begin(s), *steps;
	char hash[SHA256_HEX_SIZE];

	sha256_hex(s->workflow_text, strlen(s->workflow_text), hash);
	cJSON_AddStringToObject(o, "workflow", s->workflow->name);
	cJSON_AddStringToObject(o, "workflow_sha256", hash);
	add_text(o, "pattern", s->pattern);
	add_text(o, "source", s->plan_source);
	add_text(o, "explanation", s->plan_explanation);
	add_json(o, "choice", s->plan_choice);
	cJSON_AddStringToObject(o, "risk", risk_name(s->risk));
	add_json(o, "reasons", s->risk_reasons);
	cJSON_AddNumberToObject(o, "limit", s->limit);
	cJSON_AddItemToObject(o, "inputs", cJSON_Duplicate(s->inputs, true));
	steps = cJSON_AddArrayToObject(o, "steps");
	for (size_t i = 0; i < s->workflow->step_count; i++)
		cJSON_AddItemToArray(
			steps, step_json(s, s->workflow->order[i]));
	return finish(o, a);
}

char *
shown_step(struct run_state *s, int step, struct arena *a)
{
	const struct workflow_action *act =
		&s->workflow->steps[step].action;
	AUTO_JSON *values = run_item_values(s, step, -1, 1);
	cJSON *o = step_json(s, step), *args = NULL;

	if (s->options.sandbox_off)
		cJSON_AddStringToObject(o, "sandbox", "off");
	/* The arguments as they will be; a foreach has them per item. */
	if (!s->workflow->steps[step].foreach &&
	    run_item_args(s, step, -1, act, values, &args, NULL))
		cJSON_AddItemToObject(o, "args", args);
	return finish(o, a);
}

static cJSON *
artifact_json(const struct run_state *s, const struct artifact_state *f)
{
	cJSON *o = cJSON_CreateObject();
	const char *before = changed_before(s, f);

	cJSON_AddStringToObject(o, "name", f->name);
	cJSON_AddStringToObject(o, "step", f->step);
	cJSON_AddNumberToObject(o, "item", f->item);
	cJSON_AddNumberToObject(o, "attempt", f->attempt);
	add_text(o, "file", f->file);
	add_text(o, "sha256", f->sha256);
	if (before)
		cJSON_AddStringToObject(o, "previous_sha256", before);
	add_text(o, "media_type", f->media_type);
	cJSON_AddNumberToObject(o, "size_bytes", (double)f->size_bytes);
	add_json(o, "findings", f->findings);
	return o;
}

/* Of the last attempt of its item. */
static bool
is_current(const struct run_state *s, const struct artifact_state *f)
{
	int step = workflow_find(s->workflow, f->step);
	int item = f->item < 0 ? 0 : f->item;

	return step >= 0 && item < s->steps[step].item_count &&
	       s->steps[step].items[item].attempt == f->attempt;
}

char *
shown_review(const struct run_state *s, struct arena *a)
{
	cJSON *o = begin(s), *list, *steps;

	cJSON_AddNumberToObject(o, "iteration", s->iteration);
	cJSON_AddNumberToObject(o, "limit", s->limit);
	list = cJSON_AddArrayToObject(o, "artifacts");
	for (size_t i = 0; i < s->artifact_count; i++)
		if (is_current(s, &s->artifacts[i]))
			cJSON_AddItemToArray(
				list, artifact_json(s, &s->artifacts[i]));
	steps = cJSON_AddArrayToObject(o, "steps");
	for (size_t i = 0; i < s->workflow->step_count; i++) {
		cJSON *row = cJSON_CreateObject();

		cJSON_AddStringToObject(row, "id", s->workflow->steps[i].id);
		cJSON_AddStringToObject(
			row, "outcome",
			item_status_name(s->steps[i].outcome));
		add_text(row, "reason", s->steps[i].reason);
		cJSON_AddItemToArray(steps, row);
	}
	if (s->past_inputs) {
		cJSON_AddNumberToObject(o, "since", s->past_iteration);
		add_text(o, "comment", s->comment);
		cJSON_AddItemToObject(o, "changed", changed_list(s));
	}
	return finish(o, a);
}

char *
shown_limit(const struct run_state *s, int next_step, struct arena *a)
{
	cJSON *o = begin(s), *incomplete, *errors;

	cJSON_AddNumberToObject(o, "iteration", s->iteration);
	cJSON_AddNumberToObject(o, "limit", s->limit);
	incomplete = cJSON_AddArrayToObject(o, "incomplete");
	errors = cJSON_AddArrayToObject(o, "errors");
	for (size_t i = 0; i < s->workflow->step_count; i++) {
		const struct step_state *st = &s->steps[i];

		if (st->outcome == ITEM_WAITING)
			cJSON_AddItemToArray(
				incomplete,
				cJSON_CreateString(
					s->workflow->steps[i].id));
		for (int k = 0; k < st->item_count; k++)
			if (st->items[k].error)
				cJSON_AddItemToArray(
					errors,
					cJSON_CreateString(
						st->items[k].error));
	}
	cJSON_AddStringToObject(o, "next",
				s->workflow->steps[next_step].id);
	cJSON_AddNumberToObject(o, "granted_by_yes", POLICY_EXTENSION);
	return finish(o, a);
}

char *
shown_spend(const struct run_state *s, struct arena *a)
{
	const struct spend_state *m = &s->spend;
	cJSON *o = begin(s);

	cJSON_AddNumberToObject(o, "spent_microusd", (double)m->spent_microusd);
	cJSON_AddNumberToObject(o, "limit_microusd", (double)m->limit_microusd);
	cJSON_AddNumberToObject(o, "needed_microusd",
				(double)m->needed_microusd);
	cJSON_AddNumberToObject(o, "granted_microusd",
				(double)m->grant_microusd);
	cJSON_AddNumberToObject(o, "turns", m->turns);
	cJSON_AddNumberToObject(o, "input_tokens", (double)m->input_tokens);
	cJSON_AddNumberToObject(o, "output_tokens", (double)m->output_tokens);
	return finish(o, a);
}

static cJSON *
field_json(const struct workflow_input *in)
{
	cJSON *o = cJSON_CreateObject();

	cJSON_AddStringToObject(o, "name", in->name);
	cJSON_AddStringToObject(o, "type", input_type_name(in->type));
	cJSON_AddStringToObject(o, "prompt", in->prompt);
	add_text(o, "help", in->help);
	cJSON_AddBoolToObject(o, "required", in->required);
	cJSON_AddItemToObject(o, "default",
			      in->fallback ? yaml_to_json(in->fallback) :
					     cJSON_CreateNull());
	if (in->pattern)
		add_text(o, "pattern", in->pattern);
	if (in->has_min)
		cJSON_AddNumberToObject(o, "min", in->min);
	if (in->has_max)
		cJSON_AddNumberToObject(o, "max", in->max);
	if (in->option_count) {
		cJSON *options = cJSON_AddArrayToObject(o, "options");

		for (size_t i = 0; i < in->option_count; i++)
			cJSON_AddItemToArray(
				options, cJSON_CreateString(in->options[i]));
	}
	return o;
}

char *
shown_form(const struct run_state *s, const struct strv *missing,
	   const char *problem, struct arena *a)
{
	cJSON *o = begin(s);
	cJSON *fields = cJSON_AddArrayToObject(o, "fields");

	for (size_t i = 0; i < s->workflow->input_count; i++)
		if (problem ||
		    strv_has(missing, s->workflow->inputs[i].name))
			cJSON_AddItemToArray(
				fields,
				field_json(&s->workflow->inputs[i]));
	cJSON_AddItemToObject(o, "given",
			      s->inputs ? cJSON_Duplicate(s->inputs, true) :
					  cJSON_CreateObject());
	add_text(o, "problem", problem);
	return finish(o, a);
}

char *
shown_item(const struct run_state *s, int step, int item, struct arena *a)
{
	const struct workflow_step *w = &s->workflow->steps[step];
	const struct item_state *it = &s->steps[step].items[item];
	cJSON *o = begin(s);

	cJSON_AddStringToObject(o, "step", w->id);
	cJSON_AddNumberToObject(o, "item",
				s->steps[step].is_list ? item : -1);
	cJSON_AddNumberToObject(o, "attempt", it->attempt);
	cJSON_AddBoolToObject(o, "fallback", it->fallback);
	add_action(o, s,
		   it->fallback && w->fallback ? w->fallback : &w->action);
	add_json(o, "args", it->args);
	add_text(o, "error", it->error);
	cJSON_AddNumberToObject(o, "exit_status", it->exit_status);
	add_json(o, "findings", it->findings);
	return finish(o, a);
}
