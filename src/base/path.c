#include "base/path.h"

#include "base/id.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

char *
path_join(const char *a, const char *b)
{
	if (*b == '/' || !*a)
		return xstrdup(b);
	return xasprintf("%s%s%s", a, str_ends(a, "/") ? "" : "/", b);
}

const char *
path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *
path_dir(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	return slash == path ? xstrdup("/") :
			       xstrndup(path, (size_t)(slash - path));
}

bool
path_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

bool
path_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool
path_under(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	while (n && dir[n - 1] == '/')
		n--;
	return strncmp(path, dir, n) == 0 &&
	       (path[n] == '\0' || path[n] == '/');
}

bool
path_mkdirs(const char *path, struct err *err)
{
	AUTO_FREE char *p = xstrdup(path);

	if (!*path)
		return FAIL(err, ERR_NOTFOUND, "a folder's name is empty");
	/* Mostly only the last one is missing. */
	if (mkdir(path, 0700) == 0)
		return true;
	for (char *s = p + 1;; s++) {
		char c = *s;

		if (c != '/' && c != '\0')
			continue;
		*s = '\0';
		if (mkdir(p, 0700) && errno != EEXIST)
			return err_errno(err, errno,
					 "cannot make the folder %s", p);
		*s = c;
		if (c == '\0')
			break;
	}
	if (!path_is_dir(path))
		return FAIL(err, ERR_IO, "%s is there but is not a folder",
			    path);
	return true;
}

static int remove_contents(int fd, dev_t dev);

/* Removes one entry of the folder; 0 or an errno value. */
static int
remove_entry(int dir, const char *name, dev_t dev)
{
	struct stat st;
	int error = 0, sub;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno;
	if (st.st_dev != dev)
		return EXDEV;
	if (S_ISDIR(st.st_mode)) {
		fchmodat(dir, name, 0700, 0);
		sub = openat(dir, name,
			     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		error = sub < 0 ? errno : remove_contents(sub, dev);
	}
	if (unlinkat(dir, name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0) &&
	    !error)
		error = errno;
	return error;
}

/* Empties the folder at fd, which it closes; 0, or the first errno value
 * met: what can be removed is. The depth is bounded by the file descriptors
 * a process may have; deeper trees are an error. */
static int
remove_contents(int fd, dev_t dev)
{
	DIR *d = fdopendir(fd);
	struct dirent *e;
	int first = 0;

	if (!d) {
		first = errno;
		close(fd);
		return first;
	}
	while ((e = readdir(d))) {
		int error = 0;

		if (!str_eq(e->d_name, ".") && !str_eq(e->d_name, ".."))
			error = remove_entry(dirfd(d), e->d_name, dev);
		if (error && !first)
			first = error;
	}
	closedir(d);
	return first;
}

bool
path_remove_tree(const char *path, struct err *err)
{
	struct stat st;
	int error;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ||
		       err_errno(err, errno, "cannot remove %s", path);
	fstat(fd, &st);
	error = remove_contents(fd, st.st_dev);
	if (rmdir(path) && !error)
		error = errno;
	return !error || err_errno(err, error, "cannot remove all of %s", path);
}

bool
path_read_fd(int fd, const char *name, size_t limit, struct buf *out,
	     struct err *err)
{
	struct stat st;
	size_t start = out->len;
	ssize_t n;

	if (fstat(fd, &st))
		return err_errno(err, errno, "%s", name);
	if (!S_ISREG(st.st_mode))
		return FAIL(err, ERR_DATA, "%s is not a regular file", name);
	do {
		n = read(fd, buf_reserve(out, 65536), 65536);
		if (n > 0)
			out->len += (size_t)n;
		if (out->len - start > limit) {
			buf_truncate(out, start);
			return FAIL(err, ERR_TOOBIG,
				    "%s is larger than %zu bytes", name,
				    limit);
		}
	} while (n > 0);
	buf_terminate(out);
	if (n < 0) {
		buf_truncate(out, start);
		return err_errno(err, errno, "cannot read %s", name);
	}
	return true;
}

bool
path_read(const char *path, size_t limit, struct buf *out, struct err *err)
{
	/* O_NONBLOCK: opening a FIFO that nobody writes must not hang. */
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return err_errno(err, errno, "cannot open %s", path);
	return path_read_fd(fd, path, limit, out, err);
}

static bool
write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* A new file of that content, on disk when true; errno says why not. */
static bool
write_new(int dir_fd, const char *name, const void *data, size_t len,
	  mode_t mode)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			mode);
	int saved;
	bool ok;

	if (fd < 0)
		return false;
	ok = write_all(fd, data, len) && fchmod(fd, mode) == 0 &&
	     fsync(fd) == 0;
	saved = errno;
	if (close(fd) && ok) {
		ok = false;
		saved = errno;
	}
	if (!ok) {
		unlinkat(dir_fd, name, 0);
		errno = saved;
	}
	return ok;
}

/* Gives the file its name, unless that is taken. */
static bool
rename_new(int dir_fd, const char *tmp, const char *name)
{
	if (renameat2(dir_fd, tmp, dir_fd, name, RENAME_NOREPLACE) == 0)
		return true;
	/* Not every file system has the flag (NFS). */
	return errno == EINVAL && linkat(dir_fd, tmp, dir_fd, name, 0) == 0 &&
	       unlinkat(dir_fd, tmp, 0) == 0;
}

