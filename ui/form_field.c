/* A field's value: from JSON, as typed, checked, and back. */
#include "ui/form_field.h"

#include "base/json.h"
#include "flow/match.h"
#include "flow/workflow.h"
#include "ui/box.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool
field_is_text(const struct field *f)
{
	return f->type != FORM_BOOLEAN && f->type != FORM_SELECT &&
	       f->type != FORM_MULTI;
}

bool
field_is_long(const struct field *f)
{
	return f->type == FORM_LIST || f->type == FORM_COMMENT;
}

/* --- from and to JSON -------------------------------------------------- */

static int64_t
find_option(const struct field *f, const char *s)
{
	for (size_t i = 0; s && i < f->options.count; i++)
		if (strcmp(f->options.items[i], s) == 0)
			return (int64_t)i;
	return -1;
}

/* A scalar as a person would type it; caller frees. */
static char *
as_text(const cJSON *v)
{
	if (cJSON_IsString(v))
		return xstrdup(v->valuestring);
	return json_print(v);
}

static void
set_text(struct field *f, const cJSON *v)
{
	AUTO(buf) text = BUF_INIT;
	const cJSON *item;

	if (cJSON_IsArray(v)) {
		cJSON_ArrayForEach (item, v) {
			AUTO_FREE char *s = as_text(item);

			if (text.len)
				buf_addch(&text, '\n');
			buf_addstr(&text, s);
		}
	} else {
		AUTO_FREE char *s = as_text(v);

		buf_addstr(&text, s);
	}
	edit_set(&f->edit, "");
	edit_insert(&f->edit, buf_str(&text), text.len);
}

static void
set_boolean(struct field *f, const cJSON *v)
{
	if (cJSON_IsBool(v))
		f->option = cJSON_IsTrue(v);
	else if (cJSON_IsString(v))
		f->option = strcmp(v->valuestring, "true") == 0 ||
			    strcmp(v->valuestring, "yes") == 0;
}

static void
set_multi(struct field *f, const cJSON *v)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, v) {
		int64_t i = find_option(f, cJSON_GetStringValue(item));

		if (i >= 0)
			f->chosen[i] = true;
	}
}

void
field_set(struct field *f, const cJSON *v)
{
	AUTO_FREE char *s = NULL;

	if (!v || cJSON_IsNull(v))
		return;
	switch (f->type) {
	case FORM_BOOLEAN:
		set_boolean(f, v);
		break;
	case FORM_SELECT:
		s = as_text(v);
		f->option = find_option(f, s);
		break;
	case FORM_MULTI:
		set_multi(f, v);
		break;
	default:
		set_text(f, v);
	}
}

void
field_clear(struct field *f)
{
	edit_set(&f->edit, "");
	f->option = -1;
	for (size_t i = 0; i < f->options.count; i++)
		f->chosen[i] = false;
}

bool
field_empty(const struct field *f)
{
	const char *s = buf_str(&f->edit.text);

	if (field_is_text(f))
		return s[strspn(s, " \t\n")] == '\0';
	if (f->type != FORM_MULTI)
		return f->option < 0;
	for (size_t i = 0; i < f->options.count; i++)
		if (f->chosen[i])
			return false;
	return true;
}

static cJSON *
lines_json(const char *s)
{
	cJSON *list = cJSON_CreateArray();
	AUTO_FREE char *copy = xstrdup(s);
	char *rest = copy, *line;

	/* Commas part them too, as on the command line. */
	while ((line = strsep(&rest, "\n,"))) {
		line = str_trim(line);
		if (*line)
			cJSON_AddItemToArray(list, cJSON_CreateString(line));
	}
	return list;
}

static cJSON *
chosen_json(const struct field *f)
{
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < f->options.count; i++)
		if (f->chosen[i])
			cJSON_AddItemToArray(
				list, cJSON_CreateString(f->options.items[i]));
	return list;
}

static cJSON *
typed_json(const struct field *f)
{
	const char *s = buf_str(&f->edit.text);

	if (field_empty(f))
		return NULL;
	switch (f->type) {
	case FORM_BOOLEAN:
		return cJSON_CreateBool(f->option == 1);
	case FORM_SELECT:
		return cJSON_CreateString(f->options.items[f->option]);
	case FORM_MULTI:
		return chosen_json(f);
	case FORM_LIST:
		return lines_json(s);
	default:
		return cJSON_CreateString(s);
	}
}

cJSON *
field_typed(const struct field *f)
{
	if (f->type == FORM_SECRET)
		return NULL;
	if (f->type == FORM_LIST && !field_empty(f))
		return cJSON_CreateString(buf_str(&f->edit.text));
	return typed_json(f);
}

/* --- checks ------------------------------------------------------------ */

