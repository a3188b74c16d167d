/*
 * bench_deploy - a template of 12 files deployed (loaded, rendered, read
 * back, written as one transaction), beside 12 bare durable writes of the
 * same bytes: temporary file, fsync, rename, fsync of the folder.
 *
 * Both take turns, each into a new folder; the best of each counts.
 */
#include "home.h"

#include "base/clock.h"
#include "base/json.h"
#include "flow/deploy.h"
#include "run/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Issue 5, "Speed": 20 ms, where bare durable writes took 8 ms. */
#define LIMIT (20.0 / 8.0)

enum { ROUNDS = 40, FILES = 12, LINES = 60 };

static void
write_or_die(const char *dir, const char *name, const char *text)
{
	AUTO_FREE char *path = path_join(dir, name);
	struct err err = ERR_INIT;

	if (!path_write_atomic(path, text, strlen(text), 0644, &err))
		home_die(path, &err);
}

static void
make_template(const char *dir)
{
	AUTO_FREE char *files = path_join(dir, "files");
	AUTO(buf) head = BUF_INIT;
	struct err err = ERR_INIT;

	if (!path_mkdirs(files, &err))
		home_die(files, &err);
	buf_addstr(&head, "name: t\ndescription: d\nconfiguration:\n"
			  "  x: {type: text, default: \"it's\"}\nfiles:\n");
	for (int i = 0; i < FILES; i++) {
		AUTO_FREE char *name = xasprintf("files/f%d.yaml", i);
		AUTO(buf) text = BUF_INIT;

		buf_printf(&head, "  - path: f%d.yaml\n", i);
		for (int k = 0; k < LINES; k++)
			buf_printf(&text, "key%d: {{ answers.x }}\n", k);
		write_or_die(dir, name, buf_str(&text));
	}
	write_or_die(dir, "template.yaml", buf_str(&head));
	write_or_die(dir, "workflow.yaml",
		     "name: \"{{ answers.x }}\"\nsteps:\n"
		     "  - {id: a, code: pass}\n");
	write_or_die(dir, "README.md", "# t\n");
}

static double
deploy_ms(const char *template_dir, const struct paths *paths, const char *into)
{
	int64_t began = clock_mono_us();
	struct err err = ERR_INIT;
	AUTO_PTR(template) t = template_load(template_dir, &err);
	AUTO_JSON *answers = NULL;
	AUTO_PTR(deployment) d = NULL;
	struct deploy_request r = { .t = t,
				    .paths = paths,
				    .tools = &engine_tools,
				    .into = into,
				    .base = "/" };

	if (!t || !template_answers(t, NULL, &answers, NULL, &err))
		home_die("template", &err);
	r.answers = answers;
	d = deploy_prepare(&r, &err);
	if (!d || !deploy_commit(d, &err))
		home_die("deploy", &err);
	return (double)(clock_mono_us() - began) / 1000;
}

static double
bare_ms(const char *into)
{
	AUTO(buf) text = BUF_INIT;
	struct err err = ERR_INIT;
	int64_t began;

	for (int k = 0; k < LINES; k++)
		buf_printf(&text, "key%d: \"it's\"\n", k);
	began = clock_mono_us();
	if (!path_mkdirs(into, &err))
		home_die(into, &err);
	for (int i = 0; i < FILES; i++) {
		char name[16];

		snprintf(name, sizeof(name), "f%d", i);
		write_or_die(into, name, buf_str(&text));
	}
	return (double)(clock_mono_us() - began) / 1000;
}

int
main(void)
{
	double ours = 1e9, peer = 1e9;
	AUTO(paths) paths = { 0 };
	AUTO_FREE char *home = home_make();
	AUTO_FREE char *template_dir = path_join(home, "t");
	struct err err = ERR_INIT;

	if (!paths_find(&paths, &err))
		home_die("paths", &err);
	make_template(template_dir);
	for (int i = 0; i < ROUNDS; i++) {
		AUTO_FREE char *a = xasprintf("%s/ours%d", home, i);
		AUTO_FREE char *b = xasprintf("%s/bare%d", home, i);
		double ms = deploy_ms(template_dir, &paths, a);

		ours = ms < ours ? ms : ours;
		ms = bare_ms(b);
		peer = ms < peer ? ms : peer;
	}
	path_remove_tree(home, NULL);
	home_row("deploy 12 files, ms (20 beside bare 8)", ours, peer, ours / peer, LIMIT, true);
	return home_missed;
}
