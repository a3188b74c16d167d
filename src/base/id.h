/*
 * id.h - random and content identifiers.
 */
#ifndef AGENTOPS_BASE_ID_H
#define AGENTOPS_BASE_ID_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum { ID_RUN_SIZE = 18, SHA256_HEX_SIZE = 65, SHA256_SIZE = 32 };

/* Fills out with 2 * bytes hex digits and a NUL; bytes <= 64. Aborts when
 * the kernel has no randomness. */
void id_random_hex(char *out, size_t bytes);

/* 2 * len hex digits and a NUL. */
void id_hex(const unsigned char *data, size_t len, char *out);

/* A run's name: "YYMMDD-HHMM-ttrrr" in UTC; tt is the place within the
 * minute in 1024ths, rrr is random, both in the 32 digits [0-9a-z] without
 * i, l, o, u. Sorts by time of creation to 60 ms; easy to say. */
void id_run(char out[ID_RUN_SIZE], int64_t wall_us);
bool id_run_valid(const char *s);

/* SHA-256 (FIPS 180-4) by libcrypto, as lower-case hex. */
void sha256_hex(const void *data, size_t len, char out[SHA256_HEX_SIZE]);

/* The same in pieces; sha256_end frees the state. */
struct sha256;
struct sha256 *sha256_begin(void);
void sha256_update(struct sha256 *h, const void *data, size_t len);
void sha256_end(struct sha256 *h, char out[SHA256_HEX_SIZE]);

struct bytes {
	const void *data;
	size_t len;
};

/* HMAC-SHA256 (RFC 2104) of the parts one after another. */
void hmac_sha256_hex(const char *key, const struct bytes *parts, int count,
		     char out[SHA256_HEX_SIZE]);

/* Of a whole file, read through fd from its start. */
bool sha256_fd(int fd, char out[SHA256_HEX_SIZE], struct err *err);

#endif
