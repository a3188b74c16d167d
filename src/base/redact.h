/*
 * redact.h - known secret values are replaced by "[secret:NAME]" in every
 * text before it reaches the journal, an artifact, a log, a model or the
 * screen.
 *
 * What counts as known: what redact_add was told (the contents of `secret:`
 * files), and the values of environment variables whose names look like
 * keys (redact_env). Values under REDACT_MIN bytes are ignored: replacing
 * them would eat ordinary words. Where several values start at the same
 * byte the longest wins; matching goes on after it.
 *
 *	redact_env(r, environ);
 *	redact_text(r, text, len, &out);
 *
 * Output that comes in pieces goes through a redact_stream, which holds
 * back what could be the start of a secret: the result does not depend on
 * where the pieces were cut. It holds at most the longest secret's length.
 *
 * Cost: one memmem of the text for each secret. Thread-safe: a secret that is
 * added counts for what is redacted from then on.
 */
#ifndef AGENTOPS_BASE_REDACT_H
#define AGENTOPS_BASE_REDACT_H

#include "base/buf.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>

enum { REDACT_MIN = 8, REDACT_MAX = 64 << 10 };

struct redact;

struct redact *redact_new(void);
void redact_free(struct redact *r);
DEFINE_AUTO_PTR(redact);

/* Copies. Blanks and newlines around the value are not part of it. False
 * when it is shorter than REDACT_MIN or longer than REDACT_MAX and so was
 * not registered; a value known already keeps its first name. */
bool redact_add(struct redact *r, const char *name, const char *value);
/* Adds the variables of env ("NAME=value", NULL-terminated) whose names
 * redact_name_is_secret. */
void redact_env(struct redact *r, char *const *env);
/* Adds the content of the regular file NAME in dir, and what stands behind
 * KEY= in its lines, or at KEY in its JSON, where KEY says that it is secret;
 * of a value of several lines (a private key) each long one, too. A file that
 * can't be read adds nothing. */
void redact_file(struct redact *r, const char *dir, const char *name);
/* Adds each file of the folder; one that is not there adds nothing. */
void redact_files(struct redact *r, const char *dir);
/* *API_KEY, *_TOKEN, *_SECRET, *_SECRET_KEY, *_ACCESS_KEY, *PRIVATE_KEY,
 * *PASSWORD, *PASSWD, TOKEN, SECRET, in any case. */
bool redact_name_is_secret(const char *name);

/* Appends text to out with the secrets replaced; r NULL copies as it is. */
void redact_text(const struct redact *r, const char *text, size_t len,
		 struct buf *out);
/* The same for a string; caller frees. */
char *redact_str(const struct redact *r, const char *text);

struct redact_stream {
	const struct redact *redact; /* borrowed; NULL passes all through */
	struct buf held;             /* may be the start of a secret */
};

void redact_stream_init(struct redact_stream *s, const struct redact *r);
/* Appends to out what is certain. */
void redact_stream_add(struct redact_stream *s, const char *data, size_t len,
		       struct buf *out);
/* Appends the rest; the stream may be used again. */
void redact_stream_finish(struct redact_stream *s, struct buf *out);
void redact_stream_release(struct redact_stream *s);

#endif
