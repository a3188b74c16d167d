/* templates list, show, validate, new, test. */
#include "cli/deploy_text.h"

#include "base/json.h"
#include "cli/slash_words.h"
#include "flow/deployed.h"
#include "run/engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- list, show ---------------------------------------------------------- */

/* Where it was deployed, and how a later version gets there. */
static void
print_deployments(const struct template *t, const cJSON *deployments)
{
	const cJSON *d;

	cJSON_ArrayForEach (d, deployments) {
		AUTO_FREE char *into = slash_quote(json_str(d, "into"));
		AUTO(buf) line = BUF_INIT;

		if (!str_eq(json_str(d, "template"), t->name))
			continue;
		buf_printf(&line, "  in %s", json_str(d, "into"));
		if (!str_eq(json_str(d, "version"), t->version))
			buf_printf(&line,
				   ": %s; agentops deploy-template %s --into "
				   "%s",
				   json_str(d, "version"), t->name, into);
		buf_addch(&line, '\n');
		cli_print(buf_str(&line));
	}
}

static void
add_deployments(const struct template *t, const cJSON *deployments,
		struct buf *out)
{
	AUTO_JSON *own = cJSON_CreateArray();
	AUTO_FREE char *text = NULL;
	const cJSON *d;

	cJSON_ArrayForEach (d, deployments)
		if (str_eq(json_str(d, "template"), t->name))
			cJSON_AddItemToArray(own, cJSON_Duplicate(d, true));
	text = json_print(own);
	buf_addstr(out, text);
}

static void
print_row(const struct cli *c, const struct template *t,
	  const cJSON *deployments)
{
	AUTO(buf) b = BUF_INIT;

	if (!c->json) {
		printf("%-24s %-8s ", t->name, t->version);
		cli_print_cut(t->description, 60);
		putchar('\n');
		print_deployments(t, deployments);
		return;
	}
	buf_addch(&b, '{');
	json_add_key(&b, "name");
	json_add_str(&b, t->name);
	json_add_key(&b, "version");
	json_add_str(&b, t->version);
	json_add_key(&b, "title");
	json_add_str(&b, t->title);
	json_add_key(&b, "description");
	json_add_str(&b, t->description);
	json_add_key(&b, "folder");
	json_add_str(&b, t->dir);
	json_add_key(&b, "fields");
	buf_addch(&b, '[');
	for (size_t i = 0; i < t->field_count; i++) {
		buf_addstr(&b, i ? "," : "");
		json_add_str(&b, t->fields[i].in.name);
	}
	buf_addch(&b, ']');
	json_add_key(&b, "deployments");
	add_deployments(t, deployments, &b);
	printf("%s}\n", buf_str(&b));
}

/* A broken one is told, and does not hide the others. */
static int
list(struct cli *c)
{
	AUTO(strv) dirs = STRV_INIT;
	AUTO_FREE char *here = getcwd(NULL, 0);
	AUTO_JSON *deployments = NULL;
	struct err err = ERR_INIT;

	if (!cli_paths(c, &err))
		return cli_fail(c, &err);
	template_list(&c->paths, here, &dirs);
	deployments = deployed_all(&c->paths);
	for (size_t i = 0; i < dirs.count; i++) {
		struct err why = ERR_INIT;
		AUTO_PTR(template) t = template_load(dirs.items[i], &why);

		if (t)
			print_row(c, t, deployments);
		else
			cli_warn(why.msg);
	}
	return 0;
}

static int
show(struct cli *c)
{
	struct err err = ERR_INIT;
	AUTO_PTR(template) t = NULL;
	AUTO(buf) text = BUF_INIT;

	if (c->arg_count != 2)
		return cli_usage(c, "templates show takes one template");
	t = deploy_load(c, c->args[1], &err);
	if (!t)
		return cli_fail(c, &err);
	if (c->json) {
		AUTO_JSON *deployments = deployed_all(&c->paths);

		print_row(c, t, deployments);
		return 0;
	}
	deploy_text_template(t, &text);
	cli_print(buf_str(&text));
	return 0;
}

/* --- test ------------------------------------------------------------------- */

/* Roots of its own below dir, so that nothing of the user's changes. */
static void
private_paths(const char *dir, struct paths *ret)
{
	ret->config = path_join(dir, "config");
	ret->state = path_join(dir, "state");
	ret->data = path_join(dir, "data");
	ret->cache = path_join(dir, "cache");
}

/* Deploys with the answers into a folder that is removed again. */
static bool
try_answers(const struct template *t, const struct yaml_node *test,
	    const char *dir, bool write, struct err *err)
{
	AUTO(paths) paths = { 0 };
	AUTO_FREE char *into = path_join(dir, "into");
	AUTO_JSON *given = yaml_to_json(test);
	AUTO_JSON *answers = NULL;
	AUTO_PTR(deployment) d = NULL;
	struct deploy_request r = { .t = t,
				    .paths = &paths,
				    .tools = &engine_tools,
				    .into = into,
				    .base = t->dir };

	private_paths(dir, &paths);
	if (!template_answers(t, given, &answers, NULL, err))
		return false;
	r.answers = answers;
	d = deploy_prepare(&r, err);
	return d && (!write || deploy_commit(d, err));
}

static bool
try_all(const struct template *t, bool write, struct err *err)
{
	const char *tmp = getenv("TMPDIR");

	for (size_t i = 0; i < t->tests->count; i++) {
		AUTO_FREE char *dir = xasprintf("%s/agentops-template-XXXXXX",
						tmp ? tmp : "/tmp");
		bool ok;

		if (!mkdtemp(dir))
			return err_errno(err, errno, "%s", dir);
		ok = try_answers(t, t->tests->items[i], dir, write, err);
		path_remove_tree(dir, NULL);
		if (!ok)
			return err_prefix(err, "test %zu", i + 1);
	}
	return true;
}

