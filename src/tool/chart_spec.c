#include "tool/chart_spec.h"

#include "base/path.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One property: its name, the rest of its schema, what it is. */
#define PROPERTY(name, rest, description) \
	"\"" name "\":{" rest "\"description\":\"" description "\"}"
#define STRING "\"type\":\"string\","
#define WHOLE(min, max) \
	"\"type\":\"integer\",\"minimum\":" #min ",\"maximum\":" #max ","

const char chart_schema[] =
	"{\"type\":\"object\",\"additionalProperties\":false,"
	"\"required\":[\"data\",\"kind\"],\"properties\":{"
	PROPERTY("data", STRING,
		 "CSV, TSV or JSON-lines file with named columns") ","
	PROPERTY("dialect", "\"type\":\"object\",",
		 "delimiter, decimal, header as data_profile reports them; "
		 "found by looking when absent") ","
	PROPERTY("kind", STRING "\"enum\":[\"line\",\"bar\",\"scatter\","
		 "\"histogram\",\"heatmap\"],", "what to draw") ","
	PROPERTY("x", STRING, "column across; for a histogram its values")
	","
	PROPERTY("y", "\"type\":[\"string\",\"array\"],",
		 "column up, or a list of columns; for a heatmap the column "
		 "of its rows") ","
	PROPERTY("value", STRING, "heatmap: the column that colours a cell; "
		 "absent: count of rows") ","
	PROPERTY("group", STRING, "column whose values make the series") ","
	PROPERTY("aggregate", STRING "\"enum\":[\"auto\",\"none\",\"count\","
		 "\"sum\",\"mean\",\"min\",\"max\",\"median\"],",
		 "of the values that share x; auto: mean, or count without "
		 "y") ","
	PROPERTY("title", STRING, "above the chart; made from the columns "
		 "when absent") ","
	PROPERTY("x_label", STRING, "name of the x axis") ","
	PROPERTY("y_label", STRING, "name of the y axis") ","
	PROPERTY("width", WHOLE(320, 4096), "pixels, 1280 when absent") ","
	PROPERTY("height", WHOLE(240, 4096), "pixels, 800 when absent") ","
	PROPERTY("sort", STRING "\"enum\":[\"auto\",\"data\",\"label\","
		 "\"value\",\"value_desc\"],", "order of categories") ","
	PROPERTY("limit", WHOLE(1, 200), "most categories shown") ","
	PROPERTY("bins", WHOLE(1, 500), "of a histogram; chosen from the data "
		 "when absent") ","
	PROPERTY("date_format", STRING, "strptime format of x, when it is "
		 "not a common one") ","
	PROPERTY("label_angle", "\"type\":[\"integer\",\"string\"],",
		 "of the x labels: 0, 45, 90 or auto") ","
	PROPERTY("font_size", WHOLE(6, 48), "pixels") ","
	PROPERTY("output", STRING, "file name; chart.png when absent")
	"}}";

#define X(id, name) [id] = name,
static const char *const kinds[] = { CHART_KINDS(X) };
static const char *const aggregates[] = { CHART_AGGREGATES(X) };
static const char *const sorts[] = { CHART_SORTS(X) };
#undef X

const char *
chart_kind_name(enum chart_kind k)
{
	return kinds[k];
}

const char *
chart_aggregate_name(enum chart_aggregate a)
{
	return aggregates[a];
}

void
chart_spec_release(struct chart_spec *s)
{
	char *owned[] = { s->data, s->x, s->group, s->value, s->title,
			  s->x_label, s->y_label, s->date_format, s->output };

	for (size_t i = 0; i < ARRAY_LEN(owned); i++)
		free(owned[i]);
	strv_release(&s->y);
	strv_release(&s->notes);
	*s = (struct chart_spec){ 0 };
}

/* Index of the argument's word in names; fallback when it is absent. */
static bool
parse_word(const cJSON *args, const char *key, const char *const *names,
	   size_t count, int *ret, struct err *err)
{
	const char *word = json_str(args, key);

	if (!word)
		return true;
	for (size_t i = 0; i < count; i++) {
		if (str_eq(word, names[i])) {
			*ret = (int)i;
			return true;
		}
	}
	return FAIL(err, ERR_USAGE, "chart: %s: unknown \"%s\"", key, word);
}

