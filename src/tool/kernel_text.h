/*
 * kernel_text.h - what a kernel says about an exception, as plain text.
 */
#ifndef AGENTOPS_TOOL_KERNEL_TEXT_H
#define AGENTOPS_TOOL_KERNEL_TEXT_H

#include "base/buf.h"

#include <cjson/cJSON.h>

enum { KERNEL_ERROR_MAX = 600 };

/* Appends text without terminal sequences (ECMA-48 CSI, OSC and the like)
 * and without controls other than newline and tab. */
void kernel_text_plain(struct buf *out, const char *text, size_t len);

/* "ValueError: no such column", at most KERNEL_ERROR_MAX bytes and then
 * "...", from the content of an execute_reply with status error. Caller
 * frees. */
char *kernel_text_error(const cJSON *content);

/* Appends the lines of a traceback (an array of strings). Over max bytes
 * its middle is left out: how it began and where it ended say most. */
void kernel_text_traceback(struct buf *out, const cJSON *lines, size_t max);

#endif
