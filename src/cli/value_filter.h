/*
 * value_filter.h - which runs the value report is about, as a person writes
 * it on a command line, in the prompt or in the app's form.
 */
#ifndef AGENTOPS_CLI_VALUE_FILTER_H
#define AGENTOPS_CLI_VALUE_FILTER_H

#include "base/err.h"
#include "value/metrics.h"

/* Texts are borrowed; NULL: not given. */
struct value_filter {
	const char *domain;
	const char *since, *until; /* "2026-11-01", or with a time; of until
				      a date alone means its end */
	const char *hourly;        /* dollars an hour */
};

/* ret_filter borrows the domain. ret_hourly is 0 without a rate. Errors name
 * the option. */
bool value_filter_read(const struct value_filter *f,
		       struct metrics_filter *ret_filter, double *ret_hourly,
		       struct err *err);

#endif
