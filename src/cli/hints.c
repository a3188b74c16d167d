#include "cli/hints.h"

#include "base/json.h"
#include "base/str.h"

#include <string.h>

const char *const hints_keys[] = { "prefer",  "avoid",  "note",    "max-time",
				   "quality", "domain", "pattern", NULL };
/* How many of them, from the first, are lists; how many lists have commas. */
enum { LISTS = 3, COMMA_LISTS = 2 };

/* Index of the key of "[key:", -1 for none. */
static int
key_of(const char *text, const char **ret_value)
{
	const char *p = text + 1 + strspn(text + 1, " \t\n");

	for (int i = 0; hints_keys[i]; i++) {
		size_t n = strlen(hints_keys[i]);
		const char *after = p + n;

		if (strncasecmp(p, hints_keys[i], n) != 0)
			continue;
		after += strspn(after, " \t\n");
		if (*after != ':')
			continue;
		*ret_value = after + 1;
		return i;
	}
	return -1;
}

size_t
hints_bracket(const char *text)
{
	const char *value;
	size_t n;

	if (*text != '[' || key_of(text, &value) < 0)
		return 0;
	n = strcspn(text, "]");
	return text[n] ? n + 1 : n;
}

static void
add_words(cJSON *list, char *value, bool commas)
{
	char *one;

	while ((one = commas ? strsep(&value, ",") : TAKE(value))) {
		one = str_trim(one);
		if (*one)
			cJSON_AddItemToArray(list, cJSON_CreateString(one));
	}
}

static bool
add_hint(cJSON *hints, int key, char *value, struct err *err)
{
	const char *name = hints_keys[key];
	cJSON *list = cJSON_GetObjectItem(hints, name);

	value = str_trim(value);
	if (!*value)
		return FAIL(err, ERR_USAGE, "[%s:] says nothing", name);
	if (key >= LISTS) {
		if (list)
			return FAIL(err, ERR_USAGE, "[%s:] is given twice",
				    name);
		cJSON_AddStringToObject(hints, name, value);
		return true;
	}
	if (!list)
		list = cJSON_AddArrayToObject(hints, name);
	add_words(list, value, key < COMMA_LISTS);
	return true;
}

/* A bracket leaves nothing behind, its blanks neither. */
static void
close_gap(char *text, char *at, size_t len)
{
	char *rest = at + len;

	if (at == text || strchr(" \t\n", at[-1]))
		rest += strspn(rest, " \t\n");
	memmove(at, rest, strlen(rest) + 1);
}

bool
hints_take(char *text, cJSON *hints, struct err *err)
{
	bool took = false;
	size_t len;

	for (char *p = text; *p;) {
		AUTO_FREE char *value = NULL;
		const char *begin;
		int key;

		len = hints_bracket(p);
		if (!len) {
			p++;
			continue;
		}
		if (p[len - 1] != ']')
			return FAIL(err, ERR_USAGE,
				    "%.40s: this bracket has no end; close "
				    "it with ]",
				    p);
		key = key_of(p, &begin);
		value = xstrndup(begin, (size_t)(p + len - 1 - begin));
		if (!add_hint(hints, key, value, err))
			return false;
		close_gap(text, p, len);
		took = true;
	}
	len = strlen(text);
	while (took && len && strchr(" \t\n", text[len - 1]))
		text[--len] = '\0';
	return true;
}
