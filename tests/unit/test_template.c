#include "flow_tools.h"
#include "hostile.h"
#include "test.h"

#include "flow/deploy.h"
#include "know/pattern.h"

#include <sys/stat.h>
#include <unistd.h>

static const char WORKFLOW[] = "name: W\nsteps:\n  - {id: a, code: pass}\n";

/* A template's folder t in dir. */
static char *
make(const char *dir, const char *head, const char *workflow)
{
	AUTO_FREE char *files = path_join(dir, "t/files");
	AUTO_FREE char *text =
		xasprintf("name: t\ndescription: d\n%s", head);

	assert_true(path_mkdirs(files, NULL));
	test_write(dir, "t/template.yaml", text, strlen(text));
	test_write(dir, "t/workflow.yaml", workflow, strlen(workflow));
	test_write(dir, "t/README.md", "# t\n", 4);
	test_write(dir, "t/files/a.sql", "SELECT {{ answers.x }}\n", 23);
	test_write(dir, "t/files/n.txt", "{{ deploy.name }}\n", 18);
	return path_join(dir, "t");
}

static struct template *
must_load(const char *dir, const char *head, const char *workflow)
{
	AUTO_FREE char *path = make(dir, head, workflow);
	struct err err = ERR_INIT;
	struct template *t = template_load(path, &err);

	if (!t)
		fail_msg("%s", err.msg);
	return t;
}

/* ---- loading ------------------------------------------------------------- */

#define X_FIELD "configuration:\n  x: {type: text}\n"

static const struct {
	const char *head, *workflow, *words;
} BROKEN[] = {
	{ "titel: x\n", NULL, "did you mean \"title\"" },
	{ "configuration:\n  X: {}\n", NULL, ":4:3: field \"X\"" },
	{ "configuration:\n  x: {typ: text}\n", NULL, "mean \"type\"" },
	{ "configuration:\n  x: {type: tex}\n", NULL, "text, number" },
	{ "configuration:\n  x: {type: select}\n", NULL, "options" },
	{ "configuration:\n  x: {type: text, options: [a]}\n", NULL,
	  "means nothing" },
	{ "configuration:\n  x: {type: secret, default: a}\n", NULL,
	  "means nothing" },
	{ "configuration:\n  x: {type: number, default: a}\n", NULL,
	  "the default" },
	{ "configuration:\n  x: {type: multi-select, options: [a], "
	  "default: [b]}\n", NULL, "the default" },
	{ "configuration:\n  x: {type: text, pattern: \"(\"}\n", NULL,
	  "pattern" },
	{ "configuration:\n  x: {type: number, min: 3, max: 2}\n", NULL,
	  "min is more" },
	{ "configuration:\n  x: {type: file, accept: [json]}\n", NULL,
	  "their dot" },
	{ "configuration:\n  xy: {}\n  b: {when: answers.xx == 1}\n", NULL,
	  "mean \"xy\"" },
	{ "configuration:\n  x: {when: inputs.a}\n", NULL, "only in a run" },
	{ "files:\n  - {path: ../a.sql}\n", NULL, "below" },
	{ "files:\n  - {path: a.sql, to: x/.Git/hooks}\n", NULL, ".git" },
	{ "files:\n  - {path: none.sql}\n", NULL, "none.sql" },
	{ "files:\n  - {path: a.sql}\n", NULL, "no answers.x" },
	{ X_FIELD "files:\n  - {path: a.sql, to: a.rs}\n", NULL, "`as:`" },
	{ X_FIELD "files:\n  - {path: a.sql}\n  - {path: a.sql}\n", NULL,
	  "two files" },
	{ X_FIELD "tests: [1]\n", NULL, "a test is a map" },
	{ "", "- 1\n", "a workflow is a map" },
	{ "", "name: \"{{ answers.y }}\"\n", "workflow.yaml:1:7: " },
	{ X_FIELD, "steps:\n - with: {a: \"{{ answers.x + 1 }}\"}\n",
	  "workflow.yaml:2:" },
	{ X_FIELD, "steps:\n - with: {a: \"{{ answers.x == inputs.y }}\"}\n",
	  "one expression" },
};

