/* Any bytes as the answer of a model, in each wire format: what comes of
 * them is a message that every format can send back. The first byte chooses
 * the format. */
#include "agent/sse.h"
#include "agent/wire.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct wire *const wires[] = { &wire_openai, &wire_openai_chat,
					    &wire_anthropic };

static bool
take(void *ud, const char *name, char *data, size_t len)
{
	void **arg = ud;
	const struct wire *wire = arg[0];
	struct wire_stream *s = arg[1];
	AUTO_JSON *v = json_parse(data, len, "event", NULL);

	(void)name;
	if (v)
		wire->event(s, v);
	return s->failure == TURN_OK && !s->ended;
}

/* Builds a request with the message in it and wants JSON: cJSON's own parser,
 * because what json_parse took at its greatest depth is deeper in a body. */
static void
send_back(const struct wire *wire, const struct message *m)
{
	const struct message history = *m;
	struct messages h = { .items = (struct message *)(uintptr_t)&history,
			      .count = 1 };
	struct turn_request rq = { .model = "m", .messages = &h };
	AUTO(strv) names = STRV_INIT;
	struct wire_request w = { .rq = &rq,
				  .row = provider_find("openai"),
				  .names = &names };
	AUTO(buf) out = BUF_INIT;
	AUTO_JSON *v = NULL;

	if (!wire->build(&w, &out, NULL))
		abort();
	v = cJSON_ParseWithLength(out.data, out.len);
	if (!v)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(strv) none = STRV_INIT;
	AUTO(message) m = { .role = ROLE_ASSISTANT };
	struct wire_stream s = { 0 };
	const struct wire *wire;
	void *arg[2];
	AUTO(sse) sse = { .limit = 1 << 16, .fn = take, .ud = arg };

	if (size < 1)
		return 0;
	wire = wires[data[0] % ARRAY_LEN(wires)];
	arg[0] = (void *)(uintptr_t)wire;
	arg[1] = &s;
	sse_add(&sse, (const char *)data + 1, size - 1, NULL);
	wire->finish(&s);
	wire_message(&s, wire->name, &none, &none, &m);
	for (size_t i = 0; i < ARRAY_LEN(wires); i++)
		send_back(wires[i], &m);
	wire_stream_release(&s);
	return 0;
}
