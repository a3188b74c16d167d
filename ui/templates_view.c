/*
 * The template wizard: list -> form -> what will be written -> deployed.
 *
 *	list  --Enter-->  form  --C-s-->  text with differences  --a-->  done
 *	      <--Esc---         <--Esc--
 *
 *  1. The layers of the later stages stand above this one, which has what
 *     they share: the template, and the tickets of what was asked for.
 *  2. rows never change once they are there, so `at` stays a row.
 *  3. What is deployed is what was shown last (ui/client_deploy.c); after a
 *     failure it must be prepared and shown anew.
 */
#include "ui/box.h"
#include "ui/form.h"
#include "ui/markdown.h"

#include "base/clock.h"
#include "base/json.h"
#include "cli/slash_words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SCROLL_ROWS = 4, LIST_MIN = 46, LIST_MAX = 80, NAME_WIDTH = 24 };

/* A name that no field can have: see WORKFLOW_ID_MAX. */
static const char INTO[] = "Into";

struct templates {
	struct layer base;
	struct template_rows rows;
	bool answered;
	char *here, *wanted;
	int64_t ticket, prepare_ticket, deploy_ticket;
	struct list list;
	size_t at; /* the row that is being deployed */

	struct markdown doc;
	int64_t doc_row, doc_first;
	int columns;
	struct rect list_rect, doc_rect;
};

void
template_rows_release(struct template_rows *r)
{
	for (size_t i = 0; i < r->count; i++) {
		free(r->items[i].name);
		free(r->items[i].problem);
		template_free(r->items[i].t);
	}
	free(r->items);
	memset(r, 0, sizeof(*r));
}

static const struct template_row *
chosen(const struct templates *v)
{
	return v->list.at >= 0 && (size_t)v->list.at < v->rows.count ?
		       &v->rows.items[v->list.at] :
		       NULL;
}

static char *
form_key(const struct templates *v)
{
	return xasprintf("deploy %s", v->rows.items[v->at].name);
}

/* --- deploying ------------------------------------------------------------ */

static void
deploy(struct app *a, void *ud)
{
	struct templates *v = ud;

	if (v->deploy_ticket)
		return;
	v->deploy_ticket = app_ticket(a);
	app_ask(a, ASK_DEPLOY)->ticket = v->deploy_ticket;
	app_note(a, false, "Writing ...");
}

static void
on_run_answer(struct app *a, const char *line, bool yes)
{
	if (yes)
		app_ask(a, ASK_START)->text = xstrdup(line);
}

/* Layers above, and this one, go: l may be freed after it. */
static void
leave(struct app *a, const struct layer *l)
{
	while (a->top != l && a->top->below)
		app_pop(a);
	app_pop(a);
}

static void
ask_run(struct app *a, const struct msg *m)
{
	char took[CLOCK_DURATION_SIZE];
	AUTO_FREE char *into = slash_quote(m->words);
	AUTO_FREE char *id = slash_quote(m->id);
	AUTO_FREE char *line = xasprintf(
		"/replay-pattern %s --workspace %s --force", id, into);
	AUTO_FREE char *question =
		xasprintf("Deployed %" PRId64 " files in %s into %s. It is "
			  "pattern %s now. Run it?",
			  m->number, clock_duration(m->took_us, took), m->words,
			  m->id);

	app_push(a, question_new(a, question, line, on_run_answer));
}

static void
take_deployed(struct templates *v, struct app *a, struct msg *m)
{
	AUTO_FREE char *key = form_key(v);
	struct form *f = form_find(a, key);

	v->deploy_ticket = 0;
	free(TAKE(a->note));
	if (m->error) {
		while (a->top != &v->base && a->top != (struct layer *)f)
			app_pop(a);
		app_note(a, true, "%s", m->words);
		return;
	}
	if (f)
		form_done(f);
	leave(a, &v->base);
	ask_run(a, m);
}

/* --- the text that shows it -------------------------------------------------- */

static void
take_prepared(struct templates *v, struct app *a, struct msg *m)
{
	AUTO_FREE char *key = form_key(v);
	AUTO_FREE char *title = NULL;
	struct form *f = form_find(a, key);

	v->prepare_ticket = 0;
	if (!f)
		return;
	if (m->error) {
		if (m->id)
			form_fail(f, m->id, m->words);
		app_note(a, true, "%s", m->words);
		return;
	}
	free(TAKE(a->note));
	title = xasprintf("Deploy %s%s", v->rows.items[v->at].name,
			  m->number == 2 ? " (CONFLICT: nothing is written)" :
			  m->number ? " (files that are there are REPLACED)" :
				      "");
	app_push(a, document_deed(a, title, buf_str(m->text),
				  ACTION_DEPLOY_DEPLOY, deploy, v));
}

