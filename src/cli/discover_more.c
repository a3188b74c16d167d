/* discover-patterns: comparing, refreshing, and what a model proposes. */
#include "cli/discover_more.h"

#include "base/clock.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/pattern_text.h"
#include "know/command_file.h"
#include "know/discover.h"
#include "know/library_index.h"
#include "know/similar.h"
#include "tool/tool.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	PROPOSALS_MAX = 5,
	PROPOSAL_TOKENS = 4000,
	TEXT_MAX = 2000, /* bytes of one text of a proposal */
	DUPLICATES = 5,
};

/* --- compare ----------------------------------------------------------------- */

struct side {
	char *words;
	struct library_rows rows;
	struct pattern_counts total;
	const struct library_row *popular; /* or NULL */
	struct strv tools;
};

static void
side_release(struct side *s)
{
	free(s->words);
	library_rows_release(&s->rows);
	strv_release(&s->tools);
}

static bool
read_side(struct cli *c, struct side *s, struct err *err)
{
	struct library_filter f = { .text = s->words,
				    .words = LIBRARY_ANY_WORD,
				    .order = LIBRARY_BY_RANK };
	double minutes = 0;

	if (!library_list(journal_db(c->journal), &f, &s->rows, err))
		return false;
	for (size_t i = 0; i < s->rows.count; i++) {
		const struct library_row *r = &s->rows.items[i];

		s->total.executions += r->counts.executions;
		s->total.successes += r->counts.successes;
		s->total.failures += r->counts.failures;
		minutes += r->counts.avg_minutes *
			   (double)r->counts.executions;
		if (!s->popular ||
		    r->counts.executions > s->popular->counts.executions)
			s->popular = r;
		for (size_t t = 0; t < r->tool_count; t++)
			if (!strv_has(&s->tools, r->tools[t].name))
				strv_add(&s->tools, r->tools[t].name);
	}
	if (s->total.executions)
		s->total.avg_minutes = minutes / (double)s->total.executions;
	return true;
}

static void
tell_side(const struct side *s, struct buf *b)
{
	AUTO_FREE char *rate = pattern_text_rate(&s->total);

	buf_printf(b, "%s\n  Patterns: %zu\n  Average success: %s\n",
		   s->words, s->rows.count, rate);
	if (s->total.executions)
		buf_printf(b, "  Average time: %.1f minutes, of %" PRId64
			      " runs\n",
			   s->total.avg_minutes, s->total.executions);
	if (s->popular)
		buf_printf(b, "  Most popular: %s (%" PRId64 " uses)\n",
			   s->popular->id, s->popular->counts.executions);
	buf_addch(b, '\n');
}

static void
tell_tools(const struct side *a, const struct side *z, struct buf *b)
{
	size_t shared = 0, all;

	for (size_t i = 0; i < a->tools.count; i++)
		shared += strv_has(&z->tools, a->tools.items[i]);
	all = a->tools.count + z->tools.count - shared;
	if (!all)
		return;
	buf_printf(b, "Plugins: %.0f%% shared, %.0f%% only %s, %.0f%% only "
		      "%s\n",
		   100.0 * (double)shared / (double)all,
		   100.0 * (double)(a->tools.count - shared) / (double)all,
		   a->words,
		   100.0 * (double)(z->tools.count - shared) / (double)all,
		   z->words);
}

/* Only when the intervals do not overlap the runs say anything. */
static void
recommend(const struct side *a, const struct side *z, struct buf *b)
{
	double low_a, high_a, low_z, high_z;

	wilson_interval(&a->total, &low_a, &high_a);
	wilson_interval(&z->total, &low_z, &high_z);
	if (!a->rows.count || !z->rows.count)
		buf_printf(b, "Recommendation: only %s has patterns\n",
			   a->rows.count ? a->words :
			   z->rows.count ? z->words :
					   "neither side");
	else if (low_a > high_z || low_z > high_a)
		buf_printf(b,
			   "Recommendation: %s; its runs succeed more often, "
			   "beyond chance (95%% intervals apart)\n",
			   low_a > high_z ? a->words : z->words);
	else
		buf_addstr(b, "Recommendation: none; the runs so far do not "
			      "tell the two apart (95% intervals overlap)\n");
}

int
discover_compare(struct cli *c, const char *sides)
{
	const char *vs = strcasestr(sides, " vs ");
	AUTO(side) a = { .words = NULL };
	AUTO(side) z = { .words = NULL };
	AUTO(buf) b = BUF_INIT;
	struct err err = ERR_INIT;

	if (!vs || vs == sides || !vs[4 + strspn(vs + 4, " ")])
		return cli_usage(c, "--compare takes \"A vs B\"");
	a.words = xstrndup(sides, (size_t)(vs - sides));
	z.words = xstrdup(vs + 4);
	if (!pattern_text_sync(c, &err) || !read_side(c, &a, &err) ||
	    !read_side(c, &z, &err))
		return cli_fail(c, &err);
	tell_side(&a, &b);
	tell_side(&z, &b);
	tell_tools(&a, &z, &b);
	recommend(&a, &z, &b);
	cli_print(buf_str(&b));
	return 0;
}

