/*
 * Invariants
 *  1. A state is changed only by events that stand in the open transaction
 *     or are durable. If the commit fails the engine is `broken`: no state
 *     of it is used again, nothing is published, nothing is started.
 *  2. Observers and effects see an event only after its commit.
 *  3. Between turns every live run's head equals state->seq and hash.
 *  4. An effect is on its run's list from its start to its outcome; a run is
 *     closed (lock given up, session freed) when its list is empty and its
 *     last event (run.ended, run.parked) is durable.
 *
 *	live --> ended --------------------------> closed
 *	   `--> leaving (effects cancelled, outcomes dropped) --> parked
 */
#include "run/live.h"
#include "run/watch.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	OBSERVERS_MAX = 4,
	BUSY_RETRY_MS = 100,
	BUSY_MAX_US = 60 * 1000000,
};

struct posted {
	enum event_type type;
	int64_t ts_us;
	char *data;
};

/* An event of this turn; its texts live in the turn's arena. */
struct published {
	struct live *live;
	struct event e;
	const char *data;
};

struct engine {
	struct engine_options o;
	struct live *lives;
	struct {
		engine_event_fn *fn;
		void *ud;
	} observers[OBSERVERS_MAX];
	int observer_count;
	struct arena arena;
	struct published *turn;
	size_t turn_count, turn_cap;
	bool broken, in_turn;
	struct err error;
	/* Noticing what other processes append. */
	struct watch *watch;
	bool others;
	/* journal_seen after our last commit; alone: nobody has written since,
	 * so there is nothing to absorb in this turn. */
	uint32_t seen;
	bool seen_valid, alone;
	/* The journal is locked: since when (monotonic; 0: it is not). */
	int64_t busy_since_us;
	struct loop_timer *retry;
};

const struct workflow_tools engine_tools = { tool_find, tool_all,
					     tool_check_args };

static void turn(void *ud);

static void
on_others(void *ud)
{
	struct engine *e = ud;

	e->others = true;
	loop_again(e->o.loop);
}

struct engine *
engine_new(const struct engine_options *o)
{
	struct engine *e = xcalloc(1, sizeof(*e));

	e->o = *o;
	if (!e->o.tools)
		e->o.tools = &engine_tools;
	e->watch = watch_new(o->loop, o->journal, o->paths, on_others, e);
	loop_before_wait(o->loop, turn, e);
	return e;
}

void
engine_observe(struct engine *e, engine_event_fn *fn, void *ud)
{
	if (e->observer_count == OBSERVERS_MAX)
		abort();
	e->observers[e->observer_count].fn = fn;
	e->observers[e->observer_count++].ud = ud;
}

/* --- live runs --------------------------------------------------------- */

void
live_post(struct live *l, const struct event *e)
{
	AUTO(buf) data = BUF_INIT;
	struct posted *p;

	if (l->leaving || l->engine->broken)
		return;
	event_encode(&data, e);
	GROW(l->posted, l->posted_count, l->posted_cap);
	p = &l->posted[l->posted_count++];
	p->type = e->type;
	p->ts_us = e->ts_us ? e->ts_us : clock_wall_us();
	p->data = redact_str(l->o->redact, buf_str(&data));
	loop_again(l->o->loop);
}

void
live_add_effect(struct live *l, struct effect *f)
{
	f->live = l;
	f->next = l->effects;
	f->prev = &l->effects;
	if (f->next)
		f->next->prev = &f->next;
	l->effects = f;
}

void
live_remove_effect(struct effect *f)
{
	*f->prev = f->next;
	if (f->next)
		f->next->prev = f->prev;
	loop_again(f->live->o->loop);
}

static void
cancel_effects(struct live *l)
{
	struct effect *next;

	for (struct effect *f = l->effects; f; f = next) {
		next = f->next;
		if (f->cancelled)
			continue;
		f->cancelled = true;
		if (f->cancel)
			f->cancel(f);
	}
}

