/*
 * Invariants
 *  1. A call is in h->calls from http_start until just before its on_done.
 *  2. libcurl's functions that can call us back (multi_socket_action,
 *     multi_add_handle, multi_remove_handle) are never called from inside
 *     one of its callbacks: http_cancel only sets a flag and a timer.
 *  3. A call ends in finish, once: by libcurl's message, the stall timer or
 *     the cancel timer, whichever is first; the others are undone there.
 *
 *	http_start -> running --message--------------\
 *	                 |------stall timer-----------> finish -> on_done
 *	                 \------cancel, 0 ms timer---/            -> freed
 */
#include "base/http.h"

#include "base/clock.h"
#include "base/lazy.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Read at once; libcurl's own 16 KiB cost a fast stream a system call more
 * for each. */
enum { BUFFER_BYTES = 128 << 10 };

struct http {
	struct loop *loop;
	const struct lazy_curl *curl; /* NULL until the first request */
	CURLM *multi;
	struct loop_timer *timer;
	struct http_call *calls;
};

struct http_call {
	struct http_call *next, *prev;
	struct http *http;
	CURL *easy;
	struct curl_slist *headers;
	char *what;              /* "GET https://host/path" for messages */
	char why[CURL_ERROR_SIZE];
	struct http_answer answer;
	size_t header_bytes;
	int64_t stall_ms, body_limit, last_us;
	struct loop_timer *stall, *cancel;
	curl_off_t moved;        /* bytes up and down */
	bool cancelled, follows, told; /* told: on_headers was called */
	http_headers_fn *on_headers;
	http_data_fn *on_data;
	http_done_fn *on_done;
	void *ud;
};

/* One watched socket of libcurl. */
struct http_socket {
	uv_poll_t poll;
	struct http *http;
	curl_socket_t fd;
};

/* --- messages ----------------------------------------------------------- */

static const struct problem {
	CURLcode code;
	enum err_code err;
	const char *words;  /* NULL: libcurl's own */
	const char *advice;
} problems[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, ERR_NETWORK, NULL,
	  "check the URL and whether this machine has a network" },
	{ CURLE_COULDNT_CONNECT, ERR_NETWORK, NULL,
	  "check that the server runs and the port is right" },
	{ CURLE_OPERATION_TIMEDOUT, ERR_TIMEOUT, NULL,
	  "try again later or raise the time limit" },
	{ CURLE_PEER_FAILED_VERIFICATION, ERR_NETWORK, NULL,
	  "its certificate is not trusted: check the URL and the clock, or "
	  "install the certificate authority" },
	{ CURLE_SSL_CONNECT_ERROR, ERR_NETWORK, NULL,
	  "check that the URL should begin with https" },
	{ CURLE_PARTIAL_FILE, ERR_NETWORK,
	  "the server closed the connection before the answer was complete",
	  "try again" },
	{ CURLE_GOT_NOTHING, ERR_NETWORK,
	  "the server closed the connection without an answer",
	  "try again; check that it speaks HTTP on this port" },
	{ CURLE_RECV_ERROR, ERR_NETWORK,
	  "the connection broke while the answer came", "try again" },
	{ CURLE_SEND_ERROR, ERR_NETWORK,
	  "the connection broke while the request was sent", "try again" },
	{ CURLE_TOO_MANY_REDIRECTS, ERR_NETWORK, NULL,
	  "use the address it leads to" },
	{ CURLE_UNSUPPORTED_PROTOCOL, ERR_USAGE,
	  "only http and https are supported", "check the URL" },
	{ CURLE_URL_MALFORMAT, ERR_USAGE, "the URL is not well formed",
	  "check it" },
};

static void
set_problem(struct http_call *c, CURLcode code)
{
	const struct lazy_curl *curl = c->http->curl;
	const struct problem *p = NULL;
	const char *own;
	long saved = 0;

	for (size_t i = 0; i < ARRAY_LEN(problems) && !p; i++)
		if (problems[i].code == code)
			p = &problems[i];
	own = *c->why ? c->why : curl->easy_strerror(code);
	if (code == CURLE_COULDNT_CONNECT)
		curl->easy_getinfo(c->easy, CURLINFO_OS_ERRNO, &saved);
	FAIL(&c->answer.err, p ? p->err : ERR_NETWORK, "%s: %s%s%s; %s",
	     c->what, p && p->words ? p->words : own, saved ? ": " : "",
	     saved ? strerror((int)saved) : "",
	     p ? p->advice : "try again");
}

