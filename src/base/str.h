/*
 * str.h - text: numbers, UTF-8, distances, and making untrusted text safe.
 *
 * All text inside the program is UTF-8. Text from models, tools, files and
 * servers may be anything; str_visible is the one way it reaches a terminal.
 */
#ifndef AGENTOPS_BASE_STR_H
#define AGENTOPS_BASE_STR_H

#include "base/buf.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool str_eq(const char *a, const char *b); /* NULL equals only NULL */
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);

/* True for NULL and "". */
static inline bool
str_empty(const char *s)
{
	return !s || !*s;
}

/* The whole string must be a number in range (base 10); no blanks. */
bool str_to_i64(const char *s, int64_t min, int64_t max, int64_t *ret);
bool str_to_double(const char *s, double *ret);
/* "250ms" "2s" "5m" "1h", or seconds as a bare number. */
bool str_to_duration_ms(const char *s, int64_t *ret_ms);

/* Length in bytes of the valid UTF-8 sequence at s (at most len bytes), and
 * its code point; 0 when what stands there is not valid UTF-8. */
size_t utf8_decode(const char *s, size_t len, uint32_t *ret_cp);
bool utf8_valid(const char *s, size_t len);
/* Appends the code point; surrogates and values over 0x10ffff give U+FFFD. */
void utf8_encode(struct buf *out, uint32_t cp);

/*
 * Appends s with everything that could act on a terminal or mislead a reader
 * made visible: C0/C1 controls as ^X or <U+0085>, DEL as ^?, bidi overrides,
 * zero-width and other format characters as <U+202E>, invalid bytes as <FF>.
 * Newline and tab stay when keep_lines is set, else they are shown as well.
 */
void str_visible(struct buf *out, const char *s, size_t len, bool keep_lines);
/*
 * str_visible's rule for the one character at s (len is at least 1): returns
 * its bytes, and its code point (of an invalid byte, the byte). ret_mark has
 * STR_MARK_SIZE bytes and is what to show instead, "" for a character that is
 * shown as it is.
 */
enum { STR_MARK_SIZE = 16 };
size_t str_mark(const char *s, size_t len, uint32_t *ret_cp, char *ret_mark);

/* Edits (insert, delete, replace, swap neighbours) from a to b, both cut to
 * 63 bytes. */
int str_distance(const char *a, const char *b);
/* The candidate nearest to word, or NULL when none is near enough for a
 * "did you mean" (more than a third of the word's length away). */
const char *str_nearest(const char *word, const char *const *candidates,
			size_t count);

/*
 * Whether path fits pattern: `?` one character, `*` any within one part,
 * `**` any number of parts, `[a-z]` and `[!a-z]` one of a set, `\` takes the
 * next as it is. A pattern without a slash is compared with the last part
 * only. Sets hold bytes. Time is cubic at worst: no pattern explodes.
 */
bool str_glob(const char *pattern, const char *path);

/* Lower-cases ASCII in place. */
void str_lower(char *s);
/* Without leading and trailing blanks; in place, returns the new start. */
char *str_trim(char *s);

/*
 * A list of strings that it owns; items[count] is NULL, so items serves as
 * an argv.
 */
struct strv {
	char **items;
	size_t count, cap;
};

#define STRV_INIT { NULL, 0, 0 }

void strv_release(struct strv *v);
void strv_add(struct strv *v, const char *s);            /* copies */
void strv_take(struct strv *v, char *s);                 /* takes */
void strv_addf(struct strv *v, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
bool strv_has(const struct strv *v, const char *s);

#endif
