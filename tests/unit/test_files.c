#include "test_call.h"

#include "base/str.h"
#include "tool/files.h"
#include "tool/lines.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct test_call t;

static int
setup(void **state)
{
	if (test_dir_setup(state))
		return -1;
	test_call_init(&t, *state);
	return 0;
}

static int
teardown(void **state)
{
	test_call_release(&t);
	return test_dir_teardown(state);
}

static void
put(const char *name, const char *text)
{
	AUTO_FREE char *path = path_join(t.workspace, name);
	AUTO_FREE char *dir = path_dir(path);

	assert_true(path_mkdirs(dir, NULL));
	test_write(t.workspace, name, text, strlen(text));
}

static void
is_content(const char *name, const char *want)
{
	AUTO_FREE char *path = path_join(t.workspace, name);
	AUTO(buf) text = BUF_INIT;

	assert_true(path_read(path, 1 << 20, &text, NULL));
	assert_string_equal(buf_str(&text), want);
}

static void
link_to(const char *target, const char *name)
{
	AUTO_FREE char *path = path_join(t.workspace, name);

	assert_int_equal(symlink(target, path), 0);
}

/* --- read_file ---------------------------------------------------------- */

static void
test_read_gives_lines(void **state)
{
	(void)state;
	put("sub/a.txt", "one\ntwo\r\nthree\nfour");
	assert_string_equal(test_call_ok(&t, &tool_read_file,
					 "{\"path\":\"sub/a.txt\"}"),
			    "one\ntwo\r\nthree\nfour\n");
	assert_int_equal(t.result.part_count, 1);
	assert_false(json_bool(t.result.data, "more", true));
	assert_string_equal(test_call_ok(&t, &tool_read_file,
					 "{\"path\":\"sub/a.txt\","
					 "\"offset\":2,\"limit\":2}"),
			    "two\r\nthree\n");
	assert_string_equal(t.result.parts[1].text,
			    "[lines 2 to 3 of sub/a.txt, 19 bytes in all; go "
			    "on with offset 4]");
	assert_int_equal(json_int(t.result.data, "last_line", 0), 3);
	test_call_fails(&t, &tool_read_file,
			"{\"path\":\"sub/a.txt\",\"offset\":9}",
			"sub/a.txt has only 4 lines");
	put("empty", "");
	assert_string_equal(test_call_ok(&t, &tool_read_file,
					 "{\"path\":\"empty\"}"), "");
}

static void
test_read_ends_at_the_output_limit(void **state)
{
	AUTO(buf) text = BUF_INIT;

	(void)state;
	for (int i = 1; i <= 1000; i++)
		buf_printf(&text, "line %d\n", i);
	put("a.txt", text.data);
	t.req.output_limit = 100;
	assert_true(strlen(test_call_ok(&t, &tool_read_file,
					"{\"path\":\"a.txt\"}")) <= 107);
	assert_true(json_bool(t.result.data, "more", false));
	assert_int_equal(json_int(t.result.data, "last_line", 0), 13);
}

/* Long lines, invalid UTF-8 and NUL bytes come out as bounded, valid text. */
static void
test_read_survives_strange_text(void **state)
{
	AUTO_FREE char *big = xmalloc(10 << 20);
	const char *text;

	(void)state;
	memset(big, 'x', 10 << 20);
	memcpy(big + (10 << 20) - 6, "\nlast\n", 6);
	test_write(t.workspace, "big", big, 10 << 20);
	text = test_call_ok(&t, &tool_read_file, "{\"path\":\"big\"}");
	assert_true(strlen(text) < 2100);
	assert_non_null(strstr(text,
			       "xx [10483754 more bytes in this line]\n"
			       "last\n"));
	memset(big, 'y', 9000);
	memcpy(big + 8999, "\0\xff\xc3\xa9z\n", 6);
	test_write(t.workspace, "late", big, 9005);
	assert_non_null(strstr(test_call_ok(&t, &tool_read_file,
					    "{\"path\":\"late\"}"),
			       "7004 more bytes"));
	test_write(t.workspace, "utf", "\xff\xc3\xa9z\n", 5);
	assert_string_equal(test_call_ok(&t, &tool_read_file,
					 "{\"path\":\"utf\"}"),
			    "\xef\xbf\xbd\xc3\xa9z\n");
}

