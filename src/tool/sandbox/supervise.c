/*
 * Invariants
 *  1. `ready` is set exactly when "R" came: the command runs or ran.
 *  2. Signals are passed on only when ready: before that nobody would
 *     handle them, and pid 1 of a namespace drops what it does not handle.
 *  3. The child leaves the launcher's session, so that a signal to the
 *     launcher's process group reaches the command once, through here.
 *
 *  4. The engine's death comes as ENGINE_DIED, never as SIGKILL: bwrap's own
 *     child, while it waits to be set up, dies with nobody, and only we, its
 *     subreaper, can end it.
 *
 *	starting --R--> ready --child exits--> over: tree killed, cgroup and
 *	    \__________ child exits: 125 ____/       proxy gone
 *	    any --engine dies--> over, 137
 */
#include "supervise.h"

#include "base/path.h"
#include "bwrap.h"
#include "cgroup.h"
#include "environ.h"
#include "guard.h"
#include "inner.h"
#include "options.h"
#include "probe.h"
#include "proxy.h"
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ENGINE_DIED = SIGPWR };

struct sandbox {
	struct options *o;
	struct pipe_ends status, go, life, info;
	struct cgroup cgroup;
	struct proxy proxy; /* network profile */
	sigset_t signals, old_mask, died;
	pid_t child;
	pid_t target; /* gets the signals: pid 1 of the sandbox, the guard */
	bool ready;
};

static void
close_end(int *fd)
{
	path_close(fd);
	*fd = -1;
}

static bool
open_pipe(struct pipe_ends *p, struct err *err)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return err_errno(err, errno, "cannot make a pipe");
	p->in = fds[0];
	p->out = fds[1];
	return true;
}

static bool
open_pipes(struct sandbox *s, struct err *err)
{
	return open_pipe(&s->status, err) && open_pipe(&s->go, err) &&
	       open_pipe(&s->life, err) && open_pipe(&s->info, err);
}

static bool
own_file(char path[PATH_MAX], struct err *err)
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);

	if (n < 0)
		return err_errno(err, errno, "/proc/self/exe");
	path[n] = '\0';
	return true;
}

/* bwrap hands every open descriptor on to the command. */
static void
keep_only(int a, int b)
{
	close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
	fcntl(a, F_SETFD, 0);
	fcntl(b, F_SETFD, 0);
}

static _Noreturn void
exec_bwrap(struct sandbox *s)
{
	const struct bwrap_fds fds = { .status = s->status.out,
				       .info = s->info.out };
	AUTO(views) views = { 0 };
	AUTO(strv) argv = STRV_INIT, env = STRV_INIT;
	struct err err = ERR_INIT;
	char exe[PATH_MAX];

	s->o->status_fd = fds.status;
	if (!own_file(exe, &err) || !views_make(s->o, true, &views, &err))
		inner_die(&err);
	bwrap_argv(s->o, &views, &fds, exe, s->proxy.dir, &argv);
	environ_scrub(&s->o->env, "/tmp", &env);
	keep_only(fds.status, fds.info);
	execve(BWRAP, argv.items, env.items);
	err_errno(&err, errno, "cannot run " BWRAP);
	inner_die(&err);
}

/* Waits until it is in its cgroup; then becomes bwrap or the guard. */
static _Noreturn void
run_child(struct sandbox *s, pid_t launcher)
{
	char go;

	close_end(&s->go.out);
	close_end(&s->life.out);
	if (read(s->go.in, &go, 1) != 1)
		_exit(SANDBOX_SETUP_FAILED);
	sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
	if (s->o->backend == BACKEND_LANDLOCK) {
		/* The guard blocks its own, and gives this to the command. */
		sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
		close_end(&s->status.in);
		keep_only(-1, -1);
		sigprocmask(SIG_UNBLOCK, &s->died, NULL);
		_exit(guard_main(s->o, s->life.in, s->status.out));
	}
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != launcher)
		_exit(SANDBOX_SETUP_FAILED);
	exec_bwrap(s);
}

/* bwrap writes one JSON object without others in it; the pipe ends early
 * when it failed. */
