#include "agent/message.h"

#include "base/json.h"
#include "base/path.h"
#include "base/str.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_words[] = {
#define X(id, word) word,
	MESSAGE_PARTS(X)
#undef X
};

/* The members that are text, for release and codec. */
static const struct {
	const char *key;
	size_t offset;
} members[] = {
	{ "text", offsetof(struct message_part, text) },
	{ "id", offsetof(struct message_part, id) },
	{ "name", offsetof(struct message_part, name) },
	{ "path", offsetof(struct message_part, path) },
	{ "sha256", offsetof(struct message_part, sha256) },
	{ "media_type", offsetof(struct message_part, media_type) },
	{ "item", offsetof(struct message_part, item) },
	{ "phase", offsetof(struct message_part, phase) },
};

static char **
member(struct message_part *p, size_t i)
{
	return (char **)(void *)((char *)p + members[i].offset);
}

static void
release_text(struct message_part *p)
{
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		free(*member(p, i));
}

static void
release_part(struct message_part *p)
{
	for (size_t i = 0; i < p->part_count; i++)
		release_text(&p->parts[i]);
	free(p->parts);
	release_text(p);
}

void
message_release(struct message *m)
{
	for (size_t i = 0; i < m->part_count; i++)
		release_part(&m->parts[i]);
	free(m->parts);
	free(m->wire);
	*m = (struct message){ .role = m->role };
}

static struct message_part *
add(struct message_part **parts, size_t *count, size_t *cap,
    enum message_part_kind kind)
{
	struct message_part *p;

	GROW(*parts, *count, *cap);
	p = &(*parts)[(*count)++];
	*p = (struct message_part){ .kind = kind };
	return p;
}

static struct message_part *
add_part(struct message *m, enum message_part_kind kind)
{
	return add(&m->parts, &m->part_count, &m->part_cap, kind);
}

struct message_part *
message_text(struct message *m, const char *text)
{
	struct message_part *p = add_part(m, PART_TEXT);

	p->text = xstrdup0(text);
	return p;
}

static struct message_part *
set_file(struct message_part *p, const char *path, const char *media_type)
{
	p->path = xstrdup0(path);
	p->name = xstrdup(path_base(path));
	p->media_type = xstrdup0(media_type);
	return p;
}

struct message_part *
message_image(struct message *m, const char *path, const char *media_type)
{
	return set_file(add_part(m, PART_IMAGE), path, media_type);
}

struct message_part *
message_file(struct message *m, const char *path, const char *media_type)
{
	return set_file(add_part(m, PART_FILE), path, media_type);
}

struct message_part *
message_call(struct message *m, const char *id, const char *tool,
	     const char *arguments)
{
	struct message_part *p = add_part(m, PART_CALL);

	p->id = xstrdup0(id);
	p->name = xstrdup0(tool);
	p->text = xstrdup0(arguments);
	return p;
}

struct message_part *
message_result(struct message *m, const char *call_id, bool failed)
{
	struct message_part *p = add_part(m, PART_RESULT);

	p->id = xstrdup0(call_id);
	p->failed = failed;
	return p;
}

struct message_part *
message_opaque(struct message *m, const char *json)
{
	struct message_part *p = add_part(m, PART_OPAQUE);

	p->text = xstrdup0(json);
	return p;
}

struct message_part *
message_result_add(struct message_part *result, enum message_part_kind kind,
		   const char *text_or_path, const char *media_type)
{
	struct message_part *p = add(&result->parts, &result->part_count,
				     &result->part_cap, kind);

	if (kind != PART_TEXT)
		return set_file(p, text_or_path, media_type);
	p->text = xstrdup0(text_or_path);
	return p;
}

void
message_move_part(struct message *m, struct message_part *part)
{
	*add_part(m, part->kind) = *part;
	*part = (struct message_part){ .kind = part->kind };
}

char *
message_plain(const struct message *m)
{
	AUTO(buf) b = BUF_INIT;

	for (size_t i = 0; i < m->part_count; i++) {
		const struct message_part *p = &m->parts[i];

		if (p->kind != PART_TEXT || str_empty(p->text))
			continue;
		if (b.len)
			buf_addch(&b, '\n');
		buf_addstr(&b, p->text);
	}
	return buf_steal(&b);
}

size_t
message_calls(const struct message *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->part_count; i++)
		n += m->parts[i].kind == PART_CALL;
	return n;
}

/* --- JSON --------------------------------------------------------------- */

/* A part without its parts. */
static void
add_flat(struct buf *out, const struct message_part *p)
{
	buf_addch(out, '{');
	json_add_key(out, "type");
	json_add_str(out, kind_words[p->kind]);
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		const char *text =
			*member((struct message_part *)(uintptr_t)p, i);

		if (!text)
			continue;
		json_add_key(out, members[i].key);
		json_add_str(out, text);
	}
}

