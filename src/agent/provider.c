#include "agent/provider.h"

#include "agent/turn.h"
#include "base/json.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* clang-format off */
static const struct provider_row rows[] = {
	{ "openai", "OpenAI Responses", &wire_openai,
	  "https://api.openai.com/v1", "OPENAI_BASE_URL", "OPENAI_API_KEY",
	  NULL, PROVIDER_PARALLEL | PROVIDER_FILES | PROVIDER_STRICT |
	  PROVIDER_CHOICE },
	{ "openai-chat", "Chat Completions", &wire_openai_chat,
	  "https://api.openai.com/v1", "OPENAI_BASE_URL", "OPENAI_API_KEY",
	  NULL, PROVIDER_PARALLEL | PROVIDER_FILES | PROVIDER_STRICT |
	  PROVIDER_CHOICE },
	{ "anthropic", "Anthropic Messages", &wire_anthropic,
	  "https://api.anthropic.com", "ANTHROPIC_BASE_URL",
	  "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN",
	  PROVIDER_PARALLEL | PROVIDER_FILES | PROVIDER_CHOICE },
	/* Their usual ports, and what they do not know: llm.md 5.4. */
	{ "ollama", "Ollama", &wire_openai_chat,
	  "http://localhost:11434/v1", NULL, "OLLAMA_API_KEY", NULL,
	  PROVIDER_LOCAL | PROVIDER_MAX_TOKENS },
	{ "llama.cpp", "llama.cpp server", &wire_openai_chat,
	  "http://localhost:8080/v1", NULL, "LLAMA_API_KEY", NULL,
	  PROVIDER_LOCAL | PROVIDER_MAX_TOKENS | PROVIDER_PARALLEL |
	  PROVIDER_CHOICE },
	{ "vllm", "vLLM", &wire_openai_chat,
	  "http://localhost:8000/v1", NULL, "VLLM_API_KEY", NULL,
	  PROVIDER_LOCAL | PROVIDER_MAX_TOKENS | PROVIDER_CHOICE },
};

/* Variables whose value is a header of its own: wire, variable, header. */
static const struct {
	const struct wire *wire;
	const char *env, *header;
} extras[] = {
	{ &wire_openai, "OPENAI_ORG_ID", "OpenAI-Organization" },
	{ &wire_openai, "OPENAI_PROJECT_ID", "OpenAI-Project" },
	{ &wire_openai_chat, "OPENAI_ORG_ID", "OpenAI-Organization" },
	{ &wire_openai_chat, "OPENAI_PROJECT_ID", "OpenAI-Project" },
};
/* clang-format on */

const struct provider_row *
provider_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (str_eq(rows[i].name, name))
			return &rows[i];
	return NULL;
}

const struct provider_row *
provider_rows(size_t *ret_count)
{
	*ret_count = ARRAY_LEN(rows);
	return rows;
}

const struct provider_row *
provider_row(const struct provider *p)
{
	return p->row;
}

const char *
provider_base_url(const struct provider *p)
{
	return p->base_url;
}

/* --- failures and retries ----------------------------------------------- */

static const struct {
	const char *word;
	bool retried;
} failures[] = {
#define X(id, word, retried, code, advice) { word, retried },
	TURN_FAILURES(X)
#undef X
};

const char *
turn_failure_word(enum turn_failure f)
{
	return failures[f].word;
}

const char *
turn_end_word(enum turn_end end)
{
	static const char *const words[] = { "none", "done", "calls", "cut",
					     "paused" };

	return words[end];
}

int64_t
turn_retry_ms(const struct turn_trouble *t, int retry, double unit)
{
	/* min(8, 0.5 * 2^n) s, less up to a quarter: both vendors' clients
	 * (llm.md 4, 6.4). slow_down begins at 2 s. */
	enum { FIRST_MS = 500, SLOW_MS = 2000, MOST_MS = 8000 };
	double ms = t->slow_down ? SLOW_MS : FIRST_MS;

	if (t->shown || t->failure == TURN_OK || t->should_retry == 0)
		return -1;
	if (!failures[t->failure].retried &&
	    (t->should_retry != 1 || t->failure == TURN_BILLING ||
	     t->failure == TURN_CANCELLED || t->failure == TURN_REFUSED))
		return -1;
	if (t->retry_after_ms > t->after_max_ms)
		return -1;
	if (t->retry_after_ms > 0)
		return t->retry_after_ms;
	for (int i = 0; i < retry && ms < MOST_MS; i++)
		ms *= 2;
	return (int64_t)((ms < MOST_MS ? ms : MOST_MS) * (1 - 0.25 * unit));
}

/* --- a provider --------------------------------------------------------- */

/* The host is this machine: a key may go there over http. */
static bool
is_here(const char *url)
{
	static const char *const hosts[] = { "localhost", "127.0.0.1",
					     "[::1]" };
	const char *host = strstr(url, "://");
	size_t len;

	host = host ? host + 3 : url;
	len = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#");
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
		if (strlen(hosts[i]) == len &&
		    strncasecmp(host, hosts[i], len) == 0)
			return true;
	return false;
}

static bool
set_base_url(struct provider *p, const struct provider_options *o,
	     struct err *err)
{
	const char *env = p->row->base_env ? getenv(p->row->base_env) : NULL;
	const char *url = !str_empty(o->base_url) ? o->base_url :
			  !str_empty(env)         ? env :
						    p->row->base_url;
	size_t len = strlen(url);

