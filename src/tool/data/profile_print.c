#include "tool/data/profile.h"

#include "base/json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const struct {
	const char *name, *strptime;
} forms[] = {
#define X(form, name, strptime) [form] = { name, strptime },
	DATA_DATE_FORMS(X)
#undef X
};

static void
add_int(struct buf *out, const char *key, int64_t v)
{
	json_add_key(out, key);
	buf_printf(out, "%" PRId64, v);
}

static void
add_num(struct buf *out, const char *key, double v)
{
	json_add_key(out, key);
	json_add_num(out, v);
}

static void
add_bool(struct buf *out, const char *key, bool v)
{
	json_add_key(out, key);
	buf_addstr(out, v ? "true" : "false");
}

/* Bytes of the file; a character cut in two at the end is left out. */
static void
add_raw(struct buf *out, const char *s, size_t len, enum data_encoding e,
	bool cut)
{
	AUTO(buf) text = BUF_INIT;

	data_text_add(&text, e, s, len);
	if (cut) {
		size_t end = text.len;

		while (end && (text.data[end - 1] & 0xc0) == 0x80)
			end--;
		if (end &&
		    !utf8_valid(text.data + end - 1, text.len - end + 1) &&
		    (text.data[end - 1] & 0x80))
			buf_truncate(&text, end - 1);
		buf_addstr(&text, "\xe2\x80\xa6");
	}
	json_add_strn(out, buf_str(&text), text.len);
}

static void
add_comma(struct buf *out)
{
	if (out->data[out->len - 1] != '[')
		buf_addch(out, ',');
}

/* Examples of the kinds that are (or are not) of the type. */
static void
add_examples(struct buf *out, const struct data_column *c, enum data_type t,
	     bool of_type, enum data_encoding e)
{
	size_t n = 0;

	json_add_key(out, "examples");
	buf_addch(out, '[');
	for (int k = DATA_INTEGER; k < DATA_KIND_COUNT; k++) {
		if (data_type_has(t, (enum data_kind)k) != of_type)
			continue;
		for (size_t i = 0; i < DATA_EXAMPLES; i++) {
			const struct data_example *x = &c->examples[k][i];

			if (!x->text || n++ >= DATA_EXAMPLES)
				continue;
			add_comma(out);
			add_raw(out, x->text, x->len, e, x->cut);
		}
	}
	buf_addch(out, ']');
}

static void
add_top(struct buf *out, const struct data_column *c, enum data_encoding e)
{
	uint32_t top[DATA_TOP];
	size_t n = freq_top(&c->freq, DATA_TOP, top);

	json_add_key(out, "top");
	buf_addch(out, '[');
	for (size_t i = 0; i < n; i++) {
		const struct freq_entry *v = &c->freq.entries[top[i]];

		add_comma(out);
		buf_addch(out, '{');
		json_add_key(out, "value");
		add_raw(out, v->text, v->len, e, v->cut);
		add_int(out, "count", (int64_t)v->count);
		buf_addch(out, '}');
	}
	buf_addch(out, ']');
	add_bool(out, "top_exact", c->freq.offset == 0);
	if (c->freq.offset)
		add_int(out, "top_error", (int64_t)c->freq.offset);
}

static void
add_numbers(struct buf *out, const struct data_column *c)
{
	static const double at[] = { 0.05, 0.25, 0.5, 0.75, 0.95 };
	static const char *const names[] = { "p05", "p25", "p50", "p75",
					     "p95" };
	double n = (double)c->kll.count, q[ARRAY_LEN(at)];

	add_num(out, "min", c->min);
	add_num(out, "max", c->max);
	add_num(out, "mean", c->mean);
	add_num(out, "stddev", n > 1 ? sqrt(c->m2 / (n - 1)) : NAN);
	kll_quantiles(&c->kll, at, ARRAY_LEN(at), q);
	json_add_key(out, "quantiles");
	buf_addch(out, '{');
	for (size_t i = 0; i < ARRAY_LEN(at); i++)
		add_num(out, names[i], q[i]);
	buf_addch(out, '}');
	add_bool(out, "quantiles_exact", kll_is_exact(&c->kll));
	if (!kll_is_exact(&c->kll))
		add_num(out, "quantiles_error", kll_error(c->kll.k));
}

