/*
 * The kill tests replace the C library's write, fsync, rename and so on in
 * this whole process (SQLite included): each call counts, and at a chosen one
 * the process kills itself, a write after its first half.
 */
#include "know_test.h"

#include "base/clock.h"
#include "know/learn.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long kill_at, calls; /* kill_at 0: never */

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

ssize_t
write(int fd, const void *data, size_t len)
{
	if (due()) {
		syscall(SYS_write, fd, data, len / 2);
		die();
	}
	return syscall(SYS_write, fd, data, len);
}

static ssize_t
write_at(int fd, const void *data, size_t len, off_t at)
{
	if (due()) {
		syscall(SYS_pwrite64, fd, data, len / 2, at);
		die();
	}
	return syscall(SYS_pwrite64, fd, data, len, at);
}

ssize_t
pwrite(int fd, const void *data, size_t len, off_t at)
{
	return write_at(fd, data, len, at);
}

ssize_t
pwrite64(int fd, const void *data, size_t len, off_t at)
{
	return write_at(fd, data, len, at);
}

#define WRAP(name, parameters, ...) \
	int name parameters \
	{ \
		if (due()) \
			die(); \
		return (int)syscall(SYS_##name, __VA_ARGS__); \
	}

/* A killed process loses nothing of what it wrote; only a power cut would.
 * Not waiting for the disk makes the tests 20 times as fast. */
int
fsync(int fd)
{
	if (due())
		die();
	return fcntl(fd, F_GETFD) < 0 ? -1 : 0;
}

int
fdatasync(int fd)
{
	return fsync(fd);
}

WRAP(rename, (const char *from, const char *to), from, to)
WRAP(unlink, (const char *path), path)
WRAP(ftruncate, (int fd, off_t len), fd, len)
WRAP(mkdir, (const char *path, mode_t mode), path, mode)

/* --- a library to learn in ---------------------------------------------- */

static const char workflow[] = "steps:\n  - {id: a, uses: chart}\n";
static const struct learn_step steps[] = {
	{ "a", "chart", true, 5 },
	{ "b", "bash", false, 5 },
};

static struct learn_input
input(const char *run, const char *pattern_id)
{
	static char name[] = "a";
	static char *names[] = { name, NULL };
	static const struct strv step_names = { names, 1, 1 };
	static const struct metrics metrics = {
		.status = "succeeded",
		.started_us = 1000000,
		.finished_us = 61000000,
	};

	return (struct learn_input){
		.run = run,
		.task = "Chart the sales of Build Co",
		.status = EXECUTION_SUCCESS,
		.started_us = INT64_C(1763806340000000),
		.finished_us = INT64_C(1763806460000000), /* 2 minutes */
		.human_wait_ms = 60000,
		.iterations = 3,
		.steps = steps,
		.step_count = 2,
		.metrics = &metrics,
		.pattern_id = pattern_id,
		.workflow = pattern_id ? NULL : workflow,
		.step_names = &step_names,
	};
}

static void
learn(struct db *db, const struct paths *paths, const struct learn_input *in,
      struct learn_result *ret)
{
	struct err err = ERR_INIT;

	learn_result_release(ret);
	assert_ok(learn_record(db, paths, in, ret, &err), err);
}

static void
sync_library(struct db *db, const struct paths *paths, size_t problems)
{
	AUTO(library_report) r = { 0 };
	struct err err = ERR_INIT;

	assert_ok(library_sync(db, paths, &r, &err), err);
	if (r.problems.count != problems)
		fail_msg("%zu problems: %s", r.problems.count,
			 r.problems.count ? r.problems.items[0] : "");
}

static int64_t
count(struct db *db, const char *sql)
{
	sqlite3_stmt *st;
	int64_t n;

	assert_int_equal(sqlite3_prepare_v2(db_handle(db), sql, -1, &st, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return n;
}

/* Files of any kind in the stage folders. */
static int
files_in(const char *dir)
{
	int n = 0;

	for (int s = 0; s < PATTERN_STATUS_COUNT; s++) {
		AUTO_FREE char *stage =
			xasprintf("%s/data/patterns/%s", dir,
				  pattern_status_word((enum pattern_status)s));
		DIR *d = opendir(stage);
		const struct dirent *e;

		while (d && (e = readdir(d)))
			n += strcmp(e->d_name, ".") != 0 &&
			     strcmp(e->d_name, "..") != 0;
		if (d)
			closedir(d);
	}
	return n;
}

/* File, index and executions say the same, and nothing is left over. */
static void
library_is(struct db *db, const char *dir, const char *id, const char *stage,
	   int64_t executions, int64_t successes)
{
	AUTO_FREE char *path =
		xasprintf("%s/data/patterns/%s/%s.md", dir, stage, id);
	AUTO(pattern) p = { 0 };
	AUTO(library_row) row = { 0 };
	struct err err = ERR_INIT;

	assert_ok(pattern_read(path, &p, &err), err);
	assert_string_equal(pattern_status_word(p.status), stage);
	assert_int_equal(p.counts.executions, executions);
	assert_int_equal(p.counts.successes, successes);
	assert_ok(library_get(db, id, &row, &err), err);
	assert_string_equal(row.path, path);
	assert_int_equal(row.counts.executions, executions);
	assert_int_equal(row.counts.successes, successes);
	assert_int_equal(files_in(dir), 1);
	assert_int_equal(count(db, "SELECT count(*) FROM pattern_write"), 0);
}

/* --- plain learning ----------------------------------------------------- */

#define ID "chart-the-sales-of-build-v1"

static void
test_a_new_pattern(void **state)
{
	struct paths paths = know_paths(*state);
	struct db *db = know_db();
	AUTO(learn_result) r = { 0 };
	AUTO(pattern) p = { 0 };
	struct learn_input in = input("run-1", NULL);
	struct err err = ERR_INIT;
	double rate;

	learn(db, &paths, &in, &r);
	assert_string_equal(r.id, ID);
	assert_true(r.created && !r.repeated);
	assert_int_equal(r.after.executions, 1);
	assert_true(r.after.avg_minutes == 1); /* waiting apart */
	library_is(db, *state, ID, "discovered", 1, 1);
	assert_ok(library_open(db, ID, &p, &err), err);
	assert_string_equal(p.name, in.task);
	assert_string_equal(p.category, "general");
	assert_int_equal(p.keywords.count, 5); /* all but "the" */
	assert_string_equal(p.tools[0].name, "chart");
	assert_ok(library_tool_rate(db, "bash", &rate, &err), err);
	assert_true(rate == 0);
	assert_ok(library_tool_rate(db, "python", &rate, &err), err);
	assert_true(rate == -1);
	assert_int_equal(count(db, "SELECT count(*) FROM metrics WHERE "
				   "pattern_id='" ID "' AND run='run-1'"),
			 1);
	db_free(db);
	paths_release(&paths);
}

static void
test_a_run_counts_once(void **state)
{
	struct paths paths = know_paths(*state);
	struct db *db = know_db();
	AUTO(learn_result) r = { 0 };
	struct learn_input in = input("run-1", NULL);

	learn(db, &paths, &in, &r);
	learn(db, &paths, &in, &r);
	assert_true(r.repeated && r.created);
	assert_int_equal(r.before.executions, 0);
	assert_int_equal(r.after.executions, 1);
	assert_true(r.after.avg_minutes == 1);
	assert_non_null(strstr(r.path, "discovered/" ID ".md"));
	library_is(db, *state, ID, "discovered", 1, 1);
	/* Another run of the same plan is the same pattern ... */
	in.run = "run-2";
	learn(db, &paths, &in, &r);
	assert_true(!r.created && !r.repeated);
	library_is(db, *state, ID, "discovered", 2, 2);
	/* ... another plan for the same words is the next version. */
	in.run = "run-3";
	in.workflow = "steps: []\n";
	learn(db, &paths, &in, &r);
	assert_string_equal(r.id, "chart-the-sales-of-build-v2");
	assert_int_equal(count(db, "SELECT count(*) FROM execution"), 3);
	db_free(db);
	paths_release(&paths);
}

static void
test_history(void **state)
{
	struct paths paths = know_paths(*state);
	struct db *db = know_db();
	AUTO(learn_result) r = { 0 };
	AUTO(library_executions) list = { 0 };
	struct learn_input in = input("run-1", NULL);
	struct err err = ERR_INIT;

	learn(db, &paths, &in, &r);
	in = input("run-2", ID);
	in.status = EXECUTION_PARTIAL;
	in.error = "half";
	in.started_us++;
	learn(db, &paths, &in, &r);
	assert_ok(library_history(db, ID, 10, &list, &err), err);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[0].run, "run-2");
	assert_int_equal(list.items[0].status, EXECUTION_PARTIAL);
	assert_string_equal(list.items[0].error, "half");
	assert_int_equal(list.items[1].duration_ms, 120000);
	assert_int_equal(list.items[1].human_wait_ms, 60000);
	library_is(db, *state, ID, "discovered", 2, 1);
	db_free(db);
	paths_release(&paths);
}

/* Issue 5: 25 runs walk up, failures walk back; file and database agree at
 * every step. v0.2.0 froze at 5. */
static void
test_walk_through_the_stages(void **state)
{
	struct paths paths = know_paths(*state);
	struct db *db = know_db();
	AUTO(learn_result) r = { 0 };

	for (int i = 1; i <= 42; i++) {
		AUTO_FREE char *run = xasprintf("run-%d", i);
		struct learn_input in = input(run, i > 1 ? ID : NULL);
		const char *stage = i < 5   ? "discovered" :
				    i < 20  ? "validated" :
				    i <= 27 ? "learned" :
				    i <= 31 ? "validated" :
				    i <= 41 ? "discovered" :
					      "deprecated";

		in.status = i > 25 ? EXECUTION_FAILED : EXECUTION_SUCCESS;
		in.error = i > 25 ? "disk full" : NULL;
		learn(db, &paths, &in, &r);
		library_is(db, *state, ID, stage, i, i < 25 ? i : 25);
	}
	sync_library(db, &paths, 0);
	library_is(db, *state, ID, "deprecated", 42, 25);
	db_free(db);
	paths_release(&paths);
}

static void
test_failures_become_known_issues(void **state)
{
	struct paths paths = know_paths(*state);
	struct db *db = know_db();
	AUTO(learn_result) r = { 0 };
	AUTO(pattern) p = { 0 };
	struct learn_input in = input("run-1", NULL);
	struct err err = ERR_INIT;

	/* The very first run fails: v0.2.0 lost its error. */
	in.status = EXECUTION_FAILED;
	in.error = "gnuplot: not\nfound \xff";
	in.fix = "apt install gnuplot-nox";
	learn(db, &paths, &in, &r);
	assert_string_equal(r.issue, "gnuplot: not found \xef\xbf\xbd");
	in = input("run-2", ID);
	in.status = EXECUTION_FAILED;
	learn(db, &paths, &in, &r);
	in.run = "run-3";
	learn(db, &paths, &in, &r);
	assert_string_equal(r.issue, "Unknown error");
	for (int i = 0; i < 150; i++) {
		AUTO_FREE char *text = xasprintf("error %d", i);

		in.run = text;
		in.error = text;
		learn(db, &paths, &in, &r);
	}
	assert_ok(library_open(db, ID, &p, &err), err);
	assert_int_equal(p.issue_count, 100);
	assert_int_equal(p.issues[0].frequency, 2); /* Unknown error */
	assert_string_equal(p.issues[99].issue, "error 149");
	db_free(db);
	paths_release(&paths);
}

/* The first run of a shipped pattern makes the user's copy. */
static void
test_shipped_patterns_are_copied(void **state)
{
	struct paths paths = know_paths(*state);
	struct db *db = know_db();
	AUTO(learn_result) r = { 0 };
	AUTO(pattern) p = { 0 };
	struct learn_input in = input("run-1", "ship");
	AUTO_FREE char *shipped = path_join(*state, "shipped/patterns/ship.md");
	struct err err = ERR_INIT;

	know_pattern(*state, "shipped/patterns", "ship", "Shipped", "a: b\n");
	sync_library(db, &paths, 0);
	learn(db, &paths, &in, &r);
	library_is(db, *state, "ship", "discovered", 1, 1);
	assert_ok(pattern_read(shipped, &p, &err), err);
	assert_int_equal(p.counts.executions, 0);
	sync_library(db, &paths, 0);
	library_is(db, *state, "ship", "discovered", 1, 1);
	db_free(db);
	paths_release(&paths);
}

static void
test_broken_file_is_told_and_nothing_counted(void **state)
{
	struct paths paths = know_paths(*state);
	struct db *db = know_db();
	AUTO(learn_result) r = { 0 };
	struct learn_input in = input("run-1", "mine");
	struct err err = ERR_INIT;

	know_pattern(*state, "data/patterns/learned", "mine", "Mine", "");
	sync_library(db, &paths, 0);
	know_pattern(*state, "data/patterns/learned", "mine", "Mine",
		     "tags: 7\n");
	assert_fails(learn_record(db, &paths, &in, &r, &err), err, ERR_SYNTAX,
		     "learned/mine.md:4:7: tags must be a list");
	assert_int_equal(count(db, "SELECT count(*) FROM execution"), 0);
	assert_int_equal(count(db, "SELECT count(*) FROM tool_use"), 0);
	know_pattern(*state, "data/patterns/learned", "mine", "Mine", "");
	learn(db, &paths, &in, &r);
	library_is(db, *state, "mine", "discovered", 1, 1);
	in = input("run-2", "none");
	assert_fails(learn_record(db, &paths, &in, &r, &err), err, ERR_NOTFOUND,
		     "no pattern \"none\"");
	db_free(db);
	paths_release(&paths);
}

static void
test_inference(void **state)
{
	AUTO(strv) words = STRV_INIT;

	(void)state;
	/* By substring, in the table's order: the baseline's traps. */
	assert_string_equal(learn_domain("ETL pipeline for sales"), "devops");
	assert_string_equal(learn_domain("Parse HTML"), "ai-ml");
	assert_string_equal(learn_domain("Therapist notes"), "web-development");
	assert_string_equal(learn_domain("Count birds"), "general");
	learn_keywords("Build the API, with\tCACHING for X a b c d e f g h",
		       &words);
	assert_int_equal(words.count, 10);
	assert_string_equal(words.items[0], "build");
	assert_string_equal(words.items[1], "api,");
	assert_string_equal(words.items[2], "caching");
}

/* --- killed anywhere ---------------------------------------------------- */

/* Runs fn in a child that dies at call number at; true if it came to its
 * end before that. */
static bool
survives(bool (*fn)(struct db *, const struct paths *), long at)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct db *db = know_db();
		AUTO(paths) paths = { 0 };
		bool ok = paths_find(&paths, NULL);

		kill_at = at;
		ok = ok && fn(db, &paths);
		kill_at = 0;
		_exit(ok ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return false;
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	return true;
}

static const char *learn_in_child; /* pattern id, or NULL for a new one */

static bool
learn_child(struct db *db, const struct paths *paths)
{
	struct learn_input in = input("killed", learn_in_child);
	AUTO(learn_result) r = { 0 };

	return learn_record(db, paths, &in, &r, NULL);
}

static bool
recover_child(struct db *db, const struct paths *paths)
{
	return learn_recover(db, paths, NULL, NULL);
}

/* One case: the library before, and what the run must lead to. */
static const struct kill_case {
	const char *place;  /* of the pattern; NULL: there is none */
	int64_t executions; /* before, all successes */
	const char *stage;  /* after */
} kill_cases[] = {
	{ NULL, 0, "discovered" },
	{ "shipped/patterns", 0, "discovered" },
	{ "data/patterns/discovered", 2, "discovered" },
	{ "data/patterns/discovered", 4, "validated" },
};

static void
prepare(const struct kill_case *c, const char *dir, struct paths *paths)
{
	AUTO_FREE char *head = xasprintf("executions: %lld\n"
					 "success_rate: 1\n",
					 (long long)c->executions);
	struct db *db;

	setenv("AGENTOPS_HOME", dir, 1);
	*paths = know_paths(dir);
	db = know_db();
	if (c->place)
		know_pattern(dir, c->place, ID, "Sales", head);
	sync_library(db, paths, 0);
	db_free(db);
}

/* Kills the learning at its at-th write, then the recovery somewhere, then
 * repeats. False once the learning ends before being killed. */
static bool
kill_once(const struct kill_case *c, const char *dir, long at)
{
	struct paths paths;
	AUTO(learn_result) r = { 0 };
	struct err err = ERR_INIT;
	struct learn_input in;
	struct db *db;
	bool finished;

	prepare(c, dir, &paths);
	learn_in_child = c->place ? ID : NULL;
	finished = survives(learn_child, at);
	survives(recover_child, at % 17 + 1);
	db = know_db();
	assert_ok(learn_recover(db, &paths, NULL, &err), err);
	sync_library(db, &paths, 0);
	in = input("killed", learn_in_child);
	learn(db, &paths, &in, &r);
	assert_int_equal(r.after.executions, c->executions + 1);
	assert_string_equal(pattern_status_word(r.status_after), c->stage);
	library_is(db, dir, ID, c->stage, c->executions + 1, c->executions + 1);
	assert_int_equal(count(db, "SELECT count(*) FROM execution"), 1);
	assert_int_equal(count(db, "SELECT count(*) FROM metrics"), 1);
	assert_int_equal(count(db, "SELECT sum(uses) FROM tool_use"), 2);
	db_free(db);
	paths_release(&paths);
	return !finished;
}

static void
test_killed_at_every_write(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(kill_cases); i++) {
		struct err err = ERR_INIT;
		bool more = true;
		long at;

		for (at = 1; more; at++) {
			AUTO_FREE char *dir =
				xasprintf("%s/%zu-%ld", (char *)*state, i, at);

			more = kill_once(&kill_cases[i], dir, at);
			assert_ok(path_remove_tree(dir, &err), err);
		}
		/* Two commits and a file: fewer means nothing was killed. */
		print_message("case %zu: killed at %ld places\n", i, at - 2);
		assert_true(at > 15);
	}
	setenv("AGENTOPS_HOME", *state, 1);
}

/* --- edited in between -------------------------------------------------- */

/* Dies when the file is about to be renamed into place. */
static bool
learn_then_stop(const char *dir)
{
	(void)dir;
	for (long at = 1;; at++) {
		struct db *db;
		int64_t intents;

		if (survives(learn_child, at))
			return false;
		db = know_db();
		intents = count(db, "SELECT count(*) FROM pattern_write");
		db_free(db);
		if (intents)
			return true;
	}
}

static void
test_hand_edits_survive(void **state)
{
	struct paths paths = know_paths(*state);
	AUTO(strv) problems = STRV_INIT;
	AUTO(pattern) p = { 0 };
	struct err err = ERR_INIT;
	struct db *db = know_db();

	know_pattern(*state, "data/patterns/discovered", ID, "Mine",
		     "executions: 4\nsuccess_rate: 1\n");
	sync_library(db, &paths, 0);
	db_free(db);
	learn_in_child = ID;
	assert_true(learn_then_stop(*state));
	/* A broken edit: told, kept, tried again. */
	know_pattern(*state, "data/patterns/discovered", ID, "Mine", "x: [\n");
	db = know_db();
	assert_ok(learn_recover(db, &paths, &problems, &err), err);
	assert_int_equal(problems.count, 1);
	assert_non_null(strstr(problems.items[0], "discovered/" ID ".md:"));
	know_pattern(*state, "data/patterns/discovered", ID, "Edited",
		     "executions: 4\nsuccess_rate: 1\nowner: me\n");
	assert_ok(learn_recover(db, &paths, NULL, &err), err);
	library_is(db, *state, ID, "validated", 5, 5);
	assert_ok(library_open(db, ID, &p, &err), err);
	assert_string_equal(p.name, "Edited");
	assert_non_null(strstr(p.source, "owner: me\n"));
	db_free(db);
	paths_release(&paths);
}

/* The next run counts from an intent that was not written yet. */
static void
test_learning_upon_an_unwritten_file(void **state)
{
	struct paths paths = know_paths(*state);
	AUTO(learn_result) r = { 0 };
	struct learn_input in = input("next", ID);
	struct db *db = know_db();

	know_pattern(*state, "data/patterns/discovered", ID, "Mine",
		     "executions: 4\nsuccess_rate: 1\n");
	sync_library(db, &paths, 0);
	db_free(db);
	learn_in_child = ID;
	assert_true(learn_then_stop(*state));
	db = know_db();
	in.status = EXECUTION_FAILED;
	learn(db, &paths, &in, &r);
	assert_int_equal(r.before.executions, 5);
	library_is(db, *state, ID, "validated", 6, 5);
	db_free(db);
	paths_release(&paths);
}

/* --- several processes -------------------------------------------------- */

enum { PROCESSES = 4, RUNS_EACH = 8 };

static void
learn_many(int who)
{
	AUTO(paths) paths = { 0 };
	struct db *db = know_db();
	bool ok = paths_find(&paths, NULL);

	for (int i = 0; ok && i < RUNS_EACH; i++) {
		/* The last run is the same in all. */
		AUTO_FREE char *run = i == RUNS_EACH - 1 ?
					      xstrdup("shared") :
					      xasprintf("run-%d-%d", who, i);
		struct learn_input in = input(run, NULL);
		AUTO(learn_result) r = { 0 };

		ok = learn_record(db, &paths, &in, &r, NULL);
	}
	_exit(ok ? 0 : 1);
}

static void
test_processes_learn_at_once(void **state)
{
	struct paths paths = know_paths(*state);
	struct db *db = know_db();
	int64_t want = PROCESSES * (RUNS_EACH - 1) + 1;
	pid_t pids[PROCESSES];

	db_free(db);
	for (int i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			learn_many(i);
	}
	for (int i = 0; i < PROCESSES; i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	db = know_db();
	library_is(db, *state, ID, "learned", want, want);
	assert_int_equal(count(db, "SELECT count(*) FROM execution"), want);
	db_free(db);
	paths_release(&paths);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		dir_test(test_a_new_pattern),
		dir_test(test_a_run_counts_once),
		dir_test(test_history),
		dir_test(test_walk_through_the_stages),
		dir_test(test_failures_become_known_issues),
		dir_test(test_shipped_patterns_are_copied),
		dir_test(test_broken_file_is_told_and_nothing_counted),
		cmocka_unit_test(test_inference),
		dir_test(test_killed_at_every_write),
		dir_test(test_hand_edits_survive),
		dir_test(test_learning_upon_an_unwritten_file),
		dir_test(test_processes_learn_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
