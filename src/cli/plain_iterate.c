/* Comment and iterate in the plain dialogue: which step, and what of it and
 * of the run's inputs is to change. */
#include "cli/plain_ask.h"

#include "base/json.h"
#include "cli/gate_text.h"
#include "run/iterate.h"

#include <stdlib.h>
#include <string.h>

struct change {
	struct plain *p;
	struct run_state *s;
	const struct gate_state *g;
	cJSON *answer;    /* what is to be done anew */
	const char *step; /* NULL: all of it */
	cJSON *fields;    /* arguments of the step, or NULL */
};

static int
count_fields(const struct change *c)
{
	return c->fields ? cJSON_GetArraySize(c->fields) : 0;
}

/* --- which step -------------------------------------------------------- */

static bool
choose_item(struct change *c, int step)
{
	int count = c->s->steps[step].item_count;
	AUTO(strv) items = STRV_INIT;
	int n;

	if (!c->s->steps[step].is_list || count < 2)
		return true;
	for (int i = 0; i < count; i++)
		strv_take(&items, run_item_name(c->s, step, i));
	n = plain_choose(c->p, "Only one of its items?", &items,
			 "empty for all", true);
	if (n >= 0)
		cJSON_AddNumberToObject(c->answer, "item", n);
	return n != PLAIN_NOBODY;
}

static bool
choose_step(struct change *c)
{
	const struct workflow *w = c->s->workflow;
	AUTO(strv) names = STRV_INIT;
	int n, item;

	for (size_t i = 0; i < w->step_count; i++) {
		const struct workflow_step *s = &w->steps[w->order[i]];

		strv_addf(&names, "%s: %s", s->id, s->title);
	}
	n = plain_choose(c->p, "Start again at which step?", &names,
			 "empty for all of them", true);
	if (n < 0)
		return n == PLAIN_EMPTY;
	n = w->order[n];
	c->step = w->steps[n].id;
	cJSON_AddStringToObject(c->answer, "step", c->step);
	if (!choose_item(c, n))
		return false;
	item = (int)json_int(c->answer, "item", -1);
	c->fields = run_iterate_fields(c->s, c->step, item);
	return true;
}

/* --- what of it -------------------------------------------------------- */

/* Puts value in, or takes it away for NULL. */
static void
set_member(cJSON *answer, const char *object, const char *key, cJSON *value)
{
	cJSON *o = cJSON_GetObjectItemCaseSensitive(answer, object);

	if (!o)
		o = cJSON_AddObjectToObject(answer, object);
	cJSON_DeleteItemFromObjectCaseSensitive(o, key);
	if (value)
		cJSON_AddItemToObject(o, key, value);
}

/* Whether the answer holds with this value in it; else it is as before. */
static bool
try_member(struct change *c, const char *object, const char *key, cJSON *value,
	   struct err *err)
{
	const cJSON *old = json_get(json_get(c->answer, object), key);
	cJSON *kept = old ? cJSON_Duplicate(old, true) : NULL;
	AUTO_FREE char *text = NULL;

	set_member(c->answer, object, key, value);
	text = json_print(c->answer);
	if (run_check_iterate(c->s, c->g->number, text, err)) {
		cJSON_Delete(kept);
		return true;
	}
	set_member(c->answer, object, key, kept);
	return false;
}

static void
change(struct change *c, const char *object, const char *key, cJSON *value)
{
	AUTO_FREE char *words = cJSON_IsNull(value) ? xstrdup("nothing") :
						      gate_text_words(value);
	struct err err = ERR_INIT;

	if (try_member(c, object, key, value, &err))
		plain_say("%s will be %s.", key, words);
	else
		plain_say("%s", err.msg);
}

/* "name = value now"; what was changed already has its new value. */
static void
add_line(const struct change *c, struct strv *ret, const char *object,
	 const char *name, const cJSON *now)
{
	const cJSON *changed = json_get(json_get(c->answer, object), name);
	const cJSON *v = changed ? changed : now;
	AUTO_FREE char *words = gate_text_words(v);

	strv_addf(ret, "%s%s = %s%s",
		  strcmp(object, "inputs") == 0 ? "input " : "", name,
		  !v || cJSON_IsNull(v) ? "nothing" : words,
		  changed ? " (new)" : "");
}

static void
list_changeable(const struct change *c, struct strv *ret)
{
	const struct workflow *w = c->s->workflow;
	const cJSON *f;

	cJSON_ArrayForEach(f, c->fields)
		add_line(c, ret, "with", json_str(f, "name"),
			 json_get(f, "value"));
	for (size_t i = 0; i < w->input_count; i++)
		add_line(c, ret, "inputs", w->inputs[i].name,
			 json_get(c->s->inputs, w->inputs[i].name));
}

static bool
change_argument(struct change *c, const cJSON *field)
{
	const char *name = json_str(field, "name");
	const char *about = json_str(field, "description");
	AUTO_FREE char *options = gate_text_words(json_get(field, "enum"));
	AUTO_FREE char *question = NULL;
	AUTO_FREE char *answer = NULL;

	if (about)
		plain_say("  %s", about);
	if (json_get(field, "enum"))
		plain_say("  one of: %s", options);
	question = xasprintf("New value of %s (null takes it away, empty "
			     "keeps it):",
			     name);
	answer = plain_ask(c->p, question);
	if (answer && *answer)
		change(c, "with", name,
		       run_iterate_value(c->s, c->step, name, answer));
	return answer != NULL;
}

static bool
change_input(struct change *c, const struct workflow_input *in)
{
	AUTO_FREE char *value = plain_input(c->p, c->s, in, true);

	if (value && *value)
		change(c, "inputs", in->name, cJSON_CreateString(value));
	return value != NULL;
}

/* Until nothing more is to change. */
static bool
change_values(struct change *c)
{
	for (bool first = true;; first = false) {
		AUTO(strv) lines = STRV_INIT;
		int n;
		bool ok;

		list_changeable(c, &lines);
		if (!lines.count)
			return true;
		n = plain_choose(c->p, first ? "Change which?" : "Another?",
				 &lines, "empty when nothing more changes",
				 first);
		if (n < 0)
			return n == PLAIN_EMPTY;
		ok = n < count_fields(c) ?
			     change_argument(c,
					     cJSON_GetArrayItem(c->fields, n)) :
			     change_input(
				     c, &c->s->workflow
						 ->inputs[n - count_fields(c)]);
		if (!ok)
			return false;
	}
}

/* One round of questions: its answer as JSON text. */
static char *
ask_changes(struct plain *p, struct run_state *s, const struct gate_state *g)
{
	AUTO_JSON *answer = cJSON_CreateObject();
	struct change c = { .p = p, .s = s, .g = g, .answer = answer };
	bool ok = true;

	if (!s->workflow)
		return xstrdup("{}");
	if (g->step >= 0) {
		c.step = s->workflow->steps[g->step].id;
		c.fields = run_iterate_fields(s, c.step, -1);
	} else if (g->kind != GATE_PLAN) {
		ok = choose_step(&c);
	}
	ok = ok && change_values(&c);
	cJSON_Delete(c.fields);
	return ok ? json_print(answer) : NULL;
}

char *
plain_iterate(struct plain *p, struct run_state *s, const struct gate_state *g)
{
	for (;;) {
		AUTO_FREE char *answer = ask_changes(p, s, g);
		struct err err = ERR_INIT;

		if (!answer || run_check_iterate(s, g->number, answer, &err))
			return TAKE(answer);
		plain_say("%s", err.msg);
		plain_say("Nothing is changed yet. Once more:");
	}
}
