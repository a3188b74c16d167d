/* What a sandboxed command sends to the filtering proxy. */
#include "tool/sandbox/request.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(request) r = REQUEST_INIT;
	AUTO(strv) list = STRV_INIT;

	if (!request_parse((const char *)data, size, &r, NULL))
		return 0;
	/* What was let through names one host, and one empty line ends what
	 * is sent on. */
	if (!*r.host.name || r.host.port < 1 || r.host.port > 65535)
		abort();
	if (!r.tunnel && (!strstr(buf_str(&r.head), "\r\n\r\n") ||
			  r.head.len != strlen(r.head.data) ||
			  strstr(r.head.data, "\r\n\r\n") + 4 !=
				  r.head.data + r.head.len))
		abort();
	strv_add(&list, r.host.name);
	if (strchr(r.host.name, ':') == NULL && !hosts_allow(&list, &r.host))
		abort();
	return 0;
}
