/*
 * Recording a run.
 *
 *	unknown --(1)--> intended --(2)--> recorded
 *
 *	(1) learn_record   one transaction: execution, tool_use, metrics and
 *	                   the intent (the whole new file)
 *	(2) learn_intent_apply   under the database's write lock: file written
 *	                   (atomic, fsynced), old stage's file removed, index
 *	                   row, intent deleted
 *
 * Invariants:
 * 1. A run has an execution row exactly if it is counted in the newest
 *    intent of its pattern or, without one, in the pattern's file.
 * 2. While a pattern has an intent, the newest intent is the pattern: the
 *    next run counts from there, not from the file.
 * 3. (2) can be cut anywhere and repeated: its result depends only on the
 *    intent and on what the file holds, and the intent goes last.
 * 4. All that decide and all that write hold the database's write lock.
 */
#include "know/learn.h"

#include "base/buf.h"
#include "base/mem.h"
#include "know/learn_intent.h"
#include "know/library.h"
#include "know/library_index.h"
#include "know/words.h"

#include <stdlib.h>
#include <string.h>

enum {
	NAME_BYTES = 200,
	TEXT_BYTES = 2000,
	ISSUE_BYTES = 500,
	ISSUES_KEPT = 100,   /* of one pattern */
	VERSIONS_MAX = 1000, /* of one id */
};

void
learn_result_release(struct learn_result *r)
{
	free(r->id);
	free(r->path);
	free(r->issue);
	*r = (struct learn_result){ 0 };
}

/* --- inference of v0.2.0 ---------------------------------------------- */

static const struct domain {
	const char *name;
	const char *words[9];
} domains[] = {
	{ "web-development",
	  { "api", "web", "frontend", "backend", "next", "react" } },
	{ "devops", { "docker", "kubernetes", "deploy", "ci/cd", "pipeline" } },
	{ "data-engineering",
	  { "etl", "data", "bigquery", "spark", "airflow" } },
	{ "security", { "security", "audit", "vulnerability", "secret" } },
	{ "testing", { "test", "pytest", "jest", "e2e" } },
	{ "ai-ml", { "ml", "model", "pytorch", "tensorflow", "training" } },
};

static const struct domain tag_tests[] = {
	{ "api", { "api" } },
	{ "authentication", { "auth" } },
	{ "caching", { "cache", "caching" } },
	{ "deployment", { "deploy" } },
	{ "testing", { "test" } },
};

static bool
has_any(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strstr(text, *words))
			return true;
	return false;
}

const char *
learn_domain(const char *task)
{
	AUTO_FREE char *low = words_lower(task);

	for (size_t i = 0; i < ARRAY_LEN(domains); i++)
		if (has_any(low, domains[i].words))
			return domains[i].name;
	return "general";
}

void
learn_keywords(const char *task, struct strv *ret)
{
	strv_release(ret);
	*ret = (struct strv)STRV_INIT;
	words_split(task, &words_stored, ret);
}

static void
infer_tags(const char *task, struct strv *out)
{
	AUTO_FREE char *low = words_lower(task);

	for (size_t i = 0; i < ARRAY_LEN(tag_tests); i++)
		if (has_any(low, tag_tests[i].words))
			strv_add(out, tag_tests[i].name);
}

/* --- a new pattern ------------------------------------------------------ */

/* Valid UTF-8 of at most limit bytes on one line. Caller frees. */
static char *
clean(const char *text, size_t limit)
{
	AUTO(buf) out = BUF_INIT;
	size_t len = strlen(text);

	while (len && out.len + 4 <= limit) {
		uint32_t cp = 0xfffd;
		size_t n = utf8_decode(text, len, &cp);

		cp = n ? cp : 0xfffd;
		n = n ? n : 1;
		utf8_encode(&out, cp == '\n' || cp == '\r' ? ' ' : cp);
		text += n;
		len -= n;
	}
	return buf_steal(&out);
}

static void
set_text(char **slot, const char *text, const char *fallback, size_t limit)
{
	free(*slot);
	*slot = clean(str_empty(text) ? fallback : text, limit);
}

static void
copy_list(struct strv *to, const struct strv *from)
{
	for (size_t i = 0; from && i < from->count; i++)
		strv_take(to, clean(from->items[i], NAME_BYTES));
}

