/*
 * field.h - typed reading of the keys of a YAML map, with located errors.
 *
 * Every function reads map[key] into *ret when the key is there, leaves
 * *ret alone when it is not, and fails with "file:line:column: KEY ..."
 * when the value is of the wrong kind. Text borrows from the document.
 *
 *	static const char *const KEYS[] = { "name", "jobs", NULL };
 *
 *	ok = field_keys(d, map, KEYS, NULL, err) &&
 *	     field_str(d, map, "name", &name, err) &&
 *	     field_int(d, map, "jobs", 1, 64, &jobs, err);
 */
#ifndef AGENTOPS_FLOW_FIELD_H
#define AGENTOPS_FLOW_FIELD_H

#include "base/err.h"
#include "base/mem.h"
#include "base/yaml.h"

#include <stdint.h>

/* map is a map and has no keys but these (NULL-terminated; more may be
 * NULL); else an error with "did you mean". */
bool field_keys(const struct yaml_doc *d, const struct yaml_node *map,
		const char *const *keys, const char *const *more,
		struct err *err);
/* A scalar that is not empty, whatever it looks like. */
bool field_str(const struct yaml_doc *d, const struct yaml_node *map,
	       const char *key, const char **ret, struct err *err);
bool field_bool(const struct yaml_doc *d, const struct yaml_node *map,
		const char *key, bool *ret, struct err *err);
bool field_int(const struct yaml_doc *d, const struct yaml_node *map,
	       const char *key, int min, int max, int *ret, struct err *err);
/* has may be NULL. */
bool field_num(const struct yaml_doc *d, const struct yaml_node *map,
	       const char *key, double *ret, bool *has, struct err *err);
/* "250ms", "2s", "5m", "1h" or seconds; more than 0 and at most max_s
 * seconds. */
bool field_duration(const struct yaml_doc *d, const struct yaml_node *map,
		    const char *key, int max_s, int64_t *ret_ms,
		    struct err *err);
/* One of count words; *ret is its index. */
bool field_word(const struct yaml_doc *d, const struct yaml_node *map,
		const char *key, const char *const *words, size_t count,
		int *ret, struct err *err);
/* A scalar or a list of scalars as a NULL-terminated list in the arena. */
bool field_strings(const struct yaml_doc *d, const struct yaml_node *map,
		   const char *key, struct arena *arena,
		   const char *const **ret, size_t *ret_count,
		   struct err *err);

/* A path below a step's folder: relative, without "..", at most 255 bytes;
 * false with a located error otherwise. */
bool field_file_ok(const struct yaml_doc *d, const struct yaml_node *at,
		   const char *name, struct err *err);

#endif
