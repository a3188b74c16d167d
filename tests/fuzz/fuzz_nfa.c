/* A pattern, a newline, a text: whatever they are, it ends, and a match lies
 * in the text. */
#include "base/nfa.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line = memchr(data, '\n', size);
	size_t len = line ? (size_t)(line - data) : size, from, to;
	AUTO_FREE char *pattern = xstrndup((const char *)data, len);
	AUTO_PTR(nfa) n = nfa_new(pattern, len % 2, NULL);
	struct nfa_text t = { .begins = true, .ends = true };

	if (!n || !line)
		return 0;
	t.data = (const char *)line + 1;
	t.len = size - len - 1;
	if (nfa_find(n, &t, &from, &to) && (from > to || to > t.len))
		abort();
	return 0;
}