/* Names of the query's parameters are shown, their values are not. */
static void
add_query(struct buf *out, const char *query, size_t len)
{
	const char *end = query + len;

	while (query < end) {
		const char *next = memchr(query, '&', (size_t)(end - query));
		const char *stop = next ? next : end;
		const char *eq = memchr(query, '=', (size_t)(stop - query));

		if (eq)
			buf_add(out, query, (size_t)(eq + 1 - query));
		buf_addstr(out, next ? "...&" : "...");
		query = next ? next + 1 : end;
	}
}

char *
http_url_shown(const char *url)
{
	enum { SHOWN_MAX = 300 };
	AUTO(buf) out = BUF_INIT;
	const char *host = strstr(url, "://"), *end, *at, *query;

	host = host ? host + 3 : url;
	end = host + strcspn(host, "/?#");
	at = memrchr(host, '@', (size_t)(end - host));
	buf_add(&out, url, (size_t)(host - url));
	host = at ? at + 1 : host;
	query = host + strcspn(host, "?#");
	buf_add(&out, host, (size_t)(query - host));
	if (*query == '?') {
		buf_addch(&out, '?');
		add_query(&out, query + 1, strcspn(query + 1, "#"));
	}
	if (out.len > SHOWN_MAX) {
		buf_truncate(&out, SHOWN_MAX);
		buf_addstr(&out, "...");
	}
	return buf_steal(&out);
}

bool
http_has_credentials(const char *url, const char *const *headers)
{
	static const char *const names[] = {
		"authorization:", "proxy-authorization:", "cookie:",
	};
	const char *host = strstr(url, "://");

	host = host ? host + 3 : url;
	if (memchr(host, '@', strcspn(host, "/?#")))
		return true;
	for (; headers && *headers; headers++) {
		AUTO_FREE char *name =
			xstrndup(*headers, strcspn(*headers, ":") + 1);

		str_lower(name);
		for (size_t i = 0; i < ARRAY_LEN(names); i++)
			if (str_eq(name, names[i]))
				return true;
		if (strstr(name, "key") || strstr(name, "token") ||
		    strstr(name, "secret") || strstr(name, "auth"))
			return true;
	}
	return false;
}

const char *
http_header(const struct http_answer *a, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < a->headers.count; i++) {
		const char *h = a->headers.items[i];

		if (!strncmp(h, name, n) && h[n] == ':')
			return h + n + 1 + strspn(h + n + 1, " \t");
	}
	return NULL;
}

/* --- the end of a call -------------------------------------------------- */

static void
drop_timer(struct loop_timer **t)
{
	if (*t)
		loop_timer_cancel(*t);
	*t = NULL;
}

static void
release(struct http_call *c)
{
	const struct lazy_curl *curl = c->http->curl;

	drop_timer(&c->stall);
	drop_timer(&c->cancel);
	curl->easy_cleanup(c->easy);
	curl->slist_free_all(c->headers);
	strv_release(&c->answer.headers);
	buf_release(&c->answer.body);
	free(c->what);
	free(c);
}

static void
detach(struct http_call *c)
{
	struct http *h = c->http;

	if (c->next)
		c->next->prev = c->prev;
	if (c->prev)
		c->prev->next = c->next;
	else
		h->calls = c->next;
	h->curl->multi_remove_handle(h->multi, c->easy);
}

static void
finish(struct http_call *c)
{
	if (c->cancelled)
		FAIL(&c->answer.err, ERR_CANCELLED, "%s: stopped on request",
		     c->what);
	detach(c);
	c->on_done(c->ud, &c->answer);
	release(c);
}

static void
on_stall(void *ud)
{
	struct http_call *c = ud;
	int64_t idle_ms = (clock_mono_us() - c->last_us) / 1000;
	char time[CLOCK_DURATION_SIZE];

	c->stall = NULL;
	if (idle_ms < c->stall_ms) {
		c->stall = loop_timer(c->http->loop, c->stall_ms - idle_ms,
				      on_stall, c);
		return;
	}
	FAIL(&c->answer.err, ERR_TIMEOUT,
	     "%s: nothing came for %s; try again later or raise the time "
	     "limit",
	     c->what, clock_duration(c->stall_ms * 1000, time));
	finish(c);
}

