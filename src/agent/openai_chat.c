/*
 * Chat Completions: POST {base}/chat/completions, by OpenAI and by the
 * servers that speak it: Ollama, llama.cpp, vLLM (brief llm.md 5). What they
 * do differently is in the flags of their rows (provider.c) and in how
 * loosely a stream is read here.
 */
#include "agent/wire.h"

#include "base/json.h"
#include "base/path.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

/* The text's slot comes before those of the calls. */
enum { TEXT_INDEX = -1 };

/* --- writing ------------------------------------------------------------ */

static void
separate(struct buf *out)
{
	if (out->data[out->len - 1] != '[')
		buf_addch(out, ',');
}

static void
add_text_part(struct buf *out, const char *text)
{
	separate(out);
	buf_addstr(out, "{\"type\":\"text\"");
	wire_add(out, "text", text);
	buf_addch(out, '}');
}

static bool
sends_file(const struct wire_request *w, const struct message_part *p)
{
	return p->kind == PART_FILE && (w->row->flags & PROVIDER_FILES);
}

/* Whether the part cannot be plain text. */
static bool
is_media(const struct wire_request *w, const struct message_part *p)
{
	return wire_shows(w, p) || sends_file(w, p);
}

static bool
add_media(const struct wire_request *w, struct buf *out,
	  const struct message_part *p, struct err *err)
{
	separate(out);
	if (wire_shows(w, p)) {
		buf_addstr(out, "{\"type\":\"image_url\",\"image_url\":{");
		if (!wire_add_data_url(out, "url", p, err))
			return false;
		wire_add(out, "detail", "auto");
	} else {
		buf_addstr(out, "{\"type\":\"file\",\"file\":{");
		wire_add(out, "filename", p->name ? p->name : "file");
		if (!wire_add_data_url(out, "file_data", p, err))
			return false;
	}
	buf_addstr(out, "}}");
	return true;
}

static void
add_line(struct buf *out, const char *text)
{
	if (out->len)
		buf_addch(out, '\n');
	buf_addstr(out, text);
}

/*
 * A tool message takes text only: what else a tool gave follows in one user
 * message after all of them (add_following). count is the number of the last
 * attachment.
 */
static void
add_result(const struct wire_request *w, struct buf *out,
	   const struct message_part *p, int *count)
{
	AUTO(buf) text = BUF_INIT;

	for (size_t i = 0; i < p->part_count; i++) {
		const struct message_part *one = &p->parts[i];
		AUTO_FREE char *note = NULL;

		if (one->kind == PART_TEXT)
			add_line(&text, one->text);
		else if (is_media(w, one))
			note = xasprintf("[%s %d attached in the next "
					 "message]",
					 one->kind == PART_IMAGE ? "image" :
								   "file",
					 ++*count);
		else
			note = wire_note(w, one);
		if (note)
			add_line(&text, note);
	}
	separate(out);
	buf_addstr(out, "{\"role\":\"tool\"");
	wire_add(out, "tool_call_id", p->id);
	wire_add(out, "content", buf_str(&text));
	buf_addch(out, '}');
}

/* The tool that a result answers: by the calls of the message before. */
static const char *
tool_of(const struct message *before, const char *id)
{
	for (size_t i = 0; before && i < before->part_count; i++)
		if (before->parts[i].kind == PART_CALL &&
		    strcmp(before->parts[i].id, id) == 0)
			return before->parts[i].name;
	return "unknown";
}

static bool
add_attached(const struct wire_request *w, struct buf *out,
	     const struct message *before, const struct message_part *result,
	     int *count, struct err *err)
{
	for (size_t i = 0; i < result->part_count; i++) {
		const struct message_part *p = &result->parts[i];
		AUTO_FREE char *label = NULL;

		if (!is_media(w, p))
			continue;
		label = xasprintf("%s %d from tool %s, call %s:",
				  p->kind == PART_IMAGE ? "Image" : "File",
				  ++*count, tool_of(before, result->id),
				  result->id);
		add_text_part(out, label);
		if (!add_media(w, out, p, err))
			return false;
	}
	return true;
}

