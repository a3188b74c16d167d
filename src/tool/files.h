/*
 * files.h - what the file tools share: a call that works on a pool thread,
 * and knowing a file's kind by its first bytes.
 *
 * Each tool is one function, files_work_fn. It runs off the loop, reads only
 * the request, writes only its own call, and asks files_go_on now and then.
 */
#ifndef AGENTOPS_TOOL_FILES_H
#define AGENTOPS_TOOL_FILES_H

#include "tool/place.h"
#include "tool/tool.h"

#include <stdatomic.h>

struct files_call;
/* False with err makes the result TOOL_FAILED, "TOOL: message". */
typedef bool files_work_fn(struct files_call *c, struct err *err);

struct files_call {
	struct tool_call_base base;
	const struct tool_request *req;
	struct place_rules rules;
	struct tool_result result;
	files_work_fn *work;
	int64_t deadline_us;
	atomic_bool cancelled;
	bool stopped, ok;
	struct err err;
};

/* Starts work; the call is freed after on_done. */
struct tool_call *files_start(const struct tool *tool,
			      const struct tool_request *req,
			      files_work_fn *work);
void files_cancel(struct tool_call *call);

/* False once the call was cancelled or its time is over: work then ends
 * soon; what it found so far is kept beside the status. */
bool files_go_on(struct files_call *c);

/* Bytes of text the result may hold inline. */
size_t files_output_limit(const struct tool_request *req);

struct files_kind {
	const char *name;       /* "a PNG image" */
	const char *media_type; /* of images, else NULL */
};

/* What the first bytes of a file tell; NULL for text (also an empty one). */
const struct files_kind *files_kind(const char *data, size_t len);
/* Enough first bytes for files_kind. */
enum { FILES_KIND_BYTES = 8 << 10 };
/* Of an open file; where it stands does not change. */
const struct files_kind *files_kind_of_fd(int fd);

#endif