bool
path_write_at(int dir_fd, const char *name, const char *shown,
	      const void *data, size_t len, mode_t mode, bool replace,
	      struct err *err)
{
	char tmp[32], random[17];

	id_random_hex(random, 8);
	snprintf(tmp, sizeof(tmp), ".%s.tmp", random);
	if (!write_new(dir_fd, tmp, data, len, mode))
		return err_errno(err, errno, "cannot write %s", shown);
	if (replace ? renameat(dir_fd, tmp, dir_fd, name) :
		      !rename_new(dir_fd, tmp, name)) {
		int saved = errno;

		unlinkat(dir_fd, tmp, 0);
		if (saved == EEXIST)
			return FAIL(err, ERR_CONFLICT, "%s exists already",
				    shown);
		return err_errno(err, saved, "cannot write %s", shown);
	}
	/* EINVAL: a file system that does not sync folders at all. */
	if (fsync(dir_fd) && errno != EINVAL)
		return err_errno(err, errno, "cannot sync the folder of %s",
				 shown);
	return true;
}

bool
path_write_atomic(const char *path, const void *data, size_t len, mode_t mode,
		  struct err *err)
{
	AUTO_FREE char *dir = path_dir(path);
	AUTO_FD fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(err, errno, "cannot write %s", path);
	return path_write_at(fd, path_base(path), path, data, len, mode, true,
			     err);
}

static const char *
kind_of(mode_t mode)
{
	return S_ISDIR(mode)  ? "a folder" :
	       S_ISFIFO(mode) ? "a FIFO" :
	       S_ISSOCK(mode) ? "a socket" :
				"a device";
}

bool
path_open_beneath(const char *dir, const char *name, int *ret_fd,
		  struct err *err)
{
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
			   RESOLVE_NO_MAGICLINKS,
	};
	AUTO_FD base = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_FD fd = -1;
	struct stat st;

	if (base < 0)
		return err_errno(err, errno, "cannot open the folder %s", dir);
	fd = (int)syscall(SYS_openat2, base, name, &how, sizeof(how));
	if (fd < 0 && (errno == ELOOP || errno == EXDEV))
		return FAIL(err, ERR_DATA,
			    "%s is a symbolic link or leads out of %s: "
			    "refused",
			    name, dir);
	if (fd < 0 && errno == ENXIO)
		return FAIL(err, ERR_DATA, "%s is a socket or FIFO: refused",
			    name);
	if (fd < 0)
		return err_errno(err, errno, "%s", name);
	if (fstat(fd, &st))
		return err_errno(err, errno, "%s", name);
	if (!S_ISREG(st.st_mode))
		return FAIL(err, ERR_DATA,
			    "%s is %s, not a regular file: refused", name,
			    kind_of(st.st_mode));
	*ret_fd = fd;
	fd = -1;
	return true;
}

void
path_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static char *
xdg_root(const char *variable, const char *home, const char *below)
{
	const char *v = getenv(variable);

	if (v && *v == '/')
		return path_join(v, "agentops");
	return home ? xasprintf("%s/%s/agentops", home, below) : NULL;
}

bool
paths_find(struct paths *ret, struct err *err)
{
	const char *own = getenv("AGENTOPS_HOME"), *home = getenv("HOME");
	struct paths p = { 0 };

	if (!str_empty(own)) {
		if (*own != '/')
			return FAIL(err, ERR_ENV,
				    "AGENTOPS_HOME=%s is not an absolute path",
				    own);
		p.config = path_join(own, "config");
		p.state = path_join(own, "state");
		p.data = path_join(own, "data");
		p.cache = path_join(own, "cache");
		*ret = p;
		return true;
	}
	if (str_empty(home) || *home != '/')
		home = NULL;
	p.config = xdg_root("XDG_CONFIG_HOME", home, ".config");
	p.state = xdg_root("XDG_STATE_HOME", home, ".local/state");
	p.data = xdg_root("XDG_DATA_HOME", home, ".local/share");
	p.cache = xdg_root("XDG_CACHE_HOME", home, ".cache");
	if (!p.config || !p.state || !p.data || !p.cache) {
		paths_release(&p);
		return FAIL(err, ERR_ENV,
			    "HOME is not set to an absolute path; set HOME or "
			    "AGENTOPS_HOME to a folder you can write");
	}
	*ret = p;
	return true;
}

void
paths_release(struct paths *p)
{
	free(p->config);
	free(p->state);
	free(p->data);
	free(p->cache);
	*p = (struct paths){ 0 };
}

/* Whether the running binary lies in the tree it was built in. Both sides
 * without symbolic links: the kernel names the binary that way. */
static bool
in_build_tree(void)
{
	AUTO_FREE char *build = realpath(AGENTOPS_BUILDDIR, NULL);
	AUTO_FREE char *exe = realpath("/proc/self/exe", NULL);

	return build && exe && path_under(exe, build);
}

char *
path_shipped(const char *name)
{
	const char *own = getenv("AGENTOPS_PKGDATA");

	if (!str_empty(own))
		return path_join(own, name);
	if (in_build_tree())
		return path_join(AGENTOPS_SRCDIR, name);
	return path_join(AGENTOPS_PKGDATADIR, name);
}

char *
path_libexec(const char *name)
{
	if (in_build_tree())
		return path_join(AGENTOPS_BUILDDIR, name);
	return path_join(AGENTOPS_PKGLIBEXECDIR, name);
}
