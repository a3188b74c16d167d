/* Any bytes as Markdown, at any width: spans lie in the text, drawing stays
 * in the frame (ASan), and what is drawn is no control character. */
#include "ui/markdown.h"

#include "ui/theme.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_spans(const struct markdown *m)
{
	size_t next = 0;

	for (size_t i = 0; i < m->line_count; i++) {
		if (m->lines[i].span != next)
			abort();
		next += m->lines[i].span_count;
	}
	if (next != m->span_count)
		abort();
	for (size_t i = 0; i < m->span_count; i++)
		if (m->spans[i].start + m->spans[i].len > m->text.len ||
		    m->spans[i].role >= ROLE_COUNT)
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int columns = size ? data[0] % 80 : 0;
	struct theme theme = { 0 };
	struct markdown m = { 0 };
	struct frame f = { .ascii = size > 1 && data[1] % 2 };

	markdown_render((const char *)data, size, columns, f.ascii, &m);
	check_spans(&m);
	frame_resize(&f, 80, 25);
	for (size_t i = 0; i < m.line_count; i += 25) {
		frame_clear(&f, theme.roles[ROLE_TEXT]);
		markdown_view(&m, &theme, &f, frame_rect(&f), (int64_t)i);
		for (int c = 0; c < 80 * 25; c++)
			for (const char *s = f.cells[c].text; *s; s++)
				if ((unsigned char)*s < 0x20 || *s == 0x7f ||
				    (f.ascii && *s < 0))
					abort();
	}
	frame_release(&f);
	markdown_release(&m);
	return 0;
}
