#include "test.h"

#include "base/clock.h"
#include "base/db.h"
#include "base/id.h"
#include "base/json.h"
#include "base/loop.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/walk.h"
#include "base/yaml.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void
visible(const char *in, size_t len, const char *want)
{
	AUTO(buf) out = BUF_INIT;

	str_visible(&out, in, len, false);
	assert_string_equal(buf_str(&out), want);
}

static void
test_text_is_made_visible(void **state)
{
	(void)state;
	visible("a\x1b[2Jb", 6, "a^[[2Jb");
	visible("\xe2\x80\xaetxt", 6, "<U+202E>txt");
	visible("\xff\xc3", 2, "<FF><C3>");
	visible("\x00", 1, "^@");
	visible("\xc2\x9b", 2, "<U+009B>");
	visible("\xc3\xa9\xe2\x82\xac", 5, "\xc3\xa9\xe2\x82\xac");
}

static void
test_numbers_and_durations(void **state)
{
	int64_t v;
	double d;

	(void)state;
	assert_true(str_to_i64("-12", -20, 20, &v) && v == -12);
	assert_false(str_to_i64("12 ", 0, 99, &v));
	assert_false(
		str_to_i64("99999999999999999999", INT64_MIN, INT64_MAX, &v));
	assert_true(str_to_double("1e3", &d) && d == 1000);
	assert_false(str_to_double("nan", &d));
	assert_false(str_to_double("0x10", &d));
	assert_false(str_to_duration_ms("0x10s", &v));
	assert_true(str_to_duration_ms("250ms", &v) && v == 250);
	assert_true(str_to_duration_ms("1.5m", &v) && v == 90000);
	assert_true(str_to_duration_ms("2", &v) && v == 2000);
	assert_false(str_to_duration_ms("2 days", &v));
}

static void
test_nearest_word(void **state)
{
	static const char *const words[] = { "timeout", "retry", "validate" };

	(void)state;
	assert_int_equal(str_distance("kitten", "sitting"), 3);
	assert_int_equal(str_distance("ab", "ba"), 1);
	assert_string_equal(str_nearest("timout", words, 3), "timeout");
	assert_string_equal(str_nearest("retyr", words, 3), "retry");
	assert_null(str_nearest("colour", words, 3));
}

