/*
 * Invariants
 *  1. A message is handled in on_check, right after the loop's poll, and
 *     nowhere else.
 *  2. Before the loop blocks, either no socket has a message waiting or the
 *     idle handle is active, so that it does not block.
 *  3. The struct is freed when it is closed and no handle is left.
 *
 * Why three handles: ZMQ_FD is an eventfd that tells of a *change*, not of
 * messages that wait, and any call on the socket may eat the signal. So
 *
 *	poll     on every ZMQ_FD: only wakes the loop
 *	check    after the poll: reads until ZMQ_EVENTS has no ZMQ_POLLIN, or
 *	         the budget is used
 *	prepare  before the poll: asks ZMQ_EVENTS again (a send or the budget
 *	         may have left messages) and then keeps the loop awake by idle
 *
 * Reading one message per wake-up loses edges: a kernel took 49 s to start.
 */
#include "tool/kernel_wire.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/lazy.h"
#include "base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	MESSAGES_PER_TURN = 256,
	RECONNECT_MS = 20,
	/* Messages that libzmq reads ahead: with WIRE_MESSAGE_LIMIT the
	 * bound of what a flood can make us hold. */
	QUEUE_LENGTH = 32,
	PARTS_MAX = 6, /* signature, four frames, one buffer */
};

static const char delimiter[] = "<IDS|MSG>";

/* In the order of enum wire_channel. */
static const struct {
	int type;
	int port; /* the N in k-N */
} channel_rows[WIRE_CHANNELS] = {
	[WIRE_SHELL] = { ZMQ_DEALER, 1 },
	[WIRE_IOPUB] = { ZMQ_SUB, 2 },
	[WIRE_CONTROL] = { ZMQ_DEALER, 4 },
};

/* A libzmq socket and what wakes the loop for it. */
struct end {
	void *socket;
	uv_poll_t *poll;
};

struct wire {
	const struct lazy_zmq *zmq;
	struct loop *loop;
	char *dir;
	char session[WIRE_ID_SIZE];
	void *ctx;
	char *key;
	struct end ends[WIRE_CHANNELS];
	struct end monitors[WIRE_CHANNELS]; /* say when a channel is cut */
	unsigned monitor_count;
	uv_prepare_t prepare;
	uv_check_t check;
	uv_idle_t idle;
	int open_handles;
	struct wire_spec spec;
};

/* Header, parent, metadata, content. */
enum { FRAMES = 4, SIGNATURE_LEN = SHA256_HEX_SIZE - 1 };

/* ---- sending ---------------------------------------------------------- */

static char *
header_text(struct wire *w, const char *type, char id[WIRE_ID_SIZE])
{
	char date[CLOCK_ISO_SIZE];

	id_random_hex(id, 16);
	return xasprintf("{\"msg_id\":\"%s\",\"session\":\"%s\","
			 "\"username\":\"agentops\",\"date\":\"%s\","
			 "\"msg_type\":\"%s\",\"version\":\"5.3\"}",
			 id, w->session, clock_iso(clock_wall_us(), date),
			 type);
}

