#include "ui/keys.h"

#include "base/json.h"
#include "ui/key.h"

#include <stdio.h>
#include <string.h>

enum { NAME_WIDTH = 18, KEYS_WIDTH = 16 };

static void
print_json(const struct keymap *m, enum action a)
{
	const struct action_row *row = action_row(a);
	AUTO_FREE char *keys = keymap_keys(m, a);
	char *rest = keys, *key;
	AUTO(buf) b = BUF_INIT;

	buf_addch(&b, '{');
	json_add_key(&b, "context");
	json_add_str(&b, context_name(row->context));
	json_add_key(&b, "action");
	json_add_str(&b, row->name);
	json_add_key(&b, "keys");
	buf_addch(&b, '[');
	while (*keys && (key = strsep(&rest, " "))) {
		if (key != keys)
			buf_addch(&b, ',');
		json_add_str(&b, key);
	}
	buf_addch(&b, ']');
	json_add_key(&b, "help");
	json_add_str(&b, row->help);
	printf("%s}\n", buf_str(&b));
}

static void
print_action(const struct keymap *m, enum action a)
{
	AUTO_FREE char *keys = keymap_keys(m, a);
	AUTO_FREE char *line =
		xasprintf("  %-*s %-*s %s\n", NAME_WIDTH, action_row(a)->name,
			  KEYS_WIDTH, *keys ? keys : "-", action_row(a)->help);

	cli_print(line);
}

/* only: a name of an action or of a context; NULL: all. */
static bool
is_wanted(enum action a, const char *only)
{
	const struct action_row *row = action_row(a);

	return !only || str_eq(only, row->name) ||
	       str_eq(only, context_name(row->context));
}

static bool
check_only(const char *only, struct err *err)
{
	AUTO(strv) names = STRV_INIT;
	const char *near;

	for (enum action a = ACTION_NONE + 1; a < ACTION_COUNT; a++) {
		if (is_wanted(a, only))
			return true;
		strv_add(&names, action_row(a)->name);
	}
	near = str_nearest(only, (const char *const *)names.items,
			   names.count);
	return FAIL(err, ERR_USAGE,
		    "%s: no action or context has this name%s%s%s", only,
		    near ? "; did you mean " : "", near ? near : "",
		    near ? "?" : "; agentops keys lists them");
}

static void
print_context(const struct keymap *m, enum context c, bool json,
	      const char *only)
{
	bool first = true;

	for (enum action a = ACTION_NONE + 1; a < ACTION_COUNT; a++) {
		if (action_row(a)->context != c || !is_wanted(a, only))
			continue;
		if (first && !json)
			printf("%s: %s\n", context_name(c), context_help(c));
		first = false;
		if (json)
			print_json(m, a);
		else
			print_action(m, a);
	}
}

int
keys_main(struct cli *c)
{
	AUTO_PTR(keymap) m = keymap_new();
	const char *only = c->arg_count ? c->args[0] : NULL;
	struct err err = ERR_INIT;

	if (c->arg_count > 1)
		return cli_usage(c, "keys takes one action, or nothing");
	if (only && !check_only(only, &err))
		return cli_fail(c, &err);
	if (!cli_paths(c, &err) || !keymap_load(m, &c->paths, &err))
		return cli_fail(c, &err);
	for (int i = 0; i < CONTEXT_COUNT; i++)
		print_context(m, (enum context)i, c->json, only);
	return 0;
}