static bool
parse_words(const cJSON *args, struct chart_spec *s, struct err *err)
{
	int kind = -1, aggregate = CHART_AUTO, sort = CHART_SORT_AUTO;

	if (!parse_word(args, "kind", kinds, ARRAY_LEN(kinds), &kind, err) ||
	    !parse_word(args, "aggregate", aggregates, ARRAY_LEN(aggregates),
			&aggregate, err) ||
	    !parse_word(args, "sort", sorts, ARRAY_LEN(sorts), &sort, err))
		return false;
	if (kind < 0)
		return FAIL(err, ERR_USAGE, "chart: kind: say which of line, "
			    "bar, scatter, histogram, heatmap");
	s->kind = (enum chart_kind)kind;
	s->aggregate = (enum chart_aggregate)aggregate;
	s->sort = (enum chart_sort)sort;
	return true;
}

static bool
parse_y(const cJSON *args, struct chart_spec *s, struct err *err)
{
	const cJSON *y = json_get(args, "y"), *item;

	if (cJSON_IsString(y))
		strv_add(&s->y, y->valuestring);
	else if (y && !cJSON_IsArray(y) && !cJSON_IsNull(y))
		return FAIL(err, ERR_USAGE, "chart: y: a column or a list of "
			    "columns is wanted");
	if (cJSON_IsArray(y))
		cJSON_ArrayForEach(item, y) {
			if (!cJSON_IsString(item))
				return FAIL(err, ERR_USAGE, "chart: y: the "
					    "list holds something that is "
					    "not a column name");
			strv_add(&s->y, item->valuestring);
		}
	if (s->y.count > CHART_Y_LIMIT)
		return FAIL(err, ERR_USAGE, "chart: y: %zu columns; at most "
			    "%d can be told apart in one chart", s->y.count,
			    CHART_Y_LIMIT);
	return true;
}

static bool
parse_dialect(const cJSON *args, struct table_dialect *d, struct err *err)
{
	const cJSON *o = json_get(args, "dialect");
	const char *delimiter = json_str(o, "delimiter");
	const char *decimal = json_str(o, "decimal");

	d->no_header = !json_bool(o, "header", true);
	if (!str_empty(delimiter)) {
		if (delimiter[1] && !str_eq(delimiter, "\\t"))
			return FAIL(err, ERR_USAGE, "chart: dialect.delimiter: "
				    "one character is wanted");
		d->delimiter = delimiter[1] ? '\t' : delimiter[0];
	}
	if (!str_empty(decimal)) {
		if (!str_eq(decimal, ".") && !str_eq(decimal, ","))
			return FAIL(err, ERR_USAGE, "chart: dialect.decimal: "
				    "\".\" or \",\" is wanted");
		d->decimal = decimal[0];
	}
	return true;
}

static bool
parse_angle(const cJSON *args, int *ret, struct err *err)
{
	const cJSON *a = json_get(args, "label_angle");
	double v;

	*ret = CHART_ANGLE_AUTO;
	if (!a || cJSON_IsNull(a) || str_eq(json_str(args, "label_angle"),
					    "auto"))
		return true;
	if (cJSON_IsNumber(a))
		v = a->valuedouble;
	else if (!cJSON_IsString(a) || !str_to_double(a->valuestring, &v))
		v = -1;
	if (v != 0 && v != 45 && v != 90)
		return FAIL(err, ERR_USAGE, "chart: label_angle: 0, 45, 90 or "
			    "\"auto\" is wanted");
	*ret = (int)v;
	return true;
}

static int
clamp(int64_t v, int min, int max)
{
	return v < min ? min : v > max ? max : (int)v;
}

static bool
parse_output(const cJSON *args, struct chart_spec *s, struct err *err)
{
	const char *name = json_str(args, "output");

	name = str_empty(name) ? "chart.png" : name;
	if (strchr(name, '/') || name[0] == '.' || !str_ends(name, ".png") ||
	    strlen(name) > 100)
		return FAIL(err, ERR_USAGE, "chart: output: \"%s\": a plain "
			    "file name that ends in .png is wanted", name);
	s->output = xstrdup(name);
	return true;
}

static char *
text(const cJSON *args, const char *key)
{
	const char *s = json_str(args, key);

	return str_empty(s) ? NULL : xstrdup(s);
}

