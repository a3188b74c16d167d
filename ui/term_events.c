/*
 * Invariants
 *  1. One allocation, freed when the last of its handles is closed.
 *  2. `waiting` is the wait that the timer runs for, 0 for none.
 */
#include "ui/term_events.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* Many resizes within this time are one (30 to 100 ms look immediate). */
enum { WINDOW_MS = 40 };

/* The first SIGCONT so soon after stop_group is the one that ended it. */
static const uint64_t OWN_CONT_NS = 200000000;

static const int watched[] = { SIGWINCH, SIGTSTP, SIGCONT,
			       SIGHUP,   SIGTERM, SIGINT };

struct term_events {
	const struct term_events_on *on; /* NULL: freed */
	void *ud;
	uv_signal_t signals[ARRAY_LEN(watched)];
	uv_timer_t wait, window;
	int waiting, open;
	uint64_t continued_ns; /* when stop_group returned; 0: long ago */
};

static void
on_window(uv_timer_t *h)
{
	struct term_events *e = h->data;

	e->on->window(e->ud);
}

static void
on_wait(uv_timer_t *h)
{
	struct term_events *e = h->data;

	e->waiting = 0;
	e->on->wait_over(e->ud);
}

static void
on_signal(uv_signal_t *h, int signum)
{
	struct term_events *e = h->data;

	if (!e->on)
		return;
	switch (signum) {
	case SIGWINCH:
		if (!uv_is_active((uv_handle_t *)&e->window))
			uv_timer_start(&e->window, on_window, WINDOW_MS, 0);
		break;
	case SIGTSTP:
		e->on->stop(e->ud);
		break;
	case SIGCONT:
		if (uv_hrtime() - e->continued_ns > OWN_CONT_NS)
			e->on->continued(e->ud);
		/* The next one, however soon, is another. */
		e->continued_ns = 0;
		break;
	default:
		e->on->end(e->ud, signum);
	}
}

struct term_events *
term_events_new(struct loop *l, const struct term_events_on *on, void *ud)
{
	struct term_events *e = xcalloc(1, sizeof(*e));
	uv_loop_t *uv = loop_uv(l);

	e->on = on;
	e->ud = ud;
	uv_timer_init(uv, &e->wait);
	uv_timer_init(uv, &e->window);
	e->wait.data = e->window.data = e;
	e->open = 2 + (int)ARRAY_LEN(watched);
	for (size_t i = 0; i < ARRAY_LEN(watched); i++) {
		uv_signal_init(uv, &e->signals[i]);
		e->signals[i].data = e;
		uv_signal_start(&e->signals[i], on_signal, watched[i]);
		uv_unref((uv_handle_t *)&e->signals[i]);
	}
	return e;
}

static void
on_closed(uv_handle_t *h)
{
	struct term_events *e = h->data;

	if (--e->open == 0)
		free(e);
}

void
term_events_free(struct term_events *e)
{
	if (!e)
		return;
	e->on = NULL;
	uv_close((uv_handle_t *)&e->wait, on_closed);
	uv_close((uv_handle_t *)&e->window, on_closed);
	for (size_t i = 0; i < ARRAY_LEN(watched); i++)
		uv_close((uv_handle_t *)&e->signals[i], on_closed);
}

void
term_events_wait(struct term_events *e, int wait_ms, bool again)
{
	if (wait_ms == e->waiting && !again)
		return;
	e->waiting = wait_ms;
	if (wait_ms)
		uv_timer_start(&e->wait, on_wait, (uint64_t)wait_ms, 0);
	else
		uv_timer_stop(&e->wait);
}

static uv_signal_t *
handle_of(struct term_events *e, int signum)
{
	size_t i = 0;

	while (watched[i] != signum)
		i++;
	return &e->signals[i];
}

void
term_events_stop_group(struct term_events *e)
{
	/* libuv sets the default back; with it the signal stops us here. */
	uv_signal_stop(handle_of(e, SIGTSTP));
	kill(0, SIGTSTP);
	e->continued_ns = uv_hrtime();
	uv_signal_start(handle_of(e, SIGTSTP), on_signal, SIGTSTP);
}
