/*
 * The value report: figures with where they come from, the tables with bars,
 * and the advice with its rules. The report is made by a pool job
 * (ASK_VALUE); what is drawn follows from it and from the width alone.
 */
#include "ui/main_view.h"

#include "base/json.h"
#include "cli/value_filter.h"
#include "ui/box.h"
#include "ui/form.h"
#include "value/report.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	LABEL_WIDTH = 36,
	VALUE_WIDTH = 14,
	KIND_WIDTH = 10,
	HOW_AT = 2 + LABEL_WIDTH + VALUE_WIDTH + 2 + KIND_WIDTH,
	NAME_WIDTH = 26,
	CELL_WIDTH = 13,
	BAR_WIDTH = 20,    /* at least */
	ROWS_MAX = 100,    /* of a table; the rest is counted */
};

enum line_kind { LINE_TEXT, LINE_FIGURE, LINE_TITLES, LINE_ROW };

struct value_line {
	enum line_kind kind;
	enum role role;     /* of text */
	int indent;
	char *text;
	size_t index, row;  /* figure; table and row */
};

/* What a person asked for; NULL: not given. */
enum { WORD_DOMAIN, WORD_SINCE, WORD_UNTIL, WORD_HOURLY, WORD_COUNT };
static const char *const word_names[WORD_COUNT] = {
	[WORD_DOMAIN] = "domain",
	[WORD_SINCE] = "since",
	[WORD_UNTIL] = "until",
	[WORD_HOURLY] = "hourly-rate",
};

struct value_layer {
	struct layer base;
	struct list list;
	struct report report;
	bool read;           /* report is one */
	char *error;         /* why there is none */
	int64_t ticket;
	char *words[WORD_COUNT];
	struct value_line *lines;
	size_t count, cap;
	int columns;         /* that lines are made for; 0: none */
	struct rect list_at;
};

/* --- lines --------------------------------------------------------------- */

static void
drop_lines(struct value_layer *v)
{
	for (size_t i = 0; i < v->count; i++)
		free(v->lines[i].text);
	v->count = 0;
	v->columns = 0;
}

static struct value_line *
add_line(struct value_layer *v, enum line_kind kind)
{
	GROW(v->lines, v->count, v->cap);
	v->lines[v->count] = (struct value_line){ .kind = kind };
	return &v->lines[v->count++];
}

static void
add_words(struct value_layer *v, enum role role, int indent, const char *text)
{
	struct text_lines rows = { 0 };

	text_wrap(text, strlen(text), v->columns - indent, &rows);
	for (size_t i = 0; i < rows.count; i++) {
		struct value_line *l = add_line(v, LINE_TEXT);

		l->role = role;
		l->indent = indent;
		l->text = xstrndup(text + rows.items[i].start,
				   rows.items[i].len);
	}
	text_lines_release(&rows);
}

static void
add_heading(struct value_layer *v, const char *text)
{
	if (v->count)
		add_line(v, LINE_TEXT)->text = xstrdup("");
	add_words(v, ROLE_HEADING, 0, text);
}

/* What a figure is of, or why there is none. */
static const char *
words_of(const struct report_figure *f)
{
	return isfinite(f->value) ? f->how : f->unless;
}

/* There is room for that beside it. */
static bool
fits_beside(const struct value_layer *v, const struct report_figure *f)
{
	return text_width(words_of(f)) <= v->columns - HOW_AT - 1;
}

static void
add_figure(struct value_layer *v, size_t i)
{
	const struct report_figure *f = &v->report.figures[i];
	bool needed = !isfinite(f->value) || f->source == METRICS_DERIVED ||
		      v->columns >= APP_WIDE;

	add_line(v, LINE_FIGURE)->index = i;
	if (needed && !fits_beside(v, f))
		add_words(v, ROLE_DIM, 4, words_of(f));
}

/* The end of the section of figure i; ret_zero: all of it are 0. */
static size_t
section_end(const struct report *r, size_t i, bool *ret_zero)
{
	const char *section = r->figures[i].section;

	*ret_zero = true;
	for (; i < r->figure_count && r->figures[i].section == section; i++)
		if (isfinite(r->figures[i].value) && r->figures[i].value != 0)
			*ret_zero = false;
	return i;
}

