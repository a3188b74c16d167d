/*
 * fork.c
 *
 *  1. The fork's folder and its artifacts are there, and durable, before the
 *     one transaction that makes the run. Killed in between, a folder without
 *     a run is left: it harms nobody, and its name is not used again.
 *  2. The copied events are decoded and encoded again only in what they say
 *     of paths: their data is the stored text, with the origin's artifact
 *     folder replaced by the fork's (the same length: ids are).
 *  3. Other processes may append to the origin meanwhile: events up to a
 *     sequence number never change.
 */
#include "run/fork.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "flow/policy.h"
#include "run/engine.h"
#include "run/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- points ------------------------------------------------------------- */

void
fork_points_release(struct fork_points *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->items[i].what);
	free(p->items);
	memset(p, 0, sizeof(*p));
}

/* What a person knows a place by; NULL for events that are no place. */
static char *
point_text(const struct event *e)
{
	switch (e->type) {
	case EV_phase_finished:
		return xasprintf("%s is done", e->phase_finished.phase);
	case EV_plan_proposed:
		return xstrdup("a plan is proposed");
	case EV_plan_accepted:
		return xstrdup("the plan is accepted");
	case EV_gate_opened:
		return xasprintf("gate %" PRId64 " %s: %s",
				 e->gate_opened.gate, e->gate_opened.kind,
				 e->gate_opened.title ? e->gate_opened.title :
							"");
	case EV_step_finished:
		return xasprintf("step %s: %s", e->step_finished.step,
				 e->step_finished.outcome);
	default:
		return NULL;
	}
}

static bool
is_the_end(const struct event *e)
{
	return e->type == EV_run_failing || e->type == EV_learn_asked ||
	       e->type == EV_run_ended ||
	       (e->type == EV_phase_started &&
		str_eq(e->phase_started.phase, phase_name(PHASE_LEARN)));
}

static bool
take_point(void *ud, const struct event *e, const char *data)
{
	struct fork_points *p = ud;
	char *what;

	(void)data;
	if (is_the_end(e))
		return false;
	p->last = e->seq;
	what = point_text(e);
	if (what) {
		GROW(p->items, p->count, p->cap);
		p->items[p->count++] =
			(struct fork_point){ e->seq, e->ts_us, what };
	}
	return true;
}

bool
fork_points_read(struct journal *j, const char *run, struct fork_points *ret,
		 struct err *err)
{
	AUTO(arena) arena = { 0 };
	struct fork_points p = { 0 };

	if (!journal_read(j, run, 1, &arena, take_point, &p, err)) {
		fork_points_release(&p);
		return false;
	}
	*ret = p;
	return true;
}

int64_t
fork_point_default(const struct fork_points *p)
{
	for (size_t i = p->count; i > 0; i--)
		if (str_starts(p->items[i - 1].what, "gate "))
			return p->items[i - 1].seq;
	return p->last;
}

bool
fork_parse(struct journal *j, const char *text, char *ret_run,
	   int64_t *ret_seq, struct err *err)
{
	const char *at = strrchr(text, '@');
	AUTO_FREE char *run =
		xstrndup(text, at ? (size_t)(at - text) : strlen(text));
	int64_t seq = 0;

	if (at && !str_to_i64(at + 1, 1, INT64_MAX, &seq))
		return FAIL(err, ERR_USAGE,
			    "%s: after the @ comes the number of an event, "
			    "from 1; agentops fork %s --points lists them",
			    text, run);
	if (!journal_find_run(j, run, ret_run, err))
		return false;
	*ret_seq = seq;
	return true;
}

static bool
check_point(const char *run, const struct fork_points *p, int64_t *seq,
	    struct err *err)
{
	if (!*seq)
		*seq = fork_point_default(p);
	if (!p->last)
		return FAIL(err, ERR_CONFLICT,
			    "run %s has no event to fork at: agentops show "
			    "%s tells its story",
			    run, run);
	if (*seq <= p->last)
		return true;
	return FAIL(err, ERR_CONFLICT,
		    "run %s cannot be forked at event %" PRId64
		    ": it ends, fails or learns after %" PRId64
		    "; the last gate or event before is %s@%" PRId64,
		    run, *seq, p->last, run, fork_point_default(p));
}

/* --- files -------------------------------------------------------------- */

static bool
copy_bytes(int from, int to)
{
	ssize_t n;

	do
		n = sendfile(to, from, NULL, 1 << 30);
	while (n > 0 || (n < 0 && errno == EINTR));
	return n == 0 && fsync(to) == 0;
}

static bool
share_file(int from_dir, int to_dir, const char *name)
{
	AUTO_FD from = -1;
	AUTO_FD to = -1;

	if (linkat(from_dir, name, to_dir, name, 0) == 0)
		return true;
	from = openat(from_dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		    0600);
	return from >= 0 && to >= 0 && copy_bytes(from, to);
}

/* The artifacts of one folder in the other, which is new; durable. */
static bool
share_files(const char *from, const char *to, struct err *err)
{
	AUTO_FD to_fd = -1;
	struct dirent *e;
	bool ok = true;
	DIR *d;

	if (!path_mkdirs(to, err))
		return false;
	d = opendir(from);
	if (!d && errno == ENOENT)
		return true;
	to_fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ok = d && to_fd >= 0;
	while (ok && (e = readdir(d)))
		if (e->d_name[0] != '.')
			ok = share_file(dirfd(d), to_fd, e->d_name);
	ok = ok && fsync(to_fd) == 0;
	if (!ok)
		FAIL(err, ERR_IO, "%s: cannot share the artifacts of %s: %s",
		     to, from, strerror(errno));
	if (d)
		closedir(d);
	return ok;
}

