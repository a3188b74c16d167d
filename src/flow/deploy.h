/*
 * deploy.h - a template with answers becomes files, secrets and a pattern.
 *
 *	struct deploy_request r = { template, paths, &engine_tools, answers,
 *				    .into = "/home/a/etl", .base = "." };
 *	AUTO_PTR(deployment) d = deploy_prepare(&r, err);
 *	show(d->files, d->cls);          nothing is written yet
 *	deploy_commit(d, err)            everything, or nothing (base/batch.h)
 *
 * deploy_prepare does all that can fail for a reason of the template's or the
 * answers': the workflow is loaded and classed, every file rendered, what is
 * there now read. deploy_commit writes:
 *
 *	INTO/...                          the template's files
 *	<config>/secrets/ID.FIELD.EXT     uploads and secrets, 0600
 *	<data>/patterns/STAGE/ID.md       the workflow, tag deployed_templates
 *
 * The text of a secret is in the batch alone: answers, workflow, files and
 * what is shown have "secret:NAME". ID is the template's name and that of the
 * folder; the front matter's `deployed_to` says whose it is, so deploying
 * into the same folder again updates the pattern (its counts stay) and into
 * another of the same name makes a new id.
 *
 * Deploying again, a later version or other answers, is a three-way merge of
 * each file and of the workflow: what the deployment before wrote is known
 * (flow/deployed.h), so what a person changed since is kept, and what the
 * template changed is put in. Where both changed the same lines it is a
 * conflict: deploy_commit refuses until `take` says which side counts.
 */
#ifndef AGENTOPS_FLOW_DEPLOY_H
#define AGENTOPS_FLOW_DEPLOY_H

#include "base/batch.h"
#include "base/merge.h"
#include "flow/template.h"

struct deploy_request {
	const struct template *t;
	const struct paths *paths;
	const struct workflow_tools *tools;
	const cJSON *answers; /* of template_answers */
	const char *into;     /* absolute; may not be there yet */
	const char *base;     /* relative paths of answers are meant below it */
	enum merge_take take; /* in a conflict; mine: the person's */
};

struct deploy_file {
	char *path;        /* absolute */
	char *diff;        /* unified; "" when unchanged; NULL for secrets */
	bool changed, secret;
	bool merged;      /* a person's changes are in it */
	size_t conflicts; /* settled ones too */
	size_t size_bytes;
	const struct buf *old; /* what is there, the batch's; or NULL */
};

struct deployment {
	char *into, *id, *pattern_path;
	cJSON *answers;          /* without the text of secrets */
	struct deploy_file *files;
	size_t file_count, file_cap;
	struct buf workflow_text;
	struct workflow *workflow;
	struct policy_class cls; /* of a run with these answers */
	struct batch *batch;
	bool replaces;           /* a file of INTO or the library changes */
	size_t conflicts;        /* that nobody has settled */
};

/* The answers of the deployment of this template into this folder, as far as
 * the template still asks for them; NULL when there was none. Caller deletes. */
cJSON *deploy_answers_before(const struct template *t,
			     const struct paths *paths, const char *into);

/* NULL with err. Reads, but writes nothing. */
struct deployment *deploy_prepare(const struct deploy_request *r,
				  struct err *err);
/* False with ERR_CONFLICT when a conflict is not settled. */
bool deploy_settled(const struct deployment *d, struct err *err);
/* ERR_CONFLICT when files changed meanwhile, or a conflict is not settled. */
bool deploy_commit(struct deployment *d, struct err *err);
void deployment_free(struct deployment *d);
DEFINE_AUTO_PTR(deployment);

/* batch_recover for deployments that were cut off; call it before another. */
bool deploy_recover(const struct paths *paths, struct strv *ret_told,
		    struct err *err);

#endif
