/* A pattern as Markdown: see pattern_doc.h. */
#include "ui/pattern_doc.h"

#include "base/clock.h"
#include "flow/workflow.h"
#include "run/engine.h"
#include "ui/frame.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { HISTORY_BARS = 40, LAST_RUNS = 5 };

char *
pattern_doc_rate(const struct pattern_counts *c)
{
	double low, high;

	if (!c->executions)
		return xstrdup("-");
	wilson_interval(c, &low, &high);
	return xasprintf("%.0f%% %.0f-%.0f", 100 * pattern_rate(c), 100 * low,
			 100 * high);
}

char *
pattern_doc_day(int64_t wall_us)
{
	char iso[CLOCK_ISO_SIZE];

	if (wall_us == PATTERN_TIME_UNREADABLE)
		return xstrdup("?");
	if (wall_us <= 0)
		return xstrdup("never");
	clock_iso(wall_us, iso);
	iso[10] = '\0';
	return xstrdup(iso);
}

/* s as text in a line of Markdown. */
static void
add_text(struct buf *out, const char *s)
{
	for (; *s; s++) {
		if (ispunct((unsigned char)*s))
			buf_addch(out, '\\');
		buf_addch(out, *s == '\n' || *s == '\r' ? ' ' : *s);
	}
}

static void
add_strings(struct buf *out, const char *head, const struct strv *v)
{
	if (!v->count)
		return;
	buf_addstr(out, head);
	for (size_t i = 0; i < v->count; i++) {
		buf_addstr(out, i ? ", " : "");
		add_text(out, v->items[i]);
	}
	buf_addstr(out, "\n\n");
}

static void
add_head(struct buf *out, const struct library_row *row)
{
	buf_addstr(out, "# ");
	add_text(out, row->name);
	buf_addstr(out, "\n\n");
	add_text(out, row->description);
	buf_addstr(out, "\n\n**");
	add_text(out, row->id);
	buf_addstr(out, "** \xc2\xb7 ");
	add_text(out, *row->category ? row->category : "no category");
	buf_addstr(out, row->shipped ? " \xc2\xb7 shipped with agentops\n\n" :
				       " \xc2\xb7 yours\n\n");
	add_strings(out, "keywords: ", &row->keywords);
}

/* Why it has its stage, and what the next one takes. */
static void
add_evidence(struct buf *out, const struct library_row *row)
{
	const struct pattern_counts *c = &row->counts;
	AUTO_FREE char *next = lifecycle_next(c);
	AUTO_FREE char *day = pattern_doc_day(row->last_used_us);
	char took[CLOCK_DURATION_SIZE];
	double low, high;

	buf_printf(out,
		   "## Evidence\n\n**%s**: ", pattern_status_word(row->status));
	if (!c->executions) {
		buf_addstr(out, "never run.");
	} else {
		wilson_interval(c, &low, &high);
		clock_duration((int64_t)(c->avg_minutes * 60e6), took);
		buf_printf(out,
			   "%" PRId64 " of %" PRId64 " runs succeeded, "
			   "%.0f %% (95 %% interval %.0f to %.0f %%). "
			   "%s on average, last on %s.",
			   c->successes, c->executions, 100 * pattern_rate(c),
			   100 * low, 100 * high, took, day);
	}
	if (!str_empty(next)) {
		buf_addstr(out, "\n\nNext: ");
		add_text(out, next);
	}
	buf_addstr(out, "\n\n");
}

/* --- history ----------------------------------------------------------- */

static double
working_ms(const struct library_execution *e)
{
	double ms = (double)(e->duration_ms - e->human_wait_ms);

	return ms > 0 ? ms : 0;
}

static char
outcome_mark(enum execution_status s)
{
	return s == EXECUTION_SUCCESS ? '+' : s == EXECUTION_FAILED ? 'x' : '~';
}

/* A bar for each run, oldest first, and its outcome below. */
static void
add_bars(struct buf *out, const struct library_executions *e, bool ascii)
{
	struct frame f = { .ascii = ascii };
	double values[HISTORY_BARS], max = 0;
	int count = e->count < HISTORY_BARS ? (int)e->count : HISTORY_BARS;

	for (int i = 0; i < count; i++) {
		values[i] = working_ms(&e->items[count - 1 - i]);
		if (values[i] > max)
			max = values[i];
	}
	buf_addstr(out, "    ");
	frame_spark(&f, out, values, count, max > 0 ? max : 1);
	buf_addstr(out, "  working time, oldest first\n    ");
	for (int i = 0; i < count; i++)
		buf_addch(out, outcome_mark(e->items[count - 1 - i].status));
	buf_addstr(out, "  + success  x failed  ~ partial\n\n");
}

