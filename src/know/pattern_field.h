/*
 * pattern_field.h - the front matter as a table, for reader and writer.
 *
 * One row per key, in the order in which a new file has them. A row with
 * owned set is rewritten when its value changed; every other value in a file
 * belongs to the person who wrote it. A row with alias set is read and never
 * written. Internal to src/know/pattern*.c.
 */
#ifndef AGENTOPS_KNOW_PATTERN_FIELD_H
#define AGENTOPS_KNOW_PATTERN_FIELD_H

#include "know/pattern.h"

enum pattern_kind {
	FIELD_STR,
	FIELD_COUNT,    /* int64_t, 0 or more */
	FIELD_MINUTES,  /* double, 0 or more */
	FIELD_RATE,     /* derived from the counts when written */
	FIELD_TIME,     /* int64_t wall time */
	FIELD_STATUS,
	FIELD_LIST,     /* struct strv */
	FIELD_ISSUES,
	FIELD_WORKFLOW, /* raw text */
};

struct pattern_field {
	const char *key;
	enum pattern_kind kind;
	size_t offset; /* in struct pattern; unused for RATE, ISSUES,
			  WORKFLOW */
	bool owned, alias;
};

extern const struct pattern_field pattern_fields[];
extern const size_t pattern_field_count;

#define PATTERN_AT(p, field, type) \
	((type *)((char *)(p) + (field)->offset))
#define PATTERN_AT_CONST(p, field, type) \
	((const type *)((const char *)(p) + (field)->offset))

/* The lines of the YAML text between the `---` lines, and where they are in
 * the file. */
struct pattern_parts {
	size_t yaml, yaml_len; /* offset and length of the front matter */
	size_t body;           /* offset of the prose */
};

/* Finds the parts of a file; err names the line that is wrong. */
bool pattern_split(const char *text, size_t len, const char *name,
		   struct pattern_parts *ret, struct err *err);

/* Offset of the start of every line of the text (as libyaml counts lines:
 * CR, LF, CR LF, NEL, LS and PS end one), and len at the end: lines + 1
 * entries. Caller frees. */
size_t *pattern_lines(const char *text, size_t len, size_t *ret_count);

/* Wraps a YAML document that stands alone as the value of a key: after its
 * colon. Caller frees; ERR_SYNTAX when it can't stand there. */
bool pattern_nest(const char *text, const char *key, char **ret,
		  struct err *err);

/* Any id as one that pattern_id_valid takes. Caller frees. */
char *pattern_id_clean(const char *id);

/* Files of v0.2.0 that are no front matter: src/know/pattern_legacy.c. */
bool pattern_legacy_claims(const char *text, size_t len, const char *name);
bool pattern_legacy_read(const char *text, size_t len, const char *name,
			 struct pattern *p, struct err *err);
/* The first heading of the prose without "Pattern:"; NULL when there is none.
 * Caller frees. */
char *pattern_heading(const char *text);
/* Adds the titles of "### Step N: Title". */
void pattern_prose_steps(const char *text, struct strv *steps);

#endif
