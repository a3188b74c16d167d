/*
 * Invariants
 *  1. libpng leaves by longjmp only into read_pixels, which owns nothing:
 *     everything it may leave behind belongs to struct reader.
 *  2. No byte of the result is allocated before the header passed the limits.
 */
#include "media/png.h"

#include "base/lazy.h"
#include "base/mem.h"
#include "base/path.h"

#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Set by png_decode before anything is decoded. */
static const struct lazy_png *_Atomic lib;

enum {
	CHUNK_LIMIT = 8 << 20, /* what one chunk may make libpng allocate */
	DEFLATE_GAIN = 1032,   /* the best ratio deflate can reach */
};

struct reader {
	const uint8_t *at, *end;
	const char *name;
	png_structp png;
	png_infop info;
	struct png_limits limits;
	struct image image;
	struct err problem; /* what error callbacks saw first */
};

static void
reader_release(struct reader *r)
{
	lib->destroy_read(&r->png, &r->info, NULL);
	image_release(&r->image);
}

static void
on_error(png_structp png, png_const_charp message)
{
	struct reader *r = lib->error_ptr(png);

	if (r->problem.code == ERR_NONE)
		FAIL(&r->problem, ERR_DATA,
		     "%s: not a readable PNG (%s); make the picture again",
		     r->name, message);
	lib->longjmp(png, 1);
}

static void
on_warning(png_structp png, png_const_charp message)
{
	(void)png;
	(void)message;
}

static void
on_read(png_structp png, png_bytep out, size_t len)
{
	struct reader *r = lib->io_ptr(png);

	if (len > (size_t)(r->end - r->at))
		lib->error(png, "the file ends in the middle");
	memcpy(out, r->at, len);
	r->at += len;
}

static bool
check_size(struct reader *r, uint32_t width, uint32_t height)
{
	const struct png_limits *l = &r->limits;

	if (width > (uint32_t)l->side || height > (uint32_t)l->side ||
	    (int64_t)width * height > l->pixels)
		return FAIL(&r->problem, ERR_TOOBIG,
			    "%s: %u x %u pixels is over the limit of %d a "
			    "side and %lld pixels; make it smaller",
			    r->name, width, height, l->side,
			    (long long)l->pixels);
	return true;
}

static bool
check_plausible(struct reader *r, uint32_t height)
{
	uint64_t packed = (uint64_t)lib->row_bytes(r->png, r->info) * height;

	if (packed / DEFLATE_GAIN > (uint64_t)(r->end - r->at) + 64)
		return FAIL(&r->problem, ERR_DATA,
			    "%s: not a readable PNG (the file is too short "
			    "for its size); make the picture again",
			    r->name);
	return true;
}

/* Whatever the colour type: 8-bit RGBA. */
static void
ask_for_rgba(png_structp png)
{
	lib->set_expand(png);
	lib->set_scale_16(png);
	lib->set_gray_to_rgb(png);
	lib->set_alpha(png, 0xff, PNG_FILLER_AFTER);
}

/* Allocates the image; false with r->problem set when it must not. */
static bool
take_header(struct reader *r)
{
	uint32_t width, height;

	lib->read_info(r->png, r->info);
	width = lib->width(r->png, r->info);
	height = lib->height(r->png, r->info);
	if (!check_size(r, width, height) || !check_plausible(r, height))
		return false;
	ask_for_rgba(r->png);
	r->image.width = (int)width;
	r->image.height = (int)height;
	r->image.rgba = xcalloc((size_t)width * height, 4);
	return true;
}

static void
read_rows(struct reader *r)
{
	size_t stride = (size_t)r->image.width * 4;
	int passes = lib->set_interlace(r->png);

	lib->update_info(r->png, r->info);
	if (lib->row_bytes(r->png, r->info) != stride)
		lib->error(r->png, "unexpected pixel layout");
	for (int pass = 0; pass < passes; pass++)
		for (int y = 0; y < r->image.height; y++)
			lib->read_row(r->png,
				      r->image.rgba + (size_t)y * stride, NULL);
	lib->read_end(r->png, NULL);
}

