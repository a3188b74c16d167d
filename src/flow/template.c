#include "flow/template.h"

#include "base/json.h"
#include "base/str.h"
#include "flow/expr.h"
#include "flow/field.h"
#include "flow/match.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FIELDS_MAX = 100,
	FILE_LIMIT = 1 << 20, /* template.yaml, README.md */
	NAME_MAX_BYTES = 60,
};

static const char *const type_words[] = {
#define X(id, word, input) word,
	TEMPLATE_TYPES(X)
#undef X
};

static const enum input_type type_inputs[] = {
#define X(id, word, input) input,
	TEMPLATE_TYPES(X)
#undef X
};

static const char *const target_words[] = {
#define X(id, word, endings) word,
	RENDER_TARGETS(X)
#undef X
};

const char *
template_type_word(enum template_type type)
{
	return type_words[type];
}

const struct template_field *
template_field(const struct template *t, const char *name)
{
	for (size_t i = 0; i < t->field_count; i++)
		if (str_eq(t->fields[i].in.name, name))
			return &t->fields[i];
	return NULL;
}

/* ---- names in expressions ---------------------------------------------- */

static const char *const deploy_names[] = { "dir", "name", "template",
					    "version", "secrets" };

static bool
unknown(const char *root, const char *name, const char *const *names,
	size_t count, struct err *err)
{
	const char *near = str_nearest(name, names, count);

	return FAIL(err, ERR_SYNTAX, "there is no %s.%.60s%s%s%s", root, name,
		    near ? " (did you mean \"" : "", near ? near : "",
		    near ? "\"?)" : "");
}

bool
template_known(void *ud, const char *root, const char *name, struct err *err)
{
	const struct template *t = ud;
	const char *names[FIELDS_MAX];
	bool answers = str_eq(root, "answers");

	if (!answers && !str_eq(root, "deploy"))
		return FAIL(err, ERR_SYNTAX,
			    "%s exists only in a run; a "
			    "template knows answers and deploy",
			    root);
	if (!name)
		return FAIL(err, ERR_SYNTAX, "name one: %s.NAME", root);
	if (answers && template_field(t, name))
		return true;
	for (size_t i = 0; !answers && i < ARRAY_LEN(deploy_names); i++)
		if (str_eq(deploy_names[i], name))
			return true;
	if (!answers)
		return unknown(root, name, deploy_names,
			       ARRAY_LEN(deploy_names), err);
	for (size_t i = 0; i < t->field_count; i++)
		names[i] = t->fields[i].in.name;
	return unknown(root, name, names, t->field_count, err);
}

static bool
check_when(const struct template *t, const struct yaml_node *when,
	   struct err *err)
{
	const struct expr_scope scope = { .ud = (void *)t,
					  .answer = template_known };

	return !when || expr_check_test(t->doc, when, &scope, err);
}

/* ---- fields ------------------------------------------------------------ */

/* Which types a key means something for. */
static const struct {
	const char *key;
	unsigned types;
} key_types[] = {
	{ "options", 1 << TEMPLATE_SELECT | 1 << TEMPLATE_MULTI },
	{ "accept", 1 << TEMPLATE_UPLOAD | 1 << TEMPLATE_FILE },
	{ "pattern", 1 << TEMPLATE_TEXT | 1 << TEMPLATE_FILE },
	{ "min", 1 << TEMPLATE_TEXT | 1 << TEMPLATE_NUMBER |
			 1 << TEMPLATE_LIST | 1 << TEMPLATE_MULTI |
			 1 << TEMPLATE_SECRET },
	{ "max", 1 << TEMPLATE_TEXT | 1 << TEMPLATE_NUMBER |
			 1 << TEMPLATE_LIST | 1 << TEMPLATE_MULTI |
			 1 << TEMPLATE_SECRET },
	{ "default", ~(1u << TEMPLATE_SECRET | 1u << TEMPLATE_UPLOAD) },
};

