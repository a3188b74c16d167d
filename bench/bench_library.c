/*
 * bench_library - a library of 100,000 pattern files: indexed anew and
 * searched, beside bare FTS5 (issue 5, "Speed").
 *
 *	reindex      library_rebuild: every file found, read, hashed, parsed and
 *	             its row written. Peer: FTS5 with the same tokenizer takes
 *	             the whole texts of the same files, from memory, in one
 *	             transaction.
 *	... four columns the same beside FTS5 that takes only what the index
 *	             keeps of each file: name, description, keywords, tags.
 *	search       library_search, rows and all. Peer: the same words on the
 *	             same index, ranked, its row numbers alone. The median over
 *	             the queries.
 */
#include "home.h"

#include "base/clock.h"
#include "know/library.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILES = 100000, WORDS = 4000, QUERIES = 31, ROUNDS = 5, SHOWN = 20 };

#define SEARCH_LIMIT 2.0
#define REINDEX_LIMIT 0.5
/* Of our own: this peer opens and reads no file. Seen: 0.14 to 0.21. */
#define COLUMNS_LIMIT 0.08

/* --- texts ------------------------------------------------------------- */

static uint32_t seed = 4711;

static uint32_t
number(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)(seed >> 8) * below >> 24);
}

/* Few words are in many texts, as in a language: the lower of two. */
static void
add_words(struct buf *b, int count)
{
	for (int i = 0; i < count; i++) {
		uint32_t a = number(WORDS), c = number(WORDS);
		uint32_t n = a < c ? a : c;

		buf_printf(b, "%s%c%c%u", i ? " " : "", 'a' + (int)(n % 26),
			   'a' + (int)(n / 26 % 26), n);
	}
}

static void
add_list(struct buf *b, const char *key, int count)
{
	buf_printf(b, "%s: [", key);
	for (int i = 0; i < count; i++) {
		buf_addstr(b, i ? ", " : "");
		add_words(b, 1);
	}
	buf_addstr(b, "]\n");
}

static void
make_pattern(struct buf *b, int i)
{
	buf_printf(b, "---\npattern_id: p-%06d\nname: ", i);
	add_words(b, 3);
	buf_addstr(b, "\ndescription: ");
	add_words(b, 12);
	buf_printf(b, "\ncategory: c%d\n", i % 20);
	add_list(b, "task_keywords", 5);
	add_list(b, "tags", 3);
	buf_printf(b,
		   "created_at: 2026-11-26T00:00:00Z\nstatus: discovered\n"
		   "executions: %d\nsuccessful_executions: %d\n"
		   "failed_executions: 1\n"
		   "workflow:\n  name: w\n  steps:\n"
		   "    - id: a\n      uses: data_profile\n"
		   "      with: {path: x.csv}\n---\n# ",
		   i % 4 + 1, i % 4);
	add_words(b, 3);
	buf_addstr(b, "\n\n");
	add_words(b, 100);
	buf_addstr(b, "\n");
}

static size_t
write_files(const struct paths *p)
{
	AUTO_FREE char *dir = xasprintf("%s/patterns/discovered", p->data);
	AUTO(buf) text = BUF_INIT;
	struct err err = ERR_INIT;
	size_t bytes = 0;

	if (!path_mkdirs(dir, &err))
		home_die(dir, &err);
	for (int i = 0; i < FILES; i++) {
		AUTO_FREE char *path = xasprintf("%s/p-%06d.md", dir, i);
		FILE *f = fopen(path, "w");

		buf_reset(&text);
		make_pattern(&text, i);
		bytes += text.len;
		if (!f || fwrite(text.data, 1, text.len, f) != text.len ||
		    fclose(f))
			home_die(path, NULL);
	}
	return bytes;
}

/* --- reindex ----------------------------------------------------------- */

static double
rebuild_s(struct db *db, const struct paths *p)
{
	AUTO(library_report) report = { 0 };
	struct err err = ERR_INIT;
	int64_t began = clock_mono_us();

	if (!library_rebuild(db, p, &report, &err))
		home_die("reindex", &err);
	if (report.added < FILES || report.problems.count)
		home_die(report.problems.count ? report.problems.items[0] :
						 "files are missing",
			 NULL);
	return (double)(clock_mono_us() - began) / 1e6;
}

static double
bare_s(const char *home)
{
	static const char sql[] = "CREATE VIRTUAL TABLE f USING fts5(text,"
				  " tokenize='unicode61 remove_diacritics 2');";
	AUTO_FREE char *path = path_join(home, "bare.db");
	AUTO(buf) text = BUF_INIT;
	struct err err = ERR_INIT;
	sqlite3_stmt *st = NULL;
	sqlite3 *db = NULL;
	int64_t began = 0, took = 0;
	bool ok;

	ok = sqlite3_open(path, &db) == SQLITE_OK &&
	     sqlite3_exec(db,
			  "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
			  "PRAGMA cache_size=-65536; BEGIN",
			  NULL, NULL, NULL) == SQLITE_OK &&
	     sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK &&
	     sqlite3_prepare_v2(db, "INSERT INTO f(text) VALUES(?)", -1, &st,
				NULL) == SQLITE_OK;
	seed = 4711;
	for (int i = 0; ok && i < FILES; i++) {
		buf_reset(&text);
		make_pattern(&text, i);
		began = clock_mono_us();
		sqlite3_bind_text(st, 1, text.data, (int)text.len,
				  SQLITE_STATIC);
		ok = sqlite3_step(st) == SQLITE_DONE;
		sqlite3_reset(st);
		took += clock_mono_us() - began;
	}
	sqlite3_finalize(st);
	began = clock_mono_us();
	ok = ok && sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
	took += clock_mono_us() - began;
	if (!ok) {
		FAIL(&err, ERR_IO, "%s", sqlite3_errmsg(db));
		home_die("bare FTS5", &err);
	}
	sqlite3_close(db);
	return (double)took / 1e6;
}

