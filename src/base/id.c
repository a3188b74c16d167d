#include "base/id.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static const char hex_digits[] = "0123456789abcdef";
static const char id_digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

void
id_hex(const unsigned char *data, size_t len, char *out)
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
	id_hex(raw, bytes, out);
}

void
id_run(char out[ID_RUN_SIZE], int64_t wall_us)
{
	time_t seconds = (time_t)(wall_us / 1000000);
	int64_t part = wall_us % 60000000 * 1024 / 60000000;
	unsigned char raw[3];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(out, ID_RUN_SIZE, "%y%m%d-%H%M-", &tm);
	out[12] = id_digits[part >> 5 & 31];
	out[13] = id_digits[part & 31];
	random_bytes(raw, sizeof(raw));
	for (size_t i = 0; i < sizeof(raw); i++)
		out[14 + i] = id_digits[raw[i] & 31];
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
