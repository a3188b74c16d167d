#include "ui/feed.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

void
feed_lines_release(struct feed_lines *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->items[i].text);
	free(l->items);
	memset(l, 0, sizeof(*l));
}

void
feed_init(struct feed *f)
{
	memset(f, 0, sizeof(*f));
	f->list.no_cursor = true;
	f->list.follow = true;
}

void
feed_release(struct feed *f)
{
	feed_lines_release(&f->lines);
}

static void
drop_front(struct feed *f, size_t n)
{
	struct feed_lines *l = &f->lines;

	for (size_t i = 0; i < n; i++)
		free(l->items[i].text);
	l->count -= n;
	memmove(l->items, l->items + n, l->count * sizeof(*l->items));
	if (l->count)
		l->first_seq = l->items[0].seq;
	f->list.first -=
		(int64_t)n < f->list.first ? (int64_t)n : f->list.first;
	f->at_start = false;
}

static void
drop_back(struct feed *f, size_t n)
{
	struct feed_lines *l = &f->lines;

	for (size_t i = l->count - n; i < l->count; i++)
		free(l->items[i].text);
	l->count -= n;
	if (l->count)
		l->last_seq = l->items[l->count - 1].seq;
	f->at_end = false;
}

/* How many lines from one end make over FEED_MAX, rounded so that no event
 * is cut. */
static size_t
excess(const struct feed_lines *l, bool front)
{
	size_t n = l->count > FEED_MAX ? l->count - FEED_MAX : 0;

	if (!n)
		return 0;
	if (front)
		while (n < l->count && l->items[n].seq == l->items[n - 1].seq)
			n++;
	else
		while (n < l->count && l->items[l->count - n].seq ==
					       l->items[l->count - n - 1].seq)
			n++;
	return n < l->count ? n : 0;
}

static void
append(struct feed *f, struct feed_lines *more)
{
	struct feed_lines *l = &f->lines;
	size_t n;

	for (size_t i = 0; i < more->count; i++) {
		GROW(l->items, l->count, l->cap);
		l->items[l->count++] = more->items[i];
	}
	if (!l->first_seq)
		l->first_seq = more->first_seq;
	l->last_seq = more->last_seq;
	more->count = 0;
	n = excess(l, true);
	if (n && (f->list.follow || f->list.first > (int64_t)n))
		drop_front(f, n);
	else if (n)
		drop_back(f, excess(l, false));
}

static void
prepend(struct feed *f, struct feed_lines *more)
{
	struct feed_lines *l = &f->lines;
	size_t n = more->count;

	while (l->count + n > l->cap)
		GROW(l->items, l->cap, l->cap);
	memmove(l->items + n, l->items, l->count * sizeof(*l->items));
	memcpy(l->items, more->items, n * sizeof(*l->items));
	l->count += n;
	l->first_seq = more->first_seq;
	more->count = 0;
	f->list.first += (int64_t)n;
	n = excess(l, false);
	if (n)
		drop_back(f, n);
}

void
feed_take(struct feed *f, struct msg *m)
{
	struct feed_lines *l = &f->lines, *more = m->feed;

	if (m->where != FEED_TAIL)
		f->asked = false;
	if (m->where == FEED_FRESH) {
		feed_lines_release(l);
		*l = *more;
		memset(more, 0, sizeof(*more));
		f->at_start = l->first_seq <= 1;
		f->at_end = m->at_end;
	} else if (m->where == FEED_OLDER &&
		   more->last_seq + 1 == l->first_seq) {
		prepend(f, more);
		f->at_start = l->first_seq <= 1;
	} else if (m->where == FEED_NEWER &&
		   more->first_seq == l->last_seq + 1) {
		f->at_end = m->at_end;
		append(f, more); /* may let the end go again */
	} else if (m->where == FEED_TAIL && f->at_end &&
		   more->first_seq <= l->last_seq + 1) {
		if (more->last_seq > l->last_seq)
			append(f, more);
	} else if (m->where == FEED_TAIL) {
		f->at_end = false;
	}
}

bool
feed_want(struct feed *f, enum feed_at *ret_where, int64_t *ret_seq)
{
	const struct list *v = &f->list;
	int64_t count = (int64_t)f->lines.count, near = v->page;

	if (f->asked || (!f->lines.last_seq && !f->fresh))
		return false;
	if (f->fresh) {
		*ret_where = FEED_FRESH;
		*ret_seq = f->list.follow ? 0 : 1;
		f->fresh = false;
	} else if (!f->at_start && v->first < near) {
		*ret_where = FEED_OLDER;
		*ret_seq = f->lines.first_seq - 1;
	} else if (!f->at_end && v->first + v->page + near >= count) {
		*ret_where = FEED_NEWER;
		*ret_seq = f->lines.last_seq + 1;
	} else {
		return false;
	}
	f->asked = true;
	return true;
}

void
feed_jump(struct feed *f, bool to_end)
{
	bool reaches = to_end ? f->at_end : f->at_start;

	f->list.follow = to_end;
	f->list.first = to_end ? (int64_t)f->lines.count : 0;
	if (reaches)
		return;
	feed_lines_release(&f->lines);
	f->fresh = true;
	f->asked = false;
}
