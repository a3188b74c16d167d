/*
 * loop.h - the one event loop (libuv) and the three things that every part
 * of the program needs from it: a hook before it waits, timers, and a thread
 * pool for slow pure work.
 *
 * Order in each turn: libuv runs callbacks, then, before it blocks, the
 * before-wait hooks run in the order they were added (the run machine's
 * commit first, faces after it). A hook that makes more work calls
 * loop_again, and all hooks run once more before the loop blocks.
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

struct loop *loop_new(void);
/* Closes every handle still open and runs their close callbacks. */
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
void loop_again(struct loop *l);

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
