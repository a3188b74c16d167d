/*
 * row_filter.h - the rows of a list that hold a text that is typed: the
 * filter key begins, what is typed narrows at once, open ends the typing,
 * back takes the filter away.
 */
#ifndef AGENTOPS_UI_ROW_FILTER_H
#define AGENTOPS_UI_ROW_FILTER_H

#include "ui/app.h"
#include "ui/edit.h"

struct row_filter {
	struct edit text;
	bool typing;
	int *rows; /* indexes of the rows that pass, in order */
	size_t count, cap;
};

void row_filter_init(struct row_filter *f);
void row_filter_release(struct row_filter *f);

/* Does s (or NULL) hold the text, in any case of letters? An empty one is
 * held by all. */
bool row_filter_in(const struct row_filter *f, const char *s);
/* For each row in turn after row_filter_clear: adds it. */
void row_filter_clear(struct row_filter *f);
void row_filter_add(struct row_filter *f, size_t row);
/* The row at this place of the list, or -1. */
int row_filter_row(const struct row_filter *f, int64_t at);

/* True: the action or the input was its own, and the rows must be chosen
 * again. */
bool row_filter_action(struct row_filter *f, enum action act);
bool row_filter_input(struct row_filter *f, const struct input *in);

/* The line at the bottom. False: no filter, nothing is drawn. */
bool row_filter_view(const struct row_filter *f, const struct app *a,
		     struct frame *frame, struct rect line, bool focused);

#endif