static const enum input_type INPUT_OF[] = {
	[FORM_TEXT] = INPUT_TEXT,      [FORM_NUMBER] = INPUT_NUMBER,
	[FORM_INTEGER] = INPUT_NUMBER, [FORM_BOOLEAN] = INPUT_BOOLEAN,
	[FORM_SELECT] = INPUT_SELECT,  [FORM_MULTI] = INPUT_LIST,
	[FORM_FILE] = INPUT_FILE,      [FORM_SECRET] = INPUT_TEXT,
	[FORM_DATE] = INPUT_DATE,      [FORM_LIST] = INPUT_LIST,
	[FORM_COMMENT] = INPUT_TEXT,
};

/* The rules of workflow inputs. Their message begins with "input NAME: ",
 * which the field's label says already. */
static cJSON *
checked(const struct field *f, const cJSON *typed, struct err *err)
{
	static const char NAME[] = "x";
	struct workflow_input in = {
		.name = NAME,
		.type = INPUT_OF[f->type],
		.options = (const char *const *)f->options.items,
		.option_count = f->options.count,
		.has_min = f->has_min,
		.has_max = f->has_max,
		.min = f->min,
		.max = f->max,
		.pattern = f->pattern,
	};
	AUTO_JSON *v = NULL;

	if (!workflow_check_input(&in, typed, &v, err))
		return NULL;
	if (f->type == FORM_INTEGER &&
	    v->valuedouble != floor(v->valuedouble)) {
		FAIL(err, ERR_USAGE, "input x: a whole number is wanted");
		return NULL;
	}
	return TAKE(v);
}

cJSON *
field_value(const struct field *f)
{
	struct err err = ERR_INIT;
	AUTO_JSON *typed = typed_json(f);

	return typed ? checked(f, typed, &err) : NULL;
}

static char *
problem_of(const struct field *f)
{
	static const char PREFIX[] = "input x: ";
	struct err err = ERR_INIT;
	AUTO_JSON *typed = typed_json(f);
	AUTO_JSON *v = NULL;

	if (!typed)
		return f->required && f->left ? xstrdup("this is needed") :
						NULL;
	v = checked(f, typed, &err);
	if (v)
		return NULL;
	/* The message quotes what was typed. */
	if (f->type == FORM_SECRET)
		return xstrdup("this is not what is wanted here");
	return xstrdup(err.msg +
		       (str_starts(err.msg, PREFIX) ? sizeof(PREFIX) - 1 : 0));
}

bool
field_check(struct field *f)
{
	free(f->problem);
	f->problem = problem_of(f);
	return !f->problem;
}

int64_t
field_matches(const struct field *f, int64_t *out)
{
	const char *typed = buf_str(&f->edit.text);
	int64_t n = 0;
	size_t at;

	for (size_t i = 0; i < f->options.count; i++) {
		const char *s = f->options.items[i];

		if (!*typed || box_find(s, strlen(s), 0, typed, &at))
			out[n++] = (int64_t)i;
	}
	return n;
}

/* --- life -------------------------------------------------------------- */

static void
take_options(struct field *f, const cJSON *options)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, options) {
		AUTO_FREE char *s = as_text(item);

		strv_add(&f->options, s);
	}
	f->chosen = xcalloc(f->options.count + 1, sizeof(bool));
}

/* A pattern that is none checks nothing: who wrote it is told where it is
 * loaded, not who fills in the form. */
static char *
usable_pattern(const char *pattern)
{
	struct err err = ERR_INIT;
	regex_t re;

	if (!pattern || !match_compile(pattern, &re, &err))
		return NULL;
	regfree(&re);
	return xstrdup(pattern);
}

/* A label that is cut where it stands is whole above the help. */
static char *
help_of(const char *label, const char *help)
{
	bool none = str_empty(help);

	if (text_width(label) <= FIELD_LABEL_MAX)
		return none ? NULL : xstrdup(help);
	return xasprintf("%s%s%s", label, none ? "" : "\n", none ? "" : help);
}

void
field_init(struct field *f, const struct form_field *from)
{
	memset(f, 0, sizeof(*f));
	f->name = xstrdup(from->name);
	f->label = xstrdup(str_empty(from->label) ? from->name : from->label);
	f->help = help_of(f->label, from->help);
	f->pattern = usable_pattern(from->pattern);
	f->type = from->type;
	f->required = from->required;
	f->has_min = from->has_min;
	f->has_max = from->has_max;
	f->min = from->min;
	f->max = from->max;
	f->option = -1;
	f->edit.single = !field_is_long(f);
	f->edit.masked = f->type == FORM_SECRET;
	take_options(f, from->options);
	if (f->type != FORM_SECRET)
		field_set(f, from->value);
	f->value_before = field_value(f);
	f->typed_before = field_typed(f);
}

void
field_release(struct field *f)
{
	free(f->name);
	free(f->label);
	free(f->help);
	free(f->pattern);
	edit_release(&f->edit);
	strv_release(&f->options);
	free(f->chosen);
	strv_release(&f->names);
	cJSON_Delete(f->value_before);
	cJSON_Delete(f->typed_before);
	free(f->problem);
}
