/*
 * Invariants:
 * 1. entries[0..count) are the values in the table, count <= cap <= limit.
 * 2. slots has 2 * cap places, so a probe always meets an empty one.
 * 3. The counts, and offset once for each purge, never exceed what came in.
 */
#include "tool/data/freq.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { CAP_FIRST = 16, SAMPLE = 64 };

void
freq_init(struct freq *f, uint32_t limit)
{
	*f = (struct freq){ .limit = limit };
}

void
freq_release(struct freq *f)
{
	free(f->entries);
	free(f->slots);
	*f = (struct freq){ 0 };
}

bool
freq_is_full(const struct freq *f)
{
	return f->count == f->limit;
}

static void
place(struct freq *f, uint32_t index)
{
	uint32_t mask = f->cap * 2 - 1;
	uint32_t at = (uint32_t)f->entries[index].hash & mask;

	while (f->slots[at])
		at = (at + 1) & mask;
	f->slots[at] = (uint16_t)(index + 1);
}

static void
place_all(struct freq *f)
{
	memset(f->slots, 0, f->cap * 2 * sizeof(*f->slots));
	for (uint32_t i = 0; i < f->count; i++)
		place(f, i);
}

static int
compare_counts(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t
sample_median(const struct freq *f)
{
	uint32_t n = f->count < SAMPLE ? f->count : SAMPLE;
	uint64_t sample[SAMPLE];

	for (uint32_t i = 0; i < n; i++)
		sample[i] = f->entries[(uint64_t)i * f->count / n].count;
	qsort(sample, n, sizeof(*sample), compare_counts);
	return sample[n / 2];
}

static void
purge(struct freq *f)
{
	uint64_t off = sample_median(f);
	uint32_t kept = 0;

	for (uint32_t i = 0; i < f->count; i++) {
		if (f->entries[i].count <= off)
			continue;
		if (kept != i)
			f->entries[kept] = f->entries[i];
		f->entries[kept++].count -= off;
	}
	f->count = kept;
	f->offset += off;
	place_all(f);
}

static void
make_room(struct freq *f)
{
	if (f->count < f->cap)
		return;
	if (f->cap == f->limit) {
		purge(f);
		return;
	}
	f->cap = f->cap ? f->cap * 2 : CAP_FIRST;
	f->entries = xreallocarray(f->entries, f->cap, sizeof(*f->entries));
	f->slots = xreallocarray(f->slots, f->cap * 2, sizeof(*f->slots));
	place_all(f);
}

struct freq_entry *
freq_insert(struct freq *f, uint64_t hash, const char *text, size_t len)
{
	struct freq_entry *e;

	make_room(f);
	e = &f->entries[f->count];
	e->hash = hash;
	e->count = 1;
	e->cut = len > FREQ_TEXT;
	e->len = (uint8_t)(e->cut ? FREQ_TEXT : len);
	memcpy(e->text, text, e->len);
	place(f, f->count++);
	return e;
}

static bool
ranks_before(const struct freq_entry *a, const struct freq_entry *b)
{
	size_t len = a->len < b->len ? a->len : b->len;
	int order;

	if (a->count != b->count)
		return a->count > b->count;
	order = memcmp(a->text, b->text, len);
	return order < 0 || (order == 0 && a->len < b->len);
}

size_t
freq_top(const struct freq *f, size_t max, uint32_t *ret)
{
	size_t n = 0;

	for (uint32_t i = 0; i < f->count; i++) {
		size_t at;

		if (f->entries[i].count <= f->offset)
			continue;
		for (at = n; at > 0; at--) {
			if (!ranks_before(&f->entries[i],
					  &f->entries[ret[at - 1]]))
				break;
			if (at < max)
				ret[at] = ret[at - 1];
		}
		if (at < max)
			ret[at] = i;
		if (n < max)
			n++;
	}
	return n;
}
