/*
 * A job is a worker at work: some parts under way (tool calls, a search for
 * Python, a zero timer for work that was done at once), and the report that
 * they fill.
 *
 * Invariants
 *  1. `open` counts the parts under way; the job ends, once, when the last
 *     one ends: end_part is the only place where that is seen.
 *  2. Nothing ends inside research_start: every part ends in a callback of
 *     the loop.
 */
#include "flow/research.h"

#include "base/json.h"
#include "know/library.h"
#include "know/match.h"
#include "tool/kernel_find.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CALL_TIMEOUT_MS = 120000, MATCHES = 5 };

struct part {
	struct research_job *job;
	struct tool_call *call;
	struct tool_request req; /* the tool borrows it */
	cJSON *args, *values;
	char *dir, *subject;
	struct part *next;
};

struct research_job {
	const struct research_context *ctx;
	const struct worker_row *row;
	research_done_fn *done;
	void *ud;
	cJSON *report;
	char *problem; /* why it could not do its job, or NULL */
	struct part *parts;
	struct kernel_find *find;
	int open;
	bool cancelled;
};

struct worker_row {
	struct research_worker w;
	void (*start)(struct research_job *j);
	/* One line for people from the report; caller frees. */
	char *(*summarise)(const cJSON *report);
};

static void
free_job(struct research_job *j)
{
	while (j->parts) {
		struct part *p = j->parts;

		j->parts = p->next;
		cJSON_Delete(p->args);
		cJSON_Delete(p->values);
		free(p->dir);
		free(p->subject);
		free(p);
	}
	cJSON_Delete(j->report);
	free(j->problem);
	free(j);
}

static void
end_part(struct research_job *j)
{
	AUTO_FREE char *summary = NULL;

	if (--j->open)
		return;
	if (j->cancelled && !j->problem)
		j->problem = xstrdup("cancelled");
	summary = j->problem ? xstrdup(j->problem) :
			       j->row->summarise(j->report);
	j->done(j->ud, !j->problem, summary, j->problem ? NULL : j->report);
	free_job(j);
}

static void
end_at_once(void *ud)
{
	end_part(ud);
}

/* For a worker that did its work inside start. */
static void
finish_soon(struct research_job *j)
{
	j->open++;
	loop_timer(j->ctx->loop, 0, end_at_once, j);
}

static void
fail_job(struct research_job *j, const char *why)
{
	if (!j->problem)
		j->problem = xstrdup(why);
}

/* --- tool calls -------------------------------------------------------- */

static bool
call_tool(struct research_job *j, struct part *p, const char *tool,
	  tool_done_fn *done, struct err *err)
{
	const struct tool *t;

	p->req = (struct tool_request){
		.session = j->ctx->session,
		.dir = p->dir,
		.profile = str_eq(json_str(j->ctx->options, "sandbox"),
				  "off") ?
				   SANDBOX_FULL :
				   SANDBOX_READ_ONLY,
		.args = p->args,
		.values = p->values,
		.timeout_ms = CALL_TIMEOUT_MS,
		.on_done = done,
		.ud = p,
	};

	if (!path_remove_tree(p->dir, err) || !path_mkdirs(p->dir, err))
		return false;
	t = j->ctx->tools->find(tool);
	if (!t)
		return FAIL(err, ERR_ENV, "there is no tool %s", tool);
	p->call = tool_start(t, &p->req, err);
	return p->call != NULL;
}

/* args is taken. The part's folder is RUN_DIR/work/research-WORKER-N. */
static struct part *
add_part(struct research_job *j, const char *subject, cJSON *args)
{
	struct part *p = xcalloc(1, sizeof(*p));

	p->job = j;
	p->subject = xstrdup(subject);
	p->args = args;
	p->values = cJSON_CreateObject();
	cJSON_AddStringToObject(p->values, "workspace", j->ctx->workspace);
	p->dir = xasprintf("%s/work/research-%s-%d",
			   tool_session_run_dir(j->ctx->session),
			   j->row->w.name, j->open);
	p->next = j->parts;
	j->parts = p;
	j->open++;
	return p;
}