static void
test_glob(void **state)
{
	static const struct {
		const char *pattern, *path;
		bool fits;
	} rows[] = {
		{ "*.csv", "a.csv", true },
		{ "*.csv", "deep/er/a.csv", true },
		{ "*.csv", "a.csv.bak", false },
		{ "data/*.csv", "data/a.csv", true },
		{ "data/*.csv", "data/x/a.csv", false },
		{ "data/**/*.csv", "data/a.csv", true },
		{ "data/**/*.csv", "data/x/y/a.csv", true },
		{ "**/y/*", "x/y/z", true },
		{ "**/y/*", "x/y", false },
		{ "src/**", "src/a/b.c", true },
		{ "src/**", "lib/a/b.c", false },
		{ "a**c", "abc", true },
		{ "?.txt", "\xc3\xa9.txt", true },
		{ "?.txt", "ab.txt", false },
		{ "x?y/*", "x/y/z", false },
		{ "[a-c][!0-9]", "bx", true },
		{ "[a-c][!0-9]", "b7", false },
		{ "[]]", "]", true },
		{ "[a", "a", false },
		{ "\\*", "*", true },
		{ "\\*", "x", false },
		{ "", "a", false },
		{ "*", "", true },
	};
	AUTO_FREE char *text = xmalloc(4001);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (str_glob(rows[i].pattern, rows[i].path) != rows[i].fits)
			fail_msg("%s on %s", rows[i].pattern, rows[i].path);
	memset(text, 'a', 4000);
	text[4000] = '\0';
	assert_false(str_glob("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}

static enum walk_verdict
on_entry(void *ud, const struct walk_entry *e)
{
	strv_addf(ud, "%s%s", e->path,
		  e->kind == DT_DIR ? "/" :
		  e->kind == DT_LNK ? "@" :
				      "");
	if (str_eq(e->name, "stop"))
		return WALK_STOP;
	return str_eq(e->name, "skip") ? WALK_SKIP : WALK_ON;
}

static void
test_walk_stays_below_its_root(void **state)
{
	const char *const folders[] = { "b/c", "b/skip/x" };
	AUTO(strv) seen = STRV_INIT;
	struct walk_left_out left;
	struct err err = ERR_INIT;
	AUTO_FD fd = open(*state, O_RDONLY | O_DIRECTORY);
	AUTO_FREE char *link = path_join(*state, "b/up");

	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		AUTO_FREE char *dir = path_join(*state, folders[i]);

		assert_ok(path_mkdirs(dir, &err), err);
	}
	test_write(*state, "a", "", 0);
	test_write(*state, "b/c/file", "", 0);
	assert_int_equal(symlink("..", link), 0);
	assert_ok(walk(fd, "root", on_entry, &seen, &left, &err), err);
	strv_add(&seen, "end");
	for (size_t i = 0; i < seen.count; i++) {
		static const char *const want[] = {
			"a",       "b/",    "b/c/", "b/c/file",
			"b/skip/", "b/up@", "end",
		};

		assert_string_equal(seen.items[i], want[i]);
	}
	assert_int_equal(left.unreadable + left.too_deep + left.too_many, 0);
}

static void
test_walk_bounds_depth_and_stops(void **state)
{
	AUTO(buf) path = BUF_INIT;
	AUTO(strv) seen = STRV_INIT;
	struct walk_left_out left;
	struct err err = ERR_INIT;
	AUTO_FD fd = open(*state, O_RDONLY | O_DIRECTORY);

	buf_addstr(&path, *state);
	for (int i = 0; i < WALK_DEPTH_MAX + 6; i++)
		buf_addstr(&path, "/d");
	assert_ok(path_mkdirs(path.data, &err), err);
	assert_ok(walk(fd, "root", on_entry, &seen, &left, &err), err);
	assert_int_equal(seen.count, WALK_DEPTH_MAX);
	assert_int_equal(left.too_deep, 1);
	strv_release(&seen);
	test_write(*state, "d/stop", "", 0);
	test_write(*state, "z", "", 0);
	assert_ok(walk(fd, "root", on_entry, &seen, &left, &err), err);
	assert_string_equal(seen.items[seen.count - 1], "d/stop");
}

static void
test_write_at_keeps_what_is_there(void **state)
{
	AUTO_FD fd = open(*state, O_RDONLY | O_DIRECTORY);
	AUTO(buf) text = BUF_INIT;
	AUTO_FREE char *path = path_join(*state, "f");
	struct err err = ERR_INIT;

	assert_ok(path_write_at(fd, "f", "f", "one", 3, 0640, false, &err),
		  err);
	assert_fails(path_write_at(fd, "f", "f", "two", 3, 0640, false, &err),
		     err, ERR_CONFLICT, "f exists already");
	assert_ok(path_read(path, 10, &text, &err), err);
	assert_string_equal(text.data, "one");
	assert_ok(path_write_at(fd, "f", "f", "two", 3, 0640, true, &err), err);
	buf_reset(&text);
	assert_ok(path_read(path, 10, &text, &err), err);
	assert_string_equal(text.data, "two");
}

static void
test_json_reads_under_limits(void **state)
{
	const char *text = "{\"a\":\"x\\u0000y\",\"l\":[1,{\"n\":\"z\"}]} ";
	struct err err = ERR_INIT;
	AUTO_JSON *v = NULL;
	char deep[JSON_DEPTH + 2];

	(void)state;
	v = json_parse(text, strlen(text), "t", &err);
	assert_non_null(v);
	assert_string_equal(json_str(v, "a"), "x\xef\xbf\xbdy");
	assert_string_equal(cJSON_GetStringValue(json_path(v, "l.1.n")), "z");
	assert_null(json_path(v, "l.2.n"));
	assert_fails(json_parse("{} x", 4, "t", &err) != NULL, err, ERR_DATA,
		     "t: not valid JSON at byte 3");
	assert_fails(json_parse("\"a\0b\"", 5, "t", &err) != NULL, err,
		     ERR_DATA, "NUL");
	memset(deep, '[', sizeof(deep));
	assert_fails(json_parse(deep, sizeof(deep), "t", &err) != NULL, err,
		     ERR_DATA, "nested");
}

/* What the fast reader says of a text, printed; "" when it refuses it. */
static char *
read_json(struct json_reader *r, const char *text)
{
	AUTO_FREE char *copy = xstrdup(text);
	struct err err = ERR_INIT;
	const cJSON *v = json_read(r, copy, strlen(copy), "t", &err);

	if (!v)
		assert_int_equal(err.code, ERR_DATA);
	return v ? json_print(v) : xstrdup("");
}

static void
test_json_reader(void **state)
{
	static const struct {
		const char *text, *wanted;
	} rows[] = {
		{ " {\"a\" : [1, -2.5e1 ,true,null] , \"b\":{}} ",
		  "{\"a\":[1,-25,true,null],\"b\":{}}" },
		{ "\"\\u0041\\u00e9\\ud83d\\ude00\\n\\/\"",
		  "\"A\xc3\xa9\xf0\x9f\x98\x80\\n/\"" },
		{ "\"\\ud83d x \\u0000\"", "\"\xef\xbf\xbd x \xef\xbf\xbd\"" },
		{ "1234567890123456", "1234567890123456" },
		{ "", "" },
		{ "{", "" },
		{ "[1,]", "" },
		{ "[1 2]", "" },
		{ "{\"a\"}", "" },
		{ "{\"a\":1]", "" },
		{ "{1:2}", "" },
		{ "01", "" },
		{ "1.", "" },
		{ "1e", "" },
		{ "-", "" },
		{ "tru", "" },
		{ "\"\\x\"", "" },
		{ "\"\\u12\"", "" },
		{ "\"abc", "" },
		{ "{} x", "" },
		{ ",", "" },
		{ "]", "" },
	};
	struct json_reader *r = json_reader_new();
	char deep[JSON_DEPTH + 2];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_FREE char *got = read_json(r, rows[i].text);

		assert_string_equal(got, rows[i].wanted);
	}
	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	{
		AUTO_FREE char *got = read_json(r, deep);

		assert_string_equal(got, "");
	}
	json_reader_free(r);
}

static void
test_json_writes(void **state)
{
	AUTO(buf) b = BUF_INIT;

	(void)state;
	buf_addch(&b, '{');
	json_add_key(&b, "a");
	json_add_str(&b, "q\"\\\n\x01\xff\xc3\xa9");
	json_add_key(&b, "n");
	json_add_num(&b, 0.1);
	buf_addch(&b, '}');
	assert_string_equal(buf_str(&b),
			    "{\"a\":\"q\\\"\\\\\\n\\u0001\xef\xbf\xbd\xc3\xa9\""
			    ",\"n\":0.1}");
}

static void
yaml_error(const char *text, const char *words)
{
	struct err err = ERR_INIT;

	assert_fails(yaml_parse(text, strlen(text), "f", 1, &err) != NULL, err,
		     ERR_SYNTAX, words);
}

static void
test_yaml_keeps_places(void **state)
{
	const char *text = "a: 1\nb:\n  - x: 'yes'\n    y: yes\n  - 2_min\n";
	struct err err = ERR_INIT;
	AUTO_PTR(yaml_doc) d = yaml_parse(text, strlen(text), "f", 1, &err);
	const struct yaml_node *item;

	(void)state;
	assert_non_null(d);
	item = yaml_get(yaml_root(d), "b")->items[0];
	assert_int_equal(yaml_get(item, "y")->line, 4);
	assert_int_equal(yaml_get(item, "y")->column, 8);
	assert_int_equal(yaml_type(yaml_get(item, "x")), YAML_STR);
	assert_int_equal(yaml_type(yaml_get(item, "y")), YAML_STR);
	assert_int_equal(yaml_type(yaml_get(yaml_root(d), "a")), YAML_INT);
	assert_false(yaml_fail(d, item, &err, "bad"));
	assert_string_equal(err.msg, "f:3:5: bad");
}

static void
test_yaml_keeps_its_bounds(void **state)
{
	enum { KEYS = 300000 };
	AUTO(buf) many = BUF_INIT, deep = BUF_INIT, anchors = BUF_INIT;
	struct err err = ERR_INIT;
	struct yaml_doc *d;

	(void)state;
	/* In time that grows with the number of keys, not its square. */
	for (int i = 0; i < KEYS; i++)
		buf_printf(&many, "k%d: 1\n", i);
	d = yaml_parse(many.data, many.len, "f", 1, &err);
	assert_non_null(d);
	yaml_doc_free(d);
	buf_addstr(&many, "k7: 1\n");
	yaml_error(many.data, "f:300001:1: key \"k7\" is here twice (first "
			      "at line 8)");
	for (int i = 0; i <= YAML_ANCHORS_MAX; i++)
		buf_printf(&anchors, "k%d: &a%d 1\n", i, i);
	yaml_error(anchors.data, "too many anchors");
	/* Aliases that add their depths up. */
	buf_addstr(&deep, "a0: &a0 1\n");
	for (int i = 1; i < 10; i++)
		buf_printf(&deep, "a%d: &a%d [[[[[[[[[[*a%d]]]]]]]]]]\n", i, i,
			   i - 1);
	yaml_error(deep.data, "f:8:19: nested too deep");
	yaml_error("a: !!str 5\n", "f:1:4: tags");
}

static void
test_yaml_refuses(void **state)
{
	(void)state;
	yaml_error("a: 1\na: 2\n", "f:2:1: key \"a\" is here twice");
	yaml_error("a: &x [*x]\n", "alias");
	yaml_error("a: [1\n", "f:2:1");
	yaml_error("a: 1\n--- \nb: 2\n", "more than one");
	yaml_error("a: 1\nb: \xff\n", "f:2:4: invalid");
	yaml_error("a: 1\nb: \x07\n", "f:2:4: control");
	yaml_error("a: &a [1,1,1,1,1,1,1,1,1,1]\n"
		   "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
		   "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
		   "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
		   "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
		   "f: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
		   "expand");
}

static void
test_files(void **state)
{
	const char *dir = *state;
	AUTO_FREE char *path = path_join(dir, "f"), *fifo = NULL;
	AUTO_FREE char *link = path_join(dir, "d");
	AUTO(buf) b = BUF_INIT;
	struct err err = ERR_INIT;
	AUTO_FD fd = -1;

	assert_ok(path_write_atomic(path, "hello", 5, 0600, &err), err);
	assert_ok(path_read(path, 5, &b, &err), err);
	assert_string_equal(buf_str(&b), "hello");
	assert_fails(path_read(path, 4, &b, &err), err, ERR_TOOBIG, path);
	fifo = path_join(dir, "fifo");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_fails(path_read(fifo, 4, &b, &err), err, ERR_DATA, "regular");
	assert_fails(path_open_beneath(dir, "fifo", &fd, &err), err, ERR_DATA,
		     "FIFO");
	assert_fails(path_open_beneath(dir, "../f", &fd, &err), err, ERR_DATA,
		     "leads out");
	assert_int_equal(mkdirat(AT_FDCWD, link, 0700), 0);
	free(link);
	link = path_join(dir, "d/link");
	assert_int_equal(symlink("../f", link), 0);
	assert_fails(path_open_beneath(dir, "d/link", &fd, &err), err, ERR_DATA,
		     "symbolic link");
	assert_fails(path_open_beneath(dir, "d", &fd, &err), err, ERR_DATA,
		     "a folder");
	assert_ok(path_open_beneath(dir, "f", &fd, &err), err);
}

static void
test_folders(void **state)
{
	AUTO_FREE char *top = path_join(*state, "t");
	AUTO_FREE char *deep = path_join(top, "a/b//c/");
	AUTO_FREE char *file = path_join(top, "a/b/file");
	struct err err = ERR_INIT;

	assert_fails(path_mkdirs("", &err), err, ERR_NOTFOUND, "empty");
	assert_ok(path_mkdirs(deep, &err), err);
	assert_ok(path_mkdirs(deep, &err), err);
	test_write(top, "a/b/file", "x", 1);
	assert_fails(path_mkdirs(file, &err), err, ERR_IO, "not a folder");
	assert_ok(path_remove_tree(top, &err), err);
	assert_false(path_exists(top));
	assert_ok(path_remove_tree(top, &err), err);
	assert_true(path_under("/a/b", "/a"));
	assert_true(path_under("/a/b", "/a/"));
	assert_true(path_under("/a", "/"));
	assert_true(path_under("/a", "/a"));
	assert_false(path_under("/ab", "/a"));
}

static const char *const steps_v1[] = { "CREATE TABLE t(a TEXT)" };
static const char *const steps_v2[] = { "CREATE TABLE t(a TEXT)",
					"ALTER TABLE t ADD b TEXT" };

static void
test_database_migrates_with_backup(void **state)
{
	struct db_schema v1 = { 4711, steps_v1, 1 }, v2 = { 4711, steps_v2, 2 };
	AUTO_FREE char *path = path_join(*state, "x.db"), *bak = NULL;
	struct err err = ERR_INIT;
	struct db *db;

	assert_ok(db_open(path, &v1, DB_READ_WRITE, &db, &err), err);
	assert_ok(db_run(db, "INSERT INTO t VALUES(?)", &err, "s", "one"), err);
	db_free(db);
	assert_ok(db_open(path, &v2, DB_READ_WRITE, &db, &err), err);
	assert_ok(db_run(db, "UPDATE t SET b=?", &err, "s", "two"), err);
	db_free(db);
	bak = xasprintf("%s.v1.bak", path);
	assert_true(path_exists(bak));
	assert_fails(db_open(path, &v1, DB_READ_WRITE, &db, &err), err,
		     ERR_CONFIG, "newer");
}

static void
test_database_refuses_foreign(void **state)
{
	struct db_schema s = { 4711, steps_v1, 1 };
	AUTO_FREE char *path = path_join(*state, "x.db");
	AUTO(buf) after = BUF_INIT;
	struct err err = ERR_INIT;
	char junk[5000];
	struct db *db;

	memset(junk, 'j', sizeof(junk));
	test_write(*state, "x.db", junk, sizeof(junk));
	assert_fails(db_open(path, &s, DB_READ_WRITE, &db, &err), err,
		     ERR_CORRUPT, "left untouched");
	assert_ok(path_read(path, 10000, &after, &err), err);
	assert_int_equal(after.len, sizeof(junk));
	assert_memory_equal(after.data, junk, sizeof(junk));
}

struct child {
	struct loop *loop;
	struct proc_result r;
	char out[64];
};

static void
on_child(void *ud, struct proc_result *r)
{
	struct child *c = ud;

	c->r = *r;
	snprintf(c->out, sizeof(c->out), "%s", buf_str(&r->out));
	c->r.out = c->r.err = (struct buf)BUF_INIT;
}

static struct child
run(const char *script, const char *input, int64_t timeout_ms)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	AUTO_PTR(loop) l = loop_new();
	struct child c = { .loop = l };
	struct err err = ERR_INIT;
	struct proc_spec spec = { .argv = (char *const *)argv,
				  .input = input,
				  .input_len = input ? strlen(input) : 0,
				  .out_limit = 32,
				  .timeout_ms = timeout_ms,
				  .on_done = on_child,
				  .ud = &c };

	if (!proc_start(l, &spec, &err))
		fail_msg("%s", err.msg);
	loop_run(l);
	return c;
}

