#include "know/match.h"

#include "base/clock.h"
#include "base/mem.h"
#include "know/words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* What one search knows about its task. */
struct finder {
	struct db *db;
	const struct match_query *query;
	int64_t now_us;
	struct strv keywords; /* the matcher's, of the task */
	struct strv own;      /* domain words of the task */
	struct strv hints;    /* domain words of the caller, not in own */
};

static void
finder_release(struct finder *f)
{
	strv_release(&f->keywords);
	strv_release(&f->own);
	strv_release(&f->hints);
}

void
match_release(struct match *m)
{
	library_row_release(&m->row);
	strv_release(&m->shared);
	*m = (struct match){ 0 };
}

void
match_list_release(struct match_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		match_release(&l->items[i]);
	free(l->items);
	*l = (struct match_list){ 0 };
}

/* --- domain words ------------------------------------------------------- */

static bool
is_part(char c)
{
	return isalnum((unsigned char)c) || (c & 0x80);
}

/* A word without its plural "s", so that charts and chart are one. */
static char *
singular(const char *word, size_t len)
{
	bool plural = len > 3 && word[len - 1] == 's' && word[len - 2] != 's';

	return xstrndup(word, len - plural);
}

/* Adds the parts of every word of text: "sales.csv," gives sale and csv. */
static void
add_parts(const char *text, struct strv *out)
{
	static const char *const no_stop[] = { NULL };
	static const struct word_rule every = { no_stop, 2, 0 };
	AUTO(strv) words = STRV_INIT;

	words_split(text, &every, &words);
	for (size_t i = 0; i < words.count; i++) {
		const char *s = words.items[i];

		while (*s) {
			size_t n = 0;
			AUTO_FREE char *part = NULL;

			while (is_part(s[n]))
				n++;
			part = singular(s, n);
			if (n > 1 && !strv_has(out, part))
				strv_take(out, TAKE(part));
			s += n ? n : 1;
		}
	}
}

static bool
is_stop(const char *word)
{
	for (const char *const *s = words_matched.stop; *s; s++)
		if (strcmp(word, *s) == 0)
			return true;
	return false;
}

static void
add_domain_words(const char *text, const struct strv *without, struct strv *out)
{
	AUTO(strv) parts = STRV_INIT;

	add_parts(text, &parts);
	for (size_t i = 0; i < parts.count; i++)
		if (!is_stop(parts.items[i]) &&
		    !(without && strv_has(without, parts.items[i])) &&
		    !strv_has(out, parts.items[i]))
			strv_add(out, parts.items[i]);
}

static void
finder_begin(struct finder *f)
{
	const struct match_query *q = f->query;

	f->now_us = clock_wall_us();
	match_keywords(q->task, &f->keywords);
	add_domain_words(q->task, NULL, &f->own);
	for (size_t i = 0; q->hints && i < q->hints->count; i++)
		add_domain_words(q->hints->items[i], &f->own, &f->hints);
}

/* All words that a pattern is about, in the form of domain words. */
static void
pattern_words(const struct library_row *row, struct strv *out)
{
	add_parts(row->name, out);
	add_parts(row->category, out);
	for (size_t i = 0; i < row->keywords.count; i++)
		add_parts(row->keywords.items[i], out);
	for (size_t i = 0; i < row->tags.count; i++)
		add_parts(row->tags.items[i], out);
}

/* --- the rule of shared words ------------------------------------------- */

static void
add_shared_keywords(const struct finder *f, struct match *m)
{
	for (size_t i = 0; i < m->row.keywords.count; i++) {
		AUTO_FREE char *low = words_lower(m->row.keywords.items[i]);

		if (strv_has(&f->keywords, low) && !strv_has(&m->shared, low))
			strv_take(&m->shared, TAKE(low));
	}
}

/* Domain words that are there and are no form of a keyword already shared;
 * returns how many. */
static size_t
add_shared_domain(const struct strv *words, const struct strv *pool,
		  struct match *m)
{
	AUTO(strv) known = STRV_INIT;
	size_t n = 0;

	for (size_t i = 0; i < m->shared.count; i++)
		add_parts(m->shared.items[i], &known);
	for (size_t i = 0; i < words->count; i++) {
		if (strv_has(&known, words->items[i]) ||
		    !strv_has(pool, words->items[i]))
			continue;
		strv_add(&m->shared, words->items[i]);
		n++;
	}
	return n;
}

/* Fills in shared; true if the pattern may be run for the task. */
static bool
share_words(const struct finder *f, struct match *m)
{
	AUTO(strv) pool = STRV_INIT;
	size_t own;

	pattern_words(&m->row, &pool);
	add_shared_keywords(f, m);
	own = m->shared.count + add_shared_domain(&f->own, &pool, m);
	add_shared_domain(&f->hints, &pool, m);
	return own > 0 && m->shared.count >= MATCH_SHARED_MIN;
}

/* --- factors from the history ------------------------------------------- */

static bool
find_p_plugins(struct finder *f, struct match *m, struct err *err)
{
	const struct library_row *row = &m->row;
	AUTO_FREE struct match_tool *tools =
		xcalloc(row->tool_count + 1, sizeof(struct match_tool));

	for (size_t i = 0; i < row->tool_count; i++) {
		tools[i].name = row->tools[i].name;
		tools[i].required = row->tools[i].required;
		if (!library_tool_rate(f->db, tools[i].name, &tools[i].rate,
				       err))
			return false;
	}
	m->p.plugins = match_p_plugins(tools, row->tool_count);
	return true;
}

