/*
 * turn.h - between provider.c and turn.c: what a provider is.
 */
#ifndef AGENTOPS_AGENT_TURN_H
#define AGENTOPS_AGENT_TURN_H

#include "agent/wire.h"

struct provider {
	struct loop *loop;          /* borrowed, as http */
	struct http *http;
	const struct provider_row *row;
	char *base_url;             /* without a slash at its end */
	struct strv headers;        /* the key is in one of them */
	const struct redact *redact;
	struct redact *own_redact;  /* when none was given */
	int64_t stall_ms;
	int retries;
	bool whole;
	struct turn *turns;         /* under way */
	struct json_reader *reader; /* of events, one at a time */
};

/* Frees the turns under way; their on_done never runs. */
void turn_free_all(struct provider *p);

#endif
