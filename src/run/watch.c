/*
 *  1. version is that of the last look; fn runs when a look finds another.
 *  2. look_ms is the distance to the next look; 0: only an event of the
 *     watch brings one.
 */
#include "run/watch.h"

#include <stdlib.h>

enum { LOOK_MS = 20, LOOK_MAX_MS = 1280, POLL_MS = 250 };

struct watch {
	struct loop *loop;
	struct journal *journal;
	watch_fn *fn;
	void *ud;
	uv_fs_event_t *handle;
	bool watching;
	int64_t version, look_ms;
	struct loop_timer *timer;
};

static void on_timer(void *ud);

static void
look(struct watch *w)
{
	int64_t version = journal_version(w->journal);

	if (version == w->version)
		return;
	w->version = version;
	w->fn(w->ud);
}

static void
set_timer(struct watch *w)
{
	int64_t ms = w->watching ? w->look_ms : POLL_MS;

	if (w->timer)
		loop_timer_cancel(w->timer);
	w->timer = ms ? loop_timer(w->loop, ms, on_timer, w) : NULL;
}

static void
on_timer(void *ud)
{
	struct watch *w = ud;

	w->timer = NULL;
	w->look_ms = w->look_ms < LOOK_MAX_MS ? 2 * w->look_ms : 0;
	set_timer(w);
	look(w);
}

void
watch_poke(struct watch *w)
{
	w->look_ms = LOOK_MS;
	set_timer(w);
	look(w);
}

static void
on_event(uv_fs_event_t *h, const char *file, int events, int status)
{
	(void)file;
	(void)events;
	(void)status;
	watch_poke(h->data);
}

static void
free_handle(uv_handle_t *h)
{
	free(h);
}

struct watch *
watch_new(struct loop *l, struct journal *j, const struct paths *paths,
	  watch_fn *fn, void *ud)
{
	struct watch *w = xcalloc(1, sizeof(*w));

	w->loop = l;
	w->journal = j;
	w->fn = fn;
	w->ud = ud;
	w->version = journal_version(j);
	w->handle = xcalloc(1, sizeof(*w->handle));
	uv_fs_event_init(loop_uv(l), w->handle);
	w->handle->data = w;
	w->watching = uv_fs_event_start(w->handle, on_event, paths->state,
					0) == 0;
	uv_unref((uv_handle_t *)w->handle);
	set_timer(w);
	return w;
}

void
watch_free(struct watch *w)
{
	if (w->timer)
		loop_timer_cancel(w->timer);
	uv_close((uv_handle_t *)w->handle, free_handle);
	free(w);
}
