/*
 * reference.h - what models are told: SKILL.md, the base that every agent
 * gets, and references, guides that are loaded when they are needed.
 *
 * A reference is a Markdown file with front matter:
 *
 *	---
 *	name: planning-guide               as the file, [a-z0-9-]
 *	summary: one line
 *	when: in words, for the model that chooses
 *	phases: [plan]                     where it is of use
 *	auto: [plan, chart]                loaded by the engine: in this phase,
 *	                                   or for a step that names this tool
 *	---
 *
 * Places, the first with a name counts: <data>/references, path_shipped,
 * PROJECT/.agentops/references. So a project adds guides and replaces none.
 * Links are not followed. Blocks on the disk.
 */
#ifndef AGENTOPS_KNOW_REFERENCE_H
#define AGENTOPS_KNOW_REFERENCE_H

#include "base/path.h"
#include "base/str.h"

enum {
	REFERENCE_LIMIT = 64 << 10, /* bytes of a file */
	SKILL_TOKENS_MAX = 850,     /* of SKILL.md, by o200k; .ci/tokens */
};

struct reference {
	char *name, *summary, *when, *path;
	struct strv phases, autos;
	size_t bytes;   /* of the text below the front matter */
	int64_t tokens; /* about */
	bool project;   /* comes with the project */
};

struct references {
	struct reference *items; /* by name */
	size_t count, cap;
	struct strv problems; /* "file:line:column: what" of broken ones */
};

void references_release(struct references *r);
/* project may be NULL. */
void references_list(const struct paths *paths, const char *project,
		     struct references *ret);
/* The text below its front matter. ERR_NOTFOUND with "did you mean" and all
 * names. */
bool reference_read(const struct references *r, const char *name,
		    struct buf *out, struct err *err);

/* SKILL.md below its front matter. */
bool skill_read(struct buf *out, struct err *err);

/* About how many tokens a text has: 3.8 bytes each (the shipped guides have
 * 3.8 to 4.3 by o200k). */
int64_t tokens_about(size_t bytes);

#endif