static void
test_broken(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(BROKEN); i++) {
		AUTO_FREE char *path =
			make(*state, BROKEN[i].head,
			     BROKEN[i].workflow ? BROKEN[i].workflow :
						  WORKFLOW);
		struct err err = ERR_INIT;
		AUTO_PTR(template) t = template_load(path, &err);

		if (t || !strstr(err.msg, BROKEN[i].words))
			fail_msg("%s: %s", BROKEN[i].head,
				 t ? "loads" : err.msg);
	}
}

/* ---- answers ---------------------------------------------------------------- */

static const char FIELDS[] =
	"configuration:\n"
	"  text: {type: text, required: true, max: 5, pattern: '^[a-z]*$'}\n"
	"  number: {type: number, min: 1, max: 9, default: 3}\n"
	"  boolean: {type: boolean, default: false}\n"
	"  select: {type: select, options: [red, blue], default: red}\n"
	"  multi: {type: multi-select, options: [a, b, c], max: 2}\n"
	"  upload: {type: file-upload, accept: [.json, .env]}\n"
	"  secret: {type: secret, min: 4}\n"
	"  date: {type: date}\n"
	"  list: {type: list, max: 3}\n"
	"  extra: {type: text, required: true, when: answers.boolean}\n";

static const struct {
	const char *given; /* JSON */
	const char *words; /* of the error; NULL: it is fine */
} ANSWERS[] = {
	{ "{\"text\": \"ab\"}", NULL },
	{ "{}", "text (text)" },
	{ "{\"text\": \"\"}", "text (text)" },
	{ "{\"text\": \"abcdef\"}", "maximum of 5" },
	{ "{\"text\": \"A\"}", "pattern" },
	{ "{\"txt\": \"a\"}", "mean \"text\"" },
	{ "{\"text\": \"a\", \"number\": \"4\"}", NULL },
	{ "{\"text\": \"a\", \"number\": \"x\"}", "number: \"x\"" },
	{ "{\"text\": \"a\", \"number\": 10}", "maximum of 9" },
	{ "{\"text\": \"a\", \"boolean\": \"maybe\"}", "true or false" },
	{ "{\"text\": \"a\", \"boolean\": \"yes\"}", "extra (text)" },
	{ "{\"text\": \"a\", \"boolean\": \"yes\", \"extra\": \"x\"}", NULL },
	{ "{\"text\": \"a\", \"select\": \"blu\"}", "mean \"blue\"" },
	{ "{\"text\": \"a\", \"multi\": \"a, c\"}", NULL },
	{ "{\"text\": \"a\", \"multi\": [\"a\", \"d\"]}", "\"d\"" },
	{ "{\"text\": \"a\", \"multi\": [\"a\", \"a\"]}", "twice" },
	{ "{\"text\": \"a\", \"multi\": [\"a\", \"b\", \"c\"]}",
	  "maximum of 2" },
	{ "{\"text\": \"a\", \"upload\": \"x.JSON\"}", NULL },
	{ "{\"text\": \"a\", \"upload\": \"x.txt\"}", ".json, .env" },
	{ "{\"text\": \"a\", \"upload\": \"secret:../x\"}", "secret:NAME" },
	{ "{\"text\": \"a\", \"secret\": \"abcd\"}", NULL },
	{ "{\"text\": \"a\", \"secret\": \"hid\"}", "too short" },
	{ "{\"text\": \"a\", \"secret\": 5}", "a text" },
	{ "{\"text\": \"a\", \"date\": \"2026-02-30\"}", "a date" },
	{ "{\"text\": \"a\", \"list\": \"a,b,c,d\"}", "maximum of 3" },
	{ "{\"text\": \"a\", \"list\": [1, 2]}", NULL },
	{ "[]", "a map" },
};

static void
test_answers(void **state)
{
	AUTO_PTR(template) t = must_load(*state, FIELDS, WORKFLOW);

	for (size_t i = 0; i < ARRAY_LEN(ANSWERS); i++) {
		AUTO_JSON *given = cJSON_Parse(ANSWERS[i].given);
		AUTO_JSON *answers = NULL;
		struct err err = ERR_INIT;
		bool ok = template_answers(t, given, &answers, NULL, &err);

		if (ok != !ANSWERS[i].words ||
		    (!ok && !strstr(err.msg, ANSWERS[i].words)))
			fail_msg("%s: %s", ANSWERS[i].given,
				 ok ? "taken" : err.msg);
		assert_null(strstr(err.msg, "hid"));
		if (ok)
			assert_int_equal(cJSON_GetArraySize(answers),
					 t->field_count);
	}
}

