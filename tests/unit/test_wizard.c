/* The template wizard: list, form, what will be written, deployed; drafts. */
#include "view_test.h"

#include "base/json.h"
#include "ui/form.h"
#include "ui/form_draft.h"

#include <time.h>

/* Its texts mislead: colours, a title, text from right to left. */
static const char TEMPLATE[] =
	"name: report\n"
	"version: 2.0.0\n"
	"title: \"A report \\u202eof\\e[31m numbers\"\n"
	"description: Writes a report, or two.\n"
	"category: analytics\n"
	"configuration:\n"
	"  title: {type: text, prompt: What is it called?, required: true,\n"
	"    default: \"Re\\e]0;x\\aport\"}\n"
	"  kind: {type: select, prompt: Of what?, required: true,\n"
	"    options: [\"fi\\u200bles\", tables]}\n"
	"  file: {type: file, prompt: The file, accept: [.csv, .tsv],\n"
	"    required: true, when: \"answers.kind != 'tables'\"}\n"
	"  words: {type: list,\n"
	"    prompt: Which words are to be counted in each of them?}\n"
	"  key: {type: secret, prompt: The key, help: kept apart}\n"
	"files: []\n";

static const char WORKFLOW[] = "name: \"{{ answers.title }}\"\n"
			       "steps:\n"
			       "  - {id: a, uses: bash, with: {script: ls}}\n";

static struct template *
load(void)
{
	AUTO_FREE char *dir = path_join(getenv("AGENTOPS_HOME"), "report");
	AUTO_FREE char *file = path_join(dir, "template.yaml");
	AUTO_FREE char *workflow = path_join(dir, "workflow.yaml");
	AUTO_FREE char *readme = path_join(dir, "README.md");
	struct err err = ERR_INIT;
	struct template *t;

	path_mkdirs(dir, &err);
	path_write_atomic(file, TEMPLATE, strlen(TEMPLATE), 0600, &err);
	path_write_atomic(workflow, WORKFLOW, strlen(WORKFLOW), 0600, &err);
	path_write_atomic(readme, "# report\n\nTells\x1b[2J it all.\n", 29,
			  0600, &err);
	t = template_load(dir, &err);
	if (!t)
		fail_msg("%s", err.msg);
	t->dir = "/t/report";
	return t;
}

static void
send_templates(struct view_test *v)
{
	struct template_rows rows = { 0 };
	struct msg m = { .kind = MSG_TEMPLATES,
			 .templates = &rows,
			 .words = "/w",
			 .ticket = view_ask(v, ASK_TEMPLATES)->ticket };

	GROW(rows.items, rows.count, rows.cap);
	rows.items[rows.count++] = (struct template_row){
		.name = xstrdup("broken"),
		.problem = xstrdup("/t/broken/template.yaml:3:1: no \x1b[mfield"),
	};
	GROW(rows.items, rows.count, rows.cap);
	rows.items[rows.count++] = (struct template_row){
		.name = xstrdup("report"),
		.t = load(),
	};
	view_send(v, &m);
	template_rows_release(&rows);
}

static void
open_report(struct view_test *v)
{
	view_test_init(v, 120, 40);
	view_keys(v, "t");
	send_templates(v);
	view_keys(v, "j Enter");
	assert_string_equal(v->a->top->class->name, "Form");
}

/* Fills it in and submits. */
static void
submit_report(struct view_test *v)
{
	open_report(v);
	view_keys(v, "Tab Tab Right Right");
	view_keys(v, "Tab");
	view_type(v, "sum, mean");
	view_keys(v, "Tab");
	view_type(v, "s3cret");
	view_keys(v, "C-s");
}

static void
send_prepared(struct view_test *v, const char *id, bool error,
	      const char *words)
{
	AUTO(buf) text = BUF_INIT;
	struct msg m = { .kind = MSG_PREPARED,
			 .text = &text,
			 .id = id,
			 .error = error,
			 .words = words,
			 .ticket = view_ask(v, ASK_PREPARE)->ticket };

	buf_addstr(&text,
		   "Files\n  new /w/report/r.txt (20 bytes)\n\n"
		   "--- /dev/null\n+++ /w/report/r.txt\n@@ -0,0 +1 @@\n"
		   "-gone\n+\x1b[31mred\xe2\x80\xae come\n kept\n");
	view_send(v, &m);
}

static void
send_deployed(struct view_test *v, bool error, const char *words)
{
	struct msg m = { .kind = MSG_DEPLOYED,
			 .id = "report",
			 .number = 3,
			 .took_us = 4200,
			 .error = error,
			 .words = words,
			 .ticket = view_ask(v, ASK_DEPLOY)->ticket };

	view_send(v, &m);
}

static void
the_list_says_what_each_is(void **state)
{
	struct view_test v;

	(void)state;
	view_test_init(&v, 120, 40);
	view_keys(&v, "t");
	view_has(&v, "reading");
	send_templates(&v);
	view_has(&v, "template.yaml:3:1");
	/* One that does not load says why, and opens nothing. */
	view_keys(&v, "Enter");
	assert_string_equal(v.a->top->class->name, "Templates");
	assert_true(v.a->note_error);
	view_keys(&v, "j");
	view_goldens(&v, "templates");
	view_keys(&v, "Esc");
	assert_string_equal(v.a->top->class->name, "Desk");
	view_test_release(&v);
}

static void
a_name_opens_its_form(void **state)
{
	struct view_test v;

	(void)state;
	view_test_init(&v, 120, 40);
	app_push(v.a, templates_new(v.a, "report"));
	send_templates(&v);
	assert_string_equal(v.a->top->class->name, "Form");
	view_test_release(&v);

	view_test_init(&v, 120, 40);
	app_push(v.a, templates_new(v.a, "reprot"));
	send_templates(&v);
	assert_string_equal(v.a->top->class->name, "Templates");
	assert_non_null(strstr(v.a->note, "did you mean report"));
	view_test_release(&v);
}

