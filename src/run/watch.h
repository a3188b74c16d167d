/*
 * watch.h - tells when another process has committed to the journal, without
 * a wake-up while nobody does.
 *
 * By events: the state folder is watched (inotify): a writer touches the log
 * file there. But its commit counts only after the fsync that follows, which
 * happens in shared memory and makes no event, so after one, data_version is
 * looked at some times more, at growing distances (10 ms to 20 s). Where the
 * system gives no watch, it is looked at twice a second.
 *
 * Slowly: twice a second. For who writes itself all the time: each of its
 * own commits would be an event.
 *
 *	struct watch *w = watch_new(loop, journal, paths, on_change, self);
 *	watch_set(w, WATCH_EVENTS);
 *
 * While a mode but WATCH_OFF is set the loop has something to wait for.
 */
#ifndef AGENTOPS_RUN_WATCH_H
#define AGENTOPS_RUN_WATCH_H

#include "base/loop.h"
#include "run/journal.h"

struct watch;

enum watch_mode { WATCH_OFF, WATCH_EVENTS, WATCH_SLOW };

typedef void watch_fn(void *ud);
/* Borrows all; off. fn is called on the loop. */
struct watch *watch_new(struct loop *l, struct journal *j,
			const struct paths *paths, watch_fn *fn, void *ud);
/* Before loop_free. */
void watch_free(struct watch *w);
/* Setting the mode it has costs nothing. */
void watch_set(struct watch *w, enum watch_mode mode);

#endif
