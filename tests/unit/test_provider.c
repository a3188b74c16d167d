/*
 * The fault matrix: what a server can do wrong, for each wire format, and
 * the class, retries and words it ends in. Keys never show.
 */
#include "agent_turn.h"

#include "agent/models.h"

/* A short good answer of each format. */
#define GOOD_RESPONSES \
	"data: {\"type\":\"response.output_item.added\",\"output_index\":0," \
	"\"item\":{\"type\":\"message\",\"id\":\"m1\",\"content\":[]}}\n\n" \
	"data: {\"type\":\"response.output_text.delta\",\"output_index\":0," \
	"\"delta\":\"yes\"}\n\n" \
	"data: {\"type\":\"response.completed\",\"response\":{\"status\":" \
	"\"completed\",\"output\":[{\"type\":\"message\",\"id\":\"m1\"," \
	"\"content\":[{\"type\":\"output_text\",\"text\":\"yes\"}]}]}}\n\n"
#define GOOD_CHAT \
	"data: {\"choices\":[{\"delta\":{\"content\":\"yes\"}}]}\n\n" \
	"data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n" \
	"data: [DONE]\n\n"
#define GOOD_ANTHROPIC \
	"data: {\"type\":\"message_start\",\"message\":{}}\n\n" \
	"data: {\"type\":\"content_block_start\",\"index\":0," \
	"\"content_block\":{\"type\":\"text\",\"text\":\"yes\"}}\n\n" \
	"data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":" \
	"\"end_turn\"}}\n\n" \
	"data: {\"type\":\"message_stop\"}\n\n"

static const struct {
	const char *name, *good, *begun;
} providers[] = {
	{ "openai", GOOD_RESPONSES,
	  "data: {\"type\":\"response.output_item.added\",\"output_index\":0,"
	  "\"item\":{\"type\":\"message\"}}\n\ndata: {\"type\":"
	  "\"response.output_text.delta\",\"output_index\":0,\"delta\":"
	  "\"ye\"}\n\n" },
	{ "openai-chat", GOOD_CHAT,
	  "data: {\"choices\":[{\"delta\":{\"content\":\"ye\"}}]}\n\n" },
	{ "anthropic", GOOD_ANTHROPIC,
	  "data: {\"type\":\"message_start\",\"message\":{}}\n\ndata: "
	  "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":"
	  "{\"type\":\"text\",\"text\":\"ye\"}}\n\n" },
};

static void
assert_said_yes(void)
{
	assert_turn_ok();
	assert_int_equal(w.r.end, END_DONE);
	assert_int_equal(w.r.message.part_count, 1);
	assert_string_equal(w.r.message.parts[0].text, "yes");
}

/* Answers with a failing status: the class, and whether it is asked again
 * (0.01 s later, as the header says). */