static bool
check_keys(const struct template *t, const struct template_field *f,
	   struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(key_types); i++) {
		const struct yaml_node *n =
			yaml_get(f->in.at, key_types[i].key);

		if (n && !(key_types[i].types & 1u << f->type))
			return yaml_fail(t->doc, n, err,
					 "%s means nothing "
					 "for a field of type %s",
					 key_types[i].key, type_words[f->type]);
	}
	if ((f->type == TEMPLATE_SELECT || f->type == TEMPLATE_MULTI) &&
	    !f->in.option_count)
		return yaml_fail(t->doc, f->in.at, err,
				 "%s: a %s needs "
				 "options: [...]",
				 f->in.name, type_words[f->type]);
	if (f->in.has_min && f->in.has_max && f->in.min > f->in.max)
		return yaml_fail(t->doc, yaml_get(f->in.at, "min"), err,
				 "min is more than max");
	for (size_t i = 0; f->accept && f->accept[i]; i++)
		if (*f->accept[i] != '.' || strchr(f->accept[i], '/'))
			return yaml_fail(t->doc, yaml_get(f->in.at, "accept"),
					 err,
					 "accept lists endings with "
					 "their dot, like .json");
	return true;
}

static bool
check_pattern(const struct template *t, const struct template_field *f,
	      struct err *err)
{
	struct err why = ERR_INIT;
	regex_t re;

	if (!f->in.pattern)
		return true;
	if (!match_compile(f->in.pattern, &re, &why))
		return yaml_fail(t->doc, yaml_get(f->in.at, "pattern"), err,
				 "%s", why.msg);
	regfree(&re);
	return true;
}

static bool
check_default(const struct template *t, struct template_field *f,
	      struct err *err)
{
	const struct yaml_node *n = yaml_get(f->in.at, "default");
	AUTO_JSON *value = NULL;
	AUTO_JSON *checked = NULL;
	struct err why = ERR_INIT;

	if (!n || yaml_type(n) == YAML_NULL)
		return true;
	value = yaml_to_json(n);
	if (!template_answer(f, value, &checked, &why))
		return yaml_fail(t->doc, n, err, "the default: %s", why.msg);
	f->in.fallback = n;
	return true;
}

static bool
read_field(struct template *t, const struct yaml_node *at,
	   struct template_field *f, struct err *err)
{
	struct workflow_input *in = &f->in;
	int type = TEMPLATE_TEXT;

	if (!field_word(t->doc, at, "type", type_words, ARRAY_LEN(type_words),
			&type, err) ||
	    !field_str(t->doc, at, "prompt", &in->prompt, err) ||
	    !field_str(t->doc, at, "help", &in->help, err) ||
	    !field_bool(t->doc, at, "required", &in->required, err) ||
	    !field_strings(t->doc, at, "options", &t->arena, &in->options,
			   &in->option_count, err) ||
	    !field_strings(t->doc, at, "accept", &t->arena, &f->accept, NULL,
			   err) ||
	    !field_num(t->doc, at, "min", &in->min, &in->has_min, err) ||
	    !field_num(t->doc, at, "max", &in->max, &in->has_max, err) ||
	    !field_str(t->doc, at, "pattern", &in->pattern, err))
		return false;
	f->type = (enum template_type)type;
	in->type = type_inputs[type];
	f->when = yaml_get(at, "when");
	return check_keys(t, f, err) && check_pattern(t, f, err) &&
	       check_default(t, f, err) && check_when(t, f->when, err);
}

static bool
id_ok(const char *id, size_t max)
{
	size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return n && !id[n] && n <= max && *id >= 'a' && *id <= 'z';
}

