/*
 * A form: its fields, its keys, its draft. form_layout.c draws it.
 *
 *  1. fields[at] has the focus; `at` is in range when there is a field.
 *  2. What differs from what the fields began with is the draft: kept in
 *     the app under `key` from the moment it is typed until the form is
 *     submitted. A secret is never in it.
 *  3. The focused field shows, unless the wheel moved the form away
 *     (wandered); the next key brings it back.
 *  4. A hidden field has no value and no rows; the focus is never on one
 *     while another shows.
 */
#include "ui/form.h"

#include "base/json.h"
#include "ui/form_draft.h"
#include "ui/form_layer.h"
#include "ui/picker.h"

#include <stdlib.h>
#include <string.h>

enum { WHEEL_ROWS = 3 };

static const struct layer_class form_class;

/* --- drafts ------------------------------------------------------------ */

static bool
same(const cJSON *a, const cJSON *b)
{
	return a && b ? cJSON_Compare(a, b, true) : a == b;
}

/* An emptied field is null in it. */
static void
keep_draft(struct form *f)
{
	AUTO_JSON *o = cJSON_CreateObject();

	for (size_t i = 0; i < f->count; i++) {
		const struct field *fd = &f->fields[i];
		AUTO_JSON *v = field_typed(fd);

		if (same(v, fd->typed_before))
			continue;
		cJSON_AddItemToObject(o, fd->name,
				      v ? TAKE(v) : cJSON_CreateNull());
	}
	form_draft_put(f->a, f->key, o->child ? json_print(o) : NULL);
}

/* --- submitting -------------------------------------------------------- */

static void
collect(const struct form *f, cJSON *values, cJSON *changed)
{
	for (size_t i = 0; i < f->count; i++) {
		const struct field *fd = &f->fields[i];
		cJSON *v = fd->hidden ? NULL : field_value(fd);

		if (!same(v, fd->value_before))
			cJSON_AddItemToObject(changed, fd->name,
					      v ? cJSON_Duplicate(v, true) :
						  cJSON_CreateNull());
		if (v)
			cJSON_AddItemToObject(values, fd->name, v);
	}
}

static void
focus(struct form *f, size_t at)
{
	if (f->at < f->count && at != f->at)
		field_leave(&f->fields[f->at]);
	f->at = at;
	f->wandered = false;
}

/* Goes to the first field with a problem; false when there is one. */
static bool
check_all(struct form *f)
{
	size_t wrong = 0, first = 0;

	for (size_t i = 0; i < f->count; i++) {
		if (f->fields[i].hidden)
			continue;
		f->fields[i].left = true;
		if (!field_check(&f->fields[i]) && !wrong++)
			first = i;
	}
	if (!wrong)
		return true;
	focus(f, first);
	app_note(f->a, true, "%zu field%s still wrong or missing", wrong,
		 wrong == 1 ? " is" : "s are");
	return false;
}

/* Unless the form stays, its layer is gone before fn is called: fn may push
 * another. */
static void
submit(struct form *f)
{
	struct app *a = f->a;
	form_fn *fn = f->fn;
	void *ud = f->ud, (*free_ud)(void *) = f->free_ud;
	AUTO_JSON *values = NULL;
	AUTO_JSON *changed = NULL;

	if (!check_all(f))
		return;
	values = cJSON_CreateObject();
	changed = cJSON_CreateObject();
	collect(f, values, changed);
	if (f->stays) {
		fn(a, ud, values, changed);
		return;
	}
	f->free_ud = NULL;
	form_done(f);
	app_pop(a);
	if (fn)
		fn(a, ud, values, changed);
	if (free_ud)
		free_ud(ud);
}

void
form_done(struct form *f)
{
	f->submitted = true;
	form_draft_put(f->a, f->key, NULL);
}

/* --- what depends on what was typed ------------------------------------- */

void
form_show(struct form *f, size_t i, bool shown)
{
	f->fields[i].hidden = !shown;
	for (size_t k = 0; k < f->count && f->fields[f->at].hidden; k++)
		f->at = (f->at + 1) % f->count;
}

