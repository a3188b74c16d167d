#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t fake_wall_us = -1, fake_mono_us = -1;

static int64_t
read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t
clock_wall_us(void)
{
	return fake_wall_us >= 0 ? fake_wall_us : read_clock(CLOCK_REALTIME);
}

int64_t
clock_mono_us(void)
{
	return fake_mono_us >= 0 ? fake_mono_us : read_clock(CLOCK_MONOTONIC);
}

void
clock_fake(int64_t wall_us, int64_t mono_us)
{
	fake_wall_us = wall_us;
	fake_mono_us = mono_us;
}

char *
clock_iso(int64_t wall_us, char out[CLOCK_ISO_SIZE])
{
	int64_t us = wall_us % 1000000;
	time_t seconds = (time_t)(wall_us / 1000000);
	struct tm tm;
	size_t n;

	if (us < 0) {
		us += 1000000;
		seconds--;
	}
	/* Any int64_t of microseconds is a year of at most six digits. */
	gmtime_r(&seconds, &tm);
	n = strftime(out, CLOCK_ISO_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, CLOCK_ISO_SIZE - n, ".%06dZ", (int)us);
	return out;
}

char *
clock_duration(int64_t us, char out[CLOCK_DURATION_SIZE])
{
	int64_t s = us / 1000000;

	if (us < 0)
		us = s = 0;
	if (us < 1000000)
		snprintf(out, CLOCK_DURATION_SIZE, "%d ms", (int)(us / 1000));
	else if (s < 60)
		snprintf(out, CLOCK_DURATION_SIZE, "%d.%d s", (int)s,
			 (int)(us % 1000000 / 100000));
	else if (s < 3600)
		snprintf(out, CLOCK_DURATION_SIZE, "%d min %02d s",
			 (int)(s / 60), (int)(s % 60));
	else
		snprintf(out, CLOCK_DURATION_SIZE, "%d h %02d min",
			 (int)(s / 3600 % 100000), (int)(s / 60 % 60));
	return out;
}