/* ---- hostile answers in the workflow -------------------------------------------- */

static const char HOSTILE_FIELDS[] =
	"configuration:\n  x: {type: text}\n  l: {type: list}\n"
	"files:\n  - {path: a.sql}\n  - {path: n.txt, as: line}\n";

static const char HOSTILE_WORKFLOW[] =
	"name: \"Of {{ answers.x }}\"\n"
	"inputs:\n"
	"  x: {type: text, default: \"{{ answers.x }}\"}\n"
	"  l: {type: list, default: \"{{ answers.l }}\"}\n"
	"steps:\n"
	"  - id: one\n"
	"    title: \"<{{ answers.x }}>\"\n"
	"    uses: agent\n"
	"    when: \"{{ answers.x != 'nothing' }}\"\n"
	"    with: {prompt: \"{{ answers.x }}\"}\n"
	"  - id: two\n"
	"    uses: agent\n"
	"    foreach: \"{{ answers.l }}\"\n"
	"    with: {prompt: \"{{ item }}: { {{ answers.x }}{{ inputs.x }}\"}\n"
	"  - id: three\n"
	"    code: |\n"
	"      print(f\"{{ answers.x }}\")  # stays\n";

static cJSON *
resolve(const struct workflow *w, int step, const cJSON *values)
{
	cJSON *args = NULL;
	struct err err = ERR_INIT;

	if (!workflow_args(w, &w->steps[step].action, values, &args, &err))
		fail_msg("%s", err.msg);
	return args;
}

/* Each scalar gets exactly the answer, and the rest is as it was written. */
static void
check_workflow(const struct deployment *d, const char *x)
{
	const struct workflow *w = d->workflow;
	AUTO_JSON *inputs = NULL;
	AUTO_JSON *values = cJSON_CreateObject();
	AUTO_JSON *items = NULL;
	AUTO_JSON *one = NULL;
	AUTO_JSON *two = NULL;
	AUTO_FREE char *mixed = xasprintf("i: { %s%s", x, x);
	AUTO_FREE char *name = xasprintf("Of %s", x);
	AUTO_FREE char *title = xasprintf("<%s>", x);
	struct err err = ERR_INIT;

	assert_int_equal(w->step_count, 3);
	assert_int_equal(w->input_count, 2);
	assert_string_equal(w->name, name);
	assert_string_equal(w->steps[0].title, title);
	assert_string_equal(w->steps[2].action.code,
			    "print(f\"{{ answers.x }}\")  # stays\n");
	assert_ok(workflow_check_inputs(w, NULL, &inputs, NULL, &err), err);
	assert_string_equal(json_str(inputs, "x"), x);
	cJSON_AddItemReferenceToObject(values, "inputs", inputs);
	cJSON_AddStringToObject(values, "item", "i");
	one = resolve(w, 0, values);
	assert_string_equal(json_str(one, "prompt"), x);
	two = resolve(w, 1, values);
	assert_string_equal(json_str(two, "prompt"), mixed);
	assert_ok(workflow_items(w, &w->steps[1], values, &items, &err), err);
	assert_int_equal(cJSON_GetArraySize(items), 2);
	assert_string_equal(cJSON_GetArrayItem(items, 0)->valuestring, x);
}

static void
test_hostile(void **state)
{
	AUTO_PTR(template) t =
		must_load(*state, HOSTILE_FIELDS, HOSTILE_WORKFLOW);
	AUTO(paths) paths = { 0 };
	AUTO_FREE char *into = path_join(*state, "into");

	assert_true(paths_find(&paths, NULL));
	for (size_t i = 0; i < ARRAY_LEN(HOSTILE); i++) {
		AUTO_JSON *given = cJSON_CreateObject();
		AUTO_JSON *answers = NULL;
		cJSON *list = cJSON_AddArrayToObject(given, "l");
		struct err err = ERR_INIT;
		struct deploy_request r = { t, &paths, &FLOW_TOOL_TABLE,
					    NULL, into, *state };
		AUTO_PTR(deployment) d = NULL;

		cJSON_AddStringToObject(given, "x", HOSTILE[i]);
		cJSON_AddItemToArray(list, cJSON_CreateString(HOSTILE[i]));
		cJSON_AddItemToArray(list, cJSON_CreateString("b"));
		assert_ok(template_answers(t, given, &answers, NULL, &err),
			  err);
		r.answers = answers;
		d = deploy_prepare(&r, &err);
		if (!d)
			fail_msg("%zu %s: %s", i, HOSTILE[i], err.msg);
		check_workflow(d, HOSTILE[i]);
	}
}

