/* The journal: appending, reading, deciding from two processes, owning. */
#include "run_test.h"

#include "base/json.h"

#include <sched.h>
#include <sys/stat.h>

/* --- appending and reading --------------------------------------------- */

struct seen {
	int count;
	int64_t seqs[8];
	char prev[SHA256_HEX_SIZE];
	bool chained;
	int stop_after;
};

static bool
on_event(void *ud, const struct event *e, const char *data)
{
	struct seen *s = ud;
	struct event copy = *e;
	char hash[SHA256_HEX_SIZE];

	event_hash(&copy, data, hash);
	s->chained = (!s->count || strcmp(e->prev, s->prev) == 0) &&
		     (e->seq < 2 || strcmp(hash, e->hash) == 0) && s->chained;
	memcpy(s->prev, e->hash, sizeof(s->prev));
	s->seqs[s->count++] = e->seq;
	return s->count != s->stop_after;
}

static struct seen
read_all(struct journal *j, const char *run, int64_t from, int stop_after)
{
	AUTO(arena) arena = { 0 };
	struct seen s = { .chained = true, .stop_after = stop_after };
	struct err err = ERR_INIT;

	assert_ok(journal_read(j, run, from, &arena, on_event, &s, &err),
		  err);
	return s;
}

static void
test_append(void **state)
{
	AUTO_PTR(journal) j = run_journal();
	struct journal_head head;
	struct err err = ERR_INIT;
	struct seen s;

	(void)state;
	assert_ok(journal_head(j, RUN_ID, &head, &err), err);
	assert_int_equal(head.seq, 0);
	assert_int_equal(strspn(head.hash, "0"), SHA256_HEX_SIZE - 1);
	run_create(j, RUN_ID);
	run_open_gate_row(j, RUN_ID, 1);
	run_create(j, "261122-1200-bbbbb");
	run_open_gate_row(j, RUN_ID, 2);
	s = read_all(j, RUN_ID, 1, 0);
	assert_int_equal(s.count, 3);
	assert_int_equal(s.seqs[0], 1);
	assert_int_equal(s.seqs[2], 3);
	assert_true(s.chained);
	assert_ok(journal_head(j, RUN_ID, &head, &err), err);
	assert_int_equal(head.seq, 3);
	assert_string_equal(head.hash, s.prev);
	s = read_all(j, RUN_ID, 2, 1);
	assert_int_equal(s.count, 1);
	assert_int_equal(s.seqs[0], 2);
	/* Chains do not touch each other. */
	assert_int_equal(read_all(j, "261122-1200-bbbbb", 1, 0).count, 1);
}

static void
test_rollback_leaves_nothing(void **state)
{
	AUTO_PTR(journal) j = run_journal();
	struct event e = { .type = EV_phase_started,
			   .phase_started = { .phase = "plan" } };
	struct journal_head head;
	struct err err = ERR_INIT;

	(void)state;
	run_create(j, RUN_ID);
	assert_ok(journal_begin(j, &err), err);
	assert_ok(journal_head(j, RUN_ID, &head, &err), err);
	assert_ok(journal_append(j, &head, &e, NULL, &err), err);
	journal_rollback(j);
	assert_int_equal(read_all(j, RUN_ID, 1, 0).count, 1);
	assert_ok(journal_head(j, RUN_ID, &head, &err), err);
	assert_int_equal(head.seq, 1);
}

static void
test_two_connections(void **state)
{
	AUTO_PTR(journal) a = run_journal();
	AUTO_PTR(journal) b = run_journal();
	int64_t before;

	(void)state;
	run_create(a, RUN_ID);
	before = journal_version(a);
	assert_int_equal(journal_version(a), before);
	assert_int_equal(read_all(b, RUN_ID, 1, 0).count, 1);
	run_open_gate_row(b, RUN_ID, 1);
	assert_int_not_equal(journal_version(a), before);
	run_open_gate_row(a, RUN_ID, 2);
	assert_true(read_all(b, RUN_ID, 1, 0).chained);
	assert_int_equal(read_all(b, RUN_ID, 1, 0).count, 3);
}

