#include "cli/doctor.h"

#include "agent/provider.h"
#include "base/str.h"
#include "cli/model_ask.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	LIST_MS = 1000, /* a server of this machine answers at once */
	CALL_TOKENS = 64,
	NAMES_SHOWN = 3,
};

/* Loop, client and secrets of one check. */
struct check {
	struct doctor *d;
	struct loop *loop;
	struct http *http;
	struct redact *redact;
	int left; /* answers that are yet to come */
};

static void
begin(struct check *k, struct doctor *d)
{
	*k = (struct check){ .d = d, .loop = loop_new() };
	k->http = http_new(k->loop);
	k->redact = redact_new();
	redact_env(k->redact, environ);
}

static void
end(struct check *k)
{
	http_free(k->http);
	loop_free(k->loop);
	redact_free(k->redact);
}

static void
wait_for_answers(struct check *k)
{
	while (k->left)
		loop_turn(k->loop, true);
}

static struct provider *
open_provider(struct check *k, const char *name)
{
	struct provider_options o = { .loop = k->loop,
				      .http = k->http,
				      .name = name,
				      .redact = k->redact };

	return provider_new(&o, NULL);
}

/* --- local servers ------------------------------------------------------ */

struct local {
	struct check *k;
	struct provider *p;
};

static void
on_local(void *ud, const struct strv *models, const struct err *err)
{
	struct local *l = ud;
	AUTO(buf) found = BUF_INIT;
	AUTO_FREE char *what =
		xasprintf("model server %s", provider_row(l->p)->title);

	l->k->left--;
	if (err->code != ERR_NONE)
		return;
	buf_printf(&found, "%s: ", provider_base_url(l->p));
	if (!models->count)
		buf_addstr(&found, "no model is loaded");
	for (size_t i = 0; i < models->count && i < NAMES_SHOWN; i++)
		buf_printf(&found, "%s%.80s", i ? ", " : "", models->items[i]);
	if (models->count > NAMES_SHOWN)
		buf_printf(&found, " and %zu more",
			   models->count - NAMES_SHOWN);
	doctor_tell(l->k->d, "ok", what, buf_str(&found), NULL);
}

void
doctor_local_models(struct doctor *d)
{
	struct check k;
	size_t count;
	const struct provider_row *rows = provider_rows(&count);
	AUTO_FREE struct local *list = xcalloc(count, sizeof(*list));

	begin(&k, d);
	for (size_t i = 0; i < count; i++) {
		struct local *l = &list[i];

		l->k = &k;
		if (rows[i].flags & PROVIDER_LOCAL)
			l->p = open_provider(&k, rows[i].name);
		if (l->p && provider_models(l->p, LIST_MS, on_local, l, NULL))
			k.left++;
	}
	wait_for_answers(&k);
	for (size_t i = 0; i < count; i++)
		provider_free(list[i].p);
	end(&k);
}

/* --- one call ----------------------------------------------------------- */

void
doctor_provider(struct doctor *d)
{
	const char *name = cli_option(d->c, "provider");
	AUTO_FREE char *what = xasprintf("provider %s", name);
	AUTO_FREE char *found = NULL;
	struct model_question q = {
		.provider = name,
		.model = cli_option(d->c, "model"),
		.base_url = cli_option(d->c, "base-url"),
		.prompt = "Answer with one word: ready",
		.max_tokens = CALL_TOKENS,
	};
	AUTO(model_answer) a = { 0 };
	struct err err = ERR_INIT;

	if (model_ask(&d->c->paths, &q, &a, &err)) {
		found = model_answer_line(&a);
		doctor_tell(d, "ok", what, found, NULL);
	} else {
		doctor_tell(d, "missing", what, err.msg, NULL);
	}
}
