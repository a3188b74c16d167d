#include "cli/drive.h"

#include "base/clock.h"
#include "base/json.h"
#include "cli/story.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TWICE_US = 2000000 };

extern char **environ;

static const struct run_state *
get_state(void *ud)
{
	struct drive *d = ud;

	return engine_state(d->engine, d->run);
}

static int
parked_status(const struct drive *d, const struct run_state *s)
{
	const struct gate_state *g = run_open_gate(s);

	if (d->interrupted)
		return 130;
	if (g && g->kind == GATE_LIMIT)
		return 5;
	if (g && g->kind == GATE_PLAN && s->options.plan_only)
		return 0;
	return 75;
}

static void
on_event(void *ud, const struct run_state *s, const struct event *e,
	 const char *data)
{
	struct drive *d = ud;

	if (e->type == EV_run_ended)
		d->exit_status = (int)e->run_ended.exit_status;
	else if (e->type == EV_run_parked)
		d->exit_status = parked_status(d, s);
	d->over |= e->type == EV_run_ended || e->type == EV_run_parked;
	if (d->c->json) {
		AUTO(buf) record = BUF_INIT;

		event_record(&record, e, data);
		puts(buf_str(&record));
		fflush(stdout);
	} else if (d->dialogue && e->type == EV_gate_opened) {
		return;
	} else if (!d->c->quiet || e->type == EV_run_ended ||
		   e->type == EV_run_parked) {
		if (d->at_prompt)
			putchar('\n');
		d->at_prompt = false;
		story_event(d->story, s, e);
	}
}

static void
on_signal(uv_signal_t *h, int signum)
{
	struct drive *d = h->data;
	int64_t now = clock_mono_us();

	if (d->interrupted && now - d->interrupted_us < TWICE_US)
		_exit(130);
	d->interrupted = true;
	d->interrupted_us = now;
	engine_park(d->engine, d->run,
		    signum == SIGINT ? "interrupted by Ctrl-C" :
				       "asked to end by a signal");
}

static void
free_handle(uv_handle_t *h)
{
	free(h);
}

static void
watch_signals(struct drive *d)
{
	static const int which[] = { SIGINT, SIGTERM, SIGHUP };

	for (size_t i = 0; i < ARRAY_LEN(which); i++) {
		d->signals[i] = xcalloc(1, sizeof(uv_signal_t));
		uv_signal_init(loop_uv(d->loop), d->signals[i]);
		d->signals[i]->data = d;
		uv_signal_start(d->signals[i], on_signal, which[i]);
		uv_unref((uv_handle_t *)d->signals[i]);
	}
}

/* An interpreter named in the configuration is found by the tools through
 * the environment. */
static void
export_settings(struct cli *c)
{
	const char *python = config_get(&c->config, SETTING_PYTHON);

	if (*python)
		setenv("AGENTOPS_PYTHON", python, 1);
}

void
drive_open(struct drive *d, struct cli *c, bool dialogue)
{
	struct engine_options o = { .journal = c->journal,
				    .paths = &c->paths,
				    .park = !dialogue };
	AUTO_FREE char *secrets = NULL;

	export_settings(c);
	memset(d, 0, sizeof(*d));
	d->c = c;
	d->dialogue = dialogue;
	d->exit_status = 1;
	d->loop = o.loop = loop_new();
	d->redact = redact_new();
	redact_env(d->redact, environ);
	secrets = path_join(c->paths.config, "secrets");
	redact_files(d->redact, secrets);
	o.redact = d->redact;
	o.base_url = config_get(&c->config, SETTING_BASE_URL);
	d->engine = engine_new(&o);
	engine_observe(d->engine, on_event, d);
	watch_signals(d);
}

void
drive_close(struct drive *d)
{
	if (d->story)
		story_free(d->story);
	engine_free(d->engine);
	for (size_t i = 0; i < ARRAY_LEN(d->signals); i++)
		uv_close((uv_handle_t *)d->signals[i], free_handle);
	loop_free(d->loop);
	redact_free(d->redact);
}

void
drive_tell(struct drive *d)
{
	AUTO_FREE char *dir = journal_run_dir(d->c->journal, d->run);

	if (d->story)
		story_free(d->story);
	d->story = story_new(dir, false);
	d->exit_status = 1;
	d->over = false;
}

static int
go(struct drive *d)
{
	struct err err = ERR_INIT;

	drive_tell(d);
	story_live(d->story, d->loop, get_state, d);
	if (!engine_run(d->engine, &err)) {
		d->exit_status = cli_fail(d->c, &err);
		fprintf(stderr,
			"Nothing is lost. Go on with: agentops resume "
			"%s\n",
			d->run);
	}
	return d->exit_status;
}

/* --app: in the full-screen app, when there is one and a terminal for it. */
static int
in_app(struct cli *c, const char *run, const struct run_request *r)
{
	if (!c->app || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return cli_usage(c, "--app needs a terminal");
	return c->app(c, run, r);
}

int
drive_new(struct cli *c, const struct run_request *r)
{
	struct drive d;
	struct err err = ERR_INIT;
	int status;

	if (cli_flag(c, "app"))
		return in_app(c, NULL, r);
	if (c->host)
		return c->host->new_run(c->host->ud, r);
	drive_open(&d, c, false);
	if (engine_create(d.engine, r, d.run, &err))
		status = go(&d);
	else
		status = cli_fail(c, &err);
	drive_close(&d);
	return status;
}

int
drive_resume(struct cli *c, const char *run)
{
	struct drive d;
	struct err err = ERR_INIT;
	int status;

	if (cli_flag(c, "app"))
		return in_app(c, run, NULL);
	if (c->host)
		return c->host->resume(c->host->ud, run);
	drive_open(&d, c, false);
	memcpy(d.run, run, sizeof(d.run));
	if (engine_resume(d.engine, run, &err))
		status = go(&d);
	else
		status = cli_fail(c, &err);
	drive_close(&d);
	return status;
}

char *
drive_ask(const struct cli *c, const char *question)
{
	AUTO_FREE char *answer = NULL;
	AUTO(buf) safe = BUF_INIT;
	size_t size = 0;

	if (c->json)
		return NULL;
	if (c->host)
		return c->host->ask(c->host->ud, question);
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return NULL;
	str_visible(&safe, question, strlen(question), false);
	printf("%s ", buf_str(&safe));
	fflush(stdout);
	return getline(&answer, &size, stdin) >= 0 ?
		       xstrdup(str_trim(answer)) :
		       NULL;
}
