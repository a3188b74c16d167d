/*
 *  1. version is that of the last look; fn runs when a look finds another.
 *  2. look_ms is the distance to the next look by events; 0: only an event
 *     of the watch brings one.
 *  3. What came between the last look and the start of the watch makes no
 *     event: so a start looks once more.
 */
#include "run/watch.h"

#include <stdlib.h>

enum {
	POLL_MS = 500,
	LOOK_MS = 10,
	LOOK_MAX_MS = 20000, /* longer than a writer waits for a lock */
};

struct watch {
	struct loop *loop;
	struct journal *journal;
	const struct paths *paths;
	watch_fn *fn;
	void *ud;
	uv_fs_event_t *handle;
	enum watch_mode mode;
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
	int64_t ms = w->mode == WATCH_OFF ? 0 :
		     w->watching          ? w->look_ms :
					    POLL_MS;

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

static void
look_again(struct watch *w)
{
	/* One is about to come anyway. */
	if (w->timer && w->look_ms == LOOK_MS)
		return;
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
	look_again(h->data);
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
	w->paths = paths;
	w->fn = fn;
	w->ud = ud;
	w->version = journal_version(j);
	w->handle = xcalloc(1, sizeof(*w->handle));
	uv_fs_event_init(loop_uv(l), w->handle);
	w->handle->data = w;
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

void
watch_set(struct watch *w, enum watch_mode mode)
{
	if (mode == w->mode)
		return;
	w->mode = mode;
	if (w->watching)
		uv_fs_event_stop(w->handle);
	w->watching =
		mode == WATCH_EVENTS &&
		uv_fs_event_start(w->handle, on_event, w->paths->state, 0) == 0;
	w->look_ms = 0;
	set_timer(w);
	if (w->watching)
		look_again(w);
}
