/*
 * chart_axis.h - where the labels of an axis stand and what they say.
 *
 * The tool places every label itself instead of leaving it to gnuplot: only
 * so is their number known to fit the width, months begin on the first, and
 * large numbers read "1,250,000" whatever the locale.
 */
#ifndef AGENTOPS_TOOL_CHART_AXIS_H
#define AGENTOPS_TOOL_CHART_AXIS_H

#include "tool/chart_series.h"

struct chart_tick {
	double at;
	char *label; /* UTF-8, no control characters */
};

struct chart_axis {
	double min, max; /* what is drawn */
	struct chart_tick *ticks;
	size_t count, cap;
	size_t widest; /* characters of the longest label */
};

void chart_axis_release(struct chart_axis *a);

/* Round numbers; widened to whole steps when snap is set. About `labels`. */
void chart_axis_numbers(struct chart_axis *a, double min, double max,
			int labels, bool snap);
/* Whole minutes, hours, days, weeks, months, years; at most `labels`. */
void chart_axis_times(struct chart_axis *a, double min, double max,
		      int labels);
/* 0 .. count - 1, every thin-th one labelled; labels over CHART_LABEL_CHARS
 * end in an ellipsis. */
void chart_axis_categories(struct chart_axis *a, const struct strv *names,
			   int thin);

enum { CHART_LABEL_CHARS = 24 };

/* "1,250,000", "0.25", "1.5e+20": the number as people write it, with so
 * many decimals as the step between neighbours needs (step 0: the shortest
 * with four significant digits). */
void chart_number_text(struct buf *out, double v, double step);
/* Appends s with control characters as blanks and at most `chars` code
 * points, an ellipsis last when it was cut. */
void chart_plain_text(struct buf *out, const char *s, size_t chars);
size_t chart_chars(const char *s);

#endif
