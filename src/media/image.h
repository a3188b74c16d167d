/*
 * image.h - pixels in memory, and what a picture file says about itself.
 *
 * A struct image is RGBA, 8 bits a channel, rows from the top without
 * padding, alpha not premultiplied. It owns its pixels.
 *
 * image_probe reads only the first bytes of a file and decodes nothing: it is
 * what names the size of a picture in a list. Formats and where their sizes
 * stand: PNG (ISO/IEC 15948, IHDR), JPEG (ITU-T T.81, SOFn), GIF (GIF89a,
 * logical screen), WebP (RFC 9649: VP8, VP8L, VP8X).
 *
 *	struct image_info info;
 *	if (image_probe(bytes, len, &info))
 *		printf("%s %dx%d\n", image_media_type(info.format),
 *		       info.width, info.height);
 */
#ifndef AGENTOPS_MEDIA_IMAGE_H
#define AGENTOPS_MEDIA_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct image {
	int width, height;
	uint8_t *rgba; /* width * height * 4 bytes */
};

#define IMAGE_INIT { 0, 0, NULL }

void image_release(struct image *im);

/* id, media type, file name extension */
#define IMAGE_FORMATS(X) \
	X(IMAGE_PNG, "image/png", "png") \
	X(IMAGE_JPEG, "image/jpeg", "jpg") \
	X(IMAGE_GIF, "image/gif", "gif") \
	X(IMAGE_WEBP, "image/webp", "webp")

enum image_format {
#define X(id, type, ext) id,
	IMAGE_FORMATS(X)
#undef X
};

struct image_info {
	enum image_format format;
	int width, height; /* pixels, both over 0 */
};

/* What image_probe wants to see of a file; a JPEG with a large preview in
 * front of its size may need more. */
enum { IMAGE_PROBE_BYTES = 64 << 10 };

/* False when the bytes are none of these formats, or end before the size. */
bool image_probe(const void *data, size_t len, struct image_info *ret);
const char *image_media_type(enum image_format format);

#endif