static void
swap_day_month(char *s)
{
	for (; *s; s++)
		*s = *s == 'D' ? 'M' :
		     *s == 'M' ? 'D' :
		     *s == 'd' ? 'm' :
		     *s == 'm' ? 'd' :
				 *s;
}

static bool
is_either_order(size_t form)
{
	return form == DATA_FORM_SLASH || form == DATA_FORM_DMY_DASH;
}

/* "DD.MM.YYYY hh:mm", several joined by " or ". */
static void
date_format(const struct data_column *c, const struct data_verdict *v,
	    struct buf *out)
{
	for (size_t i = 0; i < DATA_FORM_COUNT; i++) {
		size_t start;

		if (!c->forms[i] && !(v->compact && i == DATA_FORM_COMPACT))
			continue;
		if (out->len)
			buf_addstr(out, " or ");
		start = out->len;
		buf_addstr(out, forms[i].name);
		if (is_either_order(i) && v->month_first)
			swap_day_month(out->data + start);
		if (c->style_any & DATA_YEAR_SHORT && is_either_order(i))
			buf_truncate(out, out->len - 2);
	}
	if (c->style_any & DATA_TIME)
		buf_addstr(out,
			   c->style_any & DATA_TIME_T ? "Thh:mm" : " hh:mm");
	if (c->style_any & DATA_TIME_SECONDS)
		buf_addstr(out, ":ss");
	if (c->style_any & DATA_TIME_AMPM)
		buf_addstr(out, " AM/PM");
	if (c->style_any & DATA_TIME_ZONE)
		buf_addstr(out, " zone");
}

/* What datetime.strptime of Python takes; false when no single format reads
 * all values. */
static bool
date_strptime(const struct data_column *c, const struct data_verdict *v,
	      struct buf *out)
{
	size_t form = DATA_FORM_COMPACT, used = 0;
	uint8_t style = v->compact ? 0 : c->style_any;
	char *p;

	for (size_t i = 0; i < DATA_FORM_COUNT; i++) {
		if (c->forms[i]) {
			form = i;
			used++;
		}
	}
	if (v->compact ? used != 0 : used != 1 || c->style_all != style)
		return false;
	buf_addstr(out, forms[form].strptime);
	if (is_either_order(form) && v->month_first)
		swap_day_month(out->data);
	if (style & DATA_YEAR_SHORT && (p = strchr(out->data, 'Y')))
		*p = 'y';
	if (style & DATA_MONTH_LONG && (p = strchr(out->data, 'b')))
		*p = 'B';
	if (style & DATA_TIME)
		buf_printf(out, "%c%s:%%M", style & DATA_TIME_T ? 'T' : ' ',
			   style & DATA_TIME_AMPM ? "%I" : "%H");
	if (style & DATA_TIME_SECONDS)
		buf_addstr(out, ":%S");
	if (style & DATA_TIME_FRACTION)
		buf_addstr(out, ".%f");
	if (style & DATA_TIME_AMPM)
		buf_addstr(out, " %p");
	if (style & DATA_TIME_ZONE)
		buf_addstr(out, "%z");
	return true;
}

static const struct data_range *
date_range(const struct data_column *c, const struct data_verdict *v)
{
	return v->compact ? &c->ymd : &c->time[v->month_first];
}