static bool
read_fields(struct template *t, const struct yaml_node *map, struct err *err)
{
	static const char *const keys[] = {
		"type",   "prompt", "help", "required", "default", "options",
		"accept", "min",    "max",  "pattern",  "when",    NULL,
	};

	if (!map || yaml_type(map) == YAML_NULL)
		return true;
	if (map->kind != YAML_MAP)
		return yaml_fail(t->doc, map, err,
				 "configuration is a map, "
				 "NAME: {type: ..., prompt: ...}");
	if (map->count > FIELDS_MAX)
		return yaml_fail(t->doc, map, err, "more than %d fields",
				 FIELDS_MAX);
	t->fields =
		arena_alloc(&t->arena, (map->count + 1) * sizeof(*t->fields));
	for (size_t i = 0; i < map->count; i++) {
		struct template_field *f = &t->fields[i];

		f->in.name = f->in.prompt = map->keys[i]->text;
		f->in.at = map->items[i];
		if (!id_ok(f->in.name, WORKFLOW_ID_MAX))
			return yaml_fail(t->doc, map->keys[i], err,
					 "field \"%.60s\": a name is a-z, "
					 "then a-z, 0-9, _ or -",
					 f->in.name);
		if (!field_keys(t->doc, map->items[i], keys, NULL, err) ||
		    !read_field(t, map->items[i], f, err))
			return false;
		t->field_count++;
	}
	return true;
}

/* ---- files ------------------------------------------------------------- */

static bool
has_part(const char *path, const char *part)
{
	AUTO_FREE char *whole = xasprintf("/%s/", path);
	AUTO_FREE char *wanted = xasprintf("/%s/", part);

	return strcasestr(whole, wanted) != NULL;
}

static bool
path_ok(const struct template *t, const struct yaml_node *at, const char *path,
	struct err *err)
{
	if (!field_file_ok(t->doc, at, path, err))
		return false;
	if (has_part(path, ".git"))
		return yaml_fail(t->doc, at, err,
				 "nothing is written into .git");
	for (const char *p = path; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f || *p == '\\')
			return yaml_fail(t->doc, at, err,
					 "a file's name "
					 "with a control character or \\");
	return true;
}

static bool
load_text(const char *dir, const char *name, size_t limit, struct buf *out,
	  struct err *err)
{
	AUTO_FD fd = -1;
	AUTO_FREE char *shown = path_join(dir, name);

	if (!path_open_beneath(dir, name, &fd, err) ||
	    !path_read_fd(fd, shown, limit, out, err))
		return false;
	return true;
}

static bool
load_file(struct template *t, struct template_file *f, struct err *err)
{
	AUTO_FREE char *name = xasprintf("files/%s", f->from);
	AUTO_FREE char *shown = path_join(t->dir, name);
	AUTO(buf) text = BUF_INIT;

	if (!load_text(t->dir, name, RENDER_FILE_MAX, &text, err))
		return false;
	f->render =
		render_parse(buf_str(&text), text.len, shown, f->target, err);
	return f->render && render_check(f->render, template_known, t, err);
}

static bool
find_target(const struct template *t, const struct yaml_node *at,
	    struct template_file *f, struct err *err)
{
	int target = -1;

	if (!field_word(t->doc, at, "as", target_words, ARRAY_LEN(target_words),
			&target, err))
		return false;
	if (target >= 0) {
		f->target = (enum render_target)target;
		return true;
	}
	return render_target_of(f->to, &f->target) ||
	       yaml_fail(t->doc, at, err,
			 "how are values written in %.60s? "
			 "say `as:` yaml, json, shell, sql, python, html, "
			 "line, plain or verbatim",
			 f->to);
}

static bool
read_file(struct template *t, const struct yaml_node *at,
	  struct template_file *f, struct err *err)
{
	static const char *const keys[] = { "path",       "to",   "as",
					    "executable", "when", NULL };

