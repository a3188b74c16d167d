/*
 * md4c calls enter and leave for blocks and spans, in between text. Inline
 * text gathers in `flow` and becomes lines when its block ends.
 *
 * Invariants:
 * 1. The flow holds inline text of one block only: it is flushed when any
 *    block begins or ends (items of tight lists have text without a
 *    paragraph).
 * 2. gap: a blank line is due before the next line.
 * 3. work only shrinks; at its end the parser is stopped.
 */
#include "ui/markdown.h"

#include "base/lazy.h"
#include "ui/markdown_out.h"
#include "ui/theme.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* MD4C_TAIL: md4c 0.4.8 looks for "?>", "</script>" and a mark's end without
 * regard to where the text ends: so many bytes behind it have to be there. */
enum {
	LISTS_MAX = 64,
	COLUMNS_MIN = 8,
	FRONT_MATTER_MAX = 64 << 10,
	MD4C_TAIL = 16
};

struct list_state {
	bool ordered, tight;
	unsigned next;
};

struct render {
	struct out out;
	struct flow flow;
	struct out_table table;
	int64_t work;
	bool gap;
	struct list_state lists[LISTS_MAX]; /* the deepest are not kept */
	int list_depth;
	enum role base; /* of text in this block */
	int emphasis, strong, strike, code, link, image;
	size_t link_start; /* where in the flow its text begins */
	int column;        /* of the table's row */
};

static uint16_t
attrs(const struct render *r)
{
	return (uint16_t)((r->emphasis ? STYLE_ITALIC : 0) |
			  (r->strong ? STYLE_BOLD : 0) |
			  (r->strike ? STYLE_STRIKE : 0) |
			  (r->link ? STYLE_UNDERLINE : 0));
}

static void
add(struct render *r, const char *s, size_t len)
{
	enum role role = r->code ? ROLE_CODE : r->link ? ROLE_LINK : r->base;

	flow_add(&r->flow, s, len, role, attrs(r));
}

static void
add_dim(struct render *r, const char *s)
{
	flow_add(&r->flow, s, strlen(s), ROLE_DIM, 0);
}

static void
separate(struct render *r)
{
	if (r->gap && r->out.m->line_count)
		out_blank(&r->out);
	r->gap = false;
}

static void
flush(struct render *r)
{
	if (r->flow.text.len == 0)
		return;
	separate(r);
	out_flow(&r->out, &r->flow);
}

/* ----- entities and attributes ----------------------------------------- */

/* The named ones that texts use; others are shown as they stand. */
static const struct {
	const char *name, *text;
} entities[] = {
	{ "amp", "&" },    { "lt", "<" },     { "gt", ">" },
	{ "quot", "\"" },  { "apos", "'" },   { "nbsp", "\u00a0" },
	{ "copy", "©" },   { "reg", "®" },    { "trade", "™" },
	{ "hellip", "…" }, { "mdash", "—" },  { "ndash", "–" },
	{ "lsquo", "‘" },  { "rsquo", "’" },  { "ldquo", "“" },
	{ "rdquo", "”" },  { "bull", "•" },   { "middot", "·" },
	{ "deg", "°" },    { "plusmn", "±" }, { "times", "×" },
	{ "divide", "÷" }, { "micro", "µ" },  { "sect", "§" },
	{ "para", "¶" },   { "larr", "←" },   { "rarr", "→" },
	{ "uarr", "↑" },   { "darr", "↓" },   { "le", "≤" },
	{ "ge", "≥" },     { "ne", "≠" },     { "auml", "ä" },
	{ "ouml", "ö" },   { "uuml", "ü" },   { "szlig", "ß" },
	{ "euro", "€" },   { "pound", "£" },  { "eacute", "é" },
};

static void
add_entity(struct buf *out, const char *s, size_t len)
{
	bool hex = len > 2 && (s[2] == 'x' || s[2] == 'X');
	unsigned long cp;

	if (len > 2 && s[1] == '#') {
		cp = strtoul(s + 2 + hex, NULL, hex ? 16 : 10);
		utf8_encode(out,
			    cp && cp <= UINT32_MAX ? (uint32_t)cp : 0xfffd);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(entities); i++) {
		size_t n = strlen(entities[i].name);

		if (n + 2 == len && memcmp(entities[i].name, s + 1, n) == 0) {
			buf_addstr(out, entities[i].text);
			return;
		}
	}
	buf_add(out, s, len);
}

