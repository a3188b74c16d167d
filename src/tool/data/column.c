/*
 * Invariants:
 * 1. seen = sum of kinds[].
 * 2. hll is in use from the moment freq first drops a value; it was given
 *    every hash then in freq and every one since. So freq.count is the exact
 *    number of different values as long as hll is not in use.
 * 3. Missing values are in seen and kinds[DATA_MISSING] alone.
 */
#include "tool/data/column.h"

#include "base/mem.h"
#include "tool/data/hash.h"

#include <math.h>
#include <string.h>

struct data_sizes
data_column_sizes(size_t index)
{
	static const struct {
		size_t below;
		struct data_sizes sizes;
	} rows[] = {
		{ 32, { 1024, 14, 512, 1024 } },
		{ 128, { 256, 11, 256, 512 } },
		{ 512, { 64, 10, 128, 256 } },
		{ SIZE_MAX, { 16, 8, 64, 64 } },
	};
	size_t i = 0;

	while (index >= rows[i].below)
		i++;
	return rows[i].sizes;
}

void
data_column_init(struct data_column *c, char *name, struct data_sizes sizes)
{
	*c = (struct data_column){
		.name = name,
		.sizes = sizes,
		.style_all = 0xff,
		.min = INFINITY,
		.max = -INFINITY,
		.time = { { INT64_MAX, INT64_MIN }, { INT64_MAX, INT64_MIN } },
		.ymd = { INT64_MAX, INT64_MIN },
		.chars_min = INT64_MAX,
		.bytes_min = INT64_MAX,
	};
	freq_init(&c->freq, sizes.values);
	kll_init(&c->kll, sizes.k, sizes.exact);
}

void
data_column_release(struct data_column *c)
{
	free(c->name);
	for (size_t k = 0; k < DATA_KIND_COUNT; k++)
		for (size_t i = 0; i < DATA_EXAMPLES; i++)
			free(c->examples[k][i].text);
	freq_release(&c->freq);
	hll_release(&c->hll);
	kll_release(&c->kll);
	*c = (struct data_column){ 0 };
}

static void
range_add(struct data_range *r, int64_t v)
{
	if (v < r->min)
		r->min = v;
	if (v > r->max)
		r->max = v;
}

static void
add_number(struct data_column *c, double v)
{
	double n = (double)(c->kinds[DATA_INTEGER] + c->kinds[DATA_NUMBER]);
	double step = v - c->mean;

	if (v < c->min)
		c->min = v;
	if (v > c->max)
		c->max = v;
	c->mean += step / n;
	c->m2 += step * (v - c->mean);
	kll_add(&c->kll, v);
}

static void
add_date(struct data_column *c, const struct data_value *v)
{
	c->forms[v->form]++;
	c->style_any |= v->style;
	c->style_all &= v->style;
	if (!(v->flags & DATA_NOT_DMY))
		range_add(&c->time[0], v->time[0]);
	if (!(v->flags & DATA_NOT_MDY))
		range_add(&c->time[1], v->time[1]);
}

static void
count_value(struct data_column *c, const struct data_value *v)
{
	c->kinds[v->kind]++;
	for (unsigned flags = v->flags; flags; flags &= flags - 1)
		c->flags[__builtin_ctz(flags)]++;
	switch (v->kind) {
	case DATA_INTEGER:
	case DATA_NUMBER:
		add_number(c, v->number);
		if (v->flags & DATA_YMD)
			range_add(&c->ymd, v->time[0]);
		break;
	case DATA_DATE:
	case DATA_DATETIME:
		add_date(c, v);
		break;
	default:
		break;
	}
}

/* UTF-8: every byte but continuation bytes begins a character. */
static uint32_t
count_chars(const char *s, size_t len)
{
	uint32_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}

static void
add_example(struct data_column *c, enum data_kind kind, const char *s,
	    size_t len)
{
	struct data_example *list = c->examples[kind];
	bool cut = len > DATA_EXAMPLE_BYTES;
	size_t i = 0;

	if (cut)
		len = DATA_EXAMPLE_BYTES;
	for (; i < DATA_EXAMPLES && list[i].text; i++)
		if (list[i].len == len && !memcmp(list[i].text, s, len))
			return;
	if (i < DATA_EXAMPLES)
		list[i] = (struct data_example){ xmemdup(s, len), (uint8_t)len,
						 cut };
}

/* A value that freq does not hold: new, or forgotten meanwhile. */
static struct freq_entry *
add_new(struct data_column *c, uint64_t hash, const char *s, size_t len,
	const struct data_value *v)
{
	struct freq_entry *e;

	if (!c->hll.registers && freq_is_full(&c->freq)) {
		hll_init(&c->hll, c->sizes.precision);
		for (uint32_t i = 0; i < c->freq.count; i++)
			hll_add(&c->hll, c->freq.entries[i].hash);
	}
	e = freq_insert(&c->freq, hash, s, len);
	e->value = *v;
	e->chars = count_chars(s, len);
	if (!c->examples[v->kind][DATA_EXAMPLES - 1].text)
		add_example(c, v->kind, s, len);
	return e;
}

static void
add_length(struct data_column *c, int64_t chars, int64_t bytes)
{
	if (chars < c->chars_min)
		c->chars_min = chars;
	if (chars > c->chars_max)
		c->chars_max = chars;
	if (bytes < c->bytes_min)
		c->bytes_min = bytes;
	if (bytes > c->bytes_max)
		c->bytes_max = bytes;
}

