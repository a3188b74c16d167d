/*
 * provider.h - one turn of a model, whoever serves it.
 *
 *	struct provider_options o = { .loop = loop, .http = http,
 *				      .name = "anthropic" };
 *	AUTO_PTR(provider) p = provider_new(&o, err);
 *	struct turn_request rq = { .model = "claude-sonnet-5",
 *				   .messages = &history,
 *				   .on_delta = show, .on_done = take };
 *	struct turn *t = turn_start(p, &rq, err);
 *
 * A turn gives deltas as they come, and then exactly one result. A stream
 * that broke, an answer that was refused, a server that is overloaded: all
 * are results with a failure class and a message that says what to do.
 *
 * Retries are made here, by turn_retry_ms, a pure table: never what was
 * shown already, never what billing refused, at most `retries` times, and
 * the server's Retry-After is kept to.
 *
 * Keys come from the environment, by the provider's row. A key goes to the
 * base URL's host and nowhere else (redirects are not followed), over http
 * only to this machine, and never into a message: what a server says is
 * redacted first.
 *
 * Everything runs on the loop; nothing blocks but reading the pictures of a
 * request from disk.
 *
 * Wire formats and where their rules come from: openai.c (Responses),
 * openai_chat.c (Chat Completions and servers that speak it), anthropic.c
 * (Messages).
 */
#ifndef AGENTOPS_AGENT_PROVIDER_H
#define AGENTOPS_AGENT_PROVIDER_H

#include "agent/message.h"
#include "base/http.h"
#include "base/redact.h"

enum provider_flags {
	PROVIDER_LOCAL = 1 << 0,      /* runs on this machine, needs no key */
	PROVIDER_MAX_TOKENS = 1 << 1, /* knows max_tokens only */
	PROVIDER_PARALLEL = 1 << 2,   /* is told that calls may be parallel */
	PROVIDER_FILES = 1 << 3,      /* takes files that are no pictures */
	PROVIDER_STRICT = 1 << 4,     /* knows `strict` in a schema */
	PROVIDER_CHOICE = 1 << 5,     /* knows tool_choice */
};

struct wire;

/* Who serves models. */
struct provider_row {
	const char *name, *title;
	const struct wire *wire;
	const char *base_url;
	const char *base_env;  /* moves the base URL; NULL: nothing does */
	const char *key_env;
	const char *token_env; /* as key_env, sent as a bearer token; or NULL */
	unsigned flags;
};

/* NULL when there is no such provider. */
const struct provider_row *provider_find(const char *name);
const struct provider_row *provider_rows(size_t *ret_count);

struct provider_options {
	struct loop *loop;
	struct http *http;
	const char *name;
	const char *base_url;   /* NULL: from the environment, else the row */
	const struct redact *redact; /* knows the environment's secrets; NULL:
					one of its own */
	int64_t stall_ms;       /* without a byte; 0: PROVIDER_STALL_MS */
	int retries;            /* 0: PROVIDER_RETRIES; -1: none */
	bool whole;             /* ask for the answer in one piece */
};

enum {
	/* Models think for minutes before the first byte. */
	PROVIDER_STALL_MS = 5 * 60 * 1000,
	PROVIDER_RETRIES = 2, /* as both vendors' own clients */
	PROVIDER_BODY_LIMIT = 64 << 20,
	PROVIDER_EVENT_LIMIT = 16 << 20,
	/* Of a tool's name, in every wire format: [A-Za-z0-9_-]. */
	PROVIDER_TOOL_NAME = 64,
};

struct provider;

/* NULL with err (ERR_CONFIG): no such provider, no key, or a key would be
 * sent in the clear. Loop, http and redact are borrowed. */
struct provider *provider_new(const struct provider_options *o,
			      struct err *err);
/* Whether provider_new would make one: the key is there. */
bool provider_check(const char *name, const char *base_url, struct err *err);
/* After its turns. */
void provider_free(struct provider *p);
DEFINE_AUTO_PTR(provider);

const struct provider_row *provider_row(const struct provider *p);
const char *provider_base_url(const struct provider *p);

/* --- why a turn failed --------------------------------------------------- */

/* id, word, retried, error code, what to do */
#define TURN_FAILURES(X) \
	X(TURN_OK, "none", false, ERR_NONE, "") \
	X(TURN_RATE_LIMITED, "rate-limited", true, ERR_NETWORK, \
	  "wait, or use another model") \
	X(TURN_OVERLOADED, "overloaded", true, ERR_NETWORK, "try again later") \
	X(TURN_SERVER, "server", true, ERR_NETWORK, "try again later") \
	X(TURN_NETWORK, "network", true, ERR_NETWORK, \
	  "check the network and try again") \
	X(TURN_BILLING, "billing", false, ERR_LIMIT, \
	  "add credit or raise the limit at the provider") \
	X(TURN_AUTH, "auth", false, ERR_CONFIG, \
	  "check the key and what it may use") \
	X(TURN_CONTEXT, "context", false, ERR_TOOBIG, \
	  "the conversation is too long for the model") \
	X(TURN_REFUSED, "refused", false, ERR_REJECTED, \
	  "change what is asked") \
	X(TURN_REQUEST, "request", false, ERR_USAGE, \
	  "check the model's name and what it can do") \
	X(TURN_PROTOCOL, "protocol", false, ERR_DATA, \
	  "check that the base URL speaks this provider's protocol") \
	X(TURN_CANCELLED, "cancelled", false, ERR_CANCELLED, \
	  "nothing more is needed")

