/*
 * pattern.h - one pattern: what it is in memory, and its file.
 *
 * A pattern is a workflow that was run before, with what is known about it.
 * Its file is Markdown with YAML front matter:
 *
 *	---
 *	pattern_id: tabular-data-review-v1
 *	name: Tabular data review
 *	description: Profiles a table, charts it and reports the numbers
 *	category: analytics                  `domain` is read as the same
 *	task_keywords: [csv, data, review]
 *	workflow_steps: [profile, chart, report]
 *	created_at: 2026-11-22T10:52:20.123456Z
 *	last_used: 2026-11-22T10:52:20.123456Z
 *	executions: 3
 *	successful_executions: 2
 *	failed_executions: 1
 *	success_rate: 0.6666666666666666
 *	avg_completion_minutes: 0.25
 *	status: discovered
 *	known_issues:
 *	  - issue: "chart: gnuplot is not installed"
 *	    frequency: 1
 *	    fix: Manual investigation required
 *	environment_requirements: [gnuplot]
 *	tags: [csv]
 *	version: 1.0.0
 *	workflow:                            see agentops-workflow(5)
 *	  inputs: ...
 *	  steps: ...
 *	---
 *	# Prose for people, any Markdown
 *
 * pattern_id, name, description, category, workflow_steps and created_at are
 * what the validator of v0.2.0 requires; the rest may be missing. Top-level
 * keys stand at the start of their line.
 *
 * Who owns what: this program owns the keys from last_used to status and
 * known_issues; it rewrites their values and nothing else. Every other byte
 * (order, comments, the workflow, unknown keys, the prose) survives a
 * rewrite. The workflow is kept as text: know/ lies below flow/, which loads
 * it; only `uses` and `optional` of its steps (for matching) and
 * `baseline.manual_minutes` are looked at here.
 *
 * Files of v0.2.0 are read, too: flat and nested YAML, Markdown with front
 * matter that has no name, or with bold fields (src/know/pattern_legacy.c).
 * They are written again as above, with all that they said.
 *
 * Files are read up to PATTERN_LIMIT bytes; every error says
 * "file:line:column: what".
 *
 *	struct pattern p;
 *	if (!pattern_read(path, &p, err))
 *		return false;
 *	p.counts = lifecycle_count(&p.counts, EXECUTION_SUCCESS, minutes);
 *	pattern_format(&p, &text, err) && path_write_atomic(path, ...);
 *	pattern_release(&p);
 */
#ifndef AGENTOPS_KNOW_PATTERN_H
#define AGENTOPS_KNOW_PATTERN_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	PATTERN_LIMIT = 8 << 20, /* bytes of a file */
	PATTERN_ID_MAX = 120,    /* bytes of an id: it names a file */
};

/* Stages, in the order of promotion; the word is both the value of `status`
 * and the name of the folder. */
#define PATTERN_STATUSES(X) \
	X(PATTERN_DISCOVERED, "discovered") \
	X(PATTERN_VALIDATED, "validated") \
	X(PATTERN_LEARNED, "learned") \
	X(PATTERN_DEPRECATED, "deprecated")

enum pattern_status {
#define X(code, word) code,
	PATTERN_STATUSES(X)
#undef X
	PATTERN_STATUS_COUNT
};

const char *pattern_status_word(enum pattern_status s);
bool pattern_status_parse(const char *word, enum pattern_status *ret);

/* executions = successes + failures; avg_minutes is the mean working time
 * of all executions, waiting for people apart. */
struct pattern_counts {
	int64_t executions, successes, failures;
	double avg_minutes;
};

/* successes / executions; 0 when there are none. */
double pattern_rate(const struct pattern_counts *c);

struct pattern_issue {
	char *issue, *fix;
	int64_t frequency;
};

struct pattern_tool {
	char *name;
	bool required; /* some step that is not `optional` uses it */
};

/* last_used_us of a file whose date another format left unreadable. */
enum { PATTERN_TIME_UNREADABLE = -1 };

struct pattern {
	char *id, *name, *description, *category, *version; /* never NULL */
	struct strv keywords; /* task_keywords as written */
	struct strv steps;    /* workflow_steps */
	struct strv environment, tags;
	int64_t created_us, last_used_us; /* wall time, 0 when missing */
	struct pattern_counts counts;
	enum pattern_status status;
	struct pattern_issue *issues;
	size_t issue_count, issue_cap;
	double baseline_minutes; /* of doing the work by hand, as entered in
				    the workflow; 0 when it was not */

	/* The text after `workflow:`, byte for byte, and the line of that
	 * key, so that yaml_parse(workflow, strlen(workflow), path,
	 * workflow_line, err) gives the tree with places in the file. NULL
	 * when the pattern has none. */
	char *workflow;
	int workflow_line;
	struct pattern_tool *tools; /* of the workflow, each name once */
	size_t tool_count, tool_cap;

	/* What a file of v0.2.0 said, as the value of `original` in the file
	 * that is written instead. NULL for others. */
	char *original;
	const char *format; /* a constant: how the file is written */

	char *body; /* the prose; may be "", never NULL */
	size_t body_len;

	char *source; /* the whole file as read; NULL for a new pattern and
			 for one that is not front matter */
	size_t source_len;
};

/* On failure *ret is untouched. On success the caller releases it. name is
 * what messages call the file. */
bool pattern_parse(const char *text, size_t len, const char *name,
		   struct pattern *ret, struct err *err);
bool pattern_read(const char *path, struct pattern *ret, struct err *err);
/* A new pattern: empty strings, no counts, discovered. */
void pattern_init(struct pattern *p);
void pattern_release(struct pattern *p);

/*
 * Gives a new pattern its workflow from a YAML document that stands alone
 * (a plan), indented to stand below `workflow:`. ERR_SYNTAX when text is not
 * one YAML mapping.
 */
bool pattern_set_workflow(struct pattern *p, const char *text,
			  struct err *err);

/* Frequency + 1 for a text that is known, else a new row with fix, or the
 * baseline's "Manual investigation required" when fix is NULL. An empty
 * issue is recorded as "Unknown error". */
void pattern_add_issue(struct pattern *p, const char *issue, const char *fix);

/*
 * Appends the file's text: the source with the values of the owned keys
 * replaced, or a whole new file for a pattern without source. The result has
 * been parsed again and holds what p holds; ERR_DATA when the source is
 * written in a way that can't be updated (the message says where).
 */
bool pattern_format(const struct pattern *p, struct buf *out,
		    struct err *err);

/* 1 to PATTERN_ID_MAX bytes of [A-Za-z0-9._-], the first a letter or digit,
 * no "..": safe as a file name everywhere. */
bool pattern_id_valid(const char *id);
/* The baseline's id of a task (first 5 words, lower case, joined by "-",
 * "-vN" added) cleaned to the safe set; a task without a safe character
 * gives "pattern-" and 8 digits of its SHA-256. Caller frees. */
char *pattern_id_make(const char *task, int version);

#endif
