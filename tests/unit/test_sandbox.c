/*
 * Every class of violation is tried for each profile and backend that this
 * machine has, and first without a sandbox: a row whose control fails here
 * proves nothing, so it is skipped and said to be.
 */
#include "sandbox_world.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where a row is not promised to be refused. */
enum {
	WRITES = 1,   /* profiles that may write the workspace */
	ALONE = 2,    /* Landlock alone: see sandbox.h */
	NO_MEMORY = 4 /* no memory cgroup */
};

struct row {
	const char *name;
	int allowed;
	const char *limit, *value; /* launcher option of a resource row */
};

/* clang-format off */
static const struct row rows[] = {
	/* files */
	{ "write_outside" }, { "create_outside" }, { "truncate_outside" },
	{ "open_truncate" }, { "unlink_outside" }, { "rename_outside" },
	{ "mkdir_outside" }, { "rmdir_outside" }, { "fifo_outside" },
	{ "symlink_outside" }, { "write_home" }, { "write_dotdot" },
	{ "write_state" }, { "write_workspace", WRITES },
	{ "write_hook", ALONE }, { "write_git_config", ALONE },
	{ "replace_git_config", ALONE }, { "replace_git", ALONE },
	{ "rename_in" }, { "rename_out" }, { "hardlink" },
	{ "symlink_escape" }, { "chmod_outside" }, { "fchmod_outside" },
	{ "utime_outside" }, { "chown_outside" }, { "xattr_outside" },
	{ "socket_outside" },
	/* secrets */
	{ "read_ssh" }, { "read_cloud" }, { "read_netrc" },
	{ "read_history" }, { "read_browser" }, { "read_own_secret" },
	{ "read_journal" }, { "read_run_secret" }, { "read_other_run" },
	{ "read_by_variable" }, { "read_by_symlink" }, { "read_env" },
	{ "read_environ" }, { "read_maps" },
	/* network */
	{ "tcp_loopback" }, { "udp_loopback" }, { "tcp_any" },
	{ "route_outside" }, { "unix_abstract" }, { "unix_path" },
	{ "unix_datagram" }, { "unix_tmp" }, { "vsock" },
	{ "vsock_high_bits" }, { "alg_socket" }, { "packet_socket" },
	/* other processes */
	{ "kill_host" }, { "kill_by_pidfd" }, { "trace" }, { "proc_mem" },
	{ "vm_write" }, { "vm_read" }, { "limit_host" }, { "renice_host" },
	/* privileges */
	{ "new_user" }, { "new_mounts" }, { "new_net_by_clone" },
	{ "new_user_by_clone3" }, { "mount_tmpfs" }, { "change_root" },
	{ "set_host_name" }, { "load_bpf" }, { "add_key" },
	{ "keyctl_join" }, { "user_fault" }, { "io_uring" },
	{ "perf_events" }, { "push_input" }, { "make_device" },
	{ "gain_privileges" },
};

static const struct row resource_rows[] = {
	{ "fork_many", 0, "--processes", "40" },
	{ "use_memory", 0, "--memory-mb", "300" },
	{ "use_memory_together", NO_MEMORY, "--memory-mb", "300" },
	{ "fill_tmp", ALONE, "--tmp-mb", "16" },
	{ "fill_file", 0, "--file-mb", "16" },
	{ "use_cpu", 0, "--cpu-s", "1" },
};
/* clang-format on */

/* Whether the attempt succeeds here without a sandbox. */
static bool control[ARRAY_LEN(rows)];

/* --- violations --------------------------------------------------------- */

static void
test_control(void **state)
{
	int works = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(strv) argv = STRV_INIT;
		AUTO(buf) out = BUF_INIT;

		make_world();
		attempt_argv(&argv);
		strv_add(&argv, rows[i].name);
		control[i] = run(argv.items, &out) == 0;
		works += control[i];
		if (!control[i])
			print_message("skipped: control fails: %s",
				      buf_str(&out));
	}
	make_world();
	/* An ordinary user lacks a few; most must be real on any machine. */
	assert_true(works > 50);
}

