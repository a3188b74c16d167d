#include "know/learn_intent.h"

#include "base/mem.h"
#include "know/learn.h"
#include "know/library_index.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
learn_intent_release(struct learn_intent *i)
{
	free(i->id);
	free(i->base_path);
	buf_release(&i->content);
	*i = (struct learn_intent){ 0 };
}

bool
learn_intent_get(struct db *db, const char *id, bool *ret_found,
		 struct learn_intent *ret, struct err *err)
{
	sqlite3_stmt *st = db_query(db,
				    "SELECT id, stage, base_path, base_sha256,"
				    " content FROM pattern_write WHERE id=?"
				    " ORDER BY num DESC LIMIT 1",
				    err, "s", id);
	int rc = st ? db_step(db, st, err) : -1;

	if (rc < 0)
		return false;
	*ret_found = rc == 1;
	if (rc == 0)
		return true;
	*ret = (struct learn_intent){
		.id = xstrdup(db_text(st, 0)),
		.stage = (enum pattern_status)sqlite3_column_int(st, 1),
		.base_path = xstrdup(db_text(st, 2)),
	};
	snprintf(ret->base_sha, sizeof(ret->base_sha), "%s", db_text(st, 3));
	buf_add(&ret->content, sqlite3_column_blob(st, 4),
		(size_t)sqlite3_column_bytes(st, 4));
	sqlite3_reset(st);
	return true;
}

bool
learn_intent_put(struct db *db, const struct learn_intent *i, struct err *err)
{
	sqlite3_stmt *st = db_query(
		db,
		"INSERT INTO pattern_write(id, stage, base_path, base_sha256,"
		" content) VALUES(?,?,?,?,?)",
		err, "siss", i->id, (int64_t)i->stage, i->base_path,
		i->base_sha);

	if (!st)
		return false;
	/* A file may hold NUL bytes in its prose. */
	sqlite3_bind_blob64(st, 5, buf_str(&i->content), i->content.len,
			    SQLITE_TRANSIENT);
	return db_step(db, st, err) == 0;
}

/* --- what to write ------------------------------------------------------ */

/* The file's text and hash; *ret_there false when there is no such file. */
static bool
read_file(const char *path, bool *ret_there, struct buf *text,
	  char sha[SHA256_HEX_SIZE], struct err *err)
{
	*ret_there = *path && path_exists(path);
	if (!*ret_there)
		return true;
	if (!path_read(path, PATTERN_LIMIT, text, err))
		return false;
	sha256_hex(buf_str(text), text->len, sha);
	return true;
}

/* Somebody edited the file since: their text, our counters. */
static bool
merge(const struct learn_intent *in, const struct buf *edited, const char *path,
      struct buf *out, struct err *err)
{
	AUTO(pattern) theirs = { 0 };
	AUTO(pattern) ours = { 0 };
	struct pattern_issue *issues;
	size_t count, cap;

	if (!pattern_parse(buf_str(edited), edited->len, path, &theirs, err) ||
	    !pattern_parse(buf_str(&in->content), in->content.len, path, &ours,
			   err))
		return false;
	if (strcmp(theirs.id, ours.id) != 0)
		return FAIL(err, ERR_CONFLICT,
			    "%s: pattern_id was changed from %s to %s while a "
			    "run used it; change it back, or move the file "
			    "away",
			    path, ours.id, theirs.id);
	theirs.counts = ours.counts;
	theirs.last_used_us = ours.last_used_us;
	theirs.status = ours.status;
	issues = theirs.issues, count = theirs.issue_count;
	cap = theirs.issue_cap;
	theirs.issues = ours.issues;
	theirs.issue_count = ours.issue_count;
	theirs.issue_cap = ours.issue_cap;
	ours.issues = issues;
	ours.issue_count = count;
	ours.issue_cap = cap;
	return pattern_format(&theirs, out, err);
}

/*
 * The text for the target file. An untouched base means that nothing
 * happened since the intent; a base that is gone means that it was replaced
 * by the target already, which may have been edited after that.
 */
static bool
choose_text(const struct learn_intent *in, const char *target, struct buf *out,
	    struct err *err)
{
	AUTO(buf) base = BUF_INIT;
	AUTO(buf) now = BUF_INIT;
	char base_sha[SHA256_HEX_SIZE] = "", now_sha[SHA256_HEX_SIZE] = "";
	char want_sha[SHA256_HEX_SIZE];
	bool base_there, now_there;

	sha256_hex(buf_str(&in->content), in->content.len, want_sha);
	if (!read_file(in->base_path, &base_there, &base, base_sha, err) ||
	    !read_file(target, &now_there, &now, now_sha, err))
		return false;
	if (base_there && strcmp(base_sha, in->base_sha) != 0 &&
	    strcmp(base_sha, want_sha) != 0)
		return merge(in, &base, in->base_path, out, err);
	if (!base_there && now_there && strcmp(now_sha, want_sha) != 0)
		return merge(in, &now, target, out, err);
	buf_add(out, buf_str(&in->content), in->content.len);
	return true;
}

