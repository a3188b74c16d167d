#include "chart_run.h"

#include "base/proc.h"
#include "media/png.h"
#include "media/visual.h"
#include "tool/chart_axis.h"
#include "tool/chart_plot.h"

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- numbers: what is written for gnuplot, without running it ----------- */

static void
build(const char *home, const char *args, const char *values,
      struct chart_spec *spec, struct chart_data *data)
{
	AUTO_JSON *a = chart_run_json(args);
	AUTO_JSON *v = values ? chart_run_json(values) : NULL;
	struct err err = ERR_INIT;

	assert_ok(chart_spec_parse(a, v, home, spec, &err), err);
	assert_ok(chart_data_build(spec, data, &err), err);
}

static void
dat_equals(const char *home, const char *csv, const char *args,
	   const char *want)
{
	AUTO(chart_spec) spec = { 0 };
	AUTO(chart_data) data = { 0 };
	AUTO(buf) out = BUF_INIT;

	test_write(home, "d.csv", csv, strlen(csv));
	build(home, args, NULL, &spec, &data);
	chart_plot_data(&spec, &data, &out);
	assert_string_equal(buf_str(&out), want);
}

static void
test_aggregates(void **state)
{
	static const char csv[] = "k,v\na,1\nb,10\na,2\na,6\nb,30\n,5\nc,NA\n";
	static const struct {
		const char *aggregate, *want;
	} rows[] = {
		{ "sum", "0 40 0.8\n1 9 0.8\n\n\n" },
		{ "mean", "0 20 0.8\n1 3 0.8\n\n\n" },
		{ "min", "0 10 0.8\n1 1 0.8\n\n\n" },
		{ "max", "0 30 0.8\n1 6 0.8\n\n\n" },
		{ "median", "0 20 0.8\n1 2 0.8\n\n\n" },
		{ "count", "0 3 0.8\n1 2 0.8\n\n\n" },
		{ "auto", "0 20 0.8\n1 3 0.8\n\n\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_FREE char *args = xasprintf(
			"{\"data\":\"d.csv\",\"kind\":\"bar\",\"x\":\"k\","
			"\"y\":\"v\",\"aggregate\":\"%s\"}",
			rows[i].aggregate);

		dat_equals(*state, csv, args, rows[i].want);
	}
	/* Without y every row counts, also the one whose v is missing. */
	dat_equals(*state, csv,
		   "{\"data\":\"d.csv\",\"kind\":\"bar\",\"x\":\"k\"}",
		   "0 3 0.8\n1 2 0.8\n2 1 0.8\n\n\n");
}

static void
test_groups_and_lists(void **state)
{
	dat_equals(*state, "x,a,b\n2,5,50\n1,4,\n3,6,60\n",
		   "{\"data\":\"d.csv\",\"kind\":\"line\",\"x\":\"x\","
		   "\"y\":[\"a\",\"b\"]}",
		   "1 4\n2 5\n3 6\n\n\n2 50\n3 60\n\n\n");
	dat_equals(*state, "x,g,v\n1,p,3\n1,q,4\n2,p,5\n1,p,5\n",
		   "{\"data\":\"d.csv\",\"kind\":\"scatter\",\"x\":\"x\","
		   "\"y\":\"v\",\"group\":\"g\"}",
		   "1 3\n1 5\n2 5\n\n\n1 4\n\n\n");
}

static void
test_dates_decimal_comma_and_bom(void **state)
{
	/* 2024-02-29 is 1709164800, 2024-03-01 is 1709251200. */
	dat_equals(*state,
		   "\xef\xbb\xbf" "tag;wert\r\n01.03.2024;1.234,5\r\n"
		   "29.02.2024;-0,25\r\n\r\n",
		   "{\"data\":\"d.csv\",\"kind\":\"line\",\"x\":\"tag\","
		   "\"y\":\"wert\"}",
		   "1709164800 -0.25\n1709251200 1234.5\n\n\n");
	dat_equals(*state,
		   "{\"t\":\"2024-03-01T00:00:00Z\",\"v\":2}\n"
		   "{\"v\":1,\"t\":\"2024-02-29T01:00:00+01:00\"}\n",
		   "{\"data\":\"d.csv\",\"kind\":\"line\",\"x\":\"t\","
		   "\"y\":\"v\"}",
		   "1709164800 1\n1709251200 2\n\n\n");
	dat_equals(*state, "t,v\n31-12-99,1\n01-01-00,2\n",
		   "{\"data\":\"d.csv\",\"kind\":\"line\",\"x\":\"t\","
		   "\"y\":\"v\",\"date_format\":\"%d-%m-%y\"}",
		   "946598400 1\n946684800 2\n\n\n");
}

