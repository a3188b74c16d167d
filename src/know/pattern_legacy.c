/*
 * Reading the files of v0.2.0 and of its plans that are not front matter
 * with prose:
 *
 *	nested YAML, one key `pattern` (A) or several beside it (E); flat YAML
 *	(B, and records without an id); Markdown whose first lines are
 *	`**Key:** value` (D)
 *
 * One table of places says where a field may stand; the first place that has
 * a value counts. What has no field here is not lost: the whole YAML goes
 * along as `original`, and Markdown is the prose. Written again, such a
 * pattern is front matter.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/yaml.h"
#include "know/lifecycle.h"
#include "know/pattern_field.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BOM "\xef\xbb\xbf"

enum { PLACES = 6, ITEMS_MAX = 1000, COUNT_MAX = 1000000000 };

/* Where the fields stand, best first; a dot goes one level down. */
static const char *const places_id[PLACES] = { "pattern.id",
					       "pattern.pattern_id",
					       "pattern_id", "id" };
static const char *const places_name[PLACES] = { "pattern.name", "name" };
static const char *const places_description[PLACES] = { "description.full",
							"description.short",
							"pattern.description",
							"description" };
static const char *const places_category[PLACES] = { "classification.domain",
						     "pattern.domain",
						     "pattern.category",
						     "category", "domain" };
static const char *const places_version[PLACES] = { "pattern.version",
						    "version" };
static const char *const places_created[PLACES] = { "pattern.created",
						    "pattern.created_at",
						    "created_at", "created" };
static const char *const places_used[PLACES] = { "pattern.last_updated",
						 "pattern.last_used",
						 "last_used", "last_updated" };
static const char *const places_status[PLACES] = { "pattern.status", "status" };
static const char *const places_keywords[PLACES] = { "pattern.task_keywords",
						     "task_keywords",
						     "keywords" };
static const char *const places_steps[PLACES] = {
	"pattern.plugin_sequence", "sequence", "workflow_steps",
	"plugin_sequence",         "steps",    "plugins"
};
static const char *const places_tags[PLACES] = { "tags", "pattern.tags" };
static const char *const places_environment[PLACES] = {
	"environment.dependencies", "environment_requirements",
	"pattern.environment_requirements"
};
static const char *const places_issues[PLACES] = { "known_issues",
						   "pattern.known_issues" };
static const char *const places_metrics[PLACES] = { "metrics",
						    "pattern.metrics" };
static const char *const names_executions[PLACES] = {
	"total_executions", "executions", "execution_count", "usage_count"
};
static const char *const names_average[PLACES] = { "avg_completion_time",
						   "timing.avg_completion_time",
						   "avg_completion_minutes",
						   "avg_time" };

/* --- finding ------------------------------------------------------------ */

static const struct yaml_node *
at(const struct yaml_node *n, const char *place)
{
	while (n && *place) {
		size_t len = strcspn(place, ".");
		AUTO_FREE char *key = xstrndup(place, len);

		n = yaml_get(n, key);
		place += len + (place[len] == '.');
	}
	return n;
}

static bool
is_empty(const struct yaml_node *n)
{
	return n->kind == YAML_SCALAR ? !n->len || yaml_type(n) == YAML_NULL :
					!n->count;
}

static const struct yaml_node *
find(const struct yaml_node *root, const char *const places[PLACES])
{
	for (int i = 0; i < PLACES && places[i]; i++) {
		const struct yaml_node *n = at(root, places[i]);

		if (n && !is_empty(n))
			return n;
	}
	return NULL;
}

static const char *
find_text(const struct yaml_node *root, const char *const places[PLACES])
{
	for (int i = 0; i < PLACES && places[i]; i++) {
		const char *s = yaml_str(at(root, places[i]));

		if (!str_empty(s))
			return s;
	}
	return NULL;
}

/* --- values ------------------------------------------------------------- */

/* The number that a text begins with ("~", blanks and the "_" of 1_000
 * apart), the mean of "15-20"; what follows is in *ret_rest. */
