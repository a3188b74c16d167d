#include "test.h"

#include "base/lazy.h"

#include <string.h>

static void
test_zmq_loads(void **state)
{
	struct err err = ERR_INIT;
	const struct lazy_zmq *zmq = lazy_zmq(&err);

	(void)state;
	assert_ok(zmq != NULL, err);
	void *ctx = zmq->ctx_new();
	void *s = zmq->socket(ctx, ZMQ_DEALER);
	assert_non_null(s);
	int type = -1;
	size_t size = sizeof(type);
	assert_int_equal(zmq->getsockopt(s, ZMQ_TYPE, &type, &size), 0);
	assert_int_equal(type, ZMQ_DEALER);
	assert_int_equal(zmq->close(s), 0);
	assert_int_equal(zmq->ctx_term(ctx), 0);
	assert_ptr_equal(lazy_zmq(&err), zmq);
}

static void
test_curl_loads(void **state)
{
	struct err err = ERR_INIT;
	const struct lazy_curl *curl = lazy_curl(&err);

	(void)state;
	assert_ok(curl != NULL, err);
	CURL *easy = curl->easy_init();
	assert_non_null(easy);
	assert_int_equal(curl->easy_setopt(easy, CURLOPT_URL, "file:///"),
			 CURLE_OK);
	curl->easy_cleanup(easy);
	assert_ptr_equal(lazy_curl(&err), curl);
}

static void
test_missing_library(void **state)
{
	struct err err = ERR_INIT;
	void (*fn)(void) = NULL;
	struct lazy_symbol symbol = { "nothing", &fn };

	(void)state;
	assert_fails(lazy_load("libnone.so.9", "libnone9", &symbol, 1, &err),
		     err, ERR_ENV, "apt-get install libnone9");
	assert_non_null(strstr(err.msg, "libnone.so.9"));
	assert_null(fn);
}

static void
test_missing_function(void **state)
{
	struct err err = ERR_INIT;
	void (*fn[2])(void) = { NULL, NULL };
	struct lazy_symbol symbols[] = {
		{ "zmq_socket", &fn[0] },
		{ "zmq_no_such_thing", &fn[1] },
	};

	(void)state;
	assert_fails(lazy_load("libzmq.so.5", "libzmq5", symbols, 2, &err), err,
		     ERR_ENV, "zmq_no_such_thing");
	assert_null(fn[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zmq_loads),
		cmocka_unit_test(test_curl_loads),
		cmocka_unit_test(test_missing_library),
		cmocka_unit_test(test_missing_function),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
