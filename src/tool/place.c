#include "tool/place.h"

#include "base/path.h"
#include "tool/sandbox/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Places in a workspace whose content makes other programs run commands. */
static const char *const protected_names[] = {
	".git", ".agentops", ".envrc", ".vscode",
};

static char *
real_path(const char *path)
{
	char *real = realpath(path, NULL);

	return real ? real : xstrdup(path);
}

void
place_rules_init(struct place_rules *r, const struct tool_request *req)
{
	*r = (struct place_rules){ .req = req };
	r->run = real_path(tool_session_run_dir(req->session));
	r->state = secrets_state_root();
	secrets_find(&r->secrets);
	strv_take(&r->secrets, path_join(r->run, "secrets"));
}

void
place_rules_release(struct place_rules *r)
{
	strv_release(&r->secrets);
	free(r->state);
	free(r->run);
	*r = (struct place_rules){ 0 };
}

bool
place_is_secret(const struct place_rules *r, const char *path)
{
	for (size_t i = 0; i < r->secrets.count; i++)
		if (path_under(path, r->secrets.items[i]))
			return true;
	return r->state && path_under(path, r->state) &&
	       !path_under(path, r->run);
}

char *
place_of_fd(int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	return n > 0 && path[0] == '/' ? xstrndup(path, (size_t)n) : NULL;
}

/* The part of path (absolute) below dir; "." for dir itself; NULL when it is
 * not below it. */
static const char *
below(const char *path, const char *dir)
{
	if (!path_under(path, dir))
		return NULL;
	path += strlen(dir);
	while (*path == '/')
		path++;
	return *path ? path : ".";
}

/* --- reading ------------------------------------------------------------ */

static bool
outside(const struct tool_request *req, const char *path, struct err *err)
{
	return FAIL(err, ERR_DENIED,
		    "%.200s is outside the workspace %s: only files in the "
		    "workspace and of this run can be used",
		    path, tool_session_workspace(req->session));
}

static bool
open_beneath(const struct tool_request *req, const char *path, int *ret_fd,
	     struct err *err)
{
	const char *workspace = tool_session_workspace(req->session);
	const char *run_dir = tool_session_run_dir(req->session);
	AUTO_FREE char *full = path_join(workspace, path);
	const char *root = run_dir, *rel = below(full, run_dir);
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	AUTO_FD base = -1;
	int fd;

	if (!rel)
		rel = below(full, root = workspace);
	if (!rel)
		return outside(req, path, err);
	base = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (base < 0)
		return err_errno(err, errno, "cannot open the folder %s",
				 root);
	fd = (int)syscall(SYS_openat2, base, rel, &how, sizeof(how));
	if (fd < 0 && errno == EXDEV)
		return outside(req, path, err);
	if (fd < 0 && errno == ENXIO)
		return FAIL(err, ERR_DATA, "%.200s is a FIFO or a socket",
			    path);
	if (fd < 0)
		return err_errno(err, errno, "%.200s", path);
	*ret_fd = fd;
	return true;
}

bool
place_open(const struct place_rules *r, const char *path, int *ret_fd,
	   struct stat *ret_st, struct err *err)
{
	AUTO_FREE char *real = NULL;
	AUTO_FD fd = -1;
	struct stat st;

	if (!open_beneath(r->req, path, &fd, err))
		return false;
	real = place_of_fd(fd);
	if (!real || place_is_secret(r, real))
		return FAIL(err, ERR_DENIED,
			    "%.200s is a place for keys and private data: "
			    "tools may not read it",
			    path);
	if (fstat(fd, &st))
		return err_errno(err, errno, "%.200s", path);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return FAIL(err, ERR_DATA,
			    "%.200s is neither a regular file nor a folder",
			    path);
	if (ret_st)
		*ret_st = st;
	*ret_fd = fd;
	fd = -1;
	return true;
}

bool
place_open_file(const struct place_rules *r, const char *path, int *ret_fd,
		struct stat *ret_st, struct err *err)
{
	AUTO_FD fd = -1;
	struct stat st;

	if (!place_open(r, path, &fd, &st, err))
		return false;
	if (S_ISDIR(st.st_mode))
		return FAIL(err, ERR_DATA,
			    "%.200s is a folder; list_files shows what is in "
			    "it",
			    path);
	if (ret_st)
		*ret_st = st;
	*ret_fd = fd;
	fd = -1;
	return true;
}

bool
place_open_folder(const struct place_rules *r, const char *path,
		  int *ret_fd, struct err *err)
{
	AUTO_FD fd = -1;
	struct stat st;

	if (!place_open(r, path, &fd, &st, err))
		return false;
	if (!S_ISDIR(st.st_mode))
		return FAIL(err, ERR_DATA, "%.200s is a file, not a folder",
			    path);
	*ret_fd = fd;
	fd = -1;
	return true;
}

/* --- writing ------------------------------------------------------------ */

void
place_release(struct place *p)
{
	path_close(&p->dir_fd);
	free(p->name);
	*p = (struct place)PLACE_INIT;
}

/* The folder under whose rule path may be written, and its parts below it;
 * NULL when it may not. */