/* --- refresh ------------------------------------------------------------------- */

/* The folder is the stage: the file goes where its counts say. */
static void
move_to_stage(struct cli *c, const struct library_row *r, struct buf *b)
{
	enum pattern_status stage = lifecycle_stage(&r->counts, r->status);
	AUTO_FREE char *dir = library_stage_dir(&c->paths, stage);
	AUTO_FREE char *to = library_stage_path(&c->paths, stage, r->id);
	struct err err = ERR_INIT;

	if (r->shipped || stage == r->status || !r->counts.executions)
		return;
	if (path_exists(to)) {
		buf_printf(b, "  %s: is in two stages; %s is kept\n", r->id,
			   to);
		return;
	}
	if (path_mkdirs(dir, &err) && rename(r->path, to) == 0)
		buf_printf(b, "  %s: %s -> %s\n", r->id,
			   pattern_status_word(r->status),
			   pattern_status_word(stage));
	else
		buf_printf(b, "  %s: cannot be moved to %s\n", r->id, dir);
}

static void
tell_superseded(struct cli *c, const struct library_row *r, struct buf *b)
{
	AUTO(similar_list) list = { 0 };

	if (!similar_find(journal_db(c->journal), r->id, DUPLICATES, &list,
			  NULL))
		return;
	for (size_t i = 1; i < list.count; i++) {
		const struct library_row *o = &list.items[i].row;

		/* The better one tells of the other, once. */
		if (list.items[i].duplicate &&
		    o->status != PATTERN_DEPRECATED &&
		    pattern_rate(&o->counts) < pattern_rate(&r->counts))
			buf_printf(b, "  %s does the same as %s, which "
				      "succeeds more often\n",
				   o->id, r->id);
	}
}

int
discover_refresh(struct cli *c)
{
	AUTO(library_rows) rows = { 0 };
	AUTO(library_report) report = { 0 };
	AUTO(buf) b = BUF_INIT;
	struct err err = ERR_INIT;
	size_t begin;

	if (!pattern_text_sync(c, &err) ||
	    !library_rebuild(journal_db(c->journal), &c->paths, &report,
			     &err) ||
	    !library_list(journal_db(c->journal), &(struct library_filter){ 0 },
			  &rows, &err))
		return cli_fail(c, &err);
	for (size_t i = 0; i < report.problems.count; i++)
		cli_warn(report.problems.items[i]);
	buf_printf(&b, "Indexed %zu patterns anew. Stages by their counts:\n",
		   rows.count);
	begin = b.len;
	for (size_t i = 0; i < rows.count; i++)
		move_to_stage(c, &rows.items[i], &b);
	if (b.len == begin)
		buf_addstr(&b, "  every pattern is in its stage\n");
	buf_addstr(&b, "Superseded:\n");
	begin = b.len;
	for (size_t i = 0; i < rows.count; i++)
		tell_superseded(c, &rows.items[i], &b);
	if (b.len == begin)
		buf_addstr(&b, "  none\n");
	if (!library_sync(journal_db(c->journal), &c->paths, NULL, &err))
		return cli_fail(c, &err);
	cli_print(buf_str(&b));
	return 0;
}

/* --- proposals ------------------------------------------------------------------- */

static const char answer_schema[] =
	"{\"type\":\"object\",\"additionalProperties\":false,"
	"\"required\":[\"patterns\"],\"properties\":{\"patterns\":{"
	"\"type\":\"array\",\"items\":{\"type\":\"object\","
	"\"additionalProperties\":false,\"required\":[\"name\","
	"\"description\",\"category\",\"keywords\",\"steps\","
	"\"when_to_use\"],\"properties\":{"
	"\"name\":{\"type\":\"string\"},"
	"\"description\":{\"type\":\"string\"},"
	"\"category\":{\"type\":\"string\"},"
	"\"keywords\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
	"\"steps\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
	"\"additionalProperties\":false,\"required\":[\"tool\",\"purpose\"],"
	"\"properties\":{\"tool\":{\"type\":\"string\"},"
	"\"purpose\":{\"type\":\"string\"}}}},"
	"\"when_to_use\":{\"type\":\"string\"}}}}}}";

