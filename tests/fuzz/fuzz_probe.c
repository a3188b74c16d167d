/* Any bytes as a terminal's replies: through the decoder, as in the app. What
 * comes out stays within what a terminal can be. */
#include "ui/probe.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *
get(void *ud, const char *name)
{
	(void)ud;
	return strcmp(name, "LANG") == 0 ? "C.UTF-8" :
	       strcmp(name, "TERM") == 0 ? "xterm" :
					   NULL;
}

static void
check(const struct term_caps *c)
{
	if (c->told_width < 0 || c->told_height < 0 || c->sixel_width < 0 ||
	    c->area_width < 0 || c->area_height < 0 ||
	    c->picture > PICTURE_ITERM || c->colours > TERM_DIRECT)
		abort();
	if (c->background != COLOUR_DEFAULT &&
	    (c->background & ~0xffffff) != COLOUR_RGB_BIT)
		abort();
	for (size_t i = 0; c->name[i]; i++)
		if (c->name[i] < ' ' || c->name[i] > '~')
			abort();
}

static void
on_input(void *ud, const struct input *in)
{
	struct term_caps *caps = ud;
	struct term_caps again;
	bool done;

	if (in->kind != INPUT_REPLY)
		return;
	probe_reply(caps, in->text, in->len, &done);
	check(caps);
	/* The same once more changes nothing. */
	again = *caps;
	if (probe_reply(&again, in->text, in->len, &done))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input_decoder *d = input_decoder_new();
	struct term_caps caps;
	bool done;

	probe_environment(get, NULL, &caps);
	input_feed(d, (const char *)data, size, on_input, &caps);
	input_decoder_free(d);
	/* And without the decoder before it. */
	probe_reply(&caps, (const char *)data, size, &done);
	check(&caps);
	return 0;
}
