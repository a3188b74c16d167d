/*
 * wire.h - between turn.c, the streaming core, and the wire formats.
 *
 * A wire format writes a request's body and reads the events of its answer
 * into a wire_stream; the core does everything else: HTTP, SSE, headers,
 * errors, retries, cancelling, the result.
 *
 * A stream's output is slots, one for each item, block or call that the
 * server opened, by the server's own index: events of several may be
 * interleaved. At the end they become the parts of one message, in order of
 * index.
 */
#ifndef AGENTOPS_AGENT_WIRE_H
#define AGENTOPS_AGENT_WIRE_H

#include "agent/provider.h"

/* A request as a wire format sees it. */
struct wire_request {
	const struct turn_request *rq;
	const struct provider_row *row;
	const struct strv *names; /* of rq->tools, as the wire may write them */
	bool stream;
};

struct wire_slot {
	int64_t index;
	enum message_part_kind kind; /* TEXT, CALL or OPAQUE */
	struct buf text;
	char *id, *name, *item, *phase;
	char *signature;  /* anthropic.c: of a thinking block */
	bool done;        /* the server said that it is whole */
};

struct wire_stream {
	struct wire_slot *slots;
	size_t slot_count, slot_cap;
	struct turn_usage usage;
	enum turn_end end;
	bool begun;       /* the first event of an answer was seen */
	bool ended;       /* the last one was */
	int64_t last_seq; /* openai.c: a lower one is a repetition */
	char *model;
	enum turn_failure failure;
	struct buf problem; /* the server's words for it */
	char *code;         /* the server's code for it */
	/* For the caller; NULL: nobody listens. */
	void (*emit)(void *ud, enum turn_delta_kind kind, const char *text,
		     size_t len);
	void *ud;
};

void wire_stream_release(struct wire_stream *s);

struct wire {
	const char *name;
	const char *path;          /* after the base URL */
	const char *models_path;
	const char *key_header;    /* "x-api-key: ", before the key */
	const char *fixed_header;  /* or NULL */
	const char *id_header;     /* where the request's id is */
	int64_t after_max_ms;      /* the longest Retry-After waited for */
	size_t body_limit;         /* bytes of a request; 0: none known */
	bool (*build)(const struct wire_request *w, struct buf *out,
		      struct err *err);
	/* One event, or the whole answer when it came in one piece. */
	void (*event)(struct wire_stream *s, const cJSON *data);
	/* The bytes are over. Sets ended when nothing more was needed. */
	void (*finish)(struct wire_stream *s);
};

extern const struct wire wire_openai, wire_openai_chat, wire_anthropic;

/* --- reading -------------------------------------------------------------- */

/* NULL when there is none of that index. */
struct wire_slot *wire_slot(struct wire_stream *s, int64_t index);
/* Makes one; moves the others. */
struct wire_slot *wire_slot_new(struct wire_stream *s, int64_t index,
				enum message_part_kind kind);
/* Adds to a TEXT slot and shows it. */
void wire_text(struct wire_stream *s, struct wire_slot *slot,
	       const char *text);
void wire_reasoning(struct wire_stream *s, const char *text);
/* Says that a call began. */
void wire_call(struct wire_stream *s, const struct wire_slot *slot);
/* The first failure counts. */
void wire_fail(struct wire_stream *s, enum turn_failure f, const char *fmt,
	       ...) __attribute__((format(printf, 3, 4)));
/* A member "error" of an event, or of an answer with a failing status (0:
 * none, it came in a stream): class, words and code. */
void wire_error(struct wire_stream *s, const cJSON *error, int status);
/* Sets *p to a copy of a string member, when there is one. */
void wire_set(char **p, const cJSON *object, const char *key);

/* Slots as parts of m; a tool written as names[i] is tools[i]. Calls that
 * max_tokens cut are dropped. */
void wire_message(struct wire_stream *s, const char *wire,
		  const struct strv *tools, const struct strv *names,
		  struct message *m);

/* --- writing -------------------------------------------------------------- */

/* The names of rq->tools with what no wire format takes replaced, all
 * different. */
void wire_names(const struct turn_request *rq, struct strv *ret);
/* The name to write for a tool of the history. Caller frees. */
char *wire_name(const struct wire_request *w, const char *tool);

/* Appends `"key":"value"`, with a comma when needed. */
void wire_add(struct buf *out, const char *key, const char *value);
/* Appends the JSON text as the value of key, compact; text that is no JSON
 * object becomes {"invalid_json": text}. */
void wire_add_object(struct buf *out, const char *key, const char *text);
/* The JSON text of an object, or what stands for it; caller frees. */
char *wire_object(const char *text);
/* The schema without $schema, with type and properties. */
bool wire_add_schema(struct buf *out, const char *key, const char *schema,
		     const char *subject, struct err *err);
/* Appends the file in base64. */
bool wire_add_base64(struct buf *out, const struct message_part *p,
		     struct err *err);
/* The same as the value of key: "data:image/png;base64,...". */
bool wire_add_data_url(struct buf *out, const char *key,
		       const struct message_part *p, struct err *err);
/* Whether this request shows the part as a picture: image/png, jpeg, gif or
 * webp, and the model has eyes. */
bool wire_shows(const struct wire_request *w, const struct message_part *p);
/* What is said instead of a part that cannot be sent. Caller frees. */
char *wire_note(const struct wire_request *w, const struct message_part *p);
/* Whether this wire format made the message: its opaque items and ids may go
 * back. */
bool wire_same(const struct message *m, const struct wire *wire);

#endif