static char *
question(const char *domain, const struct library_rows *known)
{
	AUTO(buf) b = BUF_INIT;

	buf_addstr(&b, "Tools:\n");
	for (const struct tool *const *t = tool_all(); *t; t++)
		buf_printf(&b, "- %s: %s\n", (*t)->name, (*t)->summary);
	buf_addstr(&b, "\nKnown patterns:\n");
	for (size_t i = 0; i < known->count; i++)
		buf_printf(&b, "- %s: %s\n", known->items[i].name,
			   known->items[i].description);
	buf_printf(&b, "\nAt most %d patterns for the domain:\n%s\n",
		   PROPOSALS_MAX, domain);
	return buf_steal(&b);
}

/* One line of at most TEXT_MAX bytes; never NULL. */
static char *
line_of(const cJSON *o, const char *key)
{
	const char *s = json_str(o, key);
	char *line = xasprintf("%.*s", TEXT_MAX, s ? s : "");

	for (char *p = line; *p; p++)
		if ((unsigned char)*p < 0x20)
			*p = ' ';
	return line;
}

/* The prose, with the steps; what the model said is quoted as what it is. */
static char *
body_of(const struct pattern *p, const cJSON *o, const char *model)
{
	AUTO(buf) b = BUF_INIT;
	AUTO_FREE char *when = line_of(o, "when_to_use");
	char now[CLOCK_ISO_SIZE];
	const cJSON *s;
	int n = 0;

	buf_printf(&b,
		   "# %s\n\nProposed by %s on %.10s, and never run. It has no "
		   "workflow yet: write one below `workflow:` "
		   "(agentops-workflow(5)), or plan a task with it in "
		   "mind.\n\n## When to use\n%s\n\n## Steps\n",
		   p->name, model, clock_iso(clock_wall_us(), now), when);
	cJSON_ArrayForEach (s, json_get(o, "steps")) {
		AUTO_FREE char *tool = line_of(s, "tool");
		AUTO_FREE char *purpose = line_of(s, "purpose");

		buf_printf(&b, "%d. %s: %s\n", ++n, tool, purpose);
	}
	return buf_steal(&b);
}

static bool
known_tools(const cJSON *steps)
{
	const cJSON *s;

	cJSON_ArrayForEach (s, steps)
		if (!json_str(s, "tool") || !tool_find(json_str(s, "tool")))
			return false;
	return steps && steps->child;
}

static void
fill_pattern(struct pattern *p, const cJSON *o, const char *model)
{
	const cJSON *v;

	pattern_init(p);
	free(p->name);
	free(p->description);
	free(p->category);
	p->name = line_of(o, "name");
	p->description = line_of(o, "description");
	p->category = line_of(o, "category");
	free(p->id);
	p->id = pattern_id_make(p->name, 1);
	p->created_us = clock_wall_us();
	cJSON_ArrayForEach (v, json_get(o, "keywords"))
		if (cJSON_IsString(v) && p->keywords.count < 10)
			strv_addf(&p->keywords, "%.60s", v->valuestring);
	cJSON_ArrayForEach (v, json_get(o, "steps"))
		strv_add(&p->steps, json_str(v, "tool"));
	strv_add(&p->tags, "proposed");
	free(p->body);
	p->body = body_of(p, o, model);
	p->body_len = strlen(p->body);
}

static void
take_proposal(struct cli *c, const cJSON *o, const char *model,
	      struct strv *ret)
{
	struct pattern p;
	struct err err = ERR_INIT;

	if (str_empty(json_str(o, "name")) || !known_tools(json_get(o, "steps"))) {
		cli_warn("a proposal without a name, or with a tool that "
			 "there is not, is left out");
		return;
	}
	fill_pattern(&p, o, model);
	if (discover_write(&c->paths, &p, &err))
		strv_add(ret, p.id);
	else
		cli_warn(err.msg);
	pattern_release(&p);
}

bool
discover_propose(struct cli *c, struct model_question *q, const char *domain,
		 const struct library_rows *known, struct strv *ret,
		 struct model_answer *answer, struct err *err)
{
	AUTO_FREE char *prompt = question(domain, known);
	AUTO(buf) told = BUF_INIT;
	AUTO_JSON *o = NULL;
	const cJSON *item;
	int n = 0;

	if (!command_told("discover-patterns", &told, err))
		return false;
	q->system = buf_str(&told);
	q->prompt = prompt;
	q->schema = answer_schema;
	q->schema_name = "proposed_patterns";
	q->max_tokens = PROPOSAL_TOKENS;
	if (!model_ask(&c->paths, q, answer, err))
		return false;
	o = json_parse(answer->text, strlen(answer->text), "the answer", err);
	if (!o)
		return false;
	cJSON_ArrayForEach (item, json_get(o, "patterns"))
		if (n++ < PROPOSALS_MAX)
			take_proposal(c, item, answer->model, ret);
	return true;
}
