/*
 * Invariants
 *  1. In one context no key means two actions; a file that would break this
 *     changes nothing.
 *  2. Keys are kept as the decoder reports them: Ctrl-letters in lower case,
 *     Shift only with named keys, C-m, C-i and C-[ as Enter, Tab and Esc.
 */
#include "ui/key.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct action_row rows[ACTION_COUNT] = {
#define ACTION(context, id, name, keys, help) \
	[ACTION_##context##_##id] = { CONTEXT_##context, name, keys, help },
#include "ui/actions.def"
#undef ACTION
};

static const char *const context_names[] = {
#define X(id, name, help) name,
	CONTEXTS(X)
#undef X
};

static const char *const context_helps[] = {
#define X(id, name, help) help,
	CONTEXTS(X)
#undef X
};

struct binding {
	uint32_t key;
	unsigned mods;
	char name[KEY_NAME_SIZE];
};

struct bindings {
	struct binding *items;
	size_t count, cap;
	const struct yaml_node *from; /* while a file is loaded */
};

struct keymap {
	struct bindings actions[ACTION_COUNT];
};

const struct action_row *
action_row(enum action a)
{
	assert(a > ACTION_NONE && a < ACTION_COUNT);
	return &rows[a];
}

const char *
context_name(enum context c)
{
	return context_names[c];
}

const char *
context_help(enum context c)
{
	return context_helps[c];
}

/* --- names ---------------------------------------------------------------- */

static const char *const key_names[] = {
#define X(id, name) name,
	INPUT_KEYS(X)
#undef X
};

static uint32_t
named_key(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(key_names); i++)
		if (str_eq(name, key_names[i]))
			return INPUT_KEY_FIRST + 1 + (uint32_t)i;
	return 0;
}

static unsigned
prefix_mod(char c)
{
	return c == 'C' ? INPUT_CTRL :
	       c == 'M' ? INPUT_ALT :
	       c == 'S' ? INPUT_SHIFT :
			  0;
}

/* Ctrl with these is the same byte as a key with a name. */
static void
normalise(uint32_t *key, unsigned *mods)
{
	if (!(*mods & INPUT_CTRL))
		return;
	if (*key >= 'A' && *key <= 'Z')
		*key += 'a' - 'A';
	if (*key == 'm' || *key == 'i' || *key == '[') {
		*mods &= ~(unsigned)INPUT_CTRL;
		*key = *key == 'm' ? INPUT_ENTER :
		       *key == 'i' ? INPUT_TAB :
				     INPUT_ESCAPE;
	}
}

bool
key_parse(const char *name, uint32_t *ret_key, unsigned *ret_mods)
{
	unsigned mods = 0, mod;
	uint32_t key, cp;

	while (name[0] && name[1] == '-' && name[2] &&
	       (mod = prefix_mod(name[0]))) {
		if (mods & mod)
			return false;
		mods |= mod;
		name += 2;
	}
	key = named_key(name);
	if (!key) {
		size_t len = strlen(name);

		if (!len || utf8_decode(name, len, &cp) != len)
			return false;
		if (cp <= ' ' || (cp >= 0x7f && cp < 0xa0) ||
		    mods & INPUT_SHIFT)
			return false;
		key = cp;
	}
	normalise(&key, &mods);
	*ret_key = key;
	*ret_mods = mods;
	return true;
}

void
key_name(uint32_t key, unsigned mods, char *ret)
{
	AUTO(buf) text = BUF_INIT;

	if (mods & INPUT_CTRL)
		buf_addstr(&text, "C-");
	if (mods & INPUT_ALT)
		buf_addstr(&text, "M-");
	if (mods & INPUT_SHIFT)
		buf_addstr(&text, "S-");
	if (key > INPUT_KEY_FIRST && key < INPUT_KEY_END)
		buf_addstr(&text, key_names[key - INPUT_KEY_FIRST - 1]);
	else
		utf8_encode(&text, key);
	assert(text.len < KEY_NAME_SIZE);
	memcpy(ret, buf_str(&text), text.len + 1);
}

/* --- the map -------------------------------------------------------------- */

