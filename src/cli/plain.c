/*
 * The dialogue is plain code from top to bottom: a question turns the loop
 * until its answer has come (plain_ask), so the engine works on meanwhile.
 *
 *	task? -> command -> carry: run live -> gate? -> answer --+
 *	  ^                          ^                           |
 *	  |                          +---------------------------+
 *	  +-- run ended, or parked (by choice, end of input, Ctrl-C)
 *
 * Commands run as on a command line; those that carry a run on come back
 * here through the host (cli/drive.h).
 */
#include "cli/plain.h"

#include "cli/own_command.h"
#include "cli/plain_ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- questions --------------------------------------------------------- */

void
plain_say(const char *fmt, ...)
{
	AUTO_FREE char *text = NULL;
	AUTO(buf) safe = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	str_visible(&safe, text, strlen(text), false);
	puts(buf_str(&safe));
	fflush(stdout);
}

static bool
gate_is_open(struct plain *p)
{
	const struct run_state *s = engine_state(p->d.engine, p->d.run);

	return s && p->gate > 0 && (uint64_t)p->gate <= s->gate_count &&
	       s->gates[p->gate - 1].open;
}

/* Whether there is still somebody, and something, to ask. */
static bool
may_ask(struct plain *p)
{
	if (p->d.interrupted || engine_failed(p->d.engine, NULL))
		return false;
	p->gone = p->gate && !gate_is_open(p);
	return !p->gone;
}

/* What was told meanwhile took the question's place: it is asked again. */
static void
print_question(struct plain *p, const char *question)
{
	AUTO(buf) safe = BUF_INIT;

	if (p->d.at_prompt)
		return;
	str_visible(&safe, question, strlen(question), false);
	printf("%s ", buf_str(&safe));
	fflush(stdout);
	p->d.at_prompt = true;
}

static char *
wait_for_line(struct plain *p, const char *question)
{
	char *line;

	while (may_ask(p)) {
		print_question(p, question);
		line = typed_take(p->typed);
		if (line || typed_ended(p->typed))
			return line;
		/* Without reaping: who asks looks at the run's state. */
		loop_turn(p->d.loop, true);
	}
	return NULL;
}

char *
plain_ask(struct plain *p, const char *question)
{
	AUTO_FREE char *line = wait_for_line(p, question);

	if (line && p->echo)
		plain_say("%s", line);
	else if (!line && p->d.at_prompt)
		putchar('\n');
	p->d.at_prompt = false;
	return line ? xstrdup(str_trim(line)) : NULL;
}

/* "chart" names "chart: Draw it" and "chart = bar". */
static bool
is_named(const char *choice, const char *answer)
{
	size_t n = strlen(answer);

	return n && strncasecmp(choice, answer, n) == 0 &&
	       (!choice[n] || choice[n] == ':' ||
		str_starts(choice + n, " = "));
}

static int
find_choice(const struct strv *choices, const char *answer)
{
	int64_t n;

	if (str_to_i64(answer, 1, (int64_t)choices->count, &n))
		return (int)n - 1;
	for (size_t i = 0; i < choices->count; i++)
		if (is_named(choices->items[i], answer))
			return (int)i;
	return -1;
}

static void
list_choices(const struct strv *choices)
{
	for (size_t i = 0; i < choices->count; i++)
		plain_say("  %zu. %s", i + 1, choices->items[i]);
}

int
plain_choose(struct plain *p, const char *question, const struct strv *choices,
	     const char *empty, bool list)
{
	AUTO_FREE char *whole =
		xasprintf("%s Number 1 to %zu%s%s:", question, choices->count,
			  empty ? ", " : "", empty ? empty : "");

	if (list)
		list_choices(choices);
	for (;;) {
		AUTO_FREE char *answer = plain_ask(p, whole);
		int n;

		if (!answer)
			return PLAIN_NOBODY;
		if (!*answer && empty)
			return PLAIN_EMPTY;
		n = find_choice(choices, answer);
		if (n >= 0)
			return n;
		if (strcmp(answer, "?") != 0)
			plain_say("That is none of the choices; ? lists "
				  "them.");
		else
			list_choices(choices);
	}
}

/* --- carrying a run on ------------------------------------------------- */

