/* orchestrate, resume, decide, abort: commands that carry runs on. */
#include "cli/drive.h"
#include "cli/pattern_text.h"
#include "cli/request.h"

#include "base/json.h"
#include "flow/policy.h"
#include "flow/research.h"
#include "know/match.h"
#include "run/iterate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 5 };

/* --- orchestrate ------------------------------------------------------- */

static int
resume(struct cli *c, const char *name)
{
	struct err err = ERR_INIT;
	char run[ID_RUN_SIZE];

	if (!cli_journal(c, &err) ||
	    !journal_find_run(c->journal, name, run, &err))
		return cli_fail(c, &err);
	return drive_resume(c, run);
}

/* --- orchestrate --show-patterns --------------------------------------- */

static void
print_match(const struct cli *c, const struct match *m, size_t number)
{
	AUTO_FREE char *rate = pattern_text_rate(&m->row.counts);
	AUTO_FREE char *text = NULL;
	AUTO(buf) json = BUF_INIT;

	if (c->json) {
		match_json(m, &json);
		puts(buf_str(&json));
		return;
	}
	text = xasprintf("%zu. %s [%s]\n   Probability of success: %.0f%% "
			 "(%s) | Score: %.2f | Success: %s | Uses: %" PRId64
			 " | Pattern ID: %s\n",
			 number, m->row.name,
			 pattern_status_word(m->row.status),
			 100 * m->p.probability, match_band_word(m->band),
			 m->score.score, rate, m->row.counts.executions,
			 m->row.id);
	cli_print(text);
}

/* The number of a line, or Enter for the first: its index; -1 for none. */
static int
choose_match(const struct cli *c, const struct match_list *l)
{
	AUTO_FREE char *question = xasprintf(
		"Which one? [1-%zu, Enter for 1, q to stop]", l->count);
	AUTO_FREE char *answer = drive_ask(c, question);
	int64_t n = 1;

	if (!answer ||
	    (*answer && !str_to_i64(answer, 1, (int64_t)l->count, &n)))
		return -1;
	return (int)n - 1;
}

/* True when a person chose one, which the request then names. */
static bool
show_patterns(struct cli *c, struct request *r, int *status)
{
	AUTO(strv) hints = STRV_INIT;
	AUTO(match_list) list = { 0 };
	struct match_query q = {
		.task = r->task,
		.hints = &hints,
		.category = json_str(json_get(r->options, "hints"), "domain"),
	};
	struct err err = ERR_INIT;
	int n;

	*status = 0;
	research_hints(r->task, r->workspace, r->options, &hints);
	if (!pattern_text_sync(c, &err) ||
	    !match_best(journal_db(c->journal), &q, SHOWN, &list, &err)) {
		*status = cli_fail(c, &err);
		return false;
	}
	if (!list.found && !c->json)
		printf("No pattern fits this task.%s\n",
		       list.count ? " Nearest:" : "");
	for (size_t i = 0; i < list.count; i++)
		print_match(c, &list.items[i], i + 1);
	n = list.found ? choose_match(c, &list) : -1;
	if (n < 0)
		return false;
	cJSON_DeleteItemFromObjectCaseSensitive(r->options, "pattern");
	cJSON_AddStringToObject(r->options, "pattern", list.items[n].row.id);
	request_update(r);
	return true;
}

static int
orchestrate(struct cli *c)
{
	struct request r;
	struct err err = ERR_INIT;
	int status;

	if (!request_make(c, 0, &r, &err))
		return cli_fail(c, &err);
	if (!cli_journal(c, &err))
		status = cli_fail(c, &err);
	else if (!cli_flag(c, "show-patterns") || show_patterns(c, &r, &status))
		status = drive_new(c, &r.run);
	request_release(&r);
	return status;
}

int
cmd_resume(struct cli *c)
{
	if (c->arg_count != 1)
		return cli_usage(c, "resume takes one run");
	return resume(c, c->args[0]);
}

/* --- decide ------------------------------------------------------------ */

enum { PLAN_FILE_LIMIT = 1 << 20 };

