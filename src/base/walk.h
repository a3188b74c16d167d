/*
 * walk.h - everything below a folder, in the order of names, following no
 * link, on bounded memory and file descriptors.
 *
 * The tree may be hostile and may change while it is walked: every folder is
 * opened from its parent with O_NOFOLLOW, so the walk never leaves the root.
 * Folders deeper than WALK_DEPTH_MAX and, in one folder, names past
 * WALK_NAMES_MAX are left out and counted.
 *
 * Blocking: large trees belong on the pool (loop_work).
 */
#ifndef AGENTOPS_BASE_WALK_H
#define AGENTOPS_BASE_WALK_H

#include "base/err.h"

#include <dirent.h>
#include <stddef.h>

enum { WALK_DEPTH_MAX = 64, WALK_NAMES_MAX = 1 << 16 };

enum walk_verdict {
	WALK_ON,
	WALK_SKIP, /* for a folder: do not go into it */
	WALK_STOP,
};

/* Borrowed during the callback. */
struct walk_entry {
	const char *path;   /* relative to the root */
	const char *name;   /* its last part */
	int dir_fd;         /* the folder it is in, for openat */
	int depth;          /* 1 directly in the root */
	unsigned char kind; /* DT_REG, DT_DIR, DT_LNK, ... of dirent.h */
};

typedef enum walk_verdict walk_fn(void *ud, const struct walk_entry *e);

struct walk_left_out {
	size_t unreadable; /* folders without permission */
	size_t too_deep;
	size_t too_many;   /* names */
};

/* A folder comes before what is in it. root_fd is borrowed. False only when
 * the root itself cannot be read; shown names it in the message. ret_left
 * may be NULL. */
bool walk(int root_fd, const char *shown, walk_fn *fn, void *ud,
	  struct walk_left_out *ret_left, struct err *err);

#endif