static void
changed(struct form *f)
{
	AUTO_JSON *values = NULL;
	AUTO_JSON *differ = NULL;

	if (f->submitted)
		return;
	keep_draft(f);
	if (!f->on_change)
		return;
	values = cJSON_CreateObject();
	differ = cJSON_CreateObject();
	collect(f, values, differ);
	f->on_change(f, f->ud, values);
}

void
form_fail(struct form *f, const char *name, const char *problem)
{
	for (size_t i = 0; i < f->count; i++) {
		struct field *fd = &f->fields[i];

		if (!str_eq(fd->name, name) || fd->hidden)
			continue;
		free(fd->problem);
		fd->problem = xstrdup(problem);
		focus(f, i);
	}
}

/* --- files ------------------------------------------------------------- */

static void
ask_files(struct form *f)
{
	struct ask *e;

	if (f->fields[f->at].type != FORM_FILE)
		return;
	e = app_ask(f->a, ASK_FILES);
	e->text = xstrdup(buf_str(&f->fields[f->at].edit.text));
	e->ticket = f->ticket = app_ticket(f->a);
}

/* Bytes in which all names agree. */
static size_t
common(const struct strv *names)
{
	size_t n = strlen(names->items[0]);

	for (size_t i = 1; i < names->count; i++) {
		size_t k = 0;

		while (k < n && names->items[i][k] == names->items[0][k])
			k++;
		n = k;
	}
	while (n && ((unsigned char)names->items[0][n] & 0xc0) == 0x80)
		n--;
	return n;
}

/* Completes a path as far as it is clear; false when that adds nothing. */
static bool
complete(struct form *f)
{
	struct field *fd = &f->fields[f->at];
	const char *typed = buf_str(&fd->edit.text);
	AUTO_FREE char *longer = NULL;
	size_t n;

	if (fd->type != FORM_FILE || !fd->names.count || !*typed ||
	    strv_has(&fd->names, typed))
		return false;
	n = common(&fd->names);
	if (n <= strlen(typed) ||
	    strncmp(fd->names.items[0], typed, strlen(typed)) != 0)
		return false;
	longer = xstrndup(fd->names.items[0], n);
	edit_set(&fd->edit, longer);
	field_check(fd);
	ask_files(f);
	return true;
}

static void
on_picked(struct app *a, const char *path)
{
	struct form *f = (struct form *)app_layer(a, &form_class);

	if (!f || f->at >= f->count || f->fields[f->at].type != FORM_FILE)
		return;
	edit_set(&f->fields[f->at].edit, path);
	field_check(&f->fields[f->at]);
	changed(f);
}

static void
browse(struct form *f)
{
	const struct field *fd = &f->fields[f->at];

	if (fd->type == FORM_FILE)
		app_push(f->a,
			 picker_new(f->a, buf_str(&fd->edit.text), on_picked));
	else
		app_note(f->a, false, "This field is no file");
}

/* --- input ------------------------------------------------------------- */

static void
go(struct form *f, int step)
{
	size_t to = f->at;

	do
		to = (to + f->count + (size_t)step) % f->count;
	while (f->fields[to].hidden && to != f->at);
	focus(f, to);
	ask_files(f);
}

static bool
form_typing(const struct layer *l)
{
	(void)l;
	return true;
}

static void
act(struct form *f, enum action act)
{
	struct field *fd = &f->fields[f->at];
	int step = act == ACTION_FORM_UP ? -1 : 1;

	f->wandered = false;
	switch (act) {
	case ACTION_FORM_NEXT:
		if (!complete(f))
			go(f, 1);
		break;
	case ACTION_FORM_PREV:
		go(f, -1);
		break;
	case ACTION_FORM_UP:
	case ACTION_FORM_DOWN:
		if (!field_step(fd, step))
			go(f, step);
		else
			field_check(fd);
		break;
	case ACTION_FORM_TOGGLE:
		field_toggle(fd);
		field_check(fd);
		break;
	default:
		browse(f);
	}
}

