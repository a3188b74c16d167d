/*
 * Invariants:
 * 1. runs[0].start is 0 when the flow has text; starts grow.
 * 2. A span is whole clusters of its own text: where a style changes inside
 *    a cluster, the cluster has the style of its beginning.
 * 3. used is the sum of the levels' widths.
 */
#include "ui/markdown_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CODE_TAB = 4 };

/* ----- flow ----------------------------------------------------------- */

void
flow_release(struct flow *w)
{
	buf_release(&w->text);
	free(w->runs);
	*w = (struct flow){ 0 };
}

void
flow_reset(struct flow *w)
{
	buf_reset(&w->text);
	w->count = 0;
}

void
flow_add(struct flow *w, const char *s, size_t len, enum role role,
	 uint16_t attrs)
{
	size_t n = w->count;

	if (len == 0)
		return;
	if (n == 0 || w->runs[n - 1].role != role ||
	    w->runs[n - 1].attrs != attrs) {
		GROW(w->runs, w->count, w->cap);
		w->runs[w->count++] =
			(struct flow_run){ w->text.len, role, attrs };
	}
	while (len) {
		const char *tab = memchr(s, '\t', len);

		n = tab ? (size_t)(tab - s) : len;
		buf_add(&w->text, s, n);
		if (tab)
			buf_add(&w->text, "        ", CODE_TAB);
		n += tab != NULL;
		s += n;
		len -= n;
	}
}

/* The last run that begins at or before byte at. */
static size_t
run_at(const struct flow *w, size_t at)
{
	size_t low = 0, high = w->count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (w->runs[middle].start <= at)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* ----- lines ---------------------------------------------------------- */

void
out_push(struct out *o, const char *first, const char *rest, enum role role)
{
	struct out_level *l;
	int width = text_width(first);

	if (o->depth++ >= OUT_LEVELS)
		return;
	l = &o->levels[o->depth - 1];
	if (o->used + width > o->columns / 2)
		first = rest = "";
	*l = (struct out_level){ .role = role, .pending = *first != '\0' };
	snprintf(l->first, sizeof(l->first), "%s", first);
	snprintf(l->rest, sizeof(l->rest), "%s", rest);
	l->width = *first ? width : 0;
	o->used += l->width;
}

void
out_pop(struct out *o)
{
	if (o->depth-- > OUT_LEVELS)
		return;
	if (o->levels[o->depth].pending &&
	    !str_eq(o->levels[o->depth].first, o->levels[o->depth].rest)) {
		o->depth++;
		out_begin(o);
		o->depth--;
	}
	o->used -= o->levels[o->depth].width;
}

int
out_room(const struct out *o)
{
	return o->columns - o->used;
}

static void
begin_line(struct out *o)
{
	struct markdown *m = o->m;

	GROW(m->lines, m->line_count, m->line_cap);
	m->lines[m->line_count++] = (struct markdown_line){ m->span_count, 0 };
}

void
out_begin(struct out *o)
{
	int shown = o->depth < OUT_LEVELS ? o->depth : OUT_LEVELS;

	begin_line(o);
	for (int i = 0; i < shown; i++) {
		struct out_level *l = &o->levels[i];
		const char *prefix = l->pending ? l->first : l->rest;

		out_put(o, prefix, strlen(prefix), l->role, 0);
		l->pending = false;
	}
}

void
out_put(struct out *o, const char *s, size_t len, enum role role,
	uint16_t attrs)
{
	struct markdown *m = o->m;

	if (len == 0)
		return;
	GROW(m->spans, m->span_count, m->span_cap);
	m->spans[m->span_count++] =
		(struct markdown_span){ m->text.len, len, role, attrs };
	m->lines[m->line_count - 1].span_count++;
	buf_add(&m->text, s, len);
}

void
out_repeat(struct out *o, const char *s, int count, enum role role)
{
	AUTO(buf) text = BUF_INIT;

	while (count-- > 0)
		buf_addstr(&text, s);
	out_put(o, buf_str(&text), text.len, role, 0);
}

void
out_blank(struct out *o)
{
	int shown = o->depth < OUT_LEVELS ? o->depth : OUT_LEVELS;

	begin_line(o);
	while (shown > 0 &&
	       !o->levels[shown - 1]
			.rest[strspn(o->levels[shown - 1].rest, " ")])
		shown--;
	for (int i = 0; i < shown; i++)
		out_put(o, o->levels[i].rest, strlen(o->levels[i].rest),
			o->levels[i].role, 0);
}

int
out_slice(struct out *o, const struct flow *w, const struct text_line *slice)
{
	const char *s = buf_str(&w->text) + slice->start;
	struct text_walk walk = text_walk(s, slice->len);
	size_t run = run_at(w, slice->start), from = 0;

	while (text_next(&walk)) {
		size_t now = run;

		while (now + 1 < w->count &&
		       w->runs[now + 1].start <= slice->start + walk.start)
			now++;
		if (now == run)
			continue;
		out_put(o, s + from, walk.start - from, w->runs[run].role,
			w->runs[run].attrs);
		from = walk.start;
		run = now;
	}
	if (w->count)
		out_put(o, s + from, slice->len - from, w->runs[run].role,
			w->runs[run].attrs);
	return walk.column;
}

void
out_flow(struct out *o, struct flow *w)
{
	struct text_line line;

	for (size_t at = 0; text_line_next(buf_str(&w->text), w->text.len,
					   out_room(o), &at, &line);) {
		out_begin(o);
		out_slice(o, w, &line);
	}
	flow_reset(w);
}

/* One line of code: at least one, empty, when it has no text. */
static void
code_line(struct out *o, const struct flow *w, size_t at, size_t end)
{
	do {
		const char *s = buf_str(&w->text) + at;
		size_t n = text_fit(s, end - at, out_room(o), NULL);

		if (n == 0)
			n = text_after(s, end - at, 0);
		out_begin(o);
		out_slice(o, w, &(struct text_line){ at, n });
		at += n;
	} while (at < end);
}

void
out_code(struct out *o, struct flow *w)
{
	const char *s = buf_str(&w->text);

	for (size_t at = 0; at < w->text.len;) {
		const char *nl = memchr(s + at, '\n', w->text.len - at);
		size_t end = nl ? (size_t)(nl - s) : w->text.len;

		code_line(o, w, at, end);
		at = end + 1;
	}
	flow_reset(w);
}