static void
test_histogram(void **state)
{
	const char *home = *state;
	AUTO(chart_spec) spec = { 0 };
	AUTO(chart_data) data = { 0 };
	AUTO(buf) csv = BUF_INIT;
	double sum = 0;

	buf_addstr(&csv, "v\n");
	for (int i = 0; i < 1000; i++)
		buf_printf(&csv, "%d\n", i % 100);
	test_write(home, "d.csv", csv.data, csv.len);
	build(home, "{\"data\":\"d.csv\",\"kind\":\"histogram\",\"x\":\"v\"}",
	      NULL, &spec, &data);
	assert_int_equal(data.series_count, 1);
	assert_int_equal(data.series[0].n, 1000);
	assert_true(fabs(data.series[0].mean - 49.5) < 1e-9);
	/* Scott: 3.49 * 28.88 / 10 = 10.08, the next round number is 20. */
	assert_true(data.step == 20);
	for (size_t i = 0; i < data.series[0].count; i++) {
		assert_true(data.series[0].points[i].y == 200);
		sum += data.series[0].points[i].y;
	}
	assert_true(sum == 1000);
}

static void
test_heat_map(void **state)
{
	dat_equals(*state, "x,y,v\np,u,1\np,u,3\nq,w,7\n",
		   "{\"data\":\"d.csv\",\"kind\":\"heatmap\",\"x\":\"x\","
		   "\"y\":\"y\",\"value\":\"v\"}",
		   "0 0 2\n1 1 7\n\n\n");
	dat_equals(*state, "x,y\n30,u\n4,u\n30,u\n",
		   "{\"data\":\"d.csv\",\"kind\":\"heatmap\",\"x\":\"x\","
		   "\"y\":\"y\"}",
		   "0 0 1\n1 0 2\n\n\n");
}

static void
test_ten_thousand_categories(void **state)
{
	AUTO(chart_spec) spec = { 0 };
	AUTO(chart_data) data = { 0 };
	AUTO(buf) csv = BUF_INIT;

	buf_addstr(&csv, "k,v\n");
	for (int i = 0; i < 10000; i++)
		buf_printf(&csv, "c%d,%d\n", i, (i * 7919) % 10007);
	test_write(*state, "d.csv", csv.data, csv.len);
	build(*state, "{\"data\":\"d.csv\",\"kind\":\"bar\",\"x\":\"k\","
	      "\"y\":\"v\",\"limit\":5}", NULL, &spec, &data);
	assert_int_equal(data.series[0].count, 5);
	for (size_t i = 1; i < 5; i++)
		assert_true(data.series[0].points[i].y <
			    data.series[0].points[i - 1].y);
	assert_true(data.series[0].points[0].y >= 10000);
	assert_string_equal(data.notes.items[0],
			    "The 5 largest categories of 10000 are drawn.");
}

/* A scatter of more points than are drawn keeps its figures exact. */
static void
test_many_points(void **state)
{
	AUTO(chart_spec) spec = { 0 };
	AUTO(chart_data) data = { 0 };
	AUTO(buf) csv = BUF_INIT;

	buf_addstr(&csv, "x,y\n");
	for (int i = 0; i < 250000; i++)
		buf_printf(&csv, "%d,%d\n", i, i % 10);
	test_write(*state, "d.csv", csv.data, csv.len);
	build(*state, "{\"data\":\"d.csv\",\"kind\":\"scatter\","
	      "\"x\":\"x\",\"y\":\"y\"}", NULL, &spec, &data);
	assert_int_equal(data.series[0].n, 250000);
	assert_true(fabs(data.series[0].mean - 4.5) < 1e-9);
	assert_true(data.series[0].count <= CHART_POINT_LIMIT);
	assert_true(data.series[0].count > CHART_POINT_LIMIT / 3);
	assert_int_equal(data.notes.count, 1);
}

static void
test_number_and_date_texts(void **state)
{
	static const struct {
		const char *text;
		char decimal;
		double want; /* NAN: not a number */
	} rows[] = {
		{ "1,234.5", '.', 1234.5 }, { "1.234,5", ',', 1234.5 },
		{ "1 234 567", '.', 1234567 }, { "12%", '.', 12 },
		{ "-3e2", '.', -300 }, { "+4", '.', 4 }, { "1,2", '.', NAN },
		{ "1.5", ',', NAN }, { "12a", '.', NAN }, { "1..2", '.', NAN },
		{ "", '.', NAN }, { "nan", '.', NAN }, { "0x10", '.', NAN },
	};
	double v;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool ok = table_number(rows[i].text, rows[i].decimal, &v);

		assert_int_equal(ok, !isnan(rows[i].want));
		if (ok)
			assert_true(v == rows[i].want);
	}
	assert_true(table_date("2024-02-29", NULL, &v) && v == 1709164800);
	assert_true(table_date("13/02/2024", NULL, &v) && v == 1707782400);
	assert_true(table_date("02/13/2024", NULL, &v) && v == 1707782400);
	assert_false(table_date("2023-02-29", NULL, &v));
	assert_false(table_date("2024-02-29 nonsense", NULL, &v));
	assert_false(table_date("20240229", NULL, &v));
}

