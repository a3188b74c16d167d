#include "know/lifecycle.h"

#include "base/mem.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const char *const execution_words[] = {
#define X(code, word) [code] = word,
	EXECUTION_STATUSES(X)
#undef X
};

const char *
execution_status_word(enum execution_status s)
{
	return execution_words[s];
}

bool
execution_status_parse(const char *word, enum execution_status *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(execution_words); i++) {
		if (strcmp(word, execution_words[i]) != 0)
			continue;
		*ret = (enum execution_status)i;
		return true;
	}
	return false;
}

struct pattern_counts
lifecycle_count(const struct pattern_counts *old, enum execution_status status,
		double minutes)
{
	struct pattern_counts c = *old;

	c.executions++;
	if (status == EXECUTION_SUCCESS)
		c.successes++;
	else
		c.failures++;
	c.avg_minutes = (old->avg_minutes * (double)old->executions + minutes) /
			(double)c.executions;
	return c;
}

/* Highest first; a stage needs both. */
static const struct stage {
	enum pattern_status status;
	int64_t executions;
	int percent;
} stages[] = {
	{ PATTERN_LEARNED, 20, 90 },
	{ PATTERN_VALIDATED, 5, 80 },
};

enum {
	DEPRECATE_EXECUTIONS = 5,
	DEPRECATE_PERCENT = 60,
};

/* successes / executions >= percent / 100, in whole numbers: 0.9 has no
 * exact double. */
static bool
reaches(const struct pattern_counts *c, int percent)
{
	return c->successes * 100 >= c->executions * percent;
}

enum pattern_status
lifecycle_stage(const struct pattern_counts *c, enum pattern_status old)
{
	bool tried = c->executions >= DEPRECATE_EXECUTIONS ||
		     old != PATTERN_DISCOVERED;

	for (size_t i = 0; i < ARRAY_LEN(stages); i++)
		if (c->executions >= stages[i].executions &&
		    reaches(c, stages[i].percent))
			return stages[i].status;
	if (c->executions > 0 && tried && !reaches(c, DEPRECATE_PERCENT))
		return PATTERN_DEPRECATED;
	return PATTERN_DISCOVERED;
}

/* Successes in a row until c has both the executions and the rate: the
 * smallest n with (s + n) / (e + n) >= percent / 100. */
static int64_t
successes_until(const struct pattern_counts *c, const struct stage *s)
{
	int64_t missing = c->executions * s->percent - c->successes * 100;
	int64_t rate = missing <= 0 ?
			       0 :
			       (missing + 99 - s->percent) / (100 - s->percent);
	int64_t count = s->executions - c->executions;

	return rate > count ? rate : count;
}

char *
lifecycle_next(const struct pattern_counts *c)
{
	for (size_t i = ARRAY_LEN(stages); i-- > 0;) {
		int64_t n = successes_until(c, &stages[i]);

		if (n > 0)
			return xasprintf("%s after %" PRId64
					 " more successful run%s (%" PRId64
					 " executions and %d %%)",
					 pattern_status_word(stages[i].status),
					 n, n == 1 ? "" : "s",
					 stages[i].executions,
					 stages[i].percent);
	}
	return xstrdup("the highest stage");
}

void
wilson_interval(const struct pattern_counts *c, double *ret_low,
		double *ret_high)
{
	const double z = 1.96;
	double n = (double)c->executions, p = pattern_rate(c);
	double middle, spread;

	*ret_low = 0;
	*ret_high = 1;
	if (c->executions <= 0)
		return;
	middle = (p + z * z / (2 * n)) / (1 + z * z / n);
	spread = z / (1 + z * z / n) *
		 sqrt(p * (1 - p) / n + z * z / (4 * n * n));
	/* Rounding must not leave 0 to 1. */
	*ret_low = fmax(middle - spread, 0);
	*ret_high = fmin(middle + spread, 1);
}
