#include "flow/workflow_load.h"

#include "base/json.h"
#include "base/str.h"
#include "flow/field.h"

#include <stdlib.h>
#include <string.h>

static const char *const TOP_KEYS[] = {
	"name", "description", "domain", "environment", "risk", "jobs",
	"inputs", "steps", "baseline", NULL,
};

static const char *const STEP_KEYS[] = {
	"id", "title", "uses", "with", "code", "run", "needs", "when",
	"foreach", "outputs", "validate", "retry", "timeout", "fallback",
	"risk", "effects", "idempotent", "profile", "hosts", "secrets",
	"gate", "review", "optional", NULL,
};

static const char *const FALLBACK_KEYS[] = {
	"uses", "with", "code", "run", "profile", "hosts", "secrets",
	"timeout", NULL,
};

static const char *const RISK_WORDS[] = {
#define X(id, name, limit, gates, profile) name,
	RISKS(X)
#undef X
};

static const char *const EFFECT_WORDS[] = {
#define X(id, name) name,
	STEP_EFFECTS(X)
#undef X
};

static const char *const PROFILE_WORDS[] = {
#define X(id, name) name,
	SANDBOX_PROFILES(X)
#undef X
};

enum {
	JOBS_DEFAULT = 4,
	ROWS_MAX = 100,      /* validate rows, outputs, hosts of one step */
	BACKOFF_DEFAULT_MS = 1000,
	NAME_MAX_BYTES = 200,
};

static bool
fail(struct loader *l, const struct yaml_node *at, const char *what)
{
	return yaml_fail(l->doc, at, l->err, "%s", what);
}

static bool
read_risk(struct loader *l, const struct yaml_node *map, enum risk *ret)
{
	int risk = RISK_LOW;

	if (!field_word(l->doc, map, "risk", RISK_WORDS,
			ARRAY_LEN(RISK_WORDS), &risk, l->err))
		return false;
	*ret = (enum risk)risk;
	return true;
}

/* ---- names an expression may use -------------------------------------- */

struct scope {
	struct loader *l;
	const struct workflow_step *step;
};

static bool
scope_input(void *ud, const char *name, struct err *err)
{
	const struct workflow *wf = ((struct scope *)ud)->l->wf;
	const char *names[WORKFLOW_INPUTS_MAX] = { NULL }, *near;

	if (workflow_input(wf, name))
		return true;
	for (size_t i = 0; i < wf->input_count; i++)
		names[i] = wf->inputs[i].name;
	near = str_nearest(name, names, wf->input_count);
	return FAIL(err, ERR_SYNTAX, "there is no input \"%.60s\"%s%s%s",
		    name, near ? " (did you mean \"" : "", near ? near : "",
		    near ? "\"?)" : "; declare it under inputs:");
}

static bool
declares_output(struct loader *l, int index, const char *name,
		struct err *err)
{
	const struct yaml_node *outputs =
		yaml_get(l->wf->steps[index].at, "outputs");
	const char *names[ROWS_MAX] = { NULL }, *near;
	size_t count = 0;

	if (yaml_get(outputs, name))
		return true;
	for (size_t i = 0; outputs && outputs->keys && i < outputs->count &&
			   count < ROWS_MAX; i++)
		names[count++] = outputs->keys[i]->text;
	near = str_nearest(name, names, count);
	return FAIL(err, ERR_SYNTAX, "step %s has no output \"%.60s\"%s%s%s",
		    l->wf->steps[index].id, name,
		    near ? " (did you mean \"" : "; declare it there as "
						 "outputs: {name: file}",
		    near ? near : "", near ? "\"?)" : "");
}

static bool
scope_part(struct loader *l, int index, const char *part, const char *name,
	   struct err *err)
{
	static const char *const PARTS[] = {
		"status", "data", "text", "outputs",
	};
	const char *near;

