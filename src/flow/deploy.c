#include "flow/deploy.h"

#include "base/clock.h"
#include "base/diff.h"
#include "base/json.h"
#include "flow/deployed.h"
#include "know/pattern.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	SLUG_MAX = 40,
	IDS_MAX = 1000,
};

struct making {
	const struct deploy_request *r;
	struct deployment *d;
	cJSON *before; /* the record of the deployment before, or NULL */
	cJSON *record; /* of this one */
	bool workflow_merged;
	size_t workflow_conflicts;
	struct err *err;
};

void
deployment_free(struct deployment *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->file_count; i++) {
		free(d->files[i].path);
		free(d->files[i].diff);
	}
	free(d->files);
	free(d->into);
	free(d->id);
	free(d->pattern_path);
	cJSON_Delete(d->answers);
	buf_release(&d->workflow_text);
	if (d->workflow)
		workflow_free(d->workflow);
	policy_class_release(&d->cls);
	batch_free(d->batch);
	free(d);
}

static char *
batch_dir(const struct paths *paths)
{
	return path_join(paths->state, "deploy");
}

/* ---- one file of the batch ---------------------------------------------- */

static bool
same_text(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(buf_str(a), buf_str(b), a->len) == 0;
}

static bool
add_file(struct making *m, const char *root, const char *path,
	 const struct buf *data, mode_t mode, bool secret)
{
	struct deployment *d = m->d;
	const struct buf *old = NULL;
	AUTO(buf) diff = BUF_INIT;
	struct deploy_file *f;

	if (!batch_add(d->batch, root, path, buf_str(data), data->len, mode,
		       &old, m->err))
		return false;
	GROW(d->files, d->file_count, d->file_cap);
	f = &d->files[d->file_count++];
	*f = (struct deploy_file){ .path = xstrdup(path),
				   .old = old,
				   .secret = secret,
				   .size_bytes = data->len };
	f->changed = !old || !same_text(old, data);
	if (!secret) {
		diff_unified(old, data, path, &diff);
		f->diff = buf_steal(&diff);
	}
	d->replaces |= old && f->changed;
	return true;
}

/* ---- the id -------------------------------------------------------------- */

/* a-z, 0-9 and single dashes of the folder's name. */
static char *
slug(const char *name)
{
	AUTO(buf) out = BUF_INIT;

	for (; *name && out.len < SLUG_MAX; name++) {
		char c = *name;

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			buf_addch(&out, c);
		else if (out.len && out.data[out.len - 1] != '-')
			buf_addch(&out, '-');
	}
	while (out.len && out.data[out.len - 1] == '-')
		buf_truncate(&out, out.len - 1);
	return buf_steal(&out);
}

static char *
pattern_file(const struct paths *paths, enum pattern_status stage,
	     const char *id)
{
	return xasprintf("%s/patterns/%s/%s.md", paths->data,
			 pattern_status_word(stage), id);
}

/* The file of this id in any stage, else NULL. */
static char *
find_pattern(const struct paths *paths, const char *id)
{
	for (int s = 0; s < PATTERN_STATUS_COUNT; s++) {
		AUTO_FREE char *path =
			pattern_file(paths, (enum pattern_status)s, id);

		if (path_exists(path))
			return TAKE(path);
	}
	return NULL;
}

static void
add_owner_line(struct buf *out, const char *into)
{
	buf_addstr(out, "deployed_to: ");
	yaml_add_str(out, into, strlen(into));
	buf_addch(out, '\n');
}

static bool
belongs_to(const char *path, const char *into)
{
	AUTO(buf) text = BUF_INIT, line = BUF_INIT;

	buf_addch(&line, '\n');
	add_owner_line(&line, into);
	return path_read(path, PATTERN_LIMIT, &text, NULL) &&
	       strstr(buf_str(&text), buf_str(&line));
}

/* The first id that is free (*ret_path is NULL then), or that this folder has
 * already. Caller frees both. */
static char *
find_id(const struct template *t, const struct paths *paths, const char *into,
	char **ret_path)
{
	AUTO_FREE char *name = slug(path_base(into));
	AUTO_FREE char *first = !*name || str_starts(name, t->name) ?
					xstrdup(*name ? name : t->name) :
					xasprintf("%s-%s", t->name, name);

	for (int i = 1; i < IDS_MAX; i++) {
		AUTO_FREE char *id =
			i == 1 ? xstrdup(first) : xasprintf("%s-%d", first, i);
		AUTO_FREE char *path = find_pattern(paths, id);

		if (path && !belongs_to(path, into))
			continue;
		*ret_path = TAKE(path);
		return TAKE(id);
	}
	return NULL;
}

