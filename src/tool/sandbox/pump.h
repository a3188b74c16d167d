/*
 * pump.h - bytes between two sockets, both ways, and the small socket
 * helpers that proxy and relay share.
 */
#ifndef AGENTOPS_SANDBOX_PUMP_H
#define AGENTOPS_SANDBOX_PUMP_H

#include "base/err.h"

#include <stddef.h>

/* Until both directions have ended, one failed, or nothing moved for ten
 * minutes. Does not close them; leaves them non-blocking. */
void pump(int a, int b);

/* All of it, to a blocking socket. */
bool pump_send(int fd, const char *data, size_t len);

/*
 * Accepts for ever and runs serve(fd, ud) in a thread each, at most
 * PUMP_CONNECTIONS at once; serve closes fd. Returns when stop_fd, unless
 * it is -1, is at its end.
 */
enum { PUMP_CONNECTIONS = 64 };
typedef void pump_serve_fn(int fd, void *ud);
void pump_accept(int listen_fd, int stop_fd, pump_serve_fn *serve, void *ud);

/* Sockets on a file, and on 127.0.0.1 with a port that the kernel chose. */
bool pump_listen_file(const char *path, int *ret_fd, struct err *err);
bool pump_listen_loopback(int *ret_fd, int *ret_port, struct err *err);
int pump_connect_file(const char *path); /* -1 when nobody listens */

#endif
