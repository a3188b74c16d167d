#include "cli/cli.h"

#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "cli/own_command.h"
#include "cli/plain.h"
#include "cli/slash_words.h"
#include "know/command_file.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HELP_COLUMN = 29, HELP_WIDTH = 80, USAGE_COLUMN = 16 };

#define O(name, letter, value, help) { name, letter, value, help },
#define COMMAND(id, name, aliases, args, summary, options) \
	static const struct cli_option options_##id[] = { \
		options{ NULL, 0, NULL, NULL }, \
	};
#include "cli/commands.def"
#undef COMMAND

static const struct cli_command commands[] = {
#define COMMAND(id, name, aliases, args, summary, options) \
	{ name,    aliases,      args, \
	  summary, options_##id, ARRAY_LEN(options_##id) - 1, \
	  cmd_##id },
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

static bool
unknown_option(const struct cli *c, const char *arg, struct err *err)
{
	AUTO_FREE char *name = xstrndup(arg, strcspn(arg, "="));
	const char *near =
		arg[1] == '-' ? nearest_option(c->command, name + 2) : NULL;

	if (near)
		return FAIL(err, ERR_USAGE,
			    "unknown option %s; did you mean --%s?", name,
			    near);
	return FAIL(err, ERR_USAGE, "unknown option %s", name);
}

/* Takes the option at argv[*i]. */
static bool
take_option(struct cli *c, int argc, char **argv, int *i, struct err *err)
{
	const char *arg = argv[*i], *value = NULL;
	bool is_long = arg[1] == '-';
	size_t len = is_long ? strcspn(arg + 2, "=") : 0;
	const struct cli_option *o =
		find_option(c->command, arg + 2, len, is_long ? 0 : arg[1]);

	if (!o && is_long && len)
		o = find_option(c->command, CLI_ANY_KEY, strlen(CLI_ANY_KEY),
				0);
	if (!o)
		return unknown_option(c, arg, err);
	if (is_long && arg[2 + len] == '=')
		value = arg + 3 + len;
	else if (!is_long && arg[2])
		value = arg + 2;
	if (!o->value && value)
		return FAIL(err, ERR_USAGE, "option %s takes no value", arg);
	if (o->value && !value) {
		if (++*i >= argc)
			return FAIL(err, ERR_USAGE,
				    "option %s needs a value: %s", arg,
				    o->value);
		value = argv[*i];
	}
	c->given[c->given_count++] = (struct cli_given){
		.option = o,
		.value = value,
		.key = is_long ? arg + 2 : o->name,
		.key_len = is_long ? len : strlen(o->name),
	};
	return true;
}

bool
cli_parse(struct cli *c, int argc, char **argv, struct err *err)
{
	bool options = true;

	/* Known first, so that what is wrong with the rest is JSON, too. */
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		c->json |= strcmp(argv[i], "--json") == 0;
	c->args = xcalloc((size_t)argc + 1, sizeof(*c->args));
	c->given = xcalloc((size_t)argc + 1, sizeof(*c->given));
	for (int i = 0; i < argc; i++) {
		if (options && strcmp(argv[i], "--") == 0) {
			options = false;
		} else if (options && argv[i][0] == '-' && argv[i][1]) {
			if (!take_option(c, argc, argv, &i, err))
				return false;
		} else {
			c->args[c->arg_count++] = argv[i];
		}
	}
	c->json = cli_flag(c, "json");
	c->quiet = cli_flag(c, "quiet");
	return true;
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
	return c->journal ||
	       (cli_paths(c, err) && journal_open(&c->paths, &c->journal, err));
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
	if (err->code == ERR_USAGE && c->command)
		fprintf(stderr, "Try: agentops help %s\n", c->command->name);
	else if (err->code == ERR_USAGE)
		fprintf(stderr, "Try: agentops help\n");
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
	return cli_fail(c, &err);
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
	char head[96];

	snprintf(head, sizeof(head), "%s%c%s --%s%s%s", o->letter ? "-" : " ",
		 o->letter ? o->letter : ' ', o->letter ? "," : " ", o->name,
		 o->value ? " " : "", o->value ? o->value : "");
	/* A head that is too long has a line of its own. */
	if (strlen(head) > HELP_COLUMN - 3)
		printf("  %s\n", head);
	text = xasprintf("  %-26s %s",
			 strlen(head) > HELP_COLUMN - 3 ? "" : head, o->help);
	cli_wrap(&out, text, HELP_COLUMN, HELP_WIDTH);
	fputs(buf_str(&out), stdout);
}

static void
help_command(const struct cli_command *cmd)
{
	AUTO_FREE char *usage =
		xasprintf("usage: agentops %s %s%s", cmd->name,
			  cmd->option_count ? "[OPTIONS] " : "", cmd->args);
	AUTO(buf) out = BUF_INIT;

	cli_wrap(&out, usage, USAGE_COLUMN, HELP_WIDTH);
	printf("%s\n  %s\n\n", buf_str(&out), cmd->summary);
	for (int i = 0; i < cmd->option_count; i++)
		print_option(&cmd->options[i]);
	for (size_t i = 0; i < ARRAY_LEN(common); i++)
		print_option(&common[i]);
}

/* Commands of one's own, when there are any. */
static void
help_own(void)
{
	AUTO(paths) paths = { 0 };
	AUTO(command_files) files = { 0 };

	if (!paths_find(&paths, NULL))
		return;
	command_files_list(&paths, ".", &files);
	if (files.count)
		printf("\nYour own (a task with a name):\n");
	for (size_t i = 0; i < files.count; i++) {
		const struct command_file *f = &files.items[i];
		AUTO_FREE char *text =
			xasprintf("  /%s%s%s%s%s%s", f->name,
				  *f->hint ? " " : "", f->hint,
				  *f->description ? "  " : "", f->description,
				  f->project ? " (of this project)" : "");
		AUTO(buf) out = BUF_INIT;

		cli_wrap(&out, text, 18, HELP_WIDTH);
		cli_print(buf_str(&out));
	}
}

static void
help_all(void)
{
	printf("usage: agentops [--plain] [RUN]\n"
	       "       agentops COMMAND [OPTIONS] [ARGUMENTS]\n\n"
	       "Takes a task through research, plan, implement and learn, "
	       "under your control.\n\n");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		AUTO_FREE char *text = xasprintf("  %-15s %s", commands[i].name,
						 commands[i].summary);
		AUTO(buf) out = BUF_INIT;

		cli_wrap(&out, text, 18, HELP_WIDTH);
		fputs(buf_str(&out), stdout);
	}
	help_own();
	printf("\nExit status: 0 done; 1 the run failed; 2 wrong usage;\n"
	       "3 environment or configuration; 4 rejected at a gate;\n"
	       "5 stopped at an iteration limit; 75 parked, waiting for a "
	       "person;\n130 interrupted (parked). More: man agentops\n");
}

/* Whether name is one of the command's names, or begins one. */
static bool
is_called(const struct cli_command *cmd, const char *name, bool begins)
{
	const char *all[] = { cmd->name, cmd->aliases };
	size_t len = strlen(name);

	for (int k = 0; k < 2; k++)
		for (const char *p = all[k]; *p; p += strspn(p, " ")) {
			size_t n = strcspn(p, " ");

			if ((begins ? n >= len : n == len) &&
			    memcmp(p, name, len) == 0)
				return true;
			p += n;
		}
	return false;
}

static const struct cli_command *
unknown_command(const char *name, struct err *err)
{
	const char *names[ARRAY_LEN(commands)], *near;

	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		names[i] = commands[i].name;
	near = str_nearest(name, names, ARRAY_LEN(names));
	if (near)
		FAIL(err, ERR_USAGE, "unknown command %s; did you mean %s?",
		     name, near);
	else
		FAIL(err, ERR_USAGE, "unknown command %s", name);
	return NULL;
}

const struct cli_command *
cli_find(const char *name, bool prefixes, struct err *err)
{
	const struct cli_command *found = NULL;
	AUTO(buf) all = BUF_INIT;
	int count = 0;

	/* v0.2.0 wrote commands with a slash. */
	if (*name == '/')
		name++;
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (is_called(&commands[i], name, false))
			return &commands[i];
	for (size_t i = 0; prefixes && *name && i < ARRAY_LEN(commands); i++)
		if (is_called(&commands[i], name, true)) {
			found = &commands[i];
			buf_printf(&all, "%s%s", count++ ? ", " : "",
				   found->name);
		}
	if (count < 2)
		return found ? found : unknown_command(name, err);
	FAIL(err, ERR_USAGE, "%s may be %s: write more of it", name,
	     buf_str(&all));
	return NULL;
}

int
cmd_help(struct cli *c)
{
	const struct cli_command *cmd;
	struct err err = ERR_INIT;

	if (!c->arg_count) {
		help_all();
		return 0;
	}
	cmd = cli_find(c->args[0], false, &err);
	if (!cmd)
		return cli_fail(c, &err);
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

int
cli_run(struct cli *c)
{
	if (!cli_flag(c, "help"))
		return c->command->run(c);
	help_command(c->command);
	return 0;
}

/* A command of one's own: what it was given is text, options and all.
 * unknown: what is told when there is none. */
static int
run_own(struct cli *c, int argc, char **argv, const struct err *unknown)
{
	AUTO(buf) line = BUF_INIT;
	AUTO(slash) s = { .words = STRV_INIT };
	struct err err = ERR_INIT;

	buf_printf(&line, "/%s", argv[0] + (*argv[0] == '/'));
	for (int i = 1; i < argc; i++) {
		bool plain = *argv[i] && !strpbrk(argv[i], " \t\r\n'\"\\");
		AUTO_FREE char *word =
			plain ? xstrdup(argv[i]) : slash_quote(argv[i]);

		buf_printf(&line, " %s", word);
	}
	if (!own_command_find(buf_str(&line), ".", &s, &err))
		return cli_fail(c, err.code == ERR_NONE ? unknown : &err);
	s.cli.app = c->app;
	s.cli.keys = c->keys;
	return cli_run(&s.cli);
}

static int
run_command(struct cli *c, int argc, char **argv)
{
	struct err err = ERR_INIT;

	c->command = cli_find(argv[0], false, &err);
	if (!c->command && *argv[0] != '-')
		return run_own(c, argc, argv, &err);
	if (!c->command || !cli_parse(c, argc - 1, argv + 1, &err))
		return cli_fail(c, &err);
	return cli_run(c);
}

void
cli_release(struct cli *c)
{
	if (c->journal)
		journal_free(c->journal);
	paths_release(&c->paths);
	config_release(&c->config);
	free(c->args);
	free(c->given);
	memset(c, 0, sizeof(*c));
}

/* --- faces ------------------------------------------------------------- */

/* Opens the face that fits, on a run or none; -1 when none does. */
static int
open_face(struct cli *c, const char *run, bool plain, cli_app_fn *app)
{
	const char *term = getenv("TERM");
	bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	bool dumb = str_empty(term) || strcmp(term, "dumb") == 0;

	if (plain || (app && terminal && dumb))
		return plain_main(c, run);
	return app && terminal ? app(c, run, NULL) : -1;
}

/* Whether text can be a run and no command: their names begin with a date. */
static bool
may_be_run(const char *text)
{
	return (*text >= '0' && *text <= '9') || strcmp(text, "last") == 0;
}

static int
plain_command(struct cli *c, int argc, char **argv)
{
	if (argc > 1 || (argc == 1 && *argv[0] == '-'))
		return cli_usage(c, "--plain takes a run or nothing");
	return open_face(c, argc ? argv[0] : NULL, true, NULL);
}

/* argv without the program's name. */
static int
dispatch(struct cli *c, int argc, char **argv, cli_app_fn *app)
{
	int status = -1;

	if (argc < 1) {
		status = open_face(c, NULL, false, app);
		if (status >= 0)
			return status;
		help_all();
		return 2;
	}
	if (strcmp(argv[0], "--version") == 0)
		return cmd_version(c);
	if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)
		return cmd_help(c);
	if (strcmp(argv[0], "--plain") == 0)
		return plain_command(c, argc - 1, argv + 1);
	if (argc == 1 && may_be_run(argv[0]))
		status = open_face(c, argv[0], false, app);
	return status >= 0 ? status : run_command(c, argc, argv);
}

int
cli_main(int argc, char **argv, cli_app_fn *app, int (*keys)(struct cli *c))
{
	struct cli c = { 0 };
	int status;

	log_init();
	c.app = app;
	c.keys = keys;
	status = dispatch(&c, argc - 1, argv + 1, app);
	if (fflush(stdout) || ferror(stdout))
		status = status ? status : 3;
	cli_release(&c);
	return status;
}
