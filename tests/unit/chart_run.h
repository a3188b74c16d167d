/*
 * chart_run.h - one call of the chart tool as the engine makes it: through
 * tool_start, on a loop, in the sandbox, in its own folder.
 */
#ifndef AGENTOPS_TESTS_CHART_RUN_H
#define AGENTOPS_TESTS_CHART_RUN_H

#include "test.h"

#include "base/json.h"
#include "base/loop.h"
#include "tool/tool.h"

struct chart_run {
	struct loop *loop;
	struct tool_session *session;
	char *dir;                 /* the call's folder */
	struct tool_result result; /* taken over from the tool */
	bool done;
};

static inline void
chart_run_done(void *ud, struct tool_result *r)
{
	struct chart_run *run = ud;

	assert_false(run->done);
	run->done = true;
	run->result = *r;
	*r = (struct tool_result){ 0 };
	loop_stop(run->loop);
}

static inline void
chart_run_release(struct chart_run *run)
{
	tool_result_release(&run->result);
	if (run->session)
		tool_session_free(run->session);
	if (run->loop)
		loop_free(run->loop);
	free(run->dir);
}

static inline cJSON *
chart_run_json(const char *text)
{
	struct err err = ERR_INIT;
	cJSON *v = json_parse(text, strlen(text), "test", &err);

	if (!v)
		fail_msg("%s in %s", err.msg, text);
	return v;
}

/*
 * home: the test's folder, which is the workspace too. args and values are
 * JSON; values may be NULL. False with err when the call did not begin.
 */
static inline bool
chart_run_start(struct chart_run *run, const char *home, const char *args,
		const char *values, struct err *err)
{
	AUTO_JSON *a = chart_run_json(args);
	AUTO_JSON *v = values ? chart_run_json(values) : NULL;
	struct tool_request req = { .args = a, .values = v, .ud = run,
				    .on_done = chart_run_done,
				    .profile = SANDBOX_READ_ONLY };

	/* For the launcher alone: whether it leaks is a matter of its own
	 * tests, and this program has read its options already. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	run->dir = path_join(home, "call");
	path_remove_tree(run->dir, NULL);
	if (!path_mkdirs(run->dir, err))
		return false;
	run->loop = loop_new();
	run->session = tool_session_new(run->loop, home, home);
	req.session = run->session;
	req.dir = run->dir;
	if (!tool_start(&tool_chart, &req, err))
		return false;
	assert_false(run->done);
	loop_run(run->loop);
	assert_true(run->done);
	return true;
}

#endif
