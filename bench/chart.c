#include "chart.h"

#include "base/mem.h"
#include "media/symbols.h"

#include <png.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void __attribute__((noreturn)) give_up(const char *what)
{
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
	exit(2);
}

void
chart_draw(const char *path, int slope)
{
	AUTO_FREE char *script = xasprintf(
		"set terminal pngcairo size %d,%d font 'DejaVu Sans,12'; "
		"set output '%s'; set grid; set title 'Load'; "
		"plot for [k=1:5] k*%d+15*sin(x*k/3)+x*k with lines lw 2.5 "
		"title sprintf('server %%d', k)",
		CHART_WIDTH, CHART_HEIGHT, path, slope);
	char *argv[] = { (char *)"gnuplot", (char *)"-e", script, NULL };
	pid_t pid;
	int status;

	if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ) != 0 ||
	    waitpid(pid, &status, 0) != pid || status != 0)
		give_up("gnuplot draws no chart");
}

static ChafaCanvas *
new_canvas(const struct lazy_chafa *chafa, int columns, int rows,
	   ChafaCanvasMode colours)
{
	ChafaCanvasConfig *c = chafa->config_new();
	ChafaSymbolMap *map = chafa->symbol_map_new();
	ChafaCanvas *canvas;

	chafa->symbol_map_add_by_tags(map, CHAFA_SYMBOL_TAG_BLOCK |
						   CHAFA_SYMBOL_TAG_SPACE);
	chafa->set_geometry(c, columns, rows);
	chafa->set_canvas_mode(c, colours);
	chafa->set_symbol_map(c, map);
	chafa->set_color_extractor(c, CHAFA_COLOR_EXTRACTOR_AVERAGE);
	chafa->set_dither_mode(c, CHAFA_DITHER_MODE_NONE);
	chafa->set_preprocessing(c, FALSE);
	chafa->set_work_factor(c, 0.8f);
	chafa->set_transparency_threshold(c, 1.0f);
	chafa->set_bg_color(c, 0xffffff);
	canvas = chafa->canvas_new(c);
	chafa->symbol_map_unref(map);
	chafa->config_unref(c);
	return canvas;
}

void
chart_peer(const char *path, int columns, int rows, ChafaCanvasMode colours,
	   uint32_t *ret_chars)
{
	const struct lazy_chafa *chafa = lazy_chafa(NULL);
	png_image png = { .version = PNG_IMAGE_VERSION };
	AUTO_FREE uint8_t *pixels = NULL;
	ChafaCanvas *canvas;

	if (!png_image_begin_read_from_file(&png, path))
		give_up("libpng cannot open the chart");
	png.format = PNG_FORMAT_RGBA;
	pixels = xmalloc(PNG_IMAGE_SIZE(png));
	if (!png_image_finish_read(&png, NULL, pixels, 0, NULL))
		give_up("libpng cannot read the chart");
	scale_fit((int)png.width, (int)png.height, 0.5, &columns, &rows);
	canvas = new_canvas(chafa, columns, rows, colours);
	chafa->draw_all_pixels(canvas, CHAFA_PIXEL_RGBA8_UNASSOCIATED, pixels,
			       (int)png.width, (int)png.height,
			       (int)png.width * 4);
	for (int i = 0; i < columns * rows; i++) {
		int x = i % columns, y = i / columns, fg, bg;

		ret_chars[i] = chafa->get_char_at(canvas, x, y);
		chafa->get_colors_at(canvas, x, y, &fg, &bg);
	}
	chafa->canvas_unref(canvas);
}
