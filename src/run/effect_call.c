/*
 * Calls that a model makes of tools.
 *
 *	agent_start_calls -- refused --------------------> call.finished
 *	      | call.started (durable)                           ^
 *	      v                                                  |
 *	   tool_start -> result -> pictures kept and looked at --'
 *
 * Invariants
 *  1. A call is started by its durable call.started, once: `posted` holds
 *     back a second one until the fold has seen the first.
 *  2. One that may change something runs alone; read-only ones of tools
 *     without a folder run together.
 *  3. Nothing that a tool returns changes what the agent may do.
 */
#include "run/effect_agent.h"

#include "base/clock.h"
#include "base/json.h"
#include "run/collect.h"

#include <stdlib.h>
#include <string.h>

enum {
	ARGS_LIMIT_BYTES = 1 << 20,
	DATA_LIMIT_BYTES = 16 << 10, /* of a structured result, inline */
};

struct call_effect {
	struct effect f;
	int step, item;
	int64_t attempt;
	char *id, *tool, *dir;
	cJSON *args, *values;
	struct agent_spec spec;
	struct tool_request req; /* the tool borrows it */
	struct tool_call *call;
	int64_t started_us;
	const char *outcome;
	struct message answer;
	struct collect *collect;
};

static void
release(struct call_effect *c)
{
	if (c->collect)
		collect_free(c->collect);
	agent_spec_release(&c->spec);
	message_release(&c->answer);
	cJSON_Delete(c->args);
	cJSON_Delete(c->values);
	free(c->id);
	free(c->tool);
	free(c->dir);
	free(c);
}

/* --- what it may call --------------------------------------------------- */

/* The tool, or NULL with why; for a named one python, which runs it. A profile that the step was not granted is no
 * matter of arguments: it is refused whatever they are. */
static const struct tool *
allowed(const struct live *l, const struct agent_spec *spec, const char *name,
	struct err *err)
{
	bool named = agent_named_tool(l, spec, name) != NULL;
	const struct tool *t = l->o->tools->find(named ? "python" : name);
	AUTO(buf) list = BUF_INIT;

	if (t && (named || (strv_has(&spec->tools, name) &&
			    strcmp(name, "agent") != 0))) {
		if (t->profile <= spec->action->profile ||
		    l->state->options.sandbox_off)
			return t;
		FAIL(err, ERR_DENIED,
		     "refused: %s needs profile %s and this step has %s", name,
		     sandbox_profile_name(t->profile),
		     sandbox_profile_name(spec->action->profile));
		return NULL;
	}
	for (size_t i = 0; i < spec->tools.count; i++)
		buf_printf(&list, "%s%s", i ? ", " : "", spec->tools.items[i]);
	FAIL(err, ERR_DENIED,
	     "refused: there is no tool \"%.60s\" here; you "
	     "may call %s",
	     name, list.len ? buf_str(&list) : "none");
	return NULL;
}

static bool
is_read_only(const struct live *l, const struct agent_spec *spec,
	     const struct tool *t)
{
	if (!workflow_code_arg(t))
		return t->effects == TOOL_READS;
	return !l->state->options.sandbox_off &&
	       spec->action->profile == SANDBOX_READ_ONLY;
}

/* --- answers ------------------------------------------------------------ */

static void
post_finished(struct live *l, const struct agent_state *a, const char *id,
	      const char *tool, const char *outcome, const struct message *m,
	      int64_t wall_us)
{
	AUTO(buf) json = BUF_INIT;
	struct event e = { .type = EV_call_finished };
	struct ev_call_finished *p = &e.call_finished;

	message_add_json(&json, m);
	p->step = run_agent_step(l->state, a);
	p->item = run_agent_item(l->state, a);
	p->call = id;
	p->tool = tool;
	p->outcome = outcome;
	p->result = buf_str(&json);
	p->wall_us = wall_us;
	live_post(l, &e);
}

static void
refuse(struct live *l, const struct agent_state *a, struct agent_call *c,
       const char *why)
{
	AUTO(message) m = { .role = ROLE_USER };

	message_result_add(message_result(&m, c->id, true), PART_TEXT, why,
			   NULL);
	c->posted = true;
	post_finished(l, a, c->id, c->tool, "refused", &m, 0);
}

