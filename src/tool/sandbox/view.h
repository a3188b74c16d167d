/*
 * view.h - which part of the file system the command sees, and how.
 *
 * A list of (path, kind) sorted so that a folder stands before what is in
 * it; the deepest entry that covers a file decides:
 *
 *	(none)          readable, not writable
 *	VIEW_TMPFS      a private, empty, writable folder: /tmp and the like
 *	VIEW_READABLE   shown though an entry above would cover it
 *	VIEW_WRITABLE
 *	VIEW_PINNED     writable inside, but cannot be renamed or removed:
 *	                .git, so that no other one takes its place
 *	VIEW_PROTECTED  readable inside something writable: .git/hooks
 *	VIEW_HIDDEN     neither readable nor listed: secrets, listening
 *	                sockets, or the folder above one that the command
 *	                cannot search and nothing can be mounted in
 *
 * Entries that change nothing are dropped, so each of them is one mount.
 */
#ifndef AGENTOPS_SANDBOX_VIEW_H
#define AGENTOPS_SANDBOX_VIEW_H

#include "launcher.h"

/* At one path in this order: what is hidden is then seen to be shown, and
 * refused. */
enum view_kind {
	VIEW_TMPFS,
	VIEW_HIDDEN,
	VIEW_READABLE,
	VIEW_WRITABLE,
	VIEW_PINNED,
	VIEW_PROTECTED,
};

struct view {
	char *path; /* absolute, resolved */
	enum view_kind kind;
	bool is_dir;
	bool may_hold; /* HIDDEN: entries below may show parts of it */
	bool holds;    /* some entry below does */
	bool given;    /* READABLE: a stored secret, shown in its folder */
};

struct views {
	struct view *items;
	size_t count, cap;
};

/* Refuses a writable or readable path inside a secret. private_tmp is for
 * the backend that can mount; the other one gets no TMPFS entries. */
bool views_make(const struct options *o, bool private_tmp,
		struct views *ret, struct err *err);
void views_release(struct views *v);

#endif
