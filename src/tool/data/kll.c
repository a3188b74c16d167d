/*
 * Invariants:
 * 1. Until count passes exact_limit everything is on level 0.
 * 2. Each number on level h stands for 2^h numbers; the weights of all
 *    numbers add up to count.
 * 3. Levels above 0 are sorted at all times, level 0 only when compacted.
 * 4. Level 0 holds fewer than `room` numbers between calls.
 */
#include "tool/data/kll.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEVEL_MIN = 16 };

void
kll_init(struct kll *s, size_t k, size_t exact_limit)
{
	*s = (struct kll){ .k = k, .exact_limit = exact_limit,
			   .seed = 0x9e3779b97f4a7c15u,
			   .room = exact_limit + 1 };
}

void
kll_release(struct kll *s)
{
	for (size_t h = 0; h < s->level_count; h++)
		free(s->levels[h].items);
	free(s->levels);
	*s = (struct kll){ 0 };
}

bool
kll_is_exact(const struct kll *s)
{
	return s->count <= s->exact_limit;
}

double
kll_error(size_t k)
{
	return 2.296 / pow((double)k, 0.9723);
}

/* Capacities fall by 2/3 a level from the top down: the paper's c. */
static size_t
level_room(const struct kll *s, size_t h)
{
	double room = (double)s->k *
		      pow(2.0 / 3.0, (double)(s->level_count - 1 - h));

	return room < LEVEL_MIN ? LEVEL_MIN : (size_t)room;
}

static int
compare_numbers(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
sort_numbers(double *items, size_t len)
{
	if (len > 64) {
		qsort(items, len, sizeof(*items), compare_numbers);
		return;
	}
	for (size_t i = 1; i < len; i++) {
		double v = items[i];
		size_t j = i;

		for (; j > 0 && items[j - 1] > v; j--)
			items[j] = items[j - 1];
		items[j] = v;
	}
}

static bool
random_bit(struct kll *s)
{
	s->seed ^= s->seed << 13;
	s->seed ^= s->seed >> 7;
	s->seed ^= s->seed << 17;
	return s->seed >> 63;
}

static void
level_reserve(struct kll_level *level, size_t len)
{
	if (len <= level->cap)
		return;
	level->cap = len + len / 2;
	level->items = xreallocarray(level->items, level->cap,
				     sizeof(*level->items));
}

static void
add_level(struct kll *s)
{
	s->levels = xreallocarray(s->levels, s->level_count + 1,
				  sizeof(*s->levels));
	s->levels[s->level_count++] = (struct kll_level){ 0 };
}

/* Merges every second of from's numbers, beginning at `first`, into the
 * sorted level `to`, from the back so that no second array is needed. */
static void
merge_half(const struct kll_level *from, size_t first, size_t pairs,
	   struct kll_level *to)
{
	size_t at = to->len + pairs, left = to->len, i = pairs;

	level_reserve(to, at);
	while (i > 0) {
		double v = from->items[first + 2 * (i - 1)];

		if (left > 0 && to->items[left - 1] > v) {
			to->items[--at] = to->items[--left];
		} else {
			to->items[--at] = v;
			i--;
		}
	}
	to->len += pairs;
}

static void
compact(struct kll *s, size_t h)
{
	struct kll_level *level = &s->levels[h];
	size_t pairs = level->len / 2, odd = level->len % 2;

	if (h == 0)
		sort_numbers(level->items, level->len);
	/* An odd number out stays: the smallest, to keep it simple. */
	merge_half(level, odd + random_bit(s), pairs, &s->levels[h + 1]);
	level->len = odd;
}

static void
compress(struct kll *s)
{
	for (size_t h = 0; s->levels[h].len >= level_room(s, h); h++) {
		if (h + 1 == s->level_count)
			add_level(s);
		compact(s, h);
		if (h + 1 == KLL_LEVELS - 1)
			break;
	}
	s->room = level_room(s, 0);
}

void
kll_add(struct kll *s, double v)
{
	struct kll_level *level;

	if (s->level_count == 0)
		add_level(s);
	level = &s->levels[0];
	if (level->len == level->cap)
		GROW(level->items, level->len, level->cap);
	level->items[level->len++] = v;
	s->count++;
	if (level->len >= s->room)
		compress(s);
}

static void
exact_quantiles(const double *sorted, size_t n, const double *q,
		size_t count, double *ret)
{
	for (size_t i = 0; i < count; i++) {
		double at = q[i] * (double)(n - 1);
		size_t low = (size_t)at;
		double part = at - (double)low;

		ret[i] = sorted[low];
		if (low + 1 < n && part > 0)
			ret[i] += part * (sorted[low + 1] - sorted[low]);
	}
}

struct weighted {
	double v;
	uint64_t weight;
};

static int
compare_weighted(const void *a, const void *b)
{
	return compare_numbers(&((const struct weighted *)a)->v,
			       &((const struct weighted *)b)->v);
}

static struct weighted *
flatten(const struct kll *s, size_t *ret_count)
{
	struct weighted *all = NULL;
	size_t n = 0, cap = 0;

	for (size_t h = 0; h < s->level_count; h++) {
		for (size_t i = 0; i < s->levels[h].len; i++) {
			GROW(all, n, cap);
			all[n++] = (struct weighted){ s->levels[h].items[i],
						      UINT64_C(1) << h };
		}
	}
	if (n)
		qsort(all, n, sizeof(*all), compare_weighted);
	*ret_count = n;
	return all;
}

void
kll_quantiles(const struct kll *s, const double *q, size_t count,
	      double *ret)
{
	AUTO_FREE double *sorted = NULL;
	AUTO_FREE struct weighted *all = NULL;
	size_t n, at = 0;
	uint64_t below = 0;

	for (size_t i = 0; i < count; i++)
		ret[i] = NAN;
	if (s->count == 0)
		return;
	if (kll_is_exact(s)) {
		n = s->levels[0].len;
		sorted = xmemdup(s->levels[0].items, n * sizeof(*sorted));
		qsort(sorted, n, sizeof(*sorted), compare_numbers);
		exact_quantiles(sorted, n, q, count, ret);
		return;
	}
	all = flatten(s, &n);
	for (size_t i = 0; i < count; i++) {
		double wanted = q[i] * (double)(s->count - 1);

		while (at + 1 < n &&
		       (double)(below + all[at].weight) <= wanted)
			below += all[at++].weight;
		ret[i] = all[at].v;
	}
}
