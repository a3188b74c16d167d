/* Completion: what may stand at the cursor follows from the rows of
 * commands.def, whose ARGUMENTS and VALUE texts name kinds in capitals. */
#include "cli/slash.h"

#include "cli/hints.h"
#include "cli/slash_words.h"
#include "flow/policy.h"
#include "know/pattern.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *const levels[] = {
#define X(id, name, limit, gates, profile) name,
	RISKS(X)
#undef X
		NULL
};
static const char *const stages[] = {
#define X(code, word) word,
	PATTERN_STATUSES(X)
#undef X
		NULL
};
static const char *const decisions[] = {
#define X(id, bit, name) name,
	DECISIONS(X)
#undef X
		NULL
};

/* What the words of the table stand for; others are SLASH_TEXT. */
static const struct value_kind {
	const char *value;
	enum slash_kind kind;
	const char *const *words;
} kinds[] = {
	{ "RUN", SLASH_RUN, NULL },
	{ "GATE", SLASH_GATE, NULL },
	{ "ID", SLASH_PATTERN, NULL },
	{ "ACTION", SLASH_ACTION, NULL },
	{ "TEMPLATE", SLASH_TEMPLATE, NULL },
	{ "FILE", SLASH_FILE, NULL },
	{ "DIR", SLASH_FOLDER, NULL },
	{ "K=V", SLASH_INPUT, NULL },
	{ "LEVEL", SLASH_WORDS, levels },
	{ "STAGE", SLASH_WORDS, stages },
	{ "DECISION", SLASH_WORDS, decisions },
	{ "COMMAND", SLASH_COMMANDS, NULL },
};

/* --- candidates -------------------------------------------------------- */

void
slash_completion_release(struct slash_completion *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->items[i].text);
	free(c->items);
	free(c->prefix);
	memset(c, 0, sizeof(*c));
}

/* Takes text when it begins with the prefix. */
static void
offer(struct slash_completion *c, char *text, const char *help)
{
	if (!str_starts(text, c->prefix)) {
		free(text);
		return;
	}
	GROW(c->items, c->count, c->cap);
	c->items[c->count++] = (struct slash_candidate){ text, help };
}

static void
offer_commands(struct slash_completion *c, const char *before)
{
	size_t n;
	const struct cli_command *all = cli_commands(&n);

	c->kind = SLASH_COMMANDS;
	for (size_t i = 0; i < n; i++)
		offer(c, xasprintf("%s%s", before, all[i].name),
		      all[i].summary);
}

static void
offer_options(struct slash_completion *c, const struct cli_command *cmd)
{
	c->kind = SLASH_OPTIONS;
	for (int i = 0; i < cmd->option_count; i++)
		if (strcmp(cmd->options[i].name, CLI_ANY_KEY) != 0)
			offer(c, xasprintf("--%s", cmd->options[i].name),
			      cmd->options[i].help);
}

static void
offer_hints(struct slash_completion *c)
{
	c->kind = SLASH_WORDS;
	for (size_t i = 0; hints_keys[i]; i++)
		offer(c, xasprintf("[%s: ", hints_keys[i]), "");
}

/* The words of "a|b|c". */
static void
offer_alternatives(struct slash_completion *c, const char *value, size_t len)
{
	const char *end = value + len;

	c->kind = SLASH_WORDS;
	for (const char *p = value; p < end; p += *p == '|') {
		size_t n = strcspn(p, "|");

		n = n < (size_t)(end - p) ? n : (size_t)(end - p);
		offer(c, xstrndup(p, n), "");
		p += n;
	}
}

/* What the table's word value (len bytes) stands for. */
static void
offer_value(struct slash_completion *c, const char *value, size_t len)
{
	c->kind = SLASH_TEXT;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const struct value_kind *k = &kinds[i];

		if (strlen(k->value) != len ||
		    memcmp(k->value, value, len) != 0)
			continue;
		c->kind = k->kind;
		c->value = k->value;
		for (size_t w = 0; k->words && k->words[w]; w++)
			offer(c, xstrdup(k->words[w]), "");
		if (k->kind == SLASH_COMMANDS)
			offer_commands(c, "");
		return;
	}
	if (memchr(value, '|', len))
		offer_alternatives(c, value, len);
}

/* --- arguments --------------------------------------------------------- */

/* The next word of an ARGUMENTS text, without brackets and quotes; *ret_more
 * for one that may come again. NULL at its end; "|" is a word. */
static const char *
next_token(const char **p, size_t *ret_len, bool *ret_more)
{
	const char *start = *p + strspn(*p, " []\"");
	size_t n = *start == '|' ? 1 : strcspn(start, " []\"|.");
	const char *end = start + n;

	if (!*start) {
		*p = start;
		return NULL;
	}
	end += strspn(end, "]\"");
	*ret_more = str_starts(end, "...");
	*p = end + (*ret_more ? 3 : 0);
	*ret_len = n;
	return start;
}