/* ---- deploying ------------------------------------------------------------------- */

static const char UPLOADS[] =
	"configuration:\n"
	"  x: {type: text, default: one}\n"
	"  key: {type: secret}\n"
	"  up: {type: file-upload, accept: [.env]}\n"
	"files:\n  - {path: a.sql}\n";

static const char UPLOAD_WORKFLOW[] =
	"name: W\nsteps:\n  - id: a\n    uses: agent\n"
	"    with: {prompt: \"{{ answers.up }} {{ answers.key }}\"}\n";

static struct deployment *
prepare(const struct template *t, const char *dir, const char *into,
	const char *given, struct err *err)
{
	AUTO(paths) paths = { 0 };
	AUTO_FREE char *whole = path_join(dir, into);
	AUTO_JSON *v = cJSON_Parse(given);
	AUTO_JSON *answers = NULL;
	struct deploy_request r = { t, &paths, &FLOW_TOOL_TABLE, NULL, whole,
				    dir };

	if (!paths_find(&paths, err) ||
	    !template_answers(t, v, &answers, NULL, err))
		return NULL;
	r.answers = answers;
	return deploy_prepare(&r, err);
}

static void
assert_not_in(const char *path, const char *words)
{
	AUTO(buf) text = BUF_INIT;

	assert_true(path_read(path, 1 << 20, &text, NULL));
	assert_null(strstr(buf_str(&text), words));
}

