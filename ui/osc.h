/*
 * osc.h - operating system commands for a terminal, as bytes. Text is made
 * safe: controls are visible, ";" (which separates fields) becomes ",", and
 * what is longer than 500 bytes is cut.
 */
#ifndef AGENTOPS_UI_OSC_H
#define AGENTOPS_UI_OSC_H

#include "base/buf.h"

/* Each appends. The window's title (OSC 2). */
void osc_title(struct buf *b, const char *text);
/* A notification: OSC 9 (iTerm2) and OSC 777 (rxvt). */
void osc_notify(struct buf *b, const char *title, const char *text);
/* The clipboard (OSC 52). */
void osc_copy(struct buf *b, const char *text);

#endif
