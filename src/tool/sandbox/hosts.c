#include "tool/sandbox/hosts.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <string.h>

static bool
parse_port(const char *s, size_t len, int *ret)
{
	AUTO_FREE char *text = xstrndup(s, len);
	int64_t n;

	if (!isdigit((unsigned char)*text) || !str_to_i64(text, 1, 65535, &n))
		return false;
	*ret = (int)n;
	return true;
}

static bool
is_name_byte(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '.' ||
	       c == '_' || c == ':';
}

static bool
set_name(const char *s, size_t len, struct host *h)
{
	if (len && s[len - 1] == '.')
		len--;
	if (len == 0 || len >= sizeof(h->name))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!is_name_byte(s[i]))
			return false;
		h->name[i] = (char)tolower((unsigned char)s[i]);
	}
	h->name[len] = '\0';
	/* No empty labels: a name must be the same when parsed again. */
	return *h->name != '.' && h->name[len - 1] != '.' &&
	       !strstr(h->name, "..");
}

bool
host_parse(const char *s, size_t len, struct host *ret)
{
	const char *end = memrchr(s, len && *s == '[' ? ']' : ':', len);
	struct host h = { .port = 0 };

	if (len && *s == '[') {
		const char *rest = end ? end + 1 : NULL;
		size_t rest_len = rest ? (size_t)(s + len - rest) : 0;

		if (!end || !set_name(s + 1, (size_t)(end - s - 1), &h))
			return false;
		if (rest_len && (*rest != ':' ||
				 !parse_port(rest + 1, rest_len - 1, &h.port)))
			return false;
	} else if (!end || memchr(s, ':', (size_t)(end - s))) {
		/* no colon, or the many of a bare IPv6 address */
		if (!set_name(s, len, &h))
			return false;
	} else if (!set_name(s, (size_t)(end - s), &h) ||
		   !parse_port(end + 1, (size_t)(s + len - end - 1),
			       &h.port)) {
		return false;
	}
	*ret = h;
	return true;
}

/* Each entry in turn that is for the port; false at the end of the list. */
static bool
next_entry(const struct strv *list, size_t *i, int port, struct host *ret)
{
	while (*i < list->count) {
		const char *s = list->items[(*i)++];

		if (host_parse(s, strlen(s), ret) &&
		    (ret->port == 0 || ret->port == port))
			return true;
	}
	return false;
}

static bool
lists_name(const struct strv *list, const char *name, int port)
{
	struct host entry;

	for (size_t i = 0; next_entry(list, &i, port, &entry);)
		if (str_eq(entry.name, name))
			return true;
	return false;
}

bool
hosts_allow(const struct strv *list, const struct host *asked)
{
	return lists_name(list, asked->name, asked->port);
}

struct block {
	uint32_t first;
	int bits;
};

/* What is not the public internet: IANA special-purpose registry (RFC 6890),
 * and multicast. */
static const struct block private_v4[] = {
	{ 0x00000000, 8 },  /* this network */
	{ 0x0a000000, 8 },  /* private */
	{ 0x64400000, 10 }, /* carrier-grade NAT */
	{ 0x7f000000, 8 },  /* loopback */
	{ 0xa9fe0000, 16 }, /* link-local, cloud metadata */
	{ 0xac100000, 12 }, /* private */
	{ 0xc0000000, 24 }, /* protocol assignments */
	{ 0xc0a80000, 16 }, /* private */
	{ 0xc6120000, 15 }, /* benchmarking */
	{ 0xe0000000, 3 },  /* multicast, reserved, broadcast */
};

static bool
v4_is_private(uint32_t a)
{
	for (size_t i = 0; i < ARRAY_LEN(private_v4); i++)
		if ((a ^ private_v4[i].first) >> (32 - private_v4[i].bits) ==
		    0)
			return true;
	return false;
}

static uint32_t
v4_at(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
	       (uint32_t)b[2] << 8 | b[3];
}

/* Only 2000::/3 is handed out; of that, 6to4 and Teredo carry other
 * addresses. The IPv4-mapped and NAT64 forms are judged by what they hold. */
static bool
v6_is_private(const uint8_t b[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t nat64[12] = { 0, 0x64, 0xff, 0x9b };

	if (memcmp(b, mapped, 12) == 0 || memcmp(b, nat64, 12) == 0)
		return v4_is_private(v4_at(b + 12));
	if (b[0] == 0x20 && b[1] == 0x02)
		return true;
	if (memcmp(b, "\x20\x01\0\0", 4) == 0)
		return true;
	return (b[0] & 0xe0) != 0x20;
}

static bool
is_loopback(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)address;

		return ntohl(in->sin_addr.s_addr) >> 24 == 127;
	}
	return IN6_IS_ADDR_LOOPBACK(
		&((const struct sockaddr_in6 *)(const void *)address)
			 ->sin6_addr);
}

/* A scope ("fe80::1%2") is never listed: those entries do not parse. */
static bool
lists_address(const struct strv *list, const struct host *asked,
	      const struct sockaddr *address)
{
	const void *raw =
		address->sa_family == AF_INET ?
			(const void *)&((const struct sockaddr_in *)(const void
								     *)address)
				->sin_addr :
			&((const struct sockaddr_in6 *)(const void *)address)
				 ->sin6_addr;
	size_t size = address->sa_family == AF_INET ? 4 : 16;
	unsigned char listed[16];
	struct host entry;

	for (size_t i = 0; next_entry(list, &i, asked->port, &entry);)
		if (inet_pton(address->sa_family, entry.name, listed) == 1 &&
		    memcmp(listed, raw, size) == 0)
			return true;
	return false;
}

static bool
is_private(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)address;

		return v4_is_private(ntohl(in->sin_addr.s_addr));
	}
	return v6_is_private(
		((const struct sockaddr_in6 *)(const void *)address)
			->sin6_addr.s6_addr);
}

bool
hosts_allow_address(const struct strv *list, const struct host *asked,
		    const struct sockaddr *address)
{
	if (address->sa_family != AF_INET && address->sa_family != AF_INET6)
		return false;
	if (!is_private(address) || lists_address(list, asked, address))
		return true;
	return is_loopback(address) && str_eq(asked->name, "localhost");
}
