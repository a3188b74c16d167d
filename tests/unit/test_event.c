/* The codec of the journal's events: every row of events.def. */
#include "test.h"

#include "base/json.h"
#include "run/event.h"

static const char *const texts[] = {
	"plain", "", "quote \" and \\ back", "tab\tline\nbell\a",
	"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\x7f", NULL,
};
static const int64_t numbers[] = { 0, 1, -1, INT64_MAX, INT64_MIN, 42 };
static const char *const values[] = {
	"{\"a\":[1,2,{\"b\":null}]}", "[]", "\"text \\\" }\"", "1.5", "true",
	NULL,
};

static void *
field_at(struct event *e, const struct event_field *f)
{
	return (char *)e + f->offset;
}

/* Fills every field of e; round picks among the samples above. */
static void
fill(struct event *e, int round)
{
	const struct event_row *row = event_row(e->type);

	for (int i = 0; i < row->field_count; i++) {
		void *at = field_at(e, &row->fields[i]);
		int k = round + i;

		switch (row->fields[i].kind) {
		case FIELD_STR:
			*(const char **)at = texts[k % ARRAY_LEN(texts)];
			break;
		case FIELD_INT:
			*(int64_t *)at = numbers[k % ARRAY_LEN(numbers)];
			break;
		case FIELD_BOOL:
			*(bool *)at = k % 2;
			break;
		case FIELD_JSON:
			*(const char **)at = values[k % ARRAY_LEN(values)];
			break;
		}
	}
}

static void
assert_same(struct event *a, struct event *b)
{
	const struct event_row *row = event_row(a->type);

	for (int i = 0; i < row->field_count; i++) {
		const struct event_field *f = &row->fields[i];
		const char *x, *y;

		if (f->kind == FIELD_INT) {
			assert_int_equal(*(int64_t *)field_at(a, f),
					 *(int64_t *)field_at(b, f));
			continue;
		}
		if (f->kind == FIELD_BOOL) {
			assert_int_equal(*(bool *)field_at(a, f),
					 *(bool *)field_at(b, f));
			continue;
		}
		x = *(const char **)field_at(a, f);
		y = *(const char **)field_at(b, f);
		assert_int_equal(x != NULL, y != NULL);
		if (x)
			assert_string_equal(x, y);
	}
}

static void
test_every_type_comes_back(void **state)
{
	(void)state;
	for (int type = 0; type < EVENT_TYPES; type++)
		for (int round = 0; round < 12; round++) {
			struct event e = { .type = (enum event_type)type };
			struct event back = e;
			AUTO(arena) arena = { 0 };
			AUTO(buf) b = BUF_INIT;
			AUTO_JSON *strict = NULL;
			struct err err = ERR_INIT;

			fill(&e, round);
			fill(&back, round + 1); /* must be overwritten */
			event_encode(&b, &e);
			strict = json_parse(buf_str(&b), b.len, "data", &err);
			assert_ok(strict, err);
			assert_null(memchr(buf_str(&b), '\n', b.len));
			assert_ok(event_decode(buf_str(&b), b.len, &arena,
					       &back, &err),
				  err);
			assert_same(&e, &back);
		}
}

static void
test_rows_are_whole(void **state)
{
	(void)state;
	for (int t = 0; t < EVENT_TYPES; t++) {
		const struct event_row *row = event_row((enum event_type)t);

		assert_int_equal(event_type_parse(row->name), t);
		assert_true(*row->help && row->field_count > 0);
		for (int i = 0; i < row->field_count; i++)
			assert_true(*row->fields[i].help);
	}
	assert_int_equal(event_type_parse("no.such"), EVENT_TYPES);
	assert_int_equal(event_type_parse(""), EVENT_TYPES);
}

/* A record cut anywhere, or followed by anything, is refused: never read
 * past its end (ASan sees to that: the text has no end mark). */
static void
test_cut_data_is_refused(void **state)
{
	(void)state;
	for (int type = 0; type < EVENT_TYPES; type++) {
		struct event e = { .type = (enum event_type)type };
		AUTO(buf) b = BUF_INIT;

		fill(&e, 2);
		event_encode(&b, &e);
		for (size_t n = 0; n < b.len; n++) {
			struct event back = e;
			AUTO(arena) arena = { 0 };
			AUTO_FREE char *cut = xmemdup(b.data, n ? n : 1);
			struct err err = ERR_INIT;

			assert_fails(event_decode(cut, n, &arena, &back, &err),
				     err, ERR_CORRUPT, "byte");
		}
	}
}

static bool
decode(enum event_type type, const char *data, struct arena *arena,
       struct event *ret, struct err *err)
{
	ret->type = type;
	return event_decode(data, strlen(data), arena, ret, err);
}

static void
test_wrong_kinds_are_refused(void **state)
{
	static const struct {
		const char *data, *words;
	} rows[] = {
		{ "{\"gate\":\"1\"}", "not an integer" },
		{ "{\"gate\":1.5}", "no end of the object" },
		{ "{\"gate\":99999999999999999999}", "not an integer" },
		{ "{\"gate\":-}", "not an integer" },
		{ "{\"reason\":7}", "not a string" },
		{ "{\"reason\":true}", "not a string" },
		{ "{\"reason\":nullx}", "no end of the object" },
		{ "{\"reason\":\"\\q\"}", "broken escape" },
		{ "{\"reason\":\"\\u12g4\"}", "broken escape" },
		{ "{\"reason\" 7}", "no colon" },
		{ "{reason:7}", "no key" },
		{ "{\"gate\":1,}", "no key" },
		{ "{\"gate\":1}}", "something after" },
		{ "[]", "not an object" },
		{ "", "not an object" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena) arena = { 0 };
		struct event e = { 0 };
		struct err err = ERR_INIT;

		assert_fails(decode(EV_run_parked, rows[i].data, &arena, &e,
				    &err),
			     err, ERR_CORRUPT, rows[i].words);
		assert_non_null(strstr(err.msg, "run.parked"));
	}
}

