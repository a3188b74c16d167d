/*
 * state.h - a run as the fold of its events: pure, no I/O, no clock.
 *
 *	run_apply(state, event)          the only way a state changes
 *	run_next(state, now, &event)     the next decision, if there is one
 *
 * The engine appends what run_next decides, applies it, and asks again until
 * there is nothing to decide; then it commits, publishes, and starts the
 * effects that the committed events ask for (worker.started, plan.asked,
 * step.started, learn.asked). An effect's outcome comes back as an event.
 *
 *	           research          plan             implement       learn
 *	created -> worker.* -> plan.asked/proposed -> steps -> [gate] -> learn
 *	                       [gate form][gate plan]   |
 *	      any failure, rejection or abort: run.failing -> learn -> ended
 *
 * An item is one unit of work of a step: the step itself, or one element of
 * its foreach. Its life:
 *
 *	ready -> running -> done
 *	  ^         |-> interrupted -> (running | asked)
 *	  |         `-> broken -> (backoff -> running | asked | failed)
 *	  `-- retry -- asked
 *
 * Only events with seq = state->seq + 1 may be applied. Applying an event
 * that makes no sense (a journal that was edited) changes nothing but seq:
 * the fold never fails and never reads outside its tables.
 */
#ifndef AGENTOPS_RUN_STATE_H
#define AGENTOPS_RUN_STATE_H

#include "flow/workflow.h"
#include "run/agent_state.h"
#include "run/event.h"

enum phase {
	PHASE_NONE,
	PHASE_RESEARCH,
	PHASE_PLAN,
	PHASE_IMPLEMENT,
	PHASE_LEARN,
	PHASE_COUNT,
};

/* "research", ...; "" for PHASE_NONE. */
const char *phase_name(enum phase p);
enum phase phase_parse(const char *name); /* PHASE_NONE when unknown */

/* Of anything that runs outside: a worker, the planner, learn. */
enum effect_status { EFFECT_NONE, EFFECT_RUNNING, EFFECT_CUT, EFFECT_OVER };

struct worker_state {
	const char *name, *title, *summary;
	const char *report; /* JSON text */
	enum effect_status status;
	bool ok;
	int64_t wall_us, started_us;
};

enum item_status {
	ITEM_WAITING,     /* for what the step needs */
	ITEM_READY,       /* may start when there is room */
	ITEM_RUNNING,
	ITEM_INTERRUPTED, /* was running when its process ended */
	ITEM_BROKEN,      /* attempt failed; run_next decides what follows */
	ITEM_BACKOFF,     /* will be ready at ready_us */
	ITEM_ASKED,       /* a person decides about its failure */
	ITEM_DONE,        /* from here on it is settled */
	ITEM_FAILED,
	ITEM_SKIPPED,
	ITEM_CANCELLED,
};

const char *item_status_name(enum item_status s);

struct item_state {
	enum item_status status : 8;
	signed char tries_left; /* attempts before the fallback or a person */
	bool fallback;       /* the fallback is in use */
	bool paid;           /* iteration.started for the next attempt is in */
	bool repeatable;     /* the running attempt may be issued again */
	bool invalid;        /* a validation of this attempt failed */
	bool owns_data;      /* data is freed when another attempt ends */
	int attempt;         /* the last one started; 0: none */
	int exit_status;
	int64_t started_us, ready_us, wall_us;
	const char *text, *error, *args;
	const char *data, *outputs; /* JSON text or NULL */
	char *findings;             /* JSON array text or NULL */
	size_t findings_len, findings_cap;
	const char *value;          /* JSON text of the foreach element */
};

/* An item as it stood at the last review that a person answered with
 * iterate. */
struct past_item {
	int attempt;
	const char *args;
};

struct step_state {
	int needs_open;      /* needed steps not settled yet */
	bool need_failed;
	bool expanded;       /* when and foreach are decided */
	bool gate_open, approved; /* the gate before it */
	int attempts_before; /* made before a person asked to iterate */
	enum item_status outcome; /* ITEM_WAITING until settled */
	const char *reason;
	struct item_state *items;
	int item_count, items_settled;
	int64_t longest_us;  /* the largest wall_us of its items so far */
	bool is_list;        /* it has a foreach, and is expanded */
	cJSON *value;        /* steps.ID for expressions; made on demand */
	int validations, validations_passed; /* of first attempts */
	cJSON *overrides;    /* of `with`, by people; see iterate.h */
	bool again;          /* started again since that review */
	struct past_item *past; /* then; NULL when it had no items */
	int past_count;
};