static struct live *
live_new(struct engine *e, const char *id)
{
	struct live *l = xcalloc(1, sizeof(*l));

	l->engine = e;
	l->o = &e->o;
	l->lock_fd = -1;
	l->run_dir = journal_run_dir(e->o.journal, id);
	l->state = run_state_new(e->o.tools);
	l->fresh = true;
	return l;
}

static void
live_free(struct live *l)
{
	for (size_t i = 0; i < l->posted_count; i++)
		free(l->posted[i].data);
	free(l->posted);
	if (l->wake)
		loop_timer_cancel(l->wake);
	live_agents_free(l->agents);
	if (l->session)
		tool_session_free(l->session);
	run_state_free(l->state);
	if (l->lock_fd >= 0)
		close(l->lock_fd);
	free(l->run_dir);
	free(l);
}

static struct live *
find_live(struct engine *e, const char *id)
{
	for (struct live *l = e->lives; l; l = l->next)
		if (str_eq(l->head.run, id))
			return l;
	return NULL;
}

struct run_state *
engine_state(struct engine *e, const char *id)
{
	struct live *l = find_live(e, id);

	return l ? l->state : NULL;
}

static void
start_live(struct engine *e, struct live *l, const char *workspace)
{
	l->session = tool_session_new(e->o.loop, l->run_dir, workspace);
	tool_session_set_redact(l->session, e->o.redact);
	l->next = e->lives;
	e->lives = l;
	loop_again(e->o.loop);
}

/* --- the turn ---------------------------------------------------------- */

static void
remember(struct engine *e, struct live *l, const struct event *ev,
	 const char *data)
{
	GROW(e->turn, e->turn_count, e->turn_cap);
	e->turn[e->turn_count++] = (struct published){ l, *ev, data };
}

/* Folds one event that is in the transaction. data lives in the arena. */
static void
fold(struct engine *e, struct live *l, const struct event *ev, const char *data)
{
	run_apply(l->state, ev);
	remember(e, l, ev, data);
}

static bool
append(struct engine *e, struct live *l, enum event_type type, int64_t ts_us,
       const char *data, struct err *err)
{
	struct event ev = { .type = type, .ts_us = ts_us };

	if (!event_decode(data, strlen(data), &e->arena, &ev, err) ||
	    !journal_append(e->o.journal, &l->head, &ev, data, err))
		return false;
	fold(e, l, &ev, data);
	return true;
}

static bool
absorb_event(void *ud, const struct event *ev, const char *data)
{
	struct live *l = ud;

	memcpy(l->head.hash, ev->hash, sizeof(l->head.hash));
	l->head.seq = ev->seq;
	fold(l->engine, l, ev, arena_strdup(&l->engine->arena, data));
	return true;
}

/* What another process appended since our last look. */
static bool
absorb(struct engine *e, struct live *l, struct err *err)
{
	struct journal_head now;

	if (e->alone)
		return true;
	if (!journal_head(e->o.journal, l->head.run, &now, err))
		return false;
	if (now.seq == l->head.seq)
		return true;
	return journal_read(e->o.journal, l->head.run, l->head.seq + 1,
			    &e->arena, absorb_event, l, err);
}

static bool
append_posted(struct engine *e, struct live *l, struct err *err)
{
	bool ok = true;

	for (size_t i = 0; i < l->posted_count; i++) {
		struct posted *p = &l->posted[i];

		ok = ok && append(e, l, p->type, p->ts_us,
				  arena_strdup(&e->arena, p->data), err);
		free(p->data);
	}
	l->posted_count = 0;
	return ok;
}

static bool
append_decided(struct engine *e, struct live *l, struct event *ev,
	       struct err *err)
{
	AUTO(buf) data = BUF_INIT;
	AUTO_FREE char *clean = NULL;

	event_encode(&data, ev);
	clean = redact_str(e->o.redact, buf_str(&data));
	return append(e, l, ev->type, clock_wall_us(),
		      arena_strdup(&e->arena, clean), err);
}

