#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void
set_message(struct err *err, const char *fmt, va_list ap)
{
	char msg[ERR_MSG_SIZE];
	int n = vsnprintf(msg, sizeof(msg), fmt, ap);

	if (n >= (int)sizeof(msg))
		memcpy(msg + sizeof(msg) - 4, "...", 4);
	/* By way of a copy: an argument may be the old err->msg. */
	memcpy(err->msg, msg, strlen(msg) + 1);
}

bool
err_fail(struct err *err, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return false;
	err->code = code;
	va_start(ap, fmt);
	set_message(err, fmt, ap);
	va_end(ap);
	return false;
}

static enum err_code
code_of_errno(int errnum)
{
	switch (errnum) {
	case ENOENT:
	case ENOTDIR:
		return ERR_NOTFOUND;
	case EACCES:
	case EPERM:
	case EROFS:
		return ERR_DENIED;
	case ENOSPC:
	case EDQUOT:
		return ERR_NOSPACE;
	case EFBIG:
		return ERR_TOOBIG;
	default:
		return ERR_IO;
	}
}

#undef err_errno

bool
err_errno(struct err *err, int errnum, const char *fmt, ...)
{
	va_list ap;
	size_t len;

	if (!err)
		return false;
	err->code = code_of_errno(errnum);
	va_start(ap, fmt);
	set_message(err, fmt, ap);
	va_end(ap);
	len = strlen(err->msg);
	snprintf(err->msg + len, sizeof(err->msg) - len, ": %s",
		 strerror(errnum));
	return false;
}

bool
err_prefix(struct err *err, const char *fmt, ...)
{
	char rest[ERR_MSG_SIZE];
	va_list ap;
	size_t len;

	if (!err)
		return false;
	memcpy(rest, err->msg, sizeof(rest));
	va_start(ap, fmt);
	set_message(err, fmt, ap);
	va_end(ap);
	len = strlen(err->msg);
	snprintf(err->msg + len, sizeof(err->msg) - len, ": %s", rest);
	return false;
}

static const struct {
	const char *word;
	int status;
} codes[] = {
#define X(code, word, status) [code] = { word, status },
	ERR_CODES(X)
#undef X
};

const char *
err_word(enum err_code code)
{
	return codes[code].word;
}

int
err_exit_status(enum err_code code)
{
	return codes[code].status;
}
