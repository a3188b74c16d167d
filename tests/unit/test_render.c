#include "hostile.h"
#include "test.h"

#include "base/json.h"
#include "base/str.h"
#include "base/yaml.h"
#include "flow/render.h"

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

static const char VALUES[] =
	"{\"answers\": {\"t\": \"it's\", \"n\": 2.5, \"b\": true, \"z\": null,"
	" \"l\": [\"a\", \"b\"], \"e\": [], \"deep\": [[1]]},"
	" \"deploy\": {\"name\": \"d\"}}";

static bool
known(void *ud, const char *root, const char *name, struct err *err)
{
	(void)ud;
	return (str_eq(root, "answers") || str_eq(root, "deploy")) && name ?
		       true :
		       FAIL(err, ERR_SYNTAX, "unknown %s", root);
}

static bool
render(enum render_target target, const char *text, const char *values,
       struct buf *out, struct err *err)
{
	AUTO_PTR(render) r = render_parse(text, strlen(text), "f", target,
					  err);
	AUTO_JSON *v = json_parse(values, strlen(values), "values", NULL);

	return r && render_check(r, known, NULL, err) &&
	       render_run(r, v, out, err);
}

/* ---- what comes out ------------------------------------------------------ */

static const struct {
	enum render_target target;
	const char *text, *wanted;
} GOOD[] = {
	{ RENDER_PLAIN, "a {{ answers.t }} b", "a it's b" },
	{ RENDER_PLAIN, "{{ answers.l }} {{ answers.z }}.", "a, b ." },
	{ RENDER_PLAIN, "x\n{% if answers.b %}\nyes\n{% else %}\nno\n"
			"{% end %}\nz\n", "x\nyes\nz\n" },
	{ RENDER_PLAIN, "{% if answers.z %}1{% elif answers.n > 2 %}2"
			"{% else %}3{% end %}", "2" },
	{ RENDER_PLAIN, "{% if answers.z %}1{% elif answers.z %}2"
			"{% else %}3{% end %}", "3" },
	{ RENDER_PLAIN, "{% if answers.z %}1{% end %}.", "." },
	{ RENDER_PLAIN, "{% for item in answers.l %}{{ index }}{{ item }}"
			"{% for item in [1, 2] %}<{{ item }}>{% end %}"
			"{{ item }} {% end %}", "0a<1><2>a 1b<1><2>b " },
	{ RENDER_PLAIN, "{% for item in answers.e %}x{% end %}.", "." },
	{ RENDER_PLAIN, "{% raw %}{{ $labels.x }} {% y %}{% end %}!",
	  "{{ $labels.x }} {% y %}!" },
	{ RENDER_PLAIN, "  {% # nothing %}\nx", "x" },
	{ RENDER_PLAIN, "}} %} { {", "}} %} { {" },
	{ RENDER_VERBATIM, "{{ nothing }}", "{{ nothing }}" },
	{ RENDER_YAML, "a: {{ answers.t }}\nb: {{ answers.l }}\n",
	  "a: \"it's\"\nb: [\"a\", \"b\"]\n" },
	{ RENDER_YAML, "- {{ answers.n }} # why\n- {x: {{ answers.z }}}\n",
	  "- 2.5 # why\n- {x: null}\n" },
	{ RENDER_YAML, "k: 'don''t'\nl: it's\nm: {{ answers.b }}\n",
	  "k: 'don''t'\nl: it's\nm: true\n" },
	{ RENDER_JSON, "{\"a\": {{ answers.t }}, \"b\": [{{ answers.n }}]}",
	  "{\"a\": \"it's\", \"b\": [2.5]}" },
	{ RENDER_SHELL, "x={{ answers.t }} # it's\necho {{ answers.l }}\n",
	  "x='it'\\''s' # it's\necho 'a' 'b'\n" },
	{ RENDER_SQL, "SELECT {% name answers.t %} -- it's\n IN "
		      "{{ answers.l }}, {{ answers.z }}",
	  "SELECT \"it's\" -- it's\n IN ('a', 'b'), NULL" },
	{ RENDER_PYTHON, "\"\"\"it's \"x\" \"\"\"\nx = {{ answers.t }}\n"
			 "y = [{{ answers.b }}, {{ answers.z }}]\n",
	  "\"\"\"it's \"x\" \"\"\"\nx = \"it's\"\ny = [True, None]\n" },
	{ RENDER_HTML, "<b title=\"x\">{{ answers.t }}</b>",
	  "<b title=\"x\">it&#39;s</b>" },
	{ RENDER_LINE, "A={{ answers.t }}\n", "A=it's\n" },
};

