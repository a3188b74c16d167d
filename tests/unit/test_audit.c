/*
 * The audit: whatever is changed in the journal of a finished run, the run
 * and the sequence number are named.
 */
#include "run_test.h"

#include "run/artifact.h"
#include "run/audit.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { TEXT_MAX = 4096 };

/* --- a finished run ---------------------------------------------------- */

static void
say_artifact(struct journal *j, const char *dir)
{
	AUTO_FREE char *run_dir = journal_run_dir(j, RUN_ID);
	struct artifact a = { 0 };
	struct err err = ERR_INIT;

	test_write(dir, "table.csv", "a,b\n1,2\n", 8);
	assert_ok(path_mkdirs(run_dir, &err), err);
	assert_ok(artifact_store(run_dir, dir, "table.csv", &a, &err), err);
	run_say(j, RUN_ID,
		(struct event){ .type = EV_artifact_created,
				.artifact_created = {
					.step = "clean",
					.item = -1,
					.attempt = 1,
					.name = "table",
					.file = "table.csv",
					.sha256 = a.sha256,
					.media_type = a.media_type,
					.size_bytes = a.size_bytes } });
	artifact_release(&a);
}

static void
decide(struct journal *j, int number)
{
	struct gate_answer yes = { .decision = "approve",
				   .by = "ann",
				   .comment = "fine" };
	struct err err = ERR_INIT;

	assert_ok(journal_decide(j, RUN_ID, number, &yes, &err), err);
}

/* Eight events, two gates, one artifact, and a run beside it. */
static struct journal *
finished_run(const char *dir)
{
	struct journal *j = run_journal();

	run_create(j, "261122-1100-zzzzz");
	run_create(j, RUN_ID);
	run_say(j, RUN_ID,
		(struct event){ .type = EV_phase_started,
				.phase_started = { .phase = "research" } });
	run_open_gate_row(j, RUN_ID, 1);
	decide(j, 1);
	say_artifact(j, dir);
	run_open_gate_row(j, RUN_ID, 2);
	decide(j, 2);
	run_say(j, RUN_ID,
		(struct event){ .type = EV_run_ended,
				.run_ended = { .outcome = "succeeded" } });
	return j;
}

/* --- what the audit says ----------------------------------------------- */

struct told {
	int64_t seq;  /* looked for, of RUN_ID */
	bool found;
	int count;
	char first[TEXT_MAX];
};

static void
on_problem(void *ud, const struct audit_problem *p)
{
	struct told *t = ud;

	if (!t->count++)
		snprintf(t->first, sizeof(t->first), "%s seq %lld: %s",
			 p->run, (long long)p->seq, p->what);
	t->found |= p->seq == t->seq && !strcmp(p->run, RUN_ID);
}

static struct told
audit(struct journal *j, int64_t seq)
{
	struct told t = { .seq = seq };
	struct audit_result r;
	struct err err = ERR_INIT;

	/* Damage may end it early; it is told all the same. */
	if (!audit_verify(j, NULL, on_problem, &t, &r, &err) && !t.count)
		fail_msg("not told: %s", err.msg);
	assert_int_equal(r.problems, t.count);
	return t;
}

static void
assert_named(struct journal *j, int64_t seq, const char *what)
{
	struct told t = audit(j, seq);

	if (!t.found)
		fail_msg("%s: seq %lld is not named (%d problems; first: %s)",
			 what, (long long)seq, t.count, t.first);
}

static void
assert_clean(struct journal *j)
{
	struct told t = audit(j, 0);

	if (t.count)
		fail_msg("%d problems: %s", t.count, t.first);
}

