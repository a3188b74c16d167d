#include "tool/data/source.h"

#include "base/mem.h"
#include "base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *
data_encoding_name(enum data_encoding e)
{
	static const char *const names[] = {
#define X(encoding, name) [encoding] = name,
		DATA_ENCODINGS(X)
#undef X
	};

	return names[e];
}

/* Length of the run of ASCII without NUL at s; eight bytes at a time. A
 * word may be taken for one with a NUL when it has none: only slower. */
static size_t
plain_run(const char *s, size_t len)
{
	const uint64_t high = 0x8080808080808080u, low = high >> 7;
	size_t i = 0;

	for (; i + 8 <= len; i += 8) {
		uint64_t w;

		memcpy(&w, s + i, 8);
		if ((w | (w - low)) & high)
			break;
	}
	return i;
}

static int
continuation_bytes(unsigned char lead)
{
	return lead >= 0xc2 && lead <= 0xdf ? 1 :
	       lead >= 0xe0 && lead <= 0xef ? 2 :
	       lead >= 0xf0 && lead <= 0xf4 ? 3 :
					      0;
}

static void
count_byte(struct data_text_stats *st, unsigned char c)
{
	st->nul_bytes += c == 0;
	st->high_control += c >= 0x80 && c < 0xa0;
	if (st->pending && (c & 0xc0) == 0x80) {
		if (--st->pending == 0)
			st->multibyte++;
		return;
	}
	st->invalid += st->pending > 0;
	st->pending = continuation_bytes(c);
	st->invalid += c >= 0x80 && !st->pending;
}

void
data_text_count(struct data_text_stats *st, const char *s, size_t len)
{
	size_t i = 0;

	while (i < len) {
		size_t stop;

		if (!st->pending)
			i += plain_run(s + i, len - i);
		stop = i + 16 < len ? i + 16 : len;
		for (; i < stop; i++)
			count_byte(st, (unsigned char)s[i]);
	}
}

enum data_encoding
data_text_encoding(const struct data_text_stats *st,
		   enum data_encoding fallback)
{
	if (fallback != DATA_UTF8 || st->invalid == 0 ||
	    st->invalid <= st->multibyte)
		return fallback;
	return st->high_control ? DATA_CP1252 : DATA_LATIN1;
}

/* 0x80 to 0x9f of Windows-1252 (Unicode, MICSFT/WINDOWS/CP1252.TXT); the
 * five that it leaves open are the C1 controls of Latin-1. */
static const uint16_t cp1252[32] = {
	0x20ac, 0x81,   0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8d,   0x017d, 0x8f,
	0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d,   0x017e, 0x0178,
};

void
data_text_add(struct buf *out, enum data_encoding e, const char *s,
	      size_t len)
{
	if (e != DATA_LATIN1 && e != DATA_CP1252) {
		buf_add(out, s, len);
		return;
	}
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		utf8_encode(out, c >= 0x80 && c < 0xa0 && e == DATA_CP1252 ?
					 cp1252[c - 0x80] :
					 c);
	}
}

static uint32_t
utf16_unit(const char *s, bool big_endian)
{
	unsigned char a = (unsigned char)s[0], b = (unsigned char)s[1];

	return big_endian ? (uint32_t)a << 8 | b : (uint32_t)b << 8 | a;
}

size_t
data_utf16_decode(const char *s, size_t len, bool big_endian,
		  struct buf *out, struct data_text_stats *st)
{
	size_t i = 0;

	for (; i + 2 <= len; i += 2) {
		uint32_t c = utf16_unit(s + i, big_endian), low;

		if (c >= 0xd800 && c < 0xdc00) {
			if (i + 4 > len)
				return i;
			low = utf16_unit(s + i + 2, big_endian);
			if (low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) +
				    (low - 0xdc00);
				i += 2;
			}
		}
		st->nul_bytes += c == 0;
		st->invalid += c >= 0xd800 && c < 0xe000;
		if (c < 0x80)
			buf_addch(out, (char)c);
		else
			utf8_encode(out, c);
	}
	return i;
}

void
data_source_open(struct data_source *s, int fd, const char *name,
		 enum data_encoding e)
{
	*s = (struct data_source){ .fd = fd, .name = name, .encoding = e,
				   .raw = xmalloc(DATA_CHUNK) };
}

void
data_source_memory(struct data_source *s, const char *text, size_t len)
{
	*s = (struct data_source){ .fd = -1, .given = text,
				   .given_len = len };
}

void
data_source_release(struct data_source *s)
{
	free(s->raw);
	buf_release(&s->decoded);
	*s = (struct data_source){ .fd = -1 };
}

static bool
source_read(struct data_source *s, size_t *ret_len, struct err *err)
{
	ssize_t n;

	do
		n = read(s->fd, s->raw + s->held, DATA_CHUNK - s->held);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_errno(err, errno, "%s", s->name);
	s->stats.bytes += n;
	*ret_len = (size_t)n;
	return true;
}

static bool
next_utf16(struct data_source *s, const char **ret_text, size_t *ret_len,
	   struct err *err)
{
	size_t n, used, have;

	buf_reset(&s->decoded);
	while (s->decoded.len == 0) {
		if (!source_read(s, &n, err))
			return false;
		if (n == 0)
			break;
		have = s->held + n;
		used = data_utf16_decode(s->raw, have,
					 s->encoding == DATA_UTF16BE,
					 &s->decoded, &s->stats);
		s->held = have - used;
		memmove(s->raw, s->raw + used, s->held);
	}
	*ret_text = buf_str(&s->decoded);
	*ret_len = s->decoded.len;
	return true;
}

bool
data_source_next(struct data_source *s, const char **ret_text,
		 size_t *ret_len, struct err *err)
{
	size_t n;

	if (s->fd < 0) {
		*ret_text = s->given;
		*ret_len = s->given_len;
		s->given_len = 0;
		return true;
	}
	if (s->encoding == DATA_UTF16LE || s->encoding == DATA_UTF16BE)
		return next_utf16(s, ret_text, ret_len, err);
	if (!source_read(s, &n, err))
		return false;
	data_text_count(&s->stats, s->raw, n);
	*ret_text = s->raw;
	*ret_len = n;
	return true;
}
