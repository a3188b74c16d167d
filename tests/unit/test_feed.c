/* The window on a long journal, against a plain list of all its lines. */
#include "ui/feed.h"

#include "base/str.h"
#include "test.h"

#include <inttypes.h>

enum { EVENTS_MAX = 6000, PAGE = 20 };

/* The journal: event i (from 1) says lines[i] lines, "i.k". */
struct journal_model {
	int lines[EVENTS_MAX + 1];
	int64_t start[EVENTS_MAX + 2]; /* index of its first line among all */
	int64_t seq;
};

struct world {
	struct journal_model j;
	struct feed f;
	uint32_t random;
	bool down;   /* where most moves go */
	int heading; /* -1 up, 1 down: mostly there */
	/* An ask under way. */
	bool asked;
	enum feed_at where;
	int64_t number;
};

static uint32_t
dice(struct world *w, uint32_t sides)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 17;
	w->random ^= w->random << 5;
	return w->random % sides;
}

static void
add_event(struct world *w)
{
	struct journal_model *j = &w->j;
	int64_t i = ++j->seq;

	assert_true(i <= EVENTS_MAX);
	/* Many are silent; a few say more than a window holds in a hundred. */
	j->lines[i] = dice(w, 40) == 0 ? 1 + (int)dice(w, 60) : (int)dice(w, 4);
	j->start[i + 1] = j->start[i] + j->lines[i];
}

static void
add_lines(const struct journal_model *j, int64_t seq, struct feed_lines *out)
{
	if (!out->first_seq)
		out->first_seq = seq;
	out->last_seq = seq;
	for (int k = 0; k < j->lines[seq]; k++) {
		GROW(out->items, out->count, out->cap);
		out->items[out->count++] = (struct feed_line){
			.seq = seq,
			.text = xasprintf("%" PRId64 ".%d", seq, k),
		};
	}
}

/* Which of all lines row `at` of the window is. */
static int64_t
line_of(const struct world *w, int64_t at)
{
	const struct feed_line *l = &w->f.lines.items[at];
	const char *dot = strchr(l->text, '.');
	int64_t k;

	assert_non_null(dot);
	assert_true(str_to_i64(dot + 1, 0, 1000, &k));
	return w->j.start[l->seq] + k;
}

static void
check(struct world *w)
{
	const struct feed_lines *l = &w->f.lines;

	for (size_t i = 1; i < l->count; i++)
		assert_int_equal(line_of(w, (int64_t)i),
				 line_of(w, (int64_t)i - 1) + 1);
	/* An event is never cut, so one may stand over. */
	assert_true(l->count <= FEED_MAX + 60);
	if (l->count && w->f.at_start)
		assert_int_equal(line_of(w, 0), 0);
	if (l->count && w->f.at_end)
		assert_int_equal(line_of(w, (int64_t)l->count - 1),
				 w->j.start[w->j.seq + 1] - 1);
}

static void
draw(struct world *w)
{
	list_fit(&w->f.list, (int64_t)w->f.lines.count, PAGE);
}

static void
take(struct world *w, struct feed_lines *lines, enum feed_at where)
{
	struct msg m = { .kind = MSG_FEED,
			 .feed = lines,
			 .where = where,
			 .at_end = lines->last_seq >= w->j.seq };

	feed_take(&w->f, &m);
	feed_lines_release(lines);
	check(w);
	draw(w);
}

/* As ui/client_read.c answers. */
static void
answer(struct world *w)
{
	struct feed_lines lines = { 0 };
	int64_t from = w->number, last;

	if (!w->asked)
		return;
	w->asked = false;
	if (w->where == FEED_FRESH && !from)
		from = w->j.seq - FEED_EVENTS + 1;
	if (w->where == FEED_OLDER)
		from = w->number - FEED_EVENTS + 1;
	if (from < 1)
		from = 1;
	last = w->where == FEED_OLDER ? w->number : from + FEED_EVENTS - 1;
	for (int64_t i = from; i <= last && i <= w->j.seq; i++)
		add_lines(&w->j, i, &lines);
	take(w, &lines, w->where);
}

static void
want(struct world *w)
{
	if (feed_want(&w->f, &w->where, &w->number)) {
		assert_false(w->asked);
		w->asked = true;
	}
}

static void
settle(struct world *w)
{
	int n = 0;

	do {
		answer(w);
		want(w);
		assert_true(n++ < 100);
	} while (w->asked);
}

static void
happens(struct world *w)
{
	struct feed_lines lines = { 0 };

	add_event(w);
	if (!w->f.at_end)
		return;
	add_lines(&w->j, w->j.seq, &lines);
	take(w, &lines, FEED_TAIL);
}

