/*
 * The terminal of term.h: tty, screen, input and replies brought together.
 *
 * Invariants
 *  1. Between begin and end, `cells` collects what the screen says and `tail`
 *     what follows it; end sends both as one write.
 *  2. `found` is what environment and replies say; `caps` is what is in
 *     force: with the options, the terminfo entry and the ioctl applied.
 */
#include "ui/term.h"

#include "base/mem.h"
#include "base/str.h"
#include "ui/osc.h"
#include "ui/probe.h"
#include "ui/term_entry.h"
#include "ui/term_events.h"
#include "ui/term_screen.h"
#include "ui/term_tty.h"

#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct term {
	struct term_options o;
	struct term_events *events;
	struct tty *tty;
	struct input_decoder *decoder;
	struct term_caps found, caps;
	char *name; /* $TERM */
	char *entry_dir;
	struct term_entry_job *entry_job;
	bool entry_failed;
	enum term_colours terminfo; /* what the plain entry has */

	struct screen *screen;
	struct screen *first; /* before direct colour; see screen_free */
	bool direct;          /* opened with our own entry */
	bool erased;          /* by a change of screens: to be told */
	int width, height;
	bool updating, refused;
	struct buf cells, tail;

	bool shown; /* a frame was */
	bool asked, answered, caps_changed;
	bool title_pushed, hung_up;
};

/* --- capabilities ------------------------------------------------------------ */

/* Without delays, "$<5/>": no terminal of today needs them. */
static void
add_cap(struct term *t, struct buf *b, const char *name)
{
	for (const char *s = screen_string(t->screen, name); *s; s++) {
		if (s[0] == '$' && s[1] == '<') {
			const char *end = strchr(s, '>');

			if (end) {
				s = end;
				continue;
			}
		}
		buf_addch(b, *s);
	}
}

static void
set_modes(struct term *t)
{
	bool modern = probe_allowed(t->name);
	AUTO(buf) enter = BUF_INIT;
	AUTO(buf) leave = BUF_INIT;

	add_cap(t, &enter, "smcup");
	add_cap(t, &enter, "sgr0");
	add_cap(t, &enter, "op");
	add_cap(t, &enter, "rmir");
	add_cap(t, &enter, "smam");
	add_cap(t, &enter, "smkx");
	if (modern) /* the first: no scrolling region */
		buf_addstr(&enter, "\033[r\033[?2004h\033[?1004h");
	if (modern && t->o.mouse)
		buf_addstr(&enter, "\033[?1002h\033[?1006h");

	/* The first ends a string that was cut off. */
	if (modern)
		buf_addstr(&leave, "\033\\\033[?2026l");
	if (t->caps.picture == PICTURE_KITTY)
		buf_addstr(&leave, "\033_Ga=d,d=A,q=2\033\\");
	if (modern)
		buf_addstr(&leave, "\033[?1006l\033[?1002l\033[?1004l"
				   "\033[?2004l");
	if (t->title_pushed)
		buf_addstr(&leave, "\033[23;0t");
	add_cap(t, &leave, "sgr0");
	add_cap(t, &leave, "op");
	add_cap(t, &leave, "rmkx");
	add_cap(t, &leave, "cnorm");
	/* tmux, resized meanwhile, takes lines of it to the shell's screen. */
	if (*screen_string(t->screen, "rmcup"))
		add_cap(t, &leave, "clear");
	add_cap(t, &leave, "rmcup");
	if (!*screen_string(t->screen, "rmcup"))
		add_cap(t, &leave, "clear");
	tty_set_modes(t->tty, buf_str(&enter), buf_str(&leave));
}

