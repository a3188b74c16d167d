#include "flow/field.h"

#include "base/str.h"

#include <string.h>

static bool
in_list(const char *word, const char *const *list)
{
	for (; list && *list; list++)
		if (strcmp(*list, word) == 0)
			return true;
	return false;
}

enum { CANDIDATES_MAX = 64 };

static bool
fail_key(const struct yaml_doc *d, const struct yaml_node *key,
	 const char *const *keys, const char *const *more, struct err *err)
{
	const char *all[CANDIDATES_MAX], *near;
	AUTO(buf) known = BUF_INIT;
	size_t n = 0;

	for (; *keys && n < CANDIDATES_MAX; keys++) {
		buf_printf(&known, "%s%s", n ? ", " : "", *keys);
		all[n++] = *keys;
	}
	for (; more && *more && n < CANDIDATES_MAX; more++)
		all[n++] = *more;
	near = str_nearest(key->text, all, n);
	if (near)
		return yaml_fail(d, key, err, "unknown key \"%s\" (did you "
				 "mean \"%s\"?)", key->text, near);
	return yaml_fail(d, key, err, "unknown key \"%s\"; known are %s",
			 key->text, buf_str(&known));
}

bool
field_keys(const struct yaml_doc *d, const struct yaml_node *map,
	   const char *const *keys, const char *const *more, struct err *err)
{
	if (map->kind != YAML_MAP)
		return yaml_fail(d, map, err, "keys and values (a map) are "
				 "wanted here, beginning with \"%s:\"", *keys);
	for (size_t i = 0; i < map->count; i++)
		if (!in_list(map->keys[i]->text, keys) &&
		    !in_list(map->keys[i]->text, more))
			return fail_key(d, map->keys[i], keys, more, err);
	return true;
}

static bool
fail_kind(const struct yaml_doc *d, const struct yaml_node *at,
	  const char *key, const char *wanted, struct err *err)
{
	if (at->kind == YAML_SCALAR)
		return yaml_fail(d, at, err, "%s must be %s, not \"%.60s\"",
				 key, wanted, at->text);
	return yaml_fail(d, at, err, "%s must be %s, not a %s", key, wanted,
			 at->kind == YAML_MAP ? "map" : "list");
}

bool
field_str(const struct yaml_doc *d, const struct yaml_node *map,
	  const char *key, const char **ret, struct err *err)
{
	const struct yaml_node *n = yaml_get(map, key);

	if (!n)
		return true;
	if (n->kind != YAML_SCALAR || yaml_type(n) == YAML_NULL ||
	    n->len == 0)
		return fail_kind(d, n, key, "text", err);
	*ret = n->text;
	return true;
}

bool
field_bool(const struct yaml_doc *d, const struct yaml_node *map,
	   const char *key, bool *ret, struct err *err)
{
	const struct yaml_node *n = yaml_get(map, key);

	if (!n)
		return true;
	if (yaml_type(n) != YAML_BOOL)
		return fail_kind(d, n, key, "true or false", err);
	*ret = n->text[0] == 't' || n->text[0] == 'T';
	return true;
}

bool
field_int(const struct yaml_doc *d, const struct yaml_node *map,
	  const char *key, int min, int max, int *ret, struct err *err)
{
	const struct yaml_node *n = yaml_get(map, key);
	AUTO_FREE char *wanted = NULL;
	int64_t v;

	if (!n)
		return true;
	wanted = xasprintf("a whole number from %d to %d", min, max);
	if (n->kind != YAML_SCALAR || !str_to_i64(n->text, min, max, &v))
		return fail_kind(d, n, key, wanted, err);
	*ret = (int)v;
	return true;
}

bool
field_num(const struct yaml_doc *d, const struct yaml_node *map,
	  const char *key, double *ret, bool *has, struct err *err)
{
	const struct yaml_node *n = yaml_get(map, key);
	double v;

	if (!n)
		return true;
	if (n->kind != YAML_SCALAR || !str_to_double(n->text, &v))
		return fail_kind(d, n, key, "a number", err);
	*ret = v;
	if (has)
		*has = true;
	return true;
}

