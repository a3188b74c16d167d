#include "test.h"

#include "base/json.h"
#include "flow/validate.h"

#include <sys/stat.h>
#include <unistd.h>

/* Holds the document while its rows are used. */
struct row {
	struct yaml_doc *doc;
	struct arena arena;
	struct validation v;
};

static void
row_release(struct row *r)
{
	arena_release(&r->arena);
	if (r->doc)
		yaml_doc_free(r->doc);
}

static bool
any_name(void *ud, const char *name, struct err *err)
{
	(void)ud, (void)name, (void)err;
	return true;
}

static bool
any_step(void *ud, const char *id, const char *part, const char *name,
	 struct err *err)
{
	(void)ud, (void)id, (void)part, (void)name, (void)err;
	return true;
}

static const struct expr_scope SCOPE = { NULL, any_name, any_step, true };

static bool
row_parse(struct row *r, const char *text, struct err *err)
{
	r->doc = yaml_parse(text, strlen(text), "v.yaml", 1, err);
	return r->doc && validation_parse(r->doc, yaml_root(r->doc), &SCOPE,
					  &r->arena, &r->v, err);
}

static struct validation_result
run(const char *text, struct validation_context *ctx)
{
	AUTO(row) r = { 0 };
	struct err err = ERR_INIT;
	struct validation_result result;

	if (!row_parse(&r, text, &err))
		fail_msg("%s: %s", text, err.msg);
	ctx->doc = r.doc;
	assert_true(validation_run(&r.v, ctx, &result));
	assert_true(result.message[0]);
	return result;
}

static void
rows_are_parsed(void **state)
{
	static const struct {
		const char *text, *place, *words;
	} WRONG[] = {
		{ "x", "1:1", "a map" },
		{ "{}", "1:1", "a check is missing" },
		{ "message: x", "1:1", "a check is missing" },
		{ "fle: a", "1:1", "did you mean \"file\"?" },
		{ "{file: a, exit: 0}", "1:1", "one row checks one thing" },
		{ "exit: x", "1:7", "a whole number from 0 to 255" },
		{ "exit: 256", "1:7", "a whole number from 0 to 255" },
		{ "file: [a]", "1:7", "file must be text" },
		{ "file: ../a", "1:7", "below the step's own folder" },
		{ "file: a/../../b", "1:7", "below the step's own folder" },
		{ "file: '{{ run }}'", "1:7", "not replaced" },
		{ "json: a", "1:7", "a map" },
		{ "json: {pth: a}", "1:8", "did you mean \"path\"?" },
		{ "json: {min: x}", "1:13", "min must be a number" },
		{ "json: {exists: 1}", "1:16", "true or false" },
		{ "json: {exists: false, min: 1}", "1:7", "must not exist" },
		{ "json: {min: '{{ nope }}'}", "1:13", "unknown name" },
		{ "regex: {file: a}", "1:8", "regex needs match" },
		{ "regex: {match: '('}", "1:16", "in the pattern" },
		{ "regex: {match: '(a)\\1'}", "1:16", "back references" },
		{ "rows: {min: 1}", "1:7", "rows needs file" },
		{ "rows: {file: a}", "1:7", "rows needs min or max" },
		{ "visual: {checks: {}}", "1:18", "a list" },
		{ "visual: [[a]]", "1:10", "a list of texts" },
		{ "command: ''", "1:10", "command must be text" },
	};
	AUTO(row) ok = { 0 };
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(WRONG); i++) {
		AUTO(row) r = { 0 };
		AUTO_FREE char *place = xasprintf("v.yaml:%s: ",
						  WRONG[i].place);

		if (row_parse(&r, WRONG[i].text, &err))
			fail_msg("%s was taken", WRONG[i].text);
		if (strncmp(err.msg, place, strlen(place)) != 0 ||
		    !strstr(err.msg, WRONG[i].words))
			fail_msg("%s: %s, wanted %s%s", WRONG[i].text,
				 err.msg, place, WRONG[i].words);
	}
	assert_ok(row_parse(&ok, "visual: {file: a.png, checks: [blank, "
			    "contrast]}", &err), err);
	assert_int_equal(ok.v.kind, VALIDATION_VISUAL);
	assert_string_equal(ok.v.file, "a.png");
	assert_string_equal(ok.v.checks[1], "contrast");
	assert_null(ok.v.checks[2]);
}