static void
on_cancel(void *ud)
{
	struct http_call *c = ud;

	c->cancel = NULL;
	finish(c);
}

void
http_cancel(struct http_call *c)
{
	if (c->cancelled)
		return;
	c->cancelled = true;
	c->cancel = loop_timer(c->http->loop, 0, on_cancel, c);
}

/* --- what libcurl gives us ---------------------------------------------- */

/* "HTTP/1.1 200 OK", "HTTP/2 200" */
static int
status_of(const char *line)
{
	const char *space = strchr(line, ' ');

	return space ? (int)strtol(space, NULL, 10) : 0;
}

static void
end_of_headers(struct http_call *c)
{
	const struct http_answer *a = &c->answer;

	if (a->status < 200 ||
	    (c->follows && a->status >= 300 && a->status < 400 &&
	     http_header(a, "location")))
		return;
	/* After the body the same comes for trailers. */
	if (c->on_headers && !c->told)
		c->on_headers(c->ud, a);
	c->told = true;
}

static size_t
on_header(char *data, size_t size, size_t count, void *ud)
{
	struct http_call *c = ud;
	size_t len = size * count;
	AUTO_FREE char *copy = xstrndup(data, len);
	char *line = str_trim(copy), *colon;

	c->header_bytes += len;
	if (c->cancelled)
		return 0;
	if (c->header_bytes > HTTP_HEADERS_LIMIT) {
		FAIL(&c->answer.err, ERR_TOOBIG,
		     "%s: more than %d bytes of headers; the server is not "
		     "what was expected",
		     c->what, HTTP_HEADERS_LIMIT);
		return 0;
	}
	if (str_starts(line, "HTTP/")) {
		c->answer.status = status_of(line);
		strv_release(&c->answer.headers);
	} else if (!*line) {
		end_of_headers(c);
	} else if ((colon = strchr(line, ':'))) {
		*colon = '\0';
		str_lower(line);
		*colon = ':';
		strv_add(&c->answer.headers, line);
	}
	return c->cancelled ? 0 : len;
}

static size_t
on_body(char *data, size_t size, size_t count, void *ud)
{
	struct http_call *c = ud;
	size_t len = size * count;

	if (c->cancelled)
		return CURL_WRITEFUNC_ERROR;
	c->answer.body_bytes += (int64_t)len;
	if (c->answer.body_bytes > c->body_limit) {
		FAIL(&c->answer.err, ERR_TOOBIG,
		     "%s: the answer is larger than %" PRId64 " bytes; ask "
		     "for less",
		     c->what, c->body_limit);
		return CURL_WRITEFUNC_ERROR;
	}
	if (c->on_data)
		c->on_data(c->ud, data, len);
	else
		buf_add(&c->answer.body, data, len);
	return c->cancelled ? CURL_WRITEFUNC_ERROR : len;
}

/* A large upload is no stall. */
static int
on_progress(void *ud, curl_off_t down_total, curl_off_t down,
	    curl_off_t up_total, curl_off_t up)
{
	struct http_call *c = ud;

	(void)down_total;
	(void)up_total;
	if (down + up != c->moved)
		c->last_us = clock_mono_us();
	c->moved = down + up;
	return c->cancelled;
}

static void
take_messages(struct http *h)
{
	CURLMsg *m;
	int left;

	while ((m = h->curl->multi_info_read(h->multi, &left))) {
		struct http_call *c = NULL;
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		h->curl->easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &c);
		/* Our own reason to stop, set before, is the better one. */
		if (code != CURLE_OK && c->answer.err.code == ERR_NONE)
			set_problem(c, code);
		finish(c);
	}
}

/* --- libcurl on the loop ------------------------------------------------ */

static void
on_poll(uv_poll_t *poll, int status, int events)
{
	struct http_socket *s = poll->data;
	struct http *h = s->http;
	int flags = 0, running;

	if (status < 0)
		flags = CURL_CSELECT_ERR;
	if (events & UV_READABLE)
		flags |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		flags |= CURL_CSELECT_OUT;
	h->curl->multi_socket_action(h->multi, s->fd, flags, &running);
	take_messages(h);
}