/* False when it is no key. */
static bool
add_key(struct bindings *b, const char *name)
{
	struct binding n;

	if (!key_parse(name, &n.key, &n.mods))
		return false;
	for (size_t i = 0; i < b->count; i++)
		if (b->items[i].key == n.key && b->items[i].mods == n.mods)
			return true;
	key_name(n.key, n.mods, n.name);
	GROW(b->items, b->count, b->cap);
	b->items[b->count++] = n;
	return true;
}

static void
bind_words(struct bindings *b, const char *words)
{
	AUTO_FREE char *copy = xstrdup(words);
	char *rest = copy, *word;

	while ((word = strsep(&rest, " ")))
		if (*word && !add_key(b, word))
			assert(!"actions.def names a key that is none");
}

struct keymap *
keymap_new(void)
{
	struct keymap *m = xcalloc(1, sizeof(*m));

	for (int a = 1; a < ACTION_COUNT; a++)
		bind_words(&m->actions[a], rows[a].keys);
	return m;
}

static void
release_actions(struct bindings *actions)
{
	for (int a = 0; a < ACTION_COUNT; a++)
		free(actions[a].items);
}

void
keymap_free(struct keymap *m)
{
	if (!m)
		return;
	release_actions(m->actions);
	free(m);
}

static bool
has_key(const struct bindings *b, uint32_t key, unsigned mods)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->items[i].key == key && b->items[i].mods == mods)
			return true;
	return false;
}

enum action
keymap_find_in(const struct keymap *m, enum context c, const struct input *in)
{
	if (in->kind != INPUT_KEY)
		return ACTION_NONE;
	for (int a = 1; a < ACTION_COUNT; a++)
		if (rows[a].context == c &&
		    has_key(&m->actions[a], in->key, in->mods))
			return (enum action)a;
	return ACTION_NONE;
}

enum action
keymap_find(const struct keymap *m, enum context c, const struct input *in)
{
	enum action a = keymap_find_in(m, c, in);

	return a == ACTION_NONE && c != CONTEXT_GLOBAL ?
		       keymap_find_in(m, CONTEXT_GLOBAL, in) :
		       a;
}

const char *
keymap_key(const struct keymap *m, enum action a)
{
	return m->actions[a].count ? m->actions[a].items[0].name : "";
}

char *
keymap_keys(const struct keymap *m, enum action a)
{
	AUTO(buf) text = BUF_INIT;

	for (size_t i = 0; i < m->actions[a].count; i++) {
		if (i)
			buf_addch(&text, ' ');
		buf_addstr(&text, m->actions[a].items[i].name);
	}
	return buf_steal(&text);
}

/* --- keys.yaml ------------------------------------------------------------ */

static bool
unknown(const struct yaml_doc *doc, const struct yaml_node *at,
	const char *what, const char *const *names, size_t count,
	struct err *err)
{
	const char *near = str_nearest(at->text, names, count);

	if (near)
		return yaml_fail(doc, at, err,
				 "unknown %s \"%s\"; did you mean \"%s\"?",
				 what, at->text, near);
	return yaml_fail(doc, at, err,
			 "unknown %s \"%s\"; `agentops` lists "
			 "them under its help key",
			 what, at->text);
}

static enum action
find_action(enum context c, const char *name)
{
	for (int a = 1; a < ACTION_COUNT; a++)
		if (rows[a].context == c && str_eq(rows[a].name, name))
			return (enum action)a;
	return ACTION_NONE;
}

static bool
load_key(const struct yaml_doc *doc, const struct yaml_node *n,
	 struct bindings *b, struct err *err)
{
	if (n->kind != YAML_SCALAR || !n->len)
		return yaml_fail(doc, n, err,
				 "must be a key, or a list of "
				 "keys, such as [C-p, F2]");
	if (!add_key(b, n->text))
		return yaml_fail(doc, n, err,
				 "\"%s\" is no key; write \"a\", "
				 "\"C-a\", \"M-a\", \"F1\", \"S-Tab\" or "
				 "\"PgDn\"",
				 n->text);
	return true;
}