static bool
choose_id(struct making *m)
{
	const struct deploy_request *r = m->r;
	char *path = NULL;

	m->d->id = find_id(r->t, r->paths, r->into, &path);
	if (!m->d->id)
		return FAIL(m->err, ERR_CONFLICT,
			    "the library has %d deployments of %s into folders "
			    "called %s; choose another folder",
			    IDS_MAX, r->t->name, path_base(r->into));
	m->d->pattern_path =
		path ? path :
		       pattern_file(r->paths, PATTERN_DISCOVERED, m->d->id);
	if (path)
		m->before = deployed_read(r->paths, m->d->id);
	m->record = deployed_new(r->t->name, r->t->version, r->into);
	return true;
}

cJSON *
deploy_answers_before(const struct template *t, const struct paths *paths,
		      const char *into)
{
	AUTO_FREE char *path = NULL;
	AUTO_FREE char *id = find_id(t, paths, into, &path);
	AUTO_JSON *record = path ? deployed_read(paths, id) : NULL;
	const cJSON *answers = json_get(record, "answers");
	cJSON *ret = cJSON_IsObject(answers) ? cJSON_CreateObject() : NULL;

	for (size_t i = 0; ret && i < t->field_count; i++) {
		const char *name = t->fields[i].in.name;
		const cJSON *v = json_get(answers, name);

		if (v && !cJSON_IsNull(v))
			cJSON_AddItemToObject(ret, name,
					      cJSON_Duplicate(v, true));
	}
	return ret;
}

/* ---- merging --------------------------------------------------------------- */

/* base, mine and theirs made into out; the number of conflicts. */
static size_t
merge(const struct making *m, const struct buf *base, const struct buf *mine,
      const struct buf *theirs, enum merge_take take, struct buf *out)
{
	const struct template *t = m->r->t;
	AUTO_FREE char *name = xasprintf("%s %s", t->name, t->version);
	const struct merge in = { .base = base,
				  .mine = mine,
				  .theirs = theirs,
				  .base_name = "deployed before",
				  .mine_name = "yours",
				  .theirs_name = name,
				  .take = take };

	return merge_texts(&in, out);
}

/* A merge is of what was read for it. */
static bool
still(struct making *m, const struct buf *there)
{
	const struct deploy_file *f = &m->d->files[m->d->file_count - 1];

	return (f->old && same_text(f->old, there)) ||
	       FAIL(m->err, ERR_CONFLICT,
		    "%s was changed while it was merged; deploy again",
		    f->path);
}

/* Notes what a merge left on the file that was added last. */
static void
note_merge(struct making *m, bool merged, size_t conflicts)
{
	struct deploy_file *f = &m->d->files[m->d->file_count - 1];

	f->merged = merged;
	f->conflicts = conflicts;
	if (m->r->take == MERGE_MARK)
		m->d->conflicts += conflicts;
}

/* A file of the template: as it was made, or with what a person changed since
 * the deployment before. */
static bool
add_made(struct making *m, const char *name, const char *path,
	 const struct buf *made, mode_t mode)
{
	const char *known = deployed_file(m->before, name);
	AUTO(buf) base = BUF_INIT, there = BUF_INIT, whole = BUF_INIT;
	struct err unused = ERR_INIT;
	size_t conflicts;

	deployed_add_file(m->record, name, made);
	if (!known || !path_read(path, BATCH_OLD_MAX, &there, &unused))
		return add_file(m, m->d->into, path, made, mode, false);
	buf_addstr(&base, known);
	conflicts = merge(m, &base, &there, made, m->r->take, &whole);
	if (!add_file(m, m->d->into, path, &whole, mode, false) ||
	    !still(m, &there))
		return false;
	note_merge(m, !same_text(&base, &there), conflicts);
	return true;
}

/* ---- secrets and files of answers ----------------------------------------- */

/* An upload: a regular file of the person's, nothing that blocks or leads
 * elsewhere. */
static bool
read_upload(struct making *m, const struct template_field *f, const char *path,
	    struct buf *out)
{
	AUTO_FREE char *whole = path_join(m->r->base, path);
	AUTO_FD fd = open(whole, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
					 O_CLOEXEC | O_NOCTTY);
	struct err why = ERR_INIT;

