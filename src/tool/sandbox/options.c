#include "options.h"

#include "base/path.h"
#include "secrets.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The defaults are for data work on a desktop: a kernel with numpy maps
 * 1-2 GiB, a chart starts fewer than 50 threads. */
static const struct limits default_limits = {
	.memory_mb = 4096,
	.processes = 256,
	.file_mb = 1024,
	.tmp_mb = 512,
};

enum kind { STRING, LIST, NUMBER, FLAG, PROFILE, BACKEND };

struct option_row {
	const char *name;
	enum kind kind;
	size_t offset;
	bool inner; /* the second start needs it too */
};

#define AT(member) offsetof(struct options, member)
/* clang-format off */
static const struct option_row rows[] = {
	{ "--profile",      PROFILE, AT(profile),          true },
	{ "--backend",      BACKEND, AT(backend),          false },
	{ "--workspace",    STRING,  AT(workspace),        true },
	{ "--cwd",          STRING,  AT(cwd),              true },
	{ "--writable",     LIST,    AT(writable),         true },
	{ "--readable",     LIST,    AT(readable),         false },
	{ "--hide",         LIST,    AT(hidden),           false },
	{ "--secret",       LIST,    AT(secrets),          false },
	{ "--host",         LIST,    AT(hosts),            false },
	{ "--env",          LIST,    AT(env),              false },
	{ "--memory-mb",    NUMBER,  AT(limits.memory_mb), true },
	{ "--processes",    NUMBER,  AT(limits.processes), true },
	{ "--file-mb",      NUMBER,  AT(limits.file_mb),   true },
	{ "--cpu-s",        NUMBER,  AT(limits.cpu_s),     true },
	{ "--tmp-mb",       NUMBER,  AT(limits.tmp_mb),    true },
	{ "--parent",       NUMBER,  AT(parent),           false },
	{ "--probe",        FLAG,    AT(probe),            false },
	{ "--inner",        FLAG,    AT(inner),            false },
	{ "--status-fd",    NUMBER,  AT(status_fd),        true },
	{ "--proxy-socket", STRING,  AT(proxy_socket),     true },
};
/* clang-format on */

static const char *const backend_names[] = { "auto", "bwrap", "landlock" };

static const struct option_row *
find_row(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (str_eq(rows[i].name, name))
			return &rows[i];
	return NULL;
}

static bool
parse_backend(const char *s, enum backend *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(backend_names); i++)
		if (str_eq(backend_names[i], s)) {
			*ret = (enum backend)i;
			return true;
		}
	return false;
}

static bool
set_value(const struct option_row *row, void *field, const char *value)
{
	int64_t n;

	switch (row->kind) {
	case STRING:
		free(*(char **)field);
		*(char **)field = xstrdup(value);
		return true;
	case LIST:
		strv_add(field, value);
		return true;
	case NUMBER:
		if (!str_to_i64(value, 0, INT_MAX, &n))
			return false;
		*(int *)field = (int)n;
		return true;
	case PROFILE:
		return sandbox_profile_parse(value, field) &&
		       *(enum sandbox_profile *)field != SANDBOX_FULL;
	case BACKEND:
		return parse_backend(value, field);
	case FLAG:
		*(bool *)field = true;
		return true;
	}
	return false;
}

static bool
parse_one(int argc, char **argv, int *i, struct options *o, struct err *err)
{
	const struct option_row *row = find_row(argv[*i]);
	const char *value = NULL;

	if (!row)
		return FAIL(err, ERR_USAGE, "%s: no such option", argv[*i]);
	if (row->kind != FLAG) {
		if (*i + 1 >= argc)
			return FAIL(err, ERR_USAGE, "%s needs a value",
				    row->name);
		value = argv[++*i];
	}
	if (!set_value(row, (char *)o + row->offset, value))
		return FAIL(err, ERR_USAGE, "%s: %s is not a valid value",
			    row->name, value);
	return true;
}

bool
options_parse(int argc, char **argv, struct options *ret, struct err *err)
{
	AUTO(options) o = { .limits = default_limits, .status_fd = -1,
			    .profile = SANDBOX_FULL };
	int i;

	for (i = 1; i < argc && !str_eq(argv[i], "--"); i++)
		if (!parse_one(argc, argv, &i, &o, err))
			return false;
	if (!o.probe && (i + 1 >= argc || o.profile == SANDBOX_FULL))
		return FAIL(err, ERR_USAGE,
			    "usage: agentops-sandbox --profile read-only|"
			    "workspace-write|network [--workspace DIR] "
			    "[--cwd DIR] [--writable DIR]... -- COMMAND...");
	o.cmd = i < argc ? argv + i + 1 : argv + argc;
	*ret = o;
	o = (struct options){ 0 };
	return true;
}

