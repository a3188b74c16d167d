#include "flow/workflow_load.h"

#include "base/json.h"
#include "base/path.h"
#include "flow/field.h"
#include "flow/match.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	TEXT_MAX = 1 << 20,   /* bytes of one input's text */
	LIST_MAX = 100000,    /* items of one list */
	OPTIONS_MAX = 1000,
};

static const char *const TYPE_WORDS[] = {
#define X(id, name) name,
	INPUT_TYPES(X)
#undef X
};

const char *
input_type_name(enum input_type type)
{
	return TYPE_WORDS[type];
}

const struct workflow_input *
workflow_input(const struct workflow *wf, const char *name)
{
	for (size_t i = 0; i < wf->input_count; i++)
		if (strcmp(wf->inputs[i].name, name) == 0)
			return &wf->inputs[i];
	return NULL;
}

/* ---- values ----------------------------------------------------------- */

/* "input NAME: what" */
static bool
refuse(const struct workflow_input *in, struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static bool
refuse(const struct workflow_input *in, struct err *err, const char *fmt, ...)
{
	AUTO_FREE char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	what = xvasprintf(fmt, ap);
	va_end(ap);
	return FAIL(err, ERR_USAGE, "input %s: %s", in->name, what);
}

/* min and max bound a number, or how many of what. */
static bool
in_bounds(const struct workflow_input *in, double n, const char *what,
	  struct err *err)
{
	if (in->has_min && n < in->min)
		return refuse(in, err, "%.15g%s is less than the minimum of "
			      "%.15g", n, what, in->min);
	if (in->has_max && n > in->max)
		return refuse(in, err, "%.15g%s is more than the maximum of "
			      "%.15g", n, what, in->max);
	return true;
}

static size_t
characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static bool
check_text(const struct workflow_input *in, const char *text,
	   struct err *err)
{
	if (strlen(text) > TEXT_MAX)
		return refuse(in, err, "more than %d bytes; pass a file",
			      TEXT_MAX);
	if (in->pattern && !match_once(in->pattern, text))
		return refuse(in, err, "\"%.60s\" does not match the pattern "
			      "%s", text, in->pattern);
	return in_bounds(in, (double)characters(text), " characters", err);
}

static bool
take_text(const struct workflow_input *in, const cJSON *v, cJSON **ret,
	  struct err *err)
{
	AUTO_FREE char *printed = NULL;
	const char *text = v->valuestring;

	if (cJSON_IsArray(v) || cJSON_IsObject(v))
		return refuse(in, err, "text is wanted, not a list or "
			      "object");
	if (!cJSON_IsString(v))
		text = printed = json_print(v);
	if (!check_text(in, text, err))
		return false;
	*ret = cJSON_CreateString(text);
	return true;
}

static bool
take_number(const struct workflow_input *in, const cJSON *v, cJSON **ret,
	    struct err *err)
{
	double n = v->valuedouble;

	if (cJSON_IsString(v) ? !str_to_double(v->valuestring, &n) :
				!cJSON_IsNumber(v))
		return refuse(in, err, "\"%.60s\" is no number",
			      cJSON_IsString(v) ? v->valuestring : "value");
	if (!isfinite(n))
		return refuse(in, err, "the number must be finite");
	if (!in_bounds(in, n, "", err))
		return false;
	*ret = cJSON_CreateNumber(n);
	return true;
}

static bool
take_boolean(const struct workflow_input *in, const cJSON *v, cJSON **ret,
	     struct err *err)
{
	static const char *const TRUE[] = { "true", "yes", "on", "1" };
	static const char *const FALSE[] = { "false", "no", "off", "0" };
	int value = cJSON_IsBool(v) ? cJSON_IsTrue(v) : -1;

	for (size_t i = 0; cJSON_IsString(v) && i < ARRAY_LEN(TRUE); i++) {
		if (strcmp(v->valuestring, TRUE[i]) == 0)
			value = 1;
		if (strcmp(v->valuestring, FALSE[i]) == 0)
			value = 0;
	}
	if (value < 0)
		return refuse(in, err, "true or false is wanted");
	*ret = cJSON_CreateBool(value);
	return true;
}

static bool
take_select(const struct workflow_input *in, const cJSON *v, cJSON **ret,
	    struct err *err)
{
	AUTO_FREE char *printed = cJSON_IsString(v) ? NULL : json_print(v);
	const char *text = printed ? printed : v->valuestring, *near;
	AUTO(buf) known = BUF_INIT;

	for (size_t i = 0; i < in->option_count; i++) {
		if (strcmp(in->options[i], text) == 0) {
			*ret = cJSON_CreateString(text);
			return true;
		}
		if (i < 10)
			buf_printf(&known, "%s%s", i ? ", " : "",
				   in->options[i]);
	}
	near = str_nearest(text, in->options, in->option_count);
	if (near)
		return refuse(in, err, "\"%.60s\" is no option (did you mean "
			      "\"%s\"?)", text, near);
	return refuse(in, err, "\"%.60s\" is no option; choose from %s%s",
		      text, buf_str(&known),
		      in->option_count > 10 ? ", ..." : "");
}

static bool
take_file(const struct workflow_input *in, const cJSON *v, cJSON **ret,
	  struct err *err)
{
	if (!cJSON_IsString(v) || *v->valuestring == '\0')
		return refuse(in, err, "the path of a file is wanted");
	if (strlen(v->valuestring) >= 4096)
		return refuse(in, err, "the path is too long");
	if (!check_text(in, v->valuestring, err))
		return false;
	*ret = cJSON_CreateString(v->valuestring);
	return true;
}

/* "a, b" as a list of texts. */
static cJSON *
split_list(const char *text)
{
	cJSON *list = cJSON_CreateArray();
	AUTO_FREE char *copy = xstrdup(text);
	char *rest = copy, *item;

	while ((item = strsep(&rest, ","))) {
		item = str_trim(item);
		if (*item)
			cJSON_AddItemToArray(list, cJSON_CreateString(item));
	}
	return list;
}

static bool
take_list(const struct workflow_input *in, const cJSON *v, cJSON **ret,
	  struct err *err)
{
	AUTO_JSON *list = NULL;
	int count;

	if (cJSON_IsArray(v))
		list = cJSON_Duplicate(v, true);
	else if (cJSON_IsString(v) && strlen(v->valuestring) <= TEXT_MAX)
		list = split_list(v->valuestring);
	else
		return refuse(in, err, "a list is wanted");
	count = cJSON_GetArraySize(list);
	if (count > LIST_MAX)
		return refuse(in, err, "more than %d items", LIST_MAX);
	if (!in_bounds(in, count, " items", err))
		return false;
	*ret = TAKE(list);
	return true;
}

static bool
is_date(const char *s)
{
	static const int DAYS[] = { 31, 29, 31, 30, 31, 30,
				    31, 31, 30, 31, 30, 31 };
	int y, m, d;
	bool leap;

	for (int i = 0; i < 10; i++)
		if (i == 4 || i == 7 ? s[i] != '-' : s[i] < '0' || s[i] > '9')
			return false;
	if (s[10] != '\0')
		return false;
	y = (int)strtol(s, NULL, 10);
	m = (int)strtol(s + 5, NULL, 10);
	d = (int)strtol(s + 8, NULL, 10);
	leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	return m >= 1 && m <= 12 && d >= 1 && d <= DAYS[m - 1] &&
	       (m != 2 || d < 29 || leap);
}

static bool
take_date(const struct workflow_input *in, const cJSON *v, cJSON **ret,
	  struct err *err)
{
	if (!cJSON_IsString(v) || !is_date(v->valuestring))
		return refuse(in, err, "a date like 2026-01-31 is wanted");
	*ret = cJSON_CreateString(v->valuestring);
	return true;
}

/* Only the name of a stored secret is ever a value; the error must not
 * repeat what was given, which may be the secret itself. */
static bool
take_secret(const struct workflow_input *in, const cJSON *v, cJSON **ret,
	    struct err *err)
{
	const char *name = cJSON_IsString(v) &&
		str_starts(v->valuestring, "secret:") ?
		v->valuestring + 7 : "";
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

	if (n == 0 || name[n] || n > 100 || *name == '.')
		return refuse(in, err, "the name of a stored secret is "
			      "wanted, secret:NAME, not the secret itself");
	*ret = cJSON_CreateString(v->valuestring);
	return true;
}

typedef bool take_fn(const struct workflow_input *in, const cJSON *v,
		     cJSON **ret, struct err *err);

static take_fn *const TAKERS[] = {
	[INPUT_TEXT] = take_text,       [INPUT_NUMBER] = take_number,
	[INPUT_BOOLEAN] = take_boolean, [INPUT_SELECT] = take_select,
	[INPUT_FILE] = take_file,       [INPUT_LIST] = take_list,
	[INPUT_DATE] = take_date,       [INPUT_SECRET] = take_secret,
};

bool
workflow_check_input(const struct workflow_input *in, const cJSON *value,
		     cJSON **ret, struct err *err)
{
	return TAKERS[in->type](in, value, ret, err);
}

static bool
known_names(const struct workflow *wf, const cJSON *given, struct err *err)
{
	const char *names[WORKFLOW_INPUTS_MAX] = { NULL }, *near;
	const cJSON *item;

	for (size_t i = 0; i < wf->input_count; i++)
		names[i] = wf->inputs[i].name;
	cJSON_ArrayForEach(item, given) {
		if (workflow_input(wf, item->string))
			continue;
		near = str_nearest(item->string, names, wf->input_count);
		return FAIL(err, ERR_USAGE, "%s has no input \"%.60s\"%s%s%s",
			    wf->name, item->string,
			    near ? " (did you mean \"" : "",
			    near ? near : "", near ? "\"?)" : "");
	}
	return true;
}

/* "" from a form or an option is no value, except for a text. */
static bool
is_given(const struct workflow_input *in, const cJSON *v)
{
	if (!v || cJSON_IsNull(v))
		return false;
	return in->type == INPUT_TEXT || !cJSON_IsString(v) ||
	       *v->valuestring;
}

/* *ret stays NULL when it has no value. */
static bool
input_value(const struct workflow_input *in, const cJSON *given, cJSON **ret,
	    struct err *err)
{
	AUTO_JSON *fallback = NULL;

	if (is_given(in, given))
		return workflow_check_input(in, given, ret, err);
	if (!in->fallback)
		return true;
	fallback = yaml_to_json(in->fallback);
	return workflow_check_input(in, fallback, ret, err);
}

void
workflow_absolute_files(const struct workflow *wf, const char *base,
			cJSON *inputs)
{
	for (size_t i = 0; i < wf->input_count; i++) {
		const struct workflow_input *in = &wf->inputs[i];
		const char *path = json_str(inputs, in->name);
		AUTO_FREE char *whole = NULL;

		if (in->type != INPUT_FILE || str_empty(path) || *path == '/')
			continue;
		whole = path_join(base, path);
		cJSON_DeleteItemFromObjectCaseSensitive(inputs, in->name);
		cJSON_AddStringToObject(inputs, in->name, whole);
	}
}

bool
workflow_check_inputs(const struct workflow *wf, const cJSON *given,
		      cJSON **ret_checked, struct strv *missing,
		      struct err *err)
{
	AUTO_JSON *out = cJSON_CreateObject();

	if (given && !cJSON_IsObject(given))
		return FAIL(err, ERR_USAGE, "inputs must be an object");
	if (!known_names(wf, given, err))
		return false;
	for (size_t i = 0; i < wf->input_count; i++) {
		const struct workflow_input *in = &wf->inputs[i];
		cJSON *value = NULL;

		if (!input_value(in, json_get(given, in->name), &value, err))
			return false;
		if (!value && in->required && !missing)
			return FAIL(err, ERR_USAGE, "%s needs the input %s "
				    "(%s): %s", wf->name, in->name,
				    TYPE_WORDS[in->type], in->prompt);
		if (!value && in->required) {
			strv_add(missing, in->name);
			continue;
		}
		cJSON_AddItemToObject(out, in->name,
				      value ? value : cJSON_CreateNull());
	}
	*ret_checked = TAKE(out);
	return true;
}

/* ---- declarations ----------------------------------------------------- */

/* Which types a key means something for; others refuse it. */
static const struct {
	const char *key;
	unsigned types;
} KEY_TYPES[] = {
	{ "options", 1 << INPUT_SELECT },
	{ "min", 1 << INPUT_NUMBER | 1 << INPUT_TEXT | 1 << INPUT_LIST },
	{ "max", 1 << INPUT_NUMBER | 1 << INPUT_TEXT | 1 << INPUT_LIST },
	{ "pattern", 1 << INPUT_TEXT | 1 << INPUT_FILE },
};

static bool
check_key_types(struct loader *l, const struct workflow_input *in)
{
	for (size_t i = 0; i < ARRAY_LEN(KEY_TYPES); i++) {
		const struct yaml_node *n =
			yaml_get(in->at, KEY_TYPES[i].key);

		if (n && !(KEY_TYPES[i].types & (1u << in->type)))
			return yaml_fail(l->doc, n, l->err, "%s means nothing "
					 "for an input of type %s",
					 KEY_TYPES[i].key,
					 TYPE_WORDS[in->type]);
	}
	if (in->type == INPUT_SELECT && in->option_count == 0)
		return yaml_fail(l->doc, in->at, l->err, "input %s: a select "
				 "needs options: [...]", in->name);
	if (in->option_count > OPTIONS_MAX)
		return yaml_fail(l->doc, in->at, l->err, "input %s: more than "
				 "%d options", in->name, OPTIONS_MAX);
	if (in->has_min && in->has_max && in->min > in->max)
		return yaml_fail(l->doc, yaml_get(in->at, "min"), l->err,
				 "min is more than max");
	return true;
}

static bool
check_pattern(struct loader *l, const struct workflow_input *in)
{
	struct err why = ERR_INIT;
	regex_t re;

	if (!in->pattern)
		return true;
	if (!match_compile(in->pattern, &re, &why))
		return yaml_fail(l->doc, yaml_get(in->at, "pattern"), l->err,
				 "%s", why.msg);
	regfree(&re);
	return true;
}

static bool
check_default(struct loader *l, struct workflow_input *in)
{
	const struct yaml_node *n = yaml_get(in->at, "default");
	AUTO_JSON *value = NULL;
	AUTO_JSON *checked = NULL;
	struct err why = ERR_INIT;

	if (!n || yaml_type(n) == YAML_NULL)
		return true;
	if (expr_present(n) && !in->literal)
		return yaml_fail(l->doc, n, l->err, "{{ }} is not replaced in "
				 "a default; `literal: true` says that it is "
				 "meant as it stands");
	value = yaml_to_json(n);
	if (!workflow_check_input(in, value, &checked, &why))
		return yaml_fail(l->doc, n, l->err, "default of %s", why.msg);
	in->fallback = n;
	return true;
}

static bool
read_fields(struct loader *l, struct workflow_input *in)
{
	int type = INPUT_TEXT;

	if (!field_word(l->doc, in->at, "type", TYPE_WORDS,
			ARRAY_LEN(TYPE_WORDS), &type, l->err) ||
	    !field_str(l->doc, in->at, "prompt", &in->prompt, l->err) ||
	    !field_str(l->doc, in->at, "help", &in->help, l->err) ||
	    !field_bool(l->doc, in->at, "required", &in->required, l->err) ||
	    !field_bool(l->doc, in->at, "literal", &in->literal, l->err) ||
	    !field_strings(l->doc, in->at, "options", &l->wf->arena,
			   &in->options, &in->option_count, l->err) ||
	    !field_num(l->doc, in->at, "min", &in->min, &in->has_min,
		       l->err) ||
	    !field_num(l->doc, in->at, "max", &in->max, &in->has_max,
		       l->err) ||
	    !field_str(l->doc, in->at, "pattern", &in->pattern, l->err))
		return false;
	in->type = (enum input_type)type;
	return true;
}

static bool
read_input(struct loader *l, const struct yaml_node *key,
	   const struct yaml_node *at, struct workflow_input *in)
{
	static const char *const KEYS[] = {
		"type", "prompt", "help", "required", "default", "options",
		"min", "max", "pattern", "literal", NULL,
	};

	in->name = in->prompt = key->text;
	in->at = at;
	return loader_check_id(l, key, "input", in->name) &&
	       field_keys(l->doc, at, KEYS, NULL, l->err) &&
	       read_fields(l, in) && check_key_types(l, in) &&
	       check_pattern(l, in) && check_default(l, in);
}

bool
loader_inputs(struct loader *l, const struct yaml_node *inputs)
{
	struct workflow *wf = l->wf;

	if (!inputs || yaml_type(inputs) == YAML_NULL)
		return true;
	if (inputs->kind != YAML_MAP)
		return yaml_fail(l->doc, inputs, l->err, "inputs: is a map, "
				 "NAME: {type: ..., prompt: ...}");
	if (inputs->count > WORKFLOW_INPUTS_MAX)
		return yaml_fail(l->doc, inputs, l->err, "more than %d "
				 "inputs", WORKFLOW_INPUTS_MAX);
	wf->inputs = arena_alloc(&wf->arena, (inputs->count + 1) *
				 sizeof(*wf->inputs));
	for (size_t i = 0; i < inputs->count; i++) {
		if (!read_input(l, inputs->keys[i], inputs->items[i],
				&wf->inputs[i]))
			return false;
		wf->input_count++;
	}
	return true;
}
