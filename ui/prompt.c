/*
 * prompt.c
 *
 *  1. history_at is -1 while the draft is edited; going back keeps the draft.
 *  2. candidates belong to the text as it was when they were asked for; any
 *     other key than the completion's takes them away.
 */
#include "ui/prompt.h"

#include "cli/slash.h"
#include "cli/slash_words.h"
#include "flow/template.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_ROWS = 5, CANDIDATE_ROWS = 6, HELP_COLUMN = 28 };

void
prompt_init(struct prompt *p)
{
	memset(p, 0, sizeof(*p));
	p->history_at = -1;
	p->candidate = -1;
	p->search.single = true;
}

static void
drop_candidates(struct prompt *p)
{
	strv_release(&p->candidates);
	strv_release(&p->helps);
	p->candidate = -1;
	p->ticket = 0;
}

void
prompt_release(struct prompt *p)
{
	edit_release(&p->edit);
	edit_release(&p->search);
	drop_candidates(p);
	free(p->draft);
}

void
prompt_set(struct prompt *p, const char *line)
{
	drop_candidates(p);
	p->searching = false;
	p->history_at = -1;
	edit_set(&p->edit, line);
}

/* --- completion --------------------------------------------------------- */

/* Puts a candidate into the line in place of the word at the cursor. */
static void
put(struct prompt *p, const char *word)
{
	AUTO(buf) b = BUF_INIT;
	size_t end = p->edit.at;

	buf_add(&b, buf_str(&p->edit.text), p->word_at);
	buf_addstr(&b, word);
	p->edit.at = b.len;
	buf_addstr(&b, buf_str(&p->edit.text) + end);
	end = p->edit.at;
	edit_set(&p->edit, buf_str(&b));
	p->edit.at = end;
}

static void
add_candidate(struct prompt *p, const char *text, const char *help)
{
	strv_add(&p->candidates, text);
	strv_add(&p->helps, help ? help : "");
}

/* A path as it must be typed; of a folder one goes on, so its quote stays
 * open. */
static void
add_path(struct prompt *p, const char *path)
{
	AUTO_FREE char *quoted = slash_quote(path);
	size_t n = strlen(quoted);

	if (str_ends(path, "/") && !str_ends(quoted, "/") && n)
		quoted[n - 1] = '\0';
	add_candidate(p, quoted, "");
}

/* One candidate is put in at once; of several, what they have in common. */
static void
settle(struct prompt *p)
{
	size_t n = p->candidates.count, common;
	AUTO_FREE char *prefix = NULL;

	if (!n)
		return;
	common = strlen(p->candidates.items[0]);
	for (size_t i = 1; i < n; i++) {
		const char *a = p->candidates.items[0];
		const char *b = p->candidates.items[i];
		size_t k = 0;

		while (k < common && a[k] == b[k])
			k++;
		common = k;
	}
	prefix = xstrndup(p->candidates.items[0], common);
	if (n == 1 || p->edit.at - p->word_at < common)
		put(p, prefix);
	if (n > 1)
		return;
	if (!str_ends(prefix, "/") && !str_ends(prefix, "="))
		edit_insert(&p->edit, " ", 1);
	drop_candidates(p);
}

static void
add_runs(struct prompt *p, const struct app *a, const char *prefix)
{
	for (size_t i = 0; i < a->runs.count; i++)
		if (str_starts(a->runs.items[i].id, prefix))
			add_candidate(p, a->runs.items[i].id,
				      a->runs.items[i].task);
}

static void
add_gates(struct prompt *p, const struct app *a, const char *prefix)
{
	for (size_t i = 0; i < a->gates.count; i++) {
		const struct gate_item *g = &a->gates.items[i];
		AUTO_FREE char *name =
			xasprintf("%s.%d", g->run, (int)g->number);

		if (str_starts(name, prefix))
			add_candidate(p, name, g->title);
	}
}

/* Of the key table; a name that several contexts have, once. */
static void
add_actions(struct prompt *p, const char *prefix)
{
	for (enum action a = ACTION_NONE + 1; a < ACTION_COUNT; a++) {
		const struct action_row *row = action_row(a);

		if (str_starts(row->name, prefix) &&
		    !strv_has(&p->candidates, row->name))
			add_candidate(p, row->name, row->help);
	}
}

static void
ask_names(struct prompt *p, struct app *a, enum ask_kind kind,
	  const char *prefix)
{
	struct ask *k;

	p->ticket = app_ticket(a);
	k = app_ask(a, kind);
	k->text = xstrdup(prefix);
	k->ticket = p->ticket;
}

