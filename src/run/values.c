/* What expressions and code see of a run: `inputs`, `steps`, `item`, ... */
#include "run/state.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

static cJSON *
parse_or_null(const char *text)
{
	cJSON *v = text ? cJSON_Parse(text) : NULL;

	return v ? v : cJSON_CreateNull();
}

static cJSON *
item_value(const struct item_state *it)
{
	cJSON *o = cJSON_CreateObject();

	cJSON_AddStringToObject(o, "status", item_status_name(it->status));
	cJSON_AddItemToObject(o, "data", parse_or_null(it->data));
	cJSON_AddStringToObject(o, "text", it->text ? it->text : "");
	cJSON_AddItemToObject(o, "outputs",
			      it->outputs ? parse_or_null(it->outputs) :
					    cJSON_CreateObject());
	return o;
}

/* A foreach step shows lists where a plain one shows values. */
static cJSON *
list_value(const struct step_state *st)
{
	static const char *const keys[] = { "data", "text", "outputs" };
	cJSON *o = cJSON_CreateObject();
	cJSON *lists[ARRAY_LEN(keys)];

	cJSON_AddStringToObject(o, "status", item_status_name(st->outcome));
	for (size_t k = 0; k < ARRAY_LEN(keys); k++)
		lists[k] = cJSON_AddArrayToObject(o, keys[k]);
	for (int i = 0; i < st->item_count; i++) {
		AUTO_JSON *v = item_value(&st->items[i]);

		for (size_t k = 0; k < ARRAY_LEN(keys); k++)
			cJSON_AddItemToArray(
				lists[k], cJSON_DetachItemFromObject(v,
								     keys[k]));
	}
	return o;
}

static cJSON *
step_value(struct step_state *st)
{
	if (st->value)
		return st->value;
	if (st->is_list) {
		st->value = list_value(st);
	} else if (st->item_count) {
		st->value = item_value(&st->items[0]);
	} else {
		st->value = cJSON_CreateObject();
		cJSON_AddStringToObject(st->value, "status",
					item_status_name(st->outcome));
	}
	return st->value;
}

/* Settled steps join the object once; it is never built anew, so a run of
 * many steps costs the same at its end as at its start. */
static cJSON *
step_values(struct run_state *s)
{
	if (!s->step_values)
		s->step_values = cJSON_CreateObject();
	for (; s->fresh.count; queue_pop(&s->fresh)) {
		int step = s->fresh.entries[s->fresh.head].step;

		cJSON_AddItemReferenceToObject(s->step_values,
					       s->workflow->steps[step].id,
					       step_value(&s->steps[step]));
	}
	return s->step_values;
}

cJSON *
run_item_values(struct run_state *s, int step, int item, int attempt)
{
	const struct step_state *st = &s->steps[step];
	cJSON *v = cJSON_CreateObject();

	cJSON_AddItemReferenceToObject(v, "inputs", s->inputs);
	cJSON_AddItemReferenceToObject(v, "steps", step_values(s));
	cJSON_AddStringToObject(v, "workspace", s->workspace);
	cJSON_AddStringToObject(v, "run", s->id);
	cJSON_AddNumberToObject(v, "attempt", attempt);
	cJSON_AddStringToObject(cJSON_AddObjectToObject(v, "iterate"),
				"comment", s->comment ? s->comment : "");
	if (item >= 0 && st->items[item].findings)
		cJSON_AddItemToObject(v, "findings",
				      parse_or_null(st->items[item].findings));
	else
		cJSON_AddArrayToObject(v, "findings");
	if (item >= 0 && st->items[item].value) {
		cJSON_AddItemToObject(v, "item",
				      parse_or_null(st->items[item].value));
		cJSON_AddNumberToObject(v, "index", item);
	}
	return v;
}

static void
release_start(struct run_start *t)
{
	cJSON_Delete(t->args);
	cJSON_Delete(t->values);
	free(t->text);
}

void
run_keep_start(struct run_state *s, struct run_start *t)
{
	GROW(s->starts, s->start_count, s->start_cap);
	s->starts[s->start_count++] = *t;
	memset(t, 0, sizeof(*t));
}

bool
run_take_start(struct run_state *s, int step, int item, int attempt,
	       const char *text, struct run_start *ret)
{
	for (size_t i = 0; i < s->start_count; i++) {
		struct run_start *t = &s->starts[i];

		if (t->step != step || t->item != item)
			continue;
		*ret = *t;
		*t = s->starts[--s->start_count];
		if (ret->attempt == attempt && str_eq(ret->text, text))
			return true;
		release_start(ret);
		return false;
	}
	return false;
}

void
run_drop_starts(struct run_state *s)
{
	for (; s->start_count; s->start_count--)
		release_start(&s->starts[s->start_count - 1]);
	free(s->starts);
}
