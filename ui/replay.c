/* The form of a replay, and the line that starts it. */
#include "ui/replay.h"

#include "base/json.h"
#include "cli/slash_words.h"
#include "flow/workflow.h"
#include "run/engine.h"
#include "ui/form.h"

#include <stdlib.h>
#include <string.h>

/* Names that no input can have: see WORKFLOW_ID_MAX. */
static const char TASK[] = "Task", DATA[] = "Data";

static const enum form_type FORM_OF[] = {
	[INPUT_TEXT] = FORM_TEXT,       [INPUT_NUMBER] = FORM_NUMBER,
	[INPUT_BOOLEAN] = FORM_BOOLEAN, [INPUT_SELECT] = FORM_SELECT,
	[INPUT_FILE] = FORM_FILE,       [INPUT_LIST] = FORM_LIST,
	[INPUT_DATE] = FORM_DATE,       [INPUT_SECRET] = FORM_TEXT,
};

/* A value as --input takes it; caller frees. */
static char *
value_text(const cJSON *v)
{
	AUTO(buf) text = BUF_INIT;
	const cJSON *item;

	if (cJSON_IsString(v))
		return xstrdup(v->valuestring);
	if (!cJSON_IsArray(v))
		return json_print(v);
	cJSON_ArrayForEach (item, v)
		buf_printf(&text, "%s%s", text.len ? ", " : "",
			   cJSON_GetStringValue(item));
	return buf_steal(&text);
}

static void
add_word(struct buf *line, const char *option, const char *word)
{
	AUTO_FREE char *quoted = slash_quote(word);

	buf_printf(line, " %s%s", option, quoted);
}

static void
start(struct app *a, void *ud, const cJSON *values, const cJSON *changed)
{
	AUTO(buf) line = BUF_INIT;
	const cJSON *v;

	(void)changed;
	buf_addstr(&line, "/orchestrate");
	add_word(&line, "--pattern ", ud);
	cJSON_ArrayForEach (v, values) {
		AUTO_FREE char *text = value_text(v);
		AUTO_FREE char *pair = NULL;

		if (strcmp(v->string, TASK) == 0)
			continue;
		if (strcmp(v->string, DATA) == 0) {
			add_word(&line, "--data ", text);
			continue;
		}
		pair = xasprintf("%s=%s", v->string, text);
		add_word(&line, "--input ", pair);
	}
	add_word(&line, "-- ", json_str(values, TASK));
	app_ask(a, ASK_START)->text = buf_steal(&line);
}

static void
add_input(struct form *f, const struct workflow_input *in)
{
	AUTO_JSON *value = in->fallback ? yaml_to_json(in->fallback) : NULL;
	AUTO_JSON *options = cJSON_CreateArray();
	struct form_field field = {
		.name = in->name,
		.label = in->prompt,
		.help = in->help,
		.type = FORM_OF[in->type],
		.required = in->required,
		.value = value,
		.options = options,
		.pattern = in->pattern,
		.has_min = in->has_min,
		.has_max = in->has_max,
		.min = in->min,
		.max = in->max,
	};

	for (size_t i = 0; i < in->option_count; i++)
		cJSON_AddItemToArray(options,
				     cJSON_CreateString(in->options[i]));
	if (in->type == INPUT_SECRET)
		form_field_secret(&field);
	form_add(f, &field);
}

static void
add_fields(struct form *f, const struct pattern *p, const struct workflow *wf)
{
	AUTO_JSON *task = cJSON_CreateString(p->name);
	bool has_file = false;
	struct form_field field = {
		.name = TASK,
		.label = "Task",
		.required = true,
		.value = task,
		.help = "what the run is called, and learnt as",
	};

	form_add(f, &field);
	for (size_t i = 0; i < wf->input_count; i++) {
		add_input(f, &wf->inputs[i]);
		has_file |= wf->inputs[i].type == INPUT_FILE;
	}
	if (has_file)
		return;
	field = (struct form_field){ .name = DATA,
				     .label = "Data file",
				     .type = FORM_FILE };
	form_add(f, &field);
}

bool
replay_open(struct app *a, const struct pattern *p, struct err *err)
{
	AUTO_PTR(workflow) wf = NULL;
	AUTO_FREE char *key = NULL;
	AUTO_FREE char *title = NULL;
	struct form *f;

	if (!p->workflow)
		return FAIL(err, ERR_DATA, "%s has no workflow to replay",
			    p->id);
	wf = workflow_parse(p->workflow, strlen(p->workflow), p->id,
			    p->workflow_line, &engine_tools, err);
	if (!wf)
		return false;
	key = xasprintf("replay %s", p->id);
	title = xasprintf("Replay %s", p->name);
	f = form_new(a, key, title, p->description);
	add_fields(f, p, wf);
	form_on_submit(f, start, xstrdup(p->id), free);
	app_push(a, form_layer(f));
	return true;
}