/* --with K=V: values as the step's tool wants them. NULL: none. */
static bool
add_with(const struct cli *c, const struct run_state *s,
	 const struct gate_row *g, cJSON *o, struct err *err)
{
	AUTO_JSON *pairs = cli_pairs(c, "with", err);
	const char *step = cli_option(c, "step");
	const cJSON *v;
	cJSON *with;

	if (!pairs)
		return false;
	if (!pairs->child)
		return true;
	with = cJSON_AddObjectToObject(o, "with");
	cJSON_ArrayForEach(v, pairs)
		cJSON_AddItemToObject(
			with, v->string,
			run_iterate_value(s, step ? step : g->step, v->string,
					  v->valuestring));
	return true;
}

static bool
add_workflow(const struct cli *c, const struct run_state *s,
	     const struct gate_row *g, cJSON *o, struct err *err)
{
	const char *file = cli_option(c, "workflow");
	AUTO(buf) text = BUF_INIT;

	if (!file)
		return true;
	if (!path_read(file, PLAN_FILE_LIMIT, &text, err))
		return false;
	if (memchr(buf_str(&text), 0, text.len))
		return FAIL(err, ERR_SYNTAX,
			    "%s: holds a NUL byte; it is not YAML text", file);
	/* Here, so that errors name the file. */
	if (str_eq(g->kind, "plan") &&
	    !run_check_workflow(s, buf_str(&text), file, err))
		return false;
	cJSON_AddStringToObject(o, "workflow", buf_str(&text));
	return true;
}

static bool
add_item(const struct cli *c, cJSON *o, struct err *err)
{
	const char *item = cli_option(c, "item");
	int64_t n = 0;

	if (!item)
		return true;
	if (!str_to_i64(item, 0, INT32_MAX, &n))
		return FAIL(err, ERR_USAGE, "--item %s: use a number from 0",
			    item);
	cJSON_AddNumberToObject(o, "item", (double)n);
	return true;
}

/* What to do anew, checked against the run as it is now. */
static char *
iterate_values(const struct cli *c, const struct gate_row *g, cJSON *inputs,
	       struct err *err)
{
	AUTO_PTR(run_state) s =
		engine_read(c->journal, g->run, &engine_tools, err);
	AUTO_JSON *o = cJSON_CreateObject();
	AUTO_FREE char *text = NULL;

	if (!s)
		return NULL;
	if (cli_option(c, "step"))
		cJSON_AddStringToObject(o, "step", cli_option(c, "step"));
	if (inputs->child)
		cJSON_AddItemToObject(o, "inputs",
				      cJSON_Duplicate(inputs, true));
	if (!add_item(c, o, err) || !add_with(c, s, g, o, err) ||
	    !add_workflow(c, s, g, o, err))
		return NULL;
	text = json_print(o);
	return run_check_iterate(s, g->number, text, err) ? TAKE(text) : NULL;
}

/* What the answer carries along: a form's values, or what to do anew. */
static char *
answer_values(const struct cli *c, const struct gate_row *g, enum decision d,
	      struct err *err)
{
	static const char *const only_iterate[] = { "step", "item", "with",
						    "workflow" };
	AUTO_JSON *pairs = cli_pairs(c, "set", err);

	if (!pairs)
		return NULL;
	/* A gate that is closed says so when it is answered. */
	if (d == DECISION_ITERATE && g->open)
		return iterate_values(c, g, pairs, err);
	for (size_t i = 0; i < ARRAY_LEN(only_iterate) && g->open; i++)
		if (cli_option(c, only_iterate[i])) {
			FAIL(err, ERR_USAGE, "--%s is for the decision iterate",
			     only_iterate[i]);
			return NULL;
		}
	return json_print(pairs);
}

static bool
check_decision(const struct gate_row *g, const char *word, enum decision *ret,
	       struct err *err)
{
	enum gate_kind kind = GATE_APPROVE;
	AUTO_FREE char *allowed = NULL;

	gate_kind_parse(g->kind, &kind);
	if (decision_parse(word, ret) && (gate_decisions(kind) & *ret))
		return true;
	allowed = gate_decisions_text(kind);
	return FAIL(err, ERR_USAGE, "a gate of kind %s takes %s, not \"%s\"",
		    g->kind, allowed, word);
}

