/* craft-prompt: from a rough idea to a line for orchestrate. */
#include "cli/model_ask.h"
#include "cli/pattern_text.h"
#include "cli/slash_words.h"

#include "base/json.h"
#include "flow/workflow.h"
#include "know/command_file.h"
#include "know/match.h"
#include "run/engine.h"
#include "tool/tool.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SIMILAR = 3,
	IDEA_MAX = 4000, /* bytes, as of a task */
	ANSWER_TOKENS = 2000,
	TIP_MAX = 500,
};

/* What is said: the prompt and what it will do. */
struct craft {
	struct cli *c;
	char *idea;
	struct match_list matches;
	struct pattern pattern;    /* of the best match */
	struct workflow *workflow; /* of it, or NULL */
	char *file;                /* that the idea names and is there */
	char *prompt, *tip;
	struct strv tools;
	struct model_answer answer; /* when a model was asked */
};

static void
craft_release(struct craft *k)
{
	free(k->idea);
	match_list_release(&k->matches);
	if (k->pattern.id)
		pattern_release(&k->pattern);
	workflow_free(k->workflow);
	free(k->file);
	free(k->prompt);
	free(k->tip);
	strv_release(&k->tools);
	model_answer_release(&k->answer);
}

static const struct match *
best(const struct craft *k)
{
	return k->matches.found && k->matches.count ? &k->matches.items[0] :
						      NULL;
}

/* --- what there is ---------------------------------------------------------- */

/* A word of the idea that is a file here. */
static void
find_file(struct craft *k)
{
	AUTO_FREE char *copy = xstrdup(k->idea);
	char *rest = copy, *word;

	while ((word = strsep(&rest, " \t\n,;\"'"))) {
		while (*word && strchr(".:?!", word[strlen(word) - 1]))
			word[strlen(word) - 1] = '\0';
		if (*word && strchr(word, '.') && path_exists(word) &&
		    !path_is_dir(word)) {
			free(k->file);
			k->file = xstrdup(word);
		}
	}
}

static bool
look(struct craft *k, struct err *err)
{
	struct db *db;
	const struct match *m;
	AUTO(strv) hints = STRV_INIT;
	struct match_query q = { .task = k->idea, .hints = &hints };

	if (!pattern_text_sync(k->c, err))
		return false;
	find_file(k);
	if (k->file)
		strv_add(&hints, path_base(k->file));
	db = journal_db(k->c->journal);
	if (!match_best(db, &q, SIMILAR, &k->matches, err))
		return false;
	m = best(k);
	if (!m || !library_open(db, m->row.id, &k->pattern, err))
		return !m;
	if (k->pattern.workflow)
		k->workflow = workflow_parse(k->pattern.workflow,
					     strlen(k->pattern.workflow),
					     m->row.path,
					     k->pattern.workflow_line,
					     &engine_tools, NULL);
	return true;
}

/* --- offline: the idea in the words that the matcher knows ------------------ */

/* The idea as a sentence: its first letter large, no blanks around. */
static void
add_idea(const struct craft *k, struct buf *out)
{
	AUTO_FREE char *copy = xstrdup(k->idea);
	char *s = str_trim(copy);
	size_t n = strlen(s);

	while (n && strchr(".!? ", s[n - 1]))
		s[--n] = '\0';
	if (*s)
		buf_addch(out, (char)toupper((unsigned char)*s));
	if (*s)
		buf_addstr(out, s + 1);
}

static void
compose_offline(struct craft *k)
{
	const struct match *m = best(k);
	AUTO(buf) b = BUF_INIT;

	add_idea(k, &b);
	if (m)
		buf_printf(&b, " [pattern: %s]", m->row.id);
	k->prompt = buf_steal(&b);
	for (size_t i = 0; k->workflow && i < k->workflow->step_count; i++) {
		const char *name = k->workflow->steps[i].action.tool->name;

		if (!strv_has(&k->tools, name))
			strv_add(&k->tools, name);
	}
	if (!m)
		k->tip = xstrdup(
			"no pattern fits, and the offline provider only "
			"replays patterns: name the kind of data and what "
			"is to come out, or plan with a model "
			"(--provider)");
	else if (k->matches.close && k->matches.count > 1)
		k->tip = xasprintf("%s fits nearly as well: put [pattern: %s] "
				   "in its place to use it",
				   k->matches.items[1].row.name,
				   k->matches.items[1].row.id);
	else
		k->tip = xasprintf("agentops inspect-pattern %s tells what it "
				   "does and how it did",
				   m->row.id);
}

