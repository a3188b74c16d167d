/*
 * yaml.h - a YAML document as a tree that remembers where everything stood.
 *
 * Parsed with libyaml's events. One document; anchors and aliases are
 * resolved with a bound on what they may expand to; duplicate keys, tags
 * (!!str), multiple documents and depth over YAML_DEPTH are errors. Every error says
 * "name:line:column: what".
 *
 * Scalars keep their text; yaml_type tells what a plain scalar means by the
 * YAML 1.2 core schema (so `yes` and `2_min` are strings), quoted ones are
 * always strings.
 */
#ifndef AGENTOPS_BASE_YAML_H
#define AGENTOPS_BASE_YAML_H

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	YAML_LIMIT = 8 << 20, /* bytes of text */
	YAML_DEPTH = 64,      /* aliases counted as what they name */
	YAML_NODES_MAX = 1 << 20,
	YAML_ANCHORS_MAX = 1000,
};

enum yaml_kind { YAML_SCALAR, YAML_SEQ, YAML_MAP };

enum yaml_type {
	YAML_NULL,
	YAML_BOOL,
	YAML_INT,
	YAML_FLOAT,
	YAML_STR,
	YAML_NOT_SCALAR,
};

struct yaml_node {
	enum yaml_kind kind;
	int line, column;       /* 1-based, of its first character */
	bool plain;             /* scalar without quotes or block style */
	const char *text;       /* scalar: NUL-terminated, may hold no NUL */
	size_t len;
	struct yaml_node **items; /* seq: items; map: values */
	struct yaml_node **keys;  /* map only; always scalars */
	size_t count;
};

struct yaml_doc;

/* name is used in messages only. first_line is the number of the text's
 * first line (front matter starts at 2). NULL with err (ERR_SYNTAX) when it
 * is not one valid document; an empty text gives a null scalar. */
struct yaml_doc *yaml_parse(const char *text, size_t len, const char *name,
			    int first_line, struct err *err);
struct yaml_doc *yaml_read(const char *path, struct err *err);
void yaml_doc_free(struct yaml_doc *d);
DEFINE_AUTO_PTR(yaml_doc);

const struct yaml_node *yaml_root(const struct yaml_doc *d);
const char *yaml_name(const struct yaml_doc *d);

/* Value under key, NULL when missing or not a map. */
const struct yaml_node *yaml_get(const struct yaml_node *map,
				 const char *key);
enum yaml_type yaml_type(const struct yaml_node *n);
/* The scalar's text, or NULL. */
const char *yaml_str(const struct yaml_node *n);
const char *yaml_get_str(const struct yaml_node *map, const char *key);

/* Typed by yaml_type; caller deletes. */
cJSON *yaml_to_json(const struct yaml_node *n);

/* Appends s as a double-quoted scalar on one line, which any YAML reader takes
 * for exactly this text; bytes that are not UTF-8 become U+FFFD. */
void yaml_add_str(struct buf *out, const char *s, size_t len);

/* err = "name:line:column: message"; returns false. */
bool yaml_fail(const struct yaml_doc *d, const struct yaml_node *at,
	       struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
#define yaml_fail(d, at, err, ...) \
	err_false(yaml_fail(d, at, err, __VA_ARGS__))

#endif
