/*
 * researcher.h - what each research sub-agent looks into: the three roles of
 * v0.2.0 (capabilities, integration, success), and data and workspace. Pure
 * tables and texts; src/run/effect_research.c talks to the models.
 *
 * A researcher has a context of its own, may call read-only tools alone, and
 * answers with one report of the form of researcher_schema, bounded by
 * researcher_bound. It stands beside the offline workers of flow/research.h,
 * and its name, as a worker's and as an agent's, is never a step's id.
 */
#ifndef AGENTOPS_FLOW_RESEARCHER_H
#define AGENTOPS_FLOW_RESEARCHER_H

#include "base/err.h"

#include <cjson/cJSON.h>

enum {
	RESEARCHERS = 5,
	RESEARCHERS_USUAL = 4,
	RESEARCHER_TURNS = 8,
	RESEARCHER_TOKENS = 2048,   /* of one answer */
	RESEARCHER_ITEMS = 8,       /* of each list of a report */
	RESEARCHER_TEXT_BYTES = 400 /* of each text */
};

struct researcher {
	const char *name;         /* "agent:data" */
	const char *title;        /* one line for people */
	const char *question;     /* what it is told to find out */
	const char *worker;       /* whose offline report it begins with */
	const char *const *tools; /* that it may call; ends with NULL */
	bool wants_files;         /* of no use when the task names none */
	bool knows_tools;         /* is told which tools workflows may use */
};

/* i < RESEARCHERS, in the order in which they are chosen. */
const struct researcher *researcher_at(int i);
/* -1: no researcher is called so. */
int researcher_find(const char *name);
/* Whether researcher i is one of the first `count` that are of use, given
 * whether the task names files. */
bool researcher_chosen(int i, int count, bool files);

extern const char researcher_system[], researcher_schema[];

/*
 * A report of that form from a model's answer: unknown members dropped,
 * lists and texts cut. NULL with err when it is none. Caller deletes.
 */
cJSON *researcher_bound(const char *answer, struct err *err);

#endif
