/*
 * render_scan.h - inside of render: how values are written in each language,
 * and where in a text of that language one may stand.
 *
 * The scanner reads the template's own text, never a value. It knows quotes,
 * comments and here-documents, not grammar: what it can't place it calls
 * unsafe.
 */
#ifndef AGENTOPS_FLOW_RENDER_SCAN_H
#define AGENTOPS_FLOW_RENDER_SCAN_H

#include "flow/render.h"

/* A zeroed one stands at the beginning of a text. */
struct render_scan {
	enum render_target target;
	char quote;         /* inside this quote; 0: none */
	bool triple;        /* python: the quote is three of them */
	bool dollar;        /* shell: $'...' */
	const char *until;  /* inside something that ends with this */
	const char *where;  /* what that is, for messages */
	char last;          /* the character before; 0 at the beginning */
	bool here_document; /* shell: one has begun somewhere above */
	bool plain;         /* yaml: a scalar is going on, or has just ended */
	int flow;           /* yaml: in so many brackets */
};

void render_scan(struct render_scan *s, const char *text, size_t len);
/* A value stood here. */
void render_scan_value(struct render_scan *s);
/* NULL when a value may stand here, else what it would be inside of. */
const char *render_scan_unsafe(const struct render_scan *s);

/* Appends v as one token; NULL, or why it can't be one. */
const char *render_value(enum render_target target, const cJSON *v,
			 struct buf *out);
/* The same as a quoted identifier. */
const char *render_name(enum render_target target, const cJSON *v,
			struct buf *out);

#endif
