/*
 * discover-patterns: what patterns there are for a domain. Looks in the
 * library, at the tools and in pattern files elsewhere on this machine, which
 * it takes into the library; a model may propose more. Runs no workflow.
 */
#include "cli/catalog.h"
#include "cli/discover_more.h"
#include "cli/hints.h"
#include "cli/pattern_text.h"

#include "base/clock.h"
#include "base/json.h"
#include "know/discover.h"
#include "tool/tool.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { QUICK = 3, BALANCED = 10, SLUG_MAX = 60 };

struct discovery {
	struct cli *c;
	char *words, *category, *domain, *here, *path;
	cJSON *hints;
	struct library_filter filter;
	struct library_rows rows;
	struct discover_list found;
	struct strv taken;    /* ids that are in the library now */
	struct strv proposed; /* ids that a model proposed */
	struct catalog catalog;
	struct model_question question;
	struct model_answer answer;
	bool ask;
	int64_t took_us[3];
};

static void
discovery_release(struct discovery *d)
{
	if (d->catalog.patterns)
		catalog_release(&d->catalog);
	free(d->words);
	free(d->category);
	free(d->domain);
	free(d->here);
	free(d->path);
	cJSON_Delete(d->hints);
	library_rows_release(&d->rows);
	discover_list_release(&d->found);
	strv_release(&d->taken);
	strv_release(&d->proposed);
	model_answer_release(&d->answer);
}

/* --- what is asked for ------------------------------------------------------ */

/* ">0.9", ">= 0.9" and "0.9" are all at least that. */
static bool
read_rate(struct discovery *d, struct err *err)
{
	const char *rate = cli_option(d->c, "success-rate");
	const char *s;

	if (!rate)
		rate = cli_option(d->c, "success");
	if (!rate)
		return true;
	s = rate + strspn(rate, ">= ");
	if (!str_to_double(s, &d->filter.min_rate) ||
	    !(d->filter.min_rate >= 0 && d->filter.min_rate <= 1))
		return FAIL(err, ERR_USAGE,
			    "--success-rate %s: use a number from 0.0 to 1.0",
			    rate);
	return true;
}

static char *
join_arguments(const struct cli *c)
{
	AUTO(buf) b = BUF_INIT;

	for (int i = 0; i < c->arg_count; i++)
		buf_printf(&b, "%s%s", i ? " " : "", c->args[i]);
	return buf_steal(&b);
}

/* A name for the catalogue's file. */
static char *
slug(const char *text)
{
	AUTO(buf) b = BUF_INIT;

	for (; *text && b.len < SLUG_MAX; text++) {
		if (isalnum((unsigned char)*text))
			buf_addch(&b, (char)tolower((unsigned char)*text));
		else if (b.len && b.data[b.len - 1] != '-')
			buf_addch(&b, '-');
	}
	while (b.len && b.data[b.len - 1] == '-')
		buf_truncate(&b, b.len - 1);
	return b.len ? buf_steal(&b) : xstrdup("all");
}

static bool
read_request(struct discovery *d, struct err *err)
{
	const char *category = cli_option(d->c, "category");
	struct library_filter *f = &d->filter;

	d->words = join_arguments(d->c);
	d->hints = cJSON_CreateObject();
	if (!hints_take(d->words, d->hints, err) || !read_rate(d, err))
		return false;
	if (!category)
		category = json_str(d->hints, "domain");
	d->category = xstrdup0(category);
	if (d->category)
		str_lower(d->category);
	f->text = d->words[strspn(d->words, " ")] ? d->words : NULL;
	f->words = LIBRARY_ANY_WORD;
	f->category = d->category;
	f->order = f->text ? LIBRARY_BY_RANK : LIBRARY_BY_RATE;
	f->limit = cli_flag(d->c, "quick") ? QUICK :
		   cli_flag(d->c, "deep")  ? 0 :
					     BALANCED;
	if (!cli_flag(d->c, "deep"))
		f->status_mask = 1U << PATTERN_DISCOVERED |
				 1U << PATTERN_VALIDATED |
				 1U << PATTERN_LEARNED;
	d->domain = slug(d->category ? d->category : d->words);
	return model_chosen(d->c, &d->question, &d->ask, err);
}

