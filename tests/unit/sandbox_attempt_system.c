/* Attempts on what a sandbox forbids or bounds: network, processes,
 * privileges, resources. */
#include "sandbox_attempt.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* --- network ------------------------------------------------------------ */

/* The server answers "pong" to what comes. */
static bool
ping(int domain, int type, const void *a, socklen_t len)
{
	const struct timeval limit = { .tv_sec = 2 };
	char answer[8] = "";
	int fd = socket(domain, type, 0);

	if (fd < 0)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (type == SOCK_DGRAM && domain == AF_UNIX) {
		const sa_family_t none = AF_UNIX;

		/* A name of its own, so that it can be answered. */
		if (bind(fd, (const struct sockaddr *)&none, sizeof(none)))
			return false;
	}
	return (type == SOCK_DGRAM ? sendto(fd, "ping", 4, 0, a, len) == 4 :
				     connect(fd, a, len) == 0 &&
					     write(fd, "ping", 4) == 4) &&
	       recv(fd, answer, sizeof(answer), 0) == 4 &&
	       memcmp(answer, "pong", 4) == 0;
}

static bool
ping_inet(int type, uint32_t host)
{
	const struct sockaddr_in a = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)port),
				       .sin_addr.s_addr = htonl(host) };

	return ping(AF_INET, type, &a, sizeof(a));
}

static bool
tcp_loopback(void)
{
	return ping_inet(SOCK_STREAM, INADDR_LOOPBACK);
}

static bool
udp_loopback(void)
{
	return ping_inet(SOCK_DGRAM, INADDR_LOOPBACK);
}

/* Linux takes 0.0.0.0 for this machine. */
static bool
tcp_any(void)
{
	return ping_inet(SOCK_STREAM, INADDR_ANY);
}

/* To connect a UDP socket asks for a route and sends nothing. 192.0.2.0/24
 * is for documentation. */
static bool
route_outside(void)
{
	const struct sockaddr_in a = { .sin_family = AF_INET,
				       .sin_port = htons(53),
				       .sin_addr.s_addr = htonl(0xc0000201) };

	return connect(socket(AF_INET, SOCK_DGRAM, 0),
		       (const struct sockaddr *)&a, sizeof(a)) == 0;
}

static bool
ping_unix(int type, const char *name, bool abstract)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path + abstract, sizeof(a.sun_path) - abstract, "%s",
		 name);
	return ping(AF_UNIX, type, &a,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				abstract + strlen(name)));
}

static bool
unix_abstract(void)
{
	char name[64];

	snprintf(name, sizeof(name), "agentops-test-%d", port);
	return ping_unix(SOCK_STREAM, name, true);
}

static bool
unix_path(void)
{
	return chdir(at("outside")) == 0 &&
	       ping_unix(SOCK_STREAM, "stream", false);
}

static bool
unix_datagram(void)
{
	return chdir(at("outside")) == 0 &&
	       ping_unix(SOCK_DGRAM, "datagram", false);
}

static bool
unix_tmp(void)
{
	char name[64];

	snprintf(name, sizeof(name), "/tmp/agentops-test-%d", port);
	return ping_unix(SOCK_STREAM, name, false);
}

static bool
vsock(void)
{
	return socket(AF_VSOCK, SOCK_STREAM, 0) >= 0;
}

/* The same family in the low 32 bits, which are all the kernel looks at. */
static bool
vsock_high_bits(void)
{
	return syscall(SYS_socket, (1L << 32) | AF_VSOCK, SOCK_STREAM, 0) >= 0;
}

static bool
alg_socket(void)
{
	return socket(AF_ALG, SOCK_SEQPACKET, 0) >= 0;
}

static bool
packet_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0) >= 0;
}

/* --- other processes ---------------------------------------------------- */

static bool
kill_host(void)
{
	return kill(victim, SIGUSR1) == 0;
}

static bool
kill_by_pidfd(void)
{
	int fd = (int)syscall(SYS_pidfd_open, victim, 0);

	return fd >= 0 &&
	       syscall(SYS_pidfd_send_signal, fd, SIGUSR1, NULL, 0) == 0;
}

static bool
trace(void)
{
	return ptrace(PTRACE_ATTACH, victim, NULL, NULL) == 0 &&
	       waitpid(victim, NULL, __WALL) == victim &&
	       ptrace(PTRACE_DETACH, victim, NULL, NULL) == 0;
}

