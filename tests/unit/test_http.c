#include "test.h"

#include "base/http.h"
#include "base/loop.h"
#include "base/str.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

/*
 * A server on the same loop. It answers by path, from a table; /stream is
 * fed by the test through server_send.
 */
struct server {
	uv_tcp_t listener;
	int port;
	struct peer *last;  /* the newest connection */
	int peers, requests;
};

struct peer {
	uv_tcp_t tcp;
	struct server *server;
	struct buf in;
};

static struct loop *loop;
static struct server server;

static void
on_peer_closed(uv_handle_t *h)
{
	struct peer *p = h->data;

	if (server.last == p)
		server.last = NULL;
	server.peers--;
	buf_release(&p->in);
	free(p);
}

static void
peer_close(struct peer *p)
{
	if (!uv_is_closing((uv_handle_t *)&p->tcp))
		uv_close((uv_handle_t *)&p->tcp, on_peer_closed);
}

static void
on_sent(uv_write_t *w, int status)
{
	(void)status;
	free(w->data);
	free(w);
}

static void
server_send(struct peer *p, const char *data, size_t len)
{
	uv_write_t *w = xcalloc(1, sizeof(*w));
	uv_buf_t b;

	w->data = xmemdup(data, len);
	b = uv_buf_init(w->data, (unsigned)len);
	assert_int_equal(uv_write(w, (uv_stream_t *)&p->tcp, &b, 1, on_sent),
			 0);
}

static void
server_say(struct peer *p, const char *text)
{
	server_send(p, text, strlen(text));
}

static void
answer_hello(struct peer *p)
{
	server_say(p, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
		      "X-Request-ID:  r1 \r\n\r\nhello");
}

static void
answer_echo(struct peer *p)
{
	AUTO(buf) b = BUF_INIT;

	buf_printf(&b, "HTTP/1.1 201 Made\r\nContent-Length: %zu\r\n\r\n",
		   p->in.len);
	buf_add(&b, p->in.data, p->in.len);
	server_send(p, b.data, b.len);
}

static void
answer_stream(struct peer *p)
{
	server_say(p, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		      "5\r\nfirst\r\n");
}

