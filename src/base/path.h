/*
 * path.h - files and folders, and where the program keeps its own.
 *
 * Everything opened here is O_CLOEXEC. Text read has a ceiling that the
 * caller names; a larger file is refused, not cut.
 */
#ifndef AGENTOPS_BASE_PATH_H
#define AGENTOPS_BASE_PATH_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <sys/types.h>

/* a + "/" + b with one slash between; b absolute gives b. Caller frees. */
char *path_join(const char *a, const char *b);
/* The part after the last slash; points into path. */
const char *path_base(const char *path);
/* The part before the last slash, "." when there is none. Caller frees. */
char *path_dir(const char *path);
bool path_exists(const char *path);
bool path_is_dir(const char *path);
/* path lies in dir or is dir; both absolute and without "..". */
bool path_under(const char *path, const char *dir);

/* Makes a folder and those above it, mode 0700 for new ones. */
bool path_mkdirs(const char *path, struct err *err);
/* Removes a folder and everything in it; follows no symlink, stays on the
 * file system. A path that is not there is fine. */
bool path_remove_tree(const char *path, struct err *err);

/* Appends the whole regular file to out. Refuses FIFOs, devices and files
 * over limit bytes. */
bool path_read(const char *path, size_t limit, struct buf *out,
	       struct err *err);
/* The same from fd's position; name is used in messages only. */
bool path_read_fd(int fd, const char *name, size_t limit, struct buf *out,
		  struct err *err);

/* New content or the old one, never half: temporary file in the same folder,
 * fsync, rename, fsync of the folder. */
bool path_write_atomic(const char *path, const void *data, size_t len,
		       mode_t mode, struct err *err);

/* The same for name (one part, no slash) in the open folder dir_fd. Without
 * replace, a name that exists is ERR_CONFLICT and stays as it is. shown is
 * what messages call the file. */
bool path_write_at(int dir_fd, const char *name, const char *shown,
		   const void *data, size_t len, mode_t mode, bool replace,
		   struct err *err);

/*
 * Opens a regular file below the folder dir for reading, following no
 * symlink and never leaving dir (openat2 with RESOLVE_BENEATH and
 * RESOLVE_NO_SYMLINKS). For what generated code left behind: a FIFO, a
 * device, a socket, a symlink or a path with ".." is an error that says
 * which. Returns the fd in ret_fd; the caller closes it.
 */
bool path_open_beneath(const char *dir, const char *name, int *ret_fd,
		       struct err *err);

void path_close(int *fd);
#define AUTO_FD __attribute__((cleanup(path_close))) int

/*
 * The four roots (agentops(1), FILES). AGENTOPS_HOME puts all under
 * one folder: HOME/config, HOME/state, HOME/data, HOME/cache; else they are
 * $XDG_*_HOME/agentops with the defaults of the XDG base directory
 * specification. An unset or unusable HOME without AGENTOPS_HOME is an
 * error that says what to set.
 */
struct paths {
	char *config, *state, *data, *cache; /* absolute, no final slash */
};

bool paths_find(struct paths *ret, struct err *err);
void paths_release(struct paths *p);

/*
 * A shipped file or folder, e.g. "patterns": looked up in
 * $AGENTOPS_PKGDATA, then the source tree the binary was built from when it
 * runs from its build tree, then pkgdatadir. Caller frees.
 */
char *path_shipped(const char *name);
/* A program of ours that is not for the user's PATH ("agentops-sandbox"):
 * beside the running binary, else in pkglibexecdir. Caller frees. */
char *path_libexec(const char *name);

#endif
