/*
 * live.h - a run that this process owns; between engine.c and the effects.
 *
 * An effect is work outside the core that an event asked for. It is on the
 * live run's list from its start until its outcome was posted, can be asked
 * to cancel, and always posts exactly one outcome event.
 */
#ifndef AGENTOPS_RUN_LIVE_H
#define AGENTOPS_RUN_LIVE_H

#include "run/engine.h"
#include "tool/tool.h"

struct effect {
	struct live *live;
	struct effect *next, **prev;
	/* Asks it to end early; it still ends through live_remove_effect.
	 * NULL: it ends soon by itself. */
	void (*cancel)(struct effect *f);
	bool cancelled;
};

struct live {
	struct engine *engine;
	struct engine_options *o;
	struct run_state *state;
	struct journal_head head;
	int lock_fd;
	char *run_dir;
	struct tool_session *session;
	struct effect *effects;
	struct posted *posted;      /* outcomes waiting for the next turn */
	size_t posted_count, posted_cap;
	struct agent_live *agents;  /* provider of its models; NULL: none yet */
	struct loop_timer *wake;
	int64_t wake_us;
	struct run_summary row; /* as it was last written; compared, not
				   read */
	bool fresh;      /* no turn has looked at it yet */
	bool leaving;    /* outcomes of effects are thrown away */
	const char *leave_reason; /* why it is left; in state's arena */
	bool left;       /* run.parked or run.ended is durable */
	struct live *next;
};

/* Folds the events of a run in the journal into s, which is new. A run
 * without events is ERR_NOTFOUND. */
bool live_read(struct journal *j, const char *id, struct run_state *s,
	       struct err *err);

/* Hands an event over to the next turn; texts are copied and redacted. A
 * run that is being left drops it. */
void live_post(struct live *l, const struct event *e);
void live_add_effect(struct live *l, struct effect *f);
/* The last call of an effect, after it posted; does not free it. */
void live_remove_effect(struct effect *f);

/* The effects, by the event that asks for them (engine.c has the table). */
void effect_worker(struct live *l, const struct event *e);
void effect_plan(struct live *l, const struct event *e);
void effect_step(struct live *l, const struct event *e);
void effect_learn(struct live *l, const struct event *e);
/* What `secrets:` of the action names: adds the paths of the stored files to
 * ret_paths, and to values "secret_files", {input: path}. An input without a
 * value gives none. ERR_NOTFOUND when a file is not there. */
bool step_give_secrets(struct live *l, const struct workflow_action *a,
		       cJSON *values, struct strv *ret_paths, struct err *err);
/* Of agents: see effect_agent.h. */
void effect_model(struct live *l, const struct event *e);
void effect_compacted(struct live *l, const struct event *e);
void effect_send(struct live *l, const struct event *e);
void effect_turned(struct live *l, const struct event *e);
void effect_call(struct live *l, const struct event *e);
void effect_called(struct live *l, const struct event *e);
void effect_agent_paused(struct live *l, const struct event *e);
void effect_withdrawn(struct live *l, const struct event *e);
/* NULL is fine. */
void live_agents_free(struct agent_live *al);

#endif
