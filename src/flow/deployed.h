/*
 * deployed.h - what a deployment wrote, kept so that a later one can tell a
 * person's changes from the template's.
 *
 *	<data>/deployments/ID.json   {"template", "version", "into",
 *	                              "answers", "workflow", "files": {path: text}}
 *
 * answers are without the text of secrets; workflow and files are as the
 * template made them, before anybody changed them. The file is part of the
 * deployment's batch. One that is missing or cannot be read means that nothing
 * is known: files that differ are then replaced, and shown as that.
 */
#ifndef AGENTOPS_FLOW_DEPLOYED_H
#define AGENTOPS_FLOW_DEPLOYED_H

#include "base/buf.h"
#include "base/path.h"

#include <cjson/cJSON.h>

enum { DEPLOYED_LIMIT = 64 << 20 }; /* bytes */

/* Caller frees. */
char *deployed_path(const struct paths *paths, const char *id);
/* NULL when nothing is known. Caller deletes. */
cJSON *deployed_read(const struct paths *paths, const char *id);

/* All there are, by id: an array of {"pattern_id", "template", "version",
 * "into"}. Caller deletes. */
cJSON *deployed_all(const struct paths *paths);

/* A new record; the caller adds "answers" and "workflow". */
cJSON *deployed_new(const char *template, const char *version,
		    const char *into);
/* Text that JSON cannot hold is left out. */
void deployed_add_file(cJSON *record, const char *path, const struct buf *text);
/* What the template made of this file; NULL when it is not known. */
const char *deployed_file(const cJSON *record, const char *path);

#endif