	if (!field_keys(t->doc, at, keys, NULL, err) ||
	    !field_str(t->doc, at, "path", &f->from, err))
		return false;
	if (!f->from)
		return yaml_fail(t->doc, at, err,
				 "a file needs its path "
				 "below files/");
	f->to = f->from;
	f->when = yaml_get(at, "when");
	return field_str(t->doc, at, "to", &f->to, err) &&
	       path_ok(t, at, f->from, err) && path_ok(t, at, f->to, err) &&
	       find_target(t, at, f, err) &&
	       field_bool(t->doc, at, "executable", &f->executable, err) &&
	       check_when(t, f->when, err) && load_file(t, f, err);
}

static bool
read_files(struct template *t, const struct yaml_node *list, struct err *err)
{
	if (!list || yaml_type(list) == YAML_NULL)
		return true;
	if (list->kind != YAML_SEQ || list->count > TEMPLATE_FILES_MAX)
		return yaml_fail(t->doc, list, err,
				 "files is a list of at "
				 "most %d, each {path: NAME}",
				 TEMPLATE_FILES_MAX);
	t->files =
		arena_alloc(&t->arena, (list->count + 1) * sizeof(*t->files));
	for (size_t i = 0; i < list->count; i++) {
		struct template_file *f = &t->files[t->file_count++];

		if (!read_file(t, list->items[i], f, err))
			return false;
		for (size_t k = 0; k < i; k++)
			if (str_eq(t->files[k].to, f->to) &&
			    !(f->when && t->files[k].when))
				return yaml_fail(t->doc, list->items[i], err,
						 "two files become %s", f->to);
	}
	return true;
}

/* ---- the whole --------------------------------------------------------- */

static bool
read_head(struct template *t, struct err *err)
{
	static const char *const keys[] = {
		"name",     "version",  "title",    "description",
		"category", "keywords", "requires", "configuration",
		"files",    "tests",    NULL,
	};
	const struct yaml_node *root = yaml_root(t->doc);

	t->version = "1.0.0";
	t->category = "general";
	if (!field_keys(t->doc, root, keys, NULL, err) ||
	    !field_str(t->doc, root, "name", &t->name, err) ||
	    !field_str(t->doc, root, "version", &t->version, err) ||
	    !field_str(t->doc, root, "title", &t->title, err) ||
	    !field_str(t->doc, root, "description", &t->description, err) ||
	    !field_str(t->doc, root, "category", &t->category, err) ||
	    !field_strings(t->doc, root, "keywords", &t->arena, &t->keywords,
			   &t->keyword_count, err) ||
	    !field_strings(t->doc, root, "requires", &t->arena, &t->requires,
			   &t->require_count, err))
		return false;
	if (!t->name || !t->description)
		return yaml_fail(t->doc, root, err,
				 "a template needs name "
				 "and description");
	if (!id_ok(t->name, NAME_MAX_BYTES) ||
	    !str_eq(t->name, path_base(t->dir)))
		return yaml_fail(t->doc, yaml_get(root, "name"), err,
				 "the name must be that of its folder, \"%s\", "
				 "of a-z, 0-9, _ and -",
				 path_base(t->dir));
	if (!t->title)
		t->title = t->name;
	t->tests = yaml_get(root, "tests");
	return true;
}

static bool
check_tests(const struct template *t, struct err *err)
{
	if (!t->tests)
		return true;
	if (t->tests->kind != YAML_SEQ)
		return yaml_fail(t->doc, t->tests, err,
				 "tests is a list of "
				 "maps: - {FIELD: answer}");
	for (size_t i = 0; i < t->tests->count; i++)
		if (t->tests->items[i]->kind != YAML_MAP)
			return yaml_fail(t->doc, t->tests->items[i], err,
					 "a test is a map, FIELD: answer");
	return true;
}

static struct yaml_doc *
load_yaml(const struct template *t, const char *name, struct err *err)
{
	AUTO(buf) text = BUF_INIT;
	AUTO_FREE char *shown = path_join(t->dir, name);

	if (!load_text(t->dir, name, FILE_LIMIT, &text, err))
		return NULL;
	return yaml_parse(buf_str(&text), text.len, shown, 1, err);
}

