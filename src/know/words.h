/*
 * words.h - the words of a task as v0.2.0 took them: lower case, split at
 * blanks, punctuation kept, without stop words. Internal to src/know.
 *
 * v0.2.0 has two lists: the one of its storage (task_keywords of a new
 * pattern) and the longer one of its matcher. Both are kept.
 */
#ifndef AGENTOPS_KNOW_WORDS_H
#define AGENTOPS_KNOW_WORDS_H

#include "base/str.h"

struct word_rule {
	const char *const *stop; /* NULL-terminated */
	size_t min_chars;        /* shorter words are dropped */
	size_t max_words;        /* 0 = all */
};

extern const struct word_rule words_stored, words_matched;

/* Lower case for ASCII, Latin-1, Greek and Cyrillic letters, as a copy that
 * is valid UTF-8 (other bytes become U+FFFD). Caller frees. */
char *words_lower(const char *text);

/* Adds the words to out that are not there yet. */
void words_split(const char *text, const struct word_rule *rule,
		 struct strv *out);

#endif
