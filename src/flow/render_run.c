#include "flow/render_ops.h"

#include "base/json.h"
#include "base/str.h"
#include "base/yaml.h"
#include "flow/render_scan.h"

#include <stdio.h>
#include <string.h>

/* ---- checking --------------------------------------------------------- */

struct check {
	render_known_fn *known;
	void *ud;
	int loops;
};

static bool
check_path(void *ud, const struct expr_node *path, struct err *err)
{
	const struct check *c = ud;
	const char *root = path->names[0];

	if (str_eq(root, "item") || str_eq(root, "index"))
		return c->loops > 0 || FAIL(err, ERR_SYNTAX,
					    "%s exists only inside {%% for "
					    "%%}",
					    root);
	return c->known(c->ud, root,
			path->name_count > 1 ? path->names[1] : NULL, err);
}

bool
render_check(const struct render *r, render_known_fn *known, void *ud,
	     struct err *err)
{
	struct check c = { known, ud, 0 };

	for (size_t i = 0; i < r->count; i++) {
		const struct op *op = &r->ops[i];
		struct err why = ERR_INIT;

		if (op->expr && !expr_each_path(op->expr, check_path, &c, &why))
			return render_fail(r, op->at, err, why.code, "%s",
					   why.msg);
		c.loops += (op->kind == OP_EACH) - (op->kind == OP_NEXT);
	}
	return true;
}

/* ---- running ---------------------------------------------------------- */

struct round {
	const cJSON *item; /* now */
	int index;
	cJSON *outer_item, *outer_index; /* of the loop around, or NULL */
};

struct running {
	const struct render *r;
	cJSON *values; /* ours: with item and index */
	struct expr_eval ev;
	struct round rounds[RENDER_DEPTH];
	int depth;
	int rounds_left;
	bool neutral; /* each text is written as a mere mark */
	int marks;
	struct buf *out;
	struct err *err;
};

static const cJSON *
evaluate(struct running *run, const struct op *op)
{
	const cJSON *v = expr_eval_node(&run->ev, op->expr);

	if (!v)
		render_fail(run->r, op->at, run->err, run->ev.err.code, "%s",
			    run->ev.err.msg);
	return v;
}

/* The same value with marks for its texts. */
static cJSON *
neutral(struct running *run, const cJSON *v)
{
	char mark[16];
	cJSON *list;
	const cJSON *item;

	snprintf(mark, sizeof(mark), "x%d", ++run->marks);
	if (cJSON_IsString(v))
		return cJSON_CreateString(mark);
	if (!cJSON_IsArray(v))
		return cJSON_Duplicate(v, false);
	list = cJSON_CreateArray();
	cJSON_ArrayForEach (item, v)
		cJSON_AddItemToArray(list, cJSON_IsString(item) ?
						   cJSON_CreateString(mark) :
						   cJSON_Duplicate(item, true));
	return list;
}

static bool
write_value(struct running *run, const struct op *op)
{
	const cJSON *v = evaluate(run, op);
	AUTO_JSON *mark = NULL;
	const char *why;

	if (!v)
		return false;
	if (run->neutral)
		v = mark = neutral(run, v);
	why = op->kind == OP_NAME ? render_name(run->r->kind, v, run->out) :
				    render_value(run->r->kind, v, run->out);
	return !why ||
	       render_fail(run->r, op->at, run->err, ERR_DATA, "%s", why);
}

static void
set_value(struct running *run, const char *name, cJSON *v)
{
	cJSON_DeleteItemFromObjectCaseSensitive(run->values, name);
	cJSON_AddItemToObject(run->values, name, v);
}

static void
show_round(struct running *run)
{
	const struct round *r = &run->rounds[run->depth - 1];

	set_value(run, "item", cJSON_Duplicate(r->item, true));
	set_value(run, "index", cJSON_CreateNumber(r->index));
}

static bool
begin_loop(struct running *run, const struct op *op, size_t *pc)
{
	const cJSON *v = evaluate(run, op);
	struct round *r = &run->rounds[run->depth];

	if (!v)
		return false;
	if (!cJSON_IsArray(v))
		return render_fail(run->r, op->at, run->err, ERR_DATA,
				   "for needs a list, not %s", expr_type(v));
	if (!v->child) {
		*pc = op->target;
		return true;
	}
	/* The evaluation keeps v until the end, but item is replaced. */
	v = expr_keep(&run->ev, cJSON_Duplicate(v, true));
	*r = (struct round){ .item = v->child };
	r->outer_item = cJSON_Duplicate(json_get(run->values, "item"), true);
	r->outer_index = cJSON_Duplicate(json_get(run->values, "index"), true);
	run->depth++;
	show_round(run);
	return true;
}

