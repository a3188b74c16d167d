#include "cli/config.h"

#include "agent/provider.h"
#include "base/mem.h"
#include "base/yaml.h"
#include "flow/policy.h"
#include "flow/researcher.h"

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

/* Settings that are one of some words; the others are looked at by
 * problem(). */
static const char *const words[SETTING_COUNT][8] = {
	[SETTING_APPROVE] = { "none", "low", "medium", "high", "critical" },
	[SETTING_ON_FAILURE] = { "ask", "abort" },
	[SETTING_SANDBOX] = { "on", "off" },
	[SETTING_COLOURS] = { "auto", "none", "16", "256", "direct" },
	[SETTING_PICTURES] = { "auto", "none", "symbols", "sixel", "kitty",
			       "iterm" },
	[SETTING_MOUSE] = { "on", "off" },
	[SETTING_NOTIFY] = { "none", "bell", "desktop" },
};

/* The words of a setting as a sentence, "on or off"; caller frees. */
static char *
words_text(int i)
{
	AUTO(buf) text = BUF_INIT;

	for (int k = 0; words[i][k]; k++)
		buf_printf(&text, "%s%s",
			   !k              ? "" :
			   words[i][k + 1] ? ", " :
					     " or ",
			   words[i][k]);
	return buf_steal(&text);
}

static bool
one_of_words(int i, const char *value)
{
	for (int k = 0; words[i][k]; k++)
		if (strcmp(value, words[i][k]) == 0)
			return true;
	return false;
}

bool
config_budget(const char *value, int64_t *ret_microusd)
{
	const double most_usd = 1e6;
	double usd;

	if (strcmp(value, "none") == 0) {
		*ret_microusd = 0;
		return true;
	}
	if (!str_to_double(value, &usd) || !(usd >= 1e-6) || usd > most_usd)
		return false;
	*ret_microusd = (int64_t)(usd * 1e6);
	return true;
}

/* What the value should be when it is wrong, else NULL; caller frees. */
static char *
problem(int i, const char *value)
{
	int64_t n;

	if (words[i][0])
		return one_of_words(i, value) ? NULL : words_text(i);
	if (i == SETTING_JOBS)
		return str_to_i64(value, 0, 64, &n) ? NULL : xstrdup("0 to 64");
	if (i == SETTING_RESEARCHERS)
		return str_to_i64(value, 0, RESEARCHERS, &n) ?
			       NULL :
			       xstrdup("0 to 5");
	if (i == SETTING_PYTHON)
		return !*value || *value == '/' ? NULL :
						  xstrdup("an absolute path");
	if (i == SETTING_PROVIDER)
		return strcmp(value, "offline") == 0 || provider_find(value) ?
			       NULL :
			       xstrdup("offline or a provider of agentops(1), "
				       "MODEL PROVIDERS");
	if (i == SETTING_BASE_URL)
		return !*value || str_starts(value, "https://") ||
				       str_starts(value, "http://") ?
			       NULL :
			       xstrdup("an https:// or http:// URL");
	if (i == SETTING_BUDGET)
		return config_budget(value, &n) ?
			       NULL :
			       xstrdup("dollars over 0, or none");
	if (i == SETTING_THEME)
		return *value && !strchr(value, '/') ?
			       NULL :
			       xstrdup("the name of a theme: dark, light, "
				       "contrast, 16, none or one of yours");
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
	AUTO_FREE char *wanted = NULL;

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
	set(c, i, value->text, xasprintf("%s:%d", yaml_name(d), key->line));
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
		const char *value = getenv(rows[i].env);
		AUTO_FREE char *wanted = NULL;

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
	AUTO_FREE char *project = path_join(workspace, ".agentops/config.yaml");

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
