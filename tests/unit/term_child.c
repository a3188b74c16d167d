/*
 * A program that opens the terminal and shows what comes from it: what
 * tests/e2e/term.py drives in a pty. Each key typed is an order (see orders),
 * and every event is shown in the second row.
 */
#include "base/loop.h"
#include "base/str.h"
#include "ui/key.h"
#include "ui/term.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct child {
	struct loop *loop;
	struct term *term;
	struct frame frame;
	char event[200], size[40];
	int events;
	bool colours, accents, big;
};

static void
put(struct child *c, int y, const char *text, struct style st)
{
	struct cell *row = c->frame.cells + y * c->frame.width;
	size_t len = strlen(text), at = 0;
	uint32_t cp;

	for (int x = 0; x < c->frame.width; x++) {
		size_t n = at < len ? utf8_decode(text + at, len - at, &cp) : 0;
		bool wide = n && cp >= 0x4e00 && cp < 0xa000 &&
			    x + 1 < c->frame.width;

		memset(&row[x], 0, sizeof(*row));
		memcpy(row[x].text, text + at, n);
		row[x].width = wide ? 2 : 1;
		row[x].style = st;
		at += n;
		if (wide) {
			memset(&row[++x], 0, sizeof(*row));
			row[x].style = st;
		}
	}
}

static void
build(struct child *c)
{
	const struct term_caps *caps = term_caps(c->term);
	struct style plain = { COLOUR_DEFAULT, COLOUR_DEFAULT, 0 };
	char text[300];
	int w, h;

	term_size(c->term, &w, &h);
	c->frame.width = w;
	c->frame.height = h;
	c->frame.cells = xreallocarray(c->frame.cells, (size_t)w * (size_t)h,
				       sizeof(struct cell));
	snprintf(text, sizeof(text), "ready %dx%d %s", w, h, c->size);
	put(c, 0, text, plain);
	snprintf(text, sizeof(text), "event %d: %s", c->events, c->event);
	put(c, 1, text, plain);
	snprintf(text, sizeof(text),
		 "colours %d picture %d cell %dx%d sixel %dx%d utf8 %d sync %d "
		 "extended %d background %x name %s",
		 caps->colours, caps->picture, caps->cell_width,
		 caps->cell_height, caps->sixel_width, caps->sixel_height,
		 caps->utf8, caps->sync, caps->extended_symbols,
		 (unsigned)caps->background, caps->name);
	put(c, 2, text, plain);
	put(c, 3, c->accents ? "wide 漢字 e\u0301 end" : "wide ab end",
	    (struct style){ COLOUR_RGB(0x010203), COLOUR_RGB(0x8000ff),
			    STYLE_BOLD });
	for (int y = 4; y < h; y++) {
		put(c, y, y == h - 1 ? "last row" : "", plain);
		for (int x = 0; c->colours && x < w; x++)
			frame_cell(&c->frame, x, y)->style.bg = COLOUR_RGB(
				(x * 3 & 255) << 16 | (y * 9 & 255) << 8 |
				((x * y) & 255));
	}
	c->frame.cursor = true;
	c->frame.cursor_x = 3;
	c->frame.cursor_y = 1;
}

static void
paint(void *ud)
{
	struct child *c = ud;

	build(c);
	term_paint(c->term, &c->frame);
}

static void
pictures(struct child *c)
{
	build(c);
	if (!term_begin(c->term))
		return;
	term_paint(c->term, &c->frame);
	term_picture(c->term, 4, 6, "\033_Gpicture\033\\", 12);
	term_end(c->term);
}

static void
edit(struct child *c)
{
	struct err err = ERR_INIT;

	term_leave(c->term);
	(void)!write(STDOUT_FILENO, "editor\n", 7);
	if (!term_enter(c->term, &err))
		abort();
}

static void
come_back(void *ud)
{
	struct child *c = ud;
	struct err err = ERR_INIT;

	if (!term_enter(c->term, &err))
		abort();
}

/* As an editor that runs for a while. */
static void
stay_away(struct child *c)
{
	enum { AWAY_MS = 400 };

	term_leave(c->term);
	loop_timer(c->loop, AWAY_MS, come_back, c);
}

static void
order(struct child *c, uint32_t key)
{
	switch (key) {
	case 'q':
		loop_stop(c->loop);
		break;
	case 'S':
		raise(SIGSEGV);
		break;
	case 'z':
		term_suspend(c->term);
		break;
	case 'c':
		c->colours = !c->colours;
		break;
	case 'a':
		c->accents = !c->accents;
		break;
	case 'P':
		pictures(c);
		break;
	case 'l':
		term_redraw(c->term);
		break;
	case 'E':
		edit(c);
		break;
	case 'D':
		stay_away(c);
		break;
	case 't':
		term_title(c->term, "a title\033;x");
		term_notify(c->term, "Gate", "plan; ready");
		term_copy(c->term, "hello");
		break;
	default:
		break;
	}
}

static void
on_input(void *ud, const struct input *in)
{
	static const char *const kinds[] = { "key",   "mouse",    "paste",
					     "reply", "focus in", "focus out" };
	struct child *c = ud;
	char name[KEY_NAME_SIZE] = "";
	AUTO(buf) text = BUF_INIT;

	if (in->kind == INPUT_KEY && in->key == 'e')
		return; /* an equal frame is painted all the same */
	c->events++;
	if (in->kind == INPUT_KEY)
		key_name(in->key, in->mods, name);
	if (in->kind == INPUT_PASTE)
		str_visible(&text, in->text, in->len < 60 ? in->len : 60,
			    false);
	snprintf(c->event, sizeof(c->event), "%s %s%s %d,%d len %zu",
		 kinds[in->kind], name, buf_str(&text), in->x, in->y, in->len);
	if (in->kind == INPUT_KEY)
		order(c, in->key);
}

static void
on_resize(void *ud, int width, int height)
{
	struct child *c = ud;

	snprintf(c->size, sizeof(c->size), "resized %dx%d", width, height);
}

static void
on_hangup(void *ud)
{
	struct child *c = ud;

	loop_stop(c->loop);
}

static void
nothing(void *ud)
{
	(void)ud;
}

int
main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct paths paths = { 0 };
	struct child c = { .loop = loop_new() };
	struct term_options o = { .loop = c.loop,
				  .paths = &paths,
				  .pictures = "auto",
				  .colours = argc > 1 ? argv[1] : "auto",
				  .mouse = true,
				  .on_input = on_input,
				  .on_resize = on_resize,
				  .on_caps = nothing,
				  .on_ready = nothing,
				  .on_hangup = on_hangup,
				  .ud = &c };

	if (!paths_find(&paths, &err) || !(c.term = term_new(&o, &err))) {
		fprintf(stderr, "%s\n", err.msg);
		loop_free(c.loop);
		paths_release(&paths);
		return err_exit_status(err.code);
	}
	/* As the app does: paint before the loop waits. */
	loop_before_wait(c.loop, paint, &c);
	loop_run(c.loop);
	loop_remove_hook(c.loop, paint, &c);
	term_free(c.term);
	loop_free(c.loop);
	free(c.frame.cells);
	paths_release(&paths);
	puts("bye");
	return 0;
}