static void
free_socket(uv_handle_t *handle)
{
	free(handle->data);
}

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *ud, void *known)
{
	struct http *h = ud;
	struct http_socket *s = known;
	int events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (s) {
			uv_poll_stop(&s->poll);
			uv_close((uv_handle_t *)&s->poll, free_socket);
			h->curl->multi_assign(h->multi, fd, NULL);
		}
		return 0;
	}
	if (!s) {
		s = xcalloc(1, sizeof(*s));
		s->http = h;
		s->fd = fd;
		if (uv_poll_init(loop_uv(h->loop), &s->poll, fd)) {
			free(s);
			return -1;
		}
		s->poll.data = s;
		h->curl->multi_assign(h->multi, fd, s);
	}
	if (what != CURL_POLL_OUT)
		events |= UV_READABLE;
	if (what != CURL_POLL_IN)
		events |= UV_WRITABLE;
	uv_poll_start(&s->poll, events, on_poll);
	return 0;
}

static void
on_timer(void *ud)
{
	struct http *h = ud;
	int running;

	h->timer = NULL;
	h->curl->multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0,
				     &running);
	take_messages(h);
}

static int
on_timeout(CURLM *multi, long timeout_ms, void *ud)
{
	struct http *h = ud;

	(void)multi;
	drop_timer(&h->timer);
	if (timeout_ms >= 0)
		h->timer = loop_timer(h->loop, timeout_ms, on_timer, h);
	return 0;
}

/* --- the client --------------------------------------------------------- */

struct http *
http_new(struct loop *l)
{
	struct http *h = xcalloc(1, sizeof(*h));

	h->loop = l;
	return h;
}

static bool
load(struct http *h, struct err *err)
{
	if (h->curl)
		return true;
	h->curl = lazy_curl(err);
	if (!h->curl)
		return false;
	h->multi = h->curl->multi_init();
	if (!h->multi)
		abort(); /* out of memory, as in mem.h */
	h->curl->multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	h->curl->multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	h->curl->multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
	h->curl->multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	return true;
}

void
http_free(struct http *h)
{
	if (!h)
		return;
	while (h->calls) {
		struct http_call *c = h->calls;

		detach(c);
		release(c);
	}
	if (h->multi)
		h->curl->multi_cleanup(h->multi);
	drop_timer(&h->timer);
	free(h);
}

/* --- requests ----------------------------------------------------------- */

static bool
check_request(const struct http_request *rq, const char *shown,
	      struct err *err)
{
	const char *method = rq->method ? rq->method : "GET";

	for (const char *p = method; *p; p++)
		if (*p < 'A' || *p > 'Z')
			return FAIL(err, ERR_USAGE,
				    "%s: \"%.40s\" is no HTTP method", shown,
				    method);
	if (strncasecmp(rq->url, "http://", 7) != 0 &&
	    strncasecmp(rq->url, "https://", 8) != 0)
		return FAIL(err, ERR_USAGE,
			    "%s: the URL must begin with http:// or https://",
			    shown);
	for (const char *const *h = rq->headers; h && *h; h++)
		if (strpbrk(*h, "\r\n") || !strchr(*h, ':'))
			return FAIL(err, ERR_USAGE,
				    "%s: the header \"%.*s\" is not one line "
				    "of the form Name: value",
				    shown, (int)strcspn(*h, ":\r\n"), *h);
	return true;
}

static void
set_method(struct http_call *c, const struct http_request *rq)
{
	const struct lazy_curl *curl = c->http->curl;

	if (rq->body) {
		curl->easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE_LARGE,
				  (curl_off_t)rq->body_len);
		curl->easy_setopt(c->easy, CURLOPT_COPYPOSTFIELDS, rq->body);
	}
	if (rq->method && str_eq(rq->method, "HEAD"))
		curl->easy_setopt(c->easy, CURLOPT_NOBODY, 1L);
	else if (rq->method)
		curl->easy_setopt(c->easy, CURLOPT_CUSTOMREQUEST, rq->method);
}