/* --- starting ----------------------------------------------------------- */

static void
post_started(struct live *l, const struct agent_state *a,
	     const struct agent_spec *spec, struct agent_call *c,
	     bool read_only)
{
	struct event e = { .type = EV_call_started };
	struct ev_call_started *p = &e.call_started;

	p->step = run_agent_step(l->state, a);
	p->item = run_agent_item(l->state, a);
	p->call = c->id;
	p->tool = c->tool;
	p->profile = sandbox_profile_name(run_profile(l->state, spec->action));
	p->read_only = read_only;
	c->posted = true;
	live_post(l, &e);
}

/* False: no further one may start now. */
static bool
start_one(struct live *l, struct agent_state *a, const struct agent_spec *spec,
	  struct agent_call *c, bool *running)
{
	struct err err = ERR_INIT;
	const struct tool *t;
	bool together;

	if (c->status == CALL_OVER)
		return true;
	if (c->status == CALL_RUNNING || c->posted) {
		*running = true;
		t = l->o->tools->find(c->tool);
		return t && t->effects == TOOL_READS && !t->folder;
	}
	t = allowed(l, spec, c->tool, &err);
	if (!t) {
		refuse(l, a, c, err.msg);
		return true;
	}
	together = t->effects == TOOL_READS && !t->folder;
	if (!together && *running)
		return false;
	*running = true;
	post_started(l, a, spec, c, is_read_only(l, spec, t));
	return together;
}

void
agent_start_calls(struct live *l, struct agent_state *a)
{
	struct agent_spec spec;
	bool running = false;

	if (a->status != AGENT_CALLING || a->paused || l->state->doom.outcome)
		return;
	agent_spec_read(l->state, a, &spec);
	for (size_t i = 0; i < a->call_count; i++)
		if (!start_one(l, a, &spec, &a->calls[i], &running))
			break;
	agent_spec_release(&spec);
}

void
effect_called(struct live *l, const struct event *e)
{
	struct agent_state *a = agent_find(l->state, e->call_finished.step,
					   e->call_finished.item);

	if (a)
		agent_start_calls(l, a);
}

/* It goes on, or a call that waited before others is gone. */
void
effect_agent_paused(struct live *l, const struct event *e)
{
	struct agent_state *a = agent_find(l->state, e->agent_paused.step,
					   e->agent_paused.item);

	if (a)
		agent_start_calls(l, a);
}

void
effect_withdrawn(struct live *l, const struct event *e)
{
	struct agent_state *a = agent_find(l->state, e->call_withdrawn.step,
					   e->call_withdrawn.item);

	if (a)
		agent_start_calls(l, a);
}

/* --- the end of a call -------------------------------------------------- */

/* A guide that it asked for and got is an event as one that was loaded. */
static void
tell_reference(const struct call_effect *c, const struct agent_state *a)
{
	const struct message_part *r = c->answer.parts;
	const char *name = json_str(c->args, "name");

	if (!str_eq(c->tool, "load_reference") || !str_eq(c->outcome, "ok") ||
	    !name || !c->answer.part_count || !r->part_count || !r->parts->text)
		return;
	agent_post_reference(c->f.live, run_agent_step(c->f.live->state, a),
			     run_agent_item(c->f.live->state, a), name,
			     REFERENCE_ASKED, strlen(r->parts->text));
}

static void
finish(struct call_effect *c)
{
	struct live *l = c->f.live;
	const struct agent_state *a = run_agent(l->state, c->step, c->item);

	post_finished(l, a, c->id, c->tool, c->outcome, &c->answer,
		      clock_mono_us() - c->started_us);
	tell_reference(c, a);
	live_remove_effect(&c->f);
	release(c);
}

static void
fail(struct call_effect *c, const char *outcome, const char *why)
{
	c->outcome = outcome;
	message_release(&c->answer);
	message_result_add(message_result(&c->answer, c->id, true), PART_TEXT,
			   why, NULL);
}

