/* Two secrets and a text: however the text is cut into pieces, the stream
 * gives what the whole gives. */
#include "base/redact.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_PTR(redact) r = redact_new();
	AUTO(buf) whole = BUF_INIT;
	AUTO(buf) cut = BUF_INIT;
	struct redact_stream s;
	size_t piece;

	if (size < 32)
		return 0;
	for (int i = 0; i < 2; i++) {
		AUTO_FREE char *value = xstrndup((const char *)data, 12);

		redact_add(r, i ? "b" : "a", value);
		data += 12;
		size -= 12;
	}
	piece = 1 + *data % 16;
	redact_text(r, (const char *)data, size, &whole);
	redact_stream_init(&s, r);
	for (size_t at = 0; at < size; at += piece)
		redact_stream_add(&s, (const char *)data + at,
				  size - at < piece ? size - at : piece, &cut);
	redact_stream_finish(&s, &cut);
	redact_stream_release(&s);
	if (whole.len != cut.len || memcmp(whole.data, cut.data, cut.len) != 0)
		abort();
	return 0;
}