static void
number_is(double v, double step, const char *want)
{
	AUTO(buf) out = BUF_INIT;

	chart_number_text(&out, v, step);
	assert_string_equal(buf_str(&out), want);
}

static void
test_axis_texts(void **state)
{
	AUTO(chart_axis) a = { 0 };
	AUTO(chart_axis) t = { 0 };

	(void)state;
	number_is(1250000, 250000, "1,250,000");
	number_is(2024, 1, "2024");
	number_is(0.30000000000000004, 0.1, "0.3");
	number_is(-2.5, 2.5, "\xe2\x88\x92" "2.5");
	number_is(0.25, 0, "0.25");
	chart_axis_numbers(&a, 3, 97, 5, true);
	assert_true(a.min == 0 && a.max == 100 && a.count == 6);
	/* 2023-11-10 to 2024-04-20: months begin on the first. */
	chart_axis_times(&t, 1699574400, 1713571200, 8);
	assert_int_equal(t.count, 5);
	assert_string_equal(t.ticks[0].label, "Dec 2023");
	assert_true(t.ticks[0].at == 1701388800);
	assert_string_equal(t.ticks[4].label, "Apr 2024");
}

/* --- errors ------------------------------------------------------------- */

static void
test_bad_arguments_and_data(void **state)
{
	static const struct {
		const char *csv, *args;
		enum err_code code;
		const char *words;
	} rows[] = {
		{ "", "\"kind\":\"bar\",\"x\":\"k\"", ERR_DATA, "empty" },
		{ "k,v\n", "\"kind\":\"bar\",\"x\":\"k\"", ERR_DATA,
		  "no values in 0 rows" },
		{ "key,v\n1,2\n", "\"kind\":\"bar\",\"x\":\"keg\"",
		  ERR_NOTFOUND, "did you mean \"key\"" },
		{ "k,v\na,b\n",
		  "\"kind\":\"bar\",\"x\":\"k\",\"y\":\"v\"", ERR_DATA,
		  "no row has a usable x" },
		{ "k,v\na,b\n", "\"kind\":\"histogram\",\"x\":\"k\"",
		  ERR_DATA, "not numbers" },
		{ "{\"k\":1}\n{bad\n",
		  "\"kind\":\"histogram\",\"x\":\"k\"", ERR_DATA, ":2" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_FREE char *args = xasprintf("{\"data\":\"d.csv\",%s}",
						 rows[i].args);
		AUTO_JSON *a = chart_run_json(args);
		AUTO(chart_spec) spec = { 0 };
		AUTO(chart_data) data = { 0 };
		struct err err = ERR_INIT;

		test_write(*state, "d.csv", rows[i].csv, strlen(rows[i].csv));
		assert_ok(chart_spec_parse(a, NULL, *state, &spec, &err), err);
		assert_fails(chart_data_build(&spec, &data, &err), err,
			     rows[i].code, rows[i].words);
	}
}

static void
test_spec_errors(void **state)
{
	static const struct {
		const char *args, *words;
	} rows[] = {
		{ "\"kind\":\"pie\",\"x\":\"k\"", "kind" },
		{ "\"kind\":\"bar\"", "x: name the column" },
		{ "\"kind\":\"scatter\",\"x\":\"k\"", "needs a column" },
		{ "\"kind\":\"bar\",\"x\":\"k\",\"output\":\"../a.png\"",
		  "plain file name" },
		{ "\"kind\":\"bar\",\"x\":\"k\",\"label_angle\":30",
		  "0, 45, 90" },
		{ "\"kind\":\"bar\",\"x\":\"k\",\"group\":\"g\","
		  "\"y\":[\"a\",\"b\"]", "one column" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_FREE char *args = xasprintf("{\"data\":\"d.csv\",%s}",
						 rows[i].args);
		AUTO_JSON *a = chart_run_json(args);
		AUTO(chart_spec) spec = { 0 };
		struct err err = ERR_INIT;

		assert_fails(chart_spec_parse(a, NULL, *state, &spec, &err),
			     err, ERR_USAGE, rows[i].words);
	}
}

/* --- corrections -------------------------------------------------------- */

static void
spec_after(const char *extra, int attempt, const char *checks,
	   struct chart_spec *spec)
{
	AUTO_FREE char *args = xasprintf("{\"data\":\"d.csv\",\"kind\":"
					 "\"bar\",\"x\":\"k\"%s}", extra);
	AUTO_FREE char *values = xasprintf("{\"attempt\":%d,\"findings\":"
					   "[%s]}", attempt, checks);
	AUTO_JSON *a = chart_run_json(args);
	AUTO_JSON *v = chart_run_json(values);
	struct err err = ERR_INIT;

	assert_ok(chart_spec_parse(a, v, "/", spec, &err), err);
}

static void
test_findings_correct_the_spec(void **state)
{
	static const char overlap[] = "{\"check\":\"overlap\"}";
	AUTO(chart_spec) a = { 0 };
	AUTO(chart_spec) b = { 0 };
	AUTO(chart_spec) c = { 0 };
	AUTO(chart_spec) d = { 0 };

	(void)state;
	spec_after(",\"label_angle\":0", 2, overlap, &a);
	assert_int_equal(a.angle_more, 45);
	assert_int_equal(a.notes.count, 1);
	spec_after(",\"label_angle\":45", 4, overlap, &b);
	assert_int_equal(b.angle_more, 45);
	assert_int_equal(b.thin, 4);
	spec_after(",\"font_size\":10", 2,
		   "{\"check\":\"text_size\"},{\"check\":\"contrast\"},"
		   "{\"check\":\"clipped\",\"artifact\":\"/r/chart.png\"}",
		   &c);
	assert_true(c.font_factor > 1.4 && c.dark && c.margin > 0.05);
	assert_int_equal(c.font_px, 10);
	spec_after("", 2, "{\"check\":\"contrast\",\"artifact\":"
		   "\"/r/other.png\"},{\"check\":\"row_count\"}", &d);
	assert_false(d.dark);
	assert_int_equal(d.notes.count, 0);
}

/* --- the whole tool ----------------------------------------------------- */

static bool
have_gnuplot(void)
{
	AUTO_FREE char *path = proc_find("gnuplot");

	return path != NULL;
}

/* Runs the tool and the visual checks on its picture. */
static void
draw(const char *home, const char *args, const char *values,
     struct chart_run *run)
{
	struct err err = ERR_INIT;
	struct visual_report report;
	AUTO_FREE char *path = NULL;
	AUTO(image) im = IMAGE_INIT;
	AUTO(buf) json = BUF_INIT;

	assert_ok(chart_run_start(run, home, args, values, &err), err);
	if (run->result.status != TOOL_OK)
		fail_msg("%s", run->result.error);
	assert_int_equal(run->result.parts[0].kind, TOOL_PART_IMAGE);
	path = path_join(run->dir, run->result.parts[0].name);
	assert_ok(png_decode_path(path, NULL, &im, &err), err);
	visual_check(&im, NULL, &report);
	visual_report_json(&report, &json);
	if (!report.ok)
		fail_msg("%s: %s", args, buf_str(&json));
}

static void
sample(const char *home)
{
	AUTO(buf) csv = BUF_INIT;

	buf_addstr(&csv, "day,city,temp,rain\n");
	for (int i = 0; i < 200; i++)
		buf_printf(&csv, "2024-%02d-%02d,%s,%.1f,%d\n", 1 + i / 28,
			   1 + i % 28, i % 3 ? i % 2 ? "San Francisco"
						     : "Washington D.C."
					     : "Rome",
			   10 + 8 * sin(i / 20.0), i * 37 % 23);
	test_write(home, "d.csv", csv.data, csv.len);
}

static void
test_every_kind_is_drawn_and_passes_the_checks(void **state)
{
	static const char *const rows[] = {
		"\"kind\":\"line\",\"x\":\"day\",\"y\":[\"temp\",\"rain\"]",
		"\"kind\":\"bar\",\"x\":\"city\",\"y\":\"rain\","
		"\"aggregate\":\"sum\"",
		"\"kind\":\"scatter\",\"x\":\"temp\",\"y\":\"rain\","
		"\"group\":\"city\"",
		"\"kind\":\"histogram\",\"x\":\"temp\"",
		"\"kind\":\"heatmap\",\"x\":\"city\",\"y\":\"day\","
		"\"value\":\"rain\"",
		"\"kind\":\"line\",\"x\":\"day\",\"y\":\"temp\","
		"\"group\":\"city\",\"width\":640,\"height\":480",
	};

	if (!have_gnuplot())
		skip();
	sample(*state);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(chart_run) run = { 0 };
		AUTO_FREE char *args = xasprintf("{\"data\":\"d.csv\",%s}",
						 rows[i]);

		draw(*state, args, NULL, &run);
		assert_true(json_num(run.result.data, "rows", 0) == 200);
	}
}

static void
test_one_point_is_visible(void **state)
{
	static const char *const kinds[] = { "line", "scatter", "bar",
					     "histogram" };

	if (!have_gnuplot())
		skip();
	test_write(*state, "d.csv", "x,y\n5,7\n", 8);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		AUTO(chart_run) run = { 0 };
		AUTO_FREE char *args = xasprintf(
			"{\"data\":\"d.csv\",\"kind\":\"%s\",\"x\":\"x\","
			"\"y\":\"y\"}", kinds[i]);

		draw(*state, args, NULL, &run);
	}
}

