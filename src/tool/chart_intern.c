#include "tool/chart_intern.h"

#include <stdlib.h>
#include <string.h>

void
intern_release(struct intern *t)
{
	free(t->keys);
	free(t->slots);
	arena_release(&t->arena);
	*t = (struct intern){ 0 };
}

/* FNV-1a, 64 bits. */
static uint64_t
hash(const void *key, size_t len)
{
	const unsigned char *p = key;
	uint64_t h = 0xcbf29ce484222325;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x100000001b3;
	return h ^ h >> 32;
}

/* The slot that holds the key, or the free one where it belongs. */
static uint32_t *
find(struct intern *t, const void *key, size_t len)
{
	size_t mask = t->slot_count - 1, at = hash(key, len) & mask;

	while (t->slots[at]) {
		const struct intern_key *k = &t->keys[t->slots[at] - 1];

		if (k->len == len && memcmp(k->bytes, key, len) == 0)
			break;
		at = (at + 1) & mask;
	}
	return &t->slots[at];
}

static void
grow_slots(struct intern *t)
{
	free(t->slots);
	t->slot_count = t->slot_count ? t->slot_count * 2 : 64;
	t->slots = xcalloc(t->slot_count, sizeof(*t->slots));
	for (size_t i = 0; i < t->count; i++)
		*find(t, t->keys[i].bytes, t->keys[i].len) = (uint32_t)i + 1;
}

size_t
intern_add(struct intern *t, const void *key, size_t len)
{
	uint32_t *slot;

	if (t->count * 2 >= t->slot_count)
		grow_slots(t);
	slot = find(t, key, len);
	if (*slot)
		return *slot - 1;
	GROW(t->keys, t->count, t->cap);
	t->keys[t->count].bytes = arena_strndup(&t->arena, key, len);
	t->keys[t->count].len = len;
	*slot = (uint32_t)++t->count;
	return t->count - 1;
}
