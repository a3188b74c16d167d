#include "test.h"

#include "base/str.h"
#include "ui/key.h"

static struct input
typed(const char *name)
{
	struct input in = { .kind = INPUT_KEY };

	if (!key_parse(name, &in.key, &in.mods))
		fail_msg("\"%s\" is no key", name);
	return in;
}

/* Each row of actions.def: a name of its own, help, and keys that mean one
 * thing in one context. */
static void
every_row(void **state)
{
	struct keymap *m = keymap_new();

	(void)state;
	for (int a = 1; a < ACTION_COUNT; a++) {
		const struct action_row *row = action_row((enum action)a);
		AUTO_FREE char *keys = keymap_keys(m, (enum action)a);
		AUTO_FREE char *rest = xstrdup(row->keys);
		char *at = rest, *word;

		if (!*row->name || !*row->help || str_ends(row->help, ".") ||
		    strchr(row->help, '\n'))
			fail_msg("action \"%s\": name or help", row->name);
		/* As written is as shown. */
		assert_string_equal(keys, row->keys);
		assert_true(str_starts(keys, keymap_key(m, (enum action)a)));
		while ((word = strsep(&at, " "))) {
			struct input in = typed(word);
			enum action found =
				keymap_find_in(m, row->context, &in);

			if ((int)found != a)
				fail_msg("\"%s\" in %s means %s and %s", word,
					 context_name(row->context), row->name,
					 action_row(found)->name);
		}
		for (int b = 1; b < a; b++) {
			const struct action_row *other =
				action_row((enum action)b);

			if (other->context == row->context)
				assert_string_not_equal(other->name, row->name);
		}
	}
	for (int c = 0; c < CONTEXT_COUNT; c++) {
		assert_true(*context_name((enum context)c));
		assert_true(*context_help((enum context)c));
	}
	keymap_free(m);
}