static bool
fill_new(struct pattern *p, const struct learn_input *in, struct err *err)
{
	AUTO(strv) words = STRV_INIT;

	set_text(&p->name, in->name, in->task, NAME_BYTES);
	if (!*p->name)
		set_text(&p->name, "Unnamed Pattern", NULL, NAME_BYTES);
	set_text(&p->description, in->description, in->task, TEXT_BYTES);
	set_text(&p->category, in->category, learn_domain(in->task),
		 NAME_BYTES);
	set_text(&p->version, "1.0.0", NULL, NAME_BYTES);
	learn_keywords(in->task, &words);
	copy_list(&p->keywords, &words);
	copy_list(&p->steps, in->step_names);
	copy_list(&p->environment, in->environment);
	if (in->tags)
		copy_list(&p->tags, in->tags);
	else
		infer_tags(in->task, &p->tags);
	p->created_us = in->finished_us;
	free(p->body);
	p->body = in->body ? xstrdup(in->body) :
			     xasprintf("# %s\n\nLearnt from the run %s.\n",
				       p->name, in->run);
	p->body_len = strlen(p->body);
	return pattern_set_workflow(p, in->workflow, err);
}

/* --- the pattern as it is now ------------------------------------------- */

/* One recording: what it found and what it will write. */
struct record {
	struct db *db;
	const struct paths *paths;
	const struct learn_input *in;
	struct pattern p;
	struct learn_intent intent;
	struct learn_result result;
	enum pattern_status status; /* before */
};

static void
record_release(struct record *r)
{
	pattern_release(&r->p);
	learn_intent_release(&r->intent);
	learn_result_release(&r->result);
}

/* From the newest intent (invariant 2). */
static bool
load_intent(struct record *r, const char *id, bool *ret_found, struct err *err)
{
	AUTO(learn_intent) pending = { 0 };

	if (!learn_intent_get(r->db, id, ret_found, &pending, err))
		return false;
	if (!*ret_found)
		return true;
	if (!pattern_parse(buf_str(&pending.content), pending.content.len, id,
			   &r->p, err))
		return false;
	r->status = pending.stage;
	r->intent = pending;
	buf_release(&r->intent.content);
	pending = (struct learn_intent){ 0 };
	return true;
}

/* From its file. A shipped one is no base: the user's copy is new. */
static bool
load_file(struct record *r, const char *id, struct err *err)
{
	AUTO(library_row) row = { 0 };
	AUTO(buf) text = BUF_INIT;

	if (!library_get(r->db, id, &row, err) ||
	    !path_read(row.path, PATTERN_LIMIT, &text, err) ||
	    !pattern_parse(buf_str(&text), text.len, row.path, &r->p, err))
		return false;
	if (strcmp(r->p.id, id) != 0)
		return FAIL(err, ERR_CONFLICT,
			    "%s: it holds the pattern %s, not %s; change its "
			    "pattern_id back",
			    row.path, r->p.id, id);
	r->status = row.status;
	r->intent.id = xstrdup(id);
	r->intent.base_path = xstrdup(row.shipped ? "" : row.path);
	if (!row.shipped)
		sha256_hex(buf_str(&text), text.len, r->intent.base_sha);
	return true;
}

static bool
load(struct record *r, const char *id, struct err *err)
{
	bool found;

	if (!load_intent(r, id, &found, err))
		return false;
	return found || load_file(r, id, err);
}

/* An id can be taken by the index, by an intent, or by a file that could
 * not be indexed. */
static bool
id_taken(struct record *r, const char *id, bool *ret_known, bool *ret_taken,
	 struct err *err)
{
	sqlite3_stmt *st =
		db_query(r->db,
			 "SELECT EXISTS(SELECT 1 FROM pattern WHERE id=?1) OR"
			 " EXISTS(SELECT 1 FROM pattern_write WHERE id=?1)",
			 err, "s", id);

	if (!st || db_step(r->db, st, err) != 1)
		return false;
	*ret_known = sqlite3_column_int(st, 0);
	*ret_taken = *ret_known;
	sqlite3_reset(st);
	for (int s = 0; s < PATTERN_STATUS_COUNT && !*ret_taken; s++) {
		AUTO_FREE char *path = library_stage_path(
			r->paths, (enum pattern_status)s, id);

		*ret_taken = path_exists(path);
	}
	return true;
}

/* A known pattern with the workflow of this run is this run's pattern. */
static bool
try_known(struct record *r, const char *id, const char *workflow,
	  bool *ret_same, struct err *err)
{
	pattern_release(&r->p);
	learn_intent_release(&r->intent);
	if (!load(r, id, err))
		return false;
	*ret_same = str_eq(r->p.workflow, workflow);
	return true;
}

