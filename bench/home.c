#include "home.h"

#include "base/clock.h"
#include "base/id.h"
#include "tool/tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool home_missed;

void
home_die(const char *what, const struct err *err)
{
	fprintf(stderr, "%s: %s%s%s\n", program_invocation_short_name, what,
		err ? ": " : "", err ? err->msg : "");
	exit(2);
}

void
home_row(const char *name, double ours, double peer, double measure,
	 double limit, bool at_most)
{
	bool ok = at_most ? measure <= limit : measure >= limit;

	home_missed |= !ok;
	printf("%-38s %10.2f %10.2f %8.3f  %s %-6g %s\n", name, ours, peer,
	       measure, at_most ? "<=" : ">=", limit, ok ? "ok" : "MISS");
	fflush(stdout);
}

void
home_row_near(const char *name, double ours, double peer, double measure,
	      double limit, double guard)
{
	bool at_most = guard > limit;
	double over = at_most ? measure : -measure;

	if (over <= (at_most ? limit : -limit) ||
	    over > (at_most ? guard : -guard)) {
		home_row(name, ours, peer, measure, limit, at_most);
		return;
	}
	printf("%-38s %10.2f %10.2f %8.3f  %s %-6g outside its limit on this "
	       "machine\n",
	       name, ours, peer, measure, at_most ? "<=" : ">=", limit);
	fflush(stdout);
}

void
home_sort(double *v, int n)
{
	for (int i = 1; i < n; i++)
		for (int k = i; k > 0 && v[k] < v[k - 1]; k--) {
			double t = v[k];

			v[k] = v[k - 1];
			v[k - 1] = t;
		}
}

char *
home_make(void)
{
	const char *tmp = getenv("TMPDIR");
	char *home =
		xasprintf("%s/agentops-bench-XXXXXX", tmp ? tmp : "/var/tmp");

	if (!mkdtemp(home))
		home_die("no folder for the bench", NULL);
	setenv("AGENTOPS_HOME", home, 1);
	return home;
}

void
home_open(const char *home, struct paths *ret_paths, struct journal **ret)
{
	struct err err = ERR_INIT;

	setenv("AGENTOPS_HOME", home, 1);
	if (!paths_find(ret_paths, &err) || !journal_open(ret_paths, ret, &err))
		home_die("home", &err);
}

void
home_close(struct paths *p, struct journal *j)
{
	journal_free(j);
	paths_release(p);
}

/* --- many runs --------------------------------------------------------- */

static void
add_run(struct journal *j, int64_t at_us, int number)
{
	AUTO_FREE char *task =
		xasprintf("Review the sales of branch %d", number);
	struct journal_head head;
	struct event e = { .type = EV_run_created,
			   .ts_us = at_us,
			   .run_created = { .task = task,
					    .workspace = "/srv/sales",
					    .provider = "offline",
					    .version = "0",
					    .options = "{}" } };
	struct run_summary s = { .task = task,
				 .workspace = "/srv/sales",
				 .provider = "offline",
				 .pattern = "tabular-data-review",
				 .status = "succeeded",
				 .phase = "learn",
				 .risk = "low",
				 .iteration = 6,
				 .limit = 30,
				 .created_us = e.ts_us,
				 .updated_us = e.ts_us };
	char id[ID_RUN_SIZE];
	struct err err = ERR_INIT;

	id_run(id, e.ts_us);
	s.id = id;
	if (!journal_head(j, id, &head, &err) ||
	    !journal_append(j, &head, &e, NULL, &err) ||
	    !journal_set_run(j, &s, &head, &err))
		home_die("run", &err);
}

void
home_add_runs(struct journal *j, int count)
{
	int64_t now = clock_wall_us();
	struct err err = ERR_INIT;

	if (!journal_begin(j, &err))
		home_die("runs", &err);
	for (int i = 0; i < count; i++)
		add_run(j, now - count + i, i);
	if (!journal_commit(j, &err))
		home_die("runs", &err);
}

/* --- a tool that does nothing ------------------------------------------ */

struct tool_call {
	struct tool_call_base base;
	const struct tool_request *req;
};

static void
noop_done(void *ud)
{
	struct tool_call *c = ud;
	struct tool_result r = { 0 };

	c->req->on_done(c->req->ud, &r);
	tool_result_release(&r);
	free(c);
}

static struct tool_call *
noop_start(const struct tool_request *req, struct err *err)
{
	struct tool_call *c = xcalloc(1, sizeof(*c));

	(void)err;
	c->req = req;
	loop_timer(tool_session_loop(req->session), 0, noop_done, c);
	return c;
}

/* Its name and argument are those of a real one, so that the app can read
 * the plan. */
static const struct tool noop = {
	.name = "data_profile",
	.summary = "does nothing",
	.schema = "{\"type\":\"object\",\"properties\":{\"path\":{"
		  "\"type\":\"string\",\"description\":\"not read\"}}}",
	.start = noop_start,
};

static const struct tool *const all_tools[] = { &noop, NULL };

static const struct tool *
find_noop(const char *name)
{
	return strcmp(name, "bash") == 0 || strcmp(name, "data_profile") == 0 ?
		       &noop :
		       NULL;
}

static const struct tool *const *
list_noop(void)
{
	return all_tools;
}

const struct workflow_tools home_tools = { find_noop, list_noop,
					   tool_check_args };

/* --- a run of many steps ----------------------------------------------- */

void
home_add_pattern(const struct paths *p, const char *id, int jobs)
{
	AUTO_FREE char *dir = path_join(p->data, "patterns/discovered");
	AUTO_FREE char *file = xasprintf("%s/%s.md", dir, id);
	AUTO(buf) b = BUF_INIT;
	struct err err = ERR_INIT;

	buf_printf(&b,
		   "---\npattern_id: %s\nname: Bench\ndescription: bench\n"
		   "category: general\nworkflow_steps: [work]\n"
		   "created_at: 2026-01-01T00:00:00Z\nworkflow:\n"
		   "  name: Bench\n  jobs: %d\n  inputs:\n"
		   "    items: {type: list, required: true}\n  steps:\n"
		   "    - id: work\n      uses: data_profile\n"
		   "      foreach: \"{{ inputs.items }}\"\n"
		   "      with: {path: \"{{ item }}.csv\"}\n---\n# Bench\n",
		   id, jobs);
	if (!path_mkdirs(dir, &err) ||
	    !path_write_atomic(file, b.data, b.len, 0600, &err))
		home_die("pattern", &err);
}

char *
home_options(const char *pattern, int items)
{
	AUTO(buf) b = BUF_INIT;

	buf_printf(&b,
		   "{\"pattern\":\"%s\",\"approve\":\"low\",\"inputs\":"
		   "{\"items\":[",
		   pattern);
	for (int i = 0; i < items; i++)
		buf_printf(&b, "%s%d", i ? "," : "", i);
	buf_addstr(&b, "]}}");
	return buf_steal(&b);
}
