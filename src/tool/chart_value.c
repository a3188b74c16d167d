/* Text of a field to a number or a date; declared in chart_table.h. */
#include "tool/chart_table.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

bool
table_is_missing(const char *s)
{
	static const char *const words[] = { "", "NA", "N/A", "NaN", "null",
					     "None", "-" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcasecmp(s, words[i]) == 0)
			return true;
	return false;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A mark of thousands stands after a digit and before exactly three. */
static bool
is_grouping(const char *start, const char *p, char decimal)
{
	if (*p != (decimal == ',' ? '.' : ',') && *p != ' ')
		return false;
	return p > start && is_digit(p[-1]) && is_digit(p[1]) &&
	       is_digit(p[2]) && is_digit(p[3]) && !is_digit(p[4]);
}

bool
table_number(const char *s, char decimal, double *ret)
{
	char plain[64];
	size_t len = 0;
	bool fraction = false;
	double value;

	for (const char *p = s; *p; p++) {
		if (!fraction && is_grouping(s, p, decimal))
			continue;
		if (*p == '%' && p[1] == '\0' && len > 0)
			break;
		if (len + 1 >= sizeof(plain) || !strchr("+-.,0123456789eE", *p))
			return false;
		if (*p == (decimal == ',' ? '.' : ','))
			return false;
		fraction |= *p == decimal;
		plain[len++] = *p == decimal ? '.' : *p;
	}
	plain[len] = '\0';
	if (!str_to_double(plain[0] == '+' ? plain + 1 : plain, &value))
		return false;
	*ret = value;
	return true;
}

/* Reads exactly min..max digits at *s and moves behind them. */
static bool
take_digits(const char **s, int min, int max, int *ret)
{
	int n = 0, v = 0;

	while (n < max && is_digit((*s)[n]))
		v = v * 10 + ((*s)[n++] - '0');
	if (n < min || is_digit((*s)[n]))
		return false;
	*s += n;
	*ret = v;
	return true;
}

static bool
take_char(const char **s, const char *set)
{
	if (!**s || !strchr(set, **s))
		return false;
	++*s;
	return true;
}

/* +01:00, -0530, Z, or nothing: seconds to take off. */
static bool
take_zone(const char *s, int *ret)
{
	int sign, hours, minutes = 0;

	*ret = 0;
	if (*s == '\0' || str_eq(s, "Z"))
		return true;
	if (*s != '+' && *s != '-')
		return false;
	sign = *s++ == '-' ? -1 : 1;
	if (!is_digit(s[0]) || !is_digit(s[1]))
		return false;
	hours = (s[0] - '0') * 10 + s[1] - '0';
	s += 2;
	take_char(&s, ":");
	if (*s && !take_digits(&s, 2, 2, &minutes))
		return false;
	*ret = sign * (hours * 3600 + minutes * 60);
	return *s == '\0';
}

/* " 12:30", "T12:30:59.5+01:00", or nothing. */
static bool
take_time(const char *s, double *ret)
{
	int h, m, sec = 0, zone;
	double fraction = 0;

	*ret = 0;
	if (*s == '\0')
		return true;
	if (!take_char(&s, "T ") || !take_digits(&s, 1, 2, &h) ||
	    !take_char(&s, ":") || !take_digits(&s, 2, 2, &m))
		return false;
	if (take_char(&s, ":") && !take_digits(&s, 2, 2, &sec))
		return false;
	if (*s == '.' && is_digit(s[1])) {
		char *end;

		fraction = strtod(s, &end);
		s = end;
	}
	while (*s == ' ')
		s++;
	if (h > 24 || m > 59 || sec > 60 || !take_zone(s, &zone))
		return false;
	*ret = h * 3600 + m * 60 + sec + fraction - zone;
	return true;
}

/* Year first: 2024-03-01, 2024/03/01, 2024-03. */
static bool
take_year_first(const char **s, int *y, int *m, int *d)
{
	const char *p = *s;

	*d = 1;
	if (!take_digits(&p, 4, 4, y) || !take_char(&p, "-/") ||
	    !take_digits(&p, 1, 2, m))
		return false;
	if (take_char(&p, "-/") && !take_digits(&p, 1, 2, d))
		return false;
	*s = p;
	return true;
}

/* 01.03.2024 is day first; 03/01/2024 month first unless it cannot be. */
static bool
take_year_last(const char **s, int *y, int *m, int *d)
{
	const char *p = *s;
	int a, b;
	bool dots;

	if (!take_digits(&p, 1, 2, &a) || !(*p == '.' || *p == '/'))
		return false;
	dots = *p++ == '.';
	if (!take_digits(&p, 1, 2, &b) || !take_char(&p, dots ? "." : "/") ||
	    !take_digits(&p, 4, 4, y))
		return false;
	*d = dots || a > 12 ? a : b;
	*m = dots || a > 12 ? b : a;
	*s = p;
	return true;
}

static bool
date_parts(const char *s, double *ret)
{
	struct tm tm = { 0 };
	double seconds;
	int y, m, d;

	if (!take_year_first(&s, &y, &m, &d) &&
	    !take_year_last(&s, &y, &m, &d))
		return false;
	if (m < 1 || m > 12 || d < 1 || d > 31 || !take_time(s, &seconds))
		return false;
	tm.tm_year = y - 1900;
	tm.tm_mon = m - 1;
	tm.tm_mday = d;
	*ret = (double)timegm(&tm) + seconds;
	return tm.tm_mday == d;
}

bool
table_date(const char *s, const char *format, double *ret)
{
	struct tm tm = { .tm_mday = 1 };
	const char *end;
	double value;

	if (!format) {
		if (!date_parts(s, &value))
			return false;
		*ret = value;
		return true;
	}
	end = strptime(s, format, &tm);
	if (!end || *end)
		return false;
	*ret = (double)timegm(&tm);
	return true;
}
