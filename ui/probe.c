#include "ui/probe.h"

#include "base/mem.h"
#include "base/str.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Saved and restored around: cursor and attributes, for the SGR in it. */
#define BEGIN "\0337"
#define KITTY "\033_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\033\\"
#define COMMON \
	"\033[>q"                        /* XTVERSION */ \
	"\033[?2026$p"                   /* DECRQM: synchronized update */ \
	"\033[14t\033[16t"               /* text area and cell, pixels */ \
	"\033[?1;1;0S\033[?2;4;0S"       /* XTSMGRAPHICS: sixel */ \
	"\033]11;?\033\\"                /* background */ \
	"\033[38;2;1;2;3m\033P$qm\033\\" /* DECRQSS of a direct colour */
#define ITERM "\033]1337;ReportCellSize\033\\"
#define END \
	"\033[m\0338" \
	"\033[c" /* DA1 */

const char probe_question[] = BEGIN KITTY COMMON ITERM END;
/* tmux takes an APC for a title, and draws no pictures by itself. */
const char probe_question_multiplexer[] = BEGIN COMMON END;

/* Which protocol is preferred when a terminal has several. */
static const int ranks[] = {
	[PICTURE_NONE] = 0,  [PICTURE_SYMBOLS] = 1, [PICTURE_ITERM] = 2,
	[PICTURE_SIXEL] = 3, [PICTURE_KITTY] = 4,
};

static bool
raise_picture(struct term_caps *caps, enum picture_mode mode)
{
	if (caps->multiplexer || ranks[mode] <= ranks[caps->picture])
		return false;
	caps->picture = mode;
	return true;
}

/* --- environment ---------------------------------------------------------- */

static bool
says_utf8(const char *locale)
{
	return strcasestr(locale, "utf-8") || strcasestr(locale, "utf8");
}

static bool
any_starts(const char *s, const char *const *prefixes)
{
	for (; *prefixes; prefixes++)
		if (str_starts(s, *prefixes))
			return true;
	return false;
}

static enum term_colours
environment_colours(const char *term, const char *colorterm)
{
	if (str_eq(term, "dumb") || str_empty(term))
		return TERM_MONO;
	if (str_eq(colorterm, "truecolor") || str_eq(colorterm, "24bit") ||
	    str_ends(term, "-direct"))
		return TERM_DIRECT;
	if (str_starts(term, "linux"))
		return TERM_8;
	if (strstr(term, "256color") || str_starts(term, "xterm-kitty"))
		return TERM_256;
	return TERM_8;
}

