/*
 * bench_ui - what the full-screen app costs, in a pseudo-terminal of 120x40
 * (xterm-256color), beside minimal_curses, a program that does nothing but
 * paint as many cells in as many styles and append what is typed.
 *
 *	ui first paint       exec to the last byte of the first frame, with
 *	                     1,000 runs in the journal: on no run, on a run
 *	ui key to paint      a key typed in the prompt to its byte on screen
 *	... streaming        the same while another process appends 5,000
 *	                     events a second to the run that is open
 *	ui idle              times that any thread woke, bytes written in 10 s
 *	ui memory            resident, at start and on a run of 100,000 events
 *	ui page              PgUp, PgDn, g and G in 1,000,000 lines
 *	ui picture           a chart of 1280x800 not seen before, beside bare
 *	                     libpng and libchafa (chart.h); the same again
 *
 * Ours and the peer take turns, and the best round of each counts: what else
 * the machine does only adds. Prints lines "name  ours  peer  ratio  limit
 * ok|MISS" and ends with 1 when one is a MISS, with 2 when it could not
 * measure.
 */
#include "chart.h"
#include "home.h"
#include "ui_pty.h"

#include "base/clock.h"
#include "run/artifact.h"
#include "run/engine.h"

#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* From issue 3, "Speed and size". */
#define FIRST_PAINT_LIMIT 1.7
/* Seen at 1.32 to 1.67; above this something was made slower. */
#define FIRST_PAINT_GUARD 1.95
/* Of our own: the issue has none for a start on a run, which reads and folds
 * the run as well. */
#define RUN_PAINT_LIMIT 2.3
#define KEY_LIMIT 2.0
#define STREAM_LIMIT_MS 8.0
#define MEMORY_LIMIT_MB 10.0
#define MEMORY_LONG_LIMIT_MB 20.0
#define PAGE_LIMIT_MS 50.0
#define CACHED_LIMIT_MS 5.0
#define PICTURE_LIMIT 1.0

enum {
	RUNS = 1000,
	STARTS = 31,
	STARTS_MAX = 301,
	QUIET_MS = 60,
	ROUNDS = 7,
	PICTURE_ROUNDS_MAX = 40,
	KEYS = 60,
	RATE = 5000, /* events a second */
	BATCH = 50,
	FIRST_STEP = 1000, /* item that the stream begins with */
	SETTLE_S = 45, /* the journal is looked at for 20 s after a change */
	IDLE_S = 10,
	SMALL_ITEMS = 200,
	STREAM_ITEMS = 50000,
	LONG_ITEMS = 10000, /* as bench_engine */
	LONG_EVENTS = 100000,
	LINES_MANY = 1000000,
	PAGES = 10,
	CHART_COLUMNS = 100,
	CHART_ROWS = 40,
	CHART_BYTES = 3000,
	CHART_WAIT_US = 5000000,
	MB = 1000 * 1000,
};

static char agentops[] = AGENTOPS_BUILDDIR "/agentops";
static char minimal[] = AGENTOPS_BUILDDIR "/bench/minimal_curses";

static void
pause_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

/* --- journals ---------------------------------------------------------- */

static void
stop_at(void *ud, const struct run_state *s, const struct event *e,
	const char *data)
{
	int *left = ud;

	(void)s;
	(void)data;
	if (e->type == EV_step_finished && --*left == 0)
		_exit(0);
}

/* In a process of its own, which dies when so many items are done: the run
 * stays as one that goes on. */
static void
carry_out(const char *home, int items, int stop)
{
	AUTO_PTR(loop) loop = loop_new();
	AUTO_FREE char *options = home_options("bench-long", items);
	struct paths p = { 0 };
	struct journal *j;
	struct engine *e;
	char run[ID_RUN_SIZE];
	struct err err = ERR_INIT;

	home_open(home, &p, &j);
	home_add_pattern(&p, "bench-long", 64);
	sqlite3_exec(db_handle(journal_db(j)), "PRAGMA synchronous=OFF", NULL,
		     NULL, NULL);
	e = engine_new(&(struct engine_options){ .loop = loop,
						 .journal = j,
						 .paths = &p,
						 .tools = &home_tools });
	engine_observe(e, stop_at, &stop);
	if (!engine_create(e,
			   &(struct run_request){ .task = "A long run",
						  .workspace = p.state,
						  .provider = "offline",
						  .options = options },
			   run, &err) ||
	    !engine_run(e, &err))
		home_die("run", &err);
	home_die("the run ended before its last item", NULL);
}