/* Everything outside the writable folder: names, modes, sizes, times. */
static char *
look_outside(void)
{
	AUTO_FREE char *outside = in_world("outside");
	AUTO_FREE char *home = in_world("home");
	AUTO_FREE char *config = in_world("ops/config");
	char *argv[] = { (char *)"/usr/bin/find", outside, home, config,
			 (char *)"-printf", (char *)"%p %m %s %T@ %l\n",
			 NULL };
	struct buf out = BUF_INIT;

	assert_int_equal(run(argv, &out), 0);
	return buf_steal(&out);
}

static bool
promised(const struct row *r, const struct mode *m)
{
	return !(r->allowed & WRITES && m->profile != SANDBOX_READ_ONLY) &&
	       !(r->allowed & ALONE && is_alone(m) &&
		 m->profile != SANDBOX_READ_ONLY);
}

static int
check_rows(const struct mode *m, const char *out)
{
	int broken = 0;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_FREE char *result = result_of(out, rows[i].name);

		if (!result)
			fail_msg("no result for %s: %s", rows[i].name, out);
		if (!control[i])
			continue;
		if (!promised(&rows[i], m)) {
			assert_string_equal(result, "done");
		} else if (!str_starts(result, "refused")) {
			print_message("VIOLATION %s %s: %s\n", m->backend,
				      sandbox_profile_name(m->profile),
				      rows[i].name);
			broken++;
		}
	}
	return broken;
}

static void
test_violations(void **state)
{
	int broken = 0;

	(void)state;
	FOR_EACH_MODE (m) {
		AUTO(strv) argv = STRV_INIT;
		AUTO(buf) out = BUF_INIT;
		AUTO_FREE char *before = NULL, *after = NULL;

		make_world();
		before = look_outside();
		launch_argv(m, NULL, &argv);
		attempt_argv(&argv);
		for (size_t i = 0; i < ARRAY_LEN(rows); i++)
			strv_add(&argv, rows[i].name);
		run(argv.items, &out);
		broken += check_rows(m, buf_str(&out));
		after = look_outside();
		assert_string_equal(before, after);
		assert_int_equal(kill(world.victim, 0), 0);
	}
	assert_int_equal(broken, 0);
}

static bool
has_memory_cgroup(void)
{
	return access("/sys/fs/cgroup/memory/cgroup.procs", W_OK) == 0 &&
	       world.report.cgroup_pids;
}

static bool
resource_applies(const struct row *r, const struct mode *m)
{
	if (r->allowed & ALONE && is_alone(m))
		return false;
	if (r->allowed & NO_MEMORY && !has_memory_cgroup())
		return false;
	return !str_eq(r->name, "fork_many") || getuid() != 0 ||
	       world.report.cgroup_pids;
}

