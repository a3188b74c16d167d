/*
 * A reader of many small JSON texts, one after another (json.h).
 *
 * Invariants
 *  1. The nodes of a tree are cells of `blocks`, taken in order and used
 *     again by the next text: reading allocates nothing once the blocks are
 *     there.
 *  2. Strings point into the text, decoded in place: a decoded string is
 *     never longer than its source.
 *  3. The way from the root to the container that is being filled is on a
 *     stack, each with its newest child: no recursion.
 *  4. text[len] is NUL, so looking one byte ahead is always allowed.
 *
 * What changes with each byte is in a struct place that is inlined away:
 * strings are written in place, so the compiler would else read all of the
 * reader again after each of them.
 */
#include "base/json.h"

#include "base/mem.h"
#include "base/str.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { BLOCK_NODES = 64 };

struct json_reader {
	cJSON **blocks;
	size_t block_count, block_cap;
	size_t used;       /* blocks of this text */
	cJSON *free, *end; /* the cells left of the last of them */
	char *p;           /* where reading ended */
	const char *text_end;
	/* Of the containers around the one that is being filled. */
	cJSON *open[JSON_DEPTH + 1], *last[JSON_DEPTH + 1];
};

struct place {
	char *p;
	cJSON *parent, *last; /* the container, and its newest child */
	int depth;
};

struct json_reader *
json_reader_new(void)
{
	return xcalloc(1, sizeof(struct json_reader));
}

void
json_reader_free(struct json_reader *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->block_count; i++)
		free(r->blocks[i]);
	free(r->blocks);
	free(r);
}

static void
next_block(struct json_reader *r)
{
	if (r->used == r->block_count) {
		GROW(r->blocks, r->block_count, r->block_cap);
		r->blocks[r->block_count++] =
			xcalloc(BLOCK_NODES, sizeof(cJSON));
	}
	r->free = r->blocks[r->used++];
	r->end = r->free + BLOCK_NODES;
}

static inline cJSON *
new_node(struct json_reader *r, int type)
{
	cJSON *node;

	if (r->free == r->end)
		next_block(r);
	node = r->free++;
	*node = (cJSON){ .type = type };
	return node;
}

static inline char *
skip_blanks(char *p)
{
	/* Streams have none. */
	if ((unsigned char)*p > ' ')
		return p;
	while (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r')
		p++;
	return p;
}

/* Four hex digits, or -1. */
static int
hex4(const char *s)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		char c = s[i];
		int digit = c >= '0' && c <= '9' ? c - '0' :
			    c >= 'a' && c <= 'f' ? c - 'a' + 10 :
			    c >= 'A' && c <= 'F' ? c - 'A' + 10 :
						   -1;

		if (digit < 0)
			return -1;
		v = v * 16 + digit;
	}
	return v;
}

static char *
put_utf8(char *to, uint32_t cp)
{
	if (cp < 0x80) {
		*to++ = (char)cp;
		return to;
	}
	if (cp < 0x800) {
		*to++ = (char)(0xc0 | cp >> 6);
	} else {
		if (cp < 0x10000) {
			*to++ = (char)(0xe0 | cp >> 12);
		} else {
			*to++ = (char)(0xf0 | cp >> 18);
			*to++ = (char)(0x80 | (cp >> 12 & 0x3f));
		}
		*to++ = (char)(0x80 | (cp >> 6 & 0x3f));
	}
	*to++ = (char)(0x80 | (cp & 0x3f));
	return to;
}

/* \uXXXX, s after the u. A NUL and half of a surrogate pair become U+FFFD.
 * NULL when it is none; else the place after it. */
static const char *
read_unicode(const char *s, char **to)
{
	int high = hex4(s), low;
	uint32_t cp = (uint32_t)high;

	if (high < 0)
		return NULL;
	s += 4;
	if (high >= 0xd800 && high < 0xdc00 && s[0] == '\\' && s[1] == 'u' &&
	    (low = hex4(s + 2)) >= 0xdc00 && low < 0xe000) {
		cp = 0x10000 + ((uint32_t)(high - 0xd800) << 10) +
		     (uint32_t)(low - 0xdc00);
		s += 6;
	} else if (high == 0 || (high >= 0xd800 && high < 0xe000)) {
		cp = 0xfffd;
	}
	*to = put_utf8(*to, cp);
	return s;
}

static const char *
read_escape(const char *s, char **to)
{
	static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (*s == 'u')
		return read_unicode(s + 1, to);
	found = *s ? strchr(from, *s) : NULL;
	if (!found)
		return NULL;
	*(*to)++ = into[found - from];
	return s + 1;
}

