#include "know/named_tool.h"

#include "base/id.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/yaml.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
release(struct named_tool *t)
{
	free(t->name);
	free(t->summary);
	free(t->code);
	free(t->from);
	free(t->path);
	free(t->says);
	free(t->schema_text);
	free(t->by);
	cJSON_Delete(t->schema);
	cJSON_Delete(t->test_args);
}

void
named_tools_release(struct named_tools *l)
{
	for (size_t i = 0; i < l->count; i++)
		release(&l->items[i]);
	free(l->items);
	strv_release(&l->problems);
	*l = (struct named_tools){ 0 };
}

/* As every model takes a name of a tool. */
static bool
check_name(const char *name, struct err *err)
{
	size_t n = strlen(name);

	return (n && n <= NAMED_TOOL_NAME_MAX && *name >= 'a' && *name <= 'z' &&
		!name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")]) ||
	       FAIL(err, ERR_USAGE,
		    "\"%.60s\" is no name for a tool; use small letters, "
		    "digits and _, at most %d",
		    name, NAMED_TOOL_NAME_MAX);
}

static char *
folder(const struct paths *paths)
{
	return path_join(paths->data, "tools");
}

static char *
approvals(const struct paths *paths)
{
	return path_join(paths->state, "tools");
}

/* --- reading ------------------------------------------------------------ */

static bool
take_str(const struct yaml_doc *d, const char *key, bool required, char **ret,
	 struct err *err)
{
	const char *text = yaml_get_str(yaml_root(d), key);

	if (required && str_empty(text))
		return yaml_fail(d, yaml_root(d), err, "%s: is missing", key);
	*ret = xstrdup0(text);
	return true;
}

static bool
take_schema(const struct yaml_doc *d, struct named_tool *t, struct err *err)
{
	const struct yaml_node *n = yaml_get(yaml_root(d), "schema");
	const struct yaml_node *test = yaml_get(yaml_root(d), "test");

	if (!n || !str_eq(yaml_get_str(n, "type"), "object"))
		return yaml_fail(
			d, n ? n : yaml_root(d), err,
			"schema: must be a JSON Schema of type object");
	t->schema = yaml_to_json(n);
	t->schema_text = json_print(t->schema);
	n = yaml_get(test, "args");
	if (n && n->kind != YAML_MAP)
		return yaml_fail(d, n, err, "test.args: must be a map");
	t->test_args = n ? yaml_to_json(n) : cJSON_CreateObject();
	t->says = xstrdup0(yaml_get_str(test, "says"));
	return true;
}

static bool
parse(const char *text, size_t len, struct named_tool *t, struct err *err)
{
	static const char *const keys[] = { "summary", "schema", "code", "test",
					    "from" };
	AUTO_PTR(yaml_doc) d = yaml_parse(text, len, t->path, 1, err);
	const struct yaml_node *root = d ? yaml_root(d) : NULL;

	if (!d)
		return false;
	if (root->kind != YAML_MAP)
		return yaml_fail(d, root, err, "a tool is a map of keys");
	for (size_t i = 0; i < root->count; i++) {
		const char *key = root->keys[i]->text;
		bool known = false;

		for (size_t k = 0; k < ARRAY_LEN(keys); k++)
			known |= strcmp(keys[k], key) == 0;
		if (!known)
			return yaml_fail(d, root->keys[i], err,
					 "unknown key \"%.60s\"", key);
	}
	sha256_hex(text, len, t->sha256);
	return take_str(d, "summary", true, &t->summary, err) &&
	       take_str(d, "code", true, &t->code, err) &&
	       take_str(d, "from", false, &t->from, err) &&
	       take_schema(d, t, err);
}

/* "SHA256 WHO" of exactly this file. */
static void
read_approval(const struct paths *paths, struct named_tool *t)
{
	AUTO_FREE char *dir = approvals(paths);
	AUTO(buf) text = BUF_INIT;
	const char *s;
	int fd = -1;

	if (path_open_beneath(dir, t->name, &fd, NULL) &&
	    path_read_fd(fd, t->name, 4096, &text, NULL)) {
		s = buf_str(&text);
		t->approved = strncmp(s, t->sha256, 64) == 0 && s[64] == ' ';
		if (t->approved)
			t->by = xstrndup(s + 65, strcspn(s + 65, "\n"));
	}
	path_close(&fd);
}

static bool
read_one(const struct paths *paths, const char *dir, const char *file,
	 struct named_tool *t, struct err *err)
{
	AUTO(buf) text = BUF_INIT;
	AUTO_FD fd = -1;

	t->path = path_join(dir, file);
	if (!path_open_beneath(dir, file, &fd, err) ||
	    !path_read_fd(fd, t->path, NAMED_TOOL_LIMIT, &text, err) ||
	    !parse(buf_str(&text), text.len, t, err))
		return false;
	read_approval(paths, t);
	return true;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct named_tool *)a)->name,
		      ((const struct named_tool *)b)->name);
}