bool
field_duration(const struct yaml_doc *d, const struct yaml_node *map,
	       const char *key, int max_s, int64_t *ret_ms, struct err *err)
{
	const struct yaml_node *n = yaml_get(map, key);
	int64_t ms;

	if (!n)
		return true;
	if (n->kind != YAML_SCALAR || !str_to_duration_ms(n->text, &ms))
		return fail_kind(d, n, key,
				 "a duration like 250ms, 30s, 5m or 1h", err);
	if (ms < 1 || ms / 1000 > max_s)
		return yaml_fail(d, n, err, "%s must be more than 0 and at "
				 "most %d hours", key, max_s / 3600);
	*ret_ms = ms;
	return true;
}

bool
field_word(const struct yaml_doc *d, const struct yaml_node *map,
	   const char *key, const char *const *words, size_t count, int *ret,
	   struct err *err)
{
	const struct yaml_node *n = yaml_get(map, key);
	AUTO(buf) wanted = BUF_INIT;

	if (!n)
		return true;
	for (size_t i = 0; i < count; i++) {
		if (n->kind == YAML_SCALAR && strcmp(n->text, words[i]) == 0) {
			*ret = (int)i;
			return true;
		}
		buf_printf(&wanted, "%s%s", i == 0 ? "" :
			   i + 1 == count ? " or " : ", ", words[i]);
	}
	return fail_kind(d, n, key, buf_str(&wanted), err);
}

static bool
strings_of(const struct yaml_doc *d, const struct yaml_node *n,
	   const char *key, const char **out, struct err *err)
{
	if (n->kind == YAML_SCALAR) {
		if (n->len == 0 || yaml_type(n) == YAML_NULL)
			return fail_kind(d, n, key, "text or a list of texts",
					 err);
		*out = n->text;
		return true;
	}
	if (n->kind == YAML_MAP || n->count == 0)
		return fail_kind(d, n, key, "a list with texts in it", err);
	for (size_t i = 0; i < n->count; i++) {
		const struct yaml_node *item = n->items[i];

		if (item->kind != YAML_SCALAR)
			return fail_kind(d, item, key, "a list of texts",
					 err);
		out[i] = item->text;
	}
	return true;
}

bool
field_strings(const struct yaml_doc *d, const struct yaml_node *map,
	      const char *key, struct arena *arena, const char *const **ret,
	      size_t *ret_count, struct err *err)
{
	const struct yaml_node *n = yaml_get(map, key);
	size_t count;
	const char **out;

	if (!n)
		return true;
	count = n->kind == YAML_SCALAR ? 1 : n->count;
	out = arena_alloc(arena, (count + 1) * sizeof(*out));
	if (!strings_of(d, n, key, out, err))
		return false;
	*ret = out;
	if (ret_count)
		*ret_count = count;
	return true;
}

static bool
has_dotdot(const char *name)
{
	for (const char *p = name; *p;) {
		size_t n = strcspn(p, "/");

		if (n == 2 && p[0] == '.' && p[1] == '.')
			return true;
		p += n + (p[n] == '/');
	}
	return false;
}

bool
field_file_ok(const struct yaml_doc *d, const struct yaml_node *at,
	      const char *name, struct err *err)
{
	if (*name == '\0' || *name == '/' || has_dotdot(name))
		return yaml_fail(d, at, err, "\"%.60s\" must be a path below "
				 "the step's own folder, like chart.png",
				 name);
	if (strlen(name) > 255)
		return yaml_fail(d, at, err, "a file's name of more than 255 "
				 "bytes");
	if (strstr(name, "{{"))
		return yaml_fail(d, at, err, "{{ }} is not replaced in a "
				 "file's name; write the name as it is");
	return true;
}
