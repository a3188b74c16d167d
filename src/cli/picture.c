#include "cli/picture.h"

#include "media/png.h"
#include "media/symbols.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int
size_from(const char *variable, int fallback)
{
	const char *text = getenv(variable);
	int64_t n;

	if (text && str_to_i64(text, 1, SYMBOLS_SIDE_LIMIT, &n))
		return (int)n;
	return fallback;
}

static int
at_most(int n, int limit)
{
	return n < limit ? n : limit;
}

static void
fit_terminal(struct symbols_options *o)
{
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) != 0 || w.ws_col == 0 ||
	    w.ws_row == 0) {
		o->columns = size_from("COLUMNS", 80);
		o->rows = size_from("LINES", 24);
		return;
	}
	o->columns = at_most(w.ws_col, SYMBOLS_SIDE_LIMIT);
	o->rows = at_most(w.ws_row > 1 ? w.ws_row - 1 : 1, SYMBOLS_SIDE_LIMIT);
	if (w.ws_xpixel > 0 && w.ws_ypixel > 0)
		o->cell_aspect = ((double)w.ws_xpixel / w.ws_col) /
				 ((double)w.ws_ypixel / w.ws_row);
}

static enum symbols_colours
choose_colours(void)
{
	const char *depth = getenv("COLORTERM");

	if (!str_empty(getenv("NO_COLOR")) || str_eq(getenv("TERM"), "dumb"))
		return SYMBOLS_MONO;
	if (str_eq(depth, "truecolor") || str_eq(depth, "24bit"))
		return SYMBOLS_TRUE;
	return SYMBOLS_256;
}

/* base is 38 for the foreground, 48 for the background. */
static void
add_colour(struct buf *out, int base, enum symbols_colours colours, int32_t v)
{
	buf_addstr(out, "\033[");
	buf_addint(out, base);
	if (colours == SYMBOLS_TRUE) {
		buf_addstr(out, ";2;");
		buf_addint(out, v >> 16);
		buf_addch(out, ';');
		buf_addint(out, v >> 8 & 255);
		buf_addch(out, ';');
		buf_addint(out, v & 255);
	} else {
		buf_addstr(out, ";5;");
		buf_addint(out, v);
	}
	buf_addch(out, 'm');
}

static void
add_line(struct buf *out, const struct symbols_cell *cells, int columns,
	 enum symbols_colours colours)
{
	int32_t fg = SYMBOLS_DEFAULT, bg = SYMBOLS_DEFAULT;

	for (int x = 0; x < columns; x++) {
		const struct symbols_cell *cell = &cells[x];

		if (cell->fg != fg && cell->fg != cell->bg) {
			fg = cell->fg;
			add_colour(out, 38, colours, fg);
		}
		if (cell->bg != bg) {
			bg = cell->bg;
			add_colour(out, 48, colours, bg);
		}
		/* One colour alone is that of the background. */
		buf_addstr(out,
			   colours != SYMBOLS_MONO && cell->fg == cell->bg ?
				   " " :
				   cell->text);
	}
	buf_addstr(out, colours == SYMBOLS_MONO ? "\n" : "\033[0m\n");
}

int
picture_show(const struct cli *c, const char *file)
{
	struct symbols_options o = { .background = 0xffffff,
				     .colours = choose_colours() };
	AUTO(image) im = IMAGE_INIT;
	AUTO(symbols) s = { 0 };
	AUTO(buf) out = BUF_INIT;
	struct err err = ERR_INIT;

	fit_terminal(&o);
	if (!png_decode_path(file, NULL, &im, &err) ||
	    (o.colours != SYMBOLS_MONO && !symbols_load(&err)) ||
	    !symbols_render(&im, &o, &s, &err))
		return cli_fail(c, &err);
	for (int y = 0; y < s.rows; y++)
		add_line(&out, s.cells + (size_t)y * s.columns, s.columns,
			 o.colours);
	fwrite(buf_str(&out), 1, out.len, stdout);
	return 0;
}
