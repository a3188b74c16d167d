/*
 * bench_screen - the app in a pseudo-terminal while models speak: how soon
 * the first token of a turn shows, and a key while 32 turns come at once.
 *
 * A child serves Chat Completions over loopback, a process for each
 * connection: researchers get a report, the planner a plan of STREAMS agents
 * at once. The first of these says FIRST after a pause; when that was seen
 * all of them say an event every EVENT_MS, more than models do, until they
 * are cut off.
 *
 * Prints lines "name  ours  peer  ratio  limit  ok|MISS" and ends with 1
 * when one is a MISS, with 2 when it could not measure.
 */
#include "home.h"
#include "serve.h"
#include "ui_pty.h"

#include "base/clock.h"
#include "base/json.h"

#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* Issue 4, "Speed". */
#define FIRST_LIMIT_MS 5.0
#define KEY_LIMIT_MS 10.0

#define FIRST "=first="
#define TYPED "~"

enum {
	STREAMS = 32,
	EVENT_MS = 2,
	PAUSE_MS = 300,
	SETTLE_MS = 300,
	KEYS = 60,
	ROUNDS = 7,
	REQUEST_SIZE = 1 << 20,
	RUN_MS = 30000,
	RATE = 5000,
};

/* Between the server's processes and this one. */
struct shared {
	atomic_int taken; /* somebody says FIRST */
	atomic_int go;
	_Atomic int64_t first_us; /* when it was sent */
	_Atomic int64_t said;     /* events since go */
};

static struct shared *shared;

/* --- the server --------------------------------------------------------- */

static void
send_all(int fd, const char *data, size_t len)
{
	if (!serve_send(fd, data, len))
		_exit(0);
}

static void
say(int fd, const char *text)
{
	AUTO(buf) b = BUF_INIT;

	buf_addstr(&b, "data: {\"choices\":[{\"index\":0,\"delta\":{"
		       "\"content\":");
	json_add_str(&b, text);
	buf_addstr(&b, "},\"finish_reason\":null}]}\n\n");
	send_all(fd, b.data, b.len);
}

static void __attribute__((noreturn)) end_turn(int fd)
{
	static const char end[] =
		"data: {\"choices\":[{\"index\":0,\"delta\":{},"
		"\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
	char rest[4096];

	send_all(fd, end, sizeof(end) - 1);
	shutdown(fd, SHUT_WR);
	while (recv(fd, rest, sizeof(rest), 0) > 0)
		;
	_exit(0);
}

/* Head and body; NUL-terminated. */
static char *
read_request(int fd)
{
	char *in = xcalloc(REQUEST_SIZE, 1), *body = NULL, *length;
	size_t got = 0, wanted = REQUEST_SIZE - 1;

	while (got < wanted) {
		ssize_t n = recv(fd, in + got, REQUEST_SIZE - 1 - got, 0);

		if (n <= 0)
			_exit(0);
		got += (size_t)n;
		if (body || !(body = strstr(in, "\r\n\r\n")))
			continue;
		length = strcasestr(in, "content-length:");
		wanted = (size_t)(body + 4 - in) +
			 (length ? strtoul(length + 15, NULL, 10) : 0);
	}
	return in;
}

static void
say_plan(int fd)
{
	AUTO(buf) workflow = BUF_INIT;
	AUTO(buf) text = BUF_INIT;

	buf_printf(&workflow,
		   "name: Many\njobs: %d\nsteps:\n  - id: ask\n"
		   "    uses: agent\n    foreach: [0",
		   STREAMS);
	for (int i = 1; i < STREAMS; i++)
		buf_printf(&workflow, ", %d", i);
	buf_addstr(&workflow, "]\n    with: {prompt: speak, tools: []}\n");
	buf_addstr(&text, "{\"explanation\":\"Many.\",\"workflow\":");
	json_add_str(&text, buf_str(&workflow));
	buf_addch(&text, '}');
	say(fd, buf_str(&text));
}

