/*
 *	            lock, intent "staging" --- killed: undo
 *	                |
 *	  mkdir, write P.new, link P to P.old --- fails: undo
 *	                |
 *	            intent "commit" ---------- killed: go on from here
 *	                |
 *	  for each file: P.new becomes P ------ fails: intent "undo", undo
 *	                |
 *	  unlink P.old, intent, lock
 *
 * 1. Before anything is made, the intent names it.
 * 2. Hidden names hold the batch's random id, so nobody else's file has one.
 * 3. The intent "commit" knows the inode of each P.new: P with that inode is
 *    ours. Undoing puts P.old back, or removes P when it is ours. Each of
 *    placing and undoing may be cut off and done again.
 * 4. The owner of a batch holds its lock file (flock). A lock that can be
 *    taken is a dead process's.
 */
#include "base/batch.h"

#include "base/id.h"
#include "base/json.h"
#include "base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ID_BYTES = 8, ID_SIZE = 2 * ID_BYTES + 1 };

struct item {
	char *path, *fresh, *saved; /* P, P.new, P.old */
	struct buf data, old;
	mode_t mode;
	bool exists; /* when it was added */
	bool unchanged;
	struct stat st; /* of the old one */
	int fd;         /* of P.new, until it is flushed */
	ino_t inode;    /* of P.new, from then on */
};

struct made_dir {
	char *path;
	bool is_private;
};

struct batch {
	char *dir; /* <dir>/intents */
	char id[ID_SIZE];
	struct item *items;
	size_t count, cap;
	struct made_dir *dirs; /* parents first */
	size_t dir_count, dir_cap;
	int lock;
};

static char *
intent_path(const struct batch *b, const char *ending)
{
	return xasprintf("%s/%s.%s", b->dir, b->id, ending);
}

struct batch *
batch_new(const char *dir)
{
	struct batch *b = xcalloc(1, sizeof(*b));

	b->dir = path_join(dir, "intents");
	id_random_hex(b->id, ID_BYTES);
	b->lock = -1;
	return b;
}

void
batch_free(struct batch *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->count; i++) {
		struct item *it = &b->items[i];

		free(it->path);
		free(it->fresh);
		free(it->saved);
		path_close(&it->fd);
		buf_release(&it->data);
		buf_release(&it->old);
	}
	for (size_t i = 0; i < b->dir_count; i++)
		free(b->dirs[i].path);
	free(b->items);
	free(b->dirs);
	free(b->dir);
	path_close(&b->lock);
	free(b);
}

/* ---- adding ------------------------------------------------------------ */

/* Missing folders above path, the highest first. */
static void
note_dirs(struct batch *b, const char *path, bool is_private)
{
	AUTO_FREE char *dir = path_dir(path);

	if (path_exists(dir))
		return;
	note_dirs(b, dir, is_private);
	for (size_t i = 0; i < b->dir_count; i++)
		if (str_eq(b->dirs[i].path, dir))
			return;
	GROW(b->dirs, b->dir_count, b->dir_cap);
	b->dirs[b->dir_count++] = (struct made_dir){ TAKE(dir), is_private };
}

static bool
check_parents(const char *root, const char *path, struct err *err)
{
	AUTO_FREE char *dir = path_dir(path);
	struct stat st;

	while (root && path_under(dir, root) && !str_eq(dir, root)) {
		char *above = path_dir(dir);

		if (lstat(dir, &st) == 0 && !S_ISDIR(st.st_mode)) {
			free(above);
			return FAIL(err, ERR_CONFLICT,
				    "%s is %s, not a "
				    "folder of its own; nothing is written "
				    "through it",
				    dir,
				    S_ISLNK(st.st_mode) ? "a symbolic link" :
							  "a file");
		}
		free(dir);
		dir = above;
	}
	return true;
}

static bool
read_old(struct item *it, struct err *err)
{
	if (lstat(it->path, &it->st)) {
		if (errno == ENOENT)
			return true;
		return err_errno(err, errno, "%s", it->path);
	}
	if (!S_ISREG(it->st.st_mode))
		return FAIL(err, ERR_CONFLICT,
			    "%s is there, and not a regular "
			    "file; nothing is written in its place",
			    it->path);
	it->exists = true;
	return path_read(it->path, BATCH_OLD_MAX, &it->old, err);
}

