#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
str_eq(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool
str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), k = strlen(suffix);

	return n >= k && memcmp(s + n - k, suffix, k) == 0;
}

bool
str_to_i64(const char *s, int64_t min, int64_t max, int64_t *ret)
{
	char *end;
	long long v;

	if (!*s || isspace((unsigned char)*s))
		return false;
	errno = 0;
	v = strtoll(s, &end, 10);
	if (*end || errno || v < min || v > max)
		return false;
	*ret = v;
	return true;
}

bool
str_to_double(const char *s, double *ret)
{
	char *end;
	double v;

	/* strtod also reads hexadecimal, which nobody here means. */
	if (!*s || isspace((unsigned char)*s) || strpbrk(s, "xX"))
		return false;
	v = strtod(s, &end);
	if (*end || !isfinite(v))
		return false;
	*ret = v;
	return true;
}

bool
str_to_duration_ms(const char *s, int64_t *ret_ms)
{
	static const struct {
		const char *unit;
		double ms;
	} units[] = {
		{ "", 1e3 },   { "ms", 1 },     { "s", 1e3 },
		{ "m", 60e3 }, { "min", 60e3 }, { "h", 3600e3 },
	};
	char *end;
	double v;

	if (!isdigit((unsigned char)*s) || strpbrk(s, "xX"))
		return false;
	v = strtod(s, &end);
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (strcmp(end, units[i].unit) != 0)
			continue;
		if (!(v * units[i].ms <= 1e15))
			return false;
		*ret_ms = (int64_t)(v * units[i].ms + 0.5);
		return true;
	}
	return false;
}

static size_t
utf8_length(unsigned char c)
{
	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c <= 0xdf)
		return 2;
	if ((c & 0xf0) == 0xe0)
		return 3;
	return c >= 0xf0 && c <= 0xf4 ? 4 : 0;
}

size_t
utf8_decode(const char *s, size_t len, uint32_t *ret_cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)s;
	size_t n = len ? utf8_length(p[0]) : 0;
	uint32_t cp;

	if (n == 0 || n > len)
		return 0;
	cp = n == 1 ? p[0] : p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | (p[i] & 0x3f);
	}
	if (cp < least[n] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return 0;
	*ret_cp = cp;
	return n;
}

bool
utf8_valid(const char *s, size_t len)
{
	uint32_t cp;
	uint64_t eight;

	while (len) {
		size_t n;

		/* Most text is ASCII. */
		while (len >= sizeof(eight)) {
			memcpy(&eight, s, sizeof(eight));
			if (eight & 0x8080808080808080)
				break;
			s += sizeof(eight);
			len -= sizeof(eight);
		}
		if (!len)
			break;
		n = *s & 0x80 ? utf8_decode(s, len, &cp) : 1;
		if (n == 0)
			return false;
		s += n;
		len -= n;
	}
	return true;
}

