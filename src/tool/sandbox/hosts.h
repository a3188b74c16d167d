/*
 * hosts.h - which hosts the network profile reaches. Pure, but for what
 * struct sockaddr looks like.
 *
 * An entry is NAME, NAME:PORT, ADDRESS, ADDRESS:PORT or [IPV6]:PORT; without
 * a port it stands for every port. Names are compared without case and
 * without a final dot. Two tests must both pass:
 *
 *	the name asked for is listed, and
 *	each address used is public, or listed as an address itself, or is
 *	loopback and `localhost` was listed and asked for
 *
 * so a listed name that resolves to 10.0.0.1 or 127.0.0.1 (DNS rebinding, or
 * an intranet) does not open the machine's own network.
 */
#ifndef AGENTOPS_SANDBOX_HOSTS_H
#define AGENTOPS_SANDBOX_HOSTS_H

#include "base/str.h"

#include <sys/socket.h>

enum { HOST_NAME_SIZE = 256 };

struct host {
	char name[HOST_NAME_SIZE]; /* lower case; an IPv6 address without [] */
	int port;                  /* 0: none was given */
};

/* False for what is not a host: too long, empty, a bad port, odd bytes. */
bool host_parse(const char *s, size_t len, struct host *ret);

bool hosts_allow(const struct strv *list, const struct host *asked);
/* address is AF_INET or AF_INET6, found for a host that hosts_allow let
 * through. */
bool hosts_allow_address(const struct strv *list, const struct host *asked,
			 const struct sockaddr *address);

#endif
