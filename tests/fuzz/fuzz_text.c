/* Any bytes made visible: what comes out is valid UTF-8 without controls. */
#include "base/str.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buf) out = BUF_INIT;

	str_visible(&out, (const char *)data, size, false);
	if (!utf8_valid(buf_str(&out), out.len))
		abort();
	for (size_t i = 0; i < out.len; i++)
		if ((unsigned char)out.data[i] < 0x20 || out.data[i] == 0x7f)
			abort();
	return 0;
}
