/*
 * search.h - finding one pattern in pieces of lines, under bounds that hold
 * for patterns and text from anybody.
 *
 * glibc's regular expressions can be made to eat memory: repetition counts
 * multiply when they are compiled, and the automaton grows with the text it
 * reads. So the size of the expanded pattern is bounded, back-references
 * are refused, and the automaton is made anew after SEARCH_FRESH bytes.
 */
#ifndef AGENTOPS_TOOL_SEARCH_H
#define AGENTOPS_TOOL_SEARCH_H

#include "base/err.h"
#include "tool/lines.h"

#include <regex.h>

enum {
	SEARCH_PATTERN_MAX = 512,  /* bytes */
	SEARCH_EXPANDED_MAX = 2000, /* atoms, repetitions written out */
	SEARCH_PIECE = 4 << 10,    /* bytes for one regexec */
	SEARCH_FRESH = 4 << 10,
};

struct search {
	char *pattern;
	size_t len;
	bool regex;     /* POSIX extended; else plain bytes */
	int flags;
	regex_t re;
	size_t since;   /* bytes read since re was compiled */
};

/* ERR_USAGE with regcomp's words when the pattern is not one. Case is only
 * ignored as the locale knows it. */
bool search_init(struct search *s, const char *pattern, bool regex,
		 bool ignore_case, struct err *err);
void search_release(struct search *s);

/* The first match in the piece. In a line that comes in several pieces ^ and
 * $ match only where the line begins and ends, and a match longer than
 * LINES_OVERLAP may be missed. */
bool search_find(struct search *s, const struct lines_piece *p,
		 size_t *ret_from, size_t *ret_to);

#endif
