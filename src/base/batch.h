/*
 * batch.h - several files written as one: all of them, or none, also when
 * the process is killed or the disk is full.
 *
 *	AUTO_PTR(batch) b = batch_new(state_dir);
 *	batch_add(b, "/x/load.sql", text, len, 0644);
 *	batch_add(b, ...);
 *	if (!batch_commit(b, err))      nothing has changed
 *		return false;
 *
 * Every file is first written and flushed beside its place under a hidden
 * name, then all are renamed. An intent in <dir>/intents says what is to be
 * done, so that batch_recover, in the next process, finishes or undoes what
 * a killed one began. Folders that are missing are made, and removed again
 * when nothing comes of it. A program that looks while the renames are under
 * way sees some of them; none of them ever half.
 *
 * A file that is there is replaced only when it still is what the caller
 * knew: batch_add reads it, batch_commit compares. One that is not there must
 * not have come meanwhile. Either is ERR_CONFLICT.
 *
 * Functions block on the disk.
 */
#ifndef AGENTOPS_BASE_BATCH_H
#define AGENTOPS_BASE_BATCH_H

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <sys/types.h>

enum { BATCH_OLD_MAX = 16 << 20 }; /* bytes of a file that is replaced */

struct batch;

/* dir is a private folder of the program; it is made when needed. */
struct batch *batch_new(const char *dir);
void batch_free(struct batch *b);
DEFINE_AUTO_PTR(batch);

/*
 * Copies data. path is absolute; no part of it below root may be a symbolic
 * link (root NULL: any may). Permission 0600 makes missing folders 0700. The
 * content that is there now goes to *ret_old, NULL when there is none; it is
 * the batch's. A file that is not regular is refused.
 */
bool batch_add(struct batch *b, const char *root, const char *path,
	       const void *data, size_t len, mode_t mode,
	       const struct buf **ret_old, struct err *err);

/* Once. A file whose content and mode would not change is left alone. */
bool batch_commit(struct batch *b, struct err *err);

/* What killed processes left: finishes what was decided, undoes the rest.
 * Batches under way in other processes are left alone. Says in ret_told
 * (may be NULL), a line each, what was done. */
bool batch_recover(const char *dir, struct strv *ret_told, struct err *err);

#endif
