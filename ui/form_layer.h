/*
 * form_layer.h - a form as form.c keeps it and form_layout.c draws it; for
 * these two alone. The invariants stand in form.c.
 */
#ifndef AGENTOPS_UI_FORM_LAYER_H
#define AGENTOPS_UI_FORM_LAYER_H

#include "ui/form_field.h"

struct form {
	struct layer base;
	struct app *a;
	char *key, *title, *intro, *problem;
	struct field *fields;
	size_t count, cap, at;
	int first;               /* row on top */
	bool wandered, submitted, stays;
	form_change_fn *on_change;
	cJSON *draft;            /* of an earlier time; fields are set from
				    it when they are added */
	form_fn *fn;
	void *ud;
	void (*free_ud)(void *);
	int64_t ticket;          /* of the completion asked for last */
	struct rect body, value; /* where it was drawn: all, and the column
				    of the values */
	int label_width;
};

/* The view of its class. */
void form_view(struct layer *l, const struct app *a, struct frame *f,
	       struct rect r);

#endif