static void
test_processes(void **state)
{
	struct child c = run("cat; exit 3", "hi", 0);

	(void)state;
	assert_int_equal(c.r.exit_status, 3);
	assert_string_equal(c.out, "hi");
	c = run("yes | head -c 100000", NULL, 0);
	assert_int_equal(c.r.out_total, 100000);
	assert_int_equal(strlen(c.out), 32);
	/* Ignores TERM and hangs; a background child holds the pipe. */
	c = run("trap '' TERM; sleep 60 & sleep 60; sleep 60", NULL, 50);
	assert_true(c.r.timed_out);
	assert_int_equal(c.r.exit_status, 128 + 9);
}

static void
test_times(void **state)
{
	char out[CLOCK_ISO_SIZE];

	(void)state;
	assert_string_equal(clock_iso(1795344740123456, out),
			    "2026-11-22T10:52:20.123456Z");
	assert_string_equal(clock_iso(-1, out), "1969-12-31T23:59:59.999999Z");
	/* What a hostile journal may hold. */
	assert_string_equal(clock_iso(INT64_MAX, out),
			    "294247-01-10T04:00:54.775807Z");
	clock_iso(INT64_MIN, out);
	assert_true(str_ends(out, "Z"));
}

static void
test_errors_quote_themselves(void **state)
{
	struct err err = ERR_INIT;
	char longer[2 * ERR_MSG_SIZE];

	(void)state;
	err_fail(&err, ERR_DATA, "first");
	err_fail(&err, ERR_DATA, "second: %s", err.msg);
	assert_string_equal(err.msg, "second: first");
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	err_fail(&err, ERR_DATA, "%s", longer);
	assert_int_equal(strlen(err.msg), ERR_MSG_SIZE - 1);
	assert_true(str_ends(err.msg, "x..."));
}

