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

/* Red, green, blue, each times alpha, and alpha; or sums of them. */
typedef float pixel __attribute__((vector_size(16), may_alias));

/* What scale_rows works with. */
struct lines {
	pixel *sums;     /* one for each pixel of a line */
	uint8_t *shaded; /* a line, its colours multiplied by alpha */
};

static bool
is_opaque(const uint8_t *px, int width)
{
	uint8_t alpha = 255;

	for (int x = 0; x < width; x++)
		alpha &= px[(size_t)x * 4 + 3];
	return alpha == 255;
}

static const uint8_t *
multiply_alpha(const uint8_t *px, int width, uint8_t *out)
{
	for (size_t i = 0; i < (size_t)width * 4; i += 4) {
		for (int c = 0; c < 3; c++)
			out[i + c] =
				(uint8_t)((px[i + c] * px[i + 3] + 127) / 255);
		out[i + 3] = px[i + 3];
	}
	return out;
}

/* Most of the time goes here. Steps of a fixed length, because that is what
 * compilers make vector code of. */
static void
add_bytes(float *restrict sums, const uint8_t *restrict bytes, size_t count,
	  float weight)
{
	size_t i = 0;

	for (; i + 16 <= count; i += 16)
		for (int k = 0; k < 16; k++)
			sums[i + k] += weight * bytes[i + k];
	for (; i < count; i++)
		sums[i] += weight * bytes[i];
}

static void
add_line(const struct lines *l, const uint8_t *px, int width, float weight)
{
	if (!is_opaque(px, width))
		px = multiply_alpha(px, width, l->shaded);
	add_bytes((float *)l->sums, px, (size_t)width * 4, weight);
}

static void
write_row(uint8_t *out, const pixel *sums, const struct spans *across,
	  int width, const pixel *background)
{
	for (int x = 0; x < width; x++, out += 4) {
		const struct span *s = &across->items[x];
		pixel total = { 0 };

		for (int k = 0; k < s->count; k++)
			total += sums[s->first + k] * s->weights[k];
		total += *background * (1 - total[3] / 255);
		for (int c = 0; c < 3; c++)
			out[c] = (uint8_t)fminf(total[c] + 0.5f, 255);
		out[3] = 255;
	}
}

static void
scale_rows(const struct image *im, struct scale_rect crop,
	   const pixel *background, struct image *out)
{
	AUTO(spans) across = { 0 };
	AUTO(spans) down = { 0 };
	AUTO_FREE pixel *sums = xcalloc((size_t)crop.width, sizeof(*sums));
	AUTO_FREE uint8_t *shaded = xmalloc((size_t)crop.width * 4);
	struct lines lines = { sums, shaded };

	spans_init(&across, crop.width, out->width);
	spans_init(&down, crop.height, out->height);
	for (int y = 0; y < out->height; y++) {
		const struct span *s = &down.items[y];

		memset(sums, 0, (size_t)crop.width * sizeof(*sums));
		for (int k = 0; k < s->count; k++) {
			size_t row = (size_t)crop.y + s->first + k;
			size_t at = row * im->width + crop.x;

			add_line(&lines, im->rgba + at * 4, crop.width,
				 s->weights[k]);
		}
		write_row(out->rgba + (size_t)y * out->width * 4, sums, &across,
			  out->width, background);
	}
}

bool
scale_image(const struct image *im, struct scale_rect crop, int width,
	    int height, uint32_t background, struct image *ret, struct err *err)
{
	const pixel back = { (float)(background >> 16 & 255),
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
	scale_rows(im, scale_clip(im, crop), &back, &out);
	*ret = out;
	return true;
}
