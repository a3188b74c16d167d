/*
 * The kill test replaces the C library's write, fsync, rename and so on: each
 * call counts, and at a chosen one the process kills itself, a write after
 * its first half. As in test_learn.c, at every call there is.
 */
#include "test.h"

#include "base/batch.h"
#include "base/diff.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long kill_at, calls, fail_from; /* 0: never */

static bool
due(void)
{
	return kill_at && ++calls == kill_at;
}

static void
die(void)
{
	syscall(SYS_kill, getpid(), SIGKILL);
}

static bool
full(void)
{
	if (!fail_from || ++calls < fail_from)
		return false;
	errno = ENOSPC;
	return true;
}

ssize_t
write(int fd, const void *data, size_t len)
{
	if (due()) {
		syscall(SYS_write, fd, data, len / 2);
		die();
	}
	return full() ? -1 : syscall(SYS_write, fd, data, len);
}

int
fsync(int fd)
{
	if (due())
		die();
	return fcntl(fd, F_GETFD) < 0 ? -1 : 0;
}

#define WRAP(name, parameters, ...) \
	int name parameters \
	{ \
		if (due()) \
			die(); \
		return (int)syscall(SYS_##name, __VA_ARGS__); \
	}

WRAP(rename, (const char *from, const char *to), from, to)
WRAP(unlink, (const char *path), path)
WRAP(link, (const char *from, const char *to), from, to)
WRAP(mkdir, (const char *path, mode_t mode), path, mode)
WRAP(rmdir, (const char *path), path)

/* ---- a folder with one file that is replaced --------------------------- */

static const char *const NAMES[] = { "old", "new", "deep/er/new" };

static char *
in(const char *dir, const char *name)
{
	return xasprintf("%s/work/%s", dir, name);
}

static void
write_old(const char *dir)
{
	AUTO_FREE char *work = in(dir, "");
	AUTO_FREE char *path = in(dir, "old");

	assert_true(path_mkdirs(work, NULL));
	test_write("/", path, "before", 6);
}

static bool
add_all(struct batch *b, const char *dir, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(NAMES); i++) {
		AUTO_FREE char *path = in(dir, NAMES[i]);

		if (!batch_add(b, NULL, path, NAMES[i], strlen(NAMES[i]), 0644,
			       NULL, err))
			return false;
	}
	return true;
}

static bool
deploy(const char *dir, struct err *err)
{
	AUTO_PTR(batch) b = batch_new(dir);

	return add_all(b, dir, err) && batch_commit(b, err);
}

