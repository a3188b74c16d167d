/*
 * Any bytes as a template's file for every target, and the same bytes as an
 * answer. Nothing may crash, hang or grow past the limits of render.h; what
 * comes out of a YAML or JSON file can be read, and a value of a fixed YAML
 * file comes back as it was given.
 */
#include "base/json.h"
#include "base/str.h"
#include "base/yaml.h"
#include "flow/render.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool
known(void *ud, const char *root, const char *name, struct err *err)
{
	(void)ud, (void)root, (void)name, (void)err;
	return true;
}

static cJSON *
values_of(const char *text)
{
	cJSON *v = cJSON_CreateObject();
	cJSON *a = cJSON_AddObjectToObject(v, "answers");
	cJSON *l = cJSON_AddArrayToObject(a, "l");

	cJSON_AddStringToObject(a, "x", text);
	cJSON_AddItemToArray(l, cJSON_CreateString(text));
	cJSON_AddItemToArray(l, cJSON_CreateNumber(2.5));
	return v;
}

static void
try_file(const char *data, size_t size, enum render_target target,
	 const cJSON *values)
{
	AUTO_PTR(render) r = render_parse(data, size, "fuzz", target, NULL);
	AUTO(buf) out = BUF_INIT;
	AUTO_PTR(yaml_doc) doc = NULL;
	AUTO_JSON *json = NULL;

	if (!r || !render_check(r, known, NULL, NULL) ||
	    !render_run(r, values, &out, NULL))
		return;
	if (out.len > RENDER_OUT_MAX)
		abort();
	if (target == RENDER_YAML)
		doc = yaml_parse(buf_str(&out), out.len, "out", 1, NULL);
	if (target == RENDER_JSON)
		json = json_parse(buf_str(&out), out.len, "out", NULL);
	if ((target == RENDER_YAML && !doc) || (target == RENDER_JSON && !json))
		abort();
}

/* The answer, back from the file. Text that is not UTF-8 is repaired. */
static void
try_answer(const char *text, const cJSON *values)
{
	static const char file[] = "a: {{ answers.x }}\nb: [{{ answers.l }}]\n";
	AUTO_PTR(render) r =
		render_parse(file, strlen(file), "fuzz", RENDER_YAML, NULL);
	AUTO(buf) out = BUF_INIT;
	AUTO_PTR(yaml_doc) doc = NULL;

	if (!r || !render_run(r, values, &out, NULL))
		abort();
	doc = yaml_parse(buf_str(&out), out.len, "out", 1, NULL);
	if (!doc || yaml_root(doc)->count != 2)
		abort();
	if (utf8_valid(text, strlen(text)) &&
	    !str_eq(yaml_get_str(yaml_root(doc), "a"), text))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *text = xstrndup((const char *)data, size);
	AUTO_JSON *values = values_of(text);

	for (int t = 0; t < RENDER_TARGET_COUNT; t++)
		try_file((const char *)data, size, (enum render_target)t,
			 values);
	try_answer(text, values);
	return 0;
}