static void
test_text_cannot_act(void **state)
{
	static const char *const evil[] = {
		"`touch pwned`", "$(touch pwned)",
		"\\042; system 'touch pwned'",
		"'; system('touch pwned'); #", "@evil @x",
		"\\n set output 'pwned'",
		"%s%s%n%d", "{/Symbol a}^2_3", "\xf0\x9f\x92\xa9 \xc3\xa9",
	};

	if (!have_gnuplot())
		skip();
	for (size_t i = 0; i < ARRAY_LEN(evil); i++) {
		AUTO(chart_run) run = { 0 };
		AUTO_FREE char *csv = xasprintf("\"%s\",v,g\n\"%s\",1,\"%s\"\n"
						"b,2,h\n", evil[i], evil[i],
						evil[i]);
		AUTO_JSON *args = cJSON_CreateObject();
		AUTO_FREE char *text = NULL, *mark = NULL;

		test_write(*state, "d.csv", csv, strlen(csv));
		cJSON_AddStringToObject(args, "data", "d.csv");
		cJSON_AddStringToObject(args, "kind", "bar");
		cJSON_AddStringToObject(args, "x", evil[i]);
		cJSON_AddStringToObject(args, "y", "v");
		cJSON_AddStringToObject(args, "group", "g");
		cJSON_AddStringToObject(args, "title", evil[i]);
		cJSON_AddStringToObject(args, "y_label", evil[i]);
		text = json_print(args);
		draw(*state, text, NULL, &run);
		mark = path_join(run.dir, "pwned");
		assert_false(path_exists(mark));
	}
}

