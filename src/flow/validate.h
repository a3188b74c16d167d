/*
 * validate.h - the checks on what a step left behind (`validate:`).
 *
 *	validate:
 *	  - exit: 0
 *	  - file: chart.png                      there, regular, not empty
 *	  - json: {path: rows, min: 1}           in the step's data ...
 *	  - json: {file: out.json, path: ok, equals: true}   ... or a file
 *	  - regex: {match: "^total: [0-9]+"}     in the step's text ...
 *	  - regex: {file: log.txt, match: done}  ... or a file
 *	  - rows: {file: clean.csv, min: 1}      CSV records, header not counted
 *	  - visual: default                      every image of the step
 *	  - visual: {file: chart.png, checks: [blank, contrast]}
 *	  - command: "test -s report.md"         a shell command; exit 0
 *
 * Each row may carry `message:`, said in place of the built-in words. One
 * row checks one thing. equals, min and max may be `{{ }}` expressions.
 *
 * Files are opened beneath the step's folder and follow no symlink; all of
 * them are untrusted: sizes, counts and nesting have ceilings, and going
 * over one is a failed check, never an error of the program.
 *
 * Two kinds need the engine: `visual` decodes images (a function the engine
 * wires in), `command` is a sandboxed bash call that the engine issues
 * itself.
 */
#ifndef AGENTOPS_FLOW_VALIDATE_H
#define AGENTOPS_FLOW_VALIDATE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/yaml.h"
#include "flow/expr.h"

#include <cjson/cJSON.h>
#include <stdint.h>

/* id, key in the file */
#define VALIDATIONS(X) \
	X(VALIDATION_EXIT, "exit") \
	X(VALIDATION_FILE, "file") \
	X(VALIDATION_JSON, "json") \
	X(VALIDATION_REGEX, "regex") \
	X(VALIDATION_ROWS, "rows") \
	X(VALIDATION_VISUAL, "visual") \
	X(VALIDATION_COMMAND, "command")

enum validation_kind {
#define X(id, name) id,
	VALIDATIONS(X)
#undef X
};

enum {
	VALIDATION_TEXT_MAX = 16 << 20, /* json and regex files, bytes */
	VALIDATION_MESSAGE_MAX = 512,
};

/* Lives in the arena it was parsed into; nodes borrow from the document. */
struct validation {
	enum validation_kind kind;
	const struct yaml_node *at;  /* the row, for messages */
	int exit_status;             /* exit */
	const char *file;            /* NULL: data, text, every image */
	const char *path;            /* json; NULL: the whole value */
	const char *match;           /* regex: POSIX extended */
	const char *command;         /* command */
	const char *message;         /* the user's words, or NULL */
	const char *const *checks;   /* visual: names, NULL: the default set */
	bool exists, has_exists;     /* json */
	const struct yaml_node *equals, *min, *max; /* NULL: not given */
};

const char *validation_name(enum validation_kind kind);

/*
 * Parses one row into *ret. Errors are located; scope (may be NULL: no
 * expressions allowed) checks the expressions in equals, min and max.
 */
bool validation_parse(const struct yaml_doc *d, const struct yaml_node *row,
		      const struct expr_scope *scope, struct arena *arena,
		      struct validation *ret, struct err *err);

/* Of one check. Its findings row is check, artifact, message, value,
 * threshold. */
struct validation_result {
	bool ok;
	enum validation_kind kind;
	char message[VALIDATION_MESSAGE_MAX]; /* what was found; always set */
	char artifact[256];  /* the file's name, or "" */
	bool has_value;      /* value and threshold are set */
	double value, threshold;
};

struct validation_context {
	const struct yaml_doc *doc; /* that the rows came from */
	const char *dir;            /* of the attempt, absolute */
	int exit_status;
	const cJSON *data;          /* tool_result.data, or NULL */
	const char *text;           /* text parts together, or NULL */
	const cJSON *values;        /* for {{ }} */
	/* Evaluates a `visual` row; NULL: such rows fail and say so. */
	void (*visual)(void *ud, const struct validation *v,
		       const struct validation_context *ctx,
		       struct validation_result *ret);
	void *ud;
};

/*
 * Evaluates one row. Blocking file reads up to VALIDATION_TEXT_MAX (rows:
 * a whole file, streamed in constant memory); run it on a worker when files
 * may be big. False, with ret untouched, for a `command` row: the engine
 * runs that as a bash call and calls validation_command.
 */
bool validation_run(const struct validation *v,
		    const struct validation_context *ctx,
		    struct validation_result *ret);

/* The result of a `command` row from its call's exit status (-1: it did
 * not run to an end; then why says so). */
void validation_command(const struct validation *v, int exit_status,
			const char *why, struct validation_result *ret);

/* {"check","artifact","message","value","threshold"}, the last two only
 * with a value; caller deletes. */
cJSON *validation_finding(const struct validation_result *r);

#endif