static void
post_file(struct call_effect *c, const struct collect_file *f)
{
	struct live *l = c->f.live;
	const struct agent_state *a = run_agent(l->state, c->step, c->item);
	struct event made = { .type = EV_artifact_created };
	struct event seen = { .type = EV_visual_checked };
	struct ev_artifact_created *m = &made.artifact_created;
	struct ev_visual_checked *v = &seen.visual_checked;

	m->step = v->step = run_agent_step(l->state, a);
	m->item = v->item = run_agent_item(l->state, a);
	m->attempt = v->attempt = c->attempt;
	m->name = v->artifact = f->name;
	m->file = f->file;
	m->sha256 = v->sha256 = f->artifact.sha256;
	m->media_type = f->artifact.media_type;
	m->size_bytes = f->artifact.size_bytes;
	m->width = f->artifact.width;
	m->height = f->artifact.height;
	live_post(l, &made);
	v->ok = f->visual_ok;
	v->findings = f->findings;
	if (f->checked)
		live_post(l, &seen);
}

/* What the visual checks measured, in words for the model. */
static char *
findings_text(const struct collect_file *f)
{
	AUTO_JSON *all = f->findings ? cJSON_Parse(f->findings) : NULL;
	AUTO(buf) b = BUF_INIT;
	const cJSON *one;

	buf_printf(&b, "[visual checks of %s: ", f->name);
	if (f->visual_ok)
		buf_addstr(&b, "all passed");
	cJSON_ArrayForEach (one, all) {
		const char *what = json_str(one, "message");

		if (!json_bool(one, "ok", true) && what)
			buf_printf(&b, "%s: %s; ", json_str(one, "check"),
				   what);
	}
	buf_addch(&b, ']');
	return buf_steal(&b);
}

static void
on_looked(void *ud)
{
	struct call_effect *c = ud;
	struct message_part *result = &c->answer.parts[0];

	for (size_t i = 0; i < c->collect->file_count; i++) {
		const struct collect_file *f = &c->collect->files[i];
		AUTO_FREE char *findings = NULL;
		struct message_part *p;

		if (!f->stored)
			continue;
		post_file(c, f);
		if (!f->artifact.width) {
			findings = xasprintf("[file %s is kept as %s]", f->name,
					     f->artifact.path);
			message_result_add(result, PART_TEXT, findings, NULL);
			continue;
		}
		p = message_result_add(result, PART_IMAGE, f->artifact.path,
				       f->artifact.media_type);
		p->sha256 = xstrdup(f->artifact.sha256);
		free(p->name);
		p->name = xstrdup(f->name);
		if (!f->checked)
			continue;
		findings = findings_text(f);
		message_result_add(result, PART_TEXT, findings, NULL);
	}
	finish(c);
}

static void
do_store(void *ud)
{
	collect_store(((struct call_effect *)ud)->collect);
}

static void
on_stored(void *ud)
{
	struct call_effect *c = ud;

	collect_look(c->collect, c->f.live->o->loop, on_looked, c);
}

static const char *
outcome_word(enum tool_status status)
{
	static const char *const words[] = {
		[TOOL_OK] = "ok",
		[TOOL_FAILED] = "failed",
		[TOOL_TIMED_OUT] = "timeout",
		[TOOL_CANCELLED] = "cancelled",
	};

	return words[status];
}

static void
add_texts(struct call_effect *c, const struct tool_result *r)
{
	struct message_part *p =
		message_result(&c->answer, c->id, r->status != TOOL_OK);
	AUTO_FREE char *data = r->data ? json_print(r->data) : NULL;

	if (r->status != TOOL_OK)
		message_result_add(p, PART_TEXT,
				   r->error ? r->error : "it failed", NULL);
	for (size_t i = 0; i < r->part_count; i++)
		if (r->parts[i].kind == TOOL_PART_TEXT)
			message_result_add(p, PART_TEXT, r->parts[i].text,
					   NULL);
	if (data && strlen(data) <= DATA_LIMIT_BYTES)
		message_result_add(p, PART_TEXT, data, NULL);
	else if (data)
		message_result_add(p, PART_TEXT,
				   "[the structured result is "
				   "too long to show]",
				   NULL);
}

