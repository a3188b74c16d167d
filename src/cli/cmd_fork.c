/* fork: a new run that begins as another one did. compare: what differs. */
#include "cli/compare_text.h"
#include "cli/drive.h"

#include "base/clock.h"
#include "base/json.h"
#include "run/compare.h"
#include "run/fork.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* --- fork --------------------------------------------------------------- */

static void
print_point(const struct cli *c, const char *run, const struct fork_point *p)
{
	AUTO(buf) b = BUF_INIT;
	time_t at = (time_t)(p->ts_us / 1000000);
	char when[32];
	struct tm tm;

	if (c->json) {
		buf_printf(&b, "{\"run\":\"%s\",\"seq\":%" PRId64 ",\"what\":",
			   run, p->seq);
		json_add_str(&b, p->what);
		printf("%s}\n", buf_str(&b));
		return;
	}
	localtime_r(&at, &tm);
	strftime(when, sizeof(when), "%m-%d %H:%M:%S", &tm);
	buf_printf(&b, "%s@%-5" PRId64 " %s  %s\n", run, p->seq, when,
		   p->what);
	cli_print(buf_str(&b));
}

static int
list_points(struct cli *c, const char *run)
{
	AUTO(fork_points) points = { 0 };
	struct err err = ERR_INIT;

	if (!fork_points_read(c->journal, run, &points, &err))
		return cli_fail(c, &err);
	for (size_t i = 0; i < points.count; i++)
		print_point(c, run, &points.items[i]);
	if (!c->json && !c->quiet)
		printf("Without @SEQ it is %s@%" PRId64
		       "; any event up to %" PRId64 " will do\n",
		       run, fork_point_default(&points), points.last);
	return 0;
}

int
cmd_fork(struct cli *c)
{
	struct err err = ERR_INIT;
	char run[ID_RUN_SIZE], id[ID_RUN_SIZE];
	int64_t seq;

	if (c->arg_count != 1)
		return cli_usage(c, "fork takes one run, or RUN@SEQ");
	if (!cli_journal(c, &err) ||
	    !fork_parse(c->journal, c->args[0], run, &seq, &err))
		return cli_fail(c, &err);
	if (cli_flag(c, "points"))
		return list_points(c, run);
	if (!fork_run(c->journal, run, seq, id, &err))
		return cli_fail(c, &err);
	if (c->json)
		printf("{\"run\":\"%s\",\"forked_from\":\"%s\"}\n", id, run);
	else if (!c->quiet)
		printf("Run %s is a fork of %s\n", id, run);
	return cli_flag(c, "no-resume") ? 0 : drive_resume(c, id);
}

/* --- compare ------------------------------------------------------------ */

enum { KEY_COLUMNS = 26, VALUE_COLUMNS = 44 };

/* Exactly width columns, counted as cli_print_cut does. */
static void
print_cell(const char *text, int width)
{
	AUTO(buf) b = BUF_INIT;
	int n = 0;

	str_visible(&b, text, strlen(text), false);
	for (const char *p = buf_str(&b); *p; p++)
		n += ((unsigned char)*p & 0xc0) != 0x80;
	cli_print_cut(text, width);
	printf("%*s", n < width ? width - n : 0, "");
}

static void
print_row(const cJSON *row, bool *headed, const char **part)
{
	const char *key = json_str(row, "key");
	AUTO_FREE char *a = NULL;
	AUTO_FREE char *b = NULL;
	bool same = cJSON_IsTrue(json_get(row, "same"));

	if (!str_eq(*part, json_str(row, "part")))
		*headed = false;
	*part = json_str(row, "part");
	if (!*headed)
		printf("%s\n", *part);
	*headed = true;
	a = compare_text_cell(row, "a");
	b = compare_text_cell(row, "b");
	printf("%s ", same ? " " : "*");
	print_cell(compare_text_key(key), KEY_COLUMNS);
	putchar(' ');
	print_cell(a, VALUE_COLUMNS);
	putchar(' ');
	if (same)
		printf("the same");
	else
		cli_print_cut(b, VALUE_COLUMNS);
	putchar('\n');
}

static void
print_rows(const char *a, const char *b, const cJSON *rows)
{
	const char *part = "";
	bool headed = false;
	const cJSON *row;
	int differ = 0;

	printf("%-*s %-*s %s\n", KEY_COLUMNS + 2, "", VALUE_COLUMNS, a, b);
	cJSON_ArrayForEach(row, rows) {
		print_row(row, &headed, &part);
		differ += !cJSON_IsTrue(json_get(row, "same"));
	}
	printf("%d of %d differ (*)\n", differ, cJSON_GetArraySize(rows));
}

static void
print_json(struct cli *c, char id[2][ID_RUN_SIZE], const cJSON *rows)
{
	AUTO(buf) b = BUF_INIT;
	AUTO_FREE char *text = json_print(rows);

	buf_printf(&b, "{\"a\":\"%s\",\"b\":\"%s\"", id[0], id[1]);
	for (int i = 0; i < 2; i++) {
		AUTO_FREE char *dir = journal_run_dir(c->journal, id[i]);

		json_add_key(&b, i ? "b_dir" : "a_dir");
		json_add_str(&b, dir);
	}
	printf("%s,\"rows\":%s}\n", buf_str(&b), text);
}

int
cmd_compare(struct cli *c)
{
	AUTO_PTR(run_state) a = NULL;
	AUTO_PTR(run_state) b = NULL;
	AUTO_JSON *rows = NULL;
	struct err err = ERR_INIT;
	char id[2][ID_RUN_SIZE];

	if (c->arg_count != 2)
		return cli_usage(c, "compare takes two runs");
	if (!cli_journal(c, &err) ||
	    !journal_find_run(c->journal, c->args[0], id[0], &err) ||
	    !journal_find_run(c->journal, c->args[1], id[1], &err))
		return cli_fail(c, &err);
	a = engine_read(c->journal, id[0], &engine_tools, &err);
	b = a ? engine_read(c->journal, id[1], &engine_tools, &err) : NULL;
	if (!b)
		return cli_fail(c, &err);
	rows = compare_runs(a, b);
	if (!c->json) {
		print_rows(id[0], id[1], rows);
		return 0;
	}
	print_json(c, id, rows);
	return 0;
}
