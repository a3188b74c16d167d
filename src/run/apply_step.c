/* The fold of what happens to steps: see fold.h. */
#include "base/json.h"
#include "run/fold.h"

#include <stdlib.h>
#include <string.h>

struct step_state *
fold_find_step(struct run_state *s, const char *id, int *ret_index)
{
	int i = s->phase == PHASE_IMPLEMENT && id ?
			workflow_find(s->workflow, id) :
			-1;

	*ret_index = i;
	return i < 0 ? NULL : &s->steps[i];
}

/* The item an event speaks of; NULL when there is none such. */
struct item_state *
fold_find_item(struct run_state *s, const char *id, int64_t item, int *ret_step)
{
	struct step_state *st = fold_find_step(s, id, ret_step);

	if (!st || (item < 0 && st->is_list))
		return NULL;
	if (item < 0)
		item = 0;
	return item < st->item_count ? &st->items[item] : NULL;
}

static void
fold_settle_step(struct run_state *s, int step, enum item_status outcome)
{
	struct step_state *st = &s->steps[step];

	if (st->outcome != ITEM_WAITING)
		return;
	st->outcome = outcome;
	s->steps_settled++;
	if (outcome == ITEM_FAILED && !s->workflow->steps[step].optional) {
		AUTO_FREE char *why = xasprintf("step %s failed%s%s",
						s->workflow->steps[step].id,
						st->reason ? ": " : "",
						st->reason ? st->reason : "");

		fold_doom(s, "failed", why, 1);
	}
	queue_push(&s->fresh, step, -1);
	queue_drop(&s->ready, step, -1);
	for (int i = s->user_at[step]; i < s->user_at[step + 1]; i++) {
		struct step_state *user = &s->steps[s->users[i]];

		user->need_failed |=
			outcome == ITEM_FAILED || outcome == ITEM_CANCELLED;
		if (--user->needs_open == 0 && user->outcome == ITEM_WAITING)
			queue_push(&s->ready, s->users[i], -1);
	}
}

/* A foreach step is what its worst element is. */
static enum item_status
worst(const struct step_state *st)
{
	enum item_status w = ITEM_DONE;

	for (int i = 0; i < st->item_count; i++) {
		enum item_status is = st->items[i].status;

		if (is == ITEM_FAILED || is == ITEM_CANCELLED)
			return is;
		if (is == ITEM_SKIPPED)
			w = is;
	}
	return w;
}

void
fold_settle_item(struct run_state *s, int step, struct item_state *it,
		 enum item_status outcome)
{
	struct step_state *st = &s->steps[step];
	int k = (int)(it - st->items);

	if (it->status >= ITEM_DONE)
		return;
	if (it->status == ITEM_READY)
		queue_drop(&s->ready, step, k);
	it->status = outcome;
	if (++st->items_settled == st->item_count)
		fold_settle_step(s, step, worst(st));
}

static void
drop_data(struct item_state *it)
{
	if (it->owns_data)
		free((char *)it->data);
	it->owns_data = false;
	it->data = NULL;
}

void
fold_release_items(struct item_state *items, int item_count)
{
	for (int i = 0; i < item_count; i++)
		drop_data(&items[i]);
}

static void
keep_data(struct run_state *s, struct item_state *it, const char *data)
{
	enum { LONG_BYTES = 1024 };

	drop_data(it);
	it->owns_data = data && strlen(data) > LONG_BYTES;
	it->data = it->owns_data ? xstrdup(data) : fold_keep(s, data);
}

static void
keep_value(struct run_state *s, struct item_state *it, const cJSON *v)
{
	AUTO(buf) text = BUF_INIT;
	AUTO_FREE char *other = NULL;

	/* Mostly file names, and there may be many. */
	if (cJSON_IsString(v))
		json_add_str(&text, v->valuestring);
	else
		other = json_print(v);
	it->value = fold_keep(s, other ? other : buf_str(&text));
}

/* values: the foreach list, or NULL. */
static void
expand(struct run_state *s, int step, const cJSON *values)
{
	const struct workflow_step *w = &s->workflow->steps[step];
	struct step_state *st = &s->steps[step];
	const cJSON *v = values ? values->child : NULL;

	queue_drop(&s->ready, step, -1);
	st->expanded = true;
	st->is_list = values != NULL;
	st->item_count = values ? cJSON_GetArraySize(values) : 1;
	st->items = xcalloc((size_t)st->item_count, sizeof(*st->items));
	for (int i = 0; i < st->item_count; i++, v = v ? v->next : NULL) {
		st->items[i].status = ITEM_READY;
		st->items[i].tries_left = (signed char)w->attempts;
		st->items[i].attempt = st->attempts_before;
		if (v)
			keep_value(s, &st->items[i], v);
	}
	/* Before what waits already: what an iteration was counted for starts
	 * before the next one is counted, or meets the limit. */
	for (int i = st->item_count; i-- > 0;)
		queue_push_front(&s->ready, step, i);
}

