#include "test.h"

#include "base/json.h"
#include "tool/data/kll.h"
#include "tool/data/profile.h"

#include <math.h>
#include <sys/stat.h>

static bool
run(const char *dir, const char *name, const void *data, size_t len,
    const struct data_profile_options *o, cJSON **ret, struct err *err)
{
	static const struct data_profile_options none = { 0 };
	AUTO_FREE char *path = path_join(dir, name);
	AUTO(data_profile) p = { 0 };
	AUTO(buf) text = BUF_INIT;

	if (data)
		test_write(dir, name, data, len);
	if (!data_profile_file(path, o ? o : &none, &p, err))
		return false;
	data_profile_json(&p, &text);
	*ret = json_parse(buf_str(&text), text.len, name, err);
	return *ret != NULL;
}

/* The profile of a file with this content; caller deletes. */
static cJSON *
profile_bytes(void **state, const void *data, size_t len)
{
	struct err err = ERR_INIT;
	cJSON *v = NULL;

	assert_ok(run(*state, "t.csv", data, len, NULL, &v, &err), err);
	return v;
}

static cJSON *
profile(void **state, const char *text)
{
	return profile_bytes(state, text, strlen(text));
}

static const cJSON *
column(const cJSON *v, const char *name)
{
	const cJSON *c;

	cJSON_ArrayForEach (c, json_get(v, "columns"))
		if (str_eq(json_str(c, "name"), name))
			return c;
	fail_msg("no column \"%s\"", name);
	return NULL;
}

static void
is_type(const cJSON *v, const char *name, const char *type)
{
	const char *have = json_str(column(v, name), "type");

	if (!str_eq(have, type))
		fail_msg("column %s is %s, not %s", name, have, type);
}

static void
is_near(double have, double want)
{
	if (!(fabs(have - want) <= 1e-9 * fmax(1, fabs(want))))
		fail_msg("%.17g is not %.17g", have, want);
}

static void
is_num(const cJSON *object, const char *key, double want)
{
	is_near(json_num(object, key, NAN), want);
}

static bool
warns(const cJSON *v, const char *words)
{
	const cJSON *w;

	cJSON_ArrayForEach (w, json_get(v, "warnings"))
		if (strstr(w->valuestring, words))
			return true;
	return false;
}

static void
test_semicolons_bom_and_decimal_commas(void **state)
{
	static const char text[] = "\xef\xbb\xbfOrt;Wert;Datum;Summe\r\n"
				   "K\xc3\xb6ln;1,5;31.12.2020;1.234,56\r\n"
				   "Bonn;-2,25;01.02.2021;12.345.678,00\r\n"
				   "\"Bad; Ort\";;02.02.2021;0,5\r\n";
	AUTO_JSON *v = profile(state, text);
	const cJSON *c;

	assert_string_equal(json_str(v, "encoding"), "utf-8-sig");
	assert_string_equal(json_str(v, "delimiter"), ";");
	assert_string_equal(json_str(v, "decimal"), ",");
	is_num(v, "rows", 3);
	is_num(v, "bytes", sizeof(text) - 1);
	is_type(v, "Ort", "text");
	c = column(v, "Wert");
	assert_string_equal(json_str(c, "type"), "number");
	is_num(c, "missing", 1);
	is_num(c, "min", -2.25);
	is_num(c, "mean", -0.375);
	is_num(column(v, "Summe"), "max", 12345678);
	is_num(column(v, "Summe"), "min", 0.5);
	c = column(v, "Datum");
	assert_string_equal(json_str(c, "type"), "date");
	assert_string_equal(json_str(c, "min"), "2020-12-31");
	assert_string_equal(json_str(c, "max"), "2021-02-02");
	assert_string_equal(json_str(c, "date_format"), "DD.MM.YYYY");
	assert_string_equal(json_str(c, "strptime"), "%d.%m.%Y");
}

