/*
 * deploy_text.h - a template and its deployment told in lines; for
 * deploy-template and templates.
 */
#ifndef AGENTOPS_CLI_DEPLOY_TEXT_H
#define AGENTOPS_CLI_DEPLOY_TEXT_H

#include "cli/cli.h"
#include "flow/deploy.h"

/* Finds and loads by name or folder; NULL with err. The project is the
 * current folder. */
struct template *deploy_load(struct cli *c, const char *name,
			     struct err *err);

/* Where a deployment goes: dir, below here unless it is absolute, without
 * links as far as it is there already. Caller frees *ret. */
bool deploy_into(const char *here, const char *dir, char **ret,
		 struct err *err);

/* Name, version, description, and each field with what it takes. */
void deploy_text_template(const struct template *t, struct buf *out);
/* What a field is: "source (file-upload, required): Data file [.csv]". */
void deploy_text_field(const struct template_field *f, struct buf *out);
/* What becomes of a file: new, same, REPLACED; when it was changed since the
 * deployment before: yours (as it is), merged, CONFLICT. */
const char *deploy_text_state(const struct deployment *d,
			      const struct deploy_file *f);
/* Files, workflow and risk; with diffs, those too. Nothing of a secret but
 * its name. */
void deploy_text_preview(const struct deployment *d,
			 const struct template *t, bool diffs,
			 struct buf *out);

#endif
