/* Drafts of forms. No key is there twice; the newest is the last. */
#include "ui/form_draft.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

void
form_drafts_release(struct form_drafts *d)
{
	for (size_t i = 0; i < d->count; i++) {
		free(d->items[i].key);
		free(d->items[i].values);
	}
	free(d->items);
	memset(d, 0, sizeof(*d));
}

static struct form_draft *
find(const struct form_drafts *d, const char *key)
{
	for (size_t i = 0; i < d->count; i++)
		if (strcmp(d->items[i].key, key) == 0)
			return &d->items[i];
	return NULL;
}

static void
drop(struct form_drafts *d, struct form_draft *item)
{
	size_t i = (size_t)(item - d->items);

	free(item->key);
	free(item->values);
	memmove(item, item + 1, (d->count - i - 1) * sizeof(*item));
	d->count--;
}

static void
ask_keep(struct app *a, const char *key, const char *values)
{
	struct ask *k = app_ask(a, ASK_DRAFT);

	k->text = xstrdup(key);
	k->values = xstrdup0(values);
}

void
form_draft_load(struct app *a, const char *key, const char *values)
{
	struct form_drafts *d = &a->drafts;

	if (find(d, key) || d->count == FORM_DRAFTS_MAX)
		return;
	GROW(d->items, d->count, d->cap);
	d->items[d->count++] = (struct form_draft){
		.key = xstrdup(key),
		.values = xstrdup(values),
	};
}

void
form_draft_put(struct app *a, const char *key, char *values)
{
	struct form_drafts *d = &a->drafts;
	AUTO_FREE char *text = values;
	struct form_draft *old = find(d, key);

	if (old ? str_eq(old->values, text) : !text)
		return;
	if (old)
		drop(d, old);
	ask_keep(a, key, text);
	if (!text)
		return;
	if (d->count == FORM_DRAFTS_MAX) {
		ask_keep(a, d->items[0].key, NULL);
		drop(d, &d->items[0]);
	}
	form_draft_load(a, key, text);
}

cJSON *
form_draft_find(const struct app *a, const char *key)
{
	const struct form_draft *d = find(&a->drafts, key);

	return d ? json_parse(d->values, strlen(d->values), "draft", NULL) :
		   NULL;
}