/* --- events ------------------------------------------------------------- */

struct copy {
	struct journal *j;
	struct run_state *state;
	struct journal_head head;    /* of the fork */
	char *from_dir, *to_dir;     /* artifacts, with a slash; one length */
	const char *origin;          /* RUN@SEQ */
	char hash[SHA256_HEX_SIZE];
	int64_t last;
	struct arena arena;
	struct err *err;
	bool ok;
};

/* What was decided for the origin by an option is a person's here. */
static char *
options_of_fork(const char *text)
{
	AUTO_JSON *o = text ? cJSON_Parse(text) : NULL;

	if (!cJSON_IsObject(o))
		return xstrdup("{}");
	cJSON_DeleteItemFromObjectCaseSensitive(o, "approve");
	return json_print(o);
}

/* data with the origin's artifact folder replaced; caller frees. */
static char *
move_paths(const struct copy *c, const char *data)
{
	size_t n = strlen(c->from_dir);
	char *out = xstrdup(data);

	for (char *at = out; (at = strstr(at, c->from_dir)); at += n)
		memcpy(at, c->to_dir, n);
	return out;
}

static bool
append(struct copy *c, struct event *e, const char *data)
{
	if (!journal_append(c->j, &c->head, e, data, c->err))
		return false;
	run_apply(c->state, e);
	return true;
}

static bool
copy_event(struct copy *c, const struct event *e, const char *data)
{
	AUTO_FREE char *moved = move_paths(c, data);
	AUTO_FREE char *options = NULL;
	struct event copy = { .type = e->type };

	if (!event_decode(moved, strlen(moved), &c->arena, &copy, c->err))
		return false;
	copy.ts_us = e->ts_us;
	if (e->type != EV_run_created)
		return append(c, &copy, moved);
	options = options_of_fork(copy.run_created.options);
	copy.ts_us = 0;
	copy.run_created.options = options;
	copy.run_created.version = PACKAGE_VERSION;
	copy.run_created.forked_from = c->origin;
	copy.run_created.forked_hash = c->hash;
	return append(c, &copy, NULL);
}

static bool
on_event(void *ud, const struct event *e, const char *data)
{
	struct copy *c = ud;

	c->ok = c->ok && copy_event(c, e, data);
	arena_release(&c->arena);
	return c->ok && e->seq < c->last;
}

static bool
find_hash(void *ud, const struct event *e, const char *data)
{
	(void)data;
	memcpy(ud, e->hash, SHA256_HEX_SIZE);
	return false;
}

static bool
set_row(struct copy *c)
{
	const struct run_state *s = c->state;
	const struct gate_state *g = run_open_gate(s);
	struct event parked = { .type = EV_run_parked };
	AUTO_FREE char *why = xasprintf("forked from %s", c->origin);
	struct run_summary row = {
		.id = s->id,
		.task = s->task,
		.workspace = s->workspace,
		.provider = s->provider,
		.pattern = s->pattern,
		.status = "parked",
		.phase = phase_name(s->phase),
		.risk = s->limit ? risk_name(s->risk) : NULL,
		.note = g ? g->title : why,
		.iteration = s->iteration,
		.limit = s->limit,
		.open_gates = s->gates_open,
		.created_us = s->created_us,
	};

	parked.run_parked.gate = g ? g->number : 0;
	parked.run_parked.reason = why;
	if (!append(c, &parked, NULL))
		return false;
	row.updated_us = s->last_us;
	return journal_set_run(c->j, &row, &c->head, c->err) &&
	       db_run(journal_db(c->j), "DELETE FROM spend WHERE run=?", c->err,
		      "s", s->id);
}

static bool
write_events(struct copy *c, const char *run)
{
	AUTO(arena) arena = { 0 };

	return journal_read(c->j, run, c->last, &arena, find_hash, c->hash,
			    c->err) &&
	       journal_read(c->j, run, 1, &arena, on_event, c, c->err) &&
	       c->ok && set_row(c);
}

static bool
write_fork(struct copy *c, const char *run)
{
	if (!journal_begin(c->j, c->err))
		return false;
	if (!write_events(c, run)) {
		journal_rollback(c->j);
		return false;
	}
	return journal_commit(c->j, c->err);
}

/* The folder of a run's artifacts, with a slash; caller frees. */
static char *
artifacts_of(struct journal *j, const char *run)
{
	AUTO_FREE char *dir = journal_run_dir(j, run);

	return xasprintf("%s/artifacts/", dir);
}

bool
fork_run(struct journal *j, const char *run, int64_t seq, char *ret_id,
	 struct err *err)
{
	AUTO(fork_points) points = { 0 };
	AUTO_PTR(run_state) state = run_state_new(&engine_tools);
	AUTO_FREE char *origin = NULL;
	AUTO_FREE char *from = artifacts_of(j, run);
	AUTO_FREE char *to = NULL;
	struct copy c = { .j = j, .state = state, .err = err, .ok = true };
	char id[ID_RUN_SIZE];
	bool ok;

	if (!fork_points_read(j, run, &points, err) ||
	    !check_point(run, &points, &seq, err))
		return false;
	id_run(id, clock_wall_us());
	origin = xasprintf("%s@%" PRId64, run, seq);
	to = artifacts_of(j, id);
	c.origin = origin;
	c.from_dir = from;
	c.to_dir = to;
	c.last = seq;
	if (!share_files(from, to, err) ||
	    !journal_head(j, id, &c.head, err))
		return false;
	ok = write_fork(&c, run);
	if (ok)
		memcpy(ret_id, id, ID_RUN_SIZE);
	arena_release(&c.arena);
	return ok;
}
