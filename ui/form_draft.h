/*
 * form_draft.h - what was typed in forms that are not submitted, by the key
 * of the form. The app has it in memory; each change is asked to be kept
 * (ASK_DRAFT), so that it is there again after a crash.
 */
#ifndef AGENTOPS_UI_FORM_DRAFT_H
#define AGENTOPS_UI_FORM_DRAFT_H

#include "ui/app.h"

#include <cjson/cJSON.h>

enum { FORM_DRAFTS_MAX = 64 }; /* the oldest goes */

/* values: JSON, taken; NULL: there is no draft any more. */
void form_draft_put(struct app *a, const char *key, char *values);
/* The same without asking to keep it: it is read from where it is kept. */
void form_draft_load(struct app *a, const char *key, const char *values);
/* NULL when there is none; caller deletes. */
cJSON *form_draft_find(const struct app *a, const char *key);

#endif