/* Global actions that are letters elsewhere are not for a form. */
static bool
form_action(struct layer *l, struct app *a, enum action action)
{
	struct form *f = (struct form *)l;

	switch (action) {
	case ACTION_FORM_CANCEL:
	case ACTION_GLOBAL_BACK:
		app_pop(a);
		return true;
	case ACTION_FORM_SUBMIT:
		submit(f);
		return true;
	case ACTION_FORM_NEXT:
	case ACTION_FORM_PREV:
	case ACTION_FORM_UP:
	case ACTION_FORM_DOWN:
	case ACTION_FORM_TOGGLE:
	case ACTION_FORM_BROWSE:
		if (f->count)
			act(f, action);
		changed(f);
		return true;
	default:
		return false;
	}
}

static void
form_mouse(struct form *f, const struct input *in)
{
	bool wheel =
		in->mouse == INPUT_WHEEL_UP || in->mouse == INPUT_WHEEL_DOWN;

	if (!wheel && in->mouse != INPUT_PRESS)
		return;
	if (!rect_has(f->body, in->x, in->y))
		return;
	for (size_t i = 0; i < f->count; i++) {
		struct rect at = f->fields[i].at;

		if (in->y < at.y || in->y >= at.y + at.h)
			continue;
		/* Options that come under the pointer while the form moves
		 * do not stop it. */
		if (wheel && (i != f->at || at.h == 1 || f->wandered))
			break;
		focus(f, i);
		field_mouse(&f->fields[i], in);
		field_check(&f->fields[i]);
		ask_files(f);
		return;
	}
	if (!wheel)
		return;
	f->first += in->mouse == INPUT_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS;
	f->wandered = true;
}

/* A blank chooses, but in the middle of a text that is searched it is one. */
static bool
is_toggle(const struct form *f, const struct field *fd, const struct input *in)
{
	return in->kind == INPUT_KEY && !field_is_text(fd) &&
	       !(fd->type == FORM_SELECT && fd->edit.text.len) &&
	       keymap_find_in(f->a->keys, CONTEXT_FORM, in) ==
		       ACTION_FORM_TOGGLE;
}

/* No field shows below the focused one. */
static bool
is_last(const struct form *f)
{
	size_t i = f->at + 1;

	while (i < f->count && f->fields[i].hidden)
		i++;
	return i >= f->count;
}

/* False when the form may be gone. */
static bool
form_key(struct form *f, const struct input *in)
{
	struct field *fd = &f->fields[f->at];

	f->wandered = false;
	if (is_toggle(f, fd, in)) {
		act(f, ACTION_FORM_TOGGLE);
		return true;
	}
	if (field_input(fd, in, f->a->now_us)) {
		field_check(fd);
		ask_files(f);
		return true;
	}
	if (in->kind != INPUT_KEY || in->key != INPUT_ENTER)
		return false;
	if (is_last(f)) {
		submit(f);
		return false;
	}
	go(f, 1);
	return true;
}

static bool
form_input(struct layer *l, struct app *a, const struct input *in)
{
	struct form *f = (struct form *)l;

	(void)a;
	if (in->kind == INPUT_MOUSE)
		form_mouse(f, in);
	else if (!f->count || !form_key(f, in))
		return true;
	changed(f);
	return true;
}

static void
form_message(struct layer *l, struct app *a, struct msg *m)
{
	struct form *f = (struct form *)l;
	struct field *fd;

	(void)a;
	if (m->kind != MSG_FILES || !m->names || m->ticket != f->ticket ||
	    !f->count)
		return;
	fd = &f->fields[f->at];
	if (fd->type != FORM_FILE)
		return;
	strv_release(&fd->names);
	fd->names = *m->names;
	memset(m->names, 0, sizeof(*m->names));
}

/* --- making it --------------------------------------------------------- */