static bool
has_tests(const struct template *t, struct err *err)
{
	return (t->tests && t->tests->count) ||
	       FAIL(err, ERR_DATA,
		    "%s/template.yaml: it has no tests: "
		    "(answers that it is deployed with)",
		    t->dir);
}

static int
test(struct cli *c)
{
	struct err err = ERR_INIT;
	AUTO_PTR(template) t = NULL;

	if (c->arg_count != 2)
		return cli_usage(c, "templates test takes one template");
	t = deploy_load(c, c->args[1], &err);
	if (!t || !has_tests(t, &err) || !try_all(t, true, &err))
		return cli_fail(c, &err);
	if (!c->quiet && !c->json)
		printf("%s: deployed with %zu set%s of test answers\n", t->name,
		       t->tests->count, t->tests->count == 1 ? "" : "s");
	return 0;
}

/* --- validate ------------------------------------------------------------------ */

static bool
validate_one(const char *dir, struct err *err)
{
	AUTO_PTR(template) t = template_load(dir, err);

	return t && has_tests(t, err) && try_all(t, false, err);
}

static int
validate(struct cli *c)
{
	int status = 0;

	if (c->arg_count < 2)
		return cli_usage(c, "templates validate takes folders");
	for (int i = 1; i < c->arg_count; i++) {
		struct err err = ERR_INIT;

		if (!validate_one(c->args[i], &err)) {
			status = cli_fail(c, &err);
		} else if (!c->quiet && !c->json) {
			cli_print(c->args[i]);
			printf(": valid\n");
		}
	}
	return status;
}

/* --- new ------------------------------------------------------------------------- */

static const struct {
	const char *name, *text;
} skeleton[] = {
	{ "template.yaml",
	  "# agentops-template(5) says what may stand here.\n"
	  "name: NAME\n"
	  "version: 1.0.0\n"
	  "title: NAME\n"
	  "description: Counts the lines of a file\n"
	  "configuration:\n"
	  "  source: {type: file, prompt: Which file?, required: true}\n"
	  "  title: {type: text, prompt: Title of the note, "
	  "default: Line count}\n"
	  "files:\n"
	  "  - path: note.md\n"
	  "tests:\n"
	  "  - {source: README.md}\n" },
	{ "workflow.yaml",
	  "name: \"{{ answers.title }}\"\n"
	  "inputs:\n"
	  "  source: {type: file, default: \"{{ answers.source }}\"}\n"
	  "steps:\n"
	  "  - id: count\n"
	  "    code: |\n"
	  "      output(lines=sum(1 for _ in open(inputs[\"source\"])))\n"
	  "    validate:\n"
	  "      - json: {path: lines, min: 0}\n" },
	{ "README.md", "# NAME\n\nCounts the lines of a file.\n" },
	{ "files/note.md",
	  "# {{ answers.title }}\n\nLines of {{ answers.source }}.\n" },
};

static bool
write_skeleton(const char *dir, const char *name, const struct paths *paths,
	       struct err *err)
{
	AUTO_FREE char *state = path_join(paths->state, "deploy");
	AUTO_PTR(batch) b = batch_new(state);

	for (size_t i = 0; i < ARRAY_LEN(skeleton); i++) {
		AUTO_FREE char *path = path_join(dir, skeleton[i].name);
		AUTO(buf) text = BUF_INIT;

		for (const char *s = skeleton[i].text; *s;) {
			const char *at = strstr(s, "NAME");

			buf_add(&text, s, at ? (size_t)(at - s) : strlen(s));
			buf_addstr(&text, at ? name : "");
			s = at ? at + strlen("NAME") : s + strlen(s);
		}
		if (!batch_add(b, NULL, path, buf_str(&text), text.len, 0644,
			       NULL, err))
			return false;
	}
	return batch_commit(b, err);
}

static int
new_template(struct cli *c)
{
	const char *name = c->arg_count == 2 ? c->args[1] : "";
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");
	struct err err = ERR_INIT;
	AUTO_FREE char *dir = NULL;

	if (!n || name[n] || n > 60 || *name < 'a' || *name > 'z')
		return cli_usage(c, "templates new takes a name of a-z, 0-9, "
				    "_ and -, at most 60");
	if (!cli_paths(c, &err))
		return cli_fail(c, &err);
	dir = xasprintf("%s/templates/%s", c->paths.data, name);
	if (path_exists(dir))
		return cli_usage(c, "%s is there already", dir);
	if (!write_skeleton(dir, name, &c->paths, &err))
		return cli_fail(c, &err);
	if (!c->quiet && !c->json) {
		AUTO_FREE char *text = xasprintf(
			"%s\nEdit it, then: agentops templates test %s\n", dir,
			name);

		cli_print(text);
	}
	return 0;
}

int
cmd_templates(struct cli *c)
{
	static const struct {
		const char *word;
		int (*run)(struct cli *c);
	} verbs[] = {
		{ "list", list },         { "show", show },
		{ "validate", validate }, { "new", new_template },
		{ "test", test },
	};
	const char *what = c->arg_count ? c->args[0] : "list";

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (strcmp(verbs[i].word, what) == 0)
			return verbs[i].run(c);
	return cli_usage(c,
			 "templates takes list, show, validate, new or "
			 "test, not %s",
			 what);
}
