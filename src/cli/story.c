#include "cli/story.h"

#include "base/clock.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/gate_text.h"
#include "run/artifact.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum {
	LIVE_MS = 250,
	NAME_WIDTH = 16,
	TEXT_COLUMN = 39,  /* where the words of a step's line begin */
	LABEL_COLUMN = 13, /* and those of "  label      words" */
	LINE_LIMIT = 400,  /* bytes of one text told; all of it is in --json */
	RESULT_LINES = 30,
	REASONS_TOLD = 3,
};

struct story {
	char *run_dir;
	bool times;
	const struct run_state *state; /* of the event being told */
	/* The live line. */
	struct loop *loop;
	struct loop_timer *timer;
	const struct run_state *(*get)(void *ud);
	void *ud;
	bool on_terminal;
	int shown; /* columns of the live line on screen */
	/* Of the attempt whose end comes next: what is told below its line. */
	struct buf details;
	int passed;
	char *told; /* the last failure told; is not told again */
};

struct story *
story_new(const char *run_dir, bool times)
{
	struct story *s = xcalloc(1, sizeof(*s));

	s->run_dir = xstrdup(run_dir);
	s->times = times;
	return s;
}

static void
hide_live(struct story *s)
{
	/* Blanks instead of an escape sequence: any terminal knows them. */
	if (s->shown)
		printf("\r%*s\r", s->shown, "");
	s->shown = 0;
}

void
story_free(struct story *s)
{
	hide_live(s);
	if (s->timer)
		loop_timer_cancel(s->timer);
	buf_release(&s->details);
	free(s->told);
	free(s->run_dir);
	free(s);
}

/* --- the live line ----------------------------------------------------- */

static int
columns(void)
{
	struct winsize w;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 20 ?
		       w.ws_col :
		       80;
}

static void
add_running(struct buf *b, const char *name, int64_t since_us)
{
	char took[CLOCK_DURATION_SIZE];

	buf_printf(b, "  %s %s", name,
		   clock_duration(clock_wall_us() - since_us, took));
}

static void
describe_running(const struct run_state *st, struct buf *b)
{
	for (size_t i = 0; i < st->worker_count; i++)
		if (st->workers[i].status == EFFECT_RUNNING)
			add_running(b, st->workers[i].name,
				    st->workers[i].started_us);
	for (size_t i = 0; st->steps && i < st->workflow->step_count; i++)
		for (int k = 0; k < st->steps[i].item_count; k++) {
			AUTO_FREE char *name = NULL;

			if (st->steps[i].items[k].status != ITEM_RUNNING)
				continue;
			name = run_item_name(st, (int)i, k);
			add_running(b, name,
				    st->steps[i].items[k].started_us);
		}
}

static void
on_live(void *ud)
{
	struct story *s = ud;
	const struct run_state *st = s->get(s->ud);
	AUTO(buf) b = BUF_INIT;

	s->timer = NULL;
	if (!st || !run_busy(st)) {
		hide_live(s);
		fflush(stdout);
		return;
	}
	buf_printf(&b, "%s:", phase_name(st->phase));
	describe_running(st, &b);
	hide_live(s);
	s->shown = columns() - 1;
	cli_print_cut(buf_str(&b), s->shown);
	fflush(stdout);
	s->timer = loop_timer(s->loop, LIVE_MS, on_live, s);
}

void
story_live(struct story *s, struct loop *loop,
	   const struct run_state *(*state)(void *ud), void *ud)
{
	s->loop = loop;
	s->get = state;
	s->ud = ud;
	s->on_terminal = isatty(STDOUT_FILENO) &&
			 !str_eq(getenv("TERM"), "dumb");
}

/* --- lines ------------------------------------------------------------- */

/* Appends text, safe for a terminal, as one line; on a terminal as a
 * paragraph whose further lines begin at column hang. */
static void
add_line(struct story *s, const struct event *e, struct buf *out, int hang,
	 const char *text)
{
	AUTO(buf) safe = BUF_INIT;
	time_t at = (time_t)(e->ts_us / 1000000);
	struct tm tm;

	if (s->times) {
		localtime_r(&at, &tm);
		buf_printf(&safe, "%02d:%02d:%02d  ", tm.tm_hour, tm.tm_min,
			   tm.tm_sec);
		hang += (int)safe.len;
	}
	str_visible(&safe, text, strlen(text), false);
	cli_wrap(out, buf_str(&safe), hang,
		 isatty(STDOUT_FILENO) ? columns() : INT_MAX);
}

