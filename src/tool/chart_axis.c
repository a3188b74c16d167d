#include "tool/chart_axis.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TICK_LIMIT = 400, GROUP_FROM = 10000 };

void
chart_axis_release(struct chart_axis *a)
{
	for (size_t i = 0; i < a->count; i++)
		free(a->ticks[i].label);
	free(a->ticks);
	*a = (struct chart_axis){ 0 };
}

/* --- text --------------------------------------------------------------- */

size_t
chart_chars(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

void
chart_plain_text(struct buf *out, const char *s, size_t chars)
{
	size_t left = strlen(s), n = 0, all = chart_chars(s);

	while (left > 0) {
		uint32_t cp = 0xfffd;
		size_t len = utf8_decode(s, left, &cp);

		if (all > chars && n + 1 == chars) {
			utf8_encode(out, 0x2026);
			return;
		}
		if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x2028 ||
		    cp == 0x2029)
			cp = ' ';
		utf8_encode(out, len ? cp : 0xfffd);
		s += len ? len : 1;
		left -= len ? len : 1;
		n++;
	}
}

/* Decimals so that the step is exact, up to 6. */
static int
decimals_for(double step)
{
	for (int d = 0; d < 6; d++) {
		double scaled = step * pow(10, d);

		if (fabs(scaled - round(scaled)) < 1e-6 * scaled)
			return d;
	}
	return 6;
}

/* Puts a comma before every third digit left of the point. */
static void
add_grouped(struct buf *out, const char *digits)
{
	size_t whole = strspn(digits, "0123456789");

	for (size_t i = 0; i < whole; i++) {
		if (i && (whole - i) % 3 == 0)
			buf_addch(out, ',');
		buf_addch(out, digits[i]);
	}
	buf_addstr(out, digits + whole);
}

/* "0.2500" to "0.25", "3.000" to "3". */
static void
trim_zeros(char *text)
{
	size_t len = strlen(text);

	while (text[len - 1] == '0')
		len--;
	text[text[len - 1] == '.' ? len - 1 : len] = '\0';
}

void
chart_number_text(struct buf *out, double v, double step)
{
	char text[64];
	int decimals;

	if (fabs(v) < step * 1e-9)
		v = 0;
	if (v != 0 && (fabs(v) >= 1e15 || fabs(v) < 1e-5 ||
		       (step > 0 && step < 1e-6))) {
		buf_printf(out, "%.4g", v);
		return;
	}
	if (step > 0)
		decimals = decimals_for(step);
	else
		decimals = decimals_for(
			pow(10, floor(log10(fabs(v) + !v)) - 3));
	snprintf(text, sizeof(text), "%.*f", decimals, fabs(v));
	if (step == 0 && strchr(text, '.'))
		trim_zeros(text);
	if (v < 0 && strspn(text, "0.") != strlen(text))
		buf_addstr(out, "\xe2\x88\x92");
	if (fabs(v) < GROUP_FROM)
		buf_addstr(out, text);
	else
		add_grouped(out, text);
}

static void
add_tick(struct chart_axis *a, double at, char *label)
{
	size_t chars = chart_chars(label);

	GROW(a->ticks, a->count, a->cap);
	a->ticks[a->count++] = (struct chart_tick){ at, label };
	if (chars > a->widest)
		a->widest = chars;
}

/* --- numbers ------------------------------------------------------------ */

void
chart_axis_numbers(struct chart_axis *a, double min, double max, int labels,
		   bool snap)
{
	double step;

	if (!(max > min)) {
		double pad = min != 0 ? fabs(min) * 0.1 : 1;

		min -= pad;
		max += pad;
	}
	step = chart_nice((max - min) / (labels > 1 ? labels : 1));
	if (snap) {
		min = floor(min / step + 1e-9) * step;
		max = ceil(max / step - 1e-9) * step;
	}
	a->min = min;
	a->max = max;
	for (int i = 0; i < TICK_LIMIT; i++) {
		double at = (ceil(min / step - 1e-9) + i) * step;
		AUTO(buf) label = BUF_INIT;

		if (at > max + step * 1e-9)
			break;
		chart_number_text(&label, at, step);
		add_tick(a, at, buf_steal(&label));
	}
}

/* --- times -------------------------------------------------------------- */

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

enum time_form { TIME_SECOND, TIME_MINUTE, TIME_HOUR, TIME_DAY, TIME_MONTH,
		 TIME_YEAR };

/* Steps in seconds, or in months when seconds is 0; and how a label at such a
 * step is written. */
