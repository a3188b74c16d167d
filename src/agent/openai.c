/*
 * OpenAI Responses: POST {base}/responses (brief llm.md 3, from
 * openai-python 3.3.1, types/responses).
 *
 * Nothing is kept at the server (store:false): each request has the whole
 * history, reasoning items with their encrypted content included.
 */
#include "agent/wire.h"

#include "base/json.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

/* --- writing ------------------------------------------------------------ */

/* Text, picture or file as input of the model. in_message: there an image
 * must say its detail. */
static bool
add_input(const struct wire_request *w, struct buf *out,
	  const struct message_part *p, bool in_message, struct err *err)
{
	AUTO_FREE char *note = NULL;

	if (out->data[out->len - 1] != '[')
		buf_addch(out, ',');
	if (wire_shows(w, p)) {
		buf_addstr(out, "{\"type\":\"input_image\"");
		if (!wire_add_data_url(out, "image_url", p, err))
			return false;
		if (in_message)
			wire_add(out, "detail", "auto");
	} else if (p->kind == PART_FILE) {
		buf_addstr(out, "{\"type\":\"input_file\"");
		wire_add(out, "filename", p->name ? p->name : "file");
		if (!wire_add_data_url(out, "file_data", p, err))
			return false;
	} else {
		note = p->kind == PART_TEXT ? NULL : wire_note(w, p);
		buf_addstr(out, "{\"type\":\"input_text\"");
		wire_add(out, "text", note ? note : p->text);
	}
	buf_addch(out, '}');
	return true;
}

static bool
add_result(const struct wire_request *w, struct buf *out,
	   const struct message_part *p, struct err *err)
{
	buf_addstr(out, "{\"type\":\"function_call_output\"");
	wire_add(out, "call_id", p->id);
	json_add_key(out, "output");
	if (p->part_count == 1 && p->parts[0].kind == PART_TEXT) {
		json_add_str(out, p->parts[0].text);
	} else if (p->part_count == 0) {
		buf_addstr(out, "\"\"");
	} else {
		buf_addch(out, '[');
		for (size_t i = 0; i < p->part_count; i++)
			if (!add_input(w, out, &p->parts[i], false, err))
				return false;
		buf_addch(out, ']');
	}
	buf_addch(out, '}');
	return true;
}

/* Items between which the user's own words stand: results first, each an
 * item; then one message of the rest. */
static bool
add_user(const struct wire_request *w, struct buf *out, const struct message *m,
	 struct err *err)
{
	bool open = false;

	for (size_t i = 0; i < m->part_count; i++) {
		if (m->parts[i].kind != PART_RESULT)
			continue;
		if (out->data[out->len - 1] != '[')
			buf_addch(out, ',');
		if (!add_result(w, out, &m->parts[i], err))
			return false;
	}
	for (size_t i = 0; i < m->part_count; i++) {
		if (m->parts[i].kind > PART_FILE)
			continue;
		if (!open && out->data[out->len - 1] != '[')
			buf_addch(out, ',');
		if (!open)
			buf_addstr(out, "{\"type\":\"message\",\"role\":"
					"\"user\",\"content\":[");
		open = true;
		if (!add_input(w, out, &m->parts[i], true, err))
			return false;
	}
	if (open)
		buf_addstr(out, "]}");
	return true;
}

static void
add_said(struct buf *out, const struct message_part *p, bool own)
{
	buf_addstr(out, "{\"type\":\"message\"");
	if (own && p->item) {
		wire_add(out, "id", p->item);
		wire_add(out, "status", "completed");
	}
	wire_add(out, "role", "assistant");
	if (own && p->phase)
		wire_add(out, "phase", p->phase);
	json_add_key(out, "content");
	buf_addstr(out, "[{\"type\":\"output_text\"");
	wire_add(out, "text", p->text);
	buf_addstr(out, ",\"annotations\":[]}]}");
}