static bool
leading_number(const char *s, double *ret, const char **ret_rest)
{
	AUTO(buf) digits = BUF_INIT;
	double second;

	s += strspn(s, "~ ");
	for (; isdigit((unsigned char)*s) || *s == '.' ||
	       (*s == '_' && isdigit((unsigned char)s[1]));
	     s++)
		if (*s != '_')
			buf_addch(&digits, *s);
	if (!digits.len || !str_to_double(buf_str(&digits), ret))
		return false;
	if (*s == '-' && leading_number(s + 1, &second, &s))
		*ret = (*ret + second) / 2;
	*ret_rest = s + strspn(s, " _");
	return true;
}

/* Minutes of "11.5_min", "2 min", "30 seconds", "1.5_h", 8.5. */
static double
read_minutes(const char *s)
{
	const char *unit;
	double v;

	if (!s || !leading_number(s, &v, &unit))
		return 0;
	return *unit == 's' ? v / 60 : *unit == 'h' ? v * 60 : v;
}

/* 0 to 1 of 0.85, "85%", "1.0 (100%)"; negative when it is none. */
static double
read_rate(const char *s)
{
	const char *unit;
	double v;

	if (!s || !leading_number(s, &v, &unit))
		return -1;
	v = *unit == '%' ? v / 100 : v;
	return v <= 1 ? v : -1;
}

static bool
read_count(const char *s, int64_t *ret)
{
	const char *rest;
	double v;

	if (!s || !leading_number(s, &v, &rest) || v > COUNT_MAX ||
	    v != floor(v))
		return false;
	*ret = (int64_t)v;
	return true;
}

/* What the file does not say follows from the rest: as in pattern_read.c. */
static bool
settle(struct pattern *p, const char *total, const char *good, const char *bad,
       const char *rate, const char *name, struct err *err)
{
	struct pattern_counts *c = &p->counts;
	bool has_total = read_count(total, &c->executions);
	bool has_good = read_count(good, &c->successes);
	bool has_bad = read_count(bad, &c->failures);

	if (!has_total)
		c->executions = c->successes + c->failures;
	if (!has_good && has_bad)
		c->successes = c->executions - c->failures;
	else if (!has_good && read_rate(rate) >= 0)
		c->successes = llround(read_rate(rate) * (double)c->executions);
	if (!has_bad)
		c->failures = c->executions - c->successes;
	if (c->successes < 0 || c->failures < 0 ||
	    c->successes + c->failures != c->executions)
		return FAIL(err, ERR_SYNTAX,
			    "%s: total executions (%lld) must be successful "
			    "(%lld) and failed ones (%lld)",
			    name, (long long)c->executions,
			    (long long)c->successes, (long long)c->failures);
	return true;
}

static void
set(char **slot, const char *text)
{
	if (!text)
		return;
	free(*slot);
	*slot = xstrdup(text);
}

/* An id that names no file becomes one that does; without any, the file's
 * own name is the id. */
static void
set_id(struct pattern *p, const char *id, const char *name)
{
	AUTO_FREE char *stem = xstrdup(path_base(name));
	char *dot = strrchr(stem, '.');

	if (dot && dot != stem)
		*dot = '\0';
	free(p->id);
	p->id = pattern_id_clean(str_empty(id) ? stem : id);
}

/* --- YAML --------------------------------------------------------------- */

/* A text; or of a map the name that it gives, else its first key. */
static const char *
item_text(const struct yaml_node *n)
{
	static const char *const names[] = { "plugin", "name", "purpose" };

	if (n->kind == YAML_SCALAR)
		return n->text;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (yaml_get_str(n, names[i]))
			return yaml_get_str(n, names[i]);
	return n->kind == YAML_MAP && n->count ? n->keys[0]->text : NULL;
}

/* Of a list its items; of a map of lists all their items; of a map of texts
 * (steps: {1: ...}) the texts. */
static void
read_list(const struct yaml_node *n, struct strv *out)
{
	for (size_t i = 0; n && n->kind != YAML_SCALAR && i < n->count; i++) {
		const struct yaml_node *item = n->items[i];
		bool nested = n->kind == YAML_MAP && item->kind == YAML_SEQ;

		for (size_t k = 0; k < (nested ? item->count : 1); k++) {
			const char *s =
				item_text(nested ? item->items[k] : item);

			if (!str_empty(s) && out->count < ITEMS_MAX)
				strv_add(out, s);
		}
	}
}

