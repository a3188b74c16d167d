/*
 * model_ask.h - one question to a model, outside a run: doctor's tiny call,
 * craft-prompt, discover-patterns.
 *
 *	struct model_question q = { .provider = "openai", .prompt = text,
 *				    .max_tokens = 2000,
 *				    .limit_microusd = 50000 };
 *	AUTO(model_answer) a = { 0 };
 *	if (!model_ask(paths, &q, &a, err)) ...
 *
 * Nothing is sent when the worst case would cost more than the limit. The
 * answer is what a model said: data, shown by cli_print only.
 */
#ifndef AGENTOPS_CLI_MODEL_ASK_H
#define AGENTOPS_CLI_MODEL_ASK_H

#include "agent/provider.h"
#include "base/path.h"

struct cli;

struct model_question {
	const char *provider;
	const char *model;      /* NULL: the first known, else the server's */
	const char *base_url;   /* NULL: the provider's own */
	const char *system;     /* or NULL */
	const char *prompt;
	const char *schema, *schema_name; /* the answer is JSON, or NULL */
	int64_t max_tokens;     /* of the answer */
	int64_t limit_microusd; /* 0: none */
};

struct model_answer {
	char *model, *text;
	struct turn_usage usage;
	int64_t took_us;
	int64_t cost_microusd; /* -1: not known */
};

void model_answer_release(struct model_answer *a);

/* Blocks until the answer is there, or the provider gave up. */
bool model_ask(const struct paths *paths, const struct model_question *q,
	       struct model_answer *ret, struct err *err);

/* --provider, --model and --budget, else the settings: true when somebody is
 * there to be asked, false for the offline provider. *ret_limit is filled
 * in; err for a budget that is none. */
bool model_chosen(struct cli *c, struct model_question *q, bool *ret,
		  struct err *err);
/* "m1 answered in 1.2 s, 900 tokens in, 80 out, $0.000300". */
char *model_answer_line(const struct model_answer *a);

#endif
