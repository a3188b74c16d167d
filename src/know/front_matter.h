/*
 * front_matter.h - Markdown that begins with YAML: a line ---, YAML, a line
 * ---, text.
 */
#ifndef AGENTOPS_KNOW_FRONT_MATTER_H
#define AGENTOPS_KNOW_FRONT_MATTER_H

#include <stddef.h>

/* Where the text begins, its first empty lines left out. *ret_yaml is where
 * the YAML begins, in the file's second line, *ret_len its bytes; NULL and 0,
 * and all is text, when it has none. */
const char *front_matter(const char *text, const char **ret_yaml,
			 size_t *ret_len);

#endif
