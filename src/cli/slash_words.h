/*
 * slash_words.h - a line typed in a prompt as words, quoted as in a shell:
 * blanks (and line ends) part words; '...' is taken as it is; in "..." a
 * backslash keeps the next " or \; outside quotes it keeps any character. A
 * bracket of a hint ([prefer: a, b], cli/hints.h) is one word, blanks and
 * all.
 */
#ifndef AGENTOPS_CLI_SLASH_WORDS_H
#define AGENTOPS_CLI_SLASH_WORDS_H

#include "base/err.h"

#include <stddef.h>

struct slash_word {
	char *text;        /* without its quotes */
	size_t start, end; /* of what was typed: bytes of the line */
};

struct slash_words {
	struct slash_word *items;
	size_t count, cap;
	size_t open; /* 0, or 1 + the place of a quote that is not closed */
};

void slash_words_release(struct slash_words *w);

/* The words of the first len bytes of line; ret is zeroed first. */
void slash_words_split(const char *line, size_t len, struct slash_words *ret);

/* word as it must be typed to be one word again; caller frees. */
char *slash_quote(const char *word);

#endif
