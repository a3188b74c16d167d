/*
 * png.h - PNG files to pixels, under limits.
 *
 * The bytes come from programs that we do not trust. Ceilings:
 *
 *	file          PNG_FILE_LIMIT (64 MiB)
 *	dimensions    16384 x 16384, and 64 Mi pixels
 *	memory        4 bytes a pixel (at most 256 MiB) for the result, taken
 *	              only when the file is long enough to fill it (deflate
 *	              gains at most 1032 : 1, RFC 1951), and 8 MiB for libpng
 *	chunks        no ancillary chunk but tRNS is kept or inflated, so a
 *	              zTXt, iTXt or iCCP bomb costs nothing
 *
 * What libpng would only warn of inside image data (a wrong CRC, a stream
 * that ends early) is an error here: a picture shown is a whole picture.
 */
#ifndef AGENTOPS_MEDIA_PNG_H
#define AGENTOPS_MEDIA_PNG_H

#include "base/err.h"
#include "media/image.h"

enum {
	PNG_FILE_LIMIT = 64 << 20,
	PNG_SIDE_LIMIT = 16384,
	PNG_PIXEL_LIMIT = 64 << 20,
};

/* 0 in a member means the ceiling above; more than it is cut to it. */
struct png_limits {
	int side;
	int64_t pixels;
};

/* name is what messages call it. limits may be NULL. ERR_TOOBIG over a
 * limit, ERR_DATA for anything else; *ret is released by the caller. */
bool png_decode(const void *data, size_t len, const char *name,
		const struct png_limits *limits, struct image *ret,
		struct err *err);

/* From the start of a regular file; does not move or close fd. */
bool png_decode_fd(int fd, const char *name, const struct png_limits *limits,
		   struct image *ret, struct err *err);

/* From a path (path_read's rules: regular files only). */
bool png_decode_path(const char *path, const struct png_limits *limits,
		     struct image *ret, struct err *err);

#endif