static const char *
root_to_write(const struct tool_request *req, const char *path,
	      struct strv *parts, struct err *err)
{
	const char *workspace = tool_session_workspace(req->session);
	const char *run_dir = tool_session_run_dir(req->session);
	AUTO_FREE char *full = path_join(workspace, path);
	const char *root = req->dir, *rel = below(full, req->dir);
	AUTO_FREE char *copy = NULL;
	char *rest, *part;

	if (!rel && !below(full, run_dir))
		rel = below(full, root = workspace);
	if (!rel) {
		FAIL(err, ERR_DENIED,
		     "%.200s is outside the workspace %s: write below that, "
		     "or below %s",
		     path, workspace, req->dir);
		return NULL;
	}
	if (root == workspace && req->profile < SANDBOX_WORKSPACE_WRITE) {
		FAIL(err, ERR_DENIED,
		     "%.200s: the sandbox profile is %s: only files in %s may "
		     "be written; the step needs the profile %s",
		     path, sandbox_profile_name(req->profile), req->dir,
		     sandbox_profile_name(SANDBOX_WORKSPACE_WRITE));
		return NULL;
	}
	rest = copy = xstrdup(rel);
	while ((part = strsep(&rest, "/")))
		if (*part && !str_eq(part, "."))
			strv_add(parts, part);
	return root;
}

static bool
check_parts(const char *path, const struct strv *parts, struct err *err)
{
	for (size_t i = 0; i < parts->count; i++) {
		const char *part = parts->items[i];

		if (str_eq(part, ".."))
			return FAIL(err, ERR_DENIED,
				    "%.200s: \"..\" is not allowed in a path "
				    "to write; write it without",
				    path);
		for (size_t n = 0; n < ARRAY_LEN(protected_names); n++)
			if (str_eq(part, protected_names[n]))
				return FAIL(err, ERR_DENIED,
					    "%.200s: tools do not write to "
					    "%s, whose content makes other "
					    "programs run commands",
					    path, part);
	}
	return true;
}

/* Goes from the open folder *fd into name. */
static bool
enter(int *fd, const char *name, bool make, const char *path, struct err *err)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int sub = openat(*fd, name, flags);

	if (sub < 0 && errno == ENOENT && make &&
	    (mkdirat(*fd, name, 0777) == 0 || errno == EEXIST))
		sub = openat(*fd, name, flags);
	if (sub < 0 && (errno == ENOTDIR || errno == ELOOP))
		return FAIL(err, ERR_DENIED,
			    "%.200s: %.200s is a file or a symbolic link: "
			    "only real folders are written to",
			    path, name);
	if (sub < 0)
		return err_errno(err, errno, "%.200s: %.200s", path, name);
	path_close(fd);
	*fd = sub;
	return true;
}

static bool
check_target(int dir_fd, const char *name, const char *path,
	     struct stat *ret_st, struct err *err)
{
	if (fstatat(dir_fd, name, ret_st, AT_SYMLINK_NOFOLLOW)) {
		if (errno != ENOENT)
			return err_errno(err, errno, "%.200s", path);
		*ret_st = (struct stat){ 0 };
		return true;
	}
	if (S_ISLNK(ret_st->st_mode))
		return FAIL(err, ERR_DATA,
			    "%.200s is a symbolic link: name the file it "
			    "leads to",
			    path);
	if (!S_ISREG(ret_st->st_mode))
		return FAIL(err, ERR_DATA, "%.200s is not a regular file",
			    path);
	return true;
}

/* The name in an open folder: a secret of its own, or in such a place. */
static bool
check_not_secret(const struct place_rules *r, int dir_fd, const char *name,
		 const char *path, struct err *err)
{
	AUTO_FREE char *dir = place_of_fd(dir_fd);
	AUTO_FREE char *real = dir ? path_join(dir, name) : NULL;

	if (real && !place_is_secret(r, real))
		return true;
	return FAIL(err, ERR_DENIED,
		    "%.200s is a place for keys and private data: tools may "
		    "not write it",
		    path);
}

bool
place_to_write(const struct place_rules *r, const char *path,
	       bool make_folders, struct place *ret, struct stat *ret_st,
	       struct err *err)
{
	AUTO(strv) parts = STRV_INIT;
	const char *name, *root = root_to_write(r->req, path, &parts, err);
	AUTO_FD fd = -1;
	struct stat st;

	if (!root)
		return false;
	if (parts.count == 0 || str_ends(path, "/"))
		return FAIL(err, ERR_DATA, "%.200s is a folder, not a file",
			    path);
	if (!check_parts(path, &parts, err))
		return false;
	fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, errno, "cannot open the folder %s",
				 root);
	for (size_t i = 0; i + 1 < parts.count; i++)
		if (!enter(&fd, parts.items[i], make_folders, path, err))
			return false;
	name = parts.items[parts.count - 1];
	if (!check_not_secret(r, fd, name, path, err) ||
	    !check_target(fd, name, path, &st, err))
		return false;
	*ret_st = st;
	ret->dir_fd = fd;
	ret->name = xstrdup(name);
	fd = -1;
	return true;
}