static void
fields_come_and_go_with_answers(void **state)
{
	struct view_test v;

	(void)state;
	open_report(&v);
	view_has(&v, "The file");
	view_keys(&v, "Tab Tab Right");
	view_has(&v, "The file");
	view_goldens(&v, "wizard-form");
	view_keys(&v, "Right");
	view_lacks(&v, "The file");
	/* What is not asked is jumped over. */
	view_keys(&v, "Tab");
	view_has(&v, "> Which words");
	view_has(&v, "counted in each of them?");
	view_test_release(&v);
}

static void
answers_go_out_once(void **state)
{
	struct view_test v;
	struct ask *k;

	(void)state;
	submit_report(&v);
	k = view_ask(&v, ASK_PREPARE);
	assert_string_equal(k->text, "/t/report");
	assert_string_equal(k->more, "/w/report");
	assert_string_equal(k->values,
			    "{\"title\":\"Re\\u001b]0;x\\u0007port\","
			    "\"kind\":\"tables\",\"words\":[\"sum\","
			    "\"mean\"],\"key\":\"s3cret\"}");
	/* Again before the answer: nothing more. */
	asks_release(&v.a->asks);
	view_keys(&v, "C-s");
	assert_null(view_ask(&v, ASK_PREPARE));
	view_test_release(&v);
}

static void
a_wrong_answer_is_shown_at_its_field(void **state)
{
	struct view_test v;

	(void)state;
	submit_report(&v);
	send_prepared(&v, "words", true, "words: no such word");
	assert_string_equal(v.a->top->class->name, "Form");
	view_has(&v, "> Which words");
	view_has(&v, "! words: no such word");
	view_test_release(&v);
}

static void
what_is_written_is_shown_first(void **state)
{
	struct view_test v;

	(void)state;
	submit_report(&v);
	send_prepared(&v, "report", false, NULL);
	assert_string_equal(v.a->top->class->name, "Text");
	assert_null(view_ask(&v, ASK_DEPLOY));
	view_goldens(&v, "wizard-preview");
	/* Back: everything that was typed is there, the secret too. */
	view_keys(&v, "Esc");
	view_has(&v, "sum, mean");
	asks_release(&v.a->asks);
	view_keys(&v, "C-s");
	assert_non_null(strstr(view_ask(&v, ASK_PREPARE)->values, "s3cret"));
	view_test_release(&v);
}

static void
deployed_it_can_be_run(void **state)
{
	struct view_test v;

	(void)state;
	submit_report(&v);
	send_prepared(&v, "report", false, NULL);
	view_keys(&v, "a a");
	send_deployed(&v, false, "/w/re port");
	view_has(&v, "Deployed 3 files in 4");
	assert_string_equal(v.a->top->class->name, "Question");
	assert_string_equal(v.a->top->below->class->name, "Desk");
	assert_int_equal(v.a->drafts.count, 0);
	view_goldens(&v, "wizard-deployed");
	view_keys(&v, "y");
	assert_string_equal(view_ask(&v, ASK_START)->text,
			    "/replay-pattern report --workspace "
			    "'/w/re port' --force");
	view_test_release(&v);
}

static void
what_cannot_be_written_is_mended(void **state)
{
	struct view_test v;

	(void)state;
	submit_report(&v);
	send_prepared(&v, "report", false, NULL);
	view_keys(&v, "a");
	send_deployed(&v, true, "/w/report/r.txt: No space left on device");
	assert_string_equal(v.a->top->class->name, "Form");
	assert_true(v.a->note_error);
	view_has(&v, "No space left on device");
	assert_int_equal(v.a->drafts.count, 1);
	view_test_release(&v);
}

static void
late_answers_change_nothing(void **state)
{
	struct view_test v;

	(void)state;
	submit_report(&v);
	view_keys(&v, "Esc");
	send_prepared(&v, "report", false, NULL);
	assert_string_equal(v.a->top->class->name, "Templates");
	view_test_release(&v);
}

static void
what_is_typed_is_kept_at_once(void **state)
{
	struct view_test v, w;
	struct ask *k;

	(void)state;
	submit_report(&v);
	k = view_ask(&v, ASK_DRAFT);
	assert_string_equal(k->text, "deploy report");
	assert_non_null(strstr(k->values, "sum, mean"));
	for (size_t i = 0; i < v.a->asks.count; i++)
		if (v.a->asks.items[i].kind == ASK_DRAFT)
			assert_null(strstr(v.a->asks.items[i].values,
					   "s3cret"));

	/* Another process begins with what was kept. */
	view_test_init(&w, 120, 40);
	form_draft_load(w.a, k->text, k->values);
	view_keys(&w, "t");
	send_templates(&w);
	view_keys(&w, "j Enter");
	view_has(&w, "sum, mean");
	view_lacks(&w, "The file");
	view_test_release(&w);
	view_test_release(&v);
}

static void
any_keys(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed < 12; seed++) {
		struct view_test v;

		open_report(&v);
		view_monkey(&v, seed, 400);
		view_test_release(&v);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		dir_test(the_list_says_what_each_is),
		dir_test(a_name_opens_its_form),
		dir_test(fields_come_and_go_with_answers),
		dir_test(answers_go_out_once),
		dir_test(a_wrong_answer_is_shown_at_its_field),
		dir_test(what_is_written_is_shown_first),
		dir_test(deployed_it_can_be_run),
		dir_test(what_cannot_be_written_is_mended),
		dir_test(late_answers_change_nothing),
		dir_test(what_is_typed_is_kept_at_once),
		dir_test(any_keys),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