static void
answer_big(struct peer *p)
{
	AUTO_FREE char *block = xcalloc(1, 100000);

	server_say(p, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
	server_send(p, block, 100000);
}

static void
answer_headers(struct peer *p)
{
	server_say(p, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 200; i++) {
		AUTO_FREE char *line = xasprintf("X-%d: %0500d\r\n", i, 0);

		server_say(p, line);
	}
}

static void
answer_redirect(struct peer *p)
{
	server_say(p, "HTTP/1.1 302 Found\r\nLocation: /hello\r\n"
		      "Content-Length: 4\r\n\r\ngone");
}

static void
answer_loop(struct peer *p)
{
	server_say(p, "HTTP/1.1 302 Found\r\nLocation: /loop\r\n"
		      "Content-Length: 0\r\n\r\n");
}

static void
answer_file(struct peer *p)
{
	server_say(p, "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n"
		      "Content-Length: 0\r\n\r\n");
}

static void
answer_early(struct peer *p)
{
	server_say(p, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
	uv_shutdown(xcalloc(1, sizeof(uv_shutdown_t)),
		    (uv_stream_t *)&p->tcp, (uv_shutdown_cb)(void *)free);
}

static void
answer_hang(struct peer *p)
{
	(void)p;
}

static const struct {
	const char *path;
	void (*answer)(struct peer *p);
} pages[] = {
	{ "/hello", answer_hello }, { "/echo", answer_echo },
	{ "/stream", answer_stream }, { "/big", answer_big },
	{ "/headers", answer_headers }, { "/redirect", answer_redirect },
	{ "/loop", answer_loop }, { "/file", answer_file },
	{ "/early", answer_early }, { "/close", peer_close },
	{ "/hang", answer_hang },
};

static void
answer(struct peer *p)
{
	const char *path = strchr(p->in.data, ' ') + 1;
	size_t len = strcspn(path, " ?");

	server.requests++;
	for (size_t i = 0; i < ARRAY_LEN(pages); i++)
		if (strlen(pages[i].path) == len &&
		    !memcmp(pages[i].path, path, len)) {
			pages[i].answer(p);
			buf_reset(&p->in);
			return;
		}
	fail_msg("no page %.40s", path);
}

static void
on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *b)
{
	static char space[65536];

	(void)h;
	(void)suggested;
	*b = uv_buf_init(space, sizeof(space));
}

/* A request is complete when its body is: "\r\n\r\n" and what
 * Content-Length says. */
static void
on_request(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
	struct peer *p = s->data;
	const char *end, *length;
	size_t body = 0;

	if (n < 0) {
		peer_close(p);
		return;
	}
	buf_add(&p->in, b->base, (size_t)n);
	end = strstr(p->in.data, "\r\n\r\n");
	length = strstr(p->in.data, "Content-Length: ");
	if (length)
		body = strtoul(length + 16, NULL, 10);
	if (end && p->in.len >= (size_t)(end + 4 - p->in.data) + body)
		answer(p);
}

static void
on_connection(uv_stream_t *listener, int status)
{
	struct peer *p = xcalloc(1, sizeof(*p));

	assert_int_equal(status, 0);
	uv_tcp_init(loop_uv(loop), &p->tcp);
	p->tcp.data = p;
	p->server = &server;
	server.last = p;
	server.peers++;
	assert_int_equal(uv_accept(listener, (uv_stream_t *)&p->tcp), 0);
	uv_read_start((uv_stream_t *)&p->tcp, on_alloc, on_request);
}

static void
server_start(void)
{
	struct sockaddr_in a;
	struct sockaddr_storage got;
	int len = sizeof(got);

	server = (struct server){ 0 };
	uv_ip4_addr("127.0.0.1", 0, &a);
	uv_tcp_init(loop_uv(loop), &server.listener);
	assert_int_equal(uv_tcp_bind(&server.listener,
				     (struct sockaddr *)&a, 0), 0);
	assert_int_equal(uv_listen((uv_stream_t *)&server.listener, 8,
				   on_connection), 0);
	uv_tcp_getsockname(&server.listener, (struct sockaddr *)&got, &len);
	server.port = ntohs(((struct sockaddr_in *)&got)->sin_port);
}

/* --- the client's side -------------------------------------------------- */

struct client {
	struct http *http;
	struct http_request rq;
	struct http_call *call;
	struct http_answer answer; /* taken over in on_done */
	struct buf data;
	int done, headers, status_seen;
	bool cancel_in_data;
	char *url;
};

static struct client c;

static void
on_headers(void *ud, const struct http_answer *a)
{
	(void)ud;
	c.headers++;
	c.status_seen = a->status;
	assert_int_equal(c.data.len, 0);
}

/* The next chunk is sent when the one before was seen. */
static void
on_data(void *ud, const char *data, size_t len)
{
	(void)ud;
	buf_add(&c.data, data, len);
	if (c.cancel_in_data)
		http_cancel(c.call);
	else if (!strcmp(c.data.data, "first"))
		server_say(server.last, "6\r\nsecond\r\n");
	else if (!strcmp(c.data.data, "firstsecond"))
		server_say(server.last, "0\r\nX-Trailer: 1\r\n\r\n");
}

static void
on_done(void *ud, struct http_answer *a)
{
	(void)ud;
	c.answer = *a;
	*a = (struct http_answer){ 0 };
	c.done++;
	loop_stop(loop);
}

static int
setup(void **state)
{
	(void)state;
	loop = loop_new();
	server_start();
	c = (struct client){ .http = http_new(loop) };
	c.rq = (struct http_request){ .on_headers = on_headers,
				      .on_done = on_done };
	return 0;
}

static void
forget(void)
{
	strv_release(&c.answer.headers);
	buf_release(&c.answer.body);
	buf_release(&c.data);
	c.answer = (struct http_answer){ 0 };
	c.done = c.headers = c.status_seen = 0;
}

static int
teardown(void **state)
{
	(void)state;
	forget();
	http_free(c.http);
	uv_close((uv_handle_t *)&server.listener, NULL);
	if (server.last)
		peer_close(server.last);
	while (server.peers)
		loop_turn(loop, true);
	loop_free(loop);
	return 0;
}

static void
start(const char *path)
{
	AUTO_FREE char *url =
		xasprintf("http://127.0.0.1:%d%s", server.port, path);
	struct err err = ERR_INIT;

	forget();
	c.rq.url = url;
	c.call = http_start(c.http, &c.rq, &err);
	if (!c.call)
		fail_msg("%s", err.msg);
	assert_int_equal(c.done, 0);
}

static void
fetch(const char *path)
{
	start(path);
	loop_run(loop);
	assert_int_equal(c.done, 1);
}

static void
ok(const char *path, int status, const char *body)
{
	fetch(path);
	if (c.answer.err.code)
		fail_msg("%s", c.answer.err.msg);
	assert_int_equal(c.answer.status, status);
	assert_string_equal(buf_str(&c.answer.body), body);
}

static void
fails(const char *path, enum err_code code, const char *words)
{
	fetch(path);
	assert_fails(c.answer.err.code == ERR_NONE, c.answer.err, code,
		     words);
}

static void
test_get(void **state)
{
	(void)state;
	ok("/hello", 200, "hello");
	assert_int_equal(c.headers, 1);
	assert_int_equal(c.status_seen, 200);
	assert_string_equal(http_header(&c.answer, "x-request-id"), "r1");
	assert_null(http_header(&c.answer, "x-request"));
	assert_int_equal(c.answer.body_bytes, 5);
	/* The connection is used again. */
	ok("/hello", 200, "hello");
	assert_int_equal(server.peers, 1);
}

static void
test_post(void **state)
{
	static const char *const headers[] = { "X-Test: yes", NULL };

	(void)state;
	c.rq.headers = headers;
	c.rq.body = "a\0b";
	c.rq.body_len = 3;
	fetch("/echo");
	assert_int_equal(c.answer.status, 201);
	assert_true(str_starts(c.answer.body.data, "POST /echo HTTP/1.1"));
	assert_non_null(strstr(c.answer.body.data, "X-Test: yes\r\n"));
	assert_null(strstr(c.answer.body.data, "Expect:"));
	assert_memory_equal(c.answer.body.data + c.answer.body.len - 3,
			    "a\0b", 3);
	c.rq.method = "PUT";
	fetch("/echo");
	assert_true(str_starts(c.answer.body.data, "PUT /echo HTTP/1.1"));
}

static void
test_streaming(void **state)
{
	(void)state;
	c.rq.on_data = on_data;
	fetch("/stream");
	assert_int_equal(c.answer.err.code, ERR_NONE);
	assert_string_equal(c.data.data, "firstsecond");
	assert_int_equal(c.answer.body.len, 0);
	assert_int_equal(c.headers, 1);
}

static void
test_cancel(void **state)
{
	(void)state;
	start("/hang");
	http_cancel(c.call);
	http_cancel(c.call);
	assert_int_equal(c.done, 0);
	loop_run(loop);
	assert_int_equal(c.done, 1);
	assert_int_equal(c.answer.err.code, ERR_CANCELLED);
	/* While it is under way. */
	server.requests = 0;
	start("/hang");
	while (!server.requests)
		loop_turn(loop, true);
	http_cancel(c.call);
	loop_run(loop);
	assert_int_equal(c.answer.err.code, ERR_CANCELLED);
	/* From its own callback: nothing more comes. */
	c.rq.on_data = on_data;
	c.cancel_in_data = true;
	fetch("/stream");
	assert_int_equal(c.answer.err.code, ERR_CANCELLED);
	assert_string_equal(c.data.data, "first");
}

static void
test_free_with_calls_under_way(void **state)
{
	(void)state;
	start("/hang");
	start("/hello");
	http_free(c.http);
	c.http = NULL;
	assert_int_equal(c.done, 0);
}

static void
test_time_limits(void **state)
{
	(void)state;
	c.rq.stall_ms = 50;
	fails("/hang", ERR_TIMEOUT, "nothing came for 50 ms; try again");
	c.rq.stall_ms = 0;
	c.rq.total_ms = 60;
	fails("/hang", ERR_TIMEOUT, "raise the time limit");
}

static void
test_size_limits(void **state)
{
	(void)state;
	c.rq.body_limit = 1000;
	fails("/big", ERR_TOOBIG, "the answer is larger than 1000 bytes");
	assert_true(c.answer.body.len <= 1000);
	c.rq.body_limit = 100000;
	fetch("/big");
	assert_int_equal(c.answer.err.code, ERR_NONE);
	assert_int_equal(c.answer.body.len, 100000);
	fails("/headers", ERR_TOOBIG, "more than 65536 bytes of headers");
}

static void
test_redirects(void **state)
{
	static const char *const headers[] = { "X-Api-Key: abc", NULL };

	(void)state;
	ok("/redirect", 302, "gone");
	assert_string_equal(http_header(&c.answer, "location"), "/hello");
	c.rq.redirects = 3;
	ok("/redirect", 200, "hello");
	assert_int_equal(c.headers, 1);
	assert_null(http_header(&c.answer, "location"));
	fails("/loop", ERR_NETWORK, "Maximum (3) redirects followed");
	fails("/file", ERR_USAGE, "only http and https are supported");
	c.rq.headers = headers;
	ok("/redirect", 302, "gone");
}

/* One that nobody listened on a moment ago. */
static int
free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	close(fd);
	return ntohs(a.sin_port);
}

