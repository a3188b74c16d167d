#include "run/changed.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

struct changes {
	const struct run_state *s;
	cJSON *list;
	/* Artifacts of each step that started again, in order: heads by
	 * step, then the next by artifact; -1 ends. */
	int *heads, *nexts;
};

/* --- rows --------------------------------------------------------------- */

/* A copy that a person can read. */
static cJSON *
value_shown(const cJSON *v)
{
	AUTO_FREE char *text = v ? json_print(v) : NULL;
	size_t len = CHANGED_VALUE_BYTES;
	AUTO_FREE char *cut = NULL;

	if (!text)
		return cJSON_CreateNull();
	if (strlen(text) <= len)
		return cJSON_Duplicate(v, true);
	while (((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	cut = xasprintf("%.*s...", (int)len, text);
	return cJSON_CreateString(cut);
}

static cJSON *
text_or_null(const char *text)
{
	return text ? cJSON_CreateString(text) : cJSON_CreateNull();
}

/* Takes before and after. step -1: of the run. */
static void
add(struct changes *c, int step, int item, const char *what, const char *key,
    cJSON *before, cJSON *after)
{
	const struct run_state *s = c->s;
	cJSON *o = cJSON_CreateObject();
	bool list = step >= 0 && s->steps[step].is_list;

	cJSON_AddItemToObject(
		o, "step",
		text_or_null(step >= 0 ? s->workflow->steps[step].id : NULL));
	cJSON_AddNumberToObject(o, "item", list ? item : -1);
	cJSON_AddStringToObject(o, "what", what);
	cJSON_AddItemToObject(o, "key", text_or_null(key));
	cJSON_AddItemToObject(o, "before", before);
	cJSON_AddItemToObject(o, "after", after);
	cJSON_AddItemToArray(c->list, o);
}

/* Members that differ, in the order of after, then those that are gone. */
static void
compare(struct changes *c, int step, int item, const char *what,
	const cJSON *before, const cJSON *after)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, after) {
		const cJSON *old = json_get(before, v->string);

		if (old ? !cJSON_Compare(old, v, true) : !cJSON_IsNull(v))
			add(c, step, item, what, v->string, value_shown(old),
			    value_shown(v));
	}
	cJSON_ArrayForEach(v, before)
		if (!json_get(after, v->string) && !cJSON_IsNull(v))
			add(c, step, item, what, v->string, value_shown(v),
			    cJSON_CreateNull());
}

/* --- artifacts ---------------------------------------------------------- */

static int
item_of(const struct artifact_state *a)
{
	return a->item < 0 ? 0 : a->item;
}

static void
sort_artifacts(struct changes *c)
{
	const struct run_state *s = c->s;

	c->heads = xcalloc(s->workflow->step_count, sizeof(*c->heads));
	c->nexts = xcalloc(s->artifact_count, sizeof(*c->nexts));
	for (size_t i = 0; i < s->workflow->step_count; i++)
		c->heads[i] = -1;
	for (size_t i = s->artifact_count; i-- > 0;) {
		int step = workflow_find(s->workflow, s->artifacts[i].step);

		if (step < 0 || !s->steps[step].again)
			continue;
		c->nexts[i] = c->heads[step];
		c->heads[step] = (int)i;
	}
}

/* The artifact of an attempt, by name. */
static const struct artifact_state *
find(const struct changes *c, int step, int item, int attempt, const char *name)
{
	for (int i = c->heads[step]; i >= 0; i = c->nexts[i]) {
		const struct artifact_state *a = &c->s->artifacts[i];

		if (a->attempt == attempt && item_of(a) == item &&
		    str_eq(a->name, name))
			return a;
	}
	return NULL;
}

static int
count_findings(const struct changes *c, int step, int item, int attempt)
{
	int count = 0;

	for (int i = c->heads[step]; i >= 0; i = c->nexts[i]) {
		const struct artifact_state *a = &c->s->artifacts[i];
		AUTO_JSON *all = NULL;
		const cJSON *f;

		if (a->attempt != attempt || item_of(a) != item || !a->findings)
			continue;
		all = cJSON_Parse(a->findings);
		cJSON_ArrayForEach(f, all)
			count += !json_bool(f, "ok", true);
	}
	return count;
}

/* Of one item: now is its last attempt, then the one at the review. */
static void
compare_artifacts(struct changes *c, int step, int item, int then, int now)
{
	for (int i = c->heads[step]; i >= 0; i = c->nexts[i]) {
		const struct artifact_state *a = &c->s->artifacts[i], *other;
		bool is_new = a->attempt == now;

		if (item_of(a) != item || (!is_new && a->attempt != then))
			continue;
		other = find(c, step, item, is_new ? then : now, a->name);
		if (is_new && !(other && str_eq(other->sha256, a->sha256)))
			add(c, step, item, "artifact", a->name,
			    text_or_null(other ? other->sha256 : NULL),
			    text_or_null(a->sha256));
		else if (!is_new && !other)
			add(c, step, item, "artifact", a->name,
			    text_or_null(a->sha256), cJSON_CreateNull());
	}
}

/* --- items -------------------------------------------------------------- */

static void
compare_item(struct changes *c, int step, int item)
{
	const struct step_state *st = &c->s->steps[step];
	const struct past_item *then =
		item < st->past_count ? &st->past[item] : NULL;
	const struct item_state *now =
		item < st->item_count ? &st->items[item] : NULL;
	int before = 0, after = 0;

	if (then && now && then->attempt == now->attempt)
		return; /* it did not run again */
	if (then && now && then->args && now->args) {
		AUTO_JSON *old = cJSON_Parse(then->args);
		AUTO_JSON *new = cJSON_Parse(now->args);

		compare(c, step, item, "argument", old, new);
	}
	if (then)
		before = count_findings(c, step, item, then->attempt);
	if (now)
		after = count_findings(c, step, item, now->attempt);
	if (before != after)
		add(c, step, item, "findings", NULL, cJSON_CreateNumber(before),
		    cJSON_CreateNumber(after));
	compare_artifacts(c, step, item, then ? then->attempt : -1,
			  now ? now->attempt : -1);
}

cJSON *
changed_list(const struct run_state *s)
{
	struct changes c = { .s = s, .list = cJSON_CreateArray() };

	if (!s->past_inputs)
		return c.list;
	compare(&c, -1, -1, "input", s->past_inputs, s->inputs);
	sort_artifacts(&c);
	for (size_t i = 0; i < s->workflow->step_count; i++) {
		int step = s->workflow->order[i];
		const struct step_state *st = &s->steps[step];
		int count = st->past_count > st->item_count ? st->past_count :
							      st->item_count;

		for (int k = 0; st->again && k < count; k++)
			compare_item(&c, step, k);
	}
	free(c.heads);
	free(c.nexts);
	return c.list;
}

const char *
changed_before(const struct run_state *s, const struct artifact_state *a)
{
	int step = workflow_find(s->workflow, a->step), item = item_of(a);
	const struct step_state *st = step >= 0 ? &s->steps[step] : NULL;

	if (!st || item >= st->past_count ||
	    st->past[item].attempt == a->attempt)
		return NULL;
	for (size_t i = s->artifact_count; i-- > 0;) {
		const struct artifact_state *old = &s->artifacts[i];

		if (old->attempt == st->past[item].attempt &&
		    old->item == a->item && str_eq(old->step, a->step) &&
		    str_eq(old->name, a->name))
			return old->sha256;
	}
	return NULL;
}
