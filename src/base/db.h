/*
 * db.h - SQLite as this program uses it: WAL, synchronous=FULL, schema by
 * user_version, prepared statements kept for the life of the connection.
 *
 * A connection belongs to one thread. Errors carry the file's name and
 * SQLite's own words. A locked database is waited for (busy timeout) and then
 * reported as ERR_BUSY; a full disk is ERR_NOSPACE; damage is ERR_CORRUPT.
 */
#ifndef AGENTOPS_BASE_DB_H
#define AGENTOPS_BASE_DB_H

#include "base/err.h"
#include "base/mem.h"

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

struct db;

/*
 * A schema is the list of its migrations: entry i takes a database from
 * user_version i to i + 1. Each runs in one transaction. Before the first
 * migration of a database that already holds data, a copy is saved beside it
 * as NAME.vN.bak.
 */
struct db_schema {
	int32_t application_id; /* PRAGMA application_id; tells ours from foreign */
	const char *const *migrations;
	int count;
};

enum db_mode { DB_READ_WRITE, DB_READ_ONLY };

/*
 * Opens, checks and migrates. A file that is not a SQLite database, has
 * another application_id, or a user_version newer than the schema is refused
 * with a message and never written to.
 */
bool db_open(const char *path, const struct db_schema *schema,
	     enum db_mode mode, struct db **ret, struct err *err);
void db_free(struct db *db);
DEFINE_AUTO_PTR(db);

sqlite3 *db_handle(struct db *db);
const char *db_path(const struct db *db);

bool db_exec(struct db *db, const char *sql, struct err *err);
bool db_begin(struct db *db, struct err *err); /* BEGIN IMMEDIATE */
bool db_commit(struct db *db, struct err *err); /* rolls back on failure */
void db_rollback(struct db *db);

/*
 * The prepared statement for sql, made once per connection and reset by this
 * call; sql must be a string constant (it is compared by address). Do not
 * finalize it. NULL with err on bad SQL or damage.
 */
sqlite3_stmt *db_stmt(struct db *db, const char *sql, struct err *err);

/* Gives back memory that a long read left: the page cache, and what malloc
 * keeps of it. */
void db_trim(struct db *db);

/* Steps once: 1 a row, 0 done, -1 error (err set). */
int db_step(struct db *db, sqlite3_stmt *st, struct err *err);

/* Binds by position in the order of the letters in types, then steps a
 * statement that gives no row: 's' text (NULL allowed), 'i' int64, 'd'
 * double. Text is copied by SQLite. */
bool db_run(struct db *db, const char *sql, struct err *err,
	    const char *types, ...);
/* Binds the same way; the caller steps. */
sqlite3_stmt *db_query(struct db *db, const char *sql, struct err *err,
		       const char *types, ...);

/* Text of a column: "" when NULL; valid until the next step. */
const char *db_text(sqlite3_stmt *st, int column);

/* Sets err from the connection's last error. Returns false. */
bool db_fail(struct db *db, struct err *err, const char *what);

#endif
