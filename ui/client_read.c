/* From the journal and the library to the rows and lines of the screen. */
#include "ui/client.h"

#include "agent/models.h"
#include "base/clock.h"
#include "base/json.h"
#include "cli/tell.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PATTERN_BYTES = 4 << 20, HISTORY_ROWS = 40, LOG_LINE_BYTES = 4096 };

/* --- runs and gates ----------------------------------------------------- */

struct rows_reader {
	struct client *client;
	struct run_rows runs;
	struct gate_items gates;
};

static void
add_run(void *ud, const struct run_summary *s)
{
	struct rows_reader *r = ud;
	struct run_row *row;

	GROW(r->runs.items, r->runs.count, r->runs.cap);
	row = &r->runs.items[r->runs.count++];
	*row = (struct run_row){
		.id = xstrdup(s->id),
		.task = xstrdup0(s->task),
		.workspace = xstrdup0(s->workspace),
		.pattern = xstrdup0(s->pattern),
		.note = xstrdup0(s->note),
		.status = xstrdup(s->status),
		.phase = xstrdup0(s->phase),
		.risk = xstrdup0(s->risk),
		.iteration = s->iteration,
		.limit = s->limit,
		.open_gates = s->open_gates,
		.cost_microusd = s->cost_microusd,
		.created_us = s->created_us,
		.updated_us = s->updated_us,
		.own = strv_has(&r->client->own, s->id),
	};
	/* Only a run that says it is running can have an owner. */
	row->owned =
		row->own || (strcmp(s->status, "running") == 0 &&
			     journal_is_owned(r->client->cli->journal, s->id));
}

static void
add_gate(void *ud, const struct gate_row *g)
{
	struct rows_reader *r = ud;
	enum gate_kind kind = GATE_APPROVE;
	enum risk risk = RISK_MEDIUM;

	gate_kind_parse(g->kind, &kind);
	risk_parse(g->risk, &risk);
	GROW(r->gates.items, r->gates.count, r->gates.cap);
	r->gates.items[r->gates.count++] = (struct gate_item){
		.run = xstrdup(g->run),
		.step = xstrdup0(g->step),
		.title = xstrdup0(g->title),
		.shown = xstrdup0(g->shown),
		.task = xstrdup0(g->task),
		.kind = kind,
		.risk = risk,
		.number = g->number,
		.opened_us = g->opened_us,
	};
}

/* A gate that was not there: bell, title, notification, as configured. */
static void
tell_gates(struct client *c, const struct gate_items *g)
{
	const char *how = config_get(&c->cli->config, SETTING_NOTIFY);
	const char *about = g->count && g->items[g->count - 1].title ?
				    g->items[g->count - 1].title :
				    "";
	AUTO_FREE char *title =
		g->count ? xasprintf("agentops: %zu waiting", g->count) :
			   xstrdup("agentops");

	/* Oldest first; also when all are answered no older one is new. */
	int64_t newest = g->count ? g->items[g->count - 1].opened_us : 0;

	if (newest < c->gate_told_us)
		newest = c->gate_told_us;
	if (c->away)
		return;
	if ((int64_t)g->count != c->gates_told || !c->painted_us)
		term_title(c->term, title);
	if (newest > c->gate_told_us && !str_eq(how, "none")) {
		term_bell(c->term);
		if (str_eq(how, "desktop"))
			term_notify(c->term, title, about);
	}
	c->gates_told = (int64_t)g->count;
	c->gate_told_us = newest;
}

