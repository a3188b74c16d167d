/*
 * doctor.h - between cmd_doctor.c and the parts of doctor that have a file
 * of their own.
 */
#ifndef AGENTOPS_CLI_DOCTOR_H
#define AGENTOPS_CLI_DOCTOR_H

#include "cli/cli.h"

struct doctor {
	struct cli *c;
	int missing; /* needed things that are not there */
};

/* level: "ok", "missing" (the program cannot do its work without it) or
 * "limited" (a part of it cannot). cure: NULL, or what mends it. */
void doctor_tell(struct doctor *d, const char *level, const char *what,
		 const char *found, const char *cure);

/* Model servers of this machine that answer on their usual ports; those that
 * do not are not spoken of. */
void doctor_local_models(struct doctor *d);
/* One tiny real call to the provider of --provider. */
void doctor_provider(struct doctor *d);

#endif
