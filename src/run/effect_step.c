/*
 * One attempt of one step.
 *
 *	call the tool -> collect (files, pictures, validations) ->
 *	validation commands -> post
 *
 * Invariants
 *  1. Exactly one step.finished is posted for each step.started, by finish,
 *     after all other events of the attempt and in the same turn.
 *  2. `call` is set exactly while a tool call is under way; only then can
 *     the effect be cancelled. A cancelled effect starts no further call.
 */
#include "run/effect_agent.h"

#include "base/clock.h"
#include "base/json.h"
#include "run/collect.h"

#include <stdlib.h>
#include <string.h>

enum {
	TEXT_LIMIT_BYTES = 16 << 10,
	DATA_LIMIT_BYTES = 4 << 20,
	GUARD_MS = 5000, /* a tool that overruns its limit is cancelled */
};

struct step_effect {
	struct effect f;
	const struct workflow_step *w;
	const struct workflow_action *action;
	int64_t item, attempt; /* as in the event */
	char *dir;
	cJSON *args, *values, *command_args;
	struct strv secrets; /* paths */
	struct tool_call *call;
	struct tool_request req; /* the tool borrows it */
	struct loop_timer *guard;
	int64_t started_us;
	bool timed_out;
	int agent_turns; /* of an agent: its newest folder */

	enum tool_status status;
	int exit_status;
	char *error;
	cJSON *data;
	struct buf text;
	struct collect *collect;
	size_t next_validation;
};

static void
release(struct step_effect *s)
{
	if (s->guard)
		loop_timer_cancel(s->guard);
	if (s->collect)
		collect_free(s->collect);
	cJSON_Delete(s->args);
	cJSON_Delete(s->values);
	cJSON_Delete(s->command_args);
	strv_release(&s->secrets);
	cJSON_Delete(s->data);
	buf_release(&s->text);
	free(s->error);
	free(s->dir);
	free(s);
}

static void
fail(struct step_effect *s, enum tool_status status, const char *why)
{
	if (s->status != TOOL_OK)
		return;
	s->status = status;
	s->error = xstrdup(why);
}

/* --- posting ----------------------------------------------------------- */

static void
post_file(struct step_effect *s, const struct collect_file *f)
{
	struct event made = { .type = EV_artifact_created };
	struct event seen = { .type = EV_visual_checked };
	struct ev_artifact_created *a = &made.artifact_created;
	struct ev_visual_checked *v = &seen.visual_checked;

	a->step = v->step = s->w->id;
	a->item = v->item = s->item;
	a->attempt = v->attempt = s->attempt;
	a->name = v->artifact = f->name;
	a->file = f->file;
	a->sha256 = v->sha256 = f->artifact.sha256;
	a->media_type = f->artifact.media_type;
	a->size_bytes = f->artifact.size_bytes;
	a->width = f->artifact.width;
	a->height = f->artifact.height;
	live_post(s->f.live, &made);
	v->ok = f->visual_ok;
	v->findings = f->findings;
	if (f->checked)
		live_post(s->f.live, &seen);
}

static void
post_validation(struct step_effect *s, size_t i)
{
	const struct validation_result *r = &s->collect->results[i];
	const char *kind = validation_name(s->w->validate[i].kind);
	AUTO_FREE char *name = *r->artifact ?
				       xasprintf("%s %s", kind, r->artifact) :
				       xstrdup(kind);
	struct event e = { .type = EV_step_validated };
	struct ev_step_validated *p = &e.step_validated;

	p->step = s->w->id;
	p->item = s->item;
	p->attempt = s->attempt;
	p->validation = name;
	p->ok = r->ok;
	p->message = r->message;
	live_post(s->f.live, &e);
}

static char *
outputs_json(const struct step_effect *s)
{
	AUTO(buf) b = BUF_INIT;

	buf_addch(&b, '{');
	for (size_t i = 0; s->collect && i < s->collect->file_count; i++) {
		const struct collect_file *f = &s->collect->files[i];

		if (!f->stored || !f->declared)
			continue;
		json_add_key(&b, f->name);
		json_add_str(&b, f->artifact.path);
	}
	buf_addch(&b, '}');
	return buf_steal(&b);
}

static const char *
outcome_word(const struct step_effect *s)
{
	if (s->timed_out)
		return "timeout";
	switch (s->status) {
	case TOOL_OK:
		return "ok";
	case TOOL_TIMED_OUT:
		return "timeout";
	case TOOL_CANCELLED:
		return "cancelled";
	case TOOL_FAILED:
		break;
	}
	return "failed";
}

