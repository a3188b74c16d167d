/*
 * filter.h - which system calls the command may make (seccomp).
 *
 * A deny list over what namespaces and Landlock leave open: tracing other
 * processes, new namespaces and mounts, kernel interfaces with a history of
 * holes, keys, terminals, and socket families that are not bound to the
 * network namespace. Calls under another ABI (x32, i386) end the process.
 */
#ifndef AGENTOPS_SANDBOX_FILTER_H
#define AGENTOPS_SANDBOX_FILTER_H

#include "base/err.h"

/*
 * alone: there are no namespaces round the command. Then also no connect, no
 * TCP/UDP, no datagrams to socket files; chmod, chown and times, which
 * Landlock does not know, change nothing.
 */
bool filter_install(bool alone, struct err *err);

#endif