static void
add_call(const struct wire_request *w, struct buf *out,
	 const struct message_part *p, bool own)
{
	AUTO_FREE char *name = wire_name(w, p->name);

	buf_addstr(out, "{\"type\":\"function_call\"");
	if (own && p->item)
		wire_add(out, "id", p->item);
	wire_add(out, "call_id", p->id);
	wire_add(out, "name", name);
	wire_add(out, "arguments", p->text);
	buf_addch(out, '}');
}

static void
add_assistant(const struct wire_request *w, struct buf *out,
	      const struct message *m)
{
	bool own = wire_same(m, &wire_openai);

	for (size_t i = 0; i < m->part_count; i++) {
		const struct message_part *p = &m->parts[i];

		if (p->kind == PART_OPAQUE && !own)
			continue;
		if (out->data[out->len - 1] != '[')
			buf_addch(out, ',');
		if (p->kind == PART_OPAQUE)
			buf_addstr(out, p->text);
		else if (p->kind == PART_CALL)
			add_call(w, out, p, own);
		else
			add_said(out, p, own);
	}
}

static bool
add_tools(const struct wire_request *w, struct buf *out, struct err *err)
{
	static const char *const choices[] = { "auto", "none", "required" };
	const struct turn_request *rq = w->rq;

	if (rq->tool_count == 0)
		return true;
	json_add_key(out, "parallel_tool_calls");
	buf_addstr(out, "true");
	wire_add(out, "tool_choice", choices[rq->choice]);
	json_add_key(out, "tools");
	buf_addch(out, '[');
	for (size_t i = 0; i < rq->tool_count; i++) {
		const struct turn_tool *t = &rq->tools[i];

		if (i)
			buf_addch(out, ',');
		buf_addstr(out, "{\"type\":\"function\"");
		wire_add(out, "name", w->names->items[i]);
		wire_add(out, "description", t->description);
		if (!wire_add_schema(out, "parameters", t->schema, t->name,
				     err))
			return false;
		buf_addstr(out, ",\"strict\":false}");
	}
	buf_addch(out, ']');
	return true;
}

static bool
add_format(const struct turn_request *rq, struct buf *out, struct err *err)
{
	if (!rq->schema)
		return true;
	json_add_key(out, "text");
	buf_addstr(out, "{\"format\":{\"type\":\"json_schema\"");
	wire_add(out, "name", rq->schema_name);
	if (!wire_add_schema(out, "schema", rq->schema, rq->schema_name, err))
		return false;
	buf_addstr(out, ",\"strict\":false}}");
	return true;
}

static bool
build(const struct wire_request *w, struct buf *out, struct err *err)
{
	const struct turn_request *rq = w->rq;

	buf_addch(out, '{');
	wire_add(out, "model", rq->model);
	if (!str_empty(rq->system))
		wire_add(out, "instructions", rq->system);
	buf_addstr(out, ",\"store\":false");
	if (!rq->no_reasoning)
		buf_addstr(out, ",\"include\":"
				"[\"reasoning.encrypted_content\"]");
	buf_printf(out, ",\"stream\":%s", w->stream ? "true" : "false");
	if (rq->max_tokens)
		buf_printf(out, ",\"max_output_tokens\":%lld",
			   (long long)rq->max_tokens);
	if (rq->effort) {
		buf_addstr(out, ",\"reasoning\":{");
		wire_add(out, "effort", rq->effort);
		buf_addch(out, '}');
	}
	if (!add_format(rq, out, err) || !add_tools(w, out, err))
		return false;
	buf_addstr(out, ",\"input\":[");
	for (size_t i = 0; i < rq->messages->count; i++) {
		const struct message *m = &rq->messages->items[i];

		if (m->role == ROLE_ASSISTANT)
			add_assistant(w, out, m);
		else if (!add_user(w, out, m, err))
			return false;
	}
	buf_addstr(out, "]}");
	return true;
}

/* --- reading ------------------------------------------------------------ */

