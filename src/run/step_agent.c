/* How a step of an agent begins: what it is told. */
#include "run/effect_agent.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

static void
add_outputs(struct buf *b, const struct workflow_step *w)
{
	for (size_t i = 0; i < w->output_count; i++)
		buf_printf(b, "%s%s", i ? ", " : "\n\nFiles to hand over: ",
			   w->outputs[i].file);
}

/* The first attempt: the prompt, and which files are wanted. */
static void
add_task(struct buf *b, const struct run_state *s, int step, const char *args)
{
	AUTO_JSON *v = args ? cJSON_Parse(args) : NULL;
	const char *prompt = json_str(v, "prompt");

	buf_printf(b, "%s\n\nWorkspace: %s", prompt ? prompt : "",
		   s->workspace);
	add_outputs(b, &s->workflow->steps[step]);
}

/* A later one: why the one before was not enough, and what a person said. */
static void
add_again(struct buf *b, const struct run_state *s, int step,
	  const struct item_state *it, const char *error)
{
	if (s->steps[step].again && s->comment)
		buf_printf(b, "A person looked at the result and says: %s\n\n",
			   s->comment);
	if (error)
		buf_printf(b, "This was not enough: %s\n\n", error);
	if (it->findings)
		buf_printf(b, "Findings so far: %s\n\n", it->findings);
	buf_printf(b,
		   "Attempt %d begins: go on, and hand over every file "
		   "again.",
		   it->attempt);
	add_outputs(b, &s->workflow->steps[step]);
}

void
step_agent_begin(struct live *l, const struct event *e)
{
	const struct ev_step_started *p = &e->step_started;
	const struct run_state *s = l->state;
	int step = workflow_find(s->workflow, p->step);
	int item = p->item < 0 ? 0 : (int)p->item;
	struct agent_state *a = run_agent(s, step, item);
	AUTO_JSON *args = NULL;
	AUTO(buf) text = BUF_INIT;

	if (a && a->status != AGENT_IDLE) {
		agent_go_on(l, a);
		return;
	}
	if (a) {
		add_again(&text, s, step, &s->steps[step].items[item], a->why);
		agent_tell(l, a, p->step, p->item, buf_str(&text));
		return;
	}
	add_task(&text, s, step, p->args);
	args = p->args ? cJSON_Parse(p->args) : NULL;
	agent_tell_first(l, p->step, p->item, NULL, json_get(args, "tools"),
			 &text);
}
