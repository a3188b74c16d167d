/*
 * serve.h - a server on loopback in a process of its own, for benches that
 * read models' streams. What cannot be done ends the process with a message
 * and status 2; the server goes with its parent.
 *
 *	static void listen_on(int listener, void *ud) { ... for (;;) ... }
 *	pid = serve_start(listen_on, ud, &port);
 *	serve_stop(pid);
 */
#ifndef AGENTOPS_BENCH_SERVE_H
#define AGENTOPS_BENCH_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* fn is called in the child, and never returns. */
pid_t serve_start(void (*fn)(int listener, void *ud), void *ud, int *ret_port);
void serve_stop(pid_t pid);
/* In the child: all of it, or false when the other side is gone. */
bool serve_send(int fd, const char *data, size_t len);

#endif
