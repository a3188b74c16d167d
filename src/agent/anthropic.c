/*
 * Anthropic Messages: POST {base}/v1/messages (brief llm.md 6, from
 * anthropic-sdk-python 0.121.0).
 */
#include "agent/wire.h"

#include "base/json.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

/* max_tokens is required. */
enum { MAX_TOKENS = 4096 };

/* --- writing ------------------------------------------------------------ */

static void
separate(struct buf *out)
{
	if (out->data[out->len - 1] != '[')
		buf_addch(out, ',');
}

/* Text blocks may be neither empty nor blank. */
static bool
is_blank(const char *text)
{
	return !text[strspn(text, " \t\r\n\f\v")];
}

static void
add_text(struct buf *out, const char *text)
{
	if (is_blank(text))
		return;
	separate(out);
	buf_addstr(out, "{\"type\":\"text\"");
	wire_add(out, "text", text);
	buf_addch(out, '}');
}

static bool
add_source(const struct wire_request *w, struct buf *out,
	   const struct message_part *p, struct err *err)
{
	separate(out);
	buf_printf(out, "{\"type\":\"%s\",\"source\":{\"type\":\"base64\"",
		   wire_shows(w, p) ? "image" : "document");
	wire_add(out, "media_type", p->media_type);
	buf_addstr(out, ",\"data\":\"");
	if (!wire_add_base64(out, p, err))
		return false;
	buf_addstr(out, "\"}}");
	return true;
}

/* Text, picture or file. */
static bool
add_content(const struct wire_request *w, struct buf *out,
	    const struct message_part *p, struct err *err)
{
	AUTO_FREE char *note = NULL;

	if (wire_shows(w, p) ||
	    (p->kind == PART_FILE && str_eq(p->media_type, "application/pdf")))
		return add_source(w, out, p, err);
	note = p->kind == PART_TEXT ? NULL : wire_note(w, p);
	add_text(out, note ? note : p->text);
	return true;
}

static bool
add_result(const struct wire_request *w, struct buf *out,
	   const struct message_part *p, struct err *err)
{
	separate(out);
	buf_addstr(out, "{\"type\":\"tool_result\"");
	wire_add(out, "tool_use_id", p->id);
	buf_printf(out, ",\"is_error\":%s,\"content\":[",
		   p->failed ? "true" : "false");
	for (size_t i = 0; i < p->part_count; i++)
		if (!add_content(w, out, &p->parts[i], err))
			return false;
	buf_addstr(out, "]}");
	return true;
}

/* All results stand before any other block. */
static bool
add_user(const struct wire_request *w, struct buf *out, const struct message *m,
	 struct err *err)
{
	for (size_t i = 0; i < m->part_count; i++)
		if (m->parts[i].kind == PART_RESULT &&
		    !add_result(w, out, &m->parts[i], err))
			return false;
	for (size_t i = 0; i < m->part_count; i++)
		if (m->parts[i].kind <= PART_FILE &&
		    !add_content(w, out, &m->parts[i], err))
			return false;
	return true;
}

static void
add_call(const struct wire_request *w, struct buf *out,
	 const struct message_part *p)
{
	AUTO_FREE char *name = wire_name(w, p->name);

	separate(out);
	buf_addstr(out, "{\"type\":\"tool_use\"");
	wire_add(out, "id", p->id);
	wire_add(out, "name", name);
	wire_add_object(out, "input", p->text);
	buf_addch(out, '}');
}

static void
add_assistant(const struct wire_request *w, struct buf *out,
	      const struct message *m)
{
	bool own = wire_same(m, &wire_anthropic);

	for (size_t i = 0; i < m->part_count; i++) {
		const struct message_part *p = &m->parts[i];

		if (p->kind == PART_CALL) {
			add_call(w, out, p);
		} else if (p->kind == PART_TEXT) {
			add_text(out, p->text);
		} else if (p->kind == PART_OPAQUE && own) {
			separate(out);
			buf_addstr(out, p->text);
		}
	}
}

/* A message without a block is an error at the server: it is left out. */
static bool
add_message(const struct wire_request *w, struct buf *out,
	    const struct message *m, struct err *err)
{
	size_t before = out->len, empty;

	separate(out);
	buf_printf(out, "{\"role\":\"%s\",\"content\":[",
		   m->role == ROLE_USER ? "user" : "assistant");
	empty = out->len;
	if (m->role == ROLE_ASSISTANT)
		add_assistant(w, out, m);
	else if (!add_user(w, out, m, err))
		return false;
	if (out->len == empty)
		buf_truncate(out, before);
	else
		buf_addstr(out, "]}");
	return true;
}

