#include "base/id.h"

#include "base/mem.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

static const char hex_digits[] = "0123456789abcdef";
static const char id_digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

static void
to_hex(const unsigned char *data, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++) {
		out[2 * i] = hex_digits[data[i] >> 4];
		out[2 * i + 1] = hex_digits[data[i] & 15];
	}
	out[2 * len] = '\0';
}

static void
random_bytes(unsigned char *out, size_t len)
{
	while (getrandom(out, len, 0) != (ssize_t)len)
		if (errno != EINTR)
			abort();
}

void
id_random_hex(char *out, size_t bytes)
{
	unsigned char raw[64];

	random_bytes(raw, bytes);
	to_hex(raw, bytes, out);
}

void
id_run(char out[ID_RUN_SIZE], int64_t wall_us)
{
	time_t seconds = (time_t)(wall_us / 1000000);
	unsigned char raw[5];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(out, ID_RUN_SIZE, "%y%m%d-%H%M-", &tm);
	random_bytes(raw, sizeof(raw));
	for (size_t i = 0; i < sizeof(raw); i++)
		out[12 + i] = id_digits[raw[i] & 31];
	out[17] = '\0';
}

bool
id_run_valid(const char *s)
{
	if (strlen(s) != ID_RUN_SIZE - 1)
		return false;
	for (int i = 0; i < ID_RUN_SIZE - 1; i++) {
		if (i == 6 || i == 11) {
			if (s[i] != '-')
				return false;
		} else if (!strchr(i < 11 ? "0123456789" : id_digits, s[i])) {
			return false;
		}
	}
	return true;
}

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
	to_hex(md, sizeof(md), out);
}

void
sha256_hex(const void *data, size_t len, char out[SHA256_HEX_SIZE])
{
	unsigned char md[SHA256_SIZE];

	if (!EVP_Digest(data, len, md, NULL, sha256_algorithm(), NULL))
		abort();
	to_hex(md, sizeof(md), out);
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
