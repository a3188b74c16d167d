/*
 * test_call.h - calling a tool from a test: a session with a workspace and a
 * run's folder below the test's own, and one blocking call.
 */
#ifndef AGENTOPS_TESTS_TEST_CALL_H
#define AGENTOPS_TESTS_TEST_CALL_H

#include "test.h"

#include "base/json.h"
#include "base/loop.h"
#include "base/redact.h"
#include "tool/tool.h"

struct test_call {
	struct loop *loop;
	struct redact *redact;
	struct tool_session *session;
	char *workspace, *run_dir, *dir;
	struct tool_request req;
	struct tool_result result; /* of the last call */
	int done;                  /* calls of on_done */
	struct err err;
};

static inline void
test_call_done(void *ud, struct tool_result *r)
{
	struct test_call *t = ud;

	t->result = *r;
	*r = (struct tool_result){ 0 };
	t->done++;
	loop_stop(t->loop);
}

static inline void
test_call_init(struct test_call *t, const char *home)
{
	struct err err = ERR_INIT;

	*t = (struct test_call){ .loop = loop_new() };
	t->workspace = path_join(home, "ws");
	t->run_dir = path_join(home, "run");
	t->dir = path_join(home, "run/work/step.1");
	t->redact = redact_new();
	assert_ok(path_mkdirs(t->workspace, &err), err);
	assert_ok(path_mkdirs(t->dir, &err), err);
	t->session = tool_session_new(t->loop, t->run_dir, t->workspace);
	tool_session_set_redact(t->session, t->redact);
	t->req = (struct tool_request){
		.session = t->session,
		.dir = t->dir,
		.profile = SANDBOX_WORKSPACE_WRITE,
		.on_done = test_call_done,
		.ud = t,
	};
}

static inline void
test_call_release(struct test_call *t)
{
	tool_result_release(&t->result);
	tool_session_free(t->session);
	loop_free(t->loop);
	redact_free(t->redact);
	free(t->workspace);
	free(t->run_dir);
	free(t->dir);
}

/* Starts it with args, JSON text; NULL with t->err when it does not start. */
static inline struct tool_call *
test_call_start(struct test_call *t, const struct tool *tool,
		const char *args)
{
	cJSON *parsed = json_parse(args, strlen(args), "args", &t->err);
	struct tool_call *call;

	if (!parsed)
		fail_msg("%s", t->err.msg);
	tool_result_release(&t->result);
	cJSON_Delete((cJSON *)t->req.args);
	t->req.args = parsed;
	t->done = 0;
	call = tool_start(tool, &t->req, &t->err);
	assert_int_equal(t->done, 0);
	return call;
}

static inline void
test_call_wait(struct test_call *t)
{
	loop_run(t->loop);
	assert_int_equal(t->done, 1);
	cJSON_Delete((cJSON *)t->req.args);
	t->req.args = NULL;
}

static inline void
test_call(struct test_call *t, const struct tool *tool, const char *args)
{
	if (!test_call_start(t, tool, args))
		fail_msg("%s: %s", tool->name, t->err.msg);
	test_call_wait(t);
}

/* The call succeeds; gives its first text. */
static inline const char *
test_call_ok(struct test_call *t, const struct tool *tool, const char *args)
{
	test_call(t, tool, args);
	if (t->result.status != TOOL_OK)
		fail_msg("%s", t->result.error);
	for (size_t i = 0; i < t->result.part_count; i++)
		if (t->result.parts[i].kind == TOOL_PART_TEXT)
			return t->result.parts[i].text;
	return "";
}

/* The call ends with TOOL_FAILED and an error that holds the words. */
static inline void
test_call_fails(struct test_call *t, const struct tool *tool,
		const char *args, const char *words)
{
	test_call(t, tool, args);
	if (t->result.status != TOOL_FAILED)
		fail_msg("%s %s: status %d", tool->name, args,
			 t->result.status);
	if (!strstr(t->result.error, words))
		fail_msg("\"%s\" lacks \"%s\"", t->result.error, words);
}

#endif
