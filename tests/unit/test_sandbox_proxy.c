/* What the filtering proxy lets through: pure, nothing is started. */
#include "test.h"

#include "tool/sandbox/hosts.h"
#include "tool/sandbox/request.h"

#include <arpa/inet.h>

struct host_row {
	const char *listed, *asked, *address;
	bool name_ok, address_ok;
};

static const struct host_row host_rows[] = {
	{ "example.org", "example.org:443", "93.184.215.14", true, true },
	{ "Example.ORG.", "example.org:443", "93.184.215.14", true, true },
	{ "example.org:443", "example.org:80", "93.184.215.14", false, true },
	{ "example.org", "sub.example.org:80", "93.184.215.14", false, true },
	{ "example.org", "example.org:80", "127.0.0.1", true, false },
	{ "example.org", "example.org:80", "10.1.2.3", true, false },
	{ "example.org", "example.org:80", "100.64.0.1", true, false },
	{ "example.org", "example.org:80", "169.254.169.254", true, false },
	{ "example.org", "example.org:80", "172.31.255.255", true, false },
	{ "example.org", "example.org:80", "172.32.0.0", true, true },
	{ "example.org", "example.org:80", "192.168.0.1", true, false },
	{ "example.org", "example.org:80", "0.0.0.0", true, false },
	{ "example.org", "example.org:80", "224.0.0.1", true, false },
	{ "example.org", "example.org:80", "255.255.255.255", true, false },
	{ "example.org", "example.org:80", "::1", true, false },
	{ "example.org", "example.org:80", "fe80::1", true, false },
	{ "example.org", "example.org:80", "fd00::1", true, false },
	{ "example.org", "example.org:80", "::ffff:127.0.0.1", true, false },
	{ "example.org", "example.org:80", "64:ff9b::10.0.0.1", true, false },
	{ "example.org", "example.org:80", "2002:7f00:1::", true, false },
	{ "example.org", "example.org:80", "2606:2800::1", true, true },
	{ "10.1.2.3:80", "10.1.2.3:80", "10.1.2.3", true, true },
	{ "10.1.2.3:80", "10.1.2.3:81", "10.1.2.3", false, false },
	{ "[::1]:80", "[::1]:80", "::1", true, true },
	{ "localhost", "localhost:80", "127.0.0.1", true, true },
	{ "localhost", "localhost:80", "10.0.0.1", true, false },
};

static void
test_hosts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(host_rows); i++) {
		const struct host_row *r = &host_rows[i];
		AUTO(strv) list = STRV_INIT;
		struct sockaddr_in in = { .sin_family = AF_INET };
		struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
		const struct sockaddr *a = (struct sockaddr *)&in;
		struct host asked;

		strv_add(&list, r->listed);
		assert_true(host_parse(r->asked, strlen(r->asked), &asked));
		if (inet_pton(AF_INET, r->address, &in.sin_addr) != 1) {
			assert_int_equal(inet_pton(AF_INET6, r->address,
						   &in6.sin6_addr), 1);
			a = (struct sockaddr *)&in6;
		}
		if (hosts_allow(&list, &asked) != r->name_ok ||
		    hosts_allow_address(&list, &asked, a) != r->address_ok)
			fail_msg("row %zu: %s %s %s", i, r->listed, r->asked,
				 r->address);
	}
}

static void
test_host_parse(void **state)
{
	static const char *const bad[] = {
		"", ":80", "a:", "a:0", "a:65536", "a:8x", "a b", "a/b",
		"user@a", "[::1", "[::1]x", ".", "..", "a..b", "a..", ".a",
		"a:-1", "a: 1", "[]:80", "a\tb",
	};
	char long_name[300];
	struct host h;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (host_parse(bad[i], strlen(bad[i]), &h))
			fail_msg("accepted: %s", bad[i]);
	memset(long_name, 'a', sizeof(long_name));
	assert_false(host_parse(long_name, sizeof(long_name), &h));
	assert_true(host_parse("[2001:DB8::1]:8080", 18, &h));
	assert_string_equal(h.name, "2001:db8::1");
	assert_int_equal(h.port, 8080);
}

struct request_row {
	const char *head;
	const char *sent; /* NULL: refused; "": a tunnel */
	const char *host;
	int port;
};

static const struct request_row request_rows[] = {
	{ "CONNECT a.org:443 HTTP/1.1\r\n\r\n", "", "a.org", 443 },
	{ "CONNECT a.org HTTP/1.1\r\n\r\n", NULL, NULL, 0 },
	{ "GET http://a.org/x?y HTTP/1.1\r\nHost: evil\r\nX: 1\r\n\r\n",
	  "GET /x?y HTTP/1.1\r\nHost: a.org\r\nConnection: close\r\n"
	  "X: 1\r\n\r\n",
	  "a.org", 80 },
	{ "GET http://a.org:81 HTTP/1.0\r\nProxy-Authorization: s\r\n\r\n",
	  "GET / HTTP/1.1\r\nHost: a.org:81\r\nConnection: close\r\n\r\n",
	  "a.org", 81 },
	{ "GET http://a.org?q HTTP/1.1\r\n\r\n",
	  "GET /?q HTTP/1.1\r\nHost: a.org\r\nConnection: close\r\n\r\n",
	  "a.org", 80 },
	{ "GET http://u:p@a.org/ HTTP/1.1\r\n\r\n", NULL, NULL, 0 },
	{ "GET /x HTTP/1.1\r\nHost: a\r\n\r\n", NULL, NULL, 0 },
	{ "GET https://a.org/ HTTP/1.1\r\n\r\n", NULL, NULL, 0 },
	{ "GET http://a.org/ HTTP/2\r\n\r\n", NULL, NULL, 0 },
	{ "GET http://a.org/\r\n\r\n", NULL, NULL, 0 },
	{ "GET http://a.org/ HTTP/1.1\r\nbad field\r\n\r\n", NULL, NULL, 0 },
	{ "GET http://a.org/ HTTP/1.1\r\nHost : b\r\n\r\n", NULL, NULL, 0 },
	{ "GET http://a.org/ HTTP/1.1\r\nA: b\rHost: c\r\n\r\n", NULL, NULL,
	  0 },
	{ "GET http://a.org/\rX: y HTTP/1.1\r\n\r\n", NULL, NULL, 0 },
	{ "G\tT http://a.org/ HTTP/1.1\r\n\r\n", NULL, NULL, 0 },
	{ " http://a.org/ HTTP/1.1\r\n\r\n", NULL, NULL, 0 },
	{ "", NULL, NULL, 0 },
};

static void
test_request(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(request_rows); i++) {
		const struct request_row *row = &request_rows[i];
		AUTO(request) r = REQUEST_INIT;
		struct err err = ERR_INIT;
		bool ok = request_parse(row->head, strlen(row->head), &r,
					&err);

		if (ok != (row->sent != NULL))
			fail_msg("row %zu: %d %s", i, ok, err.msg);
		if (!ok)
			continue;
		assert_int_equal(r.tunnel, *row->sent == '\0');
		assert_string_equal(buf_str(&r.head), row->sent);
		assert_string_equal(r.host.name, row->host);
		assert_int_equal(r.host.port, row->port);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host_parse),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
