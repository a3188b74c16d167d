/* load_reference: a guide, when a model asks for it. */
#include "base/json.h"
#include "base/path.h"
#include "know/command_file.h"
#include "know/reference.h"
#include "tool/files.h"

#include <string.h>

/* It becomes a file's name. */
static bool
is_command(const char *name)
{
	return *name && !name[strspn(name, "abcdefghijklmnopqrstuvwxyz-")];
}

static bool
work(struct files_call *c, struct err *err)
{
	const char *project = tool_session_workspace(c->req->session);
	const char *name = json_str(c->req->args, "name");
	AUTO(references) all = { 0 };
	AUTO(paths) paths = { 0 };
	AUTO(buf) text = BUF_INIT;

	if (!paths_find(&paths, err))
		return false;
	if (*name == '/' && is_command(name + 1)) {
		if (!command_told(name + 1, &text, err))
			return false;
		tool_result_text(&c->result, buf_str(&text));
		return true;
	}
	references_list(&paths, project, &all);
	if (!reference_read(&all, name, &text, err))
		return false;
	tool_result_text(&c->result, buf_str(&text));
	return true;
}

static struct tool_call *
start(const struct tool_request *req, struct err *err)
{
	(void)err;
	return files_start(&tool_load_reference, req, work);
}

const struct tool tool_load_reference = {
	.name = "load_reference",
	.summary = "Load a guide of the program by its name",
	.schema = "{\"type\":\"object\",\"additionalProperties\":false,"
		  "\"required\":[\"name\"],\"properties\":{"
		  "\"name\":{\"type\":\"string\",\"description\":"
		  "\"Its name, or /COMMAND for what a person can type; a "
		  "wrong name lists all\"}}}",
	.effects = TOOL_READS,
	.profile = SANDBOX_READ_ONLY,
	.start = start,
	.cancel = files_cancel,
};