void
named_tools_list(const struct paths *paths, struct named_tools *ret)
{
	AUTO_FREE char *dir = folder(paths);
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		size_t n = strlen(e->d_name);
		struct named_tool t = { 0 };
		struct err err = ERR_INIT;

		if (n < 6 || strcmp(e->d_name + n - 5, ".yaml") != 0)
			continue;
		t.name = xstrndup(e->d_name, n - 5);
		if (!check_name(t.name, &err) ||
		    !read_one(paths, dir, e->d_name, &t, &err)) {
			strv_add(&ret->problems, err.msg);
			release(&t);
			continue;
		}
		GROW(ret->items, ret->count, ret->cap);
		ret->items[ret->count++] = t;
	}
	if (d)
		closedir(d);
	if (ret->count)
		qsort(ret->items, ret->count, sizeof(*ret->items), by_name);
}

const struct named_tool *
named_tools_find(const struct named_tools *l, const char *name, struct err *err)
{
	AUTO(buf) all = BUF_INIT;

	for (size_t i = 0; i < l->count; i++) {
		if (strcmp(l->items[i].name, name) == 0)
			return &l->items[i];
		buf_printf(&all, "%s%s", all.len ? ", " : "; there are ",
			   l->items[i].name);
	}
	FAIL(err, ERR_NOTFOUND, "there is no tool \"%.60s\" in the library%s",
	     name, buf_str(&all));
	return NULL;
}

/* --- writing ------------------------------------------------------------ */

static bool
open_folder(const char *dir, int *ret, struct err *err)
{
	if (!path_mkdirs(dir, err))
		return false;
	*ret = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret >= 0 || err_errno(err, errno, "%s", dir);
}

bool
named_tool_keep(const struct paths *paths, const char *name, const char *text,
		char **ret_path, struct err *err)
{
	AUTO_FREE char *dir = folder(paths);
	AUTO_FREE char *file = xasprintf("%s.yaml", name);
	struct named_tool t = { .path = path_join(dir, file) };
	AUTO_FD fd = -1;
	bool ok;

	ok = check_name(name, err) && parse(text, strlen(text), &t, err) &&
	     open_folder(dir, &fd, err) &&
	     path_write_at(fd, file, t.path, text, strlen(text), 0600, false,
			   err);
	if (ok)
		*ret_path = xstrdup(t.path);
	release(&t);
	return ok;
}

bool
named_tool_approve(const struct paths *paths, const struct named_tool *t,
		   const char *by, struct err *err)
{
	AUTO_FREE char *dir = approvals(paths);
	AUTO_FREE char *text = xasprintf("%s %s\n", t->sha256, by);
	AUTO_FD fd = -1;

	return open_folder(dir, &fd, err) &&
	       path_write_at(fd, t->name, t->name, text, strlen(text), 0600,
			     true, err);
}

bool
named_tool_remove(const struct paths *paths, const struct named_tool *t,
		  struct err *err)
{
	AUTO_FREE char *dir = approvals(paths);
	AUTO_FREE char *approved = path_join(dir, t->name);

	if (unlink(t->path) && errno != ENOENT)
		return err_errno(err, errno, "%s", t->path);
	if (unlink(approved) && errno != ENOENT)
		return err_errno(err, errno, "%s", approved);
	return true;
}
