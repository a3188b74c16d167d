#include "agent/wire.h"

#include "base/json.h"
#include "base/lazy.h"
#include "base/path.h"
#include "base/str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	MEDIA_LIMIT = 20 << 20, /* bytes of one picture or file */
	INVALID_SHOWN = 2000,   /* bytes of broken arguments sent back */
};

/* --- slots -------------------------------------------------------------- */

void
wire_stream_release(struct wire_stream *s)
{
	for (size_t i = 0; i < s->slot_count; i++) {
		struct wire_slot *slot = &s->slots[i];

		buf_release(&slot->text);
		free(slot->id);
		free(slot->name);
		free(slot->item);
		free(slot->phase);
		free(slot->signature);
	}
	free(s->slots);
	free(s->model);
	free(s->code);
	buf_release(&s->problem);
	*s = (struct wire_stream){ .emit = s->emit, .ud = s->ud };
}

struct wire_slot *
wire_slot(struct wire_stream *s, int64_t index)
{
	/* The newest is nearly always meant. */
	for (size_t i = s->slot_count; i-- > 0;)
		if (s->slots[i].index == index)
			return &s->slots[i];
	return NULL;
}

struct wire_slot *
wire_slot_new(struct wire_stream *s, int64_t index, enum message_part_kind kind)
{
	struct wire_slot *slot;

	GROW(s->slots, s->slot_count, s->slot_cap);
	slot = &s->slots[s->slot_count++];
	*slot = (struct wire_slot){ .index = index, .kind = kind };
	return slot;
}

static void
emit(struct wire_stream *s, enum turn_delta_kind kind, const char *text)
{
	if (s->emit && *text)
		s->emit(s->ud, kind, text, strlen(text));
}

void
wire_text(struct wire_stream *s, struct wire_slot *slot, const char *text)
{
	buf_addstr(&slot->text, text);
	emit(s, DELTA_TEXT, text);
}

void
wire_reasoning(struct wire_stream *s, const char *text)
{
	emit(s, DELTA_REASONING, text);
}

void
wire_call(struct wire_stream *s, const struct wire_slot *slot)
{
	emit(s, DELTA_CALL, slot->name ? slot->name : "");
}

void
wire_set(char **p, const cJSON *object, const char *key)
{
	const char *value = json_str(object, key);

	if (!value)
		return;
	free(*p);
	*p = xstrdup(value);
}

/* --- failures ----------------------------------------------------------- */

void
wire_fail(struct wire_stream *s, enum turn_failure f, const char *fmt, ...)
{
	va_list ap;

	if (s->failure != TURN_OK)
		return;
	s->failure = f;
	va_start(ap, fmt);
	buf_vprintf(&s->problem, fmt, ap);
	va_end(ap);
}

/* Codes and types of both vendors (llm.md 3.3, 4, 6.4). A sure one decides
 * whatever the status; the others only in a stream, which has none. */
static const struct {
	const char *word;
	enum turn_failure failure;
	bool sure;
} codes[] = {
	{ "insufficient_quota", TURN_BILLING, true },
	{ "credit_balance_exhausted", TURN_BILLING, true },
	{ "organization_spend_limit_exceeded", TURN_BILLING, true },
	{ "project_spend_limit_exceeded", TURN_BILLING, true },
	{ "organization_usage_limit_exceeded", TURN_BILLING, true },
	{ "enforced_spend_limit_reached", TURN_BILLING, true },
	{ "billing_error", TURN_BILLING, true },
	{ "context_length_exceeded", TURN_CONTEXT, true },
	{ "request_too_large", TURN_CONTEXT, true },
	{ "content_filter", TURN_REFUSED, true },
	{ "content_policy_violation", TURN_REFUSED, true },
	{ "rate_limit_exceeded", TURN_RATE_LIMITED, true },
	{ "rate_limit_error", TURN_RATE_LIMITED, true },
	{ "slow_down", TURN_RATE_LIMITED, true },
	{ "server_is_overloaded", TURN_OVERLOADED, true },
	{ "overloaded_error", TURN_OVERLOADED, true },
	{ "authentication_error", TURN_AUTH, true },
	{ "permission_error", TURN_AUTH, true },
	{ "invalid_api_key", TURN_AUTH, true },
	{ "server_error", TURN_SERVER, false },
	{ "api_error", TURN_SERVER, false },
	{ "timeout_error", TURN_SERVER, false },
};

/* What only the words tell. */
static const struct {
	const char *words;
	enum turn_failure failure;
} sayings[] = {
	{ "prompt is too long", TURN_CONTEXT },
	{ "exceeds the available context size", TURN_CONTEXT },
	{ "maximum context length", TURN_CONTEXT },
	/* llama.cpp without --mmproj says so with status 500. */
	{ "image input is not supported", TURN_REQUEST },
};