static void
test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(GOOD); i++) {
		AUTO(buf) out = BUF_INIT;
		struct err err = ERR_INIT;

		if (!render(GOOD[i].target, GOOD[i].text, VALUES, &out, &err))
			fail_msg("%s: %s", GOOD[i].text, err.msg);
		assert_string_equal(buf_str(&out), GOOD[i].wanted);
	}
}

/* ---- what is refused ------------------------------------------------------ */

static const struct {
	enum render_target target;
	const char *text, *words;
} BAD[] = {
	{ RENDER_PLAIN, "a\nb {{ answers.t", "f:2:3: " },
	{ RENDER_PLAIN, "{{ answers.nix }}", "f:1:1: " },
	{ RENDER_PLAIN, "{{ answer.t }}", "did you mean \"answers\"" },
	{ RENDER_PLAIN, "{{ inputs.t }}", "unknown inputs" },
	{ RENDER_PLAIN, "{{ item }}", "only inside {% for %}" },
	{ RENDER_PLAIN, "{% iff x %}", "did you mean \"if\"" },
	{ RENDER_PLAIN, "{% if answers.b %}", "no {% end %}" },
	{ RENDER_PLAIN, "{% end %}", "without" },
	{ RENDER_PLAIN, "{% else %}", "without" },
	{ RENDER_PLAIN, "{% if answers.b %}{% else %}{% else %}{% end %}",
	  "does not belong" },
	{ RENDER_PLAIN, "{% for item in answers.l %}{% else %}{% end %}",
	  "does not belong" },
	{ RENDER_PLAIN, "{% for x in answers.l %}{% end %}", "always item" },
	{ RENDER_PLAIN, "{% for item in answers.t %}{% end %}", "a list" },
	{ RENDER_PLAIN, "{% raw %}{{", "without {% end %}" },
	{ RENDER_PLAIN, "{% if %}", "lacks" },
	{ RENDER_PLAIN, "{% end now %}", "takes nothing" },
	{ RENDER_PLAIN, "{{ answers.deep }}", "list of lists" },
	{ RENDER_PLAIN, "{% name answers.t %}", "SQL" },
	{ RENDER_PLAIN, "\xff{{ answers.t }}", "UTF-8" },
	{ RENDER_YAML, "a: \"{{ answers.t }}\"", "inside quotes" },
	{ RENDER_YAML, "a: '{{ answers.t }}'", "inside quotes" },
	{ RENDER_YAML, "a: Hello {{ answers.t }}", "whole scalar" },
	{ RENDER_YAML, "a: x-{{ answers.t }}", "whole scalar" },
	{ RENDER_YAML, "a: {{ answers.t }}{{ answers.t }}", "whole scalar" },
	{ RENDER_YAML, "a: 1 # {{ answers.t }}", "inside a comment" },
	{ RENDER_YAML, "a: {{ answers.t }} b: c", "f:" },
	{ RENDER_JSON, "{\"a\": \"x {{ answers.t }}\"}", "inside quotes" },
	{ RENDER_JSON, "{\"a\": \"\\\" {{ answers.t }}\"}", "inside quotes" },
	{ RENDER_SHELL, "echo \"{{ answers.t }}\"", "inside quotes" },
	{ RENDER_SHELL, "echo '{{ answers.t }}'", "inside quotes" },
	{ RENDER_SHELL, "echo `x {{ answers.t }}`", "inside quotes" },
	{ RENDER_SHELL, "# {{ answers.t }}", "inside a comment" },
	{ RENDER_SHELL, "cat <<EOF\n{{ answers.t }}\nEOF", "here-document" },
	{ RENDER_SHELL, "x=$(( {{ answers.t }} ))", "arithmetic" },
	{ RENDER_SQL, "-- {{ answers.t }}", "inside a comment" },
	{ RENDER_SQL, "/* {{ answers.t }} */", "inside a comment" },
	{ RENDER_SQL, "SELECT '{{ answers.t }}'", "inside quotes" },
	{ RENDER_SQL, "SELECT E{{ answers.t }}", "whole token" },
	{ RENDER_SQL, "SELECT $$ {{ answers.t }} $$", "dollar" },
	{ RENDER_PYTHON, "x = f{{ answers.t }}", "whole token" },
	{ RENDER_PYTHON, "'''\n{{ answers.t }}'''", "inside quotes" },
	{ RENDER_PYTHON, "# {{ answers.t }}", "inside a comment" },
	{ RENDER_HTML, "<a href={{ answers.t }}>", "inside a tag" },
	{ RENDER_HTML, "<script>{{ answers.t }}</script>", "a script" },
	{ RENDER_HTML, "<!-- {{ answers.t }} -->", "inside a comment" },
};

