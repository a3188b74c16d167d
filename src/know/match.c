#include "know/match.h"

#include "base/json.h"
#include "base/mem.h"
#include "know/words.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const struct {
	double from;
	const char *word;
} bands[] = {
	[MATCH_HIGH] = { 0.85, "High" },
	[MATCH_GOOD] = { 0.70, "Good" },
	[MATCH_MODERATE] = { 0.50, "Moderate" },
	[MATCH_LOW] = { -1, "Low" },
};

enum match_band
match_band(double probability)
{
	enum match_band b = MATCH_HIGH;

	while (b < MATCH_LOW && probability < bands[b].from)
		b++;
	return b;
}

const char *
match_band_word(enum match_band b)
{
	return bands[b].word;
}

const char *
match_score_word(double score)
{
	return score >= 0.8 ? "High" : score >= 0.6 ? "Medium" : "Low";
}

void
match_keywords(const char *text, struct strv *ret)
{
	strv_release(ret);
	*ret = (struct strv)STRV_INIT;
	words_split(text, &words_matched, ret);
}

/* --- score -------------------------------------------------------------- */

double
match_recency(int64_t age_days)
{
	static const struct {
		int64_t below;
		double value;
	} steps[] = { { 7, 1.0 }, { 30, 0.8 }, { 90, 0.5 } };

	if (age_days == -1)
		return 0;
	if (age_days == -2)
		return 0.5;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		if (age_days < steps[i].below)
			return steps[i].value;
	return 0.2;
}

static int64_t
age_days(int64_t last_used_us, int64_t now_us)
{
	const int64_t day_us = INT64_C(86400000000);

	if (last_used_us == 0)
		return -1;
	if (last_used_us == PATTERN_TIME_UNREADABLE)
		return -2;
	return now_us > last_used_us ? (now_us - last_used_us) / day_us : 0;
}

/* The pattern's keywords in lower case, each once. */
static void
row_keywords(const struct library_row *row, struct strv *out)
{
	for (size_t i = 0; i < row->keywords.count; i++) {
		AUTO_FREE char *low = words_lower(row->keywords.items[i]);

		if (!strv_has(out, low))
			strv_take(out, TAKE(low));
	}
}

static size_t
count_shared(const struct strv *a, const struct strv *b)
{
	size_t n = 0;

	for (size_t i = 0; i < a->count; i++)
		n += strv_has(b, a->items[i]);
	return n;
}

struct match_score
match_score(const struct strv *task_keywords, const struct library_row *row,
	    int64_t now_us)
{
	AUTO(strv) keywords = STRV_INIT;
	struct match_score s = { 0 };

	row_keywords(row, &keywords);
	s.shared = count_shared(task_keywords, &keywords);
	s.keywords = keywords.count;
	s.keyword = s.keywords ? (double)s.shared / (double)s.keywords : 0;
	s.rate = pattern_rate(&row->counts);
	s.usage = fmin((double)row->counts.executions / 100, 1);
	s.recency = match_recency(age_days(row->last_used_us, now_us));
	s.score = 0.4 * s.keyword + 0.3 * s.rate + 0.2 * s.usage +
		  0.1 * s.recency;
	return s;
}

/* --- probability -------------------------------------------------------- */

double
match_p_pattern(const struct pattern_counts *c)
{
	double confidence;

	if (c->executions <= 0)
		return 0.5;
	confidence = fmin(1, (double)c->executions / 10);
	return pattern_rate(c) * confidence + 0.5 * (1 - confidence);
}

double
match_p_plugins(const struct match_tool *tools, size_t count)
{
	double sum = 0, weights = 0;

	for (size_t i = 0; i < count; i++) {
		double weight = tools[i].required ? 2 : 1;

		sum += weight * (tools[i].rate < 0 ? 0.8 : tools[i].rate);
		weights += weight;
	}
	return weights > 0 ? sum / weights : 0.5;
}

double
match_p_context(const char *task, const struct library_row *row)
{
	AUTO_FREE char *about = xasprintf("%s %s %s", row->name,
					  row->description, row->category);
	AUTO_FREE char *low_task = words_lower(task);
	AUTO_FREE char *low_category = words_lower(row->category);
	AUTO(strv) a = STRV_INIT;
	AUTO(strv) b = STRV_INIT;
	size_t shared, all;

	match_keywords(task, &a);
	match_keywords(about, &b);
	shared = count_shared(&a, &b);
	all = a.count + b.count - shared;
	return (all ? 0.8 * (double)shared / (double)all : 0) +
	       (*low_category && strstr(low_task, low_category) ? 0.2 : 0);
}

double
match_p_similarity(const char *task, const char *const *tasks, size_t count)
{
	enum { LATEST = 10 };
	AUTO(strv) a = STRV_INIT;
	double best = 0;

	if (count == 0)
		return 0.5;
	match_keywords(task, &a);
	for (size_t i = 0; i < count && i < LATEST; i++) {
		AUTO(strv) b = STRV_INIT;

		match_keywords(tasks[i], &b);
		if (a.count && b.count)
			best = fmax(best, (double)count_shared(&a, &b) /
						  sqrt((double)a.count *
						       (double)b.count));
	}
	return best;
}

void
match_combine(struct match_probability *p)
{
	p->probability = 0.40 * p->pattern + 0.30 * p->plugins +
			 0.20 * p->context + 0.10 * p->similarity;
}

/* --- JSON --------------------------------------------------------------- */

static void
add_num(struct buf *out, const char *key, double v)
{
	json_add_key(out, key);
	json_add_num(out, v);
}

static void
add_str(struct buf *out, const char *key, const char *s)
{
	json_add_key(out, key);
	json_add_str(out, s);
}

static void
add_row(struct buf *out, const struct library_row *row)
{
	add_str(out, "id", row->id);
	add_str(out, "name", row->name);
	add_str(out, "category", row->category);
	add_str(out, "status", pattern_status_word(row->status));
	add_str(out, "path", row->path);
	json_add_key(out, "executions");
	buf_printf(out, "%" PRId64, row->counts.executions);
	add_num(out, "success_rate", pattern_rate(&row->counts));
	add_num(out, "avg_completion_minutes", row->counts.avg_minutes);
}

void
match_json(const struct match *m, struct buf *out)
{
	buf_addch(out, '{');
	add_row(out, &m->row);
	json_add_key(out, "shared");
	buf_addch(out, '[');
	for (size_t i = 0; i < m->shared.count; i++) {
		buf_addstr(out, i ? "," : "");
		json_add_str(out, m->shared.items[i]);
	}
	buf_addch(out, ']');
	add_num(out, "score", m->score.score);
	json_add_key(out, "score_factors");
	buf_addch(out, '{');
	add_num(out, "keyword", m->score.keyword);
	add_num(out, "rate", m->score.rate);
	add_num(out, "usage", m->score.usage);
	add_num(out, "recency", m->score.recency);
	buf_addch(out, '}');
	add_num(out, "probability", m->p.probability);
	add_str(out, "band", match_band_word(m->band));
	json_add_key(out, "probability_factors");
	buf_addch(out, '{');
	add_num(out, "pattern", m->p.pattern);
	add_num(out, "plugins", m->p.plugins);
	add_num(out, "context", m->p.context);
	add_num(out, "similarity", m->p.similarity);
	buf_addstr(out, "}}");
}