static const struct fault {
	int status;
	const char *body;
	enum turn_failure failure;
	bool retried;
	const char *words;
} faults[] = {
	{ 429,
	  "{\"error\":{\"message\":\"slow\",\"code\":"
	  "\"rate_limit_exceeded\"}}",
	  TURN_RATE_LIMITED, true, "rate_limit_exceeded): slow" },
	{ 429,
	  "{\"error\":{\"message\":\"no money\",\"type\":"
	  "\"insufficient_quota\",\"code\":\"insufficient_quota\"}}",
	  TURN_BILLING, false, "add credit" },
	{ 429,
	  "{\"error\":{\"message\":\"m\",\"type\":"
	  "\"insufficient_quota\",\"code\":null}}",
	  TURN_BILLING, false, "HTTP 429, insufficient_quota" },
	{ 429,
	  "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\","
	  "\"message\":\"m\",\"details\":{\"error_code\":"
	  "\"enforced_spend_limit_reached\"}}}",
	  TURN_BILLING, false, "billing" },
	{ 402,
	  "{\"type\":\"error\",\"error\":{\"type\":\"billing_error\","
	  "\"message\":\"m\"}}",
	  TURN_BILLING, false, "billing" },
	{ 401,
	  "{\"error\":{\"message\":\"Incorrect API key provided: "
	  "sk-test-0123456789abcdef sk-ant-0123456789abcdef\","
	  "\"type\":\"invalid_request_error\"}}",
	  TURN_AUTH, false, "[secret:" },
	{ 403,
	  "{\"type\":\"error\",\"error\":{\"type\":\"permission_error\","
	  "\"message\":\"m\"}}",
	  TURN_AUTH, false, "check the key" },
	{ 400,
	  "{\"error\":{\"message\":\"m\",\"code\":"
	  "\"context_length_exceeded\"}}",
	  TURN_CONTEXT, false, "long" },
	{ 400,
	  "{\"type\":\"error\",\"error\":{\"type\":"
	  "\"invalid_request_error\",\"message\":\"prompt is too long: "
	  "9 tokens\"}}",
	  TURN_CONTEXT, false, "too long" },
	{ 404,
	  "{\"error\":{\"message\":\"no model m\",\"type\":"
	  "\"not_found_error\"}}",
	  TURN_REQUEST, false, "no model m" },
	{ 400,
	  "{\"object\":\"error\",\"message\":\"vllm says no\",\"code\":"
	  "400}",
	  TURN_REQUEST, false, "vllm says no" },
	{ 404, "{\"error\":\"model 'x' not found\"}", TURN_REQUEST, false,
	  "model 'x' not found" },
	{ 413, "", TURN_CONTEXT, false, "no reason given" },
	{ 500,
	  "{\"error\":{\"code\":500,\"message\":\"image input is not "
	  "supported - hint: --mmproj\",\"type\":\"server_error\"}}",
	  TURN_REQUEST, false, "--mmproj" },
	{ 500,
	  "{\"type\":\"error\",\"error\":{\"type\":\"api_error\","
	  "\"message\":\"m\"}}",
	  TURN_SERVER, true, "HTTP 500" },
	{ 502, "<html>bad gateway</html>", TURN_SERVER, true, "a web page" },
	{ 503, "busy", TURN_OVERLOADED, true, "not in JSON" },
	{ 529,
	  "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
	  "\"message\":\"m\"}}",
	  TURN_OVERLOADED, true, "overloaded" },
	{ 408, "{}", TURN_SERVER, true, "server" },
	{ 302, "moved", TURN_PROTOCOL, false, "leads elsewhere" },
};

static void
check_fault(const char *name, const char *good, const struct fault *f)
{
	struct agent_reply r[] = {
		{ .status = f->status,
		  .type = "application/json",
		  .headers = "Retry-After: 0.01\r\nx-request-id: r1\r\n"
			     "request-id: r1\r\n"
			     "Location: http://127.0.0.1:1/steal\r\n",
		  .body = f->body,
		  .len = 0 },
		{ .body = good },
	};

	world_turn(name, r, 2);
	assert_int_equal(w.server.requests, f->retried ? 2 : 1);
	assert_int_equal(w.r.requests, f->retried ? 2 : 1);
	assert_int_equal(w.retried, f->retried);
	assert_string_equal(w.r.request_id, "r1");
	if (f->retried) {
		assert_said_yes();
		assert_int_equal(w.waited_ms, 10);
	}
	/* And for good. */
	world_turn(name, r, 1);
	assert_int_equal(w.server.requests, f->retried ? 3 : 1);
	assert_turn_fails(f->failure, f->words);
	assert_int_equal(w.r.message.part_count, 0);
	assert_false(w.r.shown);
}

static void
test_statuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(providers); i++)
		for (size_t k = 0; k < ARRAY_LEN(faults); k++)
			check_fault(providers[i].name, providers[i].good,
				    &faults[k]);
}

/* x-should-retry decides, but not about money; a long Retry-After is not
 * waited for; dates are read. */
