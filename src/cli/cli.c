#include "cli/cli.h"

#include "base/json.h"
#include "base/log.h"
#include "base/str.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HELP_COLUMN = 29, HELP_WIDTH = 80 };

#define O(name, letter, value, help) { name, letter, value, help },
#define COMMAND(id, name, aliases, args, summary, options) \
	static const struct cli_option options_##id[] = {  \
		options                                    \
		{ NULL, 0, NULL, NULL },                   \
	};
#include "cli/commands.def"
#undef COMMAND

static const struct cli_command commands[] = {
#define COMMAND(id, name, aliases, args, summary, options) \
	{ name, aliases,	   args,                   \
	  summary, options_##id, ARRAY_LEN(options_##id) - 1, cmd_##id },
#include "cli/commands.def"
#undef COMMAND
};

/* What every command has. */
static const struct cli_option common[] = {
	{ "help", 'h', NULL, "print help about this command" },
	{ "json", 0, NULL, "print JSON, one value a line" },
	{ "quiet", 'q', NULL, "print only results and errors" },
};

const struct cli_command *
cli_commands(size_t *ret_count)
{
	*ret_count = ARRAY_LEN(commands);
	return commands;
}

/* --- options ----------------------------------------------------------- */

static const struct cli_option *
find_option(const struct cli_command *cmd, const char *name, size_t len,
	    char letter)
{
	const struct cli_option *sets[] = { cmd->options, common };
	int counts[] = { cmd->option_count, ARRAY_LEN(common) };

	for (int k = 0; k < 2; k++)
		for (int i = 0; i < counts[k]; i++) {
			const struct cli_option *o = &sets[k][i];

			if (letter ? o->letter == letter :
				     strlen(o->name) == len &&
					     memcmp(o->name, name, len) == 0)
				return o;
		}
	return NULL;
}

static const char *
nearest_option(const struct cli_command *cmd, const char *name)
{
	const char *names[64];
	size_t n = 0;

	for (int i = 0; i < cmd->option_count; i++)
		names[n++] = cmd->options[i].name;
	for (size_t i = 0; i < ARRAY_LEN(common); i++)
		names[n++] = common[i].name;
	return str_nearest(name, names, n);
}

static int
unknown_option(const struct cli *c, const char *arg)
{
	AUTO_FREE char *name = xstrndup(arg, strcspn(arg, "="));
	const char *near = arg[1] == '-' ?
				   nearest_option(c->command, name + 2) :
				   NULL;

	if (near)
		return cli_usage(c, "unknown option %s; did you mean --%s?",
				 name, near);
	return cli_usage(c, "unknown option %s", name);
}

/* Takes the option at argv[*i]; 0 when it was taken. */
static int
take_option(struct cli *c, char **argv, int *i)
{
	const char *arg = argv[*i], *value = NULL;
	bool is_long = arg[1] == '-';
	size_t len = is_long ? strcspn(arg + 2, "=") : 0;
	const struct cli_option *o =
		find_option(c->command, arg + 2, len, is_long ? 0 : arg[1]);

	if (!o)
		return unknown_option(c, arg);
	if (is_long && arg[2 + len] == '=')
		value = arg + 3 + len;
	else if (!is_long && arg[2])
		value = arg + 2;
	if (!o->value && value)
		return cli_usage(c, "option %s takes no value", arg);
	if (o->value && !value && !(value = argv[++*i]))
		return cli_usage(c, "option %s needs a value: %s", arg,
				 o->value);
	c->given[c->given_count].option = o;
	c->given[c->given_count++].value = value;
	return 0;
}

static int
parse(struct cli *c, int argc, char **argv)
{
	bool options = true;

	/* Known first, so that what is wrong with the rest is JSON, too. */
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		c->json |= strcmp(argv[i], "--json") == 0;
	c->args = xcalloc((size_t)argc + 1, sizeof(*c->args));
	c->given = xcalloc((size_t)argc + 1, sizeof(*c->given));
	for (int i = 0; i < argc; i++) {
		int status;

		if (options && strcmp(argv[i], "--") == 0) {
			options = false;
		} else if (options && argv[i][0] == '-' && argv[i][1]) {
			status = take_option(c, argv, &i);
			if (status)
				return status;
		} else {
			c->args[c->arg_count++] = argv[i];
		}
	}
	c->json = cli_flag(c, "json");
	c->quiet = cli_flag(c, "quiet");
	return 0;
}

const char *
cli_option(const struct cli *c, const char *name)
{
	const char *value = NULL;

	for (int i = 0; i < c->given_count; i++)
		if (strcmp(c->given[i].option->name, name) == 0)
			value = c->given[i].value;
	return value;
}

bool
cli_flag(const struct cli *c, const char *name)
{
	for (int i = 0; i < c->given_count; i++)
		if (strcmp(c->given[i].option->name, name) == 0)
			return true;
	return false;
}

cJSON *
cli_values(const struct cli *c, const char *name)
{
	cJSON *list = cJSON_CreateArray();

	for (int i = 0; i < c->given_count; i++)
		if (strcmp(c->given[i].option->name, name) == 0)
			cJSON_AddItemToArray(
				list, cJSON_CreateString(c->given[i].value));
	return list;
}

cJSON *
cli_pairs(const struct cli *c, const char *name, struct err *err)
{
	cJSON *pairs = cJSON_CreateObject();

	for (int i = 0; i < c->given_count; i++) {
		const char *v = c->given[i].value, *eq;
		AUTO_FREE char *key = NULL;

		if (strcmp(c->given[i].option->name, name) != 0)
			continue;
		eq = strchr(v, '=');
		if (!eq || eq == v) {
			cJSON_Delete(pairs);
			FAIL(err, ERR_USAGE, "--%s %s: write it as KEY=VALUE",
			     name, v);
			return NULL;
		}
		key = xstrndup(v, (size_t)(eq - v));
		cJSON_DeleteItemFromObjectCaseSensitive(pairs, key);
		cJSON_AddStringToObject(pairs, key, eq + 1);
	}
	return pairs;
}

/* --- what handlers use ------------------------------------------------- */

bool
cli_paths(struct cli *c, struct err *err)
{
	if (c->have_paths)
		return true;
	if (!paths_find(&c->paths, err))
		return false;
	c->have_paths = true;
	return config_load(&c->paths, ".", &c->config, err);
}

bool
cli_journal(struct cli *c, struct err *err)
{
	return c->journal || (cli_paths(c, err) &&
			      journal_open(&c->paths, &c->journal, err));
}

void
cli_print(const char *text)
{
	AUTO(buf) b = BUF_INIT;

	str_visible(&b, text, strlen(text), true);
	fwrite(buf_str(&b), 1, b.len, stdout);
}

void
cli_print_cut(const char *text, int width)
{
	AUTO(buf) b = BUF_INIT;
	const char *p;
	uint32_t cp;
	int n = 0;

	str_visible(&b, text, strlen(text), false);
	for (p = buf_str(&b); *p && n < width; n++)
		p += utf8_decode(p, strlen(p), &cp);
	if (*p && width > 3) {
		for (int k = 0; k < 3; k++)
			while (((unsigned char)*--p & 0xc0) == 0x80)
				;
		printf("%.*s...", (int)(p - buf_str(&b)), buf_str(&b));
	} else {
		fputs(buf_str(&b), stdout);
	}
}

/* Where text can be broken so that width columns hold it: at the last blank
 * before their end, else at the first one after. */
static size_t
break_at(const char *text, int width)
{
	size_t blank = 0, at = 0;
	uint32_t cp;

	for (int n = 0; text[at]; n++) {
		if (text[at] == ' ' && (n <= width || !blank))
			blank = at;
		if (n > width && blank)
			return blank;
		at += utf8_decode(text + at, strlen(text + at), &cp);
	}
	return at;
}

void
cli_wrap(struct buf *out, const char *text, int hang, int width)
{
	const char *rest = text;

	for (int indent = 0; *rest; indent = hang) {
		/* The columns before hang are not to be broken. */
		size_t lead = !indent && strlen(rest) > (size_t)hang ?
				      (size_t)hang :
				      0;
		int room = width - indent - (int)lead;
		size_t n = room >= 20 ? lead + break_at(rest + lead, room) :
					strlen(rest);

		buf_printf(out, "%*s%.*s\n", indent, "", (int)n, rest);
		rest += n + strspn(rest + n, " ");
	}
}

void
cli_warn(const char *msg)
{
	AUTO(buf) text = BUF_INIT;

	str_visible(&text, msg, strlen(msg), true);
	fflush(stdout);
	fprintf(stderr, "agentops: %s\n", buf_str(&text));
}

int
cli_fail(const struct cli *c, const struct err *err)
{
	AUTO(buf) json = BUF_INIT;

	cli_warn(err->msg);
	if (c->json) {
		buf_addstr(&json, "{\"error\":{");
		json_add_key(&json, "code");
		json_add_str(&json, err_word(err->code));
		json_add_key(&json, "message");
		json_add_str(&json, err->msg);
		printf("%s}}\n", buf_str(&json));
	}
	return err_exit_status(err->code);
}

int
cli_usage(const struct cli *c, const char *fmt, ...)
{
	struct err err = { .code = ERR_USAGE };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err.msg, sizeof(err.msg), fmt, ap);
	va_end(ap);
	cli_fail(c, &err);
	if (c->command)
		fprintf(stderr, "Try: agentops help %s\n", c->command->name);
	else
		fprintf(stderr, "Try: agentops help\n");
	return 2;
}

