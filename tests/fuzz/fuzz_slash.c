/* Any bytes as a line of the prompt: words never reach outside the line, a
 * word that is quoted comes back as it was, and brackets that were taken out
 * of a task leave none of their kind. A command's text takes any arguments. */
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* They need src/base only; the library has nothing of src/cli. */
#include "cli/hints.c"       /* NOLINT(bugprone-suspicious-include) */
#include "cli/own_text.c"    /* NOLINT(bugprone-suspicious-include) */
#include "cli/slash_words.c" /* NOLINT(bugprone-suspicious-include) */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
want(bool ok)
{
	if (!ok)
		abort();
}

static void
check_words(const char *line, size_t len)
{
	struct slash_words w;

	slash_words_split(line, len, &w);
	for (size_t i = 0; i < w.count; i++)
		want(w.items[i].start < w.items[i].end &&
		     w.items[i].end <= len &&
		     (!i || w.items[i - 1].end <= w.items[i].start));
	slash_words_release(&w);
}

static void
check_quote(const char *text)
{
	AUTO_FREE char *quoted = slash_quote(text);
	struct slash_words w;

	slash_words_split(quoted, strlen(quoted), &w);
	want(w.count == 1 && !w.open && strcmp(w.items[0].text, text) == 0);
	slash_words_release(&w);
}

/* The text before the first line feed takes what comes after it. */
static void
check_own(const char *line)
{
	static const char *const names[] = { "day", "a-b", NULL };
	const char *args = line + strcspn(line, "\n");
	AUTO_FREE char *body = xstrndup(line, (size_t)(args - line));
	AUTO(buf) out = BUF_INIT, alone = BUF_INIT;

	own_command_text(body, names, args, &out);
	want(!*args || out.len > 0);
	own_command_text(body, names, "", &alone);
	want(alone.len <= strlen(body));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *line = xstrndup((const char *)data, size);
	AUTO_JSON *hints = cJSON_CreateObject();
	size_t len = strlen(line);

	check_words(line, len);
	check_words(line, len / 2);
	check_quote(line);
	check_own(line);
	want(!hints_take(line, hints, NULL) || strlen(line) <= len);
	return 0;
}
