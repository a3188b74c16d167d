/* A gate in the plain dialogue: what it shows, numbered choices, forms. */
#include "cli/plain_ask.h"

#include "base/json.h"
#include "cli/gate_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In the order in which they are offered. */
static const struct choice {
	enum decision decision;
	const char *words;
	const char *comment; /* the question for one, NULL: none */
} choices[] = {
	{ DECISION_APPROVE, "approve", NULL },
	{ DECISION_ITERATE, "comment and iterate",
	  "What should be different? (comment)" },
	{ DECISION_REJECT, "reject", "Why? (empty: no comment)" },
	{ DECISION_RETRY, "retry", NULL },
	{ DECISION_MARK_DONE, "mark as done", "How was it done? (comment)" },
	{ DECISION_SKIP, "skip", "Why? (empty: no comment)" },
	{ DECISION_ABORT, "abort the run", "Why? (empty: no comment)" },
};

static void
tell_gate(struct plain *p, const struct run_state *s,
	  const struct gate_state *g)
{
	AUTO_FREE char *dir = journal_run_dir(p->d.c->journal, s->id);
	AUTO(strv) lines = STRV_INIT;
	AUTO_JSON *shown = g->shown ? cJSON_Parse(g->shown) : NULL;

	plain_say("Gate %d of run %s, %s, risk %s.", g->number, s->id,
		  gate_kind_name(g->kind), risk_name(g->risk));
	plain_say("%s", g->title ? g->title : "");
	/* The fields of a form are asked one by one, and what a review is
	 * about was told as it came. */
	if (g->kind == GATE_REVIEW && p->told)
		gate_text_changes(g->shown, &lines);
	else if (g->kind != GATE_FORM)
		gate_text(g->kind, g->shown, dir, &lines);
	else if (json_str(shown, "problem"))
		strv_addf(&lines, "Problem: %s", json_str(shown, "problem"));
	for (size_t i = 0; i < lines.count; i++)
		plain_say("  %s", lines.items[i]);
}

static void
tell_lines(const char *text)
{
	for (const char *at = text; at && *at;) {
		size_t n = strcspn(at, "\n");

		plain_say("  %.*s", (int)n, at);
		at += n + (at[n] == '\n');
	}
}

/* JSON as indented lines "name: value", without its punctuation; what is
 * null is left out. */
static char *
words_of_json(const cJSON *v)
{
	AUTO_FREE char *text = cJSON_Print(v);
	struct buf b = BUF_INIT;

	for (const char *at = text; *at;) {
		size_t depth = strspn(at, "\t"), n = strcspn(at, "\n");
		const char *p = at + depth + strspn(at + depth, "{}[], \t");
		const char *end = at + n, *colon = memchr(at, ':', n);

		at += n + (*end == '\n');
		while (end > p && strchr("{[,\t", end[-1]))
			end--;
		if (p >= end || (end - p > 4 && !memcmp(end - 4, "null", 4)))
			continue;
		buf_printf(&b, "%*s", (int)(depth > 1 ? 2 * depth - 2 : 0), "");
		for (; p < end; p++)
			if (*p != '\t' && !(*p == '"' && colon && p < colon))
				buf_addch(&b, *p);
			else if (*p == '\t')
				buf_addch(&b, ' ');
		buf_addch(&b, '\n');
	}
	return buf_steal(&b);
}

/* All that is recorded: the workflow of a plan, and what the gate shows. */
static void
tell_details(const struct run_state *s, const struct gate_state *g)
{
	AUTO_JSON *shown = g->shown ? cJSON_Parse(g->shown) : NULL;
	AUTO_FREE char *words = shown ? words_of_json(shown) : NULL;

	if (g->kind == GATE_PLAN)
		tell_lines(s->workflow_text);
	tell_lines(words);
}

/* --- one value --------------------------------------------------------- */

static char *
describe_input(const struct workflow_input *in)
{
	AUTO(buf) b = BUF_INIT;

	buf_printf(&b, "%s (%s%s", in->prompt, input_type_name(in->type),
		   in->required ? "" : ", may be left empty");
	if (in->has_min)
		buf_printf(&b, ", from %g", in->min);
	if (in->has_max)
		buf_printf(&b, ", up to %g", in->max);
	buf_addstr(&b, "):");
	return buf_steal(&b);
}

/* A file is looked for below the workspace, as the run will. */
static bool
check_file(const struct run_state *s, const char *path, struct err *err)
{
	AUTO_FREE char *whole = path_join(s->workspace, path);

	if (access(*path == '/' ? path : whole, R_OK))
		return FAIL(err, ERR_NOTFOUND, "%s cannot be read", path);
	return true;
}

static bool
check_input(const struct run_state *s, const struct workflow_input *in,
	    const char *text, struct err *err)
{
	AUTO_JSON *value = cJSON_CreateString(text);
	AUTO_JSON *checked = NULL;

	return workflow_check_input(in, value, &checked, err) &&
	       (in->type != INPUT_FILE || check_file(s, text, err));
}

