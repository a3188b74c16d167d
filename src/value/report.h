/*
 * report.h - what the runs of a period were worth: figures, tables, advice.
 *
 * Pure: report_make computes from facts that somebody read (run/worth.h),
 * report_write writes the result as text, Markdown, JSON, CSV or HTML.
 *
 * A figure is one number with its source: measured (clocks and counters of
 * this program), entered (by a person or in a pattern) or derived (from the
 * others; `how` says from which). What cannot be known is NAN and has its
 * reason in `unless`; nothing is estimated. So without an entered baseline
 * no time was saved, and without an entered hourly rate no money.
 *
 * A table is a set of named rows with numbers in columns; one column may be
 * drawn as bars. Advice follows from a rule of REPORT_RULES, and carries the
 * numbers that made the rule fire.
 *
 * Times are minutes, money is US dollars, shares are 0 to 1.
 *
 *	report_make(&facts, &report);
 *	report_write(&report, REPORT_TEXT, &out);
 *	report_release(&report);
 */
#ifndef AGENTOPS_VALUE_REPORT_H
#define AGENTOPS_VALUE_REPORT_H

#include "value/metrics.h"

/* --- facts: what was read ---------------------------------------------- */

/* What one model cost in one phase. */
struct report_spend {
	char *model;
	int phase; /* 0 implement, 1 plan, 2 research: as spend.planner */
	int64_t turns, failed, unpriced, input_tokens, output_tokens;
	int64_t cost_microusd;
};

/* A count by name: gates by kind, tasks by domain, patterns by stage. */
struct report_tally {
	char *key;
	int64_t count, us;
};

struct report_tallies {
	struct report_tally *items;
	size_t count, cap;
};

/* Adds to the tally of key, which is made when there is none. */
void report_tally(struct report_tallies *t, const char *key, int64_t count,
		  int64_t us);

/* A pattern of the library that has been run. */
struct report_pattern {
	char *id, *category;
	const char *stage; /* a constant */
	const char *next;  /* stage above, reached after more_runs further
			      successes; NULL when there is none */
	int more_runs;
	int64_t executions, successes;
	int64_t last_used_us;
	bool shipped;
};

struct report_facts {
	int64_t now_us;
	struct metrics_filter filter; /* domain is borrowed */
	double hourly_usd;            /* entered; 0 when nobody did */
	int64_t first_us;             /* start of the first run, or 0 */

	struct metrics_totals total;
	struct metrics_groups domains, patterns, months;
	int64_t open_runs;  /* running or parked: in no other number */
	int64_t unmeasured; /* ended, and have no metrics */

	struct report_spend *spend;
	size_t spend_count, spend_cap;
	int64_t model_runs, model_succeeded; /* that asked a model */
	int64_t cost_failed_microusd; /* of runs that did not succeed */
	int64_t cost_open_microusd;   /* of open_runs */

	int64_t planned, replayed; /* runs with a plan; of them by a pattern
				      that was there before */
	int64_t captured;          /* patterns that a run made */
	int64_t validated, learned, deprecated; /* runs after which a pattern
						   had come to this stage */
	struct report_tallies gates;     /* kind; us: open */
	struct report_tallies unplanned; /* domain of the task */
	struct report_tallies stages;    /* of the library now */
	int64_t library_start, library_end; /* patterns there are now that
				were made before the period, before its end */
	struct report_pattern *library;
	size_t library_count, library_cap;
};

void report_facts_release(struct report_facts *f);

/* --- the report --------------------------------------------------------- */

enum report_unit {
	REPORT_COUNT,
	REPORT_SHARE,   /* 0 to 1 */
	REPORT_TIMES,   /* a factor */
	REPORT_MEAN,    /* a count per something */
	REPORT_MINUTES,
	REPORT_USD,
};

/* "count", "share", "factor", "mean", "minutes", "usd" */
const char *report_unit_word(enum report_unit u);

/* Texts are constants. */
struct report_figure {
	const char *section, *key, *label;
	enum report_unit unit;
	enum metrics_source source;
	const char *how;    /* what it is of */
	const char *unless; /* why there is no value, when it is NAN */
	double value;
};

enum { REPORT_COLUMNS = 8, REPORT_NUMBERS = 4 };

struct report_column {
	const char *key, *title;
	enum report_unit unit;
	enum metrics_source source;
};

struct report_cells {
	char *name;
	double v[REPORT_COLUMNS]; /* NAN: not known */
};

