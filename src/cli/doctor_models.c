#include "cli/doctor.h"

#include "agent/models.h"
#include "agent/provider.h"
#include "base/clock.h"
#include "base/str.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	LIST_MS = 1000, /* a server of this machine answers at once */
	FAR_LIST_MS = 10 * 1000,
	CALL_STALL_MS = 60 * 1000,
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
	/* of the call */
	char *model;
	struct turn_result result;
	int64_t started_us;
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
	free(k->model);
	turn_result_release(&k->result);
}

static void
wait_for_answers(struct check *k)
{
	while (k->left)
		loop_turn(k->loop, true);
}

static struct provider *
open_provider(struct check *k, const char *name, const char *base_url,
	      struct err *err)
{
	struct provider_options o = { .loop = k->loop,
				      .http = k->http,
				      .name = name,
				      .base_url = base_url,
				      .redact = k->redact,
				      .stall_ms = CALL_STALL_MS };

	return provider_new(&o, err);
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
			l->p = open_provider(&k, rows[i].name, NULL, NULL);
		if (l->p && provider_models(l->p, LIST_MS, on_local, l, NULL))
			k.left++;
	}
	wait_for_answers(&k);
	for (size_t i = 0; i < count; i++)
		provider_free(list[i].p);
	end(&k);
}

/* --- one call ----------------------------------------------------------- */

static void
on_models(void *ud, const struct strv *models, const struct err *err)
{
	struct check *k = ud;

	(void)err; /* without a model the caller says so */
	k->left--;
	if (models->count)
		k->model = xstrdup(models->items[0]);
}

static void
on_answer(void *ud, struct turn_result *r)
{
	struct check *k = ud;

	k->left--;
	k->result = *r;
	*r = (struct turn_result){ 0 };
}

/* --model, else the first one known for the provider, else the first that
 * the server has. */
static bool
choose_model(struct check *k, struct provider *p, const struct models *known,
	     struct err *err)
{
	const char *name = provider_row(p)->name;
	const char *given = cli_option(k->d->c, "model");
	const struct model *first = models_first(known, name);

	if (given || first) {
		k->model = xstrdup(given ? given : first->name);
		return true;
	}
	if (provider_models(p, FAR_LIST_MS, on_models, k, err)) {
		k->left++;
		wait_for_answers(k);
	}
	return k->model ||
	       FAIL(err, ERR_NOTFOUND,
		    "%s: %s names no model; start the server with one, or "
		    "use --model",
		    name, provider_base_url(p));
}

static bool
call(struct check *k, struct provider *p, struct err *err)
{
	struct messages history = { 0 };
	struct turn_request rq = { .model = k->model,
				   .messages = &history,
				   .max_tokens = CALL_TOKENS,
				   .on_done = on_answer,
				   .ud = k };

	message_text(messages_add(&history, ROLE_USER),
		     "Answer with one word: ready");
	k->started_us = clock_mono_us();
	if (turn_start(p, &rq, err)) {
		k->left++;
		wait_for_answers(k);
		*err = k->result.err;
	}
	messages_release(&history);
	return err->code == ERR_NONE;
}

static char *
tell_answer(const struct check *k, const char *provider,
	    const struct models *known)
{
	const struct model *m = models_find(known, provider, k->model);
	const struct turn_usage *u = &k->result.usage;
	char time[CLOCK_DURATION_SIZE];
	AUTO(buf) b = BUF_INIT;

	buf_printf(&b, "%s answered in %s", k->model,
		   clock_duration(clock_mono_us() - k->started_us, time));
	if (u->known)
		buf_printf(&b, ", %" PRId64 " tokens in, %" PRId64 " out",
			   u->input, u->output);
	if (u->known && m)
		buf_printf(&b, ", $%.6f",
			   (double)model_cost_microusd(m, u) / 1e6);
	else
		buf_addstr(&b, provider_find(provider)->flags & PROVIDER_LOCAL ?
				       "" :
				       "; its price is not known");
	return buf_steal(&b);
}

void
doctor_provider(struct doctor *d)
{
	const char *name = cli_option(d->c, "provider");
	AUTO_FREE char *what = xasprintf("provider %s", name);
	AUTO_FREE char *found = NULL;
	AUTO_PTR(models) known = NULL;
	struct provider *p = NULL;
	struct check k;
	struct err err = ERR_INIT;

	begin(&k, d);
	known = models_load(&d->c->paths, &err);
	if (known)
		p = open_provider(&k, name, cli_option(d->c, "base-url"), &err);
	if (p && choose_model(&k, p, known, &err) && call(&k, p, &err)) {
		found = tell_answer(&k, name, known);
		doctor_tell(d, "ok", what, found, NULL);
	} else {
		doctor_tell(d, "missing", what, err.msg, NULL);
	}
	provider_free(p);
	end(&k);
}
