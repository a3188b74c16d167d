#include "cli/slash_words.h"

#include "base/buf.h"
#include "base/mem.h"
#include "cli/hints.h"

#include <stdlib.h>
#include <string.h>

/* Where the reader stands in the line. */
struct reader {
	const char *line;
	size_t at, len;
	size_t open; /* as in slash_words */
};

void
slash_words_release(struct slash_words *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->items[i].text);
	free(w->items);
	memset(w, 0, sizeof(*w));
}

static bool
at_blank(const struct reader *r)
{
	return strchr(" \t\r\n", r->line[r->at]) != NULL;
}

/* What stands between quotes; at is on the first of them. */
static void
read_quoted(struct reader *r, struct buf *out)
{
	char quote = r->line[r->at];
	size_t start = r->at++;

	for (; r->at < r->len && r->line[r->at] != quote; r->at++) {
		const char *p = &r->line[r->at];

		if (quote == '"' && *p == '\\' && r->at + 1 < r->len &&
		    (p[1] == '"' || p[1] == '\\'))
			p = &r->line[++r->at];
		buf_addch(out, *p);
	}
	if (r->at < r->len)
		r->at++;
	else
		r->open = start + 1;
}

static char *
read_word(struct reader *r)
{
	struct buf out = BUF_INIT;

	while (r->at < r->len && !at_blank(r)) {
		char c = r->line[r->at];

		if (c == '"' || c == '\'') {
			read_quoted(r, &out);
			continue;
		}
		if (c == '\\' && r->at + 1 < r->len)
			c = r->line[++r->at];
		buf_addch(&out, c);
		r->at++;
	}
	return buf_steal(&out);
}

static char *
read_bracket(struct reader *r)
{
	size_t start = r->at, n = hints_bracket(r->line + start);

	r->at += n < r->len - start ? n : r->len - start;
	return xstrndup(r->line + start, r->at - start);
}

void
slash_words_split(const char *line, size_t len, struct slash_words *ret)
{
	struct reader r = { .line = line, .len = len };

	memset(ret, 0, sizeof(*ret));
	for (;;) {
		struct slash_word w;

		while (r.at < r.len && at_blank(&r))
			r.at++;
		if (r.at >= r.len)
			break;
		w.start = r.at;
		w.text = hints_bracket(line + r.at) ? read_bracket(&r) :
						      read_word(&r);
		w.end = r.at;
		GROW(ret->items, ret->count, ret->cap);
		ret->items[ret->count++] = w;
	}
	ret->open = r.open;
}

char *
slash_quote(const char *word)
{
	struct buf b = BUF_INIT;

	if (*word && !strpbrk(word, " \t\r\n\"'\\[") && *word != '-')
		return xstrdup(word);
	buf_addch(&b, '\'');
	for (const char *p = word; *p; p++) {
		if (*p == '\'')
			buf_addstr(&b, "'\\'");
		buf_addch(&b, *p);
	}
	buf_addch(&b, '\'');
	return buf_steal(&b);
}