char *
cli_user(void)
{
	const char *user = getenv("USER");
	const struct passwd *pw;

	if (!str_empty(user))
		return xstrdup(user);
	pw = getpwuid(getuid());
	return pw ? xstrdup(pw->pw_name) :
		    xasprintf("uid %u", (unsigned)getuid());
}

/* --- help -------------------------------------------------------------- */

static void
print_option(const struct cli_option *o)
{
	AUTO_FREE char *text = NULL;
	AUTO(buf) out = BUF_INIT;
	char head[64];

	snprintf(head, sizeof(head), "%s%c%s --%s%s%s", o->letter ? "-" : " ",
		 o->letter ? o->letter : ' ', o->letter ? "," : " ", o->name,
		 o->value ? " " : "", o->value ? o->value : "");
	text = xasprintf("  %-26s %s", head, o->help);
	cli_wrap(&out, text, HELP_COLUMN, HELP_WIDTH);
	fputs(buf_str(&out), stdout);
}

static void
help_command(const struct cli_command *cmd)
{
	printf("usage: agentops %s %s%s\n\n  %s\n\n", cmd->name,
	       cmd->option_count ? "[OPTIONS] " : "", cmd->args,
	       cmd->summary);
	for (int i = 0; i < cmd->option_count; i++)
		print_option(&cmd->options[i]);
	for (size_t i = 0; i < ARRAY_LEN(common); i++)
		print_option(&common[i]);
}

