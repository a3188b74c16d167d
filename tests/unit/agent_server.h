/*
 * agent_server.h - a model server that plays a script, on the test's own
 * loop.
 *
 * Every request is kept whole (agent_server.seen). The nth is answered by the
 * nth reply; the last reply answers all that follow. A reply is sent in
 * pieces of `piece` bytes, each when the one before is out; after `cut`
 * bytes of the body it closes or hangs.
 *
 *	struct agent_reply r[] = { { .status = 429, .headers =
 *		"Retry-After: 0.01\r\n", .body = "{}" }, { .body = stream } };
 *	agent_server_play(&server, r, ARRAY_LEN(r));
 */
#ifndef AGENTOPS_TESTS_AGENT_SERVER_H
#define AGENTOPS_TESTS_AGENT_SERVER_H

#include "test.h"

#include "base/buf.h"
#include "base/loop.h"

#include <netinet/in.h>
#include <uv.h>

enum agent_cut { CUT_NONE, CUT_CLOSE, CUT_HANG };

struct agent_reply {
	int status;            /* 0: 200 */
	const char *type;      /* NULL: text/event-stream; "": no header */
	const char *headers;   /* more of them, each with \r\n; or NULL */
	const char *body;
	size_t len;            /* 0: strlen(body) */
	size_t piece;          /* 0: in one */
	enum agent_cut how;
	size_t cut;            /* bytes of the body before it */
};

struct agent_seen {
	struct buf head, body; /* head: request line and headers */
};

struct agent_server {
	struct loop *loop;
	uv_tcp_t listener;
	int port;
	const struct agent_reply *replies;
	size_t reply_count, requests, peers;
	struct agent_seen seen[64];
	struct agent_peer *first;
	/* Called with each request, before it is answered; or NULL. */
	void (*on_request)(void *ud, struct agent_server *s, size_t n);
	void *ud;
};

struct agent_peer {
	uv_tcp_t tcp;
	struct agent_server *server;
	struct agent_peer *next;
	struct buf in, out;
	size_t sent, piece, limit;
	enum agent_cut how;
	bool writing;
	uv_write_t write;
};

static inline void
agent_peer_closed(uv_handle_t *h)
{
	struct agent_peer *p = h->data, **at = &p->server->first;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	p->server->peers--;
	buf_release(&p->in);
	buf_release(&p->out);
	free(p);
}

static inline void
agent_peer_close(struct agent_peer *p)
{
	if (!uv_is_closing((uv_handle_t *)&p->tcp))
		uv_close((uv_handle_t *)&p->tcp, agent_peer_closed);
}

static inline void agent_peer_send(struct agent_peer *p);

static inline void
agent_peer_sent(uv_write_t *w, int status)
{
	struct agent_peer *p = w->data;

	p->writing = false;
	if (status)
		agent_peer_close(p);
	else
		agent_peer_send(p);
}

static inline void
agent_peer_send(struct agent_peer *p)
{
	size_t left = p->limit - p->sent;
	size_t n = p->piece && p->piece < left ? p->piece : left;
	uv_buf_t b;

	if (uv_is_closing((uv_handle_t *)&p->tcp))
		return;
	if (n == 0) {
		if (p->how == CUT_CLOSE)
			agent_peer_close(p);
		return;
	}
	b = uv_buf_init(p->out.data + p->sent, (unsigned)n);
	p->sent += n;
	p->write.data = p;
	p->writing = true;
	if (uv_write(&p->write, (uv_stream_t *)&p->tcp, &b, 1,
		     agent_peer_sent))
		agent_peer_close(p);
}

