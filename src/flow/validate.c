#include "flow/validate.h"

#include "flow/field.h"
#include "flow/match.h"

#include <string.h>

static const char *const NAMES[] = {
#define X(id, name) name,
	VALIDATIONS(X)
#undef X
};

const char *
validation_name(enum validation_kind kind)
{
	return NAMES[kind];
}

/* ---- parsing ---------------------------------------------------------- */

struct parse {
	const struct yaml_doc *doc;
	const struct expr_scope *scope;
	struct arena *arena;
	struct err *err;
};

typedef bool parse_fn(struct parse *p, const struct yaml_node *value,
		      struct validation *v);

/* Reads `file` and checks that it stays below the step's folder. */
static bool
read_file(struct parse *p, const struct yaml_node *map, struct validation *v)
{
	return field_str(p->doc, map, "file", &v->file, p->err) &&
	       (!v->file || field_file_ok(p->doc, yaml_get(map, "file"),
					  v->file, p->err));
}

/* A literal number, or an expression that the scope accepts. */
static bool
check_bound(struct parse *p, const struct yaml_node *n, const char *key)
{
	double number;

	if (!n)
		return true;
	if (expr_present(n) && p->scope)
		return expr_check(p->doc, n, p->scope, p->err);
	if (n->kind == YAML_SCALAR && str_to_double(n->text, &number))
		return true;
	return yaml_fail(p->doc, n, p->err, "%s must be a number", key);
}

static bool
read_bounds(struct parse *p, const struct yaml_node *map,
	    struct validation *v)
{
	v->min = yaml_get(map, "min");
	v->max = yaml_get(map, "max");
	return check_bound(p, v->min, "min") && check_bound(p, v->max, "max");
}

static bool
parse_exit(struct parse *p, const struct yaml_node *value,
	   struct validation *v)
{
	(void)value;
	return field_int(p->doc, v->at, "exit", 0, 255, &v->exit_status,
			 p->err);
}

static bool
parse_file(struct parse *p, const struct yaml_node *value,
	   struct validation *v)
{
	(void)value;
	return read_file(p, v->at, v);
}

static bool
parse_json(struct parse *p, const struct yaml_node *value,
	   struct validation *v)
{
	static const char *const KEYS[] = {
		"file", "path", "equals", "exists", "min", "max", NULL,
	};

	if (!field_keys(p->doc, value, KEYS, NULL, p->err) ||
	    !read_file(p, value, v) ||
	    !field_str(p->doc, value, "path", &v->path, p->err) ||
	    !field_bool(p->doc, value, "exists", &v->exists, p->err) ||
	    !read_bounds(p, value, v))
		return false;
	v->has_exists = yaml_get(value, "exists") != NULL;
	v->equals = yaml_get(value, "equals");
	if (v->has_exists && !v->exists && (v->equals || v->min || v->max))
		return yaml_fail(p->doc, value, p->err, "what must not exist "
				 "cannot have equals, min or max");
	if (!v->equals || !expr_present(v->equals))
		return true;
	return p->scope ? expr_check(p->doc, v->equals, p->scope, p->err) :
			  yaml_fail(p->doc, v->equals, p->err,
				    "{{ }} is not replaced here");
}

static bool
parse_regex(struct parse *p, const struct yaml_node *value,
	    struct validation *v)
{
	static const char *const KEYS[] = { "match", "file", NULL };
	struct err why = ERR_INIT;
	regex_t re;

	if (!field_keys(p->doc, value, KEYS, NULL, p->err) ||
	    !read_file(p, value, v) ||
	    !field_str(p->doc, value, "match", &v->match, p->err))
		return false;
	if (!v->match)
		return yaml_fail(p->doc, value, p->err, "regex needs match: "
				 "a pattern");
	if (!match_compile(v->match, &re, &why))
		return yaml_fail(p->doc, yaml_get(value, "match"), p->err,
				 "%s", why.msg);
	regfree(&re);
	return true;
}

static bool
parse_rows(struct parse *p, const struct yaml_node *value,
	   struct validation *v)
{
	static const char *const KEYS[] = { "file", "min", "max", NULL };

	if (!field_keys(p->doc, value, KEYS, NULL, p->err) ||
	    !read_file(p, value, v) || !read_bounds(p, value, v))
		return false;
	if (!v->file)
		return yaml_fail(p->doc, value, p->err, "rows needs file: a "
				 "CSV file of the step");
	if (!v->min && !v->max)
		return yaml_fail(p->doc, value, p->err, "rows needs min or "
				 "max");
	return true;
}

/* `default`, one name, or a list of names under key of map. */
static bool
read_checks(struct parse *p, const struct yaml_node *map, const char *key,
	    struct validation *v)
{
	if (!field_strings(p->doc, map, key, p->arena, &v->checks, NULL,
			   p->err))
		return false;
	if (v->checks && strcmp(v->checks[0], "default") == 0 &&
	    !v->checks[1])
		v->checks = NULL;
	return true;
}

static bool
parse_visual(struct parse *p, const struct yaml_node *value,
	     struct validation *v)
{
	static const char *const KEYS[] = { "file", "checks", NULL };

	if (value->kind != YAML_MAP)
		return read_checks(p, v->at, "visual", v);
	return field_keys(p->doc, value, KEYS, NULL, p->err) &&
	       read_file(p, value, v) &&
	       read_checks(p, value, "checks", v);
}

static bool
parse_command(struct parse *p, const struct yaml_node *value,
	      struct validation *v)
{
	(void)value;
	return field_str(p->doc, v->at, "command", &v->command, p->err);
}

static parse_fn *const PARSERS[] = {
	[VALIDATION_EXIT] = parse_exit,
	[VALIDATION_FILE] = parse_file,
	[VALIDATION_JSON] = parse_json,
	[VALIDATION_REGEX] = parse_regex,
	[VALIDATION_ROWS] = parse_rows,
	[VALIDATION_VISUAL] = parse_visual,
	[VALIDATION_COMMAND] = parse_command,
};

bool
validation_parse(const struct yaml_doc *d, const struct yaml_node *row,
		 const struct expr_scope *scope, struct arena *arena,
		 struct validation *ret, struct err *err)
{
	static const char *const KEYS[] = {
#define X(id, name) name,
		VALIDATIONS(X)
#undef X
		"message", NULL,
	};
	struct parse p = { d, scope, arena, err };
	struct validation v = { .at = row };
	const struct yaml_node *value = NULL;

	if (!field_keys(d, row, KEYS, NULL, err) ||
	    !field_str(d, row, "message", &v.message, err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(NAMES); i++) {
		const struct yaml_node *n = yaml_get(row, NAMES[i]);

		if (n && value)
			return yaml_fail(d, row, err, "one row checks one "
					 "thing; begin another with \"- \"");
		if (n) {
			v.kind = (enum validation_kind)i;
			value = n;
		}
	}
	if (!value)
		return yaml_fail(d, row, err, "a check is missing: exit, "
				 "file, json, regex, rows, visual or command");
	if (!PARSERS[v.kind](&p, value, &v))
		return false;
	*ret = v;
	return true;
}

/* ---- findings --------------------------------------------------------- */

cJSON *
validation_finding(const struct validation_result *r)
{
	cJSON *out = cJSON_CreateObject();

	cJSON_AddStringToObject(out, "check", NAMES[r->kind]);
	cJSON_AddStringToObject(out, "artifact", r->artifact);
	cJSON_AddStringToObject(out, "message", r->message);
	if (r->has_value) {
		cJSON_AddNumberToObject(out, "value", r->value);
		cJSON_AddNumberToObject(out, "threshold", r->threshold);
	}
	return out;
}
