/*
 * One turn of a model: the streaming core under every wire format.
 *
 * Invariants
 *  1. Exactly one of `call` (a request is under way) and `timer` (a pause
 *     before a retry, or the way to the end after a cancel) is set from
 *     turn_start until on_done; `linger` may be set beside `call`.
 *  2. The body is built once; a retry sends the same bytes.
 *  3. After `cancelled`, or once the stream failed or ended, no more of its
 *     bytes are read and no delta is given.
 *  4. on_done is called once, by finish, and from the loop only.
 *
 *	turn_start -> sending --headers--> reading --terminal event--> lingering
 *	                 |  \                 |  failure: http_cancel     |
 *	                 |   \-------------- on_http_done <---------------/
 *	                 |                    |         \
 *	           pause (timer) <--retried---/          finish -> on_done
 *
 * After the terminal event the server should close; LINGER_MS later we do.
 */
#include "agent/turn.h"

#include "agent/sse.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	RAW_LIMIT = 64 << 10, /* of an answer that is an error */
	LINGER_MS = 250,
	SAID_MAX = 400, /* bytes of the server's words in a message */
};

enum shape { SHAPE_RAW, SHAPE_STREAM, SHAPE_WHOLE };

struct turn {
	struct turn *next, **link;
	struct provider *p;
	struct strv tools, names; /* as asked for, as on the wire */
	struct buf body;
	struct http_call *call;
	struct loop_timer *timer, *linger;
	struct sse sse;
	struct wire_stream stream;
	struct buf raw;
	enum shape shape;
	bool marker; /* [DONE] came */
	bool cancelled;
	int status;
	int should_retry;
	int64_t retry_after_ms;
	struct turn_result result;
	turn_delta_fn *on_delta;
	turn_done_fn *on_done;
	void *ud;
	struct err problem; /* of an event: one for all of them is not cleared
			       a thousand bytes at each */
};

void
turn_result_release(struct turn_result *r)
{
	message_release(&r->message);
	free(r->request_id);
	free(r->model);
	*r = (struct turn_result){ 0 };
}

static void
drop_timer(struct loop_timer **t)
{
	if (*t)
		loop_timer_cancel(*t);
	*t = NULL;
}

static void
release(struct turn *t)
{
	drop_timer(&t->timer);
	drop_timer(&t->linger);
	*t->link = t->next;
	if (t->next)
		t->next->link = t->link;
	strv_release(&t->tools);
	strv_release(&t->names);
	buf_release(&t->body);
	buf_release(&t->raw);
	sse_release(&t->sse);
	wire_stream_release(&t->stream);
	turn_result_release(&t->result);
	free(t);
}

void
turn_free_all(struct provider *p)
{
	while (p->turns)
		release(p->turns);
}

/* --- the end ------------------------------------------------------------ */

static const struct {
	enum err_code code;
	const char *advice;
} failures[] = {
#define X(id, word, retried, code, advice) { code, advice },
	TURN_FAILURES(X)
#undef X
};

/* "anthropic: overloaded (HTTP 529, overloaded_error): words; advice" */
static void
explain(struct turn *t)
{
	struct turn_result *r = &t->result;
	AUTO_FREE char *said =
		redact_str(t->p->redact, buf_str(&t->stream.problem));
	AUTO(buf) where = BUF_INIT;

	if (strlen(said) > SAID_MAX)
		memcpy(said + SAID_MAX - 3, "...", 4);
	if (t->status && t->status / 100 != 2)
		buf_printf(&where, "HTTP %d", t->status);
	if (t->stream.code)
		buf_printf(&where, "%s%.60s", where.len ? ", " : "",
			   t->stream.code);
	FAIL(&r->err, failures[r->failure].code, "%s: %s%s%s%s: %s; %s",
	     t->p->row->name, turn_failure_word(r->failure),
	     where.len ? " (" : "", buf_str(&where), where.len ? ")" : "", said,
	     failures[r->failure].advice);
}

