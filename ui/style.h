/*
 * style.h - how a cell looks: colours, attributes, and the roles that a
 * theme gives them to.
 *
 * A view never names a colour. It asks the theme for the style of a role:
 *
 *	frame_text(f, r, 0, 0, "done", theme_style(app->theme, ROLE_GOOD));
 *
 * Colours carry no meaning alone: a glyph or a word says the same.
 */
#ifndef AGENTOPS_UI_STYLE_H
#define AGENTOPS_UI_STYLE_H

#include <stdint.h>

/*
 * A colour is COLOUR_DEFAULT (the terminal's own), an index into the 256
 * colours of xterm (0 to 255), or COLOUR_RGB(0xRRGGBB). The terminal layer
 * turns each into what the terminal has.
 */
#define COLOUR_DEFAULT (-1)
#define COLOUR_RGB_BIT 0x01000000
#define COLOUR_RGB(rgb) ((int32_t)(COLOUR_RGB_BIT | (rgb)))

enum style_attrs {
	STYLE_BOLD = 1 << 0,
	STYLE_DIM = 1 << 1,
	STYLE_ITALIC = 1 << 2,
	STYLE_UNDERLINE = 1 << 3,
	STYLE_REVERSE = 1 << 4,
	STYLE_STRIKE = 1 << 5,
	STYLE_PICTURE = 1 << 15, /* a picture's cell (frame_picture) until
				    something else is drawn there */
};

struct style {
	int32_t fg, bg;
	uint16_t attrs;
};

/* id, name in theme files, what it is for */
#define ROLES(X) \
	X(ROLE_TEXT, "text", "ordinary text") \
	X(ROLE_DIM, "dim", "what matters less: hints, times, help") \
	X(ROLE_STRONG, "strong", "titles and names") \
	X(ROLE_HEADING, "heading", "headings of Markdown and of phases") \
	X(ROLE_BAR, "bar", "the title line and the status line") \
	X(ROLE_BORDER, "border", "frames of panes") \
	X(ROLE_BORDER_FOCUS, "border_focus", "frame of the pane with focus") \
	X(ROLE_KEY, "key", "a key that can be pressed") \
	X(ROLE_SELECTED, "selected", "the chosen row") \
	X(ROLE_MATCH, "match", "what a filter or search found") \
	X(ROLE_GOOD, "good", "done, passed, approved") \
	X(ROLE_BAD, "bad", "failed, rejected, refused") \
	X(ROLE_WARN, "warn", "needs a look: findings, retries, sandbox off") \
	X(ROLE_RUN, "run", "under way") \
	X(ROLE_GATE, "gate", "a gate that waits for a person") \
	X(ROLE_LINK, "link", "paths and links") \
	X(ROLE_CODE, "code", "code and commands") \
	X(ROLE_INPUT, "input", "what a person types") \
	X(ROLE_ADDED, "added", "lines that are new in a comparison") \
	X(ROLE_REMOVED, "removed", "lines that are gone in a comparison")

enum role {
#define X(id, name, help) id,
	ROLES(X)
#undef X
	ROLE_COUNT
};

#endif
