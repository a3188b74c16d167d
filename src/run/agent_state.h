/*
 * agent_state.h - an agent as the fold of its events: a researcher, the
 * planner, or one item of a step that `uses: agent`.
 *
 *	idle -- agent.told --> wants -- model.asked --> asking
 *	          ^              ^                        | model.turn
 *	          |              |            +-----------+-----------+
 *	   a new attempt    all calls over    |           |           |
 *	          |              '------- calling     answered     failed
 *	          `----------------------------------------'-----------'
 *
 * run_next decides model.asked, and counts an iteration for each turn of an
 * attempt after the first. The effects (effect_agent.c) do the rest, each
 * started by a durable event, so that an agent resumes after the last turn
 * or call that finished.
 *
 * A person may speak to it at any time until it has answered (agent.said):
 * what was said joins the conversation when it wants its next turn, and an
 * answer that came meanwhile is not its last. Paused, what runs ends and
 * nothing new begins. A call that waits can be taken back; its result says so.
 *
 * A conversation that fills the window is made short before the next request
 * (compact.h) by agent.compacted.
 *
 * Spend: before a request is sent, the most that it can cost is reserved by
 * model.reserved; model.turn replaces that by what it did cost. A
 * reservation that a crash left open counts as spent.
 */
#ifndef AGENTOPS_RUN_AGENT_STATE_H
#define AGENTOPS_RUN_AGENT_STATE_H

#include "agent/message.h"
#include "base/str.h"

#include <stdint.h>

/* Who an agent is when no step uses it. A researcher's item is its number in
 * flow/researcher.h; events name it by its name, as a step. */
enum { AGENT_PLANNER = -1, AGENT_RESEARCHER = -2 };

enum agent_status {
	AGENT_IDLE,
	AGENT_WANTS,    /* the model's next turn */
	AGENT_ASKING,   /* a turn is under way */
	AGENT_CALLING,  /* the calls of the last turn are */
	AGENT_ANSWERED, /* the last turn had no calls */
	AGENT_FAILED,   /* the last turn failed */
};

/* The reason of a reference.loaded that the model wanted. */
#define REFERENCE_ASKED "it asked for it"

enum call_status { CALL_WAITING, CALL_RUNNING, CALL_CUT, CALL_OVER };

struct agent_call {
	const char *id, *tool, *args; /* in the run's arena */
	enum call_status status;
	bool read_only;      /* as it was started */
	bool failed;
	bool posted;         /* by the effects: call.started is on its way */
	const char *result;  /* JSON text: a message of one RESULT part */
};

/* A loop: the same calls with the same results so often in a row, or up to
 * so many turns in turn (A B A B A B). */
enum { AGENT_LOOP = 3, AGENT_PERIOD = 3 };

struct agent_state {
	int step, item;      /* of the workflow, or who it is */
	enum agent_status status;
	bool counted;        /* an iteration for the next turn is in */
	bool paused;         /* by a person: no turn and no call begins */
	bool cut;            /* the last turn was cut by max_tokens */
	bool full;           /* the window was too small for the last turn:
				make it short, or fail */
	bool was_full;       /* made short for that, and no turn since */
	int64_t read_tokens; /* by the last turn; 0 after it was made short */
	int attempt;         /* of the item */
	int turn;            /* the last one asked for; 0: none */
	int attempt_turns;   /* of this attempt */
	int64_t reserved_microusd;
	int64_t cost_microusd;
	int64_t began_us, last_us; /* told the first time; its last event */
	const char *error;   /* of a failed turn */
	const char *why;     /* the attempt before failed, or NULL */
	int references;      /* guides it got */
	int64_t reference_tokens; /* about */
	int64_t asked_tokens;     /* of them, of those that it asked for */
	struct messages history;
	struct strv said;    /* by a person, and not heard yet */
	struct agent_call *calls; /* of the last turn */
	size_t call_count, call_cap;
	/* Of the calls and results of the last turns of the attempt, newest
	 * first. */
	char keys[AGENT_LOOP * AGENT_PERIOD][65];
	int key_count;
	int period;          /* turns that it does again and again; 0: none */
};

/* A person must say yes to more money. */
struct spend_state {
	int64_t limit_microusd;    /* 0: none */
	int64_t grant_microusd;    /* more, by each yes */
	int64_t spent_microusd, reserved_microusd;
	int64_t needed_microusd;   /* of the request that was too much */
	bool blocked;
	int64_t input_tokens, output_tokens;
	int turns;
};

#endif
