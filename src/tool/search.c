#include "tool/search.h"

#include "base/mem.h"
#include "base/str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { GROUPS_MAX = 32 };

/*
 * Counts the atoms of a pattern as if every {n,m} were written out: `sum`
 * for what is closed, `last` for the atom that a repetition would multiply.
 */
struct size {
	int64_t sum[GROUPS_MAX], last;
	int depth;
};

static void
size_atom(struct size *z, int64_t n)
{
	z->last = n;
	z->sum[z->depth] += n;
}

static const char *
after_set(const char *p)
{
	p += p[1] == '^' ? 2 : 1;
	if (*p == ']')
		p++;
	while (*p && *p != ']') {
		/* [:alpha:], [.x.] and [=x=] may hold a bracket. */
		if (p[0] == '[' && strchr(":.=", p[1]) && p[1]) {
			char end[] = { p[1], ']', '\0' };
			const char *q = strstr(p + 2, end);

			p = q ? q + 1 : p;
		}
		p++;
	}
	return p;
}

/* The repetition at p: multiplies the last atom; returns its last
 * character. */
static const char *
size_repeat(struct size *z, const char *p)
{
	int64_t times = 1, n = 0;
	const char *q = p + 1;

	for (; *q && *q != '}'; q++) {
		n = isdigit((unsigned char)*q) ? n * 10 + (*q - '0') : 0;
		n = n > SEARCH_EXPANDED_MAX ? SEARCH_EXPANDED_MAX : n;
		times = n > times ? n : times;
	}
	z->sum[z->depth] += z->last * (times - 1);
	z->last *= times;
	return *q ? q : q - 1;
}

/* What makes the pattern dangerous, or NULL. */
static const char *
danger(const char *pattern)
{
	struct size z = { 0 };

	for (const char *p = pattern; *p; p++) {
		if (*p == '\\' && isdigit((unsigned char)p[1]))
			return "back-references are not supported";
		if (*p == '(' && ++z.depth == GROUPS_MAX)
			return "its groups are nested too deep";
		if (*p == '(') {
			z.sum[z.depth] = 0;
		} else if (*p == ')' && z.depth) {
			z.depth--;
			size_atom(&z, z.sum[z.depth + 1]);
		} else if (*p == '{') {
			p = size_repeat(&z, p);
		} else if (strchr("*+?", *p)) {
			continue; /* what it repeats may be repeated again */
		} else if (*p == '[') {
			p = after_set(p);
			size_atom(&z, 1);
		} else {
			p += *p == '\\' && p[1];
			size_atom(&z, 1);
		}
		if (z.sum[z.depth] > SEARCH_EXPANDED_MAX)
			return "its repetitions multiply to too much";
		if (!*p)
			break;
	}
	return NULL;
}

static bool
compile(struct search *s, struct err *err)
{
	char why[256];
	int rc = regcomp(&s->re, s->pattern, s->flags);

	s->since = 0;
	if (rc == 0)
		return true;
	regerror(rc, &s->re, why, sizeof(why));
	return FAIL(err, ERR_USAGE,
		    "the regular expression \"%.100s\" is not valid: %s",
		    s->pattern, why);
}

/* Plain text as an expression: what has a meaning is escaped. */
static char *
quoted(const char *text)
{
	AUTO(buf) b = BUF_INIT;

	for (; *text; text++) {
		if (strchr("\\^$.[]|()*+?{}", *text))
			buf_addch(&b, '\\');
		buf_addch(&b, *text);
	}
	return buf_steal(&b);
}

bool
search_init(struct search *s, const char *pattern, bool regex,
	    bool ignore_case, struct err *err)
{
	const char *why = regex ? danger(pattern) : NULL;

	*s = (struct search){ .regex = regex || ignore_case };
	if (!*pattern)
		return FAIL(err, ERR_USAGE, "the pattern is empty");
	if (strlen(pattern) > SEARCH_PATTERN_MAX)
		return FAIL(err, ERR_USAGE,
			    "the pattern has %zu bytes; the most is %d",
			    strlen(pattern), SEARCH_PATTERN_MAX);
	if (why)
		return FAIL(err, ERR_USAGE,
			    "the regular expression \"%.100s\" is refused: "
			    "%s",
			    pattern, why);
	s->flags = REG_EXTENDED | (ignore_case ? REG_ICASE : 0);
	s->pattern = !regex && ignore_case ? quoted(pattern) :
					     xstrdup(pattern);
	s->len = strlen(s->pattern);
	if (!s->regex || compile(s, err))
		return true;
	free(s->pattern);
	s->pattern = NULL;
	return false;
}

void
search_release(struct search *s)
{
	if (s->pattern && s->regex)
		regfree(&s->re);
	free(s->pattern);
	s->pattern = NULL;
}

static bool
find_regex(struct search *s, const char *data, size_t len, int flags,
	   size_t *ret_from, size_t *ret_to)
{
	regmatch_t m = { .rm_so = 0, .rm_eo = (regoff_t)len };

	if (s->since > SEARCH_FRESH) {
		regfree(&s->re);
		if (!compile(s, NULL))
			abort(); /* it compiled before: memory is out */
	}
	s->since += len + 1;
	if (regexec(&s->re, data, 1, &m, REG_STARTEND | flags))
		return false;
	*ret_from = (size_t)m.rm_so;
	*ret_to = (size_t)m.rm_eo;
	return true;
}

bool
search_find(struct search *s, const struct lines_piece *p, size_t *ret_from,
	    size_t *ret_to)
{
	size_t step = SEARCH_PIECE - LINES_OVERLAP;

	if (!s->regex) {
		const char *at = memmem(p->data, p->len, s->pattern, s->len);

		if (!at)
			return false;
		*ret_from = (size_t)(at - p->data);
		*ret_to = *ret_from + s->len;
		return true;
	}
	for (size_t at = 0;; at += step) {
		size_t n = p->len - at;
		bool last = n <= SEARCH_PIECE;
		int flags = (p->begins && at == 0 ? 0 : REG_NOTBOL) |
			    (p->ends && last ? 0 : REG_NOTEOL);

		if (find_regex(s, p->data + at, last ? n : SEARCH_PIECE,
			       flags, ret_from, ret_to)) {
			*ret_from += at;
			*ret_to += at;
			return true;
		}
		if (last)
			return false;
	}
}