static void
start(struct world *w, uint32_t seed, int events)
{
	memset(w, 0, sizeof(*w));
	w->random = seed * 2654435761u + 1;
	for (int i = 0; i < events; i++)
		add_event(w);
	feed_init(&w->f);
	w->f.fresh = true;
	draw(w);
	want(w);
	settle(w);
}

/* What a person reads: the first line on screen, -1 for none. */
static int64_t
reads(const struct world *w)
{
	return w->f.lines.count ? line_of(w, w->f.list.first) : -1;
}

static void
moves(struct world *w)
{
	static const enum action actions[] = {
		ACTION_LIST_UP,
		ACTION_LIST_DOWN,
		ACTION_LIST_PAGE_UP,
		ACTION_LIST_PAGE_DOWN,
	};
	static const int by[] = { -1, 1, -PAGE, PAGE };
	uint32_t i = dice(w, 120);
	int64_t before = reads(w), all = w->j.start[w->j.seq + 1], wanted;

	if (i == 0 || i == 1) {
		feed_jump(&w->f, i == 0);
		draw(w);
		want(w);
		settle(w);
		assert_int_equal(reads(w),
				 i == 0 && all > PAGE ? all - PAGE : 0);
		return;
	}
	if (i < 6)
		w->down = i % 2;
	i = i > 40 ? (w->down ? 3 : 2) : i % 4;
	list_action(&w->f.list, actions[i]);
	draw(w);
	want(w);
	if (dice(w, 3) == 0)
		happens(w);
	settle(w);
	/* A page may keep a line or two of the one before. */
	wanted = before + by[i];
	if (wanted > all - PAGE)
		wanted = all - PAGE;
	if (wanted < 0)
		wanted = 0;
	if (!w->f.list.follow &&
	    (reads(w) < wanted - 2 || reads(w) > wanted + 2))
		fail_msg("from line %" PRId64 " by %d of %" PRId64
			 ": at line %" PRId64,
			 before, by[i], all, reads(w));
}

static void
reading_is_like_a_plain_list(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 20; seed++) {
		struct world w;

		start(&w, seed, (int)(seed * 250));
		for (int i = 0; i < 400; i++) {
			if (dice(&w, 4) == 0)
				happens(&w);
			moves(&w);
		}
		feed_release(&w.f);
	}
}

/* Page by page until nothing moves any more; none is longer than the
 * screen. */
static void
pages_to_the_end(struct world *w, enum action page)
{
	int64_t before;

	do {
		before = reads(w);
		list_action(&w->f.list, page);
		draw(w);
		want(w);
		settle(w);
		assert_true(reads(w) >= before - PAGE &&
			    reads(w) <= before + PAGE);
	} while (reads(w) != before);
}

/* From one end to the other, line by line in effect: nothing is left out. */
static void
paging_reaches_both_ends(void **state)
{
	struct world w;

	(void)state;
	start(&w, 5, 4000);
	assert_true(w.f.at_end && w.f.list.follow);
	pages_to_the_end(&w, ACTION_LIST_PAGE_UP);
	assert_int_equal(reads(&w), 0);
	assert_true(w.f.at_start && !w.f.at_end);
	pages_to_the_end(&w, ACTION_LIST_PAGE_DOWN);
	assert_int_equal(reads(&w), w.j.start[w.j.seq + 1] - PAGE);
	feed_release(&w.f);
}

static void
the_end_is_followed(void **state)
{
	struct world w;

	(void)state;
	start(&w, 7, 10);
	for (int i = 0; i < 5000; i++) {
		int64_t all;

		happens(&w);
		all = w.j.start[w.j.seq + 1];
		assert_int_equal(reads(&w), all > PAGE ? all - PAGE : 0);
	}
	feed_release(&w.f);
}

/* A page that was scrolled to does not move while a run goes on. */
static void
what_is_read_stays(void **state)
{
	struct world w;
	int64_t at;

	(void)state;
	start(&w, 9, 300);
	for (int i = 0; i < 5; i++)
		list_action(&w.f.list, ACTION_LIST_PAGE_UP);
	draw(&w);
	want(&w);
	settle(&w);
	at = reads(&w);
	for (int i = 0; i < 5000; i++) {
		happens(&w);
		assert_int_equal(reads(&w), at);
	}
	assert_false(w.f.at_end);
	feed_jump(&w.f, true);
	draw(&w);
	want(&w);
	settle(&w);
	assert_int_equal(reads(&w), w.j.start[w.j.seq + 1] - PAGE);
	feed_release(&w.f);
}

/* Long events after silent ones: so many lines come at once that the window
 * cannot keep its new end, and must know that. */
