/*
 * form_field.h - one field of a form: its value, its checks, its keys and how
 * it is drawn. Used by form.c alone.
 *
 * What was typed is kept as typed (edit, option, chosen); a value is made of
 * it and checked by flow/workflow.h, with the rules that the engine itself
 * applies to inputs, so that what a form takes is not refused later.
 */
#ifndef AGENTOPS_UI_FORM_FIELD_H
#define AGENTOPS_UI_FORM_FIELD_H

#include "ui/form.h"

enum {
	FIELD_LABEL_MAX = 26,  /* columns */
	FIELD_TEXT_ROWS = 3,   /* of a text of several lines, at least */
	FIELD_TEXT_MAX = 8,    /* ... at most */
	FIELD_OPTIONS = 8,     /* options shown at a time */
	FIELD_FILES = 5,       /* completions shown at a time */
};

struct field {
	char *name, *label, *help, *pattern;
	enum form_type type;
	bool required, has_min, has_max;
	double min, max;

	struct edit edit;      /* text; of select and multi: what is searched */
	struct strv options;
	int64_t option;        /* select: index; boolean: 1 yes, 0 no;
				  -1: not chosen */
	bool *chosen;          /* multi: of each option */
	struct list list;      /* multi: over the options that fit */
	struct strv names;     /* file: completions of what was typed */

	cJSON *value_before;   /* what it began with: its value, and as typed */
	cJSON *typed_before;
	bool hidden;           /* not asked, as answers are now */
	bool left;             /* the focus was here: "required" may show */
	char *problem;         /* or NULL */

	/* Where it was drawn, for the mouse. */
	struct rect at;        /* the value, with options below it */
	bool inlined;          /* options stand in one line */
};

void field_init(struct field *f, const struct form_field *from);
void field_release(struct field *f);

/* Nothing typed or chosen. */
bool field_empty(const struct field *f);
/* The value, NULL when the field is empty or wrong. Caller deletes. */
cJSON *field_value(const struct field *f);
/* As typed, wrong or not, for a draft; NULL for a secret and for an empty
 * field. Caller deletes. */
cJSON *field_typed(const struct field *f);
/* Nothing typed, nothing chosen. */
void field_clear(struct field *f);
/* Sets it from a value or a draft; what does not fit is left out. */
void field_set(struct field *f, const cJSON *v);
/* Sets problem. An empty required field is one once it was left. True when
 * it has none. */
bool field_check(struct field *f);

bool field_is_text(const struct field *f);   /* edit holds the value */
bool field_is_long(const struct field *f);   /* several lines */
/* The options that fit what is searched; indexes into out, which has room
 * for all. */
int64_t field_matches(const struct field *f, int64_t *out);

/* A key or a paste; true when used. now_us: today, for dates. */
bool field_input(struct field *f, const struct input *in, int64_t now_us);
/* Space, or what it was bound to: switches or chooses. */
bool field_toggle(struct field *f);
/* Up (-1) and Down (1) within the field; false at its ends. */
bool field_step(struct field *f, int step);
/* A press or wheel at a place of the screen inside at. */
void field_mouse(struct field *f, const struct input *in);
/* The focus goes elsewhere. */
void field_leave(struct field *f);

/* Rows of the value and its options at this width. */
int field_rows(struct field *f, int columns, bool focused);
void field_view(struct field *f, const struct app *a, struct frame *fr,
		struct rect r, struct rect clip, bool focused);

#endif
