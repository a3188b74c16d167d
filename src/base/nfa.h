/*
 * nfa.h - regular expressions from anybody on text from anybody: time is at
 * most (program size) x (text), memory is the program. (glibc's regexec can
 * be made to use 16 KiB a byte, and seconds a kilobyte.)
 *
 * Compiled to a small program and run by Thompson's simulation of all states
 * at once (K. Thompson, CACM 11(6), 1968; as in R. Cox, "Regular Expression
 * Matching: the Virtual Machine Approach"). So there are no
 * back-references and no look-around.
 *
 *	.  [a-z]  [^a-z]  [[:alpha:]]  \d \D \w \W \s \S  \b \B  \t \n \r
 *	^  $  a|b  (a)  (?:a)  a*  a+  a?  a{2}  a{2,}  a{2,5}
 *
 * Characters are those of UTF-8; an invalid byte is a character that only
 * `.` and negated sets match. $ also matches before a final carriage return.
 * Case is ignored for ASCII only. A `?` after a repetition is accepted and
 * changes nothing, since only where a match is counts.
 */
#ifndef AGENTOPS_BASE_NFA_H
#define AGENTOPS_BASE_NFA_H

#include "base/err.h"
#include "base/mem.h"

#include <stddef.h>

enum {
	NFA_PATTERN_MAX = 1024, /* bytes */
	NFA_PROGRAM_MAX = 4096, /* instructions, repetitions written out */
	NFA_DEPTH_MAX = 64,     /* groups in groups */
};

struct nfa;

/* NULL with err (ERR_USAGE): what is wrong, and at which byte. */
struct nfa *nfa_new(const char *pattern, bool ignore_case, struct err *err);
void nfa_free(struct nfa *n);
DEFINE_AUTO_PTR(nfa);

/* A line, or a piece of one: begins and ends tell where ^ and $ match. */
struct nfa_text {
	const char *data;
	size_t len;
	bool begins, ends;
};

/* The match that ends first; of those, the one that begins first. */
bool nfa_find(struct nfa *n, const struct nfa_text *t, size_t *ret_from,
	      size_t *ret_to);

#endif