static bool
is_blank(char ch)
{
	return ch == ' ' || ch == '\t';
}

void
data_column_add(struct data_column *c, const char *s, size_t len, uint64_t size,
		char decimal)
{
	size_t beyond = size - len;
	struct freq_entry *e;
	struct data_value v;
	uint64_t hash;

	while (len && is_blank(s[len - 1]) && !beyond)
		len--;
	while (len && is_blank(*s)) {
		s++;
		len--;
	}
	c->seen++;
	if (len == 0 && !beyond) {
		c->kinds[DATA_MISSING]++;
		return;
	}
	hash = hash_bytes(s, len) + beyond;
	e = freq_find(&c->freq, hash);
	if (e) {
		e->count++;
	} else {
		data_value_parse(s, len, decimal, &v);
		if (v.kind == DATA_MISSING) {
			c->kinds[DATA_MISSING]++;
			return;
		}
		e = add_new(c, hash, s, len, &v);
	}
	if (c->hll.registers)
		hll_add(&c->hll, hash);
	count_value(c, &e->value);
	add_length(c, (int64_t)(e->chars + beyond), (int64_t)(len + beyond));
}

const char *
data_type_name(enum data_type t)
{
	static const char *const names[] = {
		[DATA_TYPE_EMPTY] = "empty",
		[DATA_TYPE_INTEGER] = "integer",
		[DATA_TYPE_NUMBER] = "number",
		[DATA_TYPE_BOOLEAN] = "boolean",
		[DATA_TYPE_DATE] = "date",
		[DATA_TYPE_DATETIME] = "datetime",
		[DATA_TYPE_TEXT] = "text",
	};

	return names[t];
}

bool
data_type_has(enum data_type t, enum data_kind k)
{
	switch (t) {
	case DATA_TYPE_INTEGER:
		return k == DATA_INTEGER;
	case DATA_TYPE_NUMBER:
		return k == DATA_INTEGER || k == DATA_NUMBER;
	case DATA_TYPE_BOOLEAN:
		return k == DATA_BOOLEAN;
	case DATA_TYPE_DATE:
		return k == DATA_DATE;
	case DATA_TYPE_DATETIME:
		return k == DATA_DATE || k == DATA_DATETIME;
	case DATA_TYPE_TEXT:
		return k != DATA_MISSING;
	default:
		return false;
	}
}

static int64_t
flag_count(const struct data_column *c, enum data_flag flag)
{
	return c->flags[__builtin_ctz(flag)];
}

int
data_column_date_order(const struct data_column *c)
{
	int64_t not_dmy = flag_count(c, DATA_NOT_DMY);
	int64_t not_mdy = flag_count(c, DATA_NOT_MDY);

	return (not_dmy > not_mdy) - (not_dmy < not_mdy);
}

static enum data_type
majority(const struct data_column *c, int64_t values)
{
	int64_t numbers = c->kinds[DATA_INTEGER] + c->kinds[DATA_NUMBER];
	int64_t dates = c->kinds[DATA_DATE] + c->kinds[DATA_DATETIME];
	int64_t enough = (int64_t)ceil((double)values * DATA_TYPE_SHARE);

	if (values == 0)
		return DATA_TYPE_EMPTY;
	if (flag_count(c, DATA_YMD) == values)
		return DATA_TYPE_DATE;
	if (numbers >= enough)
		return c->kinds[DATA_NUMBER] ? DATA_TYPE_NUMBER :
					       DATA_TYPE_INTEGER;
	if (c->kinds[DATA_BOOLEAN] >= enough)
		return DATA_TYPE_BOOLEAN;
	if (dates >= enough)
		return c->kinds[DATA_DATETIME] ? DATA_TYPE_DATETIME :
						 DATA_TYPE_DATE;
	return DATA_TYPE_TEXT;
}

struct data_verdict
data_column_verdict(const struct data_column *c, bool month_first)
{
	struct data_verdict v = { .values = c->seen - c->kinds[DATA_MISSING] };
	int order = data_column_date_order(c);

	v.type = majority(c, v.values);
	v.compact =
		v.type == DATA_TYPE_DATE && flag_count(c, DATA_YMD) == v.values;
	if (!v.compact && v.type != DATA_TYPE_EMPTY)
		for (int k = DATA_INTEGER; k < DATA_KIND_COUNT; k++)
			if (!data_type_has(v.type, (enum data_kind)k))
				v.others += c->kinds[k];
	v.month_first = order ? order > 0 : month_first;
	if (v.compact ||
	    (v.type != DATA_TYPE_DATE && v.type != DATA_TYPE_DATETIME))
		return v;
	v.ambiguous = order == 0 && (c->forms[DATA_FORM_SLASH] > 0 ||
				     c->forms[DATA_FORM_DMY_DASH] > 0);
	v.others += flag_count(c, v.month_first ? DATA_NOT_MDY : DATA_NOT_DMY);
	return v;
}

int64_t
data_column_distinct(const struct data_column *c, bool *ret_exact)
{
	int64_t values = c->seen - c->kinds[DATA_MISSING], estimate;

	*ret_exact = !c->hll.registers;
	if (*ret_exact)
		return c->freq.count;
	estimate = llround(hll_estimate(&c->hll));
	return estimate < values ? estimate : values;
}