static void
test_secrets(void **state)
{
	AUTO_PTR(template) t = must_load(*state, UPLOADS, UPLOAD_WORKFLOW);
	AUTO_PTR(deployment) d = NULL;
	AUTO_FREE char *key = path_join(*state, "config/secrets/t-into.key");
	AUTO_FREE char *up = path_join(*state, "config/secrets/t-into.up.env");
	AUTO_FREE char *dir = path_join(*state, "config/secrets");
	struct err err = ERR_INIT;
	AUTO(buf) text = BUF_INIT;
	struct stat st;

	test_write(*state, "mine.env", "PASSWORD", 8);
	d = prepare(t, *state, "t-into",
		    "{\"key\": \"TOPSECRET\", \"up\": \"mine.env\"}", &err);
	if (!d)
		fail_msg("%s", err.msg);
	assert_ok(deploy_commit(d, &err), err);
	assert_int_equal(stat(key, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(up, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_true(path_read(key, 100, &text, NULL));
	assert_true(path_read(up, 100, &text, NULL));
	assert_string_equal(buf_str(&text), "TOPSECRETPASSWORD");
	for (size_t i = 0; i < d->file_count; i++) {
		assert_true(!d->files[i].secret == (d->files[i].diff != NULL));
		if (d->files[i].secret)
			continue;
		assert_not_in(d->files[i].path, "TOPSECRET");
		assert_not_in(d->files[i].path, "PASSWORD");
	}
	assert_non_null(strstr(buf_str(&d->workflow_text),
			       "secret:t-into.up.env secret:t-into.key"));
}

static void
test_bad_uploads(void **state)
{
	AUTO_PTR(template) t = must_load(*state, UPLOADS, UPLOAD_WORKFLOW);
	AUTO_FREE char *link_path = path_join(*state, "link.env");
	AUTO_FREE char *fifo = path_join(*state, "fifo.env");
	AUTO_FREE char *folder = path_join(*state, "dir.env");
	AUTO_FREE char *big = path_join(*state, "big.env");
	AUTO_FREE char *config = path_join(*state, "config");
	static const struct {
		const char *given, *words;
	} rows[] = {
		{ "{\"up\": \"link.env\"}", "symbolic link" },
		{ "{\"up\": \"fifo.env\"}", "up: " },
		{ "{\"up\": \"dir.env\"}", "up: " },
		{ "{\"up\": \"big.env\"}", "up: " },
		{ "{\"up\": \"none.env\"}", "No such file" },
		{ "{\"up\": \"secret:gone\"}", "no stored secret" },
		{ "{\"up\": \"/dev/null\"}", "not accepted" },
	};

	test_write(*state, "real.env", "x", 1);
	assert_int_equal(symlink("real.env", link_path), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(mkdir(folder, 0700), 0);
	test_write(*state, "big.env", "", 0);
	assert_int_equal(truncate(big, TEMPLATE_UPLOAD_MAX + 1), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		AUTO_PTR(deployment) d =
			prepare(t, *state, "into", rows[i].given, &err);

		if (d || !strstr(err.msg, rows[i].words))
			fail_msg("%s: %s", rows[i].given,
				 d ? "taken" : err.msg);
	}
	assert_false(path_exists(config));
}

/* The pattern of a folder keeps its counts and its stage; another folder of
 * the same name gets a pattern of its own. */
static void
test_again(void **state)
{
	AUTO_PTR(template) t = must_load(*state, UPLOADS, WORKFLOW);
	AUTO_FREE char *discovered =
		path_join(*state, "data/patterns/discovered/t-into.md");
	AUTO_FREE char *validated =
		path_join(*state, "data/patterns/validated/t-into.md");
	AUTO_FREE char *dir = path_join(*state, "data/patterns/validated");
	AUTO_PTR(deployment) first = NULL;
	AUTO_PTR(deployment) other = NULL;
	AUTO_PTR(deployment) again = NULL;
	AUTO(buf) text = BUF_INIT;
	struct err err = ERR_INIT;
	struct pattern p;

	first = prepare(t, *state, "into", "{}", &err);
	assert_non_null(first);
	assert_false(first->replaces);
	assert_ok(deploy_commit(first, &err), err);
	assert_ok(pattern_read(discovered, &p, &err), err);
	assert_true(strv_has(&p.tags, "deployed_templates"));
	p.counts = (struct pattern_counts){ 7, 6, 1, 0.5 };
	p.status = PATTERN_VALIDATED;
	assert_ok(pattern_format(&p, &text, &err), err);
	pattern_release(&p);
	assert_true(path_mkdirs(dir, NULL));
	test_write("/", validated, text.data, text.len);
	assert_int_equal(unlink(discovered), 0);

	again = prepare(t, *state, "into", "{\"x\": \"two\"}", &err);
	if (!again)
		fail_msg("%s", err.msg);
	assert_true(again->replaces);
	assert_string_equal(again->pattern_path, validated);
	assert_non_null(strstr(again->files[0].diff,
			       "-SELECT 'one'\n+SELECT 'two'\n"));
	assert_ok(deploy_commit(again, &err), err);
	assert_ok(pattern_read(validated, &p, &err), err);
	assert_int_equal(p.counts.executions, 7);
	assert_int_equal(p.status, PATTERN_VALIDATED);
	pattern_release(&p);

	other = prepare(t, *state, "x/into", "{}", &err);
	assert_non_null(other);
	assert_string_equal(other->id, "t-into-2");
}

static void
test_find(void **state)
{
	AUTO(paths) paths = { 0 };
	AUTO(strv) dirs = STRV_INIT;
	AUTO_FREE char *mine = path_join(*state, "data/templates");
	AUTO_FREE char *found = NULL;
	AUTO_FREE char *wanted = NULL;
	struct err err = ERR_INIT;

	assert_true(paths_find(&paths, NULL));
	assert_true(path_mkdirs(mine, NULL));
	free(make(mine, "", WORKFLOW));
	template_list(&paths, NULL, &dirs);
	assert_true(dirs.count > 1);
	wanted = path_join(mine, "t");
	assert_ok(template_find(&paths, NULL, "t", &found, &err), err);
	assert_string_equal(found, wanted);
	assert_fails(template_find(&paths, NULL, "etl-pipline", &wanted, &err),
		     err, ERR_NOTFOUND, "etl-pipeline");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		dir_test(test_broken),	dir_test(test_answers),
		dir_test(test_hostile),	dir_test(test_secrets),
		dir_test(test_bad_uploads), dir_test(test_again),
		dir_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