/* Writes the decision down; a->by is the user. */
static bool
give_answer(struct cli *c, const struct gate_row *g, enum decision d,
	    const char *values, struct err *err)
{
	AUTO_FREE char *user = cli_user();
	struct gate_answer a = { .decision = decision_name(d),
				 .by = user,
				 .comment = cli_option(c, "comment"),
				 .values = values };

	if (!journal_decide(c->journal, g->run, g->number, &a, err))
		return false;
	if (!c->quiet && !c->json)
		printf("Gate %s.%" PRId64 ": %s by %s\n", g->run, g->number,
		       a.decision, user);
	return true;
}

static bool
find_gate(struct cli *c, const char *name, struct arena *arena,
	  struct gate_row *ret, char *run, struct err *err)
{
	int64_t number;

	return cli_journal(c, err) &&
	       journal_find_gate(c->journal, name, run, &number, err) &&
	       journal_get_gate(c->journal, run, number, arena, ret, err);
}

static bool
decide(struct cli *c, char *run, struct err *err)
{
	AUTO(arena) arena = { 0 };
	AUTO_FREE char *values = NULL;
	struct gate_row g;
	enum decision d;

	if (!find_gate(c, c->args[0], &arena, &g, run, err) ||
	    !check_decision(&g, c->args[1], &d, err))
		return false;
	values = answer_values(c, &g, d, err);
	return values && give_answer(c, &g, d, values, err);
}

int
cmd_decide(struct cli *c)
{
	struct err err = ERR_INIT;
	char run[ID_RUN_SIZE];

	if (c->arg_count != 2)
		return cli_usage(c, "decide takes a gate and a decision");
	if (!decide(c, run, &err))
		return cli_fail(c, &err);
	/* Whoever owns the run goes on with it; without an owner, we do. */
	if (cli_flag(c, "no-resume") || journal_is_owned(c->journal, run))
		return 0;
	return drive_resume(c, run);
}

/* --execute RUN: yes to the plan of a run that stopped there. */
static int
execute(struct cli *c, const char *name)
{
	AUTO(arena) arena = { 0 };
	struct err err = ERR_INIT;
	struct gate_row g;
	char run[ID_RUN_SIZE];

	if (!find_gate(c, name, &arena, &g, run, &err))
		return cli_fail(c, &err);
	if (strcmp(g.kind, gate_kind_name(GATE_PLAN)) != 0)
		return cli_usage(c,
				 "run %s waits at a gate of kind %s, not "
				 "at its plan",
				 run, g.kind);
	if (!give_answer(c, &g, DECISION_APPROVE, NULL, &err))
		return cli_fail(c, &err);
	return drive_resume(c, run);
}

int
cmd_orchestrate(struct cli *c)
{
	const char *plan = cli_option(c, "execute");
	const char *run = cli_option(c, "resume");

	if (!plan && !run)
		return orchestrate(c);
	if (c->arg_count || (plan && run))
		return cli_usage(c, "--%s takes a run and no task",
				 plan ? "execute" : "resume");
	return plan ? execute(c, plan) : resume(c, run);
}

/* --- abort ------------------------------------------------------------- */

static bool
is_over(void *ud, const struct event *e, const char *data)
{
	(void)data;
	*(bool *)ud |= e->type == EV_run_ended;
	return true;
}

int
cmd_abort(struct cli *c)
{
	AUTO_FREE char *user = cli_user();
	AUTO(arena) arena = { 0 };
	struct err err = ERR_INIT;
	char run[ID_RUN_SIZE];
	bool over = false;

	if (c->arg_count != 1)
		return cli_usage(c, "abort takes one run");
	if (!cli_journal(c, &err) ||
	    !journal_find_run(c->journal, c->args[0], run, &err) ||
	    !journal_read(c->journal, run, 1, &arena, is_over, &over, &err))
		return cli_fail(c, &err);
	if (over) {
		FAIL(&err, ERR_CONFLICT, "run %s has ended already", run);
		return cli_fail(c, &err);
	}
	if (!journal_ask_abort(c->journal, run, user, cli_option(c, "reason"),
			       &err))
		return cli_fail(c, &err);
	if (journal_is_owned(c->journal, run))
		return 0;
	/* Ending it, with learn, is this process's to do; that the run then
	 * is "aborted" is what was asked for. */
	drive_resume(c, run);
	return 0;
}
