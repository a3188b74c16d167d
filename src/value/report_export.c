/* The value report as JSON, CSV and HTML. */
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "value/report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* --- JSON: one object ---------------------------------------------------- */

static void
add_text(struct buf *out, const char *key, const char *value)
{
	json_add_key(out, key);
	if (value)
		json_add_str(out, value);
	else
		buf_addstr(out, "null");
}

static void
add_time(struct buf *out, const char *key, int64_t us)
{
	char iso[CLOCK_ISO_SIZE];

	add_text(out, key, us ? clock_iso(us, iso) : NULL);
}

/* The beginning of another object of a list. */
static void
open_object(struct buf *out)
{
	buf_addstr(out, out->data[out->len - 1] == '[' ? "{" : ",{");
}

static void
json_figure(struct buf *out, const struct report_figure *f)
{
	open_object(out);
	add_text(out, "section", f->section);
	add_text(out, "key", f->key);
	add_text(out, "label", f->label);
	json_add_key(out, "value");
	json_add_num(out, f->value);
	add_text(out, "unit", report_unit_word(f->unit));
	add_text(out, "source", metrics_source_word(f->source));
	if (isfinite(f->value))
		add_text(out, "how", f->how);
	else
		add_text(out, "no_claim", f->unless);
	buf_addch(out, '}');
}

static void
json_table(struct buf *out, const struct report_table *t)
{
	open_object(out);
	add_text(out, "key", t->key);
	add_text(out, "title", t->title);
	json_add_key(out, "columns");
	buf_addch(out, '[');
	for (int k = 0; k < t->column_count; k++) {
		open_object(out);
		add_text(out, "key", t->columns[k].key);
		add_text(out, "unit", report_unit_word(t->columns[k].unit));
		add_text(out, "source",
			 metrics_source_word(t->columns[k].source));
		buf_addch(out, '}');
	}
	buf_addstr(out, "],\"rows\":[");
	for (size_t i = 0; i < t->count; i++) {
		open_object(out);
		add_text(out, "name", t->rows[i].name);
		for (int k = 0; k < t->column_count; k++) {
			json_add_key(out, t->columns[k].key);
			json_add_num(out, t->rows[i].v[k]);
		}
		buf_addch(out, '}');
	}
	buf_addstr(out, "]}");
}

static void
json_advice(struct buf *out, const struct report_advice *a)
{
	open_object(out);
	add_text(out, "rule", report_rule_key(a->rule));
	add_text(out, "because", report_rule_words(a->rule));
	add_text(out, "subject", a->subject);
	add_text(out, "words", a->words);
	json_add_key(out, "numbers");
	buf_addch(out, '{');
	for (int i = 0; i < a->number_count; i++) {
		json_add_key(out, a->numbers[i].key);
		json_add_num(out, a->numbers[i].value);
	}
	buf_addstr(out, "}}");
}

void
report_json(const struct report *r, struct buf *out)
{
	buf_addch(out, '{');
	add_text(out, "report", "value");
	add_time(out, "generated", r->now_us);
	add_time(out, "since", r->since_us);
	add_time(out, "until", r->until_us);
	add_text(out, "domain", r->domain);
	buf_addstr(out, ",\"figures\":[");
	for (size_t i = 0; i < r->figure_count; i++)
		json_figure(out, &r->figures[i]);
	buf_addstr(out, "],\"tables\":[");
	for (size_t i = 0; i < r->table_count; i++)
		json_table(out, &r->tables[i]);
	buf_addstr(out, "],\"recommendations\":[");
	for (size_t i = 0; i < r->advice_count; i++)
		json_advice(out, &r->advice[i]);
	buf_addstr(out, "],\"more_recommendations\":{");
	for (int i = 0; i < REPORT_RULE_COUNT; i++) {
		if (!r->more[i])
			continue;
		json_add_key(out, report_rule_key((enum report_rule)i));
		buf_printf(out, "%" PRId64, r->more[i]);
	}
	buf_addstr(out, "}}\n");
}

/* --- CSV: one number a line, RFC 4180 ------------------------------------ */

/* A text that a spreadsheet would take for a formula gets a quote before
 * it. */
