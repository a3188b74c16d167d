/*
 * freq.h - the most frequent values of a stream, and all of them while they
 * are few.
 *
 * A table of at most `limit` values with their counts. When it is full, a
 * typical count (the median of a sample) is taken off every value and those
 * that reach zero leave: the Misra-Gries algorithm with the amortised purge
 * of Anderson et al., "A High-Performance Algorithm for Identifying Frequent
 * Items in Data Streams" (IMC 2017).
 *
 * What was taken off in all is `offset`. A value's true count lies between
 * its count here and that plus offset; a value not in the table occurred at
 * most offset times. While offset is 0 nothing has left: counts and the
 * number of different values are exact.
 *
 * Values are told apart by their 64-bit hash alone. A value's parsed form is
 * kept, so that a repeated text is not parsed again.
 */
#ifndef AGENTOPS_TOOL_DATA_FREQ_H
#define AGENTOPS_TOOL_DATA_FREQ_H

#include "tool/data/value.h"

enum { FREQ_TEXT = 52, FREQ_LIMIT_MAX = 1 << 15 };

struct freq_entry {
	uint64_t hash, count;
	struct data_value value;
	uint32_t chars;      /* length of the value in characters */
	uint8_t len;         /* bytes kept of the text */
	bool cut;            /* there were more */
	char text[FREQ_TEXT];
};

struct freq {
	struct freq_entry *entries;
	uint16_t *slots; /* index of an entry + 1, open addressing */
	uint32_t count, cap, limit;
	uint64_t offset;
};

/* limit is a power of two, 16 to FREQ_LIMIT_MAX. */
void freq_init(struct freq *f, uint32_t limit);
void freq_release(struct freq *f);
/* True when the next insert will purge and lose exactness. */
bool freq_is_full(const struct freq *f);
/* A value that freq_find did not find, with count 1. The pointer is valid
 * until the next insert. */
struct freq_entry *freq_insert(struct freq *f, uint64_t hash,
			       const char *text, size_t len);
/* The indexes of the at most max largest entries into ret, by falling count
 * and then by text; those that may be noise (count at most offset) are left
 * out. Returns how many. */
size_t freq_top(const struct freq *f, size_t max, uint32_t *ret);

static inline struct freq_entry *
freq_find(const struct freq *f, uint64_t hash)
{
	uint32_t mask = f->cap * 2 - 1, at = (uint32_t)hash & mask;

	if (f->cap == 0)
		return NULL;
	for (; f->slots[at]; at = (at + 1) & mask)
		if (f->entries[f->slots[at] - 1].hash == hash)
			return &f->entries[f->slots[at] - 1];
	return NULL;
}

#endif
