#include "tool/data/value.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct cursor {
	const char *p, *end;
};

struct date {
	int year, month, day; /* slash form: month and day as written */
	int seconds, offset;  /* of the day; east of UTC */
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static bool
take(struct cursor *c, char wanted)
{
	if (c->p == c->end || *c->p != wanted)
		return false;
	c->p++;
	return true;
}

/* At most max digits; gives how many there were. */
static int
take_number(struct cursor *c, int max, int *ret)
{
	int n = 0, v = 0;

	while (c->p < c->end && n < max && is_digit(*c->p)) {
		v = v * 10 + (*c->p++ - '0');
		n++;
	}
	*ret = v;
	return n;
}

static bool
take_month(struct cursor *c, struct date *d, struct data_value *v)
{
	static const char *const names[] = {
		"january", "february", "march", "april", "may", "june",
		"july", "august", "september", "october", "november",
		"december",
	};
	size_t len = 0;

	while (c->p + len < c->end && is_letter(c->p[len]))
		len++;
	if (len < 3)
		return false;
	for (int i = 0; i < 12; i++) {
		size_t full = strlen(names[i]);

		if ((len != 3 && len != full) ||
		    strncasecmp(c->p, names[i], len) != 0)
			continue;
		if (len > 3)
			v->style |= DATA_MONTH_LONG;
		d->month = i + 1;
		c->p += len;
		return true;
	}
	return false;
}

static bool
take_year(struct cursor *c, bool may_be_short, struct date *d,
	  struct data_value *v)
{
	int digits = take_number(c, 4, &d->year);

	if (digits == 2 && may_be_short) {
		d->year += d->year >= 69 ? 1900 : 2000;
		v->style |= DATA_YEAR_SHORT;
		return true;
	}
	return digits == 4;
}

/* "Jan 2 2006", "January 2, 2006". */
static bool
date_month_first(struct cursor *c, struct date *d, struct data_value *v)
{
	v->form = DATA_FORM_MON_D_Y;
	if (!take_month(c, d, v))
		return false;
	take(c, '.');
	if (!take(c, ' ') || take_number(c, 2, &d->day) == 0)
		return false;
	if (take(c, ','))
		v->form = DATA_FORM_MON_D_COMMA_Y;
	return take(c, ' ') && take_year(c, false, d, v);
}

/* "2 Jan 2006", "2-Jan-2006"; the cursor stands on the month. */
static bool
date_named_month(struct cursor *c, char sep, struct date *d,
		 struct data_value *v)
{
	v->form = sep == '-' ? DATA_FORM_D_MON_Y_DASH : DATA_FORM_D_MON_Y;
	return (sep == '-' || sep == ' ') && take_month(c, d, v) &&
	       take(c, sep) && take_year(c, sep == '-', d, v);
}

/* "2006-01" names a month; read as its first day. Years that part numbers
 * and telephone numbers rarely begin with. */
static bool
date_month_alone(struct cursor *c, struct date *d, struct data_value *v)
{
	v->form = DATA_FORM_MONTH;
	d->day = 1;
	return d->year >= 1500 && d->year < 2200 &&
	       take_number(c, 2, &d->month) == 2 && c->p == c->end;
}

/* "2006-01-02" and with other separators; the cursor is on the month. */
static bool
date_year_first(struct cursor *c, char sep, struct date *d,
		struct data_value *v)
{
	if (sep == '-' && c->end - c->p == 2)
		return date_month_alone(c, d, v);
	v->form = sep == '-' ? DATA_FORM_ISO :
		  sep == '/' ? DATA_FORM_YMD_SLASH :
			       DATA_FORM_YMD_DOT;
	return sep != ' ' && take_number(c, 2, &d->month) > 0 &&
	       take(c, sep) && take_number(c, 2, &d->day) > 0;
}

static bool
date_numbers(struct cursor *c, struct date *d, struct data_value *v)
{
	int first, digits = take_number(c, 4, &first);
	char sep;

	if (digits == 0 || digits == 3 || c->p == c->end ||
	    !strchr("-/. ", *c->p) || !*c->p)
		return false;
	sep = *c->p++;
	if (digits == 4) {
		d->year = first;
		return date_year_first(c, sep, d, v);
	}
	d->day = first;
	if (c->p < c->end && is_letter(*c->p))
		return date_named_month(c, sep, d, v);
	v->form = sep == '.' ? DATA_FORM_DMY_DOT :
		  sep == '-' ? DATA_FORM_DMY_DASH :
			       DATA_FORM_SLASH;
	return sep != ' ' && take_number(c, 2, &d->month) > 0 &&
	       take(c, sep) && take_year(c, sep == '/', d, v);
}

/* "Z", "UTC", "+01:00", "-0530", "+01". */
static bool
take_zone(struct cursor *c, struct date *d, struct data_value *v)
{
	int sign, hours, minutes = 0;

	if (c->end - c->p == 3 && !memcmp(c->p, "UTC", 3)) {
		c->p = c->end;
	} else if (!take(c, 'Z')) {
		sign = take(c, '-') ? -1 : take(c, '+') ? 1 : 0;
		if (!sign || take_number(c, 2, &hours) != 2)
			return false;
		take(c, ':');
		if (c->p < c->end && take_number(c, 2, &minutes) != 2)
			return false;
		d->offset = sign * (hours * 3600 + minutes * 60);
	}
	v->style |= DATA_TIME_ZONE;
	return true;
}

static bool
take_ampm(struct cursor *c, int *hour, struct data_value *v)
{
	bool pm;

	if (c->end - c->p < 2 || (c->p[1] | 32) != 'm' ||
	    ((c->p[0] | 32) != 'a' && (c->p[0] | 32) != 'p'))
		return true;
	pm = (c->p[0] | 32) == 'p';
	c->p += 2;
	v->style |= DATA_TIME_AMPM;
	if (*hour < 1 || *hour > 12)
		return false;
	*hour = *hour % 12 + (pm ? 12 : 0);
	return true;
}

/* What follows a date: "T10:20:30.5Z", " 10:20 PM", ", 10:20". */
static bool
take_time(struct cursor *c, struct date *d, struct data_value *v)
{
	int hour, minute, second = 0;

	v->style |= DATA_TIME;
	if (take(c, 'T')) {
		v->style |= DATA_TIME_T;
	} else {
		take(c, ',');
		if (!take(c, ' '))
			return false;
	}
	if (take_number(c, 2, &hour) == 0 || !take(c, ':') ||
	    take_number(c, 2, &minute) != 2)
		return false;
	if (take(c, ':')) {
		v->style |= DATA_TIME_SECONDS;
		if (take_number(c, 2, &second) != 2)
			return false;
	}
	if ((v->style & DATA_TIME_SECONDS) && (take(c, '.') || take(c, ','))) {
		v->style |= DATA_TIME_FRACTION;
		while (c->p < c->end && is_digit(*c->p))
			c->p++;
	}
	take(c, ' ');
	if (!take_ampm(c, &hour, v))
		return false;
	if (c->p < c->end && !take_zone(c, d, v))
		return false;
	/* 60: a leap second. */
	d->seconds = hour * 3600 + minute * 60 + second;
	return hour <= 24 && minute < 60 && second <= 60;
}

/* Days from civil: Howard Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms". */
bool
data_date_days(int year, int month, int day, int64_t *ret)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30,
				       31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	int64_t y = month <= 2 ? year - 1 : year, era, of_era, of_year;