static bool
item_kind(const cJSON *item, enum message_part_kind *ret)
{
	const char *type = json_str(item, "type");

	if (str_eq(type, "message"))
		*ret = PART_TEXT;
	else if (str_eq(type, "function_call"))
		*ret = PART_CALL;
	else if (str_eq(type, "reasoning"))
		*ret = PART_OPAQUE;
	else
		return false;
	return true;
}

static void
on_added(struct wire_stream *s, const cJSON *e)
{
	const cJSON *item = json_get(e, "item");
	int64_t index = json_int(e, "output_index", -1);
	enum message_part_kind kind;
	struct wire_slot *slot;

	if (!item_kind(item, &kind))
		return;
	if (index < 0 || wire_slot(s, index)) {
		wire_fail(s, TURN_PROTOCOL,
			  "an item began without an index "
			  "of its own");
		return;
	}
	slot = wire_slot_new(s, index, kind);
	wire_set(&slot->name, item, "name");
	if (kind == PART_CALL)
		wire_call(s, slot);
}

/* The text of a message item; a refusal is the end. */
static void
take_content(struct wire_stream *s, struct wire_slot *slot, const cJSON *item)
{
	const cJSON *part;

	buf_reset(&slot->text);
	cJSON_ArrayForEach (part, json_get(item, "content")) {
		const char *text = json_str(part, "text");
		const char *refusal = json_str(part, "refusal");

		if (text)
			buf_addstr(&slot->text, text);
		if (refusal)
			wire_fail(s, TURN_REFUSED, "%s", refusal);
	}
}

/* A reasoning item goes back as it is; without its content it could not be
 * found again, since nothing is stored. */
static void
take_reasoning(struct wire_slot *slot, const cJSON *item)
{
	AUTO_FREE char *text = NULL;

	if (!json_str(item, "encrypted_content"))
		return;
	text = json_print(item);
	buf_reset(&slot->text);
	buf_addstr(&slot->text, text);
}

static void
take_item(struct wire_stream *s, int64_t index, const cJSON *item)
{
	enum message_part_kind kind;
	struct wire_slot *slot = wire_slot(s, index);
	const char *args = json_str(item, "arguments");

	if (!item_kind(item, &kind))
		return;
	if (!slot) {
		slot = wire_slot_new(s, index, kind);
	} else if (slot->kind != kind) {
		wire_fail(s, TURN_PROTOCOL, "an item ended as another type");
		return;
	}
	slot->done = true;
	wire_set(&slot->item, item, "id");
	wire_set(&slot->id, item, "call_id");
	wire_set(&slot->name, item, "name");
	wire_set(&slot->phase, item, "phase");
	if (kind == PART_TEXT) {
		take_content(s, slot, item);
	} else if (kind == PART_OPAQUE) {
		take_reasoning(slot, item);
	} else if (args) {
		buf_reset(&slot->text);
		buf_addstr(&slot->text, args);
	}
}

static void
on_item_done(struct wire_stream *s, const cJSON *e)
{
	take_item(s, json_int(e, "output_index", -1), json_get(e, "item"));
}

static void
on_delta(struct wire_stream *s, const cJSON *e)
{
	struct wire_slot *slot = wire_slot(s, json_int(e, "output_index", -1));
	const char *delta = json_str(e, "delta");

	if (!slot || !delta)
		wire_fail(s, TURN_PROTOCOL,
			  "a piece of an item that has not "
			  "begun");
	else if (slot->kind == PART_TEXT)
		wire_text(s, slot, delta);
	else if (slot->kind == PART_CALL)
		buf_addstr(&slot->text, delta);
}

static void
on_reasoning(struct wire_stream *s, const cJSON *e)
{
	const char *delta = json_str(e, "delta");

	if (delta)
		wire_reasoning(s, delta);
}

static void
on_refusal(struct wire_stream *s, const cJSON *e)
{
	const char *refusal = json_str(e, "refusal");

	wire_fail(s, TURN_REFUSED, "%s", refusal ? refusal : "refused");
}