	if (fd < 0 && errno == ELOOP)
		return FAIL(m->err, ERR_USAGE,
			    "%s: %s is a symbolic link; "
			    "name the file itself",
			    f->in.name, path);
	if (fd < 0)
		return err_errno(m->err, errno, "%s: %s", f->in.name, path);
	if (!path_read_fd(fd, path, TEMPLATE_UPLOAD_MAX, out, &why))
		return FAIL(m->err, why.code, "%s: %s", f->in.name, why.msg);
	return true;
}

static char *
secret_path(const struct paths *paths, const char *name)
{
	return xasprintf("%s/secrets/%s", paths->config, name);
}

static bool
stored_exists(struct making *m, const struct template_field *f,
	      const char *name)
{
	AUTO_FREE char *path = secret_path(m->r->paths, name);
	struct stat st;

	return (lstat(path, &st) == 0 && S_ISREG(st.st_mode)) ||
	       FAIL(m->err, ERR_NOTFOUND,
		    "%s: there is no stored secret %s "
		    "in %s/secrets",
		    f->in.name, name, m->r->paths->config);
}

/* ".json" of a plain file name, else "". */
static const char *
ending_of(const char *path)
{
	const char *dot = strrchr(path_base(path), '.');
	size_t n = dot ? strspn(dot + 1, "abcdefghijklmnopqrstuvwxyz"
					 "0123456789") :
			 0;

	return dot && n && n <= 8 && !dot[1 + n] ? dot : "";
}

static bool
store_secret(struct making *m, const struct template_field *f,
	     const char *value)
{
	bool upload = f->type == TEMPLATE_UPLOAD;
	AUTO_FREE char *name = xasprintf("%s.%s%s", m->d->id, f->in.name,
					 upload ? ending_of(value) : "");
	AUTO_FREE char *path = secret_path(m->r->paths, name);
	AUTO_FREE char *shown = xasprintf("secret:%s", name);
	AUTO(buf) text = BUF_INIT;

	if (str_starts(value, "secret:"))
		return stored_exists(m, f, value + strlen("secret:"));
	if (upload && !read_upload(m, f, value, &text))
		return false;
	if (!upload)
		buf_addstr(&text, value);
	if (!add_file(m, m->r->paths->config, path, &text, 0600, true))
		return false;
	cJSON_ReplaceItemInObjectCaseSensitive(m->d->answers, f->in.name,
					       cJSON_CreateString(shown));
	return true;
}

/* It must be there: a run that starts by missing its file is a waste. */
static bool
make_absolute(struct making *m, const struct template_field *f,
	      const char *value)
{
	AUTO_FREE char *whole = path_join(m->r->base, value);
	AUTO_FREE char *real = realpath(whole, NULL);

	if (!real)
		return err_errno(m->err, errno, "%s: %s", f->in.name, value);
	cJSON_ReplaceItemInObjectCaseSensitive(m->d->answers, f->in.name,
					       cJSON_CreateString(real));
	return true;
}

static bool
take_answers(struct making *m)
{
	const struct template *t = m->r->t;

	m->d->answers = cJSON_Duplicate(m->r->answers, true);
	for (size_t i = 0; i < t->field_count; i++) {
		const struct template_field *f = &t->fields[i];
		const char *value = json_str(m->r->answers, f->in.name);
		bool ok = true;

		if (value &&
		    (f->type == TEMPLATE_SECRET || f->type == TEMPLATE_UPLOAD))
			ok = store_secret(m, f, value);
		else if (value && f->type == TEMPLATE_FILE)
			ok = make_absolute(m, f, value);
		if (!ok)
			return false;
	}
	return true;
}

/* ---- workflow and files ----------------------------------------------------- */

static cJSON *
make_values(const struct making *m)
{
	AUTO_FREE char *secrets = path_join(m->r->paths->config, "secrets");
	cJSON *values = cJSON_CreateObject(), *deploy;

	cJSON_AddItemToObject(values, "answers",
			      cJSON_Duplicate(m->d->answers, true));
	deploy = cJSON_AddObjectToObject(values, "deploy");
	cJSON_AddStringToObject(deploy, "dir", m->d->into);
	cJSON_AddStringToObject(deploy, "name", m->d->id);
	cJSON_AddStringToObject(deploy, "template", m->r->t->name);
	cJSON_AddStringToObject(deploy, "version", m->r->t->version);
	cJSON_AddStringToObject(deploy, "secrets", secrets);
	return values;
}

/* The workflow of a pattern's file as it stands alone: two columns to the
 * left, from its first line on. */
