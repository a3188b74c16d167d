#include "sandbox_world.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct world world;

/* Written and read by others, in the victim's copy of this process. */
static volatile long victim_number = 42;

char *
in_world(const char *name)
{
	return path_join(world.base, name);
}

static const char *const world_files[] = {
	"outside/file", "outside/kubeconfig", "home/.ssh/id_rsa",
	"home/.aws/credentials", "home/.netrc", "home/.bash_history",
	"home/.mozilla/cookies", "ops/config/secrets/key",
	"ops/state/agentops.db", "ops/state/runs/R2/artifact",
	"ops/state/runs/R1/secrets/token", "ops/state/runs/R1/artifact",
	"ws/file", "ws/.git/config", "ws/.git/HEAD",
};

static const char *const world_dirs[] = { "outside/empty", OUT_DIR,
					  "ws/.git/hooks" };

/* The sockets of the server in outside/ stay. */
void
make_world(void)
{
	static const char *const leftovers[] = {
		"outside/new",	 "outside/other", "outside/d",
		"outside/fifo",	 "outside/link",  "outside/made",
		"home/.profile", "ws",		  OUT_DIR,
	};

	for (size_t i = 0; i < ARRAY_LEN(leftovers); i++) {
		AUTO_FREE char *path = in_world(leftovers[i]);

		if (unlink(path))
			path_remove_tree(path, NULL);
	}
	for (size_t i = 0; i < ARRAY_LEN(world_dirs); i++) {
		AUTO_FREE char *path = in_world(world_dirs[i]);

		assert_true(path_mkdirs(path, NULL));
	}
	for (size_t i = 0; i < ARRAY_LEN(world_files); i++) {
		AUTO_FREE char *path = in_world(world_files[i]);
		AUTO_FREE char *dir = path_dir(path);

		assert_true(path_mkdirs(dir, NULL));
		unlink(path);
		test_write("/", path, "precious\n", 9);
		chmod(path, 0600);
	}
}

static void
answer(int fd, bool stream)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	char c[8];

	if (!stream) {
		if (recvfrom(fd, c, sizeof(c), 0, (struct sockaddr *)&from,
			     &len) > 0)
			sendto(fd, "pong", 4, 0, (struct sockaddr *)&from,
			       len);
		return;
	}
	fd = accept(fd, NULL, NULL);
	if (fd >= 0 && read(fd, c, sizeof(c)) > 0)
		(void)!write(fd, "pong", 4);
	close(fd);
}

static int
listen_unix(const char *path, bool abstract, int type)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd = socket(AF_UNIX, type, 0);

	if (len + abstract > sizeof(a.sun_path) - 1)
		return fd; /* not bound: the control fails and says so */
	memcpy(a.sun_path + abstract, path, len);
	unlink(path);
	if (bind(fd, (struct sockaddr *)&a,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
			     abstract + len)))
		return fd;
	if (type == SOCK_STREAM)
		listen(fd, 8);
	return fd;
}

/* TCP and UDP on the same port of 127.0.0.1. */
static bool
listen_inet(int *tcp, int *udp)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);

	*tcp = socket(AF_INET, SOCK_STREAM, 0);
	*udp = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(*tcp, (struct sockaddr *)&a, len) || listen(*tcp, 8) ||
	    getsockname(*tcp, (struct sockaddr *)&a, &len) ||
	    bind(*udp, (struct sockaddr *)&a, len)) {
		close(*tcp);
		close(*udp);
		return false;
	}
	world.port = ntohs(a.sin_port);
	return true;
}

static char *
tmp_socket(void)
{
	return xasprintf("/tmp/agentops-test-%d", world.port);
}

static void
start_server(void)
{
	AUTO_FREE char *stream = in_world("outside/stream");
	AUTO_FREE char *datagram = in_world("outside/datagram");
	AUTO_FREE char *tmp = NULL, *name = NULL;
	struct pollfd p[6] = { 0 };

	while (!listen_inet(&p[0].fd, &p[1].fd))
		;
	tmp = tmp_socket();
	name = xasprintf("agentops-test-%d", world.port);
	p[2].fd = listen_unix(stream, false, SOCK_STREAM);
	p[3].fd = listen_unix(datagram, false, SOCK_DGRAM);
	p[4].fd = listen_unix(tmp, false, SOCK_STREAM);
	p[5].fd = listen_unix(name, true, SOCK_STREAM);
	world.server = fork();
	if (world.server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			for (int i = 0; i < 6; i++)
				p[i].events = POLLIN;
			poll(p, 6, -1);
			for (int i = 0; i < 6; i++)
				if (p[i].revents & POLLIN)
					answer(p[i].fd, i != 1 && i != 3);
		}
	}
	for (int i = 0; i < 6; i++)
		close(p[i].fd);
}

int
world_setup(void **state)
{
	char base[] = AGENTOPS_BUILDDIR "/sbXXXXXX";
	AUTO_FREE char *home = NULL, *ops = NULL, *kube = NULL;

	(void)state;
	if (!mkdtemp(base))
		return -1;
	world.base = xstrdup(base);
	home = in_world("home");
	ops = in_world("ops");
	kube = in_world("outside/kubeconfig");
	setenv("HOME", home, 1);
	setenv("AGENTOPS_HOME", ops, 1);
	setenv("KUBECONFIG", kube, 1);
	setenv("TEST_API_KEY", "sk-secret", 1);
	unsetenv("TMPDIR");
	make_world();
	start_server();
	world.victim = fork();
	if (world.victim == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGUSR1, SIG_IGN);
		for (;;)
			pause();
	}
	return sandbox_probe(true, &world.report, NULL) ? 0 : -1;
}

