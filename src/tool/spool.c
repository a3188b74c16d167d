/*
 * Invariants
 *  1. Not spilled: head holds everything, at most inline_limit bytes.
 *  2. Spilled: head holds the first edge() bytes, tail the last edge() as a
 *     ring ending at tail_at; head and tail never overlap, because
 *     2 * edge() <= inline_limit < total_bytes.
 *  3. The file holds the first file_bytes bytes; once a write failed or the
 *     ceiling is reached it grows no more.
 *
 *	small --more than inline_limit--> spilled --finish--> parts
 *	  \__________________finish: one text part__________/
 */
#include "tool/spool.h"

#include "base/mem.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAMES_TRIED = 100, INLINE_MIN = 64 };

static size_t
edge(const struct spool *sp)
{
	return sp->inline_limit / 2 < SPOOL_EDGE ? sp->inline_limit / 2 :
						   SPOOL_EDGE;
}

void
spool_init(struct spool *sp, const char *dir, const char *name,
	   size_t inline_limit)
{
	*sp = (struct spool){ .fd = -1 };
	sp->dir = xstrdup(dir);
	sp->name = xstrdup(name);
	sp->inline_limit = inline_limit ? inline_limit : SPOOL_INLINE_LIMIT;
	if (sp->inline_limit < INLINE_MIN)
		sp->inline_limit = INLINE_MIN;
}

void
spool_redact(struct spool *sp, const struct redact *r)
{
	redact_stream_init(&sp->redact, r);
}

void
spool_release(struct spool *sp)
{
	path_close(&sp->fd);
	sp->fd = -1;
	buf_release(&sp->head);
	buf_release(&sp->clean);
	redact_stream_release(&sp->redact);
	free(sp->dir);
	free(sp->name);
	sp->dir = sp->name = NULL;
}

/*
 * The file must be a new one: the program whose output this is may have put
 * a file, a FIFO or a link under our name. Then "2-stdout.txt" and so on.
 */
static void
open_file(struct spool *sp)
{
	/* A tool without a folder of its own has none until now. */
	path_mkdirs(sp->dir, NULL);
	for (int i = 1; i <= NAMES_TRIED; i++) {
		AUTO_FREE char *name =
			i == 1 ? xstrdup(sp->name) :
				 xasprintf("%d-%s", i, sp->name);
		AUTO_FREE char *path = path_join(sp->dir, name);

		sp->fd = open(path,
			      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
				      O_CLOEXEC,
			      0600);
		if (sp->fd >= 0) {
			free(sp->name);
			sp->name = TAKE(name);
			return;
		}
		if (errno != EEXIST)
			break;
	}
	sp->write_failed = true;
	sp->write_errno = errno;
}

static void
to_file(struct spool *sp, const char *data, size_t len)
{
	size_t room = (size_t)(SPOOL_FILE_LIMIT - sp->file_bytes);

	if (len > room)
		len = room;
	while (len && !sp->write_failed) {
		ssize_t n = write(sp->fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			sp->write_failed = true;
			sp->write_errno = errno;
			return;
		}
		sp->file_bytes += n;
		data += n;
		len -= (size_t)n;
	}
}

static void
to_tail(struct spool *sp, const char *data, size_t len)
{
	size_t size = edge(sp), first;

	if (len == 0)
		return; /* data may be NULL */
	if (len > size) {
		data += len - size;
		len = size;
	}
	first = size - sp->tail_at < len ? size - sp->tail_at : len;
	memcpy(sp->tail + sp->tail_at, data, first);
	memcpy(sp->tail, data + first, len - first);
	sp->tail_at = (sp->tail_at + len) % size;
}

static void
spill(struct spool *sp, const char *data, size_t len)
{
	sp->spilled = true;
	open_file(sp);
	to_file(sp, sp->head.data, sp->head.len);
	to_file(sp, data, len);
	to_tail(sp, sp->head.data, sp->head.len);
	to_tail(sp, data, len);
	if (sp->head.len > edge(sp)) {
		buf_truncate(&sp->head, edge(sp));
		return;
	}
	/* Cannot run out: head and data are more than inline_limit. */
	buf_add(&sp->head, data, edge(sp) - sp->head.len);
}

static void
keep(struct spool *sp, const char *data, size_t len)
{
	if (len == 0)
		return;
	sp->total_bytes += (int64_t)len;
	sp->last = data[len - 1];
	for (const char *p = data, *end = data + len;
	     (p = memchr(p, '\n', (size_t)(end - p))); p++)
		sp->lines++;
	if (sp->spilled) {
		to_file(sp, data, len);
		to_tail(sp, data, len);
	} else if (sp->head.len + len > sp->inline_limit) {
		spill(sp, data, len);
	} else {
		buf_add(&sp->head, data, len);
	}
}

