/*
 * policy.h - what a risk class means: limits, gates, sandbox, approvals.
 *
 * Pure tables and functions; no I/O. The engine, not a prompt, holds the
 * rows; agentops(1) tells of them.
 *
 *	risk      limit  gates                                   sandbox
 *	low       30     end review                              read-only
 *	medium    10     plan, end review                        workspace-write
 *	high      5      plan, between phases, between           network
 *	                 high-risk steps
 *	critical  2      plan, every step                        as declared
 *
 * The classifier only ever raises: the class of a step is the highest that
 * one of its facts asks for, and every fact leaves a reason that the gate
 * shows. Unknown means medium.
 */
#ifndef AGENTOPS_FLOW_POLICY_H
#define AGENTOPS_FLOW_POLICY_H

#include "base/str.h"
#include "tool/sandbox.h"

#include <stdbool.h>

/* id, name, iteration limit, gates, widest sandbox profile */
#define RISKS(X) \
	X(RISK_LOW, "low", 30, POLICY_END_REVIEW, SANDBOX_READ_ONLY) \
	X(RISK_MEDIUM, "medium", 10, POLICY_PLAN | POLICY_END_REVIEW, \
	  SANDBOX_WORKSPACE_WRITE) \
	X(RISK_HIGH, "high", 5, \
	  POLICY_PLAN | POLICY_PHASES | POLICY_HIGH_STEPS, SANDBOX_NETWORK) \
	X(RISK_CRITICAL, "critical", 2, POLICY_PLAN | POLICY_EVERY_STEP, \
	  SANDBOX_FULL)

enum risk {
#define X(id, name, limit, gates, profile) id,
	RISKS(X)
#undef X
};

enum policy_gates {
	POLICY_END_REVIEW = 1 << 0, /* review gate after implement */
	POLICY_PLAN = 1 << 1,       /* plan gate after plan */
	POLICY_PHASES = 1 << 2,     /* approve gate between phases */
	POLICY_HIGH_STEPS = 1 << 3, /* approve gate between high-risk steps */
	POLICY_EVERY_STEP = 1 << 4, /* approve gate before every step */
};

struct policy {
	enum risk risk;
	const char *name;
	int iteration_limit;
	unsigned gates;
	enum sandbox_profile profile; /* the widest a step of it may have */
};

/* A yes at a limit gate grants this many iterations more. */
enum { POLICY_EXTENSION = 10 };

const struct policy *policy_of(enum risk risk);
const char *risk_name(enum risk risk);
bool risk_parse(const char *name, enum risk *ret);

/* Iterations allowed after so many extensions were granted. */
int policy_limit(enum risk risk, int extensions);
/* Whether one more iteration may start when `started` did already. */
bool policy_may_iterate(enum risk risk, int extensions, int started);

/*
 * Whether an approve gate stands before a step of a run of class run.
 * high_before: a step of class high or critical started in this run before
 * it ("between high-risk steps" leaves the first to the plan gate).
 */
bool policy_gate_before_step(enum risk run, enum risk step,
			     bool high_before);

/* ---- gates ------------------------------------------------------------ */

/* id, bit, name on the command line and in the journal */
#define DECISIONS(X) \
	X(DECISION_APPROVE, 1 << 0, "approve") \
	X(DECISION_REJECT, 1 << 1, "reject") \
	X(DECISION_ITERATE, 1 << 2, "iterate") \
	X(DECISION_RETRY, 1 << 3, "retry") \
	X(DECISION_MARK_DONE, 1 << 4, "mark-done") \
	X(DECISION_SKIP, 1 << 5, "skip") \
	X(DECISION_ABORT, 1 << 6, "abort")

enum decision {
#define X(id, bit, name) id = bit,
	DECISIONS(X)
#undef X
};

/* id, name, decisions allowed, whether --approve may answer it */
#define GATE_KINDS(X) \
	X(GATE_APPROVE, "approve", \
	  DECISION_APPROVE | DECISION_REJECT | DECISION_ITERATE, true) \
	X(GATE_PLAN, "plan", \
	  DECISION_APPROVE | DECISION_REJECT | DECISION_ITERATE, true) \
	X(GATE_REVIEW, "review", \
	  DECISION_APPROVE | DECISION_REJECT | DECISION_ITERATE, true) \
	X(GATE_LIMIT, "limit", DECISION_APPROVE | DECISION_REJECT, false) \
	X(GATE_FORM, "form", DECISION_APPROVE | DECISION_REJECT, false) \
	X(GATE_INTERRUPTED, "interrupted", \
	  DECISION_RETRY | DECISION_MARK_DONE | DECISION_SKIP | \
	  DECISION_ABORT, false)

enum gate_kind {
#define X(id, name, decisions, coverable) id,
	GATE_KINDS(X)
#undef X
};

const char *gate_kind_name(enum gate_kind kind);
bool gate_kind_parse(const char *name, enum gate_kind *ret);
const char *decision_name(enum decision d);
bool decision_parse(const char *name, enum decision *ret);
/* Bits of enum decision. */
unsigned gate_decisions(enum gate_kind kind);
/* "approve, reject or iterate"; caller frees. */
char *gate_decisions_text(enum gate_kind kind);

/* A level for --approve: APPROVE_NONE or an enum risk. */
enum { APPROVE_NONE = -1 };

/* Whether --approve=level answers a gate of this kind and risk. */
bool policy_covers(int level, enum gate_kind kind, enum risk risk);

/* ---- classifier ------------------------------------------------------- */

/* Facts about one step, as far as they are known. */
struct policy_facts {
	bool tool_known;     /* false: effects are unknown */
	unsigned effects;    /* enum tool_effects: tool's and declared */
	enum sandbox_profile profile; /* it will run under */
	bool code;           /* runs a program (python, bash) */
	bool secrets;        /* may read a stored secret */
	const char *command; /* bash text, or NULL */
	bool production;     /* the target is a production environment */
	enum risk declared;  /* RISK_LOW when nothing was declared */
};

struct policy_class {
	enum risk risk;
	struct strv reasons; /* at least one; the highest first */
};

#define POLICY_CLASS_INIT { RISK_LOW, STRV_INIT }

void policy_class_release(struct policy_class *c);

/* ret must be initialised; what it held is released. */
void policy_classify(const struct policy_facts *f, struct policy_class *ret);
/* Raises c to (at least) risk, for this reason (copied). */
void policy_raise(struct policy_class *c, enum risk risk,
		  const char *reason);

/* Whether a value of an input means production: `key` sounds like a target
 * (environment, env, target, stage, cluster, host, namespace ...) and
 * `value` holds the word prod, production, prd or live. */
bool policy_production(const char *key, const char *value);

#endif
