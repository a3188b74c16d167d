/*
 * chart_intern.h - byte strings to dense numbers 0, 1, 2 ... in the order
 * they were first seen. Keys are copied and live until the release.
 */
#ifndef AGENTOPS_TOOL_CHART_INTERN_H
#define AGENTOPS_TOOL_CHART_INTERN_H

#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct intern_key {
	const char *bytes; /* NUL-terminated, the NUL not counted */
	size_t len;
};

struct intern {
	struct intern_key *keys;
	size_t count, cap;
	uint32_t *slots; /* index + 1, 0 for free; a power of two of them */
	size_t slot_count;
	struct arena arena;
};

/* Zero-initialise to begin. */
void intern_release(struct intern *t);
/* The number of the key, new or old. */
size_t intern_add(struct intern *t, const void *key, size_t len);

#endif
