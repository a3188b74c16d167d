#include "run/compare.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

/* One row; takes a and b (NULL: null). */
static void
add(cJSON *rows, const char *part, const char *key, cJSON *a, cJSON *b,
    bool same)
{
	cJSON *row = cJSON_CreateObject();

	cJSON_AddStringToObject(row, "part", part);
	cJSON_AddStringToObject(row, "key", key);
	cJSON_AddItemToObject(row, "a", a ? a : cJSON_CreateNull());
	cJSON_AddItemToObject(row, "b", b ? b : cJSON_CreateNull());
	cJSON_AddBoolToObject(row, "same", same);
	cJSON_AddItemToArray(rows, row);
}

static void
add_values(cJSON *rows, const char *part, const char *key, cJSON *a, cJSON *b)
{
	bool same = a && b ? cJSON_Compare(a, b, true) : !a && !b;

	if (a || b)
		add(rows, part, key, a, b, same);
}

static cJSON *
word(const char *text)
{
	return text ? cJSON_CreateString(text) : NULL;
}

static const char *
status_of(const struct run_state *s)
{
	return s->ended ? s->outcome : s->gates_open ? "waiting" : "running";
}

static void
add_run(cJSON *rows, const struct run_state *a, const struct run_state *b)
{
	const struct {
		const char *key;
		const char *a, *b;
	} words[] = {
		{ "task", a->task, b->task },
		{ "workspace", a->workspace, b->workspace },
		{ "provider", a->provider, b->provider },
		{ "pattern", a->pattern, b->pattern },
		{ "risk", risk_name(a->risk), risk_name(b->risk) },
		{ "status", status_of(a), status_of(b) },
		{ "reason", a->outcome_reason, b->outcome_reason },
		{ "origin", a->forked_from, b->forked_from },
	};
	const struct {
		const char *key;
		int64_t a, b;
	} numbers[] = {
		{ "iterations", a->iteration, b->iteration },
		{ "rework", a->rework, b->rework },
		{ "duration_us", a->last_us - a->created_us,
		  b->last_us - b->created_us },
		{ "waited_us", a->human_wait_us, b->human_wait_us },
		{ "cost_microusd", a->spend.spent_microusd,
		  b->spend.spent_microusd },
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		add_values(rows, "run", words[i].key, word(words[i].a),
			   word(words[i].b));
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		add_values(rows, "run", numbers[i].key,
			   cJSON_CreateNumber((double)numbers[i].a),
			   cJSON_CreateNumber((double)numbers[i].b));
}

static cJSON *
copy_of(const cJSON *object, const char *key)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(object, key);

	return v ? cJSON_Duplicate(v, true) : NULL;
}

static void
add_inputs(cJSON *rows, const struct run_state *a, const struct run_state *b)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, a->inputs)
		add_values(rows, "input", v->string, cJSON_Duplicate(v, true),
			   copy_of(b->inputs, v->string));
	cJSON_ArrayForEach(v, b->inputs)
		if (!cJSON_GetObjectItemCaseSensitive(a->inputs, v->string))
			add_values(rows, "input", v->string, NULL,
				   cJSON_Duplicate(v, true));
}

/* --- steps -------------------------------------------------------------- */

static size_t
step_count(const struct run_state *s)
{
	return s->steps && s->workflow ? s->workflow->step_count : 0;
}

static int
find_step(const struct run_state *s, const char *id)
{
	for (size_t i = 0; i < step_count(s); i++)
		if (str_eq(s->workflow->steps[i].id, id))
			return (int)i;
	return -1;
}

/* What its items did, together. */
static cJSON *
step_json(const struct run_state *s, int i)
{
	const struct step_state *st;
	cJSON *o;
	int64_t wall_us = 0;
	int attempts = 0;
	const char *text = NULL;

	if (i < 0)
		return NULL;
	st = &s->steps[i];
	for (int k = 0; k < st->item_count; k++) {
		const struct item_state *it = &st->items[k];

		attempts += it->attempt;
		wall_us += it->wall_us;
		text = it->error ? it->error : text ? text : it->text;
	}
	o = cJSON_CreateObject();
	cJSON_AddStringToObject(o, "status", item_status_name(st->outcome));
	cJSON_AddNumberToObject(o, "attempts", attempts);
	cJSON_AddNumberToObject(o, "wall_us", (double)wall_us);
	if (text)
		cJSON_AddStringToObject(o, "text", text);
	return o;
}

static bool
same_member(const cJSON *a, const cJSON *b, const char *key)
{
	const char *x = json_str(a, key), *y = json_str(b, key);

	return x && y ? str_eq(x, y) : x == y;
}

static void
add_step(cJSON *rows, const char *id, cJSON *a, cJSON *b)
{
	add(rows, "step", id, a, b,
	    a && b && same_member(a, b, "status") && same_member(a, b, "text"));
}

