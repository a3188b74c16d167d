/*
 * engine_test.h - an engine in the test's folder, with tools of its own that
 * run in this process, and patterns written by the test.
 *
 *	work     reads; takes `ms`, fails while attempt <= `fail`
 *	append   may change something: adds `line` to `file` when it begins,
 *	         then as work
 *	note     the same, but says that it only reads
 *	hang     reads; ends only when it is cancelled
 *	bash, data_profile   as work, for the research workers
 *
 * Every run that ends or is parked is compared with the fold of its journal
 * (rig_close).
 */
#ifndef AGENTOPS_TESTS_ENGINE_TEST_H
#define AGENTOPS_TESTS_ENGINE_TEST_H

#include "know_test.h"
#include "run_test.h"

#include "base/json.h"
#include "run/audit.h"
#include "run/engine.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>

/* --- tools ------------------------------------------------------------- */

struct fake_call {
	struct tool_call_base base;
	const struct tool_request *req;
	struct loop_timer *timer;
};

static struct {
	int calls;
	enum sandbox_profile profile; /* of the last call */
} fake_seen;

static const struct tool fake_tools[];

static inline void
fake_end(struct fake_call *c, enum tool_status status, const char *error)
{
	struct tool_result r = { .status = status };

	tool_result_text(&r, "done");
	if (error)
		r.error = xstrdup(error);
	r.exit_status = status == TOOL_FAILED;
	c->req->on_done(c->req->ud, &r);
	tool_result_release(&r);
	free(c);
}

static inline void
fake_on_timer(void *ud)
{
	struct fake_call *c = ud;
	int64_t attempt = json_int(c->req->values, "attempt", 1);
	bool fails = attempt <= json_int(c->req->args, "fail", 0);

	fake_end(c, fails ? TOOL_FAILED : TOOL_OK,
		 fails ? "it was told to fail" : NULL);
}

static inline bool
fake_append(const cJSON *args, struct err *err)
{
	AUTO_FREE char *line = xasprintf("%s\n", json_str(args, "line"));
	AUTO_FD fd = open(json_str(args, "file"),
			  O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, line, strlen(line)) != (ssize_t)strlen(line))
		return FAIL(err, ERR_IO, "cannot append");
	return true;
}

static inline struct tool_call *
fake_start(const struct tool_request *req, struct err *err)
{
	struct fake_call *c;

	if (json_str(req->args, "line") && !fake_append(req->args, err))
		return NULL;
	c = xcalloc(1, sizeof(*c));
	c->base.tool = &fake_tools[0]; /* all cancel alike */
	fake_seen.calls++;
	fake_seen.profile = req->profile;
	c->req = req;
	c->timer = loop_timer(tool_session_loop(req->session),
			      json_int(req->args, "ms", 0), fake_on_timer, c);
	return (struct tool_call *)c;
}

static inline void
fake_cancel(struct tool_call *call)
{
	struct fake_call *c = (struct fake_call *)call;

	loop_timer_cancel(c->timer);
	fake_end(c, TOOL_CANCELLED, "cancelled");
}

#define FAKE_SCHEMA                                                        \
	"{\"type\":\"object\",\"properties\":{"                            \
	"\"command\":{\"type\":\"string\"},\"path\":{\"type\":\"string\"}," \
	"\"fail\":{\"type\":\"integer\"},\"ms\":{\"type\":\"integer\"},"   \
	"\"file\":{\"type\":\"string\"},\"line\":{\"type\":\"string\"}}}"

#define FAKE_TOOL(id, effect)                                             \
	{ .name = id, .summary = id, .schema = FAKE_SCHEMA,               \
	  .effects = effect, .profile = SANDBOX_READ_ONLY,                \
	  .folder = true, .start = fake_start, .cancel = fake_cancel }

static struct tool_call *
hang_start(const struct tool_request *req, struct err *err)
{
	struct fake_call *c = (struct fake_call *)fake_start(req, err);

	loop_timer_cancel(c->timer);
	c->timer = loop_timer(tool_session_loop(req->session), 1000000,
			      fake_on_timer, c);
	return (struct tool_call *)c;
}

static const struct tool fake_tools[] = {
	FAKE_TOOL("work", TOOL_READS),
	FAKE_TOOL("append", TOOL_WRITES),
	FAKE_TOOL("note", TOOL_READS),
	FAKE_TOOL("bash", TOOL_WRITES),
	FAKE_TOOL("data_profile", TOOL_READS),
	{ .name = "hang", .summary = "hang", .schema = FAKE_SCHEMA,
	  .profile = SANDBOX_READ_ONLY, .start = hang_start,
	  .cancel = fake_cancel },
};