static void
finish(struct step_effect *s)
{
	AUTO_FREE char *data = s->data ? json_print(s->data) : NULL;
	AUTO_FREE char *outputs = outputs_json(s);
	struct event e = { .type = EV_step_finished };
	struct ev_step_finished *p = &e.step_finished;

	for (size_t i = 0; s->collect && i < s->collect->file_count; i++)
		if (s->collect->files[i].stored)
			post_file(s, &s->collect->files[i]);
	for (size_t i = 0; s->status == TOOL_OK && s->collect &&
			   s->collect->results && i < s->w->validate_count;
	     i++)
		post_validation(s, i);
	p->step = s->w->id;
	p->item = s->item;
	p->attempt = s->attempt;
	p->outcome = outcome_word(s);
	p->error = s->error;
	p->exit_status = s->exit_status;
	p->text = buf_str(&s->text);
	p->data = data;
	p->outputs = outputs;
	p->wall_us = clock_mono_us() - s->started_us;
	live_post(s->f.live, &e);
	live_remove_effect(&s->f);
	release(s);
}

/* --- validation commands ----------------------------------------------- */

static void next_command(struct step_effect *s);

static bool
call(struct step_effect *s, const struct tool *tool, const cJSON *args,
     int64_t timeout_ms, tool_done_fn *done, struct err *err)
{
	s->req = (struct tool_request){
		.session = s->f.live->session,
		.dir = s->dir,
		.profile = run_profile(s->f.live->state, s->action),
		.hosts = s->action->hosts,
		.secrets = (const char *const *)s->secrets.items,
		.args = args,
		.values = s->values,
		.timeout_ms = timeout_ms,
		.on_done = done,
		.ud = s,
	};

	s->call = tool_start(tool, &s->req, err);
	return s->call != NULL;
}

static void
on_command_done(void *ud, struct tool_result *r)
{
	struct step_effect *s = ud;
	size_t i = s->next_validation++;
	bool ran = r->status == TOOL_OK ||
		   (r->status == TOOL_FAILED && r->exit_status);

	s->call = NULL;
	if (r->status == TOOL_CANCELLED)
		fail(s, TOOL_CANCELLED, "cancelled");
	validation_command(&s->w->validate[i], ran ? r->exit_status : -1,
			   ran ? NULL : r->error, &s->collect->results[i]);
	next_command(s);
}

static void
next_command(struct step_effect *s)
{
	size_t *i = &s->next_validation;
	struct err err = ERR_INIT;

	if (s->f.cancelled)
		fail(s, TOOL_CANCELLED, "cancelled");
	for (; s->status == TOOL_OK && *i < s->w->validate_count; ++*i) {
		const struct validation *v = &s->w->validate[*i];

		if (v->kind != VALIDATION_COMMAND)
			continue;
		cJSON_Delete(s->command_args);
		s->command_args = cJSON_CreateObject();
		cJSON_AddStringToObject(s->command_args, "command",
					v->command);
		if (call(s, s->f.live->o->tools->find("bash"),
			 s->command_args, 0, on_command_done, &err))
			return;
		validation_command(v, -1, err.msg, &s->collect->results[*i]);
	}
	finish(s);
}

/* --- collecting -------------------------------------------------------- */

/* Copies the file of the newest folder of an agent's calls (tTURN.CALL) that
 * has it into the step's own. */
static void
bring_output(struct step_effect *s, const char *file)
{
	enum { CALLS_MAX = 32, BYTES_MAX = 256 << 20 };

	for (int t = s->agent_turns; t > 0; t--)
		for (int k = CALLS_MAX; k > 0; k--) {
			AUTO_FREE char *dir =
				xasprintf("%s/t%d.%d", s->dir, t, k);
			AUTO_FREE char *to = path_join(s->dir, file);
			AUTO_FREE char *above = path_dir(to);
			AUTO(buf) data = BUF_INIT;
			AUTO_FD fd = -1;

			if (!path_open_beneath(dir, file, &fd, NULL))
				continue;
			if (path_read_fd(fd, file, BYTES_MAX, &data, NULL) &&
			    path_mkdirs(above, NULL))
				path_write_atomic(to, buf_str(&data),
						  data.len, 0600, NULL);
			return;
		}
}

static void
do_store(void *ud)
{
	struct step_effect *s = ud;

	for (size_t i = 0; s->agent_turns && i < s->w->output_count; i++)
		bring_output(s, s->w->outputs[i].file);
	collect_store(s->collect);
}

static void
do_validate(void *ud)
{
	struct step_effect *s = ud;

	collect_validate(s->collect);
}

