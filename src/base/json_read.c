/*
 * A reader of many small JSON texts, one after another (json.h).
 *
 * Invariants
 *  1. The nodes of a tree are cells of `blocks`, taken in order and used
 *     again by the next text: reading allocates nothing once the blocks are
 *     there.
 *  2. Strings point into the text, decoded in place: a decoded string is
 *     never longer than its source.
 *  3. open[] is the way from the root to the container that is being filled,
 *     and last[] its newest child: no recursion.
 *  4. text[len] is NUL, so looking one byte ahead is always allowed.
 */
#include "base/json.h"

#include "base/mem.h"
#include "base/str.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_NODES = 64 };

struct json_reader {
	cJSON **blocks;
	size_t block_count, block_cap;
	size_t used;       /* blocks of this text */
	cJSON *free, *end; /* the cells left of the last of them */
	char *p;
	const char *text_end;
	int depth;
	cJSON *open[JSON_DEPTH + 1], *last[JSON_DEPTH + 1];
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

static void
skip_blanks(struct json_reader *r)
{
	while (*r->p == ' ' || *r->p == '\n' || *r->p == '\t' || *r->p == '\r')
		r->p++;
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

/* The first quote, backslash or NUL: eight bytes at a time. */
static const char *
plain_end(const char *s, const char *end)
{
	uint64_t v, bits;

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

/* The string whose opening quote is at p, decoded in place; NULL when it is
 * none. Afterwards p is behind it. */
static char *
read_string(struct json_reader *r)
{
	char *start = r->p + 1, *to;
	const char *s = start;

	if (*r->p != '"')
		return NULL;
	s = plain_end(s, r->text_end);
	to = start + (s - start);
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
	r->p = start + (s - start) + 1;
	*to = '\0';
	return start;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static cJSON *
number_node(struct json_reader *r, double v)
{
	cJSON *node = new_node(r, cJSON_Number);

	node->valuedouble = v;
	node->valueint = v >= INT32_MAX ? INT32_MAX :
			 v <= INT32_MIN ? INT32_MIN :
					  (int)v;
	return node;
}

static cJSON *
read_number(struct json_reader *r)
{
	enum { EXACT_DIGITS = 15 };
	char *start = r->p, *p = start + (*start == '-'), *digits = p;
	int64_t whole = 0;

	if (!is_digit(*p) || (*p == '0' && is_digit(p[1])))
		return NULL;
	for (; is_digit(*p); p++)
		if (p - digits < EXACT_DIGITS)
			whole = whole * 10 + (*p - '0');
	if (*p != '.' && *p != 'e' && *p != 'E' && p - digits <= EXACT_DIGITS) {
		r->p = p;
		/* -0.0 for -0, as strtod has it */
		return number_node(r, *start == '-' ? -(double)whole :
						      (double)whole);
	}
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
	r->p = p;
	return number_node(r, strtod(start, NULL));
}

static cJSON *
read_word(struct json_reader *r)
{
	static const struct {
		const char *word;
		size_t len;
		int type;
	} words[] = {
		{ "null", 4, cJSON_NULL },
		{ "true", 4, cJSON_True },
		{ "false", 5, cJSON_False },
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strncmp(r->p, words[i].word, words[i].len) == 0) {
			cJSON *node = new_node(r, words[i].type);

			node->valueint = words[i].type == cJSON_True;
			r->p += words[i].len;
			return node;
		}
	return NULL;
}

static cJSON *
read_value(struct json_reader *r)
{
	cJSON *node;
	char *text;

	switch (*r->p) {
	case '{':
	case '[':
		node = new_node(r, *r->p == '{' ? cJSON_Object : cJSON_Array);
		r->p++;
		return node;
	case '"':
		text = read_string(r);
		if (!text)
			return NULL;
		node = new_node(r, cJSON_String);
		node->valuestring = text;
		return node;
	case 't':
	case 'f':
	case 'n':
		return read_word(r);
	default:
		return read_number(r);
	}
}

/* Into the open container; cJSON's own shape: the first child's prev is the
 * last one. */
static void
attach(struct json_reader *r, cJSON *node)
{
	cJSON *parent = r->open[r->depth], *before = r->last[r->depth];

	r->last[r->depth] = node;
	if (!before) {
		parent->child = node;
	} else {
		before->next = node;
		node->prev = before;
	}
	parent->child->prev = node;
}

/* `"key":` in an object, nothing in an array. */
static bool
read_key(struct json_reader *r, char **ret)
{
	*ret = NULL;
	if (r->open[r->depth]->type != cJSON_Object)
		return true;
	*ret = read_string(r);
	if (!*ret)
		return false;
	skip_blanks(r);
	if (*r->p != ':')
		return false;
	r->p++;
	skip_blanks(r);
	return true;
}

/* After a value: closes what ends here. True when another value follows, or
 * everything is closed. */
static bool
close_values(struct json_reader *r)
{
	while (r->depth > 0) {
		char end = r->open[r->depth]->type == cJSON_Object ? '}' : ']';

		skip_blanks(r);
		if (*r->p == ',') {
			r->p++;
			skip_blanks(r);
			return true;
		}
		if (*r->p != end)
			return false;
		r->p++;
		r->depth--;
	}
	return true;
}

/* The root is the only child of open[0]. */
static bool
read_all(struct json_reader *r)
{
	skip_blanks(r);
	do {
		cJSON *node;
		char *key;

		if (!read_key(r, &key) || !(node = read_value(r)))
			return false;
		node->string = key;
		attach(r, node);
		if (node->type == cJSON_Object || node->type == cJSON_Array) {
			if (r->depth == JSON_DEPTH)
				return false;
			r->open[++r->depth] = node;
			r->last[r->depth] = NULL;
			skip_blanks(r);
			if (*r->p != '}' && *r->p != ']')
				continue;
		}
		if (!close_values(r))
			return false;
	} while (r->depth > 0);
	skip_blanks(r);
	return true;
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
	r->depth = 0;
	r->p = text;
	r->text_end = text + len;
	r->open[0] = &root;
	r->last[0] = NULL;
	if (read_all(r) && r->p == text + len) {
		root.child->prev = NULL;
		return root.child;
	}
	FAIL(err, ERR_DATA, "%s: not valid JSON at byte %zu", name,
	     (size_t)(r->p - text));
	return NULL;
}