static void
csv_text(struct buf *out, const char *s)
{
	AUTO(buf) shown = BUF_INIT;

	str_visible(&shown, s, strlen(s), false);
	buf_addch(out, '"');
	if (*s && strchr("=+-@\t\r", *s))
		buf_addch(out, '\'');
	for (const char *p = buf_str(&shown); *p; p++) {
		if (*p == '"')
			buf_addch(out, '"');
		buf_addch(out, *p);
	}
	buf_addch(out, '"');
}

static void
csv_line(struct buf *out, const char *const texts[3], double value,
	 enum report_unit unit, const char *source, const char *how)
{
	for (int i = 0; i < 3; i++) {
		csv_text(out, texts[i]);
		buf_addch(out, ',');
	}
	if (isfinite(value))
		json_add_num(out, value);
	buf_printf(out, ",%s,%s,", report_unit_word(unit), source);
	csv_text(out, how);
	buf_addch(out, '\n');
}

void
report_csv(const struct report *r, struct buf *out)
{
	buf_addstr(out, "part,name,key,value,unit,source,note\n");
	for (size_t i = 0; i < r->figure_count; i++) {
		const struct report_figure *f = &r->figures[i];

		csv_line(out,
			 (const char *const[]){ f->section, f->label, f->key },
			 f->value, f->unit, metrics_source_word(f->source),
			 isfinite(f->value) ? f->how : f->unless);
	}
	for (size_t i = 0; i < r->table_count; i++) {
		const struct report_table *t = &r->tables[i];
		size_t cells = t->count * (size_t)t->column_count;

		for (size_t n = 0; n < cells; n++) {
			size_t row = n / (size_t)t->column_count;
			size_t k = n % (size_t)t->column_count;
			const struct report_column *c = &t->columns[k];

			csv_line(out,
				 (const char *const[]){
					 t->title, t->rows[row].name, c->key },
				 t->rows[row].v[k], c->unit,
				 metrics_source_word(c->source), "");
		}
	}
	for (size_t i = 0; i < r->advice_count; i++) {
		const struct report_advice *a = &r->advice[i];

		for (int n = 0; n < a->number_count; n++)
			csv_line(out,
				 (const char *const[]){ "Recommendations",
							a->subject,
							a->numbers[n].key },
				 a->numbers[n].value, REPORT_COUNT,
				 report_rule_key(a->rule), a->words);
	}
}

/* --- HTML: one page, without scripts ------------------------------------- */

static const char page_head[] =
	"<!doctype html>\n<html lang=\"en\">\n<head>\n"
	"<meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\""
	"default-src 'none'; style-src 'unsafe-inline'\">\n"
	"<meta name=\"viewport\" content=\"width=device-width\">\n"
	"<title>Value-Based Outcomes Report</title>\n<style>\n"
	"body{font:15px/1.5 sans-serif;max-width:72em;margin:2em auto;"
	"padding:0 1em;color:#1b1f24;background:#fff}\n"
	"table{border-collapse:collapse;width:100%}\n"
	"th,td{text-align:left;padding:.3em .6em;"
	"border-bottom:1px solid #d0d7de;vertical-align:top}\n"
	"td.n,th.n{text-align:right;white-space:nowrap}\n"
	"small{color:#57606a}\n"
	".bar{background:#0969da;height:.9em;min-width:1px}\n"
	"td.b{width:20%}\n"
	"</style>\n</head>\n<body>\n";

static void
html_text(struct buf *out, const char *s)
{
	AUTO(buf) shown = BUF_INIT;

	str_visible(&shown, s, strlen(s), false);
	for (const char *p = buf_str(&shown); *p; p++)
		switch (*p) {
		case '&':
			buf_addstr(out, "&amp;");
			break;
		case '<':
			buf_addstr(out, "&lt;");
			break;
		case '>':
			buf_addstr(out, "&gt;");
			break;
		case '"':
			buf_addstr(out, "&quot;");
			break;
		case '\'':
			buf_addstr(out, "&#39;");
			break;
		default:
			buf_addch(out, *p);
		}
}

static void
html_cell(struct buf *out, double v, enum report_unit unit)
{
	buf_addstr(out, "<td class=\"n\">");
	report_value(out, v, unit);
	buf_addstr(out, "</td>");
}