/* --- the form -------------------------------------------------------------- */

static const enum form_type FORM_OF[] = {
	[TEMPLATE_TEXT] = FORM_TEXT,       [TEMPLATE_NUMBER] = FORM_NUMBER,
	[TEMPLATE_BOOLEAN] = FORM_BOOLEAN, [TEMPLATE_SELECT] = FORM_SELECT,
	[TEMPLATE_MULTI] = FORM_MULTI,     [TEMPLATE_FILE] = FORM_FILE,
	[TEMPLATE_UPLOAD] = FORM_FILE,     [TEMPLATE_SECRET] = FORM_SECRET,
	[TEMPLATE_DATE] = FORM_DATE,       [TEMPLATE_LIST] = FORM_LIST,
};

static void
on_submit(struct app *a, void *ud, const cJSON *values, const cJSON *changed)
{
	struct templates *v = ud;
	AUTO_JSON *answers = cJSON_Duplicate(values, true);
	struct ask *k;

	(void)changed;
	if (v->prepare_ticket)
		return;
	v->prepare_ticket = app_ticket(a);
	k = app_ask(a, ASK_PREPARE);
	k->ticket = v->prepare_ticket;
	k->text = xstrdup(v->rows.items[v->at].t->dir);
	k->more = xstrdup(json_str(answers, INTO));
	cJSON_DeleteItemFromObjectCaseSensitive(answers, INTO);
	k->values = json_print(answers);
	app_note(a, false, "Preparing ...");
}

/* Fields that depend on others come and go; the folder is the first. */
static void
on_change(struct form *f, void *ud, const cJSON *values)
{
	struct templates *v = ud;
	const struct template *t = v->rows.items[v->at].t;
	AUTO_FREE bool *asked = xcalloc(t->field_count + 1, sizeof(*asked));

	template_asked_all(t, values, asked);
	for (size_t i = 0; i < t->field_count; i++)
		form_show(f, i + 1, asked[i]);
}

/* What the form's own check does not know. Caller frees. */
static char *
help_of(const struct template_field *tf)
{
	AUTO(buf) help = BUF_INIT;

	buf_addstr(&help, tf->in.help ? tf->in.help : "");
	for (size_t i = 0; tf->accept && tf->accept[i]; i++)
		buf_printf(&help, "%s%s",
			   i	    ? " " :
			   help.len ? "; a file that ends in " :
				      "a file that ends in ",
			   tf->accept[i]);
	if (tf->type == TEMPLATE_UPLOAD)
		buf_addstr(&help, help.len ? "; copied, and kept as a secret" :
					     "copied, and kept as a secret");
	return buf_steal(&help);
}

static void
add_field(struct form *f, const struct template_field *tf)
{
	const struct workflow_input *in = &tf->in;
	AUTO_JSON *value = in->fallback ? yaml_to_json(in->fallback) : NULL;
	AUTO_JSON *options = cJSON_CreateArray();
	AUTO_FREE char *help = help_of(tf);
	bool bounded = tf->type == TEMPLATE_NUMBER;
	struct form_field field = {
		.name = in->name,
		.label = in->prompt,
		.help = help,
		.type = FORM_OF[tf->type],
		.required = in->required && !in->fallback,
		.value = value,
		.options = options,
		.pattern = tf->type == TEMPLATE_TEXT ? in->pattern : NULL,
		.has_min = bounded && in->has_min,
		.has_max = bounded && in->has_max,
		.min = in->min,
		.max = in->max,
	};

	for (size_t i = 0; i < in->option_count; i++)
		cJSON_AddItemToArray(options,
				     cJSON_CreateString(in->options[i]));
	form_add(f, &field);
}

static void
add_folder(struct form *f, const struct templates *v, const struct template *t)
{
	AUTO_FREE char *dir = path_join(v->here, t->name);
	AUTO_JSON *value = cJSON_CreateString(dir);

	form_add(f, &(struct form_field){
			    .name = INTO,
			    .label = "Folder to deploy into",
			    .help = "made when it is not there yet; files "
				    "that are there are shown before they "
				    "are replaced",
			    .type = FORM_TEXT,
			    .required = true,
			    .value = value,
		    });
}