static enum turn_failure
by_code(const char *const *words, size_t count, bool sure)
{
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		for (size_t k = 0; k < count; k++)
			if (codes[i].sure == sure &&
			    str_eq(codes[i].word, words[k]))
				return codes[i].failure;
	return TURN_OK;
}

static enum turn_failure
by_words(const char *message)
{
	for (size_t i = 0; message && i < ARRAY_LEN(sayings); i++)
		if (strcasestr(message, sayings[i].words))
			return sayings[i].failure;
	return TURN_OK;
}

static enum turn_failure
by_status(int status)
{
	switch (status) {
	case 401:
	case 403:
		return TURN_AUTH;
	case 402:
		return TURN_BILLING;
	case 408:
	case 409:
		return TURN_SERVER;
	case 413:
		return TURN_CONTEXT;
	case 429:
		return TURN_RATE_LIMITED;
	case 503:
	case 529:
		return TURN_OVERLOADED;
	default:
		break;
	}
	return status >= 500 ? TURN_SERVER : TURN_REQUEST;
}

void
wire_error(struct wire_stream *s, const cJSON *error, int status)
{
	const char *message = cJSON_IsString(error) ?
				      error->valuestring :
				      json_str(error, "message");
	const char *words[] = {
		json_str(error, "code"),
		json_str(json_get(error, "details"), "error_code"),
		json_str(error, "type"),
	};
	enum turn_failure f = by_code(words, ARRAY_LEN(words), true);

	if (f == TURN_OK)
		f = by_words(message);
	if (f == TURN_OK && status)
		f = by_status(status);
	if (f == TURN_OK)
		f = by_code(words, ARRAY_LEN(words), false);
	for (size_t i = 0; i < ARRAY_LEN(words) && !s->code; i++)
		s->code = xstrdup0(words[i]);
	wire_fail(s, f == TURN_OK ? TURN_REQUEST : f, "%s",
		  message ? message : "no reason given");
}

/* --- the message -------------------------------------------------------- */

static int
compare_slots(const void *a, const void *b)
{
	const struct wire_slot *x = a, *y = b;

	return x->index < y->index ? -1 : x->index > y->index;
}

/* In valid UTF-8; caller frees. */
static char *
clean(const struct buf *text)
{
	AUTO(buf) b = BUF_INIT;
	const char *s = buf_str(text);
	uint32_t cp;

	if (utf8_valid(s, text->len))
		return xstrndup(s, text->len);
	for (size_t i = 0, n; i < text->len; i += n ? n : 1) {
		n = utf8_decode(s + i, text->len - i, &cp);
		if (n)
			buf_add(&b, s + i, n);
		else
			buf_addstr(&b, "\xef\xbf\xbd");
	}
	return buf_steal(&b);
}

static bool
is_object(const char *text)
{
	AUTO_JSON *v = json_parse(text, strlen(text), "arguments", NULL);

	return cJSON_IsObject(v);
}

static void
add_call(struct wire_stream *s, struct wire_slot *slot,
	 const struct strv *tools, const struct strv *names, struct message *m)
{
	AUTO_FREE char *args = clean(&slot->text);
	AUTO_FREE char *made_up = NULL;
	const char *tool = slot->name ? slot->name : "";
	struct message_part *p;
	bool again = false;

	if (!*str_trim(args)) {
		free(args);
		args = xstrdup("{}");
	}
	if (s->end == END_CUT && (!slot->done || !is_object(args)))
		return;
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->items[i], tool) == 0)
			tool = tools->items[i];
	/* Some local servers give none, or the same again. */
	for (size_t i = 0; i < m->part_count && !again; i++)
		again = str_eq(m->parts[i].id, slot->id);
	if (str_empty(slot->id) || again)
		made_up = xasprintf("call_%zu", m->part_count);
	p = message_call(m, made_up ? made_up : slot->id, tool, args);
	p->item = xstrdup0(slot->item);
}

void
wire_message(struct wire_stream *s, const char *wire, const struct strv *tools,
	     const struct strv *names, struct message *m)
{
	if (s->slot_count)
		qsort(s->slots, s->slot_count, sizeof(*s->slots),
		      compare_slots);
	m->role = ROLE_ASSISTANT;
	m->wire = xstrdup(wire);
	for (size_t i = 0; i < s->slot_count; i++) {
		struct wire_slot *slot = &s->slots[i];
		AUTO_FREE char *text = clean(&slot->text);
		struct message_part *p;

		if (slot->kind == PART_CALL) {
			add_call(s, slot, tools, names, m);
		} else if (!*text) {
			continue;
		} else if (slot->kind == PART_TEXT) {
			p = message_text(m, text);
			p->item = xstrdup0(slot->item);
			p->phase = xstrdup0(slot->phase);
		} else if (slot->done) {
			message_opaque(m, text);
		}
	}
}