static void
add_attribute(struct buf *out, const MD_ATTRIBUTE *a)
{
	if (!a->text)
		return;
	for (int i = 0; a->substr_offsets[i] < a->size; i++) {
		const char *s = a->text + a->substr_offsets[i];
		size_t len = a->substr_offsets[i + 1] - a->substr_offsets[i];

		if (a->substr_types[i] == MD_TEXT_ENTITY)
			add_entity(out, s, len);
		else if (a->substr_types[i] == MD_TEXT_NULLCHAR)
			utf8_encode(out, 0xfffd);
		else
			buf_add(out, s, len);
	}
}

/* ----- blocks --------------------------------------------------------- */

static struct list_state *
list_now(struct render *r)
{
	int at = r->list_depth - 1;

	if (at >= LISTS_MAX)
		at = LISTS_MAX - 1;
	return at < 0 ? NULL : &r->lists[at];
}

static void
begin_list(struct render *r, struct list_state list)
{
	separate(r);
	if (r->list_depth++ < LISTS_MAX)
		*list_now(r) = list;
}

static void
enter_ul(struct render *r, const void *detail)
{
	const MD_BLOCK_UL_DETAIL *d = detail;

	begin_list(r, (struct list_state){ .tight = d->is_tight });
}

static void
enter_ol(struct render *r, const void *detail)
{
	const MD_BLOCK_OL_DETAIL *d = detail;

	begin_list(r, (struct list_state){ .ordered = true,
					   .tight = d->is_tight,
					   .next = d->start });
}

static void
leave_list(struct render *r, const void *detail)
{
	(void)detail;
	r->list_depth--;
	r->gap = !list_now(r) || !list_now(r)->tight;
}

static void
enter_li(struct render *r, const void *detail)
{
	const MD_BLOCK_LI_DETAIL *d = detail;
	struct list_state *list = list_now(r);
	char marker[OUT_PREFIX];

	separate(r);
	if (d->is_task)
		snprintf(marker, sizeof(marker), "[%c] ",
			 d->task_mark == ' ' ? ' ' : 'x');
	else if (list && list->ordered)
		snprintf(marker, sizeof(marker), "%u. ", list->next++);
	else
		snprintf(marker, sizeof(marker), "%s ",
			 r->out.ascii ? "*" : "•");
	out_push(&r->out, marker, &"               "[15 - text_width(marker)],
		 ROLE_TEXT);
}

static void
leave_li(struct render *r, const void *detail)
{
	(void)detail;
	out_pop(&r->out);
	r->gap = list_now(r) && !list_now(r)->tight;
}

static void
enter_quote(struct render *r, const void *detail)
{
	const char *bar = r->out.ascii ? "| " : "│ ";

	(void)detail;
	separate(r);
	out_push(&r->out, bar, bar, ROLE_BORDER);
}

static void
leave_quote(struct render *r, const void *detail)
{
	(void)detail;
	out_pop(&r->out);
	r->gap = true;
}

static void
enter_heading(struct render *r, const void *detail)
{
	const MD_BLOCK_H_DETAIL *d = detail;

	flow_add(&r->flow, "######", d->level < 6 ? d->level : 6, ROLE_DIM, 0);
	add_dim(r, " ");
	r->base = ROLE_HEADING;
	r->strong++;
}

static void
leave_heading(struct render *r, const void *detail)
{
	(void)detail;
	r->base = ROLE_TEXT;
	r->strong--;
	r->gap = true;
}

static void
leave_paragraph(struct render *r, const void *detail)
{
	(void)detail;
	r->gap = true;
}

static void
leave_rule(struct render *r, const void *detail)
{
	(void)detail;
	separate(r);
	out_begin(&r->out);
	out_repeat(&r->out, r->out.ascii ? "-" : "─", out_room(&r->out),
		   ROLE_BORDER);
	r->gap = true;
}

/* What the block is said to be ("yaml"), then it stands two columns in. */
static void
begin_code(struct render *r, const char *info)
{
	separate(r);
	if (*info) {
		add_dim(r, info);
		out_flow(&r->out, &r->flow);
	}
	out_push(&r->out, "  ", "  ", ROLE_CODE);
	r->code++;
}

static void
leave_code(struct render *r, const void *detail)
{
	(void)detail;
	out_code(&r->out, &r->flow);
	out_pop(&r->out);
	r->code--;
	r->gap = true;
}