/* Everything of a user message but its results, and what they attach. Plain
 * text stays a plain string: some servers split arrays. */
static bool
add_rest(const struct wire_request *w, struct buf *out,
	 const struct message *before, const struct message *m, bool media,
	 struct err *err)
{
	AUTO(buf) text = BUF_INIT;
	int count = 0;

	separate(out);
	buf_addstr(out, "{\"role\":\"user\",\"content\":");
	if (media)
		buf_addch(out, '[');
	for (size_t i = 0; i < m->part_count; i++) {
		const struct message_part *p = &m->parts[i];
		AUTO_FREE char *note = NULL;

		if (p->kind == PART_RESULT) {
			if (!add_attached(w, out, before, p, &count, err))
				return false;
		} else if (is_media(w, p)) {
			if (!add_media(w, out, p, err))
				return false;
		} else if (p->kind <= PART_FILE) {
			note = p->kind == PART_TEXT ? NULL : wire_note(w, p);
			if (media)
				add_text_part(out, note ? note : p->text);
			else
				add_line(&text, note ? note : p->text);
		}
	}
	if (media)
		buf_addch(out, ']');
	else
		json_add_str(out, buf_str(&text));
	buf_addch(out, '}');
	return true;
}

static bool
add_user(const struct wire_request *w, struct buf *out,
	 const struct message *before, const struct message *m, struct err *err)
{
	bool media = false, own = false;
	int count = 0;

	for (size_t i = 0; i < m->part_count; i++) {
		const struct message_part *p = &m->parts[i];

		if (p->kind == PART_RESULT)
			add_result(w, out, p, &count);
		else if (p->kind <= PART_FILE)
			own = true;
		media |= is_media(w, p);
	}
	media |= count > 0;
	return (!own && !media) || add_rest(w, out, before, m, media, err);
}

static void
add_call(const struct wire_request *w, struct buf *out,
	 const struct message_part *p)
{
	AUTO_FREE char *name = wire_name(w, p->name);
	AUTO_FREE char *args = wire_object(p->text);

	separate(out);
	buf_addch(out, '{');
	wire_add(out, "id", p->id);
	buf_addstr(out, ",\"type\":\"function\",\"function\":{");
	wire_add(out, "name", name);
	wire_add(out, "arguments", args);
	buf_addstr(out, "}}");
}

static void
add_assistant(const struct wire_request *w, struct buf *out,
	      const struct message *m)
{
	AUTO_FREE char *text = message_plain(m);

	separate(out);
	buf_addstr(out, "{\"role\":\"assistant\",\"content\":");
	if (*text || !message_calls(m))
		json_add_str(out, text);
	else
		buf_addstr(out, "null");
	if (message_calls(m)) {
		buf_addstr(out, ",\"tool_calls\":[");
		for (size_t i = 0; i < m->part_count; i++)
			if (m->parts[i].kind == PART_CALL)
				add_call(w, out, &m->parts[i]);
		buf_addch(out, ']');
	}
	buf_addch(out, '}');
}

static bool
add_tools(const struct wire_request *w, struct buf *out, struct err *err)
{
	static const char *const choices[] = { "auto", "none", "required" };
	const struct turn_request *rq = w->rq;

	if (rq->tool_count == 0)
		return true;
	json_add_key(out, "tools");
	buf_addch(out, '[');
	for (size_t i = 0; i < rq->tool_count; i++) {
		const struct turn_tool *t = &rq->tools[i];

		separate(out);
		buf_addstr(out, "{\"type\":\"function\",\"function\":{");
		wire_add(out, "name", w->names->items[i]);
		wire_add(out, "description", t->description);
		if (!wire_add_schema(out, "parameters", t->schema, t->name,
				     err))
			return false;
		buf_addstr(out, "}}");
	}
	buf_addch(out, ']');
	if (w->row->flags & PROVIDER_CHOICE)
		wire_add(out, "tool_choice", choices[rq->choice]);
	if (w->row->flags & PROVIDER_PARALLEL)
		buf_addstr(out, ",\"parallel_tool_calls\":true");
	return true;
}