void
options_release(struct options *o)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		void *field = (char *)o + rows[i].offset;

		if (rows[i].kind == STRING)
			free(*(char **)field);
		else if (rows[i].kind == LIST)
			strv_release(field);
	}
	*o = (struct options){ 0 };
}

static bool
resolve(char **path, const char *what, struct err *err)
{
	char *real = realpath(*path, NULL);

	if (!real)
		return err_errno(err, errno, "%s %s", what, *path);
	free(*path);
	*path = real;
	return true;
}

static bool
resolve_list(struct strv *v, const char *what, struct err *err)
{
	for (size_t i = 0; i < v->count; i++)
		if (!resolve(&v->items[i], what, err))
			return false;
	return true;
}

/* A writable folder that holds the home directory would make every start-up
 * file of the user's shell writable. */
static bool
check_folder(const struct options *o, const char *dir, struct err *err)
{
	const char *home = getenv("HOME");
	AUTO_FREE char *real = home ? realpath(home, NULL) : NULL;

	if (str_eq(dir, "/") || (real && path_under(real, dir)))
		return FAIL(err, ERR_SANDBOX,
			    "%s holds the home directory and may not be "
			    "written by profile %s; use a project folder",
			    dir, sandbox_profile_name(o->profile));
	return true;
}

static bool
check_folders(const struct options *o, struct err *err)
{
	if (options_workspace_writable(o) &&
	    !check_folder(o, o->workspace, err))
		return false;
	for (size_t i = 0; i < o->writable.count; i++)
		if (!check_folder(o, o->writable.items[i], err))
			return false;
	return true;
}

static bool
resolve_secrets(struct options *o, struct err *err)
{
	for (size_t i = 0; i < o->secrets.count; i++) {
		char *real = secrets_stored(o->secrets.items[i]);

		if (!real)
			return FAIL(err, ERR_SANDBOX,
				    "%s is no stored secret: only a regular "
				    "file in the configuration's folder "
				    "secrets is given to a command",
				    o->secrets.items[i]);
		free(o->secrets.items[i]);
		o->secrets.items[i] = real;
	}
	return true;
}

bool
options_resolve(struct options *o, struct err *err)
{
	if (!o->cwd)
		o->cwd = xstrdup(o->workspace ? o->workspace : ".");
	if (!resolve(&o->cwd, "working folder", err))
		return false;
	if (!o->workspace)
		o->workspace = xstrdup(o->cwd);
	return resolve(&o->workspace, "workspace", err) &&
	       resolve_list(&o->writable, "writable folder", err) &&
	       resolve_list(&o->readable, "readable path", err) &&
	       resolve_secrets(o, err) && check_folders(o, err);
}

static void
add_option(const struct options *o, const struct option_row *row,
	   struct strv *argv)
{
	const void *field = (const char *)o + row->offset;
	const struct strv *list = field;
	const char *s = NULL;

	switch (row->kind) {
	case STRING:
		s = *(char *const *)field;
		break;
	case PROFILE:
		s = sandbox_profile_name(*(const enum sandbox_profile *)field);
		break;
	case NUMBER:
		if (*(const int *)field >= 0) {
			strv_add(argv, row->name);
			strv_addf(argv, "%d", *(const int *)field);
		}
		return;
	case LIST:
		for (size_t i = 0; i < list->count; i++) {
			strv_add(argv, row->name);
			strv_add(argv, list->items[i]);
		}
		return;
	case FLAG:
	case BACKEND:
		return;
	}
	if (s) {
		strv_add(argv, row->name);
		strv_add(argv, s);
	}
}

void
options_inner_argv(const struct options *o, struct strv *argv)
{
	strv_add(argv, INNER_EXE);
	strv_add(argv, "--inner");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].inner)
			add_option(o, &rows[i], argv);
	strv_add(argv, "--");
	for (char **c = o->cmd; *c; c++)
		strv_add(argv, *c);
}

bool
options_workspace_writable(const struct options *o)
{
	return o->profile == SANDBOX_WORKSPACE_WRITE ||
	       o->profile == SANDBOX_NETWORK;
}
