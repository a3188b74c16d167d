/* Pattern files that lie elsewhere. */
#include "know/discover.h"

#include "base/walk.h"
#include "know/library_index.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
discover_list_release(struct discover_list *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->items[i].path);
		free(l->items[i].problem);
		if (l->items[i].p.id)
			pattern_release(&l->items[i].p);
	}
	free(l->items);
	memset(l, 0, sizeof(*l));
}

static bool
is_pattern_file(const char *name)
{
	return (str_ends(name, ".md") || str_ends(name, ".yaml") ||
		str_ends(name, ".yml")) &&
	       !str_eq(name, "README.md") && *name != '.';
}

struct scan {
	struct db *db;
	struct discover_list *list;
	const char *root;
};

static bool
in_library(struct db *db, const char *id)
{
	struct library_row row = { 0 };
	bool known = library_get(db, id, &row, NULL);

	if (known)
		library_row_release(&row);
	return known;
}

static bool
found_before(const struct discover_list *l, const char *id)
{
	for (size_t i = 0; i < l->count; i++)
		if (str_eq(l->items[i].p.id, id))
			return true;
	return false;
}

static enum walk_verdict
on_entry(void *ud, const struct walk_entry *e)
{
	struct scan *s = ud;
	struct discover_list *l = s->list;
	struct discovered d = { 0 };
	struct err err = ERR_INIT;

	if (e->kind == DT_DIR)
		return e->depth < 2 ? WALK_ON : WALK_SKIP;
	if (e->kind != DT_REG || !is_pattern_file(e->name))
		return WALK_ON;
	if (l->count == DISCOVER_MAX) {
		l->more = true;
		return WALK_STOP;
	}
	d.path = path_join(s->root, e->path);
	if (!pattern_read(d.path, &d.p, &err))
		d.problem = xstrdup(err.msg);
	else
		d.known = in_library(s->db, d.p.id) ||
			  found_before(l, d.p.id);
	GROW(l->items, l->count, l->cap);
	l->items[l->count++] = d;
	return WALK_ON;
}

static void
scan_place(struct scan *s, char *root)
{
	AUTO_FREE char *path = root;
	AUTO_FD fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
					O_CLOEXEC);

	if (fd < 0)
		return;
	s->list->places++;
	s->root = path;
	walk(fd, path, on_entry, s, NULL, NULL);
}

void
discover_scan(struct db *db, const char *project, struct discover_list *ret)
{
	static const char *const of_home[] = {
		".claude/skills/meta-orchestrator/patterns",
		".claude/skills/agentops-orchestrator/patterns",
	};
	static const char *const of_project[] = {
		"skills/agentops-orchestrator/patterns",
		".agentops/patterns",
	};
	struct scan s = { .db = db, .list = ret };
	const char *home = getenv("HOME");

	for (size_t i = 0; !str_empty(home) && i < ARRAY_LEN(of_home); i++)
		scan_place(&s, path_join(home, of_home[i]));
	for (size_t i = 0; i < ARRAY_LEN(of_project); i++)
		scan_place(&s, path_join(project, of_project[i]));
}

bool
discover_write(const struct paths *paths, const struct pattern *p,
	       struct err *err)
{
	AUTO_FREE char *dir = library_stage_dir(paths, PATTERN_DISCOVERED);
	AUTO_FREE char *path =
		library_stage_path(paths, PATTERN_DISCOVERED, p->id);
	AUTO(buf) text = BUF_INIT;

	for (int i = 0; i < PATTERN_STATUS_COUNT; i++) {
		AUTO_FREE char *there = library_stage_path(
			paths, (enum pattern_status)i, p->id);

		if (path_exists(there))
			return FAIL(err, ERR_CONFLICT,
				    "%s is there already and is kept", there);
	}
	return pattern_format(p, &text, err) && path_mkdirs(dir, err) &&
	       path_write_atomic(path, text.data, text.len, 0600, err);
}
