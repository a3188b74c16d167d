/*
 * key.h - actions and the keys that call them: one table, actions.def.
 *
 * A key means an action in a context. Contexts nest: what the focused view
 * does not know is looked up in CONTEXT_GLOBAL. Text fields take printable
 * characters before any key is looked up.
 *
 * Keys are written as in help and in configuration: "a", "G", "?", "C-p"
 * (Ctrl), "M-x" (Alt), "S-Tab" (Shift, only with named keys), "Enter",
 * "PgDn", "F1", "Space".
 *
 * The user's $CONFIG/keys.yaml rebinds:
 *
 *	global: {palette: [C-p, F2]}
 *	gate: {approve: y}
 *
 * A list replaces all keys of the action; [] takes them away. Unknown
 * contexts, actions and keys, and a key that would mean two things in one
 * context, are errors with file, line and column; the built-in keys stay in
 * force then.
 */
#ifndef AGENTOPS_UI_KEY_H
#define AGENTOPS_UI_KEY_H

#include "base/err.h"
#include "base/path.h"
#include "ui/input.h"

/* id, name, help */
#define CONTEXTS(X) \
	X(GLOBAL, "global", "everywhere") \
	X(PROMPT, "prompt", "in the prompt line and text fields") \
	X(MAIN, "main", "on the main screen") \
	X(LIST, "list", "in every list and text") \
	X(GATE, "gate", "at an open gate") \
	X(RUNS, "runs", "in the list of runs") \
	X(INBOX, "inbox", "in the gate inbox") \
	X(PATTERNS, "patterns", "in the pattern browser") \
	X(ARTIFACT, "artifact", "in the artifact view") \
	X(DEPLOY, "deploy", "where a deployment is shown") \
	X(FORM, "form", "in a form") \
	X(DIALOG, "dialog", "in a question")

enum context {
#define X(id, name, help) CONTEXT_##id,
	CONTEXTS(X)
#undef X
	CONTEXT_COUNT
};

enum action {
	ACTION_NONE,
#define ACTION(context, id, name, keys, help) ACTION_##context##_##id,
#include "ui/actions.def"
#undef ACTION
	ACTION_COUNT
};

struct action_row {
	enum context context;
	const char *name;  /* "approve": in keys.yaml and the palette */
	const char *keys;  /* built in, separated by blanks */
	const char *help;  /* one line, no full stop */
};

/* a > ACTION_NONE. */
const struct action_row *action_row(enum action a);
const char *context_name(enum context c);
const char *context_help(enum context c);

struct keymap;

struct keymap *keymap_new(void); /* the built-in keys */
void keymap_free(struct keymap *m);
DEFINE_AUTO_PTR(keymap);
/* Applies $CONFIG/keys.yaml when there is one; on failure m is unchanged. */
bool keymap_load(struct keymap *m, const struct paths *paths,
		 struct err *err);
/* The action of a key in a context, or in CONTEXT_GLOBAL; ACTION_NONE. */
enum action keymap_find(const struct keymap *m, enum context c,
			const struct input *in);
/* The same in this context alone. */
enum action keymap_find_in(const struct keymap *m, enum context c,
			   const struct input *in);
/* The first key of an action as text ("C-p"), "" when it has none. Valid
 * until the map changes. */
const char *keymap_key(const struct keymap *m, enum action a);
/* All keys of an action, separated by blanks; caller frees. */
char *keymap_keys(const struct keymap *m, enum action a);

/* "C-p" to key and mods; false when it is no key. */
bool key_parse(const char *name, uint32_t *ret_key, unsigned *ret_mods);
/* The other way; ret has KEY_NAME_SIZE bytes. */
enum { KEY_NAME_SIZE = 24 };
void key_name(uint32_t key, unsigned mods, char *ret);

#endif