static void
test_retry_headers(void **state)
{
	static const struct {
		const char *headers, *body;
		int status;
		size_t requests;
	} rows[] = {
		{ "x-should-retry: false\r\n", "{}", 500, 1 },
		{ "x-should-retry: true\r\nretry-after-ms: 1\r\n", "{}", 400,
		  2 },
		{ "x-should-retry: true\r\nretry-after-ms: 1\r\n",
		  "{\"error\":{\"code\":\"insufficient_quota\"}}", 429, 1 },
		{ "Retry-After: 121\r\n", "{}", 429, 1 },
		{ "retry-after-ms: 2\r\nRetry-After: 121\r\n", "{}", 429, 2 },
		{ "Retry-After: Sun, 06 Nov 2094 08:49:37 GMT\r\n", "{}", 429,
		  1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct agent_reply r[] = {
			{ .status = rows[i].status,
			  .type = "application/json",
			  .headers = rows[i].headers,
			  .body = rows[i].body },
			{ .body = GOOD_RESPONSES },
		};

		world_turn("openai", r, 2);
		if (w.server.requests != rows[i].requests)
			fail_msg("row %zu: %zu requests", i, w.server.requests);
	}
}

/* The table alone. */
static void
test_retry_table(void **state)
{
	struct turn_trouble t = { .failure = TURN_RATE_LIMITED,
				  .should_retry = -1,
				  .retry_after_ms = -1,
				  .after_max_ms = 60000 };

	(void)state;
	assert_int_equal(turn_retry_ms(&t, 0, 0), 500);
	assert_int_equal(turn_retry_ms(&t, 1, 0), 1000);
	assert_int_equal(turn_retry_ms(&t, 1, 1), 750);
	assert_int_equal(turn_retry_ms(&t, 9, 0), 8000);
	assert_int_equal(turn_retry_ms(&t, 1000000, 0), 8000);
	t.slow_down = true;
	assert_int_equal(turn_retry_ms(&t, 0, 0), 2000);
	t.retry_after_ms = 60000;
	assert_int_equal(turn_retry_ms(&t, 0, 0), 60000);
	t.retry_after_ms = 60001;
	assert_int_equal(turn_retry_ms(&t, 0, 0), -1);
	t.retry_after_ms = -1;
	t.should_retry = 0;
	assert_int_equal(turn_retry_ms(&t, 0, 0), -1);
	t.should_retry = 1;
	t.shown = true;
	assert_int_equal(turn_retry_ms(&t, 0, 0), -1);
	t.shown = false;
	t.failure = TURN_BILLING;
	assert_int_equal(turn_retry_ms(&t, 0, 0), -1);
	t.failure = TURN_REQUEST;
	assert_true(turn_retry_ms(&t, 0, 0) > 0);
	t.should_retry = -1;
	assert_int_equal(turn_retry_ms(&t, 0, 0), -1);
}

/* Streams that go wrong, each before anything was shown (asked again when
 * that can help) and after (never). */
static void
test_streams(void **state)
{
	static const struct {
		const char *bad;
		enum turn_failure failure;
		bool retried;
		const char *words;
	} rows[] = {
		{ "data: {broken\n\n", TURN_PROTOCOL, false, "not valid JSON" },
		{ "data: \xff\xfe\n\n", TURN_PROTOCOL, false, "not valid" },
		{ "data: {\"type\":\"error\",\"error\":{\"type\":"
		  "\"overloaded_error\",\"message\":\"full\"}}\n\n",
		  TURN_OVERLOADED, true, "overloaded_error): full" },
		{ "data: {\"error\":{\"code\":\"server_error\",\"message\":"
		  "\"oops\"}, \"type\":\"error\"}\n\n",
		  TURN_SERVER, true, "oops" },
		{ "data: {\"type\":\"error\",\"error\":{\"code\":"
		  "\"insufficient_quota\",\"message\":\"paid up\"}}\n\n",
		  TURN_BILLING, false, "paid up" },
		{ "", TURN_NETWORK, true, "before the answer was complete" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(providers); i++)
		for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
			AUTO_FREE char *late = xasprintf(
				"%s%s", providers[i].begun, rows[k].bad);
			struct agent_reply r[] = {
				{ .body = rows[k].bad,
				  .headers = "retry-after-ms: 1\r\n" },
				{ .body = providers[i].good },
			};
			struct agent_reply after = {
				.body = late, .headers = "retry-after-ms: 1\r\n"
			};

			world_turn(providers[i].name, r, 2);
			assert_int_equal(w.server.requests,
					 rows[k].retried ? 2 : 1);
			if (rows[k].retried)
				assert_said_yes();
			else
				assert_turn_fails(rows[k].failure,
						  rows[k].words);
			world_turn(providers[i].name, &after, 1);
			assert_int_equal(w.server.requests, 1);
			assert_turn_fails(rows[k].failure, rows[k].words);
			assert_true(w.r.shown);
			assert_string_equal(w.r.message.parts[0].text, "ye");
		}
}

/* Pages and other types where a stream should be. */
static void
test_wrong_types(void **state)
{
	struct agent_reply html = { .type = "text/html",
				    .body = "<html>log in</html>" };
	struct agent_reply bare = { .type = "", .body = GOOD_RESPONSES };

	(void)state;
	world_turn("openai", &html, 1);
	assert_turn_fails(TURN_PROTOCOL, "neither a stream nor JSON");
	assert_int_equal(w.server.requests, 1);
	world_turn("openai", &bare, 1);
	assert_said_yes();
}

/* An answer in one piece, asked for or not. */
static void
test_whole(void **state)
{
	static const struct {
		const char *name, *body;
	} rows[] = {
		{ "openai", "{\"object\":\"response\",\"status\":"
			    "\"completed\",\"output\":[{\"type\":\"message\","
			    "\"content\":[{\"type\":\"output_text\",\"text\":"
			    "\"yes\"}]}],\"usage\":{\"input_tokens\":7,"
			    "\"output_tokens\":1}}" },
		{ "openai-chat", "{\"choices\":[{\"message\":{\"content\":"
				 "\"yes\"},\"finish_reason\":\"stop\"}],"
				 "\"usage\":{\"prompt_tokens\":7,"
				 "\"completion_tokens\":1}}" },
		{ "anthropic", "{\"type\":\"message\",\"content\":[{\"type\":"
			       "\"text\",\"text\":\"yes\"}],\"stop_reason\":"
			       "\"end_turn\",\"usage\":{\"input_tokens\":7,"
			       "\"output_tokens\":1}}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct agent_reply r = { .type = "application/json",
					 .body = rows[i].body };

		w.whole = true;
		world_turn(rows[i].name, &r, 1);
		assert_said_yes();
		assert_usage(7, 0, 1, 0);
		assert_non_null(strstr(buf_str(&w.server.seen[0].body),
				       "\"stream\":false"));
		w.whole = false;
		r.body = "{half";
		world_turn(rows[i].name, &r, 1);
		assert_turn_fails(TURN_PROTOCOL, "not valid JSON");
	}
}

/* How answers end. */
static const struct {
	const char *name, *body;
	enum turn_failure failure;
	enum turn_end end;
	size_t parts;
	const char *words;
} endings[] = {
	{ "openai",
	  "data: {\"type\":\"response.incomplete\","
	  "\"response\":{\"status\":\"incomplete\","
	  "\"incomplete_details\":{\"reason\":"
	  "\"max_output_tokens\"},\"output\":[{\"type\":"
	  "\"function_call\",\"call_id\":\"c\",\"name\":"
	  "\"f\",\"arguments\":\"{\\\"a\"}]}}\n\n",
	  TURN_OK, END_CUT, 0, NULL },
	{ "openai",
	  "data: {\"type\":\"response.incomplete\","
	  "\"response\":{\"status\":\"incomplete\","
	  "\"incomplete_details\":{\"reason\":"
	  "\"content_filter\"}}}\n\n",
	  TURN_REFUSED, END_NONE, 0, "content filter" },
	{ "openai",
	  "data: {\"type\":\"response.completed\","
	  "\"response\":{\"status\":\"completed\","
	  "\"output\":[{\"type\":\"message\",\"content\":["
	  "{\"type\":\"refusal\",\"refusal\":\"I won't\"}]"
	  "}]}}\n\n",
	  TURN_REFUSED, END_NONE, 0, "I won't" },
	{ "openai",
	  "data: {\"type\":\"response.failed\","
	  "\"response\":{\"status\":\"failed\",\"error\":{"
	  "\"code\":\"invalid_prompt\",\"message\":"
	  "\"bad\"}}}\n\n",
	  TURN_REQUEST, END_NONE, 0, "invalid_prompt): bad" },
	{ "openai-chat",
	  "data: {\"choices\":[{\"delta\":{"
	  "\"tool_calls\":[{\"index\":0,\"id\":\"c\","
	  "\"function\":{\"name\":\"f\",\"arguments\":"
	  "\"{\\\"a\"}}]},\"finish_reason\":"
	  "\"length\"}]}\n\ndata: [DONE]\n\n",
	  TURN_OK, END_CUT, 0, NULL },
	{ "openai-chat",
	  "data: {\"choices\":[{\"delta\":{},"
	  "\"finish_reason\":\"content_filter\"}]}\n\n"
	  "data: [DONE]\n\n",
	  TURN_REFUSED, END_NONE, 0, "content filter" },
	{ "openai-chat",
	  "data: {\"choices\":[{\"delta\":{"
	  "\"refusal\":\"no way\"},\"finish_reason\":"
	  "\"stop\"}]}\n\ndata: [DONE]\n\n",
	  TURN_REFUSED, END_NONE, 0, "no way" },
	/* Calls count, not the word; no id, no arguments. */
	{ "openai-chat",
	  "data: {\"choices\":[{\"delta\":{"
	  "\"tool_calls\":[{\"function\":{\"name\":"
	  "\"f\"}}]},\"finish_reason\":\"stop\"}]}\n\n",
	  TURN_OK, END_CALLS, 1, NULL },
	/* No index: a new id is a new call. */
	{ "openai-chat",
	  "data: {\"choices\":[{\"delta\":{"
	  "\"tool_calls\":[{\"id\":\"a\",\"function\":"
	  "{\"name\":\"f\",\"arguments\":{\"x\":1}}}]"
	  "}}]}\n\ndata: {\"choices\":[{\"delta\":{"
	  "\"tool_calls\":[{\"id\":\"b\",\"function\":"
	  "{\"name\":\"f\",\"arguments\":\"{}\"}}]},"
	  "\"finish_reason\":\"tool_calls\"}]}\n\n",
	  TURN_OK, END_CALLS, 2, NULL },
	{ "anthropic",
	  "data: {\"type\":\"message_start\"}\n\n"
	  "data: {\"type\":\"content_block_start\","
	  "\"index\":0,\"content_block\":{\"type\":"
	  "\"tool_use\",\"id\":\"c\",\"name\":\"f\"}}\n\n"
	  "data: {\"type\":\"content_block_delta\","
	  "\"index\":0,\"delta\":{\"partial_json\":"
	  "\"{\\\"a\"}}\n\n"
	  "data: {\"type\":\"content_block_stop\","
	  "\"index\":0}\n\n"
	  "data: {\"type\":\"message_delta\",\"delta\":{"
	  "\"stop_reason\":\"max_tokens\"}}\n\n"
	  "data: {\"type\":\"message_stop\"}\n\n",
	  TURN_OK, END_CUT, 0, NULL },
	{ "anthropic",
	  "data: {\"type\":\"message_delta\",\"delta\":{"
	  "\"stop_reason\":\"pause_turn\"}}\n\n"
	  "data: {\"type\":\"message_stop\"}\n\n",
	  TURN_OK, END_PAUSED, 0, NULL },
	{ "anthropic",
	  "data: {\"type\":\"message_delta\",\"delta\":{"
	  "\"stop_reason\":\"refusal\",\"stop_details\":"
	  "{\"explanation\":\"harm\"}}}\n\n"
	  "data: {\"type\":\"message_stop\"}\n\n",
	  TURN_REFUSED, END_NONE, 0, "harm" },
	{ "anthropic",
	  "data: {\"type\":\"message_delta\",\"delta\":{"
	  "\"stop_reason\":"
	  "\"model_context_window_exceeded\"}}\n\n",
	  TURN_CONTEXT, END_NONE, 0, "window is full" },
	{ "anthropic", "data: {\"type\":\"message_stop\"}\n\n", TURN_PROTOCOL,
	  END_NONE, 0, "without a reason" },
	/* Twice begun; a piece before its beginning. */
	{ "anthropic",
	  "data: {\"type\":\"message_start\"}\n\n"
	  "data: {\"type\":\"message_start\"}\n\n",
	  TURN_PROTOCOL, END_NONE, 0, "second answer" },
	{ "anthropic",
	  "data: {\"type\":\"content_block_start\",\"index\":"
	  "0}\n\n",
	  TURN_PROTOCOL, END_NONE, 0, "a block without a type" },
	{ "anthropic",
	  "data: {\"type\":\"content_block_delta\","
	  "\"index\":0,\"delta\":{\"text\":\"x\"}}\n\n",
	  TURN_PROTOCOL, END_NONE, 0, "not open" },
	{ "openai",
	  "data: {\"type\":\"response.output_text.delta\","
	  "\"output_index\":0,\"delta\":\"x\"}\n\n",
	  TURN_PROTOCOL, END_NONE, 0, "not begun" },
	/* A call's arguments that would end as a raw item of the next body. */
	{ "openai",
	  "data: {\"type\":\"response.output_item.added\","
	  "\"output_index\":0,\"item\":{\"type\":\"function_call\"}}\n\n"
	  "data: {\"type\":\"response.function_call_arguments.delta\","
	  "\"output_index\":0,\"delta\":\"]},\"}\n\n"
	  "data: {\"type\":\"response.output_item.done\","
	  "\"output_index\":0,\"item\":{\"type\":\"reasoning\"}}\n\n",
	  TURN_PROTOCOL, END_NONE, 1, "another type" },
};

static void
test_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
		world_one(endings[i].name, endings[i].body);
		if (endings[i].failure == TURN_OK)
			assert_turn_ok();
		else
			assert_turn_fails(endings[i].failure, endings[i].words);
		if (w.r.end != endings[i].end ||
		    w.r.message.part_count != endings[i].parts)
			fail_msg("row %zu: end %s, %zu parts", i,
				 turn_end_word(w.r.end),
				 w.r.message.part_count);
	}
}