static bool
load_new(struct record *r, struct err *err)
{
	AUTO(pattern) fresh;

	pattern_init(&fresh);
	if (!fill_new(&fresh, r->in, err))
		return false;
	for (int v = 1; v <= VERSIONS_MAX; v++) {
		AUTO_FREE char *id = pattern_id_make(r->in->task, v);
		bool known, taken, same = false;

		if (!id_taken(r, id, &known, &taken, err))
			return false;
		if (known && !try_known(r, id, fresh.workflow, &same, err))
			return false;
		if (same)
			return true;
		if (taken)
			continue;
		pattern_release(&r->p);
		learn_intent_release(&r->intent);
		free(fresh.id);
		fresh.id = xstrdup(id);
		r->p = fresh;
		fresh = (struct pattern){ 0 };
		r->intent.id = TAKE(id);
		r->intent.base_path = xstrdup("");
		r->status = PATTERN_DISCOVERED;
		r->result.created = true;
		return true;
	}
	return FAIL(err, ERR_LIMIT,
		    "there are %d patterns for this task; merge or delete "
		    "some of them",
		    VERSIONS_MAX);
}

/* --- counting ----------------------------------------------------------- */

static int64_t
duration_ms(const struct learn_input *in)
{
	int64_t ms = (in->finished_us - in->started_us) / 1000;

	return ms > 0 ? ms : 0;
}

/* What the averages are made of: people's time is not the pattern's. */
static double
work_minutes(int64_t duration, int64_t human_wait)
{
	int64_t ms = duration - human_wait;

	return ms > 0 ? (double)ms / 60000 : 0;
}

/* The rarest goes when there is no room for another. */
static void
make_room_for_issue(struct pattern *p)
{
	size_t rarest = 0;

	if (p->issue_count < ISSUES_KEPT)
		return;
	for (size_t i = 1; i < p->issue_count; i++)
		if (p->issues[i].frequency < p->issues[rarest].frequency)
			rarest = i;
	free(p->issues[rarest].issue);
	free(p->issues[rarest].fix);
	p->issue_count--;
	memmove(&p->issues[rarest], &p->issues[rarest + 1],
		(p->issue_count - rarest) * sizeof(*p->issues));
}

static void
count_issue(struct record *r)
{
	const struct learn_input *in = r->in;
	AUTO_FREE char *issue = NULL;
	AUTO_FREE char *fix = in->fix ? clean(in->fix, ISSUE_BYTES) : NULL;

	if (in->status == EXECUTION_SUCCESS ||
	    (in->status == EXECUTION_PARTIAL && str_empty(in->error)))
		return;
	issue = clean(str_empty(in->error) ? "Unknown error" : in->error,
		      ISSUE_BYTES);
	make_room_for_issue(&r->p);
	pattern_add_issue(&r->p, issue, fix);
	r->result.issue = TAKE(issue);
}

static bool
count_run(struct record *r, struct err *err)
{
	const struct learn_input *in = r->in;
	struct pattern *p = &r->p;

	r->result.before = p->counts;
	r->result.status_before = r->status;
	p->counts = lifecycle_count(&p->counts, in->status,
				    work_minutes(duration_ms(in),
						 in->human_wait_ms));
	p->status = lifecycle_stage(&p->counts, r->status);
	p->last_used_us = in->finished_us;
	count_issue(r);
	r->result.after = p->counts;
	r->result.status_after = p->status;
	r->intent.stage = p->status;
	return pattern_format(p, &r->intent.content, err);
}

/* --- the transaction ---------------------------------------------------- */

static bool
insert_execution(struct record *r, struct err *err)
{
	const struct learn_input *in = r->in;
	const struct learn_result *res = &r->result;

	return db_run(
		r->db,
		"INSERT INTO execution VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		err, "ssssiiiisiiidi", in->run, r->intent.id, in->task,
		execution_status_word(in->status), in->started_us,
		duration_ms(in), in->human_wait_ms, (int64_t)in->iterations,
		in->error ? in->error : "", (int64_t)res->created,
		res->before.executions, res->before.successes,
		res->before.avg_minutes, (int64_t)res->status_before);
}

