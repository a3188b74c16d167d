#include "cli/tell.h"

#include "base/clock.h"
#include "base/json.h"
#include "cli/gate_text.h"
#include "run/artifact.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	NAME_WIDTH = 16,
	TEXT_COLUMN = 39,  /* where the words of a step's line begin */
	LABEL_COLUMN = 13, /* and those of "  label      words" */
	LINE_LIMIT = 400,  /* bytes of one text told; all of it is in --json */
	RESULT_LINES = 30,
	REASONS_TOLD = 3,
};

/* What every function here needs. */
struct teller {
	const struct run_state *s;
	const char *run_dir;
	enum tell_face face;
	struct tell_lines *out;
};

void
tell_lines_release(struct tell_lines *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->items[i].text);
	free(l->items);
	memset(l, 0, sizeof(*l));
}

static void
add_line(struct teller *t, enum tell_kind kind, int hang, char *text)
{
	struct tell_lines *l = t->out;

	GROW(l->items, l->count, l->cap);
	l->items[l->count++] =
		(struct tell_line){ .text = text, .hang = hang, .kind = kind };
}

static void __attribute__((format(printf, 4, 5)))
line(struct teller *t, enum tell_kind kind, int hang, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_line(t, kind, hang, xvasprintf(fmt, ap));
	va_end(ap);
}

/* A line about an attempt. */
static void __attribute__((format(printf, 3, 4)))
detail(struct teller *t, enum tell_kind kind, const char *fmt, ...)
{
	AUTO_FREE char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	line(t, kind, 6, "    %s", text);
}

/* The first line of text, without its blanks; caller frees. */
static char *
first_line(const char *text)
{
	size_t n = strcspn(text ? text : "", "\n");
	AUTO_FREE char *copy =
		xstrndup(text ? text : "", n < LINE_LIMIT ? n : LINE_LIMIT);
	const char *trimmed = str_trim(copy);

	return n > LINE_LIMIT ? xasprintf("%s...", trimmed) : xstrdup(trimmed);
}

/* "words", "words: more"; more may be NULL. */
static const char *
colon(const char *more)
{
	return str_empty(more) ? "" : ": ";
}

static const char *
or_nothing(const char *text)
{
	return text ? text : "";
}

static char *
item_label(const char *step, int64_t item)
{
	return item >= 0 ?
		       xasprintf("%s[%" PRId64 "]", or_nothing(step), item) :
		       xstrdup(or_nothing(step));
}

static char *
agent_label(const char *step, int64_t item)
{
	return step ? item_label(step, item) : xstrdup("planner");
}

/* The one shape of what took time: name, outcome, duration, words. */
static void
tell_row(struct teller *t, enum tell_kind kind, const char *name,
	 const char *outcome, const char *took, const char *words)
{
	line(t, kind, TEXT_COLUMN, "  %-*s %-9s %8s  %s", NAME_WIDTH, name,
	     outcome, took, words);
}

/* What a person wrote in brackets, and what becomes of it. */
static void
tell_hints(struct teller *t, const struct ev_run_created *p)
{
	AUTO_JSON *options = p->options ? cJSON_Parse(p->options) : NULL;
	bool offline = str_eq(p->provider, "offline");
	const cJSON *hint;

	cJSON_ArrayForEach (hint, json_get(options, "hints")) {
		AUTO_FREE char *words = gate_text_words(hint);
		AUTO_FREE char *first = first_line(words);
		const char *note = "";

		if (str_eq(hint->string, "domain"))
			note = "; only its patterns are looked at";
		else if (offline)
			note = "; kept, the offline provider cannot follow it";
		line(t, TELL_PLAIN, LABEL_COLUMN, "  hint       %s: %s%s",
		     hint->string, first, note);
	}
}