static void
test_unknown_type(void **state)
{
	AUTO_PTR(journal) j = run_journal();
	AUTO(arena) arena = { 0 };
	struct seen s = { 0 };
	struct err err = ERR_INIT;

	(void)state;
	run_create(j, RUN_ID);
	assert_ok(db_exec(journal_db(j), "UPDATE event SET type='new.thing'",
			  &err),
		  err);
	assert_fails(journal_read(j, RUN_ID, 1, &arena, on_event, &s, &err),
		     err, ERR_CORRUPT, RUN_ID " seq 1: unknown event type");
}

/* --- finding ----------------------------------------------------------- */

static void
test_find_run(void **state)
{
	AUTO_PTR(journal) j = run_journal();
	struct err err = ERR_INIT;
	char id[ID_RUN_SIZE];

	(void)state;
	assert_fails(journal_find_run(j, "last", id, &err), err, ERR_NOTFOUND,
		     "there is no run");
	run_create(j, RUN_ID);
	run_create(j, "261122-1201-aabbb");
	assert_ok(journal_find_run(j, "last", id, &err), err);
	assert_string_equal(id, "261122-1201-aabbb");
	assert_ok(journal_find_run(j, "261122-1200", id, &err), err);
	assert_string_equal(id, RUN_ID);
	assert_ok(journal_find_run(j, RUN_ID, id, &err), err);
	assert_string_equal(id, RUN_ID);
	assert_fails(journal_find_run(j, "2611", id, &err), err, ERR_USAGE,
		     "several runs");
	assert_fails(journal_find_run(j, "999", id, &err), err, ERR_NOTFOUND,
		     "999");
	assert_fails(journal_find_run(j, "26%", id, &err), err, ERR_NOTFOUND,
		     "is not the id of a run");
	assert_fails(journal_find_run(j, "", id, &err), err, ERR_NOTFOUND,
		     "is not the id of a run");
}

struct listed {
	int count;
	char first[ID_RUN_SIZE];
};

static void
on_run(void *ud, const struct run_summary *s)
{
	struct listed *l = ud;

	if (!l->count++)
		snprintf(l->first, sizeof(l->first), "%s", s->id);
}

static void
test_list_runs(void **state)
{
	AUTO_PTR(journal) j = run_journal();
	struct listed all = { 0 }, one = { 0 }, over = { 0 };
	struct err err = ERR_INIT;

	(void)state;
	run_create(j, RUN_ID);
	run_create(j, "261122-1201-bbbbb");
	run_say(j, RUN_ID, (struct event){ .type = EV_run_ended });
	assert_ok(journal_list_runs(j, NULL, 0, on_run, &all, &err), err);
	assert_int_equal(all.count, 2);
	assert_string_equal(all.first, "261122-1201-bbbbb");
	assert_ok(journal_list_runs(j, NULL, 1, on_run, &one, &err), err);
	assert_int_equal(one.count, 1);
	assert_ok(journal_list_runs(j, "succeeded", 0, on_run, &over, &err),
		  err);
	assert_int_equal(over.count, 1);
	assert_string_equal(over.first, RUN_ID);
}

/* --- gates ------------------------------------------------------------- */

static void
on_gate(void *ud, const struct gate_row *g)
{
	*(int64_t *)ud = *(int64_t *)ud * 10 + g->number;
	assert_true(g->open);
	assert_string_equal(g->task, "count to three");
}

static int64_t
open_gates(struct journal *j)
{
	int64_t numbers = 0;
	struct err err = ERR_INIT;

	assert_ok(journal_list_gates(j, on_gate, &numbers, &err), err);
	return numbers;
}

