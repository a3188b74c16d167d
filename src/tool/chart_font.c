#include "tool/chart_font.h"

#include "base/lazy.h"
#include "base/mem.h"
#include "base/str.h"

#include <pthread.h>
#include <string.h>

enum { SQUARE = 0x25a1 };

/* What is used of fontconfig's interface (fontconfig.h, version 2). */
struct fc_font_set {
	int count, room;
	void **fonts;
};

static struct {
	void *(*pattern_create)(void);
	int (*pattern_add_bool)(void *pattern, const char *object, int value);
	void (*pattern_destroy)(void *pattern);
	void *(*object_set_build)(const char *first, ...);
	void (*object_set_destroy)(void *objects);
	struct fc_font_set *(*font_list)(void *config, void *pattern,
					 void *objects);
	void (*font_set_destroy)(struct fc_font_set *set);
	int (*get_charset)(void *pattern, const char *object, int n,
			   void **ret);
	void *(*charset_create)(void);
	int (*charset_merge)(void *to, const void *from, int *changed);
	int (*charset_has)(const void *charset, uint32_t cp);
} fc;

static const struct lazy_symbol symbols[] = {
	{ "FcPatternCreate", &fc.pattern_create },
	{ "FcPatternAddBool", &fc.pattern_add_bool },
	{ "FcPatternDestroy", &fc.pattern_destroy },
	{ "FcObjectSetBuild", &fc.object_set_build },
	{ "FcObjectSetDestroy", &fc.object_set_destroy },
	{ "FcFontList", &fc.font_list },
	{ "FcFontSetDestroy", &fc.font_set_destroy },
	{ "FcPatternGetCharSet", &fc.get_charset },
	{ "FcCharSetCreate", &fc.charset_create },
	{ "FcCharSetMerge", &fc.charset_merge },
	{ "FcCharSetHasChar", &fc.charset_has },
};

/* Every text font has these; fontconfig need not be asked. */
static const struct {
	uint32_t from, to;
} common[] = {
	{ 0, 0x52f },       { 0x2010, 0x2027 }, { 0x2030, 0x205e },
	{ 0x20a0, 0x20b5 }, { 0x2190, 0x21ff }, { 0x2200, 0x22ff },
	{ 0x2500, 0x25ff },
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void *drawable; /* a charset, kept; NULL: fontconfig is not there */

/* Fonts of bitmaps are not drawn by pango, so only scalable ones count. */
static void
find_drawable(void)
{
	void *pattern, *objects, *charset;
	struct fc_font_set *set;

	if (!lazy_load("libfontconfig.so.1", "libfontconfig1", symbols,
		       ARRAY_LEN(symbols), NULL))
		return;
	pattern = fc.pattern_create();
	objects = fc.object_set_build("charset", (char *)NULL);
	fc.pattern_add_bool(pattern, "scalable", 1);
	set = fc.font_list(NULL, pattern, objects);
	if (set && set->count)
		drawable = fc.charset_create();
	for (int i = 0; drawable && i < set->count; i++)
		if (fc.get_charset(set->fonts[i], "charset", 0, &charset) == 0)
			fc.charset_merge(drawable, charset, NULL);
	if (set)
		fc.font_set_destroy(set);
	fc.object_set_destroy(objects);
	fc.pattern_destroy(pattern);
}

static bool
is_drawable(uint32_t cp)
{
	for (size_t i = 0; i < ARRAY_LEN(common); i++)
		if (cp >= common[i].from && cp <= common[i].to)
			return true;
	pthread_once(&once, find_drawable);
	return !drawable || fc.charset_has(drawable, cp);
}

uint32_t
chart_font_lacks(const char *text)
{
	size_t len = strlen(text), n;
	uint32_t cp;

	for (; len; text += n, len -= n) {
		n = utf8_decode(text, len, &cp);
		if (n && !is_drawable(cp))
			return cp;
		n = n ? n : 1;
	}
	return 0;
}

void
chart_font_text(struct buf *out, const char *text)
{
	size_t len = strlen(text), n;
	uint32_t cp;

	for (; len; text += n, len -= n) {
		n = utf8_decode(text, len, &cp);
		if (n && !is_drawable(cp))
			utf8_encode(out, SQUARE);
		else
			buf_add(out, text, n ? n : 1);
		n = n ? n : 1;
	}
}