static bool
find_p_similarity(struct finder *f, struct match *m, struct err *err)
{
	AUTO(strv) tasks = STRV_INIT;
	sqlite3_stmt *st =
		db_query(f->db,
			 "SELECT task FROM execution WHERE pattern_id=? AND"
			 " status='success' ORDER BY started_us DESC LIMIT 10",
			 err, "s", m->row.id);
	int rc;

	if (!st)
		return false;
	while ((rc = db_step(f->db, st, err)) == 1)
		strv_add(&tasks, db_text(st, 0));
	if (rc < 0)
		return false;
	m->p.similarity = match_p_similarity(
		f->query->task, (const char *const *)tasks.items, tasks.count);
	return true;
}

static bool
rate(struct finder *f, struct match *m, struct err *err)
{
	m->score = match_score(&f->keywords, &m->row, f->now_us);
	m->p.pattern = match_p_pattern(&m->row.counts);
	m->p.context = match_p_context(f->query->task, &m->row);
	if (!find_p_plugins(f, m, err) || !find_p_similarity(f, m, err))
		return false;
	match_combine(&m->p);
	m->band = match_band(m->p.probability);
	return true;
}

/* --- search ------------------------------------------------------------- */

static void
add_both_numbers(struct strv *out, const struct strv *words)
{
	for (size_t i = 0; i < words->count; i++) {
		AUTO_FREE char *plural = xasprintf("%ss", words->items[i]);

		if (!strv_has(out, words->items[i]))
			strv_add(out, words->items[i]);
		if (!strv_has(out, plural))
			strv_take(out, TAKE(plural));
	}
}

/* The matcher's keywords as they are, so that no pattern which shares two of
 * them is missed, and the domain words in singular and plural. */
static bool
candidates(struct finder *f, struct library_rows *ret, struct err *err)
{
	AUTO(strv) words = STRV_INIT;
	AUTO(buf) text = BUF_INIT;

	for (size_t i = 0; i < f->keywords.count; i++)
		strv_add(&words, f->keywords.items[i]);
	add_both_numbers(&words, &f->own);
	add_both_numbers(&words, &f->hints);
	for (size_t i = 0; i < words.count; i++)
		buf_printf(&text, "%s ", words.items[i]);
	return library_search(f->db, buf_str(&text), LIBRARY_ANY_WORD,
			      MATCH_CANDIDATES, ret, err);
}

/* So that "nearest" is never empty in a library that is not. */
static bool
most_used(struct finder *f, struct library_rows *ret, struct err *err)
{
	const struct library_filter filter = {
		.status_mask = 1U << PATTERN_DISCOVERED |
			       1U << PATTERN_VALIDATED | 1U << PATTERN_LEARNED,
		.order = LIBRARY_BY_EXECUTIONS,
		.limit = MATCH_NEAREST,
	};

	return library_list(f->db, &filter, ret, err);
}

static int
compare_matches(const void *a, const void *b)
{
	const struct match *x = a, *y = b;

	if (x->score.score != y->score.score)
		return x->score.score < y->score.score ? 1 : -1;
	if (x->p.probability != y->p.probability)
		return x->p.probability < y->p.probability ? 1 : -1;
	return strcmp(x->row.id, y->row.id);
}

/* Moves the row into the list if it is wanted: matching ones, or the rest. */
static bool
consider(struct finder *f, struct library_row *row, bool matching,
	 struct match_list *l, struct err *err)
{
	const char *category = f->query->category;
	struct match *m;

	if (row->status == PATTERN_DEPRECATED || !row->id ||
	    (category && strcasecmp(category, row->category) != 0))
		return true;
	GROW(l->items, l->count, l->cap);
	m = &l->items[l->count];
	*m = (struct match){ .row = *row };
	*row = (struct library_row){ 0 };
	if (share_words(f, m) != matching) {
		*row = m->row; /* back, for the other round */
		strv_release(&m->shared);
		return true;
	}
	l->count++;
	return rate(f, m, err);
}

static bool
collect(struct finder *f, struct library_rows *rows, bool matching,
	struct match_list *l, struct err *err)
{
	for (size_t i = 0; i < rows->count; i++)
		if (!consider(f, &rows->items[i], matching, l, err))
			return false;
	return true;
}

static void
cut(struct match_list *l, size_t limit)
{
	while (l->count > limit)
		match_release(&l->items[--l->count]);
}

static void
rank(struct match_list *l, size_t limit)
{
	if (l->count)
		qsort(l->items, l->count, sizeof(*l->items), compare_matches);
	l->close = l->count > 1 &&
		   l->items[0].score.score - l->items[1].score.score <= 0.1;
	cut(l, limit);
}

bool
match_best(struct db *db, const struct match_query *q, size_t limit,
	   struct match_list *ret, struct err *err)
{
	AUTO(finder) f = { .db = db, .query = q };
	AUTO(library_rows) rows = { 0 };
	AUTO(library_rows) used = { 0 };
	AUTO(match_list) list = { 0 };

	finder_begin(&f);
	if (!candidates(&f, &rows, err) ||
	    !collect(&f, &rows, true, &list, err))
		return false;
	list.found = list.count > 0;
	if (!list.found && !collect(&f, &rows, false, &list, err))
		return false;
	if (!list.count && (!most_used(&f, &used, err) ||
			    !collect(&f, &used, false, &list, err)))
		return false;
	rank(&list, list.found ? limit : MATCH_NEAREST);
	*ret = list;
	list = (struct match_list){ 0 };
	return true;
}

bool
match_one(struct db *db, const struct match_query *q, const char *id,
	  struct match *ret, struct err *err)
{
	AUTO(finder) f = { .db = db, .query = q };
	AUTO(match) m = { 0 };

	finder_begin(&f);
	if (!library_get(db, id, &m.row, err))
		return false;
	share_words(&f, &m);
	if (!rate(&f, &m, err))
		return false;
	*ret = m;
	m = (struct match){ 0 };
	return true;
}
