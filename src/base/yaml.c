#include "base/yaml.h"

#include "base/path.h"
#include "base/str.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct anchor {
	const char *name;
	struct yaml_node *node;
};

struct yaml_doc {
	struct arena arena;
	char *name;
	struct yaml_node *root;
};

/* State of one parse. Nodes live in the document's arena. */
struct reader {
	struct yaml_doc *doc;
	yaml_parser_t parser;
	yaml_event_t event;
	struct err *err;
	const char *text;
	size_t len;
	int first_line;
	int nodes;
	struct anchor *anchors;
	size_t anchor_count, anchor_cap;
};

static struct yaml_node *read_node(struct reader *r, int depth);

#undef yaml_fail

bool
yaml_fail(const struct yaml_doc *d, const struct yaml_node *at,
	  struct err *err, const char *fmt, ...)
{
	AUTO_FREE char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	what = xvasprintf(fmt, ap);
	va_end(ap);
	return FAIL(err, ERR_SYNTAX, "%s:%d:%d: %s", d->name, at->line,
		    at->column, what);
}

static struct yaml_node *
fail_here(struct reader *r, const char *what)
{
	FAIL(r->err, ERR_SYNTAX, "%s:%zu:%zu: %s", r->doc->name,
	     r->event.start_mark.line + (size_t)r->first_line,
	     r->event.start_mark.column + 1, what);
	return NULL;
}

/* libyaml gives no line for bytes that are not UTF-8, only their offset. */
static bool
fail_encoding(struct reader *r)
{
	size_t at = r->parser.problem_offset, line = 0, start = 0;

	for (size_t i = 0; i < at && i < r->len; i++) {
		if (r->text[i] != '\n')
			continue;
		line++;
		start = i + 1;
	}
	return FAIL(r->err, ERR_SYNTAX, "%s:%zu:%zu: %s", r->doc->name,
		    line + (size_t)r->first_line, at - start + 1,
		    r->parser.problem);
}

static bool
next(struct reader *r)
{
	yaml_parser_t *p = &r->parser;

	yaml_event_delete(&r->event);
	if (yaml_parser_parse(p, &r->event))
		return true;
	if (p->error == YAML_READER_ERROR)
		return fail_encoding(r);
	return FAIL(r->err, ERR_SYNTAX, "%s:%zu:%zu: %s%s%s", r->doc->name,
		    p->problem_mark.line + (size_t)r->first_line,
		    p->problem_mark.column + 1,
		    p->problem ? p->problem : "not valid YAML",
		    p->context ? " " : "", p->context ? p->context : "");
}

static struct yaml_node *
new_node(struct reader *r, enum yaml_kind kind)
{
	struct yaml_node *n;

	if (++r->nodes > YAML_NODES_MAX)
		return fail_here(r, "too many nodes in one document");
	n = arena_alloc(&r->doc->arena, sizeof(*n));
	n->kind = kind;
	n->line = (int)r->event.start_mark.line + r->first_line;
	n->column = (int)r->event.start_mark.column + 1;
	return n;
}

/* Gives n back, or NULL when there are too many anchors. */
static struct yaml_node *
remember(struct reader *r, const yaml_char_t *anchor, struct yaml_node *n)
{
	if (!anchor)
		return n;
	if (r->anchor_count == YAML_ANCHORS_MAX)
		return fail_here(r, "too many anchors in one document");
	GROW(r->anchors, r->anchor_count, r->anchor_cap);
	r->anchors[r->anchor_count].name =
		arena_strdup(&r->doc->arena, (const char *)anchor);
	r->anchors[r->anchor_count++].node = n;
	return n;
}

/* How many nodes the tree counts when written out, and its height; an alias
 * to a big or deep tree is charged in full, so that nested aliases cannot
 * explode later walks or their stack. */
static int
measure(const struct yaml_node *n, int *ret_height)
{
	int sum = 1, height = 0;

	for (size_t i = 0; i < n->count && sum < YAML_NODES_MAX; i++) {
		int below;

		sum += measure(n->items[i], &below);
		if (below + 1 > height)
			height = below + 1;
	}
	*ret_height = height;
	return sum;
}

static struct yaml_node *
read_alias(struct reader *r, int depth)
{
	const char *name = (const char *)r->event.data.alias.anchor;
	int height;

	for (size_t i = r->anchor_count; i-- > 0;) {
		if (strcmp(r->anchors[i].name, name) != 0)
			continue;
		r->nodes += measure(r->anchors[i].node, &height);
		if (r->nodes > YAML_NODES_MAX)
			return fail_here(r, "aliases expand to too much");
		if (depth + height > YAML_DEPTH)
			return fail_here(r, "nested too deep");
		return r->anchors[i].node;
	}
	return fail_here(r, "alias of an anchor that is not defined before");
}

