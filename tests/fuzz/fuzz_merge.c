/* Any three texts merged: what only one side changed is that side's, equal
 * changes are no conflict, and a side that is taken leaves no mark. */
#include "base/merge.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
merged(const struct buf *base, const struct buf *mine, const struct buf *theirs,
       enum merge_take take, struct buf *out)
{
	const struct merge m = { base, mine, theirs, "b", "m", "t", take };

	return merge_texts(&m, out);
}

static void
expect(const struct buf *got, const struct buf *wanted)
{
	if (got->len != wanted->len ||
	    memcmp(buf_str(got), buf_str(wanted), got->len) != 0)
		abort();
}

/* The part before the first byte 0xff; the rest is left. */
static void
part(const uint8_t **data, size_t *size, struct buf *out)
{
	const uint8_t *end = *size ? memchr(*data, 0xff, *size) : NULL;
	size_t n = end ? (size_t)(end - *data) : *size;

	buf_add(out, (const char *)*data, n);
	n += end != NULL;
	*data += n;
	*size -= n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf base = BUF_INIT, mine = BUF_INIT, theirs = BUF_INIT;
	struct buf out = BUF_INIT, again = BUF_INIT;

	part(&data, &size, &base);
	part(&data, &size, &mine);
	part(&data, &size, &theirs);
	if (merged(&base, &base, &theirs, MERGE_MARK, &out))
		abort();
	expect(&out, &theirs);
	buf_reset(&out);
	if (merged(&base, &mine, &base, MERGE_MARK, &out) ||
	    merged(&base, &mine, &mine, MERGE_MARK, &again))
		abort();
	expect(&out, &mine);
	expect(&again, &mine);
	buf_reset(&out);
	buf_reset(&again);
	if (merged(&base, &mine, &theirs, MERGE_MARK, &out) !=
	    merged(&base, &mine, &theirs, MERGE_THEIRS, &again))
		abort();
	buf_release(&base);
	buf_release(&mine);
	buf_release(&theirs);
	buf_release(&out);
	buf_release(&again);
	return 0;
}
