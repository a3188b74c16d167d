#include "base/json.h"

#include "base/mem.h"
#include "base/str.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
json_cleanup(cJSON **pp)
{
	cJSON_Delete(*pp);
}

/* cJSON ends strings at \u0000: makes it \ufffd, in place. A backslash pair
 * before the u is an escaped backslash, not this escape. */
static void
replace_nul_escapes(char *text, size_t len)
{
	char *p = text, *end = text + len;

	while ((p = memmem(p, (size_t)(end - p), "\\u0000", 6))) {
		size_t slashes = 0;

		for (const char *q = p; q > text && q[-1] == '\\'; q--)
			slashes++;
		if (slashes % 2 == 0)
			memcpy(p + 2, "fffd", 4);
		p += 6;
	}
}

static bool
depth_ok(const char *text, size_t len)
{
	int depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > JSON_DEPTH)
				return false;
		} else if (c == '}' || c == ']') {
			depth--;
		}
	}
	return true;
}

cJSON *
json_parse(const char *text, size_t len, const char *name, struct err *err)
{
	AUTO_FREE char *copy = NULL;
	const char *end = NULL;
	cJSON *v;

	if (len > JSON_LIMIT) {
		FAIL(err, ERR_TOOBIG, "%s: JSON of more than %d bytes", name,
		     JSON_LIMIT);
		return NULL;
	}
	if (memchr(text, '\0', len)) {
		FAIL(err, ERR_DATA, "%s: not valid JSON: a NUL byte", name);
		return NULL;
	}
	if (!depth_ok(text, len)) {
		FAIL(err, ERR_DATA, "%s: JSON nested more than %d deep", name,
		     JSON_DEPTH);
		return NULL;
	}
	if (memmem(text, len, "\\u0000", 6)) {
		text = copy = xmemdup(text, len);
		replace_nul_escapes(copy, len);
	}
	v = cJSON_ParseWithLengthOpts(text, len, &end, false);
	while (v && end < text + len && strchr(" \t\r\n", *end) && *end)
		end++;
	if (v && end == text + len)
		return v;
	cJSON_Delete(v);
	FAIL(err, ERR_DATA, "%s: not valid JSON at byte %zu", name,
	     end ? (size_t)(end - text) : 0);
	return NULL;
}

cJSON *
json_in_text(const char *text, const char *name, struct err *err)
{
	const char *from = strchr(text, '{'), *to = strrchr(text, '}');

	if (from && to > from)
		return json_parse(from, (size_t)(to + 1 - from), name, err);
	FAIL(err, ERR_DATA, "%s has no JSON object in it", name);
	return NULL;
}

const cJSON *
json_get(const cJSON *object, const char *key)
{
	const cJSON *item = object ? object->child : NULL;

	/* By the first byte: a stream's events are looked into a dozen times
	 * each. An array's items have no name. */
	for (; item; item = item->next)
		if (item->string && item->string[0] == key[0] &&
		    strcmp(item->string, key) == 0)
			return item;
	return NULL;
}

const char *
json_str(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(json_get(object, key));
}

double
json_num(const cJSON *object, const char *key, double fallback)
{
	const cJSON *v = json_get(object, key);

	return v && cJSON_IsNumber(v) ? v->valuedouble : fallback;
}

int64_t
json_int(const cJSON *object, const char *key, int64_t fallback)
{
	double v = json_num(object, key, NAN);

	return v >= -9e15 && v <= 9e15 ? (int64_t)v : fallback;
}

bool
json_bool(const cJSON *object, const char *key, bool fallback)
{
	const cJSON *v = json_get(object, key);

	return cJSON_IsBool(v) ? cJSON_IsTrue(v) : fallback;
}

const cJSON *
json_path(const cJSON *root, const char *path)
{
	AUTO_FREE char *copy = xstrdup(path);
	char *rest = copy, *part;
	int64_t index;

	while (root && (part = strsep(&rest, "."))) {
		if (cJSON_IsArray(root))
			root = str_to_i64(part, 0, 1 << 30, &index) ?
				       cJSON_GetArrayItem(root, (int)index) :
				       NULL;
		else
			root = json_get(root, part);
	}
	return root;
}

static void
add_escape(struct buf *out, unsigned char c)
{
	static const char short_form[] = { ['\b'] = 'b', ['\f'] = 'f',
					   ['\n'] = 'n', ['\r'] = 'r',
					   ['\t'] = 't' };

	if (c == '"' || c == '\\') {
		buf_addch(out, '\\');
		buf_addch(out, (char)c);
	} else if (c < sizeof(short_form) && short_form[c]) {
		buf_addch(out, '\\');
		buf_addch(out, short_form[c]);
	} else {
		buf_printf(out, "\\u%04x", c);
	}
}

void
json_add_strn(struct buf *out, const char *s, size_t len)
{
	size_t i = 0, plain = 0;
	uint32_t cp;

	buf_addch(out, '"');
	while (i < len) {
		unsigned char c = (unsigned char)s[i];
		size_t n = c < 0x80 ? 1 : utf8_decode(s + i, len - i, &cp);

		if (n && c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) {
			i += n;
			continue;
		}
		buf_add(out, s + plain, i - plain);
		if (n == 0)
			buf_addstr(out, "\xef\xbf\xbd");
		else
			add_escape(out, c);
		plain = ++i;
	}
	buf_add(out, s + plain, i - plain);
	buf_addch(out, '"');
}

void
json_add_str(struct buf *out, const char *s)
{
	json_add_strn(out, s, strlen(s));
}

void
json_add_key(struct buf *out, const char *key)
{
	char last = out->len ? out->data[out->len - 1] : '{';

	if (last != '{' && last != '[')
		buf_addch(out, ',');
	json_add_str(out, key);
	buf_addch(out, ':');
}

void
json_add_num(struct buf *out, double v)
{
	char s[32];

	if (!isfinite(v)) {
		buf_addstr(out, "null");
		return;
	}
	/* As %.15g would; a zero may have a sign. */
	if (v == trunc(v) && fabs(v) < 1e15 && v != 0) {
		buf_addint(out, (long long)v);
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(s, sizeof(s), "%.*g", digits, v);
		if (strtod(s, NULL) == v)
			break;
	}
	buf_addstr(out, s);
}

static void
add_items(struct buf *out, const cJSON *value, bool named)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, value) {
		if (named)
			json_add_key(out, item->string);
		else if (item != value->child)
			buf_addch(out, ',');
		json_add_value(out, item);
	}
}

/* cJSON prints a number with fifteen digits and reads it back; in a list of
 * ten thousand of them, or the arguments of each step, that shows. */
void
json_add_value(struct buf *out, const cJSON *value)
{
	switch (value->type & 0xff) {
	case cJSON_Object:
		buf_addch(out, '{');
		add_items(out, value, true);
		buf_addch(out, '}');
		break;
	case cJSON_Array:
		buf_addch(out, '[');
		add_items(out, value, false);
		buf_addch(out, ']');
		break;
	case cJSON_String:
		json_add_str(out, value->valuestring);
		break;
	case cJSON_Number:
		json_add_num(out, value->valuedouble);
		break;
	case cJSON_True:
		buf_addstr(out, "true");
		break;
	case cJSON_False:
		buf_addstr(out, "false");
		break;
	case cJSON_Raw:
		buf_addstr(out, value->valuestring);
		break;
	default:
		buf_addstr(out, "null");
	}
}

char *
json_print(const cJSON *value)
{
	AUTO(buf) out = BUF_INIT;

	json_add_value(&out, value);
	return buf_steal(&out);
}