static void
test_read_refuses_binary(void **state)
{
	(void)state;
	test_write(t.workspace, "p", "\x89PNG\r\n\x1a\nrest", 12);
	test_call_fails(&t, &tool_read_file, "{\"path\":\"p\"}",
			"read_file: p is a PNG image, not text; view_image");
	test_write(t.workspace, "b", "ab\0cd", 5);
	test_call_fails(&t, &tool_read_file, "{\"path\":\"b\"}",
			"b is binary data, not text");
	test_write(t.workspace, "u", "\xff\xfe" "a\0", 4);
	test_call_fails(&t, &tool_read_file, "{\"path\":\"u\"}",
			"UTF-16 text (iconv");
}

static void
test_reading_stays_inside(void **state)
{
	AUTO_FREE char *fifo = path_join(t.workspace, "fifo");
	AUTO_FREE char *absolute = NULL;

	test_write(*state, "outside", "secret", 6);
	put("in.txt", "inside\n");
	link_to("../outside", "up");
	link_to("/etc/passwd", "passwd");
	link_to("in.txt", "good");
	link_to("..", "parent");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	test_call_fails(&t, &tool_read_file, "{\"path\":\"../outside\"}",
			"../outside is outside the workspace");
	test_call_fails(&t, &tool_read_file, "{\"path\":\"/etc/passwd\"}",
			"outside the workspace");
	test_call_fails(&t, &tool_read_file, "{\"path\":\"up\"}",
			"outside the workspace");
	test_call_fails(&t, &tool_read_file, "{\"path\":\"passwd\"}",
			"outside the workspace");
	test_call_fails(&t, &tool_read_file, "{\"path\":\"parent/outside\"}",
			"outside the workspace");
	test_call_fails(&t, &tool_read_file, "{\"path\":\"fifo\"}",
			"neither a regular file nor a folder");
	test_call_fails(&t, &tool_read_file, "{\"path\":\".\"}",
			". is a folder; list_files");
	test_call_fails(&t, &tool_read_file, "{\"path\":\"none\"}",
			"none: No such file");
	assert_string_equal(test_call_ok(&t, &tool_read_file,
					 "{\"path\":\"good\"}"),
			    "inside\n");
	absolute = xasprintf("{\"path\":\"%s/in.txt\"}", t.workspace);
	assert_string_equal(test_call_ok(&t, &tool_read_file, absolute),
			    "inside\n");
}

/* The run's files may be read, its secrets and other runs may not. */
static void
test_reading_of_runs_and_secrets(void **state)
{
	AUTO_FREE char *kept = path_join(t.run_dir, "secrets");
	AUTO_FREE char *own = xasprintf("{\"path\":\"%s/a\"}", t.run_dir);
	AUTO_FREE char *key = xasprintf("{\"path\":\"%s/k\"}", kept);
	AUTO_FREE char *around = xasprintf(
		"{\"path\":\"%s/work/../secrets/k\"}", t.run_dir);

	(void)state;
	assert_true(path_mkdirs(kept, NULL));
	test_write(t.run_dir, "a", "artifact\n", 9);
	test_write(kept, "k", "key\n", 4);
	setenv("NETRC", "/nonexistent", 1);
	assert_string_equal(test_call_ok(&t, &tool_read_file, own),
			    "artifact\n");
	test_call_fails(&t, &tool_read_file, key, "a place for keys");
	test_call_fails(&t, &tool_read_file, around, "a place for keys");
}

static void
test_secrets_of_the_user_are_not_read(void **state)
{
	AUTO_FREE char *netrc = path_join(t.workspace, "login");

	(void)state;
	put("login", "password\n");
	put("other", "password\n");
	setenv("NETRC", netrc, 1);
	test_call_fails(&t, &tool_read_file, "{\"path\":\"login\"}",
			"a place for keys");
	test_call_ok(&t, &tool_search_files, "{\"pattern\":\"password\"}");
	assert_int_equal(json_int(t.result.data, "files", 0), 1);
	test_call_fails(&t, &tool_write_file,
			"{\"path\":\"login\",\"content\":\"\","
			"\"overwrite\":true}",
			"a place for keys");
	unsetenv("NETRC");
}

