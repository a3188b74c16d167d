/*
 * golden.h - compares a text with tests/unit/golden/NAME.txt, exactly, and
 * shows the lines that differ. UPDATE_GOLDEN=1 in the environment rewrites
 * the file instead: read the difference in git before you commit it.
 */
#ifndef AGENTOPS_TESTS_GOLDEN_H
#define AGENTOPS_TESTS_GOLDEN_H

#include "base/buf.h"
#include "base/path.h"
#include "test.h"

/* From the makefile; check-headers compiles without it. */
#ifndef AGENTOPS_SRCDIR
#define AGENTOPS_SRCDIR "."
#endif

enum { GOLDEN_LIMIT = 4 << 20 };

/* Prints the lines of s from `from` to `to` with a mark before each. */
static inline void
golden_print(const char *s, size_t from, size_t to, char mark)
{
	while (from < to) {
		size_t n = strcspn(s + from, "\n");

		if (from + n > to)
			n = to - from;
		fprintf(stderr, "%c%.*s\n", mark, (int)n, s + from);
		from += n + 1;
	}
}

/* What lies between the lines that both begin and end with. */
static inline void
golden_diff(const char *want, const char *got)
{
	size_t same = 0, line = 0, n = strlen(want), m = strlen(got);

	while (want[same] && want[same] == got[same]) {
		same++;
		if (want[same - 1] == '\n')
			line = same;
	}
	while (n > line && m > line && want[n - 1] == got[m - 1]) {
		n--;
		m--;
	}
	n += strcspn(want + n, "\n");
	m += strcspn(got + m, "\n");
	golden_print(want, line, n, '-');
	golden_print(got, line, m, '+');
}

static inline void
assert_golden(const char *name, const char *text)
{
	AUTO_FREE char *path = xasprintf(
		"%s/tests/unit/golden/%s.txt", AGENTOPS_SRCDIR, name);
	AUTO(buf) want = BUF_INIT;
	struct err err = ERR_INIT;

	if (getenv("UPDATE_GOLDEN")) {
		FILE *f = fopen(path, "wb");

		if (!f || fputs(text, f) == EOF || fclose(f))
			fail_msg("cannot write %s", path);
		return;
	}
	if (!path_read(path, GOLDEN_LIMIT, &want, &err))
		fail_msg("%s (UPDATE_GOLDEN=1 makes it)", err.msg);
	if (strcmp(buf_str(&want), text) == 0)
		return;
	golden_diff(buf_str(&want), text);
	fail_msg("%s differs; UPDATE_GOLDEN=1 takes the new text", path);
}

#endif
