/*
 * source.h - the bytes of a text file as a stream of chunks in constant
 * memory, whatever its encoding.
 *
 * UTF-16 is turned into UTF-8 as it comes. Everything else is handed on as
 * it is, and counted: whether the file is UTF-8 or a single-byte encoding is
 * known for certain only at its end, and data_text_add turns a piece of it
 * into UTF-8 then.
 */
#ifndef AGENTOPS_TOOL_DATA_SOURCE_H
#define AGENTOPS_TOOL_DATA_SOURCE_H

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>

/* encoding, its name in the JSON. */
#define DATA_ENCODINGS(X) \
	X(DATA_UTF8, "utf-8") \
	X(DATA_UTF8_BOM, "utf-8-sig") \
	X(DATA_UTF16LE, "utf-16-le") \
	X(DATA_UTF16BE, "utf-16-be") \
	X(DATA_LATIN1, "latin-1") \
	X(DATA_CP1252, "cp1252")

enum data_encoding {
#define X(encoding, name) encoding,
	DATA_ENCODINGS(X)
#undef X
};

const char *data_encoding_name(enum data_encoding e); /* as Python has it */

/* What was seen so far, for the encoding and for warnings. */
struct data_text_stats {
	int64_t bytes;        /* of the file, the BOM included */
	int64_t nul_bytes;    /* U+0000 in UTF-16 */
	int64_t multibyte;    /* valid UTF-8 sequences beyond ASCII */
	int64_t invalid;      /* bytes that are not UTF-8; lone surrogates */
	int64_t high_control; /* bytes 0x80 to 0x9f: Windows-1252 */
	int pending;          /* continuation bytes still missing */
};

void data_text_count(struct data_text_stats *st, const char *s, size_t len);
/* The single-byte encoding when the bytes can't be UTF-8, else fallback. */
enum data_encoding data_text_encoding(const struct data_text_stats *st,
				      enum data_encoding fallback);
/* Appends s, of a file of that encoding, as UTF-8. */
void data_text_add(struct buf *out, enum data_encoding e, const char *s,
		   size_t len);

enum { DATA_CHUNK = 128 << 10 };

struct data_source {
	int fd;              /* borrowed; -1: only what was given */
	const char *name;    /* borrowed, for messages */
	enum data_encoding encoding;
	struct data_text_stats stats;
	char *raw;           /* DATA_CHUNK bytes */
	size_t held;         /* bytes of raw that wait for their rest */
	struct buf decoded;  /* UTF-16 only */
	const char *given;   /* borrowed; fd -1 */
	size_t given_len;
};

/* Reads from fd's position, which must be after the BOM. */
void data_source_open(struct data_source *s, int fd, const char *name,
		      enum data_encoding e);
/* Text already in memory and already decoded. */
void data_source_memory(struct data_source *s, const char *text, size_t len);
void data_source_release(struct data_source *s);
/* The next piece, valid until the next call; length 0 at the end. */
bool data_source_next(struct data_source *s, const char **ret_text,
		      size_t *ret_len, struct err *err);

/* Decodes whole UTF-16 units; gives how many bytes it used (a surrogate
 * whose other half is missing stays). */
size_t data_utf16_decode(const char *s, size_t len, bool big_endian,
			 struct buf *out, struct data_text_stats *st);

#endif