static void
tell_provider(struct teller *t, const struct ev_run_created *p)
{
	AUTO_JSON *options = p->options ? cJSON_Parse(p->options) : NULL;
	const char *model = json_str(options, "model");
	double budget = json_num(options, "budget_microusd", 0);

	if (!model)
		line(t, TELL_PLAIN, LABEL_COLUMN, "  provider   %s",
		     or_nothing(p->provider));
	else if (budget > 0)
		line(t, TELL_PLAIN, LABEL_COLUMN,
		     "  provider   %s, %s, at most $%.2f",
		     or_nothing(p->provider), model, budget / 1e6);
	else
		line(t, TELL_PLAIN, LABEL_COLUMN,
		     "  provider   %s, %s, without a spend limit",
		     or_nothing(p->provider), model);
}

static void
tell_run_created(struct teller *t, const struct event *e)
{
	const struct ev_run_created *p = &e->run_created;
	AUTO_FREE char *task = first_line(p->task);

	line(t, TELL_HEADING, 0, "Run %s", e->run);
	line(t, TELL_PLAIN, LABEL_COLUMN, "  task       %s", task);
	line(t, TELL_PLAIN, LABEL_COLUMN, "  workspace  %s",
	     or_nothing(p->workspace));
	tell_provider(t, p);
	if (p->forked_from)
		line(t, TELL_PLAIN, LABEL_COLUMN, "  forked     from %s",
		     p->forked_from);
	tell_hints(t, p);
}

static void
tell_phase(struct teller *t, const struct event *e)
{
	enum phase p = phase_parse(e->phase_started.phase);

	line(t, TELL_HEADING, 0, "Phase %d of %d: %s", (int)p, PHASE_COUNT - 1,
	     phase_name(p));
}

static void
tell_worker(struct teller *t, const struct event *e)
{
	const struct ev_worker_finished *p = &e->worker_finished;
	AUTO_FREE char *summary = first_line(p->summary);
	char took[CLOCK_DURATION_SIZE];

	tell_row(t, p->ok ? TELL_GOOD : TELL_BAD, p->worker,
		 p->ok ? "ok" : "FAILED", clock_duration(p->wall_us, took),
		 summary);
}

static void
tell_plan(struct teller *t, const struct event *e)
{
	const struct ev_plan_proposed *p = &e->plan_proposed;

	line(t, TELL_PLAIN, 2, "  %s", or_nothing(p->explanation));
	if (p->source)
		line(t, TELL_PLAIN, LABEL_COLUMN, "  workflow   %s:%" PRId64,
		     p->source, p->first_line);
}

static void
tell_inputs(struct teller *t, const char *json)
{
	AUTO_JSON *inputs = json ? cJSON_Parse(json) : NULL;
	const cJSON *v;

	cJSON_ArrayForEach (v, inputs) {
		AUTO_FREE char *words = gate_text_words(v);
		AUTO_FREE char *first = first_line(words);

		if (!cJSON_IsNull(v))
			line(t, TELL_PLAIN, LABEL_COLUMN,
			     "  input      %s = %s", v->string, first);
	}
}

static void
tell_accepted(struct teller *t, const struct event *e)
{
	const struct ev_plan_accepted *p = &e->plan_accepted;
	AUTO_JSON *reasons = p->reasons ? cJSON_Parse(p->reasons) : NULL;
	enum risk risk = RISK_LOW;
	const cJSON *r;
	int told = 0;

	tell_inputs(t, p->inputs);
	line(t, TELL_PLAIN, LABEL_COLUMN,
	     "  risk       %s: %" PRId64
	     " iterations before a person must say yes",
	     or_nothing(p->risk), p->limit);
	if (p->risk)
		risk_parse(p->risk, &risk);
	/* That nothing is risky needs no reasons; the highest come first. */
	cJSON_ArrayForEach (r, reasons)
		if (risk > RISK_LOW && cJSON_IsString(r) &&
		    told++ < REASONS_TOLD)
			line(t, TELL_PLAIN, LABEL_COLUMN,
			     "             because %s", r->valuestring);
}

static void
tell_artifact(struct teller *t, const struct event *e)
{
	const struct ev_artifact_created *p = &e->artifact_created;
	AUTO_FREE char *path = artifact_path(t->run_dir, or_nothing(p->sha256),
					     or_nothing(p->file));

	if (p->width)
		detail(t, TELL_DETAIL,
		       "artifact %s (%" PRId64 "x%" PRId64 ") %s", p->name,
		       p->width, p->height, path);
	else
		detail(t, TELL_DETAIL, "artifact %s (%" PRId64 " bytes) %s",
		       p->name, p->size_bytes, path);
}

