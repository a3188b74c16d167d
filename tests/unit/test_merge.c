/* Two changes of one text made into one: rows, and random texts against what a
 * merge must hold. */
#include "test.h"

#include "base/merge.h"
#include "base/str.h"

#include <stdlib.h>

static size_t
merged(const char *base, const char *mine, const char *theirs,
       enum merge_take take, struct buf *out)
{
	struct buf b = BUF_INIT, m = BUF_INIT, t = BUF_INIT;
	struct merge in = { &b, &m, &t, "before", "yours", "t 2", take };
	size_t n;

	buf_addstr(&b, base);
	buf_addstr(&m, mine);
	buf_addstr(&t, theirs);
	n = merge_texts(&in, out);
	buf_release(&b);
	buf_release(&m);
	buf_release(&t);
	return n;
}

static const struct {
	const char *base, *mine, *theirs, *text;
	size_t conflicts;
} rows[] = {
	{ "", "", "", "", 0 },
	{ "a\nb\nc\n", "a\nb\nc\n", "a\nB\nc\n", "a\nB\nc\n", 0 },
	{ "a\nb\nc\n", "a\nB\nc\n", "a\nb\nc\n", "a\nB\nc\n", 0 },
	{ "a\nb\nc\nd\ne\n", "A\nb\nc\nd\ne\n", "a\nb\nc\nd\nE\n",
	  "A\nb\nc\nd\nE\n", 0 },
	{ "a\nb\nc\n", "a\nB\nc\n", "a\nB\nc\n", "a\nB\nc\n", 0 },
	{ "a\nb\nc\n", "a\nc\n", "a\nb\nc\nd\n", "a\nc\nd\n", 0 },
	{ "a\nb\n", "x\na\nb\n", "a\nb\ny\n", "x\na\nb\ny\n", 0 },
	{ "a\nb\nc\n", "a\nM\nc\n", "a\nT\nc\n",
	  "a\n<<<<<<< yours\nM\n||||||| before\nb\n=======\nT\n"
	  ">>>>>>> t 2\nc\n",
	  1 },
	/* A last line without its end is another line. */
	{ "a", "a\n", "a", "a\n", 0 },
	{ "a\nb", "a\nM", "a\nT",
	  "a\n<<<<<<< yours\nM\n||||||| before\nb\n=======\nT\n"
	  ">>>>>>> t 2\n",
	  1 },
	{ "", "m\n", "", "m\n", 0 },
	{ "", "m\n", "t\n",
	  "<<<<<<< yours\nm\n||||||| before\n=======\nt\n>>>>>>> t 2\n", 1 },
};

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) out = BUF_INIT;
		size_t n = merged(rows[i].base, rows[i].mine, rows[i].theirs,
				  MERGE_MARK, &out);

		if (n != rows[i].conflicts ||
		    !str_eq(buf_str(&out), rows[i].text))
			fail_msg("row %zu: %zu conflicts, %s", i, n,
				 buf_str(&out));
	}
}

static void
test_takes_a_side(void **state)
{
	AUTO(buf) mine = BUF_INIT, theirs = BUF_INIT;

	(void)state;
	assert_int_equal(merged("1\na\n2\nb\n3\n", "1\nM\n2\nb\n3\n4\n",
				"0\n1\nT\n2\nb\n3\n", MERGE_MINE, &mine),
			 1);
	assert_string_equal(buf_str(&mine), "0\n1\nM\n2\nb\n3\n4\n");
	assert_int_equal(merged("1\na\n2\nb\n3\n", "1\nM\n2\nb\n3\n4\n",
				"0\n1\nT\n2\nb\n3\n", MERGE_THEIRS, &theirs),
			 1);
	assert_string_equal(buf_str(&theirs), "0\n1\nT\n2\nb\n3\n4\n");
}

/* Some of its lines changed, removed, added. */
static void
change(const char *text, unsigned *seed, char mark, struct buf *out)
{
	for (const char *p = text; *p;) {
		size_t n = strcspn(p, "\n") + 1;

		switch (rand_r(seed) % 8) {
		case 0:
			break;
		case 1:
			buf_printf(out, "%c%u\n", mark, rand_r(seed) % 5);
			break;
		case 2:
			buf_printf(out, "%c\n", mark);
			/* fall through */
		default:
			buf_add(out, p, n);
		}
		p += n;
	}
}

static void
test_random(void **state)
{
	unsigned seed = 3;
	size_t conflicts = 0;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		AUTO(buf) base = BUF_INIT, mine = BUF_INIT;
		AUTO(buf) theirs = BUF_INIT, out = BUF_INIT, side = BUF_INIT;
		const char *b, *m, *t;

		for (unsigned i = rand_r(&seed) % 12; i; i--)
			buf_printf(&base, "%u\n", rand_r(&seed) % 4);
		change(b = buf_str(&base), &seed, 'm', &mine);
		change(b, &seed, 't', &theirs);
		m = buf_str(&mine);
		t = buf_str(&theirs);
		/* What only one side changed is that side's. */
		assert_int_equal(merged(b, b, t, MERGE_MARK, &out), 0);
		assert_string_equal(buf_str(&out), t);
		buf_reset(&out);
		assert_int_equal(merged(b, m, b, MERGE_MARK, &out), 0);
		assert_string_equal(buf_str(&out), m);
		buf_reset(&out);
		assert_int_equal(merged(b, m, m, MERGE_MARK, &out), 0);
		assert_string_equal(buf_str(&out), m);
		/* Every line that a side added is there, marked or not. */
		buf_reset(&out);
		conflicts += merged(b, m, t, MERGE_MARK, &out);
		for (const char *p = m; (p = strchr(p, 'm')); p++) {
			AUTO_FREE char *line =
				xstrndup(p, strcspn(p, "\n") + 1);

			assert_non_null(strstr(buf_str(&out), line));
		}
		for (const char *p = t; (p = strchr(p, 't')); p++) {
			AUTO_FREE char *line =
				xstrndup(p, strcspn(p, "\n") + 1);

			assert_non_null(strstr(buf_str(&out), line));
		}
		merged(b, m, t, MERGE_MINE, &side);
		assert_null(strstr(buf_str(&side), "<<<<"));
	}
	assert_true(conflicts > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_takes_a_side),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