static void
test_bools_and_depth(void **state)
{
	AUTO(arena) arena = { 0 };
	AUTO(buf) deep = BUF_INIT;
	struct event e = { 0 };
	struct err err = ERR_INIT;

	(void)state;
	assert_fails(decode(EV_worker_finished, "{\"ok\":1}", &arena, &e,
			    &err),
		     err, ERR_CORRUPT, "not true or false");
	buf_addstr(&deep, "{\"report\":");
	for (int i = 0; i < 100000; i++)
		buf_addch(&deep, '[');
	assert_fails(decode(EV_worker_finished, buf_str(&deep), &arena, &e,
			    &err),
		     err, ERR_CORRUPT, "nested too deep");
}

static void
test_older_and_newer_records(void **state)
{
	AUTO(arena) arena = { 0 };
	struct event e = { 0 };
	struct err err = ERR_INIT;

	(void)state;
	/* Fields of a later version are passed over, whatever they hold. */
	assert_ok(decode(EV_run_parked,
			 " { \"new\" : {\"a\":[\"}\",{}]} , \"gate\" : 3 ,"
			 "\"x\":\"\\\"\",\"y\":-1e5,\"reason\":\"r\"} ",
			 &arena, &e, &err),
		  err);
	assert_int_equal(e.run_parked.gate, 3);
	assert_string_equal(e.run_parked.reason, "r");
	/* Fields that an older version did not write become null or 0. */
	assert_ok(decode(EV_run_parked, "{}", &arena, &e, &err), err);
	assert_int_equal(e.run_parked.gate, 0);
	assert_null(e.run_parked.reason);
}

static void
test_escapes(void **state)
{
	static const struct {
		const char *json, *text;
	} rows[] = {
		{ "\\u00e4\\u20AC", "\xc3\xa4\xe2\x82\xac" },
		{ "\\ud83d\\ude00", "\xf0\x9f\x98\x80" },
		{ "a\\u0000b", "a\xef\xbf\xbd""b" },
		{ "\\ud83d", "\xef\xbf\xbd" },
		{ "\\ude00x", "\xef\xbf\xbdx" },
		{ "\\b\\f\\n\\r\\t\\/\\\\\\\"", "\b\f\n\r\t/\\\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena) arena = { 0 };
		AUTO_FREE char *data =
			xasprintf("{\"reason\":\"%s\"}", rows[i].json);
		struct event e = { 0 };
		struct err err = ERR_INIT;

		assert_ok(decode(EV_run_parked, data, &arena, &e, &err), err);
		assert_string_equal(e.run_parked.reason, rows[i].text);
	}
}

static void
test_nul_bytes_are_refused(void **state)
{
	static const char in_text[] = "{\"reason\":\"a\0b\"}";
	static const char in_value[] = "{\"report\":[\0]}";
	AUTO(arena) arena = { 0 };
	struct event e = { .type = EV_run_parked };
	struct err err = ERR_INIT;

	(void)state;
	assert_fails(event_decode(in_text, sizeof(in_text) - 1, &arena, &e,
				  &err),
		     err, ERR_CORRUPT, "NUL");
	e.type = EV_worker_finished;
	assert_fails(event_decode(in_value, sizeof(in_value) - 1, &arena, &e,
				  &err),
		     err, ERR_CORRUPT, "NUL");
}

/* The hash of a record as event.h describes it, counted anew. */
static void
test_record_and_hash(void **state)
{
	struct event e = { .run = "261122-1052-k3f9x",
			   .seq = 7,
			   .ts_us = 1795000000123456,
			   .type = EV_run_parked };
	AUTO(buf) record = BUF_INIT;
	AUTO(buf) bare = BUF_INIT;
	char hash[SHA256_HEX_SIZE];
	char *cut;

	(void)state;
	memset(e.prev, '0', sizeof(e.prev) - 1);
	event_hash(&e, "{\"gate\":1}", e.hash);
	event_record(&record, &e, "{\"gate\":1}");
	buf_addstr(&bare, buf_str(&record));
	cut = strstr(bare.data, ",\"hash\":");
	assert_non_null(cut);
	buf_truncate(&bare, (size_t)(cut - bare.data));
	buf_addch(&bare, '}');
	sha256_hex(bare.data, bare.len, hash);
	assert_string_equal(hash, e.hash);
	assert_non_null(strstr(buf_str(&record),
			       "\"seq\":7,\"ts\":\"2026-11-18T"));
	/* Every part counts. */
	e.seq++;
	event_hash(&e, "{\"gate\":1}", hash);
	assert_string_not_equal(hash, e.hash);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_type_comes_back),
		cmocka_unit_test(test_rows_are_whole),
		cmocka_unit_test(test_cut_data_is_refused),
		cmocka_unit_test(test_wrong_kinds_are_refused),
		cmocka_unit_test(test_bools_and_depth),
		cmocka_unit_test(test_older_and_newer_records),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_nul_bytes_are_refused),
		cmocka_unit_test(test_record_and_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