static void
enter_code(struct render *r, const void *detail)
{
	const MD_BLOCK_CODE_DETAIL *d = detail;
	AUTO(buf) info = BUF_INIT;

	add_attribute(&info, &d->info);
	begin_code(r, buf_str(&info));
}

static void
enter_html(struct render *r, const void *detail)
{
	(void)detail;
	separate(r);
	r->code++;
}

static void
leave_html(struct render *r, const void *detail)
{
	(void)detail;
	out_code(&r->out, &r->flow);
	r->code--;
	r->gap = true;
}

static void
enter_table(struct render *r, const void *detail)
{
	const MD_BLOCK_TABLE_DETAIL *d = detail;

	separate(r);
	out_table_begin(&r->table,
			d->col_count < INT_MAX ? (int)d->col_count : INT_MAX);
}

static void
leave_table(struct render *r, const void *detail)
{
	(void)detail;
	out_table_end(&r->table, &r->out);
	r->gap = true;
}

static void
enter_row(struct render *r, const void *detail)
{
	(void)detail;
	r->column = 0;
}

static void
enter_head(struct render *r, const void *detail)
{
	(void)detail;
	r->base = ROLE_STRONG;
}

static void
leave_cell(struct render *r, const void *detail)
{
	static const enum out_align aligns[] = {
		[MD_ALIGN_DEFAULT] = ALIGN_LEFT,
		[MD_ALIGN_LEFT] = ALIGN_LEFT,
		[MD_ALIGN_CENTER] = ALIGN_CENTER,
		[MD_ALIGN_RIGHT] = ALIGN_RIGHT,
	};
	const MD_BLOCK_TD_DETAIL *d = detail;

	/* md4c 0.4.8 fills up short rows, however many columns there are. */
	r->work -= (int64_t)sizeof(struct flow);
	out_table_cell(&r->table, r->column++, aligns[d->align], &r->flow);
	r->base = ROLE_TEXT;
}

/* keeps: the flow is not broken into lines when the block ends, leave does
 * something else with it. */
static const struct {
	void (*enter)(struct render *r, const void *detail);
	void (*leave)(struct render *r, const void *detail);
	bool keeps;
} blocks[] = {
	[MD_BLOCK_QUOTE] = { enter_quote, leave_quote, false },
	[MD_BLOCK_UL] = { enter_ul, leave_list, false },
	[MD_BLOCK_OL] = { enter_ol, leave_list, false },
	[MD_BLOCK_LI] = { enter_li, leave_li, false },
	[MD_BLOCK_HR] = { NULL, leave_rule, false },
	[MD_BLOCK_H] = { enter_heading, leave_heading, false },
	[MD_BLOCK_CODE] = { enter_code, leave_code, true },
	[MD_BLOCK_HTML] = { enter_html, leave_html, true },
	[MD_BLOCK_P] = { NULL, leave_paragraph, false },
	[MD_BLOCK_TABLE] = { enter_table, leave_table, false },
	[MD_BLOCK_TR] = { enter_row, NULL, false },
	[MD_BLOCK_TH] = { enter_head, leave_cell, true },
	[MD_BLOCK_TD] = { NULL, leave_cell, true },
};

/* ----- spans ---------------------------------------------------------- */

static void
enter_link(struct render *r, const void *detail)
{
	(void)detail;
	r->link++;
	r->link_start = r->flow.text.len;
}

/* The target in parentheses, unless it is the text itself; the title. */
static void
add_target(struct render *r, const MD_ATTRIBUTE *href,
	   const MD_ATTRIBUTE *title, const char *text)
{
	AUTO(buf) target = BUF_INIT, name = BUF_INIT, shown = BUF_INIT;
	const char *bare;

	add_attribute(&target, href);
	add_attribute(&name, title);
	bare = buf_str(&target);
	if (str_starts(bare, "mailto:") && !str_starts(text, "mailto:"))
		bare += strlen("mailto:");
	if (strcmp(bare, text) != 0)
		buf_printf(&shown, " (%s)", buf_str(&target));
	if (name.len)
		buf_printf(&shown, " \"%s\"", buf_str(&name));
	add_dim(r, buf_str(&shown));
}

static void
leave_link(struct render *r, const void *detail)
{
	const MD_SPAN_A_DETAIL *d = detail;

	r->link--;
	add_target(r, &d->href, &d->title,
		   buf_str(&r->flow.text) + r->link_start);
}

static void
enter_image(struct render *r, const void *detail)
{
	(void)detail;
	add_dim(r, "[image: ");
}

