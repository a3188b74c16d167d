/*
 * Guides that an agent gets: those that the engine loads by the front matter
 * of know/reference.h, with its first message, and those that it asks for.
 * Each is a reference.loaded. A project's guides are never loaded by the
 * engine: an agent may ask for them, and gets data.
 */
#include "run/effect_agent.h"

#include "base/json.h"
#include "know/reference.h"

#include <stdlib.h>
#include <string.h>

/* Why the engine loads it, or NULL. Caller frees. */
static char *
reason_of(const struct reference *r, const char *phase, const cJSON *tools)
{
	const cJSON *v;

	if (phase && strv_has(&r->autos, phase))
		return xasprintf("phase %s", phase);
	cJSON_ArrayForEach (v, tools)
		if (cJSON_IsString(v) && strv_has(&r->autos, v->valuestring))
			return xasprintf("the step uses %s", v->valuestring);
	return NULL;
}

void
agent_post_reference(struct live *l, const char *step, int64_t item,
		     const char *name, const char *reason, size_t bytes)
{
	struct event e = { .type = EV_reference_loaded };
	struct ev_reference_loaded *p = &e.reference_loaded;

	p->step = step;
	p->item = item;
	p->reference = name;
	p->reason = reason;
	p->bytes = (int64_t)bytes;
	p->tokens = tokens_about(bytes);
	live_post(l, &e);
}

void
agent_tell_first(struct live *l, const char *step, int64_t item,
		 const char *phase, const cJSON *tools, struct buf *text)
{
	AUTO(references) all = { 0 };
	AUTO(strv) reasons = STRV_INIT;

	references_list(l->o->paths, NULL, &all);
	for (size_t i = 0; i < all.count; i++) {
		const struct reference *r = &all.items[i];
		char *reason = reason_of(r, phase, tools);
		AUTO(buf) body = BUF_INIT;

		if (!reason || !reference_read(&all, r->name, &body, NULL)) {
			free(reason);
			reason = xstrdup("");
		} else {
			buf_printf(text, "\n\nGuide \"%s\":\n%s", r->name,
				   buf_str(&body));
		}
		strv_take(&reasons, reason);
	}
	agent_tell(l, NULL, step, item, buf_str(text));
	for (size_t i = 0; i < reasons.count; i++)
		if (*reasons.items[i])
			agent_post_reference(l, step, item, all.items[i].name,
					     reasons.items[i],
					     all.items[i].bytes);
}