static void
test_connection_problems(void **state)
{
	struct err err = ERR_INIT;
	AUTO_FREE char *url = NULL;

	(void)state;
	fails("/early", ERR_NETWORK,
	      "closed the connection before the answer was complete");
	fails("/close", ERR_NETWORK, "closed the connection without an answer");
	url = xasprintf("http://user:pw@127.0.0.1:%d/x?key=abc", free_port());
	forget();
	c.rq.url = url;
	c.call = http_start(c.http, &c.rq, &err);
	assert_non_null(c.call);
	loop_run(loop);
	assert_int_equal(c.answer.err.code, ERR_NETWORK);
	assert_non_null(strstr(c.answer.err.msg, "Connection refused; check "
						 "that the server runs"));
	assert_non_null(strstr(c.answer.err.msg, "/x?key=...:"));
	assert_null(strstr(c.answer.err.msg, "pw"));
	assert_null(strstr(c.answer.err.msg, "abc"));
}

static void
refuses(const char *url, const char *method, const char *header,
	const char *words)
{
	const char *headers[] = { header, NULL };
	struct http_request rq = { .url = url, .method = method,
				   .headers = headers, .on_done = on_done };
	struct err err = ERR_INIT;

	assert_fails(http_start(c.http, &rq, &err) != NULL, err, ERR_USAGE,
		     words);
}

