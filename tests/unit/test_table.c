#include "test.h"
#include "ui/table.h"

#include "base/buf.h"
#include "base/path.h"
#include "ui/theme.h"

#include <sys/stat.h>

/* Cells by "|", rows by newlines; then the flags. */
static void
spell(const struct table *t, struct buf *out)
{
	for (int i = 0; i < t->rows * t->columns; i++)
		buf_printf(out, "%s%c", t->cells[i],
			   (i + 1) % t->columns ? '|' : '\n');
	for (int c = 0; c < t->columns; c++)
		buf_printf(out, "%c%d ", t->numeric[c] ? 'n' : 't',
			   t->widths[c]);
	buf_addstr(out, t->more ? "more" : "all");
}

/* clang-format off */
static const struct {
	const char *text;
	size_t len;
	int max;
	const char *want;
} files[] = {
#define TEXT(s) s, sizeof(s) - 1
	{ TEXT("a,b\n1,x\n22,y\n"), 9, "a|b\n1|x\n22|y\nn2 t1 all" },
	{ TEXT("a,b\n1,x\n22,y\n"), 2, "a|b\n1|x\n22|y\nn2 t1 all" },
	{ TEXT("a,b\n1,x\n22,y\n"), 1, "a|b\n1|x\nn1 t1 more" },
	{ TEXT("a,b\n1,x\n22,y\n"), 0, "a|b\nt1 t1 more" },
	{ TEXT("1,2\n3,4\n"), 9, "column 1|column 2\n1|2\n3|4\nn8 n8 all" },
	{ TEXT("a;b\n1,5;x\n2,5;y\n"), 9, "a|b\n1,5|x\n2,5|y\nn3 t1 all" },
	{ TEXT("a\tb\n1\tx\n"), 9, "a|b\n1|x\nn1 t1 all" },
	{ TEXT("a,b\n1\n2,3,4\n"), 9,
	  "a|b|column 3\n1||\n2|3|4\nn1 n1 n8 all" },
	{ TEXT("a,b\n\"x\ny\",\"say \"\"hi\"\"\"\n"), 9,
	  "a|b\nx\ny|say \"hi\"\nt1 t8 all" },
	{ TEXT("n\xc3\xa4me,b\nx,1\n"), 9, "näme|b\nx|1\nt4 n1 all" },
	{ TEXT("n\xe4me,b\nx,1\n"), 9, "näme|b\nx|1\nt4 n1 all" },
	{ TEXT("\xef\xbb\xbf" "a,b\nx,1\n"), 9, "a|b\nx|1\nt1 n1 all" },
	{ TEXT("a,b\nNA,1\n,2\n3,x\n"), 9,
	  "a|b\nNA|1\n|2\n3|x\nn2 t1 all" },
	{ TEXT("{\"a\":1,\"b\":\"x\"}\n{\"b\":null,\"c\":[1,2]}\n"), 9,
	  "a|b|c\n1|x|\n||[1,2]\nn1 t1 t5 all" },
	{ TEXT("[{\"a\":true},{\"a\":1.5}]"), 9, "a\ntrue\n1.5\nt4 all" },
	{ TEXT("[{\"a\":true},{\"a\":1.5}]"), 1, "a\ntrue\nt4 more" },
	{ TEXT("{\"a\":1}\nnonsense\n{\"a\":2}\n"), 9, "a\n1\n2\nn1 all" },
	{ TEXT(""), 9, "all" },
#undef TEXT
};
/* clang-format on */

static void
reads(void **state)
{
	AUTO_FREE char *path = path_join(*state, "t");

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		AUTO(table) t = { 0 };
		AUTO(buf) out = BUF_INIT;
		struct err err = ERR_INIT;

		test_write(*state, "t", files[i].text, files[i].len);
		assert_ok(table_read(path, files[i].max, &t, &err), err);
		spell(&t, &out);
		assert_string_equal(buf_str(&out), files[i].want);
	}
}