static char *
choose_option(struct plain *p, const struct workflow_input *in, bool keep)
{
	AUTO(strv) options = STRV_INIT;
	AUTO_FREE char *question = describe_input(in);
	int n;

	for (size_t i = 0; i < in->option_count; i++)
		strv_add(&options, in->options[i]);
	n = plain_choose(p, question, &options,
			 keep ? "empty to leave it as it is" : NULL, true);
	if (n == PLAIN_NOBODY)
		return NULL;
	return xstrdup(n < 0 ? "" : in->options[n]);
}

char *
plain_input(struct plain *p, const struct run_state *s,
	    const struct workflow_input *in, bool keep)
{
	AUTO_FREE char *question = describe_input(in);

	keep |= !in->required || in->fallback;
	if (in->help)
		plain_say("  %s", in->help);
	if (in->type == INPUT_SELECT)
		return choose_option(p, in, keep);
	for (;;) {
		AUTO_FREE char *answer = plain_ask(p, question);
		struct err err = ERR_INIT;

		if (!answer || (!*answer && keep))
			return TAKE(answer);
		if (!*answer)
			plain_say("A value is needed.");
		else if (check_input(s, in, answer, &err))
			return TAKE(answer);
		else
			plain_say("%s", err.msg);
	}
}

/* --- answers ----------------------------------------------------------- */

/* The form's answers as JSON; NULL when no line comes. */
static char *
fill_form(struct plain *p, const struct run_state *s,
	  const struct gate_state *g)
{
	AUTO_JSON *shown = g->shown ? cJSON_Parse(g->shown) : NULL;
	AUTO_JSON *values = cJSON_CreateObject();
	const cJSON *f;

	cJSON_ArrayForEach(f, json_get(shown, "fields")) {
		const char *name = json_str(f, "name");
		const struct workflow_input *in =
			name && s->workflow ?
				workflow_input(s->workflow, name) :
				NULL;
		AUTO_FREE char *value = NULL;

		if (!in)
			continue;
		value = plain_input(p, s, in, false);
		if (!value)
			return NULL;
		if (*value)
			cJSON_AddStringToObject(values, name, value);
	}
	return json_print(values);
}

static bool
write_answer(struct plain *p, const struct gate_state *g,
	     const struct choice *c, const char *values, const char *comment)
{
	AUTO_FREE char *user = cli_user();
	struct gate_answer a = { .decision = decision_name(c->decision),
				 .by = user,
				 .comment = str_empty(comment) ? NULL : comment,
				 .values = values };
	struct err err = ERR_INIT;
	bool ok =
		journal_decide(p->d.c->journal, p->d.run, g->number, &a, &err);

	/* Somebody else was faster: the run goes on with their answer. */
	if (!ok)
		plain_say("%s", err.msg);
	engine_look(p->d.engine);
	return ok || err.code == ERR_CONFLICT;
}

static bool
decide(struct plain *p, struct run_state *s, const struct gate_state *g,
       const struct choice *c)
{
	AUTO_FREE char *values = NULL;
	AUTO_FREE char *comment = NULL;

	if (g->kind == GATE_FORM && c->decision == DECISION_APPROVE)
		values = fill_form(p, s, g);
	else if (c->decision == DECISION_ITERATE)
		values = plain_iterate(p, s, g);
	else
		values = xstrdup("{}");
	if (!values)
		return false;
	if (c->comment)
		comment = plain_ask(p, c->comment);
	if (c->comment && !comment)
		return false;
	return write_answer(p, g, c, values, comment);
}

/* The words of what this gate takes, then of what is always there. */
static void
list_choices(const struct gate_state *g, struct strv *words,
	     const struct choice **found)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
		if (!(gate_decisions(g->kind) & choices[i].decision))
			continue;
		found[n++] = &choices[i];
		strv_add(words,
			 g->kind == GATE_FORM && choices[i].decision ==
							 DECISION_APPROVE ?
				 "fill in the form" :
				 choices[i].words);
	}
	strv_add(words, "details");
	strv_add(words, "leave it parked");
}

static bool
answer_gate(struct plain *p, struct run_state *s, const struct gate_state *g)
{
	const struct choice *found[ARRAY_LEN(choices)] = { NULL };
	AUTO(strv) words = STRV_INIT;

	list_choices(g, &words, found);
	for (;;) {
		int n = plain_choose(p, "Your answer?", &words, NULL, true);

		if (n < 0 || n == (int)words.count - 1)
			return false;
		if (n < (int)words.count - 2 && found[n])
			return decide(p, s, g, found[n]);
		tell_details(s, g);
	}
}

bool
plain_gate(struct plain *p, struct run_state *s)
{
	/* A copy: the table moves when another gate comes meanwhile. */
	const struct gate_state g = *run_open_gate(s);
	bool answered;

	p->gate = g.number;
	p->gone = false;
	tell_gate(p, s, &g);
	answered = answer_gate(p, s, &g);
	if (p->gone)
		plain_say("This gate was answered elsewhere.");
	else if (!answered && !p->d.interrupted)
		engine_park(p->d.engine, p->d.run,
			    "left for a person to answer later");
	p->gate = 0;
	p->told = true;
	return answered || p->gone;
}
