#include "base/db.h"

#include "base/id.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUSY_MS = 15000, STMT_MAX = 64 };

struct db {
	sqlite3 *handle;
	char *path;
	struct {
		const char *sql;
		sqlite3_stmt *st;
	} cache[STMT_MAX];
	int count;
};

static enum err_code
code_of(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_BUSY;
	case SQLITE_FULL:
		return ERR_NOSPACE;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ERR_CORRUPT;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return ERR_DENIED;
	default:
		return ERR_IO;
	}
}

static const char *
advice(enum err_code code)
{
	switch (code) {
	case ERR_BUSY:
		return "; another process holds it, try again";
	case ERR_NOSPACE:
		return "; free some space and resume";
	case ERR_CORRUPT:
		return "; it was left untouched: restore a backup, or move it "
		       "away to start a new one";
	default:
		return "";
	}
}

bool
db_fail(struct db *db, struct err *err, const char *what)
{
	enum err_code code = code_of(sqlite3_extended_errcode(db->handle));

	return FAIL(err, code, "%s: %s: %s%s", db->path, what,
		    sqlite3_errmsg(db->handle), advice(code));
}

sqlite3 *
db_handle(struct db *db)
{
	return db->handle;
}

const char *
db_path(const struct db *db)
{
	return db->path;
}

bool
db_exec(struct db *db, const char *sql, struct err *err)
{
	if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
		return db_fail(db, err, "cannot run SQL");
	return true;
}

bool
db_begin(struct db *db, struct err *err)
{
	sqlite3_stmt *st = db_stmt(db, "BEGIN IMMEDIATE", err);

	return st && db_step(db, st, err) == 0;
}

bool
db_commit(struct db *db, struct err *err)
{
	sqlite3_stmt *st = db_stmt(db, "COMMIT", err);

	if (st && db_step(db, st, err) == 0)
		return true;
	db_rollback(db);
	return false;
}

void
db_rollback(struct db *db)
{
	if (!sqlite3_get_autocommit(db->handle))
		sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

sqlite3_stmt *
db_stmt(struct db *db, const char *sql, struct err *err)
{
	sqlite3_stmt *st;

	for (int i = 0; i < db->count; i++) {
		if (db->cache[i].sql != sql)
			continue;
		sqlite3_reset(db->cache[i].st);
		return db->cache[i].st;
	}
	if (sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT,
			       &st, NULL) != SQLITE_OK) {
		db_fail(db, err, "cannot prepare SQL");
		return NULL;
	}
	if (db->count == STMT_MAX) {
		fprintf(stderr, "db: more than %d statements\n", STMT_MAX);
		abort();
	}
	db->cache[db->count].sql = sql;
	db->cache[db->count++].st = st;
	return st;
}

void
db_trim(struct db *db)
{
	sqlite3_db_release_memory(db->handle);
	malloc_trim(0);
}

int
db_step(struct db *db, sqlite3_stmt *st, struct err *err)
{
	int rc = sqlite3_step(st);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc != SQLITE_DONE)
		db_fail(db, err, "cannot read or write");
	/* A statement left un-reset would hold its lock. */
	sqlite3_reset(st);
	return rc == SQLITE_DONE ? 0 : -1;
}

static sqlite3_stmt *
bind_all(struct db *db, const char *sql, struct err *err, const char *types,
	 sqlite3_destructor_type text, va_list ap)
{
	sqlite3_stmt *st = db_stmt(db, sql, err);

	for (int i = 0; st && types[i]; i++) {
		if (types[i] == 's')
			sqlite3_bind_text(st, i + 1, va_arg(ap, const char *),
					  -1, text);
		else if (types[i] == 'i')
			sqlite3_bind_int64(st, i + 1, va_arg(ap, int64_t));
		else
			sqlite3_bind_double(st, i + 1, va_arg(ap, double));
	}
	return st;
}

sqlite3_stmt *
db_query(struct db *db, const char *sql, struct err *err, const char *types,
	 ...)
{
	sqlite3_stmt *st;
	va_list ap;

	va_start(ap, types);
	st = bind_all(db, sql, err, types, SQLITE_TRANSIENT, ap);
	va_end(ap);
	return st;
}

bool
db_run(struct db *db, const char *sql, struct err *err, const char *types, ...)
{
	sqlite3_stmt *st;
	va_list ap;

	va_start(ap, types);
	st = bind_all(db, sql, err, types, SQLITE_STATIC, ap);
	va_end(ap);
	return st && db_step(db, st, err) == 0;
}

const char *
db_text(sqlite3_stmt *st, int column)
{
	const char *s = (const char *)sqlite3_column_text(st, column);

	return s ? s : "";
}

static bool
read_pragma(struct db *db, const char *sql, int64_t *ret, struct err *err)
{
	sqlite3_stmt *st = db_stmt(db, sql, err);
	int rc = st ? db_step(db, st, err) : -1;

	if (rc < 0)
		return false;
	*ret = rc ? sqlite3_column_int64(st, 0) : 0;
	sqlite3_reset(st);
	return true;
}

/* Makes the copy durable and reads the schema version it holds: big-endian
 * at byte 60 of the header (SQLite file format, section 1.3). */
static bool
finish_copy(const char *path, int64_t *ret_version, struct err *err)
{
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned char v[4];

	if (fd < 0 || fsync(fd) || pread(fd, v, sizeof(v), 60) != sizeof(v))
		return err_errno(err, errno, "%s", path);
	*ret_version = v[0] << 24 | v[1] << 16 | v[2] << 8 | v[3];
	return true;
}

/* Written beside its name and renamed when complete: a crash or a full disk
 * never leaves half a backup under the name. A copy of a later version means
 * that another process has migrated meanwhile, and it saved the old one. */
