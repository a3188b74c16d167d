/*
 * minimal_curses - the least that a full-screen program can do: the peer of
 * bench_ui.c. Draws every cell of the screen, in a dozen styles and in
 * frames as the app's main screen has, and appends each key to a line at the
 * bottom. As any program whose screen shows a model, it draws all of it anew
 * for each key, and ncurses finds what differs.
 *
 *	C-u  clears the line	C-q  ends
 */
#include <curses.h>
#include <locale.h>
#include <string.h>

enum { STYLES = 12, CTRL_Q = 'q' & 0x1f, CTRL_U = 'u' & 0x1f };

static const short colours[STYLES][2] = {
	{ -1, -1 },  { 252, 237 }, { 244, -1 }, { 75, -1 },
	{ 114, -1 }, { 203, -1 },  { 221, -1 }, { 110, -1 },
	{ 180, -1 }, { 239, -1 },  { 39, -1 },  { 255, 24 },
};
static char typed[80];

static void
draw_row(int y)
{
	static const char text[] = "Review the sales of branch and say what "
				   "changed since the last time ";
	int at = y * 7;

	move(y, 1);
	for (int x = 1; x < COLS - 1; x++) {
		/* A style lasts some ten cells, as on the app's screen. */
		int style = (y + x / 11) % STYLES;

		attrset(COLOR_PAIR(style) | (style % 5 ? 0 : A_BOLD));
		addch((chtype)text[at++ % ((int)sizeof(text) - 1)]);
	}
}

static void
draw(void)
{
	WINDOW *frame = subwin(stdscr, LINES - 1, COLS, 0, 0);

	erase();
	for (int y = 1; y < LINES - 2; y++)
		draw_row(y);
	attrset(A_NORMAL);
	box(frame, 0, 0);
	mvprintw(LINES - 1, 0, "> %s", typed);
	refresh();
	delwin(frame);
}

static bool
key(int c)
{
	size_t len = strlen(typed);

	if (c == CTRL_U)
		memset(typed, 0, sizeof(typed));
	else if (c >= ' ' && c < 127 && len + 1 < sizeof(typed))
		typed[len] = (char)c;
	draw();
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
	for (int i = 1; i < STYLES; i++)
		init_pair((short)i, colours[i][0], colours[i][1]);
	draw();
	while (key(getch()))
		;
	endwin();
	return 0;
}
