/* browse-patterns, inspect-pattern: v0.2.0's view of the library. */
#include "cli/pattern_text.h"

#include "base/clock.h"
#include "base/json.h"
#include "flow/workflow.h"
#include "run/engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HISTORY = 10, FIELD_WIDTH = 14 };

/* --- browse ------------------------------------------------------------ */

static bool
parse_order(const char *word, enum library_order *ret)
{
	static const struct {
		const char *word;
		enum library_order order;
	} orders[] = {
		{ "success_rate", LIBRARY_BY_RATE },
		{ "executions", LIBRARY_BY_EXECUTIONS },
		{ "recent", LIBRARY_BY_RECENT },
	};

	for (size_t i = 0; i < ARRAY_LEN(orders); i++)
		if (strcmp(word, orders[i].word) == 0) {
			*ret = orders[i].order;
			return true;
		}
	return false;
}

/* The options as a filter; false with err for a wrong one. */
static bool
read_filter(const struct cli *c, struct library_filter *f, struct err *err)
{
	const char *order = cli_option(c, "sort");
	const char *rate = cli_option(c, "min-success");
	const char *stage = cli_option(c, "status");
	const char *limit = cli_option(c, "limit");
	enum pattern_status status;
	int64_t n = 0;

	f->category = cli_option(c, "category");
	f->order = f->text ? LIBRARY_BY_RANK : LIBRARY_BY_RATE;
	if (order && !parse_order(order, &f->order))
		return FAIL(err, ERR_USAGE,
			    "--sort %s: use success_rate, executions or "
			    "recent",
			    order);
	if (rate && (!str_to_double(rate, &f->min_rate) ||
		     !(f->min_rate >= 0 && f->min_rate <= 1)))
		return FAIL(err, ERR_USAGE,
			    "--min-success %s: use a number from 0.0 to 1.0",
			    rate);
	if (stage && !pattern_status_parse(stage, &status))
		return FAIL(err, ERR_USAGE,
			    "--status %s: use discovered, validated, learned "
			    "or deprecated",
			    stage);
	if (stage)
		f->status_mask = 1U << status;
	if (limit && !str_to_i64(limit, 0, INT32_MAX, &n))
		return FAIL(err, ERR_USAGE, "--limit %s is not a number",
			    limit);
	f->limit = (int)n;
	return true;
}

static void
print_hit(const struct library_row *r, size_t number)
{
	AUTO_FREE char *rate = pattern_text_rate(&r->counts);
	AUTO(buf) b = BUF_INIT;

	buf_printf(&b, "%zu. %s%s%s [%s]\n   Success: %s | Uses: %" PRId64,
		   number, pattern_text_star(r) ? pattern_text_star_sign() : "",
		   pattern_text_star(r) ? " " : "", r->name,
		   pattern_status_word(r->status), rate, r->counts.executions);
	if (r->counts.executions)
		buf_printf(&b, " | Avg: %.1fmin", r->counts.avg_minutes);
	buf_printf(&b, " | Pattern ID: %s\n", r->id);
	cli_print(buf_str(&b));
}

static void
print_hits(const struct cli *c, const struct library_rows *rows, size_t total)
{
	bool star = false;

	if (!c->quiet)
		printf("Pattern Library: %zu total patterns\n"
		       "Results: %zu patterns\n\n",
		       total, rows->count);
	for (size_t i = 0; i < rows->count; i++) {
		print_hit(&rows->items[i], i + 1);
		star |= pattern_text_star(&rows->items[i]);
	}
	if (star && !c->quiet)
		printf("\n%s learned, or a success rate above 90%%\n",
		       pattern_text_star_sign());
}

