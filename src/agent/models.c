#include "agent/models.h"

#include "base/str.h"
#include "base/yaml.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct models {
	struct model *items;
	size_t count, cap;
};

void
models_free(struct models *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->count; i++) {
		free(m->items[i].name);
		free(m->items[i].provider);
	}
	free(m->items);
	free(m);
}

/* --- reading ------------------------------------------------------------ */

static const char *const keys[] = {
	"model",       "provider", "input",   "output",     "cached",
	"cache_write", "over",     "context", "max_output", "vision",
	"reasoning",   "commit",   "source",  "tokens",
};

static bool
check_keys(const struct yaml_doc *d, const struct yaml_node *map,
	   struct err *err)
{
	if (map->kind != YAML_MAP)
		return yaml_fail(d, map, err, "not a list of members");
	for (size_t i = 0; i < map->count; i++) {
		const char *key = map->keys[i]->text, *near;
		bool known = false;

		for (size_t k = 0; k < ARRAY_LEN(keys) && !known; k++)
			known = strcmp(keys[k], key) == 0;
		if (known)
			continue;
		near = str_nearest(key, keys, ARRAY_LEN(keys));
		return yaml_fail(d, map->keys[i], err, "unknown \"%s\"%s%s%s",
				 key, near ? "; did you mean " : "",
				 near ? near : "", near ? "?" : "");
	}
	return true;
}

/* A number that is not negative; fallback when it is not there, an error
 * when fallback is NAN. */
static bool
number(const struct yaml_doc *d, const struct yaml_node *map, const char *key,
       double fallback, double *ret, struct err *err)
{
	const struct yaml_node *n = yaml_get(map, key);
	double v;

	if (!n && isnan(fallback))
		return yaml_fail(d, map, err, "\"%s\" is missing", key);
	if (!n) {
		*ret = fallback;
		return true;
	}
	if (!yaml_str(n) || !str_to_double(n->text, &v) || !(v >= 0) || v > 1e9)
		return yaml_fail(d, n, err, "%s: not a number from 0 up", key);
	*ret = v;
	return true;
}

static bool
price(const struct yaml_doc *d, const struct yaml_node *map,
      struct model_price *p, struct err *err)
{
	return number(d, map, "input", NAN, &p->input, err) &&
	       number(d, map, "output", NAN, &p->output, err) &&
	       number(d, map, "cached", p->input, &p->cached, err) &&
	       number(d, map, "cache_write", p->input, &p->cache_write, err);
}

static bool
flag(const struct yaml_node *map, const char *key, bool fallback)
{
	const char *text = yaml_get_str(map, key);

	return text ? strcmp(text, "true") == 0 : fallback;
}

static bool
read_row(struct models *list, const struct yaml_doc *d,
	 const struct yaml_node *row, struct err *err)
{
	const char *name = yaml_get_str(row, "model");
	const char *provider = yaml_get_str(row, "provider");
	const struct yaml_node *over = yaml_get(row, "over");
	struct model m = { 0 };
	double tokens = 0, context = 0, most = 0;

	if (!check_keys(d, row, err))
		return false;
	if (str_empty(name) || !provider_find(provider))
		return yaml_fail(d, row, err,
				 "a model needs a name and a provider that "
				 "exists");
	if (!price(d, row, &m.price, err) ||
	    !number(d, row, "context", 0, &context, err) ||
	    !number(d, row, "max_output", 0, &most, err))
		return false;
	if (over &&
	    (!check_keys(d, over, err) || !price(d, over, &m.over, err) ||
	     !number(d, over, "tokens", NAN, &tokens, err)))
		return false;
	m.over_tokens = (int64_t)tokens;
	m.context = (int64_t)context;
	m.max_output = (int64_t)most;
	m.vision = flag(row, "vision", false);
	m.reasoning = flag(row, "reasoning", true);
	m.name = xstrdup(name);
	m.provider = xstrdup(provider);
	GROW(list->items, list->count, list->cap);
	list->items[list->count++] = m;
	return true;
}

static bool
read_file(struct models *list, const char *path, struct err *err)
{
	AUTO_PTR(yaml_doc) d = yaml_read(path, err);
	const struct yaml_node *rows;

	if (!d)
		return false;
	rows = yaml_get(yaml_root(d), "models");
	if (!rows || rows->kind != YAML_SEQ)
		return yaml_fail(d, yaml_root(d), err, "no list called models");
	for (size_t i = 0; i < rows->count; i++)
		if (!read_row(list, d, rows->items[i], err))
			return false;
	return true;
}

struct models *
models_load(const struct paths *paths, struct err *err)
{
	AUTO_FREE char *own = path_join(paths->config, "models.yaml");
	AUTO_FREE char *shipped = path_shipped("models/models.yaml");
	AUTO_PTR(models) m = xcalloc(1, sizeof(*m));

	if (path_exists(own) && !read_file(m, own, err))
		return NULL;
	return read_file(m, shipped, err) ? TAKE(m) : NULL;
}

/* --- finding ------------------------------------------------------------ */

/* "-20250929" and the like. */
static bool
is_date(const char *s)
{
	size_t digits = 0;

	if (*s++ != '-')
		return false;
	for (; isdigit((unsigned char)*s) || *s == '-'; s++)
		digits += *s != '-';
	return !*s && digits == 8;
}

static bool
serves(const struct model *m, const char *provider)
{
	return strcmp(m->provider, provider) == 0 ||
	       (strcmp(m->provider, "openai") == 0 &&
		strcmp(provider, "openai-chat") == 0);
}

const struct model *
models_find(const struct models *m, const char *provider, const char *name)
{
	for (int dated = 0; dated <= 1; dated++)
		for (size_t i = 0; i < m->count; i++) {
			const struct model *row = &m->items[i];
			size_t len = strlen(row->name);

			if (serves(row, provider) &&
			    strncmp(row->name, name, len) == 0 &&
			    (dated ? is_date(name + len) : !name[len]))
				return row;
		}
	return NULL;
}

const struct model *
models_first(const struct models *m, const char *provider)
{
	for (size_t i = 0; i < m->count; i++)
		if (serves(&m->items[i], provider))
			return &m->items[i];
	return NULL;
}

/* --- costs -------------------------------------------------------------- */

static const struct model_price *
price_of(const struct model *m, int64_t input)
{
	return m->over_tokens && input > m->over_tokens ? &m->over : &m->price;
}

int64_t
model_cost_microusd(const struct model *m, const struct turn_usage *u)
{
	const struct model_price *p = price_of(m, u->input);
	int64_t fresh = u->input - u->cached - u->cache_write;

	return (int64_t)ceil((double)(fresh > 0 ? fresh : 0) * p->input +
			     (double)u->cached * p->cached +
			     (double)u->cache_write * p->cache_write +
			     (double)u->output * p->output - 1e-6);
}

int64_t
model_worst_microusd(const struct model *m, int64_t input, int64_t max_output)
{
	const struct model_price *p = price_of(m, input);
	double in = fmax(p->input, p->cache_write);

	return (int64_t)ceil((double)input * in +
			     (double)max_output * p->output);
}
