/*
 * A run from its journal. Events are decoded into an arena that is emptied as
 * we go, so that a long journal costs no memory beyond the state.
 */
#include "run/live.h"

/* Memory of a short run is used again at once, and dear to get anew. */
enum { ARENA_MAX_BYTES = 1 << 16, TRIM_EVENTS = 2000 };

struct reader {
	struct run_state *state;
	struct arena arena;
};

static bool
read_event(void *ud, const struct event *ev, const char *data)
{
	struct reader *r = ud;

	(void)data;
	run_apply(r->state, ev);
	if (r->arena.used_bytes > ARENA_MAX_BYTES)
		arena_release(&r->arena);
	return true;
}

bool
live_read(struct journal *j, const char *id, struct run_state *s,
	  struct err *err)
{
	struct reader r = { .state = s };
	bool ok = journal_read(j, id, 1, &r.arena, read_event, &r, err);

	arena_release(&r.arena);
	if (s->seq > TRIM_EVENTS)
		db_trim(journal_db(j));
	if (ok && !s->seq)
		return FAIL(err, ERR_NOTFOUND, "run %s has no events", id);
	return ok;
}

struct run_state *
engine_read(struct journal *j, const char *id,
	    const struct workflow_tools *tools, struct err *err)
{
	AUTO_PTR(run_state) s = run_state_new(tools);

	if (!live_read(j, id, s, err))
		return NULL;
	return TAKE(s);
}