static bool
load_action(const struct yaml_doc *doc, const struct yaml_node *value,
	    struct bindings *b, struct err *err)
{
	b->count = 0;
	b->from = value;
	if (value->kind != YAML_SEQ)
		return load_key(doc, value, b, err);
	for (size_t i = 0; i < value->count; i++)
		if (!load_key(doc, value->items[i], b, err))
			return false;
	return true;
}

static bool
load_context(const struct yaml_doc *doc, const struct yaml_node *key,
	     const struct yaml_node *map, struct bindings *actions,
	     struct err *err)
{
	const char *names[ACTION_COUNT];
	size_t count = 0;
	int c = 0;

	while (c < CONTEXT_COUNT && !str_eq(context_names[c], key->text))
		c++;
	if (c == CONTEXT_COUNT)
		return unknown(doc, key, "context", context_names,
			       ARRAY_LEN(context_names), err);
	if (map->kind != YAML_MAP)
		return yaml_fail(doc, map, err,
				 "%s must be a map from action "
				 "to keys",
				 key->text);
	for (int a = 1; a < ACTION_COUNT; a++)
		if ((int)rows[a].context == c)
			names[count++] = rows[a].name;
	for (size_t i = 0; i < map->count; i++) {
		enum action a =
			find_action((enum context)c, map->keys[i]->text);

		if (a == ACTION_NONE)
			return unknown(doc, map->keys[i], "action", names,
				       count, err);
		if (!load_action(doc, map->items[i], &actions[a], err))
			return false;
	}
	return true;
}

/* Invariant 1, for an action that the file gave keys to. */
static bool
check_action(const struct yaml_doc *doc, const struct bindings *actions, int a,
	     struct err *err)
{
	for (int b = 1; b < ACTION_COUNT; b++) {
		if (b == a || rows[b].context != rows[a].context)
			continue;
		for (size_t i = 0; i < actions[a].count; i++) {
			const struct binding *k = &actions[a].items[i];

			if (!has_key(&actions[b], k->key, k->mods))
				continue;
			return yaml_fail(doc, actions[a].from, err,
					 "\"%s\" would mean both \"%s\" and "
					 "\"%s\" in %s; give one of them "
					 "another key",
					 k->name, rows[a].name, rows[b].name,
					 context_names[rows[a].context]);
		}
	}
	return true;
}

static bool
load_all(const struct yaml_doc *doc, struct bindings *actions, struct err *err)
{
	const struct yaml_node *root = yaml_root(doc);

	if (yaml_type(root) == YAML_NULL)
		return true;
	if (root->kind != YAML_MAP)
		return yaml_fail(doc, root, err,
				 "must be a map from context "
				 "to actions");
	for (size_t i = 0; i < root->count; i++)
		if (!load_context(doc, root->keys[i], root->items[i], actions,
				  err))
			return false;
	for (int a = 1; a < ACTION_COUNT; a++)
		if (actions[a].from && !check_action(doc, actions, a, err))
			return false;
	return true;
}

/* Wherever a file's error is, it is one of the configuration. */
static bool
config_error(struct err *err)
{
	if (err)
		err->code = ERR_CONFIG;
	return false;
}

bool
keymap_load(struct keymap *m, const struct paths *paths, struct err *err)
{
	AUTO_FREE char *path = path_join(paths->config, "keys.yaml");
	AUTO_PTR(yaml_doc) doc = NULL;
	AUTO_PTR(keymap) next = NULL;

	if (!path_exists(path))
		return true;
	doc = yaml_read(path, err);
	if (!doc)
		return config_error(err);
	next = keymap_new();
	for (int a = 1; a < ACTION_COUNT; a++) {
		struct bindings *to = &next->actions[a];

		to->count = 0;
		for (size_t i = 0; i < m->actions[a].count; i++)
			add_key(to, m->actions[a].items[i].name);
	}
	if (!load_all(doc, next->actions, err))
		return config_error(err);
	for (int a = 1; a < ACTION_COUNT; a++) {
		struct bindings old = m->actions[a];

		m->actions[a] = next->actions[a];
		m->actions[a].from = NULL;
		next->actions[a] = old;
	}
	return true;
}
