#include "know/front_matter.h"

#include "base/str.h"

#include <string.h>

const char *
front_matter(const char *text, const char **ret_yaml, size_t *ret_len)
{
	static const char line[] = "---\n";
	const char *yaml = str_starts(text, line) ? text + strlen(line) : NULL;
	const char *end = yaml ? strstr(yaml - 1, "\n---\n") : NULL;

	*ret_yaml = end ? yaml : NULL;
	*ret_len = end ? (size_t)(end + 1 - yaml) : 0;
	if (!end)
		return text;
	end += strlen("\n---\n");
	return end + strspn(end, "\n");
}
