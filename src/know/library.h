/*
 * library.h - every pattern there is, indexed in the state database.
 *
 * Files are the definition: shipped ones in path_shipped("patterns") (never
 * written), the user's in <data>/patterns/{discovered,validated,learned,
 * deprecated}/ID.md. A user's file hides a shipped one of the same id: the
 * first learn from a shipped pattern makes that copy, which then carries the
 * counts. The folder of a user's file is its stage, whatever its `status`
 * says, so `mv` works. If an id stands in several folders, the one with most
 * executions counts and the others are reported. README.md is no pattern.
 *
 * The database holds an index of the files (library_sync rebuilds it from
 * nothing) and, as its own truth, every execution (learn.h writes them).
 *
 * Functions block on the disk for a short time; library_sync over a large
 * library belongs at start-up. A `struct db *` is one that was migrated with
 * library_schema_v1 in its schema.
 *
 *	struct library_rows rows = { 0 };
 *	struct library_filter f = { .category = "analytics" };
 *	if (library_list(db, &f, &rows, err)) ...
 *	library_rows_release(&rows);
 */
#ifndef AGENTOPS_KNOW_LIBRARY_H
#define AGENTOPS_KNOW_LIBRARY_H

#include "base/db.h"
#include "base/path.h"
#include "know/lifecycle.h"
#include "know/pattern.h"

/* SQL for one migration (several statements). */
extern const char library_schema_v1[];

/* What one sync did. problems: one message per broken, unreadable or
 * doubled file, "file:line:column: what"; such files are skipped. */
struct library_report {
	int added, updated, removed, unchanged;
	struct strv problems;
};

void library_report_release(struct library_report *r);

/*
 * Brings the index up to date with the files: new and changed ones (size or
 * mtime differ, then SHA-256) are read, vanished ones removed. One
 * transaction. Fails only for the database or a folder that can't be listed;
 * missing folders are empty. ret may be NULL.
 */
bool library_sync(struct db *db, const struct paths *paths,
		  struct library_report *ret, struct err *err);

/* The same, with an index that is made anew: whatever was wrong with the old
 * one is gone. */
bool library_rebuild(struct db *db, const struct paths *paths,
		     struct library_report *ret, struct err *err);

/* A pattern as the index knows it. */
struct library_row {
	char *id, *name, *description, *category, *path; /* never NULL */
	bool shipped;         /* path is the shipped file */
	enum pattern_status status;
	struct pattern_counts counts;
	int64_t created_us, last_used_us;
	struct strv keywords; /* task_keywords as written */
	struct strv tags;
	struct pattern_tool *tools; /* of its steps, each name once */
	size_t tool_count, tool_cap;
};

struct library_rows {
	struct library_row *items;
	size_t count, cap;
};

void library_row_release(struct library_row *r);
void library_rows_release(struct library_rows *r);

enum library_order {
	LIBRARY_BY_NAME,
	LIBRARY_BY_RATE,       /* success rate, then executions, descending */
	LIBRARY_BY_EXECUTIONS, /* descending */
	LIBRARY_BY_RECENT,     /* last used first */
	LIBRARY_BY_RANK,       /* how well text fits; needs text */
};

/* How words combine in a search. */
enum library_words {
	LIBRARY_ALL_WORDS, /* the last one may be the start of a word */
	LIBRARY_ANY_WORD,
};

/* A zeroed filter is everything by name. Conditions combine with AND. */
struct library_filter {
	const char *text;     /* words, never a query language */
	enum library_words words;
	const char *category; /* exact */
	unsigned status_mask; /* 1 << enum pattern_status; 0 = all */
	double min_rate;      /* 0 to 1 */
	int64_t min_executions;
	enum library_order order;
	int limit;            /* 0 = no limit */
};

bool library_list(struct db *db, const struct library_filter *f,
		  struct library_rows *ret, struct err *err);

/* ERR_NOTFOUND names the nearest ids. */
bool library_get(struct db *db, const char *id, struct library_row *ret,
		 struct err *err);
/* The same, and reads its file. */
bool library_open(struct db *db, const char *id, struct pattern *ret,
		  struct err *err);

/*
 * Patterns whose name, description, keywords or tags hold the words, best
 * first (FTS5 bm25; a word among the keywords weighs most). text is what a
 * person typed: quotes, operators and NUL mean nothing. At most limit rows
 * (limit > 0); a text without words gives none.
 */
bool library_search(struct db *db, const char *text, enum library_words words,
		    int limit, struct library_rows *ret, struct err *err);

/* One execution of a pattern. */
struct library_execution {
	char *run, *pattern_id, *task, *error; /* never NULL */
	enum execution_status status;
	int64_t started_us;
	int64_t duration_ms;   /* wall time from start to end */
	int64_t human_wait_ms; /* the part spent waiting for people */
	int iterations;
};

struct library_executions {
	struct library_execution *items;
	size_t count, cap;
};

void library_executions_release(struct library_executions *e);

/* The newest limit executions of a pattern, newest first. */
bool library_history(struct db *db, const char *id, int limit,
		     struct library_executions *ret, struct err *err);

/* How a tool did in all recorded steps: its success rate in ret_rate, or
 * -1 when it was never used. */
bool library_tool_rate(struct db *db, const char *tool, double *ret_rate,
		       struct err *err);

#endif