static void
on_collected(void *ud)
{
	struct step_effect *s = ud;

	for (size_t i = 0; i < s->collect->file_count; i++) {
		const struct collect_file *f = &s->collect->files[i];

		if (f->problem && f->declared)
			fail(s, TOOL_FAILED, f->problem);
	}
	next_command(s);
}

static void
on_looked(void *ud)
{
	struct step_effect *s = ud;

	loop_work(s->f.live->o->loop, do_validate, on_collected, s);
}

static void
on_stored(void *ud)
{
	struct step_effect *s = ud;

	collect_look(s->collect, s->f.live->o->loop, on_looked, s);
}

/* A step that says which exit status it expects is not failed by it. */
static bool
exit_is_expected(const struct step_effect *s)
{
	for (size_t i = 0; i < s->w->validate_count; i++)
		if (s->w->validate[i].kind == VALIDATION_EXIT &&
		    s->w->validate[i].exit_status == s->exit_status)
			return true;
	return false;
}

static void
collect(struct step_effect *s, const struct tool_result *r)
{
	bool outputs = s->status == TOOL_OK;

	if (!r->part_count && (!outputs || (!s->w->output_count &&
					    !s->w->validate_count))) {
		finish(s);
		return;
	}
	s->collect = collect_new();
	s->collect->run_dir = s->f.live->run_dir;
	s->collect->dir = s->dir;
	s->collect->workflow = s->f.live->state->workflow;
	s->collect->step = s->w;
	s->collect->text = buf_str(&s->text);
	s->collect->exit_status = s->exit_status;
	s->collect->validate = outputs && s->w->validate_count;
	if (s->collect->validate) {
		s->collect->data = cJSON_Duplicate(s->data, true);
		s->collect->values = cJSON_Duplicate(s->values, true);
	}
	for (size_t i = 0; outputs && i < s->w->output_count; i++)
		collect_add(s->collect, s->w->outputs[i].name,
			    s->w->outputs[i].file);
	for (size_t i = 0; i < r->part_count; i++)
		if (r->parts[i].kind != TOOL_PART_TEXT)
			collect_add(s->collect, NULL, r->parts[i].name);
	loop_work(s->f.live->o->loop, do_store, on_stored, s);
}

/* --- the call ---------------------------------------------------------- */

static void
take_result(struct step_effect *s, struct tool_result *r)
{
	AUTO_FREE char *data = r->data ? json_print(r->data) : NULL;

	s->exit_status = r->exit_status;
	for (size_t i = 0; i < r->part_count; i++) {
		if (r->parts[i].kind != TOOL_PART_TEXT)
			continue;
		if (s->text.len)
			buf_addch(&s->text, '\n');
		buf_addstr(&s->text, r->parts[i].text);
	}
	if (s->text.len > TEXT_LIMIT_BYTES)
		buf_truncate(&s->text, TEXT_LIMIT_BYTES);
	if (r->status != TOOL_OK &&
	    !(r->status == TOOL_FAILED && exit_is_expected(s)))
		fail(s, r->status, r->error ? r->error : "no reason given");
	if (data && strlen(data) > DATA_LIMIT_BYTES)
		fail(s, TOOL_FAILED,
		     "the structured result is over 4 MiB; write it to a "
		     "file and name that in outputs");
	else
		s->data = TAKE(r->data);
}

static void
on_done(void *ud, struct tool_result *r)
{
	struct step_effect *s = ud;

	s->call = NULL;
	if (s->guard)
		loop_timer_cancel(s->guard);
	s->guard = NULL;
	take_result(s, r);
	collect(s, r);
}

static void
on_guard(void *ud)
{
	struct step_effect *s = ud;

	s->guard = NULL;
	s->timed_out = true;
	if (s->call)
		tool_cancel(s->call);
}

static void
cancel_step(struct effect *f)
{
	struct step_effect *s = (struct step_effect *)f;

	if (s->call)
		tool_cancel(s->call);
}

/* RUN_DIR/work/STEP.ATTEMPT or STEP.ITEM.ATTEMPT (no id holds a dot). */
char *
step_dir(const struct live *l, const char *step, int64_t item,
	 int64_t attempt)
{
	if (item >= 0)
		return xasprintf("%s/work/%s.%lld.%lld", l->run_dir, step,
				 (long long)item, (long long)attempt);
	return xasprintf("%s/work/%s.%lld", l->run_dir, step,
			 (long long)attempt);
}

/* Made when something will be in it, and empty: what an interrupted attempt
 * left is not this one's. */