static void
test_resources(void **state)
{
	static const struct mode tried[] = {
		{ SANDBOX_WORKSPACE_WRITE, "bwrap" },
		{ SANDBOX_WORKSPACE_WRITE, "landlock" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(resource_rows); i++) {
		const struct row *r = &resource_rows[i];
		AUTO(strv) plain = STRV_INIT;
		AUTO(buf) seen = BUF_INIT;

		attempt_argv(&plain);
		strv_add(&plain, r->name);
		if (run(plain.items, &seen) != 0) {
			print_message("skipped: control fails: %s",
				      buf_str(&seen));
			continue;
		}
		for (size_t k = 0; k < ARRAY_LEN(tried); k++) {
			AUTO(strv) argv = STRV_INIT;
			AUTO(buf) out = BUF_INIT;

			if (!mode_is_there(&tried[k]) ||
			    !resource_applies(r, &tried[k])) {
				print_message("skipped: %s: not promised by "
					      "%s here\n", r->name,
					      tried[k].backend);
				continue;
			}
			launch_argv(&tried[k], NULL, &argv);
			launch_option(&argv, r->limit, r->value);
			attempt_argv(&argv);
			strv_add(&argv, r->name);
			if (run(argv.items, &out) == 0)
				fail_msg("%s %s: %s", tried[k].backend,
					 r->name, buf_str(&out));
		}
	}
}

/* --- nothing is left running -------------------------------------------- */

/* A process that left session and parents behind and holds stdout. */
#define DAEMON "(setsid sh -c 'sleep 20 & sleep 20' &) ; echo up"

/* The control: a daemon does outlive a plain shell. */
static void
check_daemon_outlives_shell(void)
{
	char *argv[] = { (char *)"/bin/sh", (char *)"-c",
			 (char *)"(setsid sh -c 'echo $$; exec sleep 20' &)",
			 NULL };
	AUTO(buf) out = BUF_INIT;
	struct child c = child_start(argv);
	pid_t pid;

	assert_true(child_read(&c, &out, "\n", DEADLINE_MS));
	pid = (pid_t)strtol(buf_str(&out), NULL, 10);
	child_wait(&c);
	assert_int_equal(kill(pid, SIGKILL), 0);
}

static void
test_daemons(void **state)
{
	(void)state;
	check_daemon_outlives_shell();
	FOR_EACH_MODE (m) {
		AUTO(buf) out = BUF_INIT;
		int64_t began = clock_mono_us();

		/* The output ends only when nobody holds it any more. */
		assert_int_equal(run_sh(m, DAEMON, &out), 0);
		remove_notes(&out);
		assert_string_equal(buf_str(&out), "up");
		assert_true(clock_mono_us() - began < 15000000);
	}
}

static void
test_launcher_killed(void **state)
{
	(void)state;
	FOR_EACH_MODE (m) {
		AUTO(strv) argv = STRV_INIT;
		AUTO(buf) out = BUF_INIT;
		struct child c;

		launch_argv(m, NULL, &argv);
		strv_add(&argv, "/bin/sh");
		strv_add(&argv, "-c");
		strv_add(&argv, DAEMON "; sleep 20");
		c = child_start(argv.items);
		assert_true(child_read(&c, &out, "up\n", DEADLINE_MS));
		kill(c.pid, SIGKILL);
		assert_true(child_read(&c, &out, NULL, 10000));
		assert_int_equal(child_wait(&c), 128 + SIGKILL);
	}
}

/* A signal to the launcher reaches the command, which may tidy up. */
static void
test_signals(void **state)
{
	(void)state;
	FOR_EACH_MODE (m) {
		AUTO(strv) argv = STRV_INIT;
		AUTO(buf) out = BUF_INIT;
		struct child c;

		launch_argv(m, NULL, &argv);
		strv_add(&argv, "/bin/sh");
		strv_add(&argv, "-c");
		strv_add(&argv, "trap 'echo bye; exit 9' TERM; echo up; "
				"while :; do sleep 0.05; done");
		c = child_start(argv.items);
		assert_true(child_read(&c, &out, "up\n", DEADLINE_MS));
		kill(-c.pid, SIGTERM);
		assert_true(child_read(&c, &out, NULL, 10000));
		assert_int_equal(child_wait(&c), 9);
		assert_non_null(strstr(buf_str(&out), "bye\n"));
	}
}

/* --- what must work ----------------------------------------------------- */

struct script {
	const char *text, *output;
	int status;
};

static const struct script scripts[] = {
	{ "exit 7", "", 7 },
	{ "kill -9 $$", "", 137 },
	{ "echo a > mine && cat mine", "a", 0 },
	{ "printf 'b\\na\\n' | sort -S 1k -T \"$TMPDIR\" | tr -d '\\n'",
	  "ab", 0 },
	{ "mktemp > /dev/null && echo ok", "ok", 0 },
	{ "python3 -c 'import subprocess as s, tempfile, multiprocessing; "
	  "tempfile.TemporaryFile().write(b\"x\"); "
	  "print(s.run([\"echo\", \"hi\"], capture_output=True).stdout)'",
	  "b'hi\\n'", 0 },
	{ "(exec 3<>/dev/null; (:) & wait; echo done)", "done", 0 },
	{ "cat ../../artifact", "precious", 0 },
	{ "mkdir -p r && cd r && git init -q && touch x && "
	  "git status --porcelain",
	  "?? x", 0 },
	{ "cp -p ../../artifact c && tar cf t.tar c && tar xf t.tar && "
	  "echo ok",
	  "ok", 0 },
	{ "ulimit -c", "0", 0 },
	{ "echo \"$HTTP_PROXY\" | grep -c agentops", "0", 1 },
};

static void
test_allowed(void **state)
{
	(void)state;
	FOR_EACH_MODE (m) {
		for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
			AUTO(buf) out = BUF_INIT;
			int status;

			make_world();
			status = run_sh(m, scripts[i].text, &out);
			remove_notes(&out);
			if (status != scripts[i].status ||
			    !str_eq(buf_str(&out), scripts[i].output))
				fail_msg("%s %s: %s: status %d, %s",
					 m->backend,
					 sandbox_profile_name(m->profile),
					 scripts[i].text, status,
					 buf_str(&out));
		}
	}
}