	for (size_t i = 0; i < ARRAY_LEN(PARTS); i++)
		if (strcmp(part, PARTS[i]) == 0)
			return strcmp(part, "outputs") != 0 || !name ||
			       declares_output(l, index, name, err);
	near = str_nearest(part, PARTS, ARRAY_LEN(PARTS));
	if (near)
		return FAIL(err, ERR_SYNTAX, "a step has no \"%.60s\" (did "
			    "you mean \"%s\"?)", part, near);
	return FAIL(err, ERR_SYNTAX, "a step has no \"%.60s\"; it has status, "
		    "data, text and outputs", part);
}

static bool
scope_step(void *ud, const char *id, const char *part, const char *name,
	   struct err *err)
{
	struct scope *s = ud;
	int index = workflow_find(s->l->wf, id);

	if (index < 0)
		return workflow_no_step(s->l->wf, id, err);
	if (index == s->step->index)
		return FAIL(err, ERR_SYNTAX, "step %s refers to itself", id);
	if (!loader_before(s->l, index, s->step->index))
		return FAIL(err, ERR_SYNTAX, "step %s may not have run by "
			    "then; add needs: [%s] to step %s", id, id,
			    s->step->id);
	return !part || scope_part(s->l, index, part, name, err);
}

static struct expr_scope
scope_of(struct scope *s, bool has_item)
{
	return (struct expr_scope){
		.ud = s,
		.input = scope_input,
		.step = scope_step,
		.has_item = has_item,
	};
}

/* ---- one action ------------------------------------------------------- */

static bool
fail_tool(struct loader *l, const struct yaml_node *at, const char *name)
{
	const char *names[256] = { NULL }, *near;
	size_t count = 0;
	const struct tool *const *all = l->tools->all();

	for (; *all && count < ARRAY_LEN(names); all++)
		names[count++] = (*all)->name;
	near = str_nearest(name, names, count);
	return yaml_fail(l->doc, at, l->err, "there is no tool \"%.60s\"%s%s%s",
			 name, near ? " (did you mean \"" :
				      "; `agentops tools` lists them",
			 near ? near : "", near ? "\"?)" : "");
}

/* code: and run: are short for a tool; uses: may name it as well. */
static bool
read_uses(struct loader *l, const struct yaml_node *map,
	  struct workflow_action *a)
{
	const char *code = NULL, *run = NULL, *uses = NULL, *implied;

	if (!field_str(l->doc, map, "uses", &uses, l->err) ||
	    !field_str(l->doc, map, "code", &code, l->err) ||
	    !field_str(l->doc, map, "run", &run, l->err))
		return false;
	if (code && run)
		return fail(l, yaml_get(map, "run"), "a step has code: "
			    "(python) or run: (bash), not both");
	a->code = code ? code : run;
	implied = code ? "python" : run ? "bash" : NULL;
	if (!uses && !implied)
		return fail(l, map, "what the step does is missing: uses: "
			    "TOOL, code: (python) or run: (bash)");
	if (uses && implied && strcmp(uses, implied) != 0)
		return yaml_fail(l->doc, yaml_get(map, "uses"), l->err,
				 "%s: is for %s, not for \"%.60s\"",
				 code ? "code" : "run", implied, uses);
	a->tool = l->tools->find(uses ? uses : implied);
	if (!a->tool)
		return fail_tool(l, uses ? yaml_get(map, "uses") : map,
				 uses ? uses : implied);
	return true;
}

/* A program stands in code: or run:, where nothing is ever replaced; in
 * `with` a value could become part of it. */
static bool
check_code(struct loader *l, const struct yaml_node *map,
	   const struct workflow_action *a)
{
	const char *arg = workflow_code_arg(a->tool);
	const char *key = arg && strcmp(arg, "code") == 0 ? "code" : "run";

	if (arg && !a->code)
		return yaml_fail(l->doc, map, l->err, "%s needs its program "
				 "under %s:", a->tool->name, key);
	if (arg && a->with && yaml_get(a->with, arg))
		return yaml_fail(l->doc, yaml_get(a->with, arg), l->err,
				 "write the program under %s:, not under "
				 "with:; values reach it as data", key);
	if (a->code && strlen(a->code) > WORKFLOW_CODE_MAX)
		return yaml_fail(l->doc, map, l->err, "a program of more "
				 "than %d bytes; put it into a file",
				 WORKFLOW_CODE_MAX);
	return true;
}

