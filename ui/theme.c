#include "ui/theme.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *const role_names[] = {
#define X(id, name, help) name,
	ROLES(X)
#undef X
};

/* In the order of their numbers. */
static const char *const colour_names[] = {
	"black",        "red",
	"green",        "yellow",
	"blue",         "magenta",
	"cyan",         "white",
	"bright-black", "bright-red",
	"bright-green", "bright-yellow",
	"bright-blue",  "bright-magenta",
	"bright-cyan",  "bright-white",
};

static const struct {
	const char *name;
	uint16_t attr;
} attributes[] = {
	{ "bold", STYLE_BOLD },       { "dim", STYLE_DIM },
	{ "italic", STYLE_ITALIC },   { "underline", STYLE_UNDERLINE },
	{ "reverse", STYLE_REVERSE }, { "strike", STYLE_STRIKE },
};

static const uint16_t plain_attrs[ROLE_COUNT] = {
	[ROLE_DIM] = STYLE_DIM,
	[ROLE_STRONG] = STYLE_BOLD,
	[ROLE_HEADING] = STYLE_BOLD | STYLE_UNDERLINE,
	[ROLE_BAR] = STYLE_REVERSE,
	[ROLE_BORDER] = STYLE_DIM,
	[ROLE_BORDER_FOCUS] = STYLE_BOLD,
	[ROLE_KEY] = STYLE_BOLD,
	[ROLE_SELECTED] = STYLE_REVERSE,
	[ROLE_MATCH] = STYLE_BOLD | STYLE_UNDERLINE,
	[ROLE_BAD] = STYLE_BOLD,
	[ROLE_WARN] = STYLE_BOLD,
	[ROLE_RUN] = STYLE_BOLD,
	[ROLE_GATE] = STYLE_BOLD | STYLE_REVERSE,
	[ROLE_LINK] = STYLE_UNDERLINE,
	[ROLE_ADDED] = STYLE_BOLD,
	[ROLE_REMOVED] = STYLE_DIM,
};

/* themes/dark.yaml: most people start with it, so it needs no parser.
 * test_theme compares the two. */
static const struct style dark[ROLE_COUNT] = {
	[ROLE_TEXT] = { COLOUR_DEFAULT, COLOUR_DEFAULT, 0 },
	[ROLE_DIM] = { COLOUR_RGB(0x8a919e), COLOUR_DEFAULT, 0 },
	[ROLE_STRONG] = { COLOUR_DEFAULT, COLOUR_DEFAULT, STYLE_BOLD },
	[ROLE_HEADING] = { COLOUR_RGB(0x82aaff), COLOUR_DEFAULT, STYLE_BOLD },
	[ROLE_BAR] = { COLOUR_RGB(0xd8dee9), COLOUR_RGB(0x2c3444), 0 },
	[ROLE_BORDER] = { COLOUR_RGB(0x566070), COLOUR_DEFAULT, 0 },
	[ROLE_BORDER_FOCUS] = { COLOUR_RGB(0x82aaff), COLOUR_DEFAULT, 0 },
	[ROLE_KEY] = { COLOUR_RGB(0xffcb6b), COLOUR_DEFAULT, STYLE_BOLD },
	[ROLE_SELECTED] = { COLOUR_RGB(0xffffff), COLOUR_RGB(0x2f4a75), 0 },
	[ROLE_MATCH] = { COLOUR_RGB(0x1a1d23), COLOUR_RGB(0xffcb6b), 0 },
	[ROLE_GOOD] = { COLOUR_RGB(0x8fd46a), COLOUR_DEFAULT, 0 },
	[ROLE_BAD] = { COLOUR_RGB(0xff7b85), COLOUR_DEFAULT, STYLE_BOLD },
	[ROLE_WARN] = { COLOUR_RGB(0xffcb6b), COLOUR_DEFAULT, 0 },
	[ROLE_RUN] = { COLOUR_RGB(0x6fd3e3), COLOUR_DEFAULT, 0 },
	[ROLE_GATE] = { COLOUR_RGB(0x1a1d23), COLOUR_RGB(0xffb454),
			STYLE_BOLD },
	[ROLE_LINK] = { COLOUR_RGB(0x82aaff), COLOUR_DEFAULT, STYLE_UNDERLINE },
	[ROLE_CODE] = { COLOUR_RGB(0xc3a6ff), COLOUR_DEFAULT, 0 },
	[ROLE_INPUT] = { COLOUR_RGB(0xffffff), COLOUR_DEFAULT, 0 },
	[ROLE_ADDED] = { COLOUR_RGB(0x8fd46a), COLOUR_DEFAULT, 0 },
	[ROLE_REMOVED] = { COLOUR_RGB(0xff7b85), COLOUR_DEFAULT, 0 },
};

