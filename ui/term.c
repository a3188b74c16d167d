/*
 * The screen of term_screen.h: the only file that knows ncurses.
 *
 * ncurses is given a file in memory to write to, and reads nothing. Its
 * output is taken from there after each doupdate. So it knows what differs
 * and how to say that to this terminal, and it never blocks on a tty.
 *
 * Invariants
 *  1. `last` holds the cells that ncurses was told last; `all` says that it
 *     must be told everything. A cell that is in both is not told again.
 *  2. Pairs of colours stay as long as cells use them: when half of the
 *     numbers are used, all are given back at once, and all cells are told
 *     again.
 *  3. Lines are never scrolled: pixels of pictures would move with them.
 */
#include "base/mem.h"
#include "base/str.h"
#include "ui/term_colour.h"
#include "ui/term_screen.h"

#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1
#include <curses.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wchar.h>

struct screen {
	SCREEN *curses;
	FILE *sink; /* where ncurses writes */
	int sink_fd;
	enum term_colours colours;
	struct colour_pairs pairs;
	bool pairs_full;
	int width, height;
	struct cell *last;          /* width * height */
	cchar_t *run;               /* width of them */
	const struct frame *behind; /* painted whole, not copied to last yet */
	bool all, dirty;
	int cursor_x, cursor_y; /* -1: hidden, -2: not known */
};

/* ncurses is in an update; see the end of this file. */
static bool updating;

/* NOLINTNEXTLINE(bugprone-reserved-identifier): the linker's name */
void __real__nc_flush_sp(SCREEN *sp);

/* --- opening --------------------------------------------------------------- */

/* newterm installs handlers of its own; ours stay instead. */
static SCREEN *
new_curses(const char *name, FILE *sink)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGTSTP, SIGWINCH };
	struct sigaction saved[ARRAY_LEN(signals)];
	SCREEN *s;

	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		sigaction(signals[i], NULL, &saved[i]);
	s = newterm(name, sink, sink);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		sigaction(signals[i], &saved[i], NULL);
	return s;
}

/* With the variables by which ncurses finds entry and size set meanwhile:
 * a file in memory has no size to ask for, and the entries of consoles have
 * none to tell. */
static SCREEN *
new_curses_sized(const char *name, const char *terminfo_dir, FILE *sink,
		 int width, int height)
{
	AUTO_FREE char *columns = xasprintf("%d", width);
	AUTO_FREE char *lines = xasprintf("%d", height);
	const struct {
		const char *name, *value;
	} set[] = { { "COLUMNS", columns },
		    { "LINES", lines },
		    { "TERMINFO", terminfo_dir } };
	char *before[ARRAY_LEN(set)];
	SCREEN *s;

	for (size_t i = 0; i < ARRAY_LEN(set); i++) {
		before[i] = xstrdup0(getenv(set[i].name));
		if (set[i].value)
			setenv(set[i].name, set[i].value, 1);
	}
	s = new_curses(name, sink);
	for (size_t i = 0; i < ARRAY_LEN(set); i++) {
		if (before[i])
			setenv(set[i].name, before[i], 1);
		else
			unsetenv(set[i].name);
		free(before[i]);
	}
	return s;
}

static void
set_size(struct screen *s, int width, int height)
{
	s->width = width;
	s->height = height;
	s->last = xreallocarray(s->last, (size_t)width * (size_t)height,
				sizeof(*s->last));
	s->run = xreallocarray(s->run, (size_t)width, sizeof(*s->run));
	s->behind = NULL;
	screen_redraw(s);
}

static void
set_up(struct screen *s, int width, int height)
{
	enum { PAIRS_MIN = 512 };
	int limit;

	set_term(s->curses);
	nonl();
	typeahead(-1);
	scrollok(stdscr, FALSE);
	leaveok(stdscr, FALSE);
	idcok(stdscr, FALSE);
	idlok(stdscr, FALSE);
	if (has_colors()) {
		start_color();
		use_default_colors();
	}
	limit = COLOR_PAIRS > PAIRS_MIN ? COLOR_PAIRS / 2 : COLOR_PAIRS - 1;
	colour_pairs_init(&s->pairs, limit);
	resize_term(height, width);
	set_size(s, width, height);
	/* Setting the terminal up is done elsewhere (terminal.c): what newterm
	 * says for that is flushed, and thrown away. An update would do it,
	 * too, for a twentieth of the time to the first paint. */
	beep();
	lseek(s->sink_fd, 0, SEEK_SET);
}

