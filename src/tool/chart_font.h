/*
 * chart_font.h - which characters the installed fonts can draw.
 *
 * gnuplot draws a character that no font has as a box hundreds of pixels
 * high across the whole picture. So what cannot be drawn becomes U+25A1, a
 * square as wide as a letter, before gnuplot sees it, and a note says which
 * character and what to install.
 *
 * The fonts are asked for (fontconfig, which gnuplot's cairo terminal
 * depends on) when a text first holds a character beyond those that every
 * text font has; their list is then kept. Without fontconfig everything
 * counts as drawable. Thread-safe: charts are built on pool threads.
 */
#ifndef AGENTOPS_TOOL_CHART_FONT_H
#define AGENTOPS_TOOL_CHART_FONT_H

#include "base/buf.h"

#include <stdint.h>

/* Appends text, valid UTF-8, with U+25A1 for what no font can draw. */
void chart_font_text(struct buf *out, const char *text);

/* The first code point of text that no font can draw, 0 when there is
 * none. */
uint32_t chart_font_lacks(const char *text);

#endif