struct artifact_state {
	const char *step, *name, *file, *sha256, *media_type;
	int item, attempt;
	int64_t size_bytes;
	int width, height;
	bool checked, visual_ok;
	const char *findings; /* JSON array text or NULL */
};

/* What run_next resolved for a step.started that it decided. */
struct run_start {
	int step, item, attempt;
	cJSON *args, *values;
	char *text; /* of args, as the event says it */
};

struct gate_state {
	int number;
	enum gate_kind kind;
	enum risk risk;
	int step, item;      /* -1 when it is about the run */
	bool open;
	enum decision decision;
	const char *title, *by, *comment, *values;
	bool spend;          /* a limit gate about money */
	char *shown;         /* NULL once it is closed: the journal has it */
	int64_t opened_us, decided_us;
};

enum plan_status {
	PLAN_NONE,
	PLAN_MAKING,
	PLAN_CUT,      /* the planner was interrupted */
	PLAN_FAILED,
	PLAN_EDITED,   /* by a person; becomes plan.proposed next */
	PLAN_PROPOSED, /* inputs may be missing */
	PLAN_ACCEPTED, /* class and inputs are fixed */
	PLAN_APPROVED, /* or no gate was needed */
};

/* (step, item) pairs whose turn has come, oldest first. */
struct queue {
	struct {
		int step, item;
	} *entries;
	size_t head, count, cap; /* entries[head .. head + count) */
};

struct run_options {
	const char *pattern;      /* --pattern, or NULL */
	int approve;              /* APPROVE_NONE or an enum risk */
	bool has_risk;
	enum risk risk;           /* --risk: at least this class */
	int jobs;                 /* 0: the workflow's */
	int researchers;          /* sub-agents of the research phase */
	bool abort_on_failure;    /* do not ask a person about a failed step */
	const char *model;        /* or NULL */
	bool plan_only;           /* ask about the plan, whatever covers it */
	bool sandbox_off;         /* every call has the profile full */
	cJSON *json;              /* all of it: inputs, data, ... */
};

/* Why the run cannot succeed any more; run_next makes it run.failing. */
struct doom {
	const char *outcome; /* "failed" or "aborted"; NULL: none */
	const char *reason;
	int exit_status;
};

struct run_state {
	struct arena arena;
	const char *kept[256]; /* texts in it, by hash: the same arguments,
				  names and types come again and again */
	struct workflow_tools tools;
	char id[ID_RUN_SIZE];
	int64_t seq;
	char hash[SHA256_HEX_SIZE];
	int64_t created_us, last_us, human_wait_us;
	const char *task, *workspace, *provider;
	const char *forked_from; /* RUN@SEQ, or NULL: see fork.h */
	struct run_options options;

	enum phase phase;
	bool phase_over;     /* phase.finished is in */
	struct {
		int64_t started_us, finished_us;
	} phases[PHASE_COUNT];
	struct worker_state *workers;
	size_t worker_count, worker_cap;

	enum plan_status plan;
	const char *pattern, *plan_source, *plan_explanation, *plan_choice;
	/* The model's words on its plan, for who finds it later; or NULL. */
	const char *plan_description, *plan_when;
	const char *plan_problem;    /* why there is no plan */
	const char *plan_comment;    /* for the planner, until it is told */
	const char *plan_edit, *plan_editor; /* text and who, when EDITED */
	struct workflow *workflow;   /* parsed from plan.proposed */
	const char *workflow_text;
	cJSON *inputs;               /* found, then checked */
	cJSON *old_inputs;           /* array; calls may still borrow them */
	const char *inputs_text;     /* what inputs was made of, or NULL */
	cJSON *step_values;          /* settled steps, for expressions */
	struct queue fresh;          /* settled, not in step_values yet */
	enum risk risk;
	const char *risk_reasons;    /* JSON array text */

	int iteration, limit;
	struct step_state *steps;    /* as workflow->steps */
	int steps_settled;
	bool high_started;           /* a high-risk step started before */
	int *users, *user_at;        /* steps that need step i: users
					[user_at[i] .. user_at[i + 1]) */
	bool reviewed;               /* the result was approved */
	const char *comment;         /* of the last iterate, or NULL */
	const cJSON *past_inputs;    /* at that review; NULL: none yet */
	int past_iteration;          /* then */
	struct queue ready, running, broken, interrupted, backoff;