static struct yaml_node *
read_scalar(struct reader *r)
{
	const char *text = (const char *)r->event.data.scalar.value;
	size_t len = r->event.data.scalar.length;
	struct yaml_node *n = new_node(r, YAML_SCALAR);

	if (!n)
		return NULL;
	if (memchr(text, '\0', len))
		return fail_here(r, "a NUL character in a value");
	n->plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	n->text = arena_strndup(&r->doc->arena, text, len);
	n->len = len;
	return remember(r, r->event.data.scalar.anchor, n);
}

/* Moves a growing list into the arena. */
static struct yaml_node **
keep_list(struct reader *r, struct yaml_node **list, size_t count)
{
	struct yaml_node **kept =
		arena_alloc(&r->doc->arena, (count + 1) * sizeof(*kept));

	if (list)
		memcpy(kept, list, count * sizeof(*kept));
	return kept;
}

static struct yaml_node *
read_seq(struct reader *r, int depth)
{
	struct yaml_node *n = new_node(r, YAML_SEQ), **list = NULL;
	size_t cap = 0;

	while (n && next(r)) {
		struct yaml_node *item;

		if (r->event.type == YAML_SEQUENCE_END_EVENT) {
			n->items = keep_list(r, list, n->count);
			free(list);
			return n;
		}
		item = read_node(r, depth + 1);
		if (!item)
			break;
		GROW(list, n->count, cap);
		list[n->count++] = item;
	}
	free(list);
	return NULL;
}

static struct yaml_node *
read_key(struct reader *r)
{
	if (r->event.type != YAML_SCALAR_EVENT)
		return fail_here(r, "a key must be a plain word");
	return read_scalar(r);
}

/* By text, then in the order of the document. */
static int
compare_keys(const void *a, const void *b)
{
	const struct yaml_node *x = *(struct yaml_node *const *)a;
	const struct yaml_node *y = *(struct yaml_node *const *)b;
	int order = strcmp(x->text, y->text);

	if (order == 0)
		order = (x->line > y->line) - (x->line < y->line);
	if (order == 0)
		order = (x->column > y->column) - (x->column < y->column);
	return order;
}

/* Sorted, not compared each with each: a map may have a million keys. */
static bool
keys_differ(struct reader *r, const struct yaml_node *map)
{
	size_t size = map->count * sizeof(struct yaml_node *);
	AUTO_FREE struct yaml_node **keys = xmemdup(map->keys, size);

	qsort(keys, map->count, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < map->count; i++)
		if (strcmp(keys[i - 1]->text, keys[i]->text) == 0)
			return yaml_fail(r->doc, keys[i], r->err,
					 "key \"%.60s\" is here twice (first "
					 "at line %d)",
					 keys[i]->text, keys[i - 1]->line);
	return true;
}

static struct yaml_node *
read_map(struct reader *r, int depth)
{
	struct yaml_node *n = new_node(r, YAML_MAP), **values = NULL;
	struct yaml_node **keys = NULL;
	size_t cap = 0, key_cap = 0;

	while (n && next(r)) {
		if (r->event.type == YAML_MAPPING_END_EVENT) {
			n->items = keep_list(r, values, n->count);
			n->keys = keep_list(r, keys, n->count);
			free(values);
			free(keys);
			return keys_differ(r, n) ? n : NULL;
		}
		GROW(keys, n->count, key_cap);
		GROW(values, n->count, cap);
		keys[n->count] = read_key(r);
		if (!keys[n->count] || !next(r))
			break;
		values[n->count] = read_node(r, depth + 1);
		if (!values[n->count])
			break;
		n->count++;
	}
	free(values);
	free(keys);
	return NULL;
}

/* The anchor is known only after the end of what it names, so that an alias
 * inside its own anchor is an error, not a loop. */
static struct yaml_node *
read_collection(struct reader *r, int depth)
{
	bool seq = r->event.type == YAML_SEQUENCE_START_EVENT;
	AUTO_FREE char *anchor = xstrdup0(
		(const char *)(seq ? r->event.data.sequence_start.anchor :
				     r->event.data.mapping_start.anchor));
	struct yaml_node *n = seq ? read_seq(r, depth) : read_map(r, depth);

	return n ? remember(r, (const yaml_char_t *)anchor, n) : NULL;
}

static bool
has_tag(const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		return e->data.scalar.tag;
	case YAML_SEQUENCE_START_EVENT:
		return e->data.sequence_start.tag;
	case YAML_MAPPING_START_EVENT:
		return e->data.mapping_start.tag;
	default:
		return false;
	}
}

static struct yaml_node *
read_node(struct reader *r, int depth)
{
	if (depth > YAML_DEPTH)
		return fail_here(r, "nested too deep");
	if (has_tag(&r->event))
		return fail_here(r, "tags (!...) have no meaning here; quote "
				    "the value to make it a string");
	switch (r->event.type) {
	case YAML_ALIAS_EVENT:
		return read_alias(r, depth);
	case YAML_SCALAR_EVENT:
		return read_scalar(r);
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return read_collection(r, depth);
	default:
		return fail_here(r, "not valid YAML");
	}
}

