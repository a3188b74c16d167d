/*
 * png_write.h - PNG bytes for tests, of every colour type, whole or broken.
 */
#ifndef AGENTOPS_TESTS_PNG_WRITE_H
#define AGENTOPS_TESTS_PNG_WRITE_H

#include "base/buf.h"
#include "base/mem.h"

#include <png.h>
#include <stdint.h>
#include <stdlib.h>

static inline void
png_write_bytes(png_structp png, png_bytep data, size_t len)
{
	buf_add(png_get_io_ptr(png), data, len);
}

static inline void
png_write_flush_(png_structp png)
{
	(void)png;
}

/* rows: height rows of stride bytes in the layout of type and depth. */
static inline void
png_write_raw(struct buf *out, int width, int height, int depth, int type,
	      int interlace, const uint8_t *rows, size_t stride,
	      const png_color *palette, int colours)
{
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL,
						  NULL, NULL);
	png_infop info = png_create_info_struct(png);
	int passes;

	if (setjmp(png_jmpbuf(png)))
		abort();
	png_set_write_fn(png, out, png_write_bytes, png_write_flush_);
	png_set_IHDR(png, info, (uint32_t)width, (uint32_t)height, depth,
		     type, interlace, PNG_COMPRESSION_TYPE_DEFAULT,
		     PNG_FILTER_TYPE_DEFAULT);
	if (palette)
		png_set_PLTE(png, info, palette, colours);
	png_write_info(png, info);
	passes = png_set_interlace_handling(png);
	for (int p = 0; p < passes; p++)
		for (int y = 0; y < height; y++)
			png_write_row(png, rows + (size_t)y * stride);
	png_write_end(png, NULL);
	png_destroy_write_struct(&png, &info);
}

static inline uint32_t
png_write_crc(const uint8_t *p, size_t len)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < len; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static inline void
png_write_u32(struct buf *out, uint32_t v)
{
	uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16),
			 (uint8_t)(v >> 8), (uint8_t)v };

	buf_add(out, b, 4);
}

/* One chunk with a right CRC, whatever is in it. */
static inline void
png_write_one_chunk(struct buf *out, const char *type, const void *data,
		    size_t len)
{
	size_t at;

	png_write_u32(out, (uint32_t)len);
	at = out->len;
	buf_add(out, type, 4);
	buf_add(out, data, len);
	png_write_u32(out, png_write_crc((uint8_t *)out->data + at, len + 4));
}

/* Signature and an 8-bit RGBA IHDR. */
static inline void
png_write_head(struct buf *out, uint32_t width, uint32_t height)
{
	AUTO(buf) ihdr = BUF_INIT;

	png_write_u32(&ihdr, width);
	png_write_u32(&ihdr, height);
	buf_add(&ihdr, "\x08\x06\0\0\0", 5);
	buf_add(out, "\x89PNG\r\n\x1a\n", 8);
	png_write_one_chunk(out, "IHDR", ihdr.data, ihdr.len);
}

#endif