static void
add_keys(struct term *t)
{
	static const struct {
		const char *cap;
		enum input_key key;
		unsigned mods;
	} keys[] = {
		{ "kcuu1", INPUT_UP, 0 },
		{ "kcud1", INPUT_DOWN, 0 },
		{ "kcub1", INPUT_LEFT, 0 },
		{ "kcuf1", INPUT_RIGHT, 0 },
		{ "khome", INPUT_HOME, 0 },
		{ "kend", INPUT_END, 0 },
		{ "kpp", INPUT_PAGE_UP, 0 },
		{ "knp", INPUT_PAGE_DOWN, 0 },
		{ "kich1", INPUT_INSERT, 0 },
		{ "kdch1", INPUT_DELETE, 0 },
		{ "kbs", INPUT_BACKSPACE, 0 },
		{ "kcbt", INPUT_TAB, INPUT_SHIFT },
		{ "kent", INPUT_ENTER, 0 },
		{ "kf1", INPUT_F1, 0 },
		{ "kf2", INPUT_F2, 0 },
		{ "kf3", INPUT_F3, 0 },
		{ "kf4", INPUT_F4, 0 },
		{ "kf5", INPUT_F5, 0 },
		{ "kf6", INPUT_F6, 0 },
		{ "kf7", INPUT_F7, 0 },
		{ "kf8", INPUT_F8, 0 },
		{ "kf9", INPUT_F9, 0 },
		{ "kf10", INPUT_F10, 0 },
		{ "kf11", INPUT_F11, 0 },
		{ "kf12", INPUT_F12, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		input_add_key(t->decoder, screen_string(t->screen, keys[i].cap),
			      keys[i].key, keys[i].mods);
	if (tty_erase(t->tty) == '\b')
		input_add_key(t->decoder, "\b", INPUT_BACKSPACE, 0);
}

static enum term_colours
terminfo_colours(struct term *t)
{
	int n = screen_number(t->screen, "colors");

	return n >= 256 ? TERM_256 :
	       n >= 16  ? TERM_16 :
	       n >= 8   ? TERM_8 :
			  TERM_MONO;
}

static enum term_colours
wanted_colours(const struct term *t)
{
	static const struct {
		const char *name;
		enum term_colours colours;
	} names[] = { { "none", TERM_MONO },
		      { "8", TERM_8 },
		      { "16", TERM_16 },
		      { "256", TERM_256 },
		      { "direct", TERM_DIRECT } };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq(t->o.colours, names[i].name))
			return names[i].colours;
	return t->found.colours == TERM_DIRECT && t->terminfo > TERM_MONO ?
		       TERM_DIRECT :
		       t->terminfo;
}

static void
apply_picture(struct term *t)
{
	static const char *const names[] = {
#define X(id, name) [id] = name,
		PICTURE_MODES(X)
#undef X
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq(t->o.pictures, names[i]))
			t->caps.picture = (enum picture_mode)i;
}

/* TIOCGWINSZ, then CSI 16 t, then CSI 14 t, else 8x16. */
static void
apply_cell_size(struct term *t)
{
	int columns, rows, x, y;
	struct term_caps *c = &t->caps;

	tty_size(t->tty, &columns, &rows, &x, &y);
	if (x < columns || y < rows) {
		x = c->area_width;
		y = c->area_height;
	} else {
		c->told_width = c->told_height = 0;
	}
	c->cell_width = c->told_width ? c->told_width :
			x >= columns  ? x / columns :
					8;
	c->cell_height = c->told_height ? c->told_height :
			 y >= rows      ? y / rows :
					  16;
}

static void on_entry(void *ud, bool ok);

/* entry: of our own, or NULL for the terminal's. False: nothing changed. */
static bool
open_screen(struct term *t, const char *entry)
{
	struct screen *s =
		screen_new(entry ? entry : t->name, entry ? t->entry_dir : NULL,
			   t->width, t->height);

	if (!s)
		return false;
	t->erased = t->screen != NULL;
	t->first = t->screen;
	t->screen = s;
	t->direct = str_eq(entry, TERM_ENTRY_DIRECT);
	return true;
}

static void
make_entry(struct term *t)
{
	t->entry_job =
		term_entry_make(t->o.loop, t->entry_dir, t->name, on_entry, t);
	t->entry_failed = !t->entry_job;
}

/* Direct colour is wanted: now, or as soon as there is an entry. */
static void
go_direct(struct term *t)
{
	if (t->direct || t->entry_failed || t->entry_job)
		return;
	if (!term_entry_exists(t->entry_dir)) {
		make_entry(t);
		return;
	}
	/* The new screen believes that no attribute is set. */
	add_cap(t, &t->cells, "sgr0");
	if (!open_screen(t, TERM_ENTRY_DIRECT)) {
		term_entry_forget(t->entry_dir);
		t->entry_failed = true;
	}
}

static void
apply_colours(struct term *t)
{
	enum term_colours wanted = wanted_colours(t);

	if (wanted == TERM_DIRECT)
		go_direct(t);
	if (!t->direct && wanted > t->terminfo)
		wanted = t->terminfo;
	t->caps.colours = wanted;
	screen_set_colours(t->screen, wanted);
}

static void
apply_caps(struct term *t)
{
	struct term_caps before = t->caps;

	t->caps = t->found;
	apply_picture(t);
	apply_cell_size(t);
	apply_colours(t);
	if (memcmp(&before, &t->caps, sizeof(before)) == 0)
		return;
	if (before.picture != t->caps.picture)
		set_modes(t);
	t->caps_changed = true;
}

static void
tell_caps(struct term *t)
{
	if (!t->caps_changed)
		return;
	t->caps_changed = false;
	if (t->o.on_caps)
		t->o.on_caps(t->o.ud);
	if (t->erased) {
		t->erased = false;
		t->o.on_resize(t->o.ud, t->width, t->height);
	}
}

static void
on_entry(void *ud, bool ok)
{
	struct term *t = ud;

	t->entry_job = NULL;
	t->entry_failed = !ok;
	apply_caps(t);
	tell_caps(t);
}

/* --- input ------------------------------------------------------------------ */

static void
on_decoded(void *ud, const struct input *in)
{
	struct term *t = ud;
	bool done;

	if (in->kind != INPUT_REPLY) {
		t->o.on_input(t->o.ud, in);
		return;
	}
	if (probe_reply(&t->found, in->text, in->len, &done))
		apply_caps(t);
	t->answered |= done;
}

static void
wait_for_rest(struct term *t)
{
	int wait_ms;
	bool pending = input_pending(t->decoder, &wait_ms);

	term_events_wait(t->events, pending ? wait_ms : 0,
			 wait_ms == INPUT_ESCAPE_MS);
}

static void
on_bytes(void *ud, const char *bytes, size_t len)
{
	struct term *t = ud;

	input_feed(t->decoder, bytes, len, on_decoded, t);
	wait_for_rest(t);
	tell_caps(t);
}

static void
on_wait_over(void *ud)
{
	struct term *t = ud;

	input_flush(t->decoder, on_decoded, t);
	wait_for_rest(t);
}

static void
on_drained(void *ud)
{
	struct term *t = ud;

	if (!t->refused)
		return;
	t->refused = false;
	if (t->o.on_ready)
		t->o.on_ready(t->o.ud);
}

static void
hang_up(void *ud)
{
	struct term *t = ud;

	if (t->hung_up)
		return;
	t->hung_up = true;
	t->o.on_hangup(t->o.ud);
}

static void
on_end(void *ud, int signum)
{
	struct term *t = ud;

	/* Typed for the editor: it reaches the whole group. */
	if (signum != SIGINT || tty_taken(t->tty))
		hang_up(t);
}

/* erased: what was on the screen is gone, also pictures. */
static void
check_size(struct term *t, bool erased)
{
	int width, height, x, y;

	tty_size(t->tty, &width, &height, &x, &y);
	if (width != t->width || height != t->height) {
		t->width = width;
		t->height = height;
		screen_resize(t->screen, width, height);
		erased = true;
	}
	apply_caps(t); /* cells may have another size */
	if (erased) {
		screen_redraw(t->screen);
		t->o.on_resize(t->o.ud, width, height);
	}
	tell_caps(t);
}

static void
on_window(void *ud)
{
	check_size(ud, false);
}

static void
on_stop(void *ud)
{
	struct term *t = ud;

	if (t->o.on_stop)
		t->o.on_stop(t->o.ud);
	else
		term_suspend(t);
}

/* Somebody stopped us without asking (SIGSTOP), and the shell has used the
 * screen since. */
static void
on_continued(void *ud)
{
	struct term *t = ud;

	if (!tty_retake(t->tty))
		return;
	check_size(t, true);
}

/* --- opening and closing ----------------------------------------------------- */

static const char *
get_env(void *ud, const char *name)
{
	(void)ud;
	return getenv(name);
}

/* A locale that is not installed must not cost the Unicode that the terminal
 * has. */
static void
set_locale(struct term *t)
{
	bool ok = setlocale(LC_CTYPE, "") != NULL;

	if (t->found.utf8 && (!ok || !str_eq(nl_langinfo(CODESET), "UTF-8")))
		setlocale(LC_CTYPE, "C.UTF-8");
	t->found.utf8 = str_eq(nl_langinfo(CODESET), "UTF-8");
	if (!t->found.utf8)
		t->found.extended_symbols = false;
}

static bool
open_first_screen(struct term *t, struct err *err)
{
	const char *own;

	/* What the environment says is known now: one screen is enough. */
	t->terminfo = TERM_256;
	own = wanted_colours(t) == TERM_DIRECT ? TERM_ENTRY_DIRECT :
						 TERM_ENTRY_PLAIN;
	if (!term_entry_exists(t->entry_dir) || !open_screen(t, own)) {
		term_entry_forget(t->entry_dir);
		open_screen(t, NULL);
	}
	if (!t->screen || !*screen_string(t->screen, "cup"))
		return FAIL(err, ERR_ENV,
			    "TERM=%s: this terminal is not known here, or "
			    "cannot move its cursor; set TERM, or use --plain",
			    t->name);
	if (!t->direct)
		t->terminfo = terminfo_colours(t);
	return true;
}

static bool
start(struct term *t, struct err *err)
{
	static const struct tty_events tty_on = { on_bytes, on_drained, hang_up,
						  NULL };
	static const struct term_events_on on = { on_wait_over, on_window,
						  on_stop, on_continued,
						  on_end };
	struct tty_events events = tty_on;
	int x, y;

	events.ud = t;
	t->tty = tty_new(t->o.loop, &events, err);
	if (!t->tty)
		return false;
	tty_size(t->tty, &t->width, &t->height, &x, &y);
	set_locale(t);
	if (!open_first_screen(t, err))
		return false;
	add_keys(t);
	apply_caps(t);
	t->caps_changed = false;
	set_modes(t);
	if (!tty_take(t->tty, err))
		return false;
	t->events = term_events_new(t->o.loop, &on, t);
	/* For the next start. */
	if (!t->entry_job && !term_entry_exists(t->entry_dir))
		make_entry(t);
	return true;
}

struct term *
term_new(const struct term_options *o, struct err *err)
{
	struct term *t = xcalloc(1, sizeof(*t));
	const char *name = getenv("TERM");

	t->o = *o;
	t->name = xstrdup(name ? name : "");
	t->entry_dir = term_entry_dir(o->paths, t->name);
	t->decoder = input_decoder_new();
	probe_environment(get_env, NULL, &t->found);
	if (start(t, err))
		return t;
	term_free(t);
	return NULL;
}

static bool
has_answered(void *ud)
{
	const struct term *t = ud;

	return t->answered;
}

static void
ignore_input(void *ud, const struct input *in)
{
	(void)ud;
	(void)in;
}

static void
ignore_size(void *ud, int width, int height)
{
	(void)ud;
	(void)width;
	(void)height;
}

void
term_free(struct term *t)
{
	enum { LATE_MS = 150 };

	if (!t)
		return;
	/* An answer under way would be typed into the shell. It is taken, and
	 * changes nothing: who would be told is gone. */
	t->o.on_input = ignore_input;
	t->o.on_resize = ignore_size;
	t->o.on_caps = NULL;
	t->o.on_hangup = NULL;
	t->entry_failed = true;
	t->hung_up = true;
	if (t->tty && t->asked)
		tty_absorb(t->tty, LATE_MS, has_answered, t);
	term_events_free(t->events);
	tty_free(t->tty);
	if (t->entry_job)
		term_entry_cancel(t->entry_job);
	screen_free(t->screen);
	screen_free(t->first);
	input_decoder_free(t->decoder);
	buf_release(&t->cells);
	buf_release(&t->tail);
	free(t->entry_dir);
	free(t->name);
	free(t);
}

const struct term_caps *
term_caps(const struct term *t)
{
	return &t->caps;
}

void
term_size(const struct term *t, int *ret_width, int *ret_height)
{
	*ret_width = t->width;
	*ret_height = t->height;
}

bool
term_begin(struct term *t)
{
	if (t->updating || !tty_taken(t->tty))
		return false;
	if (tty_busy(t->tty)) {
		t->refused = true;
		return false;
	}
	t->updating = true;
	return true;
}

bool
term_paint(struct term *t, const struct frame *f)
{
	bool own = !t->updating;

	if (own && !term_begin(t))
		return false;
	screen_paint(t->screen, f, &t->cells);
	if (own)
		term_end(t);
	return true;
}

/* Once, behind the first frame. */
static void
ask(struct term *t, struct buf *out)
{
	if (t->asked || !probe_allowed(t->name))
		return;
	t->asked = true;
	buf_addstr(out, t->found.multiplexer ? probe_question_multiplexer :
					       probe_question);
}

void
term_end(struct term *t)
{
	AUTO(buf) out = BUF_INIT;
	size_t start;

	t->updating = false;
	if (t->caps.sync)
		buf_addstr(&out, "\033[?2026h");
	start = out.len;
	buf_add(&out, buf_str(&t->cells), t->cells.len);
	buf_add(&out, buf_str(&t->tail), t->tail.len);
	buf_reset(&t->cells);
	buf_reset(&t->tail);
	if (out.len == start) {
		screen_remember(t->screen);
		return;
	}
	if (t->caps.sync)
		buf_addstr(&out, "\033[?2026l");
	ask(t, &out);
	t->shown = true;
	tty_write(t->tty, out.data, out.len);
	screen_remember(t->screen);
}

void
term_redraw(struct term *t)
{
	screen_redraw(t->screen);
}

void
term_picture(struct term *t, int x, int y, const void *bytes, size_t len)
{
	if (!t->updating)
		return;
	buf_printf(&t->tail, "\0337\033[%d;%dH", y + 1, x + 1);
	buf_add(&t->tail, bytes, len);
	buf_addstr(&t->tail, "\0338");
}

void
term_touch(struct term *t, struct rect r)
{
	screen_touch(t->screen, r.y, r.y + r.h);
}

/* --- saying something --------------------------------------------------------- */

static void
say(struct term *t, const struct buf *b)
{
	/* Inside an update it would come before the cells; before the first
	 * one it costs a write of its own. */
	if (t->updating || !t->shown)
		buf_add(&t->tail, b->data, b->len);
	else
		tty_write(t->tty, b->data, b->len);
}

void
term_title(struct term *t, const char *text)
{
	AUTO(buf) b = BUF_INIT;

	if (!probe_allowed(t->name))
		return;
	if (!t->title_pushed) {
		t->title_pushed = true;
		buf_addstr(&b, "\033[22;0t");
		set_modes(t);
	}
	osc_title(&b, text);
	say(t, &b);
}

void
term_bell(struct term *t)
{
	AUTO(buf) b = BUF_INIT;

	buf_addch(&b, '\a');
	say(t, &b);
}

void
term_notify(struct term *t, const char *title, const char *text)
{
	AUTO(buf) b = BUF_INIT;

	if (!probe_allowed(t->name))
		return;
	osc_notify(&b, title, text);
	say(t, &b);
}

void
term_copy(struct term *t, const char *text)
{
	AUTO(buf) b = BUF_INIT;

	if (!probe_allowed(t->name))
		return;
	osc_copy(&b, text);
	say(t, &b);
}

/* --- giving it away ----------------------------------------------------------- */

void
term_leave(struct term *t)
{
	tty_give(t->tty);
}

bool
term_enter(struct term *t, struct err *err)
{
	if (!tty_take(t->tty, err))
		return false;
	check_size(t, true);
	return true;
}

void
term_suspend(struct term *t)
{
	struct err err = ERR_INIT;
	bool taken = tty_taken(t->tty);

	term_leave(t);
	term_events_stop_group(t->events);
	/* An editor has it: then it stays so. */
	if (taken && !term_enter(t, &err))
		hang_up(t);
}
