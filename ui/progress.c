/* Phases, workers and steps of the open run, as lines. */
#include "ui/main_view.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
pane_lines_release(struct pane_lines *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->items[i].text);
	free(l->items);
	memset(l, 0, sizeof(*l));
}

struct pane_line *
pane_add(struct pane_lines *l, enum role role, int indent, const char *fmt, ...)
{
	struct pane_line *line;
	va_list ap;

	GROW(l->items, l->count, l->cap);
	line = &l->items[l->count++];
	memset(line, 0, sizeof(*line));
	va_start(ap, fmt);
	line->text = xvasprintf(fmt, ap);
	va_end(ap);
	line->role = role;
	line->indent = indent;
	return line;
}

/* How each status of an item looks. */
static const struct {
	enum glyph glyph;
	enum role role;
	const char *word; /* shown instead of a duration */
} looks[] = {
	[ITEM_WAITING] = { GLYPH_WAITING, ROLE_DIM, "" },
	[ITEM_READY] = { GLYPH_WAITING, ROLE_TEXT, "" },
	[ITEM_RUNNING] = { GLYPH_RUNNING, ROLE_RUN, NULL },
	[ITEM_INTERRUPTED] = { GLYPH_GATE, ROLE_WARN, "cut off" },
	[ITEM_BROKEN] = { GLYPH_FAILED, ROLE_WARN, "failed" },
	[ITEM_BACKOFF] = { GLYPH_RUNNING, ROLE_WARN, "again soon" },
	[ITEM_ASKED] = { GLYPH_GATE, ROLE_GATE, "asks you" },
	[ITEM_DONE] = { GLYPH_DONE, ROLE_GOOD, NULL },
	[ITEM_FAILED] = { GLYPH_FAILED, ROLE_BAD, "failed" },
	[ITEM_SKIPPED] = { GLYPH_SKIPPED, ROLE_DIM, "skipped" },
	[ITEM_CANCELLED] = { GLYPH_SKIPPED, ROLE_DIM, "cancelled" },
};

static void
set_note(struct pane_line *l, int64_t us)
{
	char took[CLOCK_DURATION_SIZE];

	snprintf(l->note, sizeof(l->note), "%s", clock_duration(us, took));
}

/* What a phase ended with, or how long it has gone on. */
static void
add_phase(const struct app *a, const struct frame *f, enum phase p,
	  struct pane_lines *out)
{
	const struct run_state *s = a->state;
	int64_t from = s->phases[p].started_us, to = s->phases[p].finished_us;
	enum item_status look = !from ? ITEM_WAITING :
				!to   ? ITEM_RUNNING :
					ITEM_DONE;
	AUTO_FREE char *name = xstrdup(phase_name(p));
	struct pane_line *l;

	if (look == ITEM_DONE && p == s->phase && s->failing)
		look = ITEM_FAILED;
	if (look == ITEM_RUNNING && app_gate(a))
		look = ITEM_ASKED;
	name[0] = (char)(name[0] - 'a' + 'A');
	l = pane_add(out, looks[look].role, 0, "%s %s",
		     frame_glyph(f, looks[look].glyph), name);
	if (p == PHASE_IMPLEMENT && s->limit) {
		snprintf(l->note, sizeof(l->note), "%d/%d", s->iteration,
			 s->limit);
	} else if (from) {
		set_note(l, (to ? to : a->now_us) - from);
	}
}

static void
add_workers(const struct app *a, const struct frame *f, struct pane_lines *out)
{
	const struct run_state *s = a->state;

	for (size_t i = 0; i < s->worker_count; i++) {
		const struct worker_state *w = &s->workers[i];
		bool over = w->status == EFFECT_OVER;
		enum item_status look = !over ? ITEM_RUNNING :
					w->ok ? ITEM_DONE :
						ITEM_FAILED;

		set_note(pane_add(out, looks[look].role, 2, "%s %s",
				  frame_glyph(f, looks[look].glyph), w->name),
			 over ? w->wall_us : a->now_us - w->started_us);
	}
}

