#include "tool/sandbox.h"

#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define LAUNCHER "agentops-sandbox"
#define CACHE_NAME "sandbox-probe"

enum { PROBE_LIMIT = 16 << 10, BOOT_ID_LIMIT = 64 };

/* --- the probe ---------------------------------------------------------- */

struct report_row {
	const char *name;
	size_t offset, size; /* size: of a string, 0 for a number */
	bool is_bool;
};

#define MEMBER(m) offsetof(struct sandbox_report, m)
#define SIZE(m) sizeof(((struct sandbox_report *)NULL)->m)

static const struct report_row report_rows[] = {
	{ "bwrap", MEMBER(bwrap), 0, true },
	{ "bwrap_why", MEMBER(bwrap_why), SIZE(bwrap_why), false },
	{ "landlock_abi", MEMBER(landlock_abi), 0, false },
	{ "landlock_why", MEMBER(landlock_why), SIZE(landlock_why), false },
	{ "seccomp", MEMBER(seccomp), 0, true },
	{ "cgroup_pids", MEMBER(cgroup_pids), 0, true },
};

static bool
set_row(struct sandbox_report *r, const struct report_row *row,
	const char *value)
{
	char *field = (char *)r + row->offset;
	int64_t n;

	if (row->size) {
		snprintf(field, row->size, "%s", value);
		return true;
	}
	if (!str_to_i64(value, 0, row->is_bool ? 1 : 1000, &n))
		return false;
	if (row->is_bool)
		*(bool *)field = n != 0;
	else
		*(int *)field = (int)n;
	return true;
}

/* Lines "NAME VALUE", every row once and in their order. */
static bool
parse_report(const char *text, struct sandbox_report *ret)
{
	AUTO_FREE char *copy = xstrdup(text);
	struct sandbox_report r = { 0 };
	char *rest = copy;

	for (size_t i = 0; i < ARRAY_LEN(report_rows); i++) {
		char *value = strsep(&rest, "\n");
		const char *name = strsep(&value, " ");

		if (!value || !rest || !str_eq(name, report_rows[i].name) ||
		    !set_row(&r, &report_rows[i], value))
			return false;
	}
	*ret = r;
	return true;
}

/*
 * What the answer depends on. A reboot, another kernel, another launcher and
 * an installed or removed bubblewrap all change it; what cannot be seen from
 * here, an edited sysctl, needs `agentops doctor`, which probes afresh.
 */
static bool
cache_key(const char *launcher, struct buf *ret, struct err *err)
{
	struct utsname u;
	struct stat st, bwrap = { 0 };

	if (stat(launcher, &st))
		return err_errno(err, errno,
				 "the sandbox launcher %s; reinstall agentops",
				 launcher);
	stat("/usr/bin/bwrap", &bwrap);
	uname(&u);
	buf_printf(ret, "%s %d %s %" PRIdMAX ".%09ld %" PRIdMAX " ", launcher,
		   (int)getuid(), u.release, (intmax_t)st.st_mtim.tv_sec,
		   st.st_mtim.tv_nsec, (intmax_t)bwrap.st_mtim.tv_sec);
	if (!path_read("/proc/sys/kernel/random/boot_id", BOOT_ID_LIMIT, ret,
		       err))
		return false;
	if (!str_ends(buf_str(ret), "\n"))
		buf_addch(ret, '\n');
	return true;
}

/* NULL when there is no usable cache root: then every call probes. */
static char *
cache_path(void)
{
	AUTO(paths) p = { 0 };

	if (!paths_find(&p, NULL) || !path_mkdirs(p.cache, NULL))
		return NULL;
	return path_join(p.cache, CACHE_NAME);
}

static bool
read_all(int fd, struct buf *out)
{
	ssize_t n;

	while ((n = read(fd, buf_reserve(out, 4096), 4096)) > 0) {
		out->len += (size_t)n;
		if (out->len > PROBE_LIMIT)
			return false;
	}
	buf_terminate(out);
	return n == 0;
}

/* Runs `launcher --probe` and collects its output. */
static bool
run_probe(const char *launcher, struct buf *ret, struct err *err)
{
	char *const argv[] = { (char *)launcher, (char *)"--probe", NULL };
	posix_spawn_file_actions_t actions;
	int fds[2], status = -1, rc;
	bool complete;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return err_errno(err, errno, "cannot make a pipe");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
	rc = posix_spawn(&pid, launcher, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	complete = rc == 0 && read_all(fds[0], ret);
	close(fds[0]);
	if (rc)
		return err_errno(err, rc, "cannot run %s", launcher);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!complete || status != 0)
		return FAIL(err, ERR_SANDBOX,
			    "%s --probe failed (wait status %d); run it by "
			    "hand to see why",
			    launcher, status);
	return true;
}

