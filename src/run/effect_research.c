/*
 * Researchers: sub-agents of the research phase. Each is a worker whose job
 * is a model's: worker.started begins it, its turns and calls are an agent's
 * (effect_agent.c), and worker.finished has its report. One that fails is a
 * report that says so; the run goes on without it.
 */
#include "run/effect_agent.h"

#include "base/clock.h"
#include "base/json.h"
#include "flow/research.h"
#include "flow/researcher.h"

#include <string.h>

enum { REPORT_SHOWN = 8000 /* bytes of an offline report */ };

static const struct workflow_action reads = { .profile = SANDBOX_READ_ONLY };

void
researcher_spec(const struct agent_state *a, struct agent_spec *ret)
{
	const struct researcher *r = researcher_at(a->item);

	ret->action = &reads;
	ret->max_turns = RESEARCHER_TURNS;
	ret->max_tokens = RESEARCHER_TOKENS;
	for (size_t i = 0; r->tools[i]; i++)
		strv_add(&ret->tools, r->tools[i]);
}

/* --- what it is told ------------------------------------------------------- */

static const struct worker_state *
find_worker(const struct run_state *s, const char *name)
{
	for (size_t i = 0; i < s->worker_count; i++)
		if (str_eq(s->workers[i].name, name))
			return &s->workers[i];
	return NULL;
}

static void
add_report(struct buf *b, const struct run_state *s, const char *name)
{
	const struct worker_state *w = find_worker(s, name);
	size_t len = w && w->report ? strlen(w->report) : 0;

	if (!len || !w->ok)
		return;
	buf_printf(b, "\n\nWhat the program found (\"%s\"):\n%.*s%s", name,
		   (int)(len < REPORT_SHOWN ? len : REPORT_SHOWN), w->report,
		   len > REPORT_SHOWN ? " [cut]" : "");
}

static void
add_tools(struct buf *b, const struct workflow_tools *tools)
{
	buf_addstr(b, "\n\nTools that a plan may use:");
	for (const struct tool *const *t = tools->all(); *t; t++)
		buf_printf(b, "\n%s: %s", (*t)->name, (*t)->summary);
}

/* Files that the task names may be read, wherever they are. */
static void
show_files(struct live *l, struct buf *b)
{
	const struct run_state *s = l->state;
	AUTO(strv) files = STRV_INIT;

	research_files(s->task, s->workspace, s->options.json, &files);
	for (size_t i = 0; i < files.count; i++)
		buf_printf(b, "\nFile: %s", files.items[i]);
	if (files.count)
		tool_session_set_readable(l->session,
					  (const char *const *)files.items);
}

void
researcher_begin(struct live *l, int number)
{
	const struct researcher *r = researcher_at(number);
	struct agent_state *a = run_agent(l->state, AGENT_RESEARCHER, number);
	AUTO(buf) b = BUF_INIT;

	buf_printf(&b, "Task: %s\n\nWorkspace: %s", l->state->task,
		   l->state->workspace);
	show_files(l, &b);
	if (a) { /* cut off: it goes on where it stood */
		agent_go_on(l, a);
		return;
	}
	buf_printf(&b, "\n\nYour question: %s", r->question);
	if (r->knows_tools)
		add_tools(&b, l->o->tools);
	add_report(&b, l->state, r->worker);
	agent_tell(l, NULL, r->name, -1, buf_str(&b));
}

/* --- its answer -------------------------------------------------------------- */

static void
post_report(struct live *l, const struct agent_state *a, const char *problem,
	    const cJSON *report)
{
	const char *name = researcher_at(a->item)->name;
	const struct worker_state *w = find_worker(l->state, name);
	AUTO_FREE char *text = report ? json_print(report) : NULL;
	struct event e = { .type = EV_worker_finished };
	struct ev_worker_finished *p = &e.worker_finished;

	p->worker = name;
	p->ok = report != NULL;
	p->summary = report ? json_str(report, "summary") : problem;
	p->report = text;
	p->wall_us = w && w->started_us ? clock_wall_us() - w->started_us : 0;
	live_post(l, &e);
}

static void
answered(struct live *l, const struct agent_state *a)
{
	const struct messages *h = &a->history;
	AUTO_FREE char *text = message_plain(&h->items[h->count - 1]);
	AUTO_FREE char *again = NULL;
	struct err err = ERR_INIT;
	AUTO_JSON *report = researcher_bound(text, &err);

	if (report) {
		post_report(l, a, NULL, report);
		return;
	}
	again = xasprintf("The program refused this:\n%s\n\nAnswer with the "
			  "whole object again, %s.",
			  err.msg, a->cut ? "shorter" : "mended");
	agent_tell(l, a, NULL, -1, again);
}

void
researcher_go_on(struct live *l, struct agent_state *a)
{
	if (a->status == AGENT_CALLING)
		agent_start_calls(l, a);
	else if (a->status == AGENT_ANSWERED)
		answered(l, a);
	else if (a->status == AGENT_FAILED)
		post_report(l, a, a->error ? a->error : "no reason given",
			    NULL);
}
