/* Any bytes as JSON: what parses is printed, and what is printed parses; the
 * fast reader sees what cJSON sees. */
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A text that both take means the same to both, and what cJSON printed is
 * taken by the reader. */
static void
compare(const char *text, size_t len, bool must)
{
	struct json_reader *r = json_reader_new();
	AUTO_FREE char *copy = xstrndup(text, len);
	const cJSON *fast =
		strlen(copy) == len ? json_read(r, copy, len, "fast", NULL) :
				      NULL;
	AUTO_JSON *slow = json_parse(text, len, "slow", NULL);

	if (must && !fast)
		abort();
	if (fast && slow) {
		AUTO_FREE char *a = json_print(fast);
		AUTO_FREE char *b = json_print(slow);

		if (strcmp(a, b) != 0)
			abort();
	}
	json_reader_free(r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_JSON *v = json_parse((const char *)data, size, "fuzz", NULL);
	AUTO(buf) out = BUF_INIT;

	json_add_strn(&out, (const char *)data, size);
	compare((const char *)data, size, false);
	if (v) {
		AUTO_FREE char *text = json_print(v);
		AUTO_JSON *again = json_parse(text, strlen(text), "own", NULL);

		if (!again)
			abort();
		compare(text, strlen(text), true);
	} else {
		AUTO_JSON *own = json_parse(out.data, out.len, "own", NULL);

		if (!own)
			abort();
		compare(out.data, out.len, true);
	}
	return 0;
}
