#include "base/yaml.h"

#include "base/str.h"

/* What a reader may take for a line break, or refuse, is escaped; libyaml's
 * rule for the rest (YAML 1.2, production c-printable). */
static bool
is_printable(uint32_t cp)
{
	return (cp >= 0x20 && cp <= 0x7e) || (cp >= 0xa0 && cp < 0x2028) ||
	       (cp > 0x2029 && cp <= 0xd7ff) ||
	       (cp >= 0xe000 && cp <= 0xfffd && cp != 0xfeff) || cp >= 0x10000;
}

void
yaml_add_str(struct buf *out, const char *s, size_t len)
{
	buf_addch(out, '"');
	for (size_t i = 0; i < len;) {
		uint32_t cp = 0xfffd;
		size_t n = utf8_decode(s + i, len - i, &cp);

		if (!n)
			cp = 0xfffd;
		if (cp == '"' || cp == '\\')
			buf_printf(out, "\\%c", (char)cp);
		else if (cp == '\n')
			buf_addstr(out, "\\n");
		else if (cp == '\t')
			buf_addstr(out, "\\t");
		else if (is_printable(cp))
			utf8_encode(out, cp);
		else
			buf_printf(out, cp > 0xff ? "\\u%04x" : "\\x%02x", cp);
		i += n ? n : 1;
	}
	buf_addch(out, '"');
}