static struct yaml_node *
read_document(struct reader *r)
{
	struct yaml_node *root;

	if (!next(r) || !next(r)) /* stream start, document start */
		return NULL;
	if (r->event.type == YAML_STREAM_END_EVENT) {
		root = new_node(r, YAML_SCALAR);
		if (!root)
			return NULL;
		root->plain = true;
		root->text = "";
		return root;
	}
	if (!next(r))
		return NULL;
	root = read_node(r, 0);
	if (!root || !next(r) || !next(r)) /* document end, stream end */
		return NULL;
	if (r->event.type != YAML_STREAM_END_EVENT)
		return fail_here(r, "more than one YAML document");
	return root;
}

struct yaml_doc *
yaml_parse(const char *text, size_t len, const char *name, int first_line,
	   struct err *err)
{
	struct yaml_doc *d;
	struct reader r = {
		.err = err,
		.text = text,
		.len = len,
		.first_line = first_line,
	};

	if (len > YAML_LIMIT) {
		FAIL(err, ERR_TOOBIG, "%s: YAML of more than %d bytes", name,
		     YAML_LIMIT);
		return NULL;
	}
	d = xcalloc(1, sizeof(*d));
	d->name = xstrdup(name);
	r.doc = d;
	if (!yaml_parser_initialize(&r.parser))
		abort();
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text,
				     len);
	d->root = read_document(&r);
	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	free(r.anchors);
	if (!d->root) {
		yaml_doc_free(d);
		return NULL;
	}
	return d;
}

struct yaml_doc *
yaml_read(const char *path, struct err *err)
{
	AUTO(buf) text = BUF_INIT;

	if (!path_read(path, YAML_LIMIT, &text, err))
		return NULL;
	return yaml_parse(buf_str(&text), text.len, path, 1, err);
}

void
yaml_doc_free(struct yaml_doc *d)
{
	arena_release(&d->arena);
	free(d->name);
	free(d);
}

const struct yaml_node *
yaml_root(const struct yaml_doc *d)
{
	return d->root;
}

const char *
yaml_name(const struct yaml_doc *d)
{
	return d->name;
}

const struct yaml_node *
yaml_get(const struct yaml_node *map, const char *key)
{
	if (!map || map->kind != YAML_MAP)
		return NULL;
	for (size_t i = 0; i < map->count; i++)
		if (strcmp(map->keys[i]->text, key) == 0)
			return map->items[i];
	return NULL;
}

const char *
yaml_str(const struct yaml_node *n)
{
	return n && n->kind == YAML_SCALAR ? n->text : NULL;
}

const char *
yaml_get_str(const struct yaml_node *map, const char *key)
{
	return yaml_str(yaml_get(map, key));
}

static bool
is_int(const char *s)
{
	s += *s == '-' || *s == '+';
	if (!*s)
		return false;
	while (isdigit((unsigned char)*s))
		s++;
	return !*s;
}

static bool
is_float(const char *s)
{
	double v;

	return strspn(s, "+-.0123456789eE") == strlen(s) &&
	       strpbrk(s, "0123456789") && str_to_double(s, &v);
}

static bool
is_one_of(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(s, *words) == 0)
			return true;
	return false;
}

static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
static const char *const trues[] = { "true", "True", "TRUE", NULL };
static const char *const falses[] = { "false", "False", "FALSE", NULL };

enum yaml_type
yaml_type(const struct yaml_node *n)
{
	if (n->kind != YAML_SCALAR)
		return YAML_NOT_SCALAR;
	if (!n->plain)
		return YAML_STR;
	if (is_one_of(n->text, nulls))
		return YAML_NULL;
	if (is_one_of(n->text, trues) || is_one_of(n->text, falses))
		return YAML_BOOL;
	if (is_int(n->text))
		return YAML_INT;
	return is_float(n->text) ? YAML_FLOAT : YAML_STR;
}

cJSON *
yaml_to_json(const struct yaml_node *n)
{
	cJSON *v;

	switch (yaml_type(n)) {
	case YAML_NULL:
		return cJSON_CreateNull();
	case YAML_BOOL:
		return cJSON_CreateBool(is_one_of(n->text, trues));
	case YAML_INT:
	case YAML_FLOAT:
		return cJSON_CreateNumber(strtod(n->text, NULL));
	case YAML_STR:
		return cJSON_CreateString(n->text);
	case YAML_NOT_SCALAR:
		break;
	}
	v = n->kind == YAML_SEQ ? cJSON_CreateArray() : cJSON_CreateObject();
	for (size_t i = 0; i < n->count; i++) {
		cJSON *item = yaml_to_json(n->items[i]);

		if (n->kind == YAML_SEQ)
			cJSON_AddItemToArray(v, item);
		else
			cJSON_AddItemToObject(v, n->keys[i]->text, item);
	}
	return v;
}