/* The one place libpng jumps to; no local lives across the jump. */
static bool
read_pixels(struct reader *r)
{
	if (setjmp(*lib->set_longjmp(r->png, longjmp, sizeof(jmp_buf))))
		return false;
	if (!take_header(r))
		return false;
	read_rows(r);
	return true;
}

static void
set_up(struct reader *r)
{
	r->png = lib->create_read(PNG_LIBPNG_VER_STRING, r, on_error,
				  on_warning);
	if (!r->png || !(r->info = lib->create_info(r->png)))
		abort(); /* out of memory, as xmalloc does */
	lib->set_read(r->png, r, on_read);
	lib->set_user_limits(r->png, PNG_SIDE_LIMIT * 64, PNG_SIDE_LIMIT * 64);
	lib->set_malloc_max(r->png, CHUNK_LIMIT);
	lib->set_cache_max(r->png, 16);
	lib->set_crc_action(r->png, PNG_CRC_ERROR_QUIT, PNG_CRC_WARN_DISCARD);
	/* Skipped unread: every ancillary chunk, and then not tRNS. */
	lib->keep_chunks(r->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
	lib->keep_chunks(r->png, PNG_HANDLE_CHUNK_AS_DEFAULT,
			 (png_const_bytep) "tRNS", 1);
}

static struct png_limits
effective(const struct png_limits *l)
{
	struct png_limits r = { PNG_SIDE_LIMIT, PNG_PIXEL_LIMIT };

	if (l && l->side > 0 && l->side < r.side)
		r.side = l->side;
	if (l && l->pixels > 0 && l->pixels < r.pixels)
		r.pixels = l->pixels;
	return r;
}

bool
png_decode(const void *data, size_t len, const char *name,
	   const struct png_limits *limits, struct image *ret, struct err *err)
{
	const struct lazy_png *loaded = lazy_png(err);

	if (!loaded)
		return false;
	lib = loaded;
	AUTO(reader) r = { .at = data,
			   .end = (const uint8_t *)data + len,
			   .name = name,
			   .limits = effective(limits),
			   .problem = ERR_INIT };

	if (len < 8 || lib->sig_cmp(data, 0, 8) != 0)
		return FAIL(err, ERR_DATA, "%s: not a PNG file", name);
	set_up(&r);
	if (!read_pixels(&r))
		return FAIL(err, r.problem.code, "%s", r.problem.msg);
	*ret = r.image;
	r.image.rgba = NULL;
	return true;
}

bool
png_decode_fd(int fd, const char *name, const struct png_limits *limits,
	      struct image *ret, struct err *err)
{
	AUTO(buf) bytes = BUF_INIT;
	struct stat st;
	ssize_t n = 1;

	if (fstat(fd, &st) != 0)
		return err_errno(err, errno, "%s", name);
	if (!S_ISREG(st.st_mode))
		return FAIL(err, ERR_DATA, "%s: not a regular file", name);
	if (st.st_size > PNG_FILE_LIMIT)
		return FAIL(err, ERR_TOOBIG,
			    "%s: %lld bytes is over the "
			    "limit of %d; make the picture smaller",
			    name, (long long)st.st_size, PNG_FILE_LIMIT);
	buf_reserve(&bytes, (size_t)st.st_size + 1);
	while (n > 0 && bytes.len < (size_t)st.st_size) {
		n = pread(fd, bytes.data + bytes.len,
			  (size_t)st.st_size - bytes.len, (off_t)bytes.len);
		if (n < 0 && errno != EINTR)
			return err_errno(err, errno, "%s", name);
		bytes.len += n > 0 ? (size_t)n : 0;
		n = n < 0 ? 1 : n;
	}
	return png_decode(bytes.data, bytes.len, name, limits, ret, err);
}

bool
png_decode_path(const char *path, const struct png_limits *limits,
		struct image *ret, struct err *err)
{
	AUTO(buf) bytes = BUF_INIT;

	if (!path_read(path, PNG_FILE_LIMIT, &bytes, err))
		return false;
	return png_decode(buf_str(&bytes), bytes.len, path, limits, ret, err);
}
