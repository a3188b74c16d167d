/* Apart from id.c so that the sandbox launcher, which only needs random
 * names, starts without libcrypto. */
#include "base/id.h"

#include "base/mem.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One fetched digest for the process: EVP_sha256() alone would look the
 * algorithm up again for every event of the journal. Pool threads hash too,
 * hence the once. */
static EVP_MD *fetched;
static pthread_once_t fetched_once = PTHREAD_ONCE_INIT;

static void
fetch_sha256(void)
{
	fetched = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!fetched)
		abort();
}

static const EVP_MD *
sha256_algorithm(void)
{
	pthread_once(&fetched_once, fetch_sha256);
	return fetched;
}

struct sha256 {
	EVP_MD_CTX *ctx;
};

struct sha256 *
sha256_begin(void)
{
	struct sha256 *h = xmalloc(sizeof(*h));

	h->ctx = EVP_MD_CTX_new();
	if (!h->ctx || !EVP_DigestInit_ex(h->ctx, sha256_algorithm(), NULL))
		abort();
	return h;
}

void
sha256_update(struct sha256 *h, const void *data, size_t len)
{
	EVP_DigestUpdate(h->ctx, data, len);
}

void
sha256_end(struct sha256 *h, char out[SHA256_HEX_SIZE])
{
	unsigned char md[SHA256_SIZE];

	EVP_DigestFinal_ex(h->ctx, md, NULL);
	EVP_MD_CTX_free(h->ctx);
	free(h);
	id_hex(md, sizeof(md), out);
}

void
sha256_hex(const void *data, size_t len, char out[SHA256_HEX_SIZE])
{
	unsigned char md[SHA256_SIZE];

	if (!EVP_Digest(data, len, md, NULL, sha256_algorithm(), NULL))
		abort();
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