static bool
decide_all(struct engine *e, struct live *l, struct err *err)
{
	struct event ev;

	while (!l->leaving &&
	       run_next(l->state, clock_wall_us(), &e->arena, &ev))
		if (!append_decided(e, l, &ev, err))
			return false;
	return true;
}

/* Nothing can go on without a person, or we are told to leave. */
static bool
park(struct engine *e, struct live *l, struct err *err)
{
	const struct gate_state *g = run_open_gate(l->state);
	struct event ev = { .type = EV_run_parked };

	if (l->left || l->effects || l->state->ended)
		return true;
	if (!l->leaving && !(e->o.park && run_waits_for_person(l->state)))
		return true;
	ev.run_parked.gate = g ? g->number : 0;
	ev.run_parked.reason =
		l->leave_reason ? l->leave_reason : "waiting for a person";
	l->left = true;
	return append_decided(e, l, &ev, err);
}

static const char *
status_of(const struct live *l)
{
	if (l->state->ended)
		return l->state->outcome;
	return l->left ? "parked" : "running";
}

static bool
same_row(const struct run_summary *a, const struct run_summary *b)
{
	return a->status == b->status && a->phase == b->phase &&
	       a->risk == b->risk && a->note == b->note &&
	       a->pattern == b->pattern && a->iteration == b->iteration &&
	       a->limit == b->limit && a->open_gates == b->open_gates;
}

static bool
project(struct engine *e, struct live *l, struct err *err)
{
	const struct run_state *s = l->state;
	const struct gate_state *g = run_open_gate(s);
	struct run_summary row = {
		.id = s->id,
		.task = s->task,
		.workspace = s->workspace,
		.provider = s->provider,
		.pattern = s->pattern,
		.status = status_of(l),
		.phase = phase_name(s->phase),
		.risk = s->limit ? risk_name(s->risk) : NULL,
		.note = g ? g->title : s->outcome_reason,
		.iteration = s->iteration,
		.limit = s->limit,
		.open_gates = s->gates_open,
		.created_us = s->created_us,
		.updated_us = s->last_us,
	};

	/* Steps that change nothing a list shows cost no write of the row.
	 * Texts are compared by address: they are constants or the state's. */
	if (same_row(&row, &l->row))
		return true;
	l->row = row;
	return journal_set_run(e->o.journal, &row, &l->head, err);
}

static bool
advance(struct engine *e, struct live *l, struct err *err)
{
	size_t before = e->turn_count;

	l->fresh = false;
	if (!absorb(e, l, err) || !append_posted(e, l, err) ||
	    !decide_all(e, l, err) || !park(e, l, err))
		return false;
	return before == e->turn_count || project(e, l, err);
}

static bool
is_due(const struct live *l)
{
	return l->fresh || l->posted_count ||
	       (l->leaving && !l->effects && !l->left) ||
	       (l->wake_us && clock_wall_us() >= l->wake_us);
}

static void
on_retry(void *ud)
{
	struct engine *e = ud;

	e->retry = NULL;
	loop_again(e->o.loop);
}

/* The journal is locked by another process and nothing was folded yet: the
 * turn comes again. True while there is patience left. */
static bool
put_off(struct engine *e, const struct err *err)
{
	int64_t now = clock_mono_us();

	if (err->code != ERR_BUSY || !e->o.retry_busy)
		return false;
	if (!e->busy_since_us)
		e->busy_since_us = now;
	if (now - e->busy_since_us > BUSY_MAX_US)
		return false;
	if (!e->retry)
		e->retry = loop_timer(e->o.loop, BUSY_RETRY_MS, on_retry, e);
	return true;
}

