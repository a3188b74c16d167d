/* The plan of the open run: what was chosen and why, and what will run. */
#include "ui/main_view.h"

#include "base/json.h"
#include "cli/gate_text.h"

#include <inttypes.h>
#include <string.h>

/* A text broken into lines of the pane. */
static void
add_wrapped(struct pane_lines *out, enum role role, int indent, int columns,
	    const char *text)
{
	struct text_lines rows = { 0 };

	text_wrap(text, strlen(text), columns - indent, &rows);
	for (size_t i = 0; i < rows.count; i++)
		pane_add(out, role, indent, "%.*s", (int)rows.items[i].len,
			 text + rows.items[i].start);
	text_lines_release(&rows);
}

/* Text of several lines, each a line of the pane. */
static void
add_text(struct pane_lines *out, enum role role, int indent, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		pane_add(out, role, indent, "%.*s", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static void
add_inputs(const struct run_state *s, int columns, struct pane_lines *out)
{
	const cJSON *v;

	if (!s->inputs || !s->inputs->child)
		return;
	pane_add(out, ROLE_HEADING, 0, "Inputs");
	cJSON_ArrayForEach (v, s->inputs) {
		AUTO_FREE char *words = gate_text_words(v);
		AUTO_FREE char *line = xasprintf("%s = %s", v->string, words);

		if (!cJSON_IsNull(v))
			add_wrapped(out, ROLE_TEXT, 2, columns, line);
	}
	pane_add(out, ROLE_TEXT, 0, "%s", "");
}

/* The hosts that it may reach, the stored secrets that it may read. */
static void
add_grants(const struct run_state *s, const struct workflow_action *act,
	   int columns, struct pane_lines *out)
{
	AUTO(buf) hosts = BUF_INIT, secrets = BUF_INIT;

	for (const char *const *h = act->hosts; h && *h; h++)
		buf_printf(&hosts, "%s%s", hosts.len ? ", " : "reaches ", *h);
	for (const char *const *n = act->secrets; n && *n; n++) {
		const char *name = json_str(s->inputs, *n);

		if (!str_empty(name))
			buf_printf(&secrets, "%s%s",
				   secrets.len ? ", " : "reads ", name);
	}
	if (hosts.len)
		add_wrapped(out, ROLE_WARN, 4, columns, buf_str(&hosts));
	if (secrets.len)
		add_wrapped(out, ROLE_WARN, 4, columns, buf_str(&secrets));
}

static void
add_step(const struct run_state *s, size_t i, int columns,
	 struct pane_lines *out)
{
	const struct workflow_step *w = &s->workflow->steps[i];
	enum sandbox_profile p = run_profile(s, &w->action);
	AUTO(buf) needs = BUF_INIT;

	for (size_t k = 0; k < w->need_count; k++)
		buf_printf(&needs, "%s%s", k ? ", " : "",
			   s->workflow->steps[w->needs[k]].id);
	pane_add(out, ROLE_STRONG, 2, "%zu %s  %s", i + 1, w->id,
		 w->title ? w->title : "");
	pane_add(out, p == SANDBOX_FULL ? ROLE_WARN : ROLE_DIM, 4,
		 "%s, sandbox %s%s%s%s", w->action.tool->name,
		 sandbox_profile_name(p), needs.len ? ", after " : "",
		 buf_str(&needs), w->review ? ", its result is reviewed" : "");
	add_grants(s, &w->action, columns, out);
	if (w->fallback)
		add_grants(s, w->fallback, columns, out);
}

static void
add_head(const struct run_state *s, int columns, struct pane_lines *out)
{
	AUTO_JSON *reasons =
		s->risk_reasons ? cJSON_Parse(s->risk_reasons) : NULL;
	const cJSON *r;

	pane_add(out, ROLE_HEADING, 0, "%s", s->workflow->name);
	if (s->plan_explanation)
		add_wrapped(out, ROLE_TEXT, 2, columns, s->plan_explanation);
	if (s->plan_when) {
		AUTO_FREE char *when =
			xasprintf("When to use it: %s", s->plan_when);

		add_wrapped(out, ROLE_DIM, 2, columns, when);
	}
	if (s->plan_source)
		pane_add(out, ROLE_LINK, 2, "%s", s->plan_source);
	pane_add(out, ROLE_TEXT, 0, "%s", "");
	if (!s->limit)
		return;
	pane_add(out, s->risk >= RISK_HIGH ? ROLE_WARN : ROLE_TEXT, 0,
		 "Risk %s: %d iterations before a person must say yes",
		 risk_name(s->risk), s->limit);
	cJSON_ArrayForEach (r, reasons)
		if (cJSON_IsString(r))
			add_wrapped(out, ROLE_DIM, 2, columns, r->valuestring);
	if (s->options.sandbox_off)
		pane_add(out, ROLE_BAD, 2,
			 "THE SANDBOX IS OFF: programs run unconfined");
	pane_add(out, ROLE_TEXT, 0, "%s", "");
}

void
plan_lines(const struct run_state *s, int columns, struct pane_lines *out)
{
	if (!s->workflow) {
		add_wrapped(out, ROLE_DIM, 0, columns,
			    s->plan_problem ? s->plan_problem :
					      "There is no plan yet.");
		return;
	}
	add_head(s, columns, out);
	add_inputs(s, columns, out);
	pane_add(out, ROLE_HEADING, 0, "Steps");
	for (size_t i = 0; i < s->workflow->step_count; i++)
		add_step(s, i, columns, out);
	pane_add(out, ROLE_TEXT, 0, "%s", "");
	pane_add(out, ROLE_HEADING, 0, "Workflow");
	if (s->workflow_text)
		add_text(out, ROLE_CODE, 2, s->workflow_text);
}
