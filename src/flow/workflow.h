/*
 * workflow.h - a workflow: typed inputs and a graph of steps, loaded from
 * YAML and checked completely before anything runs.
 *
 * The format is agentops-workflow(5). A loaded workflow is immutable, every
 * name in it is resolved to an index, needs form no cycle, every expression
 * names things that exist, and every literal argument fits its tool's
 * schema. Errors say "file:line:column: what is wrong, and the cure".
 *
 * Lifetime: everything hangs in one arena owned by the workflow; strings
 * and nodes that came from the file belong to the YAML document, which
 * workflow_parse owns and workflow_load borrows (it must outlive the
 * workflow).
 *
 *	AUTO_PTR(workflow) wf = workflow_parse(text, len, "plan.yaml", 1,
 *					       &tools, err);
 *	for (i = 0; i < wf->step_count; i++)
 *		start(&wf->steps[wf->order[i]]);
 */
#ifndef AGENTOPS_FLOW_WORKFLOW_H
#define AGENTOPS_FLOW_WORKFLOW_H

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "flow/policy.h"
#include "flow/validate.h"
#include "tool/tool.h"

#include <cjson/cJSON.h>
#include <stdint.h>

enum {
	WORKFLOW_STEPS_MAX = 5000,
	WORKFLOW_INPUTS_MAX = 200,
	WORKFLOW_NEEDS_MAX = 200000, /* edges of the whole graph */
	WORKFLOW_ID_MAX = 40,        /* [a-z][a-z0-9_-]{0,39} */
	WORKFLOW_JOBS_MAX = 64,
	WORKFLOW_ATTEMPTS_MAX = 20,
	WORKFLOW_DURATION_MAX_S = 7 * 24 * 3600,
	WORKFLOW_CODE_MAX = 1 << 20, /* bytes of one code: or run: */
};

#define INPUT_TYPES(X) \
	X(INPUT_TEXT, "text") \
	X(INPUT_NUMBER, "number") \
	X(INPUT_BOOLEAN, "boolean") \
	X(INPUT_SELECT, "select") \
	X(INPUT_FILE, "file") \
	X(INPUT_LIST, "list") \
	X(INPUT_DATE, "date") \
	X(INPUT_SECRET, "secret")

enum input_type {
#define X(id, name) id,
	INPUT_TYPES(X)
#undef X
};

/* `effects:` of a step; it may only add to what the tool itself declares. */
#define STEP_EFFECTS(X) \
	X(STEP_READ_ONLY, "read_only") \
	X(STEP_IDEMPOTENT, "idempotent") \
	X(STEP_WRITES, "writes") \
	X(STEP_DESTRUCTIVE, "destructive")

enum step_effects {
#define X(id, name) id,
	STEP_EFFECTS(X)
#undef X
};

struct workflow_input {
	const char *name;
	enum input_type type;     /* default: text */
	const char *prompt;       /* never NULL; the name when not given */
	const char *help;         /* or NULL */
	bool required;
	const struct yaml_node *fallback; /* `default:`, or NULL */
	bool literal;             /* {{ in the default is text */
	const char *const *options;       /* select: NULL-terminated */
	size_t option_count;
	bool has_min, has_max;
	double min, max;          /* number: value; text: characters;
				     list: items */
	const char *pattern;      /* POSIX extended, anchored by its writer */
	const struct yaml_node *at;
};

/* One tool call as the file describes it: a step's own, or its fallback. */
struct workflow_action {
	const struct tool *tool;
	const struct yaml_node *with;  /* map, or NULL */
	const char *code;              /* code: or run: text, or NULL */
	enum sandbox_profile profile;  /* it will run under */
	const char *const *hosts;      /* NULL-terminated, or NULL */
	const char *const *secrets;    /* inputs of type secret whose files
					  the code may read; as hosts */
	unsigned effects;              /* enum tool_effects that remain under
					  the profile */
	int64_t timeout_ms;            /* 0: the tool's default */
	const struct yaml_node *at;
};

struct workflow_output {
	const char *name; /* steps.ID.outputs.NAME */
	const char *file; /* below the attempt's folder */
};

struct workflow_step {
	int index;                /* in workflow.steps, the file's order */
	const char *id;
	const char *title;        /* never NULL; the id when not given */
	struct workflow_action action;
	struct workflow_action *fallback; /* or NULL */
	const int *needs;         /* indexes, without duplicates */
	size_t need_count;
	const struct yaml_node *when;     /* condition, or NULL */
	const struct yaml_node *foreach;  /* list or expression, or NULL */
	const struct workflow_output *outputs;
	size_t output_count;
	const struct validation *validate;
	size_t validate_count;
	int attempts;             /* 1 without `retry` */
	int64_t backoff_ms;       /* before the second; doubles after */
	enum risk risk;           /* declared; RISK_LOW when not */
	bool idempotent;          /* an interrupted call may be issued again */
	bool gate;                /* ask a person before it */
	bool review;              /* show its artifacts at a review gate */
	bool optional;            /* its failure does not fail the run */
	const struct yaml_node *at;
};

