/*
 * place.h - which files the in-process tools may touch, and the only way
 * they open them.
 *
 * The file tools run in the engine, outside every sandbox, on paths that a
 * model or a workflow wrote. Their confinement is here:
 *
 *	reading   below the workspace (where relative paths begin) or the
 *	          run's folder, resolved by openat2 with RESOLVE_BENEATH: no
 *	          "..", no link leads out. Never a secret (place_is_secret).
 *	writing   below the call's own dir; below the workspace too when the
 *	          granted profile is workspace-write or more, but nothing of a
 *	          run, and nothing that makes git or an editor run programs
 *	          (.git, .agentops, .envrc, .vscode). No ".." and no links at
 *	          all.
 *
 * Secrets are those that the sandbox hides (sandbox/secrets.h), the run's
 * own, and everything of other runs.
 */
#ifndef AGENTOPS_TOOL_PLACE_H
#define AGENTOPS_TOOL_PLACE_H

#include "tool/tool.h"

#include <sys/stat.h>

/* The rules for one call. Made on the loop's thread; then read by any. */
struct place_rules {
	const struct tool_request *req; /* borrowed */
	struct strv secrets;            /* real paths */
	char *state;                    /* real path of the state root, or
					   NULL; in it only run is open */
	char *run;                      /* real path of the run's folder */
};

void place_rules_init(struct place_rules *r, const struct tool_request *req);
void place_rules_release(struct place_rules *r);
/* Whether the real path is, or is below, something that may not be read. */
bool place_is_secret(const struct place_rules *r, const char *path);

/*
 * Opens a regular file or a folder for reading. ERR_DENIED when it is
 * outside or secret, ERR_NOTFOUND, ERR_DATA for devices, FIFOs and sockets.
 * The caller closes ret_fd; ret_st may be NULL.
 */
bool place_open(const struct place_rules *r, const char *path, int *ret_fd,
		struct stat *ret_st, struct err *err);
/* As place_open, but a folder is ERR_DATA. */
bool place_open_file(const struct place_rules *r, const char *path,
		     int *ret_fd, struct stat *ret_st, struct err *err);
/* As place_open, but a file is ERR_DATA. */
bool place_open_folder(const struct place_rules *r, const char *path,
		       int *ret_fd, struct err *err);

/* Where a file is to be written: an open folder and a name in it. */
struct place {
	int dir_fd;
	char *name;
};

#define PLACE_INIT { -1, NULL }

/* make_folders: those of the path that are missing. The file itself need not
 * exist; when it does and is no regular file, ERR_DATA. ret_st->st_nlink is
 * 0 when it does not exist. */
bool place_to_write(const struct place_rules *r, const char *path,
		    bool make_folders, struct place *ret, struct stat *ret_st,
		    struct err *err);
void place_release(struct place *p);

/* The real path of an open file; caller frees. NULL when it has none. */
char *place_of_fd(int fd);

#endif
