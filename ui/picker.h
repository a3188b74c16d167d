/*
 * picker.h - a box to choose a file: folders open, typing filters. The
 * names come with MSG_FILES.
 */
#ifndef AGENTOPS_UI_PICKER_H
#define AGENTOPS_UI_PICKER_H

#include "ui/app.h"

/* Called with the path chosen, after the box is gone. */
typedef void picker_fn(struct app *a, const char *path);

/* start: a path as typed so far; its folder is shown first. Copies. */
struct layer *picker_new(struct app *a, const char *start, picker_fn *fn);

#endif
