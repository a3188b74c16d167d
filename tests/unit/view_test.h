/*
 * view_test.h - an app without a terminal for tests of views: keys go in as
 * they are written in help ("C-s", "Tab", "x"), screens come out as text.
 *
 *	struct view_test v;
 *	view_test_init(&v, 80, 24);
 *	app_push(v.a, question_new(v.a, "Leave?", "", fn));
 *	view_keys(&v, "Tab y");
 *	view_golden(&v, "question-80x24");
 *	view_test_release(&v);
 *
 * Below the view lies a blank layer that has the contexts of the main
 * screen, so that no golden screen changes with that.
 */
#ifndef AGENTOPS_TESTS_VIEW_TEST_H
#define AGENTOPS_TESTS_VIEW_TEST_H

#include "golden.h"
#include "test.h"

#include "ui/app.h"

/* 2026-11-25T12:00:00Z */
#define VIEW_NOW_US INT64_C(1795608000000000)

struct view_test {
	struct app *a;
	struct keymap *keys;
	struct theme theme;
	struct term_caps caps;
	struct frame frame;
	int width, height;
	bool ascii;
	int64_t later_us;    /* than VIEW_NOW_US */
};

static inline void
view_desk(struct layer *l, const struct app *a, struct frame *f,
	  struct rect r)
{
	(void)l;
	frame_fill(f, r, app_style(a, ROLE_TEXT));
}

static const struct layer_class view_desk_class = {
	.name = "Desk",
	.contexts = { CONTEXT_MAIN, CONTEXT_LIST, CONTEXT_GLOBAL },
	.covers = true,
	.view = view_desk,
};

static inline void
view_send(struct view_test *v, struct msg *m)
{
	m->now_us = VIEW_NOW_US + v->later_us;
	app_update(v->a, m);
}

static inline void
view_size(struct view_test *v, int width, int height)
{
	struct msg m = { .kind = MSG_RESIZE, .width = width,
			 .height = height };

	v->width = width;
	v->height = height;
	view_send(v, &m);
}

static inline void
view_test_init(struct view_test *v, int width, int height)
{
	struct layer *desk = xcalloc(1, sizeof(*desk));

	memset(v, 0, sizeof(*v));
	theme_init_plain(&v->theme);
	v->keys = keymap_new();
	v->caps.utf8 = true;
	v->a = app_new(&v->theme, v->keys, &v->caps);
	desk->class = &view_desk_class;
	app_push(v->a, desk);
	asks_release(&v->a->asks);
	view_size(v, width, height);
}

static inline void
view_test_release(struct view_test *v)
{
	app_free(v->a);
	keymap_free(v->keys);
	theme_release(&v->theme);
	frame_release(&v->frame);
}

static inline void
view_input(struct view_test *v, const struct input *in)
{
	struct msg m = { .kind = MSG_INPUT, .in = in };

	view_send(v, &m);
}

/* Keys, parted by blanks. The screen is drawn after each, as in life. */
static inline void
view_draw(struct view_test *v)
{
	frame_resize(&v->frame, v->width, v->height);
	v->frame.ascii = v->ascii;
	v->caps.utf8 = !v->ascii;
	app_view(v->a, &v->frame);
}

static inline void
view_keys(struct view_test *v, const char *keys)
{
	AUTO_FREE char *copy = xstrdup(keys);
	char *rest = copy, *name;

	view_draw(v);
	while ((name = strsep(&rest, " "))) {
		struct input in = { .kind = INPUT_KEY };

		if (!key_parse(name, &in.key, &in.mods))
			fail_msg("\"%s\" is no key", name);
		view_input(v, &in);
		view_draw(v);
	}
}

static inline void
view_type(struct view_test *v, const char *text)
{
	size_t len = strlen(text);

	view_draw(v);
	while (len) {
		struct input in = { .kind = INPUT_KEY };
		size_t n = utf8_decode(text, len, &in.key);

		assert_true(n > 0);
		if (in.key == ' ')
			in.key = INPUT_SPACE;
		view_input(v, &in);
		view_draw(v);
		text += n;
		len -= n;
	}
}

static inline void
view_mouse(struct view_test *v, enum input_mouse what, int x, int y)
{
	struct input in = { .kind = INPUT_MOUSE, .mouse = what, .button = 1,
			    .x = x, .y = y };

	view_input(v, &in);
	view_draw(v);
}

static inline void
view_paste(struct view_test *v, const char *text, size_t len)
{
	struct input in = { .kind = INPUT_PASTE, .text = text, .len = len };

	view_input(v, &in);
	view_draw(v);
}

/* The screen as text; caller frees. */
static inline char *
view_screen(struct view_test *v)
{
	AUTO(buf) out = BUF_INIT;

	view_draw(v);
	frame_dump(&v->frame, &out);
	return buf_steal(&out);
}

