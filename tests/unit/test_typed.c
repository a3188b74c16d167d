/* Lines read through the loop: pipes, files, long lines, ends. */
#include "cli/typed.h"
#include "test.h"

#include "base/buf.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

struct typing {
	struct loop *loop;
	struct typed *typed;
	int in; /* what is written here is typed */
};

static void
typing_begin(struct typing *t)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	t->loop = loop_new();
	t->typed = typed_new(t->loop, ends[0]);
	close(ends[0]);
	t->in = ends[1];
}

static void
typing_end(struct typing *t)
{
	if (t->in >= 0)
		close(t->in);
	typed_free(t->typed);
	loop_free(t->loop);
}

static void
type(struct typing *t, const char *text)
{
	assert_int_equal(write(t->in, text, strlen(text)), strlen(text));
}

/* The next line, waited for; NULL at the end. */
static char *
next(struct typing *t)
{
	char *line;

	while (!(line = typed_take(t->typed)) && !typed_ended(t->typed))
		loop_turn(t->loop, true);
	return line;
}

static void
assert_next(struct typing *t, const char *wanted)
{
	AUTO_FREE char *line = next(t);

	if (!wanted)
		assert_null(line);
	else
		assert_string_equal(line, wanted);
}

static void
test_lines(void **state)
{
	struct typing t;

	(void)state;
	typing_begin(&t);
	assert_null(typed_take(t.typed));
	type(&t, "one\ntw");
	assert_next(&t, "one");
	assert_null(typed_take(t.typed));
	loop_turn(t.loop, false);
	assert_false(typed_ended(t.typed));
	type(&t, "o\r\n\nlast");
	assert_next(&t, "two");
	assert_next(&t, "");
	close(t.in);
	t.in = -1;
	assert_next(&t, "last");
	assert_next(&t, NULL);
	assert_true(typed_ended(t.typed));
	typing_end(&t);
}

/* While nobody waits, what is typed stays in the pipe. */
static void
test_holds_back(void **state)
{
	struct typing t;
	char text[] = "one\n";

	(void)state;
	typing_begin(&t);
	fcntl(t.in, F_SETFL, O_NONBLOCK);
	while (write(t.in, text, 4) == 4)
		loop_turn(t.loop, false);
	assert_next(&t, "one");
	/* A reader that read on would have made room. */
	for (int i = 0; i < 100; i++)
		loop_turn(t.loop, false);
	while (write(t.in, text, 4) == 4)
		;
	for (int i = 0; i < 100; i++)
		loop_turn(t.loop, false);
	assert_int_equal(write(t.in, text, 4), -1);
	typing_end(&t);
}

/* The ceiling holds; what is too much of a line is not taken for another. */
static void
test_long_line(void **state)
{
	struct typing t;
	AUTO_FREE char *block = xmalloc(65536);
	AUTO_FREE char *line = NULL;
	size_t sent = 0;

	(void)state;
	memset(block, 'x', 65536);
	typing_begin(&t);
	fcntl(t.in, F_SETFL, O_NONBLOCK);
	while (sent < 3 * TYPED_LINE_MAX) {
		ssize_t n = write(t.in, block, 65536);

		sent += n > 0 ? (size_t)n : 0;
		if (!line)
			line = typed_take(t.typed);
		else
			free(typed_take(t.typed));
		loop_turn(t.loop, false);
	}
	assert_non_null(line);
	assert_int_equal(strlen(line), TYPED_LINE_MAX);
	fcntl(t.in, F_SETFL, 0);
	type(&t, "\nshort\n");
	assert_next(&t, "short");
	typing_end(&t);
}

static void
test_file(void **state)
{
	AUTO_FREE char *path = path_join(*state, "answers");
	struct typing t = { .in = -1 };
	struct err err = ERR_INIT;
	int fd;

	assert_ok(path_write_atomic(path, "a\nb", 3, 0600, &err), err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	t.loop = loop_new();
	t.typed = typed_new(t.loop, fd);
	assert_next(&t, "a");
	assert_next(&t, "b");
	assert_next(&t, NULL);
	typing_end(&t);
	close(fd);
}

static void
test_others(void **state)
{
	struct typing t = { .in = -1 };
	int ends[2], null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	t.loop = loop_new();
	t.typed = typed_new(t.loop, null);
	assert_next(&t, NULL);
	typing_end(&t);
	close(null);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	t.loop = loop_new();
	t.typed = typed_new(t.loop, ends[0]);
	t.in = ends[1];
	type(&t, "hello\n");
	assert_next(&t, "hello");
	typing_end(&t);
	close(ends[0]);
	t.in = -1;
	t.loop = loop_new();
	t.typed = typed_new(t.loop, 999); /* closed */
	assert_next(&t, NULL);
	typing_end(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_holds_back),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test_setup_teardown(test_file, test_dir_setup,
						test_dir_teardown),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