enum turn_failure {
#define X(id, word, retried, code, advice) id,
	TURN_FAILURES(X)
#undef X
};

const char *turn_failure_word(enum turn_failure f);

/* What decides about a retry. */
struct turn_trouble {
	enum turn_failure failure;
	bool shown;             /* a delta reached the caller */
	int should_retry;       /* x-should-retry: 1, 0; -1 not said */
	int64_t retry_after_ms; /* -1: not said */
	int64_t after_max_ms;   /* a longer Retry-After is not waited for */
	bool slow_down;         /* asked for in so many words */
};

/* Milliseconds to wait before retry number `retry` (from 0), or -1: do not.
 * unit: a random number in [0, 1). */
int64_t turn_retry_ms(const struct turn_trouble *t, int retry, double unit);

/* --- a turn -------------------------------------------------------------- */

struct turn_tool {
	const char *name, *description;
	const char *schema; /* JSON Schema of an object */
};

enum turn_choice { CHOICE_AUTO, CHOICE_NONE, CHOICE_REQUIRED };

enum turn_delta_kind {
	DELTA_TEXT,      /* text, len */
	DELTA_REASONING, /* text, len: for people, not part of the message */
	DELTA_CALL,      /* text: the tool's name; a call began */
	DELTA_RETRY,     /* text: why; wait_ms */
};

struct turn_delta {
	enum turn_delta_kind kind;
	const char *text; /* may be no UTF-8, NUL-terminated */
	size_t len;
	int64_t wait_ms;
};

struct turn_usage {
	int64_t input;       /* all of it, cached or not */
	int64_t cached;      /* of input: read from a cache */
	int64_t cache_write; /* of input: written to a cache */
	int64_t output;      /* with reasoning */
	int64_t reasoning;   /* of output */
	bool known;          /* the server said so */
};

enum turn_end {
	END_NONE,   /* it failed */
	END_DONE,
	END_CALLS,  /* the message has calls to answer */
	END_CUT,    /* max_tokens; calls that were cut are dropped */
	END_PAUSED, /* send the message back as it is and go on */
};

const char *turn_end_word(enum turn_end end);

struct turn_result {
	enum turn_failure failure;
	struct err err;         /* ERR_NONE when failure is TURN_OK */
	enum turn_end end;
	struct message message; /* whole, or what came before a failure */
	struct turn_usage usage;
	bool shown;
	int requests;           /* sent: 1 and the retries */
	char *request_id;       /* the server's, or NULL */
	char *model;            /* the server's name of it, or NULL */
};

void turn_result_release(struct turn_result *r);

typedef void turn_delta_fn(void *ud, const struct turn_delta *d);
/* Exactly once, on the loop, never from inside turn_start or turn_cancel; r
 * is released after it, take what you need. */
typedef void turn_done_fn(void *ud, struct turn_result *r);

/* Borrowed for the call of turn_start only. */
struct turn_request {
	const char *model;
	const char *system;      /* or NULL */
	const struct messages *messages;
	const struct turn_tool *tools;
	size_t tool_count;
	enum turn_choice choice;
	const char *schema;      /* the answer is JSON of this; or NULL */
	const char *schema_name; /* [A-Za-z0-9_-] */
	int64_t max_tokens;      /* 0: the server's default */
	const char *effort;      /* "low", ...; NULL: the server's default */
	bool no_vision;          /* pictures become a note with their path */
	bool no_reasoning;       /* the model has none to return */
	turn_delta_fn *on_delta; /* may be NULL */
	turn_done_fn *on_done;
	void *ud;
};

struct turn;

/* NULL with err when a picture cannot be read, the request is larger than
 * the provider takes, or nothing can be sent at all. */
struct turn *turn_start(struct provider *p, const struct turn_request *rq,
			struct err *err);
/* on_done follows with TURN_CANCELLED and what came; no delta does. From
 * anywhere but on_done. */
void turn_cancel(struct turn *t);

/* The body that turn_start would send: for hashing and for tests. */
bool turn_body(const struct provider *p, const struct turn_request *rq,
	       struct buf *out, struct err *err);

/* --- the models a server has --------------------------------------------- */

/* Names, or none with err.code set. */
typedef void provider_models_fn(void *ud, const struct strv *models,
				const struct err *err);

/* GET models; within limit_ms. fn is called exactly once, later. */
bool provider_models(struct provider *p, int64_t limit_ms,
		     provider_models_fn *fn, void *ud, struct err *err);

#endif
