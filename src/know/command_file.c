#include "know/command_file.h"

#include "base/yaml.h"
#include "know/front_matter.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char name_bytes[] = "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

static void
release_one(struct command_file *f)
{
	free(f->name);
	free(f->description);
	free(f->hint);
	free(f->path);
	strv_release(&f->arguments);
}

void
command_files_release(struct command_files *f)
{
	for (size_t i = 0; i < f->count; i++)
		release_one(&f->items[i]);
	free(f->items);
	memset(f, 0, sizeof(*f));
}

/* ---- a file ------------------------------------------------------------ */

static bool
read_body(const char *path, struct buf *out, struct err *err)
{
	AUTO(buf) text = BUF_INIT;
	const char *yaml;
	size_t len;

	if (!path_read(path, COMMAND_FILE_LIMIT, &text, err))
		return false;
	buf_addstr(out, front_matter(buf_str(&text), &yaml, &len));
	return true;
}

static void
take_arguments(const struct yaml_node *n, struct strv *ret)
{
	const char *text = n ? yaml_str(n) : NULL;
	AUTO_FREE char *copy = xstrdup0(text);
	char *rest = copy, *word;

	while (rest && (word = strsep(&rest, " ,")))
		if (*word)
			strv_add(ret, word);
	for (size_t i = 0; n && n->kind == YAML_SEQ && i < n->count; i++)
		if (yaml_str(n->items[i]))
			strv_add(ret, yaml_str(n->items[i]));
}

/* What its front matter says, as far as it can be read. */
static void
read_front(struct command_file *f)
{
	AUTO(buf) text = BUF_INIT;
	AUTO_PTR(yaml_doc) doc = NULL;
	const struct yaml_node *root = NULL;
	struct err unused = ERR_INIT;
	const char *yaml = NULL;
	size_t len;

	if (path_read(f->path, COMMAND_FILE_LIMIT, &text, &unused))
		front_matter(buf_str(&text), &yaml, &len);
	if (yaml)
		doc = yaml_parse(yaml, len, f->path, 2, &unused);
	if (doc)
		root = yaml_root(doc);
	f->description = xstrdup0(yaml_get_str(root, "description"));
	f->hint = xstrdup0(yaml_get_str(root, "argument-hint"));
	f->description = f->description ? f->description : xstrdup("");
	f->hint = f->hint ? f->hint : xstrdup("");
	take_arguments(yaml_get(root, "arguments"), &f->arguments);
}

bool
command_file_read(const struct command_file *f, struct buf *out,
		  struct err *err)
{
	return read_body(f->path, out, err);
}

bool
command_told(const char *name, struct buf *out, struct err *err)
{
	AUTO_FREE char *dir = path_shipped("commands");
	AUTO_FREE char *path = xasprintf("%s/%s.md", dir, name);

	return read_body(path, out, err) ||
	       err_prefix(err, "what a model is told for /%s", name);
}

/* ---- folders ----------------------------------------------------------- */

struct place {
	struct command_files *files;
	bool project;
};

static bool
is_known(const struct command_files *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->items[i].name, name) == 0)
			return true;
	return false;
}

static void
add_file(const struct place *p, const char *path, char *name)
{
	struct command_files *f = p->files;
	struct command_file one = { .name = name,
				    .path = xstrdup(path),
				    .project = p->project };

	if (is_known(f, name) || f->count == COMMAND_FILES_MAX) {
		release_one(&one);
		return;
	}
	read_front(&one);
	GROW(f->items, f->count, f->cap);
	f->items[f->count++] = one;
}

static void
add_folder(const struct place *p, const char *dir, const char *space, int depth)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		AUTO_FREE char *path = path_join(dir, e->d_name);
		size_t n = strspn(e->d_name, name_bytes);
		AUTO_FREE char *name =
			xasprintf("%s%.*s", space, (int)n, e->d_name);
		struct stat st;

		if (!n || lstat(path, &st))
			continue;
		if (S_ISREG(st.st_mode) && str_eq(e->d_name + n, ".md")) {
			add_file(p, path, TAKE(name));
		} else if (S_ISDIR(st.st_mode) && !e->d_name[n] &&
			   depth < COMMAND_DEPTH_MAX) {
			AUTO_FREE char *inner = xasprintf("%s:", name);

			add_folder(p, path, inner, depth + 1);
		}
	}
	if (d)
		closedir(d);
}

static int
by_name(const void *a, const void *b)
{
	const struct command_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

void
command_files_list(const struct paths *paths, const char *project,
		   struct command_files *ret)
{
	AUTO_FREE char *user = path_join(paths->config, "commands");

	memset(ret, 0, sizeof(*ret));
	add_folder(&(struct place){ ret, false }, user, "", 0);
	if (project) {
		AUTO_FREE char *dir = path_join(project, ".agentops/commands");

		add_folder(&(struct place){ ret, true }, dir, "", 0);
	}
	if (ret->count)
		qsort(ret->items, ret->count, sizeof(*ret->items), by_name);
}

const struct command_file *
command_files_find(const struct command_files *f, const char *name,
		   struct err *err)
{
	const struct command_file *found = NULL;
	AUTO(buf) all = BUF_INIT;
	size_t count = 0;

	for (size_t i = 0; i < f->count; i++) {
		const struct command_file *one = &f->items[i];
		const char *last = strrchr(one->name, ':');

		if (strcmp(one->name, name) == 0)
			return one;
		if (!last || strcmp(last + 1, name) != 0)
			continue;
		found = one;
		buf_printf(&all, "%s/%s", count++ ? ", " : "", one->name);
	}
	if (count < 2)
		return found;
	FAIL(err, ERR_USAGE, "/%s may be %s: write more of it", name,
	     buf_str(&all));
	return NULL;
}
