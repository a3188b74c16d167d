/*
 * Any bytes as a scalar with {{ }}, as the inside of one expression and as
 * a condition: checked and resolved. Nothing may crash, hang or grow past
 * the limits of expr.h.
 */
#include "base/json.h"
#include "flow/expr.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char VALUES[] =
	"{\"inputs\": {\"a\": \"text\", \"n\": 3.5, \"l\": [3, 1, \"x\", []],"
	" \"o\": {\"k\": [{\"k\": 1}, {\"k\": \"v\"}]}, \"z\": null,"
	" \"nums\": [5, 2, 9]}, \"steps\": {\"s\": {\"data\": {\"rows\": 1},"
	" \"outputs\": {\"f\": \"/a/b.png\"}}}, \"item\": {\"k\": true},"
	" \"index\": 0, \"attempt\": 1, \"findings\": [], \"run\": \"r\","
	" \"workspace\": \"/w\"}";

static bool
input_known(void *ud, const char *name, struct err *err)
{
	(void)ud;
	return strlen(name) < 3 ||
	       FAIL(err, ERR_SYNTAX, "no input %s", name);
}

static bool
step_known(void *ud, const char *id, const char *part, const char *name,
	   struct err *err)
{
	(void)ud, (void)part, (void)name;
	return strlen(id) < 3 || FAIL(err, ERR_SYNTAX, "no step %s", id);
}

static void
try_scalar(const struct yaml_doc *d, const cJSON *values, const char *text)
{
	const struct expr_scope scope = { NULL, input_known, step_known,
					  true };
	struct yaml_node n = {
		.kind = YAML_SCALAR, .line = 1, .column = 1,
		.text = text, .len = strlen(text),
	};
	struct err err = ERR_INIT;
	cJSON *v = NULL;
	char *form = NULL;
	bool truth;

	expr_check(d, &n, &scope, &err);
	expr_check_test(d, &n, &scope, &err);
	expr_test(d, &n, values, &truth, &err);
	if (expr_resolve(d, &n, values, &v, &err))
		cJSON_Delete(v);
	if (expr_text(d, &n, values, &form, &err))
		free(form);
	if (expr_is_whole(&n) && !expr_present(&n))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct yaml_doc *doc;
	static cJSON *values;
	AUTO_FREE char *text = xstrndup((const char *)data, size);
	AUTO_FREE char *inside = xasprintf("{{ %s }}", text);

	if (!doc)
		doc = yaml_parse("a", 1, "fuzz", 1, NULL);
	if (!values)
		values = json_parse(VALUES, strlen(VALUES), "values", NULL);
	try_scalar(doc, values, text);
	try_scalar(doc, values, inside);
	return 0;
}