static void
test_missing_command(void **state)
{
	(void)state;
	FOR_EACH_MODE (m) {
		AUTO(strv) argv = STRV_INIT;
		AUTO(buf) out = BUF_INIT;

		launch_argv(m, NULL, &argv);
		strv_add(&argv, "/no-such-program");
		assert_int_equal(run(argv.items, &out), 127);
		assert_non_null(strstr(buf_str(&out), "no-such-program"));
	}
}

/* A socket made inside, in a writable folder, is reached from outside: so
 * the kernel's client works. */
static void
test_socket_in_writable(void **state)
{
	static const char script[] =
		"exec python3 -c 'import socket as s; l = s.socket(s.AF_UNIX);"
		" l.bind(\"sock\"); l.listen(); print(\"up\", flush=True);"
		" c = l.accept()[0]; c.send(b\"hello\")'";

	(void)state;
	FOR_EACH_MODE (m) {
		AUTO(strv) argv = STRV_INIT;
		AUTO(buf) out = BUF_INIT;
		AUTO_FREE char *dir = in_world(OUT_DIR);
		struct sockaddr_un a = { .sun_family = AF_UNIX };
		char answer_text[8] = "";
		struct child c;
		int fd, cwd = open(".", O_PATH | O_CLOEXEC);

		make_world();
		launch_argv(m, NULL, &argv);
		strv_add(&argv, "/bin/sh");
		strv_add(&argv, "-c");
		strv_add(&argv, script);
		c = child_start(argv.items);
		assert_true(child_read(&c, &out, "up\n", DEADLINE_MS));
		/* Relative: an absolute path may be too long for sun_path. */
		assert_int_equal(chdir(dir), 0);
		memcpy(a.sun_path, "sock", 5);
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(connect(fd, (struct sockaddr *)&a,
					 sizeof(a)), 0);
		assert_int_equal(fchdir(cwd), 0);
		close(cwd);
		assert_int_equal(read(fd, answer_text, 5), 5);
		assert_string_equal(answer_text, "hello");
		close(fd);
		assert_int_equal(child_wait(&c), 0);
	}
}

/* --- a socket in another user's private folder --------------------------- */

enum { STRANGER = 61234 }; /* an id that no package takes */

/* Tells when it is up, waits for the file "go", then tries each socket. */
static const char connect_later[] =
	"import os, socket as s, sys, time\n"
	"print('up', flush=True)\n"
	"while not os.path.exists('go'): time.sleep(0.01) # poll\n"
	"for kind in (s.SOCK_STREAM, s.SOCK_DGRAM):\n"
	"  try:\n"
	"    s.socket(s.AF_UNIX, kind).connect('%s/deep/%d' % (sys.argv[1], kind))\n"
	"    print('connected')\n"
	"  except OSError as e: print('refused')\n";

/* Named by its kind; -1 where the path is too long for a socket. */
static int
listen_in(const char *dir, int kind)
{
	AUTO_FREE char *path = xasprintf("%s/%d", dir, kind);
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(a.sun_path))
		return -1;
	memcpy(a.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, kind | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(chmod(path, 0777), 0);
	if (kind == SOCK_STREAM)
		assert_int_equal(listen(fd, 8), 0);
	return fd;
}