static void
end_loop(struct running *run)
{
	struct round *r = &run->rounds[--run->depth];

	if (r->outer_item) {
		set_value(run, "item", r->outer_item);
		set_value(run, "index", r->outer_index);
		return;
	}
	cJSON_DeleteItemFromObjectCaseSensitive(run->values, "item");
	cJSON_DeleteItemFromObjectCaseSensitive(run->values, "index");
}

static bool
next_round(struct running *run, const struct op *op, size_t *pc)
{
	struct round *r = &run->rounds[run->depth - 1];

	if (--run->rounds_left < 0)
		return render_fail(run->r, op->at, run->err, ERR_TOOBIG,
				   "more than %d rounds", RENDER_ROUNDS_MAX);
	r->item = r->item->next;
	r->index++;
	if (!r->item) {
		end_loop(run);
		return true;
	}
	show_round(run);
	*pc = op->target;
	return true;
}

static bool
step(struct running *run, const struct op *op, size_t *pc)
{
	const cJSON *v;

	switch (op->kind) {
	case OP_TEXT:
		buf_add(run->out, op->text, op->len);
		return true;
	case OP_VALUE:
	case OP_NAME:
		return write_value(run, op);
	case OP_UNLESS:
		v = evaluate(run, op);
		if (v && !expr_truth(v))
			*pc = op->target;
		return v != NULL;
	case OP_JUMP:
		*pc = op->target;
		return true;
	case OP_EACH:
		return begin_loop(run, op, pc);
	case OP_NEXT:
		return next_round(run, op, pc);
	}
	return false;
}

static bool
run_ops(const struct render *r, const cJSON *values, bool marks,
	struct buf *out, struct err *err)
{
	struct running run = { .r = r,
			       .values = cJSON_Duplicate(values, true),
			       .rounds_left = RENDER_ROUNDS_MAX,
			       .neutral = marks,
			       .out = out,
			       .err = err };
	bool ok = true;

	expr_eval_init(&run.ev, run.values);
	for (size_t pc = 0; ok && pc < r->count;) {
		const struct op *op = &r->ops[pc++];

		ok = step(&run, op, &pc);
		if (ok && out->len > RENDER_OUT_MAX)
			ok = render_fail(r, op->at, err, ERR_TOOBIG,
					 "more than %d bytes come out",
					 RENDER_OUT_MAX);
	}
	while (run.depth)
		end_loop(&run);
	expr_eval_release(&run.ev);
	cJSON_Delete(run.values);
	return ok;
}

/* ---- the structure, with and without the values ------------------------ */

static bool
same_shape(const cJSON *a, const cJSON *b)
{
	if (cJSON_IsArray(a) != cJSON_IsArray(b) ||
	    cJSON_IsObject(a) != cJSON_IsObject(b))
		return false;
	for (a = a->child, b = b->child; a && b; a = a->next, b = b->next)
		if (!same_shape(a, b))
			return false;
	return !a && !b;
}

/* The data in a rendered file; NULL with err when it can't be read. */
static cJSON *
read_back(const struct render *r, const struct buf *text, struct err *err)
{
	AUTO_PTR(yaml_doc) doc = NULL;

	if (r->kind == RENDER_JSON)
		return json_parse(buf_str(text), text->len, r->name, err);
	doc = yaml_parse(buf_str(text), text->len, r->name, 1, err);
	return doc ? yaml_to_json(yaml_root(doc)) : NULL;
}

/* Second fence for data files: what came out has the shape that it has with
 * harmless texts in the same places. */
static bool
check_shape(const struct render *r, const cJSON *values, const struct buf *text,
	    struct err *err)
{
	AUTO(buf) plain = BUF_INIT;
	AUTO_JSON *a = NULL;
	AUTO_JSON *b = NULL;

	if (r->kind != RENDER_YAML && r->kind != RENDER_JSON)
		return true;
	if (!run_ops(r, values, true, &plain, err))
		return false;
	a = read_back(r, &plain, err);
	b = a ? read_back(r, text, err) : NULL;
	if (!b)
		return err_prefix(err, "as rendered");
	return same_shape(a, b) ||
	       FAIL(err, ERR_DATA,
		    "%s: a value would change the structure of "
		    "the file",
		    r->name);
}

bool
render_run(const struct render *r, const cJSON *values, struct buf *out,
	   struct err *err)
{
	AUTO(buf) text = BUF_INIT;

	if (!run_ops(r, values, false, &text, err) ||
	    !check_shape(r, values, &text, err))
		return false;
	buf_add(out, buf_str(&text), text.len);
	return true;
}
