#include "cgroup.h"

#include "base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MOUNT "/sys/fs/cgroup"
#define PREFIX "agentops-sandbox-"

/* Removal waits for the last process to be gone from the accounts. */
enum { REMOVE_TRIES = 200, REMOVE_WAIT_NS = 2000000 };

static bool
put(const char *dir, const char *file, const char *value)
{
	AUTO_FREE char *path = path_join(dir, file);
	AUTO_FD fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, value, strlen(value)) > 0;
}

/* What a launcher killed with SIGKILL left behind. */
static void
sweep(const char *parent)
{
	DIR *d = opendir(parent);
	struct dirent *e;
	int64_t pid;

	while (d && (e = readdir(d))) {
		if (str_starts(e->d_name, PREFIX) &&
		    str_to_i64(e->d_name + strlen(PREFIX), 1, INT32_MAX,
			       &pid) &&
		    kill((pid_t)pid, 0) && errno == ESRCH)
			unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
	}
	if (d)
		closedir(d);
}

static bool
set_limits(const char *dir, const struct limits *l, struct cgroup *c)
{
	AUTO_FREE char *processes = xasprintf("%d", l->processes);
	AUTO_FREE char *memory =
		xasprintf("%lld", (long long)l->memory_mb << 20);
	bool pids, mem;

	pids = l->processes > 0 && put(dir, "pids.max", processes);
	mem = l->memory_mb > 0 &&
	      (put(dir, "memory.max", memory) ||
	       put(dir, "memory.limit_in_bytes", memory));
	if (mem) {
		put(dir, "memory.swap.max", "0");
		put(dir, "memory.memsw.limit_in_bytes", memory);
	}
	c->pids |= pids;
	c->memory |= mem;
	return pids || mem;
}

static bool
make_in(const char *parent, const struct limits *l, struct cgroup *c)
{
	AUTO_FREE char *dir = NULL;

	if (access(parent, W_OK))
		return false;
	sweep(parent);
	dir = xasprintf("%s/" PREFIX "%d", parent, (int)getpid());
	if (mkdir(dir, 0755))
		return false;
	if (!set_limits(dir, l, c)) {
		rmdir(dir);
		return false;
	}
	strv_take(&c->dirs, TAKE(dir));
	return true;
}

/*
 * v2: beside our own group first, since a group that holds processes may not
 * hold groups with controllers, unless it is the root.
 */
static void
make_v2(const char *own, const struct limits *l, struct cgroup *c)
{
	AUTO_FREE char *dir = xasprintf(MOUNT "%s", own);
	AUTO_FREE char *parent = path_dir(dir);

	if (!path_under(parent, MOUNT) || !make_in(parent, l, c))
		make_in(dir, l, c);
}

/* A line of /proc/self/cgroup: "ID:CONTROLLERS:PATH", v2 without any. */
static void
make_for_line(char *line, const struct limits *l, struct cgroup *c)
{
	char *rest = line, *controllers, *path;
	AUTO_FREE char *dir = NULL;

	line[strcspn(line, "\n")] = '\0';
	strsep(&rest, ":");
	controllers = strsep(&rest, ":");
	path = rest;
	if (!path || strstr(path, ".."))
		return;
	if (*controllers == '\0') {
		make_v2(str_eq(path, "/") ? "" : path, l, c);
	} else if (str_eq(controllers, "pids") ||
		   str_eq(controllers, "memory")) {
		dir = xasprintf(MOUNT "/%s%s", controllers,
				str_eq(path, "/") ? "" : path);
		make_in(dir, l, c);
	}
}

void
cgroup_make(const struct limits *l, struct cgroup *ret)
{
	FILE *f = fopen("/proc/self/cgroup", "re");
	char line[4096];

	*ret = (struct cgroup){ 0 };
	while (f && fgets(line, sizeof(line), f))
		make_for_line(line, l, ret);
	if (f)
		fclose(f);
}

void
cgroup_add(const struct cgroup *c, pid_t pid)
{
	AUTO_FREE char *value = xasprintf("%d", (int)pid);

	for (size_t i = 0; i < c->dirs.count; i++)
		put(c->dirs.items[i], "cgroup.procs", value);
}

void
cgroup_remove(struct cgroup *c)
{
	const struct timespec wait = { .tv_nsec = REMOVE_WAIT_NS };

	for (size_t i = 0; i < c->dirs.count; i++) {
		const char *dir = c->dirs.items[i];

		put(dir, "cgroup.kill", "1");
		for (int n = 0; rmdir(dir) && errno == EBUSY &&
				n < REMOVE_TRIES; n++)
			nanosleep(&wait, NULL);
	}
	strv_release(&c->dirs);
}
