#include "tool/data/value.h"

#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A number of more digits than this is text. */
enum { DIGITS_MAX = 300 };

struct number {
	uint64_t mantissa;   /* valid up to 19 digits */
	int digits;          /* without the zeros in front */
	int whole, fraction; /* digits before and after the mark */
	int groups;          /* thousands separators */
	int exponent;
	bool negative, has_exponent, has_mark;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *
scan_digits(const char *p, const char *end, struct number *n)
{
	for (; p < end && is_digit(*p); p++) {
		n->mantissa = n->mantissa * 10 + (uint64_t)(*p - '0');
		n->digits += n->mantissa > 0;
	}
	return p;
}

/* The length of a thousands separator at p: the mark that is not the
 * decimal one, an apostrophe, a blank, a no-break blank (Latin-1, UTF-8) or
 * U+202F. */
static size_t
separator_length(const char *p, const char *end, char decimal)
{
	size_t left = (size_t)(end - p);

	if (left == 0)
		return 0;
	if (*p == (decimal == '.' ? ',' : '.') || *p == '\'' || *p == ' ' ||
	    *p == '\xa0')
		return 1;
	if (left >= 2 && !memcmp(p, "\xc2\xa0", 2))
		return 2;
	return left >= 3 && !memcmp(p, "\xe2\x80\xaf", 3) ? 3 : 0;
}

static bool
three_digits(const char *p, const char *end)
{
	return end - p >= 3 && is_digit(p[0]) && is_digit(p[1]) &&
	       is_digit(p[2]) && (end - p == 3 || !is_digit(p[3]));
}

/* After 1 to 3 digits: groups of three behind one and the same separator. */
static const char *
scan_groups(const char *p, const char *end, char decimal, struct number *n)
{
	const char *first = p;
	size_t len = separator_length(p, end, decimal);

	while (len > 0 && (size_t)(end - p) > len &&
	       !memcmp(p, first, len) && three_digits(p + len, end)) {
		p = scan_digits(p + len, p + len + 3, n);
		n->whole += 3;
		n->groups++;
	}
	return p;
}

static const char *
scan_exponent(const char *p, const char *end, struct number *n)
{
	const char *start = p;
	bool negative;

	if (p == end || (*p | 32) != 'e')
		return p;
	p++;
	negative = p < end && *p == '-';
	if (p < end && (*p == '-' || *p == '+'))
		p++;
	if (p == end || !is_digit(*p) || end - p > 4)
		return start;
	for (; p < end && is_digit(*p); p++)
		n->exponent = n->exponent * 10 + (*p - '0');
	if (negative)
		n->exponent = -n->exponent;
	n->has_exponent = true;
	return p;
}

/* True when the whole text is a number. */
static bool
scan_number(const char *s, const char *end, char decimal, struct number *n)
{
	const char *p = s, *q;

	if (end - s > DIGITS_MAX)
		return false;
	n->negative = *p == '-';
	if (*p == '-' || *p == '+')
		p++;
	q = scan_digits(p, end, n);
	n->whole = (int)(q - p);
	if (q == end)
		return n->whole > 0;
	if (n->whole >= 1 && n->whole <= 3)
		q = scan_groups(q, end, decimal, n);
	if (q < end && *q == decimal) {
		n->has_mark = true;
		p = q + 1;
		q = scan_digits(p, end, n);
		n->fraction = (int)(q - p);
	}
	if (n->whole + n->fraction == 0)
		return false;
	q = scan_exponent(q, end, n);
	return q == end;
}

/* For what the fast path can't do exactly: digits, then an exponent, so that
 * the locale's decimal mark does not matter to strtod. */
static double
slow_number(const char *s, const char *end, const struct number *n)
{
	char text[DIGITS_MAX + 16];
	size_t len = 0;

	for (; s < end && (*s | 32) != 'e'; s++)
		if (is_digit(*s))
			text[len++] = *s;
	snprintf(text + len, sizeof(text) - len, "e%d",
		 n->exponent - n->fraction);
	return strtod(text, NULL);
}

/* Exact for mantissas below 2^53 and powers up to 10^22: both are doubles,
 * and one operation rounds once (Clinger, PLDI 1990). */
static double
number_value(const char *s, const char *end, const struct number *n)
{
	static const double tens[] = {
		1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10,
		1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
		1e21, 1e22,
	};
	int power = n->exponent - n->fraction;
	double v;

	if (n->digits > 19 || n->mantissa > UINT64_C(1) << 53 ||
	    power < -22 || power > 22)
		v = slow_number(s, end, n);
	else if (power < 0)
		v = (double)n->mantissa / tens[-power];
	else
		v = (double)n->mantissa * tens[power];
	return n->negative ? -v : v;
}

static bool
parse_number(const char *s, size_t len, char decimal, struct data_value *v)
{
	const char *end = s + len, *first = s + (*s == '-' || *s == '+');
	struct number n = { 0 };
	int64_t days;

	if (!scan_number(s, end, decimal, &n))
		return false;
	v->number = number_value(s, end, &n);
	if (!isfinite(v->number))
		return false;
	if (n.whole > 1 && *first == '0') {
		v->kind = DATA_TEXT;
		v->flags = DATA_LEADING_ZERO;
		return true;
	}
	v->kind = n.has_mark || n.has_exponent ? DATA_NUMBER : DATA_INTEGER;
	if (n.has_mark && (n.fraction != 3 || n.whole > 3 || *first == '0' ||
			   n.groups))
		v->flags |= DATA_DECIMAL_SURE;
	if (len == 8 && n.whole == 8 && n.mantissa >= 19000101 &&
	    n.mantissa <= 21001231 &&
	    data_date_days((int)(n.mantissa / 10000),
			   (int)(n.mantissa / 100 % 100),
			   (int)(n.mantissa % 100), &days)) {
		v->flags |= DATA_YMD;
		v->time[0] = v->time[1] = days * 86400;
	}
	return true;
}

char
data_decimal_evidence(const char *s, size_t len)
{
	struct data_value v = { 0 };

	if (len == 0 || (!memchr(s, '.', len) && !memchr(s, ',', len)) ||
	    data_date_parse(s, len, &v))
		return 0;
	for (const char *mark = ".,"; *mark; mark++) {
		v = (struct data_value){ 0 };
		if (!parse_number(s, len, *mark, &v))
			continue;
		if (v.flags & DATA_DECIMAL_SURE)
			return *mark;
		/* Two groups, 1.234.567: the other one is the mark. */
		if (v.kind == DATA_INTEGER && len > 7)
			return *mark;
	}
	return 0;
}

struct word {
	const char *text;
	uint8_t kind;
};

/* What pandas.read_csv takes as missing by default, and the words for yes
 * and no; compared without case for the latter. */
static bool
parse_word(const char *s, size_t len, struct data_value *v)
{
	static const struct word words[] = {
		{ "NA", DATA_MISSING },      { "N/A", DATA_MISSING },
		{ "n/a", DATA_MISSING },     { "NaN", DATA_MISSING },
		{ "nan", DATA_MISSING },     { "-NaN", DATA_MISSING },
		{ "-nan", DATA_MISSING },    { "null", DATA_MISSING },
		{ "NULL", DATA_MISSING },    { "None", DATA_MISSING },
		{ "#N/A", DATA_MISSING },    { "#NA", DATA_MISSING },
		{ "#N/A N/A", DATA_MISSING }, { "<NA>", DATA_MISSING },
		{ "true", DATA_BOOLEAN },    { "false", DATA_BOOLEAN },
		{ "yes", DATA_BOOLEAN },     { "no", DATA_BOOLEAN },
		{ "y", DATA_BOOLEAN },       { "n", DATA_BOOLEAN },
		{ "t", DATA_BOOLEAN },       { "f", DATA_BOOLEAN },
		{ "on", DATA_BOOLEAN },      { "off", DATA_BOOLEAN },
	};

	if (len > 8)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const char *w = words[i].text;

		if (strlen(w) != len ||
		    (words[i].kind == DATA_BOOLEAN ? strncasecmp(s, w, len) :
						     memcmp(s, w, len)) != 0)
			continue;
		v->kind = words[i].kind;
		return true;
	}
	return false;
}