static inline void
agent_peer_answer(struct agent_peer *p)
{
	struct agent_server *s = p->server;
	size_t n = s->requests - 1;
	const struct agent_reply *r =
		&s->replies[n < s->reply_count ? n : s->reply_count - 1];
	size_t len = r->len ? r->len : strlen(r->body);

	buf_reset(&p->out);
	buf_printf(&p->out, "HTTP/1.1 %d Reply\r\n",
		   r->status ? r->status : 200);
	if (!r->type || *r->type)
		buf_printf(&p->out, "Content-Type: %s\r\n",
			   r->type ? r->type : "text/event-stream");
	if (r->headers)
		buf_addstr(&p->out, r->headers);
	buf_printf(&p->out, "Content-Length: %zu\r\n\r\n", len);
	p->limit = p->out.len + (r->how ? r->cut : len);
	buf_add(&p->out, r->body, len);
	p->how = r->how;
	p->piece = r->piece;
	p->sent = 0;
	agent_peer_send(p);
}

static inline void
agent_peer_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *b)
{
	static char space[65536];

	(void)h;
	(void)suggested;
	*b = uv_buf_init(space, sizeof(space));
}

static inline void
agent_peer_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
	struct agent_peer *p = stream->data;
	struct agent_server *s = p->server;
	struct agent_seen *seen;
	const char *end, *length;
	size_t head, body = 0;

	if (n < 0) {
		agent_peer_close(p);
		return;
	}
	buf_add(&p->in, b->base, (size_t)n);
	end = strstr(p->in.data, "\r\n\r\n");
	if (!end)
		return;
	head = (size_t)(end + 4 - p->in.data);
	length = strcasestr(p->in.data, "Content-Length: ");
	if (length && length < end)
		body = strtoul(length + 16, NULL, 10);
	if (p->in.len < head + body)
		return;
	if (s->requests >= ARRAY_LEN(s->seen))
		fail_msg("more than %zu requests", ARRAY_LEN(s->seen));
	seen = &s->seen[s->requests++];
	buf_add(&seen->head, p->in.data, head);
	buf_add(&seen->body, p->in.data + head, body);
	buf_reset(&p->in);
	if (s->on_request)
		s->on_request(s->ud, s, s->requests - 1);
	agent_peer_answer(p);
}

static inline void
agent_server_accept(uv_stream_t *listener, int status)
{
	struct agent_server *s = listener->data;
	struct agent_peer *p = xcalloc(1, sizeof(*p));

	if (status)
		fail_msg("%s", uv_strerror(status));
	uv_tcp_init(loop_uv(s->loop), &p->tcp);
	uv_tcp_nodelay(&p->tcp, 1);
	p->tcp.data = p;
	p->server = s;
	p->next = s->first;
	s->first = p;
	s->peers++;
	uv_accept(listener, (uv_stream_t *)&p->tcp);
	uv_read_start((uv_stream_t *)&p->tcp, agent_peer_alloc,
		      agent_peer_read);
}

static inline void
agent_server_start(struct agent_server *s, struct loop *loop)
{
	struct sockaddr_in a;
	struct sockaddr_storage got;
	int len = sizeof(got);

	*s = (struct agent_server){ .loop = loop };
	uv_ip4_addr("127.0.0.1", 0, &a);
	uv_tcp_init(loop_uv(loop), &s->listener);
	s->listener.data = s;
	if (uv_tcp_bind(&s->listener, (struct sockaddr *)&a, 0) ||
	    uv_listen((uv_stream_t *)&s->listener, 64, agent_server_accept))
		fail_msg("no port");
	uv_tcp_getsockname(&s->listener, (struct sockaddr *)&got, &len);
	s->port = ntohs(((struct sockaddr_in *)&got)->sin_port);
}

/* Forgets what was seen. */
static inline void
agent_server_play(struct agent_server *s, const struct agent_reply *replies,
		  size_t count)
{
	for (size_t i = 0; i < s->requests; i++) {
		buf_release(&s->seen[i].head);
		buf_release(&s->seen[i].body);
	}
	s->requests = 0;
	s->replies = replies;
	s->reply_count = count;
}

static inline void
agent_server_stop(struct agent_server *s)
{
	agent_server_play(s, NULL, 0);
	uv_close((uv_handle_t *)&s->listener, NULL);
	for (struct agent_peer *p = s->first; p; p = p->next)
		agent_peer_close(p);
	while (s->peers)
		loop_turn(s->loop, true);
}

#endif
