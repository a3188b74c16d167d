/* Answers to a template's fields, and the files that come out of them. */
#include "flow/template.h"

#include "base/json.h"
#include "base/str.h"
#include "flow/expr.h"

#include <string.h>

/* ---- one answer -------------------------------------------------------- */

static bool
refuse(const struct template_field *f, struct err *err, const char *what)
{
	return FAIL(err, ERR_USAGE, "%s: %s", f->in.name, what);
}

/* "input x: why" of the workflow's own check, as a field's. */
static bool
check_as_input(const struct template_field *f, const cJSON *v, cJSON **ret,
	       struct err *err)
{
	struct err why = ERR_INIT;

	if (workflow_check_input(&f->in, v, ret, &why))
		return true;
	return FAIL(err, why.code, "%s",
		    str_starts(why.msg, "input ") ? why.msg + strlen("input ") :
						    why.msg);
}

static bool
check_options(const struct template_field *f, const cJSON *list,
	      struct err *err)
{
	const cJSON *item, *other;

	cJSON_ArrayForEach (item, list) {
		struct workflow_input one = f->in;
		struct template_field as = { one, TEMPLATE_SELECT, NULL, NULL };
		AUTO_JSON *checked = NULL;

		as.in.type = INPUT_SELECT;
		if (!check_as_input(&as, item, &checked, err))
			return false;
		for (other = list->child; other != item; other = other->next)
			if (cJSON_Compare(other, item, true))
				return refuse(f, err,
					      "an option is named "
					      "twice");
	}
	return true;
}

static bool
check_accept(const struct template_field *f, const char *path, struct err *err)
{
	AUTO(buf) all = BUF_INIT;
	AUTO_FREE char *lower = xstrdup(path);

	if (!f->accept)
		return true;
	str_lower(lower);
	for (size_t i = 0; f->accept[i]; i++) {
		AUTO_FREE char *ending = xstrdup(f->accept[i]);

		str_lower(ending);
		if (str_ends(lower, ending))
			return true;
		buf_printf(&all, "%s%s", i ? ", " : "", f->accept[i]);
	}
	return FAIL(err, ERR_USAGE,
		    "%s: \"%.60s\" is not accepted; a file "
		    "ends in %s",
		    f->in.name, path_base(path), buf_str(&all));
}

/* A secret's text must not come back in a message. */
static bool
check_secret(const struct template_field *f, const cJSON *v, struct err *err)
{
	double n;

	if (!cJSON_IsString(v) || !*v->valuestring)
		return refuse(f, err, "a text is wanted");
	n = (double)strlen(v->valuestring);
	if (n > TEMPLATE_UPLOAD_MAX)
		return refuse(f, err, "it is too long");
	if (!str_starts(v->valuestring, "secret:") &&
	    ((f->in.has_min && n < f->in.min) ||
	     (f->in.has_max && n > f->in.max)))
		return refuse(f, err, "it is too short or too long");
	return true;
}

/* The name of a stored one, or of a file to store. */
static bool
check_stored(const struct template_field *f, const cJSON *v, struct err *err)
{
	struct workflow_input in = { .name = f->in.name, .type = INPUT_SECRET };
	struct template_field as = { in, TEMPLATE_SECRET, NULL, NULL };
	AUTO_JSON *checked = NULL;

	return !cJSON_IsString(v) || !str_starts(v->valuestring, "secret:") ||
	       check_as_input(&as, v, &checked, err);
}

bool
template_answer(const struct template_field *f, const cJSON *value, cJSON **ret,
		struct err *err)
{
	AUTO_JSON *checked = NULL;

	if (f->type == TEMPLATE_SECRET || f->type == TEMPLATE_UPLOAD)
		if (!check_stored(f, value, err))
			return false;
	if (f->type == TEMPLATE_SECRET) {
		if (!check_secret(f, value, err))
			return false;
		*ret = cJSON_Duplicate(value, true);
		return true;
	}
	if (!check_as_input(f, value, &checked, err))
		return false;
	if (f->type == TEMPLATE_MULTI && !check_options(f, checked, err))
		return false;
	if (f->accept && !str_starts(checked->valuestring, "secret:") &&
	    !check_accept(f, checked->valuestring, err))
		return false;
	*ret = TAKE(checked);
	return true;
}

