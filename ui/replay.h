/*
 * replay.h - running a pattern again: a form asks for the task and for the
 * inputs of its workflow, then ASK_START.
 */
#ifndef AGENTOPS_UI_REPLAY_H
#define AGENTOPS_UI_REPLAY_H

#include "know/pattern.h"
#include "ui/app.h"

/* Pushes the form; false when the pattern has no workflow that loads. */
bool replay_open(struct app *a, const struct pattern *p, struct err *err);

#endif
