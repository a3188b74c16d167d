#include "cli/gate_text.h"

#include "base/json.h"
#include "run/artifact.h"

#include <string.h>

enum { CODE_LINES = 12, LINE_BYTES = 160, CHANGES = 12 };

static const char *
text(const cJSON *o, const char *key)
{
	const char *s = json_str(o, key);

	return s ? s : "";
}

char *
gate_text_words(const cJSON *v)
{
	AUTO(buf) b = BUF_INIT;
	const cJSON *item;

	if (cJSON_IsString(v))
		return xstrdup(v->valuestring);
	if (!cJSON_IsArray(v))
		return v ? json_print(v) : xstrdup("none");
	cJSON_ArrayForEach(item, v) {
		AUTO_FREE char *words = gate_text_words(item);

		buf_printf(&b, "%s%s", b.len ? ", " : "", words);
	}
	return b.len ? buf_steal(&b) : xstrdup("none");
}

/* "a, b": the texts of a list; caller frees. */
static char *
joined(const cJSON *list)
{
	struct buf b = BUF_INIT;
	const cJSON *one;

	cJSON_ArrayForEach(one, list)
		buf_printf(&b, "%s%s", b.len ? ", " : "",
			   cJSON_IsString(one) ? one->valuestring : "?");
	return buf_steal(&b);
}

static void
add_list(struct strv *ret, const char *label, const cJSON *list)
{
	AUTO_FREE char *all = joined(list);

	if (*all)
		strv_addf(ret, "%s %s", label, all);
}

static void
add_action(struct strv *ret, const char *head, const cJSON *act)
{
	AUTO_FREE char *hosts = joined(json_get(act, "hosts"));
	AUTO_FREE char *secrets = joined(json_get(act, "secrets"));

	strv_addf(ret, "%s: %s, sandbox %s%s%s%s%s", head, text(act, "tool"),
		  text(act, "profile"), *hosts ? ", hosts " : "", hosts,
		  *secrets ? ", reads " : "", secrets);
}

/* The first lines of a program, so that nobody approves a title only. */
static void
add_code(struct strv *ret, const char *code)
{
	for (int i = 0; code && *code && i < CODE_LINES; i++) {
		int len = (int)strcspn(code, "\n");

		strv_addf(ret, "  | %.*s", len < LINE_BYTES ? len : LINE_BYTES,
			  code);
		code += len;
		code += *code == '\n';
	}
	if (code && *code)
		strv_add(ret, "  | ... (all of it: --json)");
}

static void
add_json(struct strv *ret, const char *label, const cJSON *value)
{
	AUTO_FREE char *json = value ? json_print(value) : NULL;

	if (json && !cJSON_IsNull(value))
		strv_addf(ret, "%s %s", label, json);
}

static void
plan_text(const cJSON *o, const char *run_dir, struct strv *ret)
{
	const cJSON *step;

	(void)run_dir;
	add_json(ret, "inputs", json_get(o, "inputs"));
	cJSON_ArrayForEach(step, json_get(o, "steps")) {
		AUTO_FREE char *head = xasprintf(
			"step %s (%s)", text(step, "id"), text(step, "risk"));
		AUTO_FREE char *other =
			xasprintf("step %s, fallback", text(step, "id"));
		const cJSON *fallback = json_get(step, "fallback");

		add_action(ret, head, step);
		if (fallback)
			add_action(ret, other, fallback);
	}
}

static void
step_text(const cJSON *o, const char *run_dir, struct strv *ret)
{
	AUTO_FREE char *reasons = joined(json_get(o, "reasons"));
	const char *code = json_str(o, "command");

	(void)run_dir;
	add_action(ret, text(o, "title"), o);
	strv_addf(ret, "risk %s: %s", text(o, "risk"), reasons);
	add_code(ret, code);
	if (!code)
		add_json(ret, "arguments", json_get(o, "args"));
}

static void
add_findings(struct strv *ret, const cJSON *list)
{
	const cJSON *f;

	cJSON_ArrayForEach(f, list)
		if (!json_bool(f, "ok", false))
			strv_addf(ret, "  %s: %s", text(f, "check"),
				  text(f, "message"));
}

static void
add_change(struct buf *b, const cJSON *change)
{
	AUTO_FREE char *before = gate_text_words(json_get(change, "before"));
	AUTO_FREE char *after = gate_text_words(json_get(change, "after"));
	const char *step = json_str(change, "step");
	const char *what = text(change, "what"), *key = text(change, "key");
	int item = (int)json_int(change, "item", -1);
	bool gone = cJSON_IsNull(json_get(change, "after"));
	bool made = cJSON_IsNull(json_get(change, "before"));

	if (step)
		buf_addstr(b, step);
	if (item >= 0)
		buf_printf(b, "[%d]", item);
	buf_addstr(b, step ? " " : "input ");
	if (strcmp(what, "artifact") == 0)
		buf_printf(b, "artifact %s %s", key,
			   made ? "is new" : gone ? "is gone" : "changed");
	else
		buf_printf(b, "%s %s -> %s", *key ? key : what,
			   made ? "none" : before, gone ? "none" : after);
}

