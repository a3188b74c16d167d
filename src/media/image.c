#include "media/image.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

void
image_release(struct image *im)
{
	free(im->rgba);
	*im = (struct image)IMAGE_INIT;
}

const char *
image_media_type(enum image_format format)
{
	static const char *const types[] = {
#define X(id, type, ext) [id] = type,
		IMAGE_FORMATS(X)
#undef X
	};

	return types[format];
}

static uint32_t
be16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t
be32(const uint8_t *p)
{
	return be16(p) << 16 | be16(p + 2);
}

static uint32_t
le16(const uint8_t *p)
{
	return (uint32_t)p[1] << 8 | p[0];
}

static uint32_t
le24(const uint8_t *p)
{
	return (uint32_t)p[2] << 16 | le16(p);
}

static bool
set_size(struct image_info *info, uint32_t width, uint32_t height)
{
	if (!width || !height || width > INT32_MAX || height > INT32_MAX)
		return false;
	info->width = (int)width;
	info->height = (int)height;
	return true;
}

static bool
probe_png(const uint8_t *p, size_t len, struct image_info *info)
{
	return len >= 24 && memcmp(p + 12, "IHDR", 4) == 0 &&
	       set_size(info, be32(p + 16), be32(p + 20));
}

static bool
probe_gif(const uint8_t *p, size_t len, struct image_info *info)
{
	return len >= 10 && set_size(info, le16(p + 6), le16(p + 8));
}

/* SOF0..SOF15 without DHT (C4), JPG (C8) and DAC (CC). */
static bool
is_sof(uint8_t marker)
{
	return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 &&
	       marker != 0xc8 && marker != 0xcc;
}

static bool
probe_jpeg(const uint8_t *p, size_t len, struct image_info *info)
{
	size_t at = 2;

	while (at + 9 <= len && p[at] == 0xff) {
		if (p[at + 1] == 0xff) {
			at++;
			continue;
		}
		if (is_sof(p[at + 1]))
			return set_size(info, be16(p + at + 7),
					be16(p + at + 5));
		at += 2 + be16(p + at + 2);
	}
	return false;
}

static bool
probe_webp(const uint8_t *p, size_t len, struct image_info *info)
{
	uint32_t bits;

	if (len < 30 || memcmp(p + 8, "WEBP", 4) != 0)
		return false;
	if (memcmp(p + 12, "VP8X", 4) == 0)
		return set_size(info, le24(p + 24) + 1, le24(p + 27) + 1);
	if (memcmp(p + 12, "VP8 ", 4) == 0)
		return set_size(info, le16(p + 26) & 0x3fff,
				le16(p + 28) & 0x3fff);
	if (memcmp(p + 12, "VP8L", 4) != 0 || p[20] != 0x2f)
		return false;
	bits = le24(p + 21) | (uint32_t)p[24] << 24;
	return set_size(info, (bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1);
}

static const struct {
	enum image_format format;
	const char *magic;
	size_t magic_len;
	bool (*probe)(const uint8_t *p, size_t len, struct image_info *info);
} probes[] = {
	{ IMAGE_PNG, "\x89PNG\r\n\x1a\n", 8, probe_png },
	{ IMAGE_JPEG, "\xff\xd8\xff", 3, probe_jpeg },
	{ IMAGE_GIF, "GIF87a", 6, probe_gif },
	{ IMAGE_GIF, "GIF89a", 6, probe_gif },
	{ IMAGE_WEBP, "RIFF", 4, probe_webp },
};

bool
image_probe(const void *data, size_t len, struct image_info *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(probes); i++) {
		struct image_info info = { .format = probes[i].format };

		if (len < probes[i].magic_len ||
		    memcmp(data, probes[i].magic, probes[i].magic_len) != 0)
			continue;
		if (!probes[i].probe(data, len, &info))
			continue;
		*ret = info;
		return true;
	}
	return false;
}
