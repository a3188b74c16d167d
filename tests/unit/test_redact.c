#include "test.h"

#include "base/redact.h"
#include "base/str.h"

#include <pthread.h>
#include <unistd.h>

static struct redact *
sample(void)
{
	struct redact *r = redact_new();

	assert_true(redact_add(r, "short", "sk-12345"));
	assert_true(redact_add(r, "long", "sk-123456789"));
	assert_true(redact_add(r, "other", "56789abcdef"));
	assert_true(redact_add(r, "repeats", "aaaaaaab"));
	return r;
}

static void
redacts(const struct redact *r, const char *in, const char *want)
{
	AUTO_FREE char *got = redact_str(r, in);

	assert_string_equal(got, want);
}

static void
test_replaces_values(void **state)
{
	AUTO_PTR(redact) r = sample();

	(void)state;
	redacts(r, "", "");
	redacts(r, "nothing here", "nothing here");
	redacts(r, "key=sk-12345.", "key=[secret:short].");
	redacts(r, "sk-12345sk-12345", "[secret:short][secret:short]");
	/* The longest wins; what it took cannot begin another. */
	redacts(r, "sk-123456789abcdef", "[secret:long]abcdef");
	redacts(r, "sk-1234x56789abcdef", "sk-1234x[secret:other]");
	redacts(r, "aaaaaaaaaaab", "aaaa[secret:repeats]");
	redacts(NULL, "sk-12345", "sk-12345");
}

static void
test_ignores_short_values_and_trims(void **state)
{
	AUTO_PTR(redact) r = redact_new();

	(void)state;
	assert_false(redact_add(r, "tiny", "1234567"));
	assert_false(redact_add(r, "blank", "          \n"));
	assert_true(redact_add(r, "file", "  from-a-file\n"));
	assert_true(redact_add(r, "again", "from-a-file"));
	redacts(r, "1234567 from-a-file", "1234567 [secret:file]");
}

static void
test_takes_key_like_variables(void **state)
{
	static const char *const env[] = {
		"OPENAI_API_KEY=sk-openai-1", "GITHUB_TOKEN=ghp_abcdefg",
		"pgpassword=hunter2hunter2", "HOME=/home/somebody",
		"NOT_AN_ASSIGNMENT", "X_SECRET=short",
		"AWS_SECRET_ACCESS_KEY=a=b=c=d=e", NULL,
	};
	AUTO_PTR(redact) r = redact_new();

	(void)state;
	redact_env(r, (char *const *)env);
	redacts(r, "sk-openai-1 ghp_abcdefg hunter2hunter2",
		"[secret:OPENAI_API_KEY] [secret:GITHUB_TOKEN] "
		"[secret:pgpassword]");
	redacts(r, "/home/somebody short a=b=c=d=e",
		"/home/somebody short [secret:AWS_SECRET_ACCESS_KEY]");
	assert_false(redact_name_is_secret("KEYBOARD"));
	assert_false(redact_name_is_secret("TOKENS"));
}

static void
test_takes_stored_files(void **state)
{
	static const char env_file[] =
		"# comment\nHOST=db.example.org\nexport DB_PASSWORD='long one "
		"here'\nAPI_TOKEN = tok-12345678\nBROKEN\n";
	AUTO_PTR(redact) r = redact_new();
	AUTO_FREE char *link_path = path_join(*state, "link");

	test_write(*state, "shop.key", "a key of its own\n", 17);
	test_write(*state, "shop.env", env_file, strlen(env_file));
	assert_int_equal(symlink("/etc/passwd", link_path), 0);
	redact_files(r, *state);
	redact_files(r, "/nonexistent");
	redacts(r, "a key of its own, long one here, tok-12345678",
		"[secret:shop.key], [secret:DB_PASSWORD], [secret:API_TOKEN]");
	redacts(r, "db.example.org root:x:0:0", "db.example.org root:x:0:0");
}