static void __attribute__((format(printf, 4, 5)))
line(struct story *s, const struct event *e, int hang, const char *fmt, ...)
{
	AUTO_FREE char *text = NULL;
	AUTO(buf) out = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	add_line(s, e, &out, hang, text);
	fputs(buf_str(&out), stdout);
}

/* A line about an attempt, told when the attempt's own line was. */
static void __attribute__((format(printf, 3, 4)))
detail(struct story *s, const struct event *e, const char *fmt, ...)
{
	AUTO_FREE char *text = NULL, *indented = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	indented = xasprintf("    %s", text);
	add_line(s, e, &s->details, 6, indented);
}

static void
tell_details(struct story *s)
{
	fputs(buf_str(&s->details), stdout);
	buf_reset(&s->details);
	s->passed = 0;
}

/* The first line of text, without its blanks; caller frees. */
static char *
first_line(const char *text)
{
	size_t n = strcspn(text ? text : "", "\n");
	AUTO_FREE char *copy =
		xstrndup(text ? text : "", n < LINE_LIMIT ? n : LINE_LIMIT);
	const char *trimmed = str_trim(copy);

	return n > LINE_LIMIT ? xasprintf("%s...", trimmed) :
				xstrdup(trimmed);
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
	return item >= 0 ? xasprintf("%s[%" PRId64 "]", step, item) :
			   xstrdup(step);
}

/* The one shape of what took time: name, outcome, duration, words. */
static void
tell_row(struct story *s, const struct event *e, const char *name,
	 const char *outcome, const char *took, const char *words)
{
	line(s, e, TEXT_COLUMN, "  %-*s %-9s %8s  %s", NAME_WIDTH, name,
	     outcome, took, words);
}

static void
tell_run_created(struct story *s, const struct event *e)
{
	const struct ev_run_created *p = &e->run_created;
	AUTO_FREE char *task = first_line(p->task);

	line(s, e, 0, "Run %s", e->run);
	line(s, e, LABEL_COLUMN, "  task       %s", task);
	line(s, e, LABEL_COLUMN, "  workspace  %s", or_nothing(p->workspace));
	line(s, e, LABEL_COLUMN, "  provider   %s", or_nothing(p->provider));
}

static void
tell_phase(struct story *s, const struct event *e)
{
	enum phase p = phase_parse(e->phase_started.phase);

	line(s, e, 0, "Phase %d of %d: %s", (int)p, PHASE_COUNT - 1,
	     phase_name(p));
}

static void
tell_worker(struct story *s, const struct event *e)
{
	const struct ev_worker_finished *p = &e->worker_finished;
	AUTO_FREE char *summary = first_line(p->summary);
	char took[CLOCK_DURATION_SIZE];

	tell_row(s, e, p->worker, p->ok ? "ok" : "FAILED",
		 clock_duration(p->wall_us, took), summary);
}

static void
tell_plan(struct story *s, const struct event *e)
{
	const struct ev_plan_proposed *p = &e->plan_proposed;

	line(s, e, 2, "  %s", or_nothing(p->explanation));
	if (p->source)
		line(s, e, LABEL_COLUMN, "  workflow   %s:%" PRId64, p->source,
		     p->first_line);
}

static void
tell_inputs(struct story *s, const struct event *e, const char *json)
{
	AUTO_JSON *inputs = json ? cJSON_Parse(json) : NULL;
	const cJSON *v;

	cJSON_ArrayForEach(v, inputs) {
		AUTO_FREE char *words = gate_text_words(v);
		AUTO_FREE char *first = first_line(words);

		if (!cJSON_IsNull(v))
			line(s, e, LABEL_COLUMN, "  input      %s = %s",
			     v->string, first);
	}
}

static void
tell_accepted(struct story *s, const struct event *e)
{
	const struct ev_plan_accepted *p = &e->plan_accepted;
	AUTO_JSON *reasons = p->reasons ? cJSON_Parse(p->reasons) : NULL;
	enum risk risk = RISK_LOW;
	const cJSON *r;
	int told = 0;

	tell_inputs(s, e, p->inputs);
	line(s, e, LABEL_COLUMN, "  risk       %s: %" PRId64
	     " iterations before a person must say yes",
	     or_nothing(p->risk), p->limit);
	if (p->risk)
		risk_parse(p->risk, &risk);
	/* That nothing is risky needs no reasons; the highest come first. */
	cJSON_ArrayForEach(r, reasons)
		if (risk > RISK_LOW && cJSON_IsString(r) &&
		    told++ < REASONS_TOLD)
			line(s, e, LABEL_COLUMN, "             because %s",
			     r->valuestring);
}

