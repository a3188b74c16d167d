/*
 * chart_spec.h - what a chart call asks for: the tool's arguments, checked,
 * defaults filled in, and corrected by the findings of the attempt before.
 *
 * The one rule for conflicts: an explicit argument beats what the tool would
 * choose by itself; a finding of the attempt before beats an explicit
 * argument, but only for the property the finding is about:
 *
 *	finding     property     attempt 2     3            4 ...
 *	overlap     x labels     45 degrees    90 degrees   every 2nd, 4th ...
 *	                         (from where it stood: 0, 45, 90)
 *	text_size   font size    x 1.4         x 2          x 2.8, at most 36
 *	contrast    colours      the four of the palette over 3 : 1, and black;
 *	                         of a heat map the dark end
 *	clipped     margins      6 %           12 %         18 % on each side,
 *	            and title    wrapped after 60, 40, 20 characters
 *
 * The step is attempt - 1, so the same findings at the same attempt always
 * give the same chart, also after a crash. Every correction is noted in
 * `notes` and so reaches the reader.
 */
#ifndef AGENTOPS_TOOL_CHART_SPEC_H
#define AGENTOPS_TOOL_CHART_SPEC_H

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "tool/chart_table.h"

#define CHART_KINDS(X) \
	X(CHART_LINE, "line") \
	X(CHART_BAR, "bar") \
	X(CHART_SCATTER, "scatter") \
	X(CHART_HISTOGRAM, "histogram") \
	X(CHART_HEATMAP, "heatmap")

/* AUTO is count without a y column; else mean where x repeats (line, bar,
 * heatmap), none for scatter. */
#define CHART_AGGREGATES(X) \
	X(CHART_AUTO, "auto") \
	X(CHART_NONE, "none") \
	X(CHART_COUNT, "count") \
	X(CHART_SUM, "sum") \
	X(CHART_MEAN, "mean") \
	X(CHART_MIN, "min") \
	X(CHART_MAX, "max") \
	X(CHART_MEDIAN, "median")

/* Order of categories. AUTO is value_desc for bars, data for the rest;
 * numbers and dates always stand in their own order. */
#define CHART_SORTS(X) \
	X(CHART_SORT_AUTO, "auto") \
	X(CHART_SORT_DATA, "data") \
	X(CHART_SORT_LABEL, "label") \
	X(CHART_SORT_VALUE, "value") \
	X(CHART_SORT_VALUE_DESC, "value_desc")

#define X(id, name) id,
enum chart_kind { CHART_KINDS(X) };
enum chart_aggregate { CHART_AGGREGATES(X) };
enum chart_sort { CHART_SORTS(X) };
#undef X

const char *chart_kind_name(enum chart_kind k);
const char *chart_aggregate_name(enum chart_aggregate a);

enum { CHART_ANGLE_AUTO = -1, CHART_Y_LIMIT = 8 };

struct chart_spec {
	char *data;        /* absolute path */
	struct table_dialect dialect;
	enum chart_kind kind;
	enum chart_aggregate aggregate;
	enum chart_sort sort;
	char *x, *group, *value;   /* column names or NULL */
	struct strv y;             /* column names; may be empty */
	char *title, *x_label, *y_label; /* NULL: made from the columns */
	char *date_format;         /* strptime, or NULL */
	char *output;              /* file name within the call's folder */
	int width, height;         /* pixels */
	int limit;                 /* most categories shown; 0: by kind */
	int bins;                  /* 0: chosen from the data */
	int font_px;               /* 0: from the picture's size */
	int angle;                 /* of x labels, or CHART_ANGLE_AUTO */
	/* set by findings */
	int angle_more;            /* degrees on top of what is chosen */
	int thin;                  /* every thin-th x label; 1: all */
	double font_factor;
	bool dark;                 /* only colours over 3 : 1 */
	double margin;             /* share of each side left free */
	int title_wrap;            /* characters */
	struct strv notes;         /* sentences for the reader */
};

/* The schema of the tool's arguments. */
extern const char chart_schema[];

/*
 * workspace: what a relative data path is relative to. values is the tool
 * request's (may be NULL). *ret is released by the caller on success.
 */
bool chart_spec_parse(const cJSON *args, const cJSON *values,
		      const char *workspace, struct chart_spec *ret,
		      struct err *err);
void chart_spec_release(struct chart_spec *s);

#endif