/* --- patterns ---------------------------------------------------------- */

void
research_hints(const char *task, const char *workspace, const cJSON *options,
	       struct strv *hints)
{
	AUTO_FREE char *git = path_join(workspace, ".git");
	AUTO(strv) files = STRV_INIT;

	research_files(task, workspace, options, &files);
	for (size_t i = 0; i < files.count; i++) {
		const char *dot = strrchr(path_base(files.items[i]), '.');

		if (dot && dot[1])
			strv_add(hints, dot + 1);
	}
	if (path_exists(git))
		strv_add(hints, "git");
}

static void
start_patterns(struct research_job *j)
{
	const struct research_context *ctx = j->ctx;
	AUTO(strv) hints = STRV_INIT;
	struct match_query q = {
		.task = ctx->task,
		.hints = &hints,
		.category = json_str(json_get(ctx->options, "hints"),
				     "domain"),
	};
	struct match_list list = { 0 };
	struct err err = ERR_INIT;
	AUTO(buf) b = BUF_INIT;

	finish_soon(j);
	research_hints(ctx->task, ctx->workspace, ctx->options, &hints);
	if (!library_sync(ctx->db, ctx->paths, NULL, &err) ||
	    !match_best(ctx->db, &q, MATCHES, &list, &err)) {
		fail_job(j, err.msg);
		return;
	}
	cJSON_AddBoolToObject(j->report, "found", list.found);
	cJSON_AddBoolToObject(j->report, "close", list.close);
	buf_addch(&b, '[');
	for (size_t i = 0; i < list.count; i++) {
		if (i)
			buf_addch(&b, ',');
		match_json(&list.items[i], &b);
	}
	buf_addch(&b, ']');
	cJSON_AddItemToObject(j->report, "matches", cJSON_Parse(buf_str(&b)));
	match_list_release(&list);
}

static char *
summarise_patterns(const cJSON *report)
{
	const cJSON *list = json_get(report, "matches");
	const cJSON *best = cJSON_GetArrayItem(list, 0);

	if (!json_bool(report, "found", false))
		return xasprintf("no pattern fits; %d near",
				 cJSON_GetArraySize(list));
	return xasprintf("%d found, best %s (%.0f %%)",
			 cJSON_GetArraySize(list), json_str(best, "id"),
			 100 * json_num(best, "probability", 0));
}

/* --- data -------------------------------------------------------------- */

static bool
is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static void
add_file(const char *name, const char *workspace, struct strv *ret)
{
	AUTO_FREE char *joined = path_join(workspace, name);
	AUTO_FREE char *path = *name ? realpath(joined, NULL) : NULL;

	if (path && is_file(path) && ret->count < RESEARCH_FILES_MAX &&
	    !strv_has(ret, path))
		strv_add(ret, path);
}

/* Takes quotes and brackets off both ends, and what ends a sentence. */
static char *
bare_word(char *word)
{
	size_t n;

	while (*word && strchr("\"'`([{<", *word))
		word++;
	n = strlen(word);
	while (n && strchr("\"'`)]}>,.;:!?", word[n - 1]))
		word[--n] = '\0';
	return word;
}

void
research_files(const char *task, const char *workspace, const cJSON *options,
	       struct strv *ret)
{
	AUTO_FREE char *copy = xstrdup(task);
	const cJSON *file;
	char *rest = copy, *word;

	cJSON_ArrayForEach(file, json_get(options, "data"))
		if (cJSON_IsString(file))
			add_file(file->valuestring, workspace, ret);
	while ((word = strsep(&rest, " \t\r\n")))
		if (strpbrk(word, "./"))
			add_file(bare_word(word), workspace, ret);
}

