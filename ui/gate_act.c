/*
 * gate_act.c - answering the open gate by keyboard.
 *
 * An answer goes out as ASK_DECIDE; the gate closes when its event comes
 * back, so what is shown is always what the journal says. A gate that was
 * answered elsewhere meanwhile makes the answer fail with a note that says
 * who did.
 */
#include "ui/main_view.h"

#include "base/json.h"
#include "base/path.h"
#include "cli/gate_text.h"
#include "run/iterate.h"
#include "run/shown.h"
#include "ui/form.h"

#include <stdlib.h>
#include <string.h>

static struct ask *
ask_decide(struct app *a, int gate, enum decision d)
{
	struct ask *k = app_ask(a, ASK_DECIDE);

	main_answered(a, gate);
	k->run = xstrdup(a->state->id);
	k->number = gate;
	k->decision = d;
	return k;
}

/* Which gate a form or question is about: it may have closed meanwhile. */
struct about {
	char run[ID_RUN_SIZE];
	int gate;
	char *step;
	int item;
};

static struct about *
about_new(const struct app *a, const struct gate_state *g)
{
	struct about *b = xcalloc(1, sizeof(*b));

	memcpy(b->run, a->state->id, sizeof(b->run));
	b->gate = g->number;
	b->item = -1;
	return b;
}

static void
about_free(void *ud)
{
	struct about *b = ud;

	free(b->step);
	free(b);
}

/* Still the open run's open gate; else says so. */
static bool
still_open(struct app *a, const struct about *b)
{
	const struct gate_state *g =
		a->state && strcmp(a->state->id, b->run) == 0 &&
				(size_t)b->gate <= a->state->gate_count ?
			&a->state->gates[b->gate - 1] :
			NULL;

	if (g && g->open)
		return true;
	app_note(a, true, "Gate %s.%d was answered meanwhile%s%s", b->run,
		 b->gate, g && g->by ? " by " : "", g && g->by ? g->by : "");
	return false;
}

/* --- yes, no ------------------------------------------------------------ */

static bool
act_approve(struct app *a, const struct gate_state *g)
{
	if (g->kind == GATE_FORM ||
	    !(gate_decisions(g->kind) & DECISION_APPROVE))
		return false;
	if (main_too_soon(a, g->number))
		return true;
	ask_decide(a, g->number, DECISION_APPROVE);
	return true;
}

static void
on_reason(struct app *a, void *ud, const cJSON *values, const cJSON *changed)
{
	const struct about *b = ud;
	const char *why = json_str(values, "comment");

	(void)changed;
	if (still_open(a, b))
		ask_decide(a, b->gate, DECISION_REJECT)->text = xstrdup0(why);
}

static bool
act_reject(struct app *a, const struct gate_state *g)
{
	AUTO_FREE char *key =
		xasprintf("%s.%d.reject", a->state->id, g->number);
	struct form *f = form_new(a, key, "Reject",
				  "The run ends; what is done is kept, and "
				  "learn still runs.");

	form_add(f, &(struct form_field){ .name = "comment",
					  .label = "Why",
					  .help = "kept in the journal; may "
						  "be empty",
					  .type = FORM_COMMENT });
	form_on_submit(f, on_reason, about_new(a, g), about_free);
	app_push(a, form_layer(f));
	return true;
}

/* --- form gates --------------------------------------------------------- */

static void
on_filled(struct app *a, void *ud, const cJSON *values, const cJSON *changed)
{
	const struct about *b = ud;

	(void)changed;
	if (still_open(a, b))
		ask_decide(a, b->gate, DECISION_APPROVE)->values =
			json_print(values);
}

static bool
act_fill(struct app *a, const struct gate_state *g)
{
	AUTO_FREE char *key = xasprintf("%s.%d", a->state->id, g->number);
	AUTO_JSON *shown = g->shown ? cJSON_Parse(g->shown) : NULL;
	struct form *f;

	if (g->kind != GATE_FORM)
		return false;
	f = form_new(a, key, g->title, json_str(shown, "problem"));
	form_add_shown(f, shown);
	form_on_submit(f, on_filled, about_new(a, g), about_free);
	app_push(a, form_layer(f));
	return true;
}

/* --- iterate ------------------------------------------------------------ */

