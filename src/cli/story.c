#include "cli/story.h"

#include "base/clock.h"
#include "base/json.h"
#include "cli/cli.h"
#include "run/artifact.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { LIVE_MS = 250, NAME_WIDTH = 18, LINE_WIDTH = 160, RESULT_LINES = 30 };

struct story {
	char *run_dir;
	bool times;
	const struct run_state *state; /* of the event being told */
	/* The live line. */
	struct loop *loop;
	struct loop_timer *timer;
	const struct run_state *(*get)(void *ud);
	void *ud;
	bool on_terminal, shown;
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
	if (s->shown)
		fputs("\r\033[K", stdout);
	s->shown = false;
}

void
story_free(struct story *s)
{
	hide_live(s);
	if (s->timer)
		loop_timer_cancel(s->timer);
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
	cli_print_cut(buf_str(&b), columns() - 1);
	s->shown = true;
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

static void __attribute__((format(printf, 3, 4)))
line(struct story *s, const struct event *e, const char *fmt, ...)
{
	AUTO_FREE char *text = NULL;
	time_t at = (time_t)(e->ts_us / 1000000);
	struct tm tm;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	if (s->times) {
		localtime_r(&at, &tm);
		printf("%02d:%02d:%02d  ", tm.tm_hour, tm.tm_min, tm.tm_sec);
	}
	cli_print(text);
	putchar('\n');
}

/* The first line of text, without its blanks; caller frees. */
static char *
first_line(const char *text)
{
	AUTO_FREE char *copy = xstrndup(text ? text : "", LINE_WIDTH);

	copy[strcspn(copy, "\n")] = '\0';
	return xstrdup(str_trim(copy));
}

static char *
item_label(const char *step, int64_t item)
{
	return item >= 0 ? xasprintf("%s[%" PRId64 "]", step, item) :
			   xstrdup(step);
}

static void
tell_run_created(struct story *s, const struct event *e)
{
	line(s, e, "Run %s", e->run);
	line(s, e, "  task       %s", e->run_created.task);
	line(s, e, "  workspace  %s", e->run_created.workspace);
	line(s, e, "  provider   %s", e->run_created.provider);
}

static void
tell_phase(struct story *s, const struct event *e)
{
	enum phase p = phase_parse(e->phase_started.phase);

	line(s, e, "Phase %d of %d: %s", (int)p, PHASE_COUNT - 1,
	     phase_name(p));
}

static void
tell_worker(struct story *s, const struct event *e)
{
	const struct ev_worker_finished *p = &e->worker_finished;
	char took[CLOCK_DURATION_SIZE];

	line(s, e, "  %-*s %s %8s  %s", NAME_WIDTH, p->worker,
	     p->ok ? "ok    " : "FAILED", clock_duration(p->wall_us, took),
	     p->summary ? p->summary : "");
}

static void
tell_plan(struct story *s, const struct event *e)
{
	const struct ev_plan_proposed *p = &e->plan_proposed;

	line(s, e, "  %s", p->explanation ? p->explanation : "");
	if (p->source)
		line(s, e, "  workflow from %s:%" PRId64, p->source,
		     p->first_line);
}

static void
tell_accepted(struct story *s, const struct event *e)
{
	const struct ev_plan_accepted *p = &e->plan_accepted;
	AUTO_JSON *reasons = p->reasons ? cJSON_Parse(p->reasons) : NULL;
	const cJSON *r;

	line(s, e, "  inputs %s", p->inputs ? p->inputs : "{}");
	line(s, e, "  risk %s: %" PRId64
	     " iterations before a person must say yes",
	     p->risk, p->limit);
	cJSON_ArrayForEach(r, reasons)
		if (cJSON_IsString(r))
			line(s, e, "    because %s", r->valuestring);
}

static void
tell_step_started(struct story *s, const struct event *e)
{
	const struct ev_step_started *p = &e->step_started;
	AUTO_FREE char *name = item_label(p->step, p->item);

	if (p->attempt > 1 || p->fallback)
		line(s, e, "  %-*s attempt %" PRId64 "%s", NAME_WIDTH, name,
		     p->attempt, p->fallback ? ", with the fallback" : "");
}

static void
tell_artifact(struct story *s, const struct event *e)
{
	const struct ev_artifact_created *p = &e->artifact_created;
	AUTO_FREE char *path = artifact_path(s->run_dir, p->sha256, p->file);

	if (p->width)
		line(s, e, "    artifact %s (%" PRId64 "x%" PRId64 ") %s",
		     p->name, p->width, p->height, path);
	else
		line(s, e, "    artifact %s (%" PRId64 " bytes) %s", p->name,
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
	line(s, e, "    visual checks of %s: %d of %d passed", p->artifact,
	     ok, cJSON_GetArraySize(all));
	cJSON_ArrayForEach(f, all)
		if (!json_bool(f, "ok", true))
			line(s, e, "      %s %.4g (limit %.4g): %s",
			     json_str(f, "check"), json_num(f, "value", 0),
			     json_num(f, "threshold", 0),
			     json_str(f, "message"));
}

static void
tell_validated(struct story *s, const struct event *e)
{
	const struct ev_step_validated *p = &e->step_validated;

	line(s, e, "    %s %s: %s", p->ok ? "valid  " : "INVALID",
	     p->validation, p->message ? p->message : "");
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
			line(s, e, "    %s", next);
		text = strchr(text, '\n');
	}
}

static void
tell_step_finished(struct story *s, const struct event *e)
{
	const struct ev_step_finished *p = &e->step_finished;
	AUTO_FREE char *name = item_label(p->step, p->item);
	AUTO_FREE char *text = first_line(p->error ? p->error : p->text);
	char took[CLOCK_DURATION_SIZE];

	line(s, e, "  %-*s %-8s %8s  %s", NAME_WIDTH, name, p->outcome,
	     clock_duration(p->wall_us, took), text);
	tell_result(s, e);
}

static void
tell_retrying(struct story *s, const struct event *e)
{
	const struct ev_step_retrying *p = &e->step_retrying;
	AUTO_FREE char *name = item_label(p->step, p->item);
	char wait[CLOCK_DURATION_SIZE];

	line(s, e, "  %-*s %s in %s: %s", NAME_WIDTH, name,
	     p->fallback ? "its fallback" : "again",
	     clock_duration(p->delay_ms * 1000, wait),
	     p->reason ? p->reason : "");
}

static void
tell_settled(struct story *s, const struct event *e)
{
	const struct ev_step_settled *p = &e->step_settled;
	const struct workflow *w = s->state->workflow;
	int step = w ? workflow_find(w, p->step) : -1;
	bool items = step >= 0 && w->steps[step].foreach;
	AUTO_FREE char *name = item_label(p->step, items ? p->item : -1);

	line(s, e, "  %-*s %s: %s", NAME_WIDTH, name, p->outcome,
	     p->reason ? p->reason : "");
}

static void
tell_gate(struct story *s, const struct event *e)
{
	const struct ev_gate_opened *p = &e->gate_opened;

	line(s, e, "  Gate %s.%" PRId64 " (%s, risk %s): %s", e->run, p->gate,
	     p->kind, p->risk, p->title);
}

static void
tell_decided(struct story *s, const struct event *e)
{
	const struct ev_gate_decided *p = &e->gate_decided;

	line(s, e, "  Gate %s.%" PRId64 ": %s by %s%s%s", e->run, p->gate,
	     p->decision, p->by, str_empty(p->comment) ? "" : ": ",
	     str_empty(p->comment) ? "" : p->comment);
}

static void
tell_checkpoint(struct story *s, const struct event *e)
{
	AUTO_JSON *d = e->checkpoint_saved.diagnostics ?
			       cJSON_Parse(e->checkpoint_saved.diagnostics) :
			       NULL;
	AUTO_FREE char *incomplete = json_print(json_get(d, "incomplete"));
	AUTO_FREE char *errors = json_print(json_get(d, "errors"));

	line(s, e, "  checkpoint after %" PRId64 " iterations",
	     e->checkpoint_saved.iteration);
	line(s, e, "    incomplete %s", incomplete);
	line(s, e, "    last errors %s", errors);
	line(s, e, "    next would be %s", json_str(d, "next"));
}

static void
tell_learned(struct story *s, const struct event *e)
{
	const struct ev_pattern_learned *p = &e->pattern_learned;

	line(s, e, "  pattern    %s", p->message ? p->message : "");
	if (p->path)
		line(s, e, "  file       %s", p->path);
}

static void
tell_metrics(struct story *s, const struct event *e)
{
	const struct ev_metrics_recorded *p = &e->metrics_recorded;
	char work[CLOCK_DURATION_SIZE], wait[CLOCK_DURATION_SIZE];

	line(s, e, "  measured   work %s, waiting for people %s, %" PRId64
	     " iterations, %" PRId64 " of %" PRId64
	     " validations passed at the first attempt, %" PRId64
	     " attempts repeated",
	     clock_duration(p->work_us, work),
	     clock_duration(p->human_wait_us, wait), p->iterations,
	     p->validations_passed, p->validations, p->rework);
}

static void
tell_failing(struct story *s, const struct event *e)
{
	line(s, e, "  %s: %s", e->run_failing.outcome, e->run_failing.reason);
}

static void
tell_plan_failed(struct story *s, const struct event *e)
{
	line(s, e, "  no plan: %s", e->plan_failed.reason);
}

static void
tell_resumed(struct story *s, const struct event *e)
{
	line(s, e, "Resumed by process %" PRId64 " on %s", e->run_resumed.pid,
	     e->run_resumed.host);
}

static void
tell_answers(struct story *s, const struct event *e,
	     const struct gate_state *g)
{
	AUTO_FREE char *answers = gate_decisions_text(g->kind);

	line(s, e, "  answer it with: agentops decide %s.%d %s%s", e->run,
	     g->number, answers,
	     g->kind == GATE_FORM ?
		     ", with --set (agentops gates lists the fields)" :
		     "");
}

static void
tell_parked(struct story *s, const struct event *e)
{
	const struct ev_run_parked *p = &e->run_parked;

	line(s, e, "Parked: %s", p->reason);
	if (p->gate > 0 && (size_t)p->gate <= s->state->gate_count)
		tell_answers(s, e, &s->state->gates[p->gate - 1]);
	line(s, e, "  go on with: agentops resume %s", e->run);
}

static void
tell_abort(struct story *s, const struct event *e)
{
	line(s, e, "  %s asked to end the run", e->run_abort_asked.by);
}

static void
tell_ended(struct story *s, const struct event *e)
{
	char took[CLOCK_DURATION_SIZE];

	line(s, e, "Run %s %s after %s%s%s", e->run, e->run_ended.outcome,
	     clock_duration(e->ts_us - s->state->created_us, took),
	     e->run_ended.reason ? ": " : "",
	     e->run_ended.reason ? e->run_ended.reason : "");
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
	[EV_plan_failed] = tell_plan_failed,
	[EV_plan_proposed] = tell_plan,
	[EV_plan_accepted] = tell_accepted,
	[EV_step_started] = tell_step_started,
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
