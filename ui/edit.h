/*
 * edit.h - a text that a person edits: the prompt, fields, comments.
 *
 * Bytes are UTF-8 without NUL; the cursor stands between grapheme clusters.
 * Pure.
 *
 * Keys handled (readline's): printable text, Left Right Home End C-a C-e C-b
 * C-f, M-b M-f C-Left C-Right by word, Backspace C-h Del C-d, C-w M-Backspace
 * M-d by word, C-u C-k to the ends of the line, C-y yank, C-t swap, C-_ undo,
 * Up and Down between the lines of a text of several. Enter and Tab are the
 * caller's: a new line is edit_insert(e, "\n", 1).
 */
#ifndef AGENTOPS_UI_EDIT_H
#define AGENTOPS_UI_EDIT_H

#include "ui/frame.h"
#include "ui/input.h"

struct edit {
	struct buf text;
	size_t at;           /* cursor, in bytes */
	struct buf killed;   /* for C-y: the last one only */
	struct edit_undo *undo;
	size_t undo_count, undo_cap;
	bool single;         /* one line: newlines become blanks, what is
				wider than the rect scrolls sideways */
	bool masked;         /* a secret: shown as dots, never killed to
				yank elsewhere, no words to move by */
	size_t limit_bytes;  /* 0: 1 MiB; what is over it is dropped */
};

/* Of a secret, wipes the memory first. */
void edit_release(struct edit *e);
/* Replaces all; the cursor goes to the end; undo is forgotten. */
void edit_set(struct edit *e, const char *text);
/* Inserts at the cursor (typed or pasted): invalid UTF-8 and NUL become
 * U+FFFD, "\r\n" and "\r" a newline. */
void edit_insert(struct edit *e, const char *text, size_t len);
/* True when the key (or paste) was one of those above and is used up; Up in
 * the first line and Down in the last are not. */
bool edit_key(struct edit *e, const struct input *in);
/* Rows needed at this width, the cursor's place after the end included (at
 * least 1; 1 when single). Lines are broken between clusters. */
int edit_rows(const struct edit *e, int columns);
/* Draws into r, scrolled so that the cursor is inside; sets the frame's
 * cursor when focused. */
void edit_view(const struct edit *e, struct frame *f, struct rect r,
	       struct style st, bool focused);

#endif