static bool
count_tools(struct record *r, struct err *err)
{
	for (size_t i = 0; i < r->in->step_count; i++) {
		const struct learn_step *s = &r->in->steps[i];

		if (s->tool &&
		    !db_run(r->db,
			    "INSERT INTO tool_use VALUES(?1, 1, ?2)"
			    " ON CONFLICT(tool) DO UPDATE SET"
			    " uses = uses + 1, successes = successes + ?2",
			    err, "si", s->tool, (int64_t)s->ok))
			return false;
	}
	return true;
}

/* With what only this place knows: the pattern, and what it has entered. */
static bool
insert_metrics(struct record *r, struct err *err)
{
	struct metrics m;

	if (!r->in->metrics)
		return true;
	m = *r->in->metrics;
	m.run = r->in->run;
	m.pattern_id = r->p.id;
	m.domain = r->p.category;
	if (!m.baseline_origin && r->p.baseline_minutes > 0) {
		m.baseline_minutes = r->p.baseline_minutes;
		m.baseline_origin = "pattern";
	}
	return metrics_insert(r->db, &m, err);
}

static bool
intend(struct record *r, struct err *err)
{
	const struct learn_input *in = r->in;

	if (in->pattern_id ? !load(r, in->pattern_id, err) : !load_new(r, err))
		return false;
	return count_run(r, err) && insert_execution(r, err) &&
	       count_tools(r, err) && insert_metrics(r, err) &&
	       learn_intent_put(r->db, &r->intent, err);
}

/* A recorded run: what it changed is computed again from what it found. */
static bool
find_recorded(struct record *r, bool *ret_found, struct err *err)
{
	struct learn_result *res = &r->result;
	enum execution_status status = EXECUTION_FAILED;
	sqlite3_stmt *st = db_query(
		r->db,
		"SELECT pattern_id, created, before_executions,"
		" before_successes, before_avg_minutes, before_status, status,"
		" duration_ms, human_wait_ms FROM execution WHERE run=?",
		err, "s", r->in->run);
	int rc = st ? db_step(r->db, st, err) : -1;

	if (rc < 0)
		return false;
	*ret_found = rc == 1;
	if (rc == 0)
		return true;
	res->id = xstrdup(db_text(st, 0));
	res->created = sqlite3_column_int(st, 1);
	res->repeated = true;
	res->before.executions = sqlite3_column_int64(st, 2);
	res->before.successes = sqlite3_column_int64(st, 3);
	res->before.failures = res->before.executions - res->before.successes;
	res->before.avg_minutes = sqlite3_column_double(st, 4);
	res->status_before = (enum pattern_status)sqlite3_column_int(st, 5);
	execution_status_parse(db_text(st, 6), &status);
	res->after = lifecycle_count(&res->before, status,
				     work_minutes(sqlite3_column_int64(st, 7),
						  sqlite3_column_int64(st, 8)));
	res->status_after = lifecycle_stage(&res->after, res->status_before);
	sqlite3_reset(st);
	return true;
}

/* Step (1) of the diagram. */
static bool
record_once(struct record *r, struct err *err)
{
	bool found;

	if (!db_begin(r->db, err))
		return false;
	if (!find_recorded(r, &found, err) || (!found && !intend(r, err))) {
		db_rollback(r->db);
		return false;
	}
	if (!found)
		r->result.id = xstrdup(r->intent.id);
	return db_commit(r->db, err);
}

/* A repeated call finds the file where it is now; "" if it was deleted. */
static bool
find_path(struct record *r, struct err *err)
{
	AUTO(library_row) row = { 0 };
	struct err why = ERR_INIT;

	if (library_get(r->db, r->result.id, &row, &why)) {
		r->result.path = TAKE(row.path);
		return true;
	}
	if (why.code != ERR_NOTFOUND)
		return FAIL(err, why.code, "%s", why.msg);
	r->result.path = xstrdup("");
	return true;
}

bool
learn_record(struct db *db, const struct paths *paths,
	     const struct learn_input *in, struct learn_result *ret,
	     struct err *err)
{
	AUTO(record) r = { .db = db, .paths = paths, .in = in };

	if (!record_once(&r, err))
		return false;
	if (!learn_intent_apply(db, paths, r.result.id, &r.result.path, err))
		return err_prefix(err,
				  "the run is recorded; its pattern file is "
				  "written at the next start, not now");
	if (!r.result.path && !find_path(&r, err))
		return false;
	*ret = r.result;
	r.result = (struct learn_result){ 0 };
	return true;
}