/* --- with a model ------------------------------------------------------------ */

static const char answer_schema[] =
	"{\"type\":\"object\",\"additionalProperties\":false,"
	"\"required\":[\"prompt\",\"tools\",\"tip\"],\"properties\":{"
	"\"prompt\":{\"type\":\"string\"},"
	"\"tools\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
	"\"tip\":{\"type\":\"string\"}}}";

static char *
question(const struct craft *k)
{
	AUTO(buf) b = BUF_INIT;

	buf_addstr(&b, "Tools:\n");
	for (const struct tool *const *t = tool_all(); *t; t++)
		buf_printf(&b, "- %s: %s\n", (*t)->name, (*t)->summary);
	buf_addstr(&b, "\nPatterns that may fit:\n");
	for (size_t i = 0; i < k->matches.count; i++)
		buf_printf(&b, "- %s: %s. %s\n", k->matches.items[i].row.id,
			   k->matches.items[i].row.name,
			   k->matches.items[i].row.description);
	if (k->file)
		buf_printf(&b, "\nA file that is there: %s\n", k->file);
	buf_printf(&b, "\nThe idea:\n%s\n", k->idea);
	return buf_steal(&b);
}

/* A model's word for a tool counts only when there is such a tool. */
static void
take_tools(struct craft *k, const cJSON *names)
{
	const cJSON *v;

	cJSON_ArrayForEach (v, names) {
		const char *name = cJSON_GetStringValue(v);

		if (name && tool_find(name) && !strv_has(&k->tools, name))
			strv_add(&k->tools, name);
		else if (name && !tool_find(name))
			cli_warn("the model named a tool that there is not; "
				 "it is left out");
	}
}

static bool
compose_with_model(struct craft *k, struct model_question *q, struct err *err)
{
	AUTO_FREE char *prompt = question(k);
	AUTO(buf) told = BUF_INIT;
	AUTO_JSON *o = NULL;
	const char *text, *tip;

	if (!command_told("craft-prompt", &told, err))
		return false;
	q->system = buf_str(&told);
	q->prompt = prompt;
	q->schema = answer_schema;
	q->schema_name = "crafted_prompt";
	q->max_tokens = ANSWER_TOKENS;
	if (!model_ask(&k->c->paths, q, &k->answer, err))
		return false;
	o = json_parse(k->answer.text, strlen(k->answer.text), "the answer",
		       err);
	if (!o)
		return false;
	text = json_str(o, "prompt");
	tip = json_str(o, "tip");
	if (str_empty(text) || strlen(text) > IDEA_MAX)
		return FAIL(err, ERR_DATA,
			    "%s gave no prompt of at most %d bytes",
			    k->answer.model, IDEA_MAX);
	k->prompt = xstrdup(text);
	k->tip = xasprintf("%.*s", TIP_MAX,
			   str_empty(tip) ? "read it before you run it" : tip);
	take_tools(k, json_get(o, "tools"));
	return true;
}

/* --- printing ------------------------------------------------------------------ */

/* The command as it can be pasted into a shell. */
static char *
command_line(const struct craft *k)
{
	AUTO_FREE char *task = slash_quote(k->prompt);
	AUTO_FREE char *file = k->file ? slash_quote(k->file) : NULL;

	return xasprintf("agentops orchestrate %s%s%s", task,
			 file ? " --data " : "", file ? file : "");
}

/* Inputs that must be given and that nothing fills yet. */
static void
tell_missing(const struct craft *k, struct buf *out)
{
	for (size_t i = 0; k->workflow && i < k->workflow->input_count; i++) {
		const struct workflow_input *in = &k->workflow->inputs[i];

		if (!in->required || in->fallback ||
		    (in->type == INPUT_FILE && k->file))
			continue;
		buf_printf(out, "  still to be said: %s (%s)\n", in->name,
			   in->prompt ? in->prompt : in->name);
	}
}

static const char *
heading_of(const struct craft *k)
{
	if (!k->matches.found)
		return "No pattern fits; the nearest";
	return best(k)->row.counts.successes ? "Similar successful patterns" :
					       "Similar patterns";
}