void
client_read_rows(struct client *c)
{
	struct rows_reader r = { .client = c };
	struct journal *j = c->cli->journal;
	/* For the first paint no more than it can show, and beside an open
	 * run that is the newest one; the others follow. */
	size_t limit = c->painted_us ? RUNS_SHOWN :
		       c->state      ? 1 :
				       (size_t)c->frame.height;
	struct err err = ERR_INIT;
	bool ok =
		journal_list_runs(j, NULL, (int64_t)limit, add_run, &r, &err) &&
		journal_list_gates(j, add_gate, &r, &err);

	if (ok) {
		r.runs.more = r.runs.count == limit;
		c->rows_stale = r.runs.more && limit < RUNS_SHOWN;
		tell_gates(c, &r.gates);
		client_send(c,
			    &(struct msg){ .kind = MSG_RUNS, .runs = &r.runs });
		client_send(c, &(struct msg){ .kind = MSG_GATES,
					      .gates = &r.gates });
	} else {
		client_fail(c, &err);
	}
	run_rows_release(&r.runs);
	gate_items_release(&r.gates);
}

/* --- lines of events ---------------------------------------------------- */

struct feed_reader {
	struct client *client;
	enum feed_kind which;
	struct feed_lines *lines;
	int64_t last; /* stop after this event; 0: read on */
	bool apply;   /* fold it into the open run's state first */
};

static void
add_line(struct feed_lines *out, const struct event *e, enum tell_kind kind,
	 int hang, char *text)
{
	GROW(out->items, out->count, out->cap);
	out->items[out->count++] = (struct feed_line){
		.seq = e->seq,
		.ts_us = e->ts_us,
		.kind = kind,
		.hang = hang,
		.text = text,
	};
}

/* A told line as rows of the tab: the first as wide as it is, the further
 * ones hanging. */
static void
add_told(struct feed_lines *out, const struct event *e,
	 const struct tell_line *told, int columns)
{
	const char *text = told->text;
	int hang = told->hang < columns / 2 ? told->hang : columns / 8;
	struct text_lines rows = { 0 };
	size_t rest;

	text_wrap(text, strlen(text), columns, &rows);
	if (rows.count < 2) {
		add_line(out, e, told->kind, told->hang, xstrdup(text));
		text_lines_release(&rows);
		return;
	}
	rest = rows.items[1].start;
	add_line(out, e, told->kind, told->hang,
		 xstrndup(text, rows.items[0].len));
	text_lines_release(&rows);
	memset(&rows, 0, sizeof(rows));
	text_wrap(text + rest, strlen(text + rest), columns - hang, &rows);
	for (size_t i = 0; i < rows.count; i++)
		add_line(out, e, told->kind, told->hang,
			 xasprintf("%*s%.*s", hang, "", (int)rows.items[i].len,
				   text + rest + rows.items[i].start));
	text_lines_release(&rows);
}

static void
add_record(struct feed_lines *out, const struct event *e, const char *data)
{
	AUTO(buf) b = BUF_INIT;
	size_t len = strlen(data);

	buf_printf(&b, "%" PRId64 " %s ", e->seq, event_row(e->type)->name);
	buf_add(&b, data, len < LOG_LINE_BYTES ? len : LOG_LINE_BYTES);
	if (len > LOG_LINE_BYTES)
		buf_addstr(&b, " ...");
	add_line(out, e, TELL_PLAIN, 0, buf_steal(&b));
}

/* Some line that the event tells holds the text. */
static bool
holds(const struct tell_lines *told, const char *text)
{
	for (size_t i = 0; i < told->count; i++)
		if (strcasestr(told->items[i].text, text))
			return true;
	return false;
}

static void
add_event(struct client *c, enum feed_kind which, struct feed_lines *out,
	  const struct event *e, const char *data)
{
	const struct feed *feed = &c->app->feeds[which];
	struct tell_lines told = TELL_LINES_INIT;

	if (!out->first_seq)
		out->first_seq = e->seq;
	out->last_seq = e->seq;
	if (which == FEED_LOG) {
		if (!feed->filter || strcasestr(data, feed->filter) ||
		    strcasestr(event_row(e->type)->name, feed->filter))
			add_record(out, e, data);
		return;
	}
	tell_event(c->state, e, c->run_dir, TELL_APP, &told);
	if (!feed->filter || holds(&told, feed->filter))
		for (size_t i = 0; i < told.count; i++)
			add_told(out, e, &told.items[i], feed->columns);
	tell_lines_release(&told);
}

