/*
 * value.h - what one cell of a table is: the type of a short text.
 *
 * data_value_parse takes the text as it stands in the file (blanks at both
 * ends removed) and decides without looking at its neighbours. Where one
 * cell can't tell (03/04/2020, 1.234 in a file with decimal commas), the
 * value carries every reading or the evidence, and the column decides.
 *
 * Text: UTF-8 or any single-byte encoding that holds ASCII.
 */
#ifndef AGENTOPS_TOOL_DATA_VALUE_H
#define AGENTOPS_TOOL_DATA_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* kind, plural that messages use. */
#define DATA_KINDS(X) \
	X(DATA_MISSING, "missing values") \
	X(DATA_INTEGER, "integers") \
	X(DATA_NUMBER, "numbers") \
	X(DATA_BOOLEAN, "booleans") \
	X(DATA_DATE, "dates") \
	X(DATA_DATETIME, "datetimes") \
	X(DATA_TEXT, "texts")

enum data_kind {
#define X(kind, plural) kind,
	DATA_KINDS(X)
#undef X
	DATA_KIND_COUNT
};

enum data_flag {
	DATA_YMD = 1 << 0,           /* integer that is also YYYYMMDD */
	DATA_DECIMAL_SURE = 1 << 1,  /* number only with this decimal mark */
	DATA_DECIMAL_OTHER = 1 << 2, /* text, but a number with the other */
	DATA_PERCENT = 1 << 3,       /* text: a number with % */
	DATA_CURRENCY = 1 << 4,      /* text: a number with a currency */
	DATA_LEADING_ZERO = 1 << 5,  /* text: digits, "00123" */
	DATA_NOT_DMY = 1 << 6,       /* 03/25/2020: can't be day first */
	DATA_NOT_MDY = 1 << 7,       /* 25/03/2020 */
};

/* form, name, strptime format. */
#define DATA_DATE_FORMS(X) \
	X(DATA_FORM_ISO, "YYYY-MM-DD", "%Y-%m-%d") \
	X(DATA_FORM_MONTH, "YYYY-MM", "%Y-%m") \
	X(DATA_FORM_YMD_SLASH, "YYYY/MM/DD", "%Y/%m/%d") \
	X(DATA_FORM_YMD_DOT, "YYYY.MM.DD", "%Y.%m.%d") \
	X(DATA_FORM_DMY_DOT, "DD.MM.YYYY", "%d.%m.%Y") \
	X(DATA_FORM_DMY_DASH, "DD-MM-YYYY", "%d-%m-%Y") \
	X(DATA_FORM_SLASH, "DD/MM/YYYY", "%d/%m/%Y") \
	X(DATA_FORM_MON_D_Y, "Mon DD YYYY", "%b %d %Y") \
	X(DATA_FORM_MON_D_COMMA_Y, "Mon DD, YYYY", "%b %d, %Y") \
	X(DATA_FORM_D_MON_Y, "DD Mon YYYY", "%d %b %Y") \
	X(DATA_FORM_D_MON_Y_DASH, "DD-Mon-YYYY", "%d-%b-%Y") \
	X(DATA_FORM_COMPACT, "YYYYMMDD", "%Y%m%d")

enum data_date_form {
#define X(form, name, strptime) form,
	DATA_DATE_FORMS(X)
#undef X
	DATA_FORM_COUNT
};

/* How the date is written beyond its form; a set. */
enum data_time_style {
	DATA_TIME = 1 << 0,       /* hh:mm follows */
	DATA_TIME_T = 1 << 1,     /* after a T, not a blank */
	DATA_TIME_SECONDS = 1 << 2,
	DATA_TIME_FRACTION = 1 << 3,
	DATA_TIME_ZONE = 1 << 4,  /* Z or an offset */
	DATA_TIME_AMPM = 1 << 5,
	DATA_YEAR_SHORT = 1 << 6, /* two digits; 69 to 99 are 19xx (POSIX) */
	DATA_MONTH_LONG = 1 << 7, /* "January" */
};

struct data_value {
	double number;       /* INTEGER, NUMBER */
	/* DATE, DATETIME: seconds since 1970-01-01 UTC, read day first and
	 * read month first; the same for all forms but DATA_FORM_SLASH and
	 * DATA_FORM_DMY_DASH. */
	int64_t time[2];
	uint8_t kind, flags; /* enum data_kind; set of enum data_flag */
	uint8_t form, style; /* dates: enum data_date_form; time styles */
};

/* decimal is '.' or ','. Text "" is missing, and so are the words that
 * pandas takes as missing by default (NA, N/A, NaN, null, None, ...). */
void data_value_parse(const char *s, size_t len, char decimal,
		      struct data_value *ret);

/* Which decimal mark the text speaks for: '.', ',' or 0. */
char data_decimal_evidence(const char *s, size_t len);

/* date.c: true when the whole text is a date or a date and time. */
bool data_date_parse(const char *s, size_t len, struct data_value *ret);
/* Days from 1970-01-01 to a day of the Gregorian calendar; false when there
 * is no such day. */
bool data_date_days(int year, int month, int day, int64_t *ret);
/* "2020-01-31", or "2020-01-31T12:00:00Z" with_time (the Z only when the
 * values had a zone). size of out: DATA_DATE_SIZE. */
enum { DATA_DATE_SIZE = 48 };
void data_date_print(int64_t seconds, bool with_time, bool zone, char *out);

#endif