static void
tell_visual(struct teller *t, const struct event *e)
{
	const struct ev_visual_checked *p = &e->visual_checked;
	AUTO_JSON *all = p->findings ? cJSON_Parse(p->findings) : NULL;
	const cJSON *f;
	int ok = 0, count = cJSON_GetArraySize(all);

	cJSON_ArrayForEach (f, all)
		ok += json_bool(f, "ok", true);
	detail(t, ok < count ? TELL_BAD : TELL_DETAIL,
	       "visual checks of %s: %d of %d passed", p->artifact, ok, count);
	cJSON_ArrayForEach (f, all)
		if (!json_bool(f, "ok", true))
			detail(t, TELL_BAD, "  %s %.4g (limit %.4g): %s",
			       or_nothing(json_str(f, "check")),
			       json_num(f, "value", 0),
			       json_num(f, "threshold", 0),
			       or_nothing(json_str(f, "message")));
}

static void
tell_validated(struct teller *t, const struct event *e)
{
	const struct ev_step_validated *p = &e->step_validated;

	if (!p->ok)
		detail(t, TELL_BAD, "INVALID %s%s%s", p->validation,
		       colon(p->message), or_nothing(p->message));
}

/* A person judges the text of a step that is reviewed, so all of it is
 * told: what follows its first line, at most RESULT_LINES. */
static void
tell_result(struct teller *t, const struct event *e)
{
	const struct ev_step_finished *p = &e->step_finished;
	const struct workflow *w = t->s->workflow;
	int step = w && p->step ? workflow_find(w, p->step) : -1;
	const char *text = p->text ? strchr(p->text, '\n') : NULL;

	if (step < 0 || !w->steps[step].review || p->error ||
	    !workflow_code_arg(w->steps[step].action.tool))
		return;
	for (int n = 0; text && n < RESULT_LINES; n++) {
		AUTO_FREE char *next = first_line(++text);

		if (*next)
			line(t, TELL_DETAIL, 6, "    %s", next);
		text = strchr(text, '\n');
	}
}

static void
tell_step_finished(struct teller *t, const struct event *e)
{
	const struct ev_step_finished *p = &e->step_finished;
	AUTO_FREE char *name = item_label(p->step, p->item);
	AUTO_FREE char *text = first_line(p->error ? p->error : p->text);
	char took[CLOCK_DURATION_SIZE];

	tell_row(t, str_eq(p->outcome, "ok") ? TELL_GOOD : TELL_BAD, name,
		 p->outcome, clock_duration(p->wall_us, took), text);
	tell_result(t, e);
}

/* What a turn said, or which tools it calls. */
static char *
turn_words(const struct ev_model_turn *p)
{
	AUTO_JSON *v = p->message ? cJSON_Parse(p->message) : NULL;
	AUTO(buf) b = BUF_INIT;
	const cJSON *part;

	if (p->error)
		return first_line(p->error);
	if (!p->step)
		return xstrdup("a plan");
	cJSON_ArrayForEach (part, json_get(v, "parts")) {
		const char *type = json_str(part, "type");

		if (str_eq(type, "call"))
			buf_printf(&b, "%scalls %s", b.len ? ", " : "",
				   json_str(part, "name"));
		else if (str_eq(type, "text") && !b.len) {
			AUTO_FREE char *line1 =
				first_line(json_str(part, "text"));

			buf_addstr(&b, line1);
		}
	}
	return buf_steal(&b);
}

