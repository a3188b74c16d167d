/*
 * test.h - what every unit test includes: cmocka, and a private folder that
 * is AGENTOPS_HOME for the test and is removed after it.
 */
#ifndef AGENTOPS_TESTS_TEST_H
#define AGENTOPS_TESTS_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __clang_analyzer__
/* clang-tidy does not know that it never returns. */
#undef fail_msg
#define fail_msg(...) abort()
#endif

/* Asserts that the call succeeds, and shows why when it does not. */
#define assert_ok(call, err)                                         \
	do {                                                         \
		if (!(call))                                         \
			fail_msg("%s: %s", #call, (err).msg);        \
	} while (0)

/* Asserts that the call fails with the code and that the message holds the
 * words. */
#define assert_fails(call, err, wanted, words)                       \
	do {                                                         \
		if (call)                                            \
			fail_msg("%s did not fail", #call);          \
		if ((err).code != (wanted))                          \
			fail_msg("%s: code %s, not %s: %s", #call,   \
				 err_word((err).code),               \
				 err_word(wanted), (err).msg);       \
		if (!strstr((err).msg, words))                       \
			fail_msg("%s: \"%s\" lacks \"%s\"", #call,   \
				 (err).msg, words);                  \
	} while (0)

/* Setup and teardown for cmocka_unit_test_setup_teardown: *state is the
 * folder's absolute path (char *), also in $AGENTOPS_HOME. */
static inline int
test_dir_setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = xasprintf("%s/agentops-test-XXXXXX", tmp ? tmp : "/tmp");

	if (!mkdtemp(dir))
		return -1;
	setenv("AGENTOPS_HOME", dir, 1);
	*state = dir;
	return 0;
}

static inline int
test_dir_teardown(void **state)
{
	struct err err = ERR_INIT;
	bool ok = path_remove_tree(*state, &err);

	if (!ok)
		fprintf(stderr, "%s\n", err.msg);
	free(*state);
	return ok ? 0 : -1;
}

#define dir_test(fn) \
	cmocka_unit_test_setup_teardown(fn, test_dir_setup, test_dir_teardown)

static inline void
test_write(const char *dir, const char *name, const void *data, size_t len)
{
	AUTO_FREE char *path = path_join(dir, name);
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(data, 1, len, f) != len || fclose(f))
		fail_msg("cannot write %s", path);
}

#endif
