#include "base/clock.h"

#include <stdio.h>
#include <string.h>
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
	/* Every event of the journal is printed to be hashed, and thousands
	 * fall into one second: its text is kept. */
	static _Thread_local struct {
		time_t seconds;
		size_t len;
		char text[CLOCK_ISO_SIZE];
	} last;
	int64_t us = wall_us % 1000000;
	time_t seconds = (time_t)(wall_us / 1000000);
	struct tm tm;

	if (us < 0) {
		us += 1000000;
		seconds--;
	}
	/* Any int64_t of microseconds is a year of at most six digits. */
	if (!last.len || last.seconds != seconds) {
		gmtime_r(&seconds, &tm);
		last.len = strftime(last.text, sizeof(last.text),
				    "%Y-%m-%dT%H:%M:%S.", &tm);
		last.seconds = seconds;
	}
	memcpy(out, last.text, last.len);
	for (int i = 5; i >= 0; i--, us /= 10)
		out[last.len + (size_t)i] = (char)('0' + us % 10);
	memcpy(out + last.len + 6, "Z", 2);
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

/* Exactly count digits at *s as a number within [min, max]; moves *s on. */
static bool
take_digits(const char **s, int count, int min, int max, int *ret)
{
	int v = 0;

	for (int i = 0; i < count; i++, (*s)++) {
		if (**s < '0' || **s > '9')
			return false;
		v = v * 10 + (**s - '0');
	}
	*ret = v;
	return v >= min && v <= max;
}

static bool
take_char(const char **s, char c)
{
	if (**s != c)
		return false;
	(*s)++;
	return true;
}

/* ".5" and ".123456789" after the seconds; digits past the sixth are cut. */
static bool
take_fraction(const char **s, int *ret_us)
{
	int us = 0, scale = 100000;

	if (!take_char(s, '.'))
		return true;
	if (**s < '0' || **s > '9')
		return false;
	for (; **s >= '0' && **s <= '9'; (*s)++, scale /= 10)
		us += (**s - '0') * scale;
	*ret_us = us;
	return true;
}

static bool
take_zone(const char **s, int *ret_minutes)
{
	int sign, h, m;

	if (take_char(s, 'Z') || !**s)
		return true;
	sign = **s == '+' ? 1 : -1;
	if (!take_char(s, '+') && !take_char(s, '-'))
		return false;
	if (!take_digits(s, 2, 0, 23, &h))
		return false;
	take_char(s, ':');
	if (!take_digits(s, 2, 0, 59, &m))
		return false;
	*ret_minutes = sign * (h * 60 + m);
	return true;
}

static bool
take_date(const char **s, struct tm *tm)
{
	int year, month;

	if (!take_digits(s, 4, 1970, 9999, &year) || !take_char(s, '-') ||
	    !take_digits(s, 2, 1, 12, &month) || !take_char(s, '-') ||
	    !take_digits(s, 2, 1, 31, &tm->tm_mday))
		return false;
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	return true;
}

static bool
take_time(const char **s, struct tm *tm)
{
	return take_digits(s, 2, 0, 23, &tm->tm_hour) && take_char(s, ':') &&
	       take_digits(s, 2, 0, 59, &tm->tm_min) && take_char(s, ':') &&
	       take_digits(s, 2, 0, 60, &tm->tm_sec);
}

bool
clock_parse_iso(const char *s, int64_t *ret_wall_us)
{
	struct tm tm = { 0 };
	int us = 0, zone = 0, day, month;
	int64_t seconds;

	if (!take_date(&s, &tm))
		return false;
	day = tm.tm_mday;
	month = tm.tm_mon;
	if (*s && (!(take_char(&s, 'T') || take_char(&s, ' ')) ||
		   !take_time(&s, &tm) || !take_fraction(&s, &us) ||
		   !take_zone(&s, &zone)))
		return false;
	if (*s)
		return false;
	/* timegm turns 31 February into March: no such day. */
	tm.tm_sec = tm.tm_sec > 59 ? 59 : tm.tm_sec;
	seconds = timegm(&tm) - zone * INT64_C(60);
	if (tm.tm_mday != day || tm.tm_mon != month || seconds < 0)
		return false;
	*ret_wall_us = seconds * 1000000 + us;
	return true;
}