/* Nothing in the first 256 KiB says that commas are decimal marks. */
static void
test_decimal_mark_of_the_whole_file(void **state)
{
	AUTO(buf) text = BUF_INIT;
	AUTO_JSON *v = NULL;

	buf_addstr(&text, "a;b\n");
	for (int i = 0; i < 60000; i++)
		buf_addstr(&text, "1.500;x\n");
	buf_addstr(&text, "2,5;y\n");
	assert_true(text.len > DATA_SAMPLE);
	v = profile(state, buf_str(&text));
	assert_string_equal(json_str(v, "decimal"), ",");
	is_type(v, "a", "number");
	is_num(column(v, "a"), "min", 2.5);
	is_num(column(v, "a"), "max", 1500);
}

static void
test_thousands_with_points(void **state)
{
	AUTO_JSON *v = profile(state, "n,m,swiss\n\"1,234.56\",1e3,1'000\n"
				      "\"1,000\",.5,2'500'000\n");

	is_type(v, "n", "number");
	is_num(column(v, "n"), "min", 1000);
	is_num(column(v, "n"), "max", 1234.56);
	is_num(column(v, "m"), "max", 1000);
	is_num(column(v, "m"), "min", 0.5);
	is_type(v, "swiss", "integer");
	is_num(column(v, "swiss"), "max", 2500000);
}

static void
test_tabs_and_quotes(void **state)
{
	AUTO_JSON *v = profile(state, "id\ttext\n1\t\"a\nb \"\"c\"\"\"\n"
				      "2\tx, y\n");
	const cJSON *c = column(v, "text");

	assert_string_equal(json_str(v, "format"), "tsv");
	is_num(v, "rows", 2);
	assert_string_equal(json_path(c, "examples.0")->valuestring,
			    "a\nb \"c\"");
	is_num(c, "max_length", 7);
	is_num(v, "ragged_rows", 0);
}

static void
test_json_lines(void **state)
{
	AUTO_JSON *v = profile(
		state,
		"{\"a\": 1, \"b\": \"x\", \"p\": {\"lat\": 1.5}}\n"
		"\n"
		"{\"a\": null, \"b\": \"y\", \"l\": [1,2]}\n"
		"{\"a\": 3, \"t\": \"2020-01-02T03:04:05Z\", \"k\": true}\n"
		"not json\n"
		"{\"a\": 4}\n");

	assert_string_equal(json_str(v, "format"), "jsonl");
	is_num(v, "rows", 4);
	is_num(column(v, "a"), "missing", 1);
	is_num(column(v, "a"), "max", 4);
	is_num(column(v, "b"), "missing", 2);
	is_num(column(v, "p.lat"), "mean", 1.5);
	is_num(column(v, "p.lat"), "missing", 3);
	is_type(v, "l", "text");
	is_type(v, "k", "boolean");
	is_type(v, "t", "datetime");
	assert_string_equal(json_str(column(v, "t"), "strptime"),
			    "%Y-%m-%dT%H:%M:%S%z");
	assert_true(warns(v, "1 lines are not JSON objects and were skipped "
			     "(line 5"));
}

static void
test_json_array(void **state)
{
	struct err err = ERR_INIT;
	cJSON *none = NULL;
	AUTO_JSON *v = profile(state, "[ {\"a\": 1, \"s\": \"}],[{\\\"\"},\n"
				      " {\"a\": 2.5, \"s\": \"\"} ]\n");

	assert_string_equal(json_str(v, "format"), "json");
	is_num(v, "rows", 2);
	is_num(column(v, "a"), "max", 2.5);
	is_num(column(v, "s"), "missing", 1);
	assert_fails(run(*state, "x.json", "[{\"a\":1},{\"a\":", 14, NULL,
			 &none, &err),
		     err, ERR_DATA, "row 2 of the JSON array does not end");
	assert_fails(run(*state, "x.json", "{\n \"a\": 1\n}\n", 13, NULL, &none,
			 &err),
		     err, ERR_DATA, "is a JSON object, not a table");
}