static void
expressions_need_a_scope(void **state)
{
	static const char *const ROWS[] = {
		"json: {path: a, equals: '{{ run }}'}",
		"json: {path: a, min: '{{ index }}'}",
	};
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		AUTO(row) r = { 0 };

		assert_ok(row_parse(&r, ROWS[i], &err), err);
		assert_false(validation_parse(r.doc, yaml_root(r.doc), NULL,
					      &r.arena, &r.v, &err));
		assert_int_equal(err.code, ERR_SYNTAX);
		err = (struct err)ERR_INIT;
	}
}

static void
visual_default_has_no_list(void **state)
{
	AUTO(row) r = { 0 };
	struct err err = ERR_INIT;

	(void)state;
	assert_ok(row_parse(&r, "visual: default", &err), err);
	assert_null(r.v.checks);
	assert_null(r.v.file);
}

static void
put(const char *dir, const char *name, const char *text)
{
	test_write(dir, name, text, strlen(text));
}

static void
lay_out(const char *dir)
{
	AUTO_FREE char *fifo = path_join(dir, "fifo");
	AUTO_FREE char *link = path_join(dir, "link");

	put(dir, "a.txt", "one\r\ntotal: 42\ntwo\n");
	put(dir, "empty", "");
	put(dir, "ok.json", "{\"rows\": 5, \"list\": [{\"n\": \"x\"}],"
			    " \"none\": null}");
	put(dir, "bad.json", "{\"rows\": ");
	put(dir, "header.csv", "a,b\n");
	put(dir, "three.csv", "\xef\xbb\xbf\"a\";b\r\n1;\"x\ny\"\r\n\r\n"
			      "2;5\"\r\n3;\"he said \"\"\n\"\"\"");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(symlink("/etc/passwd", link), 0);
}

static const struct {
	const char *row;
	bool ok;
	const char *words;
} RUNS[] = {
	{ "exit: 3", true, "exit status 3" },
	{ "exit: 0", false, "exit status 3, not 0" },
	{ "{exit: 0, message: It broke}", false, "It broke (exit status 3" },
	{ "file: a.txt", true, "a.txt, 19 bytes" },
	{ "file: empty", false, "empty is empty" },
	{ "file: nope", false, "nope" },
	{ "file: fifo", false, "fifo" },
	{ "file: link", false, "link" },
	{ "json: {path: n}", true, "n is there" },
	{ "json: {path: m}", false, "there is no m in the step's data" },
	{ "json: {path: m, exists: false}", true, "m is not there" },
	{ "json: {path: n, exists: false}", false, "n is there" },
	{ "json: {path: n, equals: 7}", true, "n is 7" },
	{ "json: {path: n, equals: '7'}", false, "n is 7, not \"7\"" },
	{ "json: {path: n, min: 8}", false, "n is 7, less than 8" },
	{ "json: {path: n, min: 7, max: 7}", true, "n is 7" },
	{ "json: {path: n, max: 6}", false, "n is 7, more than 6" },
	{ "json: {path: n, min: '{{ inputs.low }}'}", false, "less than 9" },
	{ "json: {path: n, min: '{{ inputs.gone }}'}", false, "no \"gone\"" },
	{ "json: {path: n, min: '{{ inputs.word }}'}", false, "no number" },
	{ "json: {path: s, min: 1}", false, "s is no number" },
	{ "json: {path: o, equals: {a: [1, x]}}", true, "o is" },
	{ "json: {path: n, equals: 7, max: 6}", false, "more than 6" },
	{ "json: {file: ok.json, path: rows, min: 5}", true, "rows is 5" },
	{ "json: {file: ok.json, path: list.0.n, equals: x}", true, "is" },
	{ "json: {file: ok.json, path: list.1.n}", false, "there is no" },
	{ "json: {file: bad.json}", false, "bad.json" },
	{ "json: {file: fifo}", false, "fifo" },
	{ "json: {file: ok.json}", true, "ok.json is there" },
	{ "regex: {match: '^done$'}", true, "a line of the step's text" },
	{ "regex: {match: failed}", false, "no line of the step's text" },
	{ "regex: {file: a.txt, match: '^total: [0-9]+$'}", true, "a.txt" },
	{ "regex: {file: a.txt, match: '^one$'}", true, "a.txt" },
	{ "regex: {file: a.txt, match: 'one.*two'}", false, "no line" },
	{ "regex: {file: link, match: root}", false, "link" },
	{ "rows: {file: three.csv, min: 3, max: 3}", true, "is 3" },
	{ "rows: {file: three.csv, min: 4}", false, "is 3, less than 4" },
	{ "rows: {file: header.csv, min: 1}", false, "is 0, less than 1" },
	{ "rows: {file: empty, max: 0}", true, "is 0" },
	{ "rows: {file: fifo, min: 1}", false, "fifo" },
	{ "visual: default", false, "cannot be checked here" },
};

