/* Any bytes as what a terminal sends, whole, in pieces, and with the waits
 * over in between: whatever came, a key typed after it is reported. */
#include "base/buf.h"
#include "ui/input.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	struct buf text;
	size_t bytes;  /* of what was borrowed */
	uint32_t last; /* key */
};

static void
note(void *ud, const struct input *in)
{
	struct seen *s = ud;

	buf_printf(&s->text, "%d %x %x %d %d %d %d %zu %d\n", in->kind, in->key,
		   in->mods, in->mouse, in->button, in->x, in->y, in->len,
		   in->cut);
	if (in->len)
		buf_add(&s->text, in->text, in->len);
	s->bytes += in->len;
	s->last = in->kind == INPUT_KEY ? in->key : 0;
	if (in->kind == INPUT_KEY && in->key > 0x10ffff &&
	    in->key >= INPUT_KEY_END)
		abort();
	if (in->kind == INPUT_MOUSE && (in->x < 0 || in->y < 0))
		abort();
}

static void
decode(const uint8_t *data, size_t size, size_t piece, bool flush,
       struct seen *s)
{
	struct input_decoder *d = input_decoder_new();
	int wait_ms;

	input_add_key(d, "\033[19;9~", INPUT_F8, INPUT_SHIFT);
	input_add_key(d, "\001K\r", INPUT_F1, 0);
	for (size_t at = 0; at < size; at += piece) {
		size_t n = size - at < piece ? size - at : piece;

		input_feed(d, (const char *)data + at, n, note, s);
		if (flush && input_pending(d, &wait_ms))
			input_flush(d, note, s);
	}
	for (int i = 0; input_pending(d, &wait_ms); i++) {
		if (i > 1)
			abort(); /* one flush leaves nothing to wait for */
		input_flush(d, note, s);
	}
	/* C-c also ends a paste whose end never came. */
	input_feed(d, "\003", 1, note, s);
	s->last = 0;
	input_feed(d, "z", 1, note, s);
	if (s->last != 'z' || input_pending(d, &wait_ms))
		abort();
	input_decoder_free(d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen whole = { 0 }, cut = { 0 };
	struct seen flushed = { 0 };
	size_t piece;

	if (size < 2)
		return 0;
	piece = 2 + *data % 30;
	data++;
	size--;
	decode(data, size, size, false, &whole);
	decode(data, size, piece, false, &cut);
	decode(data, size, piece, true, &flushed);
	if (whole.bytes > size + 2 || cut.bytes > size + 2)
		abort();
	buf_release(&whole.text);
	buf_release(&cut.text);
	buf_release(&flushed.text);
	return 0;
}