static void
sql(struct journal *j, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void
sql(struct journal *j, const char *fmt, ...)
{
	AUTO_FREE char *text = NULL;
	struct err err = ERR_INIT;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	if (!db_exec(journal_db(j), text, &err))
		fail_msg("%s: %s", text, err.msg);
}

/* Does it, sees that seq is named, and undoes it. */
static void
try_sql(struct journal *j, int64_t seq, const char *change)
{
	sql(j, "BEGIN; %s", change);
	assert_int_not_equal(sqlite3_changes(db_handle(journal_db(j))), 0);
	assert_named(j, seq, change);
	sql(j, "ROLLBACK");
	assert_clean(j);
}

/* --- one byte in every column of every row ----------------------------- */

/* The text of a column as bytes. */
static size_t
get_text(struct journal *j, int seq, const char *column, char *out)
{
	AUTO_FREE char *q = xasprintf("SELECT %s FROM event WHERE run='%s' "
				      "AND seq=%d",
				      column, RUN_ID, seq);
	sqlite3_stmt *st;
	size_t n;

	assert_int_equal(sqlite3_prepare_v2(db_handle(journal_db(j)), q, -1,
					    &st, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = (size_t)sqlite3_column_bytes(st, 0);
	assert_true(n < TEXT_MAX);
	memcpy(out, sqlite3_column_text(st, 0), n);
	sqlite3_finalize(st);
	return n;
}

static void
set_text(struct journal *j, int seq, const char *column, const char *text,
	 size_t n)
{
	AUTO_FREE char *q = xasprintf("UPDATE event SET %s=? WHERE run='%s' "
				      "AND seq=%d",
				      column, RUN_ID, seq);
	sqlite3_stmt *st;

	assert_int_equal(sqlite3_prepare_v2(db_handle(journal_db(j)), q, -1,
					    &st, NULL),
			 SQLITE_OK);
	sqlite3_bind_text(st, 1, text, (int)n, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(st), SQLITE_DONE);
	sqlite3_finalize(st);
}

static void
change_bytes(struct journal *j, int seq, const char *column)
{
	static const char masks[] = { 1, 32, (char)128 };
	char text[TEXT_MAX];
	size_t n = get_text(j, seq, column, text);

	for (size_t i = 0; i < n; i++) {
		char mask = masks[i % sizeof(masks)];

		text[i] ^= mask;
		sql(j, "BEGIN");
		set_text(j, seq, column, text, n);
		assert_named(j, seq, column);
		sql(j, "ROLLBACK");
		text[i] ^= mask;
	}
	/* A NUL, which hides what follows from C. */
	text[n] = '\0';
	text[n + 1] = 'x';
	sql(j, "BEGIN");
	set_text(j, seq, column, text, n + 2);
	assert_named(j, seq, column);
	sql(j, "ROLLBACK");
}

static void
test_every_column(void **state)
{
	static const char *const texts[] = { "run", "type", "data", "hash" };
	AUTO_PTR(journal) j = finished_run(*state);

	assert_clean(j);
	for (int seq = 1; seq <= 8; seq++) {
		AUTO_FREE char *ts = xasprintf(
			"UPDATE event SET ts_us=ts_us+1 WHERE run='%s' AND "
			"seq=%d",
			RUN_ID, seq);
		AUTO_FREE char *number = xasprintf(
			"UPDATE event SET seq=seq+256 WHERE run='%s' AND "
			"seq=%d",
			RUN_ID, seq);
		AUTO_FREE char *class = xasprintf(
			"UPDATE event SET data=CAST(data AS BLOB) WHERE "
			"run='%s' AND seq=%d",
			RUN_ID, seq);

		try_sql(j, seq, ts);
		try_sql(j, seq, number);
		try_sql(j, seq, class);
		for (size_t i = 0; i < ARRAY_LEN(texts); i++)
			change_bytes(j, seq, texts[i]);
	}
	assert_clean(j);
}

/* --- rows, tails, projections ------------------------------------------ */

static void
test_rows(void **state)
{
	AUTO_PTR(journal) j = finished_run(*state);

	for (int seq = 1; seq <= 8; seq++) {
		AUTO_FREE char *delete = xasprintf(
			"DELETE FROM event WHERE run='" RUN_ID "' AND seq=%d",
			seq);
		AUTO_FREE char *cut = xasprintf(
			"DELETE FROM event WHERE run='" RUN_ID "' AND seq>=%d",
			seq);

		try_sql(j, seq, delete);
		try_sql(j, seq, cut);
	}
	/* Two rows change places; the first of them is named. */
	try_sql(j, 3,
		"UPDATE event SET seq=99 WHERE run='" RUN_ID "' AND seq=3;"
		"UPDATE event SET seq=3 WHERE run='" RUN_ID "' AND seq=6;"
		"UPDATE event SET seq=6 WHERE run='" RUN_ID "' AND seq=99");
	/* An event put at the end, as good as it may look. */
	try_sql(j, 9,
		"INSERT INTO event SELECT run, 9, ts_us, type, data, hash "
		"FROM event WHERE run='" RUN_ID "' AND seq=8");
	/* The whole run, its row included, gives no sign; its row alone, or
	 * its events alone, do. */
	try_sql(j, 8, "DELETE FROM run WHERE id='" RUN_ID "'");
	try_sql(j, 1, "DELETE FROM event WHERE run='" RUN_ID "'");
}

static void
test_projections(void **state)
{
	static const struct {
		int64_t seq;
		const char *change;
	} cases[] = {
		{ 8, "UPDATE run SET seq=7 WHERE id='" RUN_ID "'" },
		{ 8, "UPDATE run SET hash='0' WHERE id='" RUN_ID "'" },
		{ 1, "UPDATE run SET task='x' WHERE id='" RUN_ID "'" },
		{ 1, "UPDATE run SET workspace='/' WHERE id='" RUN_ID "'" },
		{ 1, "UPDATE run SET provider='x' WHERE id='" RUN_ID "'" },
		{ 1, "UPDATE run SET created_us=1 WHERE id='" RUN_ID "'" },
		{ 8, "UPDATE run SET status='failed' WHERE id='" RUN_ID "'" },
		{ 3, "UPDATE gate SET kind='limit' WHERE number=1" },
		{ 3, "UPDATE gate SET step='x' WHERE number=1" },
		{ 3, "UPDATE gate SET risk='low' WHERE number=1" },
		{ 3, "UPDATE gate SET title='x' WHERE number=1" },
		{ 6, "UPDATE gate SET shown='{}' WHERE number=2" },
		{ 6, "UPDATE gate SET opened_us=5 WHERE number=2" },
		{ 4, "UPDATE gate SET decision='reject' WHERE number=1" },
		{ 4, "UPDATE gate SET decided_by='eve' WHERE number=1" },
		{ 4, "UPDATE gate SET decided_us=NULL WHERE number=1" },
		{ 7, "DELETE FROM gate WHERE number=2" },
		{ 0, "INSERT INTO gate(run, number, kind, opened_us) "
		     "VALUES('" RUN_ID "', 3, 'plan', 1)" },
	};
	AUTO_PTR(journal) j = finished_run(*state);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		try_sql(j, cases[i].seq, cases[i].change);
}

/* A gate that is open, and is closed in its row alone. */
static void
test_gate_closed_by_nobody(void **state)
{
	AUTO_PTR(journal) j = run_journal();

	(void)state;
	run_create(j, RUN_ID);
	run_open_gate_row(j, RUN_ID, 1);
	assert_clean(j);
	try_sql(j, 2,
		"UPDATE gate SET decided_us=5, decision='approve', "
		"decided_by='eve'");
}

/* --- artifacts --------------------------------------------------------- */

static void
test_artifacts(void **state)
{
	AUTO_PTR(journal) j = finished_run(*state);
	AUTO_FREE char *dir = journal_run_dir(j, RUN_ID);
	AUTO(buf) text = BUF_INIT;
	AUTO_FREE char *path = NULL;
	char hash[SHA256_HEX_SIZE];
	struct err err = ERR_INIT;

	sha256_hex("a,b\n1,2\n", 8, hash);
	path = artifact_path(dir, hash, "table.csv");
	assert_ok(path_read(path, 100, &text, &err), err);
	assert_int_equal(chmod(path, 0600), 0);
	text.data[4] ^= 1;
	assert_ok(path_write_atomic(path, text.data, text.len, 0600, &err),
		  err);
	assert_named(j, 5, "artifact edited");
	text.data[4] ^= 1;
	assert_ok(path_write_atomic(path, text.data, text.len, 0600, &err),
		  err);
	assert_clean(j);
	assert_int_equal(unlink(path), 0);
	assert_named(j, 5, "artifact gone");
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_named(j, 5, "artifact is a pipe");
}

/* --- bytes of the file ------------------------------------------------- */

static char *
file_path(const char *dir)
{
	return path_join(dir, "state/agentops.db");
}

static void
poke(const char *path, size_t at, unsigned char mask)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	unsigned char c;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &c, 1, (off_t)at), 1);
	c ^= mask;
	assert_int_equal(pwrite(fd, &c, 1, (off_t)at), 1);
	close(fd);
}

