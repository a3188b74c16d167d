/* A stored secret that a command is given, and none besides. */
#include "sandbox_world.h"

#include <unistd.h>

static int
run_with_secret(const struct mode *m, const char *secret, const char *script,
		struct buf *out)
{
	AUTO(strv) argv = STRV_INIT;
	AUTO_FREE char *path = in_world(secret);
	int status;

	launch_argv(m, NULL, &argv);
	launch_option(&argv, "--secret", path);
	strv_add(&argv, "/bin/sh");
	strv_add(&argv, "-c");
	strv_add(&argv, script);
	strv_add(&argv, "sh");
	strv_add(&argv, world.base);
	status = run(argv.items, out);
	remove_notes(out);
	return status;
}

/* The one that is given is read, and nothing else of the folder. */
static void
test_given_secret(void **state)
{
	static const char script[] =
		"cd \"$1/ops/config/secrets\"; cat key;"
		" cat other 2>/dev/null; cat ../../../home/.ssh/id_rsa"
		" 2>/dev/null; echo x 2>/dev/null >key; rm -f key 2>/dev/null;"
		" echo x 2>/dev/null >new; ls . 2>/dev/null | grep -v key;"
		" cat key";

	(void)state;
	FOR_EACH_MODE(m)
	{
		AUTO(buf) out = BUF_INIT;
		AUTO_FREE char *other = in_world("ops/config/secrets/other");

		make_world();
		test_write("/", other, "hidden\n", 7);
		assert_int_equal(run_with_secret(m, "ops/config/secrets/key",
						 script, &out),
				 0);
		assert_string_equal(buf_str(&out), "precious\nprecious\n");
		unlink(other);
	}
}

static void
test_no_other_file_is_given(void **state)
{
	static const char *const none[] = {
		"home/.ssh/id_rsa",
		"ops/config/secrets",
		"ops/config/secrets/gone",
		"ops/config/secrets/link",
		"ops/state/agentops.db",
		"ops/config/secrets/../../../ws/file",
	};
	AUTO_FREE char *link = in_world("ops/config/secrets/link");
	AUTO_FREE char *key = in_world("home/.ssh/id_rsa");

	(void)state;
	make_world();
	assert_int_equal(symlink(key, link), 0);
	FOR_EACH_MODE(m)
	{
		for (size_t i = 0; i < ARRAY_LEN(none); i++) {
			AUTO(buf) out = BUF_INIT;

			assert_int_equal(run_with_secret(m, none[i], "echo ran",
							 &out),
					 SANDBOX_SETUP_FAILED);
			assert_non_null(
				strstr(buf_str(&out), "is no stored secret"));
		}
	}
	unlink(link);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_given_secret),
		cmocka_unit_test(test_no_other_file_is_given),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
