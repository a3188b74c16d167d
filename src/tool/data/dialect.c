#include "tool/data/dialect.h"

#include "base/mem.h"
#include "tool/data/csv.h"
#include "tool/data/hash.h"
#include "tool/data/value.h"

#include <stdlib.h>
#include <string.h>

enum {
	SAMPLE_ROWS = 500,
	WIDTHS_MAX = 64, /* different row widths looked at */
	NAME_MAX_BYTES = 128,
};

/* By preference when two score the same. */
static const char candidates[] = ",;\t|";

/* Below this share of equal rows the text is taken as one column. */
#define REGULAR_MIN 0.3
/* For a delimiter that makes too many columns: chosen when no other works,
 * so that reading the file then says what is wrong. */
#define SCORE_TOO_WIDE 1e-6

/* Goes through the sample's rows; the last one may be cut and is left out
 * when the sample is not the whole file. */
struct rows {
	struct data_source source;
	struct csv_reader reader;
	bool whole, failed; /* failed: more columns than there may be */
	int64_t left;
};

static void
rows_release(struct rows *r)
{
	csv_release(&r->reader);
	data_source_release(&r->source);
}

static void
rows_open(struct rows *r, const char *s, size_t len, bool whole,
	  const struct data_sniff *sn)
{
	data_source_memory(&r->source, s, len);
	csv_init(&r->reader, &r->source, sn->delimiter, sn->quote);
	r->whole = whole;
	r->failed = false;
	r->left = SAMPLE_ROWS;
}

static bool
rows_next(struct rows *r)
{
	bool more;

	if (r->left-- <= 0)
		return false;
	r->failed = !csv_next(&r->reader, &more, NULL);
	if (r->failed)
		return false;
	/* At the end of memory the source has nothing more to give. */
	return more && (r->whole || r->reader.records == 1 ||
			r->reader.p < r->reader.end);
}

static void
cell(const struct csv_reader *r, size_t i, const char **ret, size_t *ret_len)
{
	const char *s = csv_text(r, i);
	size_t len = r->fields[i].len;

	while (len && (s[len - 1] == ' ' || s[len - 1] == '\t'))
		len--;
	while (len && (*s == ' ' || *s == '\t')) {
		s++;
		len--;
	}
	*ret = s;
	*ret_len = len;
}

/* Holds another candidate that is no part of a number, a date or a
 * sentence (", "). */
static bool
is_suspicious(const char *s, size_t len, char delimiter)
{
	struct data_value v;
	bool found = false;

	for (size_t i = 0; i < len && !found; i++)
		found = s[i] && s[i] != delimiter &&
			strchr(candidates, s[i]) &&
			(i + 1 == len || s[i + 1] != ' ');
	if (!found)
		return false;
	for (const char *mark = ".,"; *mark; mark++) {
		data_value_parse(s, len, *mark, &v);
		if (v.kind != DATA_TEXT ||
		    (v.flags & (DATA_PERCENT | DATA_CURRENCY)))
			return false;
	}
	return true;
}

struct widths {
	size_t width[WIDTHS_MAX];
	int64_t rows[WIDTHS_MAX];
	size_t count;
};

static void
widths_add(struct widths *w, size_t width)
{
	size_t i = 0;

	while (i < w->count && w->width[i] != width)
		i++;
	if (i == WIDTHS_MAX)
		return;
	w->width[i] = width;
	if (i == w->count)
		w->rows[w->count++] = 0;
	w->rows[i]++;
}

static double
score(const char *s, size_t len, bool whole, const struct data_sniff *sn)
{
	struct widths widths = { .count = 0 };
	double rows = 0, cells = 0, clean = 0, regular, share;
	struct rows r;
	size_t best = 0;

	rows_open(&r, s, len, whole, sn);
	while (rows_next(&r)) {
		rows++;
		widths_add(&widths, r.reader.count);
		for (size_t i = 0; i < r.reader.count; i++) {
			const char *text;
			size_t n;

			cell(&r.reader, i, &text, &n);
			cells++;
			clean += r.reader.fields[i].quoted ||
				 !is_suspicious(text, n, sn->delimiter);
		}
	}
	rows_release(&r);
	if (r.failed)
		return SCORE_TOO_WIDE;
	for (size_t i = 1; i < widths.count; i++)
		if (widths.rows[i] > widths.rows[best])
			best = i;
	if (rows == 0 || widths.width[best] < 2)
		return 0;
	regular = (double)widths.rows[best] / rows;
	share = clean / cells;
	if (regular < REGULAR_MIN)
		return 0;
	return regular * regular * share * share *
	       (1 - 0.5 / (double)widths.width[best]);
}

static void
sniff_delimiter(const char *s, size_t len, bool whole, struct data_sniff *sn)
{
	struct data_sniff trial = *sn;
	double best = 0;

	for (const char *d = candidates; *d; d++) {
		double points;

		trial.delimiter = *d;
		points = score(s, len, whole, &trial);
		if (points > best) {
			best = points;
			sn->delimiter = *d;
		}
	}
}