void
spool_add(struct spool *sp, const char *data, size_t len)
{
	if (!sp->redact.redact) {
		keep(sp, data, len);
		return;
	}
	buf_reset(&sp->clean);
	redact_stream_add(&sp->redact, data, len, &sp->clean);
	keep(sp, sp->clean.data, sp->clean.len);
}

/* --- showing ------------------------------------------------------------ */

void
spool_add_text(struct buf *out, const char *data, size_t len)
{
	size_t i = 0, plain = 0;
	uint32_t cp;

	while (i < len) {
		size_t n = utf8_decode(data + i, len - i, &cp);

		if (n && data[i] != '\0') {
			i += n;
			continue;
		}
		buf_add(out, data + plain, i - plain);
		buf_addstr(out, "\xef\xbf\xbd");
		plain = ++i;
	}
	buf_add(out, data + plain, i - plain);
}

static bool
continues_char(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Without the line that is cut, when enough is left; else without the
 * character that is cut. */
static size_t
head_length(const char *data, size_t len)
{
	const char *line = memrchr(data, '\n', len);

	if (line && (size_t)(line - data) + 1 >= len / 2)
		return (size_t)(line - data) + 1;
	for (size_t back = 1; back <= 3 && back < len; back++) {
		unsigned char c = (unsigned char)data[len - back];
		size_t need = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;

		if (c < 0x80)
			break;
		if (c >= 0xc0)
			return back < need ? len - back : len;
	}
	return len;
}

static size_t
tail_start(const char *data, size_t len)
{
	const char *line = memchr(data, '\n', len / 2);
	size_t skip = 0;

	if (line)
		return (size_t)(line - data) + 1;
	while (skip < 3 && skip < len && continues_char(data[skip]))
		skip++;
	return skip;
}

static int64_t
line_count(const struct spool *sp)
{
	return sp->lines + (sp->total_bytes > 0 && sp->last != '\n');
}

static void
add_statistics(const struct spool *sp, struct buf *out)
{
	buf_printf(out, "[%" PRId64 " bytes, %" PRId64 " lines; ",
		   sp->total_bytes, line_count(sp));
	if (sp->fd < 0)
		buf_printf(out, "not saved: %s: %s", sp->name,
			   strerror(sp->write_errno));
	else if (sp->write_failed)
		buf_printf(out,
			   "only the first %" PRId64 " bytes saved as %s: %s",
			   sp->file_bytes, sp->name,
			   strerror(sp->write_errno));
	else if (sp->file_bytes < sp->total_bytes)
		buf_printf(out,
			   "the first %" PRId64 " bytes saved as %s, the "
			   "rest is over the limit and lost",
			   sp->file_bytes, sp->name);
	else
		buf_printf(out, "saved as %s", sp->name);
	buf_addstr(out, "]\n");
}

static void
add_edges(const struct spool *sp, struct buf *out)
{
	size_t size = edge(sp), head, start;
	AUTO(buf) tail = BUF_INIT;

	buf_add(&tail, sp->tail + sp->tail_at, size - sp->tail_at);
	buf_add(&tail, sp->tail, sp->tail_at);
	head = head_length(sp->head.data, sp->head.len);
	start = tail_start(tail.data, tail.len);
	spool_add_text(out, sp->head.data, head);
	if (out->data[out->len - 1] != '\n')
		buf_addch(out, '\n');
	buf_printf(out, "[... %" PRId64 " bytes left out ...]\n",
		   sp->total_bytes - (int64_t)(head + tail.len - start));
	spool_add_text(out, tail.data + start, tail.len - start);
}

void
spool_finish(struct spool *sp, struct tool_result *r)
{
	AUTO(buf) text = BUF_INIT;

	buf_reset(&sp->clean);
	redact_stream_finish(&sp->redact, &sp->clean);
	keep(sp, sp->clean.data, sp->clean.len);
	if (sp->spilled) {
		add_statistics(sp, &text);
		add_edges(sp, &text);
	} else {
		spool_add_text(&text, buf_str(&sp->head), sp->head.len);
	}
	tool_result_text(r, buf_str(&text));
	if (sp->fd >= 0)
		tool_result_file(r, TOOL_PART_FILE, sp->name, "text/plain");
}
