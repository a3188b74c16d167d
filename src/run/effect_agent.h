/*
 * effect_agent.h - between the effects of agents: see agent_state.h for the
 * life of one.
 *
 *	effect_agent.c   turns of the model, and money
 *	effect_text.c    what a turn says while it comes
 *	effect_call.c    calls of tools
 *	effect_planner.c what the planner is told, and its answer
 *	effect_research.c the same for researchers
 */
#ifndef AGENTOPS_RUN_EFFECT_AGENT_H
#define AGENTOPS_RUN_EFFECT_AGENT_H

#include "agent/models.h"
#include "agent/provider.h"
#include "know/named_tool.h"
#include "run/live.h"

/* What an agent's step says, resolved. */
struct agent_spec {
	cJSON *args;
	const struct workflow_action *action; /* NULL: the planner */
	struct strv tools;
	int max_turns;
	int64_t max_tokens;
};

void agent_spec_release(struct agent_spec *spec);
void agent_spec_read(const struct run_state *s, const struct agent_state *a,
		     struct agent_spec *ret);

/* An approved tool of the library, for an agent that may use python; or
 * NULL. */
const struct named_tool *agent_named_tool(const struct live *l,
					  const struct agent_spec *spec,
					  const char *name);

/* By what events say of it. */
struct agent_state *agent_find(const struct run_state *s, const char *step,
			       int64_t item);

/* Posts agent.told with a message of the user. */
void agent_tell(struct live *l, const struct agent_state *a, const char *step,
		int64_t item, const char *text);
/* The first message of an agent, with the guides that the engine loads for
 * the phase or the tools that its step names (a list, or NULL), appended to
 * text. effect_reference.c */
void agent_tell_first(struct live *l, const char *step, int64_t item,
		      const char *phase, const cJSON *tools, struct buf *text);
void agent_post_reference(struct live *l, const char *step, int64_t item,
			  const char *name, const char *reason, size_t bytes);
/* The state is one to go on from: after a start, a resume, a turn. */
void agent_go_on(struct live *l, struct agent_state *a);

/* The end of what a turn said until now. */
enum { TURN_TEXT_BYTES = 2048 };

struct turn_text {
	struct redact_stream secrets;
	struct buf text;
	enum turn_delta_kind last;
};

/* Borrows redact. */
void turn_text_init(struct turn_text *t, const struct redact *redact);
void turn_text_release(struct turn_text *t);
/* Adds a piece and tells who wants to see it (engine_options.on_text). a may
 * be NULL: then nobody is told. */
void turn_text_add(struct live *l, const struct agent_state *a,
		   struct turn_text *t, const struct turn_delta *d);

/* Starts the calls of the last turn that may start: read-only ones together,
 * others alone. */
void agent_start_calls(struct live *l, struct agent_state *a);

/* A researcher begins, or goes on after a crash; what it may use; after a
 * turn. */
void researcher_begin(struct live *l, int number);
void researcher_spec(const struct agent_state *a, struct agent_spec *ret);
void researcher_go_on(struct live *l, struct agent_state *a);

void planner_begin(struct live *l);
void planner_spec(struct agent_spec *ret);
/* A person sent its plan back with a comment. */
void planner_again(struct live *l, const struct agent_state *a);
void planner_answered(struct live *l, const struct agent_state *a);
void planner_failed(struct live *l, const char *why);
extern const char planner_schema[];

/* A step of an agent begins, or begins again after a crash; and ends: error
 * NULL means that text is its answer. effect_step.c */
void step_agent_begin(struct live *l, const struct event *e);
void step_agent_end(struct live *l, const struct agent_state *a,
		    const char *text, const char *error);
/* What a person named as an input may be read by the run's tools. */
void step_show_inputs(struct live *l);
/* RUN_DIR/work/STEP.ATTEMPT; caller frees. */
char *step_dir(const struct live *l, const char *step, int64_t item,
	       int64_t attempt);

#endif