static void
leave_image(struct render *r, const void *detail)
{
	const MD_SPAN_IMG_DETAIL *d = detail;

	add_dim(r, "]");
	add_target(r, &d->src, &d->title, "");
}

static const struct {
	size_t counter; /* of struct render: the span is open so often */
	void (*enter)(struct render *r, const void *detail);
	void (*leave)(struct render *r, const void *detail);
} spans[] = {
	[MD_SPAN_EM] = { offsetof(struct render, emphasis), NULL, NULL },
	[MD_SPAN_STRONG] = { offsetof(struct render, strong), NULL, NULL },
	[MD_SPAN_A] = { 0, enter_link, leave_link },
	[MD_SPAN_IMG] = { 0, enter_image, leave_image },
	[MD_SPAN_CODE] = { offsetof(struct render, code), NULL, NULL },
	[MD_SPAN_DEL] = { offsetof(struct render, strike), NULL, NULL },
};

static void
count_span(struct render *r, MD_SPANTYPE type, int by)
{
	if (spans[type].counter)
		*(int *)((char *)r + spans[type].counter) += by;
}

/* ----- what md4c calls ------------------------------------------------- */

static int
spend(struct render *r, size_t work)
{
	r->work -= (int64_t)work;
	return r->work < 0;
}

static int
on_enter_block(MD_BLOCKTYPE type, void *detail, void *ud)
{
	struct render *r = ud;

	flush(r);
	if ((size_t)type < ARRAY_LEN(blocks) && blocks[type].enter)
		blocks[type].enter(r, detail);
	return spend(r, 1);
}

static int
on_leave_block(MD_BLOCKTYPE type, void *detail, void *ud)
{
	struct render *r = ud;

	if ((size_t)type >= ARRAY_LEN(blocks) || !blocks[type].keeps)
		flush(r);
	if ((size_t)type < ARRAY_LEN(blocks) && blocks[type].leave)
		blocks[type].leave(r, detail);
	return spend(r, 1);
}

/* A target may be repeated by many short references. */
static size_t
target_size(MD_SPANTYPE type, const void *detail)
{
	const MD_SPAN_A_DETAIL *a = detail;
	const MD_SPAN_IMG_DETAIL *img = detail;

	if (type == MD_SPAN_A)
		return (size_t)a->href.size + a->title.size;
	if (type == MD_SPAN_IMG)
		return (size_t)img->src.size + img->title.size;
	return 0;
}

static int
on_enter_span(MD_SPANTYPE type, void *detail, void *ud)
{
	struct render *r = ud;

	if ((size_t)type < ARRAY_LEN(spans)) {
		count_span(r, type, 1);
		if (spans[type].enter)
			spans[type].enter(r, detail);
	}
	return spend(r, 1 + target_size(type, detail));
}

static int
on_leave_span(MD_SPANTYPE type, void *detail, void *ud)
{
	struct render *r = ud;

	if ((size_t)type < ARRAY_LEN(spans)) {
		count_span(r, type, -1);
		if (spans[type].leave)
			spans[type].leave(r, detail);
	}
	return spend(r, 1);
}

static int
on_text(MD_TEXTTYPE type, const MD_CHAR *s, MD_SIZE len, void *ud)
{
	struct render *r = ud;
	AUTO(buf) entity = BUF_INIT;

	switch (type) {
	case MD_TEXT_NULLCHAR:
		add(r, "\ufffd", strlen("\ufffd"));
		break;
	case MD_TEXT_BR:
		add(r, "\n", 1);
		break;
	case MD_TEXT_SOFTBR:
		add(r, " ", 1);
		break;
	case MD_TEXT_ENTITY:
		add_entity(&entity, s, len);
		add(r, buf_str(&entity), entity.len);
		break;
	default:
		add(r, s, len);
		break;
	}
	return spend(r, 1 + (size_t)len);
}

/* ----- the whole text ------------------------------------------------- */

/* A line "---" (or "..." at the end); its length with the newline, or 0. */
static size_t
fence(const char *s, size_t len, bool closing)
{
	size_t n = 3;

	if (len < 3 || (memcmp(s, "---", 3) != 0 &&
			(!closing || memcmp(s, "...", 3) != 0)))
		return 0;
	while (n < len && (s[n] == ' ' || s[n] == '\t' || s[n] == '\r'))
		n++;
	if (n == len)
		return closing ? n : 0;
	return s[n] == '\n' ? n + 1 : 0;
}

