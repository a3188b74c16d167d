/*
 * Apart from id.c so that the sandbox launcher, which only needs random
 * names, starts without libcrypto.
 *
 * OpenSSL 3's own way to a digest (EVP) looks it up among all algorithms of
 * its providers: 2 MB in every process, and for a small text more time than
 * the hashing. SHA256_Init, _Update and _Final are the same code without the
 * search. SHA256 is not, it goes by EVP.
 */
#include "base/id.h"

#include "base/lazy.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HMAC_BLOCK = 64 }; /* bytes that SHA-256 works on (RFC 2104, B) */

struct sha256 {
	SHA256_CTX ctx;
};

static void
digest(const void *data, size_t len, unsigned char md[SHA256_SIZE])
{
	SHA256_CTX ctx;

	lazy_crypto()->sha256_init(&ctx);
	lazy_crypto()->sha256_update(&ctx, data, len);
	lazy_crypto()->sha256_final(md, &ctx);
}

struct sha256 *
sha256_begin(void)
{
	struct sha256 *h = xmalloc(sizeof(*h));

	lazy_crypto()->sha256_init(&h->ctx);
	return h;
}

void
sha256_update(struct sha256 *h, const void *data, size_t len)
{
	lazy_crypto()->sha256_update(&h->ctx, data, len);
}

void
sha256_end(struct sha256 *h, char out[SHA256_HEX_SIZE])
{
	unsigned char md[SHA256_SIZE];

	lazy_crypto()->sha256_final(md, &h->ctx);
	free(h);
	id_hex(md, sizeof(md), out);
}

void
sha256_hex(const void *data, size_t len, char out[SHA256_HEX_SIZE])
{
	unsigned char md[SHA256_SIZE];

	digest(data, len, md);
	id_hex(md, sizeof(md), out);
}

/* Begins a hash with the key, each byte changed by pad. */
static void
hmac_begin(SHA256_CTX *ctx, const char *key, unsigned char pad)
{
	unsigned char block[HMAC_BLOCK] = { 0 };
	size_t len = strlen(key);

	if (len > sizeof(block))
		digest(key, len, block);
	else
		memcpy(block, key, len);
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] ^= pad;
	lazy_crypto()->sha256_init(ctx);
	lazy_crypto()->sha256_update(ctx, block, sizeof(block));
}

void
hmac_sha256_hex(const char *key, const struct bytes *parts, int count,
		char out[SHA256_HEX_SIZE])
{
	unsigned char md[SHA256_SIZE];
	SHA256_CTX ctx;

	hmac_begin(&ctx, key, 0x36);
	for (int i = 0; i < count; i++)
		lazy_crypto()->sha256_update(&ctx, parts[i].data, parts[i].len);
	lazy_crypto()->sha256_final(md, &ctx);
	hmac_begin(&ctx, key, 0x5c);
	lazy_crypto()->sha256_update(&ctx, md, sizeof(md));
	lazy_crypto()->sha256_final(md, &ctx);
	id_hex(md, sizeof(md), out);
}

bool
sha256_fd(int fd, char out[SHA256_HEX_SIZE], struct err *err)
{
	struct sha256 *h = sha256_begin();
	char block[65536], hex[SHA256_HEX_SIZE];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(fd, block, sizeof(block), at)) > 0) {
		sha256_update(h, block, (size_t)n);
		at += n;
	}
	sha256_end(h, hex);
	if (n < 0)
		return err_errno(err, errno, "cannot read");
	memcpy(out, hex, sizeof(hex));
	return true;
}
