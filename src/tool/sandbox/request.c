#include "tool/sandbox/request.h"

#include <string.h>
#include <strings.h>

struct span {
	const char *at;
	size_t len;
};

/* Up to the byte; rest begins after it. False when there is none. */
static bool
cut(struct span *rest, char at, struct span *ret)
{
	const char *end = memchr(rest->at, at, rest->len);

	if (!end)
		return false;
	ret->at = rest->at;
	ret->len = (size_t)(end - rest->at);
	rest->at = end + 1;
	rest->len -= ret->len + 1;
	return true;
}

/* A line without its end; "\n" alone is taken for one as well. */
static bool
cut_line(struct span *rest, struct span *ret)
{
	if (!cut(rest, '\n', ret))
		return false;
	if (ret->len && ret->at[ret->len - 1] == '\r')
		ret->len--;
	return true;
}

static bool
span_is(struct span s, const char *text)
{
	return s.len == strlen(text) && strncasecmp(s.at, text, s.len) == 0;
}

/* These are between the client and this proxy, or made anew here. */
static bool
is_dropped(struct span name)
{
	static const char *const names[] = {
		"Host",		    "Connection", "Proxy-Connection",
		"Proxy-Authorization", "Keep-Alive", "Upgrade",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (span_is(name, names[i]))
			return true;
	return false;
}

static bool
add_fields(struct span rest, struct buf *out)
{
	struct span line, name, value;

	while (cut_line(&rest, &line) && line.len) {
		value = line;
		if (memchr(line.at, '\r', line.len) ||
		    memchr(line.at, '\0', line.len) ||
		    !cut(&value, ':', &name) || !name.len ||
		    memchr(name.at, ' ', name.len) ||
		    memchr(name.at, '\t', name.len))
			return false;
		if (is_dropped(name))
			continue;
		buf_add(out, line.at, line.len);
		buf_addstr(out, "\r\n");
	}
	buf_addstr(out, "\r\n");
	return true;
}

/* authority: what stood in the URL; it, not the client's Host field, says
 * which of the server's sites is meant. */
static bool
add_head(struct span method, struct span path, struct span authority,
	 struct span fields, struct buf *out)
{
	buf_add(out, method.at, method.len);
	buf_addch(out, ' ');
	if (!path.len || *path.at != '/')
		buf_addch(out, '/');
	buf_add(out, path.at, path.len);
	buf_addstr(out, " HTTP/1.1\r\nHost: ");
	buf_add(out, authority.at, authority.len);
	buf_addstr(out, "\r\nConnection: close\r\n");
	return add_fields(fields, out);
}

static bool
parse_url(struct span url, struct span *authority, struct span *path)
{
	static const char scheme[] = "http://";
	size_t n = strlen(scheme);

	if (url.len <= n || strncasecmp(url.at, scheme, n) != 0)
		return false;
	url.at += n;
	url.len -= n;
	*authority = url;
	for (n = 0; n < url.len && !strchr("/?#", url.at[n]); n++)
		;
	authority->len = n;
	path->at = url.at + n;
	path->len = url.len - n;
	return true;
}

/* Neither a method nor a URL has blanks or controls in it. */
static bool
is_plain(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] <= ' ' || s.at[i] == 0x7f)
			return false;
	return s.len > 0;
}

bool
request_parse(const char *head, size_t len, struct request *ret,
	      struct err *err)
{
	struct span rest = { head, len }, line, method, target, path;
	struct span authority;
	struct host host;
	bool tunnel;

	if (!cut_line(&rest, &line) || !cut(&line, ' ', &method) ||
	    !is_plain(method) || !cut(&line, ' ', &target) ||
	    !is_plain(target) ||
	    !(span_is(line, "HTTP/1.1") || span_is(line, "HTTP/1.0")))
		return FAIL(err, ERR_SYNTAX, "not an HTTP/1.1 request");
	tunnel = span_is(method, "CONNECT");
	authority = target;
	if (!tunnel && !parse_url(target, &authority, &path))
		return FAIL(err, ERR_SYNTAX,
			    "this is a proxy: it takes CONNECT and "
			    "http:// URLs");
	if (!host_parse(authority.at, authority.len, &host) ||
	    (tunnel && !host.port))
		return FAIL(err, ERR_SYNTAX, "the request names no host");
	if (!tunnel &&
	    !add_head(method, path, authority, rest, &ret->head)) {
		buf_reset(&ret->head);
		return FAIL(err, ERR_SYNTAX, "bad header field");
	}
	if (!host.port)
		host.port = 80;
	ret->tunnel = tunnel;
	ret->host = host;
	return true;
}

void
request_release(struct request *r)
{
	buf_release(&r->head);
}