static void
add_steps(cJSON *rows, const struct run_state *a, const struct run_state *b)
{
	for (size_t i = 0; i < step_count(a); i++) {
		const char *id = a->workflow->steps[i].id;

		add_step(rows, id, step_json(a, (int)i),
			 step_json(b, find_step(b, id)));
	}
	for (size_t i = 0; i < step_count(b); i++) {
		const char *id = b->workflow->steps[i].id;

		if (find_step(a, id) < 0)
			add_step(rows, id, NULL, step_json(b, (int)i));
	}
}

/* --- artifacts ---------------------------------------------------------- */

static const struct artifact_state *
find_artifact(const struct run_state *s, const struct artifact_state *like)
{
	for (size_t i = s->artifact_count; i > 0; i--) {
		const struct artifact_state *a = &s->artifacts[i - 1];

		if (str_eq(a->step, like->step) && a->item == like->item &&
		    str_eq(a->name, like->name))
			return a;
	}
	return NULL;
}

static cJSON *
artifact_json(const struct artifact_state *a)
{
	cJSON *o;

	if (!a)
		return NULL;
	o = cJSON_CreateObject();
	cJSON_AddStringToObject(o, "file", a->file);
	cJSON_AddStringToObject(o, "sha256", a->sha256);
	cJSON_AddNumberToObject(o, "size_bytes", (double)a->size_bytes);
	if (a->width) {
		cJSON_AddNumberToObject(o, "width", a->width);
		cJSON_AddNumberToObject(o, "height", a->height);
	}
	return o;
}

/* How many of its checks failed; NULL when it was not looked at. */
static cJSON *
failed_checks(const struct artifact_state *a)
{
	AUTO_JSON *list = a && a->findings ? cJSON_Parse(a->findings) : NULL;
	const cJSON *v;
	int failed = 0;

	if (!a || !a->checked)
		return NULL;
	cJSON_ArrayForEach(v, list)
		failed += cJSON_IsFalse(json_get(v, "ok"));
	return cJSON_CreateNumber(failed);
}

/* "chart/chart.png", "chart[2]/chart.png"; caller frees. */
static char *
artifact_key(const struct artifact_state *a)
{
	if (a->item < 0)
		return xasprintf("%s/%s", a->step, a->name);
	return xasprintf("%s[%d]/%s", a->step, a->item, a->name);
}

static void
add_artifact(cJSON *rows, const struct artifact_state *a,
	     const struct artifact_state *b)
{
	AUTO_FREE char *key = artifact_key(a ? a : b);

	add(rows, "artifact", key, artifact_json(a), artifact_json(b),
	    a && b && str_eq(a->sha256, b->sha256));
	add_values(rows, "finding", key, failed_checks(a), failed_checks(b));
}

static void
add_artifacts(cJSON *rows, const struct run_state *a,
	      const struct run_state *b)
{
	for (size_t i = 0; i < a->artifact_count; i++) {
		const struct artifact_state *one = &a->artifacts[i];

		if (find_artifact(a, one) == one)
			add_artifact(rows, one, find_artifact(b, one));
	}
	for (size_t i = 0; i < b->artifact_count; i++) {
		const struct artifact_state *one = &b->artifacts[i];

		if (find_artifact(b, one) == one && !find_artifact(a, one))
			add_artifact(rows, NULL, one);
	}
}

/* --- gates -------------------------------------------------------------- */

static cJSON *
gate_json(const struct run_state *s, size_t i)
{
	const struct gate_state *g;
	cJSON *o;

	if (i >= s->gate_count)
		return NULL;
	g = &s->gates[i];
	o = cJSON_CreateObject();
	cJSON_AddStringToObject(o, "kind", gate_kind_name(g->kind));
	if (g->title)
		cJSON_AddStringToObject(o, "title", g->title);
	if (!g->open)
		cJSON_AddStringToObject(o, "decision",
					decision_name(g->decision));
	if (g->by)
		cJSON_AddStringToObject(o, "by", g->by);
	if (g->comment)
		cJSON_AddStringToObject(o, "comment", g->comment);
	return o;
}

static void
add_gates(cJSON *rows, const struct run_state *a, const struct run_state *b)
{
	size_t n = a->gate_count > b->gate_count ? a->gate_count :
						   b->gate_count;

	for (size_t i = 0; i < n; i++) {
		AUTO_FREE char *key = xasprintf("%zu", i + 1);

		add_values(rows, "gate", key, gate_json(a, i),
			   gate_json(b, i));
	}
}

cJSON *
compare_runs(const struct run_state *a, const struct run_state *b)
{
	cJSON *rows = cJSON_CreateArray();

	add_run(rows, a, b);
	add_inputs(rows, a, b);
	add_steps(rows, a, b);
	add_artifacts(rows, a, b);
	add_gates(rows, a, b);
	return rows;
}