static void
test_ids(void **state)
{
	char id[ID_RUN_SIZE], hex[SHA256_HEX_SIZE];

	(void)state;
	id_run(id, (int64_t)1795344740 * 1000000);
	assert_true(str_starts(id, "261122-1052-"));
	assert_true(id_run_valid(id));
	assert_false(id_run_valid("261122-1052-../.."));
	sha256_hex("abc", 3, hex);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223"
				 "b00361a396177a9cb410ff61f20015ad");
}

/* RFC 4231, cases 2 (in two parts) and 6. */
static void
test_hmac(void **state)
{
	static const char text[] =
		"Test Using Larger Than Block-Size Key - Hash Key First";
	const struct bytes two[] = { { "what do ya want ", 16 },
				     { "for nothing?", 12 } };
	const struct bytes one[] = { { text, sizeof(text) - 1 } };
	char key[132] = "", hex[SHA256_HEX_SIZE];

	(void)state;
	hmac_sha256_hex("Jefe", two, 2, hex);
	assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c7"
				 "5a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key) - 1);
	hmac_sha256_hex(key, one, 1, hex);
	assert_string_equal(hex, "60e431591ee0b67f0d8a26aacbf5b77f"
				 "8e0bc6213728c5140546040f0ee37f54");
}

static void
iso(const char *in, int64_t want)
{
	int64_t v = -7;

	if (clock_parse_iso(in, &v) != (want >= 0) || (want >= 0 && v != want))
		fail_msg("%s: %lld, not %lld", in, (long long)v,
			 (long long)want);
	if (want < 0)
		assert_int_equal(v, -7);
}