static void
test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
		AUTO(buf) out = BUF_INIT;
		struct err err = ERR_INIT;

		if (render(BAD[i].target, BAD[i].text, VALUES, &out, &err))
			fail_msg("%s: not refused: %s", BAD[i].text,
				 buf_str(&out));
		if (!strstr(err.msg, BAD[i].words))
			fail_msg("%s: %s", BAD[i].text, err.msg);
		assert_int_equal(out.len, 0);
	}
}

static void
test_limits(void **state)
{
	AUTO(buf) deep = BUF_INIT, out = BUF_INIT, many = BUF_INIT;
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i < 17; i++)
		buf_addstr(&deep, "{% if answers.b %}");
	assert_fails(render(RENDER_PLAIN, buf_str(&deep), VALUES, &out, &err),
		     err, ERR_TOOBIG, "in one another");
	/* 20^4 rounds */
	for (int i = 0; i < 4; i++)
		buf_addstr(&many, "{% for item in [1,2,3,4,5,6,7,8,9,10,11,12,"
				  "13,14,15,16,17,18,19,20] %}");
	buf_addstr(&many, "x{% end %}{% end %}{% end %}{% end %}");
	assert_fails(render(RENDER_PLAIN, buf_str(&many), VALUES, &out, &err),
		     err, ERR_TOOBIG, "rounds");
	assert_int_equal(out.len, 0);
}

/* ---- nothing leaves its place ------------------------------------------------ */

static char *
hostile_values(void)
{
	AUTO_JSON *v = cJSON_CreateObject();
	cJSON *a = cJSON_AddObjectToObject(v, "answers");
	cJSON *l = cJSON_AddArrayToObject(a, "l");

	for (size_t i = 0; i < ARRAY_LEN(HOSTILE); i++)
		cJSON_AddItemToArray(l, cJSON_CreateString(HOSTILE[i]));
	return json_print(v);
}

static void
render_hostile(enum render_target target, const char *text, struct buf *out)
{
	AUTO_FREE char *values = hostile_values();
	struct err err = ERR_INIT;

	if (!render(target, text, values, out, &err))
		fail_msg("%s", err.msg);
}

static void
test_hostile_yaml(void **state)
{
	AUTO(buf) out = BUF_INIT;
	AUTO_PTR(yaml_doc) doc = NULL;
	const struct yaml_node *list;
	struct err err = ERR_INIT;

	(void)state;
	render_hostile(RENDER_YAML,
		       "list:\n{% for item in answers.l %}\n- {k: {{ item }}, "
		       "n: 1}\n{% end %}\nlast: 2\n", &out);
	doc = yaml_parse(buf_str(&out), out.len, "f", 1, &err);
	if (!doc)
		fail_msg("%s", err.msg);
	assert_int_equal(yaml_root(doc)->count, 2);
	list = yaml_get(yaml_root(doc), "list");
	assert_int_equal(list->count, ARRAY_LEN(HOSTILE));
	for (size_t i = 0; i < ARRAY_LEN(HOSTILE); i++) {
		const struct yaml_node *k = yaml_get(list->items[i], "k");

		assert_int_equal(yaml_type(k), YAML_STR);
		assert_string_equal(k->text, HOSTILE[i]);
		assert_int_equal(list->items[i]->count, 2);
	}
}

static void
test_hostile_json(void **state)
{
	AUTO(buf) out = BUF_INIT;
	AUTO_JSON *v = NULL;
	const cJSON *item;
	size_t i = 0;

	(void)state;
	render_hostile(RENDER_JSON,
		       "[{% for item in answers.l %}{% if index > 0 %}, "
		       "{% end %}{\"k\": {{ item }}}{% end %}]", &out);
	v = json_parse(buf_str(&out), out.len, "f", NULL);
	assert_int_equal(cJSON_GetArraySize(v), ARRAY_LEN(HOSTILE));
	cJSON_ArrayForEach(item, v)
		assert_string_equal(json_str(item, "k"), HOSTILE[i++]);
}

