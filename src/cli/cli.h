/*
 * cli.h - the command line: one table of commands, parsed the same way.
 *
 * `agentops COMMAND [OPTIONS] [ARGUMENTS]`. Options may stand anywhere;
 * "--" ends them. A handler returns the process's exit status (the table is
 * in agentops(1)) and prints its own results; errors go
 * through cli_fail, to stderr.
 *
 * To add a command: a row in commands.def, cmd_NAME in src/cli/cmd_*.c, a
 * test in tests/e2e.
 */
#ifndef AGENTOPS_CLI_CLI_H
#define AGENTOPS_CLI_CLI_H

#include "base/path.h"
#include "cli/config.h"
#include "run/journal.h"

#include <cjson/cJSON.h>

struct cli_option {
	const char *name;
	char letter;         /* 0: none */
	const char *value;   /* NULL: a flag */
	const char *help;
};

struct cli;
struct run_request;

struct cli_command {
	const char *name, *aliases, *args, *summary;
	const struct cli_option *options;
	int option_count;
	int (*run)(struct cli *c);
};

/* An option of this name in a command's row takes every long option that
 * the row doesn't have: "--port 8080" is its key port with the value 8080. */
#define CLI_ANY_KEY "KEY"

struct cli_given {
	const struct cli_option *option;
	const char *value; /* NULL: a flag */
	const char *key;   /* as it was written, without dashes, key_len */
	size_t key_len;    /* bytes long */
};

struct cli {
	const struct cli_command *command;
	const char **args;   /* what they say is borrowed from argv */
	int arg_count;
	struct cli_given *given;
	int given_count;
	bool json, quiet;
	struct paths paths;  /* filled by cli_paths */
	struct config config;
	bool have_paths;
	struct journal *journal;
	const struct cli_host *host; /* cli/drive.h; NULL: none */
	int (*app)(struct cli *c, const char *run,
		   const struct run_request *start); /* cli_app_fn or NULL */
	int (*keys)(struct cli *c); /* prints the app's keys; or NULL */
};

/* A face that carries runs on under a person's eyes: on a run, on one that it
 * is to start, or (both NULL) on none. Returns the exit status. */
typedef int cli_app_fn(struct cli *c, const char *run,
		       const struct run_request *start);

/*
 * Parses argv and runs the command. Without one, or with a run in its place,
 * it opens the app when there is a terminal for it, and the plain dialogue
 * (cli/plain.h) after --plain or on a dumb terminal. app, and keys, which
 * prints what its keys do, may be NULL.
 */
int cli_main(int argc, char **argv, cli_app_fn *app,
	     int (*keys)(struct cli *c));

const struct cli_command *cli_commands(size_t *ret_count);

/* By name or other name; with prefixes also by what begins just one. NULL
 * with err ("did you mean") when there is none, or several. */
const struct cli_command *cli_find(const char *name, bool prefixes,
				   struct err *err);

/* Fills in what follows the name of c->command; borrows argv's strings.
 * cli_release frees it, also after a failure. */
bool cli_parse(struct cli *c, int argc, char **argv, struct err *err);
void cli_release(struct cli *c);
/* Runs c->command, or prints its help when that is asked for; the exit
 * status. */
int cli_run(struct cli *c);

/* Last value given, NULL when not given. */
const char *cli_option(const struct cli *c, const char *name);
bool cli_flag(const struct cli *c, const char *name);
/* Every value given, as a JSON array of strings; caller deletes. */
cJSON *cli_values(const struct cli *c, const char *name);
/* Every K=V given, as a JSON object of strings; caller deletes. NULL with
 * err for one without "=". */
cJSON *cli_pairs(const struct cli *c, const char *name, struct err *err);

/* Roots and configuration; the journal. Opened once, on first use. */
bool cli_paths(struct cli *c, struct err *err);
bool cli_journal(struct cli *c, struct err *err);

/* Prints "agentops: message" to stderr, safe for a terminal. */
void cli_warn(const char *msg);
/* The same for an error, with --json as an object to stdout as well, and
 * after a wrong use where help is; returns the exit status of its code. */
int cli_fail(const struct cli *c, const struct err *err);
/* The same for a wrong use; returns 2. */
int cli_usage(const struct cli *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Prints text with everything unsafe for a terminal made visible. */
void cli_print(const char *text);
/* The same, cut to width columns (counted as code points) with "...". */
void cli_print_cut(const char *text, int width);

/* Appends text as lines of at most width columns, broken at blanks; those
 * after the first begin at column hang, and nothing before hang is broken. A
 * longer word stays whole. An empty text gives no line. */
void cli_wrap(struct buf *out, const char *text, int hang, int width);

/* Name of the user, for decisions: $USER, else the password database's,
 * else "uid N". Caller frees. */
char *cli_user(void);

#define COMMAND(id, name, aliases, args, summary, options) \
	int cmd_##id(struct cli *c);
#include "cli/commands.def"
#undef COMMAND

#endif
