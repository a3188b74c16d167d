/*
 * Drafts of forms in <state>/drafts, one file a form, named by the hash of
 * its key: {"key": ..., "values": ...}, 0600.
 *
 *  1. One job at a time writes; what changes meanwhile waits in
 *     c->drafts, the newest of each key. So a file ends as what was typed
 *     last, and typing waits for no disk.
 *  2. client_drafts_flush, at the end, writes what still waits.
 */
#include "ui/client_job.h"

#include "base/clock.h"
#include "base/json.h"
#include "ui/form_draft.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	DRAFT_BYTES = 1 << 20,
	DRAFT_DAYS = 30, /* older ones are deleted */
};

struct draft_job {
	struct client_job base;
	char *dir;
	struct form_drafts work;
	struct err err;
};

static char *
drafts_dir(const struct client *c)
{
	return path_join(c->cli->paths.state, "drafts");
}

/* --- writing --------------------------------------------------------------- */

static bool
write_one(const char *dir, const struct form_draft *d, struct err *err)
{
	char hash[SHA256_HEX_SIZE];
	AUTO_FREE char *path = NULL;
	AUTO_FREE char *name = NULL;
	AUTO(buf) text = BUF_INIT;

	sha256_hex(d->key, strlen(d->key), hash);
	name = xasprintf("%.32s.json", hash);
	path = path_join(dir, name);
	if (!d->values) {
		unlink(path);
		return true;
	}
	buf_addch(&text, '{');
	json_add_key(&text, "key");
	json_add_str(&text, d->key);
	json_add_key(&text, "values");
	buf_addstr(&text, d->values);
	buf_addch(&text, '}');
	return path_mkdirs(dir, err) &&
	       path_write_atomic(path, text.data, text.len, 0600, err);
}

static void
write_drafts(void *ud)
{
	struct draft_job *j = ud;

	for (size_t i = 0; i < j->work.count; i++)
		if (!write_one(j->dir, &j->work.items[i], &j->err))
			return;
}

static void start_writing(struct client *c);

static void
on_written(void *ud)
{
	struct draft_job *j = ud;
	struct client *c = j->base.client;

	client_job_end(&j->base);
	if (c && j->err.code != ERR_NONE)
		client_note(c, true, "What is typed cannot be kept: %s",
			    j->err.msg);
	if (c) {
		c->drafts_busy = false;
		start_writing(c);
	}
	form_drafts_release(&j->work);
	free(j->dir);
	free(j);
}

static void
start_writing(struct client *c)
{
	struct draft_job *j;

	if (c->drafts_busy || !c->drafts.count)
		return;
	j = xcalloc(1, sizeof(*j));
	client_job_begin(c, &j->base, 0);
	j->dir = drafts_dir(c);
	j->work = c->drafts;
	memset(&c->drafts, 0, sizeof(c->drafts));
	c->drafts_busy = true;
	loop_work(c->loop, write_drafts, on_written, j);
}

void
client_keep_draft(struct client *c, const struct ask *k)
{
	struct form_drafts *d = &c->drafts;
	size_t i = 0;

	while (i < d->count && strcmp(d->items[i].key, k->text) != 0)
		i++;
	if (i == d->count) {
		GROW(d->items, d->count, d->cap);
		d->items[d->count++] =
			(struct form_draft){ .key = xstrdup(k->text) };
	}
	free(d->items[i].values);
	d->items[i].values = xstrdup0(k->values);
	start_writing(c);
}

void
client_drafts_flush(struct client *c)
{
	AUTO_FREE char *dir = drafts_dir(c);

	for (size_t i = 0; i < c->drafts.count; i++)
		write_one(dir, &c->drafts.items[i], NULL);
	form_drafts_release(&c->drafts);
}

/* --- reading ---------------------------------------------------------------- */

/* A file that is no draft is left alone and not shown. */
static void
load_one(struct client *c, const char *path)
{
	AUTO(buf) text = BUF_INIT;
	AUTO_JSON *o = NULL;
	AUTO_FREE char *values = NULL;
	const char *key;

	if (!path_read(path, DRAFT_BYTES, &text, NULL))
		return;
	o = json_parse(text.data, text.len, path, NULL);
	key = json_str(o, "key");
	if (!key || !cJSON_IsObject(json_get(o, "values")))
		return;
	values = json_print(json_get(o, "values"));
	form_draft_load(c->app, key, values);
}

void
client_load_drafts(struct client *c)
{
	AUTO_FREE char *dir = drafts_dir(c);
	DIR *d = opendir(dir);
	struct dirent *e;
	struct stat st;

	while (d && (e = readdir(d))) {
		AUTO_FREE char *path = path_join(dir, e->d_name);

		if (!str_ends(e->d_name, ".json") || lstat(path, &st) ||
		    !S_ISREG(st.st_mode))
			continue;
		if (st.st_mtime < clock_wall_us() / 1000000 - DRAFT_DAYS * 86400)
			unlink(path);
		else
			load_one(c, path);
	}
	if (d)
		closedir(d);
}
