/*
 * kernel_wire.h - the Jupyter messaging protocol 5.3 over ZeroMQ, on the
 * loop: sockets, framing, signatures. It knows nothing of cells.
 *
 * Transport is ipc only: the kernel listens on DIR/k-1 .. k-5 (shell, iopub,
 * stdin, control, heartbeat). A socket that is not there yet is tried again
 * by libzmq until it is. Of the five, shell, iopub and control are used:
 * input() is refused by `allow_stdin`, and the heartbeat answers even while
 * a kernel hangs, so it says nothing.
 *
 * A message is [routing...] "<IDS|MSG>" signature header parent metadata
 * content; the signature is HMAC-SHA256 over the last four, in hex. What
 * comes with a wrong one is dropped.
 *
 * Everything that arrives is from generated code: sizes are bounded (a
 * message of more than WIRE_MESSAGE_LIMIT is never read into memory), JSON
 * goes through json_parse.
 */
#ifndef AGENTOPS_TOOL_KERNEL_WIRE_H
#define AGENTOPS_TOOL_KERNEL_WIRE_H

#include "base/err.h"
#include "base/loop.h"

#include <cjson/cJSON.h>

enum wire_channel { WIRE_SHELL, WIRE_IOPUB, WIRE_CONTROL, WIRE_CHANNELS };

enum {
	WIRE_ID_SIZE = 33,  /* of a message id, with its NUL */
	WIRE_KEY_SIZE = 65, /* of the signing key: 64 hex digits and NUL */
	WIRE_MESSAGE_LIMIT = 16 << 20,
};

/* Borrowed: valid during the callback. */
struct wire_msg {
	enum wire_channel channel;
	const char *type;      /* "execute_reply"; "" when it had none */
	const char *parent_id; /* of the request it answers, or "" */
	const cJSON *content;  /* an object */
};

struct wire_spec {
	struct loop *loop;
	const char *dir; /* where the sockets are; DIR "/k-5" must fit into
			    107 bytes (sun_path) */
	const char *key; /* WIRE_KEY_SIZE */
	void (*on_message)(void *ud, const struct wire_msg *m);
	/*
	 * The kernel closed a channel or sent a message over the limit, for
	 * which libzmq ends the connection for good. The channel is open
	 * again, but messages were lost.
	 */
	void (*on_gap)(void *ud, enum wire_channel channel);
	void *ud;
};

struct wire;

/* Does not block; ERR_ENV when libzmq is missing. The spec is copied, its
 * strings too. Handles are unreferenced: they do not keep a loop alive. */
struct wire *wire_open(const struct wire_spec *spec, struct err *err);
/* Not from inside the wire's callbacks. Frees w when the loop has let go of
 * its handles. */
void wire_close(struct wire *w);

/* Sends a request; content is the text of a JSON object. False when the
 * kernel has not taken the last thousand. */
bool wire_send(struct wire *w, enum wire_channel channel, const char *type,
	       const char *content, char ret_id[WIRE_ID_SIZE]);

#endif
