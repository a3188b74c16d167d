/* The value report is made on a pool thread, with a journal of its own. */
#include "ui/client_job.h"

#include "base/clock.h"
#include "base/json.h"
#include "cli/value_filter.h"
#include "know/library.h"
#include "run/worth.h"

#include <stdlib.h>

struct value_job {
	struct client_job base;
	const struct paths *paths;
	cJSON *words;
	struct report report;
	struct err err;
};

static void
make_report(void *ud)
{
	struct value_job *j = ud;
	AUTO_PTR(journal) journal = NULL;
	AUTO(report_facts) facts = { 0 };
	AUTO(library_report) synced = { 0 };
	struct metrics_filter filter;
	struct value_filter words = {
		.domain = json_str(j->words, "domain"),
		.since = json_str(j->words, "since"),
		.until = json_str(j->words, "until"),
		.hourly = json_str(j->words, "hourly-rate"),
	};
	double hourly;

	if (!value_filter_read(&words, &filter, &hourly, &j->err) ||
	    !journal_open(j->paths, &journal, &j->err) ||
	    !library_sync(journal_db(journal), j->paths, &synced, &j->err) ||
	    !worth_read(journal_db(journal), &filter, clock_wall_us(), &facts,
			&j->err))
		return;
	facts.hourly_usd = hourly;
	report_make(&facts, &j->report);
}

static void
on_report(void *ud)
{
	struct value_job *j = ud;
	bool ok = j->err.code == ERR_NONE;

	if (j->base.client)
		client_send(j->base.client,
			    &(struct msg){ .kind = MSG_VALUE,
					   .report = ok ? &j->report : NULL,
					   .words = ok ? NULL : j->err.msg,
					   .ticket = j->base.ticket });
	client_job_end(&j->base);
	report_release(&j->report);
	cJSON_Delete(j->words);
	free(j);
}

void
client_value(struct client *c, const struct ask *k)
{
	struct value_job *j = xcalloc(1, sizeof(*j));

	client_job_begin(c, &j->base, k->ticket);
	j->paths = &c->cli->paths;
	j->words = cJSON_Parse(k->values);
	loop_work(c->loop, make_report, on_report, j);
}