static bool
add_tools(const struct wire_request *w, struct buf *out, struct err *err)
{
	static const char *const choices[] = { "auto", "none", "any" };
	const struct turn_request *rq = w->rq;

	if (rq->tool_count == 0)
		return true;
	buf_printf(out, ",\"tool_choice\":{\"type\":\"%s\"}",
		   choices[rq->choice]);
	json_add_key(out, "tools");
	buf_addch(out, '[');
	for (size_t i = 0; i < rq->tool_count; i++) {
		const struct turn_tool *t = &rq->tools[i];

		separate(out);
		buf_addch(out, '{');
		wire_add(out, "name", w->names->items[i]);
		wire_add(out, "description", t->description);
		if (!wire_add_schema(out, "input_schema", t->schema, t->name,
				     err))
			return false;
		buf_addch(out, '}');
	}
	buf_addch(out, ']');
	return true;
}

static bool
add_output(const struct turn_request *rq, struct buf *out, struct err *err)
{
	if (!rq->effort && !rq->schema)
		return true;
	buf_addstr(out, ",\"output_config\":{");
	if (rq->effort)
		wire_add(out, "effort", rq->effort);
	if (rq->schema) {
		json_add_key(out, "format");
		buf_addstr(out, "{\"type\":\"json_schema\"");
		if (!wire_add_schema(out, "schema", rq->schema, rq->schema_name,
				     err))
			return false;
		buf_addch(out, '}');
	}
	buf_addch(out, '}');
	return true;
}

static bool
build(const struct wire_request *w, struct buf *out, struct err *err)
{
	const struct turn_request *rq = w->rq;

	buf_addch(out, '{');
	wire_add(out, "model", rq->model);
	buf_printf(out, ",\"max_tokens\":%lld,\"stream\":%s",
		   (long long)(rq->max_tokens ? rq->max_tokens : MAX_TOKENS),
		   w->stream ? "true" : "false");
	if (!str_empty(rq->system) && !is_blank(rq->system)) {
		buf_addstr(out, ",\"system\":[{\"type\":\"text\"");
		wire_add(out, "text", rq->system);
		buf_addstr(out, ",\"cache_control\":"
				"{\"type\":\"ephemeral\"}}]");
	}
	if (!add_output(rq, out, err) || !add_tools(w, out, err))
		return false;
	buf_addstr(out, ",\"messages\":[");
	for (size_t i = 0; i < rq->messages->count; i++)
		if (!add_message(w, out, &rq->messages->items[i], err))
			return false;
	buf_addstr(out, "]}");
	return true;
}

/* --- reading ------------------------------------------------------------ */

/* Cumulative: a later one has the members that changed. */
static void
take_usage(struct wire_stream *s, const cJSON *u)
{
	struct turn_usage *have = &s->usage;
	int64_t fresh = have->input - have->cached - have->cache_write;

	if (!cJSON_IsObject(u))
		return;
	fresh = json_int(u, "input_tokens", fresh);
	have->cached = json_int(u, "cache_read_input_tokens", have->cached);
	have->cache_write =
		json_int(u, "cache_creation_input_tokens", have->cache_write);
	have->input = fresh + have->cached + have->cache_write;
	have->output = json_int(u, "output_tokens", have->output);
	have->known = true;
}

/* A block as it is at its start, or whole in an answer in one piece. */
static void
take_block(struct wire_stream *s, int64_t index, const cJSON *block)
{
	const char *type = json_str(block, "type");
	const char *text = json_str(block, "text");
	const cJSON *input = json_get(block, "input");
	struct wire_slot *slot;

	if (!type) {
		wire_fail(s, TURN_PROTOCOL, "a block without a type");
	} else if (str_eq(type, "text")) {
		slot = wire_slot_new(s, index, PART_TEXT);
		if (text)
			wire_text(s, slot, text);
	} else if (str_eq(type, "tool_use")) {
		slot = wire_slot_new(s, index, PART_CALL);
		wire_set(&slot->id, block, "id");
		wire_set(&slot->name, block, "name");
		if (cJSON_IsObject(input) && input->child) {
			AUTO_FREE char *args = json_print(input);

			buf_addstr(&slot->text, args);
		}
		wire_call(s, slot);
	} else {
		AUTO_FREE char *raw = json_print(block);

		/* thinking, redacted_thinking and what is not known yet go
		 * back as they are; thinking is made whole at its stop. */
		slot = wire_slot_new(s, index, PART_OPAQUE);
		slot->name = xstrdup0(type);
		if (!str_eq(type, "thinking"))
			buf_addstr(&slot->text, raw);
		else if (json_str(block, "thinking"))
			buf_addstr(&slot->text, json_str(block, "thinking"));
		wire_set(&slot->signature, block, "signature");
	}
}

static void
on_message_start(struct wire_stream *s, const cJSON *e)
{
	const cJSON *message = json_get(e, "message");

	if (s->begun) {
		wire_fail(s, TURN_PROTOCOL,
			  "a second answer began in the "
			  "same stream");
		return;
	}
	s->begun = true;
	wire_set(&s->model, message, "model");
	take_usage(s, json_get(message, "usage"));
}

static void
on_block_start(struct wire_stream *s, const cJSON *e)
{
	int64_t index = json_int(e, "index", -1);

	if (index < 0 || wire_slot(s, index))
		wire_fail(s, TURN_PROTOCOL,
			  "a block began without an index "
			  "of its own");
	else
		take_block(s, index, json_get(e, "content_block"));
}

