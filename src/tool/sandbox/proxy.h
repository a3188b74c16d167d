/*
 * proxy.h - the only way out of the network profile.
 *
 *	command --HTTP_PROXY--> relay --unix socket--> proxy --TCP--> host
 *	\____ private network namespace ____/   \____ outside ____/
 *
 * The proxy runs outside, on a socket in a private folder that is bound into
 * the sandbox; it resolves names itself and connects to hosts that hosts.h
 * allows, nothing else. The relay runs inside and only moves bytes.
 */
#ifndef AGENTOPS_SANDBOX_PROXY_H
#define AGENTOPS_SANDBOX_PROXY_H

#include "launcher.h"

#include <sys/types.h>

struct proxy {
	char *dir; /* bound into the sandbox; removed when it ends */
	pid_t pid;
};

/* Forks it. It ends when the life pipe is at its end, that is, with the
 * launcher, and when it is killed. hosts is copied by the fork. */
bool proxy_start(const struct strv *hosts, const struct pipe_ends *life,
		 struct proxy *ret, struct err *err);
void proxy_release(struct proxy *p);

/* In the sandbox: forks the relay and points HTTP_PROXY and its kin of this
 * process at it. */
bool relay_start(const char *socket_path, struct err *err);

#endif