static inline const struct tool *
fake_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(fake_tools); i++)
		if (strcmp(fake_tools[i].name, name) == 0)
			return &fake_tools[i];
	return NULL;
}

static inline const struct tool *const *
fake_all(void)
{
	static const struct tool *all[ARRAY_LEN(fake_tools) + 1];

	for (size_t i = 0; i < ARRAY_LEN(fake_tools); i++)
		all[i] = &fake_tools[i];
	return all;
}

static const struct workflow_tools fake_table = { fake_find, fake_all,
						  tool_check_args };

/* --- all that a state says, as text ------------------------------------ */

static inline void
dump_queue(struct buf *b, const char *name, const struct queue *q)
{
	buf_printf(b, "%s:", name);
	for (size_t i = q->head; i < q->head + q->count; i++)
		buf_printf(b, " %d.%d", q->entries[i].step,
			   q->entries[i].item);
	buf_addch(b, '\n');
}

static inline void
dump_json(struct buf *b, const char *name, const cJSON *v)
{
	AUTO_FREE char *text = v ? json_print(v) : xstrdup("-");

	buf_printf(b, "%s: %s\n", name, text);
}

#define TEXT(s) ((s) ? (s) : "-")

static inline void
dump_item(struct buf *b, const struct item_state *it)
{
	buf_printf(b, "  item %d %d %d %d %d %d %d %d %" PRId64 " %" PRId64
		   " %" PRId64 " %s %s %s %s %s %s\n",
		   it->status, it->attempt, it->tries_left, it->fallback,
		   it->paid, it->repeatable, it->invalid, it->exit_status,
		   it->started_us, it->ready_us, it->wall_us, TEXT(it->text),
		   TEXT(it->error), TEXT(it->args), TEXT(it->data),
		   TEXT(it->outputs), TEXT(it->findings));
}

static inline void
dump_steps(struct buf *b, const struct run_state *s)
{
	for (size_t i = 0; s->steps && i < s->workflow->step_count; i++) {
		const struct step_state *st = &s->steps[i];

		buf_printf(b, "step %s %d %d %d %d %d %d %s %d %d %d %d\n",
			   s->workflow->steps[i].id, st->needs_open,
			   st->need_failed, st->expanded, st->gate_open,
			   st->approved, st->outcome, TEXT(st->reason),
			   st->item_count, st->items_settled, st->validations,
			   st->validations_passed);
		for (int k = 0; k < st->item_count; k++)
			dump_item(b, &st->items[k]);
	}
}

static inline void
dump_lists(struct buf *b, const struct run_state *s)
{
	for (size_t i = 0; i < s->worker_count; i++)
		buf_printf(b, "worker %s %d %d %s %s\n", s->workers[i].name,
			   s->workers[i].status, s->workers[i].ok,
			   TEXT(s->workers[i].summary),
			   TEXT(s->workers[i].report));
	for (size_t i = 0; i < s->artifact_count; i++)
		buf_printf(b, "artifact %s %s %s %d %d %d\n",
			   s->artifacts[i].step, s->artifacts[i].name,
			   s->artifacts[i].sha256, s->artifacts[i].attempt,
			   s->artifacts[i].checked,
			   s->artifacts[i].visual_ok);
	for (size_t i = 0; i < s->gate_count; i++)
		buf_printf(b, "gate %d %d %d %d %d %d %s %s %s %s\n",
			   s->gates[i].kind, s->gates[i].risk,
			   s->gates[i].step, s->gates[i].item,
			   s->gates[i].open, s->gates[i].decision,
			   TEXT(s->gates[i].title), TEXT(s->gates[i].shown),
			   TEXT(s->gates[i].by), TEXT(s->gates[i].values));
}