static inline void
view_golden(struct view_test *v, const char *name)
{
	AUTO_FREE char *screen = view_screen(v);

	assert_golden(name, screen);
}

static inline void
view_has(struct view_test *v, const char *text)
{
	AUTO_FREE char *screen = view_screen(v);

	if (!strstr(screen, text))
		fail_msg("\"%s\" is not in\n%s", text, screen);
}

static inline void
view_lacks(struct view_test *v, const char *text)
{
	AUTO_FREE char *screen = view_screen(v);

	if (strstr(screen, text))
		fail_msg("\"%s\" is in\n%s", text, screen);
}

/* The newest ask of this kind, or NULL. */
static inline struct ask *
view_ask(struct view_test *v, enum ask_kind kind)
{
	for (size_t i = v->a->asks.count; i > 0; i--)
		if (v->a->asks.items[i - 1].kind == kind)
			return &v->a->asks.items[i - 1];
	return NULL;
}

/* --- any keys at all --------------------------------------------------- */

/* xorshift (G. Marsaglia, 2003): the same sequence everywhere. */
static inline uint32_t
view_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static inline void
view_random_input(struct view_test *v, uint32_t *seed)
{
	static const char HOSTILE[] = "\x1b[31m\xe2\x80\xae\xff\xe6\x97\xa5\n"
				      "a\xcc\x81\xcc\x81\xcc\x81\t";
	struct input in = { .kind = INPUT_KEY };

	switch (view_random(seed) % 8) {
	case 0:
		in.kind = INPUT_MOUSE;
		in.mouse = (enum input_mouse)(view_random(seed) % 5);
		in.x = (int)(view_random(seed) % (uint32_t)v->width);
		in.y = (int)(view_random(seed) % (uint32_t)v->height);
		break;
	case 1:
		in.kind = INPUT_PASTE;
		in.text = HOSTILE;
		in.len = view_random(seed) % sizeof(HOSTILE);
		break;
	case 2:
	case 3:
		in.key = 32 + view_random(seed) % 95;
		break;
	case 4:
		in.key = 'a' + view_random(seed) % 26;
		in.mods = INPUT_CTRL;
		break;
	default:
		in.key = INPUT_KEY_FIRST + 1 +
			 view_random(seed) %
				 (INPUT_KEY_END - INPUT_KEY_FIRST - 1);
	}
	view_input(v, &in);
}

/* Nothing that the top layer draws is outside the place it is given. */
static inline void
view_check_inside(struct view_test *v)
{
	struct frame *f = &v->frame;
	struct rect r = { 3, 2, v->width - 6, v->height - 4 };
	struct layer *l = v->a->top;

	if (r.w < APP_MIN_WIDTH || r.h < APP_MIN_HEIGHT)
		return;
	frame_clear(f, app_style(v->a, ROLE_TEXT));
	for (int y = 0; y < f->height; y++)
		for (int x = 0; x < f->width; x++)
			frame_text(f, frame_rect(f), x, y, "#",
				   app_style(v->a, ROLE_TEXT));
	l->class->view(l, v->a, f, r);
	for (int y = 0; y < f->height; y++)
		for (int x = 0; x < f->width; x++)
			if (!rect_has(r, x, y) &&
			    strcmp(frame_cell(f, x, y)->text, "#") != 0)
				fail_msg("%s draws at %d,%d",
					 l->class->name, x, y);
}

/* Compares the screen at 80x24, at 120x40, and in ASCII at 80x24; the largest
 * only has to stay in its place. */
static inline void
view_goldens(struct view_test *v, const char *name)
{
	AUTO_FREE char *small = xasprintf("%s-80x24", name);
	AUTO_FREE char *large = xasprintf("%s-120x40", name);
	AUTO_FREE char *wide = xasprintf("%s-200x60", name);
	AUTO_FREE char *ascii = xasprintf("%s-ascii", name);

	view_size(v, 80, 24);
	view_golden(v, small);
	v->ascii = true;
	view_golden(v, ascii);
	v->ascii = false;
	view_size(v, 400, 120);
	view_draw(v);
	view_check_inside(v);
	view_size(v, 200, 60);
	view_golden(v, wide);
	view_size(v, 120, 40);
	view_golden(v, large);
}

/* Sends inputs that mean nothing in particular, until the layer is gone or
 * count are sent. */
static inline void
view_monkey(struct view_test *v, uint32_t seed, int count)
{
	const struct layer_class *class = v->a->top->class;

	for (int i = 0; i < count; i++) {
		if (view_random(&seed) % 50 == 0)
			view_size(v, 80 + (int)(view_random(&seed) % 60),
				  24 + (int)(view_random(&seed) % 30));
		view_random_input(v, &seed);
		view_draw(v);
		if (v->a->top->class == class)
			view_check_inside(v);
		if (!app_layer(v->a, class))
			return;
	}
}

#endif
