/*
 * open.h - what a line typed in the prompt does in the app: commands that
 * have a view open it, a task becomes a run, and every other command of the
 * table runs as a child process whose output is shown as a text.
 */
#ifndef AGENTOPS_UI_OPEN_H
#define AGENTOPS_UI_OPEN_H

#include "ui/app.h"

bool open_command(struct app *a, const char *line, struct err *err);

#endif
