/* The value report's figures and tables from the facts. */
#include "value/report.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A month of the Julian year. */
#define MONTH_US (30.4375 * 86400 * 1e6)
#define MINUTE_US 60e6
#define MINUTE_MS 60e3

/* --- facts -------------------------------------------------------------- */

static void
tallies_release(struct report_tallies *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->items[i].key);
	free(t->items);
}

void
report_tally(struct report_tallies *t, const char *key, int64_t count,
	     int64_t us)
{
	size_t i = 0;

	while (i < t->count && strcmp(t->items[i].key, key) != 0)
		i++;
	if (i == t->count) {
		GROW(t->items, t->count, t->cap);
		t->items[t->count++] =
			(struct report_tally){ .key = xstrdup(key) };
	}
	t->items[i].count += count;
	t->items[i].us += us;
}

void
report_facts_release(struct report_facts *f)
{
	metrics_groups_release(&f->domains);
	metrics_groups_release(&f->patterns);
	metrics_groups_release(&f->months);
	for (size_t i = 0; i < f->spend_count; i++)
		free(f->spend[i].model);
	free(f->spend);
	tallies_release(&f->gates);
	tallies_release(&f->unplanned);
	tallies_release(&f->stages);
	for (size_t i = 0; i < f->library_count; i++) {
		free(f->library[i].id);
		free(f->library[i].category);
	}
	free(f->library);
}

/* --- figures ------------------------------------------------------------ */

enum figure {
#define SECTION(title)
#define FIGURE(id, key, label, unit, source, how, unless) FIG_##id,
#include "value/report_figures.def"
#undef SECTION
#undef FIGURE
	FIGURES
};

static const struct figure_row {
	const char *section; /* a row that is one has only this */
	struct report_figure figure;
} figure_rows[] = {
#define SECTION(title) { .section = title },
#define FIGURE(id, key, label, unit, source, how, unless) \
	{ NULL, \
	  { NULL, key, label, REPORT_##unit, METRICS_##source, how, unless, \
	    NAN } },
#include "value/report_figures.def"
#undef SECTION
#undef FIGURE
};

/* a / b; NAN when there is no b. */
static double
ratio(double a, double b)
{
	return b > 0 ? a / b : NAN;
}

static double
usd(int64_t microusd)
{
	return (double)microusd / 1e6;
}

static void
value_time(const struct report_facts *f, double v[FIGURES])
{
	const struct metrics_totals *t = &f->total;
	bool claim = t->with_baseline > 0;
	double work = claim ? t->baseline_minutes - t->saved_minutes : NAN;

	v[FIG_RUNS] = (double)t->runs;
	v[FIG_SUCCEEDED] = (double)t->succeeded;
	v[FIG_FAILED] = (double)t->failed;
	v[FIG_ABORTED] = (double)t->aborted;
	v[FIG_OPEN] = (double)f->open_runs;
	v[FIG_UNMEASURED] = (double)f->unmeasured;
	v[FIG_WITH] = (double)t->with_baseline;
	v[FIG_WITHOUT] = (double)(t->succeeded - t->with_baseline);
	v[FIG_RATE] = f->hourly_usd > 0 ? f->hourly_usd : NAN;
	v[FIG_BASELINE] = claim ? t->baseline_minutes : NAN;
	v[FIG_BASELINE_WORK] = work;
	v[FIG_SAVED] = claim ? t->saved_minutes : NAN;
	v[FIG_SPEEDUP] = claim ? ratio(t->baseline_minutes, work) : NAN;
	v[FIG_SAVED_USD] = v[FIG_SAVED] / 60 * v[FIG_RATE];
	v[FIG_WORK] = (double)t->work_ms / MINUTE_MS;
	v[FIG_LOST] = (double)t->lost_ms / MINUTE_MS;
	v[FIG_RESEARCH] = (double)t->phase_ms[METRICS_RESEARCH] / MINUTE_MS;
	v[FIG_PLAN] = (double)t->phase_ms[METRICS_PLAN] / MINUTE_MS;
	v[FIG_IMPLEMENT] = (double)t->phase_ms[METRICS_IMPLEMENT] / MINUTE_MS;
}