	if (month < 1 || month > 12 || day < 1 ||
	    day > lengths[month - 1] + (leap && month == 2))
		return false;
	era = (y >= 0 ? y : y - 399) / 400;
	of_era = y - era * 400;
	of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	*ret = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	       of_year - 719468;
	return true;
}

static bool
settle(const struct date *d, struct data_value *v)
{
	int64_t days[2] = { 0, 0 }, within = d->seconds - d->offset;
	bool ok = data_date_days(d->year, d->month, d->day, &days[0]);

	if (v->form == DATA_FORM_SLASH || v->form == DATA_FORM_DMY_DASH) {
		bool swapped = data_date_days(d->year, d->day, d->month,
					      &days[1]);

		if (!ok && !swapped)
			return false;
		v->flags |= (ok ? 0 : DATA_NOT_DMY) |
			    (swapped ? 0 : DATA_NOT_MDY);
	} else if (!ok) {
		return false;
	} else {
		days[1] = days[0];
	}
	v->time[0] = days[0] * 86400 + within;
	v->time[1] = days[1] * 86400 + within;
	v->kind = v->style & DATA_TIME ? DATA_DATETIME : DATA_DATE;
	return true;
}

bool
data_date_parse(const char *s, size_t len, struct data_value *ret)
{
	struct cursor c = { s, s + len };
	struct data_value v = { 0 };
	struct date d = { 0 };

	if (len < 6 || len > 40)
		return false;
	if (is_letter(*s) ? !date_month_first(&c, &d, &v) :
			    !date_numbers(&c, &d, &v))
		return false;
	if (c.p < c.end && (!take_time(&c, &d, &v) || c.p < c.end))
		return false;
	if (!settle(&d, &v))
		return false;
	*ret = v;
	return true;
}

/* Civil from days, the same source. */
void
data_date_print(int64_t seconds, bool with_time, bool zone, char *out)
{
	int64_t rest = (seconds % 86400 + 86400) % 86400;
	int64_t z = (seconds - rest) / 86400 + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	int month = (int)(mp < 10 ? mp + 3 : mp - 9);
	int year = (int)(yoe + era * 400 + (month <= 2));
	int day = (int)(doy - (153 * mp + 2) / 5 + 1);

	if (!with_time) {
		snprintf(out, DATA_DATE_SIZE, "%04d-%02d-%02d", year, month,
			 day);
		return;
	}
	snprintf(out, DATA_DATE_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d%s",
		 year, month, day, (int)(rest / 3600),
		 (int)(rest / 60 % 60), (int)(rest % 60), zone ? "Z" : "");
}