static void
help_all(void)
{
	printf("usage: agentops COMMAND [OPTIONS] [ARGUMENTS]\n\n"
	       "Takes a task through research, plan, implement and learn, "
	       "under your control.\n\n");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		printf("  %-12s %s\n", commands[i].name,
		       commands[i].summary);
	printf("\nExit status: 0 done; 1 the run failed; 2 wrong usage; "
	       "3 environment or configuration;\n4 rejected at a gate; "
	       "5 stopped at an iteration limit; 75 parked, waiting for a "
	       "person;\n130 interrupted (parked). More: man agentops\n");
}

static const struct cli_command *
find_command(const char *name)
{
	/* v0.2.0 wrote commands with a slash. */
	if (*name == '/')
		name++;
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static int
unknown_command(const struct cli *c, const char *name)
{
	const char *names[ARRAY_LEN(commands)], *near;

	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		names[i] = commands[i].name;
	near = str_nearest(name, names, ARRAY_LEN(names));
	if (near)
		return cli_usage(c, "unknown command %s; did you mean %s?",
				 name, near);
	return cli_usage(c, "unknown command %s", name);
}

int
cmd_help(struct cli *c)
{
	const struct cli_command *cmd;

	if (!c->arg_count) {
		help_all();
		return 0;
	}
	cmd = find_command(c->args[0]);
	if (!cmd)
		return unknown_command(c, c->args[0]);
	help_command(cmd);
	return 0;
}

int
cmd_version(struct cli *c)
{
	printf(c->json ? "{\"version\":\"%s\"}\n" : "agentops %s\n",
	       PACKAGE_VERSION);
	return 0;
}

static int
run_command(struct cli *c, int argc, char **argv)
{
	int status = parse(c, argc, argv);

	if (status)
		return status;
	if (cli_flag(c, "help")) {
		help_command(c->command);
		return 0;
	}
	return c->command->run(c);
}

int
cli_main(int argc, char **argv)
{
	struct cli c = { 0 };
	int status;

	log_init();
	if (argc < 2) {
		help_all();
		return 2;
	}
	if (strcmp(argv[1], "--version") == 0)
		return cmd_version(&c);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return cmd_help(&c);
	c.command = find_command(argv[1]);
	status = c.command ? run_command(&c, argc - 2, argv + 2) :
			     unknown_command(&c, argv[1]);
	if (fflush(stdout) || ferror(stdout))
		status = status ? status : 3;
	if (c.journal)
		journal_free(c.journal);
	paths_release(&c.paths);
	config_release(&c.config);
	free(c.args);
	free(c.given);
	return status;
}