static void
test_encodings(void **state)
{
	static const char utf16[] = "\xff\xfe"
				    "n\0a\0m\0e\0;\0x\0\n\0"
				    "\xfc\0b\0;\0\x31\0\n\0"
				    "\x3d\xd8\x00\xde;\0\x32\0\n\0";
	AUTO_JSON *latin = profile(state, "name,x\nCaf\xe9,1\nM\xfcll,2\n");
	AUTO_JSON *windows = profile(state, "name,x\n\x80 5,1\n\x80 6,2\n");
	AUTO_JSON *wide = profile_bytes(state, utf16, sizeof(utf16) - 1);

	assert_string_equal(json_str(latin, "encoding"), "latin-1");
	assert_string_equal(
		json_path(column(latin, "name"), "examples.0")->valuestring,
		"Caf\xc3\xa9");
	is_num(column(latin, "name"), "max_length", 4);
	assert_string_equal(json_str(windows, "encoding"), "cp1252");
	assert_string_equal(
		json_path(column(windows, "name"), "top.0.value")->valuestring,
		"\xe2\x82\xac 5");
	assert_string_equal(json_str(wide, "encoding"), "utf-16-le");
	is_num(wide, "rows", 2);
	assert_string_equal(
		json_path(column(wide, "name"), "examples.1")->valuestring,
		"\xf0\x9f\x98\x80");
	is_type(wide, "x", "integer");
}

static void
test_headers(void **state)
{
	AUTO_JSON *none = profile(state, "1,a\n2,b\n3,a\n");
	AUTO_JSON *only = profile(state, "id,name\n");
	AUTO_JSON *years = profile(state, "land,2019,2020\nA,1,2\nB,3,4\n");
	AUTO_JSON *twice = profile(state, "x,x,\n1,2,3\n");
	AUTO_JSON *one = profile(state, "value\n1\n2\n");
	AUTO_JSON *excel = profile(state, "sep=|\na|b\n1|2\n");
	AUTO_JSON *title =
		profile(state, "# made by x\nReport\nid,v\n1,2\n3,4\n");

	is_num(column(title, "v"), "max", 4);
	assert_true(warns(title, "2 lines before the table were skipped"));
	assert_false(json_bool(none, "header", true));
	is_num(none, "rows", 3);
	is_type(none, "column 1", "integer");
	assert_true(json_bool(only, "header", false));
	is_num(only, "rows", 0);
	is_type(only, "name", "empty");
	is_num(column(years, "2020"), "max", 4);
	is_num(column(twice, "x.1"), "max", 2);
	is_num(column(twice, "column 3"), "max", 3);
	assert_true(warns(twice, "column name \"x\" occurs again"));
	assert_true(cJSON_IsNull(json_get(one, "delimiter")));
	is_num(column(one, "value"), "mean", 1.5);
	is_num(column(excel, "b"), "max", 2);
}

static void
test_ragged_rows_and_open_quotes(void **state)
{
	AUTO_JSON *v = profile(state, "a,b,c\n1,2\n1,2,3,4\n\n1,2,3\n");
	AUTO_JSON *open = profile(state, "a,b\n1,x\n2,\"y\n3,z\n4,z\n");

	is_num(v, "ragged_rows", 2);
	is_num(v, "rows", 3);
	is_num(column(v, "c"), "missing", 1);
	assert_true(warns(v, "1 rows have fewer and 1 more than 3 fields"));
	assert_true(warns(v, "1 blank lines skipped"));
	is_num(open, "rows", 2);
	assert_true(warns(open, "quote opened in record 3 is never closed"));
}

static void
test_types_over_the_whole_file(void **state)
{
	AUTO(buf) text = BUF_INIT;
	AUTO_JSON *v = NULL;
	const cJSON *c;

	buf_addstr(&text, "n,empty,flag,zip,pct,eur\n");
	for (int i = 0; i < 100; i++)
		buf_printf(&text, "%s,%s,%s,0%04d,%d %%,%d.50 EUR\n",
			   i == 50 ? "abc" :
			   i == 60 ? "?" :
				     "7",
			   i % 2 ? "NA" : "", i % 3 ? "Yes" : "no", i, i, i);
	v = profile(state, buf_str(&text));
	c = column(v, "n");
	assert_string_equal(json_str(c, "type"), "integer");
	is_num(c, "type_share", 0.98);
	is_num(c, "mean", 7);
	is_num(json_get(c, "others"), "count", 2);
	assert_string_equal(json_path(c, "others.examples.0")->valuestring,
			    "abc");
	assert_true(warns(v, "column \"n\": 98.0 % integers, 2 values"));
	is_type(v, "empty", "empty");
	is_num(column(v, "empty"), "missing", 100);
	is_type(v, "flag", "boolean");
	is_type(v, "zip", "text");
	assert_non_null(strstr(json_str(column(v, "zip"), "hint"), "zeros"));
	assert_non_null(strstr(json_str(column(v, "pct"), "hint"), "percent"));
	assert_non_null(strstr(json_str(column(v, "eur"), "hint"), "currency"));
}