static void
a_window_lets_its_end_go(void **state)
{
	struct world w;

	(void)state;
	memset(&w, 0, sizeof(w));
	for (w.j.seq = 1; w.j.seq < 400; w.j.seq++) {
		w.j.lines[w.j.seq] = w.j.seq < 10 ? 1 : w.j.seq > 200 ? 50 : 0;
		w.j.start[w.j.seq + 1] =
			w.j.start[w.j.seq] + w.j.lines[w.j.seq];
	}
	w.j.seq--;
	feed_init(&w.f);
	w.f.fresh = true;
	w.f.list.follow = false;
	draw(&w);
	want(&w);
	settle(&w);
	assert_int_equal(reads(&w), 0);
	assert_false(w.f.at_end);
	pages_to_the_end(&w, ACTION_LIST_PAGE_DOWN);
	assert_int_equal(reads(&w), w.j.start[w.j.seq + 1] - PAGE);
	pages_to_the_end(&w, ACTION_LIST_PAGE_UP);
	assert_int_equal(reads(&w), 0);
	feed_release(&w.f);
}

/* An answer without events is none to ask again for: feed_take says so. */
static void
an_empty_answer_ends_the_asking(void **state)
{
	struct feed_lines none = { 0 };
	struct msg m = { .kind = MSG_FEED, .feed = &none };
	struct world w;

	(void)state;
	start(&w, 15, 300);
	m.where = FEED_NEWER;
	assert_false(feed_take(&w.f, &m));
	m.where = FEED_OLDER;
	assert_false(feed_take(&w.f, &m));
	assert_true(w.f.at_end);
	m.where = FEED_TAIL;
	add_event(&w);
	add_event(&w);
	add_lines(&w.j, w.j.seq, &none);
	none.last_seq = none.first_seq = w.j.seq;
	assert_false(feed_take(&w.f, &m)); /* one is missing before it */
	assert_false(w.f.at_end);
	feed_lines_release(&none);
	feed_release(&w.f);
}

/* With a filter most events say nothing: the window goes on until the pane is
 * full, or there is no more; what comes later joins it. */
static void
a_filter_fills_the_pane(void **state)
{
	struct world w;

	(void)state;
	start(&w, 13, 10);
	feed_filter(&w.f, "x");
	assert_string_equal(w.f.filter, "x");
	assert_int_equal(w.f.lines.count, 0);
	memset(&w.j, 0, sizeof(w.j));
	for (w.j.seq = 1; w.j.seq < 5000; w.j.seq++) {
		w.j.lines[w.j.seq] = w.j.seq % 97 == 0;
		w.j.start[w.j.seq + 1] =
			w.j.start[w.j.seq] + w.j.lines[w.j.seq];
	}
	w.j.seq--;
	draw(&w);
	want(&w);
	settle(&w);
	assert_true(w.f.lines.count >= 2 * PAGE && w.f.at_end);
	assert_int_equal(reads(&w), w.j.start[w.j.seq + 1] - PAGE);
	pages_to_the_end(&w, ACTION_LIST_PAGE_UP);
	assert_int_equal(reads(&w), 0);
	assert_true(w.f.at_start);
	/* Nothing holds it: all was looked through. */
	feed_filter(&w.f, "y");
	memset(&w.j.lines, 0, sizeof(w.j.lines));
	memset(&w.j.start, 0, sizeof(w.j.start));
	want(&w);
	settle(&w);
	assert_int_equal(w.f.lines.count, 0);
	assert_true(w.f.at_start && w.f.at_end);
	feed_filter(&w.f, "");
	assert_null(w.f.filter);
	feed_release(&w.f);
}

/* An answer that does not join the window changes nothing. */
static void
late_answers_are_dropped(void **state)
{
	struct feed_lines lines = { 0 };
	struct world w;
	int64_t at;
	size_t count;

	(void)state;
	start(&w, 11, 1000);
	at = reads(&w);
	count = w.f.lines.count;
	add_lines(&w.j, 100, &lines);
	take(&w, &lines, FEED_OLDER);
	add_lines(&w.j, 50, &lines);
	take(&w, &lines, FEED_NEWER);
	assert_int_equal(w.f.lines.count, count);
	assert_int_equal(reads(&w), at);
	feed_release(&w.f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading_is_like_a_plain_list),
		cmocka_unit_test(paging_reaches_both_ends),
		cmocka_unit_test(the_end_is_followed),
		cmocka_unit_test(what_is_read_stays),
		cmocka_unit_test(a_window_lets_its_end_go),
		cmocka_unit_test(an_empty_answer_ends_the_asking),
		cmocka_unit_test(a_filter_fills_the_pane),
		cmocka_unit_test(late_answers_are_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
