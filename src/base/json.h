/*
 * json.h - reading with cJSON under limits, writing straight into a buf.
 *
 * Reading: cJSON trees. Text from outside goes through json_parse, which
 * bounds size and depth and keeps cJSON from cutting strings at NUL: \u0000
 * becomes U+FFFD, a raw NUL byte is an error.
 *
 * Writing: small objects are appended with json_add_*; no tree is built.
 *
 *	buf_addch(&b, '{');
 *	json_add_key(&b, "name");  json_add_str(&b, name);
 *	json_add_key(&b, "rows");  buf_printf(&b, "%" PRId64, rows);
 *	buf_addch(&b, '}');
 */
#ifndef AGENTOPS_BASE_JSON_H
#define AGENTOPS_BASE_JSON_H

#include "base/buf.h"
#include "base/err.h"

#include <cjson/cJSON.h>
#include <stdint.h>

void json_cleanup(cJSON **pp);
#define AUTO_JSON __attribute__((cleanup(json_cleanup))) cJSON

enum { JSON_LIMIT = 64 << 20, JSON_DEPTH = 200 };

/* NULL and err set (with the byte offset) when text is not one whole JSON
 * value. name is what the message calls it. Caller deletes. */
cJSON *json_parse(const char *text, size_t len, const char *name,
		  struct err *err);
/* The object from the first { to the last } of a text: what models say often
 * has words or a fence around it. */
cJSON *json_in_text(const char *text, const char *name, struct err *err);

/*
 * For many small texts, one after another (a model's stream): as json_parse,
 * and several times as fast, because the tree's memory is used again and
 * strings are decoded where they stand. Half a surrogate pair becomes U+FFFD
 * here. The tree is valid until the next json_read, and as long as text is;
 * never delete it. text[len] must be NUL; text is changed, also on failure.
 */
struct json_reader;
struct json_reader *json_reader_new(void);
void json_reader_free(struct json_reader *r);
const cJSON *json_read(struct json_reader *r, char *text, size_t len,
		       const char *name, struct err *err);

/* Members by exact name; NULL, fallback or false when missing or of another
 * type. Strings borrow from the tree. */
const cJSON *json_get(const cJSON *object, const char *key);
const char *json_str(const cJSON *object, const char *key);
double json_num(const cJSON *object, const char *key, double fallback);
int64_t json_int(const cJSON *object, const char *key, int64_t fallback);
bool json_bool(const cJSON *object, const char *key, bool fallback);
/* "steps.profile.rows" and "list.0.name": NULL when not there. */
const cJSON *json_path(const cJSON *root, const char *path);

/* Compact text; caller frees. */
char *json_print(const cJSON *value);

/* Appends s as a JSON string; bytes that are not UTF-8 become U+FFFD. */
void json_add_str(struct buf *out, const char *s);
void json_add_strn(struct buf *out, const char *s, size_t len);
/* Appends `"key":`, with a comma before unless the last byte is { or [. */
void json_add_key(struct buf *out, const char *key);
/* Appends any value in compact form; values are as deep as json_parse lets
 * them be. */
void json_add_value(struct buf *out, const cJSON *value);
/* The shortest decimal that reads back as the same double; null when it is
 * not finite. */
void json_add_num(struct buf *out, double v);

#endif
