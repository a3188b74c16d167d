#include "cli/deploy_text.h"

#include "base/json.h"
#include "cli/slash_words.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct template *
deploy_load(struct cli *c, const char *name, struct err *err)
{
	AUTO_FREE char *here = getcwd(NULL, 0);
	AUTO_FREE char *dir = NULL;

	if (!cli_paths(c, err) ||
	    !template_find(&c->paths, here, name, &dir, err))
		return NULL;
	return template_load(dir, err);
}

static bool
check_name(const char *dir, struct err *err)
{
	for (const char *p = dir; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return FAIL(err, ERR_USAGE,
				    "a control character in the name of the "
				    "folder to deploy into");
	return true;
}

bool
deploy_into(const char *here, const char *dir, char **ret, struct err *err)
{
	AUTO_FREE char *whole = path_join(here, dir);
	AUTO_FREE char *above = NULL;
	AUTO_FREE char *real = realpath(whole, NULL);
	const char *base;

	if (!check_name(whole, err))
		return false;
	if (real) {
		if (!path_is_dir(real))
			return FAIL(err, ERR_USAGE,
				    "deploy into %s: it is no folder", dir);
		*ret = TAKE(real);
		return true;
	}
	while (str_ends(whole, "/"))
		whole[strlen(whole) - 1] = '\0';
	above = path_dir(whole);
	base = path_base(whole);
	real = realpath(above, NULL);
	if (!real || str_eq(base, ".."))
		return FAIL(err, ERR_USAGE,
			    "deploy into %s: there is no folder %s", whole,
			    above);
	*ret = path_join(real, base);
	return true;
}

static void
add_words(struct buf *out, const char *const *words, const char *between)
{
	for (size_t i = 0; words && words[i]; i++)
		buf_printf(out, "%s%s", i ? between : "", words[i]);
}

void
deploy_text_field(const struct template_field *f, struct buf *out)
{
	AUTO_JSON *value = f->in.fallback ? yaml_to_json(f->in.fallback) : NULL;
	AUTO_FREE char *text = value ? json_print(value) : NULL;

	buf_printf(out, "%s (%s%s): %s", f->in.name,
		   template_type_word(f->type),
		   f->in.required ? ", required" : "", f->in.prompt);
	if (f->in.options) {
		buf_addstr(out, " [");
		add_words(out, f->in.options, " | ");
		buf_addch(out, ']');
	}
	if (f->accept) {
		buf_addstr(out, " [");
		add_words(out, f->accept, " ");
		buf_addch(out, ']');
	}
	if (text)
		buf_printf(out, " (default %s)",
			   cJSON_IsString(value) ? value->valuestring : text);
	if (f->when)
		buf_addstr(out, " (asked only when it matters)");
}

void
deploy_text_template(const struct template *t, struct buf *out)
{
	buf_printf(out, "%s %s: %s\n%s\nFolder: %s\n\nAnswers\n", t->name,
		   t->version, t->title, t->description, t->dir);
	for (size_t i = 0; i < t->field_count; i++) {
		buf_addstr(out, "  ");
		deploy_text_field(&t->fields[i], out);
		buf_addch(out, '\n');
	}
	if (!t->field_count)
		buf_addstr(out, "  none\n");
	buf_addstr(out, "\nFiles\n");
	for (size_t i = 0; i < t->file_count; i++)
		buf_printf(out, "  %s (%s)\n", t->files[i].to,
			   render_target_word(t->files[i].target));
	buf_printf(out, "\n%s", t->readme);
}

const char *
deploy_text_state(const struct deployment *d, const struct deploy_file *f)
{
	if (!f->old)
		return "new";
	if (f->conflicts && d->conflicts)
		return "CONFLICT";
	if (f->merged)
		return f->changed ? "merged" : "yours";
	return f->changed ? "REPLACED" : "same";
}

static void
add_files(const struct deployment *d, struct buf *out)
{
	for (size_t i = 0; i < d->file_count; i++) {
		const struct deploy_file *f = &d->files[i];

		buf_printf(out, "  %-9s %s (%zu bytes%s)\n",
			   deploy_text_state(d, f), f->path, f->size_bytes,
			   f->secret ? "; secret, only you can read it" : "");
	}
}

/* The command can be typed in the app, too. */
static void
add_conflicts(const struct deployment *d, const struct template *t,
	      struct buf *out)
{
	AUTO_FREE char *into = slash_quote(d->into);

	buf_printf(out,
		   "\nYou and the template changed the same lines, so nothing "
		   "is written yet. Say which\ncount:\n"
		   "  /deploy-template %s --into %s --yes --take mine\n"
		   "  /deploy-template %s --into %s --yes --take template\n",
		   t->name, into, t->name, into);
}

static void
add_diffs(const struct deployment *d, struct buf *out)
{
	for (size_t i = 0; i < d->file_count; i++)
		if (!str_empty(d->files[i].diff))
			buf_printf(out, "\n%s", d->files[i].diff);
}

static void
add_workflow(const struct deployment *d, struct buf *out)
{
	const struct workflow *w = d->workflow;

	buf_printf(out, "\nWorkflow: %s\n", w->name);
	for (size_t i = 0; i < w->step_count; i++) {
		const struct workflow_step *s = &w->steps[w->order[i]];

		buf_printf(out, "  Step %zu/%zu %s: %s (%s, sandbox %s)\n",
			   i + 1, w->step_count, s->id, s->title,
			   s->action.tool->name,
			   sandbox_profile_name(s->action.profile));
	}
	buf_printf(out, "Risk of a run: %s (", risk_name(d->cls.risk));
	for (size_t i = 0; i < d->cls.reasons.count; i++)
		buf_printf(out, "%s%s", i ? "; " : "", d->cls.reasons.items[i]);
	buf_addstr(out, ")\n");
}

void
deploy_text_preview(const struct deployment *d, const struct template *t,
		    bool diffs, struct buf *out)
{
	buf_printf(out, "Template %s %s (%s) -> %s\n\nFiles\n", t->name,
		   t->version, t->dir, d->into);
	add_files(d, out);
	if (d->conflicts)
		add_conflicts(d, t, out);
	add_workflow(d, out);
	buf_printf(out, "Pattern: %s\n", d->id);
	if (diffs)
		add_diffs(d, out);
}
