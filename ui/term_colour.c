#include "ui/term_colour.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct colour_pair {
	int fg, bg;
	int number; /* 0: free */
};

/* xterm's defaults for the first sixteen. */
static const int32_t base_colours[16] = {
	0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd,
	0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00,
	0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
};

/* The levels of the 6x6x6 cube. */
static const int cube[6] = { 0, 95, 135, 175, 215, 255 };

int32_t
colour_rgb(int index)
{
	int grey;

	if (index < 16)
		return base_colours[index];
	if (index < 232) {
		index -= 16;
		return cube[index / 36] << 16 | cube[index / 6 % 6] << 8 |
		       cube[index % 6];
	}
	grey = 8 + (index - 232) * 10;
	return grey << 16 | grey << 8 | grey;
}

/* Squared, weighted as the eye does (ITU-R BT.601, rounded). */
static int
distance(int32_t a, int32_t b)
{
	int red = (a >> 16 & 255) - (b >> 16 & 255);
	int green = (a >> 8 & 255) - (b >> 8 & 255);
	int blue = (a & 255) - (b & 255);

	return 3 * red * red + 6 * green * green + blue * blue;
}

static int
nearest(int32_t rgb, int first, int end)
{
	int best = first, best_distance = distance(rgb, colour_rgb(first));

	for (int i = first + 1; i < end && best_distance; i++) {
		int d = distance(rgb, colour_rgb(i));

		if (d < best_distance) {
			best = i;
			best_distance = d;
		}
	}
	return best;
}

static int
cube_level(int v)
{
	return v < 48 ? 0 : v < 115 ? 1 : (v - 35) / 40;
}

/* Only the 240 that no user redefines: the nearest of the cube or a grey. */
static int
nearest_256(int32_t rgb)
{
	int red = rgb >> 16 & 255, green = rgb >> 8 & 255, blue = rgb & 255;
	int in_cube = 16 + 36 * cube_level(red) + 6 * cube_level(green) +
		      cube_level(blue);
	int mean = (red + green + blue) / 3;
	int step = mean < 8 ? 0 : mean > 238 ? 23 : (mean - 3) / 10;
	int grey = 232 + step;

	return distance(rgb, colour_rgb(grey)) <
			       distance(rgb, colour_rgb(in_cube)) ?
		       grey :
		       in_cube;
}

int
colour_for(enum term_colours have, int32_t colour, bool *ret_bright)
{
	bool direct = colour >= 0 && colour & COLOUR_RGB_BIT;
	int32_t rgb = colour & 0xffffff;
	int index;

	if (ret_bright)
		*ret_bright = false;
	if (colour < 0 || have == TERM_MONO)
		return -1;
	if (have == TERM_DIRECT)
		return !direct ? (int)rgb & 255 : rgb < 256 ? rgb | 0x100 : rgb;
	if (have == TERM_256)
		return direct ? nearest_256(rgb) : (int)rgb & 255;
	index = direct || rgb > 15 ?
			nearest(direct ? rgb : colour_rgb(rgb & 255), 0, 16) :
			(int)rgb;
	if (have == TERM_8 && index > 7) {
		index -= 8;
		if (ret_bright)
			*ret_bright = true;
	}
	return index;
}

/* --- pairs ---------------------------------------------------------------- */

void
colour_pairs_init(struct colour_pairs *p, int limit)
{
	*p = (struct colour_pairs){ .limit = limit > 0 ? limit : 0 };
	p->slot_count = 64;
	p->slots = xcalloc(p->slot_count, sizeof(*p->slots));
}

void
colour_pairs_release(struct colour_pairs *p)
{
	free(p->slots);
	p->slots = NULL;
}

void
colour_pairs_clear(struct colour_pairs *p)
{
	memset(p->slots, 0, p->slot_count * sizeof(*p->slots));
	p->count = 0;
}

static struct colour_pair *
find_slot(const struct colour_pairs *p, int fg, int bg)
{
	uint64_t h = ((uint64_t)(uint32_t)fg << 32 | (uint32_t)bg) *
		     0x9e3779b97f4a7c15u;
	size_t i = (size_t)(h >> 40) & (p->slot_count - 1);

	while (p->slots[i].number &&
	       (p->slots[i].fg != fg || p->slots[i].bg != bg))
		i = (i + 1) & (p->slot_count - 1);
	return &p->slots[i];
}

static void
grow(struct colour_pairs *p)
{
	struct colour_pair *old = p->slots;
	size_t count = p->slot_count;

	p->slot_count *= 2;
	p->slots = xcalloc(p->slot_count, sizeof(*p->slots));
	for (size_t i = 0; i < count; i++)
		if (old[i].number)
			*find_slot(p, old[i].fg, old[i].bg) = old[i];
	free(old);
}

int
colour_pairs_get(struct colour_pairs *p, int fg, int bg, bool *ret_new)
{
	struct colour_pair *slot = find_slot(p, fg, bg);

	*ret_new = false;
	if (slot->number)
		return slot->number;
	if (p->count >= p->limit)
		return 0;
	if ((size_t)p->count * 2 >= p->slot_count) {
		grow(p);
		slot = find_slot(p, fg, bg);
	}
	*slot = (struct colour_pair){ fg, bg, ++p->count };
	*ret_new = true;
	return slot->number;
}