static void
take_usage(struct wire_stream *s, const cJSON *u)
{
	const cJSON *in = json_get(u, "input_tokens_details");
	const cJSON *out = json_get(u, "output_tokens_details");

	if (!cJSON_IsObject(u))
		return;
	s->usage = (struct turn_usage){
		.input = json_int(u, "input_tokens", 0),
		.cached = json_int(in, "cached_tokens", 0),
		.cache_write = json_int(in, "cache_write_tokens", 0),
		.output = json_int(u, "output_tokens", 0),
		.reasoning = json_int(out, "reasoning_tokens", 0),
		.known = true,
	};
}

static void
take_end(struct wire_stream *s, const cJSON *response)
{
	const char *status = json_str(response, "status");
	const char *reason =
		json_str(json_get(response, "incomplete_details"), "reason");

	if (str_eq(status, "completed"))
		s->end = END_DONE;
	else if (str_eq(status, "failed"))
		wire_error(s, json_get(response, "error"), 0);
	else if (str_eq(reason, "content_filter"))
		wire_fail(s, TURN_REFUSED, "stopped by the content filter");
	else if (str_eq(status, "incomplete"))
		s->end = END_CUT;
	else
		wire_fail(s, TURN_PROTOCOL,
			  "the answer ended with status "
			  "\"%s\"",
			  status ? status : "");
}

/* completed, incomplete, failed; and an answer in one piece. Its items are
 * whole, whatever came before. */
static void
take_response(struct wire_stream *s, const cJSON *response)
{
	const cJSON *item;
	int64_t index = 0;

	s->ended = true;
	wire_set(&s->model, response, "model");
	take_usage(s, json_get(response, "usage"));
	take_end(s, response);
	cJSON_ArrayForEach (item, json_get(response, "output"))
		take_item(s, index++, item);
}

static void
on_terminal(struct wire_stream *s, const cJSON *e)
{
	take_response(s, json_get(e, "response"));
}

static void
on_error(struct wire_stream *s, const cJSON *e)
{
	const cJSON *error = json_get(e, "error");

	wire_error(s, cJSON_IsObject(error) ? error : e, 0);
}

static const struct {
	const char *type;
	void (*fn)(struct wire_stream *s, const cJSON *e);
} events[] = {
	{ "response.output_text.delta", on_delta },
	{ "response.function_call_arguments.delta", on_delta },
	{ "response.output_item.added", on_added },
	{ "response.output_item.done", on_item_done },
	{ "response.reasoning_summary_text.delta", on_reasoning },
	{ "response.reasoning_text.delta", on_reasoning },
	{ "response.refusal.done", on_refusal },
	{ "response.completed", on_terminal },
	{ "response.incomplete", on_terminal },
	{ "response.failed", on_terminal },
	{ "error", on_error },
};

static void
event(struct wire_stream *s, const cJSON *e)
{
	const char *type = json_str(e, "type");
	int64_t seq = json_int(e, "sequence_number", -1);

	if (str_eq(json_str(e, "object"), "response")) {
		take_response(s, e);
		return;
	}
	if (!type && json_get(e, "error"))
		type = "error";
	/* What came already, again. */
	if (seq >= 0 && s->begun && seq <= s->last_seq)
		return;
	if (seq >= 0) {
		s->begun = true;
		s->last_seq = seq;
	}
	for (size_t i = 0; type && i < ARRAY_LEN(events); i++)
		if (strcmp(events[i].type, type) == 0) {
			events[i].fn(s, e);
			return;
		}
}

static void
finish(struct wire_stream *s)
{
	(void)s; /* only a terminal event ends it */
}

const struct wire wire_openai = {
	.name = "openai",
	.path = "/responses",
	.models_path = "/models",
	.key_header = "Authorization: Bearer ",
	.id_header = "x-request-id",
	.after_max_ms = 120 * 1000,
	.build = build,
	.event = event,
	.finish = finish,
};
