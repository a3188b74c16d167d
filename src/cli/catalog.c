#include "cli/catalog.h"

#include "base/clock.h"
#include "base/json.h"
#include "cli/pattern_text.h"
#include "tool/tool.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int
compare_tools(const void *a, const void *b)
{
	const struct catalog_tool *x = a, *y = b;

	if (x->patterns != y->patterns)
		return x->patterns > y->patterns ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void
count_tool(struct db *db, struct catalog *k, const char *name)
{
	size_t i = 0;

	while (i < k->tool_count && strcmp(k->tools[i].name, name) != 0)
		i++;
	if (i == k->tool_count) {
		GROW(k->tools, k->tool_count, k->tool_cap);
		k->tools[k->tool_count++] = (struct catalog_tool){
			.name = xstrdup(name),
			.rate = -1,
		};
		library_tool_rate(db, name, &k->tools[i].rate, NULL);
	}
	k->tools[i].patterns++;
}

void
catalog_make(struct db *db, const char *domain,
	     const struct library_rows *rows, struct catalog *ret)
{
	struct catalog *k = ret;

	memset(k, 0, sizeof(*k));
	k->domain = domain;
	k->rows = rows;
	k->patterns = xcalloc(rows->count + 1, sizeof(*k->patterns));
	for (size_t i = 0; i < rows->count; i++) {
		const struct library_row *r = &rows->items[i];
		struct pattern p;

		if (library_open(db, r->id, &p, NULL))
			k->patterns[i] = p;
		for (size_t t = 0; t < r->tool_count; t++)
			count_tool(db, k, r->tools[t].name);
	}
	if (k->tool_count)
		qsort(k->tools, k->tool_count, sizeof(*k->tools),
		      compare_tools);
}

void
catalog_release(struct catalog *k)
{
	for (size_t i = 0; k->patterns && i < k->rows->count; i++)
		if (k->patterns[i].id)
			pattern_release(&k->patterns[i]);
	for (size_t i = 0; i < k->tool_count; i++)
		free(k->tools[i].name);
	free(k->patterns);
	free(k->tools);
	memset(k, 0, sizeof(*k));
}

/* --- text ------------------------------------------------------------------- */

static void
add_words(struct buf *out, const struct strv *words, const char *between)
{
	for (size_t i = 0; i < words->count; i++)
		buf_printf(out, "%s%s", i ? between : "", words->items[i]);
}

void
catalog_pattern(const struct catalog *k, size_t i, struct buf *out)
{
	const struct library_row *r = &k->rows->items[i];
	const struct pattern *p = &k->patterns[i];
	AUTO_FREE char *rate = pattern_text_rate(&r->counts);

	buf_printf(out, "%s [%s]\n", r->name, pattern_status_word(r->status));
	buf_printf(out, "- Pattern ID: %s\n- Success Rate: %s\n- Uses: %" PRId64
			"\n",
		   r->id, rate, r->counts.executions);
	if (p->id && p->steps.count) {
		buf_addstr(out, "- Sequence: ");
		add_words(out, &p->steps, " -> ");
		buf_addch(out, '\n');
	}
	if (*r->description)
		buf_printf(out, "- When to use: %s\n", r->description);
	if (r->counts.executions)
		buf_printf(out, "- Estimated time: %.1f minutes (the mean of "
				"its runs)\n",
			   r->counts.avg_minutes);
	else
		buf_addstr(out, "- Estimated time: not run yet\n");
	for (size_t n = 0; p->id && n < p->issue_count; n++)
		buf_printf(out, "- Known issue: %s; fix: %s\n",
			   p->issues[n].issue, p->issues[n].fix);
}

static void
add_tools(const struct catalog *k, struct buf *out)
{
	buf_addstr(out, "\n## Plugin Inventory\n\n");
	if (!k->tool_count)
		buf_addstr(out, "No pattern names its tools.\n");
	for (size_t i = 0; i < k->tool_count; i++) {
		const struct catalog_tool *t = &k->tools[i];
		const struct tool *known = tool_find(t->name);

		buf_printf(out, "- %s: in %.0f%% of the patterns", t->name,
			   100.0 * (double)t->patterns /
				   (double)k->rows->count);
		if (t->rate >= 0)
			buf_printf(out, ", %.0f%% of its steps succeeded",
				   100 * t->rate);
		buf_printf(out, "; %s\n",
			   known ? known->summary :
				   "not a tool of this program");
	}
}

void
catalog_markdown(const struct catalog *k, struct buf *out)
{
	char now[CLOCK_ISO_SIZE];

	buf_printf(out, "# Pattern Catalog: %s\n\nMade by agentops "
			"discover-patterns on %.10s, of %zu patterns.\n",
		   k->domain, clock_iso(clock_wall_us(), now), k->rows->count);
	for (size_t i = 0; i < k->rows->count; i++) {
		buf_printf(out, "\n## %zu. ", i + 1);
		catalog_pattern(k, i, out);
	}
	add_tools(k, out);
	buf_addstr(out, "\n## Next Steps\n\n");
	if (k->rows->count)
		buf_printf(out, "- agentops inspect-pattern %s\n"
				"- agentops replay-pattern %s --dry-run\n",
			   k->rows->items[0].id, k->rows->items[0].id);
	buf_addstr(out, "- agentops craft-prompt \"what you want\"\n");
}

/* --- JSON -------------------------------------------------------------------- */

static void
add_text(struct buf *b, const char *key, const char *value)
{
	json_add_key(b, key);
	json_add_str(b, value);
}

static void
add_sequence(struct buf *b, const struct pattern *p)
{
	json_add_key(b, "sequence");
	buf_addch(b, '[');
	for (size_t i = 0; p->id && i < p->steps.count; i++) {
		buf_printf(b, "%s{\"step\":%zu", i ? "," : "", i + 1);
		add_text(b, "plugin", p->steps.items[i]);
		buf_addch(b, '}');
	}
	buf_addch(b, ']');
}

static void
add_issues(struct buf *b, const struct pattern *p)
{
	json_add_key(b, "known_issues");
	buf_addch(b, '[');
	for (size_t i = 0; p->id && i < p->issue_count; i++) {
		buf_addstr(b, i ? ",{" : "{");
		add_text(b, "issue", p->issues[i].issue);
		add_text(b, "fix", p->issues[i].fix);
		buf_addch(b, '}');
	}
	buf_addch(b, ']');
}

static void
add_pattern(struct buf *b, const struct library_row *r,
	    const struct pattern *p)
{
	buf_addch(b, '{');
	pattern_text_json(r, b);
	add_text(b, "domain", r->category);
	add_text(b, "when_to_use", r->description);
	add_sequence(b, p);
	add_issues(b, p);
	buf_addch(b, '}');
}

/* Neighbours in a sequence: what one makes, the next one takes. */
static void
add_integrations(const struct catalog *k, struct buf *b)
{
	bool first = true;

	json_add_key(b, "integrations");
	buf_addch(b, '[');
	for (size_t i = 0; i < k->rows->count; i++) {
		const struct pattern *p = &k->patterns[i];

		for (size_t s = 1; p->id && s < p->steps.count; s++) {
			buf_addstr(b, first ? "{" : ",{");
			first = false;
			add_text(b, "pattern", p->id);
			add_text(b, "from", p->steps.items[s - 1]);
			add_text(b, "to", p->steps.items[s]);
			add_text(b, "type", "data-flow");
			buf_addch(b, '}');
		}
	}
	buf_addch(b, ']');
}

void
catalog_json(const struct catalog *k, struct buf *out)
{
	buf_addch(out, '{');
	add_text(out, "domain", k->domain);
	json_add_key(out, "patterns");
	buf_addch(out, '[');
	for (size_t i = 0; i < k->rows->count; i++) {
		buf_addstr(out, i ? "," : "");
		add_pattern(out, &k->rows->items[i], &k->patterns[i]);
	}
	buf_addch(out, ']');
	json_add_key(out, "plugins");
	buf_addch(out, '[');
	for (size_t i = 0; i < k->tool_count; i++) {
		buf_addstr(out, i ? ",{" : "{");
		add_text(out, "name", k->tools[i].name);
		json_add_key(out, "patterns");
		buf_addint(out, (int64_t)k->tools[i].patterns);
		json_add_key(out, "success_rate");
		if (k->tools[i].rate >= 0)
			buf_printf(out, "%.4f", k->tools[i].rate);
		else
			buf_addstr(out, "null");
		buf_addch(out, '}');
	}
	buf_addch(out, ']');
	add_integrations(k, out);
	buf_addch(out, '}');
}
