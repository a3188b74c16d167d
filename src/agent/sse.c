/*
 * Invariants
 *  1. `line` holds the bytes of a line whose end has not come; it is empty
 *     when the last byte ended a line. A line that came whole is read where
 *     it lies, without a copy.
 *  2. `after_cr`: the last byte was CR, so an LF that comes next belongs to
 *     it. `begun`: the first line was seen, a byte order mark is no more
 *     possible.
 */
#include "agent/sse.h"

#include "base/mem.h"

#include <string.h>

void
sse_release(struct sse *s)
{
	buf_release(&s->line);
	buf_release(&s->name);
	buf_release(&s->data);
}

static bool
too_big(const struct sse *s, struct err *err)
{
	return FAIL(err, ERR_TOOBIG,
		    "the stream has an event of more than %zu bytes", s->limit);
}

static void
dispatch(struct sse *s)
{
	if (s->has_data) {
		buf_terminate(&s->data);
		s->stopped = !s->fn(s->ud, buf_str(&s->name), s->data.data,
				    s->data.len);
	}
	s->has_data = false;
	buf_reset(&s->name);
	buf_reset(&s->data);
}

static bool
is_field(const char *line, size_t name_len, const char *field)
{
	return strlen(field) == name_len && !memcmp(line, field, name_len);
}

static bool
take_line(struct sse *s, const char *line, size_t len, struct err *err)
{
	const char *colon, *value;
	size_t name_len, value_len;

	if (!s->begun && len >= 3 && !memcmp(line, "\xef\xbb\xbf", 3)) {
		line += 3;
		len -= 3;
	}
	s->begun = true;
	if (len == 0) {
		dispatch(s);
		return true;
	}
	colon = memchr(line, ':', len);
	name_len = colon ? (size_t)(colon - line) : len;
	value = colon ? colon + 1 : line + len;
	value_len = (size_t)(line + len - value);
	if (value_len && *value == ' ') {
		value++;
		value_len--;
	}
	if (is_field(line, name_len, "data")) {
		if (s->data.len + value_len + 1 > s->limit)
			return too_big(s, err);
		if (s->has_data)
			buf_addch(&s->data, '\n');
		s->has_data = true;
		buf_add(&s->data, value, value_len);
	} else if (is_field(line, name_len, "event")) {
		buf_reset(&s->name);
		buf_add(&s->name, value, value_len);
	}
	return true;
}

/* Where the first CR or LF is, or end. */
static const char *
line_end(const char *p, const char *end)
{
	const char *lf = memchr(p, '\n', (size_t)(end - p));
	const char *stop = lf ? lf : end;
	const char *cr = memchr(p, '\r', (size_t)(stop - p));

	return cr ? cr : stop;
}

static bool
end_line(struct sse *s, const char *p, size_t len, struct err *err)
{
	bool ok;

	if (s->line.len == 0)
		return take_line(s, p, len, err);
	buf_add(&s->line, p, len);
	ok = take_line(s, s->line.data, s->line.len, err);
	buf_reset(&s->line);
	return ok;
}

bool
sse_add(struct sse *s, const char *bytes, size_t len, struct err *err)
{
	const char *p = bytes, *end = bytes + len;

	while (p < end && !s->stopped) {
		const char *stop;

		if (s->after_cr && *p == '\n') {
			s->after_cr = false;
			p++;
			continue;
		}
		s->after_cr = false;
		stop = line_end(p, end);
		if (s->line.len + (size_t)(stop - p) > s->limit)
			return too_big(s, err);
		if (stop == end) {
			buf_add(&s->line, p, (size_t)(end - p));
			return true;
		}
		if (!end_line(s, p, (size_t)(stop - p), err))
			return false;
		s->after_cr = *stop == '\r';
		p = stop + 1;
	}
	return true;
}
