/* Carries out what the app asks for: one row a kind. */
#include "ui/client.h"

#include "base/json.h"
#include "cli/request.h"
#include "cli/own_command.h"
#include "run/iterate.h"
#include "run/order.h"

#include <stdlib.h>
#include <string.h>

static void
do_quit(struct client *c, struct ask *k)
{
	(void)k;
	client_leave(c, "left the app");
}

static void
do_suspend(struct client *c, struct ask *k)
{
	(void)k;
	pictures_forget(c->pictures, c->term);
	term_suspend(c->term);
	client_dirty(c, true);
}

static void
do_redraw(struct client *c, struct ask *k)
{
	(void)k;
	pictures_forget(c->pictures, c->term);
	term_redraw(c->term);
	client_dirty(c, true);
}

static void
do_bell(struct client *c, struct ask *k)
{
	(void)k;
	term_bell(c->term);
}

static void
do_notify(struct client *c, struct ask *k)
{
	term_notify(c->term, k->text, k->more);
}

static void
do_open_run(struct client *c, struct ask *k)
{
	struct err err = ERR_INIT;

	if (!k->run)
		client_close_run(c);
	else if (!client_open_run(c, k->run, &err))
		client_fail(c, &err);
}

/* --- runs --------------------------------------------------------------- */

bool
client_start(struct client *c, const struct run_request *r, struct err *err)
{
	char id[ID_RUN_SIZE];

	if (!engine_create(c->engine, r, id, err))
		return false;
	strv_add(&c->own, id);
	c->interrupted_us = 0;
	loop_again(c->loop);
	memcpy(c->wanted, id, sizeof(c->wanted));
	return true;
}

static bool
start_request(struct client *c, struct slash *s, struct err *err)
{
	struct request r;
	bool ok;

	if (!request_make(&s->cli, slash_task_arg(s), &r, err))
		return false;
	/* The command reads the library through our journal. */
	s->cli.journal = c->cli->journal;
	ok = s->cli.command->run != cmd_replay_pattern ||
	     request_check_replay(&s->cli, &r, err);
	s->cli.journal = NULL;
	ok = ok && client_start(c, &r.run, err);
	request_release(&r);
	return ok;
}

static void
do_start(struct client *c, struct ask *k)
{
	struct err err = ERR_INIT;
	struct slash s;

	if (!own_command_parse(k->text, ".", &s, &err)) {
		client_fail(c, &err);
		return;
	}
	if (!start_request(c, &s, &err))
		client_fail(c, &err);
	slash_release(&s);
}

bool
client_resume(struct client *c, const char *text, struct err *err)
{
	char run[ID_RUN_SIZE];

	if (!journal_find_run(c->cli->journal, text, run, err))
		return false;
	if (strv_has(&c->own, run))
		return true;
	if (!engine_resume(c->engine, run, err))
		return false;
	strv_add(&c->own, run);
	c->interrupted_us = 0; /* the next Ctrl-C is a first one */
	loop_again(c->loop);
	return true;
}

static void
do_resume(struct client *c, struct ask *k)
{
	struct err err = ERR_INIT;

	if (!client_resume(c, k->run, &err))
		client_fail(c, &err);
}

static void
do_park(struct client *c, struct ask *k)
{
	engine_park(c->engine, k->run, "interrupted by Ctrl-C");
	client_interrupt(c);
}

static void
do_abort(struct client *c, struct ask *k)
{
	AUTO_FREE char *user = cli_user();
	struct err err = ERR_INIT;
	char run[ID_RUN_SIZE];

	if (!journal_find_run(c->cli->journal, k->run, run, &err) ||
	    !journal_ask_abort(c->cli->journal, run, user, k->text, &err)) {
		client_fail(c, &err);
		return;
	}
	/* Whoever owns it ends it; without an owner, we do. */
	if (!journal_is_owned(c->cli->journal, run) &&
	    !client_resume(c, run, &err))
		client_fail(c, &err);
	client_changed(c);
}

/* --- gates -------------------------------------------------------------- */

/* What an iteration changes must hold, or the gate stays open. */
static bool
check_answer(struct client *c, const struct ask *k, const char *run,
	     struct err *err)
{
	AUTO_PTR(run_state) s = NULL;

	if (k->decision != DECISION_ITERATE)
		return true;
	if (c->state && strcmp(run, c->run) == 0)
		return run_check_iterate(c->state, k->number, k->values, err);
	s = engine_read(c->cli->journal, run, &engine_tools, err);
	return s && run_check_iterate(s, k->number, k->values, err);
}

static bool
decide(struct client *c, const struct ask *k, struct err *err)
{
	AUTO_FREE char *user = cli_user();
	struct gate_answer answer = { .decision = decision_name(k->decision),
				      .by = user,
				      .comment = k->text,
				      .values = k->values };

	if (!check_answer(c, k, k->run, err) ||
	    !journal_decide(c->cli->journal, k->run, k->number, &answer, err))
		return false;
	client_changed(c);
	if (journal_is_owned(c->cli->journal, k->run))
		return true;
	return client_resume(c, k->run, err);
}