static void
test_gates(void **state)
{
	AUTO_PTR(journal) j = run_journal();
	struct gate_answer yes = { .decision = "approve", .by = "ann" };
	AUTO(arena) arena = { 0 };
	struct gate_row g;
	char run[ID_RUN_SIZE];
	int64_t number;
	struct err err = ERR_INIT;

	(void)state;
	run_create(j, RUN_ID);
	assert_fails(journal_find_gate(j, RUN_ID, run, &number, &err), err,
		     ERR_NOTFOUND, "has no open gate");
	run_open_gate_row(j, RUN_ID, 1);
	run_open_gate_row(j, RUN_ID, 2);
	assert_int_equal(open_gates(j), 12);
	assert_fails(journal_find_gate(j, RUN_ID, run, &number, &err), err,
		     ERR_USAGE, "several open gates");
	assert_fails(journal_find_gate(j, RUN_ID ".x", run, &number, &err),
		     err, ERR_USAGE, "is not a gate");
	assert_ok(journal_decide(j, RUN_ID, 1, &yes, &err), err);
	assert_int_equal(open_gates(j), 2);
	assert_ok(journal_find_gate(j, "261122", run, &number, &err), err);
	assert_int_equal(number, 2);
	assert_string_equal(run, RUN_ID);
	assert_ok(journal_get_gate(j, RUN_ID, 1, &arena, &g, &err), err);
	assert_false(g.open);
	assert_string_equal(g.decision, "approve");
	assert_string_equal(g.by, "ann");
	assert_fails(journal_decide(j, RUN_ID, 1, &yes, &err), err,
		     ERR_CONFLICT, "closed already: approve by ann");
	assert_fails(journal_decide(j, RUN_ID, 7, &yes, &err), err,
		     ERR_NOTFOUND, "has no gate 7");
	run_say(j, RUN_ID, (struct event){ .type = EV_run_ended });
	assert_int_equal(open_gates(j), 0);
	assert_fails(journal_decide(j, RUN_ID, 2, &yes, &err), err,
		     ERR_CONFLICT, "closed by the end of the run");
}

static void
test_abort_needs_a_live_run(void **state)
{
	AUTO_PTR(journal) j = run_journal();
	struct err err = ERR_INIT;

	(void)state;
	assert_fails(journal_ask_abort(j, RUN_ID, "ann", NULL, &err), err,
		     ERR_NOTFOUND, "there is no run " RUN_ID);
	run_create(j, RUN_ID);
	assert_ok(journal_ask_abort(j, RUN_ID, "ann", "enough", &err), err);
	assert_int_equal(read_all(j, RUN_ID, 1, 0).count, 2);
	run_say(j, RUN_ID, (struct event){ .type = EV_run_ended });
	assert_fails(journal_ask_abort(j, RUN_ID, "ann", NULL, &err), err,
		     ERR_CONFLICT, "has ended");
	assert_int_equal(read_all(j, RUN_ID, 1, 0).count, 3);
}

/* --- several processes ------------------------------------------------- */

enum { WON = 10, LOST = 11, WRONG = 12 };

/* Reads one byte, so that all start at once, and decides. */
static int
decide_in_race(void *ud)
{
	int *start = ud;
	char go;
	AUTO_FREE char *by = xasprintf("p%d", (int)getpid());
	struct gate_answer yes = { .decision = "approve", .by = by };
	struct err err = ERR_INIT;
	AUTO_PTR(journal) j = run_journal_or_null(&err);

	if (!j || read(*start, &go, 1) != 1)
		return WRONG;
	if (journal_decide(j, RUN_ID, 1, &yes, &err))
		return WON;
	return err.code == ERR_CONFLICT ? LOST : WRONG;
}

static void
race_once(void)
{
	enum { RACERS = 4 };
	pid_t pids[RACERS];
	int fds[2], won = 0, lost = 0;

	assert_int_equal(pipe(fds), 0);
	for (int i = 0; i < RACERS; i++)
		pids[i] = run_fork(decide_in_race, &fds[0]);
	assert_int_equal(write(fds[1], "gogo", RACERS), RACERS);
	for (int i = 0; i < RACERS; i++) {
		int status = run_wait(pids[i]);

		won += status == WON;
		lost += status == LOST;
	}
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(won, 1);
	assert_int_equal(lost, RACERS - 1);
}

