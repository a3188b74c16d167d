/* tools: code that worked, kept under a name for agents of later runs. */
#include "cli/drive.h"

#include "base/json.h"
#include "know/named_tool.h"
#include "run/engine.h"
#include "tool/tool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

enum { TEST_TIMEOUT_MS = 60000, SCHEMA_BYTES = 64 << 10 };

static const char *
state_word(const struct named_tool *t)
{
	return t->approved ? "approved" : "not approved";
}

static void
print_json(const struct named_tool *t)
{
	AUTO(buf) b = BUF_INIT;

	buf_addch(&b, '{');
	json_add_key(&b, "tool");
	json_add_str(&b, t->name);
	json_add_key(&b, "summary");
	json_add_str(&b, t->summary);
	json_add_key(&b, "approved");
	buf_addstr(&b, t->approved ? "true" : "false");
	json_add_key(&b, "by");
	json_add_str(&b, t->by ? t->by : "");
	json_add_key(&b, "from");
	json_add_str(&b, t->from ? t->from : "");
	json_add_key(&b, "schema");
	buf_addstr(&b, t->schema_text);
	json_add_key(&b, "path");
	json_add_str(&b, t->path);
	buf_addstr(&b, "}\n");
	fputs(buf_str(&b), stdout);
}

static void
print_row(const struct named_tool *t)
{
	AUTO(buf) b = BUF_INIT;

	buf_printf(&b, "%-24s %-13s %s\n", t->name, state_word(t), t->summary);
	cli_print(buf_str(&b));
}

static bool
list(struct cli *c, const struct named_tools *all, struct err *err)
{
	(void)err;
	for (size_t i = 0; i < all->count; i++)
		if (c->json)
			print_json(&all->items[i]);
		else
			print_row(&all->items[i]);
	if (!all->count && !c->json && !c->quiet)
		puts("No tool is kept yet; agentops tools keep RUN CALL NAME "
		     "keeps one.");
	return true;
}

static bool
show(struct cli *c, const struct named_tools *all, struct err *err)
{
	const struct named_tool *t = named_tools_find(all, c->args[1], err);
	AUTO(buf) text = BUF_INIT;

	if (!t || !path_read(t->path, NAMED_TOOL_LIMIT, &text, err))
		return false;
	if (c->json)
		print_json(t);
	else
		cli_print(buf_str(&text));
	return true;
}

/* --- keeping -------------------------------------------------------------- */

/* The code of a call of python that worked, by an agent, or of a step. */
static const char *
code_of_call(const struct run_state *s, const char *id, cJSON **ret_args)
{
	const char *text = NULL;
	bool ok = false;

	for (size_t i = 0; i < s->agent_count; i++) {
		const struct messages *h = &s->agents[i]->history;

		for (size_t k = 0; k < h->count; k++)
			for (size_t n = 0; n < h->items[k].part_count; n++) {
				const struct message_part *p =
					&h->items[k].parts[n];

				if (!str_eq(p->id, id))
					continue;
				if (p->kind == PART_CALL &&
				    str_eq(p->name, "python"))
					text = p->text;
				ok |= p->kind == PART_RESULT && !p->failed;
			}
	}
	*ret_args = text && ok ? cJSON_Parse(text) : NULL;
	return json_str(*ret_args, "code");
}

static const char *
code_of_step(const struct run_state *s, const char *id, cJSON **ret_args)
{
	int i = s->workflow ? workflow_find(s->workflow, id) : -1;
	const struct step_state *st = i >= 0 && s->steps ? &s->steps[i] : NULL;

	if (!st || st->outcome != ITEM_DONE || !st->item_count ||
	    !str_eq(s->workflow->steps[i].action.tool->name, "python") ||
	    !st->items[0].args)
		return NULL;
	*ret_args = cJSON_Parse(st->items[0].args);
	return json_str(*ret_args, "code");
}

static void
add_code(struct buf *out, const char *code)
{
	buf_addstr(out, "code: |2\n");
	while (*code) {
		size_t n = strcspn(code, "\n");

		buf_addstr(out, "  ");
		buf_add(out, code, n);
		buf_addch(out, '\n');
		code += n + (code[n] == '\n');
	}
}

static void
add_str(struct buf *out, const char *key, const char *text)
{
	buf_printf(out, "%s", key);
	yaml_add_str(out, text, strlen(text));
	buf_addch(out, '\n');
}