/* --- research ------------------------------------------------------------------- */

/* Every row uses what is named in an avoid bracket, or none. */
static bool
holds(const struct library_row *r, const cJSON *names)
{
	const cJSON *v;

	cJSON_ArrayForEach (v, names) {
		const char *name = cJSON_GetStringValue(v);

		if (!name)
			continue;
		for (size_t i = 0; i < r->tool_count; i++)
			if (strcasecmp(r->tools[i].name, name) == 0)
				return true;
		if (strv_has(&r->keywords, name) || strv_has(&r->tags, name) ||
		    str_eq(r->id, name))
			return true;
	}
	return false;
}

/* What is preferred first, what is avoided not at all; else as sorted. */
static void
apply_hints(struct discovery *d)
{
	const cJSON *prefer = json_get(d->hints, "prefer");
	const cJSON *avoid = json_get(d->hints, "avoid");
	struct library_rows *r = &d->rows;
	struct library_row *items = xcalloc(r->count + 1, sizeof(*items));
	size_t n = 0;

	for (int wanted = 1; wanted >= 0; wanted--)
		for (size_t i = 0; i < r->count; i++)
			if (!holds(&r->items[i], avoid) &&
			    holds(&r->items[i], prefer) == wanted)
				items[n++] = r->items[i];
	for (size_t i = 0; i < r->count; i++)
		if (holds(&r->items[i], avoid))
			library_row_release(&r->items[i]);
	free(r->items);
	r->items = items;
	r->count = n;
	r->cap = n + 1;
}

static bool
read_library(struct discovery *d, struct err *err)
{
	library_rows_release(&d->rows);
	if (!library_list(journal_db(d->c->journal), &d->filter, &d->rows,
			  err))
		return false;
	apply_hints(d);
	return true;
}

/* A file elsewhere is about the domain when one of the words stands in what
 * it says of itself. */
static bool
is_wanted(const struct discovery *d, const struct pattern *p)
{
	AUTO_FREE char *copy = xstrdup(d->words);
	char *rest = copy, *word;

	if (d->category && strcasecmp(p->category, d->category) != 0)
		return false;
	if (!d->filter.text || cli_flag(d->c, "deep"))
		return true;
	while ((word = strsep(&rest, " \t\n,")))
		if (strlen(word) > 2 &&
		    (strcasestr(p->name, word) || strcasestr(p->id, word) ||
		     strcasestr(p->description, word) ||
		     strcasestr(p->category, word) ||
		     strv_has(&p->keywords, word)))
			return true;
	return false;
}

static bool
take_files(struct discovery *d, struct err *err)
{
	discover_scan(journal_db(d->c->journal), d->here, &d->found);
	for (size_t i = 0; i < d->found.count; i++) {
		const struct discovered *f = &d->found.items[i];
		struct err why = ERR_INIT;

		if (f->problem)
			cli_warn(f->problem);
		if (f->problem || f->known || !is_wanted(d, &f->p))
			continue;
		if (discover_write(&d->c->paths, &f->p, &why))
			strv_add(&d->taken, f->p.id);
		else
			cli_warn(why.msg);
	}
	return !d->taken.count ||
	       library_sync(journal_db(d->c->journal), &d->c->paths, NULL, err);
}

static bool
propose(struct discovery *d, struct err *err)
{
	if (!d->ask)
		return true;
	if (!discover_propose(d->c, &d->question,
			      d->words[0] ? d->words : d->domain, &d->rows,
			      &d->proposed, &d->answer, err))
		return false;
	return !d->proposed.count ||
	       library_sync(journal_db(d->c->journal), &d->c->paths, NULL, err);
}

static bool
research(struct discovery *d, struct err *err)
{
	int64_t since = clock_mono_us();

	d->here = getcwd(NULL, 0);
	if (!d->here)
		return FAIL(err, ERR_ENV, "the current folder is gone");
	if (!pattern_text_sync(d->c, err) || !read_library(d, err))
		return false;
	d->took_us[0] = clock_mono_us() - since;
	since = clock_mono_us();
	if (!take_files(d, err))
		return false;
	d->took_us[1] = clock_mono_us() - since;
	since = clock_mono_us();
	if (!propose(d, err))
		return false;
	d->took_us[2] = clock_mono_us() - since;
	return (!d->taken.count && !d->proposed.count) || read_library(d, err);
}

