#include "media/kitty.h"

#include "media/base64.h"

#include <inttypes.h>

/* Bytes of the file that give the 4096 characters a chunk may have. */
enum { CHUNK_BYTES = 4096 / 4 * 3 };

static void
add_place(struct buf *out, const struct kitty_place *p)
{
	buf_printf(out, "i=%" PRIu32 ",p=1,q=2,C=1,c=%d,r=%d", p->id,
		   p->columns, p->rows);
	if (p->source.width > 0)
		buf_printf(out, ",x=%d,y=%d,w=%d,h=%d", p->source.x,
			   p->source.y, p->source.width, p->source.height);
}

void
kitty_show(struct buf *out, const void *png, size_t len,
	   const struct kitty_place *place)
{
	const char *from = png;

	buf_reserve(out, len / 3 * 4 + len / CHUNK_BYTES * 16 + 256);
	buf_addstr(out, "\033_Ga=T,f=100,");
	add_place(out, place);
	buf_addch(out, ',');
	for (;;) {
		size_t part = len < CHUNK_BYTES ? len : CHUNK_BYTES;

		len -= part;
		buf_printf(out, "m=%d;", len > 0);
		base64_add(out, from, part);
		buf_addstr(out, "\033\\");
		from += part;
		if (len == 0)
			return;
		buf_addstr(out, "\033_Gq=2,");
	}
}

void
kitty_move(struct buf *out, const struct kitty_place *place)
{
	buf_addstr(out, "\033_Ga=p,");
	add_place(out, place);
	buf_addstr(out, "\033\\");
}

void
kitty_delete(struct buf *out, uint32_t id)
{
	buf_printf(out, "\033_Ga=d,d=I,i=%" PRIu32 ",q=2\033\\", id);
}