static void
add_dates(struct buf *out, const struct data_column *c,
	  const struct data_verdict *v)
{
	const struct data_range *range = date_range(c, v);
	bool with_time = v->type == DATA_TYPE_DATETIME;
	bool zone = c->style_any & DATA_TIME_ZONE;
	AUTO(buf) format = BUF_INIT;
	AUTO(buf) strptime = BUF_INIT;
	char text[DATA_DATE_SIZE];

	data_date_print(range->min, with_time, zone, text);
	json_add_key(out, "min");
	json_add_str(out, text);
	data_date_print(range->max, with_time, zone, text);
	json_add_key(out, "max");
	json_add_str(out, text);
	date_format(c, v, &format);
	json_add_key(out, "date_format");
	json_add_str(out, buf_str(&format));
	if (date_strptime(c, v, &strptime)) {
		json_add_key(out, "strptime");
		json_add_str(out, buf_str(&strptime));
	}
	if (v->ambiguous)
		add_bool(out, "date_ambiguous", true);
}

static const char *
hint(const struct data_column *c, const struct data_verdict *v)
{
	static const struct {
		enum data_flag flag;
		const char *text;
	} rows[] = {
		{ DATA_PERCENT, "numbers with a percent sign: remove it to "
				"compute with them" },
		{ DATA_CURRENCY, "amounts with a currency: remove it to "
				 "compute with them" },
		{ DATA_LEADING_ZERO, "digits with zeros in front: kept as "
				     "text, like postal codes" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (v->type == DATA_TYPE_TEXT &&
		    c->flags[__builtin_ctz(rows[i].flag)] * 2 > v->values)
			return rows[i].text;
	return NULL;
}

static void
add_kind(struct buf *out, const struct data_column *c,
	 const struct data_verdict *v, enum data_encoding e)
{
	bool bytes = e == DATA_LATIN1 || e == DATA_CP1252;

	switch (v->type) {
	case DATA_TYPE_INTEGER:
	case DATA_TYPE_NUMBER:
		add_numbers(out, c);
		break;
	case DATA_TYPE_DATE:
	case DATA_TYPE_DATETIME:
		add_dates(out, c, v);
		break;
	case DATA_TYPE_TEXT:
		add_int(out, "min_length", bytes ? c->bytes_min : c->chars_min);
		add_int(out, "max_length", bytes ? c->bytes_max : c->chars_max);
		break;
	default:
		break;
	}
}

static void
add_column(struct buf *out, const struct data_profile *p,
	   const struct data_column *c)
{
	struct data_verdict v = data_column_verdict(c, p->month_first);
	enum data_encoding e = p->sniff.encoding;
	int64_t distinct;
	bool exact;

	buf_addch(out, '{');
	json_add_key(out, "name");
	json_add_str(out, c->name);
	json_add_key(out, "type");
	json_add_str(out, data_type_name(v.type));
	add_int(out, "missing", c->kinds[DATA_MISSING]);
	if (v.values)
		add_num(out, "type_share",
			1 - (double)v.others / (double)v.values);
	if (v.others) {
		json_add_key(out, "others");
		buf_addch(out, '{');
		add_int(out, "count", v.others);
		add_examples(out, c, v.type, false, e);
		buf_addch(out, '}');
	}
	distinct = data_column_distinct(c, &exact);
	add_int(out, "distinct", distinct);
	add_bool(out, "distinct_exact", exact);
	if (!exact)
		add_num(out, "distinct_error", hll_error(c->sizes.precision));
	add_kind(out, c, &v, e);
	add_top(out, c, e);
	add_examples(out, c, v.type, true, e);
	if (hint(c, &v)) {
		json_add_key(out, "hint");
		json_add_str(out, hint(c, &v));
	}
	buf_addch(out, '}');
}

static void
add_char(struct buf *out, const char *key, char c)
{
	json_add_key(out, key);
	if (c)
		json_add_strn(out, &c, 1);
	else
		buf_addstr(out, "null");
}

void
data_profile_json(const struct data_profile *p, struct buf *out)
{
	const struct data_sniff *sn = &p->sniff;

	buf_addch(out, '{');
	json_add_key(out, "path");
	json_add_str(out, p->path);
	json_add_key(out, "format");
	json_add_str(out, data_format_name(sn->format));
	json_add_key(out, "encoding");
	json_add_str(out, data_encoding_name(sn->encoding));
	add_char(out, "delimiter", sn->delimiter);
	add_char(out, "quote", sn->quote);
	add_char(out, "decimal", sn->decimal);
	add_bool(out, "header", sn->header);
	if (sn->skip_records)
		add_int(out, "skipped_records", sn->skip_records);
	add_int(out, "rows", p->rows);
	json_add_key(out, "columns");
	buf_addch(out, '[');
	for (size_t i = 0; i < p->count; i++) {
		add_comma(out);
		add_column(out, p, &p->columns[i]);
	}
	buf_addch(out, ']');
	add_int(out, "ragged_rows", p->ragged_rows);
	add_int(out, "bytes", p->bytes);
	if (p->truncated)
		add_bool(out, "truncated", true);
	json_add_key(out, "warnings");
	buf_addch(out, '[');
	for (size_t i = 0; i < p->warnings.count; i++) {
		add_comma(out);
		json_add_str(out, p->warnings.items[i]);
	}
	buf_addstr(out, "]}");
}

static void
text_range(struct buf *out, const struct data_column *c,
	   const struct data_verdict *v)
{
	const struct data_range *range;
	char min[DATA_DATE_SIZE], max[DATA_DATE_SIZE];

	switch (v->type) {
	case DATA_TYPE_INTEGER:
	case DATA_TYPE_NUMBER:
		buf_printf(out, ", %.6g to %.6g, mean %.6g", c->min, c->max,
			   c->mean);
		break;
	case DATA_TYPE_DATE:
	case DATA_TYPE_DATETIME:
		range = date_range(c, v);
		data_date_print(range->min, v->type == DATA_TYPE_DATETIME,
				false, min);
		data_date_print(range->max, v->type == DATA_TYPE_DATETIME,
				false, max);
		buf_printf(out, ", %s to %s", min, max);
		break;
	default:
		break;
	}
}

static void
text_column(struct buf *out, const struct data_profile *p,
	    const struct data_column *c)
{
	struct data_verdict v = data_column_verdict(c, p->month_first);
	bool exact;
	int64_t distinct = data_column_distinct(c, &exact);

	buf_addstr(out, "  ");
	str_visible(out, c->name, strlen(c->name), false);
	buf_printf(out, ": %s", data_type_name(v.type));
	if (c->kinds[DATA_MISSING])
		buf_printf(out, ", %" PRId64 " missing",
			   c->kinds[DATA_MISSING]);
	buf_printf(out, ", %s%" PRId64 " distinct", exact ? "" : "about ",
		   distinct);
	text_range(out, c, &v);
	if (hint(c, &v))
		buf_printf(out, "; %s", hint(c, &v));
	buf_addch(out, '\n');
}

void
data_profile_text(const struct data_profile *p, struct buf *out)
{
	str_visible(out, p->path, strlen(p->path), false);
	buf_printf(out, ": %" PRId64 " rows x %zu columns, %s, %s%s\n", p->rows,
		   p->count, data_format_name(p->sniff.format),
		   data_encoding_name(p->sniff.encoding),
		   p->truncated ? ", only the first rows read" : "");
	for (size_t i = 0; i < p->count && i < DATA_TEXT_COLUMNS; i++)
		text_column(out, p, &p->columns[i]);
	if (p->count > DATA_TEXT_COLUMNS)
		buf_printf(out, "  and %zu more columns\n",
			   p->count - DATA_TEXT_COLUMNS);
	for (size_t i = 0; i < p->warnings.count; i++) {
		buf_addstr(out, "  note: ");
		str_visible(out, p->warnings.items[i],
			    strlen(p->warnings.items[i]), false);
		buf_addch(out, '\n');
	}
}