static void
tell_turn(struct teller *t, const struct event *e)
{
	const struct ev_model_turn *p = &e->model_turn;
	AUTO_FREE char *name = agent_label(p->step, p->item);
	AUTO_FREE char *turn = xasprintf("turn %" PRId64, p->turn);
	AUTO_FREE char *said = turn_words(p);
	AUTO_FREE char *words =
		xasprintf("%" PRId64 " tokens in, %" PRId64 " out, $%.4f: %s",
			  p->input_tokens, p->output_tokens,
			  (double)p->cost_microusd / 1e6, said);
	char took[CLOCK_DURATION_SIZE];

	tell_row(t, p->error ? TELL_BAD : TELL_PLAIN, name,
		 p->error ? "FAILED" : turn, clock_duration(p->wall_us, took),
		 p->error ? said : words);
}

/* What goes back to the planner is told: why its workflow was refused. */
static void
tell_told(struct teller *t, const struct event *e)
{
	static const char refused[] = "The program refused this:\n";
	const struct ev_agent_told *p = &e->agent_told;
	AUTO_JSON *v = p->message ? cJSON_Parse(p->message) : NULL;
	const char *text = cJSON_GetStringValue(json_path(v, "parts.0.text"));
	AUTO_FREE char *why = NULL;

	if (p->step || !text || !str_starts(text, refused))
		return;
	why = first_line(text + strlen(refused));
	tell_row(t, TELL_BAD, "planner", "refused", "", why);
}

static void
tell_reference(struct teller *t, const struct event *e)
{
	const struct ev_reference_loaded *p = &e->reference_loaded;
	AUTO_FREE char *name = agent_label(p->step, p->item);
	AUTO_FREE char *words = xasprintf("%s, about %" PRId64 " tokens: %s",
					  or_nothing(p->reference), p->tokens,
					  or_nothing(p->reason));

	tell_row(t, TELL_PLAIN, name, "guide", "", words);
}

static void
tell_said(struct teller *t, const struct event *e)
{
	const struct ev_agent_said *p = &e->agent_said;
	AUTO_FREE char *name = agent_label(p->step, p->item);
	AUTO_FREE char *words =
		xasprintf("%s: %s", or_nothing(p->by), or_nothing(p->text));

	tell_row(t, TELL_GATE, name, "is told", "", words);
}

static void
tell_paused(struct teller *t, const struct event *e)
{
	const struct ev_agent_paused *p = &e->agent_paused;
	AUTO_FREE char *name = agent_label(p->step, p->item);
	AUTO_FREE char *words = xasprintf("by %s", or_nothing(p->by));

	tell_row(t, TELL_GATE, name, p->paused ? "paused" : "goes on", "",
		 words);
}

static void
tell_withdrawn(struct teller *t, const struct event *e)
{
	const struct ev_call_withdrawn *p = &e->call_withdrawn;
	AUTO_FREE char *name = agent_label(p->step, p->item);
	AUTO_FREE char *words =
		xasprintf("call %s by %s%s%s", or_nothing(p->call),
			  or_nothing(p->by), str_empty(p->reason) ? "" : ": ",
			  or_nothing(p->reason));

	tell_row(t, TELL_GATE, name, "withdrawn", "", words);
}

static void
tell_compacted(struct teller *t, const struct event *e)
{
	const struct ev_agent_compacted *p = &e->agent_compacted;
	AUTO_FREE char *name = agent_label(p->step, p->item);
	AUTO_FREE char *read =
		p->tokens ? xasprintf("%" PRId64 " of %" PRId64 " tokens",
				      p->tokens, p->window) :
			    xstrdup("all of the window");
	AUTO_FREE char *words = xasprintf(
		"%" PRId64 " messages made one: it read %s", p->messages, read);

	tell_row(t, TELL_PLAIN, name, "short", "", words);
}

static void
tell_call(struct teller *t, const struct event *e)
{
	const struct ev_call_finished *p = &e->call_finished;
	AUTO_FREE char *name = xasprintf("  %s", p->tool ? p->tool : "?");
	AUTO_JSON *v = p->result ? cJSON_Parse(p->result) : NULL;
	const char *text =
		cJSON_GetStringValue(json_path(v, "parts.0.parts.0.text"));
	AUTO_FREE char *words = first_line(text ? text : "");
	char took[CLOCK_DURATION_SIZE];

	tell_row(t, str_eq(p->outcome, "ok") ? TELL_PLAIN : TELL_BAD, name,
		 or_nothing(p->outcome), clock_duration(p->wall_us, took),
		 words);
}

