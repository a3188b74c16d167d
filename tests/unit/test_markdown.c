#include "golden.h"
#include "test.h"
#include "ui/markdown.h"

#include "ui/theme.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct {
	char letter;
	unsigned attr;
} attr_letters[] = {
	{ 'b', STYLE_BOLD },
	{ 'i', STYLE_ITALIC },
	{ 'u', STYLE_UNDERLINE },
	{ 's', STYLE_STRIKE },
};

/* Ordinary text as it is, other spans as {role/attributes text}. */
static void
spell(const struct markdown *m, struct buf *out)
{
	static const char *const roles[] = {
#define X(id, name, help) name,
		ROLES(X)
#undef X
	};

	for (size_t i = 0; i < m->line_count; i++) {
		const struct markdown_span *s = m->spans + m->lines[i].span;

		for (size_t n = m->lines[i].span_count; n; n--, s++) {
			bool plain = s->role == ROLE_TEXT && !s->attrs;

			if (!plain)
				buf_printf(out, "{%s%s", roles[s->role],
					   s->attrs ? "/" : "");
			for (size_t a = 0; a < ARRAY_LEN(attr_letters); a++)
				if (s->attrs & attr_letters[a].attr)
					buf_addch(out, attr_letters[a].letter);
			if (!plain)
				buf_addch(out, ' ');
			str_visible(out, buf_str(&m->text) + s->start, s->len,
				    false);
			if (!plain)
				buf_addch(out, '}');
		}
		buf_addch(out, '\n');
	}
}

/* clang-format off */
static const struct {
	const char *name;
	int columns;
	bool ascii;
	const char *source;
} samples[] = {
	{ "markdown_inline", 60, false,
	  "Plain, *emphasis*, **strong**, ***both***, ~~gone~~, `code *x*`.\n"
	  "A soft break, and a hard one:  \nhere. \\*not emphasis\\*\n\n"
	  "[link](http://x.y/z \"title\") <http://auto.link> <me@x.y>\n"
	  "![a picture](chart.png) [**bold** link][ref]\n\n"
	  "Entities: &amp; &lt; &#x202e; &#0; &uuml; &unknown; a < b.\n"
	  "HTML: <b onclick=\"x\">bold</b>\n\n"
	  "[ref]: path/to/it\n" },
	{ "markdown_headings", 40, false,
	  "# One *two*\n\n## Two\ntext\n\nSetext\n======\n\n###### Six\n---\nend\n" },
	{ "markdown_lists", 30, false,
	  "- one\n- two with a text that is wrapped\n  - nested\n"
	  "    1. deep\n    2. deeper\n- three\n\nText between.\n\n"
	  "9. nine\n10. ten\n\n    second paragraph\n\n11. eleven\n\n"
	  "- [ ] open\n- [x] done\n- \n- last\n\n  ```sh\n  ls\n  ```\n" },
	{ "markdown_quotes", 30, false,
	  "Before\n> quoted text that goes on and on\n>\n> - item\n>> deeper\n\n"
	  "after\n" },
	{ "markdown_code", 24, false,
	  "```yaml\nsteps:\n  - id: a\n\n  - a line that is too long for it\n```\n"
	  "text\n\n    indented\n\ttab\n\n<div>\n<!-- hidden? -->\n</div>\n" },
	{ "markdown_table", 44, false,
	  "| Name | Count | What it is for |\n|:--|--:|:-:|\n"
	  "| `a` | 1 | short |\n| **b** | 2000 | a much longer text that is "
	  "broken inside its cell |\n| c |\n| 日本 | 3 | x \\| y |\n" },
	{ "markdown_table_narrow", 20, false,
	  "|A|B|C|D|E|\n|---|---|---|---|---|\n"
	  "|aaaaaa|bbbbbb|`cccccc`|dddddd|eeeeee|\n|1|2|3|4|5|\n" },
	{ "markdown_front", 40, false,
	  "---\nid: x\nsteps: *not emphasis*\n---\n# Title\n" },
	{ "markdown_ascii", 40, true,
	  "# Größe\n\n- one\n\n> quote\n\n---\n\n|a|b|\n|---|---|\n|1|2|\n" },
	{ "markdown_hostile", 40, false,
	  "\033[2J \u202e*bidi*\u202c \xff\xc0 a\u200bb\n\n"
	  "```\033]0;x\007\n\033[31m\n```\n\n"
	  "[click](http://x\u202ey/\033[0m) <a\033[m>\n" },
};
/* clang-format on */

static void
renders(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		AUTO(markdown) m = { 0 };
		AUTO(buf) out = BUF_INIT;

		markdown_render(samples[i].source, strlen(samples[i].source),
				samples[i].columns, samples[i].ascii, &m);
		spell(&m, &out);
		assert_golden(samples[i].name, buf_str(&out));
	}
}

/* No line is wider than asked, at any width, and a line's spans are whole
 * clusters. */
static void
fits_any_width(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		for (int columns = 8; columns < 70; columns++) {
			AUTO(markdown) m = { 0 };

			markdown_render(samples[i].source,
					strlen(samples[i].source), columns,
					samples[i].ascii, &m);
			for (size_t n = 0; n < m.line_count; n++) {
				int width = 0, most = 0;

				for (size_t k = 0; k < m.lines[n].span_count;
				     k++) {
					struct markdown_span *s =
						&m.spans[m.lines[n].span + k];
					AUTO_FREE char *text = xstrndup(
						buf_str(&m.text) + s->start,
						s->len);

					width += text_width(text);
					most = text_width(text);
				}
				/* but for one mark such as <U+202E> */
				assert_true(width <= columns || most >= 8);
			}
		}
	}
}

