#include "test.h"

#include "base/nfa.h"

#include <regex.h>

static bool
found(const char *pattern, bool ignore_case, const char *text, size_t *from,
      size_t *to)
{
	struct err err = ERR_INIT;
	AUTO_PTR(nfa) n = nfa_new(pattern, ignore_case, &err);
	struct nfa_text t = { text, strlen(text), true, true };

	if (!n)
		fail_msg("%s: %s", pattern, err.msg);
	return nfa_find(n, &t, from, to);
}

static void
test_what_matches(void **state)
{
	static const struct {
		const char *pattern, *text;
		int from, to; /* from -1: no match */
	} rows[] = {
		{ "b", "abc", 1, 2 },
		{ "^b", "abc", -1, 0 },
		{ "^a.c$", "abc", 0, 3 },
		{ "^a.c$", "abc\r", 0, 3 },
		{ "a|bc", "xbc", 1, 3 },
		{ "x(a|b)+y", "zxababy", 1, 7 },
		{ "(?:ab){2}", "abcabab", 3, 7 },
		{ "a{2,3}b", "abaab", 2, 5 },
		{ "a{2,}b", "abaaaab", 2, 7 },
		{ "a{2}b", "ab", -1, 0 },
		{ "colou?r", "a color", 2, 7 },
		{ ".*?end", "the end", 0, 7 },
		{ "[a-c]x", "dxbx", 2, 4 },
		{ "[^a-c]x", "axdx", 2, 4 },
		{ "[]x-]y", "-y", 0, 2 },
		{ "[[:digit:]_]z", "_z", 0, 2 },
		{ "\\d+\\.\\d", "v 12.5", 2, 6 },
		{ "[\\d.]+x", "1.2x", 0, 4 },
		{ "\\bcat\\b", "concat cat", 7, 10 },
		{ "\\Bcat", "concat", 3, 6 },
		{ "\\S\\s\\S", "a b", 0, 3 },
		{ "\\W", "ab!", 2, 3 },
		{ "\xc3\xa9.", "\xc3\xa9\xc3\xa8", 0, 4 },
		{ "^.$", "\xc3\xa9", 0, 2 },
		{ "^..$", "\xff\xfe", 0, 2 },
		{ "a{x}", "a{x}", 0, 4 },
		{ "x*", "aaa", 0, 0 },
		{ "(a*)*b", "aaab", 0, 4 },
		{ "(|a)+b", "ab", 0, 2 },
		{ "$", "ab", 2, 2 },
		{ "(\\bx)*y", "z xy", 2, 4 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t from = 0, to = 0;
		bool got = found(rows[i].pattern, false, rows[i].text, &from,
				 &to);

		if (got != (rows[i].from >= 0) ||
		    (got && ((int)from != rows[i].from ||
			     (int)to != rows[i].to)))
			fail_msg("%s on %s: %d %zu-%zu", rows[i].pattern,
				 rows[i].text, got, from, to);
	}
}

static void
test_case(void **state)
{
	size_t from, to;

	(void)state;
	assert_true(found("STRASSE [a-c]", true, "strasse B", &from, &to));
	assert_false(found("STRASSE", false, "strasse", &from, &to));
	assert_false(found("[^a]", true, "A", &from, &to));
	assert_true(found("[[:lower:]]", true, "A", &from, &to));
}

static void
test_pieces_of_a_line(void **state)
{
	AUTO_PTR(nfa) n = nfa_new("^a|b$", false, NULL);
	struct nfa_text t = { "ab", 2, false, false };
	size_t from, to;

	(void)state;
	assert_false(nfa_find(n, &t, &from, &to));
	t.begins = true;
	assert_true(nfa_find(n, &t, &from, &to));
	t = (struct nfa_text){ "ab", 2, false, true };
	assert_true(nfa_find(n, &t, &from, &to));
	assert_int_equal(from, 1);
}

static void
test_bad_expressions(void **state)
{
	static const struct {
		const char *pattern, *words;
	} rows[] = {
		{ "(a", "not valid at byte 3: the ( has no )" },
		{ "a[b", "not valid at byte 4: the [ has no ]" },
		{ "*a", "byte 1: nothing to repeat" },
		{ "a|+", "byte 3: nothing to repeat" },
		{ "(a)\\1", "back-references are not supported" },
		{ "(?=a)", "look-around and flags" },
		{ "\\q", "unknown escape" },
		{ "a\\", "unknown escape" },
		{ "[a-\\", "unknown escape" },
		{ "[[:nope:]]", "unknown class" },
		{ "[z-a]", "runs backwards" },
		{ "a{5,2}", "in order and at most 1000" },
		{ "a{99999999999999999999}", "at most 1000" },
		{ "((a{1,250}){1,250}){1,250}", "repetitions multiply" },
		{ "((((){999}){999}){999}){999}", "repetitions multiply" },
		{ "", "has 0 bytes" },
	};
	char deep[NFA_DEPTH_MAX + 10];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;

		assert_fails(nfa_new(rows[i].pattern, false, &err) != NULL,
			     err, ERR_USAGE, rows[i].words);
	}
	memset(deep, '(', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	assert_null(nfa_new(deep, false, NULL));
}

/* Random expressions on random text: the same verdict as the C library's. */
static void
test_agrees_with_regexec(void **state)
{
	static const char *const parts[] = {
		"a", "b", "c", ".", "[ab]", "[^a]", "(a|b)", "(ab|c)*", "a*",
		"b+", "c?", "(a|bc)+", "a{2}", "(b|c){1,2}", "^", "$", "|",
	};
	unsigned seed = 3;

	(void)state;
	for (int round = 0; round < 4000; round++) {
		char pattern[128] = "", text[9] = "";
		size_t from, to;
		regex_t re;
		int want;

		for (int i = 0; i < 4; i++)
			strncat(pattern,
				parts[rand_r(&seed) % ARRAY_LEN(parts)], 16);
		for (size_t i = rand_r(&seed) % 8; i > 0; i--)
			text[i - 1] = (char)('a' + rand_r(&seed) % 3);
		if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB))
			continue;
		want = regexec(&re, text, 0, NULL, 0) == 0;
		regfree(&re);
		if (found(pattern, false, text, &from, &to) != want)
			fail_msg("%s on \"%s\": not %d", pattern, text, want);
	}
}

/* What takes other engines exponential time or memory. */
static void
test_hostile_is_linear(void **state)
{
	enum { SIZE = 1 << 18 };
	static const char *const patterns[] = {
		"(a|b)*a(a|b){200}c", "(a*)*c", "((((a+)+)+)+)+c",
		"(a?){200}a{200}c",
	};
	AUTO_FREE char *text = xmalloc(SIZE + 1);
	size_t from, to;

	(void)state;
	memset(text, 'a', SIZE);
	text[SIZE] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(patterns); i++)
		assert_false(found(patterns[i], false, text, &from, &to));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_matches),
		cmocka_unit_test(test_case),
		cmocka_unit_test(test_pieces_of_a_line),
		cmocka_unit_test(test_bad_expressions),
		cmocka_unit_test(test_agrees_with_regexec),
		cmocka_unit_test(test_hostile_is_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
