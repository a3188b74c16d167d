/*
 * learn_intent.h - pattern files that the database says must be written.
 * Internal to src/know/learn*.c, where learn.c explains the protocol.
 */
#ifndef AGENTOPS_KNOW_LEARN_INTENT_H
#define AGENTOPS_KNOW_LEARN_INTENT_H

#include "base/buf.h"
#include "base/db.h"
#include "base/id.h"
#include "base/path.h"
#include "know/pattern.h"

struct learn_intent {
	char *id;
	enum pattern_status stage;
	char *base_path; /* the user's file it was made from; "" if none */
	char base_sha[SHA256_HEX_SIZE]; /* of that file; "" if none */
	struct buf content; /* the whole file to write */
};

void learn_intent_release(struct learn_intent *i);

/* The newest intent of an id; *ret_found says whether there is one. */
bool learn_intent_get(struct db *db, const char *id, bool *ret_found,
		      struct learn_intent *ret, struct err *err);
bool learn_intent_put(struct db *db, const struct learn_intent *i,
		      struct err *err);

/* Brings the file of an id into being and forgets its intents. No
 * transaction may be open. ret_path (or NULL): caller frees; untouched when
 * there was no intent. */
bool learn_intent_apply(struct db *db, const struct paths *paths,
			const char *id, char **ret_path, struct err *err);

#endif