/* A journal that another process holds is tried again, not waited for. */
static void
do_decide(struct client *c, struct ask *k)
{
	struct err err = ERR_INIT;
	bool ok;

	journal_set_patience(c->cli->journal, JOURNAL_IMPATIENT_MS);
	ok = decide(c, k, &err);
	journal_set_patience(c->cli->journal, JOURNAL_PATIENCE_MS);
	if (!ok && (err.code != ERR_BUSY || !client_again(c, k)))
		client_fail(c, &err);
}

static bool
order(struct client *c, const struct ask *k, struct err *err)
{
	AUTO_FREE char *user = cli_user();
	struct order o = { .kind = (enum order_kind)k->number,
			   .agent = k->text,
			   .text = k->more,
			   .call = k->values,
			   .by = user };

	if (!c->state || strcmp(k->run, c->run) != 0)
		return FAIL(err, ERR_CONFLICT, "run %s is not open any more",
			    k->run);
	if (!order_give(c->cli->journal, c->state, &o, err))
		return false;
	client_note(c, false, "%s: %s", k->text, order_word(o.kind));
	client_changed(c);
	return true;
}

static void
do_order(struct client *c, struct ask *k)
{
	struct err err = ERR_INIT;
	bool ok;

	journal_set_patience(c->cli->journal, JOURNAL_IMPATIENT_MS);
	ok = order(c, k, &err);
	journal_set_patience(c->cli->journal, JOURNAL_PATIENCE_MS);
	if (!ok && (err.code != ERR_BUSY || !client_again(c, k)))
		client_fail(c, &err);
}

static void
do_check(struct client *c, struct ask *k)
{
	struct err err = ERR_INIT;
	AUTO(buf) text = BUF_INIT;

	if (c->state && !run_check_workflow(c->state, k->values, "plan", &err))
		buf_addstr(&text, err.msg);
	client_send(c, &(struct msg){ .kind = MSG_CHECKED,
				      .text = &text,
				      .ticket = k->ticket });
}

/* --- the rest ----------------------------------------------------------- */

static void
do_feed(struct client *c, struct ask *k)
{
	client_read_feed(c, k);
}

static void
do_patterns(struct client *c, struct ask *k)
{
	client_read_patterns(c, k);
}

static void
do_pattern(struct client *c, struct ask *k)
{
	client_read_pattern(c, k);
}

static void
do_read(struct client *c, struct ask *k)
{
	client_read_file(c, k);
}

static void
do_edit(struct client *c, struct ask *k)
{
	client_edit(c, k);
}

static void
do_command(struct client *c, struct ask *k)
{
	client_command(c, k);
}

static void
do_external(struct client *c, struct ask *k)
{
	client_external(c, k);
}

static void
do_copy(struct client *c, struct ask *k)
{
	term_copy(c->term, k->text);
	client_note(c, false, "Copied: %s", k->text);
}

static void
do_files(struct client *c, struct ask *k)
{
	client_list_files(c, k);
}

static void
do_commands(struct client *c, struct ask *k)
{
	client_list_commands(c, k);
}

static void
do_history(struct client *c, struct ask *k)
{
	client_keep_history(c, k->text);
}

static void
do_points(struct client *c, struct ask *k)
{
	client_read_points(c, k);
}

static void
do_fork(struct client *c, struct ask *k)
{
	client_fork(c, k);
}

static void
do_value(struct client *c, struct ask *k)
{
	client_value(c, k);
}

static void
do_draft(struct client *c, struct ask *k)
{
	client_keep_draft(c, k);
}

static void
do_templates(struct client *c, struct ask *k)
{
	client_read_templates(c, k);
}

static void
do_prepare(struct client *c, struct ask *k)
{
	client_prepare(c, k);
}

static void
do_deploy(struct client *c, struct ask *k)
{
	client_deploy(c, k);
}

static void (*const kinds[])(struct client *, struct ask *) = {
	[ASK_QUIT] = do_quit,         [ASK_SUSPEND] = do_suspend,
	[ASK_REDRAW] = do_redraw,     [ASK_BELL] = do_bell,
	[ASK_NOTIFY] = do_notify,     [ASK_OPEN_RUN] = do_open_run,
	[ASK_START] = do_start,       [ASK_RESUME] = do_resume,
	[ASK_PARK] = do_park,         [ASK_ABORT] = do_abort,
	[ASK_DECIDE] = do_decide,
	[ASK_ORDER] = do_order,     [ASK_FEED] = do_feed,
	[ASK_PATTERNS] = do_patterns, [ASK_PATTERN] = do_pattern,
	[ASK_READ] = do_read,         [ASK_EDIT] = do_edit,
	[ASK_CHECK] = do_check,       [ASK_COMMAND] = do_command,
	[ASK_EXTERNAL] = do_external, [ASK_COPY] = do_copy,
	[ASK_FILES] = do_files,       [ASK_COMMANDS] = do_commands,
	[ASK_HISTORY] = do_history,
	[ASK_POINTS] = do_points,     [ASK_FORK] = do_fork,
	[ASK_VALUE] = do_value,
	[ASK_DRAFT] = do_draft,       [ASK_TEMPLATES] = do_templates,
	[ASK_PREPARE] = do_prepare,   [ASK_DEPLOY] = do_deploy,
};

void
client_do(struct client *c, struct ask *k)
{
	kinds[k->kind](c, k);
}
