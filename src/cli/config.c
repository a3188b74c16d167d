#include "cli/config.h"

#include "base/mem.h"
#include "base/yaml.h"
#include "flow/policy.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *key, *fallback, *env;
	bool project;
} rows[] = {
#define X(id, key, fallback, env, project, help) \
	{ key, fallback, env, project },
	SETTINGS(X)
#undef X
};

static void
set(struct config *c, int i, const char *value, char *origin)
{
	free(c->items[i].value);
	free(c->items[i].origin);
	c->items[i].value = xstrdup(value);
	c->items[i].origin = origin;
}

static bool
one_of(const char *value, const char *a, const char *b)
{
	return strcmp(value, a) == 0 || strcmp(value, b) == 0;
}

/* What is wrong with the value, or NULL. */
static const char *
problem(int i, const char *value)
{
	enum risk risk;
	int64_t n;

	switch ((enum setting)i) {
	case SETTING_PROVIDER:
		return strcmp(value, "offline") == 0 ? NULL : "only offline";
	case SETTING_APPROVE:
		return strcmp(value, "none") == 0 || risk_parse(value, &risk) ?
			       NULL :
			       "none, low, medium, high or critical";
	case SETTING_JOBS:
		return str_to_i64(value, 0, 64, &n) ? NULL : "0 to 64";
	case SETTING_ON_FAILURE:
		return one_of(value, "ask", "abort") ? NULL : "ask or abort";
	case SETTING_SANDBOX:
		return one_of(value, "on", "off") ? NULL : "on or off";
	case SETTING_PYTHON:
		return !*value || *value == '/' ? NULL : "an absolute path";
	case SETTING_COUNT:
		break;
	}
	return NULL;
}

static int
find_key(const char *key)
{
	for (int i = 0; i < SETTING_COUNT; i++)
		if (strcmp(rows[i].key, key) == 0)
			return i;
	return -1;
}

static bool
unknown_key(const struct yaml_doc *d, const struct yaml_node *key,
	    struct err *err)
{
	const char *names[SETTING_COUNT], *near;

	for (int i = 0; i < SETTING_COUNT; i++)
		names[i] = rows[i].key;
	near = str_nearest(key->text, names, SETTING_COUNT);
	if (near)
		return yaml_fail(d, key, err,
				 "unknown setting \"%s\"; did you mean %s?",
				 key->text, near);
	return yaml_fail(d, key, err, "unknown setting \"%s\"", key->text);
}

static bool
take_entry(struct config *c, const struct yaml_doc *d,
	   const struct yaml_node *key, const struct yaml_node *value,
	   bool project, struct err *err)
{
	int i = find_key(key->text);
	const char *wanted;

	if (i < 0)
		return unknown_key(d, key, err);
	if (project && !rows[i].project)
		return yaml_fail(d, key, err,
				 "a project may not set \"%s\"; set it in your "
				 "own configuration",
				 key->text);
	if (!yaml_str(value))
		return yaml_fail(d, value, err, "\"%s\" takes one value",
				 key->text);
	wanted = problem(i, value->text);
	if (wanted)
		return yaml_fail(d, value, err, "%s: \"%s\" is not %s",
				 key->text, value->text, wanted);
	set(c, i, value->text,
	    xasprintf("%s:%d", yaml_name(d), key->line));
	return true;
}

static bool
load_file(struct config *c, const char *path, bool project, struct err *err)
{
	AUTO_PTR(yaml_doc) d = NULL;
	const struct yaml_node *root;

	if (!path_exists(path))
		return true;
	d = yaml_read(path, err);
	if (!d)
		return false;
	root = yaml_root(d);
	if (yaml_type(root) == YAML_NULL)
		return true;
	if (root->kind != YAML_MAP)
		return yaml_fail(d, root, err, "not a list of settings");
	for (size_t i = 0; i < root->count; i++)
		if (!take_entry(c, d, root->keys[i], root->items[i], project,
				err))
			return false;
	return true;
}

static bool
take_environment(struct config *c, struct err *err)
{
	for (int i = 0; i < SETTING_COUNT; i++) {
		const char *value = getenv(rows[i].env), *wanted;

		if (str_empty(value))
			continue;
		wanted = problem(i, value);
		if (wanted)
			return FAIL(err, ERR_CONFIG, "%s=%s is not %s",
				    rows[i].env, value, wanted);
		set(c, i, value, xasprintf("$%s", rows[i].env));
	}
	return true;
}

bool
config_load(const struct paths *paths, const char *workspace,
	    struct config *ret, struct err *err)
{
	AUTO_FREE char *own = path_join(paths->config, "config.yaml");
	AUTO_FREE char *project =
		path_join(workspace, ".agentops/config.yaml");

	for (int i = 0; i < SETTING_COUNT; i++)
		set(ret, i, rows[i].fallback, xstrdup("default"));
	if (!load_file(ret, own, false, err) ||
	    !load_file(ret, project, true, err)) {
		if (err)
			err->code = ERR_CONFIG;
		return false;
	}
	return take_environment(ret, err);
}

void
config_release(struct config *c)
{
	for (int i = 0; i < SETTING_COUNT; i++) {
		free(c->items[i].value);
		free(c->items[i].origin);
		c->items[i].value = c->items[i].origin = NULL;
	}
}

const char *
config_get(const struct config *c, enum setting s)
{
	return c->items[s].value;
}
