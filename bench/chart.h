/*
 * chart.h - a chart of 1280x800, and what anyone would write without us to
 * make it character cells: libpng (simplified API), then libchafa with the
 * options that src/media/symbols.c has.
 *
 * What cannot be made ends the process with a message and status 2.
 */
#ifndef AGENTOPS_BENCH_CHART_H
#define AGENTOPS_BENCH_CHART_H

#include "base/lazy.h"

enum { CHART_WIDTH = 1280, CHART_HEIGHT = 800 };

/* By gnuplot; another slope is another picture. */
void chart_draw(const char *path, int slope);
/* At most so many cells; of each its character. */
void chart_peer(const char *path, int columns, int rows,
		ChafaCanvasMode colours, uint32_t *ret_chars);

#endif
