/*
 * agent_turn.h - one turn against agent_server.h, awaited, and what came of
 * it.
 */
#ifndef AGENTOPS_TESTS_AGENT_TURN_H
#define AGENTOPS_TESTS_AGENT_TURN_H

#include "agent_server.h"

#include "agent/provider.h"

struct world {
	struct loop *loop;
	struct http *http;
	struct agent_server server;
	struct messages history;
	struct turn_request rq;
	struct turn *turn;
	int retries;           /* 0: the provider's own */
	bool whole;
	int64_t stall_ms;
	/* what came */
	struct turn_result r;
	struct buf text, reasoning, calls; /* calls: names, each with a ";" */
	int done, retried;
	int64_t waited_ms;
	size_t cancel_at;      /* cancels when so much text came; 0: never */
};

static struct world w;

static inline void
world_delta(void *ud, const struct turn_delta *d)
{
	(void)ud;
	assert_int_equal(w.done, 0);
	assert_int_equal(d->text[d->len], '\0');
	switch (d->kind) {
	case DELTA_TEXT:
		buf_add(&w.text, d->text, d->len);
		if (w.cancel_at && w.text.len >= w.cancel_at)
			turn_cancel(w.turn);
		break;
	case DELTA_REASONING:
		buf_add(&w.reasoning, d->text, d->len);
		break;
	case DELTA_CALL:
		buf_printf(&w.calls, "%s;", d->text);
		break;
	case DELTA_RETRY:
		w.retried++;
		w.waited_ms += d->wait_ms;
		break;
	}
}

static inline void
world_done(void *ud, struct turn_result *r)
{
	(void)ud;
	w.r = *r;
	*r = (struct turn_result){ 0 };
	w.done++;
	w.turn = NULL;
	loop_stop(w.loop);
}

static inline void
world_forget(void)
{
	turn_result_release(&w.r);
	buf_release(&w.text);
	buf_release(&w.reasoning);
	buf_release(&w.calls);
	w.done = w.retried = 0;
	w.waited_ms = 0;
}

static inline int
world_setup(void **state)
{
	(void)state;
	unsetenv("OPENAI_BASE_URL");
	unsetenv("ANTHROPIC_BASE_URL");
	unsetenv("ANTHROPIC_AUTH_TOKEN");
	setenv("OPENAI_API_KEY", "sk-test-0123456789abcdef", 1);
	setenv("ANTHROPIC_API_KEY", "sk-ant-0123456789abcdef", 1);
	w = (struct world){ .loop = loop_new() };
	w.http = http_new(w.loop);
	agent_server_start(&w.server, w.loop);
	w.rq = (struct turn_request){ .model = "m",
				      .messages = &w.history,
				      .on_delta = world_delta,
				      .on_done = world_done };
	message_text(messages_add(&w.history, ROLE_USER), "hi");
	return 0;
}

static inline int
world_teardown(void **state)
{
	(void)state;
	world_forget();
	messages_release(&w.history);
	http_free(w.http);
	agent_server_stop(&w.server);
	loop_free(w.loop);
	return 0;
}

#define world_test(fn) \
	cmocka_unit_test_setup_teardown(fn, world_setup, world_teardown)

static inline struct provider *
world_provider(const char *name)
{
	AUTO_FREE char *url =
		xasprintf("http://127.0.0.1:%d", w.server.port);
	struct provider_options o = { .loop = w.loop,
				      .http = w.http,
				      .name = name,
				      .base_url = url,
				      .stall_ms = w.stall_ms,
				      .retries = w.retries,
				      .whole = w.whole };
	struct err err = ERR_INIT;
	struct provider *p = provider_new(&o, &err);

	if (!p)
		fail_msg("%s", err.msg);
	return p;
}

/* Runs the turn to its end. */
static inline void
world_turn(const char *name, const struct agent_reply *replies, size_t count)
{
	AUTO_PTR(provider) p = world_provider(name);
	struct err err = ERR_INIT;

	world_forget();
	agent_server_play(&w.server, replies, count);
	w.turn = turn_start(p, &w.rq, &err);
	if (!w.turn)
		fail_msg("%s", err.msg);
	assert_int_equal(w.done, 0);
	loop_run(w.loop);
	assert_int_equal(w.done, 1);
}

static inline void
world_one(const char *name, const char *body)
{
	struct agent_reply r = { .body = body };

	world_turn(name, &r, 1);
}

static inline void
assert_turn_ok(void)
{
	if (w.r.failure != TURN_OK)
		fail_msg("%s", w.r.err.msg);
}

/* The class, and words of the message. */
static inline void
assert_turn_fails(enum turn_failure f, const char *words)
{
	if (w.r.failure != f)
		fail_msg("failure %s, not %s: %s",
			 turn_failure_word(w.r.failure), turn_failure_word(f),
			 w.r.err.msg);
	if (!strstr(w.r.err.msg, words))
		fail_msg("\"%s\" lacks \"%s\"", w.r.err.msg, words);
	if (strstr(w.r.err.msg, "0123456789abcdef"))
		fail_msg("a key is in \"%s\"", w.r.err.msg);
}

static inline void
assert_usage(int64_t input, int64_t cached, int64_t output,
	     int64_t reasoning)
{
	assert_true(w.r.usage.known);
	assert_int_equal(w.r.usage.input, input);
	assert_int_equal(w.r.usage.cached, cached);
	assert_int_equal(w.r.usage.output, output);
	assert_int_equal(w.r.usage.reasoning, reasoning);
}

#endif
