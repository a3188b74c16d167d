/*
 * The planner: a model that writes a workflow. Its answer is checked by the
 * loader that checks files; what is wrong goes back to it with line and
 * column, until it loads or its turns are used up (effect_agent.c). Then the
 * plan takes the way of every plan: inputs, class, gate.
 */
#include "run/effect_agent.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

enum {
	REPORT_MAX = 6000, /* bytes of one worker's report that are shown */
};

const char planner_schema[] =
	"{\"type\":\"object\",\"additionalProperties\":false,"
	"\"required\":[\"explanation\",\"workflow\"],\"properties\":{"
	"\"explanation\":{\"type\":\"string\",\"description\":"
	"\"two or three sentences for the person who approves it\"},"
	"\"workflow\":{\"type\":\"string\",\"description\":"
	"\"the workflow as YAML\"},"
	"\"description\":{\"type\":\"string\",\"description\":"
	"\"one sentence: what the workflow does\"},"
	"\"when_to_use\":{\"type\":\"string\",\"description\":"
	"\"when it fits and when not, one or two sentences\"}}}";

/* It reads guides, and nothing else: what it must know is in the reports. */
static const struct workflow_action reads = { .profile = SANDBOX_READ_ONLY };

void
planner_spec(struct agent_spec *ret)
{
	ret->action = &reads;
	strv_add(&ret->tools, "load_reference");
}

/* --- what it is told ---------------------------------------------------- */

static void
add_tools(struct buf *b, const struct workflow_tools *tools)
{
	buf_addstr(b, "\n\nTools (name: what it does; its arguments as JSON "
		      "Schema):\n");
	for (const struct tool *const *t = tools->all(); *t; t++)
		buf_printf(b, "%s: %s; %s\n", (*t)->name, (*t)->summary,
			   (*t)->schema);
}

static void
add_reports(struct buf *b, const struct run_state *s)
{
	for (size_t i = 0; i < s->worker_count; i++) {
		const struct worker_state *w = &s->workers[i];
		size_t len = w->report ? strlen(w->report) : 0;

		if (!w->ok || !len)
			continue;
		buf_printf(b, "\n\nReport \"%s\":\n%.*s", w->name,
			   (int)(len < REPORT_MAX ? len : REPORT_MAX),
			   w->report);
		if (len > REPORT_MAX)
			buf_addstr(b, " [cut]");
	}
}

void
planner_begin(struct live *l)
{
	const struct run_state *s = l->state;
	const cJSON *inputs = json_get(s->options.json, "inputs"), *f;
	const cJSON *hints = json_get(s->options.json, "hints");
	AUTO_FREE char *given = inputs ? json_print(inputs) : NULL;
	AUTO(buf) b = BUF_INIT;

	buf_printf(&b, "Task: %s\n\nWorkspace: %s", s->task, s->workspace);
	cJSON_ArrayForEach (f, json_get(s->options.json, "data"))
		if (cJSON_IsString(f))
			buf_printf(&b, "\nData file: %s", f->valuestring);
	if (given && strcmp(given, "{}") != 0)
		buf_printf(&b, "\nValues given for inputs: %s", given);
	if (hints) {
		AUTO_FREE char *asked = json_print(hints);

		buf_printf(&b, "\nThe person also asks: %s", asked);
	}
	add_tools(&b, l->o->tools);
	add_reports(&b, s);
	agent_tell_first(l, NULL, -1, "plan", NULL, &b);
}

void
planner_again(struct live *l, const struct agent_state *a)
{
	AUTO_FREE char *text = xasprintf(
		"A person looked at the plan and says:\n%s\n\nAnswer with the "
		"whole object again, changed as the person wants it.",
		l->state->plan_comment);

	agent_tell(l, a, NULL, -1, text);
}

/* --- its answer --------------------------------------------------------- */

static void
tell_problem(struct live *l, const struct agent_state *a, const char *why)
{
	AUTO_FREE char *text = xasprintf(
		"The program refused this:\n%s\n\nAnswer with the whole "
		"object again, mended.",
		why);

	agent_tell(l, a, NULL, -1, text);
}

static cJSON *
read_answer(const char *text, struct err *err)
{
	cJSON *v = json_in_text(text, "the answer", err);

	if (v && json_str(v, "workflow"))
		return v;
	if (v)
		FAIL(err, ERR_DATA, "the answer has no \"workflow\" text");
	cJSON_Delete(v);
	return NULL;
}

static void
propose(struct live *l, const cJSON *answer)
{
	const struct run_state *s = l->state;
	const cJSON *inputs = json_get(s->options.json, "inputs");
	const char *why = json_str(answer, "explanation");
	AUTO_FREE char *given = inputs ? json_print(inputs) : NULL;
	AUTO_FREE char *source =
		xasprintf("written by %s (%s)",
			  s->options.model ? s->options.model : "a model",
			  s->provider);
	struct event e = { .type = EV_plan_proposed };
	struct ev_plan_proposed *p = &e.plan_proposed;

	p->source = source;
	p->first_line = 1;
	p->workflow = json_str(answer, "workflow");
	p->explanation = why ? why : "";
	p->description = json_str(answer, "description");
	p->when_to_use = json_str(answer, "when_to_use");
	p->inputs = given;
	live_post(l, &e);
}

/* Inputs that were given and that it does not have are a mistake, too. */
static bool
takes_inputs(const struct workflow *w, const cJSON *given, struct err *err)
{
	const cJSON *v;

	cJSON_ArrayForEach (v, given)
		if (!workflow_input(w, v->string))
			return FAIL(err, ERR_DATA,
				    "a value was given for the input \"%s\" "
				    "and the workflow has none of that name",
				    v->string);
	return true;
}

/* A model never chooses which stored secret a program reads. */
static bool
chooses_no_secret(const struct workflow *w, struct err *err)
{
	for (size_t i = 0; i < w->input_count; i++)
		if (w->inputs[i].type == INPUT_SECRET && w->inputs[i].fallback)
			return FAIL(err, ERR_DATA,
				    "the input \"%s\" names a stored secret; "
				    "leave out its default, the person is "
				    "asked for it",
				    w->inputs[i].name);
	return true;
}

void
planner_answered(struct live *l, const struct agent_state *a)
{
	const struct messages *h = &a->history;
	AUTO_FREE char *text = message_plain(&h->items[h->count - 1]);
	struct err err = ERR_INIT;
	AUTO_JSON *answer = read_answer(text, &err);
	const char *yaml = json_str(answer, "workflow");
	AUTO_PTR(workflow) w = NULL;

	if (yaml)
		w = workflow_parse(yaml, strlen(yaml), "workflow", 1,
				   l->o->tools, &err);
	if (w && chooses_no_secret(w, &err) &&
	    takes_inputs(w, json_get(l->state->options.json, "inputs"), &err))
		propose(l, answer);
	else if (a->cut)
		tell_problem(l, a, "the answer was cut: it is too long");
	else
		tell_problem(l, a, err.msg);
}

void
planner_failed(struct live *l, const char *why)
{
	AUTO_FREE char *reason = xasprintf("the model made no plan: %s", why);
	struct event e = { .type = EV_plan_failed,
			   .plan_failed = { .reason = reason } };

	live_post(l, &e);
}
