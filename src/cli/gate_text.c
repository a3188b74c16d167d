#include "cli/gate_text.h"

#include "base/json.h"
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_LIMIT = 400, CODE_LINES = 12 };

static void __attribute__((format(printf, 2, 3)))
say(const char *indent, const char *fmt, ...)
{
	AUTO_FREE char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	fputs(indent, stdout);
	cli_print_cut(text, WORDS_LIMIT);
	putchar('\n');
}

/* The member's text; "-" when there is none. */
static const char *
text_of(const cJSON *o, const char *key)
{
	const char *text = json_str(o, key);

	return str_empty(text) ? "-" : text;
}

char *
gate_text_words(const cJSON *v)
{
	AUTO(buf) b = BUF_INIT;
	const cJSON *item;

	if (cJSON_IsString(v))
		return xstrdup(v->valuestring);
	if (!cJSON_IsArray(v))
		return v ? json_print(v) : xstrdup("none");
	cJSON_ArrayForEach(item, v) {
		AUTO_FREE char *words = gate_text_words(item);

		buf_printf(&b, "%s%s", b.len ? ", " : "", words);
	}
	return b.len ? buf_steal(&b) : xstrdup("none");
}

static void
print_code(const char *code, const char *indent)
{
	for (int n = 0; code && *code; n++) {
		size_t len = strcspn(code, "\n");

		if (n == CODE_LINES) {
			say(indent, "  ...");
			return;
		}
		say(indent, "  | %.*s", (int)len, code);
		code += len + (code[len] == '\n');
	}
}

/* Tool, profile and hosts: what the call may do. */
static void
print_call(const cJSON *o, const char *indent)
{
	const cJSON *hosts = json_get(o, "hosts");
	AUTO_FREE char *names = gate_text_words(hosts);

	say(indent, "tool %s, sandbox profile %s%s%s", text_of(o, "tool"),
	    text_of(o, "profile"), hosts ? ", hosts " : "",
	    hosts ? names : "");
}

/* The program is shown line by line, so not among the arguments again. */
static void
print_args(const cJSON *o, const char *indent)
{
	const cJSON *a;

	cJSON_ArrayForEach(a, json_get(o, "args")) {
		AUTO_FREE char *words = gate_text_words(a);

		if (!str_eq(words, json_str(o, "command")))
			say(indent, "%s = %s", a->string, words);
	}
	print_code(json_str(o, "command"), indent);
}

static void
print_plan(const cJSON *o, const char *indent)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, json_get(o, "steps")) {
		AUTO_FREE char *needs = gate_text_words(json_get(v, "needs"));

		say(indent, "step %s: %s", text_of(v, "id"),
		    text_of(v, "title"));
		say(indent, "  %s, sandbox profile %s, risk %s, needs %s",
		    text_of(v, "tool"), text_of(v, "profile"),
		    text_of(v, "risk"), needs);
	}
}

static void
print_step(const cJSON *o, const char *indent)
{
	if (!json_str(o, "tool")) /* a gate between phases */
		return;
	print_call(o, indent);
	print_args(o, indent);
}

static void
print_form(const cJSON *o, const char *indent)
{
	const cJSON *f;

	if (json_str(o, "problem"))
		say(indent, "problem: %s", json_str(o, "problem"));
	cJSON_ArrayForEach(f, json_get(o, "fields"))
		say(indent, "--set %s=... (%s) %s", text_of(f, "name"),
		    text_of(f, "type"), text_of(f, "prompt"));
}

static void
print_failure(const cJSON *o, const char *indent)
{
	say(indent, "attempt %lld: %s", (long long)json_int(o, "attempt", 0),
	    text_of(o, "error"));
	print_call(o, indent);
}

static void
print_limit(const cJSON *o, const char *indent)
{
	AUTO_FREE char *incomplete =
		gate_text_words(json_get(o, "incomplete"));
	AUTO_FREE char *errors = gate_text_words(json_get(o, "errors"));

	say(indent, "incomplete   %s", incomplete);
	say(indent, "last errors  %s", errors);
	say(indent, "next is      %s", text_of(o, "next"));
}

void
gate_text_print(enum gate_kind kind, const char *shown, const char *indent)
{
	static void (*const printers[])(const cJSON *, const char *) = {
		[GATE_APPROVE] = print_step,  [GATE_PLAN] = print_plan,
		[GATE_REVIEW] = NULL,	      [GATE_LIMIT] = print_limit,
		[GATE_FORM] = print_form,     [GATE_INTERRUPTED] = print_failure,
	};
	AUTO_JSON *o = shown ? cJSON_Parse(shown) : NULL;

	if (o && printers[kind])
		printers[kind](o, indent);
}