static void
test_first_writer_wins(void **state)
{
	struct journal *j = run_journal();
	struct seen s;

	(void)state;
	run_create(j, RUN_ID);
	run_open_gate_row(j, RUN_ID, 1);
	journal_free(j);
	race_once();
	j = run_journal();
	s = read_all(j, RUN_ID, 1, 0);
	assert_int_equal(s.count, 3);
	assert_true(s.chained);
	journal_free(j);
}

struct holder {
	int ready[2], release[2];
};

static int
hold_write_lock(void *ud)
{
	struct holder *h = ud;
	struct err err = ERR_INIT;
	AUTO_PTR(journal) j = run_journal_or_null(&err);
	char go;

	if (!j || !journal_begin(j, &err) || write(h->ready[1], "x", 1) != 1 ||
	    read(h->release[0], &go, 1) != 1)
		return WRONG;
	journal_rollback(j);
	return 0;
}

/* The lock was met: now it is given up. */
static int
on_busy(void *ud, int calls)
{
	struct holder *h = ud;

	if (!calls && write(h->release[1], "x", 1) != 1)
		return 0;
	sched_yield();
	return 1;
}

static int64_t
busy_timeout_ms(struct journal *j)
{
	sqlite3_stmt *st = db_stmt(journal_db(j), "PRAGMA busy_timeout", NULL);

	return st && db_step(journal_db(j), st, NULL) == 1 ?
		       sqlite3_column_int64(st, 0) :
		       0;
}

static void
test_locked_for_a_while(void **state)
{
	struct journal *j = run_journal();
	struct holder h;
	char c;
	pid_t pid;

	(void)state;
	run_create(j, RUN_ID);
	journal_free(j);
	assert_int_equal(pipe(h.ready) | pipe(h.release), 0);
	pid = run_fork(hold_write_lock, &h);
	assert_int_equal(read(h.ready[0], &c, 1), 1);
	j = run_journal();
	assert_true(busy_timeout_ms(j) >= 5000);
	sqlite3_busy_handler(db_handle(journal_db(j)), on_busy, &h);
	run_open_gate_row(j, RUN_ID, 1);
	assert_int_equal(run_wait(pid), 0);
	assert_int_equal(read_all(j, RUN_ID, 1, 0).count, 2);
	journal_free(j);
}

static int
own_and_wait(void *ud)
{
	struct holder *h = ud;
	struct err err = ERR_INIT;
	AUTO_PTR(journal) j = run_journal_or_null(&err);
	int fd;
	char go;

	if (!j || !journal_own(j, RUN_ID, &fd, &err) ||
	    write(h->ready[1], "x", 1) != 1)
		return WRONG;
	return read(h->release[0], &go, 1) == 1 ? 0 : WRONG;
}

static void
test_own(void **state)
{
	AUTO_PTR(journal) j = run_journal();
	struct err err = ERR_INIT;
	struct holder h;
	int fd;
	char c;
	pid_t pid;

	(void)state;
	assert_false(journal_is_owned(j, RUN_ID));
	assert_int_equal(pipe(h.ready) | pipe(h.release), 0);
	pid = run_fork(own_and_wait, &h);
	assert_int_equal(read(h.ready[0], &c, 1), 1);
	assert_true(journal_is_owned(j, RUN_ID));
	{
		AUTO_FREE char *who = xasprintf("is live in process %d", pid);

		assert_fails(journal_own(j, RUN_ID, &fd, &err), err, ERR_BUSY,
			     who);
	}
	assert_int_equal(write(h.release[1], "x", 1), 1);
	assert_int_equal(run_wait(pid), 0);
	/* The lock ends with its process. */
	assert_false(journal_is_owned(j, RUN_ID));
	assert_ok(journal_own(j, RUN_ID, &fd, &err), err);
	assert_true(journal_is_owned(j, RUN_ID));
	close(fd);
	assert_false(journal_is_owned(j, RUN_ID));
}

