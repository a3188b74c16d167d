/* The text of a command of one's own with its arguments. */
#include "cli/own_command.h"
#include "cli/slash_words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct putting {
	const char *const *names;
	const char *args;
	struct slash_words words;
	size_t base;   /* the number of the first argument in $N */
	bool in_fence; /* of a block of code */
	bool used;
	struct buf *out;
};

/* "$1-$2" and "$day-$night" are two each. */
static bool
goes_on(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool
put_word(struct putting *p, size_t n)
{
	if (n >= p->words.count)
		return false;
	buf_addstr(p->out, p->words.items[n].text);
	p->used = true;
	return true;
}

/* "$ARGUMENTS", "$ARGUMENTS[2]": how many bytes it takes, 0 for none. */
static size_t
put_all(struct putting *p, const char *s)
{
	static const char word[] = "$ARGUMENTS";
	size_t n = strlen(word), digits;

	if (strncmp(s, word, n) != 0 || goes_on(s[n]))
		return 0;
	digits = s[n] == '[' ? strspn(s + n + 1, "0123456789") : 0;
	if (digits && digits <= 3 && s[n + 1 + digits] == ']')
		return put_word(p, strtoul(s + n + 1, NULL, 10)) ?
			       n + digits + 2 :
			       0;
	buf_addstr(p->out, p->args);
	p->used = true;
	return n;
}

static size_t
put_number(struct putting *p, const char *s)
{
	size_t digits = strspn(s + 1, "0123456789");
	size_t n;

	if (!digits || digits > 3 || p->in_fence || goes_on(s[1 + digits]))
		return 0;
	n = strtoul(s + 1, NULL, 10);
	return n >= p->base && put_word(p, n - p->base) ? 1 + digits : 0;
}

/* The longest name counts: $day-off before $day. */
static size_t
put_named(struct putting *p, const char *s)
{
	size_t longest = 0, at = 0;

	for (size_t i = 0; p->names && p->names[i]; i++) {
		size_t n = strlen(p->names[i]);

		if (n > longest && strncmp(s + 1, p->names[i], n) == 0 &&
		    !goes_on(s[1 + n])) {
			longest = n;
			at = i;
		}
	}
	return longest && put_word(p, at) ? 1 + longest : 0;
}

static size_t
put_dollar(struct putting *p, const char *s)
{
	size_t n = put_all(p, s);

	n = n ? n : put_named(p, s);
	return n ? n : put_number(p, s);
}

void
own_command_text(const char *body, const char *const *names, const char *args,
		 struct buf *out)
{
	struct putting p = { .names = names, .args = args, .out = out };

	slash_words_split(args, strlen(args), &p.words);
	p.base = strstr(body, "$0") || strstr(body, "$ARGUMENTS[") ? 0 : 1;
	for (const char *s = body; *s;) {
		size_t n = 0;

		if ((s == body || s[-1] == '\n') && str_starts(s, "```"))
			p.in_fence = !p.in_fence;
		if (s[0] == '\\' && s[1] == '$')
			s++;
		else if (*s == '$')
			n = put_dollar(&p, s);
		if (!n)
			buf_addch(out, *s);
		s += n ? n : 1;
	}
	if (!p.used && *args)
		buf_printf(out, "\n\nARGUMENTS: %s", args);
	slash_words_release(&p.words);
}
