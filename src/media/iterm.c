#include "media/iterm.h"

#include "media/base64.h"

void
iterm_show(struct buf *out, const void *png, size_t len, int columns, int rows)
{
	buf_printf(out,
		   "\033]1337;File=inline=1;size=%zu;width=%d;height=%d;"
		   "preserveAspectRatio=0;doNotMoveCursor=1:",
		   len, columns, rows);
	base64_add(out, png, len);
	buf_addch(out, '\a');
}