static bool
load(struct template *t, struct err *err)
{
	AUTO(buf) readme = BUF_INIT;
	const struct yaml_node *root;

	t->doc = load_yaml(t, "template.yaml", err);
	if (!t->doc)
		return false;
	root = yaml_root(t->doc);
	t->workflow = load_yaml(t, "workflow.yaml", err);
	if (!t->workflow ||
	    !load_text(t->dir, "README.md", FILE_LIMIT, &readme, err))
		return false;
	t->readme = buf_steal(&readme);
	return read_head(t, err) &&
	       read_fields(t, yaml_get(root, "configuration"), err) &&
	       read_files(t, yaml_get(root, "files"), err) &&
	       check_tests(t, err) && template_check_workflow(t, err);
}

struct template *
template_load(const char *dir, struct err *err)
{
	AUTO_PTR(template) t = xcalloc(1, sizeof(*t));
	AUTO_FREE char *real = realpath(dir, NULL);

	if (!real || !path_is_dir(real)) {
		FAIL(err, ERR_NOTFOUND, "%s: there is no such folder", dir);
		return NULL;
	}
	t->dir = arena_strdup(&t->arena, real);
	return load(t, err) ? TAKE(t) : NULL;
}

void
template_free(struct template *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->file_count; i++)
		render_free(t->files[i].render);
	yaml_doc_free(t->doc);
	yaml_doc_free(t->workflow);
	free(t->readme);
	arena_release(&t->arena);
	free(t);
}

/* ---- finding ----------------------------------------------------------- */

static void
roots(const struct paths *paths, const char *project, struct strv *ret)
{
	if (project)
		strv_take(ret, path_join(project, ".agentops/templates"));
	strv_take(ret, path_join(paths->data, "templates"));
	strv_take(ret, path_shipped("templates"));
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(path_base(*(char *const *)a),
		      path_base(*(char *const *)b));
}

static bool
has_name(const struct strv *dirs, const char *name)
{
	for (size_t i = 0; i < dirs->count; i++)
		if (str_eq(path_base(dirs->items[i]), name))
			return true;
	return false;
}

static void
list_root(const char *root, struct strv *ret)
{
	DIR *d = opendir(root);
	const struct dirent *e;

	while (d && (e = readdir(d))) {
		AUTO_FREE char *dir = path_join(root, e->d_name);
		AUTO_FREE char *file = path_join(dir, "template.yaml");

		if (*e->d_name != '.' && path_exists(file) &&
		    !has_name(ret, e->d_name))
			strv_add(ret, dir);
	}
	if (d)
		closedir(d);
}

void
template_list(const struct paths *paths, const char *project, struct strv *ret)
{
	AUTO(strv) all = STRV_INIT;

	roots(paths, project, &all);
	for (size_t i = 0; i < all.count; i++)
		list_root(all.items[i], ret);
	if (ret->count)
		qsort(ret->items, ret->count, sizeof(*ret->items), by_name);
}

bool
template_find(const struct paths *paths, const char *project, const char *name,
	      char **ret, struct err *err)
{
	AUTO(strv) dirs = STRV_INIT, names = STRV_INIT;
	const char *near;

	if (strchr(name, '/')) {
		*ret = xstrdup(name);
		return true;
	}
	template_list(paths, project, &dirs);
	for (size_t i = 0; i < dirs.count; i++) {
		if (str_eq(path_base(dirs.items[i]), name)) {
			*ret = xstrdup(dirs.items[i]);
			return true;
		}
		strv_add(&names, path_base(dirs.items[i]));
	}
	near = str_nearest(name, (const char *const *)names.items, names.count);
	return FAIL(err, ERR_NOTFOUND, "there is no template \"%.60s\"%s%s%s",
		    name,
		    near ? " (did you mean \"" :
			   "; agentops templates list names them",
		    near ? near : "", near ? "\"?)" : "");
}
