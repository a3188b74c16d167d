/* Any bytes walked, cut and wrapped: what comes out is valid UTF-8 without
 * controls, every byte belongs to one cluster, cuts and lines fit. */
#include "ui/text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
need(bool ok)
{
	if (!ok)
		abort();
}

static void
check_walk(const char *s, size_t len)
{
	size_t at = 0;

	for (struct text_walk w = text_walk(s, len); text_next(&w);) {
		need(w.start == at && w.at > at);
		at = w.at;
		need(w.newline || w.width > 0);
		need(w.text_len == strlen(w.text));
		need(utf8_valid(w.text, w.text_len));
		for (size_t i = 0; i < w.text_len; i++)
			need((unsigned char)w.text[i] >= 0x20 &&
			     w.text[i] != 0x7f);
		need(text_prev(s, len, at) == w.start);
		need(text_after(s, len, w.start) == at);
	}
	need(at == len);
}

static void
check_cut(const char *s, int columns)
{
	for (int ascii = 0; ascii < 2; ascii++) {
		AUTO(buf) out = BUF_INIT;

		text_cut(&out, s, columns, ascii);
		need(text_width(buf_str(&out)) <= columns);
	}
}

static void
check_wrap(const char *s, size_t len, int columns)
{
	struct text_line line;
	size_t end = 0, next = 0;

	while (text_line_next(s, len, columns, &next, &line)) {
		size_t fits = text_fit(s + line.start, line.len, columns, NULL);

		need(line.start >= end && line.start + line.len <= next);
		need(fits == line.len ||
		     text_after(s + line.start, line.len, 0) == line.len);
		for (size_t i = end; i < line.start; i++)
			need(strchr(" \t\n", s[i]) != NULL);
		end = line.start + line.len;
	}
	need(next == len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int columns = size ? data[0] % 40 : 0;
	AUTO_FREE char *s = NULL;

	/* The steps back begin anew from the last two ASCII bytes. */
	if (size > 4096)
		size = 4096;
	s = xstrndup((const char *)data, size);
	check_walk((const char *)data, size);
	check_cut(s, columns);
	check_wrap((const char *)data, size, columns);
	return 0;
}
