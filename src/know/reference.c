#include "know/reference.h"

#include "base/yaml.h"
#include "know/front_matter.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void
references_release(struct references *r)
{
	for (size_t i = 0; i < r->count; i++) {
		struct reference *one = &r->items[i];

		free(one->name);
		free(one->summary);
		free(one->when);
		free(one->path);
		strv_release(&one->phases);
		strv_release(&one->autos);
	}
	free(r->items);
	strv_release(&r->problems);
	memset(r, 0, sizeof(*r));
}

int64_t
tokens_about(size_t bytes)
{
	return (int64_t)(bytes * 10 / 38 + (bytes > 0));
}

static void
take_words(const struct yaml_node *list, struct strv *ret)
{
	for (size_t i = 0; list && list->kind == YAML_SEQ && i < list->count;
	     i++)
		if (yaml_str(list->items[i]))
			strv_add(ret, yaml_str(list->items[i]));
}

static bool
read_one(const char *path, const char *name, struct reference *ret,
	 struct err *err)
{
	AUTO(buf) text = BUF_INIT;
	AUTO_PTR(yaml_doc) doc = NULL;
	const struct yaml_node *root;
	const char *body, *yaml;
	size_t len;

	if (!path_read(path, REFERENCE_LIMIT, &text, err))
		return false;
	body = front_matter(buf_str(&text), &yaml, &len);
	if (!yaml)
		return FAIL(err, ERR_SYNTAX,
			    "%s:1:1: a reference starts with front matter: a "
			    "line ---, YAML, a line ---",
			    path);
	doc = yaml_parse(yaml, len, path, 2, err);
	if (!doc)
		return false;
	root = yaml_root(doc);
	if (!str_eq(yaml_get_str(root, "name"), name))
		return yaml_fail(doc, root, err, "name must be %s, as the "
						 "file's",
				 name);
	if (str_empty(yaml_get_str(root, "summary")))
		return yaml_fail(doc, root, err, "summary is missing");
	*ret = (struct reference){
		.name = xstrdup(name),
		.summary = xstrdup(yaml_get_str(root, "summary")),
		.when = xstrdup0(yaml_get_str(root, "when")),
		.path = xstrdup(path),
		.bytes = strlen(body),
		.tokens = tokens_about(strlen(body)),
	};
	take_words(yaml_get(root, "phases"), &ret->phases);
	take_words(yaml_get(root, "auto"), &ret->autos);
	return true;
}

static const struct reference *
find(const struct references *r, const char *name)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->items[i].name, name) == 0)
			return &r->items[i];
	return NULL;
}

/* A name from its file's; NULL when it is none. Caller frees. */
static char *
name_of(const char *file)
{
	size_t n = strspn(file, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n && strcmp(file + n, ".md") == 0 ? xstrndup(file, n) : NULL;
}

static void
add_place(struct references *r, char *dir, bool project)
{
	AUTO_FREE char *place = dir;
	DIR *d = opendir(place);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		AUTO_FREE char *name = name_of(e->d_name);
		AUTO_FREE char *path = path_join(place, e->d_name);
		struct reference one = { 0 };
		struct err err = ERR_INIT;
		struct stat st;

		if (!name || find(r, name) || lstat(path, &st) ||
		    !S_ISREG(st.st_mode))
			continue;
		if (!read_one(path, name, &one, &err)) {
			strv_add(&r->problems, err.msg);
			continue;
		}
		one.project = project;
		GROW(r->items, r->count, r->cap);
		r->items[r->count++] = one;
	}
	if (d)
		closedir(d);
}

static int
by_name(const void *a, const void *b)
{
	const struct reference *x = a, *y = b;

	return strcmp(x->name, y->name);
}

void
references_list(const struct paths *paths, const char *project,
		struct references *ret)
{
	memset(ret, 0, sizeof(*ret));
	add_place(ret, path_join(paths->data, "references"), false);
	add_place(ret, path_shipped("references"), false);
	if (project)
		add_place(ret, path_join(project, ".agentops/references"),
			  true);
	if (ret->count)
		qsort(ret->items, ret->count, sizeof(*ret->items), by_name);
}

static bool
read_text(const char *path, struct buf *out, struct err *err)
{
	AUTO(buf) text = BUF_INIT;
	const char *yaml;
	size_t len;

	if (!path_read(path, REFERENCE_LIMIT, &text, err))
		return false;
	buf_addstr(out, front_matter(buf_str(&text), &yaml, &len));
	return true;
}

bool
reference_read(const struct references *r, const char *name, struct buf *out,
	       struct err *err)
{
	const struct reference *one = find(r, name);
	AUTO(strv) names = STRV_INIT;
	AUTO(buf) all = BUF_INIT;
	const char *near;

	for (size_t i = 0; i < r->count; i++) {
		strv_add(&names, r->items[i].name);
		buf_printf(&all, "%s%s", i ? ", " : "", r->items[i].name);
	}
	near = str_nearest(name, (const char *const *)names.items,
			   names.count);
	if (!one)
		return FAIL(err, ERR_NOTFOUND,
			    "there is no reference \"%.60s\"%s%s%s; there are "
			    "%s",
			    name, near ? ", did you mean " : "",
			    near ? near : "", near ? "?" : "", buf_str(&all));
	return read_text(one->path, out, err);
}

bool
skill_read(struct buf *out, struct err *err)
{
	AUTO_FREE char *path = path_shipped("SKILL.md");

	return read_text(path, out, err) ||
	       err_prefix(err, "the base instructions of agents");
}
