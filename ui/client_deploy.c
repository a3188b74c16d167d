/*
 * The wizard's work outside the app: templates read, a deployment prepared
 * and written, each on a pool thread.
 *
 *  1. c->prepared is the deployment prepared last, as it was shown, or NULL.
 *     What is deployed is that and nothing else.
 *  2. A deployment belongs to one thread at a time: a job takes it out of
 *     c->prepared and is the only one that has it.
 */
#include "ui/client_job.h"

#include "base/clock.h"
#include "base/json.h"
#include "cli/deploy_text.h"
#include "flow/deploy.h"
#include "run/engine.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct client_prepared {
	struct template *t;
	struct deployment *d;
};

struct deploy_job {
	struct client_job base;
	const struct paths *paths;
	char *here, *dir, *into, *answers;
	struct template_rows rows;
	struct client_prepared *p;
	struct buf text;
	const char *field; /* that is wrong; of p's template */
	struct strv told;  /* of deployments that were cut off */
	int64_t took_us;
	struct err err;
};

void
client_prepared_free(struct client_prepared *p)
{
	if (!p)
		return;
	deployment_free(p->d);
	template_free(p->t);
	free(p);
}

static struct deploy_job *
job_new(struct client *c, const struct ask *k)
{
	struct deploy_job *j = xcalloc(1, sizeof(*j));

	client_job_begin(c, &j->base, k->ticket);
	j->paths = &c->cli->paths;
	j->dir = xstrdup0(k->text);
	j->into = xstrdup0(k->more);
	j->answers = xstrdup0(k->values);
	return j;
}

static void
job_free(struct deploy_job *j)
{
	client_job_end(&j->base);
	template_rows_release(&j->rows);
	client_prepared_free(j->p);
	buf_release(&j->text);
	strv_release(&j->told);
	free(j->here);
	free(j->dir);
	free(j->into);
	free(j->answers);
	free(j);
}

static bool
find_here(struct deploy_job *j)
{
	j->here = getcwd(NULL, 0);
	return j->here ||
	       FAIL(&j->err, ERR_ENV, "the current folder is gone; start "
				      "agentops in another one");
}

/* --- templates ----------------------------------------------------------- */

static void
read_templates(void *ud)
{
	struct deploy_job *j = ud;
	struct template_rows *r = &j->rows;
	AUTO(strv) dirs = STRV_INIT;

	if (!find_here(j))
		return;
	template_list(j->paths, j->here, &dirs);
	for (size_t i = 0; i < dirs.count; i++) {
		struct err err = ERR_INIT;
		struct template *t = template_load(dirs.items[i], &err);

		GROW(r->items, r->count, r->cap);
		r->items[r->count++] = (struct template_row){
			.name = xstrdup(path_base(dirs.items[i])),
			.problem = t ? NULL : xstrdup(err.msg),
			.t = t,
		};
	}
}

static void
on_templates(void *ud)
{
	struct deploy_job *j = ud;

	if (j->base.client && j->err.code != ERR_NONE)
		client_fail(j->base.client, &j->err);
	if (j->base.client)
		client_send(j->base.client,
			    &(struct msg){ .kind = MSG_TEMPLATES,
					   .templates = &j->rows,
					   .words = j->here,
					   .ticket = j->base.ticket });
	job_free(j);
}

void
client_read_templates(struct client *c, const struct ask *k)
{
	loop_work(c->loop, read_templates, on_templates, job_new(c, k));
}

/* --- preparing ------------------------------------------------------------ */

/* Messages about an answer begin with its field. */
static const char *
field_of(const struct template *t, const char *message)
{
	for (size_t i = 0; i < t->field_count; i++) {
		const char *name = t->fields[i].in.name;

		if (str_starts(message, name) &&
		    str_starts(message + strlen(name), ": "))
			return name;
	}
	return NULL;
}

static bool
prepare(struct deploy_job *j, struct err *err)
{
	AUTO_JSON *given = json_parse(j->answers, strlen(j->answers),
				      "answers", err);
	AUTO_JSON *answers = NULL;
	AUTO_FREE char *into = NULL;
	struct deploy_request r = { .paths = j->paths,
				    .tools = &engine_tools,
				    .base = j->here };

	if (!given || !deploy_recover(j->paths, &j->told, err))
		return false;
	j->p->t = template_load(j->dir, err);
	if (!j->p->t || !deploy_into(j->here, j->into, &into, err) ||
	    !template_answers(j->p->t, given, &answers, NULL, err))
		return false;
	r.t = j->p->t;
	r.answers = answers;
	r.into = into;
	j->p->d = deploy_prepare(&r, err);
	return j->p->d != NULL;
}

static void
prepare_work(void *ud)
{
	struct deploy_job *j = ud;

	j->p = xcalloc(1, sizeof(*j->p));
	if (!find_here(j))
		return;
	if (prepare(j, &j->err))
		deploy_text_preview(j->p->d, j->p->t, true, &j->text);
	else if (j->p->t)
		j->field = field_of(j->p->t, j->err.msg);
}

static void
on_prepared(void *ud)
{
	struct deploy_job *j = ud;
	struct client *c = j->base.client;
	bool ok = j->err.code == ERR_NONE;
	struct msg m = { .kind = MSG_PREPARED,
			 .ticket = j->base.ticket,
			 .error = !ok,
			 .words = j->err.msg,
			 .text = &j->text };

	for (size_t i = 0; c && i < j->told.count; i++)
		client_note(c, false, "%s", j->told.items[i]);
	if (c) {
		m.id = ok ? j->p->d->id : j->field;
		m.number = !ok ? 0 : j->p->d->conflicts ? 2 : j->p->d->replaces;
		client_send(c, &m);
	}
	if (c && ok) {
		client_prepared_free(c->prepared);
		c->prepared = TAKE(j->p);
	}
	job_free(j);
}

void
client_prepare(struct client *c, const struct ask *k)
{
	loop_work(c->loop, prepare_work, on_prepared, job_new(c, k));
}

/* --- deploying ------------------------------------------------------------- */

static void
deploy_work(void *ud)
{
	struct deploy_job *j = ud;
	int64_t since = clock_mono_us();

	if (deploy_commit(j->p->d, &j->err))
		j->took_us = clock_mono_us() - since;
}

static void
on_deployed(void *ud)
{
	struct deploy_job *j = ud;
	const struct deployment *d = j->p->d;

	if (j->base.client)
		j->base.client->synced = false;
	if (j->base.client)
		client_send(j->base.client,
			    &(struct msg){ .kind = MSG_DEPLOYED,
					   .ticket = j->base.ticket,
					   .error = j->err.code != ERR_NONE,
					   .words = j->err.code != ERR_NONE ?
							    j->err.msg :
							    d->into,
					   .id = d->id,
					   .number = (int64_t)d->file_count,
					   .took_us = j->took_us });
	job_free(j);
}

void
client_deploy(struct client *c, const struct ask *k)
{
	struct deploy_job *j;

	if (!c->prepared) {
		client_note(c, true, "There is nothing to deploy any more; "
				     "go back and forth once");
		return;
	}
	j = job_new(c, k);
	j->p = TAKE(c->prepared);
	loop_work(c->loop, deploy_work, on_deployed, j);
}
