#include "media/base64.h"

#include "base/lazy.h"

/* libcrypto counts in int. */
enum { PIECE = 3 << 20 };

void
base64_add(struct buf *out, const void *data, size_t len)
{
	const unsigned char *from = data;

	while (len > 0) {
		size_t part = len < PIECE ? len : PIECE;
		char *to = buf_reserve(out, part / 3 * 4 + 5);

		out->len += (size_t)lazy_crypto()->encode_block((unsigned char *)to, from,
						    (int)part);
		buf_terminate(out);
		from += part;
		len -= part;
	}
}