bool
wire_send(struct wire *w, enum wire_channel channel, const char *type,
	  const char *content, char ret_id[WIRE_ID_SIZE])
{
	void *socket = w->ends[channel].socket;
	AUTO_FREE char *header = header_text(w, type, ret_id);
	char signature[SHA256_HEX_SIZE];
	const struct bytes frames[FRAMES] = {
		{ header, strlen(header) },
		{ "{}", 2 },
		{ "{}", 2 },
		{ content, strlen(content) },
	};

	hmac_sha256_hex(w->key, frames, FRAMES, signature);
	/* Once the first part is taken, the others are. */
	if (w->zmq->send(socket, delimiter, strlen(delimiter),
			 ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
		return false;
	w->zmq->send(socket, signature, SIGNATURE_LEN, ZMQ_SNDMORE);
	for (int i = 0; i < FRAMES; i++)
		w->zmq->send(socket, frames[i].data, frames[i].len,
			     i + 1 < FRAMES ? ZMQ_SNDMORE : 0);
	return true;
}

/* ---- receiving -------------------------------------------------------- */

struct parts {
	zmq_msg_t part[PARTS_MAX];
	int count;
};

static void
parts_close(struct wire *w, struct parts *p)
{
	for (int i = 0; i < p->count; i++)
		w->zmq->msg_close(&p->part[i]);
	p->count = 0;
}

static bool
is_delimiter(struct wire *w, zmq_msg_t *m)
{
	size_t len = strlen(delimiter);

	return w->zmq->msg_size(m) == len &&
	       !memcmp(w->zmq->msg_data(m), delimiter, len);
}

/* Reads one whole message; keeps what follows the delimiter. */
static bool
receive_parts(struct wire *w, void *socket, struct parts *p)
{
	bool seen = false, more = true;
	/* A message of several parts arrives whole or not at all. */
	int flags = ZMQ_DONTWAIT;

	while (more) {
		zmq_msg_t m;

		w->zmq->msg_init(&m);
		if (w->zmq->msg_recv(&m, socket, flags) < 0) {
			w->zmq->msg_close(&m);
			if (w->zmq->lib_errno() == EINTR)
				continue;
			parts_close(w, p);
			return false;
		}
		flags = 0;
		more = w->zmq->msg_more(&m);
		if (seen && p->count < PARTS_MAX) {
			p->part[p->count++] = m;
			continue;
		}
		seen = seen || is_delimiter(w, &m);
		w->zmq->msg_close(&m);
	}
	return true;
}

/* The four frames, when the signature is right. */
static bool
verified(struct wire *w, struct parts *p, struct bytes frames[FRAMES])
{
	char signature[SHA256_HEX_SIZE];

	if (p->count < 1 + FRAMES ||
	    w->zmq->msg_size(&p->part[0]) != SIGNATURE_LEN)
		return false;
	for (int i = 0; i < FRAMES; i++) {
		frames[i].data = w->zmq->msg_data(&p->part[i + 1]);
		frames[i].len = w->zmq->msg_size(&p->part[i + 1]);
	}
	hmac_sha256_hex(w->key, frames, FRAMES, signature);
	return !lazy_crypto()->same(signature, w->zmq->msg_data(&p->part[0]),
			      SIGNATURE_LEN);
}

static void
deliver(struct wire *w, enum wire_channel channel,
	const struct bytes frames[FRAMES])
{
	struct err err = ERR_INIT;
	AUTO_JSON *header = json_parse(frames[0].data, frames[0].len,
				       "message header", &err);
	AUTO_JSON *parent = json_parse(frames[1].data, frames[1].len,
				       "parent header", &err);
	AUTO_JSON *content = json_parse(frames[3].data, frames[3].len,
					"message content", &err);
	const char *type = json_str(header, "msg_type");
	const char *parent_id = json_str(parent, "msg_id");
	struct wire_msg m = {
		.channel = channel,
		.type = type ? type : "",
		.parent_id = parent_id ? parent_id : "",
		.content = content,
	};

	if (cJSON_IsObject(content))
		w->spec.on_message(w->spec.ud, &m);
	else
		log_debug("kernel: message dropped: %s", err.msg);
}

static bool
receive(struct wire *w, enum wire_channel channel)
{
	struct parts p = { .count = 0 };
	struct bytes frames[FRAMES];

	if (!receive_parts(w, w->ends[channel].socket, &p))
		return false;
	if (verified(w, &p, frames))
		deliver(w, channel, frames);
	else
		log_debug("kernel: message with a wrong signature dropped");
	parts_close(w, &p);
	return true;
}

/* ---- sockets ---------------------------------------------------------- */

static void
on_handle_closed(struct wire *w)
{
	if (--w->open_handles == 0)
		free(w);
}

static void
on_poll_closed(uv_handle_t *h)
{
	struct wire *w = h->data;

	free(h);
	on_handle_closed(w);
}

static void
on_own_closed(uv_handle_t *h)
{
	on_handle_closed(h->data);
}

static void
on_readable(uv_poll_t *h, int status, int events)
{
	(void)h;
	(void)status;
	(void)events;
}

static void
end_open(struct wire *w, struct end *e, int type)
{
	int fd, zero = 0;
	size_t size = sizeof(fd);

	e->socket = w->zmq->socket(w->ctx, type);
	if (!e->socket)
		abort(); /* out of memory or files */
	w->zmq->setsockopt(e->socket, ZMQ_LINGER, &zero, sizeof(zero));
	w->zmq->getsockopt(e->socket, ZMQ_FD, &fd, &size);
	e->poll = xcalloc(1, sizeof(*e->poll));
	uv_poll_init(loop_uv(w->loop), e->poll, fd);
	e->poll->data = w;
	uv_poll_start(e->poll, UV_READABLE, on_readable);
	uv_unref((uv_handle_t *)e->poll);
	w->open_handles++;
}

static void
end_close(struct wire *w, struct end *e)
{
	/* A stopped poll has left epoll, so the fd may go at once. */
	uv_poll_stop(e->poll);
	uv_close((uv_handle_t *)e->poll, on_poll_closed);
	w->zmq->close(e->socket);
	e->socket = NULL;
	e->poll = NULL;
}

/* Reports on PAIR when the connection of the channel ends. */
static void
monitor_open(struct wire *w, enum wire_channel channel)
{
	char *name = xasprintf("inproc://monitor-%u", w->monitor_count++);
	struct end *e = &w->monitors[channel];

	w->zmq->socket_monitor(w->ends[channel].socket, name,
			       ZMQ_EVENT_DISCONNECTED);
	end_open(w, e, ZMQ_PAIR);
	w->zmq->connect(e->socket, name);
	free(name);
}

static void
channel_open(struct wire *w, enum wire_channel channel)
{
	struct end *e = &w->ends[channel];
	int reconnect_ms = RECONNECT_MS, queue = QUEUE_LENGTH;
	int64_t limit = WIRE_MESSAGE_LIMIT;
	AUTO_FREE char *endpoint =
		xasprintf("ipc://%s/k-%d", w->dir, channel_rows[channel].port);

	end_open(w, e, channel_rows[channel].type);
	w->zmq->setsockopt(e->socket, ZMQ_RECONNECT_IVL, &reconnect_ms,
			   sizeof(reconnect_ms));
	w->zmq->setsockopt(e->socket, ZMQ_MAXMSGSIZE, &limit, sizeof(limit));
	w->zmq->setsockopt(e->socket, ZMQ_RCVHWM, &queue, sizeof(queue));
	if (channel == WIRE_IOPUB)
		w->zmq->setsockopt(e->socket, ZMQ_SUBSCRIBE, "", 0);
	monitor_open(w, channel);
	if (w->zmq->connect(e->socket, endpoint))
		log_debug("kernel: %s: %s", endpoint,
			  w->zmq->strerror(w->zmq->lib_errno()));
}

static void
channel_close(struct wire *w, enum wire_channel channel)
{
	w->zmq->socket_monitor(w->ends[channel].socket, NULL, 0);
	end_close(w, &w->monitors[channel]);
	end_close(w, &w->ends[channel]);
}

/* ---- the loop --------------------------------------------------------- */

static bool
has_message(struct wire *w, void *socket)
{
	int events = 0;
	size_t size = sizeof(events);

	return !w->zmq->getsockopt(socket, ZMQ_EVENTS, &events, &size) &&
	       (events & ZMQ_POLLIN);
}

static bool
was_cut(struct wire *w, void *monitor)
{
	bool cut = false;
	zmq_msg_t m;

	while (has_message(w, monitor)) {
		w->zmq->msg_init(&m);
		cut = w->zmq->msg_recv(&m, monitor, ZMQ_DONTWAIT) >= 0 || cut;
		w->zmq->msg_close(&m);
	}
	return cut;
}

static void
on_check(uv_check_t *h)
{
	struct wire *w = h->data;
	int budget = MESSAGES_PER_TURN;

	for (int i = 0; i < WIRE_CHANNELS; i++)
		while (budget-- > 0 && has_message(w, w->ends[i].socket))
			receive(w, (enum wire_channel)i);
	for (int i = 0; i < WIRE_CHANNELS; i++) {
		if (!was_cut(w, w->monitors[i].socket))
			continue;
		channel_close(w, (enum wire_channel)i);
		channel_open(w, (enum wire_channel)i);
		w->spec.on_gap(w->spec.ud, (enum wire_channel)i);
	}
}

static void
on_idle(uv_idle_t *h)
{
	(void)h;
}

static void
on_prepare(uv_prepare_t *h)
{
	struct wire *w = h->data;
	bool waiting = false;

	for (int i = 0; i < WIRE_CHANNELS; i++)
		waiting = waiting || has_message(w, w->ends[i].socket) ||
			  has_message(w, w->monitors[i].socket);
	if (waiting)
		uv_idle_start(&w->idle, on_idle);
	else
		uv_idle_stop(&w->idle);
}

static void
own_handle(struct wire *w, uv_handle_t *h)
{
	h->data = w;
	uv_unref(h);
	w->open_handles++;
}

struct wire *
wire_open(const struct wire_spec *spec, struct err *err)
{
	const struct lazy_zmq *zmq = lazy_zmq(err);

	if (!zmq)
		return NULL;
	struct wire *w = xcalloc(1, sizeof(*w));
	uv_loop_t *uv = loop_uv(spec->loop);

	w->zmq = zmq;
	w->loop = spec->loop;
	w->spec = *spec;
	w->dir = xstrdup(spec->dir);
	w->key = xstrdup(spec->key);
	w->ctx = zmq->ctx_new();
	id_random_hex(w->session, 16);
	for (int i = 0; i < WIRE_CHANNELS; i++)
		channel_open(w, (enum wire_channel)i);
	uv_prepare_init(uv, &w->prepare);
	uv_check_init(uv, &w->check);
	uv_idle_init(uv, &w->idle);
	uv_prepare_start(&w->prepare, on_prepare);
	uv_check_start(&w->check, on_check);
	own_handle(w, (uv_handle_t *)&w->prepare);
	own_handle(w, (uv_handle_t *)&w->check);
	own_handle(w, (uv_handle_t *)&w->idle);
	return w;
}

void
wire_close(struct wire *w)
{
	if (!w)
		return;
	for (int i = 0; i < WIRE_CHANNELS; i++)
		channel_close(w, (enum wire_channel)i);
	w->zmq->ctx_term(w->ctx);
	free(w->key);
	free(w->dir);
	uv_close((uv_handle_t *)&w->prepare, on_own_closed);
	uv_close((uv_handle_t *)&w->check, on_own_closed);
	uv_close((uv_handle_t *)&w->idle, on_own_closed);
}