static void
add_figures(struct value_layer *v)
{
	const struct report *r = &v->report;
	size_t end;
	bool zero;

	for (size_t i = 0; i < r->figure_count; i = end) {
		end = section_end(r, i, &zero);
		add_heading(v, r->figures[i].section);
		if (zero)
			add_words(v, ROLE_DIM, 2,
				  "Nothing: all its figures are 0");
		for (size_t k = i; k < end && !zero; k++)
			add_figure(v, k);
	}
}

static double
most(const struct report_table *t, int column)
{
	double m = 0;

	for (size_t i = 0; i < t->count && i < ROWS_MAX; i++)
		if (t->rows[i].v[column] > m)
			m = t->rows[i].v[column];
	return m;
}

/* The column drawn as bars: the table's own, else (nothing is known in it)
 * the first count that has something to show; -1 for none. */
static int
bar_column(const struct report_table *t)
{
	if (t->bar >= 0 && most(t, t->bar) > 0)
		return t->bar;
	for (int k = 0; k < t->column_count; k++)
		if (t->columns[k].unit == REPORT_COUNT && most(t, k) > 0)
			return k;
	return -1;
}

/* All columns fit beside name and bar. */
static bool
is_wide(const struct value_layer *v, const struct report_table *t)
{
	return v->columns >=
	       NAME_WIDTH + BAR_WIDTH + 2 + CELL_WIDTH * t->column_count;
}

static void
add_legend(struct value_layer *v, const struct report_table *t)
{
	AUTO(buf) b = BUF_INIT;
	int bar = bar_column(t);

	if (bar >= 0)
		buf_printf(&b, "bars: %s; ", t->columns[bar].title);
	for (int k = 0; k < t->column_count; k++)
		buf_printf(&b, "%s%s %s", k ? ", " : "", t->columns[k].title,
			   metrics_source_word(t->columns[k].source));
	add_words(v, ROLE_DIM, 2, buf_str(&b));
}

/* What else is known of a row. */
static void
add_cells(struct value_layer *v, const struct report_table *t, size_t row)
{
	const struct report_cells *c = &t->rows[row];
	int bar = bar_column(t);
	AUTO(buf) b = BUF_INIT;

	for (int k = 0; k < t->column_count; k++) {
		if (k == bar || !isfinite(c->v[k]))
			continue;
		buf_printf(&b, "%s%s ", b.len ? " | " : "",
			   t->columns[k].title);
		report_value(&b, c->v[k], t->columns[k].unit);
	}
	add_words(v, ROLE_DIM, 4, buf_str(&b));
}

static void
add_table(struct value_layer *v, size_t index)
{
	const struct report_table *t = &v->report.tables[index];
	bool wide = is_wide(v, t);
	size_t n = t->count < ROWS_MAX ? t->count : ROWS_MAX;

	if (!t->count)
		return;
	add_heading(v, t->title);
	add_legend(v, t);
	if (wide)
		add_line(v, LINE_TITLES)->index = index;
	for (size_t i = 0; i < n; i++) {
		struct value_line *l = add_line(v, LINE_ROW);

		l->index = index;
		l->row = i;
		if (!wide)
			add_cells(v, t, i);
	}
	if (t->count > n) {
		AUTO_FREE char *more = xasprintf(
			"and %zu more: agentops value-report --format csv",
			t->count - n);

		add_words(v, ROLE_DIM, 2, more);
	}
}

static void
add_advice(struct value_layer *v)
{
	const struct report *r = &v->report;

	add_heading(v, "Recommendations");
	if (!r->advice_count)
		add_words(v, ROLE_DIM, 2, "None: no rule found anything");
	for (size_t i = 0; i < r->advice_count; i++) {
		const struct report_advice *d = &r->advice[i];
		AUTO_FREE char *text = xasprintf("%s: %s: %s",
						 report_rule_heading(d->rule),
						 d->subject, d->words);
		AUTO_FREE char *rule =
			xasprintf("rule %s: %s", report_rule_key(d->rule),
				  report_rule_words(d->rule));

		add_words(v, ROLE_TEXT, 2, text);
		add_words(v, ROLE_DIM, 4, rule);
	}
	for (int i = 0; i < REPORT_RULE_COUNT; i++)
		if (r->more[i]) {
			AUTO_FREE char *more = xasprintf(
				"and %" PRId64 " more by the rule %s",
				r->more[i],
				report_rule_key((enum report_rule)i));

			add_words(v, ROLE_DIM, 2, more);
		}
}

