/* deploy-template: answers, preview, one transaction, and a run of it. */
#include "cli/deploy_text.h"
#include "cli/drive.h"

#include "base/clock.h"
#include "base/json.h"
#include "flow/render_scan.h"
#include "run/engine.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { ANSWERS_LIMIT = 1 << 20 };

struct deploying {
	struct cli *c;
	struct template *t;
	struct deployment *d;
	cJSON *given, *answers;
	char *into, *here;
	int64_t began_us;
	int64_t waited_us; /* for a person */
};

static void
deploying_release(struct deploying *w)
{
	template_free(w->t);
	deployment_free(w->d);
	cJSON_Delete(w->given);
	cJSON_Delete(w->answers);
	free(w->into);
	free(w->here);
}

/* --- asking ------------------------------------------------------------- */

static char *
ask(struct deploying *w, const char *question)
{
	int64_t since = clock_mono_us();
	char *answer = drive_ask(w->c, question);

	w->waited_us += clock_mono_us() - since;
	return answer;
}

static void
on_interrupt(int signal)
{
	(void)signal;
}

/* What is typed stays off the screen, where this is the terminal's. Ctrl-C
 * ends the question, not the program: the terminal would stay quiet. */
static char *
ask_secret(struct deploying *w, const char *question)
{
	struct sigaction stop = { .sa_handler = on_interrupt }, before;
	struct termios was, quiet;
	bool hide = !w->c->host && tcgetattr(STDIN_FILENO, &was) == 0;
	char *answer;

	if (!hide)
		return ask(w, question);
	sigaction(SIGINT, &stop, &before);
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	answer = ask(w, question);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
	sigaction(SIGINT, &before, NULL);
	clearerr(stdin);
	putchar('\n');
	return answer;
}

static bool
may_ask(const struct deploying *w)
{
	return !cli_flag(w->c, "yes") && !w->c->json &&
	       (w->c->host || (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)));
}

static void
say(const struct deploying *w, const char *text)
{
	if (!w->c->quiet && !w->c->json)
		cli_print(text);
	fflush(stdout);
}

/* Sooner than deploy_prepare, so that it can be asked again. */
static bool
check_there(const struct template_field *f, const char *text, struct err *err)
{
	if ((f->type != TEMPLATE_FILE && f->type != TEMPLATE_UPLOAD) ||
	    str_starts(text, "secret:") || path_exists(text))
		return true;
	return FAIL(err, ERR_NOTFOUND, "%s: there is no file %s", f->in.name,
		    text);
}

static char *
ask_once(struct deploying *w, const struct template_field *f)
{
	AUTO(buf) question = BUF_INIT;

	deploy_text_field(f, &question);
	buf_addch(&question, ':');
	return f->type == TEMPLATE_SECRET ? ask_secret(w, question.data) :
					    ask(w, question.data);
}

/* Until an answer fits. False when nobody answers. */
static bool
ask_field(struct deploying *w, const struct template_field *f)
{
	AUTO_FREE char *help =
		f->in.help ? xasprintf("  %s\n", f->in.help) : NULL;

	if (help)
		say(w, help);
	for (;;) {
		AUTO_FREE char *text = ask_once(w, f);
		AUTO_JSON *value = NULL;
		AUTO_JSON *checked = NULL;
		struct err err = ERR_INIT;

		if (!text)
			return false;
		if (!*text && (!f->in.required || f->in.fallback))
			return true;
		value = cJSON_CreateString(text);
		if (*text && template_answer(f, value, &checked, &err) &&
		    check_there(f, text, &err)) {
			cJSON_AddItemToObject(w->given, f->in.name,
					      TAKE(value));
			return true;
		}
		cli_warn(*text ? err.msg : "an answer is needed");
	}
}

/* Every field that is asked and not answered yet; conditions see the answers
 * so far. */
static bool
ask_all(struct deploying *w, struct err *err)
{
	for (size_t i = 0; i < w->t->field_count; i++) {
		const struct template_field *f = &w->t->fields[i];
		AUTO(strv) missing = STRV_INIT;
		AUTO_JSON *so_far = NULL;
		bool asked = false;

		if (json_get(w->given, f->in.name))
			continue;
		if (!template_answers(w->t, w->given, &so_far, &missing, err) ||
		    !template_asked(w->t, f, so_far, &asked, err))
			return false;
		if (asked && !ask_field(w, f))
			return FAIL(err, ERR_USAGE,
				    "nobody answers; nothing "
				    "was written");
	}
	return true;
}

/* --- answers -------------------------------------------------------------- */

