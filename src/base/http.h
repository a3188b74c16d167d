/*
 * http.h - asynchronous HTTP on the loop, by libcurl (loaded at the first
 * request, see lazy.h).
 *
 *	struct http_request rq = {
 *		.url = "https://api.example.com/v1/models",
 *		.headers = headers,           {"Authorization: ...", NULL}
 *		.on_done = on_models, .ud = self,
 *	};
 *	struct http_call *call = http_start(http, &rq, err);
 *
 * Fixed: TLS certificates are verified; only http and https; no .netrc, no
 * cookies, no proxy from the environment unless asked for. Redirects are not
 * followed by default: a 3xx is an answer like any other. A request that
 * carries credentials (see http_has_credentials) is never redirected,
 * whatever `redirects` says.
 *
 * Time limits: to connect; without any byte (stall); in all. Size limit: of
 * the decoded body, so that a small compressed answer cannot become a huge
 * one; of the headers, HTTP_HEADERS_LIMIT.
 *
 * Every error names the method and the URL, without the user's name and
 * password and without the values of the query, the reason, and what to do.
 * An HTTP status is no error here: the caller judges it.
 *
 * One thread; everything is called on the loop.
 */
#ifndef AGENTOPS_BASE_HTTP_H
#define AGENTOPS_BASE_HTTP_H

#include "base/buf.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/str.h"

#include <stdint.h>

enum {
	HTTP_CONNECT_MS = 10 * 1000,
	HTTP_STALL_MS = 60 * 1000,
	HTTP_BODY_LIMIT = 16 << 20,
	HTTP_HEADERS_LIMIT = 64 << 10,
};

struct http;
struct http_call;

/* One client per loop; costs nothing until the first request. */
struct http *http_new(struct loop *l);
/* Ends all calls; their on_done never runs. Not from inside a callback;
 * before loop_free. */
void http_free(struct http *h);
DEFINE_AUTO_PTR(http);

struct http_answer {
	int status;            /* of the last answer; 0 when none came */
	struct strv headers;   /* "name: value", names in lower case */
	struct buf body;       /* without on_data: all of it */
	int64_t body_bytes;    /* decoded */
	struct err err;        /* ERR_NONE when the answer is whole */
};

/* The value of a header (name in lower case), or NULL. */
const char *http_header(const struct http_answer *a, const char *name);

/* Status and headers are known; body is empty. */
typedef void http_headers_fn(void *ud, const struct http_answer *a);
/* A piece of the body, as it comes. */
typedef void http_data_fn(void *ud, const char *data, size_t len);
/* Exactly once, never from inside http_start or http_cancel; the call is
 * dead and a is released after it. */
typedef void http_done_fn(void *ud, struct http_answer *a);

struct http_request {
	const char *method;    /* NULL: GET, or POST with a body */
	const char *url;
	const char *const *headers; /* "Name: value", NULL-terminated */
	const void *body;      /* NULL: none */
	size_t body_len;
	int64_t connect_ms;    /* 0: HTTP_CONNECT_MS */
	int64_t stall_ms;      /* 0: HTTP_STALL_MS */
	int64_t total_ms;      /* 0: none */
	int64_t body_limit;    /* bytes; 0: HTTP_BODY_LIMIT */
	int redirects;         /* how many are followed */
	bool proxy_from_env;   /* http_proxy, https_proxy, no_proxy */
	http_headers_fn *on_headers; /* may be NULL */
	http_data_fn *on_data;       /* NULL: collected in the answer */
	http_done_fn *on_done;
	void *ud;
};

/* Copies what it needs. Not from inside on_headers or on_data (from on_done
 * it is fine). NULL with err: libcurl is missing (ERR_ENV), or the
 * request cannot be sent (ERR_USAGE). */
struct http_call *http_start(struct http *h, const struct http_request *rq,
			     struct err *err);
/* on_done follows with ERR_CANCELLED; no other callback does. Also from
 * inside a callback of the call, except on_done. */
void http_cancel(struct http_call *c);

/* The URL as messages show it: "https://host/path?key=...". Caller frees. */
char *http_url_shown(const char *url);
/* Whether the URL has a user's name in it, or a header is Authorization,
 * Proxy-Authorization, Cookie or looks like a key. */
bool http_has_credentials(const char *url, const char *const *headers);

#endif
