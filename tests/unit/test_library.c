#include "know_test.h"

#include <sys/stat.h>
#include <unistd.h>

struct fixture {
	const char *dir;
	struct paths paths;
	struct db *db;
};

static void
open_fixture(struct fixture *f, void **state)
{
	f->dir = *state;
	f->paths = know_paths(f->dir);
	f->db = know_db();
}

static void
close_fixture(struct fixture *f)
{
	db_free(f->db);
	paths_release(&f->paths);
}

static void
sync_is(struct fixture *f, int added, int updated, int removed, int unchanged,
	size_t problems)
{
	AUTO(library_report) r = { 0 };
	struct err err = ERR_INIT;

	assert_ok(library_sync(f->db, &f->paths, &r, &err), err);
	if (r.added != added || r.updated != updated || r.removed != removed ||
	    r.unchanged != unchanged || r.problems.count != problems)
		fail_msg("added %d updated %d removed %d unchanged %d "
			 "problems %zu: %s",
			 r.added, r.updated, r.removed, r.unchanged,
			 r.problems.count,
			 r.problems.count ? r.problems.items[0] : "");
}

static struct library_row
get(struct fixture *f, const char *id)
{
	struct library_row row = { 0 };
	struct err err = ERR_INIT;

	assert_ok(library_get(f->db, id, &row, &err), err);
	return row;
}

#define STAGE(s) "data/patterns/" s

static void
test_sync_follows_the_files(void **state)
{
	struct fixture f;
	AUTO(library_row) row = { 0 };
	struct err err = ERR_INIT;

	open_fixture(&f, state);
	sync_is(&f, 0, 0, 0, 0, 0);
	know_pattern(f.dir, STAGE("discovered"), "a", "First", "");
	know_pattern(f.dir, STAGE("learned"), "b", "Second", "");
	know_file(f.dir, STAGE("learned/README.md"), "# no pattern");
	know_file(f.dir, STAGE("learned/.b.md"), "# hidden");
	sync_is(&f, 2, 0, 0, 0, 0);
	sync_is(&f, 0, 0, 0, 2, 0);
	know_pattern(f.dir, STAGE("discovered"), "a", "Renamed", "");
	sync_is(&f, 0, 1, 0, 1, 0);
	row = get(&f, "a");
	assert_string_equal(row.name, "Renamed");
	/* Same content, new mtime: the hash says so. */
	know_pattern(f.dir, STAGE("discovered"), "a", "Renamed", "");
	sync_is(&f, 0, 0, 0, 2, 0);
	know_file(f.dir, STAGE("discovered/a.md"), "---\nname: [\n---\n");
	sync_is(&f, 0, 0, 1, 1, 1);
	sync_is(&f, 0, 0, 0, 1, 1);
	library_row_release(&row);
	assert_fails(library_get(f.db, "a", &row, &err), err, ERR_NOTFOUND,
		     "no pattern \"a\"");
	know_pattern(f.dir, STAGE("discovered"), "a", "Mended", "");
	sync_is(&f, 1, 0, 0, 1, 0);
	close_fixture(&f);
}

static void
test_sync_tells_what_is_wrong(void **state)
{
	struct fixture f;
	AUTO(library_report) r = { 0 };
	AUTO_FREE char *fifo = NULL;
	struct err err = ERR_INIT;

	open_fixture(&f, state);
	know_file(f.dir, STAGE("discovered/a.md"),
		  "---\npattern_id: a\nname: b\nstatus: x\n---\n");
	fifo = path_join(f.dir, STAGE("discovered/pipe.md"));
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_ok(library_sync(f.db, &f.paths, &r, &err), err);
	assert_int_equal(r.problems.count, 2);
	assert_non_null(strstr(r.problems.items[0],
			       "discovered/a.md:4:9: status must be"));
	assert_non_null(
		strstr(r.problems.items[1], "pipe.md is not a regular file"));
	close_fixture(&f);
}