static bool
read_answers(struct deploying *w, struct err *err)
{
	const char *file = cli_option(w->c, "answers");
	AUTO_PTR(yaml_doc) doc = NULL;
	AUTO_JSON *pairs = cli_pairs(w->c, "set", err);
	AUTO(buf) text = BUF_INIT;
	const cJSON *v;

	/* Without a file of answers, those of the deployment before. */
	if (!file)
		w->given = deploy_answers_before(w->t, &w->c->paths, w->into);
	if (!w->given)
		w->given = cJSON_CreateObject();
	if (!pairs)
		return false;
	if (file) {
		if (!path_read(file, ANSWERS_LIMIT, &text, err))
			return false;
		doc = yaml_parse(buf_str(&text), text.len, file, 1, err);
		if (!doc)
			return false;
		if (yaml_root(doc)->kind != YAML_MAP)
			return yaml_fail(doc, yaml_root(doc), err,
					 "answers are a map, FIELD: value");
		cJSON_Delete(w->given);
		w->given = yaml_to_json(yaml_root(doc));
	}
	cJSON_ArrayForEach (v, pairs) {
		cJSON_DeleteItemFromObjectCaseSensitive(w->given, v->string);
		cJSON_AddStringToObject(w->given, v->string, v->valuestring);
	}
	return true;
}

static bool
fail_missing(const struct deploying *w, const struct strv *missing,
	     struct err *err)
{
	AUTO(buf) all = BUF_INIT;

	for (size_t i = 0; i < missing->count; i++)
		buf_printf(&all, "%s%s", i ? ", " : "", missing->items[i]);
	return FAIL(err, ERR_USAGE,
		    "%s needs answers for: %s (give them with "
		    "--set K=V or --answers FILE; agentops templates show %s "
		    "tells what they are)",
		    w->t->name, buf_str(&all), w->t->name);
}

static bool
collect(struct deploying *w, struct err *err)
{
	AUTO(strv) missing = STRV_INIT;

	if (!read_answers(w, err) || (may_ask(w) && !ask_all(w, err)))
		return false;
	if (!template_answers(w->t, w->given, &w->answers, &missing, err))
		return false;
	return !missing.count || fail_missing(w, &missing, err);
}

/* --- where ------------------------------------------------------------------ */

static bool
find_into(struct deploying *w, struct err *err)
{
	const char *dir = cli_option(w->c, "into");

	return deploy_into(w->here, dir ? dir : w->t->name, &w->into, err);
}

/* --- the command --------------------------------------------------------------- */

static void
print_json(const struct deploying *w, bool written)
{
	AUTO(buf) out = BUF_INIT;

	buf_addch(&out, '{');
	json_add_key(&out, "template");
	json_add_str(&out, w->t->name);
	json_add_key(&out, "version");
	json_add_str(&out, w->t->version);
	json_add_key(&out, "into");
	json_add_str(&out, w->into);
	json_add_key(&out, "pattern_id");
	json_add_str(&out, w->d->id);
	json_add_key(&out, "risk");
	json_add_str(&out, risk_name(w->d->cls.risk));
	json_add_key(&out, "written");
	buf_addstr(&out, written ? "true" : "false");
	json_add_key(&out, "duration_ms");
	buf_addint(&out, (clock_mono_us() - w->began_us) / 1000);
	json_add_key(&out, "files");
	buf_addch(&out, '[');
	for (size_t i = 0; i < w->d->file_count; i++) {
		const struct deploy_file *f = &w->d->files[i];
		AUTO_FREE char *state = xstrdup(deploy_text_state(w->d, f));

		str_lower(state);
		buf_addstr(&out, i ? ",{" : "{");
		json_add_key(&out, "path");
		json_add_str(&out, f->path);
		json_add_key(&out, "state");
		json_add_str(&out, state);
		buf_addch(&out, '}');
	}
	buf_addstr(&out, "]}");
	puts(buf_str(&out));
}

static void
tell_done(const struct deploying *w)
{
	char took[CLOCK_DURATION_SIZE], waited[CLOCK_DURATION_SIZE];
	int64_t us = clock_mono_us() - w->began_us;
	AUTO_JSON *dir = cJSON_CreateString(w->into);
	AUTO(buf) out = BUF_INIT;

	buf_printf(&out, "Deployed %zu files in %s", w->d->file_count,
		   clock_duration(us, took));
	if (w->waited_us)
		buf_printf(&out, ", of it %s waiting for your answers",
			   clock_duration(w->waited_us, waited));
	buf_addstr(&out, ".\n");
	if (!cli_flag(w->c, "run")) {
		buf_printf(&out,
			   "Run it: agentops replay-pattern %s "
			   "--workspace ",
			   w->d->id);
		render_value(RENDER_SHELL, dir, &out);
		buf_addch(&out, '\n');
	}
	say(w, buf_str(&out));
}

/* As `agentops replay-pattern ID --workspace INTO --force` would: whoever
 * deploys anew need not hear how the deployment before did. */