/* ret_begun tells whether anything was folded. */
static bool
write_turn(struct engine *e, bool *ret_begun, struct err *err)
{
	struct journal *j = e->o.journal;

	if (e->o.retry_busy)
		journal_set_patience(j, JOURNAL_IMPATIENT_MS);
	*ret_begun = journal_begin(j, err);
	if (e->o.retry_busy)
		journal_set_patience(j, JOURNAL_PATIENCE_MS);
	if (!*ret_begun)
		return false;
	e->busy_since_us = 0;
	e->alone = e->seen_valid && journal_seen(j) == e->seen;
	e->seen_valid = false;
	for (struct live *l = e->lives; l; l = l->next) {
		if (advance(e, l, err))
			continue;
		journal_rollback(e->o.journal);
		return false;
	}
	if (!journal_commit(j, err))
		return false;
	e->seen = journal_seen(j);
	e->seen_valid = true;
	return true;
}

/* Which event asks for which effect. */
static void (*const effects[EVENT_TYPES])(struct live *,
					  const struct event *) = {
	[EV_worker_started] = effect_worker,
	[EV_plan_asked] = effect_plan,
	[EV_step_started] = effect_step,
	[EV_learn_asked] = effect_learn,
	[EV_model_asked] = effect_model,
	[EV_agent_compacted] = effect_compacted,
	[EV_model_reserved] = effect_send,
	[EV_model_turn] = effect_turned,
	[EV_call_started] = effect_call,
	[EV_call_finished] = effect_called,
	[EV_agent_paused] = effect_agent_paused,
	[EV_call_withdrawn] = effect_withdrawn,
};

static void
publish(struct engine *e)
{
	for (size_t i = 0; i < e->turn_count; i++)
		for (int k = 0; k < e->observer_count; k++)
			e->observers[k].fn(e->observers[k].ud,
					   e->turn[i].live->state,
					   &e->turn[i].e, e->turn[i].data);
	for (size_t i = 0; i < e->turn_count; i++) {
		struct published *p = &e->turn[i];

		if (effects[p->e.type] && !p->live->leaving)
			effects[p->e.type](p->live, &p->e);
	}
}

static void
on_wake(void *ud)
{
	struct live *l = ud;

	l->wake = NULL;
	loop_again(l->o->loop);
}

static void
set_wake(struct live *l)
{
	int64_t at = l->leaving ? 0 : run_wake_us(l->state);

	if (at == l->wake_us && (l->wake || !at))
		return;
	if (l->wake)
		loop_timer_cancel(l->wake);
	l->wake = NULL;
	l->wake_us = at;
	if (at)
		l->wake = loop_timer(l->o->loop,
				     (at - clock_wall_us() + 999) / 1000,
				     on_wake, l);
}

static void
look_after(struct engine *e)
{
	for (struct live *l = e->lives; l; l = l->next) {
		if (l->state->ended || l->state->failing)
			cancel_effects(l);
		set_wake(l);
	}
}

void
engine_reap(struct engine *e)
{
	struct live **at = &e->lives, *l;

	while ((l = *at)) {
		if ((l->left || l->state->ended) && !l->effects) {
			*at = l->next;
			live_free(l);
		} else {
			at = &l->next;
		}
	}
}

/* A run that is busy is looked after slowly: its own turns see most of what
 * others append. One that waits for a person is watched. */
static void
watch_others(struct engine *e)
{
	bool busy = false;

	for (struct live *l = e->lives; l; l = l->next)
		busy |= l->effects != NULL;
	watch_set(e->watch, !e->lives || e->broken ? WATCH_OFF :
			    busy                   ? WATCH_SLOW :
						     WATCH_EVENTS);
}

static void
break_down(struct engine *e, const struct err *err)
{
	e->broken = true;
	e->error = *err;
	log_debug("engine: %s", err->msg);
	for (struct live *l = e->lives; l; l = l->next) {
		l->leaving = true;
		cancel_effects(l);
	}
	loop_stop(e->o.loop);
}

static void
turn(void *ud)
{
	struct engine *e = ud;
	struct err err = ERR_INIT;
	bool due = e->others || e->busy_since_us, begun = false;

	e->others = false;
	for (struct live *l = e->lives; l; l = l->next)
		due |= is_due(l);
	if (due && !e->broken && !e->retry) {
		if (write_turn(e, &begun, &err))
			publish(e);
		else if (begun || !put_off(e, &err))
			break_down(e, &err);
	}
	e->turn_count = 0;
	arena_release(&e->arena);
	if (!e->broken)
		look_after(e);
	watch_others(e);
}

