/* What kitty and iTerm2 are sent, taken apart again. */
#include "test.h"

#include "media/iterm.h"
#include "media/kitty.h"
#include "png_write.h"

#include <openssl/evp.h>

/* Bytes of a PNG that does not compress, so of about the size asked for. */
static void
make_png(struct buf *out, int width, int height)
{
	size_t stride = (size_t)width * 3;
	AUTO_FREE uint8_t *rows = xmalloc(stride * (size_t)height);
	uint32_t seed = 1;

	for (size_t i = 0; i < stride * (size_t)height; i++) {
		seed = seed * 1664525 + 1013904223;
		rows[i] = (uint8_t)(seed >> 24);
	}
	png_write_raw(out, width, height, 8, PNG_COLOR_TYPE_RGB, 0, rows,
		      stride, NULL, 0);
}

static void
decode(struct buf *out, const char *text, size_t len)
{
	unsigned char *to = (unsigned char *)buf_reserve(out, len);
	int n;

	assert_int_equal(len % 4, 0);
	n = EVP_DecodeBlock(to, (const unsigned char *)text, (int)len);
	assert_true(n >= 0);
	while (len > 0 && text[len - 1] == '=') {
		len--;
		n--;
	}
	out->len += (size_t)n;
}

/* Takes the chunks apart: the keys of the first, and the bytes of all. */
static int
join_chunks(const struct buf *sent, struct buf *keys, struct buf *png)
{
	const char *at = sent->data, *end = at + sent->len;
	bool more = true;
	int chunks = 0;

	while (more) {
		const char *semi = memchr(at, ';', (size_t)(end - at));
		const char *stop =
			memchr(at + 1, '\033', (size_t)(end - at - 1));

		assert_memory_equal(at, "\033_G", 3);
		assert_non_null(semi);
		assert_non_null(stop);
		assert_int_equal(stop[1], '\\');
		assert_true(stop - semi - 1 <= 4096);
		assert_memory_equal(semi - 4, ",m=", 3);
		more = semi[-1] == '1';
		if (chunks++ == 0)
			buf_add(keys, at + 3, (size_t)(semi - at - 3));
		/* Only the last may be shorter, and all are whole groups. */
		assert_true(!more || stop - semi - 1 == 4096);
		decode(png, semi + 1, (size_t)(stop - semi - 1));
		at = stop + 2;
	}
	assert_ptr_equal(at, end);
	return chunks;
}

static void
test_round_trip(void **state)
{
	static const struct {
		int width, height;
	} sizes[] = { { 1, 1 }, { 8, 127 }, { 32, 32 }, { 300, 200 } };
	struct kitty_place place = { .id = 4711, .columns = 80, .rows = 24 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		AUTO(buf) png = BUF_INIT;
		AUTO(buf) sent = BUF_INIT;
		AUTO(buf) keys = BUF_INIT;
		AUTO(buf) back = BUF_INIT;
		int chunks;

		make_png(&png, sizes[i].width, sizes[i].height);
		kitty_show(&sent, png.data, png.len, &place);
		chunks = join_chunks(&sent, &keys, &back);
		assert_int_equal(chunks, (png.len + 3071) / 3072);
		assert_string_equal(buf_str(&keys),
				    png.len > 3072 ?
					    "a=T,f=100,i=4711,p=1,q=2,C=1,"
					    "c=80,r=24,m=1" :
					    "a=T,f=100,i=4711,p=1,q=2,C=1,"
					    "c=80,r=24,m=0");
		assert_int_equal(back.len, png.len);
		assert_memory_equal(back.data, png.data, png.len);
		assert_true((double)sent.len <= 1.4 * (double)png.len + 100);
	}
}

/* Every length around a chunk's end. */
static void
test_chunk_ends(void **state)
{
	struct kitty_place place = { .id = 1, .columns = 1, .rows = 1 };
	AUTO_FREE char *data = xcalloc(2 * 3072 + 4, 1);

	(void)state;
	for (int i = 0; i < 2 * 3072 + 4; i++)
		data[i] = (char)(i * 7);
	for (size_t len = 3066; len < 2 * 3072 + 4; len++) {
		AUTO(buf) sent = BUF_INIT;
		AUTO(buf) keys = BUF_INIT;
		AUTO(buf) back = BUF_INIT;

		if (len == 3080)
			len = 2 * 3072 - 4;
		kitty_show(&sent, data, len, &place);
		join_chunks(&sent, &keys, &back);
		assert_int_equal(back.len, len);
		assert_memory_equal(back.data, data, len);
	}
}

static void
test_size_bound(void **state)
{
	struct kitty_place place = { .id = UINT32_MAX,
				     .columns = 1000,
				     .rows = 1000,
				     .source = { 1, 2, 10000, 10000 } };
	AUTO(buf) png = BUF_INIT;
	AUTO(buf) sent = BUF_INIT;

	(void)state;
	make_png(&png, 240, 250);
	assert_true(png.len > 175000 && png.len < 185000);
	kitty_show(&sent, png.data, png.len, &place);
	assert_true((double)sent.len <= 1.4 * (double)png.len);
}

static void
test_place(void **state)
{
	struct kitty_place place = { .id = 7,
				     .columns = 40,
				     .rows = 12,
				     .source = { 10, 20, 300, 200 } };
	AUTO(buf) sent = BUF_INIT;

	(void)state;
	kitty_show(&sent, "abc", 3, &place);
	assert_string_equal(buf_str(&sent),
			    "\033_Ga=T,f=100,i=7,p=1,q=2,C=1,c=40,r=12,"
			    "x=10,y=20,w=300,h=200,m=0;YWJj\033\\");
	buf_reset(&sent);
	kitty_move(&sent, &place);
	assert_string_equal(buf_str(&sent),
			    "\033_Ga=p,i=7,p=1,q=2,C=1,c=40,r=12,"
			    "x=10,y=20,w=300,h=200\033\\");
	buf_reset(&sent);
	kitty_delete(&sent, 7);
	assert_string_equal(buf_str(&sent), "\033_Ga=d,d=I,i=7,q=2\033\\");
}

static void
test_iterm(void **state)
{
	AUTO(buf) png = BUF_INIT;
	AUTO(buf) sent = BUF_INIT;
	AUTO(buf) back = BUF_INIT;
	AUTO_FREE char *head = NULL;
	size_t at;

	(void)state;
	make_png(&png, 300, 200);
	iterm_show(&sent, png.data, png.len, 80, 24);
	head = xasprintf("\033]1337;File=inline=1;size=%zu;width=80;height=24;"
			 "preserveAspectRatio=0;doNotMoveCursor=1:",
			 png.len);
	at = strlen(head);
	assert_memory_equal(sent.data, head, at);
	assert_int_equal(sent.data[sent.len - 1], '\a');
	decode(&back, sent.data + at, sent.len - at - 1);
	assert_int_equal(back.len, png.len);
	assert_memory_equal(back.data, png.data, png.len);
	assert_true((double)sent.len <= 1.4 * (double)png.len);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_chunk_ends),
		cmocka_unit_test(test_size_bound),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_iterm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