/* Everything below work and the intents, names and contents. */
static void
look(const char *path, struct buf *out)
{
	DIR *d = opendir(path);
	const struct dirent *e;
	AUTO(strv) names = STRV_INIT;

	while (d && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			strv_add(&names, e->d_name);
	if (d)
		closedir(d);
	for (size_t i = 0; i < names.count; i++)
		for (size_t k = i + 1; k < names.count; k++)
			if (strcmp(names.items[k], names.items[i]) < 0) {
				char *t = names.items[i];

				names.items[i] = names.items[k];
				names.items[k] = t;
			}
	for (size_t i = 0; i < names.count; i++) {
		AUTO_FREE char *one = path_join(path, names.items[i]);

		if (path_is_dir(one)) {
			buf_printf(out, "%s/ ", names.items[i]);
			look(one, out);
			continue;
		}
		buf_printf(out, "%s=", names.items[i]);
		assert_true(path_read(one, 4096, out, NULL));
		buf_addch(out, ' ');
	}
}

static char *
world(const char *dir)
{
	AUTO(buf) out = BUF_INIT;
	AUTO_FREE char *work = in(dir, "");
	AUTO_FREE char *intents = path_join(dir, "intents");

	look(work, &out);
	look(intents, &out);
	return buf_steal(&out);
}

#define BEFORE "old=before "
#define AFTER "deep/ er/ new=deep/er/new new=new old=old "

/* ---- tests -------------------------------------------------------------- */

static void
test_commit(void **state)
{
	struct err err = ERR_INIT;
	AUTO_FREE char *seen = NULL;
	AUTO_FREE char *path = in(*state, "deep/er/new");
	struct stat st;

	write_old(*state);
	assert_ok(deploy(*state, &err), err);
	seen = world(*state);
	assert_string_equal(seen, AFTER);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(st.st_nlink, 1);
	/* again: nothing to do */
	assert_ok(deploy(*state, &err), err);
}

/* True if it came to its end before call number at. */
static bool
survives(const char *dir, bool (*fn)(const char *dir), long at)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		bool ok;

		kill_at = at;
		ok = fn(dir);
		kill_at = 0;
		_exit(ok ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return false;
	assert_int_equal(status, 0);
	return true;
}

static bool
deploy_child(const char *dir)
{
	return deploy(dir, NULL);
}

static bool
recover_child(const char *dir)
{
	return batch_recover(dir, NULL, NULL);
}

static void
start_over(const char *dir)
{
	AUTO_FREE char *work = in(dir, "");
	AUTO_FREE char *intents = path_join(dir, "intents");

	assert_true(path_remove_tree(work, NULL));
	assert_true(path_remove_tree(intents, NULL));
	write_old(dir);
}

static void
check_whole(const char *dir, long at, long again)
{
	struct err err = ERR_INIT;
	AUTO_FREE char *seen = NULL;

	assert_ok(batch_recover(dir, NULL, &err), err);
	seen = world(dir);
	if (strcmp(seen, BEFORE) != 0 && strcmp(seen, AFTER) != 0)
		fail_msg("killed at %ld, then %ld: %s", at, again, seen);
}

/* Killed at any call, and its recovery at any call, all or nothing stays. */
static void
test_killed(void **state)
{
	bool over = false;
	int undone = 0, finished = 0;

	for (long at = 1; !over; at++) {
		AUTO_FREE char *seen = NULL;

		for (long again = 1;; again++) {
			bool through;

			start_over(*state);
			over = survives(*state, deploy_child, at);
			through = survives(*state, recover_child, again);
			check_whole(*state, at, again);
			if (through)
				break;
		}
		seen = world(*state);
		undone += strcmp(seen, BEFORE) == 0;
		finished += strcmp(seen, AFTER) == 0;
	}
	assert_true(undone > 5);
	assert_true(finished > 5);
}

/* The disk is full from the n-th write on. */
static void
test_disk_full(void **state)
{
	bool ok = false;
	int failed = 0;

	for (long n = 1; !ok; n++) {
		struct err err = ERR_INIT;
		AUTO_FREE char *seen = NULL;

		start_over(*state);
		calls = 0;
		fail_from = n;
		ok = deploy(*state, &err);
		fail_from = 0;
		seen = world(*state);
		assert_string_equal(seen, ok ? AFTER : BEFORE);
		if (!ok)
			assert_int_equal(err.code, ERR_NOSPACE);
		failed += !ok;
	}
	assert_true(failed >= 4);
}

/* What came or changed between reading and writing stays as it is. */
static void
test_conflict(void **state)
{
	static const char *const touched[] = { "old", "new" };
	static const char *const left[] = { "old=theirs ",
					    "new=theirs old=before " };

	for (size_t i = 0; i < ARRAY_LEN(touched); i++) {
		AUTO_FREE char *path = in(*state, touched[i]);
		AUTO_FREE char *seen = NULL;
		AUTO_PTR(batch) b = NULL;
		struct err err = ERR_INIT;

		start_over(*state);
		b = batch_new(*state);
		assert_ok(add_all(b, *state, &err), err);
		test_write("/", path, "theirs", 6);
		assert_fails(batch_commit(b, &err), err, ERR_CONFLICT,
			     touched[i]);
		seen = world(*state);
		assert_string_equal(seen, left[i]);
	}
}

static void
test_refusals(void **state)
{
	AUTO_PTR(batch) b = batch_new(*state);
	AUTO_FREE char *root = in(*state, "");
	AUTO_FREE char *link_path = in(*state, "link");
	AUTO_FREE char *through = in(*state, "link/file");
	AUTO_FREE char *fifo = in(*state, "fifo");
	struct err err = ERR_INIT;

	start_over(*state);
	root[strlen(root) - 1] = '\0';
	assert_int_equal(symlink("/tmp", link_path), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_fails(batch_add(b, root, through, "x", 1, 0644, NULL, &err), err,
		     ERR_CONFLICT, "symbolic link");
	assert_fails(batch_add(b, root, link_path, "x", 1, 0644, NULL, &err),
		     err, ERR_CONFLICT, "not a regular file");
	assert_fails(batch_add(b, root, fifo, "x", 1, 0644, NULL, &err), err,
		     ERR_CONFLICT, "not a regular file");
}

/* ---- diff ---------------------------------------------------------------- */

static char *
diff_of(const char *a, const char *b)
{
	struct buf old = { (char *)a, a ? strlen(a) : 0, 0 };
	struct buf now = { (char *)b, strlen(b), 0 };
	struct buf out = BUF_INIT;

	diff_unified(a ? &old : NULL, &now, "f", &out);
	return buf_steal(&out);
}

static void
test_diff(void **state)
{
	AUTO_FREE char *none = diff_of("a\nb\n", "a\nb\n");
	AUTO_FREE char *fresh = diff_of(NULL, "a\n");
	AUTO_FREE char *one = diff_of("1\n2\n3\n4\n5\n6\n7\n8\n9\n",
				      "1\n2\n3\n4\nX\n6\n7\n8\n9\n");
	AUTO_FREE char *end = diff_of("a\n", "a");

	(void)state;
	assert_string_equal(none, "");
	assert_string_equal(fresh, "--- /dev/null\n+++ f\n@@ -0,0 +1,1 @@\n"
				   "+a\n");
	assert_string_equal(one, "--- f\n+++ f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n"
				 "-5\n+X\n 6\n 7\n 8\n");
	assert_string_equal(end, "--- f\n+++ f\n@@ -1,1 +1,1 @@\n-a\n+a\n"
				 "\\ No newline at end of file\n");
}

/* The texts that the diff was made of, and how many lines it changes. */
static int
undiff(const char *diff, struct buf *old, struct buf *now)
{
	const char *line = strchr(strchr(diff, '\n') + 1, '\n') + 1;
	int changes = 0;

	for (; *line; line = strchr(line, '\n') + 1) {
		size_t n = strcspn(line, "\n");

		if (*line == '@')
			continue;
		if (*line != '+')
			buf_add(old, line + 1, n);
		if (*line != '-')
			buf_add(now, line + 1, n);
		changes += *line != ' ';
	}
	return changes;
}

/* Length of the longest common subsequence of lines of one letter each. */
static int
common(const char *a, const char *b)
{
	int with, without;

	if (!*a || !*b)
		return 0;
	if (*a == *b)
		return 1 + common(a + 2, b + 2);
	with = common(a + 2, b);
	without = common(a, b + 2);
	return with > without ? with : without;
}

/* Of random texts so short that every line is near a change: the diff holds
 * both whole, and no diff is shorter. */
static void
test_diff_random(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		AUTO(buf) a = BUF_INIT, b = BUF_INIT;
		AUTO(buf) old = BUF_INIT, now = BUF_INIT;
		AUTO_FREE char *diff = NULL;
		int changes;

		for (int i = 0; i < 8; i++) {
			seed = seed * 1664525 + 1013904223;
			if (seed >> 30)
				buf_printf(i < 4 ? &a : &b, "%c\n",
					   'a' + (int)(seed >> 20) % 3);
		}
		diff = diff_of(buf_str(&a), buf_str(&b));
		if (strcmp(buf_str(&a), buf_str(&b)) == 0) {
			assert_string_equal(diff, "");
			continue;
		}
		changes = undiff(diff, &old, &now);
		assert_string_equal(buf_str(&old), buf_str(&a));
		assert_string_equal(buf_str(&now), buf_str(&b));
		assert_int_equal(changes,
				 (int)(a.len + b.len) / 2 -
					 2 * common(buf_str(&a), buf_str(&b)));
	}
}

int
main(void)
{
#define T(name) \
	cmocka_unit_test_setup_teardown(name, test_dir_setup, test_dir_teardown)
	const struct CMUnitTest tests[] = {
		T(test_commit),      T(test_killed),   T(test_disk_full),
		T(test_conflict),    T(test_refusals), T(test_diff),
		T(test_diff_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