static void __attribute__((noreturn)) speak(int fd)
{
	char word[32];

	if (atomic_fetch_add(&shared->taken, 1) == 0) {
		poll(NULL, 0, PAUSE_MS);
		shared->first_us = clock_mono_us();
		say(fd, FIRST);
	}
	while (!shared->go)
		poll(NULL, 0, 1);
	for (int i = 0;; i++) {
		snprintf(word, sizeof(word), " word%d", i);
		say(fd, word);
		shared->said++;
		poll(NULL, 0, EVENT_MS);
	}
}

static void __attribute__((noreturn)) answer(int fd)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: "
				   "text/event-stream\r\nConnection: "
				   "close\r\n\r\n";
	const char *request = read_request(fd);

	send_all(fd, head, sizeof(head) - 1);
	if (strstr(request, "Your question: "))
		say(fd, "{\"summary\":\"It is so.\",\"findings\":[],"
			"\"risks\":[],\"suggestions\":[]}");
	else if (strstr(request, "You plan work"))
		say_plan(fd);
	else
		speak(fd);
	end_turn(fd);
}

static void
serve(int listener, void *ud)
{
	(void)ud;
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0 && fork() == 0) {
			pty_die_with_parent();
			answer(fd);
		}
		close(fd);
	}
}

/* --- measuring ---------------------------------------------------------- */

/* The longest of KEYS keys; ms. */
static double
longest_key(struct pty *p)
{
	double most = 0;

	for (int i = 0; i < KEYS; i++) {
		pty_send(p, TYPED);
		most = fmax(most, pty_until(p, TYPED, 5000));
		/* At any moment between two paints. */
		poll(NULL, 0, 5 + i % 12);
	}
	return most;
}

static void
round_of(double *ret_first_ms, double *ret_key_ms, double *ret_rate)
{
	static char program[] = AGENTOPS_BUILDDIR "/agentops";
	char *argv[] = { program, NULL };
	int64_t begun_us, said;
	struct pty p;

	*shared = (struct shared){ 0 };
	pty_start(&p, argv);
	pty_quiet(&p, 100);
	pty_send(&p, "/orchestrate --provider vllm --model m "
		     "--approve critical speak\r");
	pty_until(&p, FIRST, RUN_MS);
	*ret_first_ms = (double)(p.last_us - shared->first_us) / 1e3;
	shared->go = 1;
	pty_send(&p, ":");
	poll(NULL, 0, SETTLE_MS);
	begun_us = clock_mono_us();
	said = shared->said;
	*ret_key_ms = longest_key(&p);
	*ret_rate = (double)(shared->said - said) * 1e6 /
		    (double)(clock_mono_us() - begun_us);
	pty_end(&p);
}

int
main(void)
{
	double first[ROUNDS], key = INFINITY, rate = 0, one, events;
	AUTO_FREE char *home = home_make();
	AUTO_FREE char *base = NULL;
	struct err err = ERR_INIT;
	pid_t server;
	int port;

	setenv("TERM", "xterm-256color", 1);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	server = serve_start(serve, NULL, &port);
	base = xasprintf("http://127.0.0.1:%d/v1", port);
	setenv("AGENTOPS_BASE_URL", base, 1);
	for (int i = 0; i < ROUNDS; i++) {
		round_of(&first[i], &one, &events);
		key = fmin(key, one);
		rate = fmax(rate, events);
	}
	serve_stop(server);
	home_sort(first, ROUNDS);
	printf("%-38s %10s %10s %8s\n", "", "ours", "peer", "ratio");
	home_row("ui first token, ms after its bytes", first[ROUNDS / 2], 0,
		 first[ROUNDS / 2], FIRST_LIMIT_MS, true);
	home_row("ui longest key, 32 streams, ms", key, 0, key, KEY_LIMIT_MS,
		 true);
	home_row("... their events a second", rate, RATE, rate / RATE, 0.95,
		 false);
	path_remove_tree(home, &err);
	return home_missed;
}