	if (strncasecmp(url, "http://", 7) != 0 &&
	    strncasecmp(url, "https://", 8) != 0)
		return FAIL(err, ERR_CONFIG,
			    "%s: the base URL must begin with https:// or "
			    "http://",
			    p->row->name);
	while (len && url[len - 1] == '/')
		len--;
	p->base_url = xstrndup(url, len);
	return true;
}

static const char *
env_key(const char *name)
{
	const char *value = name ? getenv(name) : NULL;

	return str_empty(value) ? NULL : value;
}

static bool
add_key(struct provider *p, struct err *err)
{
	const struct provider_row *row = p->row;
	const char *key = env_key(row->key_env), *name = row->key_env;
	const char *before = row->wire->key_header;

	if (!key && (key = env_key(row->token_env))) {
		name = row->token_env;
		before = "Authorization: Bearer ";
	}
	if (!key)
		return (row->flags & PROVIDER_LOCAL) ||
		       FAIL(err, ERR_CONFIG,
			    "provider %s: no key; set %s, or use a local "
			    "model (agentops doctor shows those that answer)",
			    row->name, row->key_env);
	/* Also one that is no key at all must not be shown. */
	if (p->own_redact)
		redact_add(p->own_redact, name, key);
	if (key[strcspn(key, " \t\r\n")])
		return FAIL(err, ERR_CONFIG,
			    "%s: a key has no blanks or line ends in it", name);
	if (strncasecmp(p->base_url, "https:", 6) != 0 && !is_here(p->base_url))
		return FAIL(err, ERR_CONFIG,
			    "provider %s: %s would be sent unencrypted to "
			    "another machine; use an https:// base URL or "
			    "unset the key",
			    row->name, name);
	strv_addf(&p->headers, "%s%s", before, key);
	return true;
}

static void
add_headers(struct provider *p)
{
	const struct wire *wire = p->row->wire;

	strv_add(&p->headers, "Content-Type: application/json");
	if (wire->fixed_header)
		strv_add(&p->headers, wire->fixed_header);
	for (size_t i = 0; i < ARRAY_LEN(extras); i++) {
		const char *value = env_key(extras[i].env);

		if (value && extras[i].wire == wire &&
		    !(p->row->flags & PROVIDER_LOCAL))
			strv_addf(&p->headers, "%s: %s", extras[i].header,
				  value);
	}
}

struct provider *
provider_new(const struct provider_options *o, struct err *err)
{
	const struct provider_row *row = provider_find(o->name);
	AUTO_PTR(provider) p = NULL;

	if (!row) {
		FAIL(err, ERR_CONFIG,
		     "no provider is called \"%s\"; there are offline, "
		     "openai, openai-chat, anthropic, ollama, llama.cpp and "
		     "vllm",
		     o->name);
		return NULL;
	}
	p = xcalloc(1, sizeof(*p));
	p->loop = o->loop;
	p->http = o->http;
	p->row = row;
	if (!o->redact) {
		p->own_redact = redact_new();
		redact_env(p->own_redact, environ);
	}
	p->redact = o->redact ? o->redact : p->own_redact;
	p->stall_ms = o->stall_ms ? o->stall_ms : PROVIDER_STALL_MS;
	p->retries = o->retries ? o->retries : PROVIDER_RETRIES;
	p->whole = o->whole;
	p->reader = json_reader_new();
	if (!set_base_url(p, o, err) || !add_key(p, err))
		return NULL;
	add_headers(p);
	return TAKE(p);
}

void
provider_free(struct provider *p)
{
	if (!p)
		return;
	turn_free_all(p);
	for (size_t i = 0; i < p->headers.count; i++)
		explicit_bzero(p->headers.items[i],
			       strlen(p->headers.items[i]));
	strv_release(&p->headers);
	redact_free(p->own_redact);
	json_reader_free(p->reader);
	free(p->base_url);
	free(p);
}

bool
provider_check(const char *name, const char *base_url, struct err *err)
{
	struct provider_options o = { .name = name, .base_url = base_url };
	struct provider *p = provider_new(&o, err);

	provider_free(p);
	return p != NULL;
}

/* --- the models a server has -------------------------------------------- */

struct listing {
	provider_models_fn *fn;
	void *ud;
};

static void
on_models(void *ud, struct http_answer *a)
{
	struct listing *l = ud;
	AUTO(strv) names = STRV_INIT;
	AUTO_JSON *v = NULL;
	const cJSON *one;

	if (a->err.code == ERR_NONE && a->status == 200)
		v = json_parse(buf_str(&a->body), a->body.len, "models",
			       &a->err);
	else if (a->err.code == ERR_NONE)
		FAIL(&a->err, ERR_NETWORK, "the list of models: HTTP %d",
		     a->status);
	cJSON_ArrayForEach (one, json_get(v, "data"))
		if (json_str(one, "id"))
			strv_add(&names, json_str(one, "id"));
	l->fn(l->ud, &names, &a->err);
	free(l);
}

bool
provider_models(struct provider *p, int64_t limit_ms, provider_models_fn *fn,
		void *ud, struct err *err)
{
	AUTO_FREE char *url =
		xasprintf("%s%s", p->base_url, p->row->wire->models_path);
	struct listing *l = xcalloc(1, sizeof(*l));
	struct http_request rq = {
		.url = url,
		.headers = (const char *const *)p->headers.items,
		.connect_ms = limit_ms,
		.total_ms = limit_ms,
		.on_done = on_models,
		.ud = l,
	};

	l->fn = fn;
	l->ud = ud;
	if (http_start(p->http, &rq, err))
		return true;
	free(l);
	return false;
}