/* Its newest event, in ret. */
static void
make_run(const char *home, int items, int stop, struct journal_head *ret)
{
	struct paths p = { 0 };
	struct journal *j;
	struct err err = ERR_INIT;
	char run[ID_RUN_SIZE];
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		pty_die_with_parent();
		carry_out(home, items, stop);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		home_die("no run was made", NULL);
	home_open(home, &p, &j);
	if (!journal_find_run(j, "last", run, &err) ||
	    !journal_head(j, run, ret, &err))
		home_die("last run", &err);
	home_close(&p, j);
}

/* So many events that say one line each, in one transaction. */
static void
append_lines(struct journal *j, struct journal_head *head, int count)
{
	struct err err = ERR_INIT;
	char message[64];

	if (!journal_begin(j, &err))
		home_die("lines", &err);
	for (int i = 0; i < count; i++) {
		struct event e = { .type = EV_step_validated,
				   .step_validated = {
					   .step = "work",
					   .item = LINES_MANY, /* no such */
					   .attempt = 1,
					   .validation = "lines",
					   .message = message } };

		snprintf(message, sizeof(message), "line %" PRId64 " of many",
			 head->seq);
		if (!journal_append(j, head, &e, NULL, &err))
			home_die("lines", &err);
	}
	if (!journal_commit(j, &err))
		home_die("lines", &err);
}

static void
add_lines(const char *home, struct journal_head *head, int count)
{
	struct paths p = { 0 };
	struct journal *j;

	home_open(home, &p, &j);
	append_lines(j, head, count);
	home_close(&p, j);
}

/* --- first paint ------------------------------------------------------- */

static double
first_paint(char *const *argv, double *ret_mb)
{
	struct pty p;
	double ms;

	pty_start(&p, argv);
	pty_quiet(&p, QUIET_MS);
	ms = (double)(p.last_us - p.began_us) / 1e3;
	if (ret_mb)
		*ret_mb = (double)pty_status(&p, "VmRSS:") * 1024 / MB;
	pty_end(&p);
	return ms;
}

static void
bench_first_paint(char *run)
{
	char *none[] = { agentops, NULL }, *open[] = { agentops, run, NULL };
	char *peer[] = { minimal, NULL };
	double none_ms = INFINITY, open_ms = INFINITY, peer_ms = INFINITY;
	double mb = 0;

	/* A start is long beside a busy machine's slices: when it is not good
	 * enough, some more may have one undisturbed. */
	for (int i = 0; i < STARTS || (i < STARTS_MAX &&
				       (none_ms / peer_ms > FIRST_PAINT_LIMIT ||
					open_ms / peer_ms > RUN_PAINT_LIMIT));
	     i++) {
		peer_ms = fmin(peer_ms, first_paint(peer, NULL));
		none_ms = fmin(none_ms, first_paint(none, &mb));
		open_ms = fmin(open_ms, first_paint(open, NULL));
	}
	home_row_near("ui first paint, ms (minimal)", none_ms, peer_ms,
		      none_ms / peer_ms, FIRST_PAINT_LIMIT, FIRST_PAINT_GUARD);
	home_row("ui first paint of a run, ms (minimal)", open_ms, peer_ms,
		 open_ms / peer_ms, RUN_PAINT_LIMIT, true);
	home_row("ui memory at start, MB", mb, 0, mb, MEMORY_LIMIT_MB, true);
}

static void
bench_long_memory(char *run)
{
	char *argv[] = { agentops, run, NULL };
	double mb;

	first_paint(argv, &mb);
	home_row("ui memory, 100,000 events open, MB", mb, 0, mb,
		 MEMORY_LONG_LIMIT_MB, true);
}

/* --- key to paint ------------------------------------------------------ */

/* Nothing else on either screen has this character. */
static const char typed[] = "~";

static double
one_key(struct pty *p)
{
	pty_send(p, typed);
	return pty_until(p, typed, 5000);
}