bool
wire_same(const struct message *m, const struct wire *wire)
{
	return str_eq(m->wire, wire->name);
}

/* --- tools' names ------------------------------------------------------- */

static char *
plain_name(const char *tool)
{
	char *name = xstrndup(tool, PROVIDER_TOOL_NAME);

	for (char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '_' && *p != '-')
			*p = '_';
	return name;
}

void
wire_names(const struct turn_request *rq, struct strv *ret)
{
	for (size_t i = 0; i < rq->tool_count; i++) {
		AUTO_FREE char *name = plain_name(rq->tools[i].name);

		for (int n = 2; strv_has(ret, name); n++) {
			AUTO_FREE char *tail = xasprintf("_%d", n);
			AUTO_FREE char *again = plain_name(rq->tools[i].name);
			size_t room = PROVIDER_TOOL_NAME - strlen(tail);

			if (strlen(again) > room)
				again[room] = '\0';
			free(name);
			name = xasprintf("%s%s", again, tail);
		}
		strv_take(ret, TAKE(name));
	}
}

char *
wire_name(const struct wire_request *w, const char *tool)
{
	for (size_t i = 0; i < w->rq->tool_count; i++)
		if (strcmp(w->rq->tools[i].name, tool) == 0)
			return xstrdup(w->names->items[i]);
	return plain_name(tool);
}

/* --- writing ------------------------------------------------------------ */

void
wire_add(struct buf *out, const char *key, const char *value)
{
	json_add_key(out, key);
	json_add_str(out, value);
}

char *
wire_object(const char *text)
{
	AUTO_JSON *v = json_parse(text, strlen(text), "arguments", NULL);
	AUTO(buf) b = BUF_INIT;
	size_t len = strlen(text);

	if (cJSON_IsObject(v))
		return json_print(v);
	buf_addstr(&b, "{\"invalid_json\":");
	json_add_strn(&b, text, len < INVALID_SHOWN ? len : INVALID_SHOWN);
	buf_addch(&b, '}');
	return buf_steal(&b);
}

void
wire_add_object(struct buf *out, const char *key, const char *text)
{
	AUTO_FREE char *object = wire_object(text);

	json_add_key(out, key);
	buf_addstr(out, object);
}

bool
wire_add_schema(struct buf *out, const char *key, const char *schema,
		const char *subject, struct err *err)
{
	AUTO_JSON *v = json_parse(schema, strlen(schema), subject, err);
	AUTO_FREE char *text = NULL;

	if (!v)
		return false;
	if (!cJSON_IsObject(v))
		return FAIL(err, ERR_DATA, "%s: its schema is no object",
			    subject);
	cJSON_DeleteItemFromObjectCaseSensitive(v, "$schema");
	if (!json_get(v, "type"))
		cJSON_AddStringToObject(v, "type", "object");
	if (!json_get(v, "properties"))
		cJSON_AddObjectToObject(v, "properties");
	text = json_print(v);
	json_add_key(out, key);
	buf_addstr(out, text);
	return true;
}

bool
wire_add_base64(struct buf *out, const struct message_part *p, struct err *err)
{
	AUTO(buf) data = BUF_INIT;
	char *to;
	int len;

	if (!path_read(p->path, MEDIA_LIMIT, &data, err))
		return false;
	if (data.len == 0)
		return FAIL(err, ERR_DATA, "%s: the file is empty", p->path);
	to = buf_reserve(out, (data.len + 2) / 3 * 4 + 1);
	len = lazy_crypto()->encode_block((unsigned char *)to,
					  (const unsigned char *)data.data,
					  (int)data.len);
	out->len += (size_t)len;
	buf_terminate(out);
	return true;
}

bool
wire_add_data_url(struct buf *out, const char *key,
		  const struct message_part *p, struct err *err)
{
	json_add_key(out, key);
	buf_printf(out, "\"data:%s;base64,", p->media_type);
	if (!wire_add_base64(out, p, err))
		return false;
	buf_addch(out, '"');
	return true;
}

bool
wire_shows(const struct wire_request *w, const struct message_part *p)
{
	/* base64_image_source_param.py; the others take no more. */
	static const char *const types[] = { "image/png", "image/jpeg",
					     "image/gif", "image/webp" };

	if (p->kind != PART_IMAGE || w->rq->no_vision)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (str_eq(p->media_type, types[i]))
			return true;
	return false;
}

char *
wire_note(const struct wire_request *w, const struct message_part *p)
{
	const char *why = p->kind == PART_IMAGE && w->rq->no_vision ?
				  "you cannot see pictures" :
				  "this kind of file cannot be sent to you";

	return xasprintf("[%s %s, %s: %s; it is saved as %s]",
			 p->kind == PART_IMAGE ? "image" : "file",
			 p->name ? p->name : path_base(p->path), p->media_type,
			 why, p->path);
}