static void
tell_artifact(struct story *s, const struct event *e)
{
	const struct ev_artifact_created *p = &e->artifact_created;
	AUTO_FREE char *path = artifact_path(s->run_dir, p->sha256, p->file);

	if (p->width)
		detail(s, e, "artifact %s (%" PRId64 "x%" PRId64 ") %s",
		       p->name, p->width, p->height, path);
	else
		detail(s, e, "artifact %s (%" PRId64 " bytes) %s", p->name,
		       p->size_bytes, path);
}

static void
tell_visual(struct story *s, const struct event *e)
{
	const struct ev_visual_checked *p = &e->visual_checked;
	AUTO_JSON *all = p->findings ? cJSON_Parse(p->findings) : NULL;
	const cJSON *f;
	int ok = 0;

	cJSON_ArrayForEach(f, all)
		ok += json_bool(f, "ok", true);
	detail(s, e, "visual checks of %s: %d of %d passed", p->artifact, ok,
	       cJSON_GetArraySize(all));
	cJSON_ArrayForEach(f, all)
		if (!json_bool(f, "ok", true))
			detail(s, e, "  %s %.4g (limit %.4g): %s",
			       or_nothing(json_str(f, "check")),
			       json_num(f, "value", 0),
			       json_num(f, "threshold", 0),
			       or_nothing(json_str(f, "message")));
}

static void
tell_validated(struct story *s, const struct event *e)
{
	const struct ev_step_validated *p = &e->step_validated;

	if (p->ok)
		s->passed++;
	else
		detail(s, e, "INVALID %s%s%s", p->validation,
		       colon(p->message), or_nothing(p->message));
}

/* A person judges the text of a step that is reviewed, so all of it is
 * told: what follows its first line, at most RESULT_LINES. */
static void
tell_result(struct story *s, const struct event *e)
{
	const struct ev_step_finished *p = &e->step_finished;
	const struct workflow *w = s->state->workflow;
	int step = w ? workflow_find(w, p->step) : -1;
	const char *text = p->text ? strchr(p->text, '\n') : NULL;

	if (step < 0 || !w->steps[step].review || p->error ||
	    !workflow_code_arg(w->steps[step].action.tool))
		return;
	for (int n = 0; text && n < RESULT_LINES; n++) {
		AUTO_FREE char *next = first_line(++text);

		if (*next)
			line(s, e, 6, "    %s", next);
		text = strchr(text, '\n');
	}
}

static void
remember_failure(struct story *s, const char *why)
{
	free(s->told);
	s->told = xstrdup0(why);
}

static void
tell_step_finished(struct story *s, const struct event *e)
{
	const struct ev_step_finished *p = &e->step_finished;
	AUTO_FREE char *name = item_label(p->step, p->item);
	AUTO_FREE char *text = first_line(p->error ? p->error : p->text);
	char took[CLOCK_DURATION_SIZE];

	tell_row(s, e, name, p->outcome, clock_duration(p->wall_us, took),
		 text);
	tell_result(s, e);
	if (s->passed)
		detail(s, e, "%d validation%s passed", s->passed,
		       s->passed > 1 ? "s" : "");
	tell_details(s);
	remember_failure(s, p->error);
}

/* Why was told by the attempt that failed. */
static void
tell_retrying(struct story *s, const struct event *e)
{
	const struct ev_step_retrying *p = &e->step_retrying;
	AUTO_FREE char *name = item_label(p->step, p->item);
	char wait[CLOCK_DURATION_SIZE];

	tell_row(s, e, name, p->fallback ? "fallback" : "retry",
		 clock_duration(p->delay_ms * 1000, wait),
		 p->fallback ? "its fallback takes over" :
			       "until the next attempt");
}

static void
tell_settled(struct story *s, const struct event *e)
{
	const struct ev_step_settled *p = &e->step_settled;
	AUTO_FREE char *name = item_label(p->step, p->item);

	if (!s->told || !str_eq(s->told, p->reason))
		tell_row(s, e, name, p->outcome, "", or_nothing(p->reason));
	remember_failure(s, p->reason);
}

static void
tell_shown(struct story *s, const struct event *e, enum gate_kind kind,
	   const char *shown)
{
	AUTO(strv) lines = STRV_INIT;

	/* The artifacts of a review were told as they came. */
	if (kind == GATE_REVIEW)
		gate_text_changes(shown, &lines);
	else
		gate_text(kind, shown, s->run_dir, &lines);
	for (size_t i = 0; i < lines.count; i++)
		line(s, e, 6, "    %s", lines.items[i]);
}