int
world_teardown(void **state)
{
	AUTO_FREE char *tmp = tmp_socket();

	(void)state;
	kill(world.server, SIGKILL);
	kill(world.victim, SIGKILL);
	waitpid(world.server, NULL, 0);
	waitpid(world.victim, NULL, 0);
	unlink(tmp);
	path_remove_tree(world.base, NULL);
	free(world.base);
	return 0;
}

/* --- running things ----------------------------------------------------- */

struct child
child_start(char *const *argv)
{
	int fds[2];
	struct child c;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	c.pid = fork();
	if (c.pid == 0) {
		int null = open("/dev/null", O_RDONLY);

		setsid();
		dup2(null, STDIN_FILENO);
		dup2(fds[1], STDOUT_FILENO);
		dup2(fds[1], STDERR_FILENO);
		execv(argv[0], argv);
		_exit(127);
	}
	close(fds[1]);
	c.out = fds[0];
	return c;
}

bool
child_read(struct child *c, struct buf *out, const char *stop, int timeout_ms)
{
	int64_t end = clock_mono_us() + timeout_ms * 1000LL;
	struct pollfd p = { .fd = c->out, .events = POLLIN };

	while (!stop || !strstr(buf_str(out), stop)) {
		int64_t left_ms = (end - clock_mono_us()) / 1000;
		ssize_t n;

		if (left_ms <= 0 || poll(&p, 1, (int)left_ms) <= 0)
			return false;
		n = read(c->out, buf_reserve(out, 4096), 4096);
		if (n > 0)
			out->len += (size_t)n;
		buf_terminate(out);
		if (n <= 0)
			return stop == NULL;
	}
	return true;
}

int
child_wait(struct child *c)
{
	int status;

	assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
	close(c->out);
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   128 + WTERMSIG(status);
}

/* The last argument tells runs apart. */
static const char *
command_of(char *const *argv)
{
	while (argv[1])
		argv++;
	return *argv;
}

int
run(char *const *argv, struct buf *out)
{
	struct child c = child_start(argv);

	if (!child_read(&c, out, NULL, DEADLINE_MS)) {
		kill(-c.pid, SIGKILL);
		child_wait(&c);
		fail_msg("%s did not end: %s", command_of(argv), buf_str(out));
	}
	return child_wait(&c);
}

const struct mode modes[MODE_COUNT] = {
	{ SANDBOX_READ_ONLY, "bwrap" },
	{ SANDBOX_WORKSPACE_WRITE, "bwrap" },
	{ SANDBOX_NETWORK, "bwrap" },
	{ SANDBOX_READ_ONLY, "landlock" },
	{ SANDBOX_WORKSPACE_WRITE, "landlock" },
};

bool
is_alone(const struct mode *m)
{
	return str_eq(m->backend, "landlock");
}

bool
mode_is_there(const struct mode *m)
{
	struct sandbox_report r = world.report;

	if (is_alone(m))
		r.bwrap = false;
	else
		r.landlock_abi = 0;
	if (sandbox_can(&r, m->profile, NULL))
		return true;
	print_message("%s %s: skipped: not on this machine\n", m->backend,
		      sandbox_profile_name(m->profile));
	return false;
}

void
launch_argv(const struct mode *m, const char *const *hosts, struct strv *argv)
{
	AUTO_FREE char *workspace = in_world("ws"), *out = in_world(OUT_DIR);
	const char *writable[] = { out, NULL };
	const struct sandbox_spec spec = { .profile = m->profile,
					   .workspace = workspace,
					   .cwd = out,
					   .writable = writable,
					   .hosts = hosts };
	char *none[] = { NULL };
	struct err err = ERR_INIT;

	assert_ok(sandbox_command(&spec, none, argv, &err), err);
	for (size_t i = 0; i < argv->count; i++)
		if (str_eq(argv->items[i], "--backend")) {
			free(argv->items[i + 1]);
			argv->items[i + 1] = xstrdup(m->backend);
		}
}

void
launch_option(struct strv *argv, const char *name, const char *value)
{
	free(argv->items[--argv->count]);
	argv->items[argv->count] = NULL;
	strv_add(argv, name);
	strv_add(argv, value);
	strv_add(argv, "--");
}

void
attempt_argv(struct strv *argv)
{
	strv_add(argv, ATTEMPT);
	strv_add(argv, world.base);
	strv_addf(argv, "%d", world.port);
	strv_addf(argv, "%d", (int)world.victim);
	strv_addf(argv, "%jx", (uintmax_t)(uintptr_t)&victim_number);
}

char *
result_of(const char *output, const char *name)
{
	AUTO_FREE char *key = xasprintf("%s ", name);

	for (const char *s = output; s; s = strchr(s, '\n')) {
		s += *s == '\n';
		if (str_starts(s, key))
			return xstrndup(s + strlen(key),
					strcspn(s + strlen(key), "\n"));
	}
	return NULL;
}

int
run_sh(const struct mode *m, const char *script, struct buf *out)
{
	AUTO(strv) argv = STRV_INIT;
	int status;

	launch_argv(m, NULL, &argv);
	strv_add(&argv, "/bin/sh");
	strv_add(&argv, "-c");
	strv_add(&argv, script);
	status = run(argv.items, out);
	if (str_ends(buf_str(out), "\n"))
		buf_truncate(out, out->len - 1);
	return status;
}

void
remove_notes(struct buf *out)
{
	const char *note = "agentops-sandbox: note: ";

	while (str_starts(buf_str(out), note)) {
		char *end = strchr(out->data, '\n');
		size_t skip = end ? (size_t)(end + 1 - out->data) : out->len;

		memmove(out->data, out->data + skip, out->len - skip);
		buf_truncate(out, out->len - skip);
	}
}