static void
test_users_file_hides_shipped(void **state)
{
	struct fixture f;
	AUTO(library_row) row = { 0 };
	AUTO_FREE char *mine = NULL;

	open_fixture(&f, state);
	know_pattern(f.dir, "shipped/patterns", "a", "Shipped",
		     "executions: 9\nsuccess_rate: 1\nstatus: validated\n");
	know_pattern(f.dir, STAGE("learned"), "a", "Mine", "");
	sync_is(&f, 2, 0, 0, 0, 0);
	row = get(&f, "a");
	assert_string_equal(row.name, "Mine");
	assert_false(row.shipped);
	assert_int_equal(row.status, PATTERN_LEARNED);
	library_row_release(&row);
	mine = path_join(f.dir, STAGE("learned/a.md"));
	assert_int_equal(unlink(mine), 0);
	sync_is(&f, 0, 0, 1, 1, 0);
	row = get(&f, "a");
	assert_string_equal(row.name, "Shipped");
	assert_true(row.shipped);
	assert_int_equal(row.status, PATTERN_VALIDATED);
	close_fixture(&f);
}

/* The frozen counters of v0.2.0 left the same id in several folders. */
static void
test_doubles_are_told_and_the_fullest_counts(void **state)
{
	struct fixture f;
	AUTO(library_row) row = { 0 };
	AUTO(library_report) r = { 0 };
	struct err err = ERR_INIT;

	open_fixture(&f, state);
	know_pattern(f.dir, STAGE("discovered"), "a", "Old",
		     "executions: 4\nsuccess_rate: 1\n");
	know_pattern(f.dir, STAGE("validated"), "a", "New",
		     "executions: 5\nsuccess_rate: 1\n");
	assert_ok(library_sync(f.db, &f.paths, &r, &err), err);
	assert_int_equal(r.problems.count, 1);
	assert_non_null(strstr(r.problems.items[0], "discovered/a.md: the "
						    "pattern a is also in"));
	row = get(&f, "a");
	assert_string_equal(row.name, "New");
	close_fixture(&f);
}

static void
add_three(struct fixture *f)
{
	know_pattern(f->dir, STAGE("learned"), "sales", "Sales chart",
		     "description: Monthly sales by region\n"
		     "category: analytics\ntask_keywords: [csv, chart]\n"
		     "executions: 30\nsuccessful_executions: 29\n"
		     "last_used: 2026-01-01\n");
	know_pattern(f->dir, STAGE("discovered"), "etl", "ETL job",
		     "description: Loads a csv into SQLite\n"
		     "category: data-engineering\ntags: [load, caf\xc3\xa9]\n"
		     "executions: 2\nsuccessful_executions: 1\n"
		     "last_used: 2026-05-01\n");
	know_pattern(f->dir, STAGE("validated"), "git", "Git history",
		     "description: Who changed what\ncategory: analytics\n"
		     "executions: 6\nsuccessful_executions: 6\n");
	sync_is(f, 3, 0, 0, 0, 0);
}

static void
ids_are(const struct library_rows *rows, const char *want)
{
	AUTO(buf) got = BUF_INIT;

	for (size_t i = 0; i < rows->count; i++)
		buf_printf(&got, "%s%s", i ? " " : "", rows->items[i].id);
	assert_string_equal(buf_str(&got), want);
}

static void
test_list_filters_and_sorts(void **state)
{
	static const struct {
		struct library_filter filter;
		const char *want;
	} cases[] = {
		{ { 0 }, "etl git sales" },
		{ { .category = "analytics" }, "git sales" },
		{ { .category = "Analytics" }, "" },
		{ { .status_mask =
			    1 << PATTERN_LEARNED | 1 << PATTERN_DISCOVERED },
		  "etl sales" },
		{ { .min_rate = 0.9 }, "git sales" },
		{ { .min_rate = 1 }, "git" },
		{ { .min_executions = 3, .order = LIBRARY_BY_EXECUTIONS },
		  "sales git" },
		{ { .order = LIBRARY_BY_RATE }, "git sales etl" },
		{ { .order = LIBRARY_BY_RECENT }, "etl sales git" },
		{ { .order = LIBRARY_BY_RECENT, .limit = 1 }, "etl" },
		{ { .text = "csv" }, "etl sales" },
		{ { .text = "csv", .order = LIBRARY_BY_RANK }, "sales etl" },
		{ { .text = "csv load" }, "etl" },
		{ { .text = "csv", .min_rate = 0.9 }, "sales" },
		{ { .text = "--" }, "" },
	};
	struct fixture f;

	open_fixture(&f, state);
	add_three(&f);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(library_rows) rows = { 0 };
		struct err err = ERR_INIT;

		assert_ok(library_list(f.db, &cases[i].filter, &rows, &err),
			  err);
		ids_are(&rows, cases[i].want);
	}
	close_fixture(&f);
}