static void
form_free(struct layer *l)
{
	struct form *f = (struct form *)l;

	if (!f->submitted)
		keep_draft(f);
	if (f->free_ud)
		f->free_ud(f->ud);
	for (size_t i = 0; i < f->count; i++)
		field_release(&f->fields[i]);
	free(f->fields);
	free(f->key);
	free(f->title);
	free(f->intro);
	free(f->problem);
	cJSON_Delete(f->draft);
}

static const struct layer_class form_class = {
	.name = "Form",
	.contexts = { CONTEXT_FORM, CONTEXT_GLOBAL },
	.typing = form_typing,
	.action = form_action,
	.input = form_input,
	.message = form_message,
	.view = form_view,
	.free = form_free,
};

struct form *
form_new(struct app *a, const char *key, const char *title, const char *intro)
{
	struct form *f = xcalloc(1, sizeof(*f));

	f->base.class = &form_class;
	f->a = a;
	f->key = xstrdup(key);
	f->title = xstrdup(title);
	f->intro = xstrdup0(str_empty(intro) ? NULL : intro);
	f->draft = form_draft_find(a, key);
	return f;
}

void
form_add(struct form *f, const struct form_field *field)
{
	const cJSON *draft = json_get(f->draft, field->name);
	struct field *fd;

	GROW(f->fields, f->count, f->cap);
	fd = &f->fields[f->count++];
	field_init(fd, field);
	if (draft && fd->type != FORM_SECRET) {
		field_clear(fd);
		field_set(fd, draft);
	}
	field_check(fd);
}

void
form_on_submit(struct form *f, form_fn *fn, void *ud, void (*free_ud)(void *))
{
	f->fn = fn;
	f->ud = ud;
	f->free_ud = free_ud;
}

void
form_stay(struct form *f, form_change_fn *fn)
{
	f->stays = true;
	f->on_change = fn;
}

struct form *
form_find(const struct app *a, const char *key)
{
	struct form *f = (struct form *)app_layer(a, &form_class);

	return f && str_eq(f->key, key) ? f : NULL;
}

struct layer *
form_layer(struct form *f)
{
	changed(f);
	if (f->count)
		ask_files(f);
	return &f->base;
}

/* --- form gates -------------------------------------------------------- */

static enum form_type
type_of(const char *word)
{
	static const char *const WORDS[] = {
#define X(id, name) name,
		FORM_TYPES(X)
#undef X
	};

	for (size_t i = 0; word && i < ARRAY_LEN(WORDS); i++)
		if (strcmp(WORDS[i], word) == 0)
			return (enum form_type)i;
	return FORM_TEXT;
}

void
form_field_secret(struct form_field *field)
{
	field->type = FORM_TEXT;
	field->pattern = "^secret:[A-Za-z0-9_-][A-Za-z0-9_.-]*$";
	if (!field->help)
		field->help = "the name of a stored secret as secret:NAME, "
			      "not the secret itself";
}

void
form_add_shown(struct form *f, const cJSON *shown)
{
	const cJSON *given = json_get(shown, "given"), *o;
	const char *problem = json_str(shown, "problem");

	free(f->problem);
	f->problem = xstrdup0(problem);
	cJSON_ArrayForEach (o, json_get(shown, "fields")) {
		const cJSON *value, *min = json_get(o, "min"),
				    *max = json_get(o, "max");
		struct form_field field = {
			.name = json_str(o, "name"),
			.label = json_str(o, "prompt"),
			.help = json_str(o, "help"),
			.type = type_of(json_str(o, "type")),
			.required = json_bool(o, "required", false),
			.options = json_get(o, "options"),
			.pattern = json_str(o, "pattern"),
			.has_min = cJSON_IsNumber(min),
			.has_max = cJSON_IsNumber(max),
			.min = json_num(o, "min", 0),
			.max = json_num(o, "max", 0),
		};

		if (!field.name)
			continue;
		value = json_get(given, field.name);
		field.value = value ? value : json_get(o, "default");
		if (strcmp(json_str(o, "type") ? json_str(o, "type") : "",
			   "secret") == 0)
			form_field_secret(&field);
		form_add(f, &field);
	}
}
