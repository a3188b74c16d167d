/*
 * bench_agents - several agents of a model on one loop: turns at once beside
 * one alone, the first token after its bytes, and whether the loop still
 * turns while many streams come.
 *
 * A child serves Chat Completions over loopback, a process for each
 * connection: it waits LATENCY_MS, as a model does, then sends what the
 * path says: /one a short answer, /many STREAM_EVENTS events, BURST a
 * millisecond, which is a good deal more than models send. Each event has the time at which it was sent.
 *
 * Prints lines "name  ours  peer  ratio  limit  ok|MISS" and ends with 1
 * when one is a MISS, with 2 when it could not measure.
 */
#include "serve.h"

#include "agent/provider.h"
#include "base/clock.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Issue 4, "Speed". */
#define AT_ONCE_LIMIT 1.15 /* of one turn alone */
#define FIRST_LIMIT_MS 5.0 /* after its bytes */
#define LATE_LIMIT_MS 10.0 /* key to paint needs the loop */

enum {
	AGENTS = 4,
	STREAMS = 32,
	STREAM_EVENTS = 1000,
	BURST = 2,
	LATENCY_MS = 150,
	TICK_MS = 5,
	ROUNDS = 9,
};

static bool missed;

static void __attribute__((noreturn)) die(const char *what, const char *why)
{
	fprintf(stderr, "bench_agents: %s: %s\n", what, why);
	exit(2);
}

static void
report(const char *name, double ours, double peer, double ratio, double limit)
{
	bool ok = ratio <= limit;

	printf("%-36s %10.2f %10.2f %8.3f  <= %-6g %s\n", name, ours, peer,
	       ratio, limit, ok ? "ok" : "MISS");
	missed |= !ok;
}

/* --- the server --------------------------------------------------------- */

static void
send_all(int fd, const char *data, size_t len)
{
	if (!serve_send(fd, data, len))
		_exit(0);
}

static void
send_event(int fd)
{
	AUTO(buf) b = BUF_INIT;

	buf_printf(&b,
		   "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":"
		   "\"%" PRId64 " \"},\"finish_reason\":null}]}\n\n",
		   clock_mono_us());
	send_all(fd, b.data, b.len);
}

static void __attribute__((noreturn)) answer(int fd)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: "
				   "text/event-stream\r\nConnection: "
				   "close\r\n\r\n";
	static const char end[] =
		"data: {\"choices\":[{\"index\":0,\"delta\":{},"
		"\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
	char in[65536];
	size_t got = 0;
	int events;

	while (got < sizeof(in) - 1) {
		ssize_t n = recv(fd, in + got, sizeof(in) - 1 - got, 0);

		if (n <= 0)
			_exit(0);
		got += (size_t)n;
		in[got] = '\0';
		if (strstr(in, "\r\n\r\n"))
			break;
	}
	events = strncmp(in, "POST /many", 10) == 0 ? STREAM_EVENTS : 3;
	poll(NULL, 0, LATENCY_MS);
	send_all(fd, head, sizeof(head) - 1);
	for (int i = 0; i < events; i++) {
		send_event(fd);
		if (i % BURST == BURST - 1)
			poll(NULL, 0, 1);
	}
	send_all(fd, end, sizeof(end) - 1);
	shutdown(fd, SHUT_WR);
	while (recv(fd, in, sizeof(in), 0) > 0)
		;
	_exit(0);
}

static void
serve(int listener, void *ud)
{
	(void)ud;
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0 && fork() == 0)
			answer(fd);
		close(fd);
	}
}

/* --- turns ---------------------------------------------------------------- */

struct reading {
	struct loop *loop;
	int left;
	int64_t deltas;
	double first_ms; /* the worst of the turns' first tokens */
	double late_ms;  /* the worst of the ticks */
	int64_t tick_us; /* when the next is due */
	bool failed;
};

struct one {
	struct reading *r;
	bool begun;
};

static void
on_delta(void *ud, const struct turn_delta *d)
{
	struct one *o = ud;
	double ms;

	o->r->deltas++;
	if (o->begun || d->kind != DELTA_TEXT)
		return;
	o->begun = true;
	ms = (double)(clock_mono_us() - strtoll(d->text, NULL, 10)) / 1000;
	if (ms > o->r->first_ms)
		o->r->first_ms = ms;
}

static void
on_done(void *ud, struct turn_result *t)
{
	struct one *o = ud;

	o->r->failed |= t->failure != TURN_OK;
	if (--o->r->left == 0)
		loop_stop(o->r->loop);
}

static void
on_tick(void *ud)
{
	struct reading *r = ud;
	int64_t now = clock_mono_us();
	double late = (double)(now - r->tick_us) / 1000;

	if (late > r->late_ms)
		r->late_ms = late;
	if (!r->left)
		return;
	r->tick_us = now + TICK_MS * 1000;
	loop_timer(r->loop, TICK_MS, on_tick, r);
}

/* Milliseconds until the last of count turns is over. */
static double
read_turns(const char *base, int count, struct reading *r)
{
	AUTO_PTR(loop) loop = loop_new();
	struct http *http = http_new(loop);
	struct provider_options o = {
		.loop = loop, .http = http, .name = "vllm", .base_url = base
	};
	struct messages history = { 0 };
	AUTO_FREE struct one *turns = xcalloc((size_t)count, sizeof(*turns));
	struct err err = ERR_INIT;
	struct provider *p = provider_new(&o, &err);
	int64_t begun = clock_mono_us();
	double ms;

	*r = (struct reading){ .loop = loop, .left = count };
	for (int i = 0; i < count; i++) {
		struct turn_request rq = { .model = "m",
					   .messages = &history,
					   .on_delta = on_delta,
					   .on_done = on_done,
					   .ud = &turns[i] };

		turns[i].r = r;
		if (!p || !turn_start(p, &rq, &err))
			die("turn", err.msg);
	}
	r->tick_us = begun + TICK_MS * 1000;
	loop_timer(loop, TICK_MS, on_tick, r);
	loop_run(loop);
	ms = (double)(clock_mono_us() - begun) / 1000;
	if (r->failed)
		die("turn", "it failed");
	provider_free(p);
	http_free(http);
	return ms;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
median(double *values)
{
	qsort(values, ROUNDS, sizeof(*values), by_size);
	return values[ROUNDS / 2];
}

int
main(void)
{
	double alone[ROUNDS], four[ROUNDS], first[ROUNDS], late[ROUNDS];
	AUTO_FREE char *one = NULL;
	AUTO_FREE char *many = NULL;
	struct reading r;
	pid_t server;
	int port;

	server = serve_start(serve, NULL, &port);
	one = xasprintf("http://127.0.0.1:%d/one", port);
	many = xasprintf("http://127.0.0.1:%d/many", port);
	for (int i = 0; i < ROUNDS; i++) {
		alone[i] = read_turns(one, 1, &r);
		first[i] = r.first_ms;
		four[i] = read_turns(one, AGENTS, &r);
		read_turns(many, STREAMS, &r);
		late[i] = r.late_ms;
		if (r.deltas != (int64_t)STREAMS * STREAM_EVENTS)
			die("streams", "events are missing");
	}
	serve_stop(server);
	printf("%-36s %10s %10s %8s\n", "", "ours", "peer", "ratio");
	report("four turns at once, ms (one alone)", median(four),
	       median(alone), median(four) / median(alone), AT_ONCE_LIMIT);
	report("first token read, ms after its bytes", median(first), 0,
	       median(first), FIRST_LIMIT_MS);
	report("loop late by, 32 streams, ms", median(late), 0, median(late),
	       LATE_LIMIT_MS);
	return missed;
}