/* The owner opens the folder while the command runs: what was beyond its
 * reach when it started stays so. */
static void
connect_to_stranger(struct strv *argv, const char *dir, struct buf *out)
{
	AUTO_FREE char *go = in_world(OUT_DIR "/go");
	struct child c;

	strv_add(argv, "/usr/bin/python3");
	strv_add(argv, "-c");
	strv_add(argv, connect_later);
	strv_add(argv, dir);
	c = child_start(argv->items);
	if (!child_read(&c, out, "up\n", DEADLINE_MS))
		fail_msg("the command did not run: %s", buf_str(out));
	assert_int_equal(chmod(dir, 0755), 0);
	test_write("/", go, "", 0);
	assert_true(child_read(&c, out, NULL, DEADLINE_MS));
	child_wait(&c);
	remove_notes(out);
}

static void
test_stranger_socket(void **state)
{
	AUTO_FREE char *private_dir = in_world("stranger");
	AUTO_FREE char *dir = in_world("stranger/deep");
	AUTO_FREE char *work = in_world(OUT_DIR);
	AUTO(strv) plain = STRV_INIT;
	AUTO(buf) control_out = BUF_INIT;
	int stream, datagram;

	(void)state;
	if (getuid() != 0)
		skip();
	make_world();
	assert_true(path_mkdirs(dir, NULL));
	stream = listen_in(dir, SOCK_STREAM);
	datagram = listen_in(dir, SOCK_DGRAM);
	assert_true(stream >= 0 && datagram >= 0);
	assert_int_equal(chown(private_dir, STRANGER, STRANGER), 0);
	strv_add(&plain, "/usr/bin/env");
	strv_add(&plain, "-C");
	strv_add(&plain, work);
	connect_to_stranger(&plain, private_dir, &control_out);
	assert_string_equal(buf_str(&control_out),
			    "up\nconnected\nconnected\n");
	FOR_EACH_MODE (m) {
		AUTO(strv) argv = STRV_INIT;
		AUTO(buf) out = BUF_INIT;

		make_world();
		assert_int_equal(chmod(private_dir, 0700), 0);
		launch_argv(m, NULL, &argv);
		connect_to_stranger(&argv, private_dir, &out);
		assert_string_equal(buf_str(&out), "up\nrefused\nrefused\n");
	}
	close(stream);
	close(datagram);
	path_remove_tree(private_dir, NULL);
}

/* --- network ------------------------------------------------------------ */

static pid_t
start_http(int *ret_port)
{
	static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
				    "Connection: close\r\n\r\nhello";
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(fd, 8), 0);
	getsockname(fd, (struct sockaddr *)&a, &len);
	*ret_port = ntohs(a.sin_port);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			int c = accept(fd, NULL, NULL);
			char request[4096];

			if (read(c, request, sizeof(request)) > 0)
				(void)!write(c, reply, sizeof(reply) - 1);
			close(c);
		}
	}
	close(fd);
	return pid;
}

/* argv of python: one URL, fetched by the proxy of the environment, by a
 * CONNECT tunnel, or directly; prints status and body, or the refusal. */
static const char fetch[] =
	"import sys, os, http.client as h, urllib.parse as u\n"
	"how, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])\n"
	"p = u.urlparse(os.environ['http_proxy'])\n"
	"try:\n"
	"  if how == 'direct': c = h.HTTPConnection(host, port, timeout=9)\n"
	"  else: c = h.HTTPConnection(p.hostname, p.port, timeout=9)\n"
	"  if how == 'tunnel': c.set_tunnel(host, port)\n"
	"  path = '/' if how != 'plain' else 'http://%s:%d/' % (host, port)\n"
	"  c.request('GET', path)\n"
	"  r = c.getresponse(); print(r.status, r.read().decode().strip())\n"
	"except OSError as e: print('refused', e)\n";

struct net_row {
	const char *host_option; /* %d is the port */
	const char *how, *host;
	const char *output;
};

