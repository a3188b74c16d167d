/*
 * A home below /tmp: the private /tmp covers its secrets, and nothing may
 * bring them back.
 */
#include "test.h"

#include "base/buf.h"
#include "base/path.h"
#include "sandbox_world.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *option, *path; /* below the home */
	bool refused;
} ROWS[] = {
	{ "--writable", "work", false }, /* the control */
	{ "--readable", "work", false },
	{ "--writable", ".ssh", true },
	{ "--writable", ".ssh/inner", true },
	{ "--readable", ".ssh", true },
	{ "--readable", ".ssh/inner", true },
	{ "--readable", ".netrc", true },
	{ "--cwd", ".ssh/inner", true },
};

static void
make_home(const char *home)
{
	static const char *const dirs[] = { "work", ".ssh", ".ssh/inner" };
	AUTO_FREE char *netrc = path_join(home, ".netrc");
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		AUTO_FREE char *dir = path_join(home, dirs[i]);

		assert_true(path_mkdirs(dir, &err));
	}
	assert_true(path_write_atomic(netrc, "x\n", 2, 0600, &err));
}

static void
test_home_in_tmp(void **state)
{
	char home[] = "/tmp/agentops-home-XXXXXX";
	AUTO_FREE char *launcher = path_libexec("agentops-sandbox");
	AUTO_FREE char *work = NULL;
	struct sandbox_report report;

	(void)state;
	assert_true(sandbox_probe(false, &report, NULL));
	if (!report.bwrap)
		skip();
	assert_non_null(mkdtemp(home));
	make_home(home);
	work = path_join(home, "work");
	assert_int_equal(setenv("HOME", home, 1), 0);
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		AUTO_FREE char *path = path_join(home, ROWS[i].path);
		char *argv[] = { launcher, (char *)"--profile",
				 (char *)"read-only", (char *)"--backend",
				 (char *)"bwrap", (char *)"--workspace", work,
				 (char *)ROWS[i].option, path, (char *)"--",
				 (char *)"/bin/true", NULL };
		AUTO(buf) out = BUF_INIT;
		int status = run(argv, &out);
		bool refused = status == SANDBOX_SETUP_FAILED &&
			       strstr(buf_str(&out), "hidden");

		if (refused != ROWS[i].refused || (!refused && status))
			fail_msg("row %zu: %d %s", i, status, buf_str(&out));
	}
	assert_true(path_remove_tree(home, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		dir_test(test_home_in_tmp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
