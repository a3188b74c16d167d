#include "view.h"

#include "base/path.h"
#include "options.h"
#include "secrets.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The command gets its own, empty: others keep sockets and files there. */
static const char *const private_dirs[] = { "/tmp", "/var/tmp", "/run",
					    "/dev/shm" };

/* Files of a repository that make git, or an editor, run programs. */
static const char *const protected_files[] = {
	".git/hooks", ".git/config", ".git/config.worktree", ".git/modules",
	".agentops",  ".envrc",      ".vscode",
};

static struct view *
add(struct views *v, const char *path, enum view_kind kind)
{
	struct stat st;
	struct view *item;

	if (lstat(path, &st))
		return NULL;
	GROW(v->items, v->count, v->cap);
	item = &v->items[v->count++];
	*item = (struct view){ .path = xstrdup(path), .kind = kind,
			       .is_dir = S_ISDIR(st.st_mode) };
	return item;
}

static void
add_list(struct views *v, const struct strv *paths, enum view_kind kind)
{
	for (size_t i = 0; i < paths->count; i++)
		add(v, paths->items[i], kind);
}

static void
add_secrets(struct views *v, const struct strv *paths)
{
	for (size_t i = 0; i < paths->count; i++) {
		struct view *item = add(v, paths->items[i], VIEW_READABLE);

		if (item)
			item->given = true;
	}
}

static void
add_private(struct views *v)
{
	for (size_t i = 0; i < ARRAY_LEN(private_dirs); i++) {
		AUTO_FREE char *real = realpath(private_dirs[i], NULL);

		if (real && path_is_dir(real))
			add(v, real, VIEW_TMPFS);
	}
}

/* Without a /dev and a /proc of its own the command would reach disks and
 * the kernel's memory, where their modes let it. */
static void
add_machine(struct views *v)
{
	struct view *dev = add(v, "/dev", VIEW_HIDDEN);

	if (dev)
		dev->may_hold = true;
	add(v, "/proc/kcore", VIEW_HIDDEN);
	add(v, "/proc/sysrq-trigger", VIEW_HIDDEN);
}

static void
add_hidden(struct views *v, const struct options *o)
{
	AUTO(strv) secrets = STRV_INIT;
	AUTO_FREE char *state = secrets_state_root();
	struct view *item;

	secrets_find(&secrets);
	add_list(v, &secrets, VIEW_HIDDEN);
	for (size_t i = 0; i < o->hidden.count; i++) {
		AUTO_FREE char *real = realpath(o->hidden.items[i], NULL);

		if (real)
			add(v, real, VIEW_HIDDEN);
	}
	item = state ? add(v, state, VIEW_HIDDEN) : NULL;
	if (item)
		item->may_hold = true;
}

/*
 * .git is a mount of its own, because renaming it away and making a new one
 * would get round its protected parts. A missing hooks folder is made: else
 * the command could make it. A .git file (worktree, submodule) is protected
 * itself.
 */
static void
add_repository(struct views *v, const char *workspace)
{
	AUTO_FREE char *git = path_join(workspace, ".git");
	AUTO_FREE char *hooks = path_join(git, "hooks");
	struct stat st;

	if (lstat(git, &st) == 0 && S_ISDIR(st.st_mode)) {
		add(v, git, VIEW_PINNED);
		mkdir(hooks, 0755);
	} else {
		add(v, git, VIEW_PROTECTED);
	}
	for (size_t i = 0; i < ARRAY_LEN(protected_files); i++) {
		AUTO_FREE char *path =
			path_join(workspace, protected_files[i]);

		add(v, path, VIEW_PROTECTED);
	}
}

/* Without them root does not get past a folder's mode, as the command will
 * not. Fails only where there are none to put down. */
static void
set_capabilities(struct __user_cap_data_struct *saved, bool on)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct want[2];

	if (!on && syscall(SYS_capget, &head, saved))
		return;
	memcpy(want, saved, sizeof(want));
	if (!on)
		want[0].effective = want[1].effective = 0;
	syscall(SYS_capset, &head, want);
}

/*
 * What to mount on so that the command cannot reach path: path itself, or
 * the first folder above it that the command cannot search. Nothing below
 * such a folder can be mounted on, since bwrap cannot search it either; it
 * is hidden as a whole, so its owner cannot open it to the command later.
 * The kernel is asked (by ".", which needs the search permission): it knows
 * groups and access lists. Caller frees.
 */
static char *
place_to_hide(const char *path)
{
	struct __user_cap_data_struct saved[2] = { 0 };
	char *ret = NULL;

	set_capabilities(saved, false);
	for (const char *end = strchr(path + 1, '/'); end && !ret;
	     end = strchr(end + 1, '/')) {
		int len = (int)(end - path);
		AUTO_FREE char *self = xasprintf("%.*s/.", len, path);
		struct stat st;

		if (stat(self, &st) && errno == EACCES)
			ret = xstrndup(path, (size_t)len);
	}
	set_capabilities(saved, true);
	return ret ? ret : xstrdup(path);
}

/*
 * Socket files of other programs that somebody listens on: a read-only mount
 * does not keep a command from connecting. Lines of /proc/net/unix end in
 * "TYPE STATE INODE PATH"; field 4 holds the flags, 0x10000 = listening.
 * Datagram sockets (type 0002) take messages without listening.
 */