static void
test_known_secrets_are_replaced(void **state)
{
	(void)state;
	redact_add(t.redact, "key", "abcdefghij");
	put("a", "x abcdefghij y\n");
	assert_string_equal(test_call_ok(&t, &tool_read_file,
					 "{\"path\":\"a\"}"),
			    "x [secret:key] y\n");
	assert_string_equal(test_call_ok(&t, &tool_search_files,
					 "{\"pattern\":\"y\"}"),
			    "a:1: x [secret:key] y\n");
	/* Nor can it be found by guessing. */
	test_call_ok(&t, &tool_search_files, "{\"pattern\":\"abcd\"}");
	assert_int_equal(cJSON_GetArraySize(
				 json_get(t.result.data, "matches")), 0);
}

/* --- list_files --------------------------------------------------------- */

static void
test_list(void **state)
{
	(void)state;
	put("b/c.csv", "12345");
	put("b/d.txt", "1");
	put("a", "");
	put(".hidden/x", "");
	put(".git/config", "");
	put("deep/1/2/3/f.csv", "");
	link_to("/etc", "b/etc");
	assert_string_equal(test_call_ok(&t, &tool_list_files, "{}"),
			    "a\t0\nb/\nb/c.csv\t5\nb/d.txt\t1\n"
			    "b/etc\tlink\ndeep/\ndeep/1/\ndeep/1/2/\n"
			    "deep/1/2/3/\ndeep/1/2/3/f.csv\t0\n");
	assert_int_equal(cJSON_GetArraySize(
				 json_get(t.result.data, "files")), 4);
	assert_string_equal(test_call_ok(&t, &tool_list_files,
					 "{\"glob\":\"*.csv\"}"),
			    "b/c.csv\t5\ndeep/1/2/3/f.csv\t0\n");
	assert_string_equal(test_call_ok(&t, &tool_list_files,
					 "{\"path\":\"deep\",\"depth\":2}"),
			    "deep/1/\ndeep/1/2/\n");
	assert_string_equal(test_call_ok(&t, &tool_list_files,
					 "{\"hidden\":true,\"depth\":1}"),
			    ".hidden/\na\t0\nb/\ndeep/\n");
	assert_string_equal(test_call_ok(&t, &tool_list_files,
					 "{\"limit\":2}"),
			    "a\t0\nb/\n[the limit of 2 is reached; there is "
			    "more]\n");
	assert_true(json_bool(t.result.data, "more", false));
	test_call_fails(&t, &tool_list_files, "{\"path\":\"a\"}",
			"a is a file, not a folder");
	test_call_fails(&t, &tool_list_files, "{\"path\":\"..\"}",
			"outside the workspace");
}

static void
test_list_of_strange_names(void **state)
{
	(void)state;
	put("bad\xff\nname", "");
	assert_string_equal(test_call_ok(&t, &tool_list_files, "{}"),
			    "bad\xef\xbf\xbd\nname\t0\n");
}

static void
test_long_list_spills(void **state)
{
	(void)state;
	for (int i = 0; i < 200; i++) {
		AUTO_FREE char *name = xasprintf("file-number-%03d", i);

		put(name, "");
	}
	t.req.output_limit = 1000;
	assert_non_null(strstr(test_call_ok(&t, &tool_list_files, "{}"),
			       "[3600 bytes, 200 lines; saved as list.txt]"));
	assert_int_equal(t.result.parts[1].kind, TOOL_PART_FILE);
	assert_int_equal(json_int(t.result.data, "count", 0), 200);
}

/* --- search_files ------------------------------------------------------- */

