/*
 * base64.h - bytes as base64 (RFC 4648), for the terminal protocols that
 * carry a file.
 */
#ifndef AGENTOPS_MEDIA_BASE64_H
#define AGENTOPS_MEDIA_BASE64_H

#include "base/buf.h"

/* Appends it with its padding: what is added in pieces must come in
 * multiples of 3 bytes but for the last. */
void base64_add(struct buf *out, const void *data, size_t len);

#endif
