/* Any bytes as a stream of events: however they are cut, the events are the
 * same. The first byte says how. */
#include "agent/sse.h"
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
take(void *ud, const char *name, char *data, size_t len)
{
	struct buf *out = ud;

	if (data[len])
		abort();
	buf_printf(out, "%s=", name);
	buf_add(out, data, len);
	buf_addch(out, '\n');
	return true;
}

static bool
feed(const char *bytes, size_t len, size_t piece, struct buf *out)
{
	AUTO(sse) s = { .limit = 200, .fn = take, .ud = out };

	for (size_t i = 0; i < len; i += piece)
		if (!sse_add(&s, bytes + i, piece < len - i ? piece : len - i,
			     NULL))
			return false;
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buf) whole = BUF_INIT;
	AUTO(buf) cut = BUF_INIT;
	bool a, b;

	if (size < 1)
		return 0;
	a = feed((const char *)data + 1, size - 1, size, &whole);
	b = feed((const char *)data + 1, size - 1, data[0] % 16 + 1, &cut);
	if (a != b || whole.len != cut.len ||
	    (whole.len && memcmp(whole.data, cut.data, whole.len) != 0))
		abort();
	return 0;
}
