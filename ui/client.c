#include "ui/client.h"

#include "agent/models.h"
#include "base/clock.h"
#include "base/log.h"
#include "ui/client_job.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TICK_MS = 1000, TWICE_US = 2000000, AGAIN_MS = 200, AGAIN_TRIES = 150 };

extern char **environ;

/* --- messages ----------------------------------------------------------- */

void
client_dirty(struct client *c, bool urgent)
{
	c->dirty = true;
	c->urgent |= urgent;
	loop_again(c->loop);
}

void
client_send(struct client *c, struct msg *m)
{
	m->now_us = clock_wall_us();
	app_update(c->app, m);
	client_dirty(c, m->kind == MSG_INPUT);
}

void
client_note(struct client *c, bool error, const char *fmt, ...)
{
	AUTO(buf) text = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	client_send(c, &(struct msg){ .kind = MSG_NOTE,
				      .text = &text,
				      .error = error });
}

void
client_fail(struct client *c, const struct err *err)
{
	client_note(c, true, "%s", err->msg);
}

/* --- the terminal ------------------------------------------------------- */

static void
on_input(void *ud, const struct input *in)
{
	struct client *c = ud;

	if (in->kind == INPUT_FOCUS_IN || in->kind == INPUT_FOCUS_OUT)
		return;
	client_send(c, &(struct msg){ .kind = MSG_INPUT, .in = in });
}

static void
on_resize(void *ud, int width, int height)
{
	struct client *c = ud;

	if (c->pictures)
		pictures_forget(c->pictures, c->term);
	frame_resize(&c->frame, width, height);
	client_send(c, &(struct msg){ .kind = MSG_RESIZE,
				      .width = width,
				      .height = height });
	client_dirty(c, true);
}

static void
on_caps(void *ud)
{
	struct client *c = ud;

	c->frame.ascii = !term_caps(c->term)->utf8;
	client_send(c, &(struct msg){ .kind = MSG_CAPS });
}

static void
leave(struct client *c, const char *why)
{
	if (!c->own.count || c->quitting) {
		c->stopped = true;
		loop_stop(c->loop);
		return;
	}
	c->quitting = true;
	for (size_t i = 0; i < c->own.count; i++)
		engine_park(c->engine, c->own.items[i], why);
	client_note(c, false, "Parking what runs ...");
}

static void
on_ready(void *ud)
{
	client_dirty(ud, true);
}

static void
on_hangup(void *ud)
{
	leave(ud, "the terminal went away");
}

static void
on_picture(void *ud)
{
	client_dirty(ud, true);
}

/* --- painting ----------------------------------------------------------- */

static void
paint(struct client *c)
{
	/* Not now: on_ready says when the tty takes bytes again. */
	if (!term_begin(c->term))
		return;
	app_view(c->app, &c->frame);
	pictures_draw(c->pictures, c->term, &c->frame);
	term_paint(c->term, &c->frame);
	pictures_emit(c->pictures, c->term);
	term_end(c->term);
	c->painted_us = clock_mono_us();
	c->dirty = c->urgent = false;
}

static void
on_paint_timer(void *ud)
{
	struct client *c = ud;

	c->paint_timer = NULL;
	client_dirty(c, true);
}

static void
paint_when_due(struct client *c)
{
	int64_t since_us = clock_mono_us() - c->painted_us;

	if (!c->dirty || c->away)
		return;
	if (c->urgent || since_us >= PAINT_MS * 1000) {
		if (c->paint_timer)
			loop_timer_cancel(TAKE(c->paint_timer));
		paint(c);
	} else if (!c->paint_timer) {
		c->paint_timer =
			loop_timer(c->loop, PAINT_MS, on_paint_timer, c);
	}
}

/* --- time --------------------------------------------------------------- */

static void
on_tick(void *ud)
{
	struct client *c = ud;

	c->tick = NULL;
	client_send(c, &(struct msg){ .kind = MSG_TICK });
}

/* Seconds are counted on screen only while something runs. */
static void
set_tick(struct client *c)
{
	bool runs = c->state && !c->state->ended && run_busy(c->state) &&
		    journal_is_owned(c->cli->journal, c->run);

	if (runs && !c->tick)
		c->tick = loop_timer(c->loop, TICK_MS, on_tick, c);
}