void
probe_environment(const char *(*get)(void *ud, const char *name), void *ud,
		  struct term_caps *ret)
{
	static const char *const multiplexers[] = { "tmux", "screen", NULL };
	static const char *const legacy[] = { "xterm-kitty", "foot", NULL };
	static const char *const locales[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *term = get(ud, "TERM");
	const char *program = get(ud, "TERM_PROGRAM");
	const char *locale = NULL;

	term = term ? term : "";
	*ret = (struct term_caps){ .cell_width = 8,
				   .cell_height = 16,
				   .background = COLOUR_DEFAULT };
	for (size_t i = 0; i < ARRAY_LEN(locales) && str_empty(locale); i++)
		locale = get(ud, locales[i]);
	ret->utf8 = locale && says_utf8(locale);
	ret->colours = environment_colours(term, get(ud, "COLORTERM"));
	ret->multiplexer = any_starts(term, multiplexers) ||
			   !str_empty(get(ud, "TMUX")) ||
			   !str_empty(get(ud, "STY"));
	ret->picture = ret->utf8 && !str_eq(term, "dumb") ? PICTURE_SYMBOLS :
							    PICTURE_NONE;
	ret->extended_symbols = ret->utf8 && any_starts(term, legacy);
	if (str_starts(term, "xterm-kitty"))
		raise_picture(ret, PICTURE_KITTY);
	if (str_eq(program, "iTerm.app") || str_eq(program, "WezTerm") ||
	    str_eq(get(ud, "LC_TERMINAL"), "iTerm2"))
		raise_picture(ret, PICTURE_ITERM);
}

bool
probe_allowed(const char *term)
{
	static const char *const mute[] = { "dumb",  "linux", "vt100",
					    "vt102", "ansi",  "cons",
					    "sun",   "wy",    NULL };

	return !str_empty(term) && !any_starts(term, mute);
}

/* --- replies -------------------------------------------------------------- */

enum { NUMBERS_MAX = 32 };

/* Numbers separated by ";", up to a "$"; -1 for a missing one. None when
 * there is anything else. */
static int
numbers(const char *s, size_t len, int *ret)
{
	int count = 0, value = -1;

	for (size_t i = 0; i <= len && count < NUMBERS_MAX; i++) {
		if (i < len && isdigit((unsigned char)s[i])) {
			if (value < 1000000)
				value = (value < 0 ? 0 : value) * 10 +
					(s[i] - '0');
		} else if (i == len || s[i] == ';') {
			ret[count++] = value;
			value = -1;
		} else if (s[i] != '$') {
			return 0;
		}
	}
	return count;
}

static bool
set_size(int *w, int *h, int width, int height)
{
	enum { PIXELS_MAX = 100000 };

	if (width <= 0 || height <= 0 || width > PIXELS_MAX ||
	    height > PIXELS_MAX || (*w == width && *h == height))
		return false;
	*w = width;
	*h = height;
	return true;
}

/* CSI ? numbers final */
static bool
reply_private(struct term_caps *caps, const char *s, size_t len, bool *ret_done)
{
	int n[NUMBERS_MAX];
	int count = numbers(s, len - 1, n);
	char final = s[len - 1];

	if (final == 'c') {
		*ret_done = true;
		for (int i = 1; i < count; i++)
			if (n[i] == 4)
				return raise_picture(caps, PICTURE_SIXEL);
	} else if (final == 'y' && count >= 2 && n[0] == 2026) {
		bool sync = n[1] >= 1 && n[1] <= 3;
		bool changed = sync != caps->sync;

		caps->sync = sync;
		return changed;
	} else if (final == 'S' && count >= 4 && n[0] == 2 && n[1] == 0) {
		return set_size(&caps->sixel_width, &caps->sixel_height, n[2],
				n[3]);
	}
	return false;
}

/* CSI 4 ; height ; width t, CSI 6 ; height ; width t */
static bool
reply_window(struct term_caps *caps, const char *s, size_t len)
{
	int n[NUMBERS_MAX];

	if (numbers(s, len - 1, n) < 3)
		return false;
	if (n[0] == 4)
		return set_size(&caps->area_width, &caps->area_height, n[2],
				n[1]);
	if (n[0] == 6)
		return set_size(&caps->told_width, &caps->told_height, n[2],
				n[1]);
	return false;
}

/* The SGR that DECRQSS tells: does it end in our 1, 2, 3? */
static bool
reply_sgr(struct term_caps *caps, const char *s, size_t len)
{
	char plain[64];
	size_t n = 0;
	bool direct;

	for (size_t i = 0; i < len && n < sizeof(plain) - 1; i++) {
		char c = s[i] == ':' ? ';' : s[i];

		/* The colour space may be there, and empty. */
		if (c == ';' && n && plain[n - 1] == ';')
			continue;
		plain[n++] = c;
	}
	plain[n] = '\0';
	direct = strstr(plain, "38;2;1;2;3") != NULL;
	if (!direct || caps->colours == TERM_DIRECT)
		return false;
	caps->colours = TERM_DIRECT;
	return true;
}

static bool
reply_name(struct term_caps *caps, const char *s, size_t len)
{
	char name[sizeof(caps->name)];
	size_t n = 0;

	for (size_t i = 0; i < len && n < sizeof(name) - 1; i++)
		if (s[i] >= ' ' && s[i] <= '~')
			name[n++] = s[i];
	name[n] = '\0';
	if (str_eq(name, caps->name))
		return false;
	memcpy(caps->name, name, n + 1);
	if (caps->utf8 &&
	    (str_starts(name, "kitty") || str_starts(name, "foot")))
		caps->extended_symbols = true;
	return true;
}

/* One to four hexadecimal digits, scaled to eight bits; -1 when none. */
static int
colour_part(const char **s, const char *end)
{
	int value = 0, digits = 0;

	for (; *s < end && digits < 4 && isxdigit((unsigned char)**s); ++*s) {
		char c = (char)tolower((unsigned char)**s);

		value = value * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
		digits++;
	}
	if (!digits)
		return -1;
	return value * 255 / ((1 << (4 * digits)) - 1);
}

/* "rgb:ffff/ffff/ffff", with 1 to 4 digits each; rgba: has one more. */
static bool
reply_background(struct term_caps *caps, const char *s, size_t len)
{
	const char *end = s + len;
	int rgb[3];
	int32_t colour;

	if (len < 5 || memcmp(s, "rgb", 3) != 0)
		return false;
	s += s[3] == 'a' ? 4 : 3;
	for (int i = 0; i < 3; i++) {
		if (s >= end || *s != (i ? '/' : ':'))
			return false;
		s++;
		rgb[i] = colour_part(&s, end);
		if (rgb[i] < 0)
			return false;
	}
	colour = COLOUR_RGB(rgb[0] << 16 | rgb[1] << 8 | rgb[2]);
	if (colour == caps->background)
		return false;
	caps->background = colour;
	return true;
}

/* "ReportCellSize=height;width;scale", in points with a scale. */
static bool
reply_iterm(struct term_caps *caps, const char *s, size_t len)
{
	AUTO_FREE char *text = xstrndup(s, len);
	double height = 0, width = 0, scale = 1;
	bool changed = raise_picture(caps, PICTURE_ITERM);

	if (sscanf(text, "%lf;%lf;%lf", &height, &width, &scale) < 2 ||
	    caps->told_width || !(height > 0 && height < 1000) ||
	    !(width > 0 && width < 1000) || !(scale > 0 && scale < 100))
		return changed;
	return set_size(&caps->told_width, &caps->told_height,
			(int)(width * scale + .5),
			(int)(height * scale + .5)) ||
	       changed;
}

static bool
starts(const char *s, size_t len, const char *prefix, const char **ret_rest,
       size_t *ret_len)
{
	size_t n = strlen(prefix);

	if (len < n || memcmp(s, prefix, n) != 0)
		return false;
	*ret_rest = s + n;
	*ret_len = len - n;
	return true;
}

bool
probe_reply(struct term_caps *caps, const char *reply, size_t len,
	    bool *ret_done)
{
	const char *s;
	size_t n;

	*ret_done = false;
	if (len >= 2 && reply[len - 2] == '\033' && reply[len - 1] == '\\')
		len -= 2;
	else if (len && reply[len - 1] == '\a')
		len--;
	if (starts(reply, len, "\033[?", &s, &n))
		return n && reply_private(caps, s, n, ret_done);
	if (starts(reply, len, "\033[", &s, &n))
		return n && s[n - 1] == 't' && reply_window(caps, s, n);
	if (starts(reply, len, "\033_Gi=31;", &s, &n))
		return n == 2 && memcmp(s, "OK", 2) == 0 &&
		       raise_picture(caps, PICTURE_KITTY);
	if (starts(reply, len, "\033P>|", &s, &n))
		return reply_name(caps, s, n);
	if (starts(reply, len, "\033P1$r", &s, &n))
		return reply_sgr(caps, s, n);
	if (starts(reply, len, "\033]11;", &s, &n))
		return reply_background(caps, s, n);
	if (starts(reply, len, "\033]1337;ReportCellSize=", &s, &n))
		return reply_iterm(caps, s, n);
	return false;
}