static void
test_times_are_read(void **state)
{
	char text[CLOCK_ISO_SIZE];

	(void)state;
	iso("1970-01-01", 0);
	iso(clock_iso(INT64_C(1763806340123456), text), 1763806340123456);
	iso("2025-11-22T10:12:20Z", INT64_C(1763806340000000));
	iso("2025-11-22 10:12:20", INT64_C(1763806340000000));
	iso("2025-11-22T12:12:20.5+02:00", INT64_C(1763806340500000));
	iso("2025-11-22T05:12:20.1234567-0500", INT64_C(1763806340123456));
	iso("2025-02-30", -1);
	iso("2025-13-01", -1);
	iso("2025-11-22T10:12", -1);
	iso("2025-11-22T10:12:20.Z", -1);
	iso("2025-11-22T10:12:20Zx", -1);
	iso("1970-01-01T00:00:00+01:00", -1);
	iso("", -1);
	iso("yesterday", -1);
}

/* Duplicate keys were once looked for by comparing each with all before. */
static void
test_yaml_with_many_keys_is_quick(void **state)
{
	AUTO(buf) text = BUF_INIT;
	struct err err = ERR_INIT;
	int64_t start = clock_mono_us();
	struct yaml_doc *d;

	(void)state;
	for (int i = 0; i < 200000; i++)
		buf_printf(&text, "k%d: 1\n", i);
	d = yaml_parse(buf_str(&text), text.len, "f", 1, &err);
	assert_non_null(d);
	assert_int_equal(yaml_root(d)->count, 200000);
	yaml_doc_free(d);
	assert_true(clock_mono_us() - start < 20000000);
	buf_addstr(&text, "k7: 2\n");
	assert_null(yaml_parse(buf_str(&text), text.len, "f", 1, &err));
	assert_non_null(strstr(err.msg, "f:200001:1: key \"k7\" is here twice "
					"(first at line 8)"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_is_made_visible),
		cmocka_unit_test(test_numbers_and_durations),
		cmocka_unit_test(test_nearest_word),
		cmocka_unit_test(test_glob),
		dir_test(test_walk_stays_below_its_root),
		dir_test(test_walk_bounds_depth_and_stops),
		dir_test(test_write_at_keeps_what_is_there),
		cmocka_unit_test(test_json_reads_under_limits),
		cmocka_unit_test(test_json_reader),
		cmocka_unit_test(test_json_writes),
		cmocka_unit_test(test_yaml_keeps_places),
		cmocka_unit_test(test_yaml_refuses),
		cmocka_unit_test(test_yaml_keeps_its_bounds),
		cmocka_unit_test(test_yaml_with_many_keys_is_quick),
		cmocka_unit_test(test_times_are_read),
		dir_test(test_files),
		dir_test(test_folders),
		dir_test(test_database_migrates_with_backup),
		dir_test(test_database_refuses_foreign),
		cmocka_unit_test(test_processes),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_errors_quote_themselves),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_hmac),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