struct report_table {
	const char *key, *title, *subject; /* what a row is */
	const struct report_column *columns;
	int column_count;
	int bar;    /* column that is drawn as bars, or -1 */
	size_t top; /* rows that text shows; JSON and CSV have all */
	struct report_cells *rows;
	size_t count, cap;
};

/*
 * The rules of the advice: key, heading, and the rule itself in words, with
 * the numbers it goes by. The stages' own thresholds are know/lifecycle.h's.
 */
enum {
	REPORT_PROMOTE_RUNS = 3,
	REPORT_REVISE_RUNS = 5,
	REPORT_REVISE_PERCENT = 80,
	REPORT_UNUSED_DAYS = 180,
	REPORT_DOMAIN_RUNS = 3,
	REPORT_ADVICE_MAX = 10, /* of one rule; the rest is counted */
};

#define REPORT_RULES(X) \
	X(REPORT_PROMOTE, "promote", "Promote", \
	  "at most 3 more successful runs until the next stage") \
	X(REPORT_RETIRE, "retire", "Retire", \
	  "deprecated: 5 or more runs and fewer than 60% of them succeeded") \
	X(REPORT_UNUSED, "unused", "Low usage", \
	  "a pattern of your own, last used more than 180 days ago") \
	X(REPORT_REVISE, "revise", "Revise", \
	  "5 or more runs in the period, of which fewer than 80% succeeded, " \
	  "or 5 or more first validations, of which fewer than 80% passed") \
	X(REPORT_DOMAIN, "domain", "Growth opportunity", \
	  "3 or more runs in a domain without a validated or learned " \
	  "pattern") \
	X(REPORT_UNPLANNED, "unplanned", "Missing domain", \
	  "3 or more tasks of a domain for which no plan was found") \
	X(REPORT_BASELINE, "baseline", "Enter a baseline", \
	  "3 or more successful runs that make no claim of time saved: their " \
	  "workflow has no baseline.manual_minutes, and --manual-minutes was " \
	  "not given")

enum report_rule {
#define X(id, key, heading, words) id,
	REPORT_RULES(X)
#undef X
	REPORT_RULE_COUNT
};

const char *report_rule_key(enum report_rule r);
const char *report_rule_heading(enum report_rule r);
const char *report_rule_words(enum report_rule r);

struct report_number {
	const char *key; /* a constant */
	double value;
};

struct report_advice {
	enum report_rule rule;
	char *subject; /* a pattern or domain */
	char *words;
	struct report_number numbers[REPORT_NUMBERS];
	int number_count;
};

struct report {
	int64_t now_us, since_us, until_us; /* 0: open */
	char *domain;                       /* NULL: all */
	struct report_figure *figures;
	size_t figure_count, figure_cap;
	struct report_table *tables;
	size_t table_count, table_cap;
	struct report_advice *advice;
	size_t advice_count, advice_cap;
	int64_t more[REPORT_RULE_COUNT]; /* advice beyond REPORT_ADVICE_MAX */
};

/* Everything is copied. */
void report_make(const struct report_facts *f, struct report *ret);
void report_release(struct report *r);

/* The advice alone, for report_make. */
void report_advise(const struct report_facts *f, struct report *r);

#define REPORT_FORMATS(X) \
	X(REPORT_TEXT, "text") \
	X(REPORT_MARKDOWN, "markdown") \
	X(REPORT_JSON, "json") \
	X(REPORT_CSV, "csv") \
	X(REPORT_HTML, "html")

enum report_format {
#define X(id, word) id,
	REPORT_FORMATS(X)
#undef X
};

bool report_format_parse(const char *word, enum report_format *ret);

/*
 * Appends the report. Names of patterns, domains and models may be anything:
 * Markdown, JSON, CSV (also against formulas of spreadsheets) and HTML hold
 * them as text; in text, as everywhere, cli_print makes them visible.
 */
void report_write(const struct report *r, enum report_format f,
		  struct buf *out);

/* --- shared by the writers ---------------------------------------------- */

/* "142.0 hours", "91%", "18.3x", "$14,200.00", "-" for NAN. */
void report_value(struct buf *out, double v, enum report_unit unit);
void report_json(const struct report *r, struct buf *out);
void report_csv(const struct report *r, struct buf *out);
void report_html(const struct report *r, struct buf *out);
/* "all runs", "runs from 2026-11-01 to ... of the domain x": the period in
 * words, without the domain. */
void report_period(const struct report *r, struct buf *out);

#endif