/* Why was told by the attempt that failed. */
static void
tell_retrying(struct teller *t, const struct event *e)
{
	const struct ev_step_retrying *p = &e->step_retrying;
	AUTO_FREE char *name = item_label(p->step, p->item);
	char wait[CLOCK_DURATION_SIZE];

	tell_row(t, TELL_PLAIN, name, p->fallback ? "fallback" : "retry",
		 clock_duration(p->delay_ms * 1000, wait),
		 p->fallback ? "its fallback takes over" :
			       "until the next attempt");
}

static void
tell_settled(struct teller *t, const struct event *e)
{
	const struct ev_step_settled *p = &e->step_settled;
	AUTO_FREE char *name = item_label(p->step, p->item);

	tell_row(t, str_eq(p->outcome, "failed") ? TELL_BAD : TELL_PLAIN, name,
		 p->outcome, "", or_nothing(p->reason));
}

static void
tell_shown(struct teller *t, enum gate_kind kind, const char *shown)
{
	AUTO(strv) lines = STRV_INIT;

	/* The artifacts of a review were told as they came; the app has a
	 * form instead of --set. */
	if (kind == GATE_FORM && t->face == TELL_APP)
		return;
	if (kind == GATE_REVIEW)
		gate_text_changes(shown, &lines);
	else
		gate_text(kind, shown, t->run_dir, &lines);
	for (size_t i = 0; i < lines.count; i++)
		line(t, TELL_GATE, 6, "    %s", lines.items[i]);
}

static void
tell_gate(struct teller *t, const struct event *e)
{
	const struct ev_gate_opened *p = &e->gate_opened;
	enum gate_kind kind;

	line(t, TELL_GATE, 4, "  Gate %s.%" PRId64 " (%s, risk %s): %s", e->run,
	     p->gate, p->kind, p->risk, or_nothing(p->title));
	/* The limit's state was told as its checkpoint. */
	if (gate_kind_parse(p->kind, &kind) && kind != GATE_LIMIT)
		tell_shown(t, kind, p->shown);
}

static void
tell_decided(struct teller *t, const struct event *e)
{
	const struct ev_gate_decided *p = &e->gate_decided;

	line(t, TELL_GATE, 4, "  Gate %s.%" PRId64 ": %s by %s%s%s", e->run,
	     p->gate, p->decision, or_nothing(p->by), colon(p->comment),
	     or_nothing(p->comment));
}

static void
tell_checkpoint(struct teller *t, const struct event *e)
{
	const struct ev_checkpoint_saved *p = &e->checkpoint_saved;

	line(t, TELL_GATE, 4, "  Checkpoint after %" PRId64 " iterations",
	     p->iteration);
	tell_shown(t, GATE_LIMIT, p->diagnostics);
}

static void
tell_learned(struct teller *t, const struct event *e)
{
	const struct ev_pattern_learned *p = &e->pattern_learned;

	line(t, TELL_PLAIN, LABEL_COLUMN, "  pattern    %s",
	     or_nothing(p->message));
	if (p->path)
		line(t, TELL_PLAIN, LABEL_COLUMN, "  file       %s", p->path);
}

static void
tell_metrics(struct teller *t, const struct event *e)
{
	const struct ev_metrics_recorded *p = &e->metrics_recorded;
	char work[CLOCK_DURATION_SIZE], wait[CLOCK_DURATION_SIZE];

	line(t, TELL_PLAIN, LABEL_COLUMN,
	     "  measured   work %s, waiting for people %s",
	     clock_duration(p->work_us, work),
	     clock_duration(p->human_wait_us, wait));
	if (p->iterations)
		line(t, TELL_PLAIN, LABEL_COLUMN,
		     "             %" PRId64 " iterations, %" PRId64
		     " of %" PRId64 " validations passed at the first "
		     "attempt, %" PRId64 " attempts repeated",
		     p->iterations, p->validations_passed, p->validations,
		     p->rework);
}

