/*
 * minimal_curses - the least that a full-screen program can do: the peer of
 * bench_ui.c. Paints every cell of the screen, in a dozen styles as the app's
 * main screen has, then appends each key to a line at the bottom.
 *
 *	C-u  clears the line	C-q  ends
 */
#include <curses.h>
#include <locale.h>

enum { STYLES = 12, CTRL_Q = 'q' & 0x1f, CTRL_U = 'u' & 0x1f };

static const short colours[STYLES][2] = {
	{ -1, -1 },  { 252, 237 }, { 244, -1 }, { 75, -1 },
	{ 114, -1 }, { 203, -1 },  { 221, -1 }, { 110, -1 },
	{ 180, -1 }, { 239, -1 },  { 39, -1 },  { 255, 24 },
};

static void
fill_row(int y)
{
	static const char text[] = "Review the sales of branch and say what "
				   "changed since the last time ";
	int at = y * 7;

	move(y, 0);
	for (int x = 0; x < COLS; x++) {
		/* A style lasts some ten cells, as on the app's screen. */
		int style = (y + x / 11) % STYLES;

		attrset(COLOR_PAIR(style) | (style % 5 ? 0 : A_BOLD));
		addch((chtype)text[at++ % ((int)sizeof(text) - 1)]);
	}
}

static void
clear_line(void)
{
	attrset(A_NORMAL);
	move(LINES - 1, 0);
	clrtoeol();
	addstr("> ");
}

static bool
key(int c)
{
	if (c == CTRL_U)
		clear_line();
	else if (c >= ' ' && c < 127)
		addch((chtype)c);
	refresh();
	return c != CTRL_Q && c != ERR;
}

int
main(void)
{
	setlocale(LC_ALL, "");
	initscr();
	raw();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	start_color();
	use_default_colors();
	for (short i = 1; i < STYLES; i++)
		init_pair(i, colours[i][0], colours[i][1]);
	for (int y = 0; y < LINES - 1; y++)
		fill_row(y);
	clear_line();
	refresh();
	while (key(getch()))
		;
	endwin();
	return 0;
}