static bool
on_feed_event(void *ud, const struct event *e, const char *data)
{
	struct feed_reader *r = ud;

	if (r->last && e->seq > r->last)
		return false;
	add_event(r->client, r->which, r->lines, e, data);
	return true;
}

void
client_read_feed(struct client *c, const struct ask *k)
{
	struct feed_lines lines = { 0 };
	struct feed_reader r = { .client = c,
				 .which = k->which,
				 .lines = &lines };
	AUTO(arena) arena = { 0 };
	struct err err = ERR_INIT;
	int64_t from = k->number;

	if (!c->state || !str_eq(k->run, c->run))
		return;
	if (k->where == FEED_FRESH && !from)
		from = c->state->seq - FEED_EVENTS + 1;
	if (k->where == FEED_OLDER)
		from = k->number - FEED_EVENTS + 1;
	if (from < 1)
		from = 1;
	r.last = k->where == FEED_OLDER ? k->number : from + FEED_EVENTS - 1;
	if (r.last > c->state->seq)
		r.last = c->state->seq;
	if (!journal_read(c->cli->journal, c->run, from, &arena, on_feed_event,
			  &r, &err))
		client_fail(c, &err);
	client_send(c, &(struct msg){ .kind = MSG_FEED,
				      .which = k->which,
				      .where = k->where,
				      .at_end = lines.last_seq >= c->state->seq,
				      .feed = &lines });
	feed_lines_release(&lines);
}

/* --- the open run ------------------------------------------------------- */

static void
send_tail(struct client *c, const struct event *e, const char *data)
{
	for (int which = 0; which < 2; which++) {
		struct feed_lines lines = { 0 };

		/* Nobody may have looked at the log yet. */
		if (!c->app->feeds[which].at_end)
			continue;
		add_event(c, (enum feed_kind)which, &lines, e, data);
		client_send(c, &(struct msg){ .kind = MSG_FEED,
					      .which = (enum feed_kind)which,
					      .where = FEED_TAIL,
					      .feed = &lines });
		feed_lines_release(&lines);
	}
}

static void
send_state(struct client *c)
{
	client_send(c, &(struct msg){ .kind = MSG_STATE,
				      .run = c->run,
				      .own = strv_has(&c->own, c->run) });
}

static void
take_event(struct client *c, const struct event *e, const char *data)
{
	if (!c->state || e->seq != c->state->seq + 1)
		return;
	run_apply(c->state, e);
	send_tail(c, e, data);
}

static bool
on_new_event(void *ud, const struct event *e, const char *data)
{
	take_event(ud, e, data);
	return true;
}

void
client_catch_up(struct client *c)
{
	AUTO(arena) arena = { 0 };
	struct err err = ERR_INIT;
	int64_t seq;

	if (!c->state)
		return;
	seq = c->state->seq;
	if (!journal_read(c->cli->journal, c->run, seq + 1, &arena,
			  on_new_event, c, &err))
		client_fail(c, &err);
	if (c->state->seq != seq)
		send_state(c);
}

static void
forget_own(struct client *c, const char *run)
{
	for (size_t i = 0; i < c->own.count; i++)
		if (strcmp(c->own.items[i], run) == 0) {
			free(c->own.items[i]);
			c->own.items[i] = c->own.items[--c->own.count];
			c->own.items[c->own.count] = NULL;
			return;
		}
}

void
client_on_event(void *ud, const struct run_state *s, const struct event *e,
		const char *data)
{
	struct client *c = ud;

	(void)s;
	c->rows_stale = true;
	if (strcmp(e->run, c->wanted) == 0) {
		c->wanted[0] = 0;
		app_open_run(c->app, e->run);
	}
	if (e->type == EV_run_ended || e->type == EV_run_parked)
		forget_own(c, e->run);
	if (!c->state || strcmp(e->run, c->run) != 0)
		return;
	if (e->seq > c->state->seq + 1)
		client_catch_up(c);
	take_event(c, e, data);
	send_state(c);
}