static void
tell_failing(struct teller *t, const struct event *e)
{
	const struct ev_run_failing *p = &e->run_failing;

	line(t, TELL_BAD, 4, "  %s: %s", p->outcome, or_nothing(p->reason));
}

static void
tell_resumed(struct teller *t, const struct event *e)
{
	line(t, TELL_HEADING, 0, "Resumed by process %" PRId64 " on %s",
	     e->run_resumed.pid, or_nothing(e->run_resumed.host));
}

/* NULL for a gate that the run doesn't have: journals may be edited. */
static const struct gate_state *
find_gate(const struct run_state *s, int64_t number)
{
	return number > 0 && (uint64_t)number <= s->gate_count ?
		       &s->gates[number - 1] :
		       NULL;
}

static void
tell_parked(struct teller *t, const struct event *e)
{
	const struct ev_run_parked *p = &e->run_parked;
	const struct gate_state *g = find_gate(t->s, p->gate);
	AUTO_FREE char *answers = g ? gate_decisions_text(g->kind) : NULL;

	line(t, TELL_HEADING, 0, "Parked: %s", or_nothing(p->reason));
	if (t->face == TELL_APP)
		return;
	if (!p->gate)
		line(t, TELL_PLAIN, 2, "  go on with: agentops resume %s",
		     e->run);
	else
		line(t, TELL_GATE, 2,
		     "  answer with: agentops decide %s.%" PRId64 " DECISION",
		     e->run, p->gate);
	if (g)
		line(t, TELL_GATE, 2, "  DECISION is %s", answers);
}

static void
tell_abort(struct teller *t, const struct event *e)
{
	line(t, TELL_BAD, 2, "  %s asked to end the run",
	     or_nothing(e->run_abort_asked.by));
}

static void
tell_ended(struct teller *t, const struct event *e)
{
	const struct ev_run_ended *p = &e->run_ended;
	const char *why = p->reason;
	char took[CLOCK_DURATION_SIZE];

	line(t, str_eq(p->outcome, "succeeded") ? TELL_GOOD : TELL_BAD, 2,
	     "Run %s %s after %s%s%s", e->run, p->outcome,
	     clock_duration(e->ts_us - t->s->created_us, took), colon(why),
	     or_nothing(why));
}

static void (*const tellers[EVENT_TYPES])(struct teller *,
					  const struct event *) = {
	[EV_run_created] = tell_run_created,
	[EV_run_resumed] = tell_resumed,
	[EV_run_parked] = tell_parked,
	[EV_run_abort_asked] = tell_abort,
	[EV_run_failing] = tell_failing,
	[EV_run_ended] = tell_ended,
	[EV_phase_started] = tell_phase,
	[EV_worker_finished] = tell_worker,
	[EV_plan_proposed] = tell_plan,
	[EV_plan_accepted] = tell_accepted,
	[EV_artifact_created] = tell_artifact,
	[EV_visual_checked] = tell_visual,
	[EV_step_validated] = tell_validated,
	[EV_step_finished] = tell_step_finished,
	[EV_model_turn] = tell_turn,
	[EV_agent_told] = tell_told,
	[EV_agent_said] = tell_said,
	[EV_agent_paused] = tell_paused,
	[EV_call_withdrawn] = tell_withdrawn,
	[EV_agent_compacted] = tell_compacted,
	[EV_reference_loaded] = tell_reference,
	[EV_call_finished] = tell_call,
	[EV_step_retrying] = tell_retrying,
	[EV_step_settled] = tell_settled,
	[EV_gate_opened] = tell_gate,
	[EV_gate_decided] = tell_decided,
	[EV_checkpoint_saved] = tell_checkpoint,
	[EV_pattern_learned] = tell_learned,
	[EV_metrics_recorded] = tell_metrics,
};

void
tell_event(const struct run_state *s, const struct event *e,
	   const char *run_dir, enum tell_face face, struct tell_lines *out)
{
	struct teller t = {
		.s = s, .run_dir = run_dir, .face = face, .out = out
	};

	if (tellers[e->type])
		tellers[e->type](&t, e);
}