static void
test_search(void **state)
{
	(void)state;
	put("src/a.c", "int main(void)\n{\n\treturn 42;\n}\n");
	put("src/b.h", "int other(int);\nINT x;\n");
	test_write(t.workspace, "bin", "int\0", 4);
	assert_string_equal(test_call_ok(&t, &tool_search_files,
					 "{\"pattern\":\"int \"}"),
			    "src/a.c:1: int main(void)\n"
			    "src/b.h:1: int other(int);\n");
	assert_int_equal(json_int(t.result.data, "binary_files", 0), 1);
	assert_int_equal(
		json_int(json_path(t.result.data, "matches.1"), "line", 0),
		1);
	assert_string_equal(test_call_ok(&t, &tool_search_files,
					 "{\"pattern\":\"^int [a-z]{4}\\\\(\","
					 "\"regex\":true}"),
			    "src/a.c:1: int main(void)\n");
	assert_string_equal(test_call_ok(&t, &tool_search_files,
					 "{\"pattern\":\"int x\","
					 "\"ignore_case\":true}"),
			    "src/b.h:2: INT x;\n");
	/* A dot in plain text is a dot, whatever the case. */
	assert_string_equal(test_call_ok(&t, &tool_search_files,
					 "{\"pattern\":\"i.t\","
					 "\"ignore_case\":true}"),
			    "[no match in 2 text files]\n");
	assert_string_equal(test_call_ok(&t, &tool_search_files,
					 "{\"pattern\":\"int\","
					 "\"glob\":\"*.h\",\"limit\":1}"),
			    "src/b.h:1: int other(int);\n");
	assert_string_equal(test_call_ok(&t, &tool_search_files,
					 "{\"pattern\":\"return\","
					 "\"path\":\"src/a.c\"}"),
			    "src/a.c:3: \treturn 42;\n");
	assert_string_equal(test_call_ok(&t, &tool_search_files,
					 "{\"pattern\":\"int\",\"limit\":1}"),
			    "src/a.c:1: int main(void)\n[the limit of 1 is "
			    "reached; there is more]\n");
}

static void
test_search_refuses_bad_patterns(void **state)
{
	static const struct {
		const char *pattern, *words;
	} rows[] = {
		{ "(a", "not valid at byte 3: the ( has no )" },
		{ "((a{1,250}){1,250}){1,250}", "repetitions multiply" },
		{ "", "the pattern has 0 bytes" },
	};

	(void)state;
	put("a", "a\n");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_FREE char *args =
			xasprintf("{\"pattern\":\"%s\",\"regex\":true}",
				  rows[i].pattern);

		test_call_fails(&t, &tool_search_files, args, rows[i].words);
	}
	/* None of these is dangerous. */
	test_call_ok(&t, &tool_search_files,
		     "{\"pattern\":\"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[]{9}]{12}"
		     "[[:alpha:]]\",\"regex\":true}");
}

/* A match far into a 10 MB line, across the edge of two pieces. */
static void
test_search_long_lines(void **state)
{
	enum { SIZE = 10 << 20, AT = 3 * LINES_PIECE - 3 };
	AUTO_FREE char *big = xmalloc(SIZE);
	const char *text;

	(void)state;
	memset(big, 'x', SIZE);
	memcpy(big + AT, "needle", 6);
	memcpy(big + SIZE - 7, "\nneedle", 7);
	test_write(t.workspace, "big", big, SIZE);
	text = test_call_ok(&t, &tool_search_files,
			    "{\"pattern\":\"needle\"}");
	assert_non_null(strstr(text, "big:1: ...xxx"));
	assert_non_null(strstr(text, "xxneedlexx"));
	assert_non_null(strstr(text, "big:2: needle\n"));
	assert_true(strlen(text) < 400);
	text = test_call_ok(&t, &tool_search_files,
			    "{\"pattern\":\"n[e]{2}dl|^needle$\","
			    "\"regex\":true}");
	assert_non_null(strstr(text, "xxneedlexx"));
	assert_non_null(strstr(text, "big:2: needle\n"));
}

static void
test_search_can_be_cancelled(void **state)
{
	struct tool_call *call;

	(void)state;
	put("a", "text\n");
	call = test_call_start(&t, &tool_search_files,
			       "{\"pattern\":\"text\"}");
	tool_cancel(call);
	test_call_wait(&t);
	/* The pool thread may have been faster. */
	assert_true(t.result.status == TOOL_CANCELLED ||
		    t.result.status == TOOL_OK);
}