static void
add_sockets(struct views *v)
{
	FILE *f = fopen("/proc/net/unix", "re");
	char line[512], path[256];
	unsigned flags, type;

	while (f && fgets(line, sizeof(line), f)) {
		AUTO_FREE char *real = NULL, *place = NULL;

		if (sscanf(line, "%*s %*s %*s %x %x %*s %*s %255[^\n]",
			   &flags, &type, path) != 3 ||
		    *path != '/' || (!(flags & 0x10000) && type != 2))
			continue;
		real = realpath(path, NULL);
		place = real ? place_to_hide(real) : NULL;
		if (place)
			add(v, place, VIEW_HIDDEN);
	}
	if (f)
		fclose(f);
}

static int
compare(const void *a, const void *b)
{
	const struct view *x = a, *y = b;
	int c = strcmp(x->path, y->path);

	return c ? c : (int)x->kind - (int)y->kind;
}

/* The last entry that has path in it: with the order above, the deepest. */
static struct view *
covering(const struct views *v, const char *path)
{
	for (size_t i = v->count; i-- > 0;)
		if (v->items[i].is_dir &&
		    path_under(path, v->items[i].path))
			return &v->items[i];
	return NULL;
}

#define BIT(kind) (1u << (kind))
enum { NOTHING = 31 };

/* Under which entries each kind makes a difference. */
static const unsigned matters_under[] = {
	[VIEW_TMPFS] = ~0u,
	[VIEW_READABLE] = BIT(VIEW_TMPFS) | BIT(VIEW_HIDDEN),
	[VIEW_WRITABLE] = ~(BIT(VIEW_WRITABLE) | BIT(VIEW_PINNED)),
	[VIEW_PINNED] = BIT(VIEW_WRITABLE),
	[VIEW_PROTECTED] = BIT(VIEW_WRITABLE) | BIT(VIEW_PINNED),
	[VIEW_HIDDEN] = ~(BIT(VIEW_TMPFS) | BIT(VIEW_HIDDEN)),
};

static bool
may_show(const struct view *item, const struct view *hidden)
{
	return (item->given || hidden->may_hold) &&
	       !str_eq(item->path, hidden->path);
}

static bool
check_shown(const struct view *item, struct view *above, struct err *err)
{
	if (!above || above->kind != VIEW_HIDDEN ||
	    item->kind == VIEW_HIDDEN || item->kind == VIEW_PROTECTED)
		return true;
	if (!may_show(item, above))
		return FAIL(err, ERR_SANDBOX,
			    "%s lies in %s, which is hidden from every "
			    "sandboxed command; use another folder",
			    item->path, above->path);
	above->holds = true;
	return true;
}

/*
 * A secret below /tmp needs no mount to be hidden, since the private /tmp has
 * nothing of it; but what is shown there would bring it back. So what is shown
 * is held against every secret, also those that settle drops.
 */
static bool
check_secrets(const struct views *all, struct err *err)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct view *item = &all->items[i];
		size_t j = i;

		if (item->kind != VIEW_READABLE && item->kind != VIEW_WRITABLE)
			continue;
		while (j-- > 0) {
			struct view *above = &all->items[j];

			if (above->kind == VIEW_HIDDEN &&
			    path_under(item->path, above->path) &&
			    !may_show(item, above))
				return check_shown(item, above, err);
		}
	}
	return true;
}

/* Moves what makes a difference to ret; the rest is left in all. */
static bool
settle(struct views *all, struct views *ret, struct err *err)
{
	qsort(all->items, all->count, sizeof(*all->items), compare);
	if (!check_secrets(all, err))
		return false;
	for (size_t i = 0; i < all->count; i++) {
		struct view *item = &all->items[i];
		struct view *above = covering(ret, item->path);

		if (!check_shown(item, above, err))
			return false;
		if (!(matters_under[item->kind] &
		      BIT(above ? above->kind : NOTHING)))
			continue;
		GROW(ret->items, ret->count, ret->cap);
		ret->items[ret->count++] = *item;
		item->path = NULL;
	}
	return true;
}

static void
add_all(struct views *v, const struct options *o, bool private_tmp)
{
	bool writes = options_workspace_writable(o);

	if (private_tmp)
		add_private(v);
	add(v, o->workspace, writes ? VIEW_WRITABLE : VIEW_READABLE);
	add(v, o->cwd, VIEW_READABLE);
	if (*o->cmd[0] == '/')
		add(v, o->cmd[0], VIEW_READABLE);
	add_list(v, &o->readable, VIEW_READABLE);
	add_list(v, &o->writable, VIEW_WRITABLE);
	add_secrets(v, &o->secrets);
	add_hidden(v, o);
	if (writes && private_tmp)
		add_repository(v, o->workspace);
	if (private_tmp)
		add_sockets(v);
	else
		add_machine(v);
}

bool
views_make(const struct options *o, bool private_tmp, struct views *ret,
	   struct err *err)
{
	AUTO(views) all = { 0 }, kept = { 0 };

	add_all(&all, o, private_tmp);
	if (!settle(&all, &kept, err))
		return false;
	*ret = kept;
	kept = (struct views){ 0 };
	return true;
}

void
views_release(struct views *v)
{
	for (size_t i = 0; i < v->count; i++)
		free(v->items[i].path);
	free(v->items);
	*v = (struct views){ 0 };
}
