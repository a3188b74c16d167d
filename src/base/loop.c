/*
 * Invariants
 *  1. Hooks run only from run_hooks, and never inside one another.
 *  2. The prepare handle is unreferenced: it never keeps the loop alive.
 *  3. While `again` is set the idle handle is active, so the loop is alive,
 *     libuv polls without blocking and the next turn comes at once.
 *  4. The hooks run after the last callback of loop_run. libuv alone ends
 *     between the two when that callback left nothing to wait for.
 */
#include "base/loop.h"

#include <malloc.h>
#include <signal.h>
#include <stdlib.h>

enum { HOOKS_MAX = 8 };

struct loop {
	uv_loop_t uv;
	uv_prepare_t prepare;
	uv_idle_t idle;
	bool again, stopped;
	struct loop_guard *guards;
	struct {
		loop_hook_fn *fn;
		void *ud;
	} hooks[HOOKS_MAX];
	int hook_count;
};

static void
on_idle(uv_idle_t *h)
{
	(void)h;
}

static void
run_hooks(uv_prepare_t *h)
{
	struct loop *l = h->data;

	l->again = false;
	for (int i = 0; i < l->hook_count; i++)
		l->hooks[i].fn(l->hooks[i].ud);
	if (l->again)
		uv_idle_start(&l->idle, on_idle);
	else
		uv_idle_stop(&l->idle);
}

struct loop *
loop_new(void)
{
	struct loop *l = xcalloc(1, sizeof(*l));

	signal(SIGPIPE, SIG_IGN);
	/* Threads of the pool allocate little; a heap each cost 0.8 MB. */
	mallopt(M_ARENA_MAX, 1);
	if (uv_loop_init(&l->uv))
		abort();
	uv_prepare_init(&l->uv, &l->prepare);
	l->prepare.data = l;
	uv_prepare_start(&l->prepare, run_hooks);
	uv_unref((uv_handle_t *)&l->prepare);
	uv_idle_init(&l->uv, &l->idle);
	return l;
}

static void
close_handle(uv_handle_t *h, void *ud)
{
	(void)ud;
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

void
loop_free(struct loop *l)
{
	uv_prepare_stop(&l->prepare);
	while (l->guards) {
		struct loop_guard *g = l->guards;

		loop_unguard(g);
		g->fn(g->ud);
	}
	uv_walk(&l->uv, close_handle, NULL);
	while (uv_run(&l->uv, UV_RUN_DEFAULT))
		;
	uv_loop_close(&l->uv);
	free(l);
}

uv_loop_t *
loop_uv(struct loop *l)
{
	return &l->uv;
}

void
loop_run(struct loop *l)
{
	do {
		uv_run(&l->uv, UV_RUN_DEFAULT);
		run_hooks(&l->prepare);
	} while (!l->stopped && uv_loop_alive(&l->uv));
	l->stopped = false;
}

bool
loop_turn(struct loop *l, bool block)
{
	if (uv_run(&l->uv, block ? UV_RUN_ONCE : UV_RUN_NOWAIT))
		return true;
	run_hooks(&l->prepare);
	return uv_loop_alive(&l->uv) != 0;
}

void
loop_stop(struct loop *l)
{
	l->stopped = true;
	uv_stop(&l->uv);
}

void
loop_before_wait(struct loop *l, loop_hook_fn *fn, void *ud)
{
	if (l->hook_count == HOOKS_MAX)
		abort();
	l->hooks[l->hook_count].fn = fn;
	l->hooks[l->hook_count++].ud = ud;
}

void
loop_remove_hook(struct loop *l, loop_hook_fn *fn, void *ud)
{
	int kept = 0;

	for (int i = 0; i < l->hook_count; i++)
		if (l->hooks[i].fn != fn || l->hooks[i].ud != ud)
			l->hooks[kept++] = l->hooks[i];
	l->hook_count = kept;
}

void
loop_again(struct loop *l)
{
	l->again = true;
	uv_idle_start(&l->idle, on_idle);
}

void
loop_guard(struct loop *l, struct loop_guard *g, void (*fn)(void *), void *ud)
{
	g->fn = fn;
	g->ud = ud;
	g->next = l->guards;
	g->link = &l->guards;
	if (g->next)
		g->next->link = &g->next;
	l->guards = g;
}

void
loop_unguard(struct loop_guard *g)
{
	*g->link = g->next;
	if (g->next)
		g->next->link = g->link;
}

struct loop_timer {
	uv_timer_t uv;
	struct loop_guard guard;
	loop_timer_fn *fn;
	void *ud;
};

static void
free_timer(uv_handle_t *h)
{
	free(h->data);
}

static void
end_timer(void *ud)
{
	struct loop_timer *t = ud;

	uv_close((uv_handle_t *)&t->uv, free_timer);
}

static void
on_timer(uv_timer_t *h)
{
	struct loop_timer *t = h->data;
	loop_timer_fn *fn = t->fn;
	void *ud = t->ud;

	loop_timer_cancel(t);
	fn(ud);
}

struct loop_timer *
loop_timer(struct loop *l, int64_t delay_ms, loop_timer_fn *fn, void *ud)
{
	struct loop_timer *t = xcalloc(1, sizeof(*t));

	t->fn = fn;
	t->ud = ud;
	uv_timer_init(&l->uv, &t->uv);
	loop_guard(l, &t->guard, end_timer, t);
	t->uv.data = t;
	/* libuv's idea of now is the start of this turn: a long callback
	 * before us must not shorten the delay. */
	uv_update_time(&l->uv);
	uv_timer_start(&t->uv, on_timer,
		       delay_ms > 0 ? (uint64_t)delay_ms : 0, 0);
	return t;
}

void
loop_timer_cancel(struct loop_timer *t)
{
	loop_unguard(&t->guard);
	end_timer(t);
}

struct work {
	uv_work_t uv;
	loop_work_fn *work, *done;
	void *ud;
};

static void
on_work(uv_work_t *req)
{
	struct work *w = req->data;

	w->work(w->ud);
}

static void
after_work(uv_work_t *req, int status)
{
	struct work *w = req->data;

	(void)status;
	w->done(w->ud);
	free(w);
}

void
loop_work(struct loop *l, loop_work_fn *work, loop_work_fn *done, void *ud)
{
	struct work *w = xcalloc(1, sizeof(*w));

	w->uv.data = w;
	w->work = work;
	w->done = done;
	w->ud = ud;
	uv_queue_work(&l->uv, &w->uv, on_work, after_work);
}
