/*
 * The index of pattern files.
 *
 * 1. `pattern` has one row per readable file. Of the rows with one id exactly
 *    one is active: the user's before the shipped one, then the one with most
 *    executions, then the higher stage, then the first path.
 * 2. `pattern_fts` holds exactly the active rows; triggers see to it. It
 *    keeps no text of its own (external content), so counting executions
 *    does not touch it.
 * 3. A row whose size and mtime are those of its file has the content of its
 *    file; else the SHA-256 decides.
 * 4. A sync that finds nothing changed writes nothing.
 */
#include "know/library.h"

#include "base/id.h"
#include "base/mem.h"
#include "know/library_index.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What library_rebuild makes anew. The weights of bm25 are for name,
 * description, keywords, tags. */
#define INDEX_SCHEMA \
	"CREATE TABLE pattern(" \
	" num INTEGER PRIMARY KEY," \
	" id TEXT NOT NULL," \
	" path TEXT NOT NULL UNIQUE," \
	" shipped INTEGER NOT NULL," \
	" active INTEGER NOT NULL DEFAULT 0," \
	" name TEXT NOT NULL," \
	" description TEXT NOT NULL," \
	" category TEXT NOT NULL," \
	" keywords TEXT NOT NULL," /* one a line */ \
	" tags TEXT NOT NULL,"     /* one a line */ \
	" tools TEXT NOT NULL,"    /* one a line, "+" required, "-" not */ \
	" status INTEGER NOT NULL," \
	" executions INTEGER NOT NULL," \
	" successes INTEGER NOT NULL," \
	" failures INTEGER NOT NULL," \
	" rate REAL NOT NULL," \
	" avg_minutes REAL NOT NULL," \
	" created_us INTEGER NOT NULL," \
	" last_used_us INTEGER NOT NULL," \
	" mtime_ns INTEGER NOT NULL," \
	" size INTEGER NOT NULL," \
	" sha256 TEXT NOT NULL);" \
	"CREATE INDEX pattern_by_id ON pattern(id);" \
	"CREATE INDEX pattern_hidden ON pattern(id) WHERE active = 0;" \
	"CREATE VIRTUAL TABLE pattern_fts USING fts5(" \
	" name, description, keywords, tags," \
	" content='pattern', content_rowid='num'," \
	" tokenize='unicode61 remove_diacritics 2');" \
	"INSERT INTO pattern_fts(pattern_fts, rank)" \
	" VALUES('rank', 'bm25(5.0, 1.0, 10.0, 5.0)');" \
	"CREATE TRIGGER pattern_deleted AFTER DELETE ON pattern" \
	" WHEN old.active BEGIN" \
	" INSERT INTO pattern_fts(pattern_fts, rowid, name, description," \
	"  keywords, tags) VALUES('delete', old.num, old.name," \
	"  old.description, old.keywords, old.tags);" \
	"END;" \
	"CREATE TRIGGER pattern_changed AFTER UPDATE OF" \
	" active, name, description, keywords, tags ON pattern BEGIN" \
	" INSERT INTO pattern_fts(pattern_fts, rowid, name, description," \
	"  keywords, tags) SELECT 'delete', old.num, old.name," \
	"  old.description, old.keywords, old.tags WHERE old.active;" \
	" INSERT INTO pattern_fts(rowid, name, description, keywords, tags)" \
	"  SELECT new.num, new.name, new.description, new.keywords, new.tags" \
	"  WHERE new.active;" \
	"END;"

const char library_schema_v1[] = INDEX_SCHEMA
	/* Written by learn.c. before_*: the counts that this one found. */
	"CREATE TABLE execution("
	" run TEXT PRIMARY KEY,"
	" pattern_id TEXT NOT NULL,"
	" task TEXT NOT NULL,"
	" status TEXT NOT NULL,"
	" started_us INTEGER NOT NULL,"
	" duration_ms INTEGER NOT NULL,"
	" human_wait_ms INTEGER NOT NULL,"
	" iterations INTEGER NOT NULL,"
	" error TEXT NOT NULL,"
	" created INTEGER NOT NULL,"
	" before_executions INTEGER NOT NULL,"
	" before_successes INTEGER NOT NULL,"
	" before_avg_minutes REAL NOT NULL,"
	" before_status INTEGER NOT NULL);"
	"CREATE INDEX execution_by_pattern ON"
	" execution(pattern_id, started_us);"
	"CREATE TABLE tool_use("
	" tool TEXT PRIMARY KEY,"
	" uses INTEGER NOT NULL,"
	" successes INTEGER NOT NULL);"
	/* Intents: files that must still be written. */
	"CREATE TABLE pattern_write("
	" num INTEGER PRIMARY KEY,"
	" id TEXT NOT NULL,"
	" stage INTEGER NOT NULL,"
	" base_path TEXT NOT NULL," /* the file it was made from */
	" base_sha256 TEXT NOT NULL,"
	" content BLOB NOT NULL);"
	"CREATE INDEX pattern_write_by_id ON pattern_write(id);";

