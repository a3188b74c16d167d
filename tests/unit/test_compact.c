/* A conversation made short: what stays, what becomes a fact, what is cut. */
#include "test.h"

#include "run/compact.h"

static void
add_told(struct messages *h, const char *text)
{
	message_text(messages_add(h, ROLE_USER), text);
}

/* A turn that calls once, and the call's result. */
static void
add_turn(struct messages *h, int n, const char *args, const char *result)
{
	AUTO_FREE char *id = xasprintf("c%d", n);
	AUTO_FREE char *said = xasprintf("Turn %d.", n);
	struct message *m = messages_add(h, ROLE_ASSISTANT);

	message_opaque(m, "{\"type\":\"thinking\"}");
	message_text(m, said);
	message_call(m, id, "read_file", args);
	message_result_add(message_result(messages_add(h, ROLE_USER), id,
					  n % 2 == 0),
			   PART_TEXT, result, NULL);
}

static char *
text_of(const struct message *m)
{
	assert_int_equal(m->role, ROLE_USER);
	return message_plain(m);
}

static void
what_stays(void **state)
{
	AUTO(messages) h = { 0 };
	AUTO(message) m = { 0 };
	AUTO_FREE char *text = NULL;
	size_t n = 0;

	(void)state;
	add_told(&h, "Read all\nof it.");
	add_turn(&h, 1, "{\"path\":\"a\"}", "one\ntwo");
	add_turn(&h, 2, "{}", "no such file");
	add_told(&h, "Look at b, too.");
	add_turn(&h, 3, "{}", "three");
	assert_false(compact_history(&h, 3, &m, &n));
	assert_int_equal(m.part_count, 0);
	assert_true(compact_history(&h, 1, &m, &n));
	assert_int_equal(n, 6);
	assert_int_equal(h.items[n].role, ROLE_ASSISTANT);
	text = text_of(&m);
	/* In its own lines, as it was. */
	assert_ptr_equal(strstr(text, "Read all\nof it.\n"), text);
	assert_non_null(strstr(text, "You: Turn 1.\nCall read_file "
				     "{\"path\":\"a\"}\n -> one two \n"
				     "You: Turn 2.\nCall read_file {}\n"
				     " failed: no such file \n"
				     "Told: Look at b, too.\n"));
	assert_null(strstr(text, "thinking"));
	assert_null(strstr(text, "Turn 3"));
}

/* The facts of an earlier time stay, before the new ones, under one heading;
 * of too many the oldest go, and nothing is cut within a character. */
static void
again_and_again(void **state)
{
	AUTO(messages) h = { 0 };
	AUTO_FREE char *long_text = xcalloc(1, 3001);

	(void)state;
	for (int i = 0; i < 1000; i++)
		memcpy(long_text + 3 * i, "\xe2\x82\xac", 3);
	add_told(&h, "Do it.");
	for (int i = 1; i <= 100; i++) {
		AUTO(message) m = { 0 };
		AUTO_FREE char *text = NULL;
		const char *first;
		size_t n;

		add_turn(&h, i, long_text, long_text);
		if (!compact_history(&h, 1, &m, &n))
			continue;
		text = text_of(&m);
		first = strstr(text, "This conversation was made short");
		assert_non_null(first);
		assert_null(strstr(first + 1, "This conversation"));
		assert_ptr_equal(strstr(text, "Do it.\n"), text);
		assert_in_range(strlen(text), 1, COMPACT_BYTES + 1024);
		assert_true(utf8_valid(text, strlen(text)));
		for (size_t k = 0; k < n; k++)
			message_release(&h.items[k]);
		h.items[0] = m;
		m = (struct message){ 0 };
		memmove(&h.items[1], &h.items[n],
			(h.count - n) * sizeof(*h.items));
		h.count -= n - 1;
		assert_int_equal(h.count, 3);
	}
}

/* Nothing to gain. */
static void
too_few(void **state)
{
	AUTO(messages) h = { 0 };
	AUTO(message) m = { 0 };
	size_t n = 0;

	(void)state;
	assert_false(compact_history(&h, 1, &m, &n));
	add_told(&h, "Do it.");
	assert_false(compact_history(&h, 1, &m, &n));
	add_turn(&h, 1, "{}", "x");
	assert_false(compact_history(&h, 1, &m, &n));
	assert_false(compact_history(&h, 0, &m, &n));
	add_turn(&h, 2, "{}", "x");
	assert_true(compact_history(&h, 1, &m, &n));
	assert_int_equal(n, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_stays),
		cmocka_unit_test(again_and_again),
		cmocka_unit_test(too_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