static bool
complete(struct prompt *p, struct app *a)
{
	struct slash_completion c;

	if (!p->edit.text.len)
		return false;
	if (p->candidates.count) {
		p->candidate = (p->candidate + 1) % (int)p->candidates.count;
		put(p, p->candidates.items[p->candidate]);
		return true;
	}
	slash_complete(buf_str(&p->edit.text), p->edit.at, &c);
	p->word_at = c.start;
	for (size_t i = 0; i < c.count; i++)
		add_candidate(p, c.items[i].text, c.items[i].help);
	/* One candidate is put in at once; more would come too late. */
	if (c.kind == SLASH_COMMANDS && c.count != 1 && *c.prefix == '/')
		ask_names(p, a, ASK_COMMANDS, c.prefix);
	else if (c.kind == SLASH_RUN)
		add_runs(p, a, c.prefix);
	else if (c.kind == SLASH_GATE)
		add_gates(p, a, c.prefix);
	else if (c.kind == SLASH_ACTION)
		add_actions(p, c.prefix);
	else if (c.kind == SLASH_PATTERN)
		ask_names(p, a, ASK_PATTERNS, c.prefix);
	else if (c.kind == SLASH_TEMPLATE)
		ask_names(p, a, ASK_TEMPLATES, c.prefix);
	else if (c.kind == SLASH_FILE || c.kind == SLASH_FOLDER)
		ask_names(p, a, ASK_FILES, c.prefix);
	slash_completion_release(&c);
	settle(p);
	return true;
}

/* Those whose names go on what was typed. */
static void
add_templates(struct prompt *p, const struct template_rows *rows)
{
	const char *typed = buf_str(&p->edit.text) + p->word_at;
	size_t len = p->edit.at - p->word_at;

	for (size_t i = 0; i < rows->count; i++) {
		const struct template_row *t = &rows->items[i];

		if (strncmp(t->name, typed, len) == 0)
			add_candidate(p, t->name, t->t ? t->t->title : "");
	}
}

void
prompt_message(struct prompt *p, struct app *a, struct msg *m)
{
	(void)a;
	if (!p->ticket || m->ticket != p->ticket)
		return;
	if (m->kind == MSG_FILES)
		for (size_t i = 0; i < m->names->count; i++)
			add_path(p, m->names->items[i]);
	else if (m->kind == MSG_PATTERNS)
		for (size_t i = 0; i < m->patterns->count; i++)
			add_candidate(p, m->patterns->items[i].id,
				      m->patterns->items[i].name);
	else if (m->kind == MSG_TEMPLATES)
		add_templates(p, m->templates);
	else
		return;
	p->ticket = 0;
	settle(p);
}

/* --- history ------------------------------------------------------------ */

static void
show_history(struct prompt *p, const struct app *a)
{
	edit_set(&p->edit, p->history_at < 0 ? (p->draft ? p->draft : "") :
					       a->history.items[p->history_at]);
}

static bool
go_back(struct prompt *p, const struct app *a)
{
	int64_t at =
		p->history_at < 0 ? (int64_t)a->history.count : p->history_at;

	/* Within a text of several lines Up moves between them. */
	if (memchr(buf_str(&p->edit.text), '\n', p->edit.at))
		return false;
	if (!at)
		return true;
	if (p->history_at < 0) {
		free(p->draft);
		p->draft = xstrdup(buf_str(&p->edit.text));
	}
	p->history_at = at - 1;
	show_history(p, a);
	return true;
}

static bool
go_forward(struct prompt *p, const struct app *a)
{
	if (strchr(buf_str(&p->edit.text) + p->edit.at, '\n'))
		return false;
	if (p->history_at < 0)
		return true;
	p->history_at = p->history_at + 1 < (int64_t)a->history.count ?
				p->history_at + 1 :
				-1;
	show_history(p, a);
	return true;
}

/* The newest line before `from` that holds what is searched; -1. */
static int64_t
find(const struct prompt *p, const struct app *a, int64_t from)
{
	for (int64_t i = from - 1; i >= 0; i--)
		if (strstr(a->history.items[i], buf_str(&p->search.text)))
			return i;
	return -1;
}

static void
search(struct prompt *p, const struct app *a, int64_t from)
{
	int64_t at = find(p, a, from);

	if (at < 0)
		return;
	p->history_at = at;
	show_history(p, a);
}

