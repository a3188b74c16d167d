/*
 * event.h - the records of the journal; agentops-events(7) lists them.
 *
 * A record on the wire and in `--json`:
 *
 *	{"run":"261122-1052-k3f9x","seq":7,"ts":"2026-11-22T10:52:20.123456Z",
 *	 "type":"step.started","data":{...},"prev":"<64 hex>","hash":"<64 hex>"}
 *
 * seq counts from 1 without a gap in each run. data holds every field of the
 * type's row in events.def, in that order. hash is SHA-256 over the record's
 * text without `,"hash":...`, so it covers prev and with it all that came
 * before. prev of seq 1 is 64 zeros.
 */
#ifndef AGENTOPS_RUN_EVENT_H
#define AGENTOPS_RUN_EVENT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"

#include <stdint.h>

enum event_type {
#define EVENT(id, name, help, fields) EV_##id,
#define F(id, kind, name, help)
#include "run/events.def"
#undef EVENT
#undef F
	EVENT_TYPES,
};

/* One payload struct per row: `struct ev_step_started`. Pointers borrow: of
 * the caller when appending, of the arena when decoded. */
#define KIND_STR const char *
#define KIND_INT int64_t
#define KIND_BOOL bool
#define KIND_JSON const char *
#define EVENT(id, name, help, fields) \
	struct ev_##id {              \
		fields                \
	};
#define F(id, kind, name, help) KIND_##kind name;
#include "run/events.def"
#undef EVENT
#undef F

struct event {
	char run[ID_RUN_SIZE];
	int64_t seq, ts_us;
	enum event_type type;
	char hash[SHA256_HEX_SIZE], prev[SHA256_HEX_SIZE];
	union {
#define EVENT(id, name, help, fields) struct ev_##id id;
#define F(id, kind, name, help)
#include "run/events.def"
#undef EVENT
#undef F
	};
};

enum event_field_kind { FIELD_STR, FIELD_INT, FIELD_BOOL, FIELD_JSON };

struct event_field {
	const char *name, *help;
	size_t name_len;
	enum event_field_kind kind;
	size_t offset; /* in struct event */
};

/* The rows of events.def as data. */
struct event_row {
	const char *name, *help;
	const struct event_field *fields;
	int field_count;
	size_t name_len, payload_size;
};

const struct event_row *event_row(enum event_type type);
/* EVENT_TYPES when there is no such type. */
enum event_type event_type_parse(const char *name);

/* Appends the data object of e, canonical. */
void event_encode(struct buf *out, const struct event *e);

/*
 * Fills the payload of ret from a data object; ret->type is set by the
 * caller. Fields that are missing become null, 0 or false; unknown fields
 * are passed over; a value of another kind is an error, and so is a NUL
 * byte. Strings and JSON texts live in the arena. Accepts any bytes.
 */
bool event_decode(const char *data, size_t len, struct arena *arena,
		  struct event *ret, struct err *err);

/* The hash over run, seq, ts_us, type, prev of e and its data text. */
void event_hash(const struct event *e, const char *data,
		char out[SHA256_HEX_SIZE]);
/* Appends the whole record, one line without newline. */
void event_record(struct buf *out, const struct event *e, const char *data);

#endif