static inline void
dump_state(struct buf *b, const struct run_state *s)
{
	buf_printf(b, "%s %" PRId64 " %s %" PRId64 " %" PRId64 " %" PRId64
		   "\n%s %s %s %d %d %d %s %d %d %d %d %d %d %d\n",
		   s->id, s->seq, s->hash, s->created_us, s->last_us,
		   s->human_wait_us, TEXT(s->task), TEXT(s->workspace),
		   TEXT(s->pattern), s->phase, s->phase_over, s->plan,
		   TEXT(s->plan_problem), s->risk, s->iteration, s->limit,
		   s->steps_settled, (int)s->running.count, s->high_started,
		   s->reviewed);
	buf_printf(b, "%d %d %s %d %d %s %s %d %d %d %d\n",
		   s->gates_open, s->checkpointed, TEXT(s->doom.outcome),
		   s->failing, s->ended, TEXT(s->outcome),
		   TEXT(s->outcome_reason), s->exit_status, s->learning,
		   s->metrics_in, s->rework);
	dump_json(b, "inputs", s->inputs);
	dump_queue(b, "ready", &s->ready);
	dump_queue(b, "running", &s->running);
	dump_queue(b, "broken", &s->broken);
	dump_queue(b, "interrupted", &s->interrupted);
	dump_queue(b, "backoff", &s->backoff);
	dump_steps(b, s);
	dump_lists(b, s);
}

/* --- the engine -------------------------------------------------------- */

struct rig {
	const char *dir;
	struct paths paths;
	struct journal *j;
	struct loop *loop;
	struct engine *e;
	const struct workflow_tools *tools;
	char run[ID_RUN_SIZE];
	int counts[EVENT_TYPES];
	struct buf live;    /* dump at the last run.ended or run.parked */
	bool ended, parked;
	int exit_status;
	char outcome[32];
	/* For tests that look at events themselves. */
	void (*watch)(struct rig *r, const struct event *e);
	int64_t number;     /* for watch */
};

static inline void
rig_on_event(void *ud, const struct run_state *s, const struct event *e,
	     const char *data)
{
	struct rig *r = ud;

	(void)data;
	r->counts[e->type]++;
	if (e->type == EV_run_ended || e->type == EV_run_parked) {
		buf_truncate(&r->live, 0);
		dump_state(&r->live, s);
		r->ended = s->ended;
		r->parked = !s->ended;
		r->exit_status = s->exit_status;
		snprintf(r->outcome, sizeof(r->outcome), "%s",
			 TEXT(s->outcome));
	}
	if (r->watch)
		r->watch(r, e);
}

/* False when the journal cannot be opened: for children, who may not use
 * cmocka. */
static inline bool
rig_try_open(struct rig *r, const char *dir, bool park,
	     const struct workflow_tools *tools, struct err *err)
{
	struct engine_options o = { .park = park };

	*r = (struct rig){ .dir = dir, .tools = tools };
	if (!paths_find(&r->paths, err) ||
	    !journal_open(&r->paths, &r->j, err))
		return false;
	r->loop = o.loop = loop_new();
	o.journal = r->j;
	o.paths = &r->paths;
	o.tools = r->tools;
	r->e = engine_new(&o);
	engine_observe(r->e, rig_on_event, r);
	return true;
}

static inline void
rig_open_with(struct rig *r, const char *dir, bool park,
	      const struct workflow_tools *tools)
{
	struct err err = ERR_INIT;

	assert_ok(rig_try_open(r, dir, park, tools, &err), err);
}

static inline void
rig_open(struct rig *r, const char *dir, bool park)
{
	rig_open_with(r, dir, park, &fake_table);
}

static inline void
rig_release(struct rig *r)
{
	engine_free(r->e);
	loop_free(r->loop);
	journal_free(r->j);
	paths_release(&r->paths);
	buf_release(&r->live);
}

static inline void
rig_no_problem(void *ud, const struct audit_problem *p)
{
	(void)ud;
	fail_msg("audit: run %s seq %" PRId64 ": %s", p->run, p->seq, p->what);
}

/* The journal folds to the state that the engine had, and is whole. */
static inline void
rig_check(struct rig *r)
{
	AUTO_PTR(run_state) s = NULL;
	AUTO(buf) stored = BUF_INIT;
	struct audit_result result;
	struct err err = ERR_INIT;

	assert_ok(audit_verify(r->j, r->run, rig_no_problem, NULL, &result,
			       &err),
		  err);
	s = engine_read(r->j, r->run, r->tools, &err);
	assert_ok(s != NULL, err);
	dump_state(&stored, s);
	assert_string_equal(buf_str(&stored), buf_str(&r->live));
}

static inline void
rig_close(struct rig *r)
{
	rig_check(r);
	rig_release(r);
}

