#include "ui/osc.h"

#include "base/str.h"

#include <stdint.h>
#include <string.h>

/* Safe inside an OSC: no control character, no field separator. */
static void
add_safe(struct buf *b, const char *text)
{
	enum { TEXT_MAX = 500 };
	AUTO(buf) safe = BUF_INIT;
	size_t len;

	str_visible(&safe, text, strlen(text), false);
	len = safe.len < TEXT_MAX ? safe.len : TEXT_MAX;
	while (len < safe.len && len && (safe.data[len] & 0xc0) == 0x80)
		len--; /* whole characters */
	for (size_t i = 0; i < len; i++)
		buf_addch(b, safe.data[i] == ';' ? ',' : safe.data[i]);
}

static void
add_base64(struct buf *b, const char *s, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = 0;

		for (size_t k = 0; k < 3; k++)
			v = v << 8 |
			    (i + k < len ? (unsigned char)s[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			buf_addch(b, i + k > len ?
					     '=' :
					     digits[v >> (18 - 6 * k) & 63]);
	}
}

void
osc_title(struct buf *b, const char *text)
{
	buf_addstr(b, "\033]2;");
	add_safe(b, text);
	buf_addstr(b, "\033\\");
}

void
osc_notify(struct buf *b, const char *title, const char *text)
{
	buf_addstr(b, "\033]9;");
	add_safe(b, title);
	buf_addstr(b, ": ");
	add_safe(b, text);
	buf_addstr(b, "\033\\\033]777;notify;");
	add_safe(b, title);
	buf_addch(b, ';');
	add_safe(b, text);
	buf_addstr(b, "\033\\");
}

void
osc_copy(struct buf *b, const char *text)
{
	buf_addstr(b, "\033]52;c;");
	add_base64(b, text, strlen(text));
	buf_addstr(b, "\033\\");
}