static void
test_search(void **state)
{
	static const struct {
		const char *text;
		enum library_words words;
		int limit;
		const char *want;
	} cases[] = {
		{ "csv", LIBRARY_ALL_WORDS, 9, "sales etl" },
		{ "CSV", LIBRARY_ALL_WORDS, 1, "sales" },
		{ "cs", LIBRARY_ALL_WORDS, 9, "sales etl" },
		{ "cs", LIBRARY_ANY_WORD, 9, "" },
		{ "git csv", LIBRARY_ALL_WORDS, 9, "" },
		{ "git load", LIBRARY_ANY_WORD, 9, "git etl" },
		{ "cafe", LIBRARY_ANY_WORD, 9, "etl" },
		{ "caf\xc3\xa9", LIBRARY_ALL_WORDS, 9, "etl" },
		/* nothing here is an operator */
		{ "\"csv\" OR NOT", LIBRARY_ALL_WORDS, 9, "" },
		{ "name:csv", LIBRARY_ALL_WORDS, 9, "" },
		{ "c*v) NEAR(", LIBRARY_ANY_WORD, 9, "" },
		{ "^csv$;--", LIBRARY_ALL_WORDS, 9, "sales etl" },
		{ "csv \xe2\x80\x93 chart", LIBRARY_ALL_WORDS, 9, "sales" },
		{ "\xff\xfe csv", LIBRARY_ANY_WORD, 9, "sales etl" },
		{ "", LIBRARY_ALL_WORDS, 9, "" },
		{ "\"*()", LIBRARY_ANY_WORD, 9, "" },
	};
	struct fixture f;

	open_fixture(&f, state);
	add_three(&f);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(library_rows) rows = { 0 };
		struct err err = ERR_INIT;

		assert_ok(library_search(f.db, cases[i].text, cases[i].words,
					 cases[i].limit, &rows, &err),
			  err);
		ids_are(&rows, cases[i].want);
	}
	close_fixture(&f);
}

static void
test_long_queries(void **state)
{
	struct fixture f;
	AUTO(buf) text = BUF_INIT;
	AUTO(library_rows) rows = { 0 };
	struct err err = ERR_INIT;

	open_fixture(&f, state);
	add_three(&f);
	for (int i = 0; i < 5000; i++)
		buf_printf(&text, "w%d ", i);
	assert_ok(library_search(f.db, buf_str(&text), LIBRARY_ANY_WORD, 5,
				 &rows, &err),
		  err);
	assert_int_equal(rows.count, 0);
	close_fixture(&f);
}

static void
test_open_and_not_found(void **state)
{
	struct fixture f;
	AUTO(pattern) p = { 0 };
	struct err err = ERR_INIT;

	open_fixture(&f, state);
	add_three(&f);
	assert_ok(library_open(f.db, "git", &p, &err), err);
	assert_string_equal(p.body, "prose\n");
	assert_int_equal(p.status, PATTERN_VALIDATED); /* the folder's */
	pattern_release(&p);
	assert_fails(library_open(f.db, "sales-chart-v1", &p, &err), err,
		     ERR_NOTFOUND, "near to it: sales");
	assert_fails(library_open(f.db, "x' OR 1=1", &p, &err), err,
		     ERR_NOTFOUND, "no pattern");
	close_fixture(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		dir_test(test_sync_follows_the_files),
		dir_test(test_sync_tells_what_is_wrong),
		dir_test(test_users_file_hides_shipped),
		dir_test(test_doubles_are_told_and_the_fullest_counts),
		dir_test(test_list_filters_and_sorts),
		dir_test(test_search),
		dir_test(test_long_queries),
		dir_test(test_open_and_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