static const struct net_row net_rows[] = {
	{ "127.0.0.1:%d", "plain", "127.0.0.1", "200 hello" },
	{ "127.0.0.1:%d", "tunnel", "127.0.0.1", "200 hello" },
	{ "127.0.0.1", "plain", "127.0.0.1", "200 hello" },
	{ "localhost:%d", "plain", "localhost", "200 hello" },
	{ "127.0.0.1:%d", "direct", "127.0.0.1", "refused" },
	{ "127.0.0.1:1", "plain", "127.0.0.1", "403 " },
	{ "example.org", "plain", "127.0.0.1", "403 " },
	{ "example.org", "tunnel", "127.0.0.1", "refused" },
	{ "127.0.0.1:%d", "plain", "localhost", "403 " },
	{ "localhost", "plain", "127.0.0.1", "403 " },
	{ "127.0.0.1:%d", "plain", "2130706433", "403 " },
};

static void
test_network(void **state)
{
	static const struct mode network = { SANDBOX_NETWORK, "bwrap" };
	int port;
	pid_t server;

	(void)state;
	if (!mode_is_there(&network))
		skip();
	server = start_http(&port);
	for (size_t i = 0; i < ARRAY_LEN(net_rows); i++) {
		const struct net_row *r = &net_rows[i];
		AUTO(buf) host = BUF_INIT, out = BUF_INIT;
		AUTO(strv) argv = STRV_INIT;
		const char *at = strstr(r->host_option, "%d");
		const char *hosts[2] = { r->host_option, NULL };

		if (at) {
			buf_add(&host, r->host_option,
				(size_t)(at - r->host_option));
			buf_printf(&host, "%d", port);
			hosts[0] = buf_str(&host);
		}
		launch_argv(&network, hosts, &argv);
		strv_add(&argv, "/usr/bin/env");
		strv_add(&argv, "python3");
		strv_add(&argv, "-c");
		strv_add(&argv, fetch);
		strv_add(&argv, r->how);
		strv_add(&argv, r->host);
		strv_addf(&argv, "%d", port);
		run(argv.items, &out);
		remove_notes(&out);
		if (!str_starts(buf_str(&out), r->output))
			fail_msg("%s %s with %s: %s", r->how, r->host,
				 hosts[0], buf_str(&out));
	}
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
}

/* --- refusals, and the library's side ----------------------------------- */

struct refusal {
	enum sandbox_profile profile;
	const char *backend, *option, *value; /* value: a path in the world */
	const char *words;
};

static const struct refusal refusals[] = {
	{ SANDBOX_READ_ONLY, "bwrap", "--writable", "nowhere", "nowhere" },
	{ SANDBOX_READ_ONLY, "bwrap", "--writable", "home/.ssh", "hidden" },
	{ SANDBOX_READ_ONLY, "bwrap", "--readable", "home/.aws/credentials",
	  "hidden" },
	{ SANDBOX_WORKSPACE_WRITE, "bwrap", "--workspace", "home",
	  "home directory" },
	{ SANDBOX_WORKSPACE_WRITE, "bwrap", "--writable", "home/..",
	  "home directory" },
	{ SANDBOX_READ_ONLY, "landlock", "--writable", "ops", "cannot hide" },
	{ SANDBOX_NETWORK, "landlock", "--cwd", "ws", "bubblewrap" },
	{ SANDBOX_READ_ONLY, "bwrap", "--no-such", "ws", "no such option" },
	{ SANDBOX_READ_ONLY, "bwrap", "--cpu-s", "ws", "not a valid value" },
};

static void
test_refusals(void **state)
{
	(void)state;
	make_world();
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		const struct refusal *r = &refusals[i];
		const struct mode m = { r->profile, r->backend };
		const struct mode there = { SANDBOX_READ_ONLY, r->backend };
		AUTO_FREE char *path = in_world(r->value);
		AUTO_FREE char *ran = in_world(OUT_DIR "/ran");
		AUTO(strv) argv = STRV_INIT;
		AUTO(buf) out = BUF_INIT;

		if (!mode_is_there(&there))
			continue;
		launch_argv(&m, NULL, &argv);
		launch_option(&argv, r->option, path);
		strv_add(&argv, "/usr/bin/touch");
		strv_add(&argv, ran);
		if (run(argv.items, &out) != SANDBOX_SETUP_FAILED ||
		    !strstr(buf_str(&out), r->words) ||
		    !strstr(buf_str(&out), "was not run"))
			fail_msg("row %zu: %s", i, buf_str(&out));
		assert_false(path_exists(ran));
	}
}