static bool
add_format(const struct wire_request *w, struct buf *out, struct err *err)
{
	const struct turn_request *rq = w->rq;

	if (!rq->schema)
		return true;
	buf_addstr(out, ",\"response_format\":{\"type\":\"json_schema\","
			"\"json_schema\":{");
	wire_add(out, "name", rq->schema_name);
	if (!wire_add_schema(out, "schema", rq->schema, rq->schema_name, err))
		return false;
	if (w->row->flags & PROVIDER_STRICT)
		buf_addstr(out, ",\"strict\":false");
	buf_addstr(out, "}}");
	return true;
}

static bool
build(const struct wire_request *w, struct buf *out, struct err *err)
{
	const struct turn_request *rq = w->rq;
	const struct message *before = NULL;

	buf_addch(out, '{');
	wire_add(out, "model", rq->model);
	buf_printf(out, ",\"stream\":%s", w->stream ? "true" : "false");
	if (w->stream)
		buf_addstr(out, ",\"stream_options\":"
				"{\"include_usage\":true}");
	if (rq->max_tokens)
		buf_printf(out, ",\"%s\":%lld",
			   w->row->flags & PROVIDER_MAX_TOKENS ?
				   "max_tokens" :
				   "max_completion_tokens",
			   (long long)rq->max_tokens);
	if (rq->effort)
		wire_add(out, "reasoning_effort", rq->effort);
	if (!add_format(w, out, err) || !add_tools(w, out, err))
		return false;
	buf_addstr(out, ",\"messages\":[");
	if (!str_empty(rq->system)) {
		buf_addstr(out, "{\"role\":\"system\"");
		wire_add(out, "content", rq->system);
		buf_addch(out, '}');
	}
	for (size_t i = 0; i < rq->messages->count; i++) {
		const struct message *m = &rq->messages->items[i];

		if (m->role == ROLE_ASSISTANT)
			add_assistant(w, out, m);
		else if (!add_user(w, out, before, m, err))
			return false;
		before = m;
	}
	buf_addstr(out, "]}");
	return true;
}

/* --- reading ------------------------------------------------------------ */

static void
take_text(struct wire_stream *s, const char *text)
{
	struct wire_slot *slot = wire_slot(s, TEXT_INDEX);

	if (!slot)
		slot = wire_slot_new(s, TEXT_INDEX, PART_TEXT);
	wire_text(s, slot, text);
}

/*
 * The slot of a fragment: by its index; without one, a new id (or its place
 * in the list) opens a call and no id goes on with the newest.
 */
static struct wire_slot *
call_slot(struct wire_stream *s, const cJSON *call, int64_t place)
{
	int64_t index = json_int(call, "index", -1);
	const char *id = json_str(call, "id");

	if (index < 0) {
		int64_t newest = -1;

		for (size_t i = 0; i < s->slot_count; i++)
			if (s->slots[i].index > newest)
				newest = s->slots[i].index;
		for (size_t i = 0; !str_empty(id) && i < s->slot_count; i++)
			if (str_eq(s->slots[i].id, id))
				return &s->slots[i];
		index = !str_empty(id) || newest < place ? newest + 1 : newest;
	}
	return wire_slot(s, index) ? wire_slot(s, index) :
				     wire_slot_new(s, index, PART_CALL);
}

/* Id and name are in the first fragment; sent again, they change nothing.
 * Arguments are a string, or an object from a loose server. */
static void
take_call(struct wire_stream *s, const cJSON *call, int64_t place)
{
	const cJSON *function = json_get(call, "function");
	const cJSON *args = json_get(function, "arguments");
	struct wire_slot *slot = call_slot(s, call, place);

	if (str_empty(slot->id))
		wire_set(&slot->id, call, "id");
	if (str_empty(slot->name)) {
		wire_set(&slot->name, function, "name");
		if (!str_empty(slot->name))
			wire_call(s, slot);
	}
	if (cJSON_IsString(args)) {
		buf_addstr(&slot->text, args->valuestring);
	} else if (cJSON_IsObject(args)) {
		AUTO_FREE char *text = json_print(args);

		buf_addstr(&slot->text, text);
	}
}