static void
on_rows_timer(void *ud)
{
	struct client *c = ud;

	c->rows_timer = NULL;
	loop_again(c->loop);
}

/* Runs and gates are read anew when something changed, at most every
 * ROWS_MS. */
static void
read_rows_when_due(struct client *c)
{
	int64_t now = clock_mono_us();

	if (!c->rows_stale || c->rows_timer)
		return;
	if (now - c->rows_us < ROWS_MS * 1000) {
		c->rows_timer = loop_timer(c->loop, ROWS_MS, on_rows_timer, c);
		return;
	}
	c->rows_stale = false;
	c->rows_us = now;
	client_read_rows(c);
}

/* --- the turn ----------------------------------------------------------- */

static void
do_asks(struct client *c)
{
	while (c->app->asks.count) {
		struct asks asks = c->app->asks;

		memset(&c->app->asks, 0, sizeof(c->app->asks));
		for (size_t i = 0; i < asks.count; i++)
			client_do(c, &asks.items[i]);
		asks_release(&asks);
	}
}

static void
on_again(void *ud)
{
	struct client *c = ud;

	c->again_timer = NULL;
	for (size_t i = 0; i < c->again.count; i++)
		*app_ask(c->app, c->again.items[i].kind) = c->again.items[i];
	c->again.count = 0;
	loop_again(c->loop);
}

bool
client_again(struct client *c, struct ask *k)
{
	if (++k->tries > AGAIN_TRIES)
		return false;
	GROW(c->again.items, c->again.count, c->again.cap);
	c->again.items[c->again.count++] = *k;
	memset(k, 0, sizeof(*k));
	if (!c->again_timer)
		c->again_timer = loop_timer(c->loop, AGAIN_MS, on_again, c);
	client_note(c, false,
		    "Another process is writing to the journal; "
		    "trying again");
	return true;
}

static void
client_turn(void *ud)
{
	struct client *c = ud;

	if (c->stopped)
		return;
	read_rows_when_due(c);
	do_asks(c);
	paint_when_due(c);
	set_tick(c);
	if (c->quitting && !c->own.count) {
		c->stopped = true;
		loop_stop(c->loop);
	}
}

/* The engine threw its runs away: the journal could not be written. A new
 * one takes its place, so that they can be resumed when that is mended. */
static void
mend_engine(struct client *c)
{
	struct err err = ERR_INIT;

	if (!engine_failed(c->engine, &err))
		return;
	engine_free(c->engine);
	c->engine = client_engine(c);
	strv_release(&c->own);
	c->rows_stale = true;
	client_note(c, true,
		    "%s. Nothing is lost; resume the run when that "
		    "is mended",
		    err.msg);
}

static void
on_others(void *ud)
{
	struct client *c = ud;

	c->rows_stale = true;
	client_catch_up(c);
	loop_again(c->loop);
}

/* --- open and close ----------------------------------------------------- */

struct engine *
client_engine(struct client *c)
{
	struct engine_options o = { .loop = c->loop,
				    .journal = c->cli->journal,
				    .paths = &c->cli->paths,
				    .redact = c->redact,
				    .base_url = config_get(&c->cli->config,
							   SETTING_BASE_URL),
				    .on_text = client_on_text,
				    .text_ud = c,
				    .retry_busy = true };
	struct engine *e = engine_new(&o);

	engine_observe(e, client_on_event, c);
	/* What the app does comes after the engine's turn. */
	loop_remove_hook(c->loop, client_turn, c);
	loop_before_wait(c->loop, client_turn, c);
	return e;
}

static bool
load_looks(struct client *c, struct err *err)
{
	const char *name = config_get(&c->cli->config, SETTING_THEME);
	const char *no_color = getenv("NO_COLOR");

	c->keys = keymap_new();
	theme_init_plain(&c->theme);
	if (!keymap_load(c->keys, &c->cli->paths, err))
		return false;
	if (no_color && *no_color)
		return true;
	theme_release(&c->theme);
	return theme_load(&c->cli->paths, name, &c->theme, err);
}