void
theme_init_plain(struct theme *t)
{
	t->name = xstrdup("plain");
	for (int r = 0; r < ROLE_COUNT; r++)
		t->roles[r] = (struct style){ COLOUR_DEFAULT, COLOUR_DEFAULT,
					      plain_attrs[r] };
}

void
theme_release(struct theme *t)
{
	free(t->name);
	t->name = NULL;
}

static bool
parse_hex(const char *s, int32_t *ret)
{
	unsigned long rgb;

	if (strlen(s) != 7)
		return false;
	for (int i = 1; i < 7; i++)
		if (!isxdigit((unsigned char)s[i]))
			return false;
	rgb = strtoul(s + 1, NULL, 16);
	*ret = COLOUR_RGB((int32_t)rgb);
	return true;
}

static bool
load_colour(const struct yaml_doc *doc, const struct yaml_node *n, int32_t *ret,
	    struct err *err)
{
	const char *s = yaml_str(n);
	int64_t index;

	if (!s)
		return yaml_fail(doc, n, err, "must be a colour");
	if (str_eq(s, "default")) {
		*ret = COLOUR_DEFAULT;
		return true;
	}
	if (*s == '#' && parse_hex(s, ret))
		return true;
	if (str_to_i64(s, 0, 255, &index)) {
		*ret = (int32_t)index;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(colour_names); i++)
		if (str_eq(s, colour_names[i])) {
			*ret = (int32_t)i;
			return true;
		}
	if (str_nearest(s, colour_names, ARRAY_LEN(colour_names)))
		return yaml_fail(doc, n, err,
				 "\"%s\" is no colour; did you mean \"%s\"?", s,
				 str_nearest(s, colour_names,
					     ARRAY_LEN(colour_names)));
	return yaml_fail(doc, n, err,
			 "\"%s\" is no colour; write "
			 "\"#rrggbb\", 0 to 255, default, or a name such as "
			 "bright-blue",
			 s);
}

static bool
load_attribute(const struct yaml_doc *doc, const struct yaml_node *key,
	       const struct yaml_node *value, struct style *ret,
	       struct err *err)
{
	static const char *const names[] = { "fg",      "bg",     "bold",
					     "dim",     "italic", "underline",
					     "reverse", "strike" };
	const char *near;

	for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
		if (!str_eq(key->text, attributes[i].name))
			continue;
		if (yaml_type(value) != YAML_BOOL)
			return yaml_fail(doc, value, err,
					 "%s must be true or false", key->text);
		if (*value->text == 't' || *value->text == 'T')
			ret->attrs |= attributes[i].attr;
		return true;
	}
	near = str_nearest(key->text, names, ARRAY_LEN(names));
	return yaml_fail(doc, key, err, "unknown key \"%s\"; %s%s%s", key->text,
			 near ? "did you mean \"" :
				"a style has fg, bg, "
				"bold, dim, italic, "
				"underline, reverse, "
				"strike",
			 near ? near : "", near ? "\"?" : "");
}

/* What it does not say is the colour of base. */
static bool
load_style(const struct yaml_doc *doc, const struct yaml_node *n,
	   struct style base, struct style *ret, struct err *err)
{
	struct style st = { base.fg, base.bg, 0 };