void
client_on_text(void *ud, const struct engine_text *t)
{
	struct client *c = ud;
	bool known;

	if (!c->state || strcmp(t->run, c->run) != 0)
		return;
	known = arrivings_know(&c->app->arriving, t);
	client_send(c, &(struct msg){ .kind = MSG_ARRIVING, .arriving = t });
	client_dirty(c, !known);
}

void
client_close_run(struct client *c)
{
	struct run_state *old = TAKE(c->state);

	c->run[0] = 0;
	free(TAKE(c->run_dir));
	client_send(c, &(struct msg){ .kind = MSG_RUN });
	if (old)
		run_state_free(old);
}

/* What the run's model can read in one turn; 0: not known. */
static int64_t
context_tokens(struct client *c, const struct run_state *s)
{
	const struct model *m = NULL;
	struct err err = ERR_INIT;

	if (!s->options.model)
		return 0;
	if (!c->models && !(c->models = models_load(&c->cli->paths, &err)))
		client_fail(c, &err);
	if (c->models)
		m = models_find(c->models, s->provider, s->options.model);
	return m ? m->context : 0;
}

bool
client_open_run(struct client *c, const char *id, struct err *err)
{
	struct run_state *s, *old = c->state;
	char run[ID_RUN_SIZE];

	if (!journal_find_run(c->cli->journal, id, run, err))
		return false;
	s = engine_read(c->cli->journal, run, &engine_tools, err);
	if (!s)
		return false;
	memcpy(c->run, run, sizeof(c->run));
	free(c->run_dir);
	c->run_dir = journal_run_dir(c->cli->journal, run);
	c->state = s;
	client_send(c, &(struct msg){ .kind = MSG_RUN,
				      .run = c->run,
				      .state = s,
				      .run_dir = c->run_dir,
				      .context_tokens = context_tokens(c, s),
				      .own = strv_has(&c->own, run) });
	if (old)
		run_state_free(old);
	return true;
}

/* --- patterns ----------------------------------------------------------- */

static void
sync_library(struct client *c)
{
	struct library_report report = { 0 };
	struct err err = ERR_INIT;

	if (c->synced)
		return;
	if (!library_sync(journal_db(c->cli->journal), &c->cli->paths, &report,
			  &err))
		client_fail(c, &err);
	else if (report.problems.count)
		client_note(c, true, "%s", report.problems.items[0]);
	library_report_release(&report);
	c->synced = true;
}

void
client_read_patterns(struct client *c, const struct ask *k)
{
	struct library_filter f = {
		.text = str_empty(k->text) ? NULL : k->text,
		.order = (enum library_order)k->number,
	};
	struct library_rows rows = { 0 };
	struct err err = ERR_INIT;
	enum pattern_status stage;

	sync_library(c);
	if (k->more && pattern_status_parse(k->more, &stage))
		f.status_mask = 1u << stage;
	if (!library_list(journal_db(c->cli->journal), &f, &rows, &err))
		client_fail(c, &err);
	client_send(c, &(struct msg){ .kind = MSG_PATTERNS,
				      .patterns = &rows,
				      .ticket = k->ticket });
	library_rows_release(&rows);
}

void
client_read_pattern(struct client *c, const struct ask *k)
{
	struct db *db = journal_db(c->cli->journal);
	struct library_executions history = { 0 };
	struct library_row row = { 0 };
	struct err err = ERR_INIT;
	AUTO(buf) text = BUF_INIT;

	if (!library_get(db, k->text, &row, &err)) {
		client_fail(c, &err);
		return;
	}
	if (path_read(row.path, PATTERN_BYTES, &text, &err) &&
	    library_history(db, row.id, HISTORY_ROWS, &history, &err))
		client_send(c, &(struct msg){ .kind = MSG_PATTERN,
					      .id = row.id,
					      .text = &text,
					      .executions = &history,
					      .ticket = k->ticket });
	else
		client_fail(c, &err);
	library_executions_release(&history);
	library_row_release(&row);
}