struct workflow {
	struct arena arena;
	const struct yaml_doc *doc;   /* for expr_resolve and messages */
	struct yaml_doc *owned_doc;   /* NULL when borrowed */
	const struct yaml_node *root;
	const char *name;             /* never NULL */
	const char *description;      /* or NULL */
	const char *domain;           /* or NULL */
	const char *environment;      /* or NULL */
	enum risk risk;               /* declared; RISK_LOW when not */
	int jobs;                     /* parallel steps; default 4 */
	double manual_minutes;        /* baseline; 0 when not given */
	struct workflow_input *inputs;
	size_t input_count;
	struct workflow_step *steps;  /* file order */
	size_t step_count;
	int *order;                   /* topological: needs come first; else
					 file order */
	int *slots;                   /* id hash: index + 1, 0 is free */
	size_t slot_count;            /* a power of two */
};

/* The tools a workflow may name; the engine passes tool_find, tool_all and
 * tool_check_args, a test its own. */
struct workflow_tools {
	const struct tool *(*find)(const char *name);
	const struct tool *const *(*all)(void); /* for "did you mean" */
	bool (*check_args)(const struct tool *t, const cJSON *args,
			   const char *subject, struct err *err);
};

/*
 * Loads the map at, a node of doc (borrowed). extra_keys, NULL-terminated
 * or NULL, are keys beside the workflow's that the caller reads itself (a
 * pattern's front matter).
 */
struct workflow *workflow_load(const struct yaml_doc *doc,
			       const struct yaml_node *at,
			       const struct workflow_tools *tools,
			       const char *const *extra_keys,
			       struct err *err);
/* Parses text and loads it; see yaml_parse for name and first_line. */
struct workflow *workflow_parse(const char *text, size_t len,
				const char *name, int first_line,
				const struct workflow_tools *tools,
				struct err *err);
void workflow_free(struct workflow *wf);
DEFINE_AUTO_PTR(workflow);

/* Index of the step, -1 when there is none. */
int workflow_find(const struct workflow *wf, const char *id);
/* Fails: there is no step of this id, with "did you mean". */
bool workflow_no_step(const struct workflow *wf, const char *id,
		      struct err *err);
const struct workflow_input *workflow_input(const struct workflow *wf,
					    const char *name);
const char *input_type_name(enum input_type type);

/*
 * Arguments of a call: `with` resolved in values, and the code added as it
 * stands under workflow_code_arg. Caller deletes.
 */
bool workflow_args(const struct workflow *wf,
		   const struct workflow_action *a, const cJSON *values,
		   cJSON **ret, struct err *err);

/* Puts the members of with into args: each replaces the argument of its
 * name, null takes it away. */
void workflow_change_args(cJSON *args, const cJSON *with);
/* Whether the step's own action may get these arguments instead of those of
 * its file: they fit the tool's schema, none that is required goes, and the
 * program is not among them. The message begins with "step ID". */
bool workflow_check_with(const struct workflow_tools *tools,
			 const struct workflow_step *step, const cJSON *with,
			 struct err *err);

/* The argument that holds the program of a tool that runs one: "code"
 * (python), "command" (bash); NULL for every other tool. */
const char *workflow_code_arg(const struct tool *tool);

/* The items of a foreach in values, an array; caller deletes. ERR_DATA when
 * it is no list. */
bool workflow_items(const struct workflow *wf,
		    const struct workflow_step *step, const cJSON *values,
		    cJSON **ret, struct err *err);

/*
 * Checks given (an object; NULL is {}) against the inputs: converts text to
 * the input's type ("5" to 5, "a, b" to a list), fills defaults, refuses
 * unknown names and wrong values. *ret_checked is {name: value} with every
 * input that has a value; optional ones without are null. Names of required
 * inputs that have none go to missing (not an error; the caller asks for
 * them; may be NULL: then it is one). A secret's value must be
 * "secret:NAME"; a file's must be a path (that it exists is checked by
 * whoever opens it). Caller deletes *ret_checked.
 */
bool workflow_check_inputs(const struct workflow *wf, const cJSON *given,
			   cJSON **ret_checked, struct strv *missing,
			   struct err *err);
/* Makes relative paths of file inputs absolute: they are meant below base, and
 * a program runs in a folder of its own. */
void workflow_absolute_files(const struct workflow *wf, const char *base,
			     cJSON *inputs);
/* One value; *ret is the converted one, caller deletes. */
bool workflow_check_input(const struct workflow_input *in,
			  const cJSON *value, cJSON **ret, struct err *err);

/* Class of one step with these inputs (may be NULL), with reasons. The
 * fallback counts, too. */
void workflow_step_class(const struct workflow *wf,
			 const struct workflow_step *step,
			 const cJSON *inputs, struct policy_class *ret);
/* Class of the whole: the highest of its steps and what it declares. A step
 * with `when: false` never runs and does not count. */
void workflow_class(const struct workflow *wf, const cJSON *inputs,
		    struct policy_class *ret);

#endif
