#include "run/order.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

#include <string.h>

static const char *const words[] = {
	[ORDER_SAY] = "say",
	[ORDER_PAUSE] = "pause",
	[ORDER_GO_ON] = "go-on",
	[ORDER_WITHDRAW] = "withdraw",
};

bool
order_parse(const char *word, enum order_kind *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i], word) == 0) {
			*ret = (enum order_kind)i;
			return true;
		}
	return false;
}

const char *
order_word(enum order_kind k)
{
	return words[k];
}

bool
order_is_held(const struct agent_state *g)
{
	return g->paused &&
	       (g->status == AGENT_WANTS || g->status == AGENT_CALLING);
}

const char *
order_state_word(const struct agent_state *g)
{
	static const char *const states[] = {
		[AGENT_IDLE] = "idle",         [AGENT_WANTS] = "waiting",
		[AGENT_ASKING] = "thinking",   [AGENT_CALLING] = "using tools",
		[AGENT_ANSWERED] = "answered", [AGENT_FAILED] = "failed",
	};

	return order_is_held(g) ? "paused" : states[g->status];
}

const struct agent_state *
order_find(const struct run_state *s, const char *name, struct err *err)
{
	AUTO(buf) all = BUF_INIT;

	for (size_t i = 0; i < s->agent_count; i++) {
		AUTO_FREE char *one = run_agent_name(s, s->agents[i]);

		if (strcmp(one, name) == 0)
			return s->agents[i];
		buf_printf(&all, "%s%s", all.len ? ", " : "", one);
	}
	if (all.len)
		FAIL(err, ERR_NOTFOUND, "run %s has no agent \"%s\"; it has %s",
		     s->id, name, buf_str(&all));
	else
		FAIL(err, ERR_NOTFOUND, "no agent works in run %s", s->id);
	return NULL;
}

const struct agent_call *
order_call(const struct agent_state *g, const char *id)
{
	for (size_t i = 0; g->status == AGENT_CALLING && i < g->call_count; i++)
		if (g->calls[i].status == CALL_WAITING &&
		    (!id || str_eq(g->calls[i].id, id)))
			return &g->calls[i];
	return NULL;
}

static bool
check(const struct agent_state *g, const struct order *o, const char *call,
      struct err *err)
{
	if (o->kind == ORDER_SAY && str_empty(o->text))
		return FAIL(err, ERR_USAGE, "agent %s: nothing was said",
			    o->agent);
	if (o->kind == ORDER_WITHDRAW && !call)
		return FAIL(err, ERR_CONFLICT,
			    "agent %s: %s%s; only one that has not begun can "
			    "be taken back",
			    o->agent, o->call ? "no call " : "no call waits",
			    o->call ? o->call : "");
	if ((o->kind == ORDER_PAUSE && g->paused) ||
	    (o->kind == ORDER_GO_ON && !g->paused))
		return FAIL(err, ERR_CONFLICT, "agent %s is %s", o->agent,
			    g->paused ? "paused already" : "not paused");
	if (g->status != AGENT_WANTS && g->status != AGENT_ASKING &&
	    g->status != AGENT_CALLING)
		return FAIL(err, ERR_CONFLICT,
			    "agent %s does not work now; comment at the gate "
			    "of its result, or iterate",
			    o->agent);
	return true;
}

static struct event
event_of(const struct run_state *s, const struct agent_state *g,
	 const struct order *o, const char *call)
{
	const char *step = run_agent_step(s, g);
	int64_t item = run_agent_item(s, g);
	struct event e = { .type = EV_agent_paused };

	if (o->kind == ORDER_SAY) {
		e.type = EV_agent_said;
		e.agent_said = (struct ev_agent_said){
			.step = step, .item = item, .text = o->text, .by = o->by
		};
	} else if (o->kind == ORDER_WITHDRAW) {
		e.type = EV_call_withdrawn;
		e.call_withdrawn = (struct ev_call_withdrawn){
			.step = step,
			.item = item,
			.call = call,
			.reason = o->text,
			.by = o->by,
		};
	} else {
		e.agent_paused = (struct ev_agent_paused){
			.step = step,
			.item = item,
			.paused = o->kind == ORDER_PAUSE,
			.by = o->by,
		};
	}
	return e;
}

bool
order_give(struct journal *j, const struct run_state *s, const struct order *o,
	   struct err *err)
{
	const struct agent_state *g = order_find(s, o->agent, err);
	const struct agent_call *waits = g ? order_call(g, o->call) : NULL;
	const char *call = waits ? waits->id : NULL;
	struct event e;

	if (!g || !check(g, o, call, err))
		return false;
	e = event_of(s, g, o, call);
	return journal_order(j, s->id, &e, err);
}
