/*
 * landlock_abi.h - the Landlock interface up to ABI 7.
 *
 * Debian 12's <linux/landlock.h> ends at ABI 2, so the later constants stand
 * here, under names of our own that no newer header clashes with. Numbers
 * from include/uapi/linux/landlock.h of Linux 6.15; the syscall numbers are
 * the same on every architecture.
 */
#ifndef AGENTOPS_SANDBOX_LANDLOCK_ABI_H
#define AGENTOPS_SANDBOX_LANDLOCK_ABI_H

#include <stdint.h>

enum {
	LL_SYS_CREATE_RULESET = 444,
	LL_SYS_ADD_RULE = 445,
	LL_SYS_RESTRICT_SELF = 446,
};

enum { LL_CREATE_VERSION = 1, LL_RULE_PATH_BENEATH = 1 };

enum {
	LL_FS_EXECUTE = 1 << 0,
	LL_FS_WRITE_FILE = 1 << 1,
	LL_FS_READ_FILE = 1 << 2,
	LL_FS_READ_DIR = 1 << 3,
	LL_FS_REMOVE_DIR = 1 << 4,
	LL_FS_REMOVE_FILE = 1 << 5,
	LL_FS_MAKE_CHAR = 1 << 6,
	LL_FS_MAKE_DIR = 1 << 7,
	LL_FS_MAKE_REG = 1 << 8,
	LL_FS_MAKE_SOCK = 1 << 9,
	LL_FS_MAKE_FIFO = 1 << 10,
	LL_FS_MAKE_BLOCK = 1 << 11,
	LL_FS_MAKE_SYM = 1 << 12,
	LL_FS_ABI_1 = (1 << 13) - 1,
	LL_FS_REFER = 1 << 13,     /* ABI 2, Linux 5.19 */
	LL_FS_TRUNCATE = 1 << 14,  /* ABI 3, Linux 6.2 */
	LL_FS_IOCTL_DEV = 1 << 15, /* ABI 5, Linux 6.10 */
};

enum { LL_NET_BIND_TCP = 1 << 0, LL_NET_CONNECT_TCP = 1 << 1 }; /* ABI 4 */

/* ABI 6, Linux 6.12 */
enum { LL_SCOPE_ABSTRACT_UNIX = 1 << 0, LL_SCOPE_SIGNAL = 1 << 1 };

/* Members that an older kernel does not know must be zero. */
struct ll_ruleset_attr {
	uint64_t fs, net, scoped;
};

struct ll_path_attr {
	uint64_t access;
	int32_t parent_fd;
} __attribute__((packed));

#endif
