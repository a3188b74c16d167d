/*
 * markdown_out.h - markdown.h's lower half: styled text (a flow), and the
 * lines it is broken into, each behind the prefixes of the blocks it is in.
 *
 *	out_push(&o, "• ", "  ", ROLE_TEXT);   an item begins
 *	flow_add(&flow, s, len, ROLE_TEXT, STYLE_BOLD);
 *	out_flow(&o, &flow);                   its lines; the flow is empty
 *	out_pop(&o);
 */
#ifndef AGENTOPS_UI_MARKDOWN_OUT_H
#define AGENTOPS_UI_MARKDOWN_OUT_H

#include "ui/markdown.h"

/* Text and where in it a style begins. Tabs become blanks. */
struct flow_run {
	size_t start;
	enum role role;
	uint16_t attrs;
};

struct flow {
	struct buf text;
	struct flow_run *runs;
	size_t count, cap;
};

void flow_release(struct flow *w);
void flow_add(struct flow *w, const char *s, size_t len, enum role role,
	      uint16_t attrs);
/* Empties it, keeps the memory. */
void flow_reset(struct flow *w);

/* Nesting that is shown; what is deeper, or leaves less than half of the
 * width, stands no further to the right. */
enum { OUT_LEVELS = 16, OUT_PREFIX = 16 };

struct out_level {
	char first[OUT_PREFIX], rest[OUT_PREFIX];
	int width;
	enum role role;
	bool pending;  /* the first line is still to come */
};

struct out {
	struct markdown *m; /* borrows */
	int columns;
	bool ascii;
	struct out_level levels[OUT_LEVELS];
	int depth;          /* may be more than OUT_LEVELS */
	int used;           /* columns of all prefixes */
};

/* first and rest are as wide as each other. */
void out_push(struct out *o, const char *first, const char *rest,
	      enum role role);
/* A first prefix that no line has shown yet gets a line. */
void out_pop(struct out *o);
int out_room(const struct out *o);
/* Begins a line, prefixes included; out_put adds to it. */
void out_begin(struct out *o);
void out_put(struct out *o, const char *s, size_t len, enum role role,
	     uint16_t attrs);
void out_repeat(struct out *o, const char *s, int count, enum role role);
/* A line with nothing but what is left of it. */
void out_blank(struct out *o);
/* A slice of the flow, on the line begun; returns its columns. */
int out_slice(struct out *o, const struct flow *w,
	      const struct text_line *slice);
/* All of the flow as lines broken at blanks; empties it. */
void out_flow(struct out *o, struct flow *w);
/* The same line by line, the long ones broken where they are full. */
void out_code(struct out *o, struct flow *w);

/* markdown_table.c: a table, cell by cell. */
enum out_align { ALIGN_LEFT, ALIGN_CENTER, ALIGN_RIGHT };

struct out_table {
	struct flow *cells;  /* row by row, the header first */
	size_t count, cap;
	int columns;
	enum out_align *align; /* of each column */
};

void out_table_begin(struct out_table *t, int columns);
/* Takes what is in the flow. */
void out_table_cell(struct out_table *t, int column, enum out_align align,
		    struct flow *w);
/* Draws it; rows as "name: value" lines when the columns have no room. */
void out_table_end(struct out_table *t, struct out *o);
void out_table_release(struct out_table *t);

#endif
