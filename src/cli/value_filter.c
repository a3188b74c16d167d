#include "cli/value_filter.h"

#include "base/clock.h"
#include "base/str.h"

#include <string.h>

#define DAY_US (86400 * INT64_C(1000000))

/* "2026-11-01", or with a time. */
static bool
read_time(const char *s, const char *name, bool end, int64_t *ret,
	  struct err *err)
{
	if (!s)
		return true;
	if (!clock_parse_iso(s, ret))
		return FAIL(err, ERR_USAGE,
			    "--%s %s: use a date such as 2026-11-01, or "
			    "2026-11-01T12:00:00Z",
			    name, s);
	if (end && strlen(s) == strlen("2026-11-01"))
		*ret += DAY_US;
	return true;
}

bool
value_filter_read(const struct value_filter *f,
		  struct metrics_filter *ret_filter, double *ret_hourly,
		  struct err *err)
{
	struct metrics_filter m = { .domain = f->domain };
	double hourly = 0;

	if (!read_time(f->since, "since", false, &m.since_us, err) ||
	    !read_time(f->until, "until", true, &m.until_us, err))
		return false;
	if (m.until_us && m.until_us <= m.since_us)
		return FAIL(err, ERR_USAGE,
			    "--until must be later than --since");
	if (f->hourly && (!str_to_double(f->hourly, &hourly) ||
			  !(hourly > 0 && hourly <= 1e6)))
		return FAIL(err, ERR_USAGE,
			    "--hourly-rate %s: use dollars an hour, more than "
			    "0",
			    f->hourly);
	*ret_filter = m;
	*ret_hourly = hourly;
	return true;
}