/* Options is a JSON object's inside, after the pattern: ",\"jobs\":2". */
static inline bool
rig_create(struct rig *r, const char *pattern, const char *options,
	   struct err *err)
{
	AUTO_FREE char *text = xasprintf("{\"pattern\":\"%s\"%s}", pattern,
					 options);
	struct run_request req = { .task = "do what the test asks",
				   .workspace = r->dir,
				   .provider = "offline",
				   .options = text };

	return engine_create(r->e, &req, r->run, err);
}

static inline void
rig_go(struct rig *r)
{
	struct err err = ERR_INIT;

	r->parked = r->ended = false;
	assert_ok(engine_run(r->e, &err), err);
	assert_true(r->parked || r->ended);
}

static inline void
rig_start(struct rig *r, const char *pattern, const char *options)
{
	struct err err = ERR_INIT;

	assert_ok(rig_create(r, pattern, options, &err), err);
	rig_go(r);
}

static inline void
rig_resume(struct rig *r, const char *run)
{
	struct err err = ERR_INIT;

	memmove(r->run, run, sizeof(r->run));
	assert_ok(engine_resume(r->e, run, &err), err);
	rig_go(r);
}

/* Answers the one open gate, which is of this kind, and goes on. */
static inline void
rig_answer(struct rig *r, const char *kind, const char *decision,
	   const char *values)
{
	struct gate_answer a = { .decision = decision, .by = "ann",
				 .values = values };
	AUTO(arena) arena = { 0 };
	struct gate_row g;
	struct err err = ERR_INIT;
	char run[ID_RUN_SIZE];
	int64_t number;

	assert_ok(journal_find_gate(r->j, r->run, run, &number, &err), err);
	assert_ok(journal_get_gate(r->j, run, number, &arena, &g, &err), err);
	assert_string_equal(g.kind, kind);
	assert_ok(journal_decide(r->j, run, number, &a, &err), err);
	rig_resume(r, run);
}

/* A pattern of the user; steps is indented by two. */
static inline void
rig_pattern(const char *dir, const char *id, const char *workflow)
{
	AUTO_FREE char *head = xasprintf("workflow:\n  name: Test\n%s",
					 workflow);

	know_pattern(dir, "data/patterns/discovered", id, "Test pattern",
		     head);
}

static inline int
rig_setup(void **state)
{
	struct paths paths;

	if (test_dir_setup(state))
		return -1;
	paths = know_paths(*state);
	paths_release(&paths);
	/* Looking for Jupyter is not what these tests are about. */
	setenv("AGENTOPS_PYTHON", "/bin/false", 1);
	return 0;
}

#define rig_test(fn) \
	cmocka_unit_test_setup_teardown(fn, rig_setup, test_dir_teardown)

/* --- patterns that several tests run ----------------------------------- */

static const char yes_to_all[] = ",\"approve\":\"critical\"";

static const char mixed[] =
	"  risk: low\n"
	"  steps:\n"
	"    - {id: first, uses: work}\n"
	"    - {id: left, uses: work, needs: first, with: {ms: 5}}\n"
	"    - {id: right, uses: work, needs: first, with: {fail: 1},\n"
	"       retry: {attempts: 2, backoff: 1ms}}\n"
	"    - {id: broken, uses: work, with: {fail: 9}, needs: first,\n"
	"       fallback: {uses: work, with: {ms: 1}}}\n"
	"    - {id: never, uses: work, when: \"1 > 2\"}\n"
	"    - {id: each, uses: work, foreach: [1, 2, 3], needs: [left]}\n"
	"    - {id: none, uses: work, foreach: []}\n"
	"    - {id: maybe, uses: work, with: {fail: 9}, optional: true}\n"
	"    - {id: after, uses: work, needs: [maybe]}\n";

static inline void
limit_pattern(const char *dir, const char *risk, int steps)
{
	AUTO(buf) b = BUF_INIT;

	buf_printf(&b, "  risk: %s\n  jobs: 3\n  steps:\n", risk);
	for (int i = 0; i < steps; i++)
		buf_printf(&b, "    - {id: s%d, uses: note, "
			       "with: {file: \"%s/log\", line: s%d}}\n",
			   i, dir, i);
	rig_pattern(dir, risk, buf_str(&b));
}

static inline int
count_lines(const char *dir)
{
	AUTO_FREE char *path = path_join(dir, "log");
	AUTO(buf) b = BUF_INIT;
	int n = 0;

	if (!path_read(path, 1 << 20, &b, NULL))
		return 0;
	for (size_t i = 0; i < b.len; i++)
		n += b.data[i] == '\n';
	return n;
}

#endif