static void
test_can(void **state)
{
	const struct sandbox_report nothing = { .bwrap_why = "no namespaces",
						.landlock_why = "no Landlock",
						.seccomp = true };
	struct sandbox_report r = nothing;
	struct err err = ERR_INIT;

	(void)state;
	assert_fails(sandbox_can(&r, SANDBOX_READ_ONLY, &err), err,
		     ERR_SANDBOX, "no namespaces");
	assert_non_null(strstr(err.msg, "no Landlock"));
	assert_non_null(strstr(err.msg, "Ways out"));
	assert_true(sandbox_can(&r, SANDBOX_FULL, NULL));
	r.landlock_abi = 4;
	assert_false(sandbox_can(&r, SANDBOX_READ_ONLY, NULL));
	r.landlock_abi = 7;
	r.landlock_why[0] = '\0';
	assert_true(sandbox_can(&r, SANDBOX_WORKSPACE_WRITE, NULL));
	assert_fails(sandbox_can(&r, SANDBOX_NETWORK, &err), err, ERR_SANDBOX,
		     "cannot filter hosts");
	r = nothing;
	r.bwrap = true;
	assert_true(sandbox_can(&r, SANDBOX_NETWORK, NULL));
	r.seccomp = false;
	assert_fails(sandbox_can(&r, SANDBOX_READ_ONLY, &err), err,
		     ERR_SANDBOX, "seccomp");
}

static void
test_profiles(void **state)
{
	enum sandbox_profile p;

	(void)state;
	assert_true(sandbox_profile_parse("workspace-write", &p));
	assert_int_equal(p, SANDBOX_WORKSPACE_WRITE);
	assert_false(sandbox_profile_parse("Full", &p));
	assert_string_equal(sandbox_profile_name(SANDBOX_NETWORK), "network");
}

static void
test_full(void **state)
{
	const struct sandbox_spec spec = { .profile = SANDBOX_FULL };
	char *cmd[] = { (char *)"/bin/true", (char *)"x", NULL };
	AUTO(strv) argv = STRV_INIT;
	struct err err = ERR_INIT;

	(void)state;
	assert_ok(sandbox_command(&spec, cmd, &argv, &err), err);
	assert_int_equal(argv.count, 2);
	assert_string_equal(argv.items[0], "/bin/true");
}

/* The cache answers until it is damaged; then the machine does. */
static void
test_probe_cache(void **state)
{
	AUTO_FREE char *path = in_world("ops/cache/sandbox-probe");
	struct sandbox_report r;
	struct err err = ERR_INIT;
	AUTO(buf) text = BUF_INIT;
	char *seccomp;

	(void)state;
	assert_ok(sandbox_probe(true, &r, &err), err);
	assert_memory_equal(&r, &world.report, sizeof(r));
	assert_ok(path_read(path, 65536, &text, &err), err);
	seccomp = strstr(text.data, "\nseccomp ");
	assert_non_null(seccomp);
	seccomp[strlen("\nseccomp ")] ^= 1;
	test_write("/", path, text.data, text.len);
	assert_ok(sandbox_probe(false, &r, &err), err);
	assert_int_equal(r.seccomp, !world.report.seccomp);
	test_write("/", path, text.data, text.len / 2);
	assert_ok(sandbox_probe(false, &r, &err), err);
	assert_int_equal(r.seccomp, world.report.seccomp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_can),
		cmocka_unit_test(test_probe_cache),
		cmocka_unit_test(test_control),
		cmocka_unit_test(test_violations),
		cmocka_unit_test(test_resources),
		cmocka_unit_test(test_daemons),
		cmocka_unit_test(test_launcher_killed),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_missing_command),
		cmocka_unit_test(test_socket_in_writable),
		cmocka_unit_test(test_stranger_socket),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
