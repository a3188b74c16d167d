#include "know/pattern.h"

#include "base/id.h"
#include "base/mem.h"
#include "base/yaml.h"
#include "know/pattern_field.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(struct pattern, member)

/* clang-format off */
const struct pattern_field pattern_fields[] = {
	{ "pattern_id", FIELD_STR, AT(id) },
	{ "name", FIELD_STR, AT(name) },
	{ "description", FIELD_STR, AT(description) },
	{ "category", FIELD_STR, AT(category) },
	{ "domain", FIELD_STR, AT(category), .alias = true },
	{ "task_keywords", FIELD_LIST, AT(keywords) },
	{ "workflow_steps", FIELD_LIST, AT(steps) },
	{ "created_at", FIELD_TIME, AT(created_us) },
	{ "created", FIELD_TIME, AT(created_us), .alias = true },
	{ "last_used", FIELD_TIME, AT(last_used_us), .owned = true },
	{ "executions", FIELD_COUNT, AT(counts.executions), .owned = true },
	{ "successful_executions", FIELD_COUNT, AT(counts.successes),
	  .owned = true },
	{ "failed_executions", FIELD_COUNT, AT(counts.failures),
	  .owned = true },
	{ "success_rate", FIELD_RATE, 0, .owned = true },
	{ "avg_completion_minutes", FIELD_MINUTES, AT(counts.avg_minutes),
	  .owned = true },
	{ "status", FIELD_STATUS, AT(status), .owned = true },
	{ "known_issues", FIELD_ISSUES, 0, .owned = true },
	{ "environment_requirements", FIELD_LIST, AT(environment) },
	{ "tags", FIELD_LIST, AT(tags) },
	{ "version", FIELD_STR, AT(version) },
	{ "workflow", FIELD_WORKFLOW, 0 },
};
/* clang-format on */

const size_t pattern_field_count = ARRAY_LEN(pattern_fields);

static const char *const status_words[] = {
#define X(code, word) [code] = word,
	PATTERN_STATUSES(X)
#undef X
};

const char *
pattern_status_word(enum pattern_status s)
{
	return status_words[s];
}

bool
pattern_status_parse(const char *word, enum pattern_status *ret)
{
	for (int i = 0; i < PATTERN_STATUS_COUNT; i++) {
		if (strcmp(word, status_words[i]) != 0)
			continue;
		*ret = (enum pattern_status)i;
		return true;
	}
	return false;
}

double
pattern_rate(const struct pattern_counts *c)
{
	if (c->executions <= 0)
		return 0;
	return (double)c->successes / (double)c->executions;
}

void
pattern_init(struct pattern *p)
{
	*p = (struct pattern){
		.id = xstrdup(""),
		.name = xstrdup(""),
		.description = xstrdup(""),
		.category = xstrdup(""),
		.version = xstrdup(""),
		.body = xstrdup(""),
		.format = "front matter",
	};
}

void
pattern_release(struct pattern *p)
{
	for (size_t i = 0; i < p->issue_count; i++) {
		free(p->issues[i].issue);
		free(p->issues[i].fix);
	}
	for (size_t i = 0; i < p->tool_count; i++)
		free(p->tools[i].name);
	free(p->issues);
	free(p->tools);
	strv_release(&p->keywords);
	strv_release(&p->steps);
	strv_release(&p->environment);
	strv_release(&p->tags);
	free(p->id);
	free(p->name);
	free(p->description);
	free(p->category);
	free(p->version);
	free(p->workflow);
	free(p->original);
	free(p->body);
	free(p->source);
	*p = (struct pattern){ 0 };
}

void
pattern_add_issue(struct pattern *p, const char *issue, const char *fix)
{
	struct pattern_issue *slot;

	if (str_empty(issue))
		issue = "Unknown error";
	for (size_t i = 0; i < p->issue_count; i++) {
		if (strcmp(p->issues[i].issue, issue) != 0)
			continue;
		p->issues[i].frequency++;
		return;
	}
	GROW(p->issues, p->issue_count, p->issue_cap);
	slot = &p->issues[p->issue_count++];
	slot->issue = xstrdup(issue);
	slot->fix =
		xstrdup(str_empty(fix) ? "Manual investigation required" : fix);
	slot->frequency = 1;
}

/* --- ids ---------------------------------------------------------------- */

static bool
id_char(char c)
{
	return isalnum((unsigned char)c) || c == '.' || c == '_' || c == '-';
}

bool
pattern_id_valid(const char *id)
{
	size_t n = strlen(id);

	if (n == 0 || n > PATTERN_ID_MAX || !isalnum((unsigned char)*id))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!id_char(id[i]) || (id[i] == '.' && id[i + 1] == '.'))
			return false;
	return true;
}