static void
unnest(const char *text, struct buf *out)
{
	text += strspn(text, " ");
	text += *text == '\n';
	while (*text) {
		size_t n;

		text += strspn(text, " ") < 2 ? 0 : 2;
		n = strcspn(text, "\n");
		n += text[n] == '\n';
		buf_add(out, text, n);
		text += n;
	}
}

/* What unnest gives when the pattern is written and read again. */
static bool
normalize(const char *text, struct buf *out, struct err *err)
{
	struct pattern p;
	bool ok;

	pattern_init(&p);
	ok = pattern_set_workflow(&p, text, err);
	if (ok)
		unnest(p.workflow, out);
	pattern_release(&p);
	return ok;
}

static bool
there_now(const struct making *m, struct buf *out)
{
	struct pattern p;
	struct err unused = ERR_INIT;

	if (!path_exists(m->d->pattern_path) ||
	    !pattern_read(m->d->pattern_path, &p, &unused))
		return false;
	if (p.workflow)
		unnest(p.workflow, out);
	pattern_release(&p);
	return out->len > 0;
}

/* What a person changed in the library since the deployment before goes into
 * the workflow that the template made. Conflicts that nobody has settled leave
 * it as the template made it; then nothing is written. */
static bool
merge_workflow(struct making *m)
{
	struct deployment *d = m->d;
	const char *known = json_str(m->before, "workflow");
	AUTO(buf) base = BUF_INIT, there = BUF_INIT, made = BUF_INIT;
	AUTO(buf) whole = BUF_INIT;
	struct err unused = ERR_INIT;

	cJSON_AddStringToObject(m->record, "workflow",
				buf_str(&d->workflow_text));
	if (!known || !normalize(known, &base, &unused) ||
	    !there_now(m, &there) || same_text(&base, &there))
		return true;
	if (!normalize(buf_str(&d->workflow_text), &made, m->err))
		return false;
	m->workflow_conflicts =
		merge(m, &base, &there, &made, m->r->take, &whole);
	m->workflow_merged = true;
	if (m->workflow_conflicts && m->r->take == MERGE_MARK)
		return true;
	buf_reset(&d->workflow_text);
	buf_add(&d->workflow_text, buf_str(&whole), whole.len);
	return true;
}

static bool
make_workflow(struct making *m, const cJSON *values)
{
	struct deployment *d = m->d;
	AUTO_FREE char *name =
		xasprintf("%s (deployed)", yaml_name(m->r->t->workflow));
	AUTO(strv) missing = STRV_INIT;
	AUTO_JSON *inputs = NULL;

	if (!template_workflow(m->r->t, values, &d->workflow_text, m->err) ||
	    !merge_workflow(m))
		return false;
	d->workflow =
		workflow_parse(buf_str(&d->workflow_text), d->workflow_text.len,
			       name, 1, m->r->tools, m->err);
	if (!d->workflow || !workflow_check_inputs(d->workflow, NULL, &inputs,
						   &missing, m->err))
		return false;
	workflow_class(d->workflow, inputs, &d->cls);
	return true;
}

static bool
make_files(struct making *m, const cJSON *values)
{
	const struct template *t = m->r->t;

	for (size_t i = 0; i < t->file_count; i++) {
		const struct template_file *f = &t->files[i];
		AUTO_FREE char *path = path_join(m->d->into, f->to);
		AUTO(buf) text = BUF_INIT;
		bool wanted;

		if (!template_render(t, f, values, &wanted, &text, m->err))
			return false;
		if (wanted && !add_made(m, f->to, path, &text,
					f->executable ? 0755 : 0644))
			return false;
	}
	return true;
}

/* ---- the pattern -------------------------------------------------------------- */

/* Counts and dates of the deployment before, if it can be read. */
static void
keep_history(struct pattern *p, const char *path)
{
	struct pattern old;

	if (!path_exists(path) || !pattern_read(path, &old, NULL))
		return;
	p->counts = old.counts;
	p->status = old.status;
	p->created_us = old.created_us;
	p->last_used_us = old.last_used_us;
	p->issues = TAKE(old.issues);
	p->issue_count = old.issue_count;
	p->issue_cap = old.issue_cap;
	old.issue_count = 0;
	pattern_release(&old);
}

static void
set_text(char **at, const char *text)
{
	free(*at);
	*at = xstrdup(text);
}