static void
refuses(void **state)
{
	AUTO_FREE char *path = path_join(*state, "t");
	AUTO_FREE char *fifo = path_join(*state, "fifo");
	AUTO_FREE char *none = path_join(*state, "none");
	struct table t = { 0 };
	struct err err = ERR_INIT;

	assert_fails(table_read(none, 9, &t, &err), err, ERR_NOTFOUND, "none");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_fails(table_read(fifo, 9, &t, &err), err, ERR_DATA,
		     "not a regular file");
	test_write(*state, "t", "\x89PNG\r\n\x1a\n\0\0\0\0", 12);
	assert_fails(table_read(path, 9, &t, &err), err, ERR_DATA, "PNG");
	assert_null(t.cells);
}

static void
keeps_little(void **state)
{
	AUTO_FREE char *path = path_join(*state, "t");
	AUTO(table) t = { 0 }, wide = { 0 };
	AUTO(buf) text = BUF_INIT;
	struct err err = ERR_INIT;

	buf_addstr(&text, "a,b\np,1\nq,2\n");
	for (int i = 0; i < 10000; i++)
		buf_addstr(&text, "日");
	buf_addstr(&text, ",3\n");
	buf_add(&text, "y\0z,1\n", 6);
	test_write(*state, "t", buf_str(&text), text.len);
	assert_ok(table_read(path, 9, &t, &err), err);
	assert_int_equal(strlen(t.cells[6]), 198 + strlen("…"));
	assert_true(utf8_valid(t.cells[6], strlen(t.cells[6])));
	assert_int_equal(t.widths[0], TABLE_WIDTH);
	assert_string_equal(t.cells[8], "y z");

	buf_reset(&text);
	for (int row = 0; row < 2; row++)
		for (int i = 0; i < 3000; i++)
			buf_printf(&text, "%s%d%c", row ? "" : "c", i,
				   i == 2999 ? '\n' : ',');
	test_write(*state, "t", buf_str(&text), text.len);
	assert_ok(table_read(path, 9, &wide, &err), err);
	assert_int_equal(wide.columns, TABLE_COLUMNS);
	assert_true(wide.more_columns);
}

static void
many_keys_are_bounded(void **state)
{
	AUTO_FREE char *path = path_join(*state, "t");
	AUTO(table) t = { 0 };
	AUTO(buf) text = BUF_INIT;
	struct err err = ERR_INIT;

	for (int row = 0; row < 30; row++) {
		buf_printf(&text, "{\"z\":%d", row);
		for (int i = 0; i < 100; i++)
			buf_printf(&text, ",\"k%d\":1", row * 100 + i);
		buf_addstr(&text, "}\n");
	}
	test_write(*state, "t", buf_str(&text), text.len);
	assert_ok(table_read(path, 99, &t, &err), err);
	assert_int_equal(t.columns, TABLE_COLUMNS);
	assert_int_equal(t.rows, 31);
	assert_true(t.more_columns);
	assert_string_equal(t.cells[30 * t.columns], "29");
}

static void
draws(void **state)
{
	static const char text[] =
		"name,count,note\n\033[2Ja,1,one\nbb,1000,\xe6\x97\xa5\n"
		"c,22,a\n";
	AUTO_FREE char *path = path_join(*state, "t");
	AUTO(table) t = { 0 };
	AUTO(buf) out = BUF_INIT, left = BUF_INIT;
	struct theme theme = { 0 };
	struct frame f = { 0 };
	struct err err = ERR_INIT;

	test_write(*state, "t", text, strlen(text));
	assert_ok(table_read(path, 2, &t, &err), err);
	frame_resize(&f, 24, 4);
	table_view(&t, &theme, &f, frame_rect(&f), 0, 0);
	frame_dump(&f, &out);
	assert_string_equal(buf_str(&out), "name    count  note\n"
					   "^[[2Ja      1  one\n"
					   "bb       1000  日\n"
					   "The file has more than t\n");
	assert_true(frame_cell(&f, 0, 0)->style.attrs & STYLE_UNDERLINE);
	frame_clear(&f, theme.roles[ROLE_TEXT]);
	table_view(&t, &theme, &f, (struct rect){ 0, 0, 8, 2 }, 1, 1);
	frame_dump(&f, &left);
	assert_string_equal(buf_str(&left), "count  …\n 1000  …\n\n\n");
	frame_release(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		dir_test(reads),        dir_test(refuses),
		dir_test(keeps_little), dir_test(many_keys_are_bounded),
		dir_test(draws),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