static void
add_part_json(struct buf *out, const struct message_part *p)
{
	add_flat(out, p);
	if (p->kind == PART_RESULT) {
		json_add_key(out, "failed");
		buf_addstr(out, p->failed ? "true" : "false");
		json_add_key(out, "parts");
		buf_addch(out, '[');
		for (size_t i = 0; i < p->part_count; i++) {
			if (i)
				buf_addch(out, ',');
			add_flat(out, &p->parts[i]);
			buf_addch(out, '}');
		}
		buf_addch(out, ']');
	}
	buf_addch(out, '}');
}

void
message_add_json(struct buf *out, const struct message *m)
{
	buf_addch(out, '{');
	json_add_key(out, "role");
	json_add_str(out, m->role == ROLE_USER ? "user" : "assistant");
	if (m->wire) {
		json_add_key(out, "wire");
		json_add_str(out, m->wire);
	}
	json_add_key(out, "parts");
	buf_addch(out, '[');
	for (size_t i = 0; i < m->part_count; i++) {
		if (i)
			buf_addch(out, ',');
		add_part_json(out, &m->parts[i]);
	}
	buf_addstr(out, "]}");
}

static bool
part_kind(const cJSON *json, enum message_part_kind *ret, struct err *err)
{
	const char *type = json_str(json, "type");

	for (size_t i = 0; type && i < ARRAY_LEN(kind_words); i++)
		if (strcmp(type, kind_words[i]) == 0) {
			*ret = (enum message_part_kind)i;
			return true;
		}
	return FAIL(err, ERR_DATA, "message: \"%s\" is no kind of part",
		    type ? type : "");
}

/* What a part of this kind cannot be without. */
static bool
part_whole(const struct message_part *p, struct err *err)
{
	bool whole = false;

	switch (p->kind) {
	case PART_TEXT:
	case PART_OPAQUE:
		whole = p->text != NULL;
		break;
	case PART_IMAGE:
	case PART_FILE:
		whole = p->path && p->media_type;
		break;
	case PART_CALL:
		whole = p->id && p->name && p->text;
		break;
	case PART_RESULT:
		whole = p->id != NULL;
		break;
	}
	return whole || FAIL(err, ERR_DATA, "message: a %s part lacks a member",
			     kind_words[p->kind]);
}

static bool
read_flat(const cJSON *json, struct message_part *p, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		*member(p, i) = xstrdup0(json_str(json, members[i].key));
	return part_whole(p, err);
}

static bool
read_part(const cJSON *json, struct message *m, struct err *err)
{
	enum message_part_kind kind = PART_TEXT;
	struct message_part *p;
	const cJSON *one;

	if (!part_kind(json, &kind, err))
		return false;
	p = add_part(m, kind);
	if (!read_flat(json, p, err))
		return false;
	p->failed = json_bool(json, "failed", false);
	cJSON_ArrayForEach (one, json_get(json, "parts")) {
		if (!part_kind(one, &kind, err))
			return false;
		if (p->kind != PART_RESULT || kind > PART_FILE)
			return FAIL(err, ERR_DATA,
				    "message: a %s part cannot hold a %s part",
				    kind_words[p->kind], kind_words[kind]);
		if (!read_flat(one,
			       add(&p->parts, &p->part_count, &p->part_cap,
				   kind),
			       err))
			return false;
	}
	return true;
}

bool
message_from_json(const cJSON *json, struct message *ret, struct err *err)
{
	AUTO(message) m = { .role = ROLE_USER };
	const char *role = json_str(json, "role");
	const cJSON *part;

	if (!str_eq(role, "user") && !str_eq(role, "assistant"))
		return FAIL(err, ERR_DATA, "message: no role");
	m.role = str_eq(role, "user") ? ROLE_USER : ROLE_ASSISTANT;
	m.wire = xstrdup0(json_str(json, "wire"));
	if (!cJSON_IsArray(json_get(json, "parts")))
		return FAIL(err, ERR_DATA, "message: no parts");
	cJSON_ArrayForEach (part, json_get(json, "parts"))
		if (!read_part(part, &m, err))
			return false;
	*ret = m;
	m = (struct message){ 0 };
	return true;
}

/* --- histories ---------------------------------------------------------- */

void
messages_release(struct messages *list)
{
	for (size_t i = 0; i < list->count; i++)
		message_release(&list->items[i]);
	free(list->items);
	*list = (struct messages){ 0 };
}

struct message *
messages_add(struct messages *list, enum message_role role)
{
	GROW(list->items, list->count, list->cap);
	list->items[list->count] = (struct message){ .role = role };
	return &list->items[list->count++];
}

void
messages_take(struct messages *list, struct message *m)
{
	*messages_add(list, m->role) = *m;
	*m = (struct message){ .role = m->role };
}