static void
open_form(struct templates *v, struct app *a)
{
	const struct template_row *row = chosen(v);
	AUTO_FREE char *key = NULL;
	AUTO_FREE char *title = NULL;
	struct form *f;

	if (!row)
		return;
	if (!row->t) {
		app_note(a, true, "%s", row->problem);
		return;
	}
	v->at = (size_t)v->list.at;
	v->prepare_ticket = v->deploy_ticket = 0;
	key = form_key(v);
	title = xasprintf("Deploy %s %s", row->t->name, row->t->version);
	f = form_new(a, key, title, row->t->description);
	add_folder(f, v, row->t);
	for (size_t i = 0; i < row->t->field_count; i++)
		add_field(f, &row->t->fields[i]);
	form_on_submit(f, on_submit, v, NULL);
	form_stay(f, on_change);
	app_push(a, form_layer(f));
}

/* --- the list --------------------------------------------------------------- */

/* A name that was typed: its form at once. */
static void
open_wanted(struct templates *v, struct app *a)
{
	AUTO_FREE char *name = TAKE(v->wanted);
	const char *names[64];
	const char *near;
	size_t n = 0;

	for (size_t i = 0; name && i < v->rows.count; i++) {
		if (n < ARRAY_LEN(names))
			names[n++] = v->rows.items[i].name;
		if (!str_eq(v->rows.items[i].name, name))
			continue;
		v->list.at = (int64_t)i;
		open_form(v, a);
		return;
	}
	if (!name)
		return;
	near = str_nearest(name, names, n);
	app_note(a, true, "There is no template %s%s%s%s", name,
		 near ? "; did you mean " : "", near ? near : "",
		 near ? "?" : "");
}

static void
templates_message(struct layer *l, struct app *a, struct msg *m)
{
	struct templates *v = (struct templates *)l;

	if (m->kind == MSG_TEMPLATES && m->ticket == v->ticket) {
		v->rows = *m->templates;
		memset(m->templates, 0, sizeof(*m->templates));
		v->here = xstrdup(m->words ? m->words : "/");
		v->ticket = 0;
		v->answered = true;
		open_wanted(v, a);
	} else if (m->kind == MSG_PREPARED && v->prepare_ticket &&
		   m->ticket == v->prepare_ticket) {
		take_prepared(v, a, m);
	} else if (m->kind == MSG_DEPLOYED && v->deploy_ticket &&
		   m->ticket == v->deploy_ticket) {
		take_deployed(v, a, m);
	}
}

static void
scroll_doc(struct templates *v, int rows)
{
	int64_t max = (int64_t)v->doc.line_count - v->doc_rect.h;

	v->doc_first += rows;
	if (v->doc_first > max)
		v->doc_first = max;
	if (v->doc_first < 0)
		v->doc_first = 0;
}

static bool
templates_action(struct layer *l, struct app *a, enum action act)
{
	struct templates *v = (struct templates *)l;

	switch (act) {
	case ACTION_LIST_OPEN:
		open_form(v, a);
		return true;
	case ACTION_LIST_LEFT:
	case ACTION_LIST_RIGHT:
		scroll_doc(v, act == ACTION_LIST_LEFT ? -SCROLL_ROWS :
							SCROLL_ROWS);
		return true;
	case ACTION_GLOBAL_TEMPLATES:
		return true;
	default:
		return list_action(&v->list, act);
	}
}

static bool
templates_input(struct layer *l, struct app *a, const struct input *in)
{
	struct templates *v = (struct templates *)l;

	(void)a;
	if (in->kind != INPUT_MOUSE)
		return false;
	if (rect_has(v->doc_rect, in->x, in->y)) {
		if (in->mouse == INPUT_WHEEL_UP)
			scroll_doc(v, -SCROLL_ROWS);
		else if (in->mouse == INPUT_WHEEL_DOWN)
			scroll_doc(v, SCROLL_ROWS);
		return true;
	}
	return list_mouse(&v->list, in, in->y - v->list_rect.y);
}

/* --- view --------------------------------------------------------------------- */

static void
draw_row(const struct templates *v, const struct app *a, struct frame *f,
	 struct rect r, int64_t i)
{
	const struct template_row *row = &v->rows.items[i];

	frame_cut(f, r, 0, 0, NAME_WIDTH - 1, row->name,
		  app_style(a, ROLE_STRONG));
	frame_cut(f, r, NAME_WIDTH, 0, r.w - NAME_WIDTH,
		  row->t ? row->t->title : row->problem,
		  app_style(a, row->t ? ROLE_TEXT : ROLE_BAD));
	if (i == v->list.at)
		frame_restyle(f, r, app_style(a, ROLE_SELECTED));
}

