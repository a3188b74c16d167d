/* Any bytes as the data of an event: what is read, written and read again
 * must be the same. The first byte picks the type. */
#include "run/event.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(arena) arena = { 0 };
	AUTO(buf) once = BUF_INIT;
	AUTO(buf) twice = BUF_INIT;
	struct event e = { 0 };
	struct err err = ERR_INIT;

	if (!len)
		return 0;
	e.type = (enum event_type)(data[0] % EVENT_TYPES);
	if (!event_decode((const char *)data + 1, len - 1, &arena, &e, &err)) {
		if (err.code != ERR_CORRUPT || !*err.msg)
			abort();
		return 0;
	}
	event_encode(&once, &e);
	if (!event_decode(buf_str(&once), once.len, &arena, &e, &err))
		abort();
	event_encode(&twice, &e);
	if (strcmp(buf_str(&once), buf_str(&twice)) != 0)
		abort();
	return 0;
}
