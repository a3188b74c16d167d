/* The value report as text and Markdown, and what all its writers share. */
#include "value/report.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BAR = 20 };

static const char *const unit_words[] = {
	[REPORT_COUNT] = "count",     [REPORT_SHARE] = "share",
	[REPORT_TIMES] = "factor",    [REPORT_MEAN] = "mean",
	[REPORT_MINUTES] = "minutes", [REPORT_USD] = "usd",
};

const char *
report_unit_word(enum report_unit u)
{
	return unit_words[u];
}

bool
report_format_parse(const char *word, enum report_format *ret)
{
	static const char *const words[] = {
#define X(id, word) word,
		REPORT_FORMATS(X)
#undef X
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strcmp(word, words[i]) != 0)
			continue;
		*ret = (enum report_format)i;
		return true;
	}
	return false;
}

/* --- values ------------------------------------------------------------- */

/* "14,200": a whole number in groups of three. */
static void
add_grouped(struct buf *out, double v)
{
	char digits[64];
	int n = snprintf(digits, sizeof(digits), "%.0f", v);

	for (int i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			buf_addch(out, ',');
		buf_addch(out, digits[i]);
	}
}

/* Cents for a dollar or more, else hundredths of cents. */
static void
add_usd(struct buf *out, double v)
{
	double cents = round(fabs(v) * 100);

	buf_addstr(out, v < 0 ? "-$" : "$");
	if (cents < 100) {
		buf_printf(out, "%.4f", fabs(v));
		return;
	}
	add_grouped(out, floor(cents / 100));
	buf_printf(out, ".%02.0f", fmod(cents, 100));
}

static void
add_minutes(struct buf *out, double v)
{
	if (fabs(v) >= 120)
		buf_printf(out, "%.1f hours", v / 60);
	else if (fabs(v) >= 1)
		buf_printf(out, "%.1f minutes", v);
	else
		buf_printf(out, "%.1f seconds", v * 60);
}

void
report_value(struct buf *out, double v, enum report_unit unit)
{
	if (!isfinite(v))
		buf_addch(out, '-');
	else if (unit == REPORT_SHARE)
		buf_printf(out, "%.1f%%", 100 * v);
	else if (unit == REPORT_TIMES)
		buf_printf(out, "%.1fx", v);
	else if (unit == REPORT_MEAN)
		buf_printf(out, "%.2f", v);
	else if (unit == REPORT_USD)
		add_usd(out, v);
	else if (unit == REPORT_MINUTES)
		add_minutes(out, v);
	else
		buf_printf(out, "%.0f", v);
}

void
report_period(const struct report *r, struct buf *out)
{
	char since[CLOCK_ISO_SIZE], until[CLOCK_ISO_SIZE];

	clock_iso(r->since_us, since);
	clock_iso(r->until_us, until);
	if (!r->since_us && !r->until_us)
		buf_addstr(out, "all runs");
	else
		buf_printf(out, "runs that started%s%.19s%s%.19s (UTC)",
			   r->since_us ? " from " : "",
			   r->since_us ? since : "",
			   r->until_us ? " before " : "",
			   r->until_us ? until : "");
}

/* --- text and Markdown -------------------------------------------------- */

struct writer {
	const struct report *r;
	struct buf *out;
	bool markdown;
};

/* Text from outside on one line; in Markdown as what it is, not as marks. */
static void
add_name(const struct writer *w, const char *s)
{
	AUTO(buf) shown = BUF_INIT;

	str_visible(&shown, s, strlen(s), false);
	for (const char *p = buf_str(&shown); *p; p++) {
		if (w->markdown && *p != '-' && *p != ' ' && *p < 0x7f &&
		    strchr("!\"#$%&'()*+,./:;<=>?@[\\]^_`{|}~", *p))
			buf_addch(w->out, '\\');
		buf_addch(w->out, *p);
	}
}

static void
write_head(const struct writer *w)
{
	const struct report *r = w->r;
	char now[CLOCK_ISO_SIZE];

	buf_printf(w->out, "%sValue-Based Outcomes Report\n%s",
		   w->markdown ? "# " : "", w->markdown ? "\n" : "");
	buf_printf(w->out, "Generated: %.10s%s\n", clock_iso(r->now_us, now),
		   w->markdown ? "  " : "");
	buf_addstr(w->out, "Period: ");
	report_period(r, w->out);
	if (r->domain) {
		buf_printf(w->out, "%s\nDomain: ", w->markdown ? "  " : "");
		add_name(w, r->domain);
	}
	buf_addch(w->out, '\n');
}

/* "- Label: 18.3x (derived: how)"; what is not derived is short here. */
static void
write_figure(const struct writer *w, const struct report_figure *f)
{
	buf_printf(w->out, "- %s: ", f->label);
	if (!isfinite(f->value)) {
		buf_printf(w->out, "no claim (%s)\n", f->unless);
		return;
	}
	report_value(w->out, f->value, f->unit);
	buf_printf(w->out, " (%s%s%s)\n", metrics_source_word(f->source),
		   f->source == METRICS_DERIVED ? ": " : "",
		   f->source == METRICS_DERIVED ? f->how : "");
}