/* A second connection, which has nothing of the file in its cache; ours
 * does not write the file back (SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE and no
 * transaction). */
static void
audit_file(int64_t seq, size_t at)
{
	AUTO_FREE char *what = xasprintf("byte %zu of the file", at);
	AUTO_PTR(journal) j = run_journal();

	assert_named(j, seq, what);
}

/* Where the cell of event seq lies in the file (SQLite file format 1.6 and
 * 2.1): size of the payload, size of the header, the types, then the
 * columns, of which run, seq, ts, type and data stand one after another. */
struct cell {
	size_t from, to;
};

static struct cell
find_cell(struct journal *j, const struct buf *file, int seq)
{
	char data[TEXT_MAX], type[TEXT_MAX];
	size_t n = get_text(j, seq, "data", data);
	size_t t = get_text(j, seq, "type", type);
	/* seq 1 is a type without content; the others have one byte. */
	size_t head = (sizeof(RUN_ID) - 1) + (seq > 1) + 8 + t;
	size_t types = 1 + 1 + 1 + 1 + 1 + (13 + 2 * n > 127 ? 2 : 1) + 2;
	const char *at = file->data;

	/* The same data may stand in another event. */
	while ((at = memmem(at, file->len - (size_t)(at - file->data), data,
			    n))) {
		if (memcmp(at - t, type, t) == 0 &&
		    memcmp(at - head, RUN_ID, sizeof(RUN_ID) - 1) == 0 &&
		    (seq == 1 || at[-(long)t - 9] == seq))
			break;
		at++;
	}
	assert_non_null(at);
	return (struct cell){ (size_t)(at - file->data) - head - types - 2,
			      (size_t)(at - file->data) + n + 64 };
}

