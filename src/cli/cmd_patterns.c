/* patterns list, show, similar, validate, reindex. */
#include "cli/pattern_text.h"

#include "base/clock.h"
#include "flow/workflow.h"
#include "know/learn.h"
#include "know/similar.h"
#include "run/engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
print_row(const struct cli *c, const struct library_row *r)
{
	AUTO(buf) b = BUF_INIT;

	if (!c->json) {
		printf("%-34s %-10s %3" PRId64 " runs %4.0f %%  ", r->id,
		       pattern_status_word(r->status), r->counts.executions,
		       100 * pattern_rate(&r->counts));
		cli_print_cut(r->name, 50);
		putchar('\n');
		return;
	}
	pattern_text_json(r, &b);
	printf("{%s}\n", buf_str(&b));
}

static int
list_patterns(struct cli *c)
{
	AUTO(buf) words = BUF_INIT;
	struct library_filter f = { 0 };
	struct library_rows rows = { 0 };
	const char *stage = cli_option(c, "status");
	enum pattern_status status;
	struct err err = ERR_INIT;

	if (stage && !pattern_status_parse(stage, &status))
		return cli_usage(c,
				 "--status %s: use discovered, validated, "
				 "learned or deprecated",
				 stage);
	if (stage)
		f.status_mask = 1u << status;
	for (int i = 1; i < c->arg_count; i++)
		buf_printf(&words, "%s%s", i > 1 ? " " : "", c->args[i]);
	f.text = words.len ? buf_str(&words) : NULL;
	f.order = words.len ? LIBRARY_BY_RANK : LIBRARY_BY_NAME;
	if (!pattern_text_sync(c, &err) ||
	    !library_list(journal_db(c->journal), &f, &rows, &err))
		return cli_fail(c, &err);
	for (size_t i = 0; i < rows.count; i++)
		print_row(c, &rows.items[i]);
	if (!rows.count && !c->json && !c->quiet)
		printf("no pattern%s\n", words.len ? " has these words" : "");
	library_rows_release(&rows);
	return 0;
}

static void
print_history(struct cli *c, const char *id)
{
	AUTO(library_executions) h = { 0 };

	if (!library_history(journal_db(c->journal), id, 10, &h, NULL))
		return;
	for (size_t i = 0; i < h.count; i++) {
		const struct library_execution *e = &h.items[i];
		char when[CLOCK_ISO_SIZE], took[CLOCK_DURATION_SIZE];

		printf("  %.16s  %-8s %10s  run %s\n",
		       clock_iso(e->started_us, when),
		       execution_status_word(e->status),
		       clock_duration(e->duration_ms * 1000, took), e->run);
	}
}

static int
show_pattern(struct cli *c)
{
	struct library_row row = { 0 };
	struct err err = ERR_INIT;
	AUTO(buf) text = BUF_INIT;

	if (c->arg_count != 2)
		return cli_usage(c, "patterns show takes one pattern's id");
	if (!pattern_text_sync(c, &err) ||
	    !library_get(journal_db(c->journal), c->args[1], &row, &err))
		return cli_fail(c, &err);
	if (c->json) {
		print_row(c, &row);
	} else if (path_read(row.path, PATTERN_LIMIT, &text, &err)) {
		cli_print(row.path);
		printf("\n\n");
		cli_print(buf_str(&text));
		printf("\n");
		print_history(c, row.id);
	}
	library_row_release(&row);
	return err.code ? cli_fail(c, &err) : 0;
}

/* What stands between the files that are checked together. */
struct checked {
	struct strv ids, paths; /* of the files before, side by side */
};

static void
checked_release(struct checked *v)
{
	strv_release(&v->ids);
	strv_release(&v->paths);
}

static bool
check_double(struct checked *v, const struct pattern *p, const char *path,
	     struct err *err)
{
	for (size_t i = 0; i < v->ids.count; i++)
		if (strcmp(v->ids.items[i], p->id) == 0)
			return FAIL(err, ERR_CONFLICT,
				    "%s: the pattern %s is also in %s; only "
				    "the one with most executions is used: "
				    "remove the other",
				    path, p->id, v->paths.items[i]);
	strv_add(&v->ids, p->id);
	strv_add(&v->paths, path);
	return true;
}

/* Front matter and workflow, each with its own loader. What v0.2.0 wrote has
 * no workflow, and is valid all the same. */
static bool
validate_file(struct checked *v, const char *path, struct buf *ret_note,
	      struct err *err)
{
	AUTO_PTR(workflow) w = NULL;
	AUTO(pattern) p = { 0 };

	if (!pattern_read(path, &p, err) || !check_double(v, &p, path, err))
		return false;
	if (strstr(p.format, "v0.2.0"))
		buf_printf(ret_note, " (%s: pattern %s%s)", p.format, p.id,
			   p.workflow ? "" :
					"; without a workflow it cannot run");
	else if (!p.workflow)
		return FAIL(err, ERR_SYNTAX, "%s: it has no workflow", path);
	if (!p.workflow)
		return true;
	w = workflow_parse(p.workflow, strlen(p.workflow), path,
			   p.workflow_line, &engine_tools, err);
	return w != NULL;
}