/* Shows the front matter, if there is one; returns its length. */
static size_t
front_matter(struct render *r, const char *s, size_t len)
{
	size_t start = fence(s, len, false), at = start, end;

	if (len > FRONT_MATTER_MAX)
		len = FRONT_MATTER_MAX;
	while (start && at < len) {
		const char *nl;

		end = fence(s + at, len - at, true);
		if (end) {
			begin_code(r, "");
			add(r, s + start, at - start);
			leave_code(r, NULL);
			return at + end;
		}
		nl = memchr(s + at, '\n', len - at);
		at = nl ? (size_t)(nl - s) + 1 : len;
	}
	return 0;
}

static void
note(struct render *r, const char *text)
{
	r->gap = true;
	flow_add(&r->flow, text, strlen(text), ROLE_WARN, 0);
	flush(r);
	r->gap = true;
}

static void
render_release(struct render *r)
{
	flow_release(&r->flow);
	out_table_release(&r->table);
}

static struct render
render_to(struct markdown *m, size_t len, int columns, bool ascii)
{
	return (struct render){
		.out = { .m = m,
			 .columns =
				 columns > COLUMNS_MIN ? columns : COLUMNS_MIN,
			 .ascii = ascii },
		.work = (int64_t)len * MARKDOWN_WORK + (64 << 10),
		.base = ROLE_TEXT,
	};
}

/* NULL, or why it is no document. */
static const char *
parse(const char *s, size_t len, int columns, bool ascii, struct markdown *ret)
{
	/* No permissive links: md4c looks for their ends again and again. */
	static const MD_PARSER parser = {
		.flags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH |
			 MD_FLAG_TASKLISTS,
		.enter_block = on_enter_block,
		.leave_block = on_leave_block,
		.enter_span = on_enter_span,
		.leave_span = on_leave_span,
		.text = on_text,
	};
	static const char tail[MD4C_TAIL];
	const struct lazy_md4c *lib = lazy_md4c(NULL);
	AUTO(render) r = render_to(ret, len, columns, ascii);
	size_t at = front_matter(&r, s, len);
	AUTO(buf) text = BUF_INIT;

	if (!lib)
		return "libmd4c is not installed; shown as it stands:";
	buf_add(&text, s + at, len - at);
	buf_add(&text, tail, sizeof(tail));
	if (lib->parse(text.data, (MD_SIZE)(len - at), &parser, &r))
		return "Too involved for Markdown; shown as it stands:";
	return NULL;
}

static void
render_plain(const char *s, size_t len, int columns, bool ascii,
	     const char *why, struct markdown *ret)
{
	AUTO(render) r = render_to(ret, len, columns, ascii);

	note(&r, why);
	separate(&r);
	flow_add(&r.flow, s, len, ROLE_TEXT, 0);
	out_code(&r.out, &r.flow);
}

void
markdown_render(const char *source, size_t len, int columns, bool ascii,
		struct markdown *ret)
{
	size_t shown = len;
	const char *why;

	if (len > MARKDOWN_LIMIT) {
		shown = MARKDOWN_LIMIT;
		while (shown > 0 &&
		       ((unsigned char)source[shown] & 0xc0) == 0x80)
			shown--;
	}
	why = parse(source, shown, columns, ascii, ret);
	if (why) {
		markdown_release(ret);
		render_plain(source, shown, columns, ascii, why, ret);
	}
	if (shown < len) {
		AUTO(render) r = render_to(ret, 0, columns, ascii);
		AUTO_FREE char *text =
			xasprintf("Cut: the first %zu of %zu bytes are shown.",
				  shown, len);

		note(&r, text);
	}
}

void
markdown_release(struct markdown *m)
{
	buf_release(&m->text);
	free(m->spans);
	free(m->lines);
	*m = (struct markdown){ 0 };
}

void
markdown_view(const struct markdown *m, const struct theme *t, struct frame *f,
	      struct rect r, int64_t first)
{
	for (int y = 0; y < r.h; y++) {
		const struct markdown_line *line;
		int x = 0;

		if (first + y < 0 || (size_t)(first + y) >= m->line_count)
			continue;
		line = &m->lines[first + y];
		for (size_t i = 0; i < line->span_count; i++) {
			const struct markdown_span *span =
				&m->spans[line->span + i];
			struct style style = theme_style(t, span->role);

			style.attrs |= span->attrs;
			x = frame_textn(f, r, x, y,
					buf_str(&m->text) + span->start,
					span->len, style);
		}
	}
}