static bool
backup(struct db *db, int64_t version, struct err *err)
{
	AUTO_FREE char *path =
		xasprintf("%s.v%lld.bak", db->path, (long long)version);
	AUTO_FREE char *tmp = NULL;
	char random[17];
	int64_t copied = -1;
	bool ok;

	/* An older backup of the same version is as good. */
	if (path_exists(path))
		return true;
	id_random_hex(random, 8);
	tmp = xasprintf("%s.%s.tmp", path, random);
	ok = db_run(db, "VACUUM INTO ?", err, "s", tmp) &&
	     finish_copy(tmp, &copied, err);
	if (ok && copied == version && rename(tmp, path))
		ok = err_errno(err, errno, "%s", tmp);
	unlink(tmp);
	return ok || err_prefix(err, "cannot save the backup %s", path);
}

static bool
migrate(struct db *db, const struct db_schema *schema, int64_t version,
	struct err *err)
{
	if (version > 0 && !backup(db, version, err))
		return false;
	for (; version < schema->count; version++) {
		AUTO_FREE char *sql = xasprintf(
			"%s;PRAGMA user_version=%lld;PRAGMA application_id=%d",
			schema->migrations[version], (long long)version + 1,
			schema->application_id);
		int64_t now;

		if (!db_begin(db, err))
			return false;
		/* Another process may have migrated while we waited. */
		if (!read_pragma(db, "PRAGMA user_version", &now, err) ||
		    (now <= version && !db_exec(db, sql, err))) {
			db_rollback(db);
			return false;
		}
		if (!db_commit(db, err))
			return false;
	}
	return true;
}

struct identity {
	int64_t id, version, tables;
};

/* In one transaction: another process may be migrating a new file. Tables are
 * counted where it may be somebody else's. */
static bool
read_identity(struct db *db, int64_t ours, struct identity *ret,
	      struct err *err)
{
	bool ok;

	if (!db_exec(db, "BEGIN", err))
		return false;
	ok = read_pragma(db, "PRAGMA application_id", &ret->id, err) &&
	     read_pragma(db, "PRAGMA user_version", &ret->version, err) &&
	     (ret->id == ours ||
	      read_pragma(db, "SELECT count(*) FROM sqlite_master",
			  &ret->tables, err));
	db_rollback(db);
	return ok;
}

static bool
check_ours(struct db *db, const struct db_schema *schema, int64_t *ret_version,
	   struct err *err)
{
	struct identity is = { 0 };

	if (!read_identity(db, schema->application_id, &is, err))
		return false;
	if (is.id != schema->application_id &&
	    (is.id || is.version || is.tables))
		return FAIL(err, ERR_CORRUPT,
			    "%s is a database of another program; it was left "
			    "untouched: move it away or set AGENTOPS_HOME",
			    db->path);
	if (is.version > schema->count)
		return FAIL(err, ERR_CONFIG,
			    "%s was written by a newer agentops (schema %lld, "
			    "this one knows %d); install the newer version",
			    db->path, (long long)is.version, schema->count);
	*ret_version = is.version;
	return true;
}

/* While several processes open a new file at once, SQLite answers "busy" to
 * this one statement without asking the busy handler. */
static bool
set_wal(struct db *db, struct err *err)
{
	const char *sql = "PRAGMA journal_mode=WAL";
	int rc, waited_ms = 0;

	while ((rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL)) ==
		       SQLITE_BUSY &&
	       waited_ms < BUSY_MS)
		waited_ms += sqlite3_sleep(10);
	return rc == SQLITE_OK || db_fail(db, err, "cannot use a WAL");
}

static bool
configure(struct db *db, const struct db_schema *schema, enum db_mode mode,
	  struct err *err)
{
	int64_t version = 0;

	sqlite3_busy_timeout(db->handle, BUSY_MS);
	/* Until it is known to be ours: closing the last connection would
	 * fold a foreign file's WAL into it. */
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
			  NULL);
	if (!check_ours(db, schema, &version, err))
		return false;
	if (mode == DB_READ_ONLY)
		return version == schema->count ||
		       FAIL(err, ERR_CONFIG,
			    "%s has the older schema %lld; run any command "
			    "that writes (agentops doctor) to migrate it",
			    db->path, (long long)version);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0,
			  NULL);
	/* The last one to close folds the WAL and empties it, but leaves its
	 * files: making them costs a start more than reading the rows. */
	sqlite3_file_control(db->handle, NULL, SQLITE_FCNTL_PERSIST_WAL,
			     &(int){ 1 });
	if (!set_wal(db, err) ||
	    !db_exec(db,
		     "PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;"
		     "PRAGMA journal_size_limit=16777216",
		     err))
		return false;
	return version == schema->count || migrate(db, schema, version, err);
}

bool
db_open(const char *path, const struct db_schema *schema, enum db_mode mode,
	struct db **ret, struct err *err)
{
	AUTO_PTR(db) db = xcalloc(1, sizeof(*db));
	int flags = mode == DB_READ_ONLY ?
			    SQLITE_OPEN_READONLY :
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	struct stat st;

	db->path = xstrdup(path);
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return FAIL(err, ERR_IO, "%s is not a regular file", path);
	if (sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_NOMUTEX,
			    NULL) != SQLITE_OK) {
		int why = sqlite3_system_errno(db->handle);

		return why ? err_errno(err, why, "cannot open %s", path) :
			     db_fail(db, err, "cannot open");
	}
	if (!configure(db, schema, mode, err))
		return false;
	*ret = TAKE(db);
	return true;
}

void
db_free(struct db *db)
{
	for (int i = 0; i < db->count; i++)
		sqlite3_finalize(db->cache[i].st);
	sqlite3_close(db->handle);
	free(db->path);
	free(db);
}
