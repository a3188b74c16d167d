/*
 * named_tool.h - code that worked, kept under a name with the JSON Schema of
 * its arguments and a test, for agents of later runs.
 *
 * $DATA/tools/NAME.yaml is the person's, to edit:
 *
 *	summary: Mean of a column by month
 *	schema: {type: object, required: [column], properties: {column: {type: string}}}
 *	code: |                  Python; args has the arguments, output(...)
 *	  ...                    gives the structured result
 *	test: {args: {column: wind}, says: "3.2"}
 *	from: RUN CALL           where it came from
 *
 * $STATE/tools/NAME says that a person approved exactly this file (its
 * SHA-256) after its test passed: beside the journal, where no sandboxed
 * command reads or writes, whatever the workspace is. A tool whose file differs
 * from what was approved is not offered to anybody.
 *
 * Links are not followed. Blocks on the disk.
 */
#ifndef AGENTOPS_KNOW_NAMED_TOOL_H
#define AGENTOPS_KNOW_NAMED_TOOL_H

#include "base/path.h"
#include "base/str.h"

#include <cjson/cJSON.h>

enum {
	NAMED_TOOL_LIMIT = 256 << 10, /* bytes of a file */
	NAMED_TOOL_NAME_MAX = 48,
};

struct named_tool {
	char *name, *summary, *code, *from, *path;
	char *says;       /* what the test's output must hold, or NULL */
	cJSON *schema;    /* an object's */
	char *schema_text;
	cJSON *test_args; /* an object */
	char sha256[65];  /* of the file */
	bool approved;
	char *by;         /* who approved it, or NULL */
};

struct named_tools {
	struct named_tool *items; /* by name */
	size_t count, cap;
	struct strv problems;     /* "file:line:column: what" */
};

void named_tools_release(struct named_tools *l);
/* All of the library; files that cannot be read are problems. */
void named_tools_list(const struct paths *paths, struct named_tools *ret);
/* ERR_NOTFOUND with all names. Borrowed. */
const struct named_tool *named_tools_find(const struct named_tools *l,
					  const char *name, struct err *err);

/* name: [a-z][a-z0-9_]*, as every model takes one. A new file, of text that holds (as the list reads it); one that exists is
 * ERR_CONFLICT. ret_path: caller frees. */
bool named_tool_keep(const struct paths *paths, const char *name,
		     const char *text, char **ret_path, struct err *err);
bool named_tool_approve(const struct paths *paths, const struct named_tool *t,
			const char *by, struct err *err);
/* Both files. */
bool named_tool_remove(const struct paths *paths, const struct named_tool *t,
		       struct err *err);

#endif
