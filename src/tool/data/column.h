/*
 * column.h - the statistics of one column, in memory that does not grow with
 * the number of rows.
 *
 * Every kind of value is counted in parallel, and the type is decided when
 * all of them were seen: a column has a type when at least
 * DATA_TYPE_SHARE of its values that are not missing have it (integers count
 * as numbers, dates as datetimes), else it is text. How many do not, and
 * examples of them, stay visible.
 *
 * Distinct values and the most frequent ones are exact while there are at
 * most sizes.values different ones (freq.h), then estimated (hll.h); a
 * quantile is exact up to sizes.exact numbers, then within
 * kll_error(sizes.k) (kll.h). Mean and standard deviation: Welford,
 * Technometrics 4 (1962).
 */
#ifndef AGENTOPS_TOOL_DATA_COLUMN_H
#define AGENTOPS_TOOL_DATA_COLUMN_H

#include "tool/data/freq.h"
#include "tool/data/hll.h"
#include "tool/data/kll.h"

#define DATA_TYPE_SHARE 0.95
enum { DATA_EXAMPLES = 3, DATA_EXAMPLE_BYTES = 60 };

/* Room for one column's sketches; see data_column_sizes. */
struct data_sizes {
	uint32_t values;    /* freq.h's limit */
	unsigned precision; /* hll.h */
	size_t k, exact;    /* kll.h */
};

/* Sizes for the column with this index, so that a table of ordinary width
 * costs a few MiB in all and 10,000 columns stay below 100 MiB. */
struct data_sizes data_column_sizes(size_t index);

/* The first DATA_EXAMPLE_BYTES of a value; may hold NUL bytes. */
struct data_example {
	char *text; /* owned; NULL: none yet */
	uint8_t len;
	bool cut;
};

struct data_range {
	int64_t min, max;
};

struct data_column {
	char *name; /* owned; UTF-8 */
	struct data_sizes sizes;
	int64_t seen; /* values given, the missing included */
	int64_t kinds[DATA_KIND_COUNT];
	int64_t flags[8]; /* how often each bit of enum data_flag */
	int64_t forms[DATA_FORM_COUNT];
	uint8_t style_any, style_all;
	struct data_example examples[DATA_KIND_COUNT][DATA_EXAMPLES];
	struct freq freq;
	struct hll hll;
	struct kll kll;
	double min, max, mean, m2;
	struct data_range time[2]; /* day first, month first */
	struct data_range ymd;
	int64_t chars_min, chars_max, bytes_min, bytes_max;
};

/* Takes name. */
void data_column_init(struct data_column *c, char *name,
		      struct data_sizes sizes);
void data_column_release(struct data_column *c);
/* A cell's text with blanks around; size is its true length in bytes, len
 * what is there of it. */
void data_column_add(struct data_column *c, const char *s, size_t len,
		     uint64_t size, char decimal);

enum data_type {
	DATA_TYPE_EMPTY,
	DATA_TYPE_INTEGER,
	DATA_TYPE_NUMBER,
	DATA_TYPE_BOOLEAN,
	DATA_TYPE_DATE,
	DATA_TYPE_DATETIME,
	DATA_TYPE_TEXT,
};

/* What the counts add up to. */
struct data_verdict {
	enum data_type type;
	int64_t values;   /* not missing */
	int64_t others;   /* of these, not of the type */
	bool month_first; /* dates with slashes: how they were read */
	bool ambiguous;   /* no value told day and month apart */
	bool compact;     /* YYYYMMDD */
};

/* month_first is what ambiguous dates are taken for. */
struct data_verdict data_column_verdict(const struct data_column *c,
					bool month_first);
const char *data_type_name(enum data_type t);
/* Whether values of the kind belong to the type. */
bool data_type_has(enum data_type t, enum data_kind k);
/* Estimate or exact number of different values that are not missing. */
int64_t data_column_distinct(const struct data_column *c, bool *ret_exact);
/* +1: the dates with slashes must be month first, -1: day first, 0: either
 * (or none are there). */
int data_column_date_order(const struct data_column *c);

#endif