static void
names(void **state)
{
	static const char *const good[] = {
		"a",   "G",      "?",     "-",       "C-p",  "M-x", "C-M-a",
		"C--", "S-Tab",  "Enter", "PgDn",    "F1",   "F12", "Space",
		"Esc", "C-S-Up", "ä",     "M-Enter", "C-\\", "C-_", "C-Space",
		":",   "#",      "S-F5",  "M-C",     "M-S",  "M--",
	};
	static const char *const bad[] = {
		"",  "ab",  "C-", "S-a",  "C-C-a", "enter",    "F13",
		" ", "X-a", "\t", "\xff", "M-",    "C-PgDown", "\302\205",
	};
	static const char *const same[][2] = {
		{ "C-P", "C-p" }, { "C-m", "Enter" },   { "C-i", "Tab" },
		{ "C-[", "Esc" }, { "M-C-a", "C-M-a" }, { "S-C-Up", "C-S-Up" },
	};
	char name[KEY_NAME_SIZE];
	uint32_t key;
	unsigned mods;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct input in = typed(good[i]);

		key_name(in.key, in.mods, name);
		assert_string_equal(name, good[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (key_parse(bad[i], &key, &mods))
			fail_msg("\"%s\" is no key", bad[i]);
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		struct input in = typed(same[i][0]);

		key_name(in.key, in.mods, name);
		assert_string_equal(name, same[i][1]);
	}
	/* Every key with a name. */
	for (key = INPUT_KEY_FIRST + 1; key < INPUT_KEY_END; key++) {
		key_name(key, INPUT_SHIFT, name);
		assert_int_equal(typed(name).key, key);
	}
}

static void
lookup(void **state)
{
	struct keymap *m = keymap_new();
	struct input in = typed("?");

	(void)state;
	assert_int_equal(keymap_find(m, CONTEXT_GATE, &in), ACTION_GLOBAL_HELP);
	assert_int_equal(keymap_find_in(m, CONTEXT_GATE, &in), ACTION_NONE);
	in = typed("a");
	assert_int_equal(keymap_find(m, CONTEXT_GATE, &in),
			 ACTION_GATE_APPROVE);
	assert_int_equal(keymap_find(m, CONTEXT_RUNS, &in), ACTION_NONE);
	in.mods = INPUT_ALT;
	assert_int_equal(keymap_find(m, CONTEXT_GATE, &in), ACTION_NONE);
	in = typed("a");
	in.kind = INPUT_PASTE;
	assert_int_equal(keymap_find(m, CONTEXT_GATE, &in), ACTION_NONE);
	keymap_free(m);
}

static struct paths
paths_at(void **state)
{
	return (struct paths){ .config = *state };
}

static bool
load(struct keymap *m, void **state, const char *text, struct err *err)
{
	struct paths p = paths_at(state);

	test_write(*state, "keys.yaml", text, strlen(text));
	return keymap_load(m, &p, err);
}

static void
rebinding(void **state)
{
	struct keymap *m = keymap_new();
	struct paths p = paths_at(state);
	struct err err = ERR_INIT;
	struct input a = typed("a"), y = typed("y"), f2 = typed("F2");
	struct input ctrl_p = typed("C-p"), q = typed("C-q");

	assert_ok(keymap_load(m, &p, &err), err); /* no file */
	assert_ok(load(m, state, "", &err), err);
	assert_ok(load(m, state,
		       "global: {palette: [C-p, F2], quit: []}\n"
		       "gate: {approve: y}\n",
		       &err),
		  err);
	assert_int_equal(keymap_find(m, CONTEXT_GATE, &y), ACTION_GATE_APPROVE);
	assert_int_equal(keymap_find(m, CONTEXT_GATE, &a), ACTION_NONE);
	assert_int_equal(keymap_find(m, CONTEXT_RUNS, &f2),
			 ACTION_GLOBAL_PALETTE);
	assert_int_equal(keymap_find(m, CONTEXT_RUNS, &ctrl_p),
			 ACTION_GLOBAL_PALETTE);
	assert_int_equal(keymap_find(m, CONTEXT_RUNS, &q), ACTION_NONE);
	assert_string_equal(keymap_key(m, ACTION_GLOBAL_QUIT), "");
	assert_string_equal(keymap_key(m, ACTION_GATE_APPROVE), "y");

	/* Two that change places are no conflict. */
	assert_ok(load(m, state, "gate: {approve: x, reject: a}\n", &err), err);
	assert_int_equal(keymap_find(m, CONTEXT_GATE, &a), ACTION_GATE_REJECT);
	keymap_free(m);
}

static void
errors(void **state)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
		{ "gate: {aprove: y}\n",
		  "keys.yaml:1:8: unknown action \"aprove\"; did you mean "
		  "\"approve\"?" },
		{ "gte: {approve: y}\n",
		  "keys.yaml:1:1: unknown context \"gte\"; did you mean "
		  "\"gate\"?" },
		{ "gate:\n  approve: [y, Hyper-x]\n",
		  "keys.yaml:2:16: \"Hyper-x\" is no key" },
		{ "gate: {approve: x}\n",
		  "keys.yaml:1:17: \"x\" would mean both \"approve\" and "
		  "\"reject\" in gate" },
		{ "gate: {approve: z, reject: z}\n", "would mean both" },
		{ "gate: {approve: {y: 1}}\n", "must be a key" },
		{ "gate: {approve: ''}\n", "must be a key" },
		{ "gate: [approve]\n", "must be a map" },
		{ "- gate\n", "must be a map" },
		{ "gate: {approve: y\n", "keys.yaml:" },
	};
	struct keymap *m = keymap_new();
	struct input a = typed("a");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;

		if (load(m, state, rows[i].text, &err))
			fail_msg("row %zu was taken", i);
		if (!strstr(err.msg, rows[i].words))
			fail_msg("row %zu: \"%s\"", i, err.msg);
		/* Nothing of it is in force. */
		assert_int_equal(keymap_find(m, CONTEXT_GATE, &a),
				 ACTION_GATE_APPROVE);
	}
	keymap_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
		cmocka_unit_test(names),
		cmocka_unit_test(lookup),
		dir_test(rebinding),
		dir_test(errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