/* --- telling -------------------------------------------------------------------- */

static void
tell_research(const struct discovery *d, struct buf *b)
{
	char took[CLOCK_DURATION_SIZE];
	size_t tools = 0;

	for (const struct tool *const *t = tool_all(); *t; t++)
		tools++;
	buf_printf(b,
		   "Phase 1: Researching patterns...\n"
		   "  [Agent 1] library: %zu patterns fit, %zu tools of theirs, "
		   "%zu tools here (%s)\n",
		   d->rows.count, d->catalog.tool_count, tools,
		   clock_duration(d->took_us[0], took));
	buf_printf(b,
		   "  [Agent 2] pattern files elsewhere: %zu in %zu folders%s, "
		   "%zu new (%s)\n",
		   d->found.count, d->found.places,
		   d->found.more ? ", and more" : "", d->taken.count,
		   clock_duration(d->took_us[1], took));
	if (d->ask) {
		AUTO_FREE char *line = model_answer_line(&d->answer);

		buf_printf(b, "  [Agent 3] %zu proposed; %s\n",
			   d->proposed.count, line);
	} else {
		buf_addstr(b, "  [Agent 3] no model was asked (offline; "
			      "--provider asks one)\n");
	}
}

static void
tell_patterns(const struct discovery *d, struct buf *b)
{
	buf_printf(b, "\nPhase 2: Patterns of \"%s\": %zu\n", d->domain,
		   d->rows.count);
	for (size_t i = 0; i < d->rows.count; i++) {
		buf_printf(b, "\n%zu. ", i + 1);
		catalog_pattern(&d->catalog, i, b);
	}
	if (d->rows.count)
		return;
	buf_addstr(b, "  none");
	if (!cli_flag(d->c, "explore"))
		buf_addstr(b, "; other words may find some, agentops "
			      "browse-patterns lists all");
	buf_addch(b, '\n');
}

static void
tell_learnt(const struct discovery *d, struct buf *b)
{
	buf_printf(b, "\nPhase 3: Recording learnings (AUTOMATIC)...\n");
	for (size_t i = 0; i < d->taken.count; i++)
		buf_printf(b, "  taken into the library: %s\n",
			   d->taken.items[i]);
	for (size_t i = 0; i < d->proposed.count; i++)
		buf_printf(b, "  proposed, never run: %s\n",
			   d->proposed.items[i]);
	buf_printf(b, "  catalogue: %s\n  Learning complete\n", d->path);
}

static bool
write_catalog(struct discovery *d, struct err *err)
{
	AUTO_FREE char *dir = path_join(d->here, ".agents/patterns");
	AUTO_FREE char *name = xasprintf("%s-patterns.md", d->domain);
	AUTO(buf) text = BUF_INIT;

	d->path = path_join(dir, name);
	catalog_markdown(&d->catalog, &text);
	return path_mkdirs(dir, err) &&
	       path_write_atomic(d->path, text.data, text.len, 0644, err);
}

int
cmd_discover_patterns(struct cli *c)
{
	AUTO(discovery) d = { .c = c };
	const char *sides = cli_option(c, "compare");
	AUTO(buf) out = BUF_INIT;
	struct err err = ERR_INIT;

	if (cli_flag(c, "quick") && cli_flag(c, "deep"))
		return cli_usage(c, "--quick and --deep exclude each other");
	if (sides)
		return discover_compare(c, sides);
	if (cli_flag(c, "refresh"))
		return discover_refresh(c);
	if (!read_request(&d, &err) || !research(&d, &err))
		return cli_fail(c, &err);
	catalog_make(journal_db(c->journal), d.domain, &d.rows, &d.catalog);
	if (!write_catalog(&d, &err))
		return cli_fail(c, &err);
	if (c->json) {
		catalog_json(&d.catalog, &out);
		puts(buf_str(&out));
		return 0;
	}
	tell_research(&d, &out);
	tell_patterns(&d, &out);
	tell_learnt(&d, &out);
	cli_print(buf_str(&out));
	return 0;
}