static void
test_file_bytes(void **state)
{
	AUTO_FREE char *path = file_path(*state);
	AUTO(buf) file = BUF_INIT;
	struct cell cells[8];
	struct err err = ERR_INIT;
	struct journal *j = finished_run(*state);

	sql(j, "PRAGMA wal_checkpoint(TRUNCATE)");
	assert_ok(path_read(path, 8 << 20, &file, &err), err);
	for (int i = 0; i < 8; i++)
		cells[i] = find_cell(j, &file, i + 1);
	journal_free(j);
	for (int i = 0; i < 8; i++)
		for (size_t at = cells[i].from; at < cells[i].to; at++) {
			unsigned char mask = 1 << (at % 8);

			/* All of the header, a part of the content. */
			if (at > cells[i].from + 40 && at % 5)
				continue;
			poke(path, at, mask);
			audit_file(i + 1, at);
			poke(path, at, mask);
		}
	j = run_journal();
	assert_clean(j);
	journal_free(j);
}

/* Content that does not fit a page, and the page itself destroyed. */
static void
test_file_pages(void **state)
{
	AUTO_FREE char *path = file_path(*state);
	AUTO_FREE char *task = xmalloc(20000);
	AUTO(buf) file = BUF_INIT;
	struct err err = ERR_INIT;
	struct journal *j;
	const char *at;

	memset(task, 'x', 20000);
	memcpy(task + 15000, "needle", 6);
	task[19999] = '\0';
	j = finished_run(*state);
	run_say(j, RUN_ID,
		(struct event){ .type = EV_plan_failed,
				.plan_failed = { .reason = task } });
	sql(j, "UPDATE run SET status='succeeded'; "
	       "PRAGMA wal_checkpoint(TRUNCATE)");
	journal_free(j);
	assert_ok(path_read(path, 8 << 20, &file, &err), err);
	at = memmem(file.data, file.len, "needle", 6);
	assert_non_null(at);
	poke(path, (size_t)(at - file.data), 1);
	audit_file(9, (size_t)(at - file.data));
	poke(path, (size_t)(at - file.data), 1);
	/* The pointer to the next overflow page, at the start of this one. */
	poke(path, (size_t)(at - file.data) / 4096 * 4096 + 1, 0x7f);
	audit_file(9, (size_t)(at - file.data));
	poke(path, (size_t)(at - file.data) / 4096 * 4096 + 1, 0x7f);
	/* The page that holds the events is no page any more. */
	at = memmem(file.data, file.len, "\"research\"", 10);
	assert_non_null(at);
	poke(path, (size_t)(at - file.data) / 4096 * 4096, 0x55);
	audit_file(1, (size_t)(at - file.data));
}

/* Damage in one run does not hide what was done to another. */
static void
test_all_runs_are_looked_at(void **state)
{
	AUTO_PTR(journal) j = finished_run(*state);

	sql(j, "BEGIN; UPDATE event SET ts_us=1 WHERE run<>'" RUN_ID "';"
	       "UPDATE event SET ts_us=1 WHERE run='" RUN_ID "' AND seq=4");
	assert_named(j, 4, "the second run");
	assert_int_equal(audit(j, 4).count, 2);
	sql(j, "ROLLBACK");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		dir_test(test_every_column),
		dir_test(test_rows),
		dir_test(test_projections),
		dir_test(test_gate_closed_by_nobody),
		dir_test(test_artifacts),
		dir_test(test_file_bytes),
		dir_test(test_file_pages),
		dir_test(test_all_runs_are_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
