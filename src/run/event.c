#include "run/event.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"

#include <string.h>

#define EVENT(id, name, help, fields)                      \
	static const struct event_field fields_##id[] = { \
		fields                                     \
	};
#define F(id_, kind_, name_, help_)                     \
	{ .name = #name_,                               \
	  .name_len = sizeof(#name_) - 1,               \
	  .help = help_,                                \
	  .kind = FIELD_##kind_,                        \
	  .offset = offsetof(struct event, id_.name_) },
#include "run/events.def"
#undef EVENT
#undef F

static const struct event_row rows[] = {
#define EVENT(id, name, help, fields) \
	[EV_##id] = { name,                     \
		      help,                     \
		      fields_##id,              \
		      ARRAY_LEN(fields_##id),   \
		      sizeof(name) - 1,         \
		      sizeof(struct ev_##id) },
#define F(id, kind, name, help)
#include "run/events.def"
#undef EVENT
#undef F
};

const struct event_row *
event_row(enum event_type type)
{
	return &rows[type];
}

enum event_type
event_type_parse(const char *name)
{
	size_t len = strlen(name);

	for (int i = 0; i < EVENT_TYPES; i++)
		if (rows[i].name_len == len &&
		    memcmp(rows[i].name, name, len) == 0)
			return (enum event_type)i;
	return EVENT_TYPES;
}

static void
encode_field(struct buf *out, const struct event_field *f, const void *at)
{
	const char *s;

	switch (f->kind) {
	case FIELD_INT:
		buf_addint(out, *(const int64_t *)at);
		return;
	case FIELD_BOOL:
		buf_addstr(out, *(const bool *)at ? "true" : "false");
		return;
	case FIELD_STR:
	case FIELD_JSON:
		break;
	}
	s = *(const char *const *)at;
	if (!s)
		buf_addstr(out, "null");
	else if (f->kind == FIELD_STR)
		json_add_str(out, s);
	else
		buf_addstr(out, s);
}

/* What most data has room in. */
enum { DATA_BYTES = 500 };

void
event_encode(struct buf *out, const struct event *e)
{
	const struct event_row *row = &rows[e->type];

	buf_reserve(out, DATA_BYTES);
	buf_addch(out, '{');
	for (int i = 0; i < row->field_count; i++) {
		const struct event_field *f = &row->fields[i];

		if (i)
			buf_addch(out, ',');
		buf_addch(out, '"');
		buf_add(out, f->name, f->name_len);
		buf_add(out, "\":", 2);
		encode_field(out, f, (const char *)e + f->offset);
	}
	buf_addch(out, '}');
}

/*
 * The reader: one pass over the text, no tree. A resume folds tens of
 * thousands of records; building a cJSON tree for each would cost more than
 * reading them from disk. The text is copied into the arena once and cut up
 * there: a string ends where its closing quote stood, and a JSON value where
 * the character behind it stood, once that has been read (`cut`).
 */
struct scan {
	char *at, *end;
	char *cut; /* becomes NUL as soon as it has been read; or NULL */
	struct arena *arena;
	const char *problem;
};

static bool
bad(struct scan *s, const char *problem)
{
	if (!s->problem)
		s->problem = problem;
	return false;
}

/* Records hold no blank where one may stand: the first look must be cheap. */
static inline void
blanks(struct scan *s)
{
	while (s->at < s->end && (unsigned char)*s->at <= ' ' &&
	       (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' ||
		*s->at == '\r'))
		s->at++;
}

static inline bool
take(struct scan *s, char c)
{
	blanks(s);
	if (s->at >= s->end || *s->at != c)
		return false;
	s->at++;
	if (s->cut)
		*TAKE(s->cut) = '\0';
	return true;
}

/* Moves behind a string; at is at its opening quote. */
static bool
skip_string(struct scan *s)
{
	for (s->at++; s->at < s->end; s->at++) {
		if (*s->at == '\\' && s->end - s->at > 1)
			s->at++;
		else if (*s->at == '"')
			return s->at++, true;
	}
	return bad(s, "a string without its end");
}

/* Moves behind any value: brackets are counted, not matched; what is kept
 * is parsed strictly when it is used. */
static bool
skip_value(struct scan *s)
{
	int depth = 0;

	for (blanks(s); s->at < s->end;) {
		char c = *s->at;

		if (c == '"') {
			if (!skip_string(s))
				return false;
			if (depth == 0)
				return true;
			continue;
		}
		if (c == '{' || c == '[') {
			if (++depth > JSON_DEPTH)
				return bad(s, "nested too deep");
		} else if (c == '}' || c == ']') {
			if (depth == 0)
				return true;
			if (--depth == 0)
				return s->at++, true;
		} else if (c == ',' && depth == 0) {
			return true;
		}
		s->at++;
	}
	return depth == 0 || bad(s, "a value without its end");
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool
read_hex4(const char *p, const char *end, uint32_t *ret)
{
	uint32_t v = 0;

	if (end - p < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		int d = hex_digit(p[i]);

		if (d < 0)
			return false;
		v = v << 4 | (uint32_t)d;
	}
	*ret = v;
	return true;
}

/* p is behind "\u"; returns behind the escape, NULL when it is broken. */
static const char *
unescape_unicode(const char *p, const char *end, struct buf *out)
{
	uint32_t cp, low;

	if (!read_hex4(p, end, &cp))
		return NULL;
	p += 4;
	if (cp >= 0xd800 && cp <= 0xdbff && end - p >= 6 && p[0] == '\\' &&
	    p[1] == 'u' && read_hex4(p + 2, end, &low) && low >= 0xdc00 &&
	    low <= 0xdfff) {
		cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
		p += 6;
	}
	/* A C string cannot hold it. */
	utf8_encode(out, cp ? cp : 0xfffd);
	return p;
}

static bool
unescape(const char *p, const char *end, struct buf *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";

	while (p < end) {
		const char *back = memchr(p, '\\', (size_t)(end - p)), *which;

		buf_add(out, p, (size_t)((back ? back : end) - p));
		if (!back)
			return true;
		p = back + 1;
		if (p < end && *p == 'u') {
			p = unescape_unicode(p + 1, end, out);
			if (!p)
				return false;
			continue;
		}
		which = p < end && *p ? strchr(from, *p) : NULL;
		if (!which)
			return false;
		buf_addch(out, to[which - from]);
		p++;
	}
	return true;
}

static bool
read_escaped(struct scan *s, const char *start, const char *end,
	     const char **ret)
{
	AUTO(buf) b = BUF_INIT;

	if (!unescape(start, end, &b))
		return bad(s, "a broken escape in a string");
	*ret = arena_strndup(s->arena, buf_str(&b), b.len);
	return true;
}

static bool
read_string(struct scan *s, const char **ret)
{
	char *start = s->at + 1, *p = start;

	if (s->at >= s->end || *s->at != '"')
		return bad(s, "not a string");
	while (p < s->end && *p != '"' && *p != '\\')
		p++;
	if (p < s->end && *p == '"') {
		*p = '\0';
		s->at = p + 1;
		*ret = start;
		return true;
	}
	return skip_string(s) && read_escaped(s, start, s->at - 1, ret);
}

static bool
read_int(struct scan *s, int64_t *ret)
{
	bool negative = s->at < s->end && *s->at == '-';
	const char *start = s->at += negative;
	int64_t v = 0;

	/* Counted downwards: there is one more below zero than above. */
	for (; s->at < s->end && *s->at >= '0' && *s->at <= '9'; s->at++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_sub_overflow(v, *s->at - '0', &v))
			return bad(s, "not an integer of 64 bits");
	if (s->at == start || (!negative && v == INT64_MIN))
		return bad(s, "not an integer");
	*ret = negative ? v : -v;
	return true;
}

static bool
take_word(struct scan *s, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - s->at) < n || memcmp(s->at, word, n) != 0)
		return false;
	s->at += n;
	return true;
}

static bool
read_field(struct scan *s, const struct event_field *f, void *at)
{
	char *start;

	blanks(s);
	if (s->at < s->end && *s->at == 'n' && take_word(s, "null"))
		return true;
	switch (f->kind) {
	case FIELD_STR:
		return read_string(s, at);
	case FIELD_INT:
		return read_int(s, at);
	case FIELD_BOOL:
		*(bool *)at = take_word(s, "true");
		return *(bool *)at || take_word(s, "false") ||
		       bad(s, "not true or false");
	case FIELD_JSON:
		break;
	}
	start = s->at;
	if (!skip_value(s) || s->at == start)
		return bad(s, "not a JSON value");
	*(const char **)at = start;
	s->cut = s->at;
	return true;
}

static const struct event_field *
find_field(const struct event_row *row, const char *name, size_t len)
{
	for (int i = 0; i < row->field_count; i++)
		if (row->fields[i].name_len == len &&
		    memcmp(row->fields[i].name, name, len) == 0)
			return &row->fields[i];
	return NULL;
}

/* Moves behind the key and colon of f, if they stand here as event_encode
 * writes them. */
static bool
take_key(struct scan *s, const struct event_field *f)
{
	size_t n = f->name_len;

	if ((size_t)(s->end - s->at) < n + 3 || s->at[0] != '"' ||
	    s->at[n + 1] != '"' || s->at[n + 2] != ':' ||
	    memcmp(s->at + 1, f->name, n) != 0)
		return false;
	s->at += n + 3;
	return true;
}

/* Records are written in the row's order: expected is the field after the
 * last, and nearly always the one that stands here. */
static bool
read_member(struct scan *s, const struct event_row *row, int expected,
	    struct event *e)
{
	const struct event_field *f;
	const char *key;

	if (expected < row->field_count &&
	    take_key(s, &row->fields[expected])) {
		f = &row->fields[expected];
		return read_field(s, f, (char *)e + f->offset);
	}
	blanks(s);
	key = s->at + 1;
	if (s->at >= s->end || *s->at != '"' || !skip_string(s))
		return bad(s, "no key where one must be");
	f = find_field(row, key, (size_t)(s->at - 1 - key));
	if (!take(s, ':'))
		return bad(s, "no colon after a key");
	return f ? read_field(s, f, (char *)e + f->offset) : skip_value(s);
}

static bool
read_object(struct scan *s, struct event *e)
{
	const struct event_row *row = &rows[e->type];
	int expected = 0;

	if (!take(s, '{'))
		return bad(s, "not an object");
	if (!take(s, '}')) {
		do {
			if (!read_member(s, row, expected++, e))
				return false;
		} while (take(s, ','));
		if (!take(s, '}'))
			return bad(s, "no end of the object");
	}
	blanks(s);
	return s->at == s->end || bad(s, "something after the object");
}

bool
event_decode(const char *data, size_t len, struct arena *arena,
	     struct event *ret, struct err *err)
{
	const struct event_row *row = &rows[ret->type];
	char *copy = arena_strndup(arena, data, len);
	struct scan s = { .at = copy, .end = copy + len, .arena = arena };

	/* All members of the union begin at one place. */
	memset((char *)ret + offsetof(struct event, run_created), 0,
	       row->payload_size);
	if (memchr(data, '\0', len))
		bad(&s, "a NUL byte");
	else if (read_object(&s, ret))
		return true;
	return FAIL(err, ERR_CORRUPT, "event %s at byte %td of its data: %s",
		    row->name, s.at - copy, s.problem);
}

/* About what a record has beside its data: grown at once, not in steps. */
enum { HEAD_BYTES = 256 };

static void
add_head(struct buf *out, const struct event *e, const char *data)
{
	char ts[CLOCK_ISO_SIZE];

	buf_addstr(out, "{\"run\":\"");
	buf_addstr(out, e->run);
	buf_addstr(out, "\",\"seq\":");
	buf_addint(out, e->seq);
	buf_addstr(out, ",\"ts\":\"");
	buf_addstr(out, clock_iso(e->ts_us, ts));
	buf_addstr(out, "\",\"type\":\"");
	buf_addstr(out, rows[e->type].name);
	buf_addstr(out, "\",\"data\":");
	buf_addstr(out, data);
	buf_addstr(out, ",\"prev\":\"");
	buf_addstr(out, e->prev);
	buf_addch(out, '"');
}

void
event_hash(const struct event *e, const char *data,
	   char out[SHA256_HEX_SIZE])
{
	AUTO(buf) b = BUF_INIT;

	buf_reserve(&b, HEAD_BYTES + strlen(data));
	add_head(&b, e, data);
	buf_addch(&b, '}');
	sha256_hex(b.data, b.len, out);
}

void
event_record(struct buf *out, const struct event *e, const char *data)
{
	add_head(out, e, data);
	buf_printf(out, ",\"hash\":\"%s\"}", e->hash);
}
