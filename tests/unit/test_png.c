#include "test.h"

#include "media/png.h"
#include "png_write.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { W = 9, H = 7 };

static void
sample(uint8_t px[H][W][4])
{
	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++) {
			px[y][x][0] = (uint8_t)(x * 28);
			px[y][x][1] = (uint8_t)(y * 36);
			px[y][x][2] = (uint8_t)(x * y);
			px[y][x][3] = (uint8_t)(255 - x);
		}
}

static void
decoded_equals(const struct buf *png, const uint8_t want[H][W][4])
{
	struct err err = ERR_INIT;
	AUTO(image) im = IMAGE_INIT;

	assert_ok(png_decode(png->data, png->len, "x.png", NULL, &im, &err),
		  err);
	assert_int_equal(im.width, W);
	assert_int_equal(im.height, H);
	assert_memory_equal(im.rgba, want, H * W * 4);
}

static void
test_rgba_plain_and_interlaced(void **state)
{
	uint8_t px[H][W][4];

	(void)state;
	sample(px);
	for (int interlace = 0; interlace < 2; interlace++) {
		AUTO(buf) png = BUF_INIT;

		png_write_raw(&png, W, H, 8, PNG_COLOR_TYPE_RGBA, interlace,
			      px[0][0], W * 4, NULL, 0);
		decoded_equals(&png, px);
	}
}

static void
test_sixteen_bits_are_scaled(void **state)
{
	uint8_t px[H][W][4], wide[H][W][6];
	AUTO(buf) png = BUF_INIT;

	(void)state;
	sample(px);
	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++) {
			px[y][x][3] = 255;
			for (int c = 0; c < 3; c++)
				wide[y][x][c * 2] = wide[y][x][c * 2 + 1] =
					px[y][x][c];
		}
	png_write_raw(&png, W, H, 16, PNG_COLOR_TYPE_RGB, 0, wide[0][0],
		      W * 6, NULL, 0);
	decoded_equals(&png, px);
}

static void
test_grey_and_palette(void **state)
{
	static const png_color palette[2] = { { 1, 2, 3 }, { 250, 9, 8 } };
	uint8_t px[H][W][4], grey[H][W], bits[H][2];
	AUTO(buf) g = BUF_INIT;
	AUTO(buf) p = BUF_INIT;

	(void)state;
	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++) {
			grey[y][x] = (uint8_t)(x * 7 + y);
			memset(px[y][x], grey[y][x], 3);
			px[y][x][3] = 255;
		}
	png_write_raw(&g, W, H, 8, PNG_COLOR_TYPE_GRAY, 1, grey[0], W, NULL,
		      0);
	decoded_equals(&g, px);
	for (int y = 0; y < H; y++) {
		bits[y][0] = 0x55;
		bits[y][1] = 0x00;
		for (int x = 0; x < W; x++) {
			const png_color *c = &palette[x < 8 && x % 2];

			px[y][x][0] = c->red;
			px[y][x][1] = c->green;
			px[y][x][2] = c->blue;
		}
	}
	png_write_raw(&p, W, H, 1, PNG_COLOR_TYPE_PALETTE, 0, bits[0], 2,
		      palette, 2);
	decoded_equals(&p, px);
}

static void
good_png(struct buf *png)
{
	uint8_t px[H][W][4];

	sample(px);
	png_write_raw(png, W, H, 8, PNG_COLOR_TYPE_RGBA, 0, px[0][0], W * 4,
		      NULL, 0);
}

/* Every prefix is refused, and every flipped byte is either refused or
 * leaves a picture of the same size. */
static void
test_damaged_files(void **state)
{
	AUTO(buf) png = BUF_INIT;
	int refused = 0;

	(void)state;
	good_png(&png);
	for (size_t len = 0; len < png.len; len++) {
		struct err err = ERR_INIT;
		AUTO(image) im = IMAGE_INIT;

		assert_fails(png_decode(png.data, len, "cut.png", NULL, &im,
					&err), err, ERR_DATA, "cut.png: not a");
		assert_null(im.rgba);
	}
	for (size_t at = 0; at < png.len; at++) {
		AUTO(image) im = IMAGE_INIT;

		png.data[at] ^= 0x20;
		if (!png_decode(png.data, png.len, "x", NULL, &im, NULL))
			refused++;
		png.data[at] ^= 0x20;
	}
	assert_true(refused > (int)png.len * 8 / 10);
}

