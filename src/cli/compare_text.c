#include "cli/compare_text.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"

#include <string.h>

/* A value of one run in few words; caller frees. */
static char *
value_text(const char *key, const cJSON *v)
{
	char took[CLOCK_DURATION_SIZE];
	const char *hash = json_str(v, "sha256");

	if (!v || cJSON_IsNull(v))
		return xstrdup("-");
	if (cJSON_IsNumber(v) && str_ends(key, "_us"))
		return xstrdup(clock_duration((int64_t)v->valuedouble, took));
	if (cJSON_IsNumber(v) && str_ends(key, "_microusd"))
		return xasprintf("$%.4f", v->valuedouble / 1e6);
	if (cJSON_IsString(v))
		return xstrdup(v->valuestring);
	if (hash)
		return xasprintf("%s %.8s", json_str(v, "file"), hash);
	return json_print(v);
}

/* "done, 1 attempt, 12 ms: 21 points"; caller frees. */
static char *
step_text(const cJSON *v)
{
	const cJSON *wall = json_get(v, "wall_us");
	const cJSON *attempts = json_get(v, "attempts");
	const char *text = json_str(v, "text");
	char took[CLOCK_DURATION_SIZE];

	if (!cJSON_IsObject(v))
		return xstrdup("-");
	return xasprintf("%s, %d attempt%s, %s%s%s", json_str(v, "status"),
			 attempts->valueint, attempts->valueint == 1 ? "" : "s",
			 clock_duration((int64_t)wall->valuedouble, took),
			 text ? ": " : "", text ? text : "");
}

/* "review: approve by ann: fine"; caller frees. */
static char *
gate_text(const cJSON *v)
{
	const char *decision = json_str(v, "decision");
	const char *by = json_str(v, "by"), *comment = json_str(v, "comment");

	if (!cJSON_IsObject(v))
		return xstrdup("-");
	return xasprintf("%s: %s%s%s%s%s", json_str(v, "kind"),
			 decision ? decision : "open", by ? " by " : "",
			 by ? by : "", comment ? ": " : "",
			 comment ? comment : "");
}

char *
compare_text_cell(const cJSON *row, const char *side)
{
	const char *part = json_str(row, "part");
	const cJSON *v = json_get(row, side);
	char *text = str_eq(part, "step") ? step_text(v) :
		     str_eq(part, "gate") ? gate_text(v) :
					    value_text(json_str(row, "key"), v);

	text[strcspn(text, "\n")] = '\0';
	return text;
}

const char *
compare_text_key(const char *key)
{
	static const char *const names[][2] = {
		{ "duration_us", "duration" },
		{ "waited_us", "waited for a person" },
		{ "cost_microusd", "spent on models" },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq(key, names[i][0]))
			return names[i][1];
	return key;
}