/* --- making, resuming, leaving ----------------------------------------- */

bool
engine_create(struct engine *e, const struct run_request *r, char *ret_id,
	      struct err *err)
{
	struct event ev = { .type = EV_run_created,
			    .run_created = { .task = r->task,
					     .workspace = r->workspace,
					     .provider = r->provider,
					     .version = PACKAGE_VERSION,
					     .options = r->options } };
	char id[ID_RUN_SIZE];
	struct live *l;

	id_run(id, clock_wall_us());
	l = live_new(e, id);
	if (!journal_own(e->o.journal, id, &l->lock_fd, err) ||
	    !journal_head(e->o.journal, id, &l->head, err) ||
	    (l->head.seq &&
	     !FAIL(err, ERR_CONFLICT, "run id %s is taken; try again", id))) {
		live_free(l);
		return false;
	}
	memcpy(ret_id, id, sizeof(id));
	live_post(l, &ev);
	start_live(e, l, r->workspace);
	return true;
}

static void
post_resumed(struct live *l)
{
	char host[256] = "";
	struct event ev = { .type = EV_run_resumed };

	gethostname(host, sizeof(host) - 1);
	ev.run_resumed.pid = getpid();
	ev.run_resumed.host = host;
	live_post(l, &ev);
}

static bool
resume(struct engine *e, struct live *l, const char *id, struct err *err)
{
	if (!journal_own(e->o.journal, id, &l->lock_fd, err) ||
	    !live_read(e->o.journal, id, l->state, err))
		return false;
	if (l->state->ended)
		return FAIL(err, ERR_CONFLICT,
			    "run %s has ended (%s); agentops show %s tells "
			    "its story",
			    id, l->state->outcome, id);
	memcpy(l->head.run, l->state->id, sizeof(l->head.run));
	l->head.seq = l->state->seq;
	memcpy(l->head.hash, l->state->hash, sizeof(l->head.hash));
	return true;
}

bool
engine_resume(struct engine *e, const char *id, struct err *err)
{
	struct live *l = live_new(e, id);

	if (!resume(e, l, id, err)) {
		live_free(l);
		return false;
	}
	post_resumed(l);
	start_live(e, l, l->state->workspace);
	return true;
}

void
engine_park(struct engine *e, const char *id, const char *reason)
{
	struct live *l = find_live(e, id);

	if (!l || l->leaving)
		return;
	l->leave_reason = arena_strdup(&l->state->arena, reason);
	l->leaving = true;
	cancel_effects(l);
	loop_again(e->o.loop);
}

void
engine_look(struct engine *e)
{
	on_others(e);
}

bool
engine_failed(const struct engine *e, struct err *err)
{
	if (e->broken && err)
		*err = e->error;
	return e->broken;
}

bool
engine_run(struct engine *e, struct err *err)
{
	while (e->lives && !e->broken) {
		loop_turn(e->o.loop, true);
		engine_reap(e);
	}
	return !engine_failed(e, err);
}

static bool
any_effects(const struct engine *e)
{
	for (const struct live *l = e->lives; l; l = l->next)
		if (l->effects)
			return true;
	return false;
}

void
engine_free(struct engine *e)
{
	/* What runs outside is ended and waited for; it stays unfinished in
	 * the journal, so a resume finds it. */
	e->broken = true;
	for (struct live *l = e->lives; l; l = l->next) {
		l->leaving = true;
		cancel_effects(l);
	}
	while (any_effects(e))
		loop_turn(e->o.loop, true);
	while (e->lives) {
		struct live *l = e->lives;

		e->lives = l->next;
		live_free(l);
	}
	if (e->retry)
		loop_timer_cancel(e->retry);
	watch_free(e->watch);
	loop_remove_hook(e->o.loop, turn, e);
	arena_release(&e->arena);
	free(e->turn);
	free(e);
}
