#include "know/words.h"

#include "base/mem.h"

#include <string.h>

static const char *const stored_stop[] = {
	"a",   "an", "the",  "with", "and", "or",
	"for", "to", "from", "in",   "on",  NULL,
};

static const char *const matched_stop[] = {
	"a",    "an",  "the",  "with",  "and",    "or",   "for",   "to",
	"from", "in",  "on",   "at",    "by",     "of",   "as",    "is",
	"are",  "was", "were", "build", "create", "make", "setup", "set",
	"up",   "my",  "i",    "me",    NULL,
};

const struct word_rule words_stored = { stored_stop, 1, 10 };
const struct word_rule words_matched = { matched_stop, 3, 0 };

/* Ranges of capitals and how far below they stand. */
static const struct {
	uint32_t from, to, distance;
} capitals[] = {
	{ 'A', 'Z', 32 },     { 0xc0, 0xd6, 32 },   { 0xd8, 0xde, 32 },
	{ 0x391, 0x3a9, 32 }, { 0x400, 0x40f, 80 }, { 0x410, 0x42f, 32 },
};

static uint32_t
lower(uint32_t cp)
{
	for (size_t i = 0; i < ARRAY_LEN(capitals); i++)
		if (cp >= capitals[i].from && cp <= capitals[i].to)
			return cp + capitals[i].distance;
	return cp;
}

char *
words_lower(const char *text)
{
	AUTO(buf) out = BUF_INIT;
	size_t len = strlen(text);

	while (len) {
		uint32_t cp = 0xfffd;
		size_t n = utf8_decode(text, len, &cp);

		utf8_encode(&out, n ? lower(cp) : 0xfffd);
		n = n ? n : 1;
		text += n;
		len -= n;
	}
	return buf_steal(&out);
}

/* Code points of valid UTF-8. */
static size_t
char_count(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

static bool
is_stop(const char *word, const char *const *stop)
{
	for (; *stop; stop++)
		if (strcmp(word, *stop) == 0)
			return true;
	return false;
}

void
words_split(const char *text, const struct word_rule *rule, struct strv *out)
{
	static const char blanks[] = " \t\r\n\v\f";
	AUTO_FREE char *low = words_lower(text);
	char *rest = low, *word;

	while ((word = strsep(&rest, blanks))) {
		if (rule->max_words && out->count >= rule->max_words)
			break;
		if (*word && char_count(word) >= rule->min_chars &&
		    !is_stop(word, rule->stop) && !strv_has(out, word))
			strv_add(out, word);
	}
}
