/* value-report: what the runs were worth. */
#include "cli/pattern_text.h"
#include "cli/value_filter.h"

#include "base/clock.h"
#include "run/worth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 80 };

static bool
read_options(const struct cli *c, struct metrics_filter *filter,
	     double *ret_hourly, enum report_format *ret_format,
	     struct err *err)
{
	const char *format = cli_option(c, "format");
	struct value_filter words = {
		.domain = cli_option(c, "domain"),
		.since = cli_option(c, "since"),
		.until = cli_option(c, "until"),
		.hourly = cli_option(c, "hourly-rate"),
	};

	if (!value_filter_read(&words, filter, ret_hourly, err))
		return false;
	*ret_format = c->json ? REPORT_JSON : REPORT_TEXT;
	if (format && !report_format_parse(format, ret_format))
		return FAIL(err, ERR_USAGE,
			    "--format %s: use text, markdown, json, csv or "
			    "html",
			    format);
	return true;
}

/* Each line broken at blanks, under where its words begin. */
static void
print_lines(const char *text)
{
	AUTO(buf) out = BUF_INIT;

	for (const char *s = text; *s;) {
		size_t n = strcspn(s, "\n"), hang = strspn(s, "-# .0123456789");
		AUTO_FREE char *line = xstrndup(s, n);

		if (n)
			cli_wrap(&out, line, (int)hang, WIDTH);
		else
			buf_addch(&out, '\n');
		s += n + (s[n] == '\n');
	}
	cli_print(buf_str(&out));
}

int
cmd_value_report(struct cli *c)
{
	struct metrics_filter filter = { 0 };
	AUTO(report_facts) facts = { 0 };
	AUTO(report) report = { 0 };
	AUTO(buf) out = BUF_INIT;
	enum report_format format = REPORT_TEXT;
	struct err err = ERR_INIT;
	double hourly = 0;

	if (c->arg_count)
		return cli_usage(c, "value-report takes only options");
	if (!read_options(c, &filter, &hourly, &format, &err) ||
	    !pattern_text_sync(c, &err) ||
	    !worth_read(journal_db(c->journal), &filter, clock_wall_us(),
			&facts, &err))
		return cli_fail(c, &err);
	facts.hourly_usd = hourly;
	report_make(&facts, &report);
	report_write(&report, format, &out);
	if (format == REPORT_TEXT)
		print_lines(buf_str(&out));
	else if (format == REPORT_JSON)
		fputs(buf_str(&out), stdout); /* its strings are escaped */
	else
		cli_print(buf_str(&out));
	return 0;
}