static bool
open_screen(struct client *c, struct err *err)
{
	const struct config *config = &c->cli->config;
	const char *no_color = getenv("NO_COLOR");
	struct term_options o = {
		.loop = c->loop,
		.paths = &c->cli->paths,
		.pictures = config_get(config, SETTING_PICTURES),
		.colours = no_color && *no_color ?
				   "none" :
				   config_get(config, SETTING_COLOURS),
		.mouse = str_eq(config_get(config, SETTING_MOUSE), "on"),
		.on_input = on_input,
		.on_resize = on_resize,
		.on_caps = on_caps,
		.on_ready = on_ready,
		.on_hangup = on_hangup,
		.ud = c,
	};
	int w, h;

	c->term = term_new(&o, err);
	if (!c->term)
		return false;
	c->app = app_new(&c->theme, c->keys, term_caps(c->term));
	c->pictures = pictures_new(c->loop, term_caps(c->term), on_picture, c);
	c->frame.ascii = !term_caps(c->term)->utf8;
	term_size(c->term, &w, &h);
	on_resize(c, w, h);
	return true;
}

static void
close_client(struct client *c)
{
	struct loop_timer *timers[] = { c->paint_timer, c->rows_timer, c->tick,
					c->again_timer };

	for (size_t i = 0; i < ARRAY_LEN(timers); i++)
		if (timers[i])
			loop_timer_cancel(timers[i]);
	if (c->watch)
		watch_free(c->watch);
	if (c->engine)
		engine_free(c->engine);
	client_jobs_free(c);
	asks_release(&c->again);
	loop_remove_hook(c->loop, client_turn, c);
	if (c->pictures)
		pictures_free(c->pictures);
	if (c->app)
		app_free(c->app);
	if (c->term)
		term_free(c->term);
	loop_free(c->loop);
	client_drafts_flush(c);
	client_prepared_free(c->prepared);
	if (c->state)
		run_state_free(c->state);
	redact_free(c->redact);
	frame_release(&c->frame);
	theme_release(&c->theme);
	keymap_free(c->keys);
	models_free(c->models);
	strv_release(&c->own);
	free(c->run_dir);
}

static void
begin(struct client *c, const char *run, const struct run_request *start)
{
	struct err err = ERR_INIT;
	bool ok = true;

	client_load_history(c);
	client_load_drafts(c);
	c->rows_stale = true;
	if (run)
		ok = client_open_run(c, run, &err);
	if (ok && run && cli_flag(c->cli, "app"))
		ok = client_resume(c, run, &err);
	if (ok && start)
		ok = client_start(c, start, &err);
	if (!ok)
		client_fail(c, &err);
}

static void
live(struct client *c)
{
	client_turn(c);
	while (!c->stopped) {
		loop_turn(c->loop, true);
		engine_reap(c->engine);
		mend_engine(c);
	}
}

int
client_main(struct cli *cli, const char *run, const struct run_request *start)
{
	struct client c = { .cli = cli };
	AUTO_FREE char *secrets = NULL;
	struct err err = ERR_INIT;
	bool ok;

	if (!cli_journal(cli, &err))
		return cli_fail(cli, &err);
	c.loop = loop_new();
	c.redact = redact_new();
	redact_env(c.redact, environ);
	secrets = path_join(cli->paths.config, "secrets");
	redact_files(c.redact, secrets);
	ok = load_looks(&c, &err) && open_screen(&c, &err);
	if (ok) {
		c.engine = client_engine(&c);
		c.watch = watch_new(c.loop, cli->journal, &cli->paths,
				    on_others, &c);
		watch_set(c.watch, WATCH_EVENTS);
		begin(&c, run, start);
		live(&c);
	}
	close_client(&c);
	return ok ? 0 : cli_fail(cli, &err);
}

void
client_interrupt(struct client *c)
{
	int64_t now = clock_mono_us();

	/* The second time leaves as soon as all is parked, the third at
	 * once. */
	if (c->interrupted_us && now - c->interrupted_us < TWICE_US)
		leave(c, "interrupted by Ctrl-C");
	c->interrupted_us = now;
}

void
client_changed(struct client *c)
{
	c->rows_stale = true;
	engine_look(c->engine);
	client_catch_up(c);
	loop_again(c->loop);
}

void
client_leave(struct client *c, const char *why)
{
	leave(c, why);
}
