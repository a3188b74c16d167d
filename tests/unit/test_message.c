/* The message model's codec, and the SSE parser at every cut. */
#include "test.h"

#include "agent/message.h"
#include "agent/sse.h"
#include "base/json.h"

static void
fill(struct message *m)
{
	struct message_part *p;

	m->role = ROLE_ASSISTANT;
	m->wire = xstrdup("anthropic");
	message_opaque(m, "{\"type\":\"thinking\",\"n\":1e2}");
	p = message_text(m, "two\nlines \"quoted\" \xc3\xa9");
	p->phase = xstrdup("commentary");
	p->item = xstrdup("msg_1");
	message_call(m, "c1", "chart", "{\"broken\":");
}

static void
fill_result(struct message *m)
{
	struct message_part *p = message_result(m, "c1", true);

	message_result_add(p, PART_TEXT, "no", NULL);
	message_result_add(p, PART_IMAGE, "/run/chart.png", "image/png")
		->sha256 = xstrdup("abc");
	message_image(m, "/tmp/a.png", "image/png");
	message_file(m, "/tmp/a.pdf", "application/pdf");
}

/* What is written reads back as the same text. */
static void
check_round(void (*fn)(struct message *m))
{
	AUTO(message) m = { .role = ROLE_USER };
	AUTO(message) back = { .role = ROLE_USER };
	AUTO(buf) text = BUF_INIT;
	AUTO(buf) again = BUF_INIT;
	AUTO_JSON *v = NULL;
	struct err err = ERR_INIT;

	fn(&m);
	message_add_json(&text, &m);
	v = json_parse(text.data, text.len, "message", &err);
	assert_non_null(v);
	assert_ok(message_from_json(v, &back, &err), err);
	message_add_json(&again, &back);
	assert_string_equal(text.data, again.data);
	assert_int_equal(back.part_count, m.part_count);
}

static void
test_round_trip(void **state)
{
	AUTO(message) m = { .role = ROLE_USER };
	AUTO_FREE char *plain = NULL;

	(void)state;
	check_round(fill);
	check_round(fill_result);
	fill(&m);
	/* Kept to the byte. */
	assert_string_equal(m.parts[0].text,
			    "{\"type\":\"thinking\",\"n\":1e2}");
	plain = message_plain(&m);
	assert_string_equal(plain, "two\nlines \"quoted\" \xc3\xa9");
	assert_int_equal(message_calls(&m), 1);
}

static void
test_bad_json(void **state)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
		{ "{}", "no role" },
		{ "{\"role\":\"system\",\"parts\":[]}", "no role" },
		{ "{\"role\":\"user\"}", "no parts" },
		{ "{\"role\":\"user\",\"parts\":[{\"type\":\"x\"}]}",
		  "\"x\" is no kind" },
		{ "{\"role\":\"user\",\"parts\":[{\"type\":\"text\"}]}",
		  "a text part lacks" },
		{ "{\"role\":\"user\",\"parts\":[{\"type\":\"image\","
		  "\"path\":\"/a\"}]}",
		  "a image part lacks" },
		{ "{\"role\":\"user\",\"parts\":[{\"type\":\"call\","
		  "\"id\":\"1\"}]}",
		  "a call part lacks" },
		{ "{\"role\":\"user\",\"parts\":[{\"type\":\"text\","
		  "\"text\":\"\",\"parts\":[{\"type\":\"text\",\"text\":"
		  "\"\"}]}]}",
		  "cannot hold" },
		{ "{\"role\":\"user\",\"parts\":[{\"type\":\"result\","
		  "\"id\":\"1\",\"parts\":[{\"type\":\"call\"}]}]}",
		  "cannot hold" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_JSON *v = json_parse(rows[i].text, strlen(rows[i].text),
					  "row", NULL);
		AUTO(message) m = { .role = ROLE_USER };
		struct err err = ERR_INIT;

		assert_non_null(v);
		assert_fails(message_from_json(v, &m, &err), err, ERR_DATA,
			     rows[i].words);
		assert_null(m.parts);
	}
}