static void
value_quality(const struct report_facts *f, double v[FIGURES])
{
	const struct metrics_totals *t = &f->total;
	double runs = (double)t->runs;

	v[FIG_SUCCESS] = ratio((double)t->succeeded, runs);
	v[FIG_VALIDATIONS] = (double)t->validations;
	v[FIG_FIRST] =
		ratio((double)t->validations_first, (double)t->validations);
	v[FIG_ITERATIONS_ALL] = (double)t->iterations;
	v[FIG_ITERATIONS] = ratio((double)t->iterations, runs);
	v[FIG_REWORK] = (double)t->rework;
	v[FIG_REWORK_RUN] = ratio((double)t->rework, runs);
	v[FIG_WAIT] = (double)t->human_wait_ms / MINUTE_MS;
	v[FIG_WAIT_SHARE] = ratio((double)t->human_wait_ms,
				  (double)(t->human_wait_ms + t->work_ms));
	v[FIG_MANUAL_ERRORS] = NAN;
}

static double
growth(const struct report_facts *f)
{
	int64_t from = f->filter.since_us ? f->filter.since_us : f->first_us;
	int64_t to = f->filter.until_us && f->filter.until_us < f->now_us ?
			     f->filter.until_us :
			     f->now_us;
	double months = (double)(to - from) / MONTH_US;

	if (!from || months < 1 || !f->library_start)
		return NAN;
	return pow((double)f->library_end / (double)f->library_start,
		   1 / months) -
	       1;
}

static void
value_business(const struct report_facts *f, double v[FIGURES])
{
	v[FIG_CAPTURED] = (double)f->captured;
	v[FIG_VALIDATED] = (double)f->validated;
	v[FIG_LEARNED] = (double)f->learned;
	v[FIG_DEPRECATED] = (double)f->deprecated;
	v[FIG_PLANNED] = (double)f->planned;
	v[FIG_REPLAYED] = (double)f->replayed;
	v[FIG_REUSE] = ratio((double)f->replayed, (double)f->planned);
	v[FIG_LIBRARY_START] = (double)f->library_start;
	v[FIG_LIBRARY_END] = (double)f->library_end;
	v[FIG_GROWTH] = growth(f);
}

static void
value_cost(const struct report_facts *f, double v[FIGURES])
{
	struct report_spend all = { 0 };

	for (size_t i = 0; i < f->spend_count; i++) {
		all.turns += f->spend[i].turns;
		all.unpriced += f->spend[i].unpriced;
		all.input_tokens += f->spend[i].input_tokens;
		all.output_tokens += f->spend[i].output_tokens;
		all.cost_microusd += f->spend[i].cost_microusd;
	}
	v[FIG_COST] = usd(all.cost_microusd);
	v[FIG_TURNS] = (double)all.turns;
	v[FIG_UNPRICED] = (double)all.unpriced;
	v[FIG_INPUT] = (double)all.input_tokens;
	v[FIG_OUTPUT] = (double)all.output_tokens;
	v[FIG_ACCEPTED] = ratio(v[FIG_COST], (double)f->total.succeeded);
	v[FIG_ACCEPTED_MODEL] = ratio(v[FIG_COST], (double)f->model_succeeded);
	v[FIG_NOTHING] = usd(f->cost_failed_microusd);
	v[FIG_NOTHING_SHARE] = ratio(v[FIG_NOTHING], v[FIG_COST]);
	v[FIG_COST_OPEN] = usd(f->cost_open_microusd);
	v[FIG_MULTIPLE] = ratio(v[FIG_SAVED_USD], v[FIG_COST]);
}

static void
make_figures(const struct report_facts *f, struct report *r)
{
	double v[FIGURES];
	const char *section = NULL;
	size_t n = 0;

	value_time(f, v);
	value_quality(f, v);
	value_business(f, v);
	value_cost(f, v);
	for (size_t i = 0; i < ARRAY_LEN(figure_rows); i++) {
		struct report_figure figure = figure_rows[i].figure;

		if (figure_rows[i].section) {
			section = figure_rows[i].section;
			continue;
		}
		figure.section = section;
		figure.value = v[n++];
		GROW(r->figures, r->figure_count, r->figure_cap);
		r->figures[r->figure_count++] = figure;
	}
}

/* --- tables ------------------------------------------------------------- */

enum { TOP = 10, TOP_MONTHS = 24 };

