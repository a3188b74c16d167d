/* agentops-workflow(5) tells of every tool and of each of its arguments. */
#include "test.h"

#include "base/json.h"
#include "tool/tool.h"

#include <ctype.h>

static char *
read_page(void)
{
	struct err err = ERR_INIT;
	struct buf page = BUF_INIT;

	assert_ok(path_read(AGENTOPS_SRCDIR "/man/agentops-workflow.5",
			    1 << 20, &page, &err),
		  err);
	return buf_steal(&page);
}

/* The item of a tool: from its name to the next one's; caller frees. */
static char *
item_of(const char *page, const char *tool)
{
	AUTO_FREE char *head = xasprintf("\n.It Cm %s\n", tool);
	const char *tools = strstr(page, "\n.Sh TOOLS\n");
	const char *from = tools ? strstr(tools, head) : NULL, *to;

	if (!from)
		fail_msg("agentops-workflow(5) lacks the tool %s", tool);
	from += strlen(head);
	to = strstr(from, "\n.It ");
	return to ? xstrndup(from, (size_t)(to - from)) : xstrdup(from);
}

static bool
is_part(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool
has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at += len)
		if (!is_part(at[len]) && (at == text || !is_part(at[-1])))
			return true;
	return false;
}

static void
test_tools(void **state)
{
	AUTO_FREE char *page = read_page();

	(void)state;
	for (const struct tool *const *t = tool_all(); *t; t++) {
		AUTO_JSON *schema = cJSON_Parse((*t)->schema);
		AUTO_FREE char *item = item_of(page, (*t)->name);
		const cJSON *argument;

		cJSON_ArrayForEach(argument, json_get(schema, "properties"))
			if (!has_word(item, argument->string))
				fail_msg("agentops-workflow(5): %s lacks the "
					 "argument %s",
					 (*t)->name, argument->string);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tools),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
