/* runs, show, gates, config, events: commands that only read. */
#include "cli/cli.h"

#include "base/clock.h"
#include "base/json.h"
#include "cli/gate_text.h"
#include "cli/picture.h"
#include "cli/story.h"
#include "run/engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void
add_member(struct buf *b, const char *key, const char *value)
{
	json_add_key(b, key);
	if (str_empty(value))
		buf_addstr(b, "null");
	else
		json_add_str(b, value);
}

static void
add_number(struct buf *b, const char *key, int64_t value)
{
	json_add_key(b, key);
	buf_printf(b, "%" PRId64, value);
}

static void
add_time(struct buf *b, const char *key, int64_t us)
{
	char iso[CLOCK_ISO_SIZE];

	add_member(b, key, clock_iso(us, iso));
}

/* --- runs -------------------------------------------------------------- */

/* A run whose process died is still written down as running. */
static const char *
true_status(const struct cli *c, const struct run_summary *s)
{
	if (strcmp(s->status, "running") == 0 &&
	    !journal_is_owned(c->journal, s->id))
		return "cut off";
	return s->status;
}

static void
print_run_json(const struct cli *c, const struct run_summary *s)
{
	AUTO(buf) b = BUF_INIT;

	buf_addch(&b, '{');
	add_member(&b, "run", s->id);
	add_member(&b, "status", true_status(c, s));
	add_member(&b, "phase", s->phase);
	add_member(&b, "task", s->task);
	add_member(&b, "workspace", s->workspace);
	add_member(&b, "pattern", s->pattern);
	add_member(&b, "risk", s->risk);
	add_number(&b, "iteration", s->iteration);
	add_number(&b, "limit", s->limit);
	add_number(&b, "open_gates", s->open_gates);
	add_time(&b, "created", s->created_us);
	add_time(&b, "updated", s->updated_us);
	add_member(&b, "note", s->note);
	printf("%s}\n", buf_str(&b));
}

static void
print_run(void *ud, const struct run_summary *s)
{
	const struct cli *c = ud;
	char took[CLOCK_DURATION_SIZE];

	if (c->json) {
		print_run_json(c, s);
		return;
	}
	printf("%-17s  %-9s  %-9s  %12s  ", s->id, true_status(c, s),
	       s->phase, clock_duration(s->updated_us - s->created_us, took));
	cli_print_cut(s->task, 60);
	putchar('\n');
}

int
cmd_runs(struct cli *c)
{
	const char *limit = cli_option(c, "limit");
	struct err err = ERR_INIT;
	int64_t n = 50;

	if (limit && !str_to_i64(limit, 0, INT32_MAX, &n))
		return cli_usage(c, "--limit %s is not a number", limit);
	if (!cli_journal(c, &err))
		return cli_fail(c, &err);
	if (!c->json && !c->quiet)
		printf("%-17s  %-9s  %-9s  %12s  %s\n", "RUN", "STATUS",
		       "PHASE", "ELAPSED", "TASK");
	if (!journal_list_runs(c->journal, cli_option(c, "status"), n,
			       print_run, c, &err))
		return cli_fail(c, &err);
	return 0;
}

/* --- show -------------------------------------------------------------- */

struct showing {
	const struct cli *c;
	struct story *story;
	struct run_state *state;
	struct arena arena;
};

static bool
show_event(void *ud, const struct event *e, const char *data)
{
	struct showing *s = ud;
	AUTO(buf) record = BUF_INIT;

	if (s->c->json) {
		event_record(&record, e, data);
		puts(buf_str(&record));
		return true;
	}
	run_apply(s->state, e);
	story_event(s->story, s->state, e);
	if (s->arena.used_bytes > 1 << 20)
		arena_release(&s->arena);
	return true;
}

int
cmd_show(struct cli *c)
{
	const char *image = cli_option(c, "image");
	AUTO_FREE char *dir = NULL;
	struct showing s = { .c = c };
	struct err err = ERR_INIT;
	char run[ID_RUN_SIZE];
	bool ok;

	if (image && c->arg_count == 0 && !c->json)
		return picture_show(c, image);
	if (image)
		return cli_usage(c, "show --image takes no run and no --json");
	if (c->arg_count != 1)
		return cli_usage(c, "show takes one run");
	if (!cli_journal(c, &err) ||
	    !journal_find_run(c->journal, c->args[0], run, &err))
		return cli_fail(c, &err);
	dir = journal_run_dir(c->journal, run);
	s.story = story_new(dir, true);
	s.state = run_state_new(&engine_tools);
	ok = journal_read(c->journal, run, 1, &s.arena, show_event, &s, &err);
	story_free(s.story);
	run_state_free(s.state);
	arena_release(&s.arena);
	return ok ? 0 : cli_fail(c, &err);
}

/* --- gates ------------------------------------------------------------- */

