/*
 * The database's promises when several processes come at once, and towards
 * files that are not ours.
 */
#include "test.h"

#include "base/db.h"
#include "base/str.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OURS = 4711, PROCESSES = 8, ROUNDS = 10 };

static const char *const steps[] = {
	"CREATE TABLE t(a TEXT)",
	"ALTER TABLE t ADD b TEXT",
	"CREATE INDEX ti ON t(a)",
};
static const struct db_schema v1 = { OURS, steps, 1 }, v3 = { OURS, steps, 3 };

static bool
open_and_add(const char *path, const struct db_schema *schema)
{
	AUTO_PTR(db) db = NULL;
	struct err err = ERR_INIT;

	if (db_open(path, schema, DB_READ_WRITE, &db, &err) &&
	    db_run(db, "INSERT INTO t(a) VALUES('x')", &err, ""))
		return true;
	fprintf(stderr, "child: %s\n", err.msg);
	return false;
}

/* Starts all at one moment: they wait for the end of a pipe. */
static void
all_at_once(const char *path, const struct db_schema *schema)
{
	int gate[2], status, failed = 0;
	char byte;

	assert_int_equal(pipe(gate), 0);
	for (int i = 0; i < PROCESSES; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid)
			continue;
		close(gate[1]);
		while (read(gate[0], &byte, 1) > 0)
			;
		_exit(open_and_add(path, schema) ? 0 : 1);
	}
	close(gate[0]);
	close(gate[1]);
	while (wait(&status) > 0)
		failed += status != 0;
	assert_int_equal(failed, 0);
}

static int64_t
count_rows(const char *path)
{
	AUTO_PTR(db) db = NULL;
	struct err err = ERR_INIT;
	sqlite3_stmt *st;

	assert_ok(db_open(path, &v3, DB_READ_ONLY, &db, &err), err);
	st = db_query(db, "SELECT count(*) FROM t", &err, "");
	assert_non_null(st);
	assert_int_equal(db_step(db, st, &err), 1);
	return sqlite3_column_int64(st, 0);
}

static void
test_many_make_one_database(void **state)
{
	for (int round = 0; round < ROUNDS; round++) {
		AUTO_FREE char *path =
			xasprintf("%s/new%d.db", (char *)*state, round);

		all_at_once(path, &v3);
		assert_int_equal(count_rows(path), PROCESSES);
	}
}

static int
count_files(const char *dir, const char *word)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int n = 0;

	assert_non_null(d);
	while ((e = readdir(d)))
		n += strstr(e->d_name, word) != NULL;
	closedir(d);
	return n;
}

static void
test_many_migrate_one_database(void **state)
{
	for (int round = 0; round < ROUNDS; round++) {
		AUTO_FREE char *dir =
			xasprintf("%s/old%d", (char *)*state, round);
		AUTO_FREE char *path = path_join(dir, "x.db");
		AUTO_FREE char *backup = path_join(dir, "x.db.v1.bak");
		AUTO_PTR(db) db = NULL;
		struct err err = ERR_INIT;

		assert_int_equal(mkdir(dir, 0700), 0);
		assert_true(open_and_add(path, &v1));
		all_at_once(path, &v3);
		assert_int_equal(count_rows(path), PROCESSES + 1);
		/* A whole backup of the old schema, nothing half. */
		assert_int_equal(count_files(dir, ".tmp"), 0);
		assert_ok(db_open(backup, &v1, DB_READ_WRITE, &db, &err), err);
	}
}

static void
make_foreign(const char *path)
{
	sqlite3 *h;

	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	sqlite3_db_config(h, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	assert_int_equal(sqlite3_exec(h,
				      "PRAGMA journal_mode=WAL;"
				      "CREATE TABLE theirs(x);"
				      "INSERT INTO theirs VALUES(1)",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(h);
}

/* Another program's database with changes still in its WAL: not a byte of
 * either may change. */
static void
test_foreign_wal_is_left_alone(void **state)
{
	AUTO_FREE char *path = path_join(*state, "theirs.db");
	AUTO_FREE char *wal = path_join(*state, "theirs.db-wal");
	AUTO(buf) before = BUF_INIT, after = BUF_INIT;
	struct err err = ERR_INIT;
	struct db *db;

	make_foreign(path);
	assert_ok(path_read(path, 1 << 20, &before, &err), err);
	assert_ok(path_read(wal, 1 << 20, &before, &err), err);
	assert_fails(db_open(path, &v3, DB_READ_WRITE, &db, &err), err,
		     ERR_CORRUPT, "another program");
	assert_ok(path_read(path, 1 << 20, &after, &err), err);
	assert_ok(path_read(wal, 1 << 20, &after, &err), err);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.data, after.data, after.len);
}

static void
test_open_says_why(void **state)
{
	AUTO_FREE char *path = path_join(*state, "no/folder/x.db");
	struct err err = ERR_INIT;
	struct db *db;

	assert_fails(db_open(path, &v3, DB_READ_WRITE, &db, &err), err,
		     ERR_NOTFOUND, "No such file");
	assert_fails(db_open(*state, &v3, DB_READ_WRITE, &db, &err), err,
		     ERR_IO, "not a regular file");
}

/* A migration that fails leaves the schema before it, whole. */
static void
test_failed_migration_rolls_back(void **state)
{
	static const char *const bad[] = {
		"CREATE TABLE t(a TEXT)",
		"ALTER TABLE t ADD b TEXT; CREATE TABLE nonsense(",
	};
	struct db_schema v2 = { OURS, bad, 2 };
	AUTO_FREE char *path = path_join(*state, "x.db");
	struct err err = ERR_INIT;
	struct db *db;

	assert_true(open_and_add(path, &v1));
	assert_fails(db_open(path, &v2, DB_READ_WRITE, &db, &err), err, ERR_IO,
		     path);
	assert_true(open_and_add(path, &v1));
	assert_true(open_and_add(path, &v3));
	assert_int_equal(count_rows(path), 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		dir_test(test_many_make_one_database),
		dir_test(test_many_migrate_one_database),
		dir_test(test_foreign_wal_is_left_alone),
		dir_test(test_open_says_why),
		dir_test(test_failed_migration_rolls_back),
	};

	return cmocka_run_group_tests_name("db", tests, NULL, NULL);
}
