#include "filter.h"

#include "base/mem.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* Socket families and ioctl numbers: the kernel looks at the low 32 bits
 * only, so a comparison of all 64 could be got round. */
#define LOW32 0xffffffffu

#ifndef TIOCLINUX
#define TIOCLINUX 0x541C
#endif

/* clang-format off */
static const char *const denied[] = {
	/* other processes */
	"ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd",
	"kcmp", "process_madvise",
	/* interfaces with a large attack surface */
	"io_uring_setup", "io_uring_enter", "io_uring_register", "bpf",
	"perf_event_open", "userfaultfd", "modify_ldt", "uselib", "ustat",
	"lookup_dcookie", "nfsservctl", "fanotify_init",
	/* the view of the file system */
	"mount", "umount", "umount2", "pivot_root", "chroot", "open_tree",
	"move_mount", "fsopen", "fsconfig", "fsmount", "fspick",
	"mount_setattr", "unshare", "setns", "open_by_handle_at",
	"quotactl", "quotactl_fd", "acct", "swapon", "swapoff",
	/* keys: not bound to a namespace */
	"add_key", "keyctl", "request_key",
	/* the machine */
	"kexec_load", "kexec_file_load", "init_module", "finit_module",
	"delete_module", "reboot", "syslog", "iopl", "ioperm",
	"settimeofday", "clock_settime", "clock_adjtime", "adjtimex",
	"sethostname", "setdomainname", "vhangup",
};

/* Alone: what reaches sockets and other processes of the user.
 * sched_setscheduler stays, libzmq aborts without it. */
static const char *const denied_alone[] = {
	"connect", "setpriority", "ioprio_set", "migrate_pages",
	"move_pages",
};

/* Alone: every copy and every unpacker calls these and would fail, so they
 * succeed and change nothing. */
static const char *const without_effect[] = {
	"chmod", "fchmod", "fchmodat", "chown", "lchown", "fchown",
	"fchownat", "utime", "utimes", "utimensat", "futimesat",
};

static const char *const unsupported_alone[] = {
	"setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr",
	"fremovexattr",
};
/* clang-format on */

/* Newer than libseccomp 2.5 knows; the numbers are the same everywhere. */
static const int missing_alone[] = {
	452, /* fchmodat2 */
	463, /* setxattrat */
	466, /* removexattrat */
	469, /* file_setattr */
};

/* The first failure of a series of rules; later ones do nothing. */
struct rules {
	scmp_filter_ctx ctx;
	int failure;
};

static void
rule(struct rules *r, int error, int nr, unsigned count,
     const struct scmp_arg_cmp *args)
{
	if (!r->failure)
		r->failure = seccomp_rule_add_array(
			r->ctx, SCMP_ACT_ERRNO((uint32_t)error), nr, count,
			args);
}

/* A name that this architecture does not have needs no rule. */
static void
rule_names(struct rules *r, int error, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int nr = seccomp_syscall_resolve_name(names[i]);

		if (nr >= 0)
			rule(r, error, nr, 0, NULL);
	}
}

static void
rule_arg(struct rules *r, int error, int nr, unsigned arg, uint64_t mask,
	 uint64_t value)
{
	struct scmp_arg_cmp cmp =
		SCMP_CMP(arg, SCMP_CMP_MASKED_EQ, mask, value);

	rule(r, error, nr, 1, &cmp);
}

/* clone3 hides its flags in memory: without it libc falls back to clone. */
static void
deny_namespaces(struct rules *r)
{
	static const uint64_t flags[] = {
		CLONE_NEWUSER, CLONE_NEWNS,  CLONE_NEWPID, CLONE_NEWNET,
		CLONE_NEWIPC,  CLONE_NEWUTS, CLONE_NEWCGROUP,
	};

	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		rule_arg(r, EPERM, SCMP_SYS(clone), 0, flags[i], flags[i]);
	rule(r, ENOSYS, SCMP_SYS(clone3), 0, NULL);
}

/* Families are allowed by a list: AF_VSOCK, AF_ALG and others leave the
 * network namespace. Netlink: route only, which getifaddrs needs. */
static void
deny_sockets(struct rules *r, bool alone)
{
	struct scmp_arg_cmp netlink[] = {
		SCMP_A0(SCMP_CMP_MASKED_EQ, LOW32, AF_NETLINK),
		SCMP_A2(SCMP_CMP_NE, 0),
	};

	for (unsigned f = 0; f < 64; f++) {
		bool inet = f == AF_INET || f == AF_INET6;

		if (f != AF_UNIX)
			rule_arg(r, EAFNOSUPPORT, SCMP_SYS(socketpair), 0,
				 LOW32, f);
		if (f != AF_UNIX && f != AF_NETLINK && !(inet && !alone))
			rule_arg(r, EAFNOSUPPORT, SCMP_SYS(socket), 0, LOW32,
				 f);
	}
	rule(r, EAFNOSUPPORT, SCMP_SYS(socket), ARRAY_LEN(netlink), netlink);
}

/*
 * Datagrams reach a socket file by sendto, without connect, so there are no
 * datagram sockets: SOCK_DGRAM, and SOCK_RAW, which AF_UNIX takes for it.
 * (A filter on sendto's address would break getifaddrs, on whose failure
 * libzmq aborts.)
 */
static void
deny_datagrams(struct rules *r)
{
	for (unsigned type = SOCK_DGRAM; type <= SOCK_RAW; type++) {
		struct scmp_arg_cmp args[] = {
			SCMP_A0(SCMP_CMP_MASKED_EQ, LOW32, AF_UNIX),
			SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, type),
		};

		rule(r, EPERM, SCMP_SYS(socket), 2, args);
		rule(r, EPERM, SCMP_SYS(socketpair), 2, args);
	}
}

static void
deny_alone(struct rules *r)
{
	rule_names(r, EPERM, denied_alone, ARRAY_LEN(denied_alone));
	rule_names(r, 0, without_effect, ARRAY_LEN(without_effect));
	rule_names(r, EOPNOTSUPP, unsupported_alone,
		   ARRAY_LEN(unsupported_alone));
	for (size_t i = 0; i < ARRAY_LEN(missing_alone); i++)
		rule(r, ENOSYS, missing_alone[i], 0, NULL);
	deny_datagrams(r);
}

bool
filter_install(bool alone, struct err *err)
{
	struct rules r = { .ctx = seccomp_init(SCMP_ACT_ALLOW) };
	struct scmp_arg_cmp other = SCMP_A0(SCMP_CMP_NE, 0);

	if (!r.ctx)
		return FAIL(err, ERR_SANDBOX, "seccomp: cannot make a filter");
	rule_names(&r, EPERM, denied, ARRAY_LEN(denied));
	deny_namespaces(&r);
	/* A limit of one second of CPU time kills another process. */
	rule(&r, EPERM, SCMP_SYS(prlimit64), 1, &other);
	rule_arg(&r, EPERM, SCMP_SYS(ioctl), 1, LOW32, TIOCSTI);
	rule_arg(&r, EPERM, SCMP_SYS(ioctl), 1, LOW32, TIOCLINUX);
	deny_sockets(&r, alone);
	if (alone)
		deny_alone(&r);
	if (!r.failure)
		r.failure = seccomp_load(r.ctx);
	seccomp_release(r.ctx);
	if (r.failure)
		return err_errno(err, -r.failure,
				 "cannot install the seccomp filter");
	return true;
}
