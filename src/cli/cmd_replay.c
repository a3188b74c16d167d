/* replay-pattern: a run of a named pattern, with checks before it. */
#include "cli/drive.h"
#include "cli/pattern_text.h"
#include "cli/request.h"

#include "base/json.h"
#include "flow/plan_edit.h"
#include "know/match.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* v0.2.0's own limit for replaying without a question. */
#define RATE_MIN 0.8

struct replay {
	struct cli *c;
	struct match match;
	struct pattern pattern;
	struct workflow *workflow;
	const struct request *request; /* borrowed */
	bool low;                      /* the success rate is below RATE_MIN */
	struct buf out;
};

static void
replay_release(struct replay *r)
{
	match_release(&r->match);
	pattern_release(&r->pattern);
	if (r->workflow)
		workflow_free(r->workflow);
	buf_release(&r->out);
}

/* Any "--key value" is an input, so a slip of the finger is one, too. */
static bool
unknown_input(const struct replay *r, const char *name, struct err *err)
{
	const struct cli_command *cmd = r->c->command;
	const struct workflow *w = r->workflow;
	AUTO(strv) names = STRV_INIT;
	AUTO(buf) all = BUF_INIT;
	const char *near;

	for (size_t i = 0; i < w->input_count; i++) {
		strv_add(&names, w->inputs[i].name);
		buf_printf(&all, "%s%s", i ? ", " : "", w->inputs[i].name);
	}
	for (int i = 0; i < cmd->option_count; i++)
		strv_add(&names, cmd->options[i].name);
	near = str_nearest(name, (const char *const *)names.items, names.count);
	return FAIL(err, ERR_USAGE,
		    "the pattern has no input \"%s\"%s%s%s; it has %s", name,
		    near ? "; did you mean --" : "", near ? near : "",
		    near ? "?" : "", all.len ? buf_str(&all) : "none");
}

static bool
check_inputs(const struct replay *r, struct err *err)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, json_get(r->request->options, "inputs")) {
		const struct workflow_input *in =
			workflow_input(r->workflow, v->string);
		AUTO_JSON *checked = NULL;

		if (!in)
			return unknown_input(r, v->string, err);
		if (in->type != INPUT_FILE &&
		    !workflow_check_input(in, v, &checked, err))
			return false;
	}
	return true;
}

/* --- loading ----------------------------------------------------------- */

static bool
load_workflow(struct replay *r, struct err *err)
{
	const struct library_row *row = &r->match.row;

	if (!library_open(journal_db(r->c->journal), row->id, &r->pattern, err))
		return false;
	if (!r->pattern.workflow)
		return FAIL(err, ERR_DATA,
			    "%s has no workflow to replay (a proposal or a "
			    "file of v0.2.0 names its steps only); use: "
			    "agentops orchestrate",
			    row->id);
	if (!plan_edit(row->path, r->request->options, &r->pattern.workflow,
		       &r->pattern.workflow_line, err))
		return false;
	r->workflow =
		workflow_parse(r->pattern.workflow, strlen(r->pattern.workflow),
			       row->path, r->pattern.workflow_line,
			       &engine_tools, err);
	return r->workflow != NULL;
}

/* Everything but the rate, which a person may overrule. */
static bool
load(struct replay *r, struct err *err)
{
	struct match_query q = { .task = r->request->task };
	const char *id = r->c->args[0];

	if (!pattern_text_sync(r->c, err) ||
	    !pattern_text_exists(r->c, id, err) ||
	    !match_one(journal_db(r->c->journal), &q, id, &r->match, err) ||
	    !load_workflow(r, err) || !check_inputs(r, err))
		return false;
	r->low = r->match.row.counts.executions > 0 &&
		 pattern_rate(&r->match.row.counts) < RATE_MIN;
	return true;
}

bool
request_check_replay(struct cli *c, const struct request *request,
		     struct err *err)
{
	AUTO(replay) r = { .c = c, .request = request };

	if (!load(&r, err))
		return false;
	if (!r.low || cli_flag(c, "force"))
		return true;
	return FAIL(err, ERR_USAGE,
		    "the success rate of %s is below 80%%; --force replays it "
		    "all the same, and orchestrate finds the best pattern for "
		    "a task",
		    c->args[0]);
}

/* --- telling ----------------------------------------------------------- */

static void
tell_info(struct replay *r)
{
	const struct library_row *row = &r->match.row;
	AUTO_FREE char *rate = pattern_text_rate(&row->counts);

	buf_printf(&r->out,
		   "Pattern Info\n  %s (%s)\n  %s\n  Status: %s | Success: "
		   "%s | Uses: %" PRId64,
		   row->name, row->id, row->description,
		   pattern_status_word(row->status), rate,
		   row->counts.executions);
	if (row->counts.executions)
		buf_printf(&r->out, " | Avg: %.1fmin", row->counts.avg_minutes);
	buf_addch(&r->out, '\n');
}

static void __attribute__((format(printf, 3, 4)))
check(struct replay *r, bool ok, const char *fmt, ...)
{
	va_list ap;

	buf_printf(&r->out, "  %-5s ", ok ? "ok" : "CHECK");
	va_start(ap, fmt);
	buf_vprintf(&r->out, fmt, ap);
	va_end(ap);
	buf_addch(&r->out, '\n');
}

