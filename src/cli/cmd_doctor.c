/*
 * doctor: one row for each thing that the program depends on: whether it is
 * there, what was found, and the command that mends it.
 */
#include "cli/doctor.h"

#include "base/json.h"
#include "base/lazy.h"
#include "base/proc.h"
#include "tool/kernel_find.h"
#include "tool/sandbox.h"

#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { SPACE_MIN_MB = 200 };

void
doctor_tell(struct doctor *d, const char *level, const char *what,
	    const char *found, const char *cure)
{
	AUTO(buf) b = BUF_INIT;

	d->missing += strcmp(level, "missing") == 0;
	if (!d->c->json) {
		printf("%-8s %-23s ", level, what);
		cli_print(found);
		putchar('\n');
		if (cure) {
			printf("%-32s cure: ", "");
			cli_print(cure);
			putchar('\n');
		}
		return;
	}
	buf_addch(&b, '{');
	json_add_key(&b, "check");
	json_add_str(&b, what);
	json_add_key(&b, "level");
	json_add_str(&b, level);
	json_add_key(&b, "found");
	json_add_str(&b, found);
	json_add_key(&b, "cure");
	if (cure)
		json_add_str(&b, cure);
	else
		buf_addstr(&b, "null");
	printf("%s}\n", buf_str(&b));
}

static void
check_program(struct doctor *d, const char *name, const char *why,
	      const char *package)
{
	AUTO_FREE char *path = proc_find(name);
	AUTO_FREE char *cure = xasprintf("apt-get install %s", package);
	AUTO_FREE char *lack = xasprintf("not found; needed for %s", why);

	if (path)
		doctor_tell(d, "ok", name, path, NULL);
	else
		doctor_tell(d, "limited", name, lack, cure);
}

static void
check_profiles(struct doctor *d, const struct sandbox_report *r)
{
	for (int p = SANDBOX_READ_ONLY; p < SANDBOX_FULL; p++) {
		const char *name =
			sandbox_profile_name((enum sandbox_profile)p);
		AUTO_FREE char *what = xasprintf("sandbox %s", name);
		struct err err = ERR_INIT;

		if (sandbox_can(r, (enum sandbox_profile)p, &err))
			doctor_tell(d, "ok", what,
				    r->bwrap ?
					    "bubblewrap, Landlock and seccomp" :
					    "Landlock and seccomp",
				    NULL);
		else
			doctor_tell(d,
				    p == SANDBOX_READ_ONLY ? "missing" :
							     "limited",
				    what, err.msg, NULL);
	}
}

static void
check_sandbox(struct doctor *d)
{
	struct sandbox_report r;
	struct err err = ERR_INIT;
	AUTO_FREE char *abi = NULL;

	if (!sandbox_probe(true, &r, &err)) {
		doctor_tell(d, "missing", "sandbox", err.msg,
			    "apt-get install bubblewrap");
		return;
	}
	abi = xasprintf("ABI %d", r.landlock_abi);
	doctor_tell(
		d, r.bwrap ? "ok" : "limited", "bubblewrap",
		r.bwrap ? "user namespaces work" : r.bwrap_why,
		r.bwrap ?
			NULL :
			"apt-get install bubblewrap; in a container allow "
			"user namespaces (--security-opt seccomp=unconfined)");
	doctor_tell(d, r.landlock_abi ? "ok" : "limited", "Landlock",
		    r.landlock_abi ? abi : r.landlock_why,
		    r.landlock_abi ?
			    NULL :
			    "boot Linux 6.12 or newer with lsm=landlock,...");
	doctor_tell(d, r.seccomp ? "ok" : "missing", "seccomp",
		    r.seccomp ? "filters work" : "not in this kernel", NULL);
	doctor_tell(d, r.cgroup_pids ? "ok" : "limited", "process limit",
		    r.cgroup_pids ?
			    "a cgroup holds it" :
			    "no cgroup can be made: the rlimit alone holds "
			    "it, and not for root",
		    NULL);
	check_profiles(d, &r);
}

struct search {
	struct doctor *d;
	bool done;
};

static void
on_python(void *ud, const char *python, const struct err *err)
{
	struct search *s = ud;

	s->done = true;
	if (python)
		doctor_tell(s->d, "ok", "python kernel", python, NULL);
	else
		doctor_tell(s->d, "limited", "python kernel", err->msg,
			    "apt-get install python3-ipykernel");
}

static void
check_python(struct doctor *d)
{
	const char *configured = config_get(&d->c->config, SETTING_PYTHON);
	AUTO_PTR(loop) loop = loop_new();
	struct search s = { .d = d };

	kernel_find_python(loop, *configured ? configured : NULL, on_python,
			   &s);
	while (!s.done)
		loop_turn(loop, true);
}

static void
check_library(struct doctor *d, const char *what, bool loaded,
	      const struct err *err)
{
	if (loaded)
		doctor_tell(d, "ok", what, "loads", NULL);
	else
		doctor_tell(d, "limited", what, err->msg, NULL);
}

static void
check_libraries(struct doctor *d)
{
	struct err err = ERR_INIT;

	check_library(d, "libzmq", lazy_zmq(&err) != NULL, &err);
	check_library(d, "libcurl", lazy_curl(&err) != NULL, &err);
}

static void
check_root(struct doctor *d, const char *what, const char *path)
{
	struct statvfs v;
	struct err err = ERR_INIT;
	AUTO_FREE char *space = NULL;
	unsigned long long mb;

	if (!path_mkdirs(path, &err) || access(path, W_OK)) {
		doctor_tell(d, "missing", what,
			    err.code ? err.msg : "it cannot be written",
			    "set AGENTOPS_HOME to a folder you can write");
		return;
	}
	if (statvfs(path, &v)) {
		doctor_tell(d, "ok", what, path, NULL);
		return;
	}
	mb = (unsigned long long)v.f_bavail * v.f_frsize >> 20;
	space = xasprintf("%s (%llu MB free)", path, mb);
	doctor_tell(d, mb < SPACE_MIN_MB ? "limited" : "ok", what, space,
		    mb < SPACE_MIN_MB ? "free some disk space" : NULL);
}

static void
check_journal(struct doctor *d)
{
	struct err err = ERR_INIT;

	if (cli_journal(d->c, &err))
		doctor_tell(d, "ok", "journal",
			    db_path(journal_db(d->c->journal)), NULL);
	else
		doctor_tell(d, "missing", "journal", err.msg, NULL);
}

static void
check_locale(struct doctor *d)
{
	const char *set = nl_langinfo(CODESET);

	if (strcmp(set, "UTF-8") == 0)
		doctor_tell(d, "ok", "locale", set, NULL);
	else
		doctor_tell(d, "limited", "locale", set,
			    "export LANG=C.UTF-8 to see text as it is");
}

int
cmd_doctor(struct cli *c)
{
	struct doctor d = { .c = c };
	struct err err = ERR_INIT;

	if (!cli_paths(c, &err))
		return cli_fail(c, &err);
	if (cli_option(c, "provider")) {
		doctor_provider(&d);
		return d.missing ? 3 : 0;
	}
	check_root(&d, "state folder", c->paths.state);
	check_root(&d, "data folder", c->paths.data);
	check_journal(&d);
	check_sandbox(&d);
	check_program(&d, "bash", "bash steps", "bash");
	check_program(&d, "gnuplot", "the chart tool", "gnuplot-nox");
	check_program(&d, "git", "patterns about git", "git");
	check_python(&d);
	check_libraries(&d);
	doctor_local_models(&d);
	check_locale(&d);
	return d.missing ? 3 : 0;
}