static void
draws_a_window(void **state)
{
	static const char source[] = "# T\n\n**b** x\n\n- y\n";
	AUTO(markdown) m = { 0 };
	struct theme theme = { 0 };
	struct frame f = { 0 };
	AUTO(buf) out = BUF_INIT;

	(void)state;
	theme.roles[ROLE_TEXT].fg = 7;
	frame_resize(&f, 10, 4);
	markdown_render(source, strlen(source), 9, false, &m);
	markdown_view(&m, &theme, &f, (struct rect){ 1, 0, 9, 4 }, 1);
	frame_dump(&f, &out);
	assert_string_equal(buf_str(&out), "\n b x\n\n • y\n");
	assert_int_equal(frame_cell(&f, 1, 1)->style.attrs, STYLE_BOLD);
	assert_int_equal(frame_cell(&f, 3, 1)->style.attrs, 0);
	assert_int_equal(frame_cell(&f, 3, 1)->style.fg, 7);
	buf_reset(&out);
	frame_clear(&f, theme.roles[ROLE_TEXT]);
	markdown_view(&m, &theme, &f, frame_rect(&f), -2);
	markdown_view(&m, &theme, &f, (struct rect){ 0, 0, 10, 1 }, 99);
	frame_dump(&f, &out);
	assert_string_equal(buf_str(&out), "\n\n# T\n\n");
	frame_release(&f);
}

static bool
has(const struct markdown *m, const char *words)
{
	return m->text.len &&
	       memmem(m->text.data, m->text.len, words, strlen(words)) != NULL;
}

static void
long_texts_are_cut(void **state)
{
	AUTO(markdown) m = { 0 };
	AUTO(buf) s = BUF_INIT;

	(void)state;
	while (s.len < MARKDOWN_LIMIT + 1000)
		buf_addstr(&s, "日本 ");
	markdown_render(buf_str(&s), s.len, 80, false, &m);
	assert_true(has(&m, "Cut: the first 104857"));
	assert_true(utf8_valid(m.text.data, m.text.len));
}

static void
repeat(struct buf *out, const char *s, size_t len)
{
	size_t from = out->len;

	while (out->len - from < len)
		buf_addstr(out, s);
}

/* Each would take minutes, gigabytes or a deep stack if nothing bounded it.
 * (The test has no time limit of its own; automake's log shows it hanging.) */
static void
hostile_texts_end(void **state)
{
	static const struct {
		const char *start, *again, *then;
	} rows[] = {
		{ "", "[", "]" },
		{ "", "![", "" },
		{ "", "[a](", ")" },
		{ "", "*a _b ", "" },
		{ "", "> ", "" },
		{ "", "* * a\n", "" },
		{ "", "- ", "a" },
		{ "", "`", "a" },
		{ "", "<!--", "" },
		{ "", "&", "" },
		{ "", "\n", "" },
		{ "", "1. ", "" },
		{ "|a|\n|---|\n", "|", "" },
		{ "---\n", "a\n", "" },
		{ "", "http://a.b/(", "" },
	};
	AUTO(buf) s = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(markdown) m = { 0 };

		buf_reset(&s);
		buf_addstr(&s, rows[i].start);
		repeat(&s, rows[i].again, MARKDOWN_LIMIT / 2);
		if (*rows[i].then)
			repeat(&s, rows[i].then, MARKDOWN_LIMIT / 2 - 64);
		markdown_render(buf_str(&s), s.len, 80, false, &m);
		assert_false(has(&m, "Too involved"));
		assert_true(m.text.len < 64u << 20);
	}
}

/* Short references to one huge target would give 32 GiB of text, rows of
 * empty cells 250 million of them. */
static void
output_that_explodes_is_given_up(void **state)
{
	AUTO(markdown) refs = { 0 }, cells = { 0 };
	AUTO(buf) s = BUF_INIT;

	(void)state;
	buf_addstr(&s, "[a]: ");
	repeat(&s, "x", MARKDOWN_LIMIT / 2);
	buf_addstr(&s, "\n\n");
	repeat(&s, "[a]\n", MARKDOWN_LIMIT / 2 - 64);
	markdown_render(buf_str(&s), s.len, 80, false, &refs);
	assert_true(has(&refs, "Too involved"));
	assert_true(has(&refs, "[a]: xxx"));

	buf_reset(&s);
	repeat(&s, "x|", 2000);
	buf_addch(&s, '\n');
	repeat(&s, "---|", 4000);
	buf_addch(&s, '\n');
	repeat(&s, "y\n", MARKDOWN_LIMIT / 4);
	markdown_render(buf_str(&s), s.len, 80, false, &cells);
	assert_true(has(&cells, "Too involved"));
	assert_true(has(&cells, "---|---|"));
}

/* At the end of a page with nothing behind it. */
static void
nothing_is_read_behind_the_text(void **state)
{
	static const char *const texts[] = {
		"8", "<?x", "<!--\n-", "<script>\n</", "[a](b", "- ", "12"
	};
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_ptr_not_equal(pages, MAP_FAILED);
	assert_return_code(mprotect(pages + page, page, PROT_NONE), errno);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		size_t len = strlen(texts[i]);
		char *at = pages + page - len;
		struct markdown m = { 0 };

		memcpy(at, texts[i], len);
		markdown_render(at, len, 40, false, &m);
		assert_true(m.line_count > 0);
		markdown_release(&m);
	}
	munmap(pages, 2 * page);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(renders),
		cmocka_unit_test(nothing_is_read_behind_the_text),
		cmocka_unit_test(fits_any_width),
		cmocka_unit_test(draws_a_window),
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(hostile_texts_end),
		cmocka_unit_test(output_that_explodes_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