static bool
search_more(struct prompt *p, const struct app *a)
{
	if (p->searching) {
		search(p, a, p->history_at);
		return true;
	}
	p->searching = true;
	edit_set(&p->search, "");
	free(p->draft);
	p->draft = xstrdup(buf_str(&p->edit.text));
	p->history_at = -1;
	return true;
}

/* --- keys --------------------------------------------------------------- */

static bool
send_line(struct prompt *p, struct app *a)
{
	AUTO_FREE char *line = xstrdup(buf_str(&p->edit.text));

	if (p->searching) {
		p->searching = false;
		return true;
	}
	edit_set(&p->edit, "");
	p->history_at = -1;
	free(TAKE(p->draft));
	app_command(a, line);
	return true;
}

static bool
leave(struct prompt *p, const struct app *a)
{
	if (p->candidates.count) {
		drop_candidates(p);
		return true;
	}
	if (!p->searching)
		return false;
	p->searching = false;
	p->history_at = -1;
	show_history(p, a);
	return true;
}

bool
prompt_action(struct prompt *p, struct app *a, enum action act)
{
	if (act == ACTION_PROMPT_COMPLETE)
		return complete(p, a);
	if (act == ACTION_PROMPT_LEAVE)
		return leave(p, a);
	drop_candidates(p);
	switch (act) {
	case ACTION_PROMPT_ACCEPT:
		return send_line(p, a);
	case ACTION_PROMPT_NEWLINE:
		edit_insert(&p->edit, "\n", 1);
		return true;
	case ACTION_PROMPT_OLDER:
		return go_back(p, a);
	case ACTION_PROMPT_NEWER:
		return go_forward(p, a);
	case ACTION_PROMPT_SEARCH:
		return search_more(p, a);
	default:
		return false;
	}
}

bool
prompt_input(struct prompt *p, struct app *a, const struct input *in)
{
	struct edit *e = p->searching ? &p->search : &p->edit;
	bool used = true;

	if (in->kind == INPUT_PASTE)
		edit_insert(e, in->text, in->len);
	else
		used = edit_key(e, in);
	if (!used)
		return false;
	drop_candidates(p);
	if (p->searching)
		search(p, a, (int64_t)a->history.count);
	return true;
}

/* --- view --------------------------------------------------------------- */

static int
candidate_rows(const struct prompt *p)
{
	int n = (int)p->candidates.count;

	return n < CANDIDATE_ROWS ? n : CANDIDATE_ROWS;
}

int
prompt_rows(const struct prompt *p, const struct app *a, int columns)
{
	int rows = edit_rows(&p->edit, columns - 3);

	(void)a;
	return (rows < TEXT_ROWS ? rows : TEXT_ROWS) + candidate_rows(p) +
	       p->searching;
}

static void
view_candidates(const struct prompt *p, const struct app *a, struct frame *f,
		struct rect r)
{
	int first = p->candidate >= r.h ? p->candidate - r.h + 1 : 0;

	for (int y = 0; y < r.h; y++) {
		size_t i = (size_t)first + (size_t)y;
		struct rect line = { r.x, r.y + y, r.w, 1 };

		frame_cut(f, r, 2, y, r.w / 2, p->candidates.items[i],
			  app_style(a, ROLE_TEXT));
		frame_cut(f, r, HELP_COLUMN, y, r.w - HELP_COLUMN - 1,
			  p->helps.items[i], app_style(a, ROLE_DIM));
		if ((int)i == p->candidate)
			frame_restyle(f, line, app_style(a, ROLE_SELECTED));
	}
}

void
prompt_view(const struct prompt *p, const struct app *a, struct frame *f,
	    struct rect r, bool focused)
{
	struct rect c = rect_cut_top(&r, candidate_rows(p));
	struct style st = app_style(a, ROLE_INPUT);

	view_candidates(p, a, f, c);
	if (p->searching) {
		struct rect s = rect_cut_top(&r, 1);
		int x = frame_text(f, s, 0, 0,
				   "search: ", app_style(a, ROLE_KEY));

		rect_cut_left(&s, x);
		edit_view(&p->search, f, s, st, focused);
	}
	frame_text(f, r, 0, 0, ">",
		   app_style(a, focused ? ROLE_KEY : ROLE_DIM));
	rect_cut_left(&r, 2);
	if (!p->edit.text.len && !focused)
		frame_printf(f, r, 0, 0, app_style(a, ROLE_DIM),
			     "%s for a task or a command",
			     keymap_key(a->keys, ACTION_GLOBAL_COMMAND));
	edit_view(&p->edit, f, r, st, focused && !p->searching);
}