void
library_report_release(struct library_report *r)
{
	strv_release(&r->problems);
}

char *
library_stage_dir(const struct paths *paths, enum pattern_status s)
{
	return xasprintf("%s/patterns/%s", paths->data, pattern_status_word(s));
}

char *
library_stage_path(const struct paths *paths, enum pattern_status s,
		   const char *id)
{
	return xasprintf("%s/patterns/%s/%s.md", paths->data,
			 pattern_status_word(s), id);
}

/* --- rows --------------------------------------------------------------- */

static char *
join_lines(const struct strv *list)
{
	AUTO(buf) b = BUF_INIT;

	for (size_t i = 0; i < list->count; i++) {
		buf_addstr(&b, i ? "\n" : "");
		/* A line end inside an item would make it two. */
		for (const char *s = list->items[i]; *s; s++)
			buf_addch(&b, *s == '\n' ? ' ' : *s);
	}
	return buf_steal(&b);
}

static char *
join_tools(const struct pattern *p)
{
	AUTO(strv) list = STRV_INIT;

	for (size_t i = 0; i < p->tool_count; i++)
		strv_addf(&list, "%c%s", p->tools[i].required ? '+' : '-',
			  p->tools[i].name);
	return join_lines(&list);
}

bool
library_index_put(struct db *db, const struct library_file *f,
		  const struct pattern *p, const char *sha, struct err *err)
{
	AUTO_FREE char *keywords = join_lines(&p->keywords);
	AUTO_FREE char *tags = join_lines(&p->tags);
	AUTO_FREE char *tools = join_tools(p);

	return db_run(
		db,
		"INSERT INTO pattern(id, path, shipped, name, description,"
		" category, keywords, tags, tools, status, executions,"
		" successes, failures, rate, avg_minutes, created_us,"
		" last_used_us, mtime_ns, size, sha256)"
		" VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
		" ON CONFLICT(path) DO UPDATE SET id=excluded.id,"
		" name=excluded.name, description=excluded.description,"
		" category=excluded.category, keywords=excluded.keywords,"
		" tags=excluded.tags, tools=excluded.tools,"
		" status=excluded.status,"
		" executions=excluded.executions,"
		" successes=excluded.successes, failures=excluded.failures,"
		" rate=excluded.rate, avg_minutes=excluded.avg_minutes,"
		" created_us=excluded.created_us,"
		" last_used_us=excluded.last_used_us,"
		" mtime_ns=excluded.mtime_ns, size=excluded.size,"
		" sha256=excluded.sha256",
		err, "ssissssssiiiiddiiiis", p->id, f->path,
		(int64_t)f->shipped, p->name, p->description, p->category,
		keywords, tags, tools,
		(int64_t)(f->shipped ? p->status : f->stage),
		p->counts.executions, p->counts.successes, p->counts.failures,
		pattern_rate(&p->counts), p->counts.avg_minutes, p->created_us,
		p->last_used_us, f->mtime_ns, f->size, sha);
}

bool
library_index_remove(struct db *db, const char *path, struct err *err)
{
	return db_run(db, "DELETE FROM pattern WHERE path=?", err, "s", path);
}

/* Invariant 1: the num of the row of id that counts. */
#define BEST(id) \
	"(SELECT num FROM pattern WHERE id=" id " ORDER BY shipped," \
	" executions DESC, status DESC, path LIMIT 1)"

bool
library_index_elect(struct db *db, const char *id, struct err *err)
{
	return db_run(db,
		      "UPDATE pattern SET active = NOT active"
		      " WHERE id=?1 AND active <> (num = " BEST("?1") ")",
		      err, "s", id);
}

/* Of an index in which none is active yet. */
static bool
elect_all(struct db *db, struct err *err)
{
	return db_run(db,
		      "UPDATE pattern AS p SET active = 1"
		      " WHERE num = " BEST("p.id"),
		      err, "");
}

/* --- what is on disk ---------------------------------------------------- */

struct files {
	struct library_file *items;
	size_t count, cap;
};

static void
files_release(struct files *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->items[i].path);
	free(f->items);
}

static bool
is_pattern_name(const char *name)
{
	return *name != '.' && strcmp(name, "README.md") != 0 &&
	       (str_ends(name, ".md") || str_ends(name, ".yaml") ||
		str_ends(name, ".yml"));
}

static void
add_file(struct files *files, const char *dir, const char *name, bool shipped,
	 enum pattern_status stage)
{
	char *path = path_join(dir, name);
	struct library_file *f;
	struct stat st;

