#include "test.h"

#include "base/json.h"
#include "tool/tool.h"

#include <sys/stat.h>

struct outcome {
	struct loop *loop;
	enum tool_status status;
	char *error, *text;
	cJSON *data;
	int calls;
};

static void
on_done(void *ud, struct tool_result *r)
{
	struct outcome *o = ud;

	o->calls++;
	o->status = r->status;
	o->error = xstrdup0(r->error);
	o->text = xstrdup0(r->part_count ? r->parts[0].text : NULL);
	o->data = TAKE(r->data);
	loop_stop(o->loop);
}

static void
outcome_release(struct outcome *o)
{
	free(o->error);
	free(o->text);
	cJSON_Delete(o->data);
}

/* Calls the tool in the workspace *state; stop: cancels at once. */
static void
call_tool(const char *dir, const char *json, int64_t timeout_ms, bool stop,
	  struct outcome *ret)
{
	AUTO_PTR(loop) loop = loop_new();
	AUTO_PTR(tool_session) session = tool_session_new(loop, dir, dir);
	AUTO_JSON *args = json_parse(json, strlen(json), "args", NULL);
	struct tool_request req = { .session = session,
				    .dir = dir,
				    .args = args,
				    .timeout_ms = timeout_ms,
				    .on_done = on_done,
				    .ud = ret };
	struct err err = ERR_INIT;
	struct tool_call *call;

	*ret = (struct outcome){ .loop = loop };
	call = tool_start(&tool_data_profile, &req, &err);
	assert_ok(call, err);
	assert_int_equal(ret->calls, 0);
	if (stop)
		tool_cancel(call);
	loop_run(loop);
	assert_int_equal(ret->calls, 1);
}

static void
test_tool_profiles(void **state)
{
	AUTO(outcome) o = { 0 };

	test_write(*state, "t.csv", "a,b\n1,x\n2,y\n3,z\n", 16);
	call_tool(*state,
		  "{\"path\":\"t.csv\",\"max_rows\":2,"
		  "\"columns\":[\"a\"]}",
		  0, false, &o);
	assert_int_equal(o.status, TOOL_OK);
	assert_int_equal(json_int(o.data, "rows", 0), 2);
	assert_true(json_num(json_path(o.data, "columns.0"), "mean", 0) == 1.5);
	assert_non_null(strstr(o.text, "2 rows x 1 columns"));
}

static void
test_tool_refuses(void **state)
{
	AUTO(outcome) gone = { 0 };
	AUTO(outcome) secret = { 0 };
	AUTO_FREE char *ssh = path_join(*state, ".ssh");

	call_tool(*state, "{\"path\":\"gone.csv\"}", 0, false, &gone);
	assert_int_equal(gone.status, TOOL_FAILED);
	assert_non_null(strstr(gone.error, "gone.csv"));
	setenv("HOME", *state, 1);
	assert_int_equal(mkdir(ssh, 0700), 0);
	test_write(ssh, "id_rsa", "a,b\n1,2\n", 8);
	call_tool(*state, "{\"path\":\".ssh/id_rsa\"}", 0, false, &secret);
	assert_int_equal(secret.status, TOOL_FAILED);
	assert_non_null(strstr(secret.error, "holds secrets"));
}

static void
test_tool_stops(void **state)
{
	AUTO(outcome) cancelled = { 0 };
	AUTO(outcome) late = { 0 };
	AUTO_FREE char *path = path_join(*state, "big.csv");
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	for (int i = 0; i < 400000; i++)
		fprintf(f, "%d,%d,%d,%d\n", i, i * 7, i * 11, i * 13);
	assert_int_equal(fclose(f), 0);
	call_tool(*state, "{\"path\":\"big.csv\"}", 0, true, &cancelled);
	assert_int_equal(cancelled.status, TOOL_CANCELLED);
	call_tool(*state, "{\"path\":\"big.csv\"}", 1, false, &late);
	assert_int_equal(late.status, TOOL_TIMED_OUT);
	assert_non_null(strstr(late.error, "max_rows"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		dir_test(test_tool_profiles),
		dir_test(test_tool_refuses),
		dir_test(test_tool_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
