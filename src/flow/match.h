/*
 * match.h - POSIX extended regular expressions with a bound on their cost.
 *
 * The C library's matcher is linear in the text unless a pattern uses back
 * references, and its compiled form grows with the product of the repeat
 * counts; so patterns from files may have neither a back reference nor
 * repeats whose product is over MATCH_REPEAT_MAX.
 */
#ifndef AGENTOPS_FLOW_MATCH_H
#define AGENTOPS_FLOW_MATCH_H

#include "base/err.h"

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

enum { MATCH_PATTERN_MAX = 512, MATCH_REPEAT_MAX = 1000 };

/* Caller regfree()s *ret. The message has no place: "... in the pattern". */
bool match_compile(const char *pattern, regex_t *ret, struct err *err);
/* Somewhere in the len bytes, which may hold NUL. */
bool match_has(const regex_t *re, const char *text, size_t len);
/* Compiles, matches, frees: for short texts and checked patterns. */
bool match_once(const char *pattern, const char *text);

#endif