bool
batch_add(struct batch *b, const char *root, const char *path, const void *data,
	  size_t len, mode_t mode, const struct buf **ret_old, struct err *err)
{
	AUTO_FREE char *dir = path_dir(path);
	struct item *it;

	if (!check_parents(root, path, err))
		return false;
	GROW(b->items, b->count, b->cap);
	it = &b->items[b->count];
	*it = (struct item){ .path = xstrdup(path), .mode = mode, .fd = -1 };
	it->fresh = xasprintf("%s/.agentops-%s-%zu.new", dir, b->id, b->count);
	it->saved = xasprintf("%s/.agentops-%s-%zu.old", dir, b->id, b->count);
	b->count++;
	buf_add(&it->data, data, len);
	if (!read_old(it, err))
		return false;
	it->unchanged = it->exists && it->old.len == len &&
			(it->st.st_mode & 0777) == mode &&
			memcmp(buf_str(&it->old), buf_str(&it->data), len) == 0;
	note_dirs(b, path, mode == 0600);
	if (ret_old)
		*ret_old = it->exists ? &it->old : NULL;
	return true;
}

/* ---- the intent -------------------------------------------------------- */

struct names {
	const char *path, *fresh, *saved;
	bool exists;
	ino_t inode;
};

/* A new file, written but not yet flushed; shown is what messages call it.
 * The caller closes *ret_fd. */
static bool
write_new(const char *path, const char *shown, const struct buf *data,
	  mode_t mode, int *ret_fd, struct err *err)
{
	AUTO_FD fd =
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		     0600);
	const char *p = buf_str(data);
	size_t left = data->len;

	if (fd < 0)
		return err_errno(err, errno, "%s", shown);
	while (left) {
		ssize_t n = write(fd, p, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, errno, "%s", shown);
		p += n;
		left -= (size_t)n;
	}
	if (fchmod(fd, mode))
		return err_errno(err, errno, "%s", shown);
	*ret_fd = fd;
	fd = -1;
	return true;
}

static void
sync_dir(const char *path)
{
	AUTO_FREE char *dir = path_dir(path);
	AUTO_FD fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		fsync(fd);
}

/* Whether no path before it lies in the same folder. */
static bool
first_in_dir(const struct names *names, size_t at)
{
	AUTO_FREE char *dir = path_dir(names[at].path);

	for (size_t i = 0; i < at; i++) {
		AUTO_FREE char *other = path_dir(names[i].path);

		if (str_eq(dir, other))
			return false;
	}
	return true;
}

static void
sync_dirs(const struct names *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (first_in_dir(names, i))
			sync_dir(names[i].path);
}

static bool
write_intent(const struct batch *b, const char *stage, struct err *err)
{
	AUTO(buf) text = BUF_INIT;
	AUTO_FREE char *path = intent_path(b, "json");
	AUTO_FREE char *part = intent_path(b, "part");
	AUTO_FD fd = -1;

	buf_addch(&text, '{');
	json_add_key(&text, "stage");
	json_add_str(&text, stage);
	json_add_key(&text, "dirs");
	buf_addch(&text, '[');
	for (size_t i = 0; i < b->dir_count; i++) {
		buf_addstr(&text, i ? "," : "");
		json_add_str(&text, b->dirs[i].path);
	}
	buf_addch(&text, ']');
	json_add_key(&text, "files");
	buf_addch(&text, '[');
	for (size_t i = 0; i < b->count; i++) {
		const struct item *it = &b->items[i];

		if (it->unchanged)
			continue;
		buf_addstr(&text, text.data[text.len - 1] == '}' ? ",{" : "{");
		json_add_key(&text, "path");
		json_add_str(&text, it->path);
		json_add_key(&text, "new");
		json_add_str(&text, it->fresh);
		json_add_key(&text, "old");
		json_add_str(&text, it->saved);
		json_add_key(&text, "inode");
		buf_printf(&text, "\"%ju\"", (uintmax_t)it->inode);
		json_add_key(&text, "exists");
		buf_addstr(&text, it->exists ? "true}" : "false}");
	}
	buf_addstr(&text, "]}");
	unlink(part);
	if (!write_new(part, path, &text, 0600, &fd, err))
		return false;
	if (fsync(fd) || rename(part, path))
		return err_errno(err, errno, "%s", path);
	sync_dir(path);
	return true;
}

/* Takes the lock file; a dead owner's recovery may remove it at once, then
 * it is made anew. */