	if (stat(path, &st) || S_ISDIR(st.st_mode)) {
		free(path);
		return;
	}
	GROW(files->items, files->count, files->cap);
	f = &files->items[files->count++];
	*f = (struct library_file){
		.path = path,
		.shipped = shipped,
		.stage = stage,
		.mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 +
			    st.st_mtim.tv_nsec,
		.size = (int64_t)st.st_size,
	};
}

static bool
scan_dir(struct files *files, const char *dir, bool shipped,
	 enum pattern_status stage, struct err *err)
{
	DIR *d = opendir(dir);
	const struct dirent *e;

	if (!d)
		return errno == ENOENT ||
		       err_errno(err, errno,
				 "cannot list the pattern folder %s", dir);
	while ((e = readdir(d)))
		if (is_pattern_name(e->d_name))
			add_file(files, dir, e->d_name, shipped, stage);
	closedir(d);
	return true;
}

static int
compare_files(const void *a, const void *b)
{
	return strcmp(((const struct library_file *)a)->path,
		      ((const struct library_file *)b)->path);
}

static bool
scan(const struct paths *paths, struct files *files, struct err *err)
{
	AUTO_FREE char *shipped = path_shipped("patterns");

	if (!scan_dir(files, shipped, true, PATTERN_DISCOVERED, err))
		return false;
	for (int s = 0; s < PATTERN_STATUS_COUNT; s++) {
		enum pattern_status stage = (enum pattern_status)s;
		AUTO_FREE char *dir = library_stage_dir(paths, stage);

		if (!scan_dir(files, dir, false, stage, err))
			return false;
	}
	if (files->count)
		qsort(files->items, files->count, sizeof(*files->items),
		      compare_files);
	return true;
}

/* --- sync --------------------------------------------------------------- */

/* What a sync found to do, before anything is written. */
struct sync {
	struct db *db;
	bool anew; /* the index is empty */
	struct library_report report;
	struct files files; /* all, sorted by path */
	const struct library_file **changed;
	size_t changed_count, changed_cap;
	struct strv vanished; /* paths with a row and no file */
	struct strv ids;      /* to elect anew */
};

static void
sync_release(struct sync *s)
{
	files_release(&s->files);
	free(s->changed);
	strv_release(&s->vanished);
	strv_release(&s->ids);
	library_report_release(&s->report);
}

static void
note_changed(struct sync *s, const struct library_file *f)
{
	GROW(s->changed, s->changed_count, s->changed_cap);
	s->changed[s->changed_count++] = f;
}

/* Merges the sorted files with the rows in the same order. */
static bool
compare_with_rows(struct sync *s, struct err *err)
{
	sqlite3_stmt *st = db_query(
		s->db, "SELECT path, mtime_ns, size FROM pattern ORDER BY path",
		err, "");
	size_t i = 0;
	int rc;

	if (!st)
		return false;
	while ((rc = db_step(s->db, st, err)) == 1) {
		const char *path = db_text(st, 0);
		int order = -1;

		while (i < s->files.count &&
		       (order = strcmp(s->files.items[i].path, path)) < 0)
			note_changed(s, &s->files.items[i++]);
		if (i == s->files.count || order > 0) {
			strv_add(&s->vanished, path);
			continue;
		}
		if (s->files.items[i].mtime_ns != sqlite3_column_int64(st, 1) ||
		    s->files.items[i].size != sqlite3_column_int64(st, 2))
			note_changed(s, &s->files.items[i]);
		else
			s->report.unchanged++;
		i++;
	}
	while (rc == 0 && i < s->files.count)
		note_changed(s, &s->files.items[i++]);
	return rc == 0;
}

static bool
compare_with_none(struct sync *s)
{
	for (size_t i = 0; i < s->files.count; i++)
		note_changed(s, &s->files.items[i]);
	return true;
}

/* The id and content hash of the row of a path; empty when there is none.
 * ret_id: caller frees. */
static bool
known_row(struct db *db, const char *path, char **ret_id,
	  char ret_sha[SHA256_HEX_SIZE], struct err *err)
{
	sqlite3_stmt *st =
		db_query(db, "SELECT id, sha256 FROM pattern WHERE path=?", err,
			 "s", path);
	int rc = st ? db_step(db, st, err) : -1;

	if (rc < 0)
		return false;
	*ret_id = rc ? xstrdup(db_text(st, 0)) : NULL;
	snprintf(ret_sha, SHA256_HEX_SIZE, "%s", rc ? db_text(st, 1) : "");
	sqlite3_reset(st);
	return true;
}

