#include "base/diff.h"

#include "base/diff_lines.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { AROUND = 3 };

struct lines
diff_split(const struct buf *text)
{
	struct lines l = { .items = xmalloc(8 * sizeof(*l.items)), .cap = 8 };
	const char *s = text ? buf_str(text) : "";
	const char *end = s + (text ? text->len : 0);

	while (s < end) {
		const char *nl = memchr(s, '\n', (size_t)(end - s));

		GROW(l.items, l.count, l.cap);
		l.items[l.count++] =
			(struct line){ s, (size_t)((nl ? nl : end) - s), !nl };
		s = nl ? nl + 1 : end;
	}
	return l;
}

bool
diff_same(const struct line *a, const struct line *b)
{
	return a->len == b->len && a->open == b->open &&
	       memcmp(a->s, b->s, a->len) == 0;
}

static void
add(struct changes *c, char sign, const struct line *line, size_t old_at,
    size_t new_at)
{
	GROW(c->items, c->count, c->cap);
	c->items[c->count++] = (struct change){ sign, line, old_at, new_at };
}

static void
add_whole(const struct lines *a, const struct lines *b, struct changes *c)
{
	for (size_t i = 0; i < a->count; i++)
		add(c, '-', &a->items[i], i, 0);
	for (size_t i = 0; i < b->count; i++)
		add(c, '+', &b->items[i], a->count, i);
}

/*
 * v[k] is how far on diagonal k = x - y the d edits so far reach; one row of
 * it is kept for each d, to walk back.
 */
struct myers {
	const struct lines *a, *b;
	int max, width;
};

static int
reach(const int *v, int k, int d)
{
	if (k == -d || (k != d && v[k - 1] < v[k + 1]))
		return v[k + 1];
	return v[k - 1] + 1;
}

/* The number of edits, -1 when there are too many. */
static int
search(struct myers *m, int ***ret_rows)
{
	int n = (int)m->a->count, w = (int)m->b->count;
	int **rows = xcalloc((size_t)m->max + 2, sizeof(*rows));
	int *v = xcalloc((size_t)m->width, sizeof(*v));
	int *mid = v + m->max + 1;

	*ret_rows = rows;
	for (int d = 0; d <= m->max; d++) {
		/* Only -d-1 .. d+1 are looked at later. */
		size_t size = 2 * (size_t)d + 3;

		rows[d] = xmemdup(mid - d - 1, size * sizeof(*v));
		for (int k = -d; k <= d; k += 2) {
			int x = reach(mid, k, d), y = x - k;

			while (x < n && y < w &&
			       diff_same(&m->a->items[x], &m->b->items[y])) {
				x++;
				y++;
			}
			mid[k] = x;
			if (x >= n && y >= w) {
				free(v);
				return d;
			}
		}
	}
	free(v);
	return -1;
}

static void
walk_back(const struct myers *m, int **rows, int d, struct changes *c)
{
	int x = (int)m->a->count, y = (int)m->b->count;

	for (; d >= 0; d--) {
		const int *mid = rows[d] + d + 1;
		int k = x - y, from;
		bool down = k == -d || (k != d && mid[k - 1] < mid[k + 1]);

		from = d == 0 ? 0 : down ? mid[k + 1] : mid[k - 1] + 1;
		while (x > from && (d > 0 || x > 0)) {
			x--;
			y--;
			add(c, ' ', &m->a->items[x], (size_t)x, (size_t)y);
		}
		if (d == 0)
			break;
		if (down) {
			y--;
			add(c, '+', &m->b->items[y], (size_t)x, (size_t)y);
		} else {
			x--;
			add(c, '-', &m->a->items[x], (size_t)x, (size_t)y);
		}
	}
	for (size_t i = 0; i < c->count / 2; i++) {
		struct change t = c->items[i];

		c->items[i] = c->items[c->count - 1 - i];
		c->items[c->count - 1 - i] = t;
	}
}

void
diff_compare(const struct lines *a, const struct lines *b, struct changes *c)
{
	size_t most = a->count + b->count;
	struct myers m = { .a = a, .b = b };
	int **rows = NULL;
	int d;

	m.max = (int)(most < DIFF_EDITS ? most : DIFF_EDITS);
	m.width = 2 * m.max + 3;
	d = search(&m, &rows);
	if (d >= 0)
		walk_back(&m, rows, d, c);
	else
		add_whole(a, b, c);
	for (int i = 0; i <= m.max && rows[i]; i++)
		free(rows[i]);
	free(rows);
}

static void
print_hunk(const struct changes *c, size_t from, size_t to, struct buf *out)
{
	size_t before = 0, after = 0;

	for (size_t i = from; i < to; i++) {
		before += c->items[i].sign != '+';
		after += c->items[i].sign != '-';
	}
	buf_printf(out, "@@ -%zu,%zu +%zu,%zu @@\n",
		   c->items[from].old_at + (before > 0), before,
		   c->items[from].new_at + (after > 0), after);
	for (size_t i = from; i < to; i++) {
		const struct line *l = c->items[i].line;

		buf_addch(out, c->items[i].sign);
		buf_add(out, l->s, l->len);
		buf_addstr(out,
			   l->open ? "\n\\ No newline at end of file\n" : "\n");
	}
}

static void
print(const struct changes *c, struct buf *out)
{
	for (size_t i = 0; i < c->count;) {
		size_t from, last, to;

		while (i < c->count && c->items[i].sign == ' ')
			i++;
		if (i == c->count)
			return;
		from = i < AROUND ? 0 : i - AROUND;
		for (last = i; i < c->count && i <= last + 2 * AROUND; i++)
			if (c->items[i].sign != ' ')
				last = i;
		to = last + AROUND + 1;
		to = to > c->count ? c->count : to;
		print_hunk(c, from, to, out);
		i = to;
	}
}

void
diff_unified(const struct buf *old, const struct buf *now, const char *name,
	     struct buf *out)
{
	struct lines a = diff_split(old), b = diff_split(now);
	struct changes c = { 0 };
	size_t at = out->len;

	diff_compare(&a, &b, &c);
	buf_printf(out, "--- %s\n+++ %s\n", old ? name : "/dev/null", name);
	if (c.count == 0 && old)
		buf_truncate(out, at);
	else {
		size_t head = out->len;

		print(&c, out);
		if (out->len == head && old)
			buf_truncate(out, at);
	}
	free(a.items);
	free(b.items);
	free(c.items);
}