/* Signs before or after a number that make it an amount. */
static void
parse_amount(const char *s, size_t len, char decimal, struct data_value *v)
{
	static const struct {
		const char *sign;
		uint8_t flag;
	} signs[] = {
		{ "%", DATA_PERCENT },
		{ "$", DATA_CURRENCY },            /* dollar */
		{ "\xe2\x82\xac", DATA_CURRENCY }, /* euro */
		{ "\xc2\xa3", DATA_CURRENCY },     /* pound */
		{ "\xc2\xa5", DATA_CURRENCY },     /* yen */
		{ "EUR", DATA_CURRENCY },
		{ "USD", DATA_CURRENCY },
		{ "GBP", DATA_CURRENCY },
		{ "CHF", DATA_CURRENCY },
	};

	for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
		size_t n = strlen(signs[i].sign);
		const char *p = s, *end = s + len;
		struct number number = { 0 };

		if (len <= n)
			continue;
		if (!memcmp(s, signs[i].sign, n))
			p += n;
		else if (!memcmp(end - n, signs[i].sign, n))
			end -= n;
		else
			continue;
		while (p < end && *p == ' ')
			p++;
		while (p < end && end[-1] == ' ')
			end--;
		if (p < end && scan_number(p, end, decimal, &number))
			v->flags |= signs[i].flag;
		return;
	}
}

/* What a value that begins with this byte may be. */
enum { BEGIN_NUMBER = 1, BEGIN_WORD = 2, BEGIN_DATE = 4 };

static unsigned
beginning(char c)
{
	if (is_digit(c))
		return BEGIN_NUMBER | BEGIN_DATE;
	if (c == '.' || c == ',' || c == '+')
		return BEGIN_NUMBER;
	if (c == '-')
		return BEGIN_NUMBER | BEGIN_WORD;
	if ((c | 32) >= 'a' && (c | 32) <= 'z')
		return BEGIN_WORD | BEGIN_DATE;
	return c == '#' || c == '<' ? BEGIN_WORD : 0;
}

void
data_value_parse(const char *s, size_t len, char decimal,
		 struct data_value *ret)
{
	struct data_value v = { .kind = DATA_MISSING };
	unsigned begin;

	*ret = v;
	if (len == 0)
		return;
	begin = beginning(*s);
	v.kind = DATA_TEXT;
	if (!((begin & BEGIN_NUMBER) && parse_number(s, len, decimal, &v)) &&
	    !((begin & BEGIN_DATE) && data_date_parse(s, len, &v)) &&
	    !((begin & BEGIN_WORD) && parse_word(s, len, &v)) &&
	    len <= DIGITS_MAX) {
		v = (struct data_value){ .kind = DATA_TEXT };
		parse_amount(s, len, decimal, &v);
		if ((begin & BEGIN_NUMBER) &&
		    data_decimal_evidence(s, len) ==
			    (decimal == '.' ? ',' : '.'))
			v.flags |= DATA_DECIMAL_OTHER;
	}
	*ret = v;
}