/* After the engine's turn: what it made of the run may need a look before
 * the loop waits. */
static void
before_wait(void *ud)
{
	struct plain *p = ud;
	const struct run_state *s = engine_state(p->d.engine, p->d.run);
	bool asked = p->gate && gate_is_open(p);

	if (p->carrying && (p->d.over || engine_failed(p->d.engine, NULL) ||
			    !s || (run_waits_for_person(s) && !asked)))
		loop_again(p->d.loop);
}

/* Turns the loop until the run has ended or is parked. */
static int
carry(struct plain *p)
{
	struct err err = ERR_INIT;
	struct run_state *s;
	bool parking = false; /* it will be over soon */

	p->carrying = true;
	loop_turn(p->d.loop, false); /* the first events */
	while (!engine_failed(p->d.engine, &err) &&
	       (s = engine_state(p->d.engine, p->d.run))) {
		if (!p->d.over && !p->d.interrupted && !parking &&
		    run_waits_for_person(s))
			parking = !plain_gate(p, s) && !p->d.interrupted;
		loop_turn(p->d.loop, true);
		engine_reap(p->d.engine);
	}
	p->carrying = false;
	p->exit_status = p->d.exit_status;
	if (err.code) {
		p->exit_status = cli_fail(p->d.c, &err);
		plain_say("Nothing is lost. Go on with: agentops resume %s",
			  p->d.run);
	}
	return p->exit_status;
}

static int
host_new_run(void *ud, const struct run_request *r)
{
	struct plain *p = ud;
	struct err err = ERR_INIT;

	if (!engine_create(p->d.engine, r, p->d.run, &err))
		return cli_fail(p->d.c, &err);
	drive_tell(&p->d);
	p->told = true;
	return carry(p);
}

static int
host_resume(void *ud, const char *run)
{
	struct plain *p = ud;
	struct err err = ERR_INIT;

	memmove(p->d.run, run, sizeof(p->d.run));
	if (!engine_resume(p->d.engine, run, &err))
		return cli_fail(p->d.c, &err);
	drive_tell(&p->d);
	p->told = false;
	plain_say("Run %s: %s", run, engine_state(p->d.engine, run)->task);
	return carry(p);
}

static char *
host_ask(void *ud, const char *question)
{
	return plain_ask(ud, question);
}

/* --- tasks and commands ------------------------------------------------ */

static bool
do_line(struct plain *p, const char *line)
{
	struct slash s;
	struct err err = ERR_INIT;

	if (!own_command_parse(line, ".", &s, &err)) {
		plain_say("%s", err.msg);
		return true;
	}
	s.cli.host = &p->host;
	cli_run(&s.cli);
	fflush(stdout);
	slash_release(&s);
	return !engine_failed(p->d.engine, NULL);
}

static void
ask_for_tasks(struct plain *p)
{
	for (;;) {
		AUTO_FREE char *line = plain_ask(
			p, "Task, or /command (/help lists them; an empty "
			   "line leaves):");

		if (!line || !*line || strcmp(line, "/quit") == 0 ||
		    !do_line(p, line))
			return;
	}
}

static bool
open_run(struct plain *p, const char *name, struct err *err)
{
	char run[ID_RUN_SIZE];

	if (!journal_find_run(p->d.c->journal, name, run, err))
		return false;
	p->exit_status = host_resume(p, run);
	return true;
}

int
plain_main(struct cli *c, const char *run)
{
	struct plain p = { .echo = !isatty(STDIN_FILENO) };
	struct err err = ERR_INIT;

	if (!cli_journal(c, &err))
		return cli_fail(c, &err);
	drive_open(&p.d, c, true);
	loop_before_wait(p.d.loop, before_wait, &p);
	p.typed = typed_new(p.d.loop, STDIN_FILENO);
	p.host = (struct cli_host){ .ud = &p,
				    .new_run = host_new_run,
				    .resume = host_resume,
				    .ask = host_ask };
	if (run && !open_run(&p, run, &err))
		p.exit_status = cli_fail(c, &err);
	else if (!run)
		ask_for_tasks(&p);
	if (p.d.interrupted)
		p.exit_status = 130;
	typed_free(p.typed);
	drive_close(&p.d);
	return p.exit_status;
}