/* One date in each column; its ISO form and its format. */
static void
test_date_formats(void **state)
{
	static const struct {
		const char *text, *type, *min, *format;
	} rows[] = {
		{ "2020-02-29", "date", "2020-02-29", "%Y-%m-%d" },
		{ "2020/02/03", "date", "2020-02-03", "%Y/%m/%d" },
		{ "13.02.2020", "date", "2020-02-13", "%d.%m.%Y" },
		{ "13/02/2020", "date", "2020-02-13", "%d/%m/%Y" },
		{ "02/13/2020", "date", "2020-02-13", "%m/%d/%Y" },
		{ "2/13/20", "date", "2020-02-13", "%m/%d/%y" },
		{ "2020-02", "date", "2020-02-01", "%Y-%m" },
		{ "20200213", "date", "2020-02-13", "%Y%m%d" },
		{ "Jan 2 2006", "date", "2006-01-02", "%b %d %Y" },
		{ "\"January 2, 2006\"", "date", "2006-01-02", "%B %d, %Y" },
		{ "2 Jan 2006", "date", "2006-01-02", "%d %b %Y" },
		{ "2-Jan-2006", "date", "2006-01-02", "%d-%b-%Y" },
		{ "2020-02-29 13:14", "datetime", "2020-02-29T13:14:00",
		  "%Y-%m-%d %H:%M" },
		{ "2020-03-01T00:30:00.25+01:00", "datetime",
		  "2020-02-29T23:30:00Z", "%Y-%m-%dT%H:%M:%S.%f%z" },
		{ "13.02.2020 9:05 PM", "datetime", "2020-02-13T21:05:00",
		  "%d.%m.%Y %I:%M %p" },
		{ "1969-12-31 23:59:59", "datetime", "1969-12-31T23:59:59",
		  "%Y-%m-%d %H:%M:%S" },
	};
	static const char *const no_dates[] = {
		"2021-02-29", "2020-13-01", "32.01.2020",       "1.2.3",
		"2020",       "10:30",      "2020-01-01 25:00", "2020-01-01x",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_FREE char *text = xasprintf("id,d\n1,%s\n", rows[i].text);
		AUTO_JSON *v = profile(state, text);
		const cJSON *c = column(v, "d");

		is_type(v, "d", rows[i].type);
		assert_string_equal(json_str(c, "min"), rows[i].min);
		assert_string_equal(json_str(c, "strptime"), rows[i].format);
	}
	for (size_t i = 0; i < ARRAY_LEN(no_dates); i++) {
		struct data_value v;

		assert_false(
			data_date_parse(no_dates[i], strlen(no_dates[i]), &v));
	}
}