static void
test_bad_requests_are_refused(void **state)
{
	(void)state;
	refuses("ftp://h/", NULL, "A: b", "must begin with http://");
	refuses("file:///etc/passwd", NULL, "A: b", "must begin with http");
	refuses("http://h/", "GET /x", "A: b", "is no HTTP method");
	refuses("http://h/", NULL, "A: b\r\nEvil: c", "not one line");
	refuses("http://h/", NULL, "secret", "not one line");
}

static void
test_proxy_of_the_environment_is_not_used(void **state)
{
	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1/", 1);
	ok("/hello", 200, "hello");
	c.rq.proxy_from_env = true;
	fails("/hello", ERR_NETWORK, "Failed to connect to 127.0.0.1 port 1");
	unsetenv("http_proxy");
}

static void
shows(const char *url, const char *want)
{
	AUTO_FREE char *got = http_url_shown(url);

	assert_string_equal(got, want);
}

static void
test_urls_are_shown_without_secrets(void **state)
{
	static const char *const plain[] = { "Accept: x", NULL };
	static const char *const bearer[] = { "authorization: Bearer x",
					      NULL };

	(void)state;
	shows("https://h/p", "https://h/p");
	shows("https://u:p@h:1/p?a=1&b&c=%20#frag", "https://h:1/p?a=...&...&"
						   "c=...");
	shows("https://u:p@x@h?q", "https://h?...");
	shows("nonsense", "nonsense");
	shows("", "");
	assert_false(http_has_credentials("https://h/?a@b", plain));
	assert_true(http_has_credentials("https://u@h/", plain));
	assert_true(http_has_credentials("https://h/", bearer));
}

#define http_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		http_test(test_get),
		http_test(test_post),
		http_test(test_streaming),
		http_test(test_cancel),
		http_test(test_free_with_calls_under_way),
		http_test(test_time_limits),
		http_test(test_size_limits),
		http_test(test_redirects),
		http_test(test_connection_problems),
		http_test(test_bad_requests_are_refused),
		http_test(test_proxy_of_the_environment_is_not_used),
		cmocka_unit_test(test_urls_are_shown_without_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
