/*
 * tool.h - the contract of every tool, and the one registry of them.
 *
 * A tool is a row: name, JSON Schema of its arguments, what it may change,
 * and an asynchronous call. Workflow steps (`uses: NAME`) and agents call
 * tools through the same door, tool_start, which checks the arguments
 * against the schema first.
 *
 * A call works in its own folder, `dir`: code runs there, and files that it
 * leaves there can become outputs. Everything a tool returns is data from
 * outside: it is never interpreted and reaches a terminal only through
 * str_visible.
 *
 * To add a tool: src/tool/NAME.c with its `const struct tool tool_NAME`, one
 * row in TOOLS below, one test in tests/unit/test_NAME.c.
 */
#ifndef AGENTOPS_TOOL_TOOL_H
#define AGENTOPS_TOOL_TOOL_H

#include "base/err.h"
#include "base/loop.h"
#include "base/str.h"
#include "tool/sandbox.h"

#include <cjson/cJSON.h>
#include <stdint.h>

#define TOOLS(X) \
	X(python) \
	X(bash) \
	X(data_profile) \
	X(chart) \
	X(read_file) \
	X(list_files) \
	X(search_files) \
	X(write_file) \
	X(edit_file) \
	X(view_image) \
	X(load_reference) \
	X(agent)

/* What a call may change. Nothing set means read-only: such a call may be
 * issued again after a crash. */
enum tool_effects {
	TOOL_READS = 0,
	TOOL_WRITES = 1 << 0,      /* files in the workspace */
	TOOL_NETWORK = 1 << 1,
	TOOL_DESTRUCTIVE = 1 << 2, /* may lose what was there */
};

enum tool_status { TOOL_OK, TOOL_FAILED, TOOL_TIMED_OUT, TOOL_CANCELLED };

enum tool_part_kind {
	TOOL_PART_TEXT,  /* text */
	TOOL_PART_IMAGE, /* a file in the call's dir that is a picture */
	TOOL_PART_FILE,  /* any other file in the call's dir */
};

struct tool_part {
	enum tool_part_kind kind;
	char *text;       /* TEXT: the text; else NULL */
	char *name;       /* IMAGE, FILE: path relative to the call's dir */
	char *media_type; /* IMAGE, FILE: "image/png" */
};

struct tool_result {
	enum tool_status status;
	char *error;      /* not TOOL_OK: subject, reason, what to do */
	int exit_status;  /* of the program run, 0 for tools without one */
	cJSON *data;      /* structured result, or NULL; for a step this is
			     steps.ID.data */
	struct tool_part *parts;
	size_t part_count, part_cap;
};

void tool_result_release(struct tool_result *r);
void tool_result_text(struct tool_result *r, const char *text); /* copies */
void tool_result_file(struct tool_result *r, enum tool_part_kind kind,
		      const char *name, const char *media_type);
/* Sets status TOOL_FAILED and the error; returns r. */
struct tool_result *tool_result_fail(struct tool_result *r, const char *fmt,
				     ...)
	__attribute__((format(printf, 2, 3)));

/* What the calls of one run share; made by the engine, one per live run. */
struct tool_session;
struct tool_session *tool_session_new(struct loop *loop, const char *run_dir,
				      const char *workspace);
/* Stops kernels and other helpers of the run and waits for their end. */
void tool_session_free(struct tool_session *s);
DEFINE_AUTO_PTR(tool_session);

struct loop *tool_session_loop(const struct tool_session *s);
const char *tool_session_run_dir(const struct tool_session *s);
const char *tool_session_workspace(const struct tool_session *s);
/* The slot where the python tool keeps its kernels; freed by free_fn before
 * the session ends. */
void **tool_session_kernels(struct tool_session *s,
			    void (*free_fn)(void *));

/* Files and folders that a person named for the run, absolute: sandboxed
 * calls may read them wherever they lie, also in /tmp, which is private
 * otherwise. Copies; NULL-terminated. A kernel that runs already keeps the
 * list it was started with. */
void tool_session_set_readable(struct tool_session *s,
			       const char *const *paths);
const char *const *tool_session_readable(const struct tool_session *s);

/* Secrets that output must not show (base/redact.h); borrowed, NULL for
 * none. Whoever keeps output of a program passes it to spool_redact. */
struct redact;
void tool_session_set_redact(struct tool_session *s,
			     const struct redact *redact);
const struct redact *tool_session_redact(const struct tool_session *s);

typedef void tool_done_fn(void *ud, struct tool_result *r);

/* One call. Borrowed until on_done ran. */
struct tool_request {
	struct tool_session *session;
	const char *dir;      /* absolute; empty and writable for a tool with
				 `folder`, else it need not exist yet */
	enum sandbox_profile profile; /* granted; a tool may use less */
	const char *const *hosts;     /* network profile, NULL-terminated */
	const char *const *secrets;   /* paths of stored secrets that the code
					 may read, NULL-terminated, or NULL */
	const cJSON *args;    /* checked against the schema */
	/*
	 * Data for code, an object: {"inputs", "steps", "attempt",
	 * "findings", "item", "iterate", "secret_files"}. Python gets it as
	 * variables, bash as a file and environment variables; never pasted
	 * into code.
	 */
	const cJSON *values;
	int64_t timeout_ms;   /* 0: the tool's default */
	size_t output_limit;  /* bytes of text kept inline; 0: 8 KiB */
	tool_done_fn *on_done; /* exactly once, on the loop, never from
				  inside start; r is released after it */
	void *ud;
};

struct tool_call; /* each tool defines its own; the first member is this: */
struct tool_call_base {
	const struct tool *tool;
};

struct tool {
	const char *name;
	const char *summary;  /* one line */
	const char *schema;   /* JSON Schema, an object */
	unsigned effects;     /* what it can do at most under its profile */
	enum sandbox_profile profile; /* the least it needs */
	bool folder;          /* works in req->dir. Making a folder costs about
				 as much as the journal does for a step, so
				 tools that only read go without */
	/* NULL with err when the call cannot begin. */
	struct tool_call *(*start)(const struct tool_request *req,
				   struct err *err);
	/* Asks it to end; on_done follows with TOOL_CANCELLED (or its
	 * result, when that came first). NULL: cannot be cancelled. */
	void (*cancel)(struct tool_call *call);
};

#define X(name) extern const struct tool tool_##name;
TOOLS(X)
#undef X

const struct tool *tool_find(const char *name);
/* All of them, NULL-terminated, in the order of TOOLS. */
const struct tool *const *tool_all(void);

/* Checks req->args against the schema, then starts. */
struct tool_call *tool_start(const struct tool *t,
			     const struct tool_request *req, struct err *err);
void tool_cancel(struct tool_call *call);

/* Which of the JSON Schema words are checked: type, properties, required,
 * additionalProperties (false), enum, items, minimum, maximum, minItems,
 * default. subject begins the message: "step chart". */
bool tool_check_args(const struct tool *t, const cJSON *args,
		     const char *subject, struct err *err);
/* The same by a schema. */
bool tool_check_schema(const cJSON *schema, const cJSON *args,
		       const char *subject, struct err *err);

/*
 * Code that was kept under a name (know/named_tool.h) is run by the python
 * tool: args of it, and what values must have besides. The code sees only
 * args, inputs, steps, workspace and output, and leaves no variable. code and
 * args are copied. Returns the arguments for tool_python; caller deletes.
 */
cJSON *tool_named_args(cJSON *values, const char *name, const char *code,
		       const cJSON *args);

#endif