/* JSON is YAML; without a schema any object will do. */
static bool
add_schema(struct cli *c, struct buf *out, struct err *err)
{
	const char *file = cli_option(c, "schema");
	const char *args = cli_option(c, "args");
	const char *says = cli_option(c, "says");
	AUTO_PTR(yaml_doc) d = file ? yaml_read(file, err) : NULL;
	AUTO_JSON *v = d ? yaml_to_json(yaml_root(d)) : NULL;
	AUTO_JSON *test = args ? json_parse(args, strlen(args), "--args", err) :
				 cJSON_CreateObject();

	if ((file && !d) || !test)
		return false;
	buf_addstr(out, "schema: ");
	if (v)
		json_add_value(out, v);
	else
		buf_addstr(out, "{\"type\": \"object\", \"properties\": {}}");
	buf_addstr(out, "\ntest:\n  args: ");
	json_add_value(out, test);
	buf_addch(out, '\n');
	if (says)
		add_str(out, "  says: ", says);
	return true;
}

static bool
keep(struct cli *c, const struct named_tools *all, struct err *err)
{
	AUTO_PTR(run_state) s = NULL;
	AUTO_JSON *args = NULL;
	AUTO(buf) text = BUF_INIT;
	AUTO_FREE char *from = NULL;
	AUTO_FREE char *path = NULL;
	const char *code, *summary = cli_option(c, "summary");
	char run[ID_RUN_SIZE];

	(void)all;
	if (tool_find(c->args[3]))
		return FAIL(err, ERR_CONFLICT,
			    "%s is a tool of the program; choose another name",
			    c->args[3]);
	if (!cli_journal(c, err) ||
	    !journal_find_run(c->journal, c->args[1], run, err) ||
	    !(s = engine_read(c->journal, run, &engine_tools, err)))
		return false;
	code = code_of_call(s, c->args[2], &args);
	if (!code)
		code = code_of_step(s, c->args[2], &args);
	if (!code)
		return FAIL(err, ERR_NOTFOUND,
			    "run %s has no call or step \"%s\" of python that "
			    "worked; agentops show %s tells its story",
			    run, c->args[2], run);
	from = xasprintf("%s %s", run, c->args[2]);
	add_str(&text, "summary: ", summary ? summary : c->args[3]);
	if (!add_schema(c, &text, err))
		return false;
	add_str(&text, "from: ", from);
	add_code(&text, code);
	if (!named_tool_keep(&c->paths, c->args[3], buf_str(&text), &path, err))
		return false;
	if (!c->quiet)
		printf("Kept as %s\nIts arguments are in args; edit it, then "
		       "agentops tools test %s, and approve.\n",
		       path, c->args[3]);
	return true;
}

/* --- its test -------------------------------------------------------------- */

struct testing {
	struct buf out;
	char *error;
	bool done, ok;
};

static void
on_done(void *ud, struct tool_result *r)
{
	struct testing *t = ud;

	for (size_t i = 0; i < r->part_count; i++)
		if (r->parts[i].kind == TOOL_PART_TEXT)
			buf_addstr(&t->out, r->parts[i].text);
	if (r->data)
		json_add_value(&t->out, r->data);
	t->ok = r->status == TOOL_OK;
	t->error = xstrdup0(r->error);
	t->done = true;
}

/* In a session of its own, whose folder goes away with it; read-only. */
static bool
run_test(const char *dir, const char *workspace, const struct redact *redact,
	 const struct named_tool *t, struct testing *ret, struct err *err)
{
	AUTO_PTR(loop) loop = loop_new();
	AUTO_FREE char *call_dir = path_join(dir, "work/test");
	AUTO_JSON *values = cJSON_CreateObject();
	AUTO_JSON *args =
		tool_named_args(values, t->name, t->code, t->test_args);
	AUTO_PTR(tool_session) session = NULL;
	struct tool_request req = { .dir = call_dir,
				    .profile = SANDBOX_READ_ONLY,
				    .args = args,
				    .values = values,
				    .timeout_ms = TEST_TIMEOUT_MS,
				    .on_done = on_done,
				    .ud = ret };

	cJSON_AddStringToObject(values, "workspace", workspace);
	if (!path_mkdirs(call_dir, err))
		return false;
	req.session = session = tool_session_new(loop, dir, workspace);
	tool_session_set_redact(session, redact);
	if (!tool_start(&tool_python, &req, err))
		return false;
	while (!ret->done)
		loop_turn(loop, true);
	return true;
}