static const struct {
	int seconds, months;
	enum time_form form;
} steps[] = {
	{ 1, 0, TIME_SECOND }, { 5, 0, TIME_SECOND },
	{ 15, 0, TIME_SECOND }, { 30, 0, TIME_SECOND },
	{ MINUTE, 0, TIME_MINUTE }, { 5 * MINUTE, 0, TIME_MINUTE },
	{ 15 * MINUTE, 0, TIME_MINUTE }, { 30 * MINUTE, 0, TIME_MINUTE },
	{ HOUR, 0, TIME_HOUR }, { 3 * HOUR, 0, TIME_HOUR },
	{ 6 * HOUR, 0, TIME_HOUR }, { 12 * HOUR, 0, TIME_HOUR },
	{ DAY, 0, TIME_DAY }, { 2 * DAY, 0, TIME_DAY },
	{ 7 * DAY, 0, TIME_DAY }, { 14 * DAY, 0, TIME_DAY },
	{ 0, 1, TIME_MONTH }, { 0, 2, TIME_MONTH }, { 0, 3, TIME_MONTH },
	{ 0, 6, TIME_MONTH }, { 0, 12, TIME_YEAR }, { 0, 24, TIME_YEAR },
	{ 0, 60, TIME_YEAR }, { 0, 120, TIME_YEAR }, { 0, 240, TIME_YEAR },
	{ 0, 600, TIME_YEAR }, { 0, 1200, TIME_YEAR },
	{ 0, 12000, TIME_YEAR },
};

/* Not strftime: month names must not depend on the locale. */
static char *
time_label(const struct tm *t, enum time_form form)
{
	static const char *const months[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun",
		"Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
	};
	const char *month = months[t->tm_mon];

	switch (form) {
	case TIME_SECOND:
		return xasprintf("%02d:%02d:%02d", t->tm_hour, t->tm_min,
				 t->tm_sec);
	case TIME_MINUTE:
		return xasprintf("%02d:%02d", t->tm_hour, t->tm_min);
	case TIME_HOUR:
		return xasprintf("%d %s %02d:%02d", t->tm_mday, month,
				 t->tm_hour, t->tm_min);
	case TIME_DAY:
		return xasprintf("%d-%02d-%02d", t->tm_year + 1900,
				 t->tm_mon + 1, t->tm_mday);
	case TIME_MONTH:
		return xasprintf("%s %d", month, t->tm_year + 1900);
	case TIME_YEAR:
		break;
	}
	return xasprintf("%d", t->tm_year + 1900);
}

static size_t
choose_step(double span, int labels)
{
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		double seconds = steps[i].seconds
					 ? steps[i].seconds
					 : steps[i].months * 30.4 * DAY;

		if (span / seconds <= labels - 1)
			return i;
	}
	return ARRAY_LEN(steps) - 1;
}

/* The first multiple of the step that is not before t. */
static time_t
first_tick(time_t t, size_t step, int64_t *ret_month)
{
	struct tm tm, at = { .tm_mday = 1 };
	int64_t month;

	*ret_month = 0;
	if (steps[step].seconds) {
		int64_t s = steps[step].seconds;

		return (t + s - 1) / s * s;
	}
	gmtime_r(&t, &tm);
	month = (int64_t)tm.tm_year * 12 + tm.tm_mon;
	month -= ((month % steps[step].months) + steps[step].months) %
		 steps[step].months;
	at.tm_year = (int)(month / 12);
	at.tm_mon = (int)(month % 12);
	*ret_month = month;
	return timegm(&at);
}

static time_t
next_tick(time_t t, size_t step, int64_t *month)
{
	struct tm at = { .tm_mday = 1 };

	if (steps[step].seconds)
		return t + steps[step].seconds;
	*month += steps[step].months;
	at.tm_year = (int)(*month / 12);
	at.tm_mon = (int)(*month % 12);
	return timegm(&at);
}

void
chart_axis_times(struct chart_axis *a, double min, double max, int labels)
{
	size_t step = choose_step(max - min, labels > 2 ? labels : 2);
	int64_t month;
	time_t t = first_tick((time_t)min, step, &month);

	a->min = min;
	a->max = max;
	for (int i = 0; i < TICK_LIMIT && (double)t <= max; i++) {
		struct tm tm;

		if ((double)t >= min && gmtime_r(&t, &tm))
			add_tick(a, (double)t,
				 time_label(&tm, steps[step].form));
		t = next_tick(t, step, &month);
	}
}

/* --- categories --------------------------------------------------------- */

void
chart_axis_categories(struct chart_axis *a, const struct strv *names, int thin)
{
	a->min = -0.6;
	a->max = (double)names->count - 0.4;
	for (size_t i = 0; i < names->count; i += (size_t)thin) {
		AUTO(buf) label = BUF_INIT;

		chart_plain_text(&label, names->items[i], CHART_LABEL_CHARS);
		add_tick(a, (double)i, buf_steal(&label));
	}
}