int
cmd_browse_patterns(struct cli *c)
{
	AUTO(buf) words = BUF_INIT;
	AUTO(library_rows) rows = { 0 };
	AUTO(library_rows) all = { 0 };
	struct library_filter f = { 0 };
	struct err err = ERR_INIT;

	for (int i = 0; i < c->arg_count; i++)
		buf_printf(&words, "%s%s", i ? " " : "", c->args[i]);
	f.text = words.len ? buf_str(&words) : NULL;
	if (!read_filter(c, &f, &err) || !pattern_text_sync(c, &err) ||
	    !library_list(journal_db(c->journal), &f, &rows, &err) ||
	    !library_list(journal_db(c->journal), &(struct library_filter){ 0 },
			  &all, &err))
		return cli_fail(c, &err);
	if (!c->json)
		print_hits(c, &rows, all.count);
	for (size_t i = 0; c->json && i < rows.count; i++) {
		AUTO(buf) b = BUF_INIT;

		pattern_text_json(&rows.items[i], &b);
		printf("{%s}\n", buf_str(&b));
	}
	return 0;
}

/* --- inspect ----------------------------------------------------------- */

/* Everything that is told of one pattern. */
struct inspection {
	struct cli *c;
	struct db *db;
	struct library_row row;
	struct pattern pattern;
	struct workflow *workflow; /* NULL: none, or it can't be loaded */
	struct library_executions history;
	struct buf out;
};

static void
inspection_release(struct inspection *in)
{
	library_row_release(&in->row);
	pattern_release(&in->pattern);
	if (in->workflow)
		workflow_free(in->workflow);
	library_executions_release(&in->history);
	buf_release(&in->out);
}

static bool
inspect(struct cli *c, const char *id, struct inspection *in, struct err *err)
{
	struct err why = ERR_INIT;

	if (!pattern_text_sync(c, err))
		return false;
	in->c = c;
	in->db = journal_db(c->journal);
	if (!pattern_text_exists(c, id, err) ||
	    !library_get(in->db, id, &in->row, err) ||
	    !library_open(in->db, id, &in->pattern, err) ||
	    !library_history(in->db, id, HISTORY, &in->history, err))
		return false;
	if (!in->pattern.workflow)
		return true;
	in->workflow =
		workflow_parse(in->pattern.workflow,
			       strlen(in->pattern.workflow), in->row.path,
			       in->pattern.workflow_line, &engine_tools, &why);
	if (!in->workflow)
		cli_warn(why.msg);
	return true;
}

static void __attribute__((format(printf, 3, 4)))
field(struct inspection *in, const char *name, const char *fmt, ...)
{
	va_list ap;

	buf_printf(&in->out, "  %-*s ", FIELD_WIDTH, name);
	va_start(ap, fmt);
	buf_vprintf(&in->out, fmt, ap);
	va_end(ap);
	buf_addch(&in->out, '\n');
}

static void
heading(struct inspection *in, const char *words)
{
	buf_printf(&in->out, "%s%s\n", in->out.len ? "\n" : "", words);
}

static void
tell_overview(struct inspection *in)
{
	const struct library_row *r = &in->row;
	AUTO_FREE char *age =
		pattern_text_age(r->last_used_us, clock_wall_us());
	char created[CLOCK_ISO_SIZE], used[CLOCK_ISO_SIZE];

	heading(in, "Overview");
	field(in, "Pattern ID", "%s", r->id);
	field(in, "Name", "%s", r->name);
	field(in, "Status", "%s", pattern_status_word(r->status));
	if (*r->category)
		field(in, "Category", "%s", r->category);
	if (r->created_us > 0)
		field(in, "Created", "%.10s",
		      clock_iso(r->created_us, created));
	if (r->last_used_us > 0)
		field(in, "Last Used", "%.10s (%s)",
		      clock_iso(r->last_used_us, used), age);
	else
		field(in, "Last Used", "never");
	field(in, "File", "%s", r->path);
}

