/*
 * watch.h - tells when another process has committed to the journal, without
 * a wake-up while nobody does.
 *
 * The state folder is watched (inotify): a writer touches the log file
 * there. But its commit counts only after the fsync that follows, which
 * makes no event, so for a while after one, data_version is looked at again
 * at growing distances (20 ms to about 2.5 s). Where the system gives no
 * watch, it is looked at four times a second.
 *
 *	struct watch *w = watch_new(loop, journal, paths, on_change, self);
 */
#ifndef AGENTOPS_RUN_WATCH_H
#define AGENTOPS_RUN_WATCH_H

#include "base/loop.h"
#include "run/journal.h"

struct watch;

typedef void watch_fn(void *ud);
/* Borrows all. fn is called on the loop. */
struct watch *watch_new(struct loop *l, struct journal *j,
			const struct paths *paths, watch_fn *fn, void *ud);
/* Before loop_free. */
void watch_free(struct watch *w);
/* Something may have changed: looks now, and for a while after. */
void watch_poke(struct watch *w);

#endif