static const struct {
	const char *word;
	enum turn_end end;
} ends[] = {
	{ "stop", END_DONE },
	{ "tool_calls", END_DONE },
	{ "function_call", END_DONE },
	{ "length", END_CUT },
};

static void
take_end(struct wire_stream *s, const char *reason)
{
	if (str_eq(reason, "content_filter"))
		wire_fail(s, TURN_REFUSED, "stopped by the content filter");
	/* An unknown word ends it as well. */
	s->end = END_DONE;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (str_eq(ends[i].word, reason))
			s->end = ends[i].end;
	for (size_t i = 0; i < s->slot_count; i++)
		s->slots[i].done = true;
}

static void
on_content(struct wire_stream *s, const cJSON *v)
{
	if (cJSON_IsString(v))
		take_text(s, v->valuestring);
}

static void
on_reasoning(struct wire_stream *s, const cJSON *v)
{
	if (cJSON_IsString(v))
		wire_reasoning(s, v->valuestring);
}

static void
on_refusal(struct wire_stream *s, const cJSON *v)
{
	if (cJSON_IsString(v) && *v->valuestring)
		wire_fail(s, TURN_REFUSED, "%s", v->valuestring);
}

static void
on_calls(struct wire_stream *s, const cJSON *v)
{
	const cJSON *call;
	int64_t place = 0;

	cJSON_ArrayForEach (call, v)
		take_call(s, call, place++);
}

/* What a delta may have. */
static const struct {
	const char *key;
	void (*fn)(struct wire_stream *s, const cJSON *v);
} members[] = {
	{ "content", on_content },
	{ "tool_calls", on_calls },
	{ "reasoning_content", on_reasoning },
	{ "reasoning", on_reasoning },
	{ "refusal", on_refusal },
};

static void
take_member(struct wire_stream *s, const cJSON *v)
{
	for (size_t i = 0; v->string && i < ARRAY_LEN(members); i++)
		if (members[i].key[0] == v->string[0] &&
		    strcmp(members[i].key, v->string) == 0) {
			members[i].fn(s, v);
			return;
		}
}

static void
take_choice(struct wire_stream *s, const cJSON *choice)
{
	const cJSON *delta = json_get(choice, "delta"), *v;
	const char *reason = json_str(choice, "finish_reason");

	if (!delta)
		delta = json_get(choice, "message");
	cJSON_ArrayForEach (v, delta)
		take_member(s, v);
	if (reason)
		take_end(s, reason);
}

static void
take_usage(struct wire_stream *s, const cJSON *u)
{
	const cJSON *in = json_get(u, "prompt_tokens_details");
	const cJSON *out = json_get(u, "completion_tokens_details");

	if (!cJSON_IsObject(u))
		return;
	s->usage = (struct turn_usage){
		.input = json_int(u, "prompt_tokens", 0),
		.cached = json_int(in, "cached_tokens", 0),
		.cache_write = json_int(in, "cache_write_tokens", 0),
		.output = json_int(u, "completion_tokens", 0),
		.reasoning = json_int(out, "reasoning_tokens", 0),
		.known = true,
	};
}

static void
event(struct wire_stream *s, const cJSON *e)
{
	const cJSON *choices = json_get(e, "choices"), *error;
	const cJSON *choice = choices ? choices->child : NULL;

	if (!choice && (error = json_get(e, "error")) && !cJSON_IsNull(error)) {
		wire_error(s, error, 0);
		return;
	}
	if (!choice && str_eq(json_str(e, "object"), "error")) {
		wire_error(s, e, 0);
		return;
	}
	if (!s->model)
		wire_set(&s->model, e, "model");
	if (choice)
		take_choice(s, choice);
	take_usage(s, json_get(e, "usage"));
}

/* [DONE] may be missing; a reason to end must not. */
static void
finish(struct wire_stream *s)
{
	s->ended = s->end != END_NONE;
}

const struct wire wire_openai_chat = {
	.name = "openai-chat",
	.path = "/chat/completions",
	.models_path = "/models",
	.key_header = "Authorization: Bearer ",
	.id_header = "x-request-id",
	.after_max_ms = 120 * 1000,
	.build = build,
	.event = event,
	.finish = finish,
};