static void
finish(struct turn *t)
{
	struct turn_result *r = &t->result;
	struct wire_stream *s = &t->stream;

	if (t->cancelled) {
		s->failure = TURN_CANCELLED;
		buf_reset(&s->problem);
		buf_addstr(&s->problem, "stopped on request");
	}
	r->failure = s->failure;
	r->usage = s->usage;
	r->model = TAKE(s->model);
	wire_message(s, t->p->row->wire->name, &t->tools, &t->names,
		     &r->message);
	if (r->failure != TURN_OK) {
		explain(t);
	} else {
		r->end = s->end;
		if (r->end == END_DONE && message_calls(&r->message))
			r->end = END_CALLS;
	}
	t->on_done(t->ud, r);
	release(t);
}

/* --- what went wrong ---------------------------------------------------- */

/* An answer that is no success: its words, if they can be understood. */
static void
read_problem(struct turn *t)
{
	AUTO_JSON *v = json_parse(buf_str(&t->raw), t->raw.len, "answer", NULL);
	const cJSON *error = json_get(v, "error");

	if (t->status / 100 == 3) {
		wire_fail(&t->stream, TURN_PROTOCOL,
			  "it leads elsewhere, and no key is sent there");
		return;
	}
	if (!error && json_get(v, "message"))
		error = v;
	if (error) {
		wire_error(&t->stream, error, t->status);
		return;
	}
	error = cJSON_CreateString(
		t->raw.len == 0               ? "no reason given" :
		strchr(buf_str(&t->raw), '<') ? "the answer is a web page" :
						"the answer is not in JSON");
	wire_error(&t->stream, error, t->status);
	cJSON_Delete((cJSON *)(uintptr_t)error);
}

static void
take_whole(struct turn *t)
{
	struct err err = ERR_INIT;
	AUTO_JSON *v =
		json_parse(buf_str(&t->raw), t->raw.len, "the answer", &err);

	if (v)
		t->p->row->wire->event(&t->stream, v);
	else
		wire_fail(&t->stream, TURN_PROTOCOL, "%s", err.msg);
}

/* Judges what came; afterwards stream.failure says whether it was good. */
static void
judge(struct turn *t, const struct http_answer *a)
{
	struct wire_stream *s = &t->stream;

	if (s->failure != TURN_OK || t->cancelled)
		return;
	if (a->err.code == ERR_NONE && t->shape == SHAPE_WHOLE)
		take_whole(t);
	if (t->shape != SHAPE_RAW && s->failure == TURN_OK && !s->ended)
		t->p->row->wire->finish(s);
	if (s->failure != TURN_OK || s->ended)
		return;
	if (t->status && t->status / 100 != 2 && a->err.code == ERR_NONE)
		read_problem(t);
	else if (a->err.code == ERR_TOOBIG)
		wire_fail(s, TURN_PROTOCOL, "%s", a->err.msg);
	else if (a->err.code != ERR_NONE && a->err.code != ERR_CANCELLED)
		wire_fail(s, TURN_NETWORK, "%s", a->err.msg);
	else if (t->shape == SHAPE_RAW)
		wire_fail(s, TURN_PROTOCOL,
			  "the answer is neither a stream nor JSON");
	else
		wire_fail(s, TURN_NETWORK,
			  "the stream ended before the answer was complete");
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7) as time from now. */
static int64_t
date_ms(const char *s)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	AUTO_FREE char *iso = NULL;
	char month[4];
	int day, year, hour, minute, second;
	const char *found;
	int64_t at;

	/* NOLINTNEXTLINE(cert-err34-c): a number out of range is no date */
	if (sscanf(s, "%*3s, %2d %3s %4d %2d:%2d:%2d GMT", &day, month, &year,
		   &hour, &minute, &second) != 6)
		return -1;
	found = strstr(months, month);
	if (!found || (found - months) % 3)
		return -1;
	iso = xasprintf("%04d-%02d-%02dT%02d:%02d:%02dZ", year,
			(int)(found - months) / 3 + 1, day, hour, minute,
			second);
	if (!clock_parse_iso(iso, &at))
		return -1;
	at -= clock_wall_us();
	return at > 0 ? at / 1000 : 0;
}

static int64_t
retry_after(const struct http_answer *a)
{
	const char *ms = http_header(a, "retry-after-ms");
	const char *s = http_header(a, "retry-after");
	double v;

	if (ms && str_to_double(ms, &v) && v >= 0 && v < 1e9)
		return (int64_t)v;
	if (s && str_to_double(s, &v) && v >= 0 && v < 1e6)
		return (int64_t)(v * 1000);
	return s ? date_ms(s) : -1;
}

