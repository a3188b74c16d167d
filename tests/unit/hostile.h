/*
 * hostile.h - texts that break out of whatever they are pasted into.
 */
#ifndef AGENTOPS_TESTS_HOSTILE_H
#define AGENTOPS_TESTS_HOSTILE_H

/* What people, and those who wish them ill, may answer. */
static const char *const HOSTILE[] = {
	"", " ", "'", "\"", "`", "\\", "''", "\"\"", "\\'", "\\\"", "\\\\'",
	"a'b", "it's \"so\"", "\n", "a\nb", "\r\n", "\t", "a\n", "\na",
	"{{ answers.t }}", "{{", "}}", "{%", "{% end %}", "{", "}", "[", "]",
	": ", "a: b", "- a", "# no", " # no", "a #b", "!!str x", "&a", "*a",
	"| x", ">", "%TAG", "@x", "? x", "--- ", "...", "null", "true", "~",
	"0x10", "1e3", "yes", "2026-01-01", "$HOME", "$(touch /tmp/x)",
	"`id`", "${x:-y}", "; rm -rf /", "&& id", "| id", "> /tmp/x", "!",
	"*", "?", "~root", "a\\nb", "\\x27", "$'x'", "-n", "--", "'; DROP "
	"TABLE t; --", "'' OR 1=1", "/* x */", "$$", "E'x'", "</script>",
	"<b>", "&amp;", "<!--", "\x01\x02\x1b[31m", "\x7f", "\xc2\x85",
	"\xe2\x80\xa8", "\xe2\x80\xa9", "\xef\xbb\xbfx", "\xc3\xa9",
	"\xf0\x9f\x98\x80", "\"\"\"", "'''", "%s%n", "a\\", "\\u0027",
};

#endif