/* Bits that are set in the bytes of v that are b; above the lowest such byte
 * others may be set too (Bit Twiddling Hacks, "Determine if a word has a byte
 * equal to n"). */
static inline uint64_t
byte_bits(uint64_t v, unsigned char b)
{
	const uint64_t ones = 0x0101010101010101;

	v ^= ones * b;
	return (v - ones) & ~v & ones * 0x80;
}

#ifdef __SSE2__
/* The first quote, backslash or NUL of 16 bytes; s + 16 without one. */
static inline const char *
plain_end16(const char *s)
{
	__m128i v = _mm_loadu_si128((const __m128i *)s);
	__m128i stops = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
				     _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
	unsigned bits;

	stops = _mm_or_si128(stops, _mm_cmpeq_epi8(v, _mm_setzero_si128()));
	bits = (unsigned)_mm_movemask_epi8(stops);
	return s + __builtin_ctz(bits | 1u << 16);
}
#endif

/* The first quote, backslash or NUL: 16 or eight bytes at a time. */
static inline const char *
plain_end(const char *s, const char *end)
{
	uint64_t v, bits;

#ifdef __SSE2__
	while (end - s >= 16) {
		const char *stop = plain_end16(s);

		if (stop < s + 16)
			return stop;
		s = stop;
	}
#endif
	for (; end - s >= 8; s += 8) {
		memcpy(&v, s, sizeof(v));
		v = le64toh(v); /* the first byte is the lowest */
		bits = byte_bits(v, '"') | byte_bits(v, '\\') | byte_bits(v, 0);
		if (bits)
			return s + __builtin_ctzll(bits) / 8;
	}
	while (*s != '"' && *s != '\\' && *s)
		s++;
	return s;
}

/* The rest of a string that has an escape or no end, from s on; see
 * read_string. Returns the place behind it. */
static char *
read_escaped(char *start, const char *s)
{
	char *to = start + (s - start), *after;

	while (*s != '"') {
		if (*s == '\0')
			return NULL;
		if (*s != '\\') {
			*to++ = *s++;
			continue;
		}
		s = read_escape(s + 1, &to);
		if (!s)
			return NULL;
	}
	after = start + (s - start) + 1;
	*to = '\0';
	return after;
}

/* The string whose opening quote is at p, decoded in place; NULL when it is
 * none. Afterwards p is behind it. */
static inline char *
read_string(struct place *at, const char *end)
{
	char *start = at->p + 1, *stop;

	if (*at->p != '"')
		return NULL;
	stop = start + (plain_end(start, end) - start);
	if (*stop != '"') {
		stop = read_escaped(start, stop);
		if (!stop)
			return NULL;
		at->p = stop;
		return start;
	}
	*stop = '\0';
	at->p = stop + 1;
	return start;
}

static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline cJSON *
number_node(struct json_reader *r, double v)
{
	cJSON *node = new_node(r, cJSON_Number);

	node->valuedouble = v;
	node->valueint = v >= INT32_MAX ? INT32_MAX :
			 v <= INT32_MIN ? INT32_MIN :
					  (int)v;
	return node;
}

/* One with a fraction, an exponent or many digits. */
static cJSON *
read_long_number(struct json_reader *r, char *start, char *p, char **ret)
{
	if (*p == '.' && !is_digit(*++p))
		return NULL;
	while (is_digit(*p))
		p++;
	if (*p == 'e' || *p == 'E') {
		p += p[1] == '+' || p[1] == '-' ? 2 : 1;
		if (!is_digit(*p))
			return NULL;
		while (is_digit(*p))
			p++;
	}
	*ret = p;
	return number_node(r, strtod(start, NULL));
}

static inline cJSON *
read_number(struct json_reader *r, struct place *at)
{
	enum { EXACT_DIGITS = 15 };
	char *start = at->p, *p = start + (*start == '-'), *digits = p;
	uint64_t whole = 0; /* of too many digits: not used */
	cJSON *node;

	if (!is_digit(*p) || (*p == '0' && is_digit(p[1])))
		return NULL;
	for (; is_digit(*p); p++)
		whole = whole * 10 + (uint64_t)(*p - '0');
	if (*p != '.' && *p != 'e' && *p != 'E' && p - digits <= EXACT_DIGITS) {
		at->p = p;
		/* -0.0 for -0, as strtod has it */
		return number_node(r, *start == '-' ? -(double)whole :
						      (double)whole);
	}
	node = read_long_number(r, start, p, &p);
	at->p = p;
	return node;
}