static double
unit_random(void)
{
	char hex[9];

	id_random_hex(hex, 4);
	return (double)strtoul(hex, NULL, 16) / 4294967296.0;
}

/* --- sending ------------------------------------------------------------ */

static bool send_request(struct turn *t, struct err *err);

static void
on_pause_over(void *ud)
{
	struct turn *t = ud;
	struct err err = ERR_INIT;

	t->timer = NULL;
	if (!t->cancelled && send_request(t, &err))
		return;
	wire_fail(&t->stream, TURN_NETWORK, "%s", err.msg);
	finish(t);
}

static void
tell_retry(struct turn *t, int64_t wait_ms)
{
	AUTO_FREE char *why =
		redact_str(t->p->redact, buf_str(&t->stream.problem));
	struct turn_delta d = { .kind = DELTA_RETRY,
				.text = why,
				.len = strlen(why),
				.wait_ms = wait_ms };

	if (t->on_delta)
		t->on_delta(t->ud, &d);
}

static void
on_http_done(void *ud, struct http_answer *a)
{
	struct turn *t = ud;
	const char *id = http_header(a, t->p->row->wire->id_header);
	struct turn_trouble trouble;
	int64_t wait_ms;

	t->call = NULL;
	drop_timer(&t->linger);
	if (id && !t->result.request_id)
		t->result.request_id = xstrdup(id);
	judge(t, a);
	trouble = (struct turn_trouble){
		.failure = t->stream.failure,
		.shown = t->result.shown,
		.should_retry = t->should_retry,
		.retry_after_ms = t->retry_after_ms,
		.after_max_ms = t->p->row->wire->after_max_ms,
		.slow_down = str_eq(t->stream.code, "slow_down"),
	};
	wait_ms =
		turn_retry_ms(&trouble, t->result.requests - 1, unit_random());
	if (t->cancelled || wait_ms < 0 || t->result.requests > t->p->retries) {
		finish(t);
		return;
	}
	t->timer = loop_timer(t->p->loop, wait_ms, on_pause_over, t);
	tell_retry(t, wait_ms);
}

/* --- receiving ---------------------------------------------------------- */

static void
on_linger(void *ud)
{
	struct turn *t = ud;

	t->linger = NULL;
	http_cancel(t->call);
}

/* Nothing more is needed, or wanted. A refusal goes on: its usage is yet to
 * come. */
static bool
is_over(const struct turn *t)
{
	return t->cancelled || t->marker || t->stream.ended ||
	       (t->stream.failure != TURN_OK &&
		t->stream.failure != TURN_REFUSED);
}

static void
end_reading(struct turn *t)
{
	if (t->cancelled || t->linger)
		return;
	if (t->stream.failure != TURN_OK && t->stream.failure != TURN_REFUSED)
		http_cancel(t->call);
	else
		t->linger = loop_timer(t->p->loop, LINGER_MS, on_linger, t);
}

static bool
on_event(void *ud, const char *name, char *data, size_t len)
{
	struct turn *t = ud;
	const cJSON *v;

	(void)name; /* the data say it too, in every format */
	if (len == 6 && memcmp(data, "[DONE]", 6) == 0) {
		t->marker = true;
		return false;
	}
	v = json_read(t->p->reader, data, len, "an event", &t->problem);
	if (v)
		t->p->row->wire->event(&t->stream, v);
	else
		wire_fail(&t->stream, TURN_PROTOCOL, "%s", t->problem.msg);
	return !is_over(t);
}

static void
on_emit(void *ud, enum turn_delta_kind kind, const char *text, size_t len)
{
	struct turn *t = ud;
	struct turn_delta d = { .kind = kind, .text = text, .len = len };

	if (t->cancelled)
		return;
	t->result.shown = true;
	if (t->on_delta)
		t->on_delta(t->ud, &d);
}