/* The rate of the last executions beside that of all. */
static void
tell_trend(struct inspection *in)
{
	const struct library_executions *h = &in->history;
	double all = pattern_rate(&in->row.counts), last = 0;

	if (h->count < 2)
		return;
	for (size_t i = 0; i < h->count; i++)
		last += h->items[i].status == EXECUTION_SUCCESS;
	last /= (double)h->count;
	field(in, "Trend", "%s (last %zu: %.0f%%)",
	      last > all + 0.005 ? "improving" :
	      last < all - 0.005 ? "declining" :
				   "steady",
	      h->count, 100 * last);
}

static void
tell_metrics(struct inspection *in)
{
	const struct pattern_counts *n = &in->row.counts;
	AUTO_FREE char *rate = pattern_text_rate(n);
	AUTO_FREE char *next = lifecycle_next(n);

	heading(in, "Metrics");
	if (n->executions)
		field(in, "Success", "%s, %" PRId64 " of %" PRId64, rate,
		      n->successes, n->executions);
	else
		field(in, "Success", "%s", rate);
	if (n->executions)
		field(in, "Avg Duration", "%.1f minutes", n->avg_minutes);
	field(in, "Total Uses", "%" PRId64, n->executions);
	tell_trend(in);
	field(in, "Next Stage", "%s", next);
}

static void
tell_steps(struct inspection *in)
{
	const struct workflow *w = in->workflow;
	size_t named = in->pattern.steps.count;

	if (!w && !named)
		return;
	heading(in, "Workflow Steps");
	for (size_t i = 0; w && i < w->step_count; i++) {
		const struct workflow_step *s = &w->steps[w->order[i]];

		buf_printf(&in->out, "  %zu. %s: %s (%s)\n", i + 1, s->id,
			   s->title, s->action.tool->name);
	}
	/* Of a file of v0.2.0 only the names are known. */
	for (size_t i = 0; !w && i < named; i++)
		buf_printf(&in->out, "  %zu. %s\n", i + 1,
			   in->pattern.steps.items[i]);
}

static void
tell_issues(struct inspection *in)
{
	const struct pattern *p = &in->pattern;

	if (!p->issue_count)
		return;
	heading(in, "Known Issues");
	for (size_t i = 0; i < p->issue_count; i++)
		buf_printf(&in->out, "  %" PRId64 " times: %s\n    fix: %s\n",
			   p->issues[i].frequency, p->issues[i].issue,
			   p->issues[i].fix);
}

static void
tell_tools(struct inspection *in)
{
	heading(in, "Tools");
	for (size_t i = 0; i < in->row.tool_count; i++) {
		const struct pattern_tool *t = &in->row.tools[i];
		AUTO_FREE char *words = NULL;
		double rate = -1;

		library_tool_rate(in->db, t->name, &rate, NULL);
		words = rate < 0 ? xstrdup("never used here") :
				   xasprintf("%.0f%% of its steps succeeded",
					     100 * rate);
		field(in, t->name, "%s, %s",
		      t->required ? "required" : "optional", words);
	}
	for (size_t i = 0; i < in->pattern.environment.count; i++)
		field(in, "needs", "%s", in->pattern.environment.items[i]);
}

static void
tell_history(struct inspection *in)
{
	heading(in, "Execution History");
	if (!in->history.count)
		buf_addstr(&in->out, "  no execution is recorded here\n");
	else
		buf_printf(&in->out, "  %-16s  %-8s %12s  %s\n", "Date",
			   "Status", "Duration", "Issues");
	for (size_t i = 0; i < in->history.count; i++) {
		const struct library_execution *e = &in->history.items[i];
		char when[CLOCK_ISO_SIZE], took[CLOCK_DURATION_SIZE];

		buf_printf(&in->out, "  %.16s  %-8s %12s  %s\n",
			   clock_iso(e->started_us, when),
			   execution_status_word(e->status),
			   clock_duration(e->duration_ms * 1000, took),
			   *e->error ? e->error : "-");
	}
}

