/*
 * visual.h - deterministic checks of a picture, each with a measured value.
 *
 * They run on every picture a tool makes; what they find reaches the journal,
 * the person and the next attempt of the step. They judge charts and are
 * careful: a picture without recognisable axes is only checked for being
 * blank and clipped, and a value that cannot be measured is a pass.
 *
 *	check      value                                 fails when
 *	blank      share of the plot that holds data     under 0.0001
 *	clipped    pixels of ink cut at the border       over 1
 *	contrast   WCAG contrast ratio of the fainter    under 3
 *	           text, or of the strongest data
 *	           colour, whichever is less
 *	text_size  height of the letters, pixels at      under 6.5
 *	           the size shown
 *	overlap    share of the text that runs together  over 0.03
 *
 * Sources. Contrast: WCAG 2.2, success criterion 1.4.11 (3 : 1 for graphics)
 * and the definitions of contrast ratio and relative luminance. Not every
 * data colour is held to it, because common palettes have one under 3 : 1
 * beside others; all of them under it is a finding. Text size and overlap:
 * measured on the charts of tests/unit/test_visual.c, between the good ones
 * (overlap at most 0.015, letters from 8 pixels) and the bad ones (overlap
 * from 0.035, letters up to 5). Overlap is not judged below that letter
 * size: such letters run together without overlapping.
 *
 * Pure functions of the pixels: same picture, same report. About 30 ms for
 * 1280 x 800; memory about the size of the
 * picture's RGBA again, at most 40 MiB.
 *
 *	struct visual_report report;
 *	visual_check(&image, NULL, &report);
 *	if (!report.ok)
 *		visual_report_json(&report, &out);
 */
#ifndef AGENTOPS_MEDIA_VISUAL_H
#define AGENTOPS_MEDIA_VISUAL_H

#include "base/buf.h"
#include "media/image.h"

/* id, name, default threshold, whether a value under it (not over) fails */
#define VISUAL_CHECKS(X) \
	X(VISUAL_BLANK, "blank", 0.0001, true) \
	X(VISUAL_CLIPPED, "clipped", 1, false) \
	X(VISUAL_CONTRAST, "contrast", 3.0, true) \
	X(VISUAL_TEXT_SIZE, "text_size", 6.5, true) \
	X(VISUAL_OVERLAP, "overlap", 0.03, false)

enum visual_id {
#define X(id, name, threshold, under) id,
	VISUAL_CHECKS(X)
#undef X
	VISUAL_COUNT
};

/* Zero-initialise for the defaults. */
struct visual_options {
	double shown_scale;             /* pixels shown per pixel; 0: 1 */
	double threshold[VISUAL_COUNT]; /* 0: the default */
	bool skip[VISUAL_COUNT];
};

enum { VISUAL_MESSAGE_SIZE = 240 };

struct visual_finding {
	enum visual_id id;
	const char *check;    /* its name */
	bool ok, measured;    /* not measured: ok, value 0 */
	double value, threshold;
	char message[VISUAL_MESSAGE_SIZE]; /* what is wrong and what to do;
					      "" when ok */
};

struct visual_report {
	bool ok; /* all of them */
	struct visual_finding findings[VISUAL_COUNT];
	size_t count; /* without the skipped ones */
};

/* Blocking; belongs on a pool thread. options may be NULL. */
void visual_check(const struct image *im, const struct visual_options *options,
		  struct visual_report *ret);

/* Appends {"ok":..,"checks":[{"check","ok","value","threshold","message"}]};
 * value is null when it could not be measured. */
void visual_report_json(const struct visual_report *r, struct buf *out);

/* The id of a check's name; false when there is none. */
bool visual_find(const char *name, enum visual_id *ret);

#endif