static void
test_ambiguous_dates(void **state)
{
	AUTO_JSON *us = profile(state, "id,d\n1,03/04/2020\n2,05/04/2020\n");
	AUTO_JSON *eu = profile(state, "d;x\n03/04/2020;1,5\n05/04/2020;2\n");
	AUTO_JSON *told = profile(state, "a,b\n03/04/2020,25/12/2020\n");
	AUTO_JSON *mixed = profile(state, "id,d\n1,25/12/2020\n"
					  "2,12/25/2020\n3,26/12/2020\n");

	assert_true(json_bool(column(us, "d"), "date_ambiguous", false));
	assert_string_equal(json_str(column(us, "d"), "max"), "2020-05-04");
	assert_true(warns(us, "can't be told apart; read as month first"));
	assert_string_equal(json_str(column(eu, "d"), "max"), "2020-04-05");
	assert_string_equal(json_str(column(told, "a"), "min"), "2020-04-03");
	assert_false(json_bool(column(told, "b"), "date_ambiguous", false));
	is_num(json_get(column(mixed, "d"), "others"), "count", 1);
	assert_string_equal(json_str(column(mixed, "d"), "max"), "2020-12-26");
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* More values than the exact tables hold, against a plain computation. */
static void
test_sketches_are_within_their_bounds(void **state)
{
	enum { ROWS = 50000 };
	AUTO_FREE double *all = xcalloc(ROWS, sizeof(*all));
	AUTO(buf) text = BUF_INIT;
	AUTO_JSON *v = NULL;
	double sum = 0, squares = 0, distinct = 1;
	static const struct {
		const char *name;
		double q;
	} quantiles[] = { { "p05", .05 },
			  { "p25", .25 },
			  { "p50", .5 },
			  { "p75", .75 },
			  { "p95", .95 } };
	uint64_t seed = 42;
	const cJSON *c;

	buf_addstr(&text, "x,word\n");
	for (int i = 0; i < ROWS; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		all[i] = floor(pow((double)(seed >> 40) / 1000, 1.7)) / 4;
		sum += all[i];
		buf_printf(&text, "%.2f,%s%d\n", all[i], i % 5 ? "w" : "often",
			   i % 5 ? i : 0);
	}
	for (int i = 0; i < ROWS; i++)
		squares += pow(all[i] - sum / ROWS, 2);
	v = profile(state, buf_str(&text));
	c = column(v, "x");
	is_num(c, "mean", sum / ROWS);
	is_num(c, "stddev", sqrt(squares / (ROWS - 1)));
	qsort(all, ROWS, sizeof(*all), compare);
	is_num(c, "min", all[0]);
	is_num(c, "max", all[ROWS - 1]);
	for (int i = 1; i < ROWS; i++)
		distinct += all[i] != all[i - 1];
	assert_false(json_bool(c, "distinct_exact", true));
	assert_true(fabs(json_num(c, "distinct", 0) / distinct - 1) <
		    4 * json_num(c, "distinct_error", 0));
	for (size_t i = 0; i < ARRAY_LEN(quantiles); i++) {
		double have = json_num(json_get(c, "quantiles"),
				       quantiles[i].name, NAN);
		double rank = 0;

		for (int k = 0; k < ROWS; k++)
			rank += all[k] <= have;
		assert_true(fabs(rank / ROWS - quantiles[i].q) <
			    2 * json_num(c, "quantiles_error", 0));
	}
	c = column(v, "word");
	assert_string_equal(json_path(c, "top.0.value")->valuestring, "often0");
	assert_true(json_path(c, "top.0.count")->valuedouble <= ROWS / 5.0);
	assert_true(json_path(c, "top.0.count")->valuedouble +
			    json_num(c, "top_error", 0) >=
		    ROWS / 5.0);
	assert_false(json_bool(c, "top_exact", true));
}

/* An estimate knows that there are no more different values than values. */
static void
test_distinct_is_bounded(void **state)
{
	for (int rows = 1100; rows < 3000; rows += 100) {
		AUTO(buf) text = BUF_INIT;
		AUTO_JSON *v = NULL;
		double have;

		buf_addstr(&text, "id\n");
		for (int i = 0; i < rows; i++)
			buf_printf(&text, "row-%d\n", i + 1);
		v = profile(state, buf_str(&text));
		have = json_num(column(v, "id"), "distinct", NAN);
		assert_true(have <= rows && have > 0.96 * rows);
	}
}

static void
test_exact_while_small(void **state)
{
	AUTO_JSON *v = profile(state, "x\n4\n1\n3\n2\n4\n");
	const cJSON *c = column(v, "x"), *q = json_get(c, "quantiles");

	assert_true(json_bool(c, "distinct_exact", false));
	assert_true(json_bool(c, "quantiles_exact", false));
	is_num(c, "distinct", 4);
	is_num(c, "stddev", sqrt(1.7));
	is_num(q, "p05", 1.2);
	is_num(q, "p50", 3);
	is_num(q, "p95", 4);
	assert_string_equal(json_path(c, "top.0.value")->valuestring, "4");
	is_num(json_path(c, "top.0"), "count", 2);
	is_num(json_path(c, "top.1"), "count", 1);
}

static void
test_hostile_files(void **state)
{
	AUTO(buf) text = BUF_INIT;
	AUTO_JSON *empty = profile(state, "");
	AUTO_JSON *blank = profile(state, "\n \n\t\n");
	AUTO_JSON *nul = profile_bytes(state, "a,b\n1,x\0y\n2,z\n", 14);
	AUTO_JSON *line = NULL;
	AUTO_JSON *wide = NULL;

	is_num(empty, "rows", 0);
	assert_true(warns(empty, "the file is empty"));
	assert_true(warns(blank, "the file is empty"));
	assert_true(warns(nul, "1 NUL bytes"));
	is_num(column(nul, "b"), "max_length", 3);
	buf_addstr(&text, "id,long\n1,");
	memset(buf_reserve(&text, 10 << 20), 'x', 10 << 20);
	text.len += 10 << 20;
	buf_addstr(&text, "\n2,y\n");
	line = profile(state, buf_str(&text));
	is_num(line, "rows", 2);
	is_num(column(line, "long"), "max_length", 10 << 20);
	is_num(column(line, "id"), "max", 2);
	assert_true(warns(line, "1 fields are very long (first in record 2)"));
	buf_reset(&text);
	for (int row = 0; row < 3; row++)
		for (int i = 0; i < 5000; i++)
			buf_printf(&text, row ? "%d%c" : "c%d%c", i + row,
				   i < 4999 ? ',' : '\n');
	wide = profile(state, buf_str(&text));
	is_num(column(wide, "c4999"), "mean", 5000.5);
	is_num(wide, "rows", 2);
}

/* Each row brings a key of 64 KiB, and most values are no numbers. */
static void
test_names_and_warnings_are_bounded(void **state)
{
	AUTO(buf) text = BUF_INIT;
	AUTO_JSON *json = NULL;
	AUTO_JSON *dates = NULL;
	const cJSON *c;

	for (int i = 0; i < 40; i++) {
		buf_printf(&text, "{\"%d", i);
		memset(buf_reserve(&text, 1 << 16), 'k', 1 << 16);
		text.len += 1 << 16;
		buf_addstr(&text, "\": 1}\n");
	}
	json = profile(state, buf_str(&text));
	assert_int_equal(cJSON_GetArraySize(json_get(json, "columns")), 40);
	cJSON_ArrayForEach (c, json_get(json, "columns"))
		assert_true(strlen(json_str(c, "name")) <= DATA_NAME_MAX);
	buf_reset(&text);
	for (int i = 0; i < 120; i++)
		buf_printf(&text, "d%d%c", i, i < 119 ? ',' : '\n');
	for (int i = 0; i < 120; i++)
		buf_printf(&text, "1/2/2020%c", i < 119 ? ',' : '\n');
	dates = profile(state, buf_str(&text));
	assert_int_equal(cJSON_GetArraySize(json_get(dates, "warnings")),
			 DATA_WARNINGS_MAX + 1);
	assert_true(warns(dates, "and 70 more"));
}

/* Pure ASCII for longer than the sample. */
static void
test_late_latin1(void **state)
{
	AUTO(buf) text = BUF_INIT;
	AUTO_JSON *v = NULL;

	buf_addstr(&text, "id,name\n");
	for (int i = 0; i < 30000; i++)
		buf_printf(&text, "%d,plain\n", i);
	buf_addstr(&text, "30000,Caf\xe9\n");
	assert_true(text.len > DATA_SAMPLE);
	v = profile(state, buf_str(&text));
	assert_string_equal(json_str(v, "encoding"), "latin-1");
	assert_string_equal(
		json_path(column(v, "name"), "top.1.value")->valuestring,
		"Caf\xc3\xa9");
}

static void
test_refusals(void **state)
{
	struct err err = ERR_INIT;
	AUTO(buf) text = BUF_INIT;
	AUTO_FREE char *fifo = path_join(*state, "fifo");
	cJSON *v = NULL;

	assert_fails(run(*state, "a.png", "\x89PNG\r\n\x1a\n....", 12, NULL, &v,
			 &err),
		     err, ERR_DATA, "looks like a PNG image");
	for (int i = 0; i < 4096; i++)
		buf_addch(&text, (char)(i * 37 % 32));
	assert_fails(run(*state, "a.bin", text.data, text.len, NULL, &v, &err),
		     err, ERR_DATA, "looks like binary data");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_fails(run(*state, "fifo", NULL, 0, NULL, &v, &err), err,
		     ERR_DATA, "not a regular file");
	assert_fails(run(*state, ".", NULL, 0, NULL, &v, &err), err, ERR_DATA,
		     "not a regular file");
	assert_fails(run(*state, "gone", NULL, 0, NULL, &v, &err), err,
		     ERR_NOTFOUND, "gone");
	buf_reset(&text);
	for (int i = 0; i <= 10000; i++)
		buf_addstr(&text, "a,");
	assert_fails(run(*state, "wide.csv", text.data, text.len, NULL, &v,
			 &err),
		     err, ERR_TOOBIG, "more than 10000 columns");
	buf_reset(&text);
	for (int i = 0; i <= 10000; i++)
		buf_printf(&text, "{\"k%d\":1}\n", i);
	assert_fails(run(*state, "wide.jsonl", text.data, text.len, NULL, &v,
			 &err),
		     err, ERR_TOOBIG, "10001th different key");
	assert_fails(run(*state, "bad.jsonl", "{\"a\":1}\nx\ny\n", 12, NULL, &v,
			 &err),
		     err, ERR_DATA, "2 of 3 lines are not JSON objects");
	assert_null(v);
}

static void
test_options(void **state)
{
	static const char *const wanted[] = { "b" }, *const wrong[] = { "bb" };
	struct data_profile_options o = { .columns = wanted,
					  .column_count = 1,
					  .max_rows = 2 };
	const char *text = "a,b\n1,2\n3,4\n5,6\n";
	atomic_bool cancel = true;
	struct err err = ERR_INIT;
	AUTO_JSON *v = NULL;
	cJSON *none = NULL;

	assert_ok(run(*state, "t", text, strlen(text), &o, &v, &err), err);
	is_num(v, "rows", 2);
	assert_true(json_bool(v, "truncated", false));
	assert_int_equal(cJSON_GetArraySize(json_get(v, "columns")), 1);
	is_num(column(v, "b"), "mean", 3);
	o.columns = wrong;
	assert_fails(run(*state, "t", NULL, 0, &o, &none, &err), err, ERR_DATA,
		     "no column \"bb\"; did you mean \"b\"");
	o = (struct data_profile_options){ .cancel = &cancel };
	assert_fails(run(*state, "t", NULL, 0, &o, &none, &err), err,
		     ERR_CANCELLED, "cancelled");
}

static void
test_text_summary(void **state)
{
	const char *csv = "n\x1b[2J,d\n1,2020-01-01\n3,\n";
	struct data_profile_options o = { 0 };
	AUTO_FREE char *path = path_join(*state, "t.csv");
	AUTO(data_profile) p = { 0 };
	AUTO(buf) text = BUF_INIT;
	struct err err = ERR_INIT;

	test_write(*state, "t.csv", csv, strlen(csv));
	assert_ok(data_profile_file(path, &o, &p, &err), err);
	data_profile_text(&p, &text);
	assert_non_null(strstr(buf_str(&text), "2 rows x 2 columns, csv"));
	assert_non_null(strstr(buf_str(&text),
			       "n^[[2J: integer, 2 distinct, 1 to 3, mean "
			       "2\n"));
	assert_non_null(strstr(buf_str(&text),
			       "d: date, 1 missing, 1 distinct, 2020-01-01 "
			       "to 2020-01-01\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		dir_test(test_semicolons_bom_and_decimal_commas),
		dir_test(test_decimal_mark_of_the_whole_file),
		dir_test(test_thousands_with_points),
		dir_test(test_tabs_and_quotes),
		dir_test(test_json_lines),
		dir_test(test_json_array),
		dir_test(test_encodings),
		dir_test(test_headers),
		dir_test(test_ragged_rows_and_open_quotes),
		dir_test(test_types_over_the_whole_file),
		dir_test(test_date_formats),
		dir_test(test_ambiguous_dates),
		dir_test(test_sketches_are_within_their_bounds),
		dir_test(test_distinct_is_bounded),
		dir_test(test_exact_while_small),
		dir_test(test_hostile_files),
		dir_test(test_names_and_warnings_are_bounded),
		dir_test(test_late_latin1),
		dir_test(test_refusals),
		dir_test(test_options),
		dir_test(test_text_summary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