static void
test_hostile_sql(void **state)
{
	AUTO(buf) out = BUF_INIT;
	sqlite3 *db;
	sqlite3_stmt *q;
	char *why = NULL;

	(void)state;
	render_hostile(RENDER_SQL,
		       "CREATE TABLE t(i, v);\n{% for item in answers.l %}\n"
		       "INSERT INTO t VALUES ({{ index }}, {{ item }});\n"
		       "{% end %}\n", &out);
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	if (sqlite3_exec(db, buf_str(&out), NULL, NULL, &why))
		fail_msg("%s", why);
	sqlite3_prepare_v2(db, "SELECT v FROM t ORDER BY i", -1, &q, NULL);
	for (size_t i = 0; i < ARRAY_LEN(HOSTILE); i++) {
		assert_int_equal(sqlite3_step(q), SQLITE_ROW);
		assert_string_equal(sqlite3_column_text(q, 0), HOSTILE[i]);
	}
	assert_int_equal(sqlite3_step(q), SQLITE_DONE);
	sqlite3_finalize(q);
	sqlite3_close(db);
}

/* Runs the script; what it prints, values parted by NUL, is the list. */
static void
run_and_compare(const char *dir, const char *program, const struct buf *script)
{
	AUTO_FREE char *path = path_join(dir, "script");
	AUTO_FREE char *result = path_join(dir, "result");
	AUTO(buf) out = BUF_INIT;
	const char *p;
	int status;
	pid_t pid;

	test_write("/", path, buf_str(script), script->len);
	pid = fork();
	if (pid == 0) {
		if (!freopen(result, "w", stdout) || chdir(dir))
			_exit(126);
		execlp(program, program, path, NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(path_read(result, 1 << 20, &out, NULL));
	p = buf_str(&out);
	for (size_t i = 0; i < ARRAY_LEN(HOSTILE); i++) {
		assert_true(p < out.data + out.len);
		assert_string_equal(p, HOSTILE[i]);
		p += strlen(p) + 1;
	}
	assert_ptr_equal(p, out.data + out.len);
}

static void
test_hostile_shell(void **state)
{
	AUTO(buf) out = BUF_INIT;

	render_hostile(RENDER_SHELL,
		       "{% for item in answers.l %}\nprintf '%s\\0' "
		       "{{ item }}\n{% end %}\n", &out);
	run_and_compare(*state, "bash", &out);
}

static void
test_hostile_python(void **state)
{
	AUTO(buf) out = BUF_INIT;

	render_hostile(RENDER_PYTHON,
		       "import sys\n{% for item in answers.l %}\n"
		       "sys.stdout.buffer.write({{ item }}.encode() + b'\\0')"
		       "\n{% end %}\n", &out);
	run_and_compare(*state, "python3", &out);
}

/* No character that means something to HTML comes from a value; a line of
 * settings stays one line or is refused. */
static void
test_hostile_text(void **state)
{
	AUTO(buf) html = BUF_INIT;
	size_t lines = 0;

	(void)state;
	render_hostile(RENDER_HTML, "{% for item in answers.l %}{{ item }}"
				    "{% end %}", &html);
	assert_null(strpbrk(buf_str(&html), "<>\"'`"));
	for (size_t i = 0; i < ARRAY_LEN(HOSTILE); i++) {
		AUTO_JSON *v = cJSON_CreateObject();
		cJSON *a = cJSON_AddObjectToObject(v, "answers");
		AUTO_FREE char *values = NULL;
		AUTO(buf) out = BUF_INIT;

		cJSON_AddStringToObject(a, "t", HOSTILE[i]);
		values = json_print(v);
		if (render(RENDER_LINE, "A={{ answers.t }}\nB=1\n", values,
			   &out, NULL)) {
			lines++;
			assert_string_equal(strchr(buf_str(&out), '\n'),
					    "\nB=1\n");
		}
	}
	assert_true(lines > ARRAY_LEN(HOSTILE) / 2 &&
		    lines < ARRAY_LEN(HOSTILE));
}

static void
test_targets(void **state)
{
	enum render_target t;

	(void)state;
	assert_true(render_target_of("a/b.yml", &t));
	assert_int_equal(t, RENDER_YAML);
	assert_true(render_target_of(".env", &t));
	assert_int_equal(t, RENDER_LINE);
	assert_false(render_target_of("a.b/c", &t));
	assert_false(render_target_of("x.rs", &t));
	assert_false(render_target_of("x.", &t));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_hostile_yaml),
		cmocka_unit_test(test_hostile_json),
		cmocka_unit_test(test_hostile_sql),
		dir_test(test_hostile_shell),
		dir_test(test_hostile_python),
		cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