struct screen *
screen_new(const char *name, const char *terminfo_dir, int width, int height)
{
	int fd = memfd_create("agentops-screen", MFD_CLOEXEC);
	FILE *sink = fd >= 0 ? fdopen(fd, "r+") : NULL;
	SCREEN *curses = NULL;
	struct screen *s;

	if (sink)
		curses = new_curses_sized(name, terminfo_dir, sink, width,
					  height);
	if (!curses) {
		if (sink)
			fclose(sink);
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	s->curses = curses;
	s->sink = sink;
	s->sink_fd = fd;
	set_up(s, width, height);
	return s;
}

void
screen_free(struct screen *s)
{
	if (!s)
		return;
	delscreen(s->curses);
	fclose(s->sink);
	colour_pairs_release(&s->pairs);
	free(s->last);
	free(s->run);
	free(s);
}

void
screen_resize(struct screen *s, int width, int height)
{
	set_term(s->curses);
	resize_term(height, width);
	set_size(s, width, height);
}

void
screen_redraw(struct screen *s)
{
	s->all = true;
	s->cursor_x = -2;
}

void
screen_set_colours(struct screen *s, enum term_colours colours)
{
	if (s->colours != colours)
		s->all = true;
	s->colours = colours;
}

void
screen_touch(struct screen *s, int first, int end)
{
	first = first < 0 ? 0 : first;
	end = end > s->height ? s->height : end;
	if (first >= end)
		return;
	set_term(s->curses);
	wredrawln(stdscr, first, end - first);
	s->dirty = true;
}

int
screen_number(struct screen *s, const char *cap)
{
	char *name = xstrdup(cap);
	int n;

	set_term(s->curses);
	n = tigetnum(name);
	free(name);
	return n;
}

const char *
screen_string(struct screen *s, const char *cap)
{
	char *name = xstrdup(cap);
	const char *value;

	set_term(s->curses);
	value = tigetstr(name);
	free(name);
	return value && value != (char *)-1 ? value : "";
}

/* --- painting --------------------------------------------------------------- */

/* Colour numbers and attributes of a style on this terminal. */
static attr_t
attributes(const struct screen *s, struct style st, int *ret_pair_fg,
	   int *ret_pair_bg)
{
	attr_t a = A_NORMAL;
	bool bright = false;

	*ret_pair_fg = colour_for(s->colours, st.fg, &bright);
	*ret_pair_bg = colour_for(s->colours, st.bg, NULL);
	a |= st.attrs & STYLE_BOLD || bright ? A_BOLD : 0;
	a |= st.attrs & (STYLE_DIM | STYLE_STRIKE) ? A_DIM : 0;
	a |= st.attrs & STYLE_ITALIC ? A_ITALIC : 0;
	a |= st.attrs & STYLE_UNDERLINE ? A_UNDERLINE : 0;
	a |= st.attrs & STYLE_REVERSE ? A_REVERSE : 0;
	/* Without colours a background of its own is told by reverse. */
	if (s->colours == TERM_MONO && st.bg != COLOUR_DEFAULT)
		a |= A_REVERSE;
	/* Two colours that became one must not hide the text. */
	if (*ret_pair_fg == *ret_pair_bg && st.fg != st.bg)
		*ret_pair_fg = -1;
	return a;
}

static int
pair_number(struct screen *s, int fg, int bg)
{
	bool is_new;
	int n;

	if (fg < 0 && bg < 0)
		return 0;
	n = colour_pairs_get(&s->pairs, fg, bg, &is_new);
	if (!n)
		s->pairs_full = true;
	else if (is_new)
		init_extended_pair(n, fg, bg);
	return n;
}

/*
 * A cluster as ncurses takes it: a base character and up to four that have
 * no width. Of a sequence joined by U+200D its first part is left. What
 * would be as wide for ncurses as it is not for us is replaced, so that both
 * count the same columns. Returns how many columns it fills.
 */
static int
cluster(const struct cell *c, wchar_t *ret)
{
	size_t len = strlen(c->text), at = 0, n = 0;
	uint32_t cp;
	int columns;

	/* Most cells. */
	if (len < 2 && (!len || (c->text[0] >= ' ' && c->text[0] < 0x7f))) {
		ret[0] = len ? (wchar_t)c->text[0] : L' ';
		ret[1] = L'\0';
		return 1;
	}
	while (at < len && n < CCHARW_MAX - 1) {
		size_t step = utf8_decode(c->text + at, len - at, &cp);

		if (!step)
			break;
		at += step;
		if (n &&
		    (wcwidth((wchar_t)cp) != 0 || cp == 0xfe0f || cp == 0x200d))
			break;
		ret[n++] = (wchar_t)cp;
	}
	if (!n)
		ret[n++] = L' ';
	ret[n] = L'\0';
	columns = wcwidth(ret[0]);
	if (columns < 1 || columns > c->width) {
		ret[0] = columns < 0 ? L'?' : L' ';
		ret[1] = L'\0';
		columns = 1;
	}
	return columns;
}

static bool
same_style(struct style a, struct style b)
{
	return a.fg == b.fg && a.bg == b.bg && a.attrs == b.attrs;
}

static bool
same_cell(const struct cell *a, const struct cell *b)
{
	return a->width == b->width && same_style(a->style, b->style) &&
	       memcmp(a->text, b->text, sizeof(a->text)) == 0;
}

/* Columns x to end of row y. */
static void
tell_run(struct screen *s, const struct cell *row, int y, int x, int end)
{
	int n = 0, start = x;
	struct style style = { 0, 0, 0xffff };
	attr_t attrs = 0;
	int pair = 0, fg, bg, columns;
	wchar_t text[CCHARW_MAX + 1];

	while (x < end) {
		const struct cell *c = &row[x];

		if (n && c->width == 1 && same_cell(c, c - 1)) {
			s->run[n] = s->run[n - 1];
			n++;
			x++;
			continue;
		}
		if (!same_style(c->style, style)) {
			style = c->style;
			attrs = attributes(s, style, &fg, &bg);
			pair = pair_number(s, fg, bg);
		}
		columns = cluster(c, text);
		setcchar(&s->run[n++], text, attrs, 0, &pair);
		x += c->width ? c->width : 1;
		while (columns++ < c->width)
			setcchar(&s->run[n++], L" ", attrs, 0, &pair);
	}
	mvwadd_wchnstr(stdscr, y, start, s->run, n);
}

/* Looks as an erased cell does. */
static bool
is_blank(const struct cell *c)
{
	bool empty = !c->text[0] || (c->text[0] == ' ' && !c->text[1]);

	return empty && c->width == 1 && c->style.bg == COLOUR_DEFAULT &&
	       !(c->style.attrs & (STYLE_UNDERLINE | STYLE_REVERSE));
}

/* A row that was erased: what is not blank, with short gaps. */
static void
tell_marks(struct screen *s, const struct cell *row, int y)
{
	enum { GAP = 6 };

	for (int x = 0, end; x < s->width; x = end) {
		int gap = 0;

		while (x < s->width && is_blank(&row[x]))
			x++;
		for (end = x; end < s->width && gap < GAP; end++)
			gap = is_blank(&row[end]) ? gap + 1 : 0;
		if (end > x)
			tell_run(s, row, y, x, end - gap);
	}
}

static void
tell_row(struct screen *s, const struct cell *row, struct cell *last, int y)
{
	int x = 0, end = s->width;
	size_t size = (size_t)s->width * sizeof(*row);

	if (s->all) {
		tell_marks(s, row, y);
	} else {
		if (memcmp(row, last, size) == 0)
			return;
		while (x < end && same_cell(&row[x], &last[x]))
			x++;
		if (x == end)
			return;
		while (same_cell(&row[end - 1], &last[end - 1]))
			end--;
		/* Whole characters only. */
		while (x > 0 && (row[x].width == 0 || last[x].width == 0))
			x--;
		while (end < s->width &&
		       (row[end].width == 0 || last[end].width == 0))
			end++;
		tell_run(s, row, y, x, end);
	}
	if (!s->behind)
		memcpy(last, row, size);
	s->dirty = true;
}

/* A row of the frame as wide as the screen. */
static void
fit_row(const struct screen *s, const struct frame *f, int y, struct cell *row)
{
	int n = f->width < s->width ? f->width : s->width;

	memset(row, 0, (size_t)s->width * sizeof(*row));
	if (y < f->height && n > 0)
		memcpy(row, f->cells + (size_t)y * (size_t)f->width,
		       (size_t)n * sizeof(*row));
	for (int x = y < f->height ? n : 0; x < s->width; x++) {
		row[x].width = 1;
		row[x].style =
			(struct style){ COLOUR_DEFAULT, COLOUR_DEFAULT, 0 };
	}
	/* A wide one cut by the edge. */
	if (row[s->width - 1].width == 2) {
		row[s->width - 1].width = 1;
		row[s->width - 1].text[0] = '\0';
	}
}

static void
tell_cells(struct screen *s, const struct frame *f)
{
	struct cell *fitted = NULL;

	if (s->all)
		werase(stdscr);
	if (f->width != s->width || f->height != s->height)
		fitted = xcalloc((size_t)s->width, sizeof(*fitted));
	else if (s->all)
		s->behind = f;
	for (int y = 0; y < s->height; y++) {
		const struct cell *row =
			f->cells + (size_t)y * (size_t)f->width;

		if (fitted) {
			fit_row(s, f, y, fitted);
			row = fitted;
		}
		tell_row(s, row, s->last + (size_t)y * (size_t)s->width, y);
	}
	free(fitted);
}

static void
tell_cursor(struct screen *s, const struct frame *f)
{
	bool show = f->cursor && f->cursor_x >= 0 && f->cursor_y >= 0 &&
		    f->cursor_x < s->width && f->cursor_y < s->height;
	int x = show ? f->cursor_x : -1, y = show ? f->cursor_y : -1;

	if (x == s->cursor_x && y == s->cursor_y && !s->dirty)
		return;
	/* Not known: ncurses would not say again what it believes to hold. */
	if (s->cursor_x == -2)
		curs_set(show ? 0 : 1);
	if (show != (s->cursor_x >= 0) || s->cursor_x == -2)
		curs_set(show ? 1 : 0);
	/* Hidden, it rests where nothing is drawn last. */
	wmove(stdscr, show ? y : 0, show ? x : 0);
	s->cursor_x = x;
	s->cursor_y = y;
	s->dirty = true;
}

/* What ncurses wrote since the last time. Appends. */
static void
take_output(struct screen *s, struct buf *out)
{
	off_t len = lseek(s->sink_fd, 0, SEEK_CUR);

	if (len <= 0)
		return;
	if (pread(s->sink_fd, buf_reserve(out, (size_t)len), (size_t)len, 0) ==
	    len) {
		out->len += (size_t)len;
		buf_terminate(out);
	}
	lseek(s->sink_fd, 0, SEEK_SET);
}

void
screen_remember(struct screen *s)
{
	if (s->behind)
		memcpy(s->last, s->behind->cells,
		       (size_t)s->width * (size_t)s->height * sizeof(*s->last));
	s->behind = NULL;
}

void
screen_paint(struct screen *s, const struct frame *f, struct buf *out)
{
	screen_remember(s);
	set_term(s->curses);
	updating = true;
	if (s->all) {
		clearok(curscr, TRUE);
		s->dirty = true;
	}
	tell_cells(s, f);
	if (s->pairs_full) {
		/* Invariant 2; a frame with more colours than the terminal
		 * has pairs shows some cells without. */
		s->pairs_full = false;
		colour_pairs_clear(&s->pairs);
		s->all = true;
		tell_cells(s, f);
		s->pairs_full = false;
	}
	s->all = false;
	tell_cursor(s, f);
	if (s->dirty) {
		wnoutrefresh(stdscr);
		doupdate();
	}
	updating = false;
	__real__nc_flush_sp(s->curses);
	s->dirty = false;
	take_output(s, out);
}

/* --- what ncurses calls ------------------------------------------------------ */

/*
 * The linker (--wrap in Makefile.am) sends some calls of ncurses here. With
 * shared ncurses nobody calls these, and it only is slower.
 */

/* Our entry (term_entry.h) cannot scroll, but a first start has to do with the
 * terminal's. idlok does not keep ncurses from it; looking for lines that
 * moved is the only thing that scrolls. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier): the linker's name */
void __wrap__nc_scroll_optimize_sp(SCREEN *sp);
void
/* NOLINTNEXTLINE(bugprone-reserved-identifier) */
__wrap__nc_scroll_optimize_sp(SCREEN *sp)
{
	(void)sp;
}

/* Before the first endwin, which never comes, ncurses writes out after each
 * move of the cursor. Its buffer still does when it is full. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier): the linker's name */
void __wrap__nc_flush_sp(SCREEN *sp);
void
/* NOLINTNEXTLINE(bugprone-reserved-identifier) */
__wrap__nc_flush_sp(SCREEN *sp)
{
	if (!updating)
		__real__nc_flush_sp(sp);
}

/* Asked for each cell several times; most are ASCII. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier): the linker's names */
int __real_wcwidth(wchar_t c);
/* NOLINTNEXTLINE(bugprone-reserved-identifier) */
int __wrap_wcwidth(wchar_t c);
int
/* NOLINTNEXTLINE(bugprone-reserved-identifier) */
__wrap_wcwidth(wchar_t c)
{
	return c >= ' ' && c < 0x7f ? 1 : __real_wcwidth(c);
}
