/*
 * loop.h - the one event loop (libuv) and the three things that every part
 * of the program needs from it: a hook before it waits, timers, and a thread
 * pool for slow pure work.
 *
 * Order in each turn: libuv runs callbacks, then, before it blocks, the
 * before-wait hooks run in the order they were added (the run machine's
 * commit first, faces after it). A hook that makes more work calls
 * loop_again, and all hooks run once more before the loop blocks. They also
 * run after the last callback, when nothing is left to wait for, and after
 * loop_stop: what a callback did never stays uncommitted.
 *
 * Everything here runs on the loop's thread, except the `work` function of
 * loop_work, which runs on a pool thread and must touch nothing but its own
 * data.
 */
#ifndef AGENTOPS_BASE_LOOP_H
#define AGENTOPS_BASE_LOOP_H

#include "base/err.h"
#include "base/mem.h"

#include <stdint.h>
#include <uv.h>

struct loop;

/* Also makes the process ignore SIGPIPE (a child that does not read its
 * input must not end us); children start with the default again. */
struct loop *loop_new(void);
/* Ends what is guarded (timers, child processes), waits for work already on
 * the pool and runs its done callback, closes every handle. */
void loop_free(struct loop *l);
DEFINE_AUTO_PTR(loop);

uv_loop_t *loop_uv(struct loop *l);

/* Runs until loop_stop, or until nothing is left to wait for. */
void loop_run(struct loop *l);
/* One turn; blocks for events when block is set. True while work is left. */
bool loop_turn(struct loop *l, bool block);
void loop_stop(struct loop *l);

typedef void loop_hook_fn(void *ud);
void loop_before_wait(struct loop *l, loop_hook_fn *fn, void *ud);
/* Never from inside a hook. */
void loop_remove_hook(struct loop *l, loop_hook_fn *fn, void *ud);
void loop_again(struct loop *l);

/*
 * A guard ends something that lives on the loop when loop_free comes before
 * its own end: fn(ud) is called once, and must close its handles with their
 * own close callback. The struct is embedded in what it guards.
 */
struct loop_guard {
	struct loop_guard *next, **link; /* link: what points here */
	void (*fn)(void *ud);
	void *ud;
};

void loop_guard(struct loop *l, struct loop_guard *g, void (*fn)(void *),
		void *ud);
void loop_unguard(struct loop_guard *g);

/* Calls fn once after delay_ms. loop_timer_cancel may be called at any time
 * before fn ran; the pointer is dead afterwards. */
struct loop_timer;
typedef void loop_timer_fn(void *ud);
struct loop_timer *loop_timer(struct loop *l, int64_t delay_ms,
			      loop_timer_fn *fn, void *ud);
void loop_timer_cancel(struct loop_timer *t);

/*
 * Runs work(ud) on a pool thread, then done(ud) on the loop. It cannot be
 * stopped once begun; ud must live until done ran.
 */
typedef void loop_work_fn(void *ud);
void loop_work(struct loop *l, loop_work_fn *work, loop_work_fn *done,
	       void *ud);

#endif