static void
read_issues(const struct yaml_node *n, struct pattern *p)
{
	for (size_t i = 0; n && n->kind == YAML_SEQ && i < n->count; i++) {
		const struct yaml_node *item = n->items[i];
		const char *issue = item->kind == YAML_SCALAR ?
					    item->text :
					    yaml_get_str(item, "issue");
		int64_t times = 1;

		if (str_empty(issue) || p->issue_count == ITEMS_MAX)
			continue;
		read_count(yaml_get_str(item, "frequency"), &times);
		pattern_add_issue(p, issue, yaml_get_str(item, "fix"));
		p->issues[p->issue_count - 1].frequency = times;
	}
}

static bool
read_metrics(const struct yaml_node *root, const char *name, struct pattern *p,
	     struct err *err)
{
	const struct yaml_node *m = find(root, places_metrics);
	const struct yaml_node *from = m ? m : at(root, "pattern");

	if (!from)
		from = root;
	p->counts.avg_minutes = read_minutes(find_text(from, names_average));
	return settle(p, find_text(from, names_executions),
		      yaml_get_str(from, "successful_executions"),
		      yaml_get_str(from, "failed_executions"),
		      yaml_get_str(from, "success_rate"), name, err);
}

/* A date that can't be read is known to be one. */
static void
read_times(const struct yaml_node *root, struct pattern *p)
{
	const char *created = find_text(root, places_created);
	const char *used = find_text(root, places_used);

	if (created)
		clock_parse_iso(created, &p->created_us);
	if (used && !clock_parse_iso(used, &p->last_used_us))
		p->last_used_us = PATTERN_TIME_UNREADABLE;
}

/* v0.2.0 and its plans go by the counts, whatever a file says of itself; only
 * `deprecated` is a decision. */
static void
set_stage(struct pattern *p, const char *word)
{
	p->status = word && strcmp(word, "deprecated") == 0 ?
			    PATTERN_DEPRECATED :
			    lifecycle_stage(&p->counts, PATTERN_DISCOVERED);
}

static void
read_texts(const struct yaml_node *root, const char *name, struct pattern *p)
{
	set_id(p, find_text(root, places_id), name);
	set(&p->name, find_text(root, places_name));
	if (!*p->name)
		set(&p->name, p->id);
	set(&p->description, find_text(root, places_description));
	set(&p->category, find_text(root, places_category));
	set(&p->version, find_text(root, places_version));
	read_list(find(root, places_keywords), &p->keywords);
	read_list(find(root, places_steps), &p->steps);
	read_list(find(root, places_tags), &p->tags);
	read_list(find(root, places_environment), &p->environment);
	read_issues(find(root, places_issues), p);
}

static bool
read_yaml(const char *text, size_t len, const char *name, struct pattern *p,
	  struct err *err)
{
	AUTO_PTR(yaml_doc) doc = yaml_parse(text, len, name, 1, err);
	AUTO_FREE char *copy = NULL;
	const struct yaml_node *root;

	if (!doc)
		return false;
	root = yaml_root(doc);
	if (root->kind != YAML_MAP)
		return yaml_fail(doc, root, err, "a pattern must be a mapping");
	p->format = at(root, "pattern") ? "nested YAML of v0.2.0" :
					  "flat YAML of v0.2.0";
	read_texts(root, name, p);
	read_times(root, p);
	if (!read_metrics(root, name, p, err))
		return false;
	set_stage(p, find_text(root, places_status));
	copy = xstrndup(text, len);
	if (!pattern_nest(str_starts(copy, BOM) ? copy + strlen(BOM) : copy,
			  "original", &p->original, err))
		return false;
	free(p->body);
	p->body = xasprintf("# %s\n\nRead from a file of v0.2.0, which "
			    "`original` holds.\n",
			    p->name);
	p->body_len = strlen(p->body);
	return true;
}

/* --- Markdown with bold fields ------------------------------------------- */

/* The value of "**Key:** value" without code marks; NULL when there is none.
 * Caller frees. */