static void
tell(const struct craft *k)
{
	AUTO_FREE char *line = command_line(k);
	AUTO(buf) b = BUF_INIT;

	buf_printf(&b, "Suggested prompt for /orchestrate:\n\n  \"%s\"\n\n"
		       "  %s\n",
		   k->prompt, line);
	tell_missing(k, &b);
	buf_addstr(&b, "\nPlugins this will use:\n");
	for (size_t i = 0; i < k->tools.count; i++) {
		const struct tool *t = tool_find(k->tools.items[i]);

		buf_printf(&b, "  %s (%s)\n", k->tools.items[i],
			   t ? t->summary : "not in this version");
	}
	if (!k->tools.count)
		buf_addstr(&b, "  none is known yet\n");
	buf_printf(&b, "\n%s:\n", heading_of(k));
	for (size_t i = 0; i < k->matches.count; i++) {
		const struct library_row *r = &k->matches.items[i].row;
		AUTO_FREE char *rate = pattern_text_rate(&r->counts);

		buf_printf(&b, "  %zu. \"%s\" (%s", i + 1, r->name, rate);
		if (r->counts.executions)
			buf_printf(&b, ", %" PRId64 " runs",
				   r->counts.executions);
		buf_printf(&b, ") [%s] %s\n", pattern_status_word(r->status),
			   r->id);
	}
	if (!k->matches.count)
		buf_addstr(&b, "  none\n");
	buf_printf(&b, "\nTip: %s\n", k->tip);
	if (k->answer.model) {
		AUTO_FREE char *said = model_answer_line(&k->answer);

		buf_printf(&b, "(%s)\n", said);
	}
	cli_print(buf_str(&b));
}

static void
add_list(struct buf *b, const char *key, const struct craft *k)
{
	json_add_key(b, key);
	buf_addch(b, '[');
	for (size_t i = 0; i < k->tools.count; i++) {
		if (i)
			buf_addch(b, ',');
		json_add_str(b, k->tools.items[i]);
	}
	buf_addch(b, ']');
}

static void
print_json(const struct craft *k)
{
	AUTO(buf) b = BUF_INIT;

	buf_addch(&b, '{');
	json_add_key(&b, "prompt");
	json_add_str(&b, k->prompt);
	json_add_key(&b, "data");
	if (k->file)
		json_add_str(&b, k->file);
	else
		buf_addstr(&b, "null");
	add_list(&b, "tools", k);
	json_add_key(&b, "fits");
	buf_addstr(&b, k->matches.found ? "true" : "false");
	json_add_key(&b, "patterns");
	buf_addch(&b, '[');
	for (size_t i = 0; i < k->matches.count; i++) {
		buf_addstr(&b, i ? ",{" : "{");
		pattern_text_json(&k->matches.items[i].row, &b);
		buf_addch(&b, '}');
	}
	buf_addch(&b, ']');
	json_add_key(&b, "tip");
	json_add_str(&b, k->tip);
	buf_addstr(&b, "}\n");
	fputs(buf_str(&b), stdout);
}

/* The words of the command line, which quotes made one or not. */
static char *
idea_of(const struct cli *c)
{
	AUTO(buf) b = BUF_INIT;

	for (int i = 0; i < c->arg_count; i++)
		buf_printf(&b, "%s%s", i ? " " : "", c->args[i]);
	return buf_steal(&b);
}

int
cmd_craft_prompt(struct cli *c)
{
	AUTO(craft) k = { .c = c, .idea = idea_of(c) };
	struct model_question q = { 0 };
	struct err err = ERR_INIT;
	bool asked = false;

	if (!k.idea[strspn(k.idea, " \t\n")])
		return cli_usage(c, "craft-prompt takes a rough idea in words");
	if (strlen(k.idea) > IDEA_MAX)
		return cli_usage(c, "the idea is longer than %d bytes",
				 IDEA_MAX);
	if (!model_chosen(c, &q, &asked, &err) || !look(&k, &err))
		return cli_fail(c, &err);
	if (!asked)
		compose_offline(&k);
	else if (!compose_with_model(&k, &q, &err))
		return cli_fail(c, &err);
	if (c->json)
		print_json(&k);
	else
		tell(&k);
	return 0;
}
