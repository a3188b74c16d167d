/*
 * message.h - what a model is told and what it answers, whoever serves it.
 *
 * One neutral history; each provider's adapter writes it in its own wire
 * format. A message is a role and parts:
 *
 *	TEXT    text
 *	IMAGE   a picture: file, hash, media type
 *	FILE    another file, the same members
 *	CALL    the model asks for a tool: id, tool name, arguments as the JSON
 *	        text it wrote, broken or not
 *	RESULT  the answer to a call (in a user message): the call's id, parts
 *	        of its own (TEXT, IMAGE, FILE), whether it failed
 *	OPAQUE  a reasoning or thinking item as JSON text: it goes back
 *	        unchanged and in its place to the wire format it came from, and
 *	        to no other
 *
 * The system's instructions are no message; a request has them apart.
 *
 * Invariants: a CALL stands in an assistant message and is answered by one
 * RESULT in the next message; OPAQUE stands in assistant messages only, and
 * message.wire then names the wire format that made it.
 *
 * Pictures and files are named, not held: an adapter reads them when it
 * builds a request. So a history is small and can be journalled.
 */
#ifndef AGENTOPS_AGENT_MESSAGE_H
#define AGENTOPS_AGENT_MESSAGE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

enum message_role { ROLE_USER, ROLE_ASSISTANT };

/* id, word in JSON */
#define MESSAGE_PARTS(X) \
	X(PART_TEXT, "text") \
	X(PART_IMAGE, "image") \
	X(PART_FILE, "file") \
	X(PART_CALL, "call") \
	X(PART_RESULT, "result") \
	X(PART_OPAQUE, "opaque")

enum message_part_kind {
#define X(id, word) id,
	MESSAGE_PARTS(X)
#undef X
};

struct message_part {
	enum message_part_kind kind;
	char *text;       /* TEXT; CALL: the arguments; OPAQUE: the item */
	char *id;         /* CALL, RESULT: links them */
	char *name;       /* CALL: the tool; IMAGE, FILE: for people */
	char *path;       /* IMAGE, FILE: absolute */
	char *sha256;     /* IMAGE, FILE: of the content, or NULL */
	char *media_type; /* IMAGE, FILE: "image/png" */
	char *item;       /* TEXT, CALL: the server's own id of it, or NULL */
	char *phase;      /* TEXT: the server's word for it, or NULL */
	bool failed;      /* RESULT */
	struct message_part *parts; /* RESULT */
	size_t part_count, part_cap;
};

struct message {
	enum message_role role;
	char *wire;       /* assistant: the wire format that made it, or NULL */
	struct message_part *parts;
	size_t part_count, part_cap;
};

void message_release(struct message *m);

/* Each appends a part and gives it; it moves when the next is added. Text is
 * copied, NULL stays NULL. */
struct message_part *message_text(struct message *m, const char *text);
struct message_part *message_image(struct message *m, const char *path,
				   const char *media_type);
struct message_part *message_file(struct message *m, const char *path,
				  const char *media_type);
struct message_part *message_call(struct message *m, const char *id,
				  const char *tool, const char *arguments);
struct message_part *message_result(struct message *m, const char *call_id,
				    bool failed);
struct message_part *message_opaque(struct message *m, const char *json);
/* Appends to a RESULT. */
struct message_part *message_result_add(struct message_part *result,
					enum message_part_kind kind,
					const char *text_or_path,
					const char *media_type);

/* Moves a part of another message to the end of m. */
void message_move_part(struct message *m, struct message_part *part);

/* All TEXT parts, a newline between them; caller frees. */
char *message_plain(const struct message *m);
size_t message_calls(const struct message *m);

/*
 * {"role":"assistant","wire":"anthropic","parts":[{"type":"call","id":"c1",
 * "name":"chart","text":"{}"}]}; members that are NULL are left out.
 */
void message_add_json(struct buf *out, const struct message *m);
/* False with err (ERR_DATA) for what message_add_json never writes. */
bool message_from_json(const cJSON *json, struct message *ret,
		       struct err *err);

/* A history. */
struct messages {
	struct message *items;
	size_t count, cap;
};

void messages_release(struct messages *list);
/* Appends an empty message and gives it; it moves when the next is added. */
struct message *messages_add(struct messages *list, enum message_role role);
/* Takes what m has and empties it. */
void messages_take(struct messages *list, struct message *m);

#endif
