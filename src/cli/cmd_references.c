/* references: the guides that models load, with their sizes. */
#include "cli/cli.h"

#include "base/json.h"
#include "know/reference.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
add_words(struct buf *b, const char *key, const struct strv *words)
{
	json_add_key(b, key);
	buf_addch(b, '[');
	for (size_t i = 0; i < words->count; i++) {
		buf_addstr(b, i ? "," : "");
		json_add_str(b, words->items[i]);
	}
	buf_addch(b, ']');
}

static void
print_json(const struct reference *r)
{
	AUTO(buf) b = BUF_INIT;

	buf_addch(&b, '{');
	json_add_key(&b, "name");
	json_add_str(&b, r->name);
	json_add_key(&b, "summary");
	json_add_str(&b, r->summary);
	json_add_key(&b, "when");
	json_add_str(&b, r->when ? r->when : "");
	add_words(&b, "phases", &r->phases);
	add_words(&b, "auto", &r->autos);
	json_add_key(&b, "bytes");
	buf_addint(&b, (int64_t)r->bytes);
	json_add_key(&b, "tokens_about");
	buf_addint(&b, r->tokens);
	json_add_key(&b, "project");
	buf_addstr(&b, r->project ? "true" : "false");
	json_add_key(&b, "path");
	json_add_str(&b, r->path);
	buf_addstr(&b, "}\n");
	fputs(buf_str(&b), stdout);
}

static void
print_row(const struct reference *r)
{
	AUTO(buf) b = BUF_INIT;

	buf_printf(&b, "%-24s %5zu bytes  ~%4" PRId64 " tokens  %s%s\n",
		   r->name, r->bytes, r->tokens, r->summary,
		   r->project ? " (of this project)" : "");
	cli_print(buf_str(&b));
}

static int
list(struct cli *c, const struct references *all)
{
	AUTO(buf) skill = BUF_INIT;
	struct err err = ERR_INIT;

	if (!skill_read(&skill, &err))
		return cli_fail(c, &err);
	if (!c->json && !c->quiet)
		printf("%-24s %5zu bytes  ~%4" PRId64 " tokens  "
		       "what every agent is told first\n",
		       "SKILL.md", skill.len, tokens_about(skill.len));
	for (size_t i = 0; i < all->count; i++)
		if (c->json)
			print_json(&all->items[i]);
		else
			print_row(&all->items[i]);
	return 0;
}

static int
show(struct cli *c, const struct references *all, const char *name)
{
	AUTO(buf) text = BUF_INIT;
	struct err err = ERR_INIT;

	if (!reference_read(all, name, &text, &err))
		return cli_fail(c, &err);
	cli_print(buf_str(&text));
	return 0;
}

int
cmd_references(struct cli *c)
{
	const char *what = c->arg_count ? c->args[0] : "list";
	AUTO_FREE char *here = getcwd(NULL, 0);
	AUTO(references) all = { 0 };
	struct err err = ERR_INIT;

	if (!cli_paths(c, &err))
		return cli_fail(c, &err);
	references_list(&c->paths, here, &all);
	for (size_t i = 0; i < all.problems.count; i++)
		cli_warn(all.problems.items[i]);
	if (str_eq(what, "list") && c->arg_count <= 1)
		return list(c, &all);
	if (str_eq(what, "show") && c->arg_count == 2)
		return show(c, &all, c->args[1]);
	return cli_usage(c, "references takes list, or show and a name");
}