static double
bare_columns_s(const char *home, const char *state_db)
{
	AUTO_FREE char *path = path_join(home, "columns.db");
	AUTO_FREE char *begin =
		xasprintf("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
			  "PRAGMA cache_size=-65536; ATTACH '%s' AS s;",
			  state_db);
	static const char insert[] =
		"BEGIN; CREATE VIRTUAL TABLE f USING fts5(name, description,"
		" keywords, tags, tokenize='unicode61 remove_diacritics 2');"
		"INSERT INTO f SELECT name, description, keywords, tags"
		" FROM s.pattern; COMMIT";
	struct err err = ERR_INIT;
	sqlite3 *db = NULL;
	int64_t began = 0;

	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, begin, NULL, NULL, NULL) != SQLITE_OK ||
	    !(began = clock_mono_us()) ||
	    sqlite3_exec(db, insert, NULL, NULL, NULL) != SQLITE_OK) {
		FAIL(&err, ERR_IO, "%s", sqlite3_errmsg(db));
		home_die("bare FTS5", &err);
	}
	began = clock_mono_us() - began;
	sqlite3_close(db);
	return (double)began / 1e6;
}

/* --- search ------------------------------------------------------------ */

static double
search_ms(struct db *db, const char *words, enum library_words how)
{
	AUTO(library_rows) rows = { 0 };
	struct err err = ERR_INIT;
	int64_t began = clock_mono_us();

	if (!library_search(db, words, how, SHOWN, &rows, &err))
		home_die(words, &err);
	return (double)(clock_mono_us() - began) / 1e3;
}

static double
bare_search_ms(struct db *db, const char *words, enum library_words how)
{
	AUTO(buf) query = BUF_INIT;
	AUTO_FREE char *copy = xstrdup(words);
	char *rest = copy, *word;
	struct err err = ERR_INIT;
	int64_t began;
	sqlite3_stmt *st;
	int rc;

	while ((word = strsep(&rest, " ")))
		buf_printf(&query, "%s\"%s\"%s",
			   !query.len              ? "" :
			   how == LIBRARY_ANY_WORD ? " OR " :
						     " ",
			   word, rest || how == LIBRARY_ANY_WORD ? "" : "*");
	began = clock_mono_us();
	st = db_query(db,
		      "SELECT rowid FROM pattern_fts WHERE pattern_fts"
		      " MATCH ? ORDER BY rank LIMIT ?",
		      &err, "si", buf_str(&query), (int64_t)SHOWN);
	while (st && (rc = db_step(db, st, &err)) == 1)
		continue;
	if (!st || rc < 0)
		home_die(buf_str(&query), &err);
	sqlite3_reset(st);
	return (double)(clock_mono_us() - began) / 1e3;
}

static void
bench_search(struct db *db, const char *name, enum library_words how)
{
	double ours[QUERIES], peer[QUERIES];

	for (int i = 0; i < QUERIES; i++) {
		AUTO(buf) words = BUF_INIT;

		seed = (uint32_t)i;
		add_words(&words, how == LIBRARY_ANY_WORD ? 6 : 2);
		ours[i] = peer[i] = 1e9;
		for (int k = 0; k < ROUNDS; k++) {
			double ms = search_ms(db, buf_str(&words), how);

			ours[i] = ms < ours[i] ? ms : ours[i];
			ms = bare_search_ms(db, buf_str(&words), how);
			peer[i] = ms < peer[i] ? ms : peer[i];
		}
	}
	home_sort(ours, QUERIES);
	home_sort(peer, QUERIES);
	home_row(name, ours[QUERIES / 2], peer[QUERIES / 2],
		 ours[QUERIES / 2] / peer[QUERIES / 2], SEARCH_LIMIT, true);
}

int
main(void)
{
	AUTO_FREE char *home = home_make();
	struct journal *j;
	struct paths paths;
	AUTO_FREE char *db = NULL;
	double ours, peer;

	home_open(home, &paths, &j);
	db = xasprintf("%s/agentops.db", paths.state);
	write_files(&paths);
	ours = rebuild_s(journal_db(j), &paths);
	peer = bare_s(home);
	home_row("reindex 100,000 files, /s (bare FTS5)", FILES / ours,
		 FILES / peer, peer / ours, REINDEX_LIMIT, false);
	peer = bare_columns_s(home, db);
	home_row("... four columns, /s (bare FTS5)", FILES / ours, FILES / peer,
		 peer / ours, COLUMNS_LIMIT, false);
	bench_search(journal_db(j), "search, all words, ms (bare FTS5)",
		     LIBRARY_ALL_WORDS);
	bench_search(journal_db(j), "search, any word, ms (bare FTS5)",
		     LIBRARY_ANY_WORD);
	home_close(&paths, j);
	path_remove_tree(home, NULL);
	return home_missed;
}
