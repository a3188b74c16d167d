/*
 * template.h - a template: a workflow and files with places for answers.
 *
 * A folder, in the user's <data>/templates/NAME, the project's
 * .agentops/templates/NAME or path_shipped("templates") (looked for in this
 * order):
 *
 *	template.yaml   what is asked, which files come out; agentops-template(5)
 *	workflow.yaml   agentops-workflow(5) with {{ answers.NAME }} in it
 *	README.md       for people
 *	files/          rendered by flow/render.h
 *
 * Answers go through two doors only, and neither pastes text into text:
 * template_workflow replaces whole parsed scalars of workflow.yaml, where the
 * table in template_inject.c allows it, and writes the tree anew;
 * template_render writes values as tokens of the file's language. Both then
 * read what they wrote and compare. Expressions may name answers.NAME (null
 * where there is no answer) and deploy.{dir,name,template,version,secrets}.
 *
 * A template is immutable once loaded, and completely checked: fields, files,
 * every name in every expression. Errors are "file:line:column: what", with
 * "did you mean".
 */
#ifndef AGENTOPS_FLOW_TEMPLATE_H
#define AGENTOPS_FLOW_TEMPLATE_H

#include "base/path.h"
#include "flow/render.h"
#include "flow/workflow.h"

enum {
	TEMPLATE_FILES_MAX = 200,
	TEMPLATE_UPLOAD_MAX = 1 << 20, /* bytes of an uploaded file */
};

/* Type, its word, and the input of a workflow that checks its values. */
#define TEMPLATE_TYPES(X) \
	X(TEMPLATE_TEXT, "text", INPUT_TEXT) \
	X(TEMPLATE_NUMBER, "number", INPUT_NUMBER) \
	X(TEMPLATE_BOOLEAN, "boolean", INPUT_BOOLEAN) \
	X(TEMPLATE_SELECT, "select", INPUT_SELECT) \
	X(TEMPLATE_MULTI, "multi-select", INPUT_LIST) \
	X(TEMPLATE_FILE, "file", INPUT_FILE) /* stays where it is */ \
	X(TEMPLATE_UPLOAD, "file-upload", INPUT_FILE) /* copied, secret */ \
	X(TEMPLATE_SECRET, "secret", INPUT_TEXT) \
	X(TEMPLATE_DATE, "date", INPUT_DATE) \
	X(TEMPLATE_LIST, "list", INPUT_LIST)

enum template_type {
#define X(id, word, input) id,
	TEMPLATE_TYPES(X)
#undef X
};

struct template_field {
	struct workflow_input in;  /* name, prompt, bounds, default ... */
	enum template_type type;
	const char *const *accept; /* endings with their dot, or NULL */
	const struct yaml_node *when; /* over earlier answers, or NULL */
};

struct template_file {
	const char *from;          /* below files/ */
	const char *to;            /* below the deployment's folder */
	enum render_target target;
	bool executable;
	const struct yaml_node *when; /* over the answers, or NULL */
	struct render *render;
};

struct template {
	struct arena arena;
	struct yaml_doc *doc, *workflow; /* template.yaml, workflow.yaml */
	const char *dir, *name, *version, *title, *description, *category;
	const char *const *keywords, *const *requires; /* or NULL */
	size_t keyword_count, require_count;
	struct template_field *fields;
	size_t field_count;
	struct template_file *files;
	size_t file_count;
	const struct yaml_node *tests; /* maps of answers, or NULL */
	char *readme;                  /* never NULL */
};

/* Loads the folder; NULL with err. Blocks on the disk. */
struct template *template_load(const char *dir, struct err *err);
void template_free(struct template *t);
DEFINE_AUTO_PTR(template);

/* The folders of all templates, by name, each name once. project may be
 * NULL. */
void template_list(const struct paths *paths, const char *project,
		   struct strv *ret);
/* A template by its name, or by the path of its folder (with a slash).
 * Caller frees *ret. ERR_NOTFOUND with "did you mean". */
bool template_find(const struct paths *paths, const char *project,
		   const char *name, char **ret, struct err *err);

const char *template_type_word(enum template_type type);
const struct template_field *template_field(const struct template *t,
					    const char *name);

/* Whether the field is asked, given the answers before it. */
bool template_asked(const struct template *t, const struct template_field *f,
		    const cJSON *answers, bool *ret, struct err *err);
/* The same of every field at once, while answers are still typed: one that
 * is wrong counts as none. ret has room for field_count. */
void template_asked_all(const struct template *t, const cJSON *given,
			bool *ret);
/* One answer, as typed or as JSON; *ret is the converted one, caller
 * deletes. An upload's path and a plain secret stay what they are here; see
 * flow/deploy.h. */
bool template_answer(const struct template_field *f, const cJSON *value,
		     cJSON **ret, struct err *err);
/*
 * All of them: converts, fills defaults, refuses unknown names and wrong
 * values. *ret has every field, null where nothing was answered or asked.
 * Names of required ones without answer go to missing (NULL: an error).
 */
bool template_answers(const struct template *t, const cJSON *given,
		      cJSON **ret, struct strv *missing, struct err *err);

/* values: {answers, deploy}. Appends the workflow's YAML. */
bool template_workflow(const struct template *t, const cJSON *values,
		       struct buf *out, struct err *err);
/* Whether the file comes out; then appends its text. */
bool template_render(const struct template *t,
		     const struct template_file *f, const cJSON *values,
		     bool *ret_wanted, struct buf *out, struct err *err);

/* --- inside: template*.c ------------------------------------------------ */

/* Names in expressions; ud is the template. render_known_fn. */
bool template_known(void *ud, const char *root, const char *name,
		    struct err *err);
/* Every expression of workflow.yaml that names answers, without values. */
bool template_check_workflow(const struct template *t, struct err *err);

#endif