static bool
read_cache(const char *path, const char *key, struct sandbox_report *ret)
{
	AUTO(buf) text = BUF_INIT;

	return path && path_read(path, PROBE_LIMIT, &text, NULL) &&
	       str_starts(buf_str(&text), key) &&
	       parse_report(text.data + strlen(key), ret);
}

static bool
probe(const char *launcher, bool fresh, struct sandbox_report *ret,
      struct err *err)
{
	AUTO_FREE char *path = cache_path();
	AUTO(buf) text = BUF_INIT;
	AUTO_FREE char *key = NULL;
	size_t key_len;

	if (!cache_key(launcher, &text, err))
		return false;
	key = xstrdup(buf_str(&text));
	key_len = text.len;
	if (!fresh && read_cache(path, key, ret))
		return true;
	if (!run_probe(launcher, &text, err))
		return false;
	if (!parse_report(text.data + key_len, ret))
		return FAIL(err, ERR_SANDBOX,
			    "%s --probe gave an answer of another version; "
			    "reinstall agentops",
			    launcher);
	/* A cache that cannot be written costs time, nothing else. */
	if (path)
		path_write_atomic(path, text.data, text.len, 0600, NULL);
	return true;
}

bool
sandbox_probe(bool fresh, struct sandbox_report *ret, struct err *err)
{
	AUTO_FREE char *launcher = path_libexec(LAUNCHER);

	return probe(launcher, fresh, ret, err);
}

/* --- the command line --------------------------------------------------- */

static void
add_option(struct strv *argv, const char *name, const char *value)
{
	if (!value)
		return;
	strv_add(argv, name);
	strv_add(argv, value);
}

static void
add_list(struct strv *argv, const char *name, const char *const *values)
{
	for (; values && *values; values++)
		add_option(argv, name, *values);
}

static void
add_limit(struct strv *argv, const char *name, int value)
{
	if (value <= 0)
		return;
	strv_add(argv, name);
	strv_addf(argv, "%d", value);
}

/*
 * The state root is hidden, but a step that may write to its folder
 * STATE/runs/RUN/work/... may read what earlier steps of the run left in
 * STATE/runs/RUN; not the run's secrets.
 */
static void
add_run_dirs(struct strv *argv, const char *const *writable)
{
	AUTO(paths) p = { 0 };
	AUTO_FREE char *runs = NULL;

	if (!writable || !paths_find(&p, NULL))
		return;
	runs = xasprintf("%s/runs/", p.state);
	for (; *writable; writable++) {
		AUTO_FREE char *run = NULL, *secrets = NULL;
		const char *rest = *writable + strlen(runs);

		if (!str_starts(*writable, runs) || !strchr(rest, '/'))
			continue;
		run = xstrndup(*writable, strlen(runs) + strcspn(rest, "/"));
		secrets = path_join(run, "secrets");
		add_option(argv, "--readable", run);
		add_option(argv, "--hide", secrets);
	}
}

static void
add_options(const struct sandbox_spec *spec, bool bwrap, struct strv *argv)
{
	add_option(argv, "--profile", sandbox_profile_name(spec->profile));
	add_option(argv, "--backend", bwrap ? "bwrap" : "landlock");
	add_option(argv, "--workspace", spec->workspace);
	add_option(argv, "--cwd", spec->cwd);
	add_list(argv, "--writable", spec->writable);
	add_list(argv, "--readable", spec->readable);
	add_list(argv, "--secret", spec->secrets);
	add_run_dirs(argv, spec->writable);
	if (spec->profile == SANDBOX_NETWORK)
		add_list(argv, "--host", spec->hosts);
	add_list(argv, "--env", spec->env);
	add_limit(argv, "--parent", (int)getpid());
	add_limit(argv, "--memory-mb", spec->memory_mb);
	add_limit(argv, "--processes", spec->processes);
	add_limit(argv, "--file-mb", spec->file_mb);
	add_limit(argv, "--cpu-s", spec->cpu_s);
	add_limit(argv, "--tmp-mb", spec->tmp_mb);
	strv_add(argv, "--");
}

bool
sandbox_command(const struct sandbox_spec *spec, char *const *cmd,
		struct strv *ret_argv, struct err *err)
{
	AUTO_FREE char *launcher = path_libexec(LAUNCHER);
	struct sandbox_report report;

	if (spec->profile != SANDBOX_FULL) {
		if (!probe(launcher, false, &report, err) ||
		    !sandbox_can(&report, spec->profile, err))
			return false;
		strv_add(ret_argv, launcher);
		add_options(spec, report.bwrap, ret_argv);
	}
	for (; *cmd; cmd++)
		strv_add(ret_argv, *cmd);
	return true;
}