static pid_t
read_info(int fd)
{
	static const char key[] = "\"child-pid\":";
	char text[512], *at;
	size_t len = 0;
	ssize_t n;

	text[0] = '\0';
	while (!strchr(text, '}') && len < sizeof(text) - 1 &&
	       (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0) {
		len += (size_t)n;
		text[len] = '\0';
	}
	at = strstr(text, key);
	return at ? (pid_t)strtol(at + strlen(key), NULL, 10) : 0;
}

static bool
start_proxy(struct sandbox *s, struct err *err)
{
	if (!proxy_start(&s->o->hosts, &s->life, &s->proxy, err))
		return false;
	s->o->proxy_socket = xstrdup(INNER_PROXY_SOCKET);
	return true;
}

static bool
start(struct sandbox *s, struct err *err)
{
	pid_t launcher = getpid();

	if (s->o->profile == SANDBOX_NETWORK && !start_proxy(s, err))
		return false;
	cgroup_make(&s->o->limits, &s->cgroup);
	s->child = fork();
	if (s->child < 0)
		return err_errno(err, errno, "cannot fork");
	if (s->child == 0)
		run_child(s, launcher);
	cgroup_add(&s->cgroup, s->child);
	close_end(&s->status.out);
	close_end(&s->info.out);
	close_end(&s->go.in);
	if (write(s->go.out, "g", 1) != 1)
		return err_errno(err, errno, "cannot start the sandbox");
	close_end(&s->go.out);
	s->target = s->o->backend == BACKEND_BWRAP ? read_info(s->info.in) :
						     s->child;
	return true;
}

static void
read_status(struct sandbox *s)
{
	char c;

	s->ready = read(s->status.in, &c, 1) == 1;
	close_end(&s->status.in);
}

static void
pass_on(const struct sandbox *s, int signal_fd)
{
	struct signalfd_siginfo info;

	if (read(signal_fd, &info, sizeof(info)) == sizeof(info) &&
	    s->target > 0)
		kill(s->target, (int)info.ssi_signo);
}

static void
clean_up(struct sandbox *s)
{
	tree_kill();
	cgroup_remove(&s->cgroup);
	proxy_release(&s->proxy);
}

static _Noreturn void
end_with_engine(struct sandbox *s)
{
	clean_up(s);
	_exit(128 + SIGKILL);
}

/* Returns the child's wait status. */
static int
mind(struct sandbox *s)
{
	AUTO_FD died_fd = signalfd(-1, &s->died, SFD_CLOEXEC);
	AUTO_FD pid_fd = (int)syscall(SYS_pidfd_open, s->child, 0);
	AUTO_FD signal_fd = -1;
	sigset_t passed = s->signals;
	int status;

	sigdelset(&passed, SIGCHLD);
	signal_fd = signalfd(-1, &passed, SFD_CLOEXEC);
	for (;;) {
		struct pollfd p[] = {
			{ .fd = s->status.in, .events = POLLIN },
			{ .fd = pid_fd, .events = POLLIN },
			{ .fd = s->ready ? signal_fd : -1, .events = POLLIN },
			{ .fd = died_fd, .events = POLLIN },
		};

		if (poll(p, ARRAY_LEN(p), -1) < 0)
			continue;
		if (p[3].revents)
			end_with_engine(s);
		if (p[0].revents)
			read_status(s);
		if (p[1].revents)
			break;
		if (p[2].revents)
			pass_on(s, signal_fd);
	}
	if (s->status.in >= 0)
		read_status(s);
	while (waitpid(s->child, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static bool
choose_backend(struct options *o, struct err *err)
{
	struct sandbox_report report;

	if (o->backend != BACKEND_AUTO)
		return true;
	probe_run(&report);
	if (!sandbox_can(&report, o->profile, err))
		return false;
	o->backend = report.bwrap ? BACKEND_BWRAP : BACKEND_LANDLOCK;
	return true;
}

static bool
check_backend(const struct options *o, struct err *err)
{
	if (o->backend != BACKEND_LANDLOCK)
		return true;
	if (o->profile == SANDBOX_NETWORK)
		return FAIL(err, ERR_SANDBOX,
			    "profile network needs bubblewrap: Landlock "
			    "alone cannot filter hosts");
	if (!tree_can_kill())
		return FAIL(err, ERR_SANDBOX,
			    "/proc lists no children of a process, so "
			    "Landlock alone could not end the command's tree; "
			    "make bubblewrap work");
	return true;
}

/* Things the profile promises and this machine cannot hold. */
static void
warn(const struct sandbox *s)
{
	AUTO_FREE char *git = path_join(s->o->workspace, ".git");

	if (s->o->limits.processes > 0 && getuid() == 0 && !s->cgroup.pids)
		dprintf(STDERR_FILENO,
			"agentops-sandbox: note: running as root without a "
			"pids cgroup: the kernel does not limit the number of "
			"root's processes; run agentops as an ordinary user\n");
	if (s->o->backend == BACKEND_LANDLOCK && path_exists(git) &&
	    options_workspace_writable(s->o))
		dprintf(STDERR_FILENO,
			"agentops-sandbox: note: Landlock alone cannot keep "
			".git/hooks and .git/config read-only in a writable "
			"workspace; make bubblewrap work\n");
}

static int
fail(const struct err *err)
{
	dprintf(STDERR_FILENO,
		"agentops-sandbox: %s; the command was not run\n", err->msg);
	return SANDBOX_SETUP_FAILED;
}

/* A killed engine leaves nothing running. False when it died before we could
 * ask to be told. */
static bool
follow_engine(struct sandbox *s)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	sigemptyset(&s->died);
	sigaddset(&s->died, ENGINE_DIED);
	sigprocmask(SIG_BLOCK, &s->died, NULL);
	prctl(PR_SET_PDEATHSIG, ENGINE_DIED);
	return !s->o->parent || getppid() == s->o->parent;
}

int
supervise(struct options *o)
{
	struct sandbox s = { .o = o };
	struct err err = ERR_INIT;
	int status;

	inner_block_signals(&s.signals, &s.old_mask);
	if (!follow_engine(&s)) {
		err_fail(&err, ERR_SANDBOX, "agentops has ended meanwhile");
		return fail(&err);
	}
	if (!choose_backend(o, &err) || !check_backend(o, &err) ||
	    !open_pipes(&s, &err) || !start(&s, &err))
		return fail(&err);
	warn(&s);
	status = inner_exit_status(mind(&s));
	clean_up(&s);
	if (s.ready)
		return status;
	if (status != SANDBOX_SETUP_FAILED) {
		err_fail(&err, ERR_SANDBOX,
			 "bubblewrap could not set the sandbox up (status %d)",
			 status);
		return fail(&err);
	}
	return SANDBOX_SETUP_FAILED;
}