static bool
make_dir(struct step_effect *s, struct err *err)
{
	s->dir = step_dir(s->f.live, s->w->id, s->item, s->attempt);
	if (!s->action->tool->folder && !s->w->output_count &&
	    !s->w->validate_count)
		return true;
	return path_remove_tree(s->dir, err) && path_mkdirs(s->dir, err);
}

/* What a person named as an input may be read wherever it lies: a data file
 * in /tmp, a repository beside the workspace. */
void
step_show_inputs(struct live *l)
{
	const struct workflow *w = l->state->workflow;
	AUTO(strv) paths = STRV_INIT;

	for (size_t i = 0; i < w->input_count; i++) {
		const char *value = json_str(l->state->inputs,
					     w->inputs[i].name);
		AUTO_FREE char *path = NULL;

		if (w->inputs[i].type != INPUT_FILE || str_empty(value))
			continue;
		path = path_join(l->state->workspace, value);
		if (path_exists(path))
			strv_take(&paths, TAKE(path));
	}
	if (paths.count)
		tool_session_set_readable(l->session,
					  (const char *const *)paths.items);
}

/* Arguments and values: as they were resolved for the event, or anew. */
static bool
resolve(struct step_effect *s, const struct ev_step_started *p,
	struct err *err)
{
	struct run_state *state = s->f.live->state;
	int item = p->item < 0 ? 0 : (int)p->item;
	struct run_start start;

	if (run_take_start(state, s->w->index, item, (int)p->attempt, p->args,
			   &start)) {
		s->args = start.args;
		s->values = start.values;
		free(start.text);
		return true;
	}
	s->args = json_parse(p->args, strlen(p->args), "arguments", err);
	if (!s->args)
		return false;
	s->values = run_item_values(state, s->w->index, item, (int)p->attempt);
	return true;
}

static bool
begin(struct step_effect *s, const struct event *e, struct err *err)
{
	const struct ev_step_started *p = &e->step_started;
	struct live *l = s->f.live;

	if (!resolve(s, p, err) || !make_dir(s, err) ||
	    !step_give_secrets(l, s->action, s->values, &s->secrets, err))
		return false;
	step_show_inputs(l);
	if (!call(s, s->action->tool, s->args, s->action->timeout_ms, on_done,
		  err))
		return false;
	if (s->action->timeout_ms > 0)
		s->guard = loop_timer(l->o->loop,
				      s->action->timeout_ms + GUARD_MS,
				      on_guard, s);
	return true;
}

static struct step_effect *
new_effect(struct live *l, int step, int64_t item, int64_t attempt,
	   bool fallback)
{
	struct step_effect *s = xcalloc(1, sizeof(*s));

	s->f.cancel = cancel_step;
	s->w = &l->state->workflow->steps[step];
	s->action = fallback && s->w->fallback ? s->w->fallback :
						 &s->w->action;
	s->item = item;
	s->attempt = attempt;
	s->started_us = clock_mono_us();
	live_add_effect(l, &s->f);
	return s;
}

/* What an agent says at its end. It has worked in folders of its calls: an
 * output is the newest of them. */
void
step_agent_end(struct live *l, const struct agent_state *a, const char *text,
	       const char *error)
{
	const struct item_state *it = &l->state->steps[a->step].items[a->item];
	struct tool_result none = { 0 };
	struct err err = ERR_INIT;
	struct step_effect *s =
		new_effect(l, a->step, run_agent_item(l->state, a), a->attempt,
			   it->fallback);

	s->started_us -= clock_wall_us() - it->started_us;
	s->agent_turns = a->turn;
	s->dir = step_dir(l, s->w->id, s->item, s->attempt);
	s->values = run_item_values(l->state, a->step, a->item, a->attempt);
	buf_addstr(&s->text, text);
	if (s->text.len > TEXT_LIMIT_BYTES)
		buf_truncate(&s->text, TEXT_LIMIT_BYTES);
	/* An agent that called no tool has no folder yet. */
	if (!error && !path_mkdirs(s->dir, &err))
		error = err.msg;
	if (error)
		fail(s, l->state->doom.outcome ? TOOL_CANCELLED : TOOL_FAILED,
		     error);
	collect(s, &none);
}

void
effect_step(struct live *l, const struct event *e)
{
	const struct ev_step_started *p = &e->step_started;
	struct step_effect *s;
	struct err err = ERR_INIT;

	if (str_eq(p->tool, "agent")) {
		step_agent_begin(l, e);
		return;
	}
	s = new_effect(l, workflow_find(l->state->workflow, p->step), p->item,
		       p->attempt, p->fallback);
	if (begin(s, e, &err))
		return;
	fail(s, TOOL_FAILED, err.msg);
	finish(s);
}