static bool
fill_pattern(struct making *m, struct pattern *p)
{
	const struct template *t = m->r->t;
	const struct workflow *w = m->d->workflow;

	set_text(&p->id, m->d->id);
	set_text(&p->name, w->name);
	set_text(&p->description,
		 w->description ? w->description : t->description);
	set_text(&p->category, t->category);
	set_text(&p->version, t->version);
	p->created_us = clock_wall_us();
	for (size_t i = 0; i < t->keyword_count; i++)
		strv_add(&p->keywords, t->keywords[i]);
	for (size_t i = 0; i < w->step_count; i++)
		strv_add(&p->steps, w->steps[i].id);
	for (size_t i = 0; i < t->require_count; i++)
		strv_add(&p->environment, t->requires[i]);
	strv_add(&p->tags, "deployed_templates");
	strv_add(&p->tags, t->name);
	free(p->body);
	p->body = xasprintf("# %s\n\nDeployed from the template %s %s.\n",
			    w->name, t->name, t->version);
	p->body_len = strlen(p->body);
	keep_history(p, m->d->pattern_path);
	return pattern_set_workflow(p, buf_str(&m->d->workflow_text), m->err);
}

/* Keys of ours after the first line, which is "---". */
static void
add_origin(struct making *m, const struct buf *text, struct buf *out)
{
	size_t head = strlen("---\n");

	buf_add(out, buf_str(text), head);
	buf_addstr(out, "template: ");
	yaml_add_str(out, m->r->t->name, strlen(m->r->t->name));
	buf_addstr(out, "\ntemplate_version: ");
	yaml_add_str(out, m->r->t->version, strlen(m->r->t->version));
	buf_addch(out, '\n');
	add_owner_line(out, m->d->into);
	buf_add(out, buf_str(text) + head, text->len - head);
}

static bool
make_pattern(struct making *m)
{
	AUTO(buf) text = BUF_INIT, whole = BUF_INIT;
	struct pattern p, again;
	bool ok;

	pattern_init(&p);
	ok = fill_pattern(m, &p) && pattern_format(&p, &text, m->err);
	pattern_release(&p);
	if (!ok)
		return false;
	add_origin(m, &text, &whole);
	if (!pattern_parse(buf_str(&whole), whole.len, m->d->pattern_path,
			   &again, m->err))
		return false;
	pattern_release(&again);
	if (!add_file(m, NULL, m->d->pattern_path, &whole, 0644, false))
		return false;
	note_merge(m, m->workflow_merged, m->workflow_conflicts);
	return true;
}

/* For the deployment after this one; nothing that a person is shown. */
static bool
keep_record(struct making *m)
{
	AUTO_FREE char *path = deployed_path(m->r->paths, m->d->id);
	AUTO_FREE char *text = NULL;
	const struct buf *old;

	cJSON_AddItemToObject(m->record, "answers",
			      cJSON_Duplicate(m->d->answers, true));
	text = json_print(m->record);
	return batch_add(m->d->batch, NULL, path, text, strlen(text), 0600,
			 &old, m->err);
}

/* ---- the whole ------------------------------------------------------------------ */

static bool
make(struct making *m)
{
	AUTO_JSON *values = NULL;

	if (!choose_id(m) || !take_answers(m))
		return false;
	values = make_values(m);
	return make_workflow(m, values) && make_files(m, values) &&
	       make_pattern(m) && keep_record(m);
}

struct deployment *
deploy_prepare(const struct deploy_request *r, struct err *err)
{
	AUTO_PTR(deployment) d = xcalloc(1, sizeof(*d));
	AUTO_FREE char *dir = batch_dir(r->paths);
	struct making m = { .r = r, .d = d, .err = err };
	bool ok;

	d->into = xstrdup(r->into);
	d->batch = batch_new(dir);
	ok = make(&m);
	cJSON_Delete(m.before);
	cJSON_Delete(m.record);
	return ok ? TAKE(d) : NULL;
}

bool
deploy_settled(const struct deployment *d, struct err *err)
{
	for (size_t i = 0; d->conflicts && i < d->file_count; i++)
		if (d->files[i].conflicts)
			return FAIL(err, ERR_CONFLICT,
				    "%s: you and the template changed the same "
				    "lines (%zu time%s); agentops "
				    "deploy-template with --into %s and --take "
				    "mine or --take template says which count",
				    d->files[i].path, d->files[i].conflicts,
				    d->files[i].conflicts == 1 ? "" : "s",
				    d->into);
	return true;
}

bool
deploy_commit(struct deployment *d, struct err *err)
{
	return deploy_settled(d, err) && batch_commit(d->batch, err);
}

bool
deploy_recover(const struct paths *paths, struct strv *ret_told,
	       struct err *err)
{
	AUTO_FREE char *dir = batch_dir(paths);

	return batch_recover(dir, ret_told, err);
}