static void
print_gate_json(const struct gate_row *g)
{
	AUTO(buf) b = BUF_INIT;
	AUTO_FREE char *name = xasprintf("%s.%" PRId64, g->run, g->number);

	buf_addch(&b, '{');
	add_member(&b, "gate", name);
	add_member(&b, "run", g->run);
	add_number(&b, "number", g->number);
	add_member(&b, "kind", g->kind);
	add_member(&b, "step", g->step);
	add_member(&b, "risk", g->risk);
	add_member(&b, "title", g->title);
	add_member(&b, "task", g->task);
	add_time(&b, "opened", g->opened_us);
	json_add_key(&b, "shown");
	buf_addstr(&b, *g->shown ? g->shown : "null");
	printf("%s}\n", buf_str(&b));
}

static void
print_shown(const struct cli *c, enum gate_kind kind,
	    const struct gate_row *g)
{
	AUTO_FREE char *run_dir = journal_run_dir(c->journal, g->run);
	AUTO(strv) lines = STRV_INIT;

	gate_text(kind, g->shown, run_dir, &lines);
	for (size_t i = 0; i < lines.count; i++) {
		printf("    ");
		cli_print(lines.items[i]);
		putchar('\n');
	}
}

static void
print_gate(void *ud, const struct gate_row *g)
{
	const struct cli *c = ud;
	AUTO_FREE char *decisions = NULL;
	char waited[CLOCK_DURATION_SIZE];
	enum gate_kind kind = GATE_APPROVE;

	if (c->json) {
		print_gate_json(g);
		return;
	}
	gate_kind_parse(g->kind, &kind);
	decisions = gate_decisions_text(kind);
	printf("%s.%" PRId64 "  %s, risk %s, waiting %s\n  ", g->run,
	       g->number, g->kind, g->risk,
	       clock_duration(clock_wall_us() - g->opened_us, waited));
	cli_print_cut(g->title, 100);
	printf("\n  task: ");
	cli_print_cut(g->task, 94);
	putchar('\n');
	print_shown(c, kind, g);
	printf("  agentops decide %s.%" PRId64 " %s\n", g->run, g->number,
	       decisions);
}

int
cmd_gates(struct cli *c)
{
	struct err err = ERR_INIT;

	if (!cli_journal(c, &err) ||
	    !journal_list_gates(c->journal, print_gate, c, &err))
		return cli_fail(c, &err);
	return 0;
}

/* --- config, events ---------------------------------------------------- */

int
cmd_config(struct cli *c)
{
	static const char *const keys[] = {
#define X(id, key, fallback, env, project, help) key,
		SETTINGS(X)
#undef X
	};
	struct err err = ERR_INIT;

	if (!cli_paths(c, &err))
		return cli_fail(c, &err);
	for (int i = 0; i < SETTING_COUNT; i++) {
		AUTO(buf) b = BUF_INIT;

		if (!c->json) {
			AUTO_FREE char *text = xasprintf(
				"%-12s %-10s %s\n", keys[i],
				c->config.items[i].value,
				c->config.items[i].origin);

			cli_print(text);
			continue;
		}
		buf_addch(&b, '{');
		add_member(&b, "key", keys[i]);
		add_member(&b, "value", c->config.items[i].value);
		add_member(&b, "origin", c->config.items[i].origin);
		printf("%s}\n", buf_str(&b));
	}
	return 0;
}

static void
print_event_json(const struct event_row *row)
{
	static const char *const kinds[] = { "string", "integer", "boolean",
					     "json" };
	AUTO(buf) b = BUF_INIT;

	buf_addch(&b, '{');
	add_member(&b, "type", row->name);
	add_member(&b, "help", row->help);
	json_add_key(&b, "fields");
	buf_addch(&b, '[');
	for (int i = 0; i < row->field_count; i++) {
		if (i)
			buf_addch(&b, ',');
		buf_addch(&b, '{');
		add_member(&b, "name", row->fields[i].name);
		add_member(&b, "kind", kinds[row->fields[i].kind]);
		add_member(&b, "help", row->fields[i].help);
		buf_addch(&b, '}');
	}
	printf("%s]}\n", buf_str(&b));
}

int
cmd_events(struct cli *c)
{
	for (int i = 0; i < EVENT_TYPES; i++) {
		const struct event_row *row = event_row((enum event_type)i);

		if (c->json) {
			print_event_json(row);
			continue;
		}
		printf("%s: %s\n", row->name, row->help);
		for (int k = 0; k < row->field_count; k++)
			printf("  %-18s %s\n", row->fields[k].name,
			       row->fields[k].help);
	}
	return 0;
}

int
cmd_keys(struct cli *c)
{
	struct err err = ERR_INIT;

	if (c->keys)
		return c->keys(c);
	FAIL(&err, ERR_ENV, "keys: this program was built without the app");
	return cli_fail(c, &err);
}
