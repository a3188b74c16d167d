/*
 * err.h - errors as values.
 *
 * A function that can fail returns bool and takes a `struct err *` as its
 * last argument:
 *
 *	if (!path_read(path, LIMIT, &text, err))
 *		return false;
 *	if (text.len == 0)
 *		return FAIL(err, ERR_DATA, "%s: the file is empty", path);
 *
 * Rules: on success the err is untouched; on failure every ret_ argument is
 * untouched. A message names its subject (file:line, URL, step), the reason,
 * and what to do. Passing NULL for err means the caller does not care why.
 */
#ifndef AGENTOPS_BASE_ERR_H
#define AGENTOPS_BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>

/*
 * code, word used in --json output, process exit status (agentops(1),
 * EXIT STATUS). Add a row here and nowhere else.
 */
#define ERR_CODES(X) \
	X(ERR_NONE, "none", 0) \
	X(ERR_USAGE, "usage", 2) \
	X(ERR_CONFIG, "config", 3) \
	X(ERR_ENV, "environment", 3) \
	X(ERR_IO, "io", 3) \
	X(ERR_NOSPACE, "no-space", 3) \
	X(ERR_DENIED, "permission", 3) \
	X(ERR_NOTFOUND, "not-found", 2) \
	X(ERR_SYNTAX, "syntax", 2) \
	X(ERR_DATA, "data", 1) \
	X(ERR_TOOBIG, "too-big", 1) \
	X(ERR_CORRUPT, "corrupt", 3) \
	X(ERR_BUSY, "busy", 3) \
	X(ERR_CONFLICT, "conflict", 1) \
	X(ERR_SANDBOX, "sandbox", 3) \
	X(ERR_TOOL, "tool", 1) \
	X(ERR_TIMEOUT, "timeout", 1) \
	X(ERR_CANCELLED, "cancelled", 130) \
	X(ERR_NETWORK, "network", 1) \
	X(ERR_REJECTED, "rejected", 4) \
	X(ERR_LIMIT, "limit", 5) \
	X(ERR_PARKED, "parked", 75)

enum err_code {
#define X(code, word, status) code,
	ERR_CODES(X)
#undef X
};

enum { ERR_MSG_SIZE = 1024 };

/* Plain data, copied freely. Longer messages end in "...". */
struct err {
	enum err_code code;
	char msg[ERR_MSG_SIZE];
};

#define ERR_INIT { ERR_NONE, "" }

/* Sets code and message; always returns false, so it can be returned. */
bool err_fail(struct err *err, enum err_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As err_fail, the code chosen from an errno value, ": strerror" appended. */
bool err_errno(struct err *err, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "text: " before the message of an err already set; returns false. */
bool err_prefix(struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

const char *err_word(enum err_code code);
int err_exit_status(enum err_code code);

/* That they return false is seen by tools that look at one file only. */
static inline bool
err_false(bool failed)
{
	(void)failed;
	return false;
}

#define FAIL(err, code, ...) err_false(err_fail(err, code, __VA_ARGS__))
#define err_errno(err, ...) err_false(err_errno(err, __VA_ARGS__))

#endif