static void
on_done(void *ud, struct tool_result *r)
{
	struct call_effect *c = ud;

	c->call = NULL;
	c->outcome = outcome_word(r->status);
	add_texts(c, r);
	c->collect = collect_new();
	c->collect->run_dir = c->f.live->run_dir;
	c->collect->dir = c->dir;
	for (size_t i = 0; i < r->part_count; i++)
		if (r->parts[i].kind != TOOL_PART_TEXT)
			collect_add(c->collect, NULL, r->parts[i].name);
	if (c->collect->file_count)
		loop_work(c->f.live->o->loop, do_store, on_stored, c);
	else
		finish(c);
}

/* --- the call ----------------------------------------------------------- */

static bool
read_args(struct call_effect *c, const char *text, struct err *err)
{
	size_t len = strlen(text);

	if (len > ARGS_LIMIT_BYTES)
		return FAIL(err, ERR_TOOBIG,
			    "the arguments have %zu bytes, the most is %d; "
			    "write long text into a file",
			    len, ARGS_LIMIT_BYTES);
	c->args = json_parse(text, len, "the arguments", err);
	return c->args &&
	       (cJSON_IsObject(c->args) ||
		FAIL(err, ERR_DATA, "the arguments are not an object"));
}

/* A named tool's arguments are checked by its schema, and then it is a call of
 * python. */
static bool
name_args(struct call_effect *c, struct err *err)
{
	const struct named_tool *t =
		agent_named_tool(c->f.live, &c->spec, c->tool);
	cJSON *args;

	if (!t)
		return true;
	if (!tool_check_schema(t->schema, c->args, t->name, err))
		return false;
	if (!c->values)
		c->values = cJSON_CreateObject();
	args = tool_named_args(c->values, t->name, t->code, c->args);
	cJSON_Delete(c->args);
	c->args = args;
	return true;
}

static bool
begin(struct call_effect *c, const struct agent_state *a,
      const struct agent_call *call, struct err *err)
{
	struct live *l = c->f.live;
	const struct tool *t;

	agent_spec_read(l->state, a, &c->spec);
	t = allowed(l, &c->spec, call->tool, err);
	if (!t || !read_args(c, call->args, err) ||
	    !path_remove_tree(c->dir, err) ||
	    (t->folder && !path_mkdirs(c->dir, err)))
		return false;
	if (a->step >= 0) {
		step_show_inputs(l);
		c->values =
			run_item_values(l->state, a->step, a->item, a->attempt);
	}
	if (!name_args(c, err))
		return false;
	c->req = (struct tool_request){
		.session = l->session,
		.dir = c->dir,
		.profile = run_profile(l->state, c->spec.action),
		.hosts = c->spec.action->hosts,
		.args = c->args,
		.values = c->values,
		.on_done = on_done,
		.ud = c,
	};
	c->call = tool_start(t, &c->req, err);
	return c->call != NULL;
}

static void
cancel_call(struct effect *f)
{
	struct call_effect *c = (struct call_effect *)f;

	if (c->call)
		tool_cancel(c->call);
}

void
effect_call(struct live *l, const struct event *e)
{
	const struct ev_call_started *p = &e->call_started;
	struct agent_state *a = agent_find(l->state, p->step, p->item);
	struct call_effect *c;
	struct err err = ERR_INIT;
	size_t k = 0;

	while (a && k < a->call_count && !str_eq(a->calls[k].id, p->call))
		k++;
	/* Taken back while its event was on the way: it did not begin. */
	if (!a || k == a->call_count || a->calls[k].status != CALL_RUNNING)
		return;
	c = xcalloc(1, sizeof(*c));
	c->f.cancel = cancel_call;
	c->step = a->step;
	c->item = a->item;
	c->attempt = a->attempt;
	c->id = xstrdup(p->call);
	c->tool = xstrdup(p->tool);
	c->started_us = clock_mono_us();
	{
		AUTO_FREE char *dir = step_dir(l, p->step ? p->step : "planner",
					       p->item, a->attempt);

		c->dir = xasprintf("%s/t%d.%zu", dir, a->turn, k + 1);
	}
	live_add_effect(l, &c->f);
	if (begin(c, a, &a->calls[k], &err))
		return;
	fail(c, "failed", err.msg);
	finish(c);
}