static void
clear_prompt(struct pty *p)
{
	pty_send(p, "\x15" /* C-u */);
	pty_quiet(p, 20);
}

static void
bench_keys(void)
{
	char *ours[] = { agentops, NULL }, *peer[] = { minimal, NULL };
	double a = INFINITY, b = INFINITY;
	double ours_ms[KEYS], peer_ms[KEYS];
	struct pty p, q;

	pty_start(&p, ours);
	pty_start(&q, peer);
	pty_quiet(&p, QUIET_MS);
	pty_quiet(&q, QUIET_MS);
	for (int r = 0; r < ROUNDS; r++) {
		for (int i = 0; i < KEYS; i++) {
			ours_ms[i] = one_key(&p);
			peer_ms[i] = one_key(&q);
		}
		clear_prompt(&p);
		clear_prompt(&q);
		home_sort(ours_ms, KEYS);
		home_sort(peer_ms, KEYS);
		a = fmin(a, ours_ms[KEYS / 2]);
		b = fmin(b, peer_ms[KEYS / 2]);
	}
	pty_end(&p);
	pty_end(&q);
	home_row("ui key to paint, ms (minimal)", a, b, a / b, KEY_LIMIT, true);
}

/* Attempts of items begin and end: two events each, in one transaction. */
static void
append_steps(struct journal *j, struct journal_head *head, int64_t from,
	     int count)
{
	struct err err = ERR_INIT;
	AUTO_FREE char *args =
		xasprintf("{\"path\":\"%" PRId64 ".csv\"}", from);
	bool ok = journal_begin(j, &err);

	for (int64_t i = from; ok && i < from + count; i++) {
		struct event started = { .type = EV_step_started,
					 .step_started = {
						 .step = "work",
						 .item = i,
						 .attempt = 1,
						 .tool = "data_profile",
						 .profile = "read-only",
						 .args = args } };
		struct event finished = { .type = EV_step_finished,
					  .step_finished = {
						  .step = "work",
						  .item = i,
						  .attempt = 1,
						  .outcome = "ok",
						  .text = "12 columns",
						  .wall_us = i } };

		ok = journal_append(j, head, &started, NULL, &err) &&
		     journal_append(j, head, &finished, NULL, &err);
	}
	if (!ok || !journal_commit(j, &err))
		home_die("steps", &err);
}

/* Appends RATE events a second until it is killed; counts them. */
static void __attribute__((noreturn))
stream(const char *home, struct journal_head head, volatile int64_t *count)
{
	struct paths p = { 0 };
	struct journal *j;
	int64_t began = clock_mono_us();

	home_open(home, &p, &j);
	for (int64_t n = BATCH;; n += BATCH) {
		int64_t due_us = began + n * 1000000 / RATE;
		int64_t wait_us = due_us - clock_mono_us();

		append_steps(j, &head, FIRST_STEP + n / 2, BATCH / 2);
		*count = n;
		if (wait_us > 0)
			pause_ms((long)(wait_us / 1000));
	}
}

static void
bench_stream(const char *home, const struct journal_head *head)
{
	char *ours[] = { agentops, (char *)head->run, NULL };
	volatile int64_t *count =
		mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double best = INFINITY, rate, ms[KEYS];
	int64_t began;
	struct pty p;
	pid_t writer;

	pty_start(&p, ours);
	pty_quiet(&p, QUIET_MS);
	began = clock_mono_us();
	writer = fork();
	if (writer == 0) {
		pty_die_with_parent();
		stream(home, *head, count);
	}
	pty_send(&p, ":");
	pause_ms(200);
	for (int r = 0; r < ROUNDS; r++) {
		for (int i = 0; i < KEYS; i++) {
			ms[i] = one_key(&p);
			/* At any moment between two paints. */
			pause_ms(5 + i % 12);
		}
		pty_send(&p, "\x15");
		pause_ms(50);
		home_sort(ms, KEYS);
		best = fmin(best, ms[KEYS * 95 / 100]);
	}
	rate = (double)*count * 1e6 / (double)(clock_mono_us() - began);
	kill(writer, SIGKILL);
	waitpid(writer, NULL, 0);
	pty_end(&p);
	home_row("... streaming, events a second", rate, RATE, rate / RATE,
		 0.95, false);
	home_row("... streaming, 95th percentile, ms", best, 0, best,
		 STREAM_LIMIT_MS, true);
}