static void
on_iterated(struct app *a, void *ud, const cJSON *values, const cJSON *changed)
{
	const struct about *b = ud;
	AUTO_JSON *o = cJSON_CreateObject();
	cJSON *with = cJSON_Duplicate(changed, true);
	struct ask *k;

	if (!still_open(a, b))
		return;
	cJSON_DeleteItemFromObject(with, "comment");
	if (b->step) {
		cJSON_AddStringToObject(o, "step", b->step);
		if (b->item >= 0)
			cJSON_AddNumberToObject(o, "item", b->item);
		cJSON_AddItemToObject(o, "with", with);
	} else {
		cJSON_AddItemToObject(o, "inputs", with);
	}
	k = ask_decide(a, b->gate, DECISION_ITERATE);
	k->text = xstrdup0(json_str(values, "comment"));
	k->values = json_print(o);
}

/* Of a stored artifact, whose path says nothing: "rows.csv of step clean. "
 * before the help; caller frees. */
static char *
argument_help(const struct app *a, const cJSON *arg)
{
	const char *help = json_str(arg, "description");
	const char *value = json_str(arg, "value");

	for (size_t i = 0; value && i < a->state->artifact_count; i++) {
		const struct artifact_state *x = &a->state->artifacts[i];

		if (strstr(value, x->sha256) && *x->sha256)
			return xasprintf("%s of step %s. %s",
					 path_base(x->file), x->step,
					 help ? help : "");
	}
	return xstrdup0(help);
}

/* One field of a form for an argument of the step, as its tool's schema
 * describes it. */
static void
add_argument(const struct app *a, struct form *f, const cJSON *arg)
{
	AUTO_FREE char *help = argument_help(a, arg);
	const cJSON *types = json_get(arg, "type");
	const char *type = cJSON_IsArray(types) ?
				   cJSON_GetStringValue(types->child) :
				   cJSON_GetStringValue(types);
	const cJSON *options = json_get(arg, "enum");
	struct form_field field = {
		.name = json_str(arg, "name"),
		.label = json_str(arg, "name"),
		.help = help,
		.type = options                 ? FORM_SELECT :
			str_eq(type, "boolean") ? FORM_BOOLEAN :
			str_eq(type, "integer") ? FORM_INTEGER :
			str_eq(type, "number")  ? FORM_NUMBER :
			str_eq(type, "array")   ? FORM_LIST :
						  FORM_TEXT,
		.value = json_get(arg, "value"),
		.options = options,
		.has_min = json_get(arg, "minimum") != NULL,
		.min = json_num(arg, "minimum", 0),
		.has_max = json_get(arg, "maximum") != NULL,
		.max = json_num(arg, "maximum", 0),
	};

	if (field.name && !str_eq(type, "object"))
		form_add(f, &field);
}

/* The inputs of the workflow, for gates that show no picture. */
static void
add_inputs(const struct run_state *s, struct form *f)
{
	AUTO(arena) arena = { 0 };
	AUTO(strv) names = STRV_INIT;
	AUTO_JSON *shown = NULL;

	for (size_t i = 0; i < s->workflow->input_count; i++)
		strv_add(&names, s->workflow->inputs[i].name);
	shown = cJSON_Parse(shown_form(s, &names, NULL, &arena));
	form_add_shown(f, shown);
}

static bool
act_iterate(struct app *a, const struct gate_state *g)
{
	struct main_layer *m = (struct main_layer *)a->top;
	int at = g->kind == GATE_PLAN ? -1 :
					artifacts_picture(a->state, m->picture);
	const struct artifact_state *x =
		at >= 0 ? &a->state->artifacts[at] : NULL;
	AUTO_FREE char *key =
		xasprintf("%s.%d.%d", a->state->id, g->number, at);
	AUTO_FREE char *title =
		x ? xasprintf("Iterate: run %s again", x->step) :
		    xstrdup("Iterate: run again with other inputs");
	AUTO_JSON *args = NULL;
	const cJSON *arg;
	struct about *b;
	struct form *f;

	if (!(gate_decisions(g->kind) & DECISION_ITERATE) ||
	    !a->state->workflow)
		return false;
	f = form_new(a, key, title,
		     "Say what should be better, change what you like; "
		     "it runs again and the gate comes back.");
	b = about_new(a, g);
	form_add(f, &(struct form_field){
			    .name = "comment",
			    .label = "Comment",
			    .help = "your words; kept in the journal",
			    .type = FORM_COMMENT });
	if (x) {
		b->step = xstrdup(x->step);
		b->item = x->item;
		args = run_iterate_fields(a->state, x->step, x->item);
	}
	cJSON_ArrayForEach (arg, args)
		add_argument(a, f, arg);
	if (!x)
		add_inputs(a->state, f);
	form_on_submit(f, on_iterated, b, about_free);
	app_push(a, form_layer(f));
	return true;
}