static void
on_headers(void *ud, const struct http_answer *a)
{
	struct turn *t = ud;
	const char *type = http_header(a, "content-type");
	const char *again = http_header(a, "x-should-retry");

	t->status = a->status;
	t->should_retry = str_eq(again, "true")  ? 1 :
			  str_eq(again, "false") ? 0 :
						   -1;
	t->retry_after_ms = retry_after(a);
	t->shape = SHAPE_RAW;
	if (a->status / 100 != 2)
		return;
	if (type ? str_starts(type, "text/event-stream") : !t->p->whole)
		t->shape = SHAPE_STREAM;
	else if (type && str_starts(type, "application/json"))
		t->shape = SHAPE_WHOLE;
}

static void
on_data(void *ud, const char *data, size_t len)
{
	struct turn *t = ud;

	if (t->shape == SHAPE_WHOLE) {
		buf_add(&t->raw, data, len);
	} else if (t->shape == SHAPE_RAW) {
		size_t room = RAW_LIMIT - t->raw.len;

		buf_add(&t->raw, data, len < room ? len : room);
	} else if (!is_over(t)) {
		if (!sse_add(&t->sse, data, len, &t->problem))
			wire_fail(&t->stream, TURN_PROTOCOL, "%s",
				  t->problem.msg);
		if (is_over(t))
			end_reading(t);
	}
}

static void
reset(struct turn *t)
{
	wire_stream_release(&t->stream);
	t->stream.emit = on_emit;
	t->stream.ud = t;
	sse_release(&t->sse);
	t->sse = (struct sse){ .limit = PROVIDER_EVENT_LIMIT,
			       .fn = on_event,
			       .ud = t };
	buf_reset(&t->raw);
	t->shape = SHAPE_RAW;
	t->marker = false;
	t->status = 0;
	t->should_retry = -1;
	t->retry_after_ms = -1;
}

static bool
send_request(struct turn *t, struct err *err)
{
	AUTO_FREE char *url =
		xasprintf("%s%s", t->p->base_url, t->p->row->wire->path);
	struct http_request rq = {
		.url = url,
		.headers = (const char *const *)t->p->headers.items,
		.body = t->body.data,
		.body_len = t->body.len,
		.stall_ms = t->p->stall_ms,
		.body_limit = PROVIDER_BODY_LIMIT,
		.proxy_from_env = !(t->p->row->flags & PROVIDER_LOCAL),
		.on_headers = on_headers,
		.on_data = on_data,
		.on_done = on_http_done,
		.ud = t,
	};

	reset(t);
	t->result.requests++;
	t->call = http_start(t->p->http, &rq, err);
	return t->call != NULL;
}

static bool
build(const struct provider *p, const struct turn_request *rq,
      const struct strv *names, struct buf *out, struct err *err)
{
	const struct wire *wire = p->row->wire;
	struct wire_request w = {
		.rq = rq, .row = p->row, .names = names, .stream = !p->whole
	};

	if (!wire->build(&w, out, err))
		return false;
	if (wire->body_limit && out->len > wire->body_limit)
		return FAIL(err, ERR_TOOBIG,
			    "%s: the request has %zu MB and may have %zu; "
			    "send fewer or smaller pictures",
			    p->row->name, out->len >> 20,
			    wire->body_limit >> 20);
	return true;
}

bool
turn_body(const struct provider *p, const struct turn_request *rq,
	  struct buf *out, struct err *err)
{
	AUTO(strv) names = STRV_INIT;

	wire_names(rq, &names);
	return build(p, rq, &names, out, err);
}

struct turn *
turn_start(struct provider *p, const struct turn_request *rq, struct err *err)
{
	struct turn *t = xcalloc(1, sizeof(*t));

	t->p = p;
	t->link = &p->turns;
	t->next = p->turns;
	if (t->next)
		t->next->link = &t->next;
	p->turns = t;
	t->on_delta = rq->on_delta;
	t->on_done = rq->on_done;
	t->ud = rq->ud;
	for (size_t i = 0; i < rq->tool_count; i++)
		strv_add(&t->tools, rq->tools[i].name);
	wire_names(rq, &t->names);
	if (build(p, rq, &t->names, &t->body, err) && send_request(t, err))
		return t;
	release(t);
	return NULL;
}

void
turn_cancel(struct turn *t)
{
	if (t->cancelled)
		return;
	t->cancelled = true;
	if (t->call) {
		http_cancel(t->call);
	} else {
		drop_timer(&t->timer);
		t->timer = loop_timer(t->p->loop, 0, on_pause_over, t);
	}
}
