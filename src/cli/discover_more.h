/*
 * discover_more.h - the other modes of discover-patterns, and the model that
 * proposes patterns; between cmd_discover.c and discover_more.c.
 */
#ifndef AGENTOPS_CLI_DISCOVER_MORE_H
#define AGENTOPS_CLI_DISCOVER_MORE_H

#include "cli/model_ask.h"
#include "know/library.h"

/* --compare "A vs B"; returns the exit status. */
int discover_compare(struct cli *c, const char *sides);
/* --refresh: the index made anew, files moved to the stage that their counts
 * give, what is doubled told; returns the exit status. */
int discover_refresh(struct cli *c);

/* Asks for patterns of the domain beside those that are known and writes
 * each that is not there; their ids go to ret. */
bool discover_propose(struct cli *c, struct model_question *q,
		      const char *domain, const struct library_rows *known,
		      struct strv *ret, struct model_answer *answer,
		      struct err *err);

#endif
