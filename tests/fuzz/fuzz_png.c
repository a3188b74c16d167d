/*
 * Any bytes: probing, decoding and checking must neither crash nor hang nor
 * take more memory than the limits allow. The bytes are taken three ways: as
 * they are; with the CRC of every chunk made right, so that what is inside
 * the chunks is reached; and as the pixels of a picture.
 */
#include "media/png.h"
#include "media/visual.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t
crc_of(const uint8_t *p, size_t len)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < len; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static void
mend_crcs(uint8_t *p, size_t size)
{
	size_t at = 8;

	while (at + 12 <= size) {
		size_t len = (size_t)p[at] << 24 | (size_t)p[at + 1] << 16 |
			     (size_t)p[at + 2] << 8 | p[at + 3];
		uint32_t crc;

		if (len > size - at - 12)
			return;
		crc = crc_of(p + at + 4, len + 4);
		at += 8 + len;
		for (int i = 0; i < 4; i++)
			p[at + (size_t)i] = (uint8_t)(crc >> (24 - 8 * i));
		at += 4;
	}
}

static void
check(const struct image *im)
{
	struct visual_report report;
	AUTO(buf) json = BUF_INIT;

	visual_check(im, NULL, &report);
	visual_report_json(&report, &json);
}

static void
decode(const uint8_t *data, size_t size)
{
	static const struct png_limits limits = { .side = 512,
						  .pixels = 1 << 16 };
	AUTO(image) im = IMAGE_INIT;

	if (png_decode(data, size, "fuzz", &limits, &im, NULL))
		check(&im);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image_info info;
	AUTO_FREE uint8_t *copy = xmemdup(data, size);
	AUTO(image) pixels = IMAGE_INIT;

	image_probe(data, size, &info);
	decode(data, size);
	mend_crcs(copy, size);
	decode(copy, size);
	if (size < 5)
		return 0;
	pixels.width = data[0] % 64 + 1;
	pixels.height = (int)((size - 1) / 4) / pixels.width;
	if (pixels.height == 0)
		return 0;
	pixels.rgba = xmemdup(data + 1, size - 1);
	check(&pixels);
	return 0;
}