static inline cJSON *
read_word(struct json_reader *r, struct place *at)
{
	static const struct {
		const char *word;
		int type;
	} words[] = {
		{ "null", cJSON_NULL },
		{ "true", cJSON_True },
		{ "false", cJSON_False },
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const char *w = words[i].word;
		size_t n = 0;

		while (w[n] && at->p[n] == w[n])
			n++;
		if (!w[n]) {
			cJSON *node = new_node(r, words[i].type);

			node->valueint = words[i].type == cJSON_True;
			at->p += n;
			return node;
		}
	}
	return NULL;
}

static inline cJSON *
read_value(struct json_reader *r, struct place *at)
{
	cJSON *node;
	char *text;

	switch (*at->p) {
	case '{':
	case '[':
		node = new_node(r, *at->p == '{' ? cJSON_Object : cJSON_Array);
		at->p++;
		return node;
	case '"':
		text = read_string(at, r->text_end);
		if (!text)
			return NULL;
		node = new_node(r, cJSON_String);
		node->valuestring = text;
		return node;
	case 't':
	case 'f':
	case 'n':
		return read_word(r, at);
	default:
		return read_number(r, at);
	}
}

/* Into the open container; cJSON's own shape: the first child's prev is the
 * last one. */
static inline void
attach(struct place *at, cJSON *node)
{
	if (!at->last) {
		at->parent->child = node;
	} else {
		at->last->next = node;
		node->prev = at->last;
	}
	at->parent->child->prev = node;
	at->last = node;
}

/* `"key":` in an object, nothing in an array. */
static inline bool
read_key(const struct json_reader *r, struct place *at, char **ret)
{
	*ret = NULL;
	if (at->parent->type != cJSON_Object)
		return true;
	*ret = read_string(at, r->text_end);
	if (!*ret)
		return false;
	at->p = skip_blanks(at->p);
	if (*at->p != ':')
		return false;
	at->p = skip_blanks(at->p + 1);
	return true;
}

/* node is filled next. False when it is too deep. */
static inline bool
open_value(struct json_reader *r, struct place *at, cJSON *node)
{
	if (at->depth == JSON_DEPTH)
		return false;
	r->open[at->depth] = at->parent;
	r->last[at->depth++] = at->last;
	at->parent = node;
	at->last = NULL;
	at->p = skip_blanks(at->p);
	return true;
}

/* After a value: closes what ends here. True when another value follows, or
 * everything is closed. */
static inline bool
close_values(struct json_reader *r, struct place *at)
{
	while (at->depth > 0) {
		at->p = skip_blanks(at->p);
		if (*at->p == ',') {
			at->p = skip_blanks(at->p + 1);
			return true;
		}
		if (*at->p != (at->parent->type == cJSON_Object ? '}' : ']'))
			return false;
		at->p++;
		at->depth--;
		at->parent = r->open[at->depth];
		at->last = r->last[at->depth];
	}
	return true;
}

/* The root is the only child of `root`. */
static bool
read_all(struct json_reader *r, cJSON *root)
{
	struct place at = { .p = skip_blanks(r->p), .parent = root };
	bool ok;

	do {
		cJSON *node = NULL;
		char *key;

		ok = read_key(r, &at, &key) && (node = read_value(r, &at));
		if (!ok)
			break;
		node->string = key;
		attach(&at, node);
		if (node->type == cJSON_Object || node->type == cJSON_Array) {
			ok = open_value(r, &at, node);
			if (ok && *at.p != '}' && *at.p != ']')
				continue;
		}
		ok = ok && close_values(r, &at);
	} while (ok && at.depth > 0);
	r->p = ok ? skip_blanks(at.p) : at.p;
	return ok;
}

const cJSON *
json_read(struct json_reader *r, char *text, size_t len, const char *name,
	  struct err *err)
{
	cJSON root = { .type = cJSON_Array };

	if (len > JSON_LIMIT) {
		FAIL(err, ERR_TOOBIG, "%s: JSON of more than %d bytes", name,
		     JSON_LIMIT);
		return NULL;
	}
	r->used = 0;
	r->free = r->end = NULL;
	r->p = text;
	r->text_end = text + len;
	if (read_all(r, &root) && r->p == text + len) {
		root.child->prev = NULL;
		return root.child;
	}
	FAIL(err, ERR_DATA, "%s: not valid JSON at byte %zu", name,
	     (size_t)(r->p - text));
	return NULL;
}
