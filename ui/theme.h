/*
 * theme.h - the style of every role, from data files.
 *
 * Shipped themes: dark, light, contrast, 16, none, in themes/NAME.yaml below
 * path_shipped("themes"); the user's own in $CONFIG/themes/NAME.yaml, which
 * hide shipped ones of the same name. dark is also built in. A file is a map
 * from role to style:
 *
 *	name: dark
 *	text: {}                          # the terminal's own colours
 *	good: {fg: "#7fd962", bold: true}
 *	selected: {bg: 24, fg: bright-white}
 *
 * fg, bg: "#rrggbb", 0 to 255, "default", or one of the sixteen names of
 * ECMA-48 as xterm has them (black red green yellow blue magenta cyan white,
 * bright-...). A role that a file leaves out is as in `text`, and so is a colour
 * that a style leaves out. fg and bg must differ. Every error names file, line and column; unknown keys say "did you mean".
 */
#ifndef AGENTOPS_UI_THEME_H
#define AGENTOPS_UI_THEME_H

#include "base/err.h"
#include "base/path.h"
#include "ui/style.h"

struct theme {
	char *name;
	struct style roles[ROLE_COUNT];
};

/* Everything in the terminal's own colours, told apart by bold, underline
 * and reverse: what NO_COLOR and a terminal without colours get. */
void theme_init_plain(struct theme *t);
bool theme_load(const struct paths *paths, const char *name,
		struct theme *ret, struct err *err);
void theme_release(struct theme *t);

static inline struct style
theme_style(const struct theme *t, enum role r)
{
	return t->roles[r];
}

#endif