static bool
proc_mem(void)
{
	char path[64];
	long n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)victim);
	fd = open(path, O_RDWR);
	return fd >= 0 && pread(fd, &n, sizeof(n), (off_t)address) == sizeof(n);
}

static bool
vm_write(void)
{
	long n = 1;
	struct iovec from = { &n, sizeof(n) };
	struct iovec to = { (void *)address, sizeof(n) };

	return process_vm_writev(victim, &from, 1, &to, 1, 0) == sizeof(n);
}

static bool
vm_read(void)
{
	long n;
	struct iovec to = { &n, sizeof(n) };
	struct iovec from = { (void *)address, sizeof(n) };

	return process_vm_readv(victim, &to, 1, &from, 1, 0) == sizeof(n);
}

static bool
limit_host(void)
{
	const struct rlimit none = { 0, 0 };

	return prlimit(victim, RLIMIT_CORE, &none, NULL) == 0;
}

static bool
renice_host(void)
{
	return setpriority(PRIO_PROCESS, (id_t)victim, 19) == 0;
}

/* --- privileges --------------------------------------------------------- */

static bool
new_user(void)
{
	return unshare(CLONE_NEWUSER) == 0;
}

static bool
new_mounts(void)
{
	return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static bool
new_net_by_clone(void)
{
	long pid = syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWNET | SIGCHLD,
			   NULL, NULL, NULL, NULL);

	if (pid == 0)
		_exit(0);
	return pid > 0;
}

static bool
new_user_by_clone3(void)
{
	struct {
		uint64_t flags, pidfd, child_tid, parent_tid, exit_signal;
		uint64_t stack, stack_size, tls;
	} args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid == 0)
		_exit(0);
	return pid > 0;
}

static bool
mount_tmpfs(void)
{
	bool ok = mount("tmpfs", at("outside/empty"), "tmpfs", 0, NULL) == 0;

	if (ok)
		umount2(at("outside/empty"), MNT_DETACH);
	return ok;
}

static bool
change_root(void)
{
	return chroot(base) == 0;
}

static bool
set_host_name(void)
{
	char name[256];

	return gethostname(name, sizeof(name)) == 0 &&
	       sethostname(name, strlen(name)) == 0;
}

static bool
load_bpf(void)
{
	/* r0 = 0; exit */
	static const uint64_t program[] = { 0xb7, 0x95 };
	union bpf_attr a = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER };

	a.insns = (uintptr_t)program;
	a.insn_cnt = 2;
	a.license = (uintptr_t) "GPL";
	return syscall(SYS_bpf, BPF_PROG_LOAD, &a, sizeof(a)) >= 0;
}

static bool
add_key(void)
{
	return syscall(SYS_add_key, "user", "agentops-test", "x", 1, -2) > 0;
}

static bool
keyctl_join(void)
{
	return syscall(SYS_keyctl, 0 /* GET_KEYRING_ID */, -3, 1) > 0;
}

static bool
user_fault(void)
{
	return syscall(SYS_userfaultfd, 1 /* UFFD_USER_MODE_ONLY */) >= 0;
}

static bool
io_uring(void)
{
	char params[120] = { 0 };

	return syscall(SYS_io_uring_setup, 4, params) >= 0;
}

static bool
perf_events(void)
{
	struct perf_event_attr a = { .type = PERF_TYPE_SOFTWARE,
				     .size = sizeof(a),
				     .config = PERF_COUNT_SW_TASK_CLOCK,
				     .exclude_kernel = 1 };

	return syscall(SYS_perf_event_open, &a, 0, -1, -1, 0) >= 0;
}

/* On a terminal of its own; on the user's it would type commands. */
static bool
push_input(void)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY);
	int tty;

	if (fd < 0 || grantpt(fd) || unlockpt(fd))
		return false;
	setsid();
	tty = open(ptsname(fd), O_RDWR);
	return tty >= 0 && ioctl(tty, TIOCSTI, "x") == 0;
}

static bool
make_device(void)
{
	bool ok = mknod(at(OUT "null"), S_IFCHR | 0600, 0x103) == 0;

	unlink(at(OUT "null"));
	return ok;
}