static void
add_changes(struct strv *ret, const cJSON *o)
{
	const cJSON *all = json_get(o, "changed"), *one;
	AUTO(buf) b = BUF_INIT;
	int n = 0, count = cJSON_GetArraySize(all);

	if (!all)
		return;
	cJSON_ArrayForEach(one, all) {
		if (n++ == CHANGES) {
			buf_printf(&b, "; and %d more", count - CHANGES);
			break;
		}
		buf_addstr(&b, n > 1 ? "; " : "");
		add_change(&b, one);
	}
	if (*text(o, "comment"))
		strv_addf(ret, "asked for: %s", text(o, "comment"));
	strv_addf(ret, "since iteration %d: %s", (int)json_int(o, "since", 0),
		  count ? buf_str(&b) : "nothing changed");
}

void
gate_text_changes(const char *shown, struct strv *ret)
{
	AUTO_JSON *o = shown ? cJSON_Parse(shown) : NULL;

	add_changes(ret, o);
}

static void
review_text(const cJSON *o, const char *run_dir, struct strv *ret)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, json_get(o, "artifacts")) {
		AUTO_FREE char *path = artifact_path(
			run_dir, text(one, "sha256"), text(one, "file"));

		strv_addf(ret, "%s, %s: %s", text(one, "step"),
			  text(one, "name"), path);
		add_findings(ret, json_get(one, "findings"));
	}
	cJSON_ArrayForEach(one, json_get(o, "steps"))
		if (strcmp(text(one, "outcome"), "done") != 0)
			strv_addf(ret, "step %s: %s %s", text(one, "id"),
				  text(one, "outcome"), text(one, "reason"));
	add_changes(ret, o);
}

static double
dollars(const cJSON *o, const char *key)
{
	return json_num(o, key, 0) / 1e6;
}

static void
spend_text(const cJSON *o, struct strv *ret)
{
	strv_addf(ret, "spent: $%.4f of $%.4f, %d turns, %.0f tokens in, "
		       "%.0f out",
		  dollars(o, "spent_microusd"), dollars(o, "limit_microusd"),
		  (int)json_int(o, "turns", 0), json_num(o, "input_tokens", 0),
		  json_num(o, "output_tokens", 0));
	strv_addf(ret, "the next request costs at most $%.4f; yes allows "
		       "$%.4f more",
		  dollars(o, "needed_microusd"),
		  dollars(o, "granted_microusd"));
}

static void
limit_text(const cJSON *o, const char *run_dir, struct strv *ret)
{
	(void)run_dir;
	if (json_get(o, "spent_microusd")) {
		spend_text(o, ret);
		return;
	}
	add_list(ret, "incomplete:", json_get(o, "incomplete"));
	add_list(ret, "last errors:", json_get(o, "errors"));
	strv_addf(ret, "next would be: %s", text(o, "next"));
}

static void
form_text(const cJSON *o, const char *run_dir, struct strv *ret)
{
	const char *problem = json_str(o, "problem");
	const cJSON *f;

	(void)run_dir;
	if (problem)
		strv_addf(ret, "problem: %s", problem);
	cJSON_ArrayForEach(f, json_get(o, "fields")) {
		AUTO_FREE char *options = joined(json_get(f, "options"));

		strv_addf(ret, "--set %s=... (%s%s%s) %s", text(f, "name"),
			  text(f, "type"), *options ? ": " : "", options,
			  text(f, "prompt"));
	}
}

static void
item_text(const cJSON *o, const char *run_dir, struct strv *ret)
{
	AUTO_FREE char *head =
		xasprintf("attempt %d", (int)json_int(o, "attempt", 0));
	const char *error = json_str(o, "error");

	(void)run_dir;
	add_action(ret, head, o);
	if (error)
		strv_addf(ret, "error: %s", error);
	add_findings(ret, json_get(o, "findings"));
}

void
gate_text(enum gate_kind kind, const char *shown, const char *run_dir,
	  struct strv *ret)
{
	static void (*const tellers[])(const cJSON *, const char *,
				       struct strv *) = {
		[GATE_APPROVE] = step_text,  [GATE_PLAN] = plan_text,
		[GATE_REVIEW] = review_text, [GATE_LIMIT] = limit_text,
		[GATE_FORM] = form_text,     [GATE_INTERRUPTED] = item_text,
	};
	AUTO_JSON *o = shown ? cJSON_Parse(shown) : NULL;

	if (!cJSON_IsObject(o))
		return;
	if (strcmp(text(o, "sandbox"), "off") == 0)
		strv_add(ret, "THE SANDBOX IS OFF: programs run unconfined");
	/* An approve gate between phases shows the result. */
	if (kind == GATE_APPROVE && json_get(o, "artifacts"))
		kind = GATE_REVIEW;
	tellers[kind](o, run_dir, ret);
}
