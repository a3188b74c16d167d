/*
 * chart_plot.h - the numbers as a gnuplot data file and script.
 *
 * chart.dat holds numbers only, one block for each series ("index" 0, 1 ...):
 *
 *	line, scatter        x y
 *	bar, histogram       x y width
 *	heat map             column row value
 *
 * Time is seconds since 1970 UTC, a category is its index.
 *
 * Text from outside (titles, columns, categories) reaches gnuplot only as a
 * double-quoted string in which every byte but letters, digits and blanks is
 * an octal escape. gnuplot looks for `commands` and @macros before it reads
 * escapes, so there is nothing for it to find; and enhanced text is off.
 *
 * Colours: Okabe and Ito, "Color Universal Design" (2008), readable with any
 * colour vision, ordered by contrast to white, yellow (1.3 : 1) replaced by a
 * grey. Heat maps: viridis (Smith and van der Walt, CC0).
 */
#ifndef AGENTOPS_TOOL_CHART_PLOT_H
#define AGENTOPS_TOOL_CHART_PLOT_H

#include "tool/chart_series.h"

/* What was drawn, for the result. */
struct chart_drawn {
	int angle, font_px;
	int thin; /* every thin-th label */
};

void chart_plot_data(const struct chart_spec *s, const struct chart_data *d,
		     struct buf *out);
void chart_plot_script(const struct chart_spec *s, const struct chart_data *d,
		       struct buf *out, struct chart_drawn *ret);

/* The picture in words: what it shows, key numbers, notes. */
void chart_describe(const struct chart_spec *s, const struct chart_data *d,
		    struct buf *out);
/* "mean of price", "count": what the y axis shows. */
void chart_measure_name(const struct chart_spec *s,
			const struct chart_data *d, struct buf *out);

#endif
