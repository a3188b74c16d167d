/*
 * hash.h - a fast 64-bit hash of a short text, for the sketches.
 *
 * Multiply-and-fold as in wyhash (Wang Yi, public domain). Not keyed and not
 * for security: who crafts collisions gets wrong statistics of his own file.
 */
#ifndef AGENTOPS_TOOL_DATA_HASH_H
#define AGENTOPS_TOOL_DATA_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t
hash_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 r = (unsigned __int128)a * b;

	return (uint64_t)r ^ (uint64_t)(r >> 64);
}

static inline uint64_t
hash_load(const char *p, size_t len)
{
	uint64_t v = 0;

	memcpy(&v, p, len);
	return v;
}

/* The last 1 to 8 bytes are read as two overlapping halves where they can
 * be, which a compiler turns into plain loads. */
static inline uint64_t
hash_tail(const char *p, size_t len)
{
	if (len >= 4)
		return hash_load(p, 4) | hash_load(p + len - 4, 4) << 32;
	if (len == 0)
		return 0;
	return (uint64_t)(unsigned char)p[0] << 16 |
	       (uint64_t)(unsigned char)p[len / 2] << 8 |
	       (unsigned char)p[len - 1];
}

static inline uint64_t
hash_bytes(const char *p, size_t len)
{
	const uint64_t k1 = 0xa0761d6478bd642fu, k2 = 0xe7037ed1a0b428dbu;
	uint64_t h = hash_fold(len ^ k1, k2);

	for (; len > 8; p += 8, len -= 8)
		h = hash_fold(hash_load(p, 8) ^ k1, h ^ k2);
	h = hash_fold(hash_tail(p, len) ^ k1, h ^ k2);
	return hash_fold(h, k1);
}

#endif
