/*
 * diff3: base, mine and theirs are cut where a line of base is kept in both.
 * Between two cuts at least one side changed something.
 *
 * Invariant: cut.base, cut.mine and cut.theirs are lines that are done.
 */
#include "base/merge.h"

#include "base/diff_lines.h"
#include "base/mem.h"

#include <stdlib.h>

enum { GONE = -1 };

struct cut {
	size_t base, mine, theirs;
};

struct merging {
	const struct merge *m;
	struct lines base, mine, theirs;
	int *in_mine, *in_theirs; /* where a line of base is, or GONE */
	size_t conflicts;
	struct buf *out;
};

static int *
find_kept(const struct lines *base, const struct lines *other)
{
	int *at = xcalloc(base->count + 1, sizeof(*at));
	struct changes c = { 0 };

	for (size_t i = 0; i < base->count; i++)
		at[i] = GONE;
	diff_compare(base, other, &c);
	for (size_t i = 0; i < c.count; i++)
		if (c.items[i].sign == ' ')
			at[c.items[i].old_at] = (int)c.items[i].new_at;
	free(c.items);
	return at;
}

static bool
same_lines(const struct lines *a, size_t from, size_t to, const struct lines *b,
	   size_t b_from, size_t b_to)
{
	if (to - from != b_to - b_from)
		return false;
	for (size_t i = 0; i < to - from; i++)
		if (!diff_same(&a->items[from + i], &b->items[b_from + i]))
			return false;
	return true;
}

static void
put_lines(struct buf *out, const struct lines *l, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		buf_add(out, l->items[i].s, l->items[i].len);
		if (!l->items[i].open)
			buf_addch(out, '\n');
	}
}

/* A mark stands on a line of its own. */
static void
put_mark(struct buf *out, const char *mark, const char *name)
{
	if (out->len && out->data[out->len - 1] != '\n')
		buf_addch(out, '\n');
	buf_printf(out, "%s%s%s\n", mark, name ? " " : "", name ? name : "");
}

static void
put_conflict(struct merging *g, struct cut from, struct cut to)
{
	const struct merge *m = g->m;

	g->conflicts++;
	if (m->take == MERGE_MINE) {
		put_lines(g->out, &g->mine, from.mine, to.mine);
		return;
	}
	if (m->take == MERGE_THEIRS) {
		put_lines(g->out, &g->theirs, from.theirs, to.theirs);
		return;
	}
	put_mark(g->out, "<<<<<<<", m->mine_name);
	put_lines(g->out, &g->mine, from.mine, to.mine);
	put_mark(g->out, "|||||||", m->base_name);
	put_lines(g->out, &g->base, from.base, to.base);
	put_mark(g->out, "=======", NULL);
	put_lines(g->out, &g->theirs, from.theirs, to.theirs);
	put_mark(g->out, ">>>>>>>", m->theirs_name);
}

static void
put_between(struct merging *g, struct cut from, struct cut to)
{
	bool mine_kept = same_lines(&g->base, from.base, to.base, &g->mine,
				    from.mine, to.mine);
	bool theirs_kept = same_lines(&g->base, from.base, to.base, &g->theirs,
				      from.theirs, to.theirs);

	if (mine_kept)
		put_lines(g->out, &g->theirs, from.theirs, to.theirs);
	else if (theirs_kept || same_lines(&g->mine, from.mine, to.mine,
					   &g->theirs, from.theirs, to.theirs))
		put_lines(g->out, &g->mine, from.mine, to.mine);
	else
		put_conflict(g, from, to);
}

/* The next line of base that both have kept; the ends when there is none. */
static struct cut
next_cut(const struct merging *g, size_t base)
{
	while (base < g->base.count &&
	       (g->in_mine[base] == GONE || g->in_theirs[base] == GONE))
		base++;
	if (base == g->base.count)
		return (struct cut){ base, g->mine.count, g->theirs.count };
	return (struct cut){ base, (size_t)g->in_mine[base],
			     (size_t)g->in_theirs[base] };
}

size_t
merge_texts(const struct merge *m, struct buf *out)
{
	struct merging g = { .m = m,
			     .base = diff_split(m->base),
			     .mine = diff_split(m->mine),
			     .theirs = diff_split(m->theirs),
			     .out = out };
	struct cut done = { 0, 0, 0 };

	g.in_mine = find_kept(&g.base, &g.mine);
	g.in_theirs = find_kept(&g.base, &g.theirs);
	for (;;) {
		struct cut cut = next_cut(&g, done.base);

		put_between(&g, done, cut);
		if (cut.base == g.base.count)
			break;
		put_lines(out, &g.base, cut.base, cut.base + 1);
		done = (struct cut){ cut.base + 1, cut.mine + 1,
				     cut.theirs + 1 };
	}
	free(g.in_mine);
	free(g.in_theirs);
	free(g.base.items);
	free(g.mine.items);
	free(g.theirs.items);
	return g.conflicts;
}
