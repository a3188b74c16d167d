/*
 * Invariants
 *  1. A ticket is in the queue of one slot until its on_report was called;
 *     the first of a queue is the one the kernel runs, when `running`.
 *  2. on_report is called from report alone, and that from the loop: `pump`
 *     runs from the kick timer, from the end of the search for Python, or
 *     from the end of a cell.
 *  3. A slot's kernel that is gone is freed by pump before anything else,
 *     never inside the kernel's own callbacks: those kick.
 *
 *	queued --Python known, kernel there and idle--> running --on_done-->
 *	reported; queued --cancelled, no Python, no kernel--> reported
 */
#include "tool/kernel_pool.h"

#include "base/str.h"
#include "tool/kernel_find.h"

#include <stdlib.h>
#include <string.h>

struct kernel_ticket {
	struct slot *slot;
	struct kernel_job job; /* code and dir owned, where not used */
	struct kernel_ticket *next;
	bool cancelled;
};

struct slot {
	struct pool *pool;
	enum sandbox_profile profile;
	struct strv hosts, secrets;
	struct kernel *kernel;
	struct kernel_ticket *queue;
	bool running; /* the first of the queue is in the kernel */
	bool warm;    /* start the kernel without a cell */
	bool used;    /* the kernel has run a cell to its end */
	bool restarted;
	struct slot *next;
};

struct pool {
	struct tool_session *session;
	struct loop *loop;
	struct loop_timer *kick;
	struct kernel_find *find;
	char *python;
	struct slot *slots;
	bool closing;
};

static void pump_all(void *ud);

/* ---- tickets ---------------------------------------------------------- */

static void
ticket_free(struct kernel_ticket *t)
{
	free((char *)t->job.cell.code);
	free((char *)t->job.cell.dir);
	free(t);
}

static void
report(struct kernel_ticket *t, const struct kernel_end *end,
       const struct err *err)
{
	struct slot *slot = t->slot;
	struct kernel_ticket **at = &slot->queue;
	struct kernel_report r = { .end = end, .err = err };

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	if (end) {
		r.restarted = slot->restarted;
		slot->restarted = false;
	}
	t->job.on_report(t->job.ud, &r);
	ticket_free(t);
}

static void
report_cancelled(struct slot *slot)
{
	struct err err = ERR_INIT;
	struct kernel_ticket *t =
		slot->running ? slot->queue->next : slot->queue;

	FAIL(&err, ERR_CANCELLED, "cancelled before it began");
	while (t) {
		struct kernel_ticket *next = t->next;

		if (t->cancelled)
			report(t, NULL, &err);
		t = next;
	}
}

static void
report_all(struct slot *slot, const struct err *err)
{
	while (slot->queue)
		report(slot->queue, NULL, err);
}

/* ---- running ---------------------------------------------------------- */

static void
kick(struct pool *p)
{
	if (!p->kick)
		p->kick = loop_timer(p->loop, 0, pump_all, p);
}

static void
on_cell_done(void *ud, const struct kernel_end *end)
{
	struct slot *slot = ud;

	slot->running = false;
	kick(slot->pool);
	/* It died while it waited, which was not seen in time: the cell goes
	 * to the next one. A kernel that never ran a cell would die again. */
	if (end->kind == KERNEL_DIED && !end->began && slot->used &&
	    !slot->pool->closing)
		return;
	slot->used = true;
	report(slot->queue, end, NULL);
}

static void
on_kernel_gone(void *ud)
{
	kick(((struct slot *)ud)->pool);
}

/* The kernel calls these with the slot; the job wants its own ud. */
static void
on_cell_text(void *ud, const char *text, size_t len)
{
	struct kernel_cell *c = &((struct slot *)ud)->queue->job.cell;

	c->on_text(c->ud, text, len);
}

static void
on_cell_show(void *ud, const cJSON *bundle)
{
	struct kernel_cell *c = &((struct slot *)ud)->queue->job.cell;

	c->on_show(c->ud, bundle);
}

static void
run_first(struct slot *slot)
{
	struct kernel_cell cell = slot->queue->job.cell;

	cell.on_text = on_cell_text;
	cell.on_show = on_cell_show;
	cell.on_done = on_cell_done;
	cell.ud = slot;
	slot->running = true;
	kernel_execute(slot->kernel, &cell);
}

static bool
start_kernel(struct slot *slot, struct err *err)
{
	struct tool_session *s = slot->pool->session;
	struct kernel_spec spec = {
		.loop = slot->pool->loop,
		.python = slot->pool->python,
		.run_dir = tool_session_run_dir(s),
		.workspace = tool_session_workspace(s),
		.profile = slot->profile,
		.hosts = (const char *const *)slot->hosts.items,
		.readable = tool_session_readable(s),
		.secrets = (const char *const *)slot->secrets.items,
		.on_gone = on_kernel_gone,
		.ud = slot,
	};

	slot->kernel = kernel_start(&spec, err);
	return slot->kernel;
}