/* --- write_file and edit_file ------------------------------------------- */

static void
test_write_file(void **state)
{
	(void)state;
	test_call_ok(&t, &tool_write_file,
		     "{\"path\":\"new/deep/a.txt\",\"content\":\"one\\n\"}");
	is_content("new/deep/a.txt", "one\n");
	assert_true(json_bool(t.result.data, "created", false));
	test_call_fails(&t, &tool_write_file,
			"{\"path\":\"new/deep/a.txt\",\"content\":\"two\"}",
			"exists already; change it with edit_file");
	is_content("new/deep/a.txt", "one\n");
	test_call_ok(&t, &tool_write_file,
		     "{\"path\":\"new/./deep//a.txt\",\"content\":\"two\","
		     "\"overwrite\":true}");
	is_content("new/deep/a.txt", "two");
}

static void
writes_nothing(const char *path, const char *words)
{
	AUTO_FREE char *args = xasprintf("{\"path\":\"%s\",\"content\":\"x\","
					 "\"overwrite\":true}",
					 path);

	test_call_fails(&t, &tool_write_file, args, words);
}

static void
test_writing_stays_inside(void **state)
{
	AUTO_FREE char *fifo = path_join(t.workspace, "fifo");
	AUTO_FREE char *run = path_join(t.run_dir, "artifact");
	AUTO_FREE char *outside = path_join(*state, "outside");

	test_write(*state, "outside", "safe", 4);
	put(".git/config", "");
	link_to("../outside", "up");
	link_to("..", "parent");
	put("real", "");
	link_to("real", "link");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	writes_nothing("../outside", "\"..\" is not allowed");
	writes_nothing("a/../../outside", "\"..\" is not allowed");
	writes_nothing("/etc/agentops-test", "outside the workspace");
	writes_nothing(outside, "outside the workspace");
	writes_nothing(run, "outside the workspace");
	writes_nothing("up", "is a symbolic link");
	writes_nothing("link", "is a symbolic link");
	writes_nothing("parent/outside", "only real folders");
	writes_nothing("fifo", "not a regular file");
	writes_nothing(".git/hooks/pre-commit", "tools do not write to .git");
	writes_nothing("sub/.envrc", "tools do not write to .envrc");
	writes_nothing("sub/", "is a folder");
	writes_nothing(".", "is a folder");
	writes_nothing("real/x", "only real folders");
}

static void
test_read_only_profile_refuses(void **state)
{
	AUTO_FREE char *args = xasprintf(
		"{\"path\":\"%s/note\",\"content\":\"x\"}", t.dir);
	AUTO_FREE char *path = path_join(t.dir, "note");

	(void)state;
	put("a", "one");
	t.req.profile = SANDBOX_READ_ONLY;
	test_call_fails(&t, &tool_write_file,
			"{\"path\":\"b\",\"content\":\"x\"}",
			"the sandbox profile is read-only");
	test_call_fails(&t, &tool_edit_file,
			"{\"path\":\"a\",\"old\":\"one\",\"new\":\"two\"}",
			"the sandbox profile is read-only");
	is_content("a", "one");
	test_call_ok(&t, &tool_write_file, args);
	assert_true(path_exists(path));
}