/* One alternative of the arguments against the words given; offers what
 * comes at place n. */
static void
offer_alternative(struct slash_completion *c, const char **args,
		  char *const *given, int n)
{
	const char *token, *offered = NULL;
	bool fits = true, more = false;
	size_t len, offered_len = 0;
	int at = 0;

	while ((token = next_token(args, &len, &more)) && *token != '|') {
		bool literal = islower((unsigned char)*token);

		if (at < n && literal)
			fits &= strlen(given[at]) == len &&
				memcmp(given[at], token, len) == 0;
		if (at == n || (more && at < n)) {
			offered = token;
			offered_len = len;
		}
		at++;
	}
	if (!fits || !offered)
		return;
	if (islower((unsigned char)*offered)) {
		c->kind = SLASH_WORDS;
		offer(c, xstrndup(offered, offered_len), "");
	} else {
		offer_value(c, offered, offered_len);
	}
}

/* --- where the cursor is ----------------------------------------------- */

static const struct cli_option *
option_called(const struct cli_command *cmd, const char *word, size_t len)
{
	for (int i = 0; i < cmd->option_count; i++) {
		const struct cli_option *o = &cmd->options[i];

		if (len > 2 && word[1] == '-' && strlen(o->name) == len - 2 &&
		    memcmp(o->name, word + 2, len - 2) == 0)
			return o;
		if (len == 2 && o->letter && word[1] == o->letter)
			return o;
	}
	return NULL;
}

static void
complete_argument(struct slash_completion *c, const struct cli_command *cmd,
		  const struct strv *given, bool options)
{
	const char *args = cmd->args;

	if (options && *c->prefix == '-') {
		offer_options(c, cmd);
		return;
	}
	if (*c->prefix == '[' && strstr(cmd->args, "TASK")) {
		offer_hints(c);
		return;
	}
	while (*args)
		offer_alternative(c, &args, given->items, (int)given->count);
	/* Before free text, and after the last argument. */
	if (options && !*c->prefix && !c->count &&
	    (c->kind == SLASH_NOTHING || c->kind == SLASH_TEXT))
		offer_options(c, cmd);
}

/* "--name=val": the value is a word of its own. */
static bool
complete_inline(struct slash_completion *c, const struct cli_command *cmd,
		const char *typed)
{
	size_t n = strcspn(c->prefix, "="), quoted = strcspn(typed, "=");
	const struct cli_option *o;

	if (*c->prefix != '-' || !c->prefix[n])
		return false;
	o = option_called(cmd, c->prefix, n);
	memmove(c->prefix, c->prefix + n + 1, strlen(c->prefix + n + 1) + 1);
	c->start += quoted + 1;
	if (o && o->value)
		offer_value(c, o->value, strlen(o->value));
	return true;
}

/* words: all before the one at the cursor; the first is the command. */
static void
complete_word(struct slash_completion *c, const char *line,
	      const struct slash_words *words, size_t count)
{
	const struct cli_command *cmd =
		cli_find(words->items[0].text, true, NULL);
	AUTO(strv) given = STRV_INIT;
	const struct cli_option *o = NULL;
	bool options = true;

	if (!cmd)
		return;
	for (size_t i = 1; i < count; i++) {
		const char *w = words->items[i].text;

		if (o && o->value) {
			o = NULL; /* this was its value */
		} else if (options && strcmp(w, "--") == 0) {
			options = false;
		} else if (options && w[0] == '-' && w[1]) {
			o = option_called(cmd, w, strlen(w));
		} else {
			o = NULL;
			strv_add(&given, w);
		}
	}
	if (o && o->value)
		offer_value(c, o->value, strlen(o->value));
	else if (!options || !complete_inline(c, cmd, line + c->start))
		complete_argument(c, cmd, &given, options);
}

void
slash_complete(const char *line, size_t cursor, struct slash_completion *ret)
{
	struct slash_words w;
	size_t before;

	*ret = (struct slash_completion){ .start = cursor,
					  .end = cursor,
					  .value = "" };
	slash_words_split(line, cursor, &w);
	before = w.count;
	if (w.count && (w.items[w.count - 1].end == cursor || w.open)) {
		before--;
		ret->start = w.items[before].start;
		ret->prefix = xstrdup(w.items[before].text);
	} else {
		ret->prefix = xstrdup("");
	}
	if (!before && *ret->prefix == '/')
		offer_commands(ret, "/");
	else if (before && *w.items[0].text == '/')
		complete_word(ret, line, &w, before);
	slash_words_release(&w);
}
