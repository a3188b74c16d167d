/* A turn's text while it comes, for who looks at it: what counts, and is kept,
 * is the turn's event. Secrets are replaced before anybody sees it. */
#include "run/effect_agent.h"

#include <string.h>

void
turn_text_init(struct turn_text *t, const struct redact *redact)
{
	*t = (struct turn_text){ .last = DELTA_TEXT };
	redact_stream_init(&t->secrets, redact);
}

void
turn_text_release(struct turn_text *t)
{
	redact_stream_release(&t->secrets);
	buf_release(&t->text);
}

/* Lets the front go, whole characters. */
static void
trim(struct buf *b)
{
	size_t drop;

	if (b->len < 2 * TURN_TEXT_BYTES)
		return;
	drop = b->len - TURN_TEXT_BYTES;
	while (drop < b->len && ((unsigned char)b->data[drop] & 0xc0) == 0x80)
		drop++;
	memmove(b->data, b->data + drop, b->len - drop);
	buf_truncate(b, b->len - drop);
}

static void
begin_line(struct turn_text *t)
{
	redact_stream_finish(&t->secrets, &t->text);
	if (t->text.len && t->text.data[t->text.len - 1] != '\n')
		buf_addch(&t->text, '\n');
}

void
turn_text_add(struct live *l, const struct agent_state *a, struct turn_text *t,
	      const struct turn_delta *d)
{
	struct engine_text x;

	if (!l->o->on_text || l->leaving || !a)
		return;
	if (d->kind != t->last || d->kind > DELTA_REASONING)
		begin_line(t);
	t->last = d->kind;
	if (d->kind == DELTA_RETRY)
		buf_reset(&t->text); /* all of it comes again */
	if (d->kind == DELTA_CALL)
		buf_addstr(&t->text, "calls ");
	else if (d->kind == DELTA_RETRY)
		buf_addstr(&t->text, "asks again: ");
	redact_stream_add(&t->secrets, d->text, d->len, &t->text);
	if (d->kind > DELTA_REASONING)
		begin_line(t);
	trim(&t->text);
	x = (struct engine_text){ .run = l->state->id,
				  .step = run_agent_step(l->state, a),
				  .item = run_agent_item(l->state, a),
				  .turn = a->turn,
				  .text = buf_str(&t->text) };
	if (*x.text)
		l->o->on_text(l->o->text_ud, &x);
}