/* --- pages ------------------------------------------------------------- */

/* The slowest of some presses of a key. */
static double
press(struct pty *p, const char *key, int times)
{
	double worst = 0;

	for (int i = 0; i < times; i++) {
		pty_send(p, key);
		pty_quiet(p, 60);
		worst = fmax(worst, (double)(p->last_us - p->sent_us) / 1e3);
	}
	return worst;
}

static void
bench_pages(char *run)
{
	char *argv[] = { agentops, run, NULL };
	double up = INFINITY, down = INFINITY, ends = INFINITY, top;
	struct pty p;

	pty_start(&p, argv);
	pty_quiet(&p, QUIET_MS);
	for (int r = 0; r < ROUNDS; r++) {
		up = fmin(up, press(&p, "\033[5~", PAGES));
		top = press(&p, "g", 1);
		if (!memmem(p.seen.data, p.seen.len, "A long run", 10))
			home_die("g does not show the first line", NULL);
		down = fmin(down, press(&p, "\033[6~", PAGES));
		ends = fmin(ends, fmax(top, press(&p, "G", 1)));
	}
	pty_end(&p);
	home_row("ui page up in 1,000,000 lines, ms", up, 0, up, PAGE_LIMIT_MS,
		 true);
	home_row("... page down, ms", down, 0, down, PAGE_LIMIT_MS, true);
	home_row("... to an end, ms", ends, 0, ends, PAGE_LIMIT_MS, true);
}

/* --- pictures ---------------------------------------------------------- */

/* The run's next artifact. */
static void
append_chart(const char *home, struct journal_head *head, int slope)
{
	AUTO_FREE char *name = xasprintf("chart-%d", slope);
	AUTO_FREE char *file = xasprintf("%s.png", name);
	AUTO_FREE char *path = path_join(home, file);
	AUTO_FREE char *dir = NULL;
	struct artifact a = { 0 };
	struct paths p = { 0 };
	struct journal *j;
	struct err err = ERR_INIT;
	struct event e = { .type = EV_artifact_created };

	chart_draw(path, slope);
	home_open(home, &p, &j);
	dir = journal_run_dir(j, head->run);
	if (!artifact_store(dir, home, file, &a, &err))
		home_die("chart", &err);
	e.artifact_created =
		(struct ev_artifact_created){ .step = "work",
					      .attempt = 1,
					      .name = name,
					      .file = file,
					      .sha256 = a.sha256,
					      .media_type = a.media_type,
					      .size_bytes = a.size_bytes,
					      .width = a.width,
					      .height = a.height };
	if (!journal_begin(j, &err) ||
	    !journal_append(j, head, &e, NULL, &err) ||
	    !journal_commit(j, &err))
		home_die("chart", &err);
	artifact_release(&a);
	home_close(&p, j);
}

static double
time_peer(const char *path)
{
	static uint32_t chars[CHART_COLUMNS * CHART_ROWS];
	int64_t began = clock_mono_us();

	chart_peer(path, CHART_COLUMNS, CHART_ROWS,
		   CHAFA_CANVAS_MODE_INDEXED_240, chars);
	return (double)(clock_mono_us() - began) / 1e3;
}

/* Another picture than the one before paints at least CHART_BYTES. */
static double
press_picture(struct pty *p, const char *key)
{
	int64_t end_us = clock_mono_us() + CHART_WAIT_US;

	pty_send(p, key);
	do
		pty_quiet(p, QUIET_MS);
	while (p->seen.len < CHART_BYTES && clock_mono_us() < end_us);
	if (p->seen.len < CHART_BYTES)
		home_die("no picture is painted", NULL);
	return (double)(p->last_us - p->sent_us) / 1e3;
}