/* ---- all of them ------------------------------------------------------- */

static cJSON *
as_values(const cJSON *answers)
{
	cJSON *values = cJSON_CreateObject();

	cJSON_AddItemToObject(values, "answers",
			      cJSON_Duplicate(answers, true));
	return values;
}

bool
template_asked(const struct template *t, const struct template_field *f,
	       const cJSON *answers, bool *ret, struct err *err)
{
	AUTO_JSON *values = NULL;

	if (!f->when) {
		*ret = true;
		return true;
	}
	values = as_values(answers);
	return expr_test(t->doc, f->when, values, ret, err);
}

static bool
known_names(const struct template *t, const cJSON *given, struct err *err)
{
	const cJSON *v;

	cJSON_ArrayForEach (v, given) {
		struct err why = ERR_INIT;

		if (!template_known((void *)t, "answers", v->string, &why))
			return FAIL(err, ERR_USAGE, "%s: %s", t->name, why.msg);
	}
	return true;
}

static bool
is_given(const struct template_field *f, const cJSON *v)
{
	if (!v || cJSON_IsNull(v))
		return false;
	return !cJSON_IsString(v) || *v->valuestring ||
	       (f->type == TEMPLATE_TEXT && !f->in.required);
}

/* *ret stays NULL when there is none. */
static bool
answer_of(const struct template *t, const struct template_field *f,
	  const cJSON *given, const cJSON *answers, bool *asked, cJSON **ret,
	  struct err *err)
{
	AUTO_JSON *fallback = NULL;

	if (!template_asked(t, f, answers, asked, err) || !*asked)
		return !*asked;
	if (is_given(f, given))
		return template_answer(f, given, ret, err);
	if (!f->in.fallback)
		return true;
	fallback = yaml_to_json(f->in.fallback);
	return template_answer(f, fallback, ret, err);
}

void
template_asked_all(const struct template *t, const cJSON *given, bool *ret)
{
	AUTO_JSON *out = cJSON_CreateObject();

	for (size_t i = 0; i < t->field_count; i++)
		cJSON_AddNullToObject(out, t->fields[i].in.name);
	for (size_t i = 0; i < t->field_count; i++) {
		const struct template_field *f = &t->fields[i];
		struct err err = ERR_INIT;
		cJSON *v = NULL;

		ret[i] = false;
		if (answer_of(t, f, json_get(given, f->in.name), out, &ret[i],
			      &v, &err) &&
		    v)
			cJSON_ReplaceItemInObjectCaseSensitive(out, f->in.name,
							       v);
	}
}

bool
template_answers(const struct template *t, const cJSON *given, cJSON **ret,
		 struct strv *missing, struct err *err)
{
	AUTO_JSON *out = cJSON_CreateObject();

	if (given && !cJSON_IsObject(given))
		return FAIL(err, ERR_USAGE, "answers are a map, FIELD: value");
	if (!known_names(t, given, err))
		return false;
	/* A condition may name any field: those to come are null. */
	for (size_t i = 0; i < t->field_count; i++)
		cJSON_AddNullToObject(out, t->fields[i].in.name);
	for (size_t i = 0; i < t->field_count; i++) {
		const struct template_field *f = &t->fields[i];
		const char *name = f->in.name;
		bool asked = false;
		cJSON *v = NULL;

		if (!answer_of(t, f, json_get(given, name), out, &asked, &v,
			       err))
			return false;
		if (v)
			cJSON_ReplaceItemInObjectCaseSensitive(out, name, v);
		else if (asked && f->in.required && !missing)
			return FAIL(err, ERR_USAGE,
				    "%s needs an answer for "
				    "%s (%s): %s",
				    t->name, name, template_type_word(f->type),
				    f->in.prompt);
		else if (asked && f->in.required)
			strv_add(missing, name);
	}
	*ret = TAKE(out);
	return true;
}

bool
template_render(const struct template *t, const struct template_file *f,
		const cJSON *values, bool *ret_wanted, struct buf *out,
		struct err *err)
{
	bool wanted = true;

	if (f->when && !expr_test(t->doc, f->when, values, &wanted, err))
		return false;
	if (wanted && !render_run(f->render, values, out, err))
		return false;
	*ret_wanted = wanted;
	return true;
}
