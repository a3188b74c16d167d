#include "base/walk.h"

#include "base/buf.h"
#include "base/path.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct walker {
	walk_fn *fn;
	void *ud;
	struct buf path;
	struct walk_left_out left;
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
open_folder(int dir_fd, const char *name)
{
	return openat(dir_fd, name,
		      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Takes fd. */
static bool
read_names(int fd, struct strv *names, size_t *too_many)
{
	DIR *d = fdopendir(fd);
	struct dirent *e;

	if (!d) {
		close(fd);
		return false;
	}
	while ((e = readdir(d))) {
		if (str_eq(e->d_name, ".") || str_eq(e->d_name, ".."))
			continue;
		if (names->count == WALK_NAMES_MAX)
			++*too_many;
		else
			strv_add(names, e->d_name);
	}
	closedir(d);
	if (names->count)
		qsort(names->items, names->count, sizeof(*names->items),
		      by_name);
	return true;
}

static unsigned char
kind_of(int dir_fd, const char *name)
{
	struct stat st;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW))
		return DT_UNKNOWN;
	return IFTODT(st.st_mode);
}

static bool walk_folder(struct walker *w, int dir_fd, int depth);

/* False to stop the whole walk. */
static bool
visit(struct walker *w, int dir_fd, const char *name, int depth)
{
	struct walk_entry e = {
		.name = name,
		.dir_fd = dir_fd,
		.depth = depth,
		.kind = kind_of(dir_fd, name),
	};
	enum walk_verdict verdict;
	AUTO_FD sub = -1;

	e.path = buf_str(&w->path);
	verdict = w->fn(w->ud, &e);
	if (verdict != WALK_ON || e.kind != DT_DIR)
		return verdict != WALK_STOP;
	if (depth == WALK_DEPTH_MAX) {
		w->left.too_deep++;
		return true;
	}
	sub = open_folder(dir_fd, name);
	if (sub < 0) {
		w->left.unreadable++;
		return true;
	}
	return walk_folder(w, sub, depth + 1);
}

/* Recursion is bounded by WALK_DEPTH_MAX. */
static bool
walk_folder(struct walker *w, int dir_fd, int depth)
{
	AUTO(strv) names = STRV_INIT;
	int copy = open_folder(dir_fd, ".");
	size_t here = w->path.len;

	if (copy < 0 || !read_names(copy, &names, &w->left.too_many)) {
		w->left.unreadable++;
		return true;
	}
	for (size_t i = 0; i < names.count; i++) {
		bool go_on;

		buf_printf(&w->path, "%s%s", here ? "/" : "",
			   names.items[i]);
		go_on = visit(w, dir_fd, names.items[i], depth);
		buf_truncate(&w->path, here);
		if (!go_on)
			return false;
	}
	return true;
}

bool
walk(int root_fd, const char *shown, walk_fn *fn, void *ud,
     struct walk_left_out *ret_left, struct err *err)
{
	struct walker w = { .fn = fn, .ud = ud };
	AUTO_FD check = open_folder(root_fd, ".");

	if (check < 0)
		return err_errno(err, errno, "cannot read the folder %s",
				 shown);
	walk_folder(&w, root_fd, 1);
	buf_release(&w.path);
	if (ret_left)
		*ret_left = w.left;
	return true;
}