static bool
take_lock(struct batch *b, struct err *err)
{
	AUTO_FREE char *path = intent_path(b, "lock");
	struct stat st;

	if (!path_mkdirs(b->dir, err))
		return false;
	do {
		path_close(&b->lock);
		b->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (b->lock < 0 || flock(b->lock, LOCK_EX) ||
		    fstat(b->lock, &st))
			return err_errno(err, errno, "%s", path);
	} while (st.st_nlink == 0);
	return true;
}

static void
drop_intent(const char *dir, const char *id)
{
	AUTO_FREE char *json = xasprintf("%s/%s.json", dir, id);
	AUTO_FREE char *part = xasprintf("%s/%s.part", dir, id);
	AUTO_FREE char *lock = xasprintf("%s/%s.lock", dir, id);

	unlink(part);
	unlink(json);
	unlink(lock);
}

/* ---- undoing and going on, from names alone ------------------------------ */

static void
undo_file(const struct names *n)
{
	struct stat st;

	if (n->exists)
		rename(n->saved, n->path);
	else if (lstat(n->path, &st) == 0 && n->inode && st.st_ino == n->inode)
		unlink(n->path);
	unlink(n->fresh);
	unlink(n->saved);
}

static bool
place_file(const struct names *n, struct err *err)
{
	struct stat fresh, now;

	if (lstat(n->fresh, &fresh))
		return errno == ENOENT || err_errno(err, errno, "%s", n->path);
	if (n->exists)
		return rename(n->fresh, n->path) == 0 ||
		       err_errno(err, errno, "%s", n->path);
	if (link(n->fresh, n->path) &&
	    (errno != EEXIST || lstat(n->path, &now) ||
	     now.st_ino != fresh.st_ino || now.st_dev != fresh.st_dev))
		return errno == EEXIST ? FAIL(err, ERR_CONFLICT,
					      "%s has come meanwhile; "
					      "nothing was written",
					      n->path) :
					 err_errno(err, errno, "%s", n->path);
	return unlink(n->fresh) == 0 || err_errno(err, errno, "%s", n->fresh);
}

static bool
place_all(const struct names *names, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++)
		if (!place_file(&names[i], err))
			return false;
	for (size_t i = 0; i < count; i++)
		unlink(names[i].saved);
	sync_dirs(names, count);
	return true;
}

static struct names *
names_of(const struct batch *b, size_t *ret_count)
{
	struct names *all = xcalloc(b->count + 1, sizeof(*all));
	size_t n = 0;

	for (size_t i = 0; i < b->count; i++) {
		const struct item *it = &b->items[i];

		if (!it->unchanged)
			all[n++] =
				(struct names){ it->path, it->fresh, it->saved,
						it->exists, it->inode };
	}
	*ret_count = n;
	return all;
}

/* ---- committing -------------------------------------------------------- */

/* Keeps the old one, if it still is what was shown. */
static bool
save_old(const struct item *it, struct err *err)
{
	AUTO(buf) now = BUF_INIT;

	if (!it->exists)
		return true;
	if (link(it->path, it->saved))
		return err_errno(err, errno, "%s", it->path);
	if (!path_read(it->saved, BATCH_OLD_MAX, &now, err))
		return false;
	return (now.len == it->old.len &&
		memcmp(buf_str(&now), buf_str(&it->old), now.len) == 0) ||
	       FAIL(err, ERR_CONFLICT,
		    "%s was changed meanwhile; nothing was "
		    "written",
		    it->path);
}

static bool
make_dirs(const struct batch *b, struct err *err)
{
	for (size_t i = 0; i < b->dir_count; i++)
		if (mkdir(b->dirs[i].path,
			  b->dirs[i].is_private ? 0700 : 0777) &&
		    errno != EEXIST)
			return err_errno(err, errno, "%s", b->dirs[i].path);
	return true;
}

/* Flushed once all are written: the disk then has them together. */
static bool
flush(struct batch *b, struct err *err)
{
	for (size_t i = 0; i < b->count; i++) {
		struct item *it = &b->items[i];
		struct stat st;

		if (it->fd < 0)
			continue;
		if (fsync(it->fd) || fstat(it->fd, &st))
			return err_errno(err, errno, "%s", it->path);
		it->inode = st.st_ino;
		path_close(&it->fd);
	}
	return true;
}

