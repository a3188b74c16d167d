#include "media/scale.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What one pixel of the result takes from a line of the source: `count`
 * pixels from `first` on, with weights[0 .. count-1] that sum to 1. */
struct span {
	int first, count;
	const float *weights;
};

struct spans {
	struct span *items;
	float *weights;
};

static void
spans_release(struct spans *s)
{
	free(s->items);
	free(s->weights);
}

/* The stretch of the source, from..to, under pixel i of `to_size`. */
static void
stretch_of(int i, int from_size, int to_size, double *from, double *to)
{
	double step = (double)from_size / to_size;

	*from = i * step;
	*to = fmin((i + 1) * step, from_size);
	if (step >= 1)
		return;
	/* Upwards: one pixel wide around the centre, moved into the line. */
	*from = (i + 0.5) * step - 0.5;
	*from = fmax(0, fmin(*from, from_size - 1));
	*to = *from + 1;
}

static void
spans_init(struct spans *s, int from_size, int to_size)
{
	size_t room = (size_t)from_size + 2 * (size_t)to_size;
	float *w;

	s->items = xcalloc((size_t)to_size, sizeof(*s->items));
	s->weights = w = xcalloc(room, sizeof(*w));
	for (int i = 0; i < to_size; i++) {
		double from, to;
		struct span *p = &s->items[i];

		stretch_of(i, from_size, to_size, &from, &to);
		p->first = (int)from;
		p->weights = w;
		for (int k = p->first; k < to && k < from_size; k++) {
			double part = fmin(to, k + 1) - fmax(from, k);

			*w++ = (float)(part / (to - from));
			p->count++;
		}
	}
}

struct scale_rect
scale_clip(const struct image *im, struct scale_rect r)
{
	if (r.width < 1 || r.height < 1)
		return (struct scale_rect){ 0, 0, im->width, im->height };
	r.width = r.width < im->width ? r.width : im->width;
	r.height = r.height < im->height ? r.height : im->height;
	r.x = r.x < im->width - r.width ? r.x : im->width - r.width;
	r.y = r.y < im->height - r.height ? r.y : im->height - r.height;
	r.x = r.x > 0 ? r.x : 0;
	r.y = r.y > 0 ? r.y : 0;
	return r;
}

void
scale_fit(int width, int height, double cell_aspect, int *columns, int *rows)
{
	double aspect = cell_aspect > 0 ? cell_aspect : 0.5;
	/* Columns for each row. */
	double shape = (double)width / height / aspect;
	double wide = *columns, high = *rows;

	if (wide / high > shape)
		wide = high * shape;
	else
		high = wide / shape;
	*columns = (int)fmax(1, fmin(round(wide), *columns));
	*rows = (int)fmax(1, fmin(round(high), *rows));
}

/* Adds weight times a row of pixels, put on the background, to sums. */
static void
add_row(float *sums, const uint8_t *px, int width, float weight,
	const float back[3])
{
	for (int x = 0; x < width; x++, px += 4, sums += 3) {
		float cover = px[3] == 255 ? weight : weight * px[3] / 255.0f;
		float rest = weight - cover;

		for (int c = 0; c < 3; c++)
			sums[c] += cover * px[c] + rest * back[c];
	}
}

static void
write_row(uint8_t *out, const float *sums, const struct spans *across,
	  int width)
{
	for (int x = 0; x < width; x++, out += 4) {
		const struct span *s = &across->items[x];
		const float *from = sums + (size_t)s->first * 3;
		float total[3] = { 0.5f, 0.5f, 0.5f };

		for (int k = 0; k < s->count; k++, from += 3)
			for (int c = 0; c < 3; c++)
				total[c] += s->weights[k] * from[c];
		for (int c = 0; c < 3; c++)
			out[c] = (uint8_t)fminf(total[c], 255);
		out[3] = 255;
	}
}

static void
scale_rows(const struct image *im, struct scale_rect crop, const float back[3],
	   struct image *out)
{
	AUTO(spans) across = { 0 };
	AUTO(spans) down = { 0 };
	size_t sums_size = (size_t)crop.width * 3 * sizeof(float);
	AUTO_FREE float *sums = xmalloc(sums_size);

	spans_init(&across, crop.width, out->width);
	spans_init(&down, crop.height, out->height);
	for (int y = 0; y < out->height; y++) {
		const struct span *s = &down.items[y];

		memset(sums, 0, sums_size);
		for (int k = 0; k < s->count; k++) {
			size_t row = (size_t)crop.y + s->first + k;
			size_t at = row * im->width + crop.x;

			add_row(sums, im->rgba + at * 4, crop.width,
				s->weights[k], back);
		}
		write_row(out->rgba + (size_t)y * out->width * 4, sums, &across,
			  out->width);
	}
}

bool
scale_image(const struct image *im, struct scale_rect crop, int width,
	    int height, uint32_t background, struct image *ret, struct err *err)
{
	const float back[3] = { (float)(background >> 16 & 255),
				(float)(background >> 8 & 255),
				(float)(background & 255) };
	struct image out = { width, height, NULL };

	if (width < 1 || height < 1 || im->width < 1 || im->height < 1)
		return FAIL(err, ERR_DATA,
			    "a picture of %d x %d pixels cannot be made to "
			    "%d x %d; both need a pixel",
			    im->width, im->height, width, height);
	if ((int64_t)width * height > SCALE_PIXEL_LIMIT)
		return FAIL(err, ERR_TOOBIG,
			    "%d x %d pixels is over the limit of %d; show "
			    "the picture smaller",
			    width, height, SCALE_PIXEL_LIMIT);
	out.rgba = xmalloc((size_t)width * height * 4);
	scale_rows(im, scale_clip(im, crop), back, &out);
	*ret = out;
	return true;
}