static void
drop_dead_kernel(struct slot *slot)
{
	if (!slot->kernel || !kernel_is_gone(slot->kernel))
		return;
	kernel_free(TAKE(slot->kernel));
	slot->restarted = slot->restarted || slot->used;
	slot->used = false;
}

static void
pump(struct slot *slot)
{
	struct err err = ERR_INIT;

	report_cancelled(slot);
	if (slot->running)
		return;
	drop_dead_kernel(slot);
	if (!slot->queue && !slot->warm)
		return;
	slot->warm = false;
	if (!slot->kernel && !start_kernel(slot, &err)) {
		report_all(slot, &err);
		return;
	}
	if (slot->queue && kernel_takes_cell(slot->kernel))
		run_first(slot);
}

static bool
has_work(const struct pool *p)
{
	for (struct slot *s = p->slots; s; s = s->next)
		if (s->queue || s->warm)
			return true;
	return false;
}

static void
on_found(void *ud, const char *python, const struct err *err)
{
	struct pool *p = ud;

	p->find = NULL;
	p->python = xstrdup0(python);
	/* Not remembered: the next call looks again, it may be there. */
	for (struct slot *s = p->slots; s && !python; s = s->next) {
		s->warm = false;
		report_all(s, err);
	}
	kick(p);
}

static void
pump_all(void *ud)
{
	struct pool *p = ud;

	p->kick = NULL;
	if (p->closing)
		return;
	for (struct slot *s = p->slots; s; s = s->next) {
		if (p->python)
			pump(s);
		else
			report_cancelled(s);
	}
	if (!p->python && !p->find && has_work(p))
		p->find = kernel_find_python(p->loop, NULL, on_found, p);
}

/* ---- the pool --------------------------------------------------------- */

/* Nothing new begins; the kernels end side by side. */
static void
pool_free(void *ud)
{
	struct pool *p = ud;
	struct err err = ERR_INIT;

	p->closing = true;
	FAIL(&err, ERR_CANCELLED, "the run ended");
	if (p->find)
		kernel_find_cancel(p->find);
	for (struct slot *s = p->slots; s; s = s->next)
		if (s->kernel)
			kernel_shutdown(s->kernel);
	while (p->find)
		loop_turn(p->loop, true);
	while (p->slots) {
		struct slot *s = p->slots;

		kernel_free(s->kernel);
		report_all(s, &err);
		p->slots = s->next;
		strv_release(&s->hosts);
		strv_release(&s->secrets);
		free(s);
	}
	if (p->kick)
		loop_timer_cancel(p->kick);
	free(p->python);
	free(p);
}

static struct pool *
pool_of(struct tool_session *session)
{
	void **place = tool_session_kernels(session, pool_free);

	if (!*place) {
		struct pool *p = xcalloc(1, sizeof(*p));

		p->session = session;
		p->loop = tool_session_loop(session);
		*place = p;
	}
	return *place;
}

static bool
same_list(const struct strv *a, const char *const *b)
{
	size_t i = 0;

	for (; i < a->count && b && b[i]; i++)
		if (!str_eq(a->items[i], b[i]))
			return false;
	return i == a->count && (!b || !b[i]);
}

static void
add_all(struct strv *v, const char *const *items)
{
	for (; items && *items; items++)
		strv_add(v, *items);
}

static struct slot *
slot_of(struct pool *p, const struct kernel_where *where)
{
	struct slot *s;

	for (s = p->slots; s; s = s->next)
		if (s->profile == where->profile &&
		    same_list(&s->hosts, where->hosts) &&
		    same_list(&s->secrets, where->secrets))
			return s;
	s = xcalloc(1, sizeof(*s));
	s->pool = p;
	s->profile = where->profile;
	add_all(&s->hosts, where->hosts);
	add_all(&s->secrets, where->secrets);
	s->next = p->slots;
	p->slots = s;
	return s;
}

void
kernel_warm(struct tool_session *session, enum sandbox_profile profile)
{
	struct pool *p = pool_of(session);
	struct kernel_where where = { .profile = profile };

	slot_of(p, &where)->warm = true;
	kick(p);
}

struct kernel_ticket *
kernel_submit(struct tool_session *session, const struct kernel_job *job)
{
	struct pool *p = pool_of(session);
	struct kernel_ticket *t = xcalloc(1, sizeof(*t));
	struct kernel_ticket **at;

	t->slot = slot_of(p, &job->where);
	t->job = *job;
	t->job.cell.code = xstrdup(job->cell.code);
	t->job.cell.dir = xstrdup(job->cell.dir);
	for (at = &t->slot->queue; *at; at = &(*at)->next)
		;
	*at = t;
	kick(p);
	return t;
}

void
kernel_job_cancel(struct kernel_ticket *t)
{
	struct slot *slot = t->slot;

	t->cancelled = true;
	if (slot->running && slot->queue == t)
		kernel_interrupt(slot->kernel);
	else
		kick(slot->pool);
}

int
kernel_pool_pid(struct tool_session *session, enum sandbox_profile profile)
{
	struct kernel_where where = { .profile = profile };
	struct slot *slot = slot_of(pool_of(session), &where);

	return slot->kernel ? kernel_pid(slot->kernel) : 0;
}