/* Arguments of 10 MB come whole; invalid UTF-8 becomes U+FFFD. */
static void
test_big_and_bad_text(void **state)
{
	enum { BIG = 10 << 20 };
	AUTO(buf) b = BUF_INIT;
	struct agent_reply r;

	(void)state;
	buf_addstr(&b, "data: {\"choices\":[{\"delta\":{\"content\":"
		       "\"a\xff\xe2\x82\",\"tool_calls\":[{\"id\":\"c\","
		       "\"function\":{\"name\":\"f\",\"arguments\":\"");
	for (int i = 0; i < BIG; i++)
		buf_addch(&b, 'x');
	buf_addstr(&b, "\"}}]},\"finish_reason\":\"stop\"}]}\n\n");
	r = (struct agent_reply){ .body = b.data, .len = b.len };
	world_turn("ollama", &r, 1);
	assert_turn_ok();
	assert_int_equal(w.r.message.part_count, 2);
	assert_string_equal(w.r.message.parts[0].text,
			    "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	assert_int_equal(strlen(w.r.message.parts[1].text), BIG);
}

/* Stopped at any moment: before an answer, in it, in the pause before a
 * retry, and with a server that hangs after the end. */
static void
test_cancel(void **state)
{
	struct agent_reply hang = { .body = "x", .how = CUT_HANG };
	struct agent_reply slow = { .status = 429,
				    .body = "{}",
				    .type = "application/json",
				    .headers = "Retry-After: 60\r\n" };
	struct agent_reply r[] = { { .body = GOOD_CHAT, .piece = 1 } };
	AUTO_PTR(provider) p = world_provider("openai-chat");
	struct err err = ERR_INIT;

	(void)state;
	agent_server_play(&w.server, &hang, 1);
	w.turn = turn_start(p, &w.rq, &err);
	turn_cancel(w.turn);
	turn_cancel(w.turn);
	assert_int_equal(w.done, 0);
	loop_run(w.loop);
	assert_turn_fails(TURN_CANCELLED, "stopped on request");
	assert_int_equal(w.done, 1);

	world_forget();
	w.cancel_at = 2; /* in "yes" */
	agent_server_play(&w.server, r, 1);
	w.turn = turn_start(p, &w.rq, &err);
	loop_run(w.loop);
	assert_turn_fails(TURN_CANCELLED, "stopped on request");
	assert_string_equal(w.r.message.parts[0].text, "yes");

	world_forget();
	agent_server_play(&w.server, &slow, 1);
	w.turn = turn_start(p, &w.rq, &err);
	while (!w.retried)
		loop_turn(w.loop, true);
	turn_cancel(w.turn);
	loop_run(w.loop);
	assert_turn_fails(TURN_CANCELLED, "stopped on request");
	assert_int_equal(w.server.requests, 1);
}

static void
test_hanging_server(void **state)
{
	struct agent_reply ended = { .body = GOOD_ANTHROPIC "more",
				     .how = CUT_HANG,
				     .cut = strlen(GOOD_ANTHROPIC) };
	struct agent_reply silent = { .body = "x", .how = CUT_HANG };

	(void)state;
	world_turn("anthropic", &ended, 1);
	assert_said_yes();
	w.stall_ms = 30;
	w.retries = -1;
	world_turn("anthropic", &silent, 1);
	assert_turn_fails(TURN_NETWORK, "nothing came for 30 ms");
}

static void
test_no_server(void **state)
{
	AUTO_FREE char *url = NULL;
	struct provider_options o = { .loop = w.loop,
				      .http = w.http,
				      .name = "anthropic",
				      .retries = -1 };
	AUTO_PTR(provider) p = NULL;
	struct err err = ERR_INIT;

	(void)state;
	o.base_url = "http://127.0.0.1:1";
	p = provider_new(&o, &err);
	w.turn = turn_start(p, &w.rq, &err);
	loop_run(w.loop);
	assert_turn_fails(TURN_NETWORK, "Connection refused");
}

/* The key's header, by provider; none for a local server without one. */
static void
test_keys(void **state)
{
	static const struct {
		const char *name, *header;
	} rows[] = {
		{ "openai", "\r\nAuthorization: Bearer "
			    "sk-test-0123456789abcdef\r\n" },
		{ "openai-chat", "\r\nAuthorization: Bearer "
				 "sk-test-0123456789abcdef\r\n" },
		{ "anthropic", "\r\nx-api-key: sk-ant-0123456789abcdef\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		world_one(rows[i].name, providers[i].good);
		assert_non_null(strstr(buf_str(&w.server.seen[0].head),
				       rows[i].header));
	}
	assert_non_null(strstr(buf_str(&w.server.seen[0].head),
			       "\r\nanthropic-version: 2023-06-01\r\n"));
	assert_true(str_starts(buf_str(&w.server.seen[0].head),
			       "POST /v1/messages HTTP/1.1\r\n"));
	world_one("ollama", GOOD_CHAT);
	assert_null(
		strcasestr(buf_str(&w.server.seen[0].head), "authorization"));
	assert_null(strstr(buf_str(&w.server.seen[0].head), "0123456789"));
	unsetenv("ANTHROPIC_API_KEY");
	setenv("ANTHROPIC_AUTH_TOKEN", "tok-0123456789abcdef", 1);
	world_one("anthropic", GOOD_ANTHROPIC);
	assert_non_null(strstr(buf_str(&w.server.seen[0].head),
			       "\r\nAuthorization: Bearer "
			       "tok-0123456789abcdef\r\n"));
}

static void
test_bad_configuration(void **state)
{
	struct provider_options o = { .loop = w.loop, .http = w.http };
	struct err err = ERR_INIT;

	(void)state;
	o.name = "opnai";
	assert_fails(provider_new(&o, &err), err, ERR_CONFIG,
		     "there are offline");
	o.name = "openai";
	o.base_url = "ftp://x";
	assert_fails(provider_new(&o, &err), err, ERR_CONFIG, "https://");
	o.base_url = "http://example.com/v1";
	assert_fails(provider_new(&o, &err), err, ERR_CONFIG, "unencrypted");
	assert_null(strstr(err.msg, "0123456789"));
	o.base_url = "http://localhost.example.com/v1";
	assert_fails(provider_new(&o, &err), err, ERR_CONFIG, "unencrypted");
	o.base_url = NULL;
	setenv("OPENAI_API_KEY", "sk-0123456789\r\nX: y", 1);
	assert_fails(provider_new(&o, &err), err, ERR_CONFIG, "no blanks");
	assert_null(strstr(err.msg, "0123456789"));
	unsetenv("OPENAI_API_KEY");
	assert_fails(provider_new(&o, &err), err, ERR_CONFIG,
		     "set OPENAI_API_KEY");
}

/* --- prices ------------------------------------------------------------- */

static void
test_models(void **state)
{
	AUTO_PTR(models) m = NULL;
	struct paths paths = { 0 };
	static const char own[] =
		"models:\n - {model: a, provider: ollama, imput: 1}\n";
	const struct model *sonnet, *gpt;
	struct turn_usage u = {
		.input = 1000, .cached = 600, .cache_write = 100, .output = 10
	};
	struct err err = ERR_INIT;

	assert_ok(paths_find(&paths, &err), err);
	m = models_load(&paths, &err);
	if (!m)
		fail_msg("%s", err.msg);
	sonnet = models_find(m, "anthropic", "claude-sonnet-4-5");
	assert_non_null(sonnet);
	assert_ptr_equal(models_find(m, "anthropic",
				     "claude-sonnet-4-5-20250929"),
			 sonnet);
	assert_null(models_find(m, "anthropic", "claude-sonnet-4-5-x"));
	assert_null(models_find(m, "ollama", "gpt-5"));
	assert_non_null(models_find(m, "openai-chat", "gpt-5-2025-08-07"));
	/* 300 * 3 + 600 * 0.3 + 100 * 3.75 + 10 * 15 */
	assert_int_equal(model_cost_microusd(sonnet, &u), 1605);
	assert_int_equal(model_worst_microusd(sonnet, 1000, 10), 3900);
	gpt = models_find(m, "openai", "gpt-5.5");
	u = (struct turn_usage){ .input = 272000, .output = 1 };
	assert_int_equal(model_cost_microusd(gpt, &u), 1360030);
	u.input++;
	assert_int_equal(model_cost_microusd(gpt, &u), 2720055);
	/* A fraction is rounded up. */
	u = (struct turn_usage){ .input = 1 };
	assert_int_equal(model_cost_microusd(models_first(m, "openai"), &u), 1);
	{
		AUTO_FREE char *dir = path_join(*state, "config");

		assert_ok(path_mkdirs(dir, &err), err);
		test_write(dir, "models.yaml", own, strlen(own));
	}
	assert_fails(models_load(&paths, &err), err, ERR_SYNTAX,
		     "did you mean input?");
	paths_release(&paths);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_statuses),
		world_test(test_retry_headers),
		world_test(test_retry_table),
		world_test(test_streams),
		world_test(test_wrong_types),
		world_test(test_whole),
		world_test(test_ends),
		world_test(test_big_and_bad_text),
		world_test(test_cancel),
		world_test(test_hanging_server),
		world_test(test_no_server),
		world_test(test_keys),
		world_test(test_bad_configuration),
		dir_test(test_models),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
