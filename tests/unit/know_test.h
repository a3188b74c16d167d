/*
 * know_test.h - a state database and a pattern library in the test's folder.
 */
#ifndef AGENTOPS_TESTS_KNOW_TEST_H
#define AGENTOPS_TESTS_KNOW_TEST_H

#include "test.h"

#include "base/db.h"
#include "know/library.h"
#include "value/metrics.h"

static inline struct db *
know_db(void)
{
	const char *const migrations[] = { library_schema_v1,
					   metrics_schema_v1 };
	const struct db_schema schema = { 0x6167656e, migrations, 2 };
	AUTO(paths) paths = { 0 };
	AUTO_FREE char *path = NULL;
	struct db *db = NULL;
	struct err err = ERR_INIT;

	assert_ok(paths_find(&paths, &err), err);
	assert_ok(path_mkdirs(paths.state, &err), err);
	path = path_join(paths.state, "agentops.db");
	assert_ok(db_open(path, &schema, DB_READ_WRITE, &db, &err), err);
	return db;
}

/* Shipped patterns come from <dir>/shipped, which is empty at first. */
static inline struct paths
know_paths(const char *dir)
{
	AUTO_FREE char *shipped = path_join(dir, "shipped");
	AUTO_FREE char *patterns = path_join(shipped, "patterns");
	struct paths paths;
	struct err err = ERR_INIT;

	setenv("AGENTOPS_PKGDATA", shipped, 1);
	assert_ok(path_mkdirs(patterns, &err), err);
	assert_ok(paths_find(&paths, &err), err);
	return paths;
}

/* Writes <dir>/<name> with folders; text is a format. */
__attribute__((format(printf, 3, 4))) static inline void
know_file(const char *dir, const char *name, const char *fmt, ...)
{
	AUTO_FREE char *path = path_join(dir, name);
	AUTO_FREE char *folder = path_dir(path);
	AUTO(buf) text = BUF_INIT;
	struct err err = ERR_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	assert_ok(path_mkdirs(folder, &err), err);
	assert_ok(path_write_atomic(path, buf_str(&text), text.len, 0600,
				    &err),
		  err);
}

/* A pattern file: head holds further lines of front matter. */
static inline void
know_pattern(const char *dir, const char *place, const char *id,
	     const char *name, const char *head)
{
	AUTO_FREE char *file = xasprintf("%s/%s.md", place, id);

	know_file(dir, file,
		  "---\npattern_id: %s\nname: %s\n%s---\nprose\n", id, name,
		  head);
}

#endif
