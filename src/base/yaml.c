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
	int first_line;
	int nodes;
	struct anchor *anchors;
	size_t anchor_count, anchor_cap;
};

static struct yaml_node *read_node(struct reader *r, int depth);

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

static bool
next(struct reader *r)
{
	yaml_parser_t *p = &r->parser;

	yaml_event_delete(&r->event);
	if (yaml_parser_parse(p, &r->event))
		return true;
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

static void
remember(struct reader *r, const yaml_char_t *anchor, struct yaml_node *n)
{
	if (!anchor)
		return;
	GROW(r->anchors, r->anchor_count, r->anchor_cap);
	r->anchors[r->anchor_count].name =
		arena_strdup(&r->doc->arena, (const char *)anchor);
	r->anchors[r->anchor_count++].node = n;
}

/* How many nodes the tree counts when written out; an alias to a big tree
 * is charged in full, so nested aliases cannot explode later walks. */
static int
weight(const struct yaml_node *n)
{
	int sum = 1;

	for (size_t i = 0; i < n->count && sum < YAML_NODES_MAX; i++)
		sum += weight(n->items[i]);
	return sum;
}

static struct yaml_node *
read_alias(struct reader *r)
{
	const char *name = (const char *)r->event.data.alias.anchor;

	for (size_t i = r->anchor_count; i-- > 0;) {
		if (strcmp(r->anchors[i].name, name) != 0)
			continue;
		r->nodes += weight(r->anchors[i].node);
		if (r->nodes > YAML_NODES_MAX)
			return fail_here(r, "aliases expand to too much");
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
	remember(r, r->event.data.scalar.anchor, n);
	return n;
}

/* Moves a growing list into the arena. */
static struct yaml_node **
keep_list(struct reader *r, struct yaml_node **list, size_t count)
{
	struct yaml_node **kept =
		arena_alloc(&r->doc->arena, (count + 1) * sizeof(*kept));

	if (count)
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

static bool
read_key(struct reader *r, struct yaml_node **ret)
{
	struct yaml_node *key;

	if (r->event.type != YAML_SCALAR_EVENT)
		return fail_here(r, "a key must be a plain word");
	key = read_scalar(r);
	*ret = key;
	return key != NULL;
}

/* By text, equal ones in the order of the file. */
static int
compare_keys(const void *a, const void *b)
{
	const struct yaml_node *x = *(struct yaml_node *const *)a;
	const struct yaml_node *y = *(struct yaml_node *const *)b;
	int order = strcmp(x->text, y->text);

	if (order)
		return order;
	return x->line != y->line ? (x->line > y->line) - (x->line < y->line) :
				    (x->column > y->column) -
					      (x->column < y->column);
}

/* Sorts once at the end of a map: comparing each key with all before it
 * would let a file of a million keys hang the program. */
static bool
check_duplicates(struct reader *r, struct yaml_node *const *keys,
		 size_t count)
{
	AUTO_FREE struct yaml_node **sorted = NULL;

	if (count < 2)
		return true;
	sorted = xmemdup(keys, count * sizeof(struct yaml_node *));
	qsort(sorted, count, sizeof(struct yaml_node *), compare_keys);
	for (size_t i = 1; i < count; i++)
		if (strcmp(sorted[i - 1]->text, sorted[i]->text) == 0)
			return FAIL(r->err, ERR_SYNTAX,
				    "%s:%d:%d: key \"%.60s\" is here twice "
				    "(first at line %d)",
				    r->doc->name, sorted[i]->line,
				    sorted[i]->column, sorted[i]->text,
				    sorted[i - 1]->line);
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
			if (!check_duplicates(r, keys, n->count))
				break;
			n->items = keep_list(r, values, n->count);
			n->keys = keep_list(r, keys, n->count);
			free(values);
			free(keys);
			return n;
		}
		GROW(keys, n->count, key_cap);
		GROW(values, n->count, cap);
		if (!read_key(r, &keys[n->count]) || !next(r))
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

	if (n)
		remember(r, (const yaml_char_t *)anchor, n);
	return n;
}

static struct yaml_node *
read_node(struct reader *r, int depth)
{
	if (depth > YAML_DEPTH)
		return fail_here(r, "nested too deep");
	switch (r->event.type) {
	case YAML_ALIAS_EVENT:
		return read_alias(r);
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
	struct reader r = { .err = err, .first_line = first_line };

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
