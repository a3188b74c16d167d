/* A question with yes and no, in a box above everything. */
#include "ui/box.h"

#include <stdlib.h>

enum { QUESTION_WIDTH = 64 };

struct question {
	struct layer base;
	char *question;
	char *text; /* for fn */
	question_fn *fn, *abort; /* abort: NULL when that is no answer */
	struct rect buttons[3]; /* of ANSWERS: on the screen */
};

enum { YES, NO, ABORT };
static const enum action ANSWERS[] = {
	[YES] = ACTION_DIALOG_YES,
	[NO] = ACTION_DIALOG_NO,
	[ABORT] = ACTION_DIALOG_ABORT,
};

static int
answers(const struct question *q)
{
	return q->abort ? 3 : 2;
}

/* The layer is gone before fn is called: fn may push another. */
static void
answer(struct question *q, struct app *a, int which)
{
	AUTO_FREE char *text = TAKE(q->text);
	question_fn *fn = which == ABORT ? q->abort : q->fn;

	app_pop(a);
	fn(a, text, which != NO);
}

/* Of the global actions only those that are about the terminal. */
static bool
question_action(struct layer *l, struct app *a, enum action act)
{
	struct question *q = (struct question *)l;

	switch (act) {
	case ACTION_DIALOG_YES:
	case ACTION_DIALOG_NO:
		answer(q, a, act == ACTION_DIALOG_YES ? YES : NO);
		return true;
	case ACTION_DIALOG_ABORT:
		if (q->abort)
			answer(q, a, ABORT);
		return true;
	case ACTION_GLOBAL_BACK:
		answer(q, a, NO);
		return true;
	case ACTION_GLOBAL_INTERRUPT:
	case ACTION_GLOBAL_SUSPEND:
	case ACTION_GLOBAL_REDRAW:
	case ACTION_GLOBAL_HELP:
		return false;
	default:
		return true;
	}
}

static bool
question_input(struct layer *l, struct app *a, const struct input *in)
{
	struct question *q = (struct question *)l;

	for (int i = 0; i < answers(q); i++)
		if (in->kind == INPUT_MOUSE && in->mouse == INPUT_PRESS &&
		    rect_has(q->buttons[i], in->x, in->y)) {
			answer(q, a, i);
			break;
		}
	return true;
}

static void
question_view(struct layer *l, const struct app *a, struct frame *f,
	      struct rect r)
{
	struct question *q = (struct question *)l;
	int w = r.w < APP_WIDE ? r.w : QUESTION_WIDTH, x = 0;
	struct rect in = box_open(a, f, r, w, box_rows(q->question, w - 4) + 4,
				  "Question");
	struct rect foot = rect_cut_bottom(&in, 1);

	frame_wrap(f, in, 0, 0, q->question, app_style(a, ROLE_TEXT));
	for (int i = 0; i < answers(q); i++) {
		enum action one[] = { ANSWERS[i], ACTION_NONE };
		int end = app_keys(a, f, foot, x, 0, one);

		q->buttons[i] =
			(struct rect){ foot.x + x, foot.y, end - x, foot.h };
		x = end;
	}
}

static void
question_free(struct layer *l)
{
	struct question *q = (struct question *)l;

	free(q->question);
	free(q->text);
}

static const struct layer_class question_class = {
	.name = "Question",
	.contexts = { CONTEXT_DIALOG, CONTEXT_GLOBAL },
	.action = question_action,
	.input = question_input,
	.view = question_view,
	.free = question_free,
};

struct layer *
question_new(struct app *a, const char *question, const char *text,
	     question_fn *fn)
{
	struct question *q = xcalloc(1, sizeof(*q));

	(void)a;
	q->base.class = &question_class;
	q->question = xstrdup(question);
	q->text = xstrdup(text ? text : "");
	q->fn = fn;
	return &q->base;
}

struct layer *
question_abort(struct layer *l, question_fn *fn)
{
	((struct question *)l)->abort = fn;
	return l;
}

bool
question_is(const struct layer *l, question_fn *fn)
{
	return l->class == &question_class &&
	       ((const struct question *)l)->fn == fn;
}
