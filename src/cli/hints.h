/*
 * hints.h - what v0.2.0 let a person write in brackets beside the task:
 *
 *	"Build a REST API [prefer: express, jest] [avoid: x] [max-time: 10min]
 *	 [quality: production-ready] [domain: web-development] [note: any text]
 *	 [pattern: id]"
 *
 * Other brackets are part of the task. As JSON, prefer, avoid and note are
 * lists that grow when they are given again; the others are one text.
 */
#ifndef AGENTOPS_CLI_HINTS_H
#define AGENTOPS_CLI_HINTS_H

#include "base/err.h"

#include <cjson/cJSON.h>

/*
 * Takes the brackets out of text, in place, and adds them to the object
 * hints. Fails for one without an end, without a value, or given twice where
 * only one makes sense.
 */
bool hints_take(char *text, cJSON *hints, struct err *err);

/* Length of the bracket of a hint that text begins with, 0 when it begins
 * with none: to the end of text when it is not closed. */
size_t hints_bracket(const char *text);

/* The keys, NULL-terminated. */
extern const char *const hints_keys[];

#endif
