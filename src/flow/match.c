#include "flow/match.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The larger count of the "{m,n}" at p, at least 1. */
static long
repeat_count(const char *p)
{
	long a, b;
	char *end;

	a = strtol(p + 1, &end, 10);
	b = *end == ',' ? strtol(end + 1, &end, 10) : a;
	if (b > a)
		a = b;
	return a < 1 ? 1 : a > MATCH_REPEAT_MAX ? MATCH_REPEAT_MAX + 1 : a;
}

static bool
bounded(const char *pattern, struct err *err)
{
	long product = 1;

	for (const char *p = pattern; *p; p++) {
		if (*p == '\\' && isdigit((unsigned char)p[1]))
			return FAIL(err, ERR_SYNTAX, "back references (\\%c) "
				    "are not allowed in the pattern", p[1]);
		if (*p == '\\' && p[1])
			p++;
		else if (*p == '{')
			product *= repeat_count(p);
		if (product > MATCH_REPEAT_MAX)
			return FAIL(err, ERR_SYNTAX, "the repeats in the "
				    "pattern multiply to more than %d",
				    MATCH_REPEAT_MAX);
	}
	return true;
}

bool
match_compile(const char *pattern, regex_t *ret, struct err *err)
{
	char why[128];
	int rc;

	if (strlen(pattern) > MATCH_PATTERN_MAX)
		return FAIL(err, ERR_SYNTAX, "more than %d bytes in the "
			    "pattern", MATCH_PATTERN_MAX);
	if (!bounded(pattern, err))
		return false;
	rc = regcomp(ret, pattern, REG_EXTENDED | REG_NOSUB);
	if (rc == 0)
		return true;
	regerror(rc, ret, why, sizeof(why));
	return FAIL(err, ERR_SYNTAX, "%s in the pattern \"%.80s\"", why,
		    pattern);
}

bool
match_has(const regex_t *re, const char *text, size_t len)
{
	regmatch_t range = { .rm_so = 0, .rm_eo = (regoff_t)len };

	return regexec(re, text, 1, &range, REG_STARTEND) == 0;
}

bool
match_once(const char *pattern, const char *text)
{
	regex_t re;
	bool found;

	if (!match_compile(pattern, &re, NULL))
		return false;
	found = match_has(&re, text, strlen(text));
	regfree(&re);
	return found;
}