static bool
is_thinking(const struct wire_slot *slot)
{
	return slot->kind == PART_OPAQUE && str_eq(slot->name, "thinking");
}

static void
on_block_delta(struct wire_stream *s, const cJSON *e)
{
	struct wire_slot *slot = wire_slot(s, json_int(e, "index", -1));
	const cJSON *delta = json_get(e, "delta");
	const char *text;

	if (!slot || slot->done) {
		wire_fail(s, TURN_PROTOCOL,
			  "a piece of a block that is not "
			  "open");
		return;
	}
	if ((text = json_str(delta, "text")) && slot->kind == PART_TEXT) {
		wire_text(s, slot, text);
	} else if ((text = json_str(delta, "partial_json"))) {
		if (slot->kind == PART_CALL)
			buf_addstr(&slot->text, text);
	} else if (!is_thinking(slot)) {
		return;
	} else if ((text = json_str(delta, "thinking"))) {
		buf_addstr(&slot->text, text);
		wire_reasoning(s, text);
	} else {
		wire_set(&slot->signature, delta, "signature");
	}
}

/* A thinking block goes back with its signature, or not at all. */
static void
close_thinking(struct wire_slot *slot)
{
	AUTO(buf) raw = BUF_INIT;

	if (slot->signature) {
		buf_addstr(&raw, "{\"type\":\"thinking\"");
		wire_add(&raw, "thinking", buf_str(&slot->text));
		wire_add(&raw, "signature", slot->signature);
		buf_addch(&raw, '}');
	}
	buf_release(&slot->text);
	slot->text = raw;
	raw = (struct buf)BUF_INIT;
}

static void
close_block(struct wire_slot *slot)
{
	if (slot->done)
		return;
	slot->done = true;
	if (is_thinking(slot))
		close_thinking(slot);
}

static void
on_block_stop(struct wire_stream *s, const cJSON *e)
{
	struct wire_slot *slot = wire_slot(s, json_int(e, "index", -1));

	if (slot)
		close_block(slot);
}

static void
take_end(struct wire_stream *s, const cJSON *from)
{
	const char *reason = json_str(from, "stop_reason");
	const char *why =
		json_str(json_get(from, "stop_details"), "explanation");

	if (!reason)
		return;
	s->end = END_DONE;
	if (str_eq(reason, "max_tokens"))
		s->end = END_CUT;
	else if (str_eq(reason, "pause_turn"))
		s->end = END_PAUSED;
	else if (str_eq(reason, "refusal"))
		wire_fail(s, TURN_REFUSED, "%s",
			  why ? why : "the model refused");
	else if (str_eq(reason, "model_context_window_exceeded"))
		wire_fail(s, TURN_CONTEXT, "the context window is full");
}

static void
on_message_delta(struct wire_stream *s, const cJSON *e)
{
	take_end(s, json_get(e, "delta"));
	take_usage(s, json_get(e, "usage"));
}

static void
on_message_stop(struct wire_stream *s, const cJSON *e)
{
	(void)e;
	if (s->end == END_NONE && s->failure == TURN_OK)
		wire_fail(s, TURN_PROTOCOL,
			  "the answer ended without a "
			  "reason");
	s->ended = true;
}

static void
on_error(struct wire_stream *s, const cJSON *e)
{
	wire_error(s, json_get(e, "error"), 0);
}

/* An answer in one piece. */
static void
on_message(struct wire_stream *s, const cJSON *e)
{
	const cJSON *block;
	int64_t index = 0;

	wire_set(&s->model, e, "model");
	take_usage(s, json_get(e, "usage"));
	cJSON_ArrayForEach (block, json_get(e, "content"))
		take_block(s, index++, block);
	for (size_t i = 0; i < s->slot_count; i++)
		close_block(&s->slots[i]);
	take_end(s, e);
	on_message_stop(s, e);
}

static const struct {
	const char *type;
	void (*fn)(struct wire_stream *s, const cJSON *e);
} events[] = {
	{ "content_block_delta", on_block_delta },
	{ "content_block_start", on_block_start },
	{ "content_block_stop", on_block_stop },
	{ "message_start", on_message_start },
	{ "message_delta", on_message_delta },
	{ "message_stop", on_message_stop },
	{ "message", on_message },
	{ "error", on_error },
};

static void
event(struct wire_stream *s, const cJSON *e)
{
	const char *type = json_str(e, "type");

	for (size_t i = 0; type && i < ARRAY_LEN(events); i++)
		if (strcmp(events[i].type, type) == 0) {
			events[i].fn(s, e);
			return;
		}
}

static void
finish(struct wire_stream *s)
{
	(void)s; /* only message_stop ends it */
}

const struct wire wire_anthropic = {
	.name = "anthropic",
	.path = "/v1/messages",
	.models_path = "/v1/models",
	.key_header = "x-api-key: ",
	.fixed_header = "anthropic-version: 2023-06-01",
	.id_header = "request-id",
	.after_max_ms = 60 * 1000,
	.body_limit = 32 << 20,
	.build = build,
	.event = event,
	.finish = finish,
};
