#include "know/similar.h"

#include "base/mem.h"
#include "know/words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { CANDIDATES = 100 };

void
similar_list_release(struct similar_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		library_row_release(&l->items[i].row);
	free(l->items);
	*l = (struct similar_list){ 0 };
}

/* What is compared of a pattern. */
struct traits {
	struct strv words, steps;
};

static void
traits_release(struct traits *t)
{
	strv_release(&t->words);
	strv_release(&t->steps);
}

static void
add_words(struct strv *out, const struct strv *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		words_split(texts->items[i], &words_matched, out);
}

static void
read_traits(struct db *db, const struct library_row *row, struct traits *ret)
{
	AUTO(pattern) p = { 0 };

	words_split(row->name, &words_matched, &ret->words);
	add_words(&ret->words, &row->keywords);
	add_words(&ret->words, &row->tags);
	if (!library_open(db, row->id, &p, NULL))
		return;
	for (size_t i = 0; i < p.steps.count; i++)
		if (!strv_has(&ret->steps, p.steps.items[i]))
			strv_add(&ret->steps, p.steps.items[i]);
}

/* Shared / all; 0 when there are none. */
static double
jaccard(const struct strv *a, const struct strv *b)
{
	size_t shared = 0, all;

	for (size_t i = 0; i < a->count; i++)
		shared += strv_has(b, a->items[i]);
	all = a->count + b->count - shared;
	return all ? (double)shared / (double)all : 0;
}

/* Length of an id without "-v" and digits at its end. */
static size_t
stem(const char *id)
{
	size_t n = strlen(id), end = n;

	while (end && isdigit((unsigned char)id[end - 1]))
		end--;
	return end < n && end >= 2 && memcmp(id + end - 2, "-v", 2) == 0 ?
		       end - 2 :
		       n;
}

static bool
is_variant(const char *a, const char *b)
{
	return stem(a) == stem(b) && strncmp(a, b, stem(a)) == 0;
}

/* Variants first, then by both measures, then by name. */
static int
compare(const void *a, const void *b)
{
	const struct similar *x = a, *y = b;
	double dx = x->words + x->steps, dy = y->words + y->steps;

	if (x->variant != y->variant)
		return x->variant ? -1 : 1;
	if (dx < dy || dx > dy)
		return dx < dy ? 1 : -1;
	return strcmp(x->row.id, y->row.id);
}

static void
add(struct similar_list *l, struct library_row *row)
{
	GROW(l->items, l->count, l->cap);
	l->items[l->count++] = (struct similar){ .row = *row };
	*row = (struct library_row){ 0 };
}

static void
measure(struct db *db, const struct traits *own, const char *id,
	struct similar *s)
{
	AUTO(traits) other = { .words = STRV_INIT };

	read_traits(db, &s->row, &other);
	s->words = jaccard(&own->words, &other.words);
	s->steps = jaccard(&own->steps, &other.steps);
	s->variant = is_variant(id, s->row.id);
	s->duplicate =
		s->words >= SIMILAR_DUPLICATE && s->steps >= SIMILAR_DUPLICATE;
}

static bool
find_candidates(struct db *db, const struct traits *own, const char *id,
		struct similar_list *l, struct err *err)
{
	AUTO(library_rows) rows = { 0 };
	AUTO(buf) text = BUF_INIT;

	for (size_t i = 0; i < own->words.count; i++)
		buf_printf(&text, "%s ", own->words.items[i]);
	if (!library_search(db, buf_str(&text), LIBRARY_ANY_WORD, CANDIDATES,
			    &rows, err))
		return false;
	for (size_t i = 0; i < rows.count; i++)
		if (strcmp(rows.items[i].id, id) != 0)
			add(l, &rows.items[i]);
	return true;
}

bool
similar_find(struct db *db, const char *id, size_t limit,
	     struct similar_list *ret, struct err *err)
{
	AUTO(similar_list) l = { 0 };
	AUTO(library_row) row = { 0 };
	AUTO(traits) own = { .words = STRV_INIT };

	if (!library_get(db, id, &row, err))
		return false;
	read_traits(db, &row, &own);
	add(&l, &row);
	l.items[0].words = l.items[0].steps = 1;
	if (!find_candidates(db, &own, id, &l, err))
		return false;
	for (size_t i = 1; i < l.count; i++)
		measure(db, &own, id, &l.items[i]);
	if (l.count > 1)
		qsort(l.items + 1, l.count - 1, sizeof(*l.items), compare);
	while (l.count > limit + 1)
		library_row_release(&l.items[--l.count].row);
	*ret = l;
	l = (struct similar_list){ 0 };
	return true;
}
