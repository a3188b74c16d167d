#include "tool/kernel_text.h"

#include "base/json.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

enum { ESC = 0x1b, BEL = 0x07 };

/* Length of the CSI sequence's rest after "ESC [": parameter and
 * intermediate bytes 0x20-0x3f, one final byte 0x40-0x7e. */
static size_t
csi_length(const char *s, size_t len)
{
	size_t i = 0;

	while (i < len && s[i] >= 0x20 && s[i] <= 0x3f)
		i++;
	return i < len && s[i] >= 0x40 && s[i] <= 0x7e ? i + 1 : i;
}

/* The rest of a control string: up to BEL, or before the ESC of its
 * terminator "ESC \", which is a sequence of its own. */
static size_t
string_length(const char *s, size_t len)
{
	size_t i = 0;

	while (i < len && s[i] != BEL && s[i] != ESC)
		i++;
	return i < len && s[i] == BEL ? i + 1 : i;
}

/* Of the sequence that begins with ESC at s. */
static size_t
sequence_length(const char *s, size_t len)
{
	if (len < 2)
		return len;
	if (s[1] == '[')
		return 2 + csi_length(s + 2, len - 2);
	if (s[1] && strchr("]PX^_", s[1]))
		return 2 + string_length(s + 2, len - 2);
	return s[1] == ESC ? 1 : 2;
}

void
kernel_text_plain(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		unsigned char c = (unsigned char)text[i];

		if (c == ESC) {
			i += sequence_length(text + i, len - i);
			continue;
		}
		if (c == '\n' || c == '\t' || (c >= 0x20 && c != 0x7f))
			buf_addch(out, text[i]);
		i++;
	}
}

/* At most max bytes, not ending inside a character. */
static size_t
whole_chars(const char *s, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max > 0 && ((unsigned char)s[max] & 0xc0) == 0x80)
		max--;
	return max;
}

/* The member's first bytes, enough that a cut shows. */
static void
add_member(struct buf *out, const cJSON *content, const char *key)
{
	const char *text = json_str(content, key);

	if (text)
		kernel_text_plain(out, text,
				  whole_chars(text, strlen(text),
					      2 * KERNEL_ERROR_MAX));
}

char *
kernel_text_error(const cJSON *content)
{
	AUTO(buf) out = BUF_INIT;
	size_t len;

	add_member(&out, content, "ename");
	if (!str_empty(json_str(content, "evalue")))
		buf_addstr(&out, ": ");
	add_member(&out, content, "evalue");
	len = whole_chars(buf_str(&out), out.len, KERNEL_ERROR_MAX);
	if (len < out.len) {
		buf_truncate(&out, len);
		buf_addstr(&out, "...");
	}
	return buf_steal(&out);
}

void
kernel_text_traceback(struct buf *out, const cJSON *lines, size_t max)
{
	AUTO(buf) all = BUF_INIT;
	const cJSON *line;

	cJSON_ArrayForEach (line, lines) {
		if (!cJSON_IsString(line))
			continue;
		kernel_text_plain(&all, line->valuestring,
				  strlen(line->valuestring));
		buf_addch(&all, '\n');
	}
	if (all.len <= max) {
		buf_add(out, buf_str(&all), all.len);
		return;
	}
	size_t head = whole_chars(all.data, all.len, max / 2);
	size_t tail = all.len - max / 2;

	while (tail < all.len && ((unsigned char)all.data[tail] & 0xc0) == 0x80)
		tail++;
	buf_add(out, all.data, head);
	buf_printf(out, "\n[... %zu bytes left out ...]\n", tail - head);
	buf_add(out, all.data + tail, all.len - tail);
}