static void
make_lines(struct value_layer *v, int columns)
{
	if (v->columns == columns)
		return;
	drop_lines(v);
	v->columns = columns;
	add_figures(v);
	for (size_t i = 0; i < v->report.table_count; i++)
		add_table(v, i);
	add_advice(v);
}

/* --- drawing ------------------------------------------------------------- */

/* Ends in the column before x. */
static void
view_value(const struct app *a, struct frame *f, struct rect r, int x,
	   double value, enum report_unit unit, enum role role)
{
	AUTO(buf) b = BUF_INIT;

	report_value(&b, value, unit);
	frame_text(f, r, x - text_width(buf_str(&b)), 0, buf_str(&b),
		   app_style(a, role));
}

static void
view_figure(const struct value_layer *v, const struct app *a, struct frame *f,
	    struct rect r, const struct report_figure *g)
{
	static const enum role roles[] = {
		[METRICS_MEASURED] = ROLE_TEXT,
		[METRICS_ENTERED] = ROLE_WARN,
		[METRICS_DERIVED] = ROLE_GOOD,
	};
	int x = 2 + LABEL_WIDTH + VALUE_WIDTH;
	bool known = isfinite(g->value);

	frame_cut(f, r, 2, 0, LABEL_WIDTH, g->label, app_style(a, ROLE_TEXT));
	if (known)
		view_value(a, f, r, x, g->value, g->unit, ROLE_STRONG);
	else
		frame_text(f, r, x - 8, 0, "no claim", app_style(a, ROLE_DIM));
	frame_text(f, r, x + 2, 0, metrics_source_word(g->source),
		   app_style(a, known ? roles[g->source] : ROLE_DIM));
	if (fits_beside(v, g))
		frame_text(f, r, HOW_AT, 0, words_of(g),
			   app_style(a, ROLE_DIM));
}

/* Where the first of the columns at the right begins. */
static int
cells_at(const struct report_table *t, struct rect r, bool wide)
{
	return r.w - CELL_WIDTH * (wide ? t->column_count : 1);
}

static void
view_titles(const struct app *a, struct frame *f, struct rect r,
	    const struct report_table *t)
{
	int x = cells_at(t, r, true);

	frame_cut(f, r, 2, 0, NAME_WIDTH, t->subject, app_style(a, ROLE_DIM));
	for (int k = 0; k < t->column_count; k++) {
		x += CELL_WIDTH;
		frame_text(f, r, x - text_width(t->columns[k].title), 0,
			   t->columns[k].title, app_style(a, ROLE_DIM));
	}
}

static void
view_bar_row(const struct value_layer *v, const struct app *a, struct frame *f,
	     struct rect r, const struct report_table *t, size_t row)
{
	const struct report_cells *c = &t->rows[row];
	bool wide = is_wide(v, t);
	int bar = bar_column(t), x = cells_at(t, r, wide);

	frame_cut(f, r, 2, 0, NAME_WIDTH, c->name, app_style(a, ROLE_STRONG));
	if (bar >= 0 && c->v[bar] > 0)
		frame_bar(f, r, NAME_WIDTH + 4, 0, x - NAME_WIDTH - 4,
			  c->v[bar] / most(t, bar), app_style(a, ROLE_LINK));
	for (int k = 0; wide && k < t->column_count; k++) {
		x += CELL_WIDTH;
		view_value(a, f, r, x, c->v[k], t->columns[k].unit,
			   k == bar ? ROLE_STRONG : ROLE_TEXT);
	}
	if (!wide && bar >= 0)
		view_value(a, f, r, r.w, c->v[bar], t->columns[bar].unit,
			   ROLE_STRONG);
}

static void
view_line(const struct value_layer *v, const struct app *a, struct frame *f,
	  struct rect r, const struct value_line *l)
{
	const struct report *p = &v->report;

