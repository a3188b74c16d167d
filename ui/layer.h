/*
 * layer.h - the screen is a stack of layers: the main screen at the bottom,
 * above it views that cover it (runs, inbox, patterns, artifact, a text) and
 * boxes that cover a part (form, help, palette, question).
 *
 * Input goes to the top layer first: a key that the keymap knows in the
 * layer's contexts becomes an action, everything else (and actions it does
 * not want) is offered as raw input. What nobody consumes goes on: the app's
 * own global actions, then nothing; it never reaches a layer below, so a box
 * is modal. Other messages go to every layer.
 *
 * A layer is a struct that begins with struct layer:
 *
 *	struct help { struct layer base; struct list list; };
 *	static const struct layer_class help_class = { .name = "Help", ... };
 *	struct layer *help_new(struct app *a);    app_push takes it
 *
 * Handlers change the layer and the app's model, and push asks
 * (app_ask); they do no I/O. view draws and changes nothing the app can
 * see (it may fit its list to the rows there are).
 */
#ifndef AGENTOPS_UI_LAYER_H
#define AGENTOPS_UI_LAYER_H

#include "ui/frame.h"
#include "ui/key.h"
#include "ui/msg.h"

struct app;
struct layer;

enum { LAYER_CONTEXTS = 6 };

struct layer_class {
	const char *name;         /* in the title line */
	/* Looked up in this order, until action consumes what a key means
	 * there; ends with CONTEXT_GLOBAL. */
	enum context contexts[LAYER_CONTEXTS];
	bool covers;              /* fills the screen: nothing shows below */
	/* Printable keys are text here (a field has the focus); NULL: no. */
	bool (*typing)(const struct layer *l);
	/* True when consumed. Any may be NULL. */
	bool (*action)(struct layer *l, struct app *a, enum action act);
	bool (*input)(struct layer *l, struct app *a, const struct input *in);
	void (*message)(struct layer *l, struct app *a, struct msg *m);
	void (*view)(struct layer *l, const struct app *a, struct frame *f,
		     struct rect r);
	void (*free)(struct layer *l);
};

struct layer {
	const struct layer_class *class;
	struct layer *below;
	struct rect at; /* where view drew it the last time, for the mouse */
};

#endif