static void
html_figures(const struct report *r, struct buf *out)
{
	const char *section = NULL;

	for (size_t i = 0; i < r->figure_count; i++) {
		const struct report_figure *f = &r->figures[i];
		bool known = isfinite(f->value);

		if (f->section != section) {
			buf_addstr(out, section ? "</table>\n<h2>" : "<h2>");
			html_text(out, f->section);
			buf_addstr(out, "</h2>\n<table>\n");
		}
		section = f->section;
		buf_addstr(out, "<tr><td>");
		html_text(out, f->label);
		buf_addstr(out, "</td>");
		html_cell(out, f->value, f->unit);
		buf_printf(out, "<td>%s</td><td><small>",
			   known ? metrics_source_word(f->source) : "no claim");
		html_text(out, known ? f->how : f->unless);
		buf_addstr(out, "</small></td></tr>\n");
	}
	buf_addstr(out, section ? "</table>\n" : "");
}

static void
html_row(const struct report_table *t, const struct report_cells *c,
	 double most, struct buf *out)
{
	buf_addstr(out, "<tr><td>");
	html_text(out, c->name);
	buf_addstr(out, "</td>");
	for (int k = 0; k < t->column_count; k++)
		html_cell(out, c->v[k], t->columns[k].unit);
	buf_addstr(out, "<td class=\"b\">");
	if (most > 0 && c->v[t->bar] > 0)
		buf_printf(out,
			   "<div class=\"bar\" style=\"width:%.1f%%\"></div>",
			   100 * c->v[t->bar] / most);
	buf_addstr(out, "</td></tr>\n");
}

static void
html_table(const struct report_table *t, struct buf *out)
{
	double most = 0;

	for (size_t i = 0; t->bar >= 0 && i < t->count; i++)
		if (t->rows[i].v[t->bar] > most)
			most = t->rows[i].v[t->bar];
	buf_addstr(out, "<h2>");
	html_text(out, t->title);
	buf_printf(out, "</h2>\n<table>\n<tr><th>%s</th>", t->subject);
	for (int k = 0; k < t->column_count; k++)
		buf_printf(out, "<th class=\"n\">%s<br><small>%s</small></th>",
			   t->columns[k].title,
			   metrics_source_word(t->columns[k].source));
	buf_addstr(out, "<th></th></tr>\n");
	for (size_t i = 0; i < t->count && i < t->top; i++)
		html_row(t, &t->rows[i], most, out);
	buf_addstr(out, "</table>\n");
	if (t->count > t->top)
		buf_printf(out, "<p>and %zu more</p>\n", t->count - t->top);
}

static void
html_advice(const struct report *r, struct buf *out)
{
	buf_addstr(out, "<h2>Recommendations</h2>\n<ul>\n");
	for (size_t i = 0; i < r->advice_count; i++) {
		const struct report_advice *a = &r->advice[i];

		buf_addstr(out, "<li><b>");
		html_text(out, a->subject);
		buf_addstr(out, "</b>: ");
		html_text(out, a->words);
		buf_printf(out, " <small>rule %s: ", report_rule_key(a->rule));
		html_text(out, report_rule_words(a->rule));
		buf_addstr(out, "</small></li>\n");
	}
	for (int i = 0; i < REPORT_RULE_COUNT; i++)
		if (r->more[i])
			buf_printf(out,
				   "<li>and %" PRId64
				   " more by the rule %s</li>\n",
				   r->more[i],
				   report_rule_key((enum report_rule)i));
	if (!r->advice_count)
		buf_addstr(out, "<li>None: no rule found anything</li>\n");
	buf_addstr(out, "</ul>\n");
}

void
report_html(const struct report *r, struct buf *out)
{
	char now[CLOCK_ISO_SIZE];

	buf_addstr(out, page_head);
	buf_addstr(out, "<h1>Value-Based Outcomes Report</h1>\n<p>");
	buf_printf(out,
		   "Generated: %.10s<br>Period: ", clock_iso(r->now_us, now));
	report_period(r, out);
	if (r->domain) {
		buf_addstr(out, "<br>Domain: ");
		html_text(out, r->domain);
	}
	buf_addstr(out, "</p>\n");
	html_figures(r, out);
	for (size_t i = 0; i < r->table_count; i++)
		if (r->tables[i].count)
			html_table(&r->tables[i], out);
	html_advice(r, out);
	buf_addstr(out, "</body>\n</html>\n");
}