static bool
may_expand(const struct step_state *st)
{
	return !st->expanded && !st->needs_open && !st->gate_open &&
	       st->outcome == ITEM_WAITING;
}

void
apply_step_expanded(struct run_state *s, const struct event *e)
{
	AUTO_JSON *items = e->step_expanded.items ?
				   cJSON_Parse(e->step_expanded.items) :
				   NULL;
	int i;
	struct step_state *st = fold_find_step(s, e->step_expanded.step, &i);

	if (!st || !may_expand(st) || !cJSON_IsArray(items))
		return;
	expand(s, i, items);
	if (st->item_count == 0)
		fold_settle_step(s, i, ITEM_DONE);
}

/* For the next attempt of the item, or the next turn of its agent. */
static void
pay(struct run_state *s, int step, int item)
{
	struct item_state *it = &s->steps[step].items[item];
	struct agent_state *a = run_agent(s, step, item);

	if (a && it->status == ITEM_RUNNING)
		a->counted = true;
	else
		it->paid = true;
}

void
apply_iteration_started(struct run_state *s, const struct event *e)
{
	int i;
	struct step_state *st =
		fold_find_step(s, e->iteration_started.step, &i);

	s->iteration = fold_count(e->iteration_started.number);
	s->checkpointed = false;
	if (!st)
		return;
	if (may_expand(st))
		expand(s, i, NULL);
	for (int k = 0; k < st->item_count; k++)
		if (e->iteration_started.item < 0 ||
		    e->iteration_started.item == k)
			pay(s, i, k);
}

static void
note_high_risk(struct run_state *s, int step)
{
	struct policy_class c = POLICY_CLASS_INIT;

	if (s->high_started || s->risk < RISK_HIGH)
		return;
	workflow_step_class(s->workflow, &s->workflow->steps[step], s->inputs,
			    &c);
	s->high_started = c.risk >= RISK_HIGH;
	policy_class_release(&c);
}

void
apply_step_started(struct run_state *s, const struct event *e)
{
	const struct ev_step_started *p = &e->step_started;
	int i;
	struct item_state *it = fold_find_item(s, p->step, p->item, &i);
	int k;

	if (!it || (it->status != ITEM_READY && it->status != ITEM_BACKOFF &&
		    it->status != ITEM_INTERRUPTED))
		return;
	k = (int)(it - s->steps[i].items);
	queue_drop(&s->ready, i, k);
	queue_drop(&s->interrupted, i, k);
	queue_drop(&s->backoff, i, k);
	if (p->attempt > it->attempt && it->tries_left > 0)
		it->tries_left--;
	if (p->attempt > 1 && p->attempt > it->attempt)
		s->rework++;
	fold_agent_attempt(s, i, k, fold_count(p->attempt));
	it->status = ITEM_RUNNING;
	it->attempt = fold_count(p->attempt);
	it->fallback = p->fallback;
	it->repeatable = p->repeatable;
	it->invalid = it->paid = false;
	it->args = fold_keep(s, p->args);
	it->error = NULL;
	it->started_us = e->ts_us;
	queue_push(&s->running, i, k);
	note_high_risk(s, i);
}

void
apply_artifact_created(struct run_state *s, const struct event *e)
{
	const struct ev_artifact_created *p = &e->artifact_created;
	int i;

	if (!fold_find_item(s, p->step, p->item, &i))
		return;
	GROW(s->artifacts, s->artifact_count, s->artifact_cap);
	s->artifacts[s->artifact_count++] = (struct artifact_state){
		.step = fold_keep(s, p->step),
		.name = fold_keep(s, p->name),
		.file = fold_keep(s, p->file),
		.sha256 = fold_keep(s, p->sha256),
		.media_type = fold_keep(s, p->media_type),
		.item = (int)p->item,
		.attempt = (int)p->attempt,
		.size_bytes = p->size_bytes,
		.width = (int)p->width,
		.height = (int)p->height,
	};
}

/* Adds the elements of the JSON array more. The text grows in place, by
 * doubling: an item may fail validation thousands of times. */
static void
add_findings(struct run_state *s, struct item_state *it, const char *more)
{
	size_t more_len = strlen(more);
	size_t old = it->findings_len > 2 ? it->findings_len - 1 : 0;
	size_t need = old + more_len + 1;
	char *text = it->findings;

	if (old && more_len <= 2)
		return;
	if (need > it->findings_cap) {
		it->findings_cap = old ? 2 * need : need;
		text = arena_alloc(&s->arena, it->findings_cap);
		if (old)
			memcpy(text, it->findings, old);
	}
	memcpy(text + old, more, more_len + 1);
	if (old)
		text[old] = ',';
	it->findings = text;
	it->findings_len = old + more_len;
}

/* The findings of a report that are not ok. */
static char *
only_bad(const char *findings)
{
	AUTO_JSON *all = cJSON_Parse(findings);
	AUTO_JSON *bad = cJSON_CreateArray();
	const cJSON *f;

	cJSON_ArrayForEach (f, all)
		if (!json_bool(f, "ok", true))
			cJSON_AddItemToArray(bad, cJSON_Duplicate(f, true));
	return json_print(bad);
}