	struct run_start *starts;    /* see run_take_start */
	size_t start_count, start_cap;

	struct artifact_state *artifacts;
	size_t artifact_count, artifact_cap;
	struct gate_state *gates;    /* gates[i].number == i + 1 */
	size_t gate_count, gate_cap;
	int gates_open;
	bool checkpointed;           /* since the counter last moved */

	struct agent_state **agents;
	size_t agent_count, agent_cap;
	struct spend_state spend;

	struct doom doom;
	bool failing, ended;
	const char *outcome, *outcome_reason;
	int exit_status;
	enum effect_status learning;
	bool metrics_in;
	int rework;
};

/* The tools a plan may name; tests and benchmarks bring their own. */
struct run_state *run_state_new(const struct workflow_tools *tools);
void run_state_free(struct run_state *s);
DEFINE_AUTO_PTR(run_state);

void run_apply(struct run_state *s, const struct event *e);

/*
 * The next decision as an event ready to append: true and *ret filled, its
 * texts in scratch. False: nothing to decide now (effects are running, a
 * timer or a person is waited for, or the run has ended). now_us is wall
 * time and only ends back-offs.
 */
bool run_next(struct run_state *s, int64_t now_us, struct arena *scratch,
	      struct event *ret);
/* Wall time at which run_next must be asked again; 0 when there is none. */
int64_t run_wake_us(const struct run_state *s);

/* The profile that a call of a is granted. */
enum sandbox_profile run_profile(const struct run_state *s,
				 const struct workflow_action *a);

/* The planner's item is 0. NULL when there is no such agent. */
struct agent_state *run_agent(const struct run_state *s, int step, int item);
/* Id and number as events name the agent: NULL and -1 for the planner. */
const char *run_agent_step(const struct run_state *s,
			   const struct agent_state *a);
int64_t run_agent_item(const struct run_state *s, const struct agent_state *a);
/* "planner", "agent:data", "write", "write[2]"; caller frees. */
char *run_agent_name(const struct run_state *s, const struct agent_state *a);
/* The task names files: given with --data, or found by the data worker. */
bool run_has_files(const struct run_state *s);
/* The first that wants the model's next turn and may have it, but for money
 * and iterations; or NULL. */
struct agent_state *run_agent_waiting(const struct run_state *s);
/* Running agents that wait for a person (for money, or an iteration). */
size_t run_agents_held(const struct run_state *s);
bool run_planner_held(const struct run_state *s);
/* Of the researcher that carries out this worker; false for others. */
bool run_researcher_held(const struct run_state *s,
			 const struct worker_state *w);

/* Something runs outside: items, workers, the planner or learn. */
bool run_busy(const struct run_state *s);
/* Alive, nothing running, nothing timed, and a gate is open. */
bool run_waits_for_person(const struct run_state *s);
/* The first open gate, or NULL. */
const struct gate_state *run_open_gate(const struct run_state *s);

/* The arguments of a call of a, one of the step's two actions: resolved in
 * values, with what people changed (not those of a fallback). Caller
 * deletes. */
bool run_item_args(const struct run_state *s, int step, int item,
		   const struct workflow_action *a, const cJSON *values,
		   cJSON **ret, struct err *err);
/* Data for expressions and code (agentops-workflow(5)) as this attempt
 * sees it: borrows from the state; caller deletes. item is the index into
 * items; -1 before the step was expanded. */
cJSON *run_item_values(struct run_state *s, int step, int item, int attempt);
/*
 * The arguments and values of an attempt that run_next has just started, so
 * that who carries it out does not make them again. text: the arguments as
 * the event says them; false when run_next meant others (they were redacted)
 * or none. Item is the index into items. Caller frees what ret holds.
 * run_keep_start takes what t holds.
 */
bool run_take_start(struct run_state *s, int step, int item, int attempt,
		    const char *text, struct run_start *ret);
void run_keep_start(struct run_state *s, struct run_start *t);
void run_drop_starts(struct run_state *s);
/* "chart" or "chart[3]"; caller frees. */
char *run_item_name(const struct run_state *s, int step, int item);

/* The queues, for the fold and the decisions. queue_pop needs count > 0;
 * queue_drop takes an entry out wherever it stands. */
void queue_push(struct queue *q, int step, int item);
void queue_push_front(struct queue *q, int step, int item);
void queue_pop(struct queue *q);
void queue_drop(struct queue *q, int step, int item);

#endif