	switch (l->kind) {
	case LINE_TEXT:
		frame_cut(f, r, l->indent, 0, r.w - l->indent, l->text,
			  app_style(a, l->role));
		break;
	case LINE_FIGURE:
		view_figure(v, a, f, r, &p->figures[l->index]);
		break;
	case LINE_TITLES:
		view_titles(a, f, r, &p->tables[l->index]);
		break;
	case LINE_ROW:
		view_bar_row(v, a, f, r, &p->tables[l->index], l->row);
		break;
	}
}

/* "all runs of the domain x", in the upper edge. */
static char *
title(const struct value_layer *v)
{
	AUTO(buf) b = BUF_INIT;

	buf_addstr(&b, "Value report");
	if (v->read) {
		buf_addstr(&b, ": ");
		report_period(&v->report, &b);
	}
	if (v->words[WORD_DOMAIN])
		buf_printf(&b, " of the domain %s", v->words[WORD_DOMAIN]);
	return buf_steal(&b);
}

static const enum action hints[] = {
	ACTION_LIST_FILTER, ACTION_LIST_DOWN, ACTION_LIST_PAGE_DOWN,
	ACTION_LIST_BOTTOM, ACTION_GLOBAL_HELP, ACTION_GLOBAL_BACK,
	ACTION_NONE,
};

static void
value_view(struct layer *l, const struct app *a, struct frame *f, struct rect r)
{
	struct value_layer *v = (struct value_layer *)l;
	struct rect bottom = rect_cut_bottom(&r, 1), in;
	AUTO_FREE char *words = title(v);

	in = frame_box(f, r, words, app_style(a, ROLE_BORDER_FOCUS),
		       app_style(a, ROLE_STRONG));
	in = rect_inset(in, 1, 0);
	v->list_at = in;
	rect_cut_left(&bottom, 1);
	box_foot(a, f, bottom, hints);
	if (!v->read) {
		frame_wrap(f, in, 0, 0, v->error ? v->error : "Reading ...",
			   app_style(a, v->error ? ROLE_BAD : ROLE_DIM));
		return;
	}
	/* The scroll bar, and a column between. */
	make_lines(v, in.w - 2);
	list_fit(&v->list, (int64_t)v->count, in.h);
	for (int y = 0; y < in.h; y++) {
		size_t i = (size_t)v->list.first + (size_t)y;
		struct rect line = { in.x, in.y + y, in.w - 2, 1 };

		if (i < v->count)
			view_line(v, a, f, line, &v->lines[i]);
	}
	frame_scrollbar(f, in, v->list.first, in.h, (int64_t)v->count,
			app_style(a, ROLE_BORDER));
}

/* --- which runs ---------------------------------------------------------- */

static const struct layer_class value_class;

static void
ask_report(struct value_layer *v, struct app *a)
{
	AUTO_JSON *o = cJSON_CreateObject();
	struct ask *k = app_ask(a, ASK_VALUE);

	for (int i = 0; i < WORD_COUNT; i++)
		if (v->words[i])
			cJSON_AddStringToObject(o, word_names[i], v->words[i]);
	k->values = json_print(o);
	v->ticket = k->ticket = app_ticket(a);
}

static void
set_words(struct value_layer *v, const struct value_filter *w)
{
	const char *const given[] = { w->domain, w->since, w->until,
				      w->hourly };

	for (int i = 0; i < WORD_COUNT; i++) {
		free(v->words[i]);
		v->words[i] = xstrdup0(str_empty(given[i]) ? NULL : given[i]);
	}
}

static void open_form(struct value_layer *v, struct app *a);

/* What does not hold is told, and the form is there again. */
static void
on_form(struct app *a, void *ud, const cJSON *values, const cJSON *changed)
{
	struct value_layer *v =
		(struct value_layer *)app_layer(a, &value_class);
	const cJSON *rate = json_get(values, word_names[WORD_HOURLY]);
	AUTO_FREE char *hourly = rate ? json_print(rate) : NULL;
	struct value_filter w = {
		.domain = json_str(values, word_names[WORD_DOMAIN]),
		.since = json_str(values, word_names[WORD_SINCE]),
		.until = json_str(values, word_names[WORD_UNTIL]),
		.hourly = hourly,
	};
	struct metrics_filter filter;
	struct err err = ERR_INIT;
	double rated;

	(void)ud;
	(void)changed;
	if (!v)
		return;
	set_words(v, &w);
	if (!value_filter_read(&w, &filter, &rated, &err)) {
		app_note(a, true, "%s", err.msg);
		open_form(v, a);
		return;
	}
	ask_report(v, a);
}