static struct report_table *
add_table(struct report *r, const struct report_table *table)
{
	GROW(r->tables, r->table_count, r->table_cap);
	r->tables[r->table_count] = *table;
	return &r->tables[r->table_count++];
}

static double *
add_cells(struct report_table *t, const char *name)
{
	struct report_cells *c;

	GROW(t->rows, t->count, t->cap);
	c = &t->rows[t->count++];
	*c = (struct report_cells){ .name = xstrdup(name) };
	return c->v;
}

/* Columns of a group of runs, in the order of fill_group. */
static const struct report_column group_columns[] = {
	{ "saved_minutes", "Saved", REPORT_MINUTES, METRICS_DERIVED },
	{ "speedup", "Speedup", REPORT_TIMES, METRICS_DERIVED },
	{ "saved_usd", "Value", REPORT_USD, METRICS_DERIVED },
	{ "runs", "Runs", REPORT_COUNT, METRICS_MEASURED },
	{ "success_rate", "Succeeded", REPORT_SHARE, METRICS_DERIVED },
	{ "first_time_rate", "First-time", REPORT_SHARE, METRICS_DERIVED },
	{ "rework_per_run", "Rework", REPORT_MEAN, METRICS_DERIVED },
	{ "cost_usd", "Spent", REPORT_USD, METRICS_MEASURED },
};

enum { COL_SAVED, COL_SPEEDUP, COL_SAVED_USD, COL_RUNS };

static void
fill_group(double *v, const struct metrics_group *g, double hourly_usd)
{
	const struct metrics_totals *t = &g->totals;
	bool claim = t->with_baseline > 0;
	double work = t->baseline_minutes - t->saved_minutes;

	*v++ = claim ? t->saved_minutes : NAN;
	*v++ = claim ? ratio(t->baseline_minutes, work) : NAN;
	*v++ = claim && hourly_usd > 0 ? t->saved_minutes / 60 * hourly_usd :
					 NAN;
	*v++ = (double)t->runs;
	*v++ = ratio((double)t->succeeded, (double)t->runs);
	*v++ = ratio((double)t->validations_first, (double)t->validations);
	*v++ = ratio((double)t->rework, (double)t->runs);
	*v = usd(g->cost_microusd);
}

static double
or_least(double v)
{
	return isnan(v) ? -INFINITY : v;
}

/* Most saved first, then most runs, then by name. */
static int
compare_worth(const void *a, const void *b)
{
	const struct report_cells *x = a, *y = b;
	double dx = or_least(x->v[COL_SAVED]), dy = or_least(y->v[COL_SAVED]);

	if (dx < dy || dx > dy)
		return dx < dy ? 1 : -1;
	if (x->v[COL_RUNS] < y->v[COL_RUNS] || x->v[COL_RUNS] > y->v[COL_RUNS])
		return x->v[COL_RUNS] < y->v[COL_RUNS] ? 1 : -1;
	return strcmp(x->name, y->name);
}

/* none: what rows without a key are called, NULL to leave them out. */
static void
add_groups(struct report *r, const struct report_table *table,
	   const struct metrics_groups *groups, const char *none,
	   double hourly_usd, bool sorted)
{
	struct report_table *t = add_table(r, table);

	t->columns = group_columns;
	t->column_count = ARRAY_LEN(group_columns);
	for (size_t i = 0; i < groups->count; i++) {
		const struct metrics_group *g = groups->items[i];

		if (*g->key || none)
			fill_group(add_cells(t, *g->key ? g->key : none), g,
				   hourly_usd);
	}
	if (sorted && t->count)
		qsort(t->rows, t->count, sizeof(*t->rows), compare_worth);
}