static void
set_headers(struct http_call *c, const struct http_request *rq)
{
	const struct lazy_curl *curl = c->http->curl;

	/* Without this, large bodies wait a second for "100 Continue". */
	c->headers = curl->slist_append(NULL, "Expect:");
	for (const char *const *h = rq->headers; h && *h; h++)
		c->headers = curl->slist_append(c->headers, *h);
	curl->easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers);
}

static void
set_limits(struct http_call *c, const struct http_request *rq)
{
	const struct lazy_curl *curl = c->http->curl;
	long connect = (long)(rq->connect_ms > 0 ? rq->connect_ms :
						   HTTP_CONNECT_MS);
	bool https = !strncasecmp(rq->url, "https:", 6);

	c->stall_ms = rq->stall_ms > 0 ? rq->stall_ms : HTTP_STALL_MS;
	c->body_limit = rq->body_limit > 0 ? rq->body_limit :
					     HTTP_BODY_LIMIT;
	c->follows = rq->redirects > 0 &&
		     !http_has_credentials(rq->url, rq->headers);
	curl->easy_setopt(c->easy, CURLOPT_BUFFERSIZE, (long)BUFFER_BYTES);
	curl->easy_setopt(c->easy, CURLOPT_CONNECTTIMEOUT_MS, connect);
	curl->easy_setopt(c->easy, CURLOPT_TIMEOUT_MS,
			  (long)(rq->total_ms > 0 ? rq->total_ms : 0));
	curl->easy_setopt(c->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl->easy_setopt(c->easy, CURLOPT_REDIR_PROTOCOLS_STR,
			  https ? "https" : "http,https");
	curl->easy_setopt(c->easy, CURLOPT_FOLLOWLOCATION,
			  c->follows ? 1L : 0L);
	curl->easy_setopt(c->easy, CURLOPT_MAXREDIRS, (long)rq->redirects);
	curl->easy_setopt(c->easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl->easy_setopt(c->easy, CURLOPT_SSL_VERIFYHOST, 2L);
	if (!rq->proxy_from_env)
		curl->easy_setopt(c->easy, CURLOPT_PROXY, "");
}

static void
set_callbacks(struct http_call *c, const struct http_request *rq)
{
	const struct lazy_curl *curl = c->http->curl;

	c->on_headers = rq->on_headers;
	c->on_data = rq->on_data;
	c->on_done = rq->on_done;
	c->ud = rq->ud;
	curl->easy_setopt(c->easy, CURLOPT_PRIVATE, c);
	curl->easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->why);
	curl->easy_setopt(c->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl->easy_setopt(c->easy, CURLOPT_HEADERDATA, c);
	curl->easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl->easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
	curl->easy_setopt(c->easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl->easy_setopt(c->easy, CURLOPT_XFERINFODATA, c);
	curl->easy_setopt(c->easy, CURLOPT_NOPROGRESS, 0L);
}

struct http_call *
http_start(struct http *h, const struct http_request *rq, struct err *err)
{
	AUTO_FREE char *shown = http_url_shown(rq->url);
	const char *method = rq->method ? rq->method :
			     rq->body	? "POST" : "GET";
	struct http_call *c;

	if (!check_request(rq, shown, err) || !load(h, err))
		return NULL;
	c = xcalloc(1, sizeof(*c));
	c->http = h;
	c->easy = h->curl->easy_init();
	if (!c->easy)
		abort(); /* out of memory, as in mem.h */
	c->what = xasprintf("%s %s", method, shown);
	h->curl->easy_setopt(c->easy, CURLOPT_URL, rq->url);
	h->curl->easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
	h->curl->easy_setopt(c->easy, CURLOPT_ACCEPT_ENCODING, "");
	h->curl->easy_setopt(c->easy, CURLOPT_USERAGENT, "agentops");
	set_method(c, rq);
	set_headers(c, rq);
	set_limits(c, rq);
	set_callbacks(c, rq);
	c->last_us = clock_mono_us();
	c->stall = loop_timer(h->loop, c->stall_ms, on_stall, c);
	c->next = h->calls;
	if (h->calls)
		h->calls->prev = c;
	h->calls = c;
	h->curl->multi_add_handle(h->multi, c->easy);
	return c;
}
