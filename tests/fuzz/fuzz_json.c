/* Any bytes as JSON: what parses is printed, and what is printed parses. */
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_JSON *v = json_parse((const char *)data, size, "fuzz", NULL);
	AUTO(buf) out = BUF_INIT;

	json_add_strn(&out, (const char *)data, size);
	if (v) {
		AUTO_FREE char *text = json_print(v);
		AUTO_JSON *again = json_parse(text, strlen(text), "own", NULL);

		if (!again)
			abort();
	} else {
		AUTO_JSON *own = json_parse(out.data, out.len, "own", NULL);

		if (!own)
			abort();
	}
	return 0;
}