static void
tell_gate(struct story *s, const struct event *e)
{
	const struct ev_gate_opened *p = &e->gate_opened;
	enum gate_kind kind;

	line(s, e, 4, "  Gate %s.%" PRId64 " (%s, risk %s): %s", e->run,
	     p->gate, p->kind, p->risk, or_nothing(p->title));
	/* The limit's state was told as its checkpoint. */
	if (gate_kind_parse(p->kind, &kind) && kind != GATE_LIMIT)
		tell_shown(s, e, kind, p->shown);
}

static void
tell_decided(struct story *s, const struct event *e)
{
	const struct ev_gate_decided *p = &e->gate_decided;

	line(s, e, 4, "  Gate %s.%" PRId64 ": %s by %s%s%s", e->run, p->gate,
	     p->decision, or_nothing(p->by), colon(p->comment),
	     or_nothing(p->comment));
}

static void
tell_checkpoint(struct story *s, const struct event *e)
{
	const struct ev_checkpoint_saved *p = &e->checkpoint_saved;

	line(s, e, 4, "  Checkpoint after %" PRId64 " iterations",
	     p->iteration);
	tell_shown(s, e, GATE_LIMIT, p->diagnostics);
}

static void
tell_learned(struct story *s, const struct event *e)
{
	const struct ev_pattern_learned *p = &e->pattern_learned;

	line(s, e, LABEL_COLUMN, "  pattern    %s", or_nothing(p->message));
	if (p->path)
		line(s, e, LABEL_COLUMN, "  file       %s", p->path);
}

static void
tell_metrics(struct story *s, const struct event *e)
{
	const struct ev_metrics_recorded *p = &e->metrics_recorded;
	char work[CLOCK_DURATION_SIZE], wait[CLOCK_DURATION_SIZE];

	line(s, e, LABEL_COLUMN, "  measured   work %s, waiting for people %s",
	     clock_duration(p->work_us, work),
	     clock_duration(p->human_wait_us, wait));
	if (p->iterations)
		line(s, e, LABEL_COLUMN,
		     "             %" PRId64 " iterations, %" PRId64
		     " of %" PRId64 " validations passed at the first "
		     "attempt, %" PRId64 " attempts repeated",
		     p->iterations, p->validations_passed, p->validations,
		     p->rework);
}

static void
tell_failing(struct story *s, const struct event *e)
{
	const struct ev_run_failing *p = &e->run_failing;

	line(s, e, 4, "  %s: %s", p->outcome, or_nothing(p->reason));
	remember_failure(s, p->reason);
}

static void
tell_resumed(struct story *s, const struct event *e)
{
	line(s, e, 0, "Resumed by process %" PRId64 " on %s",
	     e->run_resumed.pid, or_nothing(e->run_resumed.host));
}

static void
tell_parked(struct story *s, const struct event *e)
{
	const struct ev_run_parked *p = &e->run_parked;
	const struct gate_state *g = run_open_gate(s->state);
	AUTO_FREE char *answers = g ? gate_decisions_text(g->kind) : NULL;

	line(s, e, 0, "Parked: %s", or_nothing(p->reason));
	if (!p->gate)
		line(s, e, 2, "  go on with: agentops resume %s", e->run);
	else
		line(s, e, 2, "  answer with: agentops decide %s.%" PRId64
		     " DECISION", e->run, p->gate);
	if (p->gate && g && g->number == p->gate)
		line(s, e, 2, "  DECISION is %s", answers);
}

static void
tell_abort(struct story *s, const struct event *e)
{
	line(s, e, 2, "  %s asked to end the run",
	     or_nothing(e->run_abort_asked.by));
}

static void
tell_ended(struct story *s, const struct event *e)
{
	const struct ev_run_ended *p = &e->run_ended;
	const char *why = str_eq(s->told, p->reason) ? NULL : p->reason;
	char took[CLOCK_DURATION_SIZE];

	line(s, e, 2, "Run %s %s after %s%s%s", e->run, p->outcome,
	     clock_duration(e->ts_us - s->state->created_us, took),
	     colon(why), or_nothing(why));
}

static void (*const tellers[EVENT_TYPES])(struct story *,
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
	[EV_step_retrying] = tell_retrying,
	[EV_step_settled] = tell_settled,
	[EV_gate_opened] = tell_gate,
	[EV_gate_decided] = tell_decided,
	[EV_checkpoint_saved] = tell_checkpoint,
	[EV_pattern_learned] = tell_learned,
	[EV_metrics_recorded] = tell_metrics,
};

void
story_event(struct story *s, const struct run_state *state,
	    const struct event *e)
{
	s->state = state;
	if (tellers[e->type]) {
		hide_live(s);
		tellers[e->type](s, e);
		fflush(stdout);
	}
	if (s->on_terminal && !s->timer)
		s->timer = loop_timer(s->loop, LIVE_MS, on_live, s);
}