static bool
read_with(struct loader *l, const struct yaml_node *map,
	  struct workflow_action *a)
{
	a->with = yaml_get(map, "with");
	if (a->with && a->with->kind != YAML_MAP)
		return fail(l, a->with, "with: holds the tool's arguments by "
			    "name (a map)");
	return true;
}

static bool
check_hosts(struct loader *l, const struct yaml_node *map,
	    const struct workflow_action *a, size_t count)
{
	if (a->hosts && a->profile != SANDBOX_NETWORK)
		return fail(l, yaml_get(map, "hosts"), "hosts: has no effect "
			    "without profile: network");
	if (!a->hosts && a->profile == SANDBOX_NETWORK && a->code)
		return fail(l, map, "profile: network needs hosts: [the names "
			    "it may reach]");
	if (count > ROWS_MAX)
		return fail(l, yaml_get(map, "hosts"), "too many hosts");
	for (size_t i = 0; a->hosts && i < count; i++)
		if (strlen(a->hosts[i]) > 253 ||
		    a->hosts[i][strspn(a->hosts[i], "abcdefghijklmnopqrstuv"
				       "wxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "0123456789.-*:")])
			return yaml_fail(l->doc, yaml_get(map, "hosts"),
					 l->err, "\"%.60s\" is no host name",
					 a->hosts[i]);
	return true;
}

static bool
read_profile(struct loader *l, const struct yaml_node *map,
	     struct workflow_action *a)
{
	const struct yaml_node *n = yaml_get(map, "profile");
	int profile = (int)a->tool->profile;
	size_t hosts = 0;

	if (!field_word(l->doc, map, "profile", PROFILE_WORDS,
			ARRAY_LEN(PROFILE_WORDS), &profile, l->err) ||
	    !field_strings(l->doc, map, "hosts", &l->wf->arena, &a->hosts,
			   &hosts, l->err))
		return false;
	if (n && profile == SANDBOX_FULL)
		return fail(l, n, "a file cannot ask for no sandbox; the "
			    "user may set sandbox: off in the configuration");
	if (n && profile < (int)a->tool->profile)
		return yaml_fail(l->doc, n, l->err, "%s needs profile: %s or "
				 "wider", a->tool->name,
				 PROFILE_WORDS[a->tool->profile]);
	a->profile = (enum sandbox_profile)profile;
	return check_hosts(l, map, a, hosts);
}

/* A model never sees one, so an agent gets none; other tools know nothing to
 * do with it. */
static bool
read_secrets(struct loader *l, const struct yaml_node *map,
	     struct workflow_action *a)
{
	const struct yaml_node *n = yaml_get(map, "secrets");
	size_t count = 0;

	if (!field_strings(l->doc, map, "secrets", &l->wf->arena, &a->secrets,
			   &count, l->err))
		return false;
	if (a->secrets && !a->code)
		return fail(l, n, "secrets: are given to a program (code: or "
			    "run:) alone");
	for (size_t i = 0; a->secrets && i < count; i++) {
		const struct workflow_input *in =
			workflow_input(l->wf, a->secrets[i]);

		if (!in || in->type != INPUT_SECRET)
			return yaml_fail(l->doc, n, l->err,
					 "\"%.60s\" is no input of type "
					 "secret", a->secrets[i]);
	}
	return true;
}

/* For a program the profile is the truth, whatever it says of itself; other
 * tools run within the program and their rows are the truth. */
static unsigned
effects_of(const struct workflow_action *a)
{
	static const unsigned BY_PROFILE[] = {
		[SANDBOX_READ_ONLY] = TOOL_READS,
		[SANDBOX_WORKSPACE_WRITE] = TOOL_WRITES,
		[SANDBOX_NETWORK] = TOOL_WRITES | TOOL_NETWORK,
		[SANDBOX_FULL] = TOOL_WRITES | TOOL_NETWORK |
				 TOOL_DESTRUCTIVE,
	};

	return workflow_code_arg(a->tool) || strcmp(a->tool->name, "agent") == 0 ?
		       BY_PROFILE[a->profile] :
					    a->tool->effects;
}

static bool
read_action(struct loader *l, const struct yaml_node *map,
	    struct workflow_action *a)
{
	a->at = map;
	if (!read_uses(l, map, a) || !read_with(l, map, a) ||
	    !check_code(l, map, a) || !read_profile(l, map, a) ||
	    !read_secrets(l, map, a))
		return false;
	a->effects = effects_of(a);
	return field_duration(l->doc, map, "timeout", WORKFLOW_DURATION_MAX_S,
			      &a->timeout_ms, l->err);
}

/* ---- one step --------------------------------------------------------- */

static bool
read_effects(struct loader *l, struct workflow_step *s)
{
	static const unsigned BITS[] = {
		[STEP_READ_ONLY] = TOOL_READS,
		[STEP_IDEMPOTENT] = TOOL_WRITES,
		[STEP_WRITES] = TOOL_WRITES,
		[STEP_DESTRUCTIVE] = TOOL_WRITES | TOOL_DESTRUCTIVE,
	};
	const struct yaml_node *n = yaml_get(s->at, "effects");
	int effects = -1;

	if (!field_word(l->doc, s->at, "effects", EFFECT_WORDS,
			ARRAY_LEN(EFFECT_WORDS), &effects, l->err) ||
	    !field_bool(l->doc, s->at, "idempotent", &s->idempotent, l->err))
		return false;
	if (effects < 0)
		return true;
	if (effects == STEP_READ_ONLY && s->action.effects != TOOL_READS)
		return yaml_fail(l->doc, n, l->err, "%s under profile %s does "
				 "more than read; what a step declares may "
				 "only add to that", s->action.tool->name,
				 PROFILE_WORDS[s->action.profile]);
	s->action.effects |= BITS[effects];
	s->idempotent |= effects == STEP_IDEMPOTENT;
	return true;
}

static bool
read_outputs(struct loader *l, struct workflow_step *s)
{
	const struct yaml_node *n = yaml_get(s->at, "outputs");
	struct workflow_output *out;

	if (!n)
		return true;
	if (n->kind != YAML_MAP || n->count > ROWS_MAX)
		return fail(l, n, "outputs: is {name: file}, at most 100");
	out = arena_alloc(&l->wf->arena, (n->count + 1) * sizeof(*out));
	for (size_t i = 0; i < n->count; i++) {
		out[i].name = n->keys[i]->text;
		if (!loader_check_id(l, n->keys[i], "output", out[i].name) ||
		    !field_str(l->doc, n, out[i].name, &out[i].file,
			       l->err) ||
		    !field_file_ok(l->doc, n->items[i], out[i].file, l->err))
			return false;
	}
	s->outputs = out;
	s->output_count = n->count;
	return true;
}

static bool
read_validate(struct loader *l, struct workflow_step *s,
	      const struct expr_scope *scope)
{
	const struct yaml_node *n = yaml_get(s->at, "validate");
	struct validation *rows;

	if (!n)
		return true;
	if (n->kind != YAML_SEQ || n->count > ROWS_MAX)
		return fail(l, n, "validate: is a list of checks, at most "
			    "100; begin each with \"- \"");
	rows = arena_alloc(&l->wf->arena, (n->count + 1) * sizeof(*rows));
	for (size_t i = 0; i < n->count; i++)
		if (!validation_parse(l->doc, n->items[i], scope,
				      &l->wf->arena, &rows[i], l->err))
			return false;
	s->validate = rows;
	s->validate_count = n->count;
	return true;
}

static bool
read_retry(struct loader *l, struct workflow_step *s)
{
	static const char *const KEYS[] = { "attempts", "backoff", NULL };
	const struct yaml_node *n = yaml_get(s->at, "retry");

	s->attempts = 1;
	s->backoff_ms = BACKOFF_DEFAULT_MS;
	if (!n)
		return true;
	if (!field_keys(l->doc, n, KEYS, NULL, l->err) ||
	    !field_int(l->doc, n, "attempts", 1, WORKFLOW_ATTEMPTS_MAX,
		       &s->attempts, l->err) ||
	    !field_duration(l->doc, n, "backoff", WORKFLOW_DURATION_MAX_S,
			    &s->backoff_ms, l->err))
		return false;
	if (!yaml_get(n, "attempts"))
		return fail(l, n, "retry: needs attempts: how often in all");
	return true;
}

static bool
read_fallback(struct loader *l, struct workflow_step *s,
	      const struct expr_scope *scope)
{
	const struct yaml_node *n = yaml_get(s->at, "fallback");

	if (!n)
		return true;
	s->fallback = arena_alloc(&l->wf->arena, sizeof(*s->fallback));
	return field_keys(l->doc, n, FALLBACK_KEYS, NULL, l->err) &&
	       read_action(l, n, s->fallback) &&
	       (!s->fallback->with ||
		expr_check(l->doc, s->fallback->with, scope, l->err)) &&
	       loader_check_args(l, s, s->fallback);
}

static bool
read_conditions(struct loader *l, struct workflow_step *s, struct scope *ud)
{
	struct expr_scope scope = scope_of(ud, false);

	s->when = yaml_get(s->at, "when");
	s->foreach = yaml_get(s->at, "foreach");
	if (s->when && !expr_check_test(l->doc, s->when, &scope, l->err))
		return false;
	if (!s->foreach)
		return true;
	if (s->foreach->kind == YAML_MAP ||
	    (s->foreach->kind == YAML_SCALAR && !expr_is_whole(s->foreach)))
		return expr_check(l->doc, s->foreach, &scope, l->err) &&
		       fail(l, s->foreach, "foreach: is a list or one {{ "
			    "expression }} that gives a list");
	return expr_check(l->doc, s->foreach, &scope, l->err);
}

static bool
read_flags(struct loader *l, struct workflow_step *s)
{
	static const char *const GATES[] = { "approve" };
	int gate = -1;

	if (!field_word(l->doc, s->at, "gate", GATES, ARRAY_LEN(GATES), &gate,
			l->err) ||
	    !field_bool(l->doc, s->at, "review", &s->review, l->err) ||
	    !field_bool(l->doc, s->at, "optional", &s->optional, l->err))
		return false;
	s->gate = gate >= 0;
	return read_risk(l, s->at, &s->risk);
}

static bool
read_step(struct loader *l, struct workflow_step *s)
{
	struct scope ud = { l, s };
	struct expr_scope scope;

	if (!read_action(l, s->at, &s->action) || !read_effects(l, s) ||
	    !read_conditions(l, s, &ud))
		return false;
	scope = scope_of(&ud, s->foreach != NULL);
	return (!s->action.with ||
		expr_check(l->doc, s->action.with, &scope, l->err)) &&
	       loader_check_args(l, s, &s->action) && read_outputs(l, s) &&
	       read_validate(l, s, &scope) && read_retry(l, s) &&
	       read_fallback(l, s, &scope) && read_flags(l, s);
}

/* First look at a step: its keys, id and title. */
static bool
read_step_id(struct loader *l, struct workflow_step *s)
{
	if (!field_keys(l->doc, s->at, STEP_KEYS, NULL, l->err) ||
	    !field_str(l->doc, s->at, "id", &s->id, l->err))
		return false;
	if (!s->id)
		return fail(l, s->at, "the step has no id:");
	s->title = s->id;
	return loader_check_id(l, yaml_get(s->at, "id"), "step id", s->id) &&
	       field_str(l->doc, s->at, "title", &s->title, l->err) &&
	       loader_add_id(l, s);
}

static bool
read_steps(struct loader *l, const struct yaml_node *steps)
{
	struct workflow *wf = l->wf;

	if (!steps || steps->kind != YAML_SEQ || steps->count == 0)
		return fail(l, steps ? steps : wf->root, "steps: must be a "
			    "list with at least one step");
	if (steps->count > WORKFLOW_STEPS_MAX)
		return yaml_fail(l->doc, steps, l->err, "%zu steps; at most "
				 "%d are allowed", steps->count,
				 WORKFLOW_STEPS_MAX);
	wf->step_count = steps->count;
	wf->steps = arena_alloc(&wf->arena,
				wf->step_count * sizeof(*wf->steps));
	for (wf->slot_count = 16; wf->slot_count < 2 * wf->step_count;)
		wf->slot_count *= 2;
	wf->slots = arena_alloc(&wf->arena,
				wf->slot_count * sizeof(*wf->slots));
	for (size_t i = 0; i < wf->step_count; i++) {
		wf->steps[i].index = (int)i;
		wf->steps[i].at = steps->items[i];
		if (!read_step_id(l, &wf->steps[i]))
			return false;
	}
	if (!loader_order(l))
		return false;
	for (size_t i = 0; i < wf->step_count; i++)
		if (!read_step(l, &wf->steps[i]))
			return false;
	return true;
}

/* ---- the whole -------------------------------------------------------- */

static bool
read_baseline(struct loader *l)
{
	static const char *const KEYS[] = { "manual_minutes", NULL };
	const struct yaml_node *n = yaml_get(l->wf->root, "baseline");

	if (!n)
		return true;
	if (!field_keys(l->doc, n, KEYS, NULL, l->err) ||
	    !field_num(l->doc, n, "manual_minutes", &l->wf->manual_minutes,
		       NULL, l->err))
		return false;
	if (!(l->wf->manual_minutes >= 0 && l->wf->manual_minutes <= 1e7))
		return fail(l, yaml_get(n, "manual_minutes"),
			    "manual_minutes must be 0 to 10000000");
	return true;
}

static bool
read_head(struct loader *l)
{
	struct workflow *wf = l->wf;

	wf->jobs = JOBS_DEFAULT;
	if (!field_str(l->doc, wf->root, "name", &wf->name, l->err) ||
	    !field_str(l->doc, wf->root, "description", &wf->description,
		       l->err) ||
	    !field_str(l->doc, wf->root, "domain", &wf->domain, l->err) ||
	    !field_str(l->doc, wf->root, "environment", &wf->environment,
		       l->err) ||
	    !field_int(l->doc, wf->root, "jobs", 1, WORKFLOW_JOBS_MAX,
		       &wf->jobs, l->err) ||
	    !read_risk(l, wf->root, &wf->risk) || !read_baseline(l))
		return false;
	if (!wf->name)
		return fail(l, wf->root, "the workflow has no name:");
	if (strlen(wf->name) > NAME_MAX_BYTES)
		return fail(l, yaml_get(wf->root, "name"),
			    "a name of more than 200 bytes");
	return true;
}

static void
loader_release(struct loader *l)
{
	for (size_t i = 0; i < l->schema_count; i++)
		cJSON_Delete(l->schemas[i].schema);
	free(l->ancestors);
}

struct workflow *
workflow_load(const struct yaml_doc *doc, const struct yaml_node *at,
	      const struct workflow_tools *tools,
	      const char *const *extra_keys, struct err *err)
{
	AUTO_PTR(workflow) wf = xcalloc(1, sizeof(*wf));
	struct loader l = { .doc = doc, .tools = tools, .wf = wf,
			    .err = err };
	bool ok;

	wf->doc = doc;
	wf->root = at;
	ok = field_keys(doc, at, TOP_KEYS, extra_keys, err) &&
	     read_head(&l) && loader_inputs(&l, yaml_get(at, "inputs")) &&
	     read_steps(&l, yaml_get(at, "steps"));
	loader_release(&l);
	return ok ? TAKE(wf) : NULL;
}

struct workflow *
workflow_parse(const char *text, size_t len, const char *name,
	       int first_line, const struct workflow_tools *tools,
	       struct err *err)
{
	AUTO_PTR(yaml_doc) doc = yaml_parse(text, len, name, first_line, err);
	struct workflow *wf;

	if (!doc)
		return NULL;
	wf = workflow_load(doc, yaml_root(doc), tools, NULL, err);
	if (wf)
		wf->owned_doc = TAKE(doc);
	return wf;
}

void
workflow_free(struct workflow *wf)
{
	if (!wf)
		return;
	arena_release(&wf->arena);
	if (wf->owned_doc)
		yaml_doc_free(wf->owned_doc);
	free(wf);
}
