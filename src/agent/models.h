/*
 * models.h - what is known of models: prices, sizes, whether they see.
 *
 * The data is models/models.yaml, shipped, with its date and source; rows of
 * $CONFIG/models.yaml come first. A model that is in neither works, and no
 * price is claimed for it.
 *
 * A dollar for a million tokens is a micro-dollar a token, so costs are
 * tokens times price, in micro-dollars, rounded up for each turn: a spend
 * limit is never passed by rounding.
 */
#ifndef AGENTOPS_AGENT_MODELS_H
#define AGENTOPS_AGENT_MODELS_H

#include "agent/provider.h"
#include "base/path.h"

/* Micro-dollars a token. */
struct model_price {
	double input, output, cached, cache_write;
};

struct model {
	char *name, *provider;
	struct model_price price;
	int64_t over_tokens;     /* more input than this costs `over`; 0: none */
	struct model_price over;
	int64_t context, max_output; /* tokens; 0: not known */
	bool vision, reasoning;
};

struct models;

/* Reads both files. A missing own one is fine; a row that is wrong is an
 * error with file, line and column. */
struct models *models_load(const struct paths *paths, struct err *err);
void models_free(struct models *m);
DEFINE_AUTO_PTR(models);

/* By exact name, or the row's name followed by a date ("-20250929",
 * "-2025-08-07"). A row serves its provider, and openai's rows serve
 * openai-chat. NULL when it is not known. Borrowed. */
const struct model *models_find(const struct models *m, const char *provider,
				const char *name);
/* The first row of the provider, or NULL. */
const struct model *models_first(const struct models *m,
				 const char *provider);

int64_t model_cost_microusd(const struct model *m,
			    const struct turn_usage *u);
/* The most that a request of so many input tokens can cost, when the answer
 * has max_output tokens and the whole input is written to the cache. */
int64_t model_worst_microusd(const struct model *m, int64_t input,
			     int64_t max_output);

#endif