/* The view opens on the newest chart; the one before it was not seen yet. */
static void
bench_pictures(const char *home, struct journal_head *head)
{
	char *argv[] = { agentops, head->run, NULL };
	double first = INFINITY, again = INFINITY, peer = INFINITY;
	AUTO_FREE char *path = path_join(home, "chart-20.png");
	struct err err = ERR_INIT;
	struct pty p;

	append_chart(home, head, 20);
	append_chart(home, head, 35);
	if (!lazy_chafa(&err))
		home_die("libchafa", &err);
	/* As with a start: some more may have an undisturbed one. */
	for (int r = 0; r < ROUNDS || (r < PICTURE_ROUNDS_MAX &&
				       first / peer > PICTURE_LIMIT);
	     r++) {
		pty_start(&p, argv);
		pty_quiet(&p, 4 * QUIET_MS);
		press_picture(&p, "v");
		peer = fmin(peer, time_peer(path));
		first = fmin(first, press_picture(&p, "["));
		again = fmin(again, press_picture(&p, "]"));
		again = fmin(again, press_picture(&p, "["));
		pty_end(&p);
	}
	home_row("ui picture, first, ms (libchafa)", first, peer, first / peer,
		 PICTURE_LIMIT, true);
	home_row("... from cache, ms", again, 0, again, CACHED_LIMIT_MS, true);
}

/* --- idle -------------------------------------------------------------- */

static void
bench_idle(struct pty *p, int64_t started_us)
{
	int64_t left_ms =
		SETTLE_S * 1000 - (clock_mono_us() - started_us) / 1000;
	int64_t waits;

	pty_quiet(p, QUIET_MS);
	if (left_ms > 0)
		pause_ms((long)left_ms);
	pty_quiet(p, QUIET_MS);
	buf_reset(&p->seen);
	waits = pty_waits(p);
	pause_ms(IDLE_S * 1000);
	waits = pty_waits(p) - waits;
	if (poll(&(struct pollfd){ p->fd, POLLIN, 0 }, 1, 0) > 0)
		pty_quiet(p, QUIET_MS);
	home_row("ui idle 10 s, wake-ups", (double)waits, 0, (double)waits, 0,
		 true);
	home_row("... bytes written", (double)p->seen.len, 0,
		 (double)p->seen.len, 0, true);
}

/* --- the table --------------------------------------------------------- */

static void
make_journal(const char *home)
{
	struct paths p = { 0 };
	struct journal *j;

	home_open(home, &p, &j);
	home_add_runs(j, RUNS);
	home_close(&p, j);
}

static void
set_terminal(void)
{
	setenv("TERM", "xterm-256color", 1);
	setenv("LANG", "C.UTF-8", 1);
	unsetenv("LC_ALL");
	unsetenv("COLORTERM");
	unsetenv("NO_COLOR");
	unsetenv("TMUX");
}

static void
end_home(char *home)
{
	struct err err = ERR_INIT;

	path_remove_tree(home, &err);
	free(home);
}

int
main(int argc, char **argv)
{
	char *idle_argv[] = { agentops, NULL };
	struct journal_head head;
	struct pty idle;
	int64_t idle_us;
	char *home, *home_long, *home_idle;

	set_terminal();
	if (argc == 3 && strcmp(argv[1], "--home") == 0) {
		make_journal(argv[2]);
		make_run(argv[2], SMALL_ITEMS, 3, &head);
		return 0;
	}
	home_idle = home_make();
	make_journal(home_idle);
	pty_start(&idle, idle_argv);
	pty_quiet(&idle, QUIET_MS);
	idle_us = clock_mono_us();

	home = home_make();
	make_journal(home);
	make_run(home, SMALL_ITEMS, 3, &head);
	printf("%-38s %10s %10s %8s\n", "", "ours", "peer", "ratio");
	bench_first_paint(head.run);
	bench_keys();
	make_run(home, STREAM_ITEMS, 1, &head);
	bench_stream(home, &head);
	make_run(home, SMALL_ITEMS, 3, &head);
	bench_pictures(home, &head);

	home_long = home_make();
	make_run(home_long, LONG_ITEMS + SMALL_ITEMS, LONG_ITEMS, &head);
	add_lines(home_long, &head, LONG_EVENTS - (int)head.seq);
	bench_long_memory(head.run);
	make_run(home_long, SMALL_ITEMS, 3, &head);
	add_lines(home_long, &head, LINES_MANY);
	bench_pages(head.run);
	bench_idle(&idle, idle_us);
	pty_end(&idle);
	end_home(home_idle);
	end_home(home_long);
	end_home(home);
	return home_missed;
}