static int
run_it(struct deploying *w)
{
	const char *approve = cli_option(w->c, "approve");
	AUTO_FREE char *id = xstrdup(w->d->id);
	char *argv[10] = { id, (char *)"--workspace", w->into,
			   (char *)"--force" };
	int argc = 4, status;
	struct cli sub = { .host = w->c->host, .app = w->c->app };
	struct err err = ERR_INIT;

	if (approve) {
		argv[argc++] = (char *)"--approve";
		argv[argc++] = (char *)approve;
	}
	if (w->c->json)
		argv[argc++] = (char *)"--json";
	if (w->c->quiet)
		argv[argc++] = (char *)"--quiet";
	sub.command = cli_find("replay-pattern", false, &err);
	if (cli_parse(&sub, argc, argv, &err))
		status = cli_run(&sub);
	else
		status = cli_fail(w->c, &err);
	cli_release(&sub);
	return status;
}

/* Without a name on the command line: a number or a name of the list. NULL
 * with err when nobody chooses. Caller frees. */
static char *
choose_template(struct deploying *w, struct err *err)
{
	AUTO(strv) dirs = STRV_INIT;
	AUTO(buf) text = BUF_INIT;
	AUTO_FREE char *answer = NULL;
	int64_t n;

	if (!cli_paths(w->c, err))
		return NULL;
	template_list(&w->c->paths, w->here, &dirs);
	for (size_t i = 0; i < dirs.count; i++)
		buf_printf(&text, "%zu. %s\n", i + 1, path_base(dirs.items[i]));
	if (may_ask(w)) {
		say(w, buf_str(&text));
		answer = ask(w, "Which template?");
	}
	if (str_empty(answer)) {
		FAIL(err, ERR_USAGE,
		     "deploy-template takes the name of a template; agentops "
		     "templates lists them");
		return NULL;
	}
	if (str_to_i64(answer, 1, (int64_t)dirs.count, &n))
		return xstrdup(path_base(dirs.items[n - 1]));
	return TAKE(answer);
}

static bool
prepare(struct deploying *w, struct err *err)
{
	struct deploy_request r = { .paths = &w->c->paths,
				    .tools = &engine_tools };
	AUTO(strv) told = STRV_INIT;
	AUTO_FREE char *name = NULL;
	const char *take = cli_option(w->c, "take");

	w->here = getcwd(NULL, 0);
	if (!w->here)
		return err_errno(err, errno, "the current folder");
	name = w->c->arg_count ? xstrdup(w->c->args[0]) :
				 choose_template(w, err);
	w->t = name ? deploy_load(w->c, name, err) : NULL;
	if (!w->t || !find_into(w, err) ||
	    !deploy_recover(&w->c->paths, &told, err))
		return false;
	for (size_t i = 0; i < told.count; i++)
		cli_warn(told.items[i]);
	if (!collect(w, err))
		return false;
	r.t = w->t;
	r.answers = w->answers;
	r.into = w->into;
	r.base = w->here;
	r.take = !take                ? MERGE_MARK :
		 str_eq(take, "mine") ? MERGE_MINE :
					MERGE_THEIRS;
	w->d = deploy_prepare(&r, err);
	return w->d != NULL;
}

/* Whether to write. */
static bool
confirm(struct deploying *w, int *status)
{
	AUTO(buf) text = BUF_INIT;
	bool yes = cli_flag(w->c, "yes"), dry = cli_flag(w->c, "dry-run");
	struct err err = ERR_INIT;
	AUTO_FREE char *answer = NULL;

	deploy_text_preview(w->d, w->t, !yes || w->d->replaces, &text);
	say(w, buf_str(&text));
	*status = 0;
	if (!dry && !deploy_settled(w->d, &err)) {
		*status = cli_fail(w->c, &err);
		return false;
	}
	if (dry || yes)
		return !dry;
	answer = ask(w, w->d->replaces ?
				"Deploy, and replace what differs? [y/n]" :
				"Deploy? [y/n]");
	if (!answer)
		*status = cli_usage(w->c, "nothing was written; --yes deploys "
					  "without asking");
	return answer && (*answer == 'y' || *answer == 'Y');
}

int
cmd_deploy_template(struct cli *c)
{
	AUTO(deploying) w = { .c = c, .began_us = clock_mono_us() };
	const char *take = cli_option(c, "take");
	struct err err = ERR_INIT;
	int status;

	if (c->arg_count > 1)
		return cli_usage(c, "deploy-template takes one template");
	if (cli_option(c, "approve") && !cli_flag(c, "run"))
		return cli_usage(c, "--approve is for --run");
	if (take && !str_eq(take, "mine") && !str_eq(take, "template"))
		return cli_usage(c, "--take is mine or template");
	if (!prepare(&w, &err))
		return cli_fail(c, &err);
	if (!confirm(&w, &status)) {
		if (c->json && cli_flag(c, "dry-run"))
			print_json(&w, false);
		return status;
	}
	if (!deploy_commit(w.d, &err))
		return cli_fail(c, &err);
	tell_done(&w);
	if (c->json)
		print_json(&w, true);
	return cli_flag(c, "run") ? run_it(&w) : 0;
}