/* --- SSE ---------------------------------------------------------------- */

struct events {
	struct buf text; /* "name=data;" for each */
	int stop_after;
	int count;
};

static bool
take(void *ud, const char *name, char *data, size_t len)
{
	struct events *e = ud;

	assert_int_equal(data[len], '\0');
	buf_printf(&e->text, "%s=", name);
	buf_add(&e->text, data, len);
	buf_addch(&e->text, ';');
	return !e->stop_after || ++e->count < e->stop_after;
}

/* In two pieces at every place, byte by byte, and whole. */
static void
check_sse(const char *stream, size_t len, const char *wanted)
{
	for (size_t cut = 0; cut <= len + 1; cut++) {
		struct events e = { .text = BUF_INIT };
		AUTO(sse) s = { .limit = 1000, .fn = take, .ud = &e };
		struct err err = ERR_INIT;

		if (cut <= len) {
			assert_ok(sse_add(&s, stream, cut, &err), err);
			assert_ok(sse_add(&s, stream + cut, len - cut, &err),
				  err);
		}
		for (size_t i = 0; cut > len && i < len; i++)
			assert_ok(sse_add(&s, stream + i, 1, &err), err);
		if (strcmp(buf_str(&e.text), wanted) != 0)
			fail_msg("cut at %zu: %s", cut, buf_str(&e.text));
		buf_release(&e.text);
	}
}

static void
test_sse(void **state)
{
	static const struct {
		const char *stream, *wanted;
	} rows[] = {
		{ "data: a\n\n", "=a;" },
		{ "data: a\r\n\r\n", "=a;" },
		{ "data: a\r\r", "=a;" },
		{ "data: a\r\n\ndata: b\n\r\n", "=a;=b;" },
		{ "\xef\xbb\xbf"
		  "data: a\n\n",
		  "=a;" },
		{ "event: x\ndata: a\ndata:b\n\n", "x=a\nb;" },
		{ "event: x\n\ndata: a\n\n", "=a;" }, /* x had no data */
		{ ": ping\n\n:\ndata: a\n\n: end\n", "=a;" },
		{ "id: 7\nretry: 10\nother\ndata:  two\n\n", "= two;" },
		{ "data\n\n", "=;" },
		{ "data: cut", "" },
		{ "data: cut\n", "" },
		{ "data: \xe2\x82\xac\n\n", "=\xe2\x82\xac;" },
		{ "data: a\n\n\n\ndata: a\n\n", "=a;=a;" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_sse(rows[i].stream, strlen(rows[i].stream),
			  rows[i].wanted);
}

static void
test_sse_limits(void **state)
{
	struct events e = { .text = BUF_INIT, .stop_after = 1 };
	AUTO(sse) one = { .limit = 1000, .fn = take, .ud = &e };
	AUTO(sse) line = { .limit = 10, .fn = take, .ud = &e };
	AUTO(sse) many = { .limit = 10, .fn = take, .ud = &e };
	struct err err = ERR_INIT;
	const char *stream = "data: a\n\ndata: b\n\n";

	(void)state;
	assert_ok(sse_add(&one, stream, strlen(stream), &err), err);
	assert_string_equal(buf_str(&e.text), "=a;");
	assert_ok(sse_add(&line, "12345", 5, &err), err);
	assert_fails(sse_add(&line, "678901", 6, &err), err, ERR_TOOBIG,
		     "more than 10 bytes");
	for (int i = 0; i < 2; i++)
		assert_ok(sse_add(&many, "data:1234\n", 10, &err), err);
	assert_fails(sse_add(&many, "data:1234\n", 10, &err), err, ERR_TOOBIG,
		     "more than 10 bytes");
	buf_release(&e.text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_bad_json),
		cmocka_unit_test(test_sse),
		cmocka_unit_test(test_sse_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
