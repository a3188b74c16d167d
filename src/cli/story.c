#include "cli/story.h"

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/tell.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { LIVE_MS = 250 };

struct story {
	char *run_dir;
	bool times;
	/* The live line. */
	struct loop *loop;
	struct loop_timer *timer;
	const struct run_state *(*get)(void *ud);
	void *ud;
	bool on_terminal;
	int shown; /* columns of the live line on screen */
	/* Of the attempt whose end comes next: what is told below its line. */
	struct buf details;
	int passed;
	char *told; /* the last failure told; is not told again */
};

struct story *
story_new(const char *run_dir, bool times)
{
	struct story *s = xcalloc(1, sizeof(*s));

	s->run_dir = xstrdup(run_dir);
	s->times = times;
	return s;
}

static void
hide_live(struct story *s)
{
	/* Blanks instead of an escape sequence: any terminal knows them. */
	if (s->shown)
		printf("\r%*s\r", s->shown, "");
	s->shown = 0;
}

void
story_free(struct story *s)
{
	hide_live(s);
	if (s->timer)
		loop_timer_cancel(s->timer);
	buf_release(&s->details);
	free(s->told);
	free(s->run_dir);
	free(s);
}

/* --- the live line ----------------------------------------------------- */

static int
columns(void)
{
	struct winsize w;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 20 ?
		       w.ws_col :
		       80;
}

static void
add_running(struct buf *b, const char *name, int64_t since_us)
{
	char took[CLOCK_DURATION_SIZE];

	buf_printf(b, "  %s %s", name,
		   clock_duration(clock_wall_us() - since_us, took));
}

static void
describe_running(const struct run_state *st, struct buf *b)
{
	for (size_t i = 0; i < st->worker_count; i++)
		if (st->workers[i].status == EFFECT_RUNNING)
			add_running(b, st->workers[i].name,
				    st->workers[i].started_us);
	for (size_t i = 0; st->steps && i < st->workflow->step_count; i++)
		for (int k = 0; k < st->steps[i].item_count; k++) {
			AUTO_FREE char *name = NULL;

			if (st->steps[i].items[k].status != ITEM_RUNNING)
				continue;
			name = run_item_name(st, (int)i, k);
			add_running(b, name, st->steps[i].items[k].started_us);
		}
}

static void
on_live(void *ud)
{
	struct story *s = ud;
	const struct run_state *st = s->get(s->ud);
	AUTO(buf) b = BUF_INIT;

	s->timer = NULL;
	if (!st || !run_busy(st)) {
		hide_live(s);
		fflush(stdout);
		return;
	}
	buf_printf(&b, "%s:", phase_name(st->phase));
	describe_running(st, &b);
	hide_live(s);
	s->shown = columns() - 1;
	cli_print_cut(buf_str(&b), s->shown);
	fflush(stdout);
	s->timer = loop_timer(s->loop, LIVE_MS, on_live, s);
}

void
story_live(struct story *s, struct loop *loop,
	   const struct run_state *(*state)(void *ud), void *ud)
{
	s->loop = loop;
	s->get = state;
	s->ud = ud;
	s->on_terminal =
		isatty(STDOUT_FILENO) && !str_eq(getenv("TERM"), "dumb");
}

/* --- lines ------------------------------------------------------------- */

/* Appends text, safe for a terminal, as one line; on a terminal as a
 * paragraph whose further lines begin at column hang. */
static void
add_line(struct story *s, const struct event *e, struct buf *out, int hang,
	 const char *text)
{
	AUTO(buf) safe = BUF_INIT;
	time_t at = (time_t)(e->ts_us / 1000000);
	struct tm tm;

	if (s->times) {
		localtime_r(&at, &tm);
		buf_printf(&safe, "%02d:%02d:%02d  ", tm.tm_hour, tm.tm_min,
			   tm.tm_sec);
		hang += (int)safe.len;
	}
	str_visible(&safe, text, strlen(text), false);
	cli_wrap(out, buf_str(&safe), hang,
		 isatty(STDOUT_FILENO) ? columns() : INT_MAX);
}

/* These stand below the line of the attempt that they are about. */
static bool
is_detail(enum event_type type)
{
	return type == EV_artifact_created || type == EV_visual_checked ||
	       type == EV_step_validated;
}

/* Why something failed is told once: e without it when it was. */
static struct event
without_told(const struct story *s, const struct event *e)
{
	struct event ret = *e;

	if (e->type == EV_run_ended && str_eq(s->told, e->run_ended.reason))
		ret.run_ended.reason = NULL;
	return ret;
}

static bool
is_told(const struct story *s, const struct event *e)
{
	return e->type == EV_step_settled && s->told &&
	       str_eq(s->told, e->step_settled.reason);
}

static void
remember_failure(struct story *s, const struct event *e)
{
	const char *why;

	if (e->type == EV_step_finished)
		why = e->step_finished.error;
	else if (e->type == EV_step_settled)
		why = e->step_settled.reason;
	else if (e->type == EV_run_failing)
		why = e->run_failing.reason;
	else
		return;
	free(s->told);
	s->told = xstrdup0(why);
}

/* What an attempt made and how it was judged, after its own line. */
static void
take_details(struct story *s, const struct event *e, struct buf *out)
{
	AUTO_FREE char *passed = xasprintf("    %d validation%s passed",
					   s->passed, s->passed > 1 ? "s" : "");

	if (s->passed)
		add_line(s, e, &s->details, 6, passed);
	buf_add(out, buf_str(&s->details), s->details.len);
	buf_reset(&s->details);
	s->passed = 0;
}

void
story_event(struct story *s, const struct run_state *state,
	    const struct event *e)
{
	AUTO(tell_lines) lines = TELL_LINES_INIT;
	AUTO(buf) now = BUF_INIT;
	struct buf *out = is_detail(e->type) ? &s->details : &now;
	struct event fresh = without_told(s, e);

	if (!is_told(s, e))
		tell_event(state, &fresh, s->run_dir, TELL_SHELL, &lines);
	for (size_t i = 0; i < lines.count; i++)
		add_line(s, e, out, lines.items[i].hang, lines.items[i].text);
	s->passed += e->type == EV_step_validated && e->step_validated.ok;
	if (e->type == EV_step_finished)
		take_details(s, e, &now);
	remember_failure(s, e);
	if (now.len) {
		hide_live(s);
		fputs(buf_str(&now), stdout);
		fflush(stdout);
	}
	if (s->on_terminal && !s->timer)
		s->timer = loop_timer(s->loop, LIVE_MS, on_live, s);
}
