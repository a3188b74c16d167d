#include "flow/offline.h"

#include "base/json.h"
#include "flow/plan_edit.h"
#include "flow/research.h"
#include "know/match.h"

#include <stdlib.h>
#include <string.h>

void
plan_release(struct plan *p)
{
	free(p->pattern);
	free(p->source);
	free(p->workflow);
	free(p->explanation);
	cJSON_Delete(p->choice);
	cJSON_Delete(p->inputs);
	*p = (struct plan){ 0 };
}

/* --- which pattern ----------------------------------------------------- */

static const char how_to_write_one[] =
	"write one: agentops-workflow(5) shows the format, agentops patterns "
	"validate FILE checks it, and a file in the patterns/discovered "
	"folder of your data root is found by the next run";

static void
name_nearest(const cJSON *matches, struct buf *out)
{
	const cJSON *m;

	cJSON_ArrayForEach(m, matches)
		buf_printf(out, "%s%s (score %.2f)", out->len ? ", " : "",
			   json_str(m, "id"), json_num(m, "score", 0));
}

static cJSON *
duplicate_match(const struct match *m)
{
	AUTO(buf) b = BUF_INIT;

	match_json(m, &b);
	return cJSON_Parse(buf_str(&b));
}

/* The pattern that --pattern names. */
static bool
choose_named(const struct plan_request *req, const char *id,
	     cJSON **ret_choice, struct err *err)
{
	struct match_query q = { .task = req->task };
	struct match m;

	if (!match_one(req->db, &q, id, &m, err))
		return false;
	*ret_choice = duplicate_match(&m);
	match_release(&m);
	return true;
}

static bool
choose_best(const struct plan_request *req, cJSON **ret_choice,
	    cJSON **ret_nearest, struct err *err)
{
	const cJSON *report = json_get(req->reports, "patterns");
	const cJSON *matches = json_get(report, "matches");
	AUTO(buf) near = BUF_INIT;
	const char *domain;

	if (!report)
		return FAIL(err, ERR_ENV,
			    "the patterns worker did not report, so there is "
			    "nothing to plan with");
	if (json_bool(report, "found", false)) {
		*ret_choice = cJSON_Duplicate(cJSON_GetArrayItem(matches, 0),
					      true);
		return true;
	}
	name_nearest(matches, &near);
	*ret_nearest = matches ? cJSON_Duplicate(matches, true) : NULL;
	domain = json_str(json_get(req->options, "hints"), "domain");
	return FAIL(err, ERR_NOTFOUND,
		    "no pattern%s%s fits this task. Nearest: %s. Name one "
		    "with --pattern ID, or %s",
		    domain ? " of the domain " : "", domain ? domain : "",
		    near.len ? buf_str(&near) : "none", how_to_write_one);
}

static char *
explain(const cJSON *choice, bool named)
{
	double p = json_num(choice, "probability", 0);

	return xasprintf(
		"Offline: this replays the pattern %s (\"%s\"), %s. "
		"Probability of success %.0f %% (%s), score %.2f, "
		"%.0f executions so far.",
		json_str(choice, "id"), json_str(choice, "name"),
		named ? "because you named it" : "the best match of the library",
		100 * p, match_band_word(match_band(p)),
		json_num(choice, "score", 0),
		json_num(choice, "executions", 0));
}

/* --- its inputs -------------------------------------------------------- */

struct filler {
	const struct plan_request *req;
	const struct workflow *workflow;
	cJSON *inputs;
	struct strv files; /* not given to an input yet */
};

static bool
pattern_fits(const struct workflow_input *in, const char *value)
{
	AUTO_JSON *v = cJSON_CreateString(value);
	AUTO_JSON *checked = NULL;

	return workflow_check_input(in, v, &checked, NULL);
}

static void
fill_file(struct filler *f, const struct workflow_input *in)
{
	if (str_eq(in->name, "workspace") || str_eq(in->name, "repository")) {
		cJSON_AddStringToObject(f->inputs, in->name,
					f->req->workspace);
		return;
	}
	for (size_t i = 0; i < f->files.count; i++) {
		if (!*f->files.items[i] ||
		    !pattern_fits(in, f->files.items[i]))
			continue;
		cJSON_AddStringToObject(f->inputs, in->name,
					f->files.items[i]);
		f->files.items[i][0] = '\0';
		return;
	}
}

/* An option that the task names, as a word of its own in any case. */
static void
fill_select(struct filler *f, const struct workflow_input *in)
{
	for (size_t i = 0; i < in->option_count; i++) {
		if (!strcasestr(f->req->task, in->options[i]))
			continue;
		cJSON_AddStringToObject(f->inputs, in->name, in->options[i]);
		return;
	}
}

static void
fill_input(struct filler *f, const struct workflow_input *in)
{
	const cJSON *given =
		json_get(json_get(f->req->options, "inputs"), in->name);

	if (given) {
		cJSON_AddItemToObject(f->inputs, in->name,
				      cJSON_Duplicate(given, true));
		return;
	}
	if (in->type == INPUT_FILE)
		fill_file(f, in);
	else if (in->type == INPUT_SELECT && !in->fallback)
		fill_select(f, in);
	else if (in->type == INPUT_TEXT && str_eq(in->name, "task"))
		cJSON_AddStringToObject(f->inputs, in->name, f->req->task);
}

/* Values for inputs that the workflow does not have are kept, so that its
 * own check names them. */
static void
keep_unknown(struct filler *f)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, json_get(f->req->options, "inputs"))
		if (!json_get(f->inputs, v->string))
			cJSON_AddItemToObject(f->inputs, v->string,
					      cJSON_Duplicate(v, true));
}

static bool
fill_inputs(const struct plan_request *req, struct plan *p, struct err *err)
{
	AUTO_PTR(workflow) w = workflow_parse(p->workflow,
					      strlen(p->workflow), p->source,
					      p->first_line, req->tools, err);
	struct filler f = { .req = req, .workflow = w };

	if (!w)
		return false;
	f.inputs = p->inputs = cJSON_CreateObject();
	research_files(req->task, req->workspace, req->options, &f.files);
	for (size_t i = 0; i < w->input_count; i++)
		fill_input(&f, &w->inputs[i]);
	keep_unknown(&f);
	strv_release(&f.files);
	return true;
}

bool
offline_plan(const struct plan_request *req, struct plan *ret,
	     cJSON **ret_nearest, struct err *err)
{
	const char *named = json_str(req->options, "pattern");
	struct plan p = { 0 };
	struct pattern pattern;

	if (!(named ? choose_named(req, named, &p.choice, err) :
		      choose_best(req, &p.choice, ret_nearest, err)))
		return false;
	p.pattern = xstrdup(json_str(p.choice, "id"));
	if (!library_open(req->db, p.pattern, &pattern, err)) {
		plan_release(&p);
		return false;
	}
	p.source = xstrdup(json_str(p.choice, "path"));
	p.first_line = pattern.workflow_line;
	p.workflow = xstrdup0(pattern.workflow);
	pattern_release(&pattern);
	p.explanation = explain(p.choice, named != NULL);
	if (!p.workflow)
		FAIL(err, ERR_DATA, "pattern %s has no workflow to replay",
		     p.pattern);
	if (!p.workflow ||
	    !plan_edit(p.source, req->options, &p.workflow, &p.first_line,
		       err) ||
	    !fill_inputs(req, &p, err)) {
		plan_release(&p);
		return false;
	}
	*ret = p;
	return true;
}