/* Appends the words with everything unsafe as one dash between them. */
static void
add_safe(struct buf *out, const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = (char)tolower((unsigned char)word[i]);
		bool dot =
			c == '.' && out->len && out->data[out->len - 1] == '.';

		if (isalnum((unsigned char)c) ||
		    (out->len && id_char(c) && c != '-' && !dot))
			buf_addch(out, c);
		else if (c != ',' && out->len && out->data[out->len - 1] != '-')
			buf_addch(out, '-');
	}
}

static void
add_words(struct buf *out, const char *task, int words)
{
	static const char blanks[] = " \t\r\n\v\f";
	const char *s = task + strspn(task, blanks);

	for (; *s && words > 0; words--) {
		size_t n = strcspn(s, blanks);

		if (out->len && out->data[out->len - 1] != '-')
			buf_addch(out, '-');
		add_safe(out, s, n);
		s += n;
		s += strspn(s, blanks);
	}
}

char *
pattern_id_clean(const char *id)
{
	AUTO(buf) out = BUF_INIT;
	char hex[SHA256_HEX_SIZE];

	if (pattern_id_valid(id))
		return xstrdup(id);
	add_safe(&out, id, strlen(id));
	if (out.len > PATTERN_ID_MAX)
		buf_truncate(&out, PATTERN_ID_MAX);
	while (out.len && !isalnum((unsigned char)out.data[out.len - 1]))
		buf_truncate(&out, out.len - 1);
	if (out.len)
		return buf_steal(&out);
	sha256_hex(id, strlen(id), hex);
	return xasprintf("pattern-%.8s", hex);
}

char *
pattern_id_make(const char *task, int version)
{
	enum { ID_WORDS = 5, SUFFIX_MAX = 16 };
	AUTO(buf) out = BUF_INIT;

	add_words(&out, task, ID_WORDS);
	if (out.len > PATTERN_ID_MAX - SUFFIX_MAX)
		buf_truncate(&out, PATTERN_ID_MAX - SUFFIX_MAX);
	while (out.len && !isalnum((unsigned char)out.data[out.len - 1]))
		buf_truncate(&out, out.len - 1);
	if (!out.len) {
		char hex[SHA256_HEX_SIZE];

		sha256_hex(task, strlen(task), hex);
		buf_printf(&out, "pattern-%.8s", hex);
	}
	buf_printf(&out, "-v%d", version);
	return buf_steal(&out);
}

/* --- a new pattern's workflow ------------------------------------------- */

/* Two blanks before every line that is not empty. Lines of blanks get them
 * too: in a block scalar they are content. A leading `---` goes. */
static void
indent(const char *text, struct buf *out)
{
	buf_addch(out, '\n');
	if (str_starts(text, "---") && (text[3] == '\n' || text[3] == '\r')) {
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	while (*text) {
		size_t n = strcspn(text, "\n");

		if (n)
			buf_addstr(out, "  ");
		buf_add(out, text, n);
		buf_addch(out, '\n');
		text += n;
		text += *text == '\n';
	}
}

static bool
same_tree(const struct yaml_node *a, const struct yaml_node *b)
{
	if (a->kind != b->kind || a->count != b->count)
		return false;
	if (a->kind == YAML_SCALAR)
		return a->len == b->len && a->plain == b->plain &&
		       memcmp(a->text, b->text, a->len) == 0;
	for (size_t i = 0; i < a->count; i++)
		if ((a->keys && !str_eq(a->keys[i]->text, b->keys[i]->text)) ||
		    !same_tree(a->items[i], b->items[i]))
			return false;
	return true;
}

bool
pattern_nest(const char *text, const char *key, char **ret, struct err *err)
{
	AUTO(buf) out = BUF_INIT;
	AUTO_FREE char *ended =
		xasprintf("%s%s", text, str_ends(text, "\n") ? "" : "\n");
	AUTO_PTR(yaml_doc) alone =
		yaml_parse(ended, strlen(ended), key, 1, err);
	AUTO_PTR(yaml_doc) below = NULL;

	if (!alone)
		return false;
	if (yaml_root(alone)->kind != YAML_MAP)
		return FAIL(err, ERR_SYNTAX, "%s: it must be a mapping", key);
	indent(ended, &out);
	below = yaml_parse(buf_str(&out), out.len, key, 0, err);
	if (!below)
		return false;
	if (!same_tree(yaml_root(alone), yaml_root(below)))
		return FAIL(err, ERR_SYNTAX,
			    "%s: its text can't stand in front matter; write "
			    "it in block style",
			    key);
	*ret = buf_steal(&out);
	return true;
}

bool
pattern_set_workflow(struct pattern *p, const char *text, struct err *err)
{
	char *workflow;

	if (!pattern_nest(text, "workflow", &workflow, err))
		return false;
	free(p->workflow);
	p->workflow = workflow;
	p->workflow_line = 0;
	return true;
}