/* "analytics, etl": the domains that the report knows of. */
static char *
known_domains(const struct value_layer *v)
{
	AUTO(buf) b = BUF_INIT;

	for (size_t i = 0; v->read && i < v->report.table_count; i++) {
		const struct report_table *t = &v->report.tables[i];

		for (size_t k = 0; strcmp(t->key, "domains") == 0 &&
				   k < t->count && k < t->top;
		     k++)
			buf_printf(&b, "%s%s", k ? ", " : "",
				   t->rows[k].name);
	}
	return buf_steal(&b);
}

static void
open_form(struct value_layer *v, struct app *a)
{
	static const char intro[] =
		"Which runs the report is about. An empty field asks for all.";
	AUTO_FREE char *domains = known_domains(v);
	struct form *f = form_new(a, "value-report", "Value report", intro);
	const struct form_field fields[WORD_COUNT] = {
		{ .label = "Domain", .type = FORM_TEXT, .help = domains },
		{ .label = "Since", .type = FORM_DATE,
		  .help = "runs that started on this day or later" },
		{ .label = "Until", .type = FORM_DATE,
		  .help = "runs that started on this day or earlier" },
		{ .label = "Hourly rate", .type = FORM_NUMBER, .has_min = true,
		  .min = 0.01,
		  .help = "dollars; turns time saved into money" },
	};

	for (int i = 0; i < WORD_COUNT; i++) {
		AUTO_JSON *value = NULL;
		struct form_field field = fields[i];
		const char *w = v->words[i];
		double number;

		if (w && field.type == FORM_NUMBER && str_to_double(w, &number))
			value = cJSON_CreateNumber(number);
		else if (w)
			value = cJSON_CreateString(w);
		field.name = word_names[i];
		field.value = value;
		form_add(f, &field);
	}
	form_on_submit(f, on_form, NULL, NULL);
	app_push(a, form_layer(f));
}

/* --- the layer ----------------------------------------------------------- */

static bool
value_action(struct layer *l, struct app *a, enum action act)
{
	struct value_layer *v = (struct value_layer *)l;

	if (act == ACTION_GLOBAL_VALUE)
		return true; /* it is here already */
	if (act != ACTION_LIST_FILTER)
		return list_action(&v->list, act);
	open_form(v, a);
	return true;
}

static bool
value_input(struct layer *l, struct app *a, const struct input *in)
{
	struct value_layer *v = (struct value_layer *)l;

	(void)a;
	return in->kind == INPUT_MOUSE &&
	       list_mouse(&v->list, in, in->y - v->list_at.y);
}

static void
value_message(struct layer *l, struct app *a, struct msg *m)
{
	struct value_layer *v = (struct value_layer *)l;

	(void)a;
	if (m->kind != MSG_VALUE || m->ticket != v->ticket)
		return;
	drop_lines(v);
	report_release(&v->report);
	memset(&v->report, 0, sizeof(v->report));
	free(v->error);
	v->error = xstrdup0(m->words);
	v->read = m->report != NULL;
	if (!v->read)
		return;
	v->report = *m->report;
	memset(m->report, 0, sizeof(*m->report));
}

static void
value_free(struct layer *l)
{
	struct value_layer *v = (struct value_layer *)l;

	drop_lines(v);
	free(v->lines);
	report_release(&v->report);
	free(v->error);
	for (int i = 0; i < WORD_COUNT; i++)
		free(v->words[i]);
}

static const struct layer_class value_class = {
	.name = "Value report",
	.contexts = { CONTEXT_LIST, CONTEXT_GLOBAL },
	.covers = true,
	.action = value_action,
	.input = value_input,
	.message = value_message,
	.view = value_view,
	.free = value_free,
};

struct layer *
value_new(struct app *a, const struct value_filter *f)
{
	struct value_layer *v = xcalloc(1, sizeof(*v));

	v->base.class = &value_class;
	v->list.no_cursor = true;
	if (f)
		set_words(v, f);
	ask_report(v, a);
	return &v->base;
}