static void
test_failures_reach_the_result(void **state)
{
	AUTO(chart_run) run = { 0 };
	AUTO(chart_run) bad = { 0 };
	struct err err = ERR_INIT;

	if (!have_gnuplot())
		skip();
	assert_ok(chart_run_start(&run, *state, "{\"data\":\"none.csv\","
				  "\"kind\":\"bar\",\"x\":\"k\"}", NULL,
				  &err), err);
	assert_int_equal(run.result.status, TOOL_FAILED);
	assert_non_null(strstr(run.result.error, "none.csv"));
	assert_fails(chart_run_start(&bad, *state, "{\"data\":\"d.csv\"}",
				     NULL, &err), err, ERR_USAGE, "kind");
}

static void
test_missing_gnuplot_says_what_to_install(void **state)
{
	AUTO(chart_run) run = { 0 };
	AUTO_FREE char *path = xstrdup(getenv("PATH"));
	struct err err = ERR_INIT;
	bool ok;

	setenv("PATH", *state, 1);
	ok = chart_run_start(&run, *state, "{\"data\":\"d.csv\",\"kind\":"
			     "\"bar\",\"x\":\"k\"}", NULL, &err);
	setenv("PATH", path, 1);
	assert_fails(ok, err, ERR_ENV, "apt-get install gnuplot-nox");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		dir_test(test_aggregates),
		dir_test(test_groups_and_lists),
		dir_test(test_dates_decimal_comma_and_bom),
		dir_test(test_histogram),
		dir_test(test_heat_map),
		dir_test(test_ten_thousand_categories),
		dir_test(test_many_points),
		cmocka_unit_test(test_number_and_date_texts),
		cmocka_unit_test(test_axis_texts),
		dir_test(test_bad_arguments_and_data),
		dir_test(test_spec_errors),
		cmocka_unit_test(test_findings_correct_the_spec),
		dir_test(test_every_kind_is_drawn_and_passes_the_checks),
		dir_test(test_one_point_is_visible),
		dir_test(test_text_cannot_act),
		dir_test(test_failures_reach_the_result),
		dir_test(test_missing_gnuplot_says_what_to_install),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
