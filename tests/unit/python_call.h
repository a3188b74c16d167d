/*
 * python_call.h - calls of the python tool for tests: a run in a private
 * folder (struct world), and a call that is awaited (struct call).
 *
 *	AUTO_CALL c = run("print(1)");
 *
 *	assert_call(c, TOOL_OK);
 *	assert_string_equal(c->text, "1\n");
 *
 * A real kernel runs: it needs a Python with ipykernel and matplotlib
 * (tools/deps installs them), and the tests fail without.
 */
#ifndef AGENTOPS_TESTS_PYTHON_CALL_H
#define AGENTOPS_TESTS_PYTHON_CALL_H

#include "test.h"

#include "base/json.h"
#include "base/loop.h"
#include "tool/tool.h"

/* One run for all tests of a group: a kernel costs a second to start. */
struct world {
	char *dir;
	struct loop *loop;
	struct tool_session *session;
	int calls;
	enum sandbox_profile profile;
};

static struct world *world; /* of the group that runs */

static inline struct world *
world_new(void)
{
	struct err err = ERR_INIT;
	struct world *w = xcalloc(1, sizeof(*w));
	char template[] = "/tmp/agentops-test-XXXXXX";
	char *workspace;

	if (!mkdtemp(template))
		abort();
	w->dir = xstrdup(template);
	setenv("AGENTOPS_HOME", w->dir, 1);
	workspace = path_join(w->dir, "workspace");
	if (!path_mkdirs(workspace, &err))
		abort();
	w->loop = loop_new();
	AUTO_FREE char *run_dir = path_join(w->dir, "run");
	if (!path_mkdirs(run_dir, &err))
		abort();
	w->session = tool_session_new(w->loop, run_dir, workspace);
	w->profile = SANDBOX_READ_ONLY;
	free(workspace);
	return w;
}

static inline void
world_free(struct world *w)
{
	tool_session_free(w->session);
	loop_free(w->loop);
	path_remove_tree(w->dir, NULL);
	free(w->dir);
	free(w);
}

static inline int
world_setup(void **state)
{
	(void)state;
	world = world_new();
	return 0;
}

static inline int
world_teardown(void **state)
{
	(void)state;
	world_free(world);
	return 0;
}

/* ---- one call --------------------------------------------------------- */

struct call {
	struct tool_request req;
	struct tool_call *call;
	char *dir;
	cJSON *args, *values;
	bool done;
	struct tool_result r; /* taken over from on_done */
	char *text;           /* all text parts */
};

static inline void
on_done(void *ud, struct tool_result *r)
{
	struct call *c = ud;
	AUTO(buf) text = BUF_INIT;

	assert_false(c->done);
	c->done = true;
	c->r = *r;
	*r = (struct tool_result){ 0 };
	for (size_t i = 0; i < c->r.part_count; i++)
		if (c->r.parts[i].kind == TOOL_PART_TEXT)
			buf_addstr(&text, c->r.parts[i].text);
	c->text = buf_steal(&text);
}

static inline void
call_release(struct call *c)
{
	tool_result_release(&c->r);
	cJSON_Delete(c->args);
	cJSON_Delete(c->values);
	free(c->dir);
	free(c->text);
	free(c);
}

static inline void
call_cleanup(struct call **c)
{
	call_release(*c);
}
#define AUTO_CALL __attribute__((cleanup(call_cleanup))) struct call *

static inline struct call *
begin_in(struct world *w, const char *code, int64_t timeout_ms,
	 const char *values)
{
	struct err err = ERR_INIT;
	struct call *c = xcalloc(1, sizeof(*c));

	c->dir = xasprintf("%s/run/work/step.%d", w->dir, ++w->calls);
	assert_ok(path_mkdirs(c->dir, &err), err);
	c->args = cJSON_CreateObject();
	cJSON_AddStringToObject(c->args, "code", code);
	c->values = json_parse(values, strlen(values), "values", &err);
	assert_ok(c->values != NULL, err);
	c->req = (struct tool_request){
		.session = w->session,
		.dir = c->dir,
		.profile = w->profile,
		.args = c->args,
		.values = c->values,
		.timeout_ms = timeout_ms,
		.on_done = on_done,
		.ud = c,
	};
	c->call = tool_start(&tool_python, &c->req, &err);
	assert_ok(c->call != NULL, err);
	assert_false(c->done);
	return c;
}

static inline void
finish(struct world *w, struct call *c)
{
	while (!c->done)
		loop_turn(w->loop, true);
}

static inline struct call *
run_with(const char *code, int64_t timeout_ms, const char *values)
{
	struct call *c = begin_in(world, code, timeout_ms, values);

	finish(world, c);
	return c;
}

static inline struct call *
run(const char *code)
{
	return run_with(code, 60000, "{}");
}

#define assert_has(text, words) \
	do { \
		if (!strstr((text), (words))) \
			fail_msg("\"%s\" lacks \"%s\"", text, words); \
	} while (0)
#define assert_lacks(text, words) \
	do { \
		if (strstr((text), (words))) \
			fail_msg("\"%s\" has \"%s\"", text, words); \
	} while (0)

static inline void
assert_call(const struct call *c, enum tool_status status)
{
	if (c->r.status != status)
		fail_msg("status %d, not %d: %s\n%s", c->r.status, status,
			 c->r.error ? c->r.error : "", c->text);
}

#endif