void
apply_visual_checked(struct run_state *s, const struct event *e)
{
	const struct ev_visual_checked *p = &e->visual_checked;
	int i;
	struct item_state *it = fold_find_item(s, p->step, p->item, &i);

	for (size_t k = s->artifact_count; k-- > 0;) {
		struct artifact_state *a = &s->artifacts[k];

		if (!str_eq(a->sha256, p->sha256) ||
		    !str_eq(a->step, p->step) || a->attempt != p->attempt)
			continue;
		a->checked = true;
		a->visual_ok = p->ok;
		a->findings = fold_keep(s, p->findings);
		break;
	}
	if (it && !p->ok && p->findings) {
		AUTO_FREE char *bad = only_bad(p->findings);

		add_findings(s, it, bad);
	}
}

void
apply_step_validated(struct run_state *s, const struct event *e)
{
	const struct ev_step_validated *p = &e->step_validated;
	AUTO(buf) finding = BUF_INIT;
	int i;
	struct item_state *it = fold_find_item(s, p->step, p->item, &i);

	if (!it)
		return;
	if (p->attempt == 1) {
		s->steps[i].validations++;
		s->steps[i].validations_passed += p->ok;
	}
	if (p->ok)
		return;
	it->invalid = true;
	buf_addstr(&finding, "[{");
	json_add_key(&finding, "check");
	json_add_str(&finding, p->validation ? p->validation : "");
	json_add_key(&finding, "message");
	json_add_str(&finding, p->message ? p->message : "");
	buf_addstr(&finding, "}]");
	add_findings(s, it, buf_str(&finding));
}

void
apply_step_finished(struct run_state *s, const struct event *e)
{
	const struct ev_step_finished *p = &e->step_finished;
	bool ok = str_eq(p->outcome, "ok");
	int i;
	struct item_state *it = fold_find_item(s, p->step, p->item, &i);

	if (!it || it->status != ITEM_RUNNING || p->attempt != it->attempt)
		return;
	queue_drop(&s->running, i, (int)(it - s->steps[i].items));
	it->error = fold_keep(s, p->error);
	it->exit_status = (int)p->exit_status;
	it->text = fold_keep(s, p->text);
	keep_data(s, it, p->data);
	it->outputs = fold_keep(s, p->outputs);
	if (__builtin_add_overflow(it->wall_us, p->wall_us, &it->wall_us))
		it->wall_us = INT64_MAX;
	if (it->wall_us > s->steps[i].longest_us)
		s->steps[i].longest_us = it->wall_us;
	if (str_eq(p->outcome, "cancelled")) {
		fold_settle_item(s, i, it, ITEM_CANCELLED);
	} else if (ok && !it->invalid) {
		fold_settle_item(s, i, it, ITEM_DONE);
	} else {
		it->status = ITEM_BROKEN;
		queue_push(&s->broken, i, (int)(it - s->steps[i].items));
	}
}

void
apply_step_retrying(struct run_state *s, const struct event *e)
{
	const struct ev_step_retrying *p = &e->step_retrying;
	int i, k;
	struct item_state *it = fold_find_item(s, p->step, p->item, &i);

	if (!it || it->status != ITEM_BROKEN)
		return;
	k = (int)(it - s->steps[i].items);
	queue_drop(&s->broken, i, k);
	if (p->fallback && !it->fallback) {
		it->fallback = true;
		it->tries_left = 1;
	}
	it->status = ITEM_BACKOFF;
	it->ready_us = e->ts_us + fold_count(p->delay_ms) * INT64_C(1000);
	queue_push(&s->backoff, i, k);
}

void
apply_step_settled(struct run_state *s, const struct event *e)
{
	const struct ev_step_settled *p = &e->step_settled;
	enum item_status outcome = ITEM_WAITING;
	int i;
	struct step_state *st = fold_find_step(s, p->step, &i);
	struct item_state *it = fold_find_item(s, p->step, p->item, &i);

	for (int k = ITEM_DONE; k <= ITEM_CANCELLED; k++)
		if (str_eq(p->outcome, item_status_name((enum item_status)k)))
			outcome = (enum item_status)k;
	if (!st || st->outcome != ITEM_WAITING || outcome == ITEM_WAITING ||
	    (it ? it->status == ITEM_RUNNING || it->status == ITEM_ASKED :
		  st->expanded || st->needs_open || st->gate_open))
		return;
	st->reason = fold_keep(s, p->reason);
	if (it) {
		int k = (int)(it - st->items);

		queue_drop(&s->broken, i, k);
		queue_drop(&s->interrupted, i, k);
		queue_drop(&s->backoff, i, k);
		fold_settle_item(s, i, it, outcome);
	} else {
		fold_settle_step(s, i, outcome);
	}
}
