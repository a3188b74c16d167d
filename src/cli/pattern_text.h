/*
 * pattern_text.h - what the commands about patterns share: an index that is
 * up to date, and a pattern's numbers as words and as JSON.
 */
#ifndef AGENTOPS_CLI_PATTERN_TEXT_H
#define AGENTOPS_CLI_PATTERN_TEXT_H

#include "cli/cli.h"
#include "know/library.h"

/* Opens the journal and brings the index up to date with the files; what is
 * wrong with one is printed as a warning. */
bool pattern_text_sync(struct cli *c, struct err *err);

/* Appends the members of a row, without braces. */
void pattern_text_json(const struct library_row *r, struct buf *out);

/* "92% (95% interval 81-97%)", "not run yet"; caller frees. */
char *pattern_text_rate(const struct pattern_counts *c);
/* v0.2.0's star: learned, or above 90 %. */
bool pattern_text_star(const struct library_row *r);
/* "*", or a star where the terminal has one. */
const char *pattern_text_star_sign(void);
/* "2 days ago", "never" for 0; caller frees. */
char *pattern_text_age(int64_t us, int64_t now_us);

/* Fails for a pattern that there is not, naming similar ones with their
 * numbers. */
bool pattern_text_exists(struct cli *c, const char *id, struct err *err);

#endif