static int
validate_patterns(struct cli *c)
{
	AUTO(checked) v = { 0 };
	int status = 0;

	if (c->arg_count < 2)
		return cli_usage(c, "patterns validate takes files");
	for (int i = 1; i < c->arg_count; i++) {
		AUTO(buf) note = BUF_INIT;
		struct err err = ERR_INIT;

		if (validate_file(&v, c->args[i], &note, &err)) {
			if (c->quiet || c->json)
				continue;
			cli_print(c->args[i]);
			printf(": valid");
			cli_print(buf_str(&note));
			printf("\n");
		} else {
			status = cli_fail(c, &err);
		}
	}
	return status;
}

static bool
reindex(struct cli *c, struct library_report *report, int64_t *ret_mended,
	struct err *err)
{
	struct strv problems = STRV_INIT;
	struct db *db;
	bool ok;

	if (!cli_journal(c, err))
		return false;
	db = journal_db(c->journal);
	ok = learn_recover(db, &c->paths, &problems, err) &&
	     library_rebuild(db, &c->paths, report, err) &&
	     learn_mend(db, &c->paths, ret_mended, &problems, err);
	for (size_t i = 0; i < problems.count; i++)
		strv_add(&report->problems, problems.items[i]);
	strv_release(&problems);
	return ok;
}

/* The index from the files, then the files' counts from the executions. */
static int
reindex_patterns(struct cli *c)
{
	AUTO(library_report) report = { 0 };
	struct err err = ERR_INIT;
	int64_t mended = 0;

	if (c->arg_count != 1)
		return cli_usage(c, "patterns reindex takes no arguments");
	if (!reindex(c, &report, &mended, &err))
		return cli_fail(c, &err);
	for (size_t i = 0; i < report.problems.count; i++)
		cli_warn(report.problems.items[i]);
	if (c->json)
		printf("{\"files\":%d,\"mended\":%" PRId64
		       ",\"problems\":%zu}\n",
		       report.added, mended, report.problems.count);
	else if (!c->quiet)
		printf("%d files indexed; %" PRId64
		       " brought up to their executions; %zu problems\n",
		       report.added, mended, report.problems.count);
	return 0;
}

static void
print_similar(const struct cli *c, const struct similar *s, bool first)
{
	AUTO_FREE char *rate = pattern_text_rate(&s->row.counts);
	AUTO(buf) b = BUF_INIT;

	if (c->json) {
		pattern_text_json(&s->row, &b);
		printf("{%s,\"words\":%.4f,\"steps\":%.4f,\"variant\":%s,"
		       "\"duplicate\":%s}\n",
		       buf_str(&b), s->words, s->steps,
		       s->variant ? "true" : "false",
		       s->duplicate ? "true" : "false");
		return;
	}
	buf_printf(&b, "%s [%s]%s%s\n", s->row.id,
		   pattern_status_word(s->row.status),
		   s->variant ? " variant" : "",
		   s->duplicate ? " duplicate" : "");
	if (!first)
		buf_printf(&b,
			   "   shares %.0f%% of the words, %.0f%% of the "
			   "steps\n",
			   100 * s->words, 100 * s->steps);
	buf_printf(&b, "   Success: %s | Uses: %" PRId64, rate,
		   s->row.counts.executions);
	if (s->row.counts.executions)
		buf_printf(&b, " | Avg: %.1fmin", s->row.counts.avg_minutes);
	buf_addch(&b, '\n');
	cli_print(buf_str(&b));
}

/* A pattern beside its variants and its nearest duplicates. */
static int
show_similar(struct cli *c)
{
	enum { OTHERS = 10 };
	AUTO(similar_list) list = { 0 };
	struct err err = ERR_INIT;

	if (c->arg_count != 2)
		return cli_usage(c, "patterns similar takes one pattern's id");
	if (!pattern_text_sync(c, &err) ||
	    !pattern_text_exists(c, c->args[1], &err) ||
	    !similar_find(journal_db(c->journal), c->args[1], OTHERS, &list,
			  &err))
		return cli_fail(c, &err);
	for (size_t i = 0; i < list.count; i++)
		print_similar(c, &list.items[i], i == 0);
	if (list.count == 1 && !c->json && !c->quiet)
		printf("no other pattern shares a word with it\n");
	return 0;
}

int
cmd_patterns(struct cli *c)
{
	const char *what = c->arg_count ? c->args[0] : "list";

	if (strcmp(what, "list") == 0)
		return list_patterns(c);
	if (strcmp(what, "show") == 0)
		return show_pattern(c);
	if (strcmp(what, "validate") == 0)
		return validate_patterns(c);
	if (strcmp(what, "similar") == 0)
		return show_similar(c);
	if (strcmp(what, "reindex") == 0)
		return reindex_patterns(c);
	return cli_usage(c,
			 "patterns takes list, show, similar, validate or "
			 "reindex, not %s",
			 what);
}
