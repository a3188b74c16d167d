/*
 * discover.h - pattern files that lie elsewhere on this machine: libraries of
 * v0.2.0 and those of the project.
 *
 *	AUTO(discover_list) found = { 0 };
 *	discover_scan(db, here, &found);
 *	for (i ...) if (!found.items[i].problem && !found.items[i].known)
 *		discover_write(&paths, &found.items[i].p, err);
 *
 * Places, in this order, each with its stage folders: ~/.claude/skills/
 * {meta-orchestrator,agentops-orchestrator}/patterns (v0.2.0 and v0.1.0),
 * PROJECT/skills/agentops-orchestrator/patterns (their source tree), and
 * PROJECT/.agentops/patterns. Links are not followed. Blocks on the disk.
 */
#ifndef AGENTOPS_KNOW_DISCOVER_H
#define AGENTOPS_KNOW_DISCOVER_H

#include "base/db.h"
#include "base/path.h"
#include "know/pattern.h"

enum { DISCOVER_MAX = 2000 }; /* files looked at */

struct discovered {
	char *path;        /* absolute */
	char *problem;     /* why it can't be read; then the rest is empty */
	bool known;        /* the library has this id already */
	struct pattern p;
};

struct discover_list {
	struct discovered *items; /* by place, then by name */
	size_t count, cap;
	size_t places;            /* folders that are there */
	bool more;                /* DISCOVER_MAX was reached */
};

void discover_list_release(struct discover_list *l);

/* What can't be read is an item with its problem. */
void discover_scan(struct db *db, const char *project,
		   struct discover_list *ret);

/*
 * Writes a pattern that was found or proposed into the user's library, into
 * discovered/ with its counts as they are: the evidence was gathered
 * elsewhere, so the stage begins anew when it is used here. A file that is
 * there, in any stage, is never replaced (ERR_CONFLICT). The caller syncs the
 * index.
 */
bool discover_write(const struct paths *paths, const struct pattern *p,
		    struct err *err);

#endif