static void
on_profiled(void *ud, struct tool_result *r)
{
	struct part *p = ud;
	struct research_job *j = p->job;
	cJSON *o = cJSON_CreateObject();

	p->call = NULL;
	cJSON_AddStringToObject(o, "path", p->subject);
	cJSON_AddBoolToObject(o, "ok", r->status == TOOL_OK);
	if (r->status == TOOL_OK && r->data)
		cJSON_AddItemToObject(o, "profile", TAKE(r->data));
	else
		cJSON_AddStringToObject(o, "problem",
					r->error ? r->error : "no profile");
	cJSON_AddItemToArray(cJSON_GetObjectItem(j->report, "files"), o);
	end_part(j);
}

static void
start_data(struct research_job *j)
{
	AUTO(strv) files = STRV_INIT;
	struct err err = ERR_INIT;

	finish_soon(j);
	cJSON_AddArrayToObject(j->report, "files");
	research_files(j->ctx->task, j->ctx->workspace, j->ctx->options,
		       &files);
	for (size_t i = 0; i < files.count; i++) {
		cJSON *args = cJSON_CreateObject();
		struct part *p;

		cJSON_AddStringToObject(args, "path", files.items[i]);
		p = add_part(j, files.items[i], args);
		if (call_tool(j, p, "data_profile", on_profiled, &err))
			continue;
		fail_job(j, err.msg);
		j->open--;
	}
}

static char *
summarise_data(const cJSON *report)
{
	const cJSON *files = json_get(report, "files"), *f;
	AUTO(buf) b = BUF_INIT;

	if (!cJSON_GetArraySize(files))
		return xstrdup("the task names no file");
	cJSON_ArrayForEach(f, files) {
		const cJSON *p = json_get(f, "profile");

		buf_printf(&b, "%s%s: ", b.len ? "; " : "",
			   path_base(json_str(f, "path")));
		if (p)
			buf_printf(&b, "%" PRId64 " rows, %d columns",
				   json_int(p, "rows", 0),
				   cJSON_GetArraySize(
					   json_get(p, "columns")));
		else
			buf_addstr(&b, json_str(f, "problem"));
	}
	return buf_steal(&b);
}

/* --- tools and workspace: one shell call each -------------------------- */

/* Prints "name<TAB>value" lines; reads only, inside the read-only sandbox. */
static const char tools_script[] =
	"for t in bash git gnuplot python3 sqlite3 awk jq; do\n"
	"  p=$(command -v $t) || { printf '%s\\t\\n' $t; continue; }\n"
	"  case $t in awk) v=$p ;; *) v=$($t --version 2>&1 </dev/null |"
	" head -n 1) ;; esac\n"
	"  printf '%s\\t%s\\n' $t \"$v\"\n"
	"done\n";
static const char workspace_script[] =
	"cd \"$AGENTOPS_WORKSPACE\" || exit 1\n"
	"printf 'files\\t%s\\n' \"$(find . -xdev -maxdepth 6 -name .git -prune"
	" -o -type f -print 2>/dev/null | head -n 20000 | wc -l)\"\n"
	"printf 'top\\t%s\\n' \"$(ls -A | head -n 40 | tr '\\n' ' ')\"\n"
	"g() { git -c core.fsmonitor= -c safe.directory='*' \"$@\""
	" 2>/dev/null; }\n"
	"g rev-parse --is-inside-work-tree >/dev/null || exit 0\n"
	"printf 'git\\t%s\\n' \"$(g rev-parse --abbrev-ref HEAD)\"\n"
	"printf 'commits\\t%s\\n' \"$(g rev-list --count HEAD)\"\n"
	"printf 'changed\\t%s\\n' \"$(g status --porcelain | wc -l)\"\n";

static void
read_lines(cJSON *report, const char *text)
{
	AUTO_FREE char *copy = xstrdup(text);
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n"))) {
		char *value = line, *name = strsep(&value, "\t");

		if (value && *name && !json_get(report, name))
			cJSON_AddStringToObject(report, name,
						str_trim(value));
	}
}