/* What the file says of itself: its section "When to use" if it has one. */
static void
tell_use(struct inspection *in)
{
	const char *at = strcasestr(in->pattern.body, "\n## When to use");
	const char *end;

	heading(in, "When to Use");
	if (*in->row.description)
		buf_printf(&in->out, "  %s\n", in->row.description);
	if (!at)
		return;
	at += strcspn(at + 1, "\n") + 1;
	end = strstr(at, "\n## ");
	buf_addstr(&in->out, at + strspn(at, "\n"));
	if (end)
		buf_truncate(&in->out, in->out.len - strlen(end));
	buf_addch(&in->out, '\n');
}

static void
add_text(struct buf *b, const char *key, const char *value)
{
	json_add_key(b, key);
	json_add_str(b, value);
}

static void
add_int(struct buf *b, const char *key, int64_t value)
{
	json_add_key(b, key);
	buf_printf(b, "%" PRId64, value);
}

/* The beginning of the n-th object of a list. */
static void
open_object(struct buf *b, size_t n)
{
	buf_addstr(b, n ? ",{" : "{");
}

static void
add_json_steps(struct inspection *in)
{
	const struct workflow *w = in->workflow;

	json_add_key(&in->out, "steps");
	buf_addch(&in->out, '[');
	for (size_t i = 0; w && i < w->step_count; i++) {
		const struct workflow_step *s = &w->steps[w->order[i]];

		open_object(&in->out, i);
		add_text(&in->out, "id", s->id);
		add_text(&in->out, "title", s->title);
		add_text(&in->out, "tool", s->action.tool->name);
		buf_addch(&in->out, '}');
	}
	buf_addch(&in->out, ']');
}

static void
add_json_issues(struct inspection *in)
{
	json_add_key(&in->out, "known_issues");
	buf_addch(&in->out, '[');
	for (size_t i = 0; i < in->pattern.issue_count; i++) {
		const struct pattern_issue *issue = &in->pattern.issues[i];

		open_object(&in->out, i);
		add_text(&in->out, "issue", issue->issue);
		add_text(&in->out, "fix", issue->fix);
		add_int(&in->out, "frequency", issue->frequency);
		buf_addch(&in->out, '}');
	}
	buf_addch(&in->out, ']');
}

static void
add_json_history(struct inspection *in)
{
	json_add_key(&in->out, "history");
	buf_addch(&in->out, '[');
	for (size_t i = 0; i < in->history.count; i++) {
		const struct library_execution *e = &in->history.items[i];
		char iso[CLOCK_ISO_SIZE];

		open_object(&in->out, i);
		add_text(&in->out, "run", e->run);
		add_text(&in->out, "started", clock_iso(e->started_us, iso));
		add_text(&in->out, "status", execution_status_word(e->status));
		add_int(&in->out, "duration_ms", e->duration_ms);
		add_text(&in->out, "error", e->error);
		buf_addch(&in->out, '}');
	}
	buf_addch(&in->out, ']');
}

static int
print_inspection(struct inspection *in)
{
	buf_addch(&in->out, '{');
	pattern_text_json(&in->row, &in->out);
	add_json_steps(in);
	add_json_issues(in);
	add_json_history(in);
	printf("%s}\n", buf_str(&in->out));
	return 0;
}

int
cmd_inspect_pattern(struct cli *c)
{
	AUTO(inspection) in = { .pattern.id = NULL };
	struct err err = ERR_INIT;

	if (c->arg_count != 1)
		return cli_usage(c, "inspect-pattern takes one pattern's id");
	if (!inspect(c, c->args[0], &in, &err))
		return cli_fail(c, &err);
	if (c->json)
		return print_inspection(&in);
	tell_overview(&in);
	tell_metrics(&in);
	tell_steps(&in);
	tell_issues(&in);
	if (cli_flag(c, "show-plugins"))
		tell_tools(&in);
	if (cli_flag(c, "show-history"))
		tell_history(&in);
	tell_use(&in);
	cli_print(buf_str(&in.out));
	return 0;
}