/* --- writing it --------------------------------------------------------- */

static bool
write_file(const struct paths *paths, const struct learn_intent *in,
	   const char *target, const struct buf *text, struct err *err)
{
	AUTO_FREE char *dir = library_stage_dir(paths, in->stage);

	if (!path_mkdirs(dir, err) ||
	    !path_write_atomic(target, buf_str(text), text->len, 0644, err))
		return false;
	/* Only now: at every instant one of the two is whole. */
	if (*in->base_path && strcmp(in->base_path, target) != 0 &&
	    unlink(in->base_path) && errno != ENOENT)
		return err_errno(err, errno, "cannot remove %s", in->base_path);
	return true;
}

static bool
index_file(struct db *db, const struct learn_intent *in, const char *target,
	   const struct buf *text, struct err *err)
{
	AUTO(pattern) p = { 0 };
	AUTO_FREE char *path = xstrdup(target);
	struct library_file f = { .path = path, .stage = in->stage };
	char sha[SHA256_HEX_SIZE];
	struct stat st;

	if (!pattern_parse(buf_str(text), text->len, target, &p, err))
		return false;
	if (stat(target, &st))
		return err_errno(err, errno, "%s", target);
	f.mtime_ns =
		(int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	f.size = (int64_t)st.st_size;
	sha256_hex(buf_str(text), text->len, sha);
	if (*in->base_path && strcmp(in->base_path, target) != 0 &&
	    !library_index_remove(db, in->base_path, err))
		return false;
	return library_index_put(db, &f, &p, sha, err) &&
	       library_index_elect(db, in->id, err);
}

static bool
apply_locked(struct db *db, const struct paths *paths, const char *id,
	     char **ret_path, struct err *err)
{
	AUTO(learn_intent) in = { 0 };
	AUTO(buf) text = BUF_INIT;
	AUTO_FREE char *target = NULL;
	bool found;

	if (!learn_intent_get(db, id, &found, &in, err))
		return false;
	if (!found)
		return true;
	target = library_stage_path(paths, in.stage, id);
	if (!choose_text(&in, target, &text, err) ||
	    !write_file(paths, &in, target, &text, err) ||
	    !index_file(db, &in, target, &text, err) ||
	    !db_run(db, "DELETE FROM pattern_write WHERE id=?", err, "s", id))
		return false;
	if (ret_path) {
		free(*ret_path);
		*ret_path = TAKE(target);
	}
	return true;
}

bool
learn_intent_apply(struct db *db, const struct paths *paths, const char *id,
		   char **ret_path, struct err *err)
{
	AUTO_FREE char *path = NULL;

	/* The write lock of the database is the lock of the files: an older
	 * intent can't overwrite what a newer one wrote. */
	if (!db_begin(db, err))
		return false;
	if (!apply_locked(db, paths, id, &path, err)) {
		db_rollback(db);
		return false;
	}
	if (!db_commit(db, err))
		return false;
	if (ret_path && path) {
		free(*ret_path);
		*ret_path = TAKE(path);
	}
	return true;
}

/* --- recovery ----------------------------------------------------------- */

static bool
pending_ids(struct db *db, struct strv *ids, struct err *err)
{
	sqlite3_stmt *st = db_stmt(
		db, "SELECT DISTINCT id FROM pattern_write ORDER BY id", err);
	int rc;

	if (!st)
		return false;
	while ((rc = db_step(db, st, err)) == 1)
		strv_add(ids, db_text(st, 0));
	return rc == 0;
}

/* Half-written files of path_write_atomic are ".<16 hex>.tmp". */
static void
sweep_dir(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *e;

	if (!d)
		return;
	while ((e = readdir(d)))
		if (*e->d_name == '.' && strlen(e->d_name) == 21 &&
		    str_ends(e->d_name, ".tmp"))
			unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
}

/* Under the lock nobody else is writing there. */
static bool
sweep(struct db *db, const struct paths *paths, struct err *err)
{
	if (!db_begin(db, err))
		return false;
	for (int s = 0; s < PATTERN_STATUS_COUNT; s++) {
		AUTO_FREE char *dir =
			library_stage_dir(paths, (enum pattern_status)s);

		sweep_dir(dir);
	}
	db_rollback(db);
	return true;
}

bool
learn_recover(struct db *db, const struct paths *paths, struct strv *problems,
	      struct err *err)
{
	AUTO(strv) ids = STRV_INIT;

	if (!pending_ids(db, &ids, err))
		return false;
	if (ids.count && !sweep(db, paths, err))
		return false;
	for (size_t i = 0; i < ids.count; i++) {
		struct err why = ERR_INIT;

		if (!learn_intent_apply(db, paths, ids.items[i], NULL, &why) &&
		    problems)
			strv_add(problems, why.msg);
	}
	return true;
}