static void
add_spend(struct report *r, const struct report_facts *f)
{
	static const struct report_column columns[] = {
		{ "cost_usd", "Spent", REPORT_USD, METRICS_MEASURED },
		{ "turns", "Turns", REPORT_COUNT, METRICS_MEASURED },
		{ "failed_turns", "Failed", REPORT_COUNT, METRICS_MEASURED },
		{ "unpriced_turns", "No price", REPORT_COUNT,
		  METRICS_MEASURED },
		{ "input_tokens", "Read", REPORT_COUNT, METRICS_MEASURED },
		{ "output_tokens", "Written", REPORT_COUNT, METRICS_MEASURED },
	};
	struct report_table *t = add_table(
		r, &(struct report_table){ "models", "Cost by model and phase",
					   "phase and model", columns,
					   ARRAY_LEN(columns), 0, TOP_MONTHS,
					   NULL, 0, 0 });

	static const char *const phases[] = { "implement", "plan", "research" };

	for (size_t i = 0; i < f->spend_count; i++) {
		const struct report_spend *s = &f->spend[i];
		AUTO_FREE char *name =
			xasprintf("%s: %s",
				  phases[s->phase >= 0 && s->phase < 3 ?
						 s->phase :
						 0],
				  *s->model ? s->model : "(unnamed model)");
		double *v = add_cells(t, name);

		*v++ = usd(s->cost_microusd);
		*v++ = (double)s->turns;
		*v++ = (double)s->failed;
		*v++ = (double)s->unpriced;
		*v++ = (double)s->input_tokens;
		*v = (double)s->output_tokens;
	}
}

static void
add_gates(struct report *r, const struct report_facts *f)
{
	static const struct report_column columns[] = {
		{ "open_minutes", "Open", REPORT_MINUTES, METRICS_MEASURED },
		{ "gates", "Gates", REPORT_COUNT, METRICS_MEASURED },
		{ "mean_minutes", "Each", REPORT_MINUTES, METRICS_DERIVED },
	};
	struct report_table *t = add_table(
		r, &(struct report_table){
			   "gates", "Waiting at gates", "kind of gate", columns,
			   ARRAY_LEN(columns), 0, TOP, NULL, 0, 0 });

	for (size_t i = 0; i < f->gates.count; i++) {
		const struct report_tally *g = &f->gates.items[i];
		double *v = add_cells(t, g->key);

		v[0] = (double)g->us / MINUTE_US;
		v[1] = (double)g->count;
		v[2] = ratio(v[0], v[1]);
	}
}

static void
add_stages(struct report *r, const struct report_facts *f)
{
	static const struct report_column columns[] = {
		{ "patterns", "Patterns", REPORT_COUNT, METRICS_MEASURED },
	};
	struct report_table *t =
		add_table(r, &(struct report_table){
				     "library", "Library now", "stage", columns,
				     ARRAY_LEN(columns), 0, TOP, NULL, 0, 0 });

	for (size_t i = 0; i < f->stages.count; i++)
		*add_cells(t, f->stages.items[i].key) =
			(double)f->stages.items[i].count;
}

static void
make_tables(const struct report_facts *f, struct report *r)
{
	add_groups(r,
		   &(struct report_table){ .key = "patterns",
					   .title = "Top Value Creators",
					   .subject = "pattern",
					   .bar = COL_SAVED,
					   .top = TOP },
		   &f->patterns, NULL, f->hourly_usd, true);
	add_groups(r,
		   &(struct report_table){ .key = "domains",
					   .title = "By domain",
					   .subject = "domain",
					   .bar = COL_RUNS,
					   .top = TOP },
		   &f->domains, "(no plan)", f->hourly_usd, true);
	add_groups(r,
		   &(struct report_table){ .key = "months",
					   .title = "By month",
					   .subject = "month",
					   .bar = COL_RUNS,
					   .top = TOP_MONTHS },
		   &f->months, NULL, f->hourly_usd, false);
	add_spend(r, f);
	add_gates(r, f);
	add_stages(r, f);
}

/* --- the whole ---------------------------------------------------------- */

void
report_make(const struct report_facts *f, struct report *ret)
{
	struct report r = {
		.now_us = f->now_us,
		.since_us = f->filter.since_us,
		.until_us = f->filter.until_us,
		.domain = f->filter.domain ? xstrdup(f->filter.domain) : NULL,
	};

	make_figures(f, &r);
	make_tables(f, &r);
	report_advise(f, &r);
	*ret = r;
}

static void
table_release(struct report_table *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->rows[i].name);
	free(t->rows);
}

void
report_release(struct report *r)
{
	free(r->domain);
	free(r->figures);
	for (size_t i = 0; i < r->table_count; i++)
		table_release(&r->tables[i]);
	free(r->tables);
	for (size_t i = 0; i < r->advice_count; i++) {
		free(r->advice[i].subject);
		free(r->advice[i].words);
	}
	free(r->advice);
}