void
utf8_encode(struct buf *out, uint32_t cp)
{
	char c[4];

	if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		cp = 0xfffd;
	if (cp < 0x80) {
		buf_addch(out, (char)cp);
	} else if (cp < 0x800) {
		c[0] = (char)(0xc0 | cp >> 6);
		c[1] = (char)(0x80 | (cp & 0x3f));
		buf_add(out, c, 2);
	} else if (cp < 0x10000) {
		c[0] = (char)(0xe0 | cp >> 12);
		c[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		c[2] = (char)(0x80 | (cp & 0x3f));
		buf_add(out, c, 3);
	} else {
		c[0] = (char)(0xf0 | cp >> 18);
		c[1] = (char)(0x80 | (cp >> 12 & 0x3f));
		c[2] = (char)(0x80 | (cp >> 6 & 0x3f));
		c[3] = (char)(0x80 | (cp & 0x3f));
		buf_add(out, c, 4);
	}
}

/*
 * Code points that print nothing or reorder what is around them: bidi and
 * other format characters, and the rest of Default_Ignorable_Code_Point
 * (Unicode, DerivedCoreProperties) but for the variation selectors U+FE00 to
 * U+FE0F, which emoji and CJK need. In order.
 */
static const struct {
	uint32_t first, last;
} hidden[] = {
	{ 0x80, 0x9f },       { 0xad, 0xad },       { 0x34f, 0x34f },
	{ 0x61c, 0x61c },     { 0x115f, 0x1160 },   { 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f },   { 0x200b, 0x200f },   { 0x2028, 0x202e },
	{ 0x2060, 0x206f },   { 0x3164, 0x3164 },   { 0xfeff, 0xfeff },
	{ 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb },   { 0x1bca0, 0x1bca3 },
	{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

static bool
is_hidden(uint32_t cp)
{
	for (size_t i = 0; i < ARRAY_LEN(hidden) && cp >= hidden[i].first; i++)
		if (cp <= hidden[i].last)
			return true;
	return false;
}

size_t
str_mark(const char *s, size_t len, uint32_t *ret_cp, char *ret_mark)
{
	size_t n = utf8_decode(s, len, ret_cp);

	ret_mark[0] = '\0';
	if (n == 0) {
		*ret_cp = (unsigned char)*s;
		snprintf(ret_mark, STR_MARK_SIZE, "<%02X>", *ret_cp);
		return 1;
	}
	if (*ret_cp < 0x20 || *ret_cp == 0x7f)
		snprintf(ret_mark, STR_MARK_SIZE, "^%c", (int)*ret_cp ^ 0x40);
	else if (is_hidden(*ret_cp))
		snprintf(ret_mark, STR_MARK_SIZE, "<U+%04X>", *ret_cp);
	return n;
}

void
str_visible(struct buf *out, const char *s, size_t len, bool keep_lines)
{
	while (len) {
		char mark[STR_MARK_SIZE];
		uint32_t cp;
		size_t n = str_mark(s, len, &cp, mark);

		if (!mark[0] || (keep_lines && (*s == '\n' || *s == '\t')))
			buf_add(out, s, n);
		else
			buf_addstr(out, mark);
		s += n;
		len -= n;
	}
}

enum { DISTANCE_MAX = 63 };

static int
min3(int a, int b, int c)
{
	int m = a < b ? a : b;

	return m < c ? m : c;
}

int
str_distance(const char *a, const char *b)
{
	int d[3][DISTANCE_MAX + 1];
	int n = (int)strnlen(a, DISTANCE_MAX);
	int m = (int)strnlen(b, DISTANCE_MAX);

	for (int j = 0; j <= m; j++)
		d[0][j] = j;
	for (int i = 1; i <= n; i++) {
		int *row = d[i % 3], *up = d[(i + 2) % 3];
		const int *up2 = d[(i + 1) % 3];

		row[0] = i;
		for (int j = 1; j <= m; j++) {
			int cost = a[i - 1] != b[j - 1];

			row[j] = min3(up[j] + 1, row[j - 1] + 1,
				      up[j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && up2[j - 2] + 1 < row[j])
				row[j] = up2[j - 2] + 1;
		}
	}
	return d[n % 3][m];
}

const char *
str_nearest(const char *word, const char *const *candidates, size_t count)
{
	const char *best = NULL;
	int limit = (int)strlen(word) / 3 + 1, best_distance = limit + 1;

	for (size_t i = 0; i < count; i++) {
		int dist = str_distance(word, candidates[i]);

		if (dist < best_distance) {
			best_distance = dist;
			best = candidates[i];
		}
	}
	return best;
}

/* Whether c is in the set at *p (after the bracket); moves *p past it. A set
 * without an end matches nothing. */
static bool
in_set(const char **p, char c)
{
	const char *s = *p;
	bool negated = *s == '!' || *s == '^', found = false;

	s += negated;
	for (const char *first = s; *s && (*s != ']' || s == first); s++) {
		char low = *s, high = low;

		if (s[1] == '-' && s[2] && s[2] != ']') {
			high = s[2];
			s += 2;
		}
		found |= (unsigned char)c >= (unsigned char)low &&
			 (unsigned char)c <= (unsigned char)high;
	}
	if (!*s)
		return false;
	*p = s + 1;
	return found != negated;
}

/* Matches one plain piece of the pattern; moves both past it. */
static bool
glob_one(const char **p, const char **s)
{
	const char *q = *p;
	size_t n = 1;
	uint32_t cp;
	bool ok;

	if (*q == '?') {
		ok = **s != '/';
		n = utf8_decode(*s, strnlen(*s, 4), &cp);
		q++;
	} else if (*q == '[') {
		q++;
		ok = in_set(&q, **s) && **s != '/';
	} else {
		if (*q == '\\' && q[1])
			q++;
		ok = *q == **s;
		q++;
	}
	if (!ok)
		return false;
	*p = q;
	*s += n ? n : 1;
	return true;
}

static bool
any_parts(const char *pattern, const char *p)
{
	return p[0] == '*' && p[1] == '*' && (p[2] == '/' || !p[2]) &&
	       (p == pattern || p[-1] == '/');
}

/*
 * Two places to go back to, the last `*` and the last `**`: a longer match
 * of an earlier one could not help, so nothing before them is tried again.
 */
bool
str_glob(const char *pattern, const char *path)
{
	const char *slash = strrchr(path, '/'), *p = pattern, *s = path;
	const char *star = NULL, *star_at = NULL, *parts = NULL;
	const char *parts_at = NULL;

	if (slash && !strchr(pattern, '/'))
		s = slash + 1;
	while (*s) {
		if (any_parts(pattern, p)) {
			if (!p[2])
				return true;
			parts = p += 3;
			parts_at = s;
			star = NULL;
		} else if (*p == '*') {
			star = ++p;
			star_at = s;
		} else if (*p && glob_one(&p, &s)) {
			continue;
		} else if (star && *star_at != '/') {
			s = ++star_at;
			p = star;
		} else if (parts && (slash = strchr(parts_at, '/'))) {
			s = parts_at = slash + 1;
			p = parts;
			star = NULL;
		} else {
			return false;
		}
	}
	while (*p == '*')
		p++;
	return !*p;
}

void
str_lower(char *s)
{
	for (; *s; s++)
		*s = (char)tolower((unsigned char)*s);
}

char *
str_trim(char *s)
{
	size_t n;

	while (isspace((unsigned char)*s))
		s++;
	n = strlen(s);
	while (n && isspace((unsigned char)s[n - 1]))
		n--;
	s[n] = '\0';
	return s;
}

void
strv_release(struct strv *v)
{
	for (size_t i = 0; i < v->count; i++)
		free(v->items[i]);
	free(v->items);
	*v = (struct strv)STRV_INIT;
}

void
strv_take(struct strv *v, char *s)
{
	GROW(v->items, v->count + 1, v->cap);
	v->items[v->count++] = s;
	v->items[v->count] = NULL;
}

void
strv_add(struct strv *v, const char *s)
{
	strv_take(v, xstrdup(s));
}

void
strv_addf(struct strv *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strv_take(v, xvasprintf(fmt, ap));
	va_end(ap);
}

bool
strv_has(const struct strv *v, const char *s)
{
	for (size_t i = 0; i < v->count; i++)
		if (strcmp(v->items[i], s) == 0)
			return true;
	return false;
}