static void
draw_list(struct templates *v, const struct app *a, struct frame *f,
	  struct rect r)
{
	struct rect all = r;

	r.w -= 2; /* the scroll bar's */
	v->list_rect = r;
	list_fit(&v->list, (int64_t)v->rows.count, r.h);
	for (int y = 0; y < r.h && v->list.first + y < v->list.count; y++) {
		struct rect row = { r.x, r.y + y, r.w, 1 };

		draw_row(v, a, f, row, v->list.first + y);
	}
	if (!v->rows.count)
		frame_text(f, r, 0, 0,
			   v->answered ? "there are no templates" : "reading",
			   app_style(a, ROLE_DIM));
	frame_scrollbar(f, all, v->list.first, r.h, v->list.count,
			app_style(a, ROLE_BORDER));
}

static void
render(struct templates *v, int columns, bool ascii)
{
	const struct template_row *row = chosen(v);
	AUTO(buf) text = BUF_INIT;

	if (v->doc_row == v->list.at && v->columns == columns && v->answered)
		return;
	markdown_release(&v->doc);
	memset(&v->doc, 0, sizeof(v->doc));
	v->doc_row = v->answered ? v->list.at : -1;
	v->columns = columns;
	v->doc_first = 0;
	if (row && row->t)
		buf_printf(&text,
			   "%s\n\n*Version %s; asks %zu things, makes %zu "
			   "files; `%s`*\n",
			   row->t->readme, row->t->version,
			   row->t->field_count, row->t->file_count,
			   row->t->dir);
	else if (row)
		buf_addstr(&text, row->problem);
	markdown_render(buf_str(&text), text.len, columns, ascii, &v->doc);
}

static void
draw_doc(struct templates *v, const struct app *a, struct frame *f,
	 struct rect r)
{
	struct rect all = r;

	r.w -= 2; /* the scroll bar's */
	v->doc_rect = r;
	if (r.w < 1 || r.h < 1)
		return;
	render(v, r.w, f->ascii);
	scroll_doc(v, 0);
	markdown_view(&v->doc, a->theme, f, r, v->doc_first);
	frame_scrollbar(f, all, v->doc_first, r.h, (int64_t)v->doc.line_count,
			app_style(a, ROLE_BORDER));
}

static int
list_width(int w)
{
	int n = w * 2 / 5;

	return n < LIST_MIN ? LIST_MIN : n > LIST_MAX ? LIST_MAX : n;
}

static void
templates_view(struct layer *l, const struct app *a, struct frame *f,
	       struct rect r)
{
	static const enum action KEYS[] = {
		ACTION_LIST_OPEN,   ACTION_LIST_UP,     ACTION_LIST_DOWN,
		ACTION_LIST_RIGHT,  ACTION_GLOBAL_BACK, ACTION_GLOBAL_HELP,
		ACTION_NONE,
	};
	struct templates *v = (struct templates *)l;
	struct rect in = box_page(a, f, r, "Templates");
	struct rect foot = rect_cut_bottom(&in, 1), list;

	box_foot(a, f, foot, KEYS);
	if (r.w >= APP_WIDE) {
		list = rect_cut_left(&in, list_width(r.w));
		rect_cut_left(&in, 1);
	} else {
		list = rect_cut_top(&in, in.h / 4);
		frame_rule(f, in, 0, app_style(a, ROLE_BORDER));
		rect_cut_top(&in, 1);
	}
	draw_list(v, a, f, list);
	draw_doc(v, a, f, in);
}

/* --- making it --------------------------------------------------------------- */

static void
templates_free(struct layer *l)
{
	struct templates *v = (struct templates *)l;

	template_rows_release(&v->rows);
	markdown_release(&v->doc);
	free(v->here);
	free(v->wanted);
}

static const struct layer_class templates_class = {
	.name = "Templates",
	.contexts = { CONTEXT_LIST, CONTEXT_GLOBAL },
	.covers = true,
	.action = templates_action,
	.input = templates_input,
	.message = templates_message,
	.view = templates_view,
	.free = templates_free,
};

struct layer *
templates_new(struct app *a, const char *name)
{
	struct templates *v = xcalloc(1, sizeof(*v));
	struct ask *k = app_ask(a, ASK_TEMPLATES);

	v->base.class = &templates_class;
	v->wanted = xstrdup0(name);
	v->doc_row = -1;
	v->ticket = k->ticket = app_ticket(a);
	return &v->base;
}