/* Items of the step run, and no item of any step is in another state between
 * ready and settled: told without a look at all of them, as a list may have
 * a hundred thousand. */
static bool
only_runs(const struct run_state *s, size_t step)
{
	const struct queue *q = &s->running;

	if (s->gates_open || s->interrupted.count || s->broken.count ||
	    s->backoff.count)
		return false;
	for (size_t i = q->head; i < q->head + q->count; i++)
		if (q->entries[i].step == (int)step)
			return true;
	return false;
}

static enum item_status
step_look(const struct run_state *s, size_t step)
{
	const struct step_state *st = &s->steps[step];

	if (st->outcome != ITEM_WAITING)
		return st->outcome;
	if (st->gate_open)
		return ITEM_ASKED;
	if (only_runs(s, step))
		return ITEM_RUNNING;
	for (int k = 0; k < st->item_count; k++)
		if (st->items[k].status > ITEM_READY &&
		    st->items[k].status < ITEM_DONE)
			return st->items[k].status;
	return st->items_settled ? ITEM_RUNNING : ITEM_WAITING;
}

/* Work done on a step so far: the longest of its items. */
static int64_t
step_us(const struct app *a, size_t step)
{
	const struct queue *running = &a->state->running;
	const struct step_state *st = &a->state->steps[step];
	int64_t most = st->longest_us;

	for (size_t i = running->head; i < running->head + running->count;
	     i++) {
		int k = running->entries[i].item;
		int64_t us;

		if (running->entries[i].step != (int)step ||
		    k >= st->item_count)
			continue;
		us = a->now_us - st->items[k].started_us;
		if (us > most)
			most = us;
	}
	return most;
}

static void
add_step(const struct app *a, const struct frame *f, size_t i,
	 struct pane_lines *out)
{
	const struct step_state *st = &a->state->steps[i];
	enum item_status look = step_look(a->state, i);
	AUTO_FREE char *items =
		st->is_list ?
			xasprintf(" %d/%d", st->items_settled, st->item_count) :
			xstrdup("");
	struct pane_line *l = pane_add(out, looks[look].role, 2, "%s %zu %s%s",
				       frame_glyph(f, looks[look].glyph), i + 1,
				       a->state->workflow->steps[i].id, items);

	if (looks[look].word)
		snprintf(l->note, sizeof(l->note), "%s", looks[look].word);
	else
		set_note(l, step_us(a, i));
}

void
progress_lines(const struct app *a, const struct frame *f,
	       struct pane_lines *out)
{
	const struct run_state *s = a->state;

	for (int p = PHASE_RESEARCH; p < PHASE_COUNT; p++) {
		add_phase(a, f, (enum phase)p, out);
		if (p == PHASE_RESEARCH)
			add_workers(a, f, out);
		for (size_t i = 0; p == PHASE_IMPLEMENT && s->steps &&
				   i < s->workflow->step_count;
		     i++)
			add_step(a, f, i, out);
	}
	if (s->ended)
		pane_add(out,
			 strcmp(s->outcome, "succeeded") == 0 ? ROLE_GOOD :
								ROLE_BAD,
			 0, "%s", s->outcome);
}

char *
progress_strip(const struct app *a, const struct frame *f)
{
	const struct run_state *s = a->state;
	AUTO(buf) b = BUF_INIT;
	int done = 0;

	for (int p = PHASE_RESEARCH; p < PHASE_COUNT; p++) {
		enum item_status look =
			!s->phases[p].started_us  ? ITEM_WAITING :
			!s->phases[p].finished_us ? ITEM_RUNNING :
						    ITEM_DONE;

		buf_printf(&b, "%s%s %s", p == PHASE_RESEARCH ? "" : "  ",
			   frame_glyph(f, looks[look].glyph),
			   phase_name((enum phase)p));
	}
	for (size_t i = 0; s->steps && i < s->workflow->step_count; i++)
		done += s->steps[i].outcome != ITEM_WAITING;
	if (s->steps)
		buf_printf(&b, "   steps %d/%zu   iteration %d/%d", done,
			   s->workflow->step_count, s->iteration, s->limit);
	return buf_steal(&b);
}