	if (n->kind != YAML_MAP)
		return yaml_fail(doc, n, err,
				 "must be a style such as {fg: green}");
	for (size_t i = 0; i < n->count; i++) {
		const struct yaml_node *key = n->keys[i];
		const struct yaml_node *value = n->items[i];
		bool ok = str_eq(key->text, "fg") ?
				  load_colour(doc, value, &st.fg, err) :
			  str_eq(key->text, "bg") ?
				  load_colour(doc, value, &st.bg, err) :
				  load_attribute(doc, key, value, &st, err);

		if (!ok)
			return false;
	}
	/* Somebody must be able to read it. */
	if (st.fg == st.bg && st.fg != COLOUR_DEFAULT)
		return yaml_fail(doc, n, err, "fg and bg are the same colour");
	*ret = st;
	return true;
}

static int
find_role(const char *name)
{
	for (int r = 0; r < ROLE_COUNT; r++)
		if (str_eq(name, role_names[r]))
			return r;
	return ROLE_COUNT;
}

static bool
load_roles(const struct yaml_doc *doc, struct style *roles, struct err *err)
{
	const struct yaml_node *root = yaml_root(doc);
	const struct yaml_node *text = yaml_get(root, "text");
	struct style base = { COLOUR_DEFAULT, COLOUR_DEFAULT, 0 };

	if (root->kind != YAML_MAP)
		return yaml_fail(doc, root, err,
				 "must be a map from role to style");
	if (text && !load_style(doc, text, base, &base, err))
		return false;
	for (int r = 0; r < ROLE_COUNT; r++)
		roles[r] = base;
	for (size_t i = 0; i < root->count; i++) {
		const struct yaml_node *key = root->keys[i];
		int r = find_role(key->text);

		if (str_eq(key->text, "name"))
			continue;
		if (r == ROLE_COUNT) {
			const char *near =
				str_nearest(key->text, role_names, ROLE_COUNT);

			return yaml_fail(doc, key, err,
					 "unknown role \"%s\"%s%s%s", key->text,
					 near ? "; did you mean \"" : "",
					 near ? near : "", near ? "\"?" : "");
		}
		if (!load_style(doc, root->items[i], base, &roles[r], err))
			return false;
	}
	return true;
}

/* $CONFIG/themes/NAME.yaml; NULL when it is not there. Caller frees. */
static char *
find_own(const struct paths *paths, const char *name)
{
	AUTO_FREE char *own =
		xasprintf("%s/themes/%s.yaml", paths->config, name);

	return path_exists(own) ? TAKE(own) : NULL;
}

static char *
find_shipped(const char *name)
{
	AUTO_FREE char *file = xasprintf("%s.yaml", name);
	AUTO_FREE char *folder = path_shipped("themes");
	AUTO_FREE char *shipped = path_join(folder, file);

	return path_exists(shipped) ? TAKE(shipped) : NULL;
}

bool
theme_load(const struct paths *paths, const char *name, struct theme *ret,
	   struct err *err)
{
	AUTO_PTR(yaml_doc) doc = NULL;
	AUTO_FREE char *path = NULL;
	struct theme t = { 0 };

	if (str_empty(name) || strchr(name, '/') || *name == '.')
		return FAIL(err, ERR_CONFIG,
			    "theme \"%s\": a theme has a "
			    "name, not a path",
			    name ? name : "");
	path = find_own(paths, name);
	if (!path && str_eq(name, "dark")) {
		ret->name = xstrdup(name);
		memcpy(ret->roles, dark, sizeof(dark));
		return true;
	}
	if (!path)
		path = find_shipped(name);
	if (!path)
		return FAIL(err, ERR_CONFIG,
			    "theme \"%s\": there is none; "
			    "take dark, light, contrast, 16 or none, or "
			    "write %s/themes/%s.yaml",
			    name, paths->config, name);
	doc = yaml_read(path, err);
	if (!doc || !load_roles(doc, t.roles, err)) {
		if (err)
			err->code = ERR_CONFIG;
		return false;
	}
	t.name = xstrdup(name);
	*ret = t;
	return true;
}