static bool
parse_columns(const cJSON *args, struct chart_spec *s, struct err *err)
{
	s->x = text(args, "x");
	s->group = text(args, "group");
	s->value = text(args, "value");
	if (!parse_y(args, s, err))
		return false;
	if (s->kind == CHART_HISTOGRAM && !s->x && s->y.count == 1)
		s->x = xstrdup(s->y.items[0]);
	if (!s->x)
		return FAIL(err, ERR_USAGE, "chart: x: name the column for "
			    "the x axis");
	if (s->kind == CHART_SCATTER && s->y.count == 0)
		return FAIL(err, ERR_USAGE, "chart: y: a scatter chart needs "
			    "a column of numbers");
	if (s->kind == CHART_HEATMAP && s->y.count != 1)
		return FAIL(err, ERR_USAGE, "chart: y: a heatmap needs exactly "
			    "one column for its rows");
	if (s->group && s->y.count > 1)
		return FAIL(err, ERR_USAGE, "chart: group: with a group, y is "
			    "one column");
	return true;
}

/* Whether the finding is about the picture this call will make. */
static bool
is_about(const cJSON *finding, const char *output)
{
	const char *artifact = json_str(finding, "artifact");

	return str_empty(artifact) || str_eq(path_base(artifact), output);
}

static void
correct_overlap(struct chart_spec *s, int step)
{
	int from = s->angle == CHART_ANGLE_AUTO ? 0 : s->angle;
	int turns = (90 - from) / 45;

	s->angle_more = 45 * (step < turns ? step : turns);
	if (step > turns)
		s->thin = 1 << (step - turns < 6 ? step - turns : 6);
	strv_addf(&s->notes, "Corrected after \"overlap\": x labels turned%s.",
		  s->thin > 1 ? " and thinned" : "");
}

static void
correct_text_size(struct chart_spec *s, int step)
{
	s->font_factor = pow(2, 0.5 * step);
	strv_addf(&s->notes, "Corrected after \"text_size\": font %.1f times "
		  "as large.", s->font_factor);
}

static void
correct_contrast(struct chart_spec *s, int step)
{
	(void)step;
	s->dark = true;
	strv_addf(&s->notes, "Corrected after \"contrast\": dark colours "
		  "only.");
}

static void
correct_clipped(struct chart_spec *s, int step)
{
	s->margin = 0.06 * (step < 3 ? step : 3);
	s->title_wrap = 80 - 20 * (step < 3 ? step : 3);
	strv_addf(&s->notes, "Corrected after \"clipped\": wider margins, "
		  "title wrapped.");
}

static const struct {
	const char *check;
	void (*correct)(struct chart_spec *s, int step);
} corrections[] = {
	{ "overlap", correct_overlap },
	{ "text_size", correct_text_size },
	{ "contrast", correct_contrast },
	{ "clipped", correct_clipped },
};

static void
correct(struct chart_spec *s, const cJSON *values)
{
	int step = clamp(json_int(values, "attempt", 2) - 1, 1, 100);
	const cJSON *findings = json_get(values, "findings"), *f;

	for (size_t i = 0; i < ARRAY_LEN(corrections); i++) {
		bool found = false;

		cJSON_ArrayForEach(f, findings)
			found |= str_eq(json_str(f, "check"),
					corrections[i].check) &&
				 is_about(f, s->output);
		if (found)
			corrections[i].correct(s, step);
	}
}

bool
chart_spec_parse(const cJSON *args, const cJSON *values,
		 const char *workspace, struct chart_spec *ret,
		 struct err *err)
{
	AUTO(chart_spec) s = { .thin = 1, .font_factor = 1, .title_wrap = 90 };
	const char *data = json_str(args, "data");

	if (str_empty(data))
		return FAIL(err, ERR_USAGE, "chart: data: name the data file");
	s.data = path_join(workspace ? workspace : ".", data);
	if (!parse_words(args, &s, err) || !parse_columns(args, &s, err) ||
	    !parse_dialect(args, &s.dialect, err) ||
	    !parse_angle(args, &s.angle, err) || !parse_output(args, &s, err))
		return false;
	s.title = text(args, "title");
	s.x_label = text(args, "x_label");
	s.y_label = text(args, "y_label");
	s.date_format = text(args, "date_format");
	s.width = clamp(json_int(args, "width", 1280), 320, 4096);
	s.height = clamp(json_int(args, "height", 800), 240, 4096);
	s.limit = clamp(json_int(args, "limit", 0), 0, 200);
	s.bins = clamp(json_int(args, "bins", 0), 0, 500);
	s.font_px = clamp(json_int(args, "font_size", 0), 0, 48);
	correct(&s, values);
	*ret = s;
	s = (struct chart_spec){ 0 };
	return true;
}