static char *
bold_field(const char *text, const char *key)
{
	AUTO_FREE char *mark = xasprintf("**%s:**", key);
	AUTO_FREE char *value = NULL;
	const char *s = strstr(text, mark);

	if (!s)
		return NULL;
	s += strlen(mark);
	value = xstrndup(s, strcspn(s, "\r\n"));
	for (char *c = value; *c; c++)
		if (*c == '`')
			*c = ' ';
	return xstrdup(str_trim(value));
}

char *
pattern_heading(const char *text)
{
	static const char *const kinds[] = { "Discovered Pattern:",
					     "Pattern:" };
	const char *s = str_starts(text, "# ") ? text : strstr(text, "\n# ");
	AUTO_FREE char *line = NULL;

	if (!s)
		return NULL;
	s += strspn(s, "\n# ");
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_starts(s, kinds[i])) {
			s += strlen(kinds[i]);
			break;
		}
	line = xstrndup(s, strcspn(s, "\r\n"));
	return xstrdup(str_trim(line));
}

void
pattern_prose_steps(const char *text, struct strv *steps)
{
	for (const char *s = text; (s = strstr(s, "\n### Step "));) {
		const char *title;

		s += strlen("\n### Step ");
		title = s + strspn(s, "0123456789");
		if (*title != ':' || steps->count == ITEMS_MAX)
			continue;
		title += strspn(title, ": ");
		strv_take(steps, xstrndup(title, strcspn(title, "\r\n")));
	}
}

static bool
read_bold(const char *text, size_t len, const char *name, struct pattern *p,
	  struct err *err)
{
	AUTO_FREE char *copy = xstrndup(text, len);
	AUTO_FREE char *id = bold_field(copy, "Pattern ID");
	AUTO_FREE char *title = pattern_heading(copy);
	AUTO_FREE char *category = bold_field(copy, "Category");
	AUTO_FREE char *date = bold_field(copy, "Date Discovered");
	AUTO_FREE char *total = bold_field(copy, "Executions");
	AUTO_FREE char *rate = bold_field(copy, "Success Rate");
	AUTO_FREE char *took = bold_field(copy, "Average Time");

	p->format = "Markdown of v0.2.0 without front matter";
	set_id(p, id, name);
	set(&p->name, str_empty(title) ? p->id : title);
	set(&p->category, category);
	pattern_prose_steps(copy, &p->steps);
	if (date)
		clock_parse_iso(date, &p->created_us);
	p->counts.avg_minutes = read_minutes(took);
	if (!settle(p, total, NULL, NULL, rate, name, err))
		return false;
	set_stage(p, NULL);
	free(p->body);
	p->body = xmalloc(len + 1);
	memcpy(p->body, text, len);
	p->body[len] = '\0';
	p->body_len = len;
	return true;
}

/* --- which ---------------------------------------------------------------- */

static bool
is_yaml_name(const char *name)
{
	return str_ends(name, ".yaml") || str_ends(name, ".yml");
}

/* A key that these files begin with, at the start of a line before any
 * other text. */
static bool
begins_as_yaml(const char *text, size_t len)
{
	static const char *const keys[] = { "pattern:", "pattern_id:",
					    "name:" };
	size_t i = 0;

	while (i < len && strchr("#\r\n", text[i])) {
		const char *end = memchr(text + i, '\n', len - i);

		if (!end)
			return false;
		i = (size_t)(end - text) + 1;
	}
	for (size_t k = 0; k < ARRAY_LEN(keys); k++)
		if (len - i >= strlen(keys[k]) &&
		    memcmp(text + i, keys[k], strlen(keys[k])) == 0)
			return true;
	return false;
}

static bool
has_bold_id(const char *text, size_t len)
{
	static const char mark[] = "\n**Pattern ID:**";

	return len && *text == '#' &&
	       memmem(text, len, mark, strlen(mark)) != NULL;
}

bool
pattern_legacy_claims(const char *text, size_t len, const char *name)
{
	return is_yaml_name(name) || begins_as_yaml(text, len) ||
	       has_bold_id(text, len);
}

bool
pattern_legacy_read(const char *text, size_t len, const char *name,
		    struct pattern *p, struct err *err)
{
	return !is_yaml_name(name) && has_bold_id(text, len) ?
		       read_bold(text, len, name, p, err) :
		       read_yaml(text, len, name, p, err);
}
