#include "test.h"

#include "base/buf.h"
#include "tool/chart_font.h"

/* No font has a character of the private plane 15, whatever is installed. */
#define NOBODY_HAS "\xf3\xb0\x80\x81"

static void
keeps_what_can_be_drawn(void **state)
{
	static const char text[] = "Zo\xc3\xab \xe2\x82\xac 5 \xe2\x80\xa6";
	AUTO(buf) out = BUF_INIT;

	(void)state;
	chart_font_text(&out, text);
	assert_string_equal(buf_str(&out), text);
	assert_int_equal(chart_font_lacks(text), 0);
	assert_int_equal(chart_font_lacks(""), 0);
}

static void
squares_for_what_cannot(void **state)
{
	AUTO(buf) out = BUF_INIT;

	(void)state;
	if (chart_font_lacks(NOBODY_HAS) == 0)
		skip(); /* no fontconfig here */
	chart_font_text(&out, "a" NOBODY_HAS "b");
	assert_string_equal(buf_str(&out), "a\xe2\x96\xa1" "b");
	assert_int_equal(chart_font_lacks("a" NOBODY_HAS), 0xf0001);
}

static void
survives_what_is_no_utf8(void **state)
{
	AUTO(buf) out = BUF_INIT;

	(void)state;
	chart_font_text(&out, "a\xff\xe2\x82");
	assert_int_equal(out.len, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_can_be_drawn),
		cmocka_unit_test(squares_for_what_cannot),
		cmocka_unit_test(survives_what_is_no_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
