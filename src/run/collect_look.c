/* The visual checks of what a step left, each picture in a process. */
#include "run/collect.h"

#include "base/json.h"
#include "base/path.h"
#include "base/proc.h"

#define LOOKER "agentops-look"

enum { LOOK_MS = 60000 }; /* 64 Mi pixels take 3 s */

static void look_on(struct collect *c);

/* A picture that cannot be decoded is a finding, too. */
static char *
unreadable(const char *why)
{
	AUTO(buf) json = BUF_INIT;

	buf_addstr(&json, "[{");
	json_add_key(&json, "check");
	json_add_str(&json, "readable");
	json_add_key(&json, "ok");
	buf_addstr(&json, "false");
	json_add_key(&json, "message");
	json_add_str(&json, why);
	buf_addstr(&json, "}]");
	return buf_steal(&json);
}

static void
take_report(struct collect_file *f, const struct proc_result *r)
{
	struct err err = ERR_INIT;
	AUTO_JSON *all = NULL;
	AUTO_FREE char *why = NULL;

	if (r->exit_status == 0)
		all = json_parse(buf_str(&r->out), r->out.len, LOOKER, &err);
	if (all) {
		f->visual_ok = json_bool(all, "ok", false);
		f->findings = json_print(json_get(all, "checks"));
		return;
	}
	if (r->exit_status == 1 && r->err.len)
		why = xstrdup(buf_str(&r->err));
	else if (r->timed_out)
		why = xasprintf("%s: looking at it took over %d s",
				f->artifact.path, LOOK_MS / 1000);
	else
		why = xasprintf("%s: the program that looks at it ended with "
				"status %d; agentops doctor",
				f->artifact.path, r->exit_status);
	f->findings = unreadable(why);
}

static void
on_look_done(void *ud, struct proc_result *r)
{
	struct collect *c = ud;

	take_report(&c->files[c->looked++], r);
	look_on(c);
}

static bool
start_look(struct collect *c, struct collect_file *f)
{
	AUTO_FREE char *looker = path_libexec(LOOKER);
	char *argv[] = { looker, f->artifact.path, NULL };
	struct proc_spec spec = { .argv = argv,
				  .timeout_ms = LOOK_MS,
				  .on_done = on_look_done,
				  .ud = c };
	struct err err = ERR_INIT;

	f->checked = true;
	if (proc_start(c->loop, &spec, &err))
		return true;
	f->findings = unreadable(err.msg);
	return false;
}

/* Until a process is under way, or all is done. */
static void
look_on(struct collect *c)
{
	for (; c->looked < c->file_count; c->looked++) {
		struct collect_file *f = &c->files[c->looked];

		if (f->stored && str_eq(f->artifact.media_type, "image/png") &&
		    start_look(c, f))
			return;
	}
	c->done(c->ud);
}

void
collect_look(struct collect *c, struct loop *l, loop_work_fn *done, void *ud)
{
	c->loop = l;
	c->done = done;
	c->ud = ud;
	look_on(c);
}