static bool
stage(struct batch *b, struct err *err)
{
	if (!write_intent(b, "staging", err) || !make_dirs(b, err))
		return false;
	for (size_t i = 0; i < b->count; i++) {
		struct item *it = &b->items[i];

		if (!it->unchanged &&
		    (!write_new(it->fresh, it->path, &it->data, it->mode,
				&it->fd, err) ||
		     !save_old(it, err)))
			return false;
	}
	return flush(b, err);
}

bool
batch_commit(struct batch *b, struct err *err)
{
	AUTO_FREE struct names *names = NULL;
	bool committed = false, ok;
	size_t count;

	if (!take_lock(b, err))
		return false;
	ok = stage(b, err);
	names = names_of(b, &count);
	if (ok)
		sync_dirs(names, count);
	ok = ok && (committed = write_intent(b, "commit", err)) &&
	     place_all(names, count, err);
	if (!ok && committed)
		write_intent(b, "undo", NULL);
	for (size_t i = 0; !ok && i < count; i++)
		undo_file(&names[i]);
	for (size_t i = b->dir_count; !ok && i-- > 0;)
		rmdir(b->dirs[i].path);
	drop_intent(b->dir, b->id);
	path_close(&b->lock);
	return ok;
}

/* ---- recovering -------------------------------------------------------- */

enum { INTENT_LIMIT = 4 << 20 };

static struct names *
read_names(const cJSON *intent, size_t *ret_count)
{
	const cJSON *files = json_get(intent, "files"), *f;
	struct names *all =
		xcalloc((size_t)cJSON_GetArraySize(files) + 1, sizeof(*all));
	size_t n = 0;

	cJSON_ArrayForEach (f, files) {
		const char *path = json_str(f, "path");
		const char *fresh = json_str(f, "new");
		const char *saved = json_str(f, "old");

		const char *inode = json_str(f, "inode");

		if (path && fresh && saved && inode)
			all[n++] =
				(struct names){ path, fresh, saved,
						json_bool(f, "exists", false),
						(ino_t)strtoull(inode, NULL,
								10) };
	}
	*ret_count = n;
	return all;
}

static void
undo_all(const cJSON *intent, const struct names *names, size_t count)
{
	const cJSON *dirs = json_get(intent, "dirs");

	for (size_t i = 0; i < count; i++)
		undo_file(&names[i]);
	for (int i = cJSON_GetArraySize(dirs); i-- > 0;) {
		const char *dir =
			cJSON_GetStringValue(cJSON_GetArrayItem(dirs, i));

		if (dir)
			rmdir(dir);
	}
}

static void
recover_intent(const char *dir, const char *id, struct strv *told)
{
	AUTO_FREE char *path = xasprintf("%s/%s.json", dir, id);
	AUTO_FREE struct names *names = NULL;
	AUTO(buf) text = BUF_INIT;
	AUTO_JSON *intent = NULL;
	bool placed = false;
	size_t count;

	if (path_read(path, INTENT_LIMIT, &text, NULL))
		intent = json_parse(buf_str(&text), text.len, path, NULL);
	if (intent) {
		names = read_names(intent, &count);
		if (str_eq(json_str(intent, "stage"), "commit"))
			placed = place_all(names, count, NULL);
		if (!placed)
			undo_all(intent, names, count);
		if (told && count)
			strv_addf(told,
				  "an interrupted deployment was %s: "
				  "%s%s",
				  placed ? "finished" : "undone", names[0].path,
				  count > 1 ? ", ..." : "");
	}
	drop_intent(dir, id);
}

static void
recover_one(const char *dir, const char *lock_name, struct strv *told)
{
	AUTO_FREE char *path = path_join(dir, lock_name);
	AUTO_FREE char *id = xstrndup(lock_name, strlen(lock_name) - 5);
	AUTO_FD fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		recover_intent(dir, id, told);
}

bool
batch_recover(const char *dir, struct strv *ret_told, struct err *err)
{
	AUTO_FREE char *intents = path_join(dir, "intents");
	DIR *d = opendir(intents);
	const struct dirent *e;

	if (!d)
		return errno == ENOENT || err_errno(err, errno, "%s", intents);
	while ((e = readdir(d)))
		if (str_ends(e->d_name, ".lock"))
			recover_one(intents, e->d_name, ret_told);
	closedir(d);
	return true;
}