/* The end of the section of figure i; ret_zero: no figure of it is more
 * than 0. */
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
write_figures(const struct writer *w)
{
	const struct report *r = w->r;
	size_t end;
	bool zero;

	for (size_t i = 0; i < r->figure_count; i = end) {
		end = section_end(r, i, &zero);
		buf_printf(w->out, "\n## %s\n%s", r->figures[i].section,
			   w->markdown ? "\n" : "");
		if (zero)
			buf_addstr(w->out,
				   "- Nothing: all its figures are 0\n");
		for (size_t k = i; k < end && !zero; k++)
			write_figure(w, &r->figures[k]);
	}
}

/* What the longest bar stands for; 0 when there are no bars. */
static double
bar_scale(const struct report_table *t)
{
	double most = 0;

	for (size_t i = 0; t->bar >= 0 && i < t->count && i < t->top; i++)
		if (t->rows[i].v[t->bar] > most)
			most = t->rows[i].v[t->bar];
	return most;
}

/* Something is seen of whatever is more than 0. */
static void
add_bar(struct buf *out, double v, double scale)
{
	int n = v > 0 && scale > 0 ? (int)lround(v / scale * BAR) : 0;

	if (v > 0 && n == 0)
		n = 1;
	for (int i = 0; i < n; i++)
		buf_addch(out, '#');
}

/* Two lines: number, name and bar; then what is known of it. */
static void
write_row(const struct writer *w, const struct report_table *t, size_t i,
	  double scale)
{
	const struct report_cells *c = &t->rows[i];
	const char *before = "   ";

	buf_printf(w->out, "%zu. ", i + 1);
	add_name(w, c->name);
	if (scale > 0 && c->v[t->bar] > 0) {
		buf_addch(w->out, ' ');
		add_bar(w->out, c->v[t->bar], scale);
	}
	buf_addch(w->out, '\n');
	for (int k = 0; k < t->column_count; k++) {
		if (!isfinite(c->v[k]))
			continue;
		buf_printf(w->out, "%s%s ", before, t->columns[k].title);
		report_value(w->out, c->v[k], t->columns[k].unit);
		before = " | ";
	}
	buf_addch(w->out, '\n');
}

static void
write_markdown_head(const struct writer *w, const struct report_table *t)
{
	buf_printf(w->out, "\n| %s | ", t->subject);
	for (int k = 0; k < t->column_count; k++)
		buf_printf(w->out, "%s (%s) | ", t->columns[k].title,
			   metrics_source_word(t->columns[k].source));
	buf_addstr(w->out, "chart |\n|---|");
	for (int k = 0; k < t->column_count; k++)
		buf_addstr(w->out, "---:|");
	buf_addstr(w->out, "---|\n");
}

static void
write_markdown_row(const struct writer *w, const struct report_table *t,
		   size_t i, double scale)
{
	const struct report_cells *c = &t->rows[i];

	buf_addstr(w->out, "| ");
	add_name(w, c->name);
	for (int k = 0; k < t->column_count; k++) {
		buf_addstr(w->out, " | ");
		report_value(w->out, c->v[k], t->columns[k].unit);
	}
	buf_addstr(w->out, " | ");
	if (scale > 0 && c->v[t->bar] > 0) {
		buf_addch(w->out, '`');
		add_bar(w->out, c->v[t->bar], scale);
		buf_addch(w->out, '`');
	}
	buf_addstr(w->out, " |\n");
}

static void
write_table(const struct writer *w, const struct report_table *t)
{
	double scale = bar_scale(t);

	if (!t->count)
		return;
	buf_printf(w->out, "\n## %s\n", t->title);
	if (w->markdown)
		write_markdown_head(w, t);
	for (size_t i = 0; i < t->count && i < t->top; i++) {
		if (w->markdown)
			write_markdown_row(w, t, i, scale);
		else
			write_row(w, t, i, scale);
	}
	if (t->count > t->top)
		buf_printf(w->out, "%sand %zu more (--format csv or json)\n",
			   w->markdown ? "\n" : "   ", t->count - t->top);
}

static void
write_advice(const struct writer *w)
{
	const struct report *r = w->r;

	buf_printf(w->out, "\n## Recommendations\n%s", w->markdown ? "\n" : "");
	for (size_t i = 0; i < r->advice_count; i++) {
		const struct report_advice *a = &r->advice[i];

		buf_printf(w->out, "- %s: ", report_rule_heading(a->rule));
		add_name(w, a->subject);
		buf_printf(w->out, ": %s (rule %s: %s)\n", a->words,
			   report_rule_key(a->rule),
			   report_rule_words(a->rule));
	}
	for (int i = 0; i < REPORT_RULE_COUNT; i++)
		if (r->more[i])
			buf_printf(w->out,
				   "- and %" PRId64 " more by the rule %s\n",
				   r->more[i],
				   report_rule_key((enum report_rule)i));
	if (!r->advice_count)
		buf_addstr(w->out, "- None: no rule found anything\n");
}

static void
write_text(const struct report *r, bool markdown, struct buf *out)
{
	struct writer w = { r, out, markdown };

	write_head(&w);
	write_figures(&w);
	for (size_t i = 0; i < r->table_count; i++)
		write_table(&w, &r->tables[i]);
	write_advice(&w);
}

void
report_write(const struct report *r, enum report_format f, struct buf *out)
{
	switch (f) {
	case REPORT_TEXT:
	case REPORT_MARKDOWN:
		write_text(r, f == REPORT_MARKDOWN, out);
		break;
	case REPORT_JSON:
		report_json(r, out);
		break;
	case REPORT_CSV:
		report_csv(r, out);
		break;
	case REPORT_HTML:
		report_html(r, out);
		break;
	}
}
