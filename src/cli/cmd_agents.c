/* agents: the agents of a run, and what a person tells one of them. */
#include "cli/cli.h"

#include "base/json.h"
#include "run/engine.h"
#include "run/order.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void
print_call(const struct cli *c, const struct agent_call *k)
{
	AUTO(buf) b = BUF_INIT;

	if (k->status != CALL_WAITING || c->quiet)
		return;
	buf_printf(&b, "    waits: %s %s, call %s\n", k->tool,
		   k->args ? k->args : "", k->id);
	cli_print(buf_str(&b));
}

static void
print_json(const struct agent_state *g, const char *name)
{
	AUTO(buf) b = BUF_INIT;
	bool first = true;

	buf_addch(&b, '{');
	json_add_key(&b, "agent");
	json_add_str(&b, name);
	json_add_key(&b, "state");
	json_add_str(&b, order_state_word(g));
	json_add_key(&b, "paused");
	buf_addstr(&b, g->paused ? "true" : "false");
	json_add_key(&b, "turn");
	buf_addint(&b, g->turn);
	json_add_key(&b, "read_tokens");
	buf_addint(&b, g->read_tokens);
	json_add_key(&b, "waiting");
	buf_addch(&b, '[');
	for (size_t i = 0; g->status == AGENT_CALLING && i < g->call_count;
	     i++) {
		const struct agent_call *k = &g->calls[i];

		if (k->status != CALL_WAITING)
			continue;
		buf_addstr(&b, first ? "{" : ",{");
		first = false;
		json_add_key(&b, "call");
		json_add_str(&b, k->id);
		json_add_key(&b, "tool");
		json_add_str(&b, k->tool);
		json_add_key(&b, "args");
		json_add_str(&b, k->args ? k->args : "");
		buf_addch(&b, '}');
	}
	buf_addstr(&b, "]}\n");
	fputs(buf_str(&b), stdout);
}

static void
print_row(const struct cli *c, const struct agent_state *g, const char *name)
{
	AUTO(buf) b = BUF_INIT;

	buf_printf(&b, "%-20s %-12s turn %-4d read %" PRId64 " tokens\n", name,
		   order_state_word(g), g->turn, g->read_tokens);
	cli_print(buf_str(&b));
	for (size_t i = 0; g->status == AGENT_CALLING && i < g->call_count; i++)
		print_call(c, &g->calls[i]);
}

static void
list(const struct cli *c, const struct run_state *s)
{
	if (!s->agent_count && !c->json && !c->quiet)
		puts("No agent works in this run.");
	for (size_t i = 0; i < s->agent_count; i++) {
		AUTO_FREE char *name = run_agent_name(s, s->agents[i]);

		if (c->json)
			print_json(s->agents[i], name);
		else
			print_row(c, s->agents[i], name);
	}
}

/* The words after the verb, as they were typed. Caller frees. */
static char *
rest(const struct cli *c, int from)
{
	AUTO(buf) b = BUF_INIT;

	for (int i = from; i < c->arg_count; i++)
		buf_printf(&b, "%s%s", i > from ? " " : "", c->args[i]);
	return buf_steal(&b);
}

static bool
tell(struct cli *c, const struct run_state *s, struct err *err)
{
	AUTO_FREE char *user = cli_user();
	AUTO_FREE char *text = rest(c, 3);
	struct order o = { .agent = c->args[1],
			   .text = *text ? text : NULL,
			   .call = cli_option(c, "call"),
			   .by = user };

	if (!order_parse(c->args[2], &o.kind))
		return FAIL(err, ERR_USAGE,
			    "agents: \"%s\"; use say, pause, go-on or withdraw",
			    c->args[2]);
	if (!order_give(c->journal, s, &o, err))
		return false;
	if (!c->quiet && !c->json)
		printf("%s: %s by %s%s\n", o.agent, order_word(o.kind), user,
		       journal_is_owned(c->journal, s->id) ?
			       "" :
			       "; agentops resume goes on with the run");
	return true;
}

int
cmd_agents(struct cli *c)
{
	AUTO_PTR(run_state) s = NULL;
	struct err err = ERR_INIT;
	char run[ID_RUN_SIZE];

	if (c->arg_count != 1 && c->arg_count < 3)
		return cli_usage(c, "agents takes a run, or a run, an agent "
				    "and what to tell it");
	if (!cli_journal(c, &err) ||
	    !journal_find_run(c->journal, c->args[0], run, &err) ||
	    !(s = engine_read(c->journal, run, &engine_tools, &err)))
		return cli_fail(c, &err);
	if (c->arg_count == 1)
		list(c, s);
	else if (!tell(c, s, &err))
		return cli_fail(c, &err);
	return 0;
}