static bool
drop_row(struct sync *s, const char *path, const char *id, struct err *err)
{
	if (!id)
		return true;
	s->report.removed++;
	strv_add(&s->ids, id);
	return library_index_remove(s->db, path, err);
}

static bool
put_row(struct sync *s, const struct library_file *f, const struct buf *text,
	const char *old_id, const char *sha, struct err *err)
{
	AUTO(pattern) p = { 0 };
	struct err why = ERR_INIT;

	if (!pattern_parse(buf_str(text), text->len, f->path, &p, &why)) {
		strv_add(&s->report.problems, why.msg);
		return drop_row(s, f->path, old_id, err);
	}
	if (old_id)
		s->report.updated++;
	else
		s->report.added++;
	if (old_id && strcmp(old_id, p.id) != 0)
		strv_add(&s->ids, old_id);
	if (!s->anew)
		strv_add(&s->ids, p.id);
	return library_index_put(s->db, f, &p, sha, err);
}

static bool
sync_file(struct sync *s, const struct library_file *f, struct err *err)
{
	AUTO(buf) text = BUF_INIT;
	AUTO_FREE char *id = NULL;
	char known[SHA256_HEX_SIZE], sha[SHA256_HEX_SIZE];
	struct err why = ERR_INIT;

	if (s->anew)
		*known = '\0';
	else if (!known_row(s->db, f->path, &id, known, err))
		return false;
	if (!path_read(f->path, PATTERN_LIMIT, &text, &why)) {
		strv_add(&s->report.problems, why.msg);
		return drop_row(s, f->path, id, err);
	}
	sha256_hex(buf_str(&text), text.len, sha);
	if (strcmp(sha, known) != 0)
		return put_row(s, f, &text, id, sha, err);
	s->report.unchanged++;
	return db_run(s->db,
		      "UPDATE pattern SET mtime_ns=?, size=? WHERE path=?", err,
		      "iis", f->mtime_ns, f->size, f->path);
}

static bool
write_changes(struct sync *s, struct err *err)
{
	for (size_t i = 0; i < s->vanished.count; i++) {
		AUTO_FREE char *id = NULL;
		char sha[SHA256_HEX_SIZE];

		if (!known_row(s->db, s->vanished.items[i], &id, sha, err) ||
		    !drop_row(s, s->vanished.items[i], id, err))
			return false;
	}
	for (size_t i = 0; i < s->changed_count; i++)
		if (!sync_file(s, s->changed[i], err))
			return false;
	if (s->anew)
		return elect_all(s->db, err);
	for (size_t i = 0; i < s->ids.count; i++)
		if (!library_index_elect(s->db, s->ids.items[i], err))
			return false;
	return true;
}

static bool
report_doubles(struct sync *s, struct err *err)
{
	sqlite3_stmt *st = db_query(
		s->db,
		"SELECT p.path, p.id, q.path FROM pattern p"
		" JOIN pattern q ON q.id = p.id AND q.active"
		" WHERE p.active = 0 AND NOT p.shipped ORDER BY p.path",
		err, "");
	int rc;

	if (!st)
		return false;
	while ((rc = db_step(s->db, st, err)) == 1)
		strv_addf(&s->report.problems,
			  "%s: the pattern %s is also in %s, which is used; "
			  "remove one of the two",
			  db_text(st, 0), db_text(st, 1), db_text(st, 2));
	return rc == 0;
}

static bool
sync(struct db *db, const struct paths *paths, bool anew,
     struct library_report *ret, struct err *err)
{
	static const char start_anew[] =
		"DROP TABLE pattern; DROP TABLE pattern_fts;" INDEX_SCHEMA;
	AUTO(sync) s = { .db = db, .anew = anew };

	if (!scan(paths, &s.files, err) ||
	    !(anew ? compare_with_none(&s) : compare_with_rows(&s, err)))
		return false;
	/* Many pages are written again and again until the commit. */
	if (anew && !db_exec(db, "PRAGMA cache_size=-65536", err))
		return false;
	if (anew || s.changed_count || s.vanished.count) {
		if (!db_begin(db, err))
			return false;
		if ((anew && !db_exec(db, start_anew, err)) ||
		    !write_changes(&s, err)) {
			db_rollback(db);
			return false;
		}
		if (!db_commit(db, err))
			return false;
	}
	if (!report_doubles(&s, err))
		return false;
	if (ret) {
		*ret = s.report;
		s.report = (struct library_report){ 0 };
	}
	return true;
}

bool
library_sync(struct db *db, const struct paths *paths,
	     struct library_report *ret, struct err *err)
{
	return sync(db, paths, false, ret, err);
}

bool
library_rebuild(struct db *db, const struct paths *paths,
		struct library_report *ret, struct err *err)
{
	return sync(db, paths, true, ret, err);
}
