/*
 * bench_picture - a 1280x800 chart to 100x40 cells, beside what anyone
 * would write without us, in the same minute:
 *
 *	picture_symbols_ms   decode and render, beside bare libpng (simplified
 *	                     API) and libchafa calls with the same options
 *	picture_command_ms   `agentops show --image`, beside the chafa program
 *	                     with the same options (its --work 7 is libchafa's
 *	                     0.8), from exec to exit, output to /dev/null
 *	picture_kitty_ratio  bytes sent for each byte of the PNG
 *
 *	TMPDIR		where the chart is made; removed at the end
 *
 * Both of a pair are run in turns, and their fastest rounds are compared:
 * other load only makes a round slower. Prints lines
 * "name  ours  peer  ratio  limit  ok|MISS" and ends with 1 when one is a
 * MISS, with 2 when it could not measure.
 */
#include "chart.h"

#include "base/clock.h"
#include "base/path.h"
#include "base/str.h"
#include "media/kitty.h"
#include "media/png.h"
#include "media/symbols.h"

#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* From issue 3, "Speed and size": not slower; 0.05 is for the noise of a busy
 * machine. */
#define SYMBOLS_LIMIT 1.05
#define COMMAND_LIMIT 1.0
#define KITTY_LIMIT 1.4

enum { COLUMNS = 100, ROWS = 40, ROUNDS = 31, SAME_OF_TEN = 6 };

static bool missed;

static void
give_up(const char *what, const struct err *err)
{
	fprintf(stderr, "bench_picture: %s%s%s\n", what, err ? ": " : "",
		err ? err->msg : "");
	exit(2);
}

static void
report(const char *name, double ours, double peer, double limit)
{
	double ratio = ours / peer;
	bool ok = ratio <= limit;

	printf("%-28s %12.1f %10.1f %8.2f %8.2f  %s\n", name, ours, peer, ratio,
	       limit, ok ? "ok" : "MISS");
	missed |= !ok;
}

/* Milliseconds of fn(path). */
static double
timed(void (*fn)(const char *path), const char *path)
{
	int64_t start = clock_mono_us();

	fn(path);
	return (double)(clock_mono_us() - start) / 1e3;
}

static void
compare(const char *name, void (*ours)(const char *),
	void (*peer)(const char *), const char *path, double limit)
{
	double a = INFINITY, b = INFINITY;

	ours(path);
	peer(path);
	for (int i = 0; i < ROUNDS; i++) {
		/* Who goes first changes, so that neither has it warmer. */
		if (i % 2)
			b = fmin(b, timed(peer, path));
		a = fmin(a, timed(ours, path));
		if (i % 2 == 0)
			b = fmin(b, timed(peer, path));
	}
	report(name, a, b, limit);
}

/* --- decode and render ------------------------------------------------- */

/* Of the last round: that the same was done. */
static uint32_t chars_ours[COLUMNS * ROWS], chars_peer[COLUMNS * ROWS];

static void
render_ours(const char *path)
{
	struct symbols_options o = { .columns = COLUMNS,
				     .rows = ROWS,
				     .background = 0xffffff };
	AUTO(image) im = IMAGE_INIT;
	AUTO(symbols) s = { 0 };
	struct err err = ERR_INIT;

	if (!png_decode_path(path, NULL, &im, &err) ||
	    !symbols_render(&im, &o, &s, &err))
		give_up("render", &err);
	for (int i = 0; i < s.columns * s.rows; i++)
		utf8_decode(s.cells[i].text, strlen(s.cells[i].text),
			    &chars_ours[i]);
}

static void
render_peer(const char *path)
{
	chart_peer(path, COLUMNS, ROWS, CHAFA_CANVAS_MODE_TRUECOLOR,
		   chars_peer);
}

/* Scaled by different code, some cells are drawn otherwise. */
static void
check_same(void)
{
	int same = 0, drawn = 0;

	for (int i = 0; i < COLUMNS * ROWS; i++) {
		bool blank = chars_ours[i] <= ' ' && chars_peer[i] <= ' ';

		drawn += !blank;
		same += !blank && chars_ours[i] == chars_peer[i];
	}
	if (drawn < 100 || same * 10 < drawn * SAME_OF_TEN)
		give_up("the two did not make the same picture", NULL);
}

/* --- programs ---------------------------------------------------------- */

static void
run(char *const *argv)
{
	posix_spawn_file_actions_t files;
	pid_t pid;
	int status;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, argv[0], &files, NULL, argv, environ) != 0 ||
	    waitpid(pid, &status, 0) != pid || status != 0) {
		fprintf(stderr, "bench_picture: %s does not run\n", argv[0]);
		exit(2);
	}
	posix_spawn_file_actions_destroy(&files);
}

static void
command_ours(const char *path)
{
	char *argv[] = { (char *)AGENTOPS_BUILDDIR "/agentops", (char *)"show",
			 (char *)"--image", (char *)path, NULL };

	run(argv);
}

static void
command_peer(const char *path)
{
	AUTO_FREE char *size = xasprintf("%dx%d", COLUMNS, ROWS);
	const char *const argv[] = { "chafa",       "--format",
				     "symbols",     "--size",
				     size,          "--colors",
				     "full",        "--symbols",
				     "block+space", "--work",
				     "7",           "--dither",
				     "none",        "--color-extractor",
				     "average",     "--preprocess",
				     "off",         "--font-ratio",
				     "0.5",         path,
				     NULL };

	run((char *const *)argv);
}

/* --- kitty ------------------------------------------------------------- */

static void
measure_kitty(const char *path)
{
	struct kitty_place place = { .id = 1,
				     .columns = COLUMNS,
				     .rows = ROWS };
	AUTO(buf) png = BUF_INIT;
	AUTO(buf) sent = BUF_INIT;
	struct err err = ERR_INIT;

	if (!path_read(path, PNG_FILE_LIMIT, &png, &err))
		give_up("kitty", &err);
	kitty_show(&sent, png.data, png.len, &place);
	report("picture_kitty_ratio", (double)sent.len, (double)png.len,
	       KITTY_LIMIT);
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");
	AUTO_FREE char *dir =
		xasprintf("%s/agentops-bench-XXXXXX", tmp ? tmp : "/tmp");
	AUTO_FREE char *columns = xasprintf("%d", COLUMNS);
	AUTO_FREE char *rows = xasprintf("%d", ROWS);
	AUTO_FREE char *chart = NULL;
	struct err err = ERR_INIT;

	if (!mkdtemp(dir))
		give_up("cannot make a folder in TMPDIR", NULL);
	chart = path_join(dir, "chart.png");
	setenv("COLUMNS", columns, 1);
	setenv("LINES", rows, 1);
	setenv("COLORTERM", "truecolor", 1);
	unsetenv("NO_COLOR");
	setenv("TERM", "xterm-256color", 1);
	chart_draw(chart, 20);
	if (!symbols_load(&err))
		give_up("symbols", &err);
	compare("picture_symbols_ms", render_ours, render_peer, chart,
		SYMBOLS_LIMIT);
	check_same();
	compare("picture_command_ms", command_ours, command_peer, chart,
		COMMAND_LIMIT);
	measure_kitty(chart);
	if (!path_remove_tree(dir, &err))
		give_up("cannot clean up", &err);
	return missed ? 1 : 0;
}
