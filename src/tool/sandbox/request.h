/*
 * request.h - one request to the filtering proxy, RFC 9110 and 9112:
 * "CONNECT host:port" for a tunnel, "METHOD http://host/path" else. Pure.
 */
#ifndef AGENTOPS_SANDBOX_REQUEST_H
#define AGENTOPS_SANDBOX_REQUEST_H

#include "base/err.h"
#include "tool/sandbox/hosts.h"

struct request {
	bool tunnel;
	struct host host; /* with a port */
	struct buf head;  /* not a tunnel: what the server gets, with the
			     empty line */
};

#define REQUEST_INIT { .head = BUF_INIT }

/* head: request line and header fields through the empty line, len bytes.
 * ret is initialised by the caller and released by it. */
bool request_parse(const char *head, size_t len, struct request *ret,
		   struct err *err);
void request_release(struct request *r);

#endif