static bool
gain_privileges(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct caps[2] = { { 0 } };

	return setresuid(0, 0, 0) == 0 &&
	       syscall(SYS_capget, &head, caps) == 0 && caps[0].effective;
}

/* --- resources: the test sets limits below what these take -------------- */

static bool
fork_many(void)
{
	int n = 0;
	pid_t pid;

	setpgid(0, 0);
	while (n < 150 && (pid = fork()) >= 0) {
		if (pid == 0) {
			pause();
			_exit(0);
		}
		n++;
	}
	signal(SIGTERM, SIG_IGN);
	kill(0, SIGTERM);
	return n == 150;
}

/* volatile: else a compiler sees that nobody reads it and takes none. */
static bool
take_memory(long mb)
{
	volatile char *p = malloc((size_t)(mb * MB));

	for (long i = 0; p && i < mb * MB; i += 4096)
		p[i] = 1;
	return p != NULL;
}

static bool
use_memory(void)
{
	return take_memory(600);
}

/* Says on ready that it has its memory, and holds it until the end of go. */
static void
hold_memory(int ready, int go)
{
	bool ok = take_memory(150) && write(ready, "x", 1) == 1;
	char c;

	while (ok && read(go, &c, 1) > 0)
		;
	_exit(ok ? 0 : 1);
}

/* Shared between processes that each stay under their own limit. Each has a
 * pipe of its own, so one that is killed ends the wait for it. */
static bool
use_memory_together(void)
{
	int go[2], ready[2], readies[4], done = 0, status;
	char c;

	if (pipe(go))
		return false;
	for (int i = 0; i < 4; i++) {
		if (pipe(ready))
			return false;
		if (fork() == 0) {
			close(go[1]);
			hold_memory(ready[1], go[0]);
		}
		close(ready[1]);
		readies[i] = ready[0];
	}
	for (int i = 0; i < 4; i++)
		if (read(readies[i], &c, 1) < 0)
			return false;
	close(go[1]);
	while (wait(&status) > 0)
		done += WIFEXITED(status) && WEXITSTATUS(status) == 0;
	return done == 4;
}

static bool
write_megabytes(int fd, int count)
{
	static char block[MB];

	for (int i = 0; i < count; i++)
		if (write(fd, block, MB) != MB)
			return false;
	return true;
}

static bool
fill_tmp(void)
{
	const char *dir = getenv("TMPDIR");
	char path[4096];
	bool ok = true;

	for (int i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/fill%d", dir ? dir : "/tmp",
			 i);
		ok = write_megabytes(open(path, O_WRONLY | O_CREAT, 0600),
				     10) &&
		     ok;
	}
	for (int i = 0; i < 4 && !dir; i++) {
		snprintf(path, sizeof(path), "/tmp/fill%d", i);
		unlink(path);
	}
	return ok;
}

static bool
fill_file(void)
{
	bool ok = write_megabytes(open(at(OUT "big"), O_WRONLY | O_CREAT, 0600),
				  40);

	unlink(at(OUT "big"));
	return ok;
}

static bool
use_cpu(void)
{
	while (clock() < 2 * CLOCKS_PER_SEC)
		;
	return true;
}

/* --- the table ---------------------------------------------------------- */

const struct attempt system_attempts[] = {
	A(tcp_loopback),    A(udp_loopback),     A(tcp_any),
	A(route_outside),   A(unix_abstract),    A(unix_path),
	A(unix_datagram),   A(unix_tmp),         A(vsock),
	A(vsock_high_bits), A(alg_socket),       A(packet_socket),
	A(kill_host),       A(kill_by_pidfd),    A(trace),
	A(proc_mem),        A(vm_write),         A(vm_read),
	A(limit_host),      A(renice_host),      A(new_user),
	A(new_mounts),      A(new_net_by_clone), A(new_user_by_clone3),
	A(mount_tmpfs),     A(change_root),      A(set_host_name),
	A(load_bpf),        A(add_key),          A(keyctl_join),
	A(user_fault),      A(io_uring),         A(perf_events),
	A(push_input),      A(make_device),      A(gain_privileges),
	A(fork_many),       A(use_memory),       A(use_memory_together),
	A(fill_tmp),        A(fill_file),        A(use_cpu),
	{ NULL, NULL },
};