/* ' instead of " when fields often begin and end with it and none with ". */
static char
sniff_quote(const char *s, size_t len)
{
	int64_t opened = 0, closed = 0;

	if (memchr(s, '"', len))
		return '"';
	for (size_t i = 0; i < len; i++) {
		if (s[i] != '\'')
			continue;
		opened += i == 0 || strchr(",;\t|\n", s[i - 1]) != NULL;
		closed += i + 1 == len || strchr(",;\t|\r\n", s[i + 1]);
	}
	return opened > 1 && closed * 10 >= opened * 9 &&
			       opened * 10 >= closed * 9 ?
		       '\'' :
		       '"';
}

static char
sniff_decimal(const char *s, size_t len, bool whole,
	      const struct data_sniff *sn)
{
	int64_t points = 0, commas = 0;
	struct rows r;

	rows_open(&r, s, len, whole, sn);
	while (rows_next(&r)) {
		for (size_t i = 0; i < r.reader.count; i++) {
			const char *text;
			size_t n;
			char mark;

			cell(&r.reader, i, &text, &n);
			mark = data_decimal_evidence(text, n);
			points += mark == '.';
			commas += mark == ',';
		}
	}
	rows_release(&r);
	return commas > points ? ',' : '.';
}

static bool
is_typed(const char *s, size_t len, char decimal)
{
	struct data_value v;

	data_value_parse(s, len, decimal, &v);
	return v.kind != DATA_MISSING && v.kind != DATA_TEXT &&
	       v.kind != DATA_BOOLEAN;
}

static bool
is_year(const char *s, size_t len)
{
	return len == 4 && (!memcmp(s, "19", 2) || !memcmp(s, "20", 2)) &&
	       s[2] >= '0' && s[2] <= '9' && s[3] >= '0' && s[3] <= '9';
}

/* One column as header detection sees it. */
struct sight {
	uint64_t first_hash; /* of the first row's cell */
	int64_t typed, cells; /* below the first row, not empty */
	bool first_typed, first_empty, first_long, first_year;
	bool repeated;       /* the first row's cell occurs below */
};

static void
sight_first(struct sight *c, const char *s, size_t len, char decimal)
{
	c->first_hash = hash_bytes(s, len);
	c->first_year = is_year(s, len);
	c->first_typed = !c->first_year && is_typed(s, len, decimal);
	c->first_empty = len == 0;
	c->first_long = len > NAME_MAX_BYTES;
}

static void
sight_below(struct sight *c, const char *s, size_t len, char decimal)
{
	if (len == 0)
		return;
	c->cells++;
	c->typed += is_typed(s, len, decimal);
	c->repeated |= hash_bytes(s, len) == c->first_hash;
}

static int
compare_hashes(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static bool
all_different(const struct sight *c, size_t count)
{
	AUTO_FREE uint64_t *hashes = xcalloc(count, sizeof(*hashes));

	for (size_t i = 0; i < count; i++)
		hashes[i] = c[i].first_hash;
	qsort(hashes, count, sizeof(*hashes), compare_hashes);
	for (size_t i = 1; i < count; i++)
		if (hashes[i] == hashes[i - 1])
			return false;
	return true;
}

static void
judge_header(const struct sight *c, size_t count, struct data_sniff *sn)
{
	bool evidence = false, repeated = false, bad = false;
	size_t years = 0, empty = 0;

	for (size_t i = 0; i < count; i++) {
		bool typed = c[i].typed * 2 > c[i].cells;

		bad |= c[i].first_typed || c[i].first_long;
		years += c[i].first_year;
		empty += c[i].first_empty;
		repeated |= c[i].repeated;
		evidence |= typed && !c[i].first_empty && !c[i].first_year;
	}
	/* Years name columns in wide tables: 2019, 2020, ...; a single one
	 * is a value. */
	sn->header = !bad && empty < count && (years == 0 || years > 1) &&
		     years < count &&
		     (evidence || (!repeated && empty == 0 &&
				   all_different(c, count)));
	sn->header_guessed = sn->header && !evidence && c[0].cells > 0;
}

static void
sniff_header(const char *s, size_t len, bool whole, struct data_sniff *sn)
{
	AUTO_FREE struct sight *sights = NULL;
	size_t count = 0, n;
	const char *text;
	struct rows r;

	rows_open(&r, s, len, whole, sn);
	if (sn->separator_line)
		rows_next(&r);
	if (rows_next(&r)) {
		count = r.reader.count;
		sights = xcalloc(count, sizeof(*sights));
		for (size_t i = 0; i < count; i++) {
			cell(&r.reader, i, &text, &n);
			sight_first(&sights[i], text, n, sn->decimal);
		}
	}
	while (rows_next(&r)) {
		for (size_t i = 0; i < count && i < r.reader.count; i++) {
			cell(&r.reader, i, &text, &n);
			sight_below(&sights[i], text, n, sn->decimal);
		}
	}
	rows_release(&r);
	if (count)
		judge_header(sights, count, sn);
}

void
data_sniff_dialect(const char *s, size_t len, bool whole,
		   struct data_sniff *sn)
{
	sn->quote = sniff_quote(s, len);
	sn->delimiter = 0;
	sn->separator_line = len >= 6 && !memcmp(s, "sep=", 4) &&
			     (s[5] == '\r' || s[5] == '\n');
	if (sn->separator_line)
		sn->delimiter = s[4];
	else
		sniff_delimiter(s, len, whole, sn);
	sn->format = sn->delimiter == '\t' ? DATA_TSV : DATA_CSV;
	sn->decimal = sniff_decimal(s, len, whole, sn);
	sniff_header(s, len, whole, sn);
}
