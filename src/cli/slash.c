#include "cli/slash.h"

#include "cli/slash_words.h"

#include <stdlib.h>
#include <string.h>

void
slash_release(struct slash *s)
{
	cli_release(&s->cli);
	strv_release(&s->words);
}

int
slash_task_arg(const struct slash *s)
{
	const char *args = s->cli.command->args;
	const char *task = strstr(args, "\"TASK\"");
	int n = 0;

	if (!task)
		return -1;
	for (const char *p = args; p < task; p++)
		n += *p == ' ';
	return n;
}

/* What a task is made of need not be quoted: it stands last in the table. */
static void
join_task(struct slash *s)
{
	struct cli *c = &s->cli;
	int at = slash_task_arg(s);
	AUTO(buf) b = BUF_INIT;

	if (at < 0 || c->arg_count <= at + 1)
		return;
	for (int i = at; i < c->arg_count; i++)
		buf_printf(&b, "%s%s", i > at ? " " : "", c->args[i]);
	strv_take(&s->words, buf_steal(&b));
	c->args[at] = s->words.items[s->words.count - 1];
	c->arg_count = at + 1;
}

static bool
parse_task(const char *line, struct slash *s, struct err *err)
{
	AUTO_FREE char *copy = xstrdup(line);
	char *argv[] = { NULL, NULL, NULL };
	char ends[] = "--";

	strv_add(&s->words, str_trim(copy));
	argv[0] = ends;
	argv[1] = s->words.items[0];
	s->cli.command = cli_find("orchestrate", false, err);
	return s->cli.command && cli_parse(&s->cli, 2, argv, err);
}

static bool
parse_command(const char *line, struct slash *s, struct err *err)
{
	struct slash_words w;
	size_t open;

	slash_words_split(line, strlen(line), &w);
	for (size_t i = 0; i < w.count; i++)
		strv_add(&s->words, w.items[i].text);
	open = w.open;
	slash_words_release(&w);
	if (open)
		return FAIL(err, ERR_USAGE,
			    "the quote %c at column %zu is not closed",
			    line[open - 1], open);
	if (!s->words.count || !s->words.items[0][1])
		return FAIL(err, ERR_USAGE,
			    "type a command after the slash; /help lists "
			    "them");
	s->cli.command = cli_find(s->words.items[0], true, err);
	if (!s->cli.command || !cli_parse(&s->cli, (int)s->words.count - 1,
					  s->words.items + 1, err))
		return false;
	join_task(s);
	return true;
}

static bool
parse_by(bool (*parse)(const char *, struct slash *, struct err *),
	 const char *line, struct slash *ret, struct err *err)
{
	struct slash s = { .words = STRV_INIT };

	if (!parse(line, &s, err)) {
		slash_release(&s);
		return false;
	}
	*ret = s;
	return true;
}

bool
slash_task(const char *text, struct slash *ret, struct err *err)
{
	return parse_by(parse_task, text, ret, err);
}

bool
slash_parse(const char *line, struct slash *ret, struct err *err)
{
	line += strspn(line, " \t\r\n");
	if (!*line)
		return FAIL(err, ERR_USAGE, "type a task, or / and a command");
	/* Text without a slash is a task as it stands. */
	return *line == '/' ? parse_by(parse_command, line, ret, err) :
			      slash_task(line, ret, err);
}