static void
test_edit_file(void **state)
{
	AUTO_FREE char *path = path_join(t.workspace, "a");
	struct stat st;

	(void)state;
	put("a", "alpha\nbeta\nbeta\n");
	assert_int_equal(chmod(path, 0750), 0);
	assert_string_equal(test_call_ok(&t, &tool_edit_file,
					 "{\"path\":\"a\",\"old\":\"alpha\\n\","
					 "\"new\":\"ALPHA\\n\"}"),
			    "replaced 1 in line 1");
	is_content("a", "ALPHA\nbeta\nbeta\n");
	test_call_fails(&t, &tool_edit_file,
			"{\"path\":\"a\",\"old\":\"beta\",\"new\":\"b\"}",
			"holds the old text 2 times");
	test_call_fails(&t, &tool_edit_file,
			"{\"path\":\"a\",\"old\":\"gamma\",\"new\":\"b\"}",
			"does not hold the old text");
	test_call_fails(&t, &tool_edit_file,
			"{\"path\":\"a\",\"old\":\"\",\"new\":\"b\"}",
			"old is empty");
	test_call_fails(&t, &tool_edit_file,
			"{\"path\":\"a\",\"old\":\"b\",\"new\":\"b\"}",
			"the same text");
	test_call_fails(&t, &tool_edit_file,
			"{\"path\":\"none\",\"old\":\"b\",\"new\":\"c\"}",
			"none: No such file");
	is_content("a", "ALPHA\nbeta\nbeta\n");
	assert_string_equal(test_call_ok(&t, &tool_edit_file,
					 "{\"path\":\"a\",\"old\":\"beta\","
					 "\"new\":\"\",\"all\":true}"),
			    "replaced 2 in line 2 and after");
	is_content("a", "ALPHA\n\n\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
}

static void
test_edit_keeps_line_endings(void **state)
{
	(void)state;
	put("dos", "one\r\ntwo\r\nthree\r\n");
	test_call_ok(&t, &tool_edit_file,
		     "{\"path\":\"dos\",\"old\":\"one\\ntwo\","
		     "\"new\":\"1\\n2\\r\\n2b\"}");
	is_content("dos", "1\r\n2\r\n2b\r\nthree\r\n");
	put("mixed", "one\r\ntwo\n");
	test_call_ok(&t, &tool_edit_file,
		     "{\"path\":\"mixed\",\"old\":\"two\\n\","
		     "\"new\":\"2\\n\"}");
	is_content("mixed", "one\r\n2\n");
	test_write(t.workspace, "bin", "a\0b", 3);
	test_call_fails(&t, &tool_edit_file,
			"{\"path\":\"bin\",\"old\":\"a\",\"new\":\"c\"}",
			"bin is binary");
}

/* --- view_image --------------------------------------------------------- */

static void
test_view_image(void **state)
{
	AUTO_FREE char *copy = path_join(t.dir, "p.png");
	AUTO(buf) text = BUF_INIT;

	(void)state;
	put("sub/x", "");
	test_write(t.workspace, "sub/p.png", "\x89PNG\r\n\x1a\nrest", 12);
	test_call_ok(&t, &tool_view_image, "{\"path\":\"sub/p.png\"}");
	assert_int_equal(t.result.part_count, 1);
	assert_int_equal(t.result.parts[0].kind, TOOL_PART_IMAGE);
	assert_string_equal(t.result.parts[0].name, "p.png");
	assert_string_equal(t.result.parts[0].media_type, "image/png");
	assert_true(path_read(copy, 100, &text, NULL));
	assert_int_equal(text.len, 12);
	test_call_ok(&t, &tool_view_image, "{\"path\":\"sub/p.png\"}");
	assert_string_equal(t.result.parts[0].name, "2-p.png");
	put("fake.png", "<svg>");
	test_call_fails(&t, &tool_view_image, "{\"path\":\"fake.png\"}",
			"fake.png is text, not a PNG, JPEG, GIF or WebP");
	test_call_fails(&t, &tool_view_image, "{\"path\":\"../p.png\"}",
			"outside the workspace");
}

#define file_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		file_test(test_read_gives_lines),
		file_test(test_read_ends_at_the_output_limit),
		file_test(test_read_survives_strange_text),
		file_test(test_read_refuses_binary),
		file_test(test_reading_stays_inside),
		file_test(test_reading_of_runs_and_secrets),
		file_test(test_secrets_of_the_user_are_not_read),
		file_test(test_known_secrets_are_replaced),
		file_test(test_list),
		file_test(test_list_of_strange_names),
		file_test(test_long_list_spills),
		file_test(test_search),
		file_test(test_search_refuses_bad_patterns),
		file_test(test_search_long_lines),
		file_test(test_search_can_be_cancelled),
		file_test(test_write_file),
		file_test(test_writing_stays_inside),
		file_test(test_read_only_profile_refuses),
		file_test(test_edit_file),
		file_test(test_edit_keeps_line_endings),
		file_test(test_view_image),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
