#include "run/collect.h"

#include "base/json.h"
#include "base/path.h"

#include <stdlib.h>
#include <string.h>

struct collect *
collect_new(void)
{
	return xcalloc(1, sizeof(struct collect));
}

void
collect_free(struct collect *c)
{
	for (size_t i = 0; i < c->file_count; i++) {
		struct collect_file *f = &c->files[i];

		free(f->name);
		free(f->file);
		free(f->problem);
		free(f->findings);
		artifact_release(&f->artifact);
	}
	free(c->files);
	free(c->results);
	cJSON_Delete(c->data);
	cJSON_Delete(c->values);
	free(c);
}

void
collect_add(struct collect *c, const char *name, const char *file)
{
	for (size_t i = 0; i < c->file_count; i++)
		if (str_eq(c->files[i].file, file))
			return;
	GROW(c->files, c->file_count, c->file_cap);
	c->files[c->file_count++] = (struct collect_file){
		.name = xstrdup(name ? name : path_base(file)),
		.file = xstrdup(file),
		.declared = name != NULL,
	};
}

static bool
names_check(const struct validation *v, const char *check)
{
	if (!v->checks)
		return true;
	for (const char *const *c = v->checks; *c; c++)
		if (str_eq(*c, check))
			return true;
	return false;
}

/* The first finding of the file that the validation asks about and that is
 * not ok; false when there is none. */
static bool
first_finding(const struct validation *v, const struct collect_file *f,
	      struct validation_result *ret)
{
	AUTO_JSON *all = f->findings ? cJSON_Parse(f->findings) : NULL;
	const cJSON *row;

	cJSON_ArrayForEach(row, all) {
		const char *check = json_str(row, "check");

		if (json_bool(row, "ok", true) || !check ||
		    (!names_check(v, check) && !str_eq(check, "readable")))
			continue;
		ret->ok = false;
		ret->has_value = true;
		ret->value = json_num(row, "value", 0);
		ret->threshold = json_num(row, "threshold", 0);
		snprintf(ret->message, sizeof(ret->message), "%s: %s: %s",
			 f->file, check, json_str(row, "message"));
		return true;
	}
	return false;
}

/* The `visual` row of a step: its images were checked above. */
static void
validate_visual(void *ud, const struct validation *v,
		const struct validation_context *ctx,
		struct validation_result *ret)
{
	const struct collect *c = ud;
	int seen = 0;

	(void)ctx;
	ret->ok = true;
	for (size_t i = 0; i < c->file_count; i++) {
		const struct collect_file *f = &c->files[i];

		if (!f->checked || (v->file && !str_eq(v->file, f->file)))
			continue;
		seen++;
		snprintf(ret->artifact, sizeof(ret->artifact), "%s", f->file);
		if (first_finding(v, f, ret))
			return;
	}
	ret->ok = seen > 0;
	if (seen)
		snprintf(ret->message, sizeof(ret->message),
			 "%d image%s, every check passed", seen,
			 seen > 1 ? "s" : "");
	else
		snprintf(ret->message, sizeof(ret->message),
			 "the step left no PNG%s%s to check",
			 v->file ? " named " : "", v->file ? v->file : "");
}

static void
validate_all(struct collect *c)
{
	const struct workflow_step *w = c->step;
	struct validation_context ctx = {
		.doc = c->workflow->doc,
		.dir = c->dir,
		.exit_status = c->exit_status,
		.data = c->data,
		.text = c->text,
		.values = c->values,
		.visual = validate_visual,
		.ud = c,
	};

	c->results = xcalloc(w->validate_count, sizeof(*c->results));
	for (size_t i = 0; i < w->validate_count; i++)
		validation_run(&w->validate[i], &ctx, &c->results[i]);
}

void
collect_store(struct collect *c)
{
	for (size_t i = 0; i < c->file_count; i++) {
		struct collect_file *f = &c->files[i];
		struct err err = ERR_INIT;

		f->stored = artifact_store(c->run_dir, c->dir, f->file,
					   &f->artifact, &err);
		if (!f->stored)
			f->problem = xstrdup(err.msg);
	}
}

void
collect_validate(struct collect *c)
{
	if (c->validate)
		validate_all(c);
}
