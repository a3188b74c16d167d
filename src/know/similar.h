/*
 * similar.h - which patterns are nearly the same as one: its variants, and
 * duplicates that could be merged.
 *
 * Two measures, each shared / all (Jaccard, as v0.2.0 compared plugins):
 * the words of name, keywords and tags, and the steps. A variant has the same
 * id up to its "-v2"; a duplicate agrees in 80 % of both.
 *
 *	struct similar_list list = { 0 };
 *	if (similar_find(db, id, 10, &list, err)) ...
 *	similar_list_release(&list);
 */
#ifndef AGENTOPS_KNOW_SIMILAR_H
#define AGENTOPS_KNOW_SIMILAR_H

#include "base/db.h"
#include "know/library.h"

#define SIMILAR_DUPLICATE 0.8

struct similar {
	struct library_row row;
	double words, steps; /* 0 to 1 */
	bool variant, duplicate;
};

/* items[0] is the pattern itself, then variants, then the most similar. */
struct similar_list {
	struct similar *items;
	size_t count, cap;
};

/* At most limit others, of those that share a word. ERR_NOTFOUND for an id
 * that there is not; a pattern whose file can't be read has no steps. */
bool similar_find(struct db *db, const char *id, size_t limit,
		  struct similar_list *ret, struct err *err);
void similar_list_release(struct similar_list *l);

#endif
