#include "cli/model_ask.h"

#include "agent/models.h"
#include "base/clock.h"
#include "base/str.h"
#include "cli/cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	LIST_MS = 10 * 1000,
	STALL_MS = 60 * 1000,
};

/* Loop, client and secrets of one question. */
struct asking {
	const struct model_question *q;
	struct model_answer *a;
	struct loop *loop;
	struct http *http;
	struct redact *redact;
	struct models *known;
	struct provider *p;
	bool waiting;
	struct turn_result result;
};

void
model_answer_release(struct model_answer *a)
{
	free(a->model);
	free(a->text);
	memset(a, 0, sizeof(*a));
}

static void
asking_release(struct asking *k)
{
	provider_free(k->p);
	http_free(k->http);
	loop_free(k->loop);
	redact_free(k->redact);
	models_free(k->known);
	turn_result_release(&k->result);
}

static bool
open_provider(struct asking *k, const struct paths *paths, struct err *err)
{
	struct provider_options o = { .name = k->q->provider,
				      .base_url = k->q->base_url,
				      .stall_ms = STALL_MS };

	k->loop = loop_new();
	k->http = http_new(k->loop);
	k->redact = redact_new();
	redact_env(k->redact, environ);
	k->known = models_load(paths, err);
	if (!k->known)
		return false;
	o.loop = k->loop;
	o.http = k->http;
	o.redact = k->redact;
	k->p = provider_new(&o, err);
	return k->p != NULL;
}

static void
wait_for_answer(struct asking *k)
{
	k->waiting = true;
	while (k->waiting)
		loop_turn(k->loop, true);
}

static void
on_models(void *ud, const struct strv *models, const struct err *err)
{
	struct asking *k = ud;

	(void)err; /* without a model the caller says so */
	k->waiting = false;
	if (models->count)
		k->a->model = xstrdup(models->items[0]);
}

static bool
choose_model(struct asking *k, struct err *err)
{
	const char *name = provider_row(k->p)->name;
	const struct model *first = models_first(k->known, name);

	if (!str_empty(k->q->model) || first) {
		k->a->model = xstrdup(str_empty(k->q->model) ? first->name :
							       k->q->model);
		return true;
	}
	if (provider_models(k->p, LIST_MS, on_models, k, err))
		wait_for_answer(k);
	return k->a->model ||
	       FAIL(err, ERR_NOTFOUND,
		    "%s: %s names no model; start the server with one, or "
		    "use --model",
		    name, provider_base_url(k->p));
}

/* A byte is at least a token: what is asked costs no more than this. */
static bool
check_limit(const struct asking *k, const struct model *m, struct err *err)
{
	const struct model_question *q = k->q;
	int64_t worst, bytes = (int64_t)strlen(q->prompt);

	if (!q->limit_microusd ||
	    (!m && (provider_row(k->p)->flags & PROVIDER_LOCAL)))
		return true;
	if (!m)
		return FAIL(err, ERR_USAGE,
			    "the price of %s is not known, so the spend limit "
			    "cannot be kept; give its price in models.yaml, "
			    "or --budget none",
			    k->a->model);
	bytes += q->system ? (int64_t)strlen(q->system) : 0;
	bytes += q->schema ? (int64_t)strlen(q->schema) : 0;
	worst = model_worst_microusd(m, bytes, q->max_tokens);
	if (worst <= q->limit_microusd)
		return true;
	return FAIL(err, ERR_USAGE,
		    "asking %s could cost $%.4f, more than the budget of "
		    "$%.4f; nothing was sent",
		    k->a->model, (double)worst / 1e6,
		    (double)q->limit_microusd / 1e6);
}

static void
on_answer(void *ud, struct turn_result *r)
{
	struct asking *k = ud;

	k->waiting = false;
	k->result = *r;
	*r = (struct turn_result){ 0 };
}

static bool
send_question(struct asking *k, struct err *err)
{
	const struct model_question *q = k->q;
	struct messages history = { 0 };
	struct turn_request rq = { .model = k->a->model,
				   .system = q->system,
				   .messages = &history,
				   .schema = q->schema,
				   .schema_name = q->schema_name,
				   .max_tokens = q->max_tokens,
				   .on_done = on_answer,
				   .ud = k };
	int64_t since = clock_mono_us();
	bool ok;

	message_text(messages_add(&history, ROLE_USER), q->prompt);
	ok = turn_start(k->p, &rq, err) != NULL;
	messages_release(&history);
	if (!ok)
		return false;
	wait_for_answer(k);
	k->a->took_us = clock_mono_us() - since;
	*err = k->result.err;
	return err->code == ERR_NONE;
}

static void
take_answer(struct asking *k, const struct model *m)
{
	struct model_answer *a = k->a;

	a->usage = k->result.usage;
	a->text = message_plain(&k->result.message);
	a->cost_microusd = provider_row(k->p)->flags & PROVIDER_LOCAL ? 0 : -1;
	if (a->usage.known && m)
		a->cost_microusd = model_cost_microusd(m, &a->usage);
}

bool
model_ask(const struct paths *paths, const struct model_question *q,
	  struct model_answer *ret, struct err *err)
{
	AUTO(asking) k = { .q = q, .a = ret };
	const struct model *m;

	if (!open_provider(&k, paths, err) || !choose_model(&k, err))
		return false;
	m = models_find(k.known, q->provider, ret->model);
	if (!check_limit(&k, m, err) || !send_question(&k, err))
		return false;
	if (q->schema && k.result.end == END_CUT)
		return FAIL(err, ERR_DATA,
			    "%s did not finish within %" PRId64 " tokens",
			    ret->model, q->max_tokens);
	take_answer(&k, m);
	return true;
}

bool
model_chosen(struct cli *c, struct model_question *q, bool *ret,
	     struct err *err)
{
	const char *budget = cli_option(c, "budget");

	if (!cli_paths(c, err))
		return false;
	q->provider = cli_option(c, "provider");
	q->model = cli_option(c, "model");
	if (!q->provider)
		q->provider = config_get(&c->config, SETTING_PROVIDER);
	if (!q->model)
		q->model = config_get(&c->config, SETTING_MODEL);
	q->base_url = config_get(&c->config, SETTING_BASE_URL);
	if (str_empty(q->base_url))
		q->base_url = NULL;
	if (!budget)
		budget = config_get(&c->config, SETTING_BUDGET);
	if (!config_budget(budget, &q->limit_microusd))
		return FAIL(err, ERR_USAGE,
			    "--budget %s: use US dollars, or none", budget);
	*ret = !str_eq(q->provider, "offline");
	return !*ret || provider_check(q->provider, q->base_url, err);
}

char *
model_answer_line(const struct model_answer *a)
{
	char time[CLOCK_DURATION_SIZE];
	AUTO(buf) b = BUF_INIT;

	buf_printf(&b, "%s answered in %s", a->model,
		   clock_duration(a->took_us, time));
	if (a->usage.known)
		buf_printf(&b, ", %" PRId64 " tokens in, %" PRId64 " out",
			   a->usage.input, a->usage.output);
	if (a->cost_microusd > 0)
		buf_printf(&b, ", $%.6f", (double)a->cost_microusd / 1e6);
	else if (a->cost_microusd < 0)
		buf_addstr(&b, "; its price is not known");
	return buf_steal(&b);
}
