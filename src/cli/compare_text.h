/*
 * compare_text.h - rows of run/compare.h as words for people. They may hold
 * anything that files and programs said.
 */
#ifndef AGENTOPS_CLI_COMPARE_TEXT_H
#define AGENTOPS_CLI_COMPARE_TEXT_H

#include <cjson/cJSON.h>

/* What one of the two runs has in this row, in one line; side is "a" or "b".
 * Caller frees. */
char *compare_text_cell(const cJSON *row, const char *side);
/* The key of a row in words: "duration" for duration_us. */
const char *compare_text_key(const char *key);

#endif