static void
add_run(struct buf *out, const struct library_execution *e)
{
	char iso[CLOCK_ISO_SIZE], took[CLOCK_DURATION_SIZE];

	clock_iso(e->started_us, iso);
	iso[16] = '\0';
	iso[10] = ' ';
	clock_duration((int64_t)(1000 * working_ms(e)), took);
	buf_printf(out, "- %s **%s** %s ", iso,
		   execution_status_word(e->status), took);
	add_text(out, e->task);
	if (*e->error) {
		buf_addstr(out, ": ");
		add_text(out, e->error);
	}
	buf_addch(out, '\n');
}

static void
add_history(struct buf *out, const struct library_executions *e, bool ascii)
{
	if (!e || !e->count)
		return;
	buf_addstr(out, "## Runs\n\n");
	add_bars(out, e, ascii);
	for (size_t i = 0; i < e->count && i < LAST_RUNS; i++)
		add_run(out, &e->items[i]);
	buf_addch(out, '\n');
}

/* --- what is in the file ----------------------------------------------- */

static void
add_inputs(struct buf *out, const struct workflow *wf)
{
	if (!wf->input_count)
		return;
	buf_addstr(out, "## Inputs\n\n");
	for (size_t i = 0; i < wf->input_count; i++) {
		const struct workflow_input *in = &wf->inputs[i];

		buf_addstr(out, "- **");
		add_text(out, in->name);
		buf_printf(out, "** (%s%s) ", input_type_name(in->type),
			   in->required ? ", needed" : "");
		add_text(out, in->prompt);
		buf_addch(out, '\n');
	}
	buf_addch(out, '\n');
}

static void
add_steps(struct buf *out, const struct workflow *wf)
{
	buf_addstr(out, "## Steps\n\n");
	for (size_t i = 0; i < wf->step_count; i++) {
		const struct workflow_step *s = &wf->steps[i];

		buf_printf(out, "%zu. **", i + 1);
		add_text(out, s->id);
		buf_addstr(out, "** ");
		add_text(out, s->title);
		buf_printf(out, " (%s, %s)\n", s->action.tool->name,
			   sandbox_profile_name(s->action.profile));
	}
	buf_addch(out, '\n');
}

/* Indented, so that nothing in it can end the block. */
static void
add_code(struct buf *out, const char *s)
{
	while (*s) {
		size_t n = strcspn(s, "\n");

		buf_addstr(out, "    ");
		buf_add(out, s, n);
		buf_addch(out, '\n');
		s += n + (s[n] != '\0');
	}
	buf_addch(out, '\n');
}

static void
add_workflow(struct buf *out, const struct pattern *p)
{
	struct err err = ERR_INIT;
	AUTO_PTR(workflow) wf = NULL;

	if (!p->workflow) {
		buf_addstr(out, "This pattern has no workflow: it can't be "
				"replayed.\n\n");
		return;
	}
	wf = workflow_parse(p->workflow, strlen(p->workflow), p->id,
			    p->workflow_line, &engine_tools, &err);
	if (!wf) {
		buf_addstr(out, "**The workflow can't be loaded:** ");
		add_text(out, err.msg);
		buf_addstr(out, "\n\n");
		return;
	}
	add_inputs(out, wf);
	add_steps(out, wf);
}

static void
add_file(struct buf *out, const struct buf *text, const char *name)
{
	struct err err = ERR_INIT;
	struct pattern p;

	if (!pattern_parse(buf_str(text), text->len, name, &p, &err)) {
		buf_addstr(out, "**The file can't be read:** ");
		add_text(out, err.msg);
		buf_addstr(out, "\n\n");
		return;
	}
	add_workflow(out, &p);
	buf_add(out, p.body, p.body_len);
	if (p.workflow) {
		buf_addstr(out, "\n\n## Workflow\n\n");
		add_code(out, p.workflow);
	}
	pattern_release(&p);
}

void
pattern_doc(const struct library_row *row, const struct buf *text,
	    const struct library_executions *executions, bool ascii,
	    struct buf *out)
{
	add_head(out, row);
	add_evidence(out, row);
	add_history(out, executions, ascii);
	if (text)
		add_file(out, text, row->path);
}
