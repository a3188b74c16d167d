/*
 * sniff.h - what kind of table a file is, from its first DATA_SAMPLE bytes.
 *
 * Delimiter: each candidate is tried on the sample; the score is how regular
 * the rows are, times the share of cells that hold no other candidate (after
 * van den Burg, Nazábal, Sutton, "Wrangling messy CSV files by detecting row
 * and type patterns", 2019, simplified).
 *
 * Header: the first row is one when it holds no number or date and some
 * column below does, or when nothing tells and its cells are all different.
 */
#ifndef AGENTOPS_TOOL_DATA_SNIFF_H
#define AGENTOPS_TOOL_DATA_SNIFF_H

#include "tool/data/source.h"

enum { DATA_SAMPLE = 256 << 10 };

enum data_format { DATA_CSV, DATA_TSV, DATA_JSONL, DATA_JSON };

struct data_sniff {
	enum data_format format;
	enum data_encoding encoding;
	int bom_bytes;
	char delimiter;      /* 0: one column */
	char quote, decimal; /* decimal: '.' or ',' */
	bool header;
	bool header_guessed; /* nothing but text to judge by */
	bool separator_line; /* begins with "sep=;", as Excel writes */
	bool empty;          /* nothing but blanks in the file */
};

const char *data_format_name(enum data_format f);

/* Refuses what is no text ("looks like a PNG image", and what to do). fd's
 * position does not matter and is not moved. */
bool data_sniff(int fd, const char *name, struct data_sniff *ret,
		struct err *err);
/* The same for text in memory that is (`whole`) or begins the file. */
bool data_sniff_text(const char *s, size_t len, bool whole, const char *name,
		     struct data_sniff *ret, struct err *err);

#endif
