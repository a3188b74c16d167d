#include "ui/feed.h"

#include "base/mem.h"
#include "base/str.h"

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
	free(TAKE(f->filter));
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

/* At most n lines of one end, so that no event is cut. */
static size_t
whole_events(const struct feed_lines *l, size_t n, bool front)
{
	while (n && n < l->count) {
		size_t at = front ? n : l->count - n;

		if (l->items[at].seq != l->items[at - 1].seq)
			break;
		n--;
	}
	return n;
}

static size_t
less(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Lets go what is over FEED_MAX, and never what is read or a page around it:
 * where lines were added on one side, of the other side first. */
static void
trim(struct feed *f, bool front_first)
{
	const struct feed_lines *l = &f->lines;
	const struct list *v = &f->list;

	for (int i = 0; i < 2; i++) {
		bool front = front_first == (i == 0);
		int64_t count = (int64_t)l->count;
		int64_t may = !front    ? count - v->first - 2 * v->page :
			      v->follow ? count :
					  v->first - v->page;
		size_t n = l->count > FEED_MAX ? l->count - FEED_MAX : 0;

		if (may <= 0 || (!front && v->follow))
			continue;
		n = whole_events(l, less(n, (size_t)may), front);
		if (n && front)
			drop_front(f, n);
		else if (n)
			drop_back(f, n);
	}
}

static void
append(struct feed *f, struct feed_lines *more)
{
	struct feed_lines *l = &f->lines;

	for (size_t i = 0; i < more->count; i++) {
		GROW(l->items, l->count, l->cap);
		l->items[l->count++] = more->items[i];
	}
	if (!l->first_seq)
		l->first_seq = more->first_seq;
	l->last_seq = more->last_seq;
	more->count = 0;
	trim(f, true);
}

static void
prepend(struct feed *f, struct feed_lines *more)
{
	struct feed_lines *l = &f->lines;
	size_t n = more->count;

	l->first_seq = more->first_seq;
	if (!n)
		return;
	while (l->count + n > l->cap)
		GROW(l->items, l->cap, l->cap);
	memmove(l->items + n, l->items, l->count * sizeof(*l->items));
	memcpy(l->items, more->items, n * sizeof(*l->items));
	l->count += n;
	more->count = 0;
	f->list.first += (int64_t)n;
	trim(f, false);
}

bool
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
	} else {
		f->at_end &= m->where != FEED_TAIL;
		return false;
	}
	return true;
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

void
feed_filter(struct feed *f, const char *text)
{
	free(f->filter);
	f->filter = str_empty(text) ? NULL : xstrdup(text);
	feed_lines_release(&f->lines);
	f->at_start = f->at_end = false;
	feed_jump(f, true);
}