static void
tell_checks(struct replay *r)
{
	const struct match *m = &r->match;
	AUTO(buf) words = BUF_INIT;
	size_t issues = r->pattern.issue_count;

	for (size_t i = 0; i < m->shared.count; i++)
		buf_printf(&words, "%s%s", i ? ", " : "", m->shared.items[i]);
	buf_addstr(&r->out, "\nPre-Flight Checks\n");
	if (r->c->arg_count > 1)
		check(r, words.len, "task and pattern share %s",
		      words.len ? buf_str(&words) : "no word");
	if (m->row.counts.executions)
		check(r, !r->low, "success rate %.0f%%, at least 80%% wanted",
		      100 * pattern_rate(&m->row.counts));
	else
		check(r, false, "it has not been run yet");
	check(r, true, "all tools of its %zu step%s are available",
	      r->workflow->step_count, r->workflow->step_count == 1 ? "" : "s");
	check(r, !issues, "%zu known issue%s%s", issues, issues == 1 ? "" : "s",
	      issues ? ": agentops inspect-pattern tells them" : "");
}

static void
tell_inputs(struct replay *r)
{
	const cJSON *given = json_get(r->request->options, "inputs");
	const struct workflow *w = r->workflow;

	for (size_t i = 0; i < w->input_count; i++) {
		const struct workflow_input *in = &w->inputs[i];
		const char *value = json_str(given, in->name);

		buf_printf(&r->out, "  input %s: %s%s\n", in->name,
			   value ? "given: " : "",
			   value        ? value :
			   in->fallback ? "its default" :
			   in->required ? "found in the task, or asked" :
					  "left empty");
	}
}

static void
tell_workflow(struct replay *r)
{
	const struct workflow *w = r->workflow;

	buf_addstr(&r->out, "\nWorkflow\n");
	for (size_t i = 0; i < w->step_count; i++) {
		const struct workflow_step *s = &w->steps[w->order[i]];

		buf_printf(&r->out, "  Step %zu/%zu %s: %s (%s, sandbox %s)\n",
			   i + 1, w->step_count, s->id, s->title,
			   s->action.tool->name,
			   sandbox_profile_name(s->action.profile));
	}
	tell_inputs(r);
	if (r->match.row.counts.executions)
		buf_printf(&r->out,
			   "  Estimated time: %.1f minutes (the average so "
			   "far)\n",
			   r->match.row.counts.avg_minutes);
	buf_printf(&r->out, "  Known issues: %zu\n", r->pattern.issue_count);
}

static void
print_out(struct replay *r)
{
	if (!r->c->json && !r->c->quiet)
		cli_print(buf_str(&r->out));
	buf_reset(&r->out);
	fflush(stdout);
}

static void
print_json(struct replay *r)
{
	buf_reset(&r->out);
	buf_addch(&r->out, '{');
	pattern_text_json(&r->match.row, &r->out);
	json_add_key(&r->out, "rate_is_low");
	buf_addstr(&r->out, r->low ? "true" : "false");
	json_add_key(&r->out, "known_issues");
	buf_printf(&r->out, "%zu", r->pattern.issue_count);
	json_add_key(&r->out, "steps");
	buf_addch(&r->out, '[');
	for (size_t i = 0; i < r->workflow->step_count; i++) {
		if (i)
			buf_addch(&r->out, ',');
		json_add_str(&r->out,
			     r->workflow->steps[r->workflow->order[i]].id);
	}
	printf("%s]}\n", buf_str(&r->out));
}

/* A yes of a person; no where nobody can be asked. */
static bool
says_yes(const struct replay *r, const char *question)
{
	AUTO_FREE char *answer = drive_ask(r->c, question);

	return answer && (*answer == 'y' || *answer == 'Y');
}

/* --- the command ------------------------------------------------------- */

static int
run_replay(struct replay *r)
{
	if (r->low && !cli_flag(r->c, "force")) {
		cli_warn("its success rate is below 80%; agentops orchestrate "
			 "finds the best pattern for a task");
		if (!says_yes(r, "Proceed anyway? [y/n]"))
			return cli_usage(r->c, "not replayed; --force replays "
					       "it all the same");
	}
	return drive_new(r->c, &r->request->run);
}

static int
replay(struct replay *r)
{
	bool dry = cli_flag(r->c, "dry-run"), info = cli_flag(r->c, "info");

	if (r->c->json && (dry || info)) {
		print_json(r);
		return 0;
	}
	tell_info(r);
	if (!info)
		tell_checks(r);
	if (dry)
		tell_workflow(r);
	buf_addch(&r->out, '\n');
	print_out(r);
	if (info || (dry && !says_yes(r, "Execute? [y/n]")))
		return 0;
	return run_replay(r);
}

int
cmd_replay_pattern(struct cli *c)
{
	struct request request;
	struct replay r = { .c = c, .request = &request };
	struct err err = ERR_INIT;
	int status;

	if (!c->arg_count)
		return cli_usage(c, "replay-pattern takes a pattern's id");
	if (!request_make(c, 1, &request, &err))
		return cli_fail(c, &err);
	status = load(&r, &err) ? replay(&r) : cli_fail(c, &err);
	replay_release(&r);
	request_release(&request);
	return status;
}
