/*
 * form.h - a form: fields one below the other, each with label, help and a
 * check as you type; used by form gates, "comment and iterate", replay and
 * templates.
 *
 * Types: text, number, integer, boolean, select, multi-select, file (with
 * completion and a picker), secret (masked, never in a draft), date, list
 * (one a line, or with commas), comment (text of several lines). What was typed stays when
 * the form is left with Esc, or the program ends, and it is opened again
 * (ui/form_draft.h, by key until it is submitted).
 */
#ifndef AGENTOPS_UI_FORM_H
#define AGENTOPS_UI_FORM_H

#include "ui/app.h"

#include <cjson/cJSON.h>

/* id, name in JSON */
#define FORM_TYPES(X) \
	X(FORM_TEXT, "text") X(FORM_NUMBER, "number") \
	X(FORM_INTEGER, "integer") X(FORM_BOOLEAN, "boolean") \
	X(FORM_SELECT, "select") X(FORM_MULTI, "multi-select") \
	X(FORM_FILE, "file") X(FORM_SECRET, "secret") X(FORM_DATE, "date") \
	X(FORM_LIST, "list") X(FORM_COMMENT, "comment")

enum form_type {
#define X(id, name) id,
	FORM_TYPES(X)
#undef X
};

struct form;

/* key names the draft ("RUN.GATE"); intro stands above the fields. */
struct form *form_new(struct app *a, const char *key, const char *title,
		      const char *intro);

struct form_field {
	const char *name, *label, *help; /* all copied; help may be NULL */
	enum form_type type;
	bool required;
	const cJSON *value;     /* to begin with, or NULL; copied */
	const cJSON *options;   /* array of strings, select and multi */
	const char *pattern;    /* POSIX extended expression, or NULL */
	bool has_min, has_max;
	double min, max;
};
void form_add(struct form *f, const struct form_field *field);
/* For an input of type secret of a workflow: makes it a text that must be the
 * name of a stored secret (secret:NAME); the secret itself must not come into
 * the journal. */
void form_field_secret(struct form_field *field);
/* Adds the fields of a form gate's "shown" (run/shown.h). */
void form_add_shown(struct form *f, const cJSON *shown);

/* values: field name to value, fields left empty are not in it. changed: the
 * same, only those that differ from what they began with; null for one that
 * was emptied. Both borrowed. */
typedef void form_fn(struct app *a, void *ud, const cJSON *values,
		     const cJSON *changed);
/* ud is freed with free_ud (may be NULL) when the form is gone. */
void form_on_submit(struct form *f, form_fn *fn, void *ud,
		    void (*free_ud)(void *));
/* Submitting leaves the form where it is, below what fn pushes, so that one
 * can come back to it; form_done then forgets its draft. change is called
 * with the values after every input, with the ud of form_on_submit. */
typedef void form_change_fn(struct form *f, void *ud, const cJSON *values);
void form_stay(struct form *f, form_change_fn *change);
void form_done(struct form *f);
/* Whether field i, in the order they were added, is asked. One that is not
 * has no value. */
void form_show(struct form *f, size_t i, bool shown);
/* Says what is wrong with a field, and goes there. Nothing happens when it
 * has none of that name. */
void form_fail(struct form *f, const char *name, const char *problem);
/* The form on top of the others, if it has this key. */
struct form *form_find(const struct app *a, const char *key);

struct layer *form_layer(struct form *f); /* to app_push */

#endif
