/*
 * library_index.h - one row of the index, for library_sync and learn.
 * Internal to src/know.
 */
#ifndef AGENTOPS_KNOW_LIBRARY_INDEX_H
#define AGENTOPS_KNOW_LIBRARY_INDEX_H

#include "base/id.h"
#include "know/library.h"

/* A pattern file on disk. */
struct library_file {
	char *path;
	bool shipped;
	enum pattern_status stage; /* of its folder; not for shipped ones */
	int64_t mtime_ns, size;
};

/* Writes or replaces the row of a file. p holds what the file says; sha is
 * of its content. */
bool library_index_put(struct db *db, const struct library_file *f,
		       const struct pattern *p, const char *sha,
		       struct err *err);
/* Forgets a file; fine if it is not known. */
bool library_index_remove(struct db *db, const char *path, struct err *err);
/* Chooses which file of an id counts. After put and remove. */
bool library_index_elect(struct db *db, const char *id, struct err *err);

/* The folder of a stage, and the user's file of an id in it. Callers
 * free. */
char *library_stage_dir(const struct paths *paths, enum pattern_status s);
char *library_stage_path(const struct paths *paths, enum pattern_status s,
			 const char *id);

#endif