/* --- interrupted -------------------------------------------------------- */

static bool
act_interrupted(struct app *a, const struct gate_state *g, enum decision d)
{
	if (g->kind != GATE_INTERRUPTED)
		return false;
	if (!main_too_soon(a, g->number))
		ask_decide(a, g->number, d);
	return true;
}

/* --- looking ------------------------------------------------------------ */

void
gate_details(struct app *a)
{
	const struct gate_state *g = app_gate(a);
	AUTO(strv) lines = STRV_INIT;
	AUTO(buf) b = BUF_INIT;

	if (!g)
		return;
	buf_printf(&b, "Gate %s.%d, %s, risk %s\n%s\n\n", a->state->id,
		   g->number, gate_kind_name(g->kind), risk_name(g->risk),
		   g->title ? g->title : "");
	buf_printf(&b, "task: %s\nworkspace: %s\n",
		   a->state->task ? a->state->task : "",
		   a->state->workspace ? a->state->workspace : "");
	gate_text(g->kind, g->shown, a->run_dir, &lines);
	for (size_t i = 0; i < lines.count; i++)
		buf_printf(&b, "%s\n", lines.items[i]);
	app_push(a, document_text(a, "Gate", buf_str(&b), false));
}

static bool
act_before_after(struct app *a)
{
	struct main_layer *m = (struct main_layer *)a->top;
	int at = artifacts_picture(a->state, m->picture);

	if (at < 0)
		return false;
	app_push(a, artifact_new(a, (size_t)at));
	return app_act(a, ACTION_ARTIFACT_COMPARE);
}

static void
ask_edit(struct app *a, const char *text)
{
	const struct gate_state *g = app_gate(a);
	struct ask *k;

	if (!g || g->kind != GATE_PLAN) {
		app_note(a, true, "The plan's gate was answered meanwhile");
		return;
	}
	k = app_ask(a, ASK_EDIT);
	k->run = xstrdup(a->state->id);
	k->number = g->number;
	k->values = xstrdup(text);
}

static bool
act_edit(struct app *a, const struct gate_state *g)
{
	if (g->kind != GATE_PLAN || !a->state->workflow_text)
		return false;
	ask_edit(a, a->state->workflow_text);
	return true;
}

static void
on_edit_again(struct app *a, const char *text, bool yes)
{
	if (yes)
		ask_edit(a, text);
}

/* A plan that does not load goes back to the editor, or is dropped; one that
 * does is proposed instead, and its gate comes anew. */
void
gate_edited(struct app *a, const struct msg *m)
{
	AUTO_JSON *o = cJSON_CreateObject();
	AUTO_FREE char *question = NULL;
	struct ask *k;

	if (!a->state || !str_eq(m->run, a->state->id))
		return;
	if (m->error) {
		question = xasprintf("%s\n\nEdit it again? No drops the "
				     "changes.",
				     m->words);
		app_push(a, question_new(a, question, buf_str(m->text),
					 on_edit_again));
		return;
	}
	cJSON_AddStringToObject(o, "workflow", buf_str(m->text));
	k = ask_decide(a, (int)m->number, DECISION_ITERATE);
	k->values = json_print(o);
}

bool
gate_action(struct app *a, enum action act)
{
	const struct gate_state *g = app_gate(a);

	if (!g)
		return false;
	switch (act) {
	case ACTION_GATE_APPROVE:
		return act_approve(a, g);
	case ACTION_GATE_REJECT:
		return g->kind != GATE_INTERRUPTED && act_reject(a, g);
	case ACTION_GATE_ITERATE:
		return act_iterate(a, g);
	case ACTION_GATE_FILL:
		return act_fill(a, g);
	case ACTION_GATE_EDIT:
		return act_edit(a, g);
	case ACTION_GATE_DETAILS:
		gate_details(a);
		return true;
	case ACTION_GATE_BEFORE_AFTER:
		return act_before_after(a);
	case ACTION_GATE_RETRY:
		return act_interrupted(a, g, DECISION_RETRY);
	case ACTION_GATE_MARK_DONE:
		return act_interrupted(a, g, DECISION_MARK_DONE);
	case ACTION_GATE_SKIP:
		return act_interrupted(a, g, DECISION_SKIP);
	case ACTION_GATE_STOP:
		return act_interrupted(a, g, DECISION_ABORT);
	default:
		return false;
	}
}
