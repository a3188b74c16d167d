#include "probe.h"

#include "bwrap.h"
#include "cgroup.h"
#include "landlock.h"
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void
exec_bwrap(int report_fd)
{
	AUTO(strv) argv = STRV_INIT;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(report_fd, STDERR_FILENO);
	bwrap_base_argv(&argv);
	strv_add(&argv, "--tmpfs");
	strv_add(&argv, "/tmp");
	strv_add(&argv, "/bin/true");
	execv(BWRAP, argv.items);
	dprintf(STDERR_FILENO, BWRAP ": %s", strerror(errno));
	_exit(SANDBOX_SETUP_FAILED);
}

/* One line of it, for a message. */
static void
read_reason(int fd, char *why, size_t size)
{
	AUTO(buf) text = BUF_INIT;
	char block[512];
	ssize_t n;

	while ((n = read(fd, block, sizeof(block))) > 0)
		if (text.len < size)
			buf_add(&text, block, (size_t)n);
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] == '\n')
			text.data[i] = ' ';
	snprintf(why, size, "%s", text.data ? str_trim(text.data) : "");
}

static bool
try_bwrap(char *why, size_t size)
{
	int fds[2], status = 0;
	pid_t pid;

	if (access(BWRAP, X_OK)) {
		snprintf(why, size, "%s is not installed (apt-get install "
			 "bubblewrap)", BWRAP);
		return false;
	}
	if (pipe2(fds, O_CLOEXEC)) {
		snprintf(why, size, "%s", strerror(errno));
		return false;
	}
	pid = fork();
	if (pid == 0)
		exec_bwrap(fds[1]);
	close(fds[1]);
	read_reason(fds[0], why, size);
	close(fds[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		status = -1;
	if (status != 0 && !*why)
		snprintf(why, size, "its test run ended with wait status %d",
			 status);
	if (status == 0)
		*why = '\0';
	return status == 0;
}

static void
try_landlock(struct sandbox_report *r)
{
	const char *why = NULL;

	r->landlock_abi = landlock_abi(&why);
	if (!r->landlock_abi)
		snprintf(r->landlock_why, sizeof(r->landlock_why), "%s", why);
	else if (r->landlock_abi < LANDLOCK_ABI_ALONE)
		snprintf(r->landlock_why, sizeof(r->landlock_why),
			 "ABI %d; to stand alone it needs %d (Linux 6.12)",
			 r->landlock_abi, LANDLOCK_ABI_ALONE);
	else if (!tree_can_kill())
		snprintf(r->landlock_why, sizeof(r->landlock_why),
			 "/proc lists no children of a process "
			 "(CONFIG_PROC_CHILDREN)");
}

static bool
try_seccomp(void)
{
	uint32_t action = SECCOMP_RET_ERRNO;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) ==
	       0;
}

static bool
try_cgroup(void)
{
	const struct limits l = { .processes = 64 };
	struct cgroup c;

	cgroup_make(&l, &c);
	cgroup_remove(&c);
	return c.pids;
}

void
probe_run(struct sandbox_report *ret)
{
	*ret = (struct sandbox_report){ 0 };
	ret->bwrap = try_bwrap(ret->bwrap_why, sizeof(ret->bwrap_why));
	try_landlock(ret);
	ret->seccomp = try_seccomp();
	ret->cgroup_pids = try_cgroup();
}

void
probe_print(const struct sandbox_report *r)
{
	printf("bwrap %d\n", r->bwrap);
	printf("bwrap_why %s\n", r->bwrap_why);
	printf("landlock_abi %d\n", r->landlock_abi);
	printf("landlock_why %s\n", r->landlock_why);
	printf("seccomp %d\n", r->seccomp);
	printf("cgroup_pids %d\n", r->cgroup_pids);
}
