/* Prints what the app shows of its key table: the help screen, the palette
 * after the argument was typed, the prompt after
 * Tab, and `agentops keys`. For keys.sh, which
 * compiles it with a table that has a row more. */
#include "ui/app.h"
#include "ui/keys.h"

#include <stdio.h>

enum { WIDTH = 100, HEIGHT = 120 };

static void
show(struct app *a, const char *title)
{
	struct frame f = { 0 };
	AUTO(buf) text = BUF_INIT;

	frame_resize(&f, WIDTH, HEIGHT);
	app_view(a, &f);
	frame_dump(&f, &text);
	printf("== %s\n%s\n", title, buf_str(&text));
	frame_release(&f);
}

static void
press(struct app *a, uint32_t key)
{
	struct input in = { .kind = INPUT_KEY, .key = key };

	app_update(a, &(struct msg){ .kind = MSG_INPUT, .in = &in });
}

int
main(int argc, char **argv)
{
	struct theme theme;
	struct term_caps caps = { .utf8 = true };
	struct keymap *keys = keymap_new();
	struct cli cli = { 0 };
	struct app *a;
	int status;

	theme_init_plain(&theme);
	a = app_new(&theme, keys, &caps);
	app_update(a, &(struct msg){ .kind = MSG_RESIZE,
				     .width = WIDTH,
				     .height = HEIGHT });
	app_push(a, help_new(a));
	show(a, "help");
	app_pop(a);
	app_push(a, palette_new(a));
	for (const char *p = argc > 1 ? argv[1] : ""; *p; p++)
		press(a, (unsigned char)*p);
	show(a, "palette");
	app_pop(a);
	for (const char *p = argc > 1 ? "/keys " : ""; *p; p++)
		press(a, *p == ' ' ? INPUT_SPACE : (unsigned char)*p);
	for (const char *p = argc > 1 ? argv[1] : ""; *p; p++)
		press(a, (unsigned char)*p);
	press(a, INPUT_TAB);
	show(a, "completion");
	app_free(a);
	keymap_free(keys);
	theme_release(&theme);
	printf("== keys\n");
	status = keys_main(&cli);
	cli_release(&cli);
	return status;
}