static void
rows_are_evaluated(void **state)
{
	static const char DATA[] =
		"{\"n\": 7, \"s\": \"x\", \"o\": {\"a\": [1, \"x\"]}}";
	static const char VALUES[] =
		"{\"inputs\": {\"low\": 9, \"word\": \"w\"}}";
	struct err err = ERR_INIT;
	AUTO_JSON *data = json_parse(DATA, strlen(DATA), "data", &err);
	AUTO_JSON *values = json_parse(VALUES, strlen(VALUES), "v", &err);
	struct validation_context ctx = {
		.dir = *state,
		.exit_status = 3,
		.data = data,
		.text = "working\ndone",
		.values = values,
	};

	lay_out(*state);
	for (size_t i = 0; i < ARRAY_LEN(RUNS); i++) {
		struct validation_result r = run(RUNS[i].row, &ctx);

		if (r.ok != RUNS[i].ok || !strstr(r.message, RUNS[i].words))
			fail_msg("%s: %d %s", RUNS[i].row, r.ok, r.message);
	}
}

static void
findings_carry_numbers(void **state)
{
	struct validation_context ctx = { .dir = *state };
	struct validation_result r;
	AUTO_JSON *finding = NULL;
	AUTO_FREE char *text = NULL;

	put(*state, "t.csv", "a\n1\n2\n");
	r = run("rows: {file: t.csv, min: 10}", &ctx);
	assert_false(r.ok);
	assert_true(r.has_value && r.value == 2 && r.threshold == 10);
	finding = validation_finding(&r);
	text = json_print(finding);
	assert_string_equal(text, "{\"check\":\"rows\",\"artifact\":"
		"\"t.csv\",\"message\":\"the number of rows in t.csv is 2, "
		"less than 10\",\"value\":2,\"threshold\":10}");
}

static void
commands_are_the_engines(void **state)
{
	AUTO(row) r = { 0 };
	struct err err = ERR_INIT;
	struct validation_context ctx = { .dir = *state };
	struct validation_result result = { .ok = true };

	assert_ok(row_parse(&r, "command: test -s x", &err), err);
	assert_false(validation_run(&r.v, &ctx, &result));
	assert_true(result.ok);
	validation_command(&r.v, 0, NULL, &result);
	assert_true(result.ok);
	validation_command(&r.v, 1, NULL, &result);
	assert_false(result.ok);
	assert_string_equal(result.message, "exit status 1 of: test -s x");
	validation_command(&r.v, -1, "timed out", &result);
	assert_false(result.ok);
	assert_non_null(strstr(result.message, "timed out"));
}

static void
fake_visual(void *ud, const struct validation *v,
	    const struct validation_context *ctx,
	    struct validation_result *ret)
{
	assert_ptr_equal(ud, ctx->dir);
	ret->ok = v->file == NULL;
	snprintf(ret->message, sizeof(ret->message), "looked");
}

static void
visual_is_wired(void **state)
{
	struct validation_context ctx = {
		.dir = *state, .visual = fake_visual, .ud = *state,
	};

	assert_true(run("visual: default", &ctx).ok);
	assert_false(run("visual: {file: a.png}", &ctx).ok);
}

/* Lines of any length, NUL bytes, and a file over the limit. */
static void
hostile_text(void **state)
{
	struct validation_context ctx = { .dir = *state };
	size_t len = (10 << 20) + 5, over = VALIDATION_TEXT_MAX + 1;
	AUTO_FREE char *text = xmalloc(over);

	memset(text, 'a', over);
	memcpy(text + len - 5, "\0end\n", 5);
	test_write(*state, "long", text, len);
	assert_true(run("regex: {file: long, match: end$}", &ctx).ok);
	assert_false(run("regex: {file: long, match: '^end'}", &ctx).ok);
	assert_false(run("rows: {file: long, min: 1}", &ctx).ok);
	test_write(*state, "over", text, over);
	assert_non_null(strstr(run("regex: {file: over, match: a}", &ctx)
			       .message, "larger than"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_parsed),
		cmocka_unit_test(expressions_need_a_scope),
		cmocka_unit_test(visual_default_has_no_list),
		dir_test(rows_are_evaluated),
		dir_test(findings_carry_numbers),
		dir_test(commands_are_the_engines),
		dir_test(visual_is_wired),
		dir_test(hostile_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
