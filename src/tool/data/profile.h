/*
 * profile.h - what is in a data file: its shape and the statistics of every
 * column, in one pass and constant memory.
 *
 * Reads CSV, TSV and other separated text, JSON lines, and an array of JSON
 * objects; sniff.h says how it finds out which. Memory does not depend on
 * the number of rows: a table of ordinary width takes a few MiB (the process
 * stays below 15 MB), 10,000 columns less than 100 MiB.
 *
 * When the whole file speaks against the decimal mark that its beginning
 * suggested, the file is read a second time with the other one.
 *
 *	struct data_profile_options o = { .max_rows = 0 };
 *	struct data_profile p;
 *	if (!data_profile_file(path, &o, &p, err))
 *		return false;
 *	data_profile_json(&p, &text);
 *	data_profile_release(&p);
 *
 * The JSON:
 *	{"path", "format": "csv|tsv|jsonl|json", "encoding" (as Python names
 *	 it), "delimiter": string or null, "quote", "decimal": "." or ",",
 *	 "header": bool, "skipped_records": lines before the table, when there
 *	 are any, "rows", "columns": [...], "ragged_rows", "bytes",
 *	 "truncated": true when max_rows ended it, "warnings": [string]}
 * A column:
 *	{"name", "type": "integer|number|boolean|date|datetime|text|empty",
 *	 "missing", "type_share": share of the values not missing that have
 *	 the type, "others": {"count", "examples"} those that do not,
 *	 "distinct", "distinct_exact", "distinct_error": relative standard
 *	 error of an estimate,
 *	 "min", "max": numbers, or ISO 8601 for dates,
 *	 "mean", "stddev" (n - 1), "quantiles": {"p05", "p25", "p50", "p75",
 *	 "p95"}, "quantiles_exact", "quantiles_error": of the rank, 99 %,
 *	 "min_length", "max_length": text, in characters,
 *	 "date_format", "strptime": format for Python, when there is one for
 *	 all values, "date_ambiguous": true,
 *	 "top": [{"value", "count"}], "top_exact", "top_error": how much
 *	 higher the true counts may be, "examples": [string],
 *	 "hint": string}
 * Members that do not apply are left out. Numbers are JSON numbers whatever
 * the file's decimal mark is; values in top and examples stand as in the
 * file, at most FREQ_TEXT or DATA_EXAMPLE_BYTES bytes of them.
 */
#ifndef AGENTOPS_TOOL_DATA_PROFILE_H
#define AGENTOPS_TOOL_DATA_PROFILE_H

#include "base/err.h"
#include "base/str.h"
#include "tool/data/column.h"
#include "tool/data/sniff.h"

#include <stdatomic.h>

enum {
	DATA_TOP = 10,
	DATA_NAME_MAX = 256,    /* bytes of a column's name that are kept */
	DATA_WARNINGS_MAX = 50, /* then "and N more" */
};

struct data_profile_options {
	int64_t max_rows;           /* 0: all */
	const char *const *columns; /* borrowed names, NULL: all */
	size_t column_count;
	const atomic_bool *cancel; /* borrowed; may be set by any thread */
};

struct data_profile {
	char *path;
	struct data_sniff sniff;
	int64_t rows, ragged_rows, bytes;
	bool truncated, month_first;
	struct data_column *columns;
	size_t count, cap;
	struct strv warnings;
	int64_t warnings_left_out;
};

/* Blocking; for a pool thread. A regular file only. Fails with
 * ERR_CANCELLED soon after *cancel became true. */
bool data_profile_file(const char *path, const struct data_profile_options *o,
		       struct data_profile *ret, struct err *err);
/* The same from an open descriptor of a regular file, which stays open. */
bool data_profile_fd(int fd, const char *path,
		     const struct data_profile_options *o,
		     struct data_profile *ret, struct err *err);
void data_profile_release(struct data_profile *p);

void data_profile_json(const struct data_profile *p, struct buf *out);
/* For people and models: the shape, one line a column (at most
 * DATA_TEXT_COLUMNS), the warnings. Visible text only. */
enum { DATA_TEXT_COLUMNS = 60 };
void data_profile_text(const struct data_profile *p, struct buf *out);

#endif
