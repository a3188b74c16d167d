/*
 * The agent: a model that works with tools until it has an answer. Its calls
 * are events of the run, so the engine carries it out (run/effect_agent.c);
 * here is only what a workflow may say about it.
 */
#include "tool/tool.h"

static struct tool_call *
agent_start(const struct tool_request *req, struct err *err)
{
	(void)req;
	FAIL(err, ERR_USAGE, "agent: it can only be a step of its own, not a "
			     "call of an agent");
	return NULL;
}

const struct tool tool_agent = {
	.name = "agent",
	.summary = "A model that works on a task with tools until it has an "
		   "answer",
	.schema =
		"{\"type\":\"object\",\"additionalProperties\":false,"
		"\"required\":[\"prompt\"],\"properties\":{"
		"\"prompt\":{\"type\":\"string\",\"description\":"
		"\"What it is to do, and what to answer\"},"
		"\"tools\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},"
		"\"description\":\"Tools it may call; without: data_profile, "
		"chart, read_file, list_files, search_files, python\"},"
		"\"max_turns\":{\"type\":\"integer\",\"minimum\":1,"
		"\"maximum\":100,\"default\":20,\"description\":"
		"\"Turns of the model in one attempt\"},"
		"\"max_tokens\":{\"type\":\"integer\",\"minimum\":16,"
		"\"maximum\":128000,\"default\":4096,\"description\":"
		"\"Tokens of one answer\"}}}",
	.effects = TOOL_WRITES | TOOL_NETWORK | TOOL_DESTRUCTIVE,
	.profile = SANDBOX_READ_ONLY,
	.folder = true,
	.start = agent_start,
};