/* Prints what it said. False with err when it failed or said something
 * else. */
static bool
test_tool(struct cli *c, const struct named_tool *t, struct err *err)
{
	AUTO_FREE char *dir = xasprintf("%s/tool-test-XXXXXX", c->paths.state);
	AUTO_FREE char *workspace = getcwd(NULL, 0);
	AUTO_FREE char *secrets = path_join(c->paths.config, "secrets");
	AUTO_PTR(redact) redact = redact_new();
	struct testing test = { .out = BUF_INIT };
	bool ok;

	if (!tool_check_schema(t->schema, t->test_args, t->name, err) ||
	    !path_mkdirs(c->paths.state, err))
		return false;
	if (!workspace || !mkdtemp(dir))
		return err_errno(err, errno, "%s", dir);
	redact_env(redact, environ);
	redact_files(redact, secrets);
	ok = run_test(dir, workspace, redact, t, &test, err);
	if (ok && test.out.len && !c->quiet && !c->json) {
		cli_print(buf_str(&test.out));
		putchar('\n');
	}
	if (ok && !test.ok)
		ok = FAIL(err, ERR_DATA, "tool %s: its test failed: %s",
			  t->name, test.error ? test.error : "no reason given");
	if (ok && t->says && !strstr(buf_str(&test.out), t->says))
		ok = FAIL(err, ERR_DATA,
			  "tool %s: its test does not say \"%s\"", t->name,
			  t->says);
	path_remove_tree(dir, NULL);
	buf_release(&test.out);
	free(test.error);
	return ok;
}

static bool
test(struct cli *c, const struct named_tools *all, struct err *err)
{
	const struct named_tool *t = named_tools_find(all, c->args[1], err);

	if (!t || !test_tool(c, t, err))
		return false;
	if (!c->quiet && !c->json)
		printf("%s: its test passed\n", t->name);
	return true;
}

static bool
approve(struct cli *c, const struct named_tools *all, struct err *err)
{
	const struct named_tool *t = named_tools_find(all, c->args[1], err);
	AUTO_FREE char *user = cli_user();
	AUTO_FREE char *answer = NULL;

	if (!t)
		return false;
	if (!c->quiet && !c->json) {
		cli_print(t->code);
		putchar('\n');
	}
	if (!test_tool(c, t, err))
		return false;
	if (!cli_flag(c, "yes")) {
		answer = drive_ask(c, "Its test passed. May agents use it, at "
				      "the profile of their step? [y/n]");
		if (!answer)
			return FAIL(err, ERR_USAGE,
				    "tools approve %s: nobody can be asked "
				    "here; read it, then --yes",
				    t->name);
		if (*answer != 'y' && *answer != 'Y')
			return FAIL(err, ERR_DENIED, "tool %s: not approved",
				    t->name);
	}
	if (!named_tool_approve(&c->paths, t, user, err))
		return false;
	if (!c->quiet && !c->json)
		printf("%s: approved by %s\n", t->name, user);
	return true;
}

static bool
remove_tool(struct cli *c, const struct named_tools *all, struct err *err)
{
	const struct named_tool *t = named_tools_find(all, c->args[1], err);

	return t && named_tool_remove(&c->paths, t, err);
}

int
cmd_tools(struct cli *c)
{
	static const struct {
		const char *word;
		int args;
		bool (*run)(struct cli *c, const struct named_tools *all,
			    struct err *err);
	} verbs[] = {
		{ "list", 1, list },       { "show", 2, show },
		{ "keep", 4, keep },       { "test", 2, test },
		{ "approve", 2, approve }, { "remove", 2, remove_tool },
	};
	const char *what = c->arg_count ? c->args[0] : "list";
	AUTO(named_tools) all = { 0 };
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (strcmp(verbs[i].word, what) != 0)
			continue;
		if (c->arg_count && c->arg_count != verbs[i].args)
			break;
		if (!cli_paths(c, &err))
			return cli_fail(c, &err);
		named_tools_list(&c->paths, &all);
		for (size_t k = 0; k < all.problems.count; k++)
			cli_warn(all.problems.items[k]);
		return verbs[i].run(c, &all, &err) ? 0 : cli_fail(c, &err);
	}
	return cli_usage(c, "tools takes list, show NAME, keep RUN CALL NAME, "
			    "test NAME, approve NAME or remove NAME");
}