static void
on_script(void *ud, struct tool_result *r)
{
	struct part *p = ud;
	struct research_job *j = p->job;

	p->call = NULL;
	for (size_t i = 0; i < r->part_count; i++)
		if (r->parts[i].kind == TOOL_PART_TEXT)
			read_lines(j->report, r->parts[i].text);
	if (r->status != TOOL_OK)
		fail_job(j, r->error ? r->error : "the shell call failed");
	end_part(j);
}

static void
start_script(struct research_job *j, const char *script)
{
	cJSON *args = cJSON_CreateObject();
	struct err err = ERR_INIT;

	finish_soon(j);
	cJSON_AddStringToObject(args, "command", script);
	if (call_tool(j, add_part(j, "script", args), "bash", on_script, &err))
		return;
	fail_job(j, err.msg);
	j->open--;
}

static void
on_python(void *ud, const char *python, const struct err *err)
{
	struct research_job *j = ud;

	j->find = NULL;
	cJSON_AddStringToObject(j->report, "ipykernel", python ? python : "");
	if (!python)
		cJSON_AddStringToObject(j->report, "ipykernel_problem",
					err->msg);
	end_part(j);
}

static void
start_tools(struct research_job *j)
{
	j->open++;
	j->find = kernel_find_python(j->ctx->loop, NULL, on_python, j);
	start_script(j, tools_script);
}

static char *
summarise_tools(const cJSON *report)
{
	AUTO(buf) b = BUF_INIT;
	const cJSON *v;
	int ready = 0;

	cJSON_ArrayForEach(v, report) {
		if (!cJSON_IsString(v) || str_ends(v->string, "_problem"))
			continue;
		if (*v->valuestring)
			ready++;
		else
			buf_printf(&b, "%s%s", b.len ? ", " : "; missing: ",
				   v->string);
	}
	return xasprintf("%d ready%s", ready, buf_str(&b));
}

static void
start_workspace(struct research_job *j)
{
	start_script(j, workspace_script);
}

static char *
summarise_workspace(const cJSON *report)
{
	const char *files = json_str(report, "files");
	const char *branch = json_str(report, "git");

	if (!branch)
		return xasprintf("%s files, no git repository",
				 files ? files : "?");
	return xasprintf("%s files, git branch %s, %s commits, %s changed",
			 files ? files : "?", branch,
			 json_str(report, "commits"),
			 json_str(report, "changed"));
}

/* --- the table --------------------------------------------------------- */

static const struct worker_row rows[] = {
	{ { "patterns", "patterns that fit the task" },
	  start_patterns, summarise_patterns },
	{ { "data", "files that the task names" },
	  start_data, summarise_data },
	{ { "tools", "programs on this machine" },
	  start_tools, summarise_tools },
	{ { "workspace", "files and history of the workspace" },
	  start_workspace, summarise_workspace },
};

const struct research_worker *
research_workers(size_t *ret_count)
{
	static struct research_worker list[ARRAY_LEN(rows)];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		list[i] = rows[i].w;
	*ret_count = ARRAY_LEN(rows);
	return list;
}

struct research_job *
research_start(const struct research_context *ctx, const char *worker,
	       research_done_fn *done, void *ud, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct research_job *j;

		if (strcmp(rows[i].w.name, worker) != 0)
			continue;
		j = xcalloc(1, sizeof(*j));
		j->ctx = ctx;
		j->row = &rows[i];
		j->done = done;
		j->ud = ud;
		j->report = cJSON_CreateObject();
		rows[i].start(j);
		return j;
	}
	FAIL(err, ERR_NOTFOUND, "there is no research worker \"%s\"", worker);
	return NULL;
}

void
research_cancel(struct research_job *j)
{
	j->cancelled = true;
	for (struct part *p = j->parts; p; p = p->next)
		if (p->call)
			tool_cancel(p->call);
	if (j->find)
		kernel_find_cancel(j->find);
}