static void
test_limits_come_before_memory(void **state)
{
	static const struct {
		uint32_t w, h;
		enum err_code code;
		const char *words;
	} rows[] = {
		{ 16385, 10, ERR_TOOBIG, "limit of 16384" },
		{ 10, 1000000, ERR_TOOBIG, "limit of 16384" },
		{ 16384, 16384, ERR_TOOBIG, "limit of 16384" },
		{ 16384, 4096, ERR_DATA, "too short" },
		{ 0, 10, ERR_DATA, "not a readable PNG" },
		{ 0x80000000, 10, ERR_DATA, "not a readable PNG" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		AUTO(image) im = IMAGE_INIT;
		AUTO(buf) png = BUF_INIT;

		png_write_head(&png, rows[i].w, rows[i].h);
		png_write_one_chunk(&png, "IDAT", "x\x9c\x63\x00", 4);
		assert_fails(png_decode(png.data, png.len, "bomb.png", NULL,
					&im, &err), err, rows[i].code,
			     rows[i].words);
	}
}

static void
test_callers_limits(void **state)
{
	struct png_limits small = { .side = 8 };
	struct png_limits few = { .pixels = 62 };
	struct err err = ERR_INIT;
	AUTO(image) im = IMAGE_INIT;
	AUTO(buf) png = BUF_INIT;

	(void)state;
	good_png(&png);
	assert_fails(png_decode(png.data, png.len, "x", &small, &im, &err),
		     err, ERR_TOOBIG, "limit of 8 a side");
	assert_fails(png_decode(png.data, png.len, "x", &few, &im, &err), err,
		     ERR_TOOBIG, "62 pixels");
	few.pixels = 63;
	assert_ok(png_decode(png.data, png.len, "x", &few, &im, &err), err);
}

/* Ten thousand text chunks between header and pixels, one of them claiming to
 * be compressed, cost nothing and change nothing. */
static void
test_ancillary_chunks_are_skipped(void **state)
{
	uint8_t px[H][W][4];
	AUTO(buf) plain = BUF_INIT;
	AUTO(buf) png = BUF_INIT;

	(void)state;
	sample(px);
	good_png(&plain);
	buf_add(&png, plain.data, 33);
	for (int i = 0; i < 10000; i++)
		png_write_one_chunk(&png, i % 2 ? "tEXt" : "zTXt",
				    "k\0\0x\x9c\xff\xff\xff", 8);
	buf_add(&png, plain.data + 33, plain.len - 33);
	decoded_equals(&png, px);
}

static void
test_from_files(void **state)
{
	AUTO_FREE char *path = path_join(*state, "a.png");
	AUTO_FREE char *fifo = path_join(*state, "fifo");
	struct err err = ERR_INIT;
	AUTO(image) a = IMAGE_INIT;
	AUTO(image) b = IMAGE_INIT;
	AUTO(buf) png = BUF_INIT;
	AUTO_FD fd = -1;
	AUTO_FD pipe_fd = -1;

	good_png(&png);
	test_write(*state, "a.png", png.data, png.len);
	assert_ok(png_decode_path(path, NULL, &a, &err), err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_ok(png_decode_fd(fd, "a.png", NULL, &b, &err), err);
	assert_memory_equal(a.rgba, b.rgba, W * H * 4);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	pipe_fd = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_fails(png_decode_fd(pipe_fd, "fifo", NULL, &b, &err), err,
		     ERR_DATA, "not a regular file");
	assert_fails(png_decode("GIF89a..", 8, "x.gif", NULL, &b, &err), err,
		     ERR_DATA, "x.gif: not a PNG");
}

#define BYTES(s) s, sizeof(s) - 1

static void
test_probe(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum image_format format;
		int w, h;
	} rows[] = {
		{ BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\2\0\0\0\3"),
		  IMAGE_PNG, 258, 3 },
		{ BYTES("GIF89a\x05\x01\x07\0"), IMAGE_GIF, 261, 7 },
		{ BYTES("\xff\xd8\xff\xe0\0\x04zz\xff\xff\xc4\0\3.\xff\xc2\0"
			"\x11\x08\0\x09\1\0\3"), IMAGE_JPEG, 256, 9 },
		{ BYTES("RIFF....WEBPVP8X\x0a\0\0\0....\x0f\0\0\x1f\0\0"),
		  IMAGE_WEBP, 16, 32 },
		{ BYTES("RIFF....WEBPVP8 ....\0\0\0\x9d\x01\x2a\x10\0\x20\0"),
		  IMAGE_WEBP, 16, 32 },
		{ BYTES("RIFF....WEBPVP8L....\x2f\x0f\xc0\x07\0......"),
		  IMAGE_WEBP, 16, 32 },
	};
	struct image_info info;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(image_probe(rows[i].bytes, rows[i].len, &info));
		assert_int_equal(info.format, rows[i].format);
		assert_int_equal(info.width, rows[i].w);
		assert_int_equal(info.height, rows[i].h);
		for (size_t len = 0; len < 10; len++)
			assert_false(image_probe(rows[i].bytes, len, &info));
	}
	assert_false(image_probe(BYTES("%PDF-1.7 and more text here"), &info));
	assert_string_equal(image_media_type(IMAGE_WEBP), "image/webp");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rgba_plain_and_interlaced),
		cmocka_unit_test(test_sixteen_bits_are_scaled),
		cmocka_unit_test(test_grey_and_palette),
		cmocka_unit_test(test_damaged_files),
		cmocka_unit_test(test_limits_come_before_memory),
		cmocka_unit_test(test_callers_limits),
		cmocka_unit_test(test_ancillary_chunks_are_skipped),
		dir_test(test_from_files),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
