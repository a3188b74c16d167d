#include "bwrap.h"

#include "options.h"

/* --unshare-user always: bwrap's automatic mode skips it for root.
 * --as-pid-1: the inner launcher reaps and forwards signals itself. */
static const char *const base[] = {
	BWRAP, "--unshare-user", "--unshare-pid", "--unshare-ipc",
	"--unshare-uts", "--unshare-cgroup-try", "--unshare-net",
	"--die-with-parent", "--new-session", "--as-pid-1", "--cap-drop",
	"ALL", "--hostname", "sandbox", "--ro-bind", "/", "/", "--dev",
	"/dev", "--remount-ro", "/dev", "--proc", "/proc",
};

static void
add_args(struct strv *argv, const char *const *args, size_t count)
{
	for (size_t i = 0; i < count; i++)
		strv_add(argv, args[i]);
}

#define ARGS(argv, ...)                                         \
	do {                                                    \
		const char *const args_[] = { __VA_ARGS__ };    \
		add_args((argv), args_, ARRAY_LEN(args_));      \
	} while (0)

void
bwrap_base_argv(struct strv *argv)
{
	add_args(argv, base, ARRAY_LEN(base));
}

static void
add_hidden(const struct view *v, struct strv *argv)
{
	if (!v->is_dir)
		ARGS(argv, "--ro-bind", "/dev/null", v->path);
	else
		ARGS(argv, "--size", "1048576", "--perms",
		     v->holds ? "0755" : "0000", "--tmpfs", v->path);
}

static void
add_view(const struct view *v, int tmp_mb, struct strv *argv)
{
	switch (v->kind) {
	case VIEW_TMPFS:
		strv_add(argv, "--size");
		strv_addf(argv, "%lld", (long long)tmp_mb << 20);
		ARGS(argv, "--perms", "1777", "--tmpfs", v->path);
		break;
	case VIEW_READABLE:
	case VIEW_PROTECTED:
		ARGS(argv, "--ro-bind", v->path, v->path);
		break;
	case VIEW_WRITABLE:
	case VIEW_PINNED:
		ARGS(argv, "--bind", v->path, v->path);
		break;
	case VIEW_HIDDEN:
		add_hidden(v, argv);
		break;
	}
}

/* Hidden folders become read-only last, since the parts of them that are
 * shown are mounted on folders made in them. */
static void
seal_hidden(const struct views *views, struct strv *argv)
{
	for (size_t i = 0; i < views->count; i++)
		if (views->items[i].kind == VIEW_HIDDEN &&
		    views->items[i].is_dir)
			ARGS(argv, "--remount-ro", views->items[i].path);
}

void
bwrap_argv(const struct options *o, const struct views *views,
	   const struct bwrap_fds *fds, const char *exe,
	   const char *proxy_dir, struct strv *argv)
{
	bwrap_base_argv(argv);
	strv_add(argv, "--info-fd");
	strv_addf(argv, "%d", fds->info);
	for (size_t i = 0; i < views->count; i++)
		add_view(&views->items[i], o->limits.tmp_mb, argv);
	ARGS(argv, "--ro-bind", exe, INNER_EXE);
	if (proxy_dir)
		ARGS(argv, "--ro-bind", proxy_dir, INNER_PROXY_DIR);
	seal_hidden(views, argv);
	ARGS(argv, "--chdir", o->cwd, "--");
	options_inner_argv(o, argv);
}