static void
test_takes_members_of_json(void **state)
{
	static const char key_file[] =
		"{\"type\": \"service_account\", \"client_email\": "
		"\"robot@example.org\", \"private_key\": \"-----BEGIN "
		"PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0B\\nAQEFAASC"
		"BKcwggSjAgEA\\n-----END PRIVATE KEY-----\\n\", \"web\": "
		"[{\"client_secret\": \"GOCSPX-abcdef\", \"token_uri\": "
		"\"https://example.org/token\", \"token\": \"ya29.abcdef\"}]}";
	AUTO_PTR(redact) r = redact_new();

	(void)state;
	test_write(*state, "google.json", key_file, strlen(key_file));
	redact_file(r, *state, "google.json");
	redact_file(r, *state, "nothing");
	redacts(r, key_file, "[secret:google.json]");
	redacts(r, "line MIIEvQIBADANBgkqhkiG9w0B, GOCSPX-abcdef, ya29.abcdef",
		"line [secret:private_key], [secret:client_secret], "
		"[secret:token]");
	redacts(r, "robot@example.org https://example.org/token",
		"robot@example.org https://example.org/token");
}

struct reader {
	const struct redact *redact;
	bool ended;
};

static void *
read_on(void *ud)
{
	struct reader *reader = ud;

	while (!__atomic_load_n(&reader->ended, __ATOMIC_ACQUIRE))
		redacts(reader->redact, "key=sk-12345.", "key=[secret:short].");
	return NULL;
}

/* A step is given a secret while another's output is read. */
static void
test_adds_while_others_read(void **state)
{
	AUTO_PTR(redact) r = sample();
	struct reader reader = { .redact = r };
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, read_on, &reader), 0);
	for (int i = 0; i < 2000; i++) {
		AUTO_FREE char *value = xasprintf("another secret %d", i);

		assert_true(redact_add(r, "added", value));
	}
	redacts(r, "another secret 1999", "[secret:added]");
	__atomic_store_n(&reader.ended, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
}

/* Text of random pieces of secrets, cut at random places: the stream must
 * give what the whole text gives. */
static void
test_stream_does_not_depend_on_the_cuts(void **state)
{
	static const char *const pieces[] = {
		"sk-1", "2345", "6789", "abcdef", "aaaa", "aaab", "b", " ",
		"5678", "9abcdef", "s", "sk-12345",
	};
	AUTO_PTR(redact) r = sample();
	unsigned seed = 7;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		AUTO(buf) text = BUF_INIT;
		AUTO(buf) whole = BUF_INIT;
		AUTO(buf) cut = BUF_INIT;
		struct redact_stream s;

		for (int i = 0; i < 12; i++)
			buf_addstr(&text, pieces[rand_r(&seed) %
						 ARRAY_LEN(pieces)]);
		redact_text(r, text.data, text.len, &whole);
		redact_stream_init(&s, r);
		for (size_t at = 0; at < text.len;) {
			size_t n = 1 + rand_r(&seed) % 7;

			n = n < text.len - at ? n : text.len - at;
			redact_stream_add(&s, text.data + at, n, &cut);
			at += n;
		}
		redact_stream_finish(&s, &cut);
		redact_stream_release(&s);
		assert_string_equal(buf_str(&cut), buf_str(&whole));
	}
}

static void
test_stream_passes_bytes_with_nul(void **state)
{
	AUTO_PTR(redact) r = sample();
	AUTO(buf) out = BUF_INIT;
	struct redact_stream s;

	(void)state;
	redact_stream_init(&s, r);
	redact_stream_add(&s, "\0\xff", 2, &out);
	redact_stream_add(&s, "sk-1", 4, &out);
	assert_int_equal(out.len, 2);
	redact_stream_add(&s, "2345\0", 5, &out);
	redact_stream_finish(&s, &out);
	redact_stream_release(&s);
	assert_int_equal(out.len, 2 + strlen("[secret:short]") + 1);
	assert_memory_equal(out.data, "\0\xff[secret:short]\0", out.len);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replaces_values),
		cmocka_unit_test(test_ignores_short_values_and_trims),
		cmocka_unit_test(test_takes_key_like_variables),
		dir_test(test_takes_stored_files),
		dir_test(test_takes_members_of_json),
		cmocka_unit_test(test_adds_while_others_read),
		cmocka_unit_test(test_stream_does_not_depend_on_the_cuts),
		cmocka_unit_test(test_stream_passes_bytes_with_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