/* --- databases that are not ours --------------------------------------- */

/* Opening must fail with these words and leave the file as it was. */
static void
refuse(const char *dir, const void *data, size_t len, enum err_code code,
       const char *words)
{
	AUTO_FREE char *path = path_join(dir, "state/agentops.db");
	AUTO_FREE char *wal = xasprintf("%s-wal", path);
	AUTO(paths) paths = { 0 };
	AUTO(buf) after = BUF_INIT;
	struct journal *j = NULL;
	struct stat st;
	struct err err = ERR_INIT;

	assert_ok(paths_find(&paths, &err), err);
	assert_ok(path_mkdirs(paths.state, &err), err);
	assert_ok(path_write_atomic(path, data, len, 0600, &err), err);
	assert_fails(journal_open(&paths, &j, &err), err, code, words);
	assert_null(j);
	assert_ok(path_read(path, len + 1, &after, &err), err);
	assert_int_equal(after.len, len);
	assert_memory_equal(after.data, data, len);
	/* Looking into a database in WAL mode makes an empty one. */
	assert_true(stat(wal, &st) != 0 || st.st_size == 0);
}

static void
make_database(const char *dir, const char *sql, struct buf *out)
{
	AUTO_FREE char *path = path_join(dir, "other.db");
	struct err err = ERR_INIT;
	sqlite3 *db;

	unlink(path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_ok(path_read(path, 1 << 20, out, &err), err);
}

static void
test_foreign_database(void **state)
{
	static const char text[] = "This is no database, but a letter to you. "
				   "It is longer than a header of SQLite is, "
				   "so that it is read as one.";
	AUTO(buf) other = BUF_INIT;
	AUTO(buf) newer = BUF_INIT;

	refuse(*state, text, sizeof(text), ERR_CORRUPT, "not a database");
	make_database(*state, "CREATE TABLE mine(x); INSERT INTO mine "
			      "VALUES('precious')",
		      &other);
	refuse(*state, other.data, other.len, ERR_CORRUPT,
	       "a database of another program");
	make_database(*state, "PRAGMA application_id=0x61674f70;"
			      "PRAGMA user_version=999; CREATE TABLE t(x)",
		      &newer);
	refuse(*state, newer.data, newer.len, ERR_CONFIG,
	       "written by a newer agentops");
}

static void
test_corrupt_database(void **state)
{
	AUTO_FREE char *path = path_join(*state, "state/agentops.db");
	AUTO(buf) ours = BUF_INIT;
	struct err err = ERR_INIT;
	struct journal *j = run_journal();

	run_create(j, RUN_ID);
	journal_free(j);
	assert_ok(path_read(path, 4 << 20, &ours, &err), err);
	assert_true(ours.len > 8192);
	/* The schema's page is torn. */
	memset(ours.data + 100, 0xff, 400);
	refuse(*state, ours.data, ours.len, ERR_CORRUPT, "untouched");
}

static void
test_not_a_file(void **state)
{
	AUTO_FREE char *path = path_join(*state, "state/agentops.db");
	AUTO(paths) paths = { 0 };
	struct journal *j = NULL;
	struct err err = ERR_INIT;

	assert_ok(paths_find(&paths, &err), err);
	assert_ok(path_mkdirs(paths.state, &err), err);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_fails(journal_open(&paths, &j, &err), err, ERR_IO,
		     "not a regular file");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		dir_test(test_append),
		dir_test(test_rollback_leaves_nothing),
		dir_test(test_two_connections),
		dir_test(test_unknown_type),
		dir_test(test_find_run),
		dir_test(test_list_runs),
		dir_test(test_gates),
		dir_test(test_abort_needs_a_live_run),
		dir_test(test_first_writer_wins),
		dir_test(test_locked_for_a_while),
		dir_test(test_own),
		dir_test(test_foreign_database),
		dir_test(test_corrupt_database),
		dir_test(test_not_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
