/*
 * match.h - which pattern fits a task, how well, and how likely it succeeds.
 *
 * Two measures of v0.2.0, kept exactly:
 *
 *   score       0.4 keyword + 0.3 success rate + 0.2 usage + 0.1 recency
 *   probability 0.40 P_pattern + 0.30 P_plugins + 0.20 P_context
 *               + 0.10 P_similarity
 *
 * Patterns are ranked by score (ties by probability); the probability is
 * what a person is told. Every factor is returned, so that a hit can be
 * explained.
 *
 * Traps of the baseline that are kept, because scores must agree with it:
 * keywords are split at blanks only, so punctuation sticks ("csv," is not
 * "csv"); words of one or two characters vanish ("ci", "ui", "ml"); the
 * matcher's stop words hold "build" and "create", though patterns store them
 * as task keywords, which lowers scores; the shared words are divided by the
 * number of the PATTERN's keywords; the stage does not enter the score.
 *
 * What is ours: which patterns are looked at. The baseline wants 2 shared
 * keywords; here domain words count too: a word of the task without its
 * punctuation (two characters are enough, and a plural "s" does not matter),
 * its parts ("ci/cd"), the ending of a file name in it ("sales.csv" gives
 * csv), or a hint of the caller (the kind of file given with --data, "git" in
 * a repository), found among the pattern's keywords, tags, name or category.
 * Hints alone are not enough: one word must be the task's own. Domain words
 * open the door; they do not change the score. Candidates come from FTS5: the
 * MATCH_CANDIDATES best by bm25, in which keywords weigh most.
 * Deprecated patterns are never matched.
 *
 * The "plugins" of the baseline are the tools that a pattern's steps use;
 * their success rates come from the recorded steps.
 *
 *	struct match_query q = { .task = task };
 *	struct match_list list = { 0 };
 *	if (match_best(db, &q, 3, &list, err) && list.found) ...
 *	match_list_release(&list);
 */
#ifndef AGENTOPS_KNOW_MATCH_H
#define AGENTOPS_KNOW_MATCH_H

#include "base/db.h"
#include "base/str.h"
#include "know/library.h"

enum {
	MATCH_CANDIDATES = 500,
	MATCH_SHARED_MIN = 2,
	MATCH_NEAREST = 3, /* shown when nothing matches */
};

struct match_score {
	size_t shared;   /* keywords of the task among the pattern's */
	size_t keywords; /* of the pattern */
	double keyword, rate, usage, recency; /* each 0 to 1 */
	double score;
};

struct match_probability {
	double pattern, plugins, context, similarity; /* each 0 to 1 */
	double probability;
};

/* Bands of the probability: at least 0.85, 0.70, 0.50, less. */
enum match_band { MATCH_HIGH, MATCH_GOOD, MATCH_MODERATE, MATCH_LOW };

enum match_band match_band(double probability);
/* "High", "Good", "Moderate", "Low" */
const char *match_band_word(enum match_band b);
/* The matcher's own recommendation by score: "High" from 0.8, "Medium" from
 * 0.6, else "Low". */
const char *match_score_word(double score);

/* --- the formulas; pure ------------------------------------------------ */

/* The matcher's keywords of a text, each once, in order; ret is emptied
 * first. */
void match_keywords(const char *text, struct strv *ret);

/* age_days: whole days since last used; -1 never, -2 unreadable. */
double match_recency(int64_t age_days);
struct match_score match_score(const struct strv *task_keywords,
			       const struct library_row *row, int64_t now_us);

double match_p_pattern(const struct pattern_counts *c);

struct match_tool {
	const char *name; /* borrowed */
	bool required;    /* weighs 2, else 1 */
	double rate;      /* 0 to 1; negative when unknown: 0.8 */
};

double match_p_plugins(const struct match_tool *tools, size_t count);
double match_p_context(const char *task, const struct library_row *row);
/* tasks: of the latest successful executions, newest first; 10 are used. */
double match_p_similarity(const char *task, const char *const *tasks,
			  size_t count);
/* Fills in .probability from the four factors. */
void match_combine(struct match_probability *p);

/* --- the search -------------------------------------------------------- */

struct match_query {
	const char *task;
	const struct strv *hints; /* domain words of the caller, or NULL */
	const char *category;     /* only its patterns, in any case; or NULL */
};

struct match {
	struct library_row row;
	struct strv shared; /* the shared keywords, then domain words */
	struct match_score score;
	struct match_probability p;
	enum match_band band;
};

/* items[0 .. count) best first. found: they satisfy the rule of shared
 * words. Not found: they are the (at most MATCH_NEAREST) nearest, to be
 * shown and not to be run. */
struct match_list {
	struct match *items;
	size_t count, cap;
	bool found;
	bool close; /* the second is within 0.1 of the first's score */
};

void match_list_release(struct match_list *l);

bool match_best(struct db *db, const struct match_query *q, size_t limit,
		struct match_list *ret, struct err *err);

/* One pattern by its id (--pattern-id), with the same factors. */
bool match_one(struct db *db, const struct match_query *q, const char *id,
	       struct match *ret, struct err *err);
void match_release(struct match *m);

/* Appends one JSON object with all factors and the row's main fields. */
void match_json(const struct match *m, struct buf *out);

#endif
